"""Departmental vertical networks, on the reference city and on the city with one thing wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from isolation_checks.rules.base import Rule
from isolation_checks.rules.vpn import RULES, Merged, NoneNew, OneRealm
from tests.isolation_checks.rules.physical_case import INNER, OUTER, approval, check, city, edited, one, party, texts, without
from topology import facts as f

DUE = date(2026, 6, 30)


def vertical(slug: str, facts: f.Facts | None = None, **changes: Any) -> f.Facts:
    facts = facts or city()
    return replace(facts, verticals=edited(facts.verticals, lambda item: item.slug == slug, **changes))


def settled(facts: f.Facts | None = None) -> f.Facts:
    """The facts, with every pending vertical network merged."""
    facts = facts or city()
    return replace(
        facts, verticals=tuple(replace(item, state="merged", mode="flows") if item.state == "pending" else item for item in facts.verticals)
    )


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_reference_city_breaks_no_rule_while_its_first_phase_lasts(rule: type[Rule]) -> None:
    outcome = check(rule, city(), as_of=DUE)
    assert outcome.subjects
    assert not outcome.findings
    assert not outcome.doubts


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
@pytest.mark.parametrize("realm", [INNER, OUTER])
def test_each_side_answers_for_its_own_vertical_networks(rule: type[Rule], realm: f.Realm) -> None:
    outcome = check(rule, without(realm), as_of=DUE)
    assert not outcome.findings
    assert not outcome.doubts
    assert all(not subject.startswith(realm.value) for subject in outcome.subjects)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_without_vertical_networks_no_rule_applies(rule: type[Rule]) -> None:
    assert not check(rule, replace(city(), verticals=())).subjects


def test_a_pending_network_is_a_breach_once_the_first_phase_is_over() -> None:
    facts = vertical("fagai", settled(), state="pending", mode=None)
    assert not check(Merged, facts, as_of=DUE).findings
    found = one(Merged, facts, as_of=date(2026, 7, 1))
    assert found.subject == "outer:fagai"
    assert found.what.render("en") == "the vertical network fagai is pending; it had to be merged by the end of phase 1, 2026-06-30"
    assert found.fix.render("en") == "merge it into the outer network, or get an approval of the kind retained-vertical"
    assert found.places == (next(item.origin for item in city().verticals if item.slug == "fagai"),)


def test_without_a_date_for_the_first_phase_a_pending_network_is_a_doubt() -> None:
    facts = vertical("fagai", settled(), state="pending", mode=None)
    outcome = check(Merged, replace(facts, policy=replace(facts.policy, phases=())))
    assert not outcome.findings
    assert texts(outcome.doubts) == ["policy has no date for the first phase, in which fagai has to be merged"]


STATISTICS = "vertical-statistics"


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (approval(STATISTICS, settled(), expires=date(2026, 11, 30)), "approval 'vertical-statistics' expired on 2026-11-30"),
        (approval(STATISTICS, settled(), granted=date(2026, 12, 2)), "approval 'vertical-statistics' holds from 2026-12-02 only"),
        (
            approval(STATISTICS, settled(), kind="exception"),
            "approval 'vertical-statistics' is of the kind exception, not retained-vertical",
        ),
        (vertical("tongji", settled(), approval=None), "there is no approval"),
        (vertical("tongji", settled(), approval="none"), "there is no approval 'none'"),
    ],
)  # fmt: skip
def test_a_retained_network_without_an_approval_that_holds(facts: f.Facts, why: str) -> None:
    found = one(Merged, facts)
    assert found.subject == "outer:tongji"
    assert found.what.render("en") == f"the retained vertical network tongji is not approved: {why}"


def test_a_merged_network_of_which_nothing_says_how() -> None:
    found = one(Merged, vertical("jinshen", settled(), mode=None))
    assert found.what.render("en") == "the vertical network jinshen is recorded as merged, and nothing says how"


def test_a_network_newer_than_the_plan() -> None:
    assert not check(NoneNew, vertical("jinshen", since=2006)).findings
    found = one(NoneNew, vertical("jinshen", since=2007))
    assert (found.subject, found.what.render("en")) == ("outer:jinshen", "the vertical network jinshen is of 2007, the plan of 2006")


def test_members_in_the_other_network_or_nowhere() -> None:
    found = one(OneRealm, party("outer:municipal/audit", realm=INNER))
    assert (found.subject, found.what.render("en")) == (
        "outer:jinshen",
        "outer:municipal/audit of the vertical network jinshen is of the inner network",
    )
    assert len(found.places) == 2
    found = one(OneRealm, vertical("jinshen", members=("outer:nobody",)))
    assert found.what.render("en") == "outer:nobody of the vertical network jinshen is recorded nowhere"
    found = one(OneRealm, vertical("fagai", owner="inner:municipal/cipher"))
    assert found.subject == "outer:fagai"
