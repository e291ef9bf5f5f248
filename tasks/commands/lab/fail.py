"""``govnet lab fail``: cut a cable or circuit, or mend it."""

from __future__ import annotations

import click

from tasks.commands.lab.shared import lab_option, told
from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.settings import ExitCode, Settings
from topology.i18n import T


@localized_command(
    "fail",
    help=T("Cut cables and circuits of a running lab, or mend them. Without any option: list what is cut, and what can be."),
)
@lab_option
@option("--cut", multiple=True, metavar="WIRE", help=T("Cut this cable or circuit, by its id. May be given several times."))
@option("--mend", multiple=True, metavar="WIRE", help=T("Mend this cable or circuit. May be given several times."))
@option("--mend-all", is_flag=True, help=T("Mend all that is cut."))
@click.pass_obj
@told
def command(settings: Settings, lab: str, cut: tuple[str, ...], mend: tuple[str, ...], mend_all: bool) -> int:
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
