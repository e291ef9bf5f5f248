"""Waiting until the lab has settled: the kernels' routes over netlink, of all namespaces, until they stand still and nothing is missing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.plan import LabPlan
from lab.rtnetlink import KernelRoute, Netlink
from lab.sessions import Missing, expected, missing

QUIET_S = 1.0
"""So long no route changes anywhere; OSPF computes and sends on within a few tenths of that."""

QUIET_BGP_S = 3.0
"""The same where BGP speaks: FRR gathers updates for a second before it hands them on, and a route crosses two sessions."""

POLL_S = 0.2

Table = tuple[KernelRoute, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """How the waiting ended. ``missing`` is empty where the lab has converged."""

    seconds: float
    routes: int
    missing: tuple[Missing, ...]


class Tables:
    """The routes of every namespace that routes; the sockets stay open, so that reading all takes a tenth of a second."""

    def __init__(self, plan: LabPlan) -> None:
        self._sockets = {node.name: Netlink(node.namespace) for node in plan.nodes if node.daemons}

    def __enter__(self) -> Tables:
        return self

    def __exit__(self, *error: object) -> None:
        for netlink in self._sockets.values():
            netlink.close()

    def read(self) -> dict[str, Table]:
        """Node -> its routes, as they are this moment. Raises OSError."""
        return {name: tuple(netlink.routes()) for name, netlink in self._sockets.items()}


def settle(
    plan: LabPlan,
    folders: Mapping[str, Path],
    limit_s: float,
    on_wait: Callable[[int, int], None] = lambda there, wanted: None,
    complete: Callable[[Mapping[str, Table]], bool] = lambda tables: True,
) -> Settled:
    """Waits at most ``limit_s`` seconds. ``complete`` may hold the tables against what they should be. Raises OSError."""
    wanted = expected(plan)
    quiet = QUIET_BGP_S if any("bgpd" in node.daemons for node in plan.nodes) else QUIET_S
    begun = changed = time.monotonic()
    before: dict[str, Table] = {}
    absent: tuple[Missing, ...] = ()
    with Tables(plan) as tables:
        while True:
            now = tables.read()
            clock = time.monotonic()
            if now != before:
                before, changed = now, clock
            if clock - changed >= quiet or clock - begun > limit_s:
                absent = tuple(missing(plan, wanted, folders))
                on_wait(wanted.count - len(absent), wanted.count)
                if (not absent and complete(now)) or clock - begun > limit_s:
                    return Settled(clock - begun, sum(map(len, now.values())), absent)
            time.sleep(POLL_S)
