"""How large a node is. Widths are estimated without any font, so that pictures come out the same on every machine."""

from __future__ import annotations

from dataclasses import dataclass

from topology.diagram.scene import Kind, Node, Port

TITLE, NOTE, PORT = 13.0, 11.0, 10.0
"""Font sizes, in pixels; a pixel is one point of Graphviz."""

LINE = 1.35
"""Line height."""

_WIDE_FROM = 0x2E80  # CJK and its punctuation: one em each
_NARROW = frozenset("ijlftrI.,:;'|!()[]/ -")


def text_width(text: str, size: float) -> float:
    """About how wide ``text`` is, rather too wide than too narrow."""
    return size * sum(1.0 if ord(c) >= _WIDE_FROM else 0.42 if c in _NARROW else 0.74 if c.isupper() else 0.6 for c in text)


@dataclass(frozen=True, slots=True)
class Box:
    """Width, height, and where the text starts (from the left)."""

    width: float
    height: float
    text: float


_ICON = {Kind.DEVICE: 26.0, Kind.STRIP: 26.0, Kind.PLACE: 30.0, Kind.PEER: 26.0, Kind.PARTY: 18.0}
_PADDING = {Kind.DEVICE: 10.0, Kind.STRIP: 12.0, Kind.PLACE: 12.0, Kind.PEER: 38.0, Kind.PARTY: 8.0}
PORT_HEIGHT = 32.0
_PORT_LEAST = 58.0


def title_size(node: Node) -> float:
    return {Kind.PLACE: 15.0, Kind.PARTY: 12.0}.get(node.kind, TITLE)


def box(node: Node) -> Box:
    """The size of ``node``; of a strip with its rows of ports."""
    padding, icon = _PADDING[node.kind], _ICON[node.kind]
    texts = [text_width(node.title, title_size(node)), *(text_width(note, NOTE) for note in node.notes)]
    height = title_size(node) * LINE + NOTE * LINE * len(node.notes) + padding * 1.2
    width = padding * 2 + icon + 8 + max(texts) + (14 if node.opens else 0)
    if node.kind is Kind.PEER:
        height += 16
    if node.kind is Kind.STRIP:
        rows = (port_width(node, upper=True), port_width(node, upper=False))
        return Box(round(max(width, *rows)), round(height + PORT_HEIGHT * sum(row > 0 for row in rows)), padding + icon + 8)
    return Box(round(width), round(max(height, icon + padding)), padding + icon + 8)


def cell_width(port: Port) -> float:
    return round(max(_PORT_LEAST, text_width(port.name, PORT) + 10, text_width(port.note, PORT) + 10))


def port_width(node: Node, *, upper: bool) -> float:
    """Width of the cells of one edge of a strip, 0 where it has none."""
    return sum(cell_width(port) for port in node.ports if port.upper is upper)


def cells(node: Node, width: float, *, upper: bool) -> list[tuple[int, float, float]]:
    """(index of the port, left, width) of the cells of one edge, spread over the strip's whole width."""
    chosen = [n for n, port in enumerate(node.ports) if port.upper is upper]
    spare = (width - port_width(node, upper=upper)) / max(len(chosen), 1)
    found, left = [], 0.0
    for n in chosen:
        wide = cell_width(node.ports[n]) + spare
        found.append((n, left, wide))
        left += wide
    return found
