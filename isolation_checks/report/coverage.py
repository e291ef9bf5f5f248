"""How each line was read: the account of a device, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text as Styled

from isolation_checks.report.places import Places
from isolation_checks.report.words import LINE
from isolation_checks.rules.words import FEATURE
from isolation_checks.snapshot import DeviceConfig, FileCoverage, LineCode, Ref
from topology.i18n import T, Text

_STYLE = {LineCode.UNMODELLED: "yellow", LineCode.UNKNOWN: "red", LineCode.IRRELEVANT: "dim", LineCode.BLANK: "dim"}


class ReadLine(NamedTuple):
    """One line. ``why``: the reason for which it is irrelevant, or what of it is not modelled."""

    ref: Ref
    code: LineCode
    why: Text | None


def read_lines(config: DeviceConfig) -> Iterator[ReadLine]:
    """Every line of the device's files, in their order."""
    features = {feature.ref: T("{label}: {text}", label=FEATURE[feature.kind], text=feature.detail) for feature in config.features}
    for file in config.coverage:
        yield from _of_file(file, features)


def _of_file(file: FileCoverage, features: dict[Ref, Text]) -> Iterator[ReadLine]:
    for number, byte in enumerate(file.codes, 1):
        ref = Ref(file.file, number)
        if byte >= LineCode.IRRELEVANT:
            reason = byte - LineCode.IRRELEVANT
            yield ReadLine(ref, LineCode.IRRELEVANT, Text(file.reasons[reason]) if reason < len(file.reasons) else None)
        else:
            code = LineCode(byte)
            yield ReadLine(ref, code, features.get(ref) if code is LineCode.UNMODELLED else None)


def as_data(config: DeviceConfig, places: Places) -> list[dict[str, Any]]:
    """For programs, with the text of each line, secrets left out."""
    return [
        {
            "file": line.ref.file,
            "line": line.ref.line,
            "code": line.code.name.lower(),
            "why": {"zh": line.why.render("zh"), "en": line.why.render("en")} if line.why else None,
            "text": places.quote(line.ref),
        }
        for line in read_lines(config)
    ]


def show(console: Console, config: DeviceConfig, places: Places, lang: str) -> None:
    """One line a line: where, how, what stands there, why."""
    rows = list(read_lines(config))
    width = max((len(str(line.ref)) for line in rows), default=0)
    for line in rows:
        code = LINE[line.code].render(lang)
        why = f"  ({line.why.render(lang)})" if line.why else ""
        said = f"{line.ref!s:<{width}}  {_padded(code, lang)}  {places.quote(line.ref) or ''}{why}".rstrip()
        console.print(Styled(said, _STYLE.get(line.code, "")), soft_wrap=True)
    if not rows:
        console.print(T("no line of {device} was read", device=config.folder).render(lang), soft_wrap=True)


def _padded(word: str, lang: str) -> str:

    most = max(cell_len(text.render(lang)) for text in LINE.values())
    return word + " " * (most - cell_len(word))
