"""Where things stand: sites, chassis and their ports."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from tasks.listing import Cell, Column, Listing, Row
from tasks.tables.city import City, place
from tasks.tables.words import MANAGEMENT, MEDIUM, MODE, REALM, ROLE, STATE, TIER, USE, survey, word
from topology.design import Interface
from topology.facts import Attachment, PartyKind, Role, Use
from topology.i18n import T

_DRAWN_PARTIES = {PartyKind.AGENCY, PartyKind.TOWNSHIP, PartyKind.TERMINALS, PartyKind.NODE, PartyKind.MEMBER, PartyKind.EXIT}

_PAIRED = {Role.EGRESS_FIREWALL, Role.HOSTING_FIREWALL}


def _sites(city: City) -> Iterator[Row]:
    devices = Counter((device.realm, device.site) for device in city.facts.devices)
    parties = Counter((party.realm, party.site) for party in city.facts.parties if party.kind in _DRAWN_PARTIES)
    circuits = Counter((city.devices[circuit.a.device].realm, city.devices[circuit.a.device].site) for circuit in city.facts.circuits)
    for site in sorted(city.facts.sites, key=lambda site: city.site_order(site.realm, site.key)):
        key = site.realm, site.key
        cells: tuple[Cell, ...] = (
            site.key,
            site.name,
            word(REALM, site.realm),
            word(TIER, site.tier),
            site.county,
            site.number,
            site.code,
            site.survives,
            devices[key],
            circuits[key],
            parties[key],
            place(site.origin),
        )
        yield Row(cells, city.of_site(*key))


SITES = Listing(
    "sites",
    T("Sites"),
    ("county", "realm", "tier", "site"),
    (
        Column("site", T("Site")),
        Column("name", T("Name")),
        Column("realm", T("Network")),
        Column("tier", T("Tier")),
        Column("county", T("County")),
        Column("number", T("No.")),
        Column("code", T("Statistical code")),
        Column("survives", T("Survives failures")),
        Column("devices", T("Devices")),
        Column("circuits", T("Circuits")),
        Column("parties", T("Units")),
        Column("place", T("Inventory")),
    ),
    _sites,
)


def _devices(city: City) -> Iterator[Row]:
    for name in city.shown():
        device = city.devices[name]
        pair = city.designed(name) if device.role in _PAIRED else None
        address = city.design.managed_at.get(name)
        site = city.sites.get((device.realm, device.site))
        cells: tuple[Cell, ...] = (
            name,
            device.site,
            site.name if site else None,
            word(REALM, device.realm),
            word(TIER, device.tier),
            word(ROLE, device.role),
            device.platform,
            device.model.title,
            device.number,
            word(MANAGEMENT, device.management),
            str(address) if address else None,
            pair.ha.peer if pair and pair.ha else None,
            device.enclosure,
            device.room,
            device.rack,
            survey(device.survey),
            device.survey.on,
            device.survey.by,
            place(device.origin),
        )
        yield Row(cells, city.of_device(name))


DEVICES = Listing(
    "devices",
    T("Devices"),
    ("county", "realm", "tier", "role", "platform", "site"),
    (
        Column("device", T("Device")),
        Column("site", T("Site")),
        Column("site_name", T("Name of the site")),
        Column("realm", T("Network")),
        Column("tier", T("Tier")),
        Column("role", T("Role")),
        Column("platform", T("Platform")),
        Column("model", T("Model")),
        Column("number", T("No.")),
        Column("management", T("Management")),
        Column("management_address", T("Management address")),
        Column("pair_with", T("Pair with")),
        Column("enclosure", T("Enclosure")),
        Column("room", T("Room")),
        Column("rack", T("Rack")),
        Column("survey", T("Survey")),
        Column("surveyed_on", T("Surveyed on")),
        Column("surveyed_by", T("Surveyed by")),
        Column("place", T("Inventory")),
    ),
    _devices,
)


@dataclass
class _Plugged:
    """What is plugged into one port."""

    use: str | None = None
    far: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def _plugged(city: City) -> dict[tuple[str, str], _Plugged]:
    ports: dict[tuple[str, str], _Plugged] = defaultdict(_Plugged)

    def plug(end: Attachment, use: str, far: str, line: str | None) -> None:
        port = ports[end.device, end.port]
        port.use = port.use or use
        if far not in port.far:
            port.far.append(far)
        port.lines += [line] if line else []
        channel = channel_of(end)
        if channel and channel not in port.channels:
            port.channels.append(channel)

    for cable in city.facts.cables:
        plug(cable.a, cable.use.value, str(cable.b), cable.id)
        plug(cable.b, cable.use.value, str(cable.a), cable.id)
    for circuit in city.facts.circuits:
        plug(circuit.a, "circuit", str(circuit.b) if circuit.b else circuit.peer or "", circuit.id)
        if circuit.b is not None:
            plug(circuit.b, "circuit", str(circuit.a), circuit.id)
    for party in city.facts.parties:
        for end in party.attachments:
            plug(end, "access", party.id, None)
    return ports


def channel_of(end: Attachment | None) -> str | None:
    """`vlan 1004`, `timeslot 3`, or None where the whole port is meant."""
    if end is None or (end.vlan is None and end.timeslot is None):
        return None
    return f"vlan {end.vlan}" if end.vlan is not None else f"timeslot {end.timeslot}"


def _ports(city: City) -> Iterator[Row]:
    plugged = _plugged(city)
    for name in city.shown():
        interfaces = city.interfaces(name)
        for port in city.devices[name].model.ports:
            here = plugged.get((name, port.name))
            interface = interfaces.get((port.name, 0))
            cells: tuple[Cell, ...] = (
                name,
                port.name,
                word(_KIND, port.kind),
                word(_MEDIA, port.media),
                word(STATE, _state(here, interface)),
                word(USE, here.use) if here else None,
                tuple(here.far) if here else (),
                tuple(here.channels) if here else (),
                _mode(interface),
                interface.l2.vlans if interface and interface.l2 else (),
                interface.lag if interface else None,
                str(interface.address) if interface and interface.address else None,
                tuple(here.lines) if here else (),
            )
            yield Row(cells, city.of_device(name))


_KIND = {"data": T("data"), "management": T("management"), "console": T("console")}
_MEDIA = {"copper": MEDIUM["copper"], "fibre": T("fibre"), "serial": T("serial")}  # type: ignore[index] # a StrEnum's values are its members


def _state(here: _Plugged | None, interface: Interface | None) -> str:
    if here is not None:
        return "shut" if interface is not None and interface.shutdown and here.use != Use.ARC else "up"
    return "unused" if interface is None or interface.unused or interface.shutdown else "up"


def _mode(interface: Interface | None) -> Cell:
    if interface is None or interface.unused:
        return None
    return word(MODE, interface.l2.mode if interface.l2 else "routed" if interface.routed or interface.address else None)


PORTS = Listing(
    "ports",
    T("Ports"),
    DEVICES.filters,
    (
        Column("device", T("Device")),
        Column("port", T("Port")),
        Column("kind", T("Kind")),
        Column("media", T("Socket")),
        Column("state", T("State")),
        Column("use", T("Use")),
        Column("far_end", T("Far end"), most=2),
        Column("channels", T("Channels"), most=4),
        Column("mode", T("Mode")),
        Column("vlans", T("VLANs"), most=8),
        Column("lag", T("LAG")),
        Column("address", T("Address")),
        Column("lines", T("Cable or circuit"), most=2),
    ),
    _ports,
)
