"""What a line of a config is about, whatever platform wrote it, and the rule behind it where no single decision of the inventory is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from topology.i18n import T, Text


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of line. ``pattern`` meets the beginning of the line, of the head of its section, or ``file:`` and the file's name."""

    slug: str
    title: Text
    reasons: tuple[Text, ...]
    pattern: re.Pattern[str]


def _kind(slug: str, title: Text, reasons: tuple[Text, ...], *patterns: str) -> Topic:
    return Topic(slug, title, reasons, re.compile("|".join(f"(?:{pattern})" for pattern in patterns)))


_ISOLATED = T("plan §7.1.1: the outer network and the Internet are logically isolated; everybody reaches what is declared, nothing else")
_EGRESS = T("plan §7.1.1: one Internet egress for the whole city, on the outer network, at the municipal tier")
_TIERS = T("plan §7.1.1: the outer network joins city, county and township; the inner network leads to the province and the leading organs")
_LANS = T(
    "plan §7.1.1: the leading organs and classified organs have two physically separate networks, all others one, on the outer network"
)
_VERTICAL = T("plan §7.1.1: departmental vertical networks are classified and merged into the inner or the outer network")
_GATEKEEPER = T("plan §7.1.1: data passes between the inner and the outer network only through a physical gatekeeper")
_FERRY = T("GB/T 20279-2024 (S): a gatekeeper ferries what is explicitly required, and no protocol of the one side reaches the other")
_DENY = T("GB/T 22239-2019 (S): default deny; rules name addresses, ports and protocol; sessions are followed")
_BORDER = T("GB/T 22239-2019 (S): unauthorised inward and outward connections are found or stopped")
_SPARE = T("GB/T 22239-2019 (S): links and devices that matter are redundant")
_TRANSIT = T("GB/T 22239-2019 (S): integrity and confidentiality in transit: no telnet, no HTTP, no SNMP version 1 or 2c")
_AUDIT = T("GB/T 22239-2019 (S): audit at the border and at key nodes: a log and a common time everywhere")
_NONE = T("no rule of its own: it names the device or belongs to the form of the file")

TOPICS = (
    _kind("gatekeeper", T("gatekeeper"), (_GATEKEEPER, _FERRY), r"file:tasks\."),
    _kind(
        "nat",
        T("address translation"),
        (_EGRESS,),
        "nat |nat-policy|acl advanced name nat-",
        "ip nat |ip access-list extended nat-|table ip nat",
    ),
    _kind(
        "policy",
        T("firewall policy"),
        (_ISOLATED, _DENY),
        "security-policy|security-zone|import interface|undo security-zone",
        "firewall |ip service-set|default packet-filter|undo firewall|add interface|undo service-manage",
    ),
    _kind(
        "hardening",
        T("services and protocols that are off"),
        (_BORDER, _TRANSIT),
        "undo (?:telnet|http|ip http|ip https|ipv6|stelnet ipv6|ssh server compat|lldp|dcn|web-manager|ftp)",
        "no (?:cdp|lldp|service|ip http|ip source-route|ip domain|ip bootp|ipv6|ip proxy-arp|ip redirects|ip unreachables|mop)",
        "service |login |ip verify|(?:ip )?urpf|lldp|vtp |table ip6|file:sysctl",
    ),
    _kind("protection", T("link-layer protection"), (_BORDER,), "stp |undo stp|spanning-tree"),
    _kind(
        "ha",
        T("redundancy"),
        (_SPARE,),
        "hrp |vrrp |remote-backup|track |standby |lacp|link-aggregation|channel-group|eth-trunk |mode lacp",
    ),
    _kind(
        "users",
        T("users and logins"),
        (_TRANSIT,),
        "aaa|local-user|manager-user|username|hwtacacs|tacacs|domain |role |user-interface|line |enable secret",
        "ssh |stelnet|undo ssh|ip ssh|file:(?:users|pam-sshd|sshd_config)",
    ),
    _kind(
        "management",
        T("monitoring, time and logs"),
        (_AUDIT, _TRANSIT),
        "snmp|undo snmp|ntp|info-center|logging|clock |archive|file:(?:chrony|rsyslog|snmpd)",
    ),
    _kind(
        "filters",
        T("packet filters"),
        (_ISOLATED, _DENY),
        "acl |traffic-filter|traffic-policy|traffic |packet-filter",
        "ip access-list|ip access-group|access-class|table ip |file:nftables",
    ),
    _kind("vrfs", T("vertical networks (VRF)"), (_VERTICAL,), "ip vpn-instance|ip binding vpn-instance|vrf |ip vrf"),
    _kind("policies", T("route policies"), (_TIERS,), "ip ip-prefix|ip prefix-list|route-policy|route-map"),
    _kind("routes", T("routing"), (_TIERS,), "ip route|ospf|bgp|router |ip ospf|route add|network |file:daemons"),
    _kind("vlans", T("VLANs"), (_LANS,), "vlan|port |switchport|undo port"),
    _kind("interfaces", T("interfaces"), (_TIERS,), "interface|link |address |file:(?:interfaces|links)"),
)
SYSTEM = _kind("system", T("system"), (_NONE,), "")


def topic_of(file: str, texts: Sequence[str], index: int) -> Topic:
    """What line ``index`` (from 0) of a file with the lines ``texts`` is about."""
    if not texts[index].strip(" #!"):
        return SYSTEM
    for text in (texts[index].strip(), head_of(texts, index), "file:" + file.rpartition("/")[2]):
        for topic in TOPICS:
            if topic.pattern.match(text):
                return topic
    return SYSTEM


def head_of(texts: Sequence[str], index: int) -> str:
    """The line at the left margin under which line ``index`` stands, or the line itself."""
    return next(_margin(texts, index), texts[index].strip())


def _margin(texts: Sequence[str], index: int) -> Iterator[str]:
    return (texts[number] for number in range(index, -1, -1) if texts[number] and texts[number][0] not in " #!}")
