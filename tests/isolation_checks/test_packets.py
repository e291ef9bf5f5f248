"""Sets of packets, checked against numbers and packets worked out by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from isolation_checks.packets.decide import decide
from isolation_checks.packets.fields import Context, Packet
from isolation_checks.packets.filters import effective, permits
from isolation_checks.packets.show import Row
from isolation_checks.packets.space import Node, PacketSpace
from isolation_checks.snapshot import ESTABLISHED, Action, Filter, Fragment, Match, Names, Ranges, Ref, Rule, TcpFlag, Ternary

ALL = 0xFFFFFFFF
A = 0x0A010100  # 10.1.1.0
B = 0x0A020200  # 10.2.2.0
NET_A = (Ternary(A, 0xFFFFFF00),)
HOST_B = (Ternary(B + 5, ALL),)
TCP: Ranges = ((6, 6),)
ICMP: Ranges = ((1, 1),)
UDP: Ranges = ((17, 17),)
HTTPS: Ranges = ((443, 443),)
LATER = Fragment.LATER
HERE = Ref("device.cfg", 1)


@pytest.fixture(scope="module")
def space() -> PacketSpace:
    return PacketSpace(labels=5)


def rule(action: Action, *matches: Match, conditional: bool = False, target: str = "") -> Rule:
    return Rule(action, matches, HERE, conditional=conditional, target=target)


def acl(*rules: Rule, default: Action = Action.DENY, name: str = "acl") -> Filter:
    return Filter(name, "acl", rules, default, HERE)


# The space


def test_normal_form(space: PacketSpace) -> None:
    """Whole or first: TCP with ports and flags, UDP and SCTP with ports, ICMP with type and code, 252 others bare. Later: all bare."""
    pairs = 2**64
    assert space.count(space.normal) == pairs * (2 * (64 * 2**32 + 2 * 2**32 + 2**16 + 252) + 256)
    assert space.count_labelled(space.normal) == 5 * space.count(space.normal)
    for packet in (Packet(1, 2, 6, 0, 0, 0, LATER), Packet(1, 2, 1, 0, 2048), Packet(1, 2, 132, 5, 6), Packet(1, 2, 47)):
        assert packet.normal
        assert space.contains(space.normal, 4, packet)
        assert space.count(space.packet(packet)) == 1
    for packet in (Packet(1, 2, 6, 1, 0, 0, LATER), Packet(1, 2, 1, 5, 2048), Packet(1, 2, 17, 5, 6, 2), Packet(1, 2, 47, 0, 1)):
        assert not packet.normal
        assert not space.contains(space.normal, 0, packet)
        assert space.packet(packet) == space.false
    assert not space.contains(space.normal, 5, Packet(1, 2, 47))


def test_counts_are_exact(space: PacketSpace) -> None:
    """Beyond 2**53 a float would lose the last packet."""
    one = space.packet(Packet(1, 2, 6, 3, 4, 5))
    assert space.count(space.normal & ~one) == space.count(space.normal) - 1
    assert space.count(space.false) == 0


def test_every_set_is_in_normal_form(space: PacketSpace) -> None:
    match = Match(src=NET_A, protocols=TCP, dports=HTTPS)
    sets = [
        space.ternary("src", Ternary(A, ALL)),
        space.prefix("dst", A, 24),
        space.addresses("src", None),
        space.ranges("dport", ((0, 10),)),
        space.ranges("fragment", None),
        space.match(match, unsure=True),
        space.match(Match(), unsure=False),
        space.labels((0, 4)),
        space.without_label(space.label(1)),
        space.swap(space.normal),
        space.swap(space.match(match, unsure=True)),
        space.rewrite(space.normal, src=((1, 2),), sport=((5, 6),), dport=((7, 7),)),
        permits(space, {}, acl(default=Action.PERMIT)),
        permits(space, {}, acl(rule(Action.PERMIT, match))),
    ]
    assert all(found <= space.normal for found in sets)
    assert all(found != space.false for found in sets)


def test_addresses(space: PacketSpace) -> None:
    each = space.count(space.normal) // 2**32
    odd_networks = Ternary(0x0A000100, 0xFF0001FF)  # 10.*.odd.0/24 but for the last octet, which is 0
    assert space.count(space.ternary("src", odd_networks)) == each * 2**15
    assert space.count(space.prefix("dst", A, 24)) == each * 256
    assert space.prefix("src", 0, 0) == space.normal
    assert space.addresses("src", ()) == space.false
    assert space.addresses("src", (Ternary(A, 0xFFFFFF80), Ternary(A + 128, 0xFFFFFF80))) == space.prefix("src", A, 24)
    assert space.ranges("src", ((A, A + 255),)) == space.prefix("src", A, 24)


def test_labels(space: PacketSpace) -> None:
    one = space.label(1) & space.prefix("src", A, 24)
    assert space.count(one) == space.count_labelled(one)
    both = one | (space.label(3) & space.prefix("src", A, 24))
    assert space.count(both) == space.count(one)
    assert space.count_labelled(both) == 2 * space.count(one)
    assert space.without_label(one) == space.prefix("src", A, 24)
    assert space.labels(()) == space.false
    assert space.labels(range(5)) == space.normal
    assert space.label(5) == space.false


@pytest.mark.parametrize("labels", [1, 2, 3, 256])
def test_any_number_of_labels(labels: int) -> None:
    small = PacketSpace(labels)
    assert small.count_labelled(small.normal) == labels * small.count(small.normal)
    assert small.pick(small.label(labels - 1))[0] == labels - 1


# Matches


def holds(space: PacketSpace, match: Match, packet: Packet) -> tuple[bool, bool]:
    return tuple(space.contains(space.match(match, unsure=unsure), 0, packet) for unsure in (True, False))  # type: ignore[return-value]


def test_established_is_no_session(space: PacketSpace) -> None:
    match = Match(protocols=TCP, flags=ESTABLISHED)
    assert holds(space, match, Packet(1, 2, 6, flags=TcpFlag.ACK)) == (True, True)
    assert holds(space, match, Packet(1, 2, 6, flags=TcpFlag.RST | TcpFlag.FIN)) == (True, True)
    assert holds(space, match, Packet(1, 2, 6, flags=TcpFlag.SYN)) == (False, False)
    assert holds(space, match, Packet(1, 2, 6, fragment=LATER)) == (True, False)
    assert holds(space, match, Packet(1, 2, 17)) == (False, False)


def test_later_fragments_show_no_ports(space: PacketSpace) -> None:
    later = Packet(A + 1, B + 5, 6, fragment=LATER)
    match = Match(src=NET_A, protocols=TCP, dports=HTTPS)
    assert holds(space, match, later) == (True, False)
    assert holds(space, match, later._replace(src=B)) == (False, False)
    assert holds(space, match, later._replace(protocol=17)) == (False, False)
    assert holds(space, match._replace(fragments=(LATER,)), later) == (True, True)
    assert holds(space, match._replace(fragments=(Fragment.WHOLE,)), later) == (False, False)
    assert holds(space, Match(src=NET_A, protocols=TCP), later) == (True, True)


def test_conditions_that_a_protocol_does_not_have(space: PacketSpace) -> None:
    udp_lite = Packet(1, 2, 136)
    assert holds(space, Match(protocols=((136, 136),), dports=HTTPS), udp_lite) == (True, False)
    assert holds(space, Match(dports=HTTPS), Packet(1, 2, 1, 0, 443)) == (False, False)
    assert holds(space, Match(icmp=((2048, 2303),)), Packet(1, 2, 6, 0, 2048)) == (False, False)
    assert holds(space, Match(icmp=((2048, 2303),)), Packet(1, 2, 1, 0, 2050)) == (True, True)


# Filters


def both(
    space: PacketSpace, filter_: Filter, packet: Packet, context: Context | None = None, lookup: dict[str, Filter] | None = None
) -> bool:
    """The permissive answer of the sets, which the walk must share."""
    context, lookup = context or Context(), lookup or {}
    found = space.contains(permits(space, lookup, filter_, context), 0, packet)
    assert (decide(lookup, filter_, packet, context).action == Action.PERMIT) is found
    return found


def test_order_decides(space: PacketSpace) -> None:
    deny, permit = rule(Action.DENY, Match(src=NET_A)), rule(Action.PERMIT, Match(protocols=TCP))
    packet = Packet(A + 1, B, 6)
    assert not both(space, acl(deny, permit), packet)
    assert both(space, acl(permit, deny), packet)
    assert decide({}, acl(deny, permit), packet, Context()) == (Action.DENY, deny, acl(deny, permit))
    assert decide({}, acl(deny), Packet(B, B, 6), Context()).rule is None


def test_a_deny_with_ports_lets_later_fragments_by(space: PacketSpace) -> None:
    ports = Match(protocols=TCP, dports=((445, 445),))
    filter_ = acl(rule(Action.DENY, ports), rule(Action.PERMIT, Match()))
    assert not both(space, filter_, Packet(1, 2, 6, 5, 445))
    assert both(space, filter_, Packet(1, 2, 6, fragment=LATER))
    assert not both(space, acl(rule(Action.DENY, ports._replace(fragments=(LATER,))), filter_.rules[1]), Packet(1, 2, 6, fragment=LATER))
    assert not space.contains(permits(space, {}, filter_, strict=True), 0, Packet(1, 2, 6, fragment=LATER))


def test_conditional_rules(space: PacketSpace) -> None:
    packet = Packet(1, 2, 6)
    permit, deny = (rule(action, Match(), conditional=True) for action in (Action.PERMIT, Action.DENY))
    for filter_ in (acl(permit), acl(deny, default=Action.PERMIT), acl(deny, permit), acl(permit, deny)):
        assert both(space, filter_, packet)
        assert permits(space, {}, filter_, strict=True) == space.false
        assert decide({}, filter_, packet, Context(), strict=True).action == Action.DENY


def test_surroundings(space: PacketSpace) -> None:
    packet = Packet(1, 2, 6)
    from_lan = acl(rule(Action.PERMIT, Match(in_interfaces=Names(("lan*",)))))
    not_wan = acl(rule(Action.PERMIT, Match(out_interfaces=Names(("wan",), negated=True))))
    new = acl(rule(Action.DENY, Match(states=("new", "invalid"))), default=Action.PERMIT)
    private = acl(rule(Action.PERMIT, Match(vrf="blue")))
    answers = {
        (from_lan, Context(in_interface="lan3")): True,
        (from_lan, Context(in_interface="wan")): False,
        (from_lan, Context()): True,
        (not_wan, Context(out_interface="wan")): False,
        (not_wan, Context(out_interface="")): True,
        (new, Context(state="new")): False,
        (new, Context(state="established")): True,
        (new, Context()): True,
        (private, Context(vrf="")): False,
        (private, Context(vrf="blue")): True,
        (private, Context()): True,
    }
    for (filter_, context), expected in answers.items():
        assert both(space, filter_, packet, context) is expected, (filter_, context)
    assert permits(space, {}, new, Context(), strict=True) == space.false


def test_jumps(space: PacketSpace) -> None:
    web, dns = Packet(1, 2, 6, 5, 443), Packet(1, 2, 17, 5, 53)
    tcp = acl(
        rule(Action.RETURN, Match(protocols=TCP, dports=((80, 80),))),
        rule(Action.PERMIT, Match(protocols=TCP)),
        default=Action.RETURN,
        name="tcp",
    )
    jump = acl(rule(Action.JUMP, Match(), target="tcp"), rule(Action.PERMIT, Match(protocols=UDP)))
    go = acl(rule(Action.GOTO, Match(), target="tcp"), rule(Action.PERMIT, Match(protocols=UDP)))
    lookup = {"tcp": tcp}
    assert both(space, jump, web, lookup=lookup)
    assert both(space, jump, dns, lookup=lookup)
    assert not both(space, jump, web._replace(dport=80), lookup=lookup)
    assert both(space, go, web, lookup=lookup)
    assert not both(space, go, dns, lookup=lookup)
    assert decide(lookup, jump, web, Context()).within == tcp


def test_jumps_to_nowhere_and_in_circles_are_undecided(space: PacketSpace) -> None:
    packet = Packet(1, 2, 6)
    nowhere = acl(rule(Action.JUMP, Match(), target="gone"))
    circle = acl(rule(Action.JUMP, Match(), target="other"))
    lookup = {"acl": circle, "other": acl(rule(Action.GOTO, Match(), target="acl"), name="other")}
    assert both(space, nowhere, packet)
    assert both(space, circle, packet, lookup=lookup)
    assert permits(space, {}, nowhere, strict=True) == space.false
    assert permits(space, lookup, circle, strict=True) == space.false


def test_filters_of_equal_content_are_one_set(space: PacketSpace) -> None:
    """But not those that a name leads elsewhere, or that look at something else."""
    jump = acl(rule(Action.JUMP, Match(), target="x"))
    open_, shut = acl(default=Action.PERMIT), acl()
    assert permits(space, {"x": open_}, jump) == space.normal
    assert permits(space, {"x": shut}, jump) == space.false
    by_port = acl(rule(Action.PERMIT, Match(in_interfaces=Names(("a",)))))
    assert permits(space, {}, by_port, Context(in_interface="a")) == space.normal
    assert permits(space, {}, by_port, Context(in_interface="b")) == space.false
    renamed = Filter(
        "other", "acl", tuple(entry._replace(ref=Ref("b", 9), name="7") for entry in by_port.rules), by_port.default, Ref("b", 1)
    )
    sizes = len(space.memo)
    assert permits(space, {}, renamed, Context(vrf="v", in_interface="a")) == space.normal
    assert len(space.memo) == sizes


def test_equal_rules_under_other_conditions_are_other_sets(space: PacketSpace) -> None:
    for entry in (rule(Action.DENY, Match()), rule(Action.DENY, Match(), conditional=True)):
        found = permits(space, {}, acl(entry, default=Action.PERMIT))
        assert found == (space.normal if entry.conditional else space.false)
    jump = rule(Action.JUMP, Match(), target="top")
    lookup = {"top": acl(jump, name="top")}
    assert permits(space, lookup, acl(jump, name="other")) == permits(space, lookup, lookup["top"])
    shut = {"top": acl(name="top", default=Action.DENY)}
    # The same rules, in one filter around in a circle, in the other not.
    assert permits(space, shut, acl(jump, name="top")) == space.normal
    assert permits(space, shut, acl(jump, name="other")) == space.false


def test_a_chain_is_read_anew_for_what_comes_after_it(space: PacketSpace) -> None:
    tcp, udp = Packet(1, 2, 6), Packet(1, 2, 17)
    log = acl(rule(Action.CONTINUE, Match()), default=Action.RETURN, name="log")
    twice = acl(
        rule(Action.JUMP, Match(), target="log"),
        rule(Action.PERMIT, Match(protocols=TCP)),
        rule(Action.JUMP, Match(), target="log"),
        rule(Action.DENY, Match()),
    )
    assert both(space, twice, tcp, lookup={"log": log})
    assert not both(space, twice, udp, lookup={"log": log})


def test_a_chain_in_a_circle_is_read_anew_from_everywhere(space: PacketSpace) -> None:
    """From `left`, `right` leads back; from the top, it leads on into `left`, which denies first."""
    left = acl(rule(Action.DENY, Match(protocols=UDP)), rule(Action.GOTO, Match(), target="right"), name="left", default=Action.RETURN)
    right = acl(rule(Action.GOTO, Match(), target="left"), name="right", default=Action.RETURN)
    lookup = {"left": left, "right": right}
    top = acl(rule(Action.GOTO, Match(src=NET_A), target="right"), rule(Action.GOTO, Match(), target="left"))
    assert both(space, top, Packet(A, B, 6), lookup=lookup)
    assert not both(space, top, Packet(A, B, 17), lookup=lookup)
    assert not both(space, top, Packet(B, B, 17), lookup=lookup)


def test_effective_rules(space: PacketSpace) -> None:
    wide, narrow = Match(src=NET_A, protocols=TCP), Match(src=NET_A, protocols=TCP, dports=HTTPS)
    rows = effective(
        space,
        {},
        acl(
            rule(Action.PERMIT, narrow),
            rule(Action.PERMIT, wide),
            rule(Action.DENY, narrow),
            rule(Action.PERMIT, Match(protocols=UDP), conditional=True),
            rule(Action.PERMIT, Match(protocols=UDP)),
            rule(Action.DENY, Match(protocols=ICMP)),
            rule(Action.PERMIT, Match(src=HOST_B)),
        ),
    )
    assert [row.shadowed for row in rows] == [False, False, True, False, False, False, False]
    assert [row.redundant for row in rows] == [True, False, True, True, False, False, False]


# What comes back, and what translation makes of packets


def some(space: PacketSpace, match: Match) -> Node:
    """The whole packets of a match."""
    return space.match(match._replace(fragments=(Fragment.WHOLE,)), unsure=False)


def test_replies(space: PacketSpace) -> None:
    back = space.swap(some(space, Match(src=NET_A, dst=HOST_B, protocols=TCP, dports=HTTPS)))
    whole = Match(src=HOST_B, dst=NET_A, protocols=TCP, sports=HTTPS, flags=ESTABLISHED)
    assert back == space.match(whole, unsure=True)
    assert not space.contains(back, 0, Packet(B + 5, A + 9, 6, 443, 1024, TcpFlag.SYN))
    assert space.contains(back, 0, Packet(B + 5, A + 9, 6, 443, 1024, TcpFlag.SYN | TcpFlag.ACK))

    udp = space.swap(some(space, Match(src=NET_A, dst=HOST_B, protocols=UDP, dports=((53, 53),))))
    assert udp == space.match(Match(src=HOST_B, dst=NET_A, protocols=UDP, sports=((53, 53),)), unsure=True)
    gre = space.swap(some(space, Match(src=NET_A, dst=HOST_B, protocols=((47, 47),))))
    assert gre == space.match(Match(src=HOST_B, dst=NET_A, protocols=((47, 47),)), unsure=True)


def test_replies_of_icmp(space: PacketSpace) -> None:
    echo = space.swap(some(space, Match(src=NET_A, protocols=ICMP, icmp=((2048, 2048),))))
    assert echo == space.match(Match(dst=NET_A, protocols=ICMP, icmp=((0, 0),)), unsure=True)
    assert space.swap(some(space, Match(protocols=ICMP, icmp=((768, 1023),)))) == space.false


def test_replies_keep_their_party(space: PacketSpace) -> None:
    asked = some(space, Match(src=NET_A, protocols=TCP)) & space.label(3)
    assert space.swap(asked) == space.swap(space.without_label(asked)) & space.label(3)


def test_later_fragments_bring_back_later_fragments(space: PacketSpace) -> None:
    back = space.swap(space.match(Match(src=NET_A, protocols=TCP, fragments=(LATER,)), unsure=True))
    assert back == space.match(Match(dst=NET_A, protocols=TCP, fragments=(LATER,)), unsure=True)


def test_translation(space: PacketSpace) -> None:
    pool = ((B, B + 3),)
    before = space.match(Match(src=NET_A), unsure=True) & space.label(2)
    after = space.rewrite(before, src=pool, sport=((1024, 65535),))
    assert space.contains(after, 2, Packet(B + 3, 7, 6, 1024, 80, 2))
    assert not space.contains(after, 1, Packet(B + 3, 7, 6, 1024, 80, 2))
    assert not space.contains(after, 2, Packet(B + 4, 7, 6, 1024, 80, 2))
    assert not space.contains(after, 2, Packet(B + 3, 7, 6, 1023, 80, 2))
    assert space.contains(after, 2, Packet(B, 7, 1, 0, 2048))  # what has no ports keeps having none
    assert space.contains(after, 2, Packet(B, 7, 6, fragment=LATER))
    assert space.rewrite(before, dst=()) == space.false
    assert space.rewrite(before) == before


# What people see


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        (Match(), "tcp 10.0.0.10:49152 -> 10.0.0.10:443 [SYN]"),
        (Match(src=NET_A, dst=HOST_B, protocols=TCP), "tcp 10.1.1.10:49152 -> 10.2.2.5:443 [SYN]"),
        (Match(src=NET_A, dst=HOST_B, protocols=TCP, dports=((8000, 8099),)), "tcp 10.1.1.10:49152 -> 10.2.2.5:8000 [SYN]"),
        (
            Match(src=HOST_B, dst=NET_A, protocols=TCP, sports=HTTPS, flags=ESTABLISHED),
            "tcp 10.2.2.5:443 -> 10.1.1.10:49152 [SYN,ACK]",
        ),
        (Match(src=(Ternary(A, 0xFFFFFFFC),), dst=HOST_B, protocols=UDP, dports=((53, 53),)), "udp 10.1.1.1:49152 -> 10.2.2.5:53"),
        (Match(src=(Ternary(A, ALL),), dst=HOST_B, protocols=ICMP), "icmp 10.1.1.0 -> 10.2.2.5 [type 8 code 0]"),
        (Match(src=NET_A, dst=HOST_B, protocols=((89, 89),)), "ip-proto-89 10.1.1.10 -> 10.2.2.5"),
        (Match(src=NET_A, dst=HOST_B, fragments=(LATER,)), "tcp 10.1.1.10 -> 10.2.2.5 [later fragment]"),
        (Match(src=(Ternary(0xE0000012, ALL),), dst=HOST_B, protocols=TCP, sports=((22, 22),), dports=((22, 22),)), None),
    ],
)
def test_examples_look_like_packets(space: PacketSpace, match: Match, expected: str | None) -> None:
    found = space.match(match, unsure=True) & space.labels((2, 3))
    label, packet = space.pick(found)
    assert label == 2
    assert space.contains(found, label, packet)
    assert packet.text() == (expected or "tcp 224.0.0.18:22 -> 10.2.2.5:22 [SYN]")


def test_nothing_to_pick(space: PacketSpace) -> None:
    with pytest.raises(ValueError, match="empty set"):
        space.pick(space.false)


def test_descriptions(space: PacketSpace) -> None:
    found = some(space, Match(src=NET_A, dst=HOST_B, protocols=TCP, dports=((80, 80), (443, 445)))) & space.label(1)
    rows = space.describe(found, 9)
    full = (0, 65535)
    assert rows == [
        Row((A, 24), (B + 5, 32), (6, 6), full, (443, 445), (0, 0), (0, 0)),
        Row((A, 24), (B + 5, 32), (6, 6), full, (80, 80), (0, 0), (0, 0)),
    ]
    assert rows[0].ends == ("10.1.1.0/24", "10.2.2.5/32")
    assert len(space.describe(found, 1)) == 1
    assert space.describe(space.false, 3) == []
    (everything,) = space.describe(space.normal, 3)
    assert everything == Row((0, 0), (0, 0), (0, 255), full, full, (0, 0), (0, 2))
    assert everything.ends == ("any", "any")
    flags = [row.flags for row in space.describe(some(space, Match(src=NET_A, protocols=TCP, flags=ESTABLISHED)), 9)]
    assert flags == [(TcpFlag.ACK, TcpFlag.ACK), (TcpFlag.RST, TcpFlag.RST)]


# The library


def test_without_cudd_the_error_says_what_to_install() -> None:
    """Never the slow pure Python diagrams instead."""
    program = "import sys; sys.modules['dd.cudd'] = None; import isolation_checks.packets.space"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2], timeout=60
    )
    assert done.returncode
    assert "install a wheel of dd" in done.stderr
