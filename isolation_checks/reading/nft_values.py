"""The values that nftables' rules compare with, and what a comparison means for a packet of the model."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from isolation_checks.reading import values
from isolation_checks.snapshot import AddressSet, Match, Names, Ranges, Ternary

ANY = Match()
STATES = ("new", "established", "related", "invalid", "untracked")
FLAGS = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ecn": 64, "cwr": 128}
MODELLED = 63  # the flags that a packet of the model has
_MORE_PORTS = {"ms-sql-s": 1433, "mysql": 3306, "postgresql": 5432, "openvpn": 1194, "rsync": 873, "mdns": 5353, "http-alt": 8080,
    "domain": 53, "sip": 5060, "nfs": 2049, "microsoft-ds": 445, "epmap": 135, "loc-srv": 135, "bootps": 67, "bootpc": 68,
    "pop3s": 995, "imap2": 143, "ntalk": 518, "l2f": 1701, "radius": 1812, "radius-acct": 1813, "ipsec-nat-t": 4500}  # fmt: skip
_MORE_PROTOCOLS = {"ip": 0, "hopopt": 0, "ggp": 3, "ipencap": 4, "egp": 8, "igp": 9, "dccp": 33, "ipv6": 41, "ipv6-route": 43,
    "ipv6-frag": 44, "rsvp": 46, "comp": 108, "ipcomp": 108, "l2tp": 115, "ipv6-nonxt": 59, "ipv6-opts": 60,
    "mobility-header": 135}  # fmt: skip
_ICMP = {"echo-reply": 0, "destination-unreachable": 3, "source-quench": 4, "redirect": 5, "echo-request": 8, "router-advertisement": 9,
    "router-solicitation": 10, "time-exceeded": 11, "parameter-problem": 12, "timestamp-request": 13, "timestamp-reply": 14,
    "info-request": 15, "info-reply": 16, "address-mask-request": 17, "address-mask-reply": 18}  # fmt: skip
_ICMP_CODES = {"net-unreachable": 0, "host-unreachable": 1, "prot-unreachable": 2, "port-unreachable": 3, "net-prohibited": 9,
    "host-prohibited": 10, "admin-prohibited": 13, "frag-needed": 4}  # fmt: skip

_TABLES: dict[str, tuple[dict[str, int], int]] = {
    "protocols": ({**values.PROTOCOLS, **_MORE_PROTOCOLS}, 255),
    "ports": ({**values.PORTS, **_MORE_PORTS}, 65535),
    "icmp-type": (_ICMP, 255),
    "icmp-code": (_ICMP_CODES, 255),
}


@lru_cache(maxsize=1 << 15)
def numbers(kind: str, text: str) -> Ranges | None:
    """A number, a name or a range of them; a prefix of zero length is everything."""
    names, top = _TABLES[kind]
    one = _number(text, names)
    if one is not None:
        return ((one, one),) if one <= top else None
    if text == "*":
        return ((0, top),)
    low, dash, high = text.partition("-")
    first, last = _number(low, names), _number(high, names)
    if not dash or first is None or last is None or first > last or last > top:
        return None
    return ((first, last),)


def _number(text: str, names: dict[str, int]) -> int | None:
    if text.isascii() and text.isdigit():
        return int(text)
    if text[:2] in ("0x", "0X"):
        try:
            return int(text, 16)
        except ValueError:
            return None
    return names.get(text)


@lru_cache(maxsize=1 << 16)
def addresses(text: str) -> AddressSet | None:
    """``10.0.0.1``, ``10.0.0.0/8``, ``10.0.0.1-10.0.0.9``, ``*``."""
    value = values.ip(text)
    if value is not None:
        return (values.host(value),)
    network, slash, length = text.partition("/")
    if slash:
        value = values.ip(network)
        bits = values.mask_length(length)
        return None if value is None or bits is None else (values.prefix(value, bits),)
    if text == "*":
        return (Ternary(0, 0),)
    low, dash, high = text.partition("-")
    first, last = values.ip(low), values.ip(high)
    if not dash or first is None or last is None or first > last:
        return None
    return values.address_range(first, last)


def is_ipv6(text: str) -> bool:
    return text.count(":") > 1


def name(text: str) -> str:
    return text.strip('"')


# --- conjunction -----------------------------------------------------------------------------------------------------------------------


def conjoined(one: Match, other: Match) -> Match | None:
    """What both match; None where nothing can."""
    if one is ANY or one == ANY:
        return other
    if other == ANY:
        return one
    fields: list[Any] = []
    for index in range(len(one)):
        a, b = one[index], other[index]
        if a is None or b is None:
            fields.append(b if a is None else a)
            continue
        both = _BOTH[index](a, b)
        if both is None or both == ():
            return None
        fields.append(both)
    return Match(*fields)


@lru_cache(maxsize=1 << 12)
def common_addresses(one: AddressSet, other: AddressSet) -> AddressSet:
    return tuple(Ternary(a.value | b.value, a.mask | b.mask) for a in one for b in other if not (a.value ^ b.value) & a.mask & b.mask)


def _common_flags(one: Ranges, other: Ranges) -> Ranges:
    return tuple(dict.fromkeys((m | n, v | w) for m, v in one for n, w in other if not (v ^ w) & m & n))


def _common(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(item for item in one if item in other)


def _same(one: str, other: str) -> str | None:
    return one if one == other else None


def covers(pattern: str, text: str) -> bool:
    """Whether an interface's name, or a pattern of names, falls under a pattern."""
    return text.startswith(pattern[:-1]) if pattern.endswith("*") else text == pattern


def common_names(one: Names, other: Names) -> Names | None:
    """Names that both stand for."""
    if one.negated and other.negated:
        return Names(tuple(dict.fromkeys(one.names + other.names)), True)
    if one.negated:
        one, other = other, one
    if other.negated:
        left = tuple(item for item in one.names if not any(covers(pattern, item) for pattern in other.names))
        return Names(left) if left else None
    both = [item for item in one.names if any(covers(pattern, item) for pattern in other.names)]
    both += [item for item in other.names if any(covers(pattern, item) for pattern in one.names)]
    return Names(tuple(dict.fromkeys(both))) if both else None


_BOTH: tuple[Any, ...] = (
    common_addresses,  # src
    common_addresses,  # dst
    values.intersection,  # protocols
    values.intersection,  # sports
    values.intersection,  # dports
    values.intersection,  # icmp
    _common_flags,
    _common,  # fragments
    _common,  # states
    _same,  # vrf
    common_names,
    common_names,
)


# --- TCP flags -------------------------------------------------------------------------------------------------------------------------


def any_flag(mask: int) -> Ranges:
    """One of the flags is set."""
    return tuple((bit, bit) for bit in (1, 2, 4, 8, 16, 32) if mask & bit)


def not_flags(mask: int, value: int) -> Ranges:
    """The masked flags are not exactly this."""
    return tuple((bit, bit & ~value) for bit in (1, 2, 4, 8, 16, 32) if mask & bit)


def flag_set(words: list[str]) -> int | None:
    """``syn``, ``syn,ack``, ``(syn | ack)``, ``0x12``."""
    value = 0
    for word in words:
        if word in (",", "|", "(", ")"):
            continue
        bits = FLAGS.get(word)
        if bits is None:
            bits = _number(word, FLAGS)
        if bits is None or bits > 255:
            return None
        value |= bits
    return value
