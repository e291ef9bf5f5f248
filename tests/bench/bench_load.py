"""How long an operator waits, and how much memory it takes. Each figure is a process of its own, from start to end.

    .venv/bin/python -m tests.bench.bench_load [DEVICES …]     (default: 250 1000 5000 20000 100000)

Aims on two cores: `govnet check` of the reference city under 0.8 s, 5,000 devices modelled under 10 s and 1 GiB, growth linear, a Nornir
inventory of 3,000 hosts under 1.5 s cold.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import yaml
from pytest_benchmark.fixture import BenchmarkFixture
from rich.console import Console
from rich.table import Table

from tasks.nornir_inventory import GovnetInventory
from tests.city import plan_of, write_city

ROOT = Path(__file__).parents[2]
CITY = ROOT / "inventory" / "guiyang"
SIZES = (250, 1_000, 5_000, 20_000, 100_000)
HOSTS = 3_000

CHECK = "import sys; from tasks.cli import main; sys.exit(main(['--city', sys.argv[1], '--as-of', '2026-12-01', 'check']))"
LOAD = """
import sys
from pathlib import Path
from topology.network import load
network = load(Path(sys.argv[1]))
print(len(network.facts.devices))
"""
MODEL = LOAD + "for name in network.design.names: network.design.device(name)\n"
NORNIR = """
import sys
from nornir import InitNornir
inventory = {"plugin": sys.argv[1], "options": dict(item.split("=") for item in sys.argv[2:])}
nornir = InitNornir(inventory=inventory, logging={"enabled": False}, runner={"plugin": "serial"})
print(len(nornir.inventory.hosts))
"""


class Measured(NamedTuple):
    seconds: float
    processor: float  # seconds: what is left of the figure on a machine that others use too
    mebibytes: float
    output: str


_MEASURE = """
import resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
seconds = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, done.returncode)
print(done.stdout, done.stderr)
"""


def measure(code: str, *arguments: object) -> Measured:
    """One Python process that runs ``code``: its wall time and its peak memory, measured from a small process beside it."""
    command = [sys.executable, "-c", _MEASURE, sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    head, _, output = done.stdout.partition("\n")
    seconds, processor, mebibytes, status = head.split()
    if status != "0":
        raise RuntimeError(output)
    return Measured(float(seconds), float(processor), float(mebibytes), output.strip())


def best(code: str, *arguments: object, of: int = 3) -> Measured:
    return min(measure(code, *arguments) for _ in range(of))


def simple_inventory(city: Path, folder: Path) -> list[str]:
    """The same hosts, groups and data as YAML for Nornir's own SimpleInventory; its options."""
    inventory = GovnetInventory(city).load()

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(key): plain(item) for key, item in value.items()}
        return str(value) if not isinstance(value, bool | int | type(None)) else value

    contents = {
        "host_file": {
            name: {
                "hostname": host.hostname,
                "platform": host.platform,
                "groups": [group.name for group in host.groups],
                "data": plain({key: value for key, value in host.data.items() if key != "design"}),
            }
            for name, host in inventory.hosts.items()
        },
        "group_file": {name: {"data": plain(group.data)} for name, group in inventory.groups.items()},
    }
    for name, content in contents.items():
        (folder / name).write_text(yaml.dump(content, Dumper=yaml.CSafeDumper, allow_unicode=True), encoding="utf-8")
    return [f"{name}={folder / name}" for name in contents]


def bench_check_of_the_city(benchmark: BenchmarkFixture) -> None:
    benchmark(subprocess.run, [sys.executable, "-c", CHECK, str(CITY)], check=True, capture_output=True, cwd=ROOT)


def main(sizes: tuple[int, ...]) -> None:
    table = Table("what", "devices", "seconds", "processor s", "MiB", "ms a device", "kB a device")

    def row(what: str, devices: int, found: Measured) -> None:
        each = found.processor / devices * 1000
        figures = (found.seconds, found.processor, found.mebibytes, each, found.mebibytes * 1024 / devices)
        table.add_row(what, f"{devices:,}", *(f"{figure:.{digits}f}" for figure, digits in zip(figures, (2, 2, 0, 2, 1), strict=True)))

    checked = best(CHECK, CITY)
    row("govnet check, reference city", int(best(LOAD, CITY, of=1).output.split()[0]), checked)
    with tempfile.TemporaryDirectory() as temporary:
        for size in sizes:
            start = perf_counter()
            city = write_city(Path(temporary) / str(size), plan_of(size))
            print(f"{size:,} devices: files written in {perf_counter() - start:.1f} s", file=sys.stderr)
            for what, code in (("load: facts, addresses, checks", LOAD), ("model: all designs as well", MODEL)):
                found = best(code, city, of=3 if size <= 1_000 else 1)
                row(what, int(found.output.split()[0]), found)
        city = write_city(Path(temporary) / "nornir", plan_of(HOSTS, inner=False))
        ours = best(NORNIR, "GovnetInventory", f"path={city}")
        row("Nornir, GovnetInventory", int(ours.output.split()[0]), ours)
        theirs = best(NORNIR, "SimpleInventory", *simple_inventory(city, Path(temporary)))
        row("Nornir, its own SimpleInventory", int(theirs.output.split()[0]), theirs)
    Console(width=120).print(table)
    print(f"whole run: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime:.0f} s of processor time", file=sys.stderr)


if __name__ == "__main__":
    main(tuple(int(argument) for argument in sys.argv[1:]) or SIZES)
