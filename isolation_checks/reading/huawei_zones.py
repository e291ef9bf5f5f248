"""Zones and policies of USG: ``security-policy``, the older ``policy interzone``, and the defaults between zones."""

from __future__ import annotations

from isolation_checks.reading.huawei_draft import Draft, PolicyRuleDraft, ZoneDraft
from isolation_checks.reading.huawei_irrelevant import LOGS, ONLY_DROPS, PEOPLE, TIMERS
from isolation_checks.reading.huawei_names import take_interface
from isolation_checks.reading.huawei_nat import r_zone
from isolation_checks.reading.huawei_sets import ANY, Sets, rule_address, service
from isolation_checks.reading.huawei_views import Entry, Handler, Reading, UnreadError, View, done, keyword, only
from isolation_checks.snapshot import Action, Applied, Firewall, Match, PolicyRule, Rule, Ternary, Zone

_PRIORITIES = {"local": 100, "trust": 85, "dmz": 50, "untrust": 5}


# --- zones


def _open_zone(r: Reading, words: list[str]) -> None:
    """``firewall zone [name] X [id N]``"""
    if words[0] == "name":
        words = words[1:]
    name = r_zone(words[0])
    if words[1:2] not in ([], ["id"]):
        raise UnreadError
    r.open(ZONE, r.draft.zones.setdefault(name, ZoneDraft(name, r.ref, _PRIORITIES.get(name))))


def _undo_zone(r: Reading, words: list[str]) -> None:
    r.draft.zones.pop(r_zone(words[-1]), None)


def _zone(r: Reading) -> ZoneDraft:
    subject = r.here
    if not isinstance(subject, ZoneDraft):
        raise UnreadError
    return subject


def _priority(r: Reading, words: list[str]) -> None:
    _zone(r).priority = int(words[0])


def _add(r: Reading, words: list[str]) -> None:
    name, taken = take_interface(words)
    if name is None or taken != len(words):
        raise UnreadError
    zone = _zone(r)
    for other in r.draft.zones.values():  # an interface is in one zone
        if other is not zone:
            other.interfaces = [entry for entry in other.interfaces if entry.filter != name]
    zone.interfaces.append(Applied(name, r.ref))


def _undo_add(r: Reading, words: list[str]) -> None:
    name, _ = take_interface(words)
    zone = _zone(r)
    zone.interfaces = [entry for entry in zone.interfaces if entry.filter != name]


ZONE = View(
    "firewall zone",
    {
        "set priority": _priority, "priority": _priority, "add interface": _add, "undo add interface": _undo_add, "description": PEOPLE,
        "undo description": PEOPLE, "detect": done, "statistic": LOGS, "undo set priority": done, "statistic enable": LOGS,
        "undo detect": done,
    },
)  # fmt: skip


# --- rules


def rule_here(r: Reading) -> PolicyRuleDraft:
    subject = r.here
    if not isinstance(subject, PolicyRuleDraft):
        raise UnreadError
    return subject


def rule_name(text: str) -> str:
    """What stands after ``rule name``: quoted, or up to the end of the line."""
    return text.split("name", 1)[1].strip().strip('"')


def _source_zone(r: Reading, words: list[str]) -> None:
    rule_here(r).from_zones += [r_zone(word) for word in words] or _none()


def _destination_zone(r: Reading, words: list[str]) -> None:
    rule_here(r).to_zones += [r_zone(word) for word in words] or _none()


def _none() -> list[str]:
    raise UnreadError


def _source(r: Reading, words: list[str]) -> None:
    rule = rule_here(r)
    if words[0] == "address-set":
        rule.source_sets += [word.strip('"') for word in words[1:]] or _none()
    elif ":" in words[0]:
        rule.six_source = True
    elif _narrower(words):
        rule.conditional = rule.any_source = True
    else:
        found = rule_address(tuple(words))
        rule.any_source = rule.any_source or found == ANY
        rule.sources += found


def _destination(r: Reading, words: list[str]) -> None:
    rule = rule_here(r)
    if words[0] == "address-set":
        rule.destination_sets += [word.strip('"') for word in words[1:]] or _none()
    elif ":" in words[0]:
        rule.six_destination = True
    elif _narrower(words):
        rule.conditional = rule.any_destination = True
    else:
        found = rule_address(tuple(words))
        rule.any_destination = rule.any_destination or found == ANY
        rule.destinations += found


def _narrower(words: list[str]) -> bool:
    """Addresses that the model does not hold: by place, by domain name, by MAC address."""
    return words[0] in ("geo-location", "geo-location-set", "domain-set", "mac-address", "isp", "mac")


def _service(r: Reading, words: list[str]) -> None:
    rule = rule_here(r)
    if words[0] == "protocol":
        rule.inline_services.append(service(words)[0])
    elif words == ["any"]:
        rule.any_service = True
    else:
        rule.services += [word.strip('"') for word in words]


def _condition(r: Reading, words: list[str]) -> None:
    """What the model does not hold and only narrows: applications, users, times, VLANs ..."""
    if words != ["any"]:
        rule_here(r).conditional = True


def _action(r: Reading, words: list[str]) -> None:
    only(words, 1)
    rule_here(r).action = keyword(words[0], "permit", "deny")


def _undo_action(r: Reading, _words: list[str]) -> None:
    rule_here(r).action = None


def _off(disabled: bool) -> Handler:
    def handler(r: Reading, words: list[str]) -> None:
        only(words, 0)
        rule_here(r).disabled = disabled

    return handler


CONDITIONS: dict[str, Entry] = {
    "source-zone": _source_zone, "destination-zone": _destination_zone, "source-address": _source, "destination-address": _destination,
    "source-address-exclude": _condition, "destination-address-exclude": _condition, "service": _service, "time-range": _condition,
    "application": _condition, "user": _condition, "url": _condition, "device-classification": _condition, "terminal-type": _condition,
    "vlan-id": _condition, "dscp": _condition, "access-type": _condition, "security-group": _condition, "description": PEOPLE,
    "undo description": PEOPLE, "disable": _off(True), "enable": _off(False), "undo disable": _off(False), "undo enable": _off(True),
}  # fmt: skip
RULE = View(
    "rule",
    {
        **CONDITIONS, "action": _action, "undo action": _undo_action, "profile": ONLY_DROPS, "undo profile": ONLY_DROPS,
        "policy logging": LOGS,
        "session logging": LOGS, "traffic logging": LOGS, "session aging-time": TIMERS, "session persistence": TIMERS, "counting": LOGS,
        "undo policy logging": LOGS, "undo session logging": LOGS, "undo traffic logging": LOGS, "log": LOGS, "parent-group": PEOPLE,
        "send-deny-packet": TIMERS, "session-log": LOGS,
    },
)  # fmt: skip


def open_rule(view: View, attribute: str) -> Handler:
    """``rule name X`` of a policy: new, or opened again."""

    def handler(r: Reading, words: list[str]) -> None:
        rules: dict[str, PolicyRuleDraft] = getattr(r.draft, attribute)
        name = rule_name(r.text)
        if not words:
            raise UnreadError
        r.open(view, rules.setdefault(name, PolicyRuleDraft(name, r.ref)))

    return handler


def undo_rule(attribute: str) -> Handler:
    def handler(r: Reading, _words: list[str]) -> None:
        getattr(r.draft, attribute).pop(rule_name(r.text), None)

    return handler


def move_rule(attribute: str) -> Handler:
    """``rule move A before|after B``, ``rule move A top|bottom``"""

    def handler(r: Reading, words: list[str]) -> None:
        rules: dict[str, PolicyRuleDraft] = getattr(r.draft, attribute)
        words = [word.strip('"') for word in words]
        moved = rules.get(words[0])
        where = keyword(words[1], "before", "after", "top", "bottom", "up", "down")
        if moved is None or where in ("up", "down"):
            raise UnreadError
        names = [name for name in rules if name != words[0]]
        at = 0 if where == "top" else len(names) if where == "bottom" else names.index(words[2]) + (where == "after")
        names.insert(at, words[0])
        setattr(r.draft, attribute, {name: rules[name] for name in names})

    return handler


def _group(r: Reading, words: list[str]) -> None:
    """``group name G from A to B``: rules that are switched together."""
    names = list(r.draft.security_rules)
    words = [word.strip('"') for word in words]
    chosen: list[PolicyRuleDraft] = []
    if "from" in words and "to" in words:
        first, last = names.index(words[words.index("from") + 1]), names.index(words[words.index("to") + 1])
        chosen = [r.draft.security_rules[name] for name in names[first : last + 1]]
    r.open(_GROUP, chosen)


def _group_off(r: Reading, _words: list[str]) -> None:
    subject = r.here
    if not isinstance(subject, list):
        raise UnreadError
    for rule in subject:
        rule.disabled = True


_GROUP = View("group", {"disable": _group_off, "enable": done, "description": PEOPLE, "undo disable": done})


def _default_action(r: Reading, words: list[str]) -> None:
    only(words, 1)
    r.draft.default_action = Action.PERMIT if keyword(words[0], "permit", "deny") == "permit" else Action.DENY
    r.draft.default_ref = r.ref


def _undo_default_action(r: Reading, _words: list[str]) -> None:
    r.draft.default_action, r.draft.default_ref = Action.DENY, r.ref


POLICY = View(
    "security-policy",
    {
        "rule name": open_rule(RULE, "security_rules"), "undo rule name": undo_rule("security_rules"),
        "rule move": move_rule("security_rules"),
        "default action": _default_action, "undo default action": _undo_default_action, "default policy logging": LOGS,
        "default session logging": LOGS,
        "default traffic logging": LOGS, "group name": _group, "undo default policy logging": LOGS, "undo default session logging": LOGS,
        "session logging": LOGS, "default packet-filter": LOGS,
    },
)  # fmt: skip


def _open_security(r: Reading, words: list[str]) -> None:
    only(words, 0)
    r.open(POLICY, r.draft)


# --- the older form


def _open_interzone(r: Reading, words: list[str]) -> None:
    """``policy interzone trust untrust outbound``"""
    direction = keyword(words[2], "inbound", "outbound")
    r.open(INTERZONE, (r_zone(words[0]), r_zone(words[1]), direction))


def _open_intra(r: Reading, words: list[str]) -> None:
    r.open(INTERZONE, (r_zone(words[0]), r_zone(words[0]), "outbound"))


def _open_numbered(r: Reading, words: list[str]) -> None:
    place = r.here
    if not isinstance(place, tuple):
        raise UnreadError
    first, second, direction = place
    number = str(int(words[0]))
    only(words, 1)
    for one, other, way, rule in r.draft.interzone_rules:
        if (one, other, way, rule.name) == (first, second, direction, number):
            r.open(NUMBERED, rule)
            return
    rule = PolicyRuleDraft(number, r.ref)
    r.draft.interzone_rules.append((first, second, direction, rule))
    r.open(NUMBERED, rule)


def _old_source(r: Reading, words: list[str]) -> None:
    rule = rule_here(r)
    if words[0] == "address-set":
        rule.source_sets += words[1:]
    else:
        rule.sources += rule_address(tuple(words))


def _old_destination(r: Reading, words: list[str]) -> None:
    rule = rule_here(r)
    if words[0] == "address-set":
        rule.destination_sets += words[1:]
    else:
        rule.destinations += rule_address(tuple(words))


def _old_service(r: Reading, words: list[str]) -> None:
    rule_here(r).services += words[1:] if keyword(words[0], "service-set") else []


INTERZONE = View("policy interzone", {"policy": _open_numbered, "undo policy": done}, again=True)
NUMBERED = View(
    "policy",
    {
        "action": _action, "policy source": _old_source, "policy destination": _old_destination, "policy service": _old_service,
        "policy time-range": _condition, "policy user": _condition, "policy application": _condition, "description": PEOPLE,
        "policy disable": _off(True), "policy enable": _off(False), "policy logging": LOGS, "profile": ONLY_DROPS, "policy ips": ONLY_DROPS,
        "policy av": ONLY_DROPS, "undo policy logging": LOGS, "policy long-link": TIMERS,
    },
    again=True,
)  # fmt: skip


def _default_filter(r: Reading, words: list[str]) -> None:
    """``firewall packet-filter default permit all | interzone A B [direction inbound]``"""
    action = Action.PERMIT if keyword(words[0], "permit", "deny") == "permit" else Action.DENY
    if words[1] == "all":
        r.draft.default_action, r.draft.default_ref = action, r.ref
        return
    if words[1] != "interzone":
        raise UnreadError
    rest = words[4:]
    directions = [rest[1]] if rest[:1] == ["direction"] else ["inbound", "outbound"]
    for direction in directions:
        r.draft.interzone_defaults.append((r_zone(words[2]), r_zone(words[3]), keyword(direction, "inbound", "outbound"), action, r.ref))


def _intrazone(r: Reading, _words: list[str]) -> None:
    r.draft.intrazone = r.ref


def _undo_intrazone(r: Reading, _words: list[str]) -> None:
    r.draft.intrazone = None


ZONES_TOP: dict[str, Entry] = {
    "firewall zone": _open_zone, "undo firewall zone": _undo_zone, "security-policy": _open_security, "policy interzone": _open_interzone,
    "policy zone": _open_intra, "firewall packet-filter default": _default_filter, "default packet-filter intrazone enable": _intrazone,
    "undo default packet-filter intrazone enable": _undo_intrazone, "firewall packet-filter basic-protocol enable": done,
    "undo firewall packet-filter basic-protocol enable": done,
}  # fmt: skip


# --- what comes out


def matches_of(rule: PolicyRuleDraft, sets: Sets) -> tuple[tuple[Match, ...], bool]:
    """The rule's conditions, and whether they hold exactly. Sources, destinations and services: any of each."""
    sources, exact_sources = _addresses(rule.sources, rule.source_sets, rule.any_source, rule.six_source, sets)
    targets, exact_targets = _addresses(rule.destinations, rule.destination_sets, rule.any_destination, rule.six_destination, sets)
    services = list(rule.inline_services)
    exact = exact_sources and exact_targets
    for name in rule.services:
        found, known = sets.services(name)
        services += found
        exact = exact and known
    if rule.any_service or not (rule.services or rule.inline_services):
        services = [Match()]
    if sources is None and targets is None:
        return tuple(services), exact
    return tuple(item._replace(src=sources, dst=targets) for item in services), exact


def _addresses(own: list[Ternary], names: list[str], anything: bool, six: bool, sets: Sets) -> tuple[tuple[Ternary, ...] | None, bool]:
    if anything or not (own or names or six):
        return None, True
    members = list(own)
    exact = True
    for name in names:
        found, known = sets.addresses(name)
        members += found
        exact = exact and known
    return tuple(dict.fromkeys(members)), exact


def policy_rule(rule: PolicyRuleDraft, sets: Sets, zones: tuple[tuple[str, ...] | None, tuple[str, ...] | None]) -> PolicyRule:
    """A rule without an action drops in some releases and waits in others: a drop that does not count."""
    matches, exact = matches_of(rule, sets)
    action = Action.PERMIT if rule.action == "permit" else Action.DENY
    conditional = rule.conditional or not exact or rule.action is None
    return PolicyRule(Rule(action, matches, rule.ref, rule.name, conditional), *zones)


def firewall(draft: Draft) -> Firewall:
    sets = Sets(draft)
    rules = [
        policy_rule(rule, sets, (tuple(dict.fromkeys(rule.from_zones)) or None, tuple(dict.fromkeys(rule.to_zones)) or None))
        if "any" not in rule.from_zones + rule.to_zones
        else policy_rule(rule, sets, (_zones(rule.from_zones), _zones(rule.to_zones)))
        for rule in draft.security_rules.values()
        if not rule.disabled
    ]
    for first, second, direction, rule in draft.interzone_rules:
        if not rule.disabled:
            one, other = _ways(draft, first, second, direction)
            rules.append(policy_rule(rule, sets, ((one,), (other,))))
    for first, second, direction, action, ref in draft.interzone_defaults:
        one, other = _ways(draft, first, second, direction)
        rules.append(PolicyRule(Rule(action, (Match(),), ref, "default"), (one,), (other,)))
    default = draft.default_action or Action.DENY
    within = default if draft.intrazone is not None else Action.PERMIT
    return Firewall(
        zones=tuple(Zone(zone.name, zone.priority, tuple(zone.interfaces), zone.ref) for zone in draft.zones.values()),
        rules=tuple(rules),
        between=default,
        within=within,
        to_local=default,
        from_local=default,
        unzoned=Action.DENY,
        default_ref=draft.default_ref,
        within_checked=draft.intrazone is not None,
    )


def _zones(names: list[str]) -> tuple[str, ...] | None:
    return None if "any" in names or not names else tuple(dict.fromkeys(names))


def _ways(draft: Draft, first: str, second: str, direction: str) -> tuple[str, str]:
    """From and to: outbound is from the zone of higher priority to that of lower, inbound the other way."""
    low, high = sorted((first, second), key=lambda name: _rank(draft, name))
    return (high, low) if direction == "outbound" else (low, high)


def _rank(draft: Draft, name: str) -> int:
    zone = draft.zones.get(name)
    return zone.priority if zone is not None and zone.priority is not None else _PRIORITIES.get(name, 0)
