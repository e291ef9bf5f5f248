"""What connects: cables, carriers' circuits, and both as links with the addresses at their ends."""

from __future__ import annotations

from collections.abc import Iterator

from tasks.listing import Cell, Column, Listing, Row
from tasks.tables.city import City, natural, place
from tasks.tables.places import channel_of
from tasks.tables.words import MEDIUM, REALM, SEPARATION, USE, survey, word
from topology.design import Interface
from topology.facts import Attachment, Cable, Circuit
from topology.i18n import T

_ENDS = (
    Column("a_device", T("A device")),
    Column("a_port", T("A port")),
    Column("a_channel", T("A channel")),
    Column("b_device", T("B device")),
    Column("b_port", T("B port")),
    Column("b_channel", T("B channel")),
)
_SURVEY = (
    Column("survey", T("Survey")),
    Column("surveyed_on", T("Surveyed on")),
    Column("surveyed_by", T("Surveyed by")),
    Column("place", T("Inventory")),
)


def _end(end: Attachment | None, peer: str | None = None) -> tuple[Cell, Cell, Cell]:
    return (end.device, end.port, channel_of(end)) if end is not None else (peer, None, None)


def _cables(city: City) -> Iterator[Row]:
    for cable in sorted(city.facts.cables, key=lambda cable: (city.device_order(cable.a.device), natural(cable.a.port))):
        cells: tuple[Cell, ...] = (
            cable.id,
            word(REALM, cable.realm),
            word(USE, cable.use),
            word(MEDIUM, cable.medium),
            cable.number,
            cable.a.device,
            cable.a.port,
            cable.b.device,
            cable.b.port,
            cable.risk,
            survey(cable.survey),
            cable.survey.on,
            cable.survey.by,
            place(cable.origin),
        )
        yield Row(cells, city.of_devices((cable.a.device, cable.b.device)))


CABLES = Listing(
    "cables",
    T("Cables"),
    ("county", "realm", "tier", "role", "platform", "site"),
    (
        Column("cable", T("Cable")),
        Column("realm", T("Network")),
        Column("use", T("Use")),
        Column("medium", T("Medium")),
        Column("number", T("No.")),
        Column("a_device", T("A device")),
        Column("a_port", T("A port")),
        Column("b_device", T("B device")),
        Column("b_port", T("B port")),
        Column("risk", T("Risk groups")),
        *_SURVEY,
    ),
    _cables,
)


def _circuits(city: City) -> Iterator[Row]:
    for circuit in _sorted_circuits(city):
        cells: tuple[Cell, ...] = (
            circuit.id,
            word(REALM, circuit.realm),
            circuit.carrier,
            circuit.reference,
            word(MEDIUM, circuit.medium),
            circuit.position,
            circuit.mbps,
            circuit.risk,
            *_end(circuit.a),
            *_end(circuit.b, circuit.peer),
            word(SEPARATION, circuit.separation),
            circuit.encryption,
            survey(circuit.survey),
            circuit.survey.on,
            circuit.survey.by,
            place(circuit.origin),
        )
        yield Row(cells, city.of_devices(_devices(circuit)))


def _sorted_circuits(city: City) -> list[Circuit]:
    return sorted(city.facts.circuits, key=lambda circuit: (city.device_order(circuit.a.device)[:3], circuit.id))


def _devices(line: Cable | Circuit) -> tuple[str, ...]:
    return tuple(end.device for end in (line.a, line.b) if end is not None)


CIRCUITS = Listing(
    "circuits",
    T("Carriers' circuits"),
    CABLES.filters,
    (
        Column("circuit", T("Circuit")),
        Column("realm", T("Network")),
        Column("carrier", T("Carrier")),
        Column("reference", T("Carrier's reference")),
        Column("medium", T("Medium")),
        Column("position", T("Position")),
        Column("mbps", T("Mbit/s")),
        Column("risk", T("Risk groups")),
        *_ENDS,
        Column("separation", T("Separation")),
        Column("encryption", T("Link encryption")),
        *_SURVEY,
    ),
    _circuits,
)


def _links(city: City) -> Iterator[Row]:
    cables = sorted(city.facts.cables, key=lambda cable: (city.device_order(cable.a.device), natural(cable.a.port)))
    lines: list[Cable | Circuit] = [*cables, *_sorted_circuits(city)]
    for line in lines:
        facets = city.of_devices(_devices(line))
        if not city.wants(facets):
            continue
        near, far = city.interface(line.a), city.interface(line.b) if line.b else None
        cells: tuple[Cell, ...] = (
            line.id,
            word(REALM, line.realm),
            word(USE, "circuit" if isinstance(line, Circuit) else line.use),
            word(MEDIUM, line.medium),
            line.mbps if isinstance(line, Circuit) else None,
            *_end(line.a),
            *_end(line.b, line.peer if isinstance(line, Circuit) else None),
            _address(near),
            _address(far),
            near.ospf.area if near and near.ospf else None,
            near.ospf.cost if near and near.ospf else None,
            far.ospf.cost if far and far.ospf else None,
            near.lag if near else None,
            _vrfs(city, line.a) if near and near.address else (),
            survey(line.survey),
        )
        yield Row(cells, facets)


def _address(interface: Interface | None) -> str | None:
    return str(interface.address) if interface and interface.address else None


def _vrfs(city: City, end: Attachment) -> tuple[str, ...]:
    """Verticals that run over a link of their own beside the common one: subinterfaces of the near end's port."""
    interfaces = city.interfaces(end.device)
    return tuple(
        interface.vrf for (port, _), interface in sorted(interfaces.items()) if port == end.port and interface.vrf and interface.ospf
    )


LINKS = Listing(
    "links",
    T("Links"),
    CABLES.filters,
    (
        Column("link", T("Link")),
        Column("realm", T("Network")),
        Column("use", T("Use")),
        Column("medium", T("Medium")),
        Column("mbps", T("Mbit/s")),
        *_ENDS,
        Column("a_address", T("A address")),
        Column("b_address", T("B address")),
        Column("area", T("OSPF area")),
        Column("a_cost", T("A cost")),
        Column("b_cost", T("B cost")),
        Column("lag", T("LAG")),
        Column("vrfs", T("VRFs")),
        Column("survey", T("Survey")),
    ),
    _links,
)
