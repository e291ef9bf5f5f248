"""What is configured: addresses, VLANs, VRFs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from tasks.listing import Cell, Column, Facets, Listing, Row
from tasks.tables.city import REALMS, City, natural, place
from tasks.tables.words import PURPOSE, REALM, word
from topology.design import DeviceDesign, Interface, Kind, Ref
from topology.facts import Realm
from topology.i18n import T
from topology.origin import Origin


def interface_name(ref: Ref) -> str:
    """Neutral: the platform's own name (Vlanif110, Vlan-interface110) stands in its configuration."""
    if ref.kind is Kind.SUBINTERFACE:
        return f"{ref.port or f'lag {ref.lag}'}.{ref.number}"
    return ref.port or f"{ref.kind.value} {ref.number}"


class _Address(NamedTuple):
    realm: Realm
    vrf: str | None
    address: IPv4Address
    length: int
    device: str | None
    interface: str | None
    purpose: str
    what: str
    origin: Origin
    facets: Facets


def _addresses(city: City) -> Iterator[Row]:
    found = [*_of_devices(city), *_of_parties(city), *_of_hosts(city), *_of_firewalls(city), *_of_peers(city)]
    found.sort(
        key=lambda one: (REALMS.index(one.realm), one.vrf or "", int(one.address), one.length, one.device or "", one.purpose, one.what)
    )
    for one in found:
        cells: tuple[Cell, ...] = (
            f"{one.address}/{one.length}",
            str(IPv4Network((one.address, one.length), strict=False)),
            word(REALM, one.realm),
            one.vrf,
            one.device,
            one.interface,
            word(PURPOSE, one.purpose),
            one.what,
            place(one.origin),
        )
        yield Row(cells, {**one.facets, "realm": frozenset({one.realm.value}), **({"vrf": frozenset({one.vrf})} if one.vrf else {})})


def _of_devices(city: City) -> Iterator[_Address]:
    for name, design in city.designs():
        realm = design.device.realm
        heartbeats = {ref for ref, _, _ in design.ha.heartbeats} if design.ha else set()
        for interface in design.interfaces:
            if interface.address is None:
                continue
            purpose = "heartbeat" if interface.ref in heartbeats else _purpose(design, interface)
            found = _Address(
                realm,
                interface.vrf,
                interface.address.ip,
                interface.address.network.prefixlen,
                name,
                interface_name(interface.ref),
                purpose,
                interface.description,
                interface.origin,
                city.of_device(name),
            )
            yield found
            if interface.vrrp is not None:
                yield found._replace(address=interface.vrrp.address, purpose="virtual")


def _purpose(design: DeviceDesign, interface: Interface) -> str:
    if interface.ref.kind is Kind.LOOPBACK:
        return "loopback"
    if interface.ref == design.management.source:
        return "management"
    return "gateway" if interface.vrrp or interface.filter_in or (interface.ospf and interface.ospf.passive) else "link"


def _of_parties(city: City) -> Iterator[_Address]:
    for party in city.facts.parties:
        for prefix in party.prefixes:
            if prefix.prefixlen:
                head = (party.realm, party.vrf, prefix.network_address, prefix.prefixlen)
                yield _Address(*head, None, None, "party", party.id, party.origin, city.of_party(party.id))


def _of_hosts(city: City) -> Iterator[_Address]:
    for host in city.facts.hosts:
        party = city.parties[host.party]
        length = next((prefix.prefixlen for prefix in party.prefixes if host.address in prefix), 32)
        facets = {**city.of_party(party.id), "service": frozenset({host.service})}
        yield _Address(party.realm, party.vrf, host.address, length, None, None, "host", f"{host.service}/{host.role}", host.origin, facets)


def _of_firewalls(city: City) -> Iterator[_Address]:
    for name, design in city.designs():
        for pool in design.firewall.pools if design.firewall else ():
            for address in (pool.first, pool.last):
                yield _Address(Realm.INTERNET, None, address, 32, name, None, "nat-pool", pool.name, pool.origin, city.of_device(name))
    published: dict[tuple[IPv4Address, str, Origin], IPv4Address] = {}
    services = {flow.id: flow.service for flow in city.facts.flows}
    for publication in city.facts.publications:
        published[publication.public, services.get(publication.flow, publication.flow), publication.origin] = publication.inside
    for (public, service, origin), inside in published.items():
        what = f"{service}: {inside}"
        yield _Address(Realm.INTERNET, None, public, 32, None, None, "published", what, origin, {"service": frozenset({service})})


def _of_peers(city: City) -> Iterator[_Address]:
    for peer in city.facts.peers:
        for purpose, prefixes in (("accepted", peer.accepts), ("announced", peer.announces)):
            for prefix in prefixes:
                head = (peer.realm, None, prefix.network_address, prefix.prefixlen)
                yield _Address(*head, None, None, purpose, peer.slug, peer.origin, {})


ADDRESSES = Listing(
    "addresses",
    T("Addresses"),
    ("county", "realm", "tier", "role", "platform", "site", "service", "vrf"),
    (
        Column("address", T("Address")),
        Column("prefix", T("Prefix")),
        Column("realm", T("Network")),
        Column("vrf", T("VRF")),
        Column("device", T("Device")),
        Column("interface", T("Interface")),
        Column("purpose", T("Purpose")),
        Column("what", T("What for")),
        Column("place", T("Inventory")),
    ),
    _addresses,
)


def _vlans(city: City) -> Iterator[Row]:
    for name, design in city.designs():
        access: dict[int, list[str]] = defaultdict(list)
        trunk: dict[int, list[str]] = defaultdict(list)
        routed: dict[int, list[Interface]] = defaultdict(list)
        for interface in design.interfaces:
            if interface.ref.kind in (Kind.VLAN, Kind.SUBINTERFACE):
                routed[interface.ref.number].append(interface)
            for vlan in interface.l2.vlans if interface.l2 and not interface.unused else ():
                (access if interface.l2 and interface.l2.mode == "access" else trunk)[vlan].append(interface_name(interface.ref))
        names = {vlan.id: vlan for vlan in design.vlans}
        for number in sorted({*names, *routed, *access, *trunk}):
            tops = routed[number]
            access_ports: list[str] = sorted(access[number], key=natural)
            trunk_ports: list[str] = sorted(trunk[number], key=natural)
            cells: tuple[Cell, ...] = (
                name,
                number,
                names[number].name if number in names else None,
                tuple(access_ports),
                tuple(trunk_ports),
                tuple(interface_name(top.ref) for top in tops),
                tuple(str(top.address) for top in tops if top.address),
                tuple(sorted({top.vrf for top in tops if top.vrf})),
                tops[0].description if tops else None,
                place(names[number].origin if number in names else tops[0].origin if tops else design.origin),
            )
            vrfs = frozenset(top.vrf for top in tops if top.vrf)
            yield Row(cells, {**city.of_device(name), "vrf": vrfs})


VLANS = Listing(
    "vlans",
    T("VLANs"),
    ("county", "realm", "tier", "role", "platform", "site", "vrf"),
    (
        Column("device", T("Device")),
        Column("vlan", T("VLAN")),
        Column("name", T("Name")),
        Column("access_ports", T("Access ports"), most=3),
        Column("trunk_ports", T("Trunk ports"), most=3),
        Column("interfaces", T("Interface"), most=3),
        Column("addresses", T("Address"), most=3),
        Column("vrfs", T("VRF")),
        Column("what", T("What for")),
        Column("place", T("Inventory")),
    ),
    _vlans,
)


def _vrfs(city: City) -> Iterator[Row]:
    verticals = {vertical.slug: vertical for vertical in city.facts.verticals}
    members: dict[tuple[str, str], list[str]] = defaultdict(list)
    for party in city.facts.parties:
        for gateway in party.gateways if party.vrf else ():
            members[party.vrf or "", gateway].append(party.id)
    found = [(vrf, design) for _, design in city.designs() for vrf in design.vrfs]
    for vrf, design in sorted(found, key=lambda one: (one[0].name, city.device_order(one[1].device.name))):
        name = design.device.name
        interfaces = [interface for interface in design.interfaces if interface.vrf == vrf.name]
        vertical = verticals.get(vrf.name)
        cells: tuple[Cell, ...] = (
            vrf.name,
            vertical.name if vertical else vrf.description,
            word(REALM, design.device.realm),
            name,
            vrf.rd,
            tuple(process.number for process in design.ospf if process.vrf == vrf.name),
            tuple(interface_name(interface.ref) for interface in interfaces),
            tuple(str(interface.address) for interface in interfaces if interface.address),
            tuple(members[vrf.name, name]),
            place(vrf.origin),
        )
        yield Row(cells, {**city.of_device(name), "vrf": frozenset({vrf.name})})


VRFS = Listing(
    "vrfs",
    T("VRFs"),
    VLANS.filters,
    (
        Column("vrf", T("VRF")),
        Column("name", T("Name")),
        Column("realm", T("Network")),
        Column("device", T("Device")),
        Column("rd", T("Route distinguisher")),
        Column("ospf", T("OSPF process")),
        Column("interfaces", T("Interface"), most=4),
        Column("addresses", T("Address"), most=4),
        Column("members", T("Members"), most=3),
        Column("place", T("Inventory")),
    ),
    _vrfs,
)
