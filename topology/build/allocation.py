"""Addresses as functions of (pool, number), and the check that no two allocations meet."""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Address, IPv4Network

from topology.build.context import REPEATED, Build, Taken
from topology.i18n import T
from topology.intent.document import PoolIntent, SliceIntent
from topology.origin import Origin


def from_pool(build: Build, pool: PoolIntent | None, number: int, title: str, origin: Origin) -> IPv4Network | None:
    """The n-th allocation of the pool, counted from 0; a pool that is missing or too small is reported at `origin`."""
    if pool is None:
        build.problem(origin, T("there is no pool for {title}", title=title), hint=T("add it to 'pools' of this network"))
        return None
    return _nth(build, pool.prefix, pool.each, number, title, origin, pool.origin)


def from_slice(
    build: Build, block: IPv4Network | None, part: SliceIntent | None, number: int, title: str, origin: Origin
) -> IPv4Network | None:
    """The n-th allocation of a part of a block: `part.offset` counts from the block's first address."""
    if block is None or part is None:  # a pool of blocks without their layout is said where the pool stands
        return None
    start = int(block.network_address) + int(part.offset.network_address)
    if start + part.offset.num_addresses - 1 > int(block.broadcast_address):
        build.problem(
            part.origin,
            T("the part {part} does not fit into a block of /{length}", part=str(part.offset), length=block.prefixlen),
            T("a part inside the block"),
            T("give the blocks a shorter prefix, or move the part"),
        )
        return None
    return _nth(build, IPv4Network((start, part.offset.prefixlen)), part.each, number, title, origin, part.origin)


def _nth(build: Build, prefix: IPv4Network, each: int, number: int, title: str, origin: Origin, pool: Origin) -> IPv4Network | None:
    if each < prefix.prefixlen:
        return None  # said where the pool stands
    count = 1 << (each - prefix.prefixlen)
    if number >= count:
        build.problem(
            origin,
            T(
                "the pool for {title} is too small: {prefix} has no allocation number {number} of /{each}",
                title=title,
                prefix=str(prefix),
                number=number,
                each=each,
            ),
            T("numbers below {count}", count=count),
            T("widen the pool at {pool}, or choose a smaller number", pool=str(pool)),
        )
        return None
    return IPv4Network((int(prefix.network_address) + (number << (32 - each)), each))


def host(build: Build, prefix: IPv4Network, number: int, title: str, origin: Origin) -> IPv4Address:
    """The n-th address of a network; a number beyond its end is reported, and the last usable one is returned to go on with."""
    if not 0 < number < prefix.num_addresses - 1:
        build.problem(
            origin,
            T("{title} would be host {number} of {prefix}", title=title, number=number, prefix=str(prefix)),
            T("1 to {last}", last=prefix.num_addresses - 2),
            T("choose another number, or a wider network"),
        )
        return prefix[max(prefix.num_addresses - 2, 0)]
    return prefix[number]


def collisions(build: Build) -> None:
    """Two allocations of one realm and VRF that share an address: names both sides."""
    between: Counter[tuple[str, str]] = Counter()
    for entries in build.taken.values():
        ordered = sorted(entries, key=lambda entry: (int(entry[0].network_address), entry[0].prefixlen, entry[1]))
        last = None
        for entry in ordered:
            if last is not None and int(entry[0].network_address) <= int(last[0].broadcast_address):
                first, second = sorted((last, entry), key=lambda item: item[2])
                _collision(build, first, second, between)
            if last is None or int(entry[0].broadcast_address) > int(last[0].broadcast_address):
                last = entry


def _collision(build: Build, first: Taken, second: Taken, between: Counter[tuple[str, str]]) -> None:
    # Within one site its profile is to blame.
    here, there = (second[3], first[3]) if first[2] == second[2] else (second[2], first[2])
    between[(here.file, there.file)] += 1
    if here.file != there.file and between[(here.file, there.file)] > REPEATED:
        return  # two counties of one number: one cause
    build.problem(
        here,
        T(
            "{prefix} of {title} overlaps {other} of {owner} at {place}",
            prefix=str(second[0]),
            title=second[1],
            other=str(first[0]),
            owner=first[1],
            place=str(there),
        ),
        T("addresses that nobody else has"),
        T("choose another number or prefix for one of the two"),
    )
