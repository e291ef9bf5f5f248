"""What the rules look at: the facts, the configs, and what is computed from both once for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from isolation_checks.snapshot import DeviceConfig, Snapshot
from isolation_checks.verdicts import Doubt
from topology.facts import Device, Facts, Party, Realm


@dataclass(frozen=True)
class Case:
    """One city on one day. Everything derived is computed at first use and kept."""

    facts: Facts
    snapshot: Snapshot
    as_of: date

    @cached_property
    def configs(self) -> dict[str, DeviceConfig]:
        """By the name of the file or folder, which is how a config says whose it is (COV-NAME compares the name inside)."""
        return {config.folder: config for config in self.snapshot.devices}

    @cached_property
    def devices(self) -> dict[str, Device]:
        return {device.name: device for device in self.facts.devices}

    @cached_property
    def parties(self) -> dict[str, Party]:
        return {party.id: party for party in self.facts.parties}

    def present(self, realm: Realm) -> bool:
        """Whether that realm's side of the inventory is here."""
        return realm in self.facts.realms
