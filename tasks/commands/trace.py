"""``govnet trace``: where a packet goes, hop by hop, and why."""

from __future__ import annotations

import json
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
    from isolation_checks.forwarding.model import Branch, Trace
    from isolation_checks.packets.fields import Packet
    from tasks.asking import Spot

_PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1}
_CLIENT = 49152


@localized_command(
    "trace",
    help=T(
        "Follow a packet from SOURCE to TARGET and its answer back: every decision with the line that makes it.\n\n"
        "SOURCE and TARGET are parties, devices or addresses. Exit codes: 0 it passes and is answered, 1 it does not, 2 bad input, "
        "3 it depends on something that nobody knows."
    ),
)
@click.argument("source")
@click.argument("target")
@option("--port", metavar="[PROTOCOL/]PORT", help=T("The service's port: 443, udp/53, or icmp for an echo, which is the default."))
@option("--source-port", type=click.IntRange(0, 65535), default=_CLIENT, show_default=True, help=T("The client's port."))
@option("--fail", "failing", multiple=True, metavar="NAME", help=T("Take down a device, cable, circuit, risk group or site first."))
@option("--configs", type=click.Path(path_type=Path), metavar="DIR", help=T("The folder of configs. Default: build/configs."))
@option("--json", "as_json", is_flag=True, help=T("Print the result as JSON."))
@click.pass_obj
def command(
    settings: Settings,
    *,
    source: str,
    target: str,
    port: str | None,
    source_port: int,
    failing: tuple[str, ...],
    configs: Path | None,
    as_json: bool,
) -> int:
    from tasks.asking import Asked, UnknownWordError, outage  # noqa: PLC0415

    protocol, number = _port(settings, port)
    folder = check_folder(settings, configs)
    facts, snapshot = inputs(settings, folder)
    asked = Asked.of(facts, snapshot, settings.as_of)
    try:
        start, end = asked.spot(source), asked.spot(target)
        down = outage(facts, failing)
    except UnknownWordError as error:
        raise click.UsageError(error.message.render(settings.lang), click.get_current_context(silent=True)) from None
    trace = asked.tracer(down).trace(start.name, _packet(start, end, protocol, number, source_port))
    if as_json:
        click.echo(json.dumps(as_data(trace, settings.lang), ensure_ascii=False, indent=2))
    else:
        _show(settings, trace, folder)
    return exit_code(trace)


def exit_code(trace: Trace) -> ExitCode:
    if trace.doubts:
        return ExitCode.INCOMPLETE
    return ExitCode.GOOD if trace.passes else ExitCode.FAILED


def _port(settings: Settings, word: str | None) -> tuple[int, int]:
    """Protocol and port; for ICMP the port is that of an echo request."""
    if word is None or word == "icmp":
        return 1, 8 << 8
    name, _, port = word.rpartition("/")
    protocol = _PROTOCOLS.get(name or "tcp")
    if protocol in (None, 1) or not port.isdecimal() or not 0 < int(port) < 65536:
        message = T("'{word}' is no port · allowed: 443, tcp/443, udp/53, icmp", word=word)
        raise click.UsageError(message.render(settings.lang), click.get_current_context(silent=True))
    return protocol or 6, int(port)


def _packet(start: Spot, end: Spot, protocol: int, port: int, source_port: int) -> Packet:
    from isolation_checks.packets.fields import TCP, Packet  # noqa: PLC0415
    from isolation_checks.snapshot import TcpFlag  # noqa: PLC0415

    flags = int(TcpFlag.SYN) if protocol == TCP else 0
    return Packet(start.address, end.address, protocol, 0 if protocol == 1 else source_port, port, flags)


def as_data(trace: Trace, lang: str) -> dict[str, Any]:
    """The trace as JSON: the names of the keys stay."""
    return {
        "source": trace.source,
        "packet": trace.packet.text(),
        "failed": {
            "devices": sorted(trace.outage.devices),
            "cables": sorted(trace.outage.cables),
            "circuits": sorted(trace.outage.circuits),
        },
        "passes": trace.passes,
        "doubts": [doubt.what.render(lang) for doubt in trace.doubts],
        "forward": [_branch(branch, lang) for branch in trace.forward],
        "back": [_branch(branch, lang) for branch in trace.back],
        "more": trace.cut,
    }


def _branch(branch: Branch, lang: str) -> dict[str, Any]:
    return {
        "fate": branch.fate.value,
        "end": branch.end,
        "arrived": branch.arrived,
        "steps": [
            {
                "at": item.at,
                "kind": item.kind.value,
                "interface": item.interface,
                "what": item.what.render(lang),
                "lines": [str(ref) for ref in item.refs],
                "packet": item.packet.text(),
            }
            for item in branch.decisions
        ],
    }


def _show(settings: Settings, trace: Trace, folder: Path) -> None:
    console, lang = settings.out, settings.lang
    for branches, title in (
        (trace.forward, T("There: {packet}", packet=trace.packet.text())),
        (trace.back, T("Back: {packet}", packet=trace.back[0].decisions[0].packet.text() if trace.back else "")),
    ):
        for number, branch in enumerate(branches, 1):
            many = T("{text} (equal route {number} of {count})", text=title, number=number, count=len(branches))
            _table(settings, many if len(branches) > 1 else title, branch, folder)
    if trace.cut:
        console.print(T("There are more ways among equal routes than are shown.").render(lang), soft_wrap=True)
    for doubt in trace.doubts:
        where = T(" ({place})", place=str(doubt.place)) if doubt.place else ""
        console.print(T("In doubt: {what}{where}", what=doubt.what, where=where).render(lang), soft_wrap=True)
    console.print(_verdict(trace).render(lang), soft_wrap=True, style="bold green" if trace.passes else "bold red")


def _verdict(trace: Trace) -> Text:
    if trace.passes:
        return T("It passes, and its answer comes back.") if trace.back else T("It passes; nothing answers such a packet.")
    lost = next((branch for branch in (*trace.forward, *trace.back) if not branch.arrived), None)
    if lost is None:
        return T("It passes on all the ways that are shown, not on others.")
    last = lost.decisions[-1]
    return T("It does not pass. At {place}: {what}", place=last.at, what=last.what)


def _table(settings: Settings, title: Text, branch: Branch, folder: Path) -> None:
    rows = []
    before = None
    for item in branch.decisions:
        what = item.what.render(settings.lang)
        if before is not None and item.packet != before:
            what += f"\n→ {item.packet.text()}"
        before = item.packet
        places = "\n".join(f"{folder / ref.file}:{ref.line}" for ref in item.refs[:3])
        rows.append((f"{item.at} {item.interface}".strip() if item.interface else item.at, what, places))
    show(settings, (T("Where"), T("Decision"), T("Line of a file")), rows, title)
    settings.out.print()
