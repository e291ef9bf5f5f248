"""The design of every device, from the finished tables."""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv4Network

from topology.build.addresses import gateway_of
from topology.build.context import Build
from topology.build.filters import FlowIndex, build_filters
from topology.build.firewalls import build_firewall, build_pair
from topology.build.flows import by_protocol, hosts_of
from topology.build.interfaces import OOB_VRF, Draft, build_interfaces
from topology.build.management import build_management
from topology.build.routing import build_routing
from topology.design import Design, DeviceDesign, HostUnit, Kind, Management, Ref, Service, Vrf
from topology.facts import Facts, FerryChannel, Realm, Role

ROOT_PRIORITY, SECOND_PRIORITY, EDGE_PRIORITY = 4096, 8192, 32768
GATEWAY_ROLES = frozenset({Role.AGGREGATION, Role.NOC})
CENTRE_ROLES = frozenset({Role.DISTRIBUTION, Role.HOSTING_SWITCH, Role.BORDER_SWITCH, Role.DMZ_SWITCH, Role.OOB})


def build_design(build: Build, facts: Facts) -> Design:
    """Interfaces, addresses and management of every rendered device, with all problems; the rest follows for a device when it is asked for."""
    drafts = build_interfaces(build)
    for unit in (draft for draft in drafts.values() if draft.device.role is Role.HOST_UNIT):
        _unit_port(build, unit)
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
        host_unit=_host_unit(build, draft, facts),
        stp_priority=_stp_priority(draft),
        origin=device.origin,
    )


def _vrfs(draft: Draft) -> tuple[Vrf, ...]:
    network = draft.side.document.network
    assert network is not None
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
    municipal = draft.side.document.municipal
    assert municipal is not None
    if device.role in GATEWAY_ROLES or (device.role is Role.CORE and device.model.switching):
        return ROOT_PRIORITY if any(device.name.endswith(f"-{slug}") for slug in (*municipal.gateways[:1], *municipal.noc[:1])) else SECOND_PRIORITY
    if device.role in CENTRE_ROLES:
        first = all(other.number >= device.number for other in _siblings(draft))
        return ROOT_PRIORITY if first else SECOND_PRIORITY
    return EDGE_PRIORITY


def _siblings(draft: Draft) -> list:  # type: ignore[type-arg]
    municipal = draft.side.document.municipal
    assert municipal is not None
    return [device for device in municipal.devices.values() if device.role is draft.device.role] if draft.device.tier == "municipal" else []


def _unit_port(build: Build, draft: Draft) -> None:
    """A host unit's address in its zone."""
    slug, realm, intent = _unit_intent(build, draft)
    zone = build.zones.get((realm, intent.zone))
    lan = next((lan for lan in build.lans if lan.key == zone), None)
    own = hosts_of(build, realm, slug, "unit")
    if lan is None or not own:
        return
    ref = Ref(Kind.PORT, intent.port)
    draft.set(ref, intent.origin, address=IPv4Interface((own[0].address, lan.prefix.prefixlen)), routed=True, shutdown=False, unused=False, description=f"zone {intent.zone}")
    draft.lans.append((_as_management(lan), ref))


def _as_management(lan):  # type: ignore[no-untyped-def]
    """A unit is managed on the port by which it works: it has no other network."""
    from dataclasses import replace  # noqa: PLC0415

    return replace(lan, kind="management")


def _unit_intent(build: Build, draft: Draft):  # type: ignore[no-untyped-def]
    realm = draft.side.realm
    slug = next(name for (r, _, name), device in build.local.items() if device == draft.device.name and r is realm)
    gatekeeper = build.gatekeeper.gatekeepers[slug]
    return slug, realm, gatekeeper.outer if realm is Realm.OUTER else gatekeeper.inner


def _host_unit(build: Build, draft: Draft, facts: Facts) -> HostUnit | None:
    if draft.device.role is not Role.HOST_UNIT:
        return None
    slug, realm, intent = _unit_intent(build, draft)
    gatekeeper = next(item for item in facts.gatekeepers if item.slug == slug)
    channels = tuple(channel for channel in facts.channels if channel.id in gatekeeper.channels)
    lan, ref = draft.lans[-1]
    return HostUnit(
        gatekeeper=slug,
        side=realm.value,
        service=ref,
        arc=Ref(Kind.PORT, intent.arc),
        address=draft.address(ref),
        gateway=gateway_of(lan),
        channels=channels,
        listens=(),
        connects=tuple(connection for channel in channels for connection in _connections(build, realm, channel)),
    )


def _connections(build: Build, realm: Realm, channel: FerryChannel) -> list[tuple[Service, IPv4Network, str]]:  # type: ignore[type-arg]
    role = channel.outer_role if realm is Realm.OUTER else channel.inner_role
    found = []
    for server in hosts_of(build, realm, channel.service, role):
        for protocol, ports in by_protocol(build.services[channel.service].roles[role].ports):
            found += [(Service(protocol, item), server.address, channel.id) for item in ports]
    return found  # type: ignore[return-value]


