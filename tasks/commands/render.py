"""``govnet render``: the configuration of every device, or what changes in it since a revision."""

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.output import RefusedError, State
from tasks.render import CONFIGS, STAND_INS, Report, device_of, render_city
from tasks.settings import ExitCode, Settings
from topology.i18n import T, Text

if TYPE_CHECKING:
    from tasks.compare import Comparison

_LISTED = 20
"""So many deleted devices or kept files are named; the rest is a number."""


@localized_command(
    "render",
    help=T(
        "Write the configuration of every device below a folder, with a map of where each line comes from.\n\n"
        "Everything is written or, where anything is wrong, nothing. Files of devices that are no more are deleted; files that govnet "
        "did not write, or that somebody has changed, never are."
    ),
)
@option("--out", type=click.Path(path_type=Path), default=Path("build"), show_default=True, metavar="DIR", help=T("The folder to write."))
@option(
    "--only",
    multiple=True,
    metavar="WHAT",
    help=T(
        "Only these devices: a name or pattern, or county=, realm=, tier=, role=, site=, platform= with a value. "
        "The same key twice widens, another key narrows."
    ),
)
@option("--stand-in", is_flag=True, help=T("Write FRR and nftables in the place of every device that routes or filters, too."))
@option("--diff", "revision", metavar="REV", help=T("Write nothing: show what changes against the inventory at a git revision."))
@option("--json", "as_json", is_flag=True, help=T("Print the result as JSON."))
@click.pass_obj
def command(settings: Settings, out: Path, only: tuple[str, ...], stand_in: bool, revision: str | None, as_json: bool) -> int:
    city = settings.city
    try:
        with _progress(settings) as on_device:
            if revision is not None:
                from tasks.compare import compare  # noqa: PLC0415 - most renders compare nothing

                comparison = compare(city, revision, only, on_device)
            else:
                report = render_city(city, out, only, stand_in=stand_in, on_device=on_device)
    except RefusedError as error:
        raise click.ClickException(error.text.render(settings.lang)) from error
    if revision is not None:
        _show_comparison(settings, comparison, as_json)
    elif as_json:
        click.echo(_json(report))
    else:
        _show(settings, report)
    return ExitCode.GOOD


class _Bar(AbstractContextManager[Callable[[int, int], None]]):
    """A progress bar that begins with the first device: before that, processes are forked, and a bar has a thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = ExitStack()
        self._move: Callable[[int, int], None] | None = None

    def __enter__(self) -> Callable[[int, int], None]:
        return self._on_device

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _on_device(self, done: int, total: int) -> None:
        if self._move is None:
            self._move = self._start(total)
        self._move(done, total)

    def _start(self, total: int) -> Callable[[int, int], None]:
        from rich.progress import Progress  # noqa: PLC0415 - only a terminal pays for it

        bar = self._stack.enter_context(Progress(console=self._settings.err, transient=True))
        task = bar.add_task(T("Rendering").render(self._settings.lang), total=total)
        return lambda done, total: bar.update(task, completed=done)


def _progress(settings: Settings) -> AbstractContextManager[Callable[[int, int], None]]:
    if sys.stderr.isatty():
        return _Bar(settings)
    return nullcontext(lambda done, total: None)


def _show(settings: Settings, report: Report) -> None:
    def say(text: Text) -> None:
        click.echo(text.render(settings.lang))

    removed = report.removed
    say(
        T(
            "{devices} devices, {lines} lines in {folder}: {new} new, {changed} changed, {unchanged} unchanged, {removed} removed",
            devices=len(report.devices),
            lines=f"{report.lines:,}",
            folder=f"{report.out / CONFIGS}/",
            new=report.count(State.NEW),
            changed=report.count(State.CHANGED),
            unchanged=report.count(State.UNCHANGED),
            removed=len(report.gone),
        )
    )
    for device in report.gone[:_LISTED]:
        say(T("Removed: {device} is no longer in the inventory.", device=device))
    if len(report.gone) > _LISTED:
        say(T("Removed: {count} more.", count=len(report.gone) - _LISTED))
    stand_ins = {device_of(path) for path in removed.deleted if path.startswith(f"{STAND_INS}/")} - set(report.gone)
    if stand_ins:
        say(T("Removed: {count} stand-ins of an earlier run; --stand-in writes them anew.", count=len(stand_ins)))
    for path in removed.kept[:_LISTED]:
        say(T("Left in place: {file} is no longer needed, but somebody has changed it.", file=str(report.out / path)))


def _json(report: Report) -> str:
    counts = {state.value: report.count(state) for state in State} | {"removed": len(report.gone)}
    devices = [asdict(device) for device in report.devices]
    return json.dumps(
        {"out": str(report.out), "lines": report.lines, "counts": counts, "devices": devices, "removed": asdict(report.removed)},
        ensure_ascii=False,
        indent=2,
    )


def _show_comparison(settings: Settings, comparison: "Comparison", as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(comparison.as_dict(), ensure_ascii=False, indent=2))
        return
    for line in comparison.text(settings.lang):
        click.echo(line)
