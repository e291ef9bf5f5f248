"""``govnet compare``: the packets that two versions of a city treat differently."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from tasks.commands.prove import CONFIGS, check_folder, inputs
from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.output import RefusedError
from tasks.rows import show
from tasks.settings import ExitCode, Settings
from topology.i18n import T

if TYPE_CHECKING:
    from isolation_checks.forwarding.differences import Compared, Difference, Side
    from isolation_checks.packets.space import PacketSpace

_BOXES = 6


@localized_command(
    "compare",
    help=T(
        "Show the packets that BEFORE and AFTER treat differently, by sender and receiver, or prove that there are none.\n\n"
        "Each is a folder of configs, held against the inventory at hand, or a git revision of the inventory, which is rendered with the "
        "templates at hand. AFTER is build/configs where it is left out. Exit codes: 0 no difference, 1 there are some, 2 bad input."
    ),
)
@click.argument("before")
@click.argument("after", default=str(CONFIGS))
@option("--most", type=click.IntRange(1), default=_BOXES, show_default=True, help=T("So many lines a pair describe its packets."))
@option("--json", "as_json", is_flag=True, help=T("Print the result as JSON."))
@click.pass_obj
def command(settings: Settings, *, before: str, after: str, most: int, as_json: bool) -> int:
    from isolation_checks.forwarding.differences import compare  # noqa: PLC0415
    from isolation_checks.packets.space import PacketSpace  # noqa: PLC0415

    try:
        sides = [_side(settings, word) for word in (before, after)]
    except RefusedError as error:
        raise click.UsageError(error.text.render(settings.lang), click.get_current_context(silent=True)) from error
    space = PacketSpace()
    with _progress(settings) as progress:
        found = compare(sides[0], sides[1], space, progress)
    if as_json:
        click.echo(json.dumps(as_data(found, space, most), ensure_ascii=False, indent=2))
    else:
        _show(settings, found, space, most)
    return ExitCode.FAILED if found.differences else ExitCode.GOOD


def _side(settings: Settings, word: str) -> Side:
    from isolation_checks.forwarding.differences import Side  # noqa: PLC0415
    from tasks.asking import Asked  # noqa: PLC0415
    from tasks.compare import at_revision  # noqa: PLC0415
    from tasks.render import render_city  # noqa: PLC0415

    with ExitStack() as stack:
        city, folder = settings.city, Path(word)
        if not folder.is_dir():
            city = stack.enter_context(at_revision(settings.city, word))
            out = Path(stack.enter_context(TemporaryDirectory(prefix="govnet-")))
            render_city(city, out)
            folder = out / CONFIGS.name
        facts, snapshot = inputs(settings, check_folder(settings, folder), city)
        digests = {
            config.folder: sha256(b"\0".join(name.encode() + b"\0" + (folder / name).read_bytes() for name in config.files)).hexdigest()
            for config in snapshot.devices
        }
        asked = Asked.of(facts, snapshot, settings.as_of)
        return Side(asked.city, asked.case.engine.base, digests)


@contextmanager
def _progress(settings: Settings) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error where that is a terminal; nothing else."""
    if not settings.err.is_terminal:
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=settings.err, transient=True) as bar:
        task = bar.add_task(T("Senders").render(settings.lang), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def as_data(found: Compared, space: PacketSpace, most: int) -> dict[str, Any]:
    """The comparison as JSON: the names of the keys stay."""
    return {
        "senders": found.senders,
        "reused": found.reused,
        "differences": [_difference(item, space, most) for item in found.differences],
    }


def _difference(item: Difference, space: PacketSpace, most: int) -> dict[str, Any]:
    from tasks.packet_rows import boxes  # noqa: PLC0415

    return {
        "source": item.source,
        "target": item.target,
        "lost": {"packets": space.count(item.lost), "boxes": boxes(space, item.lost, most)},
        "gained": {"packets": space.count(item.gained), "boxes": boxes(space, item.gained, most)},
    }


def _show(settings: Settings, found: Compared, space: PacketSpace, most: int) -> None:
    from tasks.packet_rows import lines  # noqa: PLC0415

    lang, console = settings.lang, settings.out
    rows: list[tuple[str, ...]] = []
    for item in found.differences:
        ends = item.source, item.target
        for packets, word in ((item.lost, T("no longer")), (item.gained, T("newly"))):
            listed, more = lines(space, packets, most)
            for line in listed:
                rows.append((*ends, word.render(lang), *line))
                ends = "", ""
            if more is not None:
                rows.append(("", "", "", "", "", more.render(lang)))
    if rows:
        show(settings, (T("From"), T("To"), T("Change"), T("Source addresses"), T("Target addresses"), T("Packets")), rows)
        console.print()
    verdict = T("{count} pairs are treated differently.", count=len(found.differences))
    if not found.differences:
        verdict = T("Every packet of every sender arrives where it did before, and nowhere else.")
    console.print(verdict.render(lang), style="bold", highlight=False, soft_wrap=True)
    reused = T(
        "Of {senders} senders, {reused} were not worked out twice: all that their packets meet is the same in both.",
        senders=found.senders,
        reused=found.reused,
    )
    console.print(reused.render(lang), highlight=False, soft_wrap=True)
