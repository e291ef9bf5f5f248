"""OSPF of IOS: the process and its areas, and what stands on interfaces."""

from __future__ import annotations

from isolation_checks.reading import cisco_names
from isolation_checks.reading.cisco_interfaces import ospf as port_ospf
from isolation_checks.reading.cisco_model import Area, Ospf, Port
from isolation_checks.reading.cisco_routes import redistribution
from isolation_checks.reading.cisco_state import State
from isolation_checks.reading.cisco_switching import per_port
from isolation_checks.reading.cisco_tables import LOGS, ROUTING
from isolation_checks.reading.cisco_views import Handler, Line, View, table
from isolation_checks.reading.values import dotted, ip, mask_length, mask_of, wildcard
from isolation_checks.snapshot import FeatureKind, OspfProcess


def area_id(text: str) -> str | None:
    """An area in dotted form; None where it is none."""
    if text.isascii() and text.isdigit() and int(text) < 1 << 32:
        return dotted(int(text))
    return text if ip(text) is not None else None


def process(state: State, line: Line) -> bool:
    """``router ospf 1 [vrf V]``."""
    words = line.args
    if not words or (words[1:] and (len(words) != 3 or words[1].lower() != "vrf")):
        return False
    if line.negated:
        state.routing.ospf.pop(words[0], None)
        return True
    vrf = words[2] if len(words) == 3 else None
    held = state.routing.ospf.get(words[0])
    if held is not None and vrf is not None and held.vrf != vrf:
        return False
    state.now.ospf = state.routing.ospf.setdefault(words[0], Ospf(words[0], vrf, line.ref))
    return state.enter(OSPF_VIEW, f"router ospf {' '.join(words)}")


def _network(state: State, line: Line) -> bool:
    """``network A W area N``."""
    held = state.now.ospf
    words = line.args
    if held is None or len(words) != 4 or not "area".startswith(words[2].lower()):
        return False
    value, inverse, name = ip(words[0]), ip(words[1]), area_id(words[3])
    if value is None or inverse is None or name is None:
        return False
    if inverse and inverse & 0x80000000 and not inverse & 1:  # a netmask, which the device turns round
        inverse ^= 0xFFFFFFFF
    item = wildcard(value, inverse)
    area = state.area(held, name, line.ref)
    if line.negated:
        area.networks = [known for known in area.networks if known[0] != item]
    else:
        area.networks.append((item, line.ref))
    return True


def _router_id(state: State, line: Line) -> bool:
    held = state.now.ospf
    value = ip(line.args[0]) if len(line.args) == 1 else None
    if held is None or (value is None and not line.negated):
        return False
    held.router_id = None if line.negated else value
    return True


def _passive(state: State, line: Line) -> bool:
    held = state.now.ospf
    if held is None or not line.args:
        return False
    if line.args == ["default"]:
        held.passive_default = not line.negated
        return True
    name = cisco_names.name(line.args)
    if name is None:
        return False
    for names in (held.passive, held.active):
        if name in names:
            names.remove(name)
    if line.negated and held.passive_default:
        held.active.append(name)
    elif not line.negated:
        held.passive.append(name)
    return True


def _redistribute(state: State, line: Line) -> bool:
    held = state.now.ospf
    if held is None:
        return False
    if line.args and line.args[0].lower() == "maximum-prefix":
        return True
    made = redistribution(line)
    if made is None:
        return False
    held.redistributions = [item for item in held.redistributions if (item.source, item.process) != (made.source, made.process)]
    if not line.negated:
        held.redistributions.append(made)
    return True


def _default_route(state: State, line: Line) -> bool:
    """``default-information originate [always] [metric N] [metric-type N] [route-map M]``."""
    held = state.now.ospf
    words = [word.lower() for word in line.args]
    if held is None:
        return False
    if line.negated:
        held.default_route = ""
        held.default_route_metric = held.default_route_type = None
        return True
    held.default_route = "always" if "always" in words else "conditional"
    for key, value in zip(words, line.args[1:], strict=False):
        if key == "route-map":
            held.default_policy = value
        if key == "metric" and value.isdigit():
            held.default_route_metric = int(value)
        if key == "metric-type" and value.isdigit():
            held.default_route_type = int(value)
    return not words or words[0] in {"always", "metric", "metric-type", "route-map"}


def _number(name: str) -> Handler:
    def handler(state: State, line: Line) -> bool:
        held = state.now.ospf
        value = line.args[0] if line.args else ""
        if held is None or (not value.isdigit() and not line.negated):
            return False
        setattr(held, name, None if line.negated else int(value))
        return True

    return handler


def _distance(state: State, line: Line) -> bool:
    """``distance 110``, ``distance ospf external 150 intra-area 10``; for single sources it only ranks."""
    held = state.now.ospf
    words = [word.lower() for word in line.args]
    if held is None:
        return False
    if line.negated:
        held.distances.clear()
        return True
    if words[:1] == ["ospf"]:
        pairs = list(zip(words[1::2], words[2::2], strict=False))
        if len(words) % 2 == 0 or not all(key in {"intra-area", "inter-area", "external"} and value.isdigit() for key, value in pairs):
            return False
        held.distances.update((key, int(value)) for key, value in pairs)
        return True
    if not words or not words[0].isdigit():
        return False
    if len(words) == 1:
        held.distances["all"] = int(words[0])
    return True


def _distribute(state: State, line: Line) -> bool:
    """``distribute-list {LIST|prefix P|route-map M|gateway P} {in|out} [...]``."""
    held = state.now.ospf
    words = line.args
    if words[:1] and words[0].lower() in {"prefix", "route-map", "gateway"}:
        words = words[1:]
    if held is None or len(words) < 2 or words[1].lower() not in {"in", "out"}:
        return False
    item = words[1].lower(), words[0]
    if line.negated:
        held.distribute_lists = [known for known in held.distribute_lists if known[:2] != item]
    else:
        held.distribute_lists.append((*item, line.ref))
    return True


def _capability(state: State, line: Line) -> bool:
    if state.now.ospf is None:
        return False
    state.now.ospf.pe_checks_off = not line.negated
    return True


def _summary(state: State, line: Line) -> bool:
    held = state.now.ospf
    block = _block(line.args)
    if held is None or block is None:
        return False
    if line.negated:
        held.summaries = [item for item in held.summaries if item[:2] != block]
    else:
        held.summaries.append((*block, "not-advertise" not in line.args, line.ref))
    return True


def _block(words: list[str]) -> tuple[int, int] | None:
    if len(words) < 2:
        return None
    value, length = ip(words[0]), mask_length(words[1])
    return None if value is None or length is None else (value & mask_of(length), length)


def _area(state: State, line: Line) -> bool:
    held = state.now.ospf
    words = line.args
    name = area_id(words[0]) if words else None
    if held is None or name is None:
        return False
    if len(words) == 1:
        if line.negated:
            held.areas.pop(name, None)
        return line.negated
    area = state.area(held, name, line.ref)
    return _area_clause(state, line, area, words[1].lower(), words[2:])


def _area_clause(state: State, line: Line, area: Area, what: str, words: list[str]) -> bool:
    lowered = [word.lower() for word in words]
    if what in {"stub", "nssa"}:
        if line.negated:
            area.kind = "normal" if "no-summary" not in lowered else what
        else:
            area.kind = f"totally-{what}" if "no-summary" in lowered else what
        return True
    if what == "authentication":
        area.authentication = "none" if line.negated else "md5" if lowered == ["message-digest"] else "simple"
        return lowered in ([], ["message-digest"])
    if what == "range":
        block = _block(words)
        if block is None:
            return False
        area.ranges = [item for item in area.ranges if item[:2] != block]
        if not line.negated:
            area.ranges.append((*block, "not-advertise" not in lowered, line.ref))
        return True
    if what == "default-cost":
        area.default_cost = None if line.negated or not words or not words[0].isdigit() else int(words[0])
        return line.negated or area.default_cost is not None
    if what == "filter-list" and len(words) == 3 and lowered[0] == "prefix" and lowered[2] in {"in", "out"}:
        item = lowered[2], words[1]
        area.filters = [known for known in area.filters if known[:2] != item]
        if not line.negated:
            area.filters.append((*item, line.ref))
        return True
    if what in {"virtual-link", "sham-link"}:
        return state.feature(line, FeatureKind.ROUTING)
    return False


OSPF_VIEW = View(
    "router ospf",
    table(
        {
            "network": _network, "router-id": _router_id, "passive-interface": _passive, "redistribute": _redistribute,
            "default-information originate": _default_route, "auto-cost reference-bandwidth": _number("bandwidth_reference"),
            "maximum-paths": _number("maximum_paths"), "default-metric": _number("default_metric"), "distance": _distance,
            "distribute-list": _distribute, "capability vrf-lite": _capability, "summary-address": _summary, "area": _area,
            "log-adjacency-changes": LOGS, "timers": ROUTING, "nsf": ROUTING, "nsr": ROUTING,
            "bfd all-interfaces": ROUTING, "ispf": ROUTING,
            "max-metric": ROUTING, "snmp context": LOGS, "event-log": LOGS, "compatible": ROUTING, "ttl-security": ROUTING,
            "max-lsa": ROUTING, "queue-depth": ROUTING, "process-min-time": ROUTING, "fast-reroute": ROUTING, "ignore lsa mospf": LOGS,
            "capability transit": ROUTING, "capability opaque": ROUTING, "capability lls": ROUTING, "prefix-suppression": ROUTING,
            "description": LOGS, "limit retransmissions": ROUTING, "traffic-share": ROUTING, "discard-route": FeatureKind.ROUTING,
            "neighbor": LOGS, "domain-id": LOGS, "domain-tag": LOGS, "exit": LOGS,
            "mpls": FeatureKind.MPLS, "segment-routing": FeatureKind.MPLS, "shutdown": FeatureKind.ROUTING,
            "microloop avoidance": ROUTING, "local-rib-criteria": ROUTING,
        }
    ),
)  # fmt: skip


@per_port
def on_interface(state: State, line: Line, port: Port) -> bool:
    """``ip ospf …`` on an interface."""
    words = [word.lower() for word in line.args]
    if not words:
        return False
    held = port_ospf(port, line)
    if words[0].isdigit() and (len(words) >= 3 and words[1] == "area"):
        held.process = None if line.negated else words[0]
        held.area = None if line.negated else area_id(words[2])
        return line.negated or held.area is not None
    what, values = words[0], words[1:]
    if what == "authentication":
        kinds = {"": "simple", "message-digest": "md5", "null": "none", "key-chain": "keychain"}
        found = kinds.get(values[0] if values else "")
        held.authentication = "" if line.negated or found is None else found
        return line.negated or found is not None
    if what in {"message-digest-key", "authentication-key"}:
        return True
    if what == "network" and (values or line.negated):
        held.network_type = "" if line.negated else values[0]
        return True
    names = {"cost": "cost", "hello-interval": "hello", "priority": "priority"}
    if what in names:
        number = values[0] if values else ""
        if not line.negated and not number.isdigit():
            return False
        setattr(held, names[what], None if line.negated else int(number))
        return True
    if what == "dead-interval":
        held.dead = None if line.negated else 1 if values[:1] == ["minimal"] else int(values[0]) if values and values[0].isdigit() else None
        return line.negated or held.dead is not None
    if what in {"database-filter", "shutdown"}:
        return state.feature(line, FeatureKind.ROUTING)
    return what in _OTHER_WORDS


_OTHER_WORDS = {
    "mtu-ignore", "bfd", "retransmit-interval", "transmit-delay", "demand-circuit", "flood-reduction", "lls",
    "ttl-security", "resync-timeout",
    "prefix-suppression", "fast-reroute", "name-lookup",
}  # fmt: skip


def processes(state: State) -> tuple[OspfProcess, ...]:
    return tuple(
        OspfProcess(
            id=held.id,
            vrf=held.vrf,
            router_id=held.router_id,
            areas=tuple(area.built() for area in held.areas.values()),
            redistributions=tuple(held.redistributions),
            default_route=held.default_route,
            passive_default=held.passive_default,
            passive=tuple(held.passive),
            active=tuple(held.active),
            bandwidth_reference=held.bandwidth_reference,
            distances=tuple(held.distances.items()),
            distribute_lists=tuple(held.distribute_lists),
            maximum_paths=held.maximum_paths,
            pe_checks_off=held.pe_checks_off,
            ref=held.ref,
            default_metric=held.default_metric,
            default_policy=held.default_policy,
            summaries=tuple(held.summaries),
            default_route_metric=held.default_route_metric,
            default_route_type=held.default_route_type,
        )
        for held in state.routing.ospf.values()
    )
