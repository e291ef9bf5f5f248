"""Networks of counties and townships: those of the profile, terminals, the routers' second adjacency, the switches' management."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from topology.build.agencies import build_agencies
from topology.build.allocation import from_slice
from topology.build.checks import check_gateways
from topology.build.context import Build, Lan
from topology.build.lans import (
    AGENCY_FILTERS,
    MANAGEMENT_FILTERS,
    SITE_FILTERS,
    add_lan,
    add_party,
    party_id,
    ports_of,
    site_gateways,
    site_routers,
    switches_of,
)
from topology.build.links import county_block
from topology.build.places import SWITCHES
from topology.facts import Attachment, Level, Name, Party, PartyKind, Role, Tier
from topology.i18n import T
from topology.intent.common import name_of
from topology.intent.sites import CountyIntent, ProfileIntent, TerminalsIntent, TownshipIntent
from topology.inventory import RealmIntent
from topology.origin import Origin

COUNTY_LANS = 56  # county-wide networks of a profile take the agencies' numbers from here on


def build_county(build: Build, side: RealmIntent, county: CountyIntent) -> None:
    profile = side.document.profiles.get(county.profile)
    if profile is None or profile.tier != "county":
        return
    build_agencies(build, side, county.slug, county.agencies, county.retired_agencies, county, profile)
    pools = side.pools
    layout = pools.county_layout
    block = county_block(build, side, county)
    routers = site_gateways(build, side, county)
    check_gateways(build, routers, county.slug, profile.at("devices"), Role.COUNTY_ROUTER, 2)
    name = name_of(county.name, county.slug)
    for slug, lan in profile.lans.items():
        prefix = from_slice(
            build, block, layout.agency if layout else None, COUNTY_LANS + lan.index, f"{county.slug} {slug}", county.origin
        )
        _site_lan(build, side, county.slug, slug, lan, prefix, routers, name, county, Tier.COUNTY, county.origin, 1, "connected")
    _backup_link(build, side, county, profile, routers)
    device_lan(build, side, county.slug, profile, routers, block, 0, county, county.origin)
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
    add_lan(
        build,
        Lan(
            key=f"{side.realm.value}:{county.slug}/backup",
            realm=side.realm,
            site=county.slug,
            kind="backup",
            vlan=backup.vlan,
            prefix=prefix,
            gateways=routers,
            members=switches,
            title=f"backup link {county.slug}",
            origin=county.origin,
            area=county.number,
        ),
        backup.origin,
    )


def _site_lan(
    build: Build,
    side: RealmIntent,
    site: str,
    slug: str,
    lan: Any,
    prefix: IPv4Network | None,
    routers: tuple[str, ...],
    name: Name,
    county: CountyIntent,
    tier: Tier,
    origin: Origin,
    phase: int,
    state: str,
) -> None:
    if prefix is None or not routers:
        return
    ports = ports_of(build, side.realm, site, lan, "ports", lan.ports, f"{site}/{slug}")
    id_ = party_id(side.realm, site, slug)
    kind = PartyKind.NODE if lan.kind == "node" else PartyKind.TOWNSHIP
    label = Name(f"{name.zh}·远程教育节点", f"{name.en} distance-education node") if lan.kind == "node" else name
    add_party(
        build,
        Party(
            id=id_,
            kind=kind,
            realm=side.realm,
            vrf=None,
            name=label,
            site=site,
            tier=tier,
            prefixes=(prefix,),
            attachments=ports,
            gateways=routers,
            system=None,
            level=Level.INTERNAL,
            phase=phase,
            state=state,
            origin=origin,
            internet=True,
            survives=build.sites[(side.realm, site)].survives,
        ),
    )
    add_lan(
        build,
        Lan(
            key=id_,
            realm=side.realm,
            site=site,
            kind="party",
            vlan=lan.vlan,
            prefix=prefix,
            gateways=routers,
            members=switches_of(ports, routers),
            ports=ports,
            parties=((id_, (prefix,)),),
            filter_base=SITE_FILTERS + 2 * lan.index,
            title=f"{site} {slug}",
            origin=origin,
            area=county.number,
        ),
        lan.origin,
    )


def device_lan(
    build: Build,
    side: RealmIntent,
    site: str,
    profile: ProfileIntent,
    routers: tuple[str, ...],
    block: IPv4Network | None,
    number: int,
    county: CountyIntent,
    origin: Origin,
) -> None:
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
    add_lan(
        build,
        Lan(
            key=f"{side.realm.value}:{site}/management",
            realm=side.realm,
            site=site,
            kind="management",
            vlan=profile.management_vlan,
            prefix=prefix,
            gateways=routers,
            members=switches,
            hosts={name: 1 + build.devices[name].number for name in switches},
            parties=((devices, (prefix,)),),
            filter_base=MANAGEMENT_FILTERS,
            title=f"management {site}",
            origin=origin,
            area=county.number,
        ),
        profile.at("management_vlan"),
    )


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
    add_party(
        build,
        Party(
            id=id_,
            kind=PartyKind.TERMINALS,
            realm=side.realm,
            vrf=None,
            name=name_of(terminals.department, terminals.slug),
            site=county.slug,
            tier=Tier.COUNTY,
            prefixes=(prefix,),
            attachments=(attachment,),
            gateways=gateways,
            system=terminals.system,
            level=terminals.level,
            phase=1,
            state="connected",
            origin=terminals.origin,
        ),
    )
    add_lan(
        build,
        Lan(
            key=id_,
            realm=side.realm,
            site=county.slug,
            kind="party",
            vlan=None,
            prefix=prefix,
            gateways=gateways,
            ports=(attachment,),
            parties=((id_, (prefix,)),),
            filter_base=AGENCY_FILTERS + 2 * terminals.number,
            title=title,
            origin=terminals.origin,
            area=county.number,
        ),
    )


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
    device_lan(build, side, site, profile, routers, block, township.number, county, township.origin)


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
