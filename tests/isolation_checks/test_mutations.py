"""Every known way to break a city is caught, where it is and by the rule that it breaks; what harms nothing gives no finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from isolation_checks.judge import judge
from isolation_checks.rules.registry import rules, select
from isolation_checks.verdicts import Verdict
from tests.isolation_checks.mutations import hygiene, operators
from tests.isolation_checks.mutations.harmless import HARMLESS, Harmless, objections
from tests.isolation_checks.mutations.harness import Base, Operator, drafted
from tests.isolation_checks.mutations.judging import tried
from tests.isolation_checks.mutations.table import Row, base, table


@pytest.fixture(scope="session")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Base]:
    """Filled as they are asked for."""
    return {}


def given(bases: dict[str, Base], name: str, factory: pytest.TempPathFactory) -> Base:
    if name not in bases:
        bases[name] = base(name, factory.mktemp(name))
    return bases[name]


def cases(listed: tuple[Operator, ...] | tuple[Harmless, ...]) -> list[object]:
    """By base, so that each process needs few of them."""
    found = [(name, item, platform) for item in listed for platform, name in item.platforms.items()]
    return [pytest.param(item, platform, id=f"{item.id}-{platform}") for _, item, platform in sorted(found, key=lambda case: case[0])]


@pytest.mark.parametrize(("operator", "platform"), cases(operators.ALL))
def test_it_is_caught(
    operator: Operator, platform: str, bases: dict[str, Base], tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    city = given(bases, operator.platforms[platform], tmp_path_factory)
    assert not tried(operator, platform, city, tmp_path / "changed").problems


@pytest.mark.parametrize(("change", "platform"), cases(HARMLESS))
def test_it_harms_nothing(
    change: Harmless, platform: str, bases: dict[str, Base], tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    city = given(bases, change.platforms[platform], tmp_path_factory)
    draft = drafted(city, platform, change.change)
    assert draft.changed() or draft.facts is not city.facts
    assert not objections(city, draft.case(tmp_path / "changed"), change.hygiene)


@pytest.mark.parametrize(("operator", "platform"), cases(hygiene.UNREADABLE))
def test_no_rule_fails_over_what_cannot_be_read(
    operator: Operator, platform: str, bases: dict[str, Base], tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    city = given(bases, operator.platforms[platform], tmp_path_factory)
    report = judge(drafted(city, platform, operator.change).case(tmp_path / "changed"), select([], failures=None))
    assert any(item.verdict in (Verdict.INCOMPLETE, Verdict.VIOLATED) and item.rule.id.startswith("COV-") for item in report.results)


def test_there_are_enough_of_them() -> None:
    names = [item.id for item in operators.ALL]
    assert len(names) == len(set(names)) >= 60
    assert len({item.id for item in HARMLESS}) == len(HARMLESS) >= 25
    covered = {rule for item in operators.ALL for rule in item.rules}
    routed = {rule.id for rule in rules() if rule.info().family in ("CON", "ROUTE", "RES")} | {"SVC-MISSING"}
    assert {rule.id for rule in rules()} - covered == routed  # which have tests of their own


def test_the_table_tells_what_was_not_caught() -> None:
    row = Row("a", "does b", "vrp", ("X-Y",), Verdict.VIOLATED, True, 3, ())
    lines = list(table([row, row._replace(platform="ios", caught=False)]))
    assert lines[2] == "| a | does b | vrp, **ios (not caught)** | X-Y | VIOLATED | 6 packets, replayed and confirmed |"
