"""``govnet why``: from a line of a config to the template, the inventory, and the rule behind it."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks import cli
from tasks.commands.why import why
from tasks.render import render_city
from tasks.topics import TOPICS, topic_of

REFERENCE = Path(__file__).parents[2] / "inventory" / "guiyang"
ROUTER, FIREWALL, UNIT = "gy-o-qingzhen-r1", "gy-o-efw1", "gy-g-gk1-outer"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "build"
    render_city(REFERENCE, out, [f"device={ROUTER},{FIREWALL},{UNIT}"])
    return out


@pytest.fixture
def run(build: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(line: str, *args: str, out: Path = build) -> tuple[int, str, str]:
        code = cli.main(["--lang", "en", "--city", str(REFERENCE), "why", line, "--out", str(out), *args])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def number(build: Path, file: str, beginning: str) -> int:
    lines = (build / "configs" / file).read_text(encoding="utf-8").split("\n")
    return next(index for index, line in enumerate(lines, 1) if line.strip().startswith(beginning))


def test_a_line_of_a_filter_leads_to_the_service_and_its_section_of_the_plan(build: Path, run: Run) -> None:
    lines = (build / f"configs/{ROUTER}.cfg").read_text(encoding="utf-8").split("\n")
    line = next(index for index, text in enumerate(lines, 1) if text.endswith("dns.resolver-tcp")) - 1
    code, out, _ = run(f"{ROUTER}:{line}")
    assert code == 0
    assert f"config line  {build}/configs/{ROUTER}.cfg:{line}" in out
    assert lines[line - 1].strip() in out
    assert "template line  templates/" in out
    assert "inventory line  " in out
    assert "(services/dns/service.yaml), declared as dns.resolver-tcp" in out
    assert "plan §" in out


def test_the_inventory_line_is_the_one_in_the_file(build: Path) -> None:
    answer = why(REFERENCE, build, f"{ROUTER}:{number(build, f'{ROUTER}.cfg', 'interface ')}")
    file = Path(answer.inventory.file)
    assert file.read_text(encoding="utf-8").split("\n")[answer.inventory.line - 1] == answer.inventory.text
    assert not answer.stale


@pytest.mark.parametrize(
    ("beginning", "words"),
    [
        ("sysname", "no rule of its own"),
        ("ntp-service", "GB/T 22239-2019 (S): audit"),
        ("undo telnet", "no telnet, no HTTP"),
        ("security-policy", "the outer network and the Internet are logically isolated"),
        ("nat-policy", "one Internet egress"),
        ("hrp enable", "links and devices that matter are redundant"),
        ("#", "no rule of its own"),
    ],
)
def test_what_no_flow_explains_has_a_standard_or_a_section_behind_it(build: Path, run: Run, beginning: str, words: str) -> None:
    code, out, _ = run(f"{FIREWALL}:{number(build, f'{FIREWALL}.cfg', beginning)}")
    assert code == 0
    assert words in out


def test_files_of_a_device_with_several(build: Path, run: Run) -> None:
    line = number(build, f"{UNIT}/tasks.yaml", "- ")
    code, out, _ = run(f"{UNIT}:{line}", "--file", "tasks.yaml")
    assert code == 0
    assert f"{UNIT}/tasks.yaml:{line}" in out
    assert run(f"{UNIT}:1")[0] == 0


def test_json_and_chinese(build: Path, run: Run) -> None:
    answer = json.loads(run(f"{ROUTER}:2", "--json")[1])
    assert answer["config"] == {"file": f"{build}/configs/{ROUTER}.cfg", "line": 2, "text": f"sysname {ROUTER}"}
    assert answer.keys() == {"device", "config", "template", "inventory", "topic", "reasons", "stale"}
    assert run(f"{ROUTER}:2", "--lang", "zh")[0] == 0


@pytest.mark.parametrize(
    ("line", "args", "words"),
    [
        (ROUTER, (), f"'{ROUTER}' is not of the form DEVICE:LINE"),
        (f"{ROUTER}:x", (), "is not of the form DEVICE:LINE"),
        (f"{ROUTER}:0", (), f"{ROUTER}.cfg has the lines 1 to "),
        (f"{ROUTER}:99999999", (), ", not 99999999."),
        ("gy-o-qingzen-r1:1", (), f"did you mean '{ROUTER}'?"),
        (f"{UNIT}:1", ("--file", "nothing"), f"{UNIT} has no file 'nothing' · there are: {UNIT}/interfaces"),
        ("../x:1", (), "nothing is rendered for a device '../x'"),
    ],
)
def test_what_is_not_there(run: Run, line: str, args: tuple[str, ...], words: str) -> None:
    code, out, err = run(line, *args)
    assert (code, out) == (2, "")
    assert words in err


def test_nothing_rendered(run: Run, tmp_path: Path) -> None:
    code, _, err = run(f"{ROUTER}:1", out=tmp_path)
    assert code == 2
    assert f"there is nothing rendered in {tmp_path}" in err


def test_changed_since(build: Path, run: Run, tmp_path: Path) -> None:
    out = Path(shutil.copytree(build, tmp_path / "b"))
    os.utime(out / "manifest.json", (1, 1))
    assert "The inventory has changed since this was rendered" in run(f"{ROUTER}:2", out=out)[1]
    config = out / f"configs/{ROUTER}.cfg"
    config.write_text("#\n" + config.read_text())
    assert "was changed after it was rendered" in run(f"{ROUTER}:2", out=out)[2]
    (out / f"linemaps/{ROUTER}.json").write_text("{}")
    assert "was changed after it was rendered" in run(f"{ROUTER}:2", out=out)[2]


@pytest.mark.parametrize(
    ("file", "text", "topic"),
    [
        ("a.cfg", "interface GigabitEthernet1/0/1\n description x", "interfaces"),
        ("a.cfg", "interface GigabitEthernet1/0/1\n ip ospf cost 10", "routes"),
        ("a.cfg", "interface Vlanif10\n traffic-filter inbound acl name x", "filters"),
        ("a.cfg", "acl name x 3001\n rule 5 permit ip", "filters"),
        ("a.cfg", "ip access-list extended x\n 5 permit ip any any", "filters"),
        ("a.cfg", "security-policy ip\n rule 1 name x\n  action pass", "policy"),
        ("a.cfg", "ip route 10.0.0.0 255.0.0.0 Null0", "routes"),
        ("a.cfg", "aaa\n local-user x password irreversible-cipher y", "users"),
        ("a.cfg", "username x privilege 15", "users"),
        ("a.cfg", "vlan 10\n name x", "vlans"),
        ("x/frr.conf", "router bgp 1\n neighbor 10.0.0.1 remote-as 2", "routes"),
        ("x/nftables.conf", "table ip filter {\n  chain x {", "filters"),
        ("x/nftables.conf", "table ip nat {\n  chain x {", "nat"),
        ("x/sysctl.conf", "net.ipv4.ip_forward = 0", "hardening"),
        ("x/tasks.yaml", "channels:\n  - id: x", "gatekeeper"),
        ("a.cfg", "sysname x", "system"),
    ],
)
def test_topics(file: str, text: str, topic: str) -> None:
    lines = text.split("\n")
    assert topic_of(file, lines, len(lines) - 1).slug == topic


def test_topics_cite_nothing_unconfirmed() -> None:
    reasons = {reason.msgid for topic in TOPICS for reason in topic.reasons}
    assert all(reason.startswith("plan §") or "(S):" in reason for reason in reasons)
