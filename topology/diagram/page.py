"""One HTML file with every picture in it, that asks nobody for anything: style, script, signs and data are inside."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from topology.diagram.layout import Placed
from topology.diagram.legend import Legend
from topology.diagram.svg import inline, style
from topology.diagram.symbols import definitions
from topology.diagram.telling import Card
from topology.i18n import T, Text

_PAGE_WORDS = {
    "nothing": T("nothing found"),
    "open": T("Open"),
    "sameRisk": T("what shares this risk"),
}
"""What page.js says."""

_TEMPLATE_WORDS = (
    T("You are here"),
    T("Search"),
    T("Search results"),
    T("Name, device, circuit or address  ( / )"),
    T("Smaller"),
    T("Larger"),
    T("Whole picture"),
    T("Print this picture"),
    T("Print all pictures"),
    T("Legend and keys"),
    T("Legend"),
    T("Details"),
    T(
        "Click a box with an arrow to go in; click a line or a device for its details. Drag to move, turn the wheel to zoom. Keys: Tab and "
        "Enter choose, Backspace goes up, / searches, + - 0 zoom, Esc closes."
    ),
)
"""What page.html.j2 says: it stands here too, so that the extraction finds it."""


@dataclass(frozen=True, slots=True)
class _Shown:
    id: str
    title: str
    parent: str
    svg: str


def page(placed: Sequence[Placed], cards: Mapping[str, Card], legend: Legend, title: str, lang: str) -> str:
    """The page; its first view is the one that opens."""
    said = {text.msgid for text in _TEMPLATE_WORDS}

    def say(msgid: str) -> str:
        if msgid not in said:
            raise KeyError(msgid)
        return Text(msgid).render(lang)

    script = _asset("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    views = [_Shown(p.view.id, p.view.title, p.view.parent, inline(p)) for p in placed]
    return _template().render(
        title=title,
        lang=lang,
        say=say,
        views=views,
        legend=legend,
        definitions=definitions(),
        data=_data(cards, lang),
        picture_css=style(),
        page_css=_asset("page.css"),
        page_js=script,
        script_hash=f"sha256-{digest}",
    )


def _data(cards: Mapping[str, Card], lang: str) -> str:
    """JSON that is safe inside a script element: no angle bracket or ampersand is left in it."""
    data = {
        "words": {key: text.render(lang) for key, text in _PAGE_WORDS.items()},
        "cards": {key: card.data() for key, card in cards.items()},
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _asset(name: str) -> str:
    return files("topology.diagram").joinpath("assets", name).read_text("utf-8")


@cache
def _template() -> Template:
    loader = PackageLoader("topology.diagram", "assets")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("page.html.j2")
