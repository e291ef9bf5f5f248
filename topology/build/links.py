"""Point-to-point networks on cables and circuits, one for each VRF that runs over them."""

from __future__ import annotations

from typing import Any

from topology.build.allocation import from_pool, from_slice
from topology.build.context import Build, Link
from topology.facts import Attachment, Device
from topology.intent.sites import CountyIntent
from topology.inventory import RealmIntent
from topology.origin import Origin

LONGEST_LINK = 30


def area_of(device: Device, build: Build) -> int:
    """A county's routers are in the area with its number; the municipal centre is the backbone."""
    site = build.sites[(device.realm, device.site)]
    county = build.sites.get((device.realm, site.county)) if site.county else None
    return county.number if county else 0


def vertical_county_slot(county: CountyIntent) -> int:
    """First link number of a county in each vertical's block: 4 core uplinks, then its own cables."""
    return 256 + 8 * county.number


def vrf_links(
    build: Build, side: RealmIntent, a: Attachment, b: Attachment, lag: tuple[int, ...], slot: int, cost: int, title: str, origin: Origin
) -> None:
    """One VLAN and one link network for each VRF vertical that runs over a link (VRF-lite)."""
    municipal, pools = side.municipal, side.pools
    for slug, vertical in side.document.verticals.items():
        if vertical.mode != "vrf":
            continue
        block = from_pool(build, pools.vertical, vertical.number, f"vertical {slug}", vertical.at("number"))
        part = pools.vertical_layout.link if pools.vertical_layout else None
        prefix = from_slice(build, block, part, slot, f"vertical {slug}, link {title}", vertical.origin)
        vlan = municipal.vertical_vlan_base + vertical.number
        ends = (Attachment(a.device, a.port, vlan), Attachment(b.device, b.port, vlan))
        add_link(build, side, slug, *ends, lag, prefix, 0, cost, title, 1000, origin)


def add_link(
    build: Build,
    side: RealmIntent,
    vrf: str | None,
    a: Attachment,
    b: Attachment,
    lag: tuple[int, ...],
    prefix: Any,
    area: int,
    cost: int,
    title: str,
    mbps: int,
    origin: Origin,
    profiled: Origin | None = None,
) -> None:
    if prefix is None or prefix.prefixlen > LONGEST_LINK:  # the latter is said where the pool stands
        return
    key = f"{a}|{b}"
    build.links.append(Link(key, side.realm, vrf, a, b, lag, prefix, area, cost, title, mbps, origin))
    build.take(side.realm, vrf, prefix, f"link {a.device} - {b.device}", origin, profiled)


def county_block(build: Build, side: RealmIntent, county: CountyIntent | None) -> Any:
    """The address block of a county."""
    pools = side.pools
    return from_pool(build, pools.county, county.number, f"county {county.slug}", county.at("number")) if county else None
