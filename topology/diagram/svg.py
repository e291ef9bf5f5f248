"""A placed view as SVG. Every word from the inventory is escaped in ``ink``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from topology.diagram.ink import attribute, classes, number, outline, realm_class, text, use, words
from topology.diagram.layout import Placed, Point, label_width
from topology.diagram.legend import Legend
from topology.diagram.measure import LINE, NOTE, PORT_HEIGHT, Box, cells, title_size
from topology.diagram.scene import Edge, Group, Kind, Node
from topology.diagram.symbols import definitions
from topology.facts import Realm

MARGIN = 16.0
_GAP = 4.0  # on each side of a frame, so that two that Graphviz sets side by side do not touch
_CUT = 9.0  # of the corners of what belongs to the inner network


@cache
def style() -> str:
    return files("topology.diagram").joinpath("assets/picture.css").read_text("utf-8")


def document(placed: Placed, legend: Legend) -> str:
    """A file of its own: heading, picture, legend, style and signs inside."""
    width = max(placed.width, legend.width) + 2 * MARGIN
    top = 44.0
    height = placed.height + top + legend.height + 2 * MARGIN
    left = (width - placed.width) / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="0 0 {number(width)} {number(height)}" '
        f'width="{number(width)}" height="{number(height)}" role="img" aria-label={attribute(placed.view.title)}>'
        f'<style>{words(style())}</style>{definitions()}<rect width="100%" height="100%" fill="#fff"/>'
        f"{text(MARGIN, 32, placed.view.title, 'heading')}"
        f'<g transform="translate({number(left)} {number(top)})">{body(placed, titles=True)}</g>'
        f'<g transform="translate({number(MARGIN)} {number(top + placed.height + MARGIN)})">{legend.svg}</g></svg>\n'
    )


def inline(placed: Placed) -> str:
    """For the page, which has the style and the signs already."""
    box = f"{number(-MARGIN)} {number(-MARGIN)} {number(placed.width + 2 * MARGIN)} {number(placed.height + 2 * MARGIN)}"
    return f'<svg class="picture" viewBox="{box}" role="group" aria-label={attribute(placed.view.title)}>{body(placed, titles=False)}</svg>'


def body(placed: Placed, *, titles: bool) -> str:
    """Frames, then lines, then what they join. ``titles``: with SVG's own tooltips."""
    view = placed.view
    groups = "".join(_group(*group) for group in placed.groups)
    number_of = {node.id: n for n, node in enumerate(view.nodes)}
    edges = "".join(_edge(edge, points, number_of, titles=titles) for edge, points, _ in placed.edges)
    labels = "".join(_label(edge, at, titles=titles) for edge, _, at in placed.edges if at)
    nodes = "".join(_node(n, node, at, size, titles=titles) for n, (node, at, size) in enumerate(placed.nodes))
    names = "".join(_group_name(group, upper) for group, upper, _ in placed.groups)
    return f"<g>{groups}</g><g>{edges}</g><g>{names}</g><g>{nodes}</g><g>{labels}</g>"


# ------------------------------------------------------------------------------------------------------------ frames


def _group(group: Group, upper: Point, lower: Point) -> str:
    x, y = upper[0] + _GAP, upper[1] + _GAP
    width, height = lower[0] - _GAP - x, lower[1] - _GAP - y
    shape = outline(group.realm, x, y, width, height, corner=12)
    return f'<g class="{classes("group", realm_class(group.realm), away=group.away)}">{shape}</g>'


def _group_name(group: Group, at: Point) -> str:
    """Above the lines, so that none strikes it out."""
    return f'<g class="group {realm_class(group.realm)}">{text(at[0] + (16 if group.realm else 28), at[1] + 26, group.title)}</g>'


# ------------------------------------------------------------------------------------------------------------ nodes


def _node(n: int, node: Node, at: Point, size: Box, *, titles: bool) -> str:
    x, y = at[0] - size.width / 2, at[1] - size.height / 2
    named = classes("node", node.kind.value, realm_class(node.realm), planned=node.planned, away=node.away)
    told = " · ".join([node.title, *node.notes])
    open_at = f" data-open={attribute(node.opens)}" if node.opens else ""
    inside = [f"<title>{words(told)}</title>" if titles else "", _frame(node, x, y, size)]
    inside += [_ports(node, x, y, size)] if node.kind is Kind.STRIP else []
    inside += [_face(node, x, y + _upper_ports(node), size)]
    label = f' tabindex="0" role="button" aria-label={attribute(told)} data-i="{n}" data-card={attribute(node.card)}{open_at}'
    return f'<g class="{named}"{"" if titles else label}>{"".join(inside)}</g>'


def _frame(node: Node, x: float, y: float, size: Box) -> str:
    if node.kind is Kind.PEER:
        return f'<path class="shape" d="{_cloud(x, y, size.width, size.height)}"/>'
    corner = _CUT if node.realm is Realm.INNER else 5 if node.kind is Kind.PARTY else 8
    shape = outline(node.realm, x, y, size.width, size.height, corner=corner, attributes=' class="shape"')
    if node.realm is not Realm.INNER:
        return shape
    second = outline(node.realm, x + 3, y + 3, size.width - 6, size.height - 6, corner=corner - 2, attributes=' class="shape second"')
    return shape + second


def _cloud(x: float, y: float, width: float, height: float) -> str:
    """A cloud as large as its box: flat below, a large arc between two smaller ones above."""
    w, h = width, height
    return (
        f"M{number(x + 0.16 * w)} {number(y + h)}"
        f"a{number(0.17 * w)} {number(0.33 * h)} 0 0 1 {number(-0.02 * w)} {number(-0.62 * h)}"
        f"a{number(0.2 * w)} {number(0.3 * h)} 0 0 1 {number(0.28 * w)} {number(-0.28 * h)}"
        f"a{number(0.25 * w)} {number(0.3 * h)} 0 0 1 {number(0.44 * w)} {number(0.24 * h)}"
        f"a{number(0.15 * w)} {number(0.34 * h)} 0 0 1 {number(-0.02 * w)} {number(0.66 * h)}z"
    )


def _face(node: Node, x: float, y: float, size: Box) -> str:
    """The sign, the title and the notes beside it."""
    icon = {Kind.PLACE: 30, Kind.PARTY: 18}.get(node.kind, 26)
    height = size.height - _upper_ports(node) - _lower_ports(node)
    rows = title_size(node) * LINE + NOTE * LINE * len(node.notes)
    baseline = y + (height - rows) / 2 + title_size(node)
    left = x + size.text
    lines = [text(left, baseline, node.title, "title")]
    lines += [text(left, baseline + 3 + NOTE * LINE * (n + 1), note, "note") for n, note in enumerate(node.notes)]
    sign = use(f"i-{node.icon}", left - icon - 8, y + (height - icon) / 2, icon)
    return sign + "".join(lines) + _chevron(node, x + size.width - 14, y + height / 2)


def _chevron(node: Node, x: float, y: float) -> str:
    """An arrowhead at the right edge: there is more behind."""
    return f'<path class="more" d="M{number(x)} {number(y - 5)}l5 5-5 5"/>' if node.opens else ""


def _upper_ports(node: Node) -> float:
    return PORT_HEIGHT if any(port.upper for port in node.ports) else 0.0


def _lower_ports(node: Node) -> float:
    return PORT_HEIGHT if any(not port.upper for port in node.ports) else 0.0


def _ports(node: Node, x: float, y: float, size: Box) -> str:
    drawn = []
    for upper, top in ((True, y), (False, y + size.height - PORT_HEIGHT)):
        for n, left, width in cells(node, size.width, upper=upper):
            port = node.ports[n]
            at = x + left + width / 2
            name = text(at, top + (14 if port.note else 20), port.name)
            note = text(at, top + 26, port.note, "note") if port.note else ""
            corner = f'x="{number(x + left + 2)}" y="{number(top + 2)}"'
            box = f'<rect {corner} width="{number(width - 4)}" height="{number(PORT_HEIGHT - 4)}" rx="3"/>'
            drawn.append(f'<g class="{classes("port", planned=port.planned)}">{box}{name}{note}</g>')
    return "".join(drawn)


# ------------------------------------------------------------------------------------------------------------ lines


def _edge(edge: Edge, points: tuple[Point, ...], number_of: dict[str, int], *, titles: bool) -> str:
    first, *rest = points
    path = f"M{number(first[0])} {number(first[1])}C" + " ".join(f"{number(x)} {number(y)}" for x, y in rest)
    named = classes("edge", edge.use, realm_class(edge.realm), planned=edge.planned)
    core = f'<path class="core" d="{path}"/>' if edge.use == "circuit" else ""
    hit = "" if titles else f'<path class="hit" d="{path}"/>'
    ends = f'data-a="{number_of[edge.tail]}" data-b="{number_of[edge.head]}"'
    label = "" if titles else f' role="button" aria-label={attribute(edge.title)} tabindex="-1" data-card={attribute(edge.card)} {ends}'
    tip = f"<title>{words(edge.title)}</title>" if titles else ""
    return f'<g class="{named}"{label}>{tip}<path class="line" d="{path}"/>{core}{hit}</g>'


def _label(edge: Edge, at: Point, *, titles: bool) -> str:
    width = label_width(edge)
    x, y = at[0] - width / 2, at[1] - 9
    sign = use(f"m-{edge.medium.value}", x + 5, y + 3, 12) if edge.medium else ""
    middle_at = at[0] + (8 if edge.medium else 0)
    box = f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="18" rx="{0 if edge.realm is Realm.INNER else 9}"/>'
    card = "" if titles else f" data-card={attribute(edge.card)}"
    return f'<g class="label {realm_class(edge.realm)}"{card}>{box}{sign}{text(middle_at, at[1] + 4, edge.label)}</g>'
