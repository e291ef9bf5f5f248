"""Configs of stand-ins told from configs of the devices themselves, so that each is held against facts in its own words."""

from __future__ import annotations

from isolation_checks.snapshot import DeviceConfig, Snapshot
from topology.facts import Device, Facts
from topology.stand_in import PLATFORM, port_name, stand_in, stands_in


def facts_of(facts: Facts, snapshot: Snapshot) -> Facts:
    """The facts with the stand-ins' port names on those devices whose config is a stand-in's."""
    devices = {device.name: device for device in facts.devices if stands_in(device)}
    found = {config.folder for config in snapshot.devices if config.folder in devices and is_stand_in(config, devices[config.folder])}
    return stand_in(facts, found) if found else facts


def is_stand_in(config: DeviceConfig, device: Device) -> bool:
    """Whether the config speaks of the stand-in's ports rather than of the chassis' own."""
    if config.platform != PLATFORM:
        return False
    names = {interface.name.partition(".")[0] for interface in config.interfaces}
    own = {port.name for port in device.model.ports if port.kind != "console"}
    theirs = {port_name(port) for port in device.model.ports if port.kind != "console"}
    return len(names & theirs) > len(names & own)
