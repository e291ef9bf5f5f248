"""Areas as connected parts, from the pairs of neighbours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from isolation_checks.routing.model import Hop
from isolation_checks.routing.ospf_area import Area, Edge, Entry, Table, boundary
from isolation_checks.routing.ospf_neighbors import Pair
from isolation_checks.routing.ospf_setup import Instance, OspfPort
from isolation_checks.snapshot import Ref


def areas(found: Sequence[Instance], pairs: Iterable[Pair]) -> tuple[Area, ...]:
    """Numbered in the order of their first router; an area that is in two parts counts as two."""
    groups = _groups(found, pairs)
    by_group: dict[tuple[int, str], list[Pair]] = defaultdict(list)
    of: dict[tuple[int, str], tuple[int, str]] = {}
    for first, members in groups.items():
        of.update((member, first) for member in members)
    for pair in pairs:
        by_group[of[pair.a.instance, pair.a.area]].append(pair)
    return tuple(_area(number, first[1], members, by_group[first], found) for number, (first, members) in enumerate(groups.items()))


def _groups(found: Sequence[Instance], pairs: Iterable[Pair]) -> dict[tuple[int, str], list[tuple[int, str]]]:
    parent: dict[tuple[int, str], tuple[int, str]] = {}

    def find(item: tuple[int, str]) -> tuple[int, str]:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for instance in found:
        for port in instance.ports:
            parent.setdefault((instance.id, port.area), (instance.id, port.area))
    for a, b in pairs:
        one, two = sorted((find((a.instance, a.area)), find((b.instance, b.area))))
        parent[two] = one
    groups: dict[tuple[int, str], list[tuple[int, str]]] = {}
    for item in sorted(parent):
        groups.setdefault(find(item), []).append(item)
    return groups


def _area(number: int, name: str, members: list[tuple[int, str]], pairs: list[Pair], found: Sequence[Instance]) -> Area:
    ids = tuple(instance for instance, _ in members)
    node = {instance: index for index, instance in enumerate(ids)}
    edges: list[Edge] = []
    hops: list[list[Hop]] = [[] for _ in ids]
    refs: list[list[Ref]] = [[] for _ in ids]
    for pair in pairs:
        for here, there in (pair, pair[::-1]):
            source = node[here.instance]
            edges.append(Edge(source, node[there.instance], max(1, here.cost), len(hops[source]), here.endpoint, there.endpoint))
            hops[source].append(Hop(here.endpoint.interface, there.address, here.vrf))
            refs[source].append(here.refs[0])
    ports = tuple((node[port.instance], port) for instance in ids for port in found[instance].ports if port.area == name)
    kinds = {found[instance].kind(name) for instance in ids}
    kind = next((kind for kind in ("stub", "nssa") if any(item.endswith(kind) for item in kinds)), "normal")
    return Area(name, number, ids, tuple(edges), tuple(map(tuple, hops)), tuple(map(tuple, refs)), ports, kind)


def stubs(ports: Iterable[tuple[int, OspfPort]], importers: Iterable[tuple[int, int]], *, nssa: bool) -> Table:
    """What the routers of an area advertise: the prefixes of these ports, and (node, instance) of those that bring in external routes."""
    held: dict[int, dict[int, Entry]] = defaultdict(dict)
    for node, port in ports:
        for prefix, cost in port.stubs:
            before = held[prefix].get(node)
            if before is None or cost < before.cost:
                held[prefix][node] = Entry(node, cost, port.refs)
    for node, instance in importers:
        held[boundary(instance, nssa=nssa)][node] = Entry(node, 0, ())
    return {prefix: tuple(entries.values()) for prefix, entries in held.items()}
