"""Which sockets of a device have something recorded in them, and which the config leaves live without."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from isolation_checks.snapshot import DeviceConfig, InterfaceKind, Ref
from topology.facts import Device, Facts, Model, PartyKind
from topology.i18n import T, Text
from topology.origin import Origin

PEERS = frozenset({PartyKind.PROVINCE, PartyKind.INTERNET})
"""Parties at the far end of a circuit: the circuit is what is plugged in, not they."""

_LINUX = frozenset({"frr", "nftables", "host_unit"})  # a port that no line brings up is down
_SHUT_ROUTERS = frozenset({"cisco_ios"})  # a routed port that the config does not speak of is shut
_SOCKETS = frozenset({InterfaceKind.PHYSICAL, InterfaceKind.MANAGEMENT})

_ARC = T("one of its ports is the end of the exchange arc, whose other side is not here")


class LivePort(NamedTuple):
    """A socket that may carry frames and in which nothing is recorded. ``certain``: the config leaves it up, whatever the release."""

    device: str
    port: str
    why: Text
    place: Ref | Origin
    certain: bool


def folded(port: str) -> str:
    """Names of ports are compared without regard to capitals and blanks."""
    return port.replace(" ", "").casefold()


def recorded(facts: Facts) -> dict[str, set[str]]:
    """The sockets of each device that a cable, a circuit or a party is plugged into."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for cable in facts.cables:
        for end in (cable.a, cable.b):
            found[end.device].add(folded(end.port))
    for circuit in facts.circuits:
        for end in (circuit.a, *((circuit.b,) if circuit.b else ())):
            found[end.device].add(folded(end.port))
    for party in facts.parties:
        if party.kind not in PEERS:
            for end in party.attachments:
                found[end.device].add(folded(end.port))
    return dict(found)


def live_unrecorded(facts: Facts, configs: Mapping[str, DeviceConfig]) -> tuple[LivePort, ...]:
    """Every live socket of a rendered device whose config is here and whose far end nobody recorded."""
    used = recorded(facts)
    sockets: dict[str, tuple[tuple[str, str, str], ...]] = {}
    found: list[LivePort] = []
    halves = {unit for one in facts.gatekeepers if not (one.outer_unit and one.inner_unit) for unit in (one.outer_unit, one.inner_unit)}
    for device in facts.devices:
        config = configs.get(device.name)
        if not device.rendered or config is None:
            continue
        own = used.get(device.name, set())
        if device.model.name not in sockets:
            sockets[device.model.name] = _sockets(device.model)
        live = list(_spoken_of(device, config, own))
        found += live if device.name not in halves else _without_arc(live)
        found += _silent(device, config, own, sockets[device.model.name])
    return tuple(found)


def _without_arc(live: list[LivePort]) -> list[LivePort]:
    """The ports of a host unit whose other side is not here, and with it the record of the arc: one port is its end."""
    return [] if len(live) == 1 else [port._replace(why=_ARC, certain=False) for port in live]


def _sockets(model: Model) -> tuple[tuple[str, str, str], ...]:
    return tuple((folded(port.name), port.name, port.kind) for port in model.ports if port.kind != "console")


def _spoken_of(device: Device, config: DeviceConfig, used: set[str]) -> Iterator[LivePort]:
    """Ports that the config speaks of and does not shut."""
    for interface in config.interfaces:
        if interface.shutdown is not None or folded(interface.name) in used:
            continue
        if interface.kind in _SOCKETS:
            yield LivePort(device.name, interface.name, T("its config leaves it up"), interface.ref, True)
        elif interface.kind is InterfaceKind.OTHER and interface.parent is None:
            yield LivePort(device.name, interface.name, T("nobody knows whether it is a socket"), interface.ref, False)


def _silent(device: Device, config: DeviceConfig, used: set[str], sockets: tuple[tuple[str, str, str], ...]) -> Iterator[LivePort]:
    """Ports of the model that the config does not speak of: what the platform does with them by default."""
    if config.platform in _LINUX:
        return
    switching = device.model.switching
    if not switching and config.platform in _SHUT_ROUTERS:
        return
    spoken = {folded(interface.name) for interface in config.interfaces}
    place = Ref(config.files[0], 1) if config.files else device.origin
    for key, name, kind in sockets:
        if key in used or key in spoken:
            continue
        if switching and kind == "data":
            yield LivePort(device.name, name, T("its config does not speak of it, and a switch port is up by default"), place, True)
        else:
            yield LivePort(device.name, name, T("its config does not speak of it"), place, False)
