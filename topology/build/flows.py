"""Servers and flows: what the service descriptions and their placements permit, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

from topology.build.allocation import host
from topology.build.context import Build
from topology.build.lans import party_id
from topology.facts import Flow, Host, Level, Party, PartyKind, PortRange, Publication, Realm, System
from topology.i18n import T
from topology.intent.common import parse_service
from topology.intent.document import FlowIntent, PlacementIntent
from topology.inventory import RealmIntent
from topology.origin import Origin

FIRST_SERVER = 10  # host numbers below are the gateways' and firewalls'
EVERYBODY = (PartyKind.AGENCY, PartyKind.TOWNSHIP, PartyKind.EXIT, PartyKind.TERMINALS, PartyKind.NODE)
GROUPS = frozenset({"all", "municipal", "county", "township", "nodes"})
NOC_FLOWS = (("aaa", "server"), ("ntp", "server"), ("syslog", "collector"), ("nms", "manager"))


def build_flows(build: Build) -> tuple[Publication, ...]:
    """Fills `hosts` and `flows`; returns what is published to the Internet."""
    placements = list(_placements(build))
    for realm, slug, placement in placements:
        other = build.placed.setdefault((realm, slug), placement)
        if other is not placement:
            build.problem(
                placement.origin,
                T("'{slug}' is placed in the {realm} network here and at {place}", slug=slug, realm=realm.value, place=str(other.origin)),
                T("one placement of a service in each network"),
                T("join the two"),
            )
    placements = [(realm, slug, placement) for (realm, slug), placement in build.placed.items()]
    for _, slug, placement in placements:
        _hosts(build, slug, placement)
    for realm, slug, placement in placements:
        _service_flows(build, realm, slug, placement)
    for side in build.intent.realms:
        flows = {**build.intent.common.flows, **side.document.flows} if side.realm is Realm.OUTER else dict(side.document.flows)
        for slug, flow in flows.items():
            _explicit(build, side.realm, slug, flow)
        _management(build, side)
        _internet(build, side)
    return tuple(_publications(build, placements))


def _placements(build: Build) -> Iterator[tuple[Realm, str, PlacementIntent]]:
    """Placements of the sides that are present; the others are somebody else's."""
    sources = [(build.intent.common.placements, None), *((side.document.placements, side.realm) for side in build.intent.realms)]
    for placements, realm in sources:
        for slug, placement in placements.items():
            if realm is not None and placement.realm is not realm and "realm" in placement.model_fields_set:
                build.problem(
                    placement.at("realm"),
                    T("a placement of the {realm} network in the folder of the other", realm=placement.realm.value),
                    T("placements of this folder's own network"),
                    T("move it to the other folder"),
                )
                continue
            where = realm or placement.realm
            if slug not in build.services:
                build.unknown(placement.origin, T("service"), slug, build.services)
            elif build.side(where) is not None:
                yield where, slug, placement


def _hosts(build: Build, slug: str, placement: PlacementIntent) -> None:
    service = build.services[slug]
    realm = next(realm for realm, name, item in _placements(build) if name == slug and item is placement)
    if realm not in service.realms:
        build.problem(
            placement.origin,
            T("the service '{slug}' may not run in the {realm} network", slug=slug, realm=realm.value),
            T("{realms}", realms=", ".join(service.realms)),
            T("move the placement, or change the service's 'realms'"),
        )
    for role, hosts in placement.roles.items():
        if role not in service.roles:
            build.unknown(placement.key_at("roles", role), T("role"), role, service.roles)
            continue
        zone = build.zones.get((realm, hosts.zone))
        if zone is None:
            zones = zones_of(build, realm)
            build.unknown(hosts.at("zone"), T("zone"), hosts.zone, zones, zones)
            continue
        party = build.parties[zone]
        if party.zone_kind != service.zone:
            build.problem(
                hosts.at("zone"),
                T(
                    "the zone '{zone}' is of kind {kind}, the service belongs into one of kind {wanted}",
                    zone=hosts.zone,
                    kind=party.zone_kind,
                    wanted=service.zone,
                ),
                T(
                    "zones of that kind: {names}",
                    names=", ".join(
                        name for (r, name), p in build.zones.items() if r is realm and build.parties[p].zone_kind == service.zone
                    )
                    or "-",
                ),
                T("choose another zone"),
            )
        for index, number in enumerate(hosts.hosts):
            _host(build, slug, role, party, number, hosts.at("hosts", index))


def _host(build: Build, slug: str, role: str, party: Party, number: int, origin: Origin) -> None:
    if number < FIRST_SERVER:
        build.problem(
            origin,
            T("host numbers below {first} belong to gateways", first=FIRST_SERVER),
            T("{first} or more", first=FIRST_SERVER),
            T("choose a free number"),
        )
        return
    address = host(build, party.prefixes[0], number, f"{slug}/{role}", origin)
    add_server(build, Host(slug, role, party.id, address, origin))


def add_server(build: Build, entry: Host) -> None:
    """Enters a server; two at one address are reported at the second."""
    other = next((known for known in build.hosts if known.party == entry.party and known.address == entry.address), None)
    if other is not None:
        build.problem(
            entry.origin,
            T(
                "the address {address} is that of {service}/{role} at {place}",
                address=str(entry.address),
                service=other.service,
                role=other.role,
                place=str(other.origin),
            ),
            T("a number of its own in the zone"),
            T("choose a free number"),
        )
    build.add_host(entry)


def zones_of(build: Build, realm: Realm) -> tuple[str, ...]:
    """The zones of a side as its files have them."""
    side = build.side(realm)
    return tuple(side.municipal.zones) if side else ()


def is_placed(build: Build, realm: Realm, service: str, role: str) -> bool:
    """Whether the inventory gives the role a server there, also where it could not be built."""
    placement = build.placed.get((realm, service))
    return placement is not None and role in placement.roles


def hosts_of(build: Build, realm: Realm, service: str, role: str) -> list[Host]:
    """The servers of a role in one realm, by address."""
    return sorted(build.servers.get((realm, service, role), ()), key=lambda entry: entry.address)


def _service_flows(build: Build, realm: Realm, slug: str, placement: PlacementIntent) -> None:
    service = build.services[slug]
    for role in placement.users:
        if role not in service.roles:
            build.unknown(placement.key_at("users", role), T("role"), role, service.roles)
        elif role not in service.users:
            build.problem(
                placement.key_at("users", role),
                T("the role '{role}' of '{slug}' is not for users", role=role, slug=slug),
                T("roles for users: {names}", names=", ".join(service.users) or "-"),
                T("change the role, or the service's 'users'"),
            )
        else:
            _user_flow(build, realm, slug, role, placement)
    for need in service.needs:
        callers, called = hosts_of(build, realm, slug, need.source), hosts_of(build, realm, need.service, need.role)
        if not callers:
            continue
        if not called and is_placed(build, realm, need.service, need.role):
            continue
        if not called:
            build.problem(
                placement.origin,
                T(
                    "'{slug}' needs {service}/{role}, which runs nowhere in the {realm} network",
                    slug=slug,
                    service=need.service,
                    role=need.role,
                    realm=realm.value,
                ),
                T("a placement of '{service}' with hosts for '{role}'", service=need.service, role=need.role),
                T("place it in the services file of that network"),
            )
            continue
        _to_hosts(
            build,
            f"{slug}.{need.source}-{need.service}.{need.role}",
            need.service,
            need.role,
            realm,
            _from_hosts(callers),
            called,
            service.sections,
            placement.roles[need.source].origin,
        )


def _from_hosts(callers: list[Host]) -> tuple[tuple[str, ...], tuple[IPv4Address, ...]]:
    return tuple(sorted({entry.party for entry in callers})), tuple(entry.address for entry in callers)


def _user_flow(build: Build, realm: Realm, slug: str, role: str, placement: PlacementIntent) -> None:
    called = hosts_of(build, realm, slug, role)
    parties: set[str] = set()
    for index, selector in enumerate(placement.users[role]):
        parties |= set(select(build, realm, selector, placement.at("users", role, index)))
    if parties and called:
        service = build.services[slug]
        _to_hosts(
            build, f"{slug}.{role}", slug, role, realm, (tuple(sorted(parties)), ()), called, service.sections, placement.at("users", role)
        )


def _to_hosts(
    build: Build,
    id_: str,
    slug: str,
    role: str,
    realm: Realm,
    sources: tuple[tuple[str, ...], tuple[IPv4Address, ...]],
    called: list[Host],
    plan: tuple[str, ...],
    origin: Origin,
) -> None:
    """One flow for each protocol of the role and each zone that it runs in."""
    ports = build.services[slug].roles[role].ports
    if not ports:
        build.problem(
            origin,
            T("the role {service}/{role} listens on no port", service=slug, role=role),
            T("a role with ports"),
            T("add 'ports' to the service"),
        )
    for zone in sorted({entry.party for entry in called}):
        addresses = tuple(entry.address for entry in called if entry.party == zone)
        for protocol, ranges in by_protocol(ports):
            suffix = "" if len(by_protocol(ports)) == 1 else f"-{protocol}"
            level = build.services[slug].classification
            _add(
                build,
                Flow(id_ + suffix, realm, None, slug, role, protocol, ranges, sources[0], sources[1], zone, addresses, level, plan, origin),
            )


def by_protocol(ports: Iterable[tuple[str, PortRange | None]]) -> list[tuple[str, tuple[PortRange, ...]]]:
    """tcp/80, udp/53, tcp/443 -> [(tcp, 80 443), (udp, 53)]."""
    found: dict[str, list[PortRange]] = {}
    for protocol, ports_ in ports:
        found.setdefault(protocol, [])
        if ports_ is not None:
            found[protocol].append(ports_)
    return [(protocol, tuple(sorted(found[protocol], key=lambda item: item.first))) for protocol in sorted(found)]


def _add(build: Build, flow: Flow) -> None:
    """Keyed by realm and id: a flow that runs into two zones gets the zone as a suffix."""
    key = f"{flow.realm.value}:{flow.id}"
    if key in build.flows:
        flow = replace(flow, id=f"{flow.id}@{flow.to.rpartition('/')[2]}")
        key = f"{flow.realm.value}:{flow.id}"
    build.flows[key] = flow


def select(build: Build, realm: Realm, selector: str, origin: Origin) -> list[str]:
    """Party ids that a selector means: all, municipal, county, township, nodes, system:X, vertical:X, SLUG, */SLUG, COUNTY/SLUG …"""
    here = [party for party in build.parties.values() if party.realm is realm and party.state != "planned"]
    users = [party for party in here if party.kind in EVERYBODY]
    word, _, rest = selector.partition(":")
    simple: dict[str, Callable[[Party], bool]] = {
        "all": lambda p: p.kind is not PartyKind.NODE,
        "municipal": lambda p: p.tier == "municipal" and p.kind is not PartyKind.NODE,
        "county": lambda p: p.tier == "county" and p.kind is not PartyKind.NODE,
        "township": lambda p: p.tier == "township" and p.kind is not PartyKind.NODE,
        "nodes": lambda p: p.kind is PartyKind.NODE,
    }
    if selector == "internet":
        build.problem(
            origin,
            T("the Internet is no user"),
            T("users inside this network"),
            T("publish a role with 'publish:' to open it to the Internet"),
        )
        return []
    if selector in simple:
        return [party.id for party in users if simple[selector](party)]
    if selector in ("operators", "province"):
        return [party.id for party in here if party.kind.value == selector]
    if word == "system" and rest in list(System):
        return [party.id for party in users if party.system == rest]
    if word == "vertical":
        return _vertical_members(build, realm, rest, origin)
    return _named(build, realm, selector, users, origin)


def _vertical_members(build: Build, realm: Realm, slug: str, origin: Origin) -> list[str]:
    side = build.side(realm)
    assert side is not None
    vertical = side.document.verticals.get(slug)
    if vertical is None:
        build.unknown(origin, T("vertical network"), slug, side.document.verticals)
        return []
    found = [party.id for party in build.parties.values() if party.vrf == slug and party.realm is realm]
    for index, member in enumerate(vertical.members):
        place = vertical.at("members", index)
        if member.startswith("vertical:"):
            build.problem(place, T("a vertical network is no member of another"), T("agencies"), T("list its members"))
        else:
            found += select(build, realm, member, place)
    return found


def _named(build: Build, realm: Realm, selector: str, users: list[Party], origin: Origin) -> list[str]:
    site, _, slug = selector.rpartition("/")
    if site == "*":
        found = [party.id for party in users if party.id.endswith(f"/{slug}") and party.tier != "municipal"]
    else:
        side = build.side(realm)
        assert side is not None
        wanted = party_id(realm, site or side.municipal.slug, slug)
        found = [wanted] if wanted in build.parties else []
    if not found and not _is_planned(build, realm, selector) and not _is_written(build, realm, site, slug):
        known = {party.id.partition(":")[2] for party in users} | {
            f"*/{party.id.rpartition('/')[2]}" for party in users if party.tier == "county"
        }
        known |= {party.id.rpartition("/")[2] for party in users if party.tier == "municipal"}
        build.unknown(origin, T("user"), selector, known | {"all", "municipal", "county", "township", "nodes", "operators", "province"})
    return found


def _is_written(build: Build, realm: Realm, site: str, slug: str) -> bool:
    """Whether the files have such an agency, which could then not be built."""
    side = build.side(realm)
    counties = [county for county in side.counties if site in ("*", county.slug)] if side else []
    centre = side.municipal.agencies if side and site in ("", side.municipal.slug) else ()
    return any(agency.slug == slug for agency in (*centre, *(agency for county in counties for agency in county.agencies)))


def _is_planned(build: Build, realm: Realm, selector: str) -> bool:
    """A party that exists but is not built yet may be named already."""
    slug = selector.rpartition("/")[2]
    return any(party.state == "planned" and party.realm is realm and party.id.endswith(f"/{slug}") for party in build.parties.values())


def _explicit(build: Build, realm: Realm, slug: str, flow: FlowIntent) -> None:
    sources, addresses = _sources(build, realm, flow)
    known = build.approvals
    if flow.approval is not None and flow.approval not in known:
        build.unknown(flow.at("approval"), T("approval"), flow.approval, known)
    service, _, role = flow.to.partition("/")
    other = Realm.INNER if realm is Realm.OUTER else Realm.OUTER
    if (flow.to.startswith(f"{other.value}:") or any(item.startswith(f"{other.value}:") for item in flow.source)) and flow.channel is None:
        build.problem(
            flow.origin,
            T("the flow '{slug}' leads from one network into the other", slug=slug),
            T("data between inner and outer goes through a gatekeeper channel only (plan §7.1.1)"),
            T("declare a channel in gatekeeper/ and name it with 'channel:'"),
        )
        return
    if flow.channel is not None:
        if flow.channel not in build.gatekeeper.channels:
            build.unknown(flow.at("channel"), T("gatekeeper channel"), flow.channel, build.gatekeeper.channels)
        return  # the channel moves the data; no packet passes
    if not sources or not _is_allowed(build, realm, slug, flow):
        return
    plan = ("7.1.1",)
    if flow.to == "internet":
        if "internet" in build.parties:
            for protocol, ports in by_protocol(flow.ports):
                _add(
                    build,
                    Flow(
                        f"{slug}-{protocol}",
                        realm,
                        None,
                        "internet",
                        slug,
                        protocol,
                        ports,
                        sources,
                        addresses,
                        "internet",
                        (),
                        Level.PUBLIC,
                        plan,
                        flow.origin,
                    ),
                )
        return
    called = hosts_of(build, realm, service, role)
    if is_placed(build, realm, service, role) and not called:
        return
    if called:
        ports_of = flow.ports or build.services[service].roles[role].ports
        for zone in sorted({entry.party for entry in called}):
            there = tuple(entry.address for entry in called if entry.party == zone)
            for protocol, ports in by_protocol(ports_of):
                _add(
                    build,
                    Flow(
                        f"{slug}-{protocol}",
                        realm,
                        None,
                        service,
                        role,
                        protocol,
                        ports,
                        sources,
                        addresses,
                        zone,
                        there,
                        Level.INTERNAL,
                        plan,
                        flow.origin,
                    ),
                )
        return
    for target in select(build, realm, flow.to, flow.at("to")):
        # Of a group each target names its flow, so that one more target renames no other's.
        suffix = f"@{target.partition(':')[2].replace('/', '.')}" if _means_many(flow.to) else ""
        for protocol, ports in by_protocol(flow.ports):
            _add(
                build,
                Flow(
                    f"{slug}-{protocol}{suffix}",
                    realm,
                    build.parties[target].vrf,
                    "declared",
                    slug,
                    protocol,
                    ports,
                    sources,
                    addresses,
                    target,
                    (),
                    Level.INTERNAL,
                    plan,
                    flow.origin,
                ),
            )


def _means_many(selector: str) -> bool:
    """Whether a selector may mean several parties, now or when one is added."""
    return selector in GROUPS or ":" in selector or selector.startswith("*/")


def _is_allowed(build: Build, realm: Realm, slug: str, flow: FlowIntent) -> bool:
    """The Internet is reached from the outer network only, and a flow needs ports unless its service has them."""
    if flow.to == "internet" and (realm is not Realm.OUTER or "internet" not in build.parties):
        build.problem(
            flow.at("to"),
            T("the flow '{slug}' leads to the Internet, which the {realm} network does not reach", slug=slug, realm=realm.value),
            T("flows inside this network; the inner network has no way to the Internet (plan §7.1.1)"),
            T("delete the flow"),
        )
        return False
    if not flow.ports and not hosts_of(build, realm, *(flow.to.partition("/")[::2])):
        build.problem(flow.origin, T("the flow '{slug}' has no ports", slug=slug), T("ports: [tcp/443]"), T("add 'ports:'"))
        return False
    return True


def _sources(build: Build, realm: Realm, flow: FlowIntent) -> tuple[tuple[str, ...], tuple[IPv4Address, ...]]:
    parties: set[str] = set()
    addresses: list[IPv4Address] = []
    for index, selector in enumerate(flow.source):
        if selector.startswith("service:"):
            service, _, role = selector.removeprefix("service:").partition("/")
            callers = hosts_of(build, realm, service, role)
            if not callers and not is_placed(build, realm, service, role):
                known = (f"service:{entry.service}/{entry.role}" for entry in build.hosts if build.parties[entry.party].realm is realm)
                build.unknown(flow.at("source", index), T("server"), selector, known)
            parties |= {entry.party for entry in callers}
            addresses += [entry.address for entry in callers]
        elif ":" in selector and selector.split(":")[0] in list(Realm):
            continue  # a side of its own; the channel check has spoken
        else:
            parties |= set(select(build, realm, selector, flow.at("source", index)))
    return tuple(sorted(parties)), tuple(sorted(addresses))


def _management(build: Build, side: RealmIntent) -> None:
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
            _add(
                build,
                Flow(
                    f"ssh-{name}",
                    realm,
                    None,
                    "management",
                    "ssh",
                    "tcp",
                    ssh,
                    operators,
                    (),
                    party.id,
                    (),
                    Level.INTERNAL,
                    ("7.1.1",),
                    origin,
                ),
            )
        if managers:
            parties, addresses = _from_hosts(managers)
            _add(
                build,
                Flow(
                    f"snmp-{name}",
                    realm,
                    None,
                    "management",
                    "snmp",
                    "udp",
                    snmp,
                    parties,
                    addresses,
                    party.id,
                    (),
                    Level.INTERNAL,
                    ("7.1.1",),
                    origin,
                ),
            )
            _add(
                build,
                Flow(
                    f"ping-{name}",
                    realm,
                    None,
                    "management",
                    "ping",
                    "icmp",
                    (),
                    parties,
                    addresses,
                    party.id,
                    (),
                    Level.INTERNAL,
                    ("7.1.1",),
                    origin,
                ),
            )
    everything = tuple(sorted(party.id for party in devices))
    for service, role in NOC_FLOWS:
        called = hosts_of(build, realm, service, role)
        if called:
            _to_hosts(build, f"devices-{service}", service, role, realm, (everything, ()), called, ("7.1.1",), origin)
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
                _add(
                    build,
                    Flow(
                        f"county-noc-{county.slug}",
                        realm,
                        None,
                        "management",
                        "snmp",
                        "udp",
                        snmp,
                        source,
                        (),
                        target,
                        (),
                        Level.INTERNAL,
                        ("7.1.1",),
                        agency.at("noc"),
                    ),
                )


def manage_host(build: Build, realm: Realm, slug: str, zone: str, address: IPv4Address, origin: Origin) -> None:
    """A managed host inside a zone of servers (a gatekeeper's unit): the same as for devices, but for its one address."""
    own = ((zone,), (address,))
    for service, role in NOC_FLOWS:
        called = hosts_of(build, realm, service, role)
        if called:
            _to_hosts(build, f"{slug}-{service}", service, role, realm, own, called, ("7.1.1",), origin)
    operators = tuple(sorted(party.id for party in build.parties.values() if party.kind is PartyKind.OPERATORS and party.realm is realm))
    managers = _from_hosts(hosts_of(build, realm, "nms", "manager"))
    for name, protocol, port, (parties, addresses) in (("ssh", "tcp", 22, (operators, ())), ("snmp", "udp", 161, managers)):
        if parties:
            ports = (PortRange(port, port),)
            flow = Flow(
                f"{name}-{slug}",
                realm,
                None,
                "management",
                name,
                protocol,
                ports,
                parties,
                addresses,
                zone,
                (address,),
                Level.INTERNAL,
                ("7.1.1",),
                origin,
            )
            _add(build, flow)


def _internet(build: Build, side: RealmIntent) -> None:
    """What parties may open on the Internet: through the egress, or for a unit with a retained exit through its own."""
    policy = build.policy
    municipal = side.municipal
    if "internet" not in build.parties or side.realm is not Realm.OUTER:
        return
    users = [party for party in build.parties.values() if party.internet and party.realm is side.realm and party.state != "planned"]
    shared = tuple(sorted(party.id for party in users if party.kind is not PartyKind.EXIT))
    for protocol, ports in by_protocol(policy.internet):
        if municipal.egress is not None and shared:
            _add(
                build,
                Flow(
                    f"internet-{protocol}",
                    side.realm,
                    None,
                    "internet",
                    "web",
                    protocol,
                    ports,
                    shared,
                    (),
                    "internet",
                    (),
                    Level.PUBLIC,
                    ("7.1.1",),
                    policy.at("internet"),
                ),
            )
        for key, exit_ in municipal.exits.items():
            own = party_id(side.realm, municipal.slug, exit_.agency)
            if own in build.parties:
                _add(
                    build,
                    Flow(
                        f"exit-{key}-{protocol}",
                        side.realm,
                        None,
                        "exit",
                        key,
                        protocol,
                        ports,
                        (own,),
                        (),
                        "internet",
                        (),
                        Level.PUBLIC,
                        ("7.1.1",),
                        exit_.origin,
                    ),
                )


def _publications(build: Build, placements: list[tuple[Realm, str, PlacementIntent]]) -> Iterator[Publication]:
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
        _add(
            build,
            Flow(
                id_,
                realm,
                None,
                slug,
                item.role,
                protocol,
                ports,
                ("internet",),
                (),
                server.party,
                (server.address,),
                Level.PUBLIC,
                build.services[slug].sections,
                item.origin,
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


def services_ports(text: str) -> tuple[str, PortRange | None]:
    """For tests and tools: `tcp/443` as the model holds it."""
    return parse_service(text)
