"""The fixpoint: every packet that can be anywhere, whatever the routing tables say, by the party that sent it.

Sets stand at segments and, inside a device, where packets of one group of interfaces have come in. They only grow; the edges between them
are
monotone; so the least fixpoint exists and the order of work does not matter. A session is open for the return of everything that ever
passed in the other direction.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from operator import and_, or_
from typing import NamedTuple

from isolation_checks.packets.fields import Context
from isolation_checks.packets.filters import named, permits
from isolation_checks.packets.space import Node, PacketSpace
from isolation_checks.reach.forwarder import Door, Forwarder, Placed, rule_names_in
from isolation_checks.reach.layer2 import Endpoint
from isolation_checks.reach.rpf import reverse_path
from isolation_checks.snapshot import Action, Applied, DestinationNat, DeviceConfig, Filter, Match, Range, Ranges, Service, TcpFlag

ALL_ADDRESSES: Ranges = ((0, 0xFFFFFFFF),)
ALL_PORTS: Ranges = ((0, 65535),)
HIGH_PORTS: Ranges = ((1024, 65535),)
TCP: Ranges = ((6, 6),)
UDP: Ranges = ((17, 17),)
OPENING = ((TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST, TcpFlag.SYN),)
"""What a TCP connection begins with."""
UNOPENED = ("new", "invalid")
"""States of connection tracking that a packet without a session may have."""
UDP_SERVICES = ("snmp", "tftp", "ntp")


class Segmented(NamedTuple):
    number: int


class Arrived(NamedTuple):
    """Packets that a device took in from a group of interfaces: past what looks at them on the way in, not yet translated."""

    device: str
    vrf: str
    group: str


class Passed(NamedTuple):
    """Packets before and after a translation; the same set where nothing changes."""

    before: Node
    after: Node
    source_changed: bool = False
    target_changed: bool = False
    source_port: bool = False
    target_port: bool = False


@dataclass(slots=True)
class _Edge:
    target: int
    carry: Callable[[Node], Node]
    gate: Node | None = None  # what carry does, where it only keeps some packets


@dataclass(slots=True)
class Gates:
    """Sets that filters of devices stand for, each computed once."""

    space: PacketSpace
    _crossings: dict[tuple[str, str, str, Endpoint], Crossing] = field(default_factory=dict)

    def crossing(self, forwarder: Forwarder, vrf: str, source: str, door: Door) -> Crossing:
        """Computed once; it gets gates of its own, so that nothing refers to itself and diagrams go before their manager does."""
        key = forwarder.name, vrf, source, door.endpoint
        found = self._crossings.get(key)
        if found is None:
            found = self._crossings[key] = Crossing(Gates(self.space), forwarder, vrf, source, door)
        return found

    def through(self, forwarder: Forwarder, stops: Iterable[Placed], context: Context) -> Node:
        """What all of the filters let through. A reference to no filter lets everything through."""
        gates = [permits(self.space, forwarder.filters, stop.filter, context) for stop in stops if stop.filter is not None]
        return reduce(and_, gates, self.space.normal)

    def policy(self, forwarder: Forwarder, rules: Filter | None, context: Context) -> Node:
        return self.space.normal if rules is None else permits(self.space, forwarder.filters, rules, context)

    def any_of(self, matches: tuple[Match, ...]) -> Node:
        return self._union(matches, ("any",), lambda match: True)

    def surely(self, matches: tuple[Match, ...], inward: str | None, outward: str | None) -> Node:
        """What one of the matches holds for, whatever it does not show, on the way between two interfaces; None: not known which."""

        def sure(match: Match) -> bool:
            here = named(match.in_interfaces, inward) and named(match.out_interfaces, outward)
            return match.vrf is None and match.states is None and bool(here)

        return self._union(matches, ("sure", inward, outward), sure)

    def _union(self, matches: tuple[Match, ...], how: tuple[str | None, ...], wanted: Callable[[Match], bool]) -> Node:
        """Computed once for every list of matches, which is kept so that no other gets its identity."""
        key = ("matches", id(matches), how)
        found: tuple[tuple[Match, ...], Node] | None = self.space.memo.get(key)
        if found is None:
            node = self.space.loose_union(filter(wanted, matches), unsure=how[0] == "any") & self.space.normal
            found = self.space.memo[key] = matches, node
        return found[1]


def service_filters(config: DeviceConfig, service: Service) -> list[tuple[Applied, ...]]:
    """The filters that somebody meets at a service: one entry for each terminal line or SNMP user that may answer."""
    ways: list[tuple[Applied, ...]] = [()]
    if service.name in ("ssh", "telnet"):
        lines = [line for line in config.management.lines if line.kind == "vty" and service.name in line.protocols]
        ways = [line.filters for line in lines] if any(line.kind == "vty" for line in config.management.lines) else ways
    elif service.name == "snmp" and config.management.snmp:
        ways = [access.filters for access in config.management.snmp]
    return list(dict.fromkeys((*service.filters, *way) for way in ways))


def led_to(forwarder: Forwarder, vrf: str) -> list[str]:
    """The VRFs whose doors a packet of a VRF may be led to: its own, and those that it leaks into, one after the other."""
    found = [vrf]
    for source in found:  # grows while it is walked
        found += [leak.target for leak in forwarder.leaks if leak.source == source and leak.target not in found]
    return found


class Crossing:
    """All ways through one device from one group of interfaces to one door, translations and sessions included."""

    def __init__(self, gates: Gates, forwarder: Forwarder, vrf: str, source: str, door: Door) -> None:
        self._gates, self._space = gates, gates.space
        self.forwarder, self.vrf, self.source, self.door = forwarder, vrf, source, door
        self.entries = forwarder.entries(vrf, source)
        names = {entry.interface.name for entry in self.entries}
        self._inward = names.pop() if len(names) == 1 else None
        self.stateful = forwarder.keeps_sessions
        chains = reduce(or_, (self._chains(state) for state in UNOPENED))
        self.policy = gates.policy(forwarder, forwarder.policy(source, door.group), self._context("new")) & chains
        self.exit = gates.through(forwarder, forwarder.exit(door), self._context(None))
        self._destinations = {item: None for entry in self.entries for item in forwarder.destination_nat(entry)}
        self._sources = forwarder.source_nat(source, door)
        self.plain = not (self._destinations or self._sources)

    def _chains(self, state: str) -> Node:
        """What the chains of a host let through in a state of connection tracking."""
        if not self.entries:
            return self._space.false
        forwarder = self.forwarder
        stops = [*forwarder.after_translation(self.entries[0]), *forwarder.crossing(), *forwarder.before_source()]
        return self._gates.through(forwarder, stops, self._context(state))

    def _context(self, state: str | None) -> Context:
        by = self.forwarder.by_interface and self.forwarder.config.firewall is None
        return Context(vrf=self.vrf, in_interface=self.source if by else None, out_interface=self.door.interface.name, state=state)

    def passed(self, arrived: Node) -> list[Passed]:
        """What gets to the door as new connections, before the door's own filters."""
        if self.plain:
            through = arrived & self.policy
            return [Passed(through, through)]
        key = ("passed", self._translation, arrived)
        known: list[Passed] | None = self._space.memo.get(key)
        if known is None:
            known = self._space.memo[key] = self._translated(arrived)
        return known

    @cached_property
    def _translation(self) -> int:
        """The same number for crossings that translate alike, as those of a pair of firewalls do."""
        destinations = tuple(
            (item.matches, item.inside, item.inside_ports, item.own_address and self._addresses(self._at(item)), self._certain(item))
            for item in self._destinations
        )
        sources = tuple(
            (item.action, item.matches, item.pool, item.own_address and self._addresses([self.door]), item.ports, item.conditional)
            for item in self._sources
        )
        numbers: dict[object, int] = self._space.memo.setdefault("translations", {})
        content = (destinations, sources, self.policy, self._inward, self.door.interface.name)
        return numbers.setdefault(content, len(numbers))

    def _at(self, item: DestinationNat) -> list[Door]:
        """The doors whose addresses a translation to the interface's own address is about."""
        return [entry for entry in self.entries if item.interface in (None, entry.interface.name)]

    def _certain(self, item: DestinationNat) -> bool:
        """Whether a translation is done for sure, whichever door of the group a packet came in by."""
        return not item.conditional and all(item in self.forwarder.destination_nat(entry) for entry in self.entries)

    def _translated(self, arrived: Node) -> list[Passed]:
        found = []
        for inward in self._translated_destination(arrived):
            allowed = inward.after & self.policy
            if allowed != self._space.false:
                found += [
                    Passed(
                        self._untranslated(inward, step.before),
                        step.after,
                        step.source_changed,
                        inward.target_changed,
                        step.source_port,
                        inward.target_port,
                    )
                    for step in self._translated_source(allowed)
                ]
        return found

    def _untranslated(self, inward: Passed, kept: Node) -> Node:
        """What became ``kept`` when its destination was translated."""
        if not inward.target_changed:
            return kept
        ports = ALL_PORTS if inward.target_port else None
        return inward.before & self._space.rewrite(kept, dst=ALL_ADDRESSES, dport=ports)

    def _translated_destination(self, arrived: Node) -> list[Passed]:
        left, found = arrived, []
        for item in self._destinations:
            wanted = self._gates.any_of(item.matches)
            if item.own_address:
                wanted = wanted & self._space.ranges("dst", self._addresses(self._at(item)))
            hit = left & wanted
            if hit != self._space.false:
                inside = self._space.rewrite(hit, dst=(item.inside,), dport=item.inside_ports and (item.inside_ports,))
                found.append(Passed(hit, inside, target_changed=True, target_port=item.inside_ports is not None))
                if self._certain(item):
                    left = left & ~(wanted & self._gates.surely(item.matches, self._inward, None))
        return [*found, Passed(left, left)]

    def _translated_source(self, allowed: Node) -> list[Passed]:
        left, found = allowed, []
        for item in self._sources:
            hit = left & self._gates.any_of(item.matches)
            if hit == self._space.false:
                continue
            if item.action == "translate":
                pool: Ranges = (*item.pool, *(self._addresses([self.door]) if item.own_address else ()))
                changed = self._space.rewrite(hit, src=pool, sport=HIGH_PORTS if item.ports else None)
                found.append(Passed(hit, changed, source_changed=True, source_port=item.ports))
            else:
                found.append(Passed(hit, hit))
            if not item.conditional:
                left = left & ~self._gates.surely(item.matches, self._inward, self.door.interface.name)
        return [*found, Passed(left, left)]

    def _addresses(self, doors: Iterable[Door]) -> tuple[Range, ...]:
        own = {address.ip for door in doors for address in door.interface.addresses}
        own |= {address.ip for door in doors for address in door.interface.virtual}
        return tuple((ip, ip) for ip in sorted(own))

    def allowed(self, arrived: Node) -> Node:
        """What the policy lets through as new connections, with the destination translated and the source not yet."""
        return reduce(lambda node, step: node | step.after & self.policy, self._translated_destination(arrived), self._space.false)

    def out(self, arrived: Node) -> Node:
        """What leaves by the door as new connections."""
        return reduce(lambda node, step: node | step.after, self.passed(arrived), self._space.false) & self.exit

    def back(self, opened: Iterable[Passed], arrived: Node, door: Door, gate: Node) -> Node:
        """Of what arrives on the other side, the answers to ``opened``, as they leave by ``door`` on this one."""
        return self.answers(opened, arrived) & gate

    def answers(self, opened: Iterable[Passed], arrived: Node) -> Node:
        """The same before any door on this side."""
        space, result = self._space, self._space.false
        for step in opened:
            answers = arrived & space.swap(space.without_label(step.after))
            if answers == space.false:
                continue
            if step.source_changed or step.target_changed:
                answers = space.rewrite(
                    answers,
                    src=ALL_ADDRESSES if step.target_changed else None,
                    dst=ALL_ADDRESSES if step.source_changed else None,
                    sport=ALL_PORTS if step.target_port else None,
                    dport=ALL_PORTS if step.source_port else None,
                ) & space.swap(space.without_label(step.before))
            result = result | answers
        return result


class Spread:
    """All sets at the fixpoint."""

    def __init__(self, space: PacketSpace, forwarders: dict[str, Forwarder], sources: dict[int, Node]) -> None:
        self.space = space
        self.gates = Gates(space)
        self._forwarders = forwarders
        self._numbers: dict[object, int] = {}
        self._edges: dict[int, list[_Edge]] = defaultdict(list)
        self._sessions: dict[int, list[Callable[[], None]]] = defaultdict(list)
        self._parent: list[int] = []
        self._sets: list[Node] = []
        self.firewall_crossings: list[Crossing] = []
        self._owned: dict[tuple[str, str], Node] = {}
        self._entered: dict[Endpoint, Node] = {}
        self._onward: dict[tuple[str, str, str, int], Node] = {}
        for forwarder in forwarders.values():
            self._add(forwarder)
        self._contract()
        self._run(sources)
        self._edges.clear()
        self._sessions.clear()  # they refer to this object: without them it goes as soon as nobody needs it, and its diagrams before it

    # Sets by place

    def at(self, segment: int) -> Node:
        return self._get(Segmented(segment))

    def arrived(self, device: str, vrf: str, group: str) -> Node:
        return self._get(Arrived(device, vrf, group))

    def _get(self, key: object) -> Node:
        number = self._numbers.get(key)
        return self.space.false if number is None else self._sets[self._root(number)]

    def entry(self, forwarder: Forwarder, door: Door) -> Node:
        """What a door takes in."""
        node = self._entered.get(door.endpoint)
        if node is None:
            context = Context(vrf=door.vrf, in_interface=door.interface.name, out_interface=None, state=None)
            gates = self.gates.through(forwarder, forwarder.entry(door), context)
            node = self._entered[door.endpoint] = gates & reverse_path(self.space, forwarder, door)
        return node

    def onward(self, forwarder: Forwarder, door: Door) -> Node:
        """What may leave the device by another door after it came in by this one, as a new connection; translations are not followed."""
        key = forwarder.name, door.vrf, door.group, door.segment
        found = self._onward.get(key)
        if found is None:
            ways = set()
            vrfs = led_to(forwarder, door.vrf)
            for other in forwarder.doors:
                if other.vrf in vrfs and other.segment != door.segment:
                    crossing = self.gates.crossing(forwarder, other.vrf, door.group, other)
                    ways.add(crossing.policy & (crossing.exit if crossing.plain else self.space.normal))
            found = self._onward[key] = reduce(or_, ways, self.space.false)
        return found

    def at_service(self, forwarder: Forwarder, service: Service) -> Node:
        """What reaches a service of the device: at its own addresses, past its policy towards itself and the service's own filters."""
        port = ((service.port, service.port),)
        udp = service.name in UDP_SERVICES
        opening = Match(protocols=UDP, dports=port) if udp else Match(protocols=TCP, dports=port, flags=OPENING)
        wanted = self.space.match(opening, unsure=False)
        # What is done with a packet inside may depend on its door, not only on the group: what one door takes in, another one admits.
        by_name = any(rule_names_in(forwarder.filters, stop.filter) for stop in forwarder.to_local())
        ways: dict[tuple[str, str, tuple[str, ...], str], list[Door]] = defaultdict(list)
        for door in forwarder.doors:
            for vrf in led_to(forwarder, door.vrf) if forwarder.config.forwarding else (door.vrf,):
                if service.vrf in (None, vrf):
                    ways[vrf, door.group, door.interface.services, door.interface.name if by_name else ""].append(door)
        found = self.space.false
        for (vrf, *_), doors in ways.items():
            reached = self._taken(forwarder, doors, self._own(forwarder, vrf) & wanted)
            if reached != self.space.false:
                context = Context(vrf=vrf, in_interface=doors[0].interface.name, out_interface="", state="new")
                gate = self._to_local(forwarder, doors[0], service, context) & self._admitted(forwarder, service, context)
                found = found | (reached & gate)
        return found

    def _taken(self, forwarder: Forwarder, doors: Iterable[Door], wanted: Node) -> Node:
        """What of a set any of the doors takes in."""
        ways = {(self.at(door.segment), self.entry(forwarder, door)) for door in doors}
        return self.space.union(there & wanted & gate for there, gate in ways)

    def _own(self, forwarder: Forwarder, vrf: str) -> Node:
        """Packets to the device's own addresses in a VRF."""
        key = forwarder.name, vrf
        if key not in self._owned:
            self._owned[key] = self.space.ranges("dst", tuple((ip, ip) for ip in sorted(forwarder.own_addresses(vrf))))
        return self._owned[key]

    def _admitted(self, forwarder: Forwarder, service: Service, context: Context) -> Node:
        """Whom a service's own filters admit, or those of any line or user that serves it. There, no match is a refusal."""
        node = self.space.false
        for applied in service_filters(forwarder.config, service):
            gates = self.space.normal
            for reference in applied:
                stop = forwarder.placed(reference)
                if stop.filter is not None:
                    closed = replace(stop.filter, default=Action.DENY)
                    gates = gates & permits(self.space, forwarder.filters, closed, context)
            node = node | gates
        return node

    def _to_local(self, forwarder: Forwarder, door: Door, service: Service, context: Context) -> Node:
        firewall = forwarder.config.firewall
        if firewall is None:
            return self.gates.through(forwarder, forwarder.to_local(), context)
        if service.name in door.interface.services or "all" in door.interface.services:
            return self.space.normal
        return self.gates.policy(forwarder, forwarder.policy(door.group, firewall.local), context)

    # The graph

    def _node(self, key: object) -> int:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self._parent)
            self._parent.append(number)
        return number

    def _root(self, number: int) -> int:
        while self._parent[number] != number:
            self._parent[number] = self._parent[self._parent[number]]
            number = self._parent[number]
        return number

    def _keep(self, source: int, target: int, gate: Node) -> None:
        if gate != self.space.false:
            self._edges[source].append(_Edge(target, lambda node: node & gate, gate))

    def _add(self, forwarder: Forwarder) -> None:
        groups: dict[str, dict[str, None]] = defaultdict(dict)
        for door in forwarder.doors:
            groups[door.vrf][door.group] = None
            gate = self.entry(forwarder, door)
            arrived = self._node(Arrived(forwarder.name, door.vrf, door.group))
            self._keep(self._node(Segmented(door.segment)), arrived, gate)
        if not forwarder.config.forwarding:
            return
        for _ in forwarder.leaks:  # each may lead on where another ends
            for leak in forwarder.leaks:
                groups[leak.target] |= groups[leak.source]
        for leak in forwarder.leaks:  # a packet stays one of the group that it came in by
            for source in groups[leak.source]:
                one, other = Arrived(forwarder.name, leak.source, source), Arrived(forwarder.name, leak.target, source)
                self._keep(self._node(one), self._node(other), self.space.normal)
        for door in forwarder.doors:
            for source in groups[door.vrf]:
                self._cross(self.gates.crossing(forwarder, door.vrf, source, door))

    def _cross(self, crossing: Crossing) -> None:
        source = self._node(Arrived(crossing.forwarder.name, crossing.vrf, crossing.source))
        target = self._node(Segmented(crossing.door.segment))
        if crossing.plain:
            self._keep(source, target, crossing.policy & crossing.exit)
        elif crossing.policy != self.space.false:
            self._edges[source].append(_Edge(target, crossing.out))
        between = crossing.forwarder.config.firewall is not None and crossing.source != crossing.door.group
        if between and crossing.policy != self.space.false:
            self.firewall_crossings.append(crossing)
        if crossing.stateful and crossing.policy != self.space.false and not (crossing.plain and self._both_ways(crossing)):
            self._return(crossing, source)

    def _both_ways(self, crossing: Crossing) -> bool:
        """Nothing stands between the two groups, so that returns need no session."""
        if crossing.forwarder.config.firewall is not None or crossing.policy != self.space.normal:
            return False
        for door in crossing.entries:
            back = self.gates.crossing(crossing.forwarder, door.vrf, crossing.door.group, door)
            if door.vrf != crossing.vrf or not back.plain or back.policy != self.space.normal:
                return False
        return True

    def _return(self, crossing: Crossing, opener: int) -> None:
        """Answers come in by the group of the crossing's door and leave by every door of the group that opened."""
        forwarder = crossing.forwarder
        answering = self._node(Arrived(forwarder.name, crossing.vrf, crossing.door.group))
        exits = []
        for door in forwarder.doors:
            if door in crossing.entries:
                context = Context(
                    vrf=door.vrf,
                    in_interface=crossing.door.interface.name if forwarder.config.firewall is None else None,
                    out_interface=door.interface.name,
                    state="established",
                )
                middle = self.gates.through(forwarder, [*forwarder.crossing(), *forwarder.before_source()], context)
                exits.append((door, middle & self.gates.through(forwarder, forwarder.exit(door), context)))

        def answer() -> None:
            arrived = self._sets[self._root(answering)]
            if arrived == self.space.false:
                return
            answers = crossing.answers(crossing.passed(self._sets[self._root(opener)]), arrived)
            for door, gate in exits:
                self._put(self._node(Segmented(door.segment)), answers & gate)

        for number in {opener, answering}:
            self._sessions[number].append(answer)

    def _contract(self) -> None:
        """Places between which everything passes both ways become one: the routers of a backbone are a single set."""
        free = {(source, edge.target) for source, edges in self._edges.items() for edge in edges if edge.gate == self.space.normal}
        for source, target in free:
            if (target, source) in free:
                one, other = sorted((self._root(source), self._root(target)))
                self._parent[other] = one
        edges: dict[int, list[_Edge]] = defaultdict(list)
        for source, listed in self._edges.items():
            root = self._root(source)
            edges[root] += [edge for edge in listed if self._root(edge.target) != root]
        self._edges = edges
        sessions: dict[int, list[Callable[[], None]]] = defaultdict(list)
        for number, answers in self._sessions.items():
            sessions[self._root(number)] += answers
        self._sessions = sessions

    # The work

    def _put(self, number: int, node: Node) -> None:
        root = self._root(number)
        new = node & ~self._sets[root]
        if new != self.space.false:
            self._sets[root] = self._sets[root] | new
            self._news[root] = self._news.get(root, self.space.false) | new
            if root not in self._waiting:
                self._waiting.add(root)
                self._queue.append(root)

    def _run(self, sources: dict[int, Node]) -> None:
        self._sets = [self.space.false] * len(self._parent)
        self._news: dict[int, Node] = {}
        self._waiting: set[int] = set()
        self._queue: deque[int] = deque()
        for segment, node in sources.items():
            self._put(self._known(segment), node)
        answers: dict[Callable[[], None], None] = {}
        while self._queue or answers:
            while self._queue:  # answers come last: each looks at all that has come so far
                root = self._queue.popleft()
                self._waiting.discard(root)
                new = self._news.pop(root)
                for edge in self._edges.get(root, ()):
                    self._put(edge.target, edge.carry(new))
                answers |= dict.fromkeys(self._sessions.get(root, ()))
            due, answers = answers, {}
            for answer in due:
                answer()

    def _known(self, segment: int) -> int:
        number = self._node(Segmented(segment))
        if number >= len(self._sets):  # a segment that no device routes for
            self._sets.append(self.space.false)
        return number
