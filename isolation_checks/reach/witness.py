"""From a set of packets to one packet, walked from its sender to where it should not be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product

from isolation_checks.packets.fields import WITH_PORTS, Packet
from isolation_checks.packets.space import Node
from isolation_checks.reach.declared import prefixes_of
from isolation_checks.reach.layer2 import Endpoint
from isolation_checks.reach.reach import Excess, Exposure, Reach, Spoof, Unopened
from isolation_checks.reach.replay import Spot, Trail, Walker
from isolation_checks.reach.senders import Sender
from isolation_checks.snapshot import Fragment
from isolation_checks.verdicts import PacketWitness, Step
from topology.i18n import T

PRETENDERS = 8
"""How many senders with a false source are tried before a session counts as not opened."""


class Witnesses:
    """Makes witnesses for what one `Reach` found."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._walker = Walker(reach.layer2, reach.forwarders, self._homes)

    def excess(self, item: Excess) -> PacketWitness:
        segments = set(item.receiver.segments)
        return self._witness(item.sender, item.receiver.name, item.packets, lambda spot: spot.door is None and spot.segment in segments)

    def spoof(self, item: Spoof) -> PacketWitness:
        endpoint = item.door.endpoint
        return self._witness(item.sender, endpoint.device, item.packets, lambda spot: spot.door == endpoint)

    def exposure(self, item: Exposure) -> PacketWitness:
        return self._witness(item.sender, item.device, item.packets, lambda spot: spot.door is not None and spot.door.device == item.device)

    def unopened(self, item: Unopened) -> PacketWitness:
        doors = self._reach.forwarders[item.device].doors
        groups = {door.endpoint: door.group for door in doors}
        return self._witness(
            item.sender, item.device, item.packets, lambda spot: spot.door in groups and groups[_door(spot)] == item.source
        )

    def _witness(self, sender: Sender, target: str, packets: Node, goal: Callable[[Spot], bool]) -> PacketWitness:
        space = self._reach.space
        _, packet = space.pick(packets)
        for start in self._starts(sender, packet):
            trail = self._walker.walk(sender, start, lambda spot: goal(spot) and space.contains(packets, sender.label, spot.packet))
            if trail is not None:
                end = Step(target, T("arrives"), None)
                return PacketWitness(
                    sender.name, target, trail.last, space.count(packets), (*trail.steps, end), replayed=True, opened_by=_opened(trail)
                )
        return PacketWitness(sender.name, target, packet, space.count(packets), (), replayed=False)

    def _starts(self, sender: Sender, packet: Packet) -> Iterator[Packet]:
        """The packet itself; then what it may have been before translations of its destination and its source."""
        yield packet
        own = prefixes_of(sender.party)
        ported = packet.protocol in WITH_PORTS and packet.fragment != Fragment.LATER
        sources = [packet.src]
        if not sender.internet and not any(packet.src & mask == value for value, mask in own):
            sources = [value | (10 & (mask ^ 0xFFFFFFFF)) for value, mask in own]
        targets = [(packet.dst, packet.dport)]
        for forwarder in self._reach.forwarders.values():
            for item in forwarder.config.destination_nat:
                if item.inside[0] <= packet.dst <= item.inside[1]:
                    targets += [
                        (tern.value, match.dports[0][0] if match.dports and ported else packet.dport)
                        for match in item.matches
                        for tern in match.dst or ()
                    ]
        for src, (dst, dport) in dict.fromkeys(product(sources, targets)):
            if (src, dst, dport) != (packet.src, packet.dst, packet.dport):
                yield packet._replace(src=src, dst=dst, dport=dport)

    def _homes(self, address: int, vrf: str, device: str) -> list[Sender]:
        """Whoever may have sent something from an address: who has it, the most specific first; then some others, who may pretend to."""
        reach = self._reach
        realm = next((item.realm for item in reach.facts.devices if item.name == device), None)
        found = []
        for sender in reach.senders.all:
            lengths = [bin(mask).count("1") for value, mask in prefixes_of(sender.party) if address & mask == value]
            if lengths and sender.segments and (sender.internet or (sender.party.realm == realm and (sender.party.vrf or "") == vrf)):
                found.append((-max(lengths), sender.label, sender))
        owners = [sender for _, _, sender in sorted(found, key=lambda entry: entry[:2])][:4]
        return [*owners, *[sender for sender in reach.senders.all if sender.segments and sender not in owners][:PRETENDERS]]


def _door(spot: Spot) -> Endpoint:
    assert spot.door is not None
    return spot.door


def _opened(trail: Trail) -> PacketWitness | None:
    if trail.opened_by is None or trail.opener is None:
        return None
    return PacketWitness(trail.opener_sender or "", "", trail.opener, 1, trail.opened_by.steps, replayed=True)
