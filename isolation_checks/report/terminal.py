"""The report on a terminal: one line where all is well, every finding with its evidence where it is not.

In a pipe or a file it is plain aligned text without colours, whatever the environment says of the terminal.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text as Styled

from isolation_checks.report.doubts import by_doubt
from isolation_checks.report.lines import doubt_lines, finding_lines, labelled
from isolation_checks.report.places import Places
from isolation_checks.report.words import (
    EXCEPTION,
    EXCEPTION_MEANS,
    SEVERITY,
    VERDICT,
    counts,
    partial,
    scope_in,
    sources,
    urgent_first,
    whole,
)
from isolation_checks.verdicts import CoverageRow, ExceptionState, Report, Result, Verdict
from topology.i18n import T, Text

_STYLE = {Verdict.PROVED: "bold green", Verdict.VIOLATED: "bold red", Verdict.INCOMPLETE: "bold yellow", Verdict.NOT_APPLICABLE: "dim"}
_FINDINGS, _DOUBTS = 10, 20
"""So many of a rule, and doubts in all, are written out; files have them all."""


def show(console: Console, report: Report, places: Places, lang: str) -> None:
    """Verdict first, then what is not proved, then exceptions that need somebody, then the numbers."""
    _verdict(console, report, places, lang)
    troubled = [result for result in urgent_first(report.results) if result.verdict in (Verdict.VIOLATED, Verdict.INCOMPLETE)]
    if troubled:
        table(
            console,
            _TITLES,
            [_row(report, result, lang) for result in troubled],
            lang,
            right=(4, 5, 6),
            styles=[_STYLE[one.verdict] for one in troubled],
        )
    for result in troubled:
        if result.findings:
            _findings(console, result, places, lang)
    _doubts(console, report, places, lang)
    _exceptions(console, report, lang)
    _notes(console, report, lang)


_TITLES = (T("Rule"), T("Verdict"), T("Severity"), T("Scope"), T("Subjects"), T("Findings"), T("Doubts"), T("What it demands"))


def _verdict(console: Console, report: Report, places: Places, lang: str) -> None:
    name = report.city_name_zh if lang == "zh" else report.city_name_en
    line = Styled(T("{city}, as of {day}: ", city=name, day=report.as_of.isoformat()).render(lang))
    line.append(VERDICT[report.verdict].render(lang), _STYLE[report.verdict])
    _print(console, line)
    _print(console, whole(report).render(lang))
    left_out = partial(places.omitted)
    if left_out:
        _print(console, Styled(left_out.render(lang), "yellow"))
    numbers = [f"{VERDICT[verdict].render(lang)} {count}" for verdict, count in counts(report).items() if count]
    read = T(
        "{devices} devices, {lines} lines read, {exceptions} exceptions, {assumptions} assumptions",
        devices=f"{report.devices:,}",
        lines=f"{report.lines:,}",
        exceptions=len(report.exceptions),
        assumptions=len(report.assumptions),
    )
    _print(console, " · ".join([*numbers, read.render(lang)]))


def _row(report: Report, result: Result, lang: str) -> tuple[str, ...]:
    rule = result.rule
    return (
        rule.id,
        VERDICT[result.verdict].render(lang),
        SEVERITY[rule.severity].render(lang),
        scope_in(report, rule.scope).render(lang),
        f"{len(result.subjects):,}",
        f"{len(result.findings):,}",
        f"{len(result.doubts):,}",
        rule.title.render(lang),
    )


def _findings(console: Console, result: Result, places: Places, lang: str) -> None:
    rule = result.rule
    _print(console, "")
    _print(console, Styled(f"{rule.id}  {rule.title.render(lang)}  ({sources(result, lang)})", "bold"))
    for number, finding in enumerate(result.findings[:_FINDINGS], 1):
        first, *rest = finding_lines(finding, places, lang)
        _print(console, Styled(f"{number:>3}  {first}", "red"))
        for line in rest:
            _print(console, f"     {line}")
    _more(console, len(result.findings) - _FINDINGS, lang)


def _doubts(console: Console, report: Report, places: Places, lang: str) -> None:
    grouped = by_doubt(report)
    if not grouped:
        return
    _print(console, "")
    _print(console, Styled(T("What could not be decided").render(lang), "bold"))
    for number, (doubt, rules) in enumerate(grouped[:_DOUBTS], 1):
        first, *rest = doubt_lines(doubt, places, lang)
        _print(console, Styled(f"{number:>3}  {first}", "yellow"))
        for line in (*rest, "  " + labelled(T("leaves open").render(lang), ", ".join(rules), lang)):
            _print(console, f"     {line}")
    _more(console, len(grouped) - _DOUBTS, lang)


def _exceptions(console: Console, report: Report, lang: str) -> None:
    """Only those that somebody has to look at; the others are in every file."""
    troubled = [use for use in report.exceptions if use.state is not ExceptionState.USED]
    if not troubled:
        return
    _print(console, "")
    _print(console, Styled(T("Exceptions to look at").render(lang), "bold"))
    for use in troubled:
        what = T(
            "{rule} for {subject}: {state}, {meaning}",
            rule=use.exception.rule,
            subject=use.exception.subject,
            state=EXCEPTION[use.state],
            meaning=EXCEPTION_MEANS[use.state],
        )
        _print(console, f"     {what.render(lang)}  [{use.exception.origin.file}:{use.exception.origin.line}]")


def _notes(console: Console, report: Report, lang: str) -> None:
    for result in report.results:
        if result.notes:
            rule, count = result.rule.id, len(result.notes)
            text = T("{rule} lists without judging: {count} (in every file of the report)", rule=rule, count=count)
            _print(console, "")
            _print(console, text.render(lang))


def _more(console: Console, count: int, lang: str) -> None:
    if count > 0:
        _print(console, "     " + T("and {count} more: --report FILE.html has them", count=count).render(lang))


def _print(console: Console, line: str | Styled) -> None:
    console.print(line, soft_wrap=True)


def table(
    console: Console,
    titles: Sequence[Text],
    rows: Sequence[tuple[str, ...]],
    lang: str,
    *,
    right: tuple[int, ...] = (),
    styles: Sequence[str] = (),
) -> None:
    """A ruled table on a terminal, aligned columns elsewhere."""
    heads = [title.render(lang) for title in titles]
    if not console.is_terminal:
        for line in aligned([tuple(heads), *rows], right):
            _print(console, line)
        return
    from rich import box  # noqa: PLC0415 - only a terminal pays for it

    ruled = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for index, head in enumerate(heads):
        ruled.add_column(head, justify="right" if index in right else "left", no_wrap=index < len(heads) - 1, overflow="fold")
    for index, row in enumerate(rows):
        ruled.add_row(*(Styled(cell, styles[index] if styles and place == 1 else "") for place, cell in enumerate(row)))
    console.print(ruled)


def aligned(rows: Sequence[tuple[str, ...]], right: tuple[int, ...] = ()) -> list[str]:
    """The rows as lines with columns under each other; a Chinese character takes two places."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(_padded(cell, widths[n], n in right) for n, cell in enumerate(row)).rstrip() for row in rows]


def _padded(cell: str, width: int, right: bool) -> str:
    space = " " * (width - cell_len(cell))
    return space + cell if right else cell + space


COVERAGE_TITLES = (
    T("Device"),
    T("Platform"),
    T("Lines"),
    T("Understood"),
    T("Irrelevant"),
    T("Not modelled"),
    T("Unknown"),
)


def show_coverage(console: Console, rows: Sequence[CoverageRow], lang: str) -> None:
    """How the lines of each device were read, and the sum."""
    shown = [(row.device, row.platform, *(f"{number:,}" for number in row[2:])) for row in rows]
    total = [f"{sum(row[n] for row in rows):,}" for n in range(2, 7)]  # type: ignore[misc] # the rest of a row is numbers
    table(console, COVERAGE_TITLES, [*shown, (T("Total").render(lang), "", *total)], lang, right=(2, 3, 4, 5, 6))
