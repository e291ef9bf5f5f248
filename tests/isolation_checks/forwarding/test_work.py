"""Demands as sets: what is met, what is lost where, and what another state of routing touches."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from itertools import product

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isolation_checks.forwarding.gates import Gates
from isolation_checks.forwarding.model import Fate
from isolation_checks.forwarding.trace import Tracer
from isolation_checks.forwarding.work import Work, work
from isolation_checks.packets.fields import Packet
from isolation_checks.packets.space import PacketSpace
from isolation_checks.routing.model import Outage
from isolation_checks.snapshot import ESTABLISHED, Action, Applied, DestinationNat, Match, Names, Ref, TcpFlag
from tests.isolation_checks.forwarding.hand import city_of, routing, worked
from tests.isolation_checks.forwarding.test_trace import ROUTES, line, zoned
from tests.isolation_checks.networks import HERE, Network, chain, filtered, hook, ip, net, rule
from topology.facts import Publication


def found(network: Network, **routes: list[str]) -> Work:
    return worked(network.case(), **(ROUTES | routes))


def test_a_flow_passes_both_ways() -> None:
    (met,) = found(line()).met
    assert met.passes
    assert met.devices == {"r1", "r2"}


def test_what_a_filter_takes_out_of_a_flow_is_named_exactly() -> None:
    closed = filtered("F", [rule(Action.DENY, 7, Match(src=(net("10.1.0.64/26"),)))], Action.PERMIT)
    state = found(line(filters=(closed,), into="F"))
    (loss,) = state.met[0].losses
    assert (loss.at, loss.fate, loss.doubtful) == ("r2", Fate.FILTERED, False)
    assert loss.packets <= state.gates.space.addresses("src", (net("10.1.0.64/26"),))


def test_an_answer_that_a_filter_drops_is_a_loss_of_the_answer() -> None:
    closed = filtered("F", [rule(Action.DENY, 7, Match(protocols=((6, 6),), flags=ESTABLISHED, sports=((80, 80),)))], Action.PERMIT)
    network = line(filters=(closed,))
    config = network.configs["r2"]
    first, last = config.interfaces
    network.configs["r2"] = replace(config, interfaces=(first, replace(last, filters_in=(Applied("F", Ref("r2.cfg", 9)),))))
    (met,) = found(network).met
    assert not met.losses
    assert [loss.fate for loss in met.answers] == [Fate.FILTERED]


def test_a_session_brings_the_answer_back_and_a_policy_in_doubt_is_no_proof() -> None:
    allowed = (Action.PERMIT, "outside", "inside", Match(dst=(net("10.2.0.0/24"),)))
    assert found(zoned(allowed)).met[0].passes
    assert not found(zoned()).met[0].passes
    undefined = found(line(into="nowhere")).met[0]
    assert not undefined.passes
    assert not undefined.lost


def test_flags_that_no_host_sends_are_not_missed() -> None:
    """A firewall that wants a SYN and neither FIN nor RST of what opens a session takes nothing of a flow."""
    opening = (int(TcpFlag.FIN | TcpFlag.SYN | TcpFlag.RST | TcpFlag.ACK), int(TcpFlag.SYN))
    tcp = ((6, 6),)
    rules = [
        rule(Action.PERMIT, 1, Match(states=("established", "related"))),
        rule(Action.PERMIT, 2, Match(protocols=tcp, dports=((80, 80),), flags=(opening,))),
    ]
    forward = {"filters": (chain("forward", rules),), "device": {"hooks": (hook("forward", "forward"),)}}
    assert found(line(**forward)).met[0].passes
    synless = (chain("forward", [rules[0], rules[1]._replace(matches=(Match(protocols=tcp, flags=((16, 16),)),))]),)
    assert not found(line(**forward | {"filters": synless})).met[0].passes


def by_interface(*served: tuple[str, str]) -> Network:
    """A host whose chain translates what comes in by an interface, for a public address, to b's server."""
    matches = [Match(dst=(net(f"{public}/32"),), in_interfaces=Names((interface, f"{interface}v1"))) for interface, public in served]
    mapped = tuple(
        DestinationNat(str(number), (match,), None, None, (ip("10.2.0.10"), ip("10.2.0.10")), None, False, False, False, Ref("r2.cfg", 9))
        for number, match in enumerate(matches)
    )
    chosen = chain("forward", [rule(Action.PERMIT, 1, Match(states=("established",))), rule(Action.PERMIT, 2)])
    network = line(filters=(chosen,), device={"hooks": (hook("forward", "forward"),), "destination_nat": mapped})
    network.internet(network.port("r2", "192.0.2.2/30"), public="203.0.113.0/24")
    network.flow("internet", "b", "tcp", 80)
    return network


def published(network: Network, public: str) -> Work:
    case = network.case()
    publication = Publication("flow1", "isp", "tcp", IPv4Address(public), 80, IPv4Address("10.2.0.10"), 80, HERE)
    case = replace(case, facts=replace(case.facts, publications=(publication,)))
    lines = ROUTES | {"r2": [*ROUTES["r2"], "0.0.0.0/0 p3 192.0.2.1"]}
    return worked(case, **lines)


def test_a_translation_is_that_of_the_interface_that_it_names() -> None:
    """Answers of what came in untranslated, or by another mapping to the same server, are no answers of the first mapping."""
    both = published(by_interface(("p1", "203.0.113.8"), ("p3", "203.0.113.9")), "203.0.113.9")
    assert [met.passes for met in both.met] == [True, True]
    elsewhere = published(by_interface(("p1", "203.0.113.9"), ("p2", "203.0.113.9")), "203.0.113.9")
    assert [met.passes for met in elsewhere.met] == [True, False]


def test_only_what_a_changed_table_touches_is_worked_out_again() -> None:
    network = line()
    network.device("r3")
    network.link(network.port("r2", "10.7.0.1/30"), network.port("r3", "10.7.0.2/30"))
    network.party("c", "10.3.0.0/24", network.port("r3", "10.3.0.1/24"))
    network.flow("b", "c", "tcp", 443)
    case = network.case()
    lines = {
        "r1": ["0.0.0.0/0 p2 10.9.0.2"],
        "r2": ["10.1.0.0/24 p1 10.9.0.1", "10.3.0.0/24 p3 10.7.0.2"],
        "r3": ["0.0.0.0/0 p1 10.7.0.1"],
    }
    base = routing(case, lines)
    state = work(city_of(case), base, Gates(PacketSpace()))
    assert all(met.passes for met in state.met)
    cut = routing(case, lines | {"r2": ["10.1.0.0/24 p1 10.9.0.1"]}, Outage(cables=frozenset({"c1"})), base)
    after = state.under(cut)
    assert after.met[0] is state.met[0]
    assert [loss.fate for loss in after.met[1].losses] == [Fate.NO_ROUTE]
    hidden = routing(case, lines | {"r2": [*lines["r2"], "10.3.0.0/25 discard"]}, Outage(), base)
    assert [loss.fate for loss in state.under(hidden).met[1].losses] == [Fate.DISCARDED]
    assert state.under(base).met == state.met


choices = st.lists(
    st.tuples(
        st.sampled_from([Action.PERMIT, Action.DENY]),
        st.tuples(
            st.sampled_from([None, (net("10.1.0.0/25"),), (net("10.2.0.0/25"),)]),
            st.sampled_from([None, (net("10.1.0.0/24"),), (net("10.2.0.0/25"),)]),
        ).map(lambda ends: Match(src=ends[0], dst=ends[1])),
    ),
    max_size=3,
)
ways = st.lists(
    st.sampled_from(["10.2.0.0/24 p2 10.9.0.2", "10.2.0.0/25 p2 10.9.0.2", "10.2.0.128/25 discard", "0.0.0.0/0 p3 10.8.0.2"]), max_size=3
)
back = st.lists(
    st.sampled_from(["10.1.0.0/24 p1 10.9.0.1", "10.1.0.0/25 p1 10.9.0.1", "10.1.0.128/25 p3 10.6.0.2", "0.0.0.0/0 p3 10.6.0.2"]),
    max_size=3,
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(choices, ways, back, ways, back, st.booleans())
def test_sets_and_single_packets_agree(rules: list[tuple[Action, Match]], r1: list[str], r2: list[str], r3: list[str], r4: list[str],
                                       stateful: bool) -> None:  # fmt: skip
    """Two ways between a and b, a filter or a firewall on one: a packet is in no loss exactly if its walk and its answer's arrive."""
    listed = [rule(action, number, match) for number, (action, match) in enumerate(rules)]
    if stateful:
        network = zoned(*((action, None, None, match) for action, match in rules))
    else:
        network = line(filters=(filtered("F", listed, Action.PERMIT),), into="F")
    network.device("r3")
    network.link(network.port("r1", "10.8.0.1/30"), network.port("r3", "10.8.0.2/30"))
    network.link(network.port("r3", "10.6.0.2/30"), network.port("r2", "10.6.0.1/30"))
    case = network.case()
    third = [
        *(text.replace("p2 10.9.0.2", "p2 10.6.0.1") for text in r3 if "p3" not in text),
        *(text.replace("p1 10.9.0.1", "p1 10.8.0.1") for text in r4 if "p3" not in text),
    ]
    tables = routing(case, {"r1": r1, "r2": r2, "r3": third})
    state = work(city_of(case), tables, Gates(PacketSpace()))
    (met,) = state.met
    space, tracer = state.gates.space, Tracer(state.plane)
    for source, target in product(("10.1.0.10", "10.1.0.200"), ("10.2.0.10", "10.2.0.200")):
        packet = Packet(ip(source), ip(target), 6, 50000, 80, 2)
        trace = tracer.trace("a", packet)
        there = any(space.contains(loss.packets, 0, packet) for loss in met.losses)
        answer = Packet(ip(target), ip(source), 6, 80, 50000, 18)
        again = any(space.contains(loss.packets, 0, answer) for loss in met.answers)
        assert all(branch.arrived for branch in trace.forward) is not there
        assert trace.passes is not (there or again)
