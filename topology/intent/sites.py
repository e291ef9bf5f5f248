"""Sites and what stands in them: chassis, cables, circuits, agencies. Profiles supply what sites of a kind have in common."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from topology.facts import Level, Medium, Role, System, Use
from topology.intent.common import Names, Number, PortName, Prefix, Slug, State, SurveyState, Survives, Text1, VlanId
from topology.node import Node

Plug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]* [A-Za-z][A-Za-z-]*[0-9/.:]*[0-9]$")]  # "core1 GigabitEthernet3/0/0"
Risk = tuple[Annotated[str, StringConstraints(pattern=r"^(duct|fibre|building|node|power)-[a-z0-9-]+$")], ...]


class DeviceIntent(Node):
    """One chassis. `number` is unique among the devices of its site and realm: its own addresses follow from it."""

    model: Slug
    role: Role
    number: Annotated[int, Field(ge=1, le=250, strict=True)]
    management: Literal["inband", "oob", "none"] = "inband"
    room: Text1 | None = None
    rack: Text1 | None = None
    survey: SurveyState | None = None


class CableIntent(Node):
    """One cable. A routed cable has a number: the addresses of its two ends follow from it."""

    a: Plug
    b: Plug
    use: Use
    medium: Medium = Medium.COPPER
    number: Number | None = None
    cost: Annotated[int, Field(ge=1, le=65535)] | None = None
    lag: Annotated[int, Field(ge=1, le=64)] | None = None  # cables of one bundle carry one number
    vrfs: bool = False  # verticals in VRFs run over it, each on a VLAN of its own
    risk: Risk = ()
    survey: SurveyState | None = None


class CircuitIntent(Node):
    """A carrier's circuit of a site. `to` is the far plug (county) or `via` the far carrier port (township)."""

    to: Plug | None = None
    via: Slug | None = None
    carrier: Slug | None = None
    ref: Text1
    medium: Medium | None = None
    position: Text1 | None = None
    mbps: Annotated[int, Field(ge=1, le=400000, strict=True)]
    risk: Risk = ()
    vlan: VlanId | None = None  # the channel at the far carrier port; default: its base plus the site's number
    timeslot: Annotated[int, Field(ge=1, le=63)] | None = None
    cost: Annotated[int, Field(ge=1, le=65535)] | None = None
    separation: Literal["dedicated-fibre", "wavelength", "timeslot"] | None = None
    encryption: Text1 | None = None
    survey: SurveyState | None = None


class HandoffIntent(Node):
    """A carrier's port at which many townships arrive, told apart by VLAN or timeslot."""

    port: Plug
    carrier: Slug
    medium: Medium
    ref: Text1
    base: Annotated[int, Field(ge=2, le=3900, strict=True)]  # township number n arrives on VLAN base + n
    risk: Risk = ()
    survey: SurveyState | None = None


class AccessIntent(Node):
    """Where agencies are plugged in: agency number n takes the n-th port."""

    device: Slug
    ports: tuple[PortName, ...]


class BackupLinkIntent(Node):
    """The second adjacency of a router pair, through the switch, on a medium of its own."""

    vlan: VlanId
    number: Number
    cost: Annotated[int, Field(ge=1, le=65535)] = 20


class LanIntent(Node):
    """A network that every site of a profile has."""

    vlan: VlanId
    index: Annotated[int, Field(ge=0, le=15)]  # which part of the site's block
    kind: Literal["township", "node"]
    ports: tuple[Plug, ...]


class ProfileIntent(Node):
    """What sites of a kind have in common: devices, cabling, which port is for what."""

    tier: Literal["county", "township"]
    devices: dict[Slug, DeviceIntent]
    cables: tuple[CableIntent, ...] = ()
    uplinks: dict[Literal["a", "b", "c", "d"], Plug]
    survives: Survives = 0
    management_vlan: VlanId | None = None
    agency_vlan_base: Annotated[int, Field(ge=2, le=3900)] | None = None
    access: AccessIntent | None = None
    backup_link: BackupLinkIntent | None = None
    lans: dict[Slug, LanIntent] = {}
    vertical_vlan_base: Annotated[int, Field(ge=2, le=4000)] | None = None


class AgencyIntent(Node):
    """An access unit (接入单位). `at` names its ports where they do not follow from its number; two for two buildings."""

    number: Annotated[int, Field(ge=1, le=254, strict=True)]
    slug: Slug
    name: Names | Text1
    system: System = System.GOVERNMENT
    at_ports: tuple[Plug, ...] = Field((), alias="at")
    phase: Literal[1, 2] = 1
    state: State = "connected"
    internet: bool = True
    classified: bool = False  # carries secret information: has a second, physically separate LAN on the inner network
    level: Level = Level.INTERNAL
    prefix: Prefix | None = None  # a pin: this prefix instead of the one that follows from the number
    legacy: Prefix | None = None  # an address range from before the plan that it keeps for now, beside its own
    noc: bool = False  # a county's network management centre: reads its own county's devices
    node: bool = False  # a node of the distance-education network
    assumed: bool = False


class TownshipIntent(Node):
    number: Annotated[int, Field(ge=1, le=250, strict=True)]
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{9}$")]
    name: Names | Text1
    slug: Slug
    profile: Slug
    uplinks: dict[Literal["a", "b", "c", "d"], CircuitIntent]
    survives: Survives | None = None
    phase: Literal[1, 2] = 1
    state: State = "connected"
    prefix: Prefix | None = None  # a pin of the township's block
    devices: dict[Slug, DeviceIntent] = {}  # what differs from the profile


class TerminalsIntent(Node):
    """Inner terminals of one named department in a county, with the level that they may handle (plan §7.1.1)."""

    number: Annotated[int, Field(ge=1, le=60, strict=True)]
    slug: Slug
    department: Names | Text1
    level: Level
    at_port: Plug = Field(alias="at")
    system: System = System.GOVERNMENT


class CountyIntent(Node):
    number: Annotated[int, Field(ge=1, le=4000, strict=True)]
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
    name: Names | Text1
    slug: Slug
    profile: Slug
    uplinks: dict[Literal["a", "b", "c", "d"], CircuitIntent]
    handoffs: dict[Slug, HandoffIntent] = {}
    survives: Survives | None = None
    agencies: tuple[AgencyIntent, ...] = ()
    terminals: tuple[TerminalsIntent, ...] = ()
    townships: tuple[TownshipIntent, ...] = ()
    devices: dict[Slug, DeviceIntent] = {}
    retired: tuple[int, ...] = ()  # numbers of deleted townships, never used again
    retired_agencies: tuple[int, ...] = ()


class SegmentIntent(Node):
    """A shared network between gateways, or of devices' management.

    Host numbers: gateways 1 (virtual), 2 and 3; a firewall pair that is no gateway here 4 (virtual), 5 and 6; others 6 + device number.
    """

    number: Annotated[int, Field(ge=1, le=60, strict=True)]
    vlan: VlanId
    members: tuple[Slug, ...]
    gateways: tuple[Slug, ...] = ()
    hosts: dict[Slug, Annotated[int, Field(ge=7, le=250, strict=True)]] = {}  # pins: host number of a member that is no gateway
    prefix: Prefix | None = None


class PairIntent(Node):
    """A firewall pair, active/standby, seen as one object. `inside` is the segment towards the gateways of the centre."""

    active: Slug
    standby: Slug
    number: Annotated[int, Field(ge=1, le=16, strict=True)]
    inside: Slug
    border_management: Slug | None = None  # segment that its border devices are managed on


class CarrierIntent(Node):
    """One carrier at the egress: its border router, the segment outside the firewall, the translated block."""

    number: Annotated[int, Field(ge=1, le=9, strict=True)]
    name: Names | Text1
    peer: Slug
    router: Slug
    uplink: CircuitIntent
    plug: Plug
    segment: Slug
    block: Prefix  # what this carrier has assigned to us and what the border router announces
    translated: Prefix  # part of `block` behind the firewall: NAT pool and published addresses
    pool: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]  # first and last host number of the pool in `translated`
    preference: Annotated[int, Field(ge=1, le=255)] = 60


class EgressIntent(Node):
    pair: Slug
    carriers: dict[Slug, CarrierIntent]


class ZoneIntent(Node):
    """A zone of servers behind a firewall pair or behind gateways."""

    number: Annotated[int, Field(ge=1, le=200, strict=True)]
    name: Names | Text1
    kind: Literal["exchange", "data", "pki", "office", "business", "public", "management", "operators"]
    vlan: VlanId
    behind: Slug | None = None  # a firewall pair
    gateways: tuple[Slug, ...] = ()
    at_ports: tuple[Plug, ...] = Field(alias="at")  # ports of its servers
    prefix: Prefix | None = None
    level: Level = Level.INTERNAL


class ExitIntent(Node):
    """A unit's own Internet exit, kept by approval: a firewall between its LAN, the outer network and a carrier."""

    number: Annotated[int, Field(ge=1, le=30, strict=True)]
    agency: Slug
    device: Slug
    lan: PortName
    outer: PortName
    internet: PortName
    peer: Slug
    uplink: CircuitIntent
    approval: Slug
    survives: Survives = 0  # of the unit: it is joined by its own firewall, not like the other units of the centre


class ProvinceLinkIntent(Node):
    number: Number
    device: Slug
    plug: PortName
    uplink: CircuitIntent


class PeerIntent(Node):
    kind: Literal["province", "isp"]
    name: Names | Text1
    asn: Annotated[int, Field(ge=1, le=4294967295, strict=True)]
    accepts: tuple[Prefix, ...]
    announces: tuple[Prefix, ...] = ()
    links: dict[Slug, ProvinceLinkIntent] = {}
    link_prefix: Prefix | None = None  # addresses of the links, assigned by the peer


class MunicipalIntent(Node):
    """The municipal centre: everything of the realm that stands at city level."""

    slug: Slug
    name: Names | Text1
    code: str = ""
    gateways: tuple[Slug, ...]  # first hop of municipal agencies
    cores: tuple[Slug, ...]
    noc: tuple[Slug, ...]  # gateways of the network management centre
    management_vlan: VlanId
    management_gateways: tuple[Slug, ...]
    oob_vlan: VlanId | None = None
    agency_vlan_base: Annotated[int, Field(ge=2, le=3900)] = 100
    vertical_vlan_base: Annotated[int, Field(ge=2, le=4000)] = 3000
    devices: dict[Slug, DeviceIntent]
    cables: tuple[CableIntent, ...] = ()
    segments: dict[Slug, SegmentIntent] = {}
    pairs: dict[Slug, PairIntent] = {}
    zones: dict[Slug, ZoneIntent] = {}
    agencies: tuple[AgencyIntent, ...] = ()
    exits: dict[Slug, ExitIntent] = {}
    egress: EgressIntent | None = None
    retired_agencies: tuple[int, ...] = ()
