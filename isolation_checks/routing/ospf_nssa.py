"""External routes in not-so-stubby areas, and their translation for the rest of the network (RFC 3101)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from isolation_checks.routing.ospf import Ospf, OspfState
from isolation_checks.routing.ospf_area import boundary
from isolation_checks.routing.ospf_setup import Instance
from isolation_checks.routing.prefixes import Key
from isolation_checks.snapshot import Ref


class External(NamedTuple):
    """A prefix that ``importer`` brings in, with a metric of type 1 (adds up) or 2. ``forward``: where to send packets instead of to it."""

    importer: int
    prefix: Key
    kind: int
    metric: int
    forward: int | None
    refs: tuple[Ref, ...]
    area: int | None = None  # of a not-so-stubby area: known in it alone


def scoped(ospf: Ospf, state: OspfState, instance: Instance, item: External) -> Iterator[External]:
    """A route for the whole system where the router has a normal area, and for each of its not-so-stubby areas.

    A border router's own is not to be translated, and needs no forwarding address (2.4); the others give one of theirs (2.3).
    """
    numbers = state.attached[instance.id]
    if any(ospf.areas[number].kind == "normal" for number in numbers):
        yield item
    for number in numbers:
        if ospf.areas[number].kind == "nssa" and (item.prefix != 0 or instance.vendor == "frr"):
            own = None if ospf.border(state, instance.id) else own_address(ospf, state, instance, number)
            yield item._replace(area=number, forward=item.forward if item.forward is not None else own)


def own_address(ospf: Ospf, state: OspfState, instance: Instance, number: int) -> int | None:
    """Where packets should go: a loopback's address, else any interface's in the area (2.3)."""
    mine = [port for node, port in state.areas[number].ports if node == ospf.node[instance.id, number] and port.numbered]
    loopbacks = [port.address for port in mine if port.kind == "loopback"]
    return max(loopbacks or [port.address for port in mine], default=None)


def translate(ospf: Ospf, state: OspfState, told: dict[int, list[External]], dead: frozenset[str]) -> None:
    """Add what the elected border router of each not-so-stubby area makes known outside: the one with the highest router ID (3.1)."""
    for domain, items in told.items():
        for number in sorted({item.area for item in items if item.area is not None}):
            translator = _translator(ospf, state, number, dead)
            if translator is None:
                continue
            best: dict[Key, External] = {}
            mine = {item.prefix for item in items if item.importer == translator and item.area is None}  # told by itself anyway
            for item in items:
                own = item.importer == translator or _border_too(ospf, state, item.importer)
                if (
                    item.area == number
                    and not own
                    and item.prefix not in mine
                    and boundary(item.importer, nssa=True) in state.internal[translator]
                ):
                    before = best.get(item.prefix)
                    if before is None or (item.kind, item.metric) < (before.kind, before.metric):
                        best[item.prefix] = item
            told[domain] += [item._replace(importer=translator, area=None) for item in best.values()]


def _border_too(ospf: Ospf, state: OspfState, importer: int) -> bool:
    """A border router tells the outside itself; what it tells the area is not to be translated."""
    return ospf.border(state, importer)


def _translator(ospf: Ospf, state: OspfState, number: int, dead: frozenset[str]) -> int | None:
    borders = [
        instance
        for instance in ospf.areas[number].members
        if ospf.instances[instance].device not in dead and number in state.attached[instance] and ospf.border(state, instance)
    ]
    return max(borders, key=lambda instance: ospf.instances[instance].router_id, default=None)
