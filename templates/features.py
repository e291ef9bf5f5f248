"""What a design asks of its platform, and the refusal where the platform cannot do it: before anything is rendered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from templates.platforms import Feature, Platform
from topology.design import DeviceDesign, Interface, Kind
from topology.i18n import T
from topology.origin import Origin
from topology.problems import Problem


def features_of(design: DeviceDesign) -> dict[str, Origin]:
    """The features that a design uses (names of `platforms.FEATURES`), each with the first place in the inventory that asks for it."""
    found: dict[str, Origin] = {}
    for feature, origin in _asked(design):
        found.setdefault(feature, origin)
    return found


def refusals(design: DeviceDesign, platform: Platform) -> tuple[Problem, ...]:
    """One problem for each feature of the design that the platform lacks, and for each name or number that exceeds its limits."""
    lacking = (
        _refusal(design, platform, feature, origin, answer)
        for feature, origin in features_of(design).items()
        if not (answer := platform.features[feature]).yes
    )
    return (*lacking, *_too_long(design, platform), *_too_many(design, platform))


def _asked(design: DeviceDesign) -> Iterator[tuple[str, Origin]]:
    for interface in design.interfaces:
        yield from ((feature, interface.origin) for feature in _of_interface(interface))
    yield from _of_routing(design)
    yield from _of_firewall(design)
    yield from _of_management(design)


def _of_interface(interface: Interface) -> Iterator[str]:
    if interface.vrrp:
        yield "vrrp"
    if interface.lag is not None or interface.ref.kind is Kind.LAG:
        yield "lag"
    if interface.ref.kind is Kind.VLAN:
        yield "svi"
    if interface.ref.kind is Kind.SUBINTERFACE:
        yield "subinterface"
    if interface.urpf:
        yield "urpf"
    if interface.last_hop:
        yield "last_hop"
    if interface.l2 and interface.l2.edge:
        yield "stp_edge"


def _of_routing(design: DeviceDesign) -> Iterator[tuple[str, Origin]]:
    for process in design.ospf:
        yield ("ospf" if process.vrf is None else "ospf_vrf"), process.origin
    if design.bgp:
        yield "bgp", design.bgp.origin
        yield from (("ttl_security", neighbor.origin) for neighbor in design.bgp.neighbors if neighbor.ttl_security)
    yield from (("vrf", vrf.origin) for vrf in design.vrfs)
    yield from (("discard_route", route.origin) for route in design.statics if route.next_hop is None)
    yield from (("prefix_list", entry.origin) for entry in design.prefix_lists)
    yield from (("route_policy", policy.origin) for policy in design.route_policies)


def _of_firewall(design: DeviceDesign) -> Iterator[tuple[str, Origin]]:
    yield from (("filter", each.origin) for each in design.filters)
    if design.firewall:
        yield "zone_policy", design.origin
        yield from (("nat_pool", pool.origin) for pool in design.firewall.pools)
        yield from (("nat_server", server.publication.origin) for server in design.firewall.servers)
    if design.ha:
        yield "ha_pair", design.ha.origin


def _of_management(design: DeviceDesign) -> Iterator[tuple[str, Origin]]:
    management = design.management
    if design.host_unit:
        yield "host_unit", design.origin
    yield "basic_filter", management.vty_filter.origin
    if management.vrf is not None:
        yield "oob_vrf", design.origin
    if management.aaa:
        yield "aaa", design.origin
    if management.snmp:
        yield "snmpv3", design.origin
    if any(server.key for server in management.ntp):
        yield "ntp_auth", design.origin


def _refusal(design: DeviceDesign, platform: Platform, feature: str, origin: Origin, answer: Feature) -> Problem:
    if answer.no is None or answer.instead is None:
        raise ValueError(f"{platform.platform}: {feature} is not refused")
    return Problem(
        origin,
        T(
            "device {device}: {platform} cannot do {feature}: {reason}",
            device=design.hostname,
            platform=platform.title.text(),
            feature=feature,
            reason=answer.no.text(),
        ),
        hint=answer.instead.text(),
    )


def _too_long(design: DeviceDesign, platform: Platform) -> Iterator[Problem]:
    names = [("hostname", design.hostname, design.origin)]
    names += [("description", interface.description, interface.origin) for interface in design.interfaces]
    names += [("filter_name", each.name, each.origin) for each in design.filters]
    names += [("vrf", vrf.name, vrf.origin) for vrf in design.vrfs]
    for kind, name, origin in names:
        limit = platform.limits.get(kind)
        if isinstance(limit, int) and len(name) > limit:
            yield Problem(
                origin,
                T("device {device}: {kind} '{name}' is too long for {platform}", device=design.hostname, kind=kind, name=name,
                  platform=platform.title.text()),
                T("at most {limit} characters", limit=limit),
                T("shorten it"),
            )  # fmt: skip


def _too_many(design: DeviceDesign, platform: Platform) -> Iterator[Problem]:
    limit = platform.limits.get("ospf_processes")
    if not isinstance(limit, int):
        return
    processes = Counter(process.vrf for process in design.ospf)
    for process in design.ospf:
        if processes[process.vrf] > limit:
            yield Problem(
                process.origin,
                T("device {device}: {platform} runs at most {limit} OSPF processes in a VRF", device=design.hostname,
                  platform=platform.title.text(), limit=limit),
                hint=T("give the process a VRF of its own, or the device another model"),
            )  # fmt: skip
