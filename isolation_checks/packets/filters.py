"""What ordered filters let through, as sets of packets.

A condition may be undecided: a time range, an interface that is not known, ports of a later fragment. The permissive reading (for "nothing
may pass") lets a packet through if any outcome of what is undecided does; the strict one (for "this must pass") only if every outcome does.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from isolation_checks.packets.fields import Context
from isolation_checks.packets.space import Node, PacketSpace
from isolation_checks.snapshot import Action, Filter, Match, Names, Rule

Lookup = Mapping[str, Filter]
"""The filters of a device, by name: where jumps lead."""

ANYWHERE = Context()
DECIDING = (Action.PERMIT, Action.DENY, Action.GOTO, Action.RETURN)
ENDING = (Action.PERMIT, Action.DENY)
JUMPING = (Action.JUMP, Action.GOTO)
UNCONTEXTUAL = Match()[8:]


class Effective(NamedTuple):
    """What a rule does in its filter: the packets that match, and those of them that no earlier rule surely decides.

    ``redundant``: without the rule, the same is decided for all of these; also where there are none (``shadowed``).
    """

    rule: Rule
    matched: Node
    first: Node
    shadowed: bool
    redundant: bool


class _Content(NamedTuple):
    number: int
    looked_at: tuple[bool, ...]
    kept: tuple[Filter, Lookup]  # so that no other object gets their identity


class _Contents(NamedTuple):
    known: dict[tuple[int, int], _Content]
    numbers: dict[object, int]


def permits(space: PacketSpace, lookup: Lookup, filter_: Filter, context: Context = ANYWHERE, *, strict: bool = False) -> Node:
    """The packets that a filter lets through. A chain that ends in RETURN lets through what it leaves undecided, or not where ``strict``.

    A jump to a filter that does not exist, or around in circles, is undecided too. Filters of equal content are computed once.
    """
    content = _content(space, lookup, filter_)
    key = ("permits", content.number, strict, *(value if used else None for value, used in zip(context, content.looked_at, strict=True)))
    node: Node | None = space.memo.get(key)
    if node is None:
        node = space.memo[key] = _Reading(space, lookup, context, strict).filter(filter_) & space.normal
    return node


def effective(space: PacketSpace, lookup: Lookup, filter_: Filter, context: Context = ANYWHERE) -> list[Effective]:
    """Each rule with what it matches and what is left for it. A rule that may be off takes nothing from later ones."""
    reading = _Reading(space, lookup, context, strict=False)
    rests = reading.rests(filter_)
    rows = []
    left = space.normal
    for rule, rest in zip(filter_.rules, rests[1:], strict=True):
        may, sure = reading.matched(rule)
        matched = sure if rule.action == Action.DENY and not rule.conditional else may
        first = matched & left
        changed = {Action.PERMIT: first & ~rest, Action.DENY: first & rest, Action.CONTINUE: space.false}.get(rule.action, first)
        rows.append(Effective(rule, matched & space.normal, first, first == space.false, changed == space.false))
        if rule.action in DECIDING:
            left = left & ~sure
    return rows


def holds(match: Match, context: Context) -> tuple[bool, bool]:
    """Whether a match's VRF, interfaces and states may hold in a context, and whether they surely do."""
    outcomes = (
        None if match.vrf is not None and context.vrf is None else match.vrf is None or match.vrf == context.vrf,
        named(match.in_interfaces, context.in_interface),
        named(match.out_interfaces, context.out_interface),
        None if match.states and context.state is None else match.states is None or context.state in match.states,
    )
    return all(outcome is not False for outcome in outcomes), all(outcome is True for outcome in outcomes)


def named(names: Names | None, interface: str | None) -> bool | None:
    if names is None:
        return True
    if interface is None:
        return None
    found = any(interface.startswith(name[:-1]) if name.endswith("*") else interface == name for name in names.names)
    return found is not names.negated


def _content(space: PacketSpace, lookup: Lookup, filter_: Filter) -> _Content:
    """The same number for filters of equal content. It is read once for every filter of every device."""
    contents = space.memo.get("contents")
    if contents is None:
        contents = space.memo["contents"] = _Contents({}, {})
    key = id(filter_), id(lookup)
    found: _Content | None = contents.known.get(key)
    if found is None:
        looked_at, content = _read_content(lookup, filter_)
        number = contents.numbers.setdefault(content, len(contents.numbers))
        found = contents.known[key] = _Content(number, looked_at, (filter_, lookup))
    return found


def _read_content(lookup: Lookup, filter_: Filter) -> tuple[tuple[bool, ...], object]:
    """What decides a filter's set: not lines, and names only as targets of jumps; first, what of the context is looked at."""
    seen = [False] * len(ANYWHERE)
    targets: list[str] = []
    own = _rules(filter_, seen, targets)
    chains = []
    for name in targets:  # grows while it is walked
        chain = lookup.get(name)
        chains.append((name, chain and _rules(chain, seen, targets)))
    circles = filter_.name if filter_.name in targets else ""
    return tuple(seen), (circles, own, tuple(chains))


def _rules(filter_: Filter, seen: list[bool], targets: list[str]) -> object:
    """The content of a filter alone; notes what its rules look at and where they jump."""
    rules = []
    for action, matches, _, _, conditional, target in filter_.rules:
        if action in JUMPING and target not in targets:
            targets.append(target)
        rules.append((action._value_, conditional, target, matches))
        for match in matches:
            if match[8:] != UNCONTEXTUAL:
                for index, condition in enumerate((match.vrf, match.in_interfaces, match.out_interfaces, match.states)):
                    seen[index] = seen[index] or condition is not None
    return filter_.default._value_, tuple(rules)


class _Reading:
    """One reading of the filters of one device in one context. All sets are loose.

    Filters are read from the last rule up: the set that the rest of the filter lets through becomes the set from this rule on.
    """

    def __init__(self, space: PacketSpace, lookup: Lookup, context: Context, strict: bool) -> None:
        self.space = space
        self.lookup = lookup
        self.context = context
        self.strict = strict
        self.undecided = space.false if strict else space.true
        self._chains: dict[tuple[str, Node], Node] = {}
        self._open: list[str] = []
        self._circles = 0

    def filter(self, filter_: Filter) -> Node:
        """The set that the filter lets through."""
        self._open.append(filter_.name)
        end = self._end(filter_.default, self.undecided)
        node = self._from_end(filter_, end, end)
        self._open.pop()
        return node

    def rests(self, filter_: Filter) -> list[Node]:
        """The set that the filter lets through from each rule on; the last is what its default lets through."""
        self._open.append(filter_.name)
        end = self._end(filter_.default, self.undecided)
        nodes = [end]
        for rule in reversed(filter_.rules):
            nodes.append(self._with_rules(rule.action, [rule], nodes[-1], end))
        self._open.pop()
        return nodes[::-1]

    def matched(self, rule: Rule) -> tuple[Node, Node]:
        """The packets that a rule may apply to, and those that it surely applies to."""
        return self._may([rule]), self._sure([rule])

    def _may(self, rules: list[Rule]) -> Node:
        matches = [match for rule in rules for match in rule.matches if match[8:] == UNCONTEXTUAL or holds(match, self.context)[0]]
        return self.space.loose_union(matches, unsure=True)

    def _sure(self, rules: list[Rule]) -> Node:
        kept = [match for rule in rules if not rule.conditional for match in rule.matches]
        matches = [match for match in kept if match[8:] == UNCONTEXTUAL or holds(match, self.context)[1]]
        return self.space.loose_union(matches, unsure=False)

    def _end(self, default: Action, back: Node) -> Node:
        return {Action.PERMIT: self.space.true, Action.DENY: self.space.false}.get(default, back)

    def _from_end(self, filter_: Filter, node: Node, back: Node) -> Node:
        """``back``: what becomes of a packet that returns from this filter."""
        for action, rules in groupby(reversed(filter_.rules), key=attrgetter("action")):
            if action in ENDING:
                node = self._with_rules(action, list(rules), node, back)
            else:
                for rule in rules:
                    node = self._with_rules(action, [rule], node, back)
        return node

    def _with_rules(self, action: Action, rules: list[Rule], rest: Node, back: Node) -> Node:
        """The set from these rules on: several that permit or deny, in any order, or one of another action."""
        if action == Action.CONTINUE:
            return rest
        if action == Action.PERMIT:
            return rest | (self._sure(rules) if self.strict else self._may(rules))
        if action == Action.DENY:
            return rest & ~(self._may(rules) if self.strict else self._sure(rules))
        after = rest if action == Action.JUMP else back
        then = back if action == Action.RETURN else self._chain(rules[0].target, after)
        may, sure = self._may(rules), self._sure(rules)
        if self.strict:
            return (then | ~may) & (rest | sure)
        return (then & may) | (rest & ~sure)

    def _chain(self, name: str, back: Node) -> Node:
        """The set that a chain lets through, where ``back`` is what passes after it."""
        chain = self.lookup.get(name)
        if chain is None:
            return self.undecided
        if name in self._open:
            self._circles += 1
            return self.undecided
        key = (name, back)
        node = self._chains.get(key)
        if node is None:
            circles = self._circles
            self._open.append(name)
            node = self._from_end(chain, self._end(chain.default, back), back)
            self._open.pop()
            if circles == self._circles:  # else the set depends on where the chain was entered from
                self._chains[key] = node
        return node
