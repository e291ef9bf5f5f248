"""Sets of packets, carried hop by hop by the routing tables: where each arrives, and where and why some are lost.

Every choice among equal routes is followed, because the devices may take any. What is not known counts against a packet: it goes on, and
the loss is noted as doubtful.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from isolation_checks.forwarding.course import Came, Course, End, Key, Load, Loss, Session, loads
from isolation_checks.forwarding.gates import ITSELF, Gate, Gates
from isolation_checks.forwarding.model import Fate
from isolation_checks.forwarding.pieces import Pieces, ternaries
from isolation_checks.forwarding.plane import Plane, neighbour, understood, way_back
from isolation_checks.packets.fields import TCP, Context
from isolation_checks.packets.space import Node, PacketSpace
from isolation_checks.reach.forwarder import Door, Forwarder
from isolation_checks.reach.layer2 import Segment
from isolation_checks.reach.senders import Sender
from isolation_checks.routing.model import Hop, Route
from isolation_checks.snapshot import Range, Ranges
from topology.facts import PartyKind

__all__ = ["Carrier", "Course", "End", "Key", "Load", "Loss", "Session", "loads"]


@dataclass(frozen=True)
class Carrier:
    plane: Plane
    gates: Gates
    pieces: Pieces

    @property
    def space(self) -> PacketSpace:
        return self.gates.space

    # Starts

    def from_sender(self, course: Course, sender: Sender, load: Load, answering: tuple[Session, ...] = ()) -> None:
        """From every place that a sender is plugged into."""
        course.rests_on.update(("segment", number) for number in sender.segments)
        course.rests_on.add(("places", sender.name))
        places = self.plane.places(sender)
        if not places:
            course.losses.append(Loss(sender.name, Fate.NO_START, load.packets, doubtful=False))
        for part in places:
            self.from_part(course, sender, part, load, answering)

    def from_part(self, course: Course, sender: Sender, part: Segment, load: Load, answering: tuple[Session, ...] = ()) -> None:
        course.rests_on.add(("segment", part.number))
        if self._beside(sender, part, load):
            course.ends.append(End(Fate.DELIVERED, sender.name, load, part, sender))
            return
        hops = self.plane.first_hops(sender, part, load.sources[0][0])
        if not hops:
            course.losses.append(Loss(sender.name, Fate.NO_GATEWAY, load.packets, doubtful=False))
        for address, doors in hops:
            course.rests_on.add(("owner", part.number, address))
            if not doors:
                course.losses.append(Loss(sender.name, Fate.NO_GATEWAY, load.packets, doubtful=len(hops) > 1))
            if len(doors) > 1:
                course.losses.append(Loss(sender.name, Fate.NO_GATEWAY, load.packets, doubtful=True))
            for door in doors:
                self._enter(course, door, load, answering, ())

    def _beside(self, sender: Sender, part: Segment, load: Load) -> bool:
        if sender.party.kind in (PartyKind.PROVINCE, PartyKind.INTERNET) or sender.party.id not in part.senders:
            return False
        return any(IPv4Address(load.to) in network for network in sender.party.prefixes) and not self.plane.answering(part, load.to)

    def from_device(self, course: Course, device: str, vrf: str, load: Load, answering: tuple[Session, ...] = ()) -> None:
        course.rests_on.add(("device", device))
        if not self.plane.up(device) or device not in self.plane.city.forwarders:
            course.losses.append(Loss(device, Fate.NO_START, load.packets, doubtful=False))
            return
        mine = self.plane.city.pairs.get(device, device)
        session = next((item for item in answering if item.device == mine and item.outward == ITSELF), None)
        self._route(course, self.plane.city.forwarders[device], None, vrf, load, answering, (), session)

    # Through a device

    def _enter(self, course: Course, door: Door, load: Load, answering: tuple[Session, ...], path: tuple[Key, ...]) -> None:
        device = door.endpoint.device
        here = (device, door.vrf, load.to)
        if here in path:
            course.losses.append(Loss(device, Fate.LOOP, load.packets, doubtful=False))
            return
        mark = (door.endpoint, load)
        if mark in course.done:
            return
        course.done.add(mark)
        forwarder = self.plane.city.forwarders[device]
        if not self._reverse_path(course, door, load):
            course.losses.append(Loss(device, Fate.REVERSE_PATH, load.packets, doubtful=False))
            return
        passed = self._past(course, self.gates.entry(forwarder, door), load.packets, device, Fate.FILTERED)
        if passed is None:
            return
        load = load._replace(packets=passed)
        way = (*path, here)
        for found, session in self._translated(course, forwarder, door, load, answering):
            self._route(course, forwarder, door, door.vrf, found, answering, way, session)

    def _reverse_path(self, course: Course, door: Door, load: Load) -> bool:
        if door.interface.urpf is None:
            return True
        for piece in self.pieces.of(load.sources):
            accepted, route = self.plane.reverse_ok(door, piece.first)
            if route is not None or not accepted:
                self._rest(course, door.endpoint.device, door.vrf, piece.first, route)
            if not accepted:
                return False
        return True

    def _past(self, course: Course, gate: Gate | None, packets: Node, at: str, fate: Fate) -> Node | None:
        """What goes on; None where that is nothing."""
        verdict = self.gates.judge(gate, packets)
        if verdict is None:
            return packets
        false = self.space.false
        if verdict.lost != false:
            course.losses.append(Loss(at, fate, verdict.lost, doubtful=False))
        if verdict.doubtful != false:
            course.losses.append(Loss(at, fate, verdict.doubtful, doubtful=True))
        return None if verdict.left == false else verdict.left

    def _translated(
        self, course: Course, forwarder: Forwarder, door: Door, load: Load, answering: tuple[Session, ...]
    ) -> Iterator[tuple[Load, Session | None]]:
        """The packets as answers in sessions, or with their destinations translated, or as they are."""
        device = self.plane.city.pairs.get(forwarder.name, forwarder.name)
        left = load.packets
        for session in answering:
            if session.device != device or session.outward != door.group or left == self.space.false:
                continue
            if session.before == session.after:
                hit = left & self.answers(session.after)
                back = hit
            else:
                hit = left & self.answers(session.after)
                back = self.answers(session.before)
            if hit == self.space.false:
                continue
            left = left & ~hit
            for piece in self.pieces.of(session.sources):
                part = back & self.space.addresses("dst", ternaries(piece.ranges))
                yield load._replace(packets=part, to=piece.first, targets=piece.ranges, sources=session.targets), session
        if left == self.space.false:
            return
        context = Context(door.vrf, door.interface.name)
        for item in forwarder.destination_nat(door):
            hit = left & self.gates.matching(item.matches, unsure=True, context=context)
            if item.own_address:
                hit = hit & self.space.ranges("dst", tuple((ip, ip) for ip in sorted(door.addresses)))
            if hit == self.space.false:
                continue
            sure = self.gates.matching(item.matches, unsure=False, context=context)
            if item.conditional or not hit <= sure:
                course.losses.append(Loss(forwarder.name, Fate.POLICY, hit, doubtful=True))
            changed = self.space.rewrite(hit, dst=(item.inside,), dport=item.inside_ports and (item.inside_ports,))
            before = Came(hit, load.targets, item.inside_ports is not None)
            for piece in self.pieces.of((item.inside,)):
                part = changed & self.space.addresses("dst", ternaries(piece.ranges))
                yield load._replace(packets=part, to=piece.first, targets=piece.ranges, before=before), None
            left = left & ~hit
        if left != self.space.false:
            yield load._replace(packets=left), None

    def answers(self, packets: Node) -> Node:
        """The whole packets that hosts send back."""
        key = ("answers", packets)
        found: Node | None = self.space.memo.get(key)
        if found is None:
            found = self.space.memo[key] = self.space.swap(packets) & self.gates.sent
        return found

    def _rest(self, course: Course, device: str, vrf: str, address: int, route: Route | None) -> None:
        """Notes what was looked up, and what it came to."""
        course.rests_on.add(("route", device, vrf, None if route is None else (route.network, route.length)))
        course.looked_up[device, vrf, address] = None if route is None else route.hops

    def _route(
        self,
        course: Course,
        forwarder: Forwarder,
        inward: Door | None,
        vrf: str,
        load: Load,
        answering: tuple[Session, ...],
        path: tuple[Key, ...],
        session: Session | None,
    ) -> None:
        device = forwarder.name
        shared = self.plane.city.shared.get((device, vrf), {}).get(load.to)
        if shared is not None:
            course.rests_on.add(("owner", self.plane.city.layer2.segment_of[shared], load.to))
            course.rests_on.add(("around", shared))
        if self.plane.local(device, vrf, load.to):
            self._local(course, forwarder, inward, vrf, load, session)
            return
        if inward is not None and not forwarder.config.forwarding:
            course.losses.append(Loss(device, Fate.NOT_FORWARDING, load.packets, doubtful=False))
            return
        if session is not None and session.back is not None and self._goes_back(course, forwarder, inward, load, answering, path, session):
            return
        if inward is not None and inward.interface.policy_route is not None:
            left = self._policy_routes(course, forwarder, inward, load, answering, path, session)
            if left == self.space.false:
                return
            load = load._replace(packets=left)
        table = self.plane.table(device, vrf)
        route = table.lookup(load.to) if table is not None else None
        self._rest(course, device, vrf, load.to, route)
        if route is None or not route.hops:
            fate = Fate.NO_ROUTE if route is None else Fate.DISCARDED
            course.losses.append(Loss(device, fate, load.packets, doubtful=False))
            return
        for hop in route.hops:
            self._leave(course, forwarder, inward, hop, load, answering, path, session)

    def _goes_back(
        self,
        course: Course,
        forwarder: Forwarder,
        inward: Door | None,
        load: Load,
        answering: tuple[Session, ...],
        path: tuple[Key, ...],
        session: Session,
    ) -> bool:
        """Sends an answer back by the interface that its session came in by; False where that is down, so that the table decides."""
        hop = session.back
        door = self.plane.door(forwarder.name, hop) if hop is not None else None
        if hop is None or door is None:
            return False
        course.rests_on.add(("around", door.endpoint))
        if self.plane.around(door.endpoint) is None:
            return False
        self._leave(course, forwarder, inward, hop, load, answering, path, session)
        return True

    def _policy_routes(
        self,
        course: Course,
        forwarder: Forwarder,
        inward: Door,
        load: Load,
        answering: tuple[Session, ...],
        path: tuple[Key, ...],
        session: Session | None,
    ) -> Node:
        """Sends what entries of a policy route send; returns what is left to the table."""
        found = self.plane.policy_route(inward)
        assert found is not None
        left = load.packets
        for entry in found[0].entries:
            if not understood(entry):
                course.losses.append(Loss(forwarder.name, Fate.NO_ROUTE, left, doubtful=True))
                return left
            names = [name for _, values in entry.matches for name in values]
            hit = left & self.gates.listed(forwarder, names, Context(inward.vrf, inward.interface.name, None, None))
            if hit == self.space.false:
                continue
            hops = [hop for _, values in entry.sets for value in values[:1] for hop in self._towards(course, forwarder, inward.vrf, value)]
            if entry.action.value == "permit" and hops:
                for hop in hops:
                    self._leave(course, forwarder, inward, hop, load._replace(packets=hit), answering, path, session)
                left = left & ~hit
        if not found[0].entries:
            course.losses.append(Loss(forwarder.name, Fate.NO_ROUTE, left, doubtful=True))
        return left

    def _towards(self, course: Course, forwarder: Forwarder, vrf: str, gateway: str) -> Iterator[Hop]:
        parts = gateway.split(".")
        if len(parts) != 4 or not all(part.isdecimal() and int(part) < 256 for part in parts):
            return
        address = int(IPv4Address(gateway))
        table = self.plane.table(forwarder.name, vrf)
        route = table.lookup(address) if table is not None else None
        self._rest(course, forwarder.name, vrf, address, route)
        for hop in route.hops if route is not None else ():
            if hop.gateway is None:
                yield Hop(hop.interface, address, hop.vrf)

    def _local(self, course: Course, forwarder: Forwarder, inward: Door | None, vrf: str, load: Load, session: Session | None) -> None:
        device = forwarder.name
        passed: Node | None = load.packets
        if inward is not None:
            if session is not None and session.inward != ITSELF:
                course.losses.append(Loss(device, Fate.NO_SESSION, load.packets, doubtful=False))
                return
            state = "new" if session is None else "established"
            passed = self._past(course, self.gates.to_local(forwarder, inward, state), load.packets, device, Fate.FILTERED)
            if passed is not None and session is None:
                mine = self.plane.city.pairs.get(device, device)
                came, targets = self._untranslated(passed, load)
                opened = Session(mine, inward.group, ITSELF, came, passed, load.sources, targets)
                load = load._replace(sessions=(*load.sessions, opened))
        if passed is not None:
            course.rests_on.add(("device", device))
            course.ends.append(End(Fate.LOCAL, device, load._replace(packets=passed), vrf=vrf))

    def _leave(
        self,
        course: Course,
        forwarder: Forwarder,
        inward: Door | None,
        hop: Hop,
        load: Load,
        answering: tuple[Session, ...],
        path: tuple[Key, ...],
        session: Session | None,
    ) -> None:
        device = forwarder.name
        outward = self.plane.door(device, hop)
        if outward is None:
            course.losses.append(Loss(device, Fate.UNREACHABLE, load.packets, doubtful=False))
            return
        if inward is None:
            state = "new" if session is None else "established"
            passed = self._past(course, self.gates.from_local(forwarder, outward, state), load.packets, device, Fate.POLICY)
            if passed is not None:
                mine = self.plane.city.pairs.get(device, device)
                opened = Session(mine, ITSELF, outward.group, passed, passed, load.sources, load.targets)
                sessions = (*load.sessions, opened) if session is None else load.sessions
                self._onward(course, outward, hop, load._replace(packets=passed, sessions=sessions), answering, path)
            return
        through = self._through(course, forwarder, inward, outward, load, session)
        if through is None:
            return
        before = load._replace(packets=through)
        ways = [before] if session is not None else self._sources(course, forwarder, inward, outward, before)
        for way in ways:
            passed = self._past(course, self.gates.exit(forwarder, inward, outward), way.packets, device, Fate.FILTERED)
            if passed is not None:
                self._onward(course, outward, hop, way._replace(packets=passed), answering, path)

    def _through(
        self, course: Course, forwarder: Forwarder, inward: Door, outward: Door, load: Load, session: Session | None
    ) -> Node | None:
        """Policy, chains and sessions between the way in and the way out."""
        device = forwarder.name
        if session is not None:
            if session.inward != outward.group:
                course.losses.append(Loss(device, Fate.NO_SESSION, load.packets, doubtful=False))
                return None
            return self._past(course, self.gates.crossing(forwarder, inward, outward, "established"), load.packets, device, Fate.POLICY)
        if not forwarder.stateful:
            return self._past(course, self.gates.crossing(forwarder, inward, outward, "new"), load.packets, device, Fate.POLICY)
        false, opening = self.space.false, load.packets & self.gates.opening
        opened = self._past(course, self.gates.crossing(forwarder, inward, outward, "new"), opening, device, Fate.POLICY)
        follows = load.packets & self.space.followers(opened) if opened is not None else false
        strays = self._strays(forwarder, inward, outward, load.packets & ~opening & ~follows)
        if opening == false and strays == false:
            course.losses.append(Loss(device, Fate.NO_SESSION, load.packets, doubtful=False))
            return None
        passed = self._past(course, self.gates.crossing(forwarder, inward, outward, "established"), follows, device, Fate.POLICY)
        left = strays if passed is None else passed | strays
        return None if left == false else left

    def _strays(self, forwarder: Forwarder, inward: Door, outward: Door, packets: Node) -> Node:
        """What chains let through though it belongs to no session; zones let nothing of it through."""
        if forwarder.config.firewall is not None:
            return self.space.false
        tcp = self.space.equal_to("protocol", TCP)
        found = self.space.false
        for some, state in ((packets & self.gates.whole & tcp, forwarder.stray), (packets & self.gates.whole & ~tcp, "invalid")):
            gate = self.gates.crossing(forwarder, inward, outward, state)
            found = found | (some if gate is None else some & gate.may)
        return found

    def _sources(self, course: Course, forwarder: Forwarder, inward: Door, outward: Door, load: Load) -> list[Load]:
        """The packets with their sources translated where something does, and the sessions that they open."""
        found: list[Load] = []
        left = load.packets
        device = self.plane.city.pairs.get(forwarder.name, forwarder.name)

        def opened(before: Node, after: Node) -> tuple[Session, ...]:
            if not forwarder.keeps_sessions:
                return load.sessions
            came, targets = self._untranslated(before, load)
            back = way_back(inward, load.came)
            return (*load.sessions, Session(device, inward.group, outward.group, came, after, load.sources, targets, back))

        context = Context(outward.vrf, inward.interface.name, outward.interface.name)
        for item in forwarder.source_nat(inward.group, outward):
            hit = left & self.gates.matching(item.matches, unsure=True, context=context)
            if hit == self.space.false:
                continue
            if item.conditional or not hit <= self.gates.matching(item.matches, unsure=False, context=context):
                course.losses.append(Loss(forwarder.name, Fate.POLICY, hit, doubtful=True))
            pool: tuple[Range, ...] = (*item.pool, *((ip, ip) for ip in outward.addresses[:1] if item.own_address))
            left = left & ~hit
            if item.action != "translate" or not pool:
                found.append(load._replace(packets=hit, sessions=opened(hit, hit)))
                continue
            changed = self.space.rewrite(hit, src=pool, sport=((1024, 65535),) if item.ports else None)
            found.append(load._replace(packets=changed, sources=pool, sessions=opened(hit, changed)))
        if left != self.space.false:
            found.append(load._replace(packets=left, sessions=opened(left, left)))
        return found

    def _untranslated(self, packets: Node, load: Load) -> tuple[Node, Ranges]:
        """What came in as these packets, and to which addresses."""
        if load.before is None:
            return packets, load.targets
        came = self.space.rewrite(packets, dst=((0, 0xFFFFFFFF),), dport=((0, 65535),) if load.before.ports else None)
        return came & load.before.packets, load.before.targets

    def _onward(self, course: Course, outward: Door, hop: Hop, load: Load, answering: tuple[Session, ...], path: tuple[Key, ...]) -> None:
        address = load.to if hop.gateway is None else hop.gateway
        part = self.plane.around(outward.endpoint)
        nexts = self.plane.nexts(outward, address)
        course.rests_on.add(("segment", outward.segment))
        course.rests_on.add(("around", outward.endpoint))
        if part is not None:
            course.rests_on.add(("owner", part.number, address))
        device = outward.endpoint.device
        if len(nexts.doors) > 1:
            course.losses.append(Loss(device, Fate.UNREACHABLE, load.packets, doubtful=True))
        for door in nexts.doors:
            self._enter(course, door, load._replace(came=neighbour(outward, door), before=None), answering, path)
        for name in nexts.parties:
            course.ends.append(End(Fate.DELIVERED, name, load, part, self.plane.city.sender_of[name]))
        for peer in nexts.peers:
            sender = self.plane.city.province[peer]
            course.ends.append(End(Fate.LEFT, sender.name, load, part, sender))
        if not (nexts.doors or nexts.parties or nexts.peers):
            fate = Fate.NOBODY if hop.gateway is None else Fate.UNREACHABLE
            course.losses.append(Loss(device, fate, load.packets, doubtful=False))
