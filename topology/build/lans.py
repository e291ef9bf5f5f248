"""Pieces that every kind of network is made of: its ports, gateways and members, and the claims that it makes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from topology.build.checks import lan_fits, lan_has_own_vlan, lan_is_switched
from topology.build.context import Build, Lan
from topology.facts import Attachment, Party, Realm, Role
from topology.i18n import T
from topology.intent.sites import CountyIntent
from topology.inventory import RealmIntent
from topology.origin import Origin

# First filter numbers by kind of network: a filter's number follows from what it protects, so that a new one moves no other.
AGENCY_FILTERS, VERTICAL_FILTERS, MANAGEMENT_FILTERS, SITE_FILTERS, ZONE_FILTERS, PEER_FILTERS = 3000, 3520, 3700, 3710, 3750, 3960
COUNTY_STATION = 10  # host number of a county's own management station in its network
FIREWALL_HOSTS = 4  # a firewall pair that is no gateway on a segment: virtual address, active, standby


def party_id(realm: Realm, site: str, slug: str) -> str:
    """`outer:qingzhen/gongan`."""
    return f"{realm.value}:{site}/{slug}"


def gateways_of(build: Build, realm: Realm, site: str, slugs: Iterable[str], origin: Origin) -> tuple[str, ...]:
    found = (build.device(realm, site, slug, origin) for slug in slugs)
    return tuple(name for name in found if name is not None)


def ports_of(
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


def add_lan(build: Build, lan: Lan, profiled: Origin | None = None) -> None:
    """`profiled`: what the site's profile says of this network, where it does."""
    if claim_lan(build, lan, profiled):
        build.lans.append(lan)


def claim_lan(build: Build, lan: Lan, profiled: Origin | None = None) -> bool:
    """Notes whose its addresses and its VLAN are; whether it can be built."""
    place = profiled or lan.origin
    build.take(lan.realm, lan.vrf, lan.prefix, lan.title, lan.origin, profiled)
    good = lan_fits(build, lan, place) and lan_is_switched(build, lan, place)
    if good:
        lan_has_own_vlan(build, lan, place)
    return good


def add_party(build: Build, party: Party) -> None:
    other = build.parties.get(party.id)
    if other is not None:
        build.problem(
            party.origin,
            T("there are two '{name}' in one place, the other is at {place}", name=party.id.partition(":")[2], place=str(other.origin)),
            T("a slug of its own in each site"),
            T("rename one of the two"),
        )
    build.parties.setdefault(party.id, party)


def switches_of(ports: tuple[Attachment, ...], gateways: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(port.device for port in ports if port.device not in gateways))


def site_gateways(build: Build, side: RealmIntent, county: CountyIntent | None) -> tuple[str, ...]:
    municipal = side.municipal
    if county is None:
        return gateways_of(build, side.realm, municipal.slug, municipal.gateways, municipal.at("gateways"))
    return site_routers(build, side.realm, county.slug, Role.COUNTY_ROUTER)


def site_routers(build: Build, realm: Realm, site: str, role: Role) -> tuple[str, ...]:
    """The routers of a site, by number."""
    found = [build.devices[name] for name in build.in_site.get((realm, site), ()) if build.devices[name].role is role]
    return tuple(device.name for device in sorted(found, key=lambda device: device.number))
