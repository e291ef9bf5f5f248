"""Doubts the other way round: one unknown line may leave thirty rules open, and is to be read once."""

from __future__ import annotations

from isolation_checks.verdicts import Doubt, Report


def by_doubt(report: Report) -> list[tuple[Doubt, tuple[str, ...]]]:
    """Each doubt once, with the ids of the rules that it leaves open; those that touch most come first."""
    rules: dict[Doubt, list[str]] = {}
    for result in report.results:
        for doubt in dict.fromkeys(result.doubts):
            rules.setdefault(doubt, []).append(result.rule.id)
    return sorted(((doubt, tuple(known)) for doubt, known in rules.items()), key=lambda item: -len(item[1]))
