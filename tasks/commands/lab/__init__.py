"""``govnet lab``: the city on real kernels. One module a sub-command, imported when it is called."""

import gettext
from importlib import import_module
from typing import NamedTuple

import click

from tasks.localized import LocalizedCommand, language
from topology.i18n import T, Text


class Listed(NamedTuple):
    """A sub-command before it is imported: ``tasks.commands.lab.<module>`` holds it as ``command``."""

    module: str
    summary: Text


COMMANDS = {
    "up": Listed("up", T("Start a lab of the city, or of a slice of it")),
    "status": Listed("status", T("Show what runs in a lab, and what does not")),
    "exec": Listed("execute", T("Run a command in a node of a lab")),
    "probe": Listed("probe", T("Send packets through a lab, and hold what arrives against the proof")),
    "routes": Listed("routes", T("Hold the kernels' routes against those that the proof computes")),
    "pull": Listed("pull", T("Collect the running configs, as govnet prove --configs reads them")),
    "fail": Listed("fail", T("Cut cables and circuits, or break things at random under load")),
    "export": Listed("export", T("Write a lab as containerlab's topology file, with the files that it binds")),
    "down": Listed("down", T("Take a lab down and clear everything of it away")),
}


class LabGroup(LocalizedCommand, click.Group):
    """The group: lists its sub-commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        listed = COMMANDS.get(cmd_name)
        if listed is None:
            return None
        command: object = import_module(f"tasks.commands.lab.{listed.module}").command
        assert isinstance(command, click.Command), f"tasks.commands.lab.{listed.module}.command"
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.exceptions.NoSuchCommand(args[0], possibilities=list(COMMANDS), ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(gettext.gettext("Commands")):
            formatter.write_dl([(name, listed.summary.render(language(ctx))) for name, listed in COMMANDS.items()])


@click.command(
    "lab",
    cls=LabGroup,
    help=T(
        "Run the city's configs on real kernels: FRR, nftables and Linux in the place of every device that routes or filters.\n\n"
        "A lab has no way out: it touches no interface of this machine. It needs root."
    ),
)
def command() -> None:
    pass
