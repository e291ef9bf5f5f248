"""What about routes cannot be known from the configs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from isolation_checks.routing.ospf import Ospf
from isolation_checks.routing.policies import Policies
from isolation_checks.routing.watch import redistributions
from isolation_checks.snapshot import DeviceConfig
from isolation_checks.verdicts import Doubt
from topology.i18n import T

KNOWN_SOURCES = ("connected", "direct", "static", "unr", "ospf", "bgp")


def lasting_doubts(configs: Mapping[str, DeviceConfig], ospf: Ospf, policies: Mapping[str, Policies]) -> tuple[Doubt, ...]:
    """Those that hold in every state."""
    found = [
        *_sources(configs),
        *_costs(ospf),
        *_conditions(policies),
        *_addresses(configs),
        *_defaults(ospf),
        *_givers(ospf),
        *_ways(ospf),
        *_imports(configs),
    ]
    return tuple(dict.fromkeys(found))


def _sources(configs: Mapping[str, DeviceConfig]) -> Iterator[Doubt]:
    for config in configs.values():
        for item in redistributions(config):
            if item.source not in KNOWN_SOURCES:
                yield Doubt(T("routes of {protocol} are redistributed, which is not modelled", protocol=item.source), item.ref)


def _costs(ospf: Ospf) -> Iterator[Doubt]:
    """An unknown cost matters where a neighbour is."""
    speaking = {edge.here for area in ospf.areas for edge in area.edges}
    for instance in ospf.instances:
        for port in instance.ports:
            if port.guessed and port.endpoint in speaking:
                name = port.endpoint.interface
                yield Doubt(T("the OSPF cost of {interface} follows from a bandwidth that nothing tells", interface=name), port.refs[0])


def _conditions(policies: Mapping[str, Policies]) -> Iterator[Doubt]:
    for held in policies.values():
        for name, what, ref in held.unknown:
            yield Doubt(T("route policy {policy}: the condition {what} is not modelled", policy=name, what=what), ref)


def _defaults(ospf: Ospf) -> Iterator[Doubt]:
    """Whether a default route is brought into a not-so-stubby area, the platforms' documents do not say alike."""
    for instance in ospf.instances:
        if instance.process.default_route and any(ospf.areas[number].kind == "nssa" for number in ospf.areas_of[instance.id]):
            yield Doubt(T("whether this default route is told in a not-so-stubby area is not known"), instance.process.ref)


def _givers(ospf: Ospf) -> Iterator[Doubt]:
    """RFC 3101 2.3 asks for a loopback's address; with several, or none, platforms choose each for themselves, FRR always."""
    for instance in ospf.instances:
        if not instance.process.redistributions:
            continue
        for number in ospf.areas_of[instance.id]:
            mine = [port for port in instance.ports if port.area == ospf.areas[number].id and port.numbered]
            loopbacks = sum(port.kind == "loopback" for port in mine)
            if ospf.areas[number].kind == "nssa" and len(mine) > 1 and (loopbacks != 1 or instance.vendor == "frr"):
                what = T("which of its addresses this router gives as forwarding address in a not-so-stubby area is not known")
                yield Doubt(what, instance.process.ref)


def _ways(ospf: Ospf) -> Iterator[Doubt]:
    for (number, node), paths in ospf.paths.items():
        if paths.cut:
            instance = ospf.instances[ospf.areas[number].members[node]]
            what = T("there are more equal ways than the {count} that are used: which ones is not known", count=instance.paths)
            yield Doubt(what, instance.process.ref)


def _imports(configs: Mapping[str, DeviceConfig]) -> Iterator[Doubt]:
    for config in configs.values():
        written = {item.ref for item in config.static_routes}
        for leak in config.leaks:
            if leak.ref not in written:
                yield Doubt(T("routes or packets go over into another VRF here, which routing does not follow"), leak.ref)


def _addresses(configs: Mapping[str, DeviceConfig]) -> Iterator[Doubt]:
    for config in configs.values():
        for item in config.interfaces:
            if item.dynamic_address is not None and not item.shutdown:
                yield Doubt(T("{interface} gets its address from elsewhere", interface=item.name), item.dynamic_address)
