"""A device while its config is read: what each topic's commands fill in. Frozen objects of the snapshot are made from it at the end."""

from __future__ import annotations

from dataclasses import dataclass, field

from isolation_checks.snapshot import (
    Action,
    AddressSet,
    Applied,
    InterfaceAddress,
    LastHop,
    Match,
    OspfArea,
    PolicyEntry,
    PrefixEntry,
    Ranges,
    Redistribution,
    Ref,
    Server,
    Service,
    StaticRoute,
    Ternary,
    Vrf,
)


@dataclass(slots=True)
class RuleDraft:
    """A rule of an ACL. ``groups``: object groups by the field that they fill."""

    action: Action
    match: Match
    conditional: bool
    ref: Ref
    groups: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class AclDraft:
    name: str
    ref: Ref
    auto: bool = False
    step: int = 5
    layer: int = 3
    rules: dict[int, RuleDraft] = field(default_factory=dict)


@dataclass(slots=True)
class AddressGroup:
    """``open``: holds something that the model cannot resolve."""

    addresses: list[Ternary] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    open: bool = False


@dataclass(slots=True)
class ServiceGroup:
    matches: list[Match] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    open: bool = False


@dataclass(slots=True)
class VirtualDraft:
    ips: list[tuple[int, str, Ref]] = field(default_factory=list)
    priority: int | None = None


@dataclass(slots=True)
class OspfInterfaceDraft:
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
class NatServerDraft:
    name: str
    match: Match
    own_address: bool
    inside: tuple[int, int]
    inside_ports: tuple[int, int] | None
    acl: str | None
    reversible: bool
    ref: Ref


@dataclass(slots=True)
class NatOutboundDraft:
    acl: str | None
    group: str | None
    no_pat: bool
    ref: Ref


@dataclass(slots=True)
class InterfaceDraft:
    name: str
    ref: Ref
    description: str = ""
    shutdown: Ref | None = None
    vrf: str | None = None
    routed: bool | None = None  # port link-mode
    link_type: str = ""
    access_vlan: int = 1
    trunk_pvid: int = 1
    hybrid_pvid: int = 1
    trunk_permit: Ranges = ((1, 1),)
    hybrid_untagged: Ranges = ((1, 1),)
    hybrid_tagged: Ranges = ()
    layer2: bool = False  # some command of a switch port was given
    isolation: list[str] = field(default_factory=list)
    group: int | None = None  # of link aggregation
    aggregate: str | None = None
    vlans: Ranges = ()
    addresses: dict[int, InterfaceAddress] = field(default_factory=dict)
    unnumbered: str | None = None
    dynamic: Ref | None = None
    virtual: dict[int, VirtualDraft] = field(default_factory=dict)
    filters_in: list[Applied] = field(default_factory=list)
    filters_out: list[Applied] = field(default_factory=list)
    old_filters_in: list[Applied] = field(default_factory=list)  # firewall packet-filter: only in force with `firewall enable`
    old_filters_out: list[Applied] = field(default_factory=list)
    qos_in: list[Applied] = field(default_factory=list)
    qos_out: list[Applied] = field(default_factory=list)
    policy_route: Applied | None = None
    urpf: str | None = None
    urpf_default: bool = False
    urpf_ref: Ref | None = None
    last_hop: LastHop | None = None
    ospf: OspfInterfaceDraft | None = None
    mtu: int | None = None
    ipv6: Ref | None = None
    flags: dict[str, None] = field(default_factory=dict)
    services: dict[str, None] = field(default_factory=dict)
    nat_outbound: list[NatOutboundDraft] = field(default_factory=list)
    nat_servers: list[NatServerDraft] = field(default_factory=list)
    nat_static: bool = False


@dataclass(slots=True)
class VlanDraft:
    id: int
    ref: Ref
    name: str = ""
    filters_in: list[Applied] = field(default_factory=list)
    filters_out: list[Applied] = field(default_factory=list)


@dataclass(slots=True)
class AreaDraft:
    id: str
    ref: Ref
    kind: str = "normal"
    authentication: str = "none"
    networks: dict[Ternary, Ref] = field(default_factory=dict)
    ranges: list[tuple[int, int, bool, Ref]] = field(default_factory=list)
    filters: list[tuple[str, str, Ref]] = field(default_factory=list)
    default_cost: int | None = None

    def frozen(self) -> OspfArea:
        return OspfArea(
            self.id, self.kind, tuple(self.networks.items()), tuple(self.ranges), self.authentication, self.ref, self.default_cost,
            tuple(self.filters),
        )  # fmt: skip


@dataclass(slots=True)
class OspfDraft:
    id: str
    ref: Ref
    vrf: str | None = None
    router_id: int | None = None
    areas: dict[str, AreaDraft] = field(default_factory=dict)
    redistributions: list[Redistribution] = field(default_factory=list)
    default_route: str = ""
    default_policy: str | None = None
    passive_default: bool = False
    passive: dict[str, None] = field(default_factory=dict)
    active: dict[str, None] = field(default_factory=dict)
    bandwidth_reference: int | None = None
    distances: dict[str, int] = field(default_factory=dict)
    distribute: list[tuple[str, str, Ref]] = field(default_factory=list)
    maximum_paths: int | None = None
    pe_checks_off: bool = False
    default_metric: int | None = None
    default_route_metric: int | None = None
    default_route_type: int | None = None
    summaries: list[tuple[int, int, bool, Ref]] = field(default_factory=list)


@dataclass(slots=True)
class PeerDraft:
    """What was said of a peer or group; None where nothing was."""

    name: str
    ref: Ref
    is_group: bool = False
    internal: bool = False
    remote_as: str | None = None
    group: str | None = None
    description: str | None = None
    source: str | None = None
    password: bool | None = None
    shutdown: bool | None = None
    enabled: bool | None = None
    in_policies: dict[str, Applied] = field(default_factory=dict)
    out_policies: dict[str, Applied] = field(default_factory=dict)
    multihop: int | None = None
    ttl_security: int | None = None
    maximum_prefixes: int | None = None
    next_hop_self: bool | None = None
    reflector_client: bool | None = None
    default_originate: Ref | None = None
    flags: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class BgpDraft:
    asn: str
    vrf: str | None
    ref: Ref
    router_id: int | None = None
    peers: dict[str, PeerDraft] = field(default_factory=dict)
    networks: list[tuple[int, int, str | None, Ref]] = field(default_factory=list)
    aggregates: list[tuple[int, int, bool, Ref]] = field(default_factory=list)
    redistributions: list[Redistribution] = field(default_factory=list)
    default_route: Ref | None = None
    distances: dict[str, int] = field(default_factory=dict)
    maximum_paths: int | None = None
    families: bool = False  # an address family was entered: nothing is exchanged without `peer enable` in it


@dataclass(slots=True)
class PolicyNode:
    number: int
    action: Action
    ref: Ref
    matches: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    sets: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def frozen(self) -> PolicyEntry:
        return PolicyEntry(self.number, self.action, tuple(self.matches), tuple(self.sets), self.ref)


@dataclass(slots=True)
class PolicyDraft:
    name: str
    kind: str
    ref: Ref
    nodes: dict[int, PolicyNode] = field(default_factory=dict)
    vrfs: list[str] = field(default_factory=list)  # that packets are sent into


@dataclass(slots=True)
class ClassifierDraft:
    """``acls`` by name; ``any``: every packet; ``narrow``: there are conditions that the model does not hold."""

    ref: Ref
    conjunction: bool = True
    acls: list[str] = field(default_factory=list)
    any: bool = False
    narrow: bool = False


@dataclass(slots=True)
class BehaviorDraft:
    ref: Ref
    filter: Action | None = None
    sets: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    vrf: str | None = None  # of the next hop


@dataclass(slots=True)
class QosDraft:
    name: str
    ref: Ref
    pairs: dict[str, tuple[str, Ref]] = field(default_factory=dict)


@dataclass(slots=True)
class ZoneDraft:
    name: str
    ref: Ref
    priority: int | None = None
    interfaces: list[Applied] = field(default_factory=list)


@dataclass(slots=True)
class SecurityRule:
    """A rule of the security policy, of an object policy, or of the global NAT policy."""

    name: str
    ref: Ref
    number: int = 0
    action: str = ""
    from_zones: list[str] = field(default_factory=list)
    to_zones: list[str] = field(default_factory=list)
    sources: list[Ternary] = field(default_factory=list)
    destinations: list[Ternary] = field(default_factory=list)
    source_groups: list[str] = field(default_factory=list)
    destination_groups: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    service_matches: list[Match] = field(default_factory=list)
    vrf: str | None = None
    conditional: bool = False
    open: bool = False  # a condition that the model cannot resolve: a permit counts for everything
    disabled: bool = False
    snat: tuple[str, ...] = ()
    dnat: tuple[str, ...] = ()


@dataclass(slots=True)
class ZonePairDraft:
    source: str
    target: str
    ref: Ref
    policies: list[tuple[str, str, Ref]] = field(default_factory=list)  # object-policy | acl, name, line


@dataclass(slots=True)
class StaticNatDraft:
    inside: tuple[int, int]
    outside: tuple[int, int]
    acl: str | None
    reversible: bool
    outbound: bool
    ref: Ref


@dataclass(slots=True)
class UserDraft:
    name: str
    ref: Ref
    network: bool = False
    roles: dict[str, None] = field(default_factory=dict)
    secret: str = "none"  # noqa: S105 - how a secret is kept
    default: bool = False
    services: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class LineDraft:
    """None where nothing was said."""

    kind: str
    first: int
    last: int
    ref: Ref
    protocols: tuple[str, ...] | None = None
    filters: list[Applied] = field(default_factory=list)
    authentication: str | None = None
    idle_s: int | None = None


@dataclass(slots=True)
class SnmpDraft:
    version: str
    name: str
    security: str
    write: bool
    default: bool
    filters: tuple[Applied, ...]
    group: str | None
    ref: Ref


@dataclass(slots=True)
class DomainDraft:
    name: str
    login: tuple[bool, Ref] | None = None
    default: tuple[bool, Ref] | None = None


@dataclass(slots=True)
class Draft:
    """One device."""

    name: str = ""
    name_ref: Ref | None = None
    version: str = ""
    interfaces: dict[str, InterfaceDraft] = field(default_factory=dict)
    vlans: dict[int, VlanDraft] = field(default_factory=dict)
    vrfs: dict[str, Vrf] = field(default_factory=dict)
    acls: dict[str, AclDraft] = field(default_factory=dict)
    acl_names: dict[str, str] = field(default_factory=dict)  # lower-case name -> key in `acls`
    filter_default: Action = Action.PERMIT
    old_firewall: Ref | None = None
    global_in: list[Applied] = field(default_factory=list)
    global_out: list[Applied] = field(default_factory=list)
    global_qos_in: list[Applied] = field(default_factory=list)
    global_qos_out: list[Applied] = field(default_factory=list)
    vlan_qos: list[tuple[str, Ranges, bool, Ref]] = field(default_factory=list)
    urpf: tuple[str, bool, Ref] | None = None
    address_groups: dict[str, AddressGroup] = field(default_factory=dict)
    service_groups: dict[str, ServiceGroup] = field(default_factory=dict)
    port_groups: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    classifiers: dict[str, ClassifierDraft] = field(default_factory=dict)
    behaviors: dict[str, BehaviorDraft] = field(default_factory=dict)
    qos_policies: dict[str, QosDraft] = field(default_factory=dict)
    statics: dict[tuple[object, ...], StaticRoute] = field(default_factory=dict)
    static_preference: int = 60
    ospf: dict[str, OspfDraft] = field(default_factory=dict)
    bgp: dict[tuple[str, str | None], BgpDraft] = field(default_factory=dict)
    prefix_lists: dict[str, dict[int, PrefixEntry]] = field(default_factory=dict)
    prefix_refs: dict[str, Ref] = field(default_factory=dict)
    policies: dict[tuple[str, str], PolicyDraft] = field(default_factory=dict)  # by kind and name
    router_id: int | None = None
    zones: dict[str, ZoneDraft] = field(default_factory=dict)  # by lower-case name
    zone_pairs: dict[tuple[str, str], ZonePairDraft] = field(default_factory=dict)
    security_policy: Ref | None = None
    security_disabled: bool = False
    security_rules: list[SecurityRule] = field(default_factory=list)
    object_policies: dict[str, list[SecurityRule]] = field(default_factory=dict)  # by lower-case name
    intra_zone: Ref | None = None  # security-zone intra-zone default permit
    nat_groups: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    nat_statics: list[StaticNatDraft] = field(default_factory=list)
    nat_rules: list[SecurityRule] = field(default_factory=list)
    services: dict[str, Service] = field(default_factory=dict)
    service_acls: dict[str, list[Applied]] = field(default_factory=dict)
    servers: dict[tuple[str, str, str | None], Server] = field(default_factory=dict)
    users: dict[str, UserDraft] = field(default_factory=dict)
    lines: list[LineDraft] = field(default_factory=list)
    line_classes: dict[str, LineDraft] = field(default_factory=dict)
    snmp: list[SnmpDraft] = field(default_factory=list)
    snmp_groups: dict[str, tuple[str, bool, tuple[Applied, ...], Ref]] = field(default_factory=dict)
    domains: dict[str, DomainDraft] = field(default_factory=dict)
    default_domain: str = "system"
    flags: dict[str, Ref] = field(default_factory=dict)
    facts: dict[str, str] = field(default_factory=dict)

    def acl_key(self, name: str) -> str:
        """How filters call an ACL that is referred to by number or by name, in whatever case."""
        return self.acl_names.get(name.lower(), name)


EMPTY: AddressSet = ()
