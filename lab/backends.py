"""The two ways to run a lab, behind one shape: modules with the same functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from lab import containerlab_backend, kernel, netns
from lab.netns import Step, Times
from lab.plan import LabPlan, Node
from lab.state import LabFolder


class Backend(Protocol):
    """What makes, enters and clears the nodes of a lab. Namespaces, sockets and process numbers are in the same places under both."""

    @property
    def BACKEND(self) -> str:  # noqa: N802 - a module's constant
        """Its name, as `--backend` takes it and the lab's folder notes it."""

    def check_tools(self) -> None:
        """Raises PrerequisiteError where it cannot work on this machine."""

    def may_have(self) -> bool:
        """Whether it could have left anything on this machine."""

    def start(self, plan: LabPlan, folder: LabFolder, step: Step) -> Times:
        """Makes everything; whoever calls clears away what a failure leaves. Raises LabError, OSError."""

    def clear(self, name: str, folder: LabFolder, *, keep_lock: bool = False) -> int:
        """Takes everything of a lab away, however little of it there is; how much that was. Raises LabError."""

    def command_in(self, node: Node, place: Path, arguments: Sequence[str], *, terminal: bool = False) -> list[str]:
        """What to run so that ``arguments`` run in a node; vtysh speaks to the daemons of that node. ``place``: the node's folder."""

    def start_daemon(self, node: Node, place: Path, daemon: str) -> None:
        """Starts a daemon that does not run. Raises LabError where it refuses its config."""


_CONTAINERS: Backend = containerlab_backend
_NAMESPACES: Backend = netns
BACKENDS: Mapping[str, Backend] = {backend.BACKEND: backend for backend in (_NAMESPACES, _CONTAINERS)}
DEFAULT = netns.BACKEND


def check(name: str) -> Backend:
    """The backend, if this machine can run it. Raises PrerequisiteError."""
    kernel.check_root()
    backend = BACKENDS[name]
    backend.check_tools()
    return backend


def of(folder: LabFolder) -> Backend:
    """That of a lab that is there."""
    return BACKENDS[folder.backend or DEFAULT]


def clear(folder: LabFolder, *, keep_lock: bool = False) -> int:
    """Clears a lab away, whichever backend made it: containers first, since they hold namespaces."""
    noted = BACKENDS.get(folder.backend or "")
    makers = [noted] if noted is not None else [backend for backend in (_CONTAINERS, _NAMESPACES) if backend.may_have()]
    return sum(backend.clear(folder.name, folder, keep_lock=keep_lock) for backend in makers)
