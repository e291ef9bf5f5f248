"""The routes that a kernel has against those that exact forwarding computes: router by router, prefix by prefix, next hop by next hop."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import NamedTuple

from isolation_checks.routing.model import Protocol, Route, Routing, Table
from isolation_checks.snapshot import Ref
from lab.namespaces import inside
from lab.plan import Kind, LabPlan, Node
from lab.rtnetlink import UNICAST, KernelRoute, Netlink

_MAIN = 254
_DEFAULT = IPv4Network("0.0.0.0/0")


class Way(NamedTuple):
    """An interface, and the next hop behind it; None: the destination itself is on the link."""

    interface: str
    gateway: int | None

    def text(self) -> str:
        return self.interface if self.gateway is None else f"{self.interface} {IPv4Address(self.gateway)}"


Ways = frozenset[Way]
"""The equal ways of a prefix; none at all discards."""
Fib = Mapping[IPv4Network, Ways]


@dataclass(frozen=True, slots=True)
class Difference:
    """A prefix whose ways differ. None: there is no such route. ``refs``: the lines that make the computed one."""

    node: str
    prefix: IPv4Network
    computed: Ways | None
    kernel: Ways | None
    protocol: str = ""
    refs: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True)
class Compared:
    """A whole lab in one state."""

    routers: int
    routes: int
    differences: tuple[Difference, ...]
    passed_over: tuple[IPv4Network, ...] = ()  # that the lab cannot have as devices do


class Kernels:
    """The kernels' tables of all routing nodes; the sockets stay open while it is. Raises OSError."""

    def __init__(self, plan: LabPlan) -> None:
        self._nodes = tuple(node for node in plan.nodes if node.kind is Kind.ROUTER)
        self._sockets = {node.name: Netlink(node.namespace) for node in self._nodes}
        self._ignoring = {node.name: _ignores_dead_links(node) for node in self._nodes}

    def __enter__(self) -> Kernels:
        return self

    def __exit__(self, *error: object) -> None:
        for item in self._sockets.values():
            item.close()

    def read(self) -> dict[str, Fib]:
        """Node -> its table, as it is this moment."""
        return {node.name: self._fib(self._sockets[node.name], self._ignoring[node.name]) for node in self._nodes}

    def _fib(self, netlink: Netlink, ignoring: bool) -> Fib:
        links = netlink.links()
        names = {link.index: link.name for link in links}
        dead = {link.index for link in links if ignoring and not link.running}
        best: dict[tuple[int, int], KernelRoute] = {}
        for route in netlink.routes():
            key = route.network, route.length
            hops = tuple(hop for hop in route.hops if hop.interface not in dead)
            if route.table != _MAIN or (route.hops and not hops):
                continue
            if key not in best or route.metric < best[key].metric:
                best[key] = route._replace(hops=hops)
        return {IPv4Network(key): _ways(route, names) for key, route in best.items()}


def _ignores_dead_links(node: Node) -> bool:
    """Whether a kernel passes over routes by interfaces that have no carrier; else it sends into them."""
    with inside(node.namespace):
        return Path("/proc/sys/net/ipv4/conf/all/ignore_routes_with_linkdown").read_text(encoding="ascii").strip() == "1"


def _ways(route: KernelRoute, names: Mapping[int, str]) -> Ways:
    if route.kind != UNICAST:
        return frozenset()
    return frozenset(Way(names.get(hop.interface, "?"), hop.gateway) for hop in route.hops)


def compare(
    plan: LabPlan,
    routing: Routing,
    kernels: Mapping[str, Fib],
    own: Mapping[tuple[str, str], Collection[int]],
    pass_over: Collection[IPv4Network] = (),
) -> Compared:
    """All routing nodes of a lab. ``own``: by device and VRF, the addresses that are its own."""
    nodes = [node for node in plan.nodes if node.name in kernels]
    found = [item for node in nodes for item in _differences(node, routing, kernels[node.name], own) if item.prefix not in pass_over]
    return Compared(len(nodes), sum(map(len, kernels.values())), tuple(found), tuple(sorted(pass_over)))


def _differences(node: Node, routing: Routing, kernel: Fib, own: Mapping[tuple[str, str], Collection[int]]) -> Iterator[Difference]:
    """A default that discards says what no default says: a namespace that stands for a VRF does without the one that ends a VRF's table."""
    key = node.device, node.vrf or ""
    table = routing.tables.get(key, Table(*key, ()))
    routes = {IPv4Network((route.network, route.length)): route for route in table.routes}
    mine = frozenset(own.get(key, ()))
    for prefix in sorted(routes.keys() | kernel.keys()):
        route = routes.get(prefix)
        if _own_host(prefix, route, mine):
            continue
        computed = None if route is None else frozenset(Way(hop.interface, hop.gateway) for hop in route.hops)
        if computed != kernel.get(prefix) and (computed or kernel.get(prefix) or prefix != _DEFAULT):
            protocol, refs = ("", ()) if route is None else (route.protocol.value, route.refs)
            yield Difference(node.name, prefix, computed, kernel.get(prefix), protocol, refs)


def _own_host(prefix: IPv4Network, route: Route | None, own: Collection[int]) -> bool:
    """A device's own address as a route: the kernel keeps those in a table of their own."""
    return prefix.prefixlen == 32 and int(prefix.network_address) in own and (route is None or route.protocol is Protocol.CONNECTED)


def lookup(fib: Fib, address: int) -> Ways | None:
    """What a kernel does with a destination: the ways of the longest match, none where it discards; None where it has no route."""
    for length in range(32, -1, -1):
        found = fib.get(IPv4Network((address >> (32 - length) << (32 - length), length)))
        if found is not None:
            return found
    return None


def ways_text(ways: Iterable[Way] | None) -> str:
    """`eth1 10.0.0.1, eth2`; `-` for no route, `discard` for one that leads nowhere."""
    if ways is None:
        return "-"
    return ", ".join(way.text() for way in sorted(ways, key=lambda way: (way.interface, way.gateway or 0))) or "discard"
