"""Traces on small networks with routing tables by hand: every way that a packet can end, and the lines that say so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from isolation_checks.forwarding.model import Fate, Kind, Trace
from isolation_checks.packets.fields import Packet
from isolation_checks.snapshot import Action, LastHop, Match, Ref, Rule
from tests.isolation_checks.forwarding.hand import tracer, worked
from tests.isolation_checks.networks import Network, chain, filtered, firewall, hook, ip, net, rule, translated
from topology.facts import Attachment

SYN, ACK = 2, 16


def packet(source: str = "10.1.0.10", target: str = "10.2.0.10", dport: int = 80, flags: int = SYN) -> Packet:
    return Packet(ip(source), ip(target), 6, 50000, dport, flags)


def line(**extra: Any) -> Network:
    """a - r1 - r2 - b; ``into`` and ``out`` are filters at r2's two ports."""
    network = Network()
    network.device("r1")
    network.device("r2", *extra.pop("filters", ()), **extra.pop("device", {}))
    a = network.port("r1", "10.1.0.1/24")
    network.link(network.port("r1", "10.9.0.1/30"), network.port("r2", "10.9.0.2/30", into=extra.pop("into", "")))
    b = network.port("r2", "10.2.0.1/24", out=extra.pop("out", ""))
    network.party("a", "10.1.0.0/24", a)
    network.party("b", "10.2.0.0/24", b)
    network.flow("a", "b", "tcp", 80)
    return network


ROUTES = {"r1": ["10.2.0.0/24 p2 10.9.0.2"], "r2": ["10.1.0.0/24 p1 10.9.0.1"]}


def traced(network: Network, what: Packet | None = None, source: str = "a", **routes: list[str]) -> Trace:
    return tracer(network.case(), **(ROUTES | routes)).trace(source, what or packet())


def test_a_packet_arrives_and_its_answer_comes_back_with_the_lines_that_say_so() -> None:
    found = traced(line())
    assert found.passes
    (forward,), (back,) = found.forward, found.back
    assert (forward.fate, forward.end, forward.devices) == (Fate.DELIVERED, "b", ("r1", "r2"))
    assert (back.fate, back.end, back.devices) == (Fate.DELIVERED, "a", ("r2", "r1"))
    assert back.packet.flags == SYN | ACK
    routes = [item for item in forward.decisions if item.kind is Kind.ROUTE]
    assert [str(item.refs[0]) for item in routes] == ["r1.cfg:100", "r2.cfg:2"]
    assert next(step.at for step in forward.steps()) == "a"


def test_no_route_a_discard_route_and_a_loop() -> None:
    missing = traced(line(), r1=[])
    assert not missing.passes
    assert (missing.forward[0].fate, missing.forward[0].end) == (Fate.NO_ROUTE, "r1")
    discard = traced(line(), r1=["10.2.0.0/16 discard"])
    assert discard.forward[0].fate is Fate.DISCARDED
    assert str(discard.forward[0].refs[-1]) == "r1.cfg:100"
    loop = traced(line(), packet(target="10.3.0.10"), r1=["10.3.0.0/24 p2 10.9.0.2"], r2=["10.3.0.0/24 p1 10.9.0.1"])
    assert loop.forward[0].fate is Fate.LOOP


def test_an_answer_without_a_route_back_is_no_pass() -> None:
    found = traced(line(), r2=[])
    assert found.forward[0].arrived
    assert not found.passes
    assert found.back[0].fate is Fate.NO_ROUTE


def test_a_next_hop_that_nobody_has_and_an_address_that_nobody_has() -> None:
    assert traced(line(), r1=["10.2.0.0/24 p2 10.9.0.3"]).forward[0].fate is Fate.UNREACHABLE
    nobody = traced(line(), packet(target="10.9.1.5"), r1=["10.9.1.0/24 p2"])
    assert nobody.forward[0].fate is Fate.NOBODY


def test_filters_at_the_way_in_and_out() -> None:
    closed = filtered("F", [rule(Action.DENY, 7, Match(dports=((80, 80),), protocols=((6, 6),)))], Action.PERMIT)
    into = traced(line(filters=(closed,), into="F"))
    assert into.forward[0].fate is Fate.FILTERED
    last = into.forward[0].decisions[-1]
    assert (last.at, str(last.refs[0]), last.interface) == ("r2", "x.cfg:7", "p1")
    assert traced(line(filters=(closed,), out="F")).forward[0].fate is Fate.FILTERED
    assert traced(line(filters=(closed,), out="F"), packet(dport=443)).passes


def test_a_condition_that_nobody_knows_is_a_doubt() -> None:
    sometimes = rule(Action.PERMIT, 7)._replace(conditional=True)
    found = traced(line(filters=(filtered("F", [sometimes]),), into="F"))
    assert found.forward[0].arrived
    assert found.doubts
    assert traced(line(into="nowhere")).doubts


def test_all_of_equal_routes_are_followed() -> None:
    network = line()
    network.device("r3")
    network.link(network.port("r1", "10.8.0.1/30"), network.port("r3", "10.8.0.2/30"))
    found = traced(network, r1=["10.2.0.0/24 p2 10.9.0.2", "10.2.0.0/24 p3 10.8.0.2"])
    assert [branch.fate for branch in found.forward] == [Fate.DELIVERED, Fate.NO_ROUTE]
    assert not found.passes


def zoned(*rules: Any, **extra: Any) -> Network:
    zones = firewall({"inside": ["p2"], "outside": ["p1"]}, *rules)
    return line(device={"firewall": zones, **extra})


def test_a_firewall_lets_answers_through_by_their_session_alone() -> None:
    network = zoned((Action.PERMIT, "outside", "inside", Match(dst=(net("10.2.0.0/24"),))))
    assert traced(network).passes
    assert any(item.kind is Kind.SESSION for item in traced(network).back[0].decisions)
    stray = traced(network, packet("10.2.0.10", "10.1.0.10", flags=ACK), "b")
    assert stray.forward[0].fate is Fate.NO_SESSION
    assert traced(zoned()).forward[0].fate is Fate.POLICY


def test_a_stray_packet_is_what_the_chains_make_of_it() -> None:
    """nftables: without a session it is the rest of a session from before, unless the kernel is told to be strict; then it is invalid."""
    established = rule(Action.PERMIT, 1, Match(states=("established", "related")))
    invalid = rule(Action.DENY, 2, Match(states=("invalid",)))
    web = rule(Action.PERMIT, 3, Match(protocols=((6, 6),), dports=((80, 80),)))

    def fate(*rules: Rule, **extra: Any) -> Fate:
        network = line(filters=(chain("forward", rules),), device={"hooks": (hook("forward", "forward"),), **extra})
        assert traced(network).forward[0].fate is Fate.DELIVERED  # what opens a session passes in any case
        return traced(network, packet(flags=ACK)).forward[0].fate

    strict = {"facts": (("tcp_loose", "0"),)}
    assert fate(established, invalid, web) is Fate.DELIVERED
    assert fate(established, invalid, web, **strict) is Fate.POLICY
    assert fate(established, web, **strict) is Fate.DELIVERED


def test_an_answer_past_another_firewall_is_lost() -> None:
    allowed = (Action.PERMIT, None, None, Match())
    network = zoned(allowed)
    network.device("r3", firewall=firewall({"inside": ["p2"], "outside": ["p1"]}, allowed))
    network.link(network.port("r1", "10.8.0.1/30"), network.port("r3", "10.8.0.2/30"))
    b = Attachment("r2", "p2")
    network.link(b, network.port("r3", "10.2.0.2/24"))
    found = traced(network, r2=["10.1.0.0/24 p2 10.2.0.2"], r3=["10.1.0.0/24 p1 10.8.0.1"])
    assert [branch.fate for branch in found.back] == [Fate.NO_SESSION] * len(found.back)
    assert not found.passes


def two_ways(last_hop: LastHop | None) -> Network:
    """``a`` comes to the firewall r2 by r1; r2's table leads back by r3, which is in another zone."""
    zones = firewall({"inside": ["p2"], "one": ["p1"], "other": ["p3"]}, (Action.PERMIT, "one", "inside", Match()))
    network = line(device={"firewall": zones})
    network.device("r3")
    network.link(network.port("r3", "10.8.0.1/30"), network.port("r2", "10.8.0.2/30"))
    config = network.configs["r2"]
    first, *rest = config.interfaces
    network.configs["r2"] = replace(config, interfaces=(replace(first, last_hop=last_hop), *rest))
    return network


BACK_BY_R3 = ["10.1.0.0/24 p3 10.8.0.1"]


@pytest.mark.parametrize("address", [ip("10.9.0.1"), None])
def test_an_answer_leaves_by_the_interface_that_keeps_where_its_session_came_from(address: int | None) -> None:
    lost = traced(two_ways(None), r2=BACK_BY_R3)
    assert {branch.fate for branch in lost.back} == {Fate.NO_SESSION}
    kept = traced(two_ways(LastHop(address, Ref("r2.cfg", 7))), r2=BACK_BY_R3)
    assert kept.passes
    assert [branch.devices for branch in kept.back] == [("r2", "r1")]
    assert Ref("r2.cfg", 7) in kept.back[0].refs
    for network, passes in ((two_ways(None), False), (two_ways(LastHop(address, Ref("r2.cfg", 7))), True)):
        assert worked(network.case(), **(ROUTES | {"r2": BACK_BY_R3})).met[0].passes is passes


def test_an_answer_to_a_neighbour_that_is_gone_is_lost_whatever_the_table_says() -> None:
    gone = traced(two_ways(LastHop(ip("10.9.0.3"), Ref("r2.cfg", 7))), r2=BACK_BY_R3)
    assert {branch.fate for branch in gone.back} == {Fate.UNREACHABLE}


def test_a_translated_source_is_translated_back() -> None:
    network = zoned((Action.PERMIT, "outside", "inside", Match()), source_nat=(translated("N", "10.1.0.0/24", "10.2.0.200"),))
    found = traced(network)
    assert found.forward[0].packet.src == ip("10.2.0.200")
    assert any(item.kind is Kind.TRANSLATION for item in found.forward[0].decisions)


def test_a_reverse_path_check_goes_by_the_table() -> None:
    network = line()
    config = network.configs["r2"]
    first, *rest = config.interfaces
    network.configs["r2"] = replace(config, interfaces=(replace(first, urpf="strict"), *rest))
    assert traced(network).forward[0].arrived
    assert traced(network, r2=["10.1.0.0/24 p2 10.2.0.77"]).forward[0].fate is Fate.REVERSE_PATH


def test_a_device_sends_and_gets() -> None:
    found = traced(line(), packet("10.9.0.1", "10.2.0.1"), "r1")
    assert (found.forward[0].fate, found.forward[0].end) == (Fate.LOCAL, "r2")
    assert found.passes
