"""The public entry: a folder of YAML in, a frozen Network out, or every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from topology.build.allocation import collisions
from topology.build.cabling import build_cabling
from topology.build.context import Build
from topology.build.decrees import assemble
from topology.build.devices import build_design
from topology.build.flows import build_flows
from topology.build.management import managed_at
from topology.build.networks import build_networks
from topology.build.places import build_places
from topology.catalogue import load_models, load_services
from topology.design import Design
from topology.facts import Facts
from topology.inventory import Intent, load_intent
from topology.problems import InventoryError


@dataclass(frozen=True, slots=True)
class Network:
    """What follows from the inventory. Equal inputs give equal networks.

    The facts are complete; `design.device(name)` works out one device when it is asked for, `design.devices` all of them.
    """

    facts: Facts
    design: Design


def load(path: Path) -> Network:
    """Reads, validates and builds the city in `path`.

    Raises InventoryError with every problem that was found, sorted by place.
    """
    return build(load_intent(path))


@dataclass(frozen=True, slots=True)
class Directory:
    """The facts, and where each configured device is managed: what an address book needs, in a third of the time of a Network."""

    facts: Facts
    managed_at: Mapping[str, IPv4Address]


def directory(path: Path) -> Directory:
    """Reads and validates the city in `path`, but for what only interfaces can show. Raises InventoryError."""
    state = prepare(load_intent(path))
    facts = assemble(state, build_flows(state))
    addresses = managed_at(state)
    if state.problems:
        raise InventoryError(state.problems)
    return Directory(facts, addresses)


def build(intent: Intent) -> Network:
    """Intent -> Network, in steps of which each only reads what the earlier ones wrote. Raises InventoryError."""
    state = prepare(intent)
    facts = assemble(state, build_flows(state))
    collisions(state)
    if state.problems:
        raise InventoryError(state.problems)
    design = build_design(state, facts)
    collisions(state)
    if state.problems:
        raise InventoryError(state.problems)
    return Network(facts, design)


def prepare(intent: Intent) -> Build:
    """The steps up to devices, cabling and networks, without flows or design."""
    problems: list = []  # type: ignore[type-arg]
    state = Build(intent, load_models(problems), load_services(problems), problems)
    if problems:
        raise InventoryError(problems)
    build_places(state)
    build_cabling(state)
    build_networks(state)
    return state
