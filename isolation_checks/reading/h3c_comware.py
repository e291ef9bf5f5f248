"""Configs of H3C switches and routers: Comware 3, 5 and 7, as printed, typed, or pasted with prompts."""

from __future__ import annotations

from isolation_checks.reading import (
    h3c_acl,
    h3c_bgp,
    h3c_firewall,
    h3c_groups,
    h3c_management,
    h3c_nat,
    h3c_qos,
    h3c_routing,
    h3c_switching,
    h3c_zones,
)
from isolation_checks.reading.h3c_detect import likeness
from isolation_checks.reading.h3c_device import frozen
from isolation_checks.reading.h3c_names import Words
from isolation_checks.reading.h3c_tables import BLOCK_VIEWS, SYSTEM_PAST, SYSTEM_REASONS
from isolation_checks.reading.h3c_views import Handler, Reader, View
from isolation_checks.reading.source import Source
from isolation_checks.snapshot import DeviceConfig


def _block(view: View, reason: str) -> Handler:
    def run(reader: Reader, _words: Words) -> bool:
        reader.push(view, None, view.name)
        reader.ledger.irrelevant(reader.number, reason)
        return True

    return run


SYSTEM = View(
    "system",
    {
        **SYSTEM_REASONS,
        **SYSTEM_PAST,
        **{name: _block(view, reason) for name, (view, reason) in BLOCK_VIEWS.items()},
        **h3c_acl.SYSTEM,
        **h3c_groups.SYSTEM,
        **h3c_switching.SYSTEM,
        **h3c_nat.SYSTEM,
        **h3c_qos.SYSTEM,
        **h3c_routing.SYSTEM,
        **h3c_bgp.SYSTEM,
        **h3c_firewall.SYSTEM,
        **h3c_zones.SYSTEM,
        **h3c_management.SYSTEM,
    },
)


def read(folder: str, sources: tuple[Source, ...], secpath: bool) -> DeviceConfig:
    """The first source; a device of this maker has one."""
    source = sources[0] if sources else Source("", (), "utf-8", ())
    reader = Reader(source, SYSTEM)
    reader.run()
    return frozen(folder, reader, secpath)


def parse(folder: str, sources: tuple[Source, ...]) -> DeviceConfig:
    return read(folder, sources, secpath=False)


def looks_like(source: Source) -> float:
    comware, secpath = likeness(source)
    return comware * (0.5 if secpath > 0 else 1.0)
