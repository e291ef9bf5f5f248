"""Compiled templates beside their sources, as Python keeps its modules: compiling takes longer than rendering a city.

A compiled template counts only for the very source that it was made from. Where the folder cannot be written, templates are compiled anew.
"""

from __future__ import annotations

import contextlib
import sys
from hashlib import sha256
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket, FileSystemBytecodeCache

FOLDER = "__pycache__"


class CompiledTemplates(FileSystemBytecodeCache):
    """The compiled templates of environments of one ``kind`` below ``root``."""

    def __init__(self, root: Path, kind: str) -> None:
        self._kind = kind
        super().__init__(str(root / FOLDER), "%s.j2c")

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """``filename`` does not count: a copy of the folder uses its own."""
        return sha256(f"{jinja2.__version__} {self._kind} {name}".encode()).hexdigest()[:32]

    def load_bytecode(self, bucket: Bucket) -> None:
        with contextlib.suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if sys.dont_write_bytecode:
            return
        with contextlib.suppress(OSError):
            Path(self.directory).mkdir(exist_ok=True)
            super().dump_bytecode(bucket)
