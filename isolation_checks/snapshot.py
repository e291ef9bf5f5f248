"""What configs say, whatever the vendor: one frozen model that every parser fills and every proof reads.

Addresses are integers of 32 bits; a `Ternary` is an address and the bits of it that count, which also holds non-contiguous wildcards.
`Ranges` are
inclusive pairs, sorted and disjoint. In every condition None means "any" and () means "nothing matches". Every object names the line it
stands in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag, StrEnum
from typing import NamedTuple, TypeAlias


class Ref(NamedTuple):
    """A line of a config. ``file`` is relative to the folder that was read, in POSIX form; lines count from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class Ternary(NamedTuple):
    """The addresses that equal ``value`` in the bits set in ``mask``; ``value`` is 0 elsewhere."""

    value: int
    mask: int


AddressSet: TypeAlias = tuple[Ternary, ...]
Range: TypeAlias = tuple[int, int]
Ranges: TypeAlias = tuple[Range, ...]


class TcpFlag(IntFlag):
    FIN = 1
    SYN = 2
    RST = 4
    PSH = 8
    ACK = 16
    URG = 32


class Fragment(IntEnum):
    """What part of a datagram a packet is; only LATER has no transport header."""

    WHOLE = 0
    FIRST = 1
    LATER = 2


ESTABLISHED = ((TcpFlag.ACK, TcpFlag.ACK), (TcpFlag.RST, TcpFlag.RST))
"""What vendors call ``established``: ACK or RST is set. It is no session."""


class Names(NamedTuple):
    """Interface names; a trailing ``*`` stands for any rest."""

    names: tuple[str, ...]
    negated: bool = False


class Match(NamedTuple):
    """A conjunction of conditions. Whoever fills ``sports``, ``dports``, ``icmp`` or ``flags`` also fills ``protocols`` with what they
    imply.

    ``icmp`` holds ranges of type * 256 + code. ``flags`` are alternatives (mask, value). A condition on ports, ICMP or flags says nothing
    about a
    later fragment: there a permit goes by addresses and protocol, a deny does not match (what IOS documents, and the reading that lets
    more through).
    ``vrf``: None for any, "" for none (the public instance), else its name. ``states`` are those of connection tracking: new,
    established, related,
    invalid, untracked.
    """

    src: AddressSet | None = None
    dst: AddressSet | None = None
    protocols: Ranges | None = None
    sports: Ranges | None = None
    dports: Ranges | None = None
    icmp: Ranges | None = None
    flags: tuple[tuple[int, int], ...] | None = None
    fragments: tuple[Fragment, ...] | None = None
    states: tuple[str, ...] | None = None
    vrf: str | None = None
    in_interfaces: Names | None = None
    out_interfaces: Names | None = None


class Action(StrEnum):
    PERMIT = "permit"
    DENY = "deny"
    JUMP = "jump"  # go on in the filter `target`, come back after it
    GOTO = "goto"  # the same without coming back
    RETURN = "return"
    CONTINUE = "continue"  # logs, counts or marks; decides nothing


class Rule(NamedTuple):
    """One entry of a filter: it applies where any of ``matches`` holds.

    ``conditional``: it also depends on something that the model does not hold (a time range, a tracked object, a condition that only
    narrows).
    A proof over all states takes such a permit as present and such a deny as absent. ``name`` is the entry's number or name as typed.
    """

    action: Action
    matches: tuple[Match, ...]
    ref: Ref
    name: str = ""
    conditional: bool = False
    target: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """An ACL, a chain, a traffic policy. ``rules`` stand in the order of evaluation (after ``match-order auto``, sequence numbers and
    moves).
    """

    name: str
    kind: str  # acl | chain | policy
    rules: tuple[Rule, ...]
    default: Action  # where no rule matches: PERMIT, DENY, or RETURN of a chain that is only jumped to
    ref: Ref


class Applied(NamedTuple):
    """A filter put to use. All filters of one place must permit. ``filter`` may be undefined: then the platform's reading is in doubt."""

    filter: str
    ref: Ref


class InterfaceKind(StrEnum):
    PHYSICAL = "physical"
    SUBINTERFACE = "subinterface"
    SVI = "svi"
    AGGREGATE = "aggregate"
    LOOPBACK = "loopback"
    NULL = "null"
    TUNNEL = "tunnel"
    MANAGEMENT = "management"  # an out-of-band Ethernet port
    BRIDGE = "bridge"
    CONSOLE = "console"
    OTHER = "other"


class InterfaceAddress(NamedTuple):
    ip: int
    length: int
    ref: Ref
    secondary: bool = False


class VirtualAddress(NamedTuple):
    """An address shared by VRRP, HSRP or a firewall pair."""

    ip: int
    group: int
    priority: int | None
    role: str  # "", active, standby
    ref: Ref


class LastHop(NamedTuple):
    """Answers in sessions that came in by the interface leave by it again, whatever the routes say: given to ``address``, or (None) to the
    neighbour that the session's packets came from.
    """

    address: int | None
    ref: Ref


@dataclass(frozen=True, slots=True)
class Switching:
    """How a switch port treats frames. Untagged frames in are of VLAN ``pvid``; out, ``untagged`` leave without a tag and ``tagged`` with
    one.
    """

    mode: str  # access | trunk | hybrid | tunnel
    pvid: int
    untagged: Ranges
    tagged: Ranges
    isolation: tuple[str, ...] = ()
    doubt: bool = False  # the mode follows from a default that the platform's releases do not share


@dataclass(frozen=True, slots=True)
class OspfInterface:
    process: str | None  # None: what the process's network statements say
    area: str | None
    cost: int | None
    network_type: str  # "" for the default
    authentication: str  # none | simple | md5 | hmac-sha256 | keychain ...
    hello: int | None
    dead: int | None
    priority: int | None
    passive: bool | None
    ref: Ref


@dataclass(frozen=True, slots=True)
class Interface:
    """A port or something that behaves like one. ``name`` is canonical: in full, as the device shows it, without blanks."""

    name: str
    kind: InterfaceKind
    ref: Ref
    description: str = ""
    shutdown: Ref | None = None  # the line that shuts it; also where a platform shuts by default (then the interface's own line)
    vrf: str | None = None
    parent: str | None = None  # of a subinterface
    aggregate: str | None = None  # that it is a member of
    vlans: Ranges = ()  # tags of a subinterface; the VLAN of an SVI
    switching: Switching | None = None  # None: a routed port, or no port at all
    addresses: tuple[InterfaceAddress, ...] = ()
    unnumbered: str | None = None
    dynamic_address: Ref | None = None  # DHCP or PPP
    virtual: tuple[VirtualAddress, ...] = ()
    filters_in: tuple[Applied, ...] = ()
    filters_out: tuple[Applied, ...] = ()
    policy_route: Applied | None = None
    urpf: str | None = None  # strict | loose
    urpf_default: bool = False  # the default route counts
    urpf_ref: Ref | None = None
    last_hop: LastHop | None = None
    ospf: OspfInterface | None = None
    mtu: int | None = None
    ipv6: Ref | None = None
    services: tuple[str, ...] = ()  # protocols that the interface itself admits to the device (service-manage); see Management
    flags: tuple[
        str, ...
    ] = ()  # small facts by name: proxy-arp, redirects, stp-edge, bpdu-guard, dhcp-snooping-trust, port-security, lldp ...


@dataclass(frozen=True, slots=True)
class Vlan:
    id: int
    name: str
    ref: Ref
    filters_in: tuple[Applied, ...] = ()
    filters_out: tuple[Applied, ...] = ()


@dataclass(frozen=True, slots=True)
class Vrf:
    name: str
    distinguisher: str
    imports: tuple[str, ...]  # route targets
    exports: tuple[str, ...]
    ref: Ref


class VrfLeak(NamedTuple):
    """Packets of ``source`` may be forwarded in ``target`` ("" is the public instance): a static route over, an import, a policy."""

    source: str
    target: str
    ref: Ref


@dataclass(frozen=True, slots=True)
class Zone:
    name: str
    priority: int | None
    interfaces: tuple[Applied, ...]  # filter: the interface's name
    ref: Ref


class PolicyRule(NamedTuple):
    """A rule between zones. Zones None: any, also the device's own. A ``stateful`` permit opens a session, whose return passes without a
    rule.
    """

    rule: Rule
    from_zones: tuple[str, ...] | None
    to_zones: tuple[str, ...] | None
    stateful: bool = True


@dataclass(frozen=True, slots=True)
class Firewall:
    """Zones and what passes between them, first match wins. ``local`` is the canonical name of the device's own zone."""

    zones: tuple[Zone, ...]
    rules: tuple[PolicyRule, ...]
    between: Action  # no rule between two zones
    within: Action  # no rule inside a zone
    to_local: Action
    from_local: Action
    unzoned: Action  # to or from an interface without zone
    default_ref: Ref | None  # the line that changes a default
    local: str = "local"
    within_checked: bool = False  # rules are looked at for traffic inside a zone too


@dataclass(frozen=True, slots=True)
class SourceNat:
    """``pool`` of inclusive address ranges, or the out interface's own address. In order: the first that matches translates, or exempts."""

    name: str
    action: str  # translate | exempt
    matches: tuple[Match, ...]
    interface: str | None  # that the packet leaves by
    from_zones: tuple[str, ...] | None
    to_zones: tuple[str, ...] | None
    pool: Ranges
    own_address: bool
    ports: bool  # ports change too
    conditional: bool
    ref: Ref


@dataclass(frozen=True, slots=True)
class DestinationNat:
    """Packets that match get ``inside`` as destination (the same offset within a range), and ``inside_ports`` where given.

    ``reverse``: connections that ``inside`` opens leave with the outside address. ``own_address``: the destination is the in interface's
    address.
    """

    name: str
    matches: tuple[Match, ...]
    interface: str | None
    from_zones: tuple[str, ...] | None
    inside: Range
    inside_ports: Range | None
    reverse: bool
    own_address: bool
    conditional: bool
    ref: Ref


@dataclass(frozen=True, slots=True)
class Hook:
    """Where the packets of a Linux host meet a chain; lower priorities first."""

    stage: str  # ingress | prerouting | input | forward | output | postrouting
    priority: int
    filter: str
    ref: Ref


@dataclass(frozen=True, slots=True)
class StaticRoute:
    vrf: str | None
    network: int
    length: int
    next_hop: int | None
    interface: str | None
    next_vrf: str | None  # "" for the public instance; None: the route's own
    discard: bool
    preference: int
    tag: int | None
    conditional: bool  # tracked by BFD, NQA, SLA
    ref: Ref


@dataclass(frozen=True, slots=True)
class Redistribution:
    source: str  # connected | static | ospf | bgp | rip | isis | ...
    process: str
    policy: str | None
    metric: int | None
    metric_type: int | None
    ref: Ref
    internal: bool = False  # from bgp: also what internal peers sent


@dataclass(frozen=True, slots=True)
class OspfArea:
    id: str  # dotted
    kind: str  # normal | stub | totally-stub | nssa | totally-nssa
    networks: tuple[tuple[Ternary, Ref], ...]
    ranges: tuple[tuple[int, int, bool, Ref], ...]  # network, length, advertised
    authentication: str
    ref: Ref
    default_cost: int | None = None
    filters: tuple[tuple[str, str, Ref], ...] = ()  # direction, list


@dataclass(frozen=True, slots=True)
class OspfProcess:
    id: str
    vrf: str | None
    router_id: int | None
    areas: tuple[OspfArea, ...]
    redistributions: tuple[Redistribution, ...]
    default_route: str  # "" | always | conditional
    passive_default: bool
    passive: tuple[str, ...]
    active: tuple[str, ...]
    bandwidth_reference: int | None
    distances: tuple[tuple[str, int], ...]  # internal, external, ...
    distribute_lists: tuple[tuple[str, str, Ref], ...]  # direction, list or policy
    maximum_paths: int | None
    pe_checks_off: bool  # vpn-instance-capability simple, capability vrf-lite
    ref: Ref
    default_metric: int | None = None
    default_policy: str | None = None
    summaries: tuple[tuple[int, int, bool, Ref], ...] = ()  # of external routes: network, length, advertised
    default_route_metric: int | None = None  # of `default_route`; `default_metric` is that of other external routes
    default_route_type: int | None = None  # 1 or 2


@dataclass(frozen=True, slots=True)
class BgpNeighbor:
    """A peer or a group, with what it inherits already filled in."""

    address: str  # dotted, or a group's name
    remote_as: str
    group: str | None
    description: str
    source: str | None
    password: bool
    shutdown: bool
    active: bool  # takes part in IPv4 unicast
    in_policies: tuple[Applied, ...]  # route policies and prefix lists, by name
    out_policies: tuple[Applied, ...]
    in_default: Action  # without any policy
    out_default: Action
    multihop: int | None
    ttl_security: int | None
    maximum_prefixes: int | None
    next_hop_self: bool
    reflector_client: bool
    default_originate: Ref | None
    ref: Ref
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BgpProcess:
    asn: str
    vrf: str | None
    router_id: int | None
    neighbors: tuple[BgpNeighbor, ...]
    networks: tuple[tuple[int, int, str | None, Ref], ...]  # network, length, policy
    aggregates: tuple[tuple[int, int, bool, Ref], ...]  # network, length, summary only
    redistributions: tuple[Redistribution, ...]
    default_route: Ref | None
    distances: tuple[tuple[str, int], ...]
    maximum_paths: int | None
    ref: Ref


class PrefixEntry(NamedTuple):
    number: int
    action: Action
    network: int
    length: int
    ge: int
    le: int
    ref: Ref


@dataclass(frozen=True, slots=True)
class PrefixList:
    name: str
    entries: tuple[PrefixEntry, ...]
    ref: Ref


class PolicyEntry(NamedTuple):
    """``matches`` and ``sets`` as (what, values): ("prefix-list", ("P",)), ("local-preference", ("200",))."""

    number: int
    action: Action
    matches: tuple[tuple[str, tuple[str, ...]], ...]
    sets: tuple[tuple[str, tuple[str, ...]], ...]
    ref: Ref


@dataclass(frozen=True, slots=True)
class RoutePolicy:
    """A route policy or route map, or (``kind`` "policy-route") a policy-based route."""

    name: str
    kind: str
    entries: tuple[PolicyEntry, ...]
    ref: Ref


class Service(NamedTuple):
    """A way to talk to the device itself. ``enabled`` None: the platform's releases differ in the default."""

    name: str  # ssh | telnet | http | https | netconf | snmp | ftp | tftp | ntp | restconf ...
    enabled: bool | None
    port: int
    filters: tuple[Applied, ...]
    vrf: str | None
    ref: Ref | None  # None: by default


@dataclass(frozen=True, slots=True)
class TerminalLine:
    kind: str  # vty | console | aux | tty
    first: int
    last: int
    protocols: tuple[str, ...]  # that may log in: ssh, telnet ...
    filters: tuple[Applied, ...]
    authentication: str  # aaa | password | local | none | "" (unknown default)
    idle_s: int | None  # 0: never
    ref: Ref


class User(NamedTuple):
    name: str
    privilege: str
    secret: str  # none | plain | reversible | hash | reference (a placeholder)
    default: bool  # a name and secret that the maker ships
    services: tuple[str, ...]
    ref: Ref


class Server(NamedTuple):
    """A server that the device talks to."""

    kind: str  # ntp | syslog | aaa | dns | trap | dhcp
    address: str
    vrf: str | None
    authenticated: bool
    ref: Ref


class SnmpAccess(NamedTuple):
    """A community or a user. ``security``: community | none | authentication | privacy."""

    version: str  # v1 | v2c | v3
    security: str
    write: bool
    default: bool  # public, private and their kind
    filters: tuple[Applied, ...]
    ref: Ref


@dataclass(frozen=True, slots=True)
class Management:
    services: tuple[Service, ...] = ()
    lines: tuple[TerminalLine, ...] = ()
    users: tuple[User, ...] = ()
    servers: tuple[Server, ...] = ()
    snmp: tuple[SnmpAccess, ...] = ()
    aaa: Ref | None = None  # authentication goes to servers first
    flags: tuple[
        tuple[str, Ref], ...
    ] = ()  # small facts by name: ssh-v1, password-recovery, log-timestamps, ntp-authentication, banner ...


class FeatureKind(StrEnum):
    """What can carry or copy packets past the model: a line of this kind leaves the rules that it could touch INCOMPLETE."""

    IPV6 = "ipv6"
    TUNNEL = "tunnel"
    IPSEC = "ipsec"
    MPLS = "mpls"
    VXLAN = "vxlan"
    L2VPN = "l2vpn"
    MIRROR = "mirror"
    MULTICAST = "multicast"
    DIALUP = "dialup"
    POLICY_ROUTE = "policy-route"
    VIRTUAL_SYSTEM = "virtual-system"
    BRIDGING = "bridging"
    PROXY = "proxy"
    NAT = "nat"  # a form of translation that the model does not hold
    FILTER = "filter"  # a filter or a condition that the model does not hold
    ROUTING = "routing"  # a protocol that the model does not hold
    STACKING = "stacking"
    OTHER = "other"


class Feature(NamedTuple):
    kind: FeatureKind
    detail: str
    ref: Ref
    interface: str | None = None


class UnknownLine(NamedTuple):
    ref: Ref
    text: str  # with secrets left out
    context: tuple[str, ...]  # the views that it stands in, outermost first


class LineCode(IntEnum):
    BLANK = 0  # empty, separators, comments
    UNDERSTOOD = 1
    UNMODELLED = 2  # understood, and in `features`
    UNKNOWN = 3
    IRRELEVANT = 16  # and above: IRRELEVANT + n for reason n


@dataclass(frozen=True, slots=True)
class FileCoverage:
    """How each line of a file was read: one byte a line, `LineCode`; from IRRELEVANT on it points into ``reasons``."""

    file: str
    codes: bytes
    reasons: tuple[str, ...]  # English msgids of the catalogue


@dataclass(frozen=True, slots=True)
class FerryTask:
    """A task of a gatekeeper's host unit."""

    number: int
    name: str
    kind: str
    direction: str  # inner-to-outer | outer-to-inner
    role: str  # sends | receives
    server: str
    owner: str
    level: str
    approval: str
    allow: tuple[str, ...]
    max_mb: int | None
    enabled: bool
    ref: Ref


@dataclass(frozen=True, slots=True)
class HostUnit:
    gatekeeper: str
    side: str  # inner | outer
    tasks: tuple[FerryTask, ...]
    ref: Ref


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """All that the configs of one device say. ``name`` is the device's own; ``folder`` what its file or folder is called."""

    name: str
    folder: str
    platform: str  # huawei_vrp | huawei_usg | h3c_comware | h3c_secpath | cisco_ios | frr | nftables | host_unit
    files: tuple[str, ...]
    name_ref: Ref | None = None
    version: str = ""
    interfaces: tuple[Interface, ...] = ()
    vlans: tuple[Vlan, ...] = ()
    vrfs: tuple[Vrf, ...] = ()
    leaks: tuple[VrfLeak, ...] = ()
    filters: tuple[Filter, ...] = ()
    global_in: tuple[Applied, ...] = ()  # filters on every interface
    global_out: tuple[Applied, ...] = ()
    hooks: tuple[Hook, ...] = ()
    firewall: Firewall | None = None
    source_nat: tuple[SourceNat, ...] = ()
    destination_nat: tuple[DestinationNat, ...] = ()
    static_routes: tuple[StaticRoute, ...] = ()
    ospf: tuple[OspfProcess, ...] = ()
    bgp: tuple[BgpProcess, ...] = ()
    prefix_lists: tuple[PrefixList, ...] = ()
    route_policies: tuple[RoutePolicy, ...] = ()
    forwarding: bool = True  # IPv4 packets are forwarded between interfaces
    forwarding_ref: Ref | None = None
    management: Management = field(default_factory=Management)
    host_unit: HostUnit | None = None
    features: tuple[Feature, ...] = ()
    unknown: tuple[UnknownLine, ...] = ()
    coverage: tuple[FileCoverage, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()  # small facts by name: hrp, rbm, stack ...


class ReadProblem(NamedTuple):
    """A file or device that could not be read as a whole. ``what`` is a message's kind, ``values`` its parts; see reading.problems."""

    file: str
    line: int
    message: object  # topology.i18n.Text


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All devices that were read, by name; ``problems`` are files of which there is no device here."""

    devices: tuple[DeviceConfig, ...]
    problems: tuple[ReadProblem, ...] = ()
