"""Which platform a config is of, by what stands in it: every parser says how sure it is, and the surest reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import NamedTuple

from isolation_checks.reading.source import Source
from isolation_checks.snapshot import DeviceConfig

MODULES = {
    "huawei_vrp": "huawei_vrp",
    "huawei_usg": "huawei_usg",
    "h3c_comware": "h3c_comware",
    "h3c_secpath": "h3c_secpath",
    "cisco_ios": "cisco_ios",
    "frr": "frr",
    "nftables": "nft",
}
"""Platform -> module of this package; folders of Linux hosts are read by `linux` and `host_unit`."""

ENOUGH = 0.25
"""A parser that is less sure than this has not recognised the text."""

CLOSE = 0.02
"""Two parsers nearer to each other than this leave it undecided."""

BEGINNING, SURE, CLEAR = 40, 0.6, 0.3
"""Lines of a file that are looked at first; how sure the surest must be by them, and how far ahead of the next."""


class Parser(NamedTuple):
    platform: str
    parse: Callable[[str, tuple[Source, ...]], DeviceConfig]
    looks_like: Callable[[Source], float]


class Detection(NamedTuple):
    """``parser`` None: undecided between ``candidates``, or nothing that is known where there are none."""

    parser: Parser | None
    candidates: tuple[str, ...]


@cache
def parsers() -> tuple[Parser, ...]:
    return tuple(parser for platform in MODULES if (parser := _load(platform)) is not None)


def _load(platform: str) -> Parser | None:
    name = f"isolation_checks.reading.{MODULES[platform]}"
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None
    return Parser(platform, module.parse, module.looks_like)


def detect(source: Source) -> Detection:
    """By the beginning of the file and its further headlines where they leave no doubt, else by all of it."""
    if len(source.lines) > BEGINNING:
        headlines = {line[:10]: line for line in source.lines[BEGINNING:] if line[:1] not in ("", " ", "#", "!")}  # one of a kind
        scored = _scored(replace(source, lines=(*source.lines[:BEGINNING], *headlines.values())))
        if len(scored) > 1 and scored[0][0] >= SURE and scored[0][0] - scored[1][0] >= CLEAR:
            return Detection(scored[0][1], (scored[0][1].platform,))
    likely = [(score, parser) for score, parser in _scored(source) if score >= ENOUGH]
    if not likely:
        return Detection(None, ())
    best = likely[0][0]
    equal = [parser for score, parser in likely if score > best - CLOSE]
    return Detection(equal[0], (equal[0].platform,)) if len(equal) == 1 else Detection(None, tuple(parser.platform for parser in equal))


def _scored(source: Source) -> list[tuple[float, Parser]]:
    return sorted(((parser.looks_like(source), parser) for parser in parsers()), key=lambda item: -item[0])
