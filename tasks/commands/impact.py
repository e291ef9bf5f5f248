"""``govnet impact``: what breaks and what moves when something fails."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tasks.commands.prove import check_folder, inputs
from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.rows import show
from tasks.settings import ExitCode, Settings
from topology.i18n import T, Text

if TYPE_CHECKING:
    from isolation_checks.forwarding.impact import Change, Impact, Moved

_LISTED = 40


@localized_command(
    "impact",
    help=T(
        "Show what breaks and what moves when the named devices, cables, circuits, risk groups or sites fail together.\n\n"
        "Exit codes: 0 everything declared still works, 1 something breaks, 2 bad input."
    ),
)
@click.argument("failing", nargs=-1, required=True, metavar="NAME...")
@option("--configs", type=click.Path(path_type=Path), metavar="DIR", help=T("The folder of configs. Default: build/configs."))
@option("--all", "everything", is_flag=True, help=T("List everything, however long."))
@option("--json", "as_json", is_flag=True, help=T("Print the result as JSON."))
@click.pass_obj
def command(settings: Settings, *, failing: tuple[str, ...], configs: Path | None, everything: bool, as_json: bool) -> int:
    from isolation_checks.forwarding.impact import impact  # noqa: PLC0415
    from tasks.asking import Asked, UnknownWordError, outage  # noqa: PLC0415

    folder = check_folder(settings, configs)
    facts, snapshot = inputs(settings, folder)
    try:
        down = outage(facts, failing)
    except UnknownWordError as error:
        raise click.UsageError(error.message.render(settings.lang), click.get_current_context(silent=True)) from None
    case = Asked.of(facts, snapshot, settings.as_of).case
    found = impact(case.exact, case.exact.under(case.engine.under(down)))
    if as_json:
        click.echo(json.dumps(as_data(found), ensure_ascii=False, indent=2))
    else:
        _show(settings, found, failing, None if everything else _LISTED)
    return ExitCode.FAILED if found.broken else ExitCode.GOOD


def as_data(found: Impact) -> dict[str, Any]:
    """The impact as JSON: the names of the keys stay."""
    return {
        "failed": {
            "devices": sorted(found.outage.devices),
            "cables": sorted(found.outage.cables),
            "circuits": sorted(found.outage.circuits),
        },
        "demands": found.demands,
        "broken": [_change(change) | {"where": _where(change)} for change in found.broken],
        "moved": [_change(change) for change in found.moved],
        "routes": [
            {
                "device": item.device,
                "vrf": item.vrf,
                "prefix": _prefix(item),
                "before": _hops(item.before),
                "after": _hops(item.after),
            }
            for item in found.routes
        ],
    }


def _change(change: Change) -> dict[str, Any]:
    demand = change.demand
    return {
        "source": demand.source.name,
        "target": demand.target.device or demand.target.party,
        "flows": sorted(flow.id for flow in demand.flows),
        "before": list(change.before),
        "after": list(change.after),
    }


def _where(change: Change) -> list[str]:
    return sorted({loss.at for loss in (*change.met.losses, *change.met.answers)})


def _prefix(item: Moved) -> str:
    return str(IPv4Network((item.network, item.length)))


def _hops(hops: Sequence[Any] | None) -> list[str] | None:
    """None: there is no such route; empty: it discards."""
    if hops is None:
        return None
    return [" ".join(filter(None, (hop.interface, _dotted(hop.gateway)))) for hop in hops]


def _dotted(address: int | None) -> str:
    return "" if address is None else ".".join(str(address >> shift & 255) for shift in (24, 16, 8, 0))


def _show(settings: Settings, found: Impact, failing: Iterable[str], most: int | None) -> None:
    console, lang = settings.out, settings.lang
    words = T("{names} down: {broken} of {all} declared relations break, {moved} move, and {routes} routes on {devices} devices",
              names=", ".join(failing), broken=len(found.broken), all=found.demands, moved=len(found.moved),
              routes=len(found.routes), devices=len({item.device for item in found.routes}))  # fmt: skip
    console.print(words.render(lang), soft_wrap=True, style="bold red" if found.broken else "bold green", highlight=False)
    _table(settings, T("What breaks"), (T("From"), T("To"), T("Flows"), T("Lost at")), [_broken(item) for item in found.broken], most)
    _table(settings, T("What takes another way"), (T("No longer over"), T("Now over"), T("From"), T("To")), _ways(found.moved), most)
    rows: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for item in found.routes:
        before, after = (_route(hops, lang) for hops in (item.before, item.after))
        rows[f"{item.device} {item.vrf}".strip(), before, after].append(_prefix(item))
    listed = [(device, _short(prefixes), before, after) for (device, before, after), prefixes in rows.items()]
    _table(settings, T("Routes that move"), (T("Device"), T("Prefixes"), T("Before"), T("After")), listed, most)


def _broken(change: Change) -> tuple[str, ...]:
    demand = change.demand
    flows = sorted(flow.id for flow in demand.flows)
    return demand.source.name, demand.target.device or demand.target.party, _short(flows), ", ".join(_where(change))


def _ways(changes: Iterable[Change]) -> list[tuple[str, ...]]:
    """Whatever moves the same way is one row; the most of them first."""
    rows: dict[tuple[str, str], tuple[dict[str, None], dict[str, None]]] = {}
    for change in changes:
        before, after = set(change.before), set(change.after)
        way = ", ".join(sorted(before - after)), ", ".join(sorted(after - before))
        sources, targets = rows.setdefault(way, ({}, {}))
        sources[change.demand.source.name] = None
        targets[change.demand.target.device or change.demand.target.party] = None
    ordered = sorted(rows.items(), key=lambda item: (-len(item[1][0]), item[0]))
    return [(*way, _short(sorted(sources)), _short(sorted(targets))) for way, (sources, targets) in ordered]


def _short(words: Sequence[str], most: int = 3) -> str:
    return ", ".join(words[:most]) + (f" +{len(words) - most}" if len(words) > most else "")


def _route(hops: Sequence[Any] | None, lang: str) -> str:
    if hops is None:
        return T("no route").render(lang)
    return " | ".join(_hops(hops) or ()) or T("discard").render(lang)


def _table(settings: Settings, title: Text, headings: Sequence[Text], rows: Sequence[Sequence[str]], most: int | None) -> None:
    if not rows:
        return
    settings.out.print()
    show(settings, headings, rows[:most], title)
    if most is not None and len(rows) > most:
        settings.out.print(T("and {count} more", count=len(rows) - most).render(settings.lang))
