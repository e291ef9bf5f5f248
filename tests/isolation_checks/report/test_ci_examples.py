"""The examples of docs/ci do what they say, as they are."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from isolation_checks.report import FORMATS
from tasks.cli import COMMANDS

CI = Path(__file__).parents[3] / "docs" / "ci"
FAKE = """#!/bin/sh
echo "$*" >> "$LOG"
case $* in *" prove "*) exit "$CODE" ;; esac
"""
ME = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false")


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    return [text for item in value for text in texts(item)] if isinstance(value, list) else [str(value)]


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml"])
def test_pipelines_run_commands_that_exist_and_write_every_format(name: str) -> None:
    said = "\n".join(texts(yaml.safe_load((CI / name).read_text(encoding="utf-8"))))
    assert set(re.findall(r"^govnet (\w+)", said, re.MULTILINE)) == {"render", "prove"} <= set(COMMANDS)
    assert {Path(file).suffix for file in re.findall(r"--report (\S+)", said)} == set(FORMATS)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / "inventory" / "dongshan").mkdir(parents=True)
    (folder / "inventory" / "dongshan" / "city.yaml").write_text("city: {}\n", encoding="utf-8")
    (folder / ".venv" / "bin").mkdir(parents=True)
    fake = folder / ".venv" / "bin" / "govnet"
    fake.write_text(FAKE, encoding="utf-8")
    fake.chmod(0o755)
    for command in (["init", "-q"], ["add", "inventory"], ["commit", "-q", "-m", "a city"]):
        subprocess.run(["git", *ME, *command], cwd=folder, check=True)
    return folder


def push(repository: Path, code: int, *refs: str) -> tuple[int, list[str]]:
    """The hook, told what git tells it; what govnet was called with."""
    log = repository / "log"
    done = subprocess.run(
        ["sh", str(CI / "pre-push"), "origin", "somewhere"],
        cwd=repository,
        input="".join(f"{ref}\n" for ref in refs),
        env=os.environ | {"LOG": str(log), "CODE": str(code)},
        text=True,
        capture_output=True,
        check=False,
    )
    return done.returncode, log.read_text(encoding="utf-8").splitlines() if log.exists() else []


@pytest.mark.parametrize("code", [0, 1, 3])
def test_hook_stops_what_is_not_proved(repository: Path, code: int) -> None:
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=repository, check=True, capture_output=True, text=True).stdout.strip()
    returned, called = push(repository, code, f"refs/heads/main {head} refs/heads/main {'0' * 40}")
    assert returned == code
    assert [re.sub(r"\S+/(?=inventory|build)", "", line) for line in called] == [
        "--city inventory/dongshan/ render --out build/dongshan",
        "--city inventory/dongshan/ prove --configs build/dongshan/configs",
    ]


def test_hook_lets_deleted_refs_go(repository: Path) -> None:
    assert push(repository, 1, f"(delete) {'0' * 40} refs/heads/old {'1' * 40}") == (0, [])
