"""Rendering a city: a Nornir task for one device, and the run over all of them that writes `build/`."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any

from nornir.core import Nornir
from nornir.core.task import AggregatedResult, MultiResult, Result, Task

from tasks.nornir_inventory import inventory
from tasks.output import OutputFolder, Removed, State, Written
from tasks.runner import ForkRunner
from tasks.selection import select
from templates import linemap
from templates.bench import Bench
from templates.engine import RenderedFile
from topology.design import DeviceDesign
from topology.facts import Facts
from topology.network import Network, load
from topology.problems import InventoryError, Problem
from topology.stand_in import PLATFORM

CONFIGS, LINE_MAPS, STAND_INS = "configs", "linemaps", "stand-in"
REASONS = "reasons.json"
STAND_IN = PLATFORM
"""The platform that stands in for every device that routes or filters."""


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """What was written for one device; ``state`` is that of its configs."""

    device: str
    platform: str
    lines: int
    state: State
    configs: tuple[Written, ...]
    others: tuple[Written, ...]  # line map, stand-in


@dataclass(frozen=True, slots=True)
class Report:
    """What a run wrote below ``out``."""

    out: Path
    devices: tuple[DeviceReport, ...]
    removed: Removed

    def count(self, state: State) -> int:
        return sum(device.state is state for device in self.devices)

    @property
    def lines(self) -> int:
        return sum(device.lines for device in self.devices)

    @property
    def gone(self) -> tuple[str, ...]:
        """Devices whose config was deleted and is not written any more."""
        here = {device.device for device in self.devices}
        return tuple(sorted({device_of(path) for path in self.removed.deleted if path.startswith(f"{CONFIGS}/")} - here))


def render_device(task: Task, bench: Bench, output: OutputFolder, stand_in: bool = False) -> Result:
    """Renders a host of the inventory into ``output``, whose owner commits. A dry run puts nothing; ``diff`` says what would change.

    The result is a DeviceReport. Raises InventoryError as `Bench.render` does, OSError where a file cannot be written.
    """
    design: DeviceDesign = task.host["design"]
    rendered = bench.render(design)
    also = bench.render(design, STAND_IN) if stand_in and design.device.routes else None
    task.host.data.pop("design")  # a city's designs do not fit into memory as easily as one of them
    if task.is_dry_run():
        diff = "".join(_diff(output, file) for file in rendered.files)
        return Result(task.host, changed=bool(diff), diff=diff)
    configs = tuple(output.put(f"{CONFIGS}/{file.name}", file.text) for file in rendered.files)
    others = [output.put(f"{LINE_MAPS}/{design.hostname}.json", linemap.dumps(rendered))]
    others += [output.put(f"{STAND_INS}/{file.name}", file.text) for file in (also.files if also else ())]
    lines = sum(len(file.lines) for file in rendered.files)
    report = DeviceReport(design.hostname, rendered.platform, lines, _together(configs), configs, tuple(others))
    return Result(task.host, result=report, changed=report.state is not State.UNCHANGED)


def _together(files: Sequence[Written]) -> State:
    states = {file.state for file in files}
    return states.pop() if len(states) == 1 else State.CHANGED


def _diff(output: OutputFolder, file: RenderedFile) -> str:
    path = f"{CONFIGS}/{file.name}"
    before = (output.before(path) or b"").decode(errors="replace")
    return (
        "".join(unified_diff(before.splitlines(keepends=True), file.text.splitlines(keepends=True), path, path))
        if before != file.text
        else ""
    )


def render_city(
    city: Path,
    out: Path,
    only: Sequence[str] = (),
    *,
    stand_in: bool = False,
    on_device: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Renders the city, or what ``only`` selects of it, below ``out``: everything, or nothing where anything is wrong.

    ``on_device`` is told how many devices of how many are done. Raises InventoryError, RefusedError and OSError.
    """
    with OutputFolder(out) as output:
        network = load(city)
        chosen = select(network.facts, only)
        results = run(network, chosen, render_device, on_device, bench=Bench(), output=output, stand_in=stand_in)
        reports = tuple(result[0].result for result in results.values())
        written = {file.path: file.sha256 for report in reports for file in (*report.configs, *report.others)}
        reasons = output.put(REASONS, json.dumps(reasons_of(network.facts), ensure_ascii=False, indent=0) + "\n")
        written[reasons.path] = reasons.sha256
        mine = frozenset(chosen)
        removed = output.commit(written, lambda path: bool(only) and device_of(path) not in mine)
    return Report(out, reports, removed)


def run(
    network: Network,
    devices: Sequence[str],
    task: Callable[..., Result],
    on_device: Callable[[int, int], None] = lambda done, total: None,
    **parameters: Any,
) -> AggregatedResult:
    """Runs a Nornir task over devices of a network on all processors. Raises what any of them raised, the problems of all together."""
    logging.getLogger("nornir").addHandler(logging.NullHandler())  # it would print the traceback of what is raised here
    counter = iter(range(1, len(devices) + 1))

    def count(_: MultiResult) -> None:
        on_device(next(counter), len(devices))

    addresses = {name: address.ip for name, address in network.design.managed_at.items()}
    hosts = inventory(network.facts, addresses, network.design.device, devices)
    results = Nornir(hosts, runner=ForkRunner(on_result=count)).run(task, raise_on_error=False, **parameters)
    _raise(result.exception for result in results.values() if result.exception)
    return results


def _raise(errors: Iterable[BaseException]) -> None:
    problems: list[Problem] = []
    for error in errors:
        if not isinstance(error, InventoryError):
            raise error
        problems += error.problems
    if problems:
        raise InventoryError(problems)


def device_of(path: str) -> str:
    """The device that a file below the output folder belongs to: ``configs/NAME.cfg``, ``configs/NAME/…``."""
    _, _, rest = path.partition("/")
    name, slash, _ = rest.partition("/")
    return name if slash else name.rpartition(".")[0]


def reasons_of(facts: Facts) -> Mapping[str, list[dict[str, object]]]:
    """Place in the inventory -> the flows that are declared there, with their service and the plan's sections. For `govnet why`."""
    found: dict[str, list[dict[str, object]]] = {}
    for place, service, plan, flow in sorted(_declared(facts)):
        entries = found.setdefault(place, [])
        if not entries or (entries[-1]["service"], entries[-1]["plan"]) != (service, list(plan)):
            entries.append({"service": service, "plan": list(plan), "flows": []})
        flows = entries[-1]["flows"]
        assert isinstance(flows, list)
        flows.append(flow)
    return found


def _declared(facts: Facts) -> Iterator[tuple[str, str, tuple[str, ...], str]]:
    for flow in facts.flows:
        yield str(flow.origin), flow.service, flow.plan, flow.id
    plans = {flow.service: flow.plan for flow in facts.flows}
    for channel in facts.channels:
        yield str(channel.origin), channel.service, plans.get(channel.service, ()), channel.id
