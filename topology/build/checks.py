"""What the parts of a centre must be for the design to follow from them: reported where it stands, before anything is worked out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from topology.build.context import Build, Lan
from topology.facts import Realm, Role
from topology.i18n import T
from topology.intent.sites import CarrierIntent, EgressIntent, MunicipalIntent
from topology.inventory import RealmIntent
from topology.origin import Origin

LAST_VLAN = 4094
LAST_FILTERED_ZONE = 104  # filters of zones behind gateways have a limited range of numbers
LONGEST = {"segment": 28, "exit": 28, "backup": 30}  # by kind of network; of any other 29
GATEWAYS = frozenset({Role.CORE, Role.AGGREGATION, Role.NOC})
ZONES_OF_OURS = frozenset({"trust", "untrust", "local", "dmz", "outer", "heartbeat"})  # names that firewalls or the design give themselves
LENGTHS = {"loopback": (32, 32), "link": (8, 30), "heartbeat": (8, 30), "segment": (8, 28), "exit": (8, 28), "management": (8, 29)}


def check_centre(build: Build, side: RealmIntent) -> None:
    """The pools, and the parts of the municipal centre against each other."""
    _pools(build, side)
    municipal = side.municipal
    _centre_devices(build, side, municipal)
    _firewalls(build, side, municipal)
    _exits(build, side, municipal)
    _peers(build, side)
    if municipal.egress is not None:
        _egress(build, side, municipal, municipal.egress)
    for index, operators in enumerate(side.network.management.operators):
        zone = municipal.zones.get(operators)
        if zone is None or zone.kind != "operators":
            known = [slug for slug, item in municipal.zones.items() if item.kind == "operators"]
            build.unknown(side.network.management.at("operators", index), T("zone of operators"), operators, known)


# ------------------------------------------------------------------------------------------------------------- pools


def _pools(build: Build, side: RealmIntent) -> None:
    pools = side.pools
    parts: list[tuple[Any, str]] = [
        (pools, name) for name in ("loopback", "link", "segment", "agency", "zone", "exit", "heartbeat", "county", "vertical")
    ]
    parts += [(pools.county_layout, name) for name in ("agency", "township", "link", "management", "loopback")]
    parts += [(pools.vertical_layout, name) for name in ("member", "link")]
    for owner, name in parts:
        pool = getattr(owner, name) if owner is not None else None
        if pool is None:
            continue
        prefix = pool.prefix if owner is pools else pool.offset
        low, high = LENGTHS.get(name, (8, 29))
        low = max(low, prefix.prefixlen)
        if not low <= pool.each <= high:
            build.problem(
                pool.at("each"),
                T("'{name}' cannot give out networks of /{each} from {prefix}", name=name, each=pool.each, prefix=str(prefix)),
                T("a shorter prefix")
                if low > high
                else T("the length {low}", low=low)
                if low == high
                else T("a length from {low} to {high}", low=low, high=high),
                T("choose another length, or another prefix"),
            )
    _layouts(build, side)


def _layouts(build: Build, side: RealmIntent) -> None:
    """Pools of blocks need the layout of a block, and a layout its pool."""
    pools = side.pools
    for pool, layout in (("county", "county_layout"), ("vertical", "vertical_layout")):
        if (getattr(pools, pool) is None) != (getattr(pools, layout) is None):
            build.problem(
                pools.at(pool if getattr(pools, pool) is not None else layout),
                T("'{pool}' and '{layout}' belong together", pool=pool, layout=layout),
                T("both, or neither of them"),
                T("add the other one"),
            )


# ----------------------------------------------------------------------------------------------------------- networks


def lan_fits(build: Build, lan: Lan, place: Origin) -> bool:
    """Whether the network is long enough for its gateways and has no host number twice."""
    longest = LONGEST.get(lan.kind, 29)
    if lan.prefix.prefixlen > longest:
        build.problem(
            place,
            T("{prefix} is too small for {title}", prefix=str(lan.prefix), title=lan.title),
            T("a prefix of /{longest} or shorter", longest=longest),
            T("choose a wider prefix"),
        )
        return False
    seen = {1 + number: name for number, name in enumerate(lan.gateways if len(lan.gateways) == 1 else ("", *lan.gateways))}
    for name, number in (*((key.partition(":")[2], number) for key, number in lan.virtual.items()), *lan.hosts.items()):
        other = seen.setdefault(number, name)
        if other != name:
            build.problem(
                place,
                T(
                    "{device} and {other} both have the host number {number} in '{lan}'",
                    device=name,
                    other=other,
                    number=number,
                    lan=lan.title,
                ),
                T("a host number of its own for each device"),
                T("change the number of one device, or pin another one in 'hosts'"),
            )
    return True


def lan_is_switched(build: Build, lan: Lan, place: Origin) -> bool:
    """Whether the ports of a VLAN are ports of switches, and those of a routed network ports of routers."""
    for port in lan.ports:
        device = build.devices[port.device]
        if lan.vlan is not None and not device.model.switching:
            build.problem(
                place,
                T("{plug} is no port of a switch, and {title} is a VLAN", plug=str(port), title=lan.title),
                T("ports of switches"),
                T("choose a port of an access switch"),
            )
            return False
        if lan.vlan is None and not device.routes:
            build.problem(
                place,
                T("{title} needs a routed port, and {device} does not route", title=lan.title, device=port.device),
                T("a port of a router"),
                T("choose a port of a router"),
            )
            return False
    return True


def lan_has_own_vlan(build: Build, lan: Lan, place: Origin) -> None:
    """A VLAN number means one network on each device, and is one that exists."""
    if lan.vlan is None:
        return
    if lan.vlan > LAST_VLAN:
        build.problem(
            place,
            T("{title} would have the VLAN {vlan}", title=lan.title, vlan=lan.vlan),
            T("VLAN numbers up to {last}", last=LAST_VLAN),
            T("choose a smaller number, or a smaller base"),
        )
    for device in dict.fromkeys((*lan.gateways, *lan.members)):
        other, where = build.vlans.setdefault((device, lan.vlan), (lan.title, place))
        if other != lan.title:
            build.problem(
                place,
                T(
                    "VLAN {vlan} of {title} is that of {other} at {place} on {device}",
                    vlan=lan.vlan,
                    title=lan.title,
                    other=other,
                    place=str(where),
                    device=device,
                ),
                T("a VLAN of its own for each network"),
                T("choose another VLAN; those of agencies and verticals count from 'agency_vlan_base' and 'vertical_vlan_base'"),
            )
            return


def check_gateways(build: Build, routers: tuple[str, ...], site: str, origin: Origin, role: Role, most: int) -> None:
    """A site has a router, or two that share an address."""
    built = all((realm, site, slug) in build.local for realm in Realm for slug in build.written.get((realm, site), ()))
    if built and not 1 <= len(routers) <= most:
        build.problem(
            origin,
            T("{site} has {count} devices of the role {role}", site=site, count=len(routers), role=role.value),
            T("1 to {count}", count=most) if most > 1 else T("one"),
            T("correct 'devices' of its profile"),
        )


# ------------------------------------------------------------------------------------------------- devices of the centre


def _centre_devices(build: Build, side: RealmIntent, municipal: MunicipalIntent) -> None:
    for field, roles in (("gateways", GATEWAYS), ("management_gateways", GATEWAYS), ("noc", GATEWAYS), ("cores", {Role.CORE})):
        slugs = getattr(municipal, field)
        _roles(build, side, slugs, roles, [municipal.at(field, index) for index in range(len(slugs))])
        if not 1 <= len(slugs) <= (2 if field != "cores" else 8):
            build.problem(
                municipal.at(field),
                T("'{field}' names {count} devices", field=field, count=len(slugs)),
                T("1 to {count}", count=2),
                T("correct the list"),
            )
    for slug, segment in municipal.segments.items():
        _roles(
            build,
            side,
            segment.gateways,
            frozenset(Role) - {Role.ACCESS, Role.OOB, Role.CLOCK, Role.CONSOLE_SERVER},
            [segment.at("gateways")] * 99,
        )
        if not 1 <= len(segment.gateways) <= 2:
            build.problem(
                segment.at("gateways"),
                T("'{field}' names {count} devices", field="gateways", count=len(segment.gateways)),
                T("1 to {count}", count=2),
                T("correct the list"),
            )
        for name in segment.hosts:
            if name not in segment.members:
                build.unknown(segment.key_at("hosts", name), T("member"), name, segment.members)
        _zone_name(build, slug, segment.key_at(), municipal)
    for slug, zone in municipal.zones.items():
        if zone.gateways:
            _roles(build, side, zone.gateways, GATEWAYS, [zone.at("gateways", index) for index in range(len(zone.gateways))])
            if zone.number >= LAST_FILTERED_ZONE:
                build.problem(
                    zone.at("number"),
                    T("the number {number} is too large for a zone behind gateways", number=zone.number),
                    T("1 to {count}", count=LAST_FILTERED_ZONE - 1),
                    T("choose a smaller number"),
                )
        if len(zone.gateways) > 2:
            build.problem(
                zone.at("gateways"),
                T("'{field}' names {count} devices", field="gateways", count=len(zone.gateways)),
                T("1 to {count}", count=2),
                T("correct the list"),
            )
        _zone_name(build, slug, zone.origin, municipal)
    for slug, device in municipal.devices.items():
        if device.management == "oob" and (municipal.oob_vlan is None or side.pools.oob is None):
            build.problem(
                device.at("management"),
                T("'{slug}' is to be managed out of band, but there is no out-of-band network", slug=slug),
                T("'oob_vlan' of the centre and 'oob' of the pools"),
                T("add them, or delete 'management: oob'"),
            )


def _zone_name(build: Build, slug: str, origin: Origin, municipal: MunicipalIntent) -> None:
    """Zones of servers and segments become zones of firewalls, which have names of their own."""
    if slug in ZONES_OF_OURS or slug.startswith("untrust"):
        build.problem(origin, T("'{slug}' is a name that firewalls use themselves", slug=slug), T("any other name"), T("rename it"))
    elif slug in municipal.zones and slug in municipal.segments:
        build.problem(
            origin, T("'{slug}' is the name of a zone and of a segment", slug=slug), T("a name of its own"), T("rename one of the two")
        )


def _roles(build: Build, side: RealmIntent, slugs: Iterable[str], roles: Iterable[Role], places: list[Origin]) -> None:
    """Each named device has one of the roles; unknown ones have been reported."""
    allowed = set(roles)
    for slug, place in zip(slugs, places, strict=False):
        name = build.local.get((side.realm, side.municipal.slug, slug))
        if name is not None and build.devices[name].role not in allowed:
            build.problem(
                place,
                T("'{slug}' is of the role {role}", slug=slug, role=build.devices[name].role.value),
                T("a device of the role {roles}", roles=", ".join(role.value for role in Role if role in allowed)),
                T("name another device"),
            )


def _peers(build: Build, side: RealmIntent) -> None:
    for slug, peer in side.document.peers.items():
        for key, link in peer.links.items():
            if peer.kind == "isp":
                build.problem(
                    peer.at("links", key),
                    T("the Internet carrier '{peer}' has no links of its own", peer=slug),
                    T("'links' of a province only"),
                    T("name the carrier in 'egress' or 'exits' of the municipal centre"),
                )
            _roles(build, side, (link.device,), {Role.CORE}, [link.at("device")])


# ------------------------------------------------------------------------------------------------------- ways outwards


def _firewalls(build: Build, side: RealmIntent, municipal: MunicipalIntent) -> None:
    """Firewalls work in pairs; a pair has its inside segment and its place."""
    paired: dict[str, Origin] = {}
    for pair in municipal.pairs.values():
        for field in ("active", "standby"):
            name = getattr(pair, field)
            _roles(build, side, (name,), {Role.EGRESS_FIREWALL, Role.HOSTING_FIREWALL}, [pair.at(field)])
            other = paired.setdefault(name, pair.at(field))
            if other != pair.at(field):
                build.problem(
                    pair.at(field),
                    T("'{device}' is in a pair already, at {place}", device=name, place=str(other)),
                    T("two firewalls of their own"),
                    T("name another device"),
                )
        for field in ("inside", "border_management"):
            segment = municipal.segments.get(getattr(pair, field) or "")
            missing = [name for name in (pair.active, pair.standby) if segment is not None and name not in segment.members]
            if missing:
                _not_in_segment(build, pair.at(field), missing[0], getattr(pair, field), segment)
    for slug, device in municipal.devices.items():
        if device.role in (Role.EGRESS_FIREWALL, Role.HOSTING_FIREWALL) and slug not in paired:
            build.problem(
                device.origin, T("the firewall '{slug}' is in no pair", slug=slug), T("an entry of 'pairs' with it"), T("add it to 'pairs'")
            )
        if device.role is Role.EGRESS_FIREWALL and (municipal.egress is None or slug not in _members(municipal, municipal.egress.pair)):
            build.problem(
                device.origin,
                T("the firewall '{slug}' is not that of the egress", slug=slug),
                T("a member of the pair that 'egress' names"),
                T("correct 'egress' or the role"),
            )


def _members(municipal: MunicipalIntent, slug: str) -> tuple[str, ...]:
    pair = municipal.pairs.get(slug)
    return (pair.active, pair.standby) if pair else ()


def _not_in_segment(build: Build, place: Origin, device: str, slug: str, segment: Any) -> None:
    build.problem(
        place,
        T("'{device}' is no member of the segment '{segment}'", device=device, segment=slug),
        T("one of its members: {names}", names=", ".join(segment.members)),
        T("add it at {place}", place=str(segment.at("members"))),
    )


def _egress(build: Build, side: RealmIntent, municipal: MunicipalIntent, egress: EgressIntent) -> None:
    if egress.pair not in municipal.pairs:
        build.unknown(egress.at("pair"), T("firewall pair"), egress.pair, municipal.pairs)
        return
    _roles(build, side, _members(municipal, egress.pair), {Role.EGRESS_FIREWALL}, [egress.at("pair")] * 2)
    if not egress.carriers:
        build.problem(egress.at("carriers"), T("the egress has no carrier"), T("at least one"), T("add a carrier, or delete 'egress'"))
    seen: dict[tuple[str, object], CarrierIntent] = {}
    for slug, carrier in egress.carriers.items():
        _carrier(build, side, municipal, carrier, _members(municipal, egress.pair))
        for field in ("number", "segment"):
            other = seen.setdefault((field, getattr(carrier, field)), carrier)
            if other is not carrier:
                build.problem(
                    carrier.at(field),
                    T("the {field} of the carrier '{slug}' is also that at {place}", field=field, slug=slug, place=str(other.at(field))),
                    T("one of its own"),
                    T("choose another one"),
                )


def _carrier(build: Build, side: RealmIntent, municipal: MunicipalIntent, carrier: CarrierIntent, firewalls: tuple[str, ...]) -> None:
    build.device(side.realm, municipal.slug, carrier.router, carrier.at("router"))
    _roles(build, side, (carrier.router,), {Role.BORDER_ROUTER}, [carrier.at("router")])
    _isp(build, side, carrier)
    if carrier.plug.partition(" ")[0] != carrier.router:
        build.problem(
            carrier.at("plug"),
            T("the circuit of the carrier does not end on '{router}'", router=carrier.router),
            T("a port of '{router}'", router=carrier.router),
            T("correct 'plug' or 'router'"),
        )
    segment = municipal.segments.get(carrier.segment)
    if segment is None:
        build.unknown(carrier.at("segment"), T("segment"), carrier.segment, municipal.segments)
    else:
        for name in (carrier.router, *firewalls):
            if name not in segment.members:
                _not_in_segment(build, carrier.at("segment"), name, carrier.segment, segment)
        if carrier.router not in segment.gateways:
            build.problem(
                segment.at("gateways"),
                T("'{device}' is no gateway of the segment to its carrier", device=carrier.router),
                T("the border router"),
                T("correct 'gateways'"),
            )
    if not carrier.translated.subnet_of(carrier.block):
        build.problem(
            carrier.at("translated"),
            T("{prefix} is no part of {block}", prefix=str(carrier.translated), block=str(carrier.block)),
            T("a part of 'block'"),
            T("correct one of the two"),
        )
    first, last = carrier.pool
    if not 1 <= first <= last < carrier.translated.num_addresses - 1:
        build.problem(
            carrier.at("pool"),
            T("the addresses {first} to {last} do not fit into {prefix}", first=first, last=last, prefix=str(carrier.translated)),
            T("first and last host number, up to {count}", count=carrier.translated.num_addresses - 2),
            T("correct 'pool' or 'translated'"),
        )


def _isp(build: Build, side: RealmIntent, owner: Any) -> None:
    peer = side.document.peers.get(owner.peer)
    if peer is not None and peer.kind != "isp":
        build.problem(
            owner.at("peer"),
            T("the peer '{peer}' is of kind {kind}", peer=owner.peer, kind=peer.kind),
            T("a peer of kind isp"),
            T("name another peer"),
        )


def _exits(build: Build, side: RealmIntent, municipal: MunicipalIntent) -> None:
    seen: dict[tuple[str, str], Origin] = {}
    for exit_ in municipal.exits.values():
        _roles(build, side, (exit_.device,), {Role.EXIT_FIREWALL}, [exit_.at("device")])
        _isp(build, side, exit_)
        for field in ("agency", "device"):
            other = seen.setdefault((field, getattr(exit_, field)), exit_.at(field))
            if other != exit_.at(field):
                build.problem(
                    exit_.at(field),
                    T("'{name}' has an exit already, at {place}", name=getattr(exit_, field), place=str(other)),
                    T("one exit for each unit and firewall"),
                    T("delete one of the two"),
                )
    for slug, device in municipal.devices.items():
        if device.role is Role.EXIT_FIREWALL and ("device", slug) not in seen:
            build.problem(
                device.origin,
                T("the firewall '{slug}' belongs to no exit", slug=slug),
                T("an entry of 'exits' with it"),
                T("add it to 'exits', or delete the device"),
            )
        if device.role is Role.BORDER_ROUTER and slug not in {
            item.router for item in (municipal.egress.carriers.values() if municipal.egress else ())
        }:
            build.problem(
                device.origin,
                T("the border router '{slug}' belongs to no carrier", slug=slug),
                T("a carrier of 'egress' with it"),
                T("add the carrier, or delete the device"),
            )
