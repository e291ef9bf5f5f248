"""Packets and sets of packets as people read them: one good example, and a few boxes that say what a set is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from isolation_checks.packets.fields import ICMP, TCP, UDP, Packet
from isolation_checks.snapshot import Fragment, Range, TcpFlag

if TYPE_CHECKING:
    from isolation_checks.packets.space import Node, PacketSpace

EPHEMERAL = (49152, 65535)
WELL_KNOWN = (443, 80, 22, 53, 3389, 445)
HOSTS = (10, 1, 2, 100)
WIDEST: dict[str, Range] = {"fragment": (0, 2), "sport": (0, 65535), "dport": (0, 65535), "protocol": (0, 255)}


class Row(NamedTuple):
    """A box of packets, all of which are in the set: prefixes (address, length), ranges, and the flags that count (value, mask).

    Fields that a packet of the box lacks do not count; a `Packet` says which those are.
    """

    src: tuple[int, int]
    dst: tuple[int, int]
    protocols: Range
    sports: Range
    dports: Range
    flags: tuple[int, int]
    fragments: Range

    @property
    def ends(self) -> tuple[str, str]:
        """Source and destination as an engineer writes them: ``10.1.2.0/24``, ``any``."""
        source, destination = (
            f"{'.'.join(str(address >> shift & 255) for shift in (24, 16, 8, 0))}/{length}" if length else "any"
            for address, length in (self.src, self.dst)
        )
        return source, destination


def pick(space: PacketSpace, node: Node) -> tuple[int, Packet]:
    """The packet that satisfies most of what examples should be like, wishes in order of weight; then the smallest in every field."""
    if node == space.false:
        raise ValueError("no packet to pick from an empty set")
    for wishes in _wishes(space):
        for wish in wishes:
            kept = node & wish
            if kept != space.false:
                node = kept
                break
    values = {}
    for field in ("label", "protocol", "dport", "sport", "flags", "fragment", "dst", "src"):
        values[field] = space.least(node, field)
        node = node & space.equal_to(field, values[field])
    label = values.pop("label")
    return label, Packet(**values)


def _wishes(space: PacketSpace) -> Iterator[Iterable[Node]]:
    """Alternatives, best first, for one aspect after the other."""
    equal, between = space.equal_to, space.between
    yield (equal("fragment", Fragment.WHOLE), equal("fragment", Fragment.FIRST))
    for field in ("dst", "src"):
        yield (~(between(field, 0, 0xFFFFFF) | between(field, 0x7F000000, 0x7FFFFFFF) | between(field, 0xE0000000, 0xFFFFFFFF)),)
    yield (equal("protocol", TCP), equal("protocol", UDP), equal("protocol", ICMP))
    flags = (TcpFlag.SYN, TcpFlag.SYN | TcpFlag.ACK, TcpFlag.ACK, TcpFlag.RST, TcpFlag.RST | TcpFlag.ACK)
    yield (~equal("protocol", TCP) | equal("flags", value) for value in flags)
    yield (~equal("protocol", ICMP) | equal("dport", kind << 8) for kind in (8, 0, 3))
    ports = ~equal("protocol", ICMP)
    client = between("sport", *EPHEMERAL)
    # Where the source cannot be a client's port, it is a reply, and the client is the destination.
    yield (equal("sport", EPHEMERAL[0]), client, ports & equal("dport", EPHEMERAL[0]), ports & between("dport", *EPHEMERAL))
    yield (client & equal("dport", port) for port in WELL_KNOWN)
    yield (between("sport", 1, 65535),)
    yield (~ports | between("dport", 1, 65535),)
    for field in ("dst", "src"):
        yield (equal(field, 0x0A000000, 0xFF000000), between(field, 0xAC100000, 0xAC1FFFFF), between(field, 0xC0A80000, 0xC0A8FFFF))
        hosts = [equal(field, host, 0xFF) for host in HOSTS]
        yield (*hosts, ~equal(field, 0, 0xFF) & ~equal(field, 255, 0xFF))


def describe(space: PacketSpace, node: Node, limit: int) -> list[Row]:
    """Boxes that together are the set; if there are ``limit``, something may be left out."""
    rows: list[Row] = []
    rest = node = space.without_label(node)
    while rest != space.false and len(rows) < limit:
        row, box = _Box(space, node, pick(space, rest)[1]).grown()
        rows.append(row)
        rest = rest & ~box
    return rows


class _Box:
    """The packets around one of a set, as far out as the set goes: services first, then the ends, as in a rule of a filter."""

    def __init__(self, space: PacketSpace, node: Node, packet: Packet) -> None:
        self.space = space
        self.node = node
        self.values = packet._asdict()
        self.masks = {"src": -1, "dst": -1, "flags": -1}
        self.spans = {field: (self.values[field], self.values[field]) for field in WIDEST}

    def packets(self) -> Node:
        packets = self.space.normal
        for field, (low, high) in self.spans.items():
            packets = packets & self.space.between(field, low, high)
        for field, mask in self.masks.items():
            packets = packets & self.space.equal_to(field, self.values[field], mask)
        return packets

    def fits(self) -> bool:
        return self.packets() <= self.node

    def grown(self) -> tuple[Row, Node]:
        for field in ("fragment", "sport", "dport"):
            self._widen(field)
        for bit in range(6):
            self._free("flags", 1 << bit)
        self._widen("protocol", whole=True)
        for field in ("src", "dst"):
            for bit in range(32):
                if not self._free(field, 1 << bit):
                    break
        src, dst, flags = self._ternary("src", 32), self._ternary("dst", 32), self._ternary("flags", 6)
        protocols, sports, dports, fragments = (self.spans[field] for field in ("protocol", "sport", "dport", "fragment"))
        row = Row((src[0], src[1].bit_count()), (dst[0], dst[1].bit_count()), protocols, sports, dports, flags, fragments)
        return row, self.packets()

    def _ternary(self, field: str, width: int) -> tuple[int, int]:
        mask = self.masks[field] & (1 << width) - 1
        return self.values[field] & mask, mask

    def _free(self, field: str, bit: int) -> bool:
        """Let a bit be anything, if that fits."""
        self.masks[field] &= ~bit
        fits = self.fits()
        if not fits:
            self.masks[field] |= bit
        return fits

    def _widen(self, field: str, *, whole: bool = False) -> None:
        """Let a field be anything, or (unless ``whole``) move both its bounds outwards as far as it fits, by bisection."""
        low, high = self.spans[field]
        first, last = self.spans[field] = WIDEST[field]
        if self.fits():
            return
        self.spans[field] = (low, high)
        if whole:
            return
        inside, outside = high, last + 1
        while outside - inside > 1:
            middle = (inside + outside) // 2
            self.spans[field] = (low, middle)
            inside, outside = (middle, outside) if self.fits() else (inside, middle)
        high, inside, outside = inside, low, first - 1
        while inside - outside > 1:
            middle = (inside + outside) // 2
            self.spans[field] = (middle, high)
            inside, outside = (middle, outside) if self.fits() else (inside, middle)
        self.spans[field] = (inside, high)
