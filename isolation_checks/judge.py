"""From what the rules found to verdicts: exceptions taken off, doubts put in, nothing left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import NamedTuple, TypeAlias

from isolation_checks.approvals import why_invalid
from isolation_checks.beside import beside
from isolation_checks.case import Case
from isolation_checks.doubts import doubts_for
from isolation_checks.rules.base import Rule
from isolation_checks.rules.registry import rules
from isolation_checks.verdicts import Doubt, Excepted, ExceptionState, ExceptionUse, Finding, Outcome, Result, RuleInfo, Scope, Verdict
from topology.facts import RuleException
from topology.i18n import T, Text

APPROVAL_KIND = "exception"
MOST_FAILURES = 2  # at once, of those that are ever judged
"""The only kind of approval that excepts a finding; those of exits, channels, verticals and transport are read by the rules themselves."""

Progress: TypeAlias = Callable[[RuleInfo, int, int], None]
"""Called before each rule: the rule, its number counted from 1, how many there are."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A result for every rule, in the order that they were given in, what became of every exception, and how long each rule took."""

    results: tuple[Result, ...]
    exceptions: tuple[ExceptionUse, ...]
    seconds: tuple[tuple[str, float], ...] = ()


class _Checked(NamedTuple):
    outcome: Outcome
    seconds: float


def judge(case: Case, chosen: Iterable[type[Rule]], progress: Progress | None = None, jobs: int = 1) -> Judgement:
    """Run the rules. A rule that raises is a defect of the program and ends it: no verdict may rest on half a check.

    Exceptions of rules that are not among ``chosen`` are left out: nothing was found out about them. Equal whatever ``jobs`` is: with two,
    another process reads what is written while this one follows packets.
    """
    wanted = list(chosen)
    apart = [rule for rule in wanted if rule.scope is not Scope.ANY_ROUTE] if jobs > 1 else []
    checked: dict[type[Rule], _Checked] = {}
    with beside(lambda: [_checked(case, rule) for rule in apart], 0 < len(apart) < len(wanted)) as others:
        for number, rule in enumerate(wanted, 1):
            if progress:
                progress(rule.info(), number, len(wanted))
            if rule not in apart:
                checked[rule] = _checked(case, rule)
        checked |= zip(apart, others(), strict=True)
    standing = _Exceptions(case)
    results = tuple(_result(case, rule.info(), checked[rule].outcome, standing) for rule in wanted)
    return Judgement(results, standing.uses({rule.id for rule in wanted}), tuple((rule.id, checked[rule].seconds) for rule in wanted))


def _checked(case: Case, rule: type[Rule]) -> _Checked:
    since = perf_counter()
    return _Checked(rule().check(case), perf_counter() - since)


def _result(case: Case, info: RuleInfo, outcome: Outcome, standing: _Exceptions) -> Result:
    excepted, findings = [], []
    for finding in sorted(outcome.findings, key=lambda item: item.sort_key):
        taken = standing.take(info.id, finding)
        if isinstance(taken, Excepted):
            excepted.append(taken)
        else:
            findings.append(taken)
    doubts = _in_order((*outcome.doubts, *doubts_for(case, info.id)))
    verdict = _verdict(outcome, bool(findings), bool(doubts))
    return Result(info, verdict, outcome.subjects, tuple(findings), tuple(excepted), doubts, outcome.assumptions, outcome.notes)


def _verdict(outcome: Outcome, violated: bool, doubtful: bool) -> Verdict:
    """A breach stands whatever else is in doubt. A rule without subjects is only beside the point when no doubt may hide some."""
    if violated:
        return Verdict.VIOLATED
    if doubtful:
        return Verdict.INCOMPLETE
    return Verdict.PROVED if outcome.subjects or outcome.findings else Verdict.NOT_APPLICABLE


def _in_order(doubts: Iterable[Doubt]) -> tuple[Doubt, ...]:
    """Without repetitions; by place, those without a place first, else as they came."""
    return tuple(sorted(dict.fromkeys(doubts), key=_place))


def _place(doubt: Doubt) -> tuple[str, int]:
    return (doubt.place.file, doubt.place.line) if doubt.place else ("", 0)


class _Exceptions:
    """The exceptions of the inventory, and what each was good for during one run."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._all = case.facts.exceptions
        self._by_subject: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, item in enumerate(self._all):
            self._by_subject[item.rule, item.subject].append(number)
        self._findings = [0] * len(self._all)

    def take(self, rule: str, finding: Finding) -> Excepted | Finding:
        """The finding as excepted; or, where an exception does not hold, the finding with the reason; or as it is."""
        numbers = self._by_subject.get((rule, finding.subject), ())
        for number in numbers:
            self._findings[number] += 1
        for number in numbers:
            exception = self._all[number]
            if self._why_not(exception) is None:
                return Excepted(finding, exception, self._case.approvals[exception.approval])
        if not numbers:
            return finding
        exception = self._all[numbers[0]]
        what = T("{what}; its exception does not hold: {why}", what=finding.what, why=self._why_not(exception))
        return replace(finding, what=what, places=(*finding.places, exception.origin))

    def _why_not(self, exception: RuleException) -> Text | None:
        return why_invalid(self._case.approvals, exception.approval, APPROVAL_KIND, self._case.as_of)

    def _state(self, exception: RuleException, findings: int) -> ExceptionState:
        if self._why_not(exception) is None:
            return ExceptionState.USED if findings else ExceptionState.UNUSED
        approval = self._case.approvals.get(exception.approval)
        expired = approval is not None and approval.kind == APPROVAL_KIND and approval.expires < self._case.as_of
        return ExceptionState.EXPIRED if expired else ExceptionState.INVALID

    def uses(self, wanted: set[str]) -> tuple[ExceptionUse, ...]:
        """What became of the exceptions of these rules, and of rules that nobody knows though they know the family."""
        known = {rule.id: rule for rule in rules()}
        families = {name.partition("-")[0] for name in wanted}
        uses = (
            ExceptionUse(item, self._case.approvals.get(item.approval), self._state(item, count), count)
            for item, count in zip(self._all, self._findings, strict=True)
            if item.rule in wanted or (item.rule not in known and item.rule.partition("-")[0] in families)
        )
        if self._case.failures >= MOST_FAILURES:
            return tuple(uses)
        failing = {name for name, rule in known.items() if rule.scope is Scope.FAILURES}
        # What more failures would break was not looked at, so whether such an exception is needed is not known.
        return tuple(use for use in uses if use.state is not ExceptionState.UNUSED or use.exception.rule not in failing)
