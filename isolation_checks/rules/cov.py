"""COV: nothing was left out. What is missing or not understood makes a proof INCOMPLETE; what contradicts the records violates it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from isolation_checks.case import Case
from isolation_checks.doubts import GapKind
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.cov_prefix import Prefix
from isolation_checks.rules.hard_base import start
from isolation_checks.verdicts import Finding, Outcome, Scope, Severity
from topology.i18n import T

BARE = frozenset({"nftables"})
"""Platforms whose files hold no name of the device."""


class Device(Rule):
    id = "COV-DEVICE"
    title = T("Every device has a config, and every config a device")
    description = T(
        "The configs of all devices that the inventory has rendered are here, and none of a device that it does not know. A device without "
        "config leaves the proof incomplete; a config without device is a violation: something runs that nobody recorded."
    )
    source = (PLAN,)
    severity = Severity.HIGH
    scope = Scope.AS_WRITTEN

    def check(self, case: Case) -> Outcome:
        subjects = tuple(device.name for device in case.facts.devices if device.rendered)
        findings = tuple(
            Finding(
                config.folder,
                T("the inventory has no device {device}, but here is its config", device=config.folder),
                T("record the device, or take its config away"),
                (place,) if (place := start(config)) else (),
            )
            for config in case.snapshot.devices
            if config.folder not in case.devices
        )
        return Outcome(subjects, findings, tuple(gap.doubt for gap in case.gaps if gap.kind == GapKind.CONFIG))


class Name(Rule):
    id = "COV-NAME"
    title = T("A config is that of the device whose name it bears")
    description = T(
        "The name in a config equals that of its file or folder, and its syntax is that of the device's model. A violation means that the "
        "proof looked at the config of some other device."
    )
    source = (PLAN,)
    severity = Severity.HIGH
    scope = Scope.AS_WRITTEN

    def check(self, case: Case) -> Outcome:
        subjects, findings = [], []
        for config in case.snapshot.devices:
            subjects.append(config.folder)
            place = start(config)
            places = (place,) if place else ()
            if config.platform not in BARE and config.name != config.folder:
                what = T("the config in {file} calls itself {name}", file=config.folder, name=config.name or "-")
                findings.append(Finding(config.folder, what, T("put the config under its own name"), places))
            device = case.devices.get(config.folder)
            if device is not None and device.platform not in ("other", config.platform):
                what = T(
                    "{device} is a {model} ({expected}), but its config is one of {platform}",
                    device=device.name, model=device.model.name, expected=device.platform, platform=config.platform,
                )  # fmt: skip
                findings.append(Finding(device.name, what, T("read the config of the right device"), (*places, device.origin)))
        return Outcome(tuple(subjects), tuple(findings))


class _Gaps(Rule):
    """Doubts only: what of a kind was not read or not understood."""

    source = (PLAN,)
    severity = Severity.HIGH
    scope = Scope.AS_WRITTEN
    kind: ClassVar[GapKind]

    def check(self, case: Case) -> Outcome:
        return Outcome(tuple(self.subjects(case)), (), tuple(gap.doubt for gap in case.gaps if gap.kind == self.kind))

    def subjects(self, case: Case) -> Iterator[str]:
        for config in case.snapshot.devices:
            yield config.folder


class Line(_Gaps):
    id = "COV-LINE"
    title = T("Every line of every config is understood")
    description = T(
        "Each line is understood, or known to touch neither forwarding nor access. Every other line is listed, and leaves the rules "
        "incomplete that it could touch."
    )
    kind = GapKind.LINE


class Feature(_Gaps):
    id = "COV-FEATURE"
    title = T("No config uses what the proof cannot follow")
    description = T(
        "No line turns on what can carry or copy packets past the proof: tunnels, MPLS, mirroring, virtual systems and their kind. Every "
        "such line is listed, and leaves the rules incomplete that it could touch."
    )
    kind = GapKind.FEATURE


class Read(_Gaps):
    id = "COV-READ"
    title = T("Every file could be read to its end")
    description = T(
        "Every file is the config of one device, whole and in a syntax that is known. Every other file is listed, and leaves incomplete "
        "what depends on configs."
    )
    kind = GapKind.FILE

    def subjects(self, case: Case) -> Iterator[str]:
        yield from dict.fromkeys((*super().subjects(case), *(problem.file for problem in case.snapshot.problems)))


RULES: tuple[type[Rule], ...] = (Device, Name, Prefix, Line, Feature, Read)
