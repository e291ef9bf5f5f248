"""Which interfaces are up and who hears whom while something is down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from isolation_checks.reach.layer2 import Endpoint, Frame, Layer2, Segment, layer2
from isolation_checks.routing.model import Outage
from isolation_checks.snapshot import DeviceConfig, Interface, InterfaceKind
from topology.facts import Attachment, Cable, Circuit, Facts


@dataclass(frozen=True)
class Wiring:
    """``down``: interfaces of living devices that are down. ``touched``: interfaces that went down or whose segment was cut.

    ``dead``: devices that are off, or that have no config.
    """

    layer2: Layer2
    down: frozenset[Endpoint]
    dead: frozenset[str]
    touched: frozenset[Endpoint]

    def up(self, endpoint: Endpoint) -> bool:
        return endpoint.device not in self.dead and endpoint not in self.down


class _Link(NamedTuple):
    link: Cable | Circuit
    ends: tuple[Attachment, ...]


class Plan:
    """The wiring with everything working, and what a cut changes in it."""

    def __init__(self, facts: Facts, configs: Mapping[str, DeviceConfig]) -> None:
        self.facts = facts
        self.configs = {device.name: configs[device.name] for device in facts.devices if device.name in configs}
        self.layer2 = layer2(facts, dict(self.configs))
        self._down = {name: self._down_names(name, frozenset()) for name in self.configs}
        self.base = Wiring(
            self.layer2,
            frozenset(Endpoint(name, item) for name, items in self._down.items() for item in items),
            frozenset(),
            frozenset(),
        )

    @cached_property
    def _links(self) -> dict[str, _Link]:
        found = {cable.id: _Link(cable, (cable.a, cable.b)) for cable in self.facts.cables}
        circuits = {item.id: _Link(item, (item.a,) if item.b is None else (item.a, item.b)) for item in self.facts.circuits}
        return {**{f"cable {name}": item for name, item in found.items()}, **{f"circuit {name}": item for name, item in circuits.items()}}

    @cached_property
    def _links_of(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name, item in self._links.items():
            for device in {end.device for end in item.ends}:
                found[device].append(name)
        return {device: tuple(names) for device, names in found.items()}

    @cached_property
    def _aggregate(self) -> dict[tuple[str, str], str]:
        return {
            (name, item.name): item.aggregate
            for name, config in self.configs.items()
            for names in [{item.name for item in config.interfaces}]
            for item in config.interfaces
            if item.aggregate in names and item.aggregate is not None
        }

    @cached_property
    def _segment_of_frame(self) -> dict[Frame, int]:
        return {frame: number for number, frames in self.layer2.ports.items() for frame in frames}

    @cached_property
    def _segments_at(self) -> dict[tuple[str, str], tuple[int, ...]]:
        """By device and port: the segments of its frames; by device and "": all of the device."""
        found: dict[tuple[str, str], dict[int, None]] = defaultdict(dict)
        for frame, number in self._segment_of_frame.items():
            found[frame.device, frame.port][number] = None
            found[frame.device, ""][number] = None
        for endpoint, number in self.layer2.segment_of.items():
            found[endpoint.device, ""][number] = None
        return {place: tuple(numbers) for place, numbers in found.items()}

    @cached_property
    def _carriers(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """The ports that carry the VLAN of each VLAN interface."""
        models = {device.name: device.model for device in self.facts.devices}
        found = {}
        for name, config in self.configs.items():
            vlans = [(item.name, {vlan for first, last in item.vlans for vlan in range(first, last + 1)}) for item in config.interfaces
                     if item.kind == InterfaceKind.SVI]  # fmt: skip
            if not vlans:
                continue
            known = {item.name for item in config.interfaces}
            ports = [item for item in config.interfaces if item.switching and item.aggregate not in known]
            silent = [port.name for port in models[name].ports if models[name].switching and port.kind == "data" and port.name not in known]
            for svi, wanted in vlans:
                found[name, svi] = tuple(
                    [port.name for port in ports if any(_carries(port, vlan) for vlan in wanted)] + (silent if 1 in wanted else [])
                )
        return found

    def _down_names(self, name: str, cut: frozenset[str]) -> frozenset[str]:
        """The interfaces of a device that are down when the ports in ``cut`` have no link."""
        config = self.configs[name]
        down = {item.name for item in config.interfaces if item.shutdown} | set(cut)
        members: dict[str, list[str]] = defaultdict(list)
        for item in config.interfaces:
            if item.aggregate:
                members[item.aggregate].append(item.name)
        down |= {trunk for trunk, ports in members.items() if all(port in down for port in ports)}
        for item in config.interfaces:
            if item.kind in (InterfaceKind.SUBINTERFACE, InterfaceKind.OTHER):
                parent = item.parent or (item.name.partition(".")[0] if item.kind == InterfaceKind.SUBINTERFACE else None)
                if parent in down:
                    down.add(item.name)
            elif item.kind == InterfaceKind.SVI and all(port in down for port in self._carriers[name, item.name]):
                down.add(item.name)
        return frozenset(down)

    def under(self, outage: Outage) -> Wiring:
        cut, ports = self._cut(outage)
        if not cut and not outage.devices:
            return self.base
        down = set(self.base.down)
        touched: set[Endpoint] = set()
        for name in {device for device, _ in ports} & self.configs.keys() - outage.devices:
            names = self._down_names(name, frozenset(port for device, port in ports if device == name))
            touched.update(Endpoint(name, item) for item in names - self._down[name])
        down |= touched
        segments = {
            number
            for link in cut
            for end in self._links[link].ends
            for number in self._segments_at.get((end.device, self._aggregate.get((end.device, end.port), end.port)), ())
        }
        segments.update(number for device in outage.devices for number in self._segments_at.get((device, ""), ()))
        return Wiring(
            self._cut_segments(outage, cut, segments, frozenset(down), touched), frozenset(down), outage.devices, frozenset(touched)
        )

    def _cut(self, outage: Outage) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
        """The links that carry nothing, and the ports that see it: a channel of a shared port does not show, nor does a silent carrier."""
        named = {f"cable {name}" for name in outage.cables} | {f"circuit {name}" for name in outage.circuits}
        cut = (named & self._links.keys()) | {link for device in outage.devices for link in self._links_of.get(device, ())}
        ports: set[tuple[str, str]] = set()
        for link in cut:
            item = self._links[link]
            if outage.silent and (link in named or isinstance(item.link, Circuit)):
                continue
            ports.update((end.device, end.port) for end in item.ends if end.vlan is None and end.timeslot is None)
        return frozenset(cut), frozenset(ports)

    def _cut_segments(
        self, outage: Outage, cut: frozenset[str], affected: set[int], down: frozenset[Endpoint], touched: set[Endpoint]
    ) -> Layer2:
        """The segments again, of the devices that the affected ones span; all others stay as they are, numbers too."""
        base = self.layer2
        names = {endpoint.device for number in affected for endpoint in base.segments[number].endpoints}
        names |= {frame.device for number in affected for frame in base.ports.get(number, ())}
        names -= outage.devices
        part = layer2(self._part(names, cut), {name: self.configs[name] for name in names if name in self.configs})
        segments = list(base.segments)
        ports = dict(base.ports)
        of = dict(base.segment_of)
        for number in affected:
            segments[number] = Segment(number, (), (), (), ())
            ports.pop(number, None)
            for endpoint in base.segments[number].endpoints:
                touched.add(endpoint)
                of.pop(endpoint, None)
        used: set[int] = set()
        for piece in part.segments:
            frames = part.ports.get(piece.number, ())
            old = next(self._old_numbers(piece, frames), None)
            if old is None or old not in affected:
                continue
            number = old if old not in used else len(segments)
            used.add(number)
            kept = tuple(endpoint for endpoint in piece.endpoints if endpoint not in down)
            fresh = Segment(number, kept, piece.senders, piece.peers, tuple(x for x in piece.loose if x in base.segments[old].loose))
            if number == len(segments):
                segments.append(fresh)
            else:
                segments[number] = fresh
            ports[number] = frames
            of.update((endpoint, number) for endpoint in kept)
        return Layer2(tuple(segments), of, ports)

    def _old_numbers(self, piece: Segment, frames: tuple[Frame, ...]) -> Iterator[int]:
        for endpoint in piece.endpoints:
            if endpoint in self.layer2.segment_of:
                yield self.layer2.segment_of[endpoint]
        for frame in frames:
            if frame in self._segment_of_frame:
                yield self._segment_of_frame[frame]

    def _part(self, names: set[str], cut: frozenset[str]) -> Facts:
        """The facts about these devices, without the links that are cut."""
        return replace(
            self.facts,
            devices=tuple(device for device in self.facts.devices if device.name in names),
            cables=tuple(x for x in self.facts.cables if f"cable {x.id}" not in cut and x.a.device in names and x.b.device in names),
            circuits=tuple(x for x in self.facts.circuits if f"circuit {x.id}" not in cut and x.a.device in names),
            parties=tuple(x for x in self.facts.parties if any(end.device in names for end in x.attachments)),
        )


def _carries(port: Interface, vlan: int) -> bool:
    switching = port.switching
    assert switching is not None
    ranges = (*switching.untagged, *switching.tagged)
    return any(first <= vlan <= last for first, last in ranges) or (switching.mode == "access" and switching.pvid == vlan)
