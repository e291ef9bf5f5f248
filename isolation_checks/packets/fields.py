"""A packet as the proofs see it."""

from __future__ import annotations

from typing import NamedTuple

from isolation_checks.snapshot import Fragment, TcpFlag

ICMP, TCP, UDP = 1, 6, 17
WITH_PORTS = (6, 17, 132)  # TCP, UDP, SCTP


PORTS = (0, 65535)
ICMP_REPLIES = ((8, 0), (13, 14), (15, 16), (17, 18))
"""ICMP types that answer one another: echo, timestamp, information, address mask. No other type opens anything that comes back."""


class Context(NamedTuple):
    """Where a filter looks at a packet. None: not known, so a condition on it may hold or not.

    ``vrf``: "" for the public instance. An interface "" is none at all. ``state`` is that of connection tracking: new, established,
    related, invalid, untracked.
    """

    vrf: str | None = None
    in_interface: str | None = None
    out_interface: str | None = None
    state: str | None = None


class Packet(NamedTuple):
    """One IPv4 packet in normal form: what its protocol lacks is 0.

    Ports of TCP, UDP and SCTP; for ICMP ``sport`` is 0 and ``dport`` is type * 256 + code. ``flags`` of TCP only. A LATER fragment has
    none of them.
    """

    src: int
    dst: int
    protocol: int
    sport: int = 0
    dport: int = 0
    flags: int = 0
    fragment: int = Fragment.WHOLE

    @property
    def normal(self) -> bool:
        if self.fragment == Fragment.LATER:
            return not (self.sport or self.dport or self.flags)
        if self.flags and self.protocol != TCP:
            return False
        if self.protocol == ICMP:
            return not self.sport
        return self.protocol in WITH_PORTS or not (self.sport or self.dport)

    def text(self) -> str:
        """``tcp 10.1.2.3:1024 -> 10.4.5.6:443 [SYN]``, in the words that engineers use."""
        name = {ICMP: "icmp", TCP: "tcp", UDP: "udp", 132: "sctp"}.get(self.protocol, f"ip-proto-{self.protocol}")
        later = self.fragment == Fragment.LATER
        ports = self.protocol in WITH_PORTS and not later
        source, target = (
            f"{_dotted(ip)}:{port}" if ports else _dotted(ip) for ip, port in ((self.src, self.sport), (self.dst, self.dport))
        )
        extra = []
        if self.protocol == ICMP and not later:
            extra.append(f"type {self.dport >> 8} code {self.dport & 255}")
        if self.protocol == TCP and not later:
            extra.append(",".join(flag.name or "" for flag in TcpFlag if self.flags & flag) or "no flags")
        if self.fragment:
            extra.append("later fragment" if later else "first fragment")
        return f"{name} {source} -> {target}" + (f" [{'; '.join(extra)}]" if extra else "")


def _dotted(value: int) -> str:
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))
