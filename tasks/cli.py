"""The command line ``govnet``: global options, the list of sub-commands, and what an operator sees when something goes wrong.

A sub-command's module is imported when the sub-command is called, so that ``govnet --help`` stays quick.
"""

import errno
import gc
import gettext
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from importlib import import_module
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import click

from tasks.localized import LANGUAGES, LocalizedCommand, LocalizedOption, language, speak
from tasks.settings import ExitCode, Settings
from topology.i18n import T, Text, detect_language


class Listed(NamedTuple):
    """A sub-command before it is imported: ``tasks.commands.<module>`` holds it as ``command``."""

    module: str
    summary: Text


COMMANDS = {
    "init": Listed("init", T("Write a small city to start from")),
    "schema": Listed("schema", T("Write JSON Schema for editors of the inventory")),
    "check": Listed("check", T("Check the inventory and name every problem by file and line")),
    "show": Listed("show", T("Tables: sites, devices, ports, circuits, addresses, flows and more")),
    "diagram": Listed("diagram", T("Draw the city, its counties and townships")),
    "render": Listed("render", T("Write the configuration of every device, or what changes in it")),
    "why": Listed("why", T("Name the reason for one line of a configuration")),
    "prove": Listed("prove", T("Prove the city isolated from the text of its configs, or show what breaks it")),
    "trace": Listed("trace", T("Follow a packet hop by hop, and name the line behind every decision")),
    "reach": Listed("reach", T("Show who can reach what, as sets of packets")),
    "impact": Listed("impact", T("Show what breaks and what moves when something fails")),
    "compare": Listed("compare", T("Show the packets that two versions of the city treat differently")),
    "parse": Listed("parse", T("Print what one config says, whatever the vendor, as JSON")),
    "rules": Listed("rules", T("List and explain the rules that are proved")),
    "lab": Listed("lab", T("Run the city's configs on real kernels, and hold the proof against them")),
}

_GLOBAL_OPTIONS = ("--city", "--lang", "--as-of")
_INTERRUPTED = 130
_READER_GONE = 141

_SYSTEM_REASONS = {
    errno.ENOSPC: T("the disk is full"),
    errno.EDQUOT: T("the disk quota is used up"),
    errno.EACCES: T("permission denied"),
    errno.EPERM: T("permission denied"),
    errno.EROFS: T("the file system is read-only"),
    errno.EISDIR: T("it is a folder"),
    errno.ENOTDIR: T("it is a file where a folder is needed"),
    errno.ENOENT: T("there is no such file or folder"),
    errno.EEXIST: T("it exists already"),
}


class Govnet(LocalizedCommand, click.Group):
    """The group: settles the language first, takes the global options anywhere, imports a sub-command when it is called."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        args = global_options_first(args)
        speak(ctx, _language_option(args))
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        listed = COMMANDS.get(cmd_name)
        if listed is None:
            return None
        command: object = import_module(f"tasks.commands.{listed.module}").command
        assert isinstance(command, click.Command), f"tasks.commands.{listed.module}.command"
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.exceptions.NoSuchCommand(args[0], possibilities=list(COMMANDS), ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section(gettext.gettext("Commands")):
            formatter.write_dl([(name, listed.summary.render(language(ctx))) for name, listed in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """The sub-command's exit code; a reader that closed the pipe is no error of ours, and click would call it a failed check."""
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            return _READER_GONE
        return code


def global_options_first(args: Iterable[str]) -> list[str]:
    """``args`` with --city, --lang and --as-of in front of the sub-command, wherever they stood (before ``--``)."""
    front: list[str] = []
    rest: list[str] = []
    remaining = iter(args)
    for arg in remaining:
        if arg == "--":
            rest += [arg, *remaining]
        elif arg in _GLOBAL_OPTIONS:
            front += [arg, *islice(remaining, 1)]
        elif arg.startswith(tuple(f"{name}=" for name in _GLOBAL_OPTIONS)):
            front.append(arg)
        else:
            rest.append(arg)
    return front + rest


def _language_option(args: Sequence[str]) -> str | None:
    """What ``args`` say of --lang, looked up before they are parsed; None where that is no language of ours."""
    said = [arg.removeprefix("--lang=") for arg in args] + [value for arg, value in pairwise(args) if arg == "--lang"]
    return next((value for value in said if value in LANGUAGES), None)


def describe(error: OSError) -> Text:
    """What the operating system refused, on which file, in one line."""
    reason = _SYSTEM_REASONS.get(error.errno or 0) or error.strerror or str(error)
    if error.filename is None:
        return T("Cannot read or write: {reason}", reason=reason)
    return T("Cannot read or write {file}: {reason}", file=os.fsdecode(error.filename), reason=reason)


class _Day(click.ParamType[date]):
    """A day as YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return date.fromisoformat(value)
        except ValueError:
            message = T("'{value}' is not a day of the form 2026-12-01.", value=value)
            self.fail(message.render(language(ctx) if ctx else "en"), param, ctx)


def _show_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - not for --help

        click.echo(f"govnet {version('govnet')}")
        ctx.exit()


@click.command(
    cls=Govnet,
    help=T(
        "A city's government networks as code: a folder of YAML in, every device's configuration out.\n\n"
        "The options --city, --lang and --as-of may stand before or after the command.\n\n"
        "Exit codes: 0 good, 1 a check found something, 2 bad input, 3 something could not be decided."
    ),
)
@click.option(
    "--city",
    cls=LocalizedOption,
    envvar="GOVNET_CITY",
    show_envvar=True,
    type=click.Path(path_type=Path),
    help=T("Folder of the city's inventory. Default: the only folder under ./inventory."),
)
@click.option(
    "--lang",
    cls=LocalizedOption,
    type=click.Choice(LANGUAGES),
    help=T("Language of everything that people read. Default: that of LC_ALL, LC_MESSAGES or LANG."),
)
@click.option(
    "--as-of",
    cls=LocalizedOption,
    type=_Day(),
    metavar="DATE",
    help=T("The day on which approvals and exceptions are judged, YYYY-MM-DD. Default: today."),
)
@click.option(
    "--version",
    cls=LocalizedOption,
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help=T("Show the version and exit."),
)
@click.pass_context
def govnet(ctx: click.Context, city: Path | None, lang: str | None, as_of: date | None) -> None:
    ctx.obj = Settings(city, lang or language(ctx), as_of or date.today())


def main(argv: Sequence[str] | None = None) -> int:
    """Run govnet on ``argv`` (default: the process's own) and return its exit code."""
    args = sys.argv[1:] if argv is None else list(argv)
    gc.set_threshold(200_000)  # a city is built once and kept: looking it over again and again takes a fifth of the time of a check
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a terminal of another charset is no reason to stop
    try:
        code = int(govnet.main(args, prog_name="govnet", standalone_mode=False) or ExitCode.GOOD)
    except click.ClickException as error:
        error.show()
        code = ExitCode.BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        code = _INTERRUPTED
    except Exception as error:
        message = _explain(error, detect_language(_language_option(args), os.environ))
        if message is None:
            raise
        click.echo(message, err=True)
        code = ExitCode.BAD_INPUT
    _drop_what_nobody_takes()
    return code


def _explain(error: Exception, lang: str) -> str | None:
    """The lines for an operator; None for what only a programmer can mend."""
    from topology.problems import InventoryError  # noqa: PLC0415 - not for --help

    if isinstance(error, InventoryError):
        number = len(error.problems)
        many = T("{count} problems in the inventory; nothing was written.", count=number)
        count = many if number > 1 else T("1 problem in the inventory; nothing was written.")
        return f"{error.render(lang)}\n{count.render(lang)}"
    return describe(error).render(lang) if isinstance(error, OSError) else None


def _drop_what_nobody_takes() -> None:
    """Text that standard output refuses was reported already; the interpreter would complain of it again."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
