"""Constructs: whatever a rule, a template or a plan can speak of, each with one example in this city.

Three groups, and none is a list that somebody has to keep:

- ``key``: every kind of entry that the inventory's files can hold, and every key of it that may be left out;
- ``value``: every value of a closed set: literals of the inventory's models, enumerations of facts and design, platforms with a catalogue;
- ``feature``: what only shows in the network that follows. These are predicates, written below.

A new key, literal or member of an enumeration is a construct at once, and missing until some file has an example.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Literal, NamedTuple, get_args, get_origin

from tasks.tables import words
from tasks.tables.city import City
from tasks.tables.features import FEATURES
from tasks.tables.keys import meaning
from topology import design, facts
from topology.catalogue import MODELS
from topology.i18n import T, Text
from topology.intent.document import CommonDocument, GatekeeperDocument, RealmDocument
from topology.intent.services import ServiceIntent
from topology.node import NOWHERE, Node
from topology.origin import Origin

DOCUMENTS: tuple[type[Node], ...] = (CommonDocument, RealmDocument, GatekeeperDocument)
ROOTS: tuple[type[Node], ...] = (*DOCUMENTS, ServiceIntent)

LEFT_OUT: dict[str, Text] = {
    "policy.accept-t2": T("no safety rule of this city rests on exact forwarding alone"),
    "gatekeeper.mode = split": T("two gatekeepers stand by for each other, or share the channels: a city has one of the two"),
    "policy.shared-transport = fibre": T("no city lets its networks share a fibre; the rule that forbids it is what is tested"),
    "policy.default-classification": T("a city decides it once; the tests of the model have the others"),
    "realm = internet": T("outside: the carriers"),
}
"""Constructs of which a sound city has no example, and why."""

_MEANINGS: dict[str, Mapping[Any, Text]] = {
    "Realm": words.REALM,
    "Tier": words.TIER,
    "System": words.SYSTEM,
    "Level": words.LEVEL,
    "Role": words.ROLE,
    "Use": words.USE,
    "Medium": words.MEDIUM,
    "PartyKind": words.PARTY,
}


class Example(NamedTuple):
    what: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Construct:
    """``example`` is the first in file order, ``count`` how many there are; ``left_out`` says why a city needs none."""

    group: str
    id: str
    meaning: Text | None
    example: Example | None
    count: int
    left_out: Text | None


class _Found:
    """Examples by construct; of several the one that stands first in the inventory."""

    def __init__(self) -> None:
        self.first: dict[str, Example] = {}
        self.count: dict[str, int] = {}

    def add(self, construct: str, what: str, origin: Origin) -> None:
        self.count[construct] = self.count.get(construct, 0) + 1
        here = self.first.get(construct)
        if here is None or (here.origin == NOWHERE, here.origin, here.what) > (origin == NOWHERE, origin, what):
            self.first[construct] = Example(what, origin)


def constructs(city: City) -> Iterator[Construct]:
    """Every construct, by group and id. Raises InventoryError where the inventory cannot be used."""
    found = _Found()
    intents = [city.intent.common, city.intent.gatekeeper, *(side.document for side in city.intent.realms)]
    for node in (*intents, *(county for side in city.intent.realms for county in side.counties), *city.services.values()):
        _collect(node, found, "")
    _collect_values(city, found)
    known = dict(_declared())
    for feature in FEATURES:
        known[feature.id] = "feature", feature.meaning
        for what, origin in feature.find(city):
            found.add(feature.id, what, origin)
    for construct, (group, text) in known.items():
        example = found.first.get(construct)
        yield Construct(group, construct, text, example, found.count.get(construct, 0), None if example else LEFT_OUT.get(construct))


# ------------------------------------------------------------------------------------------------- what there could be


def _declared() -> Iterator[tuple[str, tuple[str, Text | None]]]:
    """Construct -> group and meaning, from the code alone."""
    models = reachable(ROOTS)
    for model in models:
        if model not in DOCUMENTS:
            yield entry(model), ("key", meaning(entry(model)))
        for name in model.model_fields:
            if model not in DOCUMENTS and _optional(model, name):
                yield _key(model, name), ("key", meaning(_key(model, name)))
    for model in models:
        for name, info in model.model_fields.items():
            for value in literals(info.annotation):
                yield _value(model, name, value), ("value", meaning(_key(model, name)))
    for enum in enumerations():
        for member in enum:
            yield f"{_kebab(enum.__name__)} = {member.value}", ("value", _MEANINGS.get(enum.__name__, {}).get(member))
    for platform in sorted(path.stem for path in MODELS.glob("*.yaml")):
        yield f"platform = {platform}", ("value", None)


def entry(model: type[Node]) -> str:
    """AgencyIntent -> agency."""
    return _kebab(model.__name__.removesuffix("Intent"))


def _kebab(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower().replace("_", "-")


@cache
def _key(model: type[Node], name: str) -> str:
    return f"{entry(model)}.{_kebab(model.model_fields[name].alias or name)}"


def _value(model: type[Node], name: str, value: object) -> str:
    return f"{_key(model, name)} = {value}"


def reachable(roots: Iterable[type[Node]]) -> tuple[type[Node], ...]:
    """The models that files of ``roots`` can hold, each before those that it holds."""
    seen: dict[type[Node], None] = {}

    def walk(model: type[Node]) -> None:
        if model not in seen:
            seen[model] = None
            for info in model.model_fields.values():
                for part in _parts(info.annotation):
                    if isinstance(part, type) and issubclass(part, Node):
                        walk(part)

    for root in roots:
        walk(root)
    return tuple(seen)


def _parts(annotation: Any) -> Iterator[Any]:
    """The annotation and everything inside it."""
    yield annotation
    if get_origin(annotation) is not Literal:
        for part in get_args(annotation):
            yield from _parts(part)


def literals(annotation: Any) -> tuple[object, ...]:
    """The values of a Literal in ``annotation``; keys of mappings are names, not values, and enumerations count by themselves."""
    if get_origin(annotation) is Literal:
        return tuple(value for value in get_args(annotation) if not isinstance(value, StrEnum))
    parts = get_args(annotation)
    if get_origin(annotation) is dict:
        parts = parts[1:]
    return tuple(value for part in parts for value in literals(part)) if not isinstance(annotation, str) else ()


@cache
def _optional(model: type[Node], name: str) -> bool:
    """May be left out, and says something only when it is there. Tuning values that always hold are no constructs."""
    info = model.model_fields[name]
    return not info.is_required() and (info.default is None or isinstance(info.default, bool | tuple | dict))


def enumerations() -> tuple[type[StrEnum], ...]:
    return tuple(
        enum
        for module in (facts, design)
        for _, enum in inspect.getmembers(module, inspect.isclass)
        if issubclass(enum, StrEnum) and enum.__module__ == module.__name__
    )


# ------------------------------------------------------------------------------------------------------ what there is


def _collect(node: Node, found: _Found, title: str) -> None:
    model = type(node)
    if model not in DOCUMENTS:
        found.add(entry(model), title or str(getattr(node, "slug", "")), node.origin)
    for name, info in model.model_fields.items():
        value = getattr(node, name, info.default)
        if model not in DOCUMENTS and _optional(model, name) and value != info.default:
            found.add(_key(model, name), _short(value, title), node.key_at(name))
        known = literals(info.annotation)
        for one in (value if isinstance(value, tuple) else (value,)) if known else ():
            if one in known:
                found.add(_value(model, name, one), title, node.at(name))
        _collect_inside(value, found, f"{title} {name}".strip())


def _collect_inside(value: Any, found: _Found, title: str) -> None:
    if isinstance(value, Node):
        slug = getattr(value, "slug", None)
        _collect(value, found, str(slug) if slug else title)
    elif isinstance(value, tuple):
        for item in value:
            _collect_inside(item, found, title)
    elif isinstance(value, dict):
        for key, item in value.items():
            _collect_inside(item, found, str(key) if len(str(key)) > 1 else f"{title} {key}")


def _short(value: Any, title: str) -> str:
    """What an example says, in few words."""
    if isinstance(value, Node | dict) or (isinstance(value, tuple) and any(isinstance(item, Node) for item in value)):
        return title
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else value.state if isinstance(value, facts.Survey) else str(value)
    return f"{title}: {text}"[:60]


def _collect_values(city: City, found: _Found) -> None:
    """Members of enumerations, and platforms: in every fact and in the interfaces of the design."""
    for field in fields(city.facts):
        value = getattr(city.facts, field.name)
        for thing in value if isinstance(value, tuple) else (value,):
            if is_dataclass(thing):
                _collect_members(thing, found)
    for device in city.facts.devices:
        found.add(f"platform = {device.platform}", device.name, device.origin)
    for name, one in city.designs():
        for interface in one.interfaces:
            kind = interface.ref.kind
            found.add(f"{_kebab(type(kind).__name__)} = {kind.value}", name, interface.origin)


def _collect_members(thing: Any, found: _Found) -> None:
    origin = getattr(thing, "origin", NOWHERE)
    title = next((str(getattr(thing, key)) for key in ("id", "key", "name", "slug") if hasattr(thing, key)), "")
    for field in fields(thing):
        value = getattr(thing, field.name)
        if isinstance(value, StrEnum):
            found.add(f"{_kebab(type(value).__name__)} = {value.value}", title, origin)
