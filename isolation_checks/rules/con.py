"""CON: connectivity that has to be there: services, management, the Internet, the province."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from isolation_checks.case import Case
from isolation_checks.forwarding.pieces import span
from isolation_checks.forwarding.work import Met
from isolation_checks.routing.model import Protocol, Route
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.exact import ASSUMED, doubts, findings
from isolation_checks.rules.ways import known
from isolation_checks.snapshot import BgpNeighbor, BgpProcess, DeviceConfig
from isolation_checks.verdicts import Finding, Outcome, Scope, Severity
from topology.facts import Circuit, PartyKind, Peer
from topology.i18n import T

SERVERS = frozenset({PartyKind.ZONE})
MANAGED = frozenset({PartyKind.DEVICES})


class _Demanded(Rule):
    """A rule on some of the demands; its subjects are the parties or devices that have them."""

    source = (PLAN,)
    severity = Severity.HIGH
    scope = Scope.EXACT
    targets: ClassVar[frozenset[PartyKind]] = frozenset()
    sources: ClassVar[frozenset[PartyKind]] = frozenset()

    def check(self, case: Case) -> Outcome:
        met = [item for item in case.exact.met if self.concerns(case, item)]
        subjects = tuple(dict.fromkeys(self.subject(item) for item in met))
        found = (*findings(case, case.exact, met), *self.more(case))
        return Outcome(subjects, found, tuple(doubts(case, met)), known(case, ASSUMED))

    def concerns(self, case: Case, item: Met) -> bool:
        return self._kind(case, item.demand.target.party) in self.targets and self._kind(case, item.demand.source.party) not in MANAGED

    def subject(self, item: Met) -> str:
        return item.demand.source.name

    def more(self, case: Case) -> Iterable[Finding]:
        return ()

    def _kind(self, case: Case, party: str) -> PartyKind:
        return case.parties[party].kind


class Services(_Demanded):
    id = "CON-SERVICE"
    title = T("Every site reaches its services, name resolution among them")
    description = T(
        "Every party that is connected reaches each server zone that a flow of its own leads to, by the routes that the devices compute,"
        " and gets the answers."
    )
    targets = SERVERS


class Noc(_Demanded):
    id = "CON-NOC"
    title = T("The network management centre and every device reach one another")
    description = T(
        "Every device reaches the servers of its management centre that a flow of its own leads to, and is reached by those who manage it."
    )

    def concerns(self, case: Case, item: Met) -> bool:
        return bool({self._kind(case, item.demand.source.party), self._kind(case, item.demand.target.party)} & MANAGED)

    def subject(self, item: Met) -> str:
        return item.demand.source.device or item.demand.target.device


class Egress(_Demanded):
    id = "CON-EGRESS"
    title = T("Whoever may use the Internet reaches it, through the egress")
    description = T(
        "Every connected party that may use the Internet has a flow there, and its packets leave by a carrier's circuit whichever of"
        " several equal routes they take, translated so that the answers come back."
    )
    targets = frozenset({PartyKind.INTERNET})

    def more(self, case: Case) -> Iterator[Finding]:
        reached = {item.demand.source.party for item in case.exact.met if self.concerns(case, item)}
        for party in case.facts.parties:
            if party.internet and party.state == "connected" and party.id not in reached:
                what = T("{party} may use the Internet, and no flow leads it there", party=party.id)
                yield Finding(party.id, what, T("Declare the flow, or say that it may not."), (party.origin,))


class Province(_Demanded):
    id = "CON-PROVINCE"
    title = T("The province's prefixes come in, and ours go out, as agreed")
    description = T(
        "At each router that the province is plugged into there is a route to every prefix that it may announce, learned from it, and every"
        " prefix that we announce is configured to be announced there; flows with the province pass."
    )
    targets = frozenset({PartyKind.PROVINCE})

    def concerns(self, case: Case, item: Met) -> bool:
        return PartyKind.PROVINCE in (self._kind(case, item.demand.source.party), self._kind(case, item.demand.target.party))

    def more(self, case: Case) -> Iterator[Finding]:
        for circuit, peer in _to_province(case):
            config = case.configs.get(circuit.a.device)
            if config is not None:
                yield from _agreed(case, config, circuit, peer)


def _to_province(case: Case) -> Iterator[tuple[Circuit, Peer]]:
    for circuit in case.facts.circuits:
        for peer in case.facts.peers:
            if peer.kind == "province" and peer.slug == circuit.peer and peer.realm is circuit.realm:
                yield circuit, peer


def _agreed(case: Case, config: DeviceConfig, circuit: Circuit, peer: Peer) -> Iterator[Finding]:
    device = circuit.a.device
    spoken = speaking_to(config, str(peer.asn))
    fix = T("Configure the neighbour and its prefix lists as agreed.")
    if not spoken:
        what = T("{device} has no BGP neighbour of the province's number {asn}", device=device, asn=peer.asn)
        yield Finding(device, what, fix, (circuit.origin, peer.origin))
        return
    table = case.engine.base.tables.get((device, spoken[0][0].vrf or ""))
    for network in peer.accepts:
        route = None if table is None else table.lookup(int(network.network_address))
        if route is None or not _exactly(route, network.prefixlen) or not route.hops:
            what = T("{device} has no route to {prefix}, which the province announces", device=device, prefix=str(network))
            yield Finding(device, what, fix, (spoken[0][1].ref, peer.origin))
    for network in peer.announces:
        low, _ = span((int(network.network_address), network.prefixlen))
        if not any(_originates(process, low, network.prefixlen) for process, _ in spoken):
            what = T("{device} does not bring {prefix} into BGP, which is announced to the province", device=device, prefix=str(network))
            yield Finding(device, what, fix, (spoken[0][1].ref, peer.origin))


def _exactly(route: Route, length: int) -> bool:
    return route.length >= length and route.protocol in (Protocol.EBGP, Protocol.IBGP, Protocol.STATIC)


def speaking_to(config: DeviceConfig, asn: str) -> list[tuple[BgpProcess, BgpNeighbor]]:
    return [
        (process, neighbor)
        for process in config.bgp
        for neighbor in process.neighbors
        if neighbor.remote_as == asn and neighbor.active and not neighbor.shutdown and neighbor.address[:1].isdigit()
    ]


def _originates(process: BgpProcess, network: int, length: int) -> bool:
    listed = [(item[0], item[1]) for item in (*process.networks, *process.aggregates)]
    return (network, length) in listed or bool(process.redistributions)


RULES: tuple[type[Rule], ...] = (Services, Noc, Egress, Province)
"""In the order of reports."""
