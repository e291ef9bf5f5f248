"""What an area border router tells an area of the others: summaries, ranges, the default of a stub area (RFC 2328 12.4.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, TypeAlias

from isolation_checks.routing.model import Protocol, Route
from isolation_checks.routing.ospf_setup import BACKBONE, Instance
from isolation_checks.routing.prefixes import Key, covers, key
from isolation_checks.snapshot import Ref

if TYPE_CHECKING:
    from isolation_checks.routing.ospf import AreaState, Ospf, OspfState

Offers: TypeAlias = Mapping[Key, tuple[int, tuple[Ref, ...]]]
"""Cost and lines by prefix, as one border router tells them into one area."""


NOTHING: Mapping[Key, Route] = {}


def offer(ospf: Ospf, state: OspfState, instance: int, number: int) -> Offers:
    """What the border router ``instance`` tells area ``number``."""
    me = ospf.instances[instance]
    area = ospf.areas[number]
    kind = me.kind(area.id)
    found: dict[Key, tuple[int, tuple[Ref, ...]]] = {}
    if not kind.startswith("totally"):
        for other in state.attached[instance]:
            if other != number:
                _collect(ospf, state, me, other, number, found)
        _filter(ospf, me, area.id, found)
    if kind in ("stub", "totally-stub", "totally-nssa") and _tells_default(ospf, state, me):
        held = me.areas[area.id]
        found[0] = held.default_cost if held.default_cost is not None else 1, (held.ref,)
    return found


def _tells_default(ospf: Ospf, state: OspfState, me: Instance) -> bool:
    if ospf.backbone(state, me.id) is None:
        return False
    return not me.platform.stub_default_checks or ospf.backbone_neighbor(state, me.id)


def _collect(ospf: Ospf, state: OspfState, me: Instance, source: int, target: int, found: dict[Key, tuple[int, tuple[Ref, ...]]]) -> None:
    """Add what the router knows of area ``source``: its prefixes or their ranges; of the backbone also what was heard there."""
    part = state.areas[source]
    node = ospf.node[me.id, source]
    routers = ospf.areas[target].kind == "normal" and ospf.areas[source].kind == "normal"
    heard: Mapping[Key, Route] = part.inter_routes[node] if ospf.areas[source].id == BACKBONE and part.inter_routes else NOTHING
    inputs = (part.intra_routes[node], part.ports)
    held = ospf.collected.get((me.id, source, routers))
    made: Offers
    if held is None or any(one is not two for one, two in zip(held[0], inputs, strict=True)):
        made = _known_by_ranges(ospf, me, source, routers, part)
        if held is None:
            ospf.collected[me.id, source, routers] = inputs, made
    else:
        made = held[1]
    for prefix, (cost, refs) in made.items():
        _put(found, prefix, cost, refs)
    for prefix, item in heard.items():
        if (prefix >= 0 or routers) and not _inside(ospf, state, me, prefix):
            _put(found, prefix, item.metric, item.refs)


def _inside(ospf: Ospf, state: OspfState, me: Instance, prefix: Key) -> bool:
    """Whether the router has a way inside one of its areas, before which what others tell of it does not count."""
    for number in state.attached[me.id]:
        part, node = state.areas[number], ospf.node[me.id, number]
        if prefix in part.intra_routes[node] or any(entry.node == node for entry in part.intra.get(prefix, ())):
            return True
    return False


def _known_by_ranges(ospf: Ospf, me: Instance, source: int, routers: bool, part: AreaState) -> dict[Key, tuple[int, tuple[Ref, ...]]]:
    found: dict[Key, tuple[int, tuple[Ref, ...]]] = {}
    ranges = _ranges(me, ospf.areas[source].id)
    hidden = _hidden_out(ospf, me, ospf.areas[source].id)
    for prefix, cost, refs in known(part, ospf.node[me.id, source]):
        if prefix < 0:
            if routers:
                _put(found, prefix, cost, refs)
            continue
        if hidden and hidden(prefix):
            continue
        covering = next((item for item in ranges if covers(item[0], prefix)), None)
        if covering is None:
            _put(found, prefix, cost, refs)
        elif covering[1]:
            before = found.get(covering[0])
            worst = min if me.platform.range_lowest else max
            found[covering[0]] = (cost if before is None else worst(before[0], cost)), (covering[2],)
    return found


def _put(found: dict[Key, tuple[int, tuple[Ref, ...]]], prefix: Key, cost: int, refs: tuple[Ref, ...]) -> None:
    before = found.get(prefix)
    if before is None or cost < before[0]:
        found[prefix] = cost, refs


def known(part: AreaState, node: int) -> Iterator[tuple[Key, int, tuple[Ref, ...]]]:
    """Prefixes of an area as one of its routers sees them, its own among them."""
    routes = part.intra_routes[node]
    mine: dict[Key, tuple[int, tuple[Ref, ...]]] = {}
    for at, port in part.ports:
        if at == node:
            for prefix, cost in port.stubs:
                _put(mine, prefix, cost, port.refs)
    for prefix, (cost, refs) in mine.items():
        other = routes.get(prefix)
        yield (prefix, cost, refs) if other is None or cost <= other.metric else (prefix, other.metric, other.refs)
    for prefix, item in routes.items():
        if prefix not in mine:
            yield prefix, item.metric, item.refs


def _ranges(me: Instance, area: str) -> Sequence[tuple[Key, bool, Ref]]:
    """Ranges of an area, the longest first."""
    held = me.areas.get(area)
    found = [(key(network, length), told, ref) for network, length, told, ref in held.ranges] if held else []
    return sorted(found, key=lambda item: -(item[0] & 63))


def own_ranges(ospf: Ospf, state: OspfState, instance: int) -> frozenset[Key]:
    """The ranges of a border router that have a member."""
    me = ospf.instances[instance]
    found: set[Key] = set()
    for number in state.attached[instance]:
        ranges = _ranges(me, ospf.areas[number].id)
        if ranges:
            node = ospf.node[instance, number]
            prefixes = [prefix for prefix, _, _ in known(state.areas[number], node) if prefix >= 0]
            found.update(item[0] for item in ranges if any(covers(item[0], prefix) for prefix in prefixes))
    return frozenset(found)


def _filter(ospf: Ospf, me: Instance, area: str, found: dict[Key, tuple[int, tuple[Ref, ...]]]) -> None:
    held = me.areas.get(area)
    for direction, name, _ in held.filters if held else ():
        if direction in ("in", "import"):
            policies = ospf.policies[me.device]
            for prefix in [prefix for prefix in found if prefix >= 0 and not policies.permits_prefix(name, prefix)]:
                del found[prefix]


def _hidden_out(ospf: Ospf, me: Instance, area: str) -> Callable[[Key], bool] | None:
    held = me.areas.get(area)
    names = [name for direction, name, _ in held.filters if direction in ("out", "export")] if held else []
    if not names:
        return None
    policies = ospf.policies[me.device]
    return lambda prefix: not all(policies.permits_prefix(name, prefix) for name in names)


def merge_routes(ospf: Ospf, state: OspfState, instance: int, parts: Sequence[tuple[AreaState, int]]) -> dict[Key, Route]:
    """The routes of a router by all its areas: inside an area before between areas, then the cheaper, equal ones together."""
    if len(parts) == 1:
        part, node = parts[0]
        return {**part.inter_routes[node], **part.intra_routes[node]}
    made: dict[Key, Route] = {}
    for between in (False, True):
        layer: dict[Key, Route] = {}
        for part, node in parts:
            for prefix, item in (part.inter_routes if between else part.intra_routes)[node].items():
                before = layer.get(prefix)
                if before is None or item.metric < before.metric:
                    layer[prefix] = item
                elif item.metric == before.metric:
                    hops = tuple(sorted({*before.hops, *item.hops}))[: ospf.instances[instance].paths]
                    layer[prefix] = before._replace(hops=hops, refs=tuple(dict.fromkeys((*before.refs, *item.refs))))
        made = {**layer, **made}
    me = ospf.instances[instance]
    if me.platform.areas_first:
        made.update(_inside_areas(ospf, state, instance))
    if me.platform.discards is not None and ospf.border(state, instance):
        refs = {item[0]: item[2] for number in state.attached[instance] for item in _ranges(me, ospf.areas[number].id)}
        for prefix in own_ranges(ospf, state, instance):
            made.setdefault(prefix, Route(prefix >> 6, prefix & 63, Protocol.OSPF_SUMMARY, me.platform.discards, 0, (), (refs[prefix],)))
    return made


def _inside_areas(ospf: Ospf, state: OspfState, instance: int) -> dict[Key, Route]:
    """The ways to routers that bring routes in, inside areas other than the backbone: the cheapest, of equals in the highest area."""
    found: dict[Key, tuple[tuple[int, int], Route]] = {}
    for number in ospf.areas_of[instance]:
        area = ospf.areas[number]
        if area.id != BACKBONE and area.kind == "normal":
            for prefix, item in state.areas[number].intra_routes[ospf.node[instance, number]].items():
                rank = item.metric, -int(IPv4Address(area.id))
                if prefix < 0 and (prefix not in found or rank < found[prefix][0]):
                    found[prefix] = rank, item
    return {prefix: item for prefix, (_, item) in found.items()}
