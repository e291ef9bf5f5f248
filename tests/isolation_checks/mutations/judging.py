"""What is demanded of a finding: the rule, the verdict, the place, and a witness that a second engine confirms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from isolation_checks.case import Case
from isolation_checks.snapshot import Ref
from isolation_checks.verdicts import ChainWitness, Finding, Scope, Verdict
from tests.isolation_checks.mutations.confirm import refuted
from tests.isolation_checks.mutations.harness import Base, Draft, Operator, Outcome, drafted, outcomes, witnesses


class Trial(NamedTuple):
    """Why an operator was not caught as it should be, and how many packets show that it was."""

    problems: tuple[str, ...]
    packets: int


def tried(operator: Operator, platform: str, base: Base, scratch: Path) -> Trial:
    """An operator on one platform. Raises NoSuchLineError where the construct that it changes is not there."""
    draft = drafted(base, platform, operator.change)
    case = draft.case(scratch)
    found = outcomes(case, base, operator.rules)
    packets = sum(len(list(witnesses(item))) for outcome in found for item in outcome.new)
    return Trial(tuple(problems(operator, draft, case, found, base)), packets)


def problems(operator: Operator, draft: Draft, case: Case, found: list[Outcome], base: Base) -> list[str]:
    """Why the operator was not caught as it should be; empty where it was."""
    return [text for outcome in found for text in _problems(operator, draft, case, outcome, base)]


def _problems(operator: Operator, draft: Draft, case: Case, outcome: Outcome, base: Base) -> Iterator[str]:
    before = base.result(outcome.rule)
    if before.verdict == Verdict.VIOLATED:
        yield f"{outcome.rule} is VIOLATED before any change"
    if outcome.result.verdict != operator.verdict:
        yield f"{outcome.rule} says {outcome.result.verdict}, not {operator.verdict}"
        return
    if operator.verdict == Verdict.INCOMPLETE:
        known = {(item.what.render("en"), item.place) for item in before.doubts}
        new = [item for item in outcome.result.doubts if (item.what.render("en"), item.place) not in known]
        if not any(_names(operator, draft, item.what.render("en"), [item.place]) for item in new):
            yield f"{outcome.rule}: no new doubt names what was changed"
        return
    if not outcome.new:
        yield f"{outcome.rule} has no new finding"
        return
    if not any(_names(operator, draft, _text(item), _places(item)) for item in outcome.new):
        yield f"{outcome.rule}: no finding names what was changed: {[item.what.render('en') for item in outcome.new[:2]]}"
    for finding in outcome.new:
        if outcome.result.rule.scope is Scope.ANY_ROUTE and not list(witnesses(finding)):
            yield f"{outcome.rule}: no packet for {finding.subject}"
        for witness in witnesses(finding):
            if not witness.replayed:
                yield f"{outcome.rule}: not replayed: {finding.what.render('en')}"
            yield from (f"{outcome.rule}: {text}" for text in refuted(case, witness))


def _text(finding: Finding) -> str:
    parts = [finding.subject, finding.what.render("en")]
    if isinstance(finding.witness, ChainWitness):
        parts += [f"{link.a} {link.b} {link.over.render('en')}" for link in finding.witness.links]
    for witness in witnesses(finding):
        parts += [step.at for step in witness.steps]
    return " ".join(parts)


def _places(finding: Finding) -> list[object]:
    found: list[object] = list(finding.places)
    for witness in witnesses(finding):
        found += [step.ref for step in witness.steps if step.ref]
        if witness.opened_by:
            found += [step.ref for step in witness.opened_by.steps if step.ref]
    return found


def _names(operator: Operator, draft: Draft, text: str, places: list[object]) -> bool:
    """Whether a finding points at the change: a line of it; or a device of it, where a line is gone; or the words that say it."""
    if operator.names:
        return any(name in text for name in operator.names)
    if any(place in draft.new_lines() for place in places if isinstance(place, Ref)):
        return True
    devices = {name.partition("/")[0].removesuffix(".cfg") for name in (*draft.changed(), *draft.gone, *draft.raw)}
    return operator.near and (any(name in text for name in devices) or any(
        isinstance(place, Ref) and place.file.partition("/")[0].removesuffix(".cfg") in devices for place in places
    ))  # fmt: skip
