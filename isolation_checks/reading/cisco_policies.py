"""Prefix lists and route maps of IOS."""

from __future__ import annotations

from isolation_checks.reading.cisco_model import Prefixes, RouteEntry, RouteMap
from isolation_checks.reading.cisco_state import State
from isolation_checks.reading.cisco_tables import NAMES
from isolation_checks.reading.cisco_views import Line, View, table
from isolation_checks.reading.values import ip, mask_length, mask_of
from isolation_checks.snapshot import Action, FeatureKind, PrefixEntry, PrefixList, RoutePolicy


def prefix_list(state: State, line: Line) -> bool:
    """``ip prefix-list NAME [seq N] {permit|deny} P/L [ge N] [le N]``."""
    words = line.args
    if not words:
        return False
    name, words = words[0], words[1:]
    if line.negated and not words:
        state.routing.prefixes.pop(name, None)
        return True
    if words[:1] == ["description"]:
        return state.irrelevant(line, NAMES)
    held = state.routing.prefixes.get(name) or Prefixes(name, line.ref)
    number = 0
    if words[:1] == ["seq"] and len(words) > 1 and words[1].isdigit():
        number, words = int(words[1]), words[2:]
    entry = _prefix_entry(words, number, line)
    if line.negated and number and not words:
        held.entries = [item for item in held.entries if item.number != number]
        return True
    if entry is None:
        return False
    if line.negated:
        held.entries = [item for item in held.entries if item[1:6] != entry[1:6]]
        return True
    if not number:
        last = max((item.number for item in held.entries), default=0)
        entry = entry._replace(number=last // 5 * 5 + 5)
    elif any(item.number == number and item[1:6] != entry[1:6] for item in held.entries):
        return False
    elif any(item.number == number for item in held.entries):
        return True
    held.entries.append(entry)
    state.routing.prefixes[name] = held
    return True


def _prefix_entry(words: list[str], number: int, line: Line) -> PrefixEntry | None:
    if len(words) < 2 or words[0].lower() not in {"permit", "deny"}:
        return None
    network, _, bits = words[1].partition("/")
    value, length = ip(network), mask_length(bits)
    limits: dict[str, int] = {}
    for key, limit in zip(words[2::2], words[3::2], strict=False):
        if key.lower() not in {"ge", "le"} or not limit.isdigit() or int(limit) > 32:
            return None
        limits[key.lower()] = int(limit)
    if value is None or length is None or len(words) % 2:
        return None
    low = limits.get("ge", length)
    high = limits.get("le", 32 if "ge" in limits else length)
    action = Action.PERMIT if words[0].lower() == "permit" else Action.DENY
    return PrefixEntry(number, action, value & mask_of(length), length, low, high, line.ref)


def route_map(state: State, line: Line) -> bool:
    """``route-map NAME [permit|deny] [N]``."""
    words = list(line.args)
    if not words:
        return False
    name = words.pop(0)
    action = Action.PERMIT
    if words and words[0].lower() in {"permit", "deny"}:
        action = Action(words.pop(0).lower())
    if len(words) > 1 or (words and not words[0].isdigit()):
        return False
    maps = state.routing.maps
    if line.negated:
        if not words:
            maps.pop(name, None)
        elif name in maps:
            maps[name].entries.pop(int(words[0]), None)
        return True
    held = maps.setdefault(name, RouteMap(name, line.ref))
    number = int(words[0]) if words else 10
    entry = held.entries.setdefault(number, RouteEntry(number, action, line.ref))
    entry.action = action
    state.now.route = entry
    return state.enter(ROUTE_MAP_VIEW, f"route-map {name} {number}")


def route_match(state: State, line: Line) -> bool:
    return _clause(state, line, ("ip", "address", "prefix-list", "next-hop", "route-source", "as-path", "community", "extcommunity"), True)


def route_set(state: State, line: Line) -> bool:
    return _clause(state, line, _SET_WORDS, False)


_SET_WORDS = (
    "ip", "default", "next-hop", "recursive", "verify-availability", "vrf", "global", "as-path", "prepend", "prefix-list", "interface",
    "precedence", "tos", "df", "dscp", "address",
)  # fmt: skip
_PLAIN = {"interface", "vrf", "global"}


def _clause(state: State, line: Line, heads: tuple[str, ...], matching: bool) -> bool:
    """A condition or an action: (what, values). The words that say what are taken from ``heads``, "ip" and "address" are left out."""
    entry = state.now.route
    if entry is None or not line.args:
        return False
    what = [line.args[0].lower()]
    rest = line.args[1:]
    while rest and rest[0].lower() in heads and what[-1] not in _PLAIN and what[0] in {"ip", "default", "as-path"}:
        what.append(rest[0].lower())
        rest = rest[1:]
    if what[0] == "ipv6":
        return state.feature(line, FeatureKind.IPV6)
    name = " ".join(word for word in what if word != "ip") or "ip"
    if matching and name == "address":
        name = "acl"
    if matching:
        name = name.replace("address prefix-list", "prefix-list")
    clause = name, tuple(rest)
    held = entry.matches if matching else entry.sets
    if line.negated:
        held[:] = [item for item in held if item[0] != name or (rest and item[1] != tuple(rest))]
    else:
        held.append(clause)
        if not matching:
            entry.refs.append(line.ref)
    return True


def route_continue(state: State, line: Line) -> bool:
    if state.now.route is None:
        return False
    if not line.negated:
        state.now.route.sets.append(("continue", tuple(line.args)))
        state.now.route.refs.append(line.ref)
    return True


ROUTE_MAP_VIEW = View(
    "route-map",
    table({"match": route_match, "set": route_set, "continue": route_continue, "description": NAMES}),
)


def prefix_lists(state: State) -> tuple[PrefixList, ...]:
    return tuple(
        PrefixList(held.name, tuple(sorted(held.entries, key=lambda item: item.number)), held.ref)
        for held in state.routing.prefixes.values()
    )


def route_policies(state: State) -> tuple[RoutePolicy, ...]:
    """Route maps; one that an interface routes by is a policy route."""
    used = {port.policy_route.filter for port in state.ports.values() if port.policy_route}
    return tuple(
        RoutePolicy(
            held.name,
            "policy-route" if held.name in used else "route-policy",
            tuple(entry.built() for _, entry in sorted(held.entries.items())),
            held.ref,
        )
        for held in state.routing.maps.values()
    )
