"""Interfaces: what each port, VLAN and subinterface of each device is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface
from typing import Any

from topology.build.addresses import gateway_of, in_lan, loopback, virtual_of
from topology.build.allocation import from_pool
from topology.build.context import Build, Lan, Link
from topology.build.links import area_of
from topology.design import L2, Interface, Kind, OspfInterface, Ref, Vlan, Vrrp
from topology.facts import Attachment, Cable, Device, Role, Use
from topology.i18n import T
from topology.inventory import RealmIntent
from topology.origin import Origin
from topology.prefixes import interface

OSPF_ROLES = frozenset({Role.CORE, Role.AGGREGATION, Role.NOC, Role.COUNTY_ROUTER, Role.TOWNSHIP_ROUTER})
FIREWALLS = frozenset({Role.EGRESS_FIREWALL, Role.HOSTING_FIREWALL, Role.EXIT_FIREWALL})
OOB_VRF = "MGMT"
GATEWAY_GROUP, FIREWALL_GROUP = 1, 2
BACKUP_COST = 20
VRF_PROCESSES = 100  # OSPF process of a VRF: 100 + the vertical's number


@dataclass
class Draft:
    """One device while its interfaces are put together."""

    device: Device
    side: RealmIntent
    slug: str  # as the files of its site name it
    values: dict[Ref, dict[str, Any]] = field(default_factory=dict)
    vlans: dict[int, Vlan] = field(default_factory=dict)
    loopback: IPv4Interface | None = None
    lans: list[tuple[Lan, Ref]] = field(default_factory=list)  # networks in which the device has an address, and by which interface
    heartbeats: list[tuple[Ref, IPv4Interface, IPv4Address]] = field(default_factory=list)

    def set(self, ref: Ref, origin: Origin, **values: Any) -> None:
        self.values.setdefault(ref, {"origin": origin, "description": "", "shutdown": False}).update(values)

    def address(self, ref: Ref) -> IPv4Interface:
        address: IPv4Interface = self.values[ref]["address"]
        return address

    def trunk(self, ref: Ref, vlan: int, origin: Origin) -> None:
        current = self.values.get(ref, {}).get("l2")
        vlans = tuple(sorted({*(current.vlans if current else ()), vlan}))
        self.set(ref, self.values[ref]["origin"] if ref in self.values else origin, l2=L2("trunk", vlans, edge=False))

    def interfaces(self, filters: Mapping[Ref, tuple[str, str]]) -> tuple[Interface, ...]:
        """All interfaces in the order of printing: loopbacks, LAGs, ports with their subinterfaces, VLANs, management."""
        order = {port.name: index for index, port in enumerate(self.device.model.ports)}
        rank = {Kind.LOOPBACK: 0, Kind.LAG: 1, Kind.PORT: 2, Kind.SUBINTERFACE: 2, Kind.VLAN: 3, Kind.MANAGEMENT: 4}

        def place(ref: Ref) -> tuple[int, int, int]:
            on_lag = ref.kind is Kind.SUBINTERFACE and ref.lag
            tag = ref.number if ref.kind is Kind.SUBINTERFACE else -1
            if ref.kind in (Kind.PORT, Kind.SUBINTERFACE) and not on_lag:
                return rank[ref.kind], order.get(ref.port, 0), tag
            return (1 if on_lag else rank[ref.kind]), ref.lag or ref.number, tag

        names: dict[Ref, dict[str, Any]] = {ref: {"filter_in": into, "filter_out": out} for ref, (into, out) in filters.items()}
        return tuple(Interface(ref=ref, **self.values[ref], **names.get(ref, {})) for ref in sorted(self.values, key=place))


def build_interfaces(build: Build) -> dict[str, Draft]:
    """A draft of every rendered device, with all interfaces and their addresses."""
    drafts = {}
    slugs = {name: slug for (_, _, slug), name in build.local.items()}
    for name, device in build.devices.items():
        side = build.side(device.realm)
        if device.rendered and side is not None:
            drafts[name] = Draft(device, side, slugs[name])
    for draft in drafts.values():
        if draft.device.role in OSPF_ROLES:
            _loopback(build, draft)
    _cables(build, drafts)
    _circuits(build, drafts)
    for link in build.links:
        for own, far in ((link.a, link.b), (link.b, link.a)):
            if own.device in drafts:
                _link_end(build, drafts[own.device], link, own, far)
    trunks = _trunks(build)
    for lan in build.lans:
        _lan(build, drafts, lan, trunks)
    for peer in build.peer_links:
        if peer.device in drafts:
            zone = "untrust" if drafts[peer.device].device.role is Role.EXIT_FIREWALL else None
            drafts[peer.device].set(Ref(Kind.PORT, peer.port), peer.origin, address=interface(peer.own, 30), routed=True, zone=zone)
    for port, title, origin in build.reserved:
        drafts[port.device].set(Ref(Kind.PORT, port.port), origin, description=title)
    for draft in drafts.values():
        _unused(draft)
    return drafts


def _parent(build: Build, device: str, port: str) -> Ref:
    """The interface that carries traffic of a port: its LAG where it is a member of one."""
    lag = build.lags.get((device, port))
    return Ref(Kind.LAG, number=lag) if lag is not None else Ref(Kind.PORT, port)


def sub(parent: Ref, vlan: int) -> Ref:
    """The dot1q subinterface of a port or LAG."""
    if parent.kind is Kind.LAG:
        return Ref(Kind.SUBINTERFACE, number=vlan, lag=parent.number)
    return Ref(Kind.SUBINTERFACE, parent.port, vlan)


def _loopback(build: Build, draft: Draft) -> None:
    draft.loopback = loopback(build, draft.side, draft.device)
    if draft.loopback is not None:
        ospf = ospf_interface(draft, None, area_of(draft.device, build), 1, passive=True)
        draft.set(Ref(Kind.LOOPBACK), draft.device.origin, address=draft.loopback, description="router-id and management", ospf=ospf)


def ospf_interface(draft: Draft, vrf: str | None, area: int, cost: int, *, passive: bool) -> OspfInterface | None:
    """OSPF on an interface of a device that speaks it; authenticated wherever a neighbour can be."""
    if draft.device.role not in OSPF_ROLES:
        return None
    network = draft.side.network
    process = 1 if vrf is None else VRF_PROCESSES + draft.side.document.verticals[vrf].number
    key = None if passive else f"vault:{draft.side.realm.value}/ospf"
    return OspfInterface(process, area, cost, not passive, passive, network.routing.hello_s, network.routing.dead_s, key)


def _cables(build: Build, drafts: dict[str, Draft]) -> None:
    for cable in build.cables:
        for own, far in ((cable.a, cable.b), (cable.b, cable.a)):
            draft = drafts.get(own.device)
            if draft is None or cable.use is Use.CONSOLE:
                continue
            text = f"to {far.device} {far.port}"
            port = next(item for item in draft.device.model.ports if item.name == own.port)
            if port.kind == "management":
                draft.set(Ref(Kind.MANAGEMENT, own.port), cable.origin, description=text)
                continue
            lag = build.lags.get((own.device, own.port))
            draft.set(Ref(Kind.PORT, own.port), cable.origin, description=text, lag=lag)
            if lag is not None:
                ref = Ref(Kind.LAG, number=lag)
                members = (*draft.values.get(ref, {}).get("members", ()), own.port)
                order = [item.name for item in draft.device.model.ports]
                draft.set(ref, cable.origin, description=f"to {far.device}", members=tuple(sorted(members, key=order.index)))
    _heartbeats(build, drafts)


def _heartbeats(build: Build, drafts: dict[str, Draft]) -> None:
    for key, (active, standby) in build.pairs.items():
        side = drafts[active].side
        pools, municipal = side.pools, side.municipal
        intent = municipal.pairs[key.partition(":")[2]]
        cables = [cable for cable in build.cables if cable.use is Use.HEARTBEAT and {cable.a.device, cable.b.device} == {active, standby}]
        if not cables:
            build.problem(
                intent.origin,
                T("no heartbeat cable joins {a} and {b}", a=active, b=standby),
                T("at least one cable with use: heartbeat"),
                T("add it to 'cables' of the municipal centre"),
            )
        for index, cable in enumerate(cables):
            prefix = from_pool(build, pools.heartbeat, 4 * intent.number + index, f"heartbeat of {key}", intent.origin)
            if prefix is None:
                continue
            build.take(side.realm, None, prefix, f"heartbeat of {key.partition(':')[2]}", intent.at("number"))
            for number, (own, far) in enumerate(((active, standby), (standby, active)), 1):
                end = cable.a if cable.a.device == own else cable.b
                ref = Ref(Kind.PORT, end.port)
                address = interface(prefix[number], prefix.prefixlen)
                drafts[own].set(ref, cable.origin, address=address, description=f"heartbeat to {far}", zone="heartbeat", routed=True)
                drafts[own].heartbeats.append((ref, address, prefix[3 - number]))


def _circuits(build: Build, drafts: dict[str, Draft]) -> None:
    """Descriptions of ports with circuits; a port that many circuits share is a trunk of the carrier."""
    for circuit in build.circuits:
        for own, far in ((circuit.a, circuit.b), (circuit.b, circuit.a)):
            if own is None or own.device not in drafts:
                continue
            where = far.device if far else f"peer {circuit.peer}"
            text = f"to {where} circuit {circuit.reference}"
            ref = Ref(Kind.PORT, own.port)
            shared = own.vlan is not None
            drafts[own.device].set(ref, circuit.origin, description=f"carrier {circuit.carrier} trunk" if shared else text, routed=True)


def _link_end(build: Build, draft: Draft, link: Link, own: Attachment, far: Attachment) -> None:
    parent = _parent(build, own.device, own.port)
    ref = parent if own.vlan is None else sub(parent, own.vlan)
    address = interface(link.prefix[1 if own is link.a else 2], link.prefix.prefixlen)
    text = f"to {far.device} {link.title}" if ":" not in link.title else f"to {far.device}"
    if own.vlan is not None:
        draft.set(ref, link.origin, description=text)
        draft.set(parent, draft.values.get(parent, {}).get("origin", link.origin))
    draft.set(parent, draft.values[parent]["origin"] if parent in draft.values else link.origin, routed=True)
    draft.set(ref, link.origin, address=address, vrf=link.vrf, ospf=ospf_interface(draft, link.vrf, link.area, link.cost, passive=False))


def _trunks(build: Build) -> dict[str, list[Cable]]:
    """Trunk cables by the device at their first end, one for each bundle."""
    seen: set[tuple[str, str, int]] = set()
    found: dict[str, list[Cable]] = {}
    for cable in build.cables:
        if cable.use is not Use.TRUNK:
            continue
        lag = build.lags.get((cable.a.device, cable.a.port))
        if lag is None or (cable.a.device, cable.b.device, lag) not in seen:
            found.setdefault(cable.a.device, []).append(cable)
        if lag is not None:
            seen.add((cable.a.device, cable.b.device, lag))
    return found


def _lan(build: Build, drafts: dict[str, Draft], lan: Lan, trunks: dict[str, list[Cable]]) -> None:
    """VLAN on the trunks between those that take part, access ports, and the addresses of gateways and members."""
    takers = {*lan.gateways, *lan.members}
    attached: dict[str, list[Ref]] = {name: [] for name in takers}
    if lan.vlan is not None:
        for cable in (cable for name in sorted(takers) for cable in trunks.get(name, ())):
            if cable.b.device in takers:
                for end in (cable.a, cable.b):
                    attached[end.device].append(_parent(build, end.device, end.port))
        for name in sorted(takers):
            if name in drafts:
                _take_part(build, drafts[name], lan, attached[name])
    for port in lan.ports:
        if port.device in drafts:
            _access_port(drafts[port.device], lan, port)


def _take_part(build: Build, draft: Draft, lan: Lan, parents: list[Ref]) -> None:
    assert lan.vlan is not None
    device = draft.device
    if lan.kind == "oob" and device.management == "oob":
        _oob_socket(build, draft, lan)
        return
    if device.role is Role.EXIT_FIREWALL and not parents:  # the transit network reaches it untagged on its own cable
        parents = [ref for ref in draft.values if ref.kind is Kind.PORT and _is_access(build, device.name, ref.port, lan)]
        if parents:
            _hold_address(build, draft, lan, parents[0])
            return
    if device.model.switching:
        draft.vlans[lan.vlan] = Vlan(lan.vlan, ascii_name(lan.title), lan.origin)
        for parent in parents:
            draft.trunk(parent, lan.vlan, lan.origin)
        if device.name in lan.gateways or device.name in lan.hosts:
            _hold_address(build, draft, lan, Ref(Kind.VLAN, number=lan.vlan))
        return
    if len(parents) != 1:
        build.problem(
            lan.origin,
            T("{device} has {count} trunk cables into '{lan}'", device=device.name, count=len(parents), lan=lan.title),
            T("exactly one trunk cable, or one bundle, from a router or firewall into a shared network"),
            T("add or remove a cable with use: trunk"),
        )
        return
    _hold_address(build, draft, lan, sub(parents[0], lan.vlan))


def _is_access(build: Build, device: str, port: str, lan: Lan) -> bool:
    for cable in build.cables:
        ends = ((cable.a.device, cable.a.port), (cable.b.device, cable.b.port))
        if cable.use is Use.ACCESS and (device, port) in ends and any((at.device, at.port) in ends for at in lan.ports):
            return True
    return False


def _oob_socket(build: Build, draft: Draft, lan: Lan) -> None:
    socket = next((port.name for port in draft.device.model.ports if port.kind == "management"), None)
    if draft.device.role in FIREWALLS:
        build.problem(
            draft.device.origin,
            T("{device} is a firewall and cannot be managed out of band", device=draft.device.name),
            T("management: inband"),
            T("sessions reach a firewall through its own policy, from the zone of the centre"),
        )
        return
    if socket is None:
        build.problem(
            draft.device.origin,
            T(
                "{device} is managed out of band, but {model} has no management socket",
                device=draft.device.name,
                model=draft.device.model.title,
            ),
            T("management: inband, or a model with a management socket"),
            T("change 'management' or 'model'"),
        )
        return
    ref = Ref(Kind.MANAGEMENT, socket)
    if ref not in draft.values:
        build.problem(
            draft.device.origin,
            T("no cable leads to the management socket of {device}", device=draft.device.name),
            T("a cable with use: management"),
            T("add it to 'cables' of the municipal centre"),
        )
    draft.set(ref, lan.origin, address=in_lan(build, lan, draft.device.name), vrf=OOB_VRF)
    draft.lans.append((lan, ref))


def _hold_address(build: Build, draft: Draft, lan: Lan, ref: Ref) -> None:
    device = draft.device
    values: dict[str, Any] = {"address": in_lan(build, lan, device.name), "vrf": lan.vrf, "routed": ref.kind is Kind.PORT}
    if lan.zone is not None and device.role in FIREWALLS:
        values["zone"] = lan.zone
        if lan.zone.startswith("untrust-"):  # of several carriers, an answer goes back by the one that the question came by
            values["last_hop"] = gateway_of(lan)
    if ref.kind is not Kind.PORT:
        values["description"] = lan.title
    vrrp = _vrrp(lan, device.name, build)
    if vrrp is not None:
        values["vrrp"] = vrrp
    backup = lan.kind == "backup"
    if device.name in lan.gateways and (lan.pair is None or backup):
        values["ospf"] = ospf_interface(draft, lan.vrf, lan.area, BACKUP_COST if backup else 1, passive=not backup)
        values["urpf"] = lan.kind == "party" and not device.model.switching
    draft.set(ref, lan.origin, **values)
    draft.lans.append((lan, ref))


def _vrrp(lan: Lan, device: str, build: Build) -> Vrrp | None:
    if lan.kind == "backup":
        return None
    if device in lan.gateways and len(lan.gateways) == 2:
        first = lan.gateways[0] == device
        group = FIREWALL_GROUP if lan.pair else GATEWAY_GROUP
        return Vrrp(group, gateway_of(lan), 120 if first else 100, 60, 1, first)
    for key, pair in build.pairs.items():
        if device in pair and key in lan.virtual:
            first = pair[0] == device
            return Vrrp(FIREWALL_GROUP, virtual_of(lan, key), 120 if first else 100, 60, 1, first)
    return None


def _access_port(draft: Draft, lan: Lan, port: Attachment) -> None:
    ref = Ref(Kind.PORT, port.port)
    text = draft.values.get(ref, {}).get("description") or lan.title
    if draft.device.model.switching and lan.vlan is not None:
        draft.vlans.setdefault(lan.vlan, Vlan(lan.vlan, ascii_name(lan.title), lan.origin))
        draft.set(ref, lan.origin, description=text, l2=L2("access", (lan.vlan,), edge=True))
    elif lan.vlan is None:  # plugged straight into a router or firewall
        draft.set(ref, lan.origin, description=text, address=interface(gateway_of(lan), lan.prefix.prefixlen), routed=True, vrf=lan.vrf)
        values: dict[str, Any] = {"ospf": ospf_interface(draft, lan.vrf, lan.area, 1, passive=True), "urpf": lan.filter_base is not None}
        if lan.zone is not None:
            values["zone"] = lan.zone
        draft.set(ref, lan.origin, **values)
        draft.lans.append((lan, ref))


def _unused(draft: Draft) -> None:
    """Every other port of the chassis is shut, and says so. A port with a cable but nothing on it yet is shut as well."""
    children = {ref.port for ref in draft.values if ref.kind is Kind.SUBINTERFACE}
    for port in draft.device.model.ports:
        if port.kind == "console":
            continue
        ref = Ref(Kind.MANAGEMENT if port.kind == "management" else Kind.PORT, port.name)
        values = draft.values.get(ref)
        if values is None:
            draft.set(ref, draft.device.origin, description="unused", shutdown=True, unused=True)
        elif not any(values.get(key) for key in ("address", "l2", "lag")) and port.name not in children:
            draft.set(ref, values["origin"], description=f"reserved: {values['description']}", shutdown=True, unused=True)


def ascii_name(text: str) -> str:
    """A VLAN name that every platform takes."""
    return "".join(char if char.isascii() and (char.isalnum() or char in "-_") else "-" for char in text)[:31]
