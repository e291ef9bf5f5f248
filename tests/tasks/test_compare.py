"""``govnet render --diff REV``: what changes on the devices since a revision."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks import cli

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with a small city as its first commit."""
    root = tmp_path_factory.mktemp("repository")
    assert cli.main(["init", str(root / "inventory" / "small")]) == 0
    (root / "other").mkdir()
    for args in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "A city"], ["tag", "first"]):
        git(root, *args)
    return root


def git(root: Path, *args: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, "-C", str(root), *args], check=True, capture_output=True)


@pytest.fixture
def city(repository: Path, tmp_path: Path) -> Path:
    """The city in a clone that a test may change."""
    git(tmp_path, "clone", "-q", str(repository), "clone")
    return tmp_path / "clone" / "inventory" / "small"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(city: Path, *args: str) -> tuple[int, str, str]:
        code = cli.main(["--lang", "en", "--city", str(city), "render", *args])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def edit(path: Path, pattern: str, replacement: str) -> None:
    text = path.read_text(encoding="utf-8")
    changed = re.sub(pattern, replacement, text, count=1)
    assert changed != text
    path.write_text(changed, encoding="utf-8")


def county_file(city: Path) -> Path:
    return next((city / "outer" / "counties").glob("*.yaml"))


def test_no_change(city: Path, run: Run) -> None:
    code, out, err = run(city, "--diff", "HEAD")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"0 of \d+ devices change against HEAD \([0-9a-f]{12}\); both sides use the templates at hand\.\n", out)


def test_a_comment_changes_nothing(city: Path, run: Run) -> None:
    county_file(city).write_text("# a remark\n" + county_file(city).read_text(encoding="utf-8"), encoding="utf-8")
    assert run(city, "--diff", "first")[1].startswith("0 of ")


def test_a_changed_reference_shows_as_diff_and_by_kind(city: Path, run: Run) -> None:
    edit(county_file(city), r"ref: (\S+?),", "ref: XX-NEW-REF,")
    code, out, _ = run(city, "--diff", "HEAD")
    assert code == 0
    assert re.search(r"^--- (\S+)\.cfg\n\+\+\+ \1\.cfg\n@@ -\d+,\d+ \+\d+,\d+ @@$", out, re.MULTILINE)
    assert re.search(r"^\+.*XX-NEW-REF$", out, re.MULTILINE)
    assert re.search(r"^\S+ \(changed\): interfaces \+1 -1$", out, re.MULTILINE)


def test_new_and_removed_devices(city: Path, run: Run) -> None:
    head, _, last = county_file(city).read_text(encoding="utf-8").rpartition("    - number:")
    slug = re.search(r"slug: (\S+)", last)
    assert slug
    county_file(city).write_text(head, encoding="utf-8")
    code, text, _ = run(city, "--diff", "HEAD", "--json")
    answer = json.loads(text)
    assert code == 0
    removed = {device["device"] for device in answer["devices"] if device["state"] == "removed"}
    assert {name.rpartition("-")[0].rpartition("-")[2] for name in removed} == {slug[1]}
    assert all(
        device["diff"].startswith("--- ") and "+++ /dev/null" in device["diff"]
        for device in answer["devices"]
        if device["device"] in removed
    )
    git(city, "commit", "-q", "-a", "-m", "One less")
    git(city, "checkout", "-q", "first")
    assert removed == {
        device["device"] for device in json.loads(run(city, "--diff", "main", "--json")[1])["devices"] if device["state"] == "new"
    }
    assert re.search(
        rf"^1 of 1 devices change|{min(removed)} \(new\)", run(city, "--diff", "main", "--only", min(removed))[1], re.MULTILINE
    )


def test_only(city: Path, run: Run) -> None:
    edit(county_file(city), r"ref: (\S+?),", "ref: XX-NEW-REF,")
    assert run(city, "--diff", "HEAD", "--only", "realm=inner")[1].startswith("0 of ")
    code, _, err = run(city, "--diff", "HEAD", "--only", "nobody")
    assert code == 2
    assert "unknown device 'nobody'" in err


@pytest.mark.parametrize("revision", ["nonsense", "HEAD~7", "--help", "HEAD:inventory", ""])
def test_no_such_revision(city: Path, run: Run, revision: str) -> None:
    code, out, err = run(city, f"--diff={revision}")
    assert (code, out) == (2, "")
    assert "this repository has no such revision" in err


def test_no_repository(tmp_path: Path, run: Run) -> None:
    assert cli.main(["init", str(tmp_path / "lone")]) == 0
    run(tmp_path / "lone", "--help")
    code, _, err = run(tmp_path / "lone", "--diff", "HEAD")
    assert code == 2
    assert "is not in a git repository" in err


def test_a_city_that_was_not_there(city: Path, run: Run) -> None:
    city.rename(city.parent / "renamed")
    code, _, err = run(city.parent / "renamed", "--diff", "HEAD")
    assert code == 2
    assert "inventory/renamed did not exist at HEAD." in err


def test_an_inventory_that_was_broken(city: Path, run: Run) -> None:
    original = county_file(city).read_text(encoding="utf-8")
    edit(county_file(city), r"number:", "nummer:")
    git(city, "commit", "-q", "-a", "-m", "Broken")
    county_file(city).write_text(original, encoding="utf-8")
    code, _, err = run(city, "--diff", "HEAD")
    assert code == 2
    assert "the inventory at HEAD cannot be used by this govnet" in err
    assert f"outer/counties/{county_file(city).name}:" in err
