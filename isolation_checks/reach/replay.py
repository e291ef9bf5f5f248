"""A second opinion on every witness: one packet, walked step by step over cables, filters, policies and translations.

It shares with the proof what stands where (segments, doors, filters) and nothing of how the proof computes: no packet sets, but rule
after rule in plain Python. Where a config leaves something open it goes the way that lets the packet through, as the proof does. The way
itself is given: somebody says that a packet goes so and is translated to that, and the walk says whether every device on it would do so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from isolation_checks.packets.decide import applies, decide
from isolation_checks.packets.fields import ICMP, ICMP_REPLIES, TCP, WITH_PORTS, Context, Packet
from isolation_checks.reach.forwarder import Door, Forwarder, Placed
from isolation_checks.reach.rpf import accepts
from isolation_checks.reach.senders import Sender
from isolation_checks.snapshot import Action, Applied, DestinationNat, Filter, Fragment, Range, Rule, SourceNat, TcpFlag
from isolation_checks.verdicts import Step
from topology.i18n import T

Steps = tuple[Step, ...]
_REPLY = {one: other for pair in ICMP_REPLIES for one, other in (pair, pair[::-1])}


class Session(NamedTuple):
    """What an answer answers: ``opener`` came to the device by ``path``, and left it by ``outward`` as ``opened``."""

    path: Path
    outward: Door
    opener: Packet
    opened: Packet


class Hop(NamedTuple):
    """Through a device: in by a door as ``before``, out by another as ``after``. ``session``: where it passes only as an answer."""

    inward: Door
    outward: Door
    before: Packet
    after: Packet
    session: Session | None = None


class Path(NamedTuple):
    """From a sender over some devices; at the end, where ``end`` is given, into a device."""

    sender: Sender
    packet: Packet
    hops: tuple[Hop, ...]
    end: Door | None = None

    @property
    def last(self) -> Packet:
        return self.hops[-1].after if self.hops else self.packet


class Walker:
    """Walks paths. Every answer is the steps that were decided, or None where a device does not do what the path says."""

    def __init__(self, forwarders: dict[str, Forwarder]) -> None:
        self.forwarders = forwarders

    def walk(self, path: Path) -> Steps | None:
        """The steps of the whole path, if every device on it does what it says."""
        segments, packet = set(path.sender.segments), path.packet
        steps: list[Step] = [Step(path.sender.name, T("sends {packet}", packet=packet.text()))]
        for hop in path.hops:
            into = self.enter(hop.inward, packet) if hop.inward.segment in segments and hop.before == packet else None
            through = None if into is None else self.cross(hop)
            if into is None or through is None:
                return None
            steps += [*into, *through]
            segments, packet = {hop.outward.segment}, hop.after
        if path.end is not None:
            into = self.enter(path.end, packet) if path.end.segment in segments else None
            if into is None:
                return None
            steps += into
        return tuple(steps)

    def enter(self, door: Door, packet: Packet) -> Steps | None:
        """Whether a door takes a packet in."""
        forwarder = self._at(door)
        if not accepts(forwarder, door, packet.src):
            return None
        first = Step(forwarder.name, T("comes in by {interface}", interface=door.interface.name), door.interface.ref)
        steps = self._pass(forwarder, forwarder.entry(door), packet, Context(door.vrf, door.interface.name, None, None))
        return None if steps is None else (first, *steps)

    def cross(self, hop: Hop) -> Steps | None:
        """Whether a device takes a packet from one door to another."""
        forwarder = self._at(hop.inward)
        if hop.outward.endpoint.device != forwarder.name or not forwarder.config.forwarding:
            return None
        if hop.session is not None:
            through = self._answer(forwarder, hop, hop.session)
        else:
            through = self.passes(hop.inward, hop.outward, hop.before, hop.after)
        if through is None:
            return None
        state = "established" if hop.session else None
        last = self._pass(forwarder, forwarder.exit(hop.outward), hop.after, self._context(forwarder, hop.inward, hop.outward, state))
        leaves = Step(forwarder.name, T("leaves by {interface}", interface=hop.outward.interface.name), hop.outward.interface.ref)
        return None if last is None else (*through, *last, leaves)

    def passes(self, inward: Door, outward: Door, before: Packet, after: Packet) -> Steps | None:
        """Whether a packet gets between two doors as a new connection, and as what; the filters at the way out are not asked."""
        forwarder = self._at(inward)
        leaked = self._leaked(forwarder, inward.vrf, outward.vrf)
        for target, translated in self._destinations(forwarder, inward, before, after):
            allowed = self.allows(inward, outward, target)
            if leaked is None or allowed is None:
                continue
            for source, changed in self._sources(forwarder, inward, outward, target, after):
                if source == after:
                    return (*leaked, *translated, *allowed, *changed)
        return None

    def translations(self, inward: Door, before: Packet, after: Packet) -> Iterator[tuple[Packet, Steps]]:
        """What becomes of a packet's destination at a door; of several, ``after`` says which."""
        return self._destinations(self._at(inward), inward, before, after)

    def allows(self, inward: Door, outward: Door, packet: Packet) -> Steps | None:
        """Whether the policy between two doors allows a packet that no session is open for, its destination translated already."""
        forwarder = self._at(inward)
        stops = [*forwarder.after_translation(inward), *forwarder.crossing(), *forwarder.before_source()]
        for state in ("new", "invalid"):
            context = self._context(forwarder, inward, outward, state)
            steps = self._pass(forwarder, stops, packet, context)
            policy = self._policy(forwarder, inward, outward, packet, context)
            if steps is not None and policy is not None:
                return (*policy, *steps)
        return None

    def local(self, door: Door, services: Iterable[str], packet: Packet) -> Steps | None:
        """Whether a device hands a packet that came in by a door to a service of its own; ``services``: its names for interfaces."""
        forwarder = self._at(door)
        firewall, context = forwarder.config.firewall, self._inside(forwarder, door)
        if firewall is None:
            return self._pass(forwarder, forwarder.to_local(), packet, context)
        admitted = [name for name in (*services, "all") if name in door.interface.services]
        if admitted:
            what = T("{interface} itself admits {service}", interface=door.interface.name, service=admitted[0])
            return (Step(forwarder.name, what, door.interface.ref),)
        rules = forwarder.policy(door.group, firewall.local)
        step = None if rules is None else self._decided(forwarder, rules, packet, context)
        return None if step is None else (step,)

    def admits(self, door: Door, filters: Iterable[Applied], packet: Packet) -> Steps | None:
        """Whether filters of a service let a packet in; there, no match is a refusal."""
        forwarder = self._at(door)
        context = self._inside(forwarder, door)
        closed = [forwarder.placed(applied) for applied in filters]
        stops = [Placed(None if stop.filter is None else _closed(stop.filter), stop.applied) for stop in closed]
        return self._pass(forwarder, stops, packet, context)

    def _inside(self, forwarder: Forwarder, door: Door) -> Context:
        """Where a packet to the device itself is; of a packet that came over from another VRF, nobody knows in which."""
        return Context(None if forwarder.leaks else door.vrf, door.interface.name, "", "new")

    # Parts

    def _at(self, door: Door) -> Forwarder:
        return self.forwarders[door.endpoint.device]

    def _context(self, forwarder: Forwarder, inward: Door, outward: Door, state: str | None) -> Context:
        by = forwarder.by_interface and forwarder.config.firewall is None
        return Context(outward.vrf, inward.interface.name if by else None, outward.interface.name, state)

    def _leaked(self, forwarder: Forwarder, source: str, target: str) -> Steps | None:
        """How a packet gets from one VRF to another: the lines that leak it."""
        ways: dict[str, Steps] = {source: ()}
        queue = [source]
        for vrf in queue:  # grows while it is walked
            for leak in forwarder.leaks:
                if leak.source == vrf and leak.target not in ways:
                    what = T("goes over from VRF {source} to {target}", source=leak.source or "–", target=leak.target or "–")
                    ways[leak.target] = (*ways[vrf], Step(forwarder.name, what, leak.ref))
                    queue.append(leak.target)
        return ways.get(target)

    def _pass(self, forwarder: Forwarder, stops: Iterable[Placed], packet: Packet, context: Context) -> Steps | None:
        """The decisions of filters in a row; None where one of them denies."""
        steps: list[Step] = []
        for stop in stops:
            if stop.filter is None:
                what = T("filter {filter} is not defined: nothing is held back", filter=stop.applied.filter)
                steps.append(Step(forwarder.name, what, stop.applied.ref))
                continue
            step = self._decided(forwarder, stop.filter, packet, context)
            if step is None:
                return None
            steps.append(step)
        return tuple(steps)

    def _decided(self, forwarder: Forwarder, filter_: Filter, packet: Packet, context: Context) -> Step | None:
        decision = decide(forwarder.filters, filter_, packet, context)
        if decision.action != Action.PERMIT:
            return None
        if decision.rule is None:
            return Step(forwarder.name, T("no rule of {filter} decides: it passes by default", filter=filter_.name), filter_.ref)
        within = decision.within or filter_
        what = T("{filter} permits it by rule {rule}", filter=within.name, rule=decision.rule.name or "–")
        return Step(forwarder.name, what, decision.rule.ref)

    def _policy(self, forwarder: Forwarder, inward: Door, outward: Door, packet: Packet, context: Context) -> Steps | None:
        rules = forwarder.policy(inward.group, outward.group)
        if rules is None:
            return ()
        step = self._decided(forwarder, rules, packet, context)
        return None if step is None else (step,)

    # Translations

    def _destinations(self, forwarder: Forwarder, inward: Door, packet: Packet, after: Packet) -> Iterator[tuple[Packet, Steps]]:
        for item in forwarder.destination_nat(inward):
            outcome = applies(_as_rule(item), packet, Context(in_interface=inward.interface.name))
            if not outcome.may or (item.own_address and packet.dst not in self._own(forwarder, inward, item)):
                continue
            new = packet._replace(dst=_within(after.dst, item.inside, packet.dst))
            if item.inside_ports is not None and _ported(packet):
                new = new._replace(dport=_within(after.dport, item.inside_ports, packet.dport))
            yield new, (Step(forwarder.name, T("the destination is translated by {name}", name=item.name or "–"), item.ref, new),)
            if outcome.sure and not item.conditional:
                return
        yield packet, ()

    def _own(self, forwarder: Forwarder, inward: Door, item: DestinationNat) -> set[int]:
        """The outside addresses of a mapping that names none: those of the doors that it may stand at."""
        doors = (door for door in forwarder.doors if (door.vrf, door.group) == (inward.vrf, inward.group))
        return {address for door in doors if item.interface in (None, door.interface.name) for address in door.addresses}

    def _sources(self, forwarder: Forwarder, inward: Door, outward: Door, packet: Packet, after: Packet) -> Iterator[tuple[Packet, Steps]]:
        for item in forwarder.source_nat(inward.group, outward):
            outcome = applies(_as_rule(item), packet, Context(in_interface=inward.interface.name, out_interface=outward.interface.name))
            if not outcome.may:
                continue
            pool = [*item.pool, *((ip, ip) for ip in outward.addresses if item.own_address)]
            if item.action != "translate":
                yield packet, (Step(forwarder.name, T("{name} exempts it from translation", name=item.name or "–"), item.ref),)
            elif any(first <= after.src <= last for first, last in pool):
                new = packet._replace(src=after.src)
                if item.ports and _ported(packet):
                    new = new._replace(sport=_within(after.sport, (1024, 65535), packet.sport))
                yield new, (Step(forwarder.name, T("the source is translated by {name}", name=item.name or "–"), item.ref, new),)
            if outcome.sure and not item.conditional:
                return
        yield packet, ()

    # Sessions

    def _answer(self, forwarder: Forwarder, hop: Hop, session: Session) -> Steps | None:
        """The packet as the answer to a session: its opener came in where the answer leaves, and left where the answer comes in."""
        path, end = session.path, session.path.end
        inward, outward = hop.inward, hop.outward
        leaked = self._leaked(forwarder, inward.vrf, session.outward.vrf)
        if (
            not forwarder.keeps_sessions
            or end is None
            or leaked is None
            or (outward.vrf != session.outward.vrf and not forwarder.leaks)
            or (end.endpoint.device, end.group) != (forwarder.name, outward.group)
            or (session.outward.endpoint.device, session.outward.group) != (forwarder.name, inward.group)
            or path.last != session.opener
        ):
            return None
        if not (mirrors(session.opened, hop.before) and mirrors(session.opener, hop.after)):
            return None
        if self.walk(path) is None or self.passes(end, session.outward, session.opener, session.opened) is None:
            return None
        first = T("it answers a session that {sender} opened with {packet}", sender=path.sender.name, packet=session.opener.text())
        step = Step(forwarder.name, first, None, None if hop.after == hop.before else hop.after)
        stops = [*forwarder.crossing(), *forwarder.before_source()]
        middle = self._pass(forwarder, stops, hop.after, self._context(forwarder, inward, outward, "established"))
        return None if middle is None else (*leaked, step, *middle)


def mirrors(packet: Packet, answer: Packet) -> bool:
    """Whether a packet may be the answer to another, by its shape. Later fragments show only addresses and protocol."""
    if (packet.src, packet.dst, packet.protocol) != (answer.dst, answer.src, answer.protocol):
        return False
    if answer.fragment == Fragment.LATER:
        return packet.fragment == Fragment.LATER or packet.protocol != ICMP or packet.dport >> 8 in _REPLY
    if packet.fragment == Fragment.LATER:
        return False
    if packet.protocol == ICMP:
        return _REPLY.get(packet.dport >> 8) == answer.dport >> 8 and packet.dport & 255 == answer.dport & 255
    if packet.protocol == TCP and not answer.flags & (TcpFlag.ACK | TcpFlag.RST):
        return False
    return packet.protocol not in WITH_PORTS or (packet.sport, packet.dport) == (answer.dport, answer.sport)


def _closed(filter_: Filter) -> Filter:
    return Filter(filter_.name, filter_.kind, filter_.rules, Action.DENY, filter_.ref)


def _as_rule(item: DestinationNat | SourceNat) -> Rule:
    return Rule(Action.PERMIT, item.matches, item.ref, item.name, item.conditional)


def _ported(packet: Packet) -> bool:
    return packet.protocol in WITH_PORTS and packet.fragment != Fragment.LATER


def _within(wanted: int, span: Range, instead: int) -> int:
    """The wanted value, if a translation into ``span`` can give it."""
    first, last = span
    return wanted if first <= wanted <= last else min(max(instead, first), last)
