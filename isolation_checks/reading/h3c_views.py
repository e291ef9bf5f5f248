"""Walking through an H3C config: which view each line stands in, and which command it is.

A device prints one blank more of indentation for each view, with ``#`` in the first column between blocks. People type without
indentation, leave views with ``quit`` or by entering another, and paste sessions with prompts. A `Frame` is a view that is open. A line
belongs to the innermost frame that its indentation allows; a command which that view does not know is looked up in the views around it, as
the device does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from isolation_checks.reading.commands import Commands
from isolation_checks.reading.h3c_blocks import banner_end, key_block_end
from isolation_checks.reading.h3c_draft import Draft, InterfaceDraft
from isolation_checks.reading.h3c_names import Words
from isolation_checks.reading.h3c_prompts import Prompt, Session
from isolation_checks.reading.ledger import Ledger
from isolation_checks.reading.source import Source
from isolation_checks.snapshot import Feature, FeatureKind, LineCode, Ref
from topology.i18n import T


class Past(NamedTuple):
    """A command that carries packets past the model."""

    kind: FeatureKind


Run: TypeAlias = "Callable[[Reader, Words], bool]"
Handler: TypeAlias = "Run | str | Past"
"""A function that reads what follows the keywords and says whether it understood; or the reason why the command is irrelevant."""
Table: TypeAlias = Mapping[str, Handler]

EXECUTED = T("a command that shows, saves or tests, and changes no configuration").msgid
BANNER = T("text shown to people").msgid
KEYS = T("keys and certificates, which the model never holds").msgid
UNDO = ("undo", "und", "un")


class View:
    """``quick`` may take a whole line before anything else. ``rest``: why lines that ``table`` lacks are irrelevant all the same."""

    __slots__ = ("commands", "name", "quick", "rest")

    def __init__(self, name: str, table: Table, rest: str | None = None, quick: Callable[[Reader, str], bool] | None = None) -> None:
        self.name = name
        self.commands: Commands[Handler] = Commands(dict(table))
        self.rest = rest
        self.quick = quick


class Frame:
    """An open view. ``typed``: its lines are not indented. ``data`` is what its commands fill in, ``members`` where that is several."""

    __slots__ = ("data", "indent", "label", "members", "typed", "view")

    def __init__(self, view: View, indent: int, label: str, data: object, typed: bool) -> None:
        self.view = view
        self.indent = indent
        self.label = label
        self.data = data
        self.typed = typed
        self.members: tuple[object, ...] = ()


UNKNOWN_VIEW = View("unknown", {})
FEATURE_VIEW = View("unmodelled", {})
NEVER = 1 << 10  # an indentation that no line has
QUIT = ("quit", "q", "qu", "qui", "exit")


def alike(handler: Handler, commands: str) -> dict[str, Handler]:
    """The commands, which semicolons separate, with one handler."""
    return dict.fromkeys((" ".join(command.split()) for command in commands.split(";")), handler)


def nothing(_reader: Reader, _words: Words) -> bool:
    """A command that is understood and leaves no trace in the model."""
    return True


def bare(_reader: Reader, words: Words) -> bool:
    """The same where nothing may follow the keywords."""
    return not words


@lru_cache(maxsize=1 << 15)
def _find(view: View, text: str) -> tuple[Handler, Words] | None:
    words = tuple(text.split())
    found = view.commands.find(words)
    if found is not None:
        return found[0], words[found[1] :]
    if words[0].lower() in UNDO and len(words) > 1:
        found = view.commands.find(("undo", *words[1:])) or view.commands.find(words[1:])
        if found is not None and not callable(found[0]):
            # What is irrelevant stays so; turning off what the model does not hold is fine.
            return (found[0] if isinstance(found[0], str) else nothing), ()
    return None


class Reader:
    """Reads one file into a `Draft`."""

    def __init__(self, source: Source, system: View) -> None:
        self.source = source
        self.ledger = Ledger(source.name, len(source.lines))
        self.draft = Draft()
        self.frames = [Frame(system, -1, "", None, True)]
        self.frame = self.frames[0]
        self.number = 0
        self.indent = 0
        self.level = 0
        self.opened = 0  # views that the command in hand opened
        self.skip = 0  # lines up to this one belong to a block that was read
        self.session = Session(source.lines)
        self.ended = False
        self.foreign = False

    @property
    def ref(self) -> Ref:
        return Ref(self.source.name, self.number)

    def push(self, view: View, data: object, label: str, members: tuple[object, ...] = ()) -> None:
        """Open a view for the lines that follow."""
        del self.frames[self.level + 1 :]
        self.opened = 1
        frame = Frame(view, self.indent, label, data, self.session.typing or self._next_indent() <= self.indent)
        frame.members = members
        self.frames.append(frame)

    def feature(self, kind: FeatureKind, detail: str = "") -> None:
        """The line in hand stands for something that the model does not hold."""
        data = self.frame.data
        name = data.name if isinstance(data, InterfaceDraft) else None
        self.ledger.feature(self.number, kind, detail or self.source.lines[self.number - 1].strip(), name)

    def reset(self) -> None:
        del self.frames[1:]

    def run(self) -> None:
        codes = self.ledger.codes
        plain = not self.session.typing
        for number, line in enumerate(self.source.lines, 1):
            if number <= self.skip:
                continue
            text = line.lstrip()
            if not text:
                codes[number - 1] = LineCode.BLANK
                continue
            self.number = number
            first = text[0]
            if first == "#":
                codes[number - 1] = LineCode.BLANK
                if len(text) == 1:
                    self._separator(len(line) - 1)
                continue
            self.indent = len(line) - len(text)
            if first in "[<RH" and (prompt := self.session.prompt(line)):
                self._prompted(prompt)
            elif plain and not self.ended and not self.foreign:
                self.line(text)
            else:
                self._outside(text)
        self._finish()

    def _separator(self, indent: int) -> None:
        frames = self.frames
        if indent == 0:
            del frames[1:]
        while len(frames) > 1 and frames[-1].indent >= indent:
            frames.pop()

    def _next_indent(self) -> int:
        """The indentation of the next line that says something; that of a separator counts as inside."""
        for line in self.source.lines[self.number :]:
            text = line.lstrip()
            if text:
                return NEVER if text == "#" else len(line) - len(text)
        return NEVER

    def line(self, text: str) -> None:
        """One command, in the view that its indentation allows."""
        frames, indent = self.frames, self.indent
        last = len(frames) - 1
        while last and (frames[last].indent >= indent if not frames[last].typed else frames[last].indent > indent):
            last -= 1
        frame = frames[last]
        if frame.view.quick is not None:
            self.frame = frame
            if frame.view.quick(self, text):
                del frames[last + 1 :]
                return
        if frame.view is UNKNOWN_VIEW:
            self._unknown(text)
        elif frame.view is FEATURE_VIEW and not frame.typed:
            self.ledger.understood(self.number)
        elif not self._search(text, last):
            self._not_found(text, last)

    def _search(self, text: str, last: int) -> bool:
        """Try the views from ``last`` outwards, then those that the indentation has left."""
        frames = self.frames
        found = _find(frames[last].view, text)
        if found is not None and self._execute(found, last):
            del frames[self.level + 1 + self.opened :]
            return True
        if text.lower() in QUIT:
            del frames[max(last, 1) :]
            self.ledger.understood(self.number)
            return True
        if frames[last].view.rest is not None and not frames[last].typed:
            self.ledger.irrelevant(self.number, frames[last].view.rest or "")
            return True
        for level in (*range(last - 1, -1, -1), *range(len(frames) - 1, last, -1)):
            found = _find(frames[level].view, text)
            if found is not None and self._execute(found, level):
                frames[level].typed = frames[level].typed or level > last
                return True
        return False

    def _execute(self, found: tuple[Handler, Words], level: int) -> bool:
        """Carry out a command in the view at ``level``; whether it was understood."""
        handler, words = found
        self.level = level
        self.opened = 0
        if isinstance(handler, str):
            self.ledger.irrelevant(self.number, handler)
            return True
        self.frame = frame = self.frames[level]
        if isinstance(handler, Past):
            self.feature(handler.kind)
            if self.indent < self._next_indent() < NEVER:
                self.push(FEATURE_VIEW, None, handler.kind)
            return True
        self.ledger.codes[self.number - 1] = LineCode.UNDERSTOOD
        before = tuple(self.frames)
        if self._each(handler, frame, words):
            return True
        self.frames[:] = before  # a handler may have entered or left a view before it found what it does not know
        return False

    def _each(self, handler: Run, frame: Frame, words: Words) -> bool:
        """For every member of a range of interfaces, or for what the view is of."""
        if not frame.members:
            return handler(self, words)
        for member in frame.members:
            frame.data = member
            if not handler(self, words):
                return False
        return True

    def _not_found(self, text: str, last: int) -> None:
        """Unknown; if lines are indented below it, they are of a view that nobody knows."""
        del self.frames[last + 1 :]
        self._unknown(text)
        if not self.session.typing and self.indent < self._next_indent() < NEVER:
            self.frames.append(Frame(UNKNOWN_VIEW, self.indent, text, None, typed=False))

    def _unknown(self, text: str) -> None:
        self.ledger.not_understood(self.number, text, tuple(frame.label for frame in self.frames if frame.label))

    def _outside(self, text: str) -> None:
        """A line that is no command of this device: output in a session, or what follows the end of the config."""
        found = _find(self.frames[0].view, text) if self.ended and not self.foreign else None
        if found is not None and found[0] is EXECUTED:
            self.ledger.irrelevant(self.number, EXECUTED)
            return
        if self.ended:
            self.foreign = True
            self.draft.facts["several-devices"] = "yes"
        self.ledger.not_understood(self.number, text)

    def _prompted(self, prompt: Prompt) -> None:
        known = self.session.known(prompt, self.draft.name)
        if not known:
            self.draft.facts["several-devices"] = "yes"
            self.ledger.not_understood(self.number, prompt.command)
            return
        if not prompt.command or prompt.user:
            self.ledger.irrelevant(self.number, EXECUTED)
            if prompt.user:
                self.reset()
            return
        self.indent = 0
        if prompt.command[:3].lower() not in ("dis", "sys", "sav", "di "):
            self._enter(prompt.views)
        before = self.draft.name
        self.line(prompt.command)
        if self.draft.name != before:
            self.session.renamed(self.draft.name)

    def _enter(self, views: tuple[str, ...] | None) -> None:
        """Go where the prompt says that the command was given; None where the prompt does not tell."""
        if views is None or views == tuple(frame.label.lower() for frame in self.frames[1:]):
            return
        if [frame.label.lower() for frame in self.frames[1 : len(views) + 1]] == list(views):
            del self.frames[len(views) + 1 :]
            return
        self.reset()
        for view in views:
            self._search(view, len(self.frames) - 1)

    def block(self, end: int, reason: str) -> None:
        """The lines up to ``end`` belong to the one in hand."""
        for number in range(self.number, end + 1):
            self.ledger.irrelevant(number, reason)
        self.skip = end

    def _finish(self) -> None:
        known = {line.ref.line for line in self.ledger.unknown}
        for number, code in enumerate(self.ledger.codes, 1):
            if code == LineCode.UNKNOWN and number not in known:
                self.ledger.not_understood(number, self.source.lines[number - 1])
        self.ledger.unknown.sort(key=lambda line: line.ref.line)
        self.ledger.features.sort(key=_place)


def _place(feature: Feature) -> int:
    return feature.ref.line


def header(reader: Reader, words: Words) -> bool:
    """A banner, which may go over many lines, up to the character that it begins with."""
    end = banner_end(reader.source.lines, reader.number, words)
    if end is None:
        return False
    reader.draft.flags.setdefault("banner", reader.ref)
    if end > reader.number:
        reader.block(end, BANNER)
    return True


def public_key(reader: Reader, _words: Words) -> bool:
    reader.block(key_block_end(reader.source.lines, reader.number), KEYS)
    return True


def end_of_config(reader: Reader, words: Words) -> bool:
    reader.reset()
    reader.draft.facts["end"] = "yes"
    reader.ended = not reader.session.typing
    return not words
