"""The shape of a filter: what is left of it when addresses are told apart only by which holds which.

Prefixes lie inside one another or apart, so they make a tree; a prefix that its children do not fill has addresses of its own. Two filters
of equal shape differ in the names of addresses, and whatever follows from sets being contained, disjoint or covered holds for both or for
neither.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence, Set

from isolation_checks.snapshot import AddressSet, Rule, Ternary

FULL = 0xFFFFFFFF


class Shapes:
    """Shapes of many filters: equal keys mean equal shapes."""

    def __init__(self) -> None:
        self._rest: dict[tuple[object, ...], int] = {}  # what a match says beside addresses -> its number

    def key(self, rules: Sequence[Rule], zones: Hashable, total: Set[str]) -> Hashable:
        """``total``: the chains from which no packet comes back; a jump's target means no more than that."""
        sets: dict[AddressSet | None, int] = {}
        known = self._rest
        entries: list[object] = []
        for rule in rules:
            matches = [
                (sets.setdefault(match[0], len(sets)), sets.setdefault(match[1], len(sets)), known.setdefault(match[2:], len(known)))
                for match in rule.matches
            ]
            entries.append((rule.action, rule.conditional, rule.target and rule.target in total, *matches))
        numbers: dict[Ternary, int] = {}
        members = [None if item is None else tuple([numbers.setdefault(ternary, len(numbers)) for ternary in item]) for item in sets]
        tree = _tree(numbers)
        return tuple(entries), zones, tuple(members), tuple(sets) if tree is None else tree


def _tree(numbers: dict[Ternary, int]) -> tuple[object, ...] | None:
    """For each prefix what it lies in directly, whether something of it lies in no other, and whether it is everything.

    None where a mask is not contiguous.
    """
    inside = {-1: FULL + 1}  # addresses of each that are in none of those that it holds; -1 stands for all there are
    parents = []
    stack: list[tuple[int, int, int]] = []
    for ternary in sorted(numbers):
        value, mask = ternary
        size = (FULL ^ mask) + 1
        if size & (size - 1):
            return None
        while stack and value & stack[-1][1] != stack[-1][0]:
            stack.pop()
        parent = stack[-1][2] if stack else -1
        number = numbers[ternary]
        inside[parent] -= size
        inside[number] = size
        parents.append((number, parent, mask == 0))
        stack.append((value, mask, number))
    return tuple(sorted(parents)), tuple(sorted(number for number, left in inside.items() if left))
