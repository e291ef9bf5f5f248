"""What several rules say alike: which side is absent, which live ports nobody knows, how a chain of cables is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isolation_checks.doubts import doubts_for
from isolation_checks.physical import Chain, witness
from isolation_checks.verdicts import Doubt, Finding, Place
from topology.facts import Realm
from topology.i18n import T, Text

if TYPE_CHECKING:
    from isolation_checks.case import Case

REALMS = {Realm.INNER: T("the inner network"), Realm.OUTER: T("the outer network"), Realm.INTERNET: T("the Internet")}


def absent(case: Case, *realms: Realm) -> tuple[Doubt, ...]:
    """A doubt for each of these networks whose side of the inventory is not here."""
    return tuple(Doubt(T("the inventory of {realm} is not here", realm=REALMS[realm]), None) for realm in realms if not case.present(realm))


def port_doubts(case: Case) -> tuple[Doubt, ...]:
    """What is not known about live ports: whoever counts them as the Internet has these doubts too."""
    uncertain = tuple(
        Doubt(T("port {port} of {device} may be live: {why}", port=port.port, device=port.device, why=port.why), port.place)
        for port in case.live_ports
        if not port.certain
    )
    return (*uncertain, *doubts_for(case, "PHY-PORT"))


def chain_finding(chain: Chain, what: Text, subject: str | None = None) -> Finding:
    """A finding about a chain; its subject is the first link, by which the chain leaves the side that it should not leave."""
    first = chain[0][2]
    places: tuple[Place, ...] = tuple(dict.fromkeys(edge.place for _, _, edge in chain if edge.place is not None))
    fix = T("take out {over}, or plug it into a device of the same network", over=first.over)
    return Finding(subject or first.id, what, fix, places, witness(chain))
