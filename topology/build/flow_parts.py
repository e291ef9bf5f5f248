"""How a flow is made and kept."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

from topology.build.context import Build
from topology.build.servers import by_protocol
from topology.facts import Flow, Host, Level, PortRange, Realm
from topology.i18n import T
from topology.origin import Origin

PLAN = ("7.1.1",)
Ends = tuple[tuple[str, ...], tuple[IPv4Address, ...]]
"""Parties that open connections, and which of their addresses; no address means any of theirs."""


def ends_of(callers: list[Host]) -> Ends:
    """Servers as the sending end of a flow."""
    return tuple(sorted({entry.party for entry in callers})), tuple(entry.address for entry in callers)


def to_hosts(
    build: Build,
    id_: str,
    slug: str,
    role: str,
    realm: Realm,
    sources: Ends,
    called: list[Host],
    plan: tuple[str, ...],
    origin: Origin,
) -> None:
    """One flow for each protocol of the role and each zone that it runs in."""
    ports = build.services[slug].roles[role].ports
    if not ports:
        build.problem(
            origin,
            T("the role {service}/{role} listens on no port", service=slug, role=role),
            T("a role with ports"),
            T("add 'ports' to the service"),
        )
    for zone in sorted({entry.party for entry in called}):
        addresses = tuple(entry.address for entry in called if entry.party == zone)
        for protocol, ranges in by_protocol(ports):
            suffix = "" if len(by_protocol(ports)) == 1 else f"-{protocol}"
            level = build.services[slug].classification
            permit(
                build,
                realm,
                id_ + suffix,
                (slug, role),
                (protocol, ranges),
                sources,
                zone,
                origin,
                destinations=addresses,
                level=level,
                plan=plan,
            )


def permit(
    build: Build,
    realm: Realm,
    id_: str,
    label: tuple[str, str],
    what: tuple[str, tuple[PortRange, ...]],
    ends: Ends,
    to: str,
    origin: Origin,
    *,
    destinations: tuple[IPv4Address, ...] = (),
    level: Level = Level.INTERNAL,
    plan: tuple[str, ...] = PLAN,
    vrf: str | None = None,
) -> None:
    """Adds a flow. ``label`` is service and role, ``what`` protocol and ports, ``ends`` who opens connections."""
    flow = Flow(
        id=id_,
        realm=realm,
        vrf=vrf,
        service=label[0],
        role=label[1],
        protocol=what[0],
        ports=what[1],
        sources=ends[0],
        source_addresses=ends[1],
        to=to,
        destinations=destinations,
        level=level,
        plan=plan,
        origin=origin,
    )
    add_flow(build, flow)


def add_flow(build: Build, flow: Flow) -> None:
    """Keyed by realm and id: a flow that runs into two zones gets the zone as a suffix."""
    key = f"{flow.realm.value}:{flow.id}"
    if key in build.flows:
        flow = replace(flow, id=f"{flow.id}@{flow.to.rpartition('/')[2]}")
        key = f"{flow.realm.value}:{flow.id}"
    build.flows[key] = flow
