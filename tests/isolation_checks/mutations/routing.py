"""Addresses, switches that route, and routes that lead elsewhere."""

from __future__ import annotations

import re

from isolation_checks.verdicts import Verdict
from tests.isolation_checks.mutations.filters import pair
from tests.isolation_checks.mutations.harness import ROUTERS, SWITCHES, Draft, Operator, permit, put_first
from tests.isolation_checks.mutations.networks import ACCESS, access_ports
from topology.facts import PartyKind, Role

FOREIGN = {"h3c_comware": "comware", "cisco_ios": "ios"}
NUMBERED = {name: base for name, base in ROUTERS.items() if name != "frr"}


def router(draft: Draft, linux: str = "frr.conf") -> str:
    return draft.file(draft.devices(Role.COUNTY_ROUTER)[0].name, linux)


def address_line(draft: Draft, interface: str) -> tuple[str, int]:
    """The file and the line that give a LAN's interface its own address."""
    file = router(draft)
    low, high = draft.block(file, rf"^interface {re.escape(interface)}$")
    return file, draft.find(file, r"^ ip address \d", low, high)


def second_address(draft: Draft) -> None:
    """A LAN has an address of another party's network too."""
    one, other = pair(draft)
    file, at = address_line(draft, one.interface)
    ip = other.prefix.network_address + 200
    text = {
        "huawei_vrp": f" ip address {ip} {other.prefix.netmask} sub",
        "h3c_comware": f" ip address {ip} {other.prefix.netmask} sub",
        "cisco_ios": f" ip address {ip} {other.prefix.netmask} secondary",
        "frr": f" ip address {ip}/{other.prefix.prefixlen}",
    }
    draft.insert(file, at + 1, text[draft.platform])


def addresses_changed(draft: Draft) -> None:
    one, other = pair(draft)
    (file, first), (_, second) = address_line(draft, one.interface), address_line(draft, other.interface)
    lines = draft.lines(file)
    lines[first], lines[second] = lines[second], lines[first]


def longer_mask(draft: Draft) -> None:
    """The LAN's network is wider than the party's."""
    one, _ = pair(draft)
    file, at = address_line(draft, one.interface)
    wide = one.prefix.supernet()
    old = f"/{one.prefix.prefixlen}$" if draft.platform == "frr" else re.escape(str(one.prefix.netmask))
    draft.edit(file, at, old, f"/{wide.prefixlen}" if draft.platform == "frr" else str(wide.netmask))


SVI = {
    "huawei_vrp": ("interface Vlanif{vlan}", " ip address {ip} {mask}", "#"),
    "h3c_comware": ("interface Vlan-interface{vlan}", " ip address {ip} {mask}", "#"),
    "cisco_ios": ("interface Vlan{vlan}", " ip address {ip} {mask}", " no shutdown", "!"),
}


def switch_routes(draft: Draft) -> None:
    """An access switch gets interfaces in the VLANs of two agencies, and routes between them."""
    file, ports = access_ports(draft)
    vlans = [int(re.match(ACCESS[draft.platform], draft.lines(file)[at])[1]) for at in ports]  # type: ignore[index]
    name = file.removesuffix(".cfg")
    parties = [
        item for item in draft.facts.parties if item.kind == PartyKind.AGENCY and any(end.device == name for end in item.attachments)
    ]
    at = draft.find(file, r"^interface \S+$")
    if draft.platform == "cisco_ios":
        routing = [number for number, line in enumerate(draft.lines(file)) if line == "no ip routing"]
        for number in routing:
            draft.lines(file)[number] = "ip routing"
    for vlan, party in zip(vlans, parties, strict=False):
        net = party.prefixes[0]
        ip = net.network_address + 250
        draft.insert(file, at, *(text.format(vlan=vlan, ip=ip, mask=net.netmask) for text in SVI[draft.platform]))


def vlan_added(draft: Draft) -> None:
    """An agency's port carries the VLAN of another one too, tagged."""
    file, (one, other) = access_ports(draft)
    own, more = (re.match(ACCESS[draft.platform], draft.lines(file)[at])[1] for at in (one, other))  # type: ignore[index]
    low = max(number for number in draft.find_all(file, "^interface ", 0, one))
    _, high = draft.block(file, "^" + re.escape(draft.lines(file)[low]) + "$")
    new = {
        "huawei_vrp": [" port link-type trunk", f" port trunk pvid vlan {own}", f" port trunk allow-pass vlan {own} {more}"],
        "h3c_comware": [" port link-type trunk", f" port trunk permit vlan {own} {more}", f" port trunk pvid vlan {own}"],
        "cisco_ios": [f" switchport trunk native vlan {own}", f" switchport trunk allowed vlan {own},{more}", " switchport mode trunk"],
    }
    kept = [line for line in draft.lines(file)[low:high] if not re.match(r" (port link-type|port default|port access|switchport)", line)]
    draft.lines(file)[low:high] = [*kept[:2], *new[draft.platform], *kept[2:]]


def native_default(draft: Draft) -> None:
    """Two agencies' ports in the VLAN that every port is in by default."""
    file, ports = access_ports(draft)
    for at in sorted(ports, reverse=True):
        draft.drop(file, at)


STATIC = {
    "huawei_vrp": "ip route-static 0.0.0.0 0.0.0.0 {}",
    "h3c_comware": "ip route-static 0.0.0.0 0 {}",
    "cisco_ios": "ip route 0.0.0.0 0.0.0.0 {}",
    "frr": "ip route 0.0.0.0/0 {}",
}


def county_default(draft: Draft) -> None:
    """A default route of a county's router to a host of an agency."""
    file = router(draft)
    line = STATIC[draft.platform].format(pair(draft)[0].prefix.network_address + 77)
    if draft.platform == "frr":
        draft.insert(file, draft.find(file, "^router ospf$"), line)
    else:
        draft.append(file, line)


def county_originates(draft: Draft) -> None:
    """A county's router tells its area of a default route, whether it has one or not."""
    file = router(draft)
    head = {"huawei_vrp": r"^ospf 1 ", "h3c_comware": r"^ospf 1 ", "cisco_ios": r"^router ospf 1$", "frr": r"^router ospf$"}[draft.platform]
    always = {
        "huawei_vrp": " default-route-advertise always",
        "h3c_comware": " default-route-advertise always",
        "cisco_ios": " default-information originate always",
        "frr": " default-information originate always",
    }
    draft.insert(file, draft.find(file, head) + 1, always[draft.platform])


def loud(draft: Draft) -> None:
    """OSPF speaks on an agency's LAN, to whoever answers."""
    file, lan = router(draft), pair(draft)[0].interface
    if draft.platform == "cisco_ios":
        draft.insert(file, draft.find(file, "^ passive-interface default") + 1, f" no passive-interface {lan}")
    elif draft.platform == "frr":
        low, high = draft.block(file, rf"^interface {re.escape(lan)}$")
        draft.drop(file, draft.find(file, r"^ ip ospf passive", low, high))
    else:
        draft.drop(file, draft.find(file, rf"^ silent-interface {re.escape(lan)}$"))


def redirected(draft: Draft) -> None:
    """A static route leads an agency's network to another agency; any route counts, so that the filter alone is asked."""
    one, other = pair(draft)
    for way in ("in", "out"):
        put_first(draft, one, way, permit(draft.platform, "udp", None, other.prefix, port="69"))
        put_first(draft, other, way, permit(draft.platform, "udp", None, other.prefix, port="69"))


def two_files(draft: Draft) -> None:
    """Another file with a config of the same device."""
    file = router(draft)
    draft.raw[file] = draft.raw["copy.cfg"] = "\n".join(draft.lines(file)).encode()


def wrong_maker(draft: Draft) -> None:
    """A config of another maker for the device."""
    name = router(draft).removesuffix(".cfg")
    text = f"#\nsysname {name}\n#\ninterface GigabitEthernet0/0/1\n undo shutdown\n#\nreturn\n"
    draft.raw[f"{name}.cfg"] = text.encode()


INCOMPLETE = Verdict.INCOMPLETE
OPERATORS = (
    Operator("address-second", "a LAN with an address of another party too", ("COV-PREFIX",), ROUTERS, second_address, near=True),
    Operator("addresses-changed", "two LANs with each other's addresses", ("COV-PREFIX",), ROUTERS, addresses_changed, near=True),
    Operator("mask-wide", "a LAN whose network is wider than the party's", ("COV-PREFIX",), ROUTERS, longer_mask, near=True),
    Operator("switch-routes", "an access switch routes between two agencies", ("LOG-AGENCY",), SWITCHES, switch_routes, near=True),
    Operator("vlan-added", "another agency's VLAN on an agency's port", ("LOG-AGENCY",), SWITCHES, vlan_added, names=("bureau",)),
    Operator("vlan-default", "two agencies' ports in the default VLAN", ("LOG-AGENCY",), SWITCHES, native_default, names=("bureau",)),
    Operator("county-default", "a default route at a county", ("EGR-DEFAULT",), ROUTERS, county_default),
    Operator("county-originates", "a county tells of a default route", ("EGR-DEFAULT",), ROUTERS, county_originates, near=True),
    Operator("ospf-on-a-lan", "OSPF without authentication on an agency's LAN", ("HARD-ROUTING-AUTH",), ROUTERS, loud, near=True),
    Operator("udp-undeclared", "undeclared UDP between two agencies", ("LOG-AGENCY",), ROUTERS, redirected),
    Operator("config-second", "two files with configs of one device", ("COV-READ",), NUMBERED, two_files, INCOMPLETE, near=True),
    Operator("config-of-another-maker", "a config of another maker's device", ("COV-PREFIX",), FOREIGN, wrong_maker, near=True),
)  # fmt: skip
