"""Whether an outage can change what importers and BGP speakers tell: if not, their exchange need not be worked out again.

All that they tell comes from static routes, connected networks, `network` lines, and external peers; what it further depends on is how next
hops and neighbours are reached. Those prefixes, and every prefix that covers one of those addresses, are watched. An outage that changes no
route to a watched prefix, on any importer or speaker, leaves every step of the exchange as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from isolation_checks.routing.bgp import Bgp
from isolation_checks.routing.ospf import Ospf, OspfState
from isolation_checks.routing.ospf_nssa import External
from isolation_checks.routing.prefixes import Key, address, key
from isolation_checks.routing.rib import Local, Routes
from isolation_checks.routing.wiring import Wiring
from isolation_checks.snapshot import DeviceConfig, Redistribution


class Watch:
    """``told``: with everything working, by domain."""

    def __init__(
        self, joints: Sequence[str], configs: Mapping[str, DeviceConfig], ospf: Ospf, bgp: Bgp, told: Mapping[int, tuple[External, ...]]
    ) -> None:
        self._joints = joints
        self._of = {name: [item.id for item in ospf.instances if item.device == name] for name in joints}
        self._ends = frozenset(end for item in bgp.sessions for end in (item.here, item.there) if end is not None)
        self._always = any(item.forward is not None for items in told.values() for item in items)
        self._always |= any(area.kind == "nssa" for area in ospf.areas)
        self._keys: set[Key] = {0}
        self._told_statics: dict[str, frozenset[Key]] = {}
        addresses: set[int] = {item.prefix >> 6 for items in told.values() for item in items if item.prefix & 63 == 32}
        for name in joints:
            config = configs[name]
            self._always |= _from_anywhere(config)
            if any(item.source in ("static", "unr") for item in redistributions(config)):
                self._told_statics[name] = frozenset(key(item.network, item.length) for item in config.static_routes)
            addresses.update(item.next_hop for item in config.static_routes if item.next_hop is not None)
            for process in config.bgp:
                self._keys.update(key(network, length) for network, length, *_ in (*process.networks, *process.aggregates))
                addresses.update(found for item in process.neighbors if (found := address(item.address)) is not None)
        self._keys.update(item.prefix for items in told.values() for item in items)
        for session in bgp.sessions:
            addresses.update((session.local, session.address))
            if session.peer is not None:
                self._keys.update(key(int(item.network_address), item.prefixlen) for item in session.peer.accepts)
        self._keys.update(_covering(addresses))
        self._watched = {name: self._keys | self._told_statics.get(name, frozenset()) for name in joints}

    def quiet(
        self,
        wiring: Wiring,
        old: OspfState,
        new: OspfState,
        before: Mapping[str, Local],
        after: Mapping[str, Local],
        tracking: Iterable[str],
    ) -> bool:
        """True where the exchange comes out as before. Says False where it is not sure."""
        if self._always or wiring.dead.intersection(self._joints) or any(name in self._of for name in tracking):
            return False
        if not self._ends.isdisjoint(wiring.touched):
            return False
        for name in self._joints:
            watched = self._watched[name]
            if after[name] is not before[name] and any(prefix in watched for prefix in _local_changes(before[name], after[name])):
                return False
            for number in self._of[name]:
                if bool(new.attached[number]) != bool(old.attached[number]):
                    return False
                if new.internal[number] is not old.internal[number] and any(
                    prefix < 0 or prefix in watched for prefix in differing(old.internal[number], new.internal[number])
                ):
                    return False
        return True


def _from_anywhere(config: DeviceConfig) -> bool:
    """Whether it tells routes that may have any prefix: those of OSPF, or its connected networks."""
    sources = [item.source for item in redistributions(config)]
    return any(source not in ("static", "unr", "bgp") for source in sources)


def redistributions(config: DeviceConfig) -> tuple[Redistribution, ...]:
    """Of all its routing processes."""
    return (
        *(item for process in config.ospf for item in process.redistributions),
        *(item for process in config.bgp for item in process.redistributions),
    )


def _covering(addresses: Iterable[int]) -> Iterator[Key]:
    for item in addresses:
        for length in range(33):
            yield (item >> (32 - length) << (32 - length)) << 6 | length


def _local_changes(before: Local, after: Local) -> Iterator[Key]:
    for vrf in before.connected:
        for one, two in ((before.connected[vrf], after.connected[vrf]), (before.own[vrf], after.own[vrf])):
            yield from differing(one, two)


def differing(one: Routes, two: Routes) -> Iterator[Key]:
    for prefix, item in one.items():
        if two.get(prefix) is not item and two.get(prefix) != item:
            yield prefix
    for prefix in two:
        if prefix not in one:
            yield prefix
