"""What two versions of a city treat differently: the exact packets, by who sends them and who gets them.

Where everything that a sender's packets meet is the same on both sides (devices by the text of their configs and their tables, segments by
what is plugged into them), the answer is too, and it is not worked out twice: from an equal start, equal devices hand equal packets to
equal segments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from isolation_checks.forwarding.carry import Key
from isolation_checks.forwarding.gates import Gates
from isolation_checks.forwarding.plane import City, Plane
from isolation_checks.forwarding.reachable import Reachable
from isolation_checks.forwarding.work import pieces_of
from isolation_checks.packets.space import Node, PacketSpace
from isolation_checks.reach.layer2 import Segment
from isolation_checks.reach.senders import Sender
from isolation_checks.routing.model import Routing


@dataclass(frozen=True)
class Side:
    """One version: the city, its routes, and a digest of each device's config."""

    city: City
    routing: Routing
    digests: dict[str, str]

    @cached_property
    def segments(self) -> dict[object, Segment]:
        """By each of their endpoints, and by their number."""
        found: dict[object, Segment] = {}
        for segment in self.routing.layer2.segments:
            found[segment.number] = segment
            found |= dict.fromkeys(segment.endpoints, segment)
        return found

    @cached_property
    def routes(self) -> dict[str, list[object]]:
        """By device, where its packets go. Without the lines behind it: a line that moved changes nothing."""
        found: dict[str, list[object]] = defaultdict(list)
        for (device, vrf), table in sorted(self.routing.tables.items()):
            found[device] += [(vrf, route.network, route.length, route.hops) for route in table.routes]
        return found


class Difference(NamedTuple):
    """Packets as they arrive at ``target``: ``lost`` did so before alone, ``gained`` does so after alone."""

    source: str
    target: str
    lost: Node
    gained: Node


class Compared(NamedTuple):
    """``reused``: senders of which nothing was worked out twice, because all that their packets meet is equal."""

    differences: tuple[Difference, ...]
    senders: int
    reused: int


def compare(before: Side, after: Side, space: PacketSpace, on_sender: Callable[[int, int], None] = lambda done, total: None) -> Compared:
    """The differences between two versions, sorted by sender and receiver. A sender that one side lacks reaches nothing there."""
    one, other = (Reachable(Plane(side.city, side.routing), Gates(space), pieces_of(side.city, side.routing)) for side in (before, after))
    names = sorted({*before.city.sender_of, *after.city.sender_of})
    found: list[Difference] = []
    reused = 0
    for number, name in enumerate(names, 1):
        old, new = before.city.sender_of.get(name), after.city.sender_of.get(name)
        met: set[Key] = set()
        was = _reached(one, old, met)
        if old is not None and new is not None and old.party.prefixes == new.party.prefixes and same(before, after, met):
            reused += 1
        else:
            found += _different(space, name, was, _reached(other, new, set()))
        on_sender(number, len(names))
    return Compared(tuple(found), len(names), reused)


def _reached(answers: Reachable, sender: Sender | None, met: set[Key]) -> dict[str, Node]:
    return {} if sender is None else {item.target: item.packets for item in answers.from_sender(sender, met)}


def _different(space: PacketSpace, name: str, was: dict[str, Node], now: dict[str, Node]) -> Iterator[Difference]:
    for target in sorted(was.keys() | now.keys()):
        old, new = was.get(target, space.false), now.get(target, space.false)
        if old != new:
            yield Difference(name, target, old & ~new, new & ~old)


def same(before: Side, after: Side, met: set[Key]) -> bool:
    """Whether all of this is equal on both sides: what a result rests on, as `isolation_checks.forwarding.carry` notes it."""
    return all(_same(before, after, key) for key in met)


def _same(before: Side, after: Side, key: Key) -> bool:
    match key:
        case ("route" | "device", str(device), *_):
            return before.digests.get(device) == after.digests.get(device) and before.routes.get(device) == after.routes.get(device)
        case ("segment", int(number)):
            here = before.segments.get(number)
            return here is not None and bool(here.endpoints) and _alike(here, after.segments.get(here.endpoints[0]))
        case ("around", endpoint):
            here, there = before.segments.get(endpoint), after.segments.get(endpoint)
            return here is there is None or _alike(here, there)
        case ("owner", int(number), int(address)):
            here = before.segments.get(number)
            there = after.segments.get(here.endpoints[0]) if here is not None and here.endpoints else None
            if here is None or there is None:
                return False
            return before.routing.owners.get((here.number, address)) == after.routing.owners.get((there.number, address))
        case ("places", str(sender)):
            return _places(before, sender) == _places(after, sender)
    return False


def _places(side: Side, sender: str) -> set[object]:
    """What is plugged in where a sender is."""
    return {_content(segment) for segment in Plane(side.city, side.routing).places(side.city.sender_of[sender])}


def _alike(here: Segment | None, there: Segment | None) -> bool:
    return here is not None and there is not None and _content(here) == _content(there)


def _content(segment: Segment) -> tuple[object, ...]:
    return segment.endpoints, segment.senders, segment.peers, segment.loose
