"""SVC-MISSING: a declared flow that does not pass is found, with the place, the reason and a packet."""

from __future__ import annotations

from isolation_checks.rules.svc_missing import DeclaredPasses
from isolation_checks.snapshot import ESTABLISHED, Action, Match
from isolation_checks.verdicts import Outcome, PacketWitness
from tests.isolation_checks.networks import Network, filtered, net, rule
from tests.isolation_checks.rules.exact_case import case_of, filtered_in, line, routed


def check(network: Network) -> Outcome:
    return DeclaredPasses().check(case_of(network))


def test_what_is_routed_both_ways_passes() -> None:
    outcome = check(line())
    assert (outcome.subjects, outcome.findings, outcome.doubts) == (("a -> b",), (), ())


def test_a_route_that_is_missing_is_named_in_each_direction() -> None:
    there, back = line(), line()
    routed(there, "r1")
    routed(back, "r2")
    for network, at, words in ((there, "r1", "does not pass"), (back, "r2", "answers")):
        (finding,) = check(network).findings
        text = finding.what.render("en")
        assert at in text
        assert words in text
        assert "no route" in text
        assert isinstance(finding.witness, PacketWitness)
        assert finding.witness.replayed


def test_a_filter_is_named_with_its_line() -> None:
    closed = filtered("F", [rule(Action.DENY, 7, Match(dst=(net("10.2.0.0/25"),)))], Action.PERMIT)
    network = line(filters=(closed,))
    filtered_in(network, "r2", 0, "F")
    (finding,) = check(network).findings
    assert "x.cfg:7" in [str(place) for place in finding.places]


def test_answers_that_a_filter_drops() -> None:
    closed = filtered("F", [rule(Action.DENY, 7, Match(protocols=((6, 6),), sports=((80, 80),), flags=ESTABLISHED))], Action.PERMIT)
    network = line(filters=(closed,))
    filtered_in(network, "r2", 1, "F")
    (finding,) = check(network).findings
    assert "answers" in finding.what.render("en")


def test_what_nobody_knows_is_a_doubt_and_no_proof() -> None:
    network = line()
    filtered_in(network, "r2", 0, "nowhere")
    outcome = check(network)
    assert not outcome.findings
    assert outcome.doubts


def test_a_party_that_is_plugged_in_nowhere_is_found() -> None:
    network = line()
    network.party("c", "10.3.0.0/24")
    network.flow("c", "b", "tcp", 443)
    assert "plugged in nowhere" in check(network).findings[0].what.render("en")
