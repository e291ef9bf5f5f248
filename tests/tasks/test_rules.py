"""govnet rules, from the command line."""

import json
from collections.abc import Callable

import pytest

from isolation_checks.rules.registry import rules
from tasks import cli

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def call(*args: str, lang: str = "en") -> tuple[int, str, str]:
        code = cli.main(["--lang", lang, "rules", *args])
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return call


def test_every_rule_is_listed(run: Run) -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[1:]] == [rule.id for rule in rules()]


def test_a_rule_is_explained(run: Run) -> None:
    code, out, _ = run("cov-read")
    assert code == 0
    assert out.startswith("COV-READ  ")
    assert "Severity: " in out
    assert "Source: " in out


def test_a_family_is_listed(run: Run) -> None:
    code, out, _ = run("HARD")
    assert code == 0
    assert {line.split("-")[0] for line in out.splitlines()[1:]} == {"HARD"}


def test_for_programs_in_both_languages(run: Run) -> None:
    code, out, _ = run("--json")
    assert code == 0
    found = json.loads(out)
    assert [rule["id"] for rule in found] == [rule.id for rule in rules()]
    assert all(rule["title"]["en"] and rule["title"]["zh"] and rule["source"] for rule in found)


def test_an_unknown_rule_gets_the_nearest(run: Run) -> None:
    code, out, err = run("COV-REDA")
    assert (code, out) == (2, "")
    assert "did you mean 'COV-READ'?" in err
