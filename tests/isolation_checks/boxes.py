"""Sets of packets as disjoint boxes of intervals, in plain Python: the second engine, which shares nothing with the first but data classes.

The boxes of a set hang together as a tree: intervals of the first field, and below each the boxes of the other fields. Neighbours with
equal boxes below are one interval, and equal trees are one object. It is slow, and simple enough to be read as the definition of what
the other engine must answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise, product
from typing import TypeAlias

from isolation_checks.packets.fields import ICMP, ICMP_REPLIES, TCP, WITH_PORTS, Context, Packet
from isolation_checks.snapshot import ESTABLISHED, Action, AddressSet, Filter, Fragment, Match, Names, Range, Ranges, Rule, Ternary

FIELDS = ("fragment", "protocol", "label", "src", "dst", "sport", "dport", "flags")
WIDEST: Mapping[str, int] = {
    "fragment": 2,
    "protocol": 255,
    "src": 2**32 - 1,
    "dst": 2**32 - 1,
    "sport": 65535,
    "dport": 65535,
    "flags": 63,
}
Box: TypeAlias = tuple[Range, ...]
"""One inclusive interval for each of FIELDS."""


class Boxes:
    """A set: disjoint intervals in order, and the boxes of the remaining fields below each. Made by `Engine` only, one object a set."""

    __slots__ = ("rows",)

    def __init__(self, rows: tuple[tuple[int, int, Boxes], ...]) -> None:
        self.rows = rows


class Engine:
    """All sets of one number of labels."""

    def __init__(self, labels: int) -> None:
        self.widest = {**WIDEST, "label": labels - 1}
        self._made: dict[tuple[tuple[int, int, Boxes], ...], Boxes] = {}
        self._known: dict[tuple[str, Boxes, Boxes], Boxes] = {}
        self.nothing = Boxes(())
        self.packet = Boxes(())  # below the last field
        self.everything = self.box()
        self.normal = self._normal()

    def box(self, **intervals: Range) -> Boxes:
        """A box that is full in the fields that are not given."""
        return self.boxes([tuple(intervals.get(field, (0, self.widest[field])) for field in FIELDS)])

    def boxes(self, found: Iterable[Box]) -> Boxes:
        """The boxes, which may overlap, as a set."""
        parts = []
        for spans in found:
            below = self.packet
            for low, high in reversed(spans):
                below = self._make([(low, high, below)])
            parts.append(below)
        return self.union(*parts)

    def paths(self, one: Boxes) -> Iterator[Box]:
        """The boxes of a set one by one."""
        if one is self.packet:
            yield ()
        for low, high, below in one.rows:
            for rest in self.paths(below):
                yield ((low, high), *rest)

    # Algebra

    def union(self, *sets: Boxes) -> Boxes:
        parts = list(sets) or [self.nothing]
        while len(parts) > 1:
            parts = [self._merge("or", *parts[at : at + 2]) if at + 1 < len(parts) else parts[at] for at in range(0, len(parts), 2)]
        return parts[0]

    def intersection(self, one: Boxes, other: Boxes) -> Boxes:
        return self._merge("and", one, other)

    def difference(self, one: Boxes, other: Boxes) -> Boxes:
        return self._merge("minus", one, other)

    def count_labelled(self, one: Boxes) -> int:
        known: dict[Boxes, int] = {self.packet: 1}

        def count(boxes: Boxes) -> int:
            if boxes not in known:
                known[boxes] = sum((high - low + 1) * count(below) for low, high, below in boxes.rows)
            return known[boxes]

        return count(one)

    def count(self, one: Boxes) -> int:
        return self.count_labelled(self.set_field(one, "label", ((0, 0),)))

    def contains(self, one: Boxes, label: int, packet: Packet) -> bool:
        values = {**packet._asdict(), "label": label}
        for field in FIELDS:
            one = next((below for low, high, below in one.rows if low <= values[field] <= high), self.nothing)
        return one is self.packet

    def set_field(self, one: Boxes, field: str, spans: Ranges) -> Boxes:
        """The set with any value of ``spans`` in a field instead of its own."""
        forgotten = self._forget(one, FIELDS.index(field), self.widest[field])
        wanted = self.union(*(self.box(**{field: span}) for span in spans))
        return self.intersection(forgotten, wanted)

    def without_label(self, one: Boxes) -> Boxes:
        return self._forget(one, FIELDS.index("label"), self.widest["label"])

    def _forget(self, one: Boxes, depth: int, width: int) -> Boxes:
        """The set with any value in the field that many levels down."""
        if one is self.nothing:
            return one
        if depth:
            return self._make([(low, high, self._forget(below, depth - 1, width)) for low, high, below in one.rows])
        return self._make([(0, width, self.union(*(below for _, _, below in one.rows)))])

    def _make(self, rows: Iterable[tuple[int, int, Boxes]]) -> Boxes:
        joined: list[tuple[int, int, Boxes]] = []
        for low, high, below in rows:
            if below is self.nothing:
                continue
            if joined and joined[-1][1] == low - 1 and joined[-1][2] is below:
                joined[-1] = (joined[-1][0], high, below)
            else:
                joined.append((low, high, below))
        key = tuple(joined)
        if not key:
            return self.nothing
        return self._made.setdefault(key, Boxes(key))

    def _merge(self, how: str, one: Boxes, other: Boxes) -> Boxes:
        """Both sets cut at the bounds of both, piece by piece."""
        if one is self.nothing:
            return other if how == "or" else one
        if other is self.nothing:
            return one if how in ("or", "minus") else other
        if one is other:
            return self.nothing if how == "minus" else one
        key = (how, one, other)
        if key not in self._known:
            bounds = sorted({bound for boxes in (one, other) for low, high, _ in boxes.rows for bound in (low, high + 1)})
            left, right = self._aligned(one, bounds), self._aligned(other, bounds)
            self._known[key] = self._make(
                (low, high - 1, self._merge(how, a, b)) for (low, high), a, b in zip(pairwise(bounds), left, right, strict=True)
            )
        return self._known[key]

    def _aligned(self, one: Boxes, bounds: list[int]) -> Iterator[Boxes]:
        """What is below each piece between two bounds."""
        rows = iter(one.rows)
        row = next(rows, None)
        for low, _ in pairwise(bounds):
            while row is not None and row[1] < low:
                row = next(rows, None)
            yield row[2] if row is not None and row[0] <= low else self.nothing

    def _normal(self) -> Boxes:
        """All packets in normal form."""
        none = (0, 0)
        first = (int(Fragment.WHOLE), int(Fragment.FIRST))
        others = ((0, 0), (2, 5), (7, 16), (18, 131), (133, 255))
        return self.union(
            self.box(fragment=(2, 2), sport=none, dport=none, flags=none),
            self.box(fragment=first, protocol=(TCP, TCP)),
            self.box(fragment=first, protocol=(ICMP, ICMP), sport=none, flags=none),
            *(self.box(fragment=first, protocol=(number, number), flags=none) for number in WITH_PORTS if number != TCP),
            *(self.box(fragment=first, protocol=span, sport=none, dport=none, flags=none) for span in others),
        )

    # Conditions

    def only(self, one: Boxes, field: str, wanted: Ranges | None) -> Boxes:
        """The part of a set with a field in the ranges."""
        if wanted is None:
            return one
        return self.intersection(one, self.union(*(self.box(**{field: span}) for span in wanted)))

    def addresses(self, which: str, wanted: AddressSet) -> Boxes:
        return self.union(*(self.box(**{which: span}) for ternary in wanted for span in intervals(ternary)))

    def matched(self, match: Match) -> tuple[Boxes, Boxes]:
        """The packets that may match by addresses and headers, and those that surely do."""
        may = self.only(self.normal, "protocol", match.protocols)
        for which, wanted in (("src", match.src), ("dst", match.dst)):
            may = may if wanted is None else self.intersection(may, self.addresses(which, wanted))
        if match.fragments is not None:
            may = self.only(may, "fragment", tuple((one, one) for one in match.fragments))
        on_ports = match.sports is not None or match.dports is not None
        if on_ports:
            may = self.difference(may, self.box(protocol=(ICMP, ICMP)))
        if match.icmp is not None:
            may = self.only(may, "protocol", ((ICMP, ICMP),))
        if match.flags is not None:
            may = self.only(may, "protocol", ((TCP, TCP),))
        if not on_ports and match.icmp is None and match.flags is None:
            return may, may
        later = self.only(may, "fragment", ((2, 2),))
        seen = self.only(may, "fragment", ((0, 1),))
        ported = self.only(seen, "protocol", tuple((number, number) for number in WITH_PORTS))
        hidden = self.difference(seen, ported) if on_ports else self.nothing
        seen = self.difference(seen, hidden)
        for field, wanted_ranges in (
            ("sport", match.sports),
            ("dport", match.dports),
            ("dport", match.icmp),
            ("flags", self._flags(match)),
        ):
            seen = self.only(seen, field, wanted_ranges)
        named_later = match.fragments is not None and Fragment.LATER in match.fragments
        return self.union(seen, hidden, later), self.union(seen, later) if named_later else seen

    def _flags(self, match: Match) -> Ranges | None:
        if match.flags is None:
            return None
        return tuple((bits, bits) for bits in range(64) if any(bits & mask == value for mask, value in match.flags))

    # Transformations

    def swap(self, one: Boxes) -> Boxes:
        """What may come back; see `PacketSpace.swap`."""
        later = self.only(one, "fragment", ((2, 2),))
        first = self.boxes(self._first_answers(self.difference(one, later)))
        rest = first
        for field in ("sport", "dport", "flags"):
            rest = self.set_field(rest, field, ((0, 0),))
        return self.union(
            self.set_field(first, "fragment", ((0, 1),)),
            self.set_field(rest, "fragment", ((2, 2),)),
            self.boxes(exchanged(self.paths(later), "src", "dst")),
        )

    def _first_answers(self, seen: Boxes) -> Iterator[Box]:
        for number in WITH_PORTS:
            there = self.only(seen, "protocol", ((number, number),))
            back = self.boxes(exchanged(exchanged(self.paths(there), "src", "dst"), "sport", "dport"))
            if number == TCP:
                back = self.set_field(back, "flags", self._flags(Match(flags=ESTABLISHED)) or ())
            yield from self.paths(back)
        for pair in ICMP_REPLIES:
            for asked, answered in (pair, pair[::-1]):
                kind = self.box(protocol=(ICMP, ICMP), dport=(asked << 8, asked << 8 | 255))
                place = FIELDS.index("dport")
                for spans in exchanged(self.paths(self.intersection(seen, kind)), "src", "dst"):
                    low, high = ((port & 255) | answered << 8 for port in spans[place])
                    yield (*spans[:place], (low, high), *spans[place + 1 :])
        known = tuple((number, number) for number in (ICMP, *WITH_PORTS))
        yield from exchanged(self.paths(self.difference(seen, self.only(seen, "protocol", known))), "src", "dst")

    def rewrite(self, one: Boxes, **to: Ranges | None) -> Boxes:
        """The packets after a translation; see `PacketSpace.rewrite`."""
        for field, wanted in to.items():
            if wanted is None:
                continue
            kept = self.nothing
            if field in ("sport", "dport"):
                ported = self.only(self.only(one, "protocol", tuple((number, number) for number in WITH_PORTS)), "fragment", ((0, 1),))
                kept, one = self.difference(one, ported), ported
            one = self.union(kept, self.set_field(one, field, wanted))
        return one


def exchanged(found: Iterable[Box], a: str, b: str) -> Iterator[Box]:
    order = [FIELDS.index({a: b, b: a}.get(field, field)) for field in FIELDS]
    for spans in found:
        yield tuple(spans[place] for place in order)


def intervals(ternary: Ternary) -> Iterator[Range]:
    """The intervals of a ternary: one for every value of the bits that are free above the lowest bit that counts."""
    value, mask = ternary
    tail = 0
    while tail < 32 and not mask >> tail & 1:
        tail += 1
    free = [bit for bit in range(tail, 32) if not mask >> bit & 1]
    for chosen in product((0, 1), repeat=len(free)):
        low = value | sum(1 << bit for bit, on in zip(free, chosen, strict=True) if on)
        yield low, low + (1 << tail) - 1


class Evaluator:
    """Follows all packets through the filters of a device from the first rule to the last."""

    def __init__(self, engine: Engine, lookup: Mapping[str, Filter], context: Context) -> None:
        self.engine = engine
        self.lookup = lookup
        self.context = context

    def permits(self, filter_: Filter, *, strict: bool) -> Boxes:
        """What may be permitted, or where ``strict``, all that may not be denied."""
        everything = self.engine.normal
        if strict:
            return self.engine.difference(everything, self.may(filter_, everything, Action.DENY))
        return self.may(filter_, everything, Action.PERMIT)

    def may(self, filter_: Filter, arriving: Boxes, wanted: Action) -> Boxes:
        """The packets on which a filter may decide as wanted."""
        found, back = self.through(filter_, arriving, wanted, (filter_.name,))
        if filter_.default in (wanted, Action.RETURN):
            found = self.engine.union(found, back)
        return found

    def through(self, filter_: Filter, arriving: Boxes, wanted: Action, inside: tuple[str, ...]) -> tuple[Boxes, Boxes]:
        """The packets on which the filter may decide as wanted, and those that may return from it undecided."""
        found = self.engine.nothing
        back = self.engine.nothing
        for rule in filter_.rules:
            if rule.action == Action.CONTINUE:
                continue
            may, sure = self.applies(rule)
            taken = self.engine.intersection(arriving, may)
            arriving = self.engine.difference(arriving, sure)
            if rule.action == wanted:
                found = self.engine.union(found, taken)
            elif rule.action == Action.RETURN:
                back = self.engine.union(back, taken)
            elif rule.action in (Action.JUMP, Action.GOTO):
                target = self.lookup.get(rule.target)
                if target is None or rule.target in inside:
                    found = self.engine.union(found, taken)
                    continue
                decided, returned = self.through(target, taken, wanted, (*inside, rule.target))
                found = self.engine.union(found, decided)
                if rule.action == Action.JUMP:
                    arriving = self.engine.union(arriving, returned)
                else:
                    back = self.engine.union(back, returned)
        if filter_.default == wanted:
            found = self.engine.union(found, arriving)
        elif filter_.default not in (Action.PERMIT, Action.DENY):
            back = self.engine.union(back, arriving)
        return found, back

    def applies(self, rule: Rule) -> tuple[Boxes, Boxes]:
        may = self.engine.nothing
        sure = self.engine.nothing
        for match in rule.matches:
            outcomes = list(self.surroundings(match))
            if False in outcomes:
                continue
            may_match, sure_match = self.engine.matched(match)
            may = self.engine.union(may, may_match)
            if None not in outcomes and not rule.conditional:
                sure = self.engine.union(sure, sure_match)
        return may, sure

    def surroundings(self, match: Match) -> Iterator[bool | None]:
        """Whether each condition on what is around a packet holds; None where that is not known."""
        context = self.context
        if match.vrf is not None:
            yield None if context.vrf is None else context.vrf == match.vrf
        if match.states is not None:
            yield None if context.state is None and match.states else context.state in match.states
        for names, interface in ((match.in_interfaces, context.in_interface), (match.out_interfaces, context.out_interface)):
            if names is not None:
                yield None if interface is None else named(names, interface)


def named(names: Names, interface: str) -> bool:
    if names.negated:
        return not named(Names(names.names), interface)
    return interface in names.names or any(interface.startswith(name.removesuffix("*")) for name in names.names if name.endswith("*"))
