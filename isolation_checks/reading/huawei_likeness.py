"""How much a text looks like a config of Huawei's, and whether it is of a firewall."""

from __future__ import annotations

from isolation_checks.reading.source import Source

_MARKS = {
    "sysname": 0.15, "return": 0.1, "undo": 0.1, "aaa": 0.05, "user-interface": 0.25, "quit": 0.05, "acl": 0.03, "snmp-agent": 0.03,
    "info-center": 0.03, "ip": 0.0, "vlan": 0.02, "stelnet": 0.1, "local-user": 0.1, "traffic-filter": 0.2, "drop-profile": 0.1,
}  # fmt: skip
_OTHERS = ("line vty", "line con", "security-zone", "port link-mode", "irf ", "version 7.", "hostname ", "router ospf", "ip access-list",
"packet-filter default",
           "local-user class", "role name", "password-recovery", "table inet", "frr version", "port-group manual", "acl advanced",
           "acl basic", "version 5.", "interface vlan-interface", "port access vlan", "domain default enable", "radius scheme",
           "authorization-attribute", "interface ten-gigabit", "undo copyright-info", "interface bridge-aggregation",
           "super password level")  # fmt: skip
_STRONG = ("interface vlanif", "port default vlan", "port trunk allow-pass", "local-user admin password", "interface eth-trunk", "[v200r",
"!software version v",
           "ip binding vpn-instance", "undo portswitch", "ip ip-prefix", "port trunk pvid", "traffic-filter ", "ipv4-family",
           "interface meth", "vlan-type dot1q ",
           "dot1q termination", "interface xgigabit", "undo info-center", "traffic classifier", "abr-summary", "interface loopback",
           "clock timezone")  # fmt: skip


def likeness(source: Source) -> float:
    """How much a text looks like one of Huawei's, router, switch or firewall."""
    score = 0.0
    seen: set[str] = set()
    for line in source.lines[:4000]:
        text = line.strip().lower()
        if not text or text in seen:
            continue
        seen.add(text)
        score += _MARKS.get(text.partition(" ")[0], 0.0)
        if text.startswith(_STRONG):
            score += 0.25
        if text.startswith(_OTHERS) or " link-mode " in text or "class manage" in text:
            score -= 1.0
    return max(0.0, min(1.0, score))


_FIREWALL = ("security-policy", "firewall zone trust", "firewall zone untrust", "firewall zone dmz", "nat-policy", "hrp ",
"service-manage ", "policy interzone",
             "ip address-set", "ip service-set", "web-manager", "destination-zone", "source-zone", "vsys ",
             "firewall packet-filter default", "nat address-group",
             "firewall zone local", "page-setting", "undo service-manage", "manager-user")  # fmt: skip


def firewall_marks(source: Source) -> int:
    """How many kinds of lines only a firewall has."""
    found = {mark for line in source.lines for mark in _FIREWALL if line.lstrip().startswith(mark)}
    return len(found - {"nat address-group"})
