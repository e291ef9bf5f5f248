"""How sure it is that a text is an H3C config, and of a firewall."""

from __future__ import annotations

import re

from isolation_checks.reading.source import Source

_VERSION = re.compile(r"^\s*version [3579]\.\d", re.MULTILINE)
_STRONG = (
    "interface Vlan-interface",
    "Ten-GigabitEthernet",
    "port link-mode ",
    "Bridge-Aggregation",
    "\nacl advanced ",
    "\nacl basic ",
    "class manage",
    "vlan-type dot1q vid",
    "port trunk permit vlan",
    "user-role network-",
    " ip https enable",
    "undo ip https enable",
    "M-GigabitEthernet",
    "Route-Aggregation",
    "domain default enable",
    "lldp global enable",
    "security-policy ip\n",
    "FortyGigE",
    "object-group ip address",
    "policy-based-route ",
    "abr-summary ",
)
_WEAK = (
    "packet-filter ",
    "port access vlan",
    "irf ",
    "line vty",
    "line class",
    "ip route-static",
    "authentication-mode scheme",
    "stp global enable",
    "local-user ",
    "telnet server enable",
    "hwtacacs scheme",
    "public-key peer",
    "peer-public-key end",
    "dhcp server ip-pool",
    "address-family ipv4",
    "security-zone ",
    "ip prefix-list",
    "snmp-agent community",
    "nat outbound",
    "import interface",
    "radius scheme",
    "acl number",
    "ssh server enable",
    "header motd",
    "hwtacacs nas-ip",
    "port-isolate group",
    "user privilege level",
)
_FIREWALL = (
    "\nsecurity-zone ",
    "\nsecurity-policy ip",
    "\nzone-pair security",
    "\nobject-policy ip",
    "\nnat global-policy",
    "\nremote-backup group",
    "\nobject-group ip address",
    " import interface ",
    "\nundo security-zone",
    "RBM_P",
    "RBM_S",
)
_FOREIGN = (
    "Vlanif",
    "Eth-Trunk",
    "traffic-filter ",
    "port default vlan",
    "allow-pass vlan",
    "stelnet server",
    "ip ip-prefix",
    "undo portswitch",
    "firewall zone ",
    "\naaa\n",
    "service-manage ",
    "ipv4-family unicast",
    "hrp ",
    "board add",
    "[V200R",
    "XGigabitEthernet",
    "\nboard",
    "!Software Version",
    "traffic-policy ",
    "ip address-set",
    "user-interface maximum-vty",
    "MEth0",
    "10GE1/",
    "local-user admin password",
    "dot1q termination vid",
    "undo icmp name",
    "snmp-agent local-engineid 800007DB",
    "authentication-profile",
)
_OTHER = (
    "\nhostname ",
    "router ospf",
    "router bgp",
    "\nip route ",
    "ip access-list",
    "\n!\n",
    "table inet",
    "table ip ",
    "switchport ",
    "frr version",
    "chain input",
)
_SESSION = re.compile(r"^\s*(?:RBM_\w)?[\[<][\w.-]{1,64}[\]>]\s*[a-z]", re.MULTILINE)
_SESSION_H3C = re.compile(
    r"^\s*[\[<](?:H3C|[\w.]+[\w.-]*-(?:acl-ipv4|acl-basic|acl-adv|if-range|Ten-GigabitEthernet|Vlan-interface|luser-))", re.MULTILINE
)


def likeness(source: Source) -> tuple[float, float]:
    """How much it looks like Comware, and like a firewall of it, each 0..1."""
    text = "\n" + "\n".join(source.lines[:3000]) + "\n"
    strong = sum(mark in text for mark in _STRONG) + 4 * bool(_VERSION.search(text))
    weak = sum(mark in text for mark in _WEAK)
    if _SESSION.search(text):
        strong += 3 * bool(_SESSION_H3C.search(text))
        weak += 2 * ("\nhostname " not in text)
    foreign = 3 * sum(mark in text for mark in _FOREIGN) + 4 * sum(mark in text for mark in _OTHER)
    score = strong + 0.4 * weak - foreign
    firewall = sum(mark in text for mark in _FIREWALL)
    return max(0.0, min(1.0, score / (score + 1.0))) if score > 0 else 0.0, min(1.0, firewall / 2)
