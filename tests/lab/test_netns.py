"""A lab in network namespaces, for real: up, used, broken on purpose, and gone without a trace. About forty seconds on two processors."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from lab import control, faults, kernel, netns
from lab.errors import LabError, PrerequisiteError
from lab.namespaces import existing, inside
from lab.plan import PREFIX, LabPlan
from lab.planning import plan
from lab.sessions import expected
from lab.state import LabFolder
from tasks.cli import main
from tests.city import write_city
from topology.network import Network, load

MISSING = (
    "it needs root"
    if os.geteuid()
    else next((f"{tool} is missing" for tool in ("ip", "nft", "vtysh", "/usr/lib/frr/zebra") if shutil.which(tool) is None), "")
)
pytestmark = [pytest.mark.netns, pytest.mark.xdist_group("lab"), pytest.mark.skipif(bool(MISSING), reason=MISSING)]

NAME = f"test-{os.getpid()}"
_T = TypeVar("_T")


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_city(tmp_path_factory.mktemp("city") / "small", counties=1, townships=1, agencies=1, verticals=1)


@pytest.fixture(scope="module")
def network(city: Path) -> Network:
    return load(city)


@pytest.fixture(scope="module")
def lab(network: Network) -> Iterator[LabPlan]:
    made = plan(network, NAME, network.design.names, kernel.detect())
    try:
        yield control.up(made, limit_s=90).plan
    finally:
        control.down(NAME)


def small(network: Network, name: str) -> LabPlan:
    """Three nodes or so: what is about starting and stopping needs no city."""
    county = next(device.name for device in network.facts.devices if device.role.value == "township-router")
    return plan(network, name, [county], kernel.detect())


def peers_of_the_host(lab: LabPlan) -> list[str]:
    """The interfaces of the host whose other end is in this lab: other labs of the machine are not its business."""
    listed = json.loads(subprocess.run(["ip", "-j", "netns", "list"], capture_output=True, text=True, check=True).stdout or "[]")
    own = {entry["id"] for entry in listed if "id" in entry and entry["name"].startswith(f"{PREFIX}.{lab.name}.")}
    links = json.loads(subprocess.run(["ip", "-j", "link"], capture_output=True, text=True, check=True).stdout)
    return [link["ifname"] for link in links if link.get("link_netnsid") in own]


def traces(name: str) -> list[str]:
    """What is left of a lab on this machine."""
    left = existing(f"{PREFIX}.{name}.")
    left += [str(path) for path in (LabFolder(name).path, LabFolder(name).root / f"{name}.lock") if path.exists()]
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdecimal() and f"/govnet/{name}/" in (entry / "cmdline").read_bytes().decode(errors="replace"):
                left.append((entry / "cmdline").read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return left


def govnet(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("govnet")), *arguments], capture_output=True, text=True, check=False, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


# ------------------------------------------------------------------------------------------------------- a running lab


def test_everything_runs_and_has_found_its_neighbours(lab: LabPlan) -> None:
    status = control.status(NAME)
    assert status.good, (status.missing, [node.dead for node in status.nodes])
    assert status.sessions > 10


def test_up_again_changes_nothing(lab: LabPlan) -> None:
    before = {node.node.name: node.processes for node in control.status(NAME).nodes}
    assert control.up(lab).times is None
    assert {node.node.name: node.processes for node in control.status(NAME).nodes} == before


def test_another_plan_under_the_same_name_is_refused(lab: LabPlan) -> None:
    with pytest.raises(PrerequisiteError, match="other devices"):
        control.up(dataclasses.replace(lab, links=lab.links[1:]))
    assert control.status(NAME).good


def test_a_declared_flow_passes_and_an_undeclared_one_does_not(network: Network, lab: LabPlan) -> None:
    hosts = {host.party: host for host in lab.hosts}
    flow = next(
        f for f in network.facts.flows
        if f.protocol == "tcp" and f.ports and f.destinations and not f.source_addresses and f.sources[0] in hosts and f.to in hosts
        and f.sources[0] != f.to
    )  # fmt: skip
    client, server = hosts[flow.sources[0]], hosts[flow.to]
    address, port = str(flow.destinations[0]), flow.ports[0].first
    assert _connects(client.namespace, server.namespace, address, port)
    assert not _connects(client.namespace, server.namespace, address, 6)


def _connects(client: str, server: str, address: str, port: int) -> bool:
    with inside(server):
        listening = socket.create_server((address, port))
    with listening, inside(client):
        try:
            socket.create_connection((address, port), timeout=2).close()
        except OSError:
            return False
    return True


def test_no_namespace_has_a_way_out(lab: LabPlan) -> None:
    for node in lab.nodes:
        links = json.loads(subprocess.run(["ip", "-n", node.namespace, "-j", "link"], capture_output=True, text=True, check=True).stdout)
        strange = {link["ifname"] for link in links} - {"lo", *node.interfaces}
        assert all("link" in link or link["ifname"].startswith(("vlan", "x")) for link in links if link["ifname"] in strange), strange
    assert not peers_of_the_host(lab)


def test_an_interface_too_many_is_noticed_before_anything_runs(lab: LabPlan) -> None:
    fewer = dataclasses.replace(lab, nodes=tuple(dataclasses.replace(n, interfaces=n.interfaces[1:]) for n in lab.nodes))
    with pytest.raises(LabError, match="could lead out"):
        netns.check_sealed(fewer, frozenset())


def test_status_as_json(lab: LabPlan, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lab", "status", "--name", NAME, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["good"] is True
    assert {node["name"] for node in data["nodes"]} == {node.name for node in lab.nodes}


def test_exec_runs_in_the_node_and_returns_the_commands_code(lab: LabPlan) -> None:
    router = next(node.name for node in lab.nodes if "ospfd" in node.daemons)
    code, said = govnet("lab", "exec", "--name", NAME, router, "--", "vtysh", "-c", "show running-config")
    assert code == 0
    assert f"hostname {router.partition('@')[0]}" in said
    assert govnet("lab", "exec", "--name", NAME, router, "--", "sh", "-c", "exit 7")[0] == 7
    code, said = govnet("lab", "exec", "--name", NAME, f"{router}x", "--", "true")
    assert code == 2
    assert router in said


def test_a_cut_wire_takes_its_sessions_and_comes_back(lab: LabPlan) -> None:
    folder = LabFolder(NAME)
    link = next(link for link in lab.links if link.a.wires and {link.a.interface} & set(_speakers(lab, link.a.node)))
    faults.cut(lab, folder, link.a.wires)
    try:
        lost = {(item.node, item.far) for item in _until(lambda: control.status(NAME).missing)}
        assert {(link.a.node, link.a.interface), (link.b.node, link.b.interface)} <= lost
    finally:
        faults.mend(lab, folder)
    _until(lambda: control.status(NAME).good)


def _speakers(lab: LabPlan, node: str) -> tuple[str, ...]:
    return tuple(expected(lab).ospf.get(node, ()))


def _until(ask: Callable[[], _T], limit_s: float = 30.0) -> _T:
    """Asks until the answer is true, or time is up."""
    deadline = time.monotonic() + limit_s
    while not (answer := ask()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return answer


def test_a_daemon_that_dies_is_seen_and_revived(lab: LabPlan) -> None:
    folder = LabFolder(NAME)
    node = next(node for node in lab.nodes if "ospfd" in node.daemons)
    faults.kill(lab, folder, node.name, "ospfd")
    assert _until(lambda: next(state.dead for state in control.status(NAME).nodes if state.node == node)) == ("ospfd",)
    assert main(["lab", "status", "--name", NAME]) == 1
    faults.revive(lab, folder, node.name, "ospfd")
    assert _until(lambda: control.status(NAME).good)


def test_pulled_configs_give_the_verdicts_of_the_rendered_ones(city: Path, lab: LabPlan, tmp_path: Path) -> None:
    assert main(["--city", str(city), "lab", "pull", "--name", NAME, "--out", str(tmp_path / "pulled")]) == 0
    assert main(["--city", str(city), "render", "--stand-in", "--out", str(tmp_path / "build")]) == 0
    rendered = tmp_path / "build" / "configs"
    for folder in (tmp_path / "build" / "stand-in").iterdir():
        (rendered / f"{folder.name}.cfg").unlink(missing_ok=True)
        shutil.rmtree(rendered / folder.name, ignore_errors=True)
        shutil.copytree(folder, rendered / folder.name)
    verdicts = []
    for configs in (rendered, tmp_path / "pulled" / "configs"):
        report = tmp_path / "report.json"
        main(["--city", str(city), "--as-of", "2026-12-01", "prove", "--configs", str(configs), "--report", str(report)])
        verdicts.append({rule["rule"]["id"]: rule["verdict"] for rule in json.loads(report.read_text(encoding="utf-8"))["results"]})
    assert verdicts[0] == verdicts[1]


# ------------------------------------------------------------------------------------------------------------ begin, end


def test_two_labs_side_by_side_and_one_goes(network: Network, lab: LabPlan) -> None:
    other = f"{NAME}-b"
    made = small(network, other)
    control.up(made)
    assert traces(other)
    assert control.down(other)
    assert traces(other) == []
    assert control.status(NAME).good


def test_what_a_killed_start_leaves_is_cleared(network: Network) -> None:
    name = f"{NAME}-k"
    made = small(network, name)
    folder = LabFolder(name)
    with folder.locked():
        folder.begin(made, netns.BACKEND)
        netns.start(made, folder, lambda what, done, total: None)
    assert folder.phase == "starting"
    assert control.up(made).times is not None  # a new start clears it itself
    control.down(name)
    assert traces(name) == []
    assert control.down(name) is None


def test_ctrl_c_leaves_nothing(network: Network) -> None:
    name = f"{NAME}-c"

    def interrupt(what: object, done: int, total: int) -> None:
        if existing(f"{PREFIX}.{name}."):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        control.up(small(network, name), interrupt)
    assert traces(name) == []


def _with_file(made: LabPlan, name: str, text: str) -> LabPlan:
    """The plan with a line more at the end of a file of its first router."""
    node = next(node for node in made.nodes if node.daemons)
    files = tuple(dataclasses.replace(f, text=f.text.replace("!\nend\n", "") + text) if f.name == name else f for f in node.files)
    return dataclasses.replace(made, nodes=tuple(dataclasses.replace(node, files=files) if n is node else n for n in made.nodes))


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("frr.conf", "ip prefix-list X seq 5 allow 10.0.0.0/8\n", "X seq 5 allow"),
        ("frr.conf", "mpls ldp\n", "mpls ldp"),
        ("nftables.conf", "table ip nonsense {\n  chain x { accept accept }\n", "nftables.conf"),
        ("sysctl.conf", "net.ipv4.no_such_thing = 1\n", "no_such_thing"),
        ("links.ip", "link set dev nothing up\n", "nothing"),
    ],
)
def test_what_is_refused_is_named_and_nothing_stays(network: Network, file: str, text: str, said: str) -> None:
    name = f"{NAME}-r"
    with pytest.raises(LabError, match=said):
        control.up(_with_file(small(network, name), file, text))
    assert traces(name) == []


def test_a_full_disk_leaves_nothing(network: Network, tmp_path: Path) -> None:
    name = f"{NAME}-d"
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], check=True)
    try:
        with pytest.raises((LabError, OSError)):
            control.up(small(network, name), folder=LabFolder(name, disk))
        assert traces(name) == []
        assert not list(disk.iterdir())
    finally:
        subprocess.run(["umount", str(disk)], check=True)
