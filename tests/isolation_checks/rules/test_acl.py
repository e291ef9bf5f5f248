"""ACL: what is superfluous, contradictory, undefined or open in filters; held against a packet-by-packet reading of random ones."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

import pytest

from isolation_checks.packets.decide import decide
from isolation_checks.packets.fields import Context, Packet
from isolation_checks.reading.values import host, prefix
from isolation_checks.rules import acl
from isolation_checks.rules.acl_overlap import Kind, Look, Overlap, superfluous
from isolation_checks.rules.acl_shape import Shapes
from isolation_checks.rules.base import Rule
from isolation_checks.rules.registry import select
from isolation_checks.snapshot import (
    Action,
    AddressSet,
    Applied,
    BgpNeighbor,
    BgpProcess,
    DestinationNat,
    DeviceConfig,
    Filter,
    Firewall,
    Fragment,
    Hook,
    Interface,
    Match,
    Names,
    PolicyEntry,
    PolicyRule,
    PrefixList,
    Redistribution,
    RoutePolicy,
    StaticRoute,
    Ternary,
    Vlan,
    Vrf,
    Zone,
)
from isolation_checks.snapshot import Rule as Entry
from tests.isolation_checks.rules.small_case import case, config, entry, lines, managed, operators, ref

PERMIT, DENY = Action.PERMIT, Action.DENY
TCP, UDP, ICMP = ((6, 6),), ((17, 17),), ((1, 1),)
AGENCY, SERVER = (prefix(0x0A010100, 24),), (host(0x0A620001),)
WEB = Match(AGENCY, SERVER, TCP, dports=((443, 443),))


def found(rule: str, *changed: DeviceConfig) -> list[str]:
    (chosen,) = select([rule])
    return lines(chosen().check(case(*changed)))


def acl_of(*rules: Entry, default: Action = DENY, name: str = "3000", kind: str = "acl") -> Filter:
    return Filter(name, kind, rules, default, ref("r1", 100))


def with_filters(*filters: Filter, **changes: Any) -> DeviceConfig:
    return config("r1", filters=(operators("r1"), *filters), **changes)


def rule(line: int, action: Action, *matches: Match, **other: Any) -> Entry:
    return entry("r1", line, action, *matches, **other)


@pytest.mark.parametrize("chosen", acl.RULES, ids=lambda item: item.id)
def test_the_small_network_passes(chosen: type[Rule]) -> None:
    outcome = chosen().check(case())
    assert lines(outcome) == []
    assert outcome.subjects == ("r1", "r2", "s1")
    assert "violation" in chosen.description.render("en") or chosen.severity in ("low", "medium")


def test_an_entry_behind_a_wider_one_that_does_the_same() -> None:
    wrong = with_filters(acl_of(rule(101, PERMIT, Match(AGENCY, None, TCP)), rule(102, PERMIT, WEB), rule(103, DENY)))
    assert found("ACL-SHADOWED", wrong) == [
        "r1:3000: entry 102 is never reached: entry 101 takes all that it matches @ r1.cfg:102 r1.cfg:101"
    ]
    assert found("ACL-CONTRADICTORY", wrong) == []
    assert found("ACL-REDUNDANT", wrong) == []


def test_an_equal_entry_is_shadowed_and_the_first_not_redundant() -> None:
    wrong = with_filters(acl_of(rule(101, PERMIT, WEB), rule(102, PERMIT, WEB)))
    assert found("ACL-SHADOWED", wrong) == [
        "r1:3000: entry 102 is never reached: entry 101 takes all that it matches @ r1.cfg:102 r1.cfg:101"
    ]
    assert found("ACL-REDUNDANT", wrong) == []


def test_an_entry_that_several_together_take() -> None:
    halves = [Match((prefix(0x0A010100 + part, 25),), None, TCP) for part in (0, 128)]
    wrong = with_filters(acl_of(rule(101, PERMIT, halves[0]), rule(102, PERMIT, halves[1]), rule(103, PERMIT, WEB), rule(104, DENY)))
    assert found("ACL-SHADOWED", wrong) == [
        "r1:3000: entry 103 is never reached: earlier entries together take all that it matches @ r1.cfg:103"
    ]
    mixed = with_filters(acl_of(rule(101, PERMIT, halves[0]), rule(102, DENY, halves[1]), rule(103, PERMIT, WEB)))
    assert found("ACL-SHADOWED", mixed) == []
    assert found("ACL-CONTRADICTORY", mixed) == [
        "r1:3000: entry 103 (permit) has no effect: earlier entries together do the opposite @ r1.cfg:103"
    ]
    holed = with_filters(acl_of(rule(101, PERMIT, halves[0]), rule(102, PERMIT, halves[1], conditional=True), rule(103, PERMIT, WEB)))
    assert found("ACL-SHADOWED", holed) == []


def test_an_entry_that_an_earlier_one_undoes() -> None:
    wrong = with_filters(acl_of(rule(101, DENY, Match(AGENCY)), rule(102, PERMIT, WEB)))
    assert found("ACL-CONTRADICTORY", wrong) == [
        "r1:3000: entry 102 (permit) has no effect: entry 101 does the opposite before it @ r1.cfg:102 r1.cfg:101"
    ]
    assert found("ACL-SHADOWED", wrong) == []
    after_all = with_filters(acl_of(rule(101, PERMIT, WEB), rule(102, DENY), rule(103, PERMIT, Match(AGENCY))))
    assert [line.split(" has")[0] for line in found("ACL-CONTRADICTORY", after_all)] == ["r1:3000: entry 103 (permit)"]


def test_an_entry_before_a_wider_one_that_does_the_same() -> None:
    wide = rule(103, PERMIT, Match(AGENCY, None, TCP))
    wrong = with_filters(acl_of(rule(101, PERMIT, WEB), wide, rule(104, DENY)))
    assert found("ACL-REDUNDANT", wrong) == [
        "r1:3000: entry 101 changes nothing: entry 103 after it does the same for all that it matches @ r1.cfg:101 r1.cfg:103"
    ]
    needed = with_filters(acl_of(rule(101, PERMIT, WEB), rule(102, DENY, Match(None, SERVER)), wide, rule(104, DENY)))
    assert found("ACL-REDUNDANT", needed) == []
    unlike = with_filters(acl_of(rule(101, PERMIT, WEB), rule(102, DENY, Match(None, SERVER, UDP)), wide, rule(104, DENY)))
    assert len(found("ACL-REDUNDANT", unlike)) == 1


HARMLESS = {
    "a last deny that equals the default": (rule(101, PERMIT, WEB), rule(102, DENY)),
    "denies before a last deny": (rule(101, PERMIT, WEB), rule(102, DENY, Match(AGENCY)), rule(103, DENY)),
    "overlapping ports": (rule(101, PERMIT, WEB), rule(102, PERMIT, WEB._replace(dports=((443, 444),), src=SERVER))),
    "a condition": (rule(101, PERMIT, WEB, conditional=True), rule(102, PERMIT, WEB)),
    "fragments": (rule(101, PERMIT, WEB), rule(102, PERMIT, Match(AGENCY, SERVER, TCP, fragments=(Fragment.LATER,)))),
    "other states": (rule(101, PERMIT, Match(states=("established",))), rule(102, PERMIT, WEB)),
    "other interfaces": (
        rule(101, PERMIT, Match(in_interfaces=Names(("eth0",)))),
        rule(102, PERMIT, Match(in_interfaces=Names(("eth1",)))),
    ),
    "another VRF": (rule(101, PERMIT, WEB._replace(vrf="a")), rule(102, PERMIT, WEB._replace(vrf="b"))),
    "flags": (rule(101, PERMIT, Match(flags=((16, 16),), protocols=TCP)), rule(102, PERMIT, Match(flags=((4, 4),), protocols=TCP))),
    "a log": (rule(101, Action.CONTINUE), rule(102, PERMIT, WEB), rule(103, DENY)),
    "a jump that comes back": (rule(101, Action.JUMP, target="2000"), rule(102, PERMIT, WEB)),
    "a set without members": (rule(101, PERMIT, Match(src=())), rule(102, PERMIT, WEB)),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_style(name: str) -> None:
    back = replace(operators("r1"), default=Action.RETURN, rules=operators("r1").rules[:1])
    wrong = config("r1", filters=(back, acl_of(*HARMLESS[name])))
    assert [item for item in superfluous([wrong]) if item.filter == "3000"] == []


def test_nothing_comes_back_from_a_chain_that_decides_everything() -> None:
    jump = rule(101, Action.JUMP, target="2000")
    wrong = with_filters(acl_of(jump, rule(102, PERMIT, WEB)))
    assert [(item.kind, item.rule.ref.line) for item in superfluous([wrong])] == [(Kind.SHADOWED, 102)]


def test_a_deny_that_names_no_vrf_is_meant_for_all() -> None:
    wrong = with_filters(acl_of(rule(101, DENY, Match(vrf="")), rule(102, PERMIT, WEB)))
    assert [item.kind for item in superfluous([wrong])] == [Kind.CONTRADICTED]


def policy(line: int, action: Action, sources: tuple[str, ...] | None, targets: tuple[str, ...] | None, *matches: Match) -> PolicyRule:
    return PolicyRule(rule(line, action, *matches), sources, targets)


def firewall(*rules: PolicyRule, between: Action = DENY) -> Firewall:
    zones = tuple(Zone(name, None, (Applied("GigabitEthernet0/0/2", ref("r1", 112)),), ref("r1", 111)) for name in ("trust", "dmz"))
    return Firewall(zones, rules, between, DENY, DENY, PERMIT, DENY, None)


def test_entries_between_zones_are_compared_by_their_zones() -> None:
    both = firewall(policy(121, PERMIT, ("trust",), ("dmz",), WEB), policy(122, PERMIT, ("dmz",), ("trust",), WEB))
    assert superfluous([config("r1", firewall=both)]) == ()
    same = firewall(policy(121, PERMIT, None, ("dmz",), WEB), policy(122, PERMIT, ("trust",), ("dmz",), WEB))
    assert found("ACL-SHADOWED", config("r1", firewall=same)) == [
        "r1:policy: entry 122 is never reached: entry 121 takes all that it matches @ r1.cfg:122 r1.cfg:121"
    ]
    narrow = firewall(policy(121, PERMIT, ("trust",), ("dmz",), WEB), policy(122, PERMIT, None, ("dmz",), WEB))
    assert [item.kind for item in superfluous([config("r1", firewall=narrow)])] == [Kind.REDUNDANT]


# --- against a reading packet by packet ------------------------------------------------------------------------------------------------

BASE = 0x0A000000
SIDES = (
    None,
    *(((host(BASE + n)),) for n in range(4)),
    (prefix(BASE, 31),),
    (prefix(BASE + 2, 31),),
    (prefix(BASE, 30),),
    (host(BASE), host(BASE + 3)),
)
HEADERS: tuple[dict[str, Any], ...] = (
    {}, {"protocols": TCP}, {"protocols": UDP}, {"protocols": TCP, "dports": ((80, 80),)}, {"protocols": TCP, "dports": ((80, 443),)},
    {"protocols": ((6, 6), (17, 17)), "dports": ((443, 443),)}, {"protocols": ICMP, "icmp": ((768, 1023),)}, {"protocols": ICMP},
    {"protocols": TCP, "flags": ((16, 16), (4, 4))},
)  # fmt: skip
SERVICES = (
    *((6, dport, flags) for dport in (79, 80, 100, 443) for flags in (2, 16, 4)),
    *((17, dport, 0) for dport in (53, 443)), (1, 769, 0), (1, 2048, 0), (253, 0, 0),
)  # fmt: skip
PACKETS = [
    Packet(src, dst, protocol, 0, dport, flags)
    for src, dst in product((*range(BASE, BASE + 4), 0x09000001), repeat=2)
    for protocol, dport, flags in SERVICES
]


def random_filter(random: Random) -> Filter:
    rules = []
    for line in range(random.randint(2, 7)):
        matches = [Match(random.choice(SIDES), random.choice(SIDES), **random.choice(HEADERS)) for _ in range(random.choice((1, 1, 1, 2)))]
        rules.append(rule(line, random.choice((PERMIT, PERMIT, DENY)), *matches, conditional=random.random() < 0.1))
    return acl_of(*rules)


@pytest.mark.parametrize("seed", range(25))
def test_random_filters_packet_by_packet(seed: int) -> None:
    random = Random(seed)
    for _ in range(3):
        made = random_filter(random)
        rows = {item.number: item.kind for item in Look().overlaps(made.rules)}
        for number, item in enumerate(made.rules):
            takes = [packet for packet in PACKETS if _matches(item, packet)]
            before = [
                next((other for other in made.rules[:number] if not other.conditional and _matches(other, packet)), None)
                for packet in takes
            ]
            shadowed = all(other is not None for other in before)
            assert shadowed == (rows.get(number) in (Kind.SHADOWED, Kind.CONTRADICTED)), made.rules
            if rows.get(number) is Kind.REDUNDANT:
                without = replace(made, rules=(*made.rules[:number], *made.rules[number + 1 :]))
                assert all(_permits(made, packet) == _permits(without, packet) for packet in PACKETS), made.rules


def _matches(item: Entry, packet: Packet) -> bool:
    return _permits(acl_of(item._replace(action=PERMIT, conditional=False)), packet)


def _permits(made: Filter, packet: Packet) -> bool:
    return decide({}, made, packet, Context("", "", "", "new"), strict=True).action == PERMIT


# --- shapes ----------------------------------------------------------------------------------------------------------------------------


def renamed(made: Filter) -> Filter:
    """The same filter somewhere else."""

    def side(addresses: AddressSet | None) -> AddressSet | None:
        return addresses and tuple(Ternary(item.value ^ 0x00FF0700, item.mask) for item in addresses)

    rules = tuple(
        item._replace(
            matches=tuple(match._replace(src=side(match.src), dst=side(match.dst)) for match in item.matches), name="other", ref=AT
        )
        for item in made.rules
    )
    return replace(made, rules=rules)


@pytest.mark.parametrize("seed", range(10))
def test_filters_of_equal_shape_have_equal_faults(seed: int) -> None:
    random, shapes = Random(seed), Shapes()
    known: dict[Hashable, list[Overlap]] = {}
    for _ in range(200):
        made = random_filter(random)
        key = shapes.key(made.rules, None, frozenset())
        assert key == shapes.key(renamed(made).rules, None, frozenset())
        overlaps = Look().overlaps(made.rules)
        assert overlaps == Look().overlaps(renamed(made).rules)
        assert known.setdefault(key, overlaps) == overlaps


UNLIKE = {
    "covered or not": (
        (prefix(BASE, 31), prefix(BASE + 2, 31), prefix(BASE, 30)),
        (prefix(BASE, 31), prefix(BASE + 2, 32), prefix(BASE, 30)),
    ),
    "inside or beside": ((host(BASE), prefix(BASE, 30), host(BASE + 9)), (host(BASE), prefix(BASE, 30), host(BASE + 1))),
    "everything or a part": ((prefix(0, 0), host(BASE)), (prefix(BASE, 8), host(BASE))),
    "all addresses or not": ((prefix(0, 1), prefix(1 << 31, 1)), (prefix(0, 1), prefix(1 << 31, 2))),
    "a mask with holes": ((Ternary(0, 0xFF0000FF), host(BASE)), (Ternary(1, 0xFF0000FF), host(BASE))),
}


@pytest.mark.parametrize("name", UNLIKE)
def test_shapes_that_differ(name: str) -> None:
    shapes = Shapes()
    one, other = ([rule(line, PERMIT, Match((item,))) for line, item in enumerate(sides)] for sides in UNLIKE[name])
    assert shapes.key(one, None, frozenset()) != shapes.key(other, None, frozenset())
    assert shapes.key(one, None, frozenset()) != shapes.key(one, (("a",), None), frozenset())
    assert shapes.key(one, None, frozenset()) != shapes.key([one[0]._replace(action=DENY), *one[1:]], None, frozenset())


def test_jumps_to_chains_that_come_back_or_not_have_other_shapes() -> None:
    jump = [rule(1, Action.JUMP, target="chain")]
    shapes = Shapes()
    assert shapes.key(jump, None, frozenset()) != shapes.key(jump, None, {"chain"})


# --- references ------------------------------------------------------------------------------------------------------------------------


def neighbor(**changes: Any) -> BgpNeighbor:
    base = BgpNeighbor(
        "172.16.0.2",
        "65000",
        None,
        "",
        None,
        True,
        False,
        True,
        (),
        (),
        PERMIT,
        PERMIT,
        None,
        None,
        None,
        False,
        False,
        None,
        ref("r1", 95),
    )
    return replace(base, **changes)


def first_port(**changes: Any) -> tuple[Interface, ...]:
    interfaces = config("r1").interfaces
    return (replace(interfaces[0], **changes), *interfaces[1:])


def bgp(**changes: Any) -> BgpProcess:
    return replace(BgpProcess("65001", None, None, (), (), (), (), None, (), None, ref("r1", 94)), **changes)


AT = ref("r1", 200)
ROUTE_POLICY = RoutePolicy("IN", "route-policy", (PolicyEntry(10, PERMIT, (("prefix-list", ("GONE",)),), (), AT),), ref("r1", 199))
NAT = DestinationNat("web", (Match(),), None, ("gone",), (1, 1), None, False, False, False, AT)
DANGLING: dict[str, tuple[DeviceConfig, str]] = {
    "in": (config("r1", interfaces=first_port(filters_in=(Applied("3999", AT),))), "filter 3999"),
    "out": (config("r1", interfaces=first_port(filters_out=(Applied("3999", AT),))), "filter 3999"),
    "vlan": (config("r1", vlans=(Vlan(10, "", AT, filters_in=(Applied("3999", AT),)),)), "filter 3999"),
    "global": (config("r1", global_in=(Applied("3999", AT),)), "filter 3999"),
    "hook": (config("r1", hooks=(Hook("forward", 0, "chain", AT),)), "filter chain"),
    "jump": (with_filters(acl_of(rule(101, Action.JUMP, target="gone")._replace(ref=AT))), "filter gone"),
    "line": (managed("r1", lines=(replace(config("r1").management.lines[0], filters=(Applied("3999", AT),)),)), "filter 3999"),
    "snmp": (managed("r1", snmp=(config("r1").management.snmp[0]._replace(filters=(Applied("3999", AT),)),)), "filter 3999"),
    "service": (managed("r1", services=(config("r1").management.services[0]._replace(filters=(Applied("3999", AT),)),)), "filter 3999"),
    "zone": (
        config("r1", firewall=firewall(policy(121, PERMIT, ("gone",), None, WEB)._replace(rule=rule(121, PERMIT, WEB)._replace(ref=AT)))),
        "security zone gone",
    ),
    "zone of nat": (config("r1", firewall=firewall(), destination_nat=(NAT,)), "security zone gone"),
    "member of a zone": (
        config("r1", firewall=replace(firewall(), zones=(Zone("trust", None, (Applied("GigabitEthernet9/9/9", AT),), AT),))),
        "interface GigabitEthernet9/9/9",
    ),
    "policy of bgp": (config("r1", bgp=(bgp(neighbors=(neighbor(in_policies=(Applied("GONE", AT),)),)),)), "prefix list GONE"),
    "policy of a network": (config("r1", bgp=(bgp(networks=((0, 0, "GONE", AT),)),)), "route policy GONE"),
    "redistribution": (
        config("r1", ospf=(replace(config("r1").ospf[0], redistributions=(Redistribution("static", "", "GONE", None, None, AT),)),)),
        "route policy GONE",
    ),
    "list of ospf": (config("r1", ospf=(replace(config("r1").ospf[0], distribute_lists=(("in", "GONE", AT),)),)), "prefix list GONE"),
    "list of a policy": (config("r1", route_policies=(ROUTE_POLICY,)), "prefix list GONE"),
    "policy route": (config("r1", interfaces=first_port(policy_route=Applied("PBR", AT))), "route policy PBR"),
    "vrf": (config("r1", interfaces=first_port(vrf="gone", ref=AT)), "VRF gone"),
    "vrf of a route": (config("r1", static_routes=(StaticRoute(None, 0, 0, 1, None, "gone", False, 60, None, False, AT),)), "VRF gone"),
    "aggregate": (config("r1", interfaces=first_port(aggregate="Eth-Trunk9", ref=AT)), "interface Eth-Trunk9"),
}


@pytest.mark.parametrize("name", DANGLING)
def test_dangling(name: str) -> None:
    wrong, what = DANGLING[name]
    assert found("ACL-DANGLING", wrong) == [f"r1:{what.split()[-1]}: {what} is used, but not defined @ r1.cfg:200"]


def test_what_is_defined_does_not_dangle() -> None:
    lists = (PrefixList("GONE", (), AT),)
    vrfs = (Vrf("gone", "", (), (), AT),)
    right = config("r1", route_policies=(ROUTE_POLICY,), prefix_lists=lists, vrfs=vrfs, interfaces=first_port(vrf="gone"))
    assert found("ACL-DANGLING", right) == []
    unused = with_filters(acl_of(rule(101, DENY)))
    assert found("ACL-DANGLING", unused) == []


def test_zones_that_a_maker_ships_are_there() -> None:
    rules = firewall(policy(121, PERMIT, ("Untrust",), ("dmz",), WEB), policy(122, PERMIT, ("Management",), ("local",), WEB))
    bare = config("r1", firewall=replace(rules, zones=()))
    assert len(found("ACL-DANGLING", bare)) == 3
    assert found("ACL-DANGLING", replace(bare, platform="h3c_secpath")) == []
    assert [line.partition(" is")[0] for line in found("ACL-DANGLING", replace(bare, platform="huawei_usg"))] == [
        "r1:Management: security zone Management"
    ]


def test_what_a_platform_permits_by_itself_is_nobodys_entry() -> None:
    own = PolicyRule(Entry(PERMIT, (Match(),), ref("r1", 111), "default"), ("dmz",), ("local",))
    wrong = config("r1", firewall=firewall(policy(121, PERMIT, ("dmz",), ("local",), WEB), own, own))
    assert found("ACL-SHADOWED", wrong) == []
    assert found("ACL-ANY", wrong) == []


def test_an_entry_for_a_set_without_members() -> None:
    wrong = with_filters(acl_of(rule(101, PERMIT, Match(src=()))), firewall=firewall(policy(121, PERMIT, None, None, Match(dst=()))))
    assert found("ACL-DANGLING", wrong) == [
        "r1:3000: entry 101 can never match: a set that it names has no members @ r1.cfg:101",
        "r1:policy: entry 121 can never match: a set that it names has no members @ r1.cfg:121",
    ]
    assert found("ACL-DANGLING", with_filters(acl_of(rule(101, PERMIT, Match(src=()), WEB)))) == []


# --- any to any ------------------------------------------------------------------------------------------------------------------------


def at_edge(made: Filter, name: str = "GigabitEthernet0/0/1.10", **changes: Any) -> DeviceConfig:
    interfaces = tuple(
        replace(item, filters_in=(Applied(made.name, AT),), **changes) if item.name == name else item for item in config("r1").interfaces
    )
    return with_filters(made, interfaces=interfaces)


def test_a_filter_that_permits_everything_at_an_edge() -> None:
    wide = acl_of(rule(101, DENY, WEB), rule(102, PERMIT), rule(103, DENY))
    assert found("ACL-ANY", at_edge(wide)) == [
        "r1:3000: entry 102 of 3000 permits everything at GigabitEthernet0/0/1.10 @ r1.cfg:102 r1.cfg:200"
    ]
    assert found("ACL-ANY", at_edge(wide, "GigabitEthernet0/0/2")) == []
    assert found("ACL-ANY", with_filters(wide)) == []
    closed = acl_of(rule(101, PERMIT, WEB), rule(102, DENY), rule(103, PERMIT))
    assert found("ACL-ANY", at_edge(closed)) == []


def test_a_filter_that_permits_what_it_does_not_name() -> None:
    named = acl_of(rule(101, DENY, WEB), default=PERMIT)
    assert found("ACL-ANY", at_edge(named)) == [
        "r1:3000: what no entry of 3000 names passes at GigabitEthernet0/0/1.10 @ r1.cfg:100 r1.cfg:200"
    ]
    assert found("ACL-ANY", at_edge(acl_of(rule(101, PERMIT, WEB), rule(102, DENY, Match(vrf="")), default=PERMIT))) == []
    assert len(found("ACL-ANY", at_edge(acl_of(rule(102, DENY, Match(vrf="")), default=PERMIT), vrf="tax"))) == 1
    assert found("ACL-ANY", at_edge(acl_of(rule(102, DENY, Match(vrf="tax")), default=PERMIT), vrf="tax")) == []


def test_a_policy_that_permits_everything_between_zones() -> None:
    wide = firewall(
        policy(121, PERMIT, ("trust",), ("dmz",)), policy(122, PERMIT, ("trust",), ("trust",)), policy(123, PERMIT, ("local",), None)
    )
    assert found("ACL-ANY", config("r1", firewall=wide)) == ["r1:policy: entry 121 permits everything from trust to dmz @ r1.cfg:121"]
    wider = firewall(policy(121, PERMIT, None, None, Match(src=(prefix(0, 0),))))
    assert found("ACL-ANY", config("r1", firewall=wider)) == ["r1:policy: entry 121 permits everything from * to * @ r1.cfg:121"]
    default = firewall(between=PERMIT)
    assert found("ACL-ANY", config("r1", firewall=default)) == ["r1:policy: what no entry names passes between zones @ r1.cfg:111"]
    line = replace(default, default_ref=ref("r1", 119))
    assert found("ACL-ANY", config("r1", firewall=line)) == ["r1:policy: what no entry names passes between zones @ r1.cfg:119"]


def test_a_linux_host_that_forwards_everything() -> None:
    chain = acl_of(rule(101, PERMIT, Match(states=("established",))), rule(102, PERMIT), name="forward", kind="chain")
    wrong = with_filters(chain, platform="frr", hooks=(Hook("forward", 0, "forward", AT),))
    assert found("ACL-ANY", wrong) == ["r1:forward: entry 102 of forward permits everything @ r1.cfg:102"]
    ingress = replace(wrong, hooks=(Hook("input", 0, "forward", AT),))
    assert found("ACL-ANY", ingress) == []
