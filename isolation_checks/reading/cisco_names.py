"""Names of IOS interfaces: in full and without blanks, however they were typed."""

from __future__ import annotations

import re
from functools import lru_cache

from isolation_checks.snapshot import InterfaceKind

# In the order in which an abbreviation is tried.
_TYPES: tuple[tuple[str, InterfaceKind], ...] = (
    ("GigabitEthernet", InterfaceKind.PHYSICAL),
    ("FastEthernet", InterfaceKind.PHYSICAL),
    ("TenGigabitEthernet", InterfaceKind.PHYSICAL),
    ("Ethernet", InterfaceKind.PHYSICAL),
    ("TwoGigabitEthernet", InterfaceKind.PHYSICAL),
    ("FiveGigabitEthernet", InterfaceKind.PHYSICAL),
    ("TwentyFiveGigE", InterfaceKind.PHYSICAL),
    ("FortyGigabitEthernet", InterfaceKind.PHYSICAL),
    ("FiftyGigE", InterfaceKind.PHYSICAL),
    ("HundredGigE", InterfaceKind.PHYSICAL),
    ("HundredGigabitEthernet", InterfaceKind.PHYSICAL),
    ("TwoHundredGigE", InterfaceKind.PHYSICAL),
    ("FourHundredGigE", InterfaceKind.PHYSICAL),
    ("AppGigabitEthernet", InterfaceKind.PHYSICAL),
    ("Wlan-GigabitEthernet", InterfaceKind.PHYSICAL),
    ("Serial", InterfaceKind.PHYSICAL),
    ("POS", InterfaceKind.PHYSICAL),
    ("ATM", InterfaceKind.PHYSICAL),
    ("BRI", InterfaceKind.PHYSICAL),
    ("Async", InterfaceKind.PHYSICAL),
    ("Group-Async", InterfaceKind.OTHER),
    ("Cellular", InterfaceKind.PHYSICAL),
    ("Dot11Radio", InterfaceKind.PHYSICAL),
    ("Embedded-Service-Engine", InterfaceKind.PHYSICAL),
    ("Service-Engine", InterfaceKind.PHYSICAL),
    ("Vlan", InterfaceKind.SVI),
    ("Loopback", InterfaceKind.LOOPBACK),
    ("Null", InterfaceKind.NULL),
    ("Port-channel", InterfaceKind.AGGREGATE),
    ("Tunnel", InterfaceKind.TUNNEL),
    ("Multilink", InterfaceKind.AGGREGATE),
    ("BVI", InterfaceKind.BRIDGE),
    ("BDI", InterfaceKind.BRIDGE),
    ("Dialer", InterfaceKind.OTHER),
    ("Virtual-Template", InterfaceKind.OTHER),
    ("Virtual-PPP", InterfaceKind.TUNNEL),
    ("Virtual-TokenRing", InterfaceKind.OTHER),
    ("VirtualPortGroup", InterfaceKind.OTHER),
    ("NVI", InterfaceKind.OTHER),
    ("nve", InterfaceKind.TUNNEL),
    ("LISP", InterfaceKind.TUNNEL),
    ("pseudowire", InterfaceKind.TUNNEL),
    ("overlay", InterfaceKind.TUNNEL),
    ("mgmt", InterfaceKind.MANAGEMENT),
)
_PARTS = re.compile(r"([A-Za-z][A-Za-z-]*)\s*([0-9]+(?:[/:][0-9]+)*(?:\.[0-9]+)?)")
_ANY = re.compile(r"[A-Za-z][A-Za-z0-9_-]*[0-9]+(?:[/:.][0-9]+)*")


@lru_cache(maxsize=1 << 14)
def interface(text: str) -> tuple[str, InterfaceKind] | None:
    """``gi 0/1`` to ("GigabitEthernet0/1", PHYSICAL); None where it is no name of an interface.

    Of a type that is not known, the name stays as typed and the kind is OTHER.
    """
    parts = _PARTS.fullmatch(text.strip())
    if parts is None:
        return (text.strip(), InterfaceKind.OTHER) if _ANY.fullmatch(text.strip()) else None
    typed = parts[1].lower()
    number = parts[2]
    found = next(((name, kind) for name, kind in _TYPES if name.lower() == typed), None)
    if found is None:
        found = next(((name, kind) for name, kind in _TYPES if name.lower().startswith(typed)), None)
    if found is None:
        return parts[1] + number, InterfaceKind.OTHER
    name, kind = found
    return name + number, InterfaceKind.SUBINTERFACE if "." in number else kind


def name(words: list[str]) -> str | None:
    """The canonical name that the words are; None for anything else."""
    found = interface(" ".join(words))
    return found[0] if found else None


def leading(words: list[str]) -> tuple[str, int] | None:
    """The interface that the words begin with, and how many of them it takes: `gi 0/1` is two."""
    for count in (1, 2):
        if len(words) >= count and (count == 1 or words[0].replace("-", "").isalpha()):
            found = interface(" ".join(words[:count]))
            if found and (count == 2 or any(character.isdigit() for character in words[0])):
                return found[0], count
    return None


def spans(text: str) -> list[str] | None:
    """The interfaces of ``interface range``: ``gi0/1 - 4, gi0/10``; None where it is none that can be read."""
    names: list[str] = []
    kind = ""
    for piece in text.replace(" , ", ",").split(","):
        first, _, last = (part.strip() for part in piece.partition("-"))
        if "-" in piece and not first[-1:].isdigit():  # a type with a hyphen in its name
            first, _, last = (part.strip() for part in piece.strip().rpartition("-"))
            if not first[-1:].isdigit():
                first, last = piece.strip(), ""
        if first[:1].isdigit():
            first = kind + first
        found = interface(first)
        if found is None:
            return None
        head, sign, start = _numbered(found[0])
        kind = "".join(character for character in found[0] if not character.isdigit() and character not in "/.:")
        if not last:
            names.append(found[0])
            continue
        end = _numbered(last)[2]
        if not start.isdigit() or not end.isdigit() or int(end) < int(start) or int(end) - int(start) > 4094:
            return None
        names.extend(f"{head}{sign}{number}" for number in range(int(start), int(end) + 1))
    return names


def _numbered(text: str) -> tuple[str, str, str]:
    """``GigabitEthernet1/0/7`` to ("GigabitEthernet1/0", "/", "7")."""
    digits = len(text)
    while digits and text[digits - 1].isdigit():
        digits -= 1
    return text[:digits], "", text[digits:]
