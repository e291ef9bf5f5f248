"""A listing: columns and rows that know nothing of how they are shown, and the ways of showing them.

Cells keep their type to the end. JSON gets slugs and numbers that no language changes; people get words in theirs; a spreadsheet gets real
numbers and dates. The order of rows is the listing's own.
"""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import accumulate
from typing import TYPE_CHECKING, Any, TypeAlias

from topology.facts import Name
from topology.i18n import T, Text
from topology.problems import names, nearest

if TYPE_CHECKING:
    from rich.table import Table as RichTable

    from tasks.tables.city import City


@dataclass(frozen=True, slots=True)
class Word:
    """A value of a closed set. Its slug is the English word and what filters take; ``text`` is what Chinese readers see."""

    slug: str
    text: Text | None = None

    def render(self, lang: str) -> str:
        return self.text.render(lang) if self.text is not None and lang != "en" else self.slug


Cell: TypeAlias = "bool | int | str | date | Name | Word | Text | tuple[Cell, ...] | None"
Facets: TypeAlias = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Column:
    """``key`` names the value in JSON, ``title`` heads the column. Of a list at most ``most`` entries are shown; JSON has all."""

    key: str
    title: Text
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """``facets`` holds what each filter sees of the row: ``{"county": {"qingzhen"}, "realm": {"outer"}}``."""

    cells: tuple[Cell, ...]
    facets: Facets


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    title: Text
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """What ``govnet show NAME`` shows. ``filters`` are those that apply to it."""

    name: str
    title: Text
    filters: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: Callable[[City], Iterable[Row]]

    def table(self, city: City) -> Table:
        return Table(self.name, self.title, self.columns, tuple(self.rows(city)))


# -------------------------------------------------------------------------------------------------------------- filters


class NoMatchError(Exception):
    """A filter that leaves no row; ``text`` says which one, what it may be, and what was probably meant."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.render("en"))
        self.text = text


def narrow(table: Table, wanted: Mapping[str, Sequence[str]]) -> Table:
    """The rows that every filter of ``wanted`` lets through; of several values of one filter each is good.

    Raises NoMatchError for the first value that no row has, else for the first that the filters before it leave no row of.
    """
    for option, values in wanted.items():
        _expect(table.name, table.rows, option, values, "")
    rows, said = table.rows, ""
    for option, values in wanted.items():
        _expect(table.name, rows, option, values, said)
        rows = tuple(row for row in rows if not row.facets.get(option, frozenset()).isdisjoint(values))
        said = " ".join((*filter(None, [said]), *(f"--{option} {value}" for value in values)))
    return replace(table, rows=rows)


def _expect(listing: str, rows: Iterable[Row], option: str, values: Iterable[str], said: str) -> None:
    known = sorted({value for row in rows for value in row.facets.get(option, ())})
    for value in values:
        if value in known:
            continue
        what = T("nothing in '{listing}' has --{option} {value}", listing=listing, option=option, value=value)
        if said:
            what = T("nothing in '{listing}' with {said} has --{option} {value}", listing=listing, said=said, option=option, value=value)
        if not known:
            raise NoMatchError(what)
        near = nearest(value, known)
        hint = T(" · did you mean '{name}'?", name=near) if near else ""
        raise NoMatchError(T("{what} · allowed: {allowed}{hint}", what=what, allowed=names(known), hint=hint))


# ------------------------------------------------------------------------------------------------------- cells as text


def shown(cell: Cell, lang: str, most: int | None = None, comma: str = ", ") -> str:
    """The cell as people read it, in one line."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return _YES.render(lang) if cell else _NO.render(lang)
    if isinstance(cell, Word | Text):
        return cell.render(lang)
    if isinstance(cell, Name):
        return cell.text(lang)
    if isinstance(cell, tuple):
        parts = comma.join(shown(part, lang) for part in cell[:most])
        return parts if most is None or len(cell) <= most else f"{parts}{comma}… {_IN_ALL(len(cell)).render(lang)}"
    return str(cell)


_YES, _NO = T("yes"), T("no")


def _IN_ALL(count: int) -> Text:  # noqa: N802 - a text with a hole
    return T("({count} in all)", count=count)


def plain_value(cell: Cell) -> Any:
    """The cell for a program: no language, no formatting."""
    if isinstance(cell, Word):
        return cell.slug
    if isinstance(cell, Name):
        return {"zh": cell.zh, "en": cell.en}
    if isinstance(cell, Text):
        return {"zh": cell.render("zh"), "en": cell.render("en")}
    if isinstance(cell, tuple):
        return [plain_value(part) for part in cell]
    return cell.isoformat() if isinstance(cell, date) else cell


def width(text: str) -> int:
    """Columns that ``text`` takes on a terminal: a Chinese character takes two."""
    return len(text) if text.isascii() else sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _lines(table: Table, lang: str, comma: str = ", ") -> Iterator[list[str]]:
    yield [column.title.render(lang) for column in table.columns]
    most = [column.most for column in table.columns]
    for row in table.rows:
        yield [shown(cell, lang, limit, comma) for cell, limit in zip(row.cells, most, strict=True)]


# ------------------------------------------------------------------------------------------------------------- outputs


def as_json(table: Table) -> str:
    """A list of objects, one row a line."""
    keys = [column.key for column in table.columns]
    rows = (dict(zip(keys, map(plain_value, row.cells), strict=True)) for row in table.rows)
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n" if table.rows else "[]\n"


def as_csv(table: Table, lang: str) -> bytes:
    """UTF-8 with a byte order mark, without which Excel reads it as GBK; no cell can be taken for a formula."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([_no_formula(cell) for cell in line] for line in _lines(table, lang, "; "))
    return out.getvalue().encode("utf-8-sig")


def _no_formula(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def as_text(table: Table, lang: str) -> str:
    """Aligned columns, one row a line however long: for pipes and files."""
    lines = list(_lines(table, lang))
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    right = [any(type(row.cells[index]) is int for row in table.rows) for index in range(len(table.columns))]
    return "".join(
        "  ".join(
            " " * (wide - width(cell)) + cell if is_number else cell + " " * (wide - width(cell))
            for cell, wide, is_number in zip(line, widths, right, strict=True)
        ).rstrip()
        + "\n"
        for line in lines
    )


_WIDEST = 60
_WIDEST_SHOWN, _GAP = 44, 3


def as_rich(table: Table, lang: str, width: int) -> RichTable:
    """The table for a terminal of `width` columns: the first ones that fit, and below them the names of those that do not."""
    from rich import box  # noqa: PLC0415 - only a terminal pays for rich
    from rich.cells import cell_len  # noqa: PLC0415
    from rich.table import Table as Rich  # noqa: PLC0415

    headers, *lines = _lines(table, lang)
    wanted = [min(max(cell_len(line[index]) for line in (headers, *lines)), _WIDEST_SHOWN) + _GAP for index in range(len(headers))]
    fitting = max(2, sum(total <= width for total in accumulate(wanted)))
    rich = Rich(title=table.title.render(lang), box=box.SIMPLE_HEAD, title_justify="left", caption_justify="left", pad_edge=False)
    for index, header in enumerate(headers[:fitting]):
        is_number = any(type(row.cells[index]) is int for row in table.rows)
        rich.add_column(header, overflow="fold", justify="right" if is_number else "left", max_width=_WIDEST_SHOWN)
    for line in lines:
        rich.add_row(*line[:fitting])
    if fitting < len(headers):
        names = ", ".join(headers[fitting:])
        rich.caption = T("Not shown: {names}. A wider terminal, --csv, --json or --xlsx has all columns.", names=names).render(lang)
    return rich


def as_xlsx(tables: Sequence[Table], lang: str, as_of: date) -> bytes:
    """A workbook with a sheet a listing: the header stays in sight, every column filters, widths fit Chinese. Equal inputs, equal bytes."""
    import xlsxwriter  # type: ignore[import-untyped] # noqa: PLC0415 - only who asks for a workbook pays for it

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    book.set_properties({"created": datetime(as_of.year, as_of.month, as_of.day)})  # noqa: DTZ001 - a day, as the file format has it
    head = book.add_format({"bold": True, "bg_color": "#DCE6F1", "bottom": 1, "valign": "vcenter"})
    day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
    for table in tables:
        sheet = book.add_worksheet(table.title.render(lang)[:31])
        headers, *lines = _lines(table, lang)
        for number, (row, line) in enumerate(zip(table.rows, lines, strict=True), 1):
            for index, (cell, text) in enumerate(zip(row.cells, line, strict=True)):
                if isinstance(cell, date):
                    sheet.write_datetime(number, index, cell, day)
                elif type(cell) is int:
                    sheet.write_number(number, index, cell)
                elif text:
                    sheet.write_string(number, index, text)
        for index, header in enumerate(headers):
            sheet.write_string(0, index, header, head)
            widest = max((width(line[index]) for line in lines), default=0)
            sheet.set_column(index, index, min(max(widest, width(header) + 3) + 2, _WIDEST))
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, len(lines), len(headers) - 1)
    book.close()
    return out.getvalue()
