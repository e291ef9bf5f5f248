"""Who can send to whom, by groups of parties: the picture that an auditor looks at first."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

from isolation_checks.reach.reach import Reach
from isolation_checks.reach.senders import Sender
from isolation_checks.verdicts import Cell, ZoneMatrix
from topology.facts import PartyKind, Realm
from topology.i18n import T, Text

KINDS = {
    PartyKind.AGENCY: T("agencies"),
    PartyKind.TOWNSHIP: T("townships"),
    PartyKind.ZONE: T("servers"),
    PartyKind.OPERATORS: T("operators"),
    PartyKind.TERMINALS: T("terminals"),
    PartyKind.NODE: T("education nodes"),
    PartyKind.MEMBER: T("members"),
    PartyKind.EXIT: T("retained exits"),
    PartyKind.DEVICES: T("devices"),
    PartyKind.PROVINCE: T("province"),
    PartyKind.INTERNET: T("Internet"),
}
REALMS = {Realm.INNER: T("inner"), Realm.OUTER: T("outer"), Realm.INTERNET: T("outside")}


class Group(NamedTuple):
    realm: Realm
    kind: PartyKind
    detail: str  # the zone's kind, or the VRF

    @property
    def id(self) -> str:
        return f"{self.realm.value}:{self.kind.value}{f'/{self.detail}' if self.detail else ''}"

    @property
    def title(self) -> Text:
        if self.kind == PartyKind.INTERNET:
            return KINDS[self.kind]
        text = T("{realm} {kind}", realm=REALMS[self.realm], kind=KINDS[self.kind])
        return T("{group} ({detail})", group=text, detail=self.detail) if self.detail else text


def group_of(sender: Sender) -> Group:
    party = sender.party
    return Group(party.realm, party.kind, (party.zone_kind if party.kind == PartyKind.ZONE else party.vrf) or "")


def zone_matrix(reach: Reach) -> ZoneMatrix:
    """A cell for every two groups between which a flow is declared, a packet can pass, or something passes that should not."""
    senders = [sender for sender in reach.senders.all if sender.segments]
    groups = {sender.name: group_of(sender) for sender in senders}
    labels: dict[Group, list[int]] = defaultdict(list)
    for sender in senders:
        labels[groups[sender.name]].append(sender.label)
    sets = {group: reach.space.labels(listed) for group, listed in labels.items()}
    passes = set()
    for receiver in senders:
        arriving = reach.arriving(receiver)
        for source, sent in sets.items():
            if (source, groups[receiver.name]) not in passes and (arriving & sent) != reach.space.false:
                passes.add((source, groups[receiver.name]))
    of_party = {sender.party.id: groups[sender.name] for sender in senders}
    at = {sender.party.id: frozenset(sender.segments) for sender in senders}
    flows: Counter[tuple[Group, Group]] = Counter()
    for flow in reach.facts.flows:
        if flow.to in of_party:
            for source in {of_party[party] for party in flow.sources if party in of_party}:
                flows[source, of_party[flow.to]] += 1
            for party in flow.sources:  # on one segment nothing stands between them, and no way through a device is looked for
                if at.get(party, frozenset()) & at[flow.to]:
                    passes.add((of_party[party], of_party[flow.to]))
    excess = Counter((groups[item.sender.name], groups[item.receiver.name]) for item in reach.excess)
    cells = sorted(passes | flows.keys() | excess.keys())
    shown = sorted({group for pair in cells for group in pair})
    return ZoneMatrix(
        tuple((group.id, group.title) for group in shown),
        tuple(Cell(a.id, b.id, flows[a, b], (a, b) in passes, excess[a, b]) for a, b in cells),
    )
