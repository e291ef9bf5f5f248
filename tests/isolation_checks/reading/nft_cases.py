"""Rules of nftables, one by one and at random, for the comparison with what nft itself makes of them."""

from __future__ import annotations

import random

from isolation_checks.packets.fields import Packet

TYPED = """
tcp dport 22 accept
tcp dport != 22 drop
tcp dport ssh accept
tcp dport { 22, 80-90, 443 } accept
tcp dport != { 22, 80-90 } drop
tcp dport >= 1024 accept
tcp dport > 1024 accept
tcp dport < 1024 drop
tcp dport lt 23 drop
tcp dport 80-443 accept
udp sport 53 accept
sctp dport 22 accept
th dport 53 accept
meta l4proto { tcp, udp } th dport 53 accept
meta l4proto tcp th sport { 22, 53 } drop
ip protocol tcp accept
ip protocol != tcp drop
ip protocol { icmp, udp } accept
meta l4proto != { tcp, udp } drop
ip saddr 10.0.0.1 accept
ip saddr != 10.0.0.1 drop
ip saddr 10.0.0.0/30 accept
ip saddr 10.0.0.1-10.0.0.2 accept
ip saddr != 10.0.0.1-10.0.0.2 accept
ip saddr { 10.0.0.1, 10.0.0.2-10.0.0.3, 10.1.0.0/16 } accept
ip saddr != { 10.0.0.0/31 } drop
ip daddr & 255.255.0.0 == 10.1.0.0 drop
ip daddr & 255.255.0.255 != 10.0.0.2 drop
ip saddr < 10.0.0.2 accept
ip saddr . tcp dport { 10.0.0.1 . 22, 10.0.0.0/30 . 80-90 } accept
ip saddr . ip daddr . meta l4proto { 10.0.0.1 . 10.0.0.2 . tcp } accept
icmp type echo-request accept
icmp type { echo-request, echo-reply, destination-unreachable } accept
icmp type != echo-request drop
icmp type destination-unreachable icmp code 4 accept
icmp type . icmp code { destination-unreachable . 4 } accept
tcp flags syn drop
tcp flags == syn drop
tcp flags != syn drop
tcp flags != syn accept
tcp flags ! syn drop
tcp flags ! syn,ack drop
tcp flags syn,ack drop
tcp flags { syn, syn | ack } accept
tcp flags != { syn, syn | ack } accept
tcp flags syn / fin,syn,rst,ack accept
tcp flags != syn / fin,syn,rst,ack drop
tcp flags & (fin | syn | rst | ack) == syn accept
tcp flags & (fin | syn | rst | ack) != syn drop
tcp flags & (ack | rst) != 0 accept
tcp flags & (ack | rst) == 0 drop
tcp flags & (syn | ack) == (syn | ack) accept
tcp flags & (fin | syn) == (fin | syn) drop
tcp flags & syn == 0 drop
ct state established,related accept
ct state new accept
ct state != established drop
ct state != { established, related } drop
ct state { new, untracked } accept
ct state ! new,established drop
ct state invalid drop
ct state vmap { established : accept, related : accept, invalid : drop }
iifname "eth0" accept
iifname != "eth0" drop
iifname "eth*" accept
iifname { "eth0", "lo" } accept
iifname != { "eth0", "eth1" } drop
iifname { "eth*", "lo" } accept
iifname . oifname { "eth0" . "eth1", "lo" . "eth0" } accept
oifname "eth1" ip daddr 10.0.0.2 accept
meta nfproto ipv4 accept
meta nfproto ipv6 drop
meta protocol ip tcp dport 22 accept
ip6 saddr ::1 drop
icmpv6 type echo-request accept
ip saddr vmap { 10.0.0.1 : accept, 10.0.0.2 : drop, 10.0.0.3 : jump there }
tcp dport vmap { 22 : accept, 80-90 : drop }
ip saddr . tcp dport vmap { 10.0.0.1 . 22 : accept, 10.0.0.2 . 80 : drop }
tcp dport 22 ct state vmap { new : accept }
ip saddr 10.0.0.1 ip saddr { 10.0.0.1, 10.0.0.2 } tcp dport 22 tcp sport 1024-65535 ct state new accept
tcp dport 22 drop comment "no way"
ip saddr 10.0.0.1 goto there
iifname "lo" return
""".strip().splitlines()

_NAMES = ["eth0", "eth1", "lo"]
_ADDRESSES = [0x0A000000 + number for number in (0, 1, 2, 3, 4)] + [0x0A010002, 0xC0A80001]
_PORTS = [0, 22, 23, 53, 80, 85, 90, 443, 1023, 1024, 1025, 65535]


def packets(count: int, seed: int) -> list[tuple[Packet, str, str, str]]:
    """Packets at the edges of what the rules name, with state and interfaces."""
    choose = random.Random(seed)
    found = []
    for _ in range(count):
        protocol = choose.choice([1, 6, 6, 6, 17, 47, 132])
        sport, dport = choose.choice(_PORTS), choose.choice(_PORTS)
        flags = choose.randrange(64) if protocol == 6 else 0
        if protocol == 1:
            sport, dport = 0, choose.choice([0, 3, 8, 11]) * 256 + choose.choice([0, 3, 4])
        elif protocol == 47:
            sport = dport = 0
        packet = Packet(choose.choice(_ADDRESSES), choose.choice(_ADDRESSES), protocol, sport, dport, flags)
        state = choose.choice(["new", "established", "related", "invalid", "untracked"])
        found.append((packet, state, choose.choice(_NAMES), choose.choice(_NAMES)))
    return found


def random_rules(count: int, seed: int) -> list[str]:
    """Rules of some of the conditions each, in any order."""
    choose = random.Random(seed)
    groups = [
        ["ip saddr 10.0.0.1", "ip saddr { 10.0.0.0/31, 10.0.0.4 }", "ip saddr != 10.0.0.0/30", "ip saddr != { 10.0.0.1, 10.0.0.2 }"],
        ["ip daddr 10.0.0.2-10.0.0.4", "ip daddr & 255.255.255.1 == 10.0.0.0", "ip daddr != 10.1.0.2"],
        ["tcp dport { 22, 443 }", "udp dport 53", "icmp type echo-request", "meta l4proto { tcp, udp }", "tcp dport != 80-90"],
        ["ct state new", "ct state established,related", "ct state != invalid", "ct state { new, untracked }"],
        ["iifname \"eth0\"", "iifname != { \"eth0\", \"lo\" }", "iifname \"eth*\""],
        ["oifname \"eth1\"", "oifname { \"eth0\", \"eth1\" }"],
    ]  # fmt: skip
    rules = []
    for _ in range(count):
        parts = [choose.choice(group) for group in choose.sample(groups, choose.randrange(1, 5))]
        rules.append(" ".join([*parts, choose.choice(["accept", "drop", "jump there"])]))
    return rules
