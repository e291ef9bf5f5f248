"""What a round of probes found, as data, as JUnit XML, and in words.

The JSON (``schema`` 1; names of keys stay)::

    schema, lab, city, only [...], as_of, seed, model ("rendered" | "running"), cut [wire ...]
    good            true where nothing speaks against the proof
    probes          how many were sent; counted: those that agree with the proof
    seconds         {prepare, send, proof}
    verdicts        {verdict: number}; aims: {aim: {verdict: number}}
    blocked         {pair | ends | none: number}: what vouches for the probes that did not arrive
    copies          how many were also heard by a device that stands by for a virtual gateway
    pairs           [{source, target, probes, arrived, verdicts {verdict: number}}], by zone
    differences     [{number, aim, verdict, source, sender, target, packet, in_two, reason,
                      proof: [{fate, end, steps: [{at, interface, what, lines [file:line], packet}]}],
                      heard: [{where, interface, out, packet, ttl}], answers: [the same]}]
    more            how many differences are left out
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from xml.etree import ElementTree

from isolation_checks.forwarding.model import Branch, Trace
from lab.plan import LabPlan
from lab.probes.judge import Judged, Verdict
from lab.probes.run import Round
from lab.probes.wire import Sighting
from topology.i18n import T, Text

MOST = 100
"""Differences that are written out with both traces."""

WORDS: Mapping[Verdict, Text] = {
    Verdict.AGREES: T("as proved"),
    Verdict.FORBIDDEN: T("arrived, and by the proof it does not"),
    Verdict.LOST: T("did not arrive, and by the proof it does"),
    Verdict.ELSEWHERE: T("stopped elsewhere or took another way than the proof says"),
    Verdict.UNANSWERED: T("its answer fared otherwise than the proof says"),
    Verdict.UNSENT: T("never left its sender"),
    Verdict.UNCONFIRMED: T("blocked as proved, but nothing shows that both ends work"),
    Verdict.UNDECIDED: T("the proof depends on something not known"),
}


@dataclass(frozen=True)
class Findings:
    """A round with what it was about. ``trace`` repeats the proof of one probe in full; ``model`` is "rendered" or "running"."""

    plan: LabPlan
    as_of: date
    seed: int
    model: str
    cut: tuple[str, ...]
    round: Round
    trace: Callable[[Judged], Trace]

    @property
    def results(self) -> tuple[Judged, ...]:
        return self.round.results

    @property
    def differences(self) -> tuple[Judged, ...]:
        return tuple(item for item in self.results if not item.good)

    @property
    def good(self) -> bool:
        return not self.differences


def counted(results: Iterable[Judged]) -> dict[str, int]:
    """Verdict -> how many, in the order of Verdict, those that occur."""
    found = Counter(item.verdict for item in results)
    return {verdict.value: found[verdict] for verdict in Verdict if found[verdict]}


def by_aim(results: Iterable[Judged]) -> dict[str, list[Judged]]:
    found: dict[str, list[Judged]] = {}
    for item in results:
        found.setdefault(item.chosen.aim.value, []).append(item)
    return dict(sorted(found.items()))


def as_data(findings: Findings, lang: str) -> dict[str, Any]:
    """See the module's docstring."""
    results, plan = findings.results, findings.plan
    pairs: dict[tuple[str, str], list[Judged]] = {}
    for item in results:
        pairs.setdefault((item.chosen.source, item.chosen.target), []).append(item)
    verdicts = counted(results)
    return {
        "schema": 1,
        "lab": plan.name,
        "city": plan.city,
        "only": list(plan.only),
        "as_of": findings.as_of.isoformat(),
        "seed": findings.seed,
        "model": findings.model,
        "cut": list(findings.cut),
        "good": findings.good,
        "probes": len(results),
        "counted": verdicts.get(Verdict.AGREES.value, 0),
        "seconds": {name: round(value, 1) for name, value in findings.round.seconds.items()},
        "verdicts": verdicts,
        "aims": {aim: counted(items) for aim, items in by_aim(results).items()},
        "blocked": dict(sorted(Counter(item.control.value for item in results if not item.seen.end).items())),
        "copies": sum(bool(item.seen.copies) for item in results),
        "pairs": [
            {
                "source": source,
                "target": target,
                "probes": len(items),
                "arrived": sum(bool(item.seen.end) for item in items),
                "verdicts": counted(items),
            }
            for (source, target), items in sorted(pairs.items())
        ],
        "differences": [_difference(item, findings.trace(item), lang) for item in findings.differences[:MOST]],
        "more": max(0, len(findings.differences) - MOST),
    }


def _difference(item: Judged, trace: Trace, lang: str) -> dict[str, Any]:
    probe = item.chosen.probe
    return {
        "number": probe.number,
        "aim": item.chosen.aim.value,
        "verdict": item.verdict.value,
        "source": item.chosen.source,
        "sender": probe.station,
        "target": item.chosen.target,
        "packet": probe.packet.text(),
        "in_two": probe.in_two,
        "reason": item.reason,
        "proof": [_branch(branch, lang) for branch in trace.forward],
        "heard": [_sighting(sighting) for sighting in item.observed.forward],
        "answers": [_sighting(sighting) for sighting in item.observed.back],
    }


def _branch(branch: Branch, lang: str) -> dict[str, Any]:
    steps = [
        {
            "at": step.at,
            "interface": step.interface,
            "what": step.what.render(lang),
            "lines": [str(ref) for ref in step.refs],
            "packet": step.packet.text(),
        }
        for step in branch.decisions
    ]
    return {"fate": branch.fate.value, "end": branch.end, "steps": steps}


def _sighting(item: Sighting) -> dict[str, Any]:
    return {"where": item.station, "interface": item.interface, "out": item.out, "packet": item.packet.text(), "ttl": item.ttl}


def lines(item: Judged, trace: Trace) -> Iterator[Text]:
    """A difference in words: what the proof says hop by hop, then what the ears heard."""
    probe = item.chosen.probe
    packet = T("{packet} in two fragments", packet=probe.packet.text()) if probe.in_two else probe.packet.text()
    yield T("{source} to {target}: {packet}", source=item.chosen.source, target=item.chosen.target, packet=packet)
    yield T("  {verdict}", verdict=WORDS[item.verdict])
    for number, branch in enumerate(trace.forward, 1):
        if len(trace.forward) > 1:
            yield T("  The proof, equal route {number} of {count}:", number=number, count=len(trace.forward))
        else:
            yield T("  The proof:")
        for step in branch.decisions:
            at = f"{step.at} {step.interface}".strip()
            where = T(" ({place})", place=", ".join(map(str, step.refs[:2]))) if step.refs else ""
            yield T("    {at}: {what}{where}", at=at, what=step.what, where=where)
    yield T("  The lab:")
    for sighting in item.observed.forward:
        yield _heard(sighting)
    if item.observed.back:
        yield T("  The answer in the lab:")
        for sighting in item.observed.back:
            yield _heard(sighting)


def _heard(item: Sighting) -> Text:
    packet = item.packet.text()
    if item.out:
        return T("    {node}: goes out by {interface}: {packet}", node=item.station, interface=item.interface, packet=packet)
    return T("    {node}: comes in by {interface}: {packet}", node=item.station, interface=item.interface, packet=packet)


def as_junit(findings: Findings, lang: str) -> str:
    """A suite an aim, a case a zone that sends. What counts for nothing is skipped."""
    root = ElementTree.Element("testsuites", name="govnet lab probe")
    for aim, items in by_aim(findings.results).items():
        senders: dict[str, list[Judged]] = {}
        for item in items:
            senders.setdefault(item.chosen.source, []).append(item)
        suite = ElementTree.SubElement(root, "testsuite", name=aim, tests=str(len(senders)))
        states = Counter(_case(suite, aim, source, found, findings, lang) for source, found in sorted(senders.items()))
        suite.attrib.update(failures=str(states["failure"]), skipped=str(states["skipped"]), errors="0")
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, aim: str, source: str, items: list[Judged], findings: Findings, lang: str) -> str:
    case = ElementTree.SubElement(suite, "testcase", classname=f"govnet.lab.{aim}", name=source)
    bad = [item for item in items if not item.good]
    if bad:
        said = ElementTree.SubElement(case, "failure", message=WORDS[bad[0].verdict].render(lang))
        said.text = "\n".join(line.render(lang) for item in bad[:3] for line in lines(item, findings.trace(item)))
        return "failure"
    if not any(item.verdict is Verdict.AGREES for item in items):
        ElementTree.SubElement(case, "skipped", message=WORDS[items[0].verdict].render(lang))
        return "skipped"
    return "passed"
