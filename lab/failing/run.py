"""A run: what is sent is chosen, failures begin, probes watch, and when all is whole again everything permitted has to work again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import NamedTuple

from isolation_checks.packets.fields import Packet
from isolation_checks.packets.space import Node as Packets
from isolation_checks.reach.declared import prefixes_of
from isolation_checks.reach.senders import Sender
from lab import faults
from lab.control import interruptible
from lab.failing.disturb import disturbance
from lab.failing.schedule import Failure, schedule
from lab.failing.watch import Arrival, Silence, Watch
from lab.plan import LabPlan
from lab.probes.choose import Aim, Chosen, choose
from lab.probes.expect import Expected, expecting
from lab.probes.hosts import Taken, prepare, speaking, stations, taken
from lab.probes.proof import Proof
from lab.probes.run import senders
from lab.probes.wire import Sighting, listening
from lab.state import LabFolder

RECOVERY_S = 90.0
"""So long everything permitted may take to work again after the last failure: a neighbour that fell silent, a session, a back-off."""
_CHOSEN = 4000
_PERMITTED = 200
_WARM_S = 2.0

Step = Callable[[float, int, int], None]
"""(seconds since the start, failures going on, forbidden arrivals) so far."""


class Happened(NamedTuple):
    begin: float
    end: float
    failure: Failure


@dataclass(frozen=True)
class Result:
    """``recovered``: seconds from the end of the last failure until everything permitted was answered; None: it never was."""

    plan: LabPlan
    seed: int
    seconds: float
    permitted: tuple[Chosen, ...]
    forbidden: tuple[Chosen, ...]
    sent: tuple[int, int]  # permitted, forbidden
    answered: int
    mute: frozenset[int]  # permitted flows that were never answered, not even before the first failure
    failures: tuple[Happened, ...]
    arrivals: tuple[Arrival, ...]
    evidence: Mapping[int, Sequence[Sighting]]
    silences: tuple[Silence, ...]
    recovered: float | None

    @property
    def isolated(self) -> bool:
        """Not one forbidden packet arrived."""
        return not self.arrivals

    @property
    def complete(self) -> bool:
        """Whether the silence of the forbidden says anything: probes were sent, the permitted arrived, and all is as before."""
        return bool(self.sent[1] and self.permitted) and not self.mute and self.recovered is not None


def _numbers(network: IPv4Network) -> range:
    return range(int(network.network_address), int(network.broadcast_address) + 1)


class Judge:
    """Whether anybody declared what arrives: the same sets of packets that tier T1 of the proof compares with."""

    def __init__(self, plan: LabPlan, proof: Proof, names: Mapping[str, str]) -> None:
        self._reach = proof.case.reach
        by_name = {sender.name: sender for sender in self._reach.senders.all}
        self._sender = {node: by_name[name] for node, name in names.items() if name in by_name}
        behind = {host.peer: self._sender[host.node] for host in plan.hosts if host.peer is not None and host.node in self._sender}
        self._receiver = {**self._sender, **behind}
        self._outside = frozenset(behind)
        self._here = frozenset(number for host in plan.hosts for address in host.addresses for number in _numbers(address.network))
        self._declared: dict[int, Packets] = {}
        self._known: dict[tuple[str, str, Packet], bool] = {}

    def arrives(self, station: str, packet: Packet) -> bool:
        """Whether that is as far as the packet goes in this lab: at a carrier, towards an address that nobody here stands for."""
        receiver = self._receiver.get(station)
        return station in self._outside and receiver is not None and receiver.internet and packet.dst not in self._here

    def __call__(self, chosen: Chosen, station: str, packet: Packet) -> bool:
        receiver = self._receiver.get(station)
        if receiver is None:
            return False
        key = chosen.probe.station, station, packet
        if key not in self._known:
            self._known[key] = self._forbidden(self._sender.get(chosen.probe.station), receiver, packet)
        return self._known[key]

    def _forbidden(self, sender: Sender | None, receiver: Sender, packet: Packet) -> bool:
        if sender is not None and sender.party.id == receiver.party.id:
            return False
        here = receiver.internet or any(packet.dst & item.mask == item.value for item in prefixes_of(receiver.party))
        return here and (sender is None or not self._reach.space.contains(self._into(receiver), sender.label, packet))

    def _into(self, receiver: Sender) -> Packets:
        if receiver.label not in self._declared:
            self._declared[receiver.label] = self._reach.declared.into(receiver)
        return self._declared[receiver.label]


def run(
    proof: Proof, folder: LabFolder, seconds: float, seed: int, rate: float, step: Step = lambda clock, going_on, wrong: None
) -> Result:
    """Raises LabError, OSError, KeyboardInterrupt; whatever was broken is whole again then."""
    plan, before = proof.plan, faults.cuts(folder)
    tracer = proof.tracer(proof.outage(before))
    names = senders(plan, tracer)
    of_devices = taken(plan, proof.city)
    chosen = choose(proof.facts, speaking(plan, of_devices), proof.configs, _CHOSEN, seed)
    with expecting(tracer.trace, names, chosen) as waiting:
        prepare(plan, of_devices)
        expected = waiting.wait()
    permitted, forbidden = _sorted_out(answerable(proof, chosen, of_devices), chosen, expected)
    judge = Judge(plan, proof, names)
    with interruptible(), listening(stations(plan)) as wire:
        _warm(Watch(wire, permitted, forbidden, judge, judge.arrives, rate, time.monotonic()))
        with disturbance(plan, folder, schedule(plan, seconds, seed, before)) as going:
            watch = Watch(wire, permitted, forbidden, judge, judge.arrives, rate, going.begun)

            def go_on() -> bool:
                clock = time.monotonic() - going.begun
                step(clock, going.going_on, len(watch.arrivals))
                return clock < seconds or not going.over

            watch.run(go_on)
            going.check()
        whole = time.monotonic()
        watch.run(lambda: (bool(watch.silent) or time.monotonic() < whole + 2 * _WARM_S) and time.monotonic() < whole + RECOVERY_S)
        silent = watch.silent
        watch.finish()
    last = max((item.end for item in watch.silences), default=0.0) - (whole - going.begun)
    return Result(
        plan,
        seed,
        seconds,
        permitted,
        forbidden,
        (watch.sent[0], watch.sent[1]),
        watch.came[0],
        frozenset(range(len(permitted))) - watch.heard,
        tuple(Happened(*item) for item in sorted(going.happened, key=lambda item: item[0])),
        tuple(watch.arrivals),
        watch.evidence,
        tuple(sorted(watch.silences, key=lambda item: (item.begin, item.flow))),
        None if silent else max(0.0, last),
    )


def _warm(watch: Watch) -> None:
    """Addresses are resolved before anything is timed."""
    until = time.monotonic() + _WARM_S
    watch.run(lambda: time.monotonic() < until)
    watch.wire.listen(1.0)
    watch.wire.forget()


def answerable(proof: Proof, chosen: Sequence[Chosen], of_devices: Taken) -> list[Chosen]:
    """Those to addresses that hosts stand for: a device has no service that would answer."""
    realms = {party.id: party.realm for party in proof.facts.parties}
    return [item for item in chosen if item.probe.packet.dst not in of_devices.get(realms[item.target], ())]


def _sorted_out(
    of_hosts: Sequence[Chosen], chosen: Sequence[Chosen], expected: Mapping[int, Expected]
) -> tuple[tuple[Chosen, ...], tuple[Chosen, ...]]:
    """What is answered whichever way it goes, a pair of zones each as long as there are enough of them; and what nobody lets through."""
    answered: dict[tuple[str, str], list[Chosen]] = {}
    for item in of_hosts:
        found = expected[item.probe.number]
        if item.aim is Aim.DECLARED and not found.doubtful and found.answered and all(course.arrived for course in found.courses):
            answered.setdefault((item.source, item.target), []).append(item)
    forbidden = [item for item in chosen if item.aim is not Aim.DECLARED and not (found := expected[item.probe.number]).doubtful
                 and not found.arrives]  # fmt: skip
    permitted = [item for items in answered.values() for item in items[:1]]
    permitted += [item for items in answered.values() for item in items[1:]]
    return tuple(permitted[:_PERMITTED]), tuple(forbidden)
