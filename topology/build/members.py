"""Members of verticals that are merged as VRFs: a network of their own at each member's gateways."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from topology.build.allocation import from_pool, from_slice
from topology.build.context import Build, Lan
from topology.build.lans import VERTICAL_FILTERS, add_lan, add_party, party_id, site_gateways, switches_of
from topology.facts import Attachment, Name, Party, PartyKind
from topology.i18n import T
from topology.intent.sites import CountyIntent
from topology.inventory import RealmIntent


def build_members(build: Build, side: RealmIntent) -> None:
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
    gateways = site_gateways(build, side, county)
    if plug is None or prefix is None:
        return
    attachment = Attachment(*plug)
    build.use(attachment, f"vertical {slug}", member.at("at_port"))
    id_ = party_id(side.realm, site, f"{member.agency}@{slug}")
    name = Name(f"{agency.name.zh}（{slug}）", f"{agency.name.en} ({slug})")
    add_party(
        build,
        Party(
            id=id_,
            kind=PartyKind.MEMBER,
            realm=side.realm,
            vrf=slug,
            name=name,
            site=site,
            tier=agency.tier,
            prefixes=(prefix,),
            attachments=(attachment,),
            gateways=gateways,
            system=agency.system,
            level=agency.level,
            phase=agency.phase,
            state=agency.state,
            origin=member.origin,
        ),
    )
    add_lan(
        build,
        Lan(
            key=id_,
            realm=side.realm,
            site=site,
            kind="party",
            vlan=base + number,
            vrf=slug,
            prefix=prefix,
            gateways=gateways,
            members=switches_of((attachment,), gateways),
            ports=(attachment,),
            parties=((id_, (prefix,)),),
            filter_base=VERTICAL_FILTERS + 2 * number,
            title=f"vertical {slug} {site}",
            origin=member.origin,
        ),
    )
