"""How long `govnet prove` takes and how much memory, whole processes from the files to the report.

    .venv/bin/python -m tests.bench.bench_prove [DEVICES …]     (default: the reference city, then 250 1000 5000 20000 100000)

Cities are generated and rendered by the real pipeline first; that is not counted. Aims on two cores: the reference city 3 s, 5,000 devices
60 s and 4 GiB, 100,000 devices 10 min. A size that takes longer than `LIMIT` is given up, and said to be.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from pytest_benchmark.fixture import BenchmarkFixture

from tests.bench.bench_render import CITY, CODE, ROOT, _cpu, _watch, render
from tests.bench.bench_render import measure as measure_render
from tests.city import plan_of, write_city

SIZES = (250, 1_000, 5_000, 20_000, 100_000)
LIMIT = 1_800
"""Seconds."""
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class Measured(NamedTuple):
    seconds: float
    cpu: float  # of all its processes: what is left to compare where others use the machine, too
    mebibytes: float  # proportional set size of the whole process group: shared pages count once
    devices: int
    lines: int
    verdict: str


def measure(city: Path, configs: Path, report: Path) -> Measured | None:
    """One ``govnet prove``; None where it took too long. Any verdict is a result."""
    before, start = _cpu(), perf_counter()
    arguments = ["--city", str(city), "--as-of", "2026-12-01", "prove", "--configs", str(configs), "--report", str(report)]
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, *arguments],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process, peak))
    watcher.start()
    try:
        _, errors = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        watcher.join()
        return None
    seconds = perf_counter() - start
    watcher.join()
    if process.returncode not in (0, 1, 3):
        raise RuntimeError(errors)
    said = json.loads(report.read_text(encoding="utf-8"))
    return Measured(seconds, _cpu() - before, peak[0], said["devices"], said["lines"], said["verdict"])


def bench_the_city(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    measure_render(render(CITY, tmp_path))
    benchmark.pedantic(  # type: ignore[no-untyped-call]
        measure, args=(CITY, tmp_path / "configs", tmp_path / "report.json"), rounds=3
    )


def main(sizes: Sequence[int]) -> None:
    print(f"{'city':>10} {'devices':>8} {'lines':>11} {'seconds':>8} {'cpu s':>8} {'MiB':>7} {'cpu ms a device':>16}  verdict")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for size in sizes or (0, *SIZES):
            city = write_city(folder / "city", plan_of(size)) if size else CITY
            out = folder / "out"
            measure_render(render(city, out))
            found = measure(city, out / "configs", folder / "report.json")
            name = f"{size:,}" if size else city.name
            if found is None:
                print(f"{name:>10} not done after {LIMIT} s", flush=True)
            else:
                print(
                    f"{name:>10} {found.devices:>8,} {found.lines:>11,} {found.seconds:>8.1f} {found.cpu:>8.1f} {found.mebibytes:>7.0f} "
                    f"{found.cpu / found.devices * 1000:>16.1f}  {found.verdict}",
                    flush=True,
                )
            shutil.rmtree(out)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]])
