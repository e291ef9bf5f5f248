"""A lab as containerlab's topology file, with the files that its nodes bind: what `containerlab deploy` takes as it stands.

Every node is of the kind `linux` and has no network but its links (`network-mode: none`): the container engine gives it neither an address
nor a way out. Pure layer 2 is one more node whose bridges are its own, so that nothing joins the host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePath, PurePosixPath
from typing import Any

import yaml

from lab.changes import adapted
from lab.containerlab_links import Wiring, wiring
from lab.images import ImageNode
from lab.node_setup import host_lines, settings
from lab.plan import Host, Kind, LabPlan, Node, namespace_prefix

IMAGE = "govnet/frr:local"
SETTINGS = PurePosixPath("/etc/govnet")
"""Folder in a container of what is no program's own file: `start`, `links.ip`, `sysctl.conf`."""

_PLACES = {"frr.conf": "/etc/frr/frr.conf", "daemons": "/etc/frr/daemons", "nftables.conf": "/etc/nftables.conf"}
_DAEMONS = ("zebra", "staticd", "ospfd", "bgpd", "vrrpd")
_LONGEST = 63
"""Of a host name, which a container's name is as well (RFC 1035)."""

_MTU = 1500


@dataclass(frozen=True, slots=True)
class Export:
    """A topology file and what lies beside it: path below the folder -> text. ``topology`` is the path of the topology file.

    ``without`` are (device, port) of devices with a vendor's image that no link reaches.
    """

    name: str
    topology: str
    files: Mapping[str, str]
    without: tuple[tuple[str, str], ...] = ()


def lab_name(lab: str) -> str:
    """What containerlab calls the lab: its containers carry it as a label, its folder and network as their name."""
    return container_name(namespace_prefix(lab).rstrip("."))


def container_name(namespace: str) -> str:
    """The container that stands for a network namespace: its own name, where an engine takes that."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", namespace)
    if name == namespace and len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 9].rstrip('.-')}-{sha256(namespace.encode()).hexdigest()[:8]}"


def containers(plan: LabPlan) -> dict[str, str]:
    """Node -> container. The node of the bridges is not among them."""
    return {node.name: container_name(node.namespace) for node in plan.nodes}


def export(
    plan: LabPlan, images: Mapping[str, ImageNode] | None = None, image: str = IMAGE, sockets: Mapping[str, PurePath] | None = None
) -> Export:
    """What containerlab needs of a plan. Devices in ``images`` run a vendor's image with the config that is written for it.

    ``sockets`` are folders of the host, by node, in which the daemons put their sockets.
    """
    images = images or {}
    sockets = sockets or {}
    name = lab_name(plan.name)
    files: dict[str, str] = {}
    nodes: dict[str, Any] = {}
    hosts = {host.node: host for host in plan.hosts}
    for node in plan.nodes:
        container = container_name(node.namespace)
        vendor = images.get(node.device)
        if vendor is not None:
            if node.vrf is None:
                nodes[container] = _vendor(vendor, container)
                files[f"{container}/startup.cfg"] = adapted(vendor.config)
            continue
        own = dict(_files(node, hosts.get(node.name)))
        files.update({f"{container}/{file}": text for file, text in own.items()})
        outside = [f"{sockets[node.name]}:/var/run/frr"] if node.name in sockets and node.daemons else []
        nodes[container] = {"binds": [*(_bind(container, file) for file in sorted(own)), *outside]}
    wired = wiring(plan, images)
    if wired.switch_ports:
        switch = container_name(plan.switch)
        nodes[switch] = {"binds": [_bind(switch, "start"), _bind(switch, "sysctl.conf")]}
        files[f"{switch}/sysctl.conf"] = settings(None)
        files[f"{switch}/start"] = _start(wired.switch_ports, _bridging(wired))
    topology = f"{name}.clab.yml"
    document = {
        "name": name,
        "prefix": "",
        "mgmt": {"network": name, "ipv4-subnet": "auto", "external-access": False},
        "topology": {
            "defaults": {"kind": "linux", "network-mode": "none"},
            "kinds": {"linux": {"image": image, "restart-policy": "no", "cmd": f"/bin/sh {SETTINGS / 'start'}"}},
            "nodes": nodes,
            "links": list(_links(plan, wired)),
        },
    }
    files[topology] = _HEADER + yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=140)
    return Export(name, topology, files, tuple(sorted(set(_without(plan, wired, images)))))


def _without(plan: LabPlan, wired: Wiring, images: Mapping[str, ImageNode]) -> Iterator[tuple[str, str]]:
    for end in wired.unconnected:
        device = plan.node(end.node).device
        stand_in = end.interface.partition(".")[0]
        yield device, next((port.ours for port in images[device].ports if port.stand_in == stand_in), end.interface)


_HEADER = "# Written by govnet lab export. Start: containerlab deploy -t THIS FILE. Nothing in this lab has a way to the host's network.\n"


class _Dumper(yaml.SafeDumper):
    """Without anchors: containerlab's users read this file."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _bind(container: str, file: str) -> str:
    return f"{container}/{file}:{_PLACES.get(file, SETTINGS / file)}:ro"


def _vendor(vendor: ImageNode, container: str) -> dict[str, Any]:
    node: dict[str, Any] = {"kind": vendor.kind, "image": vendor.image, "startup-config": f"{container}/startup.cfg"}
    if vendor.type:
        node["type"] = vendor.type
    if vendor.env:
        node["env"] = dict(vendor.env)
    return node


# ---------------------------------------------------------------------------------------------------- the files of a node


def _files(node: Node, host: Host | None) -> Iterator[tuple[str, str]]:
    yield from ((file.name, file.text) for file in node.files)
    names = {file.name for file in node.files}
    if "frr.conf" in names:
        yield "daemons", _daemons(node)
    if "sysctl.conf" not in names:
        yield "sysctl.conf", settings(node)
    commands = ["nft -f /etc/nftables.conf"] if "nftables.conf" in names else []
    commands.append(f"sysctl -q -p {SETTINGS / 'sysctl.conf'}")
    commands += [f"ip -batch {SETTINGS / name}" for name in ("links.ip", "interfaces") if name in names]
    if host is not None:
        commands += [f"ip {line}" for line in host_lines(host)]
    elif node.kind is Kind.PEER:
        commands += [f"ip link set dev {name} up" for name in ("lo", *node.interfaces)]
    commands += _daemon_starts(node) if "frr.conf" in names else []
    yield "start", _start(node.interfaces, commands)


def _daemon_starts(node: Node) -> list[str]:
    """The daemons one by one, without the watcher that would start a dead one again; a config line that one of them refuses is an error."""
    return ["install -d -o frr -g frr /var/run/frr", *(daemon_command(daemon) for daemon in node.daemons), "vtysh -b"]


def daemon_command(daemon: str) -> str:
    """What a container's shell is told; vtysh gives the daemon its config afterwards."""
    return f"/usr/lib/frr/{daemon} -d -A 127.0.0.1 -P 0{' -s 90000000' if daemon == 'zebra' else ''}"


def _daemons(node: Node) -> str:
    """/etc/frr/daemons. No daemon listens on TCP for commands; routes last until zebra comes back."""
    lines = [f"{daemon}={'yes' if daemon in node.daemons else 'no'}" for daemon in _DAEMONS]
    lines += ["vtysh_enable=yes", 'zebra_options="-A 127.0.0.1 -P 0 -s 90000000"']
    lines += [f'{daemon}_options="-A 127.0.0.1 -P 0"' for daemon in _DAEMONS[1:]]
    return "\n".join(lines) + "\n"


def _bridging(wired: Wiring) -> list[str]:
    """The bridges of the plan; where images tag, the tags are taken off there."""
    commands = [f"sysctl -q -p {SETTINGS / 'sysctl.conf'}", *(f"ip link set dev {port} up" for port in wired.trunks)]
    for bridge, ports in wired.bridges.items():
        commands.append(f"ip link add dev {bridge} type bridge stp_state 0 mcast_snooping 0 forward_delay 0")
        for port in ports:
            commands += [f"ip link add link {port.parent} name {port.name} type vlan id {port.tag}"] if port.tag else []
            commands.append(f"ip link set dev {port.name} master {bridge} up")
        commands.append(f"ip link set dev {bridge} up")
    return commands


def _start(interfaces: Iterable[str], commands: Iterable[str]) -> str:
    """What a container runs: it waits for its links, sets them up, starts its daemons, and stays to bury what dies.

    Filters stand before anything is forwarded. A command that fails ends the container; its log says which.
    """
    names = " ".join(interfaces)
    waiting = [f"for name in {names}; do", '  until test -e "/sys/class/net/$name"; do sleep 0.2; done', "done"] if names else []
    lines = ["set -eu", *waiting, *commands, "echo ready", "trap 'exit 0' TERM INT", "while :; do sleep 3600 & wait $!; done"]
    return "\n".join(lines) + "\n"


def _links(plan: LabPlan, wired: Wiring) -> Iterator[dict[str, Any]]:
    def end(node: str, interface: str) -> str:
        return f"{container_name(plan.node(node).namespace if node else plan.switch)}:{interface}"

    for a, b in wired.links:
        yield {"endpoints": [end(*a), end(*b)], "mtu": _MTU}
