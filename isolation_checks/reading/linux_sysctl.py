"""Kernel settings: whether a Linux host forwards, checks sources, and speaks IPv6."""

from __future__ import annotations

import re

from isolation_checks.reading.ledger import Ledger
from isolation_checks.reading.linux_draft import LinuxDraft
from isolation_checks.reading.source import Source
from isolation_checks.snapshot import FeatureKind, Ref
from topology.i18n import T

ARP = T("how addresses of neighbours are asked and answered").msgid
ICMP = T("which ICMP messages the host itself sends or heeds").msgid
KERNEL = T("memory, scheduling and limits of the kernel").msgid
TCP = T("connections of the host itself").msgid
PATHS = T("choice among equal routes").msgid
SESSIONS = T("how strictly sessions are tracked").msgid

_IRRELEVANT = (
    (re.compile(r"net\.ipv4\.conf\.[^.]+\.(arp_\w+|proxy_arp_pvlan)"), ARP),
    (re.compile(r"net\.ipv4\.neigh\..+"), ARP),
    (re.compile(r"net\.ipv4\.conf\.[^.]+\.(send_redirects|accept_redirects|secure_redirects|shared_media|log_martians)"), ICMP),
    (re.compile(r"net\.ipv4\.icmp_\w+"), ICMP),
    (re.compile(r"net\.ipv4\.(tcp_\w+|udp_\w+|ip_local_port_range|ip_local_reserved_ports|ip_nonlocal_bind|ip_default_ttl|igmp_\w+)"), TCP),
    (re.compile(r"net\.ipv4\.(ip_no_pmtu_disc|ipfrag_\w+|inet_peer_\w+|ip_unprivileged_port_start|ping_group_range|route\.\w+)"), TCP),
    (re.compile(r"net\.ipv4\.fib_multipath_\w+"), PATHS),
    (re.compile(r"net\.ipv4\.conf\.[^.]+\.(ignore_routes_with_linkdown|medium_id|tag|disable_policy|promote_secondaries)"), PATHS),
    (re.compile(r"net\.netfilter\.nf_(conntrack_\w+|log\S*)"), SESSIONS),
    (re.compile(r"net\.nf_conntrack_max"), SESSIONS),
    (re.compile(r"net\.ipv6\.conf\.[^.]+\.(accept_\w+|autoconf|router_solicitations|use_tempaddr|dad_\w+|addr_gen_mode)"), ICMP),
    (re.compile(r"net\.ipv6\.(icmp|route)\..+"), ICMP),
    (re.compile(r"(kernel|vm|fs|dev|abi|user|debug)\..+"), KERNEL),
    (re.compile(r"net\.(core|unix|netrom)\..+"), KERNEL),
)  # fmt: skip


class Sysctl:
    """The settings of one or more files, later lines over earlier ones; `conclude` puts them into the draft."""

    def __init__(self, draft: LinuxDraft) -> None:
        self.draft = draft
        self.forwarding: dict[str, tuple[str, Ref]] = {}
        self.rp_filter: dict[str, tuple[str, Ref]] = {}
        self.ipv6: dict[str, tuple[str, Ref]] = {}

    def file(self, source: Source, ledger: Ledger) -> None:
        for at, text in enumerate(source.lines, 1):
            line = text.strip()
            if not line or line[0] in "#;":
                ledger.blank(at)
                continue
            key, equals, value = line.removeprefix("-").partition("=")
            key, value = key.strip(), value.strip().strip('"')
            if "/" in key:  # there dots and slashes change places, so that an interface's name may hold a dot
                key = key.translate(str.maketrans("./", "/."))
            if not equals or not self._setting(at, key, value, text, ledger):
                ledger.not_understood(at, text)

    def _setting(self, at: int, key: str, value: str, text: str, ledger: Ledger) -> bool:
        ref = ledger.ref(at)
        if key == "net.ipv4.ip_forward":
            self.forwarding = {"all": (value, ref)}  # this resets what was set for single interfaces
        elif (name := _interface(key, "net.ipv4.conf.", ".forwarding")) is not None:
            if name == "all":
                self.forwarding = {}
            self.forwarding[name] = value, ref
        elif (name := _interface(key, "net.ipv4.conf.", ".rp_filter")) is not None:
            self.rp_filter[name] = value, ref
        elif (name := _interface(key, "net.ipv6.conf.", ".disable_ipv6")) is not None:
            self.ipv6[name] = value, ref
            if value == "0":
                ledger.feature(at, FeatureKind.IPV6, text.strip(), None if name in ("all", "default") else name)
                return True
        elif key == "net.ipv6.conf.all.forwarding" or _interface(key, "net.ipv6.conf.", ".forwarding") is not None:
            if value != "0":
                ledger.feature(at, FeatureKind.IPV6, text.strip())
                return True
        elif (name := _interface(key, "net.ipv4.conf.", ".proxy_arp")) is not None:
            self._proxy_arp(name, value, ref)
        elif key.startswith("net.ipv4.conf.") and key.endswith(
            (".accept_source_route", ".src_valid_mark", ".route_localnet", ".accept_local")
        ):
            if value != "0":
                ledger.feature(at, FeatureKind.ROUTING, text.strip())
                return True
        elif key.startswith("net.ipv4.conf.") and key.endswith((".mc_forwarding", ".bc_forwarding")):
            if value != "0":
                ledger.feature(at, FeatureKind.MULTICAST, text.strip())
                return True
        elif key.startswith("net.bridge.bridge-nf-call-"):
            if value != "0" and "arptables" not in key:
                ledger.feature(at, FeatureKind.FILTER, text.strip())
                return True
        elif key in ("net.ipv4.tcp_l3mdev_accept", "net.ipv4.udp_l3mdev_accept", "net.ipv4.raw_l3mdev_accept"):
            pass
        elif key == "net.netfilter.nf_conntrack_tcp_loose":
            self.draft.facts["tcp_loose"] = value
        elif key == "kernel.hostname":
            if self.draft.name_ref is None:
                self.draft.name, self.draft.name_ref = value, ref
        elif key.startswith("net.mpls.") or key.endswith((".seg6_enabled", ".rpl_seg_enabled")):
            if value != "0":
                ledger.feature(at, FeatureKind.MPLS, text.strip())
                return True
        else:
            reason = next((reason for pattern, reason in _IRRELEVANT if pattern.fullmatch(key)), None)
            if reason is None:
                return False
            ledger.irrelevant(at, reason)
            return True
        ledger.understood(at)
        return True

    def _proxy_arp(self, name: str, value: str, ref: Ref) -> None:
        if value != "0" and name not in ("all", "default"):
            self.draft.interface(name, ref).flags["proxy-arp"] = None
        elif value != "0":
            self.draft.facts["proxy-arp"] = name

    def conclude(self) -> None:
        """Forwarding is off only where the kernel is told so for all interfaces, by none again, and zebra does not turn it on."""
        off = self.forwarding.get("all")
        others = [item for name, item in self.forwarding.items() if name != "all" and item[0] != "0"]
        if off is not None and off[0] == "0" and not others and self.draft.facts.get("frr-forwarding") != "yes":
            self.draft.forwarding, self.draft.forwarding_ref = False, off[1]
        elif off is not None and self.draft.facts.get("frr-forwarding") != "no":
            self.draft.forwarding, self.draft.forwarding_ref = True, off[1] if off[0] != "0" or not others else others[0][1]
        if {"all", "default"} <= self.ipv6.keys() and all(value == "1" for value, _ in self.ipv6.values()):
            self.draft.facts["ipv6"] = "disabled"
        self._reverse_path()

    def _reverse_path(self) -> None:
        """Source validation: the larger number of ``all`` and the interface's own counts, 1 being strict and 2 loose.

        ``default`` holds for interfaces that appear later only; it is heeded where it makes the check looser.
        """
        general = self.rp_filter.get("all", ("0", None))
        template = self.rp_filter.get("default", ("0", None))
        for name, link in self.draft.interfaces.items():
            own = self.rp_filter.get(name) or (template if template[0] == "2" else ("0", None))
            best, where = max(own, general, key=lambda item: item[0])
            if where is not None and best in ("1", "2") and link.urpf != "strict":
                link.urpf, link.urpf_ref = ("strict" if best == "1" else "loose"), where


def _interface(key: str, start: str, end: str) -> str | None:
    """The interface's name in the middle of a key."""
    return key[len(start) : -len(end)] if key.startswith(start) and key.endswith(end) and len(key) > len(start) + len(end) else None
