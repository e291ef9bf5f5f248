"""A Nornir runner for work that needs the processor: a few processes, each with every n-th host.

Threads take turns at the interpreter, and rendering waits for nothing. The processes are forked from the one that holds the network, so
nothing is handed over but results, and these ought to be small: a task writes its files itself and returns what it wrote.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any

from nornir.core.inventory import Host
from nornir.core.task import AggregatedResult, MultiResult, Result, Task

FEW = 8
"""Below so many hosts a process costs more than it saves."""


class WorkerDiedError(RuntimeError):
    """A worker process ended without a word: killed, or out of memory."""


class ForkRunner:
    """Runs a task in forked processes; with one processor, or few hosts, in this one.

    ``on_result`` is called in this process for each host that is done. Results come back without their host, which is put in here again.
    """

    def __init__(self, num_workers: int | None = None, on_result: Callable[[MultiResult], None] | None = None) -> None:
        self.num_workers = num_workers or len(os.sched_getaffinity(0))
        self._on_result = on_result or (lambda result: None)

    def run(self, task: Task, hosts: list[Host]) -> AggregatedResult:
        found = self._here(task, hosts) if self.num_workers == 1 or len(hosts) < FEW else self._forked(task, hosts)
        results = {}
        for name, result in found:
            results[name] = result
            self._on_result(result)
        aggregated = AggregatedResult(task.name)
        aggregated.update((host.name, results[host.name]) for host in hosts)
        return aggregated

    def _here(self, task: Task, hosts: list[Host]) -> Iterator[tuple[str, MultiResult]]:
        return ((host.name, task.copy().start(host)) for host in hosts)

    def _forked(self, task: Task, hosts: list[Host]) -> Iterator[tuple[str, MultiResult]]:
        by_name = {host.name: host for host in hosts}
        gc.freeze()  # what is there stays, and looking it over would copy every page of it into every worker
        workers: dict[Connection, int] = {}
        try:
            for number in range(self.num_workers):
                reader, pid = _fork(task, hosts[number :: self.num_workers], list(workers))
                workers[reader] = pid
            for name, states in _received(workers):
                yield name, _unpacked(task.name, by_name[name], states)
        finally:
            for reader, pid in workers.items():
                reader.close()
                os.kill(pid, signal.SIGKILL)  # one that is done is a zombie, and does not mind
                os.waitpid(pid, 0)
            gc.unfreeze()


def _fork(task: Task, hosts: list[Host], others: list[Connection]) -> tuple[Connection, int]:
    reader, writer = Pipe(duplex=False)
    pid = os.fork()
    if pid:
        writer.close()
        return reader, pid
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is told, and ends this one
        gc.set_threshold(100_000)  # designs and texts go by count of references
        for connection in (reader, *others):
            connection.close()
        for host in hosts:
            writer.send_bytes(_packed(host.name, task.copy().start(host)))
        writer.send_bytes(pickle.dumps(None))
        code = 0
    except BrokenPipeError:
        pass
    finally:
        os._exit(code)


def _received(workers: dict[Connection, int]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    open_ = set(workers)
    while open_:
        for reader in wait(list(open_)):
            assert isinstance(reader, Connection)
            try:
                message = pickle.loads(reader.recv_bytes())  # noqa: S301 - from our own process
            except EOFError:
                raise WorkerDiedError("a worker process was killed, perhaps for want of memory") from None
            if message is None:
                open_.remove(reader)
            else:
                yield message


def _packed(name: str, results: MultiResult) -> bytes:
    states = [{**vars(result), "host": None} for result in results]
    try:
        return pickle.dumps((name, states))
    except Exception as error:  # whatever a task returned or raised that cannot travel
        exception = RuntimeError(f"{name}: the result cannot leave its process: {error}")
        return pickle.dumps((name, [{**vars(Result(None)), "failed": True, "exception": exception, "name": results.name}]))


def _unpacked(name: str, host: Host, states: list[dict[str, Any]]) -> MultiResult:
    results = MultiResult(name)
    for state in states:
        result = Result(host)
        vars(result).update(state, host=host)
        results.append(result)
    return results
