"""What fails when: drawn from a seed before anything happens, so that a run can be repeated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from lab.plan import Kind, LabPlan

_FIRST_S = 2.0
"""So long everything works: what never worked cannot be interrupted."""
_PAUSE_S = (0.3, 2.5)
_LASTS_S = (1.0, 8.0)
_AT_ONCE = 3
_CUT_TOGETHER = (1, 1, 2, 3)


class What(StrEnum):
    CUT = "cut"  # cables or circuits
    KILL = "kill"  # a daemon
    RESTART = "restart"  # a router


@dataclass(frozen=True, slots=True)
class Failure:
    """Seconds since the start. ``names``: wires; node and daemon; or a device."""

    what: What
    names: tuple[str, ...]
    begin: float
    end: float


def schedule(plan: LabPlan, seconds: float, seed: int, spared: Iterable[str] = ()) -> tuple[Failure, ...]:
    """The failures of so many seconds, all over by then; at most three at a time, never two on one thing. ``spared``: wires left alone."""
    random = Random(seed)  # noqa: S311 - to be repeated, not to be guessed
    found: list[Failure] = []
    clock = _FIRST_S
    while clock + _LASTS_S[0] < seconds:
        end = min(clock + random.uniform(*_LASTS_S), seconds)
        going_on = [item for item in found if item.end > clock]
        names = _names(plan, random, frozenset(spared), going_on)
        if names is not None and len(going_on) < _AT_ONCE:
            found.append(Failure(*names, clock, end))
        clock += random.uniform(*_PAUSE_S)
    return tuple(found)


def _names(plan: LabPlan, random: Random, spared: frozenset[str], going_on: list[Failure]) -> tuple[What, tuple[str, ...]] | None:
    """None: it would hit what is down already."""
    what = random.choice(tuple(What))
    hit = {device for item in going_on for device in _devices(plan, item)}
    if what is What.CUT:
        cut = {name for item in going_on if item.what is What.CUT for name in item.names}
        wires = sorted(plan.wires.keys() - spared - cut)
        return (what, tuple(sorted(random.sample(wires, min(random.choice(_CUT_TOGETHER), len(wires)))))) if wires else None
    nodes = [node for node in plan.nodes if node.kind is Kind.ROUTER and node.daemons and node.device not in hit]
    if not nodes:
        return None
    node = random.choice(nodes)
    return (what, (node.name, random.choice(node.daemons))) if what is What.KILL else (what, (node.device,))


def _devices(plan: LabPlan, item: Failure) -> Iterator[str]:
    if item.what is not What.CUT:
        yield plan.by_name[item.names[0]].device if item.names[0] in plan.by_name else item.names[0]
