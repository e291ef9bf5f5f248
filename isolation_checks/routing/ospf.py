"""OSPF inside an autonomous system: intra-area and inter-area routes (RFC 2328), kept from one state to the next where nothing changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from isolation_checks.reach.layer2 import Endpoint
from isolation_checks.routing.model import Protocol, Route, Unformed
from isolation_checks.routing.ospf_area import Area, Edge, Entry, Maker, Table, Tree, outgoing, paths_of, routes, tree, uses
from isolation_checks.routing.ospf_build import areas, stubs
from isolation_checks.routing.ospf_neighbors import Pair, neighbors
from isolation_checks.routing.ospf_setup import BACKBONE, Instance, OspfPort, instances
from isolation_checks.routing.ospf_summary import Offers, merge_routes, offer, own_ranges
from isolation_checks.routing.policies import Policies
from isolation_checks.routing.prefixes import Key
from isolation_checks.routing.wiring import Wiring
from isolation_checks.snapshot import DeviceConfig

Routes = Mapping[Key, Route]


@dataclass(frozen=True, slots=True)
class AreaState:
    """Of one area: shortest paths, what is advertised inside and by border routers, and each router's routes by both."""

    trees: tuple[Tree, ...]
    intra: Table
    intra_routes: tuple[Routes, ...]
    ports: tuple[tuple[int, OspfPort], ...]  # those that are up
    inter: Table = field(default_factory=dict)
    inter_routes: tuple[Routes, ...] = ()


@dataclass(frozen=True, slots=True)
class OspfState:
    """``internal``: by instance, its routes inside the system; negative keys (`boundary`) are ways to the routers that import."""

    areas: tuple[AreaState, ...]
    internal: tuple[Routes, ...]
    offers: Mapping[tuple[int, int], Offers]  # by instance and area number
    attached: tuple[tuple[int, ...], ...]  # by instance: the areas in which it has an interface up
    touched: frozenset[int]  # instances with an interface that an outage changed


class Ospf:
    """All processes of a city."""

    def __init__(self, configs: Mapping[str, DeviceConfig], wiring: Wiring, policies: Mapping[str, Policies]) -> None:
        self.instances = instances(configs)
        self.policies = policies
        pairs, self.unformed = self._neighbors(wiring)
        self.areas = areas(self.instances, pairs)
        self.importers = frozenset(item.id for item in self.instances if imports(item))
        self.node: dict[tuple[int, int], int] = {
            (instance, area.number): node for area in self.areas for node, instance in enumerate(area.members)
        }
        self.paths = {
            (area.number, node): paths_of(area, self.instances[instance], node)
            for area in self.areas
            for node, instance in enumerate(area.members)
        }
        self._edges_at: dict[Endpoint, list[tuple[int, Edge]]] = defaultdict(list)
        self._areas_at: dict[Endpoint, list[tuple[int, int]]] = defaultdict(list)
        self._of_device: dict[str, list[int]] = defaultdict(list)
        for instance in self.instances:
            self._of_device[instance.device].append(instance.id)
        for area in self.areas:
            for edge in area.edges:
                self._edges_at[edge.here].append((area.number, edge))
                self._edges_at[edge.there].append((area.number, edge))
            for node, port in area.ports:
                self._areas_at[port.endpoint].append((area.number, area.members[node]))
        self.collected: dict[tuple[int, int, bool], tuple[tuple[object, ...], Offers]] = {}
        self.areas_of: tuple[tuple[int, ...], ...] = self._memberships()
        self.domain = self._domains()
        self.base = self._first(wiring)

    def _neighbors(self, wiring: Wiring) -> tuple[tuple[Pair, ...], tuple[Unformed, ...]]:
        def segment(endpoint: Endpoint) -> int | None:
            return wiring.layer2.segment_of.get(endpoint) if wiring.up(endpoint) else None

        return neighbors(self.instances, segment)

    def _memberships(self) -> tuple[tuple[int, ...], ...]:
        found: list[list[int]] = [[] for _ in self.instances]
        for area in self.areas:
            for instance in area.members:
                found[instance].append(area.number)
        return tuple(map(tuple, found))

    def _domains(self) -> tuple[int, ...]:
        """By instance: a number that all share to whom external routes could be flooded."""
        of = list(range(len(self.areas)))
        for numbers in self.areas_of:
            for number in numbers[1:]:
                one, two = of[numbers[0]], of[number]
                of = [min(one, two) if item in (one, two) else item for item in of]
        return tuple(of[numbers[0]] if numbers else -1 for numbers in self.areas_of)

    # -- states

    def _first(self, wiring: Wiring) -> OspfState:
        states = []
        for area in self.areas:
            ports = tuple((node, port) for node, port in area.ports if wiring.up(port.endpoint))
            out = outgoing(area, frozenset())
            trees = tuple(tree(out, node) for node in range(len(area.members)))
            intra = stubs(ports, self._importing(area), nssa=area.kind == "nssa")
            made = tuple(routes(intra, trees[node], self._maker(area, node, "intra-area")) for node in range(len(area.members)))
            states.append(AreaState(trees, intra, made, ports))
        attached = tuple(self._attached(number, wiring) for number in range(len(self.instances)))
        empty = OspfState(tuple(states), (), {}, attached, frozenset())
        return self._between(empty, None, set(range(len(self.areas))))

    def under(self, wiring: Wiring) -> OspfState:
        gone: dict[int, set[Edge]] = defaultdict(set)
        stale: dict[int, set[OspfPort]] = defaultdict(set)
        touched: set[int] = set()
        endpoints = [*wiring.touched, *(port.endpoint for device in wiring.dead for number in self._of_device.get(device, ())
                                        for port in self.instances[number].ports)]  # fmt: skip
        segment = wiring.layer2.segment_of
        for endpoint in endpoints:
            for area, edge in self._edges_at.get(endpoint, ()):
                joined = segment.get(edge.here, -1) == segment.get(edge.there, -2)
                if not (joined and wiring.up(edge.here) and wiring.up(edge.there)):
                    gone[area].add(edge)
            for area, instance in self._areas_at.get(endpoint, ()):
                touched.add(instance)
                stale.setdefault(area, set())
        if not touched:
            return self.base
        states = list(self.base.areas)
        for number in gone.keys() | stale.keys():
            states[number] = self._area_under(self.areas[number], frozenset(gone[number]), wiring)
        changed = {number for number in gone.keys() | stale.keys() if states[number] is not self.base.areas[number]}
        attached = list(self.base.attached)
        for instance in touched:
            attached[instance] = self._attached(instance, wiring)
        state = replace(self.base, areas=tuple(states), attached=tuple(attached), touched=frozenset(touched))
        return self._between(state, self.base, changed)

    def _area_under(self, area: Area, gone: frozenset[Edge], wiring: Wiring) -> AreaState:
        before = self.base.areas[area.number]
        ports = tuple(item for item in before.ports if wiring.up(item[1].endpoint))
        intra = before.intra
        changed: set[Key] = set()
        if len(ports) != len(before.ports):
            importing = [(node, instance) for node, instance in self._importing(area) if self.instances[instance].device not in wiring.dead]
            fresh = stubs(ports, importing, nssa=area.kind == "nssa")
            intra, changed = _mend(before.intra, fresh)
        trees = before.trees
        if gone:
            out = outgoing(area, gone)
            trees = tuple(
                tree(out, node)
                if self.instances[instance].device not in wiring.dead and uses(before.trees[node], gone)
                else before.trees[node]
                for node, instance in enumerate(area.members)
            )
        if not changed and all(one is two for one, two in zip(trees, before.trees, strict=True)):
            return before if len(ports) == len(before.ports) else replace(before, ports=ports)
        behind = _index(before.intra, len(area.members))
        made = tuple(
            routes(intra, trees[node], self._maker(area, node, "intra-area"), (before.trees[node], before.intra_routes[node]), changed,
                   behind.__getitem__)
            for node in range(len(area.members))
        )  # fmt: skip
        return AreaState(trees, intra, made, ports, before.inter, before.inter_routes)

    def _importing(self, area: Area) -> Iterator[tuple[int, int]]:
        if area.kind != "stub":
            for node, instance in enumerate(area.members):
                if instance in self.importers:
                    yield node, instance

    def _attached(self, instance: int, wiring: Wiring) -> tuple[int, ...]:
        live = {port.area for port in self.instances[instance].ports if wiring.up(port.endpoint)}
        return tuple(number for number in self.areas_of[instance] if self.areas[number].id in live)

    def _maker(self, area: Area, node: int, kind: str) -> Maker:
        instance = self.instances[area.members[node]]
        protocol = Protocol.OSPF if kind == "intra-area" else Protocol.OSPF_INTER
        return Maker(node, self.paths[area.number, node], protocol, instance.distance(kind, "internal"))

    # -- between areas

    def border(self, state: OspfState, instance: int) -> bool:
        """Whether it is an area border router."""
        numbers = state.attached[instance]
        if len(numbers) < 2:
            return False
        return not self.instances[instance].platform.abr_by_backbone or any(self.areas[number].id == BACKBONE for number in numbers)

    def backbone(self, state: OspfState, instance: int) -> int | None:
        """The number of the backbone area that it is attached to."""
        return next((number for number in state.attached[instance] if self.areas[number].id == BACKBONE), None)

    def backbone_neighbor(self, state: OspfState, instance: int) -> bool:
        number = self.backbone(state, instance)
        if number is None:
            return False
        found = state.areas[number].trees[self.node[instance, number]]
        return any(found.ways)

    def _between(self, state: OspfState, before: OspfState | None, changed: set[int]) -> OspfState:
        """Fill in what border routers tell of other areas: first in the backbone, then from there."""
        offers = dict(before.offers) if before else {}
        states = list(state.areas)
        for wave in (True, False):
            now = replace(state, areas=tuple(states))
            told: set[int] = set()
            for instance in range(len(self.instances)):
                if len(self.areas_of[instance]) < 2:
                    continue
                for number in self.areas_of[instance]:
                    if (self.areas[number].id == BACKBONE) is not wave:
                        continue
                    if before and not (changed.intersection(self.areas_of[instance]) or instance in state.touched):
                        continue
                    fresh = self._offer(now, instance, number)
                    old = offers.get((instance, number))
                    if old is None or fresh != old:
                        offers[instance, number] = fresh
                        told.add(number)
            for number, area in enumerate(self.areas):
                if (area.id == BACKBONE) is wave and (before is None or number in told or number in changed or self._touches(area, state)):
                    fresh_state = self._inter(now, area, offers, before)
                    if fresh_state is not states[number]:
                        states[number] = fresh_state
                        changed.add(number)
        done = replace(state, areas=tuple(states), offers=offers)
        internal = tuple(
            before.internal[instance]
            if before is not None and instance not in state.touched and changed.isdisjoint(self.areas_of[instance])
            else self._internal(done, instance, before)
            for instance in range(len(self.instances))
        )
        return replace(done, internal=internal)

    def _touches(self, area: Area, state: OspfState) -> bool:
        return any(instance in state.touched and len(self.areas_of[instance]) > 1 for instance in area.members)

    def _offer(self, state: OspfState, instance: int, number: int) -> Offers:
        if not self.border(state, instance) or number not in state.attached[instance]:
            return {}
        return offer(self, state, instance, number)

    def _inter(self, state: OspfState, area: Area, offers: Mapping[tuple[int, int], Offers], before: OspfState | None) -> AreaState:
        mine = state.areas[area.number]
        table: dict[Key, tuple[Entry, ...]] = {}
        for node, instance in enumerate(area.members):
            for prefix, (cost, refs) in offers.get((instance, area.number), {}).items():
                table[prefix] = (*table.get(prefix, ()), Entry(node, cost, refs))
        if before is None:
            made = [routes(table, mine.trees[node], self._maker(area, node, "inter-area")) for node in range(len(area.members))]
            return replace(mine, inter=table, inter_routes=tuple(self._heeded(state, area, node, made[node]) for node in range(len(made))))
        old = before.areas[area.number]
        changed = {prefix for prefix in table.keys() | old.inter.keys() if table.get(prefix) != old.inter.get(prefix)}
        inter = table if changed else old.inter
        behind = _index(inter, len(area.members))
        found: list[Routes] = []
        for node, instance in enumerate(area.members):
            if len(self.areas_of[instance]) > 1:  # which summaries a border router heeds may have changed
                fresh = self._heeded(state, area, node, routes(inter, mine.trees[node], self._maker(area, node, "inter-area")))
                found.append(old.inter_routes[node] if fresh == old.inter_routes[node] else fresh)
            else:
                step = (old.trees[node], old.inter_routes[node])
                found.append(routes(inter, mine.trees[node], self._maker(area, node, "inter-area"), step, changed, behind.__getitem__))
        if inter is old.inter and mine is old and all(one is two for one, two in zip(found, old.inter_routes, strict=True)):
            return mine
        return replace(mine, inter=inter, inter_routes=tuple(found))

    def _heeded(self, state: OspfState, area: Area, node: int, made: Routes) -> Routes:
        """A border router looks at the backbone's summaries alone, and not at those that equal an active range of its own (16.2 (3))."""
        instance = area.members[node]
        if not self.border(state, instance):
            return made
        if area.id != BACKBONE:
            held = self.instances[instance].platform
            strict = self.backbone(state, instance) is not None and not (
                held.abr_by_backbone and not self.backbone_neighbor(state, instance)
            )
            if strict:
                return {}
            if held.abr_by_backbone and area.kind != "normal":  # a border router heeds no default of a stub area
                made = {prefix: item for prefix, item in made.items() if prefix != 0}
        ranges = own_ranges(self, state, instance)
        return {prefix: item for prefix, item in made.items() if prefix not in ranges} if ranges else made

    def _internal(self, state: OspfState, instance: int, before: OspfState | None) -> Routes:
        numbers = self.areas_of[instance]
        parts = [(state.areas[number], self.node[instance, number]) for number in numbers]
        if before is not None and instance not in state.touched:
            olds = [before.areas[number] for number in numbers]
            if all(
                new is old or (new.intra_routes[node] is old.intra_routes[node] and new.inter_routes[node] is old.inter_routes[node])
                for (new, node), old in zip(parts, olds, strict=True)
            ):
                return before.internal[instance]
        made = merge_routes(self, state, instance, parts)
        if before is not None and made == before.internal[instance]:
            return before.internal[instance]
        return made


def imports(instance: Instance) -> bool:
    """Whether it may bring in external routes, be it as the translator of a not-so-stubby area."""
    translates = len({port.area for port in instance.ports}) > 1 and any("nssa" in area.kind for area in instance.areas.values())
    return bool(instance.process.redistributions or instance.process.default_route) or translates


def _mend(before: Table, fresh: Table) -> tuple[Table, set[Key]]:
    """The new table with what stayed as the same objects, and the keys that changed."""
    changed = {prefix for prefix in before if fresh.get(prefix) != before[prefix]} | (fresh.keys() - before.keys())
    if not changed:
        return before, changed
    return {prefix: before[prefix] if prefix not in changed else entries for prefix, entries in fresh.items()}, changed


def _index(table: Table, nodes: int) -> Sequence[Iterable[Key]]:
    found: list[list[Key]] = [[] for _ in range(nodes)]
    for prefix, entries in table.items():
        for entry in entries:
            found[entry.node].append(prefix)
    return found
