"""Where each line of a device's files comes from: template line and inventory line. Shown by `govnet why`, never used to decide."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from topology.origin import Origin

if TYPE_CHECKING:
    from templates.engine import Line, Rendered


class Where(NamedTuple):
    """The template line that printed a line, and the place in the inventory that it speaks of."""

    template: str
    template_line: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class LineMap:
    """The line map of one device: for each of its files one `Where` a line."""

    files: dict[str, tuple[Where, ...]]

    @classmethod
    def of(cls, rendered: Rendered) -> LineMap:
        return cls({file.name: tuple(map(Where._make, file.lines)) for file in rendered.files})

    def lookup(self, line: int, file: str | None = None) -> Where | None:
        """Line ``line`` (from 1) of ``file`` (without: the device's first file), or None where there is no such line."""
        lines = next(iter(self.files.values())) if file is None else self.files.get(file, ())
        return lines[line - 1] if 0 < line <= len(lines) else None

    def dumps(self) -> str:
        """Compact JSON: ``{"files": {"x.cfg": {"templates": [...], "origins": [...], "lines": [[template, line, origin], ...]}}}``."""
        return _dumped(self.files.items())

    @classmethod
    def loads(cls, text: str) -> LineMap:
        return cls({name: _unpacked(packed) for name, packed in json.loads(text)["files"].items()})


def dumps(rendered: Rendered) -> str:
    """`LineMap.dumps` straight from what was rendered: a city has hundreds of thousands of lines."""
    return _dumped((file.name, file.lines) for file in rendered.files)


def _dumped(files: Iterable[tuple[str, Sequence[Line]]]) -> str:
    return f'{{"files":{{{",".join(f"{_json(name)}:{_packed(lines)}" for name, lines in files)}}}}}'


def _packed(lines: Sequence[Line]) -> str:
    """One file. A line is put together from two pieces of text that it shares with many others: a third of the time of the json module."""
    templates: dict[str, int] = {}
    origins: dict[Origin, int] = {}
    heads: dict[tuple[str, int], str] = {}
    tails: dict[Origin, str] = {}
    packed = []
    for template, line, origin in lines:
        head = heads.get((template, line))
        if head is None:
            head = heads[template, line] = f"[{templates.setdefault(template, len(templates))},{line},"
        tail = tails.get(origin)
        if tail is None:
            tail = tails[origin] = f"{origins.setdefault(origin, len(origins))}]"
        packed.append(head + tail)
    return f'{{"templates":{_json(list(templates))},"origins":{_json(list(origins))},"lines":[{",".join(packed)}]}}'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _unpacked(packed: dict[str, list[Any]]) -> tuple[Where, ...]:
    templates, origins = packed["templates"], [Origin._make(origin) for origin in packed["origins"]]
    return tuple(Where(templates[template], line, origins[origin]) for template, line, origin in packed["lines"])
