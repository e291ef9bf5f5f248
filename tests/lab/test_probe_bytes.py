"""Probes as bytes: whatever is sent is read back as it was, and nothing else is taken for a probe."""

from __future__ import annotations

import socket

import dpkt
from hypothesis import given
from hypothesis import strategies as st

from isolation_checks.packets.fields import ICMP, TCP, UDP, Packet
from isolation_checks.snapshot import Fragment
from lab.probes.datagrams import Seen, answer, decode, encode, encode_in_two

addresses = st.integers(1, 2**32 - 1)
ports = st.integers(1, 65535)
numbers = st.integers(1, 2**63)
with_ports = st.one_of(
    st.builds(
        Packet, addresses, addresses, st.just(TCP), ports, ports, st.integers(0, 63), st.sampled_from([Fragment.WHOLE, Fragment.FIRST])
    ),
    st.builds(lambda a, b, c, d: Packet(a, b, UDP, c, d), addresses, addresses, ports, ports),
    st.builds(lambda a, b, kind: Packet(a, b, ICMP, dport=kind << 8), addresses, addresses, st.sampled_from([0, 8, 13, 17])),
)
others = st.builds(lambda a, b, p: Packet(a, b, p, 0), addresses, addresses, st.sampled_from([2, 47, 50, 89]))
later = st.builds(lambda a, b, p: Packet(a, b, p, fragment=Fragment.LATER), addresses, addresses, st.sampled_from([1, 6, 17]))


@given(st.one_of(with_ports, others, later), numbers)
def test_what_is_sent_is_read_back(packet: Packet, number: int) -> None:
    assert decode(encode(packet, number)) == Seen(number, packet)


@given(with_ports, numbers)
def test_checksums_are_right_in_the_eyes_of_another_library(packet: Packet, number: int) -> None:
    data = encode(packet, number)
    header = dpkt.ip.IP(data)
    assert header.len == len(data)
    if packet.protocol in (TCP, UDP):
        pseudo = data[12:20] + bytes((0, packet.protocol)) + (len(data) - 20).to_bytes(2, "big")
        assert dpkt.in_cksum(pseudo + data[20:]) == 0


@given(with_ports.filter(lambda packet: packet.fragment == Fragment.WHOLE), numbers)
def test_two_fragments_make_the_datagram(packet: Packet, number: int) -> None:
    first, second = encode_in_two(packet, number)
    assert decode(first) == Seen(number, packet._replace(fragment=Fragment.FIRST))
    assert decode(second) == Seen(number, Packet(packet.src, packet.dst, packet.protocol, fragment=Fragment.LATER))
    offset = (int.from_bytes(second[6:8], "big") & 0x1FFF) * 8
    assert offset == len(first) - 20
    assert first[4:6] == second[4:6]


@given(st.binary(max_size=200))
def test_other_traffic_is_no_probe(data: bytes) -> None:
    assert decode(data) is None


def test_a_quoted_probe_has_not_arrived() -> None:
    packet = encode(Packet(1, 2, UDP, 1000, 53), 9)
    error = dpkt.icmp.ICMP(type=3, code=1, data=dpkt.icmp.ICMP.Unreach(data=packet))
    about = dpkt.ip.IP(src=socket.inet_aton("10.0.0.1"), dst=socket.inet_aton("0.0.0.1"), p=1, data=error)
    assert decode(bytes(about)) is None


def test_answers_swap_both_ends() -> None:
    asked = Packet(1, 2, TCP, 50000, 443, 2)
    assert answer(asked) == Packet(2, 1, TCP, 443, 50000, 18)
    assert answer(asked._replace(flags=16)) is None
    assert answer(Packet(1, 2, UDP, 50000, 53)) == Packet(2, 1, UDP, 53, 50000)
    assert answer(Packet(1, 2, ICMP, dport=8 << 8)) == Packet(2, 1, ICMP)
    assert answer(Packet(1, 2, TCP, fragment=Fragment.LATER)) is None
