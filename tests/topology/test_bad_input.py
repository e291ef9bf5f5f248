"""Bad input: what is said about it, word for word; that it is all said at once; and that nothing else ever comes of it.

A case in ``bad_input/cases/`` is an edit of the small city in ``bad_input/base/`` and below ``====`` what is then said, in English and in Chinese.
``GOLDEN_UPDATE=1`` writes the second part anew.
"""

import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

from tasks.cli import main
from topology import network
from topology.catalogue import load_models, load_services
from topology.network import load
from topology.problems import InventoryError, Problem

HERE = Path(__file__).parent / "bad_input"
ROOT = Path(__file__).parents[2]
BASE = HERE / "base"
CASES = sorted((HERE / "cases").glob("*.txt"))
RULE = "===="


@pytest.fixture(scope="module", autouse=True)
def _catalogue_is_read_once() -> Iterator[None]:
    """Models and services are the same for every city here."""
    problems: list[Problem] = []
    models, services = load_models(problems), load_services(problems)
    assert not problems
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network, "load_models", lambda _: models)
        patch.setattr(network, "load_services", lambda _: services)
        yield


@pytest.fixture
def city(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "city"))


def problems_of(folder: Path) -> list[Problem]:
    """What is wrong; nothing where the city is good, and then every device has its design."""
    try:
        assert load(folder).design.devices
    except InventoryError as error:
        return list(error.problems)
    return []


# ---------------------------------------------------------------------------------------------------------- the wording


def apply(edits: str, folder: Path) -> None:
    """``@ FILE``, then ``- TEXT`` that stands there once and ``+ TEXT`` in its place; only ``+`` lines go to the end; ``- *``: delete it."""
    for block in re.split(r"^@ ", edits, flags=re.MULTILINE)[1:]:
        name, *lines = block.splitlines()
        path = folder / name
        if lines == ["- *"]:
            shutil.rmtree(path)
            continue
        if name.startswith("services/") and not (folder / "services").exists():
            shutil.copytree(ROOT / "services", folder / "services")
        for old, new in _changes(lines):
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            assert not old or text.count(old) == 1, f"{name} has {text.count(old)} times {old!r}"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text.replace(old, new) if old else f"{text}{new}\n", encoding="utf-8")


def _changes(lines: list[str]) -> Iterator[tuple[str, str]]:
    old: list[str] = []
    new: list[str] = []
    for line in lines:
        assert line[:2] in ("- ", "+ "), line
        if line.startswith("- ") and new:
            yield "\n".join(old), "\n".join(new)
            old, new = [], []
        (old if line.startswith("- ") else new).append(line[2:])
    yield "\n".join(old), "\n".join(new)


def test_the_city_itself_is_good(city: Path) -> None:
    assert problems_of(city) == []


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_wording(case: Path, city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edits, _, expected = case.read_text(encoding="utf-8").partition(f"{RULE}\n")
    apply(edits, city)
    if "@ services/" in edits:  # of a copy of the descriptions, which no city owns
        shutil.move(city / "services", city.parent)
        monkeypatch.setattr(network, "load_services", lambda problems: load_services(problems, city.parent / "services"))
    problems = problems_of(city)
    assert problems, "the edit does no harm"
    found = "\n".join(problem.render(lang) for lang in ("en", "zh") for problem in problems).replace(str(city), "CITY") + "\n"
    if os.environ.get("GOLDEN_UPDATE"):
        case.write_text(f"{edits}{RULE}\n{found}", encoding="utf-8")
    assert found == expected


def test_everything_that_can_be_said_is_said_in_some_case() -> None:
    """A message that no case fires is unreachable, or nobody has read what it looks like."""
    said = "\n".join(case.read_text(encoding="utf-8").partition(f"{RULE}\n")[2] for case in CASES)
    silent = []
    for path in [*sorted((ROOT / "topology" / "build").glob("*.py")), ROOT / "topology" / "inventory.py", ROOT / "topology" / "catalogue.py"]:
        for line, message, _, _ in extract_from_file("python", path, keywords={"T": None}):
            pattern = re.sub(r"\\\{\w+\\\}", ".*", re.escape(str(message)))
            if not re.search(pattern, said):
                silent.append(f"{path.name}:{line}: {message}")
    assert not silent, "\n".join(silent)
