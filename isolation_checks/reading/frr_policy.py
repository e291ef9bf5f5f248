"""Lists and maps of FRR: prefix lists, access lists, community and AS path lists, route maps, maps of policy-based routing."""

from __future__ import annotations

from dataclasses import dataclass, field

from isolation_checks.reading import values
from isolation_checks.reading.commands import Commands
from isolation_checks.reading.frr_state import LABELS, FrrState, Handler, Line, number, options, prefix
from isolation_checks.snapshot import (
    Action,
    AddressSet,
    Filter,
    Match,
    PolicyEntry,
    PrefixEntry,
    Ref,
    RoutePolicy,
    Rule,
    VrfLeak,
)

_ACTIONS = {"permit": Action.PERMIT, "deny": Action.DENY}


def _sequence(rest: list[str]) -> tuple[int | None, list[str]]:
    """The number after ``seq``, and what follows."""
    if rest[:1] == ["seq"] and len(rest) > 1:
        return number(rest[1]), rest[2:]
    return None, rest


def _next(numbers: list[int]) -> int:
    return (max(numbers, default=0) // 5 + 1) * 5


def prefix_list(line: Line, rest: list[str]) -> bool:
    """``ip prefix-list NAME [seq N] {permit|deny} P/L [ge A] [le B]``."""
    if len(rest) >= 2 and rest[1] == "description":
        return True
    if not rest:
        return False
    name = rest[0]
    entries = line.state.prefix_lists.setdefault(name, [])
    line.state.prefix_refs.setdefault(name, line.ref)
    seq, words = _sequence(rest[1:])
    if line.no and not words and seq is None:
        entries.clear()
        return True
    if not words or words[0] not in _ACTIONS or len(words) < 2:
        return False
    found = (0, 0) if words[1] == "any" else prefix(words[1])
    limits = options(words[2:], "ge", "le")
    if found is None or limits is None or not all(value.isdigit() for value in limits.values()):
        return False
    length = found[1]
    low = int(limits["ge"]) if "ge" in limits else length
    high = int(limits["le"]) if "le" in limits else 32 if "ge" in limits or words[1] == "any" else length
    body = (_ACTIONS[words[0]], found[0] & values.mask_of(length), length, low, high)
    if line.no:
        entries[:] = [entry for entry in entries if entry[1:6] != body or seq not in (None, entry.number)]
        return True
    seq = _next([entry.number for entry in entries]) if seq is None else seq
    entries[:] = [entry for entry in entries if entry.number != seq]
    entries.append(PrefixEntry(seq, *body, line.ref))
    return True


# --- access lists ----------------------------------------------------------------------------------------------------------------------


def access_list(line: Line, rest: list[str]) -> bool:
    """``access-list NAME [seq N] {permit|deny} …``: they choose routes and who may log in, and filter no packets."""
    if len(rest) >= 2 and rest[1] == "remark":
        return True
    if not rest:
        return False
    rules = line.state.access_lists.setdefault(rest[0], [])
    seq, words = _sequence(rest[1:])
    if line.no and not words and seq is None:
        rules.clear()
        return True
    match = _access_match(words[1:], extended=rest[0].isdigit() and 100 <= int(rest[0]) <= 199) if words and words[0] in _ACTIONS else None
    if match is None:
        return False
    action = _ACTIONS[words[0]]
    if line.no:
        rules[:] = [(at, rule) for at, rule in rules if (rule.action, rule.matches) != (action, (match,)) or seq not in (None, at)]
        return True
    seq = _next([at for at, _ in rules]) if seq is None else seq
    rules[:] = [(at, rule) for at, rule in rules if at != seq]
    rules.append((seq, Rule(action, (match,), line.ref, str(seq))))
    return True


def _access_match(words: list[str], extended: bool) -> Match | None:
    if words[:1] == ["ip"]:
        extended, words = True, words[1:]
    source, words = _access_address(words)
    if source is None:
        return None
    if not extended:
        return Match(src=source or None) if words in ([], ["exact-match"]) else None
    target, words = _access_address(words)
    return None if target is None or words else Match(src=source or None, dst=target or None)


def _access_address(words: list[str]) -> tuple[AddressSet | None, list[str]]:
    """The address set in front, () for any; None where there is none."""
    if words[:1] == ["any"]:
        return (), words[1:]
    if words[:1] == ["host"]:
        value = values.ip(words[1]) if len(words) > 1 else None
        return (None if value is None else (values.host(value),)), words[2:]
    found = prefix(words[0]) if words else None
    if found is not None:
        return (values.prefix(*found),), words[1:]
    value = values.ip(words[0]) if words else None
    if value is None:
        return None, words
    inverse = values.ip(words[1]) if len(words) > 1 else None
    return ((values.host(value),), words[1:]) if inverse is None else ((values.wildcard(value, inverse),), words[2:])


def access_filters(state: FrrState) -> list[Filter]:
    filters = []
    for name, rules in state.access_lists.items():
        ordered = tuple(rule for _, rule in sorted(rules, key=lambda item: item[0]))
        if ordered:
            filters.append(Filter(name, "acl", ordered, Action.DENY, ordered[0].ref))
    return filters


# --- lists of communities and AS paths -------------------------------------------------------------------------------------------------


def value_list(kind: str) -> Handler:
    """``bgp community-list standard NAME [seq N] permit VALUES``; kept as a policy of this kind with one match an entry."""

    def handler(line: Line, rest: list[str]) -> bool:
        if rest[:1] and rest[0] in ("standard", "expanded"):
            rest = rest[1:]
        if not rest:
            return False
        key = f"{kind} {rest[0]}"
        seq, words = _sequence(rest[1:])
        if line.no and not words:
            line.state.policies.pop(key, None)
            return True
        if not words or words[0] not in _ACTIONS:
            return False
        old = line.state.policies.get(key)
        entries = old.entries if old else ()
        body = ((kind, tuple(words[1:])),)
        if line.no:
            entries = tuple(entry for entry in entries if entry.matches != body)
        else:
            seq = _next([entry.number for entry in entries]) if seq is None else seq
            entry = PolicyEntry(seq, _ACTIONS[words[0]], body, (), line.ref)
            entries = tuple(sorted((*(kept for kept in entries if kept.number != seq), entry), key=lambda item: item.number))
        line.state.policies[key] = RoutePolicy(rest[0], kind, entries, old.ref if old else line.ref)
        return True

    return handler


# --- route maps ------------------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class EntryDraft:
    """One entry of a route map or of a map of policy-based routing; it is put into its policy after every line."""

    name: str
    kind: str
    number: int
    action: Action
    ref: Ref
    matches: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sets: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def store(self, state: FrrState) -> None:
        key = f"{self.kind} {self.name}"
        old = state.policies.get(key)
        entry = PolicyEntry(self.number, self.action, tuple(self.matches.items()), tuple(self.sets.items()), self.ref)
        entries = (*(kept for kept in (old.entries if old else ()) if kept.number != self.number), entry)
        ordered = tuple(sorted(entries, key=lambda item: item.number))
        state.policies[key] = RoutePolicy(self.name, self.kind, ordered, old.ref if old else self.ref)


def _existing(line: Line, kind: str, name: str, at: int, action: Action) -> EntryDraft:
    old = line.state.policies.get(f"{kind} {name}")
    entry = next((item for item in old.entries if item.number == at), None) if old else None
    if entry is None:
        return EntryDraft(name, kind, at, action, line.ref)
    return EntryDraft(name, kind, at, action, entry.ref, dict(entry.matches), dict(entry.sets))


def enter_route_map(line: Line, rest: list[str]) -> bool:
    """``route-map NAME {permit|deny} N``."""
    if line.no:
        return _remove(line, "route-map", rest)
    at = number(rest[2]) if len(rest) == 3 and rest[1] in _ACTIONS else None
    if at is None:
        return len(rest) == 2 and rest[1] == "optimization"
    entry = _existing(line, "route-map", rest[0], at, _ACTIONS[rest[1]])
    entry.store(line.state)
    line.opened = "route-map", entry
    return True


def enter_pbr_map(line: Line, rest: list[str]) -> bool:
    """``pbr-map NAME seq N``."""
    at = number(rest[2]) if len(rest) == 3 and rest[1] == "seq" else None
    if at is None:
        return False
    if line.no:
        return _remove(line, "policy-route", [rest[0], "permit", rest[2]])
    entry = _existing(line, "policy-route", rest[0], at, Action.PERMIT)
    entry.store(line.state)
    line.opened = "pbr-map", entry
    return True


def _remove(line: Line, kind: str, rest: list[str]) -> bool:
    key = f"{kind} {rest[0]}" if rest else ""
    old = line.state.policies.pop(key, None)
    if old is not None and len(rest) == 3:
        left = tuple(entry for entry in old.entries if str(entry.number) != rest[2])
        if left:
            line.state.policies[key] = RoutePolicy(old.name, kind, left, old.ref)
    return len(rest) in (1, 3)


def _entry(line: Line) -> EntryDraft:
    assert isinstance(line.data, EntryDraft)
    return line.data


def _key(words: list[str], depth: dict[str, int]) -> tuple[str, tuple[str, ...]]:
    """What a match or a set is about, and its values: ``ip address prefix-list P`` -> ("ip address prefix-list", ("P",))."""
    taken = next((count for start, count in depth.items() if " ".join(words).startswith(start)), 1)
    return " ".join(words[:taken]), tuple(words[taken:])


_DEPTH = {
    "ip address prefix-list": 3, "ip address prefix-len": 3, "ip next-hop prefix-list": 3, "ip route-source prefix-list": 3,
    "ip next-hop address": 3, "ip next-hop type": 3, "ip address": 2, "ip next-hop": 2, "ip route-source": 2, "ipv6 address prefix-list": 3,
    "ipv6 next-hop prefix-list": 3, "ipv6 address": 2, "ipv6 next-hop": 2, "as-path prepend": 2, "as-path exclude": 2,
    "extcommunity rt": 2, "extcommunity soo": 2, "extcommunity bandwidth": 2, "evpn": 2, "sr-te": 2, "table": 1,
}  # fmt: skip


def _match(line: Line, rest: list[str]) -> bool:
    key, found = _key(rest, _DEPTH)
    if key.endswith("prefix-list"):
        key = "prefix-list" if key == "ip address prefix-list" else key
    if line.no:
        _entry(line).matches.pop(key, None)
    else:
        _entry(line).matches[key] = found
    _entry(line).store(line.state)
    return bool(rest)


def _set(line: Line, rest: list[str]) -> bool:
    key, found = _key(rest, _DEPTH)
    if line.no:
        _entry(line).sets.pop(key, None)
    else:
        _entry(line).sets[key] = found
    _entry(line).store(line.state)
    return bool(rest)


def _flow(line: Line, rest: list[str]) -> bool:
    """``on-match``, ``continue`` and ``call`` say where to go on."""
    name = line.words[0] if line.words[0] in ("on-match", "call", "continue") else "on-match"
    if line.no:
        _entry(line).sets.pop(name, None)
    else:
        _entry(line).sets[name] = tuple(rest)
    _entry(line).store(line.state)
    return True


def _pbr_vrf(line: Line, rest: list[str]) -> bool:
    """``set vrf V``: packets go over into another VRF."""
    if not line.no and rest and rest[0] != "unchanged":
        target = "" if rest[0] == "default" else rest[0]
        for vrf in ("", *line.state.draft.vrfs):
            if vrf != target:
                line.state.draft.leaks[VrfLeak(vrf, target, line.ref)] = None
    return _set(line, ["vrf", *rest])


_ROUTE_MAP_VIEW_TABLE: dict[str, Handler] = {
    "match": _match,
    "set": _set,
    "on-match": _flow,
    "call": _flow,
    "continue": _flow,
    "description": LABELS,
}
ROUTE_MAP_VIEW = Commands(_ROUTE_MAP_VIEW_TABLE)
_PBR_VIEW_TABLE: dict[str, Handler] = {"match": _match, "set vrf": _pbr_vrf, "set": _set}
PBR_VIEW = Commands(_PBR_VIEW_TABLE)
