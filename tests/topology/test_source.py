"""Reading YAML: values, places, and what is said about files that cannot be read."""

import os
import re
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from topology import yaml_text
from topology.origin import Origin
from topology.problems import Problem
from topology.source import SourceList, SourceMap, find_files, read_yaml

GOLDEN = Path(__file__).parent / "golden_errors" / "yaml"


def read(content: str | bytes, folder: Path) -> tuple[SourceMap | None, list[Problem]]:
    path = folder / "f.yaml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    problems: list[Problem] = []
    return read_yaml(path, folder, problems), problems


def test_every_golden_file_belongs_to_an_input() -> None:
    for folder in (GOLDEN, GOLDEN.parent / "model"):
        assert {path.stem for path in folder.glob("*.txt")} == {path.stem for path in folder.glob("*.yaml")}


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.yaml")))
def test_wording(name: str) -> None:
    problems: list[Problem] = []
    assert read_yaml(GOLDEN / f"{name}.yaml", GOLDEN, problems) is None
    found = "\n".join(problem.render(lang) for lang in ("en", "zh") for problem in problems) + "\n"
    expected = GOLDEN / f"{name}.txt"
    if os.environ.get("GOLDEN_UPDATE"):
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"), ("on", "on"), ("yes", "yes"), ("off", "off"), ("n", "n"), ("true", True), ("False", False), ("tRUE", "tRUE"),
        ("12", 12), ("-3", -3), ("+4", 4), ("0", 0), ("12:30:45", "12:30:45"), ("00:11:22:33:44:55", "00:11:22:33:44:55"),
        ("0x1F", "0x1F"), ("0o17", "0o17"), ("1_000", "1_000"), ("1e3", "1e3"), (".inf", ".inf"), (".nan", ".nan"), ("1.5", 1.5),
        ("9" * 19, int("9" * 19)), ("9" * 20, "9" * 20), ("9" * 9999, "9" * 9999), ("10.1.2.3", "10.1.2.3"), ("0851-1234", "0851-1234"),
        ("2026-05-01", date(2026, 5, 1)), ("2026-05-01T08:30:00", "2026-05-01T08:30:00"), ("'2026-05-01'", "2026-05-01"),
        ("'0851'", "0851"), ('"12"', "12"), ("null", None), ("~", None), ("", None), ("''", ""), ("１２", "１２"), ("=", "="),
        ("GE0/0/1", "GE0/0/1"), ("\N{GRINNING FACE}", "\N{GRINNING FACE}"), ("|\n  a\n  b\n", "a\nb\n"), ("a b", "a b"), ("<<", "<<"),
    ],
)  # fmt: skip
def test_scalars(text: str, value: object, tmp_path: Path) -> None:
    data, problems = read(f"x: {text}\n", tmp_path)
    assert not problems
    assert data is not None
    assert (data["x"], type(data["x"])) == (value, type(value))


def test_places(tmp_path: Path) -> None:
    data, problems = read("---\n# 注释\n名称: {a: 1, 数: [x,  y]}\nb:\n  - c: 1\n  -\n", tmp_path)
    assert not problems
    assert data is not None
    assert data.origin == Origin("f.yaml", 3, 1)
    assert (data.at("名称"), data.key_at("b")) == (Origin("f.yaml", 3, 5), Origin("f.yaml", 4, 1))
    inner, items = data["名称"], data["b"]
    assert isinstance(inner, SourceMap)
    assert isinstance(items, SourceList)
    assert (inner.key_at("数"), inner.at("数"), inner["数"].at(1)) == (
        Origin("f.yaml", 3, 12),
        Origin("f.yaml", 3, 15),
        Origin("f.yaml", 3, 20),
    )
    assert (items.origin, items.at(0), items[0].at("c")) == (Origin("f.yaml", 5, 3), Origin("f.yaml", 5, 5), Origin("f.yaml", 5, 8))
    assert str(data.at("unknown")) == "f.yaml:3:1"


def test_crlf_keeps_lines(tmp_path: Path) -> None:
    data, problems = read("a: 1\r\nb: 2\r\n", tmp_path)
    assert not problems
    assert data is not None
    assert data.at("b") == Origin("f.yaml", 2, 4)


def test_all_problems_of_a_file_but_not_without_end(tmp_path: Path) -> None:
    _, problems = read("".join(f"k{number}: 0{number}\n" for number in range(100)), tmp_path)
    assert len(problems) == 20


def test_problems_of_other_files_do_not_count(tmp_path: Path) -> None:
    problems = [Problem(Origin("other.yaml", 1, 1), what) for what in [read("", tmp_path)[1][0].what] * 50]
    (tmp_path / "good.yaml").write_text("a: 1\n", encoding="utf-8")
    assert read_yaml(tmp_path / "good.yaml", tmp_path, problems) == {"a": 1}


def test_large_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.yaml"
    with path.open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)
    monkeypatch.setattr(yaml_text, "_decode", None)
    problems: list[Problem] = []
    assert read_yaml(path, tmp_path, problems) is None
    assert [problem.render("en") for problem in problems] == [
        "large.yaml:1:1: the file has 50.0 MiB · allowed: at most 4 MiB · split it: one file a county is enough"
    ]
    assert problems[0].render("zh") == "large.yaml:1:1: 文件大小为 50.0 MiB · 允许：不超过 4 MiB · 请拆分文件，如每个区县一个文件"


def test_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    content = "a: 1\n#" + "x" * (yaml_text.MAX_BYTES - 6)
    assert read(content, tmp_path) == ({"a": 1}, [])
    assert read(content + "x", tmp_path)[0] is None


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    problems: list[Problem] = []
    os.mkfifo(tmp_path / "pipe.yaml")
    assert read_yaml(tmp_path / "pipe.yaml", tmp_path, problems) is None
    assert read_yaml(tmp_path / "missing.yaml", tmp_path, problems) is None
    assert read_yaml(tmp_path, tmp_path.parent, problems) is None
    assert [problem.render("en") for problem in problems] == [
        "pipe.yaml:1:1: not a regular file · allowed: a text file",
        "missing.yaml:1:1: cannot be read: No such file or directory · check the file's permissions",
        f"{tmp_path.name}:1:1: not a regular file · allowed: a text file",
    ]


# ------------------------------------------------------------------------------------------------------------ folders


def found(root: Path) -> tuple[list[str], list[str]]:
    problems: list[Problem] = []
    files = [path.relative_to(root).as_posix() for path in find_files(root, problems)]
    return files, [problem.render("en").removeprefix(f"{root.parent}/") for problem in problems]


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a: 1\n", encoding="utf-8")


def test_files_are_found_in_order(tmp_path: Path) -> None:
    names = ["city.yaml", "inner/core.yaml", "outer/counties/a.yaml", "outer/counties/b.yaml", "outer-b.yaml", "区.yaml"]
    touch(
        *(tmp_path / name for name in names), tmp_path / ".git/x.yaml", tmp_path / ".x.yaml", tmp_path / "README.md", tmp_path / "x.yaml~"
    )
    files, problems = found(tmp_path)
    assert (sorted(files), problems) == (sorted(names), [])
    assert files == [name for name in files if name in names]
    assert found(tmp_path)[0] == files


def test_folders_that_are_none(tmp_path: Path) -> None:
    touch(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    (tmp_path / "dangling").symlink_to("nowhere")
    assert found(tmp_path / "no") == ([], ["no:1:1: no such folder · allowed: the folder of a city's YAML files"])
    assert found(tmp_path / "file") == ([], ["file:1:1: not a folder · allowed: the folder of a city's YAML files"])
    assert found(tmp_path / "dangling")[1] == ["dangling:1:1: not a folder · allowed: the folder of a city's YAML files"]
    long = tmp_path / ("x" * 300)
    assert found(long)[1] == [f"{long.name}:1:1: no such folder · allowed: the folder of a city's YAML files"]
    assert found(tmp_path / "empty")[1] == [
        "empty:1:1: no *.yaml file in this folder · name the inventory folder of a city; 'govnet init DIR' writes an example"
    ]


def test_links(tmp_path: Path) -> None:
    root = tmp_path / "city"
    touch(root / "a.yaml", root / ".data/b.yaml", tmp_path / "outside.yaml")
    (root / "b.yaml").symlink_to(".data/b.yaml")
    assert found(root) == (["a.yaml", "b.yaml"], [])
    (root / "loop").symlink_to(".")
    (root / "self.yaml").symlink_to("self.yaml")
    (root / "out.yaml").symlink_to("../outside.yaml")
    (root / "up").symlink_to("..")
    (root / "gone.yaml").symlink_to("nowhere.yaml")
    files, problems = found(root)
    assert files == ["a.yaml", "b.yaml"]
    assert problems == [
        "gone.yaml:1:1: a symbolic link that leads nowhere or in a circle · delete the link",
        "loop:1:1: a symbolic link to a folder: its files would be read twice · delete the link",
        "out.yaml:1:1: a symbolic link that leaves the inventory folder · put a copy in its place",
        "self.yaml:1:1: a symbolic link that leads nowhere or in a circle · delete the link",
        "up:1:1: a symbolic link that leaves the inventory folder · put a copy in its place",
    ]


def test_names_that_would_be_passed_over(tmp_path: Path) -> None:
    touch(tmp_path / "a.yaml", tmp_path / "b.yml", tmp_path / "C.YAML")
    os.mkfifo(tmp_path / "d.yaml")
    assert found(tmp_path) == (
        ["a.yaml"],
        [
            "C.YAML:1:1: the name ends in .YAML, so the file would not be read · allowed: names that end in .yaml · rename it",
            "b.yml:1:1: the name ends in .yml, so the file would not be read · allowed: names that end in .yaml · rename it",
            "d.yaml:1:1: not a regular file · allowed: a text file",
        ],
    )


EMPTY = r"\udcff\n.yaml:1:1: the file is empty · write its content, or delete the file"


def test_names_that_cannot_be_printed(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n.yaml"))
    path.write_bytes(b"")
    problems: list[Problem] = []
    for file in find_files(tmp_path, problems):
        read_yaml(file, tmp_path, problems)
    assert [problem.render("en").encode() for problem in problems] == [
        rb"\udcff\n.yaml:1:1: the file is empty " + "· write its content, or delete the file".encode()
    ]


def test_unreadable_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path / "a.yaml", tmp_path / "closed/b.yaml")
    scandir = os.scandir

    def guarded(path: Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    assert found(tmp_path) == (["a.yaml"], ["closed:1:1: cannot be read: Permission denied · check the folder's permissions"])


# --------------------------------------------------------------------------------------------------------------- fuzz


@pytest.mark.parametrize(
    "unit",
    [
        *("[", "{", "a: [b, ", "{a: 1},", "[]\n", "a,", "- ", "- a\n", "? ", "a:\n", ": "),
        *("'", '"', "x ", "a\n", "\n", " ", "#\n", "|\n", "&a ", "!a "),
    ],
)
def test_no_content_takes_long(unit: str, tmp_path: Path) -> None:
    """An eighth of the largest file, of the worst content: a second, not minutes, and no exception."""
    content = "k: [" + unit * (yaml_text.MAX_BYTES // 8 // len(unit))
    started = time.process_time()
    read(content, tmp_path)
    read(content.removeprefix("k: ["), tmp_path)
    assert time.process_time() - started < 10


VALID = """\
# 清镇市
county: {slug: qingzhen, name: 清镇市}
profiles:
  dual:
    ports: [GE0/0/1, GE0/0/2]
    notes: |
      第一行
      second line
sites:
  weicheng:
    number: 1
    name: "卫城镇"
    surveyed: 2026-05-01
    uplinks:
      - {via: r1, circuit: {ref: GY-0001, risk: [duct-1, fibre-2]}}
      - via: r2
        circuit:
          ref: 'it''s'
  zhanjie: {number: 2, name: 站街镇}
"""


def check(content: bytes, folder: Path) -> None:
    """Either a value or problems, each at a place inside the file."""
    value, problems = read(content, folder)
    assert (value is None) == bool(problems)
    lines = content.decode("utf-8", "replace").split("\n")
    for problem in problems:
        assert problem.origin.file == "f.yaml"
        assert 1 <= problem.origin.line <= len(lines)
        assert 1 <= problem.origin.column <= len(lines[problem.origin.line - 1]) + 1
        for lang in ("en", "zh"):
            assert "\n" not in problem.render(lang)


fuzz = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
YAML_LIKE = st.text(st.sampled_from("ab10 \n\n:-[]{},'\"#&*!|>?%@`~<\\\t：，清\u2028\x00\r.")) | st.text()


@fuzz
@given(YAML_LIKE)
def test_any_text(tmp_path: Path, text: str) -> None:
    check(text.encode("utf-8", "surrogatepass"), tmp_path)


@fuzz
@given(st.binary())
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    check(content, tmp_path)


@fuzz
@given(st.integers(0, VALID.count("\n") - 1), YAML_LIKE)
def test_any_line_garbled(tmp_path: Path, line: int, text: str) -> None:
    lines = VALID.split("\n")
    lines[line] = text
    check("\n".join(lines).encode("utf-8", "surrogatepass"), tmp_path)


@fuzz
@given(st.integers(0, len(VALID) - 1), st.integers(0, 8), YAML_LIKE)
def test_any_part_replaced(tmp_path: Path, start: int, length: int, text: str) -> None:
    check((VALID[:start] + text + VALID[start + length :]).encode("utf-8", "surrogatepass"), tmp_path)


@pytest.mark.parametrize("line", range(VALID.count("\n")))
def test_a_deleted_line_is_reported_close_by(line: int, tmp_path: Path) -> None:
    lines = VALID.split("\n")
    del lines[line]
    check("\n".join(lines).encode(), tmp_path)
    _, problems = read("\n".join(lines), tmp_path)
    for problem in problems:
        named = {problem.origin.line, *map(int, re.findall(r"line (\d+)", problem.render("en")))}
        assert named & {line, line + 1, line + 2}, problem.render("en")
