"""What several files of one Linux host say together, while they are read: interfaces that FRR, `ip` and nft each describe in part."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from isolation_checks.reading.ledger import Ledger
from isolation_checks.reading.source import Source
from isolation_checks.snapshot import (
    Applied,
    Feature,
    FeatureKind,
    FileCoverage,
    Filter,
    Interface,
    InterfaceAddress,
    InterfaceKind,
    LastHop,
    LineCode,
    Management,
    OspfInterface,
    Ref,
    Server,
    Service,
    SnmpAccess,
    StaticRoute,
    Switching,
    TerminalLine,
    UnknownLine,
    User,
    VirtualAddress,
    Vlan,
    Vrf,
    VrfLeak,
)

_KINDS = (
    (re.compile(r"lo\d*|dummy.*"), InterfaceKind.LOOPBACK),
    (re.compile(r"(bond|team)\d+"), InterfaceKind.AGGREGATE),
    (re.compile(r"(br|docker|virbr)[-_]?\d*|br-.+"), InterfaceKind.BRIDGE),
    (re.compile(r"(tun|tap|wg|gre|gretap|erspan|vti|sit|ipip|tunl|ip6tnl|vxlan|vni|ppp)[-_]?\d*"), InterfaceKind.TUNNEL),
)


def kind_of(name: str) -> InterfaceKind:
    """What a Linux device of this name is by custom; an explicit type says better."""
    for pattern, kind in _KINDS:
        if pattern.fullmatch(name):
            return kind
    base, dot, tag = name.rpartition(".")
    return InterfaceKind.SUBINTERFACE if dot and base and tag.isascii() and tag.isdigit() else InterfaceKind.PHYSICAL


@dataclass(slots=True)
class OspfDraft:
    ref: Ref
    area: str | None = None
    cost: int | None = None
    network_type: str = ""
    authentication: str = "none"
    hello: int | None = None
    dead: int | None = None
    priority: int | None = None
    passive: bool | None = None
    key: str = ""  # kind of the key that is there, which alone turns nothing on

    def built(self) -> OspfInterface:
        return OspfInterface(
            None, self.area, self.cost, self.network_type, self.authentication, self.hello, self.dead, self.priority, self.passive, self.ref
        )


@dataclass(slots=True)
class VrrpDraft:
    ref: Ref
    addresses: dict[int, Ref] = field(default_factory=dict)
    priority: int | None = None
    shutdown: bool = False


class Beside(NamedTuple):
    """A route of a table that only rules look at."""

    table: str
    route: StaticRoute
    ledger: Ledger
    number: int
    text: str


class MarkRule(NamedTuple):
    """``ip rule add fwmark MARK lookup TABLE``."""

    mark: int
    table: str
    ledger: Ledger
    number: int
    text: str


@dataclass(slots=True)
class InterfaceDraft:
    name: str
    ref: Ref
    kind: InterfaceKind | None = None
    description: str = ""
    shutdown: Ref | None = None
    vrf: str | None = None
    parent: str | None = None
    master: str | None = None  # what `ip link` calls so: a bridge, a bond or a VRF
    tag: int | None = None
    switching: Switching | None = None
    vlans: tuple[tuple[int, int], ...] = ()
    addresses: dict[tuple[int, int], InterfaceAddress] = field(default_factory=dict)
    unnumbered: str | None = None
    dynamic_address: Ref | None = None
    vrrp: dict[int, VrrpDraft] = field(default_factory=dict)
    policy_route: Applied | None = None
    urpf: str | None = None
    urpf_ref: Ref | None = None
    last_hop: LastHop | None = None
    ospf: OspfDraft | None = None
    mtu: int | None = None
    ipv6: Ref | None = None
    flags: dict[str, None] = field(default_factory=dict)
    link: str = ""  # the type that `ip link add` gave
    gone: bool = False

    def add_address(self, address: InterfaceAddress) -> None:
        secondary = bool(self.addresses) and next(iter(self.addresses)) != (address.ip, address.length)
        self.addresses[address.ip, address.length] = address._replace(secondary=address.secondary or secondary)

    def built(self) -> Interface:
        kind = self.kind or kind_of(self.name)
        parent, vlans = self.parent, self.vlans or (((self.tag, self.tag),) if self.tag is not None else ())
        if kind == InterfaceKind.SUBINTERFACE and parent is None:
            parent, _, tag = self.name.rpartition(".")
            vlans = vlans or ((int(tag), int(tag)),)
        virtual = tuple(
            VirtualAddress(ip, group, vrrp.priority, "", ref)
            for group, vrrp in self.vrrp.items()
            if not vrrp.shutdown
            for ip, ref in vrrp.addresses.items()
        )
        return Interface(
            name=self.name, kind=kind, ref=self.ref, description=self.description, shutdown=self.shutdown, vrf=self.vrf, parent=parent,
            aggregate=self.master, vlans=vlans, switching=self.switching, addresses=tuple(self.addresses.values()),
            unnumbered=self.unnumbered,
            dynamic_address=self.dynamic_address, virtual=virtual, policy_route=self.policy_route, urpf=self.urpf,
            urpf_default=self.urpf is not None, urpf_ref=self.urpf_ref, last_hop=self.last_hop,
            ospf=self.ospf.built() if self.ospf else None, mtu=self.mtu, ipv6=self.ipv6, flags=tuple(self.flags),
        )  # fmt: skip


@dataclass(slots=True)
class LinuxDraft:
    """The host as far as it was read."""

    name: str = ""
    name_ref: Ref | None = None
    version: str = ""
    interfaces: dict[str, InterfaceDraft] = field(default_factory=dict)
    vlans: list[Vlan] = field(default_factory=list)
    vrfs: dict[str, Vrf] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)  # number of a routing table -> VRF
    leaks: dict[VrfLeak, None] = field(default_factory=dict)
    routes: list[StaticRoute] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    lines: list[TerminalLine] = field(default_factory=list)
    users: dict[str, User] = field(default_factory=dict)
    servers: list[Server] = field(default_factory=list)
    snmp: list[SnmpAccess] = field(default_factory=list)
    aaa: Ref | None = None
    management_flags: list[tuple[str, Ref]] = field(default_factory=list)
    forwarding: bool = True
    forwarding_ref: Ref | None = None
    facts: dict[str, str] = field(default_factory=dict)
    beside: list[Beside] = field(default_factory=list)
    mark_rules: list[MarkRule] = field(default_factory=list)
    shared: list[tuple[Ledger, int, str]] = field(default_factory=list)  # lines that add a second interface to another's wire

    def interface(self, name: str, ref: Ref) -> InterfaceDraft:
        found = self.interfaces.get(name)
        if found is None:
            found = self.interfaces[name] = InterfaceDraft(name, ref)
        return found

    def vrf(self, name: str, ref: Ref) -> None:
        if name not in self.vrfs:
            self.vrfs[name] = Vrf(name, "", (), (), ref)

    def management(self) -> Management:
        return Management(
            services=tuple(self.services), lines=tuple(self.lines), users=tuple(self.users.values()), servers=tuple(self.servers),
            snmp=tuple(self.snmp), aaa=self.aaa, flags=tuple(self.management_flags),
        )  # fmt: skip


def implied_parents(draft: LinuxDraft) -> None:
    """The ports under subinterfaces, where only these are configured."""
    for link in list(draft.interfaces.values()):
        parent = link.parent
        if parent is None and (link.kind or kind_of(link.name)) == InterfaceKind.SUBINTERFACE:
            parent = link.name.rpartition(".")[0]
        if parent:
            draft.interface(parent, link.ref)


def finished(ledgers: list[tuple[Source, Ledger]]) -> tuple[tuple[Feature, ...], tuple[UnknownLine, ...], tuple[FileCoverage, ...]]:
    """Features, unknown lines and coverage of all files; a line that nobody accounted for is unknown, too."""
    for source, ledger in ledgers:
        known = {item.ref.line for item in ledger.unknown}
        for number, code in enumerate(ledger.codes, 1):
            if code == LineCode.UNKNOWN and number not in known:
                ledger.not_understood(number, source.lines[number - 1])
        ledger.unknown.sort(key=lambda item: item.ref.line)
        ledger.features.sort(key=lambda item: item.ref.line)
    return (
        tuple(item for _, ledger in ledgers for item in ledger.features),
        tuple(item for _, ledger in ledgers for item in ledger.unknown),
        tuple(ledger.coverage() for _, ledger in ledgers),
    )


def ipv6_seen(ledger: Ledger, number: int, detail: str, interface: InterfaceDraft | None = None) -> None:
    """A line that turns IPv6 on."""
    if interface is not None and interface.ipv6 is None:
        interface.ipv6 = ledger.ref(number)
    ledger.feature(number, FeatureKind.IPV6, detail, interface.name if interface else None)
