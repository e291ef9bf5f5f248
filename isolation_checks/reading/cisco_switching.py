"""Switch ports, VLANs and VLAN maps of IOS."""

from __future__ import annotations

from collections.abc import Callable

from isolation_checks.reading.cisco_model import MapEntry, Port, VlanEntry
from isolation_checks.reading.cisco_state import State
from isolation_checks.reading.cisco_tables import NAMES
from isolation_checks.reading.cisco_views import Handler, Line, View, table
from isolation_checks.reading.values import complement, intersection, normalized
from isolation_checks.snapshot import (
    Action,
    Applied,
    FeatureKind,
    Filter,
    InterfaceKind,
    Match,
    Ranges,
    Ref,
    Rule,
    Switching,
    Vlan,
)
from topology.i18n import T

ALL_VLANS: Ranges = ((1, 4094),)
_OPEN = T("VLANs that are closed here are taken as if they were open").msgid
VLAN_MAP = "vlan-map:"
"""Before the name of a VLAN access map where it stands among filters: maps and lists have names of their own."""


def vlan_list(text: str) -> Ranges | None:
    """``10,20-30`` to ranges; None where it is none."""
    ranges = []
    for piece in text.replace(" ", "").split(","):
        first, sign, last = piece.partition("-")
        if not first.isdigit() or (sign and not last.isdigit()) or len(first) > 4 or len(last) > 4:
            return None
        low, high = int(first), int(last or first)
        if not 1 <= low <= high <= 4094:
            return None
        ranges.append((low, high))
    return normalized(ranges)


PortHandler = Callable[[State, Line, Port], bool]


def per_port(read: PortHandler) -> Handler:
    """A handler that does the same to every port that is open (`interface range` opens several)."""

    def handler(state: State, line: Line) -> bool:
        if line.words[0].lower().startswith("sw"):
            state.switch_marks += 1
            for port in state.now.ports:
                port.layer2 |= len(line.words) > 1 and not line.negated
        done = [read(state, line, port) for port in state.now.ports]
        return bool(done) and all(done)

    return handler


def bare(_state: State, line: Line, port: Port) -> bool:
    """``switchport`` and ``no switchport``."""
    if line.args:
        return False
    port.switchport = None if line.default else not line.negated
    return True


def mode(_state: State, line: Line, port: Port) -> bool:
    port.switch.mode = None
    if line.negated:
        return True
    words = [word.lower() for word in line.args]
    known = {"access": "access", "trunk": "trunk", "dynamic auto": "auto", "dynamic desirable": "desirable", "dot1q-tunnel": "tunnel"}
    found = next((value for key, value in known.items() if words and " ".join(words) == key), None)
    if found is None:
        return False
    port.switch.mode = found
    return True


def access_vlan(_state: State, line: Line, port: Port) -> bool:
    value = 1 if line.negated else _vlan(line.args)
    if value is None:
        return False
    port.switch.access = value
    return True


def native_vlan(_state: State, line: Line, port: Port) -> bool:
    value = 1 if line.negated else _vlan(line.args)
    if value is None:
        return False
    port.switch.native = value
    return True


def voice_vlan(_state: State, line: Line, port: Port) -> bool:
    if line.negated or (len(line.args) == 1 and line.args[0] in {"dot1p", "none", "untagged"}):
        port.switch.voice = None
        return True
    port.switch.voice = _vlan(line.args)
    return port.switch.voice is not None


def _vlan(args: list[str]) -> int | None:
    return int(args[0]) if len(args) == 1 and args[0].isascii() and args[0].isdigit() and 1 <= int(args[0]) <= 4094 else None


def allowed(_state: State, line: Line, port: Port) -> bool:
    """``switchport trunk allowed vlan {LIST|all|none|add LIST|remove LIST|except LIST}``."""
    if line.negated:
        port.switch.allowed = ALL_VLANS
        return True
    words = line.args
    verb = words[0].lower() if words else ""
    if verb in {"all", "none"} and len(words) == 1:
        port.switch.allowed = ALL_VLANS if verb == "all" else ()
        return True
    named = verb in {"add", "remove", "except"}
    vlans = vlan_list("".join(words[1:] if named else words))
    if vlans is None:
        return False
    if verb == "add":
        port.switch.allowed = normalized((*port.switch.allowed, *vlans))
    elif verb == "remove":
        port.switch.allowed = intersection(port.switch.allowed, complement(vlans, 4094))
    else:
        port.switch.allowed = intersection(ALL_VLANS, complement(vlans, 4094)) if verb == "except" else vlans
    return True


def protected(_state: State, line: Line, port: Port) -> bool:
    port.switch.isolation = [] if line.negated else ["protected"]
    return not line.args


def built(state: State, port: Port, switch: bool) -> Switching | None:
    """How the port switches; None for a routed one. ``switch``: the device is one, whose ports switch unless told otherwise."""
    if port.kind not in {InterfaceKind.PHYSICAL, InterfaceKind.AGGREGATE, InterfaceKind.MANAGEMENT} or port.switchport is False:
        return None
    typed = port.switchport or port.layer2
    if not typed and (not switch or port.routed or port.kind == InterfaceKind.MANAGEMENT):
        return None
    lines = port.switch
    isolation = tuple(lines.isolation)
    if lines.mode in {"access", "tunnel"}:
        tagged: Ranges = () if lines.voice is None or lines.voice == lines.access else ((lines.voice, lines.voice),)
        return Switching(lines.mode, lines.access, ((lines.access, lines.access),), tagged, isolation)
    native: Ranges = intersection(lines.allowed, ((lines.native, lines.native),))
    if state.native_tagged:
        native = ()
    tagged = intersection(lines.allowed, complement(native, 4094))
    if lines.mode == "trunk":
        return Switching("trunk", lines.native, native, tagged, isolation)
    # It depends on the other end whether this is an access port or a trunk: what either lets through.
    untagged = normalized(((lines.access, lines.access), *native))
    tagged = intersection(lines.allowed, complement(untagged, 4094))
    return Switching("hybrid", lines.access, untagged, tagged, isolation, doubt=True)


def vlan(state: State, line: Line) -> bool:
    """``vlan 10`` or ``vlan 10,20-30``: the view of one or more VLANs."""
    ranges = vlan_list("".join(line.args))
    if ranges is None:
        return False
    numbers = [number for first, last in ranges for number in range(first, last + 1)]
    state.switch_marks += 1
    if line.negated:
        for number in numbers:
            state.vlans.pop(number, None)
        return True
    state.now.vlans = [_vlan_entry(state, number, line.ref) for number in numbers]
    return state.enter(VLAN_VIEW, f"vlan {' '.join(line.args)}")


def _vlan_entry(state: State, number: int, ref: Ref) -> VlanEntry:
    return state.vlans.setdefault(number, VlanEntry(number, ref))


def vlan_name(state: State, line: Line) -> bool:
    for entry in state.now.vlans:
        entry.name = "" if line.negated else line.rest()
    return True


def vlan_shutdown(state: State, line: Line) -> bool:
    """A VLAN that is shut or suspended passes nothing; taken as if it did, since another device may hold it open."""
    return state.irrelevant(line, _OPEN)


VLAN_VIEW = View(
    "vlan",
    table(
        {
            "name": vlan_name,
            "shutdown": vlan_shutdown,
            "state": vlan_shutdown,
            "mtu": NAMES,
            "private-vlan": FeatureKind.BRIDGING,
            "remote-span": FeatureKind.MIRROR,
            "member": FeatureKind.VXLAN,
            "vn-segment": FeatureKind.VXLAN,
            "uni-vlan": _OPEN,
        }
    ),
)


def native_tag(state: State, line: Line) -> bool:
    state.native_tagged = not line.negated
    return not line.args


def access_map(state: State, line: Line) -> bool:
    """``vlan access-map NAME [10]``."""
    if not 1 <= len(line.args) <= 2 or not all(word.isdigit() for word in line.args[1:]):
        return False
    name = line.args[0]
    entries = state.access_maps.setdefault(name, {})
    number = int(line.args[1]) if len(line.args) > 1 else max(entries, default=0) // 10 * 10 + 10
    if line.negated:
        if len(line.args) == 1:
            state.access_maps.pop(name)
        else:
            entries.pop(number, None)
        return True
    state.now.access_map = entries.setdefault(number, MapEntry(number, line.ref))
    return state.enter(MAP_VIEW, f"vlan access-map {' '.join(line.args)}")


def map_match(state: State, line: Line) -> bool:
    entry = state.now.access_map
    if entry is None or not line.args:
        return False
    if not line.negated:
        entry.lists.extend(line.args)
        return True
    entry.lists = [name for name in entry.lists if name not in line.args]
    return True


def map_match_other(state: State, line: Line) -> bool:
    if state.now.access_map is None:
        return False
    state.now.access_map.other = not line.negated
    return state.feature(line, FeatureKind.FILTER)


def map_action(state: State, line: Line) -> bool:
    entry = state.now.access_map
    verb = line.args[0].lower() if line.args else ""
    if entry is None or (not line.negated and verb not in {"forward", "drop"}):
        return False
    entry.action = Action.DENY if verb == "drop" and not line.negated else Action.PERMIT
    return line.args[1:] in ([], ["log"], ["capture"])


MAP_VIEW = View(
    "vlan access-map",
    table(
        {
            "match ip address": map_match,
            "match mac address": map_match_other,
            "match ipv6 address": map_match_other,
            "action": map_action,
            "action redirect": FeatureKind.FILTER,
            "description": NAMES,
        }
    ),
)


def vlan_filter(state: State, line: Line) -> bool:
    """``vlan filter NAME vlan-list 10-20``."""
    words = line.args
    if len(words) < 2 or words[1].lower() != "vlan-list":
        return False
    text = "".join(words[2:])
    ranges = ALL_VLANS if text in {"all", ""} else vlan_list(text)
    if ranges is None:
        return False
    applied = Applied(VLAN_MAP + words[0], line.ref)
    numbers = [number for first, last in ranges for number in range(first, last + 1)]
    for number in numbers:
        if line.negated:
            entry = state.vlans.get(number)
            if entry is not None:
                entry.filters = [item for item in entry.filters if item.filter != applied.filter]
        else:
            _vlan_entry(state, number, line.ref).filters.append(applied)
    return True


def vlans(state: State) -> tuple[Vlan, ...]:
    """All VLANs by number. A VLAN map looks at packets into the VLAN and out of it."""
    return tuple(
        Vlan(entry.id, entry.name, entry.ref, tuple(entry.filters), tuple(entry.filters)) for _, entry in sorted(state.vlans.items())
    )


def map_filters(state: State, lists: dict[str, Filter]) -> tuple[Filter, ...]:
    """Each VLAN access map as a filter, and each list in it as a chain: its permits take the entry's action, its denies go on."""
    found: list[Filter] = []
    for name, entries in state.access_maps.items():
        rules: list[Rule] = []
        title = VLAN_MAP + name
        for number, entry in sorted(entries.items()):
            if entry.other or not entry.lists:
                # Without a list it takes every packet; with a condition that is not held, it is only there when it lets more through.
                rules.append(Rule(entry.action, (Match(),), entry.ref, str(number), entry.other))
                continue
            for used in entry.lists:
                chain = f"{title}#{number}:{used}"
                listed = lists.get(used)
                if listed is None:
                    rules.append(Rule(entry.action, (Match(),), entry.ref, str(number), True))
                    continue
                if entry.action == Action.DENY and any(rule.conditional for rule in listed.rules):
                    rules.append(Rule(entry.action, (Match(),), entry.ref, str(number), True))
                    continue
                rules.append(Rule(Action.JUMP, (Match(),), entry.ref, str(number), False, chain))
                taken = tuple(
                    rule._replace(action=entry.action if rule.action == Action.PERMIT else Action.RETURN, conditional=rule.conditional)
                    for rule in listed.rules
                )
                rest = Action.RETURN if listed.default == Action.DENY else entry.action
                found.append(Filter(chain, "chain", taken, rest, listed.ref))
        refs = [entry.ref for _, entry in sorted(entries.items())]
        if refs:
            looks = any(entry.lists for entry in entries.values())
            found.append(Filter(title, "policy", tuple(rules), Action.DENY if looks else Action.PERMIT, refs[0]))
    return tuple(found)
