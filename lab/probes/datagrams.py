"""Probes as bytes: an IPv4 packet that carries its own number, and is known again wherever it is seen, whatever was translated."""

from __future__ import annotations

from typing import NamedTuple

import dpkt

from isolation_checks.packets.fields import ICMP, TCP, UDP, Packet
from isolation_checks.snapshot import Fragment, TcpFlag

MAGIC = b"govnet!!"
"""Eight octets, which is the unit that fragments are cut in (RFC 791)."""
MARK = len(MAGIC) + 8
FORWARD_SEQUENCE, ANSWER_SEQUENCE = 1_000_000, 2_000_000
"""Where the two sides of a TCP connection start counting; connection tracking checks the numbers (RFC 9293)."""
TTL = 64
_MORE = 0x2000
_ERRORS = frozenset({3, 4, 5, 11, 12})
"""ICMP types that quote the packet that they are about: the mark in them is no arrival."""


class Seen(NamedTuple):
    """A probe as it passes somewhere: the number it carries, its header as it is there, and how many hops it may still go."""

    number: int
    packet: Packet
    ttl: int = TTL


def encode(packet: Packet, number: int) -> bytes:
    """The packet with the mark of ``number`` (below 2**64) as its data. A LATER fragment carries the mark alone."""
    mark = _mark(number)
    if packet.fragment == Fragment.LATER:
        return _datagram(packet, mark, number, offset=8)
    return _datagram(packet, _transport(packet, mark, number), number, more=packet.fragment == Fragment.FIRST)


def encode_in_two(packet: Packet, number: int) -> tuple[bytes, bytes]:
    """One whole datagram as two fragments; both carry the mark."""
    header = len(_transport(packet, b"", number))
    cut = -(-(header + MARK) // 8) * 8
    data = _transport(packet, _mark(number).ljust(cut - header, b"\0") + _mark(number), number)
    return _datagram(packet, data[:cut], number, more=True), _datagram(packet, data[cut:], number, offset=cut)


def decode(data: bytes) -> Seen | None:
    """What a probe's bytes say; None for anything that is no probe of ours."""
    at = data.rfind(MAGIC)
    if at < 20 or len(data) < at + MARK or data[0] >> 4 != 4:
        return None
    number = int.from_bytes(data[at + len(MAGIC) : at + MARK], "big")
    header = (data[0] & 15) * 4
    word = int.from_bytes(data[6:8], "big")
    offset, more = word & 0x1FFF, bool(word & _MORE)
    source, target = int.from_bytes(data[12:16], "big"), int.from_bytes(data[16:20], "big")
    protocol = data[9]
    if offset:
        return Seen(number, Packet(source, target, protocol, fragment=Fragment.LATER), data[8])
    fragment = Fragment.FIRST if more else Fragment.WHOLE
    if protocol == ICMP:
        if data[header] in _ERRORS and data[header + 8] >> 4 == 4:
            return None
        return Seen(number, Packet(source, target, protocol, 0, int.from_bytes(data[header : header + 2], "big"), 0, fragment), data[8])
    if protocol in (TCP, UDP):
        sport, dport = int.from_bytes(data[header : header + 2], "big"), int.from_bytes(data[header + 2 : header + 4], "big")
        flags = data[header + 13] & 0x3F if protocol == TCP else 0
        return Seen(number, Packet(source, target, protocol, sport, dport, flags, fragment), data[8])
    return Seen(number, Packet(source, target, protocol, fragment=fragment), data[8])


def answer(packet: Packet) -> Packet | None:
    """What a server says to the packet that opens a connection; None where nothing answers."""
    if packet.fragment == Fragment.LATER:
        return None
    back = packet._replace(src=packet.dst, dst=packet.src, sport=packet.dport, dport=packet.sport, fragment=Fragment.WHOLE)
    if packet.protocol == TCP and packet.flags & (TcpFlag.SYN | TcpFlag.ACK) == TcpFlag.SYN:
        return back._replace(flags=int(TcpFlag.SYN | TcpFlag.ACK))
    if packet.protocol == UDP:
        return back
    if packet.protocol == ICMP and packet.dport == 8 << 8:
        return back._replace(sport=0, dport=0)
    return None


def _mark(number: int) -> bytes:
    return MAGIC + number.to_bytes(8, "big")


def _transport(packet: Packet, data: bytes, number: int) -> bytes:
    if packet.protocol == TCP:
        answers = packet.flags & TcpFlag.ACK
        synchronises = packet.flags & TcpFlag.SYN
        own, other = (ANSWER_SEQUENCE, FORWARD_SEQUENCE) if answers and synchronises else (FORWARD_SEQUENCE, ANSWER_SEQUENCE)
        return bytes(
            _summed(
                packet,
                dpkt.tcp.TCP(
                    sport=packet.sport,
                    dport=packet.dport,
                    seq=own if synchronises else own + 1,
                    ack=other + 1 if answers else 0,
                    flags=packet.flags,
                    win=8192,
                    data=data,
                ),
            )
        )
    if packet.protocol == UDP:
        return bytes(_summed(packet, dpkt.udp.UDP(sport=packet.sport, dport=packet.dport, ulen=8 + len(data), data=data)))
    if packet.protocol == ICMP:
        identifier = (number & 0xFFFF).to_bytes(2, "big")
        return bytes(dpkt.icmp.ICMP(type=packet.dport >> 8, code=packet.dport & 255, data=identifier + b"\x00\x01" + data))
    return data


def _summed(packet: Packet, segment: dpkt.Packet) -> dpkt.Packet:
    """With the checksum over the pseudo header (RFC 1071): routers do not look, but translation mends it by difference."""
    content = bytes(segment)
    pseudo = packet.src.to_bytes(4, "big") + packet.dst.to_bytes(4, "big") + bytes((0, packet.protocol)) + len(content).to_bytes(2, "big")
    total = dpkt.in_cksum(pseudo + content)
    segment.sum = total or (0xFFFF if packet.protocol == UDP else 0)
    return segment


def _datagram(packet: Packet, data: bytes, number: int, *, offset: int = 0, more: bool = False) -> bytes:
    """``offset`` in octets. The identification follows from the number: fragments of one probe belong together."""
    header = dpkt.ip.IP(
        src=packet.src.to_bytes(4, "big"),
        dst=packet.dst.to_bytes(4, "big"),
        p=packet.protocol,
        ttl=TTL,
        id=number % 65535 + 1,
    )
    word = (_MORE if more else 0) | offset // 8
    raw = bytearray(bytes(header)[:20])
    raw[2:4] = (20 + len(data)).to_bytes(2, "big")
    raw[6:8] = word.to_bytes(2, "big")
    raw[10:12] = b"\0\0"
    raw[10:12] = dpkt.in_cksum(bytes(raw)).to_bytes(2, "big")
    return bytes(raw) + data
