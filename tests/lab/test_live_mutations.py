"""A city that is broken while it runs: the probes see exactly those packets fare otherwise that the proof of what runs names.

About a minute: the lab of a small city comes up once, then each case changes one node, reads back what runs there, and sends probes.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

import pytest

from isolation_checks.forwarding.model import Fate
from isolation_checks.forwarding.trace import Tracer
from isolation_checks.packets.fields import TCP, Packet
from isolation_checks.prove import prove
from isolation_checks.verdicts import PacketWitness
from lab import control, kernel, netns
from lab.namespaces import inside, run
from lab.plan import LabPlan
from lab.planning import plan
from lab.probes.choose import Aim, Chosen, choose
from lab.probes.expect import Expected, expect
from lab.probes.fib import Kernels, compare
from lab.probes.hosts import speaking, taken
from lab.probes.judge import Judged, Places, Way, judge
from lab.probes.proof import Proof, of_running, with_running
from lab.probes.routes import own_addresses
from lab.probes.run import probe, senders
from lab.probes.wire import Probe
from lab.state import LabFolder
from tests.city import write_city
from topology.network import Network, load

MISSING = (
    "it needs root"
    if os.geteuid()
    else next((f"{tool} is missing" for tool in ("ip", "nft", "vtysh", "/usr/lib/frr/zebra") if shutil.which(tool) is None), "")
)
pytestmark = [pytest.mark.netns, pytest.mark.xdist_group("lab"), pytest.mark.skipif(bool(MISSING), reason=MISSING)]

NAME = f"live-{os.getpid()}"
AS_OF = date(2026, 12, 1)
BEFORE, MUTATED = 500, 120
"""Probes through the whole lab, and of those through a broken one."""
SYN = 2


@dataclass(frozen=True)
class Running:
    """A lab that is up, what the proof says of it, and a first round of probes that agreed."""

    network: Network
    plan: LabPlan
    folder: LabFolder
    proof: Proof
    tracer: Tracer
    first: tuple[Judged, ...]
    odd: frozenset[tuple[str, str]]  # routes that differ from the start: node, prefix

    def expect(self, tracer: Tracer, item: Chosen) -> Expected:
        return expect(tracer.trace, senders(self.plan, tracer)[item.probe.station], item)

    def send(self, tracer: Tracer, items: list[Chosen]) -> tuple[Judged, ...]:
        return probe(self.plan, items, tracer, taken(self.plan, self.proof.city)).results

    def found(self, wanted: Callable[[Judged], bool]) -> Judged:
        return next(item for item in self.first if not item.seen.copies and wanted(item))

    def nft(self, node: str, text: str) -> None:
        with inside(self.plan.node(node).namespace):
            run(["nft", "-f", "-"], text=text)

    def vtysh(self, node: str, *lines: str) -> None:
        run(
            [
                "vtysh",
                "--vty_socket",
                str(netns.folders(self.plan, self.folder)[node] / "run"),
                *(w for line in lines for w in ("-c", line)),
            ]
        )

    def restore(self, node: str) -> None:
        """The filters that it started with."""
        with inside(self.plan.node(node).namespace):
            run(["nft", "-f", str(netns.folders(self.plan, self.folder)[node] / "nftables.conf")])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    network = load(write_city(tmp_path_factory.mktemp("city") / "small", counties=1, townships=1, agencies=1))
    made = plan(network, NAME, network.design.names, kernel.detect())
    try:
        control.up(made, limit_s=90)
        proof = of_running(network, made, AS_OF, LabFolder(NAME))
        tracer = proof.tracer(proof.outage())
        of_devices = taken(made, proof.city)
        chosen = choose(proof.facts, speaking(made, of_devices), proof.configs, BEFORE)
        yield Running(network, made, LabFolder(NAME), proof, tracer, probe(made, chosen, tracer, of_devices).results, _different(proof))
    finally:
        control.down(NAME)


def test_nothing_differs_before(lab: Running) -> None:
    assert [item.chosen.probe.packet.text() for item in lab.first if not item.good] == []
    assert sum(bool(item.seen.end) for item in lab.first) > BEFORE // 10


# ------------------------------------------------------------------------------------------------------------ mutations


@dataclass(frozen=True)
class Broken:
    """What was changed: the device, how it is undone, and probes that it should concern. ``routes``: wait until they are there."""

    device: str
    undo: Callable[[], None]
    more: tuple[Chosen, ...] = ()
    routes: bool = False


@dataclass
class Subjects:
    """A declared packet and one that its first hop filters."""

    passing: Judged
    blocked: Judged
    firewall: str = field(default="")


def subjects(lab: Running) -> Subjects:
    def crosses(item: Judged) -> str:
        return next((name for name in item.seen.devices[1:] if lab.proof.city.forwarders[name].stateful), "")

    passing = lab.found(
        lambda item: item.seen.end == f"host.{item.chosen.target}" and item.chosen.aim is Aim.DECLARED
        and item.chosen.probe.packet.protocol == TCP and item.chosen.probe.station == f"host.{item.chosen.source}"
        and bool(crosses(item)) and len({course.devices[:2] for course in item.expected.courses}) == 1 and len(item.seen.devices) > 2
    )  # fmt: skip
    blocked = lab.found(
        lambda item: not item.seen.end and len(item.seen.devices) == 1 and item.expected.courses[0].fate is Fate.FILTERED
        and item.chosen.aim is Aim.UNDECLARED and not lab.proof.city.forwarders[item.seen.devices[0]].stateful
        and item.seen.devices[0] in lab.plan.by_name
    )  # fmt: skip
    return Subjects(passing, blocked, crosses(passing))


def _rule(lab: Running, device: str, chain: str, rule: str, *more: Chosen) -> Broken:
    lab.nft(device, f"insert rule ip filter {chain} {rule}\n")
    return Broken(device, lambda: lab.restore(device), more)


def _address(number: int) -> str:
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def everything_in(lab: Running, some: Subjects) -> Broken:
    return _rule(lab, some.blocked.seen.devices[0], "prerouting", "accept")


def one_host_in(lab: Running, some: Subjects) -> Broken:
    packet = some.blocked.chosen.probe.packet
    return _rule(lab, some.blocked.seen.devices[0], "prerouting", f"ip saddr {_address(packet.src)} accept", some.blocked.chosen)


def everything_through_the_firewall(lab: Running, some: Subjects) -> Broken:
    return _rule(lab, some.firewall, "forward", "tcp flags & (fin | syn | rst | ack) == syn accept")


def default_of_the_firewall(lab: Running, some: Subjects) -> Broken:
    lab.nft(some.firewall, "add chain ip filter forward { type filter hook forward priority filter; policy accept; }\n")
    return Broken(some.firewall, lambda: lab.restore(some.firewall))


def a_port_through_the_firewall(lab: Running, some: Subjects) -> Broken:
    """From a server behind it, whose first hop it is."""
    server = lab.found(
        lambda item: item.seen.devices[:1] == (some.firewall,) and not item.seen.end and item.expected.courses[0].fate is Fate.POLICY
    )
    packet = server.chosen.probe.packet._replace(protocol=TCP, sport=50001, dport=4444, flags=SYN, fragment=0)
    other = server.chosen._replace(probe=Probe(9001, server.chosen.probe.station, packet))
    beside = server.chosen._replace(probe=Probe(9002, server.chosen.probe.station, packet._replace(dport=4445)))
    return _rule(lab, some.firewall, "forward", "tcp dport 4444 accept", other, beside)


def a_server_cut_off(lab: Running, some: Subjects) -> Broken:
    target = some.passing.expected.courses[0].packet.dst
    return _rule(lab, some.firewall, "forward", f"ip daddr {_address(target)} drop", some.passing.chosen)


def answers_cut_off(lab: Running, some: Subjects) -> Broken:
    return _rule(lab, some.firewall, "forward", "tcp flags & (syn | ack) == syn | ack drop", some.passing.chosen)


def a_host_cut_off(lab: Running, some: Subjects) -> Broken:
    source = some.passing.chosen.probe.packet.src
    return _rule(lab, some.passing.seen.devices[0], "prerouting", f"ip saddr {_address(source)} drop", some.passing.chosen)


def _line(lab: Running, device: str, line: str, *more: Chosen, within: tuple[str, ...] = (), undo: str = "") -> Broken:
    lab.vtysh(device, "configure terminal", *within, line)
    return Broken(device, lambda: lab.vtysh(device, "configure terminal", *within, undo or f"no {line}"), more, routes=True)


def a_static_route_to_nowhere(lab: Running, some: Subjects) -> Broken:
    target = some.passing.expected.courses[0].packet.dst
    device = next(name for name in some.passing.seen.devices if "staticd" in lab.plan.node(name).daemons)
    return _line(lab, device, f"ip route {_address(target)}/32 blackhole", some.passing.chosen)


def a_dearer_way(lab: Running, some: Subjects) -> Broken:
    """The first hop's way towards the target costs more than any other."""
    device = some.passing.seen.devices[0]
    leaves = next(item.interface for item in some.passing.observed.forward if item.station == device and item.out)
    config = lab.plan.node(device).file("frr.conf")
    assert config is not None
    cost = re.search(rf"^interface {re.escape(leaves)}$.*?^ ip ospf cost (\d+)$", config.text, re.MULTILINE | re.DOTALL)
    assert cost is not None
    return _line(lab, device, "ip ospf cost 9000", some.passing.chosen, within=(f"interface {leaves}",), undo=f"ip ospf cost {cost[1]}")


def a_lan_shut(lab: Running, some: Subjects) -> Broken:
    device = some.passing.seen.devices[0]
    comes = next(item.interface for item in some.passing.observed.forward if item.station == device and not item.out)
    namespace = lab.plan.node(device).namespace

    def order(state: str) -> None:
        run(["ip", "-n", namespace, "link", "set", "dev", comes, state])

    order("down")
    return Broken(device, lambda: order("up"), (some.passing.chosen,), routes=True)


MUTATIONS = (
    everything_in, one_host_in, everything_through_the_firewall, default_of_the_firewall, a_port_through_the_firewall, a_server_cut_off,
    answers_cut_off, a_host_cut_off, a_static_route_to_nowhere, a_dearer_way,
    a_lan_shut,
)  # fmt: skip


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_probes_see_what_the_proof_of_the_broken_city_says(lab: Running, mutation: Callable[[Running, Subjects], Broken]) -> None:
    broken = mutation(lab, subjects(lab))
    try:
        proof = with_running(lab.proof, lab.network, lab.folder, [broken.device])
        tracer = proof.tracer(proof.outage())
        if broken.routes:
            _settle(lab, proof)
        before, after = _both(lab, tracer, [*broken.more, *(item.chosen for item in lab.first)])
        named = {number for number in before if _shows(lab, before[number][1]) != _shows(lab, after[number][1])}
        assert named, "the proof sees no difference"
        sent = [before[number][0] for number in [*sorted(named)[: MUTATED // 2], *(n for n in before if n not in named)][:MUTATED]]
        results = lab.send(tracer, sent)
    finally:
        broken.undo()
        if broken.routes:
            _settle(lab, lab.proof)
    assert [(item.chosen.probe.packet.text(), item.verdict) for item in results if not item.good] == []
    held = judge(lab.plan, sent, {item.chosen.probe.number: item.observed for item in results},
                 {item.probe.number: before[item.probe.number][1] for item in sent}, {})  # fmt: skip
    assert {item.chosen.probe.number for item in held if not item.good} == named & {item.probe.number for item in sent}


def _both(
    lab: Running, tracer: Tracer, items: list[Chosen]
) -> tuple[dict[int, tuple[Chosen, Expected]], dict[int, tuple[Chosen, Expected]]]:
    """Of each probe, what the proofs of the whole and of the broken city say, as far as both know."""
    found = {item.probe.number: (item, lab.expect(lab.tracer, item), lab.expect(tracer, item)) for item in items}
    known = {number: row for number, row in found.items() if not (row[1].doubtful or row[2].doubtful or row[0].probe.in_two)}
    return {number: row[:2] for number, row in known.items()}, {number: (row[0], row[2]) for number, row in known.items()}


def _shows(lab: Running, expected: Expected) -> tuple[frozenset[Way], bool | None]:
    """What the ears can tell apart. In the Internet nobody answers."""
    places = Places(lab.plan)
    ways = frozenset(way for course in expected.courses for way in places.ways(course))
    return ways, expected.answered if any(way.end.startswith("host.") for way in ways) else None


def _settle(lab: Running, proof: Proof) -> None:
    """Until the kernels have the routes that the proof computes, but for what differed at first."""
    deadline = time.monotonic() + 20
    while left := _different(proof) - lab.odd:
        assert time.monotonic() < deadline, left
        time.sleep(0.2)


def _different(proof: Proof) -> frozenset[tuple[str, str]]:
    with Kernels(proof.plan) as kernels:
        found = compare(proof.plan, proof.routing(proof.outage()), kernels.read(), own_addresses(proof))
    return frozenset((item.node, str(item.prefix)) for item in found.differences)


# -------------------------------------------------------------------------------------------------------------- witness


def test_a_witness_of_the_proof_passes_and_did_not_before(lab: Running) -> None:
    """The packet that a violated rule shows is sent as it stands."""
    some = subjects(lab)
    known = _witnesses(lab.proof)
    broken = everything_through_the_firewall(lab, some)
    try:
        proof = with_running(lab.proof, lab.network, lab.folder, [broken.device])
        fresh = [found for found in _witnesses(proof) if found not in known]
        sent = _as_probes(lab, fresh)
        assert sent
        tracer = proof.tracer(proof.outage())
        through = lab.send(tracer, sent)
    finally:
        broken.undo()
    whole = lab.send(lab.tracer, sent)
    assert any(item.seen.end for item in through)
    for item, again in zip(through, whole, strict=True):
        assert item.good, (item.chosen.probe, item.verdict, item.seen, item.expected, item.answered)
        assert again.good, (again.chosen.probe, again.verdict, again.seen, again.expected)
        if item.seen.end:
            assert not again.seen.end


def _witnesses(proof: Proof) -> list[PacketWitness]:
    report = prove(proof.facts, proof.snapshot, AS_OF, ["SVC-EXCESS", "LOG", "EGR-INBOUND", "EGR-OUTBOUND"], jobs=1)
    findings = [finding.witness for result in report.results for finding in result.findings]
    return [item for item in findings if isinstance(item, PacketWitness) and item.arrives and item.opened_by is None]


def _as_probes(lab: Running, witnesses: list[PacketWitness]) -> list[Chosen]:
    """Of those whose sender and target have a host in the lab."""
    stations = {sender: node for node, sender in senders(lab.plan, lab.tracer).items()}
    return [
        Chosen(Aim.UNDECLARED, item.source, item.target, Probe(number, stations[item.source], Packet(*item.packet)))
        for number, item in enumerate(witnesses, 20001)
        if item.source in stations and f"host.{item.target}" in lab.plan.by_name
    ]
