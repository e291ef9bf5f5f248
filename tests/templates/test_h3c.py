"""Comware 7 and SecPath: what the command manual and the traps of these platforms demand of a config."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import pytest

from templates.engine import Renderer
from templates.platforms import Platforms
from tests.templates.samples import AGENCY_IN, firewall, l2_switch, l3_switch, management, router
from topology.design import DeviceDesign, Interface, OspfInterface
from topology.facts import Model

RENDERER = Renderer(Platforms())


def named(design: DeviceDesign, name: str) -> DeviceDesign:
    """The design on a chassis model of another name: the name decides the family."""
    model = design.device.model
    other = Model(name, name, model.platform, model.ports, model.switching)
    return replace(design, device=replace(design.device, model=other))


def text(design: DeviceDesign) -> str:
    return RENDERER.render(design).files[0].text


def sections(config: str) -> list[list[str]]:
    return [[line.strip() for line in part.strip("\n").split("\n")] for part in re.split(r"(?m)^#$", config) if part.strip()]


def section(config: str, head: str) -> list[str]:
    return next(lines for lines in sections(config) if lines[0] == head)


def place(config: str, *lines: str) -> list[int]:
    """Where the lines stand first; all of them have to be there."""
    every = [line.strip() for line in config.split("\n")]
    return [every.index(line) for line in lines]


def msr() -> DeviceDesign:
    return named(router("h3c_comware"), "h3c-msr3610")


def s5130() -> DeviceDesign:
    return named(l2_switch("h3c_comware"), "h3c-s5130-28s")


def s10506() -> DeviceDesign:
    return named(l3_switch("h3c_comware"), "h3c-s10506")


def f1030() -> DeviceDesign:
    return named(firewall("h3c_secpath"), "h3c-f1030")


Make: TypeAlias = Callable[[], DeviceDesign]
EVERY: tuple[Make, ...] = (msr, s5130, s10506, f1030)


@pytest.mark.parametrize("make", EVERY)
def test_every_acl_ends_with_a_deny(make: Make) -> None:
    acls = [lines for lines in sections(text(make())) if lines[0].startswith("acl ")]
    assert acls
    for lines in acls:
        rules = [line for line in lines if re.match(r"rule \d+ (permit|deny)", line)]
        assert re.fullmatch(r"rule \d+ deny( ip)?( vpn-instance \S+)?", rules[-1]), lines[0]


@pytest.mark.parametrize("make", EVERY)
def test_a_comment_follows_its_rule(make: Make) -> None:
    lines = text(make()).split("\n")
    for number, line in enumerate(lines):
        found = re.match(r" rule (\d+) comment ", line)
        if found:
            assert lines[number - 1].startswith(f" rule {found[1]} ")


@pytest.mark.parametrize("make", EVERY)
def test_no_bare_established(make: Make) -> None:
    for line in text(make()).split("\n"):
        if line.endswith(" established"):
            assert " source " in line
            assert " destination " in line
            assert "-port " in line


@pytest.mark.parametrize("make", EVERY)
def test_only_ssh_leads_in(make: Make) -> None:
    config = text(make())
    off = ("undo telnet server enable", "undo ip http enable", "undo ip https enable", "ssh server enable", "ssh server acl 2001")
    place(config, *off)
    vty = section(config, "line vty 0 63")
    assert "authentication-mode scheme" in vty
    assert "protocol inbound ssh" in vty
    console = next(lines for lines in sections(config) if lines[0] in ("line aux 0", "line console 0"))
    assert "authentication-mode scheme" in console
    assert "ipv6" not in config


def test_consoles_of_the_families() -> None:
    assert "line aux 0\n" in text(s5130())
    assert "line console 0\n" in text(s10506())
    assert "line console 0\n" in text(msr())


def test_urpf_only_where_interfaces_have_it() -> None:
    assert " ip urpf strict\n" in text(msr())
    assert "urpf" not in text(s10506())


def test_ospf_process_before_its_interfaces() -> None:
    config = text(msr())
    process, interface = place(config, "ospf 20 router-id 10.70.255.1 vpn-instance JINDUN", "ospf 20 area 0.0.0.5")
    assert process < interface
    lines = section(config, "ospf 20 router-id 10.70.255.1 vpn-instance JINDUN")
    assert lines[1] == "vpn-instance-capability simple"
    timers = section(config, "ospf 1 router-id 10.0.0.1")
    assert "spf-schedule-interval 5 50 200" in timers


def test_ospf_interfaces_are_explicit() -> None:
    for design in (msr(), s10506()):
        config = text(design)
        for each in design.interfaces:
            if each.ospf and not each.ospf.passive and each.address:
                _explicit(config, each, each.ospf)


def _explicit(config: str, interface: Interface, ospf: OspfInterface) -> None:
    about = f"description {interface.description}"
    lines = next(lines for lines in sections(config) if about in lines and lines[0].startswith("interface"))
    kind = "p2p" if ospf.point_to_point else "broadcast"
    wanted = [f"ospf network-type {kind}", f"ospf timer hello {ospf.hello_s}", f"ospf timer dead {ospf.dead_s}", f"ospf cost {ospf.cost}"]
    assert [line for line in wanted if line not in lines] == []
    # Changing the network type restores the timers.
    assert lines.index(wanted[0]) < lines.index(wanted[1])
    assert any(line.startswith("ospf authentication-mode md5 1 plain @@") for line in lines)


def test_bgp_peers_are_enabled_after_their_policies() -> None:
    lines = section(text(msr()), "bgp 64601")
    family = lines.index("address-family ipv4 unicast")
    enable = lines.index("peer 172.31.0.1 enable")
    assert family < lines.index("peer 172.31.0.1 route-policy FROM-PROVINCE import") < enable
    assert family < lines.index("peer 172.31.0.1 route-policy TO-PROVINCE export") < enable
    assert "peer 172.31.0.1 ttl-security hops 1" in lines[:family]
    assert "peer 10.0.0.2 enable" in lines


def test_the_vrf_before_the_address() -> None:
    lines = section(text(msr()), "interface GigabitEthernet1/0/3.102")
    assert lines.index("ip binding vpn-instance JINDUN") < lines.index("ip address 10.70.0.0 255.255.255.254")


def test_rules_of_a_vrf_name_it() -> None:
    design = msr()
    interfaces = tuple(replace(each, filter_in="AGENCY-SJ-IN") if each.vrf == "JINDUN" else each for each in design.interfaces)
    config = text(replace(design, interfaces=interfaces, filters=(replace(AGENCY_IN, vrf="JINDUN"), design.filters[1])))
    rules = [line for line in section(config, "acl advanced 3001") if re.match(r"rule \d+ (permit|deny)", line)]
    assert len(rules) == len(AGENCY_IN.rules)
    assert all(" vpn-instance JINDUN" in line for line in rules)
    assert not any("vpn-instance" in line for line in section(config, "acl advanced 3002"))
    assert "packet-filter 3001 inbound" in section(config, "interface GigabitEthernet1/0/3.102")


def test_aggregations_stand_before_their_members() -> None:
    for design, lag in ((msr(), "interface Route-Aggregation1"), (s10506(), "interface Bridge-Aggregation1")):
        group, member = place(text(design), lag, "port link-aggregation group 1")
        assert group < member
        assert "link-aggregation mode dynamic" in section(text(design), lag)


def test_trunks_leave_vlan_1_and_members_look_like_their_aggregation() -> None:
    config = text(s10506())
    for head in ("interface Bridge-Aggregation1", "interface GigabitEthernet1/0/2", "interface GigabitEthernet1/0/5"):
        lines = section(config, head)
        assert "undo port trunk permit vlan 1" in lines
        assert any(line.startswith("port trunk permit vlan 110") for line in lines)
    assert section(config, "interface GigabitEthernet1/0/4")[-3:] == ["port link-type access", "port access vlan 110", "stp edged-port"]
    assert section(config, "interface GigabitEthernet1/0/1")[1] == "port link-mode route"
    assert "stp bpdu-protection" in config


def test_vrrp_counts_in_centiseconds_and_speaks_version_2() -> None:
    lines = section(text(s10506()), "interface Vlan-interface110")
    assert lines.index("vrrp version 2") < lines.index("vrrp vrid 10 virtual-ip 10.64.10.1")
    assert "vrrp vrid 10 preempt-mode delay 6000" in lines
    assert "vrrp vrid 10 timer advertise 100" in lines


def test_a_layer_2_switch_has_a_way_home() -> None:
    config = text(s5130())
    assert "ip route-static 0.0.0.0 0 10.90.5.1 preference 60 description management\n" in config
    assert section(config, "interface GigabitEthernet1/0/3")[-1] == "shutdown"


def test_the_policy_of_a_firewall() -> None:
    config = text(f1030())
    assert "undo security-zone intra-zone default permit\n" in config
    rule = config.split(" rule 3 name ssh\n")[1].split(" rule 4 ")[0]
    assert [line.strip() for line in rule.strip().split("\n")] == [
        "description flow ssh",
        "action pass",
        "source-zone Trust",
        "destination-zone Local",
        "source-ip-subnet 10.9.0.0 255.255.255.0",
        "service-port tcp destination eq 22",
    ]
    last = config.split(" rule 7 name rest\n")[1].split(" rule 8 ")[0]
    assert "  action drop\n  logging enable\n" in last
    assert "  service-port icmp 8 0\n" in config
    assert "security-zone name Trust\n import interface GigabitEthernet1/0/1\n" in config


def test_source_nat_does_not_depend_on_the_order_of_its_lines() -> None:
    config = text(f1030())
    assert section(config, "acl advanced name nat-internet")[1:] == [
        "rule 0 deny ip source 10.64.0.0 0.63.255.255 destination 59.255.0.0 0.0.255.255",
        "rule 5 permit ip source 10.64.0.0 0.63.255.255",
        "rule 10 deny ip",
    ]
    lines = section(config, "interface GigabitEthernet1/0/2")
    assert "nat outbound name nat-internet address-group 1" in lines
    assert "nat server protocol tcp global 203.0.113.20 443 inside 10.2.1.10 8443 rule portal-web" in lines


def test_an_out_of_band_socket_without_a_zone_stands_in_management() -> None:
    config = text(f1030())
    assert section(config, "security-zone name Management")[1:] == ["import interface M-GigabitEthernet1/0/0"]
    for rule in ("oob-ssh", "oob-snmp", "oob-out"):
        assert "  vrf MGMT\n" in config.split(f" name {rule}\n")[1].split(" rule ")[0]


def test_both_members_of_a_pair() -> None:
    active = f1030()
    assert active.ha is not None
    interfaces = tuple(replace(each, vrrp=each.vrrp and replace(each.vrrp, master=False)) for each in active.interfaces)
    standby = replace(active, interfaces=interfaces, ha=replace(active.ha, active=False))
    for design, role, state in ((active, "primary", "active"), (standby, "secondary", "standby")):
        config = text(design)
        lines = section(config, "remote-backup group")
        assert f"device-role {role}" in lines
        assert lines[1:4] == ["remote-ip 10.2.255.1", "local-ip 10.2.255.0", "data-channel interface GigabitEthernet1/0/4"]
        assert lines[-2:] == ["track 1", "track 2"]
        assert f"vrrp vrid 1 virtual-ip 10.2.0.1 {state}" in section(config, "interface GigabitEthernet1/0/1")
        assert "vrrp vrid 1 priority" not in config
    zones = [lines for lines in sections(text(active)) if lines[0].startswith(("security-", "acl ", "nat "))]
    assert zones == [lines for lines in sections(text(standby)) if lines[0].startswith(("security-", "acl ", "nat "))]


def test_a_firewall_of_its_own() -> None:
    design = f1030()
    inband = management(design.interfaces[0].ref, "10.0.0.11/32")
    interfaces = tuple(replace(each, vrrp=None) for each in design.interfaces if each.ref.kind != "management")
    config = text(replace(design, ha=None, management=inband, interfaces=interfaces, vrfs=()))
    assert "remote-backup" not in config
    assert "vrrp v" not in config
    assert "Management" not in config
    assert "oob-" not in config
    assert "nat outbound name nat-internet address-group 1\n" in config
