"""A witness drawn as SVG: from left to right the devices that a packet crosses, or the links of a chain, with what each decides.

The picture holds the words of both languages; the page shows one of them. Boxes are as large as the longer wording.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple
from xml.sax.saxutils import escape

from isolation_checks.verdicts import ChainWitness, Link, PacketWitness, Witness
from topology.i18n import T, Text

LANGUAGES = ("zh", "en")
_WIDTH, _PAD, _TITLE, _LINE = 150.0, 9.0, 12.5, 11.0
_TITLE_HEIGHT, _LINE_HEIGHT = 16.0, 14.0
_MARGIN = 16.0


class _Words(NamedTuple):
    """A wording a language, already broken into lines."""

    zh: tuple[str, ...]
    en: tuple[str, ...]

    @property
    def height(self) -> int:
        return max(len(self.zh), len(self.en))


class _Node(NamedTuple):
    title: _Words
    body: tuple[_Words, ...]
    kind: str  # party | device | end | unreached

    @property
    def size(self) -> float:
        body = sum(words.height for words in self.body) * _LINE_HEIGHT + (6 + 3 * len(self.body) if self.body else 0)
        return 2 * _PAD + self.title.height * _TITLE_HEIGHT + body


class _Edge(NamedTuple):
    label: _Words
    kind: str  # way | cut


class _Form(NamedTuple):
    """How many boxes stand in a row, and how far apart."""

    per_row: int
    gap: float


_PACKET, _CHAIN = _Form(5, 34.0), _Form(4, 124.0)
_NO_LABEL = _Words((), ())


def picture(witness: Witness) -> str:
    """The witness as an inline SVG element. Everything in it is escaped."""
    if isinstance(witness, ChainWitness):
        return _drawn(*_chain(witness.links), _CHAIN)
    return _drawn(*_way(witness), _PACKET)


def _way(witness: PacketWitness) -> tuple[list[_Node], list[_Edge]]:
    """Of a packet that does not get through the way ends at the last device, and the target is out of reach."""
    passes = witness.arrives
    nodes = []
    for at, steps in groupby(witness.steps, lambda step: step.at):
        body = []
        for step in steps:
            body.append(_wrapped(step.what))
            if step.rewritten is not None:
                body.append(_same(f"→ {step.rewritten.text()}"))
        nodes.append(_Node(_named(at), tuple(body), "device"))
    nodes = _with_end(nodes, witness.source, "party", first=True)
    nodes = _with_end(nodes, witness.target, "end" if passes else "unreached", first=False)
    edges = [_Edge(_NO_LABEL, "way")] * (len(nodes) - 1)
    if not passes and edges:
        edges[-1] = _Edge(_wrapped(_STOPPED), "cut")
    return nodes, edges


_STOPPED = T("stopped")


def _with_end(nodes: list[_Node], name: str, kind: str, *, first: bool) -> list[_Node]:
    """The party at the beginning or the end; what steps say of it (it sends, it arrives) the picture shows anyway."""
    title = _named(name)
    at = 0 if first else -1
    if nodes and nodes[at].title == title:
        nodes[at] = nodes[at]._replace(kind=kind, body=())
        return nodes
    return [_Node(title, (), kind), *nodes] if first else [*nodes, _Node(title, (), kind)]


def _chain(links: Sequence[Link]) -> tuple[list[_Node], list[_Edge]]:
    nodes, edges = [], []
    for number, link in enumerate(links):
        if number == 0:
            nodes.append(_Node(_named(link.a), (), "party"))
        nodes.append(_Node(_named(link.b), (), "end" if number == len(links) - 1 else "device"))
        edges.append(_Edge(_wrapped(link.over, _CHAIN.gap - 12), "way"))
    return nodes, edges


# ------------------------------------------------------------------------------------------------------------ drawing


class _At(NamedTuple):
    """Where a box stands: its left edge, its middle, and where a line may turn back below its row."""

    x: float
    y: float
    turn: float


def _label(edge: _Edge) -> float:
    return edge.label.height * _LINE_HEIGHT


def _drawn(nodes: list[_Node], edges: list[_Edge], form: _Form) -> str:
    rows = [nodes[start : start + form.per_row] for start in range(0, len(nodes), form.per_row)]
    width = 2 * _MARGIN + min(len(nodes), form.per_row) * (_WIDTH + form.gap) - form.gap
    parts: list[str] = []
    places: list[_At] = []
    top = _MARGIN
    for row in rows:
        labels = edges[len(places) : len(places) + len(row)]
        height = max(*(node.size for node in row), 2 * max((_label(edge) for edge in labels[: len(row) - 1]), default=0) + 12)
        turn = top + height + 14 + (_label(labels[-1]) if len(labels) == len(row) else 0)
        for column, node in enumerate(row):
            x = _MARGIN + column * (_WIDTH + form.gap)
            parts.append(_node(node, x, top + (height - node.size) / 2))
            places.append(_At(x, top + height / 2, turn))
        top = turn + 16
    height = top - 30 + _MARGIN
    lines = [_edge(edge, places[n], places[n + 1]) for n, edge in enumerate(edges)]
    size = f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"'
    return f'<svg class="witness" {size} aria-hidden="true">{"".join(lines)}{"".join(parts)}</svg>'


def _node(node: _Node, x: float, y: float) -> str:
    radius = min(node.size / 2, 16.0) if node.kind != "device" else 5.0
    shape = f'<rect x="{x:g}" y="{y:g}" width="{_WIDTH:g}" height="{node.size:g}" rx="{radius:g}"/>'
    parts, at = [shape], y + _PAD
    centre = x + _WIDTH / 2
    parts += _texts(node.title, "title", centre, at + _TITLE_HEIGHT - 4, _TITLE_HEIGHT)
    at += node.title.height * _TITLE_HEIGHT
    if node.body:
        parts.append(f'<line x1="{x + _PAD:g}" x2="{x + _WIDTH - _PAD:g}" y1="{at + 3:g}" y2="{at + 3:g}"/>')
        at += 6
    for words in node.body:
        at += 3
        parts += _texts(words, "step", x + _PAD, at + _LINE_HEIGHT - 4, _LINE_HEIGHT)
        at += words.height * _LINE_HEIGHT
    return f'<g class="node {node.kind}">{"".join(parts)}</g>'


def _edge(edge: _Edge, start: _At, end: _At) -> str:
    x1, y1, x2, y2 = start.x + _WIDTH, start.y, end.x, end.y
    if x2 > x1:
        tip, path = (x2, y2), f"M{x1:g} {y1:g}L{x2:g} {y2:g}"
        middle = (x1 + x2) / 2, y1
    else:  # on to the next row: out to the right, back between the rows, in from the left
        tip = x2, y2
        path = f"M{x1:g} {y1:g}h10V{start.turn:g}H{x2 - 10:g}V{y2:g}H{x2:g}"
        middle = (x1 + x2) / 2, start.turn
    head = f'<path class="head" d="M{tip[0]:g} {tip[1]:g}l-7 -4v8z"/>'
    lines = edge.label.height
    label = _texts(edge.label, "over", middle[0], middle[1] - 5 - (lines - 1) * _LINE_HEIGHT, _LINE_HEIGHT)
    cross = f'<path class="cross" d="M{middle[0] - 6:g} {middle[1] - 6:g}l12 12m0-12l-12 12"/>' if edge.kind == "cut" else ""
    return f'<g class="edge {edge.kind}"><path class="line" d="{path}"/>{head}{cross}{"".join(label)}</g>'


def _texts(words: _Words, kind: str, x: float, y: float, height: float) -> Iterator[str]:
    """The lines of both languages, or once where they are the same; the shorter wording is centred in height."""
    shown = (("", words.en),) if words.zh == words.en else (("zh", words.zh), ("en", words.en))
    for lang, lines in shown:
        named = f"{kind} {lang}".strip()
        at = y + (words.height - len(lines)) * height / 2
        for number, line in enumerate(lines):
            yield f'<text class="{named}" x="{x:g}" y="{at + number * height:g}">{escape(line)}</text>'


# ------------------------------------------------------------------------------------------------------------ words


def _named(name: str) -> _Words:
    lines = tuple(_broken(name, _WIDTH - 2 * _PAD, _TITLE))
    return _Words(lines, lines)


def _same(text: str) -> _Words:
    lines = tuple(_broken(text, _WIDTH - 2 * _PAD, _LINE))
    return _Words(lines, lines)


def _wrapped(text: Text, width: float = _WIDTH - 2 * _PAD) -> _Words:
    zh, en = (tuple(_broken(text.render(lang), width, _LINE)) for lang in LANGUAGES)
    return _Words(zh, en)


def _broken(text: str, width: float, size: float) -> Iterator[str]:
    """Lines no wider than ``width``: broken at blanks, after hyphens and slashes, at any Chinese character, at worst anywhere."""
    line, used = "", 0.0
    for piece in _pieces(text):
        length = _length(piece) * size
        if line and used + _length(piece.rstrip()) * size > width:
            yield line.rstrip()
            line, used = "", 0.0
        while length > width:
            cut = max(int(len(piece) * width / length), 1)
            yield piece[:cut]
            piece = piece[cut:]  # noqa: PLW2901 - what is left of it
            length = _length(piece) * size
        line, used = line + piece, used + length
    if line.strip():
        yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    piece = ""
    for char in " ".join(text.split()):
        if _wide(char) and char not in "，。；：、）":
            if piece:
                yield piece
            piece = char
            continue
        piece += char
        if char in " -/:,，。；：、）":
            yield piece
            piece = ""
    if piece:
        yield piece


def _wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _length(text: str) -> float:
    """In ems, for the sans-serif fonts of common systems."""
    return sum(1.0 if _wide(char) else 0.36 if char in " .,:;il|!'[]()-/" else 0.6 for char in text)
