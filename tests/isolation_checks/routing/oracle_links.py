"""Which interfaces are up, and who hears the frames of each: followed frame by frame over cables, circuits and bridges.

Part of the oracle: written from what switches and carriers do, sharing nothing with the code under test but the data classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from isolation_checks.routing.model import NOTHING_DOWN, Outage
from isolation_checks.snapshot import DeviceConfig, Interface, InterfaceKind, Ranges
from topology.facts import Attachment, Circuit, Facts, Realm

VIRTUAL = (InterfaceKind.LOOPBACK, InterfaceKind.NULL)


def inside(number: int, ranges: Ranges) -> bool:
    return any(first <= number <= last for first, last in ranges)


@dataclass
class Links:
    """The links of a city in one state; ``configs`` by device name."""

    facts: Facts
    configs: dict[str, DeviceConfig]
    outage: Outage = NOTHING_DOWN
    heard: dict[tuple[str, str], tuple[frozenset[tuple[str, str]], frozenset[tuple[Realm, str]]]] = field(default_factory=dict)

    def interface(self, device: str, name: str) -> Interface | None:
        if device not in self.configs:
            return None
        return next((item for item in self.configs[device].interfaces if item.name == name), None)

    def is_up(self, device: str, name: str) -> bool:
        """Whether the interface can be used: its port has a signal, its VLAN has a port."""
        item = self.interface(device, name)
        if item is None or item.shutdown or device in self.outage.devices:
            return False
        if item.kind in VIRTUAL or item.kind == InterfaceKind.TUNNEL:
            return True
        if item.kind == InterfaceKind.SUBINTERFACE and item.parent:
            return self.is_up(device, item.parent) if self.interface(device, item.parent) else self._signal(device, item.parent)
        if item.kind == InterfaceKind.SVI:
            return self._vlan_up(device, item)
        if item.kind == InterfaceKind.AGGREGATE:
            members = [member.name for member in self.configs[device].interfaces if member.aggregate == name and not member.shutdown]
            return any(self._signal(device, member) for member in members) if members else self._signal(device, name)
        return self._signal(device, name)

    def neighbours(self, device: str, name: str) -> frozenset[tuple[str, str]]:
        """The other routed interfaces that hear a broadcast of this one, if all of them are up."""
        return self._flood(device, name)[0]

    def peers(self, device: str, name: str) -> frozenset[tuple[Realm, str]]:
        """External networks that hear a broadcast of this interface."""
        return self._flood(device, name)[1]

    # ------------------------------------------------------------------------------------------------------------- signals

    def _vlan_up(self, device: str, item: Interface) -> bool:
        """An SVI is up while a port of its VLAN is; one without any port stays up only where the config names no port at all."""
        found = False
        for port in self.configs[device].interfaces:
            if port.switching is None:
                continue
            carried = [vlan for first, last in item.vlans for vlan in range(first, last + 1)]
            switching = port.switching
            if any(vlan == switching.pvid or inside(vlan, switching.tagged) or inside(vlan, switching.untagged) for vlan in carried):
                found = True
                if self.is_up(device, port.name):
                    return True
        return not found

    def _media(self, device: str, port: str) -> Iterator[tuple[bool, str, Attachment, Attachment | None, str | None]]:
        """(whether a circuit, id, this end, the other end, peer) of everything plugged into the port."""
        for cable in self.facts.cables:
            if cable.use in ("console", "arc"):
                continue
            for here, there in ((cable.a, cable.b), (cable.b, cable.a)):
                if (here.device, here.port) == (device, port):
                    yield False, cable.id, here, there, None
        for circuit in self.facts.circuits:
            yield from self._circuit(circuit, device, port)

    @staticmethod
    def _circuit(circuit: Circuit, device: str, port: str) -> Iterator[tuple[bool, str, Attachment, Attachment | None, str | None]]:
        if (circuit.a.device, circuit.a.port) == (device, port):
            yield True, circuit.id, circuit.a, circuit.b, circuit.peer
        if circuit.b is not None and (circuit.b.device, circuit.b.port) == (device, port):
            yield True, circuit.id, circuit.b, circuit.a, circuit.peer

    def _signal(self, device: str, port: str) -> bool:
        media = list(self._media(device, port))
        if not media:
            return True
        return any(self._alive(*medium) for medium in media)

    def _alive(self, circuit: bool, name: str, here: Attachment, there: Attachment | None, _peer: str | None) -> bool:
        if circuit and (here.vlan is not None or here.timeslot is not None):
            return True  # the carrier's equipment keeps the light on
        if name in (self.outage.circuits if circuit else self.outage.cables):
            return self.outage.silent
        if circuit and self.outage.silent:
            return True  # a carrier that does not tell of the dead device behind it
        if there is None:
            return True
        if there.device in self.outage.devices:
            return False
        far = self.interface(there.device, there.port)
        return not (far is not None and far.shutdown)

    # -------------------------------------------------------------------------------------------------------------- frames

    def _flood(self, device: str, name: str) -> tuple[frozenset[tuple[str, str]], frozenset[tuple[Realm, str]]]:
        known = self.heard.get((device, name))
        if known is None:
            flood = _Flood(self)
            flood.send(device, name)
            known = frozenset(flood.endpoints - {(device, name)}), frozenset(flood.peers)
            self.heard[device, name] = known
        return known


@dataclass
class _Flood:
    """One broadcast and where it goes."""

    links: Links
    endpoints: set[tuple[str, str]] = field(default_factory=set)
    peers: set[tuple[Realm, str]] = field(default_factory=set)
    seen: set[tuple[str, str, object]] = field(default_factory=set)

    def send(self, device: str, name: str) -> None:
        item = self.links.interface(device, name)
        if item is None or item.shutdown or device in self.links.outage.devices or item.kind in VIRTUAL:
            return
        if item.kind == InterfaceKind.SVI:
            for first, last in item.vlans:
                for vlan in range(first, last + 1):
                    self.bridge(device, vlan)
        elif item.kind == InterfaceKind.SUBINTERFACE and item.parent:
            for tag in [vlan for first, last in item.vlans for vlan in range(first, last + 1)] or [0]:
                self.wire(device, item.parent, tag)
        else:
            self.wire(device, name, 0)

    def bridge(self, device: str, vlan: int) -> None:
        if ("bridge", device, vlan) in self.seen:
            return
        self.seen.add(("bridge", device, vlan))
        for item in self.links.configs[device].interfaces:
            if item.shutdown:
                continue
            if item.kind == InterfaceKind.SVI and inside(vlan, item.vlans):
                self.endpoints.add((device, item.name))
            elif item.switching is not None:
                if inside(vlan, item.switching.untagged) or (vlan == item.switching.pvid and item.switching.mode == "access"):
                    self.wire(device, item.name, 0)
                if inside(vlan, item.switching.tagged):
                    self.wire(device, item.name, 0 if vlan == item.switching.pvid else vlan)

    def wire(self, device: str, port: str, tag: int) -> None:
        """A frame leaves a port."""
        config = self.links.configs[device]
        for name in [item.name for item in config.interfaces if item.aggregate == port] or [port]:
            for circuit, medium, here, there, peer in self.links._media(device, name):
                outage = self.links.outage
                if medium in (outage.circuits if circuit else outage.cables):
                    continue
                if (here.vlan is not None or (there is not None and there.vlan is not None)) and tag != (here.vlan or 0):
                    continue
                if there is None:
                    self._outside(medium, peer)
                else:
                    new = tag if here.vlan is None and there.vlan is None else there.vlan or 0
                    self.arrive(there.device, there.port, new)

    def _outside(self, medium: str, peer: str | None) -> None:
        circuit = next(item for item in self.links.facts.circuits if item.id == medium)
        known = {(item.realm, item.slug) for item in self.links.facts.peers}
        if peer is not None:
            self.peers.add((Realm.INTERNET if (Realm.INTERNET, peer) in known else circuit.realm, peer))

    def arrive(self, device: str, port: str, tag: int) -> None:
        if device not in self.links.configs or device in self.links.outage.devices or ("wire", f"{device} {port}", tag) in self.seen:
            return
        self.seen.add(("wire", f"{device} {port}", tag))
        item = self.links.interface(device, port)
        if item is not None and item.shutdown:
            return
        if item is not None and item.aggregate and self.links.interface(device, item.aggregate):
            self.arrive(device, item.aggregate, tag)
            return
        if item is not None and item.switching is not None:
            vlan = tag or item.switching.pvid
            if vlan == item.switching.pvid or inside(vlan, item.switching.tagged) or inside(vlan, item.switching.untagged):
                self.bridge(device, vlan)
        elif tag == 0 and item is not None:
            self.endpoints.add((device, port))
        for sub in self.links.configs[device].interfaces:
            takes = inside(tag, sub.vlans) if tag else not sub.vlans
            if takes and sub.parent == port and not sub.shutdown and sub.kind == InterfaceKind.SUBINTERFACE:
                self.endpoints.add((device, sub.name))
