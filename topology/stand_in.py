"""The city as its stand-ins spell it: the same chassis, cables and parties, with every port of a routing device under its lab name.

A stand-in (FRR and nftables in the place of a device that routes or filters) names its ports by their numbers, `eth7` for the seventh data
port, whatever the vendor prints on the chassis. Whoever holds such configs against the facts needs the facts in the same words.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType

from topology.facts import Attachment, Cable, Circuit, Device, Facts, Model, Party, Port

PLATFORM = "frr"
PORT = "eth{index}"
MANAGEMENT = "mgmt0"
"""As `stand_in_port` and `stand_in_management` in that platform's own facts; a test holds the two together."""

PortNames = Mapping[tuple[str, str], str]
"""(device, port) -> the port's name on the stand-in; a port that keeps its name is not here."""


def port_name(port: Port) -> str:
    """What the stand-in calls a port. A console socket has no network name and keeps its own."""
    if port.kind == "console":
        return port.name
    return MANAGEMENT if port.kind == "management" else PORT.format(index=port.index)


def stands_in(device: Device) -> bool:
    """Whether a stand-in is rendered for the device: it is configured by us, and routes or filters."""
    return device.routes and device.rendered


def port_names(facts: Facts, devices: Collection[str] | None = None) -> PortNames:
    """The ports whose names change, of all devices that have a stand-in, or of those among ``devices``."""
    chosen = [device for device in facts.devices if stands_in(device) and (devices is None or device.name in devices)]
    return MappingProxyType({(device.name, port.name): port_name(port) for device in chosen for port in device.model.ports})


def stand_in(facts: Facts, devices: Collection[str] | None = None) -> Facts:
    """The same facts about the stand-ins: chassis, cables, circuits and parties with the stand-ins' port names.

    ``devices`` are those that have a stand-in's config; by default all that may have one. Pure layer 2 and what has no stand-in stays
    as it is. `stand_in(stand_in(facts)) == stand_in(facts)`.
    """
    names = port_names(facts, devices)
    swapped = {device for device, _ in names}
    models = {device.model for device in facts.devices if device.name in swapped}
    renamed = {model: _model(model) for model in models}
    return replace(
        facts,
        devices=tuple(replace(device, model=renamed[device.model]) if device.name in swapped else device for device in facts.devices),
        cables=tuple(_cable(cable, names) for cable in facts.cables),
        circuits=tuple(_circuit(circuit, names) for circuit in facts.circuits),
        parties=tuple(_party(party, names) for party in facts.parties),
    )


def _model(model: Model) -> Model:
    """The data ports of a Linux router are no switch ports until a bridge takes them. A bypass card stays one."""
    ports = tuple(replace(port, name=port_name(port)) for port in model.ports)
    return replace(model, platform=PLATFORM, ports=ports, switching=False)


def _at(place: Attachment, names: PortNames) -> Attachment:
    name = names.get((place.device, place.port))
    return place if name is None else replace(place, port=name)


def _cable(cable: Cable, names: PortNames) -> Cable:
    return replace(cable, a=_at(cable.a, names), b=_at(cable.b, names))


def _circuit(circuit: Circuit, names: PortNames) -> Circuit:
    return replace(circuit, a=_at(circuit.a, names), b=circuit.b and _at(circuit.b, names))


def _party(party: Party, names: PortNames) -> Party:
    return replace(party, attachments=tuple(_at(place, names) for place in party.attachments))
