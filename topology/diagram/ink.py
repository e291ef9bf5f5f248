"""Small marks of SVG. Every word from the inventory gets into a picture through ``text`` and ``attribute``, which escape it."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from topology.facts import Realm

_FORBIDDEN = dict.fromkeys(range(32)) | {0xFFFE: None, 0xFFFF: None}
"""Characters that XML cannot hold."""


def attribute(value: str) -> str:
    """``value`` in quotes."""
    return quoteattr(value.translate(_FORBIDDEN))


def words(value: str) -> str:
    """``value`` as character data."""
    return escape(value.translate(_FORBIDDEN))


def number(value: float) -> str:
    """At most one digit after the point."""
    rounded = round(value, 1) + 0.0  # -0.0 becomes 0.0
    return f"{rounded:.1f}".removesuffix(".0")


def classes(*names: str, **flags: bool) -> str:
    return " ".join([*names, *(name for name, on in flags.items() if on)])


def text(x: float, y: float, value: str, name: str = "") -> str:
    named = f' class="{name}"' if name else ""
    return f'<text x="{number(x)}" y="{number(y)}"{named}>{words(value)}</text>'


def use(symbol: str, x: float, y: float, size: float) -> str:
    return f'<use class="icon" href="#{symbol}" x="{number(x)}" y="{number(y)}" width="{number(size)}" height="{number(size)}"/>'


def realm_class(realm: Realm | None) -> str:
    return realm.value if realm else "between"


def outline(realm: Realm | None, x: float, y: float, width: float, height: float, *, corner: float, attributes: str = "") -> str:
    """Rounded for the outer network, cut corners for the inner one, a hexagon between them."""
    w, h = width, height
    if realm is Realm.INNER:
        c = corner
        steps = ((c, 0), (w - c, 0), (w, c), (w, h - c), (w - c, h), (c, h), (0, h - c), (0, c))
        return f'<path d="{_polygon(x, y, steps)}"{attributes}/>'
    if realm is None:
        c = min(h / 2, 16)
        return f'<path d="{_polygon(x, y, ((c, 0), (w - c, 0), (w, h / 2), (w - c, h), (c, h), (0, h / 2)))}"{attributes}/>'
    return f'<rect x="{number(x)}" y="{number(y)}" width="{number(w)}" height="{number(h)}" rx="{number(corner)}"{attributes}/>'


def _polygon(x: float, y: float, corners: tuple[tuple[float, float], ...]) -> str:
    return "M" + "L".join(f"{number(x + dx)} {number(y + dy)}" for dx, dy in corners) + "z"
