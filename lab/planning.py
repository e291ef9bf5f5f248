"""From a Network and a choice of devices to the plan of a lab."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from lab import endpoints, peers
from lab.changes import adapted
from lab.configs import Files, interface_names, render
from lab.frr_text import of_daemons, of_vrf
from lab.links_text import Place, kept, made
from lab.nft_text import of_interfaces
from lab.plan import Bridge, End, Ferry, File, Host, Kernel, Kind, LabPlan, Link, Node, Peer, Replaced, Unplugged, namespace_prefix
from lab.wiring import Board, Segment, Tap, Tapped, unplugged
from templates.bench import Bench
from templates.names import InterfaceNames
from topology.design import DeviceDesign
from topology.facts import Facts, Realm
from topology.network import Network

_OWN = ("bridge", "dummy", "bond")
"""Device types that stand on nothing: what is made on another device goes where that is."""


@dataclass(frozen=True)
class _Parts:
    """What the steps of planning hand to each other."""

    network: Network
    name: str
    kernel: Kernel
    designs: Mapping[str, DeviceDesign]  # of all devices of the lab
    routing: tuple[str, ...]  # those that become nodes, host units included
    names: Mapping[str, InterfaceNames]
    files: Mapping[str, Files]


def plan(
    network: Network,
    name: str,
    devices: Sequence[str],
    kernel: Kernel,
    only: tuple[str, ...] = (),
    on_device: Callable[[int, int], None] = lambda done, total: None,
) -> LabPlan:
    """The lab of ``devices`` (names as in the facts, layer 2 included). Raises InventoryError where one cannot be rendered.

    A VLAN is a wire of its own on every kernel, and with it a LAG: so each can be counted, cut and bridged by itself, wherever it leads.
    """
    kernel = replace(kernel, vlan=False, bond=False)
    known = frozenset(network.design.names)
    designs = {device: network.design.device(device) for device in sorted(known.intersection(devices))}
    routing = tuple(device for device, design in designs.items() if design.device.routes or design.host_unit)
    bench = Bench()
    names = {device: interface_names(bench, designs[device]) for device in routing}
    parts = _Parts(network, name, kernel, designs, routing, names, render(network.design, routing, on_device))
    return _assembled(parts, only)


def with_core(facts: Facts, chosen: Iterable[str], only: Sequence[str]) -> tuple[str, ...]:
    """A choice by county brings the municipal devices along, since its ways lead there; any other choice is exactly what it says."""
    chosen = set(chosen)
    if any(term.startswith("county=") for term in only):
        municipal = {(site.realm, site.key) for site in facts.sites if site.county is None}
        chosen |= {device.name for device in facts.devices if device.rendered and (device.realm, device.site) in municipal}
    return tuple(sorted(chosen))


# ------------------------------------------------------------------------------------------------------------ assembly


def _assembled(parts: _Parts, only: tuple[str, ...]) -> LabPlan:
    facts = parts.network.facts
    board = Board(parts.designs, parts.names)
    board.plug(facts)
    outside = list(peers.peers(facts, parts.designs))
    for peer in outside:
        for uplink in peer.uplinks:
            board.attach(uplink.circuit.a, Tapped(peer.name, None, uplink.interface), uplink.circuit.id)
    behind = list(_behind(outside))
    for host in behind:
        assert host.peer is not None
        board.link(Tapped(host.node, None, host.interface), Tapped(host.peer, None, peers.INSIDE))
    seated = list(_seated(facts, parts.designs, board))
    hosts = [replace(host, namespace=namespace_of(parts.name, host.node)) for host in (*seated, *behind)]
    links, bridges, plugged = _wired(parts, board)
    nodes = [node for device in parts.routing for node in _device_nodes(parts, device, plugged)]
    nodes += [_peer_node(parts.name, peer, plugged) for peer in outside]
    nodes += [_host_node(parts.name, host, facts, plugged) for host in hosts]
    seatable = [party for party in facts.parties if party.kind not in endpoints.WITHOUT_PLACE]
    spoken_for = {host.party for host in hosts}
    return LabPlan(
        name=parts.name,
        city=facts.slug,
        only=only,
        kernel=parts.kernel,
        devices=tuple(parts.designs),
        nodes=tuple(nodes),
        links=links,
        bridges=bridges,
        peers=tuple(_peer(peer) for peer in outside),
        hosts=tuple(hosts),
        ferries=tuple(_ferries(facts, parts.routing)),
        replaced=tuple(_replaced(parts)),
        unplugged=tuple(Unplugged(*row) for row in unplugged(facts, parts.designs)),
        without_host=tuple(
            party.id
            for party in seatable
            if party.id not in spoken_for and any(place.device in parts.designs for place in party.attachments)
        ),
    )


def _seated(facts: Facts, designs: Mapping[str, DeviceDesign], board: Board) -> Iterator[Host]:
    """Hosts in the sockets of their parties, in the first that is in the lab and that its config leaves open for them."""
    for seat in endpoints.seats(facts, designs):
        node = endpoints.node_name(seat.party.id)
        place = next((place for place in seat.party.attachments if board.connected(place)), None)
        if place is not None:
            board.attach(place, Tapped(node, None, endpoints.INTERFACE))
            yield Host(seat.party.id, node, "", endpoints.INTERFACE, seat.address, seat.gateway, (seat.address, *seat.services))


def _behind(outside: Iterable[peers.PeerNode]) -> Iterator[Host]:
    """The host behind each peer."""
    for peer in outside:
        if peer.party is None or peer.inside is None:
            continue
        gateway = next(peer.inside.hosts())
        address = endpoints.free_address(peer.inside, [gateway])
        assert address is not None
        interface = endpoints.with_length(address, peer.inside.prefixlen)
        node = endpoints.node_name(peer.party, peer.peer.slug)
        yield Host(peer.party, node, "", endpoints.INTERFACE, interface, gateway, (interface,), peer.name)


def _wired(parts: _Parts, board: Board) -> tuple[tuple[Link, ...], tuple[Bridge, ...], dict[str, set[str]]]:
    links: list[Link] = []
    bridges: list[Bridge] = []
    plugged: dict[str, set[str]] = {}
    for segment in board.segments():
        ends = tuple(_end(parts, board, tap, tapped) for tap, tapped in segment.taps)
        for end in ends:
            plugged.setdefault(end.node, set()).add(end.interface)
        if len(ends) == 2 and not segment.through:
            links.append(Link(f"l{len(links) + 1}", *ends))
        else:
            bridges.append(_bridge(len(bridges) + 1, ends, segment))
    return tuple(links), tuple(bridges), plugged


def _bridge(number: int, ends: tuple[End, ...], segment: Segment) -> Bridge:
    vlans = {str(tap.tag) for tap, _ in segment.taps if tap.tag}
    return Bridge(f"{'+'.join(segment.through) or 'wire'} vlan {','.join(sorted(vlans)) or '-'}", f"b{number}", ends, segment.through)


def _end(parts: _Parts, board: Board, tap: Tap, tapped: Tapped) -> End:
    return End(_node_of(parts, tapped), tapped.interface, tuple(board.wires.get((tap.device, tap.port), ())))


def _node_of(parts: _Parts, tapped: Tapped) -> str:
    return _node_name(tapped.device, None if parts.kernel.vrf else tapped.vrf)


# --------------------------------------------------------------------------------------------------------------- nodes


def _device_nodes(parts: _Parts, device: str, plugged: Mapping[str, Collection[str]]) -> Iterator[Node]:
    """The node of a device, and one for each of its VRFs where the kernel has none."""
    design, files = parts.designs[device], parts.files[device]
    if design.host_unit is not None:
        own = [_plain("interfaces", _only_about(files["interfaces"], plugged.get(device, ())))]
        own += [_plain(name, files[name]) for name in ("nftables.conf", "sysctl.conf")]
        yield _node(parts, device, None, plugged, own)
        return
    vrfs = {parts.names[device](i.ref): i.vrf for i in design.interfaces}
    split = () if parts.kernel.vrf else tuple(vrf.name for vrf in design.vrfs)
    for vrf in (None, *split):
        yield _node(parts, device, vrf, plugged, _router_files(parts, device, vrf, split, vrfs, plugged))


def _router_files(
    parts: _Parts,
    device: str,
    vrf: str | None,
    split: Sequence[str],
    vrfs: Mapping[str, str | None],
    plugged: Mapping[str, Collection[str]],
) -> list[File]:
    files = parts.files[device]
    links = files["links.ip"]
    away = {name for name, kind in made(links).items() if split and kind in _OWN and vrfs.get(name) != vrf}
    here = frozenset(plugged.get(_node_name(device, vrf), ()))
    frr = files["frr.conf"]
    if split:
        frr = of_vrf(frr, vrf, {name for name, of in vrfs.items() if (of is not None if vrf is None else of == vrf)})
    own = kept(links, Place(parts.kernel, here, frozenset(away)))
    nft = files["nftables.conf"]
    if vrf is not None:
        nft = of_interfaces(nft, {"lo", vrf, *here, *made(own)})
    return [
        _plain("frr.conf", frr),
        _plain("links.ip", own),
        _plain("nftables.conf", nft),
        _plain("sysctl.conf", files["sysctl.conf"]),
    ]


def _node(parts: _Parts, device: str, vrf: str | None, plugged: Mapping[str, Collection[str]], files: Sequence[File]) -> Node:
    design = parts.designs[device]
    name = _node_name(device, vrf)
    kind = Kind.ROUTER if design.host_unit is None else Kind.HOST_UNIT
    return _made(parts.name, name, kind, device, design.device.realm, plugged, files, vrf)


def _made(
    lab: str, name: str, kind: Kind, device: str, realm: Realm, plugged: Mapping[str, Collection[str]], files: Sequence[File],
    vrf: str | None = None,
) -> Node:  # fmt: skip
    frr = next((file.text for file in files if file.name == "frr.conf"), None)
    daemons = tuple(of_daemons(frr)) if frr is not None else ()
    return Node(name, kind, device, realm, vrf, namespace_of(lab, name), tuple(sorted(plugged.get(name, ()))), tuple(files), daemons)


def namespace_of(lab: str, node: str) -> str:
    """A namespace is a file in one folder: a party's slashes are spelled otherwise."""
    return namespace_prefix(lab) + node.replace("/", ":")


def _node_name(device: str, vrf: str | None) -> str:
    return device if vrf is None else f"{device}@{vrf}"


def _plain(name: str, rendered: str) -> File:
    return File(name, adapted(rendered), rendered)


def _only_about(text: str, plugged: Collection[str]) -> str:
    """The lines of a host unit's interfaces that are about what is plugged in."""
    here = {*plugged, "lo"}
    return "".join(
        f"{line}\n" for line in text.splitlines() if "dev" not in (words := line.split()) or words[words.index("dev") + 1] in here
    )


def _peer_node(lab: str, peer: peers.PeerNode, plugged: Mapping[str, Collection[str]]) -> Node:
    return _made(lab, peer.name, Kind.PEER, peer.peer.slug, peer.peer.realm, plugged, peers.files(peer))


def _host_node(lab: str, host: Host, facts: Facts, plugged: Mapping[str, Collection[str]]) -> Node:
    realm = next(party.realm for party in facts.parties if party.id == host.party)
    return _made(lab, host.node, Kind.HOST, host.party, realm, plugged, ())


# ----------------------------------------------------------------------------------------------------------- the rest


def _peer(peer: peers.PeerNode) -> Peer:
    circuits = tuple(uplink.circuit.id for uplink in peer.uplinks)
    spoken = any(uplink.neighbor for uplink in peer.uplinks)
    announces, hostile = (peer.announces, peer.hostile) if spoken else ((), ())
    return Peer(peer.name, peer.peer.slug, peer.peer.realm, peer.peer.asn, circuits, announces, hostile)


def _ferries(facts: Facts, nodes: Collection[str]) -> Iterator[Ferry]:
    for gatekeeper in facts.gatekeepers:
        outer, inner = gatekeeper.outer_unit, gatekeeper.inner_unit
        if outer is not None and inner is not None and outer in nodes and inner in nodes:
            channels = tuple(c for c in facts.channels if c.gatekeeper == gatekeeper.slug or c.id in gatekeeper.channels)
            yield Ferry(gatekeeper.slug, outer, inner, channels)


def _replaced(parts: _Parts) -> Iterator[Replaced]:
    for device in parts.routing:
        found: dict[str, list[str]] = {}
        for name, kind in made(parts.files[device].get("links.ip", "")).items():
            if getattr(parts.kernel, kind, True) is False:
                found.setdefault(kind, []).append(name)
        yield from (Replaced(kind, device, tuple(names)) for kind, names in sorted(found.items()))
