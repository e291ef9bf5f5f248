"""Network namespaces: entering one, what runs in one, and which begin with a lab's prefix."""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TypeVar

from lab.errors import LabError
from topology.i18n import T

FOLDER = Path("/run/netns")
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_T = TypeVar("_T")


@contextmanager
def inside(namespace: str) -> Iterator[None]:
    """The calling thread is in the namespace meanwhile, and so is what it starts. Raises OSError."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        there = os.open(FOLDER / namespace, os.O_RDONLY)
        try:
            _setns(there, namespace)
        finally:
            os.close(there)
        try:
            yield
        finally:
            _setns(home, "the host's")
    finally:
        os.close(home)


def _setns(descriptor: int, name: str) -> None:
    if _libc.setns(descriptor, _CLONE_NEWNET):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), name)


def run(arguments: Sequence[str], *, text: str | None = None, timeout_s: float = 120.0) -> str:
    """Standard output of a command in the calling thread's namespace; it does not hear the terminal's Ctrl-C. Raises LabError."""
    try:
        done = subprocess.run(
            arguments, input=text, capture_output=True, text=True, timeout=timeout_s, check=False, start_new_session=True, errors="replace"
        )
    except FileNotFoundError as error:
        raise LabError(T("{tool} is not installed", tool=arguments[0])) from error
    except subprocess.TimeoutExpired as error:
        raise LabError(T("{command} did not end within {seconds} s", command=" ".join(arguments), seconds=timeout_s)) from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise LabError(T("{command} failed: {reason}", command=" ".join(arguments), reason=said.partition("\n")[0]), said)
    return done.stdout


def in_parallel(work: Callable[[_T], None], items: Iterable[_T], workers: int, on_done: Callable[[], None] = lambda: None) -> None:
    """``work`` on every item, so many at a time; the first failure stops the rest and is raised. Ctrl-C stops between two items."""
    stop = Event()

    def one(item: _T) -> None:
        if not stop.is_set():
            work(item)
            on_done()

    with ThreadPoolExecutor(workers, "lab") as pool:
        try:
            futures = [pool.submit(one, item) for item in items]
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            failed = next((error for future in done if (error := future.exception())), None)
            if failed is not None:
                raise failed
        finally:
            stop.set()


def existing(prefix: str) -> list[str]:
    """The namespaces of a lab, by their names; also what a killed `up` left half made."""
    return sorted(entry.name for entry in FOLDER.iterdir() if entry.name.startswith(prefix)) if FOLDER.is_dir() else []


def processes(namespaces: Iterable[str]) -> dict[int, str]:
    """Process -> namespace, of all processes in those namespaces. The host's own namespace is never one of them."""
    host = _identity(Path("/proc/self/ns/net"))
    known = {identity: name for name in namespaces if (identity := _identity(FOLDER / name)) is not None and identity != host}
    found: dict[int, str] = {}
    for entry in Path("/proc").iterdir() if known else ():
        identity = _identity(entry / "ns" / "net") if entry.name.isdecimal() else None
        if identity in known:
            found[int(entry.name)] = known[identity]
    return found


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
