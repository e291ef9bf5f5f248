"""Whether a text is a config of IOS: by commands that only IOS has, less those that it never has."""

from __future__ import annotations

from collections.abc import Sequence

from isolation_checks.reading.values import ip

_OWN = (
    "building configuration", "current configuration :", "boot-start-marker", "service timestamps", "service password", "no service ",
    "enable secret", "enable password", "aaa new-model", "no aaa new-model", "ip access-list standard",
    "ip access-list extended", "line vty",
    "line con", "switchport", "no switchport", "ip http ", "no ip http ", "ip nat inside", "ip nat outside",
    "ip nat pool", "object-group network",
    "object-group service", "username ", "crypto isakmp", "crypto ipsec", "encapsulation dot1q",
    "zone-member security", "policy-map type inspect",
    "spanning-tree mode", "snmp-server ", "access-list ", "redundancy", "subscriber templating", "ip cef", "no ip domain", "ip domain",
    "duplex auto", "speed auto", "negotiation auto", "license udi", "vlan access-map", "ip dhcp pool", "class-map match", "class-map type",
    "zone security", "zone-pair security", "standby ", "ip verify unicast", "vrf definition", "ip helper-address",
    "control-plane", "time-range",
)  # fmt: skip
_SHARED = (
    "hostname ", "router ospf", "router bgp", "route-map ", "ip prefix-list", "neighbor ", "ip access-group ",
    "ip route ", "ip ospf ", "ip vrf ",
    "vlan ", "no shutdown", "shutdown", "network ", "vrrp ", "exit-address-family", "passive-interface",
)  # fmt: skip
_NEVER = (
    "sysname ", "undo ", "return", "quit", "#", "frr version", "frr defaults", "exit-vrf", "service integrated-vtysh-config", "log syslog",
    "ip forwarding", "no ipv6 forwarding", "table ", "chain ", "security-zone", "firewall zone", "local-user ", "acl number",
    "log file", "password zebra", "bgp community-list", "interface eth", "interface lo", "vrf ", "nv set",
)  # fmt: skip
_ETHERNET = (
    "gigabitethernet",
    "fastethernet",
    "tengigabitethernet",
    "ethernet",
    "vlan",
    "loopback",
    "serial",
    "port-channel",
    "tunnel",
    "gi",
    "fa",
    "te",
)
_ENOUGH = 4.0


def likeness(lines: Sequence[str]) -> float:
    own: set[str] = set()
    shared: set[str] = set()
    never = 0
    for line in lines[:3000]:
        text = line.strip().lower()
        if ")#" in text and "(config" in text:
            own.add("line con")  # the prompt of a session
            text = text.partition(")#")[2].strip()
        if not text or text[0] == "!":
            continue
        mark = _mark(text)
        if mark in _OWN:
            own.add(mark)
        elif mark in _SHARED:
            shared.add(mark)
        elif mark:
            never += 1
    good = len(own) + 0.4 * len(shared)
    if not own and never:
        return 0.0
    return round(min(1.0, good / _ENOUGH) * good / (good + 0.7 * never) if good else 0.0, 3)


def _mark(text: str) -> str:
    """The mark that a line bears; "" for none."""
    if text.startswith("ip address "):
        words = text.split()
        plain = len(words) > 3 and ip(words[3]) is not None and "/" not in words[2]
        return "speed auto" if plain else "frr version" if "/" in words[2] else ""
    if text.startswith("interface "):
        kind = text[10:].lstrip()
        if kind.startswith(_ETHERNET) and not kind.startswith(("eth-trunk", "vlanif", "vlan-interface", "ethernet 1/0/")):
            return "no shutdown"
    if text.startswith("version ") and text[8:10].isdigit() and text[8:].replace(".", "").isdigit():
        return "service timestamps"
    for marks in (_OWN, _NEVER, _SHARED):
        for mark in marks:
            if text.startswith(mark):
                return mark
    return ""
