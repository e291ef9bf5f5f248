"""The routing tables of one device: connected and static routes, and the best of all protocols."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from isolation_checks.routing.model import Hop, Protocol, Route
from isolation_checks.routing.platforms import defaults
from isolation_checks.routing.prefixes import Key, key, mask
from isolation_checks.snapshot import DeviceConfig, InterfaceKind, StaticRoute

Routes: TypeAlias = Mapping[Key, Route]
Reachable: TypeAlias = Callable[[str, int | None], bool]
"""Whether somebody answers behind an interface at an address: what a tracked route goes by."""
ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Local:
    """``connected``: by VRF, the networks of interfaces that are up; ``own``: their addresses as host routes."""

    connected: Mapping[str, Routes]
    own: Mapping[str, Routes]


@dataclass(frozen=True, slots=True)
class Rib:
    """Of one VRF: ``best`` route by prefix. ``settled``: its static routes depend on connected networks alone."""

    best: Routes
    static: Routes
    settled: bool = True


def vrfs(config: DeviceConfig) -> tuple[str, ...]:
    """All VRFs that the device uses, the public one first."""
    named = [item.name for item in config.vrfs] + [item.vrf for item in config.interfaces if item.vrf]
    return tuple(dict.fromkeys(["", *named, *(item.vrf or "" for item in config.static_routes)]))


def virtual_masks(config: DeviceConfig) -> frozenset[str]:
    """Interfaces that only lend a virtual router's address to their parent (Linux, a macvlan): they work on the master alone."""
    held = {item.name: {virtual.ip for virtual in item.virtual} for item in config.interfaces if item.virtual}
    return frozenset(
        item.name
        for item in config.interfaces
        if item.parent in held and item.addresses and all(address.ip in held[item.parent] for address in item.addresses)
    )


def local(config: DeviceConfig, up: Callable[[str], bool]) -> Local:
    connected: dict[str, dict[Key, Route]] = {vrf: {} for vrf in vrfs(config)}
    own: dict[str, dict[Key, Route]] = {vrf: {} for vrf in connected}
    masks = virtual_masks(config)
    for item in config.interfaces:
        if item.kind == InterfaceKind.NULL or item.name in masks or not item.addresses or not up(item.name):
            continue
        vrf = item.vrf or ""
        hop = Hop(item.name, None, vrf)
        for address in item.addresses:
            network = address.ip & mask(address.length)
            prefix = key(network, address.length)
            before = connected[vrf].get(prefix)
            hops = (hop,) if before is None or hop in before.hops else (*before.hops, hop)
            connected[vrf][prefix] = Route(network, address.length, Protocol.CONNECTED, 0, 0, hops, (address.ref,))
            own[vrf][key(address.ip, 32)] = Route(address.ip, 32, Protocol.CONNECTED, 0, 0, (hop,), (address.ref,))
    return Local(connected, own)


def longest(best: Routes, address: int) -> Route | None:
    """The longest match that is no default route."""
    for length in range(32, -1, -1):
        found = best.get((address >> (32 - length) << (32 - length)) << 6 | length)
        if found is not None:
            return found
    return None


def resolve(best: Routes, gateway: int, vrf: str, by_default: bool = True, itself: Key = -1) -> tuple[tuple[Hop, ...], Route] | None:
    """The hops towards a next hop, and the route that leads there; None where there is none, or only the route to ``itself``.

    No hops where that route discards: what goes over it is discarded too, but stays in the table (remotely triggered black holes).
    """
    found = longest(best, gateway)
    if found is None or (found.length == 0 and not by_default) or key(found.network, found.length) == itself:
        return None
    if found.protocol == Protocol.CONNECTED and found.length == 32 and found.network == gateway:
        return None  # an address of the device itself
    return tuple(hop if hop.gateway is not None else Hop(hop.interface, gateway, hop.vrf) for hop in found.hops), found


def build(config: DeviceConfig, here: Local, learned: Mapping[str, Sequence[Routes]], up: Callable[[str], bool], reachable: Reachable
) -> dict[str, Rib]:  # fmt: skip
    """The tables of all VRFs of a device by what it learned from routing protocols."""
    plain: dict[str, dict[Key, Route]] = {}
    for vrf, own in here.own.items():
        best: dict[Key, Route] = {}
        for routes in learned.get(vrf, ()):
            for prefix, item in routes.items():
                if prefix >= 0 and ((before := best.get(prefix)) is None or item.preference < before.preference):
                    best[prefix] = item
        best.update(here.connected[vrf])
        best.update(own)
        plain[vrf] = best
    if not config.static_routes:
        return {vrf: Rib(best, {}) for vrf, best in plain.items()}
    return _with_statics(config, here, plain, up, reachable)


def _with_statics(
    config: DeviceConfig, here: Local, plain: Mapping[str, dict[Key, Route]], up: Callable[[str], bool], reachable: Reachable
) -> dict[str, Rib]:
    """Static routes may lead over each other: repeat until nothing changes."""
    best: Mapping[str, dict[Key, Route]] = plain
    chosen: dict[str, dict[Key, Route]] = {}
    settled = True
    for _ in range(ROUNDS):
        before = chosen
        chosen, settled = _statics(config, here, best, up, reachable)
        if chosen == before:
            break
        best = {vrf: _merged(routes, chosen.get(vrf, {})) for vrf, routes in plain.items()}
    return {vrf: Rib(routes, chosen.get(vrf, {}), settled) for vrf, routes in best.items()}


def _merged(plain: dict[Key, Route], static: Routes) -> dict[Key, Route]:
    best = dict(plain)
    for prefix, item in static.items():
        before = best.get(prefix)
        if (
            before is None
            or item.preference < before.preference
            or (item.preference == before.preference and before.protocol != Protocol.CONNECTED)
        ):
            best[prefix] = item
    return best


def _statics(
    config: DeviceConfig, here: Local, best: Mapping[str, Routes], up: Callable[[str], bool], reachable: Reachable
) -> tuple[dict[str, dict[Key, Route]], bool]:
    found: dict[str, dict[Key, Route]] = {}
    settled = True
    for item in config.static_routes:
        vrf = item.vrf or ""
        target = vrf if item.next_vrf is None else item.next_vrf
        prefix = key(item.network, item.length)
        hops, over = _hops(config, item, target, best.get(target, {}), up, prefix if target == vrf else -1)
        if over is not None and over.protocol != Protocol.CONNECTED:
            settled = False
        if (
            over is None
            and item.next_hop is not None
            and not item.discard
            and longest(here.connected.get(target, {}), item.next_hop) is None
        ):
            settled = False  # something learned later may resolve it
        if hops is None or (item.conditional and not item.discard and not any(reachable(hop.interface, hop.gateway) for hop in hops)):
            continue
        held = found.setdefault(vrf, {})
        before = held.get(prefix)
        if before is None or item.preference < before.preference or (item.preference == before.preference and hops and not before.hops):
            far = over is not None and over.protocol != Protocol.CONNECTED
            held[prefix] = Route(item.network, item.length, Protocol.STATIC, item.preference, 0, hops, (item.ref,), far)
        elif item.preference == before.preference and hops:
            near = before.recursive and over is not None and over.protocol != Protocol.CONNECTED
            joined = tuple(sorted({*before.hops, *hops}, key=_order))
            held[prefix] = before._replace(hops=joined, refs=(*before.refs, item.ref), recursive=near)
    return found, settled


def _order(hop: Hop) -> tuple[str, int, str]:
    return hop.interface, -1 if hop.gateway is None else hop.gateway, hop.vrf


def _hops(
    config: DeviceConfig, item: StaticRoute, vrf: str, best: Routes, up: Callable[[str], bool], itself: Key
) -> tuple[tuple[Hop, ...] | None, Route | None]:
    if item.discard:
        return (), None
    if item.interface is not None:
        interface = item.interface
        return ((Hop(interface, item.next_hop, vrf),) if up(interface) else None), None
    if item.next_hop is None:
        return None, None
    return resolve(best, item.next_hop, vrf, defaults(config.platform).resolves_by_default, itself) or (None, None)


def again(before: Rib, here: Routes, own: Routes, learned: Sequence[Routes], changed: Iterable[Key]) -> Rib:
    """The table after some learned prefixes changed, where static routes do not depend on them."""
    best = dict(before.best)
    for prefix in changed:
        candidates = [item for item in (own.get(prefix), here.get(prefix), before.static.get(prefix)) if item is not None]
        candidates += [item for routes in learned if (item := routes.get(prefix)) is not None]
        if candidates:
            best[prefix] = min(candidates, key=lambda item: item.preference)
        else:
            best.pop(prefix, None)
    return Rib(best, before.static, before.settled)
