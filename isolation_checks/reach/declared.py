"""What may pass: the declared flows as sets of packets, with the shape of their answers.

A flow allows its forward packets, and as answers: the tuple swapped, TCP with ACK or RST, UDP from the service's port, an echo reply; and
both ways
ICMP errors about it, from the other end's addresses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Address
from typing import NamedTuple, TypeAlias

from isolation_checks.packets.space import Node, PacketSpace
from isolation_checks.reach.senders import Sender, Senders
from isolation_checks.reading.values import host, icmp, normalized, prefix
from isolation_checks.snapshot import ESTABLISHED, AddressSet, Match, Ranges
from topology.facts import Facts, Flow, Party, PartyKind, PortRange

NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17}
ERRORS: Ranges = normalized([*icmp(3), *icmp(4), *icmp(11), *icmp(12)])
ECHO, REPLY = icmp(8), icmp(0)
Addresses: TypeAlias = tuple[IPv4Address, ...]


class _Service(NamedTuple):
    to: str
    destinations: Addresses
    protocol: str
    ports: tuple[PortRange, ...]


@dataclass
class Declared:
    space: PacketSpace
    facts: Facts
    senders: Senders
    public: AddressSet
    """Addresses that packets may have on the Internet's side: blocks that carriers gave, and the outside addresses of retained exits."""
    _from: dict[object, Node] = field(default_factory=dict)
    _to: dict[object, Node] = field(default_factory=dict)
    _into: dict[tuple[str, bool], Node] = field(default_factory=dict)

    @cached_property
    def parties(self) -> dict[str, Party]:
        return {party.id: party for party in self.facts.parties}

    @cached_property
    def flows_to(self) -> dict[str, list[Flow]]:
        found: dict[str, list[Flow]] = defaultdict(list)
        for flow in self.facts.flows:
            found[flow.to].append(flow)
        return found

    @cached_property
    def flows_from(self) -> dict[str, list[Flow]]:
        found: dict[str, list[Flow]] = defaultdict(list)
        for flow in self.facts.flows:
            for source in flow.sources:
                found[source].append(flow)
        return found

    @cached_property
    def _published(self) -> dict[str, Ranges]:
        ports: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for item in self.facts.publications:
            ports[item.flow].append((item.public_port, item.public_port))
        return {flow: normalized(listed) for flow, listed in ports.items()}

    def into(self, receiver: Sender) -> Node:
        """Everything that may arrive at a party, or at an external network, from whom it may."""
        if receiver.internet:
            return self._into_internet(receiver)
        return self._into_party(receiver.party, receiver)

    def _into_party(self, party: Party, receiver: Sender | None) -> Node:
        key = party.id, receiver is None
        if key not in self._into:
            self._into[key] = self._flows_of(party, receiver)
        return self._into[key]

    def _flows_of(self, party: Party, receiver: Sender | None) -> Node:
        own = tuple(item.peer for item in self.facts.exits if receiver is not None and item.party == receiver.party.id)
        forward: dict[Addresses, list[Node]] = defaultdict(list)
        for flow in self.flows_to[party.id]:
            forward[flow.destinations].append(self._source(flow.sources, flow.source_addresses, own) & self._forward(flow))
        back: dict[Addresses, set[_Service]] = defaultdict(set)
        for flow in self.flows_from[party.id]:
            back[flow.source_addresses].add(_Service(flow.to, flow.destinations, flow.protocol, flow.ports))
        return self.space.union(
            [
                *(self.space.union(nodes) & self._target(addresses, party) for addresses, nodes in forward.items()),
                *(self._answers(frozenset(services), own) & self._target(addresses, party) for addresses, services in back.items()),
            ]
        )

    def _answers(self, services: frozenset[_Service], exits: tuple[str, ...]) -> Node:
        """What these services answer, to whomever. Units of one kind ask the same ones."""
        key = services, exits
        node = self._from.get(key)
        if node is None:
            node = self._from[key] = self.space.union(
                self._source((item.to,), item.destinations, exits) & self._answer(item.protocol, _ranges(item.ports)) for item in services
            )
        return node

    def _into_internet(self, receiver: Sender) -> Node:
        """To a retained exit's carrier only its own unit speaks; addresses on this side are public ones."""
        exits = {item.party for item in self.facts.exits if item.peer == receiver.peer}
        found = [self.space.false]
        for flow in self.facts.flows:
            if flow.to == receiver.party.id:
                allowed = [source for source in flow.sources if not exits or source in exits]
                found.append(self._labels(allowed) & self._forward(flow))
            if receiver.party.id in flow.sources and not exits:
                ports = normalized([*_ranges(flow.ports), *self._published.get(flow.id, ())])
                found.append(self._labels([flow.to]) & self._answer(flow.protocol, ports))
        return self.space.union(found) & self.space.addresses("src", self.public)

    @cached_property
    def opened(self) -> Node:
        """The forward packets of every flow, from its sources' own addresses to its destinations'."""
        found: dict[tuple[tuple[str, ...], Addresses], list[Node]] = defaultdict(list)
        for flow in self.facts.flows:
            target = self._target(flow.destinations, self.parties[flow.to]) & self._forward(flow)
            found[flow.sources, flow.source_addresses].append(target)
        return self.space.union(self._source(*sources, ()) & self.space.union(targets) for sources, targets in found.items())

    def into_device(self, networks: Iterable[Party]) -> Node:
        """What may arrive at a device's own addresses: flows to the parties that stand for the devices there, and answers to theirs."""
        return self.space.union(self._into_party(party, None) for party in networks)

    # Parts

    def _labels(self, parties: Iterable[str]) -> Node:
        return self.space.labels(label for party in parties for label in self.senders.labels(party))

    def _source(self, parties: tuple[str, ...], addresses: Addresses, exits: tuple[str, ...]) -> Node:
        """Packets of these parties from the given addresses, or any of their own."""
        key = (parties, addresses, exits)
        node = self._from.get(key)
        if node is None:
            node = self._from[key] = self.space.union(self._of(party, addresses, exits) for party in parties)
        return node

    def _of(self, party_id: str, addresses: Addresses, exits: tuple[str, ...]) -> Node:
        """Of the Internet from any address, but over a retained exit's carrier only where ``exits`` names it."""
        key = (party_id, addresses, exits, "one")
        node = self._from.get(key)
        if node is None:
            party = self.parties[party_id]
            if party.kind == PartyKind.INTERNET:
                closed = {item.peer for item in self.facts.exits} - set(exits)
                listed = self.senders.by_party.get(party_id, ())
                node = self.space.labels(sender.label for sender in listed if sender.peer is not None and sender.peer not in closed)
            else:
                node = self._labels([party_id]) & self.space.addresses("src", self._addresses(addresses, party))
            self._from[key] = node
        return node

    def _target(self, addresses: Addresses, party: Party) -> Node:
        return self.space.addresses("dst", None if party.kind == PartyKind.INTERNET else self._addresses(addresses, party))

    def _addresses(self, addresses: Addresses, party: Party) -> AddressSet:
        return tuple(sorted(host(int(address)) for address in addresses)) if addresses else self.prefixes[party.id]

    @cached_property
    def prefixes(self) -> dict[str, AddressSet]:
        return {party.id: prefixes_of(party) for party in self.facts.parties}

    def _forward(self, flow: Flow) -> Node:
        number = NUMBERS[flow.protocol]
        own = Match(protocols=((1, 1),), icmp=ECHO) if number == 1 else Match(protocols=((number, number),), dports=_ranges(flow.ports))
        return self._with_errors(own)

    def _answer(self, protocol: str, ports: Ranges) -> Node:
        number = NUMBERS[protocol]
        if number == 1:
            own = Match(protocols=((1, 1),), icmp=REPLY)
        else:
            own = Match(protocols=((number, number),), sports=ports, flags=ESTABLISHED if number == 6 else None)
        return self._with_errors(own)

    def _with_errors(self, own: Match) -> Node:
        node = self._to.get(own)
        if node is None:
            errors = Match(protocols=((1, 1),), icmp=ERRORS)
            node = self._to[own] = self.space.match(own, unsure=True) | self.space.match(errors, unsure=True)
        return node


def _ranges(ports: tuple[PortRange, ...]) -> Ranges:
    return normalized((span.first, span.last) for span in ports)


def prefixes_of(party: Party) -> AddressSet:
    return tuple(prefix(int(network.network_address), network.prefixlen) for network in party.prefixes)
