"""VPN: departmental vertical networks are merged into the network of their nature, or retained by approval; no new ones are built."""

from __future__ import annotations

from datetime import date

from isolation_checks.approvals import why_invalid
from isolation_checks.case import Case
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.sides import REALMS
from isolation_checks.verdicts import Doubt, Finding, Outcome, Scope, Severity
from topology.facts import VerticalNetwork
from topology.i18n import T, Text

APPROVAL_KIND = "retained-vertical"


def _named(vertical: VerticalNetwork) -> str:
    return f"{vertical.realm.value}:{vertical.slug}"


class Merged(Rule):
    id = "VPN-MERGED"
    title = T("Every vertical network is merged, or retained by approval")
    description = T(
        "A departmental vertical network is merged into the inner or outer network, or retained with an approval of the kind "
        "retained-vertical that holds on the day. The plan integrates existing vertical networks in its first phase: a pending one is open"
        " until the date of that phase and a breach after it."
    )
    source = (PLAN,)
    severity = Severity.MEDIUM
    scope = Scope.DECREED

    def check(self, case: Case) -> Outcome:
        findings = []
        doubts: list[Doubt] = []
        due = min(case.facts.policy.phases, default=None)
        for vertical in case.facts.verticals:
            what = _unmerged(case, vertical, due)
            if isinstance(what, Doubt):
                doubts.append(what)
            elif what is not None:
                approval = case.approvals.get(vertical.approval or "")
                places = (vertical.origin, *((approval.origin,) if approval else ()))
                fix = T("merge it into {realm}, or get an approval of the kind {kind}", realm=REALMS[vertical.realm], kind=APPROVAL_KIND)
                findings.append(Finding(_named(vertical), what, fix, places))
        return Outcome(tuple(_named(vertical) for vertical in case.facts.verticals), tuple(findings), tuple(doubts))


def _unmerged(case: Case, vertical: VerticalNetwork, due: tuple[int, date] | None) -> Text | Doubt | None:
    """What is wrong with a vertical network's state, if anything."""
    if vertical.state == "merged":
        if vertical.mode is None:
            return T("the vertical network {vertical} is recorded as merged, and nothing says how", vertical=vertical.slug)
        return None
    if vertical.state == "retained":
        why = why_invalid(case.approvals, vertical.approval, APPROVAL_KIND, case.as_of)
        return T("the retained vertical network {vertical} is not approved: {why}", vertical=vertical.slug, why=why) if why else None
    if due is None:
        return Doubt(
            T("policy has no date for the first phase, in which {vertical} has to be merged", vertical=vertical.slug), vertical.origin
        )
    if due[1] < case.as_of:
        return T(
            "the vertical network {vertical} is {state}; it had to be merged by the end of phase {phase}, {date}",
            vertical=vertical.slug,
            state=vertical.state,
            phase=due[0],
            date=due[1],
        )
    return None


class NoneNew(Rule):
    id = "VPN-NEW"
    title = T("No vertical network is newer than the plan")
    description = T("Departments without a vertical network build none: every vertical network is from the year of the plan or before.")
    source = (PLAN,)
    severity = Severity.MEDIUM
    scope = Scope.DECREED

    def check(self, case: Case) -> Outcome:
        year = case.facts.policy.plan_year
        findings = tuple(
            Finding(
                _named(vertical),
                T(
                    "the vertical network {vertical} is of {since}, the plan of {year}",
                    vertical=vertical.slug,
                    since=vertical.since,
                    year=year,
                ),
                T("use the city's networks instead of a new one"),
                (vertical.origin,),
            )
            for vertical in case.facts.verticals
            if vertical.since > year
        )
        return Outcome(tuple(_named(vertical) for vertical in case.facts.verticals), findings)


class OneRealm(Rule):
    id = "VPN-REALM"
    title = T("A vertical network has its members in its own network")
    description = T("Owner and members of a vertical network are parties of the network, inner or outer, that it is classified for.")
    source = (PLAN,)
    severity = Severity.HIGH
    scope = Scope.DECREED

    def check(self, case: Case) -> Outcome:
        findings = []
        for vertical in case.facts.verticals:
            fix = T("classify the vertical network, or name members of {realm}", realm=REALMS[vertical.realm])
            for member in dict.fromkeys((vertical.owner, *vertical.members)):
                party = case.parties.get(member)
                if party is None:
                    what = T("{member} of the vertical network {vertical} is recorded nowhere", member=member, vertical=vertical.slug)
                    findings.append(Finding(_named(vertical), what, fix, (vertical.origin,)))
                elif party.realm is not vertical.realm:
                    what = T(
                        "{member} of the vertical network {vertical} is of {realm}",
                        member=member,
                        vertical=vertical.slug,
                        realm=REALMS[party.realm],
                    )
                    findings.append(Finding(_named(vertical), what, fix, (vertical.origin, party.origin)))
        return Outcome(tuple(_named(vertical) for vertical in case.facts.verticals), tuple(findings))


RULES: tuple[type[Rule], ...] = (Merged, NoneNew, OneRealm)
