"""The state of reading one IOS config: the ledger, the current view's objects, and all that was gathered."""

from __future__ import annotations

from dataclasses import dataclass, field

from isolation_checks.reading.cisco_model import (
    Acl,
    Area,
    Bgp,
    ClassMap,
    Group,
    MapEntry,
    Nat,
    Ospf,
    Peer,
    Plane,
    PolicyClass,
    Port,
    RouteEntry,
    Routing,
    Terminal,
    VirtualGroup,
    VlanEntry,
    VrfEntry,
    ZonePair,
    Zones,
)
from isolation_checks.reading.cisco_views import Line, View
from isolation_checks.reading.ledger import Ledger
from isolation_checks.snapshot import FeatureKind, LineCode, Ref, VrfLeak


@dataclass(slots=True)
class Current:
    """The objects that the open views are about."""

    ports: list[Port] = field(default_factory=list)
    acl: Acl | None = None
    group: Group | None = None
    vlans: list[VlanEntry] = field(default_factory=list)
    access_map: MapEntry | None = None
    vrf: VrfEntry | None = None
    class_map: ClassMap | None = None
    policy: list[PolicyClass] = field(default_factory=list)
    pair: ZonePair | None = None
    pool: str = ""
    ospf: Ospf | None = None
    bgp: Bgp | None = None
    peer: Peer | None = None
    route: RouteEntry | None = None
    lines: list[Terminal] = field(default_factory=list)
    gateways: list[VirtualGroup] = field(default_factory=list)


class State:
    """Filled by the handlers; `cisco_ios` makes the DeviceConfig of it."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.now = Current()
        self.entered: tuple[View, str] | None = None  # the view that the line just read opens
        self.hostname = ""
        self.hostname_ref: Ref | None = None
        self.version = ""
        self.forwarding = True
        self.forwarding_ref: Ref | None = None
        self.ports: dict[str, Port] = {}
        self.switch_marks = 0  # lines that only a switch has
        self.native_tagged = False
        self.vlans: dict[int, VlanEntry] = {}
        self.access_maps: dict[str, dict[int, MapEntry]] = {}
        self.acls: dict[str, Acl] = {}
        self.networks: dict[str, Group] = {}
        self.services: dict[str, Group] = {}
        self.vrfs: dict[str, VrfEntry] = {}
        self.leaks: list[VrfLeak] = []
        self.zones = Zones()
        self.nat = Nat()
        self.routing = Routing()
        self.plane = Plane()
        self.facts: dict[str, str] = {}

    def enter(self, view: View, title: str) -> bool:
        """The line opens a view; always True, so that a handler may end with it."""
        self.entered = view, title
        return True

    def feature(self, line: Line, kind: FeatureKind, detail: str = "") -> bool:
        """The line stands for something unmodelled, on the current interface if there is one; True."""
        if not line.negated:
            interface = self.now.ports[0].name if self.now.ports else None
            self.ledger.feature(line.number, kind, detail or line.text.strip(), interface)
        return True

    def irrelevant(self, line: Line, reason: str) -> bool:
        self.ledger.irrelevant(line.number, reason)
        return True

    def unmodelled(self, line: Line) -> bool:
        """A line of a view whose first line is the feature; True."""
        self.ledger.codes[line.number - 1] = LineCode.UNMODELLED
        return True

    def area(self, process: Ospf, name: str, ref: Ref) -> Area:
        return process.areas.setdefault(name, Area(name, ref))
