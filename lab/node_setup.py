"""One namespace of a lab, step by step: kernel settings first, then filters, then interfaces, as a device does that never stands open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lab.errors import LabError
from lab.frr import check, start, write
from lab.namespaces import inside, run
from lab.plan import Bridge, End, Host, Kind, LabPlan, Node, bridge_port
from topology.i18n import T

_QUIET = """\
net.ipv4.ip_forward = {forward}
net.ipv6.conf.all.disable_ipv6 = 1
net.ipv6.conf.default.disable_ipv6 = 1
"""


def settings(node: Node | None) -> str:
    """sysctl.conf of a node; the switch (None) and hosts have none of their own, and neither forward nor speak IPv6."""
    file = node.file("sysctl.conf") if node is not None else None
    return file.text if file is not None else _QUIET.format(forward=0)


def apply_settings(name: str, text: str) -> None:
    """Writes the kernel settings of the calling thread's namespace. Raises LabError for one that the kernel does not have."""
    for number, line in enumerate(text.splitlines(), 1):
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or key.startswith("#"):
            continue
        try:
            Path("/proc/sys", *key.split(".")).write_text(value, encoding="ascii")
        except OSError as error:
            raise LabError(
                T(
                    "{node}: sysctl.conf:{line}: {key} cannot be set: {reason}",
                    node=name,
                    line=number,
                    key=key,
                    reason=error.strerror or "?",
                )
            ) from error


def prepare(namespace: str, node: Node | None, folder: Path | None) -> None:
    """Settings and filters, before any interface is there."""
    name = node.name if node is not None else namespace
    with inside(namespace):
        apply_settings(name, settings(node))
        _switch_plainly()
        if node is None or folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        for file in node.files:
            (folder / file.name).write_text(file.text, encoding="utf-8")
        if node.file("nftables.conf") is not None:
            _run_file(node, folder, "nftables.conf", ["nft", "-f"])


def _switch_plainly() -> None:
    """Filters of IP look at what is routed, not at what a bridge passes on: no switch does that, and a namespace starts with it where
    br_netfilter is there.
    """
    with suppress(FileNotFoundError):
        Path("/proc/sys/net/bridge/bridge-nf-call-iptables").write_text("0", encoding="ascii")


def connect(node: Node, folder: Path, host: Host | None) -> None:
    """Brings the interfaces up, with what stands on them."""
    with inside(node.namespace):
        if node.kind is Kind.HOST:
            assert host is not None
            run(["ip", "-batch", "-"], text="".join(f"{line}\n" for line in host_lines(host)))
        elif node.kind is Kind.PEER:
            run(["ip", "-batch", "-"], text="".join(f"link set dev {name} up\n" for name in ("lo", *node.interfaces)))
        else:
            for name in ("links.ip", "interfaces"):
                if node.file(name) is not None:
                    _run_file(node, folder, name, ["ip", "-batch"])


def host_lines(host: Host) -> Iterator[str]:
    """What `ip` is told in a host's namespace."""
    yield "link set dev lo up"
    for address in host.addresses:
        yield f"address add {address} dev {host.interface}"
    yield f"link set dev {host.interface} up"
    yield f"route add default via {host.gateway} dev {host.interface} src {host.address.ip}"


def start_daemons(node: Node, folder: Path) -> None:
    """All daemons of a node, zebra first; then whether each has read its part. Raises LabError."""
    write(node, folder)
    with inside(node.namespace):
        for daemon in node.daemons:
            start(node, folder, daemon)
    for daemon in node.daemons:
        check(node, folder, daemon)


def _run_file(node: Node, folder: Path, name: str, command: list[str]) -> None:
    """Runs a file of the node, and says which line of it was refused."""
    try:
        run([*command, str(folder / name)])
    except LabError as error:
        raise LabError(
            T("{node}: {file} is refused: {reason}", node=node.name, file=name, reason=error.detail.partition("\n")[0] or error.text),
            error.detail,
        ) from error


# ---------------------------------------------------------------------------------------------------------------- wires


def wire_lines(plan: LabPlan) -> Iterator[str]:
    """What `ip` is told on the host: every veth pair is made with both ends in the lab, and none ever passes through the host."""
    for link in plan.links:
        yield _pair(plan, link.a, plan.node(link.b.node).namespace, link.b.interface)
    for bridge in plan.bridges:
        for index, end in enumerate(bridge.ends):
            yield _pair(plan, end, plan.switch, bridge_port(bridge, index))


def _pair(plan: LabPlan, end: End, far: str, interface: str) -> str:
    near = plan.node(end.node).namespace
    return f"link add name {end.interface} netns {near} type veth peer name {interface} netns {far}"


def switch_lines(bridges: tuple[Bridge, ...]) -> Iterator[str]:
    """What `ip` is told in the switch namespace."""
    yield "link set dev lo up"
    for bridge in bridges:
        yield f"link add dev {bridge.name} type bridge stp_state 0 mcast_snooping 0 forward_delay 0"
        for index, _ in enumerate(bridge.ends):
            port = bridge_port(bridge, index)
            yield f"link set dev {port} master {bridge.name}"
            yield f"link set dev {port} up"
        yield f"link set dev {bridge.name} up"


def expected_interfaces(plan: LabPlan) -> dict[str, frozenset[str]]:
    """Namespace -> the interfaces that the lab plugs in there: before the first link is up, nothing else may be."""
    found: dict[str, set[str]] = {node.namespace: set(node.interfaces) for node in plan.nodes}
    found[plan.switch] = {bridge_port(bridge, index) for bridge in plan.bridges for index, _ in enumerate(bridge.ends)}
    return {namespace: frozenset(names) for namespace, names in found.items()}
