"""Which lines a platform's templates may print, section by section. A line outside is a slip that would go to a device."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from templates.platforms import Owns


class Ownership:
    """The lines that templates may print: for each section (the beginning of its first line, "" at the top) the beginnings of its lines.

    Sections nest by indentation. Lines of nothing but comment are allowed everywhere.
    """

    def __init__(self, owns: Owns, comment: str) -> None:
        self._comment = comment
        self._top = owns.get("", ())
        self._sections = {head: allowed for head, allowed in owns.items() if head}
        longest_first = sorted(self._sections, key=lambda head: (-len(head), head))  # "interface Vlan" before "interface"
        self._heads = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")

    def strangers(self, lines: Iterable[str]) -> Iterator[tuple[int, str]]:
        """Index and section of each line that nothing allows."""
        comment = self._comment
        stack: list[tuple[int, str]] = []  # (indentation, text) of the lines that the current one stands under
        allowed = self._top
        depth = 0  # indentation of the lines that `allowed` speaks of
        section = previous = ""
        previous_depth = 0
        for number, line in enumerate(lines):
            text = line.lstrip(" ")
            if not text:
                continue
            indent = len(line) - len(text)
            if indent != depth:
                if indent > depth and previous_depth < indent:
                    stack.append((previous_depth, previous))
                while stack and stack[-1][0] >= indent:
                    stack.pop()
                section = stack[-1][1] if stack else ""
                allowed = self._allowed(section)
                depth = indent
            if not text.startswith(allowed) and not text.startswith(comment):
                yield number, section
            previous, previous_depth = text, indent

    def _allowed(self, section: str) -> tuple[str, ...]:
        if not section:
            return self._top
        head = self._heads.match(section)
        return self._sections[head.group()] if head else ()
