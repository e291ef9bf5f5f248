"""Bad input: what is said about it, word for word; that it is all said at once; and that nothing else ever comes of it.

A case in ``bad_input/cases/`` is an edit of the small city in ``bad_input/base/`` and, below ``====``, what is then said, in en and zh.
``GOLDEN_UPDATE=1`` writes the second part anew.
"""

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

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
    """``@ FILE``, then ``- TEXT`` that stands there once and ``+ TEXT`` in its place; ``+`` alone goes to the end, ``- *`` deletes all."""
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
    for path in [
        *sorted((ROOT / "topology" / "build").glob("*.py")),
        ROOT / "topology" / "inventory.py",
        ROOT / "topology" / "catalogue.py",
    ]:
        for line, message, _, _ in extract_from_file("python", path, keywords={"T": None}):
            pattern = re.sub(r"\\\{\w+\\\}", ".*", re.escape(str(message)))
            if not re.search(pattern, said):
                silent.append(f"{path.name}:{line}: {message}")
    assert not silent, "\n".join(silent)


# ---------------------------------------------------------------------------------------------------------- all at once


def test_problems_of_all_files_are_told_together(city: Path) -> None:
    """What each file says wrong by itself is told for all of them, also where another one cannot be read at all.

    References between files are looked at when every file is readable: before, a name may stand in the part that could not be read. How
    devices are joined (trunks, heartbeats, management) is looked at when all references are good: before, cables are missing.
    """
    files = sorted(path.relative_to(city).as_posix() for path in city.rglob("*.yaml"))
    for number, name in enumerate(files):
        path = city / name
        content = path.read_text(encoding="utf-8")
        path.write_bytes(content.encode("gbk") if number == 0 else f"{content}{'strange: 1' if number % 2 else '  - ['}\n".encode())
    assert {problem.origin.file for problem in problems_of(city)} == set(files)


def test_the_command_line_tells_them_without_a_traceback(city: Path) -> None:
    (city / "city.yaml").write_bytes("city: 小市".encode("gbk"))
    before = sorted(city.rglob("*"))
    code = "import sys; from tasks.cli import main; sys.exit(main())"
    called = subprocess.run(
        [sys.executable, "-c", code, "--city", str(city), "--lang", "en", "check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (called.returncode, called.stdout) == (2, "")
    assert called.stderr.startswith("city.yaml:1:8: the file is not UTF-8 text")
    assert "Traceback" not in called.stderr
    assert sorted(city.rglob("*")) == before


@pytest.mark.parametrize("side", ["outer", "inner", "gatekeeper"])
def test_a_side_may_be_absent(side: str, city: Path) -> None:
    shutil.rmtree(city / side)
    assert problems_of(city) == []


def test_one_side_alone(city: Path) -> None:
    for side in ("inner", "gatekeeper"):
        shutil.rmtree(city / side)
    assert problems_of(city) == []


# ------------------------------------------------------------------------------------------------- any line, any garble

Garble = Callable[[str, random.Random], str]


def _somewhere(line: str, chance: random.Random) -> int:
    return chance.randrange(len(line) - len(line.lstrip()), len(line))


def _replace(pattern: str, by: Callable[[str, random.Random], str]) -> Garble:
    def garble(line: str, chance: random.Random) -> str:
        found = chance.choice(list(re.finditer(pattern, line)) or [None])
        return line[: found.start()] + by(found[0], chance) + line[found.end() :] if found else line

    return garble


def _char(line: str, chance: random.Random) -> str:
    at = _somewhere(line, chance)
    return line[:at] + chance.choice("x7:{}-,[]'\" ") + line[at + 1 :]


GARBLES: dict[str, Garble] = {
    "delete": lambda line, chance: "",
    "cut short": lambda line, chance: line[: _somewhere(line, chance)],
    "another character": _char,
    "a character less": lambda line, chance: line[: (at := _somewhere(line, chance))] + line[at + 1 :],
    "twice": lambda line, chance: f"{line}\n{line}",
    "indented": lambda line, chance: f" {line}",
    "another number": _replace(r"\d+", lambda _, chance: chance.choice(["0", "1", "2", "7", "99", "1000", "70000"])),
    "another word": _replace(r"[A-Za-z][\w-]+", lambda word, _: word[::-1]),
    "a word less": _replace(r"[A-Za-z][\w-]+", lambda word, _: ""),
}


@dataclass(frozen=True)
class Slip:
    """One line of one file, before and after."""

    file: str
    line: int
    kind: str
    before: str
    after: str
    block: int  # so many lines belong to this one, by their indentation

    def leads_here(self, problem: Problem) -> bool:
        """Whether the place, a place in the text or a word of the line is where somebody would look."""
        text = problem.render("en")
        places = [(problem.origin.file, problem.origin.line)]
        places += [(file, int(line)) for file, line in re.findall(r"([\w/.-]+\.yaml):(\d+)", text)]
        places += [(problem.origin.file, int(line)) for line in re.findall(r"line (\d+)", text)]
        near = any(file == self.file and self.line - 4 <= line <= self.line + 4 + self.block for file, line in places)
        words = re.findall(r"[A-Za-z][\w./-]{2,}|\d[\d./]{2,}", f"{self.before} {self.after}")
        return near or any(word in text for word in words)


def slips(root: Path, chance: random.Random) -> Iterator[Slip]:
    """Every garble of every line, once."""
    for path in sorted(root.rglob("*.yaml")):
        lines = path.read_text(encoding="utf-8").splitlines()
        for index, line in enumerate(lines):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            for kind, garble in GARBLES.items():
                after = garble(line, chance)
                if after != line:
                    yield Slip(path.relative_to(root).as_posix(), index + 1, kind, line, after, _block(lines, index))


def _block(lines: list[str], index: int) -> int:
    def depth(line: str) -> int:
        return len(line) - len(line.lstrip(" -"))

    below = lines[index + 1 :]
    return next((count for count, line in enumerate(below) if line.strip() and depth(line) <= depth(lines[index])), len(below))


def far_off(slip: Slip, root: Path) -> list[str]:
    """The problems of the city with that slip that do not lead to it. Any exception but InventoryError fails the test."""
    path = root / slip.file
    original = path.read_text(encoding="utf-8")
    lines = original.splitlines()
    lines[slip.line - 1 : slip.line] = [slip.after] if slip.kind != "delete" else []
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    try:
        problems = problems_of(root)
    except Exception as error:
        error.add_note(f"{slip}")
        raise
    finally:
        path.write_text(original, encoding="utf-8")
    for problem in problems:
        assert problem.render("zh")
    return [problem.render("en") for problem in problems if not slip.leads_here(problem)]


SLIPS = sorted(random.Random(20061).sample(list(slips(BASE, random.Random(1))), 100), key=lambda slip: (slip.file, slip.line))


@pytest.mark.parametrize("part", range(4))
def test_a_slip_in_any_line_leads_to_it_or_does_no_harm(part: int, city: Path) -> None:
    found = {str(slip): far for slip in SLIPS[part::4] if (far := far_off(slip, city))}
    assert not found


@pytest.mark.parametrize("seed", range(2))
def test_a_slip_in_the_reference_city_too(seed: int, tmp_path: Path) -> None:
    root = Path(shutil.copytree(ROOT / "inventory" / "guiyang", tmp_path / "guiyang"))
    chance = random.Random(seed)
    found = {str(slip): far for slip in chance.sample(list(slips(root, chance)), 3) if (far := far_off(slip, root))}
    assert not found
