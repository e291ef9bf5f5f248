"""``govnet lab exec``: a command in a node."""

from __future__ import annotations

import subprocess
import sys

import click

from tasks.commands.lab.shared import lab_option, told
from tasks.localized import command as localized_command
from tasks.settings import Settings
from topology.i18n import T


@localized_command(
    "exec",
    help=T(
        "Run a command in a node: govnet lab exec NODE -- CMD. NODE is a device, DEVICE@VRF, a peer or a party.\n\n"
        "vtysh speaks to the node's own daemons. The exit code is the command's."
    ),
    context_settings={"ignore_unknown_options": True},
)
@lab_option
@click.argument("node", metavar="NODE")
@click.argument("arguments", metavar="CMD", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_obj
@told
def command(settings: Settings, lab: str, node: str, arguments: tuple[str, ...]) -> int:
    from lab.control import command as in_node  # noqa: PLC0415

    return subprocess.run(in_node(lab, node, arguments, terminal=sys.stdin.isatty()), check=False).returncode
