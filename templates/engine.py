"""Rendering: a device's design and a platform's templates in, files and their line map out. Nothing is read or written but templates."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Protocol, TypeAlias

import jinja2

from templates.compiled import CompiledTemplates
from templates.filters import FILTERS, refuse_nothing
from templates.names import InterfaceNames
from templates.owns import Ownership
from templates.platforms import File, Platform, Platforms
from templates.source import ANY_MARK, MARKS, ORIGIN_MARK, MarkingLoader, TemplateLines
from topology.design import DeviceDesign
from topology.i18n import T
from topology.origin import Origin
from topology.problems import Problem

Line: TypeAlias = tuple[str, int, Origin]
"""Template, line of the template, place in the inventory."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """One file: ``lines`` has one entry for each line of ``text``."""

    name: str
    text: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    """All files of one device for one platform."""

    device: str
    platform: str
    files: tuple[RenderedFile, ...]


class TemplateFailure(Exception):  # noqa: N818 - named for what it reports
    """A template cannot be rendered for a device: a mistake in the template (or a gap in the model), at ``template``:``line``."""

    def __init__(self, device: str, platform: str, template: str, line: int, what: str) -> None:
        self.device, self.platform, self.template, self.line, self.what = device, platform, template, line, what
        super().__init__(f"templates/{template}:{line}: {device} as {platform}: {what}")

    @property
    def problem(self) -> Problem:
        return Problem(
            Origin(f"templates/{self.template}", self.line, 1),
            T("device {device} cannot be rendered as {platform}: {what}", device=self.device, platform=self.platform, what=self.what),
            hint=T("mend the template"),
        )


class HasOrigin(Protocol):
    @property
    def origin(self) -> Origin: ...


class _Direct(jinja2.Environment):
    """`x.y` is an attribute and nothing else: a third of the time of Jinja's own, and that is a sixth of all rendering."""

    getattr = staticmethod(getattr)  # type: ignore[assignment]


class _Job:
    """What one call of `Renderer.render` keeps between its files: interface names, and the origins that have marks."""

    def __init__(self, design: DeviceDesign, platform: Platform, stand_in: bool) -> None:
        self.design = design
        self.platform = platform
        self.family = platform.family(design.device.model.name)
        self.ifname = InterfaceNames(design, platform, stand_in)
        self.origins: dict[Origin, int] = {}

    def mark(self, origin: Origin) -> str:
        number = self.origins.setdefault(origin, len(self.origins))
        if number >= MARKS:
            raise ValueError("more than 65,000 places of the inventory in one device")
        return chr(ORIGIN_MARK + number)

    def failure(self, template: str, line: int, what: str) -> TemplateFailure:
        return TemplateFailure(self.design.hostname, self.platform.platform, template, line, what)


class Renderer:
    """Renders designs. Templates are compiled when a platform is first used, and kept as long as the Renderer is.

    A Renderer may be shared by threads: they take turns.
    """

    def __init__(self, platforms: Platforms) -> None:
        self._platforms = platforms
        self._lines = TemplateLines(path.relative_to(platforms.root).as_posix() for path in platforms.root.glob("*/**/*.j2"))
        self._places: dict[str, tuple[str, int]] = {}
        self._lock = Lock()
        self._job: _Job | None = None
        self._owners: dict[tuple[str, str], Ownership | None] = {}
        self._environments = {escape: self._environment(_Direct, escape) for escape in (False, True)}
        self._patient = {escape: self._environment(jinja2.Environment, escape) for escape in (False, True)}

    def render(self, design: DeviceDesign, platform: str | None = None) -> Rendered:
        """The files of a device for its own platform; with ``platform`` those of its stand-in, even where the two are the same.

        Raises InventoryError for a platform that does not exist, TemplateFailure for whatever goes wrong in a template. The caller has
        asked `templates.features.refusals` before: a feature that the platform lacks is not looked for here.
        """
        facts = self._platforms.of(design, platform)
        stand_in = platform is not None
        job = _Job(design, facts, stand_in)
        with self._lock:
            self._job = job
            try:
                files = tuple(self._file(job, file) for file in facts.files if not (stand_in and file.native))
            finally:
                self._job = None
        return Rendered(design.hostname, facts.platform, files)

    def _environment(self, kind: type[jinja2.Environment], autoescape: bool) -> jinja2.Environment:
        environment = kind(
            loader=MarkingLoader(self._platforms.root, self._lines),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=autoescape,
            finalize=refuse_nothing,
            auto_reload=False,
            bytecode_cache=CompiledTemplates(self._platforms.root, f"autoescape={autoescape}"),
            cache_size=-1,
        )
        environment.filters.update(FILTERS, ifname=self._ifname, at=self._at)
        environment.globals["at"] = self._at
        return environment

    def _current(self) -> _Job:
        if self._job is None:
            raise RuntimeError("outside of Renderer.render")
        return self._job

    def _ifname(self, ref: Any) -> str:
        return self._current().ifname(ref)

    def _at(self, obj: HasOrigin) -> str:
        return self._current().mark(obj.origin)

    def _file(self, job: _Job, file: File) -> RenderedFile:
        try:
            text = self._text(job, file)
        except Exception as error:
            raise self._failure(job, file, error) from error
        lines, texts = self._unmark(job, file, text)
        self._check(job, file, lines, texts)
        name = file.name.format(hostname=job.design.hostname)
        return RenderedFile(name, "\n".join(texts) + "\n", tuple(lines))

    def _text(self, job: _Job, file: File) -> str:
        """The template's output, marks and all. Where `x.y` was no attribute, it may be a key: Jinja finds it, or words the error."""
        try:
            return self._print(self._environments[file.autoescape], job, file)
        except AttributeError:
            return self._print(self._patient[file.autoescape], job, file)

    def _print(self, environment: jinja2.Environment, job: _Job, file: File) -> str:
        return environment.get_template(file.template).render(d=job.design, p=job.platform, family=job.family)

    def _unmark(self, job: _Job, file: File, text: str) -> tuple[list[Line], list[str]]:
        """Takes the marks off. A template line that prints nothing but blanks is left out, unless it is empty in the template, too."""
        lines: list[Line] = []
        texts: list[str] = []
        places, blank = self._places, self._lines.blank
        origins = list(job.origins)
        origin = job.design.origin
        raw = text.split("\n")
        raw.pop()  # after the last newline
        for number, marked in enumerate(raw):
            line, mark = marked[:-2], marked[-2:]
            place = places.get(mark) or self._place(job, file, raw, number)
            while not line.isascii() and (found := ANY_MARK.search(line)):  # mostly one, near the beginning
                at = found.start()
                code = ord(line[at]) - ORIGIN_MARK
                if 0 <= code < MARKS:
                    origin = origins[code]
                line = line[:at] + line[at + 1 :]
            line = line.rstrip()
            if line or mark in blank:
                texts.append(line)
                lines.append((*place, origin))
        return lines, texts

    def _place(self, job: _Job, file: File, raw: list[str], number: int) -> tuple[str, int]:
        """The template line of a line whose mark is not known yet; without a mark it comes from a line break inside a value."""
        mark = raw[number][-2:]
        place = self._lines.place(mark)
        if place is None:
            template, line = next(filter(None, (self._lines.place(later[-2:]) for later in raw[number:])), (file.template, 1))
            raise job.failure(template, line, f"a value with a line break in it: {ANY_MARK.sub('', raw[number])!r}")
        self._places[mark] = place
        return place

    def _check(self, job: _Job, file: File, lines: list[Line], texts: list[str]) -> None:
        for number, what in self._faults(job, file, texts):
            template, line, _ = lines[number]
            raise job.failure(template, line, f"{what}: {texts[number]!r}")
        if not any(texts):
            raise job.failure(file.template, 1, "prints nothing")

    def _faults(self, job: _Job, file: File, texts: list[str]) -> Iterator[tuple[int, str]]:
        together = "".join(texts)
        if file.ascii and not together.isascii():
            yield next(number for number, text in enumerate(texts) if not text.isascii()), "a line that is not ASCII"
        if _CONTROL.search(together):
            yield next(number for number, text in enumerate(texts) if _CONTROL.search(text)), "a control character"
        ownership = self._ownership(job.platform, file)
        if ownership is not None:
            for number, section in ownership.strangers(texts):
                where = f"in the section {section!r}" if section else "at the top"
                yield number, f"a line that platform.yaml does not own {where}"

    def _ownership(self, platform: Platform, file: File) -> Ownership | None:
        key = platform.platform, file.template
        if key not in self._owners:
            owns = platform.owns if file.owns is None else file.owns
            self._owners[key] = None if owns == "none" else Ownership(owns, platform.comment if file.comment is None else file.comment)
        return self._owners[key]

    def _failure(self, job: _Job, file: File, error: Exception) -> TemplateFailure:
        template, line = _place(error, self._platforms.root) or (file.template, 1)
        what = f"{type(error).__name__}: {error}"
        if isinstance(error, jinja2.UndefinedError):
            what = f"undefined: {error.message}"
        elif isinstance(error, jinja2.TemplateNotFound):
            what = f"no template {error.name!r}"
        elif isinstance(error, jinja2.TemplateSyntaxError):
            what = f"syntax: {error.message}"
        elif isinstance(error, ValueError):
            what = str(error)
        return job.failure(template, line, ANY_MARK.sub("", what))


def _place(error: Exception, root: Path) -> tuple[str, int] | None:
    """Template and line in which ``error`` came up."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return (error.name or "?", error.lineno)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(".j2")]
    if not frames:
        return None
    return Path(frames[-1].filename).relative_to(root).as_posix(), frames[-1].lineno or 1
