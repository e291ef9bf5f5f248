"""Linux: routers with FRR and nftables, stand-ins, and the host units of gatekeepers.

After a change that is meant: GOLDEN_UPDATE=1 pytest tests/templates/test_linux.py, then read the difference.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from ipaddress import IPv4Network
from pathlib import Path

import jsonschema
import pytest
import yaml

from templates.engine import Rendered, Renderer, TemplateFailure
from templates.platforms import ROOT, Platforms
from tests.templates import samples
from topology.design import DeviceDesign, Kind, Ref

GOLDEN = Path(__file__).parent / "golden" / "linux"
RENDERER = Renderer(Platforms())
SYSTEM_PATH = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"


def many_rules() -> DeviceDesign:
    """A firewall whose rules name several networks that overlap, and a default route that OSPF announces."""
    design = samples.firewall()
    assert design.firewall is not None
    overlapping = (IPv4Network("10.0.0.0/8"), IPv4Network("10.1.0.0/16"), IPv4Network("10.1.2.3/32"))
    rules = tuple(replace(rule, sources=overlapping) for rule in design.firewall.rules)
    process = samples.process(1, None, "10.0.0.11", (), default_originate=True, default_metric=10)
    return replace(design, firewall=replace(design.firewall, rules=rules), ospf=(process,))


CASES: dict[str, Callable[[], Rendered]] = {
    "stand-in-router": lambda: RENDERER.render(samples.router("huawei_vrp"), "frr"),
    "stand-in-l3-switch": lambda: RENDERER.render(samples.l3_switch("h3c_comware"), "frr"),
    "stand-in-firewall": lambda: RENDERER.render(samples.firewall("huawei_usg"), "frr"),
    "frr-router": lambda: RENDERER.render(samples.router("frr")),
    "frr-firewall": lambda: RENDERER.render(samples.firewall("frr")),
    "host-unit": lambda: RENDERER.render(samples.host_unit()),
}


def text(rendered: Rendered, name: str) -> str:
    return next(file.text for file in rendered.files if file.name.endswith(f"/{name}"))


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str) -> None:
    folder = GOLDEN / case
    files = {Path(file.name).name: file.text for file in CASES[case]().files}
    if os.environ.get("GOLDEN_UPDATE"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
    assert files == {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}


def tool(name: str) -> str:
    path = shutil.which(name, path=SYSTEM_PATH)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def in_own_network(*command: str) -> list[str]:
    """The command in a network namespace of its own: nothing that a test loads touches this machine."""
    unshare = tool("unshare")
    wrapped = [unshare, "--net"] if os.geteuid() == 0 else [unshare, "--map-root-user", "--net"]
    if subprocess.run([*wrapped, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no network namespaces for this user")
    return [*wrapped, *command]


RENDERS: dict[str, Callable[[], Rendered]] = {**CASES, "stand-in-many-rules": lambda: RENDERER.render(many_rules(), "frr")}


@pytest.mark.parametrize("case", [case for case in RENDERS if case != "host-unit"])
def test_frr_reads_its_config(case: str, tmp_path: Path) -> None:
    vtysh = tool("vtysh")
    (tmp_path / "frr.conf").write_text(text(RENDERS[case](), "frr.conf"))
    done = subprocess.run([vtysh, "-C", "-f", str(tmp_path / "frr.conf")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("case", RENDERS)
def test_nftables_loads_its_rules(case: str, tmp_path: Path) -> None:
    """Loaded into the kernel, not only parsed: expressions that this kernel lacks would fail here."""
    command = in_own_network(tool("nft"), "-f", str(tmp_path / "nftables.conf"))
    (tmp_path / "nftables.conf").write_text(text(RENDERS[case](), "nftables.conf"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("case", RENDERS)
def test_sysctl_knows_every_key(case: str, tmp_path: Path) -> None:
    """Behind the rules, as on a device: conntrack's keys exist once a rule asks for it."""
    for name in ("nftables.conf", "sysctl.conf"):
        (tmp_path / name).write_text(text(RENDERS[case](), name))
    script = f"{tool('nft')} -f nftables.conf && {tool('sysctl')} -p sysctl.conf"
    done = subprocess.run(in_own_network("sh", "-c", script), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == text(RENDERS[case](), "sysctl.conf")


PORTS = """for n in 1 2 3 4 5 6 7 8; do ip link add eth$n type veth peer name enp${n}s0; done; ip link add mgmt0 type veth peer name eno1
"""
# What a kernel says that lacks VLANs, VRFs or bonds, and what follows from it: not the fault of a line's wording.
LACKING = ("Unknown device type", "Cannot find device", "does not exist", "Invalid VRF", "Device for nexthop is not up")


@pytest.mark.parametrize("case", RENDERS)
def test_ip_understands_every_line(case: str) -> None:
    lines = text(RENDERS[case](), "interfaces" if case == "host-unit" else "links.ip").splitlines()
    ip = tool("ip")
    # Line by line: a batch ends at the first VRF that the kernel lacks.
    script = PORTS.replace("ip ", f"{ip} ") + "".join(f"{ip} {line} 2>&1 | sed '/./s|^|{line}: |'\n" for line in lines)
    done = subprocess.run(in_own_network("sh", "-c", script), capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert [line for line in done.stdout.splitlines() if line and not any(word in line for word in LACKING)] == []


def test_daemons_follow_the_config() -> None:
    router, switch = text(CASES["stand-in-router"](), "daemons"), text(CASES["stand-in-l3-switch"](), "daemons")
    assert "bgpd=yes\nvrrpd=no\n" in router
    assert "bgpd=no\nvrrpd=yes\n" in switch


def test_stand_ins_carry_no_management_plane() -> None:
    assert [Path(file.name).name for file in CASES["stand-in-router"]().files] == [
        "frr.conf", "nftables.conf", "sysctl.conf", "daemons", "links.ip",
    ]  # fmt: skip


def test_ports_have_their_own_names_on_their_own_platform() -> None:
    own, stand_in = text(CASES["frr-router"](), "frr.conf"), text(RENDERER.render(samples.router("frr"), "frr"), "frr.conf")
    assert "interface enp3s0.101\n" in own
    assert "interface eth3.101\n" in stand_in


def test_no_connection_is_picked_up_in_the_middle() -> None:
    firewall = CASES["stand-in-firewall"]()
    assert "net.netfilter.nf_conntrack_tcp_loose = 0\n" in text(firewall, "sysctl.conf")
    rules = text(firewall, "nftables.conf")
    forward = rules[rules.index("chain forward {") :].splitlines()[1:5]
    assert [line.strip().split(" comment")[0] for line in forward] == [
        "type filter hook forward priority filter; policy drop;",
        "ct state established,related accept",
        "ct state invalid drop",
        "tcp flags & (fin | syn | rst | ack) != syn drop",
    ]


def test_a_router_without_zones_keeps_no_connections() -> None:
    """Conntrack would reassemble fragments and slow down what is a plain router."""
    assert "ct state" not in text(CASES["stand-in-router"](), "nftables.conf")


def test_an_interface_name_that_linux_would_refuse_is_refused() -> None:
    design = samples.router("frr")
    long = replace(design.interfaces[0], ref=Ref(Kind.LOOPBACK, number=10**14))
    with pytest.raises(TemplateFailure, match="interface name 'lo100000000000000' is longer than 15 characters"):
        RENDERER.render(replace(design, interfaces=(long,)))


def test_tasks_follow_the_published_schema() -> None:
    schema = json.loads((ROOT / "host_unit" / "tasks.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    tasks = yaml.safe_load(text(CASES["host-unit"](), "tasks.yaml"))
    jsonschema.Draft202012Validator(schema).validate(tasks)
    assert [(task["task_id"], task["mode"], task["name"]["zh"]) for task in tasks["tasks"]] == [
        (1, "send", "公文上报"),
        (2, "receive", "通知下发"),
    ]
    assert tasks["tasks"][0]["listens"] == [{"protocol": "tcp", "port": "22", "from": ["10.8.4.20/32"]}]


def test_a_unit_without_channels_has_an_empty_list() -> None:
    design = samples.host_unit()
    assert design.host_unit is not None
    empty = replace(design.host_unit, channels=(), listens=(), connects=())
    rendered = RENDERER.render(replace(design, host_unit=empty))
    assert yaml.safe_load(text(rendered, "tasks.yaml"))["tasks"] == []
    assert "gk-1/" not in text(rendered, "nftables.conf")


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.cells: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_sheets_escape_what_people_wrote_and_fetch_nothing(lang: str) -> None:
    design = samples.host_unit()
    assert design.host_unit is not None
    odd = replace(design.host_unit.channels[0], content=replace(design.host_unit.channels[0].content, zh="甲<乙>&|", en="a<b>&|"))
    rendered = RENDERER.render(replace(design, host_unit=replace(design.host_unit, channels=(odd,))))
    page = _Cells()
    page.feed(text(rendered, f"tasks.{lang}.html"))
    assert odd.content.text(lang) in page.cells
    assert page.links == []
    rows = [line for line in text(rendered, f"tasks.{lang}.md").splitlines() if line.startswith("| 1 |")]
    assert [row.replace(r"\|", "").count("|") for row in rows] == [16]
