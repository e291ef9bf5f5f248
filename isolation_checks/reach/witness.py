"""From a set of packets to one packet, walked from its sender to where it should not be.

The way is sought backwards, from where the packet ends to its sender, through the rounds in which the proof's sets grow. What the sets
suggest counts as found once the step-by-step walk has agreed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from isolation_checks.packets.fields import Packet
from isolation_checks.packets.space import Node
from isolation_checks.reach.forwarder import Door
from isolation_checks.reach.reach import Excess, Exposure, Reach, Spoof, Unopened
from isolation_checks.reach.replay import Path, Steps, Walker
from isolation_checks.reach.senders import Sender
from isolation_checks.reach.spread import ALL_ADDRESSES, ALL_PORTS, led_to, service_filters
from isolation_checks.reach.trace import Spot, Trace, picks
from isolation_checks.reach.waves import Waves, Ways
from isolation_checks.verdicts import PacketWitness, Step
from topology.i18n import T

TRIES = 8
"""How many packets of a set are tried at one place in one round."""


def _nothing(_: Packet) -> Iterator[Steps]:
    yield ()


class Goal(NamedTuple):
    """Where a way may end: on a segment, or in a device past a door. ``packets``: what to find there; ``last``: what is decided then."""

    segment: int
    packets: Node
    end: Door | None = None
    last: Callable[[Packet], Iterator[Steps]] = _nothing


class Witnesses:
    """Makes witnesses for what one `Reach` found."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._walker = Walker(reach.forwarders)
        self._alone: dict[int, Waves] = {}

    @cached_property
    def _ways(self) -> Ways:
        return Ways(self._reach)

    @cached_property
    def _together(self) -> Waves:
        return Waves(self._ways)

    def excess(self, item: Excess) -> PacketWitness:
        goals = [Goal(segment, item.packets) for segment in item.receiver.segments]
        return self._witness(item.sender, item.receiver.name, item.packets, goals)

    def spoof(self, item: Spoof) -> PacketWitness:
        goal = Goal(item.door.segment, item.packets, item.door)
        return self._witness(item.sender, item.door.endpoint.device, item.packets, [goal])

    def exposure(self, item: Exposure) -> PacketWitness:
        forwarder = self._reach.forwarders[item.device]

        def last(door: Door, packet: Packet) -> Iterator[Steps]:
            handed = self._walker.local(door, (item.service.name,), packet)
            for filters in service_filters(forwarder.config, item.service) if handed is not None else ():
                admitted = self._walker.admits(door, filters, packet)
                if handed is not None and admitted is not None:
                    yield (*handed, *admitted)

        goals = [self._inside(door, item.packets, last) for door in forwarder.doors]
        return self._witness(item.sender, item.device, item.packets, goals)

    def unopened(self, item: Unopened) -> PacketWitness:
        forwarder = self._reach.forwarders[item.device]

        def last(inward: Door, packet: Packet) -> Iterator[Steps]:
            outward = [door for door in forwarder.doors if door.group == item.target and door.vrf in led_to(forwarder, inward.vrf)]
            for target, steps in self._targets(inward, item.sender.label, item.packets, packet):
                for allowed in (self._walker.allows(inward, door, target) for door in outward):
                    if allowed is not None:
                        yield (*steps, *allowed)

        doors = [door for door in forwarder.doors if door.group == item.source]
        goals = [self._inside(door, self._untranslated(door, item.packets), last) for door in doors]
        return self._witness(item.sender, item.device, item.packets, goals)

    def _inside(self, door: Door, packets: Node, last: Callable[[Door, Packet], Iterator[Steps]]) -> Goal:
        return Goal(door.segment, packets & self._ways.entry(door), door, lambda packet: last(door, packet))

    def _untranslated(self, inward: Door, packets: Node) -> Node:
        """What may become these packets when a door translates their destinations."""
        space, found = self._reach.space, packets
        for item in self._reach.forwarders[inward.endpoint.device].destination_nat(inward):
            inside = packets & space.ranges("dst", (item.inside,))
            before = space.rewrite(inside, dst=ALL_ADDRESSES, dport=ALL_PORTS if item.inside_ports is not None else None)
            found = found | before & self._reach.spread.gates.any_of(item.matches)
        return found

    def _targets(self, inward: Door, label: int, packets: Node, packet: Packet) -> Iterator[tuple[Packet, Steps]]:
        """What of a set a packet becomes when a door translates its destination, with the steps."""
        space = self._reach.space
        alike = space.rewrite(space.packet(packet) & space.label(label), dst=ALL_ADDRESSES, dport=ALL_PORTS)
        for _, after in picks(space, [packets & alike], TRIES):
            for target, steps in self._walker.translations(inward, packet, after):
                if space.contains(packets, label, target):
                    yield target, steps

    def _witness(self, sender: Sender, target: str, packets: Node, goals: list[Goal]) -> PacketWitness:
        total = self._reach.space.count(packets)
        for waves in self._waves(sender):
            found = self._found(sender, waves, goals)
            if found is not None:
                path, last = found
                steps = (*(self._walker.walk(path) or ()), *last, Step(target, T("arrives"), None))
                return PacketWitness(sender.name, target, path.last, total, steps, True, self._opener(path))
        _, packet = self._reach.space.pick(packets)
        what = T("no single packet of this set could be followed to here: sessions and translations are taken as wider than they may be")
        return PacketWitness(sender.name, target, packet, total, (Step(target, what, None),), replayed=False)

    def _waves(self, sender: Sender) -> Iterator[Waves]:
        """New connections of the sender alone, which is quick and mostly enough; then of all senders, with sessions."""
        if sender.label not in self._alone:
            self._alone[sender.label] = Waves(self._ways, sender.label)
        yield self._alone[sender.label]
        yield self._together

    def _found(self, sender: Sender, waves: Waves, goals: Iterable[Goal]) -> tuple[Path, Steps] | None:
        """A way to one of the goals, with what is decided at its end: of a packet with a source of its sender's own, if there is any."""
        trace, honest, space = Trace(self._ways, waves, self._walker), self._ways.honest, self._reach.space
        for kept in (honest, space.normal & ~honest):
            wanted = [goal._replace(packets=goal.packets & kept & space.label(sender.label)) for goal in goals]
            wanted = [goal for goal in wanted if goal.packets != space.false]
            for number in waves.rounds() if wanted else ():
                for goal in wanted:
                    for _, packet in picks(space, [waves.new(number, goal.segment) & goal.packets], TRIES):
                        for last in goal.last(packet):
                            path = trace.path(Spot(goal.segment, sender.label, packet), goal.end)
                            if path is not None and self._walker.walk(path) is not None:
                                return path, last
        return None

    def _opener(self, path: Path) -> PacketWitness | None:
        """The last session on the way, with the way of its own opener."""
        session = next((hop.session for hop in reversed(path.hops) if hop.session is not None), None)
        if session is None:
            return None
        opener, device = session.path, session.outward.endpoint.device
        return PacketWitness(opener.sender.name, device, opener.packet, 1, self._walker.walk(opener) or (), True, self._opener(opener))
