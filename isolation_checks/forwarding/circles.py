"""Packets that would go round for ever, and routes whose next hop nobody answers for: for every destination, whoever sends."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from isolation_checks.forwarding.pieces import Pieces, span
from isolation_checks.forwarding.plane import Plane
from isolation_checks.routing.model import Hop, Route
from isolation_checks.snapshot import Ref

Place: TypeAlias = tuple[str, str]
"""A device and a VRF of it."""


class Circle(NamedTuple):
    """``places`` in order; each hands packets to ``address`` to the next, the last to the first. ``refs``: the lines of their routes."""

    address: int
    places: tuple[Place, ...]
    refs: tuple[Ref, ...]


class Silent(NamedTuple):
    """A route that leads to an address at which nobody answers."""

    device: str
    vrf: str
    route: Route
    hop: Hop


class Circles:
    def __init__(self, plane: Plane, pieces: Pieces) -> None:
        self._plane = plane
        self._addresses = [piece.first for piece in pieces.of(((0, 0xFFFFFFFF),))]
        self._next: dict[tuple[str, Hop], tuple[Place, ...]] = {}

    def silent(self) -> Iterator[Silent]:
        """Only with everything that is set up working does a silent next hop say that something is wrong."""
        seen: set[tuple[str, Hop]] = set()
        for (device, vrf), table in sorted(self._plane.routing.tables.items()):
            for route in table.routes:
                for hop in route.hops:
                    if hop.gateway is None or (device, hop) in seen:
                        continue
                    seen.add((device, hop))
                    door = self._plane.door(device, hop)
                    if door is None or not any(self._plane.nexts(door, hop.gateway)):
                        yield Silent(device, vrf, route, hop)

    def all(self) -> Iterator[Circle]:
        """The circles of every destination; the same one once."""
        order = sorted(self._addresses)
        ways = {place: self._ways(place, order) for place in self._plane.routing.tables}
        found: set[frozenset[Place]] = set()
        for number, address in enumerate(order):
            for places in self._circles({place: listed[number] for place, listed in ways.items()}, address):
                if frozenset(places) not in found:
                    found.add(frozenset(places))
                    routes = (ways[place][number] for place in places)
                    yield Circle(address, places, tuple(ref for route in routes if route is not None for ref in route.refs))

    def _ways(self, place: Place, order: list[int]) -> list[Route | None]:
        """The route of every destination: longer prefixes written over shorter ones. Only routes to other devices count."""
        found: list[Route | None] = [None] * len(order)
        for route in sorted(self._plane.routing.tables[place].routes, key=lambda route: route.length):
            low, high = span((route.network, route.length))
            first, last = bisect_left(order, low), bisect_left(order, high + 1)
            onward = route if any(hop.gateway is not None for hop in route.hops) else None
            found[first:last] = [onward] * (last - first)
        return found

    def _circles(self, ways: dict[Place, Route | None], address: int) -> Iterator[tuple[Place, ...]]:
        """Depth first; what was left without a circle is not entered again."""
        state: dict[Place, int] = {}
        for start, route in ways.items():
            if route is None or start in state:
                continue
            path = [start]
            state[start] = 1
            stack = [iter(self._onward(start, route))]
            while stack:
                place = next(stack[-1], None)
                if place is None:
                    stack.pop()
                    state[path.pop()] = 2
                elif state.get(place) == 1:
                    yield tuple(path[path.index(place) :])
                elif place not in state:
                    following = ways.get(place)
                    state[place] = 1
                    path.append(place)
                    own = following is None or self._plane.local(place[0], place[1], address)
                    stack.append(iter(() if own or following is None else self._onward(place, following)))

    def _onward(self, place: Place, route: Route) -> list[Place]:
        return [found for hop in route.hops if hop.gateway is not None for found in self._nexts(place[0], hop)]

    def _nexts(self, device: str, hop: Hop) -> tuple[Place, ...]:
        key = device, hop
        if key not in self._next:
            door = self._plane.door(device, hop)
            doors = self._plane.nexts(door, hop.gateway or 0).doors if door is not None else ()
            forwarders = self._plane.city.forwarders
            self._next[key] = tuple(
                (item.endpoint.device, item.vrf) for item in doors if forwarders[item.endpoint.device].config.forwarding
            )
        return self._next[key]
