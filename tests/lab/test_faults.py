"""A lab that cannot start, or is interrupted while it does: a clear message, and nothing is left. About thirty seconds."""

from __future__ import annotations

import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import control, frr, kernel
from lab.errors import LabError, PrerequisiteError
from lab.namespaces import existing
from lab.plan import PREFIX, LabPlan
from lab.planning import plan
from lab.state import LabFolder
from tasks.cli import main
from topology.network import Network, load

CITY = Path(__file__).parents[2] / "topology" / "starter"
NAME = f"faults-{os.getpid()}"
MISSING = (
    "it needs root"
    if os.geteuid()
    else next((f"{tool} is missing" for tool in ("ip", "nft", "/usr/lib/frr/zebra") if shutil.which(tool) is None), "")
)
pytestmark = pytest.mark.xdist_group("lab")
live = pytest.mark.skipif(bool(MISSING), reason=MISSING)


@pytest.fixture(scope="module")
def network() -> Network:
    return load(CITY)


@pytest.fixture(autouse=True)
def cleared() -> Iterator[None]:
    """What a test that fails leaves is not the next one's."""
    yield
    if not MISSING:
        control.down(NAME)


def small(network: Network) -> LabPlan:
    county = next(device.name for device in network.facts.devices if device.role.value == "township-router")
    return plan(network, NAME, [county], kernel.detect())


def left() -> list[str]:
    """What is left of the lab on this machine."""
    found = existing(f"{PREFIX}.{NAME}.")
    found += [str(path) for path in (LabFolder(NAME).path, LabFolder(NAME).root / f"{NAME}.lock") if path.exists()]
    for entry in Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().decode(errors="replace") if entry.name.isdecimal() else ""
        except OSError:
            continue
        found += [command] if f"/govnet/{NAME}/" in command else []
    return found


# ------------------------------------------------------------------------------------------------------- what is missing


@pytest.mark.parametrize(
    ("programs", "said"),
    [({}, "no docker on this machine"), ({"docker": "exit 0"}, "no containerlab on this machine"),
     ({"docker": "echo Cannot connect; exit 1", "containerlab": "exit 0"}, "start dockerd"),
     ({"docker": 'test "$1" != image', "containerlab": "exit 0"}, "build it")],
    ids=["docker", "containerlab", "engine", "image"],
)  # fmt: skip
def test_what_containerlab_lacks_is_named(
    programs: dict[str, str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, script in {**programs, "ip": "exit 0"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("lab.kernel.os.geteuid", lambda: 0)
    assert main(["--lang", "en", "--city", str(CITY), "lab", "up", "--backend", "containerlab", "--name", NAME]) == 2
    assert said in capsys.readouterr().err
    assert not LabFolder(NAME).path.exists()


@live
@pytest.mark.netns
def test_an_interface_name_that_no_kernel_takes(network: Network) -> None:
    made = small(network)
    node = made.nodes[0]
    long = dataclasses.replace(node, interfaces=("GigabitEthernet0",))
    with pytest.raises(PrerequisiteError, match=r"GigabitEthernet0 is too long .* 15"):
        control.up(dataclasses.replace(made, nodes=tuple(long if one is node else one for one in made.nodes)))
    assert left() == []


# ------------------------------------------------------------------------------------------------------------ what breaks


@live
@pytest.mark.netns
@pytest.mark.parametrize("script", ["exit 0", "exit 1", "exec sleep 0.2"], ids=["silently", "at once", "later"])
def test_a_daemon_that_dies_is_named(network: Network, script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for program in kernel.FRR.iterdir():
        (tmp_path / program.name).symlink_to(program)
    (tmp_path / "ospfd").unlink()
    (tmp_path / "ospfd").write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (tmp_path / "ospfd").chmod(0o755)
    monkeypatch.setattr(frr, "FRR", tmp_path)
    monkeypatch.setattr(frr, "_ANSWER_S", 1.0)
    with pytest.raises(LabError, match="ospfd"):
        control.up(small(network))
    assert left() == []


@live
@pytest.mark.netns
@pytest.mark.parametrize("moment", range(0, 7, 2))
def test_ctrl_c_at_any_moment_leaves_nothing(network: Network, moment: int) -> None:
    """Each step of a start tells how far it is; the signal comes as it does."""
    calls = 0

    def step(what: object, done: int, total: int) -> None:
        nonlocal calls
        calls += 1
        if calls > moment:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        control.up(small(network), step)
    assert left() == []


@live
@pytest.mark.netns
@pytest.mark.parametrize(("number", "after_s"), [(signal.SIGINT, 0.0), (signal.SIGTERM, 0.6), (signal.SIGHUP, 1.5), (signal.SIGINT, 3.0)])
def test_a_signal_ends_the_program_cleanly(number: signal.Signals, after_s: float) -> None:
    program = Path(sys.executable).with_name("govnet")
    arguments = ["--lang", "en", "--city", str(CITY), "lab", "up", "--name", NAME]
    with subprocess.Popen([str(program), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        deadline = time.monotonic() + 30
        while not LabFolder(NAME).path.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(after_s)
        running.send_signal(number)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert f"Nothing of the lab {NAME} is left running." in said
    assert "Traceback" not in said
    assert left() == []


@live
@pytest.mark.netns
def test_a_full_disk_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(tmp_path)], check=True)
    try:
        monkeypatch.setattr("lab.state.LabFolder.path", property(lambda folder: tmp_path / folder.name))
        code = main(["--lang", "en", "--city", str(CITY), "lab", "up", "--name", NAME])
        said = capsys.readouterr().err
        assert code in (1, 2)
        assert "disk is full" in said or "No space left" in said
        assert existing(f"{PREFIX}.{NAME}.") == []
        assert not list(tmp_path.iterdir())
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
        control.down(NAME)
