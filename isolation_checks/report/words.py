"""The words of closed sets, and what they mean for a reader who sees them for the first time."""

from __future__ import annotations

from collections.abc import Iterable

from isolation_checks.snapshot import LineCode
from isolation_checks.verdicts import ExceptionState, Report, Result, Scope, Severity, Verdict
from topology.i18n import T, Text

VERDICT = {
    Verdict.PROVED: T("PROVED"),
    Verdict.VIOLATED: T("VIOLATED"),
    Verdict.INCOMPLETE: T("INCOMPLETE"),
    Verdict.NOT_APPLICABLE: T("NOT APPLICABLE"),
}
VERDICT_MEANS = {
    Verdict.PROVED: T("holds for every subject, for every packet, within the scope that stands beside it"),
    Verdict.VIOLATED: T("is broken, and the breach is shown: a packet that passes, a chain of cables, or the lines at fault"),
    Verdict.INCOMPLETE: T("could not be decided: what was missing or not understood is named; this is not a pass"),
    Verdict.NOT_APPLICABLE: T("has nothing here that it speaks of"),
}
WHOLE = {
    Verdict.PROVED: T("Every rule that applies is proved."),
    Verdict.VIOLATED: T("At least one rule is broken."),
    Verdict.INCOMPLETE: T("No breach was found, but not every rule could be decided: this is not a pass."),
}
_NOTHING = T("Nothing here is what these rules speak of: nothing was proved.")


def whole(report: Report) -> Text:
    """The verdict on everything, in a sentence."""
    if all(result.verdict is Verdict.NOT_APPLICABLE for result in report.results):
        return _NOTHING
    return WHOLE[report.verdict]


SEVERITY = {
    Severity.CRITICAL: T("critical"),
    Severity.HIGH: T("high"),
    Severity.MEDIUM: T("medium"),
    Severity.LOW: T("low"),
}
SCOPE = {
    Scope.PHYSICAL: T("physical"),
    Scope.ANY_ROUTE: T("any route"),
    Scope.EXACT: T("everything up"),
    Scope.FAILURES: T("up to k failures"),
    Scope.AS_WRITTEN: T("as written"),
    Scope.DECREED: T("decreed"),
}
_FAILURES = {1: T("any one failure"), 2: T("any two failures")}
SCOPE_MEANS = {
    Scope.PHYSICAL: T("follows from chassis, ports, cables and circuits alone: it holds for every config and every failure"),
    Scope.ANY_ROUTE: T("follows from the filters alone, whatever routing does: it holds for every failure and every state of routing"),
    Scope.EXACT: T("follows from the routes that the devices compute while nothing has failed"),
    Scope.FAILURES: T("follows from the routes that the devices compute under every set of so many failures"),
    Scope.AS_WRITTEN: T("follows from the lines of the configs as they stand"),
    Scope.DECREED: T("follows from what was decided and recorded in the inventory"),
}
EXCEPTION = {
    ExceptionState.USED: T("in use"),
    ExceptionState.UNUSED: T("not needed"),
    ExceptionState.EXPIRED: T("expired"),
    ExceptionState.INVALID: T("not valid"),
}
EXCEPTION_MEANS = {
    ExceptionState.USED: T("covers findings until its approval ends"),
    ExceptionState.UNUSED: T("there is nothing that it covers: it may go"),
    ExceptionState.EXPIRED: T("its approval has ended: what it covered is a violation again"),
    ExceptionState.INVALID: T("its approval is missing or of another kind: it covers nothing"),
}
LINE = {
    LineCode.BLANK: T("blank"),
    LineCode.UNDERSTOOD: T("understood"),
    LineCode.UNMODELLED: T("not modelled"),
    LineCode.UNKNOWN: T("unknown"),
    LineCode.IRRELEVANT: T("irrelevant"),
}
TITLE = T("proof of isolation")
VERDICTS = T("Verdicts")
SEARCH = T("Find a rule, device, address …")
ORDER = (Verdict.VIOLATED, Verdict.INCOMPLETE, Verdict.PROVED, Verdict.NOT_APPLICABLE)
"""What needs a reader comes first."""

_SEVERITIES = tuple(Severity)


def urgent_first(results: Iterable[Result]) -> tuple[Result, ...]:
    """By verdict, then severity; else in the order of the rules."""
    return tuple(sorted(results, key=lambda result: (ORDER.index(result.verdict), _SEVERITIES.index(result.rule.severity))))


def counts(report: Report) -> dict[Verdict, int]:
    found = dict.fromkeys(ORDER, 0)
    for result in report.results:
        found[result.verdict] += 1
    return found


def sources(result: Result, lang: str) -> str:
    return ("；" if lang == "zh" else "; ").join(text.render(lang) for text in result.rule.source)


def count_of(number: int) -> str:
    """With thousands apart; of a number too long to read only its size."""
    if number < 10**12:
        return f"{number:,}"
    digits = str(number)
    return f"≈ {digits[0]}.{digits[1]} × 10^{len(digits) - 1}"


def scope_in(report: Report, scope: Scope) -> Text:
    """The scope, with the number of failures that this report was made for."""
    return _FAILURES.get(report.failures, SCOPE[scope]) if scope is Scope.FAILURES else SCOPE[scope]


def partial(omitted: tuple[str, ...]) -> Text | None:
    """What a report of some rules has to say of the others."""
    return T("{count} other rules were not judged: this says nothing of them.", count=len(omitted)) if omitted else None
