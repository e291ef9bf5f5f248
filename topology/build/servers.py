"""Servers: the roles of services at addresses in zones, as the placements say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from topology.build.allocation import host
from topology.build.context import Build
from topology.facts import Host, Party, PortRange, Realm
from topology.i18n import T
from topology.intent.document import PlacementIntent
from topology.origin import Origin

FIRST_SERVER = 10  # host numbers below are the gateways' and firewalls'


def placements_of(build: Build) -> Iterator[tuple[Realm, str, PlacementIntent]]:
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


def place_hosts(build: Build, slug: str, placement: PlacementIntent) -> None:
    service = build.services[slug]
    realm = next(realm for realm, name, item in placements_of(build) if name == slug and item is placement)
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


def by_protocol(ports: Iterable[tuple[str, PortRange | None]]) -> list[tuple[str, tuple[PortRange, ...]]]:
    """tcp/80, udp/53, tcp/443 -> [(tcp, 80 443), (udp, 53)]."""
    found: dict[str, list[PortRange]] = {}
    for protocol, ports_ in ports:
        found.setdefault(protocol, [])
        if ports_ is not None:
            found[protocol].append(ports_)
    return [(protocol, tuple(sorted(found[protocol], key=lambda item: item.first))) for protocol in sorted(found)]
