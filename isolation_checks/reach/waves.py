"""The spread of packets in rounds, so that one packet can be followed back to its sender.

In each round packets go over one device. Answers are looked for only when new connections get no further. So what is first seen in a round
came from something that was seen in an earlier one: whoever goes back ends at a sender, and never in a circle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property, reduce
from operator import or_

from isolation_checks.packets.fields import Context, Packet
from isolation_checks.packets.space import Node
from isolation_checks.reach.declared import prefixes_of
from isolation_checks.reach.forwarder import Door, Forwarder
from isolation_checks.reach.layer2 import Endpoint
from isolation_checks.reach.reach import Reach
from isolation_checks.reach.spread import Crossing, led_to

Round = dict[int, Node]
"""By segment, what is there for the first time."""


class Ways:
    """What stands between the doors of every device: one crossing for each group and door, made when a packet first comes there."""

    def __init__(self, reach: Reach) -> None:
        self.reach, self.space = reach, reach.space
        self.doors: dict[int, list[Door]] = defaultdict(list)
        for forwarder in reach.forwarders.values():
            for door in forwarder.doors:
                self.doors[door.segment].append(door)
        self._crossings: dict[str, list[Crossing]] = {}
        self._returns: dict[tuple[Endpoint, str, Endpoint], Node] = {}

    @cached_property
    def honest(self) -> Node:
        """Packets whose source is their sender's own."""
        found = (
            self.space.label(sender.label) & self.space.addresses("src", None if sender.internet else prefixes_of(sender.party))
            for sender in self.reach.senders.all
        )
        return reduce(or_, found, self.space.false)

    def entry(self, door: Door) -> Node:
        """What a door takes in."""
        return self.reach.spread.entry(self.reach.forwarders[door.endpoint.device], door)

    def crossings(self, device: str) -> list[Crossing]:
        """All ways through a device by which anything gets."""
        if device not in self._crossings:
            forwarder = self.reach.forwarders[device]
            found = self._cross(forwarder) if forwarder.config.forwarding else ()
            self._crossings[device] = [crossing for crossing in found if crossing.policy != self.space.false]
        return self._crossings[device]

    def _cross(self, forwarder: Forwarder) -> Iterator[Crossing]:
        for door in forwarder.doors:
            groups = {other.group: None for other in forwarder.doors if door.vrf in led_to(forwarder, other.vrf)}
            for group in groups:
                yield Crossing(self.reach.spread.gates, forwarder, door.vrf, group, door)

    def asking(self, crossing: Crossing) -> list[Door]:
        """The doors by which packets come in that take a crossing."""
        return self._led(crossing, crossing.source)

    def answering(self, crossing: Crossing) -> list[Door]:
        """The doors by which the answers to sessions over a crossing come in."""
        return self._led(crossing, crossing.door.group)

    def _led(self, crossing: Crossing, group: str) -> list[Door]:
        forwarder = crossing.forwarder
        return [door for door in forwarder.doors if door.group == group and crossing.vrf in led_to(forwarder, door.vrf)]

    def returns(self, crossing: Crossing, door: Door) -> Node:
        """The answers over a crossing that may leave by one of the doors by which sessions came in."""
        key = crossing.door.endpoint, crossing.source, door.endpoint
        if key not in self._returns:
            forwarder = crossing.forwarder
            inward = crossing.door.interface.name if forwarder.config.firewall is None else None
            context = Context(vrf=door.vrf, in_interface=inward, out_interface=door.interface.name, state="established")
            stops = [*forwarder.crossing(), *forwarder.before_source(), *forwarder.exit(door)]
            self._returns[key] = self.reach.spread.gates.through(forwarder, stops, context)
        return self._returns[key]


class Waves:
    """Round after round, of the packets of one sender or of all; with sessions, or new connections alone."""

    def __init__(self, ways: Ways, label: int | None = None) -> None:
        self._ways, self._space = ways, ways.space
        self._sessions = label is None
        self._ended = False
        self._rounds: list[Round] = []
        self._seen: dict[int, Node] = {}
        first: Round = {}
        for sender in ways.reach.senders.all:
            for segment in sender.segments if label in (None, sender.label) else ():
                first[segment] = first.get(segment, self._space.false) | self._space.label(sender.label)
        self._put(first)
        self.calm = 0
        """How many rounds there are before the first answers."""

    def rounds(self) -> Iterator[int]:
        """The numbers of all rounds; each is made when it is asked for."""
        number = 0
        while number < len(self._rounds) or self._grow():
            yield number
            number += 1

    def new(self, number: int, segment: int) -> Node:
        return self._rounds[number].get(segment, self._space.false)

    def within(self, segment: int, limit: int, wanted: Node) -> Node:
        """What of a set is at a segment before a round."""
        found = (seen[segment] & wanted for seen in self._rounds[:limit] if segment in seen)
        return reduce(or_, found, self._space.false)

    def first(self, segment: int, label: int, packet: Packet) -> int | None:
        """The round in which a sender's packet is first seen at a segment."""
        numbered = enumerate(self._rounds)
        return next((number for number, new in numbered if segment in new and self._space.contains(new[segment], label, packet)), None)

    def _put(self, found: Round) -> bool:
        new = {segment: node & ~self._seen.get(segment, self._space.false) for segment, node in found.items()}
        new = {segment: node for segment, node in new.items() if node != self._space.false}
        for segment, node in new.items():
            self._seen[segment] = self._seen.get(segment, self._space.false) | node
        if new:
            self._rounds.append(new)
        return bool(new)

    def _grow(self) -> bool:
        """Makes the next round; False where there is none."""
        if self._ended:
            return False
        if self._rounds and self._put(self._connections(self._rounds[-1])):
            return True
        self.calm = self.calm or len(self._rounds)
        self._ended = not (self._sessions and self._put(self._answers()))
        return not self._ended

    def _connections(self, last: Round) -> Round:
        """Where the packets of the last round go as new connections."""
        result: dict[int, Node] = defaultdict(lambda: self._space.false)
        for device in dict.fromkeys(door.endpoint.device for segment in last for door in self._ways.doors.get(segment, ())):
            for crossing in self._ways.crossings(device):
                arrived = self._arrived(last, self._ways.asking(crossing))
                if arrived != self._space.false:
                    result[crossing.door.segment] |= crossing.out(arrived)
        return result

    def _answers(self) -> Round:
        """What of all that was seen so far answers anything."""
        result: dict[int, Node] = defaultdict(lambda: self._space.false)
        for forwarder in self._ways.reach.forwarders.values():
            for crossing in self._ways.crossings(forwarder.name) if forwarder.keeps_sessions else ():
                arrived = self._arrived(self._seen, self._ways.answering(crossing))
                if arrived == self._space.false:
                    continue
                opened = crossing.passed(self._arrived(self._seen, self._ways.asking(crossing)))
                answers = crossing.back(opened, arrived, crossing.door, self._space.normal)  # once for all doors, which is what takes time
                for door in crossing.entries:
                    result[door.segment] |= answers & self._ways.returns(crossing, door)
        return result

    def _arrived(self, at: Round, doors: Iterable[Door]) -> Node:
        """What the doors take of what is in front of them."""
        taken = (at[door.segment] & self._ways.entry(door) for door in doors if door.segment in at)
        return reduce(or_, taken, self._space.false)
