"""The file of `--images`: which devices run a vendor's image, of which kind, and what chassis that image emulates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from lab.images_kinds import KINDS, USABLE, ImageKind
from templates.platforms import Platforms
from topology.catalogue import expand
from topology.facts import Device, Facts, Model, Port
from topology.i18n import T
from topology.intent.common import Ascii, Text1
from topology.node import Node
from topology.problems import InventoryError, Problem, unknown_name
from topology.source import read_yaml
from topology.validation import validate

_Environment = Annotated[str, StringConstraints(max_length=200, pattern=r"^[\x20-\x7e]*$")]


class ImageIntent(Node):
    """One vendor image, and the devices that it stands for: exactly one of `device`, `model` and `platform` says which."""

    device: Text1 | None = None
    model: Text1 | None = None
    platform: Text1 | None = None
    kind: Text1
    image: Ascii
    variant: Ascii | None = Field(default=None, alias="type")
    runs: Text1 | None = None  # platform of the config; default: the device's own where the kind runs it, else the kind's first
    chassis: Text1 | None = None  # a model that govnet knows, or with `ports` the name of a new one
    ports: tuple[Text1, ...] = ()  # data ports in the order of eth1, eth2, …: Ethernet1/0/[0-11]
    switching: bool | None = None
    management: Text1 | None = None
    env: dict[Ascii, _Environment] = Field(default_factory=dict)

    @property
    def selector(self) -> tuple[str, str]:
        """What it speaks of: ("device", NAME), ("model", SLUG) or ("platform", NAME). Checked when the file is read."""
        return next((key, value) for key in SELECTORS if (value := getattr(self, key)))


SELECTORS = ("device", "model", "platform")
"""In this order: what speaks of one device comes before what speaks of its model, and that before its platform."""


class ImagesIntent(Node):
    """The whole file."""

    images: tuple[ImageIntent, ...]


def read_images(path: Path, facts: Facts, models: dict[str, Model]) -> dict[str, ImageIntent]:
    """Device -> its image, for the devices that the file speaks of. Raises InventoryError with everything that is wrong in it."""
    problems: list[Problem] = []
    data = read_yaml(path, path.parent, problems)
    intent = validate(ImagesIntent, data, problems) if data is not None else None
    if intent is None:
        raise InventoryError(problems)
    for entry in intent.images:
        problems += _wrong(entry, facts, models)
    problems += _twice(intent) if not problems else []
    if problems:
        raise InventoryError(problems)
    by_selector = {entry.selector: entry for entry in intent.images}
    found = ((device.name, _of(device, by_selector)) for device in facts.devices if may_run(device))
    return {name: image for name, image in found if image is not None}


def may_run(device: Device) -> bool:
    """Whether an image can stand for it: it routes or filters, and is no end host. A pure switch is a bridge in every lab."""
    return device.rendered and device.routes and device.platform != "host_unit"


def _of(device: Device, by_selector: dict[tuple[str, str], ImageIntent]) -> ImageIntent | None:
    wanted = {"device": device.name, "model": device.model.name, "platform": device.platform}
    return next((by_selector[key, wanted[key]] for key in SELECTORS if (key, wanted[key]) in by_selector), None)


def _twice(intent: ImagesIntent) -> list[Problem]:
    seen: dict[tuple[str, str], ImageIntent] = {}
    problems = []
    for entry in intent.images:
        key, value = entry.selector
        first = seen.setdefault((key, value), entry)
        if first is not entry:
            problems.append(
                Problem(
                    entry.at(key),
                    T("{key} '{value}' has an image already, at {place}", key=key, value=value, place=str(first.at(key))),
                    hint=T("keep one of the two"),
                )
            )
    return problems


def _wrong(entry: ImageIntent, facts: Facts, models: dict[str, Model]) -> list[Problem]:
    said = [key for key in SELECTORS if getattr(entry, key)]
    if len(said) != 1:
        return [Problem(entry.origin, T("it is not said which devices run this image"), T("exactly one of device, model and platform"))]
    rendered = [device for device in facts.devices if may_run(device)]
    known = {
        "device": {device.name for device in rendered},
        "model": {device.model.name for device in rendered},
        "platform": {device.platform for device in rendered},
    }[said[0]]
    word = getattr(entry, said[0])
    kinds = {"device": T("device"), "model": T("chassis model"), "platform": T("platform")}
    problems = [] if word in known else [unknown_name(entry.at(said[0]), kinds[said[0]], word, known)]
    if entry.kind not in USABLE:
        return [*problems, _kind_refused(entry)]
    return problems + _chassis_wrong(entry, USABLE[entry.kind], models)


def _kind_refused(entry: ImageIntent) -> Problem:
    if entry.kind not in KINDS:
        return unknown_name(entry.at("kind"), T("kind of containerlab node"), entry.kind, USABLE)
    return Problem(
        entry.at("kind"),
        T("govnet writes no configs for images of the kind '{kind}'", kind=entry.kind),
        T("one of {names}", names=", ".join(sorted(USABLE))),
        T("leave the device to its stand-in (FRR and nftables)"),
    )


def _chassis_wrong(entry: ImageIntent, kind: ImageKind, models: dict[str, Model]) -> list[Problem]:
    if entry.runs and entry.runs not in kind.platforms:
        found = unknown_name(entry.at("runs"), T("platform"), entry.runs, kind.platforms if entry.runs in Platforms() else Platforms())
        return [found]
    problems = []
    if entry.chassis and not entry.ports and entry.chassis not in models:
        found = unknown_name(entry.at("chassis"), T("chassis model"), entry.chassis, models)
        hint = T("a chassis that govnet does not know needs its `ports`, in the order of eth1, eth2, …")
        problems.append(Problem(found.origin, found.what, found.allowed, hint))
    if not entry.chassis and not entry.ports and not kind.ports:
        problems.append(
            Problem(
                entry.at("kind"),
                T("nothing is known of the chassis that an image of the kind '{kind}' emulates", kind=entry.kind),
                hint=T("name it with `chassis`, and its `ports` in the order of eth1, eth2, …"),
            )
        )
    if entry.ports and len(_expanded(entry)) != len(set(_expanded(entry))):
        problems.append(Problem(entry.at("ports"), T("a port is named twice"), hint=T("keep one of the two")))
    return problems


def _expanded(entry: ImageIntent) -> list[str]:
    return [name for names in entry.ports for name in expand(names)]


def platform_of(entry: ImageIntent, device: Device) -> str:
    """The platform that the image's config is written for."""
    platforms = USABLE[entry.kind].platforms
    return entry.runs or (device.platform if device.platform in platforms else platforms[0])


def chassis_of(entry: ImageIntent, device: Device, models: dict[str, Model]) -> Model:
    """The chassis that the image emulates: the one that the file names or describes, else that of its kind."""
    kind = USABLE[entry.kind]
    if entry.chassis in models and not entry.ports:
        return models[entry.chassis]
    name = entry.chassis or kind.chassis or device.model.name
    names = _expanded(entry) or [name for group in kind.ports for name in expand(group)]
    ports = [Port(name, index, "data", "copper") for index, name in enumerate(names, 1)]
    management = entry.management or kind.management
    ports += [Port(management, 0, "management", "copper")] if management else []
    switching = entry.switching if entry.switching is not None else kind.switching
    return Model(name, f"{name} ({entry.image})", platform_of(entry, device), tuple(ports), switching)
