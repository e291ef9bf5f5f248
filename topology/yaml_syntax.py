"""libyaml's complaints -> the place where the mistake was made, and plain words.

libyaml says what its state machine missed and where it gave up, which is often a line or more after the slip; the place and the words
given here are the ones that help to mend it.
"""

from itertools import takewhile
from typing import Any

import yaml

from topology.i18n import T, Text
from topology.origin import Origin
from topology.problems import Problem
from topology.yaml_text import full_width


def explain(error: yaml.YAMLError, text: str, file: str) -> Problem:
    """The problem behind ``error``, which the parser raised on ``text``."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Problem(Origin(file, 1, 1), T("not valid YAML"))
    complaint = error.problem or ""
    seen = error.problem_mark
    lines = text.split("\n")
    if "did not find expected key" in complaint and _is_after_quote(lines, seen):
        hint = T("put the whole value in quotes, or escape the quote inside")
        return Problem(_inside(lines, seen.line, seen.column, file), T("text after the closing quote"), hint=hint)
    misfit = None
    if ("did not find expected key" in complaint or "<document start>" in complaint) and seen.line < len(lines):
        misfit = _misfit(lines, seen.line, file)
    if misfit is not None:
        return misfit
    _, at_start, what, hint = next(row for row in _WORDS if row[0] in complaint)
    mark = (error.context_mark if at_start else None) or seen
    origin = _inside(lines, mark.line, mark.column, file)
    return Problem(origin, what, hint=_full_width(lines, origin.line) or hint)


def _misfit(lines: list[str], stray: int, file: str) -> Problem | None:
    """A line less indented than the block above it, and more than what that block is in; None where it is not.

    Either this line slipped, or the key above the block was lost. Where the lines that follow are indented like this one, the block is
    what is out of line. Both places are named: two lines alone do not tell.
    """
    other = _indent(lines[stray])
    above = takewhile(lambda number: not _has_content(lines[number]) or _indent(lines[number]) > other, range(stray - 1, -1, -1))
    start = min((number for number in above if _has_content(lines[number])), default=None)
    if start is None:
        return None
    own = _indent(lines[start])
    inside = list(takewhile(lambda indent: indent >= other, map(_indent, filter(_has_content, lines[stray + 1 :]))))
    if other in inside:
        what = T("the lines from here on do not fit line {line}", line=stray + 1)
        hint = T("check whether a line is missing above, and the indentation of both lines")
        return Problem(_inside(lines, start, own, file), what, hint=hint)
    what = T("this line does not fit the lines from line {line} on", line=start + 1)
    hint = T("check the indentation, and whether a line is missing above line {line}", line=start + 1)
    return Problem(_inside(lines, stray, other, file), what, hint=_full_width(lines, stray + 1) or hint)


def _has_content(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _inside(lines: list[str], line: int, column: int, file: str) -> Origin:
    """The place, or the end of the last line with content where the parser gave up behind the end of the file."""
    if line < len(lines) and (lines[line].strip() or not any(map(str.strip, lines))):
        return Origin(file, line + 1, min(column, len(lines[line])) + 1)
    last = max((number for number, content in enumerate(lines[: line + 1]) if content.strip()), default=0)
    return Origin(file, last + 1, max(len(lines[last].rstrip()), 1))


def _is_after_quote(lines: list[str], mark: Any) -> bool:
    return bool(mark.line < len(lines)) and lines[mark.line][: mark.column].rstrip().endswith(("'", '"'))


def _full_width(lines: list[str], line: int) -> Text | None:
    """The hint for the line, or else for the one before, where the parser may have noticed late."""
    above, here = ["", *lines][line - 1 : line + 1]
    return full_width(here) or full_width(above)


# Fragment of libyaml's complaint; whether the mistake is at the beginning of the construct (a bracket or quote left open) rather than where
# the parser noticed; what to say; what to do. The first fragment that fits counts.
_WORDS: tuple[tuple[str, bool, Text, Text], ...] = (
    ("could not find expected ':'", True, T("a key without ':'"), T("write 'key: value'; a longer text goes in quotes")),
    (
        "mapping values are not allowed",
        False,
        T("a ':' where no key can stand"),
        T("check the indentation; a text with ': ' in it goes in quotes"),
    ),
    (
        "block sequence entries are not allowed",
        False,
        T("a '-' where no list can stand"),
        T("put the list on lines of its own under its key"),
    ),
    ("mapping keys are not allowed", False, T("a '?' where no key can stand"), T("a text that begins with ? goes in quotes")),
    (
        "did not find expected ',' or ']'",
        True,
        T("the '[' opened here is not closed, or a comma is missing"),
        T("close it with ']' and part the items by commas"),
    ),
    (
        "did not find expected ',' or '}'",
        True,
        T("the '{{' opened here is not closed, or a comma is missing"),
        T("close it with '}}' and part the keys by commas"),
    ),
    ("found unexpected end of stream", True, T("the quote opened here is not closed"), T("close it on the same line")),
    ("found unexpected document indicator", True, T("the quote opened here is not closed"), T("close it on the same line")),
    (
        "did not find expected '-' indicator",
        False,
        T("this line does not fit the list above"),
        T("begin it with '- ', or mend the indentation"),
    ),
    ("did not find expected key", False, T("this line does not fit the lines above"), T("indent it as far as the keys it belongs with")),
    ("cannot start any token", False, T("a value cannot begin with this character"), T("put the value in quotes")),
    ("unknown escape character", False, T("unknown escape after '\\'"), T("use single quotes, or write '\\\\' for one backslash")),
    ("did not find expected hexdecimal", False, T("unknown escape after '\\'"), T("use single quotes, or write '\\\\' for one backslash")),
    ("invalid Unicode character escape", False, T("unknown escape after '\\'"), T("use single quotes, or write '\\\\' for one backslash")),
    (
        "comment or line break",
        False,
        T("text behind '|' or '>'"),
        T("begin the text on the next line; a value that begins with | or > goes in quotes"),
    ),
    (
        "indentation indicator",
        False,
        T("text behind '|' or '>'"),
        T("begin the text on the next line; a value that begins with | or > goes in quotes"),
    ),
    ("alphabetic or numeric character", False, T("a value cannot begin with this character"), T("put the value in quotes")),
    (
        "did not find expected <document start>",
        False,
        T("text after the end of the content"),
        T("one mapping a file; check the indentation of the first lines"),
    ),
    ("tag", False, T("tags are not read"), T("delete the tag; put a text that begins with ! in quotes")),
    ("directive", False, T("lines that begin with % are not read"), T("delete the line, or put the value in quotes")),
    ("did not find expected node content", False, T("a value is missing here"), T("write the value, or delete the comma or bracket")),
    ("tab character", False, T("a tab where a space belongs"), T("let the editor replace tabs by spaces")),
    ("", False, T("not valid YAML here"), T("check the indentation, brackets and quotes of this line and the one above")),
)
