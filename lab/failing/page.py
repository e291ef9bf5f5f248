"""A run of failures as one HTML page that needs nothing else: when what failed, and which permitted flows were silent meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from html import escape

from lab.failing.report import by_flow, described, longest
from lab.failing.run import Result
from lab.failing.schedule import What
from topology.i18n import T, Text

_LEFT, _WIDTH, _ROW, _TOP = 20, 1160, 12, 30
_FLOWS = 150
"""Rows of the picture; the longest silences come first."""
_COLORS = {What.CUT: "#1f77b4", What.KILL: "#9467bd", What.RESTART: "#8c564b"}
_LANGUAGES = {"zh": "中文", "en": "English"}
_SHOWN = "#lang-LANG:checked~.only:not([lang=LANG]){display:none}#lang-LANG:checked+label{background:#ddd}"
_STYLE = """
body{font:14px/1.5 system-ui,sans-serif;margin:24px auto;max-width:1240px;padding:0 16px;color:#222}
h1{font-size:20px}h2{font-size:16px;margin-top:28px}table{border-collapse:collapse}td,th{padding:2px 12px 2px 0;text-align:left}
td.n{text-align:right}.good{color:#176f2c}.bad{color:#b00020}svg{width:100%;height:auto;background:#fafafa}
input{display:none}label{cursor:pointer;padding:2px 10px;border:1px solid #999;margin-right:4px}
"""


def page(result: Result) -> str:
    """HTML with a button for each language."""
    choices = "".join(
        f'<input type="radio" name="lang" id="lang-{lang}"{" checked" if lang == "zh" else ""}><label for="lang-{lang}">{name}</label>'
        for lang, name in _LANGUAGES.items()
    )
    shown = "".join(_SHOWN.replace("LANG", lang) for lang in _LANGUAGES)
    bodies = "".join(f'<div class="only" lang="{lang}">{_body(result, lang)}</div>' for lang in _LANGUAGES)
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{escape(result.plan.name)}</title>'
        f"<style>{_STYLE}{shown}</style></head><body>{choices}{bodies}</body></html>\n"
    )


def _body(result: Result, lang: str) -> str:
    def said(text: Text) -> str:
        return escape(text.render(lang))

    verdict = (
        T("Not one forbidden packet arrived.")
        if result.isolated
        else T("{count} forbidden packets arrived.", count=f"{len(result.arrivals):,}")
    )
    summary = T(
        "{seconds} s, {failures} failures; {permitted} permitted and {forbidden} forbidden probes.",
        seconds=round(result.seconds),
        failures=len(result.failures),
        permitted=f"{result.sent[0]:,}",
        forbidden=f"{result.sent[1]:,}",
    )
    title = T("Lab {name}: isolation while things fail", name=result.plan.name)
    drawn, listed = T("Failures above, silences of permitted flows below"), T("Longest silences")
    return "".join(
        (
            f"<h1>{said(title)}</h1>",
            f'<p class="{"good" if result.isolated else "bad"}"><b>{said(verdict)}</b> {said(summary)}</p>',
            f"<h2>{said(drawn)}</h2>",
            _picture(result, lang),
            f"<h2>{said(listed)}</h2>",
            _table(result, said),
        )
    )


def _picture(result: Result, lang: str) -> str:
    """Time from left to right in seconds; a row a failure, then a row a flow that was silent."""
    flows = list(by_flow(result).items())[:_FLOWS]
    end = max((result.seconds, *(item.end for item in result.silences), *(item.end for item in result.failures)))
    failures = _TOP + _ROW * len(result.failures)
    height = failures + 20 + _ROW // 2 * len(flows) + 10

    def x(seconds: float) -> float:
        return _LEFT + seconds / end * _WIDTH

    out = list(_scale(end, height, x(0), x(end)))
    for row, item in enumerate(result.failures):
        out.append(
            _bar(x(item.begin), _TOP + row * _ROW, x(item.end), _ROW - 2, _COLORS[item.failure.what], described(item.failure).render(lang))
        )
    for row, (flow, silences) in enumerate(flows):
        chosen = result.permitted[flow]
        for silence in silences:
            title = f"{chosen.source} → {chosen.target} {chosen.probe.packet.text()}: {silence.end - silence.begin:.1f} s"
            out.append(_bar(x(silence.begin), failures + 20 + row * _ROW // 2, x(silence.end), _ROW // 2 - 1, "#e08214", title))
    out += [_bar(x(item.at) - 1, _TOP, x(item.at) + 1, height - _TOP, "#d00000", item.packet.text()) for item in result.arrivals]
    return f'<svg viewBox="0 0 {_LEFT * 2 + _WIDTH} {height}" xmlns="http://www.w3.org/2000/svg">{"".join(out)}</svg>'


def _scale(end: float, height: int, left: float, right: float) -> Iterator[str]:
    step = next((step for step in (1, 2, 5, 10, 20, 30, 60, 120, 300) if end / step <= 15), 600)
    for second in range(0, int(end) + 1, step):
        at = left + (right - left) * second / end
        yield f'<line x1="{at:.1f}" y1="20" x2="{at:.1f}" y2="{height}" stroke="#ddd"/>'
        yield f'<text x="{at:.1f}" y="14" font-size="11" text-anchor="middle" fill="#555">{second} s</text>'


def _bar(left: float, top: float, right: float, height: float, color: str, title: str) -> str:
    width = max(1.0, right - left)
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{color}"><title>{escape(title)}</title></rect>'
    )


def _table(result: Result, said: Callable[[Text], str]) -> str:
    heads = (T("From"), T("To"), T("Packet"), T("Longest, s"), T("In all, s"), T("Lost probes"))
    rows = ["".join(f"<th>{said(head)}</th>" for head in heads)]
    for flow, silences in list(by_flow(result).items())[:30]:
        chosen = result.permitted[flow]
        numbers = (longest(silences), sum(item.end - item.begin for item in silences))
        cells: Iterable[str] = (
            *(f"<td>{escape(word)}</td>" for word in (chosen.source, chosen.target, chosen.probe.packet.text())),
            *(f'<td class="n">{number:.1f}</td>' for number in numbers),
            f'<td class="n">{sum(item.lost for item in silences)}</td>',
        )
        rows.append("".join(cells))
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"
