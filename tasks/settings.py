"""What every sub-command is told, and how it speaks to people."""

import os
import sys
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

import click

from topology.i18n import T, Text

if TYPE_CHECKING:
    from rich.console import Console

_WIDTH_OF_A_FILE = 240
"""Columns where the output is no terminal: a table in a file or a pipe must not lose its right half."""


class ExitCode(IntEnum):
    """What a caller learns without reading: the same four for every sub-command."""

    GOOD = 0
    FAILED = 1
    """A check ran and found something."""
    BAD_INPUT = 2
    """The inventory, the command line or the place to write to cannot be used; nothing was written."""
    INCOMPLETE = 3
    """Something could not be decided."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The global options: ``lang`` is "zh" or "en", ``as_of`` the day on which approvals are judged."""

    city_option: Path | None
    lang: str
    as_of: date

    @property
    def city(self) -> Path:
        """The inventory folder: the one given, else the only folder under ./inventory. Raises click.UsageError that says what to give."""
        if self.city_option is None:
            return self._only_city()
        if not self.city_option.is_dir():
            raise self._usage(T("{path} is not a folder; --city names the folder of a city's inventory.", path=self.city_option))
        return self.city_option

    def _only_city(self) -> Path:
        root = Path("inventory")
        folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")) if root.is_dir() else []
        if not folders:
            raise self._usage(T("There is no city under ./inventory; give its folder with --city, or write one: govnet init DIR"))
        if len(folders) > 1:
            raise self._usage(T("There are several cities: {names}; name one with --city.", names=", ".join(map(str, folders))))
        return folders[0]

    def _usage(self, message: Text) -> click.UsageError:
        return click.UsageError(message.render(self.lang), click.get_current_context(silent=True))

    @property
    def out(self) -> "Console":
        """A rich console on standard output: text is printed as it is, without markup, emoji codes or guessed colours."""
        return _console(stderr=False)

    @property
    def err(self) -> "Console":
        """The same on standard error: for progress, problems and counts, so that standard output stays data."""
        return _console(stderr=True)


def _console(*, stderr: bool) -> "Console":
    from rich.console import Console  # noqa: PLC0415 - only who prints pays for rich

    class PlainConsole(Console):
        """A reader that went away is the command line's business, not rich's."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else _WIDTH_OF_A_FILE
    return PlainConsole(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)
