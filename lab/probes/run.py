"""One round of probes through a lab that is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from isolation_checks.forwarding.trace import Tracer
from lab.plan import LabPlan
from lab.probes.choose import Chosen
from lab.probes.expect import expecting
from lab.probes.fib import Kernels
from lab.probes.hosts import Taken, prepare, stations
from lab.probes.judge import Judged, judge
from lab.probes.wire import Observed, Wire, listening

BATCH = 50
"""Probes on their way at once: more, and queues of small kernels drop what no filter did."""
SETTLE_S = 1.0
"""How long the last packets get to arrive: address resolution takes up to a second where the first question is lost."""

Step = Callable[[int, int], None]
"""(probes sent, probes computed) so far."""


@dataclass(frozen=True, slots=True)
class Round:
    """What came of one round; ``seconds``: of preparing, sending and waiting for the proof's answers."""

    results: tuple[Judged, ...]
    refused: Mapping[int, str]  # probes that the sender's own kernel would not take, with its reason
    seconds: Mapping[str, float]


def senders(plan: LabPlan, tracer: Tracer) -> dict[str, str]:
    """Host's node -> who sends from it in the words of the proof: the party, or what is behind one peer."""
    slugs = {peer.node: peer.slug for peer in plan.peers}
    found = {}
    for host in plan.hosts:
        behind = f"{host.party}/{slugs[host.peer]}" if host.peer is not None else host.party
        found[host.node] = behind if behind in tracer.city.sender_of else host.party
    return found


def probe(plan: LabPlan, chosen: Sequence[Chosen], tracer: Tracer, of_devices: Taken, step: Step = lambda sent, computed: None) -> Round:
    """Send all, listen everywhere, and judge.

    Raises LabError where a namespace cannot be prepared, OSError where one cannot be entered.
    """
    begun = time.monotonic()
    with expecting(tracer.trace, senders(plan, tracer), chosen) as expected:
        prepare(plan, of_devices)
        prepared = time.monotonic()
        with Kernels(plan) as tables:
            kernels = tables.read()
        with listening(stations(plan)) as wire:
            seen = _sent(wire, chosen, lambda sent: step(sent, expected.done))
            refused = dict(wire.refused)
        sent = time.monotonic()
        answers = expected.wait(lambda computed: step(len(chosen), computed))
    results = judge(plan, chosen, seen, answers, kernels)
    seconds = {"prepare": prepared - begun, "send": sent - prepared, "proof": time.monotonic() - sent}
    return Round(results, refused, seconds)


def _sent(wire: Wire, chosen: Sequence[Chosen], on_done: Callable[[int], None]) -> dict[int, Observed]:
    for number, item in enumerate(chosen, 1):
        wire.send(item.probe)
        if number % BATCH == 0:
            wire.listen(0)
            on_done(number)
    wire.listen(SETTLE_S)
    return {item.probe.number: wire.observed(item.probe.number) for item in chosen}
