"""The firewall of the snapshot from what was read of zones, security policy, zone pairs, and the global NAT policy."""

from __future__ import annotations

from collections.abc import Iterable

from isolation_checks.reading import values
from isolation_checks.reading.h3c_draft import Draft, SecurityRule, ZonePairDraft
from isolation_checks.reading.h3c_firewall import MATCHES, PREDEFINED_ZONES, rule_action
from isolation_checks.reading.h3c_groups import addresses_of, services_of
from isolation_checks.reading.h3c_names import Words, integer, port
from isolation_checks.reading.h3c_views import Handler, Reader, View
from isolation_checks.snapshot import (
    Action,
    DestinationNat,
    Filter,
    Firewall,
    Match,
    PolicyRule,
    Ranges,
    Ref,
    Rule,
    SourceNat,
    Ternary,
    Zone,
)

LOCAL = "Local"


def zone_name(draft: Draft, name: str) -> str:
    """Zones are the same in whatever case; they are called as they are defined."""
    zone = draft.zones.get(name.lower())
    if zone is not None:
        return zone.name
    return next((known for known in PREDEFINED_ZONES if known.lower() == name.lower()), name)


def _zones(draft: Draft, names: Iterable[str]) -> tuple[str, ...] | None:
    found = tuple(dict.fromkeys(zone_name(draft, name) for name in names))
    return None if not found or any(name.lower() == "any" for name in found) else found


def _side(draft: Draft, inline: list[Ternary], groups: list[str]) -> tuple[tuple[Ternary, ...] | None, bool]:
    """The addresses of one side; None for any, also where a group cannot be resolved (then the second is true)."""
    names = [name for name in groups if name != "any"]
    if (not inline and not names) or len(names) < len(groups):
        return None, False
    found, unresolved = addresses_of(names, draft.address_groups)
    return (None, True) if unresolved else (tuple(dict.fromkeys([*inline, *found])), False)


def matches_of(draft: Draft, rule: SecurityRule) -> tuple[tuple[Match, ...], bool]:
    """What a rule matches, and whether that is more than it would."""
    src, open_src = _side(draft, rule.sources, rule.source_groups)
    dst, open_dst = _side(draft, rule.destinations, rule.destination_groups)
    services = list(rule.service_matches)
    named, open_service = services_of(rule.services, draft.service_groups)
    services += named
    if open_service or not services:
        services = [Match()]
    matches = tuple(dict.fromkeys(service._replace(src=src, dst=dst, vrf=rule.vrf) for service in _joined(services)))
    return matches, rule.conditional or open_src or open_dst or open_service


def _joined(services: list[Match]) -> list[Match]:
    """Services of one protocol that differ in destination ports only, as one."""
    ports: dict[Ranges, list[tuple[int, int]]] = {}
    rest: list[Match] = []
    for service in services:
        if (
            service.protocols is not None
            and service.dports is not None
            and service == Match(protocols=service.protocols, dports=service.dports)
        ):
            ports.setdefault(service.protocols, []).extend(service.dports)
        else:
            rest.append(service)
    return [Match(protocols=protocols, dports=values.normalized(found)) for protocols, found in ports.items()] + rest


def _policy_rule(draft: Draft, rule: SecurityRule, zones: tuple[tuple[str, ...] | None, tuple[str, ...] | None]) -> PolicyRule:
    matches, conditional = matches_of(draft, rule)
    action = Action.PERMIT if rule.action == "pass" else Action.DENY  # without an action a rule drops
    return PolicyRule(Rule(action, matches, rule.ref, rule.name, conditional), *zones)


def _security_rules(draft: Draft) -> list[PolicyRule]:
    return [
        _policy_rule(draft, rule, (_zones(draft, rule.from_zones), _zones(draft, rule.to_zones)))
        for rule in draft.security_rules
        if not rule.disabled
    ]


def _pair_rules(draft: Draft, filters: dict[str, Filter]) -> list[PolicyRule]:
    """Zone pairs: named zones before ``any``; an object policy before a packet filter."""
    found: list[PolicyRule] = []
    for pair in sorted(draft.zone_pairs.values(), key=_generality):
        zones = _zones(draft, [pair.source]), _zones(draft, [pair.target])
        for kind, name, _ in sorted(pair.policies, key=lambda item: item[0] == "acl"):
            if kind == "object-policy":
                rules = draft.object_policies.get(name.lower(), [])
                found += [_policy_rule(draft, rule, zones) for rule in rules if not rule.disabled]
            else:
                acl = filters.get(draft.acl_key(name))
                found += [PolicyRule(rule, *zones) for rule in (acl.rules if acl else ())]
    return found


def _generality(pair: ZonePairDraft) -> int:
    return (pair.source.lower() == "any") + (pair.target.lower() == "any")


def has_firewall(draft: Draft) -> bool:
    return bool(draft.zones or draft.zone_pairs or draft.security_policy)


def firewall(draft: Draft, filters: dict[str, Filter], secpath: bool) -> Firewall:
    """Nothing passes between zones, inside a zone, or to and from the device, unless a rule or the default for zones says so.

    Packets of interfaces without zone are dropped by SecPath firewalls; on routers, where that is not certain, they pass.
    """
    policy = draft.security_policy is not None and not draft.security_disabled
    rules = _security_rules(draft) if policy else _pair_rules(draft, filters)
    by_priority = "zones-by-priority" in draft.facts
    within = Action.DENY if draft.intra_zone is None and not by_priority else Action.PERMIT
    closed = Action.PERMIT if by_priority else Action.DENY
    zones = tuple(Zone(zone.name, zone.priority, tuple(zone.interfaces), zone.ref) for zone in draft.zones.values())
    return Firewall(
        zones=zones,
        rules=tuple(rules + _management_rules(draft)),
        between=closed,
        within=within,
        to_local=closed,
        from_local=closed,
        unzoned=closed if secpath else Action.PERMIT,
        default_ref=draft.intra_zone,
        local=LOCAL,
        within_checked=True,
    )


def _management_rules(draft: Draft) -> list[PolicyRule]:
    """Between the zone Management and the device itself packets pass where no rule says otherwise."""
    zone = draft.zones.get("management")
    if zone is None or not zone.interfaces:
        return []
    rule = Rule(Action.PERMIT, (Match(),), zone.ref, "default of the zone Management")
    return [PolicyRule(rule, (zone.name,), (LOCAL,)), PolicyRule(rule, (LOCAL,), (zone.name,))]


def beside_policy(draft: Draft) -> list[Ref]:
    """Lines of zone pairs that stand beside a security policy: which of the two decides is not certain."""
    if draft.security_policy is None or draft.security_disabled:
        return []
    return [ref for pair in draft.zone_pairs.values() for _, _, ref in pair.policies]


# --- the global NAT policy ---


def _open_nat_policy(reader: Reader, words: Words) -> bool:
    reader.push(NAT_POLICY, reader.draft.nat_rules, "nat global-policy")
    return not words


def _open_nat_rule(reader: Reader, words: Words) -> bool:
    name = words[1] if len(words) == 2 and words[0].lower() == "name" else ""
    if not name:
        return False
    rules = reader.draft.nat_rules
    found = next((rule for rule in rules if rule.name == name), None)
    if found is None:
        found = SecurityRule(name, reader.ref, len(rules))
        rules.append(found)
    reader.push(NAT_RULE, found, f"rule name {name}")
    return True


def _nat_type(_reader: Reader, words: Words) -> bool:
    return tuple(word.lower() for word in words) in (("nat",), ("nat44",))


NAT_RULE = View("nat global-policy rule", {**MATCHES, "action": rule_action, "nat-type": _nat_type})
NAT_POLICY = View("nat global-policy", {"rule": _open_nat_rule})

SYSTEM: dict[str, Handler] = {"nat global-policy": _open_nat_policy}


def global_source_nat(draft: Draft) -> list[SourceNat]:
    return [_source_rule(draft, rule) for rule in draft.nat_rules if rule.snat and not rule.disabled]


def _source_rule(draft: Draft, rule: SecurityRule) -> SourceNat:
    matches, conditional = matches_of(draft, rule)
    kind = rule.snat[0].lower()
    name = next((word for word in rule.snat[1:] if word.lower() not in ("name", "ip-address")), "")
    pool: Ranges = ()
    if kind == "address-group":
        pool = values.normalized(draft.nat_groups.get(name, []))
    elif kind == "static" and (address := values.ip(name)) is not None:
        pool = ((address, address),)
    ports = kind == "easy-ip" or (kind == "address-group" and "no-pat" not in {word.lower() for word in rule.snat})
    return SourceNat(
        rule.name,
        "exempt" if kind == "no-nat" else "translate",
        matches,
        None,
        _zones(draft, rule.from_zones),
        _zones(draft, rule.to_zones),
        pool,
        kind == "easy-ip",
        ports,
        conditional,
        rule.ref,
    )


def global_destination_nat(draft: Draft) -> list[DestinationNat]:
    found = []
    for rule in draft.nat_rules:
        words = [word.lower() for word in rule.dnat]
        address = values.ip(words[words.index("ip-address") + 1]) if "ip-address" in words[:-1] else None
        if address is None or rule.disabled:
            continue
        local = port(words[words.index("local-port") + 1]) if "local-port" in words[:-1] else None
        matches, conditional = matches_of(draft, rule)
        ports = None if local is None else (local, local)
        zones = _zones(draft, rule.from_zones)
        found.append(DestinationNat(rule.name, matches, None, zones, (address, address), ports, False, False, conditional, rule.ref))
    return found


def unread_nat(draft: Draft) -> list[Ref]:
    """Rules whose translation is of a form that the model does not hold."""
    known = {"easy-ip", "no-nat", "address-group"}
    odd = []
    for rule in draft.nat_rules:
        words = [word.lower() for word in rule.dnat]
        snat = rule.snat[0].lower() if rule.snat else "no-nat"
        if (snat not in known and integer(snat) is None) or (rule.dnat and "ip-address" not in words and words[:1] != ["no-nat"]):
            odd.append(rule.ref)
    return odd
