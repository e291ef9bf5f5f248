"""The parts that no city owns: chassis models (`topology/models/*.yaml`) and kinds of systems (`services/*/service.yaml`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from topology.facts import Model, Port
from topology.i18n import T
from topology.intent.common import PortName, Text1
from topology.intent.services import ServiceIntent
from topology.node import Node
from topology.origin import Origin
from topology.problems import Problem, unknown_name
from topology.source import SourceMap, read_yaml
from topology.validation import validate

HERE = Path(__file__).parent
MODELS = HERE / "models"
SERVICES = HERE.parent / "services"
_RANGE = re.compile(r"\[(\d+)-(\d+)\]")


class PortGroup(Node):
    """`GigabitEthernet0/0/[0-23]`: ports in order."""

    names: Text1
    media: Literal["copper", "fibre", "serial"]


class ModelIntent(Node):
    title: Text1
    switching: bool
    ports: tuple[PortGroup, ...]
    management: PortName | None = None
    console: PortName | None = None
    fail_open: bool = False


def expand(names: str) -> tuple[str, ...]:
    """`GE0/[0-1]/[1-2]` -> GE0/0/1, GE0/0/2, GE0/1/1, GE0/1/2."""
    match = _RANGE.search(names)
    if not match:
        return (names,)
    low, high = int(match[1]), int(match[2])
    return tuple(more for number in range(low, high + 1) for more in expand(f"{names[: match.start()]}{number}{names[match.end() :]}"))


def load_models(problems: list[Problem], folder: Path = MODELS) -> dict[str, Model]:
    """Model slug -> model, of all platforms; the file's name is the platform."""
    models: dict[str, Model] = {}
    for path in sorted(folder.glob("*.yaml")):
        data = read_yaml(path, folder.parent, problems)
        for slug in data or ():
            entry = data[slug] if data else None
            intent = validate(ModelIntent, entry, problems) if isinstance(entry, SourceMap) else None
            if intent is not None:
                models[str(slug)] = _model(str(slug), path.stem, intent)
    return models


def _model(slug: str, platform: str, intent: ModelIntent) -> Model:
    names = [(name, group.media) for group in intent.ports for name in expand(group.names)]
    ports = [Port(name, index, "data", media) for index, (name, media) in enumerate(names, 1)]
    ports += [Port(intent.management, 0, "management", "copper")] if intent.management else []
    ports += [Port(intent.console, 0, "console", "serial")] if intent.console else []
    return Model(slug, intent.title, platform, tuple(ports), intent.switching, intent.fail_open)


def load_services(problems: list[Problem], folder: Path = SERVICES) -> dict[str, ServiceIntent]:
    """Service slug -> what it is; references between services are checked."""
    services: dict[str, ServiceIntent] = {}
    for path in sorted(folder.glob("*/service.yaml")):
        data = read_yaml(path, folder.parent, problems)
        intent = validate(ServiceIntent, data, problems) if data is not None else None
        if intent is not None:
            services[path.parent.name] = intent
    for service in services.values():
        _check_references(service, services, problems)
    return services


def _check_references(service: ServiceIntent, services: Mapping[str, ServiceIntent], problems: list[Problem]) -> None:
    def role(name: str, owner: ServiceIntent, origin: Origin) -> None:
        if name not in owner.roles:
            problems.append(unknown_name(origin, T("role"), name, owner.roles))

    for index, need in enumerate(service.needs):
        role(need.source, service, service.at("needs", index, "source"))
        if need.service not in services:
            problems.append(unknown_name(service.at("needs", index, "service"), T("service"), need.service, services))
        else:
            role(need.role, services[need.service], service.at("needs", index, "role"))
    for field in ("users", "published"):
        for index, name in enumerate(getattr(service, field)):
            role(name, service, service.at(field, index))
    for index, channel in enumerate(service.channels):
        role(channel.source, service, service.at("channels", index, "source"))
        role(channel.to, service, service.at("channels", index, "to"))
