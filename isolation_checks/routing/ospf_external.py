"""Routes from outside that OSPF carries: what a router brings in, and what the others make of it (RFC 2328 16.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from isolation_checks.routing.model import Hop, Protocol, Route
from isolation_checks.routing.ospf import Ospf, OspfState
from isolation_checks.routing.ospf_area import boundary
from isolation_checks.routing.ospf_nssa import External, scoped
from isolation_checks.routing.ospf_setup import Instance
from isolation_checks.routing.policies import Policies, Subject
from isolation_checks.routing.prefixes import Key, covers, key, mask
from isolation_checks.routing.rib import Rib, Routes
from isolation_checks.snapshot import Redistribution, Ref

EXTERNALS = (Protocol.OSPF_EXTERNAL,)
INSIDE = (Protocol.OSPF, Protocol.OSPF_INTER, Protocol.OSPF_EXTERNAL)


class Known(NamedTuple):
    """What an importer has at hand: its VRF's table, its connected networks, and the routes of its own processes by id."""

    rib: Rib
    connected: Routes
    processes: Mapping[str, Sequence[Routes]]


def brought_in(ospf: Ospf, state: OspfState, instance: Instance, known: Known, policies: Policies) -> tuple[External, ...]:
    """What an instance tells the others of the outside."""
    found: dict[Key, External] = {}
    for item in instance.process.redistributions:
        for route in _source(instance, item, known):
            made = _external(instance, item, route, policies)
            if made is not None:
                before = found.get(made.prefix)
                if before is None or (made.kind, made.metric) < (before.kind, before.metric):
                    found[made.prefix] = made
    for direction, name, _ in instance.process.distribute_lists:
        if direction in ("out", "export"):
            found = {prefix: item for prefix, item in found.items() if policies.permits_prefix(name, prefix)}
    _summarise(instance, found)
    default = _default(instance, known, policies)
    if default is not None:
        found[0] = default
    return tuple(item for prefix in sorted(found) for item in scoped(ospf, state, instance, found[prefix]))


def _source(instance: Instance, item: Redistribution, known: Known) -> Iterable[Route]:
    best = known.rib.best
    if item.source in ("connected", "direct"):
        return [route for prefix, route in known.connected.items() if prefix & 63]
    if item.source in ("static", "unr"):
        return [route for prefix, route in best.items() if prefix & 63 and route.protocol == Protocol.STATIC]
    if item.source == "bgp":
        wanted = [Protocol.EBGP]
        if instance.platform.redistributes_ibgp or item.internal:
            wanted.append(Protocol.IBGP)
        if instance.platform.redistributes_ibgp:
            wanted.append(Protocol.BGP_LOCAL)
        return [route for prefix, route in best.items() if prefix & 63 and route.protocol in wanted]
    if item.source == "ospf":
        others = known.processes.get(item.process or "1", ())
        return [route for prefix, route in best.items() if prefix & 63 and any(held.get(prefix) is route for held in others)]
    return ()


def _external(instance: Instance, item: Redistribution, route: Route, policies: Policies) -> External | None:
    prefix = key(route.network, route.length)
    hop = route.hops[0] if route.hops else None
    metric = item.metric
    if metric is None:
        metric = instance.process.default_metric
    subject: Subject | None = Subject(
        prefix, route.protocol.value, metric, item.metric_type, None, hop.interface if hop else None, hop.gateway if hop else None,
        refs=(item.ref,),
    )  # fmt: skip
    if item.policy is not None and subject is not None:
        subject = policies.apply(item.policy, subject)
    if subject is None:
        return None
    metric = subject.metric
    if metric is None:
        metric = 1 if item.source == "bgp" and instance.vendor.startswith("cisco") else instance.platform.redistributed_metric
    return External(instance.id, prefix, subject.metric_type or 2, metric, _forward(instance, route), (*subject.refs, *route.refs[:1]))


def _forward(instance: Instance, route: Route) -> int | None:
    """The next hop (the lowest of several), where it lies on a network of OSPF that others hear (RFC 2328 12.4.4).

    As typed, not as other routes lead there: a next hop that is on no link of the router's is never told.
    """
    if route.recursive:
        return None
    hop = min((hop for hop in route.hops if hop.gateway is not None), key=lambda hop: hop.gateway or 0, default=None)
    if hop is None or hop.gateway is None:
        return None
    for port in instance.ports:
        here = port.numbered and port.endpoint.interface == hop.interface
        heard = instance.platform.forwards_any or (port.kind in ("broadcast", "nbma") and not port.passive)
        if here and heard and hop.gateway & mask(port.length) == port.address & mask(port.length):
            return hop.gateway
    return None


def _summarise(instance: Instance, found: dict[Key, External]) -> None:
    for network, length, told, ref in instance.process.summaries:
        outer = key(network, length)
        members = [found.pop(prefix) for prefix in [prefix for prefix in found if covers(outer, prefix)]]
        if members and told:
            worst = max(members, key=lambda item: (item.kind, item.metric))
            found[outer] = worst._replace(prefix=outer, forward=None, refs=(ref, *worst.refs))


def _default(instance: Instance, known: Known, policies: Policies) -> External | None:
    process = instance.process
    if not process.default_route:
        return None
    always = process.default_route == "always"
    held = known.rib.best.get(0)
    if held is not None and held.protocol in INSIDE and any(routes.get(0) is held for routes in known.processes.get(process.id, ())):
        held = None
    if held is None and not always:
        return None
    metric = process.default_route_metric
    if metric is None:
        metric = instance.platform.always_metric if always else instance.platform.default_metric
    subject: Subject | None = Subject(0, held.protocol.value if held else "", metric, process.default_route_type, refs=(process.ref,))
    if process.default_policy is not None and subject is not None:
        subject = policies.apply(process.default_policy, subject)
    if subject is None:
        return None
    forward = _forward(instance, held) if held is not None and not always and instance.vendor == "frr" else None
    lines = (*subject.refs, *(held.refs[:1] if held else ()))
    return External(instance.id, 0, subject.metric_type or 2, subject.metric or 0, forward, lines)


def external_routes(ospf: Ospf, state: OspfState, instance: Instance, told: Iterable[External]) -> dict[Key, Route]:
    """The routes of a router to all that others bring in."""
    normal = any(ospf.areas[number].kind == "normal" for number in ospf.areas_of[instance.id])
    internal = state.internal[instance.id]
    preference = instance.distance("external")
    best: dict[Key, tuple[tuple[int, int, int], Route]] = {}
    for item in told:
        if item.importer == instance.id or not (normal if item.area is None else item.area in ospf.areas_of[instance.id]):
            continue
        way = _way(ospf, state, instance, internal, item)
        if way is None:
            continue
        cost, hops, refs = way
        rank = (1, cost + item.metric, 0) if item.kind == 1 else (2, item.metric, cost)
        before = best.get(item.prefix)
        if before is None or rank < before[0]:
            route = Route(item.prefix >> 6, item.prefix & 63, Protocol.OSPF_EXTERNAL, preference, rank[1], hops, refs + item.refs)
            best[item.prefix] = rank, route
        elif rank == before[0]:
            joined = tuple(sorted({*before[1].hops, *hops}))[: instance.paths]
            lines = tuple(dict.fromkeys((*before[1].refs, *refs, *item.refs)))
            best[item.prefix] = rank, before[1]._replace(hops=joined, refs=lines)
    return {
        prefix: route for prefix, (_, route) in best.items() if prefix not in internal or internal[prefix].protocol == Protocol.OSPF_SUMMARY
    }


def _way(
    ospf: Ospf, state: OspfState, instance: Instance, internal: Routes, item: External
) -> tuple[int, tuple[Hop, ...], tuple[Ref, ...]] | None:
    """Cost and hops to the importer, or to where it says that packets should go."""
    to = internal.get(boundary(item.importer, nssa=item.area is not None))
    if to is None:
        return None
    if item.forward is None:
        return to.metric, to.hops, to.refs
    for number in state.attached[instance.id] if item.area is None else (item.area,):
        mine = ospf.node[instance.id, number]
        for node, port in state.areas[number].ports:
            if node == mine and port.numbered and item.forward & mask(port.length) == port.address & mask(port.length):
                if item.forward == port.address:
                    return None  # the way leads back here: another router's static route over this one
                return port.cost, (Hop(port.endpoint.interface, item.forward, port.vrf),), port.refs[:1]
    for length in range(32, -1, -1):
        found = internal.get((item.forward >> (32 - length) << (32 - length)) << 6 | length)
        if found is not None and found.protocol != Protocol.OSPF_SUMMARY:
            inside = item.area is None or found.protocol == Protocol.OSPF  # 2.5 (3) of RFC 3101
            return (found.metric, found.hops, found.refs) if found.hops and inside else None
    return None
