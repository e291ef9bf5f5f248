"""Networks of the devices themselves, in and out of band, and the parties that stand for devices, the province and the Internet."""

from __future__ import annotations

from ipaddress import IPv4Network

from topology.build.context import Build, Lan
from topology.build.lans import MANAGEMENT_FILTERS, add_lan, add_party, gateways_of, party_id
from topology.build.links import county_block
from topology.build.places import SWITCHES
from topology.facts import Attachment, Level, Name, Party, PartyKind, Realm, Role, Tier, Use
from topology.intent.common import name_of
from topology.intent.sites import MunicipalIntent
from topology.inventory import RealmIntent
from topology.origin import Origin

OOB_FILTERS = MANAGEMENT_FILTERS + 4


def build_device_networks(build: Build, side: RealmIntent, municipal: MunicipalIntent) -> None:
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
    gateways = gateways_of(build, side.realm, municipal.slug, municipal.management_gateways, municipal.at("management_gateways"))
    if switches:
        add_lan(
            build,
            Lan(
                key=f"{side.realm.value}:{municipal.slug}/management",
                realm=side.realm,
                site=municipal.slug,
                kind="management",
                vlan=municipal.management_vlan,
                prefix=pools.management,
                gateways=gateways,
                members=switches,
                hosts={name: 3 + build.devices[name].number for name in switches},
                parties=((devices, (pools.management,)),),
                filter_base=MANAGEMENT_FILTERS,
                title="device management",
                origin=municipal.at("management_vlan"),
            ),
        )
    if pools.oob is not None and municipal.oob_vlan is not None:
        _oob(build, side, municipal, pools.oob, here, devices)
    _device_parties(build, side, municipal)


def _exits(build: Build) -> set[str]:
    """Access switches carry the transit network of an exit but are managed like the others."""
    return {port.device for lan in build.lans if lan.key.endswith("/transit") for port in lan.ports}


def _oob(build: Build, side: RealmIntent, municipal: MunicipalIntent, prefix: IPv4Network, here: list[str], devices: str) -> None:
    members = {name: 10 + build.devices[name].number for name in here if build.devices[name].management == "oob"}
    switches = {name: 10 + build.devices[name].number for name in here if build.devices[name].role is Role.OOB}
    cables = (cable for cable in build.cables if cable.use is Use.MANAGEMENT and cable.realm is side.realm)
    ports = [cable.b if build.devices[cable.b.device].role is Role.OOB else cable.a for cable in cables]
    gateways = gateways_of(build, side.realm, municipal.slug, municipal.noc, municipal.at("noc"))
    add_lan(
        build,
        Lan(
            key=f"{side.realm.value}:{municipal.slug}/oob",
            realm=side.realm,
            site=municipal.slug,
            kind="oob",
            vlan=municipal.oob_vlan,
            prefix=prefix,
            gateways=gateways,
            members=tuple({**switches, **members}),
            hosts={**members, **switches},
            ports=tuple(ports),
            parties=((devices, (prefix,)),),
            filter_base=OOB_FILTERS,
            title="out-of-band management",
            origin=municipal.at("oob_vlan"),
        ),
    )


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
    add_party(
        build,
        Party(
            id=party_id(realm, site, "devices"),
            kind=PartyKind.DEVICES,
            realm=realm,
            vrf=None,
            name=name,
            site=site,
            tier=tier,
            prefixes=prefixes,
            attachments=(),
            gateways=(),
            system=None,
            level=Level.INTERNAL,
            phase=1,
            state="connected",
            origin=origin,
        ),
    )


def build_externals(build: Build, side: RealmIntent) -> None:
    """The province with its agreed prefixes, and the Internet where this side has an egress or a retained exit."""
    for slug, peer in side.document.peers.items():
        if peer.kind == "province":
            # Both realms may call their province by the same slug.
            links = [link for link in build.peer_links if (link.realm, link.peer) == (side.realm, slug)]
            ports = tuple(Attachment(link.device, link.port) for link in links)
            add_party(
                build,
                Party(
                    id=party_id(side.realm, "province", slug),
                    kind=PartyKind.PROVINCE,
                    realm=side.realm,
                    vrf=None,
                    name=name_of(peer.name, slug),
                    site=None,
                    tier=Tier.PROVINCE,
                    prefixes=peer.accepts,
                    attachments=ports,
                    gateways=tuple(port.device for port in ports),
                    system=None,
                    level=Level.INTERNAL,
                    phase=1,
                    state="connected",
                    origin=peer.origin,
                ),
            )
    isps = {slug: peer for slug, peer in side.document.peers.items() if peer.kind == "isp"}
    if isps:
        first = next(iter(isps.values()))
        add_party(
            build,
            Party(
                id="internet",
                kind=PartyKind.INTERNET,
                realm=Realm.INTERNET,
                vrf=None,
                name=Name("互联网", "Internet"),
                site=None,
                tier=Tier.PROVINCE,
                prefixes=(IPv4Network("0.0.0.0/0"),),
                attachments=(),
                gateways=(),
                system=None,
                level=Level.PUBLIC,
                phase=1,
                state="connected",
                origin=first.origin,
            ),
        )
