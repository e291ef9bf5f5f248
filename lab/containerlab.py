"""The real containerlab as a backend: deploys an exported folder, says what runs, and takes everything away again.

What containerlab leaves when it is killed (containers, its folder, an engine's network, names in /etc/hosts) goes with the next `down`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.containerlab_files import Export, containers, lab_name
from lab.errors import IncompleteError, LabError, PrerequisiteError
from lab.namespaces import FOLDER, existing
from lab.plan import LabPlan, namespace_prefix
from topology.i18n import T

_DEPLOY_S, _DESTROY_S, _ASK_S = 1800, 600, 30
_LOG_LINES = 12
"""So many lines of a container that stopped are shown."""

_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Container:
    """A node of a running lab."""

    name: str
    state: str  # created | running | exited …
    pid: int  # 0 where it does not run


def check_tools(image: str | None = None) -> None:
    """Raises PrerequisiteError where containerlab cannot work here: no program, no engine, or ``image`` is not there."""
    for program, package in (("docker", "docker.io"), ("containerlab", "https://containerlab.dev/install/")):
        if shutil.which(program) is None:
            raise PrerequisiteError(T("there is no {program} on this machine: install it ({package})", program=program, package=package))
    answer = _run(["docker", "info", "--format", "{{.ServerVersion}}"], _ASK_S)
    if answer.returncode != 0:
        raise PrerequisiteError(T("the Docker engine does not answer: start dockerd · {said}", said=_last_line(answer)))
    if image is not None and _run(["docker", "image", "inspect", image], _ASK_S).returncode != 0:
        raise PrerequisiteError(
            T("there is no image {image}: build it, for example docker build -t {image} -f lab/Containerfile lab", image=image)
        )


def answers() -> bool:
    """Whether an engine runs here."""
    return shutil.which("docker") is not None and _run(["docker", "info", "--format", "{{.ServerVersion}}"], _ASK_S).returncode == 0


def write(folder: Path, export: Export) -> Path:
    """Writes an export below a new folder and returns the topology file. Raises OSError."""
    for path, text in export.files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder / export.topology


def up(plan: LabPlan, topology: Path, timeout_s: float, on_line: Callable[[str], None] = lambda line: None) -> None:
    """Deploys an export of ``plan`` and waits for its daemons; routes are then still on their way.

    The containers' network namespaces stand below /run/netns by the names that the plan gives them, as in every other lab. Raises LabError;
    whatever goes wrong, nothing is left.
    """
    name = lab_name(plan.name)
    try:
        deploy(topology, name, on_line)
        _name_namespaces(plan)
        wait_ready(name, timeout_s)
    except BaseException:
        down(plan.name, topology)
        raise


def down(lab: str, topology: Path | None = None) -> bool:
    """Takes a lab away, also half of one, and one of which only the name is known. True where there was anything."""
    found = destroy(lab_name(lab), topology)
    _forget_namespaces(existing(namespace_prefix(lab)))
    return found


def _name_namespaces(plan: LabPlan) -> None:
    """Containerlab links each container's namespace below /run/netns by the container's name, which knows fewer characters than ours."""
    pids = {container.name: container.pid for container in inspect(lab_name(plan.name))}
    names = containers(plan)
    FOLDER.mkdir(exist_ok=True)
    for node in plan.nodes:
        link = FOLDER / node.namespace
        pid = pids.get(names[node.name], 0)
        if pid and names[node.name] != node.namespace:
            link.unlink(missing_ok=True)
            link.symlink_to(f"/proc/{pid}/ns/net")


def deploy(topology: Path, name: str, on_line: Callable[[str], None] = lambda line: None) -> None:
    """Starts a lab that is down, with containerlab itself. Returns when all containers run; their daemons may still be busy.

    ``on_line`` is told what containerlab says. Raises LabError.
    """
    said: list[str] = []
    command = ["containerlab", "deploy", "-t", str(topology), "--skip-labdir-acl", "--timeout", "10m"]
    with _process(command, topology.parent) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                said.append(_ESCAPES.sub("", line).rstrip())
                on_line(said[-1])
            code = process.wait(_DEPLOY_S)
        except BaseException:
            _end(process)
            raise
    if code != 0:
        raise LabError(T("containerlab could not start the lab: {said}", said=_complaint(said)), "\n".join(said))
    _check_running(name)


def _check_running(name: str) -> None:
    """Raises LabError with the last words of the first container that stopped."""
    dead = [container for container in inspect(name) if container.state != "running"]
    if dead:
        raise LabError(T("the node {node} stopped: {said}", node=dead[0].name, said=last_words(dead[0].name)))


def wait_ready(name: str, timeout_s: float, on_ready: Callable[[int, int], None] = lambda ready, total: None) -> None:
    """Waits until every node of ours has set up its links and started its daemons. Raises LabError when one stops, or too late."""
    deadline = time.monotonic() + timeout_s
    waiting = {container.name for container in inspect(name, kind="linux")}
    total = len(waiting)
    while waiting:
        waiting = {node for node in waiting if not _is_ready(node)}
        on_ready(total - len(waiting), total)
        if not waiting:
            break
        _check_running(name)
        if time.monotonic() > deadline:
            node = min(waiting)
            raise IncompleteError(
                T("{count} nodes are not up after {seconds} s, one is {node}: {said}", count=len(waiting), seconds=round(timeout_s),
                  node=node, said=last_words(node))
            )  # fmt: skip
        time.sleep(0.3)


def _is_ready(container: str) -> bool:
    answer = _run(["docker", "logs", "--tail", "3", container], _ASK_S)
    return answer.returncode == 0 and "ready" in answer.stdout.split()


def last_words(container: str) -> str:
    """The end of what a container printed."""
    answer = _run(["docker", "logs", "--tail", str(_LOG_LINES), container], _ASK_S)
    return " · ".join(line for line in answer.stdout.splitlines() if line.strip()) or "-"


def inspect(name: str, kind: str | None = None) -> list[Container]:
    """The containers of a lab, those that stopped included; none where it is down. ``kind``: only nodes of that kind."""
    labels = [f"label=containerlab={name}", *([f"label=clab-node-kind={kind}"] if kind else [])]
    filters = [word for label in labels for word in ("--filter", label)]
    listed = _run(["docker", "ps", "--all", "--quiet", *filters], _ASK_S)
    ids = listed.stdout.split()
    if listed.returncode != 0 or not ids:
        return []
    answer = _run(["docker", "inspect", *ids], _ASK_S)
    found: list[dict[str, Any]] = json.loads(answer.stdout or "[]")
    rows = (Container(entry["Name"].lstrip("/"), entry["State"]["Status"], entry["State"]["Pid"]) for entry in found)
    return sorted(rows, key=lambda container: container.name)


def destroy(name: str, topology: Path | None = None) -> bool:
    """Takes a lab away, whatever state it is in: containers, containerlab's folder, network and names. True where there was anything."""
    if topology is not None:
        _end_deployers(topology)
    found = bool(inspect(name)) or _network(name)
    if topology is not None and topology.is_file() and found:
        _run(["containerlab", "destroy", "-t", str(topology), "--cleanup"], _DESTROY_S, topology.parent)
    left = [container.name for container in inspect(name)]
    if left:
        _run(["docker", "rm", "--force", "--volumes", *left], _DESTROY_S)
        _forget_namespaces(left)
    if _network(name):
        _run(["docker", "network", "rm", name], _ASK_S)
    _forget_names(name)
    if topology is not None:
        shutil.rmtree(topology.parent / f"clab-{name}", ignore_errors=True)
    if inspect(name):
        raise LabError(T("containers of the lab {name} cannot be removed: see docker ps --all", name=name))
    return found


def _end_deployers(topology: Path) -> None:
    """Ends what a killed `up` left at work: it would go on making containers."""
    deadline = time.monotonic() + 10
    while (alive := [number for number in _mentioning(str(topology)) if number != os.getpid()]) and time.monotonic() < deadline:
        for number in alive:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        time.sleep(0.1)


def _mentioning(word: str) -> Iterator[int]:
    """Processes that were called with ``word`` as an argument."""
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdecimal() and word.encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                yield int(entry.name)


def _network(name: str) -> bool:
    return _run(["docker", "network", "inspect", name], _ASK_S).returncode == 0


def _forget_namespaces(names: Iterable[str]) -> None:
    """Names below /run/netns of containers that are no more."""
    for name in names:
        link = FOLDER / name
        if link.is_symlink() and not link.exists():
            link.unlink(missing_ok=True)


def _forget_names(name: str) -> None:
    """What a killed containerlab leaves in /etc: the lab's lines between its two marks, and its file for ssh."""
    Path(f"/etc/ssh/ssh_config.d/clab-{name}.conf").unlink(missing_ok=True)
    hosts = Path("/etc/hosts")
    text = hosts.read_text(encoding="utf-8", errors="surrogateescape") if hosts.is_file() else ""
    rest = without_names(text, name)
    if rest != text:
        hosts.write_text(rest, encoding="utf-8", errors="surrogateescape")  # in place: in a container the file is a mount


def without_names(text: str, name: str) -> str:
    """/etc/hosts without a lab's lines, which stand between two marks of containerlab's."""
    first, last = f"###### CLAB-{name}-START ######", f"###### CLAB-{name}-END ######"
    start, end = text.find(first), text.find(last)
    return text[:start] + text[end + len(last) :].removeprefix("\n") if 0 <= start < end else text


def _process(command: Sequence[str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        env={**os.environ, "CLAB_VERSION_CHECK": "disable", "NO_COLOR": "1"},
    )


def _end(process: subprocess.Popen[str]) -> None:
    """Ends containerlab and what it started, in a group of their own: ours alone is interrupted by Ctrl-C."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            continue


def _run(command: Sequence[str], timeout_s: float, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Standard error comes with standard output."""
    try:
        return subprocess.run(
            command, cwd=folder, timeout=timeout_s, check=False, text=True, errors="replace", stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise LabError(T("{program} did not answer within {seconds} s", program=" ".join(command[:2]), seconds=round(timeout_s))) from None


def _last_line(answer: subprocess.CompletedProcess[str]) -> str:
    return next((line.strip() for line in reversed(answer.stdout.splitlines()) if line.strip()), "-")


def _complaint(said: Sequence[str]) -> str:
    """What containerlab said last that is an error, else its last line."""
    lines = [line for line in said if line.strip()]
    errors = [line for line in lines if re.search(r"\b(ERRO|ERROR|FATA|Error)\b", line)]
    return " · ".join((errors or lines)[-3:]) or "-"
