"""Values that all platforms write alike: addresses, masks, ranges, names of ports and protocols. Everything is cached: configs repeat
themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from isolation_checks.snapshot import AddressSet, Range, Ranges, Ternary

FULL = 0xFFFFFFFF
ANY_PORT: Range = (0, 65535)
TCP, UDP, ICMP = 6, 17, 1


@lru_cache(maxsize=1 << 16)
def ip(text: str) -> int | None:
    """A dotted quad, or None for anything else (octal-looking and short forms are refused)."""
    parts = text.split(".")
    if len(parts) != 4:
        return None
    value = 0
    for part in parts:
        if not part.isascii() or not part.isdigit() or len(part) > 3 or int(part) > 255:
            return None
        value = value << 8 | int(part)
    return value


def dotted(value: int) -> str:
    return f"{value >> 24}.{value >> 16 & 255}.{value >> 8 & 255}.{value & 255}"


def mask_of(length: int) -> int:
    return FULL ^ (FULL >> length)


@lru_cache(maxsize=4096)
def mask_length(text: str) -> int | None:
    """The prefix length of ``24`` or ``255.255.255.0``; None where it is neither, or not contiguous."""
    if text.isascii() and text.isdigit():
        return int(text) if len(text) <= 2 and int(text) <= 32 else None
    value = ip(text)
    if value is None:
        return None
    length = bin(value).count("1")
    return length if value == mask_of(length) else None


def host(address: int) -> Ternary:
    return Ternary(address, FULL)


@lru_cache(maxsize=1 << 16)
def prefix(network: int, length: int) -> Ternary:
    mask = mask_of(length)
    return Ternary(network & mask, mask)


@lru_cache(maxsize=1 << 16)
def wildcard(address: int, inverse: int) -> Ternary:
    """``inverse`` has a 1 where a bit does not count, contiguous or not."""
    mask = FULL ^ inverse
    return Ternary(address & mask, mask)


@lru_cache(maxsize=1 << 12)
def address_range(first: int, last: int) -> AddressSet:
    """The fewest prefixes that make up an inclusive range; () where it is empty."""
    found = []
    while first <= last:
        size = first & -first if first else 1 << 32
        while size > last - first + 1:
            size >>= 1
        found.append(Ternary(first, FULL ^ (size - 1)))
        first += size
    return tuple(found)


def normalized(ranges: Iterable[Range]) -> Ranges:
    """Sorted, disjoint, neighbours joined; empty ones left out."""
    result: list[Range] = []
    for first, last in sorted(ranges):
        if first > last:
            continue
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return tuple(result)


def complement(ranges: Ranges, top: int) -> Ranges:
    """What of 0..top is in none of the (normalized) ranges."""
    result: list[Range] = []
    start = 0
    for first, last in ranges:
        if first > start:
            result.append((start, first - 1))
        start = last + 1
    if start <= top:
        result.append((start, top))
    return tuple(result)


def intersection(one: Ranges, other: Ranges) -> Ranges:
    return normalized((max(a, c), min(b, d)) for a, b in one for c, d in other)


def icmp(kind: int, code: int | None = None) -> Ranges:
    """The values type * 256 + code of one type, of any code where none is given."""
    return ((kind * 256, kind * 256 + 255),) if code is None else ((kind * 256 + code, kind * 256 + code),)


def complement_addresses(addresses: AddressSet) -> AddressSet:
    """The addresses that are in none of ``addresses``, as disjoint Ternaries."""
    left: list[Ternary] = [Ternary(0, 0)]
    for cut in addresses:
        left = [piece for item in left for piece in _minus(item, cut)]
    return tuple(sorted(left))


def _minus(item: Ternary, cut: Ternary) -> list[Ternary]:
    if (item.value ^ cut.value) & item.mask & cut.mask:
        return [item]
    pieces = []
    value, mask = item
    for bit in range(31, -1, -1):
        flag = 1 << bit
        if cut.mask & flag and not mask & flag:
            pieces.append(Ternary(value | (flag & ~cut.value), mask | flag))
            value, mask = value | (flag & cut.value), mask | flag
    return pieces


PORTS = {
    "tcpmux": 1, "echo": 7, "discard": 9, "systat": 11, "daytime": 13, "qotd": 17, "chargen": 19, "ftp-data": 20, "ftp": 21, "ssh": 22,
    "telnet": 23, "smtp": 25, "time": 37, "nameserver": 42, "whois": 43, "nicname": 43, "tacacs": 49, "tacacs-ds": 65,
    "domain": 53, "dns": 53,
    "bootps": 67, "bootpc": 68, "tftp": 69, "gopher": 70, "finger": 79, "www": 80, "http": 80, "kerberos": 88, "hostname": 101, "pop2": 109,
    "pop3": 110, "sunrpc": 111, "ident": 113, "nntp": 119, "ntp": 123, "netbios-ns": 137, "netbios-dgm": 138, "netbios-ssn": 139,
    "netbios-ss": 139, "imap": 143, "imap4": 143, "snmp": 161, "snmptrap": 162, "xdmcp": 177, "bgp": 179, "irc": 194,
    "dnsix": 195, "mobile-ip": 434,
    "mobilip-ag": 434, "https": 443, "pim-auto-rp": 496, "isakmp": 500, "biff": 512, "exec": 512, "who": 513, "login": 513, "cmd": 514,
    "rsh": 514, "syslog": 514, "lpd": 515, "printer": 515, "talk": 517, "rip": 520, "route": 520, "uucp": 540, "klogin": 543, "kshell": 544,
    "submission": 587, "ldap": 389, "ldaps": 636, "imaps": 993, "pop3s": 995, "msrp": 2855, "non500-isakmp": 4500, "radius": 1812,
    "radius-acct": 1813, "rdp": 3389, "drip": 3949, "domain-s": 853,
}  # fmt: skip
"""Names as the vendors' ACLs and /etc/services write them. Where a name means another port on one platform, that parser says so first."""

PROTOCOLS = {
    "icmp": 1, "igmp": 2, "ipinip": 4, "ipip": 4, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "ah": 51, "ahp": 51, "eigrp": 88, "ospf": 89,
    "ospfigp": 89, "nos": 94, "pim": 103, "pcp": 108, "vrrp": 112, "sctp": 132, "udplite": 136, "ipv6-icmp": 58, "icmpv6": 58,
}  # fmt: skip

ICMP_TYPES: dict[str, tuple[int, int | None]] = {
    "echo-reply": (0, None), "destination-unreachable": (3, None), "unreachable": (3, None), "net-unreachable": (3, 0),
    "host-unreachable": (3, 1),
    "protocol-unreachable": (3, 2), "port-unreachable": (3, 3), "fragmentneed-dfset": (3, 4), "packet-too-big": (3, 4),
    "source-route-failed": (3, 5), "net-unknown": (3, 6), "host-unknown": (3, 7), "administratively-prohibited": (3, 13),
    "source-quench": (4, 0),
    "redirect": (5, None), "net-redirect": (5, 0), "host-redirect": (5, 1), "net-tos-redirect": (5, 2), "host-tos-redirect": (5, 3),
    "echo": (8, None), "echo-request": (8, None), "router-advertisement": (9, None), "router-solicitation": (10, None),
    "time-exceeded": (11, None),
    "ttl-exceeded": (11, 0), "reassembly-timeout": (11, 1), "parameter-problem": (12, None), "timestamp-request": (13, None),
    "timestamp-reply": (14, None), "information-request": (15, None), "information-reply": (16, None), "mask-request": (17, None),
    "address-mask-request": (17, None), "mask-reply": (18, None), "address-mask-reply": (18, None), "traceroute": (30, None),
}  # fmt: skip


_SNMP_LEVELS = ("none", "authentication", "privacy")


def weaker(user: str, group: str) -> str:
    """The level at which a user of SNMPv3 gets in: a group demands its own, whatever keys the user has (RFC 3415 §2.4)."""
    return min(user, group, key=lambda level: _SNMP_LEVELS.index(level) if level in _SNMP_LEVELS else 0)
