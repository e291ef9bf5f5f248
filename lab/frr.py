"""FRR's daemons of one node: their files, their start, and what they refused to read."""

from __future__ import annotations

import os
import re
import shutil
import signal
from pathlib import Path

from lab.errors import LabError
from lab.frr_text import ZEBRA, UnknownLineError, of_daemons
from lab.kernel import FRR
from lab.namespaces import run
from lab.plan import Node
from lab.vty import VtyError, ask
from topology.i18n import T

CRASH = Path("/var/tmp/frr")  # noqa: S108 - FRR's own place
"""Where a daemon keeps a folder while it lives; one that was killed leaves it behind."""

_ANSWER_S = 60.0

_GONE = ("Z", "X")
"""States of a process that has ended, though nobody has asked after it yet (proc(5))."""

_REFUSED = re.compile(r"\] (?P<what>[^\[\]]*) on config line (?P<line>\d+): *(?P<text>.*)$", re.MULTILINE)


def write(node: Node, folder: Path) -> None:
    """A daemon's part of frr.conf each, and the folder of its sockets. Raises LabError for a line that no daemon reads, OSError."""
    config = node.file("frr.conf")
    if config is None:
        return
    run_folder = folder / "run"
    run_folder.mkdir(parents=True, exist_ok=True)
    shutil.chown(run_folder, "frr", "frr")
    try:
        parts = of_daemons(config.text)
    except UnknownLineError as error:
        raise LabError(
            T(
                "{node}: frr.conf:{line}: no daemon of the lab reads this: {text}",
                node=node.name,
                line=error.number,
                text=error.line.strip(),
            )
        ) from error
    for daemon, text in parts.items():
        path = folder / f"{daemon}.conf"
        path.write_text(text, encoding="utf-8")
        path.chmod(0o640)
        shutil.chown(path, "frr", "frr")


def start(node: Node, folder: Path, daemon: str) -> None:
    """Starts a daemon in the calling thread's namespace; `check` waits until it has read its part. Raises LabError."""
    run_folder = folder / "run"
    log = folder / f"{daemon}.log"
    log.unlink(missing_ok=True)
    config = folder / f"{daemon}.conf"
    if not config.exists():
        config.touch(mode=0o640)
        shutil.chown(config, "frr", "frr")
    arguments = [str(FRR / daemon), "-d", "-f", str(config), "-i", str(run_folder / f"{daemon}.pid"), "-z", str(run_folder / "zserv.api")]
    arguments += ["--vty_socket", str(run_folder), "-P", "0", "--log", f"file:{log}", "--log-level", "informational"]
    arguments += ["-s", "90000000"] if daemon == ZEBRA else []
    run(arguments)


def check(node: Node, folder: Path, daemon: str) -> None:
    """Waits until the daemon answers, by when it has read its part; what it refused is in its log, and nowhere else. Raises LabError."""
    config, log = folder / f"{daemon}.conf", folder / f"{daemon}.log"
    try:
        ask(socket_of(folder, daemon), "show version", timeout_s=_ANSWER_S)
    except VtyError as error:
        raise LabError(T("{node}: {daemon} does not run: {reason}", node=node.name, daemon=daemon, reason=str(error))) from error
    said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    refused = _REFUSED.search(said)
    if refused is not None:
        number = int(refused["line"])
        lines = config.read_text(encoding="utf-8").splitlines()
        text = lines[number - 1].strip() if 0 < number <= len(lines) else refused["text"]
        whole = node.file("frr.conf")
        place = next((n for n, line in enumerate((whole.text if whole else "").splitlines(), 1) if line.strip() == text), number)
        raise LabError(
            T("{node}: {daemon} refuses frr.conf:{line}: {text} ({reason})", node=node.name, daemon=daemon, line=place, text=text,
              reason=refused["what"].strip())
        )  # fmt: skip


def process(folder: Path, daemon: str) -> int | None:
    """The process of a daemon, or None where it does not run (any more)."""
    try:
        number = int((folder / "run" / f"{daemon}.pid").read_text(encoding="utf-8"))
        name, _, rest = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").partition("(")[2].rpartition(")")
    except (OSError, ValueError):
        return None
    return number if name == daemon and rest.split()[0] not in _GONE else None


def stop(folder: Path, daemon: str, number: int = signal.SIGKILL) -> None:
    """Ends a daemon; nothing where it does not run."""
    found = process(folder, daemon)
    if found is not None:
        traces = traces_of(found) if number == signal.SIGKILL else ()
        os.kill(found, number)
        for trace in traces:
            shutil.rmtree(trace, ignore_errors=True)


def traces_of(number: int) -> set[Path]:
    """The folders that a process keeps in `CRASH`: its own while it starts, then that of the process that it was forked from, so that only
    its open files tell."""
    found: set[Path] = set()
    try:
        if Path(f"/proc/{number}/ns/mnt").stat().st_ino != Path("/proc/self/ns/mnt").stat().st_ino:
            return found  # what a container keeps goes with it; the same path here may be another lab's
        found.add(CRASH / f"{Path(f'/proc/{number}/comm').read_text(encoding='utf-8').strip()}.{number}")
        for entry in Path(f"/proc/{number}/fd").iterdir():
            target = entry.readlink()
            if target.is_relative_to(CRASH) and target != CRASH:
                found.add(CRASH / target.relative_to(CRASH).parts[0])
    except OSError:
        return found
    return found


def socket_of(folder: Path, daemon: str) -> Path:
    """The daemon's vty socket."""
    return folder / "run" / f"{daemon}.vty"
