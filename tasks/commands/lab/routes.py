"""``govnet lab routes``: the kernels' routes against those that the proof computes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import click

from tasks.commands.lab.probe import model, running_lab
from tasks.commands.lab.shared import lab_option, told
from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.settings import ExitCode, Settings
from topology.i18n import T

if TYPE_CHECKING:
    from lab.probes.fib import Difference
    from lab.probes.routes import State

_LISTED = 20


@localized_command(
    "routes",
    help=T(
        "Hold the routes of a running lab's kernels against those that the proof computes: router by router, prefix by prefix, next hop by "
        "next hop.\n\n"
        "With --failures, cables and circuits are cut at random and mended again, and each state is compared when it has come to rest. "
        "Exit codes: 0 equal, 1 a difference, 2 there is no such lab, 3 the lab does not run whole."
    ),
)
@lab_option
@option("--failures", type=click.IntRange(min=0), default=0, show_default=True, metavar="N", help=T("So many failures and recoveries."))
@option("--seed", type=int, default=0, show_default=True, help=T("Another number, other failures."))
@option("--wait", type=click.FloatRange(min=2), default=60.0, show_default=True, metavar="SECONDS", help=T("How long to wait at most."))
@option("--running", is_flag=True, help=T("Compare with the configs that run now, rather than those that were rendered."))
@option("--json", "as_json", is_flag=True, help=T("Print the result as JSON."))
@click.pass_obj
@told
def command(settings: Settings, *, lab: str, failures: int, seed: int, wait: float, running: bool, as_json: bool) -> int:
    from lab.probes.routes import states  # noqa: PLC0415

    plan, folder = running_lab(lab)
    proof, _ = model(settings, plan, folder, running=running)
    found: list[State] = []
    with (
        folder.locked(),
        _progress(settings, 2 * failures + 1) as on_wait,
        closing(states(proof, folder, failures, seed, wait, on_wait)) as comparing,
    ):
        for state in comparing:
            found.append(state)
            if not as_json:
                _show(settings, state)
    if as_json:
        click.echo(json.dumps(as_data(plan.name, seed, found), ensure_ascii=False, indent=2))
    return ExitCode.GOOD if not any(state.compared.differences for state in found) else ExitCode.FAILED


def as_data(lab: str, seed: int, states: list[State]) -> dict[str, Any]:
    """The comparison as JSON: the names of the keys stay. Ways are lists of texts; null says that there is no such route."""
    return {
        "lab": lab,
        "seed": seed,
        "good": not any(state.compared.differences for state in states),
        "states": [
            {
                "cut": list(state.cut),
                "seconds": round(state.seconds, 1),
                "routers": state.compared.routers,
                "routes": state.compared.routes,
                "passed_over": [str(prefix) for prefix in state.compared.passed_over],
                "differences": [_difference(item) for item in state.compared.differences],
            }
            for state in states
        ],
    }


def _difference(item: Difference) -> dict[str, Any]:
    return {
        "node": item.node,
        "prefix": str(item.prefix),
        "protocol": item.protocol,
        "computed": None if item.computed is None else sorted(way.text() for way in item.computed),
        "kernel": None if item.kernel is None else sorted(way.text() for way in item.kernel),
        "lines": [str(ref) for ref in item.refs],
    }


def _show(settings: Settings, state: State) -> None:
    from lab.probes.fib import ways_text  # noqa: PLC0415

    compared = state.compared
    click.echo(
        T(
            "{routers} routers, {routes} routes, {differences} differences after {seconds} s; cut: {names}",
            routers=compared.routers,
            routes=f"{compared.routes:,}",
            differences=len(compared.differences),
            seconds=f"{state.seconds:.1f}",
            names=", ".join(state.cut) or "-",
        ).render(settings.lang)
    )
    if compared.passed_over:
        text = T(
            "  passed over, since a veth pair goes down where a VLAN on a shared port stays up: {names}",
            names=", ".join(map(str, compared.passed_over)),
        )
        click.echo(text.render(settings.lang))
    for item in compared.differences[:_LISTED]:
        click.echo(
            T(
                "  {node} {prefix}: computed {computed}, in the kernel {kernel} ({place})",
                node=item.node,
                prefix=str(item.prefix),
                computed=ways_text(item.computed),
                kernel=ways_text(item.kernel),
                place=", ".join(map(str, item.refs[:3])) or item.protocol or "-",
            ).render(settings.lang)
        )
    if len(compared.differences) > _LISTED:
        click.echo(T("and {count} more", count=len(compared.differences) - _LISTED).render(settings.lang))


@contextmanager
def _progress(settings: Settings, states: int) -> Iterator[Callable[[int, int], None]]:
    if not sys.stderr.isatty():
        yield lambda state, different: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns: tuple[Any, ...] = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=settings.err, transient=True) as bar:
        task = bar.add_task("", total=states)

        def on_wait(state: int, different: int) -> None:
            what = T("{count} routes still differ", count=different).render(settings.lang)
            bar.update(task, description=what, completed=state - 1)

        yield on_wait
