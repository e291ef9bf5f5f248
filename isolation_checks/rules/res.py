"""RES: what is promised to survive failures does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from itertools import combinations

from isolation_checks.case import Case
from isolation_checks.forwarding.failures import Failure, failures, together
from isolation_checks.forwarding.survival import Broken
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.exact import ASSUMED, doubts, findings
from isolation_checks.rules.ways import known
from isolation_checks.verdicts import Doubt, Finding, Note, Outcome, Scope, Severity
from topology.facts import Circuit, Site
from topology.i18n import T

PAIRS = 2000
"""How many double failures are worked out for one rule; more are named as not examined."""


class Survives(Rule):
    id = "RES-SITE"
    title = T("Sites keep what they are promised under so many failures")
    description = T(
        "Whatever of a cable, a circuit, a card, a device or a shared risk fails, the flows of every party that is promised to survive it"
        " still pass. A failure inside a site that is its only way out, such as its one router or the switch that a party is plugged into,"
        " takes the party with it whatever is promised; that, and what failures take from those who are promised nothing, is listed and not"
        " judged."
    )
    source = (PLAN,)
    severity = Severity.HIGH
    scope = Scope.FAILURES

    def check(self, case: Case) -> Outcome:
        promised = {party.id: party for party in case.facts.parties if party.survives > 0 and party.state == "connected"}
        subjects = tuple(dict.fromkeys(party.site or party.id for party in promised.values()))
        hurt = [item for item in case.broken if item.party in promised and not item.own]
        notes = [note for group in _by_site(case, _listed(case.broken, promised)) for note in _notes(*group)]
        found = [finding for group in _by_site(case, hurt) for finding in _findings(case, *group)]
        uncertain = list(doubts(case, case.exact.met))
        if case.failures > 1:
            twice, left = _twice(case)
            hurt_twice = [item for item in twice if not item.own]
            found += [finding for group in _by_site(case, hurt_twice) for finding in _findings(case, *group)]
            notes += [note for group in _by_site(case, [item for item in twice if item.own]) for note in _notes(*group)]
            if left:
                what = T("{count} double failures were not worked out: only {limit} are for one run", count=left, limit=PAIRS)
                uncertain.append(Doubt(what, None))
        return Outcome(subjects, tuple(found), tuple(uncertain), known(case, ASSUMED), tuple(notes))


def _listed(broken: Iterable[Broken], promised: Container[str]) -> list[Broken]:
    """What failures take from those who are promised nothing, and what takes a promised party's own only way out."""
    return [item for item in broken if item.own or item.party not in promised]


def _notes(site: str, failure: Failure, items: list[Broken]) -> Iterator[Note]:
    """One note for a site and a failure: cut off or in part."""
    for whole in (True, False):
        names = sorted({item.party for item in items if item.whole is whole})
        if names:
            shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
            if whole:
                what = T("when {failure}, {count} parties are cut off: {names}", failure=failure.what, count=len(names), names=shown)
            else:
                what = T("when {failure}, {count} parties lose some flows: {names}", failure=failure.what, count=len(names), names=shown)
            yield Note(site, what, failure.places)


def _by_site(case: Case, hurt: list[Broken]) -> Iterator[tuple[str, Failure, list[Broken]]]:
    sites: dict[tuple[str, str], list[Broken]] = defaultdict(list)
    for item in hurt:
        party = case.parties.get(item.party)  # None: a device itself sends or is meant
        sites[party.site or party.id if party else item.party, item.failure.id].append(item)
    for (site, _), items in sorted(sites.items()):
        yield site, items[0].failure, items


def _findings(case: Case, site: str, failure: Failure, items: list[Broken]) -> Iterator[Finding]:
    """One finding for a site and a failure; the first loss is shown."""
    lost = [met for item in items for met in item.lost]
    work = case.survival.under(failure.outage)
    first = next(findings(case, work, lost[:1], failure.what), None)
    if first is None:
        return
    names = sorted({item.party for item in items})
    shown = ", ".join(names[:3]) + (" …" if len(names) > 3 else "")
    what = T("{count} parties at {site} lose flows ({names}): {what}", count=len(names), site=site, names=shown, what=first.what)
    fix = T("Lead them over something that does not fail with it, or promise less.")
    yield Finding(site, what, fix, (*first.places, *failure.places), first.witness)


def _twice(case: Case) -> tuple[list[Broken], int]:
    """What two failures at once take from those who are promised to survive two.

    Equal outages are worked out once. What two failures do is never put together from what each does alone: a pair is worked out, or it is
    counted as not examined.
    """
    promised = {party.id for party in case.facts.parties if party.survives > 1 and party.state == "connected"}
    if not promised:
        return [], 0
    singles = failures(case.facts, 1)
    near = {item.failure.id for item in case.broken if item.party in promised}
    touched = [item for item in singles if item.id in near or _touches(case, item, promised)]
    chosen = list(combinations(touched, 2))
    found = [item for one, other in chosen[:PAIRS] for item in case.survival.broken(together(one, other)) if item.party in promised]
    every = len(singles) * (len(singles) - 1) // 2
    return found, every - min(len(chosen), PAIRS)


def _touches(case: Case, failure: Failure, promised: set[str]) -> bool:
    """Whether a failure alone changes anything that a promised party's flows rest on."""
    met = case.exact.met
    touched = case.exact.touched(case.engine.under(failure.outage))
    return any({met[number].demand.source.party, met[number].demand.target.party} & promised for number in touched)


class Apart(Rule):
    id = "RES-APART"
    title = T("The uplinks of a site that has to survive failures share nothing")
    description = T(
        "The circuits that lead from a site with a promise to other sites are not all of one carrier, and no two of them share a duct, a"
        " fibre, a building or whatever else is recorded as one risk."
    )
    source = (PLAN,)
    severity = Severity.HIGH
    scope = Scope.PHYSICAL

    def check(self, case: Case) -> Outcome:
        found: list[Finding] = []
        subjects = []
        for site in case.facts.sites:
            uplinks = _uplinks(case, site)
            if site.survives and uplinks:
                subjects.append(site.key)
                found += _shared(site, uplinks)
        return Outcome(tuple(subjects), tuple(found))


def _uplinks(case: Case, site: Site) -> list[Circuit]:
    """Circuits to a site of a higher tier."""
    order = ("province", "municipal", "county", "township")
    tier = {device.name: order.index(device.tier) for device in case.facts.devices}
    at = {device.name for device in case.facts.devices if (device.realm, device.site) == (site.realm, site.key)}
    found = []
    for circuit in case.facts.circuits:
        if circuit.b is None:
            continue
        for near, far in ((circuit.a, circuit.b), (circuit.b, circuit.a)):
            if near.device in at and far.device not in at and tier.get(far.device, 9) < order.index(site.tier):
                found.append(circuit)
    return found


def _shared(site: Site, uplinks: list[Circuit]) -> Iterator[Finding]:
    places = tuple(circuit.origin for circuit in uplinks)
    if len(uplinks) < 2:
        what = T("{site} is promised to survive a failure and has one uplink", site=site.key)
        yield Finding(site.key, what, T("Order a second circuit of another carrier, or promise less."), (*places, site.origin))
        return
    if len({circuit.carrier for circuit in uplinks}) < 2:
        what = T("all uplinks of {site} are of the carrier {carrier}", site=site.key, carrier=uplinks[0].carrier)
        yield Finding(site.key, what, T("Order one of them from another carrier."), places)
    for one, other in combinations(uplinks, 2):
        common = sorted(set(one.risk) & set(other.risk))
        if common:
            what = T("uplinks {a} and {b} of {site} share {risks}", a=one.id, b=other.id, site=site.key, risks=", ".join(common))
            yield Finding(site.key, what, T("Have one of them led another way."), (one.origin, other.origin))


RULES: tuple[type[Rule], ...] = (Survives, Apart)
"""In the order of reports."""
