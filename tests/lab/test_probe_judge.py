"""What was seen against what is proved: nothing that passes where it should stop is explained away."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from pathlib import Path

import pytest

from isolation_checks.forwarding.model import Fate
from isolation_checks.packets.fields import TCP, Packet
from lab.plan import File, Host, Kernel, Kind, LabPlan, Node
from lab.probes.choose import Aim, Chosen
from lab.probes.expect import Course, Expected
from lab.probes.fib import Way
from lab.probes.judge import Control, Verdict, judge
from lab.probes.wire import Observed, Probe, Sighting
from tasks.cli import main
from topology.facts import Realm

PACKET = Packet(0x0A000001, 0x0A000101, TCP, 40000, 22, 2)
LINKS = "link add dev vlan9v1 link vlan9 type macvlan mode bridge\naddress add 10.0.0.254/32 dev vlan9v1\n"


def _node(name: str, kind: Kind, links: str = "") -> Node:
    files = (File("links.ip", links, links),) if links else ()
    return Node(name, kind, name, Realm.OUTER, None, f"govnet.t.{name}", (), files, ())


def _host(party: str, address: str) -> Host:
    interface = IPv4Interface(address)
    return Host(party, f"host.{party}", f"govnet.t.host.{party}", "eth0", interface, IPv4Address("10.0.0.254"), (interface,))


PLAN = LabPlan(
    name="t",
    city="t",
    only=(),
    kernel=Kernel(),
    devices=("r1", "r2", "fw"),
    nodes=(
        _node("r1", Kind.ROUTER, LINKS),
        _node("r2", Kind.ROUTER, LINKS),
        _node("fw", Kind.ROUTER, LINKS.replace("10.0.0.254", "10.0.1.254")),
        _node("host.a", Kind.HOST),
        _node("host.b", Kind.HOST),
    ),
    links=(),
    bridges=(),
    peers=(),
    hosts=(_host("a", "10.0.0.1/24"), _host("b", "10.0.1.1/24")),
    ferries=(),
    replaced=(),
    unplugged=(),
    without_host=(),
)


def _heard(*places: tuple[str, str, int]) -> tuple[Sighting, ...]:
    """The sender's own, then (node, interface, TTL) of each that took it in."""
    sent = Sighting("host.a", "eth0", True, PACKET, 64, 0.0)
    return (sent, *(Sighting(node, interface, False, PACKET, ttl, 0.0) for node, interface, ttl in places))


def _blocked(*devices: str) -> Expected:
    return Expected((Course(devices, Fate.FILTERED, devices[-1], PACKET, arrived=False),), doubtful=False, answered=None)


def _passes(*devices: str) -> Expected:
    return Expected((Course(devices, Fate.DELIVERED, "b", PACKET, arrived=True),), doubtful=False, answered=None)


def _verdict(expected: Expected, *places: tuple[str, str, int]) -> Verdict:
    """In a run in which another probe came through, so that both ends are known to work."""
    chosen = [Chosen(Aim.UNDECLARED, "a", "b", Probe(number, "host.a", PACKET)) for number in (1, 2)]
    seen = {1: Observed(_heard(*places)), 2: Observed(_heard(("r1", "vlan9v1", 64), ("host.b", "eth0", 63)))}
    found = judge(PLAN, chosen, seen, {1: expected, 2: _passes("r1")}, {})
    assert found[1].verdict is Verdict.AGREES
    return found[0].verdict


def test_as_proved() -> None:
    assert _verdict(_blocked("r1"), ("r1", "vlan9v1", 64)) is Verdict.AGREES
    assert _verdict(_passes("r1"), ("r1", "vlan9v1", 64), ("host.b", "eth0", 63)) is Verdict.AGREES


def test_what_arrives_against_the_proof_is_forbidden() -> None:
    assert _verdict(_blocked("r1"), ("r1", "vlan9v1", 64), ("host.b", "eth0", 63)) is Verdict.FORBIDDEN


def test_what_does_not_arrive_is_lost() -> None:
    assert _verdict(_passes("r1"), ("r1", "vlan9v1", 64)) is Verdict.LOST


def test_a_packet_stopped_before_its_place_is_elsewhere() -> None:
    assert _verdict(_blocked("r1", "fw"), ("r1", "vlan9v1", 64)) is Verdict.ELSEWHERE


def test_a_standby_that_hears_a_flooded_packet_is_a_copy() -> None:
    assert _verdict(_blocked("r1"), ("r1", "vlan9v1", 64), ("r2", "vlan9v1", 64)) is Verdict.AGREES


def test_a_packet_that_gets_further_is_no_copy_even_where_gateways_are_virtual() -> None:
    assert _verdict(_blocked("r1"), ("r1", "vlan9v1", 64), ("fw", "vlan9v1", 63)) is Verdict.ELSEWHERE
    assert _verdict(_blocked("r1"), ("r1", "vlan9v1", 64), ("r2", "vlan9v1", 64), ("fw", "vlan9v1", 63)) is Verdict.ELSEWHERE


def test_a_standby_alone_is_not_the_gateway() -> None:
    assert _verdict(_blocked("r1"), ("r2", "vlan9v1", 64)) is Verdict.ELSEWHERE


def test_a_dead_listener_is_no_isolation() -> None:
    chosen = Chosen(Aim.UNDECLARED, "a", "b", Probe(1, "host.a", PACKET))
    found = judge(PLAN, [chosen], {1: Observed(_heard(("r1", "vlan9v1", 64)))}, {1: _blocked("r1")}, {})[0]
    assert (found.verdict, found.control) == (Verdict.UNCONFIRMED, Control.NONE)


def test_a_route_where_the_proof_says_there_is_none_is_noticed() -> None:
    expected = Expected((Course(("r1",), Fate.NO_ROUTE, "r1", PACKET, arrived=False),), doubtful=False, answered=None)
    chosen = Chosen(Aim.UNDECLARED, "a", "b", Probe(1, "host.a", PACKET))
    seen = {1: Observed(_heard(("r1", "vlan9v1", 64)))}
    kernel = {IPv4Network("10.0.1.0/24"): frozenset({Way("eth1", None)})}
    assert judge(PLAN, [chosen], seen, {1: expected}, {"r1": kernel})[0].verdict is Verdict.ELSEWHERE
    assert judge(PLAN, [chosen], seen, {1: expected}, {"r1": {}})[0].verdict is Verdict.UNCONFIRMED


@pytest.mark.parametrize("verb", ["probe", "routes"])
def test_a_lab_that_is_not_there_is_bad_input(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "lab", verb, "--name", "no-such-lab"]) == 2
    assert "lab" in capsys.readouterr().err


def test_a_report_of_another_kind_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "en", "lab", "probe", "--report", str(tmp_path / "x.txt")]) == 2
    assert ".json or .xml" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
