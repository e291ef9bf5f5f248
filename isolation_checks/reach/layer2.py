"""Broadcast segments: which routed interfaces, parties and peers hear each other's frames.

Frames are joined, never cut, where a config leaves a choice open: more joined means more that can pass, which is the safe side of a proof.
A port is known by its name in the facts; what a config says of a port that has another name belongs to no cable.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from isolation_checks.snapshot import DeviceConfig, Interface, InterfaceKind, Ranges
from topology.facts import Attachment, Device, Facts, PartyKind, Peer, Realm

UNTAGGED = 0
NARROW = 64
"""VLANs of a range up to which each is named; "all VLANs" is not."""
_PORTS = (InterfaceKind.PHYSICAL, InterfaceKind.MANAGEMENT, InterfaceKind.AGGREGATE)


class Endpoint(NamedTuple):
    """A routed interface of a device: by this name in its config."""

    device: str
    interface: str


class Frame(NamedTuple):
    """Frames at a port, with this VLAN tag (or none)."""

    device: str
    port: str
    tag: int


class Bridged(NamedTuple):
    """A VLAN inside a device."""

    device: str
    vlan: int


class Loose(NamedTuple):
    """A live port whose far end nobody recorded: it counts as the Internet."""

    device: str
    port: str


@dataclass(frozen=True, slots=True)
class Segment:
    """``senders``: ids of parties whose hosts are here; ``peers``: (realm, slug) of external networks; ``loose``: unrecorded live ports."""

    number: int
    endpoints: tuple[Endpoint, ...]
    senders: tuple[str, ...]
    peers: tuple[tuple[Realm, str], ...]
    loose: tuple[Loose, ...]


@dataclass(frozen=True, slots=True)
class Layer2:
    segments: tuple[Segment, ...]
    segment_of: dict[Endpoint, int]
    ports: dict[int, tuple[Frame, ...]]  # the cabled frames of a segment, for people who want to see it


class _Sets:
    """Union-find over anything hashable."""

    def __init__(self) -> None:
        self.parent: dict[object, object] = {}

    def find(self, item: object) -> object:
        parent = self.parent
        root = parent.setdefault(item, item)
        while root != parent[root]:
            root = parent[root]
        while item != root:
            parent[item], item = root, parent[item]
        return root

    def join(self, one: object, other: object) -> None:
        a, b = self.find(one), self.find(other)
        if a != b:
            self.parent[b] = a


@dataclass(slots=True)
class _Port:
    """What a port does with frames: what each tag leads to, and the VLANs (device, first, last) that it carries tagged."""

    tags: dict[int, list[object]] = field(default_factory=lambda: defaultdict(list))
    trunk: list[tuple[str, int, int]] = field(default_factory=list)


def layer2(facts: Facts, configs: dict[str, DeviceConfig]) -> Layer2:
    """Segments of all devices that have a config; numbered in the order of their first endpoint or frame."""
    ports: dict[tuple[str, str], _Port] = {}
    up: dict[tuple[str, str], Interface | None] = {}
    endpoints: list[Endpoint] = []
    for device in facts.devices:
        config = configs.get(device.name)
        if config is not None:
            endpoints += _device(device, config, ports, up)
    _open_trunks(facts, ports)
    sets = _Sets()
    for (device_name, port_name), port in ports.items():
        for tag, targets in port.tags.items():
            for target in targets:
                sets.join(Frame(device_name, port_name, tag), target)
    alias: dict[tuple[str, str], str | None] = {
        (config.folder, item.name): item.aggregate
        for config in configs.values()
        for names in [{item.name for item in config.interfaces}]
        for item in config.interfaces
        if item.aggregate in names
    }
    for a, b in _cables(facts):
        _plug(sets, ports, _at(alias, a), _at(alias, b))
    return _collect(facts, sets, ports, up, alias, endpoints)


def _device(
    device: Device, config: DeviceConfig, ports: dict[tuple[str, str], _Port], up: dict[tuple[str, str], Interface | None]
) -> list[Endpoint]:
    """Fill in the ports of one device; return its routed interfaces."""
    found = []
    name = device.name
    by_name = {item.name: item for item in config.interfaces}
    for item in config.interfaces:
        down = item.shutdown or (item.parent and (parent := by_name.get(item.parent)) and parent.shutdown)
        if down or item.aggregate in by_name:
            continue  # a member of an aggregate that the config does not speak of is a port like any other
        endpoint = Endpoint(name, item.name)
        if item.switching is not None:
            _switch_port(name, item, ports)
            up[name, item.name] = item
        elif item.kind == InterfaceKind.SUBINTERFACE:
            port = ports.setdefault((name, item.parent or item.name.partition(".")[0]), _Port())
            for tag in _each(item.vlans) or (UNTAGGED,):
                port.tags[tag].append(endpoint)
            found.append(endpoint)
        elif item.kind == InterfaceKind.SVI:
            ports.setdefault((name, f"vlan {item.name}"), _Port()).tags[UNTAGGED] += [
                endpoint,
                *(Bridged(name, tag) for tag in _each(item.vlans)),
            ]
            found.append(endpoint)
        elif item.kind in _PORTS:
            ports.setdefault((name, item.name), _Port()).tags[UNTAGGED].append(endpoint)
            up[name, item.name] = item
            found.append(endpoint)
        elif item.kind == InterfaceKind.OTHER and item.parent:  # a macvlan hears what its parent hears
            found.append(endpoint)
            ports.setdefault((name, item.name), _Port()).tags[UNTAGGED] += [endpoint, Endpoint(name, item.parent)]
        elif item.kind in (InterfaceKind.BRIDGE, InterfaceKind.OTHER, InterfaceKind.TUNNEL):
            found.append(endpoint)
            ports.setdefault((name, item.name), _Port()).tags[UNTAGGED].append(endpoint)
    if device.model.switching:  # a switch forwards on a port that its config does not mention: VLAN 1 is what the makers ship
        for model_port in device.model.ports:
            if model_port.kind == "data" and model_port.name not in by_name:
                ports.setdefault((name, model_port.name), _Port()).tags[UNTAGGED].append(Bridged(name, 1))
                up[name, model_port.name] = None
    return found


def _switch_port(name: str, item: Interface, ports: dict[tuple[str, str], _Port]) -> None:
    switching = item.switching
    assert switching is not None
    port = ports.setdefault((name, item.name), _Port())
    untagged = set(_each(switching.untagged)) | {switching.pvid}
    if switching.mode in ("trunk", "hybrid") and not (
        _within(switching.pvid, switching.tagged) or _within(switching.pvid, switching.untagged)
    ):
        untagged.discard(switching.pvid)  # the VLAN of untagged frames is not allowed on the port
    port.tags[UNTAGGED] += [Bridged(name, vlan) for vlan in sorted(untagged)]
    for vlan in sorted(untagged):  # a frame that comes with the tag of such a VLAN is taken all the same
        port.tags[vlan].append(Bridged(name, vlan))
    port.trunk += [(name, first, last) for first, last in switching.tagged]


def _each(ranges: Ranges) -> tuple[int, ...]:
    return tuple(vlan for first, last in ranges for vlan in range(first, last + 1))


def _within(vlan: int, ranges: Ranges) -> bool:
    return any(first <= vlan <= last for first, last in ranges)


def _cables(facts: Facts) -> Iterator[tuple[Attachment, Attachment]]:
    for cable in facts.cables:
        if cable.use not in ("console", "arc"):
            yield cable.a, cable.b
    for circuit in facts.circuits:
        if circuit.b is not None:
            yield circuit.a, circuit.b


def _at(alias: dict[tuple[str, str], str | None], end: Attachment) -> Attachment:
    """On an aggregate's member, the aggregate."""
    name = alias.get((end.device, end.port))
    return Attachment(end.device, name, end.vlan, end.timeslot) if name else end


def _plug(sets: _Sets, ports: dict[tuple[str, str], _Port], a: Attachment, b: Attachment) -> None:
    """Join the frames at both ends. A channel by VLAN at one end is that VLAN there and, without one at the other end, untagged there."""
    port_a, port_b = ports.get((a.device, a.port)), ports.get((b.device, b.port))
    if port_a is None or port_b is None:
        return
    pairs: Iterable[tuple[int, int]]
    if a.vlan is not None or b.vlan is not None:
        pairs = [(a.vlan or UNTAGGED, b.vlan or UNTAGGED)]
    else:
        pairs = [(tag, tag) for tag in sorted(port_a.tags.keys() & port_b.tags.keys())]
    for tag_a, tag_b in pairs:
        if tag_a in port_a.tags and tag_b in port_b.tags:
            sets.join(Frame(a.device, a.port, tag_a), Frame(b.device, b.port, tag_b))


def _open_trunks(facts: Facts, ports: dict[tuple[str, str], _Port]) -> None:
    """Name every VLAN that a trunk carries and that means anything anywhere: "all VLANs" is not worked out one by one."""
    known = {tag for port in ports.values() for tag in port.tags if tag}
    joined = (target for port in ports.values() for targets in port.tags.values() for target in targets)
    known.update(target.vlan for target in joined if isinstance(target, Bridged))
    known.update(end.vlan for pair in _cables(facts) for end in pair if end.vlan is not None)
    for port in ports.values():
        known.update(vlan for _, first, last in port.trunk if last - first < NARROW for vlan in range(first, last + 1))
    ordered = sorted(known)
    for port in ports.values():
        for name, first, last in port.trunk:
            for tag in ordered[bisect_left(ordered, first) : bisect_right(ordered, last)]:
                port.tags[tag].append(Bridged(name, tag))


def _collect(
    facts: Facts,
    sets: _Sets,
    ports: dict[tuple[str, str], _Port],
    up: dict[tuple[str, str], Interface | None],
    alias: dict[tuple[str, str], str | None],
    endpoints: list[Endpoint],
) -> Layer2:
    """Number the sets that a routed interface, a party, a peer or a loose end is in."""
    numbers: dict[object, int] = {}
    members: dict[str, dict[int, dict[object, None]]] = {
        kind: defaultdict(dict) for kind in ("endpoints", "senders", "peers", "loose", "ports")
    }

    def put(kind: str, node: object, item: object) -> None:
        root = sets.find(node)
        members[kind][numbers.setdefault(root, len(numbers))][item] = None

    for endpoint in endpoints:
        put("endpoints", endpoint, endpoint)
    used: set[tuple[str, str]] = {(end.device, end.port) for a, b in _cables(facts) for end in (_at(alias, a), _at(alias, b))}
    for given, kind, item in _ends(facts):
        end = _at(alias, given)
        used.add((end.device, end.port))
        port = ports.get((end.device, end.port))
        if port is None:
            continue
        for tag in sorted(port.tags):
            if end.vlan is None or tag == end.vlan:
                put(kind, Frame(end.device, end.port, tag), item)
    for (device, name), item in up.items():
        if (device, name) not in used and ports.get((device, name)) and _live(item):
            for tag in sorted(ports[device, name].tags):
                put("loose", Frame(device, name, tag), Loose(device, name))
    for device, name in used:
        for tag in ports[device, name].tags if (device, name) in ports else ():
            root = sets.find(Frame(device, name, tag))
            if root in numbers:
                members["ports"][numbers[root]][Frame(device, name, tag)] = None
    kinds = ("endpoints", "senders", "peers", "loose")
    segments = tuple(
        Segment(number, *(tuple(sorted(members[kind][number], key=str)) for kind in kinds))  # type: ignore[arg-type]
        for number in range(len(numbers))
    )
    of = {endpoint: segment.number for segment in segments for endpoint in segment.endpoints}

    cabled = {number: tuple(sorted(item for item in frames if isinstance(item, Frame))) for number, frames in members["ports"].items()}
    return Layer2(segments, of, cabled)


def _live(item: Interface | None) -> bool:
    """A port that carries something: it switches frames, or has an address."""
    return item is None or item.switching is not None or bool(item.addresses or item.unnumbered or item.dynamic_address)


def _ends(facts: Facts) -> Iterator[tuple[Attachment, str, object]]:
    """Where parties and external networks plug in."""
    for party in facts.parties:
        if party.kind not in (PartyKind.PROVINCE, PartyKind.INTERNET):
            for attachment in party.attachments:
                yield attachment, "senders", party.id
    peers: dict[tuple[Realm, str], Peer] = {(peer.realm, peer.slug): peer for peer in facts.peers}
    for circuit in facts.circuits:
        if circuit.peer is not None:
            realm = Realm.INTERNET if (Realm.INTERNET, circuit.peer) in peers else circuit.realm
            yield circuit.a, "peers", (realm, circuit.peer)
