"""Ways that somebody might try to get past the proof: what looks harmless in a config and is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from isolation_checks.reading import cisco_ios, h3c_comware, host_unit, huawei_usg, huawei_vrp
from isolation_checks.reading.folder import read_folder
from isolation_checks.reading.source import read_source
from isolation_checks.rules.cov_prefix import Prefix
from isolation_checks.snapshot import DeviceConfig, FeatureKind, InterfaceKind, Switching
from tests.isolation_checks.networks import Network
from topology.i18n import Text

PARSERS = {"vrp": huawei_vrp.parse, "usg": huawei_usg.parse, "comware": h3c_comware.parse, "ios": cisco_ios.parse}
HEADS = {"vrp": "sysname d\n#\n", "usg": "sysname d\n#\n", "comware": "#\n sysname d\n#\n", "ios": "hostname d\n!\n"}
PORTS = {"comware": "interface GigabitEthernet1/0/1\n", "ios": "interface GigabitEthernet0/1\n"}


def read(platform: str, text: str) -> DeviceConfig:
    return PARSERS[platform]("d", (read_source("d.cfg", (HEADS[platform] + text).encode()),))


@pytest.mark.parametrize(
    ("platform", "text", "kind"),
    [
        ("vrp", "pnp enable\n", FeatureKind.OTHER),
        ("vrp", "ztp enable\n", FeatureKind.OTHER),
        ("vrp", "autoconfig enable\n", FeatureKind.OTHER),
        ("vrp", "vm-manager\n", FeatureKind.VIRTUAL_SYSTEM),
        ("vrp", "agile-network\n", FeatureKind.OTHER),
        ("vrp", "dns proxy enable\n", FeatureKind.PROXY),
        ("usg", "dns proxy enable\n", FeatureKind.PROXY),
        ("comware", "scheduler job x\n", FeatureKind.OTHER),
        ("comware", "rtm cli-policy x\n", FeatureKind.OTHER),
        ("comware", "python flash:/x.py\n", FeatureKind.OTHER),
        ("comware", "autodeploy dhcp enable\n", FeatureKind.OTHER),
        ("comware", "configuration replace file x\n", FeatureKind.OTHER),
        ("comware", "cwmp enable\n", FeatureKind.OTHER),
        ("comware", "cwmp\n cwmp enable\n", FeatureKind.OTHER),
        ("ios", "boot config tftp://192.0.2.1/x\n", FeatureKind.OTHER),
        ("ios", "configure replace flash:x\n", FeatureKind.OTHER),
    ],
)
def test_whoever_else_may_configure_or_relay_is_a_feature(platform: str, text: str, kind: FeatureKind) -> None:
    assert [feature.kind for feature in read(platform, text).features] == [kind]


@pytest.mark.parametrize(
    ("platform", "line", "kind"),
    [
        ("comware", "dot1x", FeatureKind.BRIDGING),
        ("comware", "dot1x critical-vlan 20", FeatureKind.BRIDGING),
        ("comware", "mac-authentication critical-vlan 20", FeatureKind.BRIDGING),
        ("comware", "port-security port-mode mac-authentication", FeatureKind.BRIDGING),
        ("comware", "multicast-vlan 20", FeatureKind.MULTICAST),
        ("comware", "stack", FeatureKind.STACKING),
        ("ios", "authentication event fail action authorize vlan 20", FeatureKind.BRIDGING),
        ("ios", "dot1x guest-vlan 20", FeatureKind.BRIDGING),
    ],
)
def test_a_port_whose_vlan_somebody_else_chooses_is_a_feature(platform: str, line: str, kind: FeatureKind) -> None:
    assert [feature.kind for feature in read(platform, f"{PORTS[platform]} {line}\n").features] == [kind]


@pytest.mark.parametrize("line", ["undo pnp enable", "undo ztp enable", "undo autoconfig enable", "undo dns proxy enable"])
def test_switching_it_off_is_none(line: str) -> None:
    config = read("vrp", f"{line}\n")
    assert not config.features
    assert not config.unknown


GROUPS = {
    "vrp": "snmp-agent group v3 g {level}\nsnmp-agent usm-user v3 u group g\nsnmp-agent usm-user v3 u authentication-mode sha cipher x\n"
    "snmp-agent usm-user v3 u privacy-mode aes128 cipher x\n",
    "usg": "snmp-agent group v3 g {level}\nsnmp-agent usm-user v3 u group g\nsnmp-agent usm-user v3 u authentication-mode sha cipher x\n"
    "snmp-agent usm-user v3 u privacy-mode aes128 cipher x\n",
    "comware": "snmp-agent group v3 g {level}\nsnmp-agent usm-user v3 u g simple authentication-mode sha x privacy-mode aes128 x\n",
    "ios": "snmp-server group g v3 {level}\nsnmp-server user u g v3 auth sha x priv aes 128 x\n",
}


@pytest.mark.parametrize("platform", GROUPS)
def test_a_user_with_keys_for_privacy_gets_in_at_the_level_of_its_group(platform: str) -> None:
    levels = ("auth", "priv") if platform == "ios" else ("authentication", "privacy")
    weak, strong = (read(platform, GROUPS[platform].format(level=level)).management.snmp for level in levels)
    assert [access.security for access in (*weak, *strong)] == ["authentication", "privacy"]
    assert [access.ref.line - strong[0].ref.line for access in weak] == [-1]  # the line of the group is at fault


@pytest.mark.parametrize("name", ["Tunnel1 mode gre", "tunnel 1 mode ipsec", "Tunnel1"])
def test_a_tunnel_may_say_its_kind(name: str) -> None:
    config = read("comware", f"interface {name}\n ip address 192.0.2.1 255.255.255.252\n")
    assert [(item.name, item.kind) for item in config.interfaces] == [("Tunnel1", InterfaceKind.TUNNEL)]
    assert [feature.kind for feature in config.features] == [FeatureKind.TUNNEL]
    assert not config.unknown


def test_an_indented_config_without_its_end_is_cut() -> None:
    """Without a line that says which release printed it, too: who types leaves views with a command and indents nothing."""
    printed = "vlan 5\n name a\n#\nvlan 6\n name b\n#\n"
    assert dict(read("comware", printed).facts) == {"truncated": "yes"}
    assert not read("comware", f"{printed}return\n").facts
    assert not read("comware", "vlan 5\nname a\nquit\nvlan 6\nname b\nquit\n").facts


TASK = """version: 1
gatekeeper: "g"
side: outer
unit: "u"
tasks:
  - task_id: 1
    channel: "c"
    enabled: true
    direction: outer-to-inner
    mode: send
    allow: ["a"]
    virus_scan: {scan}
    log: {log}
"""


@pytest.mark.parametrize(("scan", "log", "lines"), [("full", "true", []), ("none", "true", [12]), ("full", "false", [13])])
def test_a_task_without_scan_or_log_is_not_understood(scan: str, log: str, lines: list[int]) -> None:
    config = host_unit.parse("u", (read_source("u/tasks.yaml", TASK.format(scan=scan, log=log).encode()),))
    assert [line.ref.line for line in config.unknown] == lines


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"frr.conf": "hostname a\n", "nftables.conf": "table ip t {\n}\n"}, True),
        ({"tasks.yaml": TASK.format(scan="full", log="true"), "sysctl.conf": "net.ipv4.ip_forward = 0\n"}, True),
        ({"frr.conf": "hostname a\n", "links.ip": "link set dev eth0 up\n"}, False),
        ({"frr.conf": "hostname a\n"}, False),
    ],
)
def test_a_host_whose_interfaces_nobody_sets_up_is_not_read_whole(files: dict[str, str], told: bool, tmp_path: Path) -> None:
    """Bridges, VRFs and tunnels may be there of which no other file knows."""
    (tmp_path / "a").mkdir()
    for name, text in files.items():
        (tmp_path / "a" / name).write_text(text)
    messages = [item.message.render("en") for item in read_folder(tmp_path).problems if isinstance(item.message, Text)]
    assert any("sets up its interfaces" in message for message in messages) is told


def access(vlan: int) -> Switching:
    return Switching("access", vlan, ((vlan, vlan),), ())


def test_a_member_of_an_aggregate_that_is_not_configured_still_joins() -> None:
    """Without its aggregate such a port forwards alone."""
    net = Network()
    for switch in ("s1", "s2"):
        net.device(switch)
    net.party("a", "192.0.2.0/25", net.port("s1", switching=access(10)))
    net.link(net.port("s1", switching=access(10), aggregate="Eth-Trunk9"), net.port("s2", switching=access(10), aggregate="Eth-Trunk9"))
    net.party("b", "192.0.2.128/25", net.port("s2", switching=access(10)))
    assert [sorted(segment.senders) for segment in net.case().layer2.segments] == [["a", "b"]]


def test_an_access_port_takes_frames_with_the_tag_of_its_vlan() -> None:
    net = Network()
    net.device("s1")
    net.device("r1")
    uplink = net.port("s1", switching=access(10))
    net.party("a", "192.0.2.0/25", net.port("s1", switching=access(10)))
    port = net.port("r1")
    net.interface("r1", f"{port.port}.10", InterfaceKind.SUBINTERFACE, "192.0.2.1/25", parent=port.port, vlans=((10, 10),))
    net.link(uplink, port)
    shared = [segment for segment in net.case().layer2.segments if "a" in segment.senders]
    assert [endpoint.interface for segment in shared for endpoint in segment.endpoints] == [port.port, f"{port.port}.10"]


def test_a_borrowed_address_where_nobody_is_recorded_leaves_a_doubt() -> None:
    net = Network()
    net.device("r1")
    port = net.port("r1")
    net.interface("r1", f"{port.port}.999", InterfaceKind.SUBINTERFACE, parent=port.port, vlans=((999, 999),), unnumbered="LoopBack0")
    assert len(Prefix().check(net.case()).doubts) == 1
