"""One unit of a gatekeeper at work: takes what its side has put out, checks it against the declared channels, and passes files on.

Runs as a process of its own in the unit's namespace, with the standard library alone. Between the two units there is a folder and nothing
else. Both sides check: what the sender lets through by mistake, the receiver refuses.

Layout below the ferry's folder: `<side>/out/<channel>/` what a side hands in, `queue/<channel>/` the exchange arc, `<side>/in/<channel>/`
what arrives, `<side>/refused/<channel>/` what is not allowed, `<side>/log` one line of JSON a file.
"""

from __future__ import annotations

import email
import email.policy
import email.utils
import json
import os
import sys
import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

POLL_S = 0.2
MEGABYTE = 1 << 20
_PARTIAL = ".part"
"""How the name of a file ends while it is written."""


def sends(channel: dict[str, Any], side: str) -> bool:
    return str(channel["direction"]).startswith(f"{side}-to-")


def objection(channel: dict[str, Any], path: Path) -> str | None:
    """Why the channel does not move the file, or None."""
    if path.is_symlink() or not path.is_file():
        return "not a plain file"
    if path.stat().st_size > int(channel["max_mb"]) * MEGABYTE:
        return f"larger than {channel['max_mb']} MB"
    allowed = channel["allow"]
    match channel["kind"]:
        case "file":
            good = any(fnmatchcase(path.name, pattern) for pattern in allowed)
        case "db":
            good = path.suffix == ".json" and path.stem in allowed
        case "mail":
            good = path.suffix == ".eml" and _sender_domain(path) in allowed
        case _:
            good = False
    return None if good else "not on the channel's list"


def _sender_domain(path: Path) -> str:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    return email.utils.parseaddr(str(message.get("From", "")))[1].rpartition("@")[2].casefold()


class Unit:
    """One side of one gatekeeper."""

    def __init__(self, root: Path, side: str, channels: list[dict[str, Any]]) -> None:
        self.root, self.side = root, side
        self.channels = {str(channel["id"]): channel for channel in channels}
        for channel in self.channels:
            for folder in (self.out / channel, self.queue / channel, self.root / side / "in" / channel):
                folder.mkdir(parents=True, exist_ok=True)

    @property
    def out(self) -> Path:
        return self.root / self.side / "out"

    @property
    def queue(self) -> Path:
        return self.root / "queue"

    def turn(self) -> None:
        """Looks once at everything that waits."""
        for path in list(_files(self.out)):
            channel = self.channels.get(path.parent.name)
            if channel is None:
                self._refuse(path, "no such channel")
            elif not sends(channel, self.side):
                self._refuse(path, "against the channel's direction")
            else:
                self._pass(channel, path, self.queue / path.parent.name)
        for name, channel in self.channels.items():
            if not sends(channel, self.side):
                for path in list(_files(self.queue / name)):
                    self._pass(channel, path, self.root / self.side / "in" / name)

    def _pass(self, channel: dict[str, Any], path: Path, to: Path) -> None:
        why = objection(channel, path)
        if why is not None:
            self._refuse(path, why)
            return
        path.rename(to / path.name)
        self._log(path, "passed")

    def _refuse(self, path: Path, why: str) -> None:
        to = self.root / self.side / "refused" / path.parent.name
        to.mkdir(parents=True, exist_ok=True)
        path.rename(to / path.name)
        self._log(path, why)

    def _log(self, path: Path, what: str) -> None:
        line = json.dumps({"at": time.time(), "channel": path.parent.name, "file": path.name, "result": what})
        with (self.root / self.side / "log").open("a", encoding="utf-8") as log:
            log.write(line + "\n")


def _files(folder: Path) -> Iterator[Path]:
    """What lies in a folder or one below; unfinished files are left alone."""
    for path in sorted(folder.rglob("*")):
        if (path.is_symlink() or not path.is_dir()) and not path.name.endswith(_PARTIAL):
            yield path


def _detach(errors: Path) -> None:
    """Lives on when the command that started it ends; what goes wrong stands in a file."""
    if os.fork():
        os._exit(0)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number, descriptor in enumerate((nothing, nothing, os.open(errors, os.O_WRONLY | os.O_CREAT, 0o644))):
        os.dup2(descriptor, number)


def main(arguments: list[str]) -> None:
    root, side = Path(arguments[0]), arguments[1]
    _detach(root / side / "errors")
    unit = Unit(root, side, json.loads((root / "channels.json").read_text(encoding="utf-8")))
    (root / side / "ready").touch()
    while True:
        unit.turn()
        time.sleep(POLL_S)


if __name__ == "__main__":
    main(sys.argv[1:])
