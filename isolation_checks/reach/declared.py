"""What may pass: the declared flows as sets of packets, with the shape of their answers.

A flow allows its forward packets, and as answers: the tuple swapped, TCP with ACK or RST, UDP from the service's port, an echo reply; and
both ways
ICMP errors about it, from the other end's addresses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, reduce
from operator import or_

from isolation_checks.packets.space import Node, PacketSpace
from isolation_checks.reach.senders import Sender, Senders
from isolation_checks.reading.values import host, icmp, normalized, prefix
from isolation_checks.snapshot import ESTABLISHED, AddressSet, Match, Ranges
from topology.facts import Facts, Flow, Party, PartyKind

NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17}
ERRORS: Ranges = normalized([*icmp(3), *icmp(4), *icmp(11), *icmp(12)])
ECHO, REPLY = icmp(8), icmp(0)


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
        forward = [
            self._source(flow.sources, flow.source_addresses, receiver) & self._target(flow.destinations, party) & self._forward(flow)
            for flow in self.flows_to[party.id]
        ]
        back = [
            self._source((flow.to,), flow.destinations, receiver)
            & self._target(flow.source_addresses, party)
            & self._answer(flow, self._ports(flow))
            for flow in self.flows_from[party.id]
        ]
        return reduce(or_, [*forward, *back], self.space.false)

    def _into_internet(self, receiver: Sender) -> Node:
        """To a retained exit's carrier only its own unit speaks; addresses on this side are public ones."""
        exits = {item.party for item in self.facts.exits if item.peer == receiver.peer}
        found = [self.space.false]
        for flow in self.facts.flows:
            if flow.to == receiver.party.id:
                allowed = [source for source in flow.sources if not exits or source in exits]
                found.append(self._labels(allowed) & self._forward(flow))
            if receiver.party.id in flow.sources and not exits:
                ports = normalized([*self._ports(flow), *self._published.get(flow.id, ())])
                found.append(self._labels([flow.to]) & self._answer(flow, ports))
        return reduce(or_, found) & self.space.addresses("src", self.public)

    @cached_property
    def opened(self) -> Node:
        """The forward packets of every flow, from its sources' own addresses to its destinations'."""
        sets = [
            self._source(flow.sources, flow.source_addresses, None)
            & self._target(flow.destinations, self.parties[flow.to])
            & self._forward(flow)
            for flow in self.facts.flows
        ]
        return reduce(or_, sets, self.space.false)

    def into_device(self, networks: Iterable[Party]) -> Node:
        """What may arrive at a device's own addresses: flows to the parties that stand for the devices there, and answers to theirs."""
        return reduce(or_, (self._into_party(party, None) for party in networks), self.space.false)

    # Parts

    def _labels(self, parties: Iterable[str]) -> Node:
        return self.space.labels(label for party in parties for label in self.senders.labels(party))

    def _source(self, parties: tuple[str, ...], addresses: tuple[object, ...], receiver: Sender | None) -> Node:
        """Packets of these parties from the given addresses, or any of their own."""
        own = tuple(item.peer for item in self.facts.exits if receiver is not None and item.party == receiver.party.id)
        key = (parties, addresses, own)
        node = self._from.get(key)
        if node is None:
            node = self._from[key] = reduce(or_, (self._of(party, addresses, own) for party in parties), self.space.false)
        return node

    def _of(self, party_id: str, addresses: tuple[object, ...], exits: tuple[str, ...]) -> Node:
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
                node = self._labels([party_id]) & self.space.addresses("src", _addresses(addresses, party))
            self._from[key] = node
        return node

    def _target(self, addresses: tuple[object, ...], party: Party) -> Node:
        return self.space.addresses("dst", None if party.kind == PartyKind.INTERNET else _addresses(addresses, party))

    def _ports(self, flow: Flow) -> Ranges:
        return normalized((ports.first, ports.last) for ports in flow.ports)

    def _forward(self, flow: Flow) -> Node:
        number = NUMBERS[flow.protocol]
        own = Match(protocols=((1, 1),), icmp=ECHO) if number == 1 else Match(protocols=((number, number),), dports=self._ports(flow))
        return self._with_errors(own)

    def _answer(self, flow: Flow, ports: Ranges) -> Node:
        number = NUMBERS[flow.protocol]
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


def _addresses(addresses: tuple[object, ...], party: Party) -> AddressSet:
    if addresses:
        return tuple(sorted(host(int(address)) for address in addresses))  # type: ignore[call-overload]
    return prefixes_of(party)


def prefixes_of(party: Party) -> AddressSet:
    return tuple(prefix(int(network.network_address), network.prefixlen) for network in party.prefixes)
