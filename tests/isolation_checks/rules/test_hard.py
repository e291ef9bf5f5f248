"""HARD: each rule passes the small network and fails it in each way that it can, with the words that people read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from isolation_checks.reading.values import prefix
from isolation_checks.rules import hard
from isolation_checks.rules.base import Rule
from isolation_checks.rules.registry import select
from isolation_checks.snapshot import (
    Action,
    Applied,
    BgpNeighbor,
    BgpProcess,
    DeviceConfig,
    Feature,
    FeatureKind,
    Filter,
    Hook,
    Interface,
    InterfaceKind,
    Management,
    Match,
    OspfInterface,
    Server,
    Service,
    User,
)
from tests.isolation_checks.rules.small_case import case, config, device, entry, facts, interface, lines, managed, model, ref
from topology import facts as f

BASE = config("r1").management
VTY, CONSOLE = BASE.lines


def found(rule: str, changed: DeviceConfig, **other: Any) -> list[str]:
    (chosen,) = select([rule])
    return lines(chosen().check(case(changed, **other)))


def changed(name: str, **changes: Any) -> DeviceConfig:
    return managed("r1", **{name: changes["to"]})


@pytest.mark.parametrize("rule", hard.RULES, ids=lambda rule: rule.id)
def test_the_small_network_passes(rule: type[Rule]) -> None:
    outcome = rule().check(case())
    assert lines(outcome) == []
    assert outcome.subjects == (("r1", "r2") if rule.id == "HARD-ROUTING-AUTH" else ("r1", "r2", "s1"))


def service(name: str, enabled: bool | None) -> Service:
    return Service(name, enabled, 1, (), None, ref("r1", 90))


SSH = {
    "telnet": (changed("services", to=(service("telnet", True),)), ["r1: telnet is on @ r1.cfg:90"]),
    "https": (changed("services", to=(service("https", True),)), ["r1: https is on @ r1.cfg:90"]),
    "tftp": (changed("services", to=(service("tftp", True),)), ["r1: tftp is on @ r1.cfg:90"]),
    "unknown default": (
        changed("services", to=(service("http", None)._replace(ref=None),)),
        ["? whether http is on depends on the release, and the config of r1 does not say @ r1.cfg:1"],
    ),
    "telnet on a line": (
        changed("lines", to=(replace(VTY, protocols=("ssh", "telnet")),)),
        ["r1: vty 0-4 admits telnet @ r1.cfg:64"],
    ),
    "password": (
        changed("lines", to=(replace(VTY, authentication="password"),)),
        ["r1: vty 0-4 does not ask for a login through AAA but for: password @ r1.cfg:64"],
    ),
    "unknown login": (
        changed("lines", to=(replace(VTY, authentication=""),)),
        ["? how people log in on vty 0-4 of r1 depends on the release @ r1.cfg:64"],
    ),
    "no filter": (
        changed("lines", to=(replace(VTY, filters=()),)),
        ["r1: vty 0-4 is open to every address: no filter is applied @ r1.cfg:64"],
    ),
    "undefined filter": (
        changed("lines", to=(replace(VTY, filters=(Applied("2999", ref("r1", 65)),)),)),
        ["r1: vty 0-4 is open to every address: the filter 2999 is not defined @ r1.cfg:64 r1.cfg:65"],
    ),
    "no lines": (changed("lines", to=(CONSOLE,)), ["? the config of r1 says nothing about its terminal lines @ r1.cfg:1"]),
    "version 1": (changed("flags", to=(("ssh-v1", ref("r1", 91)),)), ["r1: SSH version 1 is admitted @ r1.cfg:91"]),
}


@pytest.mark.parametrize("name", SSH)
def test_ssh(name: str) -> None:
    wrong, expected = SSH[name]
    assert found("HARD-SSH", wrong) == expected


def test_a_filter_for_everybody_keeps_nobody_out() -> None:
    everybody = Filter("2000", "acl", (entry("r1", 51, Action.PERMIT),), Action.DENY, ref("r1", 50))
    assert found("HARD-SSH", config("r1", filters=(everybody,))) == [
        "r1: vty 0-4 is open to every address: the filter 2000 admits every address @ r1.cfg:64 r1.cfg:65 r1.cfg:51"
    ]
    some = Filter("2000", "acl", (entry("r1", 51, Action.PERMIT, Match(src=(prefix(0x0A000000, 8),))),), Action.DENY, ref("r1", 50))
    assert found("HARD-SSH", config("r1", filters=(some,))) == []


def test_a_filter_of_the_ssh_server_guards_its_lines() -> None:
    ssh = Service("ssh", True, 22, VTY.filters, None, ref("r1", 60))
    assert found("HARD-SSH", managed("r1", services=(ssh,), lines=(replace(VTY, filters=()),))) == []


def test_a_line_that_admits_nobody_needs_nothing() -> None:
    assert found("HARD-SSH", managed("r1", lines=(replace(VTY, protocols=(), filters=(), authentication="none"),))) == []


def linux(default: Action, ssh: bool = True) -> DeviceConfig:
    chain = Filter("input", "chain", (), default, ref("r1", 50))
    hooks = (Hook("input", 0, "input", ref("r1", 50)),)
    plain = replace(BASE, lines=(), services=(service("ssh", ssh),), snmp=(BASE.snmp[0]._replace(filters=()),))
    return config("r1", platform="frr", filters=(chain,), hooks=hooks, management=plain)


def test_a_linux_host_is_guarded_by_its_input_chain() -> None:
    assert found("HARD-SSH", linux(Action.DENY)) == []
    assert found("HARD-SNMP", linux(Action.DENY)) == []
    assert found("HARD-SSH", linux(Action.PERMIT)) == ["r1: ssh is open to every address: no filter is applied @ r1.cfg:90"]
    assert found("HARD-SNMP", linux(Action.PERMIT)) == ["r1: SNMP is open to every address: no filter is applied @ r1.cfg:74"]
    assert found("HARD-SSH", linux(Action.PERMIT, ssh=False)) == []


USER = BASE.snmp[0]
SNMP = {
    "v2c": (
        changed("snmp", to=(USER._replace(version="v2c", security="community"),)),
        ["r1: SNMP v2c sends community names in clear text @ r1.cfg:74"],
    ),
    "no privacy": (
        changed("snmp", to=(USER._replace(security="authentication"),)),
        ["r1: SNMP version 3 is admitted without privacy: authentication @ r1.cfg:74"],
    ),
    "no filter": (
        changed("snmp", to=(USER._replace(filters=()),)),
        ["r1: SNMP is open to every address: no filter is applied @ r1.cfg:74"],
    ),
    "off": (managed("r1", services=(service("snmp", False),), snmp=(USER._replace(version="v1"),)), []),
    "none": (changed("snmp", to=()), []),
}


@pytest.mark.parametrize("name", SNMP)
def test_snmp(name: str) -> None:
    wrong, expected = SNMP[name]
    assert found("HARD-SNMP", wrong) == expected


AAA = {
    "off": (changed("aaa", to=None), ["r1: logins are not checked by AAA servers @ r1.cfg:1"]),
    "no server": (
        changed("servers", to=tuple(item for item in BASE.servers if item.kind != "aaa")),
        ["r1: AAA is on, but no AAA server is named @ r1.cfg:75"],
    ),
    "no user": (changed("users", to=()), ["r1: there is no local user for the day when the AAA servers fail @ r1.cfg:1"]),
    "open console": (
        changed("lines", to=(VTY, replace(CONSOLE, authentication="none"))),
        ["r1: console 0 does not ask for a login through AAA but for: none @ r1.cfg:63"],
    ),
    "local console": (changed("lines", to=(VTY, replace(CONSOLE, authentication="local"))), []),
    "unknown console": (
        changed("lines", to=(VTY, replace(CONSOLE, authentication=""))),
        ["? how people log in on console 0 of r1 depends on the release @ r1.cfg:63"],
    ),
}


@pytest.mark.parametrize("name", AAA)
def test_aaa(name: str) -> None:
    wrong, expected = AAA[name]
    assert found("HARD-AAA", wrong) == expected


def test_ntp_and_syslog() -> None:
    without = tuple(item for item in BASE.servers if item.kind == "aaa")
    assert found("HARD-NTP", managed("r1", servers=without)) == ["r1: no time server is named @ r1.cfg:1"]
    assert found("HARD-SYSLOG", managed("r1", servers=without)) == ["r1: no log server is named @ r1.cfg:1"]
    unsafe = (*BASE.servers, Server("ntp", "10.9.9.7", None, False, ref("r1", 76)))
    assert found("HARD-NTP", managed("r1", servers=unsafe)) == ["r1: time server 10.9.9.7 is not authenticated @ r1.cfg:76"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("hash", []),
        ("reference", []),
        ("none", ["r1: user joe has no password @ r1.cfg:77"]),
        ("plain", ["r1: user joe has its password in clear text @ r1.cfg:77"]),
        ("reversible", ["r1: user joe has a password that can be turned back into clear text @ r1.cfg:77"]),
        ("odd", ["? how the password of user joe of r1 is stored is not known: odd @ r1.cfg:77"]),
    ],
)
def test_secrets(kind: str, expected: list[str]) -> None:
    assert found("HARD-SECRET", managed("r1", users=(User("joe", "1", kind, False, (), ref("r1", 77)),))) == expected


def test_what_makers_ship() -> None:
    shipped = managed("r1", users=(User("admin", "15", "hash", True, (), ref("r1", 77)),), snmp=(USER._replace(default=True),))
    assert found("HARD-SECRET", shipped) == [
        "r1: user admin is one that the maker ships @ r1.cfg:77",
        "r1: an SNMP community has the name that the maker ships @ r1.cfg:74",
    ]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, []),
        (900, []),
        (0, ["r1: vty 0-4 never closes an idle session @ r1.cfg:64"]),
        (901, ["r1: vty 0-4 closes an idle session after 901 s only @ r1.cfg:64"]),
    ],
)
def test_idle(seconds: int | None, expected: list[str]) -> None:
    assert found("HARD-IDLE", managed("r1", lines=(replace(VTY, idle_s=seconds),))) == expected


def test_platforms_without_management_settings_are_no_subjects() -> None:
    unit = config("r1", platform="host_unit", management=Management(), ospf=())
    for rule in hard.RULES:
        subjects = rule().check(case(unit)).subjects
        assert ("r1" in subjects) == (rule.id in ("HARD-PORT", "HARD-IPV6")), rule.id
        assert lines(rule().check(case(unit))) == []


def with_link(**changes: Any) -> DeviceConfig:
    """r1 with changes to the OSPF lines of its link; ``ospf=None`` takes them away."""
    base = config("r1")

    def link(item: Interface) -> Interface:
        if item.name != "GigabitEthernet0/0/2":
            return item
        assert item.ospf is not None
        return replace(item, ospf=None if changes.get("ospf", 1) is None else replace(item.ospf, **changes))

    return replace(base, interfaces=tuple(map(link, base.interfaces)))


NAKED = ["r1:GigabitEthernet0/0/2: OSPF on GigabitEthernet0/0/2 does not authenticate its neighbours @ r1.cfg:22"]
OSPF: dict[str, tuple[DeviceConfig, list[str]]] = {
    "none": (with_link(authentication="none"), NAKED),
    "null": (with_link(authentication="null"), NAKED),
    "no line": (with_link(ospf=None), [NAKED[0].replace("r1.cfg:22", "r1.cfg:20")]),
    "clear text": (
        with_link(authentication="simple"),
        ["r1:GigabitEthernet0/0/2: OSPF on GigabitEthernet0/0/2 sends its password in clear text @ r1.cfg:22"],
    ),
    "unknown": (
        with_link(authentication="rot13"),
        ["? how OSPF authenticates on GigabitEthernet0/0/2 of r1 is not known: rot13 @ r1.cfg:22"],
    ),
    "hmac": (with_link(authentication="hmac-sha256"), []),
    "keychain": (with_link(authentication="keychain"), []),
    "passive": (with_link(authentication="none", passive=True), []),
    "by interface": (with_link(authentication="none", process="1", area="0.0.0.1"), NAKED),
    "by interface, area unknown": (with_link(authentication="none", area="0.0.0.7"), NAKED),
}


@pytest.mark.parametrize("name", OSPF)
def test_ospf_authentication(name: str) -> None:
    wrong, expected = OSPF[name]
    assert found("HARD-ROUTING-AUTH", wrong) == expected


def test_ospf_authentication_of_the_area_holds_where_the_interface_says_nothing() -> None:
    naked = with_link(authentication="none")
    (process,) = naked.ospf
    keyed = replace(process, areas=(replace(process.areas[0], authentication="md5"),))
    assert found("HARD-ROUTING-AUTH", replace(naked, ospf=(keyed,))) == []


def test_an_interface_that_is_not_passive_needs_a_key_even_towards_terminals() -> None:
    base = config("r1")
    (process,) = base.ospf
    active = replace(base, ospf=(replace(process, passive=()),))
    assert found("HARD-ROUTING-AUTH", active) == [
        "r1:GigabitEthernet0/0/1.10: OSPF on GigabitEthernet0/0/1.10 does not authenticate its neighbours @ r1.cfg:12"
    ]
    default = replace(base, ospf=(replace(process, passive=(), passive_default=True, active=("GigabitEthernet0/0/2",)),))
    assert found("HARD-ROUTING-AUTH", default) == []
    elsewhere = replace(base, ospf=(replace(process, passive=(), vrf="other"),))
    assert found("HARD-ROUTING-AUTH", elsewhere) == []
    explicit = OspfInterface(None, None, None, "", "none", None, None, None, False, ref("r1", 13))
    spoken = replace(base, interfaces=tuple(replace(i, ospf=explicit) if i.name.endswith(".10") else i for i in base.interfaces))
    assert len(found("HARD-ROUTING-AUTH", spoken)) == 1


def peer(address: str, **changes: Any) -> BgpNeighbor:
    permit = Action.PERMIT
    base = BgpNeighbor(
        address, "65000", None, "", None, False, False, True, (), (), permit, permit, None, None, None, False, False, None, ref("r1", 95)
    )
    return replace(base, **changes)


def test_bgp_peers_need_a_password() -> None:
    peers = (
        peer("172.16.0.2"),
        peer("172.16.0.6", password=True),
        peer("172.16.0.10", shutdown=True),
        peer("fe80::1"),
        peer("172.16.1.0/24"),
        peer("UPSTREAM"),
    )
    bgp = BgpProcess("65001", None, None, peers, (), (), (), None, (), None, ref("r1", 94))
    assert found("HARD-ROUTING-AUTH", config("r1", bgp=(bgp,), ospf=())) == [
        f"r1:{address}: BGP peer {address} is not authenticated @ r1.cfg:95" for address in ("172.16.0.2", "fe80::1", "172.16.1.0/24")
    ]


def ports(name: str, *changed_ports: Interface, without: str = "") -> DeviceConfig:
    kept = {item.name: item for item in config(name).interfaces if item.name != without} | {item.name: item for item in changed_ports}
    return config(name, interfaces=tuple(kept.values()))


def test_ports_that_nothing_is_plugged_into() -> None:
    third = "GigabitEthernet0/0/3"
    up = interface("r1", third, 30)
    assert found("HARD-PORT", ports("r1", up)) == [
        f"r1:{third}: nothing is recorded at {third}, and it is up: its config leaves it up @ r1.cfg:30"
    ]
    silent = f"whether r1 {third} is up is not known: its config does not speak of it"
    assert found("HARD-PORT", ports("r1", without=third)) == [f"? {silent} @ r1.cfg:1"]
    spare, default = "GigabitEthernet0/0/4", "its config does not speak of it, and a switch port is up by default"
    assert found("HARD-PORT", ports("s1", without=spare)) == [
        f"s1:{spare}: nothing is recorded at {spare}, and it is up: {default} @ s1.cfg:1"
    ]
    card = interface("r1", "Cellular0/0/0", 33)
    assert [line.partition(":")[2].partition(":")[0] for line in found("HARD-PORT", ports("r1", card))] == ["Cellular0/0/0"]


def test_unused_ports_of_platforms_that_keep_them_down() -> None:
    third = "GigabitEthernet0/0/3"
    devices = tuple(
        device("r1", f.Role.COUNTY_ROUTER, model("isr", "cisco_ios", 3, switching=False)) if item.name == "r1" else item
        for item in facts().devices
    )
    assert found("HARD-PORT", replace(ports("r1", without=third), platform="cisco_ios"), devices=devices) == []
    assert found("HARD-PORT", replace(ports("r1", without=third), platform="frr")) == []


def test_ipv6() -> None:
    on = interface("r1", "GigabitEthernet0/0/2", 20, "172.16.0.1/30", ipv6=ref("r1", 24))
    features = (
        Feature(FeatureKind.IPV6, "ipv6 address 2001:db8::1/64", ref("r1", 24), "GigabitEthernet0/0/2"),
        Feature(FeatureKind.IPV6, "ipv6", ref("r1", 5)),
        Feature(FeatureKind.MPLS, "mpls", ref("r1", 6)),
    )
    assert found("HARD-IPV6", replace(ports("r1", on), features=features)) == [
        "r1: IPv6 is on: ipv6 @ r1.cfg:5",
        "r1: IPv6 is on at GigabitEthernet0/0/2 @ r1.cfg:24",
    ]


def test_devices_without_config_are_left_to_the_doubts() -> None:
    bare = case()
    bare = replace(bare, snapshot=replace(bare.snapshot, devices=()))
    for rule in hard.RULES:
        assert lines(rule().check(bare)) == []
        assert rule().check(bare).subjects == ()


def test_loopbacks_have_no_neighbours() -> None:
    loopback = interface("r1", "LoopBack1", 27, "10.9.0.2/32", kind=InterfaceKind.LOOPBACK)
    assert found("HARD-ROUTING-AUTH", ports("r1", *(i for i in config("r1").interfaces if i.name == "x"), loopback)) == []


def test_every_rule_cites_a_source_and_says_what_it_demands() -> None:
    for rule in hard.RULES:
        info = rule.info()
        assert info.family == "HARD"
        assert info.source
        assert info.title.render("en")
        assert "violation" in info.description.render("en")
