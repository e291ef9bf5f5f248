"""Messages to the kernel and what they hold (RFC 3549), for whatever subsystem."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

HEADER = struct.Struct("=IHHII")
REQUEST_ACK, REQUEST_DUMP = 0x5, 0x301
_ERROR, _DONE = 2, 3
_NESTED, _KIND = 0x8000, 0x3FFF
_ROOM = 1 << 17


def opened(protocol: int) -> socket.socket:
    """A socket in the calling thread's namespace; it stays there whatever thread uses it. Raises OSError."""
    made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
    made.settimeout(10)
    return made


def dump(netlink: socket.socket, kind: int, body: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and body of all that the kernel has of a kind. Raises OSError."""
    _send(netlink, kind, REQUEST_DUMP, body)
    while True:
        data = netlink.recv(_ROOM)
        offset = 0
        while offset < len(data):
            length, type_, _, _, _ = HEADER.unpack_from(data, offset)
            if type_ == _DONE:
                return
            if type_ == _ERROR:
                raise _failure(data, offset)
            yield type_, data[offset + HEADER.size : offset + length]
            offset += (length + 3) & ~3


def order(netlink: socket.socket, kind: int, body: bytes) -> None:
    """Have something done. Raises OSError."""
    _send(netlink, kind, REQUEST_ACK, body)
    if (failure := _failure(netlink.recv(_ROOM), 0)).errno:
        raise failure


def _send(netlink: socket.socket, kind: int, flags: int, body: bytes) -> None:
    netlink.send(HEADER.pack(HEADER.size + len(body), kind, flags, 1, 0) + body)


def _failure(data: bytes, offset: int) -> OSError:
    """Of an answer of type NLMSG_ERROR, where 0 says that it is done."""
    return OSError(-struct.unpack_from("=i", data, offset + HEADER.size)[0], "netlink")


def attributes(data: bytes, offset: int = 0) -> Iterator[tuple[int, bytes]]:
    while offset + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, offset)
        if length < 4:
            return
        yield kind & _KIND, data[offset + 4 : offset + length]
        offset += (length + 3) & ~3


def nested(kind: int, value: bytes) -> bytes:
    """An attribute that holds attributes."""
    return struct.pack("=HH", 4 + len(value), kind | _NESTED) + value
