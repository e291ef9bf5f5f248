"""PHY-MANAGEMENT and PHY-CONSOLE: no way into both networks by the cables that manage them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from isolation_checks.case import Case
from isolation_checks.physical import Edge, EdgeKind, Graph, Node, NodeKind, chains, components, side
from isolation_checks.physical_ports import folded
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.sides import REALMS, absent, chain_finding
from isolation_checks.rules.words import FEATURE
from isolation_checks.snapshot import Feature, FeatureKind
from isolation_checks.verdicts import ChainWitness, Doubt, Finding, Link, Outcome, Scope, Severity
from topology.facts import Attachment, Circuit, Device, Realm, Role, Use
from topology.i18n import T

CENTRE = frozenset({Role.NOC, Role.OOB, Role.CLOCK})
_SERVANTS = frozenset({Role.OOB, Role.CLOCK, Role.CONSOLE_SERVER})  # belong to whom they serve: border devices may have some of their own


class SharedManagement(Rule):
    id = "PHY-MANAGEMENT"
    title = T("No management network, port or server serves both networks")
    description = T(
        "What management cables and the switches, clocks and servers of a management centre join is all of one network. Devices"
        " between the egress firewalls and the carriers count as the Internet's side: no cable leads from them into a management"
        " centre."
    )
    source = (PLAN,)
    severity = Severity.CRITICAL
    scope = Scope.PHYSICAL

    def check(self, case: Case) -> Outcome:
        centre = {device.name for device in case.facts.devices if device.role in CENTRE}

        def managing(a: Node, b: Node, edge: Edge) -> bool:
            return edge.kind is EdgeKind.MANAGEMENT or _among(a, centre) or _among(b, centre)

        managed = {end.device for cable in case.facts.cables if cable.use is Use.MANAGEMENT for end in (cable.a, cable.b)}
        subjects = tuple(device.name for device in case.facts.devices if device.name in managed | centre)
        return Outcome(subjects, tuple(_mixed(case, case.plant.cut(edges=managing))), absent(case, Realm.INNER, Realm.OUTER))


class SharedConsole(Rule):
    id = "PHY-CONSOLE"
    title = T("A console serves one network and leads nowhere else")
    description = T(
        "A console server and all that is cabled to it are of one network. No carrier's line, modem or unrecorded far end is at a"
        " console port or a console server: that would be a way in from the Internet that no firewall sees."
    )
    source = (PLAN,)
    severity = Severity.CRITICAL
    scope = Scope.PHYSICAL

    def check(self, case: Case) -> Outcome:
        servers = {device.name for device in case.facts.devices if device.role is Role.CONSOLE_SERVER}

        def console(a: Node, b: Node, edge: Edge) -> bool:
            return edge.kind is EdgeKind.CONSOLE or (edge.kind is not EdgeKind.CIRCUIT and (_among(a, servers) or _among(b, servers)))

        modems, doubts = _dialled(case)
        findings = (*_mixed(case, case.plant.cut(edges=console)), *_lines(case, servers), *modems)
        consoles = {end.device for cable in case.facts.cables if cable.use is Use.CONSOLE for end in (cable.a, cable.b)}
        subjects = tuple(device.name for device in case.facts.devices if device.name in servers | consoles)
        return Outcome(subjects, findings, doubts)


def _among(node: Node, devices: set[str]) -> bool:
    return node.kind is NodeKind.DEVICE and node.name in devices


def _mixed(case: Case, graph: Graph) -> Iterator[Finding]:
    """Breaches where what is joined is not all of one network."""
    sides: dict[Realm, set[int]] = {realm: set() for realm in Realm}
    servants: set[int] = set()
    for number in graph.node_indices():
        node = graph[number]
        device = case.devices[node.name] if node.kind is NodeKind.DEVICE else None
        realm = side(device) if device else node.realm
        if realm is not None:
            sides[realm].add(number)
        if device and device.role in _SERVANTS:
            servants.add(number)
    groups = [group for group in components(graph) if len(group) > 1 and sum(bool(group & members) for members in sides.values()) > 1]
    joined = set().union(*groups)
    if not joined:
        return
    for one, other in combinations((Realm.INNER, Realm.INTERNET, Realm.OUTER), 2):
        neutral = servants if Realm.INNER not in (one, other) else set()
        for chain in chains(graph, (sides[one] - neutral) & joined, (sides[other] - neutral) & joined):
            loose = next((link for link in chain if NodeKind.OPEN in (link[0].kind, link[1].kind)), None)
            if loose is None:
                near, far = chain[0][0], chain[-1][1]
                what = T(
                    "{a} of {one} and {b} of {other} are cabled together", a=near.name, one=REALMS[one], b=far.name, other=REALMS[other]
                )
                yield chain_finding(chain, what)
            else:
                known = loose[1] if loose[0].kind is NodeKind.OPEN else loose[0]
                what = T("{over} leads from {device} to a far end that nobody recorded", over=loose[2].over, device=known.name)
                yield chain_finding((loose,), what)


def _lines(case: Case, servers: set[str]) -> Iterator[Finding]:
    """Carriers' lines at consoles."""
    for circuit in case.facts.circuits:
        for end in (circuit.a, *((circuit.b,) if circuit.b else ())):
            if end.device in servers or _is_console(case.devices.get(end.device), end):
                yield _line(circuit, end)


def _line(circuit: Circuit, end: Attachment) -> Finding:
    what = T(
        "the line {id} of carrier {carrier} is at the console {port} of {device}",
        id=circuit.id,
        carrier=circuit.carrier,
        port=end.port,
        device=end.device,
    )
    over = T("circuit {id} ({carrier} {reference})", id=circuit.id, carrier=circuit.carrier, reference=circuit.reference)
    chain = ChainWitness((Link(end.device, circuit.peer or "?", over, circuit.origin),))
    return Finding(circuit.id, what, T("take the line off the console"), (circuit.origin,), chain)


def _is_console(device: Device | None, end: Attachment) -> bool:
    return device is not None and any(port.kind == "console" and folded(port.name) == folded(end.port) for port in device.model.ports)


def _dialled(case: Case) -> tuple[tuple[Finding, ...], tuple[Doubt, ...]]:
    """Lines of a config that let somebody dial in: a modem is a breach, whatever else dials is not known to be none."""
    findings, doubts = [], []
    for config in case.snapshot.devices:
        for feature in config.features:
            if feature.kind is not FeatureKind.DIALUP:
                continue
            if "modem" in feature.detail.lower():
                findings.append(_modem(case, config.folder, feature))
            else:
                doubts.append(Doubt(T("not modelled ({kind}): {line}", kind=FEATURE[feature.kind], line=feature.detail), feature.ref))
    return tuple(findings), tuple(doubts)


def _modem(case: Case, folder: str, feature: Feature) -> Finding:
    device = case.devices.get(folder)
    chain = ChainWitness((Link(folder, "?", T("the modem line {line}", line=feature.detail), device.origin if device else None),))
    what = T("the config of {device} takes a modem: {line}", device=folder, line=feature.detail)
    return Finding(folder, what, T("take the modem off the console and the line out of the config"), (feature.ref,), chain)
