"""The lines of a VRP config brought to the view that each belongs to.

A view is opened by a command (``interface X``) and holds what is indented deeper, up to ``#`` in the first column, to ``quit``,
or to a line
that is a command of an outer view only. Texts without any indentation are read as typed scripts: innermost view first.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from isolation_checks.reading.commands import Commands
from isolation_checks.reading.huawei_draft import Draft
from isolation_checks.reading.ledger import Ledger
from isolation_checks.reading.source import is_flat
from isolation_checks.snapshot import FeatureKind, LineCode, Ref
from topology.i18n import T

PAGER_WIDTH = 42  # blanks that an erased pager prompt leaves before a line
_VERSION = re.compile(r"^!\s*software version\s+(\S+)|^\[?(V\d{3}R\d{3}\w*)\]?$", re.IGNORECASE)
_PROMPT = re.compile(r"^(?:HRP_[MS])?(?:<[^<>\s]+>|\[[~*]?[^\[\]]+\])\s*")
_SHOWS = re.compile(r"^(?:dis?|disp\w*|screen-length|more)\b")
_STAMP = re.compile(
    r"^\d{4}-\d{1,2}-\d{1,2}[ T]\d|^(?:info|notice)\s*:|%%01|^now configuring|^are you sure|^enter system view", re.IGNORECASE
)
_QUOTED = re.compile(r'"[^"]*"|\S+')

FRAMING = T("the frame of the text: headers, prompts and commands that only show or save").msgid
_SAVING = {"save", "commit", "y", "yes", "n"}


class UnreadError(Exception):
    """The line is not understood."""


Handler: TypeAlias = Callable[["Reading", list[str]], None]
Entry: TypeAlias = Handler | str
"""What a command does, or the reason for which it cannot matter."""


class _Branch:
    """A keyword: the command that ends with it, and the keywords that may follow."""

    __slots__ = ("below", "entry")

    def __init__(self) -> None:
        self.entry: Entry | None = None
        self.below: dict[str, _Branch] = {}


class View:
    """A view of the command line. ``swallow``: why nothing in it can matter. ``again``: its lines may go on after a ``#``."""

    def __init__(self, name: str, table: dict[str, Entry], swallow: str | None = None, again: bool = False) -> None:
        self.name = name
        self.commands: Commands[Entry] = Commands(table)
        self.first = frozenset(word for key in table for word in key.split()[: 2 if key.startswith("undo ") else 1])
        self._exact: dict[str, _Branch] = {}
        for key, entry in table.items():
            branch = _Branch()
            level = self._exact
            for word in key.split():
                branch = level.setdefault(word, _Branch())
                level = branch.below
            branch.entry = entry
        self.swallow = swallow
        self.again = again
        self.fast: Callable[[Reading, str], bool] | None = None

    def find(self, words: list[str], typed: bool = False) -> tuple[Entry, int] | None:
        """The command that the words begin with; the negation of what cannot matter cannot matter either.

        Keywords in full come first. Abbreviations are for what people type: elsewhere they make no line irrelevant.
        """
        found = self._in_full(words)
        if found is None:
            found = self.commands.find(words)
            if found is not None and not typed and isinstance(found[0], str):
                found = None
        if found is None and words[0] == "undo" and len(words) > 1:
            positive = self._in_full(words[1:]) or (self.commands.find(words[1:]) if typed else None)
            if positive is not None and isinstance(positive[0], str):
                return positive[0], positive[1] + 1
        return found

    def _in_full(self, words: list[str]) -> tuple[Entry, int] | None:
        best: tuple[Entry, int] | None = None
        level = self._exact
        for index, word in enumerate(words):
            branch = level.get(word)
            if branch is None:
                break
            if branch.entry is not None:
                best = branch.entry, index + 1
            if not branch.below:
                break
            level = branch.below
        return best


_UNKNOWN = View("?", {})


class _Open(NamedTuple):
    view: View
    subject: object
    indent: int
    label: str


class Reading:
    """One pass over the lines of one file. Handlers get it and the words after their keywords."""

    def __init__(self, ledger: Ledger, top: View, reserved: frozenset[str]) -> None:
        self.ledger = ledger
        self.draft = Draft()
        self.number = 0
        self.text = ""
        self._top = _Open(top, None, -1, "")
        self._stack = [self._top]
        self._left: list[_Open] = []
        self._reserved = reserved
        self._indent = 0
        self._flat = False
        self._ended = False
        self._foreign = False
        self._system_from: int | None = None
        self._first_draft = self.draft

    @property
    def ref(self) -> Ref:
        return Ref(self.ledger.file, self.number)

    @property
    def here(self) -> object:
        """What the innermost view is about."""
        return self._stack[-1].subject

    @property
    def outer(self) -> object:
        return self._stack[-2].subject if len(self._stack) > 1 else None

    def open(self, view: View, subject: object) -> None:
        self._stack.append(_Open(view, subject, self._indent, self.text))

    def feature(self, kind: FeatureKind, interface: str | None = None) -> None:
        self.ledger.feature(self.number, kind, self.text, interface)

    def irrelevant(self, reason: str) -> None:
        self.ledger.irrelevant(self.number, reason)

    def another_device(self) -> None:
        """From this line on the text is about a second device."""
        self._foreign = True
        self._first_draft.facts["several-devices"] = "yes"
        self._not_understood()

    def other_system(self) -> None:
        """What follows configures a virtual system, which is no part of this device's model."""
        self._system_from = self._system_from or self.number
        self.draft = Draft()
        self._stack = [self._top]
        self._ended = False

    # --- the pass

    def run(self, lines: tuple[str, ...]) -> Draft:
        self._flat = is_flat(lines)
        ledger = self.ledger
        for number, raw in enumerate(lines, 1):
            self.number = number
            text = raw.strip()
            if not text:
                ledger.blank(number)
                continue
            indent = len(raw) - len(raw.lstrip())
            top = self._stack[-1]
            if top.view.fast is not None and (indent > top.indent or self._flat) and not self._foreign and top.view.fast(self, text):
                continue
            self._line(text, indent - PAGER_WIDTH if indent >= PAGER_WIDTH else indent)
        self._finish(lines)
        return self._first_draft

    def _finish(self, lines: tuple[str, ...]) -> None:
        codes = self.ledger.codes
        if self._system_from is not None:
            for index in range(self._system_from, len(codes)):
                if codes[index] == LineCode.UNDERSTOOD:
                    codes[index] = LineCode.UNMODELLED
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        if not self._ended and not self._foreign and (not self._flat or _is_pager(last)):
            self._first_draft.facts["truncated"] = "yes"

    def _line(self, text: str, indent: int) -> None:
        self.text = text
        if self._foreign:
            if text.startswith("#"):
                self.ledger.blank(self.number)
            else:
                self._not_understood()
            return
        if text[0] in "#!<[H-" or not text[0].isalpha():
            rest = self._framed(text, indent)
            if rest is None:
                return
            if rest is not text:
                text, indent = rest, 0
        elif indent == 0 and (text[0] in "INAEine" or "%%" in text) and _STAMP.search(text):
            self.irrelevant(FRAMING)
            return
        self.text, self._indent = text, indent
        words = _QUOTED.findall(text) if '"' in text else text.split()
        if words[0] in ("un", "und"):
            words[0] = "undo"
        if not self._leaves(words):
            self._command(words)

    def _framed(self, text: str, indent: int) -> str | None:
        """What is left of a line that may be a separator, a header or a prompt; None where it is done with."""
        if text[0] == "#":
            self.ledger.blank(self.number)
            if indent == 0:
                self._left, self._stack = self._stack[1:] or self._left, [self._top]
            return None
        version = _VERSION.match(text)
        if version:
            found = version[1] or version[2]
            if self._first_draft.version not in ("", found):
                self.another_device()
                return None
            self._first_draft.version = found
            self.irrelevant(FRAMING)
            return None
        if text[0] == "!" or _is_pager(text) or _STAMP.search(text) or set(text) <= set("=-*_"):
            self.irrelevant(FRAMING)
            return None
        prompt = _PROMPT.match(text)
        if prompt is None:
            return text
        rest = text[prompt.end() :].strip()
        if not rest or _SHOWS.match(rest) or "<" in prompt[0]:
            self.irrelevant(FRAMING)
            self._ended = self._ended and not rest.startswith(("sy", "sys"))
            return None
        return rest

    def _leaves(self, words: list[str]) -> bool:
        """Whether the line ends a view or the text."""
        word = words[0]
        if self._ended:
            if word == "switch" and len(words) > 1:
                self._ended = False
                return False
            if word.startswith("sys") and "system-view".startswith(word):
                self._ended = False
                self.irrelevant(FRAMING)
            else:
                self.another_device()
            return True
        if len(words) == 1:
            if word in ("quit", "q"):
                self.ledger.understood(self.number)
                if len(self._stack) > 1:
                    self._stack.pop()
                return True
            if word == "return":
                self.ledger.understood(self.number)
                self._stack, self._ended = [self._top], True
                return True
            if word in _SAVING or (word.startswith("sys") and "system-view".startswith(word)):
                self.irrelevant(FRAMING)
                return True
        return False

    def _command(self, words: list[str]) -> None:
        stack, indent = self._stack, self._indent
        if self._flat:
            self._try_all(words)
            return
        if len(stack) > 1 and stack[-1].indent >= indent:
            before = list(stack)
            while len(stack) > 1 and stack[-1].indent >= indent:
                stack.pop()
            self._left = before[len(stack) :]
        view = stack[-1].view
        if view is _UNKNOWN:
            self._not_understood()
            return
        found = view.find(words)
        if found is None and view.swallow is not None and words[0] not in self._reserved:
            self.irrelevant(view.swallow)
            return
        if found is None:
            found = self._elsewhere(words)
        if found is None:
            self._not_understood()
            if words[0] != "undo":
                self.open(_UNKNOWN, None)
        elif not self._apply(found, words):
            self._not_understood()

    def _elsewhere(self, words: list[str]) -> tuple[Entry, int] | None:
        """The command in an outer view, or in the view that the text had just left."""
        stack = self._stack
        first = words[1] if words[0] == "undo" and len(words) > 1 else words[0]
        for depth in range(len(stack) - 2, -1, -1):
            if first in stack[depth].view.first:
                found = stack[depth].view.find(words)
                if found is not None:
                    del stack[depth + 1 :]
                    return found
        for depth in range(len(self._left) - 1, -1, -1):
            entry = self._left[depth]
            if entry.view.again and first in entry.view.first and self._indent > 0:
                found = entry.view.find(words)
                if found is not None:
                    stack.extend(self._left[: depth + 1])
                    return found
        return None

    def _try_all(self, words: list[str]) -> None:
        """In a text without indentation: the innermost view that takes the line."""
        for depth in range(len(self._stack) - 1, -1, -1):
            found = self._stack[depth].view.find(words, typed=True)
            if found is None:
                continue
            kept = self._stack
            self._stack = kept[: depth + 1]
            if self._apply(found, words):
                return
            self._stack = kept
        self._not_understood()

    def _apply(self, found: tuple[Entry, int], words: list[str]) -> bool:
        entry, taken = found
        if isinstance(entry, str):
            self.irrelevant(entry)
            return True
        self.ledger.understood(self.number)
        try:
            entry(self, words[taken:])
        except (UnreadError, LookupError, ValueError):  # a line that ends early, or a word that is no number or none of the known
            return False
        return True

    def _not_understood(self) -> None:
        self.ledger.not_understood(self.number, self.text, tuple(entry.label for entry in self._stack[1:] if entry.view is not _UNKNOWN))


def _is_pager(text: str) -> bool:
    return "more" in text.lower() and text.strip("- ()").lower() == "more"


def swallow(reason: str) -> Handler:
    """Opens a view in which nothing can matter."""
    view = View("-", {}, swallow=reason)

    def handler(reading: Reading, _words: list[str]) -> None:
        reading.irrelevant(reason)
        reading.open(view, None)

    return handler


def opener(name: str, table: dict[str, Entry] | None = None) -> Handler:
    """Opens a view about which nothing is kept; its lines are understood only by its table."""
    view = View(name, table or {})

    def handler(reading: Reading, _words: list[str]) -> None:
        reading.open(view, None)

    return handler


def done(_reading: Reading, _words: list[str]) -> None:
    """Understood, and nothing to keep."""


def feature(kind: FeatureKind) -> Handler:
    def handler(reading: Reading, _words: list[str]) -> None:
        reading.feature(kind)

    return handler


def feature_view(kind: FeatureKind, reason: str) -> Handler:
    """A feature whose details stand in a view of its own."""
    view = View("-", {}, swallow=reason)

    def handler(reading: Reading, _words: list[str]) -> None:
        reading.feature(kind)
        reading.open(view, None)

    return handler


def only(words: list[str], count: int) -> None:
    """A line with more words than its command has is not understood."""
    if len(words) > count:
        raise UnreadError


def keyword(word: str, *choices: str) -> str:
    """The choice that ``word`` is, in full or abbreviated."""
    lowered = word.lower()
    if lowered in choices:
        return lowered
    near = [choice for choice in choices if choice.startswith(lowered)]
    if len(near) != 1 or not lowered:
        raise UnreadError
    return near[0]
