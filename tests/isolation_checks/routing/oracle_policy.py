"""What route policies and prefix lists do with one route, clause by clause. Part of the oracle."""

from __future__ import annotations

from dataclasses import dataclass, replace

from isolation_checks.snapshot import Action, DeviceConfig, PolicyEntry, PrefixList


@dataclass(frozen=True)
class Carried:
    """A route on its way through a policy. ``metric`` is the MED in BGP, the external cost in OSPF."""

    network: int
    length: int
    metric: int | None = None
    metric_type: int | None = None
    tag: int | None = None
    local_preference: int | None = None
    weight: int = 0


def listed(prefixes: PrefixList, network: int, length: int) -> bool:
    """The first entry that the prefix is in decides; none: no."""
    for entry in sorted(prefixes.entries, key=lambda item: item.number):
        mask = (0xFFFFFFFF << (32 - entry.length)) & 0xFFFFFFFF
        if network & mask == entry.network & mask and length >= entry.length and entry.ge <= length <= entry.le:
            return entry.action == Action.PERMIT
    return False


def through(config: DeviceConfig, name: str, route: Carried) -> Carried | None:
    """What the route policy or the prefix list of this name makes of a route; None: refused. One that does not exist refuses all."""
    policy = next((item for item in config.route_policies if item.name == name and item.kind in ("route-policy", "route-map")), None)
    if policy is None:
        plain = next((item for item in config.prefix_lists if item.name == name), None)
        return route if plain is not None and listed(plain, route.network, route.length) else None
    for entry in sorted(policy.entries, key=lambda item: item.number):
        if all(_holds(config, what, values, route) for what, values in entry.matches):
            return _set(entry, route) if entry.action == Action.PERMIT else None
    return None


def _holds(config: DeviceConfig, what: str, values: tuple[str, ...], route: Carried) -> bool:
    if what == "prefix-list":
        return any(listed(item, route.network, route.length) for item in config.prefix_lists if item.name in values)
    if what == "tag":
        return route.tag is not None and str(route.tag) in values
    raise NotImplementedError(what)


def _set(entry: PolicyEntry, route: Carried) -> Carried:
    for what, values in entry.sets:
        if what == "metric":
            route = replace(route, metric=int(values[0]))
        elif what == "metric-type":
            route = replace(route, metric_type=int(values[0].removeprefix("type-")))
        elif what == "tag":
            route = replace(route, tag=int(values[0]))
        elif what == "local-preference":
            route = replace(route, local_preference=int(values[0]))
        elif what == "weight":
            route = replace(route, weight=int(values[0]))
        else:
            raise NotImplementedError(what)
    return route
