"""FRR read as Snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isolation_checks.reading import frr, values
from isolation_checks.reading.source import Source, read_source
from isolation_checks.snapshot import (
    Action,
    Applied,
    BgpProcess,
    DeviceConfig,
    FeatureKind,
    Filter,
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
    Ref,
    RoutePolicy,
    Rule,
    StaticRoute,
    TerminalLine,
    VirtualAddress,
    Vrf,
    VrfLeak,
)

HERE = Path(__file__).parent
REAL = HERE.parents[3] / "shared" / "data" / "configs" / "frr"
NAME = "border.conf"


def parse(text: str) -> DeviceConfig:
    return frr.parse("r", (Source("r.cfg", tuple(text.strip("\n").split("\n")), "utf-8", ()),))


def ip(text: str) -> int:
    value = values.ip(text)
    assert value is not None
    return value


@pytest.fixture(scope="module")
def border() -> DeviceConfig:
    return frr.parse("border", (read_source(NAME, (HERE / "frr" / NAME).read_bytes()),))


def at(line: int) -> Ref:
    return Ref(NAME, line)


def test_the_device_itself(border: DeviceConfig) -> None:
    assert (border.name, border.name_ref, border.version, border.platform) == ("edge-7", at(7), "9.1", "frr")
    assert border.unknown == ()
    assert [(item.kind, item.ref.line, item.interface) for item in border.features] == [
        (FeatureKind.VXLAN, 17, None),
        (FeatureKind.IPV6, 44, "eth2"),
        (FeatureKind.TUNNEL, 47, "gre1"),
        (FeatureKind.IPV6, 82, None),
        (FeatureKind.ROUTING, 111, None),
    ]
    assert border.management.lines == (TerminalLine("vty", 0, 0, ("telnet",), (Applied("MGMT", at(117)),), "password", 330, at(116)),)
    assert "truncated" not in dict(border.facts)


def test_interfaces(border: DeviceConfig) -> None:
    by_name = {item.name: item for item in border.interfaces}
    assert by_name["eth0"] == Interface(
        "eth0", InterfaceKind.PHYSICAL, at(25), "to the carrier", addresses=(InterfaceAddress(ip("198.51.100.2"), 30, at(27)),)
    )
    assert by_name["eth1"] == Interface(
        "eth1", InterfaceKind.PHYSICAL, at(31), vrf="red",
        addresses=(InterfaceAddress(ip("10.1.0.1"), 24, at(32)), InterfaceAddress(ip("10.1.1.1"), 24, at(33), secondary=True)),
        virtual=(VirtualAddress(ip("10.1.0.254"), 5, 120, "", at(40)),),
        policy_route=Applied("STEER", at(41)),
        ospf=OspfInterface(None, "10.0.0.1", 30, "", "md5", None, None, None, None, at(34)),
    )  # fmt: skip
    assert by_name["eth2"].shutdown == at(45)
    assert by_name["eth2"].ipv6 == at(44)
    assert by_name["gre1"].kind == InterfaceKind.TUNNEL


def test_routes_vrfs_and_leaks(border: DeviceConfig) -> None:
    assert border.static_routes == (
        StaticRoute(None, 0, 0, ip("198.51.100.1"), None, None, False, 20, 7, False, at(12)),
        StaticRoute(None, ip("10.0.0.0"), 8, None, None, None, True, 254, None, False, at(13)),
        StaticRoute(None, ip("192.0.2.0"), 25, None, "eth2", None, False, 1, None, False, at(14)),
        StaticRoute("red", 0, 0, ip("10.9.9.1"), None, "blue", False, 1, None, False, at(18)),
        StaticRoute("red", ip("10.7.0.0"), 16, None, None, None, True, 1, None, False, at(19)),
    )
    assert border.vrfs == (Vrf("red", "", (), (), at(16)), Vrf("blue", "", (), (), at(22)))
    assert border.leaks == (VrfLeak("red", "blue", at(18)), VrfLeak("red", "", at(79)))


def test_ospf(border: DeviceConfig) -> None:
    assert border.ospf == (
        OspfProcess(
            "default", "red", ip("10.1.0.1"),
            (
                OspfArea("10.0.0.1", "totally-nssa", (), ((ip("10.1.0.0"), 16, False, at(57)),), "none", at(56)),
                OspfArea("0.0.0.0", "normal", (), (), "none", at(58), None, (("out", "P", at(58)),)),  # noqa: S104
            ),
            (Redistribution("static", "", "ST", 50, 1, at(53)),),
            "always", True, (), ("eth1",), None, (), (), None, True, at(49), default_route_metric=5,
        ),
    )  # fmt: skip


def test_bgp(border: DeviceConfig) -> None:
    process = border.bgp[0]
    assert isinstance(process, BgpProcess)
    assert (process.asn, process.vrf, process.router_id) == ("65001", None, ip("198.51.100.2"))
    assert process.networks == ((ip("203.0.113.0"), 24, "OWN", at(73)),)
    assert process.aggregates == ((ip("203.0.112.0"), 23, True, at(74)),)
    carrier = next(item for item in process.neighbors if item.address == "198.51.100.1")
    assert (carrier.remote_as, carrier.group, carrier.password, carrier.active) == ("65010", "UP", True, True)
    assert (carrier.in_policies, carrier.out_policies) == ((Applied("IN", at(75)),), (Applied("P", at(76)),))
    assert (carrier.in_default, carrier.maximum_prefixes) == (Action.DENY, 10)
    inner = next(item for item in process.neighbors if item.address == "10.255.0.2")
    assert (inner.active, inner.in_default, inner.source) == (False, Action.PERMIT, "lo")


def test_lists_and_maps(border: DeviceConfig) -> None:
    assert border.prefix_lists == (
        PrefixList(
            "P",
            (
                PrefixEntry(5, Action.PERMIT, ip("203.0.113.0"), 24, 24, 24, at(90)),
                PrefixEntry(20, Action.PERMIT, ip("10.0.0.0"), 8, 16, 24, at(91)),
            ),
            at(90),
        ),
    )
    assert border.filters == (
        Filter(
            "MGMT", "acl",
            (
                Rule(Action.PERMIT, (Match(src=(values.prefix(ip("10.9.0.0"), 24),)),), at(88), "5"),
                Rule(Action.DENY, (Match(),), at(89), "10"),
            ),
            Action.DENY, at(88),
        ),
    )  # fmt: skip
    assert border.route_policies == (
        RoutePolicy("OWN", "as-path-list", (PolicyEntry(5, Action.PERMIT, (("as-path-list", ("^$",)),), (), at(94)),), at(94)),
        RoutePolicy(
            "IN", "route-map",
            (
                PolicyEntry(10, Action.PERMIT, (("prefix-list", ("P",)), ("as-path", ("OWN",))),
                            (("local-preference", ("200",)), ("on-match", ("next",))), at(96)),
                PolicyEntry(20, Action.DENY, (), (), at(103)),
            ),
            at(96),
        ),
        RoutePolicy(
            "STEER", "policy-route",
            (PolicyEntry(5, Action.PERMIT, (("src-ip", ("10.1.0.0/25",)),), (("nexthop", ("10.1.0.9",)),), at(106)),), at(106),
        ),
    )  # fmt: skip


# --- single points ---------------------------------------------------------------------------------------------------------------------


def test_typed_without_indentation_and_abbreviated() -> None:
    config = parse("int eth0\nip addr 10.0.0.1/24\nno shut\nexit\nrouter bgp 1\nneighbor 10.0.0.2 remote-as 2\naddress-family ipv4 uni\n"
                   "neighbor 10.0.0.2 activate\nint eth1\nip addr 10.0.1.1/24")  # fmt: skip
    assert config.unknown == ()
    assert [(item.name, [address.ip for address in item.addresses]) for item in config.interfaces] == [
        ("eth0", [ip("10.0.0.1")]),
        ("eth1", [ip("10.0.1.1")]),
    ]
    assert config.bgp[0].neighbors[0].in_default == Action.PERMIT  # no release stated: the reading that lets more through


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("interface e\n ip address 10.0.0.1/24\n no ip address 10.0.0.1/24", lambda c: c.interfaces[0].addresses == ()),
        ("interface e\n shutdown\n no shutdown", lambda c: c.interfaces[0].shutdown is None),
        ("interface e\n ip ospf area 1\n no ip ospf area 1", lambda c: c.interfaces[0].ospf.area is None),
        ("interface e\n ip ospf passive\n no ip ospf passive", lambda c: c.interfaces[0].ospf.passive is False),
        ("interface e\n vrrp 1 ip 10.0.0.9\n no vrrp 1", lambda c: c.interfaces[0].virtual == ()),
        ("no interface e", lambda c: c.interfaces == ()),
        ("ip route 10.0.0.0/8 Null0\nno ip route 10.0.0.0/8 Null0", lambda c: c.static_routes == ()),
        ("vrf a\nexit-vrf\nno vrf a", lambda c: c.vrfs == ()),
        ("no ip forwarding", lambda c: c.forwarding is False and c.forwarding_ref == Ref("r.cfg", 1)),
        ("ip prefix-list P permit any\nno ip prefix-list P", lambda c: c.prefix_lists == ()),
        ("route-map M permit 1\nexit\nno route-map M permit 1", lambda c: c.route_policies == ()),
        ("router ospf\n network 10.0.0.0/8 area 0\n no network 10.0.0.0/8 area 0", lambda c: c.ospf[0].areas[0].networks == ()),
        ("router ospf\n area 1 stub no-summary\n no area 1 stub no-summary", lambda c: c.ospf[0].areas[0].kind == "stub"),
        ("router ospf\n default-information originate\n no default-information originate", lambda c: c.ospf[0].default_route == ""),
        ("router ospf\nexit\nno router ospf", lambda c: c.ospf == ()),
        ("router bgp 1\n neighbor 1.1.1.1 remote-as 2\n no neighbor 1.1.1.1", lambda c: c.bgp[0].neighbors == ()),
        ("router bgp 1\n network 10.0.0.0/8\n no network 10.0.0.0/8", lambda c: c.bgp[0].networks == ()),
        ("router bgp 1\n neighbor 1.1.1.1 remote-as 2\n neighbor 1.1.1.1 shutdown\n no neighbor 1.1.1.1 shutdown",
         lambda c: c.bgp[0].neighbors[0].shutdown is False),
        ("frr version 8.4\nrouter bgp 1\n no bgp ebgp-requires-policy\n neighbor 1.1.1.1 remote-as 2",
         lambda c: c.bgp[0].neighbors[0].in_default == Action.PERMIT),
        ("no mpls ldp\nno router isis X", lambda c: c.features == ()),
    ],
)  # fmt: skip
def test_negations(text: str, what: object) -> None:
    config = parse(text)
    assert config.unknown == ()
    assert what(config)  # type: ignore[operator]


def test_unmodelled_views_swallow_their_lines() -> None:
    config = parse(
        "mpls ldp\n router-id 1.1.1.1\n !\n address-family ipv4\n  interface eth9\n  exit\n exit-address-family\nexit\nhostname x"
    )
    assert config.interfaces == ()
    assert config.name == "x"
    assert [item.kind for item in config.features] == [FeatureKind.MPLS]
    assert config.unknown == ()


def test_route_targets_leak_between_local_vrfs() -> None:
    config = parse(
        "router bgp 1 vrf a\n address-family ipv4 unicast\n  rd vpn export 1:1\n  rt vpn export 9:9\n  export vpn\n exit-address-family\n"
        "router bgp 1 vrf b\n address-family ipv4 unicast\n  rt vpn import 9:9\n  import vpn\n exit-address-family"
    )
    assert config.unknown == ()
    assert config.leaks == (VrfLeak("a", "b", Ref("r.cfg", 10)),)
    assert config.vrfs[0] == Vrf("a", "1:1", (), ("9:9",), Ref("r.cfg", 1))


@pytest.mark.parametrize("line", ["frobnicate", "interface eth0\n ip addresss 1.2.3.4/8", "ip route x.x.x.x/24 10.0.0.1",
    "router bgp", "no frobnicate",
                                  "interface eth0\n ip address **/24", "router ospf\n network 10.0.0.0/8 area bogus",
                                  "service telnet"])  # fmt: skip
def test_what_is_not_known_is_unknown(line: str) -> None:
    config = parse(line)
    assert [item.ref.line for item in config.unknown] == [line.count("\n") + 1]


def test_a_second_device_and_a_cut_capture_are_told() -> None:
    config = parse("hostname a\ninterface eth0\nhostname b\ninterface eth1")
    assert dict(config.facts)["several-devices"] == "yes"
    assert [item.ref.line for item in config.unknown] == [3, 4]
    assert dict(parse("Current configuration:\n!\nhostname a\ninterface eth0\n ip addr").facts)["truncated"] == "yes"


# --- real ones, and nonsense -----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not REAL.is_dir(), reason="the collection of real configs is not here")
@pytest.mark.parametrize("path", sorted(REAL.glob("*")) if REAL.is_dir() else [], ids=lambda path: path.name)
def test_real_configs(path: Path) -> None:
    source = read_source(path.name, path.read_bytes())
    config = frr.parse(path.stem, (source,))
    assert frr.looks_like(source) >= 0.4
    assert config.unknown == ()


@pytest.mark.skipif(not REAL.is_dir(), reason="the collection of real configs is not here")
def test_real_configs_in_detail() -> None:
    def of(number: str) -> DeviceConfig:
        path = next(REAL.glob(f"{number}-*"))
        return frr.parse(path.stem, (read_source(path.name, path.read_bytes()),))

    spine = of("001")
    assert len(spine.interfaces) == 65
    assert len(spine.bgp[0].neighbors) == 64
    assert {(item.source, item.target) for item in of("014").leaks} == {("neno", ""), ("", "neno")}
    assert {(item.source, item.target) for item in of("007").leaks} == {
        (one, other) for one in ("", "blue", "green") for other in ("", "blue", "green") if one != other
    }
    bart = of("018")
    assert len(next(item for item in bart.prefix_lists if item.name == "vultr-only-v4").entries) == 222
    assert bart.static_routes[0].discard
    assert of("005").interfaces[5].addresses[0].length == 24


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 3000), st.randoms(), st.text(max_size=60))
def test_any_text_is_accounted_for(cut: int, random: object, noise: str) -> None:
    text = (HERE / "frr" / NAME).read_text(encoding="utf-8")
    lines = text.split("\n")
    random.shuffle(lines)  # type: ignore[attr-defined]
    for candidate in (text[:cut], "\n".join(lines), noise, f"{noise}\n{text[cut:]}"):
        config = parse(candidate)
        unknown = {item.ref.line for item in config.unknown}
        for number, code in enumerate(config.coverage[0].codes, 1):
            assert (code == LineCode.UNKNOWN) == (number in unknown)
