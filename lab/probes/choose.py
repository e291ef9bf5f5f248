"""Which packets are worth sending: what is declared, what lies just beside it, what nobody declared, and what pretends.

The choice is made from facts and from the filters of the configs alone; what ought to become of a probe is decided elsewhere. Equal inputs
give equal probes in equal order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import islice
from typing import NamedTuple
from zlib import crc32

from isolation_checks.packets.fields import ICMP, TCP, UDP, WITH_PORTS, Packet
from isolation_checks.snapshot import DeviceConfig, Fragment, Match, Range, TcpFlag, Ternary
from lab.plan import Host
from lab.probes.wire import Probe
from topology.facts import Facts, Flow, Party, PartyKind

_SYN, _ACK = int(TcpFlag.SYN), int(TcpFlag.ACK)
_CLIENT = 32768
"""First of the ports that clients use; a probe's own port follows from its number, so that no two share a session."""
MOST = 65536 - _CLIENT
"""So many probes have a client's port of their own."""
_COMMON = ((TCP, 22), (TCP, 23), (TCP, 80), (TCP, 445), (TCP, 3389), (UDP, 53), (UDP, 161), (UDP, 514))
_EVERYWHERE = 0x08080808
"""An address that stands for the Internet."""
_NOBODY = (0xC6120001, 0xA9FE0101)
"""198.18.0.1 and 169.254.1.1: for benchmarks and for one link (RFC 2544, RFC 3927); nobody sends from there."""


class Aim(StrEnum):
    """Why a probe is sent."""

    DECLARED = "declared"
    BESIDE = "beside"  # next to a declared port or address
    EDGE = "edge"  # at the boundary of an entry of some filter
    ESTABLISHED = "established"  # an ACK that belongs to no session
    FRAGMENT = "fragment"
    SPOOFED = "spoofed"
    UNDECLARED = "undeclared"


class Chosen(NamedTuple):
    """A probe, and between whom: ids of parties."""

    aim: Aim
    source: str
    target: str
    probe: Probe


class _Wanted(NamedTuple):
    aim: Aim
    source: Host
    target: str
    packet: Packet
    in_two: bool = False

    @property
    def mark(self) -> tuple[str, Packet, bool]:
        return self.source.node, self.packet, self.in_two

    def key(self, seed: int) -> int:
        return crc32(f"{seed} {self.source.node} {tuple(self.packet)} {self.in_two}".encode())


def choose(facts: Facts, hosts: Iterable[Host], configs: Mapping[str, DeviceConfig], limit: int, seed: int = 0) -> tuple[Chosen, ...]:
    """At most ``limit`` probes, numbered from 1: declared flows for up to half of them, and the other aims in equal parts of what is left,
    spread evenly by a digest. Another ``seed``, another choice.
    """
    wishes = _Wishes(facts, tuple(hosts), configs)
    by_aim: dict[Aim, dict[tuple[str, Packet, bool], _Wanted]] = {aim: {} for aim in Aim}
    for wanted in wishes.bounded():
        by_aim[wanted.aim].setdefault(wanted.mark, wanted)
    for wanted in islice(wishes.pairs(), 2 * limit):
        by_aim[wanted.aim].setdefault(wanted.mark, wanted)
    kept = _shares({aim: sorted(found.values(), key=lambda item: item.key(seed)) for aim, found in by_aim.items()}, limit)
    return tuple(
        Chosen(item.aim, item.source.party, item.target, Probe(number, item.source.node, _numbered(item.packet, number), item.in_two))
        for number, item in enumerate(kept, 1)
    )


def _numbered(packet: Packet, number: int) -> Packet:
    """With a client's port of its own, where the port was left open (0)."""
    if packet.protocol in WITH_PORTS and packet.fragment != Fragment.LATER and not packet.sport:
        return packet._replace(sport=_CLIENT + number % MOST)
    return packet


def _shares(by_aim: dict[Aim, list[_Wanted]], limit: int) -> list[_Wanted]:
    """The same for all aims but the declared one, which comes first; what an aim does not use goes to those after it."""
    kept: list[_Wanted] = []
    order = sorted(by_aim, key=lambda aim: (aim is not Aim.DECLARED, len(by_aim[aim])))
    taken: set[tuple[str, Packet, bool]] = set()
    for place, aim in enumerate(order):
        share = limit // 2 if aim is Aim.DECLARED else (limit - len(kept)) // (len(order) - place)
        fresh = [item for item in by_aim[aim] if item.mark not in taken][: max(0, share)]
        taken.update(item.mark for item in fresh)
        kept += fresh
    return kept


@dataclass(frozen=True)
class _Wishes:
    facts: Facts
    hosts: tuple[Host, ...]
    configs: Mapping[str, DeviceConfig]
    _known: dict[tuple[Ternary, ...], list[tuple[Host, int]]] = field(default_factory=dict)

    @cached_property
    def parties(self) -> dict[str, Party]:
        return {party.id: party for party in self.facts.parties}

    @cached_property
    def by_party(self) -> dict[str, list[Host]]:
        found: dict[str, list[Host]] = {}
        for host in self.hosts:
            found.setdefault(host.party, []).append(host)
        return found

    def bounded(self) -> Iterator[_Wanted]:
        """What follows from flows, publications and filters."""
        for flow in self.facts.flows:
            yield from self._flow(flow)
        yield from self._published()
        yield from self._edges()

    # Flows

    def _flow(self, flow: Flow) -> Iterator[_Wanted]:
        protocol = {"tcp": TCP, "udp": UDP, "icmp": ICMP}[flow.protocol]
        ports = tuple((item.first, item.last) for item in flow.ports)
        for target in self._targets(flow):
            for source, own in self._sources(flow):
                if not self._beside(source, target):
                    yield from self._around(source, own, flow.to, protocol, target, ports)

    def _beside(self, host: Host, address: int) -> bool:
        """Whether no router is in between."""
        return any(not (address ^ own) & mask for own, mask in self._networks[host.node])

    @cached_property
    def _networks(self) -> dict[str, tuple[tuple[int, int], ...]]:
        return {host.node: tuple((int(item.ip), int(item.netmask)) for item in host.addresses) for host in self.hosts}

    def _sources(self, flow: Flow) -> Iterator[tuple[Host, int]]:
        """Hosts that may use a flow, with the address that they do it from."""
        allowed = set(flow.source_addresses)
        for party in flow.sources:
            for host in self.by_party.get(party, ()):
                addresses = [item.ip for item in host.addresses if not allowed or item.ip in allowed]
                if addresses:
                    yield host, int(addresses[0])

    def _targets(self, flow: Flow) -> list[int]:
        if self.parties[flow.to].kind is PartyKind.INTERNET:
            return [_EVERYWHERE]
        if flow.destinations:
            return [int(address) for address in flow.destinations]
        return [int(host.address.ip) for host in self.by_party.get(flow.to, ())]

    def _around(self, source: Host, own: int, target: str, protocol: int, address: int, ports: tuple[Range, ...]) -> Iterator[_Wanted]:
        """What a flow allows from this host, and its neighbours by port, protocol and address."""
        if protocol == ICMP:
            yield _Wanted(Aim.DECLARED, source, target, Packet(own, address, ICMP, dport=8 << 8))
            yield _Wanted(Aim.BESIDE, source, target, Packet(own, address, ICMP, dport=13 << 8))
            return
        flags = _SYN if protocol == TCP else 0
        for first, last in ports:
            for port in dict.fromkeys((first, last)):
                base = Packet(own, address, protocol, 0, port, flags)
                yield _Wanted(Aim.DECLARED, source, target, base)
                yield _Wanted(Aim.FRAGMENT, source, target, base, in_two=True)
                yield _Wanted(Aim.BESIDE, source, target, base._replace(dst=address + 1))
                yield _Wanted(Aim.BESIDE, source, target, Packet(own, address, TCP + UDP - protocol, 0, port, _SYN - flags))
                if protocol == TCP:
                    yield _Wanted(Aim.ESTABLISHED, source, target, base._replace(flags=_ACK))
                yield from (_Wanted(Aim.SPOOFED, source, target, base._replace(src=false)) for false in self._false[source.node])
            for port in (first - 1, last + 1):
                if 0 < port < 65536:
                    yield _Wanted(Aim.BESIDE, source, target, Packet(own, address, protocol, 0, port, flags))
        yield _Wanted(Aim.FRAGMENT, source, target, Packet(own, address, protocol, fragment=Fragment.LATER))

    @cached_property
    def _false(self) -> dict[str, tuple[int, ...]]:
        """Addresses that are not the sender's: of the next party in the list, of nobody, and of no network at all."""
        found = {}
        for number, host in enumerate(self.hosts):
            others = [*self.hosts[number + 1 :], *self.hosts[:number]]
            next_one = next((int(other.address.ip) for other in others if not self._beside(host, int(other.address.ip))), None)
            found[host.node] = (*(() if next_one is None else (next_one,)), *_NOBODY)
        return found

    def _published(self) -> Iterator[_Wanted]:
        outside = [host for host in self.hosts if self.parties[host.party].kind is PartyKind.INTERNET]
        targets = {flow.id: flow.to for flow in self.facts.flows}
        for item in self.facts.publications:
            for source in outside:
                protocol = TCP if item.protocol == "tcp" else UDP
                ports = ((item.public_port, item.public_port),)
                yield from self._around(source, int(source.address.ip), targets[item.flow], protocol, int(item.public), ports)

    # Pairs

    def pairs(self) -> Iterator[_Wanted]:
        """One packet from every host to every other, then another one, and so on through all kinds; the pairs in an even disorder."""
        pairs = [
            (crc32(f"{source.node} {target.node}".encode()), source, target)
            for source in self.hosts
            for target in self.hosts
            if not self._beside(source, int(target.address.ip))
        ]
        pairs.sort(key=lambda pair: pair[0])
        kinds = len(_COMMON) + 5
        for turn in range(kinds):
            for digest, source, target in pairs:
                yield self._pair(source, target, (digest + turn) % kinds)

    def _pair(self, source: Host, target: Host, kind: int) -> _Wanted:
        own, other, to = int(source.address.ip), int(target.address.ip), target.party
        if kind < len(_COMMON):
            protocol, port = _COMMON[kind]
            return _Wanted(Aim.UNDECLARED, source, to, Packet(own, other, protocol, 0, port, _SYN if protocol == TCP else 0))
        return (
            _Wanted(Aim.UNDECLARED, source, to, Packet(own, other, ICMP, dport=8 << 8)),
            _Wanted(Aim.UNDECLARED, source, to, Packet(own, other, 47)),
            _Wanted(Aim.ESTABLISHED, source, to, Packet(own, other, TCP, 0, 445, _ACK)),
            _Wanted(Aim.FRAGMENT, source, to, Packet(own, other, UDP, fragment=Fragment.LATER)),
            _Wanted(Aim.SPOOFED, source, to, Packet(other, other + 1, TCP, 0, 22, _SYN)),
        )[kind - len(_COMMON)]

    # Filters

    def _edges(self) -> Iterator[_Wanted]:
        """Just inside and outside the ports and addresses of every entry of every filter, from a host that the entry is about."""
        for match in self._matches():
            protocols = [number for number in (TCP, UDP) if match.protocols is None or _within(number, match.protocols)]
            for source, own in self._about(match.src) if protocols else ():
                for target, address in self._about(match.dst):
                    if not self._beside(source, address):
                        yield from self._edge(match, source, own, target, address, protocols[0])

    def _edge(self, match: Match, source: Host, own: int, target: Host, inside: int, protocol: int) -> Iterator[_Wanted]:
        flags = _SYN if protocol == TCP else 0
        for address in _near(match.dst, inside):
            for port in _port_edges(match.dports):
                if not self._beside(source, address):
                    yield _Wanted(Aim.EDGE, source, target.party, Packet(own, address, protocol, 0, port, flags))

    def _matches(self) -> Iterator[Match]:
        seen: set[tuple[object, ...]] = set()
        for name in sorted(self.configs):
            for item in self.configs[name].filters:
                for rule in item.rules:
                    for match in rule.matches:
                        key = match.src, match.dst, match.protocols, match.dports
                        if key not in seen:
                            seen.add(key)
                            yield match

    def _about(self, addresses: tuple[Ternary, ...] | None) -> list[tuple[Host, int]]:
        """Hosts that have one of these addresses, with it, two at most; the first, where any would do."""
        if addresses is None:
            return [(host, int(host.address.ip)) for host in self.hosts[:1]]
        if addresses not in self._known:
            self._known[addresses] = list(islice(self._having(addresses), 2))
        return self._known[addresses]

    def _having(self, addresses: tuple[Ternary, ...]) -> Iterator[tuple[Host, int]]:
        for host, own in self._own:
            address = next((item for item in own if any(item & one.mask == one.value for one in addresses)), None)
            if address is not None:
                yield host, address

    @cached_property
    def _own(self) -> list[tuple[Host, list[int]]]:
        return [(host, [int(item.ip) for item in host.addresses]) for host in self.hosts]


def _within(number: int, ranges: Iterable[Range]) -> bool:
    return any(low <= number <= high for low, high in ranges)


def _port_edges(ranges: tuple[Range, ...] | None) -> list[int]:
    if ranges is None:
        return [7]
    edges = {port for low, high in ranges for port in (low - 1, low, high, high + 1)}
    return sorted(port for port in edges if 0 < port < 65536)


def _near(addresses: tuple[Ternary, ...] | None, inside: int) -> list[int]:
    """The host's own address, and the two ends of the prefix that the entry names, with what lies next to them."""
    found = {inside}
    for one in addresses or ():
        if (inside & one.mask) == one.value and one.mask:
            last = one.value | (~one.mask & 0xFFFFFFFF)
            found |= {one.value - 1, one.value, last, last + 1}
    return sorted(address for address in found if 0 < address < 0xE0000000)
