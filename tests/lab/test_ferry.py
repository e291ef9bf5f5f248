"""The ferry moves what a declared channel allows, in its direction, and refuses the rest with a reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from lab.ferry_unit import Unit

CHANNELS: list[dict[str, Any]] = [
    {"id": "up", "direction": "outer-to-inner", "kind": "file", "allow": ["*.pdf"], "max_mb": 1},
    {"id": "down", "direction": "inner-to-outer", "kind": "mail", "allow": ["gov.example"], "max_mb": 1},
    {"id": "tables", "direction": "outer-to-inner", "kind": "db", "allow": ["population.summary"], "max_mb": 1},
]


class Pair:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.units = [Unit(root, side, CHANNELS) for side in ("outer", "inner")]

    def hand_in(self, side: str, channel: str, name: str, content: bytes = b"x") -> None:
        folder = self.root / side / "out" / channel
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
        for _ in range(2):
            for unit in self.units:
                unit.turn()

    def arrived(self, side: str) -> list[str]:
        return sorted(path.name for path in (self.root / side / "in").rglob("*") if path.is_file())

    def results(self, side: str) -> list[str]:
        return [json.loads(line)["result"] for line in (self.root / side / "log").read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_an_allowed_file_crosses_once(pair: Pair) -> None:
    pair.hand_in("outer", "up", "a.pdf")
    assert pair.arrived("inner") == ["a.pdf"]
    assert not list((pair.root / "queue" / "up").iterdir())
    assert pair.results("outer") == pair.results("inner") == ["passed"]


@pytest.mark.parametrize(
    ("side", "channel", "name", "content"),
    [
        ("outer", "up", "a.exe", b"x"),
        ("outer", "up", "big.pdf", b"x" * ((1 << 20) + 1)),
        ("inner", "up", "a.pdf", b"x"),  # against the direction
        ("outer", "none", "a.pdf", b"x"),  # no such channel
        ("inner", "down", "m.eml", b"From: Mallory <m@evil.example>\n\nhello"),
        ("inner", "down", "m.eml", b"From: gov.example <m@evil.example>\n\nhello"),
        ("outer", "tables", "population.json", b"{}"),
    ],
)
def test_anything_else_is_refused_and_kept_apart(pair: Pair, side: str, channel: str, name: str, content: bytes) -> None:
    pair.hand_in(side, channel, name, content)
    assert pair.arrived("inner") == pair.arrived("outer") == []
    assert (pair.root / side / "refused" / channel / name).is_file()
    assert pair.results(side) != ["passed"]


def test_mail_and_tables_go_by_sender_and_name(pair: Pair) -> None:
    pair.hand_in("inner", "down", "m.eml", b"From: Office <a@gov.example>\n\nhello")
    pair.hand_in("outer", "tables", "population.summary.json", b"{}")
    assert pair.arrived("outer") == ["m.eml"]
    assert pair.arrived("inner") == ["population.summary.json"]


def test_the_receiver_checks_too(pair: Pair) -> None:
    (pair.root / "queue" / "up" / "smuggled.exe").write_bytes(b"x")
    pair.units[1].turn()
    assert pair.arrived("inner") == []
    assert (pair.root / "inner" / "refused" / "up" / "smuggled.exe").is_file()


def test_a_link_to_a_file_is_no_file(pair: Pair) -> None:
    (pair.root / "outer" / "out" / "up" / "a.pdf").symlink_to("/etc/hostname")
    pair.units[0].turn()
    assert pair.results("outer") == ["not a plain file"]


def test_what_is_still_written_is_left_alone(pair: Pair) -> None:
    pair.hand_in("outer", "up", "a.pdf.part")
    assert (pair.root / "outer" / "out" / "up" / "a.pdf.part").exists()
