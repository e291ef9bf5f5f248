"""What this machine can do: root, tools, and device types, each by trial in a namespace that is thrown away."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from lab.errors import PrerequisiteError
from lab.namespaces import existing
from lab.plan import PREFIX, Kernel
from topology.i18n import T

FRR = Path("/usr/lib/frr")
TOOLS = ("ip", "nft")
_TRIAL = f"{PREFIX}-trial-"
"""Followed by the process that tries."""


def check_root() -> None:
    """Raises PrerequisiteError for whoever is not root."""
    if os.geteuid():
        raise PrerequisiteError(T("A lab needs root: it makes network namespaces. Run it with sudo, or as root."))


def check_commands(tools: Iterable[str] = TOOLS) -> None:
    """Raises PrerequisiteError for a command that is missing."""
    for tool in tools:
        if shutil.which(tool) is None:
            raise PrerequisiteError(
                T("{tool} is not installed; on Debian: apt-get install {packages}", tool=tool, packages="iproute2 nftables")
            )


def check_tools() -> None:
    """What a lab in namespaces needs. Raises PrerequisiteError for whoever is not root, and for a tool that is missing."""
    check_root()
    check_commands()
    if not (FRR / "zebra").exists():
        raise PrerequisiteError(
            T("FRR is not installed: there is no {path}; on Debian: apt-get install {packages}", path=str(FRR / "zebra"), packages="frr")
        )


def detect() -> Kernel:
    """Tries each device type. Raises PrerequisiteError where the kernel cannot make a lab at all."""
    clear_trials()
    scratch = f"{_TRIAL}{os.getpid()}"
    done = _ip("netns", "add", scratch)
    if done is not None:
        raise PrerequisiteError(T("This kernel makes no network namespaces: {reason}", reason=done))
    try:
        lower = _trial(scratch, "lower", "veth", "peer", "name", "lower2")
        missing = [kind for kind, here in (("veth", lower), ("bridge", _trial(scratch, "t1", "bridge")),
                                           ("macvlan", _trial(scratch, "t2", "macvlan", link="lower"))) if not here]  # fmt: skip
        if missing:
            raise PrerequisiteError(T("This kernel lacks device types that every lab needs: {names}", names=", ".join(missing)))
        return Kernel(
            vlan=_trial(scratch, "t3", "vlan", "id", "2", link="lower"),
            vrf=_trial(scratch, "t4", "vrf", "table", "1001"),
            dummy=_trial(scratch, "t5", "dummy"),
            bond=_trial(scratch, "t6", "bond", "mode", "802.3ad"),
        )
    finally:
        _ip("netns", "del", scratch)


def clear_trials() -> None:
    """What a command that was killed in the middle of its trials left."""
    for name in existing(_TRIAL):
        number = name.removeprefix(_TRIAL)
        if number.isdecimal() and not Path("/proc", number).exists():
            _ip("netns", "del", name)


def _trial(namespace: str, name: str, kind: str, *more: str, link: str | None = None) -> bool:
    lower = ("link", link) if link else ()
    return _ip("-n", namespace, "link", "add", *lower, "name", name, "type", kind, *more) is None


def _ip(*arguments: str) -> str | None:
    """None, or what `ip` complained of."""
    done = subprocess.run(("ip", *arguments), capture_output=True, text=True, check=False, start_new_session=True)
    return None if done.returncode == 0 else done.stderr.strip() or f"exit code {done.returncode}"
