"""Small hand-made designs, one for each kind of device. Nothing in them is worked out: what stands here is what has to be printed."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from topology import facts
from topology.design import (
    L2,
    Bgp,
    BgpNeighbor,
    DeviceDesign,
    Filter,
    Firewall,
    HaPair,
    HostUnit,
    Interface,
    Kind,
    Management,
    NatPool,
    NatServer,
    OspfArea,
    OspfInterface,
    OspfProcess,
    PolicyNode,
    PrefixEntry,
    PrefixList,
    Redistribution,
    Ref,
    RoutePolicy,
    Rule,
    Server,
    Service,
    SnmpManager,
    SourceNat,
    StaticRoute,
    User,
    Vlan,
    Vrf,
    Vrrp,
    Zone,
    ZoneRule,
)
from topology.facts import PortRange, Realm, Role, Tier
from topology.origin import Origin

ADDRESS, INTERFACE, NETWORK = IPv4Address, IPv4Interface, IPv4Network
ANY = NETWORK("0.0.0.0/0")
OPERATORS = NETWORK("10.9.0.0/24")

PORT_NAMES = {
    "huawei_vrp": ("GigabitEthernet0/0/{n}", "MEth0/0/1"),
    "huawei_usg": ("GigabitEthernet1/0/{n}", "MEth0/0/0"),
    "h3c_comware": ("GigabitEthernet1/0/{n}", "M-GigabitEthernet0/0/0"),
    "h3c_secpath": ("GigabitEthernet1/0/{n}", "M-GigabitEthernet1/0/0"),
    "cisco_ios": ("GigabitEthernet0/0/{n}", "GigabitEthernet0"),
    "frr": ("enp{n}s0", "eno1"),
    "host_unit": ("eth{n}", "mgmt"),
}


def at(file: str, line: int) -> Origin:
    return Origin(file, line, 1)


def model(platform: str, ports: int, switching: bool) -> facts.Model:
    data, management = PORT_NAMES[platform]
    sockets = [facts.Port(data.format(n=n), n, "data", "copper") for n in range(1, ports + 1)]
    sockets += [facts.Port(management, 0, "management", "copper"), facts.Port("console0", 0, "console", "serial")]
    return facts.Model(f"{platform}-{ports}", "sample", platform, tuple(sockets), switching)


def device(name: str, platform: str, role: Role, tier: Tier = Tier.COUNTY, ports: int = 8, switching: bool = False) -> facts.Device:
    return facts.Device(
        name=name, site="qingzhen", realm=Realm.OUTER, tier=tier, role=role, model=model(platform, ports, switching), number=1,
        management="inband", routes=True, rendered=True, enclosure=name, room=None, rack=None, survey=facts.Survey(),
        origin=at("outer/counties/qingzhen.yaml", 3),
    )  # fmt: skip


def port(of: facts.Device, number: int) -> Ref:
    return Ref(Kind.PORT, of.model.ports[number - 1].name)


def management_port(of: facts.Device) -> Ref:
    return Ref(Kind.MANAGEMENT, next(each.name for each in of.model.ports if each.kind == "management"))


def vlan(number: int) -> Ref:
    return Ref(Kind.VLAN, number=number)


LOOPBACK = Ref(Kind.LOOPBACK, number=0)


def rule(
    sequence: int,
    permit: bool,
    protocol: str = "ip",
    source: str | None = None,
    destination: str | None = None,
    source_port: int | None = None,
    destination_port: int | tuple[int, int] | None = None,
    established: bool = False,
    icmp: str | None = None,
    remark: str = "",
) -> Rule:
    def ports(value: int | tuple[int, int] | None) -> PortRange | None:
        return None if value is None else PortRange(value, value) if isinstance(value, int) else PortRange(*value)

    return Rule(
        sequence, permit, protocol, NETWORK(source) if source else None, NETWORK(destination) if destination else None, ports(source_port),
        ports(destination_port), established, icmp, remark, at("services.yaml", 10 + sequence),
    )  # fmt: skip


AGENCY_IN = Filter(
    name="AGENCY-SJ-IN",
    number=3001,
    purpose="from shiji",
    origin=at("outer/counties/qingzhen.yaml", 20),
    rules=(
        rule(10, False, source="10.64.10.0/24", destination="10.64.10.0/24", remark="anti-spoofing"),
        rule(20, True, "tcp", "10.64.10.0/24", "10.8.1.10/32", destination_port=443, remark="oa/web"),
        rule(30, True, "tcp", "10.64.10.0/24", "10.8.1.10/32", destination_port=(8000, 8010), remark="oa/files"),
        rule(40, True, "udp", "10.64.10.0/24", "10.8.1.53/32", destination_port=53, remark="dns/udp"),
        rule(50, True, "tcp", "10.64.10.5/32", "10.64.20.0/24", source_port=8443, established=True, remark="return of tax/app"),
        rule(60, True, "icmp", "10.64.10.0/24", "10.8.1.1/32", icmp="echo", remark="ping"),
        rule(70, True, "icmp", "10.64.10.0/24", "10.8.1.10/32", icmp="unreachable", remark="errors"),
        rule(80, True, "vrrp", "10.64.10.0/24", "224.0.0.18/32", remark="vrrp"),
        rule(90, False, destination="10.0.0.0/8", remark="other agencies"),
        rule(100, True, source="10.64.10.0/24", remark="internet"),
        rule(110, False, remark="everything else"),
    ),
)
AGENCY_OUT = Filter(
    name="AGENCY-SJ-OUT",
    number=3002,
    purpose="to shiji",
    origin=at("outer/counties/qingzhen.yaml", 20),
    rules=(
        rule(10, True, "tcp", "10.8.1.10/32", "10.64.10.0/24", source_port=443, established=True, remark="return of oa/web"),
        rule(20, True, "icmp", "10.8.1.1/32", "10.64.10.0/24", icmp="echo-reply", remark="ping"),
        rule(30, True, "icmp", None, "10.64.10.0/24", icmp="time-exceeded", remark="errors"),
        rule(40, False, remark="everything else"),
    ),
)


def basic(name: str, number: int, *sources: str) -> Filter:
    rules = [rule(10 * (n + 1), True, source=source, remark="noc") for n, source in enumerate(sources)]
    last = rule(10 * (len(rules) + 1), False, remark="everything else")
    return Filter(name, number, (*rules, last), "management", at("outer/realm.yaml", 40))


def management(source: Ref, address: str, gateway: str | None = None, mode: str = "inband", vrf: str | None = None) -> Management:
    return Management(
        mode=mode, vrf=vrf, source=source, address=INTERFACE(address), gateway=ADDRESS(gateway) if gateway else None,
        operators=(OPERATORS,), vty_filter=basic("VTY-IN", 2001, "10.9.0.0/24"), snmp_filter=basic("SNMP-IN", 2002, "10.9.0.5/32"),
        users=(User("netadmin", 15, "vault:outer/users/netadmin"), User("auditor", 1, "vault:outer/users/auditor")),
        aaa=(Server(ADDRESS("10.9.0.10"), "vault:outer/tacacs", 1), Server(ADDRESS("10.9.0.11"), "vault:outer/tacacs", 2)),
        ntp=(Server(ADDRESS("10.9.0.20"), "vault:outer/ntp", 1), Server(ADDRESS("10.9.0.21"), "vault:outer/ntp", 1)),
        syslog=(Server(ADDRESS("10.9.0.30"), None, 1),),
        snmp=(SnmpManager(ADDRESS("10.9.0.5"), "nms", "vault:outer/snmp/auth", "vault:outer/snmp/priv", True),),
        location="Qingzhen, room 201", contact="NOC", banner="Authorised use only. All access is logged.", timezone_hours=8,
    )  # fmt: skip


def ospf(cost: int, area: int = 0, passive: bool = False, point_to_point: bool = True, process: int = 1) -> OspfInterface:
    key = None if passive else "vault:outer/ospf"
    return OspfInterface(process, area, cost, point_to_point, passive, 10, 40, key)


def process(number: int, vrf: str | None, router_id: str, areas: tuple[OspfArea, ...], **more: object) -> OspfProcess:
    values: dict[str, object] = {
        "redistribute": (), "default_originate": False, "default_metric": 1, "vrf_lite": vrf is not None, "preference": 110,
        "preference_external": 150, "maximum_paths": 4, "reference_mbps": 100000, "spf_delay_ms": (50, 200, 5000),
        "origin": at("outer/realm.yaml", 60 + number),
    }  # fmt: skip
    values.update(more)
    return OspfProcess(number=number, vrf=vrf, router_id=ADDRESS(router_id), areas=areas, **values)  # type: ignore[arg-type]


def loopback(address: str, area: int = 0) -> Interface:
    return Interface(LOOPBACK, "router id", False, at("outer/realm.yaml", 5), address=INTERFACE(address), ospf=ospf(1, area, passive=True))


def unused(of: facts.Device, *numbers: int) -> tuple[Interface, ...]:
    return tuple(Interface(port(of, n), "unused", True, of.origin, unused=True) for n in numbers)


def design(of: facts.Device, manage: Management, interfaces: tuple[Interface, ...], **more: object) -> DeviceDesign:
    values: dict[str, object] = {
        "vlans": (), "vrfs": (), "ospf": (), "bgp": None, "prefix_lists": (), "route_policies": (), "statics": (), "filters": (),
        "firewall": None, "ha": None, "host_unit": None, "stp_priority": None,
    }  # fmt: skip
    values.update(more)
    return DeviceDesign(of, of.name, manage, interfaces=interfaces, origin=of.origin, **values)  # type: ignore[arg-type]


def router(platform: str = "huawei_vrp") -> DeviceDesign:
    """A municipal core: OSPF in two areas, BGP to the province, a VRF vertical, filters on an agency's subinterface, discard routes."""
    of = device("gy-core-1", platform, Role.CORE, Tier.MUNICIPAL)
    source = at("outer/core.yaml", 12)
    interfaces = (
        loopback("10.0.0.1/32"),
        Interface(port(of, 1), "to gy-core-2 Gi0/0/1", False, source, address=INTERFACE("10.1.0.0/31"), ospf=ospf(10)),
        Interface(port(of, 2), "to qz-rt-a, CT-GY-0012", False, source, address=INTERFACE("10.1.0.2/31"), ospf=ospf(100, 5), urpf=True),
        Interface(port(of, 3), "carrier VLANs", False, source),
        Interface(
            Ref(Kind.SUBINTERFACE, of.model.ports[2].name, 101), "shiji", False, source, address=INTERFACE("10.64.10.1/24"),
            ospf=ospf(10, passive=True), filter_in="AGENCY-SJ-IN", filter_out="AGENCY-SJ-OUT", urpf=True,
        ),
        Interface(
            Ref(Kind.SUBINTERFACE, of.model.ports[2].name, 102), "jindun to qz", False, source, vrf="JINDUN",
            address=INTERFACE("10.70.0.0/31"), ospf=ospf(100, 5, process=20),
        ),
        Interface(port(of, 4), "to province", False, source, address=INTERFACE("172.31.0.2/30"), mtu=1400),
        Interface(port(of, 5), "to gy-agg-1, member", False, source, lag=1),
        Interface(port(of, 6), "to gy-agg-1, member", False, source, lag=1),
        Interface(
            Ref(Kind.LAG, number=1), "to gy-agg-1", False, source, address=INTERFACE("10.1.0.4/31"), ospf=ospf(10),
            members=(of.model.ports[4].name, of.model.ports[5].name), routed=True,
        ),
        *unused(of, 7, 8),
        Interface(management_port(of), "unused", True, of.origin, unused=True),
    )  # fmt: skip
    areas = (
        OspfArea(0, False, False, 0, ()),
        OspfArea(5, True, True, 10, (NETWORK("10.80.0.0/16"), NETWORK("10.81.0.0/16"))),
    )
    neighbor = BgpNeighbor(
        ADDRESS("172.31.0.1"), 64512, "province", None, "FROM-PROVINCE", "TO-PROVINCE", False, 1000, "vault:outer/bgp/province", True,
        at("outer/province.yaml", 4),
    )  # fmt: skip
    internal = BgpNeighbor(
        ADDRESS("10.0.0.2"), 64601, "gy-core-2", LOOPBACK, None, None, True, 10000, "vault:outer/bgp/core", False, at("outer/core.yaml", 30)
    )
    return design(
        of,
        management(LOOPBACK, "10.0.0.1/32"),
        interfaces,
        vrfs=(Vrf("JINDUN", "64601:20", "jindun vertical", at("verticals.yaml", 8)),),
        ospf=(
            process(1, None, "10.0.0.1", areas, redistribute=(Redistribution("bgp", "BGP-TO-OSPF", 100, 2),)),
            process(20, "JINDUN", "10.70.255.1", (OspfArea(0, False, False, 0, ()), OspfArea(5, False, False, 0, ()))),
        ),
        bgp=Bgp(
            64601, ADDRESS("10.0.0.1"), (NETWORK("10.64.0.0/10"),), (internal, neighbor), 20, 200, 200, 2, 30, 90, at("outer/core.yaml", 28)
        ),
        prefix_lists=(
            PrefixList("PROVINCE-IN", (PrefixEntry(10, True, NETWORK("59.255.0.0/16"), None, 24),), at("outer/province.yaml", 6)),
            PrefixList("OURS", (PrefixEntry(10, True, NETWORK("10.64.0.0/10"), None, None),), at("outer/province.yaml", 7)),
        ),
        route_policies=(
            RoutePolicy(
                "FROM-PROVINCE",
                (PolicyNode(10, True, "PROVINCE-IN", local_preference=200), PolicyNode(1000, False, None)),
                at("outer/province.yaml", 8),
            ),
            RoutePolicy(
                "TO-PROVINCE", (PolicyNode(10, True, "OURS", metric=50), PolicyNode(1000, False, None)), at("outer/province.yaml", 9)
            ),
            RoutePolicy("BGP-TO-OSPF", (PolicyNode(10, True, "PROVINCE-IN"), PolicyNode(1000, False, None)), at("outer/province.yaml", 10)),
        ),
        statics=(
            StaticRoute(None, NETWORK("10.64.0.0/10"), None, 250, "discard: city", at("outer/realm.yaml", 9)),
            StaticRoute(None, NETWORK("10.80.0.0/16"), None, 250, "discard: qingzhen", at("outer/realm.yaml", 9)),
            StaticRoute("JINDUN", NETWORK("10.70.128.0/17"), ADDRESS("10.70.0.1"), 60, "legacy", at("verticals.yaml", 12)),
        ),
        filters=(AGENCY_IN, AGENCY_OUT),
    )


def l3_switch(platform: str = "huawei_vrp") -> DeviceDesign:
    """A county's distribution switch: SVIs with VRRP and filters, a LAG as trunk, access ports, a routed port."""
    of = device("qz-ds-1", platform, Role.DISTRIBUTION, ports=8, switching=True)
    source = at("outer/counties/qingzhen.yaml", 30)
    interfaces = (
        loopback("10.0.5.3/32", 5),
        Interface(port(of, 1), "to qz-rt-a", False, source, address=INTERFACE("10.1.5.1/31"), ospf=ospf(10, 5), routed=True),
        Interface(port(of, 2), "to qz-as-1, member", False, source, lag=1),
        Interface(port(of, 3), "to qz-as-1, member", False, source, lag=1),
        Interface(
            Ref(Kind.LAG, number=1), "to qz-as-1", False, source, l2=L2("trunk", (110, 120, 121, 122), False),
            members=(of.model.ports[1].name, of.model.ports[2].name),
        ),
        Interface(port(of, 4), "shiji", False, source, l2=L2("access", (110,), True)),
        Interface(port(of, 5), "to qz-ds-2", False, source, l2=L2("trunk", (110,), False)),
        Interface(
            vlan(110), "shiji", False, source, address=INTERFACE("10.64.10.2/24"), ospf=ospf(10, 5, passive=True),
            vrrp=Vrrp(10, ADDRESS("10.64.10.1"), 120, 60, 1, False), filter_in="AGENCY-SJ-IN", filter_out="AGENCY-SJ-OUT", urpf=True,
        ),
        Interface(
            vlan(120), "caizheng", False, source, address=INTERFACE("10.64.20.1/24"), ospf=ospf(10, 5, point_to_point=False),
            urpf=True,
        ),
        *unused(of, 6, 7, 8),
        Interface(management_port(of), "unused", True, of.origin, unused=True),
    )  # fmt: skip
    return design(
        of,
        management(LOOPBACK, "10.0.5.3/32"),
        interfaces,
        vlans=tuple(Vlan(n, f"v{n}", source) for n in (110, 120, 121, 122)),
        ospf=(process(1, None, "10.0.5.3", (OspfArea(5, True, False, 0, ()),)),),
        filters=(AGENCY_IN, AGENCY_OUT),
        stp_priority=8192,
    )


def firewall(platform: str = "huawei_usg") -> DeviceDesign:
    """The active member of the egress pair: zones, policies, NAT pool and server, heartbeat, virtual addresses on both sides."""
    of = device("gy-fw-1", platform, Role.EGRESS_FIREWALL, Tier.MUNICIPAL)
    source = at("outer/egress.yaml", 15)
    heartbeat = port(of, 4)
    interfaces = (
        loopback("10.0.0.11/32"),
        Interface(
            port(of, 1), "to gy-agg-1", False, source, address=INTERFACE("10.2.0.2/29"), zone="trust",
            vrrp=Vrrp(1, ADDRESS("10.2.0.1"), 120, 60, 1, True),
        ),
        Interface(
            port(of, 2), "to gy-br-1", False, source, address=INTERFACE("203.0.113.2/29"), zone="telecom", urpf=True,
            last_hop=ADDRESS("203.0.113.1"), vrrp=Vrrp(2, ADDRESS("203.0.113.1"), 120, 60, 1, True),
        ),
        Interface(
            port(of, 3), "to DMZ", False, source, address=INTERFACE("10.2.1.2/24"), zone="dmz",
            vrrp=Vrrp(3, ADDRESS("10.2.1.1"), 120, 60, 1, True),
        ),
        Interface(heartbeat, "heartbeat to gy-fw-2", False, source, address=INTERFACE("10.2.255.0/31"), zone="heartbeat"),
        *unused(of, 5, 6, 7, 8),
        Interface(management_port(of), "oob", False, of.origin, address=INTERFACE("10.9.8.11/24"), vrf="MGMT"),
    )  # fmt: skip
    web = facts.Publication("portal/web", "telecom", "tcp", ADDRESS("203.0.113.20"), 443, ADDRESS("10.2.1.10"), 8443, at("egress.yaml", 40))
    zones = (("trust", 85, 1), ("dmz", 50, 3), ("telecom", 5, 2), ("heartbeat", 90, 4))
    realm, province = NETWORK("10.64.0.0/10"), NETWORK("59.255.0.0/16")

    def zone_rule(name: str, pair: str, sources: tuple[IPv4Network, ...], to: tuple[IPv4Network, ...], *services: Service) -> ZoneRule:
        source_zone, destination_zone = pair.split(">")
        return ZoneRule(name, source_zone, destination_zone, sources, to, services, True, False, name, at("services.yaml", 50))

    dns, icmp = Service("udp", PortRange(53, 53)), Service("icmp", None)
    https = Service("tcp", PortRange(8443, 8443))
    return design(
        of,
        management(management_port(of), "10.9.8.11/24", "10.9.8.1", mode="oob", vrf="MGMT"),
        interfaces,
        statics=(
            StaticRoute(None, ANY, ADDRESS("203.0.113.6"), 60, "default to telecom", source),
            StaticRoute(None, realm, ADDRESS("10.2.0.6"), 60, "city", source),
            StaticRoute(None, NETWORK("203.0.113.16/28"), None, 250, "discard: NAT pool", source),
        ),
        vrfs=(Vrf("MGMT", "64601:9", "out of band", of.origin),),
        firewall=Firewall(
            zones=tuple(Zone(name, priority, (port(of, n),), source) for name, priority, n in zones),
            rules=(
                zone_rule("internet", "trust>telecom", (realm,), ()),
                zone_rule("portal/web", "telecom>dmz", (), (NETWORK("10.2.1.10/32"),), https),
                zone_rule("dns/udp", "trust>dmz", (realm,), (NETWORK("10.2.1.53/32"),), dns, icmp),
                zone_rule("ssh", "trust>local", (OPERATORS,), (), Service("tcp", PortRange(22, 22))),
                zone_rule("vrrp", "trust>local", (), (), Service("vrrp", None)),
                zone_rule("sessions", "heartbeat>local", (), ()),
                zone_rule("sessions-out", "local>heartbeat", (), ()),
                ZoneRule("rest", "dmz", "trust", (), (), (), False, True, None, at("outer/egress.yaml", 60)),
            ),
            pools=(NatPool("telecom", 1, ADDRESS("203.0.113.17"), ADDRESS("203.0.113.19"), at("outer/egress.yaml", 30)),),
            source_nat=(
                SourceNat("keep", "trust", "telecom", (realm,), (province,), None, port(of, 2), at("outer/egress.yaml", 31)),
                SourceNat("internet", "trust", "telecom", (realm,), (), "telecom", port(of, 2), at("outer/egress.yaml", 32)),
            ),
            servers=(NatServer(web, "portal-web", "telecom", port(of, 2)),),
        ),
        ha=HaPair(
            "egress", "gy-fw-2", True, ((heartbeat, INTERFACE("10.2.255.0/31"), ADDRESS("10.2.255.1")),), (port(of, 1), port(of, 2)),
            "vault:outer/ha/egress", at("outer/egress.yaml", 20),
        ),
    )  # fmt: skip


def l2_switch(platform: str = "h3c_comware") -> DeviceDesign:
    """A township's access switch: VLANs, edge ports, a trunk, management on an SVI behind a default gateway."""
    of = device("qz-hfh-as-1", platform, Role.ACCESS, Tier.TOWNSHIP, ports=6, switching=True)
    source = at("outer/counties/qingzhen.yaml", 55)
    interfaces = (
        Interface(port(of, 1), "to qz-hfh-rt-1", False, source, l2=L2("trunk", (99, 110), False)),
        Interface(port(of, 2), "office", False, source, l2=L2("access", (110,), True)),
        *unused(of, 3, 4, 5, 6),
        Interface(vlan(99), "management", False, source, address=INTERFACE("10.90.5.2/29")),
        Interface(management_port(of), "unused", True, of.origin, unused=True),
    )
    return design(
        of,
        management(vlan(99), "10.90.5.2/29", "10.90.5.1"),
        interfaces,
        vlans=(Vlan(99, "management", source), Vlan(110, "office", source)),
        stp_priority=61440,
    )


def host_unit(platform: str = "host_unit") -> DeviceDesign:
    """The outer unit of a gatekeeper: two ferry channels, one a direction."""
    of = device("gk-1-outer", platform, Role.HOST_UNIT, Tier.MUNICIPAL, ports=2)
    source = at("gatekeeper/gatekeepers.yaml", 6)
    manage = management(port(of, 1), "10.8.4.10/24", "10.8.4.1")

    def channel(number: int, direction: str, kind: str, zh: str, allow: tuple[str, ...]) -> facts.FerryChannel:
        return facts.FerryChannel(
            id=f"gk-1/{kind}-{number}", number=number, gatekeeper="gk-1", owner="shizhengfu", direction=direction, kind=kind,
            content=facts.Name(zh, f"{kind} {number}"), level=facts.Level.INTERNAL, approval="approval-7", service="exchange",
            outer_role="outer", inner_role="inner", outer=ADDRESS("10.8.4.20"), inner=None, interval_s=300, allow=allow, max_mb=50,
            origin=at("gatekeeper/channels.yaml", number * 10),
        )  # fmt: skip

    pull = channel(1, "outer-to-inner", "file", "公文上报", ("*.ofd", "*.pdf"))
    push = channel(2, "inner-to-outer", "mail", "通知下发", ("gy.gov.cn",))
    return design(
        of,
        manage,
        (
            Interface(port(of, 1), "exchange zone", False, source, address=INTERFACE("10.8.4.10/24")),
            Interface(port(of, 2), "exchange arc", False, source),
            Interface(management_port(of), "unused", True, of.origin, unused=True),
        ),
        statics=(StaticRoute(None, ANY, ADDRESS("10.8.4.1"), 60, "exchange zone", source),),
        host_unit=HostUnit(
            "gk-1", "outer", port(of, 1), port(of, 2), INTERFACE("10.8.4.10/24"), ADDRESS("10.8.4.1"), (pull, push),
            listens=((Service("tcp", PortRange(22, 22)), (NETWORK("10.8.4.20/32"),), pull.id),),
            connects=((Service("tcp", PortRange(25, 25)), ADDRESS("10.8.4.20"), push.id),),
        ),
    )  # fmt: skip


SAMPLES = {"router": router, "l3_switch": l3_switch, "firewall": firewall, "l2_switch": l2_switch, "host_unit": host_unit}
