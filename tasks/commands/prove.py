"""``govnet prove``: is the city isolated, by what its configs say?"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tasks.commands.show import write_out
from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.settings import ExitCode, Settings
from topology.i18n import T, Text

if TYPE_CHECKING:
    from isolation_checks.report.places import Places
    from isolation_checks.snapshot import DeviceConfig, Snapshot
    from isolation_checks.verdicts import Report, RuleInfo
    from topology.facts import Facts

CONFIGS = Path("build") / "configs"
_SUFFIXES = (".json", ".xml", ".sarif", ".md", ".html")
_LISTED = 20
"""So many files that could not be read are named; the rest is a number, and every report has them."""


@localized_command(
    "prove",
    help=T(
        "Prove every rule from the text of the configs, or show what breaks it.\n\n"
        "A rule is PROVED, VIOLATED with a packet, a chain of cables or the lines at fault, INCOMPLETE with what was missing or not "
        "understood, or NOT APPLICABLE. Exit codes: 0 all proved or not applicable, 1 violated, 3 incomplete, 2 bad input."
    ),
)
@option(
    "--configs",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help=T(
        "The folder of configs, as rendered or as pulled from devices: a file a device, or a folder a Linux host. Default: build/configs."
    ),
)
@option("--only", multiple=True, metavar="RULE", help=T("Judge only this rule, or this family such as HARD. May be given several times."))
@option(
    "--failures",
    type=click.Choice(["0", "1", "2"]),
    help=T(
        "Prove too that what is declared works, by the routes that the devices compute, and that what is promised to survive does, "
        "whichever so many of cables, circuits, cards, devices and risks fail at once."
    ),
)
@option(
    "--report",
    "reports",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help=T("Write the report: .json, .xml (JUnit), .sarif, .md or .html by the name's end. May be given several times."),
)
@option(
    "--coverage",
    is_flag=False,
    flag_value="",
    default=None,
    metavar="[DEVICE]",
    help=T("Show how the lines of every device were read; with a device, how each of its lines was."),
)
@option("--json", "as_json", is_flag=True, help=T("Print the report as JSON."))
@click.pass_obj
def command(
    settings: Settings,
    *,
    configs: Path | None,
    only: tuple[str, ...],
    failures: str | None,
    reports: tuple[Path, ...],
    coverage: str | None,
    as_json: bool,
) -> int:
    from isolation_checks.report.json import as_data  # noqa: PLC0415

    _check_files(settings, reports)
    folder = check_folder(settings, configs)
    most = None if failures is None else int(failures)
    words = tuple(part for word in only for part in word.split(",") if part.strip())
    _check_rules(settings, words, most)
    facts, snapshot = inputs(settings, folder)
    config = _device(settings, snapshot, coverage) if coverage else None
    report = _proved(settings, facts, snapshot, folder, words, most)
    places = _places(settings, facts, folder, report)
    for file in reports:
        _write(settings, file, report, places)
    if as_json:
        data = as_data(report, places) | _coverage_data(snapshot, config, coverage, places)
        write_out((json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode())
    else:
        _show(settings, report, places, config, coverage)
    return exit_code(report)


def exit_code(report: Report) -> ExitCode:
    from isolation_checks.verdicts import Verdict  # noqa: PLC0415

    codes = {Verdict.PROVED: ExitCode.GOOD, Verdict.VIOLATED: ExitCode.FAILED}
    return codes.get(report.verdict, ExitCode.INCOMPLETE)


# ------------------------------------------------------------------------------------------------------ what is asked


def _usage(settings: Settings, message: Text) -> click.UsageError:
    return click.UsageError(message.render(settings.lang), click.get_current_context(silent=True))


def _check_files(settings: Settings, files: tuple[Path, ...]) -> None:
    for file in files:
        if file.suffix not in _SUFFIXES:
            allowed = ", ".join(_SUFFIXES)
            raise _usage(settings, T("{file}: a report's name ends in one of {allowed}", file=str(file), allowed=allowed))


def check_folder(settings: Settings, configs: Path | None) -> Path:
    folder = configs or CONFIGS
    if folder.is_dir():
        return folder
    if configs is None:
        raise _usage(
            settings,
            T("There are no configs in {folder}: write them with govnet render, or name a folder with --configs.", folder=str(folder)),
        )
    raise _usage(settings, T("{path} is not a folder; --configs names the folder of the devices' configs.", path=str(folder)))


def _check_rules(settings: Settings, words: tuple[str, ...], failures: int | None) -> None:
    """Before anything that takes time."""
    from isolation_checks.rules.registry import UnknownRuleError, select  # noqa: PLC0415

    try:
        select(words, failures)
    except UnknownRuleError as error:
        raise _usage(settings, error.message) from None


def inputs(settings: Settings, folder: Path, city: Path | None = None) -> tuple[Facts, Snapshot]:
    """The facts of the inventory (of ``city``, where another one is meant) and what the configs say; problems are told on the way."""
    from isolation_checks.reading.cache import ReadingCache  # noqa: PLC0415
    from isolation_checks.reading.folder import read_folder  # noqa: PLC0415
    from tasks.stand_ins import facts_of  # noqa: PLC0415
    from topology.network import load  # noqa: PLC0415

    facts = load(city or settings.city).facts
    with _reading(settings):
        snapshot = read_folder(folder, len(os.sched_getaffinity(0)), ReadingCache.of_user())
    for problem in snapshot.problems[:_LISTED]:
        where = f"{folder / problem.file}:{problem.line}" if problem.line else str(folder / problem.file)
        message = problem.message.render(settings.lang) if isinstance(problem.message, Text) else str(problem.message)
        click.echo(T("{label}: {text}", label=where, text=message).render(settings.lang), err=True)
    if len(snapshot.problems) > _LISTED:
        click.echo(T("and {count} more", count=len(snapshot.problems) - _LISTED).render(settings.lang), err=True)
    if not snapshot.devices:
        raise click.ClickException(T("{folder} holds no config that could be read.", folder=str(folder)).render(settings.lang))
    return facts_of(facts, snapshot), snapshot


def _device(settings: Settings, snapshot: Snapshot, name: str) -> DeviceConfig:
    from topology.problems import names, nearest  # noqa: PLC0415

    known = {config.folder: config for config in snapshot.devices}
    if name in known:
        return known[name]
    near = nearest(name, known)
    what = T("no config of a device '{device}' was read · there are: {names}", device=name, names=names(known))
    raise _usage(settings, T("{text} · did you mean '{name}'?", text=what, name=near) if near else what)


# ------------------------------------------------------------------------------------------------------ the proof


def _proved(settings: Settings, facts: Facts, snapshot: Snapshot, folder: Path, words: tuple[str, ...], failures: int | None) -> Report:
    from isolation_checks.prove import digest, prove  # noqa: PLC0415

    with _progress(settings) as progress:
        return prove(facts, snapshot, settings.as_of, words, progress, inputs=digest(folder, settings.city), failures=failures)


@contextmanager
def _reading(settings: Settings) -> Iterator[None]:
    """A word on a terminal while configs are read. No bar: a bar has a thread, and processes are forked here."""
    if not sys.stderr.isatty():
        yield
        return
    click.echo(T("Reading configs …").render(settings.lang), nl=False, err=True)
    try:
        yield
    finally:
        click.echo("\r\x1b[2K", nl=False, err=True)


@contextmanager
def _progress(settings: Settings) -> Iterator[Callable[[RuleInfo, int, int], None] | None]:
    """A bar on standard error where that is a terminal; nothing else."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=settings.err, transient=True) as bar:
        task = bar.add_task("", total=None)

        def on_rule(rule: RuleInfo, number: int, count: int) -> None:
            bar.update(task, description=rule.id, completed=number - 1, total=count)

        yield on_rule


def _places(settings: Settings, facts: Facts, folder: Path, report: Report) -> Places:
    from importlib.metadata import version  # noqa: PLC0415

    from isolation_checks.report.places import Places, quoting  # noqa: PLC0415
    from isolation_checks.rules.registry import rules  # noqa: PLC0415
    from tasks.line_maps import LineMaps  # noqa: PLC0415

    judged = {result.rule.id for result in report.results}
    return Places(
        configs=_as_typed(folder),
        inventory=_as_typed(settings.city),
        quote=quoting(folder, settings.city),
        mend=LineMaps(folder, settings.city).origin,
        omitted=tuple(rule.id for rule in rules() if rule.id not in judged),
        names={one.slug: one.name for one in facts.organisations},
        version=version("govnet"),
    )


def _as_typed(folder: Path) -> str:
    """Relative to the working folder where it is below it: code hosts know files by their path in the repository."""
    try:
        return folder.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return folder.as_posix()


# ------------------------------------------------------------------------------------------------------ what is shown


def _write(settings: Settings, file: Path, report: Report, places: Places) -> None:
    """The file is there whole or not at all."""
    from isolation_checks.report import FORMATS  # noqa: PLC0415

    text = FORMATS[file.suffix](report, places, settings.lang)
    part = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
        part.replace(file)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from error
    finally:
        part.unlink(missing_ok=True)
    click.echo(T("Report written to {file}", file=str(file)).render(settings.lang), err=True)


def _show(settings: Settings, report: Report, places: Places, config: DeviceConfig | None, coverage: str | None) -> None:
    from isolation_checks.report import coverage as lines  # noqa: PLC0415
    from isolation_checks.report.terminal import show, show_coverage  # noqa: PLC0415

    console = settings.out
    show(console, report, places, settings.lang)
    if coverage is None:
        return
    console.print()
    if config is None:
        show_coverage(console, report.coverage, settings.lang)
    else:
        lines.show(console, config, places, settings.lang)


def _coverage_data(snapshot: Snapshot, config: DeviceConfig | None, coverage: str | None, places: Places) -> dict[str, Any]:
    """With --coverage: every line of the device, or of all of them."""
    from isolation_checks.report import coverage as lines  # noqa: PLC0415

    if coverage is None:
        return {}
    wanted = snapshot.devices if config is None else (config,)
    return {"read": {one.folder: lines.as_data(one, places) for one in wanted}}
