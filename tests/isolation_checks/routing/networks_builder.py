"""Small routed networks by hand: devices with interfaces, processes and policies, put together a piece at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network
from typing import Any

from isolation_checks.case import Case
from isolation_checks.snapshot import (
    Action,
    Applied,
    BgpNeighbor,
    BgpProcess,
    Interface,
    InterfaceAddress,
    InterfaceKind,
    OspfArea,
    OspfInterface,
    OspfProcess,
    PolicyEntry,
    PrefixEntry,
    PrefixList,
    Redistribution,
    Ref,
    RoutePolicy,
    StaticRoute,
    Switching,
    Ternary,
    VirtualAddress,
    Vlan,
    Vrf,
)
from tests.isolation_checks.networks import HERE, NAME, Network, ip
from topology import facts as f

PLATFORMS = ("huawei_vrp", "h3c_comware", "cisco_ios", "frr")
BACKBONE = "0.0.0.0"  # noqa: S104 - an area, no address to listen on
EVERY = 0xFFFFFFFF


def area_id(number: int) -> str:
    return f"0.0.0.{number}"


@dataclass
class Draft:
    """A router that is being put together."""

    name: str
    platform: str
    number: int
    by_network: bool = False  # OSPF areas by network statements instead of by lines on the interfaces
    areas: dict[tuple[str, str], OspfArea] = field(default_factory=dict)  # by VRF and id
    networks: dict[tuple[str, str], list[tuple[Ternary, Ref]]] = field(default_factory=dict)
    passive: dict[str, list[str]] = field(default_factory=dict)
    statics: list[StaticRoute] = field(default_factory=list)
    redistributions: dict[str, list[Redistribution]] = field(default_factory=dict)
    default_route: str = ""
    neighbors: dict[str, list[BgpNeighbor]] = field(default_factory=dict)
    announced: list[tuple[int, int, str | None, Ref]] = field(default_factory=list)
    aggregates: list[tuple[int, int, bool, Ref]] = field(default_factory=list)
    bgp_redistributions: list[Redistribution] = field(default_factory=list)
    asn: str = ""
    prefix_lists: list[PrefixList] = field(default_factory=list)
    policies: list[RoutePolicy] = field(default_factory=list)
    vrfs: list[str] = field(default_factory=list)
    lines: int = 1000

    def ref(self) -> Ref:
        self.lines += 1
        return Ref(f"{self.name}.cfg", self.lines)


@dataclass
class City:
    """A network in the making: the facts in ``net``, the routers in ``drafts``."""

    net: Network = field(default_factory=Network)
    drafts: dict[str, Draft] = field(default_factory=dict)

    def router(self, platform: str, by_network: bool = False) -> Draft:
        number = len(self.drafts) + 1
        draft = Draft(f"r{number}", platform, number, by_network)
        self.drafts[draft.name] = draft
        self.net.device(draft.name, platform=platform)
        return draft

    def switch(self, name: str) -> None:
        self.net.device(name)

    def switch_port(self, name: str, vlan: int, tagged: Iterable[int] = ()) -> f.Attachment:
        trunk = tuple((item, item) for item in sorted(tagged))
        switching = Switching("trunk", vlan, ((vlan, vlan),), trunk) if trunk else Switching("access", vlan, ((vlan, vlan),), ())
        return self.net.port(name, switching=switching)

    def loopback(self, draft: Draft, address: str, **ospf: Any) -> f.Attachment:
        return self.port(draft, f"{address}/32", kind=InterfaceKind.LOOPBACK, **ospf)

    def vlan_interface(self, draft: Draft, vlan: int, address: str, ports: int, **ospf: Any) -> list[f.Attachment]:
        """An SVI and access ports in its VLAN. Returns the ports."""
        at = [self.switch_port(draft.name, vlan) for _ in range(ports)]
        config = self.net.configs[draft.name]
        self.net.configs[draft.name] = replace(config, vlans=(*config.vlans, Vlan(vlan, "", draft.ref())))
        self.port(draft, address, kind=InterfaceKind.SVI, vlans=((vlan, vlan),), named=f"vlan{vlan}", **ospf)
        return at

    def port(
        self,
        draft: Draft,
        address: str,
        *,
        kind: InterfaceKind = InterfaceKind.PHYSICAL,
        area: int | None = None,
        cost: int = 1,
        p2p: bool = False,
        hello: int | None = None,
        authentication: str = "none",
        passive: bool = False,
        vrf: str = "",
        process: str = "1",
        parent: str | None = None,
        vlans: tuple[tuple[int, int], ...] = (),
        virtual: tuple[VirtualAddress, ...] = (),
        named: str = "",
        secondary: str = "",
        priority: int | None = None,
    ) -> f.Attachment:
        """An interface, in an OSPF area if one is given."""
        config = self.net.configs[draft.name]
        if parent is not None:
            kind = InterfaceKind.SUBINTERFACE
        name = named or (f"{parent}.{vlans[0][0]}" if parent else f"p{len(config.interfaces) + 1}")
        ref = draft.ref()
        addresses = [InterfaceAddress(ip(address.partition("/")[0]), int(address.partition("/")[2]), ref)]
        if secondary:
            addresses.append(InterfaceAddress(ip(secondary.partition("/")[0]), int(secondary.partition("/")[2]), ref, True))
        ospf = None
        if area is not None:
            typed = ("p2p" if draft.platform[:2] in ("hu", "h3") else "point-to-point") if p2p else ""
            on_interface = None if draft.by_network else area_id(area)
            ospf = OspfInterface(
                None if draft.by_network or draft.platform == "frr" else process,
                on_interface, cost, typed, authentication, hello, None, priority, None, ref,
            )  # fmt: skip
            draft.networks.setdefault((vrf, area_id(area)), [])
            if draft.by_network:
                draft.networks[vrf, area_id(area)].append((Ternary(addresses[0].ip, EVERY), ref))
            if passive:
                draft.passive.setdefault(vrf, []).append(name)
        item = Interface(
            name, kind, ref, vrf=vrf or None, parent=parent, vlans=vlans, addresses=tuple(addresses), ospf=ospf, virtual=virtual
        )
        self.net.configs[draft.name] = replace(config, interfaces=(*config.interfaces, item))
        return f.Attachment(draft.name, name)

    def bare_port(self, draft: Draft) -> str:
        """A port without address, as the parent of subinterfaces."""
        return self.net.port(draft.name).port

    def area(self, draft: Draft, area: int, kind: str, ranges: Iterable[tuple[str, bool]] = (), cost: int | None = None) -> None:
        listed = tuple((ip(text.partition("/")[0]), int(text.partition("/")[2]), told, draft.ref()) for text, told in ranges)
        draft.areas["", area_id(area)] = OspfArea(area_id(area), kind, (), listed, "", draft.ref(), cost)

    def static(self, draft: Draft, prefix: str, to: str | None = None, preference: int = 60, vrf: str = "", **more: Any) -> None:
        network = IPv4Network(prefix)
        fields: dict[str, Any] = {"interface": None, "next_vrf": None, "tag": None, "conditional": False, **more}
        draft.statics.append(
            StaticRoute(
                vrf or None, int(network.network_address), network.prefixlen, ip(to) if to else None,
                discard=to is None and fields["interface"] is None, preference=preference, ref=draft.ref(), **fields,
            )
        )  # fmt: skip

    def prefixes(self, draft: Draft, name: str, *entries: tuple[Action, str, int, int]) -> None:
        listed = []
        for number, (action, text, least, most) in enumerate(entries, 1):
            network = IPv4Network(text)
            listed.append(PrefixEntry(number * 10, action, int(network.network_address), network.prefixlen, least, most, draft.ref()))
        draft.prefix_lists.append(PrefixList(name, tuple(listed), draft.ref()))

    def policy(self, draft: Draft, name: str, *entries: tuple[Action, str | None, tuple[tuple[str, str], ...]]) -> None:
        """A route policy: (action, prefix list or None, sets) of each node."""
        kind = "route-map" if draft.platform == "frr" else "route-policy"
        nodes = tuple(
            PolicyEntry(
                number * 10,
                action,
                (("prefix-list", (listed,)),) if listed else (),
                tuple((what, (value,)) for what, value in sets),
                draft.ref(),
            )
            for number, (action, listed, sets) in enumerate(entries, 1)
        )
        draft.policies.append(RoutePolicy(name, kind, nodes, draft.ref()))

    def redistribute(
        self, draft: Draft, source: str, metric: int | None, kind: int | None, policy: str | None = None, vrf: str = ""
    ) -> None:
        draft.redistributions.setdefault(vrf, []).append(Redistribution(source, "", policy, metric, kind, draft.ref()))

    def neighbor(self, draft: Draft, address: str, asn: str, into: str = "", out: str = "", vrf: str = "", **more: Any) -> None:
        ref = draft.ref()
        closed = draft.platform == "frr" and asn != draft.asn
        usual = Action.DENY if closed else Action.PERMIT
        fields: dict[str, Any] = {"source": None, "next_hop_self": False, "reflector_client": False, "multihop": None, **more}
        draft.neighbors.setdefault(vrf, []).append(
            BgpNeighbor(
                address, asn, None, "", password=False, shutdown=False, active=True,
                in_policies=(Applied(into, ref),) if into else (), out_policies=(Applied(out, ref),) if out else (),
                in_default=usual, out_default=usual, ttl_security=None, maximum_prefixes=None, default_originate=None, ref=ref,
                **fields,
            )
        )  # fmt: skip

    def peer(self, draft: Draft, address: str, slug: str, asn: int, accepts: Iterable[str]) -> f.Attachment:
        """An external network on a circuit of its own, at the other end of the interface's subnet."""
        at = self.port(draft, address)
        nets = tuple(IPv4Network(text) for text in accepts)
        self.net.peers.append(f.Peer(slug, f.Realm.OUTER, "province", NAME, asn, nets, (), HERE))
        number = f"circuit{len(self.net.circuits)}"
        self.net.circuits.append(
            f.Circuit(number, f.Realm.OUTER, "telecom", slug, f.Medium.FIBRE, None, 100, (), at, None, slug, None, None, f.Survey(), HERE)
        )
        return at

    def case(self) -> Case:
        for draft in self.drafts.values():
            config = self.net.configs[draft.name]
            self.net.configs[draft.name] = replace(
                config,
                vrfs=tuple(Vrf(name, "", (), (), draft.ref()) for name in draft.vrfs),
                static_routes=tuple(draft.statics),
                ospf=tuple(_ospf(draft, vrf, number) for number, vrf in enumerate(sorted({vrf for vrf, _ in draft.networks}), 1)),
                bgp=tuple(_bgp(draft, vrf) for vrf in sorted({*draft.neighbors, *([""] if draft.asn else [])}) if draft.asn),
                prefix_lists=tuple(draft.prefix_lists),
                route_policies=tuple(draft.policies),
            )
        return self.net.case()


def _ospf(draft: Draft, vrf: str, number: int) -> OspfProcess:
    areas = []
    for (where, name), networks in draft.networks.items():
        if where == vrf:
            known = draft.areas.get((vrf, name)) or OspfArea(name, "normal", (), (), "", draft.ref())
            areas.append(replace(known, networks=tuple(networks)))
    return OspfProcess(
        str(number), vrf or None, ip(f"10.255.{number}.{draft.number}"), tuple(areas), tuple(draft.redistributions.get(vrf, ())),
        draft.default_route if not vrf else "", False, tuple(draft.passive.get(vrf, ())), (), None, (), (), None, True, draft.ref(),
    )  # fmt: skip


def _bgp(draft: Draft, vrf: str) -> BgpProcess:
    return BgpProcess(
        draft.asn, vrf or None, ip(f"10.255.0.{draft.number}"), tuple(draft.neighbors.get(vrf, ())),
        tuple(draft.announced) if not vrf else (),
        tuple(draft.aggregates) if not vrf else (), tuple(draft.bgp_redistributions) if not vrf else (), None, (), None, draft.ref(),
    )  # fmt: skip
