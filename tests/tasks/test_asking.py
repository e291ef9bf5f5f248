"""govnet trace, reach, impact and compare: what the model says of the starter city, as an engineer sees it.

After a change that is meant, write the golden files anew with ``GOLDEN_UPDATE=1`` and read the difference.
"""

import json
import os
import shutil
from collections.abc import Callable
from functools import cache
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import pytest

from isolation_checks.reading.folder import read_folder
from tasks import cli
from tasks.render import render_city
from tests.tasks.test_compare import git

CITY = Path(__file__).parents[2] / "topology" / "starter"
GOLDEN = Path(__file__).with_name("golden")
FINANCE, SITES, LABOUR = "outer:dongshan/finance", "outer:municipal/dmz-web", "outer:municipal/labour"
COUNTY = "sm-o-dongshan-r1"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def configs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("starter")
    render_city(CITY, out)
    return out / "configs"


@pytest.fixture
def run(configs: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Configs that do not change are read once."""
    known = cache(read_folder)
    monkeypatch.setattr("isolation_checks.reading.folder.read_folder", lambda folder, *_: known(folder))

    def call(*args: object, lang: str = "en", folder: Path | None = configs) -> tuple[int, str, str]:
        named = [] if folder is None else ["--configs", str(folder)]
        code = cli.main(["--lang", lang, "--city", str(CITY), "--as-of", "2026-12-01", *map(str, args), *named])
        captured = capfd.readouterr()
        return code, captured.out.replace(str(configs), "DIR"), captured.err

    return call


def golden(name: str, text: str) -> None:
    file = GOLDEN / name
    lines = "".join(line.rstrip() + "\n" for line in text.splitlines())
    if os.environ.get("GOLDEN_UPDATE"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(lines, encoding="utf-8", newline="\n")
    assert lines == file.read_text(encoding="utf-8")


@pytest.fixture
def copy(configs: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(configs, tmp_path / "copy"))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


# ------------------------------------------------------------------------------------------------------------ trace


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_packet_that_passes(run: Run, lang: str) -> None:
    code, out, err = run("trace", FINANCE, SITES, "--port", 443, lang=lang)
    assert (code, err) == (0, "")
    golden(f"trace.{lang}.txt", out)


def test_a_packet_that_no_rule_permits(run: Run) -> None:
    code, out, _ = run("trace", FINANCE, LABOUR, "--port", "tcp/22")
    assert code == 1
    last = out.splitlines()[-1]
    assert last.startswith(f"It does not pass. At {COUNTY}")
    assert "DIR/sm-o-dongshan" in out


def test_a_failure_leads_it_another_way(run: Run) -> None:
    before, after = (json.loads(run("trace", FINANCE, SITES, "--port", 443, "--json", *more)[1]) for more in ((), ("--fail", COUNTY)))
    assert after["failed"] == {"devices": [COUNTY], "cables": [], "circuits": []}
    devices = [{step["at"] for branch in found["forward"] for step in branch["steps"]} for found in (before, after)]
    assert COUNTY in devices[0]
    assert COUNTY not in devices[1]
    assert after["passes"]


def test_a_failure_that_cuts_it_off(run: Run) -> None:
    code, out, _ = run("trace", FINANCE, SITES, "--port", 443, "--fail", COUNTY, "--fail", "sm-o-dongshan-r2")
    assert code == 1
    assert f"It does not pass. At {FINANCE}: " in out


def test_what_nobody_knows_is_no_pass(run: Run, copy: Path) -> None:
    rule = "permit tcp source 10.97.1.0 0.0.0.255 destination 10.98.11.20 0 destination-port eq 443"
    for name in ("sm-o-agg1.cfg", "sm-o-agg2.cfg"):
        edit(copy / name, rule, f"{rule} time-range office")
    code, out, _ = run("trace", "outer:municipal/party-office", SITES, "--port", 443, folder=copy)
    assert code == 3
    assert "In doubt: " in out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("outer:dongshan/financ", SITES), "the city has no 'outer:dongshan/financ' · did you mean 'outer:dongshan/finance'?"),
        ((FINANCE, SITES, "--fail", "sm-o-core9"), "the city has no 'sm-o-core9' · did you mean 'sm-o-core"),
        ((FINANCE, SITES, "--port", "ftp"), "'ftp' is no port · allowed: 443, tcp/443, udp/53, icmp"),
        ((FINANCE, SITES, "--port", "tcp/70000"), "'tcp/70000' is no port"),
    ],
)
def test_words_that_mean_nothing_here(run: Run, args: tuple[str, ...], said: str) -> None:
    code, out, err = run("trace", *args)
    assert (code, out) == (2, "")
    assert said in err


# ------------------------------------------------------------------------------------------------------------ reach


def test_what_a_party_reaches(run: Run) -> None:
    code, out, err = run("reach", FINANCE)
    assert (code, err) == (0, "")
    golden("reach.txt", out)


def test_who_reaches_a_party(run: Run) -> None:
    code, out, _ = run("reach", "--to", SITES, "--json")
    assert code == 0
    found = json.loads(out)
    assert {item["target"] for item in found} == {SITES}
    assert {FINANCE, "internet/isp-telecom", "internet/isp-unicom"} <= {item["source"] for item in found}


def test_what_reach_lists_is_what_trace_lets_pass(run: Run) -> None:
    found = json.loads(run("reach", FINANCE, SITES, "--json")[1])[0]
    boxes = [box for box in found["boxes"] if box["fragments"][0] == 0]
    assert boxes
    for box in boxes:
        source, target = (str(IPv4Address(_host(IPv4Network(box[end])))) for end in ("source", "target"))
        assert run("trace", source, target, "--port", box["target_ports"][0])[0] == 0
    listed = {port for box in boxes for port in range(box["target_ports"][0], box["target_ports"][1] + 1)}
    other = next(port for port in (22, 8443) if port not in listed)
    assert run("trace", FINANCE, SITES, "--port", other)[0] == 1


def _host(network: IPv4Network) -> int:
    return int(network.network_address) + (10 if network.prefixlen < 31 else 0)


def test_nothing_is_reached(run: Run) -> None:
    code, out, _ = run("reach", FINANCE, LABOUR)
    assert (code, out) == (1, "Nothing arrives.\n")


def test_devices_send_nothing_that_reach_lists(run: Run) -> None:
    code, _, err = run("reach", COUNTY)
    assert code == 2
    assert f"'{COUNTY}' is a device; who reaches something is asked of parties" in err


# ------------------------------------------------------------------------------------------------------------ impact


def test_what_breaks_and_what_moves(run: Run) -> None:
    code, out, err = run("impact", "outer:dongshan/hekou/a", "outer:dongshan/hekou/b")
    assert (code, err) == (1, "")
    golden("impact.txt", out)


def test_what_only_moves(run: Run) -> None:
    code, out, _ = run("impact", "outer:dongshan/a", "--json")
    found: dict[str, Any] = json.loads(out)
    assert (code, found["broken"], found["failed"]["circuits"]) == (0, [], ["outer:dongshan/a"])
    assert found["routes"]


def test_a_failure_that_the_city_does_not_have(run: Run) -> None:
    code, _, err = run("impact", "outer:dongshan/aa")
    assert code == 2
    assert "the city has no 'outer:dongshan/aa' · did you mean 'outer:dongshan/a'?" in err


# ------------------------------------------------------------------------------------------------------------ compare


def test_no_difference_is_proved(run: Run, configs: Path, copy: Path) -> None:
    code, out, _ = run("compare", configs, copy, folder=None)
    assert code == 0
    assert out.startswith("Every packet of every sender arrives where it did before, and nowhere else.\n")


def test_a_rule_less_is_a_pair_and_its_packets(run: Run, configs: Path, copy: Path) -> None:
    for name in ("sm-o-agg1.cfg", "sm-o-agg2.cfg"):
        file = copy / name
        text = file.read_text(encoding="utf-8")
        gone = [line for line in text.splitlines() if "source 10.97.1.0" in line and "10.98.11.20 0 destination-port eq 80" in line]
        assert len(gone) == 1
        file.write_text(text.replace(gone[0] + "\n", ""), encoding="utf-8")
    code, out, _ = run("compare", configs, copy, "--json", folder=None)
    assert code == 1
    found = json.loads(out)["differences"]
    assert [(item["source"], item["target"]) for item in found] == [("outer:municipal/party-office", SITES)]
    lost = found[0]["lost"]["boxes"]
    assert [(box["source"], box["target"], box["target_ports"]) for box in lost] == [("10.97.1.0/24", "10.98.11.20/32", [80, 80])]
    assert found[0]["gained"]["packets"] == 0
    assert "outer:municipal/party-office" in run("compare", configs, copy, folder=None)[1]


def test_a_revision_is_rendered(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    city = tmp_path / "city"
    shutil.copytree(CITY, city)
    for args in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "A city"]):
        git(tmp_path, *args)
    flows = city / "outer" / "flows.yaml"
    flows.write_text(flows.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    assert cli.main(["--lang", "en", "--city", str(city), "render", "--out", str(tmp_path / "out")]) == 0
    capfd.readouterr()
    assert cli.main(["--lang", "en", "--city", str(city), "compare", "HEAD", str(tmp_path / "out" / "configs")]) == 0
    assert capfd.readouterr().out.startswith("Every packet of every sender arrives where it did before")


def test_a_revision_that_is_not_there(run: Run) -> None:
    code, _, err = run("compare", "no-such-branch", folder=None)
    assert code == 2
    assert "no-such-branch" in err
