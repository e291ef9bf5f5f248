"""Rows for people: a table on a terminal, aligned columns of any width elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from tasks.settings import Settings
from topology.i18n import Text


def show(settings: Settings, headings: Sequence[Text], rows: Sequence[Sequence[str]], title: Text | None = None) -> None:
    """Prints the rows; a cell may have several lines. Nothing where there are no rows."""
    from rich.text import Text as Styled  # noqa: PLC0415 - not for --help

    from isolation_checks.report.terminal import aligned  # noqa: PLC0415

    if not rows:
        return
    console, heads = settings.out, [heading.render(settings.lang) for heading in headings]
    if title is not None:
        console.print(Styled(title.render(settings.lang), style="bold"), soft_wrap=True)
    if not console.is_terminal:
        for line in aligned([tuple(heads), *(line for row in rows for line in _lines(row))]):
            console.print(line, soft_wrap=True)
        return
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*map(Styled, row))
    console.print(table)


def _lines(row: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """A row whose cells have several lines, as several rows."""
    return zip_longest(*(cell.split("\n") for cell in row), fillvalue="")
