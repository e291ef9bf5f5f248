"""What changes on the devices between the inventory at a git revision and the one at hand, both rendered with the templates at hand."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from nornir.core.task import Result, Task

from tasks.output import RefusedError
from tasks.render import run
from tasks.selection import select
from tasks.topics import SYSTEM, TOPICS, topic_of
from templates.bench import Bench
from templates.engine import RenderedFile
from topology.design import Design
from topology.i18n import T, Text
from topology.network import Network, load
from topology.problems import InventoryError

_CONTEXT = 3
_TITLES = {topic.slug: topic.title for topic in (*TOPICS, SYSTEM)}


@dataclass(frozen=True, slots=True)
class Change:
    """Lines of one kind that come and go on a device: interfaces, filters, routes …"""

    kind: str
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class DeviceChange:
    """``state``: new, removed or changed. ``diff``: unified, all files of the device."""

    device: str
    state: str
    changes: tuple[Change, ...]
    diff: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """``devices``: those that change; ``compared``: how many were looked at."""

    revision: str
    commit: str
    compared: int
    devices: tuple[DeviceChange, ...]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)

    def text(self, lang: str) -> Iterator[str]:
        """All diffs, then the summary, since that is what one looks for at the end of a long output."""
        for device in self.devices:
            yield device.diff.removesuffix("\n")
        yield from (line.render(lang) for line in self._summary())

    def _summary(self) -> Iterator[Text]:
        for device in self.devices:
            changes = Text("{0}", (("0", ""),)) if not device.changes else _listed(device.changes)
            yield T("{device} ({state}): {changes}", device=device.device, state=_STATES[device.state], changes=changes)
        yield T(
            "{changed} of {compared} devices change against {revision} ({commit}); both sides use the templates at hand.",
            changed=len(self.devices),
            compared=self.compared,
            revision=self.revision,
            commit=self.commit[:12],
        )


_STATES = {"new": T("new"), "removed": T("removed"), "changed": T("changed")}


def _listed(changes: Sequence[Change]) -> Text:
    """``filters +3 -1, routes +1``"""
    parts = {f"p{number}": _counted(change) for number, change in enumerate(changes)}
    return Text(", ".join(f"{{{name}}}" for name in parts), tuple(parts.items()))


def _counted(change: Change) -> Text:
    counts = " ".join(f"{sign}{count}" for sign, count in (("+", change.added), ("-", change.removed)) if count)
    return Text("{title} {counts}", (("title", _TITLES[change.kind]), ("counts", counts)))


def compare(
    city: Path, revision: str, only: Sequence[str] = (), on_device: Callable[[int, int], None] = lambda done, total: None
) -> Comparison:
    """Renders both and compares. Raises RefusedError where there is no such revision, InventoryError where either side is broken."""
    _, commit = _repository(city, revision)
    network = load(city)
    with at_revision(city, revision) as folder:
        before = _load_old(folder, revision)
    names = _selected(network, before, only)
    known = network.design.names
    now = run(network, [name for name in names if name in known], compare_device, on_device, bench=Bench(), before=before.design)
    gone = [name for name in names if name not in known]
    then = run(before, gone, compare_device, bench=Bench(), before=None) if gone else {}
    found = [result[0].result for results in (now, then) for result in results.values() if result[0].result is not None]
    return Comparison(revision, commit, len(names), tuple(sorted(found, key=lambda change: change.device)))


@contextmanager
def at_revision(city: Path, revision: str) -> Iterator[Path]:
    """The inventory's folder as it was, for as long as the block lasts. Raises RefusedError where there is no such revision."""
    top, commit = _repository(city, revision)
    with TemporaryDirectory(prefix="govnet-") as folder:
        yield _extract(top, city, commit, revision, Path(folder))


def _selected(network: Network, before: Network, only: Sequence[str]) -> list[str]:
    """What ``only`` means on either side; a device that is new, or gone, stands on one side alone."""
    found: set[str] = set()
    refused = None
    for side in (before, network):
        try:
            found.update(select(side.facts, only))
        except RefusedError as error:
            refused = error
    if not found and refused:
        raise refused
    return sorted(found)


def compare_device(task: Task, bench: Bench, before: Design | None) -> Result:
    """A host rendered from its inventory against the same host in ``before``. None: its inventory is the old one, and it is gone.

    The result is a DeviceChange, or None where nothing changes.
    """
    name = task.host.name
    files = bench.render(task.host.data.pop("design", None) or task.host["design"]).files
    task.host.data.pop("design", None)
    if before is None:
        change = _change(name, "removed", files, ())
    elif name in before.names:
        change = _change(name, "changed", bench.render(before.device(name)).files, files)
    else:
        change = _change(name, "new", (), files)
    return Result(task.host, result=change if change.diff else None, changed=bool(change.diff), diff=change.diff)


def _change(device: str, state: str, old: Sequence[RenderedFile], new: Sequence[RenderedFile]) -> DeviceChange:
    olds, news = ({file.name: file.text.splitlines() for file in files} for files in (old, new))
    counts: dict[str, list[int]] = {}
    diff: list[str] = []
    for name in dict.fromkeys((*olds, *news)):
        diff += _file_diff(name, olds.get(name, []), news.get(name, []), counts)
    changes = tuple(Change(kind, *counts[kind]) for kind in _TITLES if kind in counts)
    return DeviceChange(device, state, changes, "".join(f"{line}\n" for line in diff))


def _file_diff(name: str, old: list[str], new: list[str], counts: dict[str, list[int]]) -> list[str]:
    """The unified diff of one file; ``counts`` gets the added and removed lines of each kind."""
    if old == new:
        return []
    lines = [f"--- {name if old else '/dev/null'}", f"+++ {name if new else '/dev/null'}"]
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_CONTEXT):
        first, last = group[0], group[-1]
        lines.append(f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@")
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += [f" {line}" for line in old[i1:i2]]
                continue
            lines += [f"-{line}" for line in old[i1:i2]] + [f"+{line}" for line in new[j1:j2]]
            _count(name, new, range(j1, j2), counts, 0)
            _count(name, old, range(i1, i2), counts, 1)
    return lines


def _count(file: str, lines: list[str], numbers: range, counts: dict[str, list[int]], column: int) -> None:
    for number in numbers:
        if lines[number].strip(" #!"):
            counts.setdefault(topic_of(file, lines, number).slug, [0, 0])[column] += 1


def _range(start: int, stop: int) -> str:
    length = stop - start
    beginning = start + 1 if length else start
    return str(beginning) if length == 1 else f"{beginning},{length}"


def _repository(city: Path, revision: str) -> tuple[Path, str]:
    """The top folder of the git repository that the inventory is in, and the commit that ``revision`` names."""
    top = _git(city, "rev-parse", "--show-toplevel")
    if top is None:
        raise RefusedError(T("{folder} is not in a git repository: there is nothing to compare with.", folder=str(city)))
    commit = _git(city, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        raise RefusedError(T("{revision}: this repository has no such revision (a branch, a tag, HEAD~1, a commit).", revision=revision))
    return Path(top.decode().rstrip("\n")), commit.decode().strip()


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What git prints, or None where it refuses. Raises RefusedError where there is no git."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        raise RefusedError(T("git is not installed; comparing with a revision needs it.")) from None
    return done.stdout if done.returncode == 0 else None


def _extract(top: Path, city: Path, commit: str, revision: str, to: Path) -> Path:
    """The inventory's folder as it was, below ``to``."""
    inside = city.resolve().relative_to(top.resolve()).as_posix()
    packed = _git(top, "archive", "--format=tar", commit, "--", inside)
    if packed is None:
        raise RefusedError(T("{folder} did not exist at {revision}.", folder=inside, revision=revision))
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(to, filter="data")
    return to / inside


def _load_old(folder: Path, revision: str) -> Network:
    try:
        return load(folder)
    except InventoryError as error:
        first = error.problems[0]
        raise RefusedError(
            T(
                "the inventory at {revision} cannot be used by this govnet; {count} problems, the first: {problem}",
                revision=revision,
                count=len(error.problems),
                problem=Text("{place}: {what}", (("place", str(first.origin)), ("what", first.what))),
            )
        ) from error
