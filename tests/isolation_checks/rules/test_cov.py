"""COV: what is missing, misnamed, misplaced, not read or not understood."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network
from typing import Any

import pytest

from isolation_checks.case import Case
from isolation_checks.rules import cov
from isolation_checks.rules.base import Rule
from isolation_checks.rules.registry import select
from isolation_checks.snapshot import (
    DeviceConfig,
    Feature,
    FeatureKind,
    Interface,
    InterfaceKind,
    ReadProblem,
    Ref,
    StaticRoute,
    UnknownLine,
    VirtualAddress,
)
from tests.isolation_checks.rules.small_case import HERE, access, address, case, config, device, facts, interface, lines, model, party, ref
from topology import facts as f
from topology.i18n import T

ORIGIN = str(HERE)
GATE = "GigabitEthernet0/0/1.10"
LINK = "GigabitEthernet0/0/2"


def found(rule: str, *changed: DeviceConfig, **other: Any) -> list[str]:
    return look(rule, case(*changed, **other))


def look(rule: str, given: Case) -> list[str]:
    (chosen,) = select([rule])
    return lines(chosen().check(given))


@pytest.mark.parametrize("chosen", cov.RULES, ids=lambda item: item.id)
def test_the_small_network_passes(chosen: type[Rule]) -> None:
    outcome = chosen().check(case())
    assert lines(outcome) == []
    assert outcome.subjects == (("outer:agency", "outer:reserved") if chosen.id == "COV-PREFIX" else ("r1", "r2", "s1"))


def without(given: Case, *names: str) -> Case:
    kept = tuple(item for item in given.snapshot.devices if item.folder not in names)
    return replace(given, snapshot=replace(given.snapshot, devices=kept))


def test_a_device_without_config_is_a_doubt() -> None:
    assert look("COV-DEVICE", without(case(), "r2")) == [f"? there is no config of r2 @ {ORIGIN}"]
    not_rendered = replace(facts().devices[1], rendered=False)
    devices = tuple(not_rendered if item.name == "r2" else item for item in facts().devices)
    assert look("COV-DEVICE", without(case(devices=devices), "r2")) == []


def test_a_config_without_device_is_a_breach() -> None:
    stray = config("r1", name="r9", folder="r9")
    assert found("COV-DEVICE", stray) == ["r9: the inventory has no device r9, but here is its config @ r1.cfg:1"]


def test_the_name_inside() -> None:
    assert found("COV-NAME", config("r1", name="r2")) == ["r1: the config in r1 calls itself r2 @ r1.cfg:1"]
    assert found("COV-NAME", config("r1", name="")) == ["r1: the config in r1 calls itself - @ r1.cfg:1"]
    assert found("COV-NAME", config("r1", name="", platform="nftables"))[:1] == [
        f"r1: r1 is a router (huawei_vrp), but its config is one of nftables @ r1.cfg:1 {ORIGIN}"
    ]


def test_the_platform_of_the_model() -> None:
    assert found("COV-NAME", config("r1", platform="cisco_ios")) == [
        f"r1: r1 is a router (huawei_vrp), but its config is one of cisco_ios @ r1.cfg:1 {ORIGIN}"
    ]
    other = tuple(
        replace(item, model=model("clock", "other", 3, switching=False)) if item.name == "r1" else item for item in facts().devices
    )
    assert found("COV-NAME", devices=other) == []


def test_lines_features_and_files() -> None:
    odd = config(
        "r1",
        unknown=(UnknownLine(ref("r1", 301), "frobnicate all", ()), UnknownLine(ref("r1", 302), "more", ("aaa",))),
        features=(Feature(FeatureKind.MPLS, "mpls ldp", ref("r1", 303)),),
    )
    assert found("COV-LINE", odd) == ["? line not understood: frobnicate all @ r1.cfg:301", "? line not understood: more @ r1.cfg:302"]
    assert found("COV-FEATURE", odd) == ["? not modelled (MPLS): mpls ldp @ r1.cfg:303"]
    given = case()
    given = replace(given, snapshot=replace(given.snapshot, problems=(ReadProblem("x.cfg", 4, T("these bytes are no text")),)))
    assert look("COV-READ", given) == ["? x.cfg could not be read: these bytes are no text @ x.cfg:4"]
    assert select(["COV-READ"])[0]().check(given).subjects == ("r1", "r2", "s1", "x.cfg")


def test_a_file_that_was_cut_off() -> None:
    assert found("COV-READ", config("r1", facts=(("truncated", "yes"),))) == ["? the config ends in the middle @ r1.cfg:1"]
    assert found("COV-READ", config("r1", facts=(("several-devices", "yes"),))) == [
        "? the file holds the configs of more than one device @ r1.cfg:1"
    ]
    given = case(config("r1", facts=(("truncated", "yes"),)))
    problem = ReadProblem("r1.cfg", 0, T("the config of {device} ends in the middle", device="r1"))
    given = replace(given, snapshot=replace(given.snapshot, problems=(problem,)))
    assert len(look("COV-READ", given)) == 1


# --- prefixes --------------------------------------------------------------------------------------------------------------------------


def r1_with(name: str, **changes: Any) -> DeviceConfig:
    return config("r1", interfaces=tuple(replace(item, **changes) if item.name == name else item for item in config("r1").interfaces))


def plus(name: str, *more: Interface) -> DeviceConfig:
    return config(name, interfaces=(*config(name).interfaces, *more))


def addresses(*texts: str) -> Any:
    return tuple(address("r1", text, 12) for text in texts)


def test_a_prefix_that_is_missing_at_its_gateway() -> None:
    assert found("COV-PREFIX", r1_with(GATE, addresses=())) == [
        f"outer:agency: r1 does not have 10.1.1.0/24 on an interface that leads to the ports of outer:agency @ r1.cfg:12 {ORIGIN}"
    ]


def test_a_prefix_may_stand_in_parts() -> None:
    assert found("COV-PREFIX", r1_with(GATE, addresses=addresses("10.1.1.1/25", "10.1.1.129/25"))) == []
    assert len(found("COV-PREFIX", r1_with(GATE, addresses=addresses("10.1.1.1/25", "10.1.1.193/26")))) == 1


def test_a_prefix_that_is_too_wide() -> None:
    assert found("COV-PREFIX", r1_with(GATE, addresses=addresses("10.1.1.1/16"))) == [
        f"outer:agency: r1 has 10.1.0.0/16 towards outer:agency, which is wider than 10.1.1.0/24 @ r1.cfg:12 {ORIGIN}"
    ]


def test_another_vlan_than_that_of_the_port() -> None:
    swapped = r1_with(GATE, vlans=((11, 11),))
    assert found("COV-PREFIX", swapped) == [
        f"outer:agency: r1 does not have 10.1.1.0/24 on an interface that leads to the ports of outer:agency @ {ORIGIN}",
        f"r1:{GATE}: r1 {GATE} has 10.1.1.0/24, which is of outer:agency, but is not where the party is plugged in @ r1.cfg:12 {ORIGIN}",
    ]


def test_a_port_that_is_down() -> None:
    shut = config(
        "s1", interfaces=tuple(replace(i, shutdown=ref("s1", 11)) if i.name.endswith("/1") else i for i in config("s1").interfaces)
    )
    assert found("COV-PREFIX", shut) == [f"outer:agency: no port of outer:agency is up: s1 GigabitEthernet0/0/1 @ {ORIGIN}"]
    parties = tuple(replace(item, state="building") if item.id == "outer:agency" else item for item in facts().parties)
    assert found("COV-PREFIX", shut, parties=parties) == []
    assert look("COV-PREFIX", without(case(), "s1")) == []


def test_an_address_of_a_party_somewhere_else() -> None:
    port, end = "GigabitEthernet0/0/1", f"but is not where the party is plugged in @ r2.cfg:10 {ORIGIN}"
    stray = interface("r2", port, 10, "10.1.1.9/24")
    wrong = config("r2", interfaces=(stray, *config("r2").interfaces[1:]))
    assert found("COV-PREFIX", wrong) == [f"r2:{port}: r2 {port} has 10.1.1.0/24, which is of outer:agency, {end}"]
    wide = config("r2", interfaces=(interface("r2", port, 10, "10.1.0.1/16"), *config("r2").interfaces[1:]))
    assert found("COV-PREFIX", wide) == [f"r2:{port}: r2 {port} has 10.1.0.0/16, which is of outer:agency and 1 more, {end}"]


def test_a_loopback_with_an_address_of_a_party() -> None:
    stray = interface("r1", "LoopBack7", 28, "10.1.1.77/32", kind=InterfaceKind.LOOPBACK)
    assert [line.partition(" has")[0] for line in found("COV-PREFIX", plus("r1", stray))] == ["r1:LoopBack7: r1 LoopBack7"]


def test_a_host_among_the_hosts_of_a_party() -> None:
    """A device that routes nothing may have an address in the zone that it is plugged into; one that routes may not."""
    unit = device("u1", f.Role.HOST_UNIT, model("unit", "huawei_vrp", 2, switching=False), routes=False)
    at = f.Attachment
    plugged = f.Cable(
        "c9",
        unit.realm,
        f.Use.ACCESS,
        f.Medium.COPPER,
        at("s1", "GigabitEthernet0/0/4"),
        at("u1", "GigabitEthernet0/0/1"),
        f.Survey(),
        HERE,
    )
    s1 = config("s1", interfaces=(*config("s1").interfaces[:3], interface("s1", "GigabitEthernet0/0/4", 40, switching=access(10))))
    u1 = DeviceConfig(
        "u1", "u1", "huawei_vrp", ("u1.cfg",), ref("u1", 1), interfaces=(interface("u1", "GigabitEthernet0/0/1", 10, "10.1.1.50/24"),)
    )
    cables = (*facts().cables, plugged)
    assert found("COV-PREFIX", s1, u1, devices=(*facts().devices, unit), cables=cables) == []
    routing = replace(unit, routes=True)
    assert [line.partition(" has")[0] for line in found("COV-PREFIX", s1, u1, devices=(*facts().devices, routing), cables=cables)] == [
        "u1:GigabitEthernet0/0/1: u1 GigabitEthernet0/0/1"
    ]


def nobody(name: str, network: str, why: str, line: int) -> str:
    return f"r1:{name}: r1 {name} has {network}, which belongs to no party, link or device network: {why} @ r1.cfg:{line}"


def test_an_interface_on_top_of_another_is_where_that_one_is() -> None:
    above = interface("r1", "v1", 28, "10.1.1.254/32", kind=InterfaceKind.OTHER, parent=GATE)
    assert found("COV-PREFIX", plus("r1", above)) == []
    elsewhere = replace(above, parent=LINK)
    assert [line.partition(" has")[0] for line in found("COV-PREFIX", plus("r1", elsewhere))] == ["r1:v1: r1 v1"]


def test_addresses_that_belong_to_nobody() -> None:
    loopback = interface("r1", "LoopBack7", 28, "192.168.7.7/32", kind=InterfaceKind.LOOPBACK)
    assert found("COV-PREFIX", plus("r1", loopback)) == [nobody("LoopBack7", "192.168.7.7/32", "it leads to no cable", 28)]
    tunnel = interface("r1", "Tunnel0", 29, "192.168.8.1/30", kind=InterfaceKind.TUNNEL)
    assert found("COV-PREFIX", plus("r1", tunnel)) == [nobody("Tunnel0", "192.168.8.0/30", "no other device is there", 29)]
    second = r1_with(GATE, addresses=addresses("10.1.1.1/24", "192.168.9.1/24"))
    assert found("COV-PREFIX", second) == [nobody(GATE, "192.168.9.0/24", "it is on the segment of outer:agency", 12)]
    stray = interface(
        "r1",
        "GigabitEthernet0/0/1.20",
        14,
        "192.168.9.1/24",
        kind=InterfaceKind.SUBINTERFACE,
        parent="GigabitEthernet0/0/1",
        vlans=((20, 20),),
    )
    assert found("COV-PREFIX", plus("r1", stray)) == [nobody("GigabitEthernet0/0/1.20", "192.168.9.0/24", "no other device is there", 14)]


def test_links_and_peers_need_no_party() -> None:
    assert look("COV-PREFIX", without(case(), "r2")) == []  # the far end has no config: that is a doubt, and COV-DEVICE's
    not_rendered = tuple(replace(item, rendered=item.name != "r2") for item in facts().devices)
    assert look("COV-PREFIX", without(case(devices=not_rendered), "r2")) == []
    peer = f.Peer("isp", f.Realm.INTERNET, "isp", f.Name("无", "none"), 65009, (), (), HERE)
    circuit = f.Circuit(
        "c1", f.Realm.OUTER, "carrier", "ref", f.Medium.FIBRE, None, 100, (), f.Attachment("r1", "GigabitEthernet0/0/3"), None, "isp",
        None, None, f.Survey(), HERE,
    )  # fmt: skip
    outside = config("r1", interfaces=(*config("r1").interfaces[:-1], interface("r1", "GigabitEthernet0/0/3", 30, "198.51.100.2/30")))
    assert found("COV-PREFIX", outside, circuits=(circuit,), peers=(peer,)) == []


def test_a_network_behind_a_router_of_the_party() -> None:
    old = "192.168.40.0/22"
    parties = tuple(
        replace(item, prefixes=(*item.prefixes, IPv4Network(old))) if item.id == "outer:agency" else item for item in facts().parties
    )
    missing = f"outer:agency: r1 does not have {old} on an interface that leads to the ports of outer:agency @ r1.cfg:12 {ORIGIN}"
    assert found("COV-PREFIX", parties=parties) == [missing]
    route = StaticRoute(None, 0xC0A82800, 22, 0x0A0101FE, None, None, False, 60, None, False, ref("r1", 90))
    assert found("COV-PREFIX", config("r1", static_routes=(route,)), parties=parties) == []
    elsewhere = replace(route, next_hop=0xAC100002)
    assert found("COV-PREFIX", config("r1", static_routes=(elsewhere,)), parties=parties) == [missing]


def test_the_vrf_of_a_party() -> None:
    assert found("COV-PREFIX", r1_with(GATE, vrf="tax"))[0] == (
        f"outer:agency: r1 {GATE} leads to outer:agency, but is in the VRF tax @ r1.cfg:12 {ORIGIN}"
    )
    member = party("outer:agency", f.PartyKind.MEMBER, ("10.1.1.0/24",), facts().parties[0].attachments, vrf="tax")
    parties = (member, *facts().parties[1:])
    assert found("COV-PREFIX", r1_with(GATE, vrf="tax"), parties=parties) == []
    assert found("COV-PREFIX", parties=parties)[0] == (
        f"outer:agency: r1 {GATE} leads to outer:agency, but is in no VRF @ r1.cfg:12 {ORIGIN}"
    )


def test_the_vrf_of_another_party() -> None:
    member = party("outer:agency", f.PartyKind.MEMBER, ("10.1.1.0/24",), facts().parties[0].attachments, vrf="tax")
    other = replace(facts().parties[1], vrf="police")
    parties = (member, other, facts().parties[2])
    assert found("COV-PREFIX", r1_with(GATE, vrf="police"), parties=parties)[0] == (
        f"outer:agency: r1 {GATE} leads to outer:agency, but is in the VRF police @ r1.cfg:12 {ORIGIN}"
    )
    assert found("COV-PREFIX", r1_with(GATE, vrf="vpn-of-taxes"), parties=parties) == []


def test_shared_and_dynamic_addresses() -> None:
    inside = r1_with(GATE, virtual=(VirtualAddress(0x0A010101, 1, None, "", ref("r1", 13)),))
    assert found("COV-PREFIX", inside) == []
    outside = r1_with(GATE, virtual=(VirtualAddress(0xC0A80901, 1, None, "", ref("r1", 13)),))
    assert found("COV-PREFIX", outside) == [nobody(GATE, "192.168.9.1/32", "it is on the segment of outer:agency", 13)]
    assert found("COV-PREFIX", r1_with(LINK, dynamic_address=Ref("r1.cfg", 23), addresses=())) == [
        f"? the address of r1 {LINK} is not in the config @ r1.cfg:23"
    ]
