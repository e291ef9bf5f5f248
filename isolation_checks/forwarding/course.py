"""Sets of packets on their way, and all that becomes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from isolation_checks.forwarding.model import Fate
from isolation_checks.forwarding.pieces import Pieces, ternaries
from isolation_checks.packets.space import Node, PacketSpace
from isolation_checks.reach.layer2 import Segment
from isolation_checks.reach.senders import Sender
from isolation_checks.routing.model import Hop
from isolation_checks.snapshot import Ranges

Key: TypeAlias = tuple[object, ...]
"""What a result rests on: ("route", device, vrf, prefix), ("owner", segment, address), ("segment", number), ("device", name); and, which
follow from segments, ("places", sender) and ("around", endpoint).
"""


class Session(NamedTuple):
    """What a device remembers. ``sources`` and ``targets`` are addresses before anything was translated there."""

    device: str
    inward: str
    outward: str
    before: Node
    after: Node
    sources: Ranges
    targets: Ranges
    back: Hop | None = None  # by which answers leave, whatever the routes say


class Came(NamedTuple):
    """What packets were before the device that they are in translated their destinations, and whether it changed ports too."""

    packets: Node
    targets: Ranges
    ports: bool


class Load(NamedTuple):
    """Packets on their way. ``to`` stands for all of their destinations, as far as tables go; ``targets`` and ``sources`` are all
    addresses.
    """

    packets: Node
    to: int
    targets: Ranges
    sources: Ranges
    sessions: tuple[Session, ...] = ()  # that were opened on the way
    came: int | None = None  # the address of the neighbour that it came from, where the device that it enters keeps that
    before: Came | None = None  # where the device that they are in translated them


class End(NamedTuple):
    """Where packets arrive. ``name``: the party, external network or device."""

    fate: Fate
    name: str
    load: Load
    part: Segment | None = None
    sender: Sender | None = None
    vrf: str = ""


class Loss(NamedTuple):
    """Packets that are dropped, or (``doubtful``) may be."""

    at: str
    fate: Fate
    packets: Node
    doubtful: bool


@dataclass(slots=True)
class Course:
    """All that becomes of one load."""

    ends: list[End] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    rests_on: set[Key] = field(default_factory=set)
    looked_up: dict[tuple[str, str, int], tuple[Hop, ...] | None] = field(default_factory=dict)  # by device, VRF and address
    done: set[tuple[object, ...]] = field(default_factory=set)


def loads(
    pieces: Pieces, space: PacketSpace, packets: Node, targets: Ranges, sources: Ranges, without: Iterable[int] = ()
) -> Iterator[Load]:
    """A set, cut by destinations so that one address stands for each part."""
    found = pieces.of(targets, without)
    if len(found) == 1 and found[0].ranges == targets:
        yield Load(packets, found[0].first, found[0].ranges, sources)
        return
    for piece in found:
        part = packets & space.addresses("dst", ternaries(piece.ranges))
        if part != space.false:
            yield Load(part, piece.first, piece.ranges, sources)
