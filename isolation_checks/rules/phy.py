"""PHY: the inner network is physically apart from the outer network, from the Internet and from retained exits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from isolation_checks.case import Case
from isolation_checks.physical import Node, NodeKind, chains, components, isolating, units
from isolation_checks.rules.base import PLAN, PLAN_345, Rule
from isolation_checks.rules.phy_circuit import SharedCircuit
from isolation_checks.rules.phy_lan import SeparateLans
from isolation_checks.rules.phy_managing import SharedConsole, SharedManagement
from isolation_checks.rules.sides import REALMS, absent, chain_finding, port_doubts
from isolation_checks.verdicts import Doubt, Finding, Outcome, Scope, Severity
from topology.facts import Attachment, Cable, Device, Realm, Use
from topology.i18n import T, Text
from topology.origin import Origin

SECRECY_2000 = T("Regulations on secrecy of computer systems connected to international networks (2000)")
BOTH = (Realm.INNER, Realm.OUTER)


class Apart(Rule):
    id = "PHY-APART"
    title = T("Nothing but gatekeepers joins the inner network to any other")
    description = T(
        "Without the exchange arcs of the gatekeepers, no chain of cables, circuits, consoles, shared enclosures or party networks"
        " leads from the inner network to the outer network, to the Internet or to a retained exit. A far end that nobody recorded"
        " counts as the Internet, a chassis that passes packets without power as a cable. Holds for every config and every failure."
    )
    source = (PLAN, PLAN_345, SECRECY_2000)
    severity = Severity.CRITICAL
    scope = Scope.PHYSICAL

    def check(self, case: Case) -> Outcome:
        plant = case.plant
        exits = {exit_.device: exit_.slug for exit_ in case.facts.exits}
        found = chains(
            plant.cut(),
            plant.nodes(lambda node: node.realm is Realm.INNER),
            plant.nodes(lambda node: node.realm in (Realm.OUTER, Realm.INTERNET)),
        )
        findings = tuple(chain_finding(chain, _joined(chain[0][0], chain[-1][1], exits)) for chain in found)
        subjects = tuple(device.name for device in case.facts.devices if device.realm is Realm.INNER)
        doubts = absent(case, *BOTH)
        assumptions = ("circuits-private", "terminals-do-not-bridge", "peers-agreed-prefixes")
        return Outcome(subjects, findings, (*doubts, *port_doubts(case)), assumptions)


def _joined(near: Node, far: Node, exits: dict[str, str]) -> Text:
    if far.kind is NodeKind.OPEN:
        return T("the inner network reaches a far end that nobody recorded, by {near}", near=near.name)
    if far.name in exits:
        return T("the inner network is joined to the retained exit {exit}, by {near}", exit=exits[far.name], near=near.name)
    return T(
        "the inner network is joined to {realm}: {near} to {far}", realm=REALMS[far.realm or Realm.OUTER], near=near.name, far=far.name
    )


class SharedChassis(Rule):
    id = "PHY-CHASSIS"
    title = T("No enclosure serves both networks")
    description = T(
        "The devices of one enclosure are all of one network. The only enclosure with devices of both is a gatekeeper's: its outer and"
        " its inner host unit and nothing else."
    )
    source = (PLAN,)
    severity = Severity.CRITICAL
    scope = Scope.PHYSICAL

    def check(self, case: Case) -> Outcome:
        groups: defaultdict[str, list[Device]] = defaultdict(list)
        for device in case.facts.devices:
            groups[device.enclosure].append(device)
        pairs = units(case.facts.gatekeepers)
        findings = tuple(
            Finding(
                enclosure,
                T("the enclosure {enclosure} holds devices of both networks: {devices}", enclosure=enclosure, devices=_names(group)),
                T("give each network an enclosure of its own"),
                tuple(device.origin for device in group),
            )
            for enclosure, group in groups.items()
            if len({device.realm for device in group}) > 1 and not isolating(group, pairs)
        )
        return Outcome(tuple(groups), findings, absent(case, *BOTH))


def _names(group: list[Device]) -> str:
    return ", ".join(device.name for device in group)


class SharedCable(Rule):
    id = "PHY-CABLE"
    title = T("No cable and no socket serves both networks")
    description = T(
        "Both ends of a cable are of the network that the cable is recorded for, except for the exchange arc inside a gatekeeper. No"
        " socket holds cables or circuits of different networks."
    )
    source = (PLAN,)
    severity = Severity.CRITICAL
    scope = Scope.PHYSICAL

    def check(self, case: Case) -> Outcome:
        pairs = units(case.facts.gatekeepers)
        findings: list[Finding] = []
        doubts: list[Doubt] = []
        for cable in case.facts.cables:
            ends = [case.devices.get(end.device) for end in (cable.a, cable.b)]
            known = [device for device in ends if device is not None]
            if len(known) < 2:
                far = cable.b if ends[1] is None else cable.a
                doubts.append(
                    Doubt(T("cable {id} leads to {device}, which is recorded nowhere", id=cable.id, device=far.device), cable.origin)
                )
            if cable.use is Use.ARC and isolating(known, pairs) and known[0].enclosure == known[1].enclosure:
                continue
            if any(device.realm is not cable.realm for device in known):
                findings.append(_wrong_cable(cable, known))
        socket_findings, socket_doubts = _sockets(case)
        subjects = tuple(cable.id for cable in case.facts.cables)
        return Outcome(subjects, (*findings, *socket_findings), (*doubts, *socket_doubts, *absent(case, *BOTH)))


def _wrong_cable(cable: Cable, known: list[Device]) -> Finding:
    if len({device.realm for device in known}) > 1:
        what = T(
            "cable {id} joins {a} of the inner and {b} of the outer network",
            id=cable.id,
            a=_of(known, Realm.INNER),
            b=_of(known, Realm.OUTER),
        )
        fix = T("take the cable out; data passes between the networks by a gatekeeper only")
    else:
        what = T(
            "cable {id} is recorded for {realm} but plugged into {a} of the other", id=cable.id, realm=REALMS[cable.realm], a=known[0].name
        )
        fix = T("record the cable where its devices are, or plug it into devices of its own network")
    return Finding(cable.id, what, fix, (cable.origin,))


def _of(known: list[Device], realm: Realm) -> str:
    return next((device.name for device in known if device.realm is realm), known[0].name)


def _sockets(case: Case) -> tuple[list[Finding], list[Doubt]]:
    """Sockets with more than one thing in them: a breach where these are of different networks, else an impossible record."""
    users: defaultdict[tuple[str, str], list[tuple[Attachment, str, Realm, Origin]]] = defaultdict(list)
    for end, id_, realm, origin in _plugs(case):
        users[end.device, end.port].append((end, id_, realm, origin))
    findings, doubts = [], []
    for (device, port), plugs in users.items():
        ids = ", ".join(dict.fromkeys(id_ for _, id_, _, _ in plugs))
        if len({realm for _, _, realm, _ in plugs}) > 1:
            what = T("port {port} of {device} holds cables or circuits of both networks: {ids}", port=port, device=device, ids=ids)
            places = tuple(dict.fromkeys(origin for _, _, _, origin in plugs))
            findings.append(Finding(f"{device}:{port}", what, T("give each network a port of its own"), places))
        elif len({str(end) for end, _, _, _ in plugs}) < len(plugs):
            doubts.append(
                Doubt(
                    T("port {port} of {device} is recorded for more than one plug: {ids}", port=port, device=device, ids=ids), plugs[0][3]
                )
            )
    return findings, doubts


def _plugs(case: Case) -> Iterator[tuple[Attachment, str, Realm, Origin]]:
    for cable in case.facts.cables:
        if cable.use is not Use.ARC:
            yield cable.a, cable.id, cable.realm, cable.origin
            yield cable.b, cable.id, cable.realm, cable.origin
    cabled = {(end.device, end.port) for cable in case.facts.cables for end in (cable.a, cable.b)}
    for circuit in case.facts.circuits:
        for end in (circuit.a, *((circuit.b,) if circuit.b else ())):
            if (end.device, end.port) in cabled:  # ports that only circuits use are PHY-CIRCUIT's
                yield end, circuit.id, circuit.realm, circuit.origin


class LivePorts(Rule):
    id = "PHY-PORT"
    title = T("No live port without a recorded far end")
    description = T(
        "Every socket that the config of a device leaves up has a cable, a circuit or a party recorded in it. A port that the config"
        " does not speak of counts as its platform treats it by default: switch ports are up."
    )
    source = (PLAN,)
    severity = Severity.HIGH
    scope = Scope.AS_WRITTEN

    def check(self, case: Case) -> Outcome:
        findings, doubts = [], []
        for port in case.live_ports:
            if port.certain:
                what = T(
                    "port {port} of {device} is live and nothing is recorded in it: {why}", port=port.port, device=port.device, why=port.why
                )
                fix = T("shut the port, or record what is plugged into it")
                findings.append(Finding(f"{port.device}:{port.port}", what, fix, (port.place, case.devices[port.device].origin)))
            else:
                doubts.append(
                    Doubt(T("port {port} of {device} may be live: {why}", port=port.port, device=port.device, why=port.why), port.place)
                )
        subjects = tuple(device.name for device in case.facts.devices if device.rendered and device.name in case.configs)
        return Outcome(subjects, tuple(findings), tuple(doubts))


class ExitsApart(Rule):
    id = "PHY-EXIT"
    title = T("Retained Internet exits are physically apart from the inner network")
    description = T(
        "Without the exchange arcs of the gatekeepers, no chain of cables leads from the inner network to the device of a retained"
        " exit or to the network of its unit."
    )
    source = (PLAN,)
    severity = Severity.CRITICAL
    scope = Scope.PHYSICAL

    def check(self, case: Case) -> Outcome:
        plant = case.plant
        inner = plant.nodes(lambda node: node.realm is Realm.INNER)
        graph = plant.cut()
        joined = [found for found in components(graph) if found & inner]
        findings = []
        doubts: list[Doubt] = []
        for exit_ in case.facts.exits:
            ends = {node for node in (plant.device(exit_.device), plant.party(exit_.party)) if node is not None}
            if plant.device(exit_.device) is None:
                doubts.append(
                    Doubt(T("the device {device} of exit {exit} is recorded nowhere", device=exit_.device, exit=exit_.slug), exit_.origin)
                )
            if inner & ends:
                what = T("the retained exit {exit} stands on the inner network", exit=exit_.slug)
                findings.append(Finding(exit_.slug, what, T("the inner network has no Internet: take it away"), (exit_.origin,)))
            elif any(found & ends for found in joined):
                chain = chains(plant.cut(), inner, ends, 1)[0]
                what = T("the retained exit {exit} is joined to the inner network at {near}", exit=exit_.slug, near=chain[0][0].name)
                findings.append(chain_finding(chain, what, exit_.slug))
        subjects = tuple(exit_.slug for exit_ in case.facts.exits)
        needed = (*absent(case, *BOTH), *port_doubts(case)) if subjects or not case.present(Realm.OUTER) else ()
        return Outcome(subjects, tuple(findings), (*doubts, *needed), ("terminals-do-not-bridge",))


RULES: tuple[type[Rule], ...] = (
    Apart,
    SharedChassis,
    SharedCable,
    SharedCircuit,
    SharedManagement,
    SharedConsole,
    LivePorts,
    SeparateLans,
    ExitsApart,
)
