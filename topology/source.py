"""The folder of YAML files: which files there are, and the values of one file with the place of each.

Nothing in a file, whatever it holds, raises an exception here: what cannot be read becomes a ``Problem``.
"""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from yaml.events import ScalarEvent, StreamEndEvent

from topology.i18n import T
from topology.origin import Origin
from topology.problems import Problem
from topology.yaml_syntax import explain
from topology.yaml_text import read_text
from topology.yaml_tree import GiveUpError, SourceList, SourceMap, TreeBuilder

__all__ = ["SourceList", "SourceMap", "find_files", "read_yaml"]


def read_yaml(path: Path, root: Path, problems: list[Problem]) -> SourceMap | None:
    """The mapping that the file holds, or None and at least one problem.

    What scalars mean stands in ``yaml_tree``. Raises RuntimeError where PyYAML comes without libyaml.
    """
    file = shown(path, root)
    text = read_text(path, file, problems)
    if text is None:
        return None
    before = len(problems)
    next_event = _parser(text).get_event
    builder = TreeBuilder(file, next_event, problems)
    try:
        value = _document(next_event, builder, file, problems)
    except GiveUpError:
        return None
    except yaml.YAMLError as error:
        builder.add_syntax_error(explain(error, text, file))
        return None
    return value if len(problems) == before else None


def _document(next_event: Callable[[], Any], builder: TreeBuilder, file: str, problems: list[Problem]) -> SourceMap | None:
    """The one mapping of the file. Raises yaml.YAMLError and GiveUpError."""
    next_event()  # the start of the stream
    event = next_event()
    if type(event) is StreamEndEvent:
        problems.append(Problem(Origin(file, 1, 1), T("the file is empty"), hint=T("write its content, or delete the file")))
        return None
    if event.version or event.tags:
        builder.report(event, T("lines that begin with % are not read"), hint=T("delete the line, or put the value in quotes"))
    event = next_event()
    value = builder.value(event)
    if not isinstance(value, SourceMap):
        problems.append(_no_mapping(event, file))
    next_event()  # the end of the document
    event = next_event()
    if type(event) is not StreamEndEvent:
        hint = T("delete the line '---', or move what follows to a file of its own")
        builder.report(event, T("a second document begins here"), T("one document a file"), hint)
    return value if isinstance(value, SourceMap) else None


def _no_mapping(event: Any, file: str) -> Problem:
    if type(event) is ScalarEvent and not event.value:
        return Problem(Origin(file, 1, 1), T("the file is empty"), hint=T("write its content, or delete the file"))
    place = Origin(file, event.start_mark.line + 1, event.start_mark.column + 1)
    return Problem(place, T("the file holds no keys"), T("a mapping of 'key: value' lines"))


def _parser(text: str) -> Any:
    try:
        from yaml._yaml import CParser  # noqa: PLC0415 - so that its absence can be explained
    except ImportError as error:
        raise RuntimeError("PyYAML was built without libyaml: install the PyYAML wheel, or libyaml's headers before building it") from error
    return CParser(text)


def find_files(root: Path, problems: list[Problem]) -> list[Path]:
    """All ``*.yaml`` below ``root``, sorted by path; hidden files and folders are passed over.

    A link to a folder is refused: it leaves the inventory, runs in circles, or has files read twice. A link to a file may point inside.
    """
    place = Origin(str(root), 1, 1)
    if not os.path.isdir(root):  # noqa: PTH112 - False for a name that is too long or may not be looked at; Path.is_dir raises
        what = T("not a folder") if os.path.lexists(root) else T("no such folder")
        problems.append(Problem(place, what, T("the folder of a city's YAML files")))
        return []
    before = len(problems)
    found = sorted(_walk(root, problems), key=lambda path: path.relative_to(root).parts)
    if not found and len(problems) == before:
        problems.append(
            Problem(
                place,
                T("no *.yaml file in this folder"),
                hint=T("name the inventory folder of a city; 'govnet init DIR' writes an example"),
            )
        )
    return found


def _walk(root: Path, problems: list[Problem]) -> Iterator[Path]:
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            reason = T("cannot be read: {reason}", reason=error.strerror or str(error))
            problems.append(Problem(Origin(shown(folder, root), 1, 1), reason, hint=T("check the folder's permissions")))
            continue
        for entry in listed:
            if entry.name.startswith("."):
                continue
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
            elif _is_inventory_file(path, root, problems):
                yield path


def _is_inventory_file(path: Path, root: Path, problems: list[Problem]) -> bool:
    """Whether ``path``, not a folder, is to be read. Problems of files that were meant to be are reported."""
    place = Origin(shown(path, root), 1, 1)
    try:
        if path.is_symlink() and not _is_link_inside(path, root, place, problems):
            return False
        if path.suffix == ".yaml":
            if stat.S_ISREG(path.stat().st_mode):
                return True
            problems.append(Problem(place, T("not a regular file"), T("a text file")))
        elif path.suffix.lower() in (".yml", ".yaml"):
            problems.append(
                Problem(
                    place,
                    T("the name ends in {suffix}, so the file would not be read", suffix=path.suffix),
                    T("names that end in .yaml"),
                    T("rename it"),
                )
            )
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        problems.append(Problem(place, T("cannot be read: {reason}", reason=reason), hint=T("check the file's permissions")))
    return False


def _is_link_inside(path: Path, root: Path, place: Origin, problems: list[Problem]) -> bool:
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: how Python 3.11 reports a loop
        problems.append(Problem(place, T("a symbolic link that leads nowhere or in a circle"), hint=T("delete the link")))
        return False
    if not target.is_relative_to(root.resolve()):
        problems.append(Problem(place, T("a symbolic link that leaves the inventory folder"), hint=T("put a copy in its place")))
        return False
    if target.is_dir():
        problems.append(Problem(place, T("a symbolic link to a folder: its files would be read twice"), hint=T("delete the link")))
        return False
    return True


def shown(path: Path, root: Path) -> str:
    """The name of ``path`` in messages: relative to ``root``, POSIX, printable."""
    name = path.relative_to(root).as_posix() if path != root and path.is_relative_to(root) else path.as_posix()
    return name if name.isprintable() else name.encode("unicode_escape", "backslashreplace").decode("ascii")
