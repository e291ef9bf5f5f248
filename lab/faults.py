"""What breaks in a running lab on purpose: cables and circuits cut and mended, daemons killed and started again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from lab import backends, frr, netns
from lab.errors import PrerequisiteError
from lab.frr_text import ZEBRA
from lab.namespaces import inside, run
from lab.plan import End, Kind, LabPlan, Node, bridge_port
from lab.state import LabFolder
from topology.i18n import T
from topology.problems import names, nearest

_CUTS, _OFF = "cuts.json", "off.json"


def check_wires(plan: LabPlan, wires: Iterable[str]) -> None:
    """Raises PrerequisiteError for what is no cable or circuit with an end in the lab."""
    known = plan.wires
    for wire in wires:
        if wire not in known:
            near = nearest(wire, known)
            text = T(
                "there is no cable or circuit '{wire}' in the lab {lab} · there are: {names}", wire=wire, lab=plan.name, names=names(known)
            )
            raise PrerequisiteError(T("{text} · did you mean '{name}'?", text=text, name=near) if near else text)


def cuts(folder: LabFolder) -> frozenset[str]:
    """The wires that are cut."""
    try:
        return frozenset(json.loads((folder.path / _CUTS).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return frozenset()


def cut(plan: LabPlan, folder: LabFolder, wires: Iterable[str]) -> None:
    """Cuts cables and circuits, with every VLAN in them. Raises PrerequisiteError, LabError."""
    _become(plan, folder, cuts(folder).union(wires))


def mend(plan: LabPlan, folder: LabFolder, wires: Iterable[str] | None = None) -> None:
    """Mends them; all that are cut where none is named."""
    _become(plan, folder, cuts(folder).difference(cuts(folder) if wires is None else wires))


def off(plan: LabPlan, folder: LabFolder, device: str) -> None:
    """A device loses its power: its daemons die, and everybody it is cabled to loses the carrier. Raises LabError."""
    for node in _nodes(plan, device):
        for daemon in node.daemons:
            kill(plan, folder, node.name, daemon)
    _become(plan, folder, cuts(folder), _off(folder).union([device]))


def on(plan: LabPlan, folder: LabFolder, device: str) -> None:
    """It comes back: its filters stand before its interfaces are up, and its daemons start anew. Raises LabError."""
    _become(plan, folder, cuts(folder), _off(folder).difference([device]))
    for node in _nodes(plan, device):
        for daemon in node.daemons:
            revive(plan, folder, node.name, daemon)


def _nodes(plan: LabPlan, device: str) -> list[Node]:
    return [node for node in plan.nodes if node.device == device and node.kind is Kind.ROUTER]


def _off(folder: LabFolder) -> frozenset[str]:
    """The devices that are without power."""
    try:
        return frozenset(json.loads((folder.path / _OFF).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return frozenset()


def _become(plan: LabPlan, folder: LabFolder, wanted: frozenset[str], dark: frozenset[str] | None = None) -> None:
    before, was_dark = cuts(folder), _off(folder)
    dark = was_dark if dark is None else dark
    check_wires(plan, wanted - before)
    for name, value in ((_CUTS, wanted), (_OFF, dark)):
        (folder.path / name).write_text(json.dumps(sorted(value)), encoding="utf-8")
    orders: dict[str, list[str]] = {}
    for ends, namespace, interface in _sockets(plan):
        was, now = _dead(plan, ends, before, was_dark), _dead(plan, ends, wanted, dark)
        if was != now:
            orders.setdefault(namespace, []).append(f"link set dev {interface} {'down' if now else 'up'}\n")
    for namespace, lines in sorted(orders.items()):
        with inside(namespace):
            run(["ip", "-batch", "-"], text="".join(lines))


def _sockets(plan: LabPlan) -> Iterator[tuple[tuple[End, ...], str, str]]:
    """(ends whose wires are in it, namespace, interface) of what is taken down: the switch's side, so that the node sees its carrier go."""
    for link in plan.links:
        yield (link.a, link.b), plan.node(link.a.node).namespace, link.a.interface
    for bridge in plan.bridges:
        for number, end in enumerate(bridge.ends):
            yield (end,), plan.switch, bridge_port(bridge, number)


def _dead(plan: LabPlan, ends: Iterable[End], wires: frozenset[str], dark: frozenset[str]) -> bool:
    """A LAG holds as long as one of its cables does, and a device has power."""
    return any((end.wires and wires.issuperset(end.wires)) or plan.node(end.node).device in dark for end in ends)


def kill(plan: LabPlan, folder: LabFolder, node: str, daemon: str) -> None:
    """Kills a daemon as a crash does: nothing is withdrawn."""
    frr.stop(_folder(plan, folder, node, daemon), daemon)


def revive(plan: LabPlan, folder: LabFolder, node: str, daemon: str) -> None:
    """Starts a daemon again with the config that it had; nothing where it runs. Raises LabError.

    With zebra the others start anew, as FRR's own watcher does it: they would not tell a new zebra of routes that it has never heard of.
    """
    place = _folder(plan, folder, node, daemon)
    if frr.process(place, daemon) is not None:
        return
    others = [name for name in plan.node(node).daemons if name != daemon] if daemon == ZEBRA else []
    running = [name for name in others if frr.process(place, name) is not None]
    for name in running:
        frr.stop(place, name)
    for name in (daemon, *running):
        backends.of(folder).start_daemon(plan.node(node), place, name)


def _folder(plan: LabPlan, folder: LabFolder, node: str, daemon: str) -> Path:
    if node not in plan.by_name or daemon not in plan.node(node).daemons:
        raise PrerequisiteError(T("the lab {lab} runs no {daemon} in '{node}'", lab=plan.name, daemon=daemon, node=node))
    return netns.folders(plan, folder)[node]
