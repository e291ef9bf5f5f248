"""The facts in the stand-ins' words: the same city, and every name that a stand-in's config uses."""

from pathlib import Path

from templates.names import InterfaceNames
from templates.platforms import Platforms
from topology.design import Kind
from topology.facts import Facts
from topology.network import load
from topology.stand_in import MANAGEMENT, PLATFORM, PORT, port_names, stand_in, stands_in

CITY = Path(__file__).parents[2] / "topology" / "starter"


def facts() -> Facts:
    return load(CITY).facts


def test_names_are_those_of_the_platform() -> None:
    names = Platforms()[PLATFORM].names
    assert (names.stand_in_port, names.stand_in_management) == (PORT, MANAGEMENT)


def test_every_port_of_a_stand_in_is_found_in_the_facts() -> None:
    network = load(CITY)
    swapped = {device.name: {port.name for port in device.model.ports} for device in stand_in(network.facts).devices}
    platform = Platforms()[PLATFORM]
    for design in network.design.devices:
        if design.device.routes:
            names = InterfaceNames(design, platform, stand_in=True)
            used = {names(i.ref) for i in design.interfaces if i.ref.kind in (Kind.PORT, Kind.MANAGEMENT)}
            assert used <= swapped[design.hostname]


def test_cables_and_parties_lead_to_ports_that_exist() -> None:
    swapped = stand_in(facts())
    ports = {device.name: {port.name for port in device.model.ports} for device in swapped.devices}
    places = [place for cable in swapped.cables for place in (cable.a, cable.b)]
    places += [circuit.a for circuit in swapped.circuits] + [circuit.b for circuit in swapped.circuits if circuit.b is not None]
    places += [place for party in swapped.parties for place in party.attachments]
    assert all(place.port in ports[place.device] for place in places)


def test_twice_is_once_and_layer_2_stays() -> None:
    before = facts()
    once = stand_in(before)
    assert stand_in(once) == once
    kept = [(old, new) for old, new in zip(before.devices, once.devices, strict=True) if not stands_in(old)]
    assert kept
    assert all(old == new for old, new in kept)


def test_only_the_named_devices_change() -> None:
    before = facts()
    one = next(device.name for device in before.devices if stands_in(device))
    assert {device for device, _ in port_names(before, {one})} == {one}
    changed = [new.name for old, new in zip(before.devices, stand_in(before, {one}).devices, strict=True) if old != new]
    assert changed == [one]
