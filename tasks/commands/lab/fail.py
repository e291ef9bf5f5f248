"""``govnet lab fail``: cut a cable or circuit, or mend it; or let things fail at random and watch the isolation."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tasks.commands.lab.shared import lab_option, told
from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.settings import ExitCode, Settings
from topology.i18n import T, Text

if TYPE_CHECKING:
    from lab.failing.run import Result, Step

_ENDINGS = (".json", ".xml", ".html")
_LISTED = 5


@localized_command(
    "fail",
    help=T(
        "Cut cables and circuits of a running lab, or mend them. Without any option: list what is cut, and what can be.\n\n"
        "With --random, cables and circuits are cut, daemons killed and routers restarted for some time, while permitted and forbidden "
        "probes run; then all is made whole again. Exit codes: 0 not one forbidden packet arrived, 1 one did, 2 there is no such lab, "
        "3 the run proves nothing, or the lab did not recover."
    ),
)
@lab_option
@option("--cut", multiple=True, metavar="WIRE", help=T("Cut this cable or circuit, by its id. May be given several times."))
@option("--mend", multiple=True, metavar="WIRE", help=T("Mend this cable or circuit. May be given several times."))
@option("--mend-all", is_flag=True, help=T("Mend all that is cut."))
@option("--random", "at_random", is_flag=True, help=T("Let things fail at random, and watch."))
@option("--seconds", type=click.FloatRange(5, 3600), default=120.0, show_default=True, metavar="SECONDS", help=T("How long things fail."))
@option("--seed", type=int, default=0, show_default=True, help=T("Another number, other failures."))
@option("--rate", type=click.FloatRange(10, 5000), default=400.0, show_default=True, metavar="N", help=T("How many probes a second."))
@option(
    "--report",
    "reports",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    metavar="FILE",
    help=T("Write the result too: FILE.json, FILE.xml for JUnit, or FILE.html with a picture. May be given several times."),
)
@option(
    "--capture",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("build/lab/forbidden.pcapng"),
    show_default=True,
    metavar="FILE",
    help=T("Where forbidden packets that arrived are kept."),
)
@option("--json", "as_json", is_flag=True, help=T("Print the result as JSON."))
@click.pass_obj
@told
def command(
    settings: Settings,
    *,
    lab: str,
    cut: tuple[str, ...],
    mend: tuple[str, ...],
    mend_all: bool,
    at_random: bool,
    seconds: float,
    seed: int,
    rate: float,
    reports: tuple[Path, ...],
    capture: Path,
    as_json: bool,
) -> int:
    if not at_random:
        return _by_hand(settings, lab, cut, mend, mend_all=mend_all)
    wrong = [str(report) for report in reports if report.suffix not in _ENDINGS]
    if wrong:
        text = T("{file}: a report ends in .json, .xml or .html", file=wrong[0])
        raise click.UsageError(text.render(settings.lang), click.get_current_context(silent=True))
    if cut or mend or mend_all:
        text = T("--random takes no --cut, --mend or --mend-all")
        raise click.UsageError(text.render(settings.lang), click.get_current_context(silent=True))
    result = _run(settings, lab, seconds, seed, rate)
    _keep(settings, result, reports, capture, as_json=as_json)
    if not result.isolated:
        return ExitCode.FAILED
    return ExitCode.GOOD if result.complete else ExitCode.INCOMPLETE


def _by_hand(settings: Settings, lab: str, cut: tuple[str, ...], mend: tuple[str, ...], *, mend_all: bool) -> int:
    from lab import faults  # noqa: PLC0415
    from lab.control import reach  # noqa: PLC0415
    from lab.state import LabFolder, check_name  # noqa: PLC0415

    check_name(lab)
    folder = LabFolder(lab)
    plan, _ = reach(folder)
    faults.check_wires(plan, (*cut, *mend))
    with folder.locked():
        if mend or mend_all:
            faults.mend(plan, folder, None if mend_all else mend)
        if cut:
            faults.cut(plan, folder, cut)
    broken = faults.cuts(folder)
    for wire in sorted(broken):
        click.echo(T("cut: {wire}", wire=wire).render(settings.lang))
    if not (cut or mend or mend_all):
        for wire in sorted(plan.wires.keys() - broken):
            click.echo(T("whole: {wire}", wire=wire).render(settings.lang))
    return ExitCode.GOOD


# --------------------------------------------------------------------------------------------------------------- at random


def _run(settings: Settings, lab: str, seconds: float, seed: int, rate: float) -> Result:
    from lab.failing.run import run  # noqa: PLC0415
    from tasks.commands.lab.probe import model, running_lab  # noqa: PLC0415

    plan, folder = running_lab(lab)
    proof, _ = model(settings, plan, folder, running=False)
    with folder.locked(), _progress(settings, seconds) as step:
        return run(proof, folder, seconds, seed, rate, step)


@contextmanager
def _progress(settings: Settings, seconds: float) -> Iterator[Step]:
    if not sys.stderr.isatty():
        yield lambda clock, going_on, wrong: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=settings.err, transient=True) as bar:
        task = bar.add_task("", total=seconds)

        def step(clock: float, going_on: int, wrong: int) -> None:
            what = T("{count} failures going on, {wrong} forbidden packets", count=going_on, wrong=wrong).render(settings.lang)
            bar.update(task, description=what, completed=min(clock, seconds))

        yield step


def _keep(settings: Settings, result: Result, reports: tuple[Path, ...], capture: Path, *, as_json: bool) -> None:
    from lab.failing.capture import capture as captured  # noqa: PLC0415
    from lab.failing.page import page  # noqa: PLC0415
    from lab.failing.report import as_data, as_junit  # noqa: PLC0415

    if result.arrivals:
        _write(capture, captured(result.evidence))
    data = as_data(result, settings.as_of, str(capture) if result.arrivals else None)
    text = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    for report in reports:
        made = {".json": lambda: text, ".xml": lambda: as_junit(result, settings.lang), ".html": lambda: page(result)}
        _write(report, made[report.suffix]().encode())
    if as_json:
        click.echo(text, nl=False)
        return
    for line in _told(result, capture):
        click.echo(line.render(settings.lang))


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise click.FileError(str(path), error.strerror or str(error)) from error


def _told(result: Result, capture: Path) -> Iterator[Text]:
    from lab.failing.report import by_flow, described, lines, longest  # noqa: PLC0415

    for item in result.failures:
        yield T("{begin} s to {end} s  {what}", begin=f"{item.begin:6.1f}", end=f"{item.end:6.1f}", what=described(item.failure))
    for arrival in result.arrivals[:_LISTED]:
        yield from lines(result, arrival)
    silences = by_flow(result)
    for flow, found in list(silences.items())[:_LISTED]:
        chosen: Any = result.permitted[flow]
        yield T("silent for {seconds} s: {source} to {target}, {packet}", seconds=f"{longest(found):.1f}", source=chosen.source,
                target=chosen.target, packet=chosen.probe.packet.text())  # fmt: skip
    yield T(
        "{permitted} permitted probes of {flows} flows, {answered} answered; {silent} flows were silent at some time",
        permitted=f"{result.sent[0]:,}",
        flows=len(result.permitted),
        answered=f"{result.answered:,}",
        silent=len(silences),
    )
    if result.mute:
        yield T("{count} permitted flows were never answered.", count=len(result.mute))
    elif result.recovered is None:
        yield T("Not everything permitted works again.")
    else:
        yield T("Everything permitted worked again {seconds} s after the last failure.", seconds=f"{result.recovered:.1f}")
    if result.arrivals:
        yield T("{count} forbidden packets arrived; they are in {file}.", count=f"{len(result.arrivals):,}", file=str(capture))
    else:
        yield T(
            "{forbidden} forbidden probes of {kinds} kinds: not one arrived.",
            forbidden=f"{result.sent[1]:,}",
            kinds=f"{len(result.forbidden):,}",
        )
