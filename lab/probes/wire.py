"""Senders and ears in the namespaces of a lab: one process holds a socket in each, and one loop serves them all.

A socket stays in the namespace where it was made, so nothing has to run inside. Packets leave through a raw socket (the namespace's own
routing and ARP find the way; false sources are possible); ears are packet sockets, which see what passes an interface before any filter
looks at it.
"""

from __future__ import annotations

import os
import selectors
import socket
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from isolation_checks.packets.fields import ICMP, Packet
from lab.namespaces import inside
from lab.probes.datagrams import answer, decode, encode, encode_in_two

_ETH_ALL, _ETH_IP = 0x0003, 0x0800
_OTHER_HOST, _OUTGOING = 3, 4
_RCVBUFFORCE, _SNDBUFFORCE = 33, 32
_BUFFER = 8 << 20
_BATCH = 64
ANSWERS = 1 << 62
"""Added to a probe's number in what answers it, twice for the third step of a TCP handshake."""


class Station(NamedTuple):
    """A namespace that is listened in. ``answers``: it belongs to a host, which sends and answers; else it is a device's."""

    name: str
    namespace: str
    answers: bool


class Probe(NamedTuple):
    """A packet to be sent from a host's station. ``in_two``: as two fragments of one datagram."""

    number: int
    station: str
    packet: Packet
    in_two: bool = False


class Sighting(NamedTuple):
    """A probe seen at a station, coming in or going out by an interface, with its header there; ``at`` in seconds, monotonic."""

    station: str
    interface: str
    out: bool
    packet: Packet
    ttl: int
    at: float

    @property
    def order(self) -> tuple[int, bool]:
        """How far it has come. Clocks do not tell: ears are read one after the other."""
        return -self.ttl, not self.out


@dataclass(frozen=True, slots=True)
class Observed:
    """All that was seen of one probe, in the order of its way: of the packet itself, of its answer, and of the answer's answer."""

    forward: tuple[Sighting, ...] = ()
    back: tuple[Sighting, ...] = ()
    third: tuple[Sighting, ...] = ()

    def arrived(self, stations: Iterable[str]) -> tuple[Sighting, ...]:
        """Where the packet itself came in at one of these."""
        wanted = set(stations)
        return tuple(item for item in self.forward if not item.out and item.station in wanted)


@dataclass
class _Ear:
    station: Station
    ear: socket.socket
    mouth: socket.socket | None
    seen: int = 0


@dataclass
class Wire:
    """All sockets of a lab while they are open; made by `listening`."""

    _ears: dict[str, _Ear]
    _selector: selectors.BaseSelector
    _log: dict[int, list[Sighting]] = field(default_factory=lambda: defaultdict(list))
    refused: dict[int, str] = field(default_factory=dict)
    """Probes that the sender's own kernel would not take, with its reason."""

    def send(self, probe: Probe) -> None:
        packets = encode_in_two(probe.packet, probe.number) if probe.in_two else (encode(probe.packet, probe.number),)
        for data in packets:
            self._put(probe.station, probe.number, data)

    def listen(self, seconds: float) -> int:
        """Take in what arrives for so long; how many packets there were. Zero seconds: what is there already."""
        until = time.monotonic() + seconds
        total = 0
        while True:
            left = max(0.0, until - time.monotonic())
            events = self._selector.select(left if seconds else 0)
            for key, _ in events:
                total += self._drain(key.data)
            if (not seconds and not events) or (seconds and time.monotonic() >= until):
                return total

    def observed(self, number: int) -> Observed:
        def kind(offset: int) -> tuple[Sighting, ...]:
            return tuple(sorted(self._log.get(number + offset, ()), key=lambda item: item.order))

        return Observed(kind(0), kind(ANSWERS), kind(2 * ANSWERS))

    def forget(self) -> None:
        self._log.clear()
        self.refused.clear()

    def numbers(self) -> Iterator[int]:
        """Of all probes that were seen anywhere."""
        return iter({number % ANSWERS for number in self._log})

    def _put(self, station: str, number: int, data: bytes) -> None:
        mouth = self._ears[station].mouth
        if mouth is None:
            message = f"{station} is no host and sends nothing"
            raise ValueError(message)
        target = ".".join(map(str, data[16:20]))
        for _ in range(100):
            try:
                mouth.sendto(data, (target, 0))
            except BlockingIOError:
                time.sleep(0.001)
            except OSError as error:
                self.refused[number] = error.strerror or str(error)
                return
            else:
                return
        self.refused[number] = os.strerror(11)

    def _drain(self, ear: _Ear) -> int:
        count = 0
        for _ in range(_BATCH):
            try:
                data, address = ear.ear.recvfrom(2048)
            except BlockingIOError:
                break
            except OSError:  # an interface that went down reports so once
                continue
            count += 1
            if address[1] == _ETH_IP:
                self._hear(ear.station, address, data)
        return count

    def _hear(self, station: Station, address: tuple[str, int, int, int, bytes], data: bytes) -> None:
        seen = decode(data)
        if seen is None or address[0] == "lo" or address[2] == _OTHER_HOST:
            return  # a frame for somebody else, which a bridge floods
        out = address[2] == _OUTGOING
        # a device that is asked for an echo sends the mark back as it came
        number = seen.number + ANSWERS * (seen.packet.protocol == ICMP and not seen.packet.dport and seen.number < ANSWERS)
        self._log[number].append(Sighting(station.name, address[0], out, seen.packet, seen.ttl, time.monotonic()))
        if station.answers and not out:
            self._reply(station, number, seen.packet)

    def _reply(self, station: Station, number: int, packet: Packet) -> None:
        if number < ANSWERS:
            back = answer(packet)
            if back is not None:
                self._put(station.name, number, encode(back, number + ANSWERS))
        elif number < 2 * ANSWERS and packet.flags & 0x12 == 0x12:
            third = packet._replace(src=packet.dst, dst=packet.src, sport=packet.dport, dport=packet.sport, flags=0x10)
            self._put(station.name, number, encode(third, number + ANSWERS))


@contextmanager
def listening(stations: Sequence[Station]) -> Iterator[Wire]:
    """Open a socket in every namespace, and close all of them at the end.

    Raises OSError (with the namespace's path) where one cannot be entered.
    """
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        ears: dict[str, _Ear] = {}
        for station in stations:
            with inside(station.namespace):
                ear, mouth = _sockets()
            stack.callback(ear.close)
            stack.callback(mouth.close)
            ears[station.name] = _Ear(station, ear, mouth if station.answers else None)
            selector.register(ear, selectors.EVENT_READ, ears[station.name])
        yield Wire(ears, selector)


def _sockets() -> tuple[socket.socket, socket.socket]:
    ear = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_ALL))
    mouth = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for item, option in ((ear, _RCVBUFFORCE), (mouth, _SNDBUFFORCE)):
        item.setblocking(False)
        with suppress(OSError):  # without the privilege the kernel's own size has to do
            item.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
    return ear, mouth
