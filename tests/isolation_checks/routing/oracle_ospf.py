"""OSPF by flooding: every router writes its advertisements, hands on what it hears, and works out its routes from its own database.

Part of the oracle: RFC 2328 (sections 12.4 and 16), RFC 3509 (who is an area border router), RFC 3101 (NSSA).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Any, NamedTuple

from isolation_checks.snapshot import OspfArea

BACKBONE = "0.0.0.0"  # noqa: S104 - an area, no address to listen on
INFINITY = 1 << 30
Hop = tuple[str, int | None]
Prefix = tuple[int, int]


def trim(address: int, length: int) -> int:
    return address >> (32 - length) << (32 - length) if length else 0


class External(NamedTuple):
    """A route from outside, as one router brings it in. ``forward``: the address that others send to, 0 for the router itself."""

    network: int
    length: int
    metric: int
    kind: int  # 1 | 2
    forward: int = 0
    tag: int = 0


@dataclass
class Port:
    """An interface that OSPF runs on. ``neighbours``: (router, its address) with which it is adjacent."""

    name: str
    ip: int
    length: int
    area: str
    cost: int
    kind: str  # p2p | broadcast | loopback
    key: object  # what two ends must agree on
    passive: bool
    priority: int = 1
    extra: tuple[Prefix, ...] = ()
    neighbours: list[tuple[Router, Port]] = field(default_factory=list)


class Found(NamedTuple):
    """A route by OSPF. ``rank`` 1 in the area, 2 between areas, 3 external type 1, 4 external type 2."""

    rank: int
    cost: int
    area: str
    hops: frozenset[Hop]
    inner: int = 0  # the cost to the border of an external route of type 2
    discard: bool = False
    tag: int = 0


@dataclass
class Router:
    """A process. ``database``: by area ("" for what goes everywhere) and key, (sequence number, contents or None when withdrawn)."""

    name: tuple[str, str]
    id: int
    areas: dict[str, OspfArea]
    ports: list[Port]
    externals: dict[Prefix, External] = field(default_factory=dict)
    needs_backbone: bool = False  # tells a stub area a default only while it has a neighbour in the backbone
    smallest: bool = False  # the cost of a range is that of its nearest network, not of its farthest
    cisco: bool = True  # RFC 3509; else RFC 2328 to the letter
    areas_first: bool = False  # 16.4.1; else compatible with RFC 1583
    nssa_default: bool = False  # a default route is told in not-so-stubby areas too
    default_cost: int = 1
    brings: bool = False  # it redistributes, whether or not there is anything
    database: dict[str, dict[Any, tuple[int, Any]]] = field(default_factory=lambda: defaultdict(dict))
    routes: dict[Prefix, Found] = field(default_factory=dict)
    borders: dict[tuple[int, str], Found] = field(default_factory=dict)  # (router, area it is in) of border and boundary routers

    def kind(self, area: str) -> str:
        found = self.areas.get(area)
        return found.kind if found is not None else "normal"

    def attached(self) -> list[str]:
        return sorted({port.area for port in self.ports})

    def is_border(self) -> bool:
        return len(self.attached()) > 1 and (not self.cisco or BACKBONE in self.attached())

    def in_backbone(self) -> bool:
        return any(port.area == BACKBONE and port.neighbours for port in self.ports)

    def is_boundary(self) -> bool:
        """Border routers of not-so-stubby areas always say so (RFC 3101 3.1)."""
        nssa = self.is_border() and any(self.kind(area).endswith("nssa") for area in self.attached())
        return bool(self.externals) or self.brings or nssa

    # --------------------------------------------------------------------------------------------------- advertisements

    def announce(self) -> bool:
        """Write what this router says about itself; True if it differs from what it said before."""
        said: dict[str, dict[Any, Any]] = defaultdict(dict)
        for area in self.attached():
            said[area]["router", self.id] = self._links(area)
            for port in self.ports:
                if port.area == area and port.kind == "broadcast" and self._designated(port) is port:
                    attached = frozenset({self.id, *(other.id for other, _ in port.neighbours)})
                    said[area]["network", port.ip, self.id] = (port.length, attached)
        if self.is_border():
            self._summaries(said)
        self._bring(said)
        changed = False
        for area in {*said, *self.database}:
            mine = {key for key, (_, body) in self.database[area].items() if key[-1] == self.id and body is not None}
            for key in mine - set(said[area]):
                self.database[area][key] = (self.database[area][key][0] + 1, None)
                changed = True
            for key, body in said[area].items():
                before = self.database[area].get(key, (0, None))
                if before[1] != body:
                    self.database[area][key] = (before[0] + 1, body)
                    changed = True
        return changed

    def _designated(self, port: Port) -> Port | None:
        """The port of the designated router of a network with neighbours; who it is changes no route."""
        if not port.neighbours:
            return None
        ports = {self.id: port, **{other.id: its for other, its in port.neighbours}}
        able = [(item.priority, router) for router, item in ports.items() if item.priority]
        return ports[max(able)[1]] if able else None

    def _links(self, area: str) -> Any:
        links = []
        for port in self.ports:
            if port.area != area:
                continue
            if port.kind == "loopback":
                links.append(("stub", port.ip, 32, port.cost))
            elif port.kind == "p2p":
                links += [("p2p", other.id, port.ip, port.cost) for other, _ in port.neighbours]
                links.append(("stub", trim(port.ip, port.length), port.length, port.cost))
            else:
                chosen = self._designated(port)
                if chosen is None:
                    links.append(("stub", trim(port.ip, port.length), port.length, port.cost))
                else:
                    links.append(("transit", chosen.ip, port.ip, port.cost))
            links += [("stub", network, length, port.cost) for network, length in port.extra]
        return (self.is_border(), self.is_boundary(), tuple(sorted(links, key=str)))

    def _summaries(self, said: dict[str, dict[Any, Any]]) -> None:
        for target in self.attached():
            kind = self.kind(target)
            if kind not in ("totally-stub", "totally-nssa"):
                for prefix, metric in self._told(target).items():
                    said[target]["summary", *prefix, self.id] = metric
            if kind in ("stub", "totally-stub", "totally-nssa") and (self.in_backbone() or not self.needs_backbone):
                config = self.areas.get(target)
                cost = config.default_cost if config is not None and config.default_cost is not None else self.default_cost
                said[target]["summary", 0, 0, self.id] = cost
            if kind == "normal":
                for router, cost in self._boundaries(target).items():
                    said[target]["boundary", router, self.id] = cost

    def _boundaries(self, target: str) -> dict[int, int]:
        """The routers outside an area that bring routes in, with the costs to them."""
        best: dict[int, Found] = {}
        inside = {router for (router, area), found in self.borders.items() if area == target and found.rank == 1}
        for (router, area), found in self.borders.items():
            if area != target and found.tag and router not in inside and (found.rank == 1 or area == BACKBONE):
                best[router] = min(best.get(router, found), found, key=lambda item: (item.rank, item.cost))
        return {router: found.cost for router, found in best.items()}

    def _told(self, target: str) -> dict[Prefix, int]:
        """The networks outside an area that this router tells it of, with their costs; ranges in place of what they cover."""
        told: dict[Prefix, int] = {}
        ranged: dict[tuple[str, Prefix], list[int]] = defaultdict(list)
        names = {port.name: port.area for port in self.ports}
        for prefix, found in self.routes.items():
            if found.rank > 2 or found.discard or found.area == target:
                continue
            if any(names.get(hop[0]) == target for hop in found.hops):
                continue
            if found.rank == 2:
                if found.area == BACKBONE and target != BACKBONE:
                    told[prefix] = found.cost
                continue
            covering = self._range(found.area, prefix)
            if covering is None:
                told[prefix] = found.cost
            elif covering[2]:
                ranged[found.area, covering[:2]].append(found.cost)
        for (_, prefix), costs in ranged.items():
            told[prefix] = min(costs) if self.smallest else max(costs)
        return told

    def _range(self, area: str, prefix: Prefix) -> tuple[int, int, bool] | None:
        """The most specific range of an area that a network is in."""
        found = self.areas.get(area)
        fits = [item for item in found.ranges if prefix[1] >= item[1] and trim(prefix[0], item[1]) == item[0]] if found else []
        return max(((item[0], item[1], item[2]) for item in fits), key=lambda item: item[1], default=None)

    def active_ranges(self) -> dict[Prefix, int]:
        """Ranges with a network inside, by the cost that they are told with."""
        costs: dict[Prefix, list[int]] = defaultdict(list)
        for prefix, found in self.routes.items():
            if found.rank == 1 and not found.discard and (covering := self._range(found.area, prefix)) is not None:
                costs[covering[:2]].append(found.cost)
        return {prefix: (min if self.smallest else max)(items) for prefix, items in costs.items()}

    def _bring(self, said: dict[str, dict[Any, Any]]) -> None:
        nssa = [area for area in self.attached() if self.kind(area).endswith("nssa")]
        if any(self.kind(area) == "normal" for area in self.attached()):
            for external in self.externals.values():
                said[""]["external", external.network, external.length, self.id] = external
        for area in nssa:
            for external in self.externals.values():
                if external.length == 0 and not self.nssa_default:
                    continue
                asks = not self.is_border()
                body = external._replace(forward=external.forward or (self._address_in(area) if asks else 0))
                said[area]["nssa", external.network, external.length, self.id] = (body, asks)
            if self.is_border() and self._translates(area):
                for key, (_, held) in self.database[area].items():
                    theirs = key[0] == "nssa" and key[-1] != self.id and held is not None and held[1] and held[0].forward
                    if theirs and (key[-1], area) in self.borders and (key[1], key[2]) not in self.externals:
                        self._translate(said, key, held[0])

    def _translate(self, said: dict[str, dict[Any, Any]], key: Any, external: External) -> None:
        mine = ("external", key[1], key[2], self.id)
        before = said[""].get(mine)
        if before is None or (external.kind, external.metric, -external.forward) < (before.kind, before.metric, -before.forward):
            said[""][mine] = external

    def _address_in(self, area: str) -> int:
        ports = [port for port in self.ports if port.area == area]
        loops = [port.ip for port in ports if port.kind == "loopback"]
        return max(loops) if loops else ports[0].ip

    def _translates(self, area: str) -> bool:
        """Of the border routers that can be reached in the area, the one with the highest id."""
        others = [router for (router, where), found in self.borders.items() if where == area and found.discard]
        return all(router < self.id for router in others)

    # ----------------------------------------------------------------------------------------------------------- routes

    def work_out(self) -> None:
        """Routes from the database: in the areas, between them, from outside (section 16)."""
        self.routes, self.borders = {}, {}
        for area in self.attached():
            self._within(area)
        self._between()
        self._outside()

    def _held(self, area: str, kind: str) -> Iterable[tuple[Any, Any]]:
        return [(key, body) for key, (_, body) in self.database[area].items() if key[0] == kind and body is not None]

    def _within(self, area: str) -> None:
        routers = {key[1]: body for key, body in self._held(area, "router")}
        networks = {(key[1], key[2]): body for key, body in self._held(area, "network")}
        edges = _edges(routers, networks)
        root: tuple[Any, ...] = ("r", self.id)
        distance = {root: 0}
        while True:
            before = dict(distance)
            for (a, b), cost in edges.items():
                if a in distance:
                    distance[b] = min(distance.get(b, INFINITY), distance[a] + cost)
            if distance == before:
                break
        ways = self._ways(area, edges, distance, networks, routers)
        for vertex, cost in distance.items():
            if vertex[0] == "n":
                length = networks[vertex[1], vertex[2]][0]
                self._offer((trim(vertex[1], length), length), Found(1, cost, area, ways[vertex]))
        for router, (border, boundary, links) in routers.items():
            vertex = ("r", router)
            if vertex not in distance:
                continue
            if vertex != root and (border or boundary):
                self.borders[router, area] = Found(1, distance[vertex], area, ways[vertex], discard=border, tag=int(boundary))
            for link in links:
                if link[0] == "stub":
                    hops = ways[vertex] if vertex != root else frozenset({(self._own(area, link), None)})
                    self._offer((link[1], link[2]), Found(1, distance[vertex] + link[3], area, hops))

    def _own(self, area: str, link: Any) -> str:
        for port in self.ports:
            if port.area == area and ((trim(port.ip, link[2]), link[2]) == (link[1], link[2]) or (link[1], link[2]) in port.extra):
                return port.name
        raise AssertionError(link)

    def _ways(self, area: str, edges: Any, distance: Any, networks: Any, routers: Any) -> dict[Any, frozenset[Hop]]:
        """The first hops of every shortest path: repeated passes until nothing is added."""
        root = ("r", self.id)
        ways: dict[Any, frozenset[Hop]] = {vertex: frozenset() for vertex in distance}
        while True:
            before = dict(ways)
            for (a, b), cost in edges.items():
                if a in distance and distance[a] + cost == distance[b] and b != root:
                    if a == root:
                        new = self._first(area, b, cost)
                    else:
                        new = frozenset((name, _on(routers[b[1]], a[1]) if gate is None else gate) for name, gate in ways[a])
                    ways[b] = ways[b] | new
            if ways == before:
                return ways

    def _first(self, area: str, vertex: Any, cost: int) -> frozenset[Hop]:
        found: set[Hop] = set()
        for port in self.ports:
            if port.area != area or port.cost != cost:
                continue
            if vertex[0] == "r" and port.kind == "p2p":
                found |= {(port.name, its.ip) for other, its in port.neighbours if other.id == vertex[1]}
            elif vertex[0] == "n" and port.kind == "broadcast" and (chosen := self._designated(port)) and chosen.ip == vertex[1]:
                found.add((port.name, None))
        return frozenset(found)

    def _offer(self, prefix: Prefix, new: Found) -> None:
        """Keep the better; join the ways of equals."""
        old = self.routes.get(prefix)
        if old is None or (*new[:2], new.inner) < (*old[:2], old.inner):
            self.routes[prefix] = new
        elif (*new[:2], new.inner) == (*old[:2], old.inner):
            self.routes[prefix] = old._replace(hops=old.hops | new.hops)

    def _between(self) -> None:
        areas = [BACKBONE] if self.is_border() and (self.in_backbone() or not self.cisco) else self.attached()
        ranges = self.active_ranges() if self.is_border() else {}
        inner = {prefix for prefix, found in self.routes.items() if found.rank == 1}
        for area in areas:
            for key, metric in self._held(area, "summary"):
                border = self.borders.get((key[-1], area))
                if key[-1] == self.id or border is None or not border.discard or metric >= 0xFFFFFF:
                    continue
                prefix = key[1], key[2]
                if prefix in inner or prefix in ranges:
                    continue
                if self.cisco and self.is_border() and self.kind(area) != "normal" and prefix == (0, 0):
                    continue  # RFC 3509: no default from a stub area
                self._offer(prefix, Found(2, border.cost + metric, area, border.hops))
        direct = dict(self.borders)
        for area in areas:
            for key, metric in self._held(area, "boundary"):
                border = direct.get((key[-1], area))
                if key[-1] == self.id or key[1] == self.id or border is None or border.rank != 1 or not border.discard:
                    continue
                if any(router == key[1] and found.rank == 1 and found.tag for (router, _), found in direct.items()):
                    continue
                new = Found(2, border.cost + metric, area, border.hops, tag=1)
                old = self.borders.get((key[1], area))
                if old is None or old.rank == 1 or new.cost < old.cost:
                    if old is None or old.rank == 2:
                        self.borders[key[1], area] = new
                elif new.cost == old.cost and old.rank == 2:
                    self.borders[key[1], area] = old._replace(hops=old.hops | new.hops)

    def _outside(self) -> None:
        inner = dict(self.routes)
        held = [("", key, body, True) for key, body in self._held("", "external")]
        for area in self.attached():
            held += [(area, key, body[0], body[1]) for key, body in self._held(area, "nssa")]
        for area, key, external, _asks in held:
            prefix = external.network, external.length
            if key[-1] == self.id or prefix in inner:
                continue
            if not area and not any(self.kind(item) == "normal" for item in self.attached()):
                continue
            for way in self._boundary(area, key[-1], external, inner):
                if external.kind == 1:
                    self._offer(prefix, Found(3, way.cost + external.metric, area, way.hops, tag=external.tag))
                else:
                    self._offer(prefix, Found(4, external.metric, area, way.hops, way.cost, tag=external.tag))

    def _boundary(self, area: str, router: int, external: External, inner: dict[Prefix, Found]) -> list[Found]:
        """The ways to where an external route leaves, or to its forwarding address."""
        options = [
            found
            for (other, where), found in self.borders.items()
            if other == router and found.tag and (where == area if area else self.kind(where) == "normal")
        ]
        if not options:
            return []
        within = [found for found in options if found.rank == 1 and found.area != BACKBONE]
        if self.areas_first and within and not external.forward:
            return [min(within, key=lambda found: (found.cost, -int(IPv4Address(found.area))))]
        if not external.forward:
            least = min((found.cost for found in options), default=0)
            return [found for found in options if found.cost == least]
        if any(port.ip == external.forward for port in self.ports):
            return []
        for length in range(32, -1, -1):
            prefix = trim(external.forward, length), length
            if prefix in inner:
                found = inner[prefix]
                if area and found.rank != 1:
                    return []
                hops = frozenset((name, external.forward if gate is None else gate) for name, gate in found.hops)
                return [found._replace(hops=hops)]
        return []


def _edges(routers: Any, networks: Any) -> dict[tuple[Any, Any], int]:
    """Links that both ends speak of, with the least cost of parallel ones; each with the cost of its near end."""
    edges: dict[tuple[Any, Any], int] = {}
    for router, (_, _, links) in routers.items():
        for link in links:
            if link[0] == "p2p" and any(back[0] == "p2p" and back[1] == router for back in routers.get(link[1], (0, 0, ()))[2]):
                pair = ("r", router), ("r", link[1])
                edges[pair] = min(edges.get(pair, INFINITY), link[3])
            elif link[0] == "transit":
                for network, (_, attached) in networks.items():
                    if network[0] == link[1] and router in attached:
                        edges[("r", router), ("n", *network)] = link[3]
                        edges[("n", *network), ("r", router)] = 0
    return edges


def _on(body: Any, designated: int) -> int:
    """A router's own address on a network."""
    for link in body[2]:
        if link[0] == "transit" and link[1] == designated:
            return int(link[2])
    raise AssertionError(designated)


def converge(routers: list[Router]) -> None:
    """Write, flood and work out until nobody has anything new to say.

    Raises RuntimeError if that does not happen.
    """
    for _ in range(200):
        changed = [router.announce() for router in routers]
        _flood(routers)
        for router in routers:
            router.work_out()
        if not any(changed):
            return
    raise RuntimeError("OSPF does not converge")


def _flood(routers: list[Router]) -> None:
    """Hand everything on to the neighbours until all have the newest of all that can come to them."""
    moved = True
    while moved:
        moved = False
        for router in routers:
            for port in router.ports:
                for other, _ in port.neighbours:
                    moved |= _hand(router, other, port.area)
                    if router.kind(port.area) == "normal":
                        moved |= _hand(router, other, "")


def _hand(sender: Router, receiver: Router, area: str) -> bool:
    moved = False
    for key, held in sender.database[area].items():
        if receiver.database[area].get(key, (0, None))[0] < held[0]:
            receiver.database[area][key] = held
            moved = True
    return moved
