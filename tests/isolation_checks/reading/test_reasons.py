"""Why a line is irrelevant is said in the reader's language: every reason is a message of the catalogue."""

from __future__ import annotations

import ast
from pathlib import Path

import isolation_checks.reading
from isolation_checks.reading.folder import read_folder
from isolation_checks.snapshot import DeviceConfig

PARSERS = Path(next(iter(isolation_checks.reading.__path__)))
GOLDEN = Path(__file__).parents[2] / "golden" / "configs"


def _messages() -> frozenset[str]:
    """What stands in ``T("…")`` in the parsers: that is what goes into the catalogue."""
    found = set()
    for file in PARSERS.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "T":
                found |= {word.value for word in node.args if isinstance(word, ast.Constant) and isinstance(word.value, str)}
    return frozenset(found)


def _reasons(configs: tuple[DeviceConfig, ...]) -> set[str]:
    return {reason for config in configs for file in config.coverage for reason in file.reasons}


def test_every_reason_is_a_message_of_the_catalogue() -> None:
    reasons: set[str] = set()
    for folder in sorted(GOLDEN.iterdir()):
        reasons |= _reasons(tuple(read_folder(folder, 1).devices))
    assert len(reasons) > 20
    assert not reasons - _messages()
