"""A network small enough to read at a glance, for tests of single rules: agency - switch - router, and configs without fault.

``case()`` is it; a test changes one thing with `changed`.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from ipaddress import IPv4Network
from typing import Any

from isolation_checks.case import Case
from isolation_checks.reading.values import ip, prefix
from isolation_checks.snapshot import (
    Action,
    Applied,
    DeviceConfig,
    Filter,
    Interface,
    InterfaceAddress,
    InterfaceKind,
    Management,
    Match,
    OspfArea,
    OspfInterface,
    OspfProcess,
    Ref,
    Rule,
    Server,
    Service,
    Snapshot,
    SnmpAccess,
    Switching,
    TerminalLine,
    User,
)
from topology import facts as f
from topology.origin import Origin

AS_OF = date(2026, 12, 1)
HERE = Origin("outer/city.yaml", 7, 3)
NAME = f.Name("无", "none")
OUTER = f.Realm.OUTER


def ref(device: str, line: int) -> Ref:
    return Ref(f"{device}.cfg", line)


def model(name: str, platform: str, ports: int, *, switching: bool) -> f.Model:
    sockets = tuple(f.Port(f"GigabitEthernet0/0/{number}", number, "data", "copper") for number in range(1, ports + 1))
    return f.Model(name, name, platform, (*sockets, f.Port("Console0", 0, "console", "serial")), switching)


def device(name: str, role: f.Role, chassis: f.Model, **other: Any) -> f.Device:
    values: dict[str, Any] = {
        "name": name, "site": "municipal", "realm": OUTER, "tier": f.Tier.MUNICIPAL, "role": role, "model": chassis, "number": 1,
        "management": "inband", "routes": True, "rendered": True, "enclosure": name, "room": None, "rack": None, "survey": f.Survey(),
        "origin": HERE,
    }  # fmt: skip
    return f.Device(**(values | other))


def party(party_id: str, kind: f.PartyKind, prefixes: tuple[str, ...], attachments: tuple[f.Attachment, ...], **other: Any) -> f.Party:
    values: dict[str, Any] = {
        "id": party_id, "kind": kind, "realm": OUTER, "vrf": None, "name": NAME, "site": "municipal", "tier": f.Tier.MUNICIPAL,
        "prefixes": tuple(map(IPv4Network, prefixes)), "attachments": attachments, "gateways": ("r1",), "system": None,
        "level": f.Level.INTERNAL, "phase": 1, "state": "connected", "origin": HERE,
    }  # fmt: skip
    return f.Party(**(values | other))


def cable(number: int, a: f.Attachment, b: f.Attachment, use: f.Use = f.Use.TRUNK) -> f.Cable:
    return f.Cable(f"cable-{number}", OUTER, use, f.Medium.COPPER, a, b, f.Survey(), HERE)


def facts(**other: Any) -> f.Facts:
    """An agency on port 1 of the switch s1, whose port 3 leads to port 1 of the router r1; port 2 of r1 leads to the router r2."""
    at = f.Attachment
    port = "GigabitEthernet0/0/{}".format
    values: dict[str, Any] = {field.name: () for field in fields(f.Facts)}
    values |= {
        "slug": "city",
        "name": NAME,
        "realms": (OUTER,),
        "policy": f.Policy((), (), (), 2006, (), HERE),
        "devices": (
            device("r1", f.Role.COUNTY_ROUTER, model("router", "huawei_vrp", 3, switching=False)),
            device("r2", f.Role.CORE, model("router", "huawei_vrp", 3, switching=False)),
            device("s1", f.Role.ACCESS, model("switch", "huawei_vrp", 4, switching=True), routes=False),
        ),
        "cables": (
            cable(1, at("s1", port(3)), at("r1", port(1))),
            cable(2, at("r1", port(2)), at("r2", port(2)), f.Use.ROUTED),
        ),
        "parties": (
            party("outer:agency", f.PartyKind.AGENCY, ("10.1.1.0/24",), (at("s1", port(1)),)),
            party("outer:reserved", f.PartyKind.AGENCY, ("10.1.2.0/24",), (at("s1", port(2)),), state="planned"),
            party("outer:devices", f.PartyKind.DEVICES, ("10.9.0.0/16",), (), gateways=()),
        ),
    }
    return f.Facts(**(values | other))


def address(device_name: str, text: str, line: int) -> InterfaceAddress:
    quad, _, length = text.partition("/")
    value = ip(quad)
    assert value is not None
    return InterfaceAddress(value, int(length), ref(device_name, line))


def interface(
    device_name: str, name: str, line: int, *addresses: str, kind: InterfaceKind = InterfaceKind.PHYSICAL, **other: Any
) -> Interface:
    found = tuple(address(device_name, text, line) for text in addresses)
    return Interface(**({"name": name, "kind": kind, "ref": ref(device_name, line), "addresses": found} | other))


def management(name: str) -> Management:
    """Everything as it should be."""
    return Management(
        services=(
            Service("ssh", True, 22, (), None, ref(name, 60)),
            Service("telnet", False, 23, (), None, ref(name, 61)),
            Service("snmp", True, 161, (), None, ref(name, 62)),
        ),
        lines=(
            TerminalLine("vty", 0, 4, ("ssh",), (Applied("2000", ref(name, 65)),), "aaa", 300, ref(name, 64)),
            TerminalLine("console", 0, 0, (), (), "aaa", 300, ref(name, 63)),
        ),
        users=(User("admin1", "15", "reference", False, ("ssh",), ref(name, 70)),),
        servers=(
            Server("ntp", "10.9.9.1", None, True, ref(name, 71)),
            Server("syslog", "10.9.9.2", None, False, ref(name, 72)),
            Server("aaa", "10.9.9.3", None, True, ref(name, 73)),
        ),
        snmp=(SnmpAccess("v3", "privacy", False, False, (Applied("2000", ref(name, 74)),), ref(name, 74)),),
        aaa=ref(name, 75),
    )


def entry(name: str, line: int, action: Action, *matches: Match, **other: Any) -> Rule:
    return Rule(action, matches or (Match(),), ref(name, line), str(line), **other)


def operators(name: str) -> Filter:
    """Who may log in."""
    rules = (entry(name, 51, Action.PERMIT, Match(src=(prefix(0x0A090900, 24),))), entry(name, 52, Action.DENY))
    return Filter("2000", "acl", rules, Action.DENY, ref(name, 50))


def trunk(*vlans: int) -> Switching:
    return Switching("trunk", 1, (), tuple((vlan, vlan) for vlan in vlans))


def access(vlan: int) -> Switching:
    return Switching("access", vlan, ((vlan, vlan),), ())


def router(name: str, *interfaces: Interface) -> DeviceConfig:
    link = OspfInterface(None, None, None, "p2p", "md5", None, None, None, None, ref(name, 22))
    area = OspfArea("0.0.0.1", "normal", ((prefix(0, 0), ref(name, 81)),), (), "none", ref(name, 80))
    process = OspfProcess(
        "1", None, None, (area,), (), "", False, ("GigabitEthernet0/0/1.10",), (), None, (), (), None, False, ref(name, 79)
    )
    shut = interface(name, "GigabitEthernet0/0/3", 30, shutdown=ref(name, 31))
    linked = tuple(replace(item, ospf=link) if item.name == "GigabitEthernet0/0/2" else item for item in interfaces)
    return DeviceConfig(
        name, name, "huawei_vrp", (f"{name}.cfg",), ref(name, 1), interfaces=(*linked, shut), filters=(operators(name),), ospf=(process,),
        management=management(name),
    )  # fmt: skip


def configs() -> tuple[DeviceConfig, ...]:
    """r1, r2 and s1, without fault."""
    r1 = router(
        "r1",
        interface("r1", "GigabitEthernet0/0/1", 10),
        interface(
            "r1",
            "GigabitEthernet0/0/1.10",
            12,
            "10.1.1.1/24",
            kind=InterfaceKind.SUBINTERFACE,
            parent="GigabitEthernet0/0/1",
            vlans=((10, 10),),
        ),
        interface("r1", "GigabitEthernet0/0/2", 20, "172.16.0.1/30"),
        interface("r1", "LoopBack0", 26, "10.9.0.1/32", kind=InterfaceKind.LOOPBACK),
    )
    r2 = router(
        "r2",
        interface("r2", "GigabitEthernet0/0/1", 10, shutdown=ref("r2", 11)),
        interface("r2", "GigabitEthernet0/0/2", 20, "172.16.0.2/30"),
    )
    s1 = DeviceConfig(
        "s1", "s1", "huawei_vrp", ("s1.cfg",), ref("s1", 1),
        interfaces=(
            interface("s1", "GigabitEthernet0/0/1", 10, switching=access(10)),
            interface("s1", "GigabitEthernet0/0/2", 20, shutdown=ref("s1", 21), switching=access(1)),
            interface("s1", "GigabitEthernet0/0/3", 30, switching=trunk(10)),
            interface("s1", "GigabitEthernet0/0/4", 40, shutdown=ref("s1", 41), switching=access(1)),
        ),
        filters=(operators("s1"),),
        management=management("s1"),
    )  # fmt: skip
    return r1, r2, s1


def case(*found: DeviceConfig, **other: Any) -> Case:
    """The network with these configs instead of its own ones of the same name; ``other`` goes into the facts."""
    named = {config.folder: config for config in configs()} | {config.folder: config for config in found}
    return Case(facts(**other), Snapshot(tuple(named[name] for name in sorted(named))), AS_OF)


def config(name: str, /, **changes: Any) -> DeviceConfig:
    """One config of `configs`, with changes."""
    return replace(next(item for item in configs() if item.name == name), **changes)


def managed(name: str, /, **changes: Any) -> DeviceConfig:
    """One config of `configs`, with changes to its management."""
    found = config(name)
    return replace(found, management=replace(found.management, **changes))


def lines(outcome: Any) -> list[str]:
    """Findings and doubts as ``subject: what @ places``, as a report words them."""
    found = [f"{item.subject}: {item.what.render('en')} @ {' '.join(map(str, item.places))}".rstrip(" @") for item in outcome.findings]
    return [*found, *(f"? {item.what.render('en')} @ {item.place}" for item in outcome.doubts)]
