"""RES: what is promised to survive failures does, or the failure and the flow are named."""

from __future__ import annotations

from dataclasses import replace

from isolation_checks.case import Case
from isolation_checks.forwarding.failures import card, failures
from isolation_checks.rules.res import Apart, Survives
from tests.isolation_checks.networks import HERE, NAME, Network
from tests.isolation_checks.rules.exact_case import case_of, line, routed
from topology import facts as f


def promised(network: Network, failures: int = 1, survives: int = 1) -> Case:
    made = case_of(network, site="municipal")
    parties = tuple(replace(party, survives=survives if party.id == "a" else 0) for party in made.facts.parties)
    return replace(made, failures=failures, facts=replace(made.facts, parties=parties))


def test_the_one_link_is_named() -> None:
    outcome = Survives().check(promised(line()))
    assert outcome.subjects == ("municipal",)
    texts = [finding.what.render("en") for finding in outcome.findings]
    assert any("cable c0 is cut" in text for text in texts)


def test_without_a_promise_nothing_is_violated() -> None:
    assert not Survives().check(promised(line(), survives=0)).findings


def test_what_nobody_promised_is_listed_and_not_violated() -> None:
    outcome = Survives().check(promised(line(), survives=0))
    told = {(note.subject, note.what.render("en")) for note in outcome.notes}
    assert ("municipal", "when cable c0 is cut, 2 parties are cut off: a, b") in told
    assert not outcome.findings


def test_the_loss_of_a_promised_partys_own_only_way_out_is_listed() -> None:
    outcome = Survives().check(promised(line()))
    assert not any("r1 fails" in finding.what.render("en") for finding in outcome.findings)
    assert any("r1 fails" in note.what.render("en") and "a" in note.what.render("en") for note in outcome.notes)


def test_a_promise_that_is_broken_is_not_only_listed() -> None:
    outcome = Survives().check(promised(line()))
    assert any("c0 is cut" in finding.what.render("en") for finding in outcome.findings)
    listed = [note.what.render("en") for note in outcome.notes if "c0 is cut" in note.what.render("en")]
    assert not any(": a" in text for text in listed)


def test_a_second_way_keeps_the_promise_for_the_first_link() -> None:
    network = line()
    network.device("r3")
    network.link(network.port("r1", "10.8.0.1/30"), network.port("r3", "10.8.0.2/30"))
    network.link(network.port("r3", "10.6.0.1/30"), network.port("r2", "10.6.0.2/30"))
    routed(network, "r1", "10.2.0.0/24 10.9.0.2", "10.2.0.0/16 10.8.0.2")
    routed(network, "r2", "10.1.0.0/24 10.9.0.1", "10.1.0.0/16 10.6.0.1")
    routed(network, "r3", "10.2.0.0/24 10.6.0.2", "10.1.0.0/24 10.8.0.1")
    texts = [finding.what.render("en") for finding in Survives().check(promised(network)).findings]
    assert not any("c0 is cut" in text for text in texts)


def test_failures_are_named_once_and_pairs_hold_both() -> None:
    facts = line().case().facts
    single = failures(facts, 1)
    assert {"device r1", "device r2", "cable c0"} <= {item.id for item in single}
    assert failures(facts, 0) == []
    assert len(failures(facts, 2)) > len(single)
    assert (card("GigabitEthernet3/0/5"), card("GigabitEthernet0/1")) == ("3", "")


def uplinked(*circuits: tuple[str, tuple[str, ...]]) -> Case:
    made = line().case()
    devices = tuple(replace(item, site="county", tier=f.Tier.COUNTY) if item.name == "r1" else item for item in made.facts.devices)
    site = f.Site("county", f.Realm.OUTER, f.Tier.COUNTY, NAME, "", 1, None, 1, HERE)
    lines = tuple(
        f.Circuit(f"c{number}", f.Realm.OUTER, carrier, str(number), f.Medium.FIBRE, None, 100, risk, f.Attachment("r1", f"p{number}"),
                  f.Attachment("r2", f"p{number}"), None, None, None, f.Survey(), HERE)
        for number, (carrier, risk) in enumerate(circuits)
    )  # fmt: skip
    return replace(made, facts=replace(made.facts, devices=devices, sites=(site,), circuits=lines))


def test_uplinks_share_neither_carrier_nor_risk() -> None:
    assert not Apart().check(uplinked(("telecom", ("duct-1",)), ("unicom", ("duct-2",)))).findings
    assert "carrier" in Apart().check(uplinked(("telecom", ()), ("telecom", ()))).findings[0].what.render("en")
    assert "duct-1" in Apart().check(uplinked(("telecom", ("duct-1",)), ("unicom", ("duct-1",)))).findings[0].what.render("en")
    assert "one uplink" in Apart().check(uplinked(("telecom", ()))).findings[0].what.render("en")
