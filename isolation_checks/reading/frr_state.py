"""What the views of FRR's configuration share: the state that they fill, a line being read, and what a handler is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from isolation_checks.reading import values
from isolation_checks.reading.ledger import Ledger
from isolation_checks.reading.linux_draft import LinuxDraft
from isolation_checks.snapshot import FeatureKind, PrefixEntry, PrefixList, Redistribution, Ref, RoutePolicy, Rule
from topology.i18n import T

if TYPE_CHECKING:
    from isolation_checks.reading.frr_bgp import BgpDraft
    from isolation_checks.reading.frr_ospf import OspfProcessDraft

LABELS = T("names and comments for people").msgid
LOGGING = T("logging and debugging of the device itself").msgid
TIMERS = T("timers of a routing protocol").msgid
DETECTION = T("how fast a failed neighbour is noticed").msgid
IPV6_ROUTES = T("selects IPv6 routes only").msgid
LOADING = T("how daemons start, store and show their configuration").msgid
LIMITS = T("sizes and batching of what a routing protocol sends").msgid
MONITORING = T("how the device is watched, read only").msgid
QUEUES = T("speed and quality of service, not what may pass").msgid
SECRETS = T("a secret that is set elsewhere and compared nowhere here").msgid


@dataclass(slots=True)
class FrrState:
    draft: LinuxDraft
    ospf: dict[tuple[str, str | None], OspfProcessDraft] = field(default_factory=dict)
    bgp: dict[tuple[str, str | None], BgpDraft] = field(default_factory=dict)
    prefix_lists: dict[str, list[PrefixEntry]] = field(default_factory=dict)
    prefix_refs: dict[str, Ref] = field(default_factory=dict)
    access_lists: dict[str, list[tuple[int, Rule]]] = field(default_factory=dict)
    policies: dict[str, RoutePolicy] = field(default_factory=dict)
    defaults: str = "traditional"

    @property
    def needs_ebgp_policy(self) -> bool:
        """Whether BGP to another AS is silent without a policy: since 7.4, of the traditional defaults. Unknown releases count as open."""
        parts = self.draft.version.split("-")[0].split(".")
        if self.defaults != "traditional" or len(parts) < 2 or not all(part.isdigit() for part in parts[:2]):
            return False
        return (int(parts[0]), int(parts[1])) >= (7, 4)

    def lists(self) -> tuple[PrefixList, ...]:
        return tuple(
            PrefixList(name, tuple(sorted(entries, key=lambda entry: entry.number)), self.prefix_refs[name])
            for name, entries in self.prefix_lists.items()
            if entries
        )


@dataclass(slots=True)
class Line:
    """One line: ``words`` without a leading ``no``; ``data`` belongs to the view that it stands in."""

    number: int
    text: str
    words: list[str]
    no: bool
    ledger: Ledger
    state: FrrState
    data: object
    opened: tuple[str, object] | None = None

    @property
    def ref(self) -> Ref:
        return self.ledger.ref(self.number)

    def feature(self, kind: FeatureKind, interface: str | None = None) -> bool:
        """Note what the model does not hold; ``no`` of it is understood."""
        if self.no:
            self.ledger.understood(self.number)
        else:
            self.ledger.feature(self.number, kind, self.text.strip(), interface)
        return True


Handler: TypeAlias = Callable[[Line, list[str]], bool] | str | FeatureKind
"""A function that says whether it understood the rest; the reason why a line is irrelevant; or what a line is that the model lacks."""


def prefix(text: str) -> tuple[int, int] | None:
    """Address and length of ``10.0.0.0/8``; the address keeps its host bits."""
    address, slash, length = text.partition("/")
    value = values.ip(address)
    bits = values.mask_length(length) if slash and length.isdigit() else None
    return None if value is None or bits is None else (value, bits)


def network(text: str) -> tuple[int, int] | None:
    found = prefix(text)
    return None if found is None else (found[0] & values.mask_of(found[1]), found[1])


def number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def area_id(text: str) -> str | None:
    """An OSPF area, dotted."""
    if text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= values.FULL:
        return values.dotted(int(text))
    value = values.ip(text)
    return None if value is None else values.dotted(value)


def options(words: list[str], *names: str) -> dict[str, str] | None:
    """The words as pairs of an option among ``names`` and its value; None where something else stands there."""
    if len(words) % 2:
        return None
    found = dict(zip(words[::2], words[1::2], strict=True))
    return found if len(found) * 2 == len(words) and all(name in names for name in found) else None


def redistribution(line: Line, words: list[str]) -> Redistribution | None:
    """``redistribute SOURCE [PROCESS] [metric M] [metric-type T] [route-map R]``."""
    if not words:
        return None
    source, rest, process = words[0], words[1:], ""
    if rest and (rest[0].isdigit() or source == "table"):
        process, rest = rest[0], rest[1:]
    found = options(rest, "metric", "metric-type", "route-map", "tag")
    if found is None:
        return None
    source = {"kernel": "static", "local": "connected", "table-direct": "table"}.get(source, source)
    kind = found.get("metric-type", "").removeprefix("type-")
    return Redistribution(source, process, found.get("route-map"), number(found.get("metric", "")), number(kind), line.ref)
