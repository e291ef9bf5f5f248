"""The zone-based firewall of IOS: zones, zone pairs, classes and policies of type inspect."""

from __future__ import annotations

from isolation_checks.reading.cisco_model import ClassMap, PolicyClass, ZonePair
from isolation_checks.reading.cisco_sets import meet, permitted
from isolation_checks.reading.cisco_state import State
from isolation_checks.reading.cisco_tables import NAMES, NARROWS
from isolation_checks.reading.cisco_views import Line, View, table
from isolation_checks.snapshot import Action, Applied, Filter, Firewall, InterfaceKind, Match, PolicyRule, Ref, Rule, Zone

SELF = "self"
DEFAULT = "default"
"""The zone of all interfaces that are in no other: between two of them no firewall stands."""

_TCP, _UDP = 6, 17
# What `match protocol` means: protocol and destination ports, as the device's own port map has them.
_SERVICES: dict[str, tuple[tuple[int, int], ...]] = {
    "http": ((_TCP, 80),), "https": ((_TCP, 443),), "ssh": ((_TCP, 22),), "telnet": ((_TCP, 23),), "smtp": ((_TCP, 25),),
    "dns": ((_TCP, 53), (_UDP, 53)), "ftp": ((_TCP, 21),), "ftps": ((_TCP, 990),), "tftp": ((_UDP, 69),), "pop3": ((_TCP, 110),),
    "pop3s": ((_TCP, 995),), "imap": ((_TCP, 143),), "imap3": ((_TCP, 220),), "imaps": ((_TCP, 993),), "ntp": ((_UDP, 123),),
    "snmp": ((_UDP, 161),), "snmptrap": ((_UDP, 162),), "syslog": ((_UDP, 514),), "syslog-conn": ((_TCP, 601),), "ldap": ((_TCP, 389),),
    "ldaps": ((_TCP, 636),), "isakmp": ((_UDP, 500),), "bootps": ((_UDP, 67),), "bootpc": ((_UDP, 68),), "tacacs": ((_TCP, 49),),
    "radius": ((_UDP, 1645), (_UDP, 1812)), "kerberos": ((_TCP, 88), (_UDP, 88)), "sqlserv": ((_TCP, 118),), "ms-sql": ((_TCP, 1433),),
    "mysql": ((_TCP, 3306),), "bgp": ((_TCP, 179),), "nntp": ((_TCP, 119),), "finger": ((_TCP, 79),),
}  # fmt: skip


def zone(state: State, line: Line) -> bool:
    """``zone security Z``."""
    if len(line.args) != 1:
        return False
    if line.negated:
        state.zones.zones.pop(line.args[0], None)
        return True
    state.zones.zones.setdefault(line.args[0], line.ref)
    return state.enter(ZONE_VIEW, f"zone security {line.args[0]}")


ZONE_VIEW = View("zone security", table({"description": NAMES}))


def class_map(state: State, line: Line) -> bool:
    """``class-map type inspect [match-any|match-all] C``."""
    words = list(line.args)
    every = True
    if words and words[0].lower() in {"match-any", "match-all"}:
        every = words.pop(0).lower() == "match-all"
    if len(words) == 2:  # a class of one application: http, smtp and their kind
        return line.negated or state.enter(APPLICATION_VIEW, f"class-map {' '.join(words)}")
    if len(words) != 1:
        return False
    if line.negated:
        state.zones.classes.pop(words[0], None)
        return True
    state.now.class_map = state.zones.classes.setdefault(words[0], ClassMap(words[0], line.ref, every))
    return state.enter(CLASS_VIEW, f"class-map {words[0]}")


def _match(state: State, line: Line) -> bool:
    held = state.now.class_map
    words = line.args
    if held is None or not words:
        return False
    what = words[0].lower()
    if what == "access-group" and len(words) == 3 and words[1].lower() == "name":
        condition = what, words[2]
    elif what in {"access-group", "class-map"} and len(words) == 2:
        condition = what, words[1]
    elif what == "protocol" and len(words) >= 2:
        condition = what, words[1].lower()
        held.narrowed |= len(words) > 2 and not line.negated
    elif what in {"not", "user-group", "security-group"}:
        held.narrowed |= not line.negated
        condition = "narrow", " ".join(words)
    else:
        return False
    if line.negated:
        held.conditions = [item for item in held.conditions if item != condition]
    else:
        held.conditions.append(condition)
    return True


CLASS_VIEW = View("class-map type inspect", table({"match": _match, "description": NAMES}))
APPLICATION_VIEW = View("class-map of an application", rest=NARROWS)


def policy_map(state: State, line: Line) -> bool:
    """``policy-map type inspect P``."""
    words = line.args
    if len(words) == 2:
        return line.negated or state.enter(APPLICATION_VIEW, f"policy-map {' '.join(words)}")
    if len(words) != 1:
        return False
    if line.negated:
        state.zones.policies.pop(words[0], None)
        return True
    state.now.policy = state.zones.policies.setdefault(words[0], [])
    return state.enter(POLICY_VIEW, f"policy-map {words[0]}")


def _class(state: State, line: Line) -> bool:
    words = line.args
    if words[:2] == ["type", "inspect"]:
        words = words[2:]
    if len(words) != 1:
        return False
    held = state.now.policy
    if line.negated:
        held[:] = [item for item in held if item.name != words[0]]
        return True
    found = next((item for item in held if item.name == words[0]), None)
    if found is None:
        held.append(PolicyClass(words[0], line.ref))
    else:
        held.append(held.pop(held.index(found)))
    return state.enter(POLICY_CLASS_VIEW, f"class {words[0]}")


def _class_action(state: State, line: Line) -> bool:
    if not state.now.policy:
        return False
    held = state.now.policy[-1]
    word = line.words[0].lower()
    verb = next((name for name in ("inspect", "pass", "drop") if name.startswith(word)), "")
    held.action = "" if line.negated else verb
    held.ref = line.ref
    return True


POLICY_CLASS_VIEW = View(
    "class",
    table(
        {"inspect": _class_action, "pass": _class_action, "drop": _class_action, "police": NARROWS, "service-policy": NARROWS,
         "urlfilter": NARROWS, "exit": NAMES}
    ),
)  # fmt: skip
POLICY_VIEW = View("policy-map type inspect", table({"class": _class, "description": NAMES, "exit": NAMES}))


def zone_pair(state: State, line: Line) -> bool:
    """``zone-pair security N source A destination B``."""
    words = line.args
    if line.negated and words:
        state.zones.pairs.pop(words[0], None)
        return True
    if len(words) != 5 or words[1].lower() != "source" or words[3].lower() != "destination":
        return False
    state.now.pair = state.zones.pairs.setdefault(words[0], ZonePair(words[0], line.ref, words[2], words[4]))
    return state.enter(PAIR_VIEW, f"zone-pair security {words[0]}")


def _service_policy(state: State, line: Line) -> bool:
    words = [word for word in line.args if word.lower() not in {"type", "inspect"}]
    if state.now.pair is None or len(words) != 1:
        return False
    state.now.pair.policy = None if line.negated else Applied(words[0], line.ref)
    return True


PAIR_VIEW = View("zone-pair security", table({"service-policy": _service_policy, "description": NAMES, "exit": NAMES}))


def firewall(state: State, lists: dict[str, Filter]) -> Firewall | None:
    """The zones and what the zone pairs let through; None where no zone is used."""
    held = state.zones
    used = {port.zone.filter for port in state.ports.values() if port.zone}
    if not held.zones and not used:
        return None
    names = dict(held.zones)
    first = next(iter(names.values()), None) or next(port.zone.ref for port in state.ports.values() if port.zone)
    for port in state.ports.values():
        if port.zone:
            names.setdefault(port.zone.filter, port.zone.ref)
    names.setdefault(DEFAULT, first)
    zones = tuple(Zone(name, None, _members(state, name, ref), ref) for name, ref in names.items() if name != SELF)
    rules = tuple(rule for pair in held.pairs.values() for rule in _pair_rules(state, pair, lists))
    return Firewall(
        zones=zones,
        rules=rules,
        between=Action.DENY,
        within=Action.PERMIT,
        to_local=Action.PERMIT,
        from_local=Action.PERMIT,
        unzoned=Action.DENY,
        default_ref=None,
        local=SELF,
        within_checked=any(pair.source == pair.target for pair in held.pairs.values()),
    )


def _members(state: State, name: str, ref: Ref) -> tuple[Applied, ...]:
    skipped = {InterfaceKind.NULL, InterfaceKind.CONSOLE}
    if name != DEFAULT:
        return tuple(Applied(port.name, port.zone.ref) for port in state.ports.values() if port.zone and port.zone.filter == name)
    return tuple(
        Applied(port.name, port.zone.ref if port.zone else ref)
        for port in state.ports.values()
        if (port.zone is None or port.zone.filter == DEFAULT) and port.kind not in skipped
    )


def _pair_rules(state: State, pair: ZonePair, lists: dict[str, Filter]) -> list[PolicyRule]:
    """The classes of the pair's policy in order; what no class takes is dropped. A pair without policy drops everything."""
    rules: list[PolicyRule] = []
    zones = (pair.source,), (pair.target,)
    classes = state.zones.policies.get(pair.policy.filter, []) if pair.policy else []
    rest = Rule(Action.DENY, (Match(),), pair.policy.ref if pair.policy else pair.ref, "class-default")
    stateful = False
    for item in classes:
        if item.name.lower() == "class-default":
            if item.action in {"pass", "inspect"}:
                stateful = item.action == "inspect"
                rest = Rule(Action.PERMIT, (Match(),), item.ref, "class-default")
            continue
        matches, more = class_matches(state, item.name, lists, ())
        permit = item.action in {"pass", "inspect"}
        if not matches:
            continue
        rule = Rule(Action.PERMIT if permit else Action.DENY, matches, item.ref, item.name, more)
        rules.append(PolicyRule(rule, *zones, stateful=item.action == "inspect"))
    rules.append(PolicyRule(rest, *zones, stateful=stateful))
    return rules


def class_matches(state: State, name: str, lists: dict[str, Filter], seen: tuple[str, ...]) -> tuple[tuple[Match, ...], bool]:
    """What a class takes, and whether that is more than it really does. An undefined class takes anything, perhaps."""
    held = state.zones.classes.get(name)
    if held is None or name in seen:
        return (Match(),), True
    more = held.narrowed
    parts: list[tuple[Match, ...]] = []
    for kind, value in held.conditions:
        matches, rough = _condition(state, kind, value, lists, (*seen, name))
        parts.append(matches)
        more |= rough
    if not parts:
        return (), more
    if not held.every:
        return tuple(dict.fromkeys(match for part in parts for match in part)), more
    found = parts[0]
    for part in parts[1:]:
        found = tuple(both for one in found for other in part if (both := meet(one, other)) is not None)
    return found, more


def _condition(state: State, kind: str, value: str, lists: dict[str, Filter], seen: tuple[str, ...]) -> tuple[tuple[Match, ...], bool]:
    if kind == "class-map":
        return class_matches(state, value, lists, seen)
    if kind == "access-group":
        listed = lists.get(value)
        return ((Match(),), True) if listed is None or not listed.rules else permitted(listed.rules)
    if kind == "protocol":
        plain = {"tcp": 6, "udp": 17, "icmp": 1}.get(value)
        if plain is not None:
            return (Match(protocols=((plain, plain),)),), False
        ports = _SERVICES.get(value)
        if ports is None:
            return (Match(),), True
        return tuple(Match(protocols=((protocol, protocol),), dports=((number, number),)) for protocol, number in ports), False
    return (Match(),), True
