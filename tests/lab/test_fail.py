"""Isolation while things fail, in a running lab: nothing forbidden arrives, and where something does it is caught. About 90 seconds."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import dpkt
import pytest

from lab import control, faults, kernel, netns
from lab.namespaces import inside, run
from lab.plan import Kind, LabPlan
from lab.planning import plan
from lab.state import LabFolder
from tasks.cli import main
from topology.network import load

MISSING = (
    "it needs root"
    if os.geteuid()
    else next((f"{tool} is missing" for tool in ("ip", "nft", "/usr/lib/frr/zebra") if shutil.which(tool) is None), "")
)
pytestmark = [pytest.mark.netns, pytest.mark.xdist_group("lab"), pytest.mark.skipif(bool(MISSING), reason=MISSING)]

NAME = f"fail-{os.getpid()}"


CITY = Path(__file__).parents[2] / "topology" / "starter"


@pytest.fixture(scope="module")
def lab() -> Iterator[LabPlan]:
    network = load(CITY)
    try:
        yield control.up(plan(network, NAME, network.design.names, kernel.detect()), limit_s=90).plan
    finally:
        control.down(NAME)


def _arguments(*more: str) -> list[str]:
    return ["--lang", "en", "--city", str(CITY), "--as-of", "2026-12-01", "lab", "fail", "--name", NAME, "--random", "--seed", "2", *more]


def test_nothing_forbidden_arrives_while_things_fail(lab: LabPlan, tmp_path: Path) -> None:
    out, capture = tmp_path / "run.json", tmp_path / "wrong.pcapng"
    reports = ("--report", str(out), "--report", str(tmp_path / "run.xml"), "--report", str(tmp_path / "run.html"))
    assert main(_arguments("--seconds", "8", "--capture", str(capture), *reports)) == 0
    data = json.loads(out.read_text(encoding="utf-8"))
    assert data["good"]
    assert data["complete"]
    assert data["arrivals"] == []
    assert len(data["failures"]) >= 2
    assert data["answered"] > 100
    assert data["sent"]["forbidden"] > 500
    assert any(flow["silences"] for flow in data["flows"]), "routers that restart are felt"
    assert not capture.exists()
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".xml", ".html"}
    assert faults.cuts(LabFolder(lab.name)) == frozenset()
    _whole()


@pytest.fixture
def open_filters(lab: LabPlan) -> Iterator[None]:
    """Routers that let everything through, and filter again afterwards."""
    where = netns.folders(lab, LabFolder(lab.name))
    routers = [node for node in lab.nodes if node.kind is Kind.ROUTER]
    try:
        for node in routers:
            with inside(node.namespace):
                run(["nft", "flush", "ruleset"])
        yield
    finally:
        for node in routers:
            with inside(node.namespace):
                run(["nft", "-f", str(where[node.name] / "nftables.conf")])


@pytest.mark.usefixtures("open_filters")
def test_what_gets_through_is_caught_and_kept(tmp_path: Path) -> None:
    out, capture = tmp_path / "run.json", tmp_path / "wrong.pcapng"
    assert main(_arguments("--seconds", "5", "--report", str(out), "--capture", str(capture))) == 1
    arrival = json.loads(out.read_text(encoding="utf-8"))["arrivals"][0]
    assert arrival["where"] in {step["where"] for step in arrival["way"]}
    with capture.open("rb") as file:
        assert sum(1 for _ in dpkt.pcapng.Reader(file)) > 1


def test_ctrl_c_makes_all_whole_again(lab: LabPlan) -> None:
    program = Path(sys.executable).with_name("govnet")
    folder = LabFolder(lab.name)
    before = _changed(folder)
    with subprocess.Popen([str(program), *_arguments("--seconds", "300")], stderr=subprocess.PIPE, text=True) as running:
        deadline = time.monotonic() + 60
        while _changed(folder) == before and time.monotonic() < deadline:
            time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130
    assert faults.cuts(folder) == frozenset()
    assert json.loads((folder.path / "off.json").read_text(encoding="utf-8")) == []
    _whole()


def _changed(folder: LabFolder) -> int:
    """When something failed or was mended last."""
    path = folder.path / "off.json"
    return path.stat().st_mtime_ns if path.exists() else 0


def _whole(limit_s: float = 45.0) -> None:
    deadline = time.monotonic() + limit_s
    while not control.status(NAME).good and time.monotonic() < deadline:
        time.sleep(0.5)
    found = control.status(NAME)
    assert found.good, (found.missing, [node.dead for node in found.nodes if node.dead])
