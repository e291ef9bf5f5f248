"""Where the lines that a report names are, for whoever opens them: paths, quotations, the inventory behind a line of a config."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path, PurePosixPath

from isolation_checks.reading.ledger import without_secrets
from isolation_checks.reading.source import NotTextError, read_source
from isolation_checks.snapshot import Ref
from isolation_checks.verdicts import ChainWitness, Finding, PacketWitness, Place
from topology.facts import Name
from topology.origin import Origin

_LONGEST = 240
"""Characters of a line that is quoted; the rest of a longer one says little."""


def _nothing(_place: object) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Places:
    """What a report needs to know of the world around it; none of it decides anything.

    ``configs`` and ``inventory``: the folders as the reader would type them, in POSIX form. ``quote``: what stands in a line. ``mend``: the
    line of the inventory that a config's line comes from, where that is known for certain. ``omitted``: ids of rules that were not asked
    for. ``names``: of organisations.
    """

    configs: str = ""
    inventory: str = ""
    quote: Callable[[Place], str | None] = _nothing
    mend: Callable[[Ref], Origin | None] = _nothing
    omitted: tuple[str, ...] = ()
    names: Mapping[str, Name] = field(default_factory=dict)
    version: str = ""

    def path(self, place: Place) -> str:
        """The file as a reader opens it."""
        folder = self.inventory if isinstance(place, Origin) else self.configs
        return str(PurePosixPath(folder, place.file)) if folder else place.file

    def shown(self, place: Place) -> str:
        """``file:line``; the file alone where all of it is meant (line 0)."""
        return f"{self.path(place)}:{place.line}" if place.line else self.path(place)

    def origins(self, finding: Finding) -> tuple[Origin, ...]:
        """Where in the inventory to look: the finding's own places, those of its chain, those behind the lines of configs; each once."""
        found: dict[tuple[str, int], Origin] = {}
        for place in (*finding.places, *_on_the_way(finding)):
            origin = place if isinstance(place, Origin) else self.mend(place)
            if origin is not None:
                found.setdefault((origin.file, origin.line), origin)
        return tuple(found.values())

    def refs(self, finding: Finding) -> tuple[Ref, ...]:
        """The lines of configs that the finding names, its own before those on a packet's way; each once."""
        return tuple(dict.fromkeys(place for place in (*finding.places, *_on_the_way(finding)) if isinstance(place, Ref)))


def _on_the_way(finding: Finding) -> tuple[Place, ...]:
    witness = finding.witness
    if isinstance(witness, ChainWitness):
        return tuple(link.origin for link in witness.links if link.origin is not None)
    if isinstance(witness, PacketWitness):
        return tuple(step.ref for step in witness.steps if step.ref is not None)
    return ()


def quoting(configs: Path, inventory: Path) -> Callable[[Place], str | None]:
    """Reads lines from the two folders, without secrets; None for what is not there."""

    @lru_cache(maxsize=256)
    def lines(path: Path) -> tuple[str, ...]:
        try:
            return read_source(path.name, path.read_bytes()).lines
        except (OSError, NotTextError):
            return ()

    def quote(place: Place) -> str | None:
        found = lines((inventory if isinstance(place, Origin) else configs) / place.file)
        if not 0 < place.line <= len(found):
            return None
        text = without_secrets(found[place.line - 1].strip())
        return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"

    return quote
