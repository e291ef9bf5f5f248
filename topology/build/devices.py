"""The design of every device, from the finished tables."""

from __future__ import annotations

from topology.build.context import Build
from topology.build.filters import FlowIndex, build_filters
from topology.build.firewalls import build_firewall, build_pair
from topology.build.host_units import build_host_unit, place_units
from topology.build.interfaces import OOB_VRF, Draft, build_interfaces
from topology.build.management import build_management
from topology.build.routing import build_routing
from topology.design import Design, DeviceDesign, Management, Vrf
from topology.facts import Facts, Role, Tier
from topology.intent.sites import DeviceIntent

ROOT_PRIORITY, SECOND_PRIORITY, EDGE_PRIORITY = 4096, 8192, 32768
GATEWAY_ROLES = frozenset({Role.AGGREGATION, Role.NOC})
CENTRE_ROLES = frozenset({Role.DISTRIBUTION, Role.HOSTING_SWITCH, Role.BORDER_SWITCH, Role.DMZ_SWITCH, Role.OOB})


def build_design(build: Build, facts: Facts) -> Design:
    """Interfaces, addresses and management of every rendered device, with all problems; the rest follows when a device is asked for."""
    drafts = build_interfaces(build)
    place_units(build, drafts)
    managements = {name: build_management(build, drafts[name]) for name in sorted(drafts)}
    index = FlowIndex(build)

    def make(name: str) -> DeviceDesign:
        management = managements[name]
        assert management is not None, "the build has problems"
        return _device(build, drafts, drafts[name], index, facts, management)

    addresses = {name: management.address for name, management in managements.items() if management is not None}
    return Design(tuple(managements), make, addresses)


def _device(build: Build, drafts: dict[str, Draft], draft: Draft, index: FlowIndex, facts: Facts, management: Management) -> DeviceDesign:
    device = draft.device
    filters, bindings = build_filters(build, draft, index)
    routing = build_routing(build, drafts, draft)
    return DeviceDesign(
        device=device,
        hostname=device.name,
        management=management,
        vlans=tuple(draft.vlans[number] for number in sorted(draft.vlans)),
        interfaces=draft.interfaces(bindings),
        vrfs=_vrfs(draft),
        ospf=routing.ospf,
        bgp=routing.bgp,
        prefix_lists=routing.prefix_lists,
        route_policies=routing.policies,
        statics=routing.statics,
        filters=filters,
        firewall=build_firewall(build, draft, index, facts.publications),
        ha=build_pair(build, draft),
        host_unit=build_host_unit(build, draft, facts),
        stp_priority=_stp_priority(draft),
        origin=device.origin,
    )


def _vrfs(draft: Draft) -> tuple[Vrf, ...]:
    network = draft.side.network
    found: dict[str, Vrf] = {}
    for values in draft.values.values():
        name = values.get("vrf")
        if name is None or name in found:
            continue
        vertical = draft.side.document.verticals.get(name)
        number = vertical.number if vertical else 999
        text = f"vertical {name}" if vertical else "out-of-band management"
        found[name] = Vrf(name, f"{network.routing.asn}:{number}", text, vertical.origin if vertical else network.management.origin)
    return tuple(found[name] for name in sorted(found, key=lambda name: (name == OOB_VRF, name)))


def _stp_priority(draft: Draft) -> int | None:
    """Gateways are root and backup root of their networks, the switch in the middle of a site is root there; access switches never are."""
    device = draft.device
    if not device.model.switching:
        return None
    municipal = draft.side.municipal
    if device.role in GATEWAY_ROLES or (device.role is Role.CORE and device.model.switching):
        return ROOT_PRIORITY if draft.slug in (*municipal.gateways[:1], *municipal.noc[:1]) else SECOND_PRIORITY
    if device.role in CENTRE_ROLES:
        first = all(other.number >= device.number for other in _siblings(draft))
        return ROOT_PRIORITY if first else SECOND_PRIORITY
    return EDGE_PRIORITY


def _siblings(draft: Draft) -> list[DeviceIntent]:
    """Devices of the municipal centre with the same role; a site has one switch in its middle."""
    if draft.device.tier is not Tier.MUNICIPAL:
        return []
    return [device for device in draft.side.municipal.devices.values() if device.role is draft.device.role]
