"""The cable plant as a graph: who is joined to whom by what is bolted and plugged, whatever any config says.

Nodes are chassis, the networks of parties, external peers, and far ends that nobody recorded. Edges are cables, circuits, consoles, shared
enclosures and the exchange arcs of gatekeepers. A failure only removes edges, so what is apart here stays apart under every failure.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import rustworkx as rx

from isolation_checks.physical_ports import PEERS, LivePort
from isolation_checks.verdicts import ChainWitness, Link, Place
from topology.facts import Attachment, Cable, Circuit, Device, Facts, Gatekeeper, PartyKind, Peer, Realm, Role, Tier, Use
from topology.i18n import T, Text
from topology.origin import Origin


class NodeKind(StrEnum):
    DEVICE = "device"
    PARTY = "party"
    PEER = "peer"
    OPEN = "open"  # a far end that nobody recorded: counts as the Internet
    ENCLOSURE = "enclosure"  # what joins more than two devices built into it; of no network itself


class EdgeKind(StrEnum):
    CABLE = "cable"
    CIRCUIT = "circuit"
    MANAGEMENT = "management"
    CONSOLE = "console"
    ENCLOSURE = "enclosure"
    ARC = "arc"
    LAN = "lan"
    OPEN = "open"  # a live port in which nothing is recorded


@dataclass(frozen=True, slots=True)
class Node:
    name: str
    kind: NodeKind
    realm: Realm | None


class Edge(NamedTuple):
    """``id`` is what a finding about it is called by."""

    id: str
    kind: EdgeKind
    over: Text
    place: Place | None


Chain: TypeAlias = tuple[tuple[Node, Node, Edge], ...]
Graph: TypeAlias = "rx.PyGraph[Node, Edge]"

CHAINS = 20
"""So many breaches of one kind are shown; the next run shows the rest."""


def border(device: Device) -> bool:
    """Devices between the egress firewalls and the carriers count as the Internet's side."""
    return device.role in (Role.BORDER_ROUTER, Role.BORDER_SWITCH) and device.realm is Realm.OUTER and device.tier is Tier.MUNICIPAL


def side(device: Device) -> Realm:
    return Realm.INTERNET if border(device) else device.realm


def units(gatekeepers: Iterable[Gatekeeper]) -> dict[frozenset[str], Gatekeeper]:
    """The gatekeepers by their two host units."""
    return {frozenset({one.outer_unit, one.inner_unit}): one for one in gatekeepers if one.outer_unit and one.inner_unit}


def peers_of(circuit: Circuit, realm: Realm | None, peers: Iterable[Peer]) -> tuple[Peer, ...]:
    """Whom a circuit leads to: the peer of its own network where there is one by that name, else every peer called so."""
    named = tuple(peer for peer in peers if peer.slug == circuit.peer)
    own = tuple(peer for peer in named if peer.realm is realm)
    return own or named


class Plant:
    """The graph and where everything is in it."""

    def __init__(self, nodes: list[Node], edges: list[tuple[int, int, Edge]], index: dict[tuple[NodeKind, str], int]) -> None:
        self.all = nodes
        self.edges = edges
        self._index = index

    @cached_property
    def graph(self) -> Graph:
        """With the gatekeepers' arcs."""
        return self._built(self.edges)

    def _built(self, edges: list[tuple[int, int, Edge]]) -> Graph:
        graph: Graph = rx.PyGraph(multigraph=True)
        graph.add_nodes_from(self.all)
        graph.add_edges_from(edges)
        return graph

    def device(self, name: str) -> int | None:
        return self._index.get((NodeKind.DEVICE, name))

    def party(self, id_: str) -> int | None:
        return self._index.get((NodeKind.PARTY, id_))

    def nodes(self, wanted: Callable[[Node], bool]) -> set[int]:
        return {number for number, node in enumerate(self.all) if wanted(node)}

    def cut(self, without: Collection[int] = (), edges: Callable[[Node, Node, Edge], bool] | None = None) -> Graph:
        """A copy without the gatekeepers' arcs and these nodes, with the edges that are wanted (all where nothing is said)."""
        nodes = self.all
        kept = [item for item in self.edges if item[2].kind is not EdgeKind.ARC]
        if edges is not None:
            kept = [item for item in kept if edges(nodes[item[0]], nodes[item[1]], item[2])]
        graph = self._built(kept)
        graph.remove_nodes_from(sorted(without))
        return graph


def components(graph: Graph) -> list[set[int]]:
    return rx.connected_components(graph)


def chains(graph: Graph, sources: set[int], targets: set[int], limit: int = CHAINS) -> list[Chain]:
    """Shortest chains from a source to a target, one for each link that leaves the sources; none where the two are apart.

    What is both is no source. The links that were found are taken out of ``graph``.
    """
    found: list[Chain] = []
    present = set(graph.node_indices())
    sources, targets = (sources - targets) & present, targets & present
    for component in components(graph) if sources and targets else ():
        while len(component) > 1 and len(found) < limit and component & sources and component & targets:
            path = _shortest(graph, component & sources, component & targets)
            if path is None:
                break
            found.append(_chain(graph, path))
            graph.remove_edge_from_index(min(graph.edge_indices_from_endpoints(path[0], path[1])))
    return found


def _shortest(graph: Graph, sources: set[int], targets: set[int]) -> list[int] | None:
    """Breadth first from the smaller side, in the order of the nodes, so that equal inputs show equal chains."""
    if len(targets) < len(sources):
        path = _shortest(graph, targets, sources)
        return path[::-1] if path else None
    came: dict[int, int | None] = dict.fromkeys(sorted(sources))
    queue = deque(came)
    while queue:
        node = queue.popleft()
        if node in targets:
            path = [node]
            while (before := came[path[-1]]) is not None:
                path.append(before)
            return path[::-1]
        for near in sorted(graph.neighbors(node)):
            if near not in came:
                came[near] = node
                queue.append(near)
    return None


def _chain(graph: Graph, path: list[int]) -> Chain:
    links = []
    for one, other in pairwise(path):
        number = min(graph.edge_indices_from_endpoints(one, other))
        links.append((graph[one], graph[other], graph.get_edge_data_by_index(number)))
    return tuple(links)


def witness(chain: Chain) -> ChainWitness:
    return ChainWitness(
        tuple(Link(a.name, b.name, edge.over, edge.place if isinstance(edge.place, Origin) else None) for a, b, edge in chain)
    )


def build_plant(facts: Facts, live: Iterable[LivePort]) -> Plant:
    """``live``: sockets that are up and in which nothing is recorded; each leads to a far end that counts as the Internet."""
    return _Builder(facts).build(live)


_CABLES = {Use.MANAGEMENT: EdgeKind.MANAGEMENT, Use.CONSOLE: EdgeKind.CONSOLE}


class _Builder:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.nodes: list[Node] = []
        self.edges: list[tuple[int, int, Edge]] = []
        self.index: dict[tuple[NodeKind, str], int] = {}
        self.devices = {device.name: device for device in facts.devices}
        self.units = units(facts.gatekeepers)
        self.peers: defaultdict[str, list[Peer]] = defaultdict(list)
        for peer in facts.peers:
            self.peers[peer.slug].append(peer)

    def build(self, live: Iterable[LivePort]) -> Plant:
        for device in self.facts.devices:
            self.node(NodeKind.DEVICE, device.name, device.name, device.realm)
        self.enclosures()
        for cable in self.facts.cables:
            self.cable(cable)
        for circuit in self.facts.circuits:
            self.circuit(circuit)
        self.parties()
        for port in live:
            if port.certain and port.device in self.devices:
                over = T("port {port}, up and recorded nowhere", port=port.port)
                edge = Edge(f"{port.device}:{port.port}", EdgeKind.OPEN, over, port.place)
                self.open_end(self.index[NodeKind.DEVICE, port.device], edge)
        return Plant(self.nodes, self.edges, self.index)

    def node(self, kind: NodeKind, key: str, name: str, realm: Realm | None) -> int:
        if (kind, key) not in self.index:
            self.index[kind, key] = len(self.nodes)
            self.nodes.append(Node(name, kind, realm))
        return self.index[kind, key]

    def open_end(self, near: int, edge: Edge) -> None:
        """Each unrecorded far end is a node of its own: that it counts as the Internet joins it to no other."""
        far = self.node(NodeKind.OPEN, str(len(self.edges)), "?", Realm.INTERNET)
        self.edges.append((near, far, edge))

    def end(self, attachment: Attachment) -> int | None:
        return self.index.get((NodeKind.DEVICE, attachment.device))

    def enclosures(self) -> None:
        """All devices of one enclosure are joined, except for the two units of a gatekeeper, which only the arc joins."""
        groups: defaultdict[str, list[Device]] = defaultdict(list)
        for device in self.facts.devices:
            groups[device.enclosure].append(device)
        for enclosure, group in groups.items():
            arc = isolating(group, self.units)
            over = T("the exchange arc of {id}", id=enclosure) if arc else T("the shared enclosure {id}", id=enclosure)
            edge = Edge(enclosure, EdgeKind.ARC if arc else EdgeKind.ENCLOSURE, over, group[-1].origin)
            ends = [self.index[NodeKind.DEVICE, device.name] for device in group]
            if len(ends) == 2:
                self.edges.append((ends[0], ends[1], edge))
            elif len(ends) > 2:
                box = self.node(NodeKind.ENCLOSURE, enclosure, enclosure, None)
                self.edges += [(end, box, edge) for end in ends]

    def cable(self, cable: Cable) -> None:
        a, b = self.end(cable.a), self.end(cable.b)
        edge = Edge(cable.id, _CABLES.get(cable.use, EdgeKind.CABLE), _cable_text(cable), cable.origin)
        if a is not None and b is not None:
            pair = [self.devices[cable.a.device], self.devices[cable.b.device]]
            arc = cable.use is Use.ARC and pair[0].enclosure == pair[1].enclosure and isolating(pair, self.units)
            self.edges.append((a, b, edge._replace(kind=EdgeKind.ARC) if arc else edge))
        elif a is not None or b is not None:
            near = a if a is not None else b
            assert near is not None
            self.open_end(near, edge)

    def circuit(self, circuit: Circuit) -> None:
        over = T("circuit {id} ({carrier} {reference})", id=circuit.id, carrier=circuit.carrier, reference=circuit.reference)
        edge = Edge(circuit.id, EdgeKind.CIRCUIT, over, circuit.origin)
        a = self.end(circuit.a)
        b = self.end(circuit.b) if circuit.b else None
        near = [end for end in (a, b) if end is not None]
        if a is not None and b is not None:
            self.edges.append((a, b, edge))
        for end in near:
            for peer in peers_of(circuit, self.nodes[end].realm, self.peers[circuit.peer]) if circuit.peer else ():
                far = self.node(NodeKind.PEER, f"{peer.realm.value}:{peer.slug}", peer.slug, peer.realm)
                self.edges.append((end, far, edge))
        known = (a is not None and b is not None) if circuit.b else bool(circuit.peer and self.peers[circuit.peer])
        if near and not known:
            self.open_end(near[0], edge)

    def parties(self) -> None:
        """The network of a party joins all the ports that it is plugged into. Peers are at the end of their circuits instead."""
        for party in self.facts.parties:
            if party.kind in PEERS or party.kind is PartyKind.DEVICES or not party.attachments:
                continue
            node = self.node(NodeKind.PARTY, party.id, party.id, party.realm)
            edge = Edge(party.id, EdgeKind.LAN, T("the network of {party}", party=party.id), party.origin)
            for device in dict.fromkeys(attachment.device for attachment in party.attachments):
                end = self.index.get((NodeKind.DEVICE, device))
                if end is None:
                    self.open_end(node, edge)
                else:
                    self.edges.append((node, end, edge))


def isolating(group: Collection[Device], gatekeepers: dict[frozenset[str], Gatekeeper]) -> bool:
    """Whether these are exactly the two units of one gatekeeper, of which none bridges when it has no power."""
    return (
        len(group) == 2
        and frozenset(device.name for device in group) in gatekeepers
        and not any(device.model.fail_open for device in group)
    )


def _cable_text(cable: Cable) -> Text:
    if cable.use is Use.CONSOLE:
        return T("console cable {id}", id=cable.id)
    if cable.use is Use.MANAGEMENT:
        return T("management cable {id}", id=cable.id)
    return T("cable {id}", id=cable.id)
