"""Findings speak the reader's language: no sentence of a rule shows how a file spells a value."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import pytest

import isolation_checks.rules
from isolation_checks.rules import words
from isolation_checks.snapshot import FeatureKind
from topology.facts import Level, Medium, PartyKind, Realm, Role, System, Tier
from topology.i18n import Text

RULES = sorted(Path(next(iter(isolation_checks.rules.__path__))).glob("*.py"))


@pytest.mark.parametrize("file", RULES, ids=[file.stem for file in RULES])
def test_no_sentence_holds_the_spelling_of_a_value(file: Path) -> None:
    calls = (node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call))
    texts = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "T"]
    raw = [call.lineno for call in texts for word in call.keywords if isinstance(word.value, ast.Attribute) and word.value.attr == "value"]
    assert not raw


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (words.TIER, Tier), (words.LEVEL, Level), (words.ROLE, Role), (words.MEDIUM, Medium), (words.PARTY, PartyKind),
        (words.SYSTEM, System), (words.SIDE, Realm), (words.FEATURE, FeatureKind),
    ],
)  # fmt: skip
def test_every_value_has_a_word(table: Mapping[StrEnum, Text], values: type[StrEnum]) -> None:
    assert set(table) == set(values)
