"""A host unit of a gatekeeper: a Linux host that forwards nothing, and the tasks that its ferry may carry out."""

from __future__ import annotations

from typing import Any

import yaml

from isolation_checks.reading.ledger import Ledger
from isolation_checks.reading.linux import Host
from isolation_checks.reading.source import Source
from isolation_checks.snapshot import DeviceConfig, FerryTask, HostUnit, LineCode, Ref
from topology.i18n import T

SHEETS = T("a task sheet for people, made from the same tasks").msgid
_SHEETS = ("tasks.zh.html", "tasks.en.html", "tasks.zh.md", "tasks.en.md")
_TOP = frozenset({"version", "gatekeeper", "side", "unit", "address", "gateway", "tasks"})
_TASK = frozenset({
    "task_id", "channel", "name", "enabled", "kind", "direction", "mode", "service", "role", "server", "listens", "connects", "interval_s",
    "allow", "max_mb", "virus_scan", "log", "level", "owner", "approval",
})  # fmt: skip
_ALWAYS = {"virus_scan": "full", "log": "true"}
"""The model holds no other value of these."""
_MODES = {"send": "sends", "receive": "receives"}


def is_host_unit(names: frozenset[str]) -> bool:
    return "tasks.yaml" in names


def parse(folder: str, sources: tuple[Source, ...]) -> DeviceConfig:
    """What the files of one host unit say. Never raises."""
    host = Host(folder, sources)
    host.read()
    unit = None
    for _, source, ledger in host.files:
        name = source.name.rpartition("/")[2]
        if name in _SHEETS:
            for at, text in enumerate(source.lines, 1):
                if text.strip():
                    ledger.irrelevant(at, SHEETS)
                else:
                    ledger.blank(at)
        elif name == "tasks.yaml":
            tasks = _Tasks(source, ledger)
            tasks.read()
            unit = tasks.unit
            if tasks.name and host.draft.name_ref is None:
                host.draft.name, host.draft.name_ref = tasks.name, tasks.name_ref
    return host.built("host_unit", host_unit=unit)


class _Tasks:
    """tasks.yaml. What it holds beside the known keys is unknown, and a task that lacks one is left out with all its lines unknown."""

    def __init__(self, source: Source, ledger: Ledger) -> None:
        self.source, self.ledger = source, ledger
        self.unit: HostUnit | None = None
        self.key_of: dict[int, Any] = {}  # by the identity of the value, all of which live as long as the document
        self.name = ""
        self.name_ref: Ref | None = None

    def read(self) -> None:
        try:
            root = yaml.compose("\n".join(self.source.lines), Loader=yaml.SafeLoader)
        except (yaml.YAMLError, RecursionError, ValueError):
            return  # every line comes out as unknown
        if not isinstance(root, yaml.MappingNode):
            return
        self._mark_comments()
        entries = self._entries(root, _TOP)
        tasks = entries.pop("tasks", None)
        for key, node in entries.items():
            if not isinstance(node, yaml.ScalarNode):
                self._unknown(node)
            else:
                self._understood(node)
                if key == "unit":
                    self.name, self.name_ref = node.value, self.ledger.ref(node.start_mark.line + 1)
        found = []
        if isinstance(tasks, yaml.SequenceNode):
            found = [task for node in tasks.value if (task := self._task(node)) is not None]
            self._head(tasks)
        gatekeeper, side = (_scalar(entries.get(key)) for key in ("gatekeeper", "side"))
        if side not in ("inner", "outer") or not gatekeeper:
            for key in ("gatekeeper", "side"):
                if key in entries:
                    self._unknown(entries[key])
        self.unit = HostUnit(gatekeeper, side, tuple(found), self.ledger.ref(root.start_mark.line + 1))

    def _mark_comments(self) -> None:
        for at, text in enumerate(self.source.lines, 1):
            if not text.strip() or text.lstrip().startswith("#") or text.strip() in ("---", "..."):
                self.ledger.blank(at)

    def _entries(self, node: yaml.MappingNode, known: frozenset[str]) -> dict[str, Any]:
        """The values of the known keys; a key twice, or one that is not known, is unknown."""
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name not in known or name in found:
                self._unknown(value, key)
            else:
                found[name] = value
                self.key_of[id(value)] = key
        return found

    def _lines(self, node: Any) -> range:
        last = node.end_mark.line + (1 if node.end_mark.column else 0)
        return range(node.start_mark.line + 1, max(last, node.start_mark.line + 1) + 1)

    def _understood(self, node: Any) -> None:
        first = self._lines(self.key_of.get(id(node), node))[0]
        for at in range(first, self._lines(node)[-1] + 1):
            if at <= len(self.source.lines) and self.ledger.codes[at - 1] == LineCode.UNKNOWN and not self._noted(at):
                self.ledger.understood(at)

    def _unknown(self, node: Any, key: Any = None) -> None:
        for at in range(self._lines(key or node)[0], self._lines(node)[-1] + 1):
            if at <= len(self.source.lines) and self.source.lines[at - 1].strip() and not self._noted(at):
                self.ledger.not_understood(at, self.source.lines[at - 1])

    def _noted(self, at: int) -> bool:
        return any(item.ref.line == at for item in self.ledger.unknown)

    def _head(self, tasks: Any) -> None:
        """The line of the key itself."""
        at = self.key_of[id(tasks)].start_mark.line + 1
        if not self._noted(at):
            self.ledger.understood(at)

    def _task(self, node: Any) -> FerryTask | None:
        if not isinstance(node, yaml.MappingNode):
            self._unknown(node)
            return None
        before = len(self.ledger.unknown)
        entries = self._entries(node, _TASK)
        number, size = _integer(entries.get("task_id")), _integer(entries.get("max_mb"))
        enabled = {"true": True, "false": False}.get(_scalar(entries.get("enabled")).lower())
        allow = entries.get("allow")
        role = _MODES.get(_scalar(entries.get("mode")))
        direction = _scalar(entries.get("direction"))
        for key, value in _ALWAYS.items():
            if key in entries and _scalar(entries[key]).lower() != value:
                self._unknown(entries[key], self.key_of[id(entries[key])])
        if (
            number is None or role is None or direction not in ("inner-to-outer", "outer-to-inner")
            or not isinstance(allow, yaml.SequenceNode) or enabled is None
        ):  # fmt: skip
            self._unknown(node)
            return None
        if len(self.ledger.unknown) == before:
            self._understood(node)
        else:
            for value in entries.values():
                self._understood(value)
        return FerryTask(
            number=number, name=_scalar(entries.get("channel")), kind=_scalar(entries.get("kind")), direction=direction, role=role,
            server=_scalar(entries.get("server")), owner=_scalar(entries.get("owner")), level=_scalar(entries.get("level")),
            approval=_scalar(entries.get("approval")), allow=tuple(_scalar(item) for item in allow.value), max_mb=size, enabled=enabled,
            ref=self.ledger.ref(node.start_mark.line + 1),
        )  # fmt: skip


def _scalar(node: Any) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _integer(node: Any) -> int | None:
    text = _scalar(node)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
