"""What is gathered while the lines of a Cisco IOS config are read: one mutable class a topic. Nothing here knows the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from isolation_checks.snapshot import (
    Action,
    Applied,
    InterfaceAddress,
    InterfaceKind,
    Match,
    OspfArea,
    PolicyEntry,
    PrefixEntry,
    Range,
    Ranges,
    Redistribution,
    Ref,
    Server,
    SnmpAccess,
    StaticRoute,
    TerminalLine,
    Ternary,
    User,
)


class Entry(NamedTuple):
    """One entry of an ACL as its text says it, before object groups are put in."""

    action: Action
    match: Match
    conditional: bool = False
    source_group: str = ""
    target_group: str = ""
    service_group: str = ""
    session: str = ""  # reflect, evaluate or dynamic: what an ACL does beside matching


class Numbered(NamedTuple):
    number: int
    entry: Entry
    body: str
    ref: Ref


@dataclass(slots=True)
class Acl:
    name: str
    standard: bool
    ref: Ref
    entries: list[Numbered] = field(default_factory=list)
    bodies: dict[int, str] = field(default_factory=dict)  # by sequence number
    last: int = 0
    unread: bool = False  # an entry was not understood


@dataclass(slots=True)
class Group:
    """An object group: its own members, and the groups in it."""

    name: str
    ref: Ref
    addresses: list[Ternary] = field(default_factory=list)
    services: list[Match] = field(default_factory=list)
    nested: list[str] = field(default_factory=list)
    conditional: bool = False


@dataclass(slots=True)
class SwitchPort:
    """What the `switchport` lines of a port say; None where nothing does."""

    mode: str | None = None  # access | trunk | auto | desirable | tunnel
    access: int = 1
    native: int = 1
    allowed: Ranges = ((1, 4094),)
    voice: int | None = None
    isolation: list[str] = field(default_factory=list)


@dataclass(slots=True)
class VirtualGroup:
    """A VRRP, HSRP or GLBP group."""

    protocol: str
    number: int
    ref: Ref
    ips: list[tuple[int, Ref]] = field(default_factory=list)
    priority: int | None = None


@dataclass(slots=True)
class PortOspf:
    ref: Ref
    process: str | None = None
    area: str | None = None
    cost: int | None = None
    network_type: str = ""
    authentication: str = ""
    hello: int | None = None
    dead: int | None = None
    priority: int | None = None


@dataclass(slots=True)
class Port:
    """An interface. ``routed``: it has lines that only a routed port shows; ``switchport``: True or False as typed."""

    name: str
    kind: InterfaceKind
    ref: Ref
    description: str = ""
    shutdown: Ref | None = None
    vrf: str | None = None
    aggregate: str | None = None
    vlans: Ranges = ()
    addresses: list[InterfaceAddress] = field(default_factory=list)
    unnumbered: str | None = None
    dynamic: Ref | None = None
    groups: dict[tuple[str, int], VirtualGroup] = field(default_factory=dict)
    filters_in: Applied | None = None
    filters_out: Applied | None = None
    policy_route: Applied | None = None
    urpf: str | None = None
    urpf_default: bool = False
    urpf_ref: Ref | None = None
    ospf: PortOspf | None = None
    mtu: int | None = None
    ipv6: Ref | None = None
    zone: Applied | None = None
    nat: str | None = None  # inside | outside
    switchport: bool | None = None
    routed: bool = False
    layer2: bool = False  # it has `switchport` lines
    switch: SwitchPort = field(default_factory=SwitchPort)
    flags: set[str] = field(default_factory=set)
    off: set[str] = field(default_factory=set)  # defaults that are turned off: proxy-arp, redirects


@dataclass(slots=True)
class VlanEntry:
    id: int
    ref: Ref
    name: str = ""
    filters: list[Applied] = field(default_factory=list)


@dataclass(slots=True)
class MapEntry:
    """An entry of a VLAN access map."""

    number: int
    ref: Ref
    lists: list[str] = field(default_factory=list)
    other: bool = False  # a match on something else than IPv4
    action: Action = Action.PERMIT


@dataclass(slots=True)
class VrfEntry:
    name: str
    ref: Ref
    distinguisher: str = ""
    imports: list[str] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ClassMap:
    """A class of the zone firewall: ``conditions`` are (kind, value): access-group, protocol, class-map."""

    name: str
    ref: Ref
    every: bool  # match-all
    conditions: list[tuple[str, str]] = field(default_factory=list)
    narrowed: bool = False  # a condition that the model does not hold


@dataclass(slots=True)
class PolicyClass:
    name: str
    ref: Ref
    action: str = ""  # inspect | pass | drop


@dataclass(slots=True)
class ZonePair:
    name: str
    ref: Ref
    source: str
    target: str
    policy: Applied | None = None


@dataclass(slots=True)
class Zones:
    zones: dict[str, Ref] = field(default_factory=dict)
    classes: dict[str, ClassMap] = field(default_factory=dict)
    policies: dict[str, list[PolicyClass]] = field(default_factory=dict)
    pairs: dict[str, ZonePair] = field(default_factory=dict)


class NatRule(NamedTuple):
    """`ip nat inside source list|route-map …`."""

    kind: str  # list | route-map
    selector: str
    pool: str | None
    interface: str | None
    overload: bool
    vrf: str | None
    ref: Ref


class NatStatic(NamedTuple):
    """`ip nat inside|outside source static …`; ``own``: the interface whose address is the outside one."""

    inside: bool
    protocol: int | None
    local: Range
    local_port: int | None
    outer: Range | None
    outer_port: int | None
    own: str | None
    vrf: str | None
    route_map: str | None
    ref: Ref


@dataclass(slots=True)
class Nat:
    pools: dict[str, tuple[list[Range], Ref]] = field(default_factory=dict)
    rules: list[NatRule] = field(default_factory=list)
    statics: list[NatStatic] = field(default_factory=list)


@dataclass(slots=True)
class Area:
    id: str
    ref: Ref
    kind: str = "normal"
    networks: list[tuple[Ternary, Ref]] = field(default_factory=list)
    ranges: list[tuple[int, int, bool, Ref]] = field(default_factory=list)
    authentication: str = "none"
    default_cost: int | None = None
    filters: list[tuple[str, str, Ref]] = field(default_factory=list)

    def built(self) -> OspfArea:
        return OspfArea(
            self.id, self.kind, tuple(self.networks), tuple(self.ranges), self.authentication, self.ref, self.default_cost,
            tuple(self.filters),
        )  # fmt: skip


@dataclass(slots=True)
class Ospf:
    id: str
    vrf: str | None
    ref: Ref
    router_id: int | None = None
    areas: dict[str, Area] = field(default_factory=dict)
    redistributions: list[Redistribution] = field(default_factory=list)
    default_route: str = ""
    default_metric: int | None = None
    default_route_metric: int | None = None
    default_route_type: int | None = None
    default_policy: str | None = None
    passive_default: bool = False
    passive: list[str] = field(default_factory=list)
    active: list[str] = field(default_factory=list)
    bandwidth_reference: int | None = None
    distances: dict[str, int] = field(default_factory=dict)
    distribute_lists: list[tuple[str, str, Ref]] = field(default_factory=list)
    maximum_paths: int | None = None
    pe_checks_off: bool = False
    summaries: list[tuple[int, int, bool, Ref]] = field(default_factory=list)


@dataclass(slots=True)
class Peer:
    """A BGP neighbor, a peer group or a template. ``values`` hold what was typed; what is inherited is filled in at the end."""

    name: str
    ref: Ref
    group: str | None = None
    inherits: list[str] = field(default_factory=list)
    is_group: bool = False
    active: bool | None = None
    values: dict[str, object] = field(default_factory=dict)
    in_policies: list[Applied] = field(default_factory=list)
    out_policies: list[Applied] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Bgp:
    asn: str
    vrf: str | None
    ref: Ref
    router_id: int | None = None
    peers: dict[str, Peer] = field(default_factory=dict)
    networks: list[tuple[int, int, str | None, Ref]] = field(default_factory=list)
    aggregates: list[tuple[int, int, bool, Ref]] = field(default_factory=list)
    redistributions: list[Redistribution] = field(default_factory=list)
    default_route: Ref | None = None
    distances: dict[str, int] = field(default_factory=dict)
    maximum_paths: int | None = None


@dataclass(slots=True)
class Prefixes:
    name: str
    ref: Ref
    entries: list[PrefixEntry] = field(default_factory=list)


@dataclass(slots=True)
class RouteEntry:
    number: int
    action: Action
    ref: Ref
    matches: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    sets: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    refs: list[Ref] = field(default_factory=list)  # of `sets`

    def built(self) -> PolicyEntry:
        return PolicyEntry(self.number, self.action, tuple(self.matches), tuple(self.sets), self.ref)


@dataclass(slots=True)
class RouteMap:
    name: str
    ref: Ref
    entries: dict[int, RouteEntry] = field(default_factory=dict)


@dataclass(slots=True)
class Routing:
    static: list[StaticRoute] = field(default_factory=list)
    gateway: tuple[int, Ref] | None = None  # of a device that does not route
    global_next: set[Ref] = field(default_factory=set)  # static routes of a VRF whose next hop is in none
    ospf: dict[str, Ospf] = field(default_factory=dict)
    bgp: dict[str | None, Bgp] = field(default_factory=dict)  # by VRF
    sessions: dict[str, Peer] = field(default_factory=dict)  # templates
    policies: dict[str, Peer] = field(default_factory=dict)
    ipv4_default: bool = True
    prefixes: dict[str, Prefixes] = field(default_factory=dict)
    maps: dict[str, RouteMap] = field(default_factory=dict)


@dataclass(slots=True)
class Terminal:
    """`line vty 0 4`: one TerminalLine when it is built; protocols None is the default."""

    kind: str
    first: int
    last: int
    ref: Ref
    protocols: tuple[str, ...] | None = None
    filters: list[Applied] = field(default_factory=list)
    login: str | None = None  # aaa | password | local | none
    idle_s: int | None = 600
    password: bool = False

    def built(self, default_protocols: tuple[str, ...], aaa: bool) -> TerminalLine:
        login = "aaa" if aaa else self.login
        if login is None:
            login = "password" if self.kind == "vty" else "none"
        unsaid = default_protocols if self.kind == "vty" else ()
        protocols = unsaid if self.protocols is None else self.protocols
        return TerminalLine(self.kind, self.first, self.last, protocols, tuple(self.filters), login, self.idle_s, self.ref)


@dataclass(slots=True)
class Plane:
    """The management plane. ``services``: name to (enabled, ref); ports and filters beside."""

    services: dict[str, tuple[bool | None, Ref | None]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    filters: dict[str, list[Applied]] = field(default_factory=dict)
    lines: dict[tuple[str, int, int], Terminal] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    servers: list[Server] = field(default_factory=list)
    snmp: dict[str, SnmpAccess] = field(default_factory=dict)
    groups: dict[str, SnmpAccess] = field(default_factory=dict)
    aaa_model: bool = False
    aaa: Ref | None = None
    flags: dict[str, Ref] = field(default_factory=dict)
    snmp_groups: dict[str, str] = field(default_factory=dict)  # of SNMP users
