"""What is known of a device while its lines are read: plain mutable drafts that become a `DeviceConfig` at the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from isolation_checks.snapshot import (
    Action,
    Applied,
    DestinationNat,
    InterfaceAddress,
    LastHop,
    Match,
    OspfArea,
    PolicyEntry,
    PrefixEntry,
    Range,
    Redistribution,
    Ref,
    Rule,
    Server,
    StaticRoute,
    Ternary,
    VirtualAddress,
    VrfLeak,
)


@dataclass(slots=True)
class AclDraft:
    name: str
    number: int | None
    kind: str  # basic | advanced | other
    ref: Ref
    auto: bool = False
    step: int = 5
    rules: dict[int, Rule] = field(default_factory=dict)

    def next_number(self) -> int:
        last = max(self.rules, default=0)
        return (last // self.step + 1) * self.step


@dataclass(slots=True)
class PortDraft:
    """How a port switches; None where the config says nothing."""

    portswitch: bool | None = None
    link_type: str | None = None
    default_vlan: int | None = None
    trunk_pvid: int | None = None
    allowed: set[int] | None = None  # of a trunk, without VLAN 1's default
    without_one: bool = False
    hybrid_pvid: int | None = None
    untagged: set[int] | None = None
    tagged: set[int] | None = None
    hybrid_without_one: bool = False
    isolation: tuple[str, ...] = ()


@dataclass(slots=True)
class OspfPortDraft:
    ref: Ref
    process: str | None = None
    area: str | None = None
    cost: int | None = None
    network_type: str = ""
    authentication: str = "none"
    hello: int | None = None
    dead: int | None = None
    priority: int | None = None


@dataclass(slots=True)
class InterfaceDraft:
    name: str
    ref: Ref
    description: str = ""
    shutdown: Ref | None = None
    vrf: str | None = None
    aggregate: str | None = None
    vlans: tuple[Range, ...] = ()
    port: PortDraft = field(default_factory=PortDraft)
    addresses: list[InterfaceAddress] = field(default_factory=list)
    unnumbered: str | None = None
    dynamic_address: Ref | None = None
    virtual: list[VirtualAddress] = field(default_factory=list)
    priorities: dict[int, int] = field(default_factory=dict)
    filters_in: list[Applied] = field(default_factory=list)
    filters_out: list[Applied] = field(default_factory=list)
    policy_route: Applied | None = None
    urpf: str | None = None
    urpf_default: bool = False
    urpf_ref: Ref | None = None
    last_hop: LastHop | None = None
    ospf: OspfPortDraft | None = None
    mtu: int | None = None
    ipv6: Ref | None = None
    services: list[str] = field(default_factory=list)
    services_off: bool = False
    zone: str | None = None
    flags: list[str] = field(default_factory=list)
    no_lldp: bool = False


@dataclass(slots=True)
class VlanDraft:
    id: int
    ref: Ref
    name: str = ""
    filters_in: list[Applied] = field(default_factory=list)
    filters_out: list[Applied] = field(default_factory=list)


@dataclass(slots=True)
class VrfDraft:
    name: str
    ref: Ref
    distinguisher: str = ""
    imports: list[str] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ClassifierDraft:
    ref: Ref
    operator: str = ""  # "" where not written
    acls: list[Applied] = field(default_factory=list)
    narrowed: bool = False  # has conditions that the model does not hold
    any: Ref | None = None  # if-match any


@dataclass(slots=True)
class BehaviorDraft:
    ref: Ref
    deny: bool = False
    plain: bool = True  # only permits or denies


@dataclass(slots=True)
class TrafficPolicyDraft:
    ref: Ref
    pairs: list[tuple[str, str, int, Ref]] = field(default_factory=list)  # classifier, behavior, precedence
    auto: bool = False


@dataclass(slots=True)
class OspfDraft:
    id: str
    ref: Ref
    vrf: str | None = None
    router_id: int | None = None
    areas: dict[str, AreaDraft] = field(default_factory=dict)
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
class AreaDraft:
    id: str
    ref: Ref
    kind: str = "normal"
    networks: list[tuple[Ternary, Ref]] = field(default_factory=list)
    ranges: list[tuple[int, int, bool, Ref]] = field(default_factory=list)
    authentication: str = "none"
    default_cost: int | None = None
    filters: list[tuple[str, str, Ref]] = field(default_factory=list)

    def done(self) -> OspfArea:
        return OspfArea(
            self.id,
            self.kind,
            tuple(self.networks),
            tuple(self.ranges),
            self.authentication,
            self.ref,
            self.default_cost,
            tuple(self.filters),
        )


@dataclass(slots=True)
class PeerDraft:
    address: str
    ref: Ref
    is_group: bool = False
    remote_as: str = ""
    group: str | None = None
    description: str = ""
    source: str | None = None
    password: bool = False
    shutdown: bool = False
    active: bool | None = None
    in_policies: list[Applied] = field(default_factory=list)
    out_policies: list[Applied] = field(default_factory=list)
    multihop: int | None = None
    ttl_security: int | None = None
    maximum_prefixes: int | None = None
    next_hop_self: bool = False
    reflector_client: bool = False
    default_originate: Ref | None = None
    flags: list[str] = field(default_factory=list)


@dataclass(slots=True)
class BgpDraft:
    asn: str
    ref: Ref
    vrf: str | None = None
    router_id: int | None = None
    peers: dict[str, PeerDraft] = field(default_factory=dict)
    default_active: bool = True
    networks: list[tuple[int, int, str | None, Ref]] = field(default_factory=list)
    aggregates: list[tuple[int, int, bool, Ref]] = field(default_factory=list)
    redistributions: list[Redistribution] = field(default_factory=list)
    default_route: Ref | None = None
    distances: dict[str, int] = field(default_factory=dict)
    maximum_paths: int | None = None


@dataclass(slots=True)
class ListDraft:
    """A prefix list, a route policy, a community list."""

    ref: Ref
    kind: str = "route-policy"
    prefixes: list[PrefixEntry] = field(default_factory=list)
    entries: list[PolicyEntry] = field(default_factory=list)


@dataclass(slots=True)
class NodeDraft:
    """A node of a route policy that is being read."""

    policy: ListDraft
    number: int
    action: Action
    ref: Ref
    matches: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    sets: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)


@dataclass(slots=True)
class OutboundNat:
    """``nat outbound`` of a router, whose ACL is looked up when all lines are read."""

    interface: str
    acl: str | None
    group: str | None
    ports: bool
    ref: Ref
    own: bool = True


@dataclass(slots=True)
class LineDraft:
    kind: str
    first: int
    last: int
    ref: Ref
    protocols: tuple[str, ...] | None = None
    filters: list[Applied] = field(default_factory=list)
    authentication: str = ""
    idle_s: int | None = None


@dataclass(slots=True)
class UserDraft:
    name: str
    ref: Ref
    privilege: str = ""
    secret: str = "none"  # noqa: S105 - a kind of secret
    default: bool = False
    services: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ServiceDraft:
    enabled: bool | None
    port: int
    ref: Ref | None = None
    filters: list[Applied] = field(default_factory=list)


@dataclass(slots=True)
class SnmpGroup:
    security: str
    write: bool
    filters: tuple[Applied, ...]
    ref: Ref


@dataclass(slots=True)
class SnmpUser:
    ref: Ref
    group: str = ""
    authentication: bool = False
    privacy: bool = False
    filters: list[Applied] = field(default_factory=list)


@dataclass(slots=True)
class SnmpCommunity:
    version: str
    write: bool
    default: bool
    filters: tuple[Applied, ...]
    ref: Ref


@dataclass(slots=True)
class SetDraft:
    """An address set or a service set. ``members`` are matches of one dimension; ``nested`` the names of further sets."""

    ref: Ref
    addresses: list[Ternary] = field(default_factory=list)
    services: list[Match] = field(default_factory=list)
    nested: list[str] = field(default_factory=list)
    inexact: bool = False  # has members that the model does not hold
    any: bool = False


@dataclass(slots=True)
class PolicyRuleDraft:
    """A rule of a security policy, a NAT policy or an old interzone policy."""

    name: str
    ref: Ref
    from_zones: list[str] = field(default_factory=list)
    to_zones: list[str] = field(default_factory=list)
    sources: list[Ternary] = field(default_factory=list)
    source_sets: list[str] = field(default_factory=list)
    destinations: list[Ternary] = field(default_factory=list)
    destination_sets: list[str] = field(default_factory=list)
    any_source: bool = False
    six_source: bool = False  # names IPv6 addresses, which match no packet of ours
    six_destination: bool = False
    any_destination: bool = False
    services: list[str] = field(default_factory=list)
    inline_services: list[Match] = field(default_factory=list)
    any_service: bool = False
    conditional: bool = False
    disabled: bool = False
    action: str | None = None
    target: str | None = None  # address group of a NAT rule
    ports: bool = True
    egress: str | None = None


@dataclass(slots=True)
class ZoneDraft:
    name: str
    ref: Ref
    priority: int | None = None
    interfaces: list[Applied] = field(default_factory=list)


@dataclass(slots=True)
class PoolDraft:
    ref: Ref
    ranges: list[Range] = field(default_factory=list)
    ports: bool = True


@dataclass(slots=True)
class Draft:
    """Everything of one device."""

    name: str = ""
    name_ref: Ref | None = None
    version: str = ""
    acls: dict[str, AclDraft] = field(default_factory=dict)
    acl_numbers: dict[str, str] = field(default_factory=dict)
    interfaces: dict[str, InterfaceDraft] = field(default_factory=dict)
    vlans: dict[int, VlanDraft] = field(default_factory=dict)
    vrfs: dict[str, VrfDraft] = field(default_factory=dict)
    leaks: list[VrfLeak] = field(default_factory=list)
    global_in: list[Applied] = field(default_factory=list)
    global_out: list[Applied] = field(default_factory=list)
    classifiers: dict[str, ClassifierDraft] = field(default_factory=dict)
    behaviors: dict[str, BehaviorDraft] = field(default_factory=dict)
    policies: dict[str, TrafficPolicyDraft] = field(default_factory=dict)
    single_rules: dict[str, tuple[str, int]] = field(default_factory=dict)  # filters made of one rule of an ACL
    routes: list[StaticRoute] = field(default_factory=list)
    router_id: int | None = None
    ospf: dict[str, OspfDraft] = field(default_factory=dict)
    bgp: dict[str | None, BgpDraft] = field(default_factory=dict)
    prefix_lists: dict[str, ListDraft] = field(default_factory=dict)
    route_policies: dict[str, ListDraft] = field(default_factory=dict)
    nodes: list[tuple[str, NodeDraft]] = field(default_factory=list)
    pools: dict[str, PoolDraft] = field(default_factory=dict)
    outbound: list[OutboundNat] = field(default_factory=list)
    destination_nat: list[DestinationNat] = field(default_factory=list)
    services: dict[str, ServiceDraft] = field(default_factory=dict)
    lines: list[LineDraft] = field(default_factory=list)
    users: dict[str, UserDraft] = field(default_factory=dict)
    servers: list[Server] = field(default_factory=list)
    snmp_groups: dict[str, SnmpGroup] = field(default_factory=dict)
    snmp_users: dict[str, SnmpUser] = field(default_factory=dict)
    snmp_communities: list[SnmpCommunity] = field(default_factory=list)
    schemes: dict[str, Ref | None] = field(default_factory=dict)  # of authentication: where servers come first
    used_schemes: list[str] = field(default_factory=list)
    flags: dict[str, Ref] = field(default_factory=dict)
    lldp: bool = False
    zones: dict[str, ZoneDraft] = field(default_factory=dict)
    address_sets: dict[str, SetDraft] = field(default_factory=dict)
    service_sets: dict[str, SetDraft] = field(default_factory=dict)
    security_rules: dict[str, PolicyRuleDraft] = field(default_factory=dict)
    interzone_rules: list[tuple[str, str, str, PolicyRuleDraft]] = field(default_factory=list)  # zones, direction
    interzone_defaults: list[tuple[str, str, str, Action, Ref]] = field(default_factory=list)
    nat_rules: dict[str, PolicyRuleDraft] = field(default_factory=dict)
    default_action: Action | None = None
    default_ref: Ref | None = None
    intrazone: Ref | None = None
    router_zones: list[tuple[str, str, Ref]] = field(default_factory=list)
    forwarding_off: Ref | None = None
    facts: dict[str, str] = field(default_factory=dict)
