"""Cisco IOS and IOS XE: what the templates print for small hand-made designs, line by line where it matters."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hier_config import Platform, WorkflowRemediation, get_hconfig

from templates.engine import Renderer
from templates.platforms import Platforms
from tests.templates import samples
from tests.templates.samples import ADDRESS, ANY, INTERFACE, LOOPBACK, NETWORK, at, loopback, management, ospf, port, process
from topology.design import (
    Bgp,
    BgpNeighbor,
    DeviceDesign,
    Interface,
    Kind,
    OspfArea,
    PolicyNode,
    PrefixEntry,
    PrefixList,
    Ref,
    RoutePolicy,
    StaticRoute,
    Vrf,
    Vrrp,
)
from topology.facts import Role, Tier

RENDERER = Renderer(Platforms())
HERE = at("outer/test.yaml", 1)
IN, OUT = samples.AGENCY_IN, samples.AGENCY_OUT


def text(design: DeviceDesign) -> str:
    return RENDERER.render(design).files[0].text


def section(config: str, head: str) -> list[str]:
    """The lines under ``head``, without indentation and separators."""
    lines = iter(config.splitlines())
    assert any(line == head for line in lines), head
    found: list[str] = []
    for line in lines:
        if not line.startswith(" "):
            break
        found.append(line.strip())
    return [line for line in found if line != "!"]


def of_model(design: DeviceDesign, name: str, routes: bool = True) -> DeviceDesign:
    return replace(design, device=replace(design.device, routes=routes, model=replace(design.device.model, name=name)))


def border() -> DeviceDesign:
    """A border router: the carrier's default comes in, the carrier's own block goes out, and a discard route stands behind it."""
    of = samples.device("gy-br-1", "cisco_ios", Role.BORDER_ROUTER, Tier.MUNICIPAL, ports=3)
    block = NETWORK("203.0.113.0/24")
    manage = replace(management(samples.management_port(of), "10.9.8.21/24", "10.9.8.1", mode="oob", vrf="MGMT"))
    carrier = BgpNeighbor(
        ADDRESS("198.51.100.1"), 64500, "telecom", None, "FROM-TELECOM", "TO-TELECOM", False, 10, "vault:outer/bgp/telecom", True, HERE
    )
    return of_model(
        samples.design(
            of,
            manage,
            (
                Interface(port(of, 1), "to telecom", False, HERE, address=INTERFACE("198.51.100.2/30"), urpf=True),
                Interface(port(of, 2), "to gy-bs-1", False, HERE, address=INTERFACE("203.0.113.1/29")),
                *samples.unused(of, 3),
                Interface(samples.management_port(of), "oob", False, HERE, address=INTERFACE("10.9.8.21/24"), vrf="MGMT"),
            ),
            vrfs=(Vrf("MGMT", "64601:9", "out of band", HERE),),
            bgp=Bgp(64601, ADDRESS("203.0.113.1"), (block,), (carrier,), 20, 200, 200, 1, 30, 90, HERE),
            prefix_lists=(
                PrefixList("DEFAULT", (PrefixEntry(10, True, ANY, None, None),), HERE),
                PrefixList("TELECOM-BLOCK", (PrefixEntry(10, True, block, None, None),), HERE),
            ),
            route_policies=(
                RoutePolicy("FROM-TELECOM", (PolicyNode(10, True, "DEFAULT"), PolicyNode(1000, False, None)), HERE),
                RoutePolicy("TO-TELECOM", (PolicyNode(10, True, "TELECOM-BLOCK"), PolicyNode(1000, False, None)), HERE),
            ),
            statics=(StaticRoute(None, block, None, 250, "discard: telecom", HERE),),
        ),
        "cisco-asr1002",
    )


def township() -> DeviceDesign:
    """A township router: one uplink in the county's totally stubby area, one agency behind a filter."""
    of = samples.device("qz-hfh-rt-1", "cisco_ios", Role.TOWNSHIP_ROUTER, Tier.TOWNSHIP, ports=2)
    return of_model(
        samples.design(
            of,
            management(LOOPBACK, "10.0.5.9/32"),
            (
                loopback("10.0.5.9/32", 5),
                Interface(port(of, 1), "to qz-rt-a", False, HERE, address=INTERFACE("10.1.5.9/31"), ospf=ospf(100, 5)),
                Interface(
                    port(of, 2), "office", False, HERE, address=INTERFACE("10.64.10.1/24"), ospf=ospf(10, 5, True, False),
                    filter_in=IN.name, filter_out=OUT.name, urpf=True,
                ),
            ),
            ospf=(process(1, None, "10.0.5.9", (OspfArea(5, True, False, 0, ()),)),),
            filters=(IN, OUT),
        ),
        "cisco-isr2911",
    )  # fmt: skip


def county() -> DeviceDesign:
    """A county router: townships by VLAN on one carrier port, VRRP towards the agencies, a vertical in a VRF of its own."""
    of = samples.device("qz-rt-a", "cisco_ios", Role.COUNTY_ROUTER, ports=3)
    carrier, agencies = of.model.ports[0].name, of.model.ports[1].name
    return of_model(
        samples.design(
            of,
            management(LOOPBACK, "10.0.5.1/32"),
            (
                loopback("10.0.5.1/32", 5),
                Interface(port(of, 1), "carrier", False, HERE),
                Interface(
                    Ref(Kind.SUBINTERFACE, carrier, 301), "to hfh", False, HERE, address=INTERFACE("10.1.5.8/31"), ospf=ospf(100, 5)
                ),
                Interface(
                    Ref(Kind.SUBINTERFACE, carrier, 302), "jindun to hfh", False, HERE, vrf="JINDUN", address=INTERFACE("10.70.5.8/31"),
                    ospf=ospf(100, 0, process=20),
                ),
                Interface(port(of, 2), "agencies", False, HERE),
                Interface(
                    Ref(Kind.SUBINTERFACE, agencies, 110), "shiji", False, HERE, address=INTERFACE("10.64.10.2/24"),
                    ospf=ospf(10, 5, True, False), vrrp=Vrrp(10, ADDRESS("10.64.10.1"), 120, 60, 1, False), filter_in=IN.name, urpf=True,
                ),
                *samples.unused(of, 3),
            ),
            vrfs=(Vrf("JINDUN", "64601:20", "jindun vertical", HERE),),
            ospf=(
                process(1, None, "10.0.5.1", (OspfArea(5, True, False, 0, ()),)),
                process(20, "JINDUN", "10.70.255.1", (OspfArea(0, False, False, 0, ()),)),
            ),
            filters=(IN,),
        ),
        "cisco-isr4431",
    )  # fmt: skip


def access_switch(model: str = "cisco-2960x-24") -> DeviceDesign:
    return of_model(samples.l2_switch("cisco_ios"), model, routes=False)


DESIGNS = {
    "border": border(),
    "township": township(),
    "county": county(),
    "core": of_model(samples.router("cisco_ios"), "cisco-asr1002"),
    "access 2960": access_switch(),
    "access 3850": access_switch("cisco-3850-24"),
    "distribution 3560": of_model(samples.l3_switch("cisco_ios"), "cisco-3560-24"),
    "distribution 3850": of_model(samples.l3_switch("cisco_ios"), "cisco-3850-24"),
}


@pytest.mark.parametrize("name", DESIGNS)
def test_the_tools_of_the_trade_read_it(name: str) -> None:
    """hier_config files each section once (it refuses doubles), and the config is no change to itself."""
    config = text(DESIGNS[name])
    tree = get_hconfig(Platform.CISCO_IOS, config)
    assert not list(WorkflowRemediation(tree, tree).remediation_config.all_children())
    printed = Counter(line.strip() for line in config.splitlines() if not line.startswith("!") and not line.startswith(" remark "))
    for dropped in ("!", "end", "exit-address-family", "no ip address"):  # noise to hier_config
        del printed[dropped]
    assert Counter(child.text for child in tree.all_children()) == printed
    assert config.endswith("!\nend\n")
    assert "!\n!\n" not in config


@pytest.mark.parametrize("name", DESIGNS)
def test_definitions_stand_before_their_use(name: str) -> None:
    lines = [line.strip() for line in text(DESIGNS[name]).splitlines()]

    def first(start: str) -> int:
        return next(number for number, line in enumerate(lines) if line.startswith(start))

    def uses(start: str) -> list[tuple[int, str]]:
        return [(number, line.split()[len(start.split())]) for number, line in enumerate(lines) if line.startswith(start)]

    for number, name_ in uses("ip access-group"):
        assert first(f"ip access-list extended {name_}") < number
    for number, name_ in uses("match ip address prefix-list"):
        assert first(f"ip prefix-list {name_} ") < number
    for number, name_ in uses("vrf forwarding"):
        assert first(f"vrf definition {name_}") < number
        assert lines[number + 1].startswith("ip address ")
    for number, name_ in uses("no passive-interface"):
        assert first(f"interface {name_}") < number


@pytest.mark.parametrize("name", DESIGNS)
def test_nothing_is_left_to_a_default(name: str) -> None:
    design = DESIGNS[name]
    config = text(design)
    for process_ in design.ospf:
        head = f"router ospf {process_.number}" + (f" vrf {process_.vrf}" if process_.vrf else "")
        lines = section(config, head)
        for start in ("router-id ", "auto-cost ", "timers throttle spf ", "maximum-paths ", "distance ospf "):
            assert sum(line.startswith(start) for line in lines) == 1
        assert lines.index("passive-interface default") < next(n for n, line in enumerate(lines) if line.startswith("network "))
    for interface in design.interfaces:
        if interface.ospf and interface.ref.kind is not Kind.LOOPBACK:
            lines = section(config, _head(design, interface))
            for start in ("ip ospf network ", "ip ospf hello-interval ", "ip ospf dead-interval ", "ip ospf cost "):
                assert sum(line.startswith(start) for line in lines) == 1
            assert interface.ospf.passive or "ip ospf authentication message-digest" in lines


def _head(design: DeviceDesign, interface: Interface) -> str:
    ref = interface.ref
    names = {Kind.VLAN: f"Vlan{ref.number}", Kind.LAG: f"Port-channel{ref.number}", Kind.SUBINTERFACE: f"{ref.port}.{ref.number}"}
    return f"interface {names.get(ref.kind, ref.port)}"


def test_the_border_router_takes_the_default_and_announces_the_block() -> None:
    config = text(border())
    assert section(config, "router bgp 64601") == [
        "bgp router-id 203.0.113.1",
        "bgp log-neighbor-changes",
        "no bgp default ipv4-unicast",
        "timers bgp 30 90",
        "neighbor 198.51.100.1 remote-as 64500",
        "neighbor 198.51.100.1 description telecom",
        "neighbor 198.51.100.1 ttl-security hops 1",
        "neighbor 198.51.100.1 password @@vault:outer/bgp/telecom@@",
        "address-family ipv4",
        "network 203.0.113.0 mask 255.255.255.0",
        "neighbor 198.51.100.1 activate",
        "neighbor 198.51.100.1 route-map FROM-TELECOM in",
        "neighbor 198.51.100.1 route-map TO-TELECOM out",
        "neighbor 198.51.100.1 maximum-prefix 10",
        "maximum-paths 1",
        "maximum-paths ibgp 1",
        "distance bgp 20 200 200",
        "exit-address-family",
    ]
    assert "ip prefix-list DEFAULT seq 10 permit 0.0.0.0/0\n" in config
    assert "ip route 203.0.113.0 255.255.255.0 Null0 250 name discard-telecom\n" in config
    assert section(config, "interface Null0") == ["no ip unreachables"]


def test_the_management_socket_keeps_the_vrf_of_the_factory() -> None:
    config = text(border())
    assert "MGMT" not in config
    assert section(config, "vrf definition Mgmt-intf") == ["description out of band", "address-family ipv4", "exit-address-family"]
    for line in (
        "ip route vrf Mgmt-intf 0.0.0.0 0.0.0.0 10.9.8.1",
        "logging source-interface GigabitEthernet0 vrf Mgmt-intf",
        "logging host 10.9.0.30 vrf Mgmt-intf",
        "snmp-server host 10.9.0.5 vrf Mgmt-intf version 3 priv nms",
        "ntp server vrf Mgmt-intf 10.9.0.20 key 1",
    ):
        assert f"{line}\n" in config
    assert "access-class VTY-IN in vrf-also" in section(config, "line vty 0 4")
    assert "ip vrf forwarding Mgmt-intf" in section(config, "aaa group server tacacs+ NOC")


def test_a_member_of_a_stub_area_does_not_say_what_the_border_says() -> None:
    lines = section(text(township()), "router ospf 1")
    assert "area 5 stub" in lines
    assert not [line for line in lines if "no-summary" in line or "default-cost" in line]


def test_a_vertical_has_a_process_of_its_own_without_provider_edge_checks() -> None:
    config = text(county())
    assert section(config, "router ospf 20 vrf JINDUN")[:2] == ["router-id 10.70.255.1", "capability vrf-lite"]
    assert section(config, "interface GigabitEthernet0/0/1.302")[:4] == [
        "description jindun to hfh",
        "encapsulation dot1Q 302",
        "vrf forwarding JINDUN",
        "ip address 10.70.5.8 255.255.255.254",
    ]


def test_an_agencys_gateway() -> None:
    assert section(text(county()), "interface GigabitEthernet0/0/2.110") == [
        "description shiji",
        "encapsulation dot1Q 110",
        "ip address 10.64.10.2 255.255.255.0",
        "no ip redirects",
        "no ip unreachables",
        "no ip proxy-arp",
        "ip access-group AGENCY-SJ-IN in",
        "ip verify unicast source reachable-via rx",
        "ip ospf network broadcast",
        "ip ospf hello-interval 10",
        "ip ospf dead-interval 40",
        "ip ospf cost 10",
        "vrrp 10 ip 10.64.10.1",
        "vrrp 10 timers advertise 1",
        "vrrp 10 preempt delay minimum 60",
        "vrrp 10 priority 120",
        "no shutdown",
    ]


def test_filters_keep_their_numbers_and_the_flows_name() -> None:
    assert section(text(township()), "ip access-list extended AGENCY-SJ-IN") == [
        "remark from shiji",
        "remark anti-spoofing",
        "10 deny ip 10.64.10.0 0.0.0.255 10.64.10.0 0.0.0.255",
        "remark oa/web",
        "20 permit tcp 10.64.10.0 0.0.0.255 host 10.8.1.10 eq 443",
        "remark oa/files",
        "30 permit tcp 10.64.10.0 0.0.0.255 host 10.8.1.10 range 8000 8010",
        "remark dns/udp",
        "40 permit udp 10.64.10.0 0.0.0.255 host 10.8.1.53 eq 53",
        "remark return of tax/app",
        "50 permit tcp host 10.64.10.5 eq 8443 10.64.20.0 0.0.0.255 established",
        "remark ping",
        "60 permit icmp 10.64.10.0 0.0.0.255 host 10.8.1.1 echo",
        "remark errors",
        "70 permit icmp 10.64.10.0 0.0.0.255 host 10.8.1.10 unreachable",
        "remark vrrp",
        "80 permit 112 10.64.10.0 0.0.0.255 host 224.0.0.18",
        "remark other agencies",
        "90 deny ip any 10.0.0.0 0.255.255.255",
        "remark internet",
        "100 permit ip 10.64.10.0 0.0.0.255 any",
        "remark everything else",
        "110 deny ip any any",
    ]


def test_a_remark_that_comes_back_names_its_rule() -> None:
    rules = tuple(
        samples.rule(number, True, "tcp", destination_port=number, remark=remark) for number, remark in ((5, "a"), (10, "b"), (15, "a"))
    )
    design = replace(township(), filters=(replace(IN, rules=rules), OUT))
    lines = section(text(design), "ip access-list extended AGENCY-SJ-IN")
    assert [line for line in lines if line.startswith("remark")] == ["remark from shiji", "remark a", "remark b", "remark a (15)"]


@pytest.mark.parametrize(
    ("ge", "le", "printed"),
    [(None, None, ""), (16, 24, " le 24"), (16, None, " le 32"), (20, 24, " ge 20 le 24"), (None, 16, ""), (24, 24, " ge 24 le 24")],
)
def test_prefix_lengths_that_ios_would_refuse(ge: int | None, le: int | None, printed: str) -> None:
    entry = PrefixEntry(10, True, NETWORK("10.64.0.0/16"), ge, le)
    design = replace(border(), prefix_lists=(PrefixList("P", (entry,), HERE),), route_policies=())
    assert f"ip prefix-list P seq 10 permit 10.64.0.0/16{printed}\n" in text(design)


def test_an_access_switch() -> None:
    config = text(access_switch())
    assert section(config, "interface GigabitEthernet0/0/1") == [
        "description to qz-hfh-rt-1",
        "switchport trunk allowed vlan 99,110",
        "switchport mode trunk",
        "switchport nonegotiate",
        "no shutdown",
    ]
    assert section(config, "interface GigabitEthernet0/0/2") == [
        "description office",
        "switchport access vlan 110",
        "switchport mode access",
        "switchport nonegotiate",
        "spanning-tree portfast",
        "spanning-tree bpduguard enable",
        "no shutdown",
    ]
    assert section(config, "interface GigabitEthernet0/0/3")[-1] == "shutdown"
    for line in ("vtp mode transparent", "spanning-tree mst 0 priority 61440", "ip default-gateway 10.90.5.1", "no vstack"):
        assert f"\n{line}\n" in config
    for absent in ("ip routing", "ipv6", "line aux", "router "):
        assert f"\n{absent}" not in config


def test_only_the_3560_has_to_be_told_the_encapsulation() -> None:
    assert "encapsulation dot1q" in text(DESIGNS["distribution 3560"])
    assert "encapsulation dot1q" not in text(DESIGNS["distribution 3850"])


def test_members_of_a_bundle_agree_with_it() -> None:
    config = text(DESIGNS["distribution 3850"])
    bundle = section(config, "interface Port-channel1")
    member = section(config, "interface GigabitEthernet0/0/2")
    assert [line for line in member if line.startswith("switchport")] == [line for line in bundle if line.startswith("switchport")]
    assert "channel-group 1 mode active" in member


def test_many_vlans_go_on_several_lines() -> None:
    design = access_switch()
    trunk = design.interfaces[0]
    assert trunk.l2 is not None
    wide = replace(trunk, l2=replace(trunk.l2, vlans=tuple(range(100, 145))))
    lines = section(text(replace(design, interfaces=(wide, *design.interfaces[1:]))), "interface GigabitEthernet0/0/1")
    allowed = [line for line in lines if " allowed " in line]
    assert [line.split(" vlan ")[1][:7] for line in allowed] == ["100,101", "add 120", "add 140"]


@pytest.mark.parametrize("name", DESIGNS)
def test_access_is_closed_but_for_ssh_from_the_noc(name: str) -> None:
    config = text(DESIGNS[name])
    for line in ("no ip http server", "no ip http secure-server", "ip ssh version 2", "aaa new-model", "service password-encryption"):
        assert f"\n{line}\n" in config
    for vty in ("line vty 0 4", "line vty 5 15"):
        lines = section(config, vty)
        assert "transport input ssh" in lines
        assert lines[0].startswith("access-class VTY-IN in")
    assert "snmp-server group NOC v3 priv read ALL access SNMP-IN\n" in config
    assert "community" not in config
    assert config.count("secret 5 @@vault:") == len(DESIGNS[name].management.users)
