"""Who sends packets into the model: parties, external networks, and live ports of which nobody knows where they lead."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from isolation_checks.reach.layer2 import Layer2
from topology.facts import Facts, Party, PartyKind, Realm


@dataclass(frozen=True, slots=True)
class Sender:
    """``label`` marks its packets in the sets. ``party``: for an external network or a loose port on the Internet's side, the party
    Internet.

    ``peer``: slug of the external network; ``loose``: the port, as "device port".
    """

    label: int
    name: str
    party: Party
    segments: tuple[int, ...]
    peer: str | None = None
    loose: str | None = None

    @property
    def internet(self) -> bool:
        return self.party.kind == PartyKind.INTERNET


@dataclass(frozen=True)
class Senders:
    all: tuple[Sender, ...]

    @cached_property
    def by_party(self) -> dict[str, tuple[Sender, ...]]:
        found: dict[str, list[Sender]] = defaultdict(list)
        for sender in self.all:
            found[sender.party.id].append(sender)
        return {party: tuple(listed) for party, listed in found.items()}

    def labels(self, party: str) -> tuple[int, ...]:
        return tuple(sender.label for sender in self.by_party.get(party, ()))


NOBODY = Party(
    "internet", PartyKind.INTERNET, Realm.INTERNET, None, None, None, None, (), (), (), None, None, 0, "", None,  # type: ignore[arg-type]
)  # fmt: skip
"""Stands in where the facts know no Internet: an unrecorded port leads there all the same."""


def senders(facts: Facts, layer2: Layer2) -> Senders:
    """Numbered by realm, VRF and prefix, so that neighbours in numbers are neighbours in addresses."""
    parties = {party.id: party for party in facts.parties}
    internet = next((party for party in facts.parties if party.kind == PartyKind.INTERNET), NOBODY)
    province = {}
    for circuit in facts.circuits:
        if circuit.peer is not None:
            for party in facts.parties:
                if party.kind == PartyKind.PROVINCE and party.realm == circuit.realm and circuit.a in party.attachments:
                    province[circuit.realm, circuit.peer] = party
    places: dict[tuple[str, str | None, str | None], list[int]] = defaultdict(list)
    owner: dict[tuple[str, str | None, str | None], Party] = {}
    for party in facts.parties:
        if party.kind not in (PartyKind.INTERNET, PartyKind.DEVICES):
            owner[party.id, None, None] = party
    for segment in layer2.segments:
        for party_id in segment.senders:
            places[party_id, None, None].append(segment.number)
            owner[party_id, None, None] = parties[party_id]
        key: tuple[str, str | None, str | None]
        for realm, slug in segment.peers:
            home = province.get((realm, slug))
            key = (home.id, None, None) if home else (f"{internet.id}/{slug}", slug, None)
            places[key].append(segment.number)
            owner[key] = home or internet
        for loose in segment.loose:
            key = (f"{loose.device} {loose.port}", None, f"{loose.device} {loose.port}")
            places[key].append(segment.number)
            owner[key] = internet
    ordered = sorted(owner, key=lambda key: (owner[key].realm, owner[key].vrf or "", owner[key].prefixes, key[0]))
    return Senders(
        tuple(
            Sender(number, name, owner[name, peer, loose], tuple(dict.fromkeys(places[name, peer, loose])), peer, loose)
            for number, (name, peer, loose) in enumerate(ordered)
        )
    )
