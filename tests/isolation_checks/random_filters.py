"""Random filters whose conditions overlap often: few values, many of them next to each other."""

from __future__ import annotations

from random import Random

from isolation_checks.packets.fields import Context, Packet
from isolation_checks.snapshot import ESTABLISHED, Action, AddressSet, Filter, Fragment, Match, Names, Ranges, Ref, Rule, Ternary

ONES = 0xFFFFFFFF
NET = 0x0A010000  # 10.1.0.0
ADDRESSES: tuple[AddressSet | None, ...] = (
    None,
    (),
    (Ternary(0, 0),),
    (Ternary(NET, 0xFFFF0000),),
    (Ternary(NET + 256, 0xFFFFFF00),),
    (Ternary(NET + 256 + 4, 0xFFFFFFFC),),
    (Ternary(NET + 256 + 5, ONES),),
    (Ternary(NET + 1, 0xFFFFF0FF),),  # .1 of sixteen networks
    (Ternary(NET + 4, 0xFFFFFFFE & ~0x500),),
    (Ternary(1, 1),),  # odd addresses are many intervals, but only in the last bits
    (Ternary(NET + 256 + 5, ONES), Ternary(NET + 256 + 4, ONES), Ternary(NET + 512, 0xFFFFFE00)),
    (Ternary(0xE0000000, 0xF0000000),),
)
PROTOCOLS: tuple[Ranges | None, ...] = (None, (), ((6, 6),), ((17, 17),), ((1, 1),), ((6, 6), (17, 17)), ((47, 136),), ((0, 255),))
PORTS: tuple[Ranges | None, ...] = (None, (), ((443, 443),), ((80, 90),), ((0, 79), (81, 65535)), ((0, 0),), ((440, 445), (1024, 65535)))
KINDS: tuple[Ranges, ...] = (((2048, 2303),), ((0, 255),), ((768, 1023), (2048, 2048)), ((0, 65535),), ())
FLAGS = (ESTABLISHED, ((18, 2),), ((0, 0),), ((2, 2), (1, 3)), ())
FRAGMENTS = (None, None, None, (Fragment.LATER,), (Fragment.WHOLE,), (Fragment.FIRST, Fragment.LATER), ())
STATES = (("new",), ("established", "related"), ("invalid",), ())
INTERFACES = (Names(("eth0",)), Names(("eth0",), negated=True), Names(("eth*", "ge1")), Names(("eth*",), negated=True))
CHAINS = ("first", "second", "third", "nowhere")
VALUES = {
    "src": (0, NET, NET + 1, NET + 4, NET + 256, NET + 260, NET + 261, NET + 262, NET + 512, NET + 1025, 0xE0000001, ONES),
    "protocol": (0, 1, 6, 17, 47, 132, 136, 255),
    "port": (0, 79, 80, 81, 90, 91, 439, 443, 445, 446, 1023, 1024, 65535),
    "icmp": (0, 1, 255, 256, 768, 2048, 2049, 2303, 3327, 3328, 65535),
    "flags": (0, 1, 2, 3, 4, 16, 18, 20, 63),
}


def address_set(random: Random) -> AddressSet | None:
    """The lowest bit alone makes 2**31 intervals: not for boxes."""
    return random.choice(ADDRESSES[:9] + ADDRESSES[10:])


def match(random: Random) -> Match:
    """Mostly what a parser would make of a line, sometimes conditions that fit badly."""
    src, dst = (address_set(random) if random.random() < 0.7 else None for _ in range(2))
    made = Match(src=src, dst=dst, fragments=random.choice(FRAGMENTS))
    kind = random.choice(("ip", "ports", "ports", "tcp", "icmp", "any"))
    if kind == "ip":
        made = made._replace(protocols=random.choice(PROTOCOLS))
    elif kind == "ports":
        made = made._replace(protocols=random.choice(PROTOCOLS[2:]), sports=random.choice(PORTS), dports=random.choice(PORTS))
    elif kind == "tcp":
        made = made._replace(protocols=((6, 6),), flags=random.choice(FLAGS), sports=random.choice(PORTS))
    elif kind == "icmp":
        made = made._replace(protocols=random.choice((None, ((1, 1),))), icmp=random.choice(KINDS))
    else:
        made = made._replace(sports=random.choice(PORTS), flags=random.choice((None, *FLAGS)), icmp=random.choice((None, *KINDS)))
    if random.random() < 0.15:
        made = made._replace(vrf=random.choice(("", "a", "b")), states=random.choice((None, *STATES)))
    if random.random() < 0.15:
        made = made._replace(in_interfaces=random.choice((None, *INTERFACES)), out_interfaces=random.choice(INTERFACES))
    return made


def context(random: Random) -> Context:
    return Context(
        random.choice((None, "", "a")),
        random.choice((None, "", "eth0", "ge1")),
        random.choice((None, "", "eth1")),
        random.choice((None, "new", "established", "invalid")),
    )


def rule(random: Random, line: int, *, jumps: bool) -> Rule:
    actions = [Action.PERMIT] * 4 + [Action.DENY] * 3 + ([Action.JUMP] * 2 + [Action.GOTO, Action.RETURN, Action.CONTINUE] if jumps else [])
    action = random.choice(actions)
    target = random.choice(CHAINS) if action in (Action.JUMP, Action.GOTO) else ""
    matches = tuple(match(random) for _ in range(random.choice((1, 1, 1, 1, 2, 0))))
    if target and random.random() < 0.6:  # else few packets get anywhere
        matches = (Match(protocols=random.choice((None, ((6, 6),), ((0, 16),)))),)
    return Rule(action, matches, Ref("random", line), conditional=random.random() < 0.12, target=target)


def filters(random: Random, *, jumps: bool, size: int = 6) -> dict[str, Filter]:
    """A few chains that may jump to one another, also around in circles and to nowhere. The first is the one to ask."""
    made = {}
    for name in CHAINS[:-1] if jumps else CHAINS[:1]:
        rules = tuple(rule(random, line, jumps=jumps) for line in range(1, random.randint(0, size) + 1))
        default = random.choice((Action.PERMIT, Action.DENY, Action.RETURN))
        made[name] = Filter(name, "chain", rules, default, Ref("random", 0))
    return made


def packet(random: Random) -> Packet:
    """A packet in normal form, mostly at the bounds of some condition."""
    protocol = random.choice(VALUES["protocol"])
    made = Packet(random.choice(VALUES["src"]), random.choice(VALUES["src"]), protocol, fragment=random.choice((0, 0, 0, 1, 2)))
    if made.fragment == Fragment.LATER:
        return made
    if protocol == 1:
        return made._replace(dport=random.choice(VALUES["icmp"]))
    if protocol in (6, 17, 132):
        made = made._replace(sport=random.choice(VALUES["port"]), dport=random.choice(VALUES["port"]))
    return made._replace(flags=random.choice(VALUES["flags"])) if protocol == 6 else made
