"""ROUTE: no packet goes round in circles, next hops answer, answers find their session, external networks are not believed."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address

from isolation_checks.case import Case
from isolation_checks.forwarding.circles import Circles
from isolation_checks.forwarding.hostile import accepts, hostile
from isolation_checks.forwarding.model import Fate
from isolation_checks.routing.policies import Policies
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.con import speaking_to
from isolation_checks.rules.exact import ASSUMED, doubts, findings
from isolation_checks.rules.ways import known
from isolation_checks.verdicts import Doubt, Finding, Outcome, Scope, Severity
from topology.facts import Circuit, Peer, Realm
from topology.i18n import T

SHOWN = 20
"""So many circles are shown; the next run shows the rest."""


class NoCircles(Rule):
    id = "ROUTE-LOOP"
    title = T("No packet goes round in circles")
    description = T(
        "For no destination does a device hand packets to another that hands them back, directly or over others, whichever of several equal"
        " routes is taken. Every summary needs its discard route for that."
    )
    source = (PLAN,)
    severity = Severity.HIGH
    scope = Scope.EXACT

    def check(self, case: Case) -> Outcome:
        work = case.exact
        found = []
        for number, circle in enumerate(Circles(work.plane, work.pieces).all()):
            if number == SHOWN:
                break
            names = " -> ".join(dict.fromkeys(device for device, _ in (*circle.places, circle.places[0])))
            what = T("packets to {address} go round: {devices}", address=str(IPv4Address(circle.address)), devices=names)
            fix = T("Discard the prefix where it is summarised, or route it to who has it.")
            found.append(Finding(circle.places[0][0], what, fix, circle.refs))
        return Outcome(_tables(case), tuple(found), case.engine.base.doubts)


class NextHops(Rule):
    id = "ROUTE-HOLE"
    title = T("Every next hop is somebody")
    description = T(
        "With everything up, each next hop of each route in the devices' tables is an address of a device, of an external network, or of a"
        " party on that link. A route to nobody is a black hole."
    )
    source = (PLAN,)
    severity = Severity.MEDIUM
    scope = Scope.EXACT

    def check(self, case: Case) -> Outcome:
        work = case.exact
        found = []
        for item in Circles(work.plane, work.pieces).silent():
            what = T(
                "the route {prefix} of {device} leads to {address} behind {interface}, and nobody answers there",
                prefix=f"{IPv4Address(item.route.network)}/{item.route.length}", device=item.device,
                address=str(IPv4Address(item.hop.gateway or 0)), interface=item.hop.interface,
            )  # fmt: skip
            found.append(Finding(item.device, what, T("Correct the next hop, or delete the route."), item.route.refs))
        return Outcome(_tables(case), tuple(found), case.engine.base.doubts)


class SameFirewall(Rule):
    id = "ROUTE-SYMMETRY"
    title = T("Answers come back through the firewall, and the zones, that the question went through")
    description = T(
        "The answers of every declared flow pass each device that keeps sessions where a session is open for them, whichever of several"
        " equal routes either direction takes."
    )
    source = (PLAN,)
    severity = Severity.HIGH
    scope = Scope.EXACT

    def check(self, case: Case) -> Outcome:
        keeping = tuple(sorted(name for name, item in case.exact.city.forwarders.items() if item.keeps_sessions))
        if not keeping:
            return Outcome(())
        lost = [
            item._replace(losses=(), answers=tuple(loss for loss in item.answers if loss.fate is Fate.NO_SESSION))
            for item in case.exact.met
        ]
        found = tuple(findings(case, case.exact, [item for item in lost if item.answers]))
        return Outcome(keeping, found, tuple(doubts(case, lost)), known(case, ASSUMED))


class NotBelieved(Rule):
    id = "ROUTE-HOSTILE"
    title = T("What external networks must not announce is accepted nowhere")
    description = T(
        "No router takes from the province a default or anything outside of the agreed prefixes, nor from any external network a network"
        " that nobody has on the Internet, one of our own, or a part of one."
    )
    source = (PLAN,)
    severity = Severity.CRITICAL
    scope = Scope.AS_WRITTEN

    def check(self, case: Case) -> Outcome:
        subjects: list[str] = []
        found: list[Finding] = []
        uncertain: list[Doubt] = []
        for circuit, peer in _external(case):
            config = case.configs.get(circuit.a.device)
            if config is None:
                continue
            policies = Policies(config)
            for process, neighbor in speaking_to(config, str(peer.asn)):
                subjects.append(f"{config.folder}:{neighbor.address}")
                taken = [(prefix, answer.refs) for prefix in hostile(case.facts, peer)
                         for answer in [accepts(policies, neighbor, prefix, (str(peer.asn),))] if answer.taken]  # fmt: skip
                if taken:
                    prefix, refs = taken[0]
                    what = T("{device} takes {prefix} from {peer} (AS {own} hears AS {asn}), and {count} other prefixes that it must not",
                             device=config.folder, prefix=str(prefix), peer=peer.slug, own=process.asn, asn=peer.asn,
                             count=len(taken) - 1)  # fmt: skip
                    fix = T("Permit the agreed prefixes in a list on the neighbour, and nothing else.")
                    found.append(Finding(f"{config.folder}:{neighbor.address}", what, fix, (neighbor.ref, *refs)))
            for name, condition, ref in policies.unknown:
                what = T("condition {condition} of policy {name} is not modelled", condition=condition, name=name)
                uncertain.append(Doubt(what, ref))
        return Outcome(tuple(subjects), tuple(found), tuple(uncertain))


def _external(case: Case) -> Iterator[tuple[Circuit, Peer]]:
    for circuit in case.facts.circuits:
        if circuit.peer is None:
            continue
        named = [peer for peer in case.facts.peers if peer.slug == circuit.peer]
        own = [peer for peer in named if peer.realm is circuit.realm]
        for peer in own or [peer for peer in named if peer.realm is Realm.INTERNET]:
            yield circuit, peer


def _tables(case: Case) -> tuple[str, ...]:
    return tuple(f"{device} {vrf}".strip() for device, vrf in sorted(case.engine.base.tables))


RULES: tuple[type[Rule], ...] = (NoCircles, NextHops, SameFirewall, NotBelieved)
"""In the order of reports."""
