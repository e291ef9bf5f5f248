"""nftables read as Snapshot, and every condition held against what nft itself tells the kernel."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isolation_checks.packets.fields import Packet
from isolation_checks.reading import nft, nft_rule, values
from isolation_checks.reading.ledger import Ledger
from isolation_checks.reading.nft_values import covers
from isolation_checks.reading.source import Source, read_source
from isolation_checks.snapshot import (
    Action,
    DestinationNat,
    DeviceConfig,
    FeatureKind,
    Filter,
    Hook,
    LineCode,
    Match,
    Names,
    Ref,
    Rule,
    SourceNat,
    Ternary,
)

HERE = Path(__file__).parent
REAL = HERE.parents[3] / "shared" / "data" / "configs" / "nftables"


def _sibling(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"reading_{name}", HERE / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    import sys  # noqa: PLC0415 - dataclasses look their module up

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


oracle = _sibling("nft_oracle")
cases = _sibling("nft_cases")
REFUSAL = oracle.available()


def source(text: str, name: str = "r/nftables.conf") -> Source:
    return Source(name, tuple(text.strip("\n").split("\n")), "utf-8", ())


def parse(text: str) -> DeviceConfig:
    return nft.parse("r", (source(text),))


def rules_of(*lines: str, family: str = "inet") -> tuple[Rule, ...]:
    config = parse(f"table {family} t {{\nchain there {{\n}}\nchain c {{\n" + "\n".join(lines) + "\n}\n}")
    assert not config.unknown, config.unknown
    return next(item.rules for item in config.filters if item.name.endswith(" c"))


def ip(text: str) -> int:
    value = values.ip(text)
    assert value is not None
    return value


# --- against the kernel's instructions -------------------------------------------------------------------------------------------------


def _within(value: int, ranges: tuple[tuple[int, int], ...] | None) -> bool:
    return ranges is None or any(low <= value <= high for low, high in ranges)


def _named(name: str, names: Names | None) -> bool:
    return names is None or any(covers(pattern, name) for pattern in names.names) != names.negated


def _holds(match: Match, packet: Packet, state: str, iif: str, oif: str) -> bool:
    return (
        (match.src is None or any(packet.src & item.mask == item.value for item in match.src))
        and (match.dst is None or any(packet.dst & item.mask == item.value for item in match.dst))
        and _within(packet.protocol, match.protocols)
        and _within(packet.sport, match.sports)
        and _within(packet.dport, match.dports)
        and _within(packet.dport, match.icmp)
        and (match.flags is None or any(packet.flags & mask == value for mask, value in match.flags))
        and (match.states is None or state in match.states)
        and _named(iif, match.in_interfaces)
        and _named(oif, match.out_interfaces)
    )


def _first(rules: list[Rule], *packet: object) -> Rule | None:
    return next((rule for rule in rules if any(_holds(match, *packet) for match in rule.matches)), None)  # type: ignore[arg-type]


_ACTIONS = {"accept": Action.PERMIT, "drop": Action.DENY, "jump": Action.JUMP, "goto": Action.GOTO, "return": Action.RETURN}


def _compare(lines: list[str], count: int) -> None:
    """Exact entries match what nft matches; conditional ones may match more, never less."""
    for line, program in zip(lines, oracle.programs(lines), strict=True):
        rules = list(rules_of(line))
        for packet in cases.packets(count, seed=7):
            real = oracle.verdict(program, *packet)
            exact = _first([rule for rule in rules if not rule.conditional], *packet)
            loose = _first(rules, *packet)
            if real is None:
                assert exact is None, (line, packet)
            else:
                assert loose is not None, (line, packet)
                assert loose.action == _ACTIONS[real], (line, packet)
            if real is not None and all(not rule.conditional for rule in rules):
                assert exact is not None, (line, packet)


@pytest.mark.skipif(bool(REFUSAL), reason=REFUSAL or "nft answers")
def test_typed_conditions_match_what_nft_tells_the_kernel() -> None:
    _compare(cases.TYPED, 250)


@pytest.mark.skipif(bool(REFUSAL), reason=REFUSAL or "nft answers")
def test_random_rules_match_what_nft_tells_the_kernel() -> None:
    _compare(cases.random_rules(300, seed=11), 60)


@pytest.mark.skipif(bool(REFUSAL), reason=REFUSAL or "nft answers")
@pytest.mark.parametrize("path", sorted((HERE / "nft").glob("*.nft")), ids=lambda path: path.name)
def test_nft_accepts_the_rulesets_here(path: Path) -> None:
    answer = oracle.ask(path.read_text(encoding="utf-8"))
    assert answer.returncode == 0, answer.stderr


def test_quick_reading_says_what_the_thorough_one_says(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [*cases.TYPED, *cases.random_rules(400, seed=3)]
    quick = [rules_of(line) for line in lines]
    monkeypatch.setattr(nft_rule, "_quick", lambda words, family, chains: None)
    assert [rules_of(line) for line in lines] == quick


# --- whole rulesets, by hand -----------------------------------------------------------------------------------------------------------


def _read(name: str) -> DeviceConfig:
    path = HERE / "nft" / name
    return nft.parse("r", (read_source(name, path.read_bytes()),))


TCP, UDP = ((6, 6),), ((17, 17),)


def test_border_ruleset() -> None:
    config = _read("border.nft")
    assert config.unknown == ()
    name = "border.nft"
    forward = next(item for item in config.filters if item.name == "inet edge forward")
    lan = Names(("lan0", "lan1"))
    wan = Names(("ppp*",))
    assert forward == Filter(
        "inet edge forward", "chain",
        (
            Rule(Action.PERMIT, (Match(states=("established",)), Match(states=("related",))), Ref(name, 32)),
            Rule(Action.DENY, (Match(states=("invalid",)),), Ref(name, 32)),
            Rule(Action.PERMIT, (Match(in_interfaces=lan, out_interfaces=wan, protocols=TCP, dports=((80, 80), (443, 443))),), Ref(name,
            33), "web"),
            Rule(Action.JUMP, (Match(in_interfaces=wan, out_interfaces=lan),), Ref(name, 34), "", False, "inet edge from-outside"),
            Rule(Action.DENY, (Match(),), Ref(name, 36)),
        ),
        Action.DENY, Ref(name, 31),
    )  # fmt: skip
    inside = next(item for item in config.filters if item.name == "inet edge from-outside")
    servers = (Ternary(ip("10.20.0.10"), 0xFFFFFFFF), *values.address_range(ip("10.20.0.20"), ip("10.20.0.23")))
    assert inside.rules == (
        Rule(Action.DENY, (Match(src=(values.prefix(ip("10.0.0.0"), 8),)),), Ref(name, 22)),
        Rule(Action.PERMIT, (Match(dst=servers, protocols=TCP, dports=((443, 443),)),), Ref(name, 23)),
        Rule(Action.PERMIT, (Match(src=(values.host(ip("198.51.100.7")),), protocols=UDP, dports=((500, 500), (4500, 4500))),), Ref(name,
        24), "", True),
        Rule(Action.RETURN, (Match(),), Ref(name, 25)),
    )  # fmt: skip
    assert inside.default == Action.RETURN
    assert config.hooks == (
        Hook("prerouting", -300, "inet edge raw", Ref(name, 28)),
        Hook("forward", 5, "inet edge forward", Ref(name, 31)),
    )
    assert config.source_nat == (
        SourceNat("", "exempt", (Match(dst=(values.prefix(ip("10.0.0.0"), 8),)),), None, None, None, (), False, False, False, Ref(name,
        50)),
        SourceNat("", "translate", (Match(src=(values.prefix(ip("10.20.0.0"), 16),), out_interfaces=Names(("ppp0",))),), "ppp0", None, None,
                  ((ip("203.0.113.8"), ip("203.0.113.11")),), False, True, False, Ref(name, 51)),
        SourceNat("rest", "translate", (Match(out_interfaces=wan),), None, None, None, (), True, True, False, Ref(name, 52)),
    )  # fmt: skip
    assert config.destination_nat == (
        DestinationNat("", (Match(in_interfaces=Names(("ppp0",)), protocols=TCP, dports=((8443, 8443),)),), "ppp0", None,
                       (ip("10.20.0.10"), ip("10.20.0.10")), (443, 443), False, False, False, Ref(name, 43)),
        DestinationNat("", (Match(in_interfaces=Names(("ppp0",)), protocols=TCP, dports=((25, 25),)),), "ppp0", None,
                       (ip("10.20.0.20"), ip("10.20.0.20")), None, False, False, False, Ref(name, 44)),
        DestinationNat("", (Match(in_interfaces=Names(("ppp0",)), protocols=TCP, dports=((993, 993),)),), "ppp0", None,
                       (ip("10.20.0.21"), ip("10.20.0.21")), None, False, False, False, Ref(name, 44)),
    )  # fmt: skip


def test_listed_ruleset_of_several_families() -> None:
    config = _read("families.nft")
    assert config.unknown == ()
    assert [item.name for item in config.filters] == ["ip mgmt input", "netdev early in", "netdev early in on its devices"]
    name = "families.nft"
    assert config.hooks == (
        Hook("ingress", -500, "netdev early in on its devices", Ref(name, 24)),
        Hook("input", -150, "ip mgmt input", Ref(name, 3)),
    )
    wrapper = config.filters[2]
    assert wrapper.rules == (Rule(Action.GOTO, (Match(in_interfaces=Names(("eth0", "eth1"))),), Ref(name, 24), target="netdev early in"),)
    assert wrapper.default == Action.PERMIT
    assert [(item.kind, item.ref.line) for item in config.features] == [(FeatureKind.FILTER, 31), (FeatureKind.FILTER, 32)]
    reasons = config.coverage[0].reasons
    codes = config.coverage[0].codes
    assert codes[11 - 1] == LineCode.IRRELEVANT + reasons.index(nft.ONLY_IPV6)
    assert codes[18 - 1] == LineCode.IRRELEVANT + reasons.index(nft.ONLY_ARP)


def test_commands_add_insert_flush_and_delete() -> None:
    config = _read("script.nft")
    assert config.unknown == ()
    name = "script.nft"
    assert config.filters == (
        Filter("ip gate in", "chain",
               (Rule(Action.DENY, (Match(src=(values.host(ip("192.0.2.66")),)),), Ref(name, 12)),
                Rule(Action.PERMIT, (Match(src=(values.prefix(ip("192.0.2.0"), 25), values.host(ip("192.0.2.200"))), protocols=TCP,
                                           dports=((22, 22),)),), Ref(name, 10)),
                Rule(Action.CONTINUE, (Match(),), Ref(name, 11))),
               Action.DENY, Ref(name, 7)),
    )  # fmt: skip
    assert config.hooks == (Hook("input", 0, "ip gate in", Ref(name, 7)),)


def test_includes_are_read_where_they_stand() -> None:
    main = source('define NET = 10.1.0.0/16\ninclude "rules.d/*.nft"\ninclude "/etc/elsewhere.nft"', "r/nftables.conf")
    part = source(
        "table ip t {\nchain c {\ntype filter hook forward priority 0; policy drop\nip saddr $NET accept\n}\n}", "r/rules.d/a.nft"
    )
    config = nft.parse("r", (main, part))
    assert [item.ref for item in config.unknown] == [Ref("r/nftables.conf", 3)]
    assert config.filters[0].rules == (Rule(Action.PERMIT, (Match(src=(values.prefix(ip("10.1.0.0"), 16),)),), Ref("r/rules.d/a.nft", 4)),)


def test_reverse_path_checks_become_the_interface_s_own() -> None:
    text = """
table inet t {
  chain pre {
    type filter hook prerouting priority raw; policy accept;
    iifname "eth1" ip saddr != 0.0.0.0 fib saddr oifname != "eth1" drop
    iifname { "eth2", "eth3" } fib saddr . iif oif missing drop
    iifname "eth4" tcp dport 80 fib saddr . iif oif missing drop
    iifname "eth5" accept
    iifname "eth5" fib saddr . iif oif missing drop
    iifname "eth6" fib saddr oif missing drop
  }
}"""
    config = parse(text)
    assert config.unknown == ()
    assert {item.name: (item.urpf, item.urpf_default, item.urpf_ref) for item in config.interfaces} == {
        "eth1": ("strict", True, Ref("r/nftables.conf", 4)),
        "eth2": ("strict", True, Ref("r/nftables.conf", 5)),
        "eth3": ("strict", True, Ref("r/nftables.conf", 5)),
        "eth6": ("loose", True, Ref("r/nftables.conf", 9)),
    }
    assert all(rule.conditional for rule in config.filters[0].rules if rule.action == Action.DENY)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("udp dport 53 queue num 0", FeatureKind.PROXY),
        ("tcp dport 80 tproxy to :3129", FeatureKind.PROXY),
        ("dup to 10.0.0.9", FeatureKind.MIRROR),
        ("flow add @f", FeatureKind.OTHER),
        ("notrack", FeatureKind.FILTER),
        ('tcp dport 21 ct helper set "ftp-std"', FeatureKind.FILTER),
        ("ip daddr set 10.0.0.1", FeatureKind.NAT),
    ],
)
def test_what_the_model_lacks_is_a_feature(line: str, kind: FeatureKind) -> None:
    config = parse(f"table ip t {{\nchain c {{\n{line}\n}}\n}}")
    assert config.unknown == ()
    assert [(item.kind, item.ref.line) for item in config.features] == [(kind, 3)]


@pytest.mark.parametrize(
    "line",
    [
        "meta mark 0x10 accept",
        "ip dscp cs1 accept",
        "limit rate 5/second accept",
        "limit rate over 10/minute burst 5 packets accept",
        "ip ttl < 5 accept",
        "meta hour \"08:00\"-\"17:00\" accept",
        "meta skuid 0 accept",
        "ct status dnat accept",
        "ct direction reply accept",
        "ether saddr 00:11:22:33:44:55 accept",
        "ip frag-off & 0x1fff != 0 accept",
        "fib daddr type local accept",
        "@nh,128,32 0x0a000001 accept",
        "ip saddr @blocked accept",
        "ct mark & 0xff == 0x10 accept",
        "meta pkttype { broadcast, multicast } accept",
        "ct count over 10 accept",
        "tcp option maxseg size 1-536 accept",
    ],
)  # fmt: skip
def test_what_only_narrows_is_conditional(line: str) -> None:
    config = parse(f"table ip t {{\nset blocked {{\ntype ipv4_addr; flags dynamic, timeout\n}}\nchain c {{\n{line}\n}}\n}}")
    assert config.unknown == ()
    assert [(rule.action, rule.conditional) for rule in config.filters[0].rules] == [(Action.PERMIT, True)]


@pytest.mark.parametrize(
    "line",
    [
        "iifname $NOWHERE accept",
        "ip saddr @nothing accept",
        "jump nowhere",
        "tcp dport 99999 accept",
        "ip saddr 10.0.0.300 accept",
        "ip saddr x.x.x.x accept",
        "frobnicate accept",
        "tcp flags & fin|syn == syn accept",
        "ct state bogus accept",
        "ip saddr 10.0.0.1 tcp dport",
    ],
)
def test_what_is_not_understood_says_so_and_lets_nothing_through(line: str) -> None:
    config = parse(f"table ip t {{\nchain c {{\n{line}\n}}\n}}")
    assert [item.ref.line for item in config.unknown] == [3]
    assert config.unknown[0].context == ("table ip t", "chain c")
    assert config.filters[0].rules == ()
    assert config.coverage[0].codes[2] == LineCode.UNKNOWN


def test_sets_filled_by_rules_or_left_empty_are_not_taken_for_empty() -> None:
    text = """
table ip t {
  set seen {
    type ipv4_addr
    elements = { 10.0.0.1 }
  }
  set later {
    type ipv4_addr
  }
  chain c {
    tcp dport 22 add @seen { ip saddr }
    ip saddr @seen accept
    ip saddr @later drop
  }
}"""
    config = parse(text)
    assert [(rule.action, rule.matches, rule.conditional) for rule in config.filters[0].rules[1:]] == [
        (Action.PERMIT, (Match(),), True),
        (Action.DENY, (Match(),), True),
    ]


def test_a_dnat_after_an_exemption_may_or_may_not_happen() -> None:
    text = """
table ip n {
  chain pre {
    type nat hook prerouting priority dstnat
    ip saddr 10.0.0.0/8 return
    tcp dport 80 dnat to 10.0.0.5:8080
    tcp dport 3128 redirect to :8080
  }
}"""
    config = parse(text)
    assert [(item.inside, item.inside_ports, item.conditional) for item in config.destination_nat] == [
        ((ip("10.0.0.5"), ip("10.0.0.5")), (8080, 8080), True),
        ((ip("127.0.0.1"), ip("127.0.0.1")), (8080, 8080), True),
    ]
    assert [item.kind for item in config.features] == [FeatureKind.PROXY]


def test_a_ruleset_cut_off_says_so() -> None:
    config = parse("table ip t {\nchain c {\ntcp dport 22 accept")
    assert ("truncated", "yes") in config.facts


# --- real ones, and nonsense -----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not REAL.is_dir(), reason="the collection of real configs is not here")
@pytest.mark.parametrize("path", sorted(REAL.glob("*")) if REAL.is_dir() else [], ids=lambda path: path.name)
def test_real_rulesets(path: Path) -> None:
    read = read_source(path.name, path.read_bytes())
    config = nft.parse(path.stem, (read,))
    assert nft.looks_like(read) >= 0.9
    # What remains are variables that a file beside it defines.
    assert all("$" in item.text or item.text.startswith("include") for item in config.unknown)
    assert all(len(item.codes) == len(read.lines) for item in config.coverage)


@pytest.mark.skipif(not (REAL / "010-docker-swarm-v6.cfg").is_file(), reason="the collection of real configs is not here")
def test_a_real_ruleset_in_detail() -> None:
    path = REAL / "010-docker-swarm-v6.cfg"
    config = nft.parse("d", (read_source(path.name, path.read_bytes()),))
    assert [(item.name, len(item.rules), item.default) for item in config.filters] == [
        ("ip filter INPUT_IPV4", 1, Action.RETURN),
        ("ip filter INPUT", 5, Action.DENY),
        ("ip filter FORWARD", 0, Action.DENY),
        ("ip filter OUTPUT", 0, Action.PERMIT),
    ]
    assert config.filters[1].rules[4].matches == (Match(protocols=TCP, dports=((80, 80), (443, 443))),)
    assert config.filters[0].rules[0].conditional


WORDS = [*"{};\n()", "table", "chain", "ip", "saddr", "10.0.0.0/8", "tcp", "dport", "22", "accept", "@s", "$v", "define",
    "=", "set", "elements",
    "type", "filter", "hook", "input", "priority", "policy", "drop", ",", ".", "vmap", ":", "!=", "&", "include", '"x"',
    "add", "rule", "flags"]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=80))
def test_any_words_are_accounted_for(words: list[str]) -> None:
    _accounted(" ".join(words))


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_accounted_for(text: str) -> None:
    _accounted(text)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3000), st.randoms())
def test_any_cut_or_shuffle_is_accounted_for(cut: int, random: object) -> None:
    text = (HERE / "nft" / "border.nft").read_text(encoding="utf-8")
    _accounted(text[:cut])
    lines = text.split("\n")
    random.shuffle(lines)  # type: ignore[attr-defined]
    _accounted("\n".join(lines))


def _accounted(text: str) -> None:
    lines = tuple(text.split("\n"))
    ledger = Ledger("f", len(lines))
    files = [(Source("f", lines, "utf-8", ()), ledger)]
    nft.read(files)
    config = nft.parse("f", (files[0][0],))
    unknown = {item.ref.line for item in config.unknown}
    for number, code in enumerate(config.coverage[0].codes, 1):
        assert (code == LineCode.UNKNOWN) == (number in unknown)
