"""TIER: what stands at which tier, and which tiers are joined."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from isolation_checks.case import Case
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.sides import absent
from isolation_checks.rules.words import PARTY, ROLE, SYSTEM, TIER
from isolation_checks.verdicts import ChainWitness, Doubt, Finding, Link, Outcome, Scope, Severity
from topology.facts import Attachment, Circuit, Device, Party, PartyKind, Realm, Role, Site, System, Tier
from topology.i18n import T, Text
from topology.origin import Origin

_ORDER = (Tier.PROVINCE, Tier.MUNICIPAL, Tier.COUNTY, Tier.TOWNSHIP)
_COUNTY_ROLES = frozenset({Role.COUNTY_ROUTER, Role.ACCESS})


class NothingInTownships(Rule):
    id = "TIER-TOWNSHIP"
    title = T("The inner network has nothing at township tier")
    description = T(
        "No site, device or party of the inner network is at township tier: the inner network joins province, city and county only."
    )
    source = (PLAN,)
    severity = Severity.HIGH
    scope = Scope.DECREED

    def check(self, case: Case) -> Outcome:
        things: list[tuple[str, Tier, Origin]] = [
            *((site.key, site.tier, site.origin) for site in case.facts.sites if site.realm is Realm.INNER),
            *((device.name, device.tier, device.origin) for device in case.facts.devices if device.realm is Realm.INNER),
            *((party.id, party.tier, party.origin) for party in case.facts.parties if party.realm is Realm.INNER),
        ]
        townships = {site.key for site in case.facts.sites if site.tier is Tier.TOWNSHIP}
        placed = {
            **{device.name: device.site for device in case.facts.devices},
            **{party.id: party.site for party in case.facts.parties},
        }
        fix = T("take it out: townships are on the outer network only")
        findings = tuple(
            Finding(name, T("{name} of the inner network is at township tier", name=name), fix, (origin,))
            for name, tier, origin in things
            if tier is Tier.TOWNSHIP or placed.get(name) in townships
        )
        return Outcome(tuple(name for name, _, _ in things), findings, absent(case, Realm.INNER))


class TerminalsInCounties(Rule):
    id = "TIER-COUNTY"
    title = T("In counties the inner network is terminals of named departments only")
    description = T(
        "What the inner network has in a county is groups of terminals, each of a named department, and the county router and access"
        " switches that they are plugged into. No LAN of an organ, no servers, no core stand there."
    )
    source = (PLAN,)
    severity = Severity.HIGH
    scope = Scope.DECREED

    def check(self, case: Case) -> Outcome:
        parties = [party for party in case.facts.parties if party.realm is Realm.INNER and party.tier is Tier.COUNTY]
        devices = [device for device in case.facts.devices if device.realm is Realm.INNER and device.tier is Tier.COUNTY]
        findings = [finding for party in parties for finding in _county_party(case, party)]
        for device in devices:
            if device.role not in _COUNTY_ROLES:
                what = T("{device} of the inner network stands in a county as {role}", device=device.name, role=ROLE[device.role])
                findings.append(Finding(device.name, what, T("keep a router for terminals there, and nothing else"), (device.origin,)))
        subjects = (*(party.id for party in parties), *(device.name for device in devices))
        return Outcome(subjects, tuple(findings), absent(case, Realm.INNER))


def _county_party(case: Case, party: Party) -> Iterator[Finding]:
    if party.kind is PartyKind.DEVICES:
        return
    if party.kind is not PartyKind.TERMINALS:
        what = T(
            "{party} of the inner network stands in a county and is no group of terminals ({kind})", party=party.id, kind=PARTY[party.kind]
        )
        yield Finding(party.id, what, T("keep terminals of the departments that need them, and nothing else"), (party.origin,))
    elif not party.name.zh.strip() and not party.name.en.strip():
        yield Finding(party.id, T("the terminals {party} name no department", party=party.id), T("name the department"), (party.origin,))
    elsewhere = sorted(
        {end.device for end in party.attachments if end.device in case.devices and case.devices[end.device].site != party.site}
    )
    if elsewhere:
        what = T("the terminals {party} are plugged in outside their county: {devices}", party=party.id, devices=", ".join(elsewhere))
        yield Finding(party.id, what, T("plug them into the router of their county"), (party.origin,))


class NeighbouringTiers(Rule):
    id = "TIER-ADJACENT"
    title = T("Circuits join neighbouring tiers only, within one county")
    description = T(
        "A circuit or cable between two sites joins province and city, city and county, or a county and a township of its own. No tier"
        " is skipped, and neither two counties nor two townships are joined directly."
    )
    source = (PLAN,)
    severity = Severity.HIGH
    scope = Scope.PHYSICAL

    def check(self, case: Case) -> Outcome:
        sites = {(site.realm, site.key): site for site in case.facts.sites}
        findings: list[Finding] = []
        doubts: list[Doubt] = []
        subjects = []
        for circuit in case.facts.circuits:
            subjects.append(circuit.id)
            over = T("circuit {id} ({carrier} {reference})", id=circuit.id, carrier=circuit.carrier, reference=circuit.reference)
            if circuit.b is not None:
                findings += _joined(case, sites, circuit.id, (circuit.a, circuit.b), over, circuit.origin)
                doubts += _lost(case, circuit.id, (circuit.a, circuit.b), circuit.origin)
            findings += _province(case, circuit, over)
        for cable in case.facts.cables:
            ends = [case.devices.get(end.device) for end in (cable.a, cable.b)]
            if ends[0] and ends[1] and ends[0].site != ends[1].site:
                subjects.append(cable.id)
                findings += _joined(case, sites, cable.id, (cable.a, cable.b), T("cable {id}", id=cable.id), cable.origin)
        return Outcome(tuple(subjects), tuple(findings), tuple(doubts))


def _lost(case: Case, id_: str, ends: tuple[Attachment, Attachment], origin: Origin) -> Iterator[Doubt]:
    for end in ends:
        if end.device not in case.devices:
            yield Doubt(T("circuit {id} leads to {device}, which is recorded nowhere", id=id_, device=end.device), origin)


def _joined(
    case: Case, sites: dict[tuple[Realm, str], Site], id_: str, ends: tuple[Attachment, Attachment], over: Text, origin: Origin
) -> Iterator[Finding]:
    a, b = (case.devices.get(end.device) for end in ends)
    if a is None or b is None or (a.site == b.site and a.tier is b.tier):
        return
    near, far = sorted((a, b), key=lambda device: _ORDER.index(device.tier))
    step = _ORDER.index(far.tier) - _ORDER.index(near.tier)
    counties = {_county(sites, device) for device in (near, far) if device.tier is not Tier.MUNICIPAL}
    if step == 1 and len(counties) == 1:
        return
    if step == 1 or (step == 0 and len(counties) > 1):
        what = T("{over} joins {a} and {b}, which are of different counties", over=over, a=near.name, b=far.name)
    elif step == 0:
        what = T("{over} joins {a} and {b}, two sites of the tier {tier}", over=over, a=near.name, b=far.name, tier=TIER[near.tier])
    else:
        what = T(
            "{over} joins {a} ({one}) to {b} ({other}) and skips a tier",
            over=over,
            a=near.name,
            b=far.name,
            one=TIER[near.tier],
            other=TIER[far.tier],
        )
    fix = T("lead it by the county, or by the municipal centre")
    yield Finding(id_, what, fix, (origin,), ChainWitness((Link(near.name, far.name, over, origin),)))


def _county(sites: dict[tuple[Realm, str], Site], device: Device) -> str:
    site = sites.get((device.realm, device.site))
    return (site.county if site else None) or device.site


def _province(case: Case, circuit: Circuit, over: Text) -> Iterator[Finding]:
    """The province joins the municipal tier only."""
    provinces = {peer.slug for peer in case.facts.peers if peer.kind == "province"}
    device = case.devices.get(circuit.a.device)
    if circuit.peer in provinces and device is not None and device.tier is not Tier.MUNICIPAL:
        what = T(
            "{over} joins {a} ({one}) to {b} ({other}) and skips a tier",
            over=over,
            a=device.name,
            b=circuit.peer,
            one=TIER[device.tier],
            other=TIER[Tier.PROVINCE],
        )
        chain = ChainWitness((Link(device.name, circuit.peer or "?", over, circuit.origin),))
        yield Finding(circuit.id, what, T("lead it by the county, or by the municipal centre"), (circuit.origin,), chain)


class AllSystems(Rule):
    id = "TIER-SYSTEMS"
    title = T("All seven systems are connected at city and county tier, each as of its phase")
    description = T(
        "Party committee, People's Congress, government, CPPCC, court, procuratorate and military are connected at the municipal tier"
        " and in every county: every unit of theirs is connected and plugged in once the date of its phase is past. The plan covers all"
        " seven with its last phase, so a system without any recorded unit is a breach once the date of that phase is past."
    )
    source = (PLAN,)
    severity = Severity.MEDIUM
    scope = Scope.DECREED

    def check(self, case: Case) -> Outcome:
        places = [site for site in case.facts.sites if site.realm is Realm.OUTER and site.tier in (Tier.MUNICIPAL, Tier.COUNTY)]
        units: defaultdict[tuple[str, System], list[Party]] = defaultdict(list)
        for party in case.facts.parties:
            if party.realm is Realm.OUTER and party.system and party.site and party.kind in (PartyKind.AGENCY, PartyKind.EXIT):
                units[party.site, party.system].append(party)
        end = max((day for _, day in case.facts.policy.phases), default=None)
        findings: list[Finding] = []
        doubts: list[Doubt] = []
        subjects = []
        for site in places:
            for system in System:
                subject = f"{site.key}:{system.value}"
                own = units.get((site.key, system), [])
                what = T("no unit of the system {system} is recorded at {site}", system=SYSTEM[system], site=site.key)
                if own:
                    self._connected(case, own, findings, doubts)
                elif end is None:
                    doubts.append(Doubt(what, site.origin))
                elif end < case.as_of:
                    findings.append(Finding(subject, what, T("connect it, and record it"), (site.origin,)))
                else:
                    continue  # not due yet: nothing to say of it
                subjects.append(subject)
        return Outcome(tuple(subjects), tuple(findings), (*doubts, *absent(case, Realm.OUTER)))

    @staticmethod
    def _connected(case: Case, units: list[Party], findings: list[Finding], doubts: list[Doubt]) -> None:
        due = dict(case.facts.policy.phases)
        for party in units:
            if party.phase not in due:
                doubts.append(Doubt(T("policy has no date for phase {phase} of {party}", phase=party.phase, party=party.id), party.origin))
                continue
            late = due[party.phase] < case.as_of
            if party.state != "connected" and late:
                what = T(
                    "{party} is {state}; phase {phase} had to be complete on {date}",
                    party=party.id,
                    state=party.state,
                    phase=party.phase,
                    date=due[party.phase],
                )
                findings.append(Finding(party.id, what, T("connect it"), (party.origin, case.facts.policy.origin)))
            elif party.state == "connected" and not party.attachments:
                what = T("{party} is recorded as connected and plugged in nowhere", party=party.id)
                findings.append(Finding(party.id, what, T("record the port that it is plugged into"), (party.origin,)))


RULES: tuple[type[Rule], ...] = (NothingInTownships, TerminalsInCounties, NeighbouringTiers, AllSystems)
