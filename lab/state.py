"""What is known of labs that run or were left half made: a folder each, written before anything else is made."""

from __future__ import annotations

import fcntl
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from lab.errors import LabError, PrerequisiteError
from lab.plan import LabPlan
from topology.i18n import T

ROOT = Path("/run/govnet")
"""Memory, gone after a restart as the namespaces are."""

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,23}")
_PLAN, _PHASE, _LOCK = "plan.json", "phase", "lock"
STARTING, UP = "starting", "up"


def check_name(name: str) -> None:
    """Raises PrerequisiteError for what cannot be part of a namespace's name and of a socket's path."""
    if not NAME.fullmatch(name):
        raise PrerequisiteError(
            T("'{name}' is no name for a lab · allowed: 1 to 24 lower-case letters, digits and hyphens, a letter or digit first", name=name)
        )


@dataclass(frozen=True, slots=True)
class LabFolder:
    """Where a lab keeps its plan, its nodes' files, sockets and logs."""

    name: str
    root: Path = ROOT

    @property
    def path(self) -> Path:
        return self.root / self.name

    def node(self, number: int) -> Path:
        """A node's files. Numbered, since a socket's path has at most 107 characters."""
        return self.path / "n" / str(number)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One command changes a lab at a time. Raises LabError where another one does."""
        self.root.mkdir(mode=0o755, parents=True, exist_ok=True)
        with (self.root / f"{self.name}.{_LOCK}").open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise LabError(T("Another command is working on the lab {name}; wait for it to end.", name=self.name)) from error
            yield

    def begin(self, plan: LabPlan, backend: str) -> None:
        """Notes what is about to be made. Raises OSError."""
        self.path.mkdir(mode=0o755, exist_ok=True)
        self._write(_PHASE, f"{STARTING} {backend}")
        self._write(_PLAN, _adapter().dump_json(plan).decode())

    def finish(self, backend: str) -> None:
        self._write(_PHASE, f"{UP} {backend}")

    @property
    def phase(self) -> str | None:
        """STARTING or UP; None where there is no such lab."""
        return self._noted[0]

    @property
    def backend(self) -> str | None:
        return self._noted[1]

    @property
    def _noted(self) -> tuple[str | None, str | None]:
        try:
            phase, _, backend = (self.path / _PHASE).read_text(encoding="utf-8").partition(" ")
        except FileNotFoundError:
            return (STARTING if self.path.is_dir() else None), None
        return phase, backend or None

    def plan(self) -> LabPlan:
        """The plan that the lab was made from. Raises PrerequisiteError where there is no lab, or only a piece of one."""
        try:
            return _adapter().validate_json((self.path / _PLAN).read_bytes())
        except FileNotFoundError:
            text = T("There is no lab {name}: start one with govnet lab up.", name=self.name)
        except ValidationError:
            text = T("The lab {name} was left half made: clear it away with govnet lab down.", name=self.name)
        raise PrerequisiteError(text)

    def remove(self, *, keep_lock: bool = False) -> None:
        """Everything of the lab; the lock too, unless the caller goes on working under it."""
        shutil.rmtree(self.path, ignore_errors=True)
        if not keep_lock:
            (self.root / f"{self.name}.{_LOCK}").unlink(missing_ok=True)
            if self.root.is_dir() and not any(self.root.iterdir()):
                self.root.rmdir()

    def _write(self, name: str, text: str) -> None:
        """The whole file or the old one: a disk that is full leaves no half."""
        scratch = self.path / f".{name}"
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(self.path / name)


def labs(root: Path = ROOT) -> tuple[str, ...]:
    """The labs that have a folder."""
    return tuple(sorted(entry.name for entry in root.iterdir() if entry.is_dir())) if root.is_dir() else ()


def _adapter() -> TypeAdapter[LabPlan]:
    return TypeAdapter(LabPlan)
