"""What the commands that ask the model share: the city with its configs in one state, and the words for places and failures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import NamedTuple

from isolation_checks.case import Case
from isolation_checks.forwarding.plane import City, Plane
from isolation_checks.forwarding.trace import Tracer
from isolation_checks.reach.forwarder import forwarders
from isolation_checks.reach.senders import senders
from isolation_checks.routing.model import NOTHING_DOWN, Outage
from isolation_checks.snapshot import Snapshot
from topology.facts import Facts, PartyKind
from topology.i18n import T, Text
from topology.problems import names, nearest

ANYWHERE = int(IPv4Address("192.88.99.1"))
"""Stands for the Internet where no address is given: public, and given back (RFC 7526), so that nobody takes it for a real server."""


class UnknownWordError(Exception):
    """A party, device or failure that the city does not have. ``message`` is for people."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.render("en"))
        self.message = message


class Spot(NamedTuple):
    """One end of a question: the sender's name in the proof (a party, ``party/peer``, or a device), and an address that it has."""

    name: str
    address: int


@dataclass(frozen=True)
class Asked:
    """A city on one day, as commands ask about it."""

    case: Case

    @classmethod
    def of(cls, facts: Facts, snapshot: Snapshot, as_of: date) -> Asked:
        return cls(Case(facts, snapshot, as_of))

    @cached_property
    def city(self) -> City:
        """Who is where. Nothing of what is declared is worked out for it."""
        base = self.case.engine.base.layer2
        return City(self.case.facts, forwarders(self.case.configs, base), senders(self.case.facts, base), base)

    def plane(self, outage: Outage = NOTHING_DOWN) -> Plane:
        return Plane(self.city, self.case.engine.under(outage))

    def tracer(self, outage: Outage = NOTHING_DOWN) -> Tracer:
        return Tracer(self.plane(outage))

    def spot(self, word: str, beside: Spot | None = None) -> Spot:
        """What a word means: an address, a party, ``party/peer``, or a device. Raises UnknownWordError."""
        try:
            address = int(IPv4Address(word))
        except AddressValueError:
            return Spot(*self._named(word))
        return Spot(self._owner(address), address)

    def _named(self, word: str) -> tuple[str, int]:
        if word in self.city.sender_of:
            party = self.city.sender_of[word].party
            return word, ANYWHERE if party.kind is PartyKind.INTERNET else self._address(party.prefixes)
        parties = {sender.party.id: sender.name for sender in reversed(self.city.senders.all)}
        if word in parties:
            return self._named(parties[word])
        for (device, _vrf), own in sorted(self.city.own.items()):
            if device == word and own:
                return word, min(own)
        known = sorted({*parties, *self.city.sender_of, *self.city.forwarders})
        raise UnknownWordError(_unknown(word, known))

    def _address(self, prefixes: Iterable[IPv4Network]) -> int:
        """The first address of a party that no device has; a declared server's before that of a terminal."""
        own = set(prefixes)
        for host in self.case.facts.hosts:
            if any(host.address in prefix for prefix in own):
                return int(host.address)
        taken = {address for some in self.city.own.values() for address in some} | {
            address for some in self.city.shared.values() for address in some
        }
        free = (int(address) for prefix in sorted(own) for address in prefix.hosts())
        return next((address for address in free if address not in taken), 0)

    def _owner(self, address: int) -> str:
        """The device that has the address, else the party with the longest prefix; the Internet has all others."""
        for (device, _vrf), own in sorted(self.city.own.items()):
            if address in own:
                return device
        there = IPv4Address(address)
        found = [
            (prefix.prefixlen, sender.name)
            for sender in self.city.senders.all
            for prefix in sender.party.prefixes
            if there in prefix and sender.party.kind is not PartyKind.INTERNET
        ]
        if found:
            return max(found)[1]
        outside = [sender.name for sender in self.city.senders.all if sender.party.kind is PartyKind.INTERNET]
        if outside:
            return outside[0]
        raise UnknownWordError(T("nobody in the city has the address {address}", address=str(there)))


def outage(facts: Facts, words: Iterable[str]) -> Outage:
    """What the words take down together: devices, cables, circuits, risk groups, and sites with all their devices.

    Raises UnknownWordError.
    """
    devices: set[str] = set()
    cables: set[str] = set()
    circuits: set[str] = set()
    risks = {risk for item in facts.cables for risk in item.risk} | {risk for item in facts.circuits for risk in item.risk}
    sites = {site.key for site in facts.sites}
    kinds = {device.name for device in facts.devices}, {item.id for item in facts.cables}, {item.id for item in facts.circuits}
    for word in words:
        hit = [word in kind for kind in kinds]
        for into, there in zip((devices, cables, circuits), hit, strict=True):
            if there:
                into.add(word)
        if word in risks:
            cables |= {item.id for item in facts.cables if word in item.risk}
            circuits |= {item.id for item in facts.circuits if word in item.risk}
        elif word in sites:
            devices |= {device.name for device in facts.devices if device.site == word}
        elif not any(hit):
            raise UnknownWordError(_unknown(word, sorted({*kinds[0], *kinds[1], *kinds[2], *risks, *sites})))
    return Outage(frozenset(devices), frozenset(cables), frozenset(circuits))


def _unknown(word: str, known: list[str]) -> Text:
    near = nearest(word, known)
    what = T("the city has no '{word}'", word=word)
    if near:
        return T("{text} · did you mean '{name}'?", text=what, name=near)
    return T("{text} · there are: {names}", text=what, names=names(known))
