"""What became of a packet, decision by decision: fit for a table, for JSON and for drawing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from isolation_checks.packets.fields import Packet
from isolation_checks.routing.model import Outage
from isolation_checks.snapshot import Ref
from isolation_checks.verdicts import Doubt, Step
from topology.i18n import Text


class Fate(StrEnum):
    """How the way of a packet ends."""

    DELIVERED = "delivered"  # on the segment of the party that has its destination
    LOCAL = "local"  # a device itself has the destination
    LEFT = "left"  # handed to an external network
    NO_START = "no-start"  # its sender is plugged in nowhere, or that is down
    NO_GATEWAY = "no-gateway"  # no device answers as the sender's first hop
    NO_ROUTE = "no-route"
    DISCARDED = "discarded"  # a discard route
    FILTERED = "filtered"
    POLICY = "policy"  # the policy between two zones
    REVERSE_PATH = "reverse-path"
    NO_SESSION = "no-session"  # an answer at a device that never saw what it answers
    LOOP = "loop"
    UNREACHABLE = "unreachable"  # the next hop does not answer
    NOBODY = "nobody"  # its segment is reached, and nobody recorded has the address there
    NOT_FORWARDING = "not-forwarding"
    ELSEWHERE = "elsewhere"  # it arrives, but not where it should


ARRIVED = frozenset({Fate.DELIVERED, Fate.LOCAL, Fate.LEFT})
"""Fates that are no loss."""


class Kind(StrEnum):
    """What is decided."""

    START = "start"
    ENTRY = "entry"
    FILTER = "filter"
    TRANSLATION = "translation"
    POLICY_ROUTE = "policy-route"
    ROUTE = "route"
    POLICY = "policy"
    SESSION = "session"
    EXIT = "exit"
    END = "end"


class Decision(NamedTuple):
    """One decision on a packet's way. ``at`` names a device, a party or a peer; ``refs`` are the lines that decide, the device's own first.

    ``interface`` is the one that it is about, where it is about one; ``packet`` is the packet after it.
    """

    at: str
    kind: Kind
    what: Text
    packet: Packet
    refs: tuple[Ref, ...] = ()
    interface: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """One way of a packet from its sender to its end. ``end`` names the party, peer or device where it ends.

    ``doubts``: what on the way depends on something that nobody knows; it was decided in the packet's favour.
    """

    decisions: tuple[Decision, ...]
    fate: Fate
    end: str
    packet: Packet  # as it ends
    doubts: tuple[Doubt, ...] = ()

    @property
    def arrived(self) -> bool:
        return self.fate in ARRIVED

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices on the way, in order."""
        return tuple(item.at for item in self.decisions if item.kind is Kind.ENTRY or (item.kind is Kind.START and item.interface))

    @property
    def refs(self) -> tuple[Ref, ...]:
        return tuple(dict.fromkeys(ref for item in self.decisions for ref in item.refs))

    def steps(self) -> tuple[Step, ...]:
        """As witnesses show them; of several lines the first."""
        found = []
        before: Packet | None = None
        for item in self.decisions:
            changed = item.packet if before is not None and item.packet != before else None
            found.append(Step(item.at, item.what, item.refs[0] if item.refs else None, changed))
            before = item.packet
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Trace:
    """A packet's ways there, one for each choice among equal routes, and its answer's ways back."""

    source: str
    packet: Packet
    outage: Outage
    forward: tuple[Branch, ...]
    back: tuple[Branch, ...]  # of the answers of all branches that arrive; none where nothing arrives or nothing is answered
    cut: bool = False  # there are more branches than are shown

    @property
    def passes(self) -> bool:
        """Whether it arrives whichever equal route is taken, and its answer comes back."""
        return bool(self.forward) and all(branch.arrived for branch in (*self.forward, *self.back)) and not self.cut

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        return tuple(dict.fromkeys(doubt for branch in (*self.forward, *self.back) for doubt in branch.doubts))
