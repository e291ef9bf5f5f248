"""A device's own config and its stand-in's say the same: the routes, device by device and prefix by prefix.

The vendors' templates cannot be run here, the stand-ins' can; where both lead to the same tables, a mistake in a vendor's template has no
place to hide. Names differ, and what follows from the platform does: see `Spelling` and `tables`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from isolation_checks.reading.folder import read_folder
from isolation_checks.routing.engine import Engine
from isolation_checks.routing.model import NOTHING_DOWN, Outage, Protocol, Route, Routing
from isolation_checks.snapshot import DeviceConfig, Interface, InterfaceKind
from templates.engine import Renderer
from templates.platforms import Platforms
from tests.city import CityPlan, write_city
from topology.facts import Facts
from topology.network import load
from topology.stand_in import PLATFORM, PortNames, port_names, stand_in

INVENTORY = Path(__file__).parents[3] / "inventory" / "guiyang"
STARTER = Path(__file__).parents[3] / "topology" / "starter"
CITIES = ("guiyang", "starter", "vrp", "comware", "ios")
PLATFORMS = {"vrp": "huawei_vrp", "comware": "h3c_comware", "ios": "cisco_ios"}
DISCARDS = (Protocol.STATIC, Protocol.OSPF_SUMMARY, Protocol.BGP_LOCAL)
HOST = 32
MOST_PREFERENCE = 255
"""Above that it is Linux's own last route of a VRF, which does what having no route does."""

Row = tuple[str, tuple[tuple[str, str, str], ...]]
"""What kind of route, and its hops: interface, gateway, VRF."""


@dataclass(frozen=True)
class Twins:
    """A city as its devices spell it and as their stand-ins do. Devices without a stand-in are the same in both."""

    facts: Facts
    own: dict[str, DeviceConfig]
    others: dict[str, DeviceConfig]

    @cached_property
    def engines(self) -> tuple[Engine, Engine]:
        return Engine(self.facts, self.own), Engine(stand_in(self.facts), {**self.own, **self.others})

    def under(self, outage: Outage) -> tuple[Routing, Routing]:
        one, other = self.engines
        return one.under(outage), other.under(outage)

    @cached_property
    def names(self) -> PortNames:
        return port_names(self.facts)


@pytest.fixture(scope="session", params=CITIES)
def twins(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Twins:
    name = request.param
    if name in PLATFORMS:
        plan = CityPlan(platform=PLATFORMS[name], verticals=2, exit=True)
        inventory = write_city(tmp_path_factory.mktemp("inventory"), plan)
    else:
        inventory = INVENTORY if name == "guiyang" else STARTER
    return rendered(inventory, tmp_path_factory.mktemp("configs"))


def rendered(inventory: Path, folder: Path) -> Twins:
    """Every device rendered for itself and, where it routes or filters, for its stand-in; and read again."""
    network, renderer = load(inventory), Renderer(Platforms())
    for design in network.design.devices:
        jobs = [("own", None)] + ([("others", PLATFORM)] if design.device.routes else [])
        for place, platform in jobs:
            files = renderer.render(design, platform).files
            for file in files:
                inner = place == "others" or len(files) > 1 or "." not in file.name
                path = folder / place / (design.device.name if inner else "") / file.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(file.text, encoding="utf-8")
    own, others = (read_folder(folder / place) for place in ("own", "others"))
    assert not own.problems
    assert not others.problems
    return Twins(network.facts, {item.name: item for item in own.devices}, {item.name: item for item in others.devices})


@dataclass(frozen=True)
class Spelling:
    """Interfaces of one device under names that its own config and its stand-in share."""

    device: str
    config: DeviceConfig
    ports: Mapping[tuple[str, str], str]

    def name(self, interface: str) -> str:
        item = next((item for item in self.config.interfaces if item.name == interface), None)
        return self.ports.get((self.device, interface), interface) if item is None else self._known(item)

    def vrf(self, name: str) -> str:
        """By the interfaces in it: IOS has a name of its own for the VRF of its management port."""
        held = {self._known(item) for item in self.config.interfaces if (item.vrf or "") == name and item.addresses}
        return f"of {' '.join(sorted(held))}" if name else name

    def _known(self, item: Interface) -> str:
        if item.kind == InterfaceKind.LOOPBACK:
            return "loopback"
        if item.kind == InterfaceKind.SVI:
            return f"vlan {item.vlans}"
        if item.kind == InterfaceKind.SUBINTERFACE and item.parent:
            return f"{self.name(item.parent)} tag {item.vlans}"
        if item.kind == InterfaceKind.AGGREGATE:
            members = sorted(self.name(member.name) for member in self.config.interfaces if member.aggregate == item.name)
            return f"aggregate of {' '.join(members)}"
        if item.kind == InterfaceKind.OTHER and item.parent:
            return self.name(item.parent)  # the interface of a virtual address
        return self.ports.get((self.device, item.name), item.name)


def tables(routing: Routing, spelling: Spelling, virtual: frozenset[int]) -> dict[tuple[str, str], Row]:
    """A device's routes by VRF and prefix, without virtual addresses (on Linux they are routes too) and the last route of a Linux VRF."""
    rows = {}
    for (device, vrf), found in routing.tables.items():
        for route in found.routes if device == spelling.device else ():
            own = route.protocol == Protocol.CONNECTED and route.length == HOST and route.network in virtual
            if not own and route.preference <= MOST_PREFERENCE:
                prefix = f"{IPv4Address(route.network)}/{route.length}"
                rows[spelling.vrf(vrf), prefix] = row(route, spelling)
    return rows


def row(route: Route, spelling: Spelling) -> Row:
    kind = "discard" if not route.hops and route.protocol in DISCARDS else str(route.protocol)
    hops = {
        (spelling.name(hop.interface), "" if hop.gateway is None else str(IPv4Address(hop.gateway)), spelling.vrf(hop.vrf))
        for hop in route.hops
    }
    return kind, tuple(sorted(hops))


def differences(twins: Twins, outage: Outage) -> Iterator[str]:
    """Each route that one of the two has and the other has not, or leads elsewhere."""
    one, other = twins.under(outage)
    for device, stand in sorted(twins.others.items()):
        own = twins.own[device]
        virtual = frozenset(address.ip for item in own.interfaces for address in item.virtual)
        mine = tables(one, Spelling(device, own, twins.names), virtual)
        theirs = tables(other, Spelling(device, stand, {}), virtual)
        for key in sorted({*mine, *theirs}):
            if mine.get(key) != theirs.get(key):
                yield f"{device} {' '.join(key)}: {own.platform} {mine.get(key)}, stand-in {theirs.get(key)}"


def test_every_table_is_the_same(twins: Twins) -> None:
    assert twins.others
    found = list(differences(twins, NOTHING_DOWN))
    assert not found, "\n".join(found[:20])
