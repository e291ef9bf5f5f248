"""What a proof says: verdicts, findings and the evidence for them. Frozen; every text for people is a `Text`, worded when it is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from isolation_checks.packets.fields import Packet
from isolation_checks.snapshot import Ref
from topology.facts import Approval, Assumption, RuleException
from topology.i18n import Text
from topology.origin import Origin

Place: TypeAlias = Ref | Origin
"""A line of a config (Ref) or of the inventory (Origin)."""


class Verdict(StrEnum):
    PROVED = "PROVED"
    VIOLATED = "VIOLATED"
    INCOMPLETE = "INCOMPLETE"
    NOT_APPLICABLE = "NOT APPLICABLE"


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Scope(StrEnum):
    """For what a verdict holds."""

    PHYSICAL = "physical"  # every config, every failure: only what is bolted and plugged
    ANY_ROUTE = "any route"  # every state of routing, every failure
    EXACT = "everything up"  # the routes that devices compute when nothing has failed
    FAILURES = "up to k failures"  # the routes that devices compute under every set of as many failures as were asked for
    AS_WRITTEN = "as written"  # the configs' own lines
    DECREED = "decreed"  # what people decided and recorded


class Link(NamedTuple):
    """One link of a chain of cables: from a chassis or peer to the next, over a cable, a circuit, a shared enclosure, a line or a
    console.
    """

    a: str
    b: str
    over: Text
    origin: Origin | None


class Step(NamedTuple):
    """One decision on a packet's way. ``at`` names a device, a party or a peer; ``ref`` is the line that decides, None where a default
    does.
    """

    at: str
    what: Text
    ref: Ref | None = None
    rewritten: Packet | None = None  # the packet after a translation


@dataclass(frozen=True, slots=True)
class ChainWitness:
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class PacketWitness:
    """A packet that party ``source`` sends and ``target`` gets, or, where it does not ``arrive``, should get. ``count``: how many such
    packets there are.

    ``replayed``: the step-by-step simulation, which shares no code with the packet sets, came to the same. ``opened_by`` is the packet that
    opened the session, where one was needed.
    """

    source: str
    target: str
    packet: Packet
    count: int
    steps: tuple[Step, ...]
    replayed: bool
    opened_by: PacketWitness | None = None
    arrives: bool = True


Witness: TypeAlias = ChainWitness | PacketWitness


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of a rule. ``subject`` is a stable name that exceptions refer to (a site, device, party, circuit, ``device:filter`` …)."""

    subject: str
    what: Text
    fix: Text
    places: tuple[Place, ...] = ()
    witness: Witness | None = None

    @property
    def sort_key(self) -> tuple[str, str, tuple[str, ...]]:
        return self.subject, self.what.render("en"), tuple(map(str, self.places))


class Doubt(NamedTuple):
    """Why a rule could not be decided: a line not understood, a device without config, a port that nobody knows."""

    what: Text
    place: Place | None


class Note(NamedTuple):
    """What a rule saw and is asked to list, not to judge, such as a site that nobody promised to keep when its only circuit is cut."""

    subject: str
    what: Text
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule found: its subjects (none: NOT APPLICABLE), its breaches, its doubts, the assumptions (slugs) that it rests on, and what
    it lists.
    """

    subjects: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    assumptions: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


class Excepted(NamedTuple):
    """A finding that an exception covers until it expires."""

    finding: Finding
    exception: RuleException
    approval: Approval


class RuleInfo(NamedTuple):
    """A rule as people read it. ``source``: plan sections and standards."""

    id: str
    family: str
    title: Text
    description: Text
    source: tuple[Text, ...]
    severity: Severity
    scope: Scope


@dataclass(frozen=True, slots=True)
class Result:
    """A rule's verdict. ``findings`` are those that no valid exception covers."""

    rule: RuleInfo
    verdict: Verdict
    subjects: tuple[str, ...]
    findings: tuple[Finding, ...]
    excepted: tuple[Excepted, ...]
    doubts: tuple[Doubt, ...]
    assumptions: tuple[str, ...]
    notes: tuple[Note, ...] = ()


class ExceptionState(StrEnum):
    USED = "used"
    UNUSED = "unused"  # nothing to except: it may go
    EXPIRED = "expired"
    INVALID = "invalid"  # its approval is missing, or of another kind


class ExceptionUse(NamedTuple):
    exception: RuleException
    approval: Approval | None
    state: ExceptionState
    findings: int


class Cell(NamedTuple):
    """What passes from one group of parties to another: ``declared`` flows, and whether something else was found (``excess``)."""

    source: str
    target: str
    flows: int
    passes: bool
    excess: int


@dataclass(frozen=True, slots=True)
class ZoneMatrix:
    """Who can send to whom, by groups of parties (``groups``: id and title). Groups without any cell are left out."""

    groups: tuple[tuple[str, Text], ...]
    cells: tuple[Cell, ...]


class CoverageRow(NamedTuple):
    """How the lines of a device's configs were read."""

    device: str
    platform: str
    lines: int
    understood: int
    irrelevant: int
    unmodelled: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a reader or a program learns from one run. ``inputs``: a digest of configs and inventory, so that two reports can
    be compared.
    """

    city: str
    city_name_zh: str
    city_name_en: str
    as_of: date
    inputs: str
    devices: int
    lines: int
    results: tuple[Result, ...]
    exceptions: tuple[ExceptionUse, ...]
    assumptions: tuple[Assumption, ...]
    coverage: tuple[CoverageRow, ...]
    matrix: ZoneMatrix | None
    seconds: tuple[tuple[str, float], ...] = field(default=(), compare=False)  # stage and time; left out where output is compared
    failures: int = 0  # the rules on failures were judged under all sets of so many; 0: not judged

    @property
    def verdict(self) -> Verdict:
        """VIOLATED before INCOMPLETE before PROVED; a report in which nothing applies is INCOMPLETE, never good."""
        verdicts = {result.verdict for result in self.results}
        for verdict in (Verdict.VIOLATED, Verdict.INCOMPLETE, Verdict.PROVED):
            if verdict in verdicts:
                return verdict
        return Verdict.INCOMPLETE
