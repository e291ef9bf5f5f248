"""Whether packets to an address arrive at a device, hop by hop over the tables: what a session between distant neighbours needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from isolation_checks.reach.layer2 import Endpoint
from isolation_checks.routing.rib import Rib, resolve
from isolation_checks.routing.wiring import Wiring

MOST = 32
"""Devices on a way; a longer one is a loop."""


def arrives(
    start: tuple[str, str],
    address: int,
    target: str,
    wiring: Wiring,
    owners: Mapping[tuple[int, int], tuple[Endpoint, ...]],
    ribs: Callable[[str], Mapping[str, Rib]],
    vrf_of: Callable[[Endpoint], str],
) -> bool:
    """From ``start`` (device and VRF) to ``target``, over any of the equal ways."""
    seen = {start}
    ahead = [start]
    for _ in range(MOST):
        following: list[tuple[str, str]] = []
        for device, vrf in ahead:
            rib = ribs(device).get(vrf)
            found = resolve(rib.best, address, vrf) if rib is not None else None
            for hop in found[0] if found is not None else ():
                segment = wiring.layer2.segment_of.get(Endpoint(device, hop.interface))
                gateway = address if hop.gateway is None else hop.gateway
                for owner in owners.get((segment, gateway), ()) if segment is not None else ():
                    if owner.device == target:
                        return True
                    place = owner.device, vrf_of(owner)
                    if place not in seen:
                        seen.add(place)
                        following.append(place)
        ahead = following
    return False
