"""A name for a finding that stays the same while lines move, so that a code host can tell an old finding from a new one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from hashlib import sha256

from isolation_checks.verdicts import Doubt, Finding, PacketWitness, Result
from topology.i18n import Text

LENGTH = 32


def fingerprints(result: Result) -> dict[int, str]:
    """``id(finding)`` -> fingerprint, for the findings of a result, excepted ones among them.

    It holds rule, subject, what is wrong and between whom, without numbers and lines, which change for other reasons. What agrees in all
    of it is counted.
    """
    findings = (*result.findings, *(excepted.finding for excepted in result.excepted))
    return dict(
        _counted((id(finding), (result.rule.id, finding.subject, _stable(finding.what), *_between(finding))) for finding in findings)
    )


def of_doubts(doubts: Iterable[Doubt]) -> Iterable[str]:
    """The same for doubts, each of which is there once: file and what is not known, without the line."""
    named = ((0, ("doubt", doubt.place.file if doubt.place else "", _stable(doubt.what))) for doubt in doubts)
    return (name for _, name in _counted(named))


def _counted(named: Iterable[tuple[int, tuple[str, ...]]]) -> Iterable[tuple[int, str]]:
    seen: Counter[str] = Counter()
    for identity, parts in named:
        key = "\0".join(parts)
        seen[key] += 1
        yield identity, sha256(f"{key}\0{seen[key]}".encode()).hexdigest()[:LENGTH]


def _between(finding: Finding) -> tuple[str, ...]:
    witness = finding.witness
    return (witness.source, witness.target) if isinstance(witness, PacketWitness) else ()


def _stable(text: Text) -> str:
    values = [
        f"{name}={_stable(value) if isinstance(value, Text) else value}" for name, value in text.params if isinstance(value, Text | str)
    ]
    return "\0".join((text.msgid, *values))
