"""Template sources with an invisible mark at the end of every line that prints something.

The mark is two private-use characters (template, line), so that the rendered text itself tells which template line each of its lines came
from, at no cost while rendering: no call, no bookkeeping in loops. `templates.engine` takes the marks off again. A second range of
characters marks origins (`at(obj)`). Neither can come from a device config, which is ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import jinja2

LINE_MARK = 0xF0000  # private-use plane 15: template lines
ORIGIN_MARK = 0x100000  # private-use plane 16: origins
MARKS = 0xFFFD  # characters in use in each plane
ANY_MARK = re.compile("[\U000f0000-\U0010fffd]")
ORIGIN_MARKS = re.compile("[\U00100000-\U0010fffc]")
KEEP = "\U0010fffd"  # before an indented tag: it keeps lstrip_blocks from taking the indentation of a line that prints

_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_AT = re.compile(r"\{\{ at\(([\w.]+)\) \}\}")
_SILENT, _PRINTS, _CONTINUED = "\ue000", "\ue001", "\ue002"


class TemplateLines:
    """The template line that each mark stands for. Marks depend on the templates that exist, not on the order of their use."""

    def __init__(self, templates: Iterable[str]) -> None:
        self.names = sorted(templates)
        self._numbers = {name: number for number, name in enumerate(self.names)}
        self.blank: set[str] = set()  # marks of template lines that are empty: they print an empty line on purpose

    def mark(self, template: str, line: int, blank: bool) -> str:
        number = self._numbers[template]
        if max(number, line) >= MARKS:
            raise jinja2.TemplateSyntaxError("more than 65,000 templates, or lines in a template", line, template)
        mark = chr(LINE_MARK + number) + chr(LINE_MARK + line)
        if blank:
            self.blank.add(mark)
        return mark

    def place(self, mark: str) -> tuple[str, int] | None:
        """Template and line of the two characters ``mark``, or None where they are no mark."""
        if len(mark) != 2 or not all(LINE_MARK <= ord(character) < LINE_MARK + MARKS for character in mark):
            return None
        return self.names[ord(mark[0]) - LINE_MARK], ord(mark[1]) - LINE_MARK


class MarkingLoader(jinja2.FileSystemLoader):
    """Loads the templates below ``root`` and marks their lines."""

    def __init__(self, root: Path, lines: TemplateLines) -> None:
        super().__init__(root)
        self._lines = lines

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, path, fresh = super().get_source(environment, template)
        return marked(source, template, self._lines), path, fresh


def marked(source: str, template: str, lines: TemplateLines) -> str:
    """``source`` with a mark at the end of each line that prints. Lines of nothing but `{% … %}` and `{# … #}` print nothing.

    A tag that goes over several lines is one line, that of its beginning.
    """
    shapes = _TAG.sub(_shape, source.removesuffix("\n")).split("\n")
    physical = source.removesuffix("\n").split("\n")
    out: list[str] = []
    at = 0
    for shape in shapes:
        height = 1 + shape.count(_CONTINUED)
        text = "\n".join(physical[at : at + height])
        if not _only_tags(shape):
            keep = KEEP if shape.lstrip().startswith(_SILENT) else ""
            text = keep + text + lines.mark(template, at + 1, blank=not shape.strip())
        out.append(text)
        at += height
    # A filter is called directly, a function by way of the context: half the time for what nearly every line has.
    return _AT.sub(r"{{ (\1) | at }}", "\n".join(out) + "\n")


def _shape(tag: re.Match[str]) -> str:
    text = tag.group()
    return (_PRINTS if text.startswith("{{") else _SILENT) + _CONTINUED * text.count("\n")


def _only_tags(shape: str) -> bool:
    return _SILENT in shape and not shape.translate({ord(_SILENT): None, ord(_CONTINUED): None}).strip()
