"""``govnet lab up``: start a lab."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from tasks.commands.lab.shared import lab_option, told
from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.settings import ExitCode, Settings
from topology.i18n import T, Text

if TYPE_CHECKING:
    from lab.control import Started
    from lab.netns import Step
    from lab.plan import LabPlan

_LISTED = 6


@localized_command(
    "up",
    help=T(
        "Start a lab, and wait until it has converged.\n\n"
        "Every device that routes or filters is a node with its rendered stand-in; pure layer 2 is a bridge; every party is a host. "
        "Only timers and secrets differ from what is rendered. Exit codes: 0 converged, 1 it could not be started, "
        "2 something is missing on this machine or in the call, 3 it runs but has not converged."
    ),
)
@lab_option
@option(
    "--only",
    multiple=True,
    metavar="WHAT",
    help=T("Only these devices, as for govnet render; county= brings the municipal devices along. What leads elsewhere is unplugged."),
)
@option(
    "--backend",
    type=click.Choice(["netns", "containerlab"]),
    default="netns",
    show_default=True,
    help=T("netns: network namespaces, no image needed. containerlab: containers, made by containerlab and Docker."),
)
@option("--wait", type=click.FloatRange(min=1), default=120.0, show_default=True, metavar="SECONDS", help=T("How long to wait at most."))
@option("--diff", is_flag=True, help=T("Start nothing: print how the lab's configs differ from the rendered stand-ins."))
@click.pass_obj
@told
def command(settings: Settings, lab: str, only: tuple[str, ...], backend: str, wait: float, diff: bool) -> int:
    from lab.changes import diff as differences  # noqa: PLC0415
    from lab.control import up  # noqa: PLC0415
    from lab.errors import IncompleteError, PrerequisiteError  # noqa: PLC0415

    plan = planned(settings, lab, only, backend)
    if diff:
        for line in differences(plan):
            click.echo(line)
        return ExitCode.GOOD
    describe(settings, plan)
    with _progress(settings) as step:
        try:
            started = up(plan, step, wait, backend=backend)
        except (IncompleteError, PrerequisiteError):
            raise
        except BaseException:
            click.echo(T("Nothing of the lab {name} is left running.", name=lab).render(settings.lang), err=True)
            raise
    _show(settings, started)
    return ExitCode.GOOD


def planned(settings: Settings, lab: str, only: Sequence[str], backend: str = "netns") -> LabPlan:
    """The plan of a lab of the city, on this machine's kernel. Raises LabError, InventoryError, ClickException."""
    from lab import backends  # noqa: PLC0415
    from lab.kernel import detect  # noqa: PLC0415
    from lab.planning import plan, with_core  # noqa: PLC0415
    from lab.state import check_name  # noqa: PLC0415
    from tasks.output import RefusedError  # noqa: PLC0415
    from tasks.selection import select  # noqa: PLC0415
    from topology.network import load  # noqa: PLC0415

    check_name(lab)
    backends.check(backend)
    network = load(settings.city)
    try:
        chosen = with_core(network.facts, select(network.facts, only), only)
    except RefusedError as error:
        raise click.ClickException(error.text.render(settings.lang)) from error
    return plan(network, lab, chosen, detect(), tuple(only))


def describe(settings: Settings, plan: LabPlan) -> None:
    """What will run, and in what it differs from the city: before anything is made."""
    from lab.changes import counts  # noqa: PLC0415

    for text in _described(plan, counts(plan)):
        click.echo(text.render(settings.lang))


def _described(plan: LabPlan, changed: dict[str, int]) -> Iterator[Text]:
    daemons = sum(len(node.daemons) for node in plan.nodes)
    yield T(
        "Lab {name}: {devices} devices as {nodes} nodes, {daemons} daemons, {links} links, {bridges} bridges, {hosts} hosts, {peers} peers",
        name=plan.name,
        devices=len(plan.devices),
        nodes=len(plan.nodes) - len(plan.hosts) - len(plan.peers),
        daemons=daemons,
        links=len(plan.links),
        bridges=len(plan.bridges),
        hosts=len(plan.hosts),
        peers=len(plan.peers),
    )
    yield T(
        "Changed from the rendered stand-ins: {timers} timers, {secrets} secrets (govnet lab up --diff shows each)",
        timers=changed["timers"],
        secrets=changed["secrets"],
    )
    by_kind: dict[str, list[int]] = {}
    for item in plan.replaced:
        by_kind.setdefault(item.kind, []).append(len(item.interfaces))
    for kind, numbers in sorted(by_kind.items()):
        yield T(
            "Replaced: {count} of type {kind} on {devices} devices, each by {instead}",
            kind=_KINDS[kind][0],
            count=sum(numbers),
            devices=len(numbers),
            instead=_KINDS[kind][1],
        )
    if plan.unplugged:
        listed = ", ".join(f"{item.device} {item.port}" for item in plan.unplugged[:_LISTED])
        yield T("Unplugged, since the far end is not in the lab: {count} sockets ({names} …)", count=len(plan.unplugged), names=listed)
    if plan.without_host:
        yield T("Without a host, since no socket of theirs is in use: {names}", names=", ".join(plan.without_host))


_KINDS: dict[str, tuple[Text, Text]] = {
    "vlan": (T("802.1Q VLAN"), T("a veth pair of its own")),
    "vrf": (T("VRF"), T("a namespace with daemons of its own")),
    "dummy": (T("dummy interface"), T("a veth pair within the namespace")),
    "bond": (T("bond"), T("the veth pairs of its VLANs")),
}


@contextmanager
def _progress(settings: Settings) -> Iterator[Step]:
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns: tuple[Any, ...] = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=settings.err, transient=True) as bar:
        task = bar.add_task("")
        yield lambda what, done, total: bar.update(task, description=what.render(settings.lang), completed=done, total=total)


def _show(settings: Settings, started: Started) -> None:
    if started.times is None:
        text = T("The lab {name} is up already.", name=started.plan.name)
    else:
        steps = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in started.times.steps)
        total = started.times.total + started.settled.seconds
        text = T(
            "Up and converged in {total} s ({steps}, routes {settled} s): {routes} routes",
            total=f"{total:.1f}",
            steps=steps,
            settled=f"{started.settled.seconds:.1f}",
            routes=f"{started.settled.routes:,}",
        )
    click.echo(text.render(settings.lang))
