"""EGR, what cabling alone shows: one egress at the municipal tier, none in counties or on the inner network, exits for their own unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from isolation_checks.approvals import why_invalid
from isolation_checks.case import Case
from isolation_checks.physical import Chain, Node, NodeKind, border, chains, components, peers_of
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.sides import absent, chain_finding, port_doubts
from isolation_checks.rules.words import ROLE
from isolation_checks.verdicts import Doubt, Finding, Outcome, Place, Scope, Severity
from topology.facts import Circuit, Device, PartyKind, Realm, RetainedExit, Role, Tier
from topology.i18n import T, Text

APPROVAL_KIND = "retained-exit"
EGRESS_ROLES = frozenset({Role.EGRESS_FIREWALL, Role.BORDER_ROUTER, Role.BORDER_SWITCH, Role.EXIT_FIREWALL})


class EgressCut(Rule):
    id = "EGR-CUT"
    title = T("Without the egress firewalls nothing joins the outer network to the Internet")
    description = T(
        "Take away the municipal egress firewalls and the devices of retained exits whose approval holds: then no chain of cables"
        " leads from the outer network to the Internet. A far end that nobody recorded counts as the Internet; a firewall that passes"
        " packets without power is not taken away. All egress firewalls stand at one municipal site. Holds for every config and every"
        " failure."
    )
    source = (PLAN,)
    severity = Severity.CRITICAL
    scope = Scope.PHYSICAL

    def check(self, case: Case) -> Outcome:
        plant = case.plant
        egress = [device for device in case.facts.devices if _is_egress(device)]
        approved = {exit_.device for exit_ in case.facts.exits if _why_not(case, exit_) is None}
        gates = {device.name for device in egress} | approved
        solid = {name for name in gates if name in case.devices and not case.devices[name].model.fail_open}
        cut = plant.cut({node for name in solid if (node := plant.device(name)) is not None})
        outer = plant.nodes(lambda node: node.realm is Realm.OUTER and not _is_border(case, node))
        internet = plant.nodes(lambda node: node.realm is Realm.INTERNET)
        findings = [_past_the_egress(case, chain) for chain in chains(cut, outer, internet)]
        sites = sorted({device.site for device in egress})
        if len(sites) > 1:
            what = T("there are egress firewalls at {count} sites: {sites}", count=len(sites), sites=", ".join(sites))
            findings.append(
                Finding("egress", what, T("keep one egress, at the municipal centre"), tuple(device.origin for device in egress))
            )
        subjects = tuple(device.name for device in case.facts.devices if device.realm is Realm.OUTER)
        doubts = (*absent(case, Realm.OUTER), *port_doubts(case))
        return Outcome(subjects, tuple(findings), doubts, ("circuits-private", "terminals-do-not-bridge"))


def _past_the_egress(case: Case, chain: Chain) -> Finding:
    """Where the chain leads through a retained exit whose approval does not hold, that is what to mend."""
    what = T("past the egress firewalls, {near} is joined to the Internet at {far}", near=chain[0][0].name, far=_far(chain[-1][1]))
    finding = chain_finding(chain, what)
    crossed = {node.name for near, far, _ in chain for node in (near, far) if node.kind is NodeKind.DEVICE}
    lapsed = next((exit_ for exit_ in case.facts.exits if exit_.device in crossed and _why_not(case, exit_) is not None), None)
    if lapsed is None:
        return finding
    fix = T(
        "renew the approval of the retained exit {exit}, or take its line out and merge the unit into the single egress", exit=lapsed.slug
    )
    return replace(finding, fix=fix, places=(*finding.places, lapsed.origin))


def _is_egress(device: Device) -> bool:
    return device.role is Role.EGRESS_FIREWALL and device.realm is Realm.OUTER and device.tier is Tier.MUNICIPAL


def _is_border(case: Case, node: Node) -> bool:
    return node.kind is NodeKind.DEVICE and border(case.devices[node.name])


def _far(node: Node) -> Text | str:
    return T("a far end that nobody recorded") if node.kind is NodeKind.OPEN else node.name


def _why_not(case: Case, exit_: RetainedExit) -> Text | None:
    return why_invalid(case.approvals, exit_.approval, APPROVAL_KIND, case.as_of)


class CountyEgress(Rule):
    id = "EGR-COUNTY"
    title = T("No county or township has an Internet egress of its own")
    description = T(
        "No circuit of a county or township ends at an Internet carrier or at a far end that nobody recorded, none of their devices is"
        " made for an egress, and with all municipal devices taken away no chain of cables leads from a county to the Internet."
    )
    source = (PLAN,)
    severity = Severity.CRITICAL
    scope = Scope.PHYSICAL

    def check(self, case: Case) -> Outcome:
        plant = case.plant
        counties = {site.key: site.county or site.key for site in case.facts.sites if site.tier in (Tier.COUNTY, Tier.TOWNSHIP)}
        local = {device.name for device in case.facts.devices if device.tier in (Tier.COUNTY, Tier.TOWNSHIP)}
        municipal = {node for device in case.facts.devices if device.name not in local and (node := plant.device(device.name)) is not None}
        parties = {party.id for party in case.facts.parties if party.tier in (Tier.COUNTY, Tier.TOWNSHIP)}
        near = plant.nodes(lambda node: node.name in (local if node.kind is NodeKind.DEVICE else parties))
        internet = plant.nodes(lambda node: node.realm is Realm.INTERNET)
        findings = []
        for chain in chains(plant.cut(municipal), near, internet):
            county = _county(case, chain[0][0], counties)
            what = T("{county} reaches the Internet at {far} without the municipal egress", county=county, far=_far(chain[-1][1]))
            findings.append(chain_finding(chain, what))
        for device in case.facts.devices:
            if device.name in local and device.role in EGRESS_ROLES:
                what = T("{device} at {site} is made for an egress ({role})", device=device.name, site=device.site, role=ROLE[device.role])
                findings.append(Finding(device.name, what, T("lead the county to the Internet by the municipal egress"), (device.origin,)))
        subjects = tuple(sorted(set(counties.values())))
        return Outcome(subjects, tuple(findings), (*absent(case, Realm.OUTER), *port_doubts(case)), ("circuits-private",))


def _county(case: Case, node: Node, counties: dict[str, str]) -> str:
    site = case.devices[node.name].site if node.kind is NodeKind.DEVICE else (case.parties[node.name].site or "")
    return counties.get(site, site)


class InnerEgress(Rule):
    id = "EGR-INNER"
    title = T("The inner network has no Internet egress")
    description = T(
        "No circuit of an inner device ends at an Internet carrier or at a far end that nobody recorded, no inner device is made for"
        " an egress, no unit keeps an exit there, and nobody on the inner network is allowed to use the Internet or is published to it."
    )
    source = (PLAN,)
    severity = Severity.CRITICAL
    scope = Scope.DECREED

    def check(self, case: Case) -> Outcome:
        inner = {device.name: device for device in case.facts.devices if device.realm is Realm.INNER}
        findings = [*_inner_lines(case, inner), *_inner_decrees(case, inner)]
        parties = tuple(party.id for party in case.facts.parties if party.realm is Realm.INNER)
        return Outcome((*inner, *parties), tuple(findings), absent(case, Realm.INNER))


def _inner_lines(case: Case, inner: dict[str, Device]) -> Iterator[Finding]:
    for circuit in case.facts.circuits:
        if circuit.realm is not Realm.INNER and not any(end.device in inner for end in (circuit.a, *((circuit.b,) if circuit.b else ()))):
            continue
        far = _abroad(case, circuit)
        if far is not None:
            what = T("circuit {id} leads from the inner network to {far}", id=circuit.id, far=far)
            yield Finding(circuit.id, what, T("take the circuit out"), (circuit.origin,))


def _abroad(case: Case, circuit: Circuit) -> Text | str | None:
    """To which outside an inner circuit leads, None where to none."""
    if circuit.peer is None:
        return None if circuit.b is not None else T("a far end that nobody recorded")
    found = peers_of(circuit, Realm.INNER, case.facts.peers)
    if not found:
        return T("a far end that nobody recorded")
    return next((peer.slug for peer in found if peer.realm is Realm.INTERNET), None)


def _inner_decrees(case: Case, inner: dict[str, Device]) -> Iterator[Finding]:
    close = T("the inner network has no Internet: take it away")
    for device in inner.values():
        if device.role in EGRESS_ROLES:
            what = T("{device} of the inner network is made for an egress ({role})", device=device.name, role=ROLE[device.role])
            yield Finding(device.name, what, close, (device.origin,))
    outside = {party.id for party in case.facts.parties if party.kind is PartyKind.INTERNET}
    for party in case.facts.parties:
        if party.realm is Realm.INNER and party.internet:
            yield Finding(party.id, T("{party} of the inner network may use the Internet", party=party.id), close, (party.origin,))
    for flow in case.facts.flows:
        if flow.realm is Realm.INNER and (flow.to in outside or outside.intersection(flow.sources)):
            yield Finding(flow.id, T("flow {flow} of the inner network is with the Internet", flow=flow.id), close, (flow.origin,))
    inner_flows = {flow.id for flow in case.facts.flows if flow.realm is Realm.INNER}
    outer_flows = {flow.id for flow in case.facts.flows if flow.realm is not Realm.INNER}
    for publication in case.facts.publications:
        if publication.flow in inner_flows - outer_flows:
            what = T("flow {flow} of the inner network is published to the Internet", flow=publication.flow)
            yield Finding(publication.flow, what, close, (publication.origin,))
    for exit_ in case.facts.exits:
        unit = case.parties.get(exit_.party)
        if exit_.device in inner or (unit is not None and unit.realm is Realm.INNER):
            yield Finding(exit_.slug, T("the retained exit {exit} stands on the inner network", exit=exit_.slug), close, (exit_.origin,))


class RetainedExits(Rule):
    id = "EGR-EXIT"
    title = T("A retained exit is approved and serves its own unit only")
    description = T(
        "Every retained exit has an approval of the kind retained-exit that holds on the day. Its device serves one exit, its"
        " carrier's circuits are the only ones there, the unit's network is plugged in there and nowhere else, and nobody else's"
        " network or device is behind it."
    )
    source = (PLAN,)
    severity = Severity.HIGH
    scope = Scope.PHYSICAL

    def check(self, case: Case) -> Outcome:
        findings: list[Finding] = []
        doubts: list[Doubt] = []
        users: dict[str, list[str]] = {}
        for exit_ in case.facts.exits:
            users.setdefault(exit_.device, []).append(exit_.slug)
            why = why_invalid(case.approvals, exit_.approval, APPROVAL_KIND, case.as_of)
            if why is not None:
                approval = case.approvals.get(exit_.approval)
                places = (exit_.origin, *((approval.origin,) if approval else ()))
                what = T("the retained exit {exit} is not approved: {why}", exit=exit_.slug, why=why)
                findings.append(Finding(exit_.slug, what, T("renew the approval, or merge the unit into the single egress"), places))
            if exit_.device not in case.devices:
                doubts.append(
                    Doubt(T("the device {device} of exit {exit} is recorded nowhere", device=exit_.device, exit=exit_.slug), exit_.origin)
                )
                continue
            findings += [*_own_lines(case, exit_), *_own_unit(case, exit_), *_behind(case, exit_)]
        for device, slugs in users.items():
            if len(slugs) > 1:
                what = T("{device} serves more than one retained exit: {exits}", device=device, exits=", ".join(slugs))
                places = tuple(exit_.origin for exit_ in case.facts.exits if exit_.device == device)
                findings.append(Finding(device, what, T("give each exit a device of its own"), places))
        return Outcome(tuple(exit_.slug for exit_ in case.facts.exits), tuple(findings), (*doubts, *absent(case, Realm.OUTER)))


def _own_lines(case: Case, exit_: RetainedExit) -> Iterator[Finding]:
    """Circuits at the device that are not the exit's own."""
    lines = [circuit for circuit in case.facts.circuits if exit_.device in (circuit.a.device, circuit.b.device if circuit.b else None)]
    for circuit in lines:
        if circuit.b is not None or circuit.peer != exit_.peer:
            what = T("circuit {id} at {device} is not the carrier's of exit {exit}", id=circuit.id, device=exit_.device, exit=exit_.slug)
            yield _exit_finding(exit_, what, circuit.origin)


def _exit_finding(exit_: RetainedExit, what: Text, *places: Place) -> Finding:
    fix = T("let the exit serve its own unit only")
    return Finding(exit_.slug, what, fix, (exit_.origin, *places))


def _own_unit(case: Case, exit_: RetainedExit) -> Iterator[Finding]:
    """Networks plugged into the device, and where else the unit's network is plugged in."""
    for party in case.facts.parties:
        devices = {end.device for end in party.attachments}
        if party.id == exit_.party:
            elsewhere = sorted(devices - {exit_.device})
            if elsewhere:
                what = T(
                    "{party} is plugged into {devices} too, past its own exit {exit}",
                    party=party.id,
                    devices=", ".join(elsewhere),
                    exit=exit_.slug,
                )
                yield _exit_finding(exit_, what, party.origin)
        elif exit_.device in devices and party.kind is not PartyKind.INTERNET:
            what = T("the retained exit {exit} serves {party} too, which is not its unit", exit=exit_.slug, party=party.id)
            yield _exit_finding(exit_, what, party.origin)
    own = case.parties.get(exit_.party)
    if own is None or exit_.device not in {end.device for end in own.attachments}:
        what = T("the unit of exit {exit}, {party}, is not plugged into {device}", exit=exit_.slug, party=exit_.party, device=exit_.device)
        yield _exit_finding(exit_, what)


def _behind(case: Case, exit_: RetainedExit) -> Iterator[Finding]:
    """What only the exit's device joins to the rest of the outer network: nobody but the unit may depend on it."""
    plant = case.plant
    here = plant.device(exit_.device)
    if here is None:
        return
    neighbours = set(plant.graph.neighbors(here))
    parts = [part for part in components(plant.cut({here})) if part & neighbours]
    outer = [part for part in parts if any(plant.graph[node].realm is Realm.OUTER for node in part)]
    main = max(outer, key=lambda part: (len(part), -min(part)), default=set())
    for part in parts:
        others = [plant.graph[node].name for node in sorted(part) if _depends(plant.graph[node], exit_)]
        if part is not main and others:
            what = T("only the retained exit {exit} joins {names} to the outer network", exit=exit_.slug, names=", ".join(others[:5]))
            yield _exit_finding(exit_, what)


def _depends(node: Node, exit_: RetainedExit) -> bool:
    return node.kind in (NodeKind.DEVICE, NodeKind.PARTY) and node.name not in (exit_.device, exit_.party)


RULES: tuple[type[Rule], ...] = (EgressCut, CountyEgress, InnerEgress, RetainedExits)
