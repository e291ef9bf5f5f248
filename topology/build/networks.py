"""Parties and their networks: agencies, townships, zones of servers, segments between gateways, device management, members of verticals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

from topology.build.allocation import from_pool, from_slice, host
from topology.build.cabling import county_block
from topology.build.checks import check_centre, check_gateways, lan_fits, lan_has_own_vlan, lan_is_switched
from topology.build.context import Build, Lan
from topology.build.places import SWITCHES
from topology.facts import Attachment, Level, Name, Party, PartyKind, Realm, Role, Tier, Use
from topology.i18n import T
from topology.intent.common import name_of
from topology.intent.sites import AgencyIntent, CountyIntent, MunicipalIntent, ProfileIntent, TerminalsIntent, TownshipIntent, ZoneIntent
from topology.inventory import RealmIntent
from topology.origin import Origin

# First filter numbers by kind of network: a filter's number follows from what it protects, so that a new one moves no other.
AGENCY_FILTERS, VERTICAL_FILTERS, MANAGEMENT_FILTERS, SITE_FILTERS, ZONE_FILTERS, PEER_FILTERS = 3000, 3520, 3700, 3710, 3750, 3960
COUNTY_LANS = 56  # county-wide networks of a profile take the agencies' numbers from here on
LEGACY_ROUTER = 254  # in an agency's network: the host behind which its range from before the plan is
COUNTY_STATION = 10  # host number of a county's own management station in its network
OOB_FILTERS = MANAGEMENT_FILTERS + 4
FIREWALL_HOSTS = 4  # a firewall pair that is no gateway on a segment: virtual address, active, standby


def build_networks(build: Build) -> None:
    """Fills `lans`, `parties`, `zones`, `pairs`."""
    for side in build.intent.realms:
        municipal = side.municipal
        _pairs(build, side, municipal)
        _segments(build, side, municipal)
        for slug, zone in municipal.zones.items():
            _zone(build, side, municipal, slug, zone)
        _agencies(build, side, municipal.slug, municipal.agencies, municipal.retired_agencies, None, None)
        for county in side.counties:
            _county(build, side, county)
        _verticals(build, side)
        _management(build, side, municipal)
        _externals(build, side)
        check_centre(build, side)


def party_id(realm: Realm, site: str, slug: str) -> str:
    """`outer:qingzhen/gongan`."""
    return f"{realm.value}:{site}/{slug}"


def _gateways(build: Build, realm: Realm, site: str, slugs: Iterable[str], origin: Origin) -> tuple[str, ...]:
    found = (build.device(realm, site, slug, origin) for slug in slugs)
    return tuple(name for name in found if name is not None)


def _ports(
    build: Build, realm: Realm, site: str, owner: Any, field: str, plugs: Iterable[str], title: str, *, use: bool = True
) -> tuple[Attachment, ...]:
    found = []
    for index, text in enumerate(plugs):
        origin = owner.at(field, index)
        plug = build.plug(realm, site, text, origin)
        if plug is not None:
            attachment = Attachment(*plug)
            found.append(attachment)
            if use and attachment not in build.access_ends:
                build.use(attachment, title, origin)
    return tuple(found)


def _add_lan(build: Build, lan: Lan, profiled: Origin | None = None) -> None:
    """`profiled`: what the site's profile says of this network, where it does."""
    if _claim_lan(build, lan, profiled):
        build.lans.append(lan)


def _claim_lan(build: Build, lan: Lan, profiled: Origin | None = None) -> bool:
    """Notes whose its addresses and its VLAN are; whether it can be built."""
    place = profiled or lan.origin
    build.take(lan.realm, lan.vrf, lan.prefix, lan.title, lan.origin, profiled)
    good = lan_fits(build, lan, place) and lan_is_switched(build, lan, place)
    if good:
        lan_has_own_vlan(build, lan, place)
    return good


def _add_party(build: Build, party: Party) -> None:
    other = build.parties.get(party.id)
    if other is not None:
        build.problem(
            party.origin,
            T("there are two '{name}' in one place, the other is at {place}", name=party.id.partition(":")[2], place=str(other.origin)),
            T("a slug of its own in each site"),
            T("rename one of the two"),
        )
    build.parties.setdefault(party.id, party)


def _switches(ports: tuple[Attachment, ...], gateways: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(port.device for port in ports if port.device not in gateways))


def _pairs(build: Build, side: RealmIntent, municipal: MunicipalIntent) -> None:
    for slug, pair in municipal.pairs.items():
        names = [
            build.device(side.realm, municipal.slug, name, pair.at(field))
            for field, name in (("active", pair.active), ("standby", pair.standby))
        ]
        if names[0] and names[1]:
            build.pairs[f"{side.realm.value}:{slug}"] = (names[0], names[1])
        for field, segment in (("inside", pair.inside), ("border_management", pair.border_management)):
            if segment is not None and segment not in municipal.segments:
                build.unknown(pair.at(field), T("segment"), segment, municipal.segments)


def _pair_of(build: Build, devices: Iterable[str]) -> str | None:
    wanted = set(devices)
    return next((key for key, pair in build.pairs.items() if wanted and set(pair) == wanted), None)


def _segments(build: Build, side: RealmIntent, municipal: MunicipalIntent) -> None:
    pools = side.pools
    zones = {pair.inside: "trust" for pair in municipal.pairs.values()}
    if municipal.egress:
        zones |= {carrier.segment: f"untrust-{slug}" for slug, carrier in municipal.egress.carriers.items()}
    for slug, segment in municipal.segments.items():
        prefix = segment.prefix or from_pool(build, pools.segment, segment.number, f"segment {slug}", segment.at("number"))
        gateways = _gateways(build, side.realm, municipal.slug, segment.gateways, segment.at("gateways"))
        members = _gateways(build, side.realm, municipal.slug, segment.members, segment.at("members"))
        if prefix is None:
            continue
        others = tuple(name for name in members if name not in gateways)
        pinned = {build.local.get((side.realm, municipal.slug, name), name): number for name, number in segment.hosts.items()}
        hosts, virtual = _segment_hosts(build, others, pinned, managed=_pair_of(build, gateways) is not None)
        _add_lan(
            build,
            Lan(
                key=f"{side.realm.value}:segment/{slug}",
                realm=side.realm,
                site=municipal.slug,
                kind="segment",
                vlan=segment.vlan,
                vrf=None,
                prefix=prefix,
                gateways=gateways,
                pair=_pair_of(build, gateways),
                members=others,
                hosts=hosts,
                virtual=virtual,
                ports=(),
                parties=(),
                filter_base=None,
                zone=zones.get(slug, slug),
                title=f"segment {slug}",
                origin=segment.origin,
            ),
        )


def _segment_hosts(
    build: Build, others: tuple[str, ...], pinned: dict[str, int], *, managed: bool
) -> tuple[dict[str, int], dict[str, int]]:
    """Host numbers of members that are no gateway. Layer-2 switches have one only where they are managed: behind a firewall, not outside."""
    hosts: dict[str, int] = {}
    virtual: dict[str, int] = {}
    for key, pair in build.pairs.items():
        if set(pair) <= set(others):
            virtual[key] = FIREWALL_HOSTS
            hosts |= {pair[0]: FIREWALL_HOSTS + 1, pair[1]: FIREWALL_HOSTS + 2}
    for name in others:
        if build.devices[name].role in SWITCHES and not managed:
            continue
        hosts.setdefault(name, pinned.get(name, FIREWALL_HOSTS + 2 + build.devices[name].number))
    return hosts, virtual


def _zone(build: Build, side: RealmIntent, municipal: MunicipalIntent, slug: str, zone: ZoneIntent) -> None:
    pools = side.pools
    prefix = zone.prefix or from_pool(build, pools.zone, zone.number, f"zone {slug}", zone.at("number"))
    ports = _ports(build, side.realm, municipal.slug, zone, "at_ports", zone.at_ports, f"zone {slug}")
    ports += _unit_ports(build, side.realm, municipal.slug, slug)
    pair = f"{side.realm.value}:{zone.behind}" if zone.behind else None
    if (zone.behind is None) == (not zone.gateways):
        build.problem(
            zone.origin,
            T("the zone must say what stands in front of it"),
            T("either 'behind' (a firewall pair) or 'gateways'"),
            T("add one of the two"),
        )
        return
    if pair is not None and pair not in build.pairs:
        build.unknown(zone.at("behind"), T("firewall pair"), zone.behind or "", municipal.pairs, municipal.pairs)
        return
    gateways = build.pairs[pair] if pair else _gateways(build, side.realm, municipal.slug, zone.gateways, zone.at("gateways"))
    if prefix is None:
        return
    id_ = party_id(side.realm, municipal.slug, slug)
    build.zones[(side.realm, slug)] = id_
    kind = PartyKind.OPERATORS if zone.kind == "operators" else PartyKind.ZONE
    _add_party(
        build,
        Party(
            id_, kind, side.realm, None, name_of(zone.name, slug), municipal.slug, Tier.MUNICIPAL, (prefix,), ports, gateways, None, zone.level, 1,
            "connected", zone.origin, zone_kind=zone.kind,
        ),
    )  # fmt: skip
    _add_lan(
        build,
        Lan(
            id_, side.realm, municipal.slug, "party", zone.vlan, None, prefix, gateways, pair, _switches(ports, gateways), {}, {}, ports,
            ((id_, (prefix,)),), None if pair else ZONE_FILTERS + 2 * zone.number, slug, f"zone {slug}", zone.origin,
        ),
    )  # fmt: skip


def _unit_ports(build: Build, realm: Realm, site: str, zone: str) -> tuple[Attachment, ...]:
    """Switch ports of the gatekeepers' host units that stand in a zone."""
    units = [gatekeeper.outer if realm is Realm.OUTER else gatekeeper.inner for gatekeeper in build.gatekeeper.gatekeepers.values()]
    plugs = [build.plug(realm, site, unit.to, unit.at("to")) for unit in units if unit.zone == zone]
    return tuple(Attachment(*plug) for plug in plugs if plug is not None)


def _agencies(
    build: Build,
    side: RealmIntent,
    site: str,
    agencies: tuple[AgencyIntent, ...],
    retired: tuple[int, ...],
    county: CountyIntent | None,
    profile: ProfileIntent | None,
) -> None:
    numbers: dict[int, AgencyIntent] = {}
    for agency in agencies:
        other = numbers.setdefault(agency.number, agency)
        allowed = T("a number of its own in {site}, never one that was retired", site=site)
        if other is not agency:
            what = T(
                "the number {number} of '{slug}' is also that of '{other}' at {place}",
                number=agency.number,
                slug=agency.slug,
                other=other.slug,
                place=str(other.at("number")),
            )
            build.problem(agency.at("number"), what, allowed, T("choose a free number"))
        elif agency.number in retired:
            what = T("the number {number} is retired: its addresses belonged to an agency that was deleted", number=agency.number)
            build.problem(agency.at("number"), what, allowed, T("choose a free number"))
        _agency(build, side, site, agency, county, profile)


def _agency_ports(
    build: Build, side: RealmIntent, site: str, agency: AgencyIntent, profile: ProfileIntent | None, *, use: bool
) -> tuple[Attachment, ...]:
    if agency.at_ports:
        return _ports(build, side.realm, site, agency, "at_ports", agency.at_ports, agency.slug, use=use)
    if profile is None or profile.access is None:
        hint = T("add 'at:', or 'access' to the profile at {place}", place=str(profile.origin)) if profile else T("add 'at:'")
        build.problem(agency.origin, T("'{slug}' does not say where it is plugged in", slug=agency.slug), T("at: [DEVICE PORT]"), hint)
        return ()
    ports = profile.access.ports
    if agency.number > len(ports):
        build.problem(
            agency.at("number"),
            T("the profile has no access port for agency number {number}", number=agency.number),
            T("1 to {count} ({place})", count=len(ports), place=str(profile.access.at("ports"))),
            T("name the port with 'at:', or add ports to the profile"),
        )
        return ()
    plug = build.plug(
        side.realm, site, f"{profile.access.device} {ports[agency.number - 1]}", profile.access.at("ports", agency.number - 1)
    )
    if plug is None:
        return ()
    build.use(Attachment(*plug), agency.slug, agency.origin)
    return (Attachment(*plug),)


def _agency(
    build: Build, side: RealmIntent, site: str, agency: AgencyIntent, county: CountyIntent | None, profile: ProfileIntent | None
) -> None:
    municipal, pools = side.municipal, side.pools
    title = f"agency {site}/{agency.slug}"
    exit_ = next((item for item in municipal.exits.values() if county is None and item.agency == agency.slug), None)
    ports = _agency_ports(build, side, site, agency, profile, use=exit_ is None)
    if agency.prefix:
        prefix: IPv4Network | None = agency.prefix
    elif county is None:
        prefix = from_pool(build, pools.agency, agency.number, title, agency.at("number"))
    else:
        layout = pools.county_layout.agency if pools.county_layout else None
        prefix = from_slice(build, county_block(build, side, county), layout, agency.number, title, agency.at("number"))
    gateways = _site_gateways(build, side, county)
    base = profile.agency_vlan_base if profile and profile.agency_vlan_base else municipal.agency_vlan_base
    if prefix is None or not gateways:
        return
    id_ = party_id(side.realm, site, agency.slug)
    prefixes = (prefix, agency.legacy) if agency.legacy else (prefix,)
    party = Party(
        id_, PartyKind.AGENCY, side.realm, None, name_of(agency.name, agency.slug), site, Tier.COUNTY if county else Tier.MUNICIPAL, prefixes, ports,
        gateways, agency.system, agency.level, agency.phase, agency.state, agency.origin, internet=agency.internet, legacy=agency.legacy is not None,
        survives=build.sites[(side.realm, site)].survives,
    )  # fmt: skip
    if agency.noc:
        host(build, prefix, COUNTY_STATION, f"the management station of {title}", agency.origin)
    if agency.node:
        party = replace(party, kind=PartyKind.NODE)
    lan = Lan(
        id_, side.realm, site, "party", base + agency.number, None, prefix, gateways, None, _switches(ports, gateways), {}, {}, ports,
        ((id_, prefixes),), AGENCY_FILTERS + 2 * agency.number, None, title, agency.origin, county.number if county else 0,
    )  # fmt: skip
    if agency.legacy:
        host(build, prefix, LEGACY_ROUTER, f"the router of {title}'s legacy range", agency.at("legacy"))
        build.take(side.realm, None, agency.legacy, f"{title}, legacy", agency.at("legacy"))
    if agency.state == "planned":  # its number, addresses and ports are its own already; the ports stay shut
        _add_party(build, party)
        _claim_lan(build, lan)
        build.reserved += [(port, title, agency.origin) for port in ports]
        return
    if exit_ is not None:
        _exit(build, side, party, lan)
        return
    _add_party(build, party)
    _add_lan(build, lan)


def _site_gateways(build: Build, side: RealmIntent, county: CountyIntent | None) -> tuple[str, ...]:
    municipal = side.municipal
    if county is None:
        return _gateways(build, side.realm, municipal.slug, municipal.gateways, municipal.at("gateways"))
    return site_routers(build, side.realm, county.slug, Role.COUNTY_ROUTER)


def site_routers(build: Build, realm: Realm, site: str, role: Role) -> tuple[str, ...]:
    """The routers of a site, by number."""
    found = [build.devices[name] for name in build.in_site.get((realm, site), ()) if build.devices[name].role is role]
    return tuple(device.name for device in sorted(found, key=lambda device: device.number))


def _exit(build: Build, side: RealmIntent, party: Party, lan: Lan) -> None:
    """A unit behind its own firewall: the firewall takes the place of the LAN at the gateways, the LAN hangs on the firewall."""
    municipal, pools = side.municipal, side.pools
    key, exit_ = next((k, v) for k, v in municipal.exits.items() if party.id == party_id(side.realm, municipal.slug, v.agency))
    device = build.device(side.realm, municipal.slug, exit_.device, exit_.at("device"))
    transit = from_pool(build, pools.exit, exit_.number, f"exit {key}", exit_.at("number"))
    port = build.plug(side.realm, municipal.slug, f"{exit_.device} {exit_.lan}", exit_.at("lan"))
    outer = build.plug(side.realm, municipal.slug, f"{exit_.device} {exit_.outer}", exit_.at("outer"))
    if device is None or transit is None or port is None or outer is None:
        return
    cabled = any(
        cable.use is Use.ACCESS and {(cable.a.device, cable.a.port), (cable.b.device, cable.b.port)} == {outer, (at.device, at.port)}
        for cable in build.cables
        for at in lan.ports
    )
    if lan.ports and not cabled:
        build.problem(
            exit_.at("outer"),
            T("no cable leads from {device} {port} to the port of '{agency}'", device=outer[0], port=outer[1], agency=exit_.agency),
            T("a cable with use: access"),
            T("add it to 'cables' of the municipal centre"),
        )
    attachment = Attachment(*port)
    build.use(attachment, party.id, exit_.origin)
    _add_party(build, replace(party, kind=PartyKind.EXIT, attachments=(attachment,), gateways=(device,), internet=True))
    # The gateways' side: the agency's VLAN is now a transit network to the exit firewall.
    management = ((party.id, party.prefixes), (party_id(side.realm, municipal.slug, "devices"), (transit,)))
    _add_lan(
        build,
        replace(
            lan, key=f"{lan.key}/transit", kind="segment", prefix=transit, members=(*lan.members, device), hosts={device: FIREWALL_HOSTS},
            parties=management, zone="outer", title=f"exit {key}", origin=exit_.origin,
        ),
    )  # fmt: skip
    _add_lan(
        build,
        replace(
            lan, vlan=None, gateways=(device,), members=(), ports=(attachment,), filter_base=None, zone="trust", title=f"exit {key} unit"
        ),
    )


def _county(build: Build, side: RealmIntent, county: CountyIntent) -> None:
    profile = side.document.profiles.get(county.profile)
    if profile is None or profile.tier != "county":
        return
    _agencies(build, side, county.slug, county.agencies, county.retired_agencies, county, profile)
    pools = side.pools
    layout = pools.county_layout
    block = county_block(build, side, county)
    routers = _site_gateways(build, side, county)
    check_gateways(build, routers, county.slug, profile.at("devices"), Role.COUNTY_ROUTER, 2)
    name = name_of(county.name, county.slug)
    for slug, lan in profile.lans.items():
        prefix = from_slice(
            build, block, layout.agency if layout else None, COUNTY_LANS + lan.index, f"{county.slug} {slug}", county.origin
        )
        _site_lan(build, side, county.slug, slug, lan, prefix, routers, name, county, Tier.COUNTY, county.origin, 1, "connected")
    _backup_link(build, side, county, profile, routers)
    _device_lan(build, side, county.slug, profile, routers, block, 0, county, county.origin)
    for terminals in county.terminals:
        _terminals(build, side, county, terminals, block)
    for township in county.townships:
        _township(build, side, county, township, block)


def _backup_link(build: Build, side: RealmIntent, county: CountyIntent, profile: ProfileIntent, routers: tuple[str, ...]) -> None:
    """The second adjacency of the pair, a VLAN through the switch, on a medium of its own."""
    pools = side.pools
    backup = profile.backup_link
    if backup is None or len(routers) != 2:
        return
    layout = pools.county_layout.link if pools.county_layout else None
    prefix = from_slice(build, county_block(build, side, county), layout, backup.number, f"backup link of {county.slug}", county.origin)
    switches = tuple(name for name in build.in_site[(side.realm, county.slug)] if build.devices[name].role is Role.DISTRIBUTION)
    if prefix is None:
        return
    _add_lan(
        build,
        Lan(
            f"{side.realm.value}:{county.slug}/backup", side.realm, county.slug, "backup", backup.vlan, None, prefix, routers, None, switches, {}, {}, (), (),
            None, None, f"backup link {county.slug}", county.origin, county.number,
        ),
        backup.origin,
    )  # fmt: skip


def _site_lan(
    build: Build, side: RealmIntent, site: str, slug: str, lan: Any, prefix: IPv4Network | None, routers: tuple[str, ...], name: Name,
    county: CountyIntent, tier: Tier, origin: Origin, phase: int, state: str,
) -> None:  # fmt: skip
    if prefix is None or not routers:
        return
    ports = _ports(build, side.realm, site, lan, "ports", lan.ports, f"{site}/{slug}")
    id_ = party_id(side.realm, site, slug)
    kind = PartyKind.NODE if lan.kind == "node" else PartyKind.TOWNSHIP
    label = Name(f"{name.zh}·远程教育节点", f"{name.en} distance-education node") if lan.kind == "node" else name
    _add_party(
        build,
        Party(
            id_, kind, side.realm, None, label, site, tier, (prefix,), ports, routers, None, Level.INTERNAL, phase, state, origin, internet=True,
            survives=build.sites[(side.realm, site)].survives,
        ),
    )  # fmt: skip
    _add_lan(
        build,
        Lan(
            id_, side.realm, site, "party", lan.vlan, None, prefix, routers, None, _switches(ports, routers), {}, {}, ports, ((id_, (prefix,)),),
            SITE_FILTERS + 2 * lan.index, None, f"{site} {slug}", origin, county.number,
        ),
        lan.origin,
    )  # fmt: skip


def _device_lan(
    build: Build, side: RealmIntent, site: str, profile: ProfileIntent, routers: tuple[str, ...], block: IPv4Network | None, number: int,
    county: CountyIntent, origin: Origin,
) -> None:  # fmt: skip
    """In-band management of a site's layer-2 switches."""
    switches = tuple(name for name in build.in_site.get((side.realm, site), ()) if build.devices[name].role in SWITCHES)
    if not switches or profile.management_vlan is None or not routers:
        return
    pools = side.pools
    layout = pools.county_layout.management if pools.county_layout else None
    prefix = from_slice(build, block, layout, number, f"device management of {site}", origin)
    if prefix is None:
        return
    devices = party_id(side.realm, county.slug, "devices")
    _add_lan(
        build,
        Lan(
            f"{side.realm.value}:{site}/management", side.realm, site, "management", profile.management_vlan, None, prefix, routers, None, switches,
            {name: 1 + build.devices[name].number for name in switches}, {}, (), ((devices, (prefix,)),), MANAGEMENT_FILTERS, None,
            f"management {site}", origin, county.number,
        ),
        profile.at("management_vlan"),
    )  # fmt: skip


def _terminals(build: Build, side: RealmIntent, county: CountyIntent, terminals: TerminalsIntent, block: IPv4Network | None) -> None:
    pools = side.pools
    title = f"terminals {county.slug}/{terminals.slug}"
    layout = pools.county_layout.agency if pools.county_layout else None
    prefix = from_slice(build, block, layout, terminals.number, title, terminals.at("number"))
    plug = build.plug(side.realm, county.slug, terminals.at_port, terminals.at("at_port"))
    if prefix is None or plug is None:
        return
    attachment = Attachment(*plug)
    build.use(attachment, title, terminals.at("at_port"))
    gateways = (plug[0],)
    id_ = party_id(side.realm, county.slug, terminals.slug)
    _add_party(
        build,
        Party(
            id_, PartyKind.TERMINALS, side.realm, None, name_of(terminals.department, terminals.slug), county.slug, Tier.COUNTY, (prefix,), (attachment,),
            gateways, terminals.system, terminals.level, 1, "connected", terminals.origin,
        ),
    )  # fmt: skip
    _add_lan(
        build,
        Lan(
            id_, side.realm, county.slug, "party", None, None, prefix, gateways, None, (), {}, {}, (attachment,), ((id_, (prefix,)),),
            AGENCY_FILTERS + 2 * terminals.number, None, title, terminals.origin, county.number,
        ),
    )  # fmt: skip


def _township(build: Build, side: RealmIntent, county: CountyIntent, township: TownshipIntent, block: IPv4Network | None) -> None:
    profile = side.document.profiles.get(township.profile)
    pools = side.pools
    if profile is None or profile.tier != "township":
        return
    site = f"{county.slug}/{township.slug}"
    layout = pools.county_layout
    area = township.prefix or from_slice(
        build, block, layout.township if layout else None, township.number, f"township {site}", township.at("number")
    )
    routers = site_routers(build, side.realm, site, Role.TOWNSHIP_ROUTER)
    check_gateways(build, routers, site, profile.at("devices"), Role.TOWNSHIP_ROUTER, 1)
    length = pools.township_layout.lan if pools.township_layout else 24
    name = name_of(township.name, township.slug)
    for slug, lan in profile.lans.items():
        prefix = None
        if area is not None:
            prefix = _part(build, area, length, lan.index, site, township.origin)
        _site_lan(
            build, side, site, slug, lan, prefix, routers, name, county, Tier.TOWNSHIP, township.origin, township.phase, township.state
        )
    _device_lan(build, side, site, profile, routers, block, township.number, county, township.origin)


def _part(build: Build, block: IPv4Network, length: int, index: int, site: str, origin: Origin) -> IPv4Network | None:
    if length < block.prefixlen or index >= 1 << (length - block.prefixlen):
        build.problem(
            origin,
            T("{prefix} has no part number {index} of /{length} for {site}", prefix=str(block), index=index, length=length, site=site),
            T("a block that holds all networks of the site"),
            T("widen the township blocks, or the pin"),
        )
        return None
    return IPv4Network((int(block.network_address) + (index << (32 - length)), length))


def _verticals(build: Build, side: RealmIntent) -> None:
    municipal, pools = side.municipal, side.pools
    counties = {county.slug: county for county in side.counties}
    for slug, vertical in side.document.verticals.items():
        block = (
            from_pool(build, pools.vertical, vertical.number, f"vertical {slug}", vertical.at("number")) if vertical.mode == "vrf" else None
        )
        layout = pools.vertical_layout.member if pools.vertical_layout else None
        for index, member in enumerate(vertical.attached):
            place = vertical.at("attached", index)
            county = counties.get(member.county) if member.county else None
            if member.county and county is None:
                build.unknown(vertical.at("attached", index, "county"), T("county"), member.county, counties)
                continue
            site = county.slug if county else municipal.slug
            agency = build.parties.get(party_id(side.realm, site, member.agency))
            if agency is None:
                known = [item.slug for item in (county.agencies if county else municipal.agencies)]
                build.unknown(vertical.at("attached", index, "agency"), T("agency"), member.agency, known, known)
                continue
            _member(
                build,
                side,
                slug,
                vertical.number,
                member,
                site,
                county,
                agency,
                from_slice(build, block, layout, member.number, f"{slug} in {site}", place),
            )


def _member(
    build: Build,
    side: RealmIntent,
    slug: str,
    number: int,
    member: Any,
    site: str,
    county: CountyIntent | None,
    agency: Party,
    prefix: IPv4Network | None,
) -> None:
    municipal = side.municipal
    profile = side.document.profiles.get(county.profile) if county else None
    base = profile.vertical_vlan_base if profile and profile.vertical_vlan_base else municipal.vertical_vlan_base
    plug = build.plug(side.realm, site, member.at_port, member.at("at_port"))
    gateways = _site_gateways(build, side, county)
    if plug is None or prefix is None:
        return
    attachment = Attachment(*plug)
    build.use(attachment, f"vertical {slug}", member.at("at_port"))
    id_ = party_id(side.realm, site, f"{member.agency}@{slug}")
    name = Name(f"{agency.name.zh}（{slug}）", f"{agency.name.en} ({slug})")
    _add_party(
        build,
        Party(
            id_, PartyKind.MEMBER, side.realm, slug, name, site, agency.tier, (prefix,), (attachment,), gateways, agency.system, agency.level, agency.phase,
            agency.state, member.origin,
        ),
    )  # fmt: skip
    _add_lan(
        build,
        Lan(
            id_, side.realm, site, "party", base + number, slug, prefix, gateways, None, _switches((attachment,), gateways), {}, {}, (attachment,),
            ((id_, (prefix,)),), VERTICAL_FILTERS + 2 * number, None, f"vertical {slug} {site}", member.origin, 0,
        ),
    )  # fmt: skip


def _management(build: Build, side: RealmIntent, municipal: MunicipalIntent) -> None:
    """Municipal layer-2 devices in band, everything with a management socket out of band, and the parties that stand for devices."""
    pools = side.pools
    here = build.in_site.get((side.realm, municipal.slug), [])
    segmented = {name for lan in build.lans if lan.realm is side.realm and lan.kind == "segment" for name in lan.members}
    switches = tuple(
        name
        for name in here
        if build.devices[name].role in SWITCHES
        and build.devices[name].management == "inband"
        and name not in segmented - _exits(build)
        and (build.devices[name].role is not Role.OOB or municipal.oob_vlan is None)
    )
    devices = party_id(side.realm, municipal.slug, "devices")
    gateways = _gateways(build, side.realm, municipal.slug, municipal.management_gateways, municipal.at("management_gateways"))
    if switches:
        _add_lan(
            build,
            Lan(
                f"{side.realm.value}:{municipal.slug}/management", side.realm, municipal.slug, "management", municipal.management_vlan, None, pools.management,
                gateways, None, switches, {name: 3 + build.devices[name].number for name in switches}, {}, (), ((devices, (pools.management,)),),
                MANAGEMENT_FILTERS, None, "device management", municipal.at("management_vlan"),
            ),
        )  # fmt: skip
    if pools.oob is not None and municipal.oob_vlan is not None:
        _oob(build, side, municipal, pools.oob, here, devices)
    _device_parties(build, side, municipal)


def _exits(build: Build) -> set[str]:
    """Access switches carry the transit network of an exit but are managed like the others."""
    return {port.device for lan in build.lans if lan.key.endswith("/transit") for port in lan.ports}


def _oob(build: Build, side: RealmIntent, municipal: MunicipalIntent, prefix: IPv4Network, here: list[str], devices: str) -> None:
    members = {name: 10 + build.devices[name].number for name in here if build.devices[name].management == "oob"}
    switches = {name: 10 + build.devices[name].number for name in here if build.devices[name].role is Role.OOB}
    ports = []
    for cable in build.cables:
        if cable.use is Use.MANAGEMENT and cable.realm is side.realm:
            ports.append(cable.b if build.devices[cable.b.device].role is Role.OOB else cable.a)
    gateways = _gateways(build, side.realm, municipal.slug, municipal.noc, municipal.at("noc"))
    _add_lan(
        build,
        Lan(
            f"{side.realm.value}:{municipal.slug}/oob", side.realm, municipal.slug, "oob", municipal.oob_vlan, None, prefix, gateways, None,
            tuple({**switches, **members}), {**members, **switches}, {}, tuple(ports), ((devices, (prefix,)),), OOB_FILTERS, None, "out-of-band management",
            municipal.at("oob_vlan"),
        ),
    )  # fmt: skip


def _device_parties(build: Build, side: RealmIntent, municipal: MunicipalIntent) -> None:
    """The devices of the centre, and those of each county, as parties: what management talks to."""
    pools = side.pools
    own = [pools.loopback.prefix, pools.management, *([pools.oob] if pools.oob else []), *([pools.exit.prefix] if pools.exit else [])]
    own += [lan.prefix for lan in build.lans if lan.realm is side.realm and lan.kind == "segment" and (lan.pair or lan.zone == "trust")]
    _devices_party(build, side.realm, municipal.slug, tuple(own), Tier.MUNICIPAL, municipal.origin)
    layout = pools.county_layout
    for county in side.counties:
        block = county_block(build, side, county)
        if block is None or layout is None:
            continue
        start = int(block.network_address)
        parts = (layout.loopback.offset, layout.management.offset)
        fitting = (part for part in parts if int(part.broadcast_address) < block.num_addresses)  # others are said where they stand
        prefixes = tuple(IPv4Network((start + int(part.network_address), part.prefixlen)) for part in fitting)
        _devices_party(build, side.realm, county.slug, prefixes, Tier.COUNTY, county.origin)


def _devices_party(build: Build, realm: Realm, site: str, prefixes: tuple[IPv4Network, ...], tier: Tier, origin: Origin) -> None:
    name = Name("网络设备", "network devices")
    _add_party(
        build,
        Party(
            party_id(realm, site, "devices"),
            PartyKind.DEVICES,
            realm,
            None,
            name,
            site,
            tier,
            prefixes,
            (),
            (),
            None,
            Level.INTERNAL,
            1,
            "connected",
            origin,
        ),
    )


def _externals(build: Build, side: RealmIntent) -> None:
    """The province with its agreed prefixes, and the Internet where this side has an egress or a retained exit."""
    for slug, peer in side.document.peers.items():
        if peer.kind == "province":
            ports = tuple(Attachment(link.device, link.port) for link in build.peer_links if link.peer == slug)
            _add_party(
                build,
                Party(
                    party_id(side.realm, "province", slug), PartyKind.PROVINCE, side.realm, None, name_of(peer.name, slug), None, Tier.PROVINCE,
                    peer.accepts, ports, tuple(port.device for port in ports), None, Level.INTERNAL, 1, "connected", peer.origin,
                ),
            )  # fmt: skip
    isps = {slug: peer for slug, peer in side.document.peers.items() if peer.kind == "isp"}
    if isps:
        first = next(iter(isps.values()))
        _add_party(
            build,
            Party(
                "internet", PartyKind.INTERNET, Realm.INTERNET, None, Name("互联网", "Internet"), None, Tier.PROVINCE, (IPv4Network("0.0.0.0/0"),), (), (),
                None, Level.PUBLIC, 1, "connected", first.origin,
            ),
        )  # fmt: skip
