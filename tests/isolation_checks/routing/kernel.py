"""Routers that run: FRR in network namespaces, from the text that is also parsed. For tests that need root."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DAEMONS = ("zebra", "staticd", "ospfd", "bgpd")
FOLDER = Path("/usr/lib/frr")
OWNER = "frr"
SETTINGS = ("net.ipv4.ip_forward=1", "net.ipv4.conf.all.ignore_routes_with_linkdown=1")
START_S, STEP_S = 15.0, 0.3

Row = tuple[str, frozenset[tuple[str, str]]]
"""A prefix's kind ("" or "discard") and its hops: interface, gateway."""


def missing() -> str | None:
    """Why such routers cannot run here; None if they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    absent = [name for name in DAEMONS if not (FOLDER / name).exists()]
    if absent:
        return f"FRR is not installed: {' '.join(absent)}"
    if shutil.which("ip") is None:
        return "ip (iproute2) is not installed"
    trial = f"gvk{os.getpid()}t"
    if subprocess.run(["ip", "netns", "add", trial], capture_output=True, check=False).returncode:
        return "network namespaces cannot be made here"
    subprocess.run(["ip", "netns", "del", trial], capture_output=True, check=False)
    return None


@dataclass
class Lab:
    """Routers and the links between them; ``texts``: by router and daemon. Leave it as a context manager: it stops what it started."""

    texts: dict[str, dict[str, str]]
    links: Iterable[tuple[str, str, str, str]]  # device, interface, device, interface
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="gvk")))  # short: a socket's path has at most 107 characters
    made: list[str] = field(default_factory=list)
    started: list[Path] = field(default_factory=list)

    def __enter__(self) -> Lab:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def space(self, router: str) -> str:
        return f"gvk{os.getpid()}-{router}"

    def _start(self) -> None:
        for router in self.texts:
            run("ip", "netns", "add", self.space(router))
            self.made.append(router)
            run("ip", "-n", self.space(router), "link", "set", "lo", "up")
            run("ip", "netns", "exec", self.space(router), "sysctl", "-qw", *SETTINGS)
        for a, port, b, other in self.links:
            run("ip", "link", "add", port, "netns", self.space(a), "type", "veth", "peer", "name", other, "netns", self.space(b))
            run("ip", "-n", self.space(a), "link", "set", port, "up")
            run("ip", "-n", self.space(b), "link", "set", other, "up")
        for router, parts in self.texts.items():
            place = self.folder / router
            place.mkdir(parents=True, exist_ok=True)
            for path in (self.folder, place):  # the daemons give up root
                shutil.chown(path, OWNER, OWNER)
            for daemon in DAEMONS:
                if daemon in parts:
                    self._daemon(router, daemon, place, parts[daemon])

    def _daemon(self, router: str, daemon: str, place: Path, text: str) -> None:
        (place / f"{daemon}.conf").write_text(text, encoding="utf-8")
        options = ["-d", "-z", place / "zserv", "-i", place / f"{daemon}.pid", "--vty_socket", place, "-f", place / f"{daemon}.conf"]
        options += ["-P", "0", "--log", f"file:{place / daemon}.log"]
        self.started.append(place / f"{daemon}.pid")
        run("ip", "netns", "exec", self.space(router), FOLDER / daemon, *options)

    def cut(self, router: str, interface: str) -> None:
        """Pull a cable: both ends lose their signal."""
        run("ip", "-n", self.space(router), "link", "set", interface, "down")

    def routes(self, router: str) -> dict[str, Row]:
        """What the kernel forwards by, without the addresses of the router itself."""
        found = {}
        for item in json.loads(run("ip", "-j", "-n", self.space(router), "route", "show")):
            prefix = "0.0.0.0/0" if item["dst"] == "default" else item["dst"] if "/" in item["dst"] else f"{item['dst']}/32"
            gone = item.get("type") in ("blackhole", "unreachable", "prohibit")
            hops = [hop for hop in item.get("nexthops", [item]) if "linkdown" not in hop["flags"]] if not gone else []
            if gone or hops:
                found[prefix] = ("discard" if gone else ""), frozenset(_hop(hop) for hop in hops)
        return found

    def wait(self, wanted: dict[str, dict[str, Row]], seconds: float = START_S) -> dict[str, dict[str, Row]]:
        """The routes of all routers as soon as they are as wanted, and for good; at the latest after ``seconds``."""
        until = time.monotonic() + seconds
        while True:
            found = {router: self.routes(router) for router in wanted}
            if found == wanted or time.monotonic() > until:
                time.sleep(STEP_S)
                return {router: self.routes(router) for router in wanted}
            time.sleep(STEP_S)

    def stop(self) -> None:
        for file in self.started:
            with suppress(OSError, ValueError):
                os.kill(int(file.read_text(encoding="ascii")), signal.SIGKILL)
        for router in self.made:
            subprocess.run(["ip", "netns", "del", self.space(router)], capture_output=True, check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def _hop(item: dict[str, Any]) -> tuple[str, str]:
    return item["dev"], item.get("gateway", "")


def run(*words: object) -> str:
    """Raises AssertionError with what the command said if it fails."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, f"{' '.join(map(str, words))}: {done.stderr.strip()}"
    return done.stdout
