"""Carries a schedule of failures out in a running lab, beside whoever watches it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread

from lab import faults
from lab.errors import LabError
from lab.failing.schedule import Failure, What
from lab.plan import LabPlan
from lab.state import LabFolder


class Disturbance:
    """Failures that go on; ``begun`` is the clock that the schedule's seconds count from."""

    def __init__(self, plan: LabPlan, folder: LabFolder, failures: Sequence[Failure]) -> None:
        self._plan, self._folder = plan, folder
        self._steps = sorted(step for number, item in enumerate(failures) for step in ((item.begin, 1, number), (item.end, 0, number)))
        self._failures = failures
        self._open: set[int] = set()
        self._stop = Event()
        self._error: Exception | None = None
        self.begun = time.monotonic()
        self.happened: list[tuple[float, float, Failure]] = []
        """When it really began and ended."""
        self._since: dict[int, float] = {}
        self._thread = Thread(target=self._run, name="failures")

    def start(self) -> None:
        self.begun = time.monotonic()
        self._thread.start()

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()

    @property
    def going_on(self) -> int:
        return len(self._open)

    def check(self) -> None:
        """Raises what a failure could not be made for (LabError, OSError)."""
        if self._error is not None:
            raise self._error

    def end(self) -> None:
        """Makes everything whole again. Raises LabError, OSError."""
        self._stop.set()
        self._thread.join()
        for number in sorted(self._open):
            self._undo(number)
        self.check()

    def _run(self) -> None:
        try:
            for at, begins, number in self._steps:
                if self._stop.wait(max(0.0, self.begun + at - time.monotonic())):
                    return
                if begins:
                    self._open.add(number)
                    self._since[number] = time.monotonic() - self.begun
                    self._do(self._failures[number])
                elif number in self._open:
                    self._undo(number)
        except (LabError, OSError) as error:
            self._error = error

    def _do(self, item: Failure) -> None:
        actions: dict[What, Callable[[], None]] = {
            What.CUT: lambda: faults.cut(self._plan, self._folder, item.names),
            What.KILL: lambda: faults.kill(self._plan, self._folder, *item.names),
            What.RESTART: lambda: faults.off(self._plan, self._folder, item.names[0]),
        }
        actions[item.what]()

    def _undo(self, number: int) -> None:
        item = self._failures[number]
        actions: dict[What, Callable[[], None]] = {
            What.CUT: lambda: faults.mend(self._plan, self._folder, item.names),
            What.KILL: lambda: faults.revive(self._plan, self._folder, *item.names),
            What.RESTART: lambda: faults.on(self._plan, self._folder, item.names[0]),
        }
        actions[item.what]()
        self._open.discard(number)
        self.happened.append((self._since[number], time.monotonic() - self.begun, item))


@contextmanager
def disturbance(plan: LabPlan, folder: LabFolder, failures: Sequence[Failure]) -> Iterator[Disturbance]:
    """The failures begin; at the end, however it comes, all is whole again. Raises LabError, OSError."""
    going = Disturbance(plan, folder, failures)
    going.start()
    try:
        yield going
    finally:
        going.end()
