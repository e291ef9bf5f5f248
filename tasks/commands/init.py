"""``govnet init``: a small city to start from, written into a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

import click

from tasks import localized
from tasks.settings import Settings
from topology.i18n import T

_ZH, _EN = "样例市", "Sample City"
"""The names that the starter city carries in its files."""
_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST_SLUG, _LONGEST_NAME = 24, 40


@localized.command(
    "init",
    help=T(
        "Write a small city to start from into DIR.\n\n"
        "One county, two townships, the outer and the inner network and one gatekeeper, with comments. DIR must not exist yet, or be empty."
    ),
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@localized.option("--name", metavar="NAME", help=T("The city's name. Default: a name that stands for any."))
@click.pass_obj
def command(settings: Settings, folder: Path, name: str | None) -> None:
    """Refuse what is there, write beside it, put it in place at once, say what to do next."""
    if name is not None and not _is_name(name):
        message = T("A name has up to {count} printable characters, without quotes and backslashes.", count=_LONGEST_NAME)
        raise click.BadParameter(message.render(settings.lang), param_hint="--name")
    target = folder.resolve()
    if target.exists() and not target.is_dir():
        raise click.UsageError(T("{path} is a file; give a folder that does not exist yet.", path=folder).render(settings.lang))
    if target.is_dir() and any(target.iterdir()):
        raise click.UsageError(T("{path} is not empty; nothing was written.", path=folder).render(settings.lang))
    count = _write(_files(target.name, name), target)
    settings.out.print(T("Files written to {path}: {count}", count=count, path=folder).render(settings.lang))
    settings.out.print(T("Next: put your own names in, then run  govnet --city {path} check", path=folder).render(settings.lang))


def _is_name(name: str) -> bool:
    return bool(name.strip()) and len(name) <= _LONGEST_NAME and name.isprintable() and not set(name) & {'"', "\\"}


def _files(folder: str, name: str | None) -> dict[str, str]:
    """The starter city under the name of its new folder: path -> text."""
    import topology  # noqa: PLC0415 - for where it lies

    root = Path(topology.__file__).parent / "starter"
    slug = folder if _SLUG.fullmatch(folder) and len(folder) <= _LONGEST_SLUG else "sample"
    letters = re.sub("[^a-z]", "", slug)[:2]
    zh, en = name or _ZH, name or _EN
    if not en.isascii():
        en = slug.replace("-", " ").title()
    found = {}
    for path in sorted(root.rglob("*.yaml")):
        text = path.read_text(encoding="utf-8").replace(_ZH, zh).replace(_EN, en)
        found[path.relative_to(root).as_posix()] = text
    prefix = letters if len(letters) == 2 else "sm"
    found["city.yaml"] = found["city.yaml"].replace("slug: sample\n", f"slug: {slug}\n", 1).replace("prefix: sm ", f"prefix: {prefix} ", 1)
    return found


def _write(files: dict[str, str], target: Path) -> int:
    """All files or none: they are written out of sight and appear at once."""
    exists = target.is_dir()
    target.parent.mkdir(parents=True, exist_ok=True)
    # An empty folder is filled rather than replaced: somebody's shell may stand in it. Hidden folders are no part of an inventory.
    part = Path(tempfile.mkdtemp(prefix=".govnet-init-", dir=target if exists else target.parent))
    placed: list[Path] = []
    try:
        _fill(part, files)
        if exists:
            for path in sorted(part.iterdir()):
                placed += [path.rename(target / path.name)]
            part.rmdir()
        else:
            part.chmod(0o777 & ~_umask())
            part.rename(target)
    except BaseException:
        for path in (*placed, part):
            shutil.rmtree(path, ignore_errors=True)
            path.unlink(missing_ok=True)
        raise
    return len(files)


def _fill(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current
