"""Routes while things fail: cables and circuits are cut and mended at random, and each time the kernels are held against the proof."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Generator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from random import Random

from lab import faults
from lab.convergence import POLL_S, QUIET_S
from lab.probes.fib import Compared, Fib, Kernels, compare
from lab.probes.proof import Proof
from lab.state import LabFolder

LIMIT_S = 60.0
"""So long the kernels may take: a neighbour that falls silent is given up after the dead interval, and a session after its hold time."""
_AT_ONCE = (1, 1, 2)
"""How many wires fail together."""


@dataclass(frozen=True, slots=True)
class State:
    """The lab at rest, with these wires cut. ``seconds``: how long the kernels took to come to it."""

    cut: tuple[str, ...]
    seconds: float
    compared: Compared


def own_addresses(proof: Proof) -> Mapping[tuple[str, str], frozenset[int]]:
    """By device and VRF, with virtual ones."""
    shared = proof.city.shared
    return {key: proof.city.own.get(key, frozenset()).union(shared.get(key, ())) for key in {*proof.city.own, *shared}}


def lost_channels(proof: Proof, cut: Collection[str]) -> frozenset[IPv4Network]:
    """The networks of VLANs on shared ports whose wire is cut.

    A device's subinterface stays up with its port, and its network with it. Where the kernel has a veth pair in the place of the VLAN, both
    go down, and nobody has a route to that network: it carries nothing either way.
    """
    circuits = {circuit.id for circuit in proof.facts.circuits}.intersection(cut)
    segments = [(link.a, link.b) for link in proof.plan.links] + [bridge.ends for bridge in proof.plan.bridges]
    broken = [ends for ends in segments if any(end.wires and circuits.issuperset(end.wires) for end in ends)]
    shared = {(end.node, end.interface) for ends in broken for end in ends if "." in end.interface}
    devices = {node.name: node.device for node in proof.plan.nodes}
    found = set()
    for node, interface in shared:
        config = proof.configs.get(devices[node])
        for item in config.interfaces if config is not None else ():
            if item.name == interface:
                found |= {IPv4Network((address.ip, address.length), strict=False) for address in item.addresses}
    return frozenset(found)


def states(
    proof: Proof,
    folder: LabFolder,
    failures: int,
    seed: int,
    limit_s: float = LIMIT_S,
    on_wait: Callable[[int, int], None] = lambda state, different: None,
) -> Generator[State, None, None]:
    """The lab as it is, then after each of so many failures and each recovery from it. What was cut before stays cut, also at the end.

    Raises LabError, OSError.
    """
    random, plan = Random(seed), proof.plan  # noqa: S311 - failures are drawn, not secrets
    before = faults.cuts(folder)
    wires = sorted(plan.wires.keys() - before)
    own = own_addresses(proof)
    with Kernels(plan) as kernels:
        number = 0

        def rest() -> State:
            nonlocal number
            number += 1
            return _at_rest(proof, folder, kernels, own, limit_s, lambda different: on_wait(number, different))

        yield rest()
        try:
            for _ in range(failures):
                faults.cut(plan, folder, random.sample(wires, min(random.choice(_AT_ONCE), len(wires))))
                yield rest()
                faults.mend(plan, folder, faults.cuts(folder) - before)
                yield rest()
        finally:
            faults.mend(plan, folder, faults.cuts(folder) - before)


def _at_rest(
    proof: Proof,
    folder: LabFolder,
    kernels: Kernels,
    own: Mapping[tuple[str, str], frozenset[int]],
    limit_s: float,
    on_wait: Callable[[int], None],
) -> State:
    """Waits until the kernels have stood still for a while as the proof says; what they have after ``limit_s`` counts."""
    cut = faults.cuts(folder)
    routing = proof.routing(proof.outage(cut))
    lost = lost_channels(proof, cut)
    begun = changed = time.monotonic()
    before: Mapping[str, Fib] = {}
    compared = Compared(0, 0, ())
    while True:
        now = kernels.read()
        clock = time.monotonic()
        if now != before:
            before, changed = now, clock
            compared = compare(proof.plan, routing, now, own, lost)
            on_wait(len(compared.differences))
        if (clock - changed >= QUIET_S and not compared.differences) or clock - begun > limit_s:
            return State(tuple(sorted(cut)), changed - begun, compared)
        time.sleep(POLL_S)
