"""A finding in plain lines, the same for the terminal, JUnit and every other place that shows text as it is."""

from __future__ import annotations

from collections.abc import Iterator

from isolation_checks.report.places import Places
from isolation_checks.report.words import count_of
from isolation_checks.verdicts import ChainWitness, Doubt, Finding, PacketWitness, Place, Witness
from topology.i18n import T, Text

_INDENT = "  "


def labelled(label: str, text: str, lang: str) -> str:
    """The label, the language's colon, the text."""
    return T("{label}: {text}", label=label, text=text).render(lang)


def finding_lines(finding: Finding, places: Places, lang: str) -> list[str]:
    """What is wrong, its witness, where, what to change, and where in the inventory."""
    lines = [labelled(finding.subject, finding.what.render(lang), lang)]
    if finding.witness is not None:
        lines += _indented(witness_lines(finding.witness, places, lang))
    own = own_places(finding)
    lines += _indented(_titled(T("where"), (line for place in own for line in _quoted(place, places)), lang))
    lines += _indented(_titled(T("change"), iter((finding.fix.render(lang),)), lang))
    mend = [origin for origin in places.origins(finding) if origin not in own]
    return lines + _indented(_titled(T("in the YAML"), (line for origin in mend for line in _quoted(origin, places)), lang))


def witness_lines(witness: Witness, places: Places, lang: str) -> list[str]:
    if isinstance(witness, ChainWitness):
        links = (_link(link.a, link.over.render(lang), link.b, places.shown(link.origin) if link.origin else "") for link in witness.links)
        return list(_titled(T("chain"), links, lang))
    lines = list(_titled(T("packet"), iter((f"{witness.packet.text()}  {packets(witness).render(lang)}",)), lang))
    if witness.opened_by is not None:
        opener = witness.opened_by
        lines += _titled(T("session opened by"), iter((opener.packet.text(),)), lang)
        lines += _titled(T("its way"), _way(opener, places, lang), lang)
    return lines + list(_titled(T("way"), _way(witness, places, lang), lang))


def packets(witness: PacketWitness) -> Text:
    """How many such packets there are, and whether the simulation agrees."""
    if witness.replayed:
        return T("({count} such packets; replayed step by step)", count=count_of(witness.count))
    return T("({count} such packets; NOT replayed)", count=count_of(witness.count))


def doubt_lines(doubt: Doubt, places: Places, lang: str) -> list[str]:
    what = doubt.what.render(lang)
    if doubt.place is None:
        return [what]
    quoted = places.quote(doubt.place)
    return [labelled(places.shown(doubt.place), what, lang), *([f"{_INDENT}| {quoted}"] if quoted else [])]


def _way(witness: PacketWitness, places: Places, lang: str) -> Iterator[str]:
    steps = witness.steps
    if not steps or steps[0].at != witness.source:
        yield witness.source
    for number, step in enumerate(steps):
        where = f"  [{places.shown(step.ref)}]" if step.ref else ""
        arrow = "-> " if number or steps[0].at != witness.source else ""
        yield f"{arrow}{labelled(step.at, step.what.render(lang), lang)}{where}"
        quoted = places.quote(step.ref) if step.ref else None
        if quoted:
            yield f"{_INDENT}| {quoted}"
        if step.rewritten is not None:
            yield f"{_INDENT}= {step.rewritten.text()}"
    if not witness.arrives:
        yield f"x  {witness.target}"
    elif not steps or steps[-1].at != witness.target:
        yield f"-> {witness.target}"


def _link(a: str, over: str, b: str, where: str) -> str:
    return f"{a} -- {over} -- {b}" + (f"  [{where}]" if where else "")


def _quoted(place: Place, places: Places) -> Iterator[str]:
    yield places.shown(place)
    quoted = places.quote(place)
    if quoted:
        yield f"{_INDENT}| {quoted}"


def own_places(finding: Finding) -> list[Place]:
    """The finding's places that its packet's way does not show already."""
    steps = finding.witness.steps if isinstance(finding.witness, PacketWitness) else ()
    shown = {step.ref for step in steps}
    return [place for place in finding.places if place not in shown]


def _titled(title: Text, lines: Iterator[str], lang: str) -> Iterator[str]:
    """The first line after the title, the others below it; nothing where there are none."""
    first = next(lines, None)
    if first is not None:
        yield labelled(title.render(lang), first, lang)
        yield from _indented(list(lines))


def _indented(lines: Iterator[str] | list[str]) -> list[str]:
    return [_INDENT + line for line in lines]
