"""A lab as containerlab's files: what is in them, without containerlab."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from lab import containerlab, containerlab_backend
from lab.containerlab_files import Export, container_name, containers, export
from lab.errors import LabError, PrerequisiteError
from lab.plan import Kernel, Kind, LabPlan
from lab.planning import plan
from tests.city import write_city
from topology.network import Network, load

BARE = Kernel(vlan=False, vrf=False, dummy=False, bond=False)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return load(write_city(tmp_path_factory.mktemp("city") / "small", counties=1, townships=2, agencies=1, verticals=1))


@pytest.fixture(scope="module")
def small(network: Network) -> LabPlan:
    return plan(network, "t", network.design.names, BARE)


@pytest.fixture(scope="module")
def exported(small: LabPlan) -> Export:
    return export(small)


@pytest.fixture(scope="module")
def document(exported: Export) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(exported.files[exported.topology])
    return read


def test_every_node_is_a_container_without_a_network(small: LabPlan, document: dict[str, Any]) -> None:
    nodes = document["topology"]["nodes"]
    assert set(nodes) == {*containers(small).values(), "govnet.t.switch"}
    assert document["topology"]["defaults"] == {"kind": "linux", "network-mode": "none"}
    assert all("network-mode" not in node and "ports" not in node for node in nodes.values())
    assert document["mgmt"]["external-access"] is False


def test_links_and_bridges_are_those_of_the_plan(small: LabPlan, document: dict[str, Any], exported: Export) -> None:
    names = containers(small)
    ends = [end for link in document["topology"]["links"] for end in link["endpoints"]]
    assert len(ends) == len(set(ends)), "an interface has one cable"
    assert {f"{names[end.node]}:{end.interface}" for end in small.ends} <= set(ends)
    switched = [end for bridge in small.bridges for end in bridge.ends]
    assert len(ends) == 2 * (len(small.links) + len(switched))
    start = exported.files["govnet.t.switch/start"]
    assert start.count(" type bridge ") == len(small.bridges)
    assert start.count(" master ") == len(switched)


def test_what_is_bound_is_written(document: dict[str, Any], exported: Export) -> None:
    bound = {bind.partition(":")[0] for node in document["topology"]["nodes"].values() for bind in node["binds"]}
    assert bound == set(exported.files) - {exported.topology}
    assert all(bind.endswith(":ro") for node in document["topology"]["nodes"].values() for bind in node["binds"])


def test_a_router_filters_before_it_forwards_and_routes_last(small: LabPlan, exported: Export) -> None:
    router = next(node for node in small.nodes if node.kind is Kind.ROUTER and node.vrf is None)
    start = exported.files[f"{container_name(router.namespace)}/start"].splitlines()
    order = [
        next(i for i, line in enumerate(start) if word in line)
        for word in ("/sys/class/net", "nft -f", "sysctl", "links.ip", "/usr/lib/frr/zebra", "vtysh -b")
    ]
    assert order == sorted(order)
    assert f"for name in {' '.join(router.interfaces)}; do" in start
    daemons = exported.files[f"{container_name(router.namespace)}/daemons"].splitlines()
    assert {line.partition("=")[0] for line in daemons if line.endswith("=yes")} == {*router.daemons, "vtysh_enable"}


def test_a_host_knows_its_gateway_and_forwards_nothing(small: LabPlan, exported: Export) -> None:
    host = small.hosts[0]
    folder = container_name(host.namespace)
    assert f"via {host.gateway} dev {host.interface}" in exported.files[f"{folder}/start"]
    assert "net.ipv4.ip_forward = 0" in exported.files[f"{folder}/sysctl.conf"]


def test_no_secret_reference_is_left(exported: Export) -> None:
    assert not [path for path, text in exported.files.items() if "@@" in text]


def test_equal_plans_give_equal_files(network: Network, exported: Export) -> None:
    assert export(plan(network, "t", network.design.names, BARE)) == exported


def test_two_labs_share_no_name(network: Network, exported: Export) -> None:
    other = export(plan(network, "t2", network.design.names, BARE))
    first, second = (set(yaml.safe_load(each.files[each.topology])["topology"]["nodes"]) for each in (exported, other))
    assert not first & second
    assert exported.name != other.name


@pytest.mark.parametrize("namespace", ["govnet.t.r1@jinbao", "govnet.t.host.outer:c/o", "govnet.t." + "x" * 80, "govnet.t.红枫湖"])
def test_container_names_are_names(namespace: str) -> None:
    name = container_name(namespace)
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{1,62}", name)
    assert name != container_name(namespace + "x")


def test_names_that_would_be_one_stay_two() -> None:
    assert container_name("govnet.t.a@b") != container_name("govnet.t.a:b")


# ---------------------------------------------------------------------------------------------------- without the tools


def _program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH of programs; whoever runs the test is root."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    return folder


def test_without_docker_it_says_what_to_install(tools: Path) -> None:
    with pytest.raises(PrerequisiteError, match=r"no docker on this machine.*docker\.io"):
        containerlab.check_tools()


def test_without_containerlab_it_says_what_to_install(tools: Path) -> None:
    _program(tools, "docker", "exit 0")
    with pytest.raises(PrerequisiteError, match=r"no containerlab on this machine.*containerlab\.dev"):
        containerlab.check_tools()


def test_an_engine_that_is_down_is_named(tools: Path) -> None:
    _program(tools, "docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    _program(tools, "containerlab", "exit 0")
    with pytest.raises(PrerequisiteError, match="start dockerd · Cannot connect"):
        containerlab.check_tools()


def test_a_missing_image_says_how_it_is_built(tools: Path) -> None:
    _program(tools, "docker", 'test "$1" != image')
    _program(tools, "containerlab", "exit 0")
    containerlab.check_tools()
    with pytest.raises(PrerequisiteError, match=r"no image govnet/frr:local: build it, .*Containerfile"):
        containerlab.check_tools("govnet/frr:local")


def test_without_root_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(PrerequisiteError, match="needs root"):
        containerlab_backend.check_tools()


def test_what_containerlab_complains_of_is_shown(tools: Path, tmp_path: Path) -> None:
    _program(tools, "containerlab", "echo 'INFO Parsing'; echo 'ERRO could not create r1: no space left on device'; exit 1")
    with pytest.raises(LabError, match="could not start the lab: ERRO could not create r1: no space left"):
        containerlab.deploy(tmp_path / "x.clab.yml", "govnet.x")


def test_the_lines_of_a_killed_lab_leave_etc_hosts(tmp_path: Path) -> None:
    text = "127.0.0.1 localhost\n###### CLAB-govnet.a-START ######\n1.1.1.1 r1\n###### CLAB-govnet.a-END ######\n10.0.0.9 mine\n"
    assert containerlab.without_names(text, "govnet.a") == "127.0.0.1 localhost\n10.0.0.9 mine\n"
    assert containerlab.without_names(text, "govnet.b") == text
