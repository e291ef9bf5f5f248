"""What has to work: every declared flow, from each of its sources to its destinations, as sets of packets.

Of the packets of a flow those count that a client sends: whole ones, from ports 1024 and up (with UDP also from the service's own port),
from every address of the source that no device has. Fragments are left out, because whoever filters by ports cannot tell theirs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_
from typing import Literal, NamedTuple

from isolation_checks.forwarding.gates import Gates
from isolation_checks.forwarding.pieces import SPECIAL, Prefix, outside, span, ternaries
from isolation_checks.forwarding.plane import City
from isolation_checks.packets.space import Node
from isolation_checks.reach.declared import NUMBERS
from isolation_checks.reading.values import normalized
from isolation_checks.snapshot import ESTABLISHED, Interface, InterfaceKind, Match, Range, Ranges, TcpFlag
from topology.facts import Device, Flow, Party, PartyKind, Publication, Realm

CLIENT: Range = (1024, 65535)
ECHO: Ranges = ((8 << 8, 8 << 8),)
ECHO_REPLY: Ranges = ((0, 0),)
OPENING_OR_ESTABLISHED = ((int(TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST), int(TcpFlag.SYN)), *ESTABLISHED)


class Source(NamedTuple):
    """Who sends: a party or external network by its sender's name, or a device, with the addresses."""

    name: str
    party: str
    ranges: Ranges
    device: str = ""
    vrf: str = ""


class Target(NamedTuple):
    """Who has to get it. ``ranges``: what it is addressed to, which a translation may change. ``device`` where a device itself is meant."""

    party: str
    ranges: Ranges
    device: str = ""
    without: frozenset[int] = frozenset()  # addresses of devices, which are no hosts


class Demand(NamedTuple):
    """Flows that one source has to one target, as one set of packets."""

    source: Source
    target: Target
    flows: tuple[Flow, ...]
    publication: Publication | None = None


@dataclass(frozen=True)
class Demands:
    city: City
    gates: Gates

    @cached_property
    def all(self) -> tuple[Demand, ...]:
        """What one source has with one party is one demand, whichever of its addresses the flows name."""
        groups: dict[tuple[Source, str, str, Publication | None], dict[Flow, Target]] = defaultdict(dict)
        for flow in self.city.facts.flows:
            for source, target, publication in self._ends(flow):
                groups[source, target.party, target.device, publication][flow] = target
        found = []
        merged: dict[Ranges, Ranges] = {}
        for (source, party, device, publication), flows in groups.items():
            ranges = tuple(item for target in flows.values() for item in target.ranges)
            without = frozenset(ip for target in flows.values() for ip in target.without)
            if ranges not in merged:
                merged[ranges] = normalized(ranges)
            found.append(Demand(source, Target(party, merged[ranges], device, without), tuple(flows), publication))
        return tuple(found)

    @cached_property
    def missing(self) -> tuple[tuple[Flow, str], ...]:
        """Flows with a party, in service, that nothing stands for here: no address, no device, no place where it is plugged in."""
        sources = {(flow.id, flow.realm, demand.source.party) for demand in self.all for flow in demand.flows}
        targets = {(flow.id, flow.realm, demand.target.party) for demand in self.all for flow in demand.flows}
        found: dict[tuple[Flow, str], None] = {}
        for flow in self.city.facts.flows:
            wanted = [party for party in flow.sources if self._in_service(party)]
            if not self._in_service(flow.to) or not wanted:
                continue
            found |= dict.fromkeys((flow, party) for party in wanted if (flow.id, flow.realm, party) not in sources)
            if (flow.id, flow.realm, flow.to) not in targets:
                found[flow, flow.to] = None
        return tuple(found)

    def _in_service(self, party: str) -> bool:
        return party in self.city.parties and self.city.parties[party].state == "connected"

    def _ends(self, flow: Flow) -> Iterator[tuple[Source, Target, Publication | None]]:
        published = [item for item in self.city.facts.publications if item.flow == flow.id]
        for party_id in flow.sources:
            if not self._in_service(party_id) or not self._in_service(flow.to):
                continue
            party = self.city.parties[party_id]
            for source in self._sources(party, flow):
                if party.kind is PartyKind.INTERNET:
                    for item in published:
                        if self._announces(source, int(item.public)):
                            yield source, Target(flow.to, ((int(item.public), int(item.public)),)), item
                else:
                    for target in self._targets(flow):
                        yield source, target, None

    def _announces(self, source: Source, address: int) -> bool:
        sender = self.city.sender_of[source.name]
        peer = self.city.peers.get((Realm.INTERNET, sender.peer or ""))
        return peer is not None and any(
            int(network.network_address) <= address <= int(network.broadcast_address) for network in peer.announces
        )

    # Ends

    def _sources(self, party: Party, flow: Flow) -> Iterator[Source]:
        if party.kind is PartyKind.INTERNET:
            for sender in self.city.senders.by_party.get(party.id, ()):
                if sender.peer is not None:
                    yield Source(sender.name, party.id, self.internet)
        elif party.kind is PartyKind.DEVICES:
            yield from (Source(name, party.id, ((ip, ip),), name, vrf) for name, vrf, ip in self.devices(party))
        else:
            yield from self._hosts(party, tuple(int(address) for address in flow.source_addresses))

    def _hosts(self, party: Party, addresses: tuple[int, ...]) -> Iterator[Source]:
        """Hosts of a party, network by network: those of one network have one gateway."""
        held = self.held(party)
        for address in addresses:  # a server that is one of the devices, as a gatekeeper's host unit is
            if address in held:
                device, vrf = held[address]
                yield Source(device, party.id, ((address, address),), device, vrf)
        wanted = [address for address in addresses if address not in held]
        for network in party.prefixes:
            low, high = span((int(network.network_address), network.prefixlen))
            if addresses:
                inside = tuple((address, address) for address in wanted if low <= address <= high)
            else:
                inside = tuple(_without(low, high, held))
            if inside:
                yield Source(party.id, party.id, normalized(inside))

    def _targets(self, flow: Flow) -> Iterator[Target]:
        party = self.city.parties[flow.to]
        addresses = [int(address) for address in flow.destinations]
        if party.kind is PartyKind.INTERNET:
            yield Target(party.id, self.internet)
        elif party.kind is PartyKind.DEVICES:
            for name, _, ip in self.devices(party):
                if not addresses or ip in addresses:
                    yield Target(party.id, ((ip, ip),), name)
        elif addresses:
            held = self.held(party)
            hosts = tuple((ip, ip) for ip in addresses if ip not in held)
            if hosts:
                yield Target(party.id, normalized(hosts))
            for ip in addresses:
                if ip in held:
                    yield Target(party.id, ((ip, ip),), held[ip][0])
        else:
            ranges = normalized(span((int(network.network_address), network.prefixlen)) for network in party.prefixes)
            yield Target(party.id, ranges, without=frozenset(self.held(party)))

    def devices(self, party: Party) -> tuple[tuple[str, str, int], ...]:
        """Devices of a party that stands for them, each with the VRF and the address that it is known by: a loopback, or else its first."""
        return self._devices.get(party.id, ())

    @cached_property
    def _devices(self) -> dict[str, tuple[tuple[str, str, int], ...]]:
        standing = [party for party in self.city.facts.parties if party.kind is PartyKind.DEVICES]
        return {party.id: tuple(self._of_party(party)) for party in standing}

    def _of_party(self, party: Party) -> Iterator[tuple[str, str, int]]:
        networks = [span((int(net.network_address), net.prefixlen)) for net in party.prefixes]
        for device in self.city.facts.devices:
            forwarder = self.city.forwarders.get(device.name)
            if forwarder is None or not _belongs(device, party):
                continue
            inside = [
                (item, address.ip)
                for item in forwarder.config.interfaces
                for address in item.addresses
                if item.shutdown is None and any(low <= address.ip <= high for low, high in networks)
            ]
            chosen = sorted(inside, key=lambda pair: _rank(pair[0]))[:1]
            yield from ((device.name, item.vrf or "", ip) for item, ip in chosen)

    def held(self, party: Party) -> dict[int, tuple[str, str]]:
        """Addresses that devices have where a party is plugged in, real and virtual, with the device and its VRF."""
        return self._held.get(party.id, {})

    @cached_property
    def _held(self) -> dict[str, dict[int, tuple[str, str]]]:
        found: dict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
        for sender in self.city.senders.all:
            for number in sender.segments:
                for endpoint in self.city.layer2.segments[number].endpoints:
                    door = self.city.doors.get(endpoint)
                    if door is not None:
                        found[sender.party.id] |= dict.fromkeys(door.addresses, (endpoint.device, door.vrf))
        return found

    @cached_property
    def internet(self) -> Ranges:
        """Addresses of others on the Internet: no special ones, and none of ours."""
        ours: list[Prefix] = [
            (int(network.network_address), network.prefixlen)
            for party in self.city.facts.parties
            if party.kind is not PartyKind.INTERNET
            for network in party.prefixes
        ]
        ours += [(int(net.network_address), net.prefixlen) for peer in self.city.facts.peers for net in peer.announces]
        return outside([span(prefix) for prefix in (*SPECIAL, *ours)])

    # Packets

    def packets(self, demand: Demand) -> Node:
        """What the client's side sends."""
        return self._from(demand.source.ranges, "src") & self._services(demand, answers=False)

    def answers(self, demand: Demand) -> Node:
        """What comes back for them where nothing is translated: what `PacketSpace.swap` makes of them, without the work."""
        return self._from(demand.source.ranges, "dst") & self._services(demand, answers=True)

    def _from(self, ranges: Ranges, end: Literal["src", "dst"]) -> Node:
        key = ("demand", end, ranges)
        node: Node | None = self.gates.space.memo.get(key)
        if node is None:
            node = self.gates.space.memo[key] = self.gates.space.addresses(end, ternaries(ranges))
        return node

    def _services(self, demand: Demand, *, answers: bool) -> Node:
        key = ("demand", demand.flows, demand.target.ranges, demand.target.device, demand.publication, answers)
        node: Node | None = self.gates.space.memo.get(key)
        if node is None:
            services = (self._service(flow, demand, answers=answers) for flow in demand.flows)
            node = self.gates.space.memo[key] = reduce(or_, services, self.gates.space.false) & self.gates.sent
        return node

    def _service(self, flow: Flow, demand: Demand, *, answers: bool) -> Node:
        """The packets of a flow to its destinations, from whatever source, or the answers to them."""
        ranges = demand.target.ranges
        if flow.destinations and demand.publication is None and not demand.target.device:
            ranges = tuple((int(address), int(address)) for address in flow.destinations)
        end: Literal["src", "dst"] = "src" if answers else "dst"
        wanted = self.gates.space.addresses(end, ternaries(ranges)) & self.gates.space.addresses(end, ternaries(demand.target.ranges))
        return wanted & _header(self.gates, flow, demand.publication, answers=answers)


def _header(gates: Gates, flow: Flow, publication: Publication | None, *, answers: bool) -> Node:
    number = NUMBERS[flow.protocol]
    if number == 1:
        return gates.space.match(Match(protocols=((1, 1),), icmp=ECHO_REPLY if answers else ECHO), unsure=False)
    ports = normalized((item.first, item.last) for item in flow.ports)
    if publication is not None:
        ports = ((publication.public_port, publication.public_port),)
    clients = normalized((CLIENT, *ports)) if number == 17 else (CLIENT,)
    sports, dports = (ports, clients) if answers else (clients, ports)
    flags = (ESTABLISHED if answers else OPENING_OR_ESTABLISHED) if number == 6 else None
    return gates.space.match(Match(protocols=((number, number),), sports=sports, dports=dports, flags=flags), unsure=False)


def _belongs(device: Device, party: Party) -> bool:
    return device.realm is party.realm and device.rendered


def _without(low: int, high: int, taken: Iterable[int]) -> Iterator[Range]:
    """A range without some addresses."""
    for first, last in outside([(ip, ip) for ip in taken]):
        if max(first, low) <= min(last, high):
            yield max(first, low), min(last, high)


def _rank(item: Interface) -> tuple[bool, bool]:
    """A loopback is what a device is known by; then what is not the link to another."""
    return item.kind is not InterfaceKind.LOOPBACK, all(address.length >= 29 for address in item.addresses)
