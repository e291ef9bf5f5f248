"""One packet, walked hop by hop by the routing tables, and its answer walked back: every decision with the lines that make it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import NamedTuple

from isolation_checks.forwarding.decisions import Session, Told, answer_to, answered, opens
from isolation_checks.forwarding.gates import ADMITTED, ITSELF, entries, outputs
from isolation_checks.forwarding.model import Branch, Decision, Fate, Kind, Trace
from isolation_checks.forwarding.plane import Plane, neighbour, understood, way_back
from isolation_checks.packets.decide import decide, matches
from isolation_checks.packets.fields import TCP, Context, Packet
from isolation_checks.reach.forwarder import Door, Forwarder
from isolation_checks.reach.layer2 import Segment
from isolation_checks.reach.senders import Sender
from isolation_checks.routing.model import Hop, Route
from isolation_checks.snapshot import Action, Fragment, Ref
from isolation_checks.verdicts import Doubt
from topology.facts import PartyKind
from topology.i18n import T, Text

BRANCHES = 64
"""How many ways among equal routes are followed."""


class Ended(NamedTuple):
    """A branch, with what is needed to walk its answer: the sessions that it opened and where it ended."""

    branch: Branch
    sessions: tuple[Session, ...]
    part: Segment | None = None
    sender: Sender | None = None
    vrf: str = ""


@dataclass(frozen=True)
class _State:
    """A packet between two devices, and all that was decided before."""

    packet: Packet
    decisions: tuple[Decision, ...]
    doubts: tuple[Doubt, ...]
    opened: tuple[Session, ...]
    seen: frozenset[tuple[str, str, Packet]] = frozenset()
    came: int | None = None  # the address of the neighbour that it came from, where the device that it enters keeps that

    def after(self, told: Told, *more: Decision) -> _State:
        return replace(
            self,
            packet=told.packet,
            decisions=(*self.decisions, *told.decisions, *more),
            doubts=(*self.doubts, *told.doubts),
        )

    def end(self, fate: Fate, at: str, what: Text, refs: tuple[Ref, ...] = (), interface: str = "") -> Ended:
        last = Decision(at, Kind.END, what, self.packet, refs, interface)
        return Ended(Branch((*self.decisions, last), fate, at, self.packet, self.doubts), self.opened)

    def stopped(self, fate: Fate, at: str) -> Ended:
        """Where the last decision already says that it is dropped."""
        return Ended(Branch(self.decisions, fate, at, self.packet, self.doubts), self.opened)


class Tracer:
    """Walks packets in one state of routing."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self.city = plane.city

    def trace(self, source: str, packet: Packet) -> Trace:
        """The ways of a packet that ``source`` sends: a party, ``party/peer`` of an external network, or a device; and of its answer.

        Raises KeyError for a source that nobody knows.
        """
        forward = self._from(source, packet)
        back: list[Ended] = []
        for ended in forward[:BRANCHES]:
            answer = answer_to(ended.branch.packet) if ended.branch.arrived else None
            if answer is not None and len(back) <= BRANCHES:
                back += self.answer(ended, answer)
        return Trace(
            source,
            packet,
            self.plane.routing.outage,
            tuple(ended.branch for ended in forward[:BRANCHES]),
            tuple(dict.fromkeys(ended.branch for ended in back[:BRANCHES])),
            cut=len(forward) > BRANCHES or len(back) > BRANCHES,
        )

    def _from(self, source: str, packet: Packet) -> list[Ended]:
        if source in self.city.forwarders:
            vrfs = [vrf for (device, vrf), own in self.city.own.items() if device == source and packet.src in own]
            return list(self.from_device(source, vrfs[0] if vrfs else "", packet, ()))
        return self.forward(self.city.sender_of[source], packet)

    def forward(self, sender: Sender, packet: Packet) -> list[Ended]:
        """All ways of a packet from a sender, wherever it is plugged in."""
        places = self.plane.places(sender)
        if not places:
            state = _State(packet, (self._sends(sender.name, packet),), (), ())
            return [state.end(Fate.NO_START, sender.name, T("{party} is plugged in nowhere that is up", party=sender.name))]
        found: list[Ended] = []
        for part in places:
            found += self._host(sender, part, packet, ())
        return found

    def answer(self, ended: Ended, packet: Packet) -> list[Ended]:
        """All ways of an answer from where a packet ended, with the sessions that it opened."""
        if ended.sender is not None and ended.part is not None:
            return list(self._host(ended.sender, ended.part, packet, ended.sessions))
        return list(self.from_device(ended.branch.end, ended.vrf, packet, ended.sessions))

    def _sends(self, name: str, packet: Packet) -> Decision:
        return Decision(name, Kind.START, T("sends {packet}", packet=packet.text()), packet)

    # From a host

    def _host(self, sender: Sender, part: Segment, packet: Packet, sessions: tuple[Session, ...]) -> Iterator[Ended]:
        state = _State(packet, (self._sends(sender.name, packet),), (), ())
        if self._beside(sender, part, packet.dst):
            yield self._there(state, sender, part, sender.name)
            return
        hops = self.plane.first_hops(sender, part, packet.src)
        if not hops:
            what = T("no device on the segment of {party} has an address in its network", party=sender.name)
            yield state.end(Fate.NO_GATEWAY, sender.name, what)
        for address, doors in hops:
            if not doors:
                yield state.end(Fate.NO_GATEWAY, sender.name, T("nobody answers for the gateway {address}", address=IPv4Address(address)))
            for door in doors:
                what = T("gives it to its gateway {address} on {device}", address=IPv4Address(address), device=door.endpoint.device)
                real = tuple(item.ref for item in door.interface.addresses if item.ip == address)
                refs = (*(item.ref for item in door.interface.virtual if item.ip == address), *real)
                first = Decision(sender.name, Kind.START, what, packet, refs)
                doubts = self._roles(part.number, address, doors)
                yield from self.enter(replace(state, decisions=(*state.decisions, first), doubts=doubts), door, sessions)

    def _roles(self, segment: int, address: int, doors: tuple[Door, ...]) -> tuple[Doubt, ...]:
        if len(doors) < 2:
            return ()
        names = ", ".join(door.endpoint.device for door in doors)
        return (Doubt(T("who answers for {address} is in doubt: {devices}", address=IPv4Address(address), devices=names), None),)

    def _beside(self, sender: Sender, part: Segment, address: int) -> bool:
        """Whether a host reaches an address without any device of ours."""
        if sender.party.kind in (PartyKind.PROVINCE, PartyKind.INTERNET) or sender.party.id not in part.senders:
            return False
        inside = any(IPv4Address(address) in network for network in sender.party.prefixes)
        return inside and not self.plane.answering(part, address)

    def _there(self, state: _State, receiver: Sender, part: Segment, at: str) -> Ended:
        ended = state.end(Fate.DELIVERED, receiver.name, T("it arrives at {party}", party=receiver.name))
        return ended._replace(part=part, sender=receiver)

    # Through a device

    def from_device(self, device: str, vrf: str, packet: Packet, sessions: tuple[Session, ...]) -> Iterator[Ended]:
        first = Decision(device, Kind.START, T("sends {packet}", packet=packet.text()), packet, (), "-")
        state = _State(packet, (first,), (), ())
        if not self.plane.up(device) or device not in self.city.forwarders:
            yield state.end(Fate.NO_START, device, T("{device} is down", device=device))
            return
        mine = self.city.pairs.get(device, device)
        session = next((item for item, _ in answered(sessions, mine, ITSELF, packet)), None)
        yield from self._route(state, self.city.forwarders[device], None, vrf, sessions, session)

    def enter(self, state: _State, door: Door, sessions: tuple[Session, ...]) -> Iterator[Ended]:
        """A packet at a door of a device."""
        device = door.endpoint.device
        forwarder = self.city.forwarders[device]
        told = Told(device, state.packet)
        comes = T("comes in by {interface}", interface=door.interface.name)
        told.decisions.append(Decision(device, Kind.ENTRY, comes, state.packet, (door.interface.ref,), door.interface.name))
        here = (device, door.vrf, state.packet)
        if here in state.seen:
            yield state.after(told).end(Fate.LOOP, device, T("it was here before: the packet goes round in circles"))
            return
        state = replace(state, seen=state.seen | {here})
        accepted, route = self.plane.reverse_ok(door, state.packet.src)
        if not accepted:
            what = T("the reverse-path check of {interface} refuses its source", interface=door.interface.name)
            refs = (*((door.interface.urpf_ref,) if door.interface.urpf_ref else ()), *(route.refs if route else ()))
            yield state.after(told).end(Fate.REVERSE_PATH, device, what, refs, door.interface.name)
            return
        if not told.filters(forwarder, entries(forwarder, door), Context(door.vrf, door.interface.name, None, None), door.interface.name):
            yield state.after(told).stopped(Fate.FILTERED, device)
            return
        session = next(iter(answered(sessions, self.city.pairs.get(device, device), door.group, state.packet)), None)
        if session is not None:
            told.packet = session[1]
            what = T("it answers a session: {packet}", packet=session[0].before.text())
            told.decisions.append(Decision(device, Kind.SESSION, what, told.packet, (), door.interface.name))
        else:
            told.translate_destination(forwarder, door)
        yield from self._route(state.after(told), forwarder, door, door.vrf, sessions, session[0] if session else None)

    def _route(
        self,
        state: _State,
        forwarder: Forwarder,
        inward: Door | None,
        vrf: str,
        sessions: tuple[Session, ...],
        session: Session | None = None,
    ) -> Iterator[Ended]:
        """Which way out, and all that stands on it."""
        device = forwarder.name
        if self.plane.local(device, vrf, state.packet.dst):
            yield self._to_local(state, forwarder, inward, vrf, session)
            return
        if inward is not None and not forwarder.config.forwarding:
            refs = (forwarder.config.forwarding_ref,) if forwarder.config.forwarding_ref else ()
            yield state.end(Fate.NOT_FORWARDING, device, T("{device} does not forward packets", device=device), refs)
            return
        hops, state = self._last_hop(state, forwarder, session)
        if hops is None:
            hops, state = self._policy_route(state, forwarder, inward)
        if hops is None:
            table = self.plane.table(device, vrf)
            route = table.lookup(state.packet.dst) if table is not None else None
            if route is None:
                what = T("{device} has no route to {address}", device=device, address=IPv4Address(state.packet.dst))
                yield state.end(Fate.NO_ROUTE, device, what)
                return
            hops, state = route.hops, self._told_route(state, device, route)
            if not hops:
                what = T("{device} discards it", device=device)
                yield state.end(Fate.DISCARDED, device, what, route.refs)
                return
        for hop in hops:
            yield from self._leave(state, forwarder, inward, hop, sessions, session)

    def _last_hop(self, state: _State, forwarder: Forwarder, session: Session | None) -> tuple[tuple[Hop, ...] | None, _State]:
        """Back by the interface that its session came in by, where that says so and is up; None: the table decides."""
        hop = session.back if session is not None else None
        door = self.plane.door(forwarder.name, hop) if hop is not None else None
        if hop is None or door is None or door.interface.last_hop is None or self.plane.around(door.endpoint) is None:
            return None, state
        what = T("answers to what came in by {interface} leave by it, whatever the routes say", interface=door.interface.name)
        refs = (door.interface.last_hop.ref,)
        told = Decision(forwarder.name, Kind.ROUTE, what, state.packet, refs, door.interface.name)
        return (hop,), replace(state, decisions=(*state.decisions, told))

    def _told_route(self, state: _State, device: str, route: Route) -> _State:
        prefix = f"{IPv4Address(route.network)}/{route.length}"
        if route.hops:
            ways = ", ".join(_way(hop) for hop in route.hops)
            what = T("the route {prefix} ({protocol}) leads to {ways}", prefix=prefix, protocol=route.protocol.value, ways=ways)
        else:
            what = T("the route {prefix} ({protocol}) discards", prefix=prefix, protocol=route.protocol.value)
        return replace(state, decisions=(*state.decisions, Decision(device, Kind.ROUTE, what, state.packet, route.refs)))

    def _policy_route(self, state: _State, forwarder: Forwarder, inward: Door | None) -> tuple[tuple[Hop, ...] | None, _State]:
        """Where the policy route of the door that it came in by sends it; None: nowhere, so that the table decides."""
        found = self.plane.policy_route(inward) if inward is not None else None
        if found is None or inward is None:
            return None, state
        policy, ref = found
        if not policy.entries:
            return None, replace(state, doubts=(*state.doubts, Doubt(T("policy route {name} is not defined", name=policy.name), ref)))
        for entry in policy.entries:
            if not understood(entry):
                doubt = Doubt(T("entry {number} of policy route {name} is not modelled", number=entry.number, name=policy.name), entry.ref)
                return None, replace(state, doubts=(*state.doubts, doubt))
            names = [name for _, values in entry.matches for name in values]
            filters = [forwarder.filters[name] for name in names if name in forwarder.filters]
            context = Context(inward.vrf, inward.interface.name, None, None)
            if filters and not any(
                decide(forwarder.filters, item, state.packet, context, strict=True).action is Action.PERMIT for item in filters
            ):
                continue
            gateways = [int(IPv4Address(value)) for _, values in entry.sets for value in values if _dotted(value)]
            if entry.action is not Action.PERMIT or not gateways:
                return None, state
            hops = tuple(hop for gateway in gateways[:1] for hop in self._towards(forwarder, inward.vrf, gateway))
            if not hops:
                return None, state  # a next hop that is not there leaves the packet to the table
            what = T("entry {number} of policy route {name} sends it to {address}", number=entry.number, name=policy.name,
                     address=IPv4Address(gateways[0]))  # fmt: skip
            decision = Decision(forwarder.name, Kind.POLICY_ROUTE, what, state.packet, (entry.ref, ref), inward.interface.name)
            return hops, replace(state, decisions=(*state.decisions, decision))
        return None, state

    def _towards(self, forwarder: Forwarder, vrf: str, gateway: int) -> Iterator[Hop]:
        table = self.plane.table(forwarder.name, vrf)
        route = table.lookup(gateway) if table is not None else None
        for hop in route.hops if route is not None else ():
            if hop.gateway is None:
                yield Hop(hop.interface, gateway, hop.vrf)

    def _to_local(self, state: _State, forwarder: Forwarder, inward: Door | None, vrf: str, session: Session | None) -> Ended:
        told = Told(forwarder.name, state.packet)
        if inward is not None:
            if session is not None and session.inward != ITSELF:
                what = T("{device} has no session that it would answer", device=forwarder.name)
                told.decisions.append(Decision(forwarder.name, Kind.SESSION, what, told.packet, (), inward.interface.name))
                return state.after(told).stopped(Fate.NO_SESSION, forwarder.name)
            if not self._admits(told, forwarder, inward, vrf, "new" if session is None else "established"):
                return state.after(told).stopped(Fate.FILTERED, forwarder.name)
            if session is None:
                mine = self.city.pairs.get(forwarder.name, forwarder.name)
                opened = Session(mine, inward.group, ITSELF, state.packet, state.packet)
                state = replace(state, opened=(*state.opened, opened))
        ended = state.after(told).end(Fate.LOCAL, forwarder.name, T("it is for {device} itself", device=forwarder.name))
        return ended._replace(vrf=vrf)

    def _admits(self, told: Told, forwarder: Forwarder, inward: Door, vrf: str, state: str) -> bool:
        """Whether a device takes a packet for itself."""
        context = Context(vrf, inward.interface.name, "", state)
        firewall = forwarder.config.firewall
        if firewall is None:
            return told.filters(forwarder, forwarder.to_local(), context, inward.interface.name)
        for name in inward.interface.services:
            if name in ADMITTED and matches(ADMITTED[name], told.packet, context).sure:
                what = T("{interface} itself admits {service}", interface=inward.interface.name, service=name)
                told.decisions.append(Decision(forwarder.name, Kind.FILTER, what, told.packet, (inward.interface.ref,)))
                return True
        rules = forwarder.policy(inward.group, firewall.local) if state == "new" else None
        return rules is None or told.decided(forwarder, rules, context, Kind.POLICY, inward.interface.name)

    def _leave(
        self,
        state: _State,
        forwarder: Forwarder,
        inward: Door | None,
        hop: Hop,
        sessions: tuple[Session, ...],
        session: Session | None,
    ) -> Iterator[Ended]:
        device = forwarder.name
        outward = self.plane.door(device, hop)
        if outward is None:
            what = T("{interface} of {device} leads nowhere", interface=hop.interface, device=device)
            yield state.end(Fate.UNREACHABLE, device, what, (), hop.interface)
            return
        told = Told(device, state.packet)
        before = self._came_as(state, device)
        if not self._through(told, forwarder, inward, outward, session):
            fate = Fate.NO_SESSION if told.decisions[-1].kind is Kind.SESSION else Fate.POLICY
            yield state.after(told).stopped(fate, device)
            return
        if inward is not None:
            if session is None:
                told.translate_source(forwarder, inward.group, outward, inward.interface.name)
            last = Context(outward.vrf, self._named(forwarder, inward), outward.interface.name, None)
            if not told.filters(forwarder, forwarder.exit(outward), last, outward.interface.name):
                yield state.after(told).stopped(Fate.FILTERED, device)
                return
        opened = state.opened
        if session is None and (inward is None or forwarder.keeps_sessions):
            group = ITSELF if inward is None else inward.group
            back = way_back(inward, state.came) if inward is not None else None
            opened = (*opened, Session(self.city.pairs.get(device, device), group, outward.group, before, told.packet, back))
        leaves = T("leaves by {interface}", interface=outward.interface.name)
        exit_ = Decision(device, Kind.EXIT, leaves, told.packet, (outward.interface.ref,), outward.interface.name)
        yield from self._onward(replace(state.after(told, exit_), opened=opened), outward, hop, sessions)

    def _came_as(self, state: _State, device: str) -> Packet:
        """The packet as it came in to the device where it is now."""
        found = state.packet
        for item in reversed(state.decisions):
            if item.at != device:
                break
            if item.kind is Kind.ENTRY:
                return item.packet
        return found

    def _through(self, told: Told, forwarder: Forwarder, inward: Door | None, outward: Door, session: Session | None) -> bool:
        """Policy and chains between the way in and the way out."""
        firewall = forwarder.config.firewall
        if inward is None:
            state = "new" if session is None else "established"
            rules = forwarder.policy(firewall.local, outward.group) if firewall is not None and session is None else None
            context = Context(outward.vrf, "", outward.interface.name, state)
            allowed = rules is None or told.decided(forwarder, rules, context, Kind.POLICY, outward.interface.name)
            return allowed and told.filters(forwarder, outputs(forwarder), context, outward.interface.name)
        if session is not None and (session.inward != outward.group):
            what = T("it answers a session that came in by another way than {interface}", interface=outward.interface.name)
            told.decisions.append(Decision(forwarder.name, Kind.SESSION, what, told.packet, (), outward.interface.name))
            return False
        stray = session is None and forwarder.stateful and not opens(told.packet)
        if stray and (firewall is not None or told.packet.fragment != Fragment.WHOLE):
            what = T("{device} has no session that it would answer", device=forwarder.name)
            told.decisions.append(Decision(forwarder.name, Kind.SESSION, what, told.packet, (), outward.interface.name))
            return False
        state = "new" if session is None else "established"
        if stray:  # no zones, so the chains decide
            state = forwarder.stray if told.packet.protocol == TCP else "invalid"
        context = Context(outward.vrf, self._named(forwarder, inward), outward.interface.name, state)
        rules = forwarder.policy(inward.group, outward.group) if session is None else None
        if rules is not None and not told.decided(forwarder, rules, context, Kind.POLICY, outward.interface.name):
            return False
        stops = [*forwarder.after_translation(inward), *forwarder.crossing(), *forwarder.before_source()]
        return told.filters(forwarder, stops, context, outward.interface.name)

    def _named(self, forwarder: Forwarder, inward: Door) -> str | None:
        return inward.interface.name if forwarder.config.firewall is None else None

    # On to the next

    def _onward(self, state: _State, outward: Door, hop: Hop, sessions: tuple[Session, ...]) -> Iterator[Ended]:
        device = outward.endpoint.device
        address = state.packet.dst if hop.gateway is None else hop.gateway
        nexts = self.plane.nexts(outward, address)
        part = self.plane.around(outward.endpoint)
        if nexts.doors:
            part_number = outward.segment
            doubts = self._roles(part_number, address, nexts.doors)
            for door in nexts.doors:
                onward = replace(state, doubts=(*state.doubts, *doubts), came=neighbour(outward, door))
                yield from self.enter(onward, door, sessions)
        elif nexts.parties or nexts.peers:
            for name in nexts.parties:
                yield self._there(state, self.city.sender_of[name], part, device)  # type: ignore[arg-type]
            for peer in nexts.peers:
                sender = self.city.province[peer]
                ended = state.end(Fate.LEFT, sender.name, T("it is handed to {peer}", peer=sender.name))
                yield ended._replace(part=part, sender=sender)
        elif hop.gateway is None:
            what = T("nobody is recorded at {address} behind {interface}", address=IPv4Address(address), interface=outward.interface.name)
            yield state.end(Fate.NOBODY, device, what, (outward.interface.ref,), outward.interface.name)
        else:
            what = T("the next hop {address} behind {interface} does not answer", address=IPv4Address(address),
                     interface=outward.interface.name)  # fmt: skip
            yield state.end(Fate.UNREACHABLE, device, what, (outward.interface.ref,), outward.interface.name)


def _way(hop: Hop) -> str:
    return f"{hop.interface} {IPv4Address(hop.gateway)}" if hop.gateway is not None else hop.interface


def _dotted(value: str) -> bool:
    parts = value.split(".")
    return len(parts) == 4 and all(part.isdecimal() and int(part) < 256 for part in parts)
