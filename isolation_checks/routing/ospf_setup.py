"""OSPF processes as the configs set them up: which interface takes part in which area, at what cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from isolation_checks.reach.layer2 import Endpoint
from isolation_checks.routing.platforms import Defaults, defaults
from isolation_checks.routing.prefixes import Key, bandwidth, key, mask
from isolation_checks.snapshot import DeviceConfig, Interface, InterfaceKind, OspfArea, OspfProcess, Ref

BACKBONE = "0.0.0.0"  # noqa: S104 - an area
UNKNOWN_COST = 1
_TYPES = {
    "point-to-point": "p2p", "point-to-multipoint": "p2mp", "non-broadcast": "nbma", "point-to-multipoint non-broadcast": "p2mp",
}  # fmt: skip
_AUTHENTICATION = {"": "none", "null": "none", "message-digest": "md5", "plain": "simple"}


class OspfPort(NamedTuple):
    """An interface in an area. ``stubs``: the prefixes that it advertises, with their cost. ``guessed``: nothing says its cost."""

    instance: int
    endpoint: Endpoint
    vrf: str
    area: str
    kind: str  # broadcast | p2p | p2mp | nbma | loopback
    cost: int
    guessed: bool
    passive: bool
    priority: int
    authentication: str
    hello: int
    dead: int
    mtu: int
    address: int
    length: int
    numbered: bool
    stubs: tuple[tuple[Key, int], ...]
    refs: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Instance:
    """An OSPF process of a device."""

    id: int
    device: str
    vrf: str
    process: OspfProcess
    platform: Defaults
    vendor: str
    router_id: int
    ports: tuple[OspfPort, ...]
    areas: Mapping[str, OspfArea]

    def kind(self, area: str) -> str:
        found = self.areas.get(area)
        return found.kind if found else "normal"

    @property
    def paths(self) -> int:
        return self.process.maximum_paths or self.platform.ospf_paths

    def distance(self, *names: str) -> int:
        held = dict(self.process.distances)
        for name in (*names, "ospf", "all"):
            if name in held:
                return held[name]
        return self.platform.ospf_external if names[0] == "external" else self.platform.ospf_internal


def instances(configs: Mapping[str, DeviceConfig]) -> tuple[Instance, ...]:
    """All processes of all devices, with ids that count from 0 in the order of the devices."""
    found: list[Instance] = []
    for name in configs:
        config = configs[name]
        by_name = {item.name: item for item in config.interfaces}
        for process in config.ospf:
            number = len(found)
            areas = {area.id: area for area in process.areas}
            ports = tuple(_ports(number, name, config, process, areas, by_name))
            found.append(
                Instance(
                    number, name, process.vrf or "", process, defaults(config.platform), config.platform,
                    router_id(config, process.router_id, process.vrf), ports, areas,
                )
            )  # fmt: skip
    return tuple(found)


def router_id(config: DeviceConfig, given: int | None, vrf: str | None) -> int:
    """As typed; else the highest loopback address, else the highest address of the VRF."""
    if given is not None:
        return given
    mine = [item for item in config.interfaces if (item.vrf or "") == (vrf or "") and not item.shutdown]
    loopbacks = [item.addresses[0].ip for item in mine if item.kind == InterfaceKind.LOOPBACK and item.addresses]
    return max(loopbacks or [item.addresses[0].ip for item in mine if item.addresses] or [0])


def _ports(
    number: int, device: str, config: DeviceConfig, process: OspfProcess, areas: Mapping[str, OspfArea], by_name: Mapping[str, Interface]
) -> Iterator[OspfPort]:
    for item in config.interfaces:
        if (item.vrf or "") != (process.vrf or "") or item.kind == InterfaceKind.NULL:
            continue
        lender = by_name.get(item.unnumbered) if item.unnumbered else None
        addresses = item.addresses or (lender.addresses if lender else ())
        if not addresses:
            continue
        place = _area(process, item, addresses[0].ip)
        if place is not None:
            yield _port(number, device, config, process, areas, item, place)


def _area(process: OspfProcess, item: Interface, address: int) -> tuple[str, Ref] | None:
    """The area of an interface in this process, and the line that puts it there. The interface's own line wins."""
    own = item.ospf
    if own is not None and own.area is not None:
        return (own.area, own.ref) if own.process in (None, process.id) else None
    best: tuple[int, str, Ref] | None = None
    for area in process.areas:
        for network, ref in area.networks:
            if address & network.mask == network.value and (best is None or network.mask.bit_count() > best[0]):
                best = network.mask.bit_count(), area.id, ref
    return best[1:] if best else None


def _port(
    number: int, device: str, config: DeviceConfig, process: OspfProcess, areas: Mapping[str, OspfArea], item: Interface,
    place: tuple[str, Ref],
) -> OspfPort:  # fmt: skip
    own = item.ospf
    by_name = {other.name: other for other in config.interfaces} if item.unnumbered and not item.addresses else {}
    addresses = item.addresses or by_name[item.unnumbered or ""].addresses
    kind = _kind(item)
    cost, guessed = _cost(config, process, item)
    authentication = own.authentication if own else "none"
    if authentication in ("none", "") and (area := areas.get(place[0])):
        authentication = area.authentication
    slow = kind in ("nbma", "p2mp")
    hello = own.hello if own and own.hello else 30 if slow else 10
    first = addresses[0]
    host = kind in {"loopback", "p2mp"}
    stubs = (
        ()
        if not item.addresses
        else tuple(
            (key(address.ip, 32), 0 if kind == "p2mp" else cost) if host else (key(address.ip & mask(address.length), address.length), cost)
            for address in addresses
        )
    )
    return OspfPort(
        number, Endpoint(device, item.name), item.vrf or "", place[0], kind, cost, guessed, _passive(process, item),
        own.priority if own and own.priority is not None else 1, _AUTHENTICATION.get(authentication, authentication), hello,
        own.dead if own and own.dead else 4 * hello, item.mtu or 1500, first.ip, first.length, bool(item.addresses), stubs,
        tuple(dict.fromkeys((place[1], first.ref))),
    )  # fmt: skip


def _kind(item: Interface) -> str:
    given = item.ospf.network_type if item.ospf else ""
    if item.kind == InterfaceKind.LOOPBACK:
        return _TYPES.get(given, given) or "loopback"
    if given:
        return _TYPES.get(given, given)
    serial = item.name.lower().startswith(("serial", "pos", "hdlc", "mp-group", "dialer", "virtual-ppp"))
    return "p2p" if item.kind == InterfaceKind.TUNNEL or serial else "broadcast"


def _cost(config: DeviceConfig, process: OspfProcess, item: Interface) -> tuple[int, bool]:
    """As typed, else reference / bandwidth (RFC 2328 C.3 leaves it to the platform; all of ours do it so)."""
    if item.ospf and item.ospf.cost is not None:
        return item.ospf.cost, False
    if item.kind == InterfaceKind.LOOPBACK:
        return defaults(config.platform).loopback_cost, False
    speed = bandwidth((item.parent or item.name) if item.kind == InterfaceKind.SUBINTERFACE else item.name)
    if speed is None:
        return UNKNOWN_COST, True
    return max(1, min(65535, (process.bandwidth_reference or 100) // speed)), False


def _passive(process: OspfProcess, item: Interface) -> bool:
    if item.kind == InterfaceKind.LOOPBACK:
        return True
    if item.ospf and item.ospf.passive is not None:
        return item.ospf.passive
    return item.name in process.passive or (process.passive_default and item.name not in process.active)
