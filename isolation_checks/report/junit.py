"""JUnit XML: a suite a family, a case a rule. What could not be decided is an error, so that no runner takes it for a pass."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from xml.etree import ElementTree

from isolation_checks.report.lines import doubt_lines, finding_lines
from isolation_checks.report.places import Places
from isolation_checks.report.words import VERDICT_MEANS, partial, sources
from isolation_checks.verdicts import Report, Result, Verdict
from topology.i18n import T, Text

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MOST = 50
"""Findings and doubts of a rule that are written out; the rest is a number."""


def as_junit(report: Report, places: Places, lang: str = "en") -> str:
    root = ElementTree.Element("testsuites", {"name": "govnet prove", **_sums(report.results)})
    for family, results in groupby(sorted(report.results, key=lambda result: result.rule.family), lambda result: result.rule.family):
        cases = tuple(results)
        suite = ElementTree.SubElement(root, "testsuite", {"name": family, **_sums(cases)})
        properties = ElementTree.SubElement(suite, "properties")
        for name, value in _properties(report, places, lang):
            ElementTree.SubElement(properties, "property", name=name, value=_clean(value))
        for result in cases:
            _case(suite, result, places, lang)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _sums(results: tuple[Result, ...]) -> dict[str, str]:
    verdicts = [result.verdict for result in results]
    return {
        "tests": str(len(verdicts)),
        "failures": str(verdicts.count(Verdict.VIOLATED)),
        "errors": str(verdicts.count(Verdict.INCOMPLETE)),
        "skipped": str(verdicts.count(Verdict.NOT_APPLICABLE)),
        "time": "0",
    }


def _properties(report: Report, places: Places, lang: str) -> list[tuple[str, str]]:
    found = [("city", report.city), ("as-of", report.as_of.isoformat()), ("inputs", report.inputs), ("verdict", report.verdict.value)]
    left_out = partial(places.omitted)
    return [*found, ("partial", left_out.render(lang))] if left_out else found


def _case(suite: ElementTree.Element, result: Result, places: Places, lang: str) -> None:
    rule = result.rule
    case = ElementTree.SubElement(
        suite, "testcase", classname=f"govnet.{rule.family}", name=f"{rule.id} {_clean(rule.title.render(lang))}", time="0"
    )
    first = next((text.render(lang) for text in _whats(result)), "")
    match result.verdict:
        case Verdict.VIOLATED:
            said = ElementTree.SubElement(case, "failure", type=result.verdict.value, message=_clean(first))
            said.text = _clean("\n".join(_told(result, places, lang)))
        case Verdict.INCOMPLETE:
            said = ElementTree.SubElement(case, "error", type=result.verdict.value, message=_clean(first))
            said.text = _clean("\n".join(_told(result, places, lang)))
        case Verdict.NOT_APPLICABLE:
            ElementTree.SubElement(case, "skipped", message=VERDICT_MEANS[result.verdict].render(lang))
        case Verdict.PROVED:
            pass


def _whats(result: Result) -> Iterator[Text]:
    yield from (finding.what for finding in result.findings)
    yield from (doubt.what for doubt in result.doubts)


def _told(result: Result, places: Places, lang: str) -> list[str]:
    lines = [f"{result.rule.id} ({sources(result, lang)})", ""]
    for finding in result.findings[:_MOST]:
        lines += [*finding_lines(finding, places, lang), ""]
    for doubt in result.doubts[:_MOST]:
        lines += doubt_lines(doubt, places, lang)
    more = max(len(result.findings) - _MOST, 0) + max(len(result.doubts) - _MOST, 0)
    return [*lines, T("and {count} more", count=more).render(lang)] if more else lines


def _clean(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return _NOT_XML.sub("�", text)
