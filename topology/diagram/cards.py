"""What the side panel tells about a device, line, party, peer or place, and by which words the search finds it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from topology.design import Kind as InterfaceKind
from topology.diagram.city import GATEKEEPER, OVERVIEW, City, Line, place_of
from topology.diagram.naming import part_of, place_title
from topology.diagram.words import LEVEL, MANAGEMENT, MEDIUM, PARTY, PEER, REALM, ROLE, STATE, SYSTEM, TIER, USE, rate, short_port
from topology.facts import Attachment, Cable, Circuit, Device, FerryChannel, Name, Party, Peer, Realm, Survey, Tier
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


class Cards:
    """All cards of a city in one language."""

    def __init__(self, city: City, lang: str) -> None:
        self.city, self.lang = city, lang

    def all(self) -> dict[str, Card]:
        """Cards by id, in order."""
        cards = {f"place:{place}": self._place(place) for place in (OVERVIEW, *self.city.residents)}
        cards |= {f"device:{name}": self._device(device) for name, device in self.city.devices.items()}
        cards |= {f"peer:{slug}": self._peer(peer) for slug, peer in self.city.peers.items()}
        cards |= {f"party:{party.id}": self._party(party) for party in self.city.parties}
        cards |= {line.card: self._line(line) for line in self.city.lines}
        return cards

    # ------------------------------------------------------------------------------------------------- small things

    def _say(self, text: Text) -> str:
        return text.render(self.lang)

    def _word(self, words: dict[Any, Text], key: str) -> str:
        return self._say(words[key]) if key in words else key

    def _named(self, name: Name) -> list[str]:
        return [name.zh, name.en]

    def _survey(self, survey: Survey) -> str:
        if survey.on is None:
            return self._say(STATE["planned"])
        return self._say(T("surveyed on {day} by {who}", day=survey.on.isoformat(), who=survey.by or "?"))

    def _device_link(self, name: str) -> Cell:
        return [name, f"device:{name}"] if name in self.city.devices else name

    def _end(self, end: Attachment) -> Cell:
        """``device port``, with its channel and address, as a link."""
        channel = f" VLAN {end.vlan}" if end.vlan is not None else f" TS {end.timeslot}" if end.timeslot is not None else ""
        text = " ".join(filter(None, [end.device, short_port(end.port) + channel, self.city.interface_at(end)]))
        return [text, f"device:{end.device}"] if end.device in self.city.devices else text

    def _place_link(self, place: str) -> Cell:
        return [place_title(self.city, place, self.lang), f"place:{place}"]

    # ------------------------------------------------------------------------------------------------- devices

    def _device(self, device: Device) -> Card:
        place = place_of(device)
        card = Card(device.name, self._word(ROLE, device.role), device.realm, place)
        spot = " · ".join(filter(None, [device.room, device.rack]))
        card.rows = [
            (self._say(T("Network")), self._word(REALM, device.realm)),
            (self._say(T("Place")), self._place_link(place)),
            (self._say(T("Model")), f"{device.model.title} ({device.platform})"),
            (self._say(T("Room and rack")), spot),
            (self._say(T("Management")), self._word(MANAGEMENT, device.management)),
            (self._say(T("State")), self._survey(device.survey)),
            (self._say(T("Inventory")), str(device.origin)),
        ]
        addresses = self._addresses(device)
        card.tables = [self._ports(device), (self._say(T("Addresses")), [self._say(T("Interface")), self._say(T("Address")), ""], addresses)]
        card.find = [device.model.title, device.model.name, self._word(ROLE, device.role)]
        card.nets = [str(row[1]).split("/", maxsplit=1)[0] for row in addresses]
        return card

    def _ports(self, device: Device) -> tuple[str, list[str], list[list[Cell]]]:
        """Every port that something is plugged into, with its far end; how many are free."""
        rows: list[tuple[tuple[int, str], list[Cell]]] = []
        index = {port.name: port.index or 9999 for port in device.model.ports}
        for line in self.city.lines_of.get(device.name, ()):
            for end in line.ends():
                if end.device == device.name:
                    rows.append(((index.get(end.port, 0), str(end)), self._port_row(end, line)))
        for party in self.city.parties_of.get(device.name, ()):
            mine = [end for end in party.attachments if end.device == device.name]
            link: Cell = [party.name.text(self.lang), f"party:{party.id}"]
            rows += [((index.get(end.port, 0), str(end)), [self._port(end), link, self._word(PARTY, party.kind)]) for end in mine]
        used = {key[1].split(" ")[1] for key, _ in rows}
        free = sum(port.kind == "data" and port.name not in used for port in device.model.ports)
        title = self._say(T("Ports in use ({free} free)", free=free))
        head = [self._say(T("Port")), self._say(T("Leads to")), self._say(T("Line"))]
        return title, head, [row for _, row in sorted(rows, key=lambda item: item[0])]

    def _port(self, end: Attachment) -> str:
        channel = f".{end.vlan}" if end.vlan is not None else f" TS{end.timeslot}" if end.timeslot is not None else ""
        address = self.city.interface_at(end)
        return short_port(end.port) + channel + (f"\n{address}" if address else "")

    def _port_row(self, end: Attachment, line: Line) -> list[Cell]:
        beyond = line.beyond(end.device)
        far: Cell = self._end(beyond) if beyond else self._peer_link(line.peer or "")
        what = self._word(USE, line.use) + (f" {rate(line.mbps)}" if line.mbps else "")
        return [self._port(end), far, [what, line.card]]

    def _peer_link(self, slug: str) -> Cell:
        peer = self.city.peers.get(slug)
        return [peer.name.text(self.lang), f"peer:{slug}"] if peer else slug

    def _addresses(self, device: Device) -> list[list[Cell]]:
        design = self.city.design.get(device.name)
        found: list[list[Cell]] = []
        for interface in design.interfaces if design else ():
            if interface.address:
                ref = interface.ref
                physical = ref.kind in (InterfaceKind.PORT, InterfaceKind.MANAGEMENT, InterfaceKind.SUBINTERFACE)
                name = short_port(ref.port) if physical else f"{ref.kind} {ref.number}"
                name += f".{ref.number}" if ref.kind is InterfaceKind.SUBINTERFACE else ""
                found.append([name, str(interface.address), interface.description])
        return found

    # ------------------------------------------------------------------------------------------------- lines

    def _line(self, line: Line) -> Card:
        fact = line.fact
        if isinstance(fact, Circuit):
            return self._circuit(line, fact)
        return self._cable(line, fact)

    def _line_view(self, line: Line) -> str:
        """The picture of the lower end, which shows the whole line."""
        tiers = list(Tier)
        devices = [self.city.devices[end.device] for end in line.ends() if end.device in self.city.devices]
        return place_of(max(devices, key=lambda d: tiers.index(d.tier))) if devices else OVERVIEW

    def _common(self, line: Line, fact: Cable | Circuit) -> list[tuple[str, Cell | list[Cell]]]:
        ends: list[Cell] = [self._end(end) for end in line.ends()]
        ends += [self._peer_link(line.peer)] if line.peer else []
        return [
            (self._say(T("Network")), self._word(REALM, line.realm)),
            (self._say(T("Ends")), ends),
            (self._say(T("Risk groups")), [[group, f"?{group}"] for group in fact.risk]),
            (self._say(T("State")), self._survey(fact.survey)),
            (self._say(T("Inventory")), str(fact.origin)),
        ]

    def _circuit(self, line: Line, circuit: Circuit) -> Card:
        card = Card(f"{circuit.carrier} {circuit.reference}", self._word(USE, line.use), line.realm, self._line_view(line))
        medium = " · ".join(filter(None, [self._word(MEDIUM, circuit.medium), circuit.position]))
        card.rows = [
            (self._say(T("Carrier")), circuit.carrier),
            (self._say(T("Carrier's reference")), circuit.reference),
            (self._say(T("Medium")), medium),
            (self._say(T("Bandwidth")), f"{circuit.mbps} Mbit/s"),
            (self._say(T("Separation")), self._word(_SEPARATION, circuit.separation or "")),
            (self._say(T("Encryption")), circuit.encryption or ""),
            *self._common(line, circuit),
        ]
        card.find = [circuit.id, circuit.carrier, circuit.reference, *circuit.risk]
        return card

    def _cable(self, line: Line, cable: Cable) -> Card:
        title = f"{cable.a.device} – {cable.b.device}"
        card = Card(title, self._word(USE, cable.use), line.realm, self._line_view(line))
        card.rows = [(self._say(T("Medium")), self._word(MEDIUM, cable.medium)), *self._common(line, cable)]
        card.find = [cable.id, *cable.risk]
        return card

    # ------------------------------------------------------------------------------------------------- parties and peers

    def _party(self, party: Party) -> Card:
        home = next((place_of(self.city.devices[end.device]) for end in party.attachments if end.device in self.city.devices), OVERVIEW)
        card = Card(party.name.text(self.lang), self._word(PARTY, party.kind), party.realm, home)
        card.rows = [
            (self._say(T("Network")), self._word(REALM, party.realm)),
            (self._say(T("Place")), self._place_link(home)),
            (self._say(T("Prefixes")), [str(prefix) for prefix in party.prefixes]),
            (self._say(T("Ports")), [self._end(end) for end in party.attachments]),
            (self._say(T("First hop")), [self._device_link(name) for name in party.gateways]),
            (self._say(T("Vertical network")), party.vrf or ""),
            (self._say(T("System")), self._word(SYSTEM, party.system) if party.system else ""),
            (self._say(T("Level")), self._word(LEVEL, party.level)),
            (self._say(T("Phase")), str(party.phase)),
            (self._say(T("Internet access")), self._say(T("through the egress") if party.internet else T("none"))),
            (self._say(T("State")), self._word(STATE, party.state)),
            (self._say(T("Inventory")), str(party.origin)),
        ]
        hosts: list[list[Cell]] = [[h.service, h.role, str(h.address)] for h in self.city.facts.hosts if h.party == party.id]
        head = [self._say(T("Service")), self._say(T("Role")), self._say(T("Address"))]
        card.tables = [(self._say(T("Servers")), head, hosts)]
        card.find = [*self._named(party.name), party.id, *(str(cell) for row in hosts for cell in row[:1])]
        card.nets = [*(str(prefix) for prefix in party.prefixes), *(str(row[2]) for row in hosts)]
        return card

    def _peer(self, peer: Peer) -> Card:
        lines = [line for line in self.city.lines if line.peer == peer.slug]
        view = self._line_view(lines[0]) if lines else OVERVIEW
        card = Card(peer.name.text(self.lang), self._word(PEER, peer.kind), peer.realm, view)
        card.rows = [
            (self._say(T("Network")), self._word(REALM, peer.realm)),
            (self._say(T("AS number")), str(peer.asn)),
            (self._say(T("May announce to us")), [str(prefix) for prefix in peer.accepts]),
            (self._say(T("We announce")), [str(prefix) for prefix in peer.announces]),
            (self._say(T("Inventory")), str(peer.origin)),
        ]
        card.tables = [self._circuits(lines)]
        card.find = [*self._named(peer.name), peer.slug, str(peer.asn)]
        card.nets = [str(prefix) for prefix in (*peer.accepts, *peer.announces) if prefix.prefixlen]
        return card

    def _circuits(self, lines: Iterable[Line]) -> tuple[str, list[str], list[list[Cell]]]:
        rows: list[list[Cell]] = []
        for line in lines:
            if isinstance(line.fact, Circuit):
                ends = " – ".join([*(end.device for end in line.ends()), *([line.peer] if line.peer else [])])
                rows.append([[f"{line.fact.carrier} {line.fact.reference}", line.card], ends, f"{self._word(MEDIUM, line.medium)} {rate(line.mbps)}"])
        return self._say(T("Circuits")), [self._say(T("Carrier's reference")), self._say(T("Ends")), self._say(T("Medium"))], rows

    # ------------------------------------------------------------------------------------------------- places

    def _place(self, place: str) -> Card:
        devices = self._inside(place)
        realms = sorted({d.realm for d in devices})
        card = Card(place_title(self.city, place, self.lang), self._place_kind(place), _one(realms), place)
        site = self.city.sites.get(place)
        townships = sorted({d.site for d in devices if d.tier is Tier.TOWNSHIP}, key=lambda key: self.city.county_numbers.get(key, 0))
        card.rows = [
            (self._say(T("Statistical code")), site.code if site else ""),
            (self._say(T("Network")), " · ".join(self._word(REALM, realm) for realm in realms)),
            (self._say(T("Devices")), str(len(devices))),
            (self._say(T("Townships")), [self._place_link(key) for key in townships] if place != OVERVIEW and "/" not in place else ""),
            (self._say(T("Survives")), self._survives(site.survives) if site else ""),
            (self._say(T("Inventory")), str(site.origin) if site else ""),
        ]
        card.tables = self._place_tables(place, devices)
        card.find = [place, *(self._named(site.name) if site else ())]
        return card

    def _survives(self, failures: int) -> str:
        return self._say(T("{count} failures of its connection", count=failures))

    def _inside(self, place: str) -> list[Device]:
        if place == OVERVIEW:
            return list(self.city.devices.values())
        return [d for key, devices in self.city.residents.items() if key == place or key.startswith(place + "/") for d in devices]

    def _place_kind(self, place: str) -> str:
        if part_of(place) or place == OVERVIEW:
            return self._word(TIER, Tier.MUNICIPAL)
        return self._word(TIER, Tier.TOWNSHIP if "/" in place else Tier.COUNTY)

    def _place_tables(self, place: str, devices: Sequence[Device]) -> list[tuple[str, list[str], list[list[Cell]]]]:
        if place == OVERVIEW:
            return []
        names = {d.name for d in devices}
        lines = [line for line in self.city.lines if any(end.device in names for end in line.ends())]
        rows: list[list[Cell]] = [
            [self._device_link(d.name), self._word(ROLE, d.role), self._word(STATE, d.survey.state)] for d in self.city.residents.get(place, ())
        ]
        head = [self._say(T("Device")), self._say(T("Role")), self._say(T("State"))]
        tables = [(self._say(T("Devices")), head, rows), self._circuits(lines)]
        return [*tables, self._channels()] if place == GATEKEEPER else tables

    def _channels(self) -> tuple[str, list[str], list[list[Cell]]]:
        head = [self._say(T("Channel")), self._say(T("Direction")), self._say(T("Content and level"))]
        return self._say(T("Ferry channels")), head, [self._channel(channel) for channel in self.city.facts.channels]

    def _channel(self, channel: FerryChannel) -> list[Cell]:
        direction = self._word(_DIRECTION, channel.direction)
        return [f"{channel.gatekeeper} {channel.id}", direction, f"{channel.content.text(self.lang)} · {self._word(LEVEL, channel.level)}"]


_SEPARATION = {"dedicated-fibre": T("dedicated fibre"), "wavelength": T("wavelength"), "timeslot": T("timeslot")}
_DIRECTION = {"inner-to-outer": T("inner to outer"), "outer-to-inner": T("outer to inner")}


def _one(realms: Sequence[Realm]) -> str:
    """The realm that colours a card, or "between"."""
    return realms[0] if len(realms) == 1 else "between"
