"""Two engines and a walk rule by rule must say the same about thousands of random filters."""

from __future__ import annotations

from functools import reduce
from operator import or_
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from isolation_checks.packets.decide import decide
from isolation_checks.packets.fields import Context
from isolation_checks.packets.filters import effective, permits
from isolation_checks.packets.space import Node, PacketSpace
from isolation_checks.snapshot import Action, Filter
from tests.isolation_checks import boxes
from tests.isolation_checks import random_filters as make

LABELS = 3
SPACE = PacketSpace(LABELS)
BOXES = boxes.Engine(LABELS)
RANDOMS = st.randoms(use_true_random=False)
SETTINGS = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def to_node(found: boxes.Boxes) -> Node:
    """A set of boxes as a set of the other engine."""
    known: dict[boxes.Boxes, Node] = {BOXES.packet: SPACE.true, BOXES.nothing: SPACE.false}

    def build(depth: int, part: boxes.Boxes) -> Node:
        if part not in known:
            rows = (SPACE.between(boxes.FIELDS[depth], low, high) & build(depth + 1, below) for low, high, below in part.rows)
            known[part] = reduce(or_, rows, SPACE.false)
        return known[part]

    return build(0, found) & SPACE.normal


def assert_same(node: Node, found: boxes.Boxes, random: Random) -> None:
    """Equal sets, equal numbers, and equal answers for single packets."""
    other = to_node(found)
    assert node & ~other == SPACE.false, SPACE.pick(node & ~other)
    assert other & ~node == SPACE.false, SPACE.pick(other & ~node)
    assert node == other
    assert SPACE.count_labelled(node) == BOXES.count_labelled(found)
    for _ in range(4):
        packet, label = make.packet(random), random.randrange(LABELS)
        assert SPACE.contains(node, label, packet) == BOXES.contains(found, label, packet)
    if node != SPACE.false:
        label, packet = SPACE.pick(node)
        assert packet.normal
        assert BOXES.contains(found, label, packet)


def check_filter(random: Random, *, jumps: bool) -> None:
    lookup = make.filters(random, jumps=jumps)
    context = make.context(random)
    asked = lookup[make.CHAINS[0]]
    for strict in (False, True):
        node = permits(SPACE, lookup, asked, context, strict=strict)
        found = boxes.Evaluator(BOXES, lookup, context).permits(asked, strict=strict)
        assert_same(node, found, random)
        examples = [SPACE.pick(part)[1] for part in (node, SPACE.normal & ~node) if part != SPACE.false]
        for packet in examples + [make.packet(random) for _ in range(12)]:
            decision = decide(lookup, asked, packet, context, strict=strict)
            assert (decision.action == Action.PERMIT) == SPACE.contains(node, 0, packet), (packet, decision)
    assert permits(SPACE, lookup, asked, context, strict=True) <= permits(SPACE, lookup, asked, context)


@SETTINGS
@given(RANDOMS)
def test_flat_filters(random: Random) -> None:
    check_filter(random, jumps=False)


@SETTINGS
@given(RANDOMS)
def test_filters_with_jumps(random: Random) -> None:
    check_filter(random, jumps=True)


@pytest.mark.parametrize("batch", range(10))
def test_thousands_of_filters(batch: int) -> None:
    for number in range(100):
        random = Random(f"{batch}.{number}")
        check_filter(random, jumps=False)
        check_filter(random, jumps=True)


def random_boxes(random: Random) -> boxes.Boxes:
    """A set with labels, as filters and matches make them."""
    found = BOXES.nothing
    for _ in range(random.randint(1, 3)):
        may, sure = BOXES.matched(make.match(random))
        label = random.randrange(LABELS)
        low, high = random.choice(((label, label), (0, LABELS - 1)))
        found = BOXES.union(found, BOXES.intersection(random.choice((may, sure)), BOXES.box(label=(low, high))))
    return found


def test_algebra() -> None:
    for number in range(200):
        random = Random(number)
        one, other = random_boxes(random), random_boxes(random)
        a, b = to_node(one), to_node(other)
        assert_same(a & b, BOXES.intersection(one, other), random)
        assert_same(a & ~b, BOXES.difference(one, other), random)
        assert_same(a | b, BOXES.union(one, other), random)
        assert_same(SPACE.without_label(a), BOXES.without_label(one), random)
        assert SPACE.count(a) == BOXES.count(one)


def test_swap() -> None:
    for number in range(200):
        random = Random(number)
        found = random_boxes(random)
        assert_same(SPACE.swap(to_node(found)), BOXES.swap(found), random)


def test_rewrite() -> None:
    choices = {
        "src": (None, ((make.NET, make.NET + 255),), ((5, 6), (make.NET + 7, make.NET + 9))),
        "dst": (None, ((make.NET + 261, make.NET + 261),), ()),
        "sport": (None, ((1024, 65535),)),
        "dport": (None, ((443, 443),), ((80, 81), (443, 443))),
    }
    for number in range(300):
        random = Random(number)
        found = random_boxes(random)
        to = {field: random.choice(values) for field, values in choices.items()}
        assert_same(SPACE.rewrite(to_node(found), **to), BOXES.rewrite(found, **to), random)


@pytest.mark.parametrize("unsure", [True, False])
def test_matches_and_unions_of_matches(unsure: bool) -> None:
    for number in range(200):
        random = Random(number)
        matches = [make.match(random) for _ in range(random.randint(0, 5))]
        found = [BOXES.matched(match)[0 if unsure else 1] for match in matches]
        for match, one in zip(matches, found, strict=True):
            assert_same(SPACE.match(match, unsure=unsure), one, random)
        assert SPACE.loose_union(matches, unsure=unsure) & SPACE.normal == to_node(BOXES.union(*found))


def test_nothing_changes_without_a_redundant_rule() -> None:
    redundant = 0
    for number in range(300):
        random = Random(number)
        lookup = make.filters(random, jumps=False)
        asked = lookup[make.CHAINS[0]]
        context = make.context(random)
        whole = permits(SPACE, lookup, asked, context)
        rows = effective(SPACE, lookup, asked, context)
        for index, row in enumerate(rows):
            rules = asked.rules[:index] + asked.rules[index + 1 :]
            without = permits(SPACE, lookup, Filter(asked.name, asked.kind, rules, asked.default, asked.ref), context)
            assert row.first <= row.matched
            assert row.redundant or not row.shadowed
            assert without == whole or not row.redundant
            redundant += row.redundant
    assert redundant > 200


def test_a_decision_names_the_first_rule_that_applies() -> None:
    for number in range(300):
        random = Random(number)
        lookup = make.filters(random, jumps=False)
        asked = lookup[make.CHAINS[0]]
        rows = effective(SPACE, lookup, asked)
        for packet in [make.packet(random) for _ in range(10)]:
            decision = decide(lookup, asked, packet, Context())
            if decision.rule is None:
                continue
            row = next(row for row in rows if row.rule is decision.rule)
            assert SPACE.contains(row.first, 0, packet)
