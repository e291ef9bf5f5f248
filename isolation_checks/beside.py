"""Work done in another process while this one goes on."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pickle import UnpicklingError
from typing import Any, TypeVar

T = TypeVar("T")


@contextmanager
def beside(work: Callable[[], T], worth: bool = True) -> Iterator[Callable[[], T]]:
    """Start ``work`` in a copy of this process; what is yielded waits for what it returns, which has to survive pickling.

    Where it is not ``worth`` a process, where none can be made safely (no fork, or other threads that may hold locks), and where the copy
    failed, ``work`` is done here when its result is asked for: so the result, or what it raises, is the same in any case.
    """
    if not worth or not hasattr(os, "fork") or threading.active_count() > 1:
        yield work
        return
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(there, work), daemon=True)
    process.start()
    there.close()

    def result() -> T:
        try:
            found: T = here.recv()
        except (EOFError, OSError, UnpicklingError):  # it ended before it had said everything
            return work()
        process.join()
        return found

    try:
        yield result
    finally:
        here.close()
        if process.is_alive():
            process.terminate()
        process.join()


def _child(connection: Connection, work: Callable[[], Any]) -> None:
    try:
        connection.send(work())
        connection.close()
    finally:
        os._exit(0)  # nothing of the parent's is to be cleaned up here
