"""Names that a config uses and does not define."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from isolation_checks.snapshot import Applied, DeviceConfig, PolicyRule, Ref
from topology.i18n import T, Text

Reference = tuple[Text, str, Ref]
"""What is meant, its name, the line that names it."""

FILTER, ZONE, LIST, POLICY, VRF, INTERFACE = (
    T("filter"),
    T("security zone"),
    T("prefix list"),
    T("route policy"),
    T("VRF"),
    T("interface"),
)


SHIPPED = {
    "huawei_usg": frozenset({"local", "trust", "dmz", "untrust"}),
    "h3c_secpath": frozenset({"local", "trust", "dmz", "untrust", "management"}),
}
"""Zones that a firewall has without a line that says so. Their names do not depend on capitals."""


def dangling(config: DeviceConfig) -> list[Reference]:
    """Every reference to something undefined, once a line, in a stable order."""
    found = dict.fromkeys((*_filters(config), *_zones(config), *_routing(config), *_vrfs(config), *_interfaces(config)))
    return sorted(found, key=lambda item: (item[2], item[1], item[0].msgid))


def _missing(kind: Text, uses: Iterable[Applied], known: set[str]) -> Iterator[Reference]:
    for name, ref in uses:
        if name not in known:
            yield kind, name, ref


def _filters(config: DeviceConfig) -> Iterator[Reference]:
    known = {item.name for item in config.filters}
    management = config.management
    uses = [*config.global_in, *config.global_out]
    for item in config.interfaces:
        uses += (*item.filters_in, *item.filters_out)
    for vlan in config.vlans:
        uses += (*vlan.filters_in, *vlan.filters_out)
    uses += [Applied(hook.filter, hook.ref) for hook in config.hooks]
    uses += [Applied(rule.target, rule.ref) for chain in config.filters for rule in chain.rules if rule.target]
    for service in management.services:
        uses += service.filters
    for line in management.lines:
        uses += line.filters
    for access in management.snmp:
        uses += access.filters
    yield from _missing(FILTER, uses, known)


def _zones(config: DeviceConfig) -> Iterator[Reference]:
    firewall = config.firewall
    if firewall is None:
        return
    known = {zone.name for zone in firewall.zones} | {firewall.local}
    shipped = SHIPPED.get(config.platform, frozenset())
    uses: list[Applied] = []
    for policy in firewall.rules:
        uses += [Applied(name, policy.rule.ref) for name in _named(policy)]
    for source in config.source_nat:
        uses += [Applied(name, source.ref) for name in (*(source.from_zones or ()), *(source.to_zones or ()))]
    for destination in config.destination_nat:
        uses += [Applied(name, destination.ref) for name in destination.from_zones or ()]
    yield from _missing(ZONE, (use for use in uses if use.filter.lower() not in shipped), known)


def _named(policy: PolicyRule) -> tuple[str, ...]:
    return (*(policy.from_zones or ()), *(policy.to_zones or ()))


def _routing(config: DeviceConfig) -> Iterator[Reference]:
    """Route policies and prefix lists; a filter may stand where a list does."""
    policies = {item.name for item in config.route_policies}
    lists = {item.name for item in config.prefix_lists} | {item.name for item in config.filters}
    named: list[tuple[str | None, Ref]] = []
    either: list[Applied] = []
    for bgp in config.bgp:
        named += [(policy, ref) for _, _, policy, ref in bgp.networks]
        named += [(item.policy, item.ref) for item in bgp.redistributions]
        for peer in bgp.neighbors:
            either += (*peer.in_policies, *peer.out_policies)
    for ospf in config.ospf:
        named += [(item.policy, item.ref) for item in ospf.redistributions]
        named.append((ospf.default_policy, ospf.ref))
        either += [Applied(name, ref) for _, name, ref in ospf.distribute_lists]
        either += [Applied(name, ref) for area in ospf.areas for _, name, ref in area.filters]
    for item in config.interfaces:
        if item.policy_route is not None:
            named.append(item.policy_route)
    yield from _missing(POLICY, (Applied(name, ref) for name, ref in named if name), policies)
    yield from _missing(LIST, either, policies | lists)
    for policy in config.route_policies:
        for entry in policy.entries:
            for what, values in entry.matches:
                if what == "prefix-list":
                    yield from _missing(LIST, (Applied(name, entry.ref) for name in values), lists)
                elif what == "acl":
                    yield from _missing(FILTER, (Applied(name, entry.ref) for name in values), lists)


def _vrfs(config: DeviceConfig) -> Iterator[Reference]:
    known = {item.name for item in config.vrfs} | {""}
    uses: list[tuple[str | None, Ref | None]] = [(item.vrf, item.ref) for item in config.interfaces]
    uses += [(vrf, route.ref) for route in config.static_routes for vrf in (route.vrf, route.next_vrf)]
    uses += [(ospf.vrf, ospf.ref) for ospf in config.ospf]
    uses += [(bgp.vrf, bgp.ref) for bgp in config.bgp]
    yield from _missing(VRF, (Applied(name, ref) for name, ref in uses if name is not None and ref is not None), known)


def _interfaces(config: DeviceConfig) -> Iterator[Reference]:
    known = {item.name for item in config.interfaces}
    uses = [Applied(item.aggregate, item.ref) for item in config.interfaces if item.aggregate]
    uses += [Applied(item.unnumbered, item.ref) for item in config.interfaces if item.unnumbered]
    for zone in config.firewall.zones if config.firewall else ():
        uses += zone.interfaces
    yield from _missing(INTERFACE, uses, known)
