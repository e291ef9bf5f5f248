"""What was seen of some probes, as a pcapng file: an interface of a node each, so that a packet can be followed through the lab.

Source: draft-ietf-opsawg-pcapng, sections 4.1 (section header), 4.2 (interface description) and 4.3 (enhanced packet).
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterable, Mapping, Sequence

import dpkt

from lab.probes.datagrams import encode
from lab.probes.wire import Sighting

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_RAW_IP = 101
"""LINKTYPE_RAW: begins with the IP header."""
_NAME, _FLAGS, _END = 2, 2, 0
_IN, _OUT = 1, 2


def capture(ways: Mapping[int, Sequence[Sighting]]) -> bytes:
    """``ways``: by a probe's number, where it was seen."""
    seen = sorted(((item.at, number, item) for number, way in ways.items() for item in way), key=lambda found: found[:2])
    places = {place: index for index, place in enumerate(dict.fromkeys((item.station, item.interface) for _, _, item in seen))}
    offset = time.time() - time.monotonic()
    blocks = [_block(_SECTION, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    blocks += [
        _block(_INTERFACE, struct.pack("<HHI", _RAW_IP, 0, 0) + _options([(_NAME, f"{node} {interface}".encode())]))
        for node, interface in places
    ]
    blocks += [_packet(item, number, places[item.station, item.interface], offset) for _, number, item in seen]
    return b"".join(blocks)


def _packet(item: Sighting, number: int, interface: int, offset: float) -> bytes:
    data = bytearray(encode(item.packet, number))
    data[8] = item.ttl
    data[10:12] = b"\0\0"
    data[10:12] = dpkt.in_cksum(bytes(data[:20])).to_bytes(2, "big")
    clock = int((item.at + offset) * 1e6)
    body = struct.pack("<IIIII", interface, clock >> 32, clock & 0xFFFFFFFF, len(data), len(data)) + _padded(bytes(data))
    return _block(_PACKET, body + _options([(_FLAGS, struct.pack("<I", _OUT if item.out else _IN))]))


def _options(options: Iterable[tuple[int, bytes]]) -> bytes:
    return b"".join(struct.pack("<HH", code, len(value)) + _padded(value) for code, value in options) + struct.pack("<HH", _END, 0)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length
