"""``govnet lab status``: what runs and what does not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from tasks.commands.lab.shared import lab_option, told
from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.settings import ExitCode, Settings
from topology.i18n import T

if TYPE_CHECKING:
    from lab.control import Status

_LISTED = 20


@localized_command(
    "status",
    help=T("Show what runs in a lab. Exit codes: 0 everything, 1 something does not run, 2 there is no such lab, 3 not converged."),
)
@lab_option
@option("--json", "as_json", is_flag=True, help=T("Print the result as JSON."))
@click.pass_obj
@told
def command(settings: Settings, lab: str, as_json: bool) -> int:
    from lab.control import status  # noqa: PLC0415
    from lab.state import check_name  # noqa: PLC0415

    check_name(lab)
    found = status(lab)
    if as_json:
        click.echo(json.dumps(as_data(found), ensure_ascii=False, indent=2))
    else:
        _show(settings, found)
    if found.good:
        return ExitCode.GOOD
    return ExitCode.INCOMPLETE if all(node.there and not node.dead for node in found.nodes) else ExitCode.FAILED


def as_data(status: Status) -> dict[str, Any]:
    """The status as JSON: the names of the keys stay."""
    return {
        "lab": status.plan.name,
        "city": status.plan.city,
        "only": list(status.plan.only),
        "backend": status.backend,
        "phase": status.phase,
        "good": status.good,
        "nodes": [
            {
                "name": state.node.name,
                "kind": state.node.kind.value,
                "device": state.node.device,
                "vrf": state.node.vrf,
                "namespace": state.node.namespace,
                "there": state.there,
                "daemons": state.processes,
            }
            for state in status.nodes
        ],
        "sessions": {
            "expected": status.sessions,
            "missing": [{"node": item.node, "protocol": item.protocol, "far": item.far} for item in status.missing],
        },
    }


def _show(settings: Settings, status: Status) -> None:
    def say(text: Any) -> None:
        click.echo(text.render(settings.lang))

    there = sum(node.there for node in status.nodes)
    daemons = sum(len(node.processes) for node in status.nodes)
    dead = [(node.node.name, daemon) for node in status.nodes for daemon in node.dead]
    say(
        T(
            "Lab {name}: {there} of {nodes} nodes, {running} of {daemons} daemons, {sessions} of {expected} sessions",
            name=status.plan.name,
            there=there,
            nodes=len(status.nodes),
            running=daemons - len(dead),
            daemons=daemons,
            sessions=status.sessions - len(status.missing),
            expected=status.sessions,
        )
    )
    for name, daemon in dead[:_LISTED]:
        say(T("{node}: {daemon} does not run", node=name, daemon=daemon))
    for item in status.missing[:_LISTED]:
        say(T("{node}: no {protocol} session at {far}", node=item.node or "-", protocol=item.protocol, far=item.far))
    if len(dead) + len(status.missing) > 2 * _LISTED:
        say(T("and {count} more", count=len(dead) + len(status.missing) - 2 * _LISTED))
