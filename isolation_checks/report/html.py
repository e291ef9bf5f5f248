"""The report as one page that needs nobody: both languages, style, script and pictures are inside, and it prints on A4."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from isolation_checks.report import words
from isolation_checks.report.doubts import by_doubt
from isolation_checks.report.lines import own_places, packets
from isolation_checks.report.page_words import PAGE_WORDS
from isolation_checks.report.picture import picture
from isolation_checks.report.places import Places
from isolation_checks.verdicts import Cell, ChainWitness, CoverageRow, ExceptionUse, Report, Scope, Verdict, ZoneMatrix
from topology.facts import Name
from topology.i18n import Text

FINDINGS, DOUBTS, PLACES = 100, 500, 12
"""So many findings of a rule, doubts in all, and places of a finding are written out; the JSON report has all of them."""

_PRINTED_DEVICES = 60
"""With more devices than these, paper shows only those with a line that was not understood."""


class PlatformRow(NamedTuple):
    """How the lines of all devices of a platform were read."""

    platform: str
    devices: int
    lines: int
    understood: int
    irrelevant: int
    unmodelled: int
    unknown: int

    @property
    def blank(self) -> int:
        return self.lines - self.understood - self.irrelevant - self.unmodelled - self.unknown


def as_html(report: Report, places: Places, lang: str = "en") -> str:
    """The page; ``lang`` is the language that it opens in."""
    script = _asset("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return _template().render(
        report=report,
        places=places,
        lang=lang,
        rules=words.urgent_first(report.results),
        counts=words.counts(report),
        left_out=words.partial(places.omitted),
        doubts=by_doubt(report),
        platforms=platforms(report),
        rest_on={one.slug: [result.rule.id for result in report.results if one.slug in result.assumptions] for one in report.assumptions},
        matrix=_Matrix(report.matrix) if report.matrix else None,
        limits={"findings": FINDINGS, "doubts": DOUBTS, "places": PLACES, "devices": _PRINTED_DEVICES},
        script_hash=f"sha256-{digest}",
        css=_asset("page.css"),
        script=script,
    )


def both(text: Text | Name) -> Markup:
    """The wording in both languages, of which the page shows one; once where they are the same."""
    zh, en = (text.text(lang) if isinstance(text, Name) else text.render(lang) for lang in ("zh", "en"))
    if zh == en:
        return escape(en)
    return Markup('<span class="zh" lang="zh-CN">{}</span><span class="en" lang="en">{}</span>').format(zh, en)


def say(msgid: str, /, **values: object) -> Markup:
    """Words of the page itself, which stand in page_words.py too, where the extraction finds them."""
    if msgid not in _SAID:
        raise KeyError(msgid)
    return both(Text(msgid, tuple(values.items())))


_SAID = {text.msgid for text in PAGE_WORDS}


def platforms(report: Report) -> list[PlatformRow]:
    sums: dict[str, Counter[str]] = {}
    for row in report.coverage:
        sums.setdefault(row.platform, Counter()).update(devices=1, **dict(zip(CoverageRow._fields[2:], row[2:], strict=True)))
    return [PlatformRow(platform, *(found[name] for name in PlatformRow._fields[1:])) for platform, found in sorted(sums.items())]


class _Matrix:
    """The zone matrix as rows of cells, with a class for what each says."""

    def __init__(self, matrix: ZoneMatrix) -> None:
        self.groups = matrix.groups
        self._cells = {(cell.source, cell.target): cell for cell in matrix.cells}

    def cell(self, source: str, target: str) -> Cell:
        return self._cells.get((source, target), Cell(source, target, 0, False, 0))

    @staticmethod
    def kind(cell: Cell) -> str:
        if cell.excess:
            return "excess"
        if cell.flows:
            return "declared" if cell.passes else "missing"
        return "other" if cell.passes else "nothing"


def _days_left(use: ExceptionUse, report: Report) -> int | None:
    return (use.approval.expires - report.as_of).days if use.approval else None


def _slug(verdict: Verdict) -> str:
    return verdict.value.lower().replace(" ", "-")


def _asset(name: str) -> str:
    return files("isolation_checks.report").joinpath(name).read_text("utf-8")


@cache
def _template() -> Template:
    loader = PackageLoader("isolation_checks.report", "")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals |= {
        "t": both,
        "say": say,
        "words": words,
        "slug": _slug,
        "picture": picture,
        "packets": packets,
        "own_places": own_places,
        "is_chain": lambda witness: isinstance(witness, ChainWitness),
        "days_left": _days_left,
        "Verdict": Verdict,
        "Scope": Scope,
    }
    return environment.get_template("page.html.j2")
