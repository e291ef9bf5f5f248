"""Hosts of the lab: for each party a namespace at its socket, with an address of its prefix and its gateway."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from topology.design import DeviceDesign, Interface
from topology.facts import Facts, Party, PartyKind

INTERFACE = "eth0"
WITHOUT_PLACE = frozenset({PartyKind.INTERNET, PartyKind.PROVINCE, PartyKind.DEVICES})
"""Who is behind a peer, or is the devices themselves."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a party's host sits: its addresses (the first is its own, the others are those of services) and its gateway."""

    party: Party
    address: IPv4Interface
    gateway: IPv4Address
    services: tuple[IPv4Interface, ...]


def node_name(party: str, beside: str = "") -> str:
    """Name of a host's node; ``beside`` is the peer behind which it is."""
    return f"host.{party}{f'@{beside}' if beside else ''}"


def seats(facts: Facts, designs: Mapping[str, DeviceDesign]) -> Iterator[Seat]:
    """The seats of all parties of which a gateway is in the lab. A party without one has none."""
    hosts: dict[str, list[IPv4Address]] = {}
    for host in facts.hosts:
        hosts.setdefault(host.party, []).append(host.address)
    for party in facts.parties:
        if party.kind in WITHOUT_PLACE or party.state == "planned":
            continue
        found = _first_hop(party, designs)
        if found is None:
            continue
        network, gateway, taken = found
        services = sorted(address for address in dict.fromkeys(hosts.get(party.id, ())) if address in network)
        own = free_address(network, {*taken, *services})
        if own is not None:
            length = network.prefixlen
            yield Seat(party, with_length(own, length), gateway, tuple(with_length(address, length) for address in services))


def free_address(network: IPv4Network, taken: Iterable[IPv4Address]) -> IPv4Address | None:
    """The highest address that nobody has: devices and servers are numbered from below."""
    used = {int(address) for address in taken}
    first, last = int(network.network_address) + 1, int(network.broadcast_address) - 1
    return next((IPv4Address(number) for number in range(last, first - 1, -1) if number not in used), None)


def with_length(address: IPv4Address, length: int) -> IPv4Interface:
    """The address in a subnet of that length."""
    return IPv4Interface((int(address), length))


def _first_hop(party: Party, designs: Mapping[str, DeviceDesign]) -> tuple[IPv4Network, IPv4Address, set[IPv4Address]] | None:
    """The party's subnet, its gateway, and the addresses that its gateways have there."""
    network: IPv4Network | None = None
    gateway: IPv4Address | None = None
    taken: set[IPv4Address] = set()
    for device in party.gateways:
        for interface in designs[device].interfaces if device in designs else ():
            if (
                interface.address is None
                or not _serves(interface, party)
                or interface.address.network != (network or interface.address.network)
            ):
                continue
            network = interface.address.network
            taken.add(interface.address.ip)
            if interface.vrrp is not None:
                taken.add(interface.vrrp.address)
                gateway = interface.vrrp.address
            gateway = gateway or interface.address.ip
    return (network, gateway, taken) if network is not None and gateway is not None else None


def _serves(interface: Interface, party: Party) -> bool:
    assert interface.address is not None
    network = interface.address.network
    return interface.vrf == party.vrf and any(prefix.overlaps(network) for prefix in party.prefixes) and not interface.shutdown
