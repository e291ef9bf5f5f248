"""YAML events -> plain values that know where they stand.

Built from libyaml's events: a third of the time of ``yaml.compose``, which resolves a tag for every node, and every key and value keeps its
line and column. What a scalar means is narrower than in YAML 1.1, because a network's data must not change meaning by how it looks:

- ``true`` and ``false`` are booleans; ``yes no on off y n`` stay words.
- ``12`` and ``-3`` are whole numbers; a leading zero (``0851``) is refused, since it is lost as a number and was octal in older YAML.
- ``12:30:45``, ``0x1F``, ``1_000``, ``1e3``, ``.inf`` stay words. ``1.5`` is a decimal number.
- ``2026-05-01`` is a date. ``null``, ``~`` and nothing at all are None.
- In quotes everything is text. A text over several lines begins with ``|`` or ``>``.

Anchors, aliases, tags and merge keys are refused: a value must stand where it is used, else no message could point at it.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Any, TypeAlias

from yaml.events import AliasEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent

from topology.i18n import T, Text
from topology.origin import Origin
from topology.problems import Problem
from topology.yaml_text import full_width

Key: TypeAlias = str | int

MAX_DEPTH = 20
MAX_PROBLEMS = 20
"""So many problems of one file are reported; a broken or hostile file has no end of them."""

_BLOCK_STYLES = ("|", ">")
_NOT_A_WORD = frozenset("0123456789+-~ntfNTF")
_WORDS = {
    **dict.fromkeys(("null", "Null", "NULL", "~"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})", re.ASCII)
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+", re.ASCII)
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})\.[0-9]{1,18}", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)

_WRITE_OUT = T("write the value out where it is needed; a text that begins with & or * goes in quotes")

# Line and column in one integer: a third of the memory of a tuple, and there are two for every key.
_LINE_SHIFT = 24


class _Placed:
    """The place of a collection, and how a packed place is told."""

    __slots__ = ()
    file: str
    start: int

    @property
    def origin(self) -> Origin:
        """Where this collection begins."""
        return self._origin(self.start)

    def _origin(self, place: int) -> Origin:
        return Origin(self.file, (place >> _LINE_SHIFT) + 1, (place & ((1 << _LINE_SHIFT) - 1)) + 1)


class SourceMap(dict[Key, Any], _Placed):
    """A mapping of a YAML file: an ordinary dict that also knows where it, its keys and its values stand."""

    __slots__ = ("file", "key_places", "start", "value_places")

    def __init__(self, file: str, start: int) -> None:
        super().__init__()
        self.file = file
        self.start = start
        self.key_places: dict[Key, int] = {}
        self.value_places: dict[Key, int] = {}

    def at(self, key: Key) -> Origin:
        """Where the value of ``key`` stands; the mapping's own place for a key that it does not have."""
        return self._origin(self.value_places.get(key, self.start))

    def key_at(self, key: Key) -> Origin:
        """Where ``key`` itself stands; the mapping's own place for a key that it does not have."""
        return self._origin(self.key_places.get(key, self.start))

    def __reduce__(self) -> tuple[Any, ...]:
        places = (self.key_places, self.value_places)
        return _restore_map, (self.file, self.start, dict(self), *places)


class SourceList(list[Any], _Placed):
    """A list of a YAML file: an ordinary list that also knows where it and its items stand."""

    __slots__ = ("file", "places", "start")

    def __init__(self, file: str, start: int) -> None:
        super().__init__()
        self.file = file
        self.start = start
        self.places: list[int] = []

    def at(self, index: int) -> Origin:
        """Where the item stands; the list's own place for an index that it does not have."""
        return self._origin(self.places[index] if 0 <= index < len(self.places) else self.start)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore_list, (self.file, self.start, list(self), self.places)


def _restore_map(file: str, start: int, values: dict[Key, Any], key_places: dict[Key, int], value_places: dict[Key, int]) -> SourceMap:
    made = SourceMap(file, start)
    made.update(values)
    made.key_places, made.value_places = key_places, value_places
    return made


def _restore_list(file: str, start: int, values: list[Any], places: list[int]) -> SourceList:
    made = SourceList(file, start)
    made.extend(values)
    made.places = places
    return made


class GiveUpError(Exception):
    """Reading this file on makes no sense: too deep, or too many problems already."""


class TreeBuilder:
    """Builds the value of one document from its events. Problems go to ``problems``; a refused value becomes None."""

    def __init__(self, file: str, next_event: Callable[[], Any], problems: list[Problem]) -> None:
        self._file = file
        self._next = next_event
        self._problems = problems
        self._room = len(problems) + MAX_PROBLEMS
        self._repeating: set[int] = set()
        self._joined: tuple[Problem | None, bool] = (None, False)

    def value(self, event: Any, depth: int = 1) -> Any:
        """The value that begins with ``event``. Raises GiveUpError, and yaml.YAMLError from the parser."""
        if type(event) is ScalarEvent:
            return self._scalar(event)
        if type(event) is AliasEvent:
            return self._refuse_alias(event)
        if event.anchor or event.tag:
            self._refuse_decoration(event)
        if depth > MAX_DEPTH:
            self.report(event, T("nested more than {depth} levels deep", depth=MAX_DEPTH), hint=T("check the brackets and the indentation"))
            raise GiveUpError
        if type(event) is MappingStartEvent:
            return self._mapping(event, depth)
        return self._sequence(event, depth)

    def _mapping(self, start: Any, depth: int) -> SourceMap:
        made = SourceMap(self._file, _place(start))
        key_places, value_places, next_event = made.key_places, made.value_places, self._next
        while type(event := next_event()) is not MappingEndEvent:
            key = self._key(event, made, depth)
            key_mark = event.start_mark
            event = next_event()
            value = self._scalar(event) if type(event) is ScalarEvent else self.value(event, depth + 1)
            if key is not None:
                mark = event.start_mark
                made[key] = value
                key_places[key] = key_mark.line << _LINE_SHIFT | key_mark.column
                value_places[key] = mark.line << _LINE_SHIFT | mark.column
        return made

    def _sequence(self, start: Any, depth: int) -> SourceList:
        made = SourceList(self._file, _place(start))
        places, next_event = made.places, self._next
        while type(event := next_event()) is not SequenceEndEvent:
            mark = event.start_mark
            made.append(self._scalar(event) if type(event) is ScalarEvent else self.value(event, depth + 1))
            places.append(mark.line << _LINE_SHIFT | mark.column)
        return made

    def _key(self, event: Any, owner: SourceMap, depth: int) -> Key | None:
        """The key, or None for one that is refused."""
        if type(event) is not ScalarEvent:
            self.report(event, T("a list or mapping cannot be a key"), T("a word or a whole number"))
            self.value(event, depth + 1)
            return None
        key = self._scalar(event)
        if type(key) is not str and type(key) is not int:
            self.report(event, T("'{key}' cannot be a key", key=event.value), T("a word or a whole number"), T("put it in quotes"))
            return None
        if key == "<<" and event.implicit[0]:
            self.report(event, T("merge keys (<<) are not read"), hint=T("write the keys out"))
            return None
        if key in owner.key_places:
            self._refuse_repetition(event, key, owner)
            return None
        if self._repeating:
            self._repeating.discard(id(owner))
        return key

    def _refuse_repetition(self, event: Any, key: Key, owner: SourceMap) -> None:
        """Several repeated keys in a row are one mistake: the line that began their block was lost."""
        if id(owner) in self._repeating:
            return
        self._repeating.add(id(owner))
        first = owner.key_at(key)
        what = T(
            "the key '{key}' is given twice, first in line {line}, column {column}", key=_short(key), line=first.line, column=first.column
        )
        self.report(event, what, hint=T("delete one of the two; where a whole block is repeated, write its key above this line"))

    def _scalar(self, event: Any) -> Any:
        text = event.value
        if event.anchor or event.tag:
            self._refuse_decoration(event)
        if (" " in text or "\n" in text) and event.style not in _BLOCK_STYLES and event.end_mark.line > event.start_mark.line:
            self._refuse_lines(event)
        if not event.implicit[0]:
            return text
        if not text:
            return None
        return self._special(event, text) if text[0] in _NOT_A_WORD else text

    def _special(self, event: Any, text: str) -> Any:
        """An unquoted scalar that may be more than a word."""
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if _LEADING_ZERO.fullmatch(text):
            what = T("'{value}' begins with a zero: as a number the zero would be lost", value=_short(text))
            self.report(event, what, hint=T("put it in quotes if it is a text such as an area code, else leave the zero out"))
            return None
        if _DECIMAL.fullmatch(text):
            return float(text)
        if _DATE.fullmatch(text):
            try:
                return date.fromisoformat(text)
            except ValueError:
                self.report(event, T("there is no day {date}", date=text), T("a date as year-month-day, such as 2026-05-01"))
                return None
        return text

    def _refuse_lines(self, event: Any) -> None:
        """A quote left open or a colon forgotten joins lines without a word, and the next key is lost in the value."""
        line = event.start_mark.line + 2
        hint = T("put it on one line and check the quotes and the indentation of line {line}; a longer text begins with |", line=line)
        if not event.style:
            hint = full_width(event.value) or hint
        self.report(event, T("the value goes on in line {line}", line=line), T("values on one line"), hint)
        self._joined = (self._problems[-1], bool(event.style))

    def add_syntax_error(self, problem: Problem) -> None:
        """Adds what the parser gave up on. Where lines were joined just before, both have one cause: the open quote, or the later line."""
        joined, in_quotes = self._joined
        if joined is None or joined is not self._problems[-1]:
            self._problems.append(problem)
        elif not in_quotes:
            self._problems[-1] = problem

    def _refuse_alias(self, event: Any) -> None:
        self.report(event, T("aliases (*{name}) are not read", name=_short(event.anchor)), hint=_WRITE_OUT)

    def _refuse_decoration(self, event: Any) -> None:
        if event.anchor:
            self.report(event, T("anchors (&{name}) are not read", name=_short(event.anchor)), hint=_WRITE_OUT)
        if event.tag:
            tag = _short(event.tag.replace("tag:yaml.org,2002:", "!!"))
            self.report(event, T("tags ({tag}) are not read", tag=tag), hint=T("delete the tag; put a text that begins with ! in quotes"))

    def report(self, event: Any, what: Text, allowed: Text | None = None, hint: Text | None = None) -> None:
        """Adds a problem at the beginning of ``event``. Raises GiveUpError once there is no room for more."""
        mark = event.start_mark
        self._problems.append(Problem(Origin(self._file, mark.line + 1, mark.column + 1), what, allowed, hint))
        if len(self._problems) >= self._room:
            raise GiveUpError


def _place(event: Any) -> int:
    return int(event.start_mark.line << _LINE_SHIFT | event.start_mark.column)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"
