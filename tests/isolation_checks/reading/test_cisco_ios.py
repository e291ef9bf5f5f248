"""Cisco IOS: hand-written configs and the snapshot they stand for, texts that people typed, the rendered city, and noise."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isolation_checks.reading.cisco_acl import extended_entry, standard_entry
from isolation_checks.reading.cisco_ios import looks_like, parse
from isolation_checks.reading.cisco_model import Entry
from isolation_checks.reading.cisco_sets import permitted
from isolation_checks.reading.source import Source, read_source
from isolation_checks.reading.values import FULL, host, ip, prefix
from isolation_checks.snapshot import (
    Action,
    Applied,
    BgpNeighbor,
    DestinationNat,
    DeviceConfig,
    FeatureKind,
    Filter,
    Fragment,
    Interface,
    InterfaceAddress,
    InterfaceKind,
    LineCode,
    Match,
    Names,
    OspfArea,
    OspfInterface,
    OspfProcess,
    PolicyEntry,
    PolicyRule,
    PrefixEntry,
    PrefixList,
    Redistribution,
    Ref,
    RoutePolicy,
    Rule,
    Server,
    Service,
    SnmpAccess,
    SourceNat,
    StaticRoute,
    Switching,
    TcpFlag,
    TerminalLine,
    Ternary,
    User,
    VirtualAddress,
    Vrf,
    VrfLeak,
)
from templates.engine import Renderer
from templates.platforms import Platforms
from topology.network import load

FILE = "r1.cfg"
REPOSITORY = Path(__file__).resolve().parents[3]
TYPED = REPOSITORY.parent / "shared" / "data" / "configs" / "cisco_ios"
TCP, UDP, ICMP = ((6, 6),), ((17, 17),), ((1, 1),)
FLAGS = ("proxy-arp", "redirects")


def at(line: int) -> Ref:
    return Ref(FILE, line)


def read(text: str) -> DeviceConfig:
    return parse("r1", (read_source(FILE, text.encode()),))


def known(text: str) -> DeviceConfig:
    """A config of which every line is understood."""
    device = read(text)
    assert device.unknown == ()
    return device


def address(text: str) -> int:
    value = ip(text)
    assert value is not None
    return value


def net(text: str) -> Ternary:
    network, _, length = text.partition("/")
    return prefix(address(network), int(length or "32"))


def rules(device: DeviceConfig, name: str) -> tuple[Rule, ...]:
    return next(item for item in device.filters if item.name == name).rules


def port(device: DeviceConfig, name: str) -> Interface:
    return next(item for item in device.interfaces if item.name == name)


def features(device: DeviceConfig) -> list[tuple[FeatureKind, int]]:
    return [(item.kind, item.ref.line) for item in device.features]


# Access lists


@pytest.mark.parametrize(
    ("body", "match", "conditional"),
    [
        ("ip any any", Match(), False),
        ("ip 10.1.0.0 0.0.255.255 host 192.0.2.1 log", Match((net("10.1.0.0/16"),), (net("192.0.2.1"),)), False),
        ("ip 10.0.1.0 0.255.0.255 any", Match((Ternary(address("10.0.1.0"), 0xFF00FF00),)), False),
        ("ip 0.0.0.0 255.255.255.255 any", Match(), False),
        ("tcp any any eq www 443 8080", Match(protocols=TCP, dports=((80, 80), (443, 443), (8080, 8080))), False),
        ("tcp any range ftp-data ftp any gt 1023", Match(protocols=TCP, sports=((20, 21),), dports=((1024, 65535),)), False),
        ("udp any neq 53 any lt 1024", Match(protocols=UDP, sports=((0, 52), (54, 65535)), dports=((0, 1023),)), False),
        ("udp any any gt 65535", Match(protocols=UDP, dports=()), False),
        ("tcp any any range 20 10", Match(protocols=TCP, dports=((10, 20),)), False),
        ("tcp any any established", Match(protocols=TCP, flags=((16, 16), (4, 4))), False),
        ("tcp any any syn fin", Match(protocols=TCP, flags=((2, 2), (1, 1))), False),
        (
            "tcp any any match-all +syn -ack -rst",
            Match(protocols=TCP, flags=((TcpFlag.SYN | TcpFlag.ACK | TcpFlag.RST, TcpFlag.SYN),)),
            False,
        ),
        ("tcp any any match-any +ack -syn", Match(protocols=TCP, flags=((16, 16), (2, 0))), False),
        ("ip any any fragments", Match(fragments=(Fragment.LATER,)), False),
        ("icmp any any", Match(protocols=ICMP), False),
        ("icmp any any echo-reply", Match(protocols=ICMP, icmp=((0, 255),)), False),
        ("icmp any any 3 4 log-input", Match(protocols=ICMP, icmp=((772, 772),)), False),
        ("icmp any any packet-too-big", Match(protocols=ICMP, icmp=((772, 772),)), False),
        ("icmp any any ttl-exceeded", Match(protocols=ICMP, icmp=((2816, 2816),)), False),
        ("igmp any any host-report", Match(protocols=((2, 2),)), True),
        ("47 host 10.0.0.1 any", Match((net("10.0.0.1"),), None, ((47, 47),)), False),
        ("ospf any any precedence internet", Match(protocols=((89, 89),)), True),
        ("tcp any any eq bgp time-range OFFICE log cookie", Match(protocols=TCP, dports=((179, 179),)), True),
        ("ip any any dscp ef ttl gt 5", Match(), True),
    ],
)
def test_extended_entry(body: str, match: Match, conditional: bool) -> None:
    assert extended_entry(f"permit {body}") == Entry(Action.PERMIT, match, conditional)
    assert extended_entry(f"deny {body}") == Entry(Action.DENY, match, conditional)


@pytest.mark.parametrize(
    "body",
    [
        "permit ip any",
        "permit tcp any any eq",
        "permit tcp any any eq nothing",
        "permit ip any any established",
        "permit ip 10.0.0.0/8 any",
        "allow ip any any",
        "permit ip any any frobnicate",
        "permit ip x.x.x.x 0.0.0.255 any",
        "permit tcp any any range 1",
        "permit 256 any any",
        "permit",
        "",
    ],
)
def test_what_is_no_extended_entry(body: str) -> None:
    assert extended_entry(body) is None


@pytest.mark.parametrize(
    ("body", "source"),
    [
        ("10.1.2.3", (net("10.1.2.3"),)),
        ("host 10.1.2.3 log", (net("10.1.2.3"),)),
        ("10.1.0.0 0.0.255.255", (net("10.1.0.0/16"),)),
        ("any", None),
        ("0.0.0.0 255.255.255.255", None),
        ("192.168.50.0 0.0.0.128", (Ternary(address("192.168.50.0"), FULL ^ 0x80),)),
    ],
)
def test_standard_entry(body: str, source: tuple[Ternary, ...] | None) -> None:
    assert standard_entry(f"permit {body}") == Entry(Action.PERMIT, Match(src=source))


def test_standard_entry_needs_an_address() -> None:
    assert standard_entry("permit") is None
    assert standard_entry("permit 10.1.2.3 0.0.0.255 443") is None


def test_lists_by_number_and_name_and_their_order() -> None:
    device = known(
        """hostname R1
access-list 101 remark old form
access-list 101 permit tcp any host 10.0.0.1 eq 22
access-list 101 deny   ip any any
access-list 7 permit 10.0.0.0 0.255.255.255
ip access-list extended 101
 15 permit udp any any eq 53
ip access-list extended WEB
 permit tcp any any eq 80
 5 deny tcp host 10.9.9.9 any eq 80
 permit tcp any any eq 443
 no 10
ip access-list extended EMPTY
ip access-list extended GONE
 permit ip any any
no ip access-list extended GONE
ip access-list resequence WEB 100 5
interface GigabitEthernet0/0
 ip address 10.0.0.1 255.255.255.0
 ip access-group 101 in
 ip access-group NOWHERE out
end
"""
    )
    ssh = Match(dst=(net("10.0.0.1"),), protocols=TCP, dports=((22, 22),))
    dns = Match(protocols=UDP, dports=((53, 53),))
    bad = Match(src=(net("10.9.9.9"),), protocols=TCP, dports=((80, 80),))
    https = Match(protocols=TCP, dports=((443, 443),))
    assert device.filters == (
        Filter(
            "101",
            "acl",
            (
                Rule(Action.PERMIT, (ssh,), at(3), "10"),
                Rule(Action.PERMIT, (dns,), at(7), "15"),
                Rule(Action.DENY, (Match(),), at(4), "20"),
            ),
            Action.DENY,
            at(2),
        ),
        Filter("7", "acl", (Rule(Action.PERMIT, (Match(src=(net("10.0.0.0/8"),)),), at(5), "10"),), Action.DENY, at(5)),
        Filter("WEB", "acl", (Rule(Action.DENY, (bad,), at(10), "100"), Rule(Action.PERMIT, (https,), at(11), "105")), Action.DENY, at(8)),
        Filter("EMPTY", "acl", (), Action.PERMIT, at(13)),
    )
    interface = port(device, "GigabitEthernet0/0")
    assert interface.filters_in == (Applied("101", at(20)),)
    assert interface.filters_out == (Applied("NOWHERE", at(21)),)


def test_a_number_that_is_taken_is_refused_as_the_device_does() -> None:
    device = read("ip access-list extended A\n 10 permit ip any any\n 10 deny ip any any\n 10 permit ip any any\n")
    assert [item.ref.line for item in device.unknown] == [3]
    assert rules(device, "A") == (Rule(Action.PERMIT, (Match(),), at(2), "10"),)


def test_object_groups_nested_and_in_a_circle() -> None:
    device = known(
        """object-group network BRANCH
 description branches
 10.1.0.0 255.255.0.0
 group-object HOSTS
object-group network HOSTS
 host 10.9.0.1
 range 10.9.0.4 10.9.0.6
 group-object BRANCH
object-group network LOST
 group-object NOWHERE
object-group service WEB
 tcp source gt 1023 eq www
 tcp-udp range 8000 8010
 icmp echo
 group-object MORE
object-group service MORE
 tcp 443
ip access-list extended A
 permit tcp object-group BRANCH any eq 22
 permit object-group WEB any host 10.0.0.9
 deny ip object-group LOST any
 permit object-group NONE any object-group HOSTS
"""
    )
    branch = (net("10.1.0.0/16"), net("10.9.0.1"), net("10.9.0.4/31"), net("10.9.0.6"))
    target = (net("10.0.0.9"),)
    assert rules(device, "A") == (
        Rule(Action.PERMIT, (Match(src=branch, protocols=TCP, dports=((22, 22),)),), at(19), "10"),
        Rule(
            Action.PERMIT,
            (
                Match(dst=target, protocols=TCP, sports=((1024, 65535),), dports=((80, 80),)),
                Match(dst=target, protocols=TCP, dports=((8000, 8010),)),
                Match(dst=target, protocols=UDP, dports=((8000, 8010),)),
                Match(dst=target, protocols=ICMP, icmp=((2048, 2303),)),
                Match(dst=target, protocols=TCP, dports=((443, 443),)),
            ),
            at(20),
            "20",
        ),
        Rule(Action.DENY, (Match(),), at(21), "30", conditional=True),
        Rule(
            Action.PERMIT,
            (
                Match(
                    dst=(net("10.9.0.1"), net("10.9.0.4/31"), net("10.9.0.6"), *branch[:1]),
                ),
            ),
            at(22),
            "40",
            conditional=True,
        ),
    )


def test_sessions_in_lists_are_features() -> None:
    device = known(
        """ip access-list extended OUT
 permit tcp any any reflect SEEN timeout 60
ip access-list extended IN
 evaluate SEEN
 permit udp any any eq 53
"""
    )
    assert features(device) == [(FeatureKind.FILTER, 2), (FeatureKind.FILTER, 4)]
    assert [rule.ref.line for rule in rules(device, "IN")] == [5]
    assert [rule.ref.line for rule in rules(device, "OUT")] == [2]


def test_permitted_takes_away_what_was_denied_before() -> None:
    device = known("ip access-list extended A\n deny ip any 10.0.0.0 0.255.255.255\n permit ip 192.168.0.0 0.0.0.255 any\n")
    matches, more = permitted(rules(device, "A"))
    assert not more
    assert len(matches) == 1
    assert matches[0].src == (net("192.168.0.0/24"),)
    covered = matches[0].dst
    assert covered is not None
    for text, inside in (("10.1.2.3", False), ("9.255.255.255", True), ("11.0.0.0", True), ("203.0.113.1", True)):
        assert any((address(text) ^ item.value) & item.mask == 0 for item in covered) is inside


# Interfaces


def test_router_interfaces() -> None:
    device = known(
        """hostname R1
interface Loopback0
 ip address 10.255.0.1 255.255.255.255
interface GigabitEthernet0/0
 description to the core
 no ip address
 no shutdown
interface GigabitEthernet0/0.20
 encapsulation dot1Q 20
 ip address 10.0.20.9 255.255.255.0
 vrf forwarding BLUE
 ip address 10.0.20.2 255.255.255.0
 ip address 10.0.21.2 255.255.255.0 secondary
 no ip proxy-arp
 standby 1 ip 10.0.20.1
 standby 1 priority 110
 standby 1 preempt
 vrrp 2 ip 10.0.20.3
 glbp 3 ip 10.0.20.4 secondary
 ip verify unicast source reachable-via rx allow-default
 ip helper-address 10.9.9.9
interface gi0/1
 ip unnumbered Loopback0
 ip mtu 1400
 mtu 1600
 ip verify unicast reverse-path
 shutdown
interface FastEthernet 0/2
 ip address dhcp
 channel-group 3 mode active
interface Port-channel3
 ip address 192.0.2.1 255.255.255.252
interface Tunnel5
 tunnel source Loopback0
 tunnel destination 203.0.113.9
vrf definition BLUE
 rd 65000:1
 address-family ipv4
 exit-address-family
end
"""
    )
    assert device.interfaces == (
        Interface("Loopback0", InterfaceKind.LOOPBACK, at(2), addresses=(InterfaceAddress(address("10.255.0.1"), 32, at(3)),)),
        Interface("GigabitEthernet0/0", InterfaceKind.PHYSICAL, at(4), description="to the core"),
        Interface(
            "GigabitEthernet0/0.20",
            InterfaceKind.SUBINTERFACE,
            at(8),
            vrf="BLUE",
            parent="GigabitEthernet0/0",
            vlans=((20, 20),),
            addresses=(
                InterfaceAddress(address("10.0.20.2"), 24, at(12)),
                InterfaceAddress(address("10.0.21.2"), 24, at(13), secondary=True),
            ),
            virtual=(
                VirtualAddress(address("10.0.20.1"), 1, 110, "", at(15)),
                VirtualAddress(address("10.0.20.3"), 2, None, "", at(18)),
                VirtualAddress(address("10.0.20.4"), 3, None, "", at(19)),
            ),
            urpf="strict",
            urpf_default=True,
            urpf_ref=at(20),
            flags=("redirects",),
        ),
        Interface(
            "GigabitEthernet0/1",
            InterfaceKind.PHYSICAL,
            at(22),
            shutdown=at(27),
            unnumbered="Loopback0",
            mtu=1600,
            urpf="strict",
            urpf_default=True,
            urpf_ref=at(26),
            flags=FLAGS,
        ),
        Interface("FastEthernet0/2", InterfaceKind.PHYSICAL, at(28), aggregate="Port-channel3", dynamic_address=at(29), flags=FLAGS),
        Interface(
            "Port-channel3", InterfaceKind.AGGREGATE, at(31), addresses=(InterfaceAddress(address("192.0.2.1"), 30, at(32)),), flags=FLAGS
        ),
        Interface("Tunnel5", InterfaceKind.TUNNEL, at(33)),
    )
    assert features(device) == [(FeatureKind.TUNNEL, 33)]
    assert device.features[0].interface == "Tunnel5"
    assert device.management.servers == (Server("dhcp", "10.9.9.9", None, False, at(21)),)


def test_negated_lines_of_an_interface() -> None:
    device = known(
        """interface GigabitEthernet0/0
 description x
 ip address 10.0.0.1 255.255.255.0
 ip access-group A in
 ip access-group B out
 ip policy route-map P
 ip nat inside
 zone-member security Z
 ip verify unicast source reachable-via any
 standby 1 ip 10.0.0.9
 mtu 1400
 ipv6 enable
 no description
 no ip access-group A in
 no ip access-group B out
 no ip policy route-map P
 no ip nat inside
 no zone-member security Z
 no ip verify unicast source reachable-via any
 no standby 1
 no mtu
 no ipv6 enable
 no ip address 10.0.0.1 255.255.255.0
 shutdown
 no shutdown
interface GigabitEthernet0/1
 ip address 10.0.1.1 255.255.255.0
 ip vrf forwarding V
 no ip vrf forwarding
 ip ospf cost 5
 no ip ospf cost
interface GigabitEthernet0/2
 ip address 10.0.2.1 255.255.255.0
default interface GigabitEthernet0/2
interface Loopback7
no interface Loopback7
"""
    )
    assert device.interfaces == (
        Interface("GigabitEthernet0/0", InterfaceKind.PHYSICAL, at(1)),
        Interface(
            "GigabitEthernet0/1",
            InterfaceKind.PHYSICAL,
            at(26),
            ospf=OspfInterface(None, None, None, "", "none", None, None, None, None, at(30)),
        ),
        Interface("GigabitEthernet0/2", InterfaceKind.PHYSICAL, at(32)),
    )


def test_switch_ports() -> None:
    device = known(
        """vlan 10,20-21
vlan 30
 name users
vtp mode transparent
interface GigabitEthernet1/0/1
 switchport mode access
 switchport access vlan 10
 switchport voice vlan 20
 switchport protected
 spanning-tree portfast
 spanning-tree bpduguard enable
interface GigabitEthernet1/0/2
 switchport mode trunk
 switchport trunk native vlan 30
 switchport trunk allowed vlan 10,20
 switchport trunk allowed vlan add 30-32
 switchport trunk allowed vlan remove 31
interface GigabitEthernet1/0/3
 switchport mode trunk
 switchport trunk allowed vlan except 100-4094
interface GigabitEthernet1/0/4
 switchport trunk allowed vlan none
 switchport mode trunk
interface GigabitEthernet1/0/5
interface GigabitEthernet1/0/6
 no switchport
 ip address 10.0.0.1 255.255.255.0
interface range GigabitEthernet1/0/7 - 8 , GigabitEthernet1/1/1
 switchport mode dynamic desirable
 switchport access vlan 20
 switchport trunk allowed vlan 20,40
interface GigabitEthernet0/0
 vrf forwarding Mgmt-vrf
 no ip address
interface Vlan30
 ip address 10.0.30.1 255.255.255.0
"""
    )
    modes = {item.name: item.switching for item in device.interfaces}
    either = Switching("hybrid", 20, ((20, 20),), ((40, 40),), doubt=True)
    assert modes == {
        "GigabitEthernet1/0/1": Switching("access", 10, ((10, 10),), ((20, 20),), ("protected",)),
        "GigabitEthernet1/0/2": Switching("trunk", 30, ((30, 30),), ((10, 10), (20, 20), (32, 32))),
        "GigabitEthernet1/0/3": Switching("trunk", 1, ((1, 1),), ((2, 99),)),
        "GigabitEthernet1/0/4": Switching("trunk", 1, (), ()),
        "GigabitEthernet1/0/5": Switching("hybrid", 1, ((1, 1),), ((2, 4094),), doubt=True),
        "GigabitEthernet1/0/6": None,
        "GigabitEthernet1/0/7": either,
        "GigabitEthernet1/0/8": either,
        "GigabitEthernet1/1/1": either,
        "GigabitEthernet0/0": None,
        "Vlan30": None,
    }
    assert port(device, "GigabitEthernet0/0").kind == InterfaceKind.MANAGEMENT
    assert port(device, "GigabitEthernet1/0/1").flags == ("bpdu-guard", "stp-edge")
    assert port(device, "Vlan30").vlans == ((30, 30),)
    assert [(vlan.id, vlan.name, vlan.ref.line) for vlan in device.vlans] == [(10, "", 1), (20, "", 1), (21, "", 1), (30, "users", 2)]
    assert ("vtp", "transparent") in device.facts


def test_a_tagged_native_vlan() -> None:
    device = known("vlan dot1q tag native\ninterface Gi1/0/1\n switchport mode trunk\n switchport trunk allowed vlan 1,5\n")
    assert port(device, "GigabitEthernet1/0/1").switching == Switching("trunk", 1, (), ((1, 1), (5, 5)))


def test_vlan_maps() -> None:
    device = known(
        """ip access-list extended PRINTERS
 deny tcp any any eq 22
 permit ip any host 10.0.0.9
vlan access-map GUARD 10
 match ip address PRINTERS
 action drop
vlan access-map GUARD 20
 match ip address UNDEFINED
 action forward
vlan access-map OPEN 10
 action forward
vlan filter GUARD vlan-list 10,20
vlan filter OPEN vlan-list 20
no vlan filter OPEN vlan-list 20
"""
    )
    chain = "vlan-map:GUARD#10:PRINTERS"
    assert device.filters[1:] == (
        Filter(
            chain,
            "chain",
            (
                Rule(Action.RETURN, (Match(protocols=TCP, dports=((22, 22),)),), at(2), "10"),
                Rule(Action.DENY, (Match(dst=(net("10.0.0.9"),)),), at(3), "20"),
            ),
            Action.RETURN,
            at(1),
        ),
        Filter(
            "vlan-map:GUARD",
            "policy",
            (
                Rule(Action.JUMP, (Match(),), at(4), "10", target=chain),
                Rule(Action.PERMIT, (Match(),), at(7), "20", conditional=True),
            ),
            Action.DENY,
            at(4),
        ),
        Filter("vlan-map:OPEN", "policy", (Rule(Action.PERMIT, (Match(),), at(10), "10"),), Action.PERMIT, at(10)),
    )
    assert [(vlan.id, vlan.filters_in) for vlan in device.vlans] == [
        (10, (Applied("vlan-map:GUARD", at(12)),)),
        (20, (Applied("vlan-map:GUARD", at(12)),)),
    ]


# Zones and translation


def test_zone_firewall() -> None:
    device = known(
        """zone security IN
zone security OUT
ip access-list extended WEB
 deny tcp host 10.0.0.66 any
 permit tcp 10.0.0.0 0.0.0.255 any
class-map type inspect match-any WEB
 match access-group name WEB
 match protocol dns
class-map type inspect match-all PING
 match protocol icmp
 match access-group name UNDEFINED
policy-map type inspect P
 class type inspect WEB
  inspect
 class type inspect PING
  pass log
 class class-default
  drop log
zone-pair security IN-OUT source IN destination OUT
 service-policy type inspect P
zone-pair security OUT-SELF source OUT destination self
interface GigabitEthernet0/0
 ip address 10.0.0.1 255.255.255.0
 zone-member security IN
interface GigabitEthernet0/1
 ip address 192.0.2.1 255.255.255.0
 zone-member security OUT
interface GigabitEthernet0/2
 ip address 10.2.0.1 255.255.255.0
"""
    )
    wall = device.firewall
    assert wall is not None
    assert [(zone.name, [member.filter for member in zone.interfaces]) for zone in wall.zones] == [
        ("IN", ["GigabitEthernet0/0"]),
        ("OUT", ["GigabitEthernet0/1"]),
        ("default", ["GigabitEthernet0/2"]),
    ]
    web = wall.rules[0].rule.matches
    assert not wall.rules[0].rule.conditional
    assert web[-2:] == (Match(protocols=TCP, dports=((53, 53),)), Match(protocols=UDP, dports=((53, 53),)))
    sources = [item for match in web[:-2] for item in match.src or ()]
    assert not any((address("10.0.0.66") ^ item.value) & item.mask == 0 for item in sources)
    assert any((address("10.0.0.67") ^ item.value) & item.mask == 0 for item in sources)
    assert wall.rules[1:] == (
        PolicyRule(Rule(Action.PERMIT, (Match(protocols=ICMP),), at(16), "PING", conditional=True), ("IN",), ("OUT",), stateful=False),
        PolicyRule(Rule(Action.DENY, (Match(),), at(20), "class-default"), ("IN",), ("OUT",), stateful=False),
        PolicyRule(Rule(Action.DENY, (Match(),), at(21), "class-default"), ("OUT",), ("self",), stateful=False),
    )
    assert (wall.between, wall.within, wall.to_local, wall.from_local, wall.unzoned) == (
        Action.DENY,
        Action.PERMIT,
        Action.PERMIT,
        Action.PERMIT,
        Action.DENY,
    )
    assert wall.local == "self"


def test_translation() -> None:
    device = known(
        """ip access-list standard INSIDE
 permit 10.0.0.0 0.0.0.255
ip nat pool P 198.51.100.8 198.51.100.15 netmask 255.255.255.248
ip nat inside source list INSIDE pool P
ip nat inside source list INSIDE interface GigabitEthernet0/1 overload
ip nat inside source route-map ONE pool P overload
ip nat inside source static 10.0.0.5 198.51.100.5 extendable
ip nat inside source static tcp 10.0.0.6 80 interface GigabitEthernet0/1 8080
ip nat inside source static network 10.0.1.0 198.51.101.0 /24
ip nat outside source static 203.0.113.9 10.99.0.9
no ip nat inside source list INSIDE pool P
route-map ONE permit 10
 match ip address INSIDE
 match interface GigabitEthernet0/1
interface GigabitEthernet0/0
 ip address 10.0.0.1 255.255.255.0
 ip nat inside
interface GigabitEthernet0/1
 ip address 192.0.2.1 255.255.255.0
 ip nat outside
"""
    )
    inside, out = Names(("GigabitEthernet0/0",)), "GigabitEthernet0/1"
    local = Match(src=(net("10.0.0.0/24"),), in_interfaces=inside)
    pool = ((address("198.51.100.8"), address("198.51.100.15")),)
    assert device.source_nat == (
        SourceNat("list INSIDE", "translate", (local,), out, None, None, (), True, True, False, at(5)),
        SourceNat("route-map ONE", "translate", (local,), out, None, None, pool, False, True, False, at(6)),
        SourceNat(
            "outside static",
            "translate",
            (Match(src=(net("203.0.113.9"),), in_interfaces=Names((out,))),),
            None,
            None,
            None,
            ((address("10.99.0.9"), address("10.99.0.9")),),
            False,
            False,
            False,
            at(10),
        ),
    )

    def one(text: str) -> tuple[int, int]:
        return address(text), address(text)

    assert device.destination_nat == (
        DestinationNat("inside static", (Match(dst=(net("198.51.100.5"),)),), out, None, one("10.0.0.5"), None, True, False, False, at(7)),
        DestinationNat(
            "inside static",
            (Match(protocols=TCP, dports=((8080, 8080),)),),
            out,
            None,
            one("10.0.0.6"),
            (80, 80),
            False,
            True,
            False,
            at(8),
        ),
        DestinationNat(
            "inside static",
            (Match(dst=(net("198.51.101.0/24"),)),),
            out,
            None,
            (address("10.0.1.0"), address("10.0.1.255")),
            None,
            True,
            False,
            False,
            at(9),
        ),
        DestinationNat(
            "outside static",
            (Match(dst=(net("10.99.0.9"),)),),
            "GigabitEthernet0/0",
            None,
            one("203.0.113.9"),
            None,
            False,
            False,
            False,
            at(10),
        ),
    )


def test_forms_of_translation_that_are_not_held() -> None:
    device = known(
        """ip nat source list A interface GigabitEthernet0/0 overload
ip nat outside source list A pool P
ip nat inside destination list A pool P
interface GigabitEthernet0/0
 ip nat enable
"""
    )
    assert features(device) == [(FeatureKind.NAT, 1), (FeatureKind.NAT, 2), (FeatureKind.NAT, 3), (FeatureKind.NAT, 5)]


# Routing


def test_static_routes_and_leaks_between_vrfs() -> None:
    device = known(
        """vrf definition RED
 rd 65000:1
 route-target both 65000:1
 route-target import 65000:9
 address-family ipv4
 exit-address-family
ip vrf BLUE
 rd 65000:2
 route-target export 65000:9
interface GigabitEthernet0/0
 ip address 10.0.0.1 255.255.255.0
interface GigabitEthernet0/1
 vrf forwarding RED
 ip address 10.1.0.1 255.255.255.0
 ip policy route-map OUT
route-map OUT permit 10
 match ip address 101
 set vrf BLUE
route-map OUT permit 20
 set ip next-hop 10.1.0.9
ip route 0.0.0.0 0.0.0.0 10.0.0.254 250 tag 7 name default-way
ip route vrf RED 10.2.0.0 255.255.0.0 GigabitEthernet0/0 10.0.0.9
ip route vrf RED 10.3.0.0 255.255.0.0 10.0.0.9 global
ip route 10.4.0.0 255.255.0.0 Null0
ip route 10.5.0.0 255.255.0.0 Gi 0/0 track 1
ip route 10.6.0.0 255.255.0.0 10.0.0.7
no ip route 10.6.0.0 255.255.0.0 10.0.0.7
"""
    )

    def static(
        network: str,
        length: int,
        ref: int,
        vrf: str | None = None,
        hop: str | None = None,
        interface: str | None = None,
        next_vrf: str | None = None,
        discard: bool = False,
        preference: int = 1,
        tag: int | None = None,
        conditional: bool = False,
    ) -> StaticRoute:
        return StaticRoute(
            vrf,
            address(network),
            length,
            address(hop) if hop else None,
            interface,
            next_vrf,
            discard,
            preference,
            tag,
            conditional,
            at(ref),
        )

    assert device.static_routes == (
        static("0.0.0.0", 0, 21, hop="10.0.0.254", preference=250, tag=7),  # noqa: S104 - a network
        static("10.2.0.0", 16, 22, vrf="RED", hop="10.0.0.9", interface="GigabitEthernet0/0", next_vrf=""),
        static("10.3.0.0", 16, 23, vrf="RED", hop="10.0.0.9", next_vrf=""),
        static("10.4.0.0", 16, 24, interface="Null0", discard=True),
        static("10.5.0.0", 16, 25, interface="GigabitEthernet0/0", conditional=True),
    )
    assert device.vrfs == (
        Vrf("RED", "65000:1", ("65000:1", "65000:9"), ("65000:1",), at(1)),
        Vrf("BLUE", "65000:2", (), ("65000:9",), at(7)),
    )
    assert device.leaks == (
        VrfLeak("RED", "BLUE", at(1)),
        VrfLeak("RED", "", at(22)),
        VrfLeak("RED", "", at(23)),
        VrfLeak("RED", "BLUE", at(18)),
    )
    assert port(device, "GigabitEthernet0/1").policy_route == Applied("OUT", at(15))
    assert device.route_policies == (
        RoutePolicy(
            "OUT",
            "policy-route",
            (
                PolicyEntry(10, Action.PERMIT, (("acl", ("101",)),), (("vrf", ("BLUE",)),), at(16)),
                PolicyEntry(20, Action.PERMIT, (), (("next-hop", ("10.1.0.9",)),), at(19)),
            ),
            at(16),
        ),
    )


def test_ospf() -> None:
    device = known(
        """interface GigabitEthernet0/0
 ip address 10.0.0.1 255.255.255.252
 ip ospf 1 area 5
 ip ospf cost 20
 ip ospf network point-to-point
 ip ospf authentication message-digest
 ip ospf message-digest-key 1 md5 K
 ip ospf hello-interval 5
 ip ospf dead-interval 20
 ip ospf priority 0
router ospf 1 vrf RED
 router-id 10.255.0.1
 network 10.0.0.0 0.0.0.3 area 0
 network 10.1.0.0 255.255.0.0 area 0.0.0.5
 network 10.9.0.0 0.0.0.255 area 5
 no network 10.9.0.0 0.0.0.255 area 5
 area 5 stub no-summary
 area 5 default-cost 7
 area 5 range 10.1.0.0 255.255.0.0 not-advertise
 area 0 authentication message-digest
 area 0 filter-list prefix P in
 passive-interface default
 no passive-interface GigabitEthernet0/0
 redistribute static metric 20 metric-type 1 subnets route-map RM
 redistribute bgp 65000 subnets
 no redistribute bgp 65000
 default-information originate always metric 5 route-map DR
 auto-cost reference-bandwidth 10000
 distance ospf intra-area 10 external 150
 distribute-list prefix P in
 summary-address 10.8.0.0 255.255.0.0 not-advertise
 maximum-paths 2
 capability vrf-lite
 timers throttle spf 50 100 500
 log-adjacency-changes detail
"""
    )
    backbone = OspfArea("0.0.0.0", "normal", ((net("10.0.0.0/30"), at(13)),), (), "md5", at(13), filters=(("in", "P", at(21)),))  # noqa: S104 - an area
    stub = OspfArea(
        "0.0.0.5",
        "totally-stub",
        ((net("10.1.0.0/16"), at(14)),),
        ((address("10.1.0.0"), 16, False, at(19)),),
        "none",
        at(14),
        default_cost=7,
    )
    assert device.ospf == (
        OspfProcess(
            "1",
            "RED",
            address("10.255.0.1"),
            (backbone, stub),
            (Redistribution("static", "", "RM", 20, 1, at(24)),),
            "always",
            True,
            (),
            ("GigabitEthernet0/0",),
            10000,
            (("intra-area", 10), ("external", 150)),
            (("in", "P", at(30)),),
            2,
            True,
            at(11),
            default_route_metric=5,
            default_policy="DR",
            summaries=((address("10.8.0.0"), 16, False, at(31)),),
        ),
    )
    assert port(device, "GigabitEthernet0/0").ospf == OspfInterface("1", "0.0.0.5", 20, "point-to-point", "md5", 5, 20, 0, None, at(3))


def neighbor(**changes: object) -> BgpNeighbor:
    values: dict[str, object] = {
        "address": "",
        "remote_as": "",
        "group": None,
        "description": "",
        "source": None,
        "password": False,
        "shutdown": False,
        "active": True,
        "in_policies": (),
        "out_policies": (),
        "in_default": Action.PERMIT,
        "out_default": Action.PERMIT,
        "multihop": None,
        "ttl_security": None,
        "maximum_prefixes": None,
        "next_hop_self": False,
        "reflector_client": False,
        "default_originate": None,
        "ref": at(1),
    }
    return BgpNeighbor(**(values | changes))  # type: ignore[arg-type] # every field by its own name


def test_bgp_groups_templates_and_families() -> None:
    device = known(
        """router bgp 65000
 template peer-policy STRICT
  route-map IN in
  maximum-prefix 100
 exit-peer-policy
 bgp router-id 10.255.0.1
 no bgp default ipv4-unicast
 neighbor UP peer-group
 neighbor UP remote-as 65001
 neighbor UP password K
 neighbor UP ebgp-multihop 3
 neighbor 192.0.2.9 peer-group UP
 neighbor 192.0.2.9 description upstream
 neighbor 192.0.2.10 remote-as 65002
 neighbor 192.0.2.10 shutdown
 neighbor 192.0.2.11 remote-as 65003
 no neighbor 192.0.2.11
 !
 address-family ipv4
  network 198.51.100.0 mask 255.255.255.0 route-map ORIGIN
  network 10.0.0.0
  aggregate-address 198.51.0.0 255.255.0.0 summary-only
  redistribute ospf 1 route-map O
  neighbor UP activate
  neighbor UP route-map OUT out
  neighbor 192.0.2.9 inherit peer-policy STRICT
  neighbor 192.0.2.9 send-community both
  distance bgp 20 200 200
  maximum-paths 2
 exit-address-family
 !
 address-family ipv4 vrf RED
  neighbor 10.1.0.2 remote-as 65100
  neighbor 10.1.0.2 activate
  neighbor 10.1.0.2 default-originate
 exit-address-family
 address-family vpnv4
  neighbor 192.0.2.9 activate
 exit-address-family
"""
    )
    main, red = device.bgp
    assert (main.asn, main.vrf, main.router_id, red.vrf) == ("65000", None, address("10.255.0.1"), "RED")
    assert main.networks == (
        (address("198.51.100.0"), 24, "ORIGIN", at(20)),
        (address("10.0.0.0"), 8, None, at(21)),
    )
    assert main.aggregates == ((address("198.51.0.0"), 16, True, at(22)),)
    assert main.redistributions == (Redistribution("ospf", "1", "O", None, None, at(23)),)
    assert main.distances == (("external", 20), ("internal", 200), ("local", 200))
    out = (Applied("OUT", at(25)),)
    assert main.neighbors == (
        neighbor(address="UP", remote_as="65001", password=True, multihop=3, out_policies=out, ref=at(8)),
        neighbor(
            address="192.0.2.9",
            remote_as="65001",
            group="UP",
            description="upstream",
            password=True,
            multihop=3,
            out_policies=out,
            in_policies=(Applied("IN", at(3)),),
            maximum_prefixes=100,
            flags=("send-community",),
            ref=at(12),
        ),
        neighbor(address="192.0.2.10", remote_as="65002", shutdown=True, active=False, ref=at(14)),
    )
    assert red.neighbors == (neighbor(address="10.1.0.2", remote_as="65100", default_originate=at(35), ref=at(33)),)
    assert features(device) == [(FeatureKind.MPLS, 37)]


def test_prefix_lists_and_route_maps() -> None:
    device = known(
        """ip prefix-list P description ours
ip prefix-list P permit 10.0.0.0/8 le 24
ip prefix-list P seq 3 deny 10.9.0.0/16
ip prefix-list P seq 20 permit 0.0.0.0/0 ge 25
ip prefix-list P seq 30 permit 1.0.0.0/8
no ip prefix-list P seq 30
ip prefix-list Q permit 1.0.0.0/8
no ip prefix-list Q
route-map M deny 20
 match ip address prefix-list P
 match community 5 exact-match
 set local-preference 200
 set as-path prepend 65000 65000
 set ip default next-hop 10.0.0.1
 no set local-preference
route-map M permit 10
 continue 20
"""
    )

    def entry(number: int, action: Action, text: str, low: int, high: int, ref: int) -> PrefixEntry:
        network, _, length = text.partition("/")
        return PrefixEntry(number, action, address(network), int(length), low, high, at(ref))

    assert device.prefix_lists == (
        PrefixList(
            "P",
            (
                entry(3, Action.DENY, "10.9.0.0/16", 16, 16, 3),
                entry(5, Action.PERMIT, "10.0.0.0/8", 8, 24, 2),
                entry(20, Action.PERMIT, "0.0.0.0/0", 25, 32, 4),
            ),
            at(2),
        ),
    )
    matches = (("prefix-list", ("P",)), ("community", ("5", "exact-match")))
    sets = (("as-path prepend", ("65000", "65000")), ("default next-hop", ("10.0.0.1",)))
    assert device.route_policies == (
        RoutePolicy(
            "M",
            "route-policy",
            (
                PolicyEntry(10, Action.PERMIT, (), (("continue", ("20",)),), at(16)),
                PolicyEntry(20, Action.DENY, matches, sets, at(9)),
            ),
            at(9),
        ),
    )


# The management plane


def test_management() -> None:
    device = known(
        """version 12.4
service password-encryption
hostname R1
aaa new-model
aaa authentication login default group tacacs+ local
enable secret 5 $1$abc
username ops privilege 15 secret 9 $9$abc
username old password 7 0102
username bare nopassword
username cisco password cisco
tacacs server A
 address ipv4 10.0.0.9
 key 7 0102
tacacs-server host 10.0.0.8 key K
ip http server
no ip http secure-server
ip http access-class 23
ip ssh version 2
snmp-server community public RO 10
snmp-server community hidden view V RW ACL
snmp-server group G v3 priv read V write W access 12
snmp-server user nms G v3 auth sha A priv aes 128 B
snmp-server host 10.0.0.7 version 2c public
ntp server 10.0.0.6 key 1
ntp authenticate
logging host 10.0.0.5
logging 10.0.0.4
ip name-server 10.0.0.3
line con 0
 exec-timeout 0 0
line aux 0
 no exec
line vty 0 4
 access-class 10 in
 transport input ssh
line vty 5 15
 exec-timeout 5 30
 access-class 10 in vrf-also
line vty 3
 access-class 11 in
"""
    )
    plane = device.management
    everything = ("lapb-ta", "mop", "pad", "rlogin", "ssh", "telnet", "udptn", "v120")
    assert plane.lines == (
        TerminalLine("console", 0, 0, (), (), "aaa", 0, at(29)),
        TerminalLine("aux", 0, 0, (), (), "aaa", 600, at(31)),
        TerminalLine("vty", 5, 15, everything, (Applied("10", at(38)),), "aaa", 330, at(36)),
        TerminalLine("vty", 0, 2, ("ssh",), (Applied("10", at(34)),), "aaa", 600, at(33)),
        TerminalLine("vty", 3, 3, ("ssh",), (Applied("11", at(40)),), "aaa", 600, at(33)),
        TerminalLine("vty", 4, 4, ("ssh",), (Applied("10", at(34)),), "aaa", 600, at(33)),
    )
    assert plane.users == (
        User("enable", "15", "hash", False, (), at(6)),
        User("ops", "15", "hash", False, (), at(7)),
        User("old", "1", "reversible", False, (), at(8)),
        User("bare", "1", "none", False, (), at(9)),
        User("cisco", "1", "plain", True, (), at(10)),
    )
    assert plane.servers == (
        Server("aaa", "10.0.0.9", None, True, at(12)),
        Server("aaa", "10.0.0.8", None, True, at(14)),
        Server("trap", "10.0.0.7", None, False, at(23)),
        Server("ntp", "10.0.0.6", None, True, at(24)),
        Server("syslog", "10.0.0.5", None, False, at(26)),
        Server("syslog", "10.0.0.4", None, False, at(27)),
        Server("dns", "10.0.0.3", None, False, at(28)),
    )
    assert plane.snmp == (
        SnmpAccess("v2c", "community", False, True, (Applied("10", at(19)),), at(19)),
        SnmpAccess("v2c", "community", True, False, (Applied("ACL", at(20)),), at(20)),
        SnmpAccess("v3", "privacy", True, False, (Applied("12", at(21)),), at(22)),
    )
    assert {item.name: item for item in plane.services} == {
        "http": Service("http", True, 80, (Applied("23", at(17)),), None, at(15)),
        "https": Service("https", False, 443, (Applied("23", at(17)),), None, at(16)),
        "ssh": Service("ssh", True, 22, (), None, at(36)),
        "telnet": Service("telnet", True, 23, (Applied("10", at(38)),), None, at(36)),
        "snmp": Service("snmp", True, 161, (), None, at(19)),
    }
    assert plane.aaa == at(5)
    assert dict(plane.flags) == {"password-encryption": at(2), "ssh-v2": at(18), "ntp-authentication": at(25)}


@pytest.mark.parametrize(
    ("version", "switch", "telnet"),
    [("12.2", False, True), ("15.4", False, False), ("15.2", True, True), ("16.9", True, False), ("", False, True)],
)
def test_what_comes_in_where_nothing_is_said(version: str, switch: bool, telnet: bool) -> None:
    head = f"version {version}\n" if version else ""
    device = known(head + ("vlan 5\n" if switch else "") + "line vty 0 4\n login\n")
    assert ("telnet" in device.management.lines[0].protocols) is telnet


def test_management_is_negated() -> None:
    device = known(
        """username a privilege 15 secret 5 H
no username a
snmp-server community c RO
no snmp-server community c
ntp server 10.0.0.6
no ntp server 10.0.0.6
logging host 10.0.0.5
no logging host 10.0.0.5
ip http server
no ip http server
aaa new-model
no aaa new-model
enable password x
no enable password
line vty 0 4
 access-class 10 in
 no access-class 10 in
 no login
 no transport input
"""
    )
    plane = device.management
    assert (plane.users, plane.snmp, plane.servers, plane.aaa) == ((), (), (), None)
    assert plane.lines == (TerminalLine("vty", 0, 4, (), (), "none", 600, at(15)),)


# Framing


def test_a_typed_script_without_indentation() -> None:
    device = known(
        """en
conf t
host R9
int gi 0/0
ip add 10.0.0.1 255.255.255.0
ip access-group A in
no sh
exit
interface Serial0/0/0
shutdown
ip nat inside source list 1 interface GigabitEthernet0/0 overload
interface GigabitEthernet0/1
ip nat inside
!
router ospf 1
network 10.0.0.0 0.0.0.255 area 0
ip access-list extended A
permit tcp any any eq 22
deny ip any any
line vty 0 4
transport input ssh
end
wr mem
"""
    )
    assert device.name == "R9"
    assert [(item.name, item.shutdown) for item in device.interfaces] == [
        ("GigabitEthernet0/0", None),
        ("Serial0/0/0", at(10)),
        ("GigabitEthernet0/1", None),
    ]
    assert port(device, "GigabitEthernet0/0").filters_in == (Applied("A", at(6)),)
    assert len(rules(device, "A")) == 2
    assert device.ospf[0].areas[0].networks == ((net("10.0.0.0/24"), at(16)),)
    assert device.facts == ()


def test_abbreviations_that_longer_words_share() -> None:
    device = known(
        """hostname R3
int g0/0
ip add 10.0.0.1 255.255.255.0
no sh
ip route 0.0.0.0 0.0.0.0 10.0.0.254
int g0/1
sh
access-list 5 permit any
router ospf 1
network 10.0.0.0 0.255.255.255 a 0
int g0/2
ip nat inside
ip nat inside source static 10.0.0.3 192.0.2.3
int g0/3
ip nat outside
policy-map type inspect P
class type inspect C
inspect
"""
    )
    assert [(item.name, item.shutdown) for item in device.interfaces] == [
        ("GigabitEthernet0/0", None),
        ("GigabitEthernet0/1", at(7)),
        ("GigabitEthernet0/2", None),
        ("GigabitEthernet0/3", None),
    ]
    assert [item.ref.line for item in device.static_routes] == [5]
    assert [item.ref.line for item in device.destination_nat] == [13]


def test_a_listing_holds_no_abbreviations() -> None:
    device = read("version 15.2\ninterface GigabitEthernet0/0\n shut\nend\n")
    assert [item.ref.line for item in device.unknown] == [3]


def test_prompts_of_a_session() -> None:
    device = known(
        "R1#show run\nR1(config)#hostname R1\nR1(config)#interface gi0/1\nR1(config-if)#ip address 10.0.0.1 255.0.0.0\n"
        "R1(config-if)#end\nR1#\n"
    )
    assert device.interfaces[0].addresses == (InterfaceAddress(address("10.0.0.1"), 8, at(4)),)


def test_banners_and_certificates_hold_no_commands() -> None:
    device = known(
        """hostname R1
banner motd ^C
interface GigabitEthernet0/9
 shutdown
^C
banner login # one line #
crypto pki certificate chain T
 certificate self-signed 01
  30820101 02030405
  quit
aaa authentication fail-message ^Cno
hostname evil^C
interface GigabitEthernet0/1
 description # not a banner
"""
    )
    assert [item.name for item in device.interfaces] == ["GigabitEthernet0/1"]
    assert device.name == "R1"
    assert [name for name, _ in device.management.flags] == ["banner"]


def test_a_banner_without_end_hides_nothing() -> None:
    device = read("banner motd ^C\ninterface GigabitEthernet0/9\n shutdown\n")
    assert [item.ref.line for item in device.unknown] == [1]
    assert [item.name for item in device.interfaces] == ["GigabitEthernet0/9"]


def test_a_config_that_was_cut_off_and_two_in_one_file() -> None:
    head = "Building configuration...\n\nCurrent configuration : 99 bytes\nversion 15.2\n"
    assert ("truncated", "yes") in read(head + "hostname A\ninterface GigabitEthernet0/0\n").facts
    assert ("truncated", "yes") in read("hostname A\ninterface GigabitEthernet0/0\n no shutdown\n").facts
    whole = read(head + "hostname A\nend\n" + head + "hostname B\ninterface GigabitEthernet0/0\n ip address 10.0.0.1 255.0.0.0\nend\n")
    assert whole.name == "A"
    assert whole.facts == (("several-devices", "yes"),)
    assert whole.interfaces == ()
    assert len(whole.unknown) == 7
    other = read("hostname A\ninterface GigabitEthernet0/0\nhostname B\ninterface GigabitEthernet0/1\n")
    assert other.facts == (("several-devices", "yes"),)
    assert [item.ref.line for item in other.unknown] == [3, 4]


def test_unknown_views_are_unknown_as_a_whole() -> None:
    device = read(
        "frobnicate the network\n permit everything\n  ip address 10.0.0.1 255.0.0.0\n!\nhostname R1\n"
        "interface Gi0/0\n frob\n  shutdown\n mtu 1500\n"
    )
    assert [(item.ref.line, item.context) for item in device.unknown] == [
        (1, ()),
        (2, ("frobnicate the network",)),
        (3, ("frobnicate the network", "permit everything")),
        (7, ("interface Gi0/0",)),
        (8, ("interface Gi0/0", "frob")),
    ]
    assert port(device, "GigabitEthernet0/0").mtu == 1500
    assert port(device, "GigabitEthernet0/0").shutdown is None


def test_secrets_stay_out_of_the_snapshot() -> None:
    device = read(
        "username a mystery password 0 hunter2\nenable secret 0 hunter2\nsnmp-server community hunter2 RO\ncrypto map M 1 key hunter2\n"
    )
    assert "hunter2" not in repr(device)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("crypto map M 10 ipsec-isakmp\n set peer 10.0.0.1\n", FeatureKind.IPSEC),
        ("interface GigabitEthernet0/0\n crypto map M\n", FeatureKind.IPSEC),
        ("interface Tunnel1\n tunnel mode gre multipoint\n", FeatureKind.TUNNEL),
        ("interface GigabitEthernet0/0\n mpls ip\n", FeatureKind.MPLS),
        ("interface GigabitEthernet0/0\n xconnect 10.0.0.1 5 encapsulation mpls\n", FeatureKind.L2VPN),
        ("interface nve1\n", FeatureKind.VXLAN),
        ("interface GigabitEthernet0/0\n bridge-group 1\n", FeatureKind.BRIDGING),
        ("bridge irb\n", FeatureKind.BRIDGING),
        ("monitor session 1 source interface Gi0/1\n", FeatureKind.MIRROR),
        ("ip multicast-routing\n", FeatureKind.MULTICAST),
        ("interface GigabitEthernet0/0\n ip pim sparse-mode\n", FeatureKind.MULTICAST),
        ("ipv6 unicast-routing\n", FeatureKind.IPV6),
        ("interface GigabitEthernet0/0\n ipv6 address 2001:db8::1/64\n", FeatureKind.IPV6),
        ("router eigrp 5\n network 10.0.0.0\n no auto-summary\n", FeatureKind.ROUTING),
        ("router rip\n version 2\n network 10.0.0.0\n", FeatureKind.ROUTING),
        ("router isis\n net 49.0001.0000.0000.0001.00\n", FeatureKind.ROUTING),
        ("interface GigabitEthernet0/0\n ip inspect FW in\n", FeatureKind.FILTER),
        ("interface GigabitEthernet0/0\n mac access-group M in\n", FeatureKind.FILTER),
        ("access-list 701 permit 0000.0000.0001 0000.0000.0000\n", FeatureKind.FILTER),
        ('event manager applet A\n action 1 cli command "conf t"\n', FeatureKind.OTHER),
        ("interface Dialer1\n", FeatureKind.DIALUP),
        ("ip wccp web-cache\n", FeatureKind.PROXY),
    ],
)
def test_what_the_model_does_not_hold(text: str, kind: FeatureKind) -> None:
    device = known(text)
    assert [item.kind for item in device.features] == [kind]
    codes = [code for code in device.coverage[0].codes if code == LineCode.UNMODELLED]
    assert codes


@pytest.mark.parametrize(
    "text",
    [
        "no ip multicast-routing\n",
        "no ipv6 unicast-routing\n",
        "no mpls ip\n",
        "no ip wccp web-cache\n",
        "no router rip\n",
        "interface Gi0/0\n no ipv6 address\n no ip pim sparse-mode\n no crypto map M\n no bridge-group 1\n",
    ],
)
def test_what_is_turned_off_is_no_feature(text: str) -> None:
    assert known(text).features == ()


def test_an_unknown_line_stays_unknown_when_it_is_negated() -> None:
    assert len(read("no frobnicate\n").unknown) == 1
    assert len(read("interface Gi0/0\n default shutdown\n").unknown) == 1


# Configs that people typed

BOUNDS = {  # lines that stay unknown, with the reason
    "012": 11,  # addresses masked as xxx.xxx.xxx.xxx
    "021": 67,  # lists as another maker writes them: `ip access-list NAME` without a kind, prefixes with a slash
}


def typed(number: str) -> DeviceConfig:
    if not TYPED.is_dir():
        pytest.skip("the collection of typed configs is not here")
    path = next(TYPED.glob(f"{number}-*"))
    return parse(path.stem, (read_source(path.name, path.read_bytes()),))


@pytest.mark.parametrize("number", ["001", "003", "005", "007", "009", "012", "017", "020", "021", "022"])
def test_typed_configs_are_understood(number: str) -> None:
    device = typed(number)
    assert len(device.unknown) <= BOUNDS.get(number, 0)
    assert LineCode.UNKNOWN not in device.coverage[0].codes or device.unknown


def test_typed_router_with_translation() -> None:
    device = typed("017")
    assert device.name == "2911"
    assert device.version == "15.1"
    assert len(device.interfaces) == 6
    assert [(item.name, len(item.rules)) for item in device.filters] == [("login", 3), ("nat", 1)]
    assert rules(device, "login")[0].matches == (Match(src=(Ternary(address("192.168.50.0"), FULL ^ 0x80),)),)
    assert [(item.interface, item.own_address, item.ports) for item in device.source_nat] == [("FastEthernet0/0/0", True, True)]
    assert device.source_nat[0].matches[0].in_interfaces == Names(("GigabitEthernet0/1", "GigabitEthernet0/2"))
    assert len(device.ospf[0].areas[0].networks) == 2
    vty = [item for item in device.management.lines if item.kind == "vty"]
    assert [[applied.filter for applied in item.filters] for item in vty] == [["login"], ["23"]]
    assert {item.name for item in device.management.services if item.enabled} == {"http", "https", "telnet", "snmp"}


def test_typed_border_router() -> None:
    device = typed("005")
    (process,) = device.bgp
    assert len(process.neighbors) == 7
    external = next(item for item in process.neighbors if item.address == "10.13.22.3")
    assert (external.group, external.remote_as) == ("as3", "3")
    assert [item.filter for item in (*external.in_policies, *external.out_policies)] == ["as3_to_as1", "as1_to_as3"]
    assert [item.name for item in device.filters] == ["101", "102", "103"]
    assert len(device.route_policies) == 7
    assert device.ospf[0].redistributions[0].source == "connected"
    assert device.features == ()


def test_typed_tunnels_are_features() -> None:
    device = typed("001")
    kinds = [item.kind for item in device.features]
    assert kinds.count(FeatureKind.TUNNEL) == 4
    assert kinds.count(FeatureKind.IPSEC) == 4
    assert len(device.bgp[0].neighbors) == 6
    assert sum(item.default_originate is not None for item in device.bgp[0].neighbors) == 2


def test_typed_vrfs() -> None:
    device = typed("003")
    assert [item.name for item in device.vrfs] == ["cust10", "cust20"]
    assert port(device, "Loopback10").vrf == "cust10"
    assert port(device, "Loopback10").addresses[0].ip == address("1.1.1.10")
    assert [item.vrf for item in device.bgp] == [None, "cust10", "cust20"]
    assert sum(item.shutdown is not None for item in device.interfaces) == 4


def test_typed_masked_addresses_are_unknown_and_leave_the_translation_in_doubt() -> None:
    device = typed("012")
    assert all("xxx" in item.text for item in device.unknown)
    assert device.source_nat[0].conditional
    assert next(item for item in device.filters if item.name == "1").default == Action.DENY
    assert {FeatureKind.DIALUP, FeatureKind.MULTICAST} == {item.kind for item in device.features}


# The rendered city


@pytest.fixture(scope="session")
def city() -> list[DeviceConfig]:
    network, renderer = load(REPOSITORY / "inventory" / "guiyang"), Renderer(Platforms())
    found = []
    for design in network.design.devices:
        if design.device.platform == "cisco_ios":
            (file,) = renderer.render(design, None).files
            source = read_source(file.name, file.text.encode())
            assert looks_like(source) > 0.6
            found.append(parse(design.device.name, (source,)))
    return found


def test_no_line_of_the_city_is_unknown(city: list[DeviceConfig]) -> None:
    assert len(city) > 30
    assert [item for device in city for item in device.unknown] == []
    assert all(item.name == item.folder for item in city)
    assert not any(item.facts and dict(item.facts).get("truncated") for item in city)


def test_the_city_has_no_feature_that_is_not_held(city: list[DeviceConfig]) -> None:
    assert [item for device in city for item in device.features] == []


# Noise

LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "interface GigabitEthernet0/0",
                " ip address 10.0.0.1 255.0.0.0",
                "!",
                " !",
                "end",
                "exit",
                "router bgp 1",
                " address-family ipv4",
                "  neighbor 10.0.0.1 activate",
                "ip access-list extended A",
                " permit ip any any",
                " 10 deny tcp any any eq",
                "banner motd ^C",
                "^C",
                "line vty 0 4",
                " transport input ssh",
                "no",
                "default",
                "no interface",
                "vlan 10",
                "vlan access-map A",
                "object-group network A",
                " group-object A",
                "route-map A",
                " match",
                " set",
                "ip nat inside source static",
                "interface range gi0/1 -",
                "hostname",
                "hostname x",
                "zone-pair security a source b destination c",
                " service-policy type inspect P",
                "class-map type inspect C",
                " match class-map C",
                "ip route 0.0.0.0 0.0.0.0",
                "ip route vrf",
                "username",
                "snmp-server host",
                "ntp server",
                "aaa group server tacacs+",
                "certificate x",
                "router ospf 1 vrf",
                " area x stub",
                " area 1",
                " redistribute",
                "ip prefix-list",
                "ip prefix-list a seq 5",
                "line vty",
                "line vty 9999999 1",
            ]
        ),
        st.text(max_size=30),
    ),
    max_size=30,
)


def every_line_has_a_code(text: str) -> None:
    source = read_source(FILE, text.encode("utf-8", "replace"))
    device = parse("x", (source,))
    codes = device.coverage[0].codes
    assert len(codes) == len(source.lines)
    told = {item.ref.line for item in device.unknown}
    assert {number for number, code in enumerate(codes, 1) if code == LineCode.UNKNOWN} == told
    assert 0 <= looks_like(source) <= 1


@settings(max_examples=300, deadline=None)
@given(LINES)
def test_any_lines_are_read_without_a_crash(lines: list[str]) -> None:
    every_line_has_a_code("\n".join(lines).replace("\x00", ""))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 400))
def test_shuffled_and_cut_configs_are_read_without_a_crash(seed: int, cut: int) -> None:
    paths = sorted(TYPED.glob("*")) if TYPED.is_dir() else []
    if not paths:
        pytest.skip("the collection of typed configs is not here")
    chance = random.Random(seed)
    lines = chance.choice(paths).read_text("utf-8", "replace").split("\n")
    if seed % 2:
        chance.shuffle(lines)
    text = "\n".join(lines[:cut])
    every_line_has_a_code(text[: len(text) - seed % 7].replace("\x00", ""))


def test_no_source_at_all() -> None:
    assert parse("x", ()).name == "x"
    assert looks_like(Source("x", (), "utf-8", ())) == 0.0
    assert host(1) == Ternary(1, FULL)


@pytest.mark.parametrize(
    ("lines", "gateway"),
    [
        ("interface Gi0/1\n switchport mode access\n", "10.9.0.1"),  # a switch that does not say that it routes
        ("no ip routing\n", "10.9.0.1"),
        ("ip routing\ninterface Gi0/1\n switchport mode access\n", None),
        ("interface Gi0/0\n ip address 10.9.0.2 255.255.255.0\n", None),  # a router routes unless it says that it does not
    ],
)
def test_the_default_gateway_counts_where_the_device_does_not_route(lines: str, gateway: str | None) -> None:
    config = read(f"{lines}ip default-gateway 10.9.0.1\n")
    found = [(item.network, item.length, item.next_hop) for item in config.static_routes]
    assert found == ([(0, 0, address(gateway))] if gateway else [])
    assert read(f"{lines}ip default-gateway 10.9.0.1\nno ip default-gateway\n").static_routes == ()
