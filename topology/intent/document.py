"""What the files of an inventory may hold. A root's files are read as one: sections of several files add up."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from topology.facts import Level, Realm
from topology.intent.common import (
    ApprovalIntent,
    Ascii,
    AssumptionIntent,
    CityIntent,
    ExceptionIntent,
    Names,
    OrganisationIntent,
    PolicyIntent,
    Prefix,
    ServicePort,
    Slug,
    Text1,
)
from topology.intent.sites import CountyIntent, MunicipalIntent, PeerIntent, Plug, ProfileIntent
from topology.node import Node


class PoolIntent(Node):
    """`each`: prefix length of one allocation; number n takes the n-th (from 0) of the pool."""

    prefix: Prefix
    each: Annotated[int, Field(ge=8, le=32, strict=True)]


class SliceIntent(Node):
    """A part of each county's (or vertical's) block: `count` allocations of length `each` from `offset` on."""

    offset: Prefix  # relative: 0.0.64.0/18
    each: Annotated[int, Field(ge=8, le=32, strict=True)]


class CountyLayoutIntent(Node):
    agency: SliceIntent
    township: SliceIntent
    link: SliceIntent
    management: SliceIntent
    loopback: SliceIntent


class TownshipLayoutIntent(Node):
    lan: Annotated[int, Field(ge=16, le=30, strict=True)]  # prefix length of each network of a township inside its block


class VerticalLayoutIntent(Node):
    member: SliceIntent
    link: SliceIntent


class PoolsIntent(Node):
    """Where addresses come from. Each is a function of (pool, number): nothing moves when something is added."""

    loopback: PoolIntent  # municipal devices
    link: PoolIntent  # municipal routed cables
    segment: PoolIntent
    agency: PoolIntent
    zone: PoolIntent
    exit: PoolIntent | None = None
    management: Prefix  # municipal layer-2 devices
    oob: Prefix | None = None
    heartbeat: PoolIntent | None = None
    county: PoolIntent | None = None
    county_layout: CountyLayoutIntent | None = None
    township_layout: TownshipLayoutIntent | None = None
    vertical: PoolIntent | None = None
    vertical_layout: VerticalLayoutIntent | None = None


class RoutingIntent(Node):
    """Routing values; the defaults are the design's own and are written out on every platform."""

    asn: Annotated[int, Field(ge=1, le=4294967295, strict=True)]
    reference_mbps: int = 100_000
    hello_s: Annotated[int, Field(ge=1, le=60)] = 10
    dead_s: Annotated[int, Field(ge=3, le=240)] = 40
    maximum_paths: Annotated[int, Field(ge=1, le=8)] = 4
    preference: int = 10
    preference_external: int = 150
    preference_static: int = 60
    preference_ebgp: int = 20
    preference_ibgp: int = 200


class ManagementIntent(Node):
    contact: Ascii
    banner: Ascii
    operators: tuple[Slug, ...]  # zones of kind operators whose terminals may open sessions
    administrator: Ascii = "netadmin"
    auditor: Ascii = "netaudit"


class NetworkIntent(Node):
    name: Names
    routing: RoutingIntent
    management: ManagementIntent


class VerticalMember(Node):
    """A member of a VRF vertical: an agency that has a network of its own in it, at one port."""

    agency: Slug
    at_port: Plug = Field(alias="at")
    county: Slug | None = None
    number: Annotated[int, Field(ge=0, le=250, strict=True)]


class VerticalIntent(Node):
    number: Annotated[int, Field(ge=1, le=60, strict=True)]
    name: Names
    owner: Slug
    state: Literal["merged", "retained", "pending"]
    mode: Literal["flows", "vrf"] | None = None
    since: Annotated[int, Field(ge=1980, le=2100, strict=True)]
    members: tuple[Text1, ...] = ()  # selectors, of mode flows and of unmerged ones
    attached: tuple[VerticalMember, ...] = ()  # of mode vrf
    services: tuple[Slug, ...] = ()
    approval: Slug | None = None


class RoleHosts(Node):
    """Servers of one role: the zone that they stand in and their numbers there."""

    zone: Slug
    hosts: tuple[Annotated[int, Field(ge=1, le=60000, strict=True)], ...]


class PublishIntent(Node):
    role: Slug
    number: Annotated[int, Field(ge=1, le=250, strict=True)]  # public address: the n-th of each carrier's translated block


class PlacementIntent(Node):
    """Who runs a system, where, and for whom."""

    realm: Literal[Realm.OUTER, Realm.INNER] = Realm.OUTER
    operator: Slug
    roles: dict[Slug, RoleHosts]
    users: dict[Slug, tuple[Text1, ...]] = {}  # role -> selectors of those who may use it
    publish: tuple[PublishIntent, ...] = ()


class FlowIntent(Node):
    """A permission that no service description implies. Between realms it has to name a gatekeeper channel."""

    source: tuple[Text1, ...] = Field(alias="from")
    to: Text1  # service/role, a selector of one party, or `internet`
    ports: tuple[ServicePort, ...] = ()
    reason: Names | Text1
    approval: Slug | None = None
    channel: Slug | None = None


class HostUnitIntent(Node):
    model: Slug
    number: Annotated[int, Field(ge=1, le=250, strict=True)]
    zone: Slug
    host: Annotated[int, Field(ge=1, le=250, strict=True)]
    port: Ascii
    arc: Ascii
    to: Plug  # the switch port that it is plugged into


class GatekeeperIntent(Node):
    """One enclosure; each unit's network is described beside it and used only where that side's root is present."""

    number: Annotated[int, Field(ge=1, le=30, strict=True)]
    name: Names | Text1
    enclosure: Slug
    mode: Literal["standby", "split"]
    peer: Slug | None = None
    room: Text1 | None = None
    rack: Text1 | None = None
    outer: HostUnitIntent
    inner: HostUnitIntent


class ChannelIntent(Node):
    number: Annotated[int, Field(ge=1, le=4000, strict=True)]
    gatekeeper: Slug
    owner: Slug
    service: Slug
    channel: Slug  # the service's own kind of data
    approval: Slug
    level: Level = Level.INTERNAL
    interval_s: Annotated[int, Field(ge=1, le=86400)] = 300
    allow: tuple[Ascii, ...]
    max_mb: Annotated[int, Field(ge=1, le=4096)] = 50


class CommonDocument(Node):
    """Files of the inventory folder itself: what both sides may know."""

    city: CityIntent | None = None
    organisations: dict[Slug, OrganisationIntent] = {}
    approvals: dict[Slug, ApprovalIntent] = {}
    exceptions: tuple[ExceptionIntent, ...] = ()
    assumptions: dict[Slug, AssumptionIntent] = {}
    policy: PolicyIntent | None = None
    placements: dict[str, PlacementIntent] = {}
    flows: dict[Slug, FlowIntent] = {}


class RealmDocument(Node):
    """Files of `outer/` or `inner/`."""

    network: NetworkIntent | None = None
    pools: PoolsIntent | None = None
    profiles: dict[Slug, ProfileIntent] = {}
    municipal: MunicipalIntent | None = None
    county: CountyIntent | None = None
    peers: dict[Slug, PeerIntent] = {}
    verticals: dict[Slug, VerticalIntent] = {}
    placements: dict[str, PlacementIntent] = {}
    flows: dict[Slug, FlowIntent] = {}
    approvals: dict[Slug, ApprovalIntent] = {}
    exceptions: tuple[ExceptionIntent, ...] = ()


class GatekeeperDocument(Node):
    gatekeepers: dict[Slug, GatekeeperIntent] = {}
    channels: dict[Slug, ChannelIntent] = {}
