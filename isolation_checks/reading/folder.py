"""Reading a folder of configs: one device a file, or a folder a device for Linux hosts. Nothing in it is passed over in silence."""

from __future__ import annotations

import gc
import multiprocessing
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from isolation_checks.reading import host_unit, linux
from isolation_checks.reading.cache import ReadingCache
from isolation_checks.reading.detect import MODULES, detect
from isolation_checks.reading.source import NotTextError, Source, read_source
from isolation_checks.snapshot import DeviceConfig, ReadProblem, Snapshot
from topology.i18n import T, Text

SUFFIXES = (".cfg", ".conf", ".txt")
IGNORED = frozenset({".git", ".gitignore", ".gitattributes", ".gitkeep", ".DS_Store"})
"""Names that version control and file managers leave, and that can hold no config."""

LARGEST = 64 << 20
"""Bytes of a file; nobody's config is larger."""

WORTH_FORKING = 1 << 20
"""Bytes of configs below which a second process costs more than it saves."""

HEAD_START = 10
"""The tenth of all work that reading takes less than reading and handing over."""


def read_folder(root: Path, jobs: int = 1, cache: ReadingCache | None = None) -> Snapshot:
    """All devices of a folder, by name; and what could not be read, each with its file. Equal whatever ``jobs`` and ``cache`` are."""
    problems: list[ReadProblem] = []
    try:
        entries = sorted(root.iterdir(), key=lambda path: path.name)
    except OSError as error:
        return Snapshot((), (ReadProblem(root.name, 0, _unreadable(error)),))
    wanted = []
    for entry in entries:
        if entry.name in IGNORED:
            continue
        if entry.suffix.lower() not in SUFFIXES and not entry.is_dir():
            problems.append(
                ReadProblem(entry.name, 0, T("not read: the name of a config ends in {suffixes}", suffixes=", ".join(SUFFIXES)))
            )
        else:
            wanted.append(entry)
    if not wanted:
        problems.append(ReadProblem(".", 0, T("the folder holds no configs")))
    wanted, clashes = _same_stem(wanted)
    problems.extend(clashes)
    devices = []
    for result in _read_all(wanted, root, jobs, cache):
        if isinstance(result, ReadProblem):
            problems.append(result)
        else:
            devices.append(result)
            problems.extend(_doubts(result))
    devices, clashes = _same_name(devices)
    return Snapshot(tuple(sorted(devices, key=lambda device: device.name)), tuple(sorted((*problems, *clashes), key=_problem_key)))


def read_file(path: Path, root: Path) -> DeviceConfig | ReadProblem:
    """The device that a file or a folder of files describes; file names in it are relative to ``root``. Raises nothing."""
    name = _relative(path, root)
    try:
        if path.is_dir():
            return _read_directory(path, root)
        source = read_source(name, _bytes(path))
    except _SpecialFileError as error:
        return ReadProblem(name, 0, error.args[0])
    except OSError as error:
        return ReadProblem(name, 0, _unreadable(error))
    except NotTextError:
        return ReadProblem(name, 0, T("these bytes are no text"))
    if not any(line.strip() for line in source.lines):
        return ReadProblem(name, 0, T("the file is empty"))
    found = detect(source)
    if found.parser is None:
        return ReadProblem(name, 0, _undecided(found.candidates))
    return _parsed(found.parser.parse, path.stem, (source,))


def _parsed(
    parse: Callable[[str, tuple[Source, ...]], DeviceConfig], folder: str, sources: tuple[Source, ...]
) -> DeviceConfig | ReadProblem:
    """No parser is to raise; one that does has not read its file, and the other devices are not to suffer for it."""
    try:
        return parse(folder, sources)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        return ReadProblem(sources[0].name, 0, T("reading failed: {reason}", reason=reason))


def _undecided(candidates: Sequence[str]) -> Text:
    if candidates:
        return T("the platform is undecided between {candidates}", candidates=", ".join(candidates))
    return T("no config of a platform that can be read: {platforms}", platforms=", ".join(MODULES))


def _unreadable(error: OSError) -> Text:
    return T("cannot be read: {reason}", reason=error.strerror or type(error).__name__)


def _problem_key(problem: ReadProblem) -> tuple[str, int, str]:
    message = problem.message
    return problem.file, problem.line, message.render("en") if isinstance(message, Text) else str(message)


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


# --- one device ------------------------------------------------------------------------------------------------------------------------


class _SpecialFileError(Exception):
    """Something that is no ordinary file, or too large for one; the argument is a Text."""


def _bytes(path: Path) -> bytes:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise _SpecialFileError(T("not a regular file"))
    if status.st_size > LARGEST:
        raise _SpecialFileError(T("larger than {limit} MiB", limit=LARGEST >> 20))
    return path.read_bytes()


def _read_directory(path: Path, root: Path) -> DeviceConfig | ReadProblem:
    """The files of one Linux host. One that is no text spoils the device: nobody knows what it would have said."""
    sources = []
    for file in sorted(path.rglob("*"), key=lambda item: item.relative_to(path).as_posix()):
        if file.is_dir() or file.name in IGNORED:
            continue
        try:
            sources.append(read_source(_relative(file, root), _bytes(file)))
        except NotTextError:
            return ReadProblem(_relative(file, root), 0, T("these bytes are no text"))
        except _SpecialFileError as error:
            return ReadProblem(_relative(file, root), 0, error.args[0])
    if not any(line.strip() for source in sources for line in source.lines):
        return ReadProblem(_relative(path, root), 0, T("the folder holds no configs"))
    names = frozenset(source.name.rpartition("/")[2] for source in sources)
    reader = host_unit.parse if host_unit.is_host_unit(names) else linux.parse if linux.is_linux(tuple(sources)) else None
    if reader is None:
        return ReadProblem(_relative(path, root), 0, T("no file in this folder says what kind of host it is"))
    return _parsed(reader, path.name, tuple(sources))


def _doubts(device: DeviceConfig) -> Iterable[ReadProblem]:
    """What a parser noticed about the file as a whole; the device stays, with what was read."""
    facts = dict(device.facts)
    file = device.files[0] if device.files else device.folder
    if facts.get("several-devices"):
        yield ReadProblem(file, 0, T("more than one device in one file; only {device} was read", device=device.name))
    if facts.get("truncated"):
        yield ReadProblem(file, 0, T("the config of {device} ends in the middle", device=device.name))
    if facts.get("interfaces") == "missing":
        yield ReadProblem(file, 0, T("no file says how {device} sets up its interfaces", device=device.name))


# --- who is who ------------------------------------------------------------------------------------------------------------------------


def _same_stem(entries: list[Path]) -> tuple[list[Path], list[ReadProblem]]:
    """Files and folders that name one device, upper and lower case being the same: none of them is believed."""
    by_name: dict[str, list[Path]] = {}
    for entry in entries:
        by_name.setdefault((entry.name if entry.is_dir() else entry.stem).casefold(), []).append(entry)
    clashes = [
        ReadProblem(entry.name, 0, T("{others} name the same device; none was used", others=", ".join(item.name for item in group)))
        for group in by_name.values()
        if len(group) > 1
        for entry in group
    ]
    return [group[0] for group in by_name.values() if len(group) == 1], clashes


def _same_name(devices: list[DeviceConfig]) -> tuple[list[DeviceConfig], list[ReadProblem]]:
    """Configs that call themselves alike: none of them is believed."""
    by_name: dict[str, list[DeviceConfig]] = {}
    for device in devices:
        by_name.setdefault(device.name.casefold(), []).append(device)
    kept, clashes = [], []
    for group in by_name.values():
        if len(group) == 1:
            kept.append(group[0])
            continue
        files = ", ".join(device.folder for device in group)
        for device in group:
            where = device.name_ref
            message = T("{others} are all called {device}; none was used", others=files, device=device.name)
            clashes.append(ReadProblem(where.file if where else device.files[0], where.line if where else 0, message))
    return kept, clashes


# --- in several processes --------------------------------------------------------------------------------------------------------------


class _Job(NamedTuple):
    """What one process is to read; ``keys`` is what finds the paths in the cache, in the same order."""

    paths: tuple[Path, ...]
    keys: tuple[str | None, ...]
    root: Path
    cache: ReadingCache | None


def _read_all(paths: list[Path], root: Path, jobs: int, cache: ReadingCache | None) -> list[DeviceConfig | ReadProblem]:
    """In the order of ``paths``; what the cache knows is not read again."""
    keys = [cache.key(path, _relative(path, root)) if cache else None for path in paths]
    with _no_collection():
        known: list[DeviceConfig | ReadProblem | None] = [cache.get(key) if cache else None for key in keys]
    missing = [index for index, found in enumerate(known) if found is None]
    if cache and missing:
        cache.prune()
    fresh = iter(_read_fresh(_Job(tuple(paths[index] for index in missing), tuple(keys[index] for index in missing), root, cache), jobs))
    return [next(fresh) if found is None else found for found in known]


def _read_fresh(job: _Job, jobs: int) -> list[DeviceConfig | ReadProblem]:
    paths = job.paths
    sizes = [_size(path) for path in paths]
    if jobs < 2 or len(paths) < 2 or sum(sizes) < WORTH_FORKING or not hasattr(os, "fork"):
        with _no_collection():
            return _all(job)
    chunks = _balanced(sizes, jobs)
    context = multiprocessing.get_context("fork")
    children = []
    for chunk in chunks[1:]:
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_child, args=(there, _part(job, chunk)), daemon=True)
        process.start()
        there.close()
        children.append((chunk, here, process))
    results: dict[int, DeviceConfig | ReadProblem] = {}
    with _no_collection():
        results.update(zip(chunks[0], _all(_part(job, chunks[0])), strict=True))
        for chunk, here, process in children:
            try:
                found = here.recv()
            except EOFError:  # the child died; what it was to read is read here
                found = _all(_part(job, chunk))
            process.join()
            results.update(zip(chunk, found, strict=True))
    return [results[index] for index in range(len(paths))]


def _part(job: _Job, chunk: list[int]) -> _Job:
    return job._replace(paths=tuple(job.paths[index] for index in chunk), keys=tuple(job.keys[index] for index in chunk))


def _child(connection: Connection, job: _Job) -> None:
    gc.disable()
    connection.send(_all(job))
    connection.close()


def _all(job: _Job) -> list[DeviceConfig | ReadProblem]:
    return [_remembered(path, key, job) for path, key in zip(job.paths, job.keys, strict=True)]


def _remembered(path: Path, key: str | None, job: _Job) -> DeviceConfig | ReadProblem:
    """Read, and put into the cache unless the file changed meanwhile: then nobody knows which bytes these are."""
    result = read_file(path, job.root)
    if job.cache and key and isinstance(result, DeviceConfig) and job.cache.key(path, _relative(path, job.root)) == key:
        job.cache.put(key, result)
    return result


@contextmanager
def _no_collection() -> Iterator[None]:
    """Reading makes only objects that stay, so that every collection of garbage is time lost."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _balanced(sizes: Sequence[int], jobs: int) -> list[list[int]]:
    """Indexes in ``jobs`` heaps of about the same size, largest first; the first takes more, since its results need no handing over."""
    heaps: list[list[int]] = [[] for _ in range(min(jobs, len(sizes)))]
    loads = [0, *[sum(sizes) // HEAD_START] * (len(heaps) - 1)]
    for index in sorted(range(len(sizes)), key=lambda item: (-sizes[item], item)):
        place = loads.index(min(loads))
        heaps[place].append(index)
        loads[place] += sizes[index]
    return heaps


def _size(path: Path) -> int:
    try:
        return sum(file.stat().st_size for file in path.iterdir()) if path.is_dir() else path.stat().st_size
    except OSError:
        return 0
