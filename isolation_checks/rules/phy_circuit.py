"""PHY-CIRCUIT: no carrier's line, position or port serves both networks, and inner lines are separated as their medium demands."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from isolation_checks.approvals import why_invalid
from isolation_checks.case import Case
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.sides import REALMS, absent
from isolation_checks.rules.words import MEDIUM, SEPARATION
from isolation_checks.verdicts import ChainWitness, Doubt, Finding, Link, Outcome, Scope, Severity
from topology.facts import Circuit, Medium, Realm
from topology.i18n import T, Text
from topology.origin import Origin

APPROVAL_KIND = "shared-transport"
SECRETS = T("Law on guarding state secrets")
_SEPARATION = {Medium.FIBRE: "dedicated-fibre", Medium.WAVELENGTH: "wavelength", Medium.TIMESLOT: "timeslot"}
_SHARES_BY = {"dedicated-fibre": "fibre", "wavelength": "wavelength", "timeslot": "timeslot"}
_NUMBERS = re.compile(r"(\d+)(?:\s*[-~\u2013\u301c\uff5e\u81f3]\s*(\d+))?")


class SharedCircuit(Rule):
    id = "PHY-CIRCUIT"
    title = T("No circuit, position or carrier port serves both networks")
    description = T(
        "Both ends of a circuit are of its own network. No line, fibre, wavelength, timeslot or carrier port carries both networks."
        " Circuits of both in one risk group (duct, fibre cable, carrier node) share transport: that needs a separation that policy"
        " allows, and a valid approval of the kind shared-transport for each such group. Inner circuits run on a fibre, wavelength or"
        " timeslot of their own and are encrypted."
    )
    source = (PLAN, SECRETS)
    severity = Severity.CRITICAL
    scope = Scope.DECREED

    def check(self, case: Case) -> Outcome:
        inner = [circuit for circuit in case.facts.circuits if circuit.realm is Realm.INNER]
        others = [circuit for circuit in case.facts.circuits if circuit.realm is not Realm.INNER]
        lines, line_doubts = _same_lines(inner, others)
        findings = [*_ends(case), *_ports(case), *_protection(inner), *lines, *_transport(case, inner, others)]
        doubts = (*line_doubts, *_routes(inner, others), *absent(case, Realm.INNER, Realm.OUTER))
        return Outcome(tuple(circuit.id for circuit in case.facts.circuits), tuple(findings), doubts, ("circuits-private",))


def _ends(case: Case) -> Iterator[Finding]:
    for circuit in case.facts.circuits:
        for end in (circuit.a, *((circuit.b,) if circuit.b else ())):
            device = case.devices.get(end.device)
            if device is not None and device.realm is not circuit.realm:
                what = T(
                    "circuit {id} of {realm} ends at {device} of {other}",
                    id=circuit.id,
                    realm=REALMS[circuit.realm],
                    device=device.name,
                    other=REALMS[device.realm],
                )
                yield Finding(circuit.id, what, T("end it at devices of its own network"), (circuit.origin, device.origin))


def _ports(case: Case) -> Iterator[Finding]:
    """Carriers' ports over which circuits of both networks are handed over."""
    users: defaultdict[tuple[str, str], list[tuple[str, Realm, Origin]]] = defaultdict(list)
    for circuit in case.facts.circuits:
        for end in (circuit.a, *((circuit.b,) if circuit.b else ())):
            users[end.device, end.port].append((circuit.id, circuit.realm, circuit.origin))
    for (device, port), held in users.items():
        if len({realm for _, realm, _ in held}) > 1:
            ids = ", ".join(dict.fromkeys(id_ for id_, _, _ in held))
            what = T("circuits of both networks are handed over at port {port} of {device}: {ids}", port=port, device=device, ids=ids)
            yield Finding(
                f"{device}:{port}", what, T("give each network a port of its own"), tuple(dict.fromkeys(place for *_, place in held))
            )


def _protection(inner: list[Circuit]) -> Iterator[Finding]:
    for circuit in inner:
        needed = _SEPARATION.get(circuit.medium)
        if needed is None:
            what = T(
                "inner circuit {id} runs over {medium}, which the carrier shares out among customers",
                id=circuit.id,
                medium=MEDIUM[circuit.medium],
            )
            fix = T("use a fibre, wavelength or timeslot of its own")
            yield Finding(circuit.id, what, fix, (circuit.origin,))
        elif circuit.separation != needed:
            what = T(
                "inner circuit {id} runs over {medium} and is recorded as separated by {separation}",
                id=circuit.id,
                medium=MEDIUM[circuit.medium],
                separation=SEPARATION.get(circuit.separation or "", circuit.separation or "-"),
            )
            yield Finding(circuit.id, what, T("separate it by {needed}, and record that", needed=SEPARATION[needed]), (circuit.origin,))
        if not (circuit.encryption or "").strip():
            what = T("inner circuit {id} has no link encryption", id=circuit.id)
            yield Finding(circuit.id, what, T("encrypt the link, and record by what"), (circuit.origin,))


def _same_lines(inner: list[Circuit], others: list[Circuit]) -> tuple[list[Finding], list[Doubt]]:
    """Lines that a carrier knows by one number, and positions that are the same or that nobody can tell apart.

    Positions count within one cable or system, which the risk groups tell: circuits without a group in common are in different ones, and
    those without any group are in doubt anyway.
    """
    references: defaultdict[tuple[str, str], list[Circuit]] = defaultdict(list)
    systems: defaultdict[tuple[str, Medium, str], list[Circuit]] = defaultdict(list)
    for other in others:
        references[other.carrier, _squeezed(other.reference)].append(other)
        for group in other.risk:
            systems[other.carrier, other.medium, group].append(other)
    findings, doubts = [], []
    for circuit in inner:
        for other in references[circuit.carrier, _squeezed(circuit.reference)] if circuit.reference.strip() else ():
            what = T(
                "circuits {a} of the inner and {b} of the outer network are one line: {carrier} {reference}",
                a=circuit.id,
                b=other.id,
                carrier=circuit.carrier,
                reference=circuit.reference,
            )
            findings.append(_shared(circuit, other, what, T("{carrier} {reference}", carrier=circuit.carrier, reference=circuit.reference)))
        near = {other.id: other for group in circuit.risk for other in systems[circuit.carrier, circuit.medium, group]}
        for other in near.values() if circuit.medium in _SEPARATION else ():
            same = same_position(circuit.position, other.position)
            if same is None:
                what = T(
                    "nobody can tell from the records whether circuits {a} and {b} are on one {medium}",
                    a=circuit.id,
                    b=other.id,
                    medium=MEDIUM[circuit.medium],
                )
                doubts.append(Doubt(what, other.origin))
            elif same:
                what = T(
                    "circuits {a} of the inner and {b} of the outer network are on one {medium}: {position}",
                    a=circuit.id,
                    b=other.id,
                    medium=MEDIUM[circuit.medium],
                    position=circuit.position or "-",
                )
                findings.append(
                    _shared(circuit, other, what, T("{medium} {position}", medium=MEDIUM[circuit.medium], position=circuit.position or "-"))
                )
    return findings, doubts


def _shared(circuit: Circuit, other: Circuit, what: Text, over: Text) -> Finding:
    chain = ChainWitness((Link(circuit.id, other.id, over, other.origin),))
    return Finding(circuit.id, what, T("order a line of its own for the inner network"), (circuit.origin, other.origin), chain)


def same_position(one: str | None, other: str | None) -> bool | None:
    """Whether two positions in one system overlap; None where they are not written alike, or not at all."""
    first, second = position(one), position(other)
    if first is None or second is None or first.words != second.words:
        return None
    return all(a <= d and c <= b for (a, b), (c, d) in zip(first.ranges, second.ranges, strict=True))


class Position(NamedTuple):
    """What stands around the numbers of a position, and the numbers as ranges."""

    words: str
    ranges: tuple[tuple[int, int], ...]


def position(text: str | None) -> Position | None:
    """``VC-12 #1-4`` as numbers that can be compared; None where there are none."""
    if text is None:
        return None
    folded = text.casefold()
    ranges = tuple((int(first), int(last or first)) for first, last in _NUMBERS.findall(folded))
    return Position("".join(_NUMBERS.sub("\x00", folded).split()), ranges) if ranges else None


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


def _transport(case: Case, inner: list[Circuit], others: list[Circuit]) -> Iterator[Finding]:
    """Risk groups with circuits of both networks. An approval names no group, so there have to be as many as there are groups."""
    groups = _groups(inner, others)
    approvals = [approval for approval in case.facts.approvals if approval.kind == APPROVAL_KIND]
    valid = [approval for approval in approvals if why_invalid(case.approvals, approval.slug, APPROVAL_KIND, case.as_of) is None]
    for group, (ours, theirs) in groups.items():
        over = T("risk group {group}", group=group)
        chain = ChainWitness((Link(ours[0].id, theirs[0].id, over, theirs[0].origin),))
        for circuit in ours:
            by = _SHARES_BY.get(circuit.separation or "", "-")
            if by not in case.facts.policy.shared_transport:
                what = T(
                    "circuits {a} of the inner and {b} of the outer network share {group}, and policy lets them share nothing by {by}",
                    a=circuit.id,
                    b=theirs[0].id,
                    group=group,
                    by=MEDIUM[Medium(by)] if by != "-" else by,
                )
                fix = T("lead the inner circuit by another way")
                yield Finding(circuit.id, what, fix, (circuit.origin, theirs[0].origin, case.facts.policy.origin), chain)
        if len(valid) < len(groups):
            what = T(
                "circuits {a} of the inner and {b} of the outer network share {group}; of {needed} approvals that shared groups need,"
                " {count} are valid",
                a=ours[0].id,
                b=theirs[0].id,
                group=group,
                needed=len(groups),
                count=len(valid),
            )
            fix = T("get an approval of the kind {kind} for it, or lead the inner circuit by another way", kind=APPROVAL_KIND)
            places = (ours[0].origin, theirs[0].origin, *(approval.origin for approval in approvals if approval not in valid))
            yield Finding(group, what, fix, places, chain)


def _groups(inner: list[Circuit], others: list[Circuit]) -> dict[str, tuple[list[Circuit], list[Circuit]]]:
    found: defaultdict[str, tuple[list[Circuit], list[Circuit]]] = defaultdict(lambda: ([], []))
    for number, circuits in enumerate((inner, others)):
        for circuit in circuits:
            for group in dict.fromkeys(circuit.risk):
                found[group][number].append(circuit)
    return {group: sides for group, sides in sorted(found.items()) if all(sides)}


def _routes(inner: list[Circuit], others: list[Circuit]) -> Iterator[Doubt]:
    """Circuits of which nobody recorded the way: whether they share transport is not known."""
    if not (inner and others):
        return
    for circuit in inner:
        if not circuit.risk:
            yield Doubt(T("no risk group says by which way circuit {id} is led", id=circuit.id), circuit.origin)
    carriers = {circuit.carrier for circuit in inner}
    silent = [circuit for circuit in others if not circuit.risk and circuit.carrier in carriers]
    if silent:
        what = T(
            "no risk group says by which way circuit {id} is led, nor {count} others of carriers that lead inner circuits",
            id=silent[0].id,
            count=len(silent) - 1,
        )
        yield Doubt(what, silent[0].origin)
