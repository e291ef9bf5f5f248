"""Lines, views and actions of the IOS command line: what the tables of commands are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from isolation_checks.reading.commands import Commands
from isolation_checks.snapshot import FeatureKind, Ref

if TYPE_CHECKING:
    from isolation_checks.reading.cisco_state import State


class Line:
    """One command. ``args`` are the words after its keywords; ``negated``: it began with `no` (or `default`)."""

    __slots__ = ("args", "default", "negated", "number", "ref", "text", "words")

    def __init__(self, number: int, ref: Ref, text: str, words: list[str], negated: str) -> None:
        self.number = number
        self.ref = ref
        self.text = text
        self.words = words  # shared with other lines of the same text: never changed
        self.negated = negated != ""
        self.default = negated == "default"
        self.args: list[str] = []

    def rest(self, skip: int = 0) -> str:
        """The text from the (skip+1)th argument on, as typed."""
        wanted = len(self.args) - skip
        return self.text.split(None, len(self.text.split()) - wanted)[-1] if wanted > 0 else ""


Handler: TypeAlias = Callable[["State", Line], bool]
"""True: understood (or the ledger has been told already); False: not understood."""


@dataclass(frozen=True, slots=True)
class Block:
    """A command that opens a view of which nothing is read: ``why`` is the reason of irrelevance or the kind of feature."""

    why: str | FeatureKind


Action: TypeAlias = Handler | str | FeatureKind | Block
"""What to do with a command: read it; or it is irrelevant, for that reason; or it is a feature; or it opens such a block."""


def table(entries: Mapping[str, Action]) -> Commands[Action]:
    return Commands(dict(entries))


@dataclass(frozen=True, slots=True)
class View:
    """A view of the command line. ``rest``: what becomes of lines that no command is known for: None, and they are not understood."""

    name: str
    commands: Commands[Action] = field(default_factory=lambda: table({}))
    rest: str | FeatureKind | None = None
    other: Handler | None = None  # reads the lines that no command of the view is known for
    quick: Callable[[State, int, str], bool] | None = None  # tried before all else, on the stripped text: for views with very many lines


class Spelled(NamedTuple):
    """A text as a view reads it: its words without `no` or `default`, which of these it was, the command, and whether it needs a closer
    look: it leaves a view, or several lines may belong to it. ``full``: no keyword of the command is abbreviated.
    """

    words: list[str]
    negated: str
    found: tuple[Action, int] | None
    special: bool
    full: bool


_SPECIAL = {"exit", "quit", "end", "hostname", "vacant-message", "refuse-message", "certificate"}


@lru_cache(maxsize=1 << 15)
def spelled(commands: Commands[Action], text: str) -> Spelled:
    words = text.split()
    first = words[0].lower()
    negated = first if first in {"no", "default"} and len(words) > 1 else ""
    if negated:
        words = words[1:]
        first = words[0].lower()
    if first.startswith("int") and "interface".startswith(first):
        words = ["interface", *words[1:]]  # what everybody types; some views have longer words that begin so
    special = first in _SPECIAL or first.startswith(("ban", "exit-")) or (first == "aaa" and ("banner" in text or "-message" in text))
    found = commands.find(words)
    return Spelled(words, negated, found, special, found is not None and commands.in_full(words, found[1]))


UNKNOWN_VIEW = View("unknown")
