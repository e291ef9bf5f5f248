"""OSPF in FRR's configuration."""

from __future__ import annotations

from dataclasses import dataclass, field

from isolation_checks.reading import values
from isolation_checks.reading.commands import Commands
from isolation_checks.reading.frr_state import (
    DETECTION,
    LIMITS,
    LOGGING,
    TIMERS,
    Handler,
    Line,
    area_id,
    network,
    number,
    options,
    redistribution,
)
from isolation_checks.snapshot import FeatureKind, OspfArea, OspfProcess, Redistribution, Ref, Ternary


@dataclass(slots=True)
class AreaDraft:
    id: str
    ref: Ref
    kind: str = "normal"
    networks: dict[Ternary, Ref] = field(default_factory=dict)
    ranges: dict[tuple[int, int], tuple[bool, Ref]] = field(default_factory=dict)
    authentication: str = "none"
    default_cost: int | None = None
    filters: list[tuple[str, str, Ref]] = field(default_factory=list)

    def built(self) -> OspfArea:
        ranges = tuple((net, length, told, ref) for (net, length), (told, ref) in self.ranges.items())
        return OspfArea(
            self.id,
            self.kind,
            tuple(self.networks.items()),
            ranges,
            self.authentication,
            self.ref,
            self.default_cost,
            tuple(self.filters),
        )


@dataclass(slots=True)
class OspfProcessDraft:
    id: str
    vrf: str | None
    ref: Ref
    router_id: int | None = None
    areas: dict[str, AreaDraft] = field(default_factory=dict)
    redistributions: dict[tuple[str, str], Redistribution] = field(default_factory=dict)
    default_route: str = ""
    default_policy: str | None = None
    passive_default: bool = False
    passive: dict[str, None] = field(default_factory=dict)
    active: dict[str, None] = field(default_factory=dict)
    bandwidth_reference: int | None = None
    distances: dict[str, int] = field(default_factory=dict)
    distribute_lists: list[tuple[str, str, Ref]] = field(default_factory=list)
    maximum_paths: int | None = None
    default_metric: int | None = None
    default_route_metric: int | None = None
    default_route_type: int | None = None
    summaries: list[tuple[int, int, bool, Ref]] = field(default_factory=list)

    def area(self, id_: str, ref: Ref) -> AreaDraft:
        if id_ not in self.areas:
            self.areas[id_] = AreaDraft(id_, ref)
        return self.areas[id_]

    def built(self) -> OspfProcess:
        return OspfProcess(
            id=self.id, vrf=self.vrf, router_id=self.router_id, areas=tuple(area.built() for area in self.areas.values()),
            redistributions=tuple(self.redistributions.values()), default_route=self.default_route, passive_default=self.passive_default,
            passive=tuple(self.passive), active=tuple(self.active), bandwidth_reference=self.bandwidth_reference,
            distances=tuple(self.distances.items()), distribute_lists=tuple(self.distribute_lists), maximum_paths=self.maximum_paths,
            pe_checks_off=True, ref=self.ref, default_metric=self.default_metric, default_policy=self.default_policy,
            summaries=tuple(self.summaries), default_route_metric=self.default_route_metric, default_route_type=self.default_route_type,
        )  # fmt: skip


def enter(line: Line, rest: list[str]) -> bool:
    """``router ospf [INSTANCE] [vrf V]``."""
    instance = rest[0] if rest and rest[0].isdigit() else ""
    vrf = rest[len(bool(instance) * [1]) :]
    if vrf and (len(vrf) != 2 or vrf[0] != "vrf"):
        return False
    key = instance or "default", vrf[1] if vrf and vrf[1] != "default" else None
    if line.no:
        line.state.ospf.pop(key, None)
        return True
    process = line.state.ospf.setdefault(key, OspfProcessDraft(*key, line.ref))
    line.opened = "ospf", process
    return True


def _process(line: Line) -> OspfProcessDraft:
    assert isinstance(line.data, OspfProcessDraft)
    return line.data


def _router_id(line: Line, rest: list[str]) -> bool:
    value = values.ip(rest[0]) if len(rest) == 1 else None
    _process(line).router_id = None if line.no else value
    return value is not None or line.no


def _network(line: Line, rest: list[str]) -> bool:
    found = network(rest[0]) if len(rest) == 3 and rest[1] == "area" else None
    area = area_id(rest[2]) if found else None
    if found is None or area is None:
        return False
    place = _process(line).area(area, line.ref)
    if line.no:
        place.networks.pop(values.prefix(*found), None)
    else:
        place.networks[values.prefix(*found)] = line.ref
    return True


def _area(line: Line, rest: list[str]) -> bool:
    area = area_id(rest[0]) if rest else None
    found = _AREA.find(rest[1:]) if area is not None else None
    if found is None or area is None:
        return False
    handler, taken = found
    place = _process(line).area(area, line.ref)
    if isinstance(handler, FeatureKind):
        return line.feature(handler)
    assert callable(handler)
    inner = Line(line.number, line.text, line.words, line.no, line.ledger, line.state, place)
    return handler(inner, rest[1 + taken :])


def _place(line: Line) -> AreaDraft:
    assert isinstance(line.data, AreaDraft)
    return line.data


def _stub(line: Line, rest: list[str]) -> bool:
    if any(word not in ("no-summary",) for word in rest):
        return False
    _place(line).kind = ("stub" if rest else "normal") if line.no else "totally-stub" if rest else "stub"
    return True


def _nssa(line: Line, rest: list[str]) -> bool:
    known = ("no-summary", "translate-candidate", "translate-never", "translate-always", "suppress-fa", "default-information-originate")
    if any(word not in known for word in rest):
        return False
    _place(line).kind = "normal" if line.no else "totally-nssa" if "no-summary" in rest else "nssa"
    return True


def _range(line: Line, rest: list[str]) -> bool:
    found = network(rest[0]) if rest else None
    if found is None:
        return False
    hidden = rest[1:2] == ["not-advertise"]
    if rest[1:] and not hidden and rest[1] not in ("cost", "advertise"):
        return False
    if line.no and len(rest) == 1:
        _place(line).ranges.pop(found, None)
    else:
        _place(line).ranges[found] = (not hidden or line.no, line.ref)
    return True


def _default_cost(line: Line, rest: list[str]) -> bool:
    value = number(rest[0]) if rest else None
    _place(line).default_cost = None if line.no else value
    return value is not None or line.no


def _area_authentication(line: Line, rest: list[str]) -> bool:
    if rest not in ([], ["message-digest"]):
        return False
    _place(line).authentication = "none" if line.no else "md5" if rest else "simple"
    return True


def _filter_list(line: Line, rest: list[str]) -> bool:
    if len(rest) != 3 or rest[0] != "prefix" or rest[2] not in ("in", "out"):
        return False
    _place(line).filters = [item for item in _place(line).filters if item[:2] != (rest[2], rest[1])]
    if not line.no:
        _place(line).filters.append((rest[2], rest[1], line.ref))
    return True


def _area_list(line: Line, rest: list[str]) -> bool:
    place, direction = _place(line), "out" if "export-list" in line.words else "in"
    place.filters = [item for item in place.filters if item[0] != direction]
    if not line.no and len(rest) == 1:
        place.filters.append((direction, rest[0], line.ref))
    return len(rest) == 1


def _passive(line: Line, rest: list[str]) -> bool:
    process = _process(line)
    if rest[:1] == ["default"]:
        process.passive_default = not line.no
        return len(rest) == 1
    if not rest or len(rest) > 2:
        return False
    (process.active if line.no else process.passive)[rest[0]] = None
    (process.passive if line.no else process.active).pop(rest[0], None)
    return True


def _redistribute(line: Line, rest: list[str]) -> bool:
    found = redistribution(line, rest)
    if found is None:
        return False
    if line.no:
        _process(line).redistributions.pop((found.source, found.process), None)
    else:
        _process(line).redistributions[found.source, found.process] = found
    return True


def _default_information(line: Line, rest: list[str]) -> bool:
    process = _process(line)
    always = "always" in rest
    found = options([word for word in rest if word != "always"], "metric", "metric-type", "route-map")
    if line.no:
        process.default_route, process.default_policy = "", None
        process.default_route_metric = process.default_route_type = None
    elif found is not None:
        process.default_route, process.default_policy = "always" if always else "conditional", found.get("route-map")
        process.default_route_metric, process.default_route_type = number(found.get("metric", "")), number(found.get("metric-type", ""))
    return line.no or found is not None


def _distance(line: Line, rest: list[str]) -> bool:
    process = _process(line)
    if line.no:
        process.distances.clear()
        return True
    if len(rest) == 1 and rest[0].isdigit():
        process.distances["ospf"] = int(rest[0])
        return True
    found = options(rest[1:], "intra-area", "inter-area", "external") if rest[:1] == ["ospf"] else None
    if found is None or not all(value.isdigit() for value in found.values()):
        return False
    process.distances.update({name: int(value) for name, value in found.items()})
    return True


def _distribute_list(line: Line, rest: list[str]) -> bool:
    if len(rest) < 2 or rest[1] not in ("in", "out") or len(rest) > 3:
        return False
    process, item = _process(line), (" ".join(rest[1:]), rest[0])
    process.distribute_lists = [kept for kept in process.distribute_lists if kept[:2] != item]
    if not line.no:
        process.distribute_lists.append((*item, line.ref))
    return True


def _count(name: str) -> Handler:
    def handler(line: Line, rest: list[str]) -> bool:
        value = number(rest[0]) if len(rest) == 1 else None
        setattr(_process(line), name, None if line.no else value)
        return value is not None or line.no

    return handler


def _summary(line: Line, rest: list[str]) -> bool:
    found = network(rest[0]) if rest else None
    if found is None or rest[1:2] not in ([], ["no-advertise"], ["tag"]):
        return False
    process = _process(line)
    process.summaries = [item for item in process.summaries if item[:2] != found]
    if not line.no:
        process.summaries.append((*found, rest[1:2] != ["no-advertise"], line.ref))
    return True


def _understood(line: Line, rest: list[str]) -> bool:
    return True


_AREA_TABLE: dict[str, Handler] = {
    "stub": _stub,
    "nssa": _nssa,
    "range": _range,
    "default-cost": _default_cost,
    "authentication": _area_authentication,
    "filter-list": _filter_list,
    "export-list": _area_list,
    "import-list": _area_list,
    "shortcut": _understood,
    "flood-reduction": _understood,
    "virtual-link": FeatureKind.ROUTING,
}
_AREA = Commands(_AREA_TABLE)

_VIEW_TABLE: dict[str, Handler] = {
    "ospf router-id": _router_id,
    "router-id": _router_id,
    "network": _network,
    "area": _area,
    "passive-interface": _passive,
    "redistribute": _redistribute,
    "default-information originate": _default_information,
    "default-metric": _count("default_metric"),
    "distance": _distance,
    "distribute-list": _distribute_list,
    "maximum-paths": _count("maximum_paths"),
    "auto-cost reference-bandwidth": _count("bandwidth_reference"),
    "summary-address": _summary,
    "ospf abr-type": _understood,
    "compatible rfc1583": _understood,
    "ospf rfc1583compatibility": _understood,
    "neighbor": _understood,  # a neighbour on a network without multicast
    "max-metric": _understood,  # a worse way stays a way
    "capability opaque": LIMITS,
    "ospf opaque-lsa": LIMITS,
    "ospf write-multiplier": LIMITS,
    "write-multiplier": LIMITS,
    "aggregation timer": TIMERS,
    "timers": TIMERS,
    "refresh timer": TIMERS,
    "socket": LIMITS,
    "maxage-delay": TIMERS,
    "proactive-arp": LIMITS,
    "flood-reduction": LIMITS,
    "ospf send-extra-data": LIMITS,
    "graceful-restart": DETECTION,
    "bfd": DETECTION,
    "log-adjacency-changes": LOGGING,
    "mpls-te": FeatureKind.MPLS,
    "mpls": FeatureKind.MPLS,
    "segment-routing": FeatureKind.MPLS,
    "router-info": FeatureKind.MPLS,
    "pce": FeatureKind.MPLS,
    "fast-reroute": FeatureKind.ROUTING,
}
VIEW = Commands(_VIEW_TABLE)
