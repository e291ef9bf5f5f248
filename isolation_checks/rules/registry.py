"""All rules, in the order in which reports list them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from isolation_checks.rules import (
    acl,
    con,
    cov,
    defaults,
    egr_physical,
    gap,
    hard,
    log,
    packets,
    phy,
    res,
    route,
    svc,
    svc_missing,
    tier,
    vpn,
)
from isolation_checks.rules.base import Rule
from isolation_checks.verdicts import Scope
from topology.i18n import T, Text
from topology.problems import names, nearest

FAMILIES: tuple[tuple[type[Rule], ...], ...] = (
    phy.RULES,
    gap.RULES,
    egr_physical.RULES,
    defaults.RULES,
    packets.RULES,
    log.RULES,
    tier.RULES,
    vpn.RULES,
    svc.RULES,
    svc_missing.RULES,
    con.RULES,
    route.RULES,
    res.RULES,
    hard.RULES,
    acl.RULES,
    cov.RULES,
)
"""What each module has to offer."""

ORDER = ("PHY", "GAP", "EGR", "LOG", "TIER", "VPN", "SVC", "CON", "ROUTE", "RES", "HARD", "ACL", "COV")
"""The families, in the order of reports; others come after them."""


class UnknownRuleError(ValueError):
    """No rule and no family is called that."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.render("en"))
        self.message = message


@cache
def rules() -> tuple[type[Rule], ...]:
    """Every rule once, family by family."""
    found = sorted((rule for family in FAMILIES for rule in family), key=_place)
    ids = [rule.id for rule in found]
    if len(set(ids)) != len(ids):
        raise ValueError(f"a rule id is used twice: {sorted(item for item in ids if ids.count(item) > 1)[0]}")
    return tuple(found)


def _place(rule: type[Rule]) -> int:
    family = rule.info().family
    return ORDER.index(family) if family in ORDER else len(ORDER)


def select(words: Iterable[str], failures: int | None = 0) -> tuple[type[Rule], ...]:
    """The rules with these ids, or of these families (``HARD``), in the order of `rules`; all where there are no words. Capitals do not
    matter. Rules on failures are among them only where there are ``failures``; where that is None, none on computed routes are among all.

    Raises UnknownRuleError, with the nearest name, and for a rule on failures that is named where there are none.
    """
    offered = tuple(rule for rule in rules() if failures or rule.scope is not Scope.FAILURES)
    chosen: set[str] = set()
    for word in words:
        wanted = word.strip().upper().removesuffix("-*")
        matching = {rule.id for rule in rules() if wanted in (rule.id, rule.info().family)}
        if not matching:
            raise UnknownRuleError(_unknown(word))
        if matching.isdisjoint(rule.id for rule in offered):
            raise UnknownRuleError(T("rule {rule} speaks of failures: say of how many with --failures 1 or 2", rule=min(matching)))
        chosen |= matching
    if chosen:
        return tuple(rule for rule in offered if rule.id in chosen)
    return tuple(rule for rule in offered if failures is not None or rule.scope is not Scope.EXACT)


def _unknown(word: str) -> Text:
    known = [*dict.fromkeys(rule.info().family for rule in rules()), *(rule.id for rule in rules())]
    near = nearest(word.strip().upper(), known)
    if near:
        return T("there is no rule or family of rules '{word}'; did you mean '{name}'?", word=word, name=near)
    families = names(rule.info().family for rule in rules())
    return T("there is no rule or family of rules '{word}'; the families are {names}", word=word, names=families)
