"""From what was read of a VRP device to its `DeviceConfig`."""

from __future__ import annotations

from isolation_checks.reading.huawei_acl import acl_filters, acl_name
from isolation_checks.reading.huawei_bgp import processes as bgp_processes
from isolation_checks.reading.huawei_draft import Draft, InterfaceDraft, PortDraft
from isolation_checks.reading.huawei_filters import policy_filters
from isolation_checks.reading.huawei_management import management
from isolation_checks.reading.huawei_names import kind_of, split_name
from isolation_checks.reading.huawei_nat import source_translations
from isolation_checks.reading.huawei_ospf import on_interface
from isolation_checks.reading.huawei_ospf import processes as ospf_processes
from isolation_checks.reading.huawei_routing import leaks, prefix_lists, route_policies, vrfs
from isolation_checks.reading.huawei_switching import ranges_of
from isolation_checks.reading.huawei_views import Reading
from isolation_checks.snapshot import Applied, DeviceConfig, Firewall, Interface, InterfaceKind, SourceNat, Switching, VirtualAddress, Vlan

_SWITCHED = (InterfaceKind.PHYSICAL, InterfaceKind.AGGREGATE)


def device(
    r: Reading, draft: Draft, folder: str, platform: str, firewall: Firewall | None = None, extra_nat: tuple[SourceNat, ...] = ()
) -> DeviceConfig:
    acls = acl_filters(draft)
    r.draft = draft
    policies = policy_filters(r, {item.name: item for item in acls})
    passive = frozenset(name for process in draft.ospf.values() for name in process.passive)
    style = _Style(draft, platform == "huawei_usg")
    return DeviceConfig(
        name=draft.name,
        folder=folder,
        platform=platform,
        files=(r.ledger.file,),
        name_ref=draft.name_ref,
        version=draft.version,
        interfaces=tuple(_interface(item, draft, style, passive) for item in draft.interfaces.values()),
        vlans=tuple(
            Vlan(item.id, item.name, item.ref, _applied(draft, item.filters_in), _applied(draft, item.filters_out))
            for item in draft.vlans.values()
        ),
        vrfs=vrfs(draft),
        leaks=leaks(draft),
        filters=acls + policies,
        global_in=_applied(draft, draft.global_in),
        global_out=_applied(draft, draft.global_out),
        firewall=firewall,
        source_nat=(*source_translations(draft), *extra_nat),
        destination_nat=tuple(draft.destination_nat),
        static_routes=tuple(draft.routes),
        ospf=ospf_processes(draft),
        bgp=bgp_processes(draft),
        prefix_lists=prefix_lists(draft),
        route_policies=route_policies(draft),
        management=management(draft),
        features=tuple(r.ledger.features),
        unknown=tuple(r.ledger.unknown),
        coverage=(r.ledger.coverage(),),
        facts=tuple(sorted(draft.facts.items())),
    )


def _applied(draft: Draft, entries: list[Applied]) -> tuple[Applied, ...]:
    """By the name under which the filter stands, whether it was put to use by number or by name."""
    return tuple(Applied(acl_name(draft, entry.filter), entry.ref) for entry in entries)


class _Style:
    """Which ports of a device are switch ports until told otherwise: its cards say so by what had to be configured on them."""

    def __init__(self, draft: Draft, routed: bool) -> None:
        self._routed = routed
        self._cards: dict[str, bool] = {}
        parents = {name.partition(".")[0] for name in draft.interfaces if "." in name}
        for item in draft.interfaces.values():
            vote = _vote(item, item.name in parents) if can_switch(item) else None
            if vote is not None:
                self._cards[_card(item.name)] = vote

    def switched(self, item: InterfaceDraft) -> bool:
        """A port of a card that nothing tells about counts as a switch port, in doubt."""
        if item.port.portswitch is not None:
            return item.port.portswitch
        if has_switching(item.port):
            return True
        if self._routed or item.addresses or item.vrf or item.unnumbered or item.dynamic_address:
            return False
        return self._cards.get(_card(item.name), True)


def can_switch(item: InterfaceDraft) -> bool:
    """Ethernet ports and their trunks, not those that are members of one."""
    return kind_of(item.name) in _SWITCHED and item.aggregate is None and split_name(item.name)[0] not in _SERIAL


_SERIAL = ("Serial", "Pos", "Atm", "E1", "Cpos", "Cellular", "Async", "Ip-Trunk", "Mp-group")


def _vote(item: InterfaceDraft, has_children: bool) -> bool | None:
    """Whether such a port switches by default; None where the config does not tell."""
    if item.port.portswitch is not None:
        return not item.port.portswitch
    if has_switching(item.port):
        return True
    if item.addresses or item.vrf or item.unnumbered or item.dynamic_address or has_children:
        return False
    return None


def has_switching(port: PortDraft) -> bool:
    return any(
        value is not None
        for value in (port.link_type, port.default_vlan, port.trunk_pvid, port.allowed, port.hybrid_pvid, port.untagged, port.tagged)
    ) or bool(port.isolation)


def _card(name: str) -> str:
    kind, number = split_name(name)
    return kind + number.rpartition("/")[0]


def _interface(item: InterfaceDraft, draft: Draft, style: _Style, passive: frozenset[str]) -> Interface:
    kind = kind_of(item.name)
    switching = _switching(item.port) if can_switch(item) and style.switched(item) else None
    flags = tuple(item.flags)
    if draft.lldp and not item.no_lldp and kind in (*_SWITCHED, InterfaceKind.MANAGEMENT):
        flags += ("lldp",)
    return Interface(
        name=item.name,
        kind=kind,
        ref=item.ref,
        description=item.description,
        shutdown=item.shutdown,
        vrf=item.vrf,
        parent=item.name.partition(".")[0] if kind == InterfaceKind.SUBINTERFACE else None,
        aggregate=item.aggregate,
        vlans=item.vlans,
        switching=switching,
        addresses=tuple(item.addresses),
        unnumbered=item.unnumbered,
        dynamic_address=item.dynamic_address,
        virtual=tuple(
            VirtualAddress(entry.ip, entry.group, item.priorities.get(entry.group), entry.role, entry.ref) for entry in item.virtual
        ),
        filters_in=_applied(draft, item.filters_in),
        filters_out=_applied(draft, item.filters_out),
        policy_route=item.policy_route,
        urpf=item.urpf,
        urpf_default=item.urpf_default,
        urpf_ref=item.urpf_ref,
        last_hop=item.last_hop,
        ospf=on_interface(item, passive),
        mtu=item.mtu,
        ipv6=item.ipv6,
        services=() if item.services_off else tuple(item.services),
        flags=flags,
    )


def _switching(port: PortDraft) -> Switching:
    """VLAN membership with the defaults of VRP: untagged in VLAN 1. Without a link type the default differs by model and release."""
    kind = port.link_type
    doubt = False
    if kind is None:
        kind = (
            "access" if port.default_vlan is not None else "trunk" if port.allowed is not None or port.trunk_pvid is not None else "hybrid"
        )
        doubt = not any((port.default_vlan, port.allowed, port.trunk_pvid, port.untagged, port.tagged, port.hybrid_pvid))
    if kind in ("access", "dot1q-tunnel", "qinq"):
        pvid = port.default_vlan or 1
        return Switching("access" if kind == "access" else "tunnel", pvid, ((pvid, pvid),), (), port.isolation, doubt)
    if kind == "hybrid":
        pvid = port.hybrid_pvid or port.default_vlan or 1
        untagged = (port.untagged or set()) | (set() if port.hybrid_without_one or 1 in (port.tagged or ()) else {1})
        return Switching("hybrid", pvid, ranges_of(untagged), ranges_of((port.tagged or set()) - untagged), port.isolation, doubt)
    pvid = port.trunk_pvid or port.default_vlan or 1
    allowed = (port.allowed or set()) | (set() if port.without_one else {1})
    doubt = doubt or kind != "trunk"  # negotiated with the neighbour
    return Switching("trunk", pvid, ranges_of(allowed & {pvid}), ranges_of(allowed - {pvid}), port.isolation, doubt)
