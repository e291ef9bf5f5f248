"""A device's own config and its stand-in's say the same: the routes, device by device and prefix by prefix, and what the filters and
policies between each two interfaces let pass, as packet sets.

The vendors' templates cannot be run here, the stand-ins' can; where both lead to the same tables and sets, a mistake in a vendor's template
has no place to hide. Names differ, and what follows from the platform does: see `Spelling`, `tables` and `openings`. Not compared: address
translation, and what reaches a device itself.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from ipaddress import IPv4Address
from itertools import permutations
from operator import and_
from pathlib import Path
from random import Random

import pytest

from isolation_checks.forwarding.gates import Gates
from isolation_checks.packets.space import Node, PacketSpace
from isolation_checks.reach.forwarder import Door, forwarders
from isolation_checks.reach.layer2 import layer2
from isolation_checks.reading.folder import read_folder
from isolation_checks.routing.engine import Engine
from isolation_checks.routing.model import NOTHING_DOWN, Hop, Outage, Protocol, Route, Routing
from isolation_checks.routing.rib import virtual_masks
from isolation_checks.snapshot import DeviceConfig, Interface, InterfaceKind
from templates.engine import Renderer
from templates.platforms import ROOT, Platforms
from tests.city import CityPlan, write_city
from topology.facts import Facts
from topology.network import load
from topology.stand_in import PLATFORM, PortNames, port_names, stand_in

INVENTORY = Path(__file__).parents[3] / "inventory" / "guiyang"
STARTER = Path(__file__).parents[3] / "topology" / "starter"
CITIES = ("guiyang", "starter", "vrp", "comware", "ios")
PLATFORMS = {"vrp": "huawei_vrp", "comware": "h3c_comware", "ios": "cisco_ios"}
DISCARDS = (Protocol.STATIC, Protocol.OSPF_SUMMARY, Protocol.BGP_LOCAL)
OUTAGES = int(os.environ.get("GOVNET_ROUTING_OUTAGES", "6"))
SYN, ACK, ECHO_REQUEST = 0x02, 0x10, 8 << 8
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


def rendered(inventory: Path, folder: Path, platforms: Platforms | None = None) -> Twins:
    """Every device rendered for itself and, where it routes or filters, for its stand-in; and read again."""
    network, renderer = load(inventory), Renderer(platforms or Platforms())
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
        item = self._by_name.get(interface)
        return self.ports.get((self.device, interface), interface) if item is None else self._known(item)

    @cached_property
    def _by_name(self) -> dict[str, Interface]:
        return {item.name: item for item in self.config.interfaces}

    def vrf(self, name: str) -> str:
        """By the interfaces in it: IOS has a name of its own for the VRF of its management port."""
        return f"of {' '.join(sorted(self._in_vrf.get(name, ())))}" if name else name

    @cached_property
    def _in_vrf(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for item in self.config.interfaces:
            if item.addresses:
                found.setdefault(item.vrf or "", set()).add(self._known(item))
        return found

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
    """A device's routes by VRF and prefix, without virtual addresses (on Linux they are routes too) and the last route of a Linux VRF.

    Without those, too, whose next hop only the default route leads to: some platforms take that for a way, on others the packets follow the
    default route itself.
    """
    rows = {}
    for (device, vrf), found in routing.tables.items():
        held = {(route.network, route.length): route for route in found.routes} if device == spelling.device else {}
        for route in held.values():
            own = route.protocol == Protocol.CONNECTED and route.length == HOST and route.network in virtual
            own |= route.recursive and route.hops != () and route.hops == covering(held, route)
            if not own and route.preference <= MOST_PREFERENCE:
                prefix = f"{IPv4Address(route.network)}/{route.length}"
                rows[spelling.vrf(vrf), prefix] = row(route, spelling)
    return rows


def covering(held: Mapping[tuple[int, int], Route], route: Route) -> tuple[Hop, ...] | None:
    """The hops of the default route, where nothing else covers a route."""
    lengths = range(route.length - 1, -1, -1)
    found = next((held[key] for length in lengths if (key := (route.network >> (32 - length) << (32 - length), length)) in held), None)
    return found.hops if found is not None and found.length == 0 else None


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
    changed = {key[0] for now, before in zip((one, other), twins.under(NOTHING_DOWN), strict=True) for key in now.tables
               if now.tables[key] is not before.tables[key]}  # fmt: skip
    for device, stand in sorted(twins.others.items()):
        if outage != NOTHING_DOWN and device not in changed:
            continue
        own = twins.own[device]
        virtual = frozenset(address.ip for item in own.interfaces for address in item.virtual)
        mine = tables(one, Spelling(device, own, twins.names), virtual)
        theirs = tables(other, Spelling(device, stand, {}), virtual)
        for key in sorted({*mine, *theirs}):
            if mine.get(key) != theirs.get(key):
                yield f"{device} {' '.join(key)}: {own.platform} {mine.get(key)}, stand-in {theirs.get(key)}"


def outages(twins: Twins) -> Iterator[Outage]:
    """One thing down, or two."""
    random = Random(twins.facts.slug)
    things = [("cable", item.id) for item in twins.facts.cables] + [("circuit", item.id) for item in twins.facts.circuits]
    things += [("device", item.name) for item in twins.facts.devices if item.routes]
    for number in range(OUTAGES):
        chosen = random.sample(things, 1 + number % 2)
        cables, circuits, devices = (
            frozenset(name for kind, name in chosen if kind == wanted) for wanted in ("cable", "circuit", "device")
        )
        yield Outage(devices, cables, circuits)


def openings(space: PacketSpace, *, sessions: bool) -> Node:
    """The packets that are compared, odd flags and ICMP codes aside: Linux drops some of those as invalid and has words for others alone.

    Where ``sessions`` are kept: what opens one. Where not: answers of TCP too.
    """
    equal = space.equal_to
    tcp, icmp = equal("protocol", 6), equal("protocol", 1)
    opened = (tcp & equal("flags", SYN)) | (icmp & equal("dport", ECHO_REQUEST)) | ~(tcp | icmp)
    return opened if sessions else opened | (tcp & equal("flags", ACK))


class Passing:
    """What may pass through the devices of one spelling of a city, by device and pair of interfaces."""

    def __init__(self, gates: Gates, facts: Facts, configs: dict[str, DeviceConfig]) -> None:
        self._gates = gates
        self.forwarders = forwarders(configs, layer2(facts, configs))

    def doors(self, device: str, spelling: Spelling) -> dict[str, Door]:
        found = self.forwarders[device]
        masks = virtual_masks(found.config)
        return {spelling.name(door.interface.name): door for door in found.doors if door.interface.name not in masks}

    def between(self, device: str, a: Door, b: Door) -> Node:
        found, gates = self.forwarders[device], self._gates
        stops = (gates.entry(found, a), gates.crossing(found, a, b, "new"), gates.exit(found, a, b))
        return reduce(and_, (stop.may for stop in stops if stop is not None), gates.whole)


def different_filters(twins: Twins) -> Iterator[str]:
    space = PacketSpace()
    own = Passing(Gates(space), twins.facts, twins.own)
    other = Passing(Gates(space), stand_in(twins.facts), {**twins.own, **twins.others})
    for device, stand in sorted(twins.others.items()):
        ours = own.doors(device, Spelling(device, twins.own[device], twins.names))
        theirs = other.doors(device, Spelling(device, stand, {}))
        if ours.keys() != theirs.keys():
            yield f"{device}: interfaces {sorted(ours.keys() ^ theirs.keys())} are in one of the two alone"
        compared = openings(space, sessions=own.forwarders[device].stateful or other.forwarders[device].stateful)
        for a, b in permutations(sorted(ours.keys() & theirs.keys()), 2):
            mine = own.between(device, ours[a], ours[b]) & compared
            its = other.between(device, theirs[a], theirs[b]) & compared
            for who, only in (("its own config", mine & ~its), ("its stand-in", its & ~mine)):
                if not space.empty(only):
                    yield f"{device} from {a} to {b}: only {who} lets pass {space.pick(only)[1]}"


def test_every_table_is_the_same(twins: Twins) -> None:
    assert twins.others
    found = list(differences(twins, NOTHING_DOWN))
    assert not found, "\n".join(found[:20])


def test_every_table_is_the_same_while_something_is_down(twins: Twins) -> None:
    for outage in outages(twins):
        found = list(differences(twins, outage))
        assert not found, f"{outage}\n" + "\n".join(found[:20])


def test_every_filter_and_policy_lets_the_same_pass(twins: Twins) -> None:
    found = list(different_filters(twins))
    assert not found, "\n".join(found[:20])


@pytest.mark.parametrize(
    ("file", "old", "new", "compare"),
    [
        ("interface.j2", "ospf cost {{ i.ospf.cost }}", "ospf cost 77", lambda twins: differences(twins, NOTHING_DOWN)),
        ("filters.j2", '"permit" if r.permit else "deny"', '"permit"', different_filters),
    ],
    ids=("cost", "filter"),
)
def test_a_mistake_in_a_template_shows(file: str, old: str, new: str, compare: Callable[[Twins], Iterator[str]], tmp_path: Path) -> None:
    """In the template of one platform: one cost for all, a filter that denies nothing."""
    root = Path(shutil.copytree(ROOT, tmp_path / "templates", ignore=shutil.ignore_patterns("*.py", "__pycache__")))
    text = (root / "huawei_vrp" / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (root / "huawei_vrp" / file).write_text(text.replace(old, new), encoding="utf-8")
    inventory = write_city(tmp_path / "inventory", CityPlan(platform="huawei_vrp", verticals=2, exit=True))
    assert list(compare(rendered(inventory, tmp_path / "configs", Platforms(root))))
