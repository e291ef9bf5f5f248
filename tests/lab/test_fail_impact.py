"""A circuit that is cut in a running lab breaks just what `govnet impact` says of it. About forty seconds."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from random import Random

import pytest

from isolation_checks.forwarding.impact import impact
from isolation_checks.forwarding.work import Work
from lab import control, faults, kernel
from lab.failing.run import Judge, answerable
from lab.plan import LabPlan
from lab.planning import plan
from lab.probes.choose import Aim, Chosen, choose
from lab.probes.fib import Kernels, compare
from lab.probes.hosts import prepare, speaking, stations, taken
from lab.probes.proof import Proof, of_rendered
from lab.probes.routes import lost_channels, own_addresses
from lab.probes.run import senders
from lab.probes.wire import Probe, Wire, listening
from lab.state import LabFolder
from topology.network import load

MISSING = (
    "it needs root"
    if os.geteuid()
    else next((f"{tool} is missing" for tool in ("ip", "nft", "/usr/lib/frr/zebra") if shutil.which(tool) is None), "")
)
pytestmark = [pytest.mark.netns, pytest.mark.xdist_group("lab"), pytest.mark.skipif(bool(MISSING), reason=MISSING)]

CITY = Path(__file__).parents[2] / "topology" / "starter"
NAME = f"impact-{os.getpid()}"
BATCH, LIMIT_S = 40, 60.0


@pytest.fixture(scope="module")
def proof() -> Iterator[Proof]:
    network = load(CITY)
    try:
        lab = control.up(plan(network, NAME, network.design.names, kernel.detect()), limit_s=90).plan
        yield of_rendered(network, lab, date(2026, 12, 1))
    finally:
        control.down(NAME)


def test_what_a_cut_circuit_breaks_is_what_impact_says(proof: Proof) -> None:
    lab, folder = proof.plan, LabFolder(NAME)
    base = _work(proof)
    circuits = sorted(circuit.id for circuit in proof.facts.circuits if circuit.id in lab.wires)
    chosen = Random(4).sample(circuits, 3)
    breaking = next(wire for wire in circuits if impact(base, _work(proof, wire)).broken)
    tracer = proof.tracer(proof.outage())
    names = senders(lab, tracer)
    of_devices = taken(lab, proof.city)
    declared = [item for item in choose(proof.facts, speaking(lab, of_devices), proof.configs, 20_000) if item.aim is Aim.DECLARED]
    probes = answerable(proof, declared, of_devices)
    judge = Judge(lab, proof, names)
    prepare(lab, of_devices)
    with listening(stations(lab)) as wire, Kernels(lab) as kernels:
        _send(wire, judge, probes, 0)  # resolves addresses
        before = _send(wire, judge, probes, 1)
        assert len(before) > 100
        for turn, circuit in enumerate(dict.fromkeys((breaking, *chosen)), 2):
            faults.cut(lab, folder, [circuit])
            try:
                _rest(proof, kernels, circuit)
                lost = {_pair(names, probes[number]) for number in before - _send(wire, judge, probes, turn)}
            finally:
                faults.mend(lab, folder)
            known = {_pair(names, probes[number]) for number in before}
            broken = {(change.demand.source.name, change.demand.target.party) for change in impact(base, _work(proof, circuit)).broken}
            assert lost == broken & known, circuit
            assert lost or circuit != breaking
            _rest(proof, kernels)


def _work(proof: Proof, *cut: str) -> Work:
    return proof.case.exact.under(proof.routing(proof.outage(cut)))


def _pair(names: dict[str, str], item: Chosen) -> tuple[str, str]:
    return names[item.probe.station], item.target


def _send(wire: Wire, judge: Judge, probes: Sequence[Chosen], turn: int) -> set[int]:
    """Places in the list of those that were answered."""
    wire.forget()
    for place, item in enumerate(probes):
        port = 32768 + (item.probe.packet.sport + 11 * turn) % 32768
        packet = item.probe.packet if not item.probe.packet.sport else item.probe.packet._replace(sport=port)
        wire.send(Probe(turn << 24 | place, item.probe.station, packet))
        if place % BATCH == 0:
            wire.listen(0.01)
    wire.listen(1.5)
    found = set()
    for place, item in enumerate(probes):
        seen = wire.observed(turn << 24 | place)
        if any(not one.out and one.station == item.probe.station for one in seen.back) or any(
            not one.out and judge.arrives(one.station, one.packet) for one in seen.forward
        ):
            found.add(place)
    return found


def _rest(proof: Proof, kernels: Kernels, *cut: str) -> None:
    """Until the kernels have the routes that the proof computes, and bridges have forgotten who was where."""
    routing, own, lost = proof.routing(proof.outage(cut)), own_addresses(proof), lost_channels(proof, cut)
    deadline = time.monotonic() + LIMIT_S
    while found := compare(proof.plan, routing, kernels.read(), own, lost).differences:
        assert time.monotonic() < deadline, found[:3]
        time.sleep(0.3)
    time.sleep(1.0)


def test_the_lab_is_whole_city(proof: Proof) -> None:
    lab: LabPlan = proof.plan
    assert not lab.unplugged, "else impact would speak of another network"
