"""The whole city in one picture: the parts of the municipal centre and the counties as boxes, lines between them counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import TypeAlias

from topology.diagram.city import CIRCUIT, GATEKEEPER, OVERVIEW, City, Line, county_of, place_of, planned
from topology.diagram.naming import lines_label, part_of, peer_node, place_icon, place_title
from topology.diagram.scene import Edge, Group, Kind, Node, View
from topology.diagram.words import PART, REALM, USE
from topology.facts import Device, Medium, PartyKind, Realm, Role, Tier, Use
from topology.i18n import T, Text

COLUMN = 5
"""Counties in a column."""

_LEVEL = {"egress": 10, "exits": 10, "core": 30, "hosting": 20, "noc": 20, "access": 20, GATEKEEPER: 10}
_SIDE = {"outer": 0, "": 1, "inner": 2}
"""From left to right: the outer network, the gatekeepers, the inner network."""

_PEER_LEVEL, _COUNTY_LEVEL = 0, 50
_BEFORE_CORE = ("egress", "hosting", "noc", "access")

Place: TypeAlias = "tuple[Realm | None, str]"


class Overview:
    """Builds the view of the city. ``drawn`` names the views that a box can open."""

    def __init__(self, city: City, lang: str, drawn: frozenset[str]) -> None:
        self.city, self.lang, self.drawn = city, lang, drawn
        self.members: dict[Place, list[Device]] = defaultdict(list)
        for device in city.devices.values():
            self.members[_box(device)].append(device)

    def build(self) -> View:
        boxes = sorted(self.members, key=self._order)
        nodes = [self._node(box) for box in boxes] + self._peers()
        title = place_title(self.city, OVERVIEW, self.lang)
        edges = (*self._edges(), *self._rows())
        present = [realm for realm in (Realm.OUTER, Realm.INNER) if any(n.group == f"realm:{realm}" for n in nodes)]
        groups = tuple(Group(f"realm:{realm}", REALM[realm].render(self.lang), realm) for realm in present)
        return View(OVERVIEW, title, "", f"place:{OVERVIEW}", True, tuple(nodes), edges, groups)

    def _order(self, box: Place) -> tuple[int, int, str]:
        realm, place = box
        return _SIDE[realm or ""], self.city.county_numbers.get(place, -1), place

    # ------------------------------------------------------------------------------------------------- nodes

    def _node(self, box: Place) -> Node:
        realm, place = box
        devices = self.members[box]
        part = part_of(place)
        title = PART[part[1]].render(self.lang) if part else place_title(self.city, place, self.lang)
        rank = self._rank(box)
        notes = _in_pairs([note.render(self.lang) for note in self._notes(box)])
        opens, group = place if place in self.drawn else "", f"realm:{realm}" if realm else ""
        icon, dashed = place_icon(place), planned(devices)
        return Node(_id(box), Kind.PLACE, icon, realm, title, notes, f"place:{place}", opens, group, rank, dashed)

    def _rank(self, box: Place) -> str:
        """Counties in columns; the parts of the centre and the province in the column before the core."""
        realm, place = box
        if part_of(place) is None:
            return f"{realm}/county/{self._column_of(box)}"
        return f"{realm}/parts" if realm and place.partition(".")[2] in _BEFORE_CORE else ""

    def _notes(self, box: Place) -> list[Text]:
        """What is inside, counted."""
        devices = self.members[box]
        names = {d.name for d in devices}
        if part_of(box[1]):
            return [T("devices: {count}", count=len(devices)), *self._served(names)]
        townships = len({d.site for d in devices if d.tier is Tier.TOWNSHIP})
        routers = sum(d.role is Role.COUNTY_ROUTER for d in devices)
        notes = [T("routers: {count}", count=routers), *self._served({d.name for d in devices if d.tier is Tier.COUNTY})]
        return notes + ([T("townships: {count}", count=townships)] if townships else []) + self._uplinks(box)

    def _uplinks(self, box: Place) -> list[Text]:
        """A county's circuits to other boxes: they are counted in it, since labels on so many lines would be in each other's way."""
        lines = [line for line in self.city.lines if line.use == CIRCUIT and _id(box) in self._ends(line) and len(self._ends(line)) == 2]
        return [T("uplink {circuits}", circuits=lines_label(tuple(lines)))] if lines else []

    def _served(self, devices: set[str]) -> list[Text]:
        """How many agencies, server zones and terminal groups are at these devices."""
        inside = [p.kind for p in self.city.parties if any(end.device in devices for end in p.attachments)]
        counts = Counter(inside)
        words = (
            (PartyKind.AGENCY, T("agencies: {count}", count=counts[PartyKind.AGENCY])),
            (PartyKind.ZONE, T("server zones: {count}", count=counts[PartyKind.ZONE])),
            (PartyKind.TERMINALS, T("terminal groups: {count}", count=counts[PartyKind.TERMINALS])),
        )
        return [text for kind, text in words if counts[kind]]

    def _peers(self) -> list[Node]:
        keys = sorted({line.peer for line in self.city.lines if line.peer})
        return [peer_node(self.city, key, self.lang, self._peer_rank(key), self._peer_group(key)) for key in keys]

    def _peer_rank(self, key: str) -> str:
        peer = self.city.peers.get(key)
        return f"{peer.realm}/parts" if peer and peer.realm is not Realm.INTERNET else ""

    def _peer_group(self, key: str) -> str:
        peer = self.city.peers.get(key)
        return f"realm:{peer.realm}" if peer and peer.realm is not Realm.INTERNET else ""

    # ------------------------------------------------------------------------------------------------- edges

    def _level(self, node: str) -> int:
        if node.startswith("peer:"):
            return _PEER_LEVEL
        part = part_of(node.rpartition("@")[0].removeprefix("place:"))
        return _LEVEL[part[1]] if part else _COUNTY_LEVEL

    def _edges(self) -> list[Edge]:
        between: dict[tuple[str, str], list[Line]] = defaultdict(list)
        for line in self.city.lines:
            ends = self._ends(line)
            if len(ends) == 2:
                between[ends[0], ends[1]].append(line)
        return [self._edge(tail, head, tuple(lines)) for (tail, head), lines in sorted(between.items())]

    def _ends(self, line: Line) -> list[str]:
        """The two boxes of a line, the upper one first; fewer where both ends are in one box, or for a management cable."""
        if line.use in (Use.MANAGEMENT, Use.CONSOLE):
            return []
        nodes = {_id(_box(self.city.devices[end.device])) for end in line.ends() if end.device in self.city.devices}
        if line.peer:
            nodes.add(f"peer:{line.peer}")
        return sorted(nodes, key=lambda node: (self._level(node), _SIDE.get(node.rpartition("@")[2], 0), node))

    def _edge(self, tail: str, head: str, lines: tuple[Line, ...]) -> Edge:
        first = next((line for line in lines if line.use == CIRCUIT), lines[0])
        media: set[Medium] = {line.medium for line in lines}
        title = f"{USE[first.use].render(self.lang)} ×{len(lines)}"
        label = lines_label(lines) if first.mbps and self._level(head) != _COUNTY_LEVEL else ""
        medium = first.medium if len(media) == 1 else None
        card, level = " ".join(line.card for line in lines), self._level(tail) == self._level(head)
        return Edge(tail, head, first.realm, first.use, medium, planned(lines), label, card, title, level=level)

    def _counties(self, realm: Realm | None) -> list[Place]:
        return sorted((box for box in self.members if box[0] is realm and part_of(box[1]) is None), key=self._order)

    def _column_of(self, box: Place) -> int:
        return self._counties(box[0]).index(box) // COLUMN

    def _rows(self) -> list[Edge]:
        """Unseen edges that hold the counties in columns and in order."""
        edges = []
        for realm in self.city.facts.realms:
            counties = [_id(box) for box in self._counties(realm)]
            edges += [_unseen(left, right, level=False) for left, right in zip(counties, counties[COLUMN:], strict=False)]
            edges += [_unseen(a, b, level=True) for n, (a, b) in enumerate(pairwise(counties), 1) if n % COLUMN]
        return edges


def _unseen(first: str, second: str, *, level: bool) -> Edge:
    return Edge(first, second, None, "", None, False, "", "", "", level=level, unseen=True)


def _in_pairs(notes: list[str]) -> tuple[str, ...]:
    return tuple(" · ".join(notes[n : n + 2]) for n in range(0, len(notes), 2))


def _box(device: Device) -> Place:
    """The box that a device is in: townships are inside their county's."""
    if device.role is Role.HOST_UNIT:
        return None, GATEKEEPER
    return device.realm, county_of(device.site) if device.tier is Tier.TOWNSHIP else place_of(device)


def _id(box: Place) -> str:
    return f"place:{box[1]}@{box[0] or ''}"
