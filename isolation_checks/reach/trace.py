"""From one packet back to its sender, round by round; each hop counts once the step-by-step walk has agreed to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from isolation_checks.packets.fields import ICMP, ICMP_REPLIES, TCP, WITH_PORTS, Packet
from isolation_checks.packets.space import Node, PacketSpace
from isolation_checks.reach.forwarder import Door
from isolation_checks.reach.replay import Hop, Path, Session, Walker
from isolation_checks.reach.spread import ALL_ADDRESSES, ALL_PORTS, Crossing, Passed
from isolation_checks.reach.waves import Waves, Ways
from isolation_checks.snapshot import Fragment, TcpFlag

BEFORE = 4
"""How many packets are tried of each set from which one may have come."""
HOPS = 400
"""How many hops are tried for one witness."""


class Spot(NamedTuple):
    segment: int
    label: int
    packet: Packet


class Trace:
    """One search. What was in vain once is not tried again."""

    def __init__(self, ways: Ways, waves: Waves, walker: Walker) -> None:
        self._ways, self._waves, self._walker = ways, waves, walker
        self._space = ways.space
        self._vain: set[Spot] = set()
        self._left = HOPS

    def path(self, spot: Spot, end: Door | None) -> Path | None:
        """A way from the sender to a spot, and there into a device."""
        if end is not None and self._walker.enter(end, spot.packet) is None:
            return None
        hops = self._back(spot)
        if hops is None:
            return None
        packet = hops[0].before if hops else spot.packet
        return Path(self._ways.reach.senders.all[spot.label], packet, hops, end)

    def _back(self, spot: Spot) -> tuple[Hop, ...] | None:
        if spot.segment in self._ways.reach.senders.all[spot.label].segments:
            return ()
        limit = self._waves.first(*spot)
        if limit is None or spot in self._vain:
            return None
        for hop in self._hops(spot, limit):
            earlier = self._back(Spot(hop.inward.segment, spot.label, hop.before))
            if earlier is not None:
                return (*earlier, hop)
        self._vain.add(spot)
        return None

    def _hops(self, spot: Spot, limit: int) -> Iterator[Hop]:
        """The last hops to a spot of packets that were seen before a round."""
        yield from self._crossed(spot, limit)
        for before in dict.fromkeys((min(limit, self._waves.calm), limit)):
            yield from self._answered(spot, before)

    def _agreed(self, hop: Hop) -> bool:
        """Whether the walk takes a hop."""
        self._left -= 1
        return self._left >= 0 and self._walker.enter(hop.inward, hop.before) is not None and self._walker.cross(hop) is not None

    def _one(self, spot: Spot) -> Node:
        return self._space.packet(spot.packet) & self._space.label(spot.label)

    # New connections

    def _crossed(self, spot: Spot, limit: int) -> Iterator[Hop]:
        for outward in self._ways.doors[spot.segment]:
            for crossing in self._ways.crossings(outward.endpoint.device):
                if crossing.door.endpoint == outward.endpoint and self._space.contains(crossing.exit, spot.label, spot.packet):
                    for inward in self._ways.asking(crossing):
                        for before in self._befores(crossing, inward, spot, limit):
                            hop = Hop(inward, outward, before, spot.packet)
                            if self._agreed(hop):
                                yield hop

    def _befores(self, crossing: Crossing, inward: Door, spot: Spot, limit: int) -> Iterator[Packet]:
        """What was at a door and may have become the packet."""
        one = self._one(spot)
        like = one
        if not crossing.plain:
            like = self._space.rewrite(one, src=ALL_ADDRESSES, dst=ALL_ADDRESSES, sport=ALL_PORTS, dport=ALL_PORTS)
        arrived = self._waves.within(inward.segment, limit, like & self._ways.entry(inward))
        for step in crossing.passed(arrived) if arrived != self._space.false else ():
            if one & step.after != self._space.false:
                yield from self._picked(step.before & _either(self._space, one, step))

    def _picked(self, node: Node) -> Iterator[Packet]:
        """A few packets of a set, those with a source of their sender's own first."""
        honest = self._ways.honest
        return (packet for _, packet in picks(self._space, [node & honest, node & ~honest], BEFORE))

    # Answers

    def _answered(self, spot: Spot, limit: int) -> Iterator[Hop]:
        asked = mirrored(self._space, spot.packet)
        if asked == self._space.false:
            return
        for outward in self._ways.doors[spot.segment]:
            for crossing in self._ways.crossings(outward.endpoint.device):
                if (
                    crossing.stateful
                    and any(door.endpoint == outward.endpoint for door in crossing.entries)
                    and self._space.contains(self._ways.returns(crossing, outward), spot.label, spot.packet)
                ):
                    yield from self._over(crossing, outward, spot, asked, limit)

    def _over(self, crossing: Crossing, outward: Door, spot: Spot, asked: Node, limit: int) -> Iterator[Hop]:
        """Answers over one crossing, to sessions that came in by any of its doors."""
        space = self._space
        for end in self._ways.asking(crossing):
            openers = self._waves.within(end.segment, limit, asked & self._ways.entry(end))
            for step in crossing.passed(openers) if openers != space.false else ():
                wanted = _either(space, self._one(spot), step, answer=True) & space.swap(space.without_label(step.after))
                for inward in self._ways.answering(crossing):
                    answers = self._waves.within(inward.segment, limit, wanted & self._ways.entry(inward))
                    for before in self._picked(answers):
                        session = self._session(crossing, end, step, before)
                        hop = session and Hop(inward, outward, before, spot.packet, session)
                        if hop and self._agreed(hop):
                            yield hop

    def _session(self, crossing: Crossing, end: Door, step: Passed, answer: Packet) -> Session | None:
        """A session that a packet answers, with the way of its opener to the device."""
        space = self._space
        opened = step.after & mirrored(space, answer)
        for label, opener in self._openers(step.before & _either(space, opened, step), end.segment):
            as_one = space.packet(opener) & space.label(label)
            left = opened & _either(space, as_one, step)
            if left == space.false:
                continue
            after = space.pick(left)[1]
            if self._walker.passes(end, crossing.door, opener, after) is not None:
                path = self.path(Spot(end.segment, label, opener), end)
                if path is not None:
                    return Session(path, crossing.door, opener, after)
        return None

    def _openers(self, openers: Node, segment: int) -> Iterator[tuple[int, Packet]]:
        """Some of each kind: of those who are there, of others with their own source, of anybody."""
        space, honest = self._space, self._ways.honest
        here = space.labels(sender.label for sender in self._ways.reach.senders.all if segment in sender.segments)
        for node in (openers & here & honest, openers & honest & ~here, openers & here & ~honest, openers & ~here & ~honest):
            yield from picks(space, [node], BEFORE)


def _either(space: PacketSpace, node: Node, step: Passed, *, answer: bool = False) -> Node:
    """What may become these packets by a translation, or come of them; ``answer``: on the way back, source and destination swapped."""
    source, target = ALL_ADDRESSES if step.source_changed else None, ALL_ADDRESSES if step.target_changed else None
    sport, dport = ALL_PORTS if step.source_port else None, ALL_PORTS if step.target_port else None
    if answer:
        source, target, sport, dport = target, source, dport, sport
    return space.rewrite(node, src=source, dst=target, sport=sport, dport=dport)


def picks(space: PacketSpace, sets: Iterable[Node], limit: int) -> Iterator[tuple[int, Packet]]:
    """Packets of each set, each unlike those before in one thing after the other; ``limit`` of a set at most."""
    fields = ("label", "flags", "dport", "src", "dst", "sport", "protocol", "fragment")
    for node in sets:
        rest = node
        for turn in range(limit):
            if rest == space.false:
                break
            label, packet = space.pick(rest)
            yield label, packet
            values = {**packet._asdict(), "label": label}
            whole = space.packet(packet) & space.label(label)
            start = turn % len(fields)
            cuts = [space.equal_to(field, int(values[field])) for field in (*fields[start:], *fields[:start])]
            rest = rest & ~next((cut for cut in cuts if rest & ~cut != space.false), whole)


def mirrored(space: PacketSpace, packet: Packet) -> Node:
    """Everything that a packet may answer, by its shape."""
    ends = space.equal_to("src", packet.dst) & space.equal_to("dst", packet.src) & space.equal_to("protocol", packet.protocol)
    node = space.normal & ends
    if packet.fragment == Fragment.LATER:
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
