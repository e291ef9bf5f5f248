"""Every known way to break a city is caught, where it is and by the rule that it breaks; what harms nothing gives no finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.isolation_checks.mutations import decreed
from tests.isolation_checks.mutations.harness import BASES, CITY, Base, Operator, base_of, drafted, outcomes, small_base
from tests.isolation_checks.mutations.judging import problems

OPERATORS = decreed.OPERATORS


@pytest.fixture(scope="session")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Base]:
    """Filled as they are asked for."""
    return {}


def base(bases: dict[str, Base], name: str, factory: pytest.TempPathFactory) -> Base:
    if name not in bases:
        folder = factory.mktemp(name)
        bases[name] = small_base(name, folder) if name in BASES else base_of(name, CITY, folder)
    return bases[name]


@pytest.mark.parametrize(
    ("operator", "platform"),
    [pytest.param(item, platform, id=f"{item.id}-{platform}") for item in OPERATORS for platform in item.platforms],
)
def test_it_is_caught(
    operator: Operator, platform: str, bases: dict[str, Base], tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    city = base(bases, operator.platforms[platform], tmp_path_factory)
    draft = drafted(city, platform, operator.change)
    case = draft.case(tmp_path / "changed")
    assert not problems(operator, draft, case, outcomes(case, city, operator.rules), city)
