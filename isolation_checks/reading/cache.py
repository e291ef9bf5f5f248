"""Devices as they were read before, for files whose every byte is the same. Nothing but time depends on it.

An entry is found by a hash of the file's name and bytes and of the program's own text, so that neither an edited config nor another
version of a parser ever finds it. Where the folder is not this user's alone, an entry is damaged, or the disk is full, files are read as if
there were no cache.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import time
from typing import Any

from isolation_checks.snapshot import DeviceConfig

UNUSED_DAYS = 30
"""An entry that nobody asked for in so many days is thrown away."""

_PACKAGE = Path(__file__).parents[1]
_OURS = ("isolation_checks.", "topology.")
_OTHERS_MAY = 0o022  # write


@dataclass(frozen=True)
class ReadingCache:
    """Entries are files in ``folder``, which is made with the first of them; ``program`` tells versions of the parsers apart.

    Never raises for anything that a disk may do.
    """

    folder: Path
    program: str

    @classmethod
    def of_user(cls) -> ReadingCache:
        """In the user's cache folder (XDG base directories: ``$XDG_CACHE_HOME``, else ``~/.cache``)."""
        named = os.environ.get("XDG_CACHE_HOME", "")
        base = Path(named) if named.startswith("/") else Path(os.path.expanduser("~")) / ".cache"  # noqa: PTH111 - Path.home raises
        return cls(base / "govnet" / "reading", _program())

    def key(self, path: Path, name: str) -> str | None:
        """What finds the device of a file or folder of files, called ``name`` in the snapshot; None where it cannot be read whole."""
        total = sha256(f"{self.program}\0{name}\0{path.is_dir()}\0".encode())
        try:
            files = sorted(path.rglob("*")) if path.is_dir() else [path]
            for file in files:
                if file.is_dir() and not file.is_symlink():
                    continue
                if not file.is_file():
                    return None
                part = file.relative_to(path).as_posix()
                total.update(f"{part}\0{sha256(file.read_bytes()).hexdigest()}\0".encode("utf-8", "surrogateescape"))
        except OSError:
            return None
        return total.hexdigest()

    def get(self, key: str | None) -> DeviceConfig | None:
        """The device that was read from these bytes, if it is known."""
        if key is None or not self._trusted():
            return None
        path = self.folder / key
        try:
            found = _Unpickler(io.BytesIO(path.read_bytes())).load()
            os.utime(path)
        except Exception:  # a damaged entry may raise anything, and is worth no more than none
            return None
        return found if isinstance(found, DeviceConfig) else None

    def put(self, key: str | None, device: DeviceConfig) -> None:
        if key is None:
            return
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._trusted():
                return
            handle, name = tempfile.mkstemp(dir=self.folder, prefix=".")
            try:
                with os.fdopen(handle, "wb") as file:
                    pickle.dump(device, file, pickle.HIGHEST_PROTOCOL)
                Path(name).replace(self.folder / key)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise

    def prune(self) -> None:
        """Throw away what was not asked for in `UNUSED_DAYS`."""
        oldest = time() - UNUSED_DAYS * 24 * 3600
        with suppress(OSError):
            for path in self.folder.iterdir():
                if path.stat().st_mtime < oldest:
                    path.unlink(missing_ok=True)

    def _trusted(self) -> bool:
        """Only what this user wrote is believed: an entry is a statement about a config."""
        try:
            status = self.folder.stat()
        except OSError:
            return False
        return status.st_uid == os.geteuid() and not status.st_mode & _OTHERS_MAY


class _Unpickler(pickle.Unpickler):
    """Makes objects of this program's classes only."""

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith(_OURS) and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a device")


def _program() -> str:
    """A hash of everything that decides how text is read, the version of Python included."""
    total = sha256(repr(sys.version_info).encode())
    for path in sorted((*_PACKAGE.rglob("*.py"), *(_PACKAGE.parent / "topology").glob("*.py"))):
        total.update(path.read_bytes())
    return total.hexdigest()
