"""Sets of packets as listings show them: a line for what goes between the same ends, in the words of engineers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from isolation_checks.report.words import count_of
from topology.i18n import T, Text

if TYPE_CHECKING:
    from isolation_checks.packets.show import Row
    from isolation_checks.packets.space import Node, PacketSpace

_WORKED = 128
"""So many boxes of a set are worked out before they are put together; a set that needs more is said to be larger."""
_LISTED = 4
"""So many addresses stand in a line."""


class Line(NamedTuple):
    """Source and target addresses, and the services between them."""

    source: str
    target: str
    services: str


def boxes(space: PacketSpace, packets: Node, most: int) -> list[dict[str, Any]]:
    """A set of packets as JSON."""
    return [
        {
            "source": row.ends[0],
            "target": row.ends[1],
            "protocols": list(row.protocols),
            "source_ports": list(row.sports),
            "target_ports": list(row.dports),
            "flags": list(row.flags),
            "fragments": list(row.fragments),
        }
        for row in space.describe(packets, most)
    ]


def lines(space: PacketSpace, packets: Node, most: int) -> tuple[list[Line], Text | None]:
    """At most so many lines about a set, and what is to be said where they are not all."""
    rows = space.describe(packets, _WORKED)
    services: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        services.setdefault(row.ends, {})[service(row)] = None
    targets: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (source, target), several in services.items():
        targets.setdefault((source, tuple(several)), []).append(target)
    sources: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for (source, words), ends in targets.items():
        sources.setdefault((tuple(ends), words), []).append(source)
    found = [Line(_some(starts), _some(all_ends), ", ".join(words)) for (all_ends, words), starts in sources.items()]
    if len(rows) < _WORKED and len(found) <= most:
        return found, None
    return found[:most], T("and perhaps more: {count} packets in all", count=count_of(space.count(packets)))


def _some(words: Sequence[str]) -> str:
    return ", ".join(words[:_LISTED]) + (f" +{len(words) - _LISTED}" if len(words) > _LISTED else "")


def service(row: Row) -> str:
    """``tcp 443``, ``udp 1024-65535 -> 53``, ``icmp type 3``: a box of packets in the words of engineers."""
    low, high = row.protocols
    later = " fragments" if row.fragments == (2, 2) else ""
    if (low, high) == (0, 255):
        return f"ip{later}"
    name = {1: "icmp", 6: "tcp", 17: "udp"}.get(low, f"ip {low}") if low == high else f"ip {low}-{high}"
    if later or low not in (1, 6, 17) or low != high:
        return f"{name}{later}"
    if low == 1:
        return f"{name}{_kinds(row.dports)}"
    sports, dports = _ports(row.sports), _ports(row.dports)
    flags = f" flags {row.flags[0]:#04x}/{row.flags[1]:#04x}" if row.flags[1] else ""
    return f"{name} {sports + ' -> ' if sports else ''}{dports or '*'}{flags}"


def _kinds(span: tuple[int, int]) -> str:
    """Types and codes of ICMP: a number is type * 256 + code."""
    low, high = span
    if span == (0, 65535):
        return ""
    if low & 255 == 0 and high & 255 == 255:
        return f" type {low >> 8}" + (f"-{high >> 8}" if high >> 8 != low >> 8 else "")
    return f" type {low >> 8} code {low & 255}" + (f" to type {high >> 8} code {high & 255}" if high != low else "")


def _ports(span: tuple[int, int]) -> str:
    if span == (0, 65535):
        return ""
    return str(span[0]) if span[0] == span[1] else f"{span[0]}-{span[1]}"
