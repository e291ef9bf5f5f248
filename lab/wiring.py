"""Which interfaces hear each other: cables, circuits and pure layer 2 followed from socket to socket, as the design sets up the ports.

It follows the design and not the proof's own layer 2, so that a mistake of the one does not hide in the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from templates.names import InterfaceNames
from topology.design import DeviceDesign, Interface, Ref
from topology.design import Kind as PortKind
from topology.facts import Attachment, Facts, Use


class Tap(NamedTuple):
    """What hears frames: a socket (or LAG) of a device with one VLAN tag of it, 0 untagged. Of a layer 2 device also a VLAN: port ""."""

    device: str
    port: str
    tag: int


class Tapped(NamedTuple):
    """An interface of a node at a tap: ``vrf`` as the design has it."""

    device: str
    vrf: str | None
    interface: str


@dataclass(frozen=True)
class Segment:
    """A broadcast domain within the lab: the interfaces in it, with their taps, and the layer 2 devices that it runs through."""

    taps: tuple[tuple[Tap, Tapped], ...]
    through: tuple[str, ...]


@dataclass
class Board:
    """Every tap of the chosen devices, and which of them are one."""

    designs: Mapping[str, DeviceDesign]
    names: Mapping[str, InterfaceNames]  # of the devices that become nodes
    ends: dict[Tap, Tapped] = field(default_factory=dict)
    wires: dict[tuple[str, str], list[str]] = field(default_factory=dict)  # (device, port or LAG) -> cables and circuits in it
    _lags: dict[tuple[str, str], str] = field(default_factory=dict)
    _tags: dict[tuple[str, str], set[int]] = field(default_factory=dict)
    _parent: dict[Tap, Tap] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, design in self.designs.items():
            for interface in design.interfaces:
                self._lags.update({(name, port): f"lag:{interface.ref.number}" for port in interface.members})
            for interface in design.interfaces:
                if not interface.shutdown and interface.lag is None:
                    self._interface(name, design, interface)

    def socket(self, place: Attachment) -> tuple[str, str]:
        """The port, or the LAG that it is a member of."""
        return place.device, self._lags.get((place.device, place.port), place.port)

    # ------------------------------------------------------------------------------------------------ what is configured

    def _interface(self, device: str, design: DeviceDesign, interface: Interface) -> None:
        at = _socket_of(interface.ref)
        if at is None:
            return
        if interface.l2 is not None:
            self._switched(device, at, interface)
        elif interface.ref.kind is PortKind.SUBINTERFACE:
            self._tap(Tap(device, at, interface.ref.number), interface.ref, interface.vrf)
        elif interface.address is not None or design.host_unit is not None:
            self._tap(Tap(device, at, 0), interface.ref, interface.vrf)

    def _tap(self, tap: Tap, ref: Ref, vrf: str | None, suffix: str = "") -> None:
        self._tags.setdefault((tap.device, tap.port), set()).add(tap.tag)
        if tap.device in self.names:
            self.ends[tap] = Tapped(tap.device, vrf, self.names[tap.device](ref) + suffix)

    def _switched(self, device: str, at: str, interface: Interface) -> None:
        assert interface.l2 is not None
        trunk = interface.l2.mode == "trunk"
        for vlan in interface.l2.vlans:
            tap = Tap(device, at, vlan if trunk else 0)
            self._tap(tap, interface.ref, self._vlan_vrf(device, vlan), f".{vlan}" if trunk else "")
            if device not in self.names:
                self._join(tap, Tap(device, "", vlan))

    def _vlan_vrf(self, device: str, vlan: int) -> str | None:
        found = (i.vrf for i in self.designs[device].interfaces if i.ref.kind is PortKind.VLAN and i.ref.number == vlan)
        return next(found, None)

    # ------------------------------------------------------------------------------------------------ what is plugged

    def plug(self, facts: Facts) -> None:
        """Cables and carriers' circuits between devices of the lab."""
        for cable in facts.cables:
            if cable.use is not Use.CONSOLE and {cable.a.device, cable.b.device} <= self.designs.keys():
                self.wire(cable.id, cable.a, cable.b)
        for circuit in facts.circuits:
            if circuit.b is not None and {circuit.a.device, circuit.b.device} <= self.designs.keys():
                self.wire(circuit.id, circuit.a, circuit.b)

    def wire(self, wire: str, a: Attachment, b: Attachment) -> None:
        """Joins two sockets; a VLAN at one end is the carrier's channel, which takes what is untagged at the other."""
        left, right = self.socket(a), self.socket(b)
        for socket in (left, right):
            self.wires.setdefault(socket, []).append(wire)
        if a.vlan is not None or b.vlan is not None:
            self._join(Tap(*left, a.vlan or 0), Tap(*right, b.vlan or 0))
            return
        for tag in self._tags.get(left, set()) | self._tags.get(right, set()):
            self._join(Tap(*left, tag), Tap(*right, tag))

    def attach(self, place: Attachment, tapped: Tapped, wire: str | None = None) -> Tap:
        """Puts a host or peer into a socket; it has a tap of its own there."""
        device, port = self.socket(place)
        tap = Tap(tapped.device, tapped.interface, 0)
        self.ends[tap] = tapped
        self._join(tap, Tap(device, port, place.vlan or 0))
        if wire is not None:
            self.wires.setdefault((device, port), []).append(wire)
            self.wires.setdefault((tap.device, tap.port), []).append(wire)
        return tap

    def connected(self, place: Attachment) -> bool:
        """Whether something in the lab listens at that socket with that tag."""
        return (place.vlan or 0) in self._tags.get(self.socket(place), set())

    def link(self, a: Tapped, b: Tapped) -> None:
        """Joins two interfaces that are in no socket of the facts: a peer and the host behind it."""
        taps = [Tap(end.device, end.interface, 0) for end in (a, b)]
        self.ends.update(zip(taps, (a, b), strict=True))
        self._join(*taps)

    # ------------------------------------------------------------------------------------------------ what follows

    def segments(self) -> Iterator[Segment]:
        """Every segment with two interfaces or more, or with one that is cabled (it has a carrier), in a stable order."""
        groups: dict[Tap, list[Tap]] = {}
        for tap in sorted({*self._parent, *self.ends}):
            groups.setdefault(self._root(tap), []).append(tap)
        for taps in groups.values():
            ends = tuple((tap, self.ends[tap]) for tap in taps if tap in self.ends)
            if len(ends) > 1 or any((tap.device, tap.port) in self.wires for tap, _ in ends):
                yield Segment(ends, tuple(dict.fromkeys(tap.device for tap in taps if not tap.port)))

    def _join(self, a: Tap, b: Tap) -> None:
        a, b = self._root(a), self._root(b)
        if a != b:
            self._parent[max(a, b)] = min(a, b)

    def _root(self, tap: Tap) -> Tap:
        self._parent.setdefault(tap, tap)
        while self._parent[tap] != tap:
            self._parent[tap] = self._parent[self._parent[tap]]
            tap = self._parent[tap]
        return tap


def _socket_of(ref: Ref) -> str | None:
    """The socket that an interface is in, or None for one that is in none (loopback, SVI)."""
    match ref.kind:
        case PortKind.PORT | PortKind.MANAGEMENT:
            return ref.port
        case PortKind.LAG:
            return f"lag:{ref.number}"
        case PortKind.SUBINTERFACE:
            return f"lag:{ref.lag}" if ref.lag else ref.port
        case _:
            return None


def unplugged(facts: Facts, inside: Iterable[str]) -> Iterator[tuple[str, str, str, str]]:
    """(device, port, wire, far end) of every socket whose wire leads to a device that is not in the lab."""
    here = frozenset(inside)
    wires = [(cable.id, cable.a, cable.b) for cable in facts.cables if cable.use is not Use.CONSOLE]
    wires += [(circuit.id, circuit.a, circuit.b) for circuit in facts.circuits if circuit.b is not None]
    for wire, a, b in wires:
        for near, far in ((a, b), (b, a)):
            if near.device in here and far.device not in here:
                yield near.device, near.port, wire, far.device
