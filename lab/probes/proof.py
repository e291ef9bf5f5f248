"""What exact forwarding says of a lab: of the configs that it was made from or that it runs, with everything down that is not in it."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from isolation_checks.case import Case
from isolation_checks.forwarding.plane import City, Plane
from isolation_checks.forwarding.trace import Tracer
from isolation_checks.reach.forwarder import forwarders
from isolation_checks.reach.senders import senders
from isolation_checks.reading.folder import read_folder
from isolation_checks.routing.model import Outage, Routing
from isolation_checks.snapshot import DeviceConfig, Snapshot
from lab.configs import Files, render
from lab.errors import PrerequisiteError
from lab.plan import Kind, LabPlan
from lab.pull import pull
from lab.state import LabFolder
from templates.bench import Bench
from topology.facts import Facts
from topology.i18n import T
from topology.network import Network
from topology.stand_in import stand_in, stands_in


@dataclass(frozen=True)
class Proof:
    """The model that a lab is held against. ``facts`` speak of the stand-ins' ports where the configs do."""

    plan: LabPlan
    facts: Facts
    snapshot: Snapshot
    as_of: date

    @cached_property
    def case(self) -> Case:
        return Case(self.facts, self.snapshot, self.as_of)

    @property
    def configs(self) -> Mapping[str, DeviceConfig]:
        return self.case.configs

    @cached_property
    def city(self) -> City:
        base = self.case.engine.base.layer2
        return City(self.facts, forwarders(self.configs, base), senders(self.facts, base), base)

    def outage(self, cut: Iterable[str] = (), dead: Iterable[str] = ()) -> Outage:
        """What is not in the lab, and what is cut (cables and circuits) or dead (devices) in it."""
        there = frozenset(self.plan.devices)
        peers = {circuit for peer in self.plan.peers for circuit in peer.circuits}
        cut = frozenset(cut)
        absent = {circuit.id for circuit in self.facts.circuits if circuit.peer is not None and circuit.id not in peers}
        return Outage(
            frozenset(device.name for device in self.facts.devices if device.name not in there).union(dead),
            frozenset(cable.id for cable in self.facts.cables if cable.id in cut),
            frozenset(circuit.id for circuit in self.facts.circuits if circuit.id in cut) | absent,
        )

    def routing(self, outage: Outage) -> Routing:
        return self.case.engine.under(outage)

    def tracer(self, outage: Outage) -> Tracer:
        return Tracer(Plane(self.city, self.routing(outage)))


def of_rendered(network: Network, plan: LabPlan, as_of: date) -> Proof:
    """Of the stand-ins as ``govnet render --stand-in`` writes them. Raises PrerequisiteError where they are no longer what the lab runs,
    InventoryError.
    """
    return _read(network, plan, as_of, {**_flat(_files(network, plan)), **_layer2(network, plan)})


def of_running(network: Network, plan: LabPlan, as_of: date, folder: LabFolder) -> Proof:
    """Of what daemons and kernels have this moment. Raises PrerequisiteError, LabError."""
    return _read(network, plan, as_of, {**pull(plan, folder, _files(network, plan)), **_layer2(network, plan)})


def with_running(proof: Proof, network: Network, folder: LabFolder, devices: Collection[str]) -> Proof:
    """The same, with what these devices have this moment. Raises PrerequisiteError, LabError."""
    # all nodes stay, since their folders are numbered; those that are not asked for are passed over as hosts are
    nodes = tuple(node if node.device in devices else replace(node, kind=Kind.HOST) for node in proof.plan.nodes)
    plan = replace(proof.plan, nodes=nodes)
    fresh = {config.folder: config for config in _snapshot(pull(plan, folder, _files(network, plan))).devices}
    configs = tuple(fresh.get(config.folder, config) for config in proof.snapshot.devices)
    return Proof(proof.plan, proof.facts, replace(proof.snapshot, devices=configs), proof.as_of)


def _snapshot(texts: Mapping[str, str]) -> Snapshot:
    with tempfile.TemporaryDirectory(prefix="govnet-") as scratch:
        for name, text in texts.items():
            path = Path(scratch, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return read_folder(Path(scratch), 2)


def _read(network: Network, plan: LabPlan, as_of: date, texts: Mapping[str, str]) -> Proof:
    snapshot = _snapshot(texts)
    routing = _routing(plan)
    replaced = {device.name for device in network.facts.devices if device.name in routing and stands_in(device)}
    return Proof(plan, stand_in(network.facts, replaced), snapshot, as_of)


def _routing(plan: LabPlan) -> Collection[str]:
    return {node.device for node in plan.nodes if node.kind in (Kind.ROUTER, Kind.HOST_UNIT)}


def _flat(files: Mapping[str, Files]) -> dict[str, str]:
    return {f"{device}/{name}": text for device, texts in files.items() for name, text in texts.items()}


def _files(network: Network, plan: LabPlan) -> dict[str, Files]:
    """The complete files of the nodes' devices. Raises PrerequisiteError where the inventory has changed since the lab was started."""
    devices = sorted(_routing(plan))
    gone = sorted(set(devices) - set(network.design.names))
    files = render(network.design, [device for device in devices if device not in gone])
    changed = {
        node.device
        for node in plan.nodes
        for file in node.files
        if node.device in files and node.vrf is None and file.name == "nftables.conf" and file.rendered != files[node.device][file.name]
    }
    if gone or changed:
        raise PrerequisiteError(
            T(
                "The inventory has changed since the lab {name} was started ({names}): name that one with --city, or start the lab anew.",
                name=plan.name,
                names=", ".join(sorted({*gone, *changed})[:6]),
            )
        )
    return files


def _layer2(network: Network, plan: LabPlan) -> dict[str, str]:
    """The configs of pure layer 2, which runs nothing in a lab."""
    bench, found = Bench(), {}
    for device in sorted(set(plan.devices) - set(_routing(plan))):
        found.update({file.name: file.text for file in bench.render(network.design.device(device)).files})
    return found
