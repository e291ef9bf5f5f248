"""The backend that needs no image: one network namespace a node, veth pairs, FRR's daemons as they are installed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lab import frr, kernel
from lab.errors import LabError
from lab.ferry import start_ferries
from lab.namespaces import FOLDER, existing, in_parallel, inside, processes, run
from lab.node_setup import connect, expected_interfaces, prepare, start_daemons, switch_lines, wire_lines
from lab.plan import LabPlan, Node, namespace_prefix
from lab.rtnetlink import Netlink
from lab.state import LabFolder
from topology.i18n import T, Text

BACKEND = "netns"
_KILL_S = 5.0
"""Seconds until the kernel has taken away a process that was killed."""

_LOOKS, _LOOK_S = 5, 0.3
"""How often, and how far apart, one looks at an interface of the host that was not there before."""

Step = Callable[[Text, int, int], None]
"""Told what is being done, how many of how many are done."""


@dataclass
class Times:
    """Seconds that each step took."""

    steps: list[tuple[str, float]] = field(default_factory=list)
    _since: float = field(default_factory=time.monotonic)

    def note(self, step: str) -> None:
        now = time.monotonic()
        self.steps.append((step, now - self._since))
        self._since = now

    @property
    def total(self) -> float:
        return sum(seconds for _, seconds in self.steps)


def check_tools() -> None:
    """Raises PrerequisiteError where a lab cannot run here."""
    kernel.check_tools()


def may_have() -> bool:
    """Namespaces are there on every machine."""
    return True


def workers() -> int:
    """How many nodes are set up at a time: a start on every processor and one that waits; more only makes adjacencies flap."""
    return min(12, len(os.sched_getaffinity(0)) + 1)


def folders(plan: LabPlan, folder: LabFolder) -> dict[str, Path]:
    """Node -> its folder."""
    return {node.name: folder.node(number) for number, node in enumerate(plan.nodes)}


def start(plan: LabPlan, folder: LabFolder, step: Step) -> Times:
    """Makes everything; the folder is there already. Whoever calls clears away what a failure leaves. Raises LabError, OSError."""
    times = Times()
    host = host_interfaces()
    _make_namespaces(plan)
    times.note("namespaces")
    where = folders(plan, folder)
    _each(plan.nodes, lambda node: prepare(node.namespace, node, where[node.name]), T("Filters and kernel settings"), step)
    prepare(plan.switch, None, None)
    times.note("filters")
    run(["ip", "-batch", "-"], text="".join(f"{line}\n" for line in wire_lines(plan)))
    times.note("wires")
    check_sealed(plan, host)
    times.note("sealed")
    with inside(plan.switch):
        run(["ip", "-batch", "-"], text="".join(f"{line}\n" for line in switch_lines(plan.bridges)))
    hosts = {found.node: found for found in plan.hosts}
    _each(plan.nodes, lambda node: connect(node, where[node.name], hosts.get(node.name)), T("Interfaces"), step)
    times.note("interfaces")
    routing = sorted((node for node in plan.nodes if node.daemons), key=_weight)
    _each(routing, lambda node: start_daemons(node, where[node.name]), T("Routing daemons"), step)
    start_ferries(plan, folder)
    times.note("daemons")
    return times


def _weight(node: Node) -> tuple[int, str]:
    """The largest configs first: whoever has many neighbours is waited for by many."""
    return -sum(len(file.text) for file in node.files), node.name


def _each(nodes: Sequence[Node], work: Callable[[Node], None], what: Text, step: Step) -> None:
    done = iter(range(1, len(nodes) + 1))
    step(what, 0, len(nodes))
    in_parallel(work, nodes, workers(), lambda: step(what, next(done), len(nodes)))


def _make_namespaces(plan: LabPlan) -> None:
    names = [node.namespace for node in plan.nodes] + [plan.switch]
    if len(set(names)) != len(names):
        raise LabError(T("Two nodes of the lab have the same name."))
    run(["ip", "-batch", "-"], text="".join(f"netns add {name}\n" for name in names))


def host_interfaces() -> frozenset[tuple[int, str]]:
    """(index, name) of every interface outside the lab."""
    netlink = Netlink(None)
    try:
        return frozenset((link.index, link.name) for link in netlink.links())
    finally:
        netlink.close()


def check_sealed(plan: LabPlan, before: frozenset[tuple[int, str]]) -> None:
    """That nothing leads out: the host has no new interface, and every namespace just those that the plan plugs in. Raises LabError.

    Both ends of every veth pair were made inside the lab. With no interface of the host in the lab and none of the lab on the host, there
    is no route, bridge or translation that could join them.
    """
    check_nothing_joined(before)
    for namespace, expected in expected_interfaces(plan).items():
        netlink = Netlink(namespace)
        try:
            found = {link.name for link in netlink.links()} - {"lo"}
            routes = netlink.routes()
        finally:
            netlink.close()
        if found != expected or routes:
            odd = ", ".join(sorted(found ^ expected)) or "route"
            raise LabError(
                T(
                    "The namespace {name} is not as planned ({names}): the lab could lead out. Nothing was started.",
                    name=namespace,
                    names=odd,
                )
            )


def check_nothing_joined(before: frozenset[tuple[int, str]]) -> None:
    """That the host has no more interfaces than ``before``. A bridge without a port joins nothing: an engine makes one for each of its
    networks. Raises LabError.
    """
    fresh = host_interfaces() - before
    for _ in range(_LOOKS):  # another lab's links may pass through while it is made
        fresh = frozenset(found for found in fresh & host_interfaces() if not _without_port(found[1]))
        if not fresh:
            return
        time.sleep(_LOOK_S)
    names = ", ".join(sorted(name for _, name in fresh))
    raise LabError(T("The host has new interfaces ({names}) since the lab was made: it could lead out. Nothing was started.", names=names))


def _without_port(name: str) -> bool:
    ports = Path("/sys/class/net", name, "brif")
    return ports.is_dir() and not any(ports.iterdir())


# ----------------------------------------------------------------------------------------------------------------- end


def clear(name: str, folder: LabFolder, *, keep_lock: bool = False) -> int:
    """Ends every process of the lab and deletes its namespaces and files, however little of it there is. Number of processes ended."""
    namespaces = existing(namespace_prefix(name))
    ended: set[int] = set()
    traces: set[Path] = set()
    deadline = time.monotonic() + _KILL_S
    while (alive := processes(namespaces)) and time.monotonic() < deadline:
        for number in alive:
            traces |= frr.traces_of(number)
            ended.add(number)
            _kill(number)
        time.sleep(0.05)
    if alive:
        raise LabError(T("{count} processes of the lab {name} do not end.", count=len(alive), name=name))
    if namespaces:
        _delete(namespaces)
    for trace in traces:
        shutil.rmtree(trace, ignore_errors=True)
    folder.remove(keep_lock=keep_lock)
    return len(ended)


def _kill(number: int) -> None:
    try:
        os.kill(number, signal.SIGKILL)
    except ProcessLookupError:
        return


def _delete(namespaces: Iterable[str]) -> None:
    """Also files that were no namespaces yet when `up` was killed; `ip` goes on after one that it cannot unmount."""
    text = "".join(f"netns del {name}\n" for name in namespaces)
    subprocess.run(["ip", "-force", "-batch", "-"], input=text, text=True, capture_output=True, check=False, start_new_session=True)
    for name in namespaces:
        (FOLDER / name).unlink(missing_ok=True)


# --------------------------------------------------------------------------------------------------------------- within


def command_in(node: Node, place: Path, arguments: Sequence[str], *, terminal: bool = False) -> list[str]:
    """The command that runs ``arguments`` in a node's namespace; a ``terminal`` is where it was. vtysh is told where its daemons are."""
    del terminal
    if arguments[0] == "vtysh" and node.daemons:
        arguments = ("vtysh", "--vty_socket", str(place / "run"), *arguments[1:])
    return ["ip", "netns", "exec", node.namespace, *arguments]


def start_daemon(node: Node, place: Path, daemon: str) -> None:
    """Starts a daemon that does not run, with the config that it had. Raises LabError."""
    with inside(node.namespace):
        frr.start(node, place, daemon)
    frr.check(node, place, daemon)
