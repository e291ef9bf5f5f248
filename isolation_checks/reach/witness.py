"""From a set of packets to one packet, walked from its sender to where it should not be.

The way is sought backwards, from where the packet ends to its sender, and only through the sets of the proof: what is not in a place's set
never was there. What the sets suggest counts as found once the step-by-step walk has agreed.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, reduce
from itertools import count
from operator import or_
from typing import NamedTuple

from isolation_checks.packets.fields import ICMP, ICMP_REPLIES, TCP, WITH_PORTS, Packet
from isolation_checks.packets.space import Node
from isolation_checks.reach.declared import prefixes_of
from isolation_checks.reach.forwarder import Door, Forwarder
from isolation_checks.reach.reach import Excess, Exposure, Reach, Spoof, Unopened
from isolation_checks.reach.replay import Hop, Path, Session, Steps, Walker, outside
from isolation_checks.reach.senders import Sender
from isolation_checks.reach.spread import ALL_ADDRESSES, ALL_PORTS, Crossing, service_filters
from isolation_checks.snapshot import Fragment, TcpFlag
from isolation_checks.verdicts import PacketWitness, Step
from topology.i18n import T

TRIES = 10
"""How many packets of a set are tried before it counts as one that no packet can be walked to."""
OPENERS = 6
"""How many openers of a session are tried for one answer, and at how many places."""
SEARCHES = 40
"""How many sessions are looked into for one witness."""
DEPTH = 3
"""How many sessions may stand one inside the other: the opener of one may itself be an answer."""
BEFORE = 3
"""How many packets are tried that may have been translated to one."""


class Goal(NamedTuple):
    """Where a way ends: on a segment, or in a device past a door. ``last``: what is decided there."""

    segment: int
    packet: Packet
    end: Door | None = None
    last: Steps = ()


class Spot(NamedTuple):
    segment: int
    packet: Packet


class Witnesses:
    """Makes witnesses for what one `Reach` found."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._walker = Walker(reach.forwarders)

    def excess(self, item: Excess) -> PacketWitness:
        def goals(packet: Packet) -> Iterator[Goal]:
            for segment in item.receiver.segments:
                yield Goal(segment, packet)

        return self._witness(item.sender, item.receiver.name, item.packets, goals)

    def spoof(self, item: Spoof) -> PacketWitness:
        def goals(packet: Packet) -> Iterator[Goal]:
            yield Goal(item.door.segment, packet, item.door)

        return self._witness(item.sender, item.door.endpoint.device, item.packets, goals)

    def exposure(self, item: Exposure) -> PacketWitness:
        forwarder = self._reach.forwarders[item.device]

        def goals(packet: Packet) -> Iterator[Goal]:
            for door in forwarder.doors:
                handed = self._walker.local(door, (item.service.name,), packet)
                for filters in service_filters(forwarder.config, item.service) if handed is not None else ():
                    admitted = self._walker.admits(door, filters, packet)
                    if handed is not None and admitted is not None:
                        yield Goal(door.segment, packet, door, (*handed, *admitted))

        return self._witness(item.sender, item.device, item.packets, goals)

    def unopened(self, item: Unopened) -> PacketWitness:
        doors = self._reach.forwarders[item.device].doors

        def goals(packet: Packet) -> Iterator[Goal]:
            for inward in (door for door in doors if door.group == item.source):
                for before in (packet, *self._untranslated(inward, item.sender.label, packet)):
                    for target, steps in self._walker.translations(inward, before, packet):
                        for outward in (door for door in doors if door.group == item.target and target == packet):
                            allowed = self._walker.allows(inward, outward, packet)
                            if allowed is not None:
                                yield Goal(inward.segment, before, inward, (*steps, *allowed))

        return self._witness(item.sender, item.device, item.packets, goals)

    def _witness(self, sender: Sender, target: str, packets: Node, goals: Callable[[Packet], Iterable[Goal]]) -> PacketWitness:
        space = self._reach.space
        total, search = space.count(packets), _Search(self._reach, self._walker)
        for _, packet in search.picks([packets & search.honest, packets], TRIES):
            for goal in goals(packet):
                path = search.path(sender.label, goal, DEPTH)
                steps = None if path is None else self._walker.walk(path)
                if path is not None and steps is not None:
                    end = Step(target, T("arrives"), None)
                    return PacketWitness(sender.name, target, path.last, total, (*steps, *goal.last, end), True, self._opener(path))
        _, packet = space.pick(packets)
        what = T("no single packet of this set could be followed to here: sessions and translations are taken as wider than they may be")
        return PacketWitness(sender.name, target, packet, total, (Step(target, what, None),), replayed=False)

    def _opener(self, path: Path) -> PacketWitness | None:
        """The last session on the way, with the way of its own opener."""
        session = next((hop.session for hop in reversed(path.hops) if hop.session is not None), None)
        if session is None:
            return None
        opener, device = session.path, session.outward.endpoint.device
        return PacketWitness(opener.sender.name, device, opener.packet, 1, self._walker.walk(opener) or (), True, self._opener(opener))

    def _untranslated(self, inward: Door, label: int, packet: Packet) -> Iterator[Packet]:
        return _Search(self._reach, self._walker).translated_to(inward, None, label, packet)


class _Search:
    """One search for a way, or for several packets of one set."""

    def __init__(self, reach: Reach, walker: Walker) -> None:
        self._reach, self._space, self._walker = reach, reach.space, walker
        self._left = SEARCHES
        self._at: dict[int, Node] = {}
        self._crossings: dict[tuple[str, str, str, str], Crossing] = {}
        self._doors: dict[int, list[Door]] = {}
        for forwarder in reach.forwarders.values():
            for door in forwarder.doors:
                self._doors.setdefault(door.segment, []).append(door)

    @cached_property
    def honest(self) -> Node:
        """Packets whose source is their sender's own."""
        found = (
            self._space.label(sender.label) & self._space.addresses("src", None if sender.internet else prefixes_of(sender.party))
            for sender in self._reach.senders.all
        )
        return reduce(or_, found, self._space.false)

    def path(self, label: int, goal: Goal, depth: int) -> Path | None:
        """The way on which the fewest sessions are needed, over the fewest devices, of a sender's packet to a goal."""
        sender = self._reach.senders.all[label]
        start = Spot(goal.segment, goal.packet)
        if not self._there(start, label) or (goal.end is not None and self._walker.enter(goal.end, goal.packet) is None):
            return None
        onward: dict[Spot, Hop | None] = {start: None}
        order = count()
        queue: list[tuple[int, int, int, Spot, bool]] = [(0, 0, next(order), start, False)]
        while queue:
            sessions, hops, _, spot, answered = heapq.heappop(queue)
            if spot.segment in sender.segments:
                return Path(sender, spot.packet, tuple(_followed(spot, onward)), goal.end)
            for hop in self._answers(spot, label, depth) if answered else self._crosses(spot, label, onward):
                new = Spot(hop.inward.segment, hop.before)
                if new not in onward:
                    onward[new] = hop
                    heapq.heappush(queue, (sessions, hops + 1, next(order), new, False))
            if not answered and depth:
                heapq.heappush(queue, (sessions + 1, hops, next(order), spot, True))
        return None

    def picks(self, sets: Iterable[Node], limit: int) -> Iterator[tuple[int, Packet]]:
        """Packets of the first set, then of the others, each unlike those before in one thing after the other."""
        space, left, unseen = self._space, limit, self._space.normal
        fields = ("label", "flags", "dport", "src", "dst", "sport", "protocol", "fragment")
        for node in sets:
            turn = 0
            rest = node & unseen
            while rest != space.false and left:
                label, packet = space.pick(rest)
                yield label, packet
                left -= 1
                values = {**packet._asdict(), "label": label}
                whole = space.packet(packet) & space.label(label)
                cuts = [space.equal_to(field, int(values[field])) for field in (*fields[turn:], *fields[:turn])]
                cut = next((cut for cut in cuts if rest & ~cut != space.false), whole)
                turn = (turn + 1) % len(fields)
                rest = rest & ~cut
                unseen = unseen & ~whole

    # One device backwards

    def _there(self, spot: Spot, label: int) -> bool:
        return self._space.contains(self._set(spot.segment), label, spot.packet)

    def _set(self, segment: int) -> Node:
        if segment not in self._at:
            self._at[segment] = self._reach.spread.at(segment)
        return self._at[segment]

    def _pairs(self, segment: int) -> Iterator[tuple[Forwarder, Door, Door]]:
        """The doors by which something may have left towards a segment, with those by which it came in before."""
        for outward in self._doors.get(segment, ()):
            forwarder = self._reach.forwarders[outward.endpoint.device]
            if forwarder.config.forwarding:
                for inward in forwarder.doors:
                    if inward.vrf == outward.vrf or forwarder.leaks:
                        yield forwarder, inward, outward

    def _crosses(self, spot: Spot, label: int, seen: dict[Spot, Hop | None]) -> Iterator[Hop]:
        """How a packet may have come to a segment as a new connection."""
        for forwarder, inward, outward in self._pairs(spot.segment):
            befores: Iterable[Packet] = (spot.packet,)
            if forwarder.config.source_nat or forwarder.config.destination_nat:
                befores = (spot.packet, *self.translated_to(inward, outward, label, spot.packet))
            for before in befores:
                new = Spot(inward.segment, before)
                if new in seen or not self._there(new, label) or self._walker.enter(inward, before) is None:
                    continue
                hop = Hop(inward, outward, before, spot.packet)
                if self._walker.cross(hop) is not None:
                    yield hop

    def translated_to(self, inward: Door, outward: Door | None, label: int, packet: Packet) -> Iterator[Packet]:
        """What of a sender's packets at a door may become this one."""
        forwarder, space = self._reach.forwarders[inward.endpoint.device], self._space
        targets = [item for item in forwarder.destination_nat(inward) if item.inside[0] <= packet.dst <= item.inside[1]]
        sources = [] if outward is None else forwarder.source_nat(inward.group, outward)
        own = () if outward is None else outward.addresses
        hits = [
            item
            for item in sources
            if item.action == "translate"
            and (any(low <= packet.src <= high for low, high in item.pool) or (item.own_address and packet.src in own))
        ]
        exact = self._set(inward.segment) & space.label(label) & space.packet(packet)
        for target in (None, *targets):
            for source in (None, *hits):
                if target is None and source is None:
                    continue
                like = space.packet(packet)
                if target is not None:
                    ports = ALL_PORTS if target.inside_ports is not None else None
                    like = space.rewrite(like, dst=outside(target) or ALL_ADDRESSES, dport=ports)
                    like = like & self._reach.spread.gates.any_of(target.matches)
                if source is not None:
                    like = space.rewrite(like, src=ALL_ADDRESSES, sport=ALL_PORTS if source.ports else None)
                    if target is None:
                        like = like & self._reach.spread.gates.any_of(source.matches)
                node = self._set(inward.segment) & space.label(label) & like & ~exact
                for _, before in self.picks([node & self.honest, node], BEFORE):
                    yield before

    # Sessions backwards

    def _answers(self, spot: Spot, label: int, depth: int) -> Iterator[Hop]:
        """How a packet may have come to a segment as the answer to a session."""
        shape = self._mirrored(spot.packet)
        if shape == self._space.false:
            return
        for forwarder, inward, outward in self._pairs(spot.segment):
            if forwarder.keeps_sessions:
                hop = self._answer(forwarder, inward, outward, spot, label, shape, depth)
                if hop is not None:
                    yield hop

    def _answer(self, forwarder: Forwarder, inward: Door, outward: Door, spot: Spot, label: int, shape: Node, depth: int) -> Hop | None:
        exits = [door for door in forwarder.doors if (door.vrf, door.group) == (inward.vrf, inward.group)]
        for end in (door for door in forwarder.doors if door.group == outward.group):
            for leaving in exits:
                crossing = self._crossing(forwarder, leaving, outward.group)
                passed = crossing.passed(self._set(end.segment) & shape)
                openers = reduce(or_, (step.before for step in passed), self._space.false)
                for sender, opener in self._openers(openers, end.segment):
                    for opened, before in self._opened(crossing, sender, opener, inward, label, spot.packet):
                        if self._left <= 0:
                            return None
                        if (
                            not self._there(Spot(inward.segment, before), label)
                            or self._walker.enter(inward, before) is None
                            or self._walker.passes(end, leaving, opener, opened) is None
                        ):
                            continue
                        self._left -= 1
                        path = self.path(sender, Goal(end.segment, opener, end), depth - 1)
                        hop = path and Hop(inward, outward, before, spot.packet, Session(path, leaving, opener, opened))
                        if hop and self._walker.cross(hop) is not None:
                            return hop
        return None

    def _openers(self, openers: Node, segment: int) -> Iterator[tuple[int, Packet]]:
        """Some openers of each kind: of those who are there, of others with their own source, of anybody."""
        here = self._space.labels(sender.label for sender in self._reach.senders.all if segment in sender.segments)
        for node in (openers & here & self.honest, openers & here, openers & self.honest & ~here, openers & ~here):
            yield from self.picks([node], OPENERS // 2)

    def _opened(
        self, crossing: Crossing, sender: int, opener: Packet, inward: Door, label: int, answer: Packet
    ) -> Iterator[tuple[Packet, Packet]]:
        """As what an opener may have left, and what of the sender's packets answers that."""
        space = self._space
        alike = space.equal_to("flags", answer.flags) & space.equal_to("fragment", answer.fragment) & space.label(label)
        for step in crossing.passed(space.packet(opener) & space.label(sender)):
            node = self._set(inward.segment) & alike & space.swap(space.without_label(step.after))
            same = space.packet(answer)
            for _, before in self.picks([node & same, node & self.honest, node], BEFORE):
                ends = space.equal_to("src", before.dst) & space.equal_to("dst", before.src)
                if before.protocol in WITH_PORTS and before.fragment != Fragment.LATER:
                    ends = ends & space.equal_to("sport", before.dport) & space.equal_to("dport", before.sport)
                left = step.after & ends
                if left != space.false:
                    yield space.pick(left)[1], before

    def _crossing(self, forwarder: Forwarder, door: Door, source: str) -> Crossing:
        key = forwarder.name, door.vrf, source, door.interface.name
        if key not in self._crossings:
            self._crossings[key] = Crossing(self._reach.spread.gates, forwarder, door.vrf, source, door)
        return self._crossings[key]

    def _mirrored(self, packet: Packet) -> Node:
        """Everything that a packet may answer, by its shape."""
        space = self._space
        later = packet.fragment == Fragment.LATER
        ends = space.equal_to("src", packet.dst) & space.equal_to("dst", packet.src) & space.equal_to("protocol", packet.protocol)
        node = space.normal & ends
        if later:
            return node
        node = node & ~space.equal_to("fragment", Fragment.LATER)
        if packet.protocol == TCP and not packet.flags & (TcpFlag.ACK | TcpFlag.RST):
            return space.false
        if packet.protocol in WITH_PORTS:
            return node & space.equal_to("sport", packet.dport) & space.equal_to("dport", packet.sport)
        if packet.protocol == ICMP:
            asked = [one for pair in ICMP_REPLIES for one, other in (pair, pair[::-1]) if other == packet.dport >> 8]
            return node & space.equal_to("dport", (asked[0] << 8) | packet.dport & 255) if asked else space.false
        return node


def _followed(spot: Spot, onward: dict[Spot, Hop | None]) -> Iterator[Hop]:
    """The hops from a spot to where the search began."""
    hop = onward[spot]
    while hop is not None:
        yield hop
        hop = onward[Spot(hop.outward.segment, hop.after)]
