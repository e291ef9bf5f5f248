"""Flows that the inventory declares one by one, where no service description implies them."""

from __future__ import annotations

from ipaddress import IPv4Address

from topology.build.context import Build
from topology.build.flow_parts import Ends, permit
from topology.build.selectors import GROUPS, select
from topology.build.servers import by_protocol, hosts_of, is_placed
from topology.facts import Level, Realm
from topology.i18n import T
from topology.intent.document import FlowIntent


def declared_flow(build: Build, realm: Realm, slug: str, flow: FlowIntent) -> None:
    """One flow of the inventory: to the Internet, to a role of a service, or to parties."""
    ends = _sources(build, realm, flow)
    if flow.approval is not None and flow.approval not in build.approvals:
        build.unknown(flow.at("approval"), T("approval"), flow.approval, build.approvals)
    if _crosses(build, realm, slug, flow) or not ends[0] or not _is_allowed(build, realm, slug, flow):
        return
    service, _, role = flow.to.partition("/")
    if flow.to == "internet":
        for what in by_protocol(flow.ports) if "internet" in build.parties else ():
            permit(build, realm, f"{slug}-{what[0]}", ("internet", slug), what, ends, "internet", flow.origin, level=Level.PUBLIC)
    elif is_placed(build, realm, service, role):
        _to_role(build, realm, slug, flow, (service, role), ends)
    else:
        for target in select(build, realm, flow.to, flow.at("to")):
            # Of a group each target names its flow, so that one more target renames no other's.
            suffix = f"@{target.partition(':')[2].replace('/', '.')}" if _means_many(flow.to) else ""
            vrf = build.parties[target].vrf
            for what in by_protocol(flow.ports):
                permit(build, realm, f"{slug}-{what[0]}{suffix}", ("declared", slug), what, ends, target, flow.origin, vrf=vrf)


def _crosses(build: Build, realm: Realm, slug: str, flow: FlowIntent) -> bool:
    """Whether the data goes through a gatekeeper, so that no packet passes here; without a channel it may not."""
    other = Realm.INNER if realm is Realm.OUTER else Realm.OUTER
    if flow.channel is not None:
        if flow.channel not in build.gatekeeper.channels:
            build.unknown(flow.at("channel"), T("gatekeeper channel"), flow.channel, build.gatekeeper.channels)
        return True
    crosses = any(item.startswith(f"{other.value}:") for item in (flow.to, *flow.source))
    if crosses:
        build.problem(
            flow.origin,
            T("the flow '{slug}' leads from one network into the other", slug=slug),
            T("data between inner and outer goes through a gatekeeper channel only (plan §7.1.1)"),
            T("declare a channel in gatekeeper/ and name it with 'channel:'"),
        )
    return crosses


def _to_role(build: Build, realm: Realm, slug: str, flow: FlowIntent, label: tuple[str, str], ends: Ends) -> None:
    """To the servers of a role, in each zone that has some; without ports of its own the flow has the role's."""
    called = hosts_of(build, realm, *label)
    ports = flow.ports or build.services[label[0]].roles[label[1]].ports
    for zone in sorted({entry.party for entry in called}):
        there = tuple(entry.address for entry in called if entry.party == zone)
        for what in by_protocol(ports):
            permit(build, realm, f"{slug}-{what[0]}", label, what, ends, zone, flow.origin, destinations=there)


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
