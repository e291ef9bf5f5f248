"""Sets of packets as binary decision diagrams, on CUDD.

A set holds pairs of a label (the party that a packet came from) and a packet. Inside, `loose` sets say nothing about fields that a packet
lacks (ports of a later fragment): they are smaller, and complement needs no care. Every other set keeps to the normal form of `Packet`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any, Literal, Protocol, TypeAlias

from isolation_checks.packets import show
from isolation_checks.packets.fields import ICMP, ICMP_REPLIES, TCP, WITH_PORTS, Packet
from isolation_checks.snapshot import ESTABLISHED, AddressSet, Fragment, Match, Ranges, Ternary

_drawing = sys.modules.get("networkx")
try:
    if _drawing is None:  # dd does without, and loading it takes longer than all of dd
        sys.modules["networkx"] = None  # type: ignore[assignment]
    from dd.cudd import BDD  # type: ignore[import-not-found]  # compiled, without stubs
except ImportError as error:
    raise ImportError(
        "isolation proofs need dd with CUDD: install a wheel of dd that holds dd.cudd (pip install --only-binary dd dd), "
        "or build it with DD_FETCH=1 DD_CUDD=1 pip install --no-binary dd dd"
    ) from error
finally:
    if _drawing is None:
        del sys.modules["networkx"]

Field: TypeAlias = Literal["src", "dst", "protocol", "sport", "dport", "flags", "fragment"]
Which: TypeAlias = Literal["src", "dst"]
Order: TypeAlias = Sequence[str | tuple[str, ...]]
"""Fields from the top of the diagram down; those in a tuple take turns, bit by bit."""
Header: TypeAlias = tuple[Any, ...]
"""The conditions of a match on protocol, ports, ICMP, flags and fragments."""
Services: TypeAlias = dict[AddressSet | None, dict[Header, None]]
"""Headers by the addresses that they stand beside."""

WIDTHS: Mapping[str, int] = {"src": 32, "dst": 32, "protocol": 8, "sport": 16, "dport": 16, "flags": 6, "fragment": 2}
DEFAULT_ORDER: Order = ("dst", "label", "src", "fragment", "protocol", "dport", "sport", "flags")
"""Destinations first: what arrives at one of many receivers is then a small part of a large diagram. Sources after the parties, whose
prefixes they mostly are. Measured on cities of 250 and 1,000 devices: ten times as fast there as parties first.
"""
MEMORY = 3 * 2**30


class Node(Protocol):
    """What callers may do with a set. Equal sets are equal nodes. ``~`` leaves the normal form: write ``b & ~a``."""

    def __and__(self, other: Node, /) -> Node: ...
    def __or__(self, other: Node, /) -> Node: ...
    def __invert__(self) -> Node: ...
    def __le__(self, other: Node, /) -> bool: ...
    def __hash__(self) -> int: ...
    @property
    def dag_size(self) -> int: ...


class PacketSpace:
    """One manager of diagrams. ``labels`` is how many parties there are; ``memo`` is for what others compute from sets of this space."""

    def __init__(self, labels: int = 1, order: Order = DEFAULT_ORDER, memory: int = MEMORY) -> None:
        self.label_count = max(labels, 1)
        self.widths = {**WIDTHS, "label": (self.label_count - 1).bit_length()}
        self._bdd: Any = _manager(memory)
        names = list(_variables(order, self.widths))
        self._bdd.declare(*names)
        self._bdd.configure(reordering=False)
        self._level = {name: level for level, name in enumerate(names)}
        self._bits: dict[str, list[Any]] = {
            field: [self._bdd.var(f"{field}.{bit}") for bit in range(width)] for field, width in self.widths.items()
        }
        self.true: Node = self._bdd.true
        self.false: Node = self._bdd.false
        self._numbers: dict[tuple[str, int, int], Node] = {}
        self._ranges: dict[tuple[str, Ranges], Node] = {}
        self._addresses: dict[tuple[str, AddressSet | None], Node] = {}
        self._headers: dict[tuple[object, ...], Node] = {}
        self._groups: dict[tuple[object, ...], Node] = {}
        self._matches: dict[tuple[object, ...], Node] = {}
        self._swapped: dict[Node, Node] = {}
        self._unlabelled: dict[Node, Node] = {}
        self._names: dict[tuple[str, ...], set[str]] = {}
        self._turned: dict[tuple[str, str], dict[str, Any]] = {}
        self.memo: dict[object, Any] = {}
        self._with_ports = self._loose_ranges("protocol", tuple((number, number) for number in WITH_PORTS))
        self._icmp = self._number("protocol", ICMP)
        self._tcp = self._number("protocol", TCP)
        self.later: Node = self._bits["fragment"][0]  # loosely: 3 is no fragment, and cut off by the normal form
        self.normal: Node = self._normal()

    # Sets from conditions

    def ternary(self, which: Which, ternary: Ternary) -> Node:
        """The packets whose address equals ``ternary`` in the bits that count."""
        return self._number(which, ternary.value, ternary.mask) & self.normal

    def prefix(self, which: Which, network: int, length: int) -> Node:
        return self._number(which, network, _mask(length)) & self.normal

    def addresses(self, which: Which, addresses: AddressSet | None) -> Node:
        return self._loose_addresses(which, addresses) & self.normal

    def ranges(self, field: Field, ranges: Ranges | None) -> Node:
        """The packets with ``field`` in the ranges. ICMP type and code are ``dport``."""
        return (self.true if ranges is None else self._loose_ranges(field, ranges)) & self.normal

    def match(self, match: Match, *, unsure: bool) -> Node:
        """The packets for which the match's addresses and headers hold, whatever its VRF, interfaces and states say.

        ``unsure``: whether to take those that may match, because they do not show the fields that the match asks for: later fragments, and
        ports of protocols that the model has no ports for.
        """
        return self.loose_match(match, unsure=unsure) & self.normal

    def loose_match(self, match: Match, *, unsure: bool) -> Node:
        """The same before it is put into normal form."""
        key = (unsure, *match[:8])
        node = self._matches.get(key)
        if node is None:
            ends = self._loose_addresses("src", match.src) & self._loose_addresses("dst", match.dst)
            node = self._matches[key] = ends & self._header(unsure, *match[2:8])
        return node

    def loose_union(self, matches: Iterable[Match], *, unsure: bool) -> Node:
        """The packets for which any of the matches holds, loosely.

        Filters name few sources and many destinations, or the other way round, and the same services again and again. So matches are
        sorted by the end that has fewer, and what stands at the other end is computed once for all filters.
        """
        ends: list[tuple[AddressSet | None, AddressSet | None, Header]] = [(match.src, match.dst, match[2:8]) for match in matches]
        which: tuple[Which, Which] = ("src", "dst")
        if len({src for src, _, _ in ends}) > len({dst for _, dst, _ in ends}):
            which = ("dst", "src")
            ends = [(dst, src, header) for src, dst, header in ends]
        groups: dict[AddressSet | None, Services] = {}
        for outer, inner, header in ends:
            groups.setdefault(outer, {}).setdefault(inner, {})[header] = None
        near, far = which
        return self.union([self._loose_addresses(near, one) & self._services(far, group, unsure) for one, group in groups.items()])

    def _services(self, which: Which, group: Services, unsure: bool) -> Node:
        """The packets that have one of the addresses at one end, with a header of those that stand beside it."""
        key = (unsure, which, frozenset((address, tuple(headers)) for address, headers in group.items()))
        node = self._groups.get(key)
        if node is None:
            nodes = [self._loose_addresses(which, one) & self._header_union(unsure, tuple(headers)) for one, headers in group.items()]
            node = self._groups[key] = self.union(nodes)
        return node

    def _header_union(self, unsure: bool, headers: tuple[Header, ...]) -> Node:
        key = (unsure, headers)
        node = self._groups.get(key)
        if node is None:
            node = self._groups[key] = self.union([self._header(unsure, *header) for header in headers])
        return node

    def union(self, sets: Iterable[Node]) -> Node:
        """Two by two, so that most unions are of small sets."""
        nodes = list(sets)
        while len(nodes) > 1:
            odd = nodes[-1:] if len(nodes) % 2 else []
            nodes = [a | b for a, b in zip(nodes[::2], nodes[1::2], strict=False)] + odd
        return nodes[0] if nodes else self.false

    def label(self, label: int) -> Node:
        return self.labels((label,))

    def labels(self, labels: Iterable[int]) -> Node:
        """The packets of these parties."""
        return self._loose_ranges("label", tuple((label, label) for label in sorted(set(labels)))) & self.normal

    def packet(self, packet: Packet) -> Node:
        """This packet, of every label."""
        fields = packet._asdict().items()
        return reduce(lambda node, item: node & self._number(item[0], int(item[1])), fields, self.normal)

    # Questions

    def count(self, node: Node) -> int:
        """How many packets there are, whoever sent them."""
        return self._models(self._forget(node, "label") & self.normal & self._number("label", 0))

    def count_labelled(self, node: Node) -> int:
        """How many pairs of label and packet there are."""
        return self._models(node & self.normal)

    def contains(self, node: Node, label: int, packet: Packet) -> bool:
        """Whether a packet of a party is in the set: one way down the diagram."""
        values = {**packet._asdict(), "label": label}
        place: Any = node
        inside = True
        while place.var is not None:
            inside = inside is not place.negated
            field, _, bit = place.var.partition(".")
            place = place.high if values[field] >> self.widths[field] - 1 - int(bit) & 1 else place.low
        return packet.normal and 0 <= label < self.label_count and inside is not place.negated

    def empty(self, node: Node) -> bool:
        return node == self.false

    def pick(self, node: Node) -> tuple[int, Packet]:
        """One packet of the set, the same for equal sets, as an engineer would choose it for an example. The set must not be empty."""
        return show.pick(self, node)

    def describe(self, node: Node, limit: int) -> list[show.Row]:
        """A set in a few boxes, which may overlap; if there are ``limit``, something may be left out."""
        return show.describe(self, node, limit)

    def least(self, node: Node, field: str) -> int:
        """The smallest value that ``field`` takes in a set that is not empty."""
        value = 0
        for bit in self._bits[field]:
            rest = node & ~bit
            value = value * 2 + (rest == self.false)
            node = node & bit if rest == self.false else rest
        return value

    def labels_in(self, node: Node) -> list[int]:
        """The parties that have packets in a set, in order."""
        rest = self._forget(node, *WIDTHS)
        found = []
        while rest != self.false:
            found.append(self.least(rest, "label"))
            rest = rest & ~self._number("label", found[-1])
        return found

    def equal_to(self, field: str, value: int, mask: int = -1) -> Node:
        """Loosely, the packets whose field equals ``value`` in the bits of ``mask``; field may be "label"."""
        return self._number(field, value, mask)

    def between(self, field: str, low: int, high: int) -> Node:
        """Loosely, the packets whose field lies between both."""
        return self._loose_ranges(field, ((low, high),))

    # Transformations

    def without_label(self, node: Node) -> Node:
        """The same packets under every label."""
        found = self._unlabelled.get(node)
        if found is None:
            found = self._unlabelled[node] = self._forget(node, "label") & self.normal
        return found

    def followers(self, node: Node) -> Node:
        """All packets of the sessions that these open: of the same addresses, protocol and ports, with any flags, whole or in fragments."""
        key = ("followers", node)
        found: Node | None = self.memo.get(key)
        if found is None:
            same = self._forget(node & ~self.later, "flags", "fragment")
            later = self._forget(same, "sport", "dport") & self.later
            found = self.memo[key] = (same & ~self.later | later | node) & self.normal
        return found

    def swap(self, node: Node) -> Node:
        """What may come back for these packets, by its shape, under the same labels, whole or in fragments: addresses and ports swapped,
        TCP with ACK or RST, the answer to an ICMP request. Later fragments alone bring back later fragments.
        """
        swapped = self._swapped.get(node)
        if swapped is None:
            swapped = self._swapped[node] = self._swap(node)
        return swapped

    def _swap(self, node: Node) -> Node:
        turned = self._exchange(node, ("src", "dst"))
        later = turned & self.later
        seen = self._forget(turned & ~self.later, "flags", "fragment")
        ported = self._exchange(seen & self._with_ports, ("sport", "dport"))
        answers = (self._answers(seen & self._icmp), seen & ~self._with_ports & ~self._icmp)
        first = reduce(or_, answers, ported & (~self._tcp | self._loose_flags(ESTABLISHED)))
        rest = self._forget(first, "sport", "dport", "flags") & self.later
        return (first & ~self.later | rest | later) & self.normal

    def rewrite(
        self,
        node: Node,
        src: Ranges | None = None,
        dst: Ranges | None = None,
        sport: Ranges | None = None,
        dport: Ranges | None = None,
    ) -> Node:
        """The packets after a translation to any value of the given ranges. Ports change only where there are ports."""
        for field, ranges in (("src", src), ("dst", dst)):
            if ranges is not None:
                node = self._forget(node, field) & self._loose_ranges(field, ranges)
        for field, ranges in (("sport", sport), ("dport", dport)):
            if ranges is not None:
                ported = node & self._with_ports & ~self.later
                node = node & ~ported | self._forget(ported, field) & self._loose_ranges(field, ranges)
        return node

    # Inside

    def _normal(self) -> Node:
        """The normal form: labels in use, fragments that exist, and 0 in fields that a packet lacks."""
        no_sport, no_dport, no_flags = (self._number(field, 0) for field in ("sport", "dport", "flags"))
        visible = (self._tcp | no_flags) & (self._with_ports | no_sport) & (self._with_ports | self._icmp | no_dport)
        fragment = ~self.later & visible | self._number("fragment", Fragment.LATER) & no_sport & no_dport & no_flags
        return fragment & self._loose_ranges("label", ((0, self.label_count - 1),))

    def _header(
        self,
        unsure: bool,
        protocols: Ranges | None,
        sports: Ranges | None,
        dports: Ranges | None,
        icmp: Ranges | None,
        flags: tuple[tuple[int, int], ...] | None,
        fragments: tuple[Fragment, ...] | None,
    ) -> Node:
        """Loosely, the packets whose headers from layer 4 on, and protocol and fragment, match."""
        key = (unsure, protocols, sports, dports, icmp, flags, fragments)
        node = self._headers.get(key)
        if node is not None:
            return node
        node = self.true if protocols is None else self._loose_ranges("protocol", protocols)
        shown = self.true
        if sports is not None or dports is not None:
            node &= ~self._icmp
            ports = self._optional_ranges("sport", sports) & self._optional_ranges("dport", dports)
            shown &= ports & self._with_ports | (~self._with_ports if unsure else self.false)
        if icmp is not None:
            node &= self._icmp
            shown &= self._loose_ranges("dport", icmp)
        if flags is not None:
            node &= self._tcp
            shown &= self._loose_flags(flags)
        asked = not all(condition is None for condition in (sports, dports, icmp, flags))
        sure_later = unsure or not asked or (fragments is not None and Fragment.LATER in fragments)
        node &= shown & ~self.later | (self.later if sure_later else self.false)
        if fragments is not None:
            node &= reduce(or_, map(self._loose_fragment, fragments), self.false)
        self._headers[key] = node
        return node

    def _loose_fragment(self, fragment: Fragment) -> Node:
        return self.later if fragment == Fragment.LATER else self._number("fragment", fragment)

    def _loose_flags(self, flags: tuple[tuple[int, int], ...]) -> Node:
        cubes = (self._number("flags", value, mask) for mask, value in flags if not value & ~mask)
        return reduce(or_, cubes, self.false)

    def _loose_addresses(self, which: str, addresses: AddressSet | None) -> Node:
        key = (which, addresses)
        node = self._addresses.get(key)
        if node is None:
            node = self.true if addresses is None else self.union([self._number(which, value, mask) for value, mask in addresses])
            self._addresses[key] = node
        return node

    def _optional_ranges(self, field: str, ranges: Ranges | None) -> Node:
        return self.true if ranges is None else self._loose_ranges(field, ranges)

    def _loose_ranges(self, field: str, ranges: Ranges) -> Node:
        key = (field, ranges)
        node = self._ranges.get(key)
        if node is None:
            node = self._ranges[key] = self.union([self._range(field, low, high) for low, high in ranges])
        return node

    def _range(self, field: str, low: int, high: int) -> Node:
        if low == high and not low >> self.widths[field]:
            return self._number(field, low)
        return self._at_least(field, low) & ~self._at_least(field, high + 1)

    def _at_least(self, field: str, bound: int) -> Node:
        """Loosely, the packets whose field is ``bound`` or more; built from the lowest bit up."""
        bits = self._bits[field]
        if bound >> len(bits):
            return self.false
        if bound == 0:
            return self.true
        node = self.true
        for position, bit in enumerate(reversed(bits)):
            node = bit & node if bound >> position & 1 else bit | node
        return node

    def _number(self, field: str, value: int, mask: int = -1) -> Node:
        key = (field, value, mask)
        node = self._numbers.get(key)
        if node is None:
            node = self.true
            for position, bit in enumerate(reversed(self._bits[field])):
                if mask >> position & 1:
                    node = node & (bit if value >> position & 1 else ~bit)
            self._numbers[key] = node
        return node

    def _forget(self, node: Node, *fields: str) -> Node:
        names = self._names.get(fields)
        if names is None:
            names = self._names[fields] = {f"{field}.{bit}" for field in fields for bit in range(self.widths[field])}
        forgotten: Node = self._bdd.exist(names, node)
        return forgotten

    def _exchange(self, node: Node, pair: tuple[str, str]) -> Node:
        turned = self._turned.get(pair)
        if turned is None:
            ways = (pair, pair[::-1])
            turned = self._turned[pair] = {f"{a}.{bit}": self._bits[b][bit] for a, b in ways for bit in range(self.widths[a])}
        exchanged: Node = self._bdd.let(turned, node)
        return exchanged

    def _answers(self, node: Node) -> Node:
        """The answers to ICMP packets: of the other type, with the same code."""
        answers = self.false
        if node == self.false:
            return self.false
        kinds = [f"dport.{bit}" for bit in range(8)]
        for pair in ICMP_REPLIES:
            for asked, answered in (pair, pair[::-1]):
                codes = self._bdd.exist(kinds, node & self._number("dport", asked << 8, 0xFF00))
                answers |= codes & self._number("dport", answered << 8, 0xFF00)
        return answers

    def _models(self, node: Node) -> int:
        """How many assignments of all variables satisfy a diagram; exact, where CUDD's own count is a float."""
        last = len(self._level)
        known: dict[int, int] = {}

        def below(node: Any, level: int) -> int:
            """The models over the variables from ``level`` on."""
            if node.var is None:
                return 0 if node.negated else 1 << last - level
            here = self._level[node.var]
            key = int(~node) if node.negated else int(node)
            if key not in known:
                known[key] = below(node.low, here + 1) + below(node.high, here + 1)
            found = known[key]
            return ((1 << last - here) - found if node.negated else found) << here - level

        return below(node, 0)


def _manager(memory: int) -> Any:
    """A manager that may use so many bytes, but no more than half of the machine's (where dd knows better, it refuses all of it)."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return BDD(memory_estimate=min(memory, total // 2))


def _variables(order: Order, widths: Mapping[str, int]) -> Iterable[str]:
    """The names of all variables, from the top of the diagram down."""
    for entry in order:
        fields = (entry,) if isinstance(entry, str) else entry
        for bit in range(max(widths[field] for field in fields)):
            yield from (f"{field}.{bit}" for field in fields if bit < widths[field])


def _mask(length: int) -> int:
    return (1 << 32) - (1 << 32 - length)
