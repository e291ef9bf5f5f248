"""Every file of the reference city, held against the tools that know its syntax."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from templates.engine import Renderer
from templates.platforms import Platforms
from topology.network import load

ROOT = Path(__file__).parents[2]
CITY = ROOT / "inventory" / "guiyang"
LINTERS = ROOT.parent / "shared" / "tools"

# Findings of the command grammars that templates/README.md explains, each with the product that has the command.
KNOWN = {
    "huawei_vrp": (
        r"rule \d+ description .+",
        r"snmp-agent sys-info (contact|location) .+",
        r"description .+",
        r"undo http (secure-)?server enable",
        r"undo ipv6",
        r"local-user \S+ privilege level \d+",
        r"mode lacp",
        r"traffic-filter (in|out)bound acl name \S+",
        r"urpf strict",
        r"snmp-agent target-host trap-(paramsname|hostname) .+",
    ),
    "h3c_comware": (
        r"clock timezone .+",
        r"header login .+",
        r"info-center source default loghost level .+",
        r"snmp-agent sys-info (contact|location) .+",
        r"password hash .+",
        r"(import-route|default-route-advertise) .+",
        r"vrrp vrid \d+ virtual-ip .+",
    ),
}


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All files of all devices: `native/<platform>/…` and `stand-in/<device>/…`."""
    folder = tmp_path_factory.mktemp("city")
    network, renderer = load(CITY), Renderer(Platforms())
    for design in network.design.devices:
        jobs = [(f"native/{design.device.platform}", None)] + ([("stand-in", "frr")] if design.device.routes else [])
        for place, platform in jobs:
            for file in renderer.render(design, platform).files:
                path = folder / place / file.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(file.text, encoding="utf-8")
    return folder


def files(folder: Path, name: str) -> Iterator[Path]:
    found = sorted(folder.rglob(name))
    assert found, f"the city has no {name}"
    yield from found


def complaints(command: list[str], paths: Iterator[Path]) -> list[str]:
    """What the tool says of each file that it refuses."""
    found = []
    for path in paths:
        done = subprocess.run([*command, str(path)], capture_output=True, text=True, check=False, timeout=60)
        if done.returncode:
            found.append(f"{path.parent.name}/{path.name}: {(done.stdout + done.stderr).strip()[:300]}")
    return found


def need(tool: str) -> str:
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"{tool} is not installed")
    return path


def private_network() -> list[str]:
    """A network namespace of its own: the tools may load what they check without touching this machine."""
    command = [need("unshare"), "--net"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("network namespaces need root")
    return command


def test_every_device_has_a_config(rendered: Path) -> None:
    designs = load(CITY).design.devices
    found = {path.stem if path.suffix == ".cfg" else path.parent.name for path in (rendered / "native").rglob("*") if path.is_file()}
    assert {design.hostname for design in designs} == found


def test_frr_reads_every_frr_config(rendered: Path) -> None:
    assert not complaints([need("vtysh"), "-C", "-f"], files(rendered, "frr.conf"))


def test_nftables_reads_every_ruleset(rendered: Path) -> None:
    assert not complaints([*private_network(), need("nft"), "-c", "-f"], files(rendered, "nftables.conf"))


def test_the_kernel_takes_every_sysctl(rendered: Path) -> None:
    assert not complaints([*private_network(), need("sysctl"), "-q", "-p"], files(rendered, "sysctl.conf"))


def shapes(paths: Iterator[Path], folder: Path) -> list[str]:
    """Copies of the configs with each shape of command (numbers aside) once in its view: for all of them the linters take minutes."""
    seen: set[tuple[str, ...]] = set()
    found = []
    for path in paths:
        kept, headers = [], {0: ""}
        for line in path.read_text(encoding="utf-8").splitlines():
            depth = len(line) - len(line.lstrip(" "))
            shape = re.sub(r"\d+", "N", line.strip())
            view = tuple(headers[level] for level in sorted(headers) if level < depth)
            headers = {level: text for level, text in headers.items() if level < depth} | {depth: shape}
            opens = not shape or shape == "#" or depth == 0
            if opens or (*view, shape) not in seen:
                kept.append(line)
            seen.add((*view, shape))
        folder.mkdir(exist_ok=True)
        (folder / path.name).write_text("\n".join(kept) + "\n", encoding="utf-8")
        found.append(str(folder / path.name))
    return found


@pytest.mark.parametrize(("platform", "linter"), [("huawei_vrp", "vrp-lint"), ("h3c_comware", "comware-lint")])
def test_the_vendors_manual_knows_every_command(rendered: Path, tmp_path: Path, platform: str, linter: str) -> None:
    if not (LINTERS / linter).exists():
        pytest.skip("the command grammars are not at hand")
    paths = shapes(files(rendered / "native" / platform, "*.cfg"), tmp_path / "shapes")
    done = subprocess.run([str(LINTERS / linter), *paths], capture_output=True, text=True, check=False, timeout=600)
    known = re.compile("|".join(f"(?:{pattern})" for pattern in KNOWN[platform]))
    findings = list(re.finditer(r"^[^:\n]+:\d+: (?:unknown|not in this view)(?: \[[^\n]*?\])?: (?P<text>[^\n]*)$", done.stdout, re.M))
    assert len(findings) == len(done.stdout.splitlines()), "a line of the linter's output was not understood"
    unexplained = sorted({re.sub(r"\d+", "N", match["text"]) for match in findings if not known.fullmatch(match["text"].strip())})
    assert not unexplained
