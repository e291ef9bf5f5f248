"""Flows that the inventory declares one by one, where no service description implies them."""

from __future__ import annotations

from ipaddress import IPv4Address

from topology.build.context import Build
from topology.build.flow_parts import add_flow
from topology.build.selectors import GROUPS, select
from topology.build.servers import by_protocol, hosts_of, is_placed
from topology.facts import Flow, Level, Realm
from topology.i18n import T
from topology.intent.document import FlowIntent


def declared_flow(build: Build, realm: Realm, slug: str, flow: FlowIntent) -> None:
    sources, addresses = _sources(build, realm, flow)
    known = build.approvals
    if flow.approval is not None and flow.approval not in known:
        build.unknown(flow.at("approval"), T("approval"), flow.approval, known)
    service, _, role = flow.to.partition("/")
    other = Realm.INNER if realm is Realm.OUTER else Realm.OUTER
    if (flow.to.startswith(f"{other.value}:") or any(item.startswith(f"{other.value}:") for item in flow.source)) and flow.channel is None:
        build.problem(
            flow.origin,
            T("the flow '{slug}' leads from one network into the other", slug=slug),
            T("data between inner and outer goes through a gatekeeper channel only (plan §7.1.1)"),
            T("declare a channel in gatekeeper/ and name it with 'channel:'"),
        )
        return
    if flow.channel is not None:
        if flow.channel not in build.gatekeeper.channels:
            build.unknown(flow.at("channel"), T("gatekeeper channel"), flow.channel, build.gatekeeper.channels)
        return  # the channel moves the data; no packet passes
    if not sources or not _is_allowed(build, realm, slug, flow):
        return
    plan = ("7.1.1",)
    if flow.to == "internet":
        if "internet" in build.parties:
            for protocol, ports in by_protocol(flow.ports):
                add_flow(
                    build,
                    Flow(
                        id=f"{slug}-{protocol}",
                        realm=realm,
                        vrf=None,
                        service="internet",
                        role=slug,
                        protocol=protocol,
                        ports=ports,
                        sources=sources,
                        source_addresses=addresses,
                        to="internet",
                        destinations=(),
                        level=Level.PUBLIC,
                        plan=plan,
                        origin=flow.origin,
                    ),
                )
        return
    called = hosts_of(build, realm, service, role)
    if is_placed(build, realm, service, role) and not called:
        return
    if called:
        ports_of = flow.ports or build.services[service].roles[role].ports
        for zone in sorted({entry.party for entry in called}):
            there = tuple(entry.address for entry in called if entry.party == zone)
            for protocol, ports in by_protocol(ports_of):
                add_flow(
                    build,
                    Flow(
                        id=f"{slug}-{protocol}",
                        realm=realm,
                        vrf=None,
                        service=service,
                        role=role,
                        protocol=protocol,
                        ports=ports,
                        sources=sources,
                        source_addresses=addresses,
                        to=zone,
                        destinations=there,
                        level=Level.INTERNAL,
                        plan=plan,
                        origin=flow.origin,
                    ),
                )
        return
    for target in select(build, realm, flow.to, flow.at("to")):
        # Of a group each target names its flow, so that one more target renames no other's.
        suffix = f"@{target.partition(':')[2].replace('/', '.')}" if _means_many(flow.to) else ""
        for protocol, ports in by_protocol(flow.ports):
            add_flow(
                build,
                Flow(
                    id=f"{slug}-{protocol}{suffix}",
                    realm=realm,
                    vrf=build.parties[target].vrf,
                    service="declared",
                    role=slug,
                    protocol=protocol,
                    ports=ports,
                    sources=sources,
                    source_addresses=addresses,
                    to=target,
                    destinations=(),
                    level=Level.INTERNAL,
                    plan=plan,
                    origin=flow.origin,
                ),
            )


def _means_many(selector: str) -> bool:
    """Whether a selector may mean several parties, now or when one is added."""
    return selector in GROUPS or ":" in selector or selector.startswith("*/")


def _is_allowed(build: Build, realm: Realm, slug: str, flow: FlowIntent) -> bool:
    """The Internet is reached from the outer network only, and a flow needs ports unless its service has them."""
    if flow.to == "internet" and (realm is not Realm.OUTER or "internet" not in build.parties):
        build.problem(
            flow.at("to"),
            T("the flow '{slug}' leads to the Internet, which the {realm} network does not reach", slug=slug, realm=realm.value),
            T("flows inside this network; the inner network has no way to the Internet (plan §7.1.1)"),
            T("delete the flow"),
        )
        return False
    if not flow.ports and not hosts_of(build, realm, *(flow.to.partition("/")[::2])):
        build.problem(flow.origin, T("the flow '{slug}' has no ports", slug=slug), T("ports: [tcp/443]"), T("add 'ports:'"))
        return False
    return True


def _sources(build: Build, realm: Realm, flow: FlowIntent) -> tuple[tuple[str, ...], tuple[IPv4Address, ...]]:
    parties: set[str] = set()
    addresses: list[IPv4Address] = []
    for index, selector in enumerate(flow.source):
        if selector.startswith("service:"):
            service, _, role = selector.removeprefix("service:").partition("/")
            callers = hosts_of(build, realm, service, role)
            if not callers and not is_placed(build, realm, service, role):
                known = (f"service:{entry.service}/{entry.role}" for entry in build.hosts if build.parties[entry.party].realm is realm)
                build.unknown(flow.at("source", index), T("server"), selector, known)
            parties |= {entry.party for entry in callers}
            addresses += [entry.address for entry in callers]
        elif ":" in selector and selector.split(":")[0] in list(Realm):
            continue  # a side of its own; the channel check has spoken
        else:
            parties |= set(select(build, realm, selector, flow.at("source", index)))
    return tuple(sorted(parties)), tuple(sorted(addresses))
