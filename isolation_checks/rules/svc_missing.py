"""SVC-MISSING: what is declared, and does not pass."""

from __future__ import annotations

from isolation_checks.case import Case
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.exact import ASSUMED, doubts, findings, name
from isolation_checks.rules.ways import known
from isolation_checks.verdicts import Outcome, Scope, Severity
from topology.i18n import T


class DeclaredPasses(Rule):
    id = "SVC-MISSING"
    title = T("Every declared flow passes, and so do its answers")
    description = T(
        "By the routes that the devices compute from their configs, the packets of every declared flow arrive from each of its sources at"
        " each of its destinations, whichever of several equal routes is taken, and the answers come back. Filters, policies, translations"
        " and sessions on the way count."
    )
    source = (PLAN,)
    severity = Severity.HIGH
    scope = Scope.EXACT

    def check(self, case: Case) -> Outcome:
        work = case.exact
        subjects = tuple(f"{name(met)} -> {met.demand.target.device or met.demand.target.party}" for met in work.met)
        found = tuple(findings(case, work, work.met))
        return Outcome(subjects, found, tuple(doubts(case, work.met)), known(case, ASSUMED))


RULES: tuple[type[Rule], ...] = (DeclaredPasses,)
"""In the order of reports."""
