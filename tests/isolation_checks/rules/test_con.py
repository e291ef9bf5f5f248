"""CON: services, the Internet and the province."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network

from isolation_checks.rules.con import Egress, Province, Services
from isolation_checks.snapshot import Action, BgpNeighbor, BgpProcess, Ref
from tests.isolation_checks.networks import HERE, NAME, Network
from tests.isolation_checks.rules.exact_case import case_of, line, routed
from topology import facts as f

REF = Ref("r2.cfg", 70)


def test_services_are_reached_or_not() -> None:
    good = Services().check(case_of(line()))
    assert (good.subjects, good.findings) == (("a",), ())
    cut = line()
    routed(cut, "r1")
    assert Services().check(case_of(cut)).findings


def test_who_may_use_the_internet_needs_a_flow_and_a_way() -> None:
    network = line()
    network.internet(network.port("r2", "192.0.2.2/30"), public="10.1.0.0/24")
    without = Egress().check(case_of(network, internet=True))
    assert "no flow" in without.findings[0].what.render("en")
    network.flow("a", "internet", "tcp", 443)
    network.flow("b", "internet", "tcp", 443)
    routed(network, "r1", "0.0.0.0/0 10.9.0.2")
    routed(network, "r2", "10.1.0.0/24 10.9.0.1", "0.0.0.0/0 192.0.2.1")
    assert not [finding for finding in Egress().check(case_of(network, internet=True)).findings if finding.subject == "a -> internet"]
    routed(network, "r2", "10.1.0.0/24 10.9.0.1")
    assert Egress().check(case_of(network, internet=True)).findings


def neighbor(asn: str) -> BgpNeighbor:
    return BgpNeighbor("192.0.2.1", asn, None, "", None, False, False, True, (), (), Action.PERMIT, Action.PERMIT, None, None, None, False,
                       False, None, REF)  # fmt: skip


def with_province(network: Network, announced: bool) -> Network:
    at = network.port("r2", "192.0.2.2/30")
    network.circuits.append(
        f.Circuit("up", f.Realm.OUTER, "telecom", "1", f.Medium.FIBRE, None, 100, (), at, None, "prov", None, None, f.Survey(), HERE)
    )
    network.peers.append(f.Peer("prov", f.Realm.OUTER, "province", NAME, 64610, (IPv4Network("10.192.0.0/12"),),
                                (IPv4Network("10.1.0.0/24"),), HERE))  # fmt: skip
    networks = ((0x0A010000, 24, None, REF),) if announced else ()
    process = BgpProcess("64700", None, None, (neighbor("64610"),), networks, (), (), None, (), None, REF)
    network.configs["r2"] = replace(network.configs["r2"], bgp=(process,))
    return network


def test_agreed_prefixes_go_out_and_come_in() -> None:
    network = with_province(line(), announced=True)
    assert not Province().check(case_of(network)).findings
    silent = Province().check(case_of(with_province(line(), announced=False)))
    assert any("10.1.0.0/24" in finding.what.render("en") for finding in silent.findings)
