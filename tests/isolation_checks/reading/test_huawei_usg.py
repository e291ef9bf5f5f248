"""Firewalls of Huawei: configs written by hand, each with what it must be read as."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isolation_checks.reading import huawei_usg, huawei_vrp
from isolation_checks.reading.source import read_source
from isolation_checks.snapshot import (
    Action,
    Applied,
    DestinationNat,
    DeviceConfig,
    FeatureKind,
    Firewall,
    LastHop,
    LineCode,
    Match,
    PolicyRule,
    SourceNat,
    User,
    VirtualAddress,
    Zone,
)
from templates.engine import Renderer
from templates.platforms import Platforms
from tests.isolation_checks.reading.huawei_common import (
    REAL,
    ROOT,
    TCP,
    UDP,
    D,
    P,
    at,
    deny,
    features,
    interface,
    ip,
    mangled,
    net,
    permit,
    unknown,
    usg,
    whole,
)
from topology.network import load

ZONES = """firewall zone local
 set priority 100
#
firewall zone trust
 set priority 85
 add interface GigabitEthernet1/0/1
#
firewall zone untrust
 set priority 5
 add interface GigabitEthernet1/0/2
#
"""


def firewall(config: DeviceConfig) -> Firewall:
    assert config.firewall is not None
    return config.firewall


def test_zones() -> None:
    config = usg(
        """firewall zone Local
 set priority 100
#
firewall zone name guests id 4
 set priority 30
 description visitors
 add interface GigabitEthernet1/0/3.20
 add interface GigabitEthernet 1/0/4
 undo add interface GigabitEthernet1/0/4
#
firewall zone dmz
 add interface Vlanif 30
 add interface GigabitEthernet1/0/5
#
firewall zone trust
 add interface GigabitEthernet1/0/5
#
default packet-filter intrazone enable
#
return
"""
    )
    assert firewall(config) == Firewall(
        zones=(
            Zone("local", 100, (), at(1)),
            Zone("guests", 30, (Applied("GigabitEthernet1/0/3.20", at(7)),), at(4)),
            Zone("dmz", 50, (Applied("Vlanif30", at(12)),), at(11)),
            Zone("trust", 85, (Applied("GigabitEthernet1/0/5", at(16)),), at(15)),
        ),
        rules=(),
        between=D,
        within=D,
        to_local=D,
        from_local=D,
        unzoned=D,
        default_ref=None,
        within_checked=True,
    )
    assert not config.unknown


def test_security_policy() -> None:
    config = usg(
        """ip address-set SRV type object
 address 0 10.1.5.0 mask 24
 address 1 10.1.6.9 0
 address 2 range 10.1.7.4 10.1.7.7 description four
#
ip address-set ALL type group
 address address-set SRV
 address 5 address-set ALL
 address 6 10.9.0.0 0.0.255.255
#
ip service-set WEB type object 16
 service 0 protocol tcp source-port 0 to 65535 destination-port 80 443 8000 to 8010
 service 1 protocol icmp icmp-type 8
#
security-policy
 default action permit
 rule name "two words"
  description quoted
  source-zone trust
  source-zone guests dmz
  destination-zone untrust
  source-address address-set ALL
  destination-address 198.51.100.0 24
  destination-address 192.0.2.7 mask 255.255.255.255
  service WEB
  service dns
  action permit
 rule name 二
  disable
  action permit
 rule name narrow
  destination-zone Local
  application app FTP
  service protocol tcp destination-port 22
  action deny
 rule name bare
 rule name wild
  source-address 10.0.0.0 0.255.0.255
  source-address-exclude 10.0.0.1 32
  destination-address any
  service any
  action deny
 rule name unheard
  service some-release-only
  destination-address address-set never-defined
  action permit
 rule name late
  source-zone any
  action deny
 rule move late before narrow
 undo rule name gone
 group name G from "two words" to 二
#
return
"""
    )
    members = (net("10.9.0.0/16"), net("10.1.5.0/24"), net("10.1.6.9/32"), net("10.1.7.4/30"))
    targets = (net("198.51.100.0/24"), net("192.0.2.7/32"))
    services = (
        Match(None, None, TCP, None, ((80, 80), (443, 443), (8000, 8010))),
        Match(None, None, ((1, 1),), icmp=((2048, 2303),)),
        Match(None, None, UDP, None, ((53, 53),)),
        Match(None, None, TCP, None, ((53, 53),)),
    )
    two = permit(17, "two words", Match())._replace(matches=tuple(item._replace(src=members, dst=targets) for item in services))
    wild = (net("10.0.0.0/32")._replace(mask=ip("255.0.255.0")),)
    rules = firewall(config).rules
    assert [rule.rule.name for rule in rules] == ["two words", "late", "narrow", "bare", "wild", "unheard"]
    assert rules[1:] == (
        PolicyRule(deny(47, "late", Match()), None, None),
        PolicyRule(deny(31, "narrow", Match(None, None, TCP, None, ((22, 22),)), conditional=True), None, ("local",)),
        PolicyRule(deny(36, "bare", Match(), conditional=True), None, None),
        PolicyRule(deny(37, "wild", Match(wild), conditional=True), None, None),
        PolicyRule(permit(43, "unheard", Match(None, (net("0.0.0.0/0"),)), conditional=True), None, None),
    )
    assert rules[0] == PolicyRule(two, ("trust", "guests", "dmz"), ("untrust",))
    assert (firewall(config).between, firewall(config).default_ref, firewall(config).within) == (P, at(16), P)
    assert not config.unknown


def test_ipv6_rules_match_nothing_of_ours() -> None:
    config = usg("security-policy\n rule name a\n  source-address 2001:db8:: 32\n  action permit\n#\nreturn\n")
    assert firewall(config).rules[0].rule == permit(2, "a", Match(src=()))


def test_a_group_of_rules_is_switched_off() -> None:
    config = usg(
        "security-policy\n rule name a\n  action permit\n rule name b\n  action permit\n rule name c\n  action permit\n"
        " group name G from a to b\n  disable\n#\nreturn\n"
    )
    assert [rule.rule.name for rule in firewall(config).rules] == ["c"]
    assert not config.unknown


def test_policy_interzone() -> None:
    """The older form: inbound is from the zone of lower priority. Its defaults come last."""
    config = usg(
        """firewall packet-filter default permit interzone local trust direction outbound
firewall packet-filter default deny interzone untrust local
#
"""
        + ZONES
        + """ip address-set nets type object
 address 1 10.1.0.0 mask 255.255.0.0 description ours
#
policy interzone trust untrust inbound
 policy 2
 description typed flat
  action permit
  policy service service-set ssh
  policy source 192.0.2.0 mask 24
#
 policy 1
  action deny
  policy destination address-set nets
  policy time-range night
#
policy interzone trust untrust outbound
 policy 0
  action permit
  policy source address-set nets
#
return
"""
    )
    rules = firewall(config).rules
    untrust, trust, local = ("untrust",), ("trust",), ("local",)
    ssh = Match((net("192.0.2.0/24"),), None, TCP, None, ((22, 22),))
    assert rules == (
        PolicyRule(permit(19, "2", ssh), untrust, trust),
        PolicyRule(deny(25, "1", Match(None, (net("10.1.0.0/16"),)), conditional=True), untrust, trust),
        PolicyRule(permit(31, "0", Match((net("10.1.0.0/16"),))), trust, untrust),
        PolicyRule(permit(1, "default", Match()), local, trust),
        PolicyRule(deny(2, "default", Match()), untrust, local),
        PolicyRule(deny(2, "default", Match()), local, untrust),
    )
    assert not config.unknown
    everything = firewall(usg("firewall packet-filter default permit all\n#\nreturn\n"))
    assert (everything.between, everything.default_ref, everything.rules) == (P, at(1), ())


def test_translations() -> None:
    config = usg(
        """nat address-group POOL 3
 mode no-pat local
 section 0 203.0.113.10 203.0.113.12
 section 1 203.0.113.20
 route enable
#
nat address-group 5 203.0.113.40 203.0.113.41
#
nat server web 0 zone untrust protocol tcp global 203.0.113.30 8080 inside 10.1.5.9 www no-reverse unr-route
nat server ping protocol icmp global 203.0.113.31 inside 10.1.5.10
nat server block global 203.0.113.32 203.0.113.33 inside 10.1.5.32 10.1.5.33 no-reverse
nat server gone global 203.0.113.50 inside 10.1.5.50
undo nat server name gone
#
nat-policy
 rule name exempt
  source-zone trust
  destination-address 10.0.0.0 8
  action no-nat
 rule name old
  egress-interface GigabitEthernet1/0/2
  action nat easy-ip
 rule name new
  source-zone trust
  destination-zone untrust
  source-address 10.1.0.0 mask 255.255.0.0
  action source-nat address-group POOL
 rule name number
  time-range day
  action source-nat address-group 5 no-pat
 rule name off
  disable
  action source-nat easy-ip
 rule name strange
  action destination-nat static address-to-address address-group POOL
#
return
"""
    )
    any_match, none = (Match(),), None
    pool = ((ip("203.0.113.10"), ip("203.0.113.12")), (ip("203.0.113.20"), ip("203.0.113.20")))
    five = ((ip("203.0.113.40"), ip("203.0.113.41")),)
    assert config.source_nat == (
        SourceNat("exempt", "exempt", (Match(None, (net("10.0.0.0/8"),)),), none, ("trust",), none, (), False, True, False, at(16)),
        SourceNat("old", "translate", any_match, "GigabitEthernet1/0/2", none, none, (), True, True, False, at(20)),
        SourceNat("new", "translate", (Match((net("10.1.0.0/16"),)),), none, ("trust",), ("untrust",), pool, False, False, False, at(23)),
        SourceNat("number", "translate", any_match, none, none, none, five, False, False, True, at(28)),
    )

    def one(text: str, last: str | None = None) -> tuple[int, int]:
        return ip(text), ip(last or text)

    web = Match(None, (net("203.0.113.30/32"),), TCP, None, ((8080, 8080),))
    assert config.destination_nat == (
        DestinationNat("web", (web,), None, ("untrust",), one("10.1.5.9"), (80, 80), False, False, False, at(9)),
        DestinationNat(
            "ping", (Match(None, (net("203.0.113.31/32"),), ((1, 1),)),), None, None, one("10.1.5.10"), None, True, False, False, at(10)
        ),
        DestinationNat(
            "block", (Match(None, (net("203.0.113.32/31"),)),), None, None, one("10.1.5.32", "10.1.5.33"), None, False, False, False, at(11)
        ),
    )
    assert features(config) == [(FeatureKind.NAT, 35, None)]
    assert not config.unknown


def test_a_pair_its_addresses_and_who_may_manage_it() -> None:
    config = usg(
        """ hrp enable
 hrp interface GigabitEthernet1/0/6 remote 10.6.6.2
 hrp standby-device
 hrp mirror session enable
#
 web-manager enable
undo web-manager security enable
#
aaa
 authentication-scheme central
  authentication-mode hwtacacs local
 domain default
  service-type internetaccess ssl-vpn l2tp ike
 manager-user audit
  password cipher x
  service-type web terminal
  level 15
  authentication-scheme central

 manager-user second
  password cipher @@vault:key@@
 role system-admin
 bind manager-user audit role audit-admin
#
interface GigabitEthernet1/0/1
 undo shutdown
 ip address 10.1.1.2 24
 vrrp vrid 1 virtual-ip 10.1.1.1 255.255.255.0 standby
 vrrp vrid 2 virtual-ip 10.1.1.9 active
 service-manage ping permit
 service-manage ssh permit
 service-manage ssh deny
#
interface GigabitEthernet1/0/2
 service-manage all permit
 undo service-manage enable
#
interface GigabitEthernet1/0/3
 service-manage all permit
#
return
"""
    )
    assert dict(config.facts) == {"hrp": "yes", "hrp-interfaces": "GigabitEthernet1/0/6", "hrp-mirror": "yes", "hrp-role": "standby"}
    first = interface(config, "GigabitEthernet1/0/1")
    assert first.virtual == (
        VirtualAddress(ip("10.1.1.1"), 1, None, "standby", at(28)),
        VirtualAddress(ip("10.1.1.9"), 2, None, "active", at(29)),
    )
    assert first.services == ("ping",)
    assert first.switching is None
    assert interface(config, "GigabitEthernet1/0/2").services == ()
    assert "telnet" in interface(config, "GigabitEthernet1/0/3").services
    assert config.management.users == (
        User("audit", "15", "reversible", False, ("web", "terminal"), at(14)),
        User("second", "", "reference", False, (), at(20)),
    )
    assert config.management.aaa == at(11)
    services = {item.name: item.enabled for item in config.management.services if item.ref}
    assert services == {"http": True, "https": False}
    assert not config.unknown


def test_virtual_systems() -> None:
    """What follows ``switch vsys`` is another system: seen, but no part of this device."""
    config = usg(
        ZONES
        + """vsys enable
vsys name branch 1
 assign interface GigabitEthernet1/0/7
#
security-policy
 rule name a
  action permit
#
return
#
switch vsys branch
#
interface GigabitEthernet1/0/7
 ip address 10.7.7.1 24
#
security-policy
 default action permit
 wonder about this
#
return
"""
    )
    assert [rule.rule.name for rule in firewall(config).rules] == ["a"]
    assert firewall(config).between == D
    assert [item.name for item in config.interfaces] == []
    assert features(config) == [
        (FeatureKind.VIRTUAL_SYSTEM, 12, None),
        (FeatureKind.VIRTUAL_SYSTEM, 13, None),
        (FeatureKind.VIRTUAL_SYSTEM, 22, None),
    ]
    assert unknown(config) == [29]
    codes = config.coverage[0].codes
    assert {codes[line - 1] for line in (24, 25, 27, 28)} == {LineCode.UNMODELLED}


def test_what_is_no_packet_filter_and_what_is_a_feature() -> None:
    config = usg(
        """traffic-policy
 rule name limit
  source-zone trust
  action qos profile p
#
firewall detect ftp
undo firewall detect dns
firewall defend syn-flood enable
#
policy-based-route
 rule name out 1
  source-zone trust
  action pbr next-hop 203.0.113.1
 rule name stay
  action no-pbr
#
slb enable
slb
 vserver 1 x
  vip 0 203.0.113.9
#
l2tp-group default-lns
#
pcp-policy
 rule name a
#
dns-transparent-policy
 mode based-on-multi-interface
#
interface Tunnel1
 tunnel-protocol ipsec
#
return
"""
    )
    kinds = FeatureKind
    assert features(config) == [
        (kinds.FILTER, 6, None),
        (kinds.POLICY_ROUTE, 13, None),
        (kinds.NAT, 17, None),
        (kinds.NAT, 19, None),
        (kinds.NAT, 25, None),
        (kinds.IPSEC, 31, "Tunnel1"),
    ]
    assert firewall(config).rules == ()
    assert not config.unknown


def test_sets_refer_to_each_other_in_circles() -> None:
    config = usg(
        """ip address-set A type group
 address 0 address-set B
#
ip address-set B type group
 address 0 address-set A
 address 1 10.0.0.1 0
#
ip service-set S type group
 service 0 service-set T
#
ip service-set T type group
 service 0 service-set S
 service 1 service-set https
#
security-policy
 rule name r
  source-address address-set A
  service S
  action permit
#
return
"""
    )
    assert firewall(config).rules[0].rule == permit(16, "r", Match((net("10.0.0.1/32"),), None, TCP, None, ((443, 443),)))
    assert not config.unknown


def test_abbreviations_in_sets() -> None:
    config = usg(
        "ip service-set S type object\n servi 1 protoc udp destination-po 6000 to 6010 descr for all\n#\n"
        "security-policy\n rule name a\n  service S\n  action permit\n#\nreturn\n"
    )
    assert firewall(config).rules[0].rule.matches == (Match(None, None, UDP, None, ((6000, 6010),)),)
    assert not config.unknown


def test_lines_not_understood() -> None:
    config = usg(
        """security-policy
 rule name a
  source-address 10.1.1.x mask 24
  service protocol tcp destination-port 70000
  action allow
  frobnicate
 rule move nothing before a
#
nat server broken protocol tcp global 203.0.113.1 80
#
ip address-set S type object
 address 0 10.0.0.9 mask 99
 undo address 0
#
firewall zone trust
 add interface Somewhere
#
return
"""
    )
    assert unknown(config) == [3, 4, 5, 6, 7, 9, 12, 13, 16]
    assert whole(config)


NEGATED = [
    "undo rule name a", "undo default action", "undo nat-policy nothing", "undo hrp enable", "undo firewall detect ftp",
    "undo web-manager enable",
    "undo ip address-set S", "undo ip service-set S", "undo nat address-group P", "undo nat server name x", "undo firewall zone name z",
    "undo default packet-filter intrazone enable",
]  # fmt: skip


@pytest.mark.parametrize("line", NEGATED)
def test_negations(line: str) -> None:
    text = f"security-policy\n {line}\n#\nreturn\n" if "rule name" in line or "default action" in line else f"#\n{line}\n#\nreturn\n"
    config = usg(text)
    assert bool(config.unknown) == ("nothing" in line)
    assert firewall(config).rules == ()


# --- configs that people typed, and those that are rendered


def _real() -> list[Path]:
    return sorted((REAL / "huawei_usg").glob("*.cfg"))


def _parsed(path: Path) -> DeviceConfig:
    return huawei_usg.parse(path.stem, (read_source(path.name, path.read_bytes()),))


@pytest.mark.skipif(not _real(), reason="the collection of real configs is not beside the repository")
def test_real_configs_are_understood() -> None:
    shares = {}
    for path in _real():
        source = read_source(path.name, path.read_bytes())
        config = huawei_usg.parse(path.stem, (source,))
        assert [number for number, code in enumerate(config.coverage[0].codes, 1) if code == LineCode.UNKNOWN] == unknown(config)
        shares[path.name] = len(config.unknown) / len(source.lines)
        assert huawei_usg.looks_like(source) > huawei_vrp.looks_like(source), path.name
    # What remains: one line of a kind that is in no manual at hand.
    assert max(shares.values()) < 0.002, shares
    assert sum(share > 0 for share in shares.values()) <= 1


@pytest.mark.skipif(not _real(), reason="the collection of real configs is not beside the repository")
def test_real_configs_by_hand() -> None:
    """Facts that a person read in the files."""
    real = {path.name[:3]: _parsed(path) for path in _real()}
    main = real["002"]
    assert {zone.name: len(zone.interfaces) for zone in firewall(main).zones} == {"local": 0, "trust": 4, "untrust": 1, "dmz": 0}
    assert len(firewall(main).rules) == 17
    assert firewall(main).rules[0].rule.name == "IPsec总部 通往分部"
    assert (firewall(main).rules[2].from_zones, firewall(main).rules[2].to_zones) == (None, ("untrust",))
    assert len(firewall(main).rules[2].rule.matches[0].src or ()) == 19
    assert main.source_nat[0].pool == tuple((ip(f"202.113.110.{n}"),) * 2 for n in range(18, 22))
    assert (main.destination_nat[0].inside[0], main.destination_nat[0].inside_ports) == (ip("10.1.106.100"), (80, 80))
    old = real["024"]
    assert len(firewall(old).rules) == 15
    assert {(rule.from_zones, rule.to_zones) for rule in firewall(old).rules[:3]} == {(("untrust",), ("local",))}
    assert firewall(old).rules[-1].rule.action == Action.PERMIT
    systems = real["006"]
    assert [feature.kind for feature in systems.features].count(FeatureKind.VIRTUAL_SYSTEM) == 5
    assert (firewall(systems).between, len(firewall(systems).rules)) == (P, 0)
    assert interface(systems, "Vlanif1500").vrf == "vsys_d8af4d5e90d62a84"
    natted = real["011"]
    assert [item.name for item in natted.source_nat] == ["source_nat", "ftp_nat"]
    assert natted.destination_nat[0].inside_ports == (21, 21)
    assert interface(real["020"], "GigabitEthernet1/0/1").virtual[0].role == "active"


def test_the_reference_city_is_understood() -> None:
    network, renderer = load(ROOT / "inventory" / "guiyang"), Renderer(Platforms())
    found = 0
    for design in network.design.devices:
        if design.device.platform != "huawei_usg":
            continue
        found += 1
        for file in renderer.render(design).files:
            source = read_source(file.name, file.text.encode())
            config = huawei_usg.parse(design.device.name, (source,))
            assert not config.unknown, config.unknown[:3]
            assert not config.features, config.features[:3]
            assert whole(config)
            assert len(firewall(config).rules) == file.text.partition("security-policy\n")[2].count(" rule name ")
            assert huawei_usg.looks_like(source) > huawei_vrp.looks_like(source)
            members = [entry.filter for zone in firewall(config).zones for entry in zone.interfaces]
            assert set(members) <= {item.name for item in config.interfaces}
    assert found


# --- anything at all

LINES = [
    "security-policy", " rule name a", "  source-zone trust", "  action permit", " default action permit", "nat-policy", "#", "return",
    "quit",
    "  action source-nat address-group P", "nat address-group P 0", " section 0 10.0.0.1 10.0.0.9", "firewall zone trust", "hrp enable",
    " add interface GigabitEthernet1/0/1", "ip address-set A type object", " address 0 10.0.0.0 mask 8", " address 1 address-set A",
    "ip service-set S type object", " service 0 protocol tcp destination-port 80", "switch vsys x",
    "policy interzone trust untrust inbound",
    " policy 1", "  policy source address-set A", "  policy service service-set S",
    "nat server a protocol tcp global 192.0.2.1 80 inside 10.0.0.1",
    " rule move a before b", " group name g from a to b", "  service S", "  source-address range 10.0.0.1 10.0.0.9", "  disable",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.integers(), st.integers(1, 120))
def test_mangled_lines(seed: int, size: int) -> None:
    config = usg(mangled(LINES, seed, size))
    assert [number for number, code in enumerate(config.coverage[0].codes, 1) if code == LineCode.UNKNOWN] == unknown(config)
    hash(config)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=300))
def test_random_text(text: str) -> None:
    config = usg(text.encode("utf-8", "ignore").decode().replace("\x00", ""))
    assert all(code >= LineCode.BLANK for code in config.coverage[0].codes)


@pytest.mark.skipif(not _real(), reason="the collection of real configs is not beside the repository")
@settings(max_examples=15, deadline=None)
@given(st.integers(), st.integers(0, 12))
def test_mangled_real_configs(seed: int, which: int) -> None:
    path = _real()[which]
    lines = list(read_source(path.name, path.read_bytes()).lines)
    config = usg(mangled([line for line in lines if line.strip()], seed, 150))
    assert [number for number, code in enumerate(config.coverage[0].codes, 1) if code == LineCode.UNKNOWN] == unknown(config)


def test_answers_go_back_to_a_next_hop() -> None:
    config = usg(
        "interface GigabitEthernet1/0/1\n redirect-reverse next-hop 203.0.113.1\n#\ninterface GigabitEthernet1/0/2\n"
        " redirect-reverse next-hop 198.51.100.1\n undo redirect-reverse\n#\ninterface GigabitEthernet1/0/3\n"
        " redirect-reverse next-hop\n redirect-reverse somewhere 1.2.3.4\n#\nreturn\n"
    )
    assert [item.last_hop for item in config.interfaces] == [LastHop(ip("203.0.113.1"), at(2)), None, None]
    assert unknown(config) == [9, 10]
