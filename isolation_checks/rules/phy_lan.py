"""PHY-LAN: two physically separate LANs for the four leading organs and the classified organs, one on the outer network for all others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from isolation_checks.case import Case
from isolation_checks.physical_ports import PEERS
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.sides import REALMS, absent
from isolation_checks.rules.words import SYSTEM
from isolation_checks.verdicts import Finding, Outcome, Scope, Severity
from topology.facts import Level, Party, PartyKind, Realm, System, Tier
from topology.i18n import T

LEADING = (System.PARTY, System.CONGRESS, System.GOVERNMENT, System.CPPCC)
_ORGANS = (PartyKind.AGENCY, PartyKind.EXIT)


def agency_of(party: Party) -> str:
    """The slug of an agency: what stands last in the id of its party."""
    return party.id.rpartition("/")[2].rpartition(":")[2]


class SeparateLans(Rule):
    id = "PHY-LAN"
    title = T("Leading and classified organs have two physically separate LANs, all others one")
    description = T(
        "Every organ with a classified LAN has one LAN on the inner and one on the outer network, in different enclosures; each of the"
        " four leading organs is among them. Every other organ has one LAN, on the outer network. No LAN is plugged into a device of"
        " another network, and no secret LAN stands on the outer network."
    )
    source = (PLAN,)
    severity = Severity.CRITICAL
    scope = Scope.PHYSICAL

    def check(self, case: Case) -> Outcome:
        lans: defaultdict[str, dict[Realm, Party]] = defaultdict(dict)
        for party in case.facts.parties:
            if party.kind in _ORGANS and party.tier is Tier.MUNICIPAL:
                lans[agency_of(party)][party.realm] = party
        both = all(case.present(realm) for realm in (Realm.INNER, Realm.OUTER))
        findings = [*_wrong_network(case), *_secret_outside(case)]
        classified = _classified(case, lans)
        if both:
            for slug in sorted(classified):
                findings += _two_lans(case, slug, lans.get(slug, {}))
            findings += _leading(case, lans, classified)
        findings += _too_many(lans, classified)
        subjects = tuple(party.id for party in case.facts.parties if party.attachments and party.kind not in PEERS)
        return Outcome(subjects, tuple(findings), absent(case, Realm.INNER, Realm.OUTER), ("terminals-do-not-bridge",))


def _classified(case: Case, lans: dict[str, dict[Realm, Party]]) -> set[str]:
    secret = {slug for slug, own in lans.items() if any(party.level is Level.SECRET for party in own.values())}
    return {*case.facts.policy.organs, *secret}


def _wrong_network(case: Case) -> Iterator[Finding]:
    for party in case.facts.parties:
        if party.kind in PEERS:
            continue
        for name in dict.fromkeys(end.device for end in party.attachments):
            device = case.devices.get(name)
            if device is not None and device.realm is not party.realm:
                what = T(
                    "the LAN of {party} is plugged into {device}, which is of {realm}",
                    party=party.id,
                    device=name,
                    realm=REALMS[device.realm],
                )
                fix = T("plug it into a device of its own network")
                yield Finding(party.id, what, fix, (party.origin, device.origin))


def _secret_outside(case: Case) -> Iterator[Finding]:
    for party in case.facts.parties:
        if party.level is Level.SECRET and party.realm is not Realm.INNER:
            what = T("{party} handles secret information on {realm}", party=party.id, realm=REALMS[party.realm])
            yield Finding(
                party.id, what, T("secret information belongs to the inner network; lower the level or move the LAN"), (party.origin,)
            )


def _two_lans(case: Case, slug: str, own: dict[Realm, Party]) -> Iterator[Finding]:
    """What a classified organ lacks."""
    places = tuple(party.origin for party in own.values()) or (case.facts.policy.origin,)
    for realm in (Realm.INNER, Realm.OUTER):
        if realm not in own:
            what = T("the classified organ {organ} has no LAN on {realm}", organ=slug, realm=REALMS[realm])
            yield Finding(slug, what, T("give it a LAN on each network, physically separate"), places)
        elif not own[realm].attachments:
            what = T("the LAN of the classified organ {organ} on {realm} is plugged in nowhere", organ=slug, realm=REALMS[realm])
            yield Finding(slug, what, T("record the port that it is plugged into"), (own[realm].origin,))
    enclosures = [
        {case.devices[end.device].enclosure for end in party.attachments if end.device in case.devices}
        for party in (own.get(Realm.INNER), own.get(Realm.OUTER))
        if party is not None
    ]
    shared = set.intersection(*enclosures) if len(enclosures) == 2 else set()
    if shared:
        what = T(
            "both LANs of the classified organ {organ} are in the enclosure {enclosure}", organ=slug, enclosure=", ".join(sorted(shared))
        )
        yield Finding(slug, what, T("give each network an enclosure of its own"), places)


def _leading(case: Case, lans: dict[str, dict[Realm, Party]], classified: set[str]) -> Iterator[Finding]:
    """Each leading organ is among the classified ones; a city without such an organ says so by TIER-SYSTEMS."""
    for system in LEADING:
        own = [slug for slug, parties in lans.items() if any(party.system is system for party in parties.values())]
        if own and not classified.intersection(own):
            what = T("no organ of the system {system} has two LANs", system=SYSTEM[system])
            yield Finding(
                f"system:{system.value}",
                what,
                T("mark the leading organ as classified and give it a LAN on the inner network"),
                (case.facts.policy.origin,),
            )


def _too_many(lans: dict[str, dict[Realm, Party]], classified: set[str]) -> Iterator[Finding]:
    for slug, own in sorted(lans.items()):
        party = own.get(Realm.INNER)
        if party is not None and slug not in classified:
            what = T("{organ} is no classified organ and has a LAN on the inner network", organ=slug)
            yield Finding(slug, what, T("take the LAN off the inner network, or record the organ as classified"), (party.origin,))
