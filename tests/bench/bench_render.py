"""How long rendering takes and how much memory, whole processes with all that they write.

    .venv/bin/python -m tests.bench.bench_render [DEVICES …]     (default: 1000 5000)

Aims on two cores: the reference city 1.5 s, one county of it 0.8 s, 5,000 devices 20 s and 1.5 GiB (all processes together).
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, sleep
from typing import NamedTuple

from pytest_benchmark.fixture import BenchmarkFixture

from tests.city import plan_of, write_city

ROOT = Path(__file__).parents[2]
CITY = ROOT / "inventory" / "guiyang"
COUNTY = "county=qingzhen"
SIZES = (1_000, 5_000)
CODE = "import sys; from tasks.cli import main; sys.exit(main(sys.argv[1:]))"


class Measured(NamedTuple):
    seconds: float
    cpu: float  # of all its processes: what is left to compare where others use the machine, too
    mebibytes: float  # proportional set size of the whole process group: shared pages count once
    said: str


def measure(arguments: Sequence[str]) -> Measured:
    """One ``govnet`` with these arguments."""
    before = _cpu()
    start = perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process, peak))
    watcher.start()
    out, err = process.communicate()
    seconds = perf_counter() - start
    watcher.join()
    if process.returncode:
        raise RuntimeError(err)
    return Measured(seconds, _cpu() - before, peak[0], out.strip())


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _watch(process: subprocess.Popen[str], peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(_proportional(member) for member in _group(process.pid)) / 1024)
        sleep(0.1)


def _group(leader: int) -> list[int]:
    members = []
    for entry in os.listdir("/proc"):  # noqa: PTH208 - numbers, not paths
        try:
            if entry.isdigit() and os.getpgid(int(entry)) == leader:
                members.append(int(entry))
        except ProcessLookupError:
            continue
    return members


def _proportional(pid: int) -> float:
    """Kilobytes."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return next((float(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0.0)


def render(city: Path, out: Path, *arguments: str) -> list[str]:
    return ["--city", str(city), "--as-of", "2026-12-01", "render", "--out", str(out), *arguments]


def bench_the_city_anew(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    folders = (tmp_path / str(number) for number in range(1_000))
    benchmark.pedantic(  # type: ignore[no-untyped-call]
        lambda out: measure(render(CITY, out)), setup=lambda: ((next(folders),), {}), rounds=5
    )


def bench_the_city_again(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    benchmark.pedantic(  # type: ignore[no-untyped-call]
        measure, args=(render(CITY, tmp_path / "b"),), rounds=5, warmup_rounds=1
    )


def bench_one_county(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    benchmark.pedantic(  # type: ignore[no-untyped-call]
        measure, args=(render(CITY, tmp_path / "b", "--only", COUNTY),), rounds=5, warmup_rounds=1
    )


def main(sizes: Sequence[int]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _best("the city, anew", [render(CITY, folder / f"new{number}") for number in range(5)])
        _best("the city, nothing changed", [render(CITY, folder / "new0")] * 5)
        _best("one county", [render(CITY, folder / "county", "--only", COUNTY)] * 5)
        _best("the city with stand-ins", [render(CITY, folder / f"stand-in{number}", "--stand-in") for number in range(2)])
        for size in sizes:
            city = write_city(folder / f"city{size}", plan_of(size))
            _best(f"{size:,} devices", [render(city, folder / f"out{size}")])


def _best(what: str, runs: Sequence[Sequence[str]]) -> None:
    found = [measure(arguments) for arguments in runs]
    best = min(found)
    cpu, memory = min(run.cpu for run in found), max(run.mebibytes for run in found)
    print(f"{what:28} {best.seconds:7.2f} s {cpu:7.2f} s of processors {memory:6.0f} MiB   {best.said}", flush=True)


if __name__ == "__main__":
    main(tuple(int(argument) for argument in sys.argv[1:]) or SIZES)
