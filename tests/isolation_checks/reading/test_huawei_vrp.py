"""Routers and switches of Huawei: configs written by hand, each with what it must be read as."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isolation_checks.reading import huawei_usg, huawei_vrp
from isolation_checks.reading.huawei_names import interface_name
from isolation_checks.reading.source import read_source
from isolation_checks.reading.values import dotted
from isolation_checks.snapshot import (
    ESTABLISHED,
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
    OspfArea,
    OspfInterface,
    OspfProcess,
    PolicyEntry,
    PrefixEntry,
    PrefixList,
    Redistribution,
    RoutePolicy,
    Server,
    Service,
    SnmpAccess,
    SourceNat,
    StaticRoute,
    Switching,
    TerminalLine,
    Ternary,
    User,
    VirtualAddress,
    Vrf,
    VrfLeak,
)
from templates.engine import Renderer
from templates.platforms import Platforms
from tests.isolation_checks.reading.huawei_common import (
    ICMP,
    REAL,
    ROOT,
    TCP,
    UDP,
    D,
    P,
    at,
    deny,
    features,
    filter_of,
    interface,
    ip,
    mangled,
    net,
    permit,
    reason,
    unknown,
    vrp,
    whole,
)
from topology.network import load

AREA = dotted(0)


def test_rule_forms() -> None:
    config = vrp(
        """#
sysname R
#
acl name mixed 3100
 description all that rules can say
 rule 5 permit tcp source 10.1.0.0 0.0.255.255 destination 10.2.3.4 0 destination-port eq www
 rule 10 deny udp source-port gt 1023 destination 10.0.0.1 0.0.255.0 destination-port neq snmp
 rule 15 permit tcp tcp-flag established
 rule 20 permit icmp icmp-type echo
 rule 25 deny icmp icmp-type 3 4
 rule 30 permit ip vpn-instance red source any fragment-type non-subseq
 rule 35 deny ip dscp ef
 rule 40 permit 89 source 10.1.1.1 0 time-range night
 rule 45 permit udp destination-port lt 1
 rule 50 deny tcp destination-port range 30 20 tcp-flag syn
 rule 55 permit tcp tcp-flag syn ack
 rule 60 deny tcp tcp-flag syn ack
 rule 65 permit
 rule 65 description the end
#
return
"""
    )
    both = ((2, 2), (16, 16))
    assert filter_of(config, "mixed") == Filter(
        "mixed",
        "acl",
        (
            permit(6, "5", Match((net("10.1.0.0/16"),), (net("10.2.3.4/32"),), TCP, None, ((80, 80),))),
            deny(7, "10", Match(None, (Ternary(ip("10.0.0.1"), ip("255.255.0.255")),), UDP, ((1024, 65535),), ((0, 160), (162, 65535)))),
            permit(8, "15", Match(None, None, TCP, flags=tuple((int(a), int(b)) for a, b in ESTABLISHED))),
            permit(9, "20", Match(None, None, ICMP, icmp=((2048, 2303),))),
            deny(10, "25", Match(None, None, ICMP, icmp=((772, 772),))),
            permit(11, "30", Match(fragments=(Fragment.WHOLE, Fragment.FIRST), vrf="red")),
            deny(12, "35", Match(), conditional=True),
            permit(13, "40", Match((net("10.1.1.1/32"),), None, ((89, 89),)), conditional=True),
            permit(14, "45", Match(None, None, UDP, None, ((0, 0),))),
            deny(15, "50", Match(None, None, TCP, None, ((20, 30),), flags=((2, 2),))),
            permit(16, "55", Match(None, None, TCP, flags=both)),
            deny(17, "60", Match(None, None, TCP, flags=both), conditional=True),
            permit(18, "65", Match()),
        ),
        P,
        at(4),
    )
    assert not config.unknown
    assert whole(config)


def test_basic_acls_numbers_and_order() -> None:
    config = vrp(
        """acl number 2001
 rule permit source 10.1.1.1 0
 rule 3 deny source 10.1.1.0 0.0.0.255
 rule permit
 step 10
 rule deny
 undo rule 3
#
acl 2002 match-order auto
 rule 5 permit source 10.0.0.0 0.255.255.255
 rule 10 deny source 10.1.0.0 0.0.255.255
#
acl number 2003
 rule 0 deny source any
 rule 1 permit vpn-instance blue
#
acl number 4001
 rule 5 deny l2-protocol arp source-mac 0011-2233-4455
 rule 10 deny source-mac 0011-2233-4455 ffff-ffff-ffff
 rule 15 permit
#
acl ipv6 3001
 rule 5 permit ipv6 source 2001:db8::/32
#
return
"""
    )
    assert [(rule.name, rule.action) for rule in filter_of(config, "2001").rules] == [("5", P), ("10", P), ("20", D)]
    assert filter_of(config, "2002").rules == (
        deny(11, "10", Match((net("10.1.0.0/16"),)), conditional=True),
        permit(10, "5", Match((net("10.0.0.0/8"),))),
    ), "by depth; typed in another order, so that the drop does not count"
    assert filter_of(config, "2003").rules == (deny(14, "0", Match()), permit(15, "1", Match(vrf="blue")))
    assert filter_of(config, "4001").rules == (
        deny(18, "5", Match())._replace(matches=()),
        deny(19, "10", Match(), conditional=True),
        permit(20, "15", Match()),
    )
    assert reason(config, 23).startswith("IPv6 only")
    assert whole(config)
    assert not config.unknown


def test_a_rule_twice_and_rules_not_understood() -> None:
    config = vrp(
        """acl number 3000
 rule 5 permit ip source 10.1.1.1 0
 rule 5 deny ip source 10.1.1.1 0
 rule 10 permit tcp source-pool servers
 rule 15 permit tcp destination-port eq nonsense
 rule 20 permit ip source x.x.x.x 0
 rule 25 permit ip destination-port eq 80
 undo rule 10 source
#
return
"""
    )
    assert unknown(config) == [3, 5, 6, 7, 8]
    assert filter_of(config, "3000").rules[1] == permit(4, "10", Match(None, None, TCP), conditional=True)


def test_traffic_policy() -> None:
    """An ACL's deny drops; its permit does what the behavior says; what matches nothing passes."""
    config = vrp(
        """acl number 3001
 rule 5 deny ip source 10.1.0.0 0.0.255.255
 rule 10 permit ip source 10.0.0.0 0.255.255.255
#
acl name out 3002
 rule 5 permit tcp destination-port eq 23
#
traffic classifier A operator or
 if-match acl 3001
traffic classifier B operator or
 if-match acl name out
traffic classifier C
 if-match any
traffic classifier E
 if-match acl 3001
 if-match dscp ef
#
traffic behavior GO
 permit
traffic behavior STOP
 deny
traffic behavior SEND
 redirect ip-nexthop 10.9.9.9
traffic behavior MARK
 remark dscp ef
 statistic enable
#
traffic policy T match-order config
 classifier A behavior GO
 classifier B behavior STOP
 classifier C behavior GO
 share-mode
traffic policy U
 classifier E behavior GO
 classifier A behavior SEND
 classifier nowhere behavior GO
#
interface GigabitEthernet0/0/1
 undo portswitch
 ip address 10.5.5.1 24
 traffic-policy T inbound
 traffic-policy U outbound
 traffic-policy V outbound
#
traffic-policy T global inbound
#
return
"""
    )
    first = (deny(2, "5", Match((net("10.1.0.0/16"),))), permit(3, "10", Match((net("10.0.0.0/8"),))))
    assert filter_of(config, "traffic-policy T") == Filter(
        "traffic-policy T",
        "policy",
        (*first, deny(6, "5", Match(None, None, TCP, None, ((23, 23),))), permit(13, "any", Match())),
        P,
        at(28),
    )
    assert [(rule.action, rule.conditional) for rule in filter_of(config, "traffic-policy U").rules] == [
        (D, True),
        (P, True),
        (D, True),
        (P, False),
    ]
    port = interface(config, "GigabitEthernet0/0/1")
    assert port.filters_in == (Applied("traffic-policy T", at(41)),)
    assert port.filters_out == (Applied("traffic-policy U", at(42)), Applied("traffic-policy V", at(43)))
    assert "traffic-policy V" not in {found.name for found in config.filters}, "what is not defined is not invented"
    assert config.global_in == (Applied("traffic-policy T", at(45)),)
    assert features(config) == [(FeatureKind.POLICY_ROUTE, 23, None), (FeatureKind.FILTER, 36, None)]
    assert whole(config)
    assert not config.unknown


def test_filters_by_number_name_rule_vlan_and_undone() -> None:
    config = vrp(
        """vlan batch 10 20 to 22
#
interface Vlanif10
 ip address 10.0.10.1 255.255.255.0
 traffic-filter inbound acl 3005
 traffic-filter outbound acl name site
 packet-filter 2001 inbound
 undo packet-filter 2001 inbound
 traffic-filter inbound acl ipv6 3001
#
interface GigabitEthernet0/0/1
 port link-type access
 port default vlan 20
 traffic-filter inbound acl 3005 rule 10
 traffic-filter outbound acl 3999
 traffic-secure outbound acl 3005
 undo traffic-secure outbound acl 3005
#
acl name site 3005
 rule 5 permit ip
 rule 10 deny ip source 10.9.0.0 0.0.255.255
#
traffic-filter vlan 22 inbound acl 3005
traffic-filter outbound acl name site
#
vlan 21
 name Büro
 traffic-policy shape inbound
#
return
"""
    )
    svi, port = interface(config, "Vlanif10"), interface(config, "GigabitEthernet0/0/1")
    assert (svi.filters_in, svi.filters_out) == ((Applied("site", at(5)),), (Applied("site", at(6)),))
    assert port.filters_in == (Applied("3005 rule 10", at(14)),)
    assert port.filters_out == (Applied("3999", at(15)),)
    assert [vlan.id for vlan in config.vlans] == [10, 20, 21, 22]
    vlans = {vlan.id: vlan for vlan in config.vlans}
    assert vlans[22].filters_in == (Applied("site", at(23)),)
    assert (vlans[21].name, vlans[21].filters_in) == ("Büro", (Applied("traffic-policy shape", at(28)),))
    assert config.global_out == (Applied("site", at(24)),)
    assert not config.unknown


def test_single_rule_of_an_acl() -> None:
    config = vrp(
        """acl number 3005
 rule 5 permit ip
 rule 10 deny ip source 10.9.0.0 0.0.255.255
#
interface GigabitEthernet0/0/1
 traffic-filter inbound acl 3005 rule 10
#
return
"""
    )
    assert filter_of(config, "3005 rule 10") == Filter("3005 rule 10", "acl", (deny(3, "10", Match((net("10.9.0.0/16"),))),), P, at(1))


def test_switch_ports() -> None:
    config = vrp(
        """interface GigabitEthernet0/0/1
 port link-type trunk
 port trunk pvid vlan 10
 port trunk allow-pass vlan 10 20 to 22
 port trunk allow-pass vlan 30
 undo port trunk allow-pass vlan 1
#
interface GigabitEthernet0/0/2
 port link-type trunk
 port trunk allow-pass vlan all
#
interface GigabitEthernet0/0/3
 port link-type hybrid
 port hybrid pvid vlan 5
 port hybrid untagged vlan 5 6
 port hybrid tagged vlan 7
 undo port hybrid vlan 1
#
interface GigabitEthernet0/0/4
 port hybrid pvid vlan 8
 port hybrid untagged vlan 8
#
interface GigabitEthernet0/0/5
 port link-type access
 port default vlan 9
 port-isolate enable group 3
 stp edged-port enable
#
interface GigabitEthernet0/0/6
#
interface GigabitEthernet0/0/7
 eth-trunk 2
#
interface GigabitEthernet0/0/8
 undo portswitch
 ip address 10.8.8.1 30
#
interface GigabitEthernet0/0/9
 port link-type dot1q-tunnel
 port default vlan 99
#
interface Eth-Trunk 2
 mode lacp
 trunkport GigabitEthernet 0/0/11 to 0/0/12
 port trunk allow-pass vlan 40
#
vlan 50
 port GigabitEthernet0/0/13 to 0/0/14
#
lldp enable
#
interface GigabitEthernet0/0/15
 undo lldp enable
 port default vlan 3
#
return
"""
    )
    expected = {
        "1": Switching("trunk", 10, ((10, 10),), ((20, 22), (30, 30))),
        "2": Switching("trunk", 1, ((1, 1),), ((2, 4094),)),
        "3": Switching("hybrid", 5, ((5, 6),), ((7, 7),)),
        "4": Switching("hybrid", 8, ((1, 1), (8, 8)), ()),
        "5": Switching("access", 9, ((9, 9),), (), ("3",)),
        "6": Switching("hybrid", 1, ((1, 1),), (), (), doubt=True),
        "7": None,
        "8": None,
        "9": Switching("tunnel", 99, ((99, 99),), ()),
        "11": None,
        "13": Switching("access", 50, ((50, 50),), ()),
        "14": Switching("access", 50, ((50, 50),), ()),
        "15": Switching("access", 3, ((3, 3),), ()),
    }
    assert {key: interface(config, f"GigabitEthernet0/0/{key}").switching for key in expected} == expected
    assert interface(config, "Eth-Trunk2").switching == Switching("trunk", 1, ((1, 1),), ((40, 40),))
    assert [item.name for item in config.interfaces if item.aggregate == "Eth-Trunk2"] == [
        "GigabitEthernet0/0/7",
        "GigabitEthernet0/0/11",
        "GigabitEthernet0/0/12",
    ]
    assert interface(config, "GigabitEthernet0/0/5").flags == ("stp-edge", "lldp")
    assert interface(config, "GigabitEthernet0/0/15").flags == ()
    assert features(config) == [(FeatureKind.BRIDGING, 39, "GigabitEthernet0/0/9")]
    assert not config.unknown


def test_routed_interface_in_full() -> None:
    config = vrp(
        """interface GigabitEthernet0/0/1.30
 dot1q termination vid 30
 description to the south
 ip address 10.1.1.1 24
 ip binding vpn-instance red
 ip address 10.3.3.1 255.255.255.0
 ip address 10.3.4.1 255.255.255.0 sub
 vrrp vrid 7 virtual-ip 10.3.3.254
 vrrp vrid 7 priority 120
 vrrp vrid 7 preempt-mode timer delay 20
 ospf enable 1 area 2
 ospf cost 15
 ospf network-type p2p
 ospf timer hello 3
 ospf authentication-mode md5 1 cipher secret
 urpf loose allow-default-route
 mtu 1400
 arp broadcast enable
 arp-proxy enable
 ip policy-based-route PBR
 shutdown
#
ospf 1
 silent-interface GigabitEthernet 0/0/1.30
 area 0.0.0.2
#
return
"""
    )
    assert interface(config, "GigabitEthernet0/0/1.30") == Interface(
        name="GigabitEthernet0/0/1.30",
        kind=InterfaceKind.SUBINTERFACE,
        ref=at(1),
        description="to the south",
        shutdown=at(21),
        vrf="red",
        parent="GigabitEthernet0/0/1",
        vlans=((30, 30),),
        addresses=(InterfaceAddress(ip("10.3.3.1"), 24, at(6)), InterfaceAddress(ip("10.3.4.1"), 24, at(7), True)),
        virtual=(VirtualAddress(ip("10.3.3.254"), 7, 120, "", at(8)),),
        policy_route=Applied("PBR", at(20)),
        urpf="loose",
        urpf_default=True,
        urpf_ref=at(16),
        ospf=OspfInterface("1", "0.0.0.2", 15, "p2p", "md5", 3, None, None, True, at(11)),
        mtu=1400,
        flags=("proxy-arp",),
    )
    assert not config.unknown


UNDONE = [
    ("ip address 10.1.1.1 24", "undo ip address 10.1.1.1 24"),
    ("ip address 10.1.1.1 24", "undo ip address"),
    ("shutdown", "undo shutdown"),
    ("urpf strict", "undo urpf strict"),
    ("vrrp vrid 1 virtual-ip 10.1.1.9", "undo vrrp vrid 1 virtual-ip 10.1.1.9"),
    ("vrrp vrid 1 virtual-ip 10.1.1.9", "undo vrrp vrid 1"),
    ("traffic-filter inbound acl 3000", "undo traffic-filter inbound"),
    ("traffic-policy T outbound", "undo traffic-policy T outbound"),
    ("ip policy-based-route P", "undo ip policy-based-route"),
    ("eth-trunk 1", "undo eth-trunk"),
    ("port-isolate enable group 1", "undo port-isolate enable group 1"),
    ("stp edged-port enable", "undo stp edged-port"),
    ("arp-proxy enable", "undo arp-proxy enable"),
    ("ip address dhcp-alloc", "undo ip address dhcp-alloc"),
]


@pytest.mark.parametrize(("line", "undo"), UNDONE)
def test_what_is_undone_on_an_interface_is_gone(line: str, undo: str) -> None:
    config = vrp(f"interface GigabitEthernet0/0/1\n portswitch\n {line}\n {undo}\n#\nreturn\n")
    plain = vrp("interface GigabitEthernet0/0/1\n portswitch\n#\nreturn\n")
    assert not config.unknown
    assert config.interfaces == plain.interfaces


UNDONE_AT_TOP = [
    ("ip route-static 10.0.0.0 8 10.1.1.1 preference 70 description x", "undo ip route-static 10.0.0.0 255.0.0.0 10.1.1.1"),
    ("ip route-static vpn-instance a 10.0.0.0 8 vpn-instance b 10.1.1.1",
    "undo ip route-static vpn-instance a 10.0.0.0 8 vpn-instance b 10.1.1.1"),
    ("acl number 3000\n rule 5 permit ip\n#", "undo acl number 3000"),
    ("ospf 3\n area 0\n#", "undo ospf 3"),
    ("bgp 65001\n#", "undo bgp 65001"),
    ("ip ip-prefix P permit 10.0.0.0 8", "undo ip ip-prefix P"),
    ("route-policy R permit node 10\n#", "undo route-policy R"),
    ("ip vpn-instance a\n#", "undo ip vpn-instance a"),
    ("vlan 7\n#", "undo vlan 7"),
    ("interface Vlanif7\n#", "undo interface Vlanif7"),
    ("traffic-filter inbound acl 3000", "undo traffic-filter inbound acl 3000"),
    ("nat address-group 1 203.0.113.1 203.0.113.2", "undo nat address-group 1"),
    ("info-center loghost 10.1.1.1", "undo info-center loghost 10.1.1.1"),
    ("ntp-service unicast-server 10.1.1.1", "undo ntp-service unicast-server 10.1.1.1"),
    ("header login information x", "undo header login"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "undo"), UNDONE_AT_TOP)
def test_what_is_undone_in_the_system_view_is_gone(line: str, undo: str) -> None:
    config = vrp(f"#\n{line}\n{undo}\n#\nreturn\n")
    plain = vrp("#\nreturn\n")
    assert not config.unknown
    assert replace(config, coverage=plain.coverage) == plain


def test_negations() -> None:
    config = vrp(
        """#
undo telnet server enable
undo http server enable
undo dcn
undo ipv6
undo mpls
undo info-center enable
undo lldp enable
undo frobnicate everything
undo nat alg all
#
return
"""
    )
    assert unknown(config) == [9]
    assert {item.name: item.enabled for item in config.management.services if item.ref} == {"telnet": False, "http": False}
    assert config.features == ()


def test_ospf() -> None:
    config = vrp(
        """router id 10.0.0.9
#
ospf 10 router-id 10.0.0.1 vpn-instance red
 vpn-instance-capability simple
 default-route-advertise always cost 5 type 1
 import-route static cost 20 type 2 route-policy S
 import-route bgp permit-ibgp
 import-route direct
 undo import-route direct
 silent-interface all
 undo silent-interface GigabitEthernet0/0/1
 filter-policy ip-prefix IN import
 bandwidth-reference 100000
 preference 20
 preference ase 140
 maximum load-balancing 4
 asbr-summary 10.64.0.0 255.192.0.0 not-advertise
 spf-schedule-interval 5
 area 0
  network 10.0.0.0 0.0.0.255
  network 10.0.1.1 0
  network 10.0.9.0 0.0.0.255
  undo network 10.0.9.0 0.0.0.255
  authentication-mode md5 1 cipher x
 area 0.0.0.5
  stub no-summary
  default-cost 7
  abr-summary 10.5.0.0 255.255.0.0
  filter ip-prefix A export
 area 6
  nssa no-summary
  vlink-peer 10.0.0.3
#
ospf
 area 0.0.0.0
#
return
"""
    )
    nothing = ((), ())
    assert config.ospf == (
        OspfProcess(
            "10",
            "red",
            ip("10.0.0.1"),
            (
                OspfArea(AREA, "normal", ((net("10.0.0.0/24"), at(20)), (net("10.0.1.1/32"), at(21))), (), "md5", at(19)),
                OspfArea(
                    "0.0.0.5", "totally-stub", (), ((ip("10.5.0.0"), 16, True, at(28)),), "none", at(25), 7, (("export", "A", at(29)),)
                ),
                OspfArea("0.0.0.6", "totally-nssa", *nothing, "none", at(30)),
            ),
            (Redistribution("static", "", "S", 20, 2, at(6)), Redistribution("bgp", "", None, None, None, at(7), internal=True)),
            "always",
            True,
            (),
            ("GigabitEthernet0/0/1",),
            100000,
            (("internal", 20), ("external", 140)),
            (("import", "IN", at(12)),),
            4,
            True,
            at(3),
            None,
            None,
            ((ip("10.64.0.0"), 10, False, at(17)),),
            5,
            1,
        ),
        OspfProcess(
            "1", None, ip("10.0.0.9"), (OspfArea(AREA, "normal", *nothing, "none", at(35)),), (), "", False, (), (), None, (), (),
            None,
            False, at(34),
        ),
    )  # fmt: skip
    assert features(config) == [(FeatureKind.ROUTING, 32, None)]
    assert not config.unknown


def test_bgp() -> None:
    """Groups hand on what they have; families come in any indentation; another family's peers are none of ours."""
    config = vrp(
        """bgp 100.1
 router-id 10.0.0.1
 undo default ipv4-unicast
 group inside internal
 peer inside connect-interface LoopBack 0
 peer inside password cipher x
 peer 10.0.0.2 as-number 100.1
 peer 10.0.0.2 group inside
 peer 192.0.2.1 as-number 65010
 peer 192.0.2.1 description the carrier
 peer 192.0.2.1 valid-ttl-hops 1
 peer 2001:db8::1 as-number 65010
 #
 ipv4-family unicast
  network 10.8.0.0 255.255.0.0 route-policy N
  network 10.9.0.0
  aggregate 10.0.0.0 8 detail-suppressed
  import-route ospf 1 med 5
  preference 200 210 220
  peer inside enable
  peer inside reflect-client
  peer inside next-hop-local
  peer 10.0.0.2 group inside
  peer 192.0.2.1 enable
  peer 192.0.2.1 route-policy IN import
  peer 192.0.2.1 ip-prefix OUT export
  peer 192.0.2.1 route-limit 100 80
 #
 ipv4-family vpnv4
  policy vpn-target
  peer 10.0.0.2 enable
 #
 ipv6-family unicast
  peer 2001:db8::1 enable
 #
 ipv4-family vpn-instance red
  import-route direct
  peer 10.7.0.2 as-number 65020
#
return
"""
    )
    public, red = config.bgp
    assert (public.asn, public.router_id, public.vrf, red.vrf) == ("100.1", ip("10.0.0.1"), None, "red")
    assert public.networks == ((ip("10.8.0.0"), 16, "N", at(15)), (ip("10.9.0.0"), 8, None, at(16)))
    assert public.aggregates == ((ip("10.0.0.0"), 8, True, at(17)),)
    assert public.redistributions == (Redistribution("ospf", "1", None, 5, None, at(18)),)
    assert public.distances == (("external", 200), ("internal", 210), ("local", 220))
    neighbors = {item.address: item for item in public.neighbors}
    assert set(neighbors) == {"inside", "10.0.0.2", "192.0.2.1"}
    assert neighbors["10.0.0.2"] == BgpNeighbor(
        "10.0.0.2", "100.1", "inside", "", "LoopBack0", True, False, True, (), (), P, P, None, None, None, True, True, None, at(7)
    )  # fmt: skip
    assert neighbors["192.0.2.1"] == BgpNeighbor(
        "192.0.2.1", "65010", None, "the carrier", None, False, False, True, (Applied("IN", at(25)),), (Applied("OUT", at(26)),), P, P,
        None, 1, 100, False, False, None, at(9),
    )  # fmt: skip
    assert [(item.address, item.active) for item in red.neighbors] == [("10.7.0.2", True)], "a family of its own is active by itself"
    assert red.redistributions == (Redistribution("connected", "", None, None, None, at(37)),)
    assert features(config) == [(FeatureKind.MPLS, 29, None)]
    assert whole(config)
    assert not config.unknown


def test_prefix_lists_and_policies() -> None:
    config = vrp(
        """ip ip-prefix P index 20 deny 10.1.0.0 16
ip ip-prefix P index 10 permit 10.0.0.0 8 greater-equal 16 less-equal 24
ip ip-prefix P permit 0.0.0.0 0 less-equal 32
ip ip-prefix P permit 172.16.0.0 12 greater-equal 16
#
ip community-filter basic C index 5 permit 100:1 100:2
#
route-policy R deny node 20
#
route-policy R permit node 10
 if-match ip-prefix P
 if-match acl 2000
 if-match tag 7
 undo if-match tag
 apply local-preference 200
 apply community 100:1 additive
#
return
"""
    )
    assert config.prefix_lists == (
        PrefixList(
            "P",
            (
                PrefixEntry(10, P, ip("10.0.0.0"), 8, 16, 24, at(2)),
                PrefixEntry(20, D, ip("10.1.0.0"), 16, 16, 16, at(1)),
                PrefixEntry(30, P, 0, 0, 0, 32, at(3)),
                PrefixEntry(40, P, ip("172.16.0.0"), 12, 16, 32, at(4)),
            ),
            at(1),
        ),
    )
    assert config.route_policies == (
        RoutePolicy(
            "community-list C", "community-list", (PolicyEntry(5, P, (("community-list", ("100:1", "100:2")),), (), at(6)),), at(6)
        ),
        RoutePolicy(
            "R",
            "route-policy",
            (
                PolicyEntry(
                    10,
                    P,
                    (("prefix-list", ("P",)), ("acl", ("2000",))),
                    (("local-preference", ("200",)), ("community", ("100:1", "additive"))),
                    at(10),
                ),
                PolicyEntry(20, D, (), (), at(8)),
            ),
            at(8),
        ),
    )
    assert not config.unknown


def test_vpn_instances_and_leaks() -> None:
    config = vrp(
        """ip vpn-instance a
 ipv4-family
  route-distinguisher 65000:1
  vpn-target 65000:1 65000:9 import-extcommunity
  vpn-target 65000:1 export-extcommunity
#
ip vpn-instance b
 route-distinguisher 65000:2
 vpn-target 65000:9 both
 ipv6-family
  route-distinguisher 65000:3
#
interface GigabitEthernet0/0/1
 ip binding vpn-instance b
 ip address 10.2.0.1 24
#
ip route-static vpn-instance a 10.9.0.0 255.255.0.0 vpn-instance b 10.2.0.9 preference 80 tag 5
ip route-static vpn-instance a 10.8.0.0 16 10.2.0.9 public
ip route-static 10.7.0.0 16 GigabitEthernet 0/0/1 10.2.0.9 track nqa admin test
ip route-static 10.6.0.0 16 NULL0
ip route-static default-preference 90
#
policy-based-route jump permit node 5
 if-match acl 3000
 apply access-vpn vpn-instance a
#
interface GigabitEthernet0/0/2
 ip address 10.3.0.1 24
 ip policy-based-route jump
#
return
"""
    )
    assert config.vrfs == (
        Vrf("a", "65000:1", ("65000:1", "65000:9"), ("65000:1",), at(1)),
        Vrf("b", "65000:2", ("65000:9",), ("65000:9",), at(7)),
    )
    assert config.static_routes == (
        StaticRoute("a", ip("10.9.0.0"), 16, ip("10.2.0.9"), None, "b", False, 80, 5, False, at(17)),
        StaticRoute("a", ip("10.8.0.0"), 16, ip("10.2.0.9"), None, "", False, 60, None, False, at(18)),
        StaticRoute(None, ip("10.7.0.0"), 16, ip("10.2.0.9"), "GigabitEthernet0/0/1", None, False, 60, None, True, at(19)),
        StaticRoute(None, ip("10.6.0.0"), 16, None, None, None, True, 60, None, False, at(20)),
    )
    assert set(config.leaks) == {
        VrfLeak("a", "b", at(17)),
        VrfLeak("a", "", at(18)),
        VrfLeak("a", "b", at(1)),
        VrfLeak("", "b", at(19)),
        VrfLeak("", "a", at(23)),
    }
    assert config.route_policies[0].kind == "policy-route"
    assert not config.unknown


def test_nat_on_a_router() -> None:
    config = vrp(
        """acl number 2000
 rule 5 deny source 10.1.9.0 0.0.0.255
 rule 10 permit source 10.1.0.0 0.0.255.255
#
nat address-group 1 203.0.113.10 203.0.113.12
nat static global 203.0.113.50 inside 10.1.2.50
#
interface GigabitEthernet0/0/0
 ip address 203.0.113.2 29
 nat outbound 2000 address-group 1 no-pat
 nat outbound 2001
 nat server protocol tcp global current-interface www inside 10.1.2.3 8080
 nat server protocol udp global 203.0.113.3 53 inside 10.1.2.4 53
 nat static global 203.0.113.4 inside 10.1.2.5 netmask 255.255.255.254
 nat static enable
 undo nat outbound 2001
#
return
"""
    )
    port, pool = "GigabitEthernet0/0/0", ((ip("203.0.113.10"), ip("203.0.113.12")),)
    nine, ten = Match((net("10.1.9.0/24"),)), Match((net("10.1.0.0/16"),))
    assert config.source_nat == (
        SourceNat("2000 5", "exempt", (nine,), port, None, None, pool, False, False, False, at(10)),
        SourceNat("2000 10", "translate", (ten,), port, None, None, pool, False, False, False, at(10)),
    )

    def inside(text: str, last: str | None = None) -> tuple[int, int]:
        return ip(text), ip(last or text)

    assert config.destination_nat == (
        DestinationNat("", (Match(None, (net("203.0.113.50/32"),)),), None, None, inside("10.1.2.50"), None, True, False, False, at(6)),
        DestinationNat(
            "", (Match(None, None, TCP, None, ((80, 80),)),), port, None, inside("10.1.2.3"), (8080, 8080), True, True, False, at(12)
        ),
        DestinationNat(
            "", (Match(None, (net("203.0.113.3/32"),), UDP, None, ((53, 53),)),), port, None, inside("10.1.2.4"), (53, 53), True, False,
            False, at(13),
        ),
        DestinationNat(
            "", (Match(None, (net("203.0.113.4/31"),)),), port, None, inside("10.1.2.4", "10.1.2.5"), None, True, False, False, at(14)
        ),
    )  # fmt: skip
    assert not config.unknown


def test_management() -> None:
    config = vrp(
        """acl name ops 2005
 rule 5 permit source 10.9.0.0 0.0.0.255
#
aaa
 authentication-scheme central
  authentication-mode hwtacacs local
 domain default_admin
  authentication-scheme central
 local-user root password simple Admin@123
 local-user root privilege level 15
 local-user root service-type ssh telnet
 local-user view password irreversible-cipher $1c$abc
 local-user gone password cipher x
 undo local-user gone
#
hwtacacs-server template T
 hwtacacs-server authentication 10.9.0.5 vpn-instance M
#
telnet server enable
stelnet server enable
ssh server port 2222
ssh server compatible-ssh1x enable
http acl 2005
ftp server enable
snmp-agent
snmp-agent community write cipher abc acl 2005
snmp-agent community read public
snmp-agent sys-info version v2c v3
snmp-agent group v3 G privacy read-view A write-view B acl ops
snmp-agent usm-user v3 U G authentication-mode sha x privacy-mode aes128 y
snmp-agent target-host trap address udp-domain 10.9.0.6 params securityname U v3 privacy
ntp-service unicast-server 10.9.0.7 authentication-keyid 3
info-center loghost 10.9.0.8 vpn-instance M
header login information "keep out"
#
user-interface con 0
user-interface vty 0 4
 acl 2005 inbound
 acl 2001 outbound
 authentication-mode aaa
 protocol inbound all
 idle-timeout 0 0
user-interface vty 16 20
 authentication-mode none
#
return
"""
    )
    manage = config.management
    services = {item.name: item for item in manage.services}
    assert services["telnet"] == Service("telnet", True, 23, (), None, at(19))
    assert services["ssh"] == Service("ssh", True, 2222, (), None, at(20))
    assert services["http"] == Service("http", None, 80, (Applied("ops", at(23)),), None, None)
    assert services["ftp"].enabled
    assert services["snmp"].enabled
    assert services["netconf"].enabled is False
    assert manage.lines == (
        TerminalLine("console", 0, 0, (), (), "", None, at(36)),
        TerminalLine("vty", 0, 4, ("ssh", "telnet"), (Applied("ops", at(38)),), "aaa", 0, at(37)),
        TerminalLine("vty", 16, 20, ("ssh", "telnet"), (), "none", None, at(43)),
    )
    assert manage.users == (
        User("root", "15", "plain", True, ("ssh", "telnet"), at(9)),
        User("view", "", "hash", False, (), at(12)),
    )
    assert manage.aaa == at(6)
    assert manage.servers == (
        Server("aaa", "10.9.0.5", "M", False, at(17)),
        Server("trap", "10.9.0.6", None, True, at(31)),
        Server("ntp", "10.9.0.7", None, True, at(32)),
        Server("syslog", "10.9.0.8", "M", False, at(33)),
    )
    assert manage.snmp == (
        SnmpAccess("v2c", "community", True, False, (Applied("ops", at(26)),), at(26)),
        SnmpAccess("v2c", "community", False, True, (), at(27)),
        SnmpAccess("v3", "privacy", True, False, (Applied("ops", at(29)),), at(30)),
    )
    assert {name for name, _ in manage.flags} == {"ssh-v1", "snmp-v2c", "snmp-v3", "banner"}
    assert not config.unknown
    assert "Admin@123" not in repr(config)


def test_features() -> None:
    config = vrp(
        """mpls lsr-id 10.0.0.1
mpls
#
ipv6
#
observe-port 1 interface GigabitEthernet0/0/9
multicast routing-enable
l2tp enable
gvrp
cluster enable
#
isis 1
 network-entity 49.0001.0000.0000.0001.00
#
vsi V static
 pwsignal ldp
#
interface GigabitEthernet0/0/1
 ipv6 enable
 mpls
 ipsec policy P
 port-mirroring to observe-port 1 both
 pim sm
 isis enable 1
 l2 binding vsi V
#
interface Tunnel0/0/1
 tunnel-protocol gre
 source 10.0.0.1
 destination 10.0.0.2
#
interface Nve1
 vni 10 head-end peer-list 10.0.0.3
#
return
"""
    )
    kinds = FeatureKind
    port = "GigabitEthernet0/0/1"
    assert features(config) == [
        (kinds.MPLS, 1, None),
        (kinds.MPLS, 2, None),
        (kinds.IPV6, 4, None),
        (kinds.MIRROR, 6, None),
        (kinds.MULTICAST, 7, None),
        (kinds.DIALUP, 8, None),
        (kinds.BRIDGING, 9, None),
        (kinds.OTHER, 10, None),
        (kinds.ROUTING, 12, None),
        (kinds.L2VPN, 15, None),
        (kinds.IPV6, 19, port),
        (kinds.MPLS, 20, port),
        (kinds.IPSEC, 21, port),
        (kinds.MIRROR, 22, port),
        (kinds.MULTICAST, 23, port),
        (kinds.ROUTING, 24, port),
        (kinds.L2VPN, 25, port),
        (kinds.TUNNEL, 28, "Tunnel0/0/1"),
        (kinds.VXLAN, 32, "Nve1"),
        (kinds.VXLAN, 33, "Nve1"),
    ]
    assert interface(config, port).ipv6 == at(19)
    assert not config.unknown


def test_unknown_views_and_lines() -> None:
    """What stands in an unknown view is unknown, too, even if it would be a command elsewhere."""
    config = vrp(
        """#
quantum-link 7
 ip address 10.1.1.1 24
 undo shutdown
#
interface GigabitEthernet0/0/1
 undo portswitch
 teleport enable
 ip address 10.1.2.1 24
#
 strange one-liner
 sysname R
#
return
"""
    )
    assert unknown(config) == [2, 3, 4, 8, 11]
    assert config.unknown[1].context == ()
    assert config.unknown[3].context == ("interface GigabitEthernet0/0/1",)
    assert config.name == "R"
    assert interface(config, "GigabitEthernet0/0/1").addresses == (InterfaceAddress(ip("10.1.2.1"), 24, at(9)),)


def test_a_typed_script() -> None:
    """No indentation, abbreviations, prompts, blanks in interface names."""
    config = vrp(
        """<Huawei>system-view
[Huawei]sysname Lab
un info en
acl 3000
rule deny ip source 10.1.0.0 0.0.255.255
rule permit ip
quit
int gi 0/0/1
undo portsw
ip add 10.1.1.1 24
traffic-filter inb acl 3000
quit
interface GigabitEthernet 0/0/2.20
dot1q termination vid 20
ip address 10.2.1.1 24
un sh
[Lab-ospf-1]quit
ospf 1
area 0
network 10.1.1.0 0.0.0.255
quit
user-interface vty 0 4
acl 2000 inbound
// remember to save
return
<Lab>save
"""
    )
    assert unknown(config) == [24]
    assert config.name == "Lab"
    first, second = config.interfaces
    assert (first.name, first.filters_in) == ("GigabitEthernet0/0/1", (Applied("3000", at(11)),))
    assert (second.name, second.vlans) == ("GigabitEthernet0/0/2.20", ((20, 20),))
    assert [rule.name for rule in filter_of(config, "3000").rules] == ["5", "10"]
    assert config.ospf[0].areas[0].networks == ((net("10.1.1.0/24"), at(20)),)
    assert config.management.lines[0].filters == (Applied("2000", at(23)),)
    assert "truncated" not in dict(config.facts)


def test_frames() -> None:
    """Headers, pager leftovers, leading blanks at the top level, comments, views without separators."""
    config = vrp(
        """<R1>display current-configuration
2026-03-01 10:00:00.123
!Software Version V200R010C00SPC600
#
 sysname R1
#
 undo info-center enable
aaa
 local-user a password cipher x
user-interface con 0
 authentication-mode aaa
user-interface vty 0 4
 authentication-mode aaa
  ---- More ----\x1b[42D                                          \x1b[42D#
                                          interface GigabitEthernet0/0/1
                                           ip address 10.1.1.1 255.255.255.0
# a comment
interface GigabitEthernet0/0/2
 ip address 10.1.2.1 255.255.255.0
#
return
"""
    )
    assert not config.unknown
    assert (config.name, config.version) == ("R1", "V200R010C00SPC600")
    assert [item.addresses[0].ip for item in config.interfaces] == [ip("10.1.1.1"), ip("10.1.2.1")]
    assert config.facts == ()


def test_cut_off_and_two_devices() -> None:
    cut = vrp("#\nsysname R\n#\ninterface GigabitEthernet0/0/1\n ip address 10.1.1.1 24\n#\ninterf")
    assert dict(cut.facts) == {"truncated": "yes"}
    two = vrp(
        "#\nsysname R\n#\naaa\n local-user x password cipher y\n#\nreturn\n#\nsysname S\n#\ninterface Vlanif1\n ip address 10.1.1.1 24\n"
    )
    assert dict(two.facts) == {"several-devices": "yes"}
    assert unknown(two) == [9, 11, 12]
    assert (two.name, two.interfaces) == ("R", ())
    again = vrp("#\nsysname R\n#\nvlan 5\n name a\n#\nsysname S\n#\nvlan 6\n name b\n#\nreturn\n")
    assert [vlan.id for vlan in again.vlans] == [5]
    assert unknown(again) == [7, 9, 10, 12]


def test_secrets_stay_out() -> None:
    config = vrp("#\nfrob user x password cipher Tops3cret\n#\nsnmp-agent community read cipher Tops3cret nonsense\n#\nreturn\n")
    assert "Tops3cret" not in repr(config)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("GigabitEthernet0/0/1", "GigabitEthernet0/0/1"),
        ("gi0/0/1", "GigabitEthernet0/0/1"),
        ("g1/0/0.7", "GigabitEthernet1/0/0.7"),
        ("XGigabitEthernet0/0/1", "XGigabitEthernet0/0/1"),
        ("10GE1/0/1", "10GE1/0/1"),
        ("100ge1/0/1:2", "100GE1/0/1:2"),
        ("vlanif10", "Vlanif10"),
        ("Eth-Trunk 12", "Eth-Trunk12"),
        ("loopback0", "LoopBack0"),
        ("null0", "NULL0"),
        ("MEth0/0/1", "MEth0/0/1"),
        ("10.1.1.1", None),
        ("eth", None),
        ("0", None),
        ("", None),
        ("Gigabit²", None),
        ("GigabitEthernet0/x", None),
    ],
)
def test_interface_names(typed: str, name: str | None) -> None:
    assert interface_name(typed) == name


# --- configs that people typed, and those that are rendered


def _real() -> list[Path]:
    return sorted((REAL / "huawei_vrp").glob("*.cfg"))


@pytest.mark.skipif(not _real(), reason="the collection of real configs is not beside the repository")
def test_real_configs_are_understood() -> None:
    shares = {}
    for path in _real():
        source = read_source(path.name, path.read_bytes())
        config = huawei_vrp.parse(path.stem, (source,))
        assert whole(config), path.name
        shares[path.name] = len(config.unknown) / len(source.lines)
        assert huawei_vrp.looks_like(source) > max(0.5, huawei_usg.looks_like(source)), path.name
    assert max(shares.values()) == 0.0, shares


@pytest.mark.skipif(not _real(), reason="the collection of real configs is not beside the repository")
def test_real_configs_by_hand() -> None:
    """Facts that a person read in the files."""

    def real(number: str) -> DeviceConfig:
        path = next(path for path in _real() if path.name.startswith(number))
        return huawei_vrp.parse(path.stem, (read_source(path.name, path.read_bytes()),))

    core = real("025")
    assert (core.name, len(core.ospf[0].areas[0].networks)) == ("HX-SW01", 14)
    assert [(item.name, len(item.rules)) for item in core.filters] == [("2001", 6), ("3002", 1)]
    assert interface(core, "GigabitEthernet0/0/22").switching == Switching("trunk", 200, ((200, 200),), ((1, 199), (201, 4094)))
    assert interface(core, "Vlanif10").virtual[0][:3] == (ip("192.168.10.254"), 1, 130)
    leaf = real("034")
    assert leaf.management.lines[1].filters[0].filter == "2001"
    assert [(item.address, item.remote_as) for item in leaf.bgp[0].neighbors] == [("172.168.1.37", "100"), ("172.168.1.57", "100")]
    edge = real("053")
    assert len(edge.source_nat) == 6
    assert {item.interface for item in edge.source_nat} == {"GigabitEthernet0/0/0"}
    assert interface(edge, "GigabitEthernet0/0/1.82").filters_in[0].filter == "3000"
    migration = real("070")
    assert migration.vrfs[0].imports == ("65400:3000",)
    assert migration.static_routes[0].interface == "GigabitEthernet0/0/1.50"
    assert dict(real("076").facts) == {"truncated": "yes"}


@pytest.mark.skipif(not REAL.is_dir(), reason="the collection of real configs is not beside the repository")
@pytest.mark.parametrize("platform", ["h3c_comware", "h3c_secpath", "cisco_ios", "frr", "nftables"])
def test_other_platforms_do_not_look_like_ours(platform: str) -> None:
    for path in sorted((REAL / platform).iterdir()):
        source = read_source(path.name, path.read_bytes())
        assert max(huawei_vrp.looks_like(source), huawei_usg.looks_like(source)) < 0.3, path.name


@pytest.fixture(scope="module")
def rendered() -> list[tuple[str, str]]:
    """The reference city's routers and switches of this platform: name and text."""
    network, renderer = load(ROOT / "inventory" / "guiyang"), Renderer(Platforms())
    designs = [design for design in network.design.devices if design.device.platform == "huawei_vrp"]
    return [(design.device.name, file.text) for design in designs for file in renderer.render(design).files]


def test_the_reference_city_is_understood(rendered: list[tuple[str, str]]) -> None:
    assert len(rendered) > 50
    for name, text in rendered:
        config = huawei_vrp.parse(name, (read_source(f"{name}.cfg", text.encode()),))
        assert not config.unknown, config.unknown[:3]
        assert not config.features, config.features[:3]
        assert config.name == name
        assert whole(config)
        defined = {item.name for item in config.filters}
        used = {entry.filter for item in config.interfaces for entry in (*item.filters_in, *item.filters_out)}
        assert used <= defined
        assert not [item.name for item in config.interfaces if item.switching and item.switching.doubt and not item.shutdown]
        rules = sum(len(item.rules) for item in config.filters if item.kind == "acl")
        assert rules == sum(line.startswith(" rule ") and line.split()[2] in ("permit", "deny") for line in text.splitlines())


# --- anything at all


LINES = [
    "interface GigabitEthernet0/0/1", " ip address 10.1.1.1 24", " port link-type trunk", " port trunk allow-pass vlan 2 to 9", "#", "quit",
    "acl number 3000", " rule 5 permit tcp destination-port eq 80", " rule 10 deny ip", "bgp 65001", " peer 10.1.1.2 as-number 65002",
    " ipv4-family unicast", "  peer 10.1.1.2 enable", "ospf 1", " area 0", "  network 10.1.1.0 0.0.0.255", "return", "aaa",
    " local-user x password cipher y", "traffic policy T", " classifier A behavior B", "ip route-static 0.0.0.0 0 10.1.1.2",
    "ip vpn-instance a", "  vpn-target 1:1 both", "user-interface vty 0 4", " acl 2000 inbound", "[V200R003C00]", "<R>dis cu", "sysname R",
    " vrrp vrid 1 virtual-ip 10.1.1.3", " nat outbound 2000", " nat server protocol tcp global 192.0.2.1 80 inside 10.1.1.1 80",
    "vlan batch 2 to 9", " port GigabitEthernet0/0/1 to 0/0/4", "route-policy R permit node 10", " if-match ip-prefix P", "switch vsys a",
    "snmp-agent usm-user v3 u g", " traffic-filter inbound acl 3000 rule 5", "---- More ----",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes(data: bytes) -> None:
    text = data.decode("latin-1").replace("\x00", "")
    config = vrp(text)
    assert len(config.coverage[0].codes) == len(read_source("d", text.encode()).lines)


@settings(max_examples=60, deadline=None)
@given(st.integers(), st.integers(1, 120))
def test_mangled_lines(seed: int, size: int) -> None:
    config = vrp(mangled(LINES, seed, size))
    assert [number for number, code in enumerate(config.coverage[0].codes, 1) if code == LineCode.UNKNOWN] == unknown(config)
    hash(config)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=40), st.integers(0, 2000))
def test_truncation(lines: list[str], cut: int) -> None:
    text = "\n".join(lines)[:cut]
    assert whole(vrp(text))


@pytest.mark.parametrize("words", ["read public", "read cipher public", "write cipher Private", "read simple private"])
def test_a_community_that_the_maker_ships_is_one_however_it_is_entered(words: str) -> None:
    (access,) = vrp(f"snmp-agent community {words}\n").management.snmp
    assert access.default


def test_a_community_in_cipher_text_is_nobodys_default() -> None:
    (access,) = vrp("snmp-agent community read cipher %^%#public$Xy7%^%#\n").management.snmp
    assert not access.default
