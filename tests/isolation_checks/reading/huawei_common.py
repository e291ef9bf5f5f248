"""What the tests of both Huawei parsers share: reading a text, and making the expected objects short to write."""

from __future__ import annotations

import random
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from isolation_checks.reading import huawei_usg, huawei_vrp
from isolation_checks.reading.source import read_source
from isolation_checks.snapshot import Action, DeviceConfig, FeatureKind, Filter, Interface, LineCode, Match, Ref, Rule, Ternary

ROOT = Path(__file__).parents[3]
REAL = ROOT.parent / "shared" / "data" / "configs"
P, D = Action.PERMIT, Action.DENY
TCP, UDP, ICMP = ((6, 6),), ((17, 17),), ((1, 1),)


def vrp(text: str) -> DeviceConfig:
    return huawei_vrp.parse("d", (read_source("d.cfg", text.encode()),))


def usg(text: str) -> DeviceConfig:
    return huawei_usg.parse("d", (read_source("d.cfg", text.encode()),))


def at(line: int) -> Ref:
    return Ref("d.cfg", line)


def ip(text: str) -> int:
    return int(IPv4Address(text))


def net(text: str) -> Ternary:
    network = IPv4Network(text)
    return Ternary(int(network.network_address), int(network.netmask))


def permit(line: int, name: str, match: Match, conditional: bool = False) -> Rule:
    return Rule(P, (match,), at(line), name, conditional)


def deny(line: int, name: str, match: Match, conditional: bool = False) -> Rule:
    return Rule(D, (match,), at(line), name, conditional)


def interface(config: DeviceConfig, name: str) -> Interface:
    return next(found for found in config.interfaces if found.name == name)


def filter_of(config: DeviceConfig, name: str) -> Filter:
    return next(found for found in config.filters if found.name == name)


def features(config: DeviceConfig) -> list[tuple[FeatureKind, int, str | None]]:
    return [(found.kind, found.ref.line, found.interface) for found in config.features]


def unknown(config: DeviceConfig) -> list[int]:
    return [line.ref.line for line in config.unknown]


def whole(config: DeviceConfig) -> bool:
    """Every line has a code, exactly the lines that are listed are unknown, and features stand in lines that say so."""
    codes = config.coverage[0].codes
    listed = [number for number, code in enumerate(codes, 1) if code == LineCode.UNKNOWN] == unknown(config)
    return listed and all(codes[feature.ref.line - 1] == LineCode.UNMODELLED for feature in config.features)


def reason(config: DeviceConfig, line: int) -> str:
    """Why a line is irrelevant."""
    coverage = config.coverage[0]
    return coverage.reasons[coverage.codes[line - 1] - LineCode.IRRELEVANT]


def mangled(lines: list[str], seed: int, size: int) -> str:
    """Real lines shuffled, cut, mixed, negated and moved to the left."""
    chance = random.Random(seed)
    words = [word for line in lines for word in line.split()]
    found = []
    for _ in range(size):
        line = chance.choice(lines)
        kind = chance.random()
        if kind < 0.2:
            line = line[: chance.randrange(len(line) + 1)]
        elif kind < 0.4 and line.split():
            parts = line.split()
            parts[chance.randrange(len(parts))] = chance.choice(words)
            line = " " * (len(line) - len(line.lstrip())) + " ".join(parts)
        elif kind < 0.5:
            line = "undo " + line.strip()
        elif kind < 0.6:
            line = line.lstrip()
        elif kind < 0.65:
            line = " " * chance.randrange(50) + line.strip()
        found.append(line)
    return "\n".join(found)
