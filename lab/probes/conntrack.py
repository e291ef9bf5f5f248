"""Forgetting the sessions that kernels keep, so that a probe meets what the configs say and not what an earlier one left behind."""

from __future__ import annotations

import errno
import socket
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lab import netlink
from lab.namespaces import inside

_NETLINK_NETFILTER = 12
_NEW, _GET, _DELETE = (1 << 8) | 0, (1 << 8) | 1, (1 << 8) | 2
"""Subsystem ctnetlink, messages IPCTNL_MSG_CT_NEW, _GET and _DELETE (linux/netfilter/nfnetlink_conntrack.h)."""
_IPV4 = struct.pack("=BBH", socket.AF_INET, 0, 0)
_ORIGINAL, _ADDRESSES, _PORTS = 1, 1, 2  # CTA_TUPLE_ORIG, CTA_TUPLE_IP, CTA_TUPLE_PROTO
_SRC, _DST, _PROTOCOL, _SPORT, _DPORT = 1, 2, 1, 2, 3
_UNKNOWN = frozenset({errno.EINVAL, errno.EPROTONOSUPPORT, errno.EOPNOTSUPP})
"""A kernel without it keeps no sessions that could be asked for."""
_ESTABLISHED = "01"


class _End(NamedTuple):
    address: bytes
    port: int


def forget_sessions(namespace: str) -> None:
    """Of IPv4, in one namespace, but for the TCP connections of its own processes: BGP would come to a stop where a stateful filter
    no longer knows its session. Raises OSError.
    """
    with inside(namespace):
        own = set(_connections())
        try:
            opened = netlink.opened(_NETLINK_NETFILTER)
        except OSError as error:
            if error.errno in _UNKNOWN:
                return
            raise
        with opened:
            for session in _sessions(opened):
                if _ends(session) not in own:
                    _forget(opened, session)


def _connections() -> Iterator[frozenset[_End]]:
    """Both ends of each connection that a process of the calling thread's namespace has open (Documentation/networking/proc_net_tcp)."""
    for line in Path("/proc/thread-self/net/tcp").read_text().splitlines()[1:]:
        _, local, remote, state = line.split()[:4]
        if state == _ESTABLISHED:
            yield frozenset(_End(int(end[:8], 16).to_bytes(4, sys.byteorder), int(end[9:], 16)) for end in (local, remote))


def _sessions(opened: socket.socket) -> list[bytes]:
    """Of each the tuple that it began with, as the kernel writes it."""
    try:
        bodies = [body for kind, body in netlink.dump(opened, _GET, _IPV4) if kind == _NEW]
    except OSError as error:
        if error.errno in _UNKNOWN:
            return []
        raise
    return [dict(netlink.attributes(body, len(_IPV4)))[_ORIGINAL] for body in bodies]


def _ends(session: bytes) -> frozenset[_End] | None:
    """Both ends of a TCP session."""
    parts = dict(netlink.attributes(session))
    addresses, ports = dict(netlink.attributes(parts[_ADDRESSES])), dict(netlink.attributes(parts[_PORTS]))
    if ports[_PROTOCOL][0] != socket.IPPROTO_TCP:
        return None
    return frozenset(_End(addresses[who], int.from_bytes(ports[which], "big")) for who, which in ((_SRC, _SPORT), (_DST, _DPORT)))


def _forget(opened: socket.socket, session: bytes) -> None:
    try:
        netlink.order(opened, _DELETE, _IPV4 + netlink.nested(_ORIGINAL, session))
    except OSError as error:
        if error.errno != errno.ENOENT:  # it ran out meanwhile
            raise
