"""SARIF 2.1.0 as code hosts show it: one result a finding, on the line that somebody can change."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from isolation_checks.report.doubts import by_doubt
from isolation_checks.report.fingerprint import fingerprints, of_doubts
from isolation_checks.report.lines import labelled, witness_lines
from isolation_checks.report.places import Places
from isolation_checks.report.words import sources
from isolation_checks.verdicts import (
    ChainWitness,
    Doubt,
    Excepted,
    Finding,
    PacketWitness,
    Place,
    Report,
    Result,
    Severity,
)
from topology.i18n import T
from topology.origin import Origin

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"
MOST = 5_000
"""Results that code hosts take of one run. Findings come first; what is left out is said in a notification."""

_LEVEL = {Severity.CRITICAL: "error", Severity.HIGH: "error", Severity.MEDIUM: "warning", Severity.LOW: "note"}
_SCORE = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "2.0"}


def as_sarif(report: Report, places: Places, lang: str = "en") -> str:
    results, left_out = _results(report, places, lang)
    run = {
        "tool": {"driver": _driver(report, places, lang)},
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder in which govnet ran: the root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(left_out, lang)],
        "results": results,
        "properties": {"verdict": report.verdict.value, "asOf": report.as_of.isoformat(), "inputs": report.inputs},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _results(report: Report, places: Places, lang: str) -> tuple[list[dict[str, Any]], int]:
    """Findings, then what is excepted, then doubts, each of these once; and how many had to be left out."""
    findings: list[dict[str, Any]] = []
    rest: list[dict[str, Any]] = []
    for index, result in enumerate(report.results):
        names = fingerprints(result)
        findings += [_finding(result, index, finding, names[id(finding)], places, lang) for finding in result.findings]
        rest += [_excepted(result, index, one, names[id(one.finding)], places, lang) for one in result.excepted]
    doubts = by_doubt(report)
    left_out = max(len(findings) + len(rest) + len(doubts) - MOST, 0)
    wanted = doubts[: max(MOST - len(findings) - len(rest), 0)]
    index_of = {result.rule.id: index for index, result in enumerate(report.results)}
    names_of_doubts = of_doubts(doubt for doubt, _ in wanted)
    for (doubt, rules), name in zip(wanted, names_of_doubts, strict=True):
        index = index_of[rules[-1]]  # rules of completeness come last, and speak of nothing else
        rest.append(_doubt(report.results[index], index, doubt, name, rules, places, lang))
    return (findings + rest)[:MOST], left_out


def _driver(report: Report, places: Places, lang: str) -> dict[str, Any]:
    driver: dict[str, Any] = {"name": "govnet", "rules": [_rule(result, lang) for result in report.results]}
    return driver | ({"version": places.version, "semanticVersion": places.version} if places.version else {})


def _rule(result: Result, lang: str) -> dict[str, Any]:
    rule = result.rule
    title, description, source = rule.title.render(lang), rule.description.render(lang), sources(result, lang)
    return {
        "id": rule.id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": description},
        "help": {"text": f"{description}\n\n{source}", "markdown": f"**{title}**\n\n{description}\n\n*{source}*"},
        "defaultConfiguration": {"level": _LEVEL[rule.severity]},
        "properties": {"tags": ["security", rule.family], "precision": "very-high", "security-severity": _SCORE[rule.severity]},
    }


def _invocation(left_out: int, lang: str) -> dict[str, Any]:
    invocation: dict[str, Any] = {"executionSuccessful": True}
    if left_out > 0:
        message = T("{count} more results are in the JSON report.", count=left_out).render(lang)
        invocation["toolExecutionNotifications"] = [{"level": "warning", "message": {"text": message}}]
    return invocation


def _result(result: Result, index: int, text: str, level: str, fingerprint: str, locations: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "ruleId": result.rule.id,
        "ruleIndex": index,
        "level": level,
        "message": {"text": text},
        "locations": locations,
        "partialFingerprints": {"govnet/v1": fingerprint},
    }


def _finding(result: Result, index: int, finding: Finding, fingerprint: str, places: Places, lang: str) -> dict[str, Any]:
    parts = [labelled(finding.subject, finding.what.render(lang), lang)]
    if finding.witness is not None:
        parts += witness_lines(finding.witness, places, lang)
    parts.append(finding.fix.render(lang))
    found = _result(result, index, "\n".join(parts), _LEVEL[result.rule.severity], fingerprint, _locations(finding, places))
    related = [_location(ref, places) | {"id": number} for number, ref in enumerate(places.refs(finding), 1)]
    flow = _flow(finding, places, lang)
    return found | ({"relatedLocations": related} if related else {}) | ({"codeFlows": [flow]} if flow else {})


def _excepted(result: Result, index: int, one: Excepted, fingerprint: str, places: Places, lang: str) -> dict[str, Any]:
    why = T(
        "{reason} (approval {reference}, until {expires})",
        reason=one.exception.reason.text(lang),
        reference=one.approval.reference,
        expires=one.approval.expires.isoformat(),
    )
    found = _finding(result, index, one.finding, fingerprint, places, lang)
    return found | {"level": "note", "suppressions": [{"kind": "external", "status": "accepted", "justification": why.render(lang)}]}


def _doubt(result: Result, index: int, doubt: Doubt, fingerprint: str, rules: tuple[str, ...], places: Places, lang: str) -> dict[str, Any]:
    text = T("Not decided: {what} (leaves open: {rules})", what=doubt.what, rules=", ".join(rules)).render(lang)
    return _result(result, index, text, "warning", fingerprint, [_location(doubt.place, places)] if doubt.place else _nowhere(places))


def _locations(finding: Finding, places: Places) -> list[dict[str, Any]]:
    """The lines of the inventory first: they are in the repository, and a host shows a result at its first place."""
    found: list[Place] = [*places.origins(finding)]
    found += [place for place in finding.places if not isinstance(place, Origin)]
    found = found or list(places.refs(finding))
    return [_location(place, places) for place in found] or _nowhere(places)


def _nowhere(places: Places) -> list[dict[str, Any]]:
    """Hosts drop a result without a place; what has none belongs to the city."""
    return [_location(Origin("city.yaml", 1, 1), places)]


def _location(place: Place, places: Places) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": max(place.line, 1)}
    if isinstance(place, Origin):
        region["startColumn"] = max(place.column, 1)
    quoted = places.quote(place)
    if quoted:
        region["snippet"] = {"text": quoted}
    return {"physicalLocation": {"artifactLocation": _artifact(places.path(place)), "region": region}}


def _artifact(path: str) -> dict[str, str]:
    if PurePosixPath(path).is_absolute():
        return {"uri": f"file://{quote(path)}"}
    return {"uri": quote(path), "uriBaseId": ROOT}


def _flow(finding: Finding, places: Places, lang: str) -> dict[str, Any] | None:
    """The packet's way, or the chain, step by step; only steps that stand in a file."""
    witness = finding.witness
    if isinstance(witness, ChainWitness):
        steps = [(link.origin, f"{link.a} – {link.over.render(lang)} – {link.b}") for link in witness.links if link.origin]
        located = [_step(place, text, places) for place, text in steps]
    elif isinstance(witness, PacketWitness):
        located = [_step(step.ref, labelled(step.at, step.what.render(lang), lang), places) for step in witness.steps if step.ref]
    else:
        return None
    return {"threadFlows": [{"locations": located}]} if located else None


def _step(place: Place, text: str, places: Places) -> dict[str, Any]:
    return {"location": _location(place, places) | {"message": {"text": text}}}
