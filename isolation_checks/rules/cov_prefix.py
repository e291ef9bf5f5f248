"""COV-PREFIX: the addresses of each party stand where the facts put the party, and nowhere else."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from isolation_checks.case import Case
from isolation_checks.reach.layer2 import Endpoint, Segment
from isolation_checks.reading.values import dotted, mask_of
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.snapshot import DeviceConfig, Interface, InterfaceKind, Ref
from isolation_checks.verdicts import Doubt, Finding, Outcome, Scope, Severity
from topology.facts import Device, Party, PartyKind, Realm, Use
from topology.i18n import T, Text

OUTSIDE = frozenset({PartyKind.PROVINCE, PartyKind.INTERNET})
"""Parties behind a peer: none of our devices has an address of theirs."""

GB_ZONES = T("GB/T 22239-2019 8.1.2.1")


class Net(NamedTuple):
    """A connected network: where it comes from in the config, too."""

    first: int
    length: int
    ref: Ref

    @property
    def last(self) -> int:
        return self.first | (0xFFFFFFFF >> self.length)

    def __str__(self) -> str:
        return f"{dotted(self.first)}/{self.length}"


class Prefix(Rule):
    id = "COV-PREFIX"
    title = T("Each party's addresses stand at its own ports")
    description = T(
        "Each gateway of a party has the party's prefixes on the interface that leads to the ports where the party is plugged in; no other "
        "interface has an address of it, and no address belongs to nobody. A violation means that the proof and the network speak of "
        "different places."
    )
    source = (PLAN, GB_ZONES)
    severity = Severity.HIGH
    scope = Scope.AS_WRITTEN

    def check(self, case: Case) -> Outcome:
        look = _Look(case)
        parties = [party for party in case.facts.parties if party.kind not in OUTSIDE and party.gateways and case.present(party.realm)]
        findings: list[Finding] = []
        doubts: list[Doubt] = []
        for party in parties:
            findings += look.party(party)
        for device in case.facts.devices:
            config = case.configs.get(device.name)
            for item in config.interfaces if config else ():
                if item.shutdown is None:
                    findings += look.interface(device, item)
                    if item.dynamic_address:
                        what = T("the address of {device} {interface} is not in the config", device=device.name, interface=item.name)
                        doubts.append(Doubt(what, item.dynamic_address))
                    if item.unnumbered and look.alone(device.name, item.name):
                        what = T("the address of {device} {interface} is not in the config", device=device.name, interface=item.name)
                        doubts.append(Doubt(what, item.ref))
        return Outcome(tuple(party.id for party in parties), tuple(findings), tuple(doubts))


class _Look:
    """One run over a case, with what it needs to look up."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._layer2 = case.layer2
        self._segments: dict[str, list[Segment]] = defaultdict(list)
        for segment in case.layer2.segments:
            for sender in segment.senders:
                self._segments[sender].append(segment)
        self._exact: dict[tuple[Realm, int, int], list[Party]] = defaultdict(list)
        for party in case.facts.parties:
            if party.kind not in OUTSIDE:
                for prefix in party.prefixes:
                    self._exact[party.realm, int(prefix.network_address), prefix.prefixlen].append(party)
        self._starts = sorted(self._exact)
        self._vrfs = {party.vrf for party in case.facts.parties}
        self._missing = {device.realm for device in case.facts.devices if device.rendered and device.name not in case.configs}
        self._plugged: dict[str, list[tuple[str, str]]] = defaultdict(list)
        ends = [(cable.a, cable.b) for cable in case.facts.cables if cable.use is not Use.CONSOLE]
        ends += [(circuit.a, circuit.b) for circuit in case.facts.circuits if circuit.b]
        for a, b in ends:
            self._plugged[a.device].append((a.port, b.device))
            self._plugged[b.device].append((b.port, a.device))

    def alone(self, device: str, interface: str) -> bool:
        """Whether nobody who is recorded hears an interface: an address of its own would show it, a borrowed one does not."""
        number = self._layer2.segment_of.get(Endpoint(device, interface))
        segment = self._layer2.segments[number] if number is not None else None
        return segment is None or not (len(segment.endpoints) > 1 or segment.peers or segment.senders)

    def party(self, party: Party) -> Iterator[Finding]:
        """What is wrong with the gateways of a party."""
        segments = self._segments.get(party.id)
        if not segments:
            devices = {attachment.device for attachment in party.attachments}
            if party.state == "connected" and devices <= self._case.configs.keys():
                what = T("no port of {party} is up: {ports}", party=party.id, ports=", ".join(map(str, party.attachments)))
                yield Finding(
                    party.id, what, T("configure the ports where the party is plugged in, or record where it is"), (party.origin,)
                )
            return
        for gateway in party.gateways:
            config = self._case.configs.get(gateway)
            if config is not None:
                yield from self._gateway(
                    party, config, [item for segment in segments for item in segment.endpoints if item.device == gateway]
                )

    def _gateway(self, party: Party, config: DeviceConfig, endpoints: list[Endpoint]) -> Iterator[Finding]:
        names = {endpoint.interface for endpoint in endpoints}
        interfaces = [item for item in config.interfaces if item.name in names]
        nets = [net for item in interfaces for net in _networks(item)]
        behind = [  # networks that a router of the party's own has behind it
            Net(route.network, route.length, route.ref)
            for route in config.static_routes
            if (route.vrf is None) == (party.vrf is None) and any(net.first <= (route.next_hop or 0) <= net.last for net in nets)
        ]
        for prefix in party.prefixes:
            first, last = int(prefix.network_address), int(prefix.broadcast_address)
            if _covered(first, last, [net for net in (*nets, *behind) if first <= net.first and net.last <= last]):
                continue
            wide = next((net for net in nets if net.first <= first and last <= net.last), None)
            fix = T("give the interface that leads to the party its prefix {prefix}", prefix=prefix)
            if wide is not None:
                what = T(
                    "{device} has {network} towards {party}, which is wider than {prefix}",
                    device=config.folder,
                    network=wide,
                    party=party.id,
                    prefix=prefix,
                )
                yield Finding(party.id, what, fix, (wide.ref, party.origin))
            else:
                what = T(
                    "{device} does not have {prefix} on an interface that leads to the ports of {party}",
                    device=config.folder,
                    prefix=prefix,
                    party=party.id,
                )
                yield Finding(party.id, what, fix, (*(item.ref for item in interfaces), party.origin))
        for item in interfaces:
            other = item.vrf != party.vrf and item.vrf in self._vrfs  # a name that the facts do not use may stand for the party's own
            if (item.vrf is None) != (party.vrf is None) or other:
                at = {"device": config.folder, "interface": item.name, "party": party.id}
                if item.vrf is None:
                    what = T("{device} {interface} leads to {party}, but is in no VRF", **at)
                else:
                    what = T("{device} {interface} leads to {party}, but is in the VRF {vrf}", **at, vrf=item.vrf)
                if party.vrf is None:
                    fix = T("take the interface out of the VRF")
                else:
                    fix = T("put the interface into the VRF {vrf}", vrf=party.vrf)
                yield Finding(party.id, what, fix, (item.ref, party.origin))

    def interface(self, device: Device, item: Interface) -> Iterator[Finding]:
        """What is wrong with the addresses of one interface."""
        subject = f"{device.name}:{item.name}"
        # a second interface on top of another one (macvlan, as VRRP of Linux uses it) is where that one is
        below = item.parent if item.kind is InterfaceKind.OTHER and item.parent else item.name
        number = self._layer2.segment_of.get(Endpoint(device.name, below))
        segment = None if number is None else self._layer2.segments[number]
        for net in _networks(item, virtual=True):
            owners = [party for party in self._overlapping(device.realm, net) if (party.vrf is None) == (item.vrf is None)]
            strangers = [party for party in owners if party.kind != PartyKind.DEVICES and not self._belongs(device, segment, party)]
            if strangers:
                more = T(" and {number} more", number=len(strangers) - 1) if len(strangers) > 1 else ""
                what = T(
                    "{device} {interface} has {network}, which is of {party}{more}, but is not where the party is plugged in",
                    device=device.name, interface=item.name, network=net, party=strangers[0].id, more=more,
                )  # fmt: skip
                yield Finding(subject, what, T("take the address away, or record the party where it is"), (net.ref, strangers[0].origin))
            elif not owners and (why := self._nobodys(device, item, segment)):
                what = T(
                    "{device} {interface} has {network}, which belongs to no party, link or device network: {why}",
                    device=device.name,
                    interface=item.name,
                    network=net,
                    why=why,
                )
                yield Finding(subject, what, T("take the address away, or record whose it is"), (net.ref,))

    def _belongs(self, device: Device, segment: Segment | None, party: Party) -> bool:
        """Whether the device may have an address of the party there: as its gateway, or as a host among its hosts."""
        here = segment is not None and party.id in segment.senders
        if device.name in party.gateways:
            return here or party.id not in self._segments
        return here and not device.routes

    def _nobodys(self, device: Device, item: Interface, segment: Segment | None) -> Text | None:
        """Why an address outside all prefixes is not that of a link; None where it is."""
        if item.kind == InterfaceKind.LOOPBACK or segment is None:
            return T("it leads to no cable")
        if segment.senders:
            return T("it is on the segment of {party}", party=segment.senders[0])
        if segment.peers or any(endpoint.device != device.name for endpoint in segment.endpoints):
            return None
        if device.realm in self._missing or self._silent_neighbour(device, item):
            return None  # whoever is there has no config here; where one should be, the rule is incomplete anyway
        return T("no other device is there")

    def _silent_neighbour(self, device: Device, item: Interface) -> bool:
        """Whether a device that has no config of ours is plugged into the interface, or anywhere where it is one of a whole device."""
        port = item.name if item.kind in (InterfaceKind.PHYSICAL, InterfaceKind.MANAGEMENT) else item.parent
        return any(far not in self._case.configs for end, far in self._plugged[device.name] if port is None or end == port)

    def _overlapping(self, realm: Realm, net: Net) -> list[Party]:
        """The parties with a prefix that shares an address with ``net``."""
        found: dict[str, Party] = {}
        for length in range(net.length + 1):
            for party in self._exact.get((realm, net.first & mask_of(length), length), ()):
                found[party.id] = party
        low, high = bisect_left(self._starts, (realm, net.first, 0)), bisect_right(self._starts, (realm, net.last, 33))
        for key in self._starts[low:high]:
            for party in self._exact[key]:
                found[party.id] = party
        return list(found.values())


def _networks(item: Interface, *, virtual: bool = False) -> list[Net]:
    """The networks that an interface is in; with ``virtual``, also shared addresses outside of these."""
    nets = [Net(address.ip & mask_of(address.length), address.length, address.ref) for address in item.addresses]
    if virtual:
        nets += [Net(shared.ip, 32, shared.ref) for shared in item.virtual if not any(net.first <= shared.ip <= net.last for net in nets)]
    return nets


def _covered(first: int, last: int, nets: Iterable[Net]) -> bool:
    """Whether the networks together hold every address from ``first`` to ``last``."""
    for net in sorted(nets):
        if net.first > first:
            return False
        first = max(first, net.last + 1)
    return first > last
