"""A small network with static routes, for rules on exact forwarding: a - r1 - r2 - b, and a spare router r3 beside the link."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from isolation_checks.case import Case
from isolation_checks.snapshot import Applied, Ref, StaticRoute
from tests.isolation_checks.networks import Network, ip
from topology import facts as f


def routed(network: Network, device: str, *lines: str) -> None:
    """Static routes ``10.2.0.0/24 10.9.0.2``, or ``… discard``."""
    made = []
    for number, line in enumerate(lines, 50):
        prefix, hop = line.split()
        address, _, length = prefix.partition("/")
        gateway = None if hop == "discard" else ip(hop)
        made.append(StaticRoute(None, ip(address), int(length), gateway, None, None, hop == "discard", 60, None, False,
                                Ref(f"{device}.cfg", number)))  # fmt: skip
    network.configs[device] = replace(network.configs[device], static_routes=tuple(made))


def line(**device: Any) -> Network:
    """``device``: fields of r2's config."""
    network = Network()
    network.device("r1")
    network.device("r2", *device.pop("filters", ()), **device)
    a = network.port("r1", "10.1.0.1/24")
    network.link(network.port("r1", "10.9.0.1/30"), network.port("r2", "10.9.0.2/30"))
    b = network.port("r2", "10.2.0.1/24")
    network.party("a", "10.1.0.0/24", a)
    network.party("b", "10.2.0.0/24", b, kind=f.PartyKind.ZONE)
    network.flow("a", "b", "tcp", 80)
    routed(network, "r1", "10.2.0.0/24 10.9.0.2")
    routed(network, "r2", "10.1.0.0/24 10.9.0.1")
    return network


def filtered_in(network: Network, device: str, port: int, name: str) -> None:
    config = network.configs[device]
    listed = list(config.interfaces)
    listed[port] = replace(listed[port], filters_in=(Applied(name, Ref(f"{device}.cfg", 9)),))
    network.configs[device] = replace(config, interfaces=tuple(listed))


def case_of(network: Network, **parties: Any) -> Case:
    """``parties``: fields of every party that has flows."""
    made = network.case()
    changed = tuple(replace(party, **parties) for party in made.facts.parties)
    return replace(made, facts=replace(made.facts, parties=changed))
