"""What filters, policies and translations of a device do to one packet, in words, with the lines that say so.

Where a config leaves open what happens, the packet goes on and the doubt is noted: a way that rests on a doubt is no proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from isolation_checks.forwarding.model import Decision, Kind
from isolation_checks.packets.decide import Decision as Ruling
from isolation_checks.packets.decide import applies, decide
from isolation_checks.packets.fields import ICMP, ICMP_REPLIES, TCP, WITH_PORTS, Context, Packet
from isolation_checks.reach.forwarder import Door, Forwarder, Placed
from isolation_checks.routing.model import Hop
from isolation_checks.snapshot import Action, Applied, DestinationNat, Filter, Fragment, Rule, SourceNat, TcpFlag
from isolation_checks.verdicts import Doubt
from topology.i18n import T

_ANSWER_OF = dict(ICMP_REPLIES)
_ANSWERS = frozenset(_ANSWER_OF.values()) - frozenset(_ANSWER_OF)


class Session(NamedTuple):
    """What a device remembers of a packet that it let through: as it came, and as it left. ``device``: the first of a pair that shares."""

    device: str
    inward: str  # groups: zones, or whatever else policies tell apart
    outward: str
    before: Packet
    after: Packet
    back: Hop | None = None  # by which answers leave, whatever the routes say


@dataclass
class Told:
    """Collects the decisions on one packet at one device. ``stopped`` is set by the one that drops it."""

    at: str
    packet: Packet
    decisions: list[Decision] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    stopped: bool = False

    def filters(self, forwarder: Forwarder, stops: Iterable[Placed], context: Context, interface: str = "") -> bool:
        """Whether all of the filters let the packet through."""
        for stop in stops:
            if stop.filter is None:
                what = T("filter {filter} is not defined: nothing is held back", filter=stop.applied.filter)
                self.decisions.append(Decision(self.at, Kind.FILTER, what, self.packet, (stop.applied.ref,), interface))
                self.doubts.append(Doubt(T("filter {filter} is not defined", filter=stop.applied.filter), stop.applied.ref))
            elif not self.decided(forwarder, stop.filter, context, Kind.FILTER, interface, stop.applied):
                return False
        return True

    def decided(
        self, forwarder: Forwarder, rules: Filter, context: Context, kind: Kind, interface: str, applied: Applied | None = None
    ) -> bool:
        found = decide(forwarder.filters, rules, self.packet, context)
        where = () if applied is None else (applied.ref,)
        if found.action is not Action.PERMIT:
            self._say(rules, found, kind, interface, where)
            self.stopped = True
            return False
        if decide(forwarder.filters, rules, self.packet, context, strict=True).action is not Action.PERMIT:
            place = found.rule.ref if found.rule else rules.ref
            self.doubts.append(Doubt(T("it depends on something not known whether {filter} permits it", filter=rules.name), place))
        self._say(rules, found, kind, interface, where)
        return True

    def _say(self, rules: Filter, found: Ruling, kind: Kind, interface: str, where: tuple[object, ...]) -> None:
        permits = found.action is Action.PERMIT
        within = found.within or rules
        if found.rule is None:
            passes = T("no rule of {filter} decides: it passes by default", filter=rules.name)
            what = passes if permits else T("no rule of {filter} decides: it is dropped by default", filter=rules.name)
            refs = (rules.ref, *where)
        else:
            name = found.rule.name or "–"
            passes = T("{filter} permits it by rule {rule}", filter=within.name, rule=name)
            what = passes if permits else T("{filter} denies it by rule {rule}", filter=within.name, rule=name)
            refs = (found.rule.ref, *where)
        self.decisions.append(Decision(self.at, kind, what, self.packet, tuple(dict.fromkeys(refs)), interface))  # type: ignore[arg-type]

    # Translations

    def translate_destination(self, forwarder: Forwarder, inward: Door) -> None:
        for item in forwarder.destination_nat(inward):
            outcome = applies(_as_rule(item), self.packet, Context(in_interface=inward.interface.name))
            own = {address for door in forwarder.doors if door.group == inward.group for address in door.addresses}
            if not outcome.may or (item.own_address and self.packet.dst not in own):
                continue
            offset = _offset(item, self.packet.dst)
            new = self.packet._replace(dst=min(item.inside[0] + offset, item.inside[1]))
            if item.inside_ports is not None and _ported(self.packet):
                new = new._replace(dport=min(max(self.packet.dport, item.inside_ports[0]), item.inside_ports[1]))
            self._translated(new, item.name, item, outcome.sure and not item.conditional, inward.interface.name, destination=True)
            return

    def translate_source(self, forwarder: Forwarder, group: str, outward: Door, inward: str) -> None:
        for item in forwarder.source_nat(group, outward):
            context = Context(in_interface=inward, out_interface=outward.interface.name)
            outcome = applies(_as_rule(item), self.packet, context)
            if not outcome.may:
                continue
            pool = [*item.pool, *((ip, ip) for ip in outward.addresses if item.own_address)]
            if item.action != "translate" or not pool:
                what = T("{name} exempts it from translation", name=item.name or "–")
                name = outward.interface.name
                self.decisions.append(Decision(self.at, Kind.TRANSLATION, what, self.packet, (item.ref,), name))
                return
            new = self.packet._replace(src=pool[0][0])
            if item.ports and _ported(self.packet):
                new = new._replace(sport=max(self.packet.sport, 1024))
            self._translated(new, item.name, item, outcome.sure and not item.conditional, outward.interface.name, destination=False)
            return

    def _translated(
        self, new: Packet, name: str, item: DestinationNat | SourceNat, sure: bool, interface: str, *, destination: bool
    ) -> None:
        self.packet = new
        by = T("the destination is translated by {name}", name=name or "–")
        what = by if destination else T("the source is translated by {name}", name=name or "–")
        self.decisions.append(Decision(self.at, Kind.TRANSLATION, what, new, (item.ref,), interface))
        if not sure:
            self.doubts.append(Doubt(T("it depends on something not known whether {name} translates it", name=name or "–"), item.ref))


def opens(packet: Packet) -> bool:
    """Whether a packet can open a session: a TCP packet with SYN alone, no answer of ICMP, nothing that shows no header."""
    if packet.fragment == Fragment.LATER:
        return False
    if packet.protocol == TCP:
        return bool(packet.flags & TcpFlag.SYN) and not packet.flags & (TcpFlag.ACK | TcpFlag.RST)
    return packet.protocol != ICMP or packet.dport >> 8 not in _ANSWERS


def answer_to(packet: Packet) -> Packet | None:
    """The first packet that comes back, or None where nothing answers."""
    back = packet._replace(src=packet.dst, dst=packet.src)
    if packet.protocol == ICMP:
        kind = _ANSWER_OF.get(packet.dport >> 8)
        return None if kind is None or packet.fragment == Fragment.LATER else back._replace(dport=kind << 8 | packet.dport & 255)
    if packet.protocol == TCP:
        if packet.flags & TcpFlag.RST:
            return None
        flags = TcpFlag.SYN | TcpFlag.ACK if packet.flags & TcpFlag.SYN else TcpFlag.ACK
        return back._replace(sport=packet.dport, dport=packet.sport, flags=int(flags))
    return back._replace(sport=packet.dport, dport=packet.sport)


def answered(sessions: Iterable[Session], device: str, group: str, packet: Packet) -> Iterator[tuple[Session, Packet]]:
    """The sessions of a device that a packet is an answer in, with what becomes of it."""
    for item in sessions:
        if item.device != device or item.outward != group:
            continue
        expected, translated = answer_to(item.after), answer_to(item.before)
        if expected is not None and translated is not None and expected._replace(flags=0) == packet._replace(flags=0):
            yield item, translated._replace(flags=packet.flags)


def _as_rule(item: DestinationNat | SourceNat) -> Rule:
    return Rule(Action.PERMIT, item.matches, item.ref, item.name, item.conditional)


def _offset(item: DestinationNat, address: int) -> int:
    for match in item.matches:
        for value, mask in match.dst or ():
            if address & mask == value:
                return address - value
    return 0


def _ported(packet: Packet) -> bool:
    return packet.protocol in WITH_PORTS and packet.fragment != Fragment.LATER
