"""How H3C devices write interface names, VLAN lists, ports, protocols and masks."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

from isolation_checks.reading import values
from isolation_checks.snapshot import InterfaceKind, Range, Ranges

Words: TypeAlias = tuple[str, ...]

ALL_VLANS: Range = (1, 4094)

_TYPES: dict[str, InterfaceKind] = {
    "GigabitEthernet": InterfaceKind.PHYSICAL,
    "Ten-GigabitEthernet": InterfaceKind.PHYSICAL,
    "Ethernet": InterfaceKind.PHYSICAL,
    "FastEthernet": InterfaceKind.PHYSICAL,
    "FortyGigE": InterfaceKind.PHYSICAL,
    "HundredGigE": InterfaceKind.PHYSICAL,
    "Twenty-FiveGigE": InterfaceKind.PHYSICAL,
    "FiftyGigE": InterfaceKind.PHYSICAL,
    "TwoHundredGigE": InterfaceKind.PHYSICAL,
    "FourHundredGigE": InterfaceKind.PHYSICAL,
    "Smartrate-Ethernet": InterfaceKind.PHYSICAL,
    "XGigabitEthernet": InterfaceKind.PHYSICAL,
    "WLAN-Ethernet": InterfaceKind.PHYSICAL,
    "Eth-channel": InterfaceKind.PHYSICAL,
    "Serial": InterfaceKind.PHYSICAL,
    "Pos": InterfaceKind.PHYSICAL,
    "Atm": InterfaceKind.PHYSICAL,
    "MP-group": InterfaceKind.AGGREGATE,
    "Cellular": InterfaceKind.OTHER,
    "Bri": InterfaceKind.OTHER,
    "M-GigabitEthernet": InterfaceKind.MANAGEMENT,
    "M-Ethernet": InterfaceKind.MANAGEMENT,
    "MGigabitEthernet": InterfaceKind.MANAGEMENT,
    "MEth": InterfaceKind.MANAGEMENT,
    "Bridge-Aggregation": InterfaceKind.AGGREGATE,
    "Route-Aggregation": InterfaceKind.AGGREGATE,
    "Reth": InterfaceKind.AGGREGATE,
    "Vlan-interface": InterfaceKind.SVI,
    "LoopBack": InterfaceKind.LOOPBACK,
    "InLoopBack": InterfaceKind.LOOPBACK,
    "NULL": InterfaceKind.NULL,
    "Tunnel": InterfaceKind.TUNNEL,
    "Tunnel-Bundle": InterfaceKind.TUNNEL,
    "Virtual-Template": InterfaceKind.TUNNEL,
    "Virtual-PPP": InterfaceKind.TUNNEL,
    "Virtual-Access": InterfaceKind.TUNNEL,
    "Dialer": InterfaceKind.TUNNEL,
    "SSLVPN-AC": InterfaceKind.TUNNEL,
    "Vsi-interface": InterfaceKind.BRIDGE,
    "VE-L2VPN": InterfaceKind.BRIDGE,
    "VE-L3VPN": InterfaceKind.BRIDGE,
    "Virtual-Ethernet": InterfaceKind.BRIDGE,
    "WLAN-BSS": InterfaceKind.OTHER,
    "WLAN-ESS": InterfaceKind.OTHER,
    "WLAN-Radio": InterfaceKind.OTHER,
    "Blade": InterfaceKind.OTHER,
    "Blade-Aggregation": InterfaceKind.OTHER,
    "Aux": InterfaceKind.CONSOLE,
    "Async": InterfaceKind.CONSOLE,
}
_LOWER = {name.lower(): name for name in _TYPES}
# Where an abbreviation fits several types, the first of these that it begins; "g1/0/1" is a GigabitEthernet on every device.
_SHORT = (
    "GigabitEthernet", "Ten-GigabitEthernet", "Ethernet", "Vlan-interface", "LoopBack", "Bridge-Aggregation", "Route-Aggregation",
    "M-GigabitEthernet", "FortyGigE", "HundredGigE", "Twenty-FiveGigE", "Tunnel", "Serial", "NULL", "Dialer", "Virtual-Template",
)  # fmt: skip
_ALIASES = {
    "ge": "GigabitEthernet", "xge": "Ten-GigabitEthernet", "fge": "FortyGigE", "hge": "HundredGigE", "wge": "Twenty-FiveGigE",
    "bagg": "Bridge-Aggregation", "ragg": "Route-Aggregation", "mge": "M-GigabitEthernet", "tengigabitethernet": "Ten-GigabitEthernet",
    "fortygigethernet": "FortyGigE", "twentyfivegige": "Twenty-FiveGigE",
}  # fmt: skip


@lru_cache(maxsize=1 << 14)
def interface_name(text: str) -> str | None:
    """The canonical name of ``g1/0/1``, ``GigabitEthernet 1/0/1`` or ``vlan-interface 10``; None for what is none."""
    at = next((index for index, character in enumerate(text) if character.isdigit()), None)
    if not at:
        return None
    kind = _type_name(text[:at].rstrip().lower())
    number = text[at:]
    if kind is None or not number.isascii() or number.strip("0123456789/.:") or not number[-1].isdigit():
        return None
    if kind == "Vlan-interface" and vlan_id(number) is None:
        return None
    return kind + number


def _type_name(word: str) -> str | None:
    if found := _LOWER.get(word) or _ALIASES.get(word):
        return found
    if not word:
        return None
    return next((name for name in _SHORT if name.lower().startswith(word)), None) or _unique(word)


def _unique(word: str) -> str | None:
    near = [name for lowered, name in _LOWER.items() if lowered.startswith(word)]
    return near[0] if len(near) == 1 else None


def take_interface(words: Words, start: int = 0) -> tuple[str, int] | None:
    """An interface name that begins at ``words[start]``, in one word or two, and the index of what follows."""
    if start >= len(words):
        return None
    if name := interface_name(words[start]):
        return name, start + 1
    if start + 1 < len(words) and words[start + 1][:1].isdigit() and (name := interface_name(f"{words[start]} {words[start + 1]}")):
        return name, start + 2
    return None


def whole_interface(words: Words) -> str | None:
    """The interface that all the words name."""
    found = take_interface(words)
    return found[0] if found and found[1] == len(words) else None


@lru_cache(maxsize=1 << 12)
def interface_kind(name: str) -> InterfaceKind:
    if "." in name:
        return InterfaceKind.SUBINTERFACE
    return _TYPES.get(name.rstrip("0123456789/:"), InterfaceKind.OTHER)


def interface_range(words: Words) -> tuple[str, ...] | None:
    """``G1/0/1 to G1/0/4 [,] G1/0/9`` as names; None where it is none."""
    names: list[str] = []
    at = 0
    words = tuple(part for word in words for part in word.replace(",", " ").split())
    while at < len(words):
        first = take_interface(words, at)
        if first is None:
            return None
        name, at = first
        if at < len(words) and words[at].lower() == "to":
            last = take_interface(words, at + 1)
            span = last and _span(name, last[0])
            if not last or not span:
                return None
            names += span
            at = last[1]
        else:
            names.append(name)
    return tuple(names) or None


def _span(first: str, last: str) -> list[str] | None:
    head, _, low = first.rpartition("/")
    other, _, high = last.rpartition("/")
    if not head:
        kind = first.rstrip("0123456789")
        head, low, other, high = kind, first[len(kind) :], last.rstrip("0123456789"), last[len(kind) :]
    else:
        head, other = head + "/", other + "/"
    if head != other or not low.isdigit() or not high.isdigit() or not 0 <= int(high) - int(low) < 1024:
        return None
    return [f"{head}{number}" for number in range(int(low), int(high) + 1)]


@lru_cache(maxsize=1 << 12)
def vlan_list(words: Words) -> Ranges | None:
    """``10 20 to 30`` or ``all``; None where it is neither."""
    if len(words) == 1 and words[0].lower() == "all":
        return (ALL_VLANS,)
    found: list[Range] = []
    at = 0
    while at < len(words):
        first = vlan_id(words[at])
        last = first
        if at + 2 < len(words) and words[at + 1].lower() == "to":
            last = vlan_id(words[at + 2])
            at += 2
        at += 1
        if first is None or last is None:
            return None
        found.append((first, last))
    return values.normalized(found) or None


def vlan_id(word: str) -> int | None:
    number = integer(word)
    return number if number is not None and 1 <= number <= 4094 else None


@lru_cache(maxsize=1 << 12)
def integer(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) <= 10 else None


_PORTS = {**values.PORTS, "dnsix": 90, "mobilip-mn": 435}
_SERVICE_PROTOCOLS = {**values.PROTOCOLS, "icmpv6": 58}


@lru_cache(maxsize=1 << 12)
def port(word: str) -> int | None:
    number = integer(word)
    if number is not None:
        return number if number <= 65535 else None
    return _PORTS.get(word.lower())


@lru_cache(maxsize=1 << 10)
def protocol(word: str) -> int | None:
    """A protocol's number; -1 for ``ip``, which is every one."""
    lowered = word.lower()
    if lowered == "ip":
        return -1
    number = integer(word)
    if number is not None:
        return number if number <= 255 else None
    return _SERVICE_PROTOCOLS.get(lowered)


def port_condition(words: Words, at: int) -> tuple[Ranges, int] | None:
    """``eq|gt|lt|neq P`` or ``range P Q`` at ``words[at]``: the ports, and the index of what follows."""
    if at + 1 >= len(words):
        return None
    operator = words[at].lower()
    first = port(words[at + 1])
    if first is None:
        return None
    if operator == "range":
        last = port(words[at + 2]) if at + 2 < len(words) else None
        return None if last is None else (((min(first, last), max(first, last)),), at + 3)
    if operator == "eq":
        return ((first, first),), at + 2
    if operator == "gt":
        return values.normalized([(first + 1, 65535)]), at + 2
    if operator == "lt":
        return values.normalized([(0, first - 1)]), at + 2
    if operator == "neq":
        return values.complement(((first, first),), 65535), at + 2
    return None


# Comware's names mean a type and a code.
_ICMP = {
    "echo": (8, 0), "echo-reply": (0, 0), "source-quench": (4, 0), "parameter-problem": (12, 0), "timestamp-request": (13, 0),
    "timestamp-reply": (14, 0), "information-request": (15, 0), "information-reply": (16, 0),
}  # fmt: skip


def icmp_condition(words: Words, at: int) -> tuple[Ranges, int] | None:
    """``name`` or ``type [code]`` at ``words[at]``."""
    if at >= len(words):
        return None
    kind = integer(words[at])
    if kind is None:
        named = _ICMP.get(words[at].lower()) or values.ICMP_TYPES.get(words[at].lower())
        return None if named is None else (values.icmp(*named), at + 1)
    if kind > 255:
        return None
    code = integer(words[at + 1]) if at + 1 < len(words) else None
    if code is None:
        return values.icmp(kind), at + 1
    return (values.icmp(kind, code), at + 2) if code <= 255 else None


def wildcard_word(word: str) -> int | None:
    """A wildcard mask; ``0`` alone is that of a host."""
    return 0 if word == "0" else values.ip(word)


def dotted_area(word: str) -> str | None:
    """``0`` or ``0.0.0.0`` as the dotted form."""
    number = integer(word)
    if number is not None:
        return values.dotted(number) if number <= values.FULL else None
    return word if values.ip(word) is not None else None
