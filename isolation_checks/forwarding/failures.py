"""What can fail: cables, circuits, devices, cards of a chassis, and whatever else shares one risk; alone, and two at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from isolation_checks.routing.model import Outage
from isolation_checks.verdicts import Place
from topology.facts import Attachment, Device, Facts, Use
from topology.i18n import T, Text

_NO_NETWORK = frozenset({Use.CONSOLE, Use.ARC})
"""Cables over which no packets go."""


class Failure(NamedTuple):
    """``id`` is stable: "circuit outer:baiyun/a". Of several names for the same outage the first counts."""

    id: str
    what: Text
    outage: Outage
    places: tuple[Place, ...]
    faults: int = 1  # how many things fail at once


def failures(facts: Facts, k: int = 1) -> list[Failure]:
    """Everything that up to ``k`` (0, 1 or 2) failures can take down, fewest first; the same outage only once."""
    if k <= 0:
        return []
    found: dict[Outage, Failure] = {}
    for item in _singles(facts):
        found.setdefault(item.outage, item)
    if k > 1:
        for one, other in combinations(list(found.values()), 2):
            both = together(one, other)
            found.setdefault(both.outage, both)
    return list(found.values())


def together(one: Failure, other: Failure) -> Failure:
    outage = Outage(
        one.outage.devices | other.outage.devices,
        one.outage.cables | other.outage.cables,
        one.outage.circuits | other.outage.circuits,
    )
    what = T("{one}, and {other}", one=one.what, other=other.what)
    return Failure(f"{one.id} + {other.id}", what, outage, (*one.places, *other.places), one.faults + other.faults)


def _singles(facts: Facts) -> Iterator[Failure]:
    for device in facts.devices:
        if device.routes or device.model.switching:
            yield Failure(f"device {device.name}", T("{device} fails", device=device.name),
                          Outage(devices=frozenset({device.name})), (device.origin,))  # fmt: skip
    for circuit in facts.circuits:
        yield Failure(f"circuit {circuit.id}", T("circuit {id} is cut", id=circuit.id),
                      Outage(circuits=frozenset({circuit.id})), (circuit.origin,))  # fmt: skip
    for cable in facts.cables:
        if cable.use not in _NO_NETWORK:
            yield Failure(f"cable {cable.id}", T("cable {id} is cut", id=cable.id),
                          Outage(cables=frozenset({cable.id})), (cable.origin,))  # fmt: skip
    yield from _risks(facts)
    for device in facts.devices:
        yield from _cards(facts, device)


def _risks(facts: Facts) -> Iterator[Failure]:
    cables: dict[str, set[str]] = defaultdict(set)
    circuits: dict[str, set[str]] = defaultdict(set)
    places: dict[str, list[Place]] = defaultdict(list)
    for circuit in facts.circuits:
        for risk in circuit.risk:
            circuits[risk].add(circuit.id)
            places[risk].append(circuit.origin)
    for cable in facts.cables:
        for risk in cable.risk:
            cables[risk].add(cable.id)
            places[risk].append(cable.origin)
    for risk in sorted(places):
        outage = Outage(cables=frozenset(cables[risk]), circuits=frozenset(circuits[risk]))
        yield Failure(f"risk {risk}", T("everything in {risk} fails", risk=risk), outage, tuple(places[risk]))


def _cards(facts: Facts, device: Device) -> Iterator[Failure]:
    """Cards of a chassis whose ports are numbered slot/…/port; a chassis with one slot has no card that fails on its own."""
    slots = {card(port.name) for port in device.model.ports if port.kind == "data"}
    if len(slots) < 2:
        return
    ends: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for cable in facts.cables:
        for end in (cable.a, cable.b):
            if _at(end, device) and cable.use not in _NO_NETWORK:
                ends[card(end.port)][0].add(cable.id)
    for circuit in facts.circuits:
        for at in (circuit.a, circuit.b):
            if at is not None and _at(at, device):
                ends[card(at.port)][1].add(circuit.id)
    for slot in sorted(ends):
        cables, circuits = ends[slot]
        outage = Outage(cables=frozenset(cables), circuits=frozenset(circuits))
        what = T("card {slot} of {device} fails", slot=slot, device=device.name)
        yield Failure(f"card {device.name} {slot}", what, outage, (device.origin,))


def _at(end: Attachment, device: Device) -> bool:
    return end.device == device.name


def card(port: str) -> str:
    """``GigabitEthernet3/0/5`` sits on card 3; "" where the name does not say."""
    numbers = port.lstrip("".join(char for char in port if not char.isdigit() and char != "/"))
    parts = numbers.split("/")
    return parts[0] if len(parts) > 2 else ""
