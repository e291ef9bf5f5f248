"""Containerlab as a backend of a lab: what `lab.netns` does with namespaces, done with containers.

A lab's namespaces, its nodes' folders, their sockets and the numbers of their processes are where the other backend has them, so that
whoever looks into a lab need not know which one made it.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from lab import containerlab, kernel
from lab.containerlab_files import IMAGE, container_name, daemon_command, export, lab_name
from lab.errors import LabError
from lab.ferry import start_ferries
from lab.namespaces import FOLDER, existing, processes, run
from lab.netns import Step, Times, check_nothing_joined, folders, host_interfaces
from lab.plan import LabPlan, Node, namespace_prefix
from lab.state import LabFolder
from topology.i18n import T

BACKEND = "containerlab"
READY_S = 300.0
"""So long nodes may take to start their daemons; a whole city takes a minute."""

_TOPOLOGY, _SOCKETS, _RUN = "containerlab", "frr", "run"


def check_tools() -> None:
    """Raises PrerequisiteError where a lab cannot run here."""
    kernel.check_root()
    kernel.check_commands(("ip",))
    containerlab.check_tools(IMAGE)


def may_have() -> bool:
    """Whether an engine is there that could hold containers of a lab."""
    return containerlab.answers()


def containers_of(name: str) -> bool:
    """Whether the engine holds anything of a lab."""
    return may_have() and bool(containerlab.inspect(lab_name(name)))


def start(plan: LabPlan, folder: LabFolder, step: Step) -> Times:
    """Makes everything; the folder is there already. Whoever calls clears away what a failure leaves. Raises LabError, OSError."""
    times = Times()
    before = host_interfaces()
    where = folders(plan, folder)
    sockets = {node.name: where[node.name] / _SOCKETS for node in plan.nodes if node.daemons}
    for path in sockets.values():
        path.mkdir(parents=True, exist_ok=True)
    topology = containerlab.write(folder.path / _TOPOLOGY, export(plan, sockets=sockets))
    times.note("files")
    containers = len(plan.nodes) + bool(plan.bridges)
    made = iter(range(1, containers + 1))

    def on_line(line: str) -> None:
        if "Creating container" in line:
            step(T("Containers"), min(next(made, containers), containers), containers)

    containerlab.up(plan, topology, READY_S, on_line)
    times.note("containers")
    check_nothing_joined(before)
    times.note("sealed")
    _show_processes(plan, where)
    start_ferries(plan, folder)
    times.note("daemons")
    return times


def _show_processes(plan: LabPlan, where: dict[str, Path]) -> None:
    """Sockets and process numbers in each node's folder as the host sees them: a container counts its processes on its own."""
    nodes = [node for node in plan.nodes if node.daemons]
    by_namespace: dict[str, dict[str, int]] = {}
    for number, namespace in processes(node.namespace for node in nodes).items():
        by_namespace.setdefault(namespace, {})[_command(number)] = number
    for node in nodes:
        run = where[node.name] / _RUN
        for daemon in node.daemons:
            run.mkdir(parents=True, exist_ok=True)
            socket = run / f"{daemon}.vty"
            socket.unlink(missing_ok=True)
            socket.symlink_to(where[node.name] / _SOCKETS / f"{daemon}.vty")
            found = by_namespace.get(node.namespace, {}).get(daemon)
            if found is None:
                raise LabError(T("the daemon {daemon} of {node} does not run", daemon=daemon, node=node.name))
            (run / f"{daemon}.pid").write_text(f"{found}\n", encoding="utf-8")


def _command(number: int) -> str:
    try:
        return Path(f"/proc/{number}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def clear(name: str, folder: LabFolder, *, keep_lock: bool = False) -> int:
    """Takes away all containers of the lab, its names on the host and its files, however little of it there is. How many there were."""
    _end_guests(name)
    topology = folder.path / _TOPOLOGY / f"{lab_name(name)}.clab.yml"
    found = containerlab.down(name, topology)
    if left := [found for found in existing(namespace_prefix(name)) if (FOLDER / found).is_symlink()]:  # other files are not ours
        raise LabError(T("namespaces of the lab {name} are left: {names}", name=name, names=", ".join(left[:5])))
    folder.remove(keep_lock=keep_lock)
    return found


def _end_guests(name: str) -> None:
    """Ends what the host runs in the lab's namespaces (ferries, probes): it would outlive the containers."""
    own = Path("/proc/self/ns/pid").stat().st_ino
    for number in processes(existing(namespace_prefix(name))):
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            if Path(f"/proc/{number}/ns/pid").stat().st_ino == own:
                os.kill(number, signal.SIGKILL)


def command_in(node: Node, place: Path, arguments: Sequence[str], *, terminal: bool = False) -> list[str]:
    """The command that runs ``arguments`` in a node's container; its daemons are where vtysh looks for them."""
    del place
    return ["docker", "exec", *(["-it"] if terminal else ["-i"]), container_name(node.namespace), *arguments]


def start_daemon(node: Node, place: Path, daemon: str) -> None:
    """Starts a daemon that does not run, and gives it its config. Raises LabError."""
    for arguments in (daemon_command(daemon), f"vtysh -b -d {daemon}"):
        run(command_in(node, place, ("sh", "-c", arguments)))
    number = next((n for n, _ in processes([node.namespace]).items() if _command(n) == daemon), None)
    if number is None:
        raise LabError(T("the daemon {daemon} of {node} does not run", daemon=daemon, node=node.name))
    (place / _RUN / f"{daemon}.pid").write_text(f"{number}\n", encoding="utf-8")
