"""What breaks when something fails, and whose promise that touches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from isolation_checks.forwarding.failures import Failure
from isolation_checks.forwarding.work import Met, Work
from isolation_checks.routing.model import Outage, Routing
from topology.facts import Device, Facts, Party, Use

State = Callable[[Outage], Routing]
"""The routing while something is down."""


class Broken(NamedTuple):
    """A party that a failure takes something from. ``own``: what fails is of its own site, and the only way out of it.

    ``whole``: it is cut off altogether; else these demands only.
    """

    failure: Failure
    party: str
    lost: tuple[Met, ...]
    whole: bool
    own: bool


@dataclass
class Survival:
    """Works out failures one by one; what it found is kept."""

    facts: Facts
    base: Work
    state: State
    _under: dict[Outage, Work] = field(default_factory=dict)

    def under(self, outage: Outage) -> Work:
        found = self._under.get(outage)
        if found is None:
            found = self._under[outage] = self.base.under(self.state(outage))
        return found

    def broken(self, failure: Failure) -> Iterator[Broken]:
        """Whom a failure takes something from that works without it.

        A demand that is lost counts for its target if all demands with the target are lost, and for its source otherwise.
        """
        after = self.base.under(self.state(failure.outage))
        lost = {
            number for number, (old, new) in enumerate(zip(self.base.met, after.met, strict=True)) if new is not old and _worse(old, new)
        }
        if not lost:
            return
        cut = {end for number in lost for end in self._ends[number] if self._of[end] <= lost}
        blamed: dict[str, dict[int, None]] = defaultdict(dict)
        for number in sorted(lost):
            source, target = self._ends[number]
            if target in cut:
                blamed[target][number] = None
            if source in cut or target not in cut:
                blamed[source][number] = None
        for end, numbers in blamed.items():
            demands = tuple(after.met[number] for number in numbers)
            yield Broken(failure, end[1:] if end[0] == "@" else end, demands, end in cut, self._own(end, failure.outage))

    @cached_property
    def _ends(self) -> tuple[tuple[str, str], ...]:
        """Source and target of each demand: a party, or "@" and a device where that itself sends or is meant."""
        demands = (item.demand for item in self.base.met)
        return tuple(
            (f"@{item.source.device}" if item.source.device else item.source.party,
             f"@{item.target.device}" if item.target.device else item.target.party)
            for item in demands
        )  # fmt: skip

    @cached_property
    def _of(self) -> dict[str, set[int]]:
        """The demands of each end that are met while everything is up."""
        found: dict[str, set[int]] = defaultdict(set)
        for number, ends in enumerate(self._ends):
            if not self.base.met[number].lost:
                for end in ends:
                    found[end].add(number)
        return found

    # What is a site's own

    def _own(self, end: str, outage: Outage) -> bool:
        """Whether what fails stands in the party's own site and is its only way out: then nothing else could have helped."""
        party = self._parties.get(end)
        if party is None:
            return end[0] == "@" and end[1:] in outage.devices
        inside = self._inside(party)
        if not inside or not self._within(outage, inside):
            return False
        starts = {item.device for item in party.attachments}
        left = self._reached(starts - outage.devices, outage)
        return not left - inside or not self._reached(starts, Outage()) - inside

    def _inside(self, party: Party) -> frozenset[str]:
        """The devices of a party's own access: those of its site; in a centre, where all is one site, those that it is plugged into."""
        at = {item.device for item in party.attachments}
        site = {item.name for item in self.facts.devices if (item.realm, item.site) == (party.realm, party.site)}
        homes = {end.device for item in self.facts.circuits for end in (item.a, item.b) if end is not None}
        centre = party.site is not None and any(self._devices[name].role.value == "core" for name in site)
        return frozenset(at if centre else site) if site & (homes | at) else frozenset(at)

    @cached_property
    def _parties(self) -> dict[str, Party]:
        return {party.id: party for party in self.facts.parties}

    @cached_property
    def _devices(self) -> dict[str, Device]:
        return {device.name: device for device in self.facts.devices}

    def _within(self, outage: Outage, inside: frozenset[str]) -> bool:
        cables = (item for item in self.facts.cables if item.id in outage.cables)
        return not outage.circuits and outage.devices <= inside and all({item.a.device, item.b.device} <= inside for item in cables)

    @cached_property
    def _joined(self) -> dict[str, list[tuple[str, str]]]:
        """By device, its neighbours and the cable or circuit."""
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        links = [(item.a, item.b, item.id) for item in self.facts.cables if item.use not in (Use.CONSOLE, Use.ARC)]
        links += [(item.a, item.b, item.id) for item in self.facts.circuits if item.b is not None]
        for a, b, name in links:
            found[a.device].append((b.device, name))
            found[b.device].append((a.device, name))
        return found

    def _reached(self, starts: Iterable[str], outage: Outage) -> set[str]:
        seen = set(starts)
        queue = list(seen)
        down = outage.cables | outage.circuits
        for device in queue:  # grows while it is walked
            for other, link in self._joined.get(device, ()):
                if other not in seen and other not in outage.devices and link not in down:
                    seen.add(other)
                    queue.append(other)
        return seen


def _worse(old: Met, new: Met) -> bool:
    return new.lost and not old.lost
