"""The table of all operators, in Markdown: ``python -m tests.isolation_checks.mutations.table > FILE``.

Exit code 1 where one is not caught.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from isolation_checks.verdicts import Verdict
from tests.isolation_checks.mutations import operators
from tests.isolation_checks.mutations.harness import BASES, CITY, Base, NoSuchLineError, Operator, base_of, small_base
from tests.isolation_checks.mutations.judging import Trial, tried

Item = tuple[str, str]
"""An operator and a platform."""


class Row(NamedTuple):
    """``found``: what each rule said that is to find it. ``packets``: how many witnesses the boxes confirmed."""

    operator: str
    what: str
    platform: str
    rules: tuple[str, ...]
    verdict: Verdict
    caught: bool
    packets: int
    problems: tuple[str, ...]


def base(name: str, folder: Path) -> Base:
    return small_base(name, folder) if name in BASES else base_of(name, CITY, folder)


def rows(name: str) -> list[Row]:
    """All operators on one base."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        city = base(name, Path(folder) / "city")
        for operator in operators.ALL:
            platforms = [key for key, value in operator.platforms.items() if value == name]
            found += [_row(operator, platform, city, Path(folder) / "changed") for platform in platforms]
    return found


def _row(operator: Operator, platform: str, city: Base, scratch: Path) -> Row:
    try:
        trial = tried(operator, platform, city, scratch)
    except NoSuchLineError as error:
        trial = Trial((str(error),), 0)
    return Row(operator.id, operator.what, platform, operator.rules, operator.verdict, not trial.problems, trial.packets, trial.problems)


def table(found: Iterable[Row]) -> Iterator[str]:
    yield "| operator | what | platforms | rules | verdict | witnesses |"
    yield "|---|---|---|---|---|---|"
    for _, group in groupby(found, key=lambda row: row.operator):
        lines = list(group)
        first = lines[0]
        platforms = ", ".join(row.platform if row.caught else f"**{row.platform} (not caught)**" for row in lines)
        packets = sum(row.packets for row in lines)
        seen = f"{packets} packets, replayed and confirmed" if packets else "-"
        yield f"| {first.operator} | {first.what} | {platforms} | {', '.join(first.rules)} | {first.verdict.value} | {seen} |"


def main() -> int:
    names = list(dict.fromkeys(name for operator in operators.ALL for name in operator.platforms.values()))
    with ProcessPoolExecutor(2) as pool:
        found = [row for part in pool.map(rows, names) for row in part]
    order = {operator.id: number for number, operator in enumerate(operators.ALL)}
    found.sort(key=lambda row: order[row.operator])
    missed = [row for row in found if not row.caught]
    summary = f"{len(order)} operators, {len(found)} cases, {len(missed)} not caught"
    sys.stdout.write("\n".join((summary, "", *table(found), "")))
    sys.stderr.writelines(f"{row.operator} on {row.platform}: {'; '.join(row.problems)}\n" for row in missed)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
