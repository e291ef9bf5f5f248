"""A city in one state of routing, as a packet meets it: who is its first hop, what a table says, who answers as the next hop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from isolation_checks.reach.forwarder import Door, Forwarder
from isolation_checks.reach.layer2 import Endpoint, Layer2, Segment
from isolation_checks.reach.senders import Sender, Senders
from isolation_checks.reading.values import mask_of
from isolation_checks.routing.model import Hop, Route, Routing, Table
from isolation_checks.snapshot import Action, PolicyEntry, Ref, RoutePolicy
from topology.facts import Facts, Party, Peer, Realm


@dataclass(frozen=True)
class City:
    """What does not change with the state of routing."""

    facts: Facts
    forwarders: Mapping[str, Forwarder]
    senders: Senders
    layer2: Layer2  # with everything up

    @cached_property
    def doors(self) -> dict[Endpoint, Door]:
        return {door.endpoint: door for forwarder in self.forwarders.values() for door in forwarder.doors}

    @cached_property
    def parties(self) -> dict[str, Party]:
        return {party.id: party for party in self.facts.parties}

    @cached_property
    def peers(self) -> dict[tuple[Realm, str], Peer]:
        return {(peer.realm, peer.slug): peer for peer in self.facts.peers}

    @cached_property
    def sender_of(self) -> dict[str, Sender]:
        return {sender.name: sender for sender in self.senders.all}

    @cached_property
    def province(self) -> dict[tuple[Realm, str], Sender]:
        """The senders that external networks are."""
        found = {}
        for segment in self.layer2.segments:
            for peer in segment.peers:
                for sender in self.senders.all:
                    if segment.number in sender.segments and (sender.peer == peer[1] or sender.party.kind.value == "province"):
                        found[peer] = sender
        return found

    @cached_property
    def own(self) -> dict[tuple[str, str], frozenset[int]]:
        """By device and VRF, the addresses that are its own, those of interfaces that are up in the config."""
        found: dict[tuple[str, str], set[int]] = defaultdict(set)
        for name, forwarder in self.forwarders.items():
            for item in forwarder.config.interfaces:
                if item.shutdown is None:
                    found[name, item.vrf or ""] |= {address.ip for address in item.addresses}
        return {key: frozenset(values) for key, values in found.items()}

    @cached_property
    def shared(self) -> dict[tuple[str, str], dict[int, Endpoint]]:
        """By device and VRF, the virtual addresses that it may answer to, and where."""
        found: dict[tuple[str, str], dict[int, Endpoint]] = defaultdict(dict)
        for door in self.doors.values():
            for item in door.interface.virtual:
                found[door.endpoint.device, door.vrf][item.ip] = door.endpoint
        return found

    @cached_property
    def pairs(self) -> dict[str, str]:
        """Devices that share their sessions with another, by the name of the first of both: what one has seen, the other knows."""
        found: dict[str, str] = {}
        for cable in self.facts.cables:
            if cable.use.value == "heartbeat":
                names = cable.a.device, cable.b.device
                if all(name in self.forwarders and self._mirrors(name) for name in names):
                    found |= dict.fromkeys(names, min(names))
        return found

    def _mirrors(self, device: str) -> bool:
        facts = dict(self.forwarders[device].config.facts)
        return facts.get("hrp-mirror") == "yes" or facts.get("rbm") == "yes"


class Nexts(NamedTuple):
    """Who takes a packet that leaves by a door: doors of ours, external networks, or parties. None of all: nobody answers."""

    doors: tuple[Door, ...] = ()
    peers: tuple[tuple[Realm, str], ...] = ()
    parties: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plane:
    """One state. A segment that is cut keeps its number for one piece; the others have numbers of their own."""

    city: City
    routing: Routing

    @cached_property
    def layer2(self) -> Layer2:
        """Who hears whom in this state; that of the city where the routes do not say."""
        return self.routing.layer2 if self.routing.layer2.segments else self.city.layer2

    def table(self, device: str, vrf: str) -> Table | None:
        return self.routing.tables.get((device, vrf))

    def up(self, device: str) -> bool:
        return device not in self.routing.outage.devices

    def around(self, endpoint: Endpoint) -> Segment | None:
        """What a routed interface hears; None where it is down."""
        number = self.layer2.segment_of.get(endpoint)
        return None if number is None else self.layer2.segments[number]

    # Where packets start

    def places(self, sender: Sender) -> list[Segment]:
        """The segments, or pieces of them, that a sender is plugged into, as long as something is there."""
        numbers = (*sender.segments, *range(len(self.city.layer2.segments), len(self.layer2.segments)))
        return [segment for number in numbers if self._there(sender, segment := self.layer2.segments[number])]

    def _there(self, sender: Sender, segment: Segment) -> bool:
        """A loose port is where it was: nobody knows what it leads to."""
        if sender.loose is not None:
            return any(f"{item.device} {item.port}" == sender.loose for item in segment.loose)
        return sender.party.id in segment.senders or self._peer_there(sender, segment)

    def _peer_there(self, sender: Sender, part: Segment) -> bool:
        return any(self.city.province.get(peer) is sender for peer in part.peers)

    def first_hops(self, sender: Sender, part: Segment, source: int) -> list[tuple[int, tuple[Door, ...]]]:
        """The addresses that a host of a sender may have as its gateway, with the doors that answer for each.

        A virtual address where there is one, else any address of a device in the host's network. External networks send to our end. Hosts
        of a network in which no device has an address stand behind a router of the party's own, which has a gateway in another of its
        networks.
        """
        outside = bool(part.peers) and self._peer_there(sender, part)
        found = self._gateways(part, None if outside else [(source, 0xFFFFFFFF)])
        if not found and not outside:
            networks = [(int(net.network_address), int(net.netmask)) for net in sender.party.prefixes]
            found = self._gateways(part, networks)
        return [(address, self.answering(part, address)) for address in found]

    def _gateways(self, part: Segment, hosts: list[tuple[int, int]] | None) -> list[int]:
        """Addresses of devices in the networks of these hosts; None: whatever they have on the segment."""
        real: dict[int, None] = {}
        virtual: dict[int, None] = {}
        for endpoint in part.endpoints:
            door = self.city.doors.get(endpoint)
            if door is None:
                continue
            near = [
                item.ip
                for item in door.interface.addresses
                if hosts is None or any(not (host ^ item.ip) & mask_of(item.length) & mask for host, mask in hosts)
            ]
            if near:
                if self.city.forwarders[endpoint.device].config.forwarding:
                    real |= dict.fromkeys(near)
                virtual |= dict.fromkeys(item.ip for item in door.interface.virtual)
        return list(virtual or real)

    def answering(self, part: Segment, address: int) -> tuple[Door, ...]:
        """The doors in this piece of a segment that answer for an address there. Several: who does is in doubt."""
        owners = self.routing.owners.get((part.number, address))
        if owners is None:
            owners = tuple(item for item in part.endpoints if self._has(item, address))
        return tuple(
            self.city.doors[item] for item in owners if item in part.endpoints and item in self.city.doors and self.up(item.device)
        )

    def _has(self, endpoint: Endpoint, address: int) -> bool:
        door = self.city.doors.get(endpoint)
        return door is not None and any(item.ip == address for item in door.interface.addresses)

    # What a device does

    def local(self, device: str, vrf: str, address: int) -> bool:
        """Whether an address is the device's own: of an interface, or virtual and in its hands now."""
        if address in self.city.own.get((device, vrf), ()):
            return True
        endpoint = self.city.shared.get((device, vrf), {}).get(address)
        if endpoint is None:
            return False
        segment = self.layer2.segment_of.get(endpoint)
        return segment is not None and any(owner.device == device for owner in self.routing.owners.get((segment, address), ()))

    def door(self, device: str, hop: Hop) -> Door | None:
        return self.city.doors.get(Endpoint(device, hop.interface))

    def nexts(self, door: Door, address: int) -> Nexts:
        """Who is at an address on the link behind a door."""
        part = self.around(door.endpoint)
        if part is None:
            return Nexts()
        doors = tuple(item for item in self.answering(part, address) if item.endpoint != door.endpoint)
        if doors:
            return Nexts(doors)
        parties = tuple(
            name
            for name in part.senders
            if any(address & mask_of(net.prefixlen) == int(net.network_address) for net in self.city.parties[name].prefixes)
        )
        if parties:
            return Nexts((), (), parties)
        return Nexts((), part.peers if self._on_link(door, address) else ())

    def _on_link(self, door: Door, address: int) -> bool:
        return any(not (address ^ item.ip) & mask_of(item.length) for item in door.interface.addresses)

    # Policy routes and reverse paths

    def policy_route(self, door: Door) -> tuple[RoutePolicy, Ref] | None:
        applied = door.interface.policy_route
        if applied is None:
            return None
        config = self.city.forwarders[door.endpoint.device].config
        found = next((item for item in config.route_policies if item.name == applied.filter), None)
        return (found or RoutePolicy(applied.filter, "", (), applied.ref)), applied.ref

    def reverse_ok(self, door: Door, source: int) -> tuple[bool, Route | None]:
        """Whether the reverse-path check of a door takes a source, and the route that it looked at."""
        item = door.interface
        if item.urpf is None:
            return True, None
        if item.urpf_default and item.urpf == "loose":
            return True, None
        if any(not (source ^ address.ip) & mask_of(address.length) for address in item.addresses):
            return True, None
        table = self.table(door.endpoint.device, door.vrf)
        route = table.lookup(source) if table else None
        if route is None or not route.hops or (route.length == 0 and not item.urpf_default):
            return False, route
        return item.urpf == "loose" or any(hop.interface == item.name for hop in route.hops), route


def understood(entry: PolicyEntry) -> bool:
    """Whether an entry of a policy route is of the kind that is followed: filters as conditions, next hops as what is done."""
    conditions = all(what in ("acl", "ip address") for what, _ in entry.matches)
    return (
        conditions and entry.action in (Action.PERMIT, Action.DENY) and all(what in ("next-hop", "ip next-hop") for what, _ in entry.sets)
    )


def neighbour(outward: Door, inward: Door) -> int | None:
    """The address that a packet comes from, for a door that keeps where sessions came from; None where that changes nothing."""
    kept = inward.interface.last_hop is not None and inward.interface.last_hop.address is None
    own = outward.interface.addresses
    return own[0].ip if kept and own else None


def way_back(inward: Door, came: int | None) -> Hop | None:
    """The way out of answers in a session that comes in by a door; None: as the routes say."""
    last = inward.interface.last_hop
    if last is None:
        return None
    return Hop(inward.interface.name, came if last.address is None else last.address, inward.vrf)
