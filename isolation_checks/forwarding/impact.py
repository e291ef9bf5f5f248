"""What a failure changes: which demands break, which take another way, which routes move."""

from __future__ import annotations

from typing import NamedTuple

from isolation_checks.forwarding.demands import Demand
from isolation_checks.forwarding.work import Met, Work
from isolation_checks.routing.model import Hop, Outage, Routing


class Change(NamedTuple):
    """A demand before and after. The devices are all that its packets and their answers pass, sorted."""

    demand: Demand
    before: tuple[str, ...]
    after: tuple[str, ...]
    met: Met  # as it is after

    @property
    def broken(self) -> bool:
        return self.met.lost


class Moved(NamedTuple):
    """A prefix that a device forwards elsewhere; no hops and no discard means that the route is gone."""

    device: str
    vrf: str
    network: int
    length: int
    before: tuple[Hop, ...] | None
    after: tuple[Hop, ...] | None


class Impact(NamedTuple):
    """``broken``: what worked and does not; ``moved``: what works by other devices; ``routes``: whose next hops changed, by device."""

    outage: Outage
    demands: int
    broken: tuple[Change, ...]
    moved: tuple[Change, ...]
    routes: tuple[Moved, ...]


def impact(base: Work, after: Work) -> Impact:
    """The difference that an outage makes. Both works are of one city; ``after`` comes of ``base.under``."""
    changes = [
        Change(new.demand, tuple(sorted(old.devices)), tuple(sorted(new.devices)), new)
        for old, new in zip(base.met, after.met, strict=True)
        if old is not new and not old.lost
    ]
    return Impact(
        after.plane.routing.outage,
        len(base.met),
        tuple(change for change in changes if change.broken),
        tuple(change for change in changes if not change.broken and change.before != change.after),
        tuple(_moved(base.plane.routing, after.plane.routing)),
    )


def _moved(before: Routing, after: Routing) -> list[Moved]:
    """Of devices that are still up: one that is down has no routes to speak of."""
    found = []
    for device, vrf in sorted(before.tables.keys() | after.tables.keys()):
        one, other = before.tables.get((device, vrf)), after.tables.get((device, vrf))
        if one is other or device in after.outage.devices:
            continue
        old = {(route.network, route.length): route.hops for route in one.routes} if one else {}
        new = {(route.network, route.length): route.hops for route in other.routes} if other else {}
        found += [
            Moved(device, vrf, *prefix, old.get(prefix), new.get(prefix))
            for prefix in sorted(old.keys() | new.keys())
            if old.get(prefix) != new.get(prefix)
        ]
    return found
