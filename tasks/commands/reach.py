"""``govnet reach``: who can reach what, as sets of packets."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tasks.commands.prove import check_folder, inputs
from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.rows import show
from tasks.settings import ExitCode, Settings
from topology.i18n import T

if TYPE_CHECKING:
    from isolation_checks.forwarding.reachable import Reachable, Reached
    from isolation_checks.packets.space import PacketSpace
    from isolation_checks.reach.senders import Sender
    from tasks.asking import Asked

_BOXES = 12


@localized_command(
    "reach",
    help=T(
        "Show what SOURCE reaches by the routes of one state, and of TARGET only that: all packets, as sets, not samples.\n\n"
        "SOURCE and TARGET are parties, or devices as targets; a packet is written as it arrives. Exit codes: 0 something arrives, "
        "1 nothing does, 2 bad input."
    ),
)
@click.argument("source")
@click.argument("target", required=False)
@option("--to", "backwards", is_flag=True, help=T("Turn the question round: who reaches SOURCE?"))
@option("--fail", "failing", multiple=True, metavar="NAME", help=T("Take down a device, cable, circuit, risk group or site first."))
@option("--configs", type=click.Path(path_type=Path), metavar="DIR", help=T("The folder of configs. Default: build/configs."))
@option("--most", type=click.IntRange(1), default=_BOXES, show_default=True, help=T("So many lines a pair describe its packets."))
@option("--json", "as_json", is_flag=True, help=T("Print the result as JSON."))
@click.pass_obj
def command(
    settings: Settings,
    *,
    source: str,
    target: str | None,
    backwards: bool,
    failing: tuple[str, ...],
    configs: Path | None,
    most: int,
    as_json: bool,
) -> int:
    from isolation_checks.forwarding.reachable import Reachable  # noqa: PLC0415
    from tasks.asking import Asked, UnknownWordError, outage  # noqa: PLC0415

    folder = check_folder(settings, configs)
    facts, snapshot = inputs(settings, folder)
    asked = Asked.of(facts, snapshot, settings.as_of)
    try:
        ends = asked.spot(source).name, asked.spot(target).name if target else None
        down = outage(facts, failing)
    except UnknownWordError as error:
        raise click.UsageError(error.message.render(settings.lang), click.get_current_context(silent=True)) from None
    answers = Reachable.of(asked.city, asked.case.engine.under(down))
    found = _asked(settings, asked, answers, *ends) if not backwards else _towards(asked, answers, ends[0])
    if as_json:
        click.echo(json.dumps([as_data(answers.space, item, most) for item in found], ensure_ascii=False, indent=2))
    else:
        _show(settings, answers.space, found, most)
    return ExitCode.GOOD if found else ExitCode.FAILED


def _asked(settings: Settings, asked: Asked, answers: Reachable, source: str, target: str | None) -> list[Reached]:
    sender = _sender(settings, asked, source)
    return [item for item in answers.from_sender(sender) if target is None or item.target == target]


def _towards(asked: Asked, answers: Reachable, target: str) -> list[Reached]:
    return [item for sender in asked.city.senders.all for item in answers.from_sender(sender) if item.target == target]


def _sender(settings: Settings, asked: Asked, name: str) -> Sender:
    found = asked.city.sender_of.get(name)
    if found is None:
        message = T("'{name}' is a device; who reaches something is asked of parties", name=name)
        raise click.UsageError(message.render(settings.lang), click.get_current_context(silent=True))
    return found


def as_data(space: PacketSpace, item: Reached, most: int) -> dict[str, Any]:
    """One pair as JSON: the names of the keys stay."""
    from tasks.packet_rows import boxes  # noqa: PLC0415

    listed = boxes(space, item.packets, most)
    return {
        "source": item.source,
        "target": item.target,
        "packets": space.count(item.packets),
        "complete": len(listed) < most,
        "boxes": listed,
    }


def _show(settings: Settings, space: PacketSpace, found: Iterable[Reached], most: int) -> None:
    from tasks.packet_rows import lines  # noqa: PLC0415

    rows: list[tuple[str, ...]] = []
    for item in found:
        ends = item.source, item.target
        listed, more = lines(space, item.packets, most)
        for line in listed:
            rows.append((*ends, *line))
            ends = "", ""
        if more is not None:
            rows.append(("", "", "", "", more.render(settings.lang)))
    if rows:
        show(settings, (T("From"), T("To"), T("Source addresses"), T("Target addresses"), T("Packets")), rows)
    else:
        settings.out.print(T("Nothing arrives.").render(settings.lang))
