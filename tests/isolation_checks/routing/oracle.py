"""A small, slow simulator of routers, to check the real one against: sections of the RFCs turned into loops over dicts.

Everything is worked out again until nothing changes: interfaces, static routes, OSPF, BGP, and the forwarding table of every VRF. It
shares nothing with the code under test but the data classes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import NamedTuple

from isolation_checks.routing.model import NOTHING_DOWN, Hop, Outage, Protocol
from isolation_checks.snapshot import (
    BgpNeighbor,
    BgpProcess,
    DeviceConfig,
    Interface,
    InterfaceKind,
    OspfProcess,
    Redistribution,
    StaticRoute,
)
from tests.isolation_checks.routing.oracle_bgp import Path, Session, Speaker, settle
from tests.isolation_checks.routing.oracle_links import Links
from tests.isolation_checks.routing.oracle_ospf import External, Port, Router, converge, trim
from tests.isolation_checks.routing.oracle_policy import Carried, through
from topology.facts import Facts

Prefix = tuple[int, int]
Place = tuple[str, str]  # device, VRF


class Ways(NamedTuple):
    """What the documents of a family of platforms say: preferences, costs that go without saying, and how they read the RFCs."""

    ospf: int
    ospf_external: int
    ebgp: int
    ibgp: int
    bgp_local: int
    metric: int  # of what OSPF redistributes
    default_metric: int  # of the default route that OSPF brings in where there is one
    always_metric: int
    cisco_border: bool  # RFC 3509
    stub_checks: bool  # a default into a stub area only with a neighbour in the backbone
    internal_too: bool  # OSPF redistributes what internal peers said
    forwards_any: bool  # a forwarding address also for passive and point-to-point interfaces
    range_discard: int | None
    smallest: bool
    over_default: bool  # a next hop may be found by the default route


VRP = Ways(10, 150, 255, 255, 255, 1, 1, 1, False, True, False, False, None, False, True)
COMWARE = Ways(10, 150, 255, 255, 130, 1, 1, 1, False, True, False, False, 255, False, True)
IOS = Ways(110, 110, 20, 200, 200, 20, 1, 1, True, False, False, False, 110, True, True)
FRR = Ways(110, 110, 20, 200, 200, 20, 10, 1, True, False, True, True, 110, False, False)


def ways(platform: str) -> Ways:
    if platform.startswith("huawei"):
        return VRP
    if platform.startswith("h3c"):
        return COMWARE
    return IOS if platform.startswith("cisco") else FRR


OWN = "own address"


class Entry(NamedTuple):
    """A route in a table. ``process``: of OSPF, which; OWN for the address of the device itself, which nobody redistributes."""

    protocol: Protocol
    preference: int
    metric: int
    hops: frozenset[Hop]
    process: str = ""
    tag: int = 0
    over: bool = False  # another route leads to its next hop


Tables = dict[Place, dict[Prefix, Entry]]


@dataclass
class Simulator:
    """One state of a network."""

    facts: Facts
    configs: dict[str, DeviceConfig]  # by device name
    outage: Outage = NOTHING_DOWN
    tables: Tables = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.links = Links(self.facts, self.configs, self.outage)
        self.configs = {name: config for name, config in sorted(self.configs.items()) if name not in self.outage.devices}

    def run(self) -> Tables:
        """The tables when nothing changes any more. Raises RuntimeError if that does not happen."""
        self.tables = {place: {} for place in self._places()}
        for _ in range(40):
            before = self.tables
            candidates = self._connected()
            self._statics(candidates)
            self._ospf(candidates)
            self._bgp(candidates)
            self.tables = {place: _best(candidates[place]) for place in self._places()}
            if self.tables == before:
                return self.tables
        raise RuntimeError("the tables do not settle")

    def owners(self, interface: tuple[str, str], address: int) -> set[tuple[str, str]]:
        """Which interfaces on the segment of this one answer for an address: its own, or by the election of RFC 5798."""
        group = [interface, *self.links.neighbours(*interface)]
        best: dict[int, list[tuple[int, int, tuple[str, str]]]] = defaultdict(list)
        for device, name in group:
            item = self.links.interface(device, name)
            if item is None or device not in self.configs or not self.links.is_up(device, name):
                continue
            if any(own.ip == address for own in item.addresses):
                return {(device, name)}
            for virtual in item.virtual:
                if virtual.ip == address and item.addresses:
                    best[virtual.group].append((virtual.priority or 100, item.addresses[0].ip, (device, name)))
        return {max(items)[2] for items in best.values()}

    # ------------------------------------------------------------------------------------------------- links and statics

    def _places(self) -> list[Place]:
        found = {(name, "") for name in self.configs}
        for name, config in self.configs.items():
            found |= {(name, vrf.name) for vrf in config.vrfs} | {(name, item.vrf) for item in config.interfaces if item.vrf}
            found |= {(name, item.vrf) for item in config.static_routes if item.vrf}
        return sorted(found)

    def _connected(self) -> dict[Place, list[tuple[Prefix, Entry]]]:
        found: dict[Place, list[tuple[Prefix, Entry]]] = defaultdict(list)
        for name, config in self.configs.items():
            for item in config.interfaces:
                if self.links.is_up(name, item.name):
                    for own in item.addresses:
                        prefix = trim(own.ip, own.length), own.length
                        hop = Hop(item.name, None, item.vrf or "")
                        found[name, item.vrf or ""].append((prefix, Entry(Protocol.CONNECTED, 0, 0, frozenset({hop}))))
                        if own.length < 32:
                            host = Entry(Protocol.CONNECTED, 0, 0, frozenset({hop}), OWN)
                            found[name, item.vrf or ""].append(((own.ip, 32), host))
        return found

    def lookup(self, place: Place, address: int, longer: int = 0) -> tuple[Prefix, Entry] | None:
        """The longest match that has at least ``longer`` bits."""
        for length in range(32, longer - 1, -1):
            prefix = trim(address, length), length
            if prefix in self.tables[place]:
                return prefix, self.tables[place][prefix]
        return None

    def resolve(self, place: Place, address: int, barred: Prefix | None = None) -> frozenset[Hop] | None:
        """The hops to a next hop; empty where packets to it are discarded; None if it cannot be reached, or only by ``barred``."""
        over_default = ways(self.configs[place[0]].platform).over_default
        found = self.lookup(place, address, 0 if over_default else 1)
        if found is None or found[0] == barred or self._own(place, address):
            return None
        return frozenset(Hop(hop.interface, address if hop.gateway is None else hop.gateway, hop.vrf) for hop in found[1].hops)

    def _own(self, place: Place, address: int) -> bool:
        return any(
            own.ip == address for item in self.configs[place[0]].interfaces for own in item.addresses if (item.vrf or "") == place[1]
        )

    def _statics(self, found: dict[Place, list[tuple[Prefix, Entry]]]) -> None:
        for name, config in self.configs.items():
            groups: dict[tuple[str, Prefix, int], set[Hop]] = defaultdict(set)
            near: set[tuple[str, Prefix, int]] = set()
            for route in config.static_routes:
                hops = self._static(name, route)
                if hops is not None:
                    key = route.vrf or "", (route.network, route.length), route.preference
                    groups[key] |= hops
                    if route.interface or (
                        route.next_hop is not None and not self._far(name, route.vrf or "", route.next_vrf, route.next_hop)
                    ):
                        near.add(key)
            for key, all_hops in groups.items():
                vrf, prefix, preference = key
                found[name, vrf].append((prefix, Entry(Protocol.STATIC, preference, 0, frozenset(all_hops), over=key not in near)))

    def _far(self, name: str, vrf: str, next_vrf: str | None, gateway: int) -> bool:
        """Whether a next hop is beyond the device's own networks."""
        found = self.lookup((name, vrf if next_vrf is None else next_vrf), gateway)
        return found is not None and found[1].protocol != Protocol.CONNECTED

    def _static(self, name: str, route: StaticRoute) -> frozenset[Hop] | None:
        vrf = route.vrf or ""
        if route.discard:
            return frozenset()
        if route.interface is not None:
            if not self.links.is_up(name, route.interface):
                return None
            item = self.links.interface(name, route.interface)
            assert item is not None
            return frozenset({Hop(route.interface, route.next_hop, item.vrf or "")})
        assert route.next_hop is not None
        target = vrf if route.next_vrf is None else route.next_vrf
        hops = self.resolve((name, target), route.next_hop, (route.network, route.length))
        if hops is not None and route.conditional and not any(self._answers(name, hop) for hop in hops):
            return None
        return hops

    def _answers(self, name: str, hop: Hop) -> bool:
        """An external network answers while its link is up."""
        outside = bool(self.links.peers(name, hop.interface))
        return outside or (hop.gateway is not None and bool(self.owners((name, hop.interface), hop.gateway)))

    # -------------------------------------------------------------------------------------------------------------- OSPF

    def _ospf(self, found: dict[Place, list[tuple[Prefix, Entry]]]) -> None:
        routers: list[Router] = []
        processes: list[tuple[str, OspfProcess]] = []
        for name, config in self.configs.items():
            for process in config.ospf:
                routers.append(self._router(name, config, process))
                processes.append((name, process))
        for router in routers:
            for port in router.ports:
                if port.passive:
                    continue
                heard = self.links.neighbours(router.name[0], port.name)
                port.neighbours = [
                    (other, its)
                    for other in routers
                    if other is not router
                    for its in other.ports
                    if (other.name[0], its.name) in heard and not its.passive and its.key == port.key
                ]
        converge(routers)
        for router, (name, process) in zip(routers, processes, strict=True):
            self._install(router, name, process, found[name, process.vrf or ""])

    def _router(self, name: str, config: DeviceConfig, process: OspfProcess) -> Router:
        way = ways(config.platform)
        ports = [port for item in config.interfaces if (port := self._port(name, config, process, item)) is not None]
        chosen = process.router_id if process.router_id is not None else _highest(config, process.vrf)
        router = Router(
            (name, process.id),
            chosen,
            {area.id: area for area in process.areas},
            ports,
            needs_backbone=way.stub_checks,
            smallest=way.smallest,
            cisco=way.cisco_border,
            nssa_default=way is FRR,
            areas_first=way is FRR,
        )
        router.brings = bool(process.redistributions or process.default_route)
        for source in process.redistributions:
            for prefix, external in self._redistributed(name, config, process, source, ports).items():
                old = router.externals.get(prefix)
                if old is None or (external.kind, external.metric) < (old.kind, old.metric):
                    router.externals[prefix] = external
        if process.default_route:
            default = self.tables[name, process.vrf or ""].get((0, 0))
            if process.default_route == "always" or (default is not None and default.process != process.id):
                usual = way.always_metric if process.default_route == "always" else way.default_metric
                typed = process.default_route_metric
                held = None if process.default_route == "always" or way is not FRR else default
                forward = _forward(ports, held, way) if held is not None else 0
                router.externals[0, 0] = External(0, 0, usual if typed is None else typed, process.default_route_type or 2, forward)
        return router

    def _port(self, name: str, config: DeviceConfig, process: OspfProcess, item: Interface) -> Port | None:
        if (item.vrf or "") != (process.vrf or "") or not item.addresses or not self.links.is_up(name, item.name):
            return None
        own = item.ospf
        first = next(address for address in item.addresses if not address.secondary)
        area = _area(config, process, item, first.ip)
        if area is None:
            return None
        passive = item.name in process.passive or "all" in process.passive or process.passive_default
        if item.name in process.active:
            passive = False
        if own is not None and own.passive is not None:
            passive = own.passive
        typed = own.network_type if own is not None else ""
        kind = "loopback" if item.kind == InterfaceKind.LOOPBACK else "p2p" if typed in ("p2p", "point-to-point") else "broadcast"
        cost = own.cost if own is not None and own.cost is not None else (0 if kind == "loopback" else 1)
        hello = own.hello if own is not None and own.hello is not None else 10
        dead = own.dead if own is not None and own.dead is not None else 4 * hello
        secret = own.authentication if own is not None else "none"
        stub = next((a.kind.removeprefix("totally-") for a in process.areas if a.id == area), "normal")
        key = area, kind, hello, dead, secret, stub, (trim(first.ip, first.length), first.length)
        extra = tuple((trim(more.ip, more.length), more.length) for more in item.addresses if more is not first)
        priority = own.priority if own is not None and own.priority is not None else 1
        return Port(item.name, first.ip, first.length, area, cost, kind, key, passive or kind == "loopback", priority, extra)

    def _redistributed(
        self, name: str, config: DeviceConfig, process: OspfProcess, source: Redistribution, ports: list[Port]
    ) -> dict[Prefix, External]:
        way = ways(config.platform)
        found = {}
        for prefix, entry in self.tables[name, process.vrf or ""].items():
            if prefix == (0, 0) or not _of(entry, source, way.internal_too) or entry.process == process.id:
                continue
            carried: Carried | None = Carried(*prefix, source.metric, source.metric_type or 2, entry.tag)
            if source.policy is not None and carried is not None:
                carried = through(config, source.policy, carried)
            if carried is None:
                continue
            usual = 1 if source.source == "bgp" and way is IOS else way.metric
            metric = usual if carried.metric is None else carried.metric
            forward = _forward(ports, entry, way)
            found[prefix] = External(*prefix, metric, carried.metric_type or 2, forward, carried.tag or 0)
        return found

    def _install(self, router: Router, name: str, process: OspfProcess, found: list[tuple[Prefix, Entry]]) -> None:
        way = ways(self.configs[name].platform)
        given = dict(process.distances)
        every = given.get("all", given.get("ospf"))
        inner = given.get("internal", given.get("intra-area", every if every is not None else way.ospf))
        between = given.get("internal", given.get("inter-area", every if every is not None else way.ospf))
        outer = given.get("external", every if every is not None else way.ospf_external)
        kinds = {
            1: (Protocol.OSPF, inner),
            2: (Protocol.OSPF_INTER, between),
            3: (Protocol.OSPF_EXTERNAL, outer),
            4: (Protocol.OSPF_EXTERNAL, outer),
        }
        vrf = process.vrf or ""
        for prefix, route in router.routes.items():
            protocol, preference = kinds[route.rank]
            if any(gate is None for _, gate in route.hops):
                continue  # its own networks
            hops = frozenset(Hop(interface, gate, vrf) for interface, gate in route.hops)
            found.append((prefix, Entry(protocol, preference, route.cost, hops, process.id, route.tag)))
        if router.is_border() and way.range_discard is not None:
            for prefix, cost in router.active_ranges().items():
                found.append((prefix, Entry(Protocol.OSPF_SUMMARY, way.range_discard, cost, frozenset(), process.id)))

    # --------------------------------------------------------------------------------------------------------------- BGP

    def _bgp(self, found: dict[Place, list[tuple[Prefix, Entry]]]) -> None:
        speakers = [self._speaker(name, config, process) for name, config in self.configs.items() for process in config.bgp]
        sessions = [
            session
            for speaker in speakers
            for neighbor in speaker.process.neighbors
            for session in self._session(speakers, speaker, neighbor)
        ]
        settle(speakers, sessions)
        for speaker in speakers:
            way = ways(speaker.config.platform)
            given = dict(speaker.process.distances)
            for prefix, path in speaker.best.items():
                if path.kind == "aggregate":
                    preference = given.get("local", way.bgp_local)
                    found[speaker.name].append((prefix, Entry(Protocol.BGP_LOCAL, preference, 0, frozenset())))
                elif path.kind != "local":
                    outer = path.kind == "ebgp"
                    preference = given.get("external", way.ebgp) if outer else given.get("internal", way.ibgp)
                    hops = self.resolve(speaker.name, path.next_hop, prefix)
                    if hops is not None:
                        protocol = Protocol.EBGP if outer else Protocol.IBGP
                        far = self._far(*speaker.name, None, path.next_hop)
                        found[speaker.name].append((prefix, Entry(protocol, preference, path.metric or 0, hops, over=far)))

    def _speaker(self, name: str, config: DeviceConfig, process: BgpProcess) -> Speaker:
        place = name, process.vrf or ""
        local: dict[Prefix, Path] = {}
        for source in process.redistributions:
            for prefix, entry in self.tables[place].items():
                if prefix == (0, 0) or not _of(entry, source, False):
                    continue
                carried: Carried | None = Carried(*prefix, source.metric if source.metric is not None else entry.metric, tag=entry.tag)
                if source.policy is not None and carried is not None:
                    carried = through(config, source.policy, carried)
                if carried is not None:
                    local[prefix] = Path(*prefix, "local", origin=2, metric=carried.metric, weight=32768)
        for network, length, policy, _ in process.networks:
            here = self.tables[place].get((network, length))
            if here is not None and here.protocol not in (Protocol.EBGP, Protocol.IBGP, Protocol.BGP_LOCAL):
                carried = Carried(network, length, here.metric)
                if policy is not None:
                    carried = through(config, policy, carried)
                if carried is not None:
                    local[network, length] = Path(network, length, "local", metric=carried.metric, weight=32768)

        def cost(address: int) -> int | None:
            if not address:
                return 0
            entry = self.lookup(place, address, 0 if ways(config.platform).over_default else 1)
            return None if entry is None else entry[1].metric

        chosen = process.router_id if process.router_id is not None else _highest(config, process.vrf)
        return Speaker(place, config, process, chosen, local, cost)

    def _session(self, speakers: list[Speaker], here: Speaker, side: BgpNeighbor) -> list[Session]:
        """What comes in from a neighbour: from another device, or from an external network."""
        if side.shutdown or not side.active or "group" in side.flags:
            return []
        address = int(IPv4Address(side.address))
        source = self._source(here, side, address)
        if source is None:
            return []
        external = side.remote_as != here.process.asn
        for there in speakers:
            at = next(
                (i for i in there.config.interfaces if any(own.ip == address for own in i.addresses) and (i.vrf or "") == there.name[1]),
                None,
            )
            if there is here or at is None or not self.links.is_up(there.name[0], at.name):
                continue
            for other in there.process.neighbors:
                agrees = other.remote_as == here.process.asn and side.remote_as == there.process.asn
                if int(IPv4Address(other.address)) == source and agrees and other.active and not other.shutdown:
                    back = self._source(there, other, source)
                    if back == address and self._linked(here, side, there, other, external, source, address):
                        return [Session(there, here, other, side, address, source, external)]
        return self._outside(here, side, address, source)

    def _source(self, here: Speaker, side: BgpNeighbor, address: int) -> int | None:
        """The address that a speaker calls from."""
        if side.source is not None:
            item = self.links.interface(here.name[0], side.source)
            return item.addresses[0].ip if item is not None and item.addresses and self.links.is_up(here.name[0], item.name) else None
        hops = self.resolve(here.name, address)
        for hop in sorted(hops or (), key=str):
            item = self.links.interface(here.name[0], hop.interface)
            if item is not None:
                for own in item.addresses:
                    if hop.gateway is not None and trim(own.ip, own.length) == trim(hop.gateway, own.length):
                        return own.ip
        return None

    def _linked(self, here: Speaker, side: BgpNeighbor, there: Speaker, other: BgpNeighbor, external: bool, a: int, b: int) -> bool:
        direct = self._walk(here.name, b, external and not side.multihop)
        return direct and self._walk(there.name, a, external and not other.multihop)

    def _walk(self, place: Place, address: int, one_hop: bool) -> bool:
        """Whether packets find their way to an address, hop by hop."""
        todo, seen = [(place, 0)], set()
        while todo:
            at, steps = todo.pop()
            if self._own(at, address):
                return True
            if at in seen or (one_hop and steps):
                continue
            seen.add(at)
            found = self.lookup(at, address)
            for hop in found[1].hops if found else ():
                gate = address if hop.gateway is None else hop.gateway
                if one_hop and hop.gateway is not None:
                    continue
                for device, name in self.owners((at[0], hop.interface), gate):
                    item = self.links.interface(device, name)
                    if item is not None and device in self.configs and (device, name) in self.links.neighbours(at[0], hop.interface):
                        todo.append(((device, item.vrf or ""), steps + 1))
        return False

    def _outside(self, here: Speaker, side: BgpNeighbor, address: int, source: int) -> list[Session]:
        """A session with an external network: what it may announce by the facts."""
        for item in here.config.interfaces:
            if not any(trim(own.ip, own.length) == trim(address, own.length) for own in item.addresses):
                continue
            if not self.links.is_up(here.name[0], item.name) or (item.vrf or "") != here.name[1]:
                continue
            for peer in self.facts.peers:
                if (peer.realm, peer.slug) in self.links.peers(here.name[0], item.name) and str(peer.asn) == side.remote_as:
                    given = tuple(
                        Path(
                            int(net.network_address),
                            net.prefixlen,
                            "ebgp",
                            address,
                            (side.remote_as,),
                            from_id=address,
                            from_address=address,
                        )
                        for net in peer.accepts
                    )
                    return [Session(None, here, None, side, address, source, True, given)]
        return []


def _of(entry: Entry, source: Redistribution, internal_too: bool) -> bool:
    """Whether a route is one of those that a redistribution speaks of."""
    if source.source == "connected":
        return entry.protocol == Protocol.CONNECTED and entry.process != OWN
    if source.source == "static":
        return entry.protocol == Protocol.STATIC
    if source.source == "bgp":
        return entry.protocol == Protocol.EBGP or (internal_too and entry.protocol in (Protocol.IBGP, Protocol.BGP_LOCAL))
    if source.source == "ospf":
        return entry.protocol in (Protocol.OSPF, Protocol.OSPF_INTER, Protocol.OSPF_EXTERNAL) and source.process in ("", entry.process)
    raise NotImplementedError(source.source)


def _forward(ports: list[Port], entry: Entry, way: Ways) -> int:
    """The forwarding address of an external route: its next hop, where others may hear it on a network of their own."""
    gates = [] if entry.over else sorted({hop.gateway for hop in entry.hops if hop.gateway is not None})
    for gate in gates[:1]:
        for port in ports:
            fits = way.forwards_any or (port.kind == "broadcast" and not port.passive)
            if fits and trim(port.ip, port.length) == trim(gate, port.length) and port.kind != "loopback":
                return gate
    return 0


def _area(config: DeviceConfig, process: OspfProcess, item: Interface, address: int) -> str | None:
    own = item.ospf
    if own is not None and own.area is not None:
        mine = own.process is None or own.process == process.id
        return own.area if mine else None
    best = None
    for area in process.areas:
        for ternary, _ in area.networks:
            if address & ternary.mask == ternary.value and (best is None or ternary.mask.bit_count() > best[0]):
                best = ternary.mask.bit_count(), area.id
    return best[1] if best else None


def _highest(config: DeviceConfig, vrf: str | None) -> int:
    """The router id that nobody typed: the highest address of a loopback, else of any interface."""
    mine = [item for item in config.interfaces if item.vrf == vrf and item.addresses]
    loops = [own.ip for item in mine if item.kind == InterfaceKind.LOOPBACK for own in item.addresses]
    return max(loops or [own.ip for item in mine for own in item.addresses], default=0)


def _best(candidates: list[tuple[Prefix, Entry]]) -> dict[Prefix, Entry]:
    """Of every prefix the route with the lowest preference; of two OSPF processes the cheaper."""
    table: dict[Prefix, Entry] = {}
    for prefix, entry in candidates:
        old = table.get(prefix)
        if old is None or (entry.preference, entry.metric, entry.process) < (old.preference, old.metric, old.process):
            table[prefix] = entry
        elif entry.protocol == old.protocol == Protocol.CONNECTED:
            table[prefix] = old._replace(hops=old.hops | entry.hops)
    return table
