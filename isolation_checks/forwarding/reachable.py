"""Who reaches whom in one state of routing, as exact sets of packets."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import NamedTuple

from isolation_checks.forwarding.carry import Carrier, Course, Key, loads
from isolation_checks.forwarding.gates import Gates
from isolation_checks.forwarding.pieces import SPECIAL, Pieces, outside, span, ternaries
from isolation_checks.forwarding.plane import City, Plane
from isolation_checks.forwarding.work import pieces_of
from isolation_checks.packets.space import Node, PacketSpace
from isolation_checks.reach.senders import Sender
from isolation_checks.routing.model import Routing
from isolation_checks.snapshot import Ranges
from topology.facts import PartyKind

EVERYTHING: Ranges = ((0, 0xFFFFFFFF),)


class Reached(NamedTuple):
    """Packets of ``source`` as they arrive at ``target``, a party, an external network or a device, where nothing is in doubt for worse."""

    source: str
    target: str
    packets: Node


@dataclass(frozen=True)
class Reachable:
    """Answers for one state of routing. A sender sends from its own addresses only; a peer from all that are not the city's."""

    plane: Plane
    gates: Gates
    pieces: Pieces

    @classmethod
    def of(cls, city: City, routing: Routing) -> Reachable:
        return cls(Plane(city, routing), Gates(PacketSpace()), pieces_of(city, routing))

    @property
    def space(self) -> PacketSpace:
        return self.gates.space

    def from_sender(self, sender: Sender, met: set[Key] | None = None) -> tuple[Reached, ...]:
        """All that a sender's packets reach, by receiver, sorted by name. What the answer rests on is added to ``met``."""
        space, course = self.space, Course()
        carrier = Carrier(self.plane, self.gates, self.pieces)
        for ranges in self._own(sender):
            packets = space.addresses("src", ternaries(ranges))
            for load in loads(self.pieces, space, packets, EVERYTHING, ranges):
                carrier.from_sender(course, sender, load)
        if met is not None:
            met |= course.rests_on
        found: dict[str, list[Node]] = defaultdict(list)
        for end in course.ends:
            if end.name != sender.name:
                found[end.name].append(end.load.packets)
        return tuple(Reached(sender.name, name, reduce(or_, nodes)) for name, nodes in sorted(found.items()))

    def _own(self, sender: Sender) -> list[Ranges]:
        """Its addresses; those that may have another first hop apart."""
        if sender.party.kind is PartyKind.INTERNET:
            return [self._outside()]
        return [((int(net.network_address), int(net.broadcast_address)),) for net in sender.party.prefixes]

    def _outside(self) -> Ranges:
        """What no party of the city has."""
        parties = (party for party in self.plane.city.facts.parties if party.kind is not PartyKind.INTERNET)
        taken = [(int(net.network_address), int(net.broadcast_address)) for party in parties for net in party.prefixes]
        return outside((*taken, *map(span, SPECIAL)))
