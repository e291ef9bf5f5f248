"""ROUTE: circles, next hops that are nobody, answers by another firewall, announcements that must not be believed."""

from __future__ import annotations

from dataclasses import replace

from isolation_checks.rules.route import NextHops, NoCircles, NotBelieved, SameFirewall
from isolation_checks.snapshot import Action, Applied, Match, PrefixEntry, PrefixList, Ref
from tests.isolation_checks.networks import Network, firewall
from tests.isolation_checks.rules.exact_case import case_of, line, routed
from tests.isolation_checks.rules.test_con import with_province
from topology.facts import Attachment


def test_two_devices_that_hand_packets_back_and_forth() -> None:
    assert not NoCircles().check(case_of(line())).findings
    network = line()
    routed(network, "r1", "10.2.0.0/24 10.9.0.2", "10.5.0.0/16 10.9.0.2")
    routed(network, "r2", "10.1.0.0/24 10.9.0.1", "10.5.0.0/16 10.9.0.1")
    (finding,) = NoCircles().check(case_of(network)).findings
    assert "r1 -> r2" in finding.what.render("en")
    assert {str(place) for place in finding.places} >= {"r1.cfg:51", "r2.cfg:51"}
    routed(network, "r2", "10.1.0.0/24 10.9.0.1", "10.5.0.0/16 discard")
    assert not NoCircles().check(case_of(network)).findings


def test_a_next_hop_that_is_nobody() -> None:
    assert not NextHops().check(case_of(line())).findings
    network = line()
    routed(network, "r1", "10.2.0.0/24 10.9.0.2", "10.6.0.0/16 10.9.0.3")
    (finding,) = NextHops().check(case_of(network)).findings
    assert "10.9.0.3" in finding.what.render("en")


def two_firewalls() -> Network:
    allowed = (Action.PERMIT, None, None, Match())
    zones = {"inside": ["p2"], "outside": ["p1"]}
    network = line(firewall=firewall(zones, allowed))
    network.device("r3", firewall=firewall(zones, allowed))
    network.link(network.port("r1", "10.8.0.1/30"), network.port("r3", "10.8.0.2/30"))
    network.link(Attachment("r2", "p2"), network.port("r3", "10.2.0.2/24"))
    routed(network, "r3", "10.1.0.0/24 10.8.0.1")
    return network


def test_answers_by_another_firewall_than_the_question() -> None:
    network = two_firewalls()
    outcome = SameFirewall().check(case_of(network))
    assert outcome.subjects == ("r2", "r3")
    assert any("session" in finding.what.render("en") for finding in outcome.findings)


def test_a_peer_without_filters_is_believed_and_one_with_a_list_is_not() -> None:
    network = with_province(line(), announced=True)
    (finding,) = NotBelieved().check(case_of(network)).findings
    assert "0.0.0.0/0" in finding.what.render("en")
    agreed = PrefixList("P", (PrefixEntry(10, Action.PERMIT, 0x0AC00000, 12, 12, 32, Ref("r2.cfg", 80)),), Ref("r2.cfg", 80))
    config = network.configs["r2"]
    (process,) = config.bgp
    listed = replace(process.neighbors[0], in_policies=(Applied("P", Ref("r2.cfg", 81)),))
    network.configs["r2"] = replace(config, prefix_lists=(agreed,), bgp=(replace(process, neighbors=(listed,)),))
    good = NotBelieved().check(case_of(network))
    assert (good.subjects, good.findings) == (("r2:192.0.2.1",), ())
