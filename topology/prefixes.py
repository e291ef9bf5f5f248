"""Sets of IPv4 prefixes, as fast as a city of 5,000 devices needs them: `ipaddress` does the same at a tenth of the speed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Interface, IPv4Network


@lru_cache(maxsize=1 << 17)
def network(base: int, length: int) -> IPv4Network:
    """The prefix with that first address; one object for equal values."""
    return IPv4Network((base, length))


def interface(address: IPv4Address, length: int) -> IPv4Interface:
    """An address with the length of its network; from numbers, since from text it takes three times as long."""
    return IPv4Interface((int(address), length))


def collapse(prefixes: Iterable[IPv4Network]) -> tuple[IPv4Network, ...]:
    """The fewest prefixes that hold exactly the same addresses, in order."""
    ranges: list[list[int]] = []
    for first, last in sorted((int(prefix.network_address), int(prefix.broadcast_address)) for prefix in prefixes):
        if ranges and first <= ranges[-1][1] + 1:
            ranges[-1][1] = max(ranges[-1][1], last)
        else:
            ranges.append([first, last])
    return tuple(prefix for first, last in ranges for prefix in _split(first, last))


def _split(first: int, last: int) -> Iterable[IPv4Network]:
    """A range as prefixes, the largest that fit one after the other."""
    while first <= last:
        aligned = (first & -first).bit_length() - 1 if first else 32
        size = min(aligned, (last - first + 1).bit_length() - 1)
        yield network(first, 32 - size)
        first += 1 << size


def within(inner: IPv4Network, outer: IPv4Network) -> bool:
    """Whether `inner` lies in `outer`."""
    shift = 32 - outer.prefixlen
    return inner.prefixlen >= outer.prefixlen and int(inner.network_address) >> shift == int(outer.network_address) >> shift
