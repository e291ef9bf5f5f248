"""What is physical or decreed: sites, chassis, ports, cables, circuits, parties and their prefixes, policy, flows, approvals.

The isolation checks import this module and nothing else of the model: a proof may know what people decided and what is bolted into
a rack, never what the generator believes it configured (that is `topology.design`). Everything is frozen; tuples are in a stable order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network

from topology.origin import Origin


class Realm(StrEnum):
    """政务内网 / 政务外网 / 互联网 (plan §7.1.1)."""

    INNER = "inner"
    OUTER = "outer"
    INTERNET = "internet"


class Tier(StrEnum):
    """省 / 市 / 县(区) / 乡镇. PROVINCE is an external peer only."""

    PROVINCE = "province"
    MUNICIPAL = "municipal"
    COUNTY = "county"
    TOWNSHIP = "township"


class System(StrEnum):
    """The seven systems that the platform has to connect (plan §7.1.1)."""

    PARTY = "party"  # 党委
    CONGRESS = "congress"  # 人大
    GOVERNMENT = "government"  # 政府
    CPPCC = "cppcc"  # 政协
    COURT = "court"  # 法院
    PROCURATORATE = "procuratorate"  # 检察院
    MILITARY = "military"  # 军事 (军分区)


class Level(StrEnum):
    """Classification of data; the order is that of sensitivity."""

    PUBLIC = "public"
    INTERNAL = "internal"
    SECRET = "secret"  # noqa: S105 - a level, no password

    @property
    def rank(self) -> int:
        return list(Level).index(self)


class Role(StrEnum):
    """What a chassis is for."""

    CORE = "core"
    AGGREGATION = "aggregation"
    ACCESS = "access"
    NOC = "noc"
    OOB = "oob"
    BORDER_ROUTER = "border-router"
    BORDER_SWITCH = "border-switch"
    EGRESS_FIREWALL = "egress-firewall"
    DMZ_SWITCH = "dmz-switch"
    HOSTING_SWITCH = "hosting-switch"
    HOSTING_FIREWALL = "hosting-firewall"
    COUNTY_ROUTER = "county-router"
    DISTRIBUTION = "distribution"
    TOWNSHIP_ROUTER = "township-router"
    EXIT_FIREWALL = "exit-firewall"
    HOST_UNIT = "host-unit"
    CONSOLE_SERVER = "console-server"
    CLOCK = "clock"


class Use(StrEnum):
    """What a cable is for."""

    ROUTED = "routed"
    TRUNK = "trunk"
    HEARTBEAT = "heartbeat"
    ARC = "arc"  # the exchange arc inside a gatekeeper's enclosure
    MANAGEMENT = "management"
    CONSOLE = "console"
    ACCESS = "access"


class Medium(StrEnum):
    """What carries a cable or a circuit."""

    COPPER = "copper"
    FIBRE = "fibre"
    WAVELENGTH = "wavelength"
    TIMESLOT = "timeslot"
    ETHERNET = "ethernet"  # a carrier's switched Ethernet service, told apart by VLAN
    BACKPLANE = "backplane"


@dataclass(frozen=True, slots=True)
class Survey:
    """`planned`, or `surveyed` with the date and who looked."""

    on: date | None = None
    by: str | None = None

    @property
    def state(self) -> str:
        return "surveyed" if self.on else "planned"


@dataclass(frozen=True, slots=True)
class Name:
    """A name for people (zh, and en where one exists) beside its ASCII slug."""

    zh: str
    en: str

    def text(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Organisation:
    slug: str
    name: Name
    role: str  # lead | operator | coordinator | other
    origin: Origin


@dataclass(frozen=True, slots=True)
class Approval:
    slug: str
    kind: str  # retained-exit | retained-vertical | exception | channel | shared-transport
    by: str  # organisation slug
    reference: str  # number of the document
    granted: date
    expires: date
    origin: Origin


@dataclass(frozen=True, slots=True)
class RuleException:
    """A rule that does not hold for a subject until a date, by an approval. Expiry is a finding of the proof, never an input error."""

    rule: str
    subject: str
    approval: str
    reason: Name
    origin: Origin


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something that the proof takes for granted, with an owner."""

    slug: str
    text: Name
    owner: str  # organisation slug
    origin: Origin


@dataclass(frozen=True, slots=True)
class Site:
    """A place with devices. `key` is the path of slugs: `municipal`, `qingzhen`, `qingzhen/hongfenghu`."""

    key: str
    realm: Realm
    tier: Tier
    name: Name
    code: str  # statistical code, 6 or 9 digits; empty where there is none
    number: int
    county: str | None  # slug of the county that the site is in
    survives: int  # how many failures its connection is promised to survive
    origin: Origin


@dataclass(frozen=True, slots=True)
class Port:
    """One socket of a chassis. `index` counts data ports from 1; management and console sockets have index 0."""

    name: str
    index: int
    kind: str  # data | management | console
    media: str  # copper | fibre | serial


@dataclass(frozen=True, slots=True)
class Model:
    """A chassis model as its maker sells it."""

    name: str
    title: str
    platform: str
    ports: tuple[Port, ...]
    switching: bool  # its data ports are switch ports until configured otherwise
    fail_open: bool = False  # passes packets when it has no power (a bypass card): counts as a cable


@dataclass(frozen=True, slots=True)
class Device:
    name: str
    site: str
    realm: Realm
    tier: Tier
    role: Role
    model: Model
    number: int
    management: str  # inband | oob | none
    routes: bool  # routes or filters packets (else it is pure layer 2, or no network device at all)
    rendered: bool
    enclosure: str  # chassis that it is built into: its own name, except for the host units of one gatekeeper
    room: str | None
    rack: str | None
    survey: Survey
    origin: Origin

    @property
    def platform(self) -> str:
        return self.model.platform


@dataclass(frozen=True, slots=True)
class Attachment:
    """Where something is plugged in: a port, and a channel of it (none, a VLAN, or a timeslot)."""

    device: str
    port: str
    vlan: int | None = None
    timeslot: int | None = None

    def __str__(self) -> str:
        channel = f" vlan {self.vlan}" if self.vlan is not None else f" timeslot {self.timeslot}" if self.timeslot is not None else ""
        return f"{self.device} {self.port}{channel}"


@dataclass(frozen=True, slots=True)
class Cable:
    id: str
    realm: Realm
    use: Use
    medium: Medium
    a: Attachment
    b: Attachment
    survey: Survey
    origin: Origin
    number: int | None = None  # of a routed cable: its link address follows from it
    risk: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Circuit:
    """A line of a carrier. `far` is an attachment of ours, or None where `peer` (province, ISP) is at the other end."""

    id: str
    realm: Realm
    carrier: str
    reference: str
    medium: Medium
    position: str | None  # which fibre, wavelength or timeslot
    mbps: int
    risk: tuple[str, ...]
    a: Attachment
    b: Attachment | None
    peer: str | None
    separation: str | None  # INNER: dedicated-fibre | wavelength | timeslot
    encryption: str | None  # INNER: the link encryption it has
    survey: Survey
    origin: Origin


@dataclass(frozen=True, slots=True)
class Peer:
    """An external network: the province, or an Internet carrier. Not rendered."""

    slug: str
    realm: Realm  # INTERNET for a carrier
    kind: str  # province | isp
    name: Name
    asn: int
    accepts: tuple[IPv4Network, ...]  # prefixes that it may announce to us (0.0.0.0/0 from a carrier)
    announces: tuple[IPv4Network, ...]  # prefixes that we announce to it
    origin: Origin


class PartyKind(StrEnum):
    AGENCY = "agency"
    TOWNSHIP = "township"
    ZONE = "zone"  # a zone of servers: hosting, DMZ, NOC
    OPERATORS = "operators"  # the terminals of the network management centre
    TERMINALS = "terminals"  # inner terminals of a department in a county
    NODE = "node"  # a node of the distance-education network
    MEMBER = "member"  # a member's network in a VRF vertical
    EXIT = "exit"  # the network of a unit behind its own retained exit
    DEVICES = "devices"  # the network devices themselves, as what management talks to
    PROVINCE = "province"
    INTERNET = "internet"


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who sends packets: an agency, a zone of servers, a peer. Isolation is between parties."""

    id: str
    kind: PartyKind
    realm: Realm
    vrf: str | None
    name: Name
    site: str | None
    tier: Tier
    prefixes: tuple[IPv4Network, ...]
    attachments: tuple[Attachment, ...]  # ports at which its packets enter
    gateways: tuple[str, ...]  # devices that are its first hop
    system: System | None
    level: Level
    phase: int
    state: str  # connected | building | planned
    origin: Origin
    zone_kind: str | None = None
    internet: bool = False  # may use the Internet through the egress
    legacy: bool = False  # an address range from before the plan, kept
    survives: int = 0


@dataclass(frozen=True, slots=True)
class PortRange:
    """Inclusive; `first == last` for one port."""

    first: int
    last: int

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class Host:
    """A server: the role of a service at an address, in a zone."""

    service: str
    role: str
    party: str  # zone party id
    address: IPv4Address
    origin: Origin


@dataclass(frozen=True, slots=True)
class Flow:
    """A declared permission: clients of `sources` open connections to `destinations` (addresses inside `to`) on `ports`.

    Its return shape follows: tuple swapped; TCP with ACK or RST, UDP from the service's port, ICMP errors about it.
    """

    id: str
    realm: Realm
    vrf: str | None
    service: str
    role: str
    protocol: str  # tcp | udp | icmp
    ports: tuple[PortRange, ...]  # of the service; empty for icmp (echo)
    sources: tuple[str, ...]  # party ids
    source_addresses: tuple[IPv4Address, ...]  # empty: any address of the source parties
    to: str  # party id
    destinations: tuple[IPv4Address, ...]  # empty: any address of `to`
    level: Level
    plan: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class Publication:
    """A server that the Internet may reach: a public address and port a carrier, translated to a server in the DMZ."""

    flow: str
    carrier: str
    protocol: str
    public: IPv4Address
    public_port: int
    inside: IPv4Address
    inside_port: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class FerryChannel:
    """What a gatekeeper may move: one declared channel, in one direction."""

    id: str
    number: int
    gatekeeper: str
    owner: str
    direction: str  # inner-to-outer | outer-to-inner
    kind: str  # file | db | mail
    content: Name
    level: Level
    approval: str
    service: str
    outer_role: str
    inner_role: str
    outer: IPv4Address | None  # None where that side's root is absent
    inner: IPv4Address | None
    interval_s: int
    allow: tuple[str, ...]  # file name patterns, tables, or sender domains by kind
    max_mb: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Gatekeeper:
    """One enclosure with an outer and an inner host unit and an exchange arc: no IP passes between the units (GB/T 20279)."""

    slug: str
    number: int
    name: Name
    mode: str  # standby | split
    outer_unit: str | None  # device names; None where that side's root is absent
    inner_unit: str | None
    channels: tuple[str, ...]
    origin: Origin


@dataclass(frozen=True, slots=True)
class VerticalNetwork:
    slug: str
    number: int
    realm: Realm
    name: Name
    state: str  # merged | retained | pending
    mode: str | None  # flows | vrf, of a merged one
    owner: str  # agency party id
    members: tuple[str, ...]  # party ids
    since: int  # year it was built; none newer than the plan
    approval: str | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class RetainedExit:
    """A unit that keeps an Internet exit of its own, by approval, for itself alone (plan §7.1.1)."""

    slug: str
    party: str
    device: str
    peer: str
    approval: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Policy:
    """What the city decided about the rules themselves."""

    shared_transport: tuple[str, ...]  # media that realms may share by: fibre, wavelength, timeslot
    phases: tuple[tuple[int, date], ...]  # when each phase has to be complete
    accept_t2: tuple[str, ...]  # safety rules that may rest on exact forwarding
    plan_year: int
    organs: tuple[str, ...]  # agencies with two physically separate LANs
    origin: Origin


@dataclass(frozen=True, slots=True)
class Facts:
    """The whole city as it is decreed and built. `realms` are those whose root is present."""

    slug: str
    name: Name
    realms: tuple[Realm, ...]
    organisations: tuple[Organisation, ...]
    approvals: tuple[Approval, ...]
    exceptions: tuple[RuleException, ...]
    assumptions: tuple[Assumption, ...]
    policy: Policy
    sites: tuple[Site, ...]
    devices: tuple[Device, ...]
    cables: tuple[Cable, ...]
    circuits: tuple[Circuit, ...]
    peers: tuple[Peer, ...]
    parties: tuple[Party, ...]
    hosts: tuple[Host, ...]
    flows: tuple[Flow, ...]
    publications: tuple[Publication, ...]
    gatekeepers: tuple[Gatekeeper, ...]
    channels: tuple[FerryChannel, ...]
    verticals: tuple[VerticalNetwork, ...]
    exits: tuple[RetainedExit, ...]
    retired: tuple[tuple[str, int], ...] = field(default=())
