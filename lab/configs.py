"""The stand-ins' files of the chosen devices, rendered from the Network, several at a time."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from typing import cast

from templates.bench import Bench
from templates.names import InterfaceNames
from topology.design import Design, DeviceDesign
from topology.stand_in import PLATFORM

Files = Mapping[str, str]
"""Name of a file without the device's folder -> text."""

_FORK_FROM = 12
"""Devices from which on a second process is worth its start."""


def render(design: Design, devices: Sequence[str], on_device: Callable[[int, int], None] = lambda done, total: None) -> dict[str, Files]:
    """Device -> its files as the lab runs it: the stand-in, or a host unit's own. Raises InventoryError."""
    jobs = min(len(os.sched_getaffinity(0)), -(-len(devices) // _FORK_FROM))
    found: dict[str, Files] = {}
    for name, files in _rendered(design, devices) if jobs < 2 else _forked(design, devices, jobs):
        found[name] = files
        on_device(len(found), len(devices))
    return dict(sorted(found.items()))


def _rendered(design: Design, devices: Sequence[str]) -> Iterator[tuple[str, Files]]:
    bench = Bench()
    for device in devices:
        of_device = design.device(device)
        rendered = bench.render(of_device, PLATFORM if of_device.device.routes else None)
        yield device, {file.name.partition("/")[2]: file.text for file in rendered.files}


def _forked(design: Design, devices: Sequence[str], jobs: int) -> Iterator[tuple[str, Files]]:
    """Every process takes each ``jobs``-th device, so that large and small ones are spread. What one raises is raised here."""
    context = multiprocessing.get_context("fork")
    ends: list[Connection] = []
    processes = []
    for number in range(jobs):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_send, args=(theirs, design, devices[number::jobs]), daemon=True)
        process.start()
        theirs.close()
        ends.append(ours)
        processes.append(process)
    try:
        while ends:
            for end in cast("list[Connection]", wait(ends)):
                try:
                    item = end.recv()
                except EOFError:
                    ends.remove(end)
                    continue
                if isinstance(item, Exception):
                    raise item
                yield item
    finally:
        for process in processes:
            process.terminate()
            process.join()
            process.close()
        for end in ends:
            end.close()


def _send(to: Connection, design: Design, devices: Sequence[str]) -> None:
    try:
        for item in _rendered(design, devices):
            to.send(item)
    except Exception as error:  # whoever reads raises it
        to.send(error)
    to.close()


def interface_names(bench: Bench, design: DeviceDesign) -> InterfaceNames:
    """What the device's interfaces are called in the lab."""
    if design.device.routes:
        return InterfaceNames(design, bench.platforms.of(design, PLATFORM), stand_in=True)
    return InterfaceNames(design, bench.platforms.of(design))
