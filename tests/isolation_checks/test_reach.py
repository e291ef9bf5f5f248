"""Tier T1 on small networks: against an oracle that floods single packets, and by hand."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isolation_checks.case import Case
from isolation_checks.packets.fields import Packet
from isolation_checks.reach.reach import Kind
from isolation_checks.snapshot import (
    ESTABLISHED,
    Action,
    Applied,
    DestinationNat,
    Management,
    Match,
    Names,
    Ref,
    Service,
    SourceNat,
    VrfLeak,
)
from tests.isolation_checks.networks import Network, chain, filtered, firewall, flood, hook, ip, net, rule, served, translated

EXAMPLES = int(os.environ.get("REACH_EXAMPLES", "80"))
LANS = ("10.1.0.0/24", "10.2.0.0/24", "10.3.0.0/24")
HOSTS = ("10.1.0.10", "10.2.0.10", "10.3.0.10", "203.0.113.7", "8.8.8.8")
UNIVERSE = [
    Packet(ip(src), ip(dst), protocol, sport, dport, flags)
    for src, dst in product(HOSTS, HOSTS)
    for sport, dport in ((5000, 80), (80, 5000))
    for protocol, flags in ((6, 2), (6, 16), (17, 0))
    if src != dst
]

address_sets = st.one_of(st.none(), st.sampled_from([*LANS, "10.0.0.0/14", "203.0.113.7/32"]).map(lambda text: (net(text),)))
services = st.sampled_from(
    [
        {},
        {"protocols": ((6, 6),)},
        {"protocols": ((6, 6),), "dports": ((80, 80),)},
        {"protocols": ((6, 6),), "sports": ((80, 80),), "flags": ESTABLISHED},
        {"protocols": ((17, 17),), "dports": ((80, 80),)},
    ]
)
matches = st.builds(lambda src, dst, more: Match(src=src, dst=dst, **more), address_sets, address_sets, services)
actions = st.sampled_from([Action.PERMIT, Action.PERMIT, Action.DENY])
filters = st.lists(st.tuples(actions, matches), max_size=4).map(
    lambda rows: [rule(action, number, match) for number, (action, match) in enumerate(rows)]
)


@st.composite
def networks(draw: st.DrawFn) -> Case:
    """Two or three LANs on two routers behind a third, which may be a firewall with zones and translations; then the Internet."""
    build = Network()
    own = {name: filtered(name, draw(filters), draw(st.sampled_from([Action.DENY, Action.PERMIT]))) for name in ("a", "b", "c")}
    names = st.sampled_from(["", "a", "b", "c"])
    zones = draw(st.booleans())
    policy = [(draw(actions), draw(st.sampled_from([None, "in1", "outside"])), draw(st.sampled_from([None, "in2", "outside"])), draw(matches))  # noqa: E501
              for _ in range(draw(st.integers(0, 3)))]  # fmt: skip
    for device in ("r1", "r2"):
        build.device(device, *own.values())
    middle: dict[str, Any] = {"firewall": firewall({"in1": ["p1"], "in2": ["p2"], "outside": ["p3"]}, *policy)} if zones else {}
    if zones and draw(st.booleans()):
        middle["source_nat"] = (translated("out", "10.1.0.0/24", "203.0.113.7"),)
    if zones and draw(st.booleans()):
        middle["destination_nat"] = (served("web", "203.0.113.7", "10.2.0.10"),)
    build.device("m", *own.values(), **middle)
    for number, router in enumerate(("r1", "r2")):
        lan = build.port(router, f"10.{number + 1}.0.1/24", draw(names), draw(names))
        build.party(f"lan{number + 1}", LANS[number], lan)
        build.link(
            build.port(router, f"10.9.{number}.1/30", draw(names), draw(names)),
            build.port("m", f"10.9.{number}.2/30", draw(names), draw(names)),
        )
    if draw(st.booleans()):
        build.party("lan3", LANS[2], build.port("r2", "10.3.0.1/24", draw(names), draw(names)))
    build.internet(build.port("m", "203.0.113.1/24", draw(names), draw(names)))
    return build.case()


states = st.sampled_from([None, None, ("new",), ("established", "related"), ("invalid",)])
places = st.sampled_from([None, None, Names(("p1",)), Names(("p2",)), Names(("p3",), negated=True)])
chained = st.builds(
    lambda match, state, came, went: match._replace(states=state, in_interfaces=came, out_interfaces=went), matches, states, places, places
)


@st.composite
def hosts(draw: st.DrawFn) -> Case:
    """Three LANs and the Internet on one Linux host with VRFs, leaks between them, and a forward chain that may track connections."""
    build = Network()
    vrfs = st.sampled_from([None, "a", "b"])
    rows = draw(st.lists(st.tuples(actions, chained), max_size=5))
    rules = [rule(action, number, match) for number, (action, match) in enumerate(rows)]
    leaks = draw(st.lists(st.builds(VrfLeak, st.sampled_from(["", "a", "b"]), st.sampled_from(["", "a", "b"]), st.just(Ref("h.cfg", 9)))))
    forward = chain("forward", rules, draw(st.sampled_from([Action.DENY, Action.PERMIT])))
    build.device("h", forward, filtered("in", draw(filters)), hooks=(hook("forward", "forward"),), leaks=tuple(leaks))
    for number, lan in enumerate(LANS):
        guard = draw(st.sampled_from(["", "in"]))
        build.party(f"lan{number + 1}", lan, build.port("h", f"10.{number + 1}.0.1/24", guard, vrf=draw(vrfs)))
    build.internet(build.port("h", "203.0.113.1/24", vrf=draw(vrfs)))
    return build.case()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(hosts())
def test_sets_hold_what_a_flood_through_a_host_with_vrfs_brings(case: Case) -> None:
    flooded = flood(case, UNIVERSE)
    for segment in case.reach.layer2.segments:
        everything = case.reach.spread.at(segment.number)
        for label, packet in flooded[segment.number]:
            assert case.reach.space.contains(everything, label, packet), (segment, label, packet)


@settings(max_examples=EXAMPLES // 2, deadline=None, suppress_health_check=list(HealthCheck))
@given(hosts())
def test_witnesses_through_a_host_with_vrfs_are_replayed(case: Case) -> None:
    all_are_replayed(case)


@settings(max_examples=EXAMPLES // 2, deadline=None, suppress_health_check=list(HealthCheck))
@given(networks())
def test_every_witness_is_replayed(case: Case) -> None:
    all_are_replayed(case)


maybe = st.booleans()
sources = st.builds(
    SourceNat,
    st.just("out"),
    st.sampled_from(["translate", "translate", "exempt"]),
    matches.map(lambda match: (match,)),
    st.sampled_from([None, "p2", "p3"]),
    st.sampled_from([None, ("in1",)]),
    st.sampled_from([None, ("outside",)]),
    st.sampled_from([((ip("203.0.113.7"), ip("203.0.113.9")),), ((ip("10.3.0.1"), ip("10.3.0.1")),)]),
    own_address=maybe,
    ports=maybe,
    conditional=maybe,
    ref=st.just(Ref("m.cfg", 2)),
)
mappings = st.builds(
    DestinationNat,
    st.just("web"),
    st.builds(lambda match, tcp: (match._replace(dst=(net("203.0.113.7/32"),), **tcp),), matches, services),
    st.sampled_from([None, "p1", "p3"]),
    st.sampled_from([None, ("outside",)]),
    st.sampled_from([(ip("10.2.0.10"), ip("10.2.0.10")), (ip("10.1.0.8"), ip("10.1.0.11"))]),
    st.sampled_from([None, (8080, 8080)]),
    reverse=maybe,
    own_address=maybe,
    conditional=maybe,
    ref=st.just(Ref("m.cfg", 3)),
)
guards = st.sampled_from(["", "a", "b"])


@st.composite
def crossroads(draw: st.DrawFn) -> Case:
    """LANs and the Internet on one device with services: a firewall or a host, with VRFs, leaks and translations of every kind."""
    build = Network()
    zones = draw(st.sampled_from([{"in1": ["p1"], "in2": ["p2"], "outside": ["p3"]}, {"in1": ["p1", "p2", "p4"], "outside": ["p3"]}, None]))
    own = [filtered(name, draw(filters), draw(st.sampled_from([Action.DENY, Action.PERMIT]))) for name in ("a", "b")]
    fields: dict[str, Any] = {
        "leaks": tuple(draw(st.lists(st.sampled_from([VrfLeak("", "v", Ref("m.cfg", 8)), VrfLeak("v", "", Ref("m.cfg", 9))]), max_size=2)))
    }
    if zones:
        sides = st.sampled_from([None, *zones])
        rows = draw(st.lists(st.tuples(actions, sides, sides, matches), max_size=4))
        fields["firewall"] = replace(firewall(zones, *rows), within_checked=draw(maybe), to_local=draw(actions))
    else:
        rules = [
            rule(action, number, match) for number, (action, match) in enumerate(draw(st.lists(st.tuples(actions, chained), max_size=5)))
        ]
        own.append(chain("forward", rules, draw(st.sampled_from([Action.DENY, Action.PERMIT]))))
        fields["hooks"] = (hook("forward", "forward"), hook("input", "a"))
    fields["source_nat"] = tuple(draw(st.lists(sources, max_size=2)))
    fields["destination_nat"] = tuple(draw(st.lists(mappings, max_size=2)))
    ssh = Service("ssh", True, 22, tuple(Applied(name, Ref("m.cfg", 4)) for name in draw(st.sampled_from([(), ("a",)]))), None, None)
    build.device("m", *own, management=Management((ssh, ssh._replace(name="snmp", port=161))), **fields)
    vrfs = st.sampled_from([None, None, "v"])
    admits = st.sampled_from([(), ("ssh",), ("all",)])
    for number, lan in enumerate(LANS[:2]):
        build.party(
            f"lan{number + 1}",
            lan,
            build.port("m", f"10.{number + 1}.0.1/24", draw(guards), draw(guards), vrf=draw(vrfs), services=draw(admits)),
        )
    build.internet(build.port("m", "203.0.113.1/24", draw(guards), draw(guards), vrf=draw(vrfs), services=draw(admits)))
    build.party("lan3", LANS[2], build.port("m", "10.3.0.1/24", draw(guards), draw(guards), vrf=draw(vrfs), services=draw(admits)))
    return build.case()


@settings(max_examples=EXAMPLES // 2, deadline=None, suppress_health_check=list(HealthCheck))
@given(crossroads())
def test_witnesses_over_translations_are_replayed(case: Case) -> None:
    all_are_replayed(case)


def all_are_replayed(case: Case) -> None:
    reach, witnesses = case.reach, case.witnesses
    found = [
        *((item, witnesses.excess(item)) for item in reach.excess),
        *((item, witnesses.spoof(item)) for item in reach.spoofs),
        *((item, witnesses.exposure(item)) for item in reach.exposures),
        *((item, witnesses.unopened(item)) for item in reach.unopened),
    ]
    for item, witness in found:
        assert witness.replayed, (item, witness)
        assert witness.count > 0


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(networks())
def test_sets_hold_exactly_what_a_flood_of_packets_brings(case: Case) -> None:
    reach = case.reach
    flooded = flood(case, UNIVERSE)
    for segment in reach.layer2.segments:
        everything = reach.spread.at(segment.number)
        brought = flooded[segment.number]
        for label, packet in brought:
            assert reach.space.contains(everything, label, packet), (segment, label, packet)
        for sender, packet in product(reach.senders.all, UNIVERSE):
            if (sender.label, packet) not in brought and reach.space.contains(everything, sender.label, packet):
                # The sets know more packets than the flood sends: it must be one that another packet is translated to, or an answer to one.
                assert case.configs["m"].source_nat or case.configs["m"].destination_nat or case.configs["m"].firewall


def two_lans(*rules: tuple[Action, Match]) -> Network:
    build = Network()
    out = [rule(action, number, match) for number, (action, match) in enumerate(rules)]
    guard = [filtered(f"lan{n}-in", [rule(Action.PERMIT, 1, Match(src=(net(LANS[n - 1]),)))]) for n in (1, 2)]
    build.device("r1", *guard, filtered("out", out))
    build.party("one", LANS[0], build.port("r1", "10.1.0.1/24", "lan1-in", "out"))
    build.party("two", LANS[1], build.port("r1", "10.2.0.1/24", "lan2-in", "out"))
    return build


def test_nothing_passes_a_closed_filter() -> None:
    assert not two_lans().case().reach.excess


def test_a_permit_that_no_flow_declares_is_found_with_its_line() -> None:
    case = two_lans((Action.PERMIT, Match(dst=(net("10.2.0.0/24"),), protocols=((6, 6),), dports=((22, 22),)))).case()
    (item,) = case.reach.excess
    assert (item.kind, item.sender.name, item.receiver.name) == (Kind.AGENCIES, "one", "two")
    witness = case.witnesses.excess(item)
    assert witness.packet.dport == 22
    assert witness.replayed
    assert [str(step.ref) for step in witness.steps if step.ref and "rule" in dict(step.what.params)] == ["x.cfg:1", "x.cfg:0"]


def test_what_a_flow_declares_passes_with_its_answers() -> None:
    web = Match(dst=(net("10.2.0.0/24"),), protocols=((6, 6),), dports=((80, 80),))
    answer = Match(dst=(net("10.1.0.0/24"),), protocols=((6, 6),), sports=((80, 80),), flags=ESTABLISHED)
    build = two_lans((Action.PERMIT, web), (Action.PERMIT, answer))
    build.flow("one", "two", "tcp", 80)
    assert not build.case().reach.excess


def test_established_is_no_session() -> None:
    answer = Match(dst=(net("10.1.0.0/24"),), protocols=((6, 6),), flags=ESTABLISHED)
    (item,) = two_lans((Action.PERMIT, answer)).case().reach.excess
    assert (item.sender.name, item.receiver.name) == ("two", "one")


def test_without_a_check_of_sources_anybody_can_be_anybody() -> None:
    build = Network()
    build.device("r1")
    build.party("one", LANS[0], build.port("r1", "10.1.0.1/24"))
    build.party("two", LANS[1], build.port("r1", "10.2.0.1/24"))
    assert {item.sender.name for item in build.case().reach.spoofs} == {"one", "two"}


@pytest.mark.parametrize("urpf", ["strict", None])
def test_strict_reverse_path_checks_stop_false_sources(urpf: str | None) -> None:
    build = Network()
    build.device("r1")
    build.party("one", LANS[0], build.port("r1", "10.1.0.1/24", urpf=urpf))
    build.party("two", LANS[1], build.port("r1", "10.2.0.1/24", urpf=urpf))
    assert bool(build.case().reach.spoofs) is (urpf is None)


def test_a_live_port_that_nobody_recorded_is_the_internet() -> None:
    build = two_lans((Action.PERMIT, Match(dst=(net("10.2.0.0/24"),))))
    build.flow("one", "two", "tcp", 80)
    build.port("r1", "192.168.1.1/24")
    kinds = {(item.kind, item.receiver.name) for item in build.case().reach.excess}
    assert (Kind.INBOUND, "two") in kinds


def test_a_firewall_answers_only_what_it_let_out() -> None:
    def city(opens: bool) -> Case:
        build = Network()
        out = Match(src=(net(LANS[0]),), protocols=((6, 6),), dports=((80, 80),))
        rules = [(Action.PERMIT, "inside", "outside", out)] if opens else []
        build.device(
            "fw", firewall=firewall({"inside": ["p1"], "outside": ["p2"]}, *rules), source_nat=(translated("out", LANS[0], "203.0.113.7"),)
        )
        build.party("one", LANS[0], build.port("fw", "10.1.0.1/24"))
        build.internet(build.port("fw", "203.0.113.1/24"))
        build.flow("one", "internet", "tcp", 80)
        return build.case()

    assert not city(opens=True).reach.excess
    opened, closed = city(opens=True), city(opens=False)
    one = next(sender for sender in opened.reach.senders.all if sender.name == "one")
    answer = Packet(ip("8.8.8.8"), ip("10.1.0.10"), 6, 80, 5000, 16)
    isp = next(sender for sender in opened.reach.senders.all if sender.internet)
    assert opened.reach.space.contains(opened.reach.arriving(one), isp.label, answer)
    assert not opened.reach.space.contains(opened.reach.arriving(one), isp.label, answer._replace(flags=2))
    assert closed.reach.space.empty(closed.reach.arriving(one))


def test_a_witness_that_is_an_answer_shows_who_opened_the_session_through_the_translation() -> None:
    build = Network()
    web = Match(src=(net(LANS[0]),), protocols=((6, 6),), dports=((80, 80),))
    policy = firewall({"inside": ["p1"], "outside": ["p2"]}, (Action.PERMIT, "inside", "outside", web))
    build.device("fw", firewall=policy, source_nat=(translated("out", LANS[0], "203.0.113.7"),))
    build.party("one", LANS[0], build.port("fw", "10.1.0.1/24"))
    build.internet(build.port("fw", "203.0.113.1/24"))
    case = build.case()
    answer = next(item for item in case.reach.excess if item.receiver.name == "one")
    witness = case.witnesses.excess(answer)
    assert witness.replayed
    assert (witness.packet.sport, witness.packet.dst >> 8) == (80, ip("10.1.0.0") >> 8)
    assert "-> 203.0.113.7:" in str(dict(witness.steps[0].what.params)["packet"])
    assert witness.opened_by is not None
    assert (witness.opened_by.source, witness.opened_by.packet.dport) == ("one", 80)
