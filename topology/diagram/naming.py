"""What places, frames and lines are called, and which picture a place belongs to."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeVar

from topology.diagram.city import CIRCUIT, GATEKEEPER, OVERVIEW, City, Line, county_of
from topology.diagram.scene import Kind, Node
from topology.diagram.words import PART, PART_ICON, PEER, REALM, USE, rate, short_port
from topology.facts import Realm
from topology.i18n import T

_Item = TypeVar("_Item", bound=Hashable)


def unique(items: Iterable[_Item]) -> list[_Item]:
    """``items`` in their order, each once."""
    return list(dict.fromkeys(items))


def part_of(place: str) -> tuple[str, str] | None:
    """(realm, part) of a municipal part; None for a site."""
    if place == GATEKEEPER:
        return "", GATEKEEPER
    realm, dot, part = place.partition(".")
    return (realm, part) if dot else None


def place_title(city: City, place: str, lang: str) -> str:
    """``清镇市``, ``红枫湖镇``, or ``核心 · 政务外网``."""
    if place == OVERVIEW:
        return T("{city} government networks", city=city.facts.name.text(lang)).render(lang)
    part = part_of(place)
    if part is None:
        site = city.sites.get(place)
        return site.name.text(lang) if site else place
    realm, name = part
    title = PART[name].render(lang)
    return T("{part} · {realm}", part=title, realm=REALM[Realm(realm)]).render(lang) if realm else title


def place_icon(place: str) -> str:
    part = part_of(place)
    if part is not None:
        return PART_ICON[part[1]]
    return "township" if "/" in place else "county"


def parent_of(city: City, place: str) -> str:
    """The view above: a township's county, else the overview."""
    if place == OVERVIEW:
        return ""
    return county_of(place) if "/" in place and county_of(place) in city.residents else OVERVIEW


def group_title(city: City, group: str, place: str, lang: str) -> str:
    """The words on a frame of the view of ``place``."""
    kind, what, *rest = group.split(":")
    if kind == "away":
        return place_title(city, what, lang)
    if what == "gk":
        units = {d.name for d in city.devices.values() if d.enclosure == rest[0]}
        return next((g.name.text(lang) for g in city.facts.gatekeepers if units & {g.outer_unit, g.inner_unit}), rest[0])
    title = PART[part[1]].render(lang) if (part := part_of(place)) else place_title(city, place, lang)
    return T("{part} · {realm}", part=title, realm=REALM[Realm(rest[0])]).render(lang)


def peer_node(city: City, slug: str, lang: str, rank: str, group: str = "") -> Node:
    """A network that is not ours, as a cloud."""
    peer = city.peers.get(slug)
    icon = "globe" if peer and peer.kind == "isp" else "cloud"
    title, notes = (peer.name.text(lang), (PEER[peer.kind].render(lang), f"AS {peer.asn}")) if peer else (slug, ())
    return Node(
        f"peer:{slug}", Kind.PEER, icon, peer.realm if peer else None, title, notes, f"peer:{slug}", group=group, rank=f"peer/{rank}"
    )


def lines_label(lines: tuple[Line, ...]) -> str:
    """What stands on the line: bandwidth of circuits, how many where several are drawn as one, else nothing."""
    rates = [rate(mbps) for mbps in sorted({line.mbps for line in lines if line.mbps}, reverse=True)]
    if len(lines) > 1:
        return f"{len(lines)}×{'/'.join(rates[:2])}{'…' if len(rates) > 2 else ''}" if rates else f"×{len(lines)}"
    return rates[0] if rates else ""


def lines_title(lines: tuple[Line, ...], lang: str) -> str:
    """Both ends and what it is: ``gy-core-1 GE0/0/1 – qz-r1 GE0/0/1 · carrier's circuit 155M``."""
    first = lines[0]
    far = f"{first.b.device} {short_port(first.b.port)}" if first.b else first.peer or ""
    what = USE[first.use].render(lang) + (f" {rate(first.mbps)}" if first.use == CIRCUIT and first.mbps else "")
    more = f" (+{len(lines) - 1})" if len(lines) > 1 else ""
    return f"{first.a.device} {short_port(first.a.port)} – {far} · {what}{more}"
