"""Which address a device has in a network: one rule for every kind of network."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from topology.build.allocation import from_pool, from_slice, host
from topology.build.context import Build, Lan
from topology.build.links import county_block
from topology.facts import Device, Tier
from topology.inventory import RealmIntent
from topology.prefixes import interface

TOWNSHIP_LOOPBACKS = 16  # in a county's loopback part: its own devices first, then 2 for each township


def in_lan(build: Build, lan: Lan, device: str) -> IPv4Interface:
    """Gateways take host 1, or 2 and 3 beside the shared virtual address 1; all others the number that the network's plan gives them."""
    if device in lan.gateways:
        shared = 0 if lan.kind == "backup" else 1  # a point-to-point network has no virtual address
        number = 1 if len(lan.gateways) == 1 else 1 + shared + lan.gateways.index(device)
    else:
        number = lan.hosts[device]
    address = host(build, lan.prefix, number, f"{device} in {lan.title}", lan.origin)
    return interface(address, lan.prefix.prefixlen)


def gateway_of(lan: Lan) -> IPv4Address:
    """The address that hosts of the network send to: virtual where two gateways share it."""
    return lan.prefix[1]


def virtual_of(lan: Lan, pair: str) -> IPv4Address:
    """The shared address of a firewall pair in the network."""
    return lan.prefix[1] if lan.pair == pair else lan.prefix[lan.virtual[pair]]


def loopback(build: Build, side: RealmIntent, device: Device) -> IPv4Interface | None:
    """A /32 by the device's number: from the municipal pool, or from its county's part."""
    pools = side.pools
    title = f"loopback of {device.name}"
    found: IPv4Network | None
    if device.tier is Tier.MUNICIPAL:
        found = from_pool(build, pools.loopback, device.number, title, device.origin)
    else:
        site = build.sites[(device.realm, device.site)]
        county = build.county_of(device.realm, device.site)
        assert county is not None
        number = device.number if device.tier is Tier.COUNTY else TOWNSHIP_LOOPBACKS + 2 * site.number + device.number - 1
        part = pools.county_layout.loopback if pools.county_layout else None
        found = from_slice(build, county_block(build, side, county), part, number, title, device.origin)
    if found is None:
        return None
    build.take(device.realm, None, found, title, device.origin)
    return interface(found.network_address, 32)
