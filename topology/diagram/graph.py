"""One place seen from near: its devices, the parties at their ports, and the neighbours that its lines lead to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from topology.diagram.city import GATEKEEPER, City, Line, place_of, planned
from topology.diagram.naming import group_title, lines_label, lines_title, parent_of, peer_node, place_icon, place_title, unique
from topology.diagram.scene import Edge, Group, Kind, Node, View
from topology.diagram.strips import Ends, strips
from topology.diagram.words import ICON, PARTY_ICON, ROLE, short_port
from topology.facts import Attachment, Device, Party, PartyKind, Realm, Role, Tier, Use
from topology.i18n import T

COLLAPSE = 4
"""A neighbouring place with more devices than this at our lines is drawn as one box."""

ONE_SIDE = 6
"""More access switches than this stand on both sides of what they hang on, half of them on each."""

_SERVICE = (Use.MANAGEMENT, Use.CONSOLE)

# Who stands above whom, from the Internet down to the terminals.
_LEVEL: dict[str, int] = {
    "encryptor": 45,
    Role.BORDER_ROUTER: 10,
    Role.BORDER_SWITCH: 20,
    Role.EGRESS_FIREWALL: 30,
    Role.EXIT_FIREWALL: 30,
    Role.CORE: 40,
    Role.DMZ_SWITCH: 47,
    Role.AGGREGATION: 46,
    Role.HOSTING_FIREWALL: 50,
    Role.HOSTING_SWITCH: 60,
    Role.ACCESS: 60,
    Role.NOC: 60,
    Role.COUNTY_ROUTER: 60,
    Role.HOST_UNIT: 70,
    Role.DISTRIBUTION: 70,
    Role.TOWNSHIP_ROUTER: 70,
    Role.OOB: 70,
    Role.CONSOLE_SERVER: 75,
    Role.CLOCK: 80,
}
_PEER_LEVEL, _PLACE_LEVEL, _PARTY_LEVEL = 0, 70, 100

# A county from left to right: agencies, distribution switch and core, first router, townships, second router, its core. So the two
# lines of a township leave it on two sides, and none crosses another. The core's own picture has the counties between its two routers.
_DISTRIBUTED, _DISTRIBUTION, _FIRST, _SECOND, _BEYOND = 20, 30, 60, 80, 90


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
        self.is_core = place.endswith(".core")
        self.sideways = self.tier is Tier.COUNTY or self.is_core or place.endswith(".access")
        self.lines = tuple(line for line in unique(self._lines()) if self._shows(line))
        self.away = self._away()
        self.second = frozenset(self._second()) if self.sideways else frozenset()
        access = [d.name for d in self.home.values() if d.role is Role.ACCESS] if place.endswith(".access") else []
        self.left = frozenset(access[: len(access) // 2]) if len(access) > ONE_SIDE else frozenset()
        self.levels: dict[str, int] = {}

    def build(self) -> View:
        nodes = [*self._home_nodes(), *self._away_nodes(), *self._peer_nodes(), *self._party_nodes()]
        at = {node.id: n for n, node in enumerate(nodes)}
        edges = sorted((self._orient(loose) for loose in self._loose_edges()), key=lambda edge: (at[edge[0].tail], at[edge[0].head]))
        if self.sideways:
            placed, drawn = nodes, [edge for edge, _ in edges]
        else:
            placed, drawn = strips(self.city, nodes, edges, self.lang)
        drawn += self._in_order()
        groups = self._groups(placed)
        title, parent = place_title(self.city, self.place, self.lang), parent_of(self.city, self.place)
        return View(self.place, title, parent, f"place:{self.place}", self.sideways, tuple(placed), tuple(drawn), groups)

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

    def _second(self) -> Iterable[str]:
        """Of each pair of routers, or of aggregation switches, the second: it stands on the other side of what both lead to."""
        for role in (Role.CORE, Role.AGGREGATION) if self.is_core else (Role.COUNTY_ROUTER,):
            yield from [d.name for d in self.home.values() if d.role is role and (self.is_core or d.realm is Realm.OUTER)][1::2]

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
            boxed = len(names) > COLLAPSE or self._is_below(place) or self.is_core
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

    def _device_level(self, device: Device) -> int:
        if device.tier is Tier.TOWNSHIP and device.role is Role.ACCESS:
            return 80
        if device.role == "encryptor" and device.tier is Tier.COUNTY:
            return 55
        if self.tier is Tier.COUNTY:
            return self._county_level(device)
        if self.place == GATEKEEPER:
            return _SECOND + 10 * (device.role is not Role.HOST_UNIT) if device.realm is Realm.INNER else _LEVEL.get(device.role, 60)
        if device.name in self.left:
            return _DISTRIBUTION
        if self.is_core:
            return _SECOND if device.name in self.second else _FIRST
        return _LEVEL.get(device.role, 60)

    def _county_level(self, device: Device) -> int:
        if device.name in self.second:
            return _SECOND
        if device.name in self.home:
            return _DISTRIBUTION if device.role is Role.DISTRIBUTION else _FIRST
        ours = {end.device for line in self.city.lines_of[device.name] for end in line.ends()} & set(self.home)
        return _BEYOND if ours and ours <= self.second else _DISTRIBUTION

    def _device_node(self, device: Device, *, group: str, away: bool) -> Node:
        node = f"device:{device.name}"
        rank = self._level(node, self._device_level(device))
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
        if self.is_core:
            return ""  # a frame around two routers would push everything between them away
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
            return self._device_node(device, group="" if self.tier is Tier.COUNTY else f"away:{place}:{device.realm}", away=True)
        rank = self._level(node, _PLACE_LEVEL)
        inside = self._is_below(place)
        group = f"home:realm:{device.realm}" if inside and self.tier is Tier.COUNTY else ""
        devices = self.city.residents[place]
        return Node(node, Kind.PLACE, place_icon(place), device.realm, place_title(self.city, place, self.lang), self._place_notes(place, device.realm),
                    node, self._opens(place), group, f"{group}/{rank}", planned(devices), not inside)  # fmt: skip

    def _place_notes(self, place: str, realm: Realm) -> tuple[str, ...]:
        """A township's own prefixes; of anything else how many devices it has."""
        if "/" in place:
            own = [p for p in self.city.parties if p.site == place and p.kind is PartyKind.TOWNSHIP]
            return tuple(str(prefix) for p in own for prefix in p.prefixes)[:1]
        return (T("devices: {count}", count=sum(d.realm is realm for d in self.city.residents[place])).render(self.lang),)

    def _peer_nodes(self) -> list[Node]:
        slugs = sorted({line.peer for line in self.lines if line.peer})
        return [peer_node(self.city, slug, self.lang, self._level(f"peer:{slug}", self._peer_level(slug))) for slug in slugs]

    def _peer_level(self, slug: str) -> int:
        """In a core's picture beside the router that it is at, else above everything."""
        at = {line.a.device for line in self.lines if line.peer == slug}
        return _BEYOND if self.is_core and at <= self.second else _PEER_LEVEL

    def _parties(self) -> list[Party]:
        return unique(party for name in self.home for party in self.city.parties_of.get(name, ()))

    def _party_nodes(self) -> list[Node]:
        return [self._party_node(party) for party in self._parties()]

    def _party_node(self, party: Party) -> Node:
        node = f"party:{party.id}"
        devices = [self.home[end.device] for end in party.attachments if end.device in self.home]
        distributed = self.tier is Tier.COUNTY and any(d.role is Role.DISTRIBUTION for d in devices) or devices[0].name in self.left
        self._level(node, _DISTRIBUTED if distributed else _PARTY_LEVEL)
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
        """Unseen edges that keep townships and counties in the order of their codes. Inside a frame Graphviz counts a column upwards."""
        numbers = self.city.county_numbers
        places = {node.removeprefix("place:") for node in self.away.values()} & set(numbers)
        ordered = sorted(places, key=numbers.__getitem__, reverse=self.tier is Tier.COUNTY)
        return [_beside(f"place:{first}", f"place:{second}") for first, second in pairwise(ordered)] if self.sideways else []

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
