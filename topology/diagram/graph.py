"""One place seen from near: its devices, the parties at their ports, and the neighbours that its lines lead to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from topology.diagram.city import City, Line, place_of, planned
from topology.diagram.levels import Levels
from topology.diagram.naming import group_title, lines_label, lines_title, parent_of, peer_node, place_icon, place_title, unique
from topology.diagram.scene import Edge, Group, Kind, Node, View
from topology.diagram.strips import Ends, strips
from topology.diagram.words import ICON, PARTY_ICON, ROLE, short_port
from topology.facts import Attachment, Device, Party, PartyKind, Realm, Role, Tier, Use
from topology.i18n import T

COLLAPSE = 4
"""A neighbouring place with more devices than this at our lines is drawn as one box."""

_SERVICE = (Use.MANAGEMENT, Use.CONSOLE)


@dataclass(frozen=True, slots=True)
class _Loose:
    """An edge before it is known which of its ends is the upper one. Ends are (node id, attachment there or None)."""

    ends: tuple[tuple[str, Attachment | None], tuple[str, Attachment | None]]
    realm: Realm
    use: str
    lines: tuple[Line, ...]
    card: str
    title: str


class Near:
    """Builds the view of one place. ``lang`` is the language of its words, ``drawn`` the views that exist (others open nothing)."""

    def __init__(self, city: City, place: str, lang: str, drawn: frozenset[str]) -> None:
        self.city, self.place, self.lang, self.drawn = city, place, lang, drawn
        self.home = {d.name: d for d in city.residents[place]}
        self.tier = min((d.tier for d in self.home.values()), key=list(Tier).index)
        self.standing = Levels(city, place, self.home, self.tier)
        self.boxes_all = place.endswith((".core", ".noc"))
        self.lines = tuple(line for line in unique(self._lines()) if self._shows(line))
        self.away = self._away()
        self.levels: dict[str, int] = {}

    def build(self) -> View:
        nodes = [*self._home_nodes(), *self._away_nodes(), *self._peer_nodes(), *self._party_nodes()]
        at = {node.id: n for n, node in enumerate(nodes)}
        edges = sorted((self._orient(loose) for loose in self._loose_edges()), key=lambda edge: (at[edge[0].tail], at[edge[0].head]))
        if self.standing.sideways:
            placed, drawn = nodes, [edge for edge, _ in edges]
        else:
            placed, drawn = strips(self.city, nodes, edges, self.lang)
        drawn += self._in_order()
        groups = self._groups(placed)
        title, parent = place_title(self.city, self.place, self.lang), parent_of(self.city, self.place)
        return View(self.place, title, parent, f"place:{self.place}", self.standing.sideways, tuple(placed), tuple(drawn), groups)

    def _groups(self, nodes: list[Node]) -> tuple[Group, ...]:
        """A frame a realm around what is at home, and one around the neighbours of each other place."""
        found: dict[str, Group] = {}
        for node in nodes:
            if node.group:
                realm = node.realm if not node.group.startswith("home:gk:") else None
                found[node.group] = Group(
                    node.group, group_title(self.city, node.group, self.place, self.lang), realm, node.group.startswith("away:")
                )
        return tuple(found[key] for key in sorted(found))

    # ------------------------------------------------------------------------------------------------- what is in it

    def _lines(self) -> Iterable[Line]:
        for name in self.home:
            yield from self.city.lines_of.get(name, ())

    def _shows(self, line: Line) -> bool:
        """Management and console cables belong to the management centre's picture, and to one that has both their ends."""
        return line.use not in _SERVICE or self.place.endswith(".noc") or all(end.device in self.home for end in line.ends())

    def _away(self) -> dict[str, str]:
        """Node by neighbouring device: its own, or the box of its place where that is lower or too many."""
        neighbours = {e.device for line in self.lines for e in line.ends() if e.device not in self.home and e.device in self.city.devices}
        by_place: dict[str, list[str]] = defaultdict(list)
        for name in sorted(neighbours):
            by_place[place_of(self.city.devices[name])].append(name)
        away: dict[str, str] = {}
        for place, names in by_place.items():
            boxed = len(names) > COLLAPSE or self._is_below(place) or self.boxes_all
            away |= {name: f"place:{place}" if boxed else f"device:{name}" for name in names}
        return away

    def _is_below(self, place: str) -> bool:
        tiers = list(Tier)
        return all(tiers.index(d.tier) > tiers.index(self.tier) for d in self.city.residents[place])

    def _opens(self, place: str) -> str:
        return place if place in self.drawn and place != self.place else ""

    # ------------------------------------------------------------------------------------------------- nodes

    def _level(self, node: str, level: int) -> str:
        """Notes where a node stands, and gives the name of its rank."""
        self.levels[node] = level
        return str(level)

    def _device_node(self, device: Device, *, group: str, away: bool) -> Node:
        node = f"device:{device.name}"
        rank = self._level(node, self.standing.device(device))
        role = ROLE[device.role].render(self.lang)
        notes = (role,) if away else (role, device.model.title.partition(" (")[0])
        opens = self._opens(place_of(device)) if away else ""
        return Node(node, Kind.DEVICE, ICON[device.role], device.realm, device.name, notes, node, opens, group,
                    f"{group}/{rank}", device.survey.on is None, away)  # fmt: skip

    def _home_nodes(self) -> list[Node]:
        return [self._device_node(d, group=self._home_group(d), away=False) for d in self.home.values()]

    def _home_group(self, device: Device) -> str:
        if device.role is Role.HOST_UNIT:
            return f"home:gk:{device.enclosure}"
        if not self.standing.framed:
            return ""  # a frame would push what stands between its two sides out of it
        return f"home:realm:{device.realm}"

    def _away_nodes(self) -> list[Node]:
        """Boxes in the order of their codes, then neighbouring devices: Graphviz begins with the order in which it is told nodes."""
        some = {node: name for name, node in self.away.items()}
        numbers = self.city.county_numbers
        ordered = sorted(some, key=lambda node: (numbers.get(node.removeprefix("place:"), len(numbers)), node))
        return [self._away_node(some[node], node) for node in ordered]

    def _away_node(self, name: str, node: str) -> Node:
        device = self.city.devices[name]
        place = place_of(device)
        if node.startswith("device:"):
            return self._device_node(device, group="" if self.standing.paired else f"away:{place}:{device.realm}", away=True)
        rank = self._level(node, self.standing.box())
        inside = self._is_below(place)
        group = f"home:realm:{device.realm}" if inside and self.tier is Tier.COUNTY else ""
        devices = self.city.residents[place]
        title, notes = place_title(self.city, place, self.lang), self._place_notes(place, device.realm)
        return Node(node, Kind.PLACE, place_icon(place), device.realm, title, notes, node, self._opens(place), group,
                    f"{group}/{rank}", planned(devices), not inside)  # fmt: skip

    def _place_notes(self, place: str, realm: Realm) -> tuple[str, ...]:
        """A township's own prefixes; of anything else how many devices it has."""
        if "/" in place:
            own = [p for p in self.city.parties if p.site == place and p.kind is PartyKind.TOWNSHIP]
            return tuple(str(prefix) for p in own for prefix in p.prefixes)[:1]
        return (T("devices: {count}", count=sum(d.realm is realm for d in self.city.residents[place])).render(self.lang),)

    def _peer_nodes(self) -> list[Node]:
        at: dict[str, set[str]] = defaultdict(set)
        for line in self.lines:
            if line.peer:
                at[line.peer].add(line.a.device)
        levels = {key: self.standing.peer(at[key]) for key in sorted(at)}
        return [peer_node(self.city, key, self.lang, self._level(f"peer:{key}", level)) for key, level in levels.items()]

    def _parties(self) -> list[Party]:
        return unique(party for name in self.home for party in self.city.parties_of.get(name, ()))

    def _party_nodes(self) -> list[Node]:
        return [self._party_node(party) for party in self._parties()]

    def _party_node(self, party: Party) -> Node:
        node = f"party:{party.id}"
        devices = [self.home[end.device] for end in party.attachments if end.device in self.home]
        self._level(node, self.standing.party(devices))
        notes = tuple(str(prefix) for prefix in party.prefixes[:1])
        return Node(node, Kind.PARTY, PARTY_ICON[party.kind], party.realm, party.name.text(self.lang), notes, node,
                    group=self._home_group(devices[0]), planned=party.state == "planned")  # fmt: skip

    # ------------------------------------------------------------------------------------------------- edges

    def _node_of(self, end: Attachment) -> str:
        return f"device:{end.device}" if end.device in self.home else self.away.get(end.device, "")

    def _loose_edges(self) -> list[_Loose]:
        bundles: dict[tuple[str, str, str], list[Line]] = defaultdict(list)
        for line in self.lines:
            a, b = self._node_of(line.a), self._node_of(line.b) if line.b else f"peer:{line.peer}"
            if a and b and a != b:
                boxed = a.startswith("place:") or b.startswith("place:")
                bundles[a, b, line.use if boxed else line.card].append(line)
        loose = [self._loose_bundle(a, b, tuple(lines)) for (a, b, _), lines in bundles.items()]
        return loose + [
            self._loose_party(party, end)
            for party in self._parties()
            for end in _one_a_device(party.attachments)
            if end.device in self.home
        ]

    def _loose_bundle(self, a: str, b: str, lines: tuple[Line, ...]) -> _Loose:
        first = lines[0]
        one = len(lines) == 1
        ends = ((a, first.a if one else None), (b, first.b if one else None))
        return _Loose(ends, first.realm, first.use, lines, " ".join(line.card for line in lines), lines_title(lines, self.lang))

    def _loose_party(self, party: Party, end: Attachment) -> _Loose:
        title = f"{party.name.text(self.lang)} – {end.device} {short_port(end.port)}"
        return _Loose(((f"device:{end.device}", end), (f"party:{party.id}", None)), party.realm, Use.ACCESS, (), f"party:{party.id}", title)

    def _in_order(self) -> list[Edge]:
        """Unseen edges that keep townships and counties in the order of their codes."""
        numbers = self.city.county_numbers
        places = {node.removeprefix("place:") for node in self.away.values()} & set(numbers)
        ordered = sorted(places, key=numbers.__getitem__) if self.standing.sideways else []
        return [_beside(f"place:{first}", f"place:{second}") for first, second in pairwise(ordered)]

    def _orient(self, loose: _Loose) -> tuple[Edge, Ends]:
        """The edge from its upper to its lower end, with the attachments in the same order."""
        upper, lower = sorted(loose.ends, key=lambda end: self.levels[end[0]])
        medium = loose.lines[0].medium if loose.lines else None
        dashed = bool(loose.lines) and planned(loose.lines)
        level = self.levels[upper[0]] == self.levels[lower[0]]
        label = lines_label(loose.lines)
        edge = Edge(upper[0], lower[0], loose.realm, loose.use, medium, dashed, label, loose.card, loose.title, level=level)
        return edge, (upper[1], lower[1])


def _beside(first: str, second: str) -> Edge:
    return Edge(first, second, None, "", None, False, "", "", "", level=True, unseen=True)


def _one_a_device(ends: Iterable[Attachment]) -> list[Attachment]:
    """The first attachment at each device: a party in twelve ports of a switch is one line."""
    return list({end.device: end for end in reversed(list(ends))}.values())[::-1]
