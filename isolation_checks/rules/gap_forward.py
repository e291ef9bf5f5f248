"""GAP-FORWARD: no packet passes through a host unit, and none from one unit to the other."""

from __future__ import annotations

from collections.abc import Iterator

from isolation_checks.case import Case
from isolation_checks.physical_ports import folded, recorded
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.gap_tasks import first_line
from isolation_checks.rules.words import JOINING, SIDE
from isolation_checks.snapshot import Action, DeviceConfig, Filter, Interface, InterfaceKind, Ref, StaticRoute
from isolation_checks.verdicts import Doubt, Finding, Outcome, Scope, Severity
from topology.facts import Realm, Use
from topology.i18n import T, Text

_OUT = T("take it out: only the ferry moves anything")


class ForwardNothing(Rule):
    id = "GAP-FORWARD"
    title = T("Host units forward nothing and have no way to each other")
    description = T(
        "On every host unit of a gatekeeper the forwarding of packets is off and no forward chain lets anything pass; there is no"
        " bridge, tunnel or routing protocol. The exchange port has no address and no route leads out of it, so that the units share no"
        " subnet. Addresses of the two networks may overlap and prove nothing."
    )
    source = (PLAN, T("GB/T 20279-2024"))
    severity = Severity.CRITICAL
    scope = Scope.AS_WRITTEN

    def check(self, case: Case) -> Outcome:
        findings: list[Finding] = []
        doubts: list[Doubt] = []
        subjects = []
        used = recorded(case.facts) if case.facts.gatekeepers else {}
        for gatekeeper in case.facts.gatekeepers:
            for realm, unit in ((Realm.OUTER, gatekeeper.outer_unit), (Realm.INNER, gatekeeper.inner_unit)):
                if unit is None:
                    what = T("the {side} unit of gatekeeper {gatekeeper} is not here", side=SIDE[realm], gatekeeper=gatekeeper.slug)
                    doubts.append(Doubt(what, gatekeeper.origin))
                    continue
                subjects.append(unit)
                config = case.configs.get(unit)
                if config is None:
                    device = case.devices.get(unit)
                    place = device.origin if device else gatekeeper.origin
                    doubts.append(Doubt(T("there is no config of {device}", device=unit), place))
                    continue
                findings += [*_forwarding(unit, config), *_joining(unit, config), *_exchange(case, unit, config, used.get(unit, set()))]
                doubts += _unknown_chains(config)
        return Outcome(tuple(subjects), tuple(findings), tuple(doubts), ("ferry-obeys-tasks",) if subjects else ())


def _finding(unit: str, what: Text, fix: Text, ref: Ref | None) -> Finding:
    return Finding(unit, what, fix, (ref,) if ref else ())


def _forwarding(unit: str, config: DeviceConfig) -> Iterator[Finding]:
    if config.forwarding:
        ref = config.forwarding_ref or first_line(config)
        yield _finding(
            unit, T("host unit {unit} forwards packets", unit=unit), T("set net.ipv4.ip_forward and all forwarding keys to 0"), ref
        )
    filters = {item.name: item for item in config.filters}
    chains = [filters[hook.filter] for hook in config.hooks if hook.stage == "forward" and hook.filter in filters]
    openings = [_opening(chain, filters, set()) for chain in chains]
    if openings and all(openings):  # one chain that lets nothing pass is enough
        for chain, ref in zip(chains, openings, strict=True):
            what = T("the forward chain {chain} of host unit {unit} lets packets pass", chain=chain.name, unit=unit)
            yield _finding(unit, what, T("let the forward chain drop everything"), ref)


def _opening(chain: Filter, filters: dict[str, Filter], seen: set[str]) -> Ref | None:
    """The line by which a chain lets something pass; None where it lets nothing."""
    for rule in chain.rules:
        if not rule.matches:
            continue
        if rule.action is Action.PERMIT:
            return rule.ref
        if rule.action in (Action.JUMP, Action.GOTO) and rule.target in filters and rule.target not in seen:
            found = _opening(filters[rule.target], filters, seen | {rule.target})
            if found is not None:
                return found
    return chain.ref if chain.default is Action.PERMIT else None


def _unknown_chains(config: DeviceConfig) -> Iterator[Doubt]:
    names = {item.name for item in config.filters}
    for hook in config.hooks:
        if hook.stage == "forward" and hook.filter not in names:
            yield Doubt(T("the forward chain {chain} is not defined", chain=hook.filter), hook.ref)
    for chain in config.filters:
        for rule in chain.rules:
            if rule.action in (Action.JUMP, Action.GOTO) and rule.target not in names:
                yield Doubt(T("chain {chain} goes on in {target}, which is not defined", chain=chain.name, target=rule.target), rule.ref)


def _joining(unit: str, config: DeviceConfig) -> Iterator[Finding]:
    for interface in config.interfaces:
        if interface.kind in JOINING and interface.shutdown is None:
            what = T("host unit {unit} has the {kind} {name}", unit=unit, kind=JOINING[interface.kind], name=interface.name)
            yield _finding(unit, what, _OUT, interface.ref)
        elif interface.switching is not None and interface.shutdown is None:
            what = T("port {port} of host unit {unit} is a port of a bridge", port=interface.name, unit=unit)
            bridges = [item.ref for item in config.interfaces if item.kind is InterfaceKind.SVI]
            yield Finding(unit, what, _OUT, (interface.ref, *bridges))
    for ref in (*(process.ref for process in config.ospf), *(process.ref for process in config.bgp)):
        what = T("host unit {unit} runs a routing protocol", unit=unit)
        yield _finding(unit, what, T("take it out: a host unit has one static default route on its own side"), ref)


def _exchange(case: Case, unit: str, config: DeviceConfig, used: set[str]) -> Iterator[Finding]:
    """Whatever makes the exchange port more than the end of the arc."""
    ports = _exchange_ports(case, unit, config, used)
    inside = [interface for interface in config.interfaces if folded(interface.name) in ports or folded(interface.parent or "-") in ports]
    fix = T("let the exchange port carry the ferry only, without address and route")
    bonds = {folded(interface.aggregate) for interface in inside if interface.aggregate}
    inside += [interface for interface in config.interfaces if folded(interface.name) in bonds and interface not in inside]
    names = {folded(interface.name) for interface in inside}
    for interface in inside:
        if interface.aggregate is not None:
            what = T(
                "the exchange port {port} of host unit {unit} is part of {name}", port=interface.name, unit=unit, name=interface.aggregate
            )
            yield _finding(unit, what, fix, interface.ref)
        for ref in _addressed(interface):
            what = T(
                "the exchange port {port} of host unit {unit} has an address: the units may share a subnet", port=interface.name, unit=unit
            )
            yield _finding(unit, what, fix, ref)
    for route in config.static_routes:
        if not route.discard and (folded(route.interface or "-") in names or _into(route, inside)):
            what = T("a route of host unit {unit} leads out of its exchange port to the other unit", unit=unit)
            yield _finding(unit, what, fix, route.ref)


def _exchange_ports(case: Case, unit: str, config: DeviceConfig, used: set[str]) -> set[str]:
    """The ends of arcs, and ports that are up though nothing is recorded in them: where the other side is absent, so is the arc."""
    arcs = {folded(end.port) for cable in case.facts.cables if cable.use is Use.ARC for end in (cable.a, cable.b) if end.device == unit}
    loose = {
        folded(interface.name)
        for interface in config.interfaces
        if interface.kind is InterfaceKind.PHYSICAL and interface.shutdown is None and folded(interface.name) not in used
    }
    return arcs | loose


def _addressed(interface: Interface) -> Iterator[Ref]:
    yield from (address.ref for address in interface.addresses)
    yield from (address.ref for address in interface.virtual)
    if interface.dynamic_address is not None:
        yield interface.dynamic_address
    if interface.unnumbered is not None:
        yield interface.ref
    if interface.ipv6 is not None:
        yield interface.ipv6


def _into(route: StaticRoute, inside: list[Interface]) -> bool:
    if route.next_hop is None:
        return False
    return any((route.next_hop ^ address.ip) >> (32 - address.length) == 0 for interface in inside for address in interface.addresses)
