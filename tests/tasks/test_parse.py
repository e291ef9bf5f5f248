"""govnet parse, from the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from isolation_checks.reading.detect import MODULES
from tasks import cli
from tasks.commands.parse import PLATFORMS

CONFIGS = Path(__file__).parents[1] / "golden" / "configs"
Run = Callable[..., tuple[int, str, str]]

ROUTER = """\
hostname edge1
!
interface GigabitEthernet0/0
 ip address 192.0.2.1 255.255.255.0
 no shutdown
!
end
"""


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    def call(*args: object) -> tuple[int, str, str]:
        code = cli.main(["--lang", "en", "parse", *map(str, args)])
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return call


def test_platforms_are_those_that_have_a_parser() -> None:
    assert list(PLATFORMS) == list(MODULES)


def test_a_config_in_the_words_of_the_model(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "edge1.cfg"
    file.write_text(ROUTER, encoding="utf-8")
    code, out, err = run(file, "--platform", "cisco_ios")
    assert (code, err) == (0, "")
    device = json.loads(out)
    assert (device["name"], device["platform"]) == ("edge1", "cisco_ios")
    assert device["interfaces"][0]["addresses"][0]["address"] == "192.0.2.1/24"


def test_the_folder_of_a_linux_host_is_one_device(run: Run) -> None:
    code, out, _ = run(CONFIGS / "host_unit" / "outer-host-unit")
    assert code == 0
    assert json.loads(out)["platform"] == "host_unit"


def test_a_line_that_nobody_knows_is_named_and_no_pass(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "edge1.cfg"
    file.write_text(ROUTER.replace("!\nend", "frobnicate the-network\nend"), encoding="utf-8")
    code, out, err = run(file, "--platform", "cisco_ios", "--json")
    assert code == 3
    assert err == f"{file}:6: not understood: frobnicate the-network\n"
    assert json.loads(out)["unknown"]


def test_a_folder_of_configs_has_many(tmp_path: Path, run: Run) -> None:
    (tmp_path / "edge1.cfg").write_text(ROUTER, encoding="utf-8")
    (tmp_path / "noise.cfg").write_bytes(bytes(range(256)) * 9)
    code, out, err = run(tmp_path)
    assert code == 3
    assert [device["name"] for device in json.loads(out)["devices"]] == ["edge1"]
    assert "noise.cfg" in err


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\x00\x01\x02\x03" * 50, "今天天气很好。\n".encode()])
@pytest.mark.parametrize("options", [(), ("--platform", "huawei_vrp")])
def test_what_is_no_config_is_said_in_one_line(tmp_path: Path, run: Run, content: bytes, options: tuple[str, ...]) -> None:
    file = tmp_path / "a.cfg"
    file.write_bytes(content)
    code, out, err = run(file, *options)
    assert code in ((2, 3) if options and content.decode("utf-8", "replace").strip("\n\x00\x01\x02\x03") else (2,))
    assert out == "" or code == 3
    assert err.startswith(f"{file}:")


def test_an_empty_folder_and_one_that_is_not_there(tmp_path: Path, run: Run) -> None:
    code, out, err = run(tmp_path)
    assert (code, out) == (2, "")
    assert str(tmp_path) in err
    code, _, err = run(tmp_path / "nowhere")
    assert code == 2
    assert f"There is no file or folder {tmp_path / 'nowhere'}." in err
