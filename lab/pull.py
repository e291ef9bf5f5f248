"""The running configs of a lab as a folder that the proof reads: what the daemons and kernels have, under the names that devices use.

What the lab replaced is spelled as on the device: a namespace that stands for a VRF is that VRF again, a veth pair that of its VLAN.
Pure layer 2 has nothing running. Secrets are their placeholders again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lab import backends, frr, netns
from lab.backends import Backend
from lab.changes import secret
from lab.configs import Files
from lab.frr_text import blocks
from lab.links_text import made
from lab.namespaces import in_parallel, inside, run
from lab.nft_merge import merged
from lab.plan import Kind, LabPlan, Node
from lab.rtnetlink import Netlink
from lab.state import LabFolder

_REFERENCE = re.compile(r"@@([^@\s]+)@@")
_YES = re.compile(r"^(\w+)=yes$", re.MULTILINE)


def pull(plan: LabPlan, folder: LabFolder, rendered: Mapping[str, Files]) -> dict[str, str]:
    """Path below the target folder -> text, of every device of the lab. ``rendered`` are the complete files of the nodes' devices.

    Raises LabError where a daemon or namespace does not answer.
    """
    where = netns.folders(plan, folder)
    backend = backends.of(folder)
    devices: dict[str, list[Node]] = {}
    for node in plan.nodes:
        if node.kind in (Kind.ROUTER, Kind.HOST_UNIT):
            devices.setdefault(node.device, []).append(node)
    secrets = {
        secret(reference): f"@@{reference}@@"
        for files in rendered.values()
        for text in files.values()
        for reference in _REFERENCE.findall(text)
    }
    found: dict[str, str] = {}

    def one(device: str) -> None:
        for name, text in _device(devices[device], where, rendered[device], backend):
            found[f"{device}/{name}"] = _masked(text, secrets)

    in_parallel(one, sorted(devices), netns.workers())
    return dict(sorted(found.items()))


def _masked(text: str, secrets: Mapping[str, str]) -> str:
    for word, placeholder in secrets.items():
        text = text.replace(word, placeholder)
    return text


def _device(nodes: Sequence[Node], where: Mapping[str, Path], rendered: Files, backend: Backend) -> Iterator[tuple[str, str]]:
    main, others = nodes[0], nodes[1:]
    running = {node.name: _running(backend, node, where[node.name]) for node in nodes if node.daemons}
    if running:
        yield "frr.conf", "".join(_frr(node, running[node.name]) for node in nodes)
    rules = [(run(backend.command_in(node, where[node.name], ["nft", "-s", "-p", "list", "ruleset"])), _names(node)) for node in nodes]
    yield "nftables.conf", "flush ruleset\n\n" + merged(rules[0][0], rules[1:])
    yield "sysctl.conf", _settings(main, rendered["sysctl.conf"])
    down = {name for node in nodes for name in _down(node)}
    for name in ("links.ip", "interfaces"):
        if name in rendered:
            yield name, "".join(_links(rendered[name], down))
    if "daemons" in rendered:
        dead = {daemon for node in nodes for daemon in node.daemons if frr.process(where[node.name], daemon) is None}
        yield "daemons", _YES.sub(lambda line: f"{line[1]}=no" if line[1] in dead else line[0], rendered["daemons"])
    if "tasks.yaml" in rendered:
        yield "tasks.yaml", rendered["tasks.yaml"]
    assert not others or main.vrf is None


def _running(backend: Backend, node: Node, folder: Path) -> str:
    """FRR's own words. vtysh adds the name of the machine that it runs on, which is no node's."""
    lines = run(backend.command_in(node, folder, ["vtysh", "-c", "show running-config"])).partition("!\n")[2].splitlines()
    named = next((number for number, line in enumerate(lines) if line.startswith("hostname ")), -1)
    return "".join(f"{line}\n" for number, line in enumerate(lines) if number == named or not line.startswith("hostname "))


def _frr(node: Node, text: str) -> str:
    """A VRF's part under its name: its routes in a `vrf` block, its process with the VRF."""
    if node.vrf is None:
        return text.removesuffix("end\n")
    routes: list[str] = []
    out: list[str] = []
    for block in blocks(text):
        words = block.words
        if words[0] == "interface" and words[1] in _names(node):
            out.append(block.text())
        elif words[:2] == ["ip", "route"]:
            routes.append(f" {block.head}")
        elif words[:2] == ["router", "ospf"]:
            out.append(block.text(head=f"router ospf vrf {node.vrf}"))
    return "\n".join([f"vrf {node.vrf}", *routes, "exit-vrf", ""]) + "".join(out)


def _names(node: Node) -> frozenset[str]:
    links = node.file("links.ip")
    return frozenset((*node.interfaces, *(made(links.text) if links is not None else ()), *((node.vrf,) if node.vrf else ())))


def _settings(node: Node, rendered: str) -> str:
    """The settings that the device's file names, as the kernel has them."""
    lines = []
    with inside(node.namespace):
        for line in rendered.splitlines():
            key, equals, _ = (part.strip() for part in line.partition("="))
            if equals and not key.startswith("#"):
                lines.append(f"{key} = {Path('/proc/sys', *key.split('.')).read_text(encoding='ascii').strip()}")
    return "\n".join(lines) + "\n"


def _down(node: Node) -> Iterator[str]:
    """Interfaces that the lab plugged in and that somebody took down since."""
    netlink = Netlink(node.namespace)
    try:
        yield from (link.name for link in netlink.links() if not link.up and link.name in node.interfaces)
    finally:
        netlink.close()


def _links(text: str, down: set[str]) -> Iterator[str]:
    for line in text.splitlines():
        words = line.split()
        if words[:3] == ["link", "set", "dev"] and words[4:] == ["up"] and words[3] in down:
            yield f"link set dev {words[3]} down\n"
        else:
            yield f"{line}\n"
