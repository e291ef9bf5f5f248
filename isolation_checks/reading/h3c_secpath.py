"""Configs of H3C SecPath firewalls, which speak Comware and drop what no policy lets through."""

from __future__ import annotations

from isolation_checks.reading.h3c_comware import read
from isolation_checks.reading.h3c_detect import likeness
from isolation_checks.reading.source import Source
from isolation_checks.snapshot import DeviceConfig


def parse(folder: str, sources: tuple[Source, ...]) -> DeviceConfig:
    return read(folder, sources, secpath=True)


def looks_like(source: Source) -> float:
    comware, secpath = likeness(source)
    return min(1.0, comware + 0.1) if secpath > 0 else comware * 0.5
