"""What was seen of a probe, held against what exact forwarding says of the same packet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from isolation_checks.forwarding.model import Fate
from lab.plan import Kind, LabPlan, Node
from lab.probes.choose import Chosen
from lab.probes.expect import Course, Expected
from lab.probes.fib import Fib, lookup
from lab.probes.wire import Observed, Sighting

_VIRTUAL = re.compile(r"^link add dev (\S+) link \S+ type macvlan\b", re.MULTILINE)
_ADDRESS = re.compile(r"^addr(?:ess)? add (\S+) dev (\S+)", re.MULTILINE)
_WITHOUT_ROUTE = frozenset({Fate.NO_ROUTE, Fate.DISCARDED})


class Way(NamedTuple):
    """Where a packet was: the devices that took it in, in order, and the node of the host or peer where it arrived ("" for none).

    ``copies``: devices that stand by for a virtual gateway and heard it all the same, because a bridge floods what is for the gateway.
    """

    devices: tuple[str, ...]
    end: str
    copies: tuple[str, ...] = ()


class Verdict(StrEnum):
    """``AGREES`` alone counts; the last three neither count nor speak against the proof."""

    AGREES = "agrees"
    FORBIDDEN = "forbidden"  # it arrived, and by the proof it does not
    LOST = "lost"  # by the proof it arrives, and it did not
    ELSEWHERE = "elsewhere"  # stopped at another place or for another reason than the proof says, or arrived by another way
    UNANSWERED = "unanswered"  # it arrived; its answer did not come back, or came back against the proof
    UNSENT = "unsent"  # it never left its sender
    UNCONFIRMED = "unconfirmed"  # blocked as proved, but nothing vouches for the ears at its target or the mouth of its sender
    UNDECIDED = "undecided"  # the proof depends on something that nobody knows


GOOD = frozenset({Verdict.AGREES, Verdict.UNCONFIRMED, Verdict.UNDECIDED})
"""Verdicts that do not speak against the proof."""


class Control(StrEnum):
    """What vouches for a blocked probe."""

    PAIR = "pair"  # another probe passed between the same two
    ENDS = "ends"  # its sender was heard by a device, and its target heard something, in the same run
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Judged:
    """One probe with both answers. ``answered``: whether an answer came back; None where none was sent."""

    chosen: Chosen
    verdict: Verdict
    expected: Expected
    seen: Way
    answered: bool | None
    observed: Observed
    control: Control = Control.NONE
    reason: str = ""  # the reason for ELSEWHERE where the way is right: "route"

    @property
    def good(self) -> bool:
        return self.verdict in GOOD


class Places:
    """Which node is which: of a device, of the hosts of a party, of a peer."""

    def __init__(self, plan: LabPlan) -> None:
        self._device = {node.name: node.device for node in plan.nodes if node.kind in (Kind.ROUTER, Kind.HOST_UNIT)}
        self._virtual = {node.name: virtual_interfaces(node) for node in plan.nodes}
        self.hosts: dict[str, list[str]] = {}
        for host in plan.hosts:
            self.hosts.setdefault(host.party, []).append(host.node)
        self._before = {host.node: host.peer for host in plan.hosts if host.peer is not None}
        slugs = {peer.node: peer.slug for peer in plan.peers}
        self._peers: dict[str, list[str]] = {}
        for host in plan.hosts:
            if host.peer is not None:
                for name in (host.party, f"{host.party}/{slugs[host.peer]}"):
                    self._peers.setdefault(name, []).append(host.peer)
        self._ends = {host.node for host in plan.hosts if host.peer is None} | slugs.keys()

    def way(self, sender: str, sightings: Iterable[Sighting], course: Course | None = None) -> Way:
        """The way of a probe through the lab; where it should take ``course``, copies are told apart from it. A peer is an end: what it
        does with a packet is nobody's business here.
        """
        heard: dict[str, list[Sighting]] = {}  # by device, in order
        end = ""
        beginning = self.beginning(sender)
        for item in sightings:
            if item.out or item.station in beginning:
                continue
            device = self._device.get(item.station)
            if device is not None:
                heard.setdefault(device, []).append(item)
            elif item.station in self._ends:
                end = end or item.station
        copies = self._copies(heard, course) if course is not None else ()
        return Way(tuple(device for device in heard if device not in copies), end, copies)

    def _copies(self, heard: Mapping[str, Sequence[Sighting]], course: Course) -> tuple[str, ...]:
        """Devices that heard what was meant for the gateway that they stand by for, when that heard it; of a packet that may pass also
        those to which they sent it on. Nothing, where anybody else heard it.
        """
        extra = [device for device in heard if device not in course.devices]
        meant = {(item.ttl, address) for device in course.devices for item in heard.get(device, ()) for address in self._bears(item)}
        standby = [device for device in extra if any((item.ttl, a) in meant for item in heard[device] for a in self._bears(item))]
        if not standby or not set(course.devices).issubset(heard):
            return ()
        first = max(item.ttl for device in standby for item in heard[device])
        onward = [device for device in extra if course.arrived and heard[device][0].ttl < first]
        return tuple(extra) if {*standby, *onward}.issuperset(extra) else ()

    def _bears(self, item: Sighting) -> tuple[str, ...]:
        return self._virtual[item.station].get(item.interface, ())

    def ways(self, course: Course) -> Iterator[Way]:
        """One way for each host that may be the one that it is delivered to."""
        ends: list[str] = []
        if course.fate is Fate.DELIVERED:
            ends = self.hosts.get(course.end, [])
        elif course.fate is Fate.LEFT:
            ends = self._peers.get(course.end, [])
        for end in ends or [""]:
            yield Way(course.devices, end)

    def beginning(self, node: str) -> frozenset[str]:
        """Where a host's packets come from and answers to it arrive: itself, and the peer that it is behind."""
        peer = self._before.get(node)
        return frozenset((node,) if peer is None else (node, peer))

    def ends_at(self, station: str) -> bool:
        """Whether it is a host or a peer."""
        return station in self._ends or station in self._before

    def of(self, party: str) -> list[str]:
        return self.hosts.get(party, [])


def virtual_interfaces(node: Node) -> dict[str, tuple[str, ...]]:
    """The interfaces of a node that bear the virtual addresses of its gateways, with these."""
    file = node.file("links.ip")
    text = file.text if file is not None else ""
    found: dict[str, list[str]] = {name: [] for name in _VIRTUAL.findall(text)}
    for address, name in _ADDRESS.findall(text):
        if name in found:
            found[name].append(address)
    return {name: tuple(addresses) for name, addresses in found.items()}


def judge(
    plan: LabPlan,
    chosen: Sequence[Chosen],
    seen: Mapping[int, Observed],
    expected: Mapping[int, Expected],
    kernels: Mapping[str, Fib],
) -> tuple[Judged, ...]:
    """One result a probe, in their order. ``kernels``: the routes of every node, to tell a missing route from a filter."""
    places = Places(plan)
    results = [_judged(places, item, seen[item.probe.number], expected[item.probe.number], kernels) for item in chosen]
    return _confirmed(places, results)


def _judged(places: Places, chosen: Chosen, observed: Observed, expected: Expected, kernels: Mapping[str, Fib]) -> Judged:
    probe = chosen.probe
    ways = frozenset(way for course in expected.courses for way in places.ways(course))
    for course in expected.courses:
        way = places.way(probe.station, observed.forward, course)
        if way._replace(copies=()) in ways:
            break
    else:
        way = places.way(probe.station, observed.forward)
    # to whoever has the source's address, which of a false one is not its sender
    answered = any(not item.out and places.ends_at(item.station) and item.station != way.end for item in observed.back)
    verdict = _verdict(probe.station, ways, way, answered if observed.back else None, expected, observed, in_two=probe.in_two)
    result = Judged(chosen, verdict, expected, way, answered if observed.back else None, observed)
    if verdict is Verdict.AGREES and not way.end and not _dropped_there(result, kernels):
        return replace(result, verdict=Verdict.ELSEWHERE, reason="route")
    return result


def _verdict(
    sender: str,
    ways: frozenset[Way],
    way: Way,
    answered: bool | None,
    expected: Expected,
    observed: Observed,
    *,
    in_two: bool,
) -> Verdict:
    plain = way._replace(copies=())
    if not any(item.out and item.station == sender for item in observed.forward):
        return Verdict.AGREES if ways and not any(item.devices or item.end for item in ways) else Verdict.UNSENT
    ends = {item.end for item in ways}
    if way.end and way.end not in ends:
        return Verdict.FORBIDDEN
    if in_two and not way.end and expected.arrives and expected.second is not True:
        return Verdict.AGREES if expected.second is False else Verdict.UNDECIDED
    if expected.doubtful and plain not in ways:
        return Verdict.UNDECIDED
    if not way.end and "" not in ends:
        return Verdict.LOST
    if plain not in ways:
        return Verdict.ELSEWHERE
    if way.end and answered is not None and expected.answered is not None and answered != expected.answered:
        return Verdict.UNDECIDED if expected.doubtful else Verdict.UNANSWERED
    return Verdict.AGREES


def _dropped_there(result: Judged, kernels: Mapping[str, Fib]) -> bool:
    """Whether a packet that the proof says has no route had none in the kernel where it was last heard coming in."""
    matching = [course for course in result.expected.courses if course.devices == result.seen.devices]
    if not matching or matching[0].fate not in _WITHOUT_ROUTE:
        return True
    last = next((item.station for item in reversed(result.observed.forward) if not item.out and item.station in kernels), None)
    return last is None or not lookup(kernels[last], matching[0].packet.dst)


def _confirmed(places: Places, results: Sequence[Judged]) -> tuple[Judged, ...]:
    """What was blocked counts only where something vouches for both ends: a dead listener is no isolation."""
    passed = {(item.chosen.probe.station, item.seen.end) for item in results if item.seen.end}
    speaking: set[str] = set()
    hearing: set[str] = set()
    for item in results:
        sender = item.chosen.probe.station
        if any(sighting.station != sender for sighting in item.observed.forward):
            speaking.add(sender)
        for sighting in (*item.observed.forward, *item.observed.back, *item.observed.third):
            if not sighting.out:
                hearing.add(sighting.station)

    def control(item: Judged) -> Control:
        sender, targets = item.chosen.probe.station, places.of(item.chosen.target)
        if any((sender, target) in passed for target in targets):
            return Control.PAIR
        return Control.ENDS if sender in speaking and hearing.intersection(targets) else Control.NONE

    found = []
    for item in results:
        if item.seen.end:
            found.append(item)
            continue
        made = replace(item, control=control(item))
        if made.verdict is Verdict.AGREES and made.control is Control.NONE:
            made = replace(made, verdict=Verdict.UNCONFIRMED)
        found.append(made)
    return tuple(found)
