"""From the draft of an H3C device to the frozen config."""

from __future__ import annotations

from collections.abc import Iterable

from isolation_checks.reading import h3c_bgp, h3c_nat, h3c_qos, h3c_zones, values
from isolation_checks.reading.h3c_acl import filters as acl_filters
from isolation_checks.reading.h3c_draft import Draft, InterfaceDraft, OspfDraft, OspfInterfaceDraft
from isolation_checks.reading.h3c_interfaces import parent_of
from isolation_checks.reading.h3c_management import management
from isolation_checks.reading.h3c_names import interface_kind
from isolation_checks.reading.h3c_switching import without
from isolation_checks.reading.h3c_views import Reader
from isolation_checks.reading.source import is_flat
from isolation_checks.snapshot import (
    Applied,
    DeviceConfig,
    Feature,
    FeatureKind,
    Interface,
    InterfaceKind,
    OspfInterface,
    OspfProcess,
    PrefixList,
    RoutePolicy,
    Switching,
    VirtualAddress,
    Vlan,
    VrfLeak,
)


def frozen(folder: str, reader: Reader, secpath: bool) -> DeviceConfig:
    draft = reader.draft
    _aggregates(draft)
    plain = acl_filters(draft.acls, draft.address_groups, draft.port_groups, draft.filter_default)
    by_name = {found.name: found for found in plain}
    rules = {found.name: found.rules for found in plain}
    old = _old_release(draft)
    firewall = h3c_zones.firewall(draft, by_name, secpath) if secpath or h3c_zones.has_firewall(draft) else None
    return DeviceConfig(
        name=draft.name,
        folder=folder,
        platform="h3c_secpath" if secpath else "h3c_comware",
        files=(reader.source.name,),
        name_ref=draft.name_ref,
        version=draft.version,
        interfaces=_interfaces(draft, secpath),
        vlans=_vlans(draft),
        vrfs=tuple(draft.vrfs.values()),
        leaks=tuple(dict.fromkeys(_leaks(draft))),
        filters=plain + tuple(h3c_qos.policy_filters(draft, by_name)),
        global_in=_applied(draft, draft.global_in) + _qos(draft.global_qos_in),
        global_out=_applied(draft, draft.global_out) + _qos(draft.global_qos_out),
        firewall=firewall,
        source_nat=tuple(h3c_zones.global_source_nat(draft) + h3c_nat.source_nat(draft, rules)),
        destination_nat=tuple(h3c_zones.global_destination_nat(draft) + h3c_nat.destination_nat(draft, rules)),
        static_routes=tuple(draft.statics.values()),
        ospf=tuple(_ospf(process, draft) for process in draft.ospf.values()),
        bgp=h3c_bgp.processes(draft.bgp, old),
        prefix_lists=_prefix_lists(draft),
        route_policies=_policies(draft) + tuple(h3c_qos.policy_routes(draft)),
        management=management(draft, old),
        features=_features(reader, draft),
        unknown=tuple(reader.ledger.unknown),
        coverage=(reader.ledger.coverage(),),
        facts=_facts(reader, draft),
    )


def _old_release(draft: Draft) -> bool:
    """Comware 5 and before. Where no version stands, BGP without address families tells."""
    if draft.version:
        return draft.version.startswith(("3", "5"))
    return bool(draft.bgp) and not any(process.families for process in draft.bgp.values())


def _facts(reader: Reader, draft: Draft) -> tuple[tuple[str, str], ...]:
    """``truncated``: the device printed this, and the end that it prints is missing. Only what somebody typed may leave it out."""
    facts = {name: value for name, value in draft.facts.items() if not name.startswith("no-") and name != "end"}
    printed = draft.version or not is_flat(reader.source.lines)
    if printed and "end" not in draft.facts and not reader.session.typing:
        facts["truncated"] = "yes"
    return tuple(sorted(facts.items()))


def _features(reader: Reader, draft: Draft) -> tuple[Feature, ...]:
    extra = [Feature(FeatureKind.FILTER, "a zone pair beside a security policy", ref) for ref in h3c_zones.beside_policy(draft)]
    extra += [Feature(FeatureKind.NAT, "a form of translation that is not modelled", ref) for ref in h3c_zones.unread_nat(draft)]
    return tuple(reader.ledger.features) + tuple(extra)


def _applied(draft: Draft, filters: Iterable[Applied]) -> tuple[Applied, ...]:
    return tuple(Applied(draft.acl_key(item.filter), item.ref) for item in filters)


def _qos(filters: Iterable[Applied]) -> tuple[Applied, ...]:
    return tuple(Applied(h3c_qos.policy_name(item.filter), item.ref) for item in filters)


def _aggregates(draft: Draft) -> None:
    """Which aggregate a member belongs to: the number of a bridged and of a routed one may be the same."""
    for interface in draft.interfaces.values():
        if interface.group is not None:
            routed = f"Route-Aggregation{interface.group}"
            bridged = f"Bridge-Aggregation{interface.group}"
            prefers_route = interface.routed or bridged not in draft.interfaces
            interface.aggregate = routed if routed in draft.interfaces and prefers_route else bridged


def _interfaces(draft: Draft, secpath: bool) -> tuple[Interface, ...]:
    parents = {parent_of(name) for name in draft.interfaces}
    return tuple(_interface(draft, item, secpath, item.name in parents) for item in draft.interfaces.values())


def _interface(draft: Draft, item: InterfaceDraft, secpath: bool, has_subinterfaces: bool) -> Interface:
    parent = parent_of(item.name)
    kind = interface_kind(item.name)
    old = draft.old_firewall is not None
    urpf = (item.urpf, item.urpf_default, item.urpf_ref)
    if item.urpf_ref is None and draft.urpf is not None:
        urpf = draft.urpf
    routes = _policy_route(draft, item)
    return Interface(
        name=item.name,
        kind=kind,
        ref=item.ref,
        description=item.description,
        shutdown=item.shutdown,
        vrf=item.vrf,
        parent=parent,
        aggregate=item.aggregate,
        vlans=((number := int(item.name.removeprefix("Vlan-interface")), number),) if kind is InterfaceKind.SVI else item.vlans,
        switching=_switching(item, kind, secpath, has_subinterfaces),
        addresses=tuple(item.addresses.values()),
        unnumbered=item.unnumbered,
        dynamic_address=item.dynamic,
        virtual=tuple(
            VirtualAddress(address, group, virtual.priority, role, ref)
            for group, virtual in item.virtual.items()
            for address, role, ref in virtual.ips
        ),
        filters_in=_applied(draft, item.filters_in + (item.old_filters_in if old else [])) + _qos(item.qos_in),
        filters_out=_applied(draft, item.filters_out + (item.old_filters_out if old else [])) + _qos(item.qos_out),
        policy_route=routes,
        urpf=urpf[0],
        urpf_default=urpf[1],
        urpf_ref=urpf[2],
        last_hop=item.last_hop,
        ospf=_ospf_interface(item.ospf) if item.ospf else None,
        mtu=item.mtu,
        ipv6=item.ipv6,
        services=tuple(item.services),
        flags=tuple(item.flags),
    )


def _policy_route(draft: Draft, item: InterfaceDraft) -> Applied | None:
    """A policy-based route, or a QoS policy inbound that redirects to a next hop."""
    if item.policy_route is not None:
        return item.policy_route
    for applied in item.qos_in:
        policy = draft.qos_policies.get(applied.filter)
        if policy and any((behavior := draft.behaviors.get(name)) and behavior.sets for name, _ in policy.pairs.values()):
            return Applied(h3c_qos.policy_name(applied.filter), applied.ref)
    return None


def _switching(item: InterfaceDraft, kind: InterfaceKind, secpath: bool, has_subinterfaces: bool) -> Switching | None:
    """How a port switches. Without ``port link-mode`` what else is written decides, and last the platform's habit.

    Firewalls and routers route on their ports; switches, whose ports count three numbers, start in VLAN 1, but releases differ.
    """
    if kind not in (InterfaceKind.PHYSICAL, InterfaceKind.AGGREGATE, InterfaceKind.OTHER) or item.routed:
        return None
    if item.name.startswith(("Route-Aggregation", "Reth", "MP-group", "Serial", "Pos", "Atm")):
        return None
    layer3 = has_subinterfaces or bool(item.addresses or item.dynamic or item.vrf or item.unnumbered or item.virtual or item.ospf)
    bridged = item.routed is False or item.layer2 or item.name.startswith("Bridge-Aggregation")
    if not bridged and (layer3 or secpath or item.name.count("/") < 2 or kind is InterfaceKind.OTHER):
        return None
    doubt = not bridged
    if item.link_type == "trunk":
        pvid, permit = item.trunk_pvid, item.trunk_permit
        untagged = values.intersection(permit, ((pvid, pvid),))
        return Switching("trunk", pvid, untagged, without(permit, untagged), tuple(item.isolation), doubt)
    if item.link_type == "hybrid":
        return Switching("hybrid", item.hybrid_pvid, item.hybrid_untagged, item.hybrid_tagged, tuple(item.isolation), doubt)
    vlan = item.access_vlan
    return Switching("access", vlan, ((vlan, vlan),), (), tuple(item.isolation), doubt)


def _ospf_interface(item: OspfInterfaceDraft) -> OspfInterface:
    return OspfInterface(
        item.process,
        item.area,
        item.cost,
        item.network_type,
        item.authentication or "none",
        item.hello,
        item.dead,
        item.priority,
        None,
        item.ref,
    )


def _vlans(draft: Draft) -> tuple[Vlan, ...]:
    found = []
    for vlan in draft.vlans.values():
        policies: dict[bool, tuple[Applied, ...]] = {True: (), False: ()}
        for name, vlans, inbound, ref in draft.vlan_qos:
            if any(first <= vlan.id <= last for first, last in vlans):
                policies[inbound] += (Applied(h3c_qos.policy_name(name), ref),)
        filters_in = _applied(draft, vlan.filters_in) + policies[True]
        found.append(Vlan(vlan.id, vlan.name, vlan.ref, filters_in, _applied(draft, vlan.filters_out) + policies[False]))
    return tuple(found)


def _ospf(process: OspfDraft, draft: Draft) -> OspfProcess:
    return OspfProcess(
        id=process.id,
        vrf=process.vrf,
        router_id=process.router_id if process.router_id is not None else draft.router_id,
        areas=tuple(area.frozen() for area in process.areas.values()),
        redistributions=tuple(process.redistributions),
        default_route=process.default_route,
        passive_default=process.passive_default,
        passive=tuple(process.passive),
        active=tuple(process.active),
        bandwidth_reference=process.bandwidth_reference,
        distances=tuple(process.distances.items()),
        distribute_lists=tuple(process.distribute),
        maximum_paths=process.maximum_paths,
        pe_checks_off=process.pe_checks_off,
        ref=process.ref,
        default_metric=process.default_metric,
        default_policy=process.default_policy,
        summaries=tuple(process.summaries),
        default_route_metric=process.default_route_metric,
        default_route_type=process.default_route_type,
    )


def _prefix_lists(draft: Draft) -> tuple[PrefixList, ...]:
    return tuple(
        PrefixList(name, tuple(entries[number] for number in sorted(entries)), draft.prefix_refs[name])
        for name, entries in draft.prefix_lists.items()
    )


def _policies(draft: Draft) -> tuple[RoutePolicy, ...]:
    return tuple(
        RoutePolicy(policy.name, policy.kind, tuple(policy.nodes[number].frozen() for number in sorted(policy.nodes)), policy.ref)
        for policy in draft.policies.values()
    )


def _leaks(draft: Draft) -> Iterable[VrfLeak]:
    """Packets that leave their instance: static routes, policies, route targets that meet on this device."""
    for route in draft.statics.values():
        if route.next_vrf is not None and route.next_vrf != (route.vrf or ""):
            yield VrfLeak(route.vrf or "", route.next_vrf, route.ref)
    for interface in draft.interfaces.values():
        for target in _targets(draft, interface):
            if target != (interface.vrf or ""):
                yield VrfLeak(interface.vrf or "", target, (_policy_route(draft, interface) or Applied("", interface.ref)).ref)
    for importer in draft.vrfs.values():
        for exporter in draft.vrfs.values():
            if importer is not exporter and set(importer.imports) & set(exporter.exports):
                yield VrfLeak(importer.name, exporter.name, importer.ref)


def _targets(draft: Draft, interface: InterfaceDraft) -> list[str]:
    if interface.policy_route is not None:
        policy = draft.policies.get(("policy-route", interface.policy_route.filter))
        return policy.vrfs if policy else []
    found = []
    for applied in interface.qos_in:
        qos = draft.qos_policies.get(applied.filter)
        for name, _ in qos.pairs.values() if qos else ():
            behavior = draft.behaviors.get(name)
            if behavior is not None and behavior.vrf:
                found.append(behavior.vrf)
    return found
