"""Routing tables by hand: connected networks follow from the configs, all else is written as ``10.2.0.0/24 p2 10.9.0.2``."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network

from isolation_checks.case import Case
from isolation_checks.forwarding.gates import Gates
from isolation_checks.forwarding.plane import City, Plane
from isolation_checks.forwarding.trace import Tracer
from isolation_checks.forwarding.work import Work, work
from isolation_checks.packets.space import PacketSpace
from isolation_checks.reach.layer2 import Endpoint
from isolation_checks.routing.model import NOTHING_DOWN, Hop, Outage, Protocol, Route, Routing, Table
from isolation_checks.snapshot import Ref


def city_of(case: Case) -> City:
    return City(case.facts, case.reach.forwarders, case.reach.senders, case.layer2)


def table(device: str, lines: list[str], connected: list[Route]) -> Table:
    """Several hops of one prefix are several lines; ``10.0.0.0/8 discard`` discards."""
    hops: dict[IPv4Network, list[Hop]] = {}
    refs: dict[IPv4Network, list[Ref]] = {}
    for number, line in enumerate(lines, 100):
        prefix, interface, *gateway = line.split()
        network = IPv4Network(prefix)
        refs.setdefault(network, []).append(Ref(f"{device}.cfg", number))
        hops.setdefault(network, [])
        if interface != "discard":
            hops[network].append(Hop(interface, int(IPv4Address(gateway[0])) if gateway else None))
    given = [
        Route(int(network.network_address), network.prefixlen, Protocol.STATIC, 60, 0, tuple(found), tuple(refs[network]))
        for network, found in hops.items()
    ]
    routes = {(item.network, item.length): item for item in (*given, *connected)}
    return Table(device, "", tuple(routes[key] for key in sorted(routes)))


def routing(case: Case, lines: Mapping[str, list[str]], outage: Outage = NOTHING_DOWN, base: Routing | None = None) -> Routing:
    """Tables of all devices; those of ``base`` that are equal stay the same objects."""
    tables = {}
    owners: dict[tuple[int, int], tuple[Endpoint, ...]] = {}
    for name, config in case.configs.items():
        connected = []
        for item in config.interfaces:
            for address in item.addresses:
                network = address.ip >> (32 - address.length) << (32 - address.length)
                refs = (Ref(f"{name}.cfg", address.ref.line),)
                connected.append(Route(network, address.length, Protocol.CONNECTED, 0, 0, (Hop(item.name, None),), refs))
                segment = case.layer2.segment_of.get(Endpoint(name, item.name))
                if segment is not None:
                    owners[segment, address.ip] = (Endpoint(name, item.name),)
        made = table(name, lines.get(name, []), connected)
        old = base.tables.get((name, "")) if base else None
        tables[name, ""] = old if old is not None and old == made else made
    return Routing(outage, tables, owners, (), case.layer2)


def tracer(case: Case, **lines: list[str]) -> Tracer:
    return Tracer(Plane(city_of(case), routing(case, lines)))


def worked(case: Case, **lines: list[str]) -> Work:
    return work(city_of(case), routing(case, lines), Gates(PacketSpace()))
