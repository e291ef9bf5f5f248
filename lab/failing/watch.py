"""Probes while things fail: every one that arrives is held against what is declared, and the silences of what is permitted are timed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from isolation_checks.packets.fields import WITH_PORTS, Packet
from isolation_checks.snapshot import Fragment
from lab.probes.choose import MOST, Chosen
from lab.probes.wire import Observed, Probe, Sighting, Wire

_SHIFT = 24
"""A probe's number: the round in the high bits, its place in the list in these."""
_CLIENT = 32768
_BURST = 40
_LATE_S = 1.0
"""An answer that takes longer has not come."""
_KEPT = 4096
"""Probes whose way is remembered for a capture."""

Forbidden = Callable[[Chosen, str, Packet], bool]
"""(what was sent, node where it arrived, the packet as it arrived) -> whether nobody declared that."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A forbidden packet at the first node where it should not be, ``at`` seconds since the start."""

    number: int
    chosen: Chosen
    at: float
    station: str
    packet: Packet


@dataclass(frozen=True, slots=True)
class Silence:
    """A permitted flow (its place in the list) that got no answer from ``begin`` to ``end``; ``lost`` probes in a row."""

    flow: int
    begin: float
    end: float
    lost: int


@dataclass
class Watch:
    """Sends ``permitted`` in turn, and ``forbidden`` in turn between them, each at its rate (packets a second)."""

    wire: Wire
    permitted: Sequence[Chosen]
    forbidden: Sequence[Chosen]
    judged: Forbidden
    arrives: Callable[[str, Packet], bool]
    """(node, packet) -> whether that is the end of its way, where nobody answers."""
    rate: float
    begun: float
    sent: list[int] = field(default_factory=lambda: [0, 0])
    came: list[int] = field(default_factory=lambda: [0, 0])
    arrivals: list[Arrival] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    heard: set[int] = field(default_factory=set)
    """Permitted flows that were answered at least once."""
    evidence: dict[int, list[Sighting]] = field(default_factory=dict)
    """By number, all that was seen of what is in ``arrivals``."""
    _waiting: deque[tuple[float, int, int]] = field(default_factory=deque)
    _answered: set[int] = field(default_factory=set)
    _lost: dict[int, tuple[float, int]] = field(default_factory=dict)
    _ways: dict[int, list[Sighting]] = field(default_factory=dict)

    def run(self, go_on: Callable[[], bool]) -> None:
        """Sends and listens while ``go_on`` says so."""
        next_s = time.monotonic()
        while go_on():
            now = time.monotonic()
            due = min(_BURST, int((now - next_s) * self.rate))
            if due:
                next_s = now
                for turn in range(due):
                    self._send(turn % 2)
            self.wire.listen(0.005)
            self._harvest()

    def finish(self) -> None:
        """Takes in what is still on its way; a silence that nothing ended lasts until now."""
        self.wire.listen(_LATE_S)
        self._harvest(everything=True)
        end = time.monotonic() - self.begun
        self.silences += [Silence(flow, begin, end, lost) for flow, (begin, lost) in sorted(self._lost.items())]
        self._lost.clear()

    @property
    def silent(self) -> frozenset[int]:
        """Permitted flows without an answer this moment."""
        return frozenset(self._lost)

    def _send(self, kind: int) -> None:
        chosen = (self.permitted, self.forbidden)[kind]
        if not chosen:
            return
        turn, place = divmod(self.sent[kind], len(chosen))
        self.sent[kind] += 1
        index = place + kind * len(self.permitted)
        probe = chosen[place].probe
        number = turn << _SHIFT | index
        self.wire.send(Probe(number, probe.station, _fresh(probe.packet, index + 7 * turn), probe.in_two))
        if kind == 0:
            self._waiting.append((time.monotonic(), number, place))

    def _harvest(self, *, everything: bool = False) -> None:
        for number in list(self.wire.numbers()):
            self._take(number, self.wire.observed(number))
        self.wire.forget()
        limit = time.monotonic() - _LATE_S
        while self._waiting and (everything or self._waiting[0][0] < limit):
            self._settle(*self._waiting.popleft())

    def _take(self, number: int, observed: Observed) -> None:
        index = number & ((1 << _SHIFT) - 1)
        permitted = index < len(self.permitted)
        chosen = self.permitted[index] if permitted else self.forbidden[index - len(self.permitted)]
        station = chosen.probe.station
        self._remember(number, observed.forward)
        answered = any(not item.out and item.station == station for item in observed.back)
        if permitted and (answered or any(not item.out and self.arrives(item.station, item.packet) for item in observed.forward)):
            self._answered.add(number)
        for item in observed.forward:
            if not item.out and item.station != station and self.judged(chosen, item.station, item.packet):
                if number not in self.evidence:
                    self.arrivals.append(Arrival(number, chosen, item.at - self.begun, item.station, item.packet))
                self.evidence[number] = self._ways[number]

    def _remember(self, number: int, sightings: Sequence[Sighting]) -> None:
        if number in self.evidence:
            self.evidence[number] += sightings
            return
        self._ways.setdefault(number, []).extend(sightings)
        while len(self._ways) > _KEPT:
            del self._ways[next(iter(self._ways))]

    def _settle(self, sent: float, number: int, flow: int) -> None:
        at = sent - self.begun
        if number in self._answered:
            self._answered.discard(number)
            self.came[0] += 1
            self.heard.add(flow)
            if flow in self._lost:
                begin, lost = self._lost.pop(flow)
                self.silences.append(Silence(flow, begin, at, lost))
        elif flow in self._lost:
            begin, lost = self._lost[flow]
            self._lost[flow] = begin, lost + 1
        else:
            self._lost[flow] = at, 1


def _fresh(packet: Packet, number: int) -> Packet:
    """From another client's port, so that no session of before lets it pass."""
    if packet.protocol in WITH_PORTS and packet.fragment != Fragment.LATER and packet.sport >= _CLIENT:
        return packet._replace(sport=_CLIENT + (packet.sport + number) % MOST)
    return packet
