"""govnet check, from the command line."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tasks import cli

GUIYANG = Path(__file__).parents[2] / "inventory" / "guiyang"


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "GOVNET_CITY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANGUAGE", "en")


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """The reference city with two slips in two files."""
    city = tmp_path / "city"
    shutil.copytree(GUIYANG, city)
    county = city / "outer" / "counties" / "qingzhen.yaml"
    county.write_text(county.read_text(encoding="utf-8").replace("  profile: county-h3c\n", "  profil: county-h3c\n"), encoding="utf-8")
    approvals = city / "approvals.yaml"
    approvals.write_text(
        approvals.read_text(encoding="utf-8").replace("kind: retained-exit,", "kind: retained-exits,", 1), encoding="utf-8"
    )
    return city


def test_good_city_is_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--city", str(GUIYANG), "--as-of", "2026-12-01"]) == 0
    out, err = capsys.readouterr()
    header, *lines = out.splitlines()
    assert header.split() == ["What", "Kind", "Outer", "network", "Inner", "network", "Internet", "Total"]
    assert [line.split() for line in lines if "township" in line] == [["township", "85", "0", "0", "85"]]
    assert err == "approvals.yaml:7: approval 'exit-customs' (筑信通〔2025〕11号) ends on 2027-02-28, in 89 days\n"


def test_summary_for_programs(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert cli.main(["check", "--json", "--city", str(GUIYANG), "--as-of", "2027-03-01"]) == 0
    summary = json.loads(capfdbinary.readouterr().out)
    assert summary["ok"] is True
    assert summary["realms"] == ["outer", "inner"]
    assert summary["sites"]["county"] == {"outer": 10, "inner": 10}
    assert sum(sum(count.values()) for count in summary["devices"].values()) > 250
    assert {warning["approval"]: warning["days"] for warning in summary["warnings"]}["exit-customs"] == -1


def test_every_problem_in_order_for_people(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--city", str(broken)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        (
            "approvals.yaml:7:24: 'retained-exits' is not allowed for 'kind' · allowed: retained-exit, retained-vertical, exception, "
            "channel, shared-transport · did you mean 'retained-exit'?"
        ),
        "outer/counties/qingzhen.yaml:5:3: the key 'profile' is missing · add it here",
        (
            "outer/counties/qingzhen.yaml:9:3: unknown key 'profil' · allowed: profile, survives, terminals, devices, retired_agencies"
            " · did you mean 'profile'?"
        ),
        "3 problems in the inventory; nothing was written.",
    ]


def test_every_problem_for_programs(broken: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert cli.main(["check", "--json", "--city", str(broken)]) == 2
    out, err = capfdbinary.readouterr()
    found = json.loads(out)
    assert err == b""
    assert (found["ok"], found["count"]) == (False, 3)
    assert [(problem["file"], problem["line"], problem["column"]) for problem in found["problems"]] == [
        ("approvals.yaml", 7, 24),
        ("outer/counties/qingzhen.yaml", 5, 3),
        ("outer/counties/qingzhen.yaml", 9, 3),
    ]
    assert found["problems"][2]["hint"] == "did you mean 'profile'?"


def test_one_side_alone_is_good(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    city = tmp_path / "city"
    shutil.copytree(GUIYANG, city, ignore=shutil.ignore_patterns("inner"))
    assert cli.main(["check", "--json", "--city", str(city)]) == 0
    assert json.loads(capfdbinary.readouterr().out)["realms"] == ["outer"]


def test_help_does_not_wait_for_the_model() -> None:
    code = "import sys; from tasks.cli import main; main([sys.argv[1], '--help']); print(*sorted(sys.modules), sep='\\n')"
    for name in ("check", "show", "schema"):
        modules = subprocess.run([sys.executable, "-c", code, name], capture_output=True, text=True, check=True).stdout.split()
        assert not {"pydantic", "yaml", "rich", "xlsxwriter"} & set(modules)
