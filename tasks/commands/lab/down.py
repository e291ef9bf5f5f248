"""``govnet lab down``: nothing of a lab is left."""

from __future__ import annotations

import click

from tasks.commands.lab.shared import lab_option, told
from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.settings import ExitCode, Settings
from topology.i18n import T


@localized_command("down", help=T("Take a lab down: its processes, namespaces and files, also those of a start that was killed."))
@lab_option
@option("--all", "everything", is_flag=True, help=T("Take down every lab on this machine."))
@click.pass_obj
@told
def command(settings: Settings, lab: str, everything: bool) -> int:
    from lab.control import down  # noqa: PLC0415
    from lab.state import check_name, labs  # noqa: PLC0415

    check_name(lab)
    for name in labs() if everything else (lab,):
        ended = down(name)
        text = T("There is no lab {name}.", name=name) if ended is None else T("The lab {name} is down.", name=name)
        click.echo(text.render(settings.lang))
    return ExitCode.GOOD
