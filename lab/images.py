"""Devices that run a vendor's image in the lab: their config for the image's own chassis, and which of its ports is which of ours.

The config comes from the same design as the device's own: only the names of ports differ, and ports that the image has more are shut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from lab.changes import BGP_HOLD_S, BGP_KEEPALIVE_S, DEAD_S, HELLO_S
from lab.images_file import ImageIntent, chassis_of, platform_of, read_images
from templates.engine import Renderer
from templates.features import refusals
from templates.platforms import Platforms
from topology.catalogue import load_models
from topology.design import DeviceDesign, Interface, Kind, Ref
from topology.facts import Device, Model
from topology.i18n import T
from topology.network import Network
from topology.origin import Origin
from topology.problems import InventoryError, Problem
from topology.stand_in import port_name

_LEFT_ALONE = (Device, Origin)


@dataclass(frozen=True, slots=True)
class PortMap:
    """One of our ports in an image: ``stand_in`` is its name on our stand-in, ``image`` the one in the image's config.

    ``link`` is the end of its cable in the lab; None: it cannot be cabled there.
    """

    ours: str
    stand_in: str
    image: str
    link: str | None


@dataclass(frozen=True, slots=True)
class ImageNode:
    """A device that runs a vendor's image: what a topology file says of it, and the config that it starts with."""

    device: str
    kind: str
    image: str
    type: str | None
    env: Mapping[str, str]
    platform: str
    chassis: str
    ports: tuple[PortMap, ...]
    config: str

    @property
    def by_stand_in(self) -> dict[str, str]:
        """Port of the stand-in -> interface of the image's container."""
        return {port.stand_in: port.link for port in self.ports if port.link is not None}


def image_nodes(path: Path, network: Network, devices: Iterable[str] | None = None) -> dict[str, ImageNode]:
    """The images of ``devices`` (default: all) by the file at ``path``. Raises InventoryError with everything that is wrong.

    Wrong is, besides the file itself: an image with too few ports, and a platform that cannot do what the device has to.
    """
    problems: list[Problem] = []
    models = load_models(problems)
    entries = read_images(path, network.facts, models)
    wanted = set(entries) if devices is None else set(entries) & set(devices)
    bench = _Bench(Platforms())
    found: dict[str, ImageNode] = {}
    for name in sorted(wanted):
        try:
            found[name] = bench.node(network.design.device(name), entries[name], models)
        except InventoryError as error:
            problems += error.problems
    if problems:
        raise InventoryError(problems)
    return found


class _Bench:
    def __init__(self, platforms: Platforms) -> None:
        self._platforms = platforms
        self._renderer = Renderer(platforms)

    def node(self, design: DeviceDesign, entry: ImageIntent, models: dict[str, Model]) -> ImageNode:
        chassis = replace(chassis_of(entry, design.device, models), platform=platform_of(entry, design.device))
        _refuse_aggregation(design, entry)
        _may_switch(design, chassis, entry)
        names = _port_names(design, chassis, entry)
        moved = with_lab_timers(move(design, chassis, names))
        refused = refusals(moved, self._platforms.of(moved))
        if refused:
            raise InventoryError(refused)
        config = self._renderer.render(moved).files[0].text
        index = {port.name: port.index for port in chassis.ports if port.kind == "data"}
        lab_names = {port.name: port_name(port) for port in design.device.model.ports}
        ports = tuple(
            PortMap(ours, lab_names[ours], theirs, f"eth{index[theirs]}" if theirs in index else None) for ours, theirs in names.items()
        )
        return ImageNode(
            design.hostname, entry.kind, entry.image, entry.variant, dict(entry.env), chassis.platform, chassis.name, ports, config
        )


def _refuse_aggregation(design: DeviceDesign, entry: ImageIntent) -> None:
    """Raises InventoryError for aggregated ports: in a lab one wire stands for all of them, and an image would wait for LACP."""
    if any(interface.members for interface in design.interfaces):
        raise InventoryError(
            [
                Problem(
                    entry.origin,
                    T("device {device} aggregates ports, which a lab joins by one wire: no image can run it", device=design.hostname),
                    hint=T("leave the device to its stand-in (FRR and nftables)"),
                )
            ]
        )


def _may_switch(design: DeviceDesign, chassis: Model, entry: ImageIntent) -> None:
    """Raises InventoryError where the device has switch ports and the image's chassis is a router."""
    if design.device.model.switching and not chassis.switching and any(interface.l2 for interface in design.interfaces):
        raise InventoryError(
            [
                Problem(
                    entry.origin,
                    T(
                        "device {device} has switch ports, and its image {chassis} is a router",
                        device=design.hostname,
                        chassis=chassis.name,
                    ),
                    hint=T("choose the image of a switch, with `switching: true` where govnet does not know it"),
                )
            ]
        )


def _port_names(design: DeviceDesign, chassis: Model, entry: ImageIntent) -> dict[str, str]:
    """Our ports that are in use -> the image's ports, in order. Raises InventoryError where the image has too few."""
    used = {interface.ref.port for interface in design.interfaces if interface.ref.port and not interface.unused}
    ours = [port for port in design.device.model.ports if port.name in used and port.kind == "data"]
    theirs = [port.name for port in chassis.ports if port.kind == "data"]
    if len(ours) > len(theirs):
        raise InventoryError(
            [
                Problem(
                    entry.at("ports") if entry.ports else entry.at("chassis") if entry.chassis else entry.at("kind"),
                    T(
                        "device {device} uses {count} ports, its image {chassis} has {has}; without one: {ports}",
                        device=design.hostname,
                        count=len(ours),
                        chassis=chassis.name,
                        has=len(theirs),
                        ports=", ".join(port.name for port in ours[len(theirs) :]),
                    ),
                    hint=T("say the image's `ports`, choose a larger one, or leave the device to its stand-in"),
                )
            ]
        )
    names = {port.name: other for port, other in zip(ours, theirs, strict=False)}
    return names | _management(design, chassis, entry, used)


def _management(design: DeviceDesign, chassis: Model, entry: ImageIntent, used: set[str]) -> dict[str, str]:
    ours = [port.name for port in design.device.model.ports if port.kind == "management" and port.name in used]
    theirs = [port.name for port in chassis.ports if port.kind == "management"]
    if ours and not theirs:
        raise InventoryError(
            [
                Problem(
                    entry.origin,
                    T(
                        "device {device} is managed through {port}, and its image {chassis} has no such socket",
                        device=design.hostname,
                        port=ours[0],
                        chassis=chassis.name,
                    ),
                    hint=T("name the image's socket with `management`"),
                )
            ]
        )
    return dict(zip(ours, theirs, strict=False))


def move(design: DeviceDesign, chassis: Model, names: Mapping[str, str]) -> DeviceDesign:
    """``design`` on another chassis: every port by its name there, our unused ones left out, the chassis' other ones shut."""
    kept = [interface for interface in design.interfaces if not interface.ref.port or interface.ref.port in names]
    moved: DeviceDesign = _walk(replace(design, interfaces=tuple(kept)), names)
    spare = tuple(
        Interface(Ref(Kind.MANAGEMENT if port.kind == "management" else Kind.PORT, port.name), "unused", True, design.origin, unused=True)
        for port in chassis.ports
        if port.kind != "console" and port.name not in names.values()
    )
    return replace(moved, device=replace(design.device, model=chassis), interfaces=(*moved.interfaces, *spare))


def with_lab_timers(design: DeviceDesign) -> DeviceDesign:
    """The timers that the stand-ins have in a lab: neighbours with other ones never become neighbours."""
    interfaces = tuple(
        replace(interface, ospf=replace(interface.ospf, hello_s=HELLO_S, dead_s=DEAD_S)) if interface.ospf is not None else interface
        for interface in design.interfaces
    )
    bgp = replace(design.bgp, keepalive_s=BGP_KEEPALIVE_S, hold_s=BGP_HOLD_S) if design.bgp is not None else None
    return replace(design, interfaces=interfaces, bgp=bgp)


def _walk(value: Any, names: Mapping[str, str]) -> Any:
    """``value`` with every reference to a port renamed, however deep it stands."""
    if isinstance(value, Ref):
        return replace(value, port=names[value.port]) if value.port in names else value
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(_walk(each, names) for each in value)
    if isinstance(value, _LEFT_ALONE) or not is_dataclass(value) or isinstance(value, type):
        return value
    changed = dict(_changed(value, names))
    return replace(value, **changed) if changed else value


def _changed(value: Any, names: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for each in fields(value):
        before = getattr(value, each.name)
        after = _walk(before, names)
        if after is not before and after != before:
            yield each.name, after
