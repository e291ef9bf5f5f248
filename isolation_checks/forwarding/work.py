"""Whether each demand is met in a state of routing: there and back. In another state only what that state changed is worked out again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from isolation_checks.forwarding.carry import Carrier
from isolation_checks.forwarding.course import Course, End, Key, Load, Loss, Session, loads
from isolation_checks.forwarding.demands import Demand, Demands
from isolation_checks.forwarding.gates import Gates
from isolation_checks.forwarding.model import Fate
from isolation_checks.forwarding.pieces import Pieces, Prefix, ternaries
from isolation_checks.forwarding.plane import City, Plane
from isolation_checks.packets.space import Node
from isolation_checks.reach.layer2 import Endpoint
from isolation_checks.routing.model import Hop, Routing, Table
from topology.facts import PartyKind


class Met(NamedTuple):
    """How a demand fares: ``losses`` of its packets, ``answers`` lost of what comes back, and the devices that both pass."""

    demand: Demand
    losses: tuple[Loss, ...]
    answers: tuple[Loss, ...]
    rests_on: frozenset[Key]
    ends: tuple[End, ...] = ()
    looked_up: tuple[tuple[tuple[str, str, int], tuple[Hop, ...] | None], ...] = ()

    @property
    def lost(self) -> bool:
        return any(not loss.doubtful for loss in (*self.losses, *self.answers))

    @property
    def passes(self) -> bool:
        return not self.losses and not self.answers

    @property
    def devices(self) -> frozenset[str]:
        return frozenset(str(key[1]) for key in self.rests_on if key[0] == "route")


class Recipe(NamedTuple):
    """A result and the state that it was worked out in. It is that of any state in which all that was looked at is equal."""

    met: Met
    plane: Plane

    def holds(self, plane: Plane) -> bool:
        for (device, vrf, address), hops in self.met.looked_up:
            table = plane.table(device, vrf)
            route = table.lookup(address) if table is not None else None
            if (None if route is None else route.hops) != hops:
                return False
        return all(self._same(plane, key) for key in self.met.rests_on if key[0] not in ("route", "segment"))

    def _same(self, plane: Plane, key: Key) -> bool:
        """Segments are compared from where they are looked at, because the numbers of pieces mean nothing in another state."""
        old = self.plane
        match key:
            case ("places", str(name)):
                sender = old.city.sender_of[name]
                return old.places(sender) == plane.places(sender)
            case ("around", Endpoint() as endpoint):
                return old.around(endpoint) == plane.around(endpoint)
            case ("owner", int(number), int(address)):
                return old.routing.owners.get((number, address)) == plane.routing.owners.get((number, address))
            case ("device", str(name)):
                return old.up(name) == plane.up(name)
        return False


@dataclass(frozen=True)
class Work:
    """All demands in one state of routing."""

    city: City
    gates: Gates
    demands: Demands
    plane: Plane
    pieces: Pieces
    met: tuple[Met, ...]
    recipes: dict[int, list[Recipe]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def resting(self) -> dict[Key, tuple[int, ...]]:
        """By what results rest on, the numbers of the demands."""
        found: dict[Key, list[int]] = defaultdict(list)
        for number, item in enumerate(self.met):
            for key in item.rests_on:
                found[key].append(number)
        return {key: tuple(numbers) for key, numbers in found.items()}

    @cached_property
    def _prefixes_of(self) -> dict[tuple[str, str], tuple[Prefix | None, ...]]:
        """By table, the prefixes that any result rests on."""
        found: dict[tuple[str, str], list[Prefix | None]] = defaultdict(list)
        for key in self.resting:
            if key[0] == "route":
                found[str(key[1]), str(key[2])].append(key[3])  # type: ignore[arg-type]
        return {name: tuple(prefixes) for name, prefixes in found.items()}

    def touched(self, routing: Routing) -> set[int]:
        """The demands whose result rests on anything that is different in another state."""
        found: set[int] = set()
        for key in self._changes(routing):
            found.update(self.resting.get(key, ()))
        return found

    def _changes(self, routing: Routing) -> Iterator[Key]:
        base = self.plane.routing
        for name in base.tables.keys() | routing.tables.keys():
            one, other = base.tables.get(name), routing.tables.get(name)
            if one is not other:
                yield from self._changed_routes(name, one, other)
        segments = self.plane.layer2.segments
        for segment, new in zip(segments, routing.layer2.segments or segments, strict=False):
            if segment is not new:
                yield ("segment", segment.number)
        if base.owners is not routing.owners:
            for key in base.owners.keys() | routing.owners.keys():
                if base.owners.get(key) != routing.owners.get(key):
                    yield ("owner", *key)
        for device in base.outage.devices ^ routing.outage.devices:
            yield ("device", device)

    def _changed_routes(self, name: tuple[str, str], one: Table | None, other: Table | None) -> Iterator[Key]:
        """The prefixes of a table that send packets elsewhere now; of prefixes that are new, those that they take packets from."""
        before, after = _ways(one), _ways(other)
        changed = {prefix for prefix in before if before[prefix] != after.get(prefix)}
        for prefix in changed:
            yield ("route", *name, prefix)
        new = after.keys() - before.keys()
        if new:
            for known in self._prefixes_of.get(name, ()):
                if known is None or any(length > known[1] and _within(network, known) for network, length in new):
                    yield ("route", *name, known)

    def _known(self, number: int, plane: Plane) -> Met | None:
        """A result of another state that looked at nothing that is different in this one."""
        for recipe in self.recipes.get(number, ()):
            if recipe.holds(plane):
                return recipe.met
        return None

    def under(self, routing: Routing) -> Work:
        """The same demands in another state."""
        touched = self.touched(routing)
        if not touched:
            return Work(self.city, self.gates, self.demands, Plane(self.city, routing), self.pieces, self.met)
        prefixes = {
            (route.network, route.length)
            for name, table in routing.tables.items()
            if table is not self.plane.routing.tables.get(name)
            for route in table.routes
        }
        pieces = self.pieces if prefixes <= self.pieces.known else Pieces(self.pieces.known | prefixes)
        plane = Plane(self.city, routing)
        worker = Worker(self.demands, Carrier(plane, self.gates, pieces))
        met = list(self.met)
        for number in sorted(touched):
            known = self._known(number, plane) if pieces is self.pieces else None
            if known is None:
                known = worker.met(self.demands.all[number])
                if pieces is self.pieces:
                    self.recipes.setdefault(number, []).insert(0, Recipe(known, plane))
            met[number] = known
        return Work(self.city, self.gates, self.demands, plane, pieces, tuple(met))


def _ways(table: Table | None) -> Mapping[Prefix, tuple[Hop, ...]]:
    return {} if table is None else {(route.network, route.length): route.hops for route in table.routes}


def _within(network: int, prefix: Prefix) -> bool:
    return prefix[1] == 0 or (network ^ prefix[0]) >> (32 - prefix[1]) == 0


@dataclass(frozen=True)
class Worker:
    """Works demands out, one by one, in one state."""

    demands: Demands
    carrier: Carrier

    def met(self, demand: Demand) -> Met:
        return self.of(demand, self.demands.packets(demand), self.demands.answers(demand))

    def of(self, demand: Demand, packets: Node, answers: Node | None = None) -> Met:
        """How these packets of a demand fare; ``answers``: those that they have as long as nothing translates them."""
        carrier, source = self.carrier, demand.source
        there, back = Course(), Course()
        space = carrier.space
        for load in loads(carrier.pieces, space, packets, demand.target.ranges, source.ranges, demand.target.without):
            if answers is not None:
                space.memo.setdefault(("answers", load.packets), self._of_these(answers, demand, load))
            self._start(there, demand, load)
        if not there.ends and not there.losses:  # nothing was sent at all, which proves nothing
            there.losses.append(Loss(source.name, Fate.NO_START, packets, doubtful=True))
        wrong = [end for end in there.ends if not self._right(demand, end)]
        there.losses += [Loss(end.name, Fate.ELSEWHERE, end.load.packets, doubtful=False) for end in wrong]
        seen = set()
        for end in there.ends:
            key = (end.name, end.part and end.part.number, end.load.packets, end.load.sessions)
            if end not in wrong and key not in seen:
                seen.add(key)
                self._answer(back, demand, end)
        rests_on = frozenset(there.rests_on | back.rests_on)
        looked_up = tuple((there.looked_up | back.looked_up).items())
        return Met(demand, _once(there.losses), _once(back.losses), rests_on, tuple(there.ends), looked_up)

    def _of_these(self, answers: Node, demand: Demand, load: Load) -> Node:
        if load.targets == demand.target.ranges:
            return answers
        return answers & self.carrier.space.addresses("src", ternaries(load.targets))

    def _start(self, course: Course, demand: Demand, load: Load, answering: tuple[Session, ...] = ()) -> None:
        source = demand.source
        if source.device:
            self.carrier.from_device(course, source.device, source.vrf, load, answering)
        else:
            self.carrier.from_sender(course, self.carrier.plane.city.sender_of[source.name], load, answering)

    def _right(self, demand: Demand, end: End) -> bool:
        """Whether packets end where they should."""
        if demand.target.device:
            return end.fate is Fate.LOCAL and end.name == demand.target.device
        return end.sender is not None and end.sender.party.id == demand.target.party

    def _answer(self, course: Course, demand: Demand, end: End) -> None:
        """The answers to what has arrived; they have to come back to the source."""
        carrier = self.carrier
        answers = carrier.answers(end.load.packets)
        found = Course(rests_on=course.rests_on, looked_up=course.looked_up)
        for load in loads(carrier.pieces, carrier.space, answers, end.load.sources, end.load.targets):
            if end.sender is not None and end.part is not None:
                carrier.from_part(found, end.sender, end.part, load, end.load.sessions)
            else:
                carrier.from_device(found, end.name, end.vrf, load, end.load.sessions)
        course.losses += found.losses
        for other in found.ends:
            if not self._back(demand, other):
                course.losses.append(Loss(other.name, Fate.ELSEWHERE, other.load.packets, doubtful=False))

    def _back(self, demand: Demand, end: End) -> bool:
        source = demand.source
        if source.device:
            return end.fate is Fate.LOCAL and end.name == source.device
        return end.name == source.name


def _once(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    return tuple(dict.fromkeys(losses))


def pieces_of(city: City, routing: Routing) -> Pieces:
    """The address space, cut wherever a table, a device or a party tells addresses apart."""
    prefixes: set[Prefix] = {(0, 0)}
    for table in routing.tables.values():
        prefixes.update((route.network, route.length) for route in table.routes)
    for door in city.doors.values():
        prefixes.update((ip, 32) for ip in door.addresses)
    for own in city.own.values():
        prefixes.update((ip, 32) for ip in own)
    for party in city.facts.parties:
        if party.kind is not PartyKind.INTERNET:
            prefixes.update((int(network.network_address), network.prefixlen) for network in party.prefixes)
    prefixes.update((int(net.network_address), net.prefixlen) for peer in city.facts.peers for net in peer.announces)
    return Pieces(prefixes)


def work(city: City, routing: Routing, gates: Gates) -> Work:
    """All demands of a city in one state of routing."""
    demands = Demands(city, gates)
    plane, pieces = Plane(city, routing), pieces_of(city, routing)
    worker = Worker(demands, Carrier(plane, gates, pieces))
    return Work(city, gates, demands, plane, pieces, tuple(worker.met(demand) for demand in demands.all))
