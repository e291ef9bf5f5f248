"""A county in the real containerlab: up, routed, tight, and gone without a trace. About a minute and a half on two processors."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab import containerlab, control, faults
from lab.containerlab_backend import BACKEND
from lab.containerlab_files import IMAGE, container_name, export, lab_name
from lab.convergence import Tables, settle
from lab.errors import LabError, PrerequisiteError
from lab.frr import process
from lab.kernel import detect
from lab.namespaces import existing
from lab.netns import folders
from lab.plan import Kind, LabPlan, Node, namespace_prefix
from lab.planning import plan
from lab.pull import pull
from lab.rtnetlink import Netlink
from lab.state import LabFolder
from tests.city import write_city
from topology.facts import Role
from topology.network import Network, load

pytestmark = [pytest.mark.containerlab, pytest.mark.xdist_group("lab")]
CONVERGED_S = 90.0
RTPROT_OSPF = 188


def _why_not() -> str | None:
    try:
        containerlab.check_tools(IMAGE)
    except (PrerequisiteError, LabError) as error:
        return str(error)
    return None


def _host() -> tuple[str, str, str]:
    """What a lab must leave as it was: interfaces, routes and names of the host."""
    said = [subprocess.run(["ip", "-brief", *what], capture_output=True, text=True, check=True).stdout for what in (["link"], ["route"])]
    return said[0], said[1], Path("/etc/hosts").read_text(encoding="utf-8")


def _quiet_host() -> tuple[str, str, str]:
    """The host once the kernel has taken away the wires of namespaces that are gone, which it does in its own time."""
    for _ in range(100):
        found = _host()
        if "clab-" not in found[0]:
            return found
        time.sleep(0.2)
    return _host()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    reason = _why_not()
    if reason:
        pytest.skip(reason)
    return load(write_city(tmp_path_factory.mktemp("city") / "small", counties=1, townships=2, agencies=2, verticals=0, inner=False))


@pytest.fixture
def county(network: Network, tmp_path: Path) -> Iterator[tuple[LabPlan, LabFolder]]:
    sites = {site.key for site in network.facts.sites if site.county is not None}
    chosen = [device.name for device in network.facts.devices if device.rendered and (device.site in sites or device.role is Role.CORE)]
    lab = plan(network, f"ci{os.getpid()}", chosen, detect())
    folder = LabFolder(lab.name, tmp_path)
    try:
        yield lab, folder
    finally:
        control.down(lab.name, folder)


def test_a_county_comes_up_converges_and_goes(county: tuple[LabPlan, LabFolder]) -> None:
    lab, folder = county
    before = _quiet_host()
    started = control.up(lab, limit_s=CONVERGED_S, folder=folder, backend=BACKEND)
    assert started.times is not None
    assert not started.settled.missing
    states = {container.name: container.state for container in containerlab.inspect(lab_name(lab.name))}
    assert states == dict.fromkeys([*(container_name(node.namespace) for node in lab.nodes), container_name(lab.switch)], "running")
    assert control.up(lab, folder=folder, backend=BACKEND).times is None, "a second up starts nothing"
    with pytest.raises(PrerequisiteError, match="is up on containerlab"):
        control.up(lab, folder=folder)
    assert control.status(lab.name, folder).good
    _every_router_knows_its_county(lab)
    _daemons_are_found(lab, folder)
    _no_way_out(lab)
    _a_host_has_its_gateway(lab)
    _commands_run_inside(lab, folder)
    _a_daemon_that_dies_is_revived(lab, folder)
    _what_runs_is_pulled(lab, folder)
    with subprocess.Popen(["ip", "netns", "exec", lab.hosts[0].namespace, "sleep", "600"]) as guest:
        assert control.down(lab.name, folder)
        assert guest.wait(5) < 0, "what the host runs in the lab ends with it"
    assert control.down(lab.name, folder) is None, "a second down finds nothing"
    assert not containerlab.inspect(lab_name(lab.name))
    assert not existing(namespace_prefix(lab.name))
    assert not folder.path.exists()
    assert _quiet_host() == before


def _router(lab: LabPlan) -> Node:
    return next(node for node in lab.nodes if node.kind is Kind.ROUTER and "ospfd" in node.daemons and node.vrf is None)


def _commands_run_inside(lab: LabPlan, folder: LabFolder) -> None:
    command = control.command(lab.name, _router(lab).name, ("vtysh", "-c", "show ip ospf neighbor"), folder)
    assert "Full" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _a_daemon_that_dies_is_revived(lab: LabPlan, folder: LabFolder) -> None:
    node = _router(lab)
    faults.kill(lab, folder, node.name, "ospfd")
    assert [state.dead for state in control.status(lab.name, folder).nodes if state.node == node] == [("ospfd",)]
    faults.revive(lab, folder, node.name, "ospfd")
    assert not settle(lab, folders(lab, folder), CONVERGED_S).missing


def _what_runs_is_pulled(lab: LabPlan, folder: LabFolder) -> None:
    rendered: dict[str, dict[str, str]] = {}
    for node in lab.nodes:
        if node.kind is Kind.ROUTER:
            rendered.setdefault(node.device, {}).update({file.name: file.rendered or "" for file in node.files})
    found = pull(lab, folder, rendered)
    router = _router(lab).device
    assert "router ospf" in found[f"{router}/frr.conf"]
    assert "table" in found[f"{router}/nftables.conf"]


def test_what_a_killed_start_leaves_is_cleared(network: Network, tmp_path: Path) -> None:
    router = next(device.name for device in network.facts.devices if device.role is Role.TOWNSHIP_ROUTER)
    lab = plan(network, f"ci{os.getpid()}k", [router], detect())
    folder = LabFolder(lab.name, tmp_path)
    before = _quiet_host()
    started = os.fork()
    if not started:
        control.up(lab, folder=folder, backend=BACKEND)
        os._exit(0)
    deadline = time.monotonic() + 60
    while not containerlab.inspect(lab_name(lab.name)) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(started, signal.SIGKILL)
    os.waitpid(started, 0)
    assert folder.phase == "starting"
    assert control.down(lab.name, folder) is not None
    time.sleep(1)  # time for a deployment that was not ended to go on
    assert not containerlab.inspect(lab_name(lab.name))
    assert not existing(namespace_prefix(lab.name))
    assert not folder.path.exists()
    assert _quiet_host() == before


def _every_router_knows_its_county(lab: LabPlan) -> None:
    with Tables(lab) as tables:
        found = tables.read()
    routers = [node.name for node in lab.nodes if node.kind is Kind.ROUTER and node.vrf is None]
    assert len(routers) >= 4
    assert not [name for name in routers if sum(route.protocol == RTPROT_OSPF for route in found[name]) < 3]


def _daemons_are_found(lab: LabPlan, folder: LabFolder) -> None:
    where = folders(lab, folder)
    assert not [(node.name, daemon) for node in lab.nodes for daemon in node.daemons if process(where[node.name], daemon) is None]


def _no_way_out(lab: LabPlan) -> None:
    """Every namespace has the lab's interfaces and what they carry, and no cable into the engine's networks."""
    for node in lab.nodes:
        netlink = Netlink(node.namespace)
        try:
            links = {link.name for link in netlink.links()} - {"lo"}
        finally:
            netlink.close()
        assert set(node.interfaces) <= links
        assert node.kind is not Kind.HOST or links == set(node.interfaces)
    networks = subprocess.run(
        ["docker", "network", "inspect", lab_name(lab.name), "--format", "{{len .Containers}}"], capture_output=True, text=True, check=True
    )
    assert networks.stdout.strip() == "0"


def _a_host_has_its_gateway(lab: LabPlan) -> None:
    host = next(host for host in lab.hosts if host.peer is None)
    command = ["ip", "netns", "exec", host.namespace, "ip", "route", "get", str(host.gateway)]
    assert host.interface in subprocess.run(command, capture_output=True, text=True, check=True).stdout
    netlink = Netlink(host.namespace)
    try:
        assert any(route.length == 0 for route in netlink.routes())
    finally:
        netlink.close()


@pytest.mark.parametrize(
    ("file", "text"),
    [("nftables.conf", "table ip filter { chain x { nonsense } }\n"), ("frr.conf", "router ospf\n nonsense here\nexit\n")],
    ids=["filter", "routing"],
)
def test_a_node_that_fails_is_named_and_nothing_is_left(network: Network, tmp_path: Path, file: str, text: str) -> None:
    router = next(device.name for device in network.facts.devices if device.role is Role.TOWNSHIP_ROUTER)
    lab = plan(network, f"ci{os.getpid()}b", [router], detect())
    made = export(lab)
    folder = container_name(lab.node(router).namespace)
    broken = {**made.files, f"{folder}/{file}": text}
    before = _quiet_host()
    with pytest.raises(LabError, match=rf"the node {folder} stopped: .*nonsense"):
        containerlab.up(lab, containerlab.write(tmp_path, replace(made, files=broken)), CONVERGED_S)
    assert not containerlab.inspect(lab_name(lab.name))
    assert _quiet_host() == before
