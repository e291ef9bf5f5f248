"""What the shapes, lines and signs mean, as a strip of SVG for below a picture."""

from __future__ import annotations

from dataclasses import dataclass

from topology.diagram.ink import number, outline, realm_class, text, use
from topology.diagram.measure import text_width
from topology.diagram.words import ICON, MEDIUM, PARTY, PARTY_ICON, REALM, ROLE, USE
from topology.facts import Medium, PartyKind, Realm
from topology.i18n import T

_ROW = 26.0
_GAP = 20.0
_WIDEST = 1180.0
_SIZE = 11.0

_ROLES = ("core", "county-router", "distribution", "egress-firewall", "host-unit", "encryptor", "console-server", "clock")
_PARTIES = (PartyKind.AGENCY, PartyKind.TOWNSHIP, PartyKind.ZONE, PartyKind.TERMINALS, PartyKind.NODE, PartyKind.MEMBER)
_USES = ("circuit", "routed", "trunk", "access", "heartbeat", "management", "console", "arc")


@dataclass(frozen=True, slots=True)
class Legend:
    svg: str
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Entry:
    sample: str  # drawn at the left of its place, around y = 0
    width: float
    words: str


def legend(lang: str) -> Legend:
    """The legend in one language; the same for every picture."""
    rows: list[list[_Entry]] = [[]]
    used = 0.0
    for entry in [*_realms(lang), *_lines(lang), *_media(lang), *_signs(lang)]:
        width = entry.width + 6 + text_width(entry.words, _SIZE) + _GAP
        if used + width > _WIDEST:
            rows.append([])
            used = 0.0
        rows[-1].append(entry)
        used += width
    drawn = "".join(_row(row, _ROW * (n + 0.5)) for n, row in enumerate(rows))
    return Legend(f'<g class="legend">{drawn}</g>', _WIDEST, _ROW * len(rows))


def _row(entries: list[_Entry], y: float) -> str:
    drawn, x = [], 0.0
    for entry in entries:
        drawn.append(f'<g transform="translate({number(x)} {number(y)})">{entry.sample}{text(entry.width + 6, 4, entry.words)}</g>')
        x += entry.width + 6 + text_width(entry.words, _SIZE) + _GAP
    return "".join(drawn)


def _realms(lang: str) -> list[_Entry]:
    found = []
    for realm in (Realm.OUTER, Realm.INNER, Realm.INTERNET, None):
        if realm is Realm.INTERNET:
            shape = f'<g class="internet">{use("i-cloud", 4, -10, 20)}</g>'
        else:
            box = outline(realm, 0, -9, 28, 18, corner=5, attributes=' class="shape"')
            second = outline(realm, 2.5, -6.5, 23, 13, corner=3, attributes=' class="shape second"') if realm is Realm.INNER else ""
            shape = f'<g class="{realm_class(realm)}">{box}{second}</g>'
        found.append(_Entry(shape, 28, REALM[realm].render(lang) if realm else T("gatekeeper").render(lang)))
    return found


def _lines(lang: str) -> list[_Entry]:
    found = [_line(f"edge {name} outer", USE[name].render(lang), core=name == "circuit") for name in _USES]
    return [*found, _line("edge routed outer planned", T("dashed: planned, not surveyed yet").render(lang), core=False)]


def _line(names: str, words: str, *, core: bool) -> _Entry:
    inner = '<path class="core" d="M0 0h34"/>' if core else ""
    return _Entry(f'<g class="{names}"><path class="line" d="M0 0h34"/>{inner}</g>', 34, words)


def _media(lang: str) -> list[_Entry]:
    chosen = (Medium.FIBRE, Medium.WAVELENGTH, Medium.TIMESLOT, Medium.ETHERNET, Medium.COPPER)
    return [_Entry(f'<g class="outer label">{use(f"m-{m.value}", 0, -7, 14)}</g>', 14, MEDIUM[m].render(lang)) for m in chosen]


def _signs(lang: str) -> list[_Entry]:
    signs = [(ICON[role], ROLE[role]) for role in _ROLES] + [(PARTY_ICON[kind], PARTY[kind]) for kind in _PARTIES]
    return [_Entry(f'<g class="outer">{use(f"i-{icon}", 0, -9, 18)}</g>', 18, words.render(lang)) for icon, words in signs]
