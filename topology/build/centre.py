"""The municipal centre: firewall pairs, segments between gateways, zones of servers."""

from __future__ import annotations

from collections.abc import Iterable

from topology.build.allocation import from_pool
from topology.build.context import Build, Lan
from topology.build.lans import FIREWALL_HOSTS, ZONE_FILTERS, add_lan, add_party, gateways_of, party_id, ports_of, switches_of
from topology.build.places import SWITCHES
from topology.facts import Attachment, Party, PartyKind, Realm, Tier
from topology.i18n import T
from topology.intent.common import name_of
from topology.intent.sites import MunicipalIntent, ZoneIntent
from topology.inventory import RealmIntent


def build_pairs(build: Build, side: RealmIntent, municipal: MunicipalIntent) -> None:
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


def pair_of(build: Build, devices: Iterable[str]) -> str | None:
    wanted = set(devices)
    return next((key for key, pair in build.pairs.items() if wanted and set(pair) == wanted), None)


def build_segments(build: Build, side: RealmIntent, municipal: MunicipalIntent) -> None:
    pools = side.pools
    zones = {pair.inside: "trust" for pair in municipal.pairs.values()}
    if municipal.egress:
        zones |= {carrier.segment: f"untrust-{slug}" for slug, carrier in municipal.egress.carriers.items()}
    for slug, segment in municipal.segments.items():
        prefix = segment.prefix or from_pool(build, pools.segment, segment.number, f"segment {slug}", segment.at("number"))
        gateways = gateways_of(build, side.realm, municipal.slug, segment.gateways, segment.at("gateways"))
        members = gateways_of(build, side.realm, municipal.slug, segment.members, segment.at("members"))
        if prefix is None:
            continue
        others = tuple(name for name in members if name not in gateways)
        pinned = {build.local.get((side.realm, municipal.slug, name), name): number for name, number in segment.hosts.items()}
        hosts, virtual = _segment_hosts(build, others, pinned, managed=pair_of(build, gateways) is not None)
        add_lan(
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
                pair=pair_of(build, gateways),
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
    """Host numbers of members that are no gateway. Layer-2 switches have one only where they are managed: behind a firewall."""
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


def build_zone(build: Build, side: RealmIntent, municipal: MunicipalIntent, slug: str, zone: ZoneIntent) -> None:
    pools = side.pools
    prefix = zone.prefix or from_pool(build, pools.zone, zone.number, f"zone {slug}", zone.at("number"))
    ports = ports_of(build, side.realm, municipal.slug, zone, "at_ports", zone.at_ports, f"zone {slug}")
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
    gateways = build.pairs[pair] if pair else gateways_of(build, side.realm, municipal.slug, zone.gateways, zone.at("gateways"))
    if prefix is None:
        return
    id_ = party_id(side.realm, municipal.slug, slug)
    build.zones[(side.realm, slug)] = id_
    kind = PartyKind.OPERATORS if zone.kind == "operators" else PartyKind.ZONE
    add_party(
        build,
        Party(
            id=id_,
            kind=kind,
            realm=side.realm,
            vrf=None,
            name=name_of(zone.name, slug),
            site=municipal.slug,
            tier=Tier.MUNICIPAL,
            prefixes=(prefix,),
            attachments=ports,
            gateways=gateways,
            system=None,
            level=zone.level,
            phase=1,
            state="connected",
            origin=zone.origin,
            zone_kind=zone.kind,
        ),
    )
    add_lan(
        build,
        Lan(
            key=id_,
            realm=side.realm,
            site=municipal.slug,
            kind="party",
            vlan=zone.vlan,
            prefix=prefix,
            gateways=gateways,
            pair=pair,
            members=switches_of(ports, gateways),
            ports=ports,
            parties=((id_, (prefix,)),),
            filter_base=None if pair else ZONE_FILTERS + 2 * zone.number,
            zone=slug,
            title=f"zone {slug}",
            origin=zone.origin,
        ),
    )


def _unit_ports(build: Build, realm: Realm, site: str, zone: str) -> tuple[Attachment, ...]:
    """Switch ports of the gatekeepers' host units that stand in a zone."""
    units = [gatekeeper.outer if realm is Realm.OUTER else gatekeeper.inner for gatekeeper in build.gatekeeper.gatekeepers.values()]
    plugs = [build.plug(realm, site, unit.to, unit.at("to")) for unit in units if unit.zone == zone]
    return tuple(Attachment(*plug) for plug in plugs if plug is not None)
