"""Markdown for a merge request: the verdict and a table to read, everything else to open. Bounded, because hosts cut long comments off."""

from __future__ import annotations

import re
from collections.abc import Iterator

from isolation_checks.report.doubts import by_doubt
from isolation_checks.report.lines import doubt_lines, labelled, own_places, packets, witness_lines
from isolation_checks.report.places import Places
from isolation_checks.report.words import EXCEPTION, SEVERITY, VERDICT, counts, partial, scope_in, sources, urgent_first, whole
from isolation_checks.snapshot import Ref
from isolation_checks.verdicts import ExceptionState, Finding, PacketWitness, Report, Result, Verdict
from topology.i18n import T, Text

MARK = {Verdict.PROVED: "✅", Verdict.VIOLATED: "❌", Verdict.INCOMPLETE: "⚠️", Verdict.NOT_APPLICABLE: "➖"}
_LONGEST = 60_000
"""Characters: GitHub takes 65,536 of a comment."""
_FINDINGS = 10
"""So many of a rule are written out."""
_DOUBTS = 30
_NOTES = 100
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~@&$!])")


def as_markdown(report: Report, places: Places, lang: str = "en") -> str:
    parts = [_head(report, places, lang), _table(report, lang)]
    parts += [_violation(result, places, lang) for result in urgent_first(report.results) if result.findings]
    parts += [_doubts(report, places, lang), *_notes(report, lang), _exceptions(report, lang), _assumptions(report, lang)]
    parts = [part for part in parts if part]
    text, left_out = "", 0
    for part in parts:
        if len(text) + len(part) > _LONGEST:
            left_out += 1
        else:
            text += part + "\n"
    if left_out:
        text += _say(T("{count} more sections do not fit here: the HTML report has them.", count=left_out), lang) + "\n"
    return text


def _say(text: Text, lang: str) -> str:
    return escaped(text.render(lang))


def escaped(text: str) -> str:
    """The text as Markdown shows it, in one line, with nothing in it that a host would take for markup, a link or a name to notify."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split())).replace("\\@", "@\u200b")


def _code(text: str) -> str:
    """As code: in a fence longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence, space = "`" * (longest + 1), " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{fence}{space}{text}{space}{fence}"


def _block(lines: list[str]) -> str:
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(longest + 1, 3)
    return "\n".join((f"{fence}text", *lines, fence))


def _head(report: Report, places: Places, lang: str) -> str:
    name = report.city_name_zh if lang == "zh" else report.city_name_en
    title = T("Proof of isolation: {city}", city=name).render(lang)
    found = counts(report)
    numbers = " · ".join(f"{MARK[verdict]} {VERDICT[verdict].render(lang)} {count}" for verdict, count in found.items() if count)
    read = T(
        "As of {day}; {devices} devices, {lines} lines of config read.",
        day=report.as_of.isoformat(),
        devices=f"{report.devices:,}",
        lines=f"{report.lines:,}",
    )
    left_out = partial(places.omitted)
    lines = [
        f"## {MARK[report.verdict]} {labelled(escaped(title), VERDICT[report.verdict].render(lang), lang)}",
        "",
        _say(whole(report), lang),
        _say(read, lang),
        *([f"**{_say(left_out, lang)}**"] if left_out else []),
        "",
        numbers,
    ]
    return "\n".join(lines) + "\n"


def _table(report: Report, lang: str) -> str:
    """What is not proved in the open, what is proved folded up."""
    open_: list[str] = []
    folded: list[str] = []
    for result in urgent_first(report.results):
        (open_ if result.verdict in (Verdict.VIOLATED, Verdict.INCOMPLETE) else folded).append(_row(report, result, lang))
    titles = (T("Verdict"), T("Rule"), T("What it demands"), T("Severity"), T("Scope"), T("Subjects"), T("Findings"))
    head = ["| " + " | ".join(title.render(lang) for title in titles) + " |", "|---|---|---|---|---|--:|--:|"]
    shown = "\n".join([*head, *open_]) + "\n" if open_ else ""
    if folded:
        title = T("{count} rules proved or not applicable", count=len(folded))
        shown += ("\n" if shown else "") + _details(title.render(lang), "\n".join([*head, *folded]))
    return shown


def _row(report: Report, result: Result, lang: str) -> str:
    rule = result.rule
    cells = (
        f"{MARK[result.verdict]} {VERDICT[result.verdict].render(lang)}",
        _code(rule.id),
        escaped(rule.title.render(lang)),
        SEVERITY[rule.severity].render(lang),
        scope_in(report, rule.scope).render(lang),
        f"{len(result.subjects):,}",
        f"{len(result.findings):,}",
    )
    return "| " + " | ".join(cells) + " |"


def _notes(report: Report, lang: str) -> Iterator[str]:
    for result in report.results:
        if result.notes:
            title = T("What {rule} lists and does not judge ({count})", rule=result.rule.id, count=len(result.notes))
            lines = [f"- {_code(one.subject)}: {_say(one.what, lang)}" for one in result.notes[:_NOTES]]
            if len(result.notes) > _NOTES:
                lines.append(_say(T("and {count} more", count=len(result.notes) - _NOTES), lang))
            yield _details(title.render(lang), "\n".join(lines))


def _details(summary: str, body: str) -> str:
    safe = summary.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<details><summary>{safe}</summary>\n\n{body}\n\n</details>\n"


def _violation(result: Result, places: Places, lang: str) -> str:
    rule = result.rule
    lines = [
        f"### {_code(rule.id)} {escaped(rule.title.render(lang))}",
        "",
        f"{SEVERITY[rule.severity].render(lang)} · {escaped(sources(result, lang))}",
        "",
    ]
    for finding in result.findings[:_FINDINGS]:
        lines += [*_finding(finding, places, lang), ""]
    more = len(result.findings) - _FINDINGS
    if more > 0:
        lines += [_say(T("and {count} more", count=more), lang), ""]
    return "\n".join(lines)


def _finding(finding: Finding, places: Places, lang: str) -> Iterator[str]:
    yield "- " + labelled(f"**{escaped(finding.subject)}**", _say(finding.what, lang), lang)
    if isinstance(finding.witness, PacketWitness):
        witness = finding.witness
        yield "  - " + labelled(_say(T("packet"), lang), f"{_code(witness.packet.text())} {_say(packets(witness), lang)}", lang)
    for origin in places.origins(finding):
        quoted = places.quote(origin)
        yield "  - " + labelled(_say(T("in the YAML"), lang), _code(places.shown(origin)) + (f" {_code(quoted)}" if quoted else ""), lang)
    yield "  - " + labelled(_say(T("change"), lang), _say(finding.fix, lang), lang)
    body = [] if finding.witness is None else witness_lines(finding.witness, places, lang)
    body += [f"{places.shown(ref)}  {places.quote(ref) or ''}".rstrip() for ref in own_places(finding) if isinstance(ref, Ref)]
    if body:
        folded = _details(T("Evidence").render(lang), _block(body))
        yield from (f"  {line}".rstrip() for line in ("", *folded.splitlines()))


def _doubts(report: Report, places: Places, lang: str) -> str:
    grouped = by_doubt(report)
    if not grouped:
        return ""
    lines = []
    for doubt, rules in grouped[:_DOUBTS]:
        what, *quoted = doubt_lines(doubt, places, lang)
        lines.append(f"- {escaped(what)}" + "".join(f" {_code(line.strip().removeprefix('| '))}" for line in quoted))
        lines.append("  - " + labelled(_say(T("leaves open"), lang), ", ".join(map(_code, rules)), lang))
    if len(grouped) > _DOUBTS:
        lines.append("- " + _say(T("and {count} more", count=len(grouped) - _DOUBTS), lang))
    title = T("What could not be decided")
    return f"### {_say(title, lang)}\n\n" + "\n".join(lines) + "\n"


def _exceptions(report: Report, lang: str) -> str:
    if not report.exceptions:
        return ""
    titles = (T("State"), T("Rule"), T("Subject"), T("Reason"), T("Approval"), T("Until"), T("Findings"))
    lines = ["| " + " | ".join(title.render(lang) for title in titles) + " |", "|---|---|---|---|---|---|--:|"]
    for use in report.exceptions:
        one, approval = use.exception, use.approval
        cells = (
            EXCEPTION[use.state].render(lang),
            _code(one.rule),
            escaped(one.subject),
            escaped(one.reason.text(lang)),
            escaped(approval.reference if approval else one.approval),
            approval.expires.isoformat() if approval else "–",
            str(use.findings),
        )
        lines.append("| " + " | ".join(cells) + " |")
    bad = sum(use.state in (ExceptionState.EXPIRED, ExceptionState.INVALID) for use in report.exceptions)
    title = T("{count} exceptions, {bad} of them expired or not valid", count=len(report.exceptions), bad=bad)
    return _details(title.render(lang), "\n".join(lines))


def _assumptions(report: Report, lang: str) -> str:
    if not report.assumptions:
        return ""
    lines = [f"- {_code(one.slug)} {escaped(one.text.text(lang))} ({escaped(one.owner)})" for one in report.assumptions]
    return _details(T("{count} assumptions that the proof rests on", count=len(report.assumptions)).render(lang), "\n".join(lines))
