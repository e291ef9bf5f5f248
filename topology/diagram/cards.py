"""What the side panel tells about a device, line, party, peer or place, and by which words the search finds it."""

from __future__ import annotations

from topology.design import Kind as InterfaceKind
from topology.diagram.city import OVERVIEW, City, Line, place_of
from topology.diagram.place_cards import place_card
from topology.diagram.telling import Card, Cell, Teller
from topology.diagram.words import LEVEL, MANAGEMENT, MEDIUM, PARTY, PEER, REALM, ROLE, STATE, SYSTEM, USE, rate, short_port
from topology.facts import Attachment, Cable, Circuit, Device, Party, Peer
from topology.i18n import T

_SEPARATION = {"dedicated-fibre": T("dedicated fibre"), "wavelength": T("wavelength"), "timeslot": T("timeslot")}


def all_cards(city: City, lang: str) -> dict[str, Card]:
    """Cards by id, in order."""
    t = Teller(city, lang)
    cards = {f"place:{place}": place_card(t, place) for place in (OVERVIEW, *city.residents)}
    cards |= {f"device:{name}": _device(t, device) for name, device in city.devices.items()}
    cards |= {f"peer:{key}": _peer(t, key, peer) for key, peer in city.peers.items()}
    cards |= {f"party:{party.id}": _party(t, party) for party in city.parties}
    cards |= {line.card: _line(t, line) for line in city.lines}
    return cards


def _device(t: Teller, device: Device) -> Card:
    place = place_of(device)
    card = Card(device.name, t.word(ROLE, device.role), device.realm, place)
    spot = " · ".join(filter(None, [device.room, device.rack]))
    card.rows = [
        (t.say(T("Network")), t.word(REALM, device.realm)),
        (t.say(T("Place")), t.place_link(place)),
        (t.say(T("Model")), f"{device.model.title} ({device.platform})"),
        (t.say(T("Room and rack")), spot),
        (t.say(T("Management")), t.word(MANAGEMENT, device.management)),
        (t.say(T("State")), t.survey(device.survey)),
        (t.say(T("Inventory")), str(device.origin)),
    ]
    addresses = _addresses(t, device)
    card.tables = [
        _ports(t, device),
        (t.say(T("Addresses")), [t.say(T("Interface")), t.say(T("Address")), ""], addresses),
    ]
    card.find = [device.model.title, device.model.name, t.word(ROLE, device.role)]
    card.nets = [str(row[1]).split("/", maxsplit=1)[0] for row in addresses]
    return card


def _ports(t: Teller, device: Device) -> tuple[str, list[str], list[list[Cell]]]:
    """Every port that something is plugged into, with its far end; how many are free."""
    rows: list[tuple[tuple[int, str], list[Cell]]] = []
    index = {port.name: port.index or 9999 for port in device.model.ports}
    for line in t.city.lines_of.get(device.name, ()):
        mine = [end for end in line.ends() if end.device == device.name]
        rows += [((index.get(end.port, 0), str(end)), _port_row(t, end, line)) for end in mine]
    for party in t.city.parties_of.get(device.name, ()):
        at = [end for end in party.attachments if end.device == device.name]
        link: Cell = [party.name.text(t.lang), f"party:{party.id}"]
        rows += [((index.get(end.port, 0), str(end)), [_port(t, end), link, t.word(PARTY, party.kind)]) for end in at]
    free = sum(port.kind == "data" for port in device.model.ports) - len(t.city.used_ports(device.name))
    title = t.say(T("Ports in use ({free} free)", free=free))
    head = [t.say(T("Port")), t.say(T("Leads to")), t.say(T("Line"))]
    return title, head, [row for _, row in sorted(rows, key=lambda item: item[0])]


def _port(t: Teller, end: Attachment) -> str:
    channel = f".{end.vlan}" if end.vlan is not None else f" TS{end.timeslot}" if end.timeslot is not None else ""
    address = t.city.interface_at(end)
    return short_port(end.port) + channel + (f"\n{address}" if address else "")


def _port_row(t: Teller, end: Attachment, line: Line) -> list[Cell]:
    beyond = line.beyond(end.device)
    far: Cell = t.end(beyond) if beyond else t.peer_link(line.peer or "")
    what = t.word(USE, line.use) + (f" {rate(line.mbps)}" if line.mbps else "")
    return [_port(t, end), far, [what, line.card]]


def _addresses(t: Teller, device: Device) -> list[list[Cell]]:
    design = t.city.design.get(device.name)
    found: list[list[Cell]] = []
    for interface in design.interfaces if design else ():
        if interface.address:
            ref = interface.ref
            physical = ref.kind in (InterfaceKind.PORT, InterfaceKind.MANAGEMENT, InterfaceKind.SUBINTERFACE)
            name = short_port(ref.port) if physical else f"{ref.kind} {ref.number}"
            name += f".{ref.number}" if ref.kind is InterfaceKind.SUBINTERFACE else ""
            found.append([name, str(interface.address), interface.description])
    return found


def _line(t: Teller, line: Line) -> Card:
    fact = line.fact
    if isinstance(fact, Circuit):
        return _circuit(t, line, fact)
    return _cable(t, line, fact)


def _common(t: Teller, line: Line, fact: Cable | Circuit) -> list[tuple[str, Cell | list[Cell]]]:
    ends: list[Cell] = [t.end(end) for end in line.ends()]
    ends += [t.peer_link(line.peer)] if line.peer else []
    risk: list[Cell] = [[group, f"?{group}"] for group in fact.risk]
    return [
        (t.say(T("Network")), t.word(REALM, line.realm)),
        (t.say(T("Ends")), ends),
        (t.say(T("Risk groups")), risk),
        (t.say(T("State")), t.survey(fact.survey)),
        (t.say(T("Inventory")), str(fact.origin)),
    ]


def _circuit(t: Teller, line: Line, circuit: Circuit) -> Card:
    card = Card(f"{circuit.carrier} {circuit.reference}", t.word(USE, line.use), line.realm, t.line_view(line))
    medium = " · ".join(filter(None, [t.word(MEDIUM, circuit.medium), circuit.position]))
    card.rows = [
        (t.say(T("Carrier")), circuit.carrier),
        (t.say(T("Carrier's reference")), circuit.reference),
        (t.say(T("Medium")), medium),
        (t.say(T("Bandwidth")), f"{circuit.mbps} Mbit/s"),
        (t.say(T("Separation")), t.word(_SEPARATION, circuit.separation or "")),
        (t.say(T("Encryption")), circuit.encryption or ""),
        *_common(t, line, circuit),
    ]
    card.find = [circuit.id, circuit.carrier, circuit.reference, *circuit.risk]
    return card


def _cable(t: Teller, line: Line, cable: Cable) -> Card:
    title = f"{cable.a.device} – {cable.b.device}"
    card = Card(title, t.word(USE, cable.use), line.realm, t.line_view(line))
    card.rows = [(t.say(T("Medium")), t.word(MEDIUM, cable.medium)), *_common(t, line, cable)]
    card.find = [cable.id, *cable.risk]
    return card


def _party(t: Teller, party: Party) -> Card:
    home = next((place_of(t.city.devices[end.device]) for end in party.attachments if end.device in t.city.devices), OVERVIEW)
    card = Card(party.name.text(t.lang), t.word(PARTY, party.kind), party.realm, home)
    card.rows = [
        (t.say(T("Network")), t.word(REALM, party.realm)),
        (t.say(T("Place")), t.place_link(home)),
        (t.say(T("Prefixes")), [str(prefix) for prefix in party.prefixes]),
        (t.say(T("Ports")), [t.end(end) for end in party.attachments]),
        (t.say(T("First hop")), [t.device_link(name) for name in party.gateways]),
        (t.say(T("Vertical network")), party.vrf or ""),
        (t.say(T("System")), t.word(SYSTEM, party.system) if party.system else ""),
        (t.say(T("Level")), t.word(LEVEL, party.level)),
        (t.say(T("Phase")), str(party.phase)),
        (t.say(T("Internet access")), t.say(T("through the egress") if party.internet else T("none"))),
        (t.say(T("State")), t.word(STATE, party.state)),
        (t.say(T("Inventory")), str(party.origin)),
    ]
    hosts: list[list[Cell]] = [[h.service, h.role, str(h.address)] for h in t.city.facts.hosts if h.party == party.id]
    head = [t.say(T("Service")), t.say(T("Role")), t.say(T("Address"))]
    card.tables = [(t.say(T("Servers")), head, hosts)]
    card.find = [*t.named(party.name), party.id, *(str(cell) for row in hosts for cell in row[:1])]
    card.nets = [*(str(prefix) for prefix in party.prefixes), *(str(row[2]) for row in hosts)]
    return card


def _peer(t: Teller, key: str, peer: Peer) -> Card:
    lines = [line for line in t.city.lines if line.peer == key]
    view = t.line_view(lines[0]) if lines else OVERVIEW
    card = Card(peer.name.text(t.lang), t.word(PEER, peer.kind), peer.realm, view)
    card.rows = [
        (t.say(T("Network")), t.word(REALM, peer.realm)),
        (t.say(T("AS number")), str(peer.asn)),
        (t.say(T("May announce to us")), [str(prefix) for prefix in peer.accepts]),
        (t.say(T("We announce")), [str(prefix) for prefix in peer.announces]),
        (t.say(T("Inventory")), str(peer.origin)),
    ]
    card.tables = [t.circuits(lines)]
    card.find = [*t.named(peer.name), peer.slug, str(peer.asn)]
    card.nets = [str(prefix) for prefix in (*peer.accepts, *peer.announces) if prefix.prefixlen]
    return card
