"""A second opinion on every witness: one packet, walked step by step over cables, filters, policies and translations.

It shares with the proof what stands where (segments, doors, filters) and nothing of how the proof computes: no packet sets, but rule
after rule in plain Python. Where a config leaves something open it goes the way that lets the packet through, as the proof does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from isolation_checks.packets.decide import applies, decide
from isolation_checks.packets.fields import ICMP, TCP, WITH_PORTS, Context, Packet
from isolation_checks.reach.forwarder import Door, Forwarder, Placed
from isolation_checks.reach.layer2 import Endpoint, Layer2
from isolation_checks.reach.rpf import accepts
from isolation_checks.reach.senders import Sender
from isolation_checks.snapshot import Action, DestinationNat, Filter, Fragment, Rule, SourceNat, TcpFlag
from isolation_checks.verdicts import Step
from topology.i18n import T

EPHEMERAL = 49152
_OPENING = {8: 0, 13: 14, 15: 16, 17: 18}
"""ICMP requests and their answers, by type."""


class Spot(NamedTuple):
    """Where a packet is: on a segment, or inside a device that took it in by a door."""

    segment: int
    packet: Packet
    door: Endpoint | None = None


class Trail(NamedTuple):
    """How a packet came to where it is. ``opened_by``: the packet that opened the session, and its own trail."""

    steps: tuple[Step, ...]
    last: Packet
    opened_by: Trail | None = None
    opener: Packet | None = None
    opener_sender: str | None = None


class Arrival(NamedTuple):
    packet: Packet
    steps: tuple[Step, ...]


@dataclass
class Walker:
    """Walks packets of senders through forwarders. ``homes``: by address, the sender that an answer would go to."""

    layer2: Layer2
    forwarders: dict[str, Forwarder]
    homes: Callable[[int, str, str], list[Sender]]
    _doors: dict[int, list[Door]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for forwarder in self.forwarders.values():
            for door in forwarder.doors:
                self._doors.setdefault(door.segment, []).append(door)

    def walk(self, sender: Sender, packet: Packet, goal: Callable[[Spot], bool], *, sessions: bool = True) -> Trail | None:
        """The first way, over the fewest devices, on which the packet comes to a spot that ``goal`` accepts."""
        start = [Spot(segment, packet) for segment in sender.segments]
        trails: dict[Spot, Trail] = {spot: Trail((Step(sender.name, T("sends {packet}", packet=packet.text())),), packet) for spot in start}
        queue = deque(start)
        while queue:
            spot = queue.popleft()
            if goal(spot):
                return trails[spot]
            for new, trail in self._onward(spot, trails[spot], sessions):
                if new not in trails:
                    trails[new] = trail
                    queue.append(new)
        return None

    def _onward(self, spot: Spot, trail: Trail, sessions: bool) -> Iterator[tuple[Spot, Trail]]:
        if spot.door is None:
            for door in self._doors.get(spot.segment, ()):
                steps = self._enter(door, spot.packet)
                if steps is not None:
                    yield Spot(spot.segment, spot.packet, door.endpoint), trail._replace(steps=(*trail.steps, *steps))
            return
        forwarder = self.forwarders[spot.door.device]
        inward = next(door for door in forwarder.doors if door.endpoint == spot.door)
        if not forwarder.config.forwarding:
            return
        vrfs = {inward.vrf, *(leak.target for leak in forwarder.leaks if leak.source == inward.vrf)}
        for outward in forwarder.doors:
            if outward.vrf in vrfs:
                yield from self._through(forwarder, inward, outward, spot.packet, trail, sessions)

    def _enter(self, door: Door, packet: Packet) -> tuple[Step, ...] | None:
        forwarder = self.forwarders[door.endpoint.device]
        first = Step(forwarder.name, T("comes in by {interface}", interface=door.interface.name), door.interface.ref)
        if not accepts(forwarder, door, packet.src):
            return None
        steps = self._pass(forwarder, forwarder.entry(door), packet, Context(door.vrf, door.interface.name, None, None))
        return None if steps is None else (first, *steps)

    def _pass(self, forwarder: Forwarder, stops: list[Placed], packet: Packet, context: Context) -> tuple[Step, ...] | None:
        """The decisions of filters in a row; None where one of them denies."""
        steps: list[Step] = []
        for stop in stops:
            if stop.filter is None:
                steps.append(
                    Step(
                        forwarder.name,
                        T("filter {filter} is not defined: nothing is held back", filter=stop.applied.filter),
                        stop.applied.ref,
                    )
                )
                continue
            step = self._decided(forwarder, stop.filter, packet, context)
            if step is None:
                return None
            steps.append(step)
        return tuple(steps)

    def _decided(self, forwarder: Forwarder, filter_: Filter, packet: Packet, context: Context) -> Step | None:
        decision = decide(forwarder.filters, filter_, packet, context)
        if decision.action != Action.PERMIT:
            return None
        if decision.rule is None:
            return Step(forwarder.name, T("no rule of {filter} decides: it passes by default", filter=filter_.name), filter_.ref)
        within = decision.within or filter_
        return Step(
            forwarder.name, T("{filter} permits it by rule {rule}", filter=within.name, rule=decision.rule.name or "–"), decision.rule.ref
        )

    # Through a device

    def _through(
        self, forwarder: Forwarder, inward: Door, outward: Door, packet: Packet, trail: Trail, sessions: bool
    ) -> Iterator[tuple[Spot, Trail]]:
        for arrival in self._new(forwarder, inward, outward, packet):
            yield Spot(outward.segment, arrival.packet), trail._replace(steps=(*trail.steps, *arrival.steps), last=arrival.packet)
        if sessions and forwarder.keeps_sessions:
            yield from self._answer(forwarder, inward, outward, packet, trail)

    def _new(self, forwarder: Forwarder, inward: Door, outward: Door, packet: Packet) -> Iterator[Arrival]:
        by = forwarder.by_interface and forwarder.config.firewall is None
        context = Context(outward.vrf, inward.interface.name if by else None, outward.interface.name, "new")
        for target in self._destinations(forwarder, inward, packet):
            steps = self._pass(
                forwarder, [*forwarder.after_translation(inward), *forwarder.crossing(), *forwarder.before_source()], target.packet, context
            )
            policy = self._policy(forwarder, inward, outward, target.packet, context)
            if steps is None or policy is None:
                continue
            for source in self._sources(forwarder, inward, outward, target.packet):
                last = self._pass(forwarder, forwarder.exit(outward), source.packet, context._replace(state=None))
                if last is not None:
                    yield Arrival(source.packet, (*target.steps, *policy, *steps, *source.steps, *last, self._leaves(forwarder, outward)))

    def _leaves(self, forwarder: Forwarder, outward: Door) -> Step:
        return Step(forwarder.name, T("leaves by {interface}", interface=outward.interface.name), outward.interface.ref)

    def _policy(self, forwarder: Forwarder, inward: Door, outward: Door, packet: Packet, context: Context) -> tuple[Step, ...] | None:
        rules = forwarder.policy(inward.group, outward.group)
        if rules is None:
            return ()
        step = self._decided(forwarder, rules, packet, context)
        return None if step is None else (step,)

    def _destinations(self, forwarder: Forwarder, inward: Door, packet: Packet) -> Iterator[Arrival]:
        for item in forwarder.destination_nat(inward):
            outcome = applies(_as_rule(item), packet, Context())
            if not outcome.may or (item.own_address and packet.dst not in inward.addresses):
                continue
            first = next((tern.value for match in item.matches for tern in match.dst or ()), packet.dst)
            port = packet.dport if item.inside_ports is None or not _ported(packet) else item.inside_ports[0]
            new = packet._replace(dst=min(item.inside[0] + max(packet.dst - first, 0), item.inside[1]), dport=port)
            yield Arrival(new, (Step(forwarder.name, T("the destination is translated by {name}", name=item.name or "–"), item.ref, new),))
            if outcome.sure and not item.conditional:
                return
        yield Arrival(packet, ())

    def _sources(self, forwarder: Forwarder, inward: Door, outward: Door, packet: Packet) -> Iterator[Arrival]:
        for item in forwarder.source_nat(inward.group, outward):
            outcome = applies(_as_rule(item), packet, Context())
            if not outcome.may:
                continue
            own = list(outward.addresses) if item.own_address else []
            pool = [*(first for first, _ in item.pool), *own]
            if item.action == "translate" and pool:
                new = packet._replace(src=pool[0], sport=max(packet.sport, 1024) if item.ports and _ported(packet) else packet.sport)
                yield Arrival(new, (Step(forwarder.name, T("the source is translated by {name}", name=item.name or "–"), item.ref, new),))
            elif item.action != "translate":
                yield Arrival(packet, (Step(forwarder.name, T("{name} exempts it from translation", name=item.name or "–"), item.ref),))
            if outcome.sure and not item.conditional:
                return
        yield Arrival(packet, ())

    # Sessions

    def _answer(self, forwarder: Forwarder, inward: Door, outward: Door, packet: Packet, trail: Trail) -> Iterator[tuple[Spot, Trail]]:
        """The packet as an answer: somebody on the other side could have opened the session before."""
        for opener in _openers(packet, forwarder, inward, outward):
            for sender in self.homes(opener.src, outward.vrf, forwarder.name):
                opened = self.walk(
                    sender,
                    opener,
                    lambda spot: spot.door is not None and spot.door.device == forwarder.name and self._group(spot.door) == outward.group,
                    sessions=False,
                )
                if opened is None or not self._opens(forwarder, outward, inward, opener, packet):
                    continue
                answer = Packet(opener.dst, opener.src, packet.protocol, *_answer_ports(opener, packet), packet.flags, packet.fragment)
                context = Context(outward.vrf, inward.interface.name, outward.interface.name, "established")
                middle = self._pass(forwarder, [*forwarder.crossing(), *forwarder.before_source()], answer, context)
                last = self._pass(forwarder, forwarder.exit(outward), answer, context)
                if middle is None or last is None:
                    continue
                session = Step(forwarder.name, T("it answers a session that was opened before"), None, None if answer == packet else answer)
                steps = (*trail.steps, session, *middle, *last, self._leaves(forwarder, outward))
                yield Spot(outward.segment, answer), Trail(steps, answer, opened, opener, sender.name)
                return

    def _group(self, endpoint: Endpoint) -> str:
        return next(door.group for door in self.forwarders[endpoint.device].doors if door.endpoint == endpoint)

    def _opens(self, forwarder: Forwarder, inward: Door, outward: Door, opener: Packet, answer: Packet) -> bool:
        """Whether the opener leaves as what the packet answers."""
        return any(
            (new.packet.src, new.packet.dst, new.packet.protocol) == (answer.dst, answer.src, answer.protocol)
            for new in self._new(forwarder, inward, outward, opener)
        )


def _as_rule(item: DestinationNat | SourceNat) -> Rule:
    return Rule(Action.PERMIT, item.matches, item.ref, item.name, item.conditional)


def _ported(packet: Packet) -> bool:
    return packet.protocol in WITH_PORTS and packet.fragment != Fragment.LATER


def _answer_ports(opener: Packet, packet: Packet) -> tuple[int, int]:
    return (opener.dport, opener.sport) if _ported(packet) else (packet.sport, packet.dport)


def _openers(packet: Packet, forwarder: Forwarder, inward: Door, outward: Door) -> Iterator[Packet]:
    """Packets that may have opened the session which this one answers: its mirror image, and the same before a translation."""
    sport, dport, flags = packet.dport, packet.sport, 0
    if packet.protocol == TCP and packet.fragment != Fragment.LATER:
        if not packet.flags & (TcpFlag.ACK | TcpFlag.RST):
            return
        flags = TcpFlag.SYN
    if packet.protocol == ICMP and packet.fragment != Fragment.LATER:
        kinds = [request for request, reply in _OPENING.items() if reply == packet.dport >> 8]
        if not kinds:
            return
        sport, dport = 0, kinds[0] << 8
    mirrored = Packet(packet.dst, packet.src, packet.protocol, sport, dport, flags, packet.fragment)
    yield mirrored
    if flags:  # a device that does not watch the handshake takes any packet for the first
        yield from (mirrored._replace(flags=other) for other in (TcpFlag.ACK, TcpFlag.RST, 0))
    for item in forwarder.source_nat(outward.group, inward):
        pool = [
            *item.pool,
            *((ip, ip) for ip in inward.addresses if item.own_address),
        ]
        if item.action == "translate" and any(first <= mirrored.src <= last for first, last in pool):
            for match in item.matches:
                for tern in match.src or ():
                    yield mirrored._replace(src=tern.value | (10 & ~tern.mask & 0xFFFFFFFF))
    for nat in forwarder.destination_nat(outward):
        if nat.inside[0] <= mirrored.dst <= nat.inside[1]:
            for match in nat.matches:
                for tern in match.dst or ():
                    port = match.dports[0][0] if match.dports and _ported(mirrored) else mirrored.dport
                    yield mirrored._replace(dst=tern.value, dport=port)
