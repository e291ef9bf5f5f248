"""EGR-DEFAULT: where default routes lead (plan §7.1.1: one Internet egress)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from isolation_checks.case import Case
from isolation_checks.reach.forwarder import Forwarder
from isolation_checks.reach.layer2 import Segment
from isolation_checks.reading.values import dotted, mask_of
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.snapshot import BgpNeighbor, OspfProcess, PrefixList, Ref, RoutePolicy, StaticRoute
from isolation_checks.verdicts import Finding, Outcome, Scope, Severity
from topology.facts import PartyKind, Realm, Role
from topology.i18n import T

FRONTIER = (Role.BORDER_ROUTER, Role.EGRESS_FIREWALL, Role.EXIT_FIREWALL)
"""Devices whose own default may lead to a carrier."""


class DefaultsLeadToTheEgress(Rule):
    id = "EGR-DEFAULT"
    title = T("Default routes lead to the egress")
    description = T(
        "Every static default route of the outer and the inner network points at an address that one of its own devices has, from device "
        "to device until the egress; only the egress and approved retained exits may point theirs at a carrier, or learn one from it. A "
        "default that any other device originates into OSPF rests on such a route."
    )
    source = (PLAN,)
    severity = Severity.HIGH
    scope = Scope.AS_WRITTEN

    def check(self, case: Case) -> Outcome:
        subjects: list[str] = []
        findings: list[Finding] = []
        for name, forwarder in case.reach.forwarders.items():
            routes = [route for route in forwarder.config.static_routes if route.length == 0 and not route.discard]
            learned = list(_learned(forwarder))
            told = [] if learned else [process for process in forwarder.config.ospf if _unfounded(forwarder, process)]
            if routes or learned or told:
                subjects.append(name)
                findings += [finding for route in routes for finding in _static(case, forwarder, route)]
                findings += [finding for neighbor in learned for finding in _from_peer(case, forwarder, neighbor)]
                findings += [_of_nothing(forwarder, process) for process in told]
        return Outcome(tuple(subjects), tuple(findings))


def _static(case: Case, forwarder: Forwarder, route: StaticRoute) -> Iterator[Finding]:
    device = case.devices.get(forwarder.name)
    place = (route.ref,)
    if route.next_hop is None:
        what = T("the default route of {device} names no next hop: nobody can tell where it leads", device=forwarder.name)
        yield Finding(forwarder.name, what, T("Name the address of the next device towards the egress."), place)
        return
    segment = _segment(case, forwarder, route)
    if segment is None:
        what = T("the default route of {device} points at {address}, which is in none of its networks", device=forwarder.name,
                 address=dotted(route.next_hop))  # fmt: skip
        yield Finding(forwarder.name, what, T("Point it at the next device towards the egress."), place)
        return
    frontier = device is not None and device.role in FRONTIER
    owners = [other for other in segment.endpoints if route.next_hop in case.reach.forwarders[other.device].own_addresses()]
    realms = {case.devices[owner.device].realm for owner in owners if owner.device in case.devices}
    if not owners and any(realm == Realm.INTERNET for realm, _ in segment.peers):
        if not frontier:
            what = T("the default route of {device} leads to a carrier, past the egress", device=forwarder.name)
            yield Finding(forwarder.name, what, T("Point it at the next device towards the egress."), place)
    elif not owners:
        what = T(
            "the default route of {device} points at {address}, which no device has", device=forwarder.name, address=dotted(route.next_hop)
        )
        yield Finding(forwarder.name, what, T("Point it at the next device towards the egress."), place)
    elif device is not None and realms and device.realm not in realms:
        what = T("the default route of {device} leads into the other realm", device=forwarder.name)
        yield Finding(forwarder.name, what, T("Point it at the next device towards the egress."), place)


def _unfounded(forwarder: Forwarder, process: OspfProcess) -> bool:
    """Whether OSPF is told of a default route where there is none that leads anywhere: always, or because of one that discards."""
    routes = [item for item in forwarder.config.static_routes if item.length == 0 and (item.vrf or "") == (process.vrf or "")]
    return all(item.discard for item in routes) and (process.default_route == "always" or bool(routes and process.default_route))


def _of_nothing(forwarder: Forwarder, process: OspfProcess) -> Finding:
    what = T("{device} tells its OSPF neighbours of a default route, and has none that leads to the egress", device=forwarder.name)
    fix = T("Originate the default route where it leads to the egress only.")
    return Finding(forwarder.name, what, fix, (process.ref,))


def _segment(case: Case, forwarder: Forwarder, route: StaticRoute) -> Segment | None:
    """The segment on which the next hop is a neighbour."""
    vrf = (route.vrf if route.next_vrf is None else route.next_vrf) or ""
    assert route.next_hop is not None
    for door in forwarder.doors:
        if door.vrf == vrf and any((route.next_hop ^ address.ip) & mask_of(address.length) == 0 for address in door.interface.addresses):
            return case.reach.layer2.segments[door.segment]
    return None


def _learned(forwarder: Forwarder) -> Iterator[BgpNeighbor]:
    """Peers of other systems from which a default route would be accepted."""
    lists = {item.name: item for item in forwarder.config.prefix_lists}
    policies = {item.name: item for item in forwarder.config.route_policies}
    for process in forwarder.config.bgp:
        for neighbor in process.neighbors:
            if neighbor.remote_as == process.asn or neighbor.shutdown or not neighbor.active:
                continue
            if not neighbor.in_policies:
                if neighbor.in_default == "permit":
                    yield neighbor
                continue
            if all(_admits(applied.filter, lists, policies) for applied in neighbor.in_policies):
                yield neighbor


def _admits(name: str, lists: Mapping[str, PrefixList], policies: Mapping[str, RoutePolicy]) -> bool:
    """Whether a list or policy may let 0.0.0.0/0 in: the first entry that surely matches it decides; what is not known admits it."""
    found = lists.get(name)
    if found is not None:
        for entry in found.entries:
            if entry.network & mask_of(entry.length) == 0 and entry.length == 0 and entry.ge == 0:
                return entry.action == "permit"
        return False
    policy = policies.get(name)
    if policy is None:
        return True
    for node in policy.entries:
        wanted = [value for kind, values in node.matches if kind == "prefix-list" for value in values]
        others = any(kind != "prefix-list" for kind, _ in node.matches)
        if not wanted or any(_admits(value, lists, policies) for value in wanted):
            if node.action == "permit":
                return True
            if not others:
                return False
    return False


def _from_peer(case: Case, forwarder: Forwarder, neighbor: BgpNeighbor) -> Iterator[Finding]:
    device = case.devices.get(forwarder.name)
    if device is not None and device.role in FRONTIER:
        return
    if not any(party.kind == PartyKind.INTERNET for party in case.facts.parties) and not case.facts.peers:
        return
    what = T("{device} would take a default route from its BGP peer {peer}", device=forwarder.name, peer=neighbor.address)
    places: tuple[Ref, ...] = (*(applied.ref for applied in neighbor.in_policies), neighbor.ref)
    yield Finding(forwarder.name, what, T("Accept the agreed prefixes only: an inbound prefix list or policy without 0.0.0.0/0."), places)


RULES: tuple[type[Rule], ...] = (DefaultsLeadToTheEgress,)
