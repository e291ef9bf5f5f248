"""Selectors: the words by which placements and flows name parties."""

from __future__ import annotations

from collections.abc import Callable

from topology.build.context import Build
from topology.build.lans import party_id
from topology.facts import Party, PartyKind, Realm, System
from topology.i18n import T
from topology.origin import Origin

EVERYBODY = (PartyKind.AGENCY, PartyKind.TOWNSHIP, PartyKind.EXIT, PartyKind.TERMINALS, PartyKind.NODE)
GROUPS = frozenset({"all", "municipal", "county", "township", "nodes"})


def select(build: Build, realm: Realm, selector: str, origin: Origin) -> list[str]:
    """Party ids that a selector means: all, municipal, county, township, nodes, system:X, vertical:X, SLUG, */SLUG, COUNTY/SLUG …"""
    here = [party for party in build.parties.values() if party.realm is realm and party.state != "planned"]
    users = [party for party in here if party.kind in EVERYBODY]
    word, _, rest = selector.partition(":")
    simple: dict[str, Callable[[Party], bool]] = {
        "all": lambda p: p.kind is not PartyKind.NODE,
        "municipal": lambda p: p.tier == "municipal" and p.kind is not PartyKind.NODE,
        "county": lambda p: p.tier == "county" and p.kind is not PartyKind.NODE,
        "township": lambda p: p.tier == "township" and p.kind is not PartyKind.NODE,
        "nodes": lambda p: p.kind is PartyKind.NODE,
    }
    if selector == "internet":
        build.problem(
            origin,
            T("the Internet is no user"),
            T("users inside this network"),
            T("publish a role with 'publish:' to open it to the Internet"),
        )
        return []
    if selector in simple:
        return [party.id for party in users if simple[selector](party)]
    if selector in ("operators", "province"):
        return [party.id for party in here if party.kind.value == selector]
    if word == "system" and rest in list(System):
        return [party.id for party in users if party.system == rest]
    if word == "vertical":
        return _vertical_members(build, realm, rest, origin)
    return _named(build, realm, selector, users, origin)


def _vertical_members(build: Build, realm: Realm, slug: str, origin: Origin) -> list[str]:
    side = build.side(realm)
    assert side is not None
    vertical = side.document.verticals.get(slug)
    if vertical is None:
        build.unknown(origin, T("vertical network"), slug, side.document.verticals)
        return []
    found = [party.id for party in build.parties.values() if party.vrf == slug and party.realm is realm]
    for index, member in enumerate(vertical.members):
        place = vertical.at("members", index)
        if member.startswith("vertical:"):
            build.problem(place, T("a vertical network is no member of another"), T("agencies"), T("list its members"))
        else:
            found += select(build, realm, member, place)
    return found


def _named(build: Build, realm: Realm, selector: str, users: list[Party], origin: Origin) -> list[str]:
    site, _, slug = selector.rpartition("/")
    if site == "*":
        found = [party.id for party in users if party.id.endswith(f"/{slug}") and party.tier != "municipal"]
    else:
        side = build.side(realm)
        assert side is not None
        wanted = party_id(realm, site or side.municipal.slug, slug)
        found = [wanted] if wanted in build.parties else []
    if not found and not _is_planned(build, realm, selector) and not _is_written(build, realm, site, slug):
        known = {party.id.partition(":")[2] for party in users} | {
            f"*/{party.id.rpartition('/')[2]}" for party in users if party.tier == "county"
        }
        known |= {party.id.rpartition("/")[2] for party in users if party.tier == "municipal"}
        build.unknown(origin, T("user"), selector, known | {"all", "municipal", "county", "township", "nodes", "operators", "province"})
    return found


def _is_written(build: Build, realm: Realm, site: str, slug: str) -> bool:
    """Whether the files have such an agency, which could then not be built."""
    side = build.side(realm)
    counties = [county for county in side.counties if site in ("*", county.slug)] if side else []
    centre = side.municipal.agencies if side and site in ("", side.municipal.slug) else ()
    return any(agency.slug == slug for agency in (*centre, *(agency for county in counties for agency in county.agencies)))


def _is_planned(build: Build, realm: Realm, selector: str) -> bool:
    """A party that exists but is not built yet may be named already."""
    slug = selector.rpartition("/")[2]
    return any(party.state == "planned" and party.realm is realm and party.id.endswith(f"/{slug}") for party in build.parties.values())
