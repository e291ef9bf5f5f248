"""``govnet lab pull``: the running configs as a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tasks.commands.lab.shared import lab_option, told
from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.settings import ExitCode, Settings
from topology.i18n import T

if TYPE_CHECKING:
    from lab.configs import Files
    from lab.plan import LabPlan
    from topology.network import Network


@localized_command(
    "pull",
    help=T(
        "Collect what runs in a lab (FRR, nftables, kernel settings, interfaces) into a folder that govnet prove --configs reads.\n\n"
        "They go into configs/ below it. Pure layer 2 runs nothing in a lab: its configs are those of the inventory."
    ),
)
@lab_option
@option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("build/lab"),
    show_default=True,
    metavar="DIR",
    help=T("The folder to write; what an earlier pull left there goes."),
)
@click.pass_obj
@told
def command(settings: Settings, lab: str, out: Path) -> int:
    from lab.control import reach  # noqa: PLC0415
    from lab.pull import pull  # noqa: PLC0415
    from lab.state import LabFolder, check_name  # noqa: PLC0415
    from tasks.output import OutputFolder, RefusedError  # noqa: PLC0415
    from tasks.render import CONFIGS  # noqa: PLC0415
    from topology.network import load  # noqa: PLC0415

    check_name(lab)
    folder = LabFolder(lab)
    plan, _ = reach(folder)
    network = load(settings.city)
    files = pull(plan, folder, _rendered(network, plan))
    files.update(_layer2(network, plan))
    try:
        with OutputFolder(out) as output:
            output.commit({(put := output.put(f"{CONFIGS}/{path}", text)).path: put.sha256 for path, text in sorted(files.items())})
    except RefusedError as error:
        raise click.ClickException(error.text.render(settings.lang)) from error
    text = T(
        "{devices} devices, {files} files in {folder}", devices=len({p.partition("/")[0] for p in files}), files=len(files), folder=str(out)
    )
    click.echo(text.render(settings.lang))
    return ExitCode.GOOD


def _rendered(network: Network, plan: LabPlan) -> dict[str, Files]:
    """The complete files of the nodes' devices. Raises PrerequisiteError where the inventory has changed since."""
    from lab.configs import render  # noqa: PLC0415
    from lab.errors import PrerequisiteError  # noqa: PLC0415
    from lab.plan import Kind  # noqa: PLC0415

    devices = sorted({node.device for node in plan.nodes if node.kind in (Kind.ROUTER, Kind.HOST_UNIT)})
    gone = sorted(set(devices) - set(network.design.names))
    files = render(network.design, [device for device in devices if device not in gone])
    changed = [n.device for n in plan.nodes if n.device in files and (f := n.file("nftables.conf")) and n.vrf is None
               and f.rendered != files[n.device]["nftables.conf"]]  # fmt: skip
    if gone or changed:
        names = ", ".join(sorted({*gone, *changed})[:6])
        raise PrerequisiteError(
            T(
                "The inventory has changed since the lab {name} was started ({names}): name that one with --city, or start the lab anew.",
                name=plan.name,
                names=names,
            )
        )
    return files


def _layer2(network: Network, plan: LabPlan) -> dict[str, str]:
    from templates.bench import Bench  # noqa: PLC0415

    bench = Bench()
    nodes = {node.device for node in plan.nodes}
    found: dict[str, str] = {}
    for device in plan.devices:
        if device not in nodes:
            found.update({file.name: file.text for file in bench.render(network.design.device(device)).files})
    return found
