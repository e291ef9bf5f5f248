"""Shortest paths inside an area, and the routes that follow: what an outage leaves as it was is the same object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import NamedTuple, TypeAlias

from isolation_checks.reach.layer2 import Endpoint
from isolation_checks.routing.model import Hop, Protocol, Route
from isolation_checks.routing.ospf_setup import Instance, OspfPort
from isolation_checks.routing.prefixes import Key
from isolation_checks.snapshot import Ref

FAR = 1 << 40


class Entry(NamedTuple):
    """A prefix as a router of the area (by its number there) advertises it."""

    node: int
    cost: int
    refs: tuple[Ref, ...]


Table: TypeAlias = dict[Key, tuple[Entry, ...]]
"""What is advertised in an area. Negative keys stand for routers that bring in external routes: `boundary`."""


def boundary(instance: int, *, nssa: bool) -> Key:
    """The key of a router that brings routes in. The way to it through a not-so-stubby area serves only what is told in that area."""
    return -1 - instance - (1 << 40) * nssa


class Edge(NamedTuple):
    source: int
    target: int
    cost: int
    bit: int  # among the edges of the source
    here: Endpoint
    there: Endpoint


class Tree(NamedTuple):
    """From one router: the cost to each, and which of its edges (bits) lead there."""

    cost: list[int]
    ways: list[int]


@dataclass(frozen=True, slots=True)
class Area:
    """A connected part of an area with everything working. ``members``: instances, in whose order the nodes count."""

    id: str
    number: int
    members: tuple[int, ...]
    edges: tuple[Edge, ...]
    hops: tuple[tuple[Hop, ...], ...]  # by node and bit
    hop_refs: tuple[tuple[Ref, ...], ...]
    ports: tuple[tuple[int, OspfPort], ...]  # of the area's routers, with their node
    kind: str

    def node(self, instance: int) -> int:
        return self.members.index(instance)


class Paths:
    """Turns the bits of one router's edges into hops; remembers what it made."""

    def __init__(self, hops: tuple[Hop, ...], refs: tuple[Ref, ...], most: int) -> None:
        self._hops = hops
        self._refs = refs
        self._most = most
        self.cut = False  # there were more equal ways than are used
        self._made: dict[int, tuple[tuple[Hop, ...], tuple[Ref, ...]]] = {}

    def of(self, ways: int) -> tuple[tuple[Hop, ...], tuple[Ref, ...]]:
        made = self._made.get(ways)
        if made is None:
            chosen = sorted((hop, ref) for bit, (hop, ref) in enumerate(zip(self._hops, self._refs, strict=True)) if ways >> bit & 1)
            self.cut |= len(chosen) > self._most
            chosen = chosen[: self._most]
            made = self._made[ways] = tuple(hop for hop, _ in chosen), tuple(dict.fromkeys(ref for _, ref in chosen))
        return made


def outgoing(area: Area, gone: frozenset[Edge]) -> list[list[Edge]]:
    found: list[list[Edge]] = [[] for _ in area.members]
    for edge in area.edges:
        if edge not in gone:
            found[edge.source].append(edge)
    return found


def tree(out: Sequence[Sequence[Edge]], root: int) -> Tree:
    """Dijkstra with all equal paths. Costs are at least 1, so a node's ways are complete when it is taken up."""
    cost = [FAR] * len(out)
    ways = [0] * len(out)
    cost[root] = 0
    heap = [(0, root)]
    while heap:
        near, node = heappop(heap)
        if near > cost[node]:
            continue
        for edge in out[node]:
            far = near + edge.cost
            target = edge.target
            if far <= cost[target]:
                first = 1 << edge.bit if node == root else ways[node]
                if far < cost[target]:
                    cost[target], ways[target] = far, first
                    heappush(heap, (far, target))
                else:
                    ways[target] |= first
    return Tree(cost, ways)


def uses(found: Tree, edges: Iterable[Edge]) -> bool:
    """Whether any of these edges lies on a shortest path."""
    cost = found.cost
    return any(cost[edge.source] + edge.cost == cost[edge.target] for edge in edges)


class Maker(NamedTuple):
    """How one router makes routes of one kind."""

    node: int
    paths: Paths
    protocol: Protocol
    preference: int


def route(prefix: Key, entries: Sequence[Entry], found: Tree, maker: Maker) -> Route | None:
    """The best way to a prefix by what others advertise, or None."""
    least, ways = FAR, 0
    refs: tuple[Ref, ...] = ()
    for node, cost, lines in entries:
        if node != maker.node:
            total = found.cost[node] + cost
            if total < least:
                least, ways, refs = total, found.ways[node], lines
            elif total == least and total < FAR:
                ways |= found.ways[node]
                refs = (*refs, *(line for line in lines if line not in refs))
    if least >= FAR:
        return None
    hops, own = maker.paths.of(ways)
    return (
        Route(prefix >> 6, prefix & 63, maker.protocol, maker.preference, least, hops, own + refs)
        if prefix >= 0
        else Route(0, 0, maker.protocol, maker.preference, least, hops, own)
    )


def routes(
    table: Table,
    found: Tree,
    maker: Maker,
    before: tuple[Tree, Mapping[Key, Route]] | None = None,
    changed: Iterable[Key] = (),
    index: Callable[[int], Iterable[Key]] | None = None,
) -> dict[Key, Route]:
    """All routes of a router by a table. With what it had ``before``: only what ``changed`` and what lies behind nodes that moved."""
    if before is None or index is None:
        made = ((prefix, route(prefix, entries, found, maker)) for prefix, entries in table.items())
        return {prefix: item for prefix, item in made if item is not None}
    old, held = before
    stale = set(changed)
    if old is not found:
        for node in range(len(found.cost)):
            if found.cost[node] != old.cost[node] or found.ways[node] != old.ways[node]:
                stale.update(index(node))
    if not stale:
        assert isinstance(held, dict)
        return held
    result = dict(held)
    for prefix in stale:
        entries = table.get(prefix)
        fresh = route(prefix, entries, found, maker) if entries else None
        if fresh is None:
            result.pop(prefix, None)
        elif fresh != result.get(prefix):
            result[prefix] = fresh
    return result


def paths_of(area: Area, instance: Instance, node: int) -> Paths:
    return Paths(area.hops[node], area.hop_refs[node], instance.paths)
