"""``govnet parse``: what a config says, in the words of one model for all vendors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tasks.commands.show import write_out
from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.settings import ExitCode, Settings
from topology.i18n import T, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from isolation_checks.snapshot import DeviceConfig, ReadProblem, Snapshot, UnknownLine

PLATFORMS = ("huawei_vrp", "huawei_usg", "h3c_comware", "h3c_secpath", "cisco_ios", "frr", "nftables")
_LISTED = 20
"""So many unknown lines are named; the JSON has them all."""


@localized_command(
    "parse",
    help=T(
        "Print what a config says as JSON, in the same words whatever the vendor.\n\n"
        "PATH is a config, the folder of a Linux host's files, or a folder of configs. Exit codes: 0 every line was read, 3 some were not, "
        "2 it cannot be read."
    ),
)
@click.argument("path", type=click.Path(path_type=Path))
@option("--platform", type=click.Choice(PLATFORMS), help=T("Read it as a config of this platform. Default: what it looks like."))
@option("--json", "as_json", is_flag=True, help=T("Print JSON, which is what happens anyway."))
@click.pass_obj
def command(settings: Settings, path: Path, platform: str | None, as_json: bool) -> int:
    from isolation_checks.reading.dump import as_json as dump  # noqa: PLC0415 - not for --help
    from isolation_checks.snapshot import DeviceConfig  # noqa: PLC0415

    if not path.exists():
        raise click.UsageError(
            T("There is no file or folder {path}.", path=str(path)).render(settings.lang), click.get_current_context(silent=True)
        )
    found = _read(path, platform)
    if isinstance(found, DeviceConfig):
        return _printed(settings, dump(found), (found,), path.parent, ())
    return _printed(settings, {"devices": [dump(device) for device in found.devices]}, found.devices, path, found.problems)


def _read(path: Path, platform: str | None) -> DeviceConfig | Snapshot:
    """One device; or, of a folder that is no host's and of what cannot be read, a snapshot."""
    from isolation_checks.reading.folder import read_file, read_folder  # noqa: PLC0415
    from isolation_checks.snapshot import ReadProblem, Snapshot  # noqa: PLC0415

    found = _as_platform(path, platform) if platform else read_file(path, path.parent)
    if not isinstance(found, ReadProblem):
        return found
    if path.is_dir() and not platform:
        return read_folder(path)
    return Snapshot((), (found,))


def _as_platform(path: Path, platform: str) -> DeviceConfig | ReadProblem:
    from isolation_checks.reading.detect import parsers  # noqa: PLC0415
    from isolation_checks.reading.source import NotTextError, read_source  # noqa: PLC0415
    from isolation_checks.snapshot import ReadProblem  # noqa: PLC0415

    if path.is_dir():
        return ReadProblem(path.name, 0, T("--platform reads a file, not a folder"))
    try:
        source = read_source(path.name, path.read_bytes())
    except NotTextError:
        return ReadProblem(path.name, 0, T("these bytes are no text"))
    if not any(line.strip() for line in source.lines):
        return ReadProblem(path.name, 0, T("the file is empty"))
    parser = next(parser for parser in parsers() if parser.platform == platform)
    return parser.parse(path.stem, (source,))


def _printed(
    settings: Settings, data: dict[str, Any], devices: Sequence[DeviceConfig], root: Path, problems: Sequence[ReadProblem]
) -> ExitCode:
    unknown = [line for device in devices for line in device.unknown]
    for problem in problems:
        _say(settings, root, problem.file, problem.line, problem.message)
    if not devices:
        return ExitCode.BAD_INPUT
    if problems:
        data["problems"] = [_problem(problem) for problem in problems]
    write_out((json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode())
    _tell(settings, root, unknown)
    broken = any({"truncated", "several-devices"} & dict(device.facts).keys() for device in devices)
    if broken and not problems:
        click.echo(T("This is not one whole config: it ends in the middle, or holds more than one device.").render(settings.lang), err=True)
    return ExitCode.INCOMPLETE if unknown or problems or broken else ExitCode.GOOD


def _problem(problem: ReadProblem) -> dict[str, Any]:
    message = problem.message
    said = {lang: message.render(lang) if isinstance(message, Text) else str(message) for lang in ("zh", "en")}
    return {"file": problem.file, "line": problem.line, "what": said}


def _tell(settings: Settings, root: Path, unknown: Sequence[UnknownLine]) -> None:
    for line in unknown[:_LISTED]:
        _say(settings, root, line.ref.file, line.ref.line, T("not understood: {line}", line=line.text))
    if len(unknown) > _LISTED:
        click.echo(T("and {count} more", count=len(unknown) - _LISTED).render(settings.lang), err=True)


def _say(settings: Settings, root: Path, file: str, line: int, message: object) -> None:
    where = root / file if (root / file).exists() else root
    label = f"{where}:{line}" if line else str(where)
    text = message if isinstance(message, Text) else str(message)
    click.echo(T("{label}: {text}", label=label, text=text).render(settings.lang), err=True)
