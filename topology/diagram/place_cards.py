"""What the side panel tells about the city, a part of its centre, a county or a township."""

from __future__ import annotations

from collections.abc import Sequence

from topology.diagram.city import GATEKEEPER, OVERVIEW, county_of
from topology.diagram.naming import part_of, place_title
from topology.diagram.telling import Card, Cell, Teller
from topology.diagram.words import LEVEL, REALM, ROLE, STATE, TIER
from topology.facts import Device, FerryChannel, PartyKind, Tier
from topology.i18n import T

Table = tuple[str, list[str], list[list[Cell]]]

_DIRECTION = {"inner-to-outer": T("inner to outer"), "outer-to-inner": T("outer to inner")}


def place_card(t: Teller, place: str) -> Card:
    """The card of a view."""
    devices = _inside(t, place)
    realms = sorted({d.realm for d in devices})
    colour = "between" if place == GATEKEEPER else realms[0].value if len(realms) == 1 else "both"
    card = Card(place_title(t.city, place, t.lang), _kind(t, place), colour, place)
    site = t.city.sites.get(place)
    card.rows = [
        (t.say(T("Statistical code")), site.code if site else ""),
        (t.say(T("Network")), " · ".join(t.word(REALM, realm) for realm in realms)),
        (t.say(T("Devices")), _surveyed(t, len(devices), sum(d.survey.on is not None for d in devices))),
        (t.say(T("Circuits")), _circuits(t, devices)),
        (t.say(T("Survives")), t.say(T("failures of its connection: {count}", count=site.survives)) if site else ""),
        (t.say(T("Inventory")), str(site.origin) if site else ""),
    ]
    card.tables = _city_tables(t) if place == OVERVIEW else _tables(t, place, devices)
    card.find = [place, place.rpartition("/")[2], *(t.named(site.name) if site else ())]
    return card


def _inside(t: Teller, place: str) -> list[Device]:
    if place == OVERVIEW:
        return list(t.city.devices.values())
    return [d for key, devices in t.city.residents.items() if key == place or key.startswith(place + "/") for d in devices]


def _kind(t: Teller, place: str) -> str:
    if part_of(place) or place == OVERVIEW:
        return t.word(TIER, Tier.MUNICIPAL)
    return t.word(TIER, Tier.TOWNSHIP if "/" in place else Tier.COUNTY)


def _surveyed(t: Teller, count: int, surveyed: int) -> str:
    return t.say(T("{count}, of which surveyed: {surveyed}", count=count, surveyed=surveyed))


def _circuits(t: Teller, devices: Sequence[Device]) -> str:
    names = {d.name for d in devices}
    circuits = [line for line in t.city.lines if line.mbps and any(end.device in names for end in line.ends())]
    return _surveyed(t, len(circuits), sum(not line.planned for line in circuits)) if circuits else ""


def _city_tables(t: Teller) -> list[Table]:
    """The counties and the parts of the centre, with what is in them, each a way in."""
    places = sorted((key for key in t.city.residents if "/" not in key), key=lambda key: (t.city.county_numbers.get(key, -1), key))
    counties = [_county(t, key) for key in places if not part_of(key)]
    parts: list[list[Cell]] = [[t.place_link(key), str(len(t.city.residents[key]))] for key in places if part_of(key)]
    county, devices = t.word(TIER, Tier.COUNTY), t.say(T("Devices"))
    return [
        (t.say(T("Counties")), [county, t.say(T("Townships")), t.say(T("Agencies")), devices], counties),
        (t.say(T("Municipal centre")), [t.say(T("Part")), devices], parts),
    ]


def _county(t: Teller, key: str) -> list[Cell]:
    return [t.place_link(key), str(_townships(t, key)), str(_agencies(t, key)), str(len(_inside(t, key)))]


def _townships(t: Teller, county: str) -> int:
    return sum(key.startswith(county + "/") for key in t.city.residents)


def _agencies(t: Teller, county: str) -> int:
    return sum(p.kind is PartyKind.AGENCY and county_of(p.site or "") == county for p in t.city.parties)


def _tables(t: Teller, place: str, devices: Sequence[Device]) -> list[Table]:
    names = {d.name for d in devices}
    lines = [line for line in t.city.lines if any(end.device in names for end in line.ends())]
    own: list[list[Cell]] = [
        [t.device_link(d.name), t.word(ROLE, d.role), t.word(STATE, d.survey.state)] for d in t.city.residents.get(place, ())
    ]
    below = sorted((key for key in t.city.residents if key.startswith(place + "/")), key=lambda key: t.city.county_numbers.get(key, 0))
    townships: list[list[Cell]] = [[t.place_link(key), str(len(t.city.residents[key]))] for key in below]
    devices_word = t.say(T("Devices"))
    tables: list[Table] = [
        (devices_word, [t.say(T("Device")), t.say(T("Role")), t.say(T("State"))], own),
        (t.say(T("Townships")), [t.word(TIER, Tier.TOWNSHIP), devices_word], townships),
        t.circuits(lines),
    ]
    return [_channels(t), *tables] if place == GATEKEEPER else tables


def _channels(t: Teller) -> Table:
    head = [t.say(T("Channel")), t.say(T("Direction")), t.say(T("Content and level"))]
    return t.say(T("Ferry channels")), head, [_channel(t, channel) for channel in t.city.facts.channels]


def _channel(t: Teller, channel: FerryChannel) -> list[Cell]:
    direction = t.word(_DIRECTION, channel.direction)
    return [f"{channel.gatekeeper} {channel.id}", direction, f"{channel.content.text(t.lang)} · {t.word(LEVEL, channel.level)}"]
