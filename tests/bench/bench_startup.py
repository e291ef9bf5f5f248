"""How long an operator waits for ``govnet --help``, whole process. The aim is 0.2 s on two cores."""

import subprocess
import sys

from pytest_benchmark.fixture import BenchmarkFixture


def bench_help(benchmark: BenchmarkFixture) -> None:
    command = [sys.executable, "-c", "import sys; from tasks.cli import main; sys.exit(main(['--help']))"]
    benchmark(subprocess.run, command, check=True, capture_output=True)
