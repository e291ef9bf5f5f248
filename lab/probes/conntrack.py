"""Forgetting the sessions that kernels keep, so that a probe meets what the configs say and not what an earlier one left behind."""

from __future__ import annotations

import socket
import struct

from lab.namespaces import inside

_NETLINK_NETFILTER = 12
_DELETE = (1 << 8) | 2
"""Subsystem ctnetlink, message IPCTNL_MSG_CT_DELETE; without a tuple it deletes all (linux/netfilter/nfnetlink_conntrack.h)."""
_REQUEST_ACK = 0x5
_ERROR = 2
_UNKNOWN = (22, 93, 95)  # EINVAL, EPROTONOSUPPORT, EOPNOTSUPP: a kernel without it keeps no sessions that could be asked for


def forget_sessions(namespace: str) -> None:
    """Of IPv4, in one namespace. Raises OSError."""
    with inside(namespace), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_NETFILTER) as netlink:
        netlink.settimeout(10)
        body = struct.pack("=BBH", socket.AF_INET, 0, 0)
        netlink.send(struct.pack("=IHHII", 16 + len(body), _DELETE, _REQUEST_ACK, 1, 0) + body)
        reply = netlink.recv(4096)
    kind = struct.unpack_from("=H", reply, 4)[0]
    number = -struct.unpack_from("=i", reply, 16)[0] if kind == _ERROR else 0
    if number and number not in _UNKNOWN:
        raise OSError(number, "conntrack", namespace)
