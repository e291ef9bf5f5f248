"""What is wrong in the inventory, where, what is allowed there, and what to do: the same shape for every check."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from topology.i18n import T, Text
from topology.origin import Origin

LISTED = 12
"""How many allowed names a message lists before it says "…"."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong at one place. ``allowed`` is a noun phrase ("a number from 1 to 250"), ``hint`` says what to do."""

    origin: Origin
    what: Text
    allowed: Text | None = None
    hint: Text | None = None

    def render(self, lang: str) -> str:
        """``file:line:column: what · allowed: … · hint`` in one line; parts that are missing are left out."""
        allowed = T("allowed: {allowed}", allowed=self.allowed) if self.allowed else None
        parts = [part.render(lang) for part in (self.what, allowed, self.hint) if part]
        return f"{self.origin}: {' · '.join(parts)}"

    @property
    def sort_key(self) -> tuple[str, int, int, str]:
        """File, line, column; the message last, so that equal inputs are reported in equal order."""
        return (*self.origin, self.what.render("en"))


class InventoryError(Exception):
    """The inventory cannot be used. ``problems`` is never empty, sorted by place, without repetitions."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(dict.fromkeys(problems), key=lambda problem: problem.sort_key))
        if not self.problems:
            raise ValueError("an InventoryError needs at least one problem")
        super().__init__(self.problems)

    def render(self, lang: str) -> str:
        """All problems, one a line."""
        return "\n".join(problem.render(lang) for problem in self.problems)

    def __str__(self) -> str:
        return self.render("en")


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that ``word`` was probably meant to be, or None where nothing is near.

    Also for Chinese names: there a wrong character in three is a slip, and so is a name that was written in part (红枫湖 for 红枫湖镇).
    """
    best, best_score = None, 0.0
    for candidate in candidates:
        score = _likeness(word.casefold(), candidate.casefold())
        if score > best_score:
            best, best_score = candidate, score
    return best


def _likeness(word: str, candidate: str) -> float:
    """0 for "not meant", up to 1 for equal but for case."""
    shorter, longer = sorted((len(word), len(candidate)))
    if not shorter:
        return 0.0
    enough = 0.65 if word.isascii() else 0.5
    bound = 2 * shorter / (shorter + longer)
    if bound < enough:  # the ratio cannot exceed it, and computing the ratio is what costs
        return 0.0
    matcher = SequenceMatcher(None, word, candidate, autojunk=False)
    if matcher.quick_ratio() < enough:
        return 0.0
    score = matcher.ratio()
    return score if score >= enough else 0.0


def names(candidates: Iterable[str]) -> Text:
    """The allowed names in the given order, at most ``LISTED`` of them."""
    listed = list(dict.fromkeys(candidates))
    more = ", …" if len(listed) > LISTED else ""
    return Text("{names}", (("names", ", ".join(listed[:LISTED]) + more),)) if listed else T("nothing: none is defined")


def unknown_name(origin: Origin, kind: Text | str, word: str, candidates: Iterable[str]) -> Problem:
    """``word`` at ``origin`` refers to a ``kind`` ("township", "profile" …) that nobody defined."""
    known = sorted(set(candidates))
    near = nearest(word, known)
    return Problem(
        origin,
        T("unknown {kind} '{word}'", kind=kind, word=word),
        names(known),
        T("did you mean '{name}'?", name=near) if near else None,
    )
