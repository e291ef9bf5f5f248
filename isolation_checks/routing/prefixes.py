"""Prefixes as single integers, and bandwidths that a port's name tells."""

from __future__ import annotations

import re
from typing import TypeAlias

Key: TypeAlias = int
"""network * 64 + length: sorts as (network, length) does, and costs one comparison."""


def key(network: int, length: int) -> Key:
    return network << 6 | length


def mask(length: int) -> int:
    return 0xFFFFFFFF << (32 - length) & 0xFFFFFFFF


def covers(outer: Key, inner: Key) -> bool:
    """Whether all addresses of ``inner`` are in ``outer``."""
    length = outer & 63
    return length <= inner & 63 and (inner >> 6) & mask(length) == outer >> 6


def dotted(address: int) -> str:
    return ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


def show(prefix: Key) -> str:
    return f"{dotted(prefix >> 6)}/{prefix & 63}"


def address(text: str) -> int | None:
    """A dotted address, or None."""
    parts = text.split(".")
    if len(parts) != 4 or not all(part.isdigit() and int(part) < 256 for part in parts):
        return None
    return int(parts[0]) << 24 | int(parts[1]) << 16 | int(parts[2]) << 8 | int(parts[3])


_SPEEDS = (
    ("hundredgig", 100_000), ("100ge", 100_000), ("fortygig", 40_000), ("40ge", 40_000), ("twentyfivegig", 25_000), ("25ge", 25_000),
    ("xgigabit", 10_000), ("tengig", 10_000), ("ten-gig", 10_000), ("10ge", 10_000), ("gigabit", 1_000), ("ge", 1_000),
    ("fastethernet", 100), ("ethernet", 100), ("serial", 2), ("e1", 2),
)  # fmt: skip


def bandwidth(name: str) -> int | None:
    """Mbit/s of a port, by the kind of port that its name says; None where it says none (an aggregate, a VLAN's interface)."""
    kind = re.sub(r"[\d/.:]+$", "", name).lower()
    return next((speed for start, speed in _SPEEDS if kind.startswith(start)), None)
