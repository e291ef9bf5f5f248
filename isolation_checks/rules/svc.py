"""SVC: what passes is declared (plan §7.1.1; GB/T 22239-2019 8.1.3.2)."""

from __future__ import annotations

from isolation_checks.case import Case
from isolation_checks.reach.reach import Kind
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.log import CONTROL
from isolation_checks.rules.ways import ASSUMED, NoExcess, deciding, known, receivers
from isolation_checks.verdicts import Finding, Outcome, Scope, Severity
from topology.i18n import T


class NothingUndeclared(NoExcess):
    id = "SVC-EXCESS"
    title = T("Nothing passes to or from servers, devices and the province that nobody declared")
    description = T(
        "Over every route that VRFs, filters, zone policies and translations allow, a zone of servers, the province or an access unit gets "
        "no packet that is neither part of a declared flow nor has the shape of an answer to one."
    )
    source = (PLAN, CONTROL)
    kinds = (Kind.SERVICES,)

    def subjects(self, case: Case) -> tuple[str, ...]:
        return receivers(case, self.kinds)


class OnlyOpenedSessions(Rule):
    id = "SVC-SESSION"
    title = T("Firewalls open sessions for declared flows only")
    description = T(
        "What a firewall with zones lets through as a new connection is a forward packet of a declared flow. A packet with the shape of an "
        "answer needs a session there: across a firewall it is excess, while filters without sessions between agency and service have to "
        "tolerate it."
    )
    source = (CONTROL,)
    severity = Severity.MEDIUM
    scope = Scope.ANY_ROUTE

    def check(self, case: Case) -> Outcome:
        findings = []
        for item in case.reach.unopened:
            witness = case.witnesses.unopened(item)
            what = T(
                "{device} opens a session from zone {source} to zone {target} for {packet} of {sender}, which no flow declares",
                device=item.device,
                source=item.source,
                target=item.target,
                packet=witness.packet.text(),
                sender=item.sender.name,
            )
            fix = T("Narrow the rule to the declared flow; answers need no rule of their own.")
            findings.append(Finding(f"{item.device}:{item.source}-{item.target}", what, fix, deciding(witness), witness))
        subjects = tuple(sorted({crossing.forwarder.name for crossing in case.reach.spread.firewall_crossings}))
        return Outcome(subjects, tuple(findings), (), known(case, ASSUMED))


RULES: tuple[type[Rule], ...] = (NothingUndeclared, OnlyOpenedSessions)
