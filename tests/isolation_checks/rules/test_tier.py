"""What stands at which tier, on the reference city and on the city with one thing wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from isolation_checks.rules.base import Rule
from isolation_checks.rules.tier import RULES, AllSystems, NeighbouringTiers, NothingInTownships, TerminalsInCounties
from tests.isolation_checks.rules.physical_case import (
    HERE,
    INNER,
    OUTER,
    add_cable,
    add_circuit,
    check,
    circuit,
    city,
    device,
    links,
    one,
    party,
    plug,
    texts,
    without,
)
from topology import facts as f

PARTIES = {item.id: item for item in city().parties}
TERMINALS = "inner:baiyun/public-security"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_reference_city_breaks_no_rule(rule: type[Rule]) -> None:
    outcome = check(rule, city())
    assert outcome.subjects
    assert not outcome.findings
    assert not outcome.doubts


@pytest.mark.parametrize(
    ("rule", "realm", "doubtful"),
    [
        (NothingInTownships, INNER, True),
        (NothingInTownships, OUTER, False),
        (TerminalsInCounties, INNER, True),
        (TerminalsInCounties, OUTER, False),
        (NeighbouringTiers, INNER, False),
        (NeighbouringTiers, OUTER, False),
        (AllSystems, INNER, False),
        (AllSystems, OUTER, True),
    ],
)
def test_without_the_side_that_it_speaks_of_a_rule_is_in_doubt(rule: type[Rule], realm: f.Realm, doubtful: bool) -> None:
    outcome = check(rule, without(realm))
    assert not outcome.findings
    assert bool(outcome.doubts) is doubtful


# TIER-TOWNSHIP


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        (device("gy-i-iacc1", tier=f.Tier.TOWNSHIP), "gy-i-iacc1"),
        (device("gy-i-iacc1", site="huaxi/dangwu"), "gy-i-iacc1"),
        (party(TERMINALS, tier=f.Tier.TOWNSHIP), TERMINALS),
        (party(TERMINALS, site="huaxi/dangwu"), TERMINALS),
        (
            replace(city(), sites=(*city().sites, replace(city().sites[2], key="far", realm=INNER, origin=HERE))),
            "far",
        ),
    ],
)  # fmt: skip
def test_something_of_the_inner_network_in_a_township(facts: f.Facts, name: str) -> None:
    found = one(NothingInTownships, facts)
    assert (found.subject, found.what.render("en")) == (name, f"{name} of the inner network is at township tier")
    assert found.places


# TIER-COUNTY


@pytest.mark.parametrize(
    ("facts", "subject", "what"),
    [
        (
            party(TERMINALS, kind=f.PartyKind.AGENCY),
            TERMINALS,
            f"{TERMINALS} of the inner network stands in a county and is no group of terminals (agency)",
        ),
        (
            party("inner:municipal/business", tier=f.Tier.COUNTY, site="huaxi", attachments=()),
            "inner:municipal/business",
            "inner:municipal/business of the inner network stands in a county and is no group of terminals (server zone)",
        ),
        (party(TERMINALS, name=f.Name("", " ")), TERMINALS, f"the terminals {TERMINALS} name no department"),
        (
            party(TERMINALS, attachments=(plug("gy-i-huaxi-r1", "x"),)),
            TERMINALS,
            f"the terminals {TERMINALS} are plugged in outside their county: gy-i-huaxi-r1",
        ),
        (
            device("gy-i-baiyun-r1", role=f.Role.CORE),
            "gy-i-baiyun-r1",
            "gy-i-baiyun-r1 of the inner network stands in a county as core router",
        ),
    ],
)  # fmt: skip
def test_more_than_terminals_in_a_county(facts: f.Facts, subject: str, what: str) -> None:
    found = one(TerminalsInCounties, facts)
    assert (found.subject, found.what.render("en")) == (subject, what)
    assert found.places


# TIER-ADJACENT

OVER = "circuit x (anycom REF-x)"


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        (
            add_circuit("x", plug("gy-o-huaxi-r1", "p"), plug("gy-o-baiyun-r1", "p")),
            f"{OVER} joins gy-o-huaxi-r1 and gy-o-baiyun-r1, which are of different counties",
        ),
        (
            add_circuit("x", plug("gy-o-huaxi-dangwu-r1", "p"), plug("gy-o-baiyun-r1", "p")),
            f"{OVER} joins gy-o-baiyun-r1 and gy-o-huaxi-dangwu-r1, which are of different counties",
        ),
        (
            add_circuit("x", plug("gy-o-huaxi-dangwu-r1", "p"), plug("gy-o-huaxi-gaopo-r1", "p")),
            f"{OVER} joins gy-o-huaxi-dangwu-r1 and gy-o-huaxi-gaopo-r1, two sites of the tier township",
        ),
        (
            add_circuit("x", plug("gy-o-huaxi-dangwu-r1", "p"), plug("gy-o-baiyun-dula-r1", "p")),
            f"{OVER} joins gy-o-huaxi-dangwu-r1 and gy-o-baiyun-dula-r1, which are of different counties",
        ),
        (
            add_circuit("x", plug("gy-o-huaxi-dangwu-r1", "p"), plug("gy-o-core1", "p")),
            f"{OVER} joins gy-o-core1 (municipal) to gy-o-huaxi-dangwu-r1 (township) and skips a tier",
        ),
        (
            add_circuit("x", plug("gy-o-huaxi-r1", "p"), peer="province"),
            f"{OVER} joins gy-o-huaxi-r1 (county) to province (province) and skips a tier",
        ),
        (
            add_cable("x", plug("gy-o-huaxi-dangwu-r1", "p"), plug("gy-o-core1", "p")),
            "cable x joins gy-o-core1 (municipal) to gy-o-huaxi-dangwu-r1 (township) and skips a tier",
        ),
    ],
)  # fmt: skip
def test_circuits_that_skip_a_tier_or_leave_their_county(facts: f.Facts, what: str) -> None:
    found = one(NeighbouringTiers, facts)
    assert (found.subject, found.what.render("en")) == ("x", what)
    assert found.places == (HERE,)
    assert len(links(found)) == 1


@pytest.mark.parametrize(
    "facts",
    [
        add_circuit("x", plug("gy-o-core1", "p"), plug("gy-o-core2", "p")),
        add_circuit("x", plug("gy-o-huaxi-r1", "p"), plug("gy-o-huaxi-r2", "p")),
        add_circuit("x", plug("gy-o-huaxi-r1", "p"), plug("gy-o-core2", "p")),
        add_circuit("x", plug("gy-o-core1", "p"), peer="province"),
    ],
)
def test_circuits_within_a_site_and_between_neighbours_are_right(facts: f.Facts) -> None:
    assert not check(NeighbouringTiers, facts).findings


def test_a_circuit_to_nowhere_is_a_doubt() -> None:
    outcome = check(NeighbouringTiers, circuit("outer:huaxi/a", b=plug("nobody", "p")))
    assert texts(outcome.doubts) == ["circuit outer:huaxi/a leads to nobody, which is recorded nowhere"]


# TIER-SYSTEMS

COURT = "outer:municipal/court"


def test_a_unit_that_is_late() -> None:
    facts = party(COURT, state="building", phase=1)
    found = one(AllSystems, facts)
    assert (found.subject, found.places) == (COURT, (PARTIES[COURT].origin, city().policy.origin))
    assert found.what.render("en") == f"{COURT} is building; phase 1 had to be complete on 2026-06-30"
    assert not check(AllSystems, facts, as_of=date(2026, 6, 30)).findings  # the last day counts
    assert not check(AllSystems, party(COURT, state="building", phase=2)).findings


def test_what_is_planned_for_the_second_phase_is_late_after_it() -> None:
    found = check(AllSystems, city(), as_of=date(2029, 1, 1)).findings
    late = [
        item.id
        for item in city().parties
        if item.system and item.state != "connected" and item.realm is OUTER and item.kind is f.PartyKind.AGENCY
    ]
    assert sorted(item.subject for item in found) == sorted(late)
    assert late


def test_a_connected_unit_that_is_plugged_in_nowhere() -> None:
    found = one(AllSystems, party(COURT, attachments=()))
    assert found.what.render("en") == f"{COURT} is recorded as connected and plugged in nowhere"


def test_a_system_without_any_unit() -> None:
    facts = replace(city(), parties=tuple(item for item in city().parties if item.id != COURT))
    early = check(AllSystems, facts)
    assert not early.findings
    assert "municipal:court" not in early.subjects
    undated = check(AllSystems, replace(facts, policy=replace(facts.policy, phases=())))
    assert "no unit of the system court is recorded at municipal" in texts(undated.doubts)
    late = check(AllSystems, facts, as_of=date(2029, 1, 1)).findings
    assert "municipal:court" in [item.subject for item in late]


def test_a_phase_without_date_is_a_doubt() -> None:
    outcome = check(AllSystems, party(COURT, phase=3))
    assert texts(outcome.doubts) == [f"policy has no date for phase 3 of {COURT}"]
