"""What follows from the facts: what each device has to be told, in words that belong to no vendor.

Every value that a platform would otherwise take from its own default (preferences, OSPF costs and network types, timers, maximum
paths) stands here explicitly. Templates print these values and decide nothing. Interfaces carry no vendor's name for anything but
physical ports: an SVI is (kind VLAN, number 110), and the platform's facts say that VRP calls it `Vlanif110`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from topology.facts import Device, FerryChannel, PortRange, Publication
from topology.origin import Origin


class Kind(StrEnum):
    PORT = "port"  # a physical port
    SUBINTERFACE = "subinterface"  # dot1q child of a port or LAG
    VLAN = "vlan"  # SVI
    LOOPBACK = "loopback"
    LAG = "lag"
    MANAGEMENT = "management"  # the out-of-band socket


@dataclass(frozen=True, slots=True)
class Ref:
    """Names an interface of the same device: a port by its real name, the others by kind and number."""

    kind: Kind
    port: str = ""  # physical port name; of a SUBINTERFACE the parent's (or "" with `lag`)
    number: int = 0  # VLAN, loopback or LAG number; of a SUBINTERFACE the VLAN tag
    lag: int = 0  # of a SUBINTERFACE on a LAG: the LAG's number


@dataclass(frozen=True, slots=True)
class Vlan:
    id: int
    name: str  # ASCII
    origin: Origin


@dataclass(frozen=True, slots=True)
class L2:
    mode: str  # access | trunk
    vlans: tuple[int, ...]  # access: exactly one
    edge: bool  # a terminal or server port: STP edge with BPDU guard


@dataclass(frozen=True, slots=True)
class OspfInterface:
    process: int
    area: int
    cost: int
    point_to_point: bool  # else broadcast
    passive: bool
    hello_s: int
    dead_s: int
    key: str | None  # secret reference for HMAC/MD5 authentication, key id 1; None on passive interfaces


@dataclass(frozen=True, slots=True)
class Vrrp:
    """VRRP version 2 (RFC 3768) on an interface; on a firewall pair the group follows the pair's state."""

    group: int
    address: IPv4Address
    priority: int
    preempt_delay_s: int
    advertise_s: int
    master: bool  # of a firewall pair: this member is active in normal operation


@dataclass(frozen=True, slots=True)
class Interface:
    ref: Ref
    description: str  # ASCII: far end, circuit
    shutdown: bool
    origin: Origin
    unused: bool = False
    l2: L2 | None = None
    lag: int | None = None  # a member port: number of its LAG
    vrf: str | None = None
    address: IPv4Interface | None = None
    mtu: int = 1500
    ospf: OspfInterface | None = None
    vrrp: Vrrp | None = None
    filter_in: str | None = None  # name of a Filter, applied to packets that enter the device here
    filter_out: str | None = None
    zone: str | None = None  # firewall zone
    urpf: bool = False  # strict reverse path check
    last_hop: IPv4Address | None = None  # answers in sessions that came in here go back to it, whatever the routes say
    members: tuple[str, ...] = ()  # of a LAG: its port names
    routed: bool = False  # of a physical port or LAG on a switch: layer 3 mode


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a stateless filter. None means any. `established`: TCP with ACK or RST, always together with the flow's tuple."""

    sequence: int
    permit: bool
    protocol: str  # ip | tcp | udp | icmp | vrrp | ospf
    source: IPv4Network | None
    destination: IPv4Network | None
    source_ports: PortRange | None
    destination_ports: PortRange | None
    established: bool
    icmp: str | None  # echo | echo-reply | unreachable | time-exceeded | parameter-problem
    remark: str  # flow id or purpose, ASCII; empty where it is that of the rule before
    origin: Origin


@dataclass(frozen=True, slots=True)
class Filter:
    """A stateless filter. The last rule denies everything else in so many words, since platforms differ in what they do without."""

    name: str  # ASCII, unique on the device, at most 31 characters
    number: int  # 3000-3999, unique on the device
    rules: tuple[Rule, ...]
    purpose: str  # ASCII
    origin: Origin
    vrf: str | None = None  # that of the interfaces it stands on; some platforms match packets of a VRF only by rules that name it


@dataclass(frozen=True, slots=True)
class Zone:
    name: str  # lower case ASCII
    priority: int  # 1-100, for platforms that order zones
    interfaces: tuple[Ref, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Service:
    protocol: str  # tcp | udp | icmp | ospf | vrrp
    ports: PortRange | None


@dataclass(frozen=True, slots=True)
class ZoneRule:
    """One rule of a stateful policy between zones; `local` is the firewall itself. First match; no match is dropped."""

    name: str  # ASCII, unique, at most 31 characters: flow id or purpose
    source_zone: str
    destination_zone: str
    sources: tuple[IPv4Network, ...]  # empty: any
    destinations: tuple[IPv4Network, ...]
    services: tuple[Service, ...]  # empty: any
    permit: bool
    log: bool
    flow: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class NatPool:
    name: str
    number: int
    first: IPv4Address
    last: IPv4Address
    origin: Origin


@dataclass(frozen=True, slots=True)
class SourceNat:
    """Sources seen from `source_zone` towards `destination_zone` take an address and port of the pool, or of the interface `out` itself
    (`easy`); neither: they are left alone."""

    name: str
    source_zone: str
    destination_zone: str
    sources: tuple[IPv4Network, ...]
    destinations: tuple[IPv4Network, ...]  # empty: any
    pool: str | None
    out: Ref  # interface towards the carrier, for platforms that bind NAT to an interface
    origin: Origin
    easy: bool = False


@dataclass(frozen=True, slots=True)
class NatServer:
    publication: Publication
    name: str
    zone: str  # zone of the carrier
    out: Ref


@dataclass(frozen=True, slots=True)
class Firewall:
    zones: tuple[Zone, ...]
    rules: tuple[ZoneRule, ...]
    pools: tuple[NatPool, ...]
    source_nat: tuple[SourceNat, ...]
    servers: tuple[NatServer, ...]


@dataclass(frozen=True, slots=True)
class HaPair:
    """An active/standby pair that fails over as one object."""

    name: str
    peer: str  # device name of the other member
    active: bool
    heartbeats: tuple[tuple[Ref, IPv4Interface, IPv4Address], ...]  # (own interface, own address, peer's address)
    track: tuple[Ref, ...]  # interfaces whose loss gives the active role away
    key: str  # secret reference
    origin: Origin


@dataclass(frozen=True, slots=True)
class Vrf:
    name: str  # ASCII upper case
    rd: str  # route distinguisher asn:number; needed by some platforms even without MPLS
    description: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class StaticRoute:
    vrf: str | None
    prefix: IPv4Network
    next_hop: IPv4Address | None  # None: discard
    preference: int
    description: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class OspfArea:
    number: int
    stub: bool
    no_summary: bool  # totally stubby; only an ABR says so
    default_cost: int  # metric of the default that an ABR injects into a stub area
    ranges: tuple[IPv4Network, ...]  # summaries of this area towards the others (ABR)


@dataclass(frozen=True, slots=True)
class Redistribution:
    source: str  # static | bgp | connected
    policy: str  # route policy name
    metric: int
    metric_type: int  # 1 | 2


@dataclass(frozen=True, slots=True)
class OspfProcess:
    """One process. `vrf_lite`: the provider-edge checks (down bit, domain tag) are off, since no MPLS VPN is behind it."""

    number: int
    vrf: str | None
    router_id: IPv4Address
    areas: tuple[OspfArea, ...]
    redistribute: tuple[Redistribution, ...]
    default_originate: bool  # announces the default route that it has itself (never `always`)
    default_metric: int
    vrf_lite: bool
    preference: int  # intra- and inter-area
    preference_external: int
    maximum_paths: int
    reference_mbps: int
    spf_delay_ms: tuple[int, int, int]  # initial, hold, maximum
    origin: Origin


@dataclass(frozen=True, slots=True)
class PrefixEntry:
    sequence: int
    permit: bool
    prefix: IPv4Network
    ge: int | None
    le: int | None


@dataclass(frozen=True, slots=True)
class PrefixList:
    name: str
    entries: tuple[PrefixEntry, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class PolicyNode:
    sequence: int
    permit: bool
    prefix_list: str | None  # None matches everything
    local_preference: int | None = None
    metric: int | None = None


@dataclass(frozen=True, slots=True)
class RoutePolicy:
    """Routes that match no node are refused on every platform; a last node says so nevertheless."""

    name: str
    nodes: tuple[PolicyNode, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class BgpNeighbor:
    address: IPv4Address
    asn: int
    description: str
    source: Ref | None  # update source for loopback peerings
    policy_in: str | None  # None only for iBGP
    policy_out: str | None
    next_hop_self: bool
    maximum_prefixes: int
    key: str  # secret reference
    ttl_security: bool  # directly connected eBGP: refuse what comes from further than one hop (RFC 5082)
    origin: Origin


@dataclass(frozen=True, slots=True)
class Bgp:
    asn: int
    router_id: IPv4Address
    networks: tuple[IPv4Network, ...]
    neighbors: tuple[BgpNeighbor, ...]
    preference_external: int
    preference_internal: int
    preference_local: int
    maximum_paths: int
    keepalive_s: int
    hold_s: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class User:
    name: str
    level: int  # 15 configures, 1 reads
    key: str  # secret reference of the password hash


@dataclass(frozen=True, slots=True)
class Server:
    """A management server: who it is, where, and the reference of the shared key (AAA, NTP) where there is one."""

    address: IPv4Address
    key: str | None
    number: int


@dataclass(frozen=True, slots=True)
class SnmpManager:
    address: IPv4Address
    user: str
    auth_key: str
    priv_key: str
    traps: bool


@dataclass(frozen=True, slots=True)
class Management:
    """How the device is run: from its realm's own NOC only, over SSH, SNMPv3 with privacy, AAA, authenticated NTP, syslog."""

    mode: str  # inband | oob
    vrf: str | None  # of the out-of-band socket
    source: Ref  # interface whose address management packets carry
    address: IPv4Interface
    gateway: IPv4Address | None  # of an OOB or layer-2 device: its default route (in `vrf`), preference 60; not repeated in `statics`
    operators: tuple[IPv4Network, ...]  # may open SSH sessions
    vty_filter: Filter  # basic filter: sources only, number 2000-2999
    snmp_filter: Filter
    users: tuple[User, ...]
    aaa: tuple[Server, ...]
    ntp: tuple[Server, ...]
    syslog: tuple[Server, ...]
    snmp: tuple[SnmpManager, ...]
    location: str  # ASCII
    contact: str
    banner: str  # ASCII, one line
    timezone_hours: int


@dataclass(frozen=True, slots=True)
class HostUnit:
    """One half of a gatekeeper: an end host that forwards nothing."""

    gatekeeper: str
    side: str  # outer | inner
    service: Ref  # port into the exchange zone of its side
    arc: Ref
    address: IPv4Interface
    gateway: IPv4Address
    channels: tuple[FerryChannel, ...]
    listens: tuple[tuple[Service, tuple[IPv4Network, ...], str], ...]  # service, from, channel id
    connects: tuple[tuple[Service, IPv4Address, str], ...]  # service, to, channel id


@dataclass(frozen=True, slots=True)
class DeviceDesign:
    """Everything that one device has to be told. Tuples are in the order in which they are to be printed."""

    device: Device
    hostname: str
    management: Management
    vlans: tuple[Vlan, ...]
    interfaces: tuple[Interface, ...]  # every port of the chassis is here; unused ones are shut
    vrfs: tuple[Vrf, ...]
    ospf: tuple[OspfProcess, ...]
    bgp: Bgp | None
    prefix_lists: tuple[PrefixList, ...]
    route_policies: tuple[RoutePolicy, ...]
    statics: tuple[StaticRoute, ...]
    filters: tuple[Filter, ...]
    firewall: Firewall | None
    ha: HaPair | None
    host_unit: HostUnit | None
    stp_priority: int | None  # None: no spanning tree (routers, firewalls)
    origin: Origin


@dataclass(frozen=True, eq=False)
class Design:
    """The designs of all rendered devices. One is worked out when it is asked for: who needs a county does not pay for the city."""

    names: tuple[str, ...]
    make: Callable[[str], DeviceDesign]
    managed_at: Mapping[str, IPv4Interface]  # device -> its management address

    def device(self, name: str) -> DeviceDesign:
        """The design of one device. Raises KeyError for a name that is not in `names`."""
        if name not in self._known:
            raise KeyError(name)
        return self.make(name)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.names)

    @cached_property
    def devices(self) -> tuple[DeviceDesign, ...]:
        """All of them, in the order of `names`."""
        return tuple(self.make(name) for name in self.names)
