"""One run: facts and configs in, the report out."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from isolation_checks.case import Case
from isolation_checks.judge import judge
from isolation_checks.reach.matrix import zone_matrix
from isolation_checks.rules.base import Rule
from isolation_checks.rules.registry import rules, select
from isolation_checks.snapshot import DeviceConfig, LineCode, Snapshot
from isolation_checks.verdicts import CoverageRow, Report, RuleInfo, Scope, ZoneMatrix
from topology.facts import Facts

Progress: TypeAlias = Callable[[RuleInfo, int, int], None]
"""Called before each rule: the rule, its number counted from 1, how many there are."""

UNREAD = "COV-READ"
"""The rule that names files which could not be read; judged whenever there are any, asked for or not."""


def prove(
    facts: Facts,
    snapshot: Snapshot,
    as_of: date,
    only: Iterable[str] = (),
    progress: Progress | None = None,
    *,
    inputs: str = "",
    failures: int | None = None,
    jobs: int | None = None,
) -> Report:
    """Judge the rules, all of them where ``only`` names none. ``inputs`` is what `digest` says of the folders.

    ``failures``: under how many at once the rules on failures are judged; 0 leaves them out, None also all others on computed routes that
    are not named. The report is the same whatever ``jobs`` is, the number of processes; None: as many as there are processors.

    Raises UnknownRuleError for a name in ``only`` that is neither a rule nor a family, or a rule on failures where there are none.
    """
    chosen = chosen_rules(tuple(only), snapshot, failures)
    case = Case(facts, snapshot, as_of, failures or 0)
    with _settled():
        judgement = judge(case, chosen, progress, len(os.sched_getaffinity(0)) if jobs is None else jobs)
        matrix = _matrix(case, chosen)
    coverage = tuple(map(coverage_of, snapshot.devices))
    return Report(
        city=facts.slug,
        city_name_zh=facts.name.zh,
        city_name_en=facts.name.en,
        as_of=as_of,
        inputs=inputs,
        devices=len(snapshot.devices),
        lines=sum(row.lines for row in coverage),
        results=judgement.results,
        exceptions=judgement.exceptions,
        assumptions=facts.assumptions,
        coverage=coverage,
        matrix=matrix,
        failures=failures or 0,
        seconds=judgement.seconds,
    )


def chosen_rules(only: tuple[str, ...], snapshot: Snapshot, failures: int | None = None) -> tuple[type[Rule], ...]:
    """What ``only`` names, and the rule about unread files where there are any: no choice of rules may hide them."""
    chosen = select(only, failures)
    if not snapshot.problems:
        return chosen
    return tuple(rule for rule in rules() if rule in chosen or rule.id == UNREAD)


def coverage_of(config: DeviceConfig) -> CoverageRow:
    """How the lines of a device's files were read. Blank lines count in ``lines`` alone."""
    codes: Counter[int] = Counter()
    for file in config.coverage:
        codes.update(file.codes)
    return CoverageRow(
        config.folder,
        config.platform,
        codes.total(),
        codes[LineCode.UNDERSTOOD],
        sum(count for code, count in codes.items() if code >= LineCode.IRRELEVANT),
        codes[LineCode.UNMODELLED],
        codes[LineCode.UNKNOWN],
    )


def _matrix(case: Case, chosen: tuple[type[Rule], ...]) -> ZoneMatrix | None:
    """Who can send to whom; only where rules about it were judged, because nothing else may cost that time."""
    if not any(rule.scope is Scope.ANY_ROUTE for rule in chosen):
        return None
    return zone_matrix(case.reach)


@contextmanager
def _settled() -> Iterator[None]:
    """Facts and configs stay as they are meanwhile: the collector of garbage need not look at millions of objects again and again."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def digest(*folders: Path) -> str:
    """SHA-256 over names and contents of all files in the folders: equal for equal inputs, wherever they lie."""
    total = sha256()
    for number, folder in enumerate(folders):
        for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
            if path.is_file():
                total.update(f"{number}/{path.relative_to(folder).as_posix()}\0{_content(path)}\0".encode())
    return total.hexdigest()


def _content(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return f"unreadable: {error.errno}"
