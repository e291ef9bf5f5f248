"""Folders of Linux routers read as Snapshot: `ip` commands, kernel settings, services."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isolation_checks.reading import linux, values
from isolation_checks.reading.folder import read_folder
from isolation_checks.reading.source import Source
from isolation_checks.snapshot import (
    Action,
    Applied,
    DeviceConfig,
    FeatureKind,
    Filter,
    InterfaceKind,
    LastHop,
    LineCode,
    Match,
    Ref,
    Rule,
    Server,
    Service,
    SnmpAccess,
    StaticRoute,
    Switching,
    User,
    Vlan,
)
from templates.engine import Renderer
from templates.platforms import Platforms
from topology.network import load

CITY = Path(__file__).parents[3] / "inventory" / "guiyang"


def host(**texts: str) -> DeviceConfig:
    """A folder of files; two underscores in a name stand for a dot, three for a slash."""
    sources = []
    for key, text in texts.items():
        name = key.replace("___", "/").replace("__", ".")
        sources.append(Source(f"h/{name}", tuple(text.strip("\n").split("\n")), "utf-8", ()))
    return linux.parse("h", tuple(sources))


def ip(text: str) -> int:
    value = values.ip(text)
    assert value is not None
    return value


def test_links_vlans_bonds_and_vrfs() -> None:
    config = host(
        links__ip="""
# comment
link add dev red type vrf table 100
link set dev red up
link add dev bond0 type bond mode 802.3ad
link set dev eth4 down
link set dev eth4 master bond0
ip link add link eth1 name eth1.30 type vlan id 30
link set eth1.30 master red mtu 1400
ip -4 addr add 10.3.0.1/24 dev eth1.30
address add 10.3.0.2/24 dev eth1.30
address del 10.3.0.2/24 dev eth1.30
link set dev eth2 down
route add vrf red default via 10.3.0.254
route add 10.5.0.0/16 dev eth1 metric 5
route add blackhole 10.6.0.0/16
route add 10.7.0.0/16 via 10.3.0.9 table 100
"""
    )
    assert config.unknown == ()
    by_name = {item.name: item for item in config.interfaces}
    sub = by_name["eth1.30"]
    assert (sub.kind, sub.parent, sub.vlans, sub.vrf, sub.mtu) == (InterfaceKind.SUBINTERFACE, "eth1", ((30, 30),), "red", 1400)
    assert [(item.ip, item.length) for item in sub.addresses] == [(ip("10.3.0.1"), 24)]
    assert (by_name["eth4"].aggregate, by_name["eth4"].shutdown) == ("bond0", None)
    assert by_name["bond0"].kind == InterfaceKind.AGGREGATE
    assert by_name["eth2"].shutdown == Ref("h/links.ip", 12)
    assert config.static_routes == (
        StaticRoute("red", 0, 0, ip("10.3.0.254"), None, None, False, 0, None, False, Ref("h/links.ip", 13)),
        StaticRoute(None, ip("10.5.0.0"), 16, None, "eth1", None, False, 5, None, False, Ref("h/links.ip", 14)),
        StaticRoute(None, ip("10.6.0.0"), 16, None, None, None, True, 0, None, False, Ref("h/links.ip", 15)),
        StaticRoute("red", ip("10.7.0.0"), 16, ip("10.3.0.9"), None, None, False, 0, None, False, Ref("h/links.ip", 16)),
    )


def test_a_bridge_of_one_vlan_is_that_vlan_with_its_interface() -> None:
    config = host(
        links__ip="""
link add dev office type bridge stp_state 1
link add link eth1 name eth1.7 type vlan id 7
link set dev eth1.7 master office
link set dev eth2 master office
link set dev eth2 type bridge_slave guard on
address add 10.7.0.1/24 dev office
link add dev br9 type bridge
link set dev eth3 master br9
"""
    )
    assert config.unknown == ()
    by_name = {item.name: item for item in config.interfaces}
    assert by_name["eth1"].switching == Switching("trunk", 0, (), ((7, 7),))
    assert by_name["eth2"].switching == Switching("access", 7, ((7, 7),), ())
    assert by_name["eth2"].flags == ("bpdu-guard",)
    assert by_name["eth3"].switching == Switching("access", 9, ((9, 9),), ())
    assert (by_name["office"].kind, by_name["office"].vlans) == (InterfaceKind.SVI, ((7, 7),))
    assert "eth1.7" not in by_name
    assert config.vlans == (Vlan(7, "office", Ref("h/links.ip", 1)), Vlan(9, "br9", Ref("h/links.ip", 7)))


def test_a_bridge_that_translates_vlans_stays_a_bridge() -> None:
    config = host(
        links__ip="""
link add dev mix type bridge
link add link eth1 name eth1.7 type vlan id 7
link add link eth2 name eth2.8 type vlan id 8
link set dev eth1.7 master mix
link set dev eth2.8 master mix
"""
    )
    by_name = {item.name: item for item in config.interfaces}
    assert by_name["mix"].kind == InterfaceKind.BRIDGE
    assert (by_name["eth1.7"].aggregate, by_name["eth2.8"].aggregate) == ("mix", "mix")


def test_a_macvlan_with_a_vrrp_group_s_address_is_no_host_of_its_own() -> None:
    config = host(
        frr__conf="hostname v\ninterface eth0\n ip address 10.0.0.2/24\n vrrp 7 ip 10.0.0.1",
        links__ip="link add dev m0 link eth0 type macvlan mode bridge\naddress add 10.0.0.1/24 dev m0",
    )
    assert (config.unknown, config.features) == ((), ())
    assert [(item.ip, item.group) for item in config.interfaces[0].virtual] == [(ip("10.0.0.1"), 7)]


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("rule add from 10.0.0.0/8 lookup 200", FeatureKind.POLICY_ROUTE),
        ("route add 10.0.0.0/8 via 10.1.1.1 table 200", FeatureKind.POLICY_ROUTE),
        ("link add dev t0 type gre local 1.1.1.1 remote 2.2.2.2", FeatureKind.TUNNEL),
        ("link add wg0 type wireguard", FeatureKind.TUNNEL),
        ("link add v0 type vxlan id 9 dev eth0 dstport 4789", FeatureKind.VXLAN),
        ("tunnel add t1 mode ipip remote 1.1.1.1", FeatureKind.TUNNEL),
        ("xfrm policy add dir out", FeatureKind.IPSEC),
        ("addr add 2001:db8::1/64 dev eth0", FeatureKind.IPV6),
        ("route add 2001:db8::/32 via fe80::1 dev eth0", FeatureKind.IPV6),
        ("bridge vlan add dev eth0 vid 5", FeatureKind.BRIDGING),
        ("link add dev b type bridge vlan_filtering 1", FeatureKind.BRIDGING),
        ("link add link eth0 name m0 type macvlan mode bridge", FeatureKind.BRIDGING),
    ],
)
def test_commands_that_the_model_lacks_are_features(command: str, kind: FeatureKind) -> None:
    config = host(links__ip=command)
    assert config.unknown == ()
    assert [item.kind for item in config.features] == [kind]


@pytest.mark.parametrize("command", ["frobnicate", "link set dev", "address add x.x.x.x/24 dev eth0", "route add default",
    "link add dev a type nonsense",
                                     "-n space link set eth0 up", "address add 10.0.0.1/24"])  # fmt: skip
def test_commands_that_nobody_knows_are_unknown(command: str) -> None:
    assert [item.ref.line for item in host(links__ip=command).unknown] == [1]


def test_etc_network_interfaces() -> None:
    config = host(
        interfaces="""
auto lo eth0
iface lo inet loopback
iface eth0 inet static
    netmask 255.255.255.0
    address 10.0.0.5
    gateway 10.0.0.1
    mtu 1400
    post-up ip route add 10.9.0.0/16 via 10.0.0.2
    dns-nameservers 10.0.0.3
    up /usr/local/bin/something
iface eth1 inet dhcp
iface br0 inet manual
    bridge_ports eth2 eth3
iface eth0 inet6 auto
"""
    )
    by_name = {item.name: item for item in config.interfaces}
    assert [(item.ip, item.length) for item in by_name["eth0"].addresses] == [(ip("10.0.0.5"), 24)]
    assert [(item.network, item.next_hop) for item in config.static_routes] == [(0, ip("10.0.0.1")), (ip("10.9.0.0"), ip("10.0.0.2"))]
    assert by_name["eth1"].dynamic_address == Ref("h/interfaces", 11)
    assert (by_name["br0"].kind, by_name["eth2"].aggregate) == (InterfaceKind.BRIDGE, "br0")
    assert [item.ref.line for item in config.unknown] == [10]
    assert [(item.kind, item.interface) for item in config.features] == [(FeatureKind.IPV6, "eth0")]


def test_kernel_settings() -> None:
    config = host(
        frr__conf="hostname k\ninterface eth0\ninterface eth1\n",
        sysctl__conf="""
net.ipv4.ip_forward = 1
net.ipv4.conf.all.rp_filter = 1
net.ipv4.conf.eth1.rp_filter = 2
net/ipv4/conf/eth0/proxy_arp = 1
net.ipv6.conf.all.disable_ipv6 = 0
net.bridge.bridge-nf-call-iptables = 1
net.strange.thing = 1
vm.swappiness = 10
""",
    )
    by_name = {item.name: item for item in config.interfaces}
    assert (by_name["eth0"].urpf, by_name["eth1"].urpf) == ("strict", "loose")
    assert by_name["eth0"].flags == ("proxy-arp",)
    assert [item.kind for item in config.features] == [FeatureKind.IPV6, FeatureKind.FILTER]
    assert [item.ref.line for item in config.unknown] == [7]


def test_zebra_turns_forwarding_on_against_the_kernel_s_setting() -> None:
    assert not host(frr__conf="hostname a", sysctl__conf="net.ipv4.ip_forward = 0").forwarding
    assert host(frr__conf="hostname a\nip forwarding", sysctl__conf="net.ipv4.ip_forward = 0").forwarding
    assert not host(frr__conf="hostname a\nno ip forwarding", sysctl__conf="net.ipv4.ip_forward = 1").forwarding


def test_services_users_and_servers() -> None:
    config = host(
        frr__conf="hostname s",
        sshd_config="""
Port 2222
ListenAddress 10.0.0.1
AllowUsers root@10.9.0.0/24 guest
PermitRootLogin yes
AllowTcpForwarding yes
MaxAuthTries 3
Match User x
  PermitRootLogin no
""",
        snmpd__conf="""
agentAddress udp:10.0.0.1:1161
rocommunity public 10.9.0.7
rwuser boss priv
trap2sink 10.9.0.8
sysLocation here
whatever 1
""",
        chrony__conf="pool ntp.example iburst\nserver 10.9.0.3 key 4\nallow 10.0.0.0/8\nrtcsync",
        chrony__keys="4 SHA1 hush",
        rsyslog__conf='*.* @@10.9.0.4:6514\n*.info action(type="omfwd" target="10.9.0.5")\nmodule(load="imuxsock")',
        users="boss:$6$salt$hash\nme:hello",
        identity="administrator boss\nbanner go away",
        pam__d___sshd="auth required pam_unix.so\nauth sufficient pam_radius_auth.so\n@include common-auth",
        daemons='zebra=yes\nospfd=yes\nbgpd=no\nospfd_options=" -A 0.0.0.0"\nzebra_options="-A 127.0.0.1"',
    )
    management = config.management
    name = "h/sshd_config AllowUsers"
    assert management.services == (
        Service("ssh", True, 2222, (Applied(name, Ref("h/sshd_config", 3)),), None, Ref("h/sshd_config", 1)),
        Service("snmp", True, 1161, (), None, Ref("h/snmpd.conf", 1)),
        Service("ntp", True, 123, (), None, Ref("h/chrony.conf", 3)),
        Service("telnet", True, 2604, (), None, Ref("h/daemons", 2)),
    )
    assert Filter(
        name, "acl",
        (Rule(Action.PERMIT, (Match(src=(values.prefix(ip("10.9.0.0"), 24),)),), Ref("h/sshd_config", 3), "root@10.9.0.0/24"),
         Rule(Action.PERMIT, (Match(),), Ref("h/sshd_config", 3), "guest")),
        Action.DENY, Ref("h/sshd_config", 3),
    ) in config.filters  # fmt: skip
    assert management.users == (
        User("boss", "administrator", "hash", False, ("ssh",), Ref("h/users", 1)),
        User("me", "", "plain", False, ("ssh",), Ref("h/users", 2)),
    )
    assert management.servers == (
        Server("trap", "10.9.0.8", None, False, Ref("h/snmpd.conf", 4)),
        Server("ntp", "ntp.example", None, False, Ref("h/chrony.conf", 1)),
        Server("ntp", "10.9.0.3", None, True, Ref("h/chrony.conf", 2)),
        Server("syslog", "10.9.0.4", None, False, Ref("h/rsyslog.conf", 1)),
        Server("syslog", "10.9.0.5", None, False, Ref("h/rsyslog.conf", 2)),
    )
    assert [(item.version, item.security, item.write, item.default) for item in management.snmp] == [
        ("v2c", "community", False, True),
        ("v3", "privacy", True, False),
    ]
    assert isinstance(management.snmp[0], SnmpAccess)
    assert management.aaa is None  # the host's own users are asked first
    assert ("root-login", Ref("h/sshd_config", 4)) in management.flags
    assert [(item.kind, item.ref.file) for item in config.features] == [(FeatureKind.TUNNEL, "h/sshd_config")]
    assert {(item.ref.file, item.ref.line) for item in config.unknown} == {("h/sshd_config", 8), ("h/snmpd.conf", 6), ("h/pam.d/sshd", 3)}
    assert not any("hush" in item.text or "hello" in item.text for item in config.unknown)


def test_the_parts_of_a_host_come_together() -> None:
    config = host(
        frr__conf="hostname edge\ninterface eth0\n ip address 10.0.0.1/24\ninterface lo",
        links__ip="link set dev eth0 mtu 1400",
        nftables__conf="table ip t {\n chain p {\n  type filter hook prerouting priority raw\n"
        '  iifname "eth0" fib saddr . iif oif missing drop\n }\n}',
        strange__txt="some words\n\nmore",
    )
    assert (config.name, config.platform) == ("edge", "frr")
    eth0 = config.interfaces[0]
    assert (eth0.mtu, eth0.urpf, eth0.urpf_ref) == (1400, "strict", Ref("h/nftables.conf", 4))
    assert [item.ref for item in config.unknown] == [Ref("h/strange.txt", 1), Ref("h/strange.txt", 2), Ref("h/strange.txt", 3)]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["links.ip", "interfaces", "sysctl.conf", "sshd_config", "snmpd.conf",
    "chrony.conf", "rsyslog.conf",
                                              "daemons", "users", "pam-sshd", "identity", "x.keys", "hostname", "frr.conf"]))  # fmt: skip
def test_any_text_is_accounted_for(text: str, name: str) -> None:
    config = linux.parse("h", (Source(f"h/{name}", tuple(text.split("\n")), "utf-8", ()),))
    unknown = {item.ref.line for item in config.unknown}
    for number, code in enumerate(config.coverage[0].codes, 1):
        assert (code == LineCode.UNKNOWN) == (number in unknown)


WORDS = ["link", "address", "route", "add", "set", "del", "dev", "eth0", "type", "vlan", "id", "5", "master", "br0",
    "bridge", "up", "default", "via",
    "10.0.0.1", "10.0.0.0/8", "iface", "auto", "inet", "static", "netmask", "vrf", "table", "metric", "name", "mtu", "-6",
    "peer", "bond"]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=9), max_size=8), st.sampled_from(["links.ip", "interfaces"]))
def test_any_commands_are_accounted_for(lines: list[list[str]], name: str) -> None:
    text = tuple(" ".join(words) for words in lines)
    config = linux.parse("h", (Source(f"h/{name}", text, "utf-8", ()),))
    unknown = {item.ref.line for item in config.unknown}
    assert all((code == LineCode.UNKNOWN) == (number in unknown) for number, code in enumerate(config.coverage[0].codes, 1))


# --- a rendered city -------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`native/` with the folders of Linux devices, `stand-in/` with every routing device as a Linux router."""
    folder = tmp_path_factory.mktemp("city")
    network, renderer = load(CITY), Renderer(Platforms())
    for design in network.design.devices:
        jobs: list[tuple[str, str | None]] = [("native", None)] if design.device.platform in ("frr", "host_unit") else []
        jobs += [("stand-in", "frr")] if design.device.routes else []
        for place, platform in jobs:
            for file in renderer.render(design, platform).files:
                path = folder / place / file.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(file.text, encoding="utf-8")
    return folder


def test_no_line_of_the_rendered_city_is_unknown(rendered: Path) -> None:
    snapshot = read_folder(rendered / "native")
    assert snapshot.problems == ()
    assert {device.platform for device in snapshot.devices} == {"frr", "host_unit"}
    assert [device.name for device in snapshot.devices if device.unknown or device.features] == []
    for device in snapshot.devices:
        assert device.name == device.folder
        assert device.forwarding is (device.platform == "frr")
        assert device.hooks
        assert device.management.services or device.platform == "host_unit"


def test_no_line_of_the_stand_ins_is_unknown(rendered: Path) -> None:
    snapshot = read_folder(rendered / "stand-in", jobs=2)
    assert snapshot.problems == ()
    assert len(snapshot.devices) == len(list((rendered / "stand-in").iterdir()))
    assert [device.name for device in snapshot.devices if device.unknown] == []
    assert [device.name for device in snapshot.devices if device.features] == []


LAST_HOP = {
    "frr__conf": "hostname k\nip route 0.0.0.0/0 192.0.2.1 eth1 table 102\ninterface eth1\n ip address 192.0.2.2/30\n",
    "links__ip": "rule add fwmark 2 lookup 102\n",
    "nftables__conf": """
table ip back {
  chain prerouting {
    type filter hook prerouting priority mangle; policy accept;
    iifname "eth1" ct state new ct mark set 2
    ct direction reply meta mark set ct mark
  }
}
""",
}


def test_answers_go_back_by_the_mark_of_their_session() -> None:
    config = host(**LAST_HOP)
    assert [(item.name, item.last_hop) for item in config.interfaces] == [("eth1", LastHop(0xC0000201, Ref("h/links.ip", 1)))]
    assert not config.features
    assert not config.unknown
    assert not config.static_routes, "a route of a table of its own is nobody else's"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("nftables__conf", "    ct direction reply meta mark set ct mark\n", ""),
        ("nftables__conf", "ct state new ", ""),
        ("nftables__conf", "mark set 2", "mark set 3"),
        ("nftables__conf", "priority mangle", "priority raw"),
        ("nftables__conf", "    ct direction", "    ip saddr 10.0.0.1 accept\n    ct direction"),
        ("nftables__conf", '"eth1"', '"eth2"'),
        ("links__ip", "lookup 102", "lookup 103"),
        ("links__ip", "rule add fwmark 2", "rule add from 10.0.0.0/8 fwmark 2"),
        ("frr__conf", "0.0.0.0/0", "10.0.0.0/8"),
    ],
)
def test_marks_that_do_not_fit_together_are_not_modelled(file: str, old: str, new: str) -> None:
    assert old in LAST_HOP[file]
    config = host(**(LAST_HOP | {file: LAST_HOP[file].replace(old, new)}))
    assert all(item.last_hop is None for item in config.interfaces)
    assert {item.kind for item in config.features} == {FeatureKind.POLICY_ROUTE}
    assert len(config.features) == 2, "the rule and the route of its table"
