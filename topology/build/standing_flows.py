"""Flows that every network has: its management, the Internet through the egress, what is published to the Internet."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address
from typing import Any

from topology.build.allocation import host
from topology.build.context import Build
from topology.build.flow_parts import add_flow, ends_of, to_hosts
from topology.build.lans import party_id
from topology.build.servers import by_protocol, hosts_of, is_placed
from topology.facts import Flow, Host, Level, PartyKind, PortRange, Publication, Realm
from topology.i18n import T
from topology.intent.document import PlacementIntent
from topology.inventory import RealmIntent
from topology.origin import Origin

NOC_FLOWS = (("aaa", "server"), ("ntp", "server"), ("syslog", "collector"), ("nms", "manager"))


def management_flows(build: Build, side: RealmIntent) -> None:
    """The NOC and the devices: sessions and SNMP towards them; AAA, time, logs and traps from them. A county's NOC reads its own county."""
    realm = side.realm
    devices = [party for party in build.parties.values() if party.kind is PartyKind.DEVICES and party.realm is realm]
    operators = tuple(sorted(party.id for party in build.parties.values() if party.kind is PartyKind.OPERATORS and party.realm is realm))
    network = side.network
    origin = network.management.origin
    managers = hosts_of(build, realm, "nms", "manager")
    ssh, snmp = (PortRange(22, 22),), (PortRange(161, 161),)
    for party in devices:
        name = party.id.partition(":")[2].replace("/", "-")
        if operators:
            add_flow(
                build,
                Flow(
                    id=f"ssh-{name}",
                    realm=realm,
                    vrf=None,
                    service="management",
                    role="ssh",
                    protocol="tcp",
                    ports=ssh,
                    sources=operators,
                    source_addresses=(),
                    to=party.id,
                    destinations=(),
                    level=Level.INTERNAL,
                    plan=("7.1.1",),
                    origin=origin,
                ),
            )
        if managers:
            parties, addresses = ends_of(managers)
            add_flow(
                build,
                Flow(
                    id=f"snmp-{name}",
                    realm=realm,
                    vrf=None,
                    service="management",
                    role="snmp",
                    protocol="udp",
                    ports=snmp,
                    sources=parties,
                    source_addresses=addresses,
                    to=party.id,
                    destinations=(),
                    level=Level.INTERNAL,
                    plan=("7.1.1",),
                    origin=origin,
                ),
            )
            add_flow(
                build,
                Flow(
                    id=f"ping-{name}",
                    realm=realm,
                    vrf=None,
                    service="management",
                    role="ping",
                    protocol="icmp",
                    ports=(),
                    sources=parties,
                    source_addresses=addresses,
                    to=party.id,
                    destinations=(),
                    level=Level.INTERNAL,
                    plan=("7.1.1",),
                    origin=origin,
                ),
            )
    everything = tuple(sorted(party.id for party in devices))
    for service, role in NOC_FLOWS:
        called = hosts_of(build, realm, service, role)
        if called:
            to_hosts(build, f"devices-{service}", service, role, realm, (everything, ()), called, ("7.1.1",), origin)
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
        for agency in county.agencies:
            target = party_id(realm, county.slug, "devices")
            if agency.noc and target in build.parties:
                source = (party_id(realm, county.slug, agency.slug),)
                add_flow(
                    build,
                    Flow(
                        id=f"county-noc-{county.slug}",
                        realm=realm,
                        vrf=None,
                        service="management",
                        role="snmp",
                        protocol="udp",
                        ports=snmp,
                        sources=source,
                        source_addresses=(),
                        to=target,
                        destinations=(),
                        level=Level.INTERNAL,
                        plan=("7.1.1",),
                        origin=agency.at("noc"),
                    ),
                )


def manage_host(build: Build, realm: Realm, slug: str, zone: str, address: IPv4Address, origin: Origin) -> None:
    """A managed host inside a zone of servers (a gatekeeper's unit): the same as for devices, but for its one address."""
    own = ((zone,), (address,))
    for service, role in NOC_FLOWS:
        called = hosts_of(build, realm, service, role)
        if called:
            to_hosts(build, f"{slug}-{service}", service, role, realm, own, called, ("7.1.1",), origin)
    operators = tuple(sorted(party.id for party in build.parties.values() if party.kind is PartyKind.OPERATORS and party.realm is realm))
    managers = ends_of(hosts_of(build, realm, "nms", "manager"))
    for name, protocol, port, (parties, addresses) in (("ssh", "tcp", 22, (operators, ())), ("snmp", "udp", 161, managers)):
        if parties:
            ports = (PortRange(port, port),)
            flow = Flow(
                id=f"{name}-{slug}",
                realm=realm,
                vrf=None,
                service="management",
                role=name,
                protocol=protocol,
                ports=ports,
                sources=parties,
                source_addresses=addresses,
                to=zone,
                destinations=(address,),
                level=Level.INTERNAL,
                plan=("7.1.1",),
                origin=origin,
            )
            add_flow(build, flow)


def internet_flows(build: Build, side: RealmIntent) -> None:
    """What parties may open on the Internet: through the egress, or for a unit with a retained exit through its own."""
    policy = build.policy
    municipal = side.municipal
    if "internet" not in build.parties or side.realm is not Realm.OUTER:
        return
    users = [party for party in build.parties.values() if party.internet and party.realm is side.realm and party.state != "planned"]
    shared = tuple(sorted(party.id for party in users if party.kind is not PartyKind.EXIT))
    for protocol, ports in by_protocol(policy.internet):
        if municipal.egress is not None and shared:
            add_flow(
                build,
                Flow(
                    id=f"internet-{protocol}",
                    realm=side.realm,
                    vrf=None,
                    service="internet",
                    role="web",
                    protocol=protocol,
                    ports=ports,
                    sources=shared,
                    source_addresses=(),
                    to="internet",
                    destinations=(),
                    level=Level.PUBLIC,
                    plan=("7.1.1",),
                    origin=policy.at("internet"),
                ),
            )
        for key, exit_ in municipal.exits.items():
            own = party_id(side.realm, municipal.slug, exit_.agency)
            if own in build.parties:
                add_flow(
                    build,
                    Flow(
                        id=f"exit-{key}-{protocol}",
                        realm=side.realm,
                        vrf=None,
                        service="exit",
                        role=key,
                        protocol=protocol,
                        ports=ports,
                        sources=(own,),
                        source_addresses=(),
                        to="internet",
                        destinations=(),
                        level=Level.PUBLIC,
                        plan=("7.1.1",),
                        origin=exit_.origin,
                    ),
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
        add_flow(
            build,
            Flow(
                id=id_,
                realm=realm,
                vrf=None,
                service=slug,
                role=item.role,
                protocol=protocol,
                ports=ports,
                sources=("internet",),
                source_addresses=(),
                to=server.party,
                destinations=(server.address,),
                level=Level.PUBLIC,
                plan=build.services[slug].sections,
                origin=item.origin,
            ),
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
