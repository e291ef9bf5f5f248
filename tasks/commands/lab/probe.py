"""``govnet lab probe``: packets through a running lab, held against the proof."""

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
from tasks.rows import show
from tasks.settings import ExitCode, Settings
from topology.i18n import T

if TYPE_CHECKING:
    from lab.plan import LabPlan
    from lab.probes.proof import Proof
    from lab.probes.report import Findings
    from lab.probes.run import Step
    from lab.state import LabFolder

_COUNT, _MOST = 10_000, 32_768
_LISTED = 5


@localized_command(
    "probe",
    help=T(
        "Send packets from every zone to every zone and service of a running lab, and hold what arrives against the proof.\n\n"
        "TCP handshakes, UDP, ICMP, false sources, acknowledgements without a connection, fragments, and the edges of every filter. "
        "A packet that does not arrive counts only where others show that both ends work, and where it stops as the proof says. "
        "Every difference is shown with both traces. "
        "Exit codes: 0 as proved, 1 a difference, 2 there is no such lab, 3 the lab does not run whole."
    ),
)
@lab_option
@option(
    "--count",
    type=click.IntRange(1, _MOST),
    default=_COUNT,
    show_default=True,
    metavar="N",
    help=T("How many probes at most, of all that are worth sending."),
)
@option("--seed", type=int, default=0, show_default=True, help=T("Another number, another choice of probes."))
@option("--running", is_flag=True, help=T("Hold them against the configs that run now, rather than those that were rendered."))
@option("--json", "as_json", is_flag=True, help=T("Print the result as JSON."))
@option(
    "--report",
    "report",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=T("Write the result too: FILE.json, or FILE.xml for JUnit."),
)
@click.pass_obj
@told
def command(settings: Settings, *, lab: str, count: int, seed: int, running: bool, as_json: bool, report: Path | None) -> int:
    from lab.probes.choose import choose  # noqa: PLC0415
    from lab.probes.hosts import speaking, taken  # noqa: PLC0415
    from lab.probes.report import Findings  # noqa: PLC0415
    from lab.probes.run import probe, senders  # noqa: PLC0415

    if report is not None and report.suffix not in (".json", ".xml"):
        text = T("{file}: a report ends in .json or .xml", file=str(report))
        raise click.UsageError(text.render(settings.lang), click.get_current_context(silent=True))
    plan, folder = running_lab(lab)
    proof, cut = model(settings, plan, folder, running=running)
    tracer = proof.tracer(proof.outage(cut))
    of_devices = taken(plan, proof.city)
    chosen = choose(proof.facts, speaking(plan, of_devices), proof.configs, count, seed)
    with folder.locked(), _progress(settings, len(chosen)) as step:
        result = probe(plan, chosen, tracer, of_devices, step)
    names = senders(plan, tracer)
    findings = Findings(
        plan,
        settings.as_of,
        seed,
        "running" if running else "rendered",
        tuple(sorted(cut)),
        result,
        lambda item: tracer.trace(names[item.chosen.probe.station], item.chosen.probe.packet),
    )
    _tell(settings, findings, report, as_json=as_json)
    return ExitCode.GOOD if findings.good else ExitCode.FAILED


def running_lab(lab: str) -> tuple[LabPlan, LabFolder]:
    """A lab in network namespaces that is up, with all its daemons. Raises PrerequisiteError, IncompleteError."""
    from lab.control import status  # noqa: PLC0415
    from lab.errors import IncompleteError, PrerequisiteError  # noqa: PLC0415
    from lab.kernel import check_tools  # noqa: PLC0415
    from lab.netns import BACKEND  # noqa: PLC0415
    from lab.state import LabFolder, check_name  # noqa: PLC0415

    check_name(lab)
    check_tools()
    folder = LabFolder(lab)
    plan = folder.plan()
    found = status(lab)
    if found.backend != BACKEND:
        raise PrerequisiteError(
            T("The lab {name} runs on {backend}; probes need one in network namespaces.", name=lab, backend=found.backend)
        )
    broken = [f"{node.node.name} {' '.join(node.dead)}".strip() for node in found.nodes if node.dead or not node.there]
    if broken:
        raise IncompleteError(
            T("Not all of the lab {name} runs, so the proof does not speak of it: {names}", name=lab, names=", ".join(broken[:_LISTED]))
        )
    return plan, folder


def model(settings: Settings, plan: LabPlan, folder: LabFolder, *, running: bool) -> tuple[Proof, frozenset[str]]:
    """The proof of a lab, and the cables and circuits that are cut in it. Raises LabError, InventoryError."""
    from lab.faults import cuts  # noqa: PLC0415
    from lab.probes.proof import of_rendered, of_running  # noqa: PLC0415
    from topology.network import load  # noqa: PLC0415

    network = load(settings.city)
    made = of_running(network, plan, settings.as_of, folder) if running else of_rendered(network, plan, settings.as_of)
    return made, cuts(folder)


@contextmanager
def _progress(settings: Settings, count: int) -> Iterator[Step]:
    if not sys.stderr.isatty():
        yield lambda sent, computed: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns: tuple[Any, ...] = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=settings.err, transient=True) as bar:
        sending = bar.add_task(T("Probes sent").render(settings.lang), total=count)
        proving = bar.add_task(T("Probes proved").render(settings.lang), total=count)

        def step(sent: int, computed: int) -> None:
            bar.update(sending, completed=sent)
            bar.update(proving, completed=computed)

        yield step


def _tell(settings: Settings, findings: Findings, report: Path | None, *, as_json: bool) -> None:
    from lab.probes.report import as_data, as_junit  # noqa: PLC0415

    data = json.dumps(as_data(findings, settings.lang), ensure_ascii=False, indent=2)
    if report is not None:
        text = f"{data}\n" if report.suffix == ".json" else as_junit(findings, settings.lang)
        try:
            report.write_text(text, encoding="utf-8")
        except OSError as error:
            raise click.FileError(str(report), error.strerror or str(error)) from error
    if as_json:
        click.echo(data)
    else:
        _show(settings, findings)


def _show(settings: Settings, findings: Findings) -> None:
    from lab.probes.report import lines  # noqa: PLC0415

    for item in findings.differences[:_LISTED]:
        for line in lines(item, findings.trace(item)):
            click.echo(line.render(settings.lang))
        click.echo()
    _table(settings, findings)
    for text in _summed(findings):
        click.echo(text.render(settings.lang))


def _table(settings: Settings, findings: Findings) -> None:
    from lab.probes.report import WORDS, by_aim  # noqa: PLC0415

    rows = [
        (_AIMS[aim].render(settings.lang), WORDS[verdict].render(settings.lang), f"{count:,}")
        for aim, items in by_aim(findings.results).items()
        for verdict in WORDS
        if (count := sum(item.verdict is verdict for item in items))
    ]
    show(settings, (T("Kind of probe"), T("Outcome"), T("Probes")), rows)


_AIMS = {
    "declared": T("Declared"),
    "beside": T("Beside what is declared"),
    "edge": T("Edges of filters"),
    "established": T("Acknowledgements without a connection"),
    "fragment": T("Fragments"),
    "spoofed": T("False sources"),
    "undeclared": T("Undeclared"),
}


def _summed(findings: Findings) -> Iterator[Any]:
    results = findings.results
    yield T(
        "{count} probes from {sources} zones to {targets} in {seconds} s; {arrived} arrived",
        count=f"{len(results):,}",
        sources=len({item.chosen.source for item in results}),
        targets=len({item.chosen.target for item in results}),
        seconds=f"{sum(findings.round.seconds.values()):.1f}",
        arrived=f"{sum(bool(item.seen.end) for item in results):,}",
    )
    copies = {device for item in results for device in item.seen.copies}
    if copies:
        yield T(
            "{count} of them were also heard by a standby of a virtual gateway, to which a bridge floods them: {names}",
            count=f"{sum(bool(item.seen.copies) for item in results):,}",
            names=", ".join(sorted(copies)[:_LISTED]),
        )
    for number, reason in sorted(findings.round.refused.items())[:_LISTED]:
        yield T("Probe {number} was refused by its sender's kernel: {reason}", number=number, reason=reason)
    differences = len(findings.differences)
    if differences:
        yield T("{count} differ from the proof; the first {listed} are shown above.", count=differences, listed=min(differences, _LISTED))
    else:
        yield T("Observed as proved.")
