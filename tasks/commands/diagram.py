"""``govnet diagram``: the city's pictures, as SVG files and as one HTML page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tasks import localized
from tasks.settings import Settings
from topology.i18n import T

if TYPE_CHECKING:
    from topology.diagram.drawing import Pictures
    from topology.facts import Facts


@localized.command(
    "diagram",
    help=T(
        "Draw the city, its counties and townships.\n\n"
        "Without --format: a folder with index.html, one page with every picture that works offline, and svg/ with one file a picture. "
        "A PATH that ends in .html or .svg is one file. Needs Graphviz."
    ),
)
@localized.option("--realm", type=click.Choice(["outer", "inner"]), help=T("Only this realm's side. Default: what is present."))
@localized.option("--site", metavar="KEY", help=T("Only this site and what is below it: municipal, COUNTY or COUNTY/TOWNSHIP."))
@localized.option("--format", "form", type=click.Choice(["svg", "html"]), help=T("Only SVG files or only the page. Default: both."))
@localized.option("--out", type=click.Path(path_type=Path), metavar="PATH", help=T("Where to write. Default: build/CITY/diagram."))
@click.pass_obj
def command(settings: Settings, realm: str | None, site: str | None, form: str | None, out: Path | None) -> None:
    """Load, draw, write, say where."""
    from tasks.output import RefusedError  # noqa: PLC0415 - not for --help
    from topology.network import load  # noqa: PLC0415

    network = load(settings.city)
    target = out or Path("build") / network.facts.slug / "diagram"
    wanted = _form(settings, form, target)
    _check_site(settings, network.facts, site)
    drawn = _draw(settings, network.facts, network.design, realm, site)
    try:
        written = _write(drawn, wanted, target, whole=not (realm or site))
    except RefusedError as error:
        raise click.ClickException(error.text.render(settings.lang)) from error
    settings.out.print(T("Files written to {path}: {count}", count=len(written), path=target).render(settings.lang))
    first = next((path for path in written if path.suffix == ".html"), written[0])
    settings.out.print(T("Open {path} in a browser.", path=first).render(settings.lang))


def _form(settings: Settings, form: str | None, target: Path) -> str | None:
    """``svg``, ``html`` or None for both; a file name that says otherwise than --format is an error."""
    named = target.suffix[1:] if target.suffix in (".svg", ".html") and not target.is_dir() else None
    if named and form and named != form:
        raise click.UsageError(T("--out {path} is no {form} file.", path=target, form=form).render(settings.lang))
    return form or named


def _check_site(settings: Settings, facts: Facts, site: str | None) -> None:
    from topology.diagram.drawing import sites  # noqa: PLC0415
    from topology.problems import nearest  # noqa: PLC0415

    if site is None or site in (known := sites(facts)):
        return
    near = nearest(site, known)
    hint = T("did you mean '{name}'?", name=near) if near else T("'govnet show sites' lists them.")
    message = T("There is no site '{site}'; {hint}", site=site, hint=hint)
    raise click.BadParameter(message.render(settings.lang), param_hint="--site")


def _draw(settings: Settings, facts: Facts, design: object, realm: str | None, site: str | None) -> Pictures:
    from topology.design import Design  # noqa: PLC0415
    from topology.diagram.drawing import pictures  # noqa: PLC0415
    from topology.diagram.layout import LayoutError  # noqa: PLC0415
    from topology.facts import Realm  # noqa: PLC0415

    side = Realm(realm) if realm else None
    if side and side not in facts.realms:
        message = T("The inventory has no {realm}/ folder: there is nothing of that side to draw.", realm=side.value)
        raise click.BadParameter(message.render(settings.lang), param_hint="--realm")
    try:
        return pictures(facts, design if isinstance(design, Design) else None, settings.lang, realm=side, site=site)
    except LayoutError as error:
        raise click.ClickException(error.text.render(settings.lang)) from error
    except KeyError as error:
        message = T("Site '{site}' has no devices on that side.", site=site)
        raise click.BadParameter(message.render(settings.lang), param_hint="--site") from error


def _write(drawn: Pictures, form: str | None, target: Path, *, whole: bool) -> list[Path]:
    """Write what was asked for; the paths, in order. ``whole``: the whole city, so that files of pictures no longer drawn go."""
    from topology.diagram.drawing import html_page, svg_files  # noqa: PLC0415

    single = target.suffix in (".svg", ".html") and not target.is_dir()
    page = {} if form == "svg" else {"index.html": html_page(drawn)}
    pictures = {} if form == "html" else {f"svg/{name}": svg for name, svg in svg_files(drawn).items()}
    if single:
        _replace(target, next(iter((page | pictures).values())))
        return [target]
    return _write_folder(target, page | pictures, whole=whole and form is None)


def _write_folder(target: Path, files: dict[str, str], *, whole: bool) -> list[Path]:
    """All files or none. ``whole``: those of earlier runs that are not among them are deleted; a deleted township must not live on."""
    from tasks.output import OutputFolder  # noqa: PLC0415

    with OutputFolder(target) as output:
        written = {path: output.put(path, text).sha256 for path, text in files.items()}
        output.commit(written, stays=lambda _path: not whole)
    return [target / path for path in files]


def _replace(path: Path, content: str) -> None:
    """The file is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        part.write_text(content, encoding="utf-8", newline="\n")
        part.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        part.unlink(missing_ok=True)
