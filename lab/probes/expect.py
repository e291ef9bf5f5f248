"""What exact forwarding says of probes, in short, computed by several processes while the probes are on their way."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from threading import Thread
from typing import NamedTuple

from isolation_checks.forwarding.model import Fate, Trace
from isolation_checks.packets.fields import Packet
from isolation_checks.snapshot import Fragment
from lab.probes.choose import Chosen

Tracing = Callable[[str, Packet], Trace]
"""(sender, packet) -> what exact forwarding says."""

_CHUNK = 100
_FORK_FROM = 400
"""Probes from which on a second process is worth its start."""


class Course(NamedTuple):
    """One way of a packet, for one choice among equal routes. ``packet`` is as it ends, ``end`` the party, peer or device."""

    devices: tuple[str, ...]
    fate: Fate
    end: str
    packet: Packet
    arrived: bool


class Expected(NamedTuple):
    """What the proof says of one probe.

    ``doubtful``: it depends on something that nobody knows. ``answered``: whether its answer comes back, whichever equal route is taken;
    None where that depends or nothing answers. ``second``: of a datagram in two fragments, whether the second one passes by itself, which
    it must up to the first device that puts them together; None where that is in doubt.
    """

    courses: tuple[Course, ...]
    doubtful: bool
    answered: bool | None
    second: bool | None = True

    @property
    def arrives(self) -> bool:
        return any(course.arrived for course in self.courses)


def expect(trace: Tracing, sender: str, item: Chosen) -> Expected:
    """Raises KeyError for a sender that nobody knows."""
    packet = item.probe.packet
    found = trace(sender, packet)
    back = {branch.arrived for branch in found.back}
    second: bool | None = True
    if item.probe.in_two:
        later = trace(sender, Packet(packet.src, packet.dst, packet.protocol, fragment=Fragment.LATER))
        arrives = {branch.arrived for branch in later.forward}
        second = arrives.pop() if len(arrives) == 1 and not any(branch.doubts for branch in later.forward) else None
    courses = (Course(branch.devices, branch.fate, branch.end, branch.packet, branch.arrived) for branch in found.forward)
    return Expected(tuple(courses), bool(found.doubts) or found.cut, back.pop() if len(back) == 1 else None, second)


@dataclass
class Expecting:
    """Answers that come in; `wait` for all of them."""

    _found: dict[int, Expected] = field(default_factory=dict)
    _errors: list[Exception] = field(default_factory=list)
    _readers: list[Thread] = field(default_factory=list)

    @property
    def done(self) -> int:
        return len(self._found)

    def wait(self, on_done: Callable[[int], None] = lambda _: None) -> Mapping[int, Expected]:
        """By probe number. Raises what a process raised."""
        while any(reader.is_alive() for reader in self._readers):
            for reader in self._readers:
                reader.join(0.2)
            on_done(self.done)
        if self._errors:
            raise self._errors[0]
        return self._found

    def take(self, found: Mapping[int, Expected]) -> None:
        self._found.update(found)

    def read(self, end: Connection) -> None:
        """Takes what a process sends, until it ends."""

        def loop() -> None:
            while True:
                try:
                    item = end.recv()
                except EOFError:
                    return
                if isinstance(item, Exception):
                    self._errors.append(item)
                else:
                    self.take(item)

        self._readers.append(Thread(target=loop, daemon=True))
        self._readers[-1].start()


@contextmanager
def expecting(trace: Tracing, senders: Mapping[str, str], chosen: Sequence[Chosen]) -> Iterator[Expecting]:
    """Begins to compute; ``senders``: host's node -> who sends from it in the words of the proof. What one process raises `wait` raises."""
    jobs = len(os.sched_getaffinity(0)) if len(chosen) >= _FORK_FROM else 1
    result = Expecting()
    if jobs == 1:
        result.take({item.probe.number: expect(trace, senders[item.probe.station], item) for item in chosen})
        yield result
        return
    context = multiprocessing.get_context("fork")
    ends: list[Connection] = []
    processes = []
    for number in range(jobs):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_compute, args=(theirs, trace, senders, chosen[number::jobs]), daemon=True)
        process.start()
        theirs.close()
        ends.append(ours)
        processes.append(process)
    try:
        for end in ends:
            result.read(end)
        yield result
    finally:
        for process, end in zip(processes, ends, strict=True):
            process.terminate()
            process.join()
            process.close()
            end.close()


def _compute(to: Connection, trace: Tracing, senders: Mapping[str, str], chosen: Sequence[Chosen]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it ends it
    try:
        for start in range(0, len(chosen), _CHUNK):
            to.send({item.probe.number: expect(trace, senders[item.probe.station], item) for item in chosen[start : start + _CHUNK]})
    except Exception as error:  # whoever reads raises it
        to.send(error)
    to.close()
