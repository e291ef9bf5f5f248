"""Where who was first decides: two routers that bring the same prefix into OSPF, each of which would rather believe the other.

Either of the two states stays once it is there. The routes are worked out for one of them, and the choice is a doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from isolation_checks.routing.ospf import Ospf
from isolation_checks.routing.ospf_nssa import External
from isolation_checks.routing.prefixes import Key, show
from isolation_checks.routing.rib import Routes
from isolation_checks.verdicts import Doubt
from topology.i18n import T


class Alone(NamedTuple):
    """An importer that hears of no external routes: its table, and what it then tells."""

    best: Routes
    told: Mapping[Key, External]


def rivals(ospf: Ospf, told: Mapping[int, tuple[External, ...]], alone: Callable[[int], Alone]) -> Iterator[Doubt]:
    """``told``: what is told by domain; ``alone``: by instance."""
    for items in told.values():
        tellers: dict[Key, dict[int, External]] = {}
        for item in items:
            tellers.setdefault(item.prefix, {})[item.importer] = item
        domain = ospf.domain[items[0].importer] if items else -1
        for number in sorted(number for number in ospf.importers if ospf.domain[number] == domain):
            mine = alone(number)
            for prefix in sorted(mine.told.keys() & tellers.keys()):
                if number in tellers[prefix]:
                    continue
                other = next((other for other in sorted(tellers[prefix]) if _would_yield(ospf, other, alone(other), prefix)), None)
                if other is not None:
                    a, b = ospf.instances[other].device, ospf.instances[number].device
                    what = T("{a} and {b} both bring {prefix} into OSPF, and each would take it from the other: who was first decides",
                             a=a, b=b, prefix=show(prefix))  # fmt: skip
                    yield Doubt(what, mine.told[prefix].refs[0])


def _would_yield(ospf: Ospf, number: int, alone: Alone, prefix: Key) -> bool:
    """Whether it prefers an external route over the one that it tells of."""
    held = alone.best.get(prefix)
    return held is None or held.preference > ospf.instances[number].distance("external")
