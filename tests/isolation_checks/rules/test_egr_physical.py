"""What cabling alone shows of the egress, on the reference city and on the city with one thing wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from ipaddress import IPv4Address

import pytest

from isolation_checks.rules.base import Rule
from isolation_checks.rules.egr_physical import RULES, CountyEgress, EgressCut, InnerEgress, RetainedExits
from isolation_checks.snapshot import Ref
from tests.isolation_checks.rules.physical_case import (
    HERE,
    INNER,
    OUTER,
    add_cable,
    add_circuit,
    approval,
    check,
    circuit,
    city,
    config,
    device,
    edited,
    interface,
    links,
    new_cable,
    one,
    party,
    plug,
    texts,
    without,
)
from topology import facts as f


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_reference_city_breaks_no_rule(rule: type[Rule]) -> None:
    outcome = check(rule, city())
    assert outcome.subjects
    assert not outcome.findings


@pytest.mark.parametrize(
    ("rule", "needed"), [(EgressCut, OUTER), (CountyEgress, OUTER), (InnerEgress, INNER), (RetainedExits, OUTER)], ids=str
)
def test_without_the_side_that_it_speaks_of_a_rule_is_in_doubt_and_only_then(rule: type[Rule], needed: f.Realm) -> None:
    said = f"the inventory of the {needed.value} network is not here"
    assert said in texts(check(rule, without(needed)).doubts)
    other = INNER if needed is OUTER else OUTER
    assert said not in texts(check(rule, without(other)).doubts)
    assert not check(rule, without(other)).findings


# EGR-CUT


def test_a_way_past_the_egress_firewalls() -> None:
    found = one(EgressCut, add_cable("bypass", plug("gy-o-bsw1", "x"), plug("gy-o-core1", "y")))
    assert found.subject == "bypass"
    assert found.what.render("en") == "past the egress firewalls, gy-o-core1 is joined to the Internet at isp-telecom"
    assert links(found)[0] == ("gy-o-core1", "gy-o-bsw1", "cable bypass")
    assert links(found)[-1][1] == "isp-telecom"
    assert found.places[0] == HERE
    assert found.fix.render("en") == "take out cable bypass, or plug it into a device of the same network"


@pytest.mark.parametrize(
    ("facts", "subject", "what"),
    [
        (
            add_circuit("dsl", plug("gy-o-core1", "x"), peer="isp-unicom"),
            "dsl",
            "past the egress firewalls, gy-o-core1 is joined to the Internet at isp-unicom",
        ),
        (
            add_circuit("dark", plug("gy-o-noc1", "x")),
            "dark",
            "past the egress firewalls, gy-o-noc1 is joined to the Internet at a far end that nobody recorded",
        ),
        (
            add_circuit("who", plug("gy-o-noc1", "x"), peer="nobody-knows"),
            "who",
            "past the egress firewalls, gy-o-noc1 is joined to the Internet at a far end that nobody recorded",
        ),
        (
            party("outer:municipal/audit", attachments=(plug("gy-o-acc4", "x"), plug("gy-o-bsw1", "y"))),
            "outer:municipal/audit",
            "past the egress firewalls, outer:municipal/audit is joined to the Internet at isp-telecom",
        ),
        (
            device("gy-o-core1", enclosure="gy-o-br1"),
            "gy-o-br1",
            "past the egress firewalls, gy-o-core1 is joined to the Internet at isp-telecom",
        ),
    ],
)  # fmt: skip
def test_whatever_joins_the_outer_network_to_the_internet_is_found(facts: f.Facts, subject: str, what: str) -> None:
    found = one(EgressCut, facts)
    assert (found.subject, found.what.render("en")) == (subject, what)
    assert found.witness is not None


def test_a_firewall_that_passes_packets_without_power_is_not_taken_away() -> None:
    unit = next(item for item in city().devices if item.name == "gy-o-efw1")
    found = check(EgressCut, device(unit.name, model=replace(unit.model, fail_open=True))).findings
    assert found
    assert {links(item)[0][0] for item in found} == {"gy-o-efw1"}


def test_an_exit_whose_approval_is_over_is_a_way_past() -> None:
    found = check(EgressCut, city(), as_of=date(2027, 3, 1)).findings
    assert texts(found) == ["past the egress firewalls, gy-o-xfw1 is joined to the Internet at isp-customs"]
    assert found[0].fix.render("en").startswith("renew the approval of the retained exit customs, or take its line out")
    assert not check(EgressCut, city(), as_of=date(2027, 2, 28)).findings


def test_a_county_firewall_is_no_egress() -> None:
    facts = device("gy-o-huaxi-r1", role=f.Role.EGRESS_FIREWALL)
    facts = replace(
        facts, circuits=(*facts.circuits, replace(facts.circuits[0], id="isp", a=plug("gy-o-huaxi-r1", "x"), b=None, peer="isp-telecom"))
    )
    assert [item.subject for item in check(EgressCut, facts).findings] == ["isp"]


def test_a_border_router_in_a_county_is_no_border() -> None:
    facts = device("gy-o-huaxi-r1", role=f.Role.BORDER_ROUTER)
    facts = replace(
        facts, circuits=(*facts.circuits, replace(facts.circuits[0], id="isp", a=plug("gy-o-huaxi-r1", "x"), b=None, peer="isp-telecom"))
    )
    assert [item.subject for item in check(EgressCut, facts).findings] == ["isp"]


def test_two_places_with_egress_firewalls() -> None:
    found = one(EgressCut, device("gy-o-efw2", site="annex"))
    assert (found.subject, found.what.render("en")) == ("egress", "there are egress firewalls at 2 sites: annex, municipal")


def test_a_live_port_of_the_outer_network_is_a_way_past_and_missing_configs_leave_it_open() -> None:
    outcome = check(EgressCut, city(), config("gy-o-acc1", "frr", interface("gy-o-acc1", "eth9", 4)))
    (found,) = outcome.findings
    assert (found.subject, found.places) == ("gy-o-acc1:eth9", (Ref("gy-o-acc1.cfg", 4),))
    assert "there is no config of gy-o-core1" in texts(outcome.doubts)


# EGR-COUNTY


@pytest.mark.parametrize(
    ("facts", "subject", "what"),
    [
        (
            add_circuit("isp", plug("gy-o-huaxi-r1", "x"), peer="isp-telecom"),
            "isp",
            "huaxi reaches the Internet at isp-telecom without the municipal egress",
        ),
        (
            add_circuit("dsl", plug("gy-o-huaxi-dangwu-r1", "x")),
            "dsl",
            "huaxi reaches the Internet at a far end that nobody recorded without the municipal egress",
        ),
        (
            party("outer:huaxi/agriculture", attachments=(plug("gy-o-huaxi-sw1", "x"), plug("nobody", "y"))),
            "outer:huaxi/agriculture",
            "huaxi reaches the Internet at a far end that nobody recorded without the municipal egress",
        ),
        (
            add_circuit("isp", plug("gy-i-huaxi-r1", "x"), peer="isp-telecom"),
            "isp",
            "huaxi reaches the Internet at isp-telecom without the municipal egress",
        ),
    ],
)  # fmt: skip
def test_a_county_with_an_egress_of_its_own(facts: f.Facts, subject: str, what: str) -> None:
    found = one(CountyEgress, facts)
    assert (found.subject, found.what.render("en")) == (subject, what)
    assert len(links(found)) == 1


def test_one_county_through_another_is_found_too() -> None:
    facts = add_circuit("isp", plug("gy-o-huaxi-r1", "x"), peer="isp-telecom")
    facts = replace(facts, cables=(*facts.cables, new_cable("across", plug("gy-o-huaxi-r1", "z"), plug("gy-o-baiyun-r1", "z"))))
    assert [item.subject for item in check(CountyEgress, facts).findings] == ["isp"]


def test_a_county_device_made_for_an_egress() -> None:
    found = one(CountyEgress, device("gy-o-huaxi-r1", role=f.Role.EXIT_FIREWALL))
    assert found.subject == "gy-o-huaxi-r1"
    assert found.what.render("en") == "gy-o-huaxi-r1 at huaxi is made for an egress (retained exit firewall)"


# EGR-INNER


@pytest.mark.parametrize(
    ("facts", "subject", "what"),
    [
        (
            add_circuit("isp", plug("gy-i-icore1", "x"), peer="isp-telecom"),
            "isp",
            "circuit isp leads from the inner network to isp-telecom",
        ),
        (
            circuit("inner:peer/province/a", peer="isp-telecom"),
            "inner:peer/province/a",
            "circuit inner:peer/province/a leads from the inner network to isp-telecom",
        ),
        (
            add_circuit("dark", plug("gy-i-icore1", "x")),
            "dark",
            "circuit dark leads from the inner network to a far end that nobody recorded",
        ),
        (
            add_circuit("who", plug("gy-i-icore1", "x"), peer="nobody-knows"),
            "who",
            "circuit who leads from the inner network to a far end that nobody recorded",
        ),
        (
            device("gy-i-iacc1", role=f.Role.BORDER_ROUTER),
            "gy-i-iacc1",
            "gy-i-iacc1 of the inner network is made for an egress (border router)",
        ),
        (
            party("inner:municipal/cipher", internet=True),
            "inner:municipal/cipher",
            "inner:municipal/cipher of the inner network may use the Internet",
        ),
        (
            replace(city(), flows=(*city().flows, replace(city().flows[0], id="out", realm=INNER, to="internet"))),
            "out",
            "flow out of the inner network is with the Internet",
        ),
        (
            replace(city(), flows=(*city().flows, replace(city().flows[0], id="in", realm=INNER, sources=("internet",)))),
            "in",
            "flow in of the inner network is with the Internet",
        ),
        (
            replace(city(), exits=(*city().exits, replace(city().exits[0], slug="own", party="inner:municipal/cipher"))),
            "own",
            "the retained exit own stands on the inner network",
        ),
    ],
)  # fmt: skip
def test_whatever_gives_the_inner_network_an_internet_is_found(facts: f.Facts, subject: str, what: str) -> None:
    found = one(InnerEgress, facts)
    assert (found.subject, found.what.render("en")) == (subject, what)
    assert found.places


def test_an_inner_server_published_to_the_internet() -> None:
    flow = replace(city().flows[0], id="shown", realm=INNER)
    here = IPv4Address("10.0.0.1")
    shown = f.Publication("shown", "isp-telecom", "tcp", here, 443, here, 443, HERE)
    found = one(InnerEgress, replace(city(), flows=(*city().flows, flow), publications=(*city().publications, shown)))
    assert found.what.render("en") == "flow shown of the inner network is published to the Internet"


# EGR-EXIT

CUSTOMS = "outer:municipal/customs"


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (approval("exit-customs", expires=date(2026, 11, 30)), "approval 'exit-customs' expired on 2026-11-30"),
        (approval("exit-customs", granted=date(2026, 12, 2)), "approval 'exit-customs' holds from 2026-12-02 only"),
        (approval("exit-customs", kind="exception"), "approval 'exit-customs' is of the kind exception, not retained-exit"),
        (
            replace(city(), exits=edited(city().exits, lambda item: item.slug == "customs", approval="none")),
            "there is no approval 'none'",
        ),
        (replace(city(), exits=edited(city().exits, lambda item: item.slug == "customs", approval="")), "there is no approval"),
    ],
)
def test_a_retained_exit_without_an_approval_that_holds(facts: f.Facts, why: str) -> None:
    found = one(RetainedExits, facts)
    assert (found.subject, found.what.render("en")) == ("customs", f"the retained exit customs is not approved: {why}")
    assert found.places[0] == city().exits[0].origin


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        (
            party("outer:municipal/audit", attachments=(plug("gy-o-xfw1", "x"), plug("gy-o-acc4", "x"))),
            "the retained exit customs serves outer:municipal/audit too, which is not its unit",
        ),
        (
            party(CUSTOMS, attachments=(plug("gy-o-xfw1", "x"), plug("gy-o-acc4", "x"))),
            "outer:municipal/customs is plugged into gy-o-acc4 too, past its own exit customs",
        ),
        (
            add_circuit("more", plug("gy-o-xfw1", "x"), peer="isp-telecom"),
            "circuit more at gy-o-xfw1 is not the carrier's of exit customs",
        ),
        (
            add_circuit("through", plug("gy-o-xfw1", "x"), plug("gy-o-core1", "x")),
            "circuit through at gy-o-xfw1 is not the carrier's of exit customs",
        ),
        (
            replace(
                city(),
                devices=(*city().devices, replace(city().devices[0], name="shed", enclosure="shed")),
                cables=(*city().cables, new_cable("shed", plug("shed", "x"), plug("gy-o-xfw1", "x"))),
            ),
            "only the retained exit customs joins shed to the outer network",
        ),
    ],
)  # fmt: skip
def test_a_retained_exit_that_serves_others(facts: f.Facts, what: str) -> None:
    found = one(RetainedExits, facts)
    assert (found.subject, found.what.render("en")) == ("customs", what)


def test_a_unit_that_is_not_behind_its_exit() -> None:
    found = check(RetainedExits, party(CUSTOMS, attachments=(plug("gy-o-acc4", "x"),))).findings
    assert "the unit of exit customs, outer:municipal/customs, is not plugged into gy-o-xfw1" in texts(found)


def test_two_exits_at_one_device() -> None:
    exits = edited(city().exits, lambda item: item.slug == "tourism", device="gy-o-xfw1")
    assert "gy-o-xfw1 serves more than one retained exit: customs, tourism" in texts(
        check(RetainedExits, replace(city(), exits=exits)).findings
    )


def test_an_exit_without_device_is_a_doubt() -> None:
    exits = edited(city().exits, lambda item: item.slug == "customs", device="?")
    assert texts(check(RetainedExits, replace(city(), exits=exits)).doubts) == ["the device ? of exit customs is recorded nowhere"]


def test_without_exits_the_rule_does_not_apply() -> None:
    outcome = check(RetainedExits, replace(city(), exits=()))
    assert (outcome.subjects, outcome.findings, outcome.doubts) == ((), (), ())
