"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector) => [...document.querySelectorAll(selector)];
  root.classList.add("js");

  const speak = (lang) => {
    root.lang = lang === "zh" ? "zh-CN" : "en";
    root.dataset.lang = lang;
    document.title = document.querySelector("h1 ." + lang)?.textContent ?? document.title;
    for (const button of all("[data-speak]")) button.setAttribute("aria-pressed", String(button.dataset.speak === lang));
    const search = document.getElementById("search");
    search.placeholder = search.dataset[lang];
  };
  for (const button of all("[data-speak]")) button.addEventListener("click", () => speak(button.dataset.speak));
  speak(root.dataset.lang);

  let wanted = "";
  const search = document.getElementById("search");
  const filter = () => {
    const query = search.value.trim().toLowerCase();
    for (const item of all("[data-verdict]")) {
      const good = (!wanted || item.dataset.verdict === wanted) && (!query || item.textContent.toLowerCase().includes(query));
      item.hidden = !good;
    }
    for (const button of all("[data-filter]")) button.setAttribute("aria-pressed", String(button.dataset.filter === wanted));
    for (const row of all("#devices tbody tr")) row.hidden = Boolean(query) && !row.textContent.toLowerCase().includes(query);
  };
  search.addEventListener("input", filter);
  for (const button of all("[data-filter]")) {
    button.addEventListener("click", () => {
      wanted = wanted === button.dataset.filter ? "" : button.dataset.filter;
      filter();
    });
  }
  filter();

  document.getElementById("print").addEventListener("click", () => window.print());
  document.getElementById("explain").addEventListener("change", (event) => root.classList.toggle("explained", event.target.checked));
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = all("details:not([open])");
    for (const one of closed) one.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
  });
})();
