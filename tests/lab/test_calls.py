"""Bad calls and missing tools: one message, exit code 2, and nothing made."""

from pathlib import Path

import pytest

from lab import kernel
from lab.state import LabFolder
from tasks.cli import main

CITY = str(Path(__file__).parents[2] / "topology" / "starter")


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.kernel.os.geteuid", lambda: 0)


@pytest.mark.parametrize("arguments", [["up"], ["status"], ["down"], ["exec", "x", "--", "true"], ["pull"], ["fail"]])
def test_without_root(arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("lab.kernel.os.geteuid", lambda: 1000)
    assert main(["--city", CITY, "lab", *arguments]) == 2
    assert "needs root" in capsys.readouterr().err


@pytest.mark.usefixtures("as_root")
def test_without_frr(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    monkeypatch.setattr(kernel, "FRR", tmp_path)
    monkeypatch.setattr("lab.kernel.shutil.which", lambda tool: tool)
    assert main(["--city", CITY, "lab", "up"]) == 2
    assert "FRR is not installed" in capsys.readouterr().err


@pytest.mark.usefixtures("as_root")
def test_without_nftables(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("lab.kernel.shutil.which", lambda tool: None if tool == "nft" else tool)
    assert main(["--city", CITY, "lab", "up"]) == 2
    assert "nft is not installed" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", "a" * 25, "A", "a/b", "..", "a.b", "-a", "a b"])
@pytest.mark.parametrize("verb", [["up"], ["down"], ["status"]])
def test_a_name_that_no_namespace_can_have(name: str, verb: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--city", CITY, "lab", *verb, "--name", name]) == 2
    assert "no name for a lab" in capsys.readouterr().err


@pytest.mark.usefixtures("as_root")
def test_a_lab_that_is_not_there(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    monkeypatch.setattr("lab.kernel.shutil.which", lambda tool: tool)
    monkeypatch.setattr(kernel, "FRR", tmp_path)
    (tmp_path / "zebra").touch()
    assert main(["lab", "status", "--name", "nowhere"]) == 2
    assert "no lab nowhere" in capsys.readouterr().err


def test_a_county_that_is_none(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("lab.kernel.check_tools", lambda: None)
    assert main(["--city", CITY, "lab", "up", "--only", "county=atlantis"]) == 2
    assert "atlantis" in capsys.readouterr().err


def test_half_a_plan_says_how_to_get_rid_of_it(tmp_path: Path) -> None:
    folder = LabFolder("half", tmp_path)
    folder.path.mkdir()
    (folder.path / "plan.json").write_text('{"name": "ha', encoding="utf-8")
    assert folder.phase == "starting"
    with pytest.raises(Exception, match="govnet lab down"):
        folder.plan()


def test_help_needs_neither_root_nor_tools(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ([], ["up"], ["status"], ["exec"], ["pull"], ["fail"], ["down"]):
        assert main(["lab", *verb, "--help"]) == 0
    assert "exec" in capsys.readouterr().out
