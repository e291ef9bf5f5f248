"""What a run of failures found, as data, as JUnit XML and in words.

The JSON (``schema`` 1; names of keys stay; times are seconds since the start)::

    schema, lab, city, only [...], as_of, seed, seconds
    good            true where not one forbidden packet arrived; complete: true where that says anything
    sent            {permitted, forbidden}: how many probes; answered: how many of the permitted
    recovered       from the end of the last failure until everything permitted was answered; null: it never was
    failures        [{what: "cut" | "kill" | "restart", names [...], begin, end}]
    arrivals        [{at, source, target, sent, where, seen, way: [{where, interface, out, packet, ttl}]}]: forbidden ones
    flows           [{source, target, packet, lost, silent, longest, silences: [{begin, end, lost}]}]: permitted ones
    capture         the pcapng file of the forbidden ones; null where there are none
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from xml.etree import ElementTree

from lab.failing.run import Result
from lab.failing.schedule import Failure, What
from lab.failing.watch import Arrival, Silence
from lab.probes.wire import Sighting
from topology.i18n import T, Text

MOST = 100
"""Forbidden arrivals that are written out."""

_WHAT = {
    What.CUT: lambda names: T("cut: {names}", names=", ".join(names)),
    What.KILL: lambda names: T("{daemon} of {node} killed", node=names[0], daemon=names[1]),
    What.RESTART: lambda names: T("{node} restarted", node=names[0]),
}


def described(failure: Failure) -> Text:
    return _WHAT[failure.what](failure.names)


def by_flow(result: Result) -> dict[int, list[Silence]]:
    """Permitted flow -> its silences; the longest silent first."""
    found: dict[int, list[Silence]] = {}
    for item in result.silences:
        found.setdefault(item.flow, []).append(item)
    return dict(sorted(found.items(), key=lambda entry: (-longest(entry[1]), entry[0])))


def longest(silences: Sequence[Silence]) -> float:
    return max((item.end - item.begin for item in silences), default=0.0)


def as_data(result: Result, as_of: date, capture: str | None) -> dict[str, Any]:
    """See the module's docstring."""
    silences = by_flow(result)
    return {
        "schema": 1,
        "lab": result.plan.name,
        "city": result.plan.city,
        "only": list(result.plan.only),
        "as_of": as_of.isoformat(),
        "seed": result.seed,
        "seconds": result.seconds,
        "good": result.isolated,
        "complete": result.complete,
        "sent": {"permitted": result.sent[0], "forbidden": result.sent[1]},
        "answered": result.answered,
        "recovered": None if result.recovered is None else round(result.recovered, 1),
        "failures": [
            {"what": item.failure.what.value, "names": list(item.failure.names), "begin": round(item.begin, 2), "end": round(item.end, 2)}
            for item in result.failures
        ],
        "arrivals": [_arrival(result, item) for item in result.arrivals[:MOST]],
        "more": max(0, len(result.arrivals) - MOST),
        "flows": [_flow(result, number, silences.get(number, [])) for number in range(len(result.permitted))],
        "capture": capture,
    }


def _arrival(result: Result, item: Arrival) -> dict[str, Any]:
    return {
        "at": round(item.at, 2),
        "source": item.chosen.source,
        "target": item.chosen.target,
        "sent": item.chosen.probe.packet.text(),
        "where": item.station,
        "seen": item.packet.text(),
        "way": [
            {"where": seen.station, "interface": seen.interface, "out": seen.out, "packet": seen.packet.text(), "ttl": seen.ttl}
            for seen in _way(result, item)
        ],
    }


def _way(result: Result, item: Arrival) -> list[Sighting]:
    return sorted(result.evidence[item.number], key=lambda seen: seen.order)


def _flow(result: Result, number: int, silences: Sequence[Silence]) -> dict[str, Any]:
    chosen = result.permitted[number]
    return {
        "source": chosen.source,
        "target": chosen.target,
        "packet": chosen.probe.packet.text(),
        "lost": sum(item.lost for item in silences),
        "silent": round(sum(item.end - item.begin for item in silences), 2),
        "longest": round(longest(silences), 2),
        "silences": [{"begin": round(item.begin, 2), "end": round(item.end, 2), "lost": item.lost} for item in silences],
    }


def lines(result: Result, item: Arrival) -> Iterator[Text]:
    """A forbidden packet in words, and where it was seen."""
    yield T("{source} to {target}: {packet}", source=item.chosen.source, target=item.chosen.target, packet=item.chosen.probe.packet.text())
    yield T("  arrived at {node} after {seconds} s as {packet}, and nobody declared that", node=item.station, seconds=f"{item.at:.1f}",
            packet=item.packet.text())  # fmt: skip
    for seen in _way(result, item):
        if seen.out:
            yield T("    {node}: goes out by {interface}: {packet}", node=seen.station, interface=seen.interface, packet=seen.packet.text())
        else:
            yield T("    {node}: comes in by {interface}: {packet}", node=seen.station, interface=seen.interface, packet=seen.packet.text())


def as_junit(result: Result, lang: str) -> str:
    """Two suites: what must not arrive, a case a zone that sends; and what has to work again, a case a flow."""
    root = ElementTree.Element("testsuites", name="govnet lab fail")
    _isolation(ElementTree.SubElement(root, "testsuite", name="isolation", errors="0", skipped="0"), result, lang)
    _recovery(ElementTree.SubElement(root, "testsuite", name="recovery", errors="0", skipped="0"), result, lang)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _isolation(suite: ElementTree.Element, result: Result, lang: str) -> None:
    arrivals: dict[str, list[Arrival]] = {}
    for item in result.arrivals:
        arrivals.setdefault(item.chosen.source, []).append(item)
    sources = sorted({item.source for item in (*result.forbidden, *result.permitted)})
    for source in sources:
        case = ElementTree.SubElement(suite, "testcase", classname="govnet.lab.isolation", name=source)
        if source in arrivals:
            said = ElementTree.SubElement(case, "failure", message=T("forbidden packets arrived").render(lang))
            said.text = "\n".join(line.render(lang) for item in arrivals[source][:3] for line in lines(result, item))
    suite.attrib.update(tests=str(len(sources)), failures=str(len(arrivals)))


def _recovery(suite: ElementTree.Element, result: Result, lang: str) -> None:
    silences, failed = by_flow(result), 0
    last = max((item.end for item in result.silences), default=0.0)
    for number, chosen in enumerate(result.permitted):
        name = f"{chosen.source} {chosen.target} {chosen.probe.packet.text()}"
        case = ElementTree.SubElement(suite, "testcase", classname="govnet.lab.recovery", name=name)
        unended = result.recovered is None and any(item.end == last for item in silences.get(number, []))
        if number in result.mute or unended:
            failed += 1
            ElementTree.SubElement(case, "failure", message=T("it never worked again").render(lang))
    suite.attrib.update(tests=str(len(result.permitted)), failures=str(failed))
