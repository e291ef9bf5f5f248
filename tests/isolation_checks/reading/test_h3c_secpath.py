"""Firewalls of H3C: zones, security policy, zone pairs, object groups, and the global NAT policy."""

from __future__ import annotations

import pytest

from isolation_checks.reading import h3c_comware, h3c_secpath
from isolation_checks.reading.source import read_source
from isolation_checks.snapshot import (
    Action,
    Applied,
    DestinationNat,
    FeatureKind,
    LastHop,
    Match,
    PolicyRule,
    Rule,
    SourceNat,
    Ternary,
    VirtualAddress,
    Zone,
)
from tests.isolation_checks.reading.h3c_common import REAL, at, comware, interface, ip, net, secpath, unknown, whole

P, D = Action.PERMIT, Action.DENY
TCP, UDP = ((6, 6),), ((17, 17),)
HOST = 0xFFFFFFFF

POLICY = """#
 version 7.1.064, Release 9660
#
 sysname F
#
security-zone name Trust
 import interface GigabitEthernet1/0/1
 import interface Vlan-interface5
#
security-zone name untrust
 import interface GigabitEthernet1/0/2
#
security-zone name Lab
#
object-group ip address Servers
 0 network host address 10.0.0.1
 10 network subnet 10.1.0.0 255.255.0.0
 20 network range 10.2.0.4 10.2.0.7
 30 network group-object more
#
object-group ip address MORE
 0 network subnet 10.3.0.0 16
 10 network group-object SERVERS
#
object-group ip address named
 0 network host name www.example.com
#
object-group service Web
 0 service tcp destination range 8000 8080
 10 service group-object Ping2
#
object-group service ping2
 0 service icmp 8 0
#
security-policy ip
 rule 3 name first
  action pass
  source-zone TRUST
  destination-zone Untrust
  destination-ip servers
  service web
  service https
  service-port tcp destination eq 443
  counting enable
 rule 1 name no-action
  source-zone Lab
 rule 2 name anywhere
  action pass
  source-ip-host 10.9.9.9
  destination-ip-range 10.8.0.0 10.8.0.1
  time-range work
 rule 4 name off
  action pass
  disable
 rule 5 name fuzzy
  action pass
  source-ip named
  service no-such-thing
  vrf red
 rule 6 name last
  action drop
  source-zone any
 move rule 1 before 3
#
security-policy ipv6
 rule 0 name six
  action pass
#
return
"""


def test_security_policy() -> None:
    config = secpath(POLICY)
    firewall = config.firewall
    assert firewall is not None
    assert firewall.zones == (
        Zone("Trust", None, (Applied("GigabitEthernet1/0/1", at(7)), Applied("Vlan-interface5", at(8))), at(6)),
        Zone("Untrust", None, (Applied("GigabitEthernet1/0/2", at(11)),), at(10)),
        Zone("Lab", None, (), at(13)),
    )
    assert [rule.rule.name for rule in firewall.rules] == ["no-action", "first", "anywhere", "fuzzy", "last"]
    drop, first, anywhere, fuzzy, last = firewall.rules
    assert drop == PolicyRule(Rule(D, (Match(),), at(45), "no-action"), ("Lab",), None)
    servers = (Ternary(ip("10.0.0.1"), HOST), net("10.1.0.0/16"), net("10.2.0.4/30"), net("10.3.0.0/16"))
    assert (first.from_zones, first.to_zones, first.rule.action, first.rule.conditional) == (("Trust",), ("Untrust",), P, False)
    assert set(first.rule.matches) == {
        Match(None, servers, TCP, dports=((443, 443), (8000, 8080))),
        Match(None, servers, ((1, 1),), icmp=((2048, 2048),)),
    }
    assert anywhere == PolicyRule(
        Rule(P, (Match((Ternary(ip("10.9.9.9"), HOST),), (net("10.8.0.0/31"),)),), at(47), "anywhere", conditional=True), None, None
    )
    assert fuzzy.rule == Rule(P, (Match(vrf="red"),), at(55), "fuzzy", conditional=True)
    assert (last.from_zones, last.rule.action) == (None, D)
    assert (firewall.between, firewall.within, firewall.to_local, firewall.from_local, firewall.unzoned) == (D, D, D, D, D)
    assert firewall.within_checked
    assert firewall.local == "Local"
    assert unknown(config) == []


def test_within_a_zone_and_the_zone_management() -> None:
    config = secpath(
        "security-zone intra-zone default permit\n#\nsecurity-zone name management\n import interface GigabitEthernet1/0/0\n#\n"
    )
    firewall = config.firewall
    assert firewall is not None
    assert (firewall.within, firewall.default_ref) == (P, at(1))
    assert [(rule.from_zones, rule.to_zones, rule.rule.action) for rule in firewall.rules] == [
        (("Management",), ("Local",), P),
        (("Local",), ("Management",), P),
    ]
    closed = secpath("security-zone intra-zone default permit\nundo security-zone intra-zone default permit\n").firewall
    assert closed is not None
    assert closed.within is D


PAIRS = """#
acl advanced 3000
 rule 0 deny ip source 10.0.0.1 0
 rule 5 permit ip
#
object-group ip address A
 network subnet 10.1.0.0 24
#
object-policy ip One
 rule 10 drop
 rule 0 pass source-ip a service http
 rule 5 inspect profile destination-ip A disable
 rule 0 append destination-ip A
#
zone-pair security source any destination any
 packet-filter 3000
#
zone-pair security source trust destination LOCAL
 object-policy apply ip ONE
#
security-zone name Trust
 import interface GigabitEthernet0/1 vlan 10 to 20
#
"""


def test_zone_pairs() -> None:
    config = secpath(PAIRS)
    firewall = config.firewall
    assert firewall is not None
    named = (net("10.1.0.0/24"),)
    assert firewall.rules == (
        PolicyRule(Rule(P, (Match(named, named, TCP, dports=((80, 80),)),), at(11), "0"), ("Trust",), ("Local",)),
        PolicyRule(Rule(D, (Match(),), at(10), "10"), ("Trust",), ("Local",)),
        PolicyRule(Rule(D, (Match((Ternary(ip("10.0.0.1"), HOST),), vrf=""),), at(3), "0"), None, None),
        PolicyRule(Rule(P, (Match(),), at(4), "5"), None, None),
    )
    assert [feature.kind for feature in config.features] == [FeatureKind.FILTER]  # a zone by VLANs of a port
    assert unknown(config) == []


def test_zone_pairs_beside_a_policy_are_a_doubt() -> None:
    both = secpath(PAIRS + "security-policy ip\n rule 0 name x\n  action pass\n")
    assert both.firewall is not None
    assert [rule.rule.name for rule in both.firewall.rules] == ["x"]
    assert [feature.ref.line for feature in both.features] == [22, 16, 19]
    disabled = secpath(PAIRS + "security-policy disable\nsecurity-policy ip\n rule 0 name x\n  action pass\n")
    assert disabled.firewall is not None
    assert [rule.rule.name for rule in disabled.firewall.rules] == ["0", "10", "0", "5"]


def test_a_router_has_a_firewall_only_with_zones() -> None:
    assert comware("interface GigabitEthernet0/0\n").firewall is None
    router = comware("security-zone name Trust\n import interface GigabitEthernet0/0\n").firewall
    assert router is not None
    assert (router.between, router.unzoned) == (D, P)
    empty = secpath("sysname F\n").firewall
    assert empty is not None
    assert (empty.between, empty.rules) == (D, ())


def test_zones_of_the_fifth_generation_drop_nothing_and_are_a_doubt() -> None:
    config = secpath(
        " version 5.20, Release 1\nzone name Trust id 2\n priority 85\n import interface GigabitEthernet0/1\n"
        "interzone source Trust destination Untrust\n rule 0 permit\n"
    )
    assert config.firewall is not None
    assert {config.firewall.between, config.firewall.within, config.firewall.to_local, config.firewall.unzoned} == {P}
    assert [feature.kind for feature in config.features] == [FeatureKind.FILTER, FeatureKind.FILTER]
    assert unknown(config) == []


def test_cycles_and_empty_groups_end() -> None:
    config = secpath(
        """object-group ip address a
 network group-object b
object-group ip address b
 network group-object a
object-group ip address c
object-group service s
 service group-object s
security-policy ip
 rule 0 name one
  action pass
  source-ip a
  destination-ip c
  service s
"""
    )
    assert config.firewall is not None
    (rule,) = config.firewall.rules
    assert rule.rule.conditional
    assert rule.rule.matches[0].dst is None


def test_groups_in_filters() -> None:
    config = secpath(
        """object-group ip address hosts
 network host address 10.0.0.1
 network exclude 10.0.0.1
object-group port web
 port eq 80
 port range 8000 8001
acl advanced 3000
 rule 0 permit tcp destination object-group Hosts destination-port object-group WEB
 rule 5 deny ip source object-group unheard
"""
    )
    one, two = config.filters[0].rules
    assert one == Rule(P, (Match(None, None, TCP, None, ((80, 80), (8000, 8001))),), at(8), "0", conditional=True)
    assert two == Rule(D, (Match(vrf=""),), at(9), "5", conditional=True)


def test_the_pair_of_firewalls() -> None:
    config = secpath(
        """#
remote-backup group
 data-channel interface GigabitEthernet1/0/9
 configuration auto-sync enable
 local-ip 10.0.0.1
 remote-ip 10.0.0.2
 device-role primary
#
interface Reth1
 ip address 10.1.0.1 24
 member interface GigabitEthernet1/0/1 priority 255
#
interface GigabitEthernet1/0/2
 ip address 10.2.0.2 255.255.255.0
 vrrp vrid 2 virtual-ip 10.2.0.1 active
 manage ping inbound
 manage https inbound
 undo manage https inbound
#
redundancy group g
 member interface Reth1
 node 1
  bind slot 1
  priority 100
#
return
"""
    )
    assert dict(config.facts) == {"rbm": "yes", "redundancy-group": "yes"}
    assert interface(config, "GigabitEthernet1/0/1").aggregate == "Reth1"
    two = interface(config, "GigabitEthernet1/0/2")
    assert two.virtual == (VirtualAddress(ip("10.2.0.1"), 2, None, "active", at(15)),)
    assert two.services == ("ping",)
    assert two.switching is None
    assert unknown(config) == []


def test_global_nat_policy() -> None:
    config = secpath(
        """nat address-group 1 name pool
 address 192.0.2.1 192.0.2.4
nat global-policy
 rule name out
  source-zone Trust
  destination-zone untrust
  source-ip-subnet 10.0.0.0 8
  action snat address-group 1
 rule name in
  source-zone Untrust
  destination-ip-host 192.0.2.9
  service-port tcp destination eq 443
  action dnat ip-address 10.0.0.9 local-port 8443
 rule name none
  action snat no-nat
 rule name odd
  action snat object-group x
 rule name off
  disable
  action snat easy-ip
"""
    )
    out, none, odd = config.source_nat
    pool = ((ip("192.0.2.1"), ip("192.0.2.4")),)
    match = Match((net("10.0.0.0/8"),))
    assert out == SourceNat("out", "translate", (match,), None, ("Trust",), ("Untrust",), pool, False, True, False, at(4))
    assert (none.action, odd.name) == ("exempt", "odd")
    match = Match(None, (Ternary(ip("192.0.2.9"), HOST),), TCP, dports=((443, 443),))
    nine = (ip("10.0.0.9"), ip("10.0.0.9"))
    assert config.destination_nat == (DestinationNat("in", (match,), None, ("Untrust",), nine, (8443, 8443), False, False, False, at(9)),)
    assert [(feature.kind, feature.ref) for feature in config.features] == [(FeatureKind.NAT, at(16))]


@pytest.mark.parametrize(
    ("line", "undo"),
    [
        ("source-zone Trust", "undo source-zone Trust"),
        ("destination-zone Trust", "undo destination-zone trust"),
        ("source-ip-host 10.0.0.1", "undo source-ip-host 10.0.0.1"),
        ("destination-ip-subnet 10.0.0.0 8", "undo destination-ip-subnet 10.0.0.0 255.0.0.0"),
        ("service http", "undo service http"),
        ("service-port udp destination gt 5", "undo service-port udp destination gt 5"),
        ("disable", "undo disable"),
        ("action pass", "undo action"),
    ],
)
def test_undo_in_rules(line: str, undo: str) -> None:
    head = "security-policy ip\n rule 0 name r\n"
    taken, without = secpath(f"{head}  {line}\n  {undo}\n"), secpath(head)
    assert unknown(taken) == []
    assert taken.firewall == without.firewall


@pytest.mark.parametrize(
    ("before", "undo"),
    [
        ("security-policy ip\n rule 0 name r\n", "security-policy ip\n undo rule 0"),
        ("security-zone name Lab\n", "undo security-zone name LAB"),
        (
            "security-zone name Lab\n import interface Reth1\n",
            "security-zone name lab\n undo import interface Reth1\n#\nundo security-zone name Lab",
        ),
        ("zone-pair security source a destination b\n packet-filter 3000\n", "undo zone-pair security source a destination b"),
        (
            "object-policy ip a\n rule 0 pass\nzone-pair security source a destination b\n object-policy apply ip a\n",
            "undo object-policy ip a",
        ),
    ],
)
def test_undo_of_zones_and_policies(before: str, undo: str) -> None:
    config = secpath(f"{before}{undo}\n")
    assert unknown(config) == []
    assert config.firewall is not None
    assert (config.firewall.zones, config.firewall.rules) == ((), ())


FILES = sorted((REAL / "h3c_secpath").glob("*.cfg")) if REAL.is_dir() else []


@pytest.mark.skipif(not FILES, reason="the folder shared/data/configs is not beside the repository")
def test_real_configs() -> None:
    for path in FILES:
        source = read_source(path.name, path.read_bytes())
        config = h3c_secpath.parse(path.stem, (source,))
        assert whole(config)
        assert config.unknown == (), path.name
        assert h3c_secpath.looks_like(source) > h3c_comware.looks_like(source)
    (firewall,) = [config.firewall for config in [config] if config.firewall]
    assert [zone.name for zone in firewall.zones] == ["Management"]
    assert [(rule.from_zones, rule.to_zones, rule.rule.action) for rule in firewall.rules[:2]] == [
        (("Local",), ("Management",), P),
        (("Management",), ("Local",), P),
    ]
    assert len(config.ospf[0].areas[0].networks) == 7
    assert interface(config, "GigabitEthernet1/0/6").switching is not None


def test_answers_go_back_to_where_their_session_came_from() -> None:
    config = secpath(
        "interface GigabitEthernet1/0/1\n ip last-hop hold\n#\ninterface GigabitEthernet1/0/2\n ip last-hop hold\n"
        " undo ip last-hop hold\n#\ninterface GigabitEthernet1/0/3\n ip last-hop\n#\nreturn\n"
    )
    assert [item.last_hop for item in config.interfaces] == [LastHop(None, at(2)), None, None]
    assert unknown(config) == [9]
