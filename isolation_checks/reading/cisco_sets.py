"""What an access list permits as a plain union of matches, where IOS uses a list to choose packets (NAT, class maps) rather than to filter
them.
"""

from __future__ import annotations

from collections.abc import Iterable

from isolation_checks.reading.values import complement, complement_addresses, intersection
from isolation_checks.snapshot import Action, AddressSet, Match, Ranges, Rule, Ternary

_LIMIT = 400  # matches; beyond it a deny is left out and the outcome is conditional
_TOPS = {"protocols": 255, "sports": 65535, "dports": 65535, "icmp": 65535}
_RANGES = ("protocols", "sports", "dports", "icmp")


def permitted(rules: Iterable[Rule]) -> tuple[tuple[Match, ...], bool]:
    """The matches of the permits, less what a deny before them takes away; True where that is more than what is really permitted."""
    denied: list[Match] = []
    found: list[Match] = []
    more = False
    for rule in rules:
        if rule.action == Action.DENY:
            if rule.conditional:
                more = True
            else:
                denied.extend(rule.matches)
            continue
        if rule.action != Action.PERMIT:
            continue
        more |= rule.conditional
        for match in rule.matches:
            pieces, rough = _without(match, denied)
            found.extend(pieces)
            more |= rough
    return tuple(found), more


def subtract(matches: Iterable[Match], cuts: Iterable[Match]) -> tuple[tuple[Match, ...], bool]:
    """``matches`` less ``cuts``; True where something was left that should have gone."""
    found: list[Match] = []
    more = False
    cuts = tuple(cuts)
    for match in matches:
        pieces, rough = _without(match, cuts)
        found.extend(pieces)
        more |= rough
    return tuple(found), more


def _without(match: Match, cuts: Iterable[Match]) -> tuple[list[Match], bool]:
    pieces = [match]
    rough = False
    for cut in cuts:
        left: list[Match] = []
        for piece in pieces:
            rest = _cut(piece, cut)
            rough |= rest is None
            left.extend([piece] if rest is None else rest)
        if len(left) > _LIMIT:
            return pieces, True
        pieces = left
    return pieces, rough


def _cut(match: Match, cut: Match) -> list[Match] | None:
    """``match`` without ``cut``; None where that is no union of matches."""
    if meet(match, cut) is None:
        return [match]
    if cut.flags is not None or cut.fragments is not None or cut.states is not None or cut.vrf is not None:
        return None
    if cut.in_interfaces is not None or cut.out_interfaces is not None:
        return None
    rest: list[Match] = []
    for side in ("src", "dst"):
        wanted: AddressSet | None = getattr(cut, side)
        if wanted is not None:
            outside = _meet_addresses(getattr(match, side), complement_addresses(wanted))
            if outside:
                rest.append(match._replace(src=outside) if side == "src" else match._replace(dst=outside))
    for name in _RANGES:
        chosen: Ranges | None = getattr(cut, name)
        if chosen is not None:
            outside_ranges = _meet_ranges(getattr(match, name), complement(chosen, _TOPS[name]))
            if outside_ranges:
                rest.append(_with(match, name, outside_ranges))
    return rest


def _with(match: Match, name: str, ranges: Ranges) -> Match:
    if name == "protocols":
        return match._replace(protocols=ranges)
    if name == "sports":
        return match._replace(sports=ranges)
    return match._replace(dports=ranges) if name == "dports" else match._replace(icmp=ranges)


def meet(one: Match, other: Match) -> Match | None:
    """What both match; None where nothing does. Interfaces, states and VRF are taken from whichever has them."""
    merged: dict[str, object] = {}
    for side in ("src", "dst"):
        addresses = _meet_addresses(getattr(one, side), getattr(other, side))
        if addresses == ():
            return None
        merged[side] = addresses
    for name in _RANGES:
        ranges = _meet_ranges(getattr(one, name), getattr(other, name))
        if ranges == ():
            return None
        merged[name] = ranges
    if one.fragments is not None and other.fragments is not None:
        common = tuple(item for item in one.fragments if item in other.fragments)
        if not common:
            return None
        merged["fragments"] = common
    else:
        merged["fragments"] = one.fragments if other.fragments is None else other.fragments
    merged["flags"] = _meet_flags(one.flags, other.flags)
    for name in ("states", "vrf", "in_interfaces", "out_interfaces"):
        mine = getattr(one, name)
        merged[name] = getattr(other, name) if mine is None else mine
    return Match(**merged)  # type: ignore[arg-type] # every field by its own name


def _meet_addresses(one: AddressSet | None, other: AddressSet | None) -> AddressSet | None:
    if one is None or other is None:
        return one if other is None else other
    return tuple(Ternary(a.value | b.value, a.mask | b.mask) for a in one for b in other if not (a.value ^ b.value) & a.mask & b.mask)


def _meet_ranges(one: Ranges | None, other: Ranges | None) -> Ranges | None:
    if one is None or other is None:
        return one if other is None else other
    return intersection(one, other)


def _meet_flags(one: tuple[tuple[int, int], ...] | None, other: tuple[tuple[int, int], ...] | None) -> tuple[tuple[int, int], ...] | None:
    if one is None or other is None:
        return one if other is None else other
    return tuple((a | c, b | d) for a, b in one for c, d in other if not (b ^ d) & a & c)
