"""Where everything goes: Graphviz's ``dot``, once a view, with the sizes that ``measure`` gives. It is never asked about a font."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from typing import Any, TypeAlias

from topology.diagram.city import OVERVIEW
from topology.diagram.measure import NOTE, Box, box, cells, text_width
from topology.diagram.scene import Edge, Group, Kind, Node, View
from topology.i18n import T, Text

_TIMEOUT_S = 120
_STEPS = 24  # of a curve, to find a place on it

Point: TypeAlias = "tuple[float, float]"


class LayoutError(Exception):
    """Graphviz is missing or failed; ``text`` says what to do."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.render("en"))
        self.text = text


@dataclass(frozen=True, slots=True)
class Placed:
    """A view with positions, in pixels from the upper left. ``nodes`` are centres with sizes, ``edges`` Bézier points and label centres."""

    view: View
    width: float
    height: float
    nodes: tuple[tuple[Node, Point, Box], ...]
    edges: tuple[tuple[Edge, tuple[Point, ...], Point | None], ...]
    groups: tuple[tuple[Group, Point, Point], ...]  # upper left, lower right


def place(views: Sequence[View]) -> list[Placed]:
    """Lay out all views, as many at a time as there are processors. Raises LayoutError."""
    program = shutil.which("dot")
    if program is None:
        raise LayoutError(T("Graphviz is missing: its program 'dot' lays the pictures out. Install it: apt install graphviz"))
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(lambda view: _place(program, view), views))


def _place(program: str, view: View) -> Placed:
    """Graphviz counts a column from the top or from the bottom, as it pleases: where nodes came out in the wrong order, tell it again."""
    sizes = _sizes(view.nodes)
    placed = _read(view, sizes, _run(program, view, dot_source(view, sizes)))
    if not _misordered(placed):
        return placed
    again = _read(view, sizes, _run(program, view, dot_source(view, sizes, upwards=True)))
    return min(placed, again, key=_misordered)


def _run(program: str, view: View, source: str) -> dict[str, Any]:
    try:
        done = subprocess.run([program, "-Tjson0"], input=source.encode(), capture_output=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LayoutError(T("Graphviz could not lay out '{view}': {reason}", view=view.id, reason=str(error))) from error
    if done.returncode or not done.stdout:
        reason = done.stderr.decode(errors="replace").strip() or f"exit code {done.returncode}"
        raise LayoutError(T("Graphviz could not lay out '{view}': {reason}", view=view.id, reason=reason))
    drawn: dict[str, Any] = json.loads(done.stdout)
    return drawn


def _misordered(placed: Placed) -> int:
    """How many nodes stand before one that they were to follow."""
    at = {node.id: point for node, point, _ in placed.nodes}
    axis = 1 if placed.view.sideways else 0
    return sum(at[edge.tail][axis] > at[edge.head][axis] for edge in placed.view.edges if edge.unseen and edge.level)


def _sizes(nodes: Iterable[Node]) -> dict[str, Box]:
    """Boxes by node; parties, places and devices of one rank are as wide as the widest, so that rows and columns look even."""
    own = {n.id: box(n) for n in nodes}
    widest: dict[tuple[Kind, str], float] = defaultdict(float)
    for node in nodes:
        key = (node.kind, "" if node.kind in (Kind.PARTY, Kind.PLACE) else node.rank)
        widest[key] = max(widest[key], own[node.id].width)
    return {
        n.id: own[n.id] if n.kind is Kind.STRIP
        else Box(widest[n.kind, "" if n.kind in (Kind.PARTY, Kind.PLACE) else n.rank], own[n.id].height, own[n.id].text)
        for n in nodes
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ to Graphviz


def dot_source(view: View, sizes: dict[str, Box], *, upwards: bool = False) -> str:
    """The view in Graphviz's language. Names are numbers: nothing from the inventory gets into it."""
    names = {n.id: f"n{number}" for number, n in enumerate(view.nodes)}
    wide, apart = (1.0, 0.24) if view.id == OVERVIEW else (1.6, 0.14) if any(edge.label for edge in view.edges) else (0.8, 0.14)
    direction = f"rankdir=LR nodesep={apart} ranksep={wide}" if view.sideways else "rankdir=TB nodesep=0.3 ranksep=0.75"
    # Ranks across frames need Graphviz's newer ranking, which in turn does not keep nodes of one rank in order.
    ranks = _by_rank(view)
    ranking = " newrank=true" if any(_frame(nodes) is None for nodes in ranks.values()) else ""
    lines = [f'graph {{ graph [{direction}{ranking}] node [label="" shape=box fixedsize=true]']
    lines += _grouped(view, names, sizes)
    lines += [_rank(nodes, names) for nodes in ranks.values() if not _frame(nodes)]
    lines += [_edge(view, number, edge, names, upwards=upwards) for number, edge in enumerate(view.edges)]
    return "\n".join([*lines, "}"])


def _grouped(view: View, names: dict[str, str], sizes: dict[str, Box]) -> list[str]:
    lines = [_node(n, names[n.id], sizes[n.id]) for n in view.nodes if not n.group]
    for number, group in enumerate(view.groups):
        label = _spacer(text_width(group.title, 14) + 40, 22)
        inside = [_node(n, names[n.id], sizes[n.id]) for n in view.nodes if n.group == group.id]
        inside += [_rank(nodes, names) for nodes in _by_rank(view).values() if _frame(nodes) == group.id]
        lines += [f"subgraph cluster_{number} {{ graph [margin=16 labeljust=l label={label}]", *inside, "}"]
    return lines


def _node(node: Node, name: str, size: Box) -> str:
    if node.kind is Kind.STRIP:
        return f"{name} [shape=plain fixedsize=false label=<{_strip(node, size)}>]"
    return f"{name} [width={size.width / 72:.4f} height={size.height / 72:.4f}]"


def _strip(node: Node, size: Box) -> str:
    """An empty table of the strip's exact measures: a row a place where lines arrive."""
    rows = []
    for upper in (True, False):
        row = "".join(
            f'<TD PORT="p{n}" FIXEDSIZE="TRUE" WIDTH="{width:.0f}" HEIGHT="8"></TD>' for n, _, width in cells(node, size.width, upper=upper)
        )
        table = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">'
        rows.append(f"<TR><TD>{table}<TR>{row}</TR></TABLE></TD></TR>" if row else "")
    body = size.height - 8 * sum(bool(row) for row in rows)
    middle = f'<TR><TD FIXEDSIZE="TRUE" WIDTH="{size.width:.0f}" HEIGHT="{body:.0f}"></TD></TR>'
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{rows[0]}{middle}{rows[1]}</TABLE>'


def _spacer(width: float, height: float) -> str:
    """A label of a given size without text."""
    return f'<<TABLE BORDER="0" CELLBORDER="0"><TR><TD FIXEDSIZE="TRUE" WIDTH="{width:.0f}" HEIGHT="{height:.0f}"></TD></TR></TABLE>>'


def _by_rank(view: View) -> dict[str, list[Node]]:
    ranks: dict[str, list[Node]] = defaultdict(list)
    for node in view.nodes:
        if node.rank:
            ranks[node.rank].append(node)
    return {rank: ranks[rank] for rank in sorted(ranks) if len(ranks[rank]) > 1}


def _frame(nodes: Sequence[Node]) -> str | None:
    """The frame that all of ``nodes`` are in, empty where they are in none; None where they are in several."""
    frames = {n.group for n in nodes}
    return frames.pop() if len(frames) == 1 else None


def _rank(nodes: Sequence[Node], names: dict[str, str]) -> str:
    return f"{{ rank=same {' '.join(names[n.id] for n in nodes)} }}"


def label_width(edge: Edge) -> float:
    """Width of the pill on an edge, with room for the sign of its medium."""
    return text_width(edge.label, NOTE) + (26 if edge.medium else 10)


def _edge(view: View, number: int, edge: Edge, names: dict[str, str], *, upwards: bool) -> str:
    kinds = {n.id: n for n in view.nodes}
    attributes = [f"id=e{number}"]
    if edge.unseen:
        attributes += ["style=invis", "weight=8"]
    if edge.level and kinds[edge.tail].rank != kinds[edge.head].rank:
        attributes += ["constraint=false"]
    if edge.label and not view.sideways:  # between columns there is room; a label there would loosen the order of the boxes
        attributes += [f"label={_spacer(label_width(edge) + 6, 20)}"]
    tail = names[edge.tail] + _port(kinds[edge.tail], edge.tail_port)
    head = names[edge.head] + _port(kinds[edge.head], edge.head_port)
    if upwards and edge.unseen and edge.level:
        tail, head = head, tail
    return f"{tail} -- {head} [{' '.join(attributes)}]"


def _port(node: Node, index: int | None) -> str:
    return "" if index is None else f":p{index}:{'n' if node.ports[index].upper else 's'}"


# ------------------------------------------------------------------------------------------------------------ from Graphviz


def _read(view: View, sizes: dict[str, Box], drawn: dict[str, Any]) -> Placed:
    _, _, width, height = _floats(drawn["bb"])

    def point(text: str) -> Point:
        x, y = _floats(text)
        return round(x, 1), round(height - y, 1)

    objects = {item["name"]: item for item in drawn.get("objects", ())}
    lines = {item["id"]: item for item in drawn.get("edges", ())}
    nodes = tuple((n, point(objects[f"n{number}"]["pos"]), sizes[n.id]) for number, n in enumerate(view.nodes))
    groups = []
    for number, group in enumerate(view.groups):
        left, low, right, top = _floats(objects[f"cluster_{number}"]["bb"])
        groups.append((group, (round(left, 1), round(height - top, 1)), (round(right, 1), round(height - low, 1))))
    ends = Counter(end for edge in view.edges if not edge.unseen for end in (edge.tail, edge.head))
    edges = []
    for number, edge in enumerate(view.edges):
        line = lines[f"e{number}"]
        if not edge.unseen:
            points = tuple(point(p) for p in line["pos"].split())
            edges.append((edge, points, _label_at(edge, points, line, point, ends) if edge.label else None))
    return Placed(view, width, height, nodes, tuple(edges), tuple(groups))


def _floats(text: str) -> list[float]:
    return [float(part) for part in text.split(",")]


def _label_at(edge: Edge, points: Sequence[Point], line: dict[str, Any], point: Callable[[str], Point], ends: Counter[str]) -> Point:
    """Where Graphviz made room for the label; else near the end that fewer lines share, where they are furthest from each other."""
    if "lp" in line:
        return point(line["lp"])
    curve = _curve(points)
    if ends[edge.head] <= ends[edge.tail]:
        curve.reverse()
    wanted = min(label_width(edge) / 2 + 22, _length(curve) / 2)
    for a, b in pairwise(curve):
        wanted -= _length([a, b])
        if wanted <= 0:
            return b
    return curve[-1]


def _curve(points: Sequence[Point]) -> list[Point]:
    """Points on the cubic Bézier curves that ``points`` control."""
    found = [points[0]]
    for n in range(0, len(points) - 1, 3):
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points[n : n + 4]
        for step in range(1, _STEPS + 1):
            t = step / _STEPS
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            found.append((round(a * x0 + b * x1 + c * x2 + d * x3, 1), round(a * y0 + b * y1 + c * y2 + d * y3, 1)))
    return found


def _length(curve: Sequence[Point]) -> float:
    return sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(curve))
