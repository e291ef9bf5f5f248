"""Addresses that every routing table treats alike, so that one of them stands for all."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from isolation_checks.snapshot import Range, Ranges, Ternary

Prefix: TypeAlias = tuple[int, int]
"""Network and length."""
LAST = 0xFFFFFFFF

SPECIAL: tuple[Prefix, ...] = (
    (0x00000000, 8), (0x0A000000, 8), (0x64400000, 10), (0x7F000000, 8), (0xA9FE0000, 16), (0xAC100000, 12), (0xC0000000, 24),
    (0xC0000200, 24), (0xC0A80000, 16), (0xC6120000, 15), (0xC6336400, 24), (0xCB007100, 24), (0xE0000000, 3),
)  # fmt: skip
"""Networks that nobody has on the Internet (RFC 6890, RFC 1112 for 224/3)."""


class Piece(NamedTuple):
    """Addresses with the same longest match in every table; ``first`` is the one that stands for them."""

    first: int
    ranges: Ranges


class Pieces:
    """Cuts the address space at the ends of all given prefixes.

    Where prefixes are nested, everything in the same innermost prefix is one piece, though it may lie in several ranges.
    """

    def __init__(self, prefixes: Iterable[Prefix]) -> None:
        self.known = frozenset(prefixes)
        ordered = sorted(self.known)
        starts: list[int] = [0]
        inner: list[int] = [-1]  # by range: the innermost prefix, -1 for none
        open_: list[tuple[int, int]] = []  # last address and number of the prefixes that are open

        def begin(address: int, number: int) -> None:
            if starts[-1] == address:
                inner[-1] = number
            elif address <= LAST:
                starts.append(address)
                inner.append(number)

        for number, (network, length) in enumerate(ordered):
            while open_ and open_[-1][0] < network:
                last, _ = open_.pop()
                begin(last + 1, open_[-1][1] if open_ else -1)
            begin(network, number)
            open_.append((network | (LAST >> length if length else LAST), number))
        while open_:
            last, _ = open_.pop()
            begin(last + 1, open_[-1][1] if open_ else -1)
        self._starts = starts
        self._inner = inner

    def of(self, ranges: Iterable[Range], without: Iterable[int] = ()) -> list[Piece]:
        """The pieces of some addresses, cut to them; those that are a single address of ``without`` are left out."""
        left_out = frozenset(without)
        found: dict[int, list[Range]] = {}
        for low, high in ranges:
            index = bisect_right(self._starts, low) - 1
            stop = bisect_left(self._starts, high + 1)
            for place in range(index, stop):
                last = self._starts[place + 1] - 1 if place + 1 < len(self._starts) else LAST
                found.setdefault(self._inner[place], []).append((max(low, self._starts[place]), min(high, last)))
        pieces = (Piece(listed[0][0], tuple(listed)) for listed in found.values())
        return [piece for piece in pieces if piece.ranges != ((piece.first, piece.first),) or piece.first not in left_out]


def span(prefix: Prefix) -> Range:
    network, length = prefix
    return network, network | (LAST >> length if length else LAST)


def ternaries(ranges: Iterable[Range]) -> tuple[Ternary, ...]:
    """The fewest prefixes that together are the ranges."""
    found = []
    for low, high in ranges:
        first = low
        while first <= high:
            size = min(first & -first if first else 1 << 32, 1 << (high - first + 1).bit_length() - 1)
            found.append(Ternary(first, LAST & ~(size - 1)))
            first += size
    return tuple(found)


def outside(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """All addresses that are in none of the ranges."""
    found = []
    begin = 0
    for low, high in sorted(ranges):
        if low > begin:
            found.append((begin, low - 1))
        begin = max(begin, high + 1)
    if begin <= LAST:
        found.append((begin, LAST))
    return tuple(found)
