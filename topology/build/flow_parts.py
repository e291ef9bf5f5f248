"""How a flow is made and kept."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

from topology.build.context import Build
from topology.build.servers import by_protocol
from topology.facts import Flow, Host, Realm
from topology.i18n import T
from topology.origin import Origin


def ends_of(callers: list[Host]) -> tuple[tuple[str, ...], tuple[IPv4Address, ...]]:
    return tuple(sorted({entry.party for entry in callers})), tuple(entry.address for entry in callers)


def to_hosts(
    build: Build,
    id_: str,
    slug: str,
    role: str,
    realm: Realm,
    sources: tuple[tuple[str, ...], tuple[IPv4Address, ...]],
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
            add_flow(
                build,
                Flow(
                    id=id_ + suffix,
                    realm=realm,
                    vrf=None,
                    service=slug,
                    role=role,
                    protocol=protocol,
                    ports=ranges,
                    sources=sources[0],
                    source_addresses=sources[1],
                    to=zone,
                    destinations=addresses,
                    level=level,
                    plan=plan,
                    origin=origin,
                ),
            )


def add_flow(build: Build, flow: Flow) -> None:
    """Keyed by realm and id: a flow that runs into two zones gets the zone as a suffix."""
    key = f"{flow.realm.value}:{flow.id}"
    if key in build.flows:
        flow = replace(flow, id=f"{flow.id}@{flow.to.rpartition('/')[2]}")
        key = f"{flow.realm.value}:{flow.id}"
    build.flows[key] = flow
