"""What the rules on hardening share: one look at every device that has a config."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar, TypeAlias

from isolation_checks.case import Case
from isolation_checks.rules.base import Rule
from isolation_checks.snapshot import Action, Applied, DeviceConfig, Filter, Ref, TerminalLine
from isolation_checks.verdicts import Doubt, Finding, Outcome, Place, Scope
from topology.facts import Device
from topology.i18n import T, Text

TRANSIT = T("GB/T 22239-2019 8.1.2.2")
BORDER = T("GB/T 22239-2019 8.1.3.1")
AUDIT = T("GB/T 22239-2019 8.1.3.5")

BARE = frozenset({"host_unit", "nftables"})
"""Platforms whose configs hold no management settings: those of a gatekeeper are entered at its own console."""

Fault: TypeAlias = Finding | Doubt


def fault(subject: str, what: Text, fix: Text, *places: Place | None) -> Finding:
    return Finding(subject, what, fix, tuple(place for place in places if place is not None))


class DeviceRule(Rule):
    """A rule on the lines of each device's own config. ``bare``: it also holds for platforms without management settings."""

    scope = Scope.AS_WRITTEN
    bare: ClassVar[bool] = False

    def check(self, case: Case) -> Outcome:
        subjects, findings, doubts = [], [], []
        for device in case.facts.devices:
            config = case.configs.get(device.name)
            if config is None or (config.platform in BARE and not self.bare) or not self.concerns(device, config):
                continue
            subjects.append(device.name)
            for item in self.look(case, device, config):
                if isinstance(item, Finding):
                    findings.append(item)
                else:
                    doubts.append(item)
        return Outcome(tuple(subjects), tuple(findings), tuple(doubts))

    def concerns(self, _device: Device, _config: DeviceConfig) -> bool:
        """Whether the device has what the rule is about."""
        return True

    @abstractmethod
    def look(self, case: Case, device: Device, config: DeviceConfig) -> Iterator[Fault]:
        """What is wrong with one device, and what cannot be told."""


def start(config: DeviceConfig) -> Ref | None:
    """The place to show for something that is missing from a config."""
    return config.name_ref or (Ref(config.files[0], 1) if config.files else None)


def line_name(line: TerminalLine) -> str:
    """``vty 0-4``."""
    return f"{line.kind} {line.first}" if line.first == line.last else f"{line.kind} {line.first}-{line.last}"


def unguarded(config: DeviceConfig, applied: tuple[Applied, ...]) -> tuple[Text, tuple[Ref, ...]] | None:
    """Why filters before a service keep nobody out, and where; None where at least one does."""
    if not applied:
        return T("no filter is applied"), ()
    why: tuple[Text, tuple[Ref, ...]] | None = None
    for use in applied:
        found = next((item for item in config.filters if item.name == use.filter), None)
        if found is None:
            why = T("the filter {name} is not defined", name=use.filter), (use.ref,)
        elif (line := admits_all(found)) is not None:
            why = T("the filter {name} admits every address", name=use.filter), (use.ref, line)
        else:
            return None
    return why


def admits_all(filter_: Filter) -> Ref | None:
    """The rule that lets in every source that no earlier rule refuses; None where sources are named throughout."""
    for rule in filter_.rules:
        if rule.action == Action.PERMIT and not rule.conditional:
            for match in rule.matches:
                if match.src is None or any(item.mask == 0 for item in match.src):
                    return rule.ref
    return None


def input_is_closed(config: DeviceConfig) -> bool:
    """Whether a Linux host drops what comes in for itself unless a rule accepts it."""
    chains = {item.name: item for item in config.filters}
    hooks = [chains[hook.filter] for hook in config.hooks if hook.stage == "input" and hook.filter in chains]
    return any(chain.default == Action.DENY for chain in hooks)
