"""Finding the command that a line is: by keywords, in full or abbreviated, as the command line of a device would.

A `Commands` table belongs to one view. A handler is whatever the parser wants to get back; what follows the keywords is the handler's to
read.
The longest chain of keywords wins, so "ip address" and "ip address dhcp-alloc" may stand side by side. A word may be abbreviated as long
as only
one keyword at that place starts with it; an exact keyword is never an abbreviation of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

H = TypeVar("H")


class _Node(Generic[H]):
    __slots__ = ("children", "handler", "known")

    def __init__(self) -> None:
        self.children: dict[str, _Node[H]] = {}
        self.handler: H | None = None
        self.known: dict[str, _Node[H] | None] = {}

    def step(self, word: str) -> _Node[H] | None:
        child = self.children.get(word)
        if child is not None:
            return child
        if word in self.known:
            return self.known[word]
        lowered = word.lower()
        child = self.children.get(lowered)
        if child is None and lowered and lowered[0].isalpha():
            near = [name for name in self.children if name.startswith(lowered)]
            child = self.children[near[0]] if len(near) == 1 else None
        self.known[word] = child
        return child


class Commands(Generic[H]):
    """The commands of one view: ``Commands({"ip address": handler, ...})``. Keywords are in lower case."""

    def __init__(self, table: dict[str, H] | Iterable[tuple[str, H]]) -> None:
        self._root: _Node[H] = _Node()
        for keywords, handler in table.items() if isinstance(table, dict) else table:
            node = self._root
            for word in keywords.split():
                node = node.children.setdefault(word, _Node())
            if node.handler is not None:
                raise ValueError(f"two handlers for {keywords!r}")
            node.handler = handler

    def find(self, words: Sequence[str]) -> tuple[H, int] | None:
        """The handler and how many words its keywords took; None where no command begins like this, or more than one does."""
        node: _Node[H] | None = self._root
        best: tuple[H, int] | None = None
        for index, word in enumerate(words):
            assert node is not None
            node = node.step(word)
            if node is None:
                break
            if node.handler is not None:
                best = node.handler, index + 1
        return best

    def in_full(self, words: Sequence[str], count: int) -> bool:
        """Whether the first ``count`` words are keywords as they stand, none of them abbreviated."""
        node = self._root
        for word in words[:count]:
            child = node.children.get(word) or node.children.get(word.lower())
            if child is None:
                return False
            node = child
        return True
