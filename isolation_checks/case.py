"""What the rules look at: the facts, the configs, and what is computed from both once for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from isolation_checks.doubts import Gap, gaps
from isolation_checks.forwarding.failures import failures
from isolation_checks.forwarding.gates import Gates
from isolation_checks.forwarding.plane import City
from isolation_checks.forwarding.survival import Broken, Survival
from isolation_checks.forwarding.work import Work, work
from isolation_checks.packets.space import PacketSpace
from isolation_checks.physical import Plant, build_plant
from isolation_checks.physical_ports import LivePort, live_unrecorded
from isolation_checks.reach.forwarder import forwarders
from isolation_checks.reach.layer2 import Layer2, layer2
from isolation_checks.reach.reach import Reach
from isolation_checks.reach.senders import senders
from isolation_checks.reach.witness import Witnesses
from isolation_checks.routing.engine import Engine
from isolation_checks.rules.acl_overlap import Superfluous, superfluous
from isolation_checks.snapshot import DeviceConfig, Snapshot
from topology.facts import Approval, Device, Facts, Party, Realm


@dataclass(frozen=True)
class Case:
    """One city on one day. Everything derived is computed at first use and kept."""

    facts: Facts
    snapshot: Snapshot
    as_of: date
    failures: int = 0
    """Under how many failures what must work is proved."""

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

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """All that is not known about the configs."""
        return gaps(self)

    @cached_property
    def approvals(self) -> dict[str, Approval]:
        return {approval.slug: approval for approval in self.facts.approvals}

    @cached_property
    def live_ports(self) -> tuple[LivePort, ...]:
        """Sockets that a config leaves up and in which nothing is recorded."""
        return live_unrecorded(self.facts, self.configs)

    @cached_property
    def plant(self) -> Plant:
        """What is bolted and plugged, as a graph."""
        return build_plant(self.facts, self.live_ports)

    @cached_property
    def layer2(self) -> Layer2:
        """Which routed interfaces, parties and peers hear each other's frames."""
        return layer2(self.facts, self.configs)

    @cached_property
    def reach(self) -> Reach:
        """Tier T1: who can send what to whom over any route."""
        return Reach(self.facts, self.configs, self.layer2)

    @cached_property
    def witnesses(self) -> Witnesses:
        return Witnesses(self.reach)

    @cached_property
    def engine(self) -> Engine:
        """Tier T2: the routes of every device."""
        return Engine(self.facts, self.configs)

    @cached_property
    def exact(self) -> Work:
        """Tier T2: what becomes of every declared flow, with everything up."""
        city = City(self.facts, forwarders(self.configs, self.engine.base.layer2), senders(self.facts, self.engine.base.layer2),
                    self.engine.base.layer2)  # fmt: skip
        return work(city, self.engine.base, Gates(PacketSpace()))

    @cached_property
    def survival(self) -> Survival:
        """Tier T2: what breaks when something fails."""
        return Survival(self.facts, self.exact, self.engine.under)

    @cached_property
    def broken(self) -> tuple[Broken, ...]:
        """All that any single failure breaks; nothing where no failures were asked for."""
        return tuple(item for failure in failures(self.facts, min(self.failures, 1)) for item in self.survival.broken(failure))

    @cached_property
    def superfluous(self) -> tuple[Superfluous, ...]:
        """Entries of filters that never decide anything."""
        return superfluous(self.snapshot.devices)

    def present(self, realm: Realm) -> bool:
        """Whether that realm's side of the inventory is here."""
        return realm in self.facts.realms
