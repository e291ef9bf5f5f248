"""Pictures of the city, from its facts: one SVG a view, or one HTML page with all of them.

``pictures`` chooses the views, lays them out with Graphviz, and gives back what ``svg_files`` and ``html_page`` write.
"""

from __future__ import annotations

from dataclasses import dataclass

from topology.design import Design
from topology.diagram.cards import all_cards
from topology.diagram.city import OVERVIEW, City, of_realm
from topology.diagram.graph import Near
from topology.diagram.layout import Placed, place
from topology.diagram.legend import legend
from topology.diagram.naming import place_title
from topology.diagram.overview import Overview
from topology.diagram.page import page
from topology.diagram.scene import View
from topology.diagram.svg import document
from topology.facts import Facts, Realm

MUNICIPAL = "municipal"


@dataclass(frozen=True, slots=True)
class Pictures:
    city: City
    placed: tuple[Placed, ...]
    lang: str


def pictures(facts: Facts, design: Design | None, lang: str, *, realm: Realm | None = None, site: str | None = None) -> Pictures:
    """The pictures of the whole city, of one realm's side of it, or of one site and what is below it. Raises LayoutError, KeyError."""
    city = City(of_realm(facts, realm) if realm else facts, design)
    places = _chosen(city, site)
    views = [_view(city, key, lang, frozenset(places)) for key in places]
    return Pictures(city, tuple(place(views)), lang)


def sites(facts: Facts) -> list[str]:
    """What ``site`` can be: the keys of sites with devices, and ``municipal`` for the overview."""
    return sorted({device.site for device in facts.devices} | {MUNICIPAL})


def _chosen(city: City, site: str | None) -> list[str]:
    """The views in the order of the page: the overview, the municipal parts, each county with its townships."""
    parts = [key for key in city.residents if key not in city.sites]
    counties = sorted(
        (key for key in city.residents if key in city.sites), key=lambda key: (_top(city, key), "/" in key, city.county_numbers[key])
    )
    if site is None:
        return [OVERVIEW, *parts, *counties]
    if site == MUNICIPAL:
        return [OVERVIEW, *parts]
    below = [key for key in counties if key == site or key.startswith(site + "/")]
    if not below:
        raise KeyError(site)
    return below


def _top(city: City, key: str) -> int:
    return city.county_numbers.get(key.split("/", 1)[0], 0)


def _view(city: City, key: str, lang: str, drawn: frozenset[str]) -> View:
    return Overview(city, lang, drawn).build() if key == OVERVIEW else Near(city, key, lang, drawn).build()


def svg_files(drawn: Pictures) -> dict[str, str]:
    """File name by view, ``city.svg``, ``qingzhen.svg``, ``qingzhen-hongfenghu.svg``, and the picture."""
    strip = legend(drawn.lang)
    return {f"{p.view.id.replace('/', '-')}.svg": document(p, strip) for p in drawn.placed}


def html_page(drawn: Pictures) -> str:
    """The page with all pictures, searchable."""
    title = place_title(drawn.city, OVERVIEW, drawn.lang)
    return page(drawn.placed, all_cards(drawn.city, drawn.lang), legend(drawn.lang), title, drawn.lang)
