"""Flows that every network has: its management, the Internet through the egress, what is published to the Internet."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import Any

from topology.build.allocation import host
from topology.build.context import Build
from topology.build.flow_parts import PLAN, ends_of, permit, to_hosts
from topology.build.lans import COUNTY_STATION, party_id
from topology.build.servers import by_protocol, hosts_of, is_placed
from topology.facts import Host, Level, PartyKind, PortRange, Publication, Realm
from topology.i18n import T
from topology.intent.document import PlacementIntent
from topology.inventory import RealmIntent
from topology.origin import Origin

NOC_FLOWS = (("aaa", "server"), ("ntp", "server"), ("syslog", "collector"), ("nms", "manager"))
MANAGEMENT = "management"
SSH, SNMP = ("tcp", (PortRange(22, 22),)), ("udp", (PortRange(161, 161),))


def management_flows(build: Build, side: RealmIntent) -> None:
    """The NOC and the devices: sessions and SNMP towards them; AAA, time, logs and traps from them. A county's NOC reads its own county."""
    realm, origin = side.realm, side.network.management.origin
    devices = sorted(party.id for party in build.parties.values() if party.kind is PartyKind.DEVICES and party.realm is realm)
    for party in devices:
        _managed(build, realm, party.partition(":")[2].replace("/", "-"), party, (), origin)
    for service, role in NOC_FLOWS:
        called = hosts_of(build, realm, service, role)
        if called:
            to_hosts(build, f"devices-{service}", service, role, realm, (tuple(devices), ()), called, PLAN, origin)
        elif not is_placed(build, realm, service, role):
            build.problem(
                origin,
                T(
                    "no {service}/{role} runs in the {realm} network, and its devices need one",
                    service=service,
                    role=role,
                    realm=realm.value,
                ),
                T("a placement of '{service}' in a zone of kind management", service=service),
                T("place it in the services file of that network"),
            )
    for county in side.counties:
        target = party_id(realm, county.slug, "devices")
        for agency in county.agencies:
            station = build.parties.get(party_id(realm, county.slug, agency.slug))
            if agency.noc and target in build.parties and station is not None and station.prefixes[0].num_addresses > COUNTY_STATION:
                own = ((station.id,), (station.prefixes[0][COUNTY_STATION],))
                permit(build, realm, f"county-noc-{county.slug}", (MANAGEMENT, "snmp"), SNMP, own, target, agency.at("noc"))


def _managed(build: Build, realm: Realm, name: str, to: str, addresses: tuple[IPv4Address, ...], origin: Origin) -> None:
    """Sessions of the operators and readings of the managers, to devices or to one address."""
    operators = tuple(sorted(party.id for party in build.parties.values() if party.kind is PartyKind.OPERATORS and party.realm is realm))
    managers = ends_of(hosts_of(build, realm, "nms", "manager"))
    for role, what, ends in (("ssh", SSH, (operators, ())), ("snmp", SNMP, managers), ("ping", ("icmp", ()), managers)):
        if ends[0]:
            permit(build, realm, f"{role}-{name}", (MANAGEMENT, role), what, ends, to, origin, destinations=addresses)


def manage_host(build: Build, realm: Realm, slug: str, zone: str, address: IPv4Address, origin: Origin) -> None:
    """A managed host inside a zone of servers (a gatekeeper's unit): the same as for devices, but for its one address."""
    for service, role in NOC_FLOWS:
        called = hosts_of(build, realm, service, role)
        if called:
            to_hosts(build, f"{slug}-{service}", service, role, realm, ((zone,), (address,)), called, PLAN, origin)
    _managed(build, realm, slug, zone, (address,), origin)


def internet_flows(build: Build, side: RealmIntent) -> None:
    """What parties may open on the Internet: through the egress, or for a unit with a retained exit through its own."""
    policy, municipal, realm = build.policy, side.municipal, side.realm
    if "internet" not in build.parties or realm is not Realm.OUTER:
        return
    users = [party for party in build.parties.values() if party.internet and party.realm is realm and party.state != "planned"]
    shared = tuple(sorted(party.id for party in users if party.kind is not PartyKind.EXIT))
    for what in by_protocol(policy.internet):
        if municipal.egress is not None and shared:
            origin = policy.at("internet")
            permit(build, realm, f"internet-{what[0]}", ("internet", "web"), what, (shared, ()), "internet", origin, level=Level.PUBLIC)
        for key, exit_ in municipal.exits.items():
            own = party_id(realm, municipal.slug, exit_.agency)
            if own in build.parties:
                permit(
                    build, realm, f"exit-{key}-{what[0]}", ("exit", key), what, ((own,), ()), "internet", exit_.origin, level=Level.PUBLIC
                )


def publications(build: Build, placements: list[tuple[Realm, str, PlacementIntent]]) -> Iterator[Publication]:
    """A published role: the Internet reaches it through one public address a carrier, which follows from its number."""
    taken: dict[int, Any] = {}
    for realm, slug, placement in placements:
        side = build.side(realm)
        egress = side.municipal.egress if side else None
        for item in placement.publish:
            service = build.services[slug]
            called = hosts_of(build, realm, slug, item.role)
            if egress is not None and not called and item.role in service.published and is_placed(build, realm, slug, item.role):
                continue
            if item.role not in service.published or egress is None or not called:
                build.problem(
                    item.origin,
                    T("{service}/{role} cannot be published", service=slug, role=item.role),
                    T("roles under 'published' of the service, with hosts, in a network with an egress"),
                    T("publishable here: {names}", names=", ".join(service.published) or "-"),
                )
                continue
            other = taken.setdefault(item.number, item)
            if other is not item:
                build.problem(
                    item.at("number"),
                    T("the public number {number} is taken at {place}", number=item.number, place=str(other.origin)),
                    T("a number of its own"),
                    T("choose a free number"),
                )
            yield from _publish(build, realm, slug, item, called[0], egress)


def _publish(build: Build, realm: Realm, slug: str, item: Any, server: Host, egress: Any) -> Iterator[Publication]:
    for protocol, ports in by_protocol(build.services[slug].roles[item.role].ports):
        if protocol == "icmp":
            continue
        id_ = f"public-{slug}.{item.role}-{protocol}"
        label, plan = (slug, item.role), build.services[slug].sections
        everybody = (("internet",), ())
        there = (server.address,)
        permit(
            build,
            realm,
            id_,
            label,
            (protocol, ports),
            everybody,
            server.party,
            item.origin,
            destinations=there,
            level=Level.PUBLIC,
            plan=plan,
        )
        for key, carrier in egress.carriers.items():
            first, last = carrier.pool
            if first <= item.number <= last:
                build.problem(
                    item.at("number"),
                    T("the public number {number} lies in the NAT pool of '{carrier}'", number=item.number, carrier=key),
                    T("a number outside {first} to {last}", first=first, last=last),
                    T("choose a free number"),
                )
            public = host(build, carrier.translated, item.number, f"public address of {slug}", item.at("number"))
            for ports_ in ports:
                for port in range(ports_.first, ports_.last + 1):
                    yield Publication(id_, key, protocol, public, port, server.address, port, item.origin)
