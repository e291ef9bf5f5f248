"""What the kernel of a namespace has: routes and interfaces over rtnetlink, a socket a namespace that stays open."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from lab.namespaces import inside
from lab.netlink import attributes, dump, opened

_GETLINK, _NEWLINK, _GETROUTE, _NEWROUTE = 18, 16, 26, 24
_ROUTE = struct.Struct("=BBBBBBBBI")
_LINK = struct.Struct("=BxHiII")
_DST, _OIF, _GATEWAY, _PRIORITY, _MULTIPATH, _TABLE, _VIA = 1, 4, 5, 6, 9, 15, 18
_IFNAME = 3
_UP = 1
_RUNNING = 0x40

UNICAST, BLACKHOLE, UNREACHABLE = 1, 6, 7
LOCAL_TABLE = 255


class NextHop(NamedTuple):
    interface: int  # index
    gateway: int | None


class KernelRoute(NamedTuple):
    """A route as the kernel has it; addresses are numbers. ``kind`` is RTN_UNICAST and so on, ``protocol`` RTPROT_KERNEL and so on."""

    table: int
    network: int
    length: int
    kind: int
    protocol: int
    metric: int
    hops: tuple[NextHop, ...]


@dataclass(frozen=True, slots=True)
class KernelLink:
    index: int
    name: str
    up: bool
    running: bool


class Netlink:
    """A netlink socket in a namespace; it stays there whatever thread uses it. Raises OSError."""

    def __init__(self, namespace: str | None) -> None:
        if namespace is None:
            self._socket = opened(socket.NETLINK_ROUTE)
        else:
            with inside(namespace):
                self._socket = opened(socket.NETLINK_ROUTE)

    def close(self) -> None:
        self._socket.close()

    def routes(self) -> list[KernelRoute]:
        """IPv4 routes of all tables but `local`."""
        body = _ROUTE.pack(socket.AF_INET, 0, 0, 0, 0, 0, 0, 0, 0)
        found = (_route(message) for kind, message in dump(self._socket, _GETROUTE, body) if kind == _NEWROUTE)
        return sorted(route for route in found if route.table != LOCAL_TABLE)

    def links(self) -> list[KernelLink]:
        found = []
        for kind, message in dump(self._socket, _GETLINK, _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0)):
            if kind == _NEWLINK:
                _, _, index, flags, _ = _LINK.unpack_from(message)
                name = next((value for key, value in attributes(message, _LINK.size) if key == _IFNAME), b"")
                found.append(KernelLink(index, name.rstrip(b"\0").decode(), bool(flags & _UP), bool(flags & _RUNNING)))
        return found


def _route(message: bytes) -> KernelRoute:
    _, length, _, _, table, protocol, _, kind, _ = _ROUTE.unpack_from(message)
    network = metric = oif = 0
    gateway: int | None = None
    hops: tuple[NextHop, ...] = ()
    for key, value in attributes(message, _ROUTE.size):
        if key == _DST:
            network = int.from_bytes(value, "big")
        elif key == _OIF:
            oif = int.from_bytes(value, "little")
        elif key == _GATEWAY:
            gateway = int.from_bytes(value, "big")
        elif key == _PRIORITY:
            metric = int.from_bytes(value, "little")
        elif key == _TABLE:
            table = int.from_bytes(value, "little")
        elif key == _MULTIPATH:
            hops = tuple(sorted(_hops(value)))
    if not hops and oif:
        hops = (NextHop(oif, gateway),)
    return KernelRoute(table, network, length, kind, protocol, metric, hops)


def _hops(value: bytes) -> Iterator[NextHop]:
    offset = 0
    while offset + 8 <= len(value):
        length, _, _, index = struct.unpack_from("=HBBi", value, offset)
        gateway = next(
            (int.from_bytes(data, "big") for key, data in attributes(value[: offset + length], offset + 8) if key == _GATEWAY), None
        )
        yield NextHop(index, gateway)
        offset += (length + 3) & ~3
