"""Huawei's configs from the samples: what differs between NE, AR and S, what a firewall pair has, and what has to stand in every config."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest

from templates.engine import Renderer
from templates.features import refusals
from templates.platforms import Platforms
from tests.templates import samples
from topology.design import DeviceDesign, Interface, Kind

MODELS = {"ne": "huawei-ne40e-x8", "ar": "huawei-ar2220", "s": "huawei-s7706"}


@cache
def platforms() -> Platforms:
    return Platforms()


@cache
def renderer() -> Renderer:
    return Renderer(platforms())


def as_family(design: DeviceDesign, family: str) -> DeviceDesign:
    return replace(design, device=replace(design.device, model=replace(design.device.model, name=MODELS[family])))


def render(design: DeviceDesign) -> list[str]:
    assert not refusals(design, platforms().of(design))
    rendered = renderer().render(design)
    assert len(rendered.files) == 1
    return rendered.files[0].text.splitlines()


def section(lines: list[str], head: str) -> list[str]:
    """The lines below ``head``, without their indentation, up to the next `#` at the margin."""
    start = lines.index(head) + 1
    end = next(number for number in range(start, len(lines)) if not lines[number].startswith(" "))
    return [line.strip() for line in lines[start:end]]


def router(family: str) -> list[str]:
    return render(as_family(samples.router("huawei_vrp"), family))


def standby() -> DeviceDesign:
    active = samples.firewall("huawei_usg")
    assert active.ha is not None

    def follow(interface: Interface) -> Interface:
        return replace(interface, vrrp=replace(interface.vrrp, master=False)) if interface.vrrp else interface

    return replace(active, ha=replace(active.ha, active=False), interfaces=tuple(map(follow, active.interfaces)))


EVERY = {
    "ne": lambda: as_family(samples.router("huawei_vrp"), "ne"),
    "ar": lambda: as_family(samples.router("huawei_vrp"), "ar"),
    "s": lambda: as_family(samples.l3_switch("huawei_vrp"), "s"),
    "l2": lambda: as_family(samples.l2_switch("huawei_vrp"), "s"),
    "usg": lambda: samples.firewall("huawei_usg"),
    "usg-standby": standby,
}


@pytest.mark.parametrize("name", EVERY)
def test_what_every_config_has(name: str) -> None:
    design = EVERY[name]()
    lines = render(design)
    text = "\n".join(lines)
    assert lines[0] == "#"
    assert lines[-1] == "return"
    assert text.isascii()
    for needed in ("undo telnet server enable", "stelnet server enable", "undo snmp-agent sys-info version v1 v2c", "info-center enable"):
        assert needed in lines
    for vty in (line for line in lines if line.startswith("user-interface vty")):
        assert section_of_line(lines, vty) == ["acl 2001 inbound", "authentication-mode aaa", "protocol inbound ssh", "idle-timeout 5 0"]
    for interface in design.interfaces:
        if interface.unused and interface.ref.kind is Kind.PORT:
            assert section(lines, f"interface {interface.ref.port}")[-1] == "shutdown"
    assert not re.search(r"cipher (?!@@)(?!aes)", text)


def section_of_line(lines: list[str], head: str) -> list[str]:
    start = lines.index(head) + 1
    return [line.strip() for line in lines[start : start + 4]]


@pytest.mark.parametrize("name", EVERY)
def test_the_same_design_gives_the_same_bytes(name: str) -> None:
    assert render(EVERY[name]()) == render(EVERY[name]())


def test_a_subinterface_in_each_family() -> None:
    port = "interface GigabitEthernet0/0/3.101"
    assert "vlan-type dot1q 101" in section(router("ne"), port)
    assert {"dot1q termination vid 101", "arp broadcast enable"} <= set(section(router("ar"), port))
    assert "arp broadcast enable" not in section(router("ne"), port)


def test_a_filter_is_bound_as_each_family_binds_it() -> None:
    port = "interface GigabitEthernet0/0/3.101"
    ne = router("ne")
    assert "traffic-policy AGENCY-SJ-IN inbound" in section(ne, port)
    assert section(ne, "traffic policy AGENCY-SJ-IN") == ["classifier AGENCY-SJ-IN behavior PERMIT"]
    assert section(ne, "traffic classifier AGENCY-SJ-IN operator or") == ["if-match acl name AGENCY-SJ-IN"]
    assert section(ne, "traffic behavior PERMIT") == ["permit"]
    ar = router("ar")
    assert "traffic-filter inbound acl name AGENCY-SJ-IN" in section(ar, port)
    assert not any(line.startswith("traffic ") for line in ar)


@pytest.mark.parametrize(("family", "head"), [("ne", "acl name AGENCY-SJ-IN number 3001"), ("ar", "acl name AGENCY-SJ-IN 3001")])
def test_rules_of_a_filter(family: str, head: str) -> None:
    rules = [line for line in section(router(family), head) if "description" not in line]
    assert rules[1] == "rule 20 permit tcp source 10.64.10.0 0.0.0.255 destination 10.8.1.10 0 destination-port eq 443"
    assert rules[2].endswith("destination-port range 8000 8010")
    assert rules[-1] == "rule 110 deny ip"
    for rule in rules:
        assert "established" not in rule or re.search(r" source .* source-port .* destination ", rule)


def test_definitions_come_before_their_use() -> None:
    lines = router("ne")
    order = [
        "acl name AGENCY-SJ-IN number 3001", "traffic policy AGENCY-SJ-IN", "ip vpn-instance JINDUN", "interface Eth-Trunk1",
        "interface GigabitEthernet0/0/5", "route-policy FROM-PROVINCE permit node 10", "bgp 64601", "user-interface vty 0 4",
    ]  # fmt: skip
    assert sorted(order, key=lines.index) == order
    vrf = section(lines, "interface GigabitEthernet0/0/3.102")
    assert vrf.index("ip binding vpn-instance JINDUN") < vrf.index("ip address 10.70.0.0 255.255.255.254")


def test_routing_says_what_defaults_differ_in() -> None:
    lines = router("ne")
    process = section(lines, "ospf 1 router-id 10.0.0.1")
    for needed in ("bandwidth-reference 100000", "preference 110", "preference ase 150", "maximum load-balancing 4"):
        assert needed in process
    assert "spf-schedule-interval intelligent-timer 5000 50 200" in process
    assert "silent-interface LoopBack0" in process
    assert "vpn-instance-capability simple" in section(lines, "ospf 20 router-id 10.70.255.1 vpn-instance JINDUN")
    link = section(lines, "interface GigabitEthernet0/0/1")
    for needed in ("ospf cost 10", "ospf network-type p2p", "ospf timer hello 10", "ospf timer dead 40"):
        assert needed in link
    assert "ospf authentication-mode md5 1 cipher @@vault:outer/ospf@@" in link


def test_a_switch() -> None:
    lines = render(EVERY["s"]())
    assert section(lines, "interface Eth-Trunk1")[1] == "mode lacp"
    assert "undo portswitch" in section(lines, "interface GigabitEthernet0/0/1")
    assert "stp edged-port enable" in section(lines, "interface GigabitEthernet0/0/4")
    assert "stp bpdu-protection" in lines
    assert "undo port trunk allow-pass vlan 1" in section(lines, "interface GigabitEthernet0/0/5")
    vlanif = section(lines, "interface Vlanif110")
    assert vlanif.index("vrrp vrid 10 virtual-ip 10.64.10.1") < vlanif.index("vrrp vrid 10 priority 120")


def test_a_layer_two_switch_has_a_default_gateway() -> None:
    assert "ip route-static 0.0.0.0 0.0.0.0 10.90.5.1 preference 60 description management" in render(EVERY["l2"]())


def test_the_members_of_a_pair() -> None:
    active, other = render(EVERY["usg"]()), render(EVERY["usg-standby"]())
    assert [line for line in other if line not in active and "virtual-ip" not in line] == ["hrp standby-device"]
    assert "vrrp vrid 1 virtual-ip 10.2.0.1 255.255.255.248 active" in section(active, "interface GigabitEthernet1/0/1")
    assert "vrrp vrid 1 virtual-ip 10.2.0.1 255.255.255.248 standby" in section(other, "interface GigabitEthernet1/0/1")
    assert active[-3:] == ["hrp enable", "#", "return"]


def test_the_policy_of_a_firewall() -> None:
    design = samples.firewall("huawei_usg")
    lines = render(design)
    policy = section(lines, "security-policy")
    assert policy[0] == "default action deny"
    assert design.firewall is not None
    assert [line for line in policy if line.startswith("rule name ")] == [f"rule name {rule.name}" for rule in design.firewall.rules]
    defined = {line.split()[2] for line in lines if line.startswith("ip service-set ")} | {"icmp"}
    assert {line.split()[1] for line in policy if line.startswith("service ")} <= defined
    assert "default packet-filter intrazone enable" in lines


def test_nat_of_a_firewall() -> None:
    lines = render(samples.firewall("huawei_usg"))
    assert "nat server portal-web zone telecom protocol tcp global 203.0.113.20 443 inside 10.2.1.10 8443 no-reverse" in lines
    assert section(lines, "nat address-group telecom 1") == ["mode pat", "section 0 203.0.113.17 203.0.113.19"]
    actions = [line for line in section(lines, "nat-policy") if line.startswith("action ")]
    assert actions == ["action no-nat", "action source-nat address-group telecom"]


def test_no_interface_of_a_firewall_answers_beside_the_policy() -> None:
    lines = render(samples.firewall("huawei_usg"))
    for head in (line for line in lines if line.startswith("interface ") and not line.startswith("interface LoopBack")):
        body = section(lines, head)
        assert ("undo service-manage enable" in body) == any(line.startswith("ip address ") for line in body)
