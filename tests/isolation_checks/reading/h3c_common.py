"""What the tests of both H3C parsers share: reading a text, and making the expected objects short to write."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from isolation_checks.reading import h3c_comware, h3c_secpath
from isolation_checks.reading.source import read_source
from isolation_checks.snapshot import DeviceConfig, Interface, LineCode, Ref, Ternary

ROOT = Path(__file__).parents[3]
REAL = ROOT.parent / "shared" / "data" / "configs"
FULL = 0xFFFFFFFF


def comware(text: str) -> DeviceConfig:
    return h3c_comware.parse("d", (read_source("d.cfg", text.encode()),))


def secpath(text: str) -> DeviceConfig:
    return h3c_secpath.parse("d", (read_source("d.cfg", text.encode()),))


def at(line: int) -> Ref:
    return Ref("d.cfg", line)


def ip(text: str) -> int:
    return int(IPv4Address(text))


def net(text: str) -> Ternary:
    network = IPv4Network(text)
    return Ternary(int(network.network_address), int(network.netmask))


def interface(config: DeviceConfig, name: str) -> Interface:
    return next(found for found in config.interfaces if found.name == name)


def unknown(config: DeviceConfig) -> list[int]:
    return [line.ref.line for line in config.unknown]


def whole(config: DeviceConfig) -> bool:
    """Every line has a code, and exactly the lines that are listed are unknown."""
    codes = config.coverage[0].codes
    return [number for number, code in enumerate(codes, 1) if code == LineCode.UNKNOWN] == unknown(config)
