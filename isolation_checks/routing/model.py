"""Routes as devices install them, and what is down while they do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from isolation_checks.reach.layer2 import Endpoint, Layer2
from isolation_checks.snapshot import Ref
from isolation_checks.verdicts import Doubt
from topology.i18n import Text


class Protocol(StrEnum):
    CONNECTED = "connected"
    STATIC = "static"
    OSPF = "ospf"  # within an area
    OSPF_INTER = "ospf inter-area"
    OSPF_EXTERNAL = "ospf external"
    OSPF_SUMMARY = "ospf summary"  # the discard route of an area range or a summary
    EBGP = "ebgp"
    IBGP = "ibgp"
    BGP_LOCAL = "bgp local"  # an aggregate's discard route


class Hop(NamedTuple):
    """The way out of a device. ``gateway`` None: the destination itself is on the link. ``vrf`` is the interface's ("" the public one)."""

    interface: str
    gateway: int | None
    vrf: str = ""


class Route(NamedTuple):
    """What a device does with destinations in ``network``/``length``: one of ``hops`` (equal cost); none at all discards.

    ``refs``: the lines that make the route, this device's first, then those where it comes from. ``recursive``: its next hop is not on a
    link, ``hops`` are those of the route that leads there.
    """

    network: int
    length: int
    protocol: Protocol
    preference: int
    metric: int
    hops: tuple[Hop, ...]
    refs: tuple[Ref, ...] = ()
    recursive: bool = False


@dataclass(frozen=True)
class Table:
    """The forwarding table of one VRF of one device: the best route of every prefix, sorted by network and length."""

    device: str
    vrf: str
    routes: tuple[Route, ...]

    def lookup(self, address: int) -> Route | None:
        """The longest match, or None."""
        for length in self._lengths:
            route = self._by_prefix.get((address >> (32 - length) << (32 - length), length))
            if route is not None:
                return route
        return None

    @cached_property
    def _by_prefix(self) -> dict[tuple[int, int], Route]:
        return {(route.network, route.length): route for route in self.routes}

    @cached_property
    def _lengths(self) -> list[int]:
        return sorted({route.length for route in self.routes}, reverse=True)


@dataclass(frozen=True, slots=True)
class Outage:
    """What is down, by names of the facts: whole devices, and the ends of cables and circuits that are cut (device, port).

    A circuit on a channel of a shared port is cut without taking the port down: ``circuits`` by id. ``silent``: ports stay up though
    nothing arrives (a carrier that does not signal the loss); timers and tracked routes notice, untracked ones do not.
    """

    devices: frozenset[str] = frozenset()
    cables: frozenset[str] = frozenset()
    circuits: frozenset[str] = frozenset()
    silent: bool = False


NOTHING_DOWN = Outage()


class Unformed(NamedTuple):
    """Two ends that are set up to speak to each other (OSPF, BGP) and do not, with everything working."""

    a: Endpoint
    b: Endpoint
    reason: Text
    refs: tuple[Ref, ...]


NO_SEGMENTS = Layer2((), {}, {})


@dataclass(frozen=True)
class Routing:
    """The routes of a whole city in one state.

    ``owners``: which interface answers for an address on a segment (real, or virtual by its role). ``layer2``: the segments in this state;
    what an outage does not touch keeps its number, pieces of a cut segment get new ones. ``down``: interfaces of living devices that are
    down. A table that an outage does not change is the same object as without the outage.
    """

    outage: Outage
    tables: Mapping[tuple[str, str], Table]  # by device and VRF ("" the public one)
    owners: Mapping[tuple[int, int], tuple[Endpoint, ...]]  # by segment number and address; more than one where a role is in doubt
    doubts: tuple[Doubt, ...]  # where documents leave a choice open and the choices differ, or what is not modelled
    layer2: Layer2 = NO_SEGMENTS
    down: frozenset[Endpoint] = frozenset()
    unformed: tuple[Unformed, ...] = ()
