"""The reference city's facts, and small changes to them: what the rules that rest on facts are tried on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from isolation_checks.case import Case
from isolation_checks.rules.base import Rule
from isolation_checks.snapshot import DeviceConfig, Interface, InterfaceKind, Ref, Snapshot
from isolation_checks.verdicts import ChainWitness, Finding, Outcome
from topology import facts as f
from topology.network import load
from topology.origin import Origin

AS_OF = date(2026, 12, 1)
HERE = Origin("test.yaml", 3, 5)
INNER, OUTER, INTERNET = f.Realm.INNER, f.Realm.OUTER, f.Realm.INTERNET
T = TypeVar("T")


@cache
def city() -> f.Facts:
    return load(Path(__file__).resolve().parents[3] / "inventory" / "guiyang").facts


def case(facts: f.Facts, *configs: DeviceConfig, as_of: date = AS_OF) -> Case:
    return Case(facts, Snapshot(configs), as_of)


def check(rule: type[Rule], facts: f.Facts, *configs: DeviceConfig, as_of: date = AS_OF) -> Outcome:
    return rule().check(case(facts, *configs, as_of=as_of))


def one(rule: type[Rule], facts: f.Facts, *configs: DeviceConfig, as_of: date = AS_OF) -> Finding:
    """The only finding."""
    findings = check(rule, facts, *configs, as_of=as_of).findings
    assert len(findings) == 1, texts(findings)
    return findings[0]


def texts(found: Iterable[Any]) -> list[str]:
    return [item.what.render("en") for item in found]


def links(finding: Finding) -> list[tuple[str, str, str]]:
    assert isinstance(finding.witness, ChainWitness)
    return [(link.a, link.b, link.over.render("en")) for link in finding.witness.links]


def edited(items: tuple[T, ...], which: Callable[[T], bool], **changes: Any) -> tuple[T, ...]:
    """The items with the changes made to those that are meant, of which there is at least one."""
    assert any(which(item) for item in items)
    return tuple(replace(item, **changes) if which(item) else item for item in items)  # type: ignore[type-var]


def device(name: str, facts: f.Facts | None = None, **changes: Any) -> f.Facts:
    facts = facts or city()
    return replace(facts, devices=edited(facts.devices, lambda item: item.name == name, **changes))


def party(id_: str, facts: f.Facts | None = None, **changes: Any) -> f.Facts:
    facts = facts or city()
    return replace(facts, parties=edited(facts.parties, lambda item: item.id == id_, **changes))


def circuit(id_: str, facts: f.Facts | None = None, **changes: Any) -> f.Facts:
    facts = facts or city()
    return replace(facts, circuits=edited(facts.circuits, lambda item: item.id == id_, **changes))


def cable(id_: str, facts: f.Facts | None = None, **changes: Any) -> f.Facts:
    facts = facts or city()
    return replace(facts, cables=edited(facts.cables, lambda item: item.id == id_, **changes))


def approval(slug: str, facts: f.Facts | None = None, **changes: Any) -> f.Facts:
    facts = facts or city()
    return replace(facts, approvals=edited(facts.approvals, lambda item: item.slug == slug, **changes))


def without(realm: f.Realm) -> f.Facts:
    """The facts as they are where that side of the inventory is not here."""
    facts = city()
    gone = {item.name for item in facts.devices if item.realm is realm}
    unit = {"inner_unit" if realm is INNER else "outer_unit": None}
    address = {"inner" if realm is INNER else "outer": None}
    return replace(
        facts,
        realms=tuple(item for item in facts.realms if item is not realm),
        sites=tuple(item for item in facts.sites if item.realm is not realm),
        devices=tuple(item for item in facts.devices if item.realm is not realm),
        cables=tuple(item for item in facts.cables if item.realm is not realm and not {item.a.device, item.b.device} & gone),
        circuits=tuple(item for item in facts.circuits if item.realm is not realm),
        parties=tuple(item for item in facts.parties if item.realm is not realm),
        flows=tuple(item for item in facts.flows if item.realm is not realm),
        hosts=tuple(item for item in facts.hosts if not item.party.startswith(realm.value)),
        verticals=tuple(item for item in facts.verticals if item.realm is not realm),
        exits=() if realm is OUTER else facts.exits,
        gatekeepers=tuple(replace(item, **unit) for item in facts.gatekeepers),  # type: ignore[arg-type]
        channels=tuple(replace(item, **address) for item in facts.channels),  # type: ignore[arg-type]
    )


def plug(device_name: str, port: str, vlan: int | None = None) -> f.Attachment:
    return f.Attachment(device_name, port, vlan)


def new_cable(id_: str, a: f.Attachment, b: f.Attachment, **changes: Any) -> f.Cable:
    wire = f.Cable(id_, OUTER, f.Use.TRUNK, f.Medium.COPPER, a, b, f.Survey(), HERE)
    return replace(wire, **changes)


def new_circuit(id_: str, a: f.Attachment, b: f.Attachment | None = None, **changes: Any) -> f.Circuit:
    line = f.Circuit(
        id_, OUTER, "anycom", f"REF-{id_}", f.Medium.ETHERNET, None, 100, (f"duct-{id_}",), a, b, None, None, None, f.Survey(), HERE
    )
    return replace(line, **changes)


def add_cable(id_: str, a: f.Attachment, b: f.Attachment, **changes: Any) -> f.Facts:
    facts = city()
    return replace(facts, cables=(*facts.cables, new_cable(id_, a, b, **changes)))


def add_circuit(id_: str, a: f.Attachment, b: f.Attachment | None = None, **changes: Any) -> f.Facts:
    facts = city()
    return replace(facts, circuits=(*facts.circuits, new_circuit(id_, a, b, **changes)))


def config(name: str, platform: str = "huawei_vrp", *interfaces: Interface, **other: Any) -> DeviceConfig:
    return DeviceConfig(name, name, platform, (f"{name}.cfg",), interfaces=interfaces, **other)


def interface(device_name: str, name: str, line: int, *, shut: bool = False, **other: Any) -> Interface:
    ref = Ref(f"{device_name}.cfg", line)
    other.setdefault("kind", InterfaceKind.PHYSICAL)
    return Interface(name=name, ref=ref, shutdown=Ref(ref.file, line + 1) if shut else None, **other)
