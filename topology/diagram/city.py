"""The facts, indexed the way pictures ask for them: lines with two ends, parties by device, addresses by port, places of devices."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from topology.design import Design, Interface, Kind
from topology.diagram.words import PART_OF, PARTY_ICON
from topology.facts import Attachment, Cable, Circuit, Device, Facts, Medium, Party, Peer, Realm, Site, Tier

GATEKEEPER = "gatekeeper"
CIRCUIT = "circuit"
"""The use of a carrier's line, beside those of our own cables."""

OVERVIEW = "city"


@dataclass(frozen=True, slots=True)
class Line:
    """A cable or a circuit. ``b`` is None where ``peer`` is at the far end (its key in ``City.peers``)."""

    card: str
    fact: Cable | Circuit
    realm: Realm
    use: str
    medium: Medium
    a: Attachment
    b: Attachment | None
    peer: str | None
    mbps: int  # 0 for a cable

    @property
    def planned(self) -> bool:
        return self.fact.survey.on is None

    def ends(self) -> tuple[Attachment, ...]:
        return (self.a, self.b) if self.b else (self.a,)

    def beyond(self, device: str) -> Attachment | None:
        """The other end, seen from ``device``; None where that is a peer."""
        return self.b if self.a.device == device else self.a


def place_of(device: Device) -> str:
    """The view that a device is at home in: its township, its county, or its part of the municipal centre."""
    if device.tier is Tier.TOWNSHIP:
        return device.site
    if device.tier is Tier.COUNTY:
        return county_of(device.site)
    part = PART_OF.get(device.role, "core")
    return part if part == GATEKEEPER else f"{device.realm}.{part}"


def natural(name: str) -> tuple[str | int, ...]:
    """A sort key that puts ``acc10`` after ``acc9``."""
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name))


def county_of(site: str) -> str:
    """The county slug in a site's key."""
    return site.split("/", 1)[0]


def of_realm(facts: Facts, realm: Realm) -> Facts:
    """What ``realm`` alone shows: the other side's devices, lines and parties left out. The Internet belongs to the outer side."""
    realms = {realm, Realm.INTERNET} if realm is Realm.OUTER else {realm}
    devices = tuple(d for d in facts.devices if d.realm in realms)
    names = {d.name for d in devices}
    return replace(
        facts,
        devices=devices,
        sites=tuple(s for s in facts.sites if s.realm in realms),
        cables=tuple(c for c in facts.cables if {c.a.device, c.b.device} <= names),
        circuits=tuple(c for c in facts.circuits if c.a.device in names and (c.b is None or c.b.device in names)),
        parties=tuple(p for p in facts.parties if p.realm in realms),
        peers=tuple(p for p in facts.peers if p.realm in realms),
    )


class City:
    """Facts and, where it is there, the design that follows from them (for addresses of interfaces)."""

    def __init__(self, facts: Facts, design: Design | None = None) -> None:
        self.facts = facts
        self.devices: dict[str, Device] = {d.name: d for d in sorted(facts.devices, key=lambda d: natural(d.name))}
        self.peers: dict[str, Peer] = {f"{p.realm}.{p.slug}": p for p in sorted(facts.peers, key=lambda p: (p.realm, p.slug))}
        self.design = {d.device.name: d for d in design.devices} if design else {}

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Every cable and circuit, by card."""
        cables = [Line(f"cable:{c.id}", c, c.realm, c.use, c.medium, c.a, c.b, None, 0) for c in self.facts.cables]
        circuits = [
            Line(f"circuit:{c.id}", c, c.realm, CIRCUIT, c.medium, c.a, c.b, None if c.b else self._peer(c), c.mbps)
            for c in self.facts.circuits
        ]
        return tuple(sorted(cables + circuits, key=lambda line: line.card))

    def _peer(self, circuit: Circuit) -> str | None:
        """Key of the peer at the far end: that of the circuit's realm, or of the Internet."""
        keys = [f"{realm}.{circuit.peer}" for realm in (circuit.realm, Realm.INTERNET)]
        return next((key for key in keys if key in self.peers), circuit.peer)

    @cached_property
    def lines_of(self) -> dict[str, tuple[Line, ...]]:
        """Lines by device; one from a device to itself stands there once."""
        found: dict[str, list[Line]] = defaultdict(list)
        for line in self.lines:
            for device in dict.fromkeys(end.device for end in line.ends()):
                found[device].append(line)
        return {device: tuple(lines) for device, lines in found.items()}

    @cached_property
    def parties(self) -> tuple[Party, ...]:
        """Parties that have a node of their own."""
        drawn = (p for p in self.facts.parties if p.kind in PARTY_ICON)
        return tuple(sorted(drawn, key=lambda p: (p.kind, p.site or "", p.id)))

    @cached_property
    def parties_of(self) -> dict[str, tuple[Party, ...]]:
        """Parties by the devices at whose ports they enter."""
        found: dict[str, list[Party]] = defaultdict(list)
        for party in self.parties:
            for device in dict.fromkeys(end.device for end in party.attachments):
                found[device].append(party)
        return {device: tuple(parties) for device, parties in found.items()}

    def used_ports(self, device: str) -> frozenset[str]:
        """Data ports of ``device`` that something is plugged into."""
        data = {port.name for port in self.devices[device].model.ports if port.kind == "data"}
        ends = [end for line in self.lines_of.get(device, ()) for end in line.ends()]
        ends += [end for party in self.parties_of.get(device, ()) for end in party.attachments]
        return frozenset(end.port for end in ends if end.device == device and end.port in data)

    @cached_property
    def residents(self) -> dict[str, tuple[Device, ...]]:
        """Devices by the place that they are at home in, places and devices in order."""
        found: dict[str, list[Device]] = defaultdict(list)
        for device in self.devices.values():
            found[place_of(device)].append(device)
        return {place: tuple(found[place]) for place in sorted(found)}

    @cached_property
    def sites(self) -> dict[str, Site]:
        """Sites by key; of a key that both realms have, the outer one."""
        ordered = sorted(self.facts.sites, key=lambda s: (s.key, s.realm is Realm.OUTER))
        return {s.key: s for s in ordered}

    @cached_property
    def county_numbers(self) -> dict[str, int]:
        """The order in which counties and townships are shown: that of their statistical codes, then of their numbers."""
        ordered = sorted(self.sites.values(), key=lambda s: (s.code or "~", s.number, s.key))
        return {s.key: n for n, s in enumerate(ordered)}

    @cached_property
    def _addresses(self) -> dict[tuple[str, str, int | None], str]:
        """Address by device, port and VLAN: that of the port or subinterface, else that of the VLAN interface behind the port."""
        found: dict[tuple[str, str, int | None], str] = {}
        for name, design in self.design.items():
            vlans = {i.ref.number: str(i.address) for i in design.interfaces if i.ref.kind is Kind.VLAN and i.address}
            for interface in design.interfaces:
                found |= {(name, *key): address for key, address in _addressed(interface, vlans)}
        return found

    def interface_at(self, end: Attachment) -> str:
        """The address that the design puts on an attachment, ``10.0.0.1/30``, or nothing."""
        return self._addresses.get((end.device, end.port, end.vlan), "")


def _addressed(interface: Interface, vlans: dict[int, str]) -> list[tuple[tuple[str, int | None], str]]:
    """(port, VLAN) and address of one interface."""
    ref = interface.ref
    if interface.address and ref.kind in (Kind.PORT, Kind.MANAGEMENT):
        return [((ref.port, None), str(interface.address))]
    if interface.address and ref.kind is Kind.SUBINTERFACE:
        return [((ref.port, ref.number), str(interface.address))]
    if interface.l2:
        behind = [((ref.port, vlan), vlans[vlan]) for vlan in interface.l2.vlans if vlan in vlans]
        return [((ref.port, None), address) for _, address in behind] if interface.l2.mode == "access" else list(behind)
    return []


def planned(surveys: Iterable[Device | Line]) -> bool:
    """Whether none of these was surveyed yet."""
    return all((s.planned if isinstance(s, Line) else s.survey.on is None) for s in surveys)
