"""Reverse-path checks: the sources that a door takes at all."""

from __future__ import annotations

from isolation_checks.packets.space import Node, PacketSpace
from isolation_checks.reach.forwarder import Door, Forwarder
from isolation_checks.reading.values import ip, mask_of
from isolation_checks.snapshot import AddressSet, Interface, Ternary


def reverse_path(space: PacketSpace, forwarder: Forwarder, door: Door) -> Node:
    """The sources that a door takes, as a set."""
    networks = checked(forwarder, door)
    return space.normal if networks is None else space.addresses("src", networks)


def accepts(forwarder: Forwarder, door: Door, source: int) -> bool:
    """Whether a door takes a source."""
    networks = checked(forwarder, door)
    return networks is None or any(source & mask == value for value, mask in networks)


def checked(forwarder: Forwarder, door: Door) -> AddressSet | None:
    """Strict: what is connected or routed statically over the door. Where a routing protocol may lead anything there: everything (None)."""
    item = door.interface
    if item.urpf != "strict" or item.urpf_default or _learns(forwarder, item):
        return None
    networks = {Ternary(address.ip & mask_of(address.length), mask_of(address.length)) for address in item.addresses}
    for route in forwarder.config.static_routes:
        if (route.vrf or "") == door.vrf and not route.discard and (route.interface == item.name or _beyond(route.next_hop, item)):
            networks.add(Ternary(route.network, mask_of(route.length)))
    return tuple(sorted(networks))


def _beyond(next_hop: int | None, item: Interface) -> bool:
    return next_hop is not None and any((next_hop ^ address.ip) & mask_of(address.length) == 0 for address in item.addresses)


def _learns(forwarder: Forwarder, item: Interface) -> bool:
    """Whether a routing protocol may have a neighbour over the interface."""
    config, vrf = forwarder.config, item.vrf
    if item.ospf is not None and item.ospf.process is not None and not item.ospf.passive:
        return True
    for process in config.ospf:
        if process.vrf != vrf:
            continue
        passive = item.name in process.passive or (process.passive_default and item.name not in process.active)
        enabled = any(
            (address.ip ^ t.value) & t.mask == 0 for address in item.addresses for area in process.areas for t, _ in area.networks
        )
        if enabled and not passive:
            return True
    peers = (neighbor.address for process in config.bgp if process.vrf == vrf for neighbor in process.neighbors)
    return any(_beyond(ip, item) for ip in map(ip, peers)) or any(feature.kind == "routing" for feature in config.features)
