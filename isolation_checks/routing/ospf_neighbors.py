"""Which OSPF interfaces become neighbours, and why others do not (RFC 2328 10.5, 10.6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from isolation_checks.reach.layer2 import Endpoint
from isolation_checks.routing.model import Unformed
from isolation_checks.routing.ospf_setup import Instance, OspfPort
from isolation_checks.routing.prefixes import dotted, mask
from topology.i18n import T, Text


class Pair(NamedTuple):
    """Two interfaces that exchange routes."""

    a: OspfPort
    b: OspfPort


def neighbors(found: Sequence[Instance], segment_of: Callable[[Endpoint], int | None]) -> tuple[tuple[Pair, ...], tuple[Unformed, ...]]:
    """All pairs that speak on a segment: those that form, and those that do not with the reason."""
    on: dict[int, list[OspfPort]] = defaultdict(list)
    for instance in found:
        for port in instance.ports:
            number = segment_of(port.endpoint)
            if number is not None and not port.passive:
                on[number].append(port)
    pairs: list[Pair] = []
    unformed: list[Unformed] = []
    for ports in on.values():
        for index, a in enumerate(ports):
            for b in ports[index + 1 :]:
                if a.endpoint.device == b.endpoint.device and a.endpoint.interface == b.endpoint.interface:
                    continue
                reason = _reason(found, a, b)
                if reason is None:
                    pairs.append(Pair(a, b))
                else:
                    unformed.append(Unformed(a.endpoint, b.endpoint, reason, (a.refs[0], b.refs[0])))
    return tuple(pairs), tuple(unformed)


def _reason(found: Sequence[Instance], a: OspfPort, b: OspfPort) -> Text | None:
    one, two = found[a.instance], found[b.instance]
    checks: Iterable[tuple[bool, Text]] = (
        (a.area == b.area, T("the areas differ: {a} and {b}", a=a.area, b=b.area)),
        (_flavour(one.kind(a.area)) == _flavour(two.kind(b.area)), T("one end has the area as a stub area, the other end not")),
        ((a.hello, a.dead) == (b.hello, b.dead), T("the timers differ: hello {a} s, dead {b} s against hello {c} s, dead {d} s",
                                                   a=a.hello, b=a.dead, c=b.hello, d=b.dead)),
        (a.authentication == b.authentication, T("the authentication differs")),
        (_same_subnet(a, b), T("the addresses {a}/{b} and {c}/{d} are not in one subnet",
                               a=dotted(a.address), b=a.length, c=dotted(b.address), d=b.length)),
        (one.router_id != two.router_id, T("both have the router ID {id}", id=dotted(one.router_id))),
        ((a.kind in ("p2p", "p2mp")) == (b.kind in ("p2p", "p2mp")), T("one end is point-to-point, the other end is not")),
        (a.kind not in ("broadcast", "nbma") or a.priority > 0 or b.priority > 0, T("both have priority 0: nobody is elected")),
        (not _mtu_refused(one, a, two, b), T("the MTUs differ: {a} and {b}", a=a.mtu, b=b.mtu)),
    )  # fmt: skip
    return next((text for good, text in checks if not good), None)


def _flavour(kind: str) -> str:
    return kind.removeprefix("totally-")


def _same_subnet(a: OspfPort, b: OspfPort) -> bool:
    if not (a.numbered and b.numbered):
        return a.kind == "p2p" and b.kind == "p2p"
    same = a.address & mask(b.length) == b.address & mask(b.length) and b.address & mask(a.length) == a.address & mask(a.length)
    return same and (a.length == b.length or a.kind in ("p2p", "p2mp")) and a.address != b.address


def _mtu_refused(one: Instance, a: OspfPort, two: Instance, b: OspfPort) -> bool:
    """A description with an MTU above one's own is refused; where a platform sends none, 0 stands in it."""
    if not (one.platform.send_mtu and two.platform.send_mtu):
        return False
    return a.mtu != b.mtu
