"""A card of the side panel, and how its words and links are made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from topology.diagram.city import OVERVIEW, City, Line, place_of
from topology.diagram.naming import place_title
from topology.diagram.words import MEDIUM, STATE, rate, short_port
from topology.facts import Attachment, Circuit, Name, Survey, Tier
from topology.i18n import T, Text

Cell = str | list[str]
"""A text, or [text, card] where it leads to another card."""


@dataclass(slots=True)
class Card:
    """``view`` is the picture that shows the thing; ``find`` and ``nets`` are what a search can hit, beside the title."""

    title: str
    kind: str
    realm: str
    view: str
    rows: list[tuple[str, Cell | list[Cell]]] = field(default_factory=list)
    tables: list[tuple[str, list[str], list[list[Cell]]]] = field(default_factory=list)
    find: list[str] = field(default_factory=list)
    nets: list[str] = field(default_factory=list)

    def data(self) -> dict[str, Any]:
        """For JSON, with the short keys that page.js reads."""
        return {
            "t": self.title,
            "k": self.kind,
            "c": self.realm,
            "v": self.view,
            "r": [[label, value] for label, value in self.rows if value],
            "s": [[title, head, body] for title, head, body in self.tables if body],
            "f": " ".join(dict.fromkeys(word for word in self.find if word and word != self.title)),
            "n": self.nets,
        }


class Teller:
    """Says things about a city in one language."""

    def __init__(self, city: City, lang: str) -> None:
        self.city, self.lang = city, lang

    def say(self, text: Text) -> str:
        return text.render(self.lang)

    def word(self, words: dict[Any, Text], key: str) -> str:
        return self.say(words[key]) if key in words else key

    def named(self, name: Name) -> list[str]:
        return [name.zh, name.en]

    def survey(self, survey: Survey) -> str:
        if survey.on is None:
            return self.say(STATE["planned"])
        return self.say(T("surveyed on {day} by {who}", day=survey.on.isoformat(), who=survey.by or "?"))

    def device_link(self, name: str) -> Cell:
        return [name, f"device:{name}"] if name in self.city.devices else name

    def end(self, end: Attachment) -> Cell:
        """``device port``, with its channel and address, as a link."""
        channel = f" VLAN {end.vlan}" if end.vlan is not None else f" TS {end.timeslot}" if end.timeslot is not None else ""
        text = " ".join(filter(None, [end.device, short_port(end.port) + channel, self.city.interface_at(end)]))
        return [text, f"device:{end.device}"] if end.device in self.city.devices else text

    def place_link(self, place: str) -> Cell:
        return [place_title(self.city, place, self.lang), f"place:{place}"]

    def peer_link(self, slug: str) -> Cell:
        peer = self.city.peers.get(slug)
        return [peer.name.text(self.lang), f"peer:{slug}"] if peer else slug

    def line_view(self, line: Line) -> str:
        """The picture of the lower end, which shows the whole line."""
        tiers = list(Tier)
        devices = [self.city.devices[end.device] for end in line.ends() if end.device in self.city.devices]
        return place_of(max(devices, key=lambda d: tiers.index(d.tier))) if devices else OVERVIEW

    def circuits(self, lines: Iterable[Line]) -> tuple[str, list[str], list[list[Cell]]]:
        rows: list[list[Cell]] = []
        for line in lines:
            if isinstance(line.fact, Circuit):
                ends = " – ".join([*(end.device for end in line.ends()), *([line.peer] if line.peer else [])])
                rows.append(
                    [
                        [f"{line.fact.carrier} {line.fact.reference}", line.card],
                        ends,
                        f"{self.word(MEDIUM, line.medium)} {rate(line.mbps)}",
                    ]
                )
        return self.say(T("Circuits")), [self.say(T("Carrier's reference")), self.say(T("Ends")), self.say(T("Medium"))], rows
