"""``govnet why DEVICE:LINE``: the template line, the inventory line and the rule behind one line of a config."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.output import MANIFEST, RefusedError
from tasks.settings import ExitCode, Settings
from tasks.topics import topic_of
from topology.i18n import T, Text
from topology.problems import names, nearest

CONFIGS, LINE_MAPS, REASONS = "configs", "linemaps", "reasons.json"
_OF_FLOWS = ("filters", "policy", "nat", "gatekeeper")
_ROOT = Path(__file__).parents[2]
_SERVICES = _ROOT / "services"
_TEMPLATES = _ROOT / "templates"


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file, and what stands there."""

    file: str
    line: int
    text: str | None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Answer:
    """Why a line is there: ``topic`` is what it is about, ``reasons`` the plan's sections or the standards behind it."""

    device: str
    config: Place
    template: Place
    inventory: Place
    topic: Text
    reasons: tuple[Text, ...]
    stale: bool  # the inventory file is younger than the config

    def as_dict(self, lang: str) -> dict[str, Any]:
        places = {name: {"file": place.file, "line": place.line, "text": place.text} for name, place in self._places()}
        return {
            "device": self.device,
            **places,
            "topic": self.topic.render(lang),
            "reasons": [reason.render(lang) for reason in self.reasons],
            "stale": self.stale,
        }

    def _places(self) -> tuple[tuple[str, Place], ...]:
        return ("config", self.config), ("template", self.template), ("inventory", self.inventory)

    def text(self, lang: str) -> Iterator[str]:
        titles = (T("config line"), T("template line"), T("inventory line"))
        for title, (_, place) in zip(titles, self._places(), strict=True):
            yield f"{title.render(lang)}  {place}"
            yield f"    {place.text.strip() if place.text is not None else T('(this line is no more)').render(lang)}"
        yield T("behind it ({topic})", topic=self.topic).render(lang)
        yield from (f"    {reason.render(lang)}" for reason in self.reasons)
        if self.stale:
            yield T("The inventory has changed since this was rendered: run govnet render, and ask again.").render(lang)


@localized_command(
    "why",
    help=T("Name the reason for one line of a configuration that govnet render wrote: DEVICE:LINE, for example gy-o-core1:120."),
)
@click.argument("line", metavar="DEVICE:LINE")
@option("--file", "file", metavar="NAME", help=T("Of a device with several files: which one. Default: the first."))
@option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("build"),
    show_default=True,
    metavar="DIR",
    help=T("The folder that render wrote."),
)
@option("--json", "as_json", is_flag=True, help=T("Print the result as JSON."))
@click.pass_obj
def command(settings: Settings, line: str, file: str | None, out: Path, as_json: bool) -> int:
    try:
        answer = why(settings.city, out, line, file)
    except RefusedError as error:
        raise click.ClickException(error.text.render(settings.lang)) from error
    if as_json:
        click.echo(json.dumps(answer.as_dict(settings.lang), ensure_ascii=False, indent=2))
    else:
        for text in answer.text(settings.lang):
            click.echo(text)
    return ExitCode.GOOD


def why(city: Path, out: Path, line: str, file: str | None = None) -> Answer:
    """Where line ``DEVICE:LINE`` of what `govnet render` wrote below ``out`` comes from. Raises RefusedError with what there is instead."""
    device, number = _parsed(line)
    maps = _line_map(out, device)
    name = _file(maps, device, file)
    rows = maps[name]["lines"]
    if not 0 < number <= len(rows):
        raise RefusedError(T("{file} has the lines 1 to {last}, not {line}.", file=name, last=len(rows), line=number))
    config = out / CONFIGS / name
    texts = _lines(config)
    if len(texts) != len(rows):
        raise RefusedError(T("{file} was changed after it was rendered: run govnet render, and ask again.", file=str(config)))
    template, template_line, origin = rows[number - 1]
    source, source_line, column = maps[name]["origins"][origin]
    template = maps[name]["templates"][template]
    topic = topic_of(name, texts, number - 1)
    declared = _declared(out, f"{source}:{source_line}:{column}", texts, number - 1) if topic.slug in _OF_FLOWS else ()
    return Answer(
        device,
        Place(str(config), number, texts[number - 1]),
        _place(_TEMPLATES / template, f"templates/{template}", template_line),
        _place(city / source, str(city / source), source_line),
        topic.title,
        declared or topic.reasons,
        _younger(city / source, out / MANIFEST),
    )


def _parsed(line: str) -> tuple[str, int]:
    device, colon, number = line.rpartition(":")
    if not colon or not number.isascii() or not number.isdigit() or len(number) > 9:
        raise RefusedError(T("'{line}' is not of the form DEVICE:LINE, for example gy-o-core1:120.", line=line))
    return device, int(number)


def _line_map(out: Path, device: str) -> dict[str, Any]:
    """The line map of a device: file name -> templates, origins, lines."""
    folder = out / LINE_MAPS
    known = sorted(path.stem for path in folder.glob("*.json"))
    if not known:
        raise RefusedError(T("there is nothing rendered in {folder}: run govnet render, or name its folder with --out.", folder=str(out)))
    if device not in known:
        near = nearest(device, known)
        text = T("nothing is rendered for a device '{device}' · there are: {names}", device=device, names=names(known))
        raise RefusedError(T("{text} · did you mean '{name}'?", text=text, name=near) if near else text)
    try:
        files: dict[str, Any] = json.loads((folder / f"{device}.json").read_text(encoding="utf-8"))["files"]
    except (ValueError, KeyError, TypeError):
        raise RefusedError(
            T("{file} was changed after it was rendered: run govnet render, and ask again.", file=str(folder / f"{device}.json"))
        ) from None
    return files


def _file(maps: dict[str, Any], device: str, file: str | None) -> str:
    """The file's name in the line map: given in full, or without the device's folder."""
    if file is None:
        return next(iter(maps))
    for name in (file, f"{device}/{file}"):
        if name in maps:
            return name
    raise RefusedError(T("{device} has no file '{file}' · there are: {names}", device=device, file=file, names=names(maps)))


def _declared(out: Path, place: str, texts: list[str], index: int) -> tuple[Text, ...]:
    """The flows that are declared at a place of the inventory. Of several, the one that the line names, or the nearest remark above it.

    A line at the left margin opens a section: it is there for a flow only if it names one.
    """
    try:
        entries = json.loads((out / REASONS).read_text(encoding="utf-8")).get(place, [])
    except (OSError, ValueError):
        return ()
    margin = texts[index][:1] != " "
    start = index if margin else next((number for number in range(index, -1, -1) if texts[number][:1] != " "), 0)
    for text in (*texts[index : index + 2], *reversed(texts[start:index])):
        named = [entry for entry in entries if entry["service"] in text or any(flow in text for flow in entry["flows"])]
        if named:
            return tuple(map(_flow, named))
    return () if margin else tuple(map(_flow, entries))


def _flow(entry: dict[str, Any]) -> Text:
    service = entry["service"]
    return T(
        "plan {sections}: {service} (services/{slug}/service.yaml), declared as {flows}",
        sections=", ".join(f"§{section}" for section in entry["plan"]) or "–",
        service=_service_name(service),
        slug=service,
        flows=names(entry["flows"]),
    )


class _Name(Text):
    """A name that brings both languages along."""

    __slots__ = ()

    def render(self, lang: str) -> str:
        return str(dict(self.params).get(lang) or self.msgid)


def _service_name(slug: str) -> Text:
    from topology.source import read_yaml  # noqa: PLC0415 - a line without a flow needs no YAML

    data = read_yaml(_SERVICES / slug / "service.yaml", _ROOT, []) if (_SERVICES / slug).is_dir() else None
    name = data.get("name") if data else None
    if isinstance(name, dict):
        return _Name(slug, tuple((str(key), value) for key, value in name.items()))
    return _Name(str(name or slug))


def _place(path: Path, shown: str, line: int) -> Place:
    texts = _lines(path)
    return Place(shown, line, texts[line - 1] if line <= len(texts) else None)


def _lines(path: Path) -> list[str]:
    """The lines as editors count them; none where the file is gone."""
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeError):
        return []


def _younger(path: Path, than: Path) -> bool:
    try:
        return path.stat().st_mtime > than.stat().st_mtime
    except OSError:
        return True
