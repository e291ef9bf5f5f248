"""The folder that rendering writes: everything is put down beside it first, then moved into place, or nothing is.

`manifest.json` in the folder names every file that govnet wrote, with its SHA-256. What it does not name is somebody else's and never
deleted, and neither is a file of ours that somebody has changed since.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self

from topology.i18n import T, Text

MANIFEST = "manifest.json"
STAGING = ".rendering"
_FORMAT = 1


class RefusedError(Exception):
    """Something that the user asked for cannot be done, in one line for the user."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.render("en"))
        self.text = text

    def __reduce__(self) -> tuple[type[RefusedError], tuple[Text]]:
        return RefusedError, (self.text,)


class State(StrEnum):
    """What became of a file."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Written:
    """A file below the output folder: ``path`` in POSIX form."""

    path: str
    sha256: str
    state: State


@dataclass(frozen=True, slots=True)
class Removed:
    """Files of ours that are gone, and those that stayed because somebody had changed them."""

    deleted: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


class OutputFolder:
    """``with OutputFolder(path) as output``: `put` any number of files (also in forked processes), then `commit` once.

    Without `commit`, leaving the block leaves the folder as it was. Raises OSError where the folder cannot be made or written, RefusedError
    where another process is writing it or its manifest is not one.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._staging = root / STAGING
        self._made: list[Path] = []
        self._folders: set[str] = set()
        self._lock = -1
        self._manifest: dict[str, str] = {}

    def __enter__(self) -> Self:
        missing = [folder for folder in (self.root, *self.root.parents) if not folder.exists()]
        if self.root.exists() and not self.root.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(self.root))
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            self._made = [folder for folder in missing if folder.is_dir()]
            self._acquire()
            self._manifest = read_manifest(self.root)
            shutil.rmtree(self._staging, ignore_errors=True)  # of a process that was killed
            self._staging.mkdir()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        shutil.rmtree(self._staging, ignore_errors=True)
        self._leave()

    def _acquire(self) -> None:
        self._lock = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RefusedError(
                T("another govnet is writing {folder}: wait for it, or name another folder.", folder=str(self.root))
            ) from None

    def _leave(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
        for folder in sorted(self._made, key=lambda folder: -len(folder.parts)):  # what is not empty stays
            with contextlib.suppress(OSError):
                folder.rmdir()

    def put(self, path: str, text: str) -> Written:
        """Lays down one file, unless it is there already with this very text."""
        data = text.encode()
        digest = sha256(data).hexdigest()
        state = self.state(path, data)
        if state is not State.UNCHANGED:
            folder, _, _ = path.rpartition("/")
            if folder not in self._folders:
                os.makedirs(self._staging / folder, exist_ok=True)  # noqa: PTH103 - Path.mkdir takes five times as long where it exists
                self._folders.add(folder)
            with open(f"{self._staging}/{path}", "wb") as file:  # noqa: PTH123 - a path object for each file costs more than the file
                file.write(data)
        return Written(path, digest, state)

    def state(self, path: str, data: bytes) -> State:
        """What putting ``data`` there would mean."""
        before = self.before(path)
        return State.NEW if before is None else State.UNCHANGED if before == data else State.CHANGED

    def before(self, path: str) -> bytes | None:
        """What is there now."""
        try:
            with open(f"{self.root}/{path}", "rb") as file:  # noqa: PTH123 - as above
                return file.read()
        except FileNotFoundError:
            return None

    def commit(self, written: Mapping[str, str], stays: Callable[[str], bool] = lambda path: False) -> Removed:
        """Moves into place what was put, and deletes the files of earlier runs that are neither in ``written`` nor ``stays``.

        ``written`` is path -> SHA-256 of all files that were put, in whatever process. Ctrl-C waits until all is in place.
        """
        gone = [path for path in self._manifest if path not in written and not stays(path)]
        kept = tuple(path for path in gone if self._changed_by_hand(path))
        files = {path: digest for path, digest in self._manifest.items() if path not in gone} | dict(written)
        staged = self._staged()
        self._write_manifest("before", self._manifest | files)  # whatever stops the moves, the next run knows what is ours
        self._write_manifest("after", files)
        targets = self._targets(staged)
        with _undisturbed():
            self._replace("before", MANIFEST)
            for path, target in zip(staged, targets, strict=True):
                os.replace(self._staging / path, target)  # noqa: PTH105 - as above
            deleted = tuple(path for path in gone if path not in kept and self._delete(path))
            self._replace("after", MANIFEST)
        return Removed(deleted, kept)

    def _staged(self) -> list[str]:
        found = []
        for folder, _, names in os.walk(self._staging):
            found += [os.path.relpath(os.path.join(folder, name), self._staging) for name in names]  # noqa: PTH118 - as above
        return sorted(found)

    def _targets(self, staged: list[str]) -> list[Path]:
        """Where the files go; folders are made, and whatever would stop a move is found before the first one."""
        targets = [self.root / path for path in staged]
        for folder in sorted({target.parent for target in targets}):
            self._made += [made for made in (folder, *folder.parents) if not made.exists()]
            folder.mkdir(parents=True, exist_ok=True)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
        for target in targets:
            if target.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
        return targets

    def _write_manifest(self, name: str, files: Mapping[str, str]) -> None:
        text = json.dumps({"govnet": _FORMAT, "files": dict(sorted(files.items()))}, indent=0)
        (self._staging / name).write_text(text + "\n", encoding="utf-8")

    def _replace(self, name: str, target: str) -> None:
        if (self._staging / name).read_bytes() != self.before(target):
            (self._staging / name).replace(self.root / target)

    def _changed_by_hand(self, path: str) -> bool:
        now = self.before(path)
        return now is not None and sha256(now).hexdigest() != self._manifest[path]

    def _delete(self, path: str) -> bool:
        """Deletes a file, and the folders that it leaves empty; False where it is gone already."""
        try:
            (self.root / path).unlink()
        except FileNotFoundError:
            return False
        for folder in PurePosixPath(path).parents[:-1]:
            try:
                (self.root / folder).rmdir()
            except OSError:
                break
        return True


def read_manifest(root: Path) -> dict[str, str]:
    """Path -> SHA-256 of the files below ``root`` that govnet wrote; empty where it wrote none. Raises RefusedError for anything else."""
    path = root / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        content = None
    files = content.get("files") if isinstance(content, dict) and content.get("govnet") == _FORMAT else None
    if not isinstance(files, dict) or not all(_inside(name) and isinstance(digest, str) for name, digest in files.items()):
        raise RefusedError(
            T(
                "{file} does not tell which files govnet wrote there: delete it if the folder is govnet's, or name another one.",
                file=str(path),
            )
        )
    return files


def _inside(path: Any) -> bool:
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts and bool(pure.parts)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C and a request to end wait."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
