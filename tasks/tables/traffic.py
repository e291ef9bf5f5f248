"""Who talks to whom: parties, external peers, servers, services, flows, and what gatekeepers move."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from tasks.listing import Cell, Column, Facets, Listing, Row, Word
from tasks.tables.city import REALMS, City, natural, place, union
from tasks.tables.decrees import state_of
from tasks.tables.words import CHANNEL, DIRECTION, LEVEL, PARTY, PEER, REALM, STATE, SYSTEM, TIER, ZONE, word
from topology.facts import Flow, Host, PartyKind, Realm
from topology.i18n import T


def _parties(city: City) -> Iterator[Row]:
    for party in sorted(city.facts.parties, key=lambda party: (city.site_order(party.realm, party.site), party.id)):
        cells: tuple[Cell, ...] = (
            party.id,
            party.name,
            word(PARTY, party.kind),
            word(REALM, party.realm),
            party.vrf,
            party.site,
            word(TIER, party.tier),
            word(SYSTEM, party.system),
            word(ZONE, party.zone_kind),
            word(LEVEL, party.level),
            party.phase,
            word(STATE, party.state),
            party.internet,
            party.legacy,
            party.survives,
            tuple(map(str, party.prefixes)),
            tuple(map(str, party.attachments)),
            party.gateways,
            place(party.origin),
        )
        yield Row(cells, city.of_party(party.id))


PARTIES = Listing(
    "parties",
    T("Parties"),
    ("county", "realm", "tier", "site", "vrf"),
    (
        Column("party", T("Party")),
        Column("name", T("Name")),
        Column("kind", T("Kind")),
        Column("realm", T("Network")),
        Column("vrf", T("VRF")),
        Column("site", T("Site")),
        Column("tier", T("Tier")),
        Column("system", T("System")),
        Column("zone_kind", T("Zone")),
        Column("level", T("Level")),
        Column("phase", T("Phase")),
        Column("state", T("State")),
        Column("internet", T("Internet")),
        Column("legacy", T("Legacy addresses")),
        Column("survives", T("Survives failures")),
        Column("prefixes", T("Prefix")),
        Column("attachments", T("Ports"), most=3),
        Column("gateways", T("Gateways")),
        Column("place", T("Inventory")),
    ),
    _parties,
)


def _peers(city: City) -> Iterator[Row]:
    for peer in sorted(city.facts.peers, key=lambda peer: (REALMS.index(peer.realm), peer.slug)):
        lines = [circuit for circuit in city.facts.circuits if circuit.peer == peer.slug and _same_side(peer.realm, circuit.realm)]
        cells: tuple[Cell, ...] = (
            peer.slug,
            peer.name,
            word(PEER, peer.kind),
            word(REALM, peer.realm),
            peer.asn,
            tuple(map(str, peer.accepts)),
            tuple(map(str, peer.announces)),
            tuple(circuit.id for circuit in lines),
            tuple(str(circuit.a) for circuit in lines),
            place(peer.origin),
        )
        yield Row(cells, {"realm": frozenset({peer.realm.value})})


def _same_side(peer: Realm, circuit: Realm) -> bool:
    return peer in (Realm.INTERNET, circuit)


PEERS = Listing(
    "peers",
    T("External networks"),
    ("realm",),
    (
        Column("peer", T("Peer")),
        Column("name", T("Name")),
        Column("kind", T("Kind")),
        Column("realm", T("Network")),
        Column("asn", T("AS number")),
        Column("accepts", T("May announce to us")),
        Column("announces", T("We announce")),
        Column("circuits", T("Circuits")),
        Column("ports", T("Ports")),
        Column("place", T("Inventory")),
    ),
    _peers,
)


def _hosts(city: City) -> Iterator[Row]:
    published = defaultdict(list)
    for publication in city.facts.publications:
        published[publication.inside].append(f"{publication.public} {publication.protocol}/{publication.public_port}")
    for host in sorted(city.facts.hosts, key=lambda host: (_side(city, host), int(host.address), host.service, host.role)):
        party = city.parties[host.party]
        cells: tuple[Cell, ...] = (
            str(host.address),
            host.service,
            city.service_name(host.service),
            host.role,
            word(REALM, party.realm),
            host.party,
            party.name,
            word(ZONE, party.zone_kind),
            tuple(published[host.address]) if party.realm is Realm.OUTER else (),
            place(host.origin),
        )
        yield Row(cells, {**city.of_party(host.party), "service": frozenset({host.service})})


def _side(city: City, host: Host) -> int:
    return REALMS.index(city.parties[host.party].realm)


HOSTS = Listing(
    "hosts",
    T("Servers"),
    ("realm", "site", "service"),
    (
        Column("address", T("Address")),
        Column("service", T("Service")),
        Column("service_name", T("Name")),
        Column("role", T("Role")),
        Column("realm", T("Network")),
        Column("party", T("Party")),
        Column("zone", T("Name of the zone")),
        Column("zone_kind", T("Zone")),
        Column("published", T("Published as"), most=4),
        Column("place", T("Inventory")),
    ),
    _hosts,
)


def _flows(city: City) -> Iterator[Row]:
    for flow in sorted(city.facts.flows, key=lambda flow: (REALMS.index(flow.realm), flow.vrf or "", natural(flow.id))):
        cells: tuple[Cell, ...] = (
            flow.id,
            word(REALM, flow.realm),
            flow.vrf,
            len(flow.sources),
            flow.sources,
            tuple(map(str, flow.source_addresses)),
            flow.to,
            tuple(map(str, flow.destinations)),
            ports_of(flow),
            flow.service,
            city.service_name(flow.service),
            flow.role,
            word(LEVEL, flow.level),
            flow.plan,
            place(flow.origin),
        )
        yield Row(cells, _flow_facets(city, flow))


def ports_of(flow: Flow) -> tuple[str, ...]:
    """`tcp/443`, `udp/16384-17407`, `icmp`."""
    return tuple(f"{flow.protocol}/{ports}" for ports in flow.ports) or (flow.protocol,)


def _flow_facets(city: City, flow: Flow) -> Facets:
    """Counties, tiers and sites are those of the parties at both ends; network and VRF are the flow's own."""
    ends = union(*(city.of_party(party) for party in (*flow.sources, flow.to)))
    own = {"realm": frozenset({flow.realm.value}), "service": frozenset({flow.service}) if flow.service else frozenset()}
    return {**ends, **own, "vrf": frozenset({flow.vrf}) if flow.vrf else frozenset()}


FLOWS = Listing(
    "flows",
    T("Flows"),
    ("county", "realm", "tier", "site", "service", "vrf"),
    (
        Column("flow", T("Flow")),
        Column("realm", T("Network")),
        Column("vrf", T("VRF")),
        Column("from_count", T("Sources")),
        Column("from", T("From"), most=2),
        Column("from_addresses", T("From addresses"), most=2),
        Column("to", T("To")),
        Column("destinations", T("To addresses"), most=3),
        Column("ports", T("Protocol and ports")),
        Column("service", T("Service")),
        Column("service_name", T("Name")),
        Column("role", T("Role")),
        Column("level", T("Level")),
        Column("plan", T("Plan section")),
        Column("place", T("Inventory")),
    ),
    _flows,
)


def _services(city: City) -> Iterator[Row]:
    hosts: dict[tuple[str, Realm], list[Host]] = defaultdict(list)
    for host in city.facts.hosts:
        hosts[host.service, city.parties[host.party].realm].append(host)
    flows: dict[tuple[str, Realm], list[Flow]] = defaultdict(list)
    for flow in city.facts.flows:
        flows[flow.service, flow.realm].append(flow)
    public = {publication.inside for publication in city.facts.publications}
    for slug, service in sorted(city.services.items()):
        placed: list[Realm | None] = [realm for realm in REALMS if (slug, realm) in hosts]
        for realm in placed or [None]:
            here = hosts[slug, realm] if realm else []
            users = _users(city, flows[slug, realm]) if realm else ()
            cells: tuple[Cell, ...] = (
                slug,
                service.name.name(),
                word(STATE, service.status),
                service.phase,
                word(REALM, realm) if realm else Word("not-placed", T("not placed in this city")),
                word(ZONE, service.zone),
                word(LEVEL, service.classification),
                tuple(f"{host.role} {host.address}" for host in here),
                len(users),
                users,
                realm is Realm.OUTER and any(host.address in public for host in here),
                tuple(sorted({channel.id for channel in city.facts.channels if channel.service == slug})),
                service.sections,
                place(here[0].origin) if here else place(service.origin),
            )
            yield Row(cells, {"service": frozenset({slug}), "realm": frozenset({realm.value} if realm else ())})


def _users(city: City, flows: Iterable[Flow]) -> tuple[str, ...]:
    """Parties of people that a flow lets in; servers that call each other are none."""
    servers = (PartyKind.ZONE, PartyKind.DEVICES)
    return tuple(sorted({party for flow in flows for party in flow.sources if city.parties[party].kind not in servers}))


SERVICES = Listing(
    "services",
    T("Services"),
    ("realm", "service"),
    (
        Column("service", T("Service")),
        Column("name", T("Name")),
        Column("status", T("State")),
        Column("phase", T("Phase")),
        Column("realm", T("Network")),
        Column("zone", T("Zone")),
        Column("level", T("Level")),
        Column("hosts", T("Servers"), most=4),
        Column("user_count", T("User parties")),
        Column("users", T("Users"), most=2),
        Column("published", T("Published")),
        Column("channels", T("Gatekeeper channels")),
        Column("plan", T("Plan section")),
        Column("place", T("Inventory")),
    ),
    _services,
)


def _channels(city: City) -> Iterator[Row]:
    approvals = {approval.slug: approval for approval in city.facts.approvals}
    for channel in sorted(city.facts.channels, key=lambda channel: channel.number):
        owner = city.organisations.get(channel.owner)
        approval = approvals.get(channel.approval)
        cells: tuple[Cell, ...] = (
            channel.number,
            channel.id,
            channel.gatekeeper,
            word(DIRECTION, channel.direction),
            word(CHANNEL, channel.kind),
            channel.content,
            word(LEVEL, channel.level),
            channel.service,
            str(channel.outer) if channel.outer else None,
            str(channel.inner) if channel.inner else None,
            channel.interval_s,
            channel.allow,
            channel.max_mb,
            owner.name if owner else channel.owner,
            channel.approval,
            state_of(approval, city.as_of) if approval else None,
            place(channel.origin),
        )
        yield Row(cells, {"service": frozenset({channel.service})})


CHANNELS = Listing(
    "channels",
    T("Gatekeeper channels"),
    ("service",),
    (
        Column("number", T("No.")),
        Column("channel", T("Channel")),
        Column("gatekeeper", T("Gatekeeper")),
        Column("direction", T("Direction")),
        Column("kind", T("Kind")),
        Column("content", T("Content")),
        Column("level", T("Level")),
        Column("service", T("Service")),
        Column("outer", T("Outer host")),
        Column("inner", T("Inner host")),
        Column("interval_s", T("Every s")),
        Column("allow", T("Allowed")),
        Column("max_mb", T("At most MB")),
        Column("owner", T("Owner")),
        Column("approval", T("Approval")),
        Column("approval_state", T("State of the approval")),
        Column("place", T("Inventory")),
    ),
    _channels,
)
