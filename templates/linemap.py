"""Where each line of a device's files comes from: template line and inventory line. Shown by `govnet why`, never used to decide."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from topology.origin import Origin

if TYPE_CHECKING:
    from templates.engine import Rendered


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
        files = {name: _packed(lines) for name, lines in self.files.items()}
        return json.dumps({"files": files}, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def loads(cls, text: str) -> LineMap:
        return cls({name: _unpacked(packed) for name, packed in json.loads(text)["files"].items()})


def _packed(lines: tuple[Where, ...]) -> dict[str, list[Any]]:
    templates: dict[str, int] = {}
    origins: dict[Origin, int] = {}
    packed = [
        (templates.setdefault(template, len(templates)), line, origins.setdefault(origin, len(origins))) for template, line, origin in lines
    ]
    return {"templates": list(templates), "origins": list(origins), "lines": packed}


def _unpacked(packed: dict[str, list[Any]]) -> tuple[Where, ...]:
    templates, origins = packed["templates"], [Origin._make(origin) for origin in packed["origins"]]
    return tuple(Where(templates[template], line, origins[origin]) for template, line, origin in packed["lines"])
