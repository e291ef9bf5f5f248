"""Agencies at their gateways, and units behind a retained exit of their own."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network

from topology.build.allocation import from_pool, from_slice, host
from topology.build.context import Build, Lan
from topology.build.lans import (
    AGENCY_FILTERS,
    COUNTY_STATION,
    FIREWALL_HOSTS,
    add_lan,
    add_party,
    claim_lan,
    party_id,
    ports_of,
    site_gateways,
    switches_of,
)
from topology.build.links import county_block
from topology.facts import Attachment, Party, PartyKind, Tier, Use
from topology.i18n import T
from topology.intent.common import name_of
from topology.intent.sites import AgencyIntent, CountyIntent, ProfileIntent
from topology.inventory import RealmIntent

LEGACY_ROUTER = 254  # in an agency's network: the host behind which its range from before the plan is


def build_agencies(
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
        return ports_of(build, side.realm, site, agency, "at_ports", agency.at_ports, agency.slug, use=use)
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
    gateways = site_gateways(build, side, county)
    base = profile.agency_vlan_base if profile and profile.agency_vlan_base else municipal.agency_vlan_base
    if prefix is None or not gateways:
        return
    id_ = party_id(side.realm, site, agency.slug)
    prefixes = (prefix, agency.legacy) if agency.legacy else (prefix,)
    party = Party(
        id=id_,
        kind=PartyKind.AGENCY,
        realm=side.realm,
        vrf=None,
        name=name_of(agency.name, agency.slug),
        site=site,
        tier=Tier.COUNTY if county else Tier.MUNICIPAL,
        prefixes=prefixes,
        attachments=ports,
        gateways=gateways,
        system=agency.system,
        level=agency.level,
        phase=agency.phase,
        state=agency.state,
        origin=agency.origin,
        internet=agency.internet,
        legacy=agency.legacy is not None,
        survives=exit_.survives if exit_ else build.sites[(side.realm, site)].survives,
    )
    if agency.noc:
        host(build, prefix, COUNTY_STATION, f"the management station of {title}", agency.origin)
    if agency.node:
        party = replace(party, kind=PartyKind.NODE)
    lan = Lan(
        key=id_,
        realm=side.realm,
        site=site,
        kind="party",
        vlan=base + agency.number,
        prefix=prefix,
        gateways=gateways,
        members=switches_of(ports, gateways),
        ports=ports,
        parties=((id_, prefixes),),
        filter_base=AGENCY_FILTERS + 2 * agency.number,
        title=title,
        origin=agency.origin,
        area=county.number if county else 0,
    )
    if agency.legacy and county is not None:
        build.problem(
            agency.at("legacy"),
            T("'{slug}' of {county} keeps a legacy range, which a county's stub area cannot carry", slug=agency.slug, county=county.slug),
            T("legacy ranges at the municipal centre"),
            T("delete 'legacy', and pin the new range with 'prefix' if it may stay"),
        )
    if agency.legacy:
        host(build, prefix, LEGACY_ROUTER, f"the router of {title}'s legacy range", agency.at("legacy"))
        build.take(side.realm, None, agency.legacy, f"{title}, legacy", agency.at("legacy"))
    if agency.state == "planned":  # its number, addresses and ports are its own already; the ports stay shut
        add_party(build, party)
        claim_lan(build, lan)
        build.reserved += [(port, title, agency.origin) for port in ports]
        return
    if exit_ is not None:
        _exit(build, side, party, lan)
        return
    add_party(build, party)
    add_lan(build, lan)


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
    add_party(build, replace(party, kind=PartyKind.EXIT, attachments=(attachment,), gateways=(device,), internet=True))
    # The gateways' side: the agency's VLAN is now a transit network to the exit firewall.
    management = ((party.id, party.prefixes), (party_id(side.realm, municipal.slug, "devices"), (transit,)))
    add_lan(
        build,
        replace(
            lan,
            key=f"{lan.key}/transit",
            kind="segment",
            prefix=transit,
            members=(*lan.members, device),
            hosts={device: FIREWALL_HOSTS},
            parties=management,
            zone="outer",
            title=f"exit {key}",
            origin=exit_.origin,
        ),
    )
    add_lan(
        build,
        replace(
            lan, vlan=None, gateways=(device,), members=(), ports=(attachment,), filter_base=None, zone="trust", title=f"exit {key} unit"
        ),
    )
