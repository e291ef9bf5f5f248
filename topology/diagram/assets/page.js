"use strict";
// One page, many pictures: which one is shown stands in the address after #, as #view or #view|card, so that Back works.
(() => {
  const { words, cards } = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const views = new Map([...document.querySelectorAll(".view")].map((view) => [view.dataset.view, view]));
  const first = views.keys().next().value;
  const root = document.documentElement;
  root.classList.add("js");
  let shown = null;

  // ---------------------------------------------------------------- elements

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== false && value !== null) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  }

  function link(text, target) {
    if (target.startsWith("?")) return make("button", { type: "button", class: "chip", title: words.sameRisk, onclick: () => searchFor(text) }, text);
    if (!cards[target]) return document.createTextNode(text);
    return make("a", { href: "#" + address(target) }, text);
  }

  const cell = (value) => (Array.isArray(value) ? link(value[0], value[1]) : document.createTextNode(value));
  const isLink = (value) => value.length === 2 && typeof value[0] === "string" && typeof value[1] === "string" && (value[1] in cards || value[1].startsWith("?"));

  // A value is a text, a link, or a list of these.
  function values(value) {
    if (!Array.isArray(value) || isLink(value)) return [cell(value)];
    return value.flatMap((one, n) => (n ? [Array.isArray(one) && one[1].startsWith("?") ? " " : make("br"), cell(one)] : [cell(one)]));
  }

  // ---------------------------------------------------------------- where we are

  function address(card) {
    const view = card.startsWith("place:") && views.has(card.slice(6)) ? card.slice(6) : cards[card].v;
    const place = views.has(view) ? view : shown ?? first;
    return encodeURIComponent(place) + (card === "place:" + place ? "" : "|" + encodeURIComponent(card));
  }

  function go() {
    const [view, card] = location.hash.slice(1).split("|").map(decodeURIComponent);
    const target = views.has(view) ? view : first;
    if (target !== shown) show(target);
    choose(card ? card.split(" ") : [], true);
  }

  function show(view) {
    for (const [id, element] of views) element.classList.toggle("shown", id === view);
    shown = view;
    $("path").replaceChildren(path(view));
    document.title = views.get(view).getAttribute("aria-label");
    hint();
    fit();
  }

  function path(view) {
    const steps = [];
    for (let id = view; id && views.has(id); id = views.get(id).dataset.parent) steps.unshift(id);
    const items = steps.map((id) => {
      const title = views.get(id).getAttribute("aria-label");
      return make("li", {}, id === view ? make("span", { "aria-current": "page" }, title) : make("a", { href: "#" + encodeURIComponent(id) }, title));
    });
    return make("ol", {}, ...items);
  }

  function up() {
    const parent = views.get(shown).dataset.parent;
    if (views.has(parent)) location.hash = encodeURIComponent(parent);
  }

  // ---------------------------------------------------------------- the side panel

  function choose(ids, move) {
    const known = ids.filter((id) => cards[id]);
    const view = views.get(shown);
    mark(view, known);
    $("panel").replaceChildren(...(known.length ? known : ["place:" + shown]).flatMap((id, n) => (n ? [make("hr"), ...describe(id)] : describe(id))));
    $("panel").scrollTop = 0;
    const node = move && known.length ? find(view, known[0]) : null;
    if (node && node.classList.contains("node")) node.focus({ preventScroll: true });
  }

  const find = (view, id) => [...view.querySelectorAll("[data-card]")].find((element) => element.dataset.card.split(" ").includes(id));

  // The chosen things stand out, with the lines of a chosen node and the ends of a chosen line.
  function mark(view, ids) {
    const wanted = new Set(ids);
    const all = [...view.querySelectorAll("[data-card]")];
    const chosen = all.filter((element) => element.dataset.card.split(" ").some((id) => wanted.has(id)));
    const nodes = new Set(chosen.filter((e) => e.dataset.i).map((e) => e.dataset.i));
    for (const e of view.querySelectorAll(".edge")) if (nodes.has(e.dataset.a) || nodes.has(e.dataset.b)) chosen.push(e);
    const near = new Set(chosen.flatMap((e) => [e.dataset.a, e.dataset.b]).filter(Boolean));
    const lines = new Set(chosen.filter((e) => e.dataset.a).map((e) => e.dataset.card));
    const set = new Set(chosen);
    for (const e of all) {
      e.classList.toggle("chosen", set.has(e) && !e.classList.contains("label"));
      e.classList.toggle("near", near.has(e.dataset.i) || lines.has(e.dataset.card));
    }
    view.classList.toggle("dim", chosen.length > 0);
  }

  function describe(id) {
    const card = cards[id];
    const parts = [make("h3", { class: card.c }, card.t), make("span", { class: "kind " + card.c }, card.k)];
    const place = id.startsWith("place:") ? id.slice(6) : card.v;
    if (place !== shown && views.has(place)) parts.push(make("button", { type: "button", class: "go", onclick: () => { location.hash = address(id); } }, words.open + " " + views.get(place).getAttribute("aria-label")));
    parts.push(make("dl", {}, ...card.r.flatMap(([label, value]) => [make("dt", {}, label), make("dd", {}, ...values(value))])));
    for (const [title, head, body] of card.s) parts.push(make("h4", {}, title), table(head, body));
    return parts;
  }

  function table(head, body) {
    const row = (cells, tag) => make("tr", {}, ...cells.map((value) => make(tag, {}, cell(value))));
    return make("table", {}, make("thead", {}, row(head, "th")), make("tbody", {}, ...body.map((cells) => row(cells, "td"))));
  }

  // ---------------------------------------------------------------- pointing, clicking, keys

  function press(element) {
    if (element.dataset.open) {
      const card = element.dataset.card;
      location.hash = encodeURIComponent(element.dataset.open) + (card.startsWith("device:") ? "|" + encodeURIComponent(card) : "");
    } else {
      location.hash = encodeURIComponent(shown) + "|" + encodeURIComponent(element.dataset.card);
    }
  }

  $("views").addEventListener("click", (event) => {
    if (dragged) return;
    const element = event.target.closest("[data-card]");
    if (element) press(element);
    else if (event.target.closest("svg")) location.hash = encodeURIComponent(shown);
  });
  $("views").addEventListener("keydown", (event) => {
    const element = event.target.closest("[data-card]");
    if (element && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      press(element);
    }
  });
  $("views").addEventListener("pointermove", (event) => {
    const element = event.target.closest("[data-card]");
    hint(element, event.clientX, event.clientY);
  });
  $("views").addEventListener("pointerleave", () => hint());

  function hint(element, x, y) {
    $("tip").hidden = !element;
    if (!element) return;
    $("tip").textContent = element.getAttribute("aria-label") ?? tipOf(element);
    $("tip").style.left = Math.min(x + 14, innerWidth - $("tip").offsetWidth - 8) + "px";
    $("tip").style.top = Math.min(y + 16, innerHeight - $("tip").offsetHeight - 8) + "px";
  }

  const tipOf = (element) => [...views.get(shown).querySelectorAll(".edge")].find((e) => e.dataset.card === element.dataset.card)?.getAttribute("aria-label") ?? "";

  document.addEventListener("keydown", (event) => {
    const typing = event.target.tagName === "INPUT";
    if (event.key === "Escape") {
      $("help").hidden = true;
      closeHits();
      if (typing) event.target.blur();
      else location.hash = encodeURIComponent(shown);
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const actions = { "/": () => $("search").focus(), Backspace: up, "+": () => zoom(0.8), "=": () => zoom(0.8), "-": () => zoom(1.25), 0: fit };
    if (actions[event.key]) {
      event.preventDefault();
      actions[event.key]();
    }
  });

  // ---------------------------------------------------------------- zoom and drag

  const picture = () => views.get(shown).querySelector(".picture");
  const box = (svg) => svg.getAttribute("viewBox").split(" ").map(Number);

  function fit() {
    const svg = picture();
    svg.dataset.whole ??= svg.getAttribute("viewBox");
    svg.setAttribute("viewBox", svg.dataset.whole);
  }

  function zoom(factor, at) {
    const svg = picture();
    const [x, y, w, h] = box(svg);
    const [cx, cy] = at ?? [x + w / 2, y + h / 2];
    const whole = svg.dataset.whole.split(" ").map(Number);
    const scale = Math.max(whole[2] / 12, Math.min(w * factor, whole[2] * 2)) / w;
    svg.setAttribute("viewBox", [cx - (cx - x) * scale, cy - (cy - y) * scale, w * scale, h * scale].join(" "));
  }

  function inPicture(svg, event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [point.x, point.y];
  }

  let dragged = false;
  for (const view of views.values()) {
    const svg = view.querySelector(".picture");
    let from = null;
    svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      zoom(event.deltaY > 0 ? 1.15 : 0.87, inPicture(svg, event));
    }, { passive: false });
    svg.addEventListener("pointerdown", (event) => {
      dragged = false;
      if (event.button === 0) from = { x: event.clientX, y: event.clientY, box: box(svg) };
    });
    svg.addEventListener("pointermove", (event) => {
      if (!from) return;
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
      if (!dragged && Math.hypot(dx, dy) < 5) return;
      if (!dragged) svg.setPointerCapture(event.pointerId);
      dragged = true;
      svg.classList.add("dragged");
      const scale = 1 / svg.getScreenCTM().a;
      const [x, y, w, h] = from.box;
      svg.setAttribute("viewBox", [x - dx * scale, y - dy * scale, w, h].join(" "));
    });
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { from = null; svg.classList.remove("dragged"); });
  }

  // ---------------------------------------------------------------- search

  const index = Object.entries(cards).map(([id, card]) => ({ id, card, title: card.t.toLowerCase(), text: (card.t + " " + card.f).toLowerCase(), nets: card.n }));

  const number = (text) => {
    const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
    return parts && parts.every((part) => part < 256) ? parts.reduce((sum, part) => sum * 256 + part, 0) : null;
  };

  function contains(net, wanted) {
    const [base, length = "32"] = net.split("/");
    const size = 2 ** (32 - Number(length));
    return Math.floor(number(base) / size) === Math.floor(wanted / size);
  }

  const length = (net) => Number(net.split("/")[1] ?? 32);

  // An address finds who has it or whose prefix holds it, the longest prefix first; anything else a part of a name.
  function hits(query) {
    const wanted = number(query.split("/")[0]);
    if (wanted !== null) {
      const found = index.flatMap((entry) => {
        const nets = entry.nets.filter((net) => contains(net, wanted));
        return nets.length ? [{ ...entry, score: 32 - Math.max(...nets.map(length)), note: nets[0] }] : [];
      });
      return found.sort((a, b) => a.score - b.score).slice(0, 40);
    }
    const parts = query.toLowerCase().split(/\s+/).filter(Boolean);
    const found = index.filter((entry) => parts.every((part) => entry.text.includes(part) || entry.nets.some((net) => net.startsWith(part))));
    const whole = parts.join(" ");
    const near = ({ title, text }) => {
      if (title === whole || text.split(" ").includes(whole)) return 0;
      return title.startsWith(parts[0]) ? 1 : title.includes(parts[0]) ? 2 : 3;
    };
    const score = (entry) => near(entry) * 10 + (entry.id.startsWith("place:") ? 0 : 1);
    return found.map((entry) => ({ ...entry, score: score(entry) })).sort((a, b) => a.score - b.score).slice(0, 40);
  }

  let current = -1;

  function search() {
    const query = $("search").value.trim();
    if (!query) return closeHits();
    const found = hits(query);
    const items = found.map(({ id, card, note }, n) => make("li", { role: "option", id: "hit-" + n, class: card.c, "data-hit": id, "aria-selected": "false" },
      card.t, " ", make("small", {}, [card.k, views.get(card.v)?.getAttribute("aria-label"), note].filter(Boolean).join(" · "))));
    $("hits").replaceChildren(...(items.length ? items : [make("li", { class: "none" }, words.nothing)]));
    $("hits").hidden = false;
    $("search").setAttribute("aria-expanded", "true");
    current = -1;
    if (items.length) select(0);
  }

  function select(n) {
    const items = [...$("hits").querySelectorAll("[data-hit]")];
    if (!items.length) return;
    current = (n + items.length) % items.length;
    items.forEach((item, i) => item.setAttribute("aria-selected", String(i === current)));
    items[current].scrollIntoView({ block: "nearest" });
    $("search").setAttribute("aria-activedescendant", items[current].id);
  }

  function closeHits() {
    $("hits").hidden = true;
    $("search").setAttribute("aria-expanded", "false");
    $("search").removeAttribute("aria-activedescendant");
  }

  function take(item) {
    if (!item) return;
    $("search").blur();
    location.hash = address(item.dataset.hit);
  }

  function searchFor(text) {
    $("search").value = text;
    $("search").focus();
    search();
  }

  $("search").addEventListener("input", search);
  $("search").addEventListener("focus", search);
  $("search").addEventListener("keydown", (event) => {
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in moves) {
      event.preventDefault();
      select(current + moves[event.key]);
    }
    if (event.key === "Enter") take($("hits").querySelector("[aria-selected=true]"));
  });
  $("hits").addEventListener("mousedown", (event) => event.preventDefault());
  $("hits").addEventListener("click", (event) => take(event.target.closest("[data-hit]")));
  $("search").addEventListener("blur", closeHits);

  // ---------------------------------------------------------------- buttons

  $("in").addEventListener("click", () => zoom(0.8));
  $("out").addEventListener("click", () => zoom(1.25));
  $("fit").addEventListener("click", fit);
  $("print").addEventListener("click", () => { fit(); print(); });
  $("print-all").addEventListener("click", () => {
    root.classList.add("all");
    print();
    root.classList.remove("all");
  });
  $("keys").addEventListener("click", () => {
    $("help").hidden = !$("help").hidden;
    $("keys").setAttribute("aria-expanded", String(!$("help").hidden));
  });

  addEventListener("hashchange", go);
  if (location.hash === "#print-all") root.classList.add("all");
  go();
})();
