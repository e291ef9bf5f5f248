"""Who answers for an address on a segment: its interface, the master of a virtual router, the active unit of a firewall pair."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from isolation_checks.reach.layer2 import Endpoint
from isolation_checks.routing.rib import virtual_masks
from isolation_checks.routing.wiring import Wiring
from isolation_checks.snapshot import DeviceConfig, VirtualAddress

OWN = 255
"""The priority of whoever has the virtual address as its own (RFC 5798 5.2.4)."""


class _Virtual(NamedTuple):
    endpoint: Endpoint
    held: VirtualAddress
    priority: int
    address: int  # its own first one, which decides between equals


class Owners:
    """All addresses of a city; what an outage does not touch is taken over from the state with everything working."""

    def __init__(self, configs: Mapping[str, DeviceConfig], wiring: Wiring) -> None:
        self._real: dict[Endpoint, tuple[int, ...]] = {}
        self._virtual: dict[Endpoint, list[_Virtual]] = defaultdict(list)
        self._heartbeat: dict[str, tuple[Endpoint, ...]] = {}
        for name, config in configs.items():
            names = dict(config.facts).get("hrp-interfaces", "")
            self._heartbeat[name] = tuple(Endpoint(name, item) for item in names.split())
            masks = virtual_masks(config)
            for item in config.interfaces:
                if item.name in masks:
                    continue
                endpoint = Endpoint(name, item.name)
                self._real[endpoint] = tuple(address.ip for address in item.addresses)
                for held in item.virtual:
                    priority = OWN if held.ip in self._real[endpoint] else held.priority if held.priority is not None else 100
                    self._virtual[endpoint].append(_Virtual(endpoint, held, priority, (self._real[endpoint] or (0,))[0]))
        self._of_device: dict[str, list[Endpoint]] = defaultdict(list)
        for endpoint in self._real:
            self._of_device[endpoint.device].append(endpoint)
        self._wiring = wiring
        self._partners = self._pairs()
        self.base: dict[tuple[int, int], tuple[Endpoint, ...]] = {}
        self._by_segment: dict[int, list[int]] = defaultdict(list)
        for segment in wiring.layer2.segments:
            self._fill(wiring, segment.number, self.base)
        for number, address in self.base:
            self._by_segment[number].append(address)

    def _pairs(self) -> dict[str, tuple[str, ...]]:
        """Devices that share an address by roles."""
        sharing: dict[tuple[int, int], set[str]] = defaultdict(set)
        for endpoint, items in self._virtual.items():
            number = self._wiring.layer2.segment_of.get(endpoint)
            for item in items:
                if item.held.role and number is not None:
                    sharing[number, item.held.ip].add(endpoint.device)
        found: dict[str, set[str]] = defaultdict(set)
        for devices in sharing.values():
            for device in devices:
                found[device] |= devices - {device}
        return {device: tuple(sorted(others)) for device, others in found.items()}

    def under(self, wiring: Wiring) -> Mapping[tuple[int, int], tuple[Endpoint, ...]]:
        if wiring is self._wiring:
            return self.base
        old, new = self._wiring.layer2.segment_of, wiring.layer2.segment_of
        numbers = {of[endpoint] for endpoint in wiring.touched for of in (old, new) if endpoint in of}
        moved = {endpoint.device for endpoint in wiring.touched} | wiring.dead
        pairs = {device for device in moved if device in self._partners}
        pairs |= {other for device in pairs for other in self._partners[device]}
        for device in pairs | wiring.dead:
            numbers.update(old[endpoint] for endpoint in self._of_device.get(device, ()) if endpoint in old)
        found = dict(self.base)
        for number in numbers:
            for address in self._by_segment.get(number, ()):
                del found[number, address]
        for number in numbers:
            self._fill(wiring, number, found)
        return found

    def _fill(self, wiring: Wiring, number: int, found: dict[tuple[int, int], tuple[Endpoint, ...]]) -> None:
        segment = wiring.layer2.segments[number]
        real: dict[int, list[Endpoint]] = defaultdict(list)
        virtual: dict[int, list[_Virtual]] = defaultdict(list)
        for endpoint in segment.endpoints:
            if not wiring.up(endpoint):
                continue
            for address in self._real.get(endpoint, ()):
                real[address].append(endpoint)
            for item in self._virtual.get(endpoint, ()):
                virtual[item.held.ip].append(item)
        for address, endpoints in real.items():
            found[number, address] = tuple(endpoints)
        for address, items in virtual.items():
            masters = self._masters(wiring, items)
            if masters:
                found[number, address] = masters

    def _masters(self, wiring: Wiring, items: Iterable[_Virtual]) -> tuple[Endpoint, ...]:
        plain = [item for item in items if not item.held.role]
        chosen = [item.endpoint for item in items if item.held.role and self._active(wiring, item)]
        if plain:
            chosen.append(max(plain, key=lambda item: (item.priority, item.address)).endpoint)
        return tuple(sorted(set(chosen)))

    def _active(self, wiring: Wiring, item: _Virtual) -> bool:
        """A unit of a pair holds its addresses while it is better off than its partner, or as good and the one that is set up to."""
        device = item.endpoint.device
        partners = [other for other in self._partners.get(device, ()) if other not in wiring.dead]
        if not partners:
            return True
        if self._apart(wiring, device, partners):
            return True
        mine = self._failed(wiring, device)
        theirs = min(self._failed(wiring, other) for other in partners)
        return item.held.role == "active" if mine == theirs else mine < theirs

    def _failed(self, wiring: Wiring, device: str) -> int:
        return sum(1 for endpoint in self._of_device[device] if endpoint in self._virtual and not wiring.up(endpoint))

    def _apart(self, wiring: Wiring, device: str, partners: Iterable[str]) -> bool:
        """Whether no heartbeat gets through any more: then both units think that they are alone."""
        lines = [endpoint for endpoint in self._heartbeat.get(device, ()) if endpoint in self._wiring.layer2.segment_of]
        if not lines:
            return False
        of = wiring.layer2.segment_of
        theirs = {of.get(endpoint, -2) for other in partners for endpoint in self._heartbeat.get(other, ()) if wiring.up(endpoint)}
        return not any(wiring.up(endpoint) and of.get(endpoint, -1) in theirs for endpoint in lines)
