"""The answers of tier T1: what arrives where without having been declared, who gets past a door with a false source, who can configure
what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, reduce
from ipaddress import IPv4Network
from operator import or_
from typing import NamedTuple

from isolation_checks.packets.space import Node, PacketSpace
from isolation_checks.reach.declared import Declared, prefixes_of
from isolation_checks.reach.forwarder import Door, Forwarder, forwarders
from isolation_checks.reach.layer2 import Layer2
from isolation_checks.reach.senders import Sender, Senders, senders
from isolation_checks.reach.spread import Crossing, Spread
from isolation_checks.reading.values import address_range, host, prefix
from isolation_checks.snapshot import AddressSet, DeviceConfig, Service
from topology.facts import Facts, Party, PartyKind, Peer, Realm

AGENCIES = frozenset(
    {PartyKind.AGENCY, PartyKind.TOWNSHIP, PartyKind.NODE, PartyKind.TERMINALS, PartyKind.MEMBER, PartyKind.EXIT, PartyKind.OPERATORS}
)


class Kind(StrEnum):
    """What it means that a packet got from one party to another."""

    REALMS = "realms"  # between inner and outer
    INBOUND = "inbound"  # from the Internet
    OUTBOUND = "outbound"  # to the Internet
    VERTICALS = "verticals"  # between VRFs
    AGENCIES = "agencies"  # between access units
    SERVICES = "services"  # the rest: servers, the province, management


class Excess(NamedTuple):
    """Packets of one sender that a receiver gets though nobody declared them. ``senders``: how many others do the same."""

    kind: Kind
    sender: Sender
    receiver: Sender
    packets: Node
    senders: int


class Spoof(NamedTuple):
    """Packets with a source that is not the sender's, past the first door."""

    sender: Sender
    door: Door
    packets: Node


class Exposure(NamedTuple):
    """Packets of a sender that reach a service of a device which they may not reach."""

    device: str
    service: Service
    sender: Sender
    packets: Node
    senders: int


class Unopened(NamedTuple):
    """Packets that a firewall lets through as new connections though they are at most an answer to a declared one."""

    device: str
    source: str
    target: str
    sender: Sender
    packets: Node


@dataclass(frozen=True)
class Reach:
    """Everything that T1 knows of one city; each answer is computed when it is first asked for."""

    facts: Facts
    configs: dict[str, DeviceConfig]
    layer2: Layer2

    @cached_property
    def forwarders(self) -> dict[str, Forwarder]:
        return forwarders(self.configs, self.layer2)

    @cached_property
    def senders(self) -> Senders:
        return senders(self.facts, self.layer2)

    @cached_property
    def space(self) -> PacketSpace:
        return PacketSpace(len(self.senders.all))

    @cached_property
    def declared(self) -> Declared:
        return Declared(self.space, self.facts, self.senders, self._public())

    def _public(self) -> AddressSet:
        """Blocks that carriers assigned, and what retained exits have as their own outside address."""
        blocks = {network for peer in self.facts.peers for network in self._assigned(peer)}
        found = {tern for network in blocks for tern in address_range(int(network.network_address), int(network.broadcast_address))}
        exits = {item.device for item in self.facts.exits}
        for sender in self.senders.all:
            if sender.internet:
                for segment in sender.segments:
                    for endpoint in self.layer2.segments[segment].endpoints:
                        if endpoint.device in exits:
                            found |= {
                                host(ip)
                                for ip, item in self.forwarders[endpoint.device].own_addresses().items()
                                if item.name == endpoint.interface
                            }
        return tuple(sorted(found))

    def _assigned(self, peer: Peer) -> tuple[IPv4Network, ...]:
        """The block that a carrier assigned: what we announce to it."""
        return peer.announces if peer.realm == Realm.INTERNET else ()

    @cached_property
    def spread(self) -> Spread:
        sources: dict[int, Node] = {}
        for sender in self.senders.all:
            for segment in sender.segments:
                sources[segment] = sources.get(segment, self.space.false) | self.space.label(sender.label)
        return Spread(self.space, self.forwarders, sources)

    # What arrives

    def arriving(self, receiver: Sender) -> Node:
        """Packets of others at the receiver's segments, addressed to it. To an external network anything is addressed."""
        here = reduce(or_, (self.spread.at(segment) for segment in receiver.segments), self.space.false)
        own = self.senders.labels(receiver.party.id)
        others = here & ~self.space.labels(own)
        return others if receiver.internet else others & self.space.addresses("dst", prefixes_of(receiver.party))

    @cached_property
    def excess(self) -> tuple[Excess, ...]:
        """By receiver and kind, with one sender for all that do the same."""
        return tuple(item for receiver in self.senders.all if receiver.segments for item in self._excess(receiver))

    def _excess(self, receiver: Sender) -> Iterator[Excess]:
        everything = self.arriving(receiver) & ~self.declared.into(receiver)
        found: dict[Kind, list[Sender]] = {}
        for sender in self._in(everything):
            found.setdefault(kind_of(sender.party, receiver.party), []).append(sender)
        for kind in sorted(found):
            first = found[kind][0]
            yield Excess(kind, first, receiver, everything & self.space.label(first.label), len(found[kind]))

    def _in(self, packets: Node) -> list[Sender]:
        """Who sends packets of a set."""
        return [self.senders.all[label] for label in self.space.labels_in(packets)]

    @cached_property
    def kinds_into(self) -> dict[str, frozenset[Kind]]:
        """By receiver, the kinds of packets that somebody could send it."""
        groups = {
            (sender.party.realm, sender.party.vrf, sender.party.kind in AGENCIES): sender.party
            for sender in self.senders.all
            if sender.segments
        }
        crowd: dict[object, int] = {}
        for sender in self.senders.all:
            key = (sender.party.realm, sender.party.vrf, sender.party.kind in AGENCIES)
            crowd[key] = crowd.get(key, 0) + bool(sender.segments)
        found = {}
        for receiver in self.senders.all:
            own = (receiver.party.realm, receiver.party.vrf, receiver.party.kind in AGENCIES)
            if receiver.segments:
                found[receiver.name] = frozenset(
                    kind_of(party, receiver.party)
                    for key, party in groups.items()
                    if (key != own or crowd[key] > 1) and not (party.realm == receiver.party.realm == Realm.INTERNET)
                )
        return found

    # False sources

    @cached_property
    def spoofs(self) -> tuple[Spoof, ...]:
        """Of an external network at the Internet's side, sources that are ours; of everybody else, sources that are not its own."""
        return tuple(item for sender in self.senders.all for item in self._spoofs(sender))

    def _spoofs(self, sender: Sender) -> Iterator[Spoof]:
        if sender.internet:
            false = self.space.addresses("src", self._ours)
        else:
            false = self.space.normal & ~self.space.addresses("src", prefixes_of(sender.party))
        sent = false & self.space.label(sender.label)
        outside = sender.internet or sender.party.kind == PartyKind.PROVINCE
        for segment in sender.segments:
            for door in self.doors_at(segment):
                if outside:  # the far end of the link has an address there too
                    link = tuple(sorted(prefix(address.ip, address.length) for address in door.interface.addresses))
                    sent = sent & ~self.space.addresses("src", link)
                if self.forwarders[door.endpoint.device].config.forwarding:
                    taken = sent & self.spread.entry(self.forwarders[door.endpoint.device], door) & self._leads_on(door)
                    if taken != self.space.false:
                        yield Spoof(sender, door, taken)

    def _leads_on(self, door: Door) -> Node:
        """What goes on from a door to any other place than back: a switch with an address of its own leads nowhere."""
        return self.spread.onward(self.forwarders[door.endpoint.device], door)

    def doors_at(self, segment: int) -> list[Door]:
        names = self.layer2.segments[segment].endpoints
        return [door for name in names for door in self._doors.get(name, ())]

    @cached_property
    def _doors(self) -> dict[object, list[Door]]:
        return {door.endpoint: [door] for forwarder in self.forwarders.values() for door in forwarder.doors}

    @cached_property
    def _ours(self) -> AddressSet:
        """Addresses of all parties but the Internet and the provinces, and the public blocks of all carriers."""
        kinds = (PartyKind.INTERNET, PartyKind.PROVINCE)
        blocks = {prefix(int(block.network_address), block.prefixlen) for peer in self.facts.peers for block in self._assigned(peer)}
        return tuple(sorted(blocks | {item for party in self.facts.parties if party.kind not in kinds for item in prefixes_of(party)}))

    # Sessions

    @cached_property
    def unopened(self) -> tuple[Unopened, ...]:
        """New connections through a firewall with zones that are no forward packets of a declared flow."""
        return tuple(item for crossing in self.spread.firewall_crossings for item in self._unopened(crossing))

    def _unopened(self, crossing: Crossing) -> Iterator[Unopened]:
        arrived = self.spread.arrived(crossing.forwarder.name, crossing.vrf, crossing.source)
        through = crossing.allowed(arrived) & ~self.declared.opened & ~self._link_local
        if through != self.space.false:
            sender = self._in(through)[0]
            yield Unopened(crossing.forwarder.name, crossing.source, crossing.door.group, sender, through & self.space.label(sender.label))

    @cached_property
    def _link_local(self) -> Node:
        return self.space.prefix("dst", 0xE0000000, 4)

    # Devices themselves

    @cached_property
    def exposures(self) -> tuple[Exposure, ...]:
        return tuple(item for forwarder in self.forwarders.values() for item in self._exposures(forwarder))

    def _exposures(self, forwarder: Forwarder) -> Iterator[Exposure]:
        networks = self._networks(forwarder)
        for service in forwarder.config.management.services:
            if service.enabled is False:
                continue
            reached = self.spread.at_service(forwarder, service)
            if reached == self.space.false:
                continue
            left = reached & ~self.declared.into_device(networks)
            if left != self.space.false:
                left = left & ~self._to_neighbours(forwarder)
            found = self._in(left)
            if found:
                yield Exposure(forwarder.name, service, found[0], left & self.space.label(found[0].label), len(found))

    def _to_neighbours(self, forwarder: Forwarder) -> Node:
        """What may arrive in the networks in which the device has addresses: answers to neighbours, from the Internet datagrams only."""
        own = forwarder.own_addresses()
        outside = {segment for sender in self._internet for segment in sender.segments}
        datagrams = self.space.ranges("protocol", ((17, 17),))
        found = [
            self.declared.into(sender) & datagrams
            for sender in self._internet
            if any(door.segment in outside and door.segment in sender.segments for door in forwarder.doors)
        ]
        near = {party.id for party in self._parties_at(own)}
        neighbours = (sender for sender in self.senders.all if not sender.internet and sender.party.id in near)
        return self.space.union([*found, *map(self.declared.into, neighbours)])

    def _networks(self, forwarder: Forwarder) -> list[Party]:
        """The parties that stand for devices, whose addresses this device has; a host unit has one in a zone of servers."""
        parties = self._parties_at(forwarder.own_addresses())
        return [party for party in parties if party.kind in (PartyKind.DEVICES, PartyKind.ZONE)]

    def _parties_at(self, addresses: Iterable[int]) -> list[Party]:
        """The parties in whose prefixes the addresses lie, in the order of the facts."""
        found: set[int] = set()
        for mask, listed in self._places.items():
            for ip in addresses:
                found.update(listed.get(ip & mask, ()))
        return [self.facts.parties[number] for number in sorted(found)]

    @cached_property
    def _places(self) -> dict[int, dict[int, list[int]]]:
        """Numbers of parties by mask and by network."""
        found: dict[int, dict[int, list[int]]] = {}
        for number, party in enumerate(self.facts.parties):
            for value, mask in self.declared.prefixes[party.id]:
                found.setdefault(mask, {}).setdefault(value, []).append(number)
        return found

    @cached_property
    def _internet(self) -> tuple[Sender, ...]:
        return tuple(sender for sender in self.senders.all if sender.internet)


def kind_of(source: Party, target: Party) -> Kind:
    if Realm.INTERNET in (source.realm, target.realm):
        return Kind.INBOUND if source.realm == Realm.INTERNET else Kind.OUTBOUND
    if source.realm != target.realm:
        return Kind.REALMS
    if source.vrf != target.vrf:
        return Kind.VERTICALS
    return Kind.AGENCIES if source.kind in AGENCIES and target.kind in AGENCIES else Kind.SERVICES
