"""GAP-CHANNEL: the tasks of the host units are the declared channels, exactly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from ipaddress import IPv4Address

from isolation_checks.case import Case
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.words import SIDE
from isolation_checks.snapshot import DeviceConfig, FerryTask, HostUnit, Ref
from isolation_checks.verdicts import Doubt, Finding, Outcome, Scope, Severity
from topology.facts import FerryChannel, Gatekeeper, Realm
from topology.i18n import T, Text

_KINDS = {"database": "db"}
_FIX = T("enter the task as it is declared, or declare and approve the channel")


class DeclaredChannels(Rule):
    id = "GAP-CHANNEL"
    title = T("Host units have the declared channels as tasks, and no others")
    description = T(
        "Each host unit of a gatekeeper has one enabled task for each channel that the gatekeeper carries, and no other. Number,"
        " direction, this side's half, kind, content, list of what may pass, size, server, owner, level and approval are those of the"
        " channel. No other device runs ferry tasks."
    )
    source = (PLAN, T("GB/T 20279-2024"))
    severity = Severity.CRITICAL
    scope = Scope.AS_WRITTEN

    def check(self, case: Case) -> Outcome:
        channels = {channel.id: channel for channel in case.facts.channels}
        findings: list[Finding] = []
        doubts: list[Doubt] = []
        subjects: list[str] = []
        known: set[str] = set()
        for gatekeeper in case.facts.gatekeepers:
            subjects += [f"{gatekeeper.slug}:{channel}" for channel in gatekeeper.channels]
            declared = [channels[id_] for id_ in gatekeeper.channels if id_ in channels]
            for realm, unit in ((Realm.OUTER, gatekeeper.outer_unit), (Realm.INNER, gatekeeper.inner_unit)):
                if unit is None:
                    doubts.append(_no_unit(gatekeeper, realm))
                    continue
                subjects.append(unit)
                known.add(unit)
                config = case.configs.get(unit)
                if config is None or config.host_unit is None:
                    doubts.append(Doubt(T("no tasks of host unit {unit} are here", unit=unit), gatekeeper.origin))
                    continue
                findings += _unit(gatekeeper, realm, unit, config.host_unit, declared)
        findings += [*_uncarried(case), *_strangers(case, known)]
        return Outcome(tuple(subjects), tuple(findings), tuple(doubts), ("ferry-obeys-tasks",) if subjects else ())


def _no_unit(gatekeeper: Gatekeeper, realm: Realm) -> Doubt:
    return Doubt(
        T("the {side} unit of gatekeeper {gatekeeper} is not here", side=SIDE[realm], gatekeeper=gatekeeper.slug), gatekeeper.origin
    )


def _uncarried(case: Case) -> Iterator[Finding]:
    carried = {id_ for gatekeeper in case.facts.gatekeepers for id_ in gatekeeper.channels}
    for channel in case.facts.channels:
        if channel.id not in carried:
            yield Finding(channel.id, T("no gatekeeper carries channel {channel}", channel=channel.id), _FIX, (channel.origin,))


def _strangers(case: Case, known: set[str]) -> Iterator[Finding]:
    for config in case.snapshot.devices:
        if config.host_unit is not None and config.host_unit.tasks and config.folder not in known:
            what = T("{device} has ferry tasks and is no host unit of a gatekeeper", device=config.folder)
            yield Finding(config.folder, what, T("record the gatekeeper, or take the tasks out"), (config.host_unit.ref,))


def _unit(gatekeeper: Gatekeeper, realm: Realm, unit: str, host_unit: HostUnit, declared: list[FerryChannel]) -> Iterator[Finding]:
    if (host_unit.gatekeeper, host_unit.side) != (gatekeeper.slug, realm.value):
        what = T(
            "{unit} calls itself the {side} unit of gatekeeper {name}; it is the {real} unit of {gatekeeper}",
            unit=unit,
            side=host_unit.side,
            name=host_unit.gatekeeper,
            real=SIDE[realm],
            gatekeeper=gatekeeper.slug,
        )
        yield Finding(unit, what, T("give the unit the tasks that are its own"), (host_unit.ref, gatekeeper.origin))
    counts = Counter(task.number for task in host_unit.tasks)
    tasks = {task.number: task for task in host_unit.tasks}
    numbers = {channel.number: channel for channel in declared}
    for number, count in sorted(counts.items()):
        if count > 1:
            places = tuple(task.ref for task in host_unit.tasks if task.number == number)
            what = T("{unit} has {count} tasks with the number {number}", unit=unit, count=count, number=number)
            yield Finding(f"{unit}:{number}", what, _FIX, places)
    for task in host_unit.tasks:
        if task.number not in numbers and task.enabled:
            what = T(
                "{unit} has the task {number} ({name}), which no channel of gatekeeper {gatekeeper} declares",
                unit=unit,
                number=task.number,
                name=task.name,
                gatekeeper=gatekeeper.slug,
            )
            yield Finding(f"{unit}:{task.number}", what, _FIX, (task.ref, gatekeeper.origin))
    for channel in declared:
        if channel.number not in tasks:
            what = T(
                "{unit} has no task for its half of channel {channel} (number {number})",
                unit=unit,
                channel=channel.id,
                number=channel.number,
            )
            yield Finding(channel.id, what, _FIX, (host_unit.ref, channel.origin))
    for task in host_unit.tasks:
        if task.number in numbers:
            yield from _compared(unit, realm, numbers[task.number], task)


def _compared(unit: str, realm: Realm, channel: FerryChannel, task: FerryTask) -> Iterator[Finding]:
    """What of a task is not as its channel declares it."""
    outward = channel.direction == "inner-to-outer"
    half = "sends" if outward is (realm is Realm.INNER) else "receives"
    server = channel.inner if realm is Realm.INNER else channel.outer
    names = (channel.id, channel.content.zh, channel.content.en)
    pairs: list[tuple[Text, object, object]] = [
        (T("the direction"), channel.direction, task.direction.replace("_", "-")),
        (T("the half"), half, _half(task.role)),
        (T("the kind"), channel.kind, _kind(task.kind)),
        (T("the content"), channel.content.zh, channel.content.zh if task.name in names else task.name),
        (T("the list of what may pass"), _listed(channel.allow), _listed(task.allow)),
        (T("the largest size in MB"), channel.max_mb, task.max_mb if task.max_mb is not None else "-"),
        (T("the server"), str(server), _address(task.server) if server is not None else str(server)),
        (T("the owner"), channel.owner, task.owner),
        (T("the level"), channel.level.value, task.level),
        (T("the approval"), channel.approval, task.approval),
        (T("the state"), "enabled", "enabled" if task.enabled else "disabled"),
    ]
    for field, wanted, found in pairs:
        if wanted != found:
            what = T(
                "task {number} of {unit} for channel {channel}: {field} is {found}, declared is {wanted}",
                number=task.number,
                unit=unit,
                channel=channel.id,
                field=field,
                found=found,
                wanted=wanted,
            )
            yield Finding(channel.id, what, _FIX, (task.ref, channel.origin))


def _kind(text: str) -> str:
    """``file_exchange`` and ``file`` say the same."""
    word = text.casefold().replace("-", "_").partition("_")[0]
    return _KINDS.get(word, word)


def _half(text: str) -> str:
    return next((half for half in ("sends", "receives") if text and half.startswith(text.casefold().rstrip("s"))), text)


def _listed(patterns: tuple[str, ...]) -> str:
    return ", ".join(sorted(set(patterns)))


def _address(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except ValueError:
        return text


def first_line(config: DeviceConfig) -> Ref | None:
    return Ref(config.files[0], 1) if config.files else None
