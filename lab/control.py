"""The verbs: a lab up, what it does, a command in it, and down again."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from lab import backends, frr, kernel, netns
from lab.containerlab_backend import containers_of
from lab.convergence import Settled, settle
from lab.errors import IncompleteError, PrerequisiteError
from lab.namespaces import FOLDER, existing
from lab.netns import Step, Times
from lab.plan import Kind, LabPlan, Node, namespace_prefix
from lab.sessions import Missing, expected, missing
from lab.state import UP, LabFolder
from topology.i18n import T, Text
from topology.problems import names, nearest

_LONGEST = 15
"""Characters of an interface's name (IFNAMSIZ of linux/if.h, less the final zero)."""

LIMIT_S = 120.0
"""So long `up` waits for convergence; a county needs ten seconds of it, a city a minute."""


@dataclass(frozen=True, slots=True)
class Started:
    """A lab that is up. ``times`` is None where it was up already."""

    plan: LabPlan
    times: Times | None
    settled: Settled


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node as it is now."""

    node: Node
    there: bool
    processes: dict[str, int | None]  # daemon -> process

    @property
    def dead(self) -> tuple[str, ...]:
        return tuple(daemon for daemon, number in self.processes.items() if number is None)


@dataclass(frozen=True, slots=True)
class Status:
    plan: LabPlan
    backend: str
    phase: str
    nodes: tuple[NodeState, ...]
    missing: tuple[Missing, ...]
    sessions: int

    @property
    def good(self) -> bool:
        return self.phase == UP and not self.missing and all(node.there and not node.dead for node in self.nodes)


def up(
    plan: LabPlan,
    step: Step = lambda what, done, total: None,
    limit_s: float = LIMIT_S,
    folder: LabFolder | None = None,
    backend: str = backends.DEFAULT,
) -> Started:
    """Starts the lab, or finds it up. Whatever goes wrong before it runs, nothing of it stays.

    Raises PrerequisiteError, LabError, IncompleteError (it runs, but has not settled), OSError, KeyboardInterrupt.
    """
    folder = folder or LabFolder(plan.name)
    backends.check(backend)
    _check_interfaces(plan)
    with folder.locked(), interruptible():
        if folder.phase == UP:
            _check_same(plan, folder, backend)
            times = None
        else:
            times = _start(plan, folder, step, backend)
        try:
            settled = settle(plan, netns.folders(plan, folder), limit_s, lambda there, wanted: step(T("Convergence"), there, wanted))
        except BaseException:
            if times is not None:
                _clear(folder)
            raise
    if settled.missing:
        raise IncompleteError(not_settled(settled, limit_s))
    return Started(plan, times, settled)


def not_settled(settled: Settled, limit_s: float) -> Text:
    listed = ", ".join(f"{item.node} {item.protocol} {item.far}" for item in settled.missing[:6])
    return T(
        "The lab runs, but has not settled within {seconds} s; missing: {names} ({count} in all).",
        seconds=round(limit_s),
        names=listed,
        count=len(settled.missing),
    )


def _check_interfaces(plan: LabPlan) -> None:
    for node in plan.nodes:
        for name in node.interfaces:
            if len(name) > _LONGEST:
                text = T(
                    "{node}: the interface name {name} is too long · allowed: {most} characters", node=node.name, name=name, most=_LONGEST
                )
                raise PrerequisiteError(text)


def _check_same(plan: LabPlan, folder: LabFolder, backend: str) -> None:
    if folder.backend != backend:
        raise PrerequisiteError(T("The lab {name} is up on {backend}: take it down first, or give this one another --name.", name=plan.name,
                                  backend=str(folder.backend)))  # fmt: skip
    if folder.plan() != plan:
        raise PrerequisiteError(
            T("The lab {name} is up with other devices or configs: take it down first, or give this one another --name.", name=plan.name)
        )


def _start(plan: LabPlan, folder: LabFolder, step: Step, backend: str) -> Times:
    try:
        backends.clear(folder, keep_lock=True)  # what an `up` that was killed left
        folder.begin(plan, backend)
        times = backends.BACKENDS[backend].start(plan, folder, step)
        folder.finish(backend)
    except BaseException:
        _clear(folder)
        raise
    return times


def _clear(folder: LabFolder) -> None:
    with undisturbed():
        backends.clear(folder)


def down(name: str, folder: LabFolder | None = None) -> int | None:
    """Clears everything of a lab away. None where there was nothing. Raises LabError."""
    folder = folder or LabFolder(name)
    kernel.check_root()
    kernel.clear_trials()
    if folder.phase is None and not existing(namespace_prefix(name)) and not containers_of(name):
        return None
    with folder.locked(), undisturbed():
        return backends.clear(folder)


def status(name: str, folder: LabFolder | None = None) -> Status:
    """What runs and what does not. Raises PrerequisiteError where there is no lab."""
    folder = folder or LabFolder(name)
    kernel.check_root()
    plan = folder.plan()
    where = netns.folders(plan, folder)
    nodes = tuple(
        NodeState(node, (FOLDER / node.namespace).exists(), {daemon: frr.process(where[node.name], daemon) for daemon in node.daemons})
        for node in plan.nodes
    )
    wanted = expected(plan)
    return Status(plan, folder.backend or backends.DEFAULT, folder.phase or "", nodes, tuple(missing(plan, wanted, where)), wanted.count)


def find(plan: LabPlan, name: str) -> Node:
    """A node by its name, or a party's host by the party's. Raises PrerequisiteError."""
    known = {node.device: node for node in reversed(plan.nodes) if node.kind is Kind.HOST} | plan.by_name
    if name in known:
        return known[name]
    near = nearest(name, known)
    text = T("there is no node '{node}' in the lab {lab} · there are: {names}", node=name, lab=plan.name, names=names(plan.by_name))
    raise PrerequisiteError(T("{text} · did you mean '{name}'?", text=text, name=near) if near else text)


def command(name: str, node: str, arguments: tuple[str, ...], folder: LabFolder | None = None, *, terminal: bool = False) -> list[str]:
    """What to run so that ``arguments`` run in a node; vtysh is told where its daemons are. Raises PrerequisiteError."""
    folder = folder or LabFolder(name)
    plan, backend = reach(folder)
    found = find(plan, node)
    return backend.command_in(found, netns.folders(plan, folder)[found.name], arguments, terminal=terminal)


def reach(folder: LabFolder) -> tuple[LabPlan, backends.Backend]:
    """A lab that is there, and the backend that works in it. Raises PrerequisiteError where there is none, or the backend cannot work."""
    kernel.check_root()
    plan = folder.plan()
    return plan, backends.check(folder.backend or backends.DEFAULT)


@contextmanager
def interruptible() -> Iterator[None]:
    """A request to end (SIGTERM, a closed terminal) is taken like Ctrl-C, so that it cleans up as that does."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handling({signal.SIGTERM: stop, signal.SIGHUP: stop}):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """Clearing away is not interrupted halfway."""
    with _handling(dict.fromkeys((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), signal.SIG_IGN)):
        yield


@contextmanager
def _handling(handlers: dict[signal.Signals, Any]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
