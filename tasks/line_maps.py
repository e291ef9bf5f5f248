"""From a line of a rendered config to the line of the inventory that it comes from, where nothing was changed since."""

from __future__ import annotations

import json
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.commands.why import CONFIGS, LINE_MAPS
from tasks.output import MANIFEST, RefusedError, read_manifest
from topology.origin import Origin

if TYPE_CHECKING:
    from isolation_checks.snapshot import Ref


class LineMaps:
    """The maps that `govnet render` wrote beside ``configs``. What was changed since, map, config or inventory, has no origins."""

    def __init__(self, configs: Path, city: Path) -> None:
        self._root = configs.parent if configs.name == CONFIGS else None
        self._city = city
        self._maps: dict[str, dict[str, Any]] = {}

    @cached_property
    def _written(self) -> dict[str, str]:
        """Path -> SHA-256 of what was rendered; empty where the folder is not of that kind."""
        try:
            return read_manifest(self._root) if self._root else {}
        except (RefusedError, OSError):
            return {}

    def origin(self, ref: Ref) -> Origin | None:
        """Where the line comes from; None where that is not certain."""
        known = self._map(ref.file)
        try:
            _, _, number = known["lines"][ref.line - 1] if ref.line > 0 else (0, 0, -1)
            origin = Origin(*known["origins"][number]) if number >= 0 else None
        except (KeyError, IndexError, TypeError, ValueError):
            return None
        return origin if origin is not None and self._older(origin.file) else None

    def _older(self, file: str) -> bool:
        """Whether a file of the inventory has not been touched since the render."""
        assert self._root is not None
        try:
            return (self._city / file).stat().st_mtime <= (self._root / MANIFEST).stat().st_mtime
        except OSError:
            return False

    def _map(self, file: str) -> dict[str, Any]:
        if file not in self._maps:
            self._maps[file] = self._read(file)
        return self._maps[file]

    def _read(self, file: str) -> dict[str, Any]:
        if not self._root:
            return {}
        config = f"{CONFIGS}/{file}"
        line_map = f"{LINE_MAPS}/{_device_of(file)}.json"
        if not (self._unchanged(config) and self._unchanged(line_map)):
            return {}
        try:
            found = json.loads((self._root / line_map).read_text(encoding="utf-8"))["files"][file]
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        return found if isinstance(found, dict) else {}

    def _unchanged(self, path: str) -> bool:
        assert self._root is not None
        try:
            return sha256((self._root / path).read_bytes()).hexdigest() == self._written.get(path)
        except OSError:
            return False


def _device_of(file: str) -> str:
    """The device of ``NAME.cfg`` or ``NAME/…``."""
    name, slash, _ = file.partition("/")
    return name if slash else name.rpartition(".")[0]
