"""The gatekeeper's ferry: a process in each unit, and a queue of files between them that moves what a declared channel allows."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lab import ferry_unit
from lab.namespaces import inside, run
from lab.plan import Ferry, LabPlan
from lab.state import LabFolder


def ferry_folder(folder: LabFolder, gatekeeper: str) -> Path:
    """Where a gatekeeper's queue is; see `lab.ferry_unit` for what lies in it."""
    return folder.path / "ferry" / gatekeeper


def start_ferries(plan: LabPlan, folder: LabFolder) -> None:
    """Starts both processes of every gatekeeper in the lab. Raises OSError."""
    for ferry in plan.ferries:
        root = ferry_folder(folder, ferry.gatekeeper)
        for side in ("outer", "inner"):
            (root / side).mkdir(parents=True, exist_ok=True)
        (root / "channels.json").write_text(channels_json(ferry), encoding="utf-8")
        for side, unit in (("outer", ferry.outer), ("inner", ferry.inner)):
            with inside(plan.node(unit).namespace):
                run([sys.executable, "-I", "-S", ferry_unit.__file__, str(root), side])


def channels_json(ferry: Ferry) -> str:
    """The declared channels as the units read them."""
    return json.dumps(
        [
            {"id": c.id, "direction": c.direction, "kind": c.kind, "allow": c.allow, "max_mb": c.max_mb}
            for c in ferry.channels
        ]
    )  # fmt: skip
