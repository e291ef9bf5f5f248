"""What must hold of the repository itself, whatever the code does."""

import importlib
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest

from tasks.cli import COMMANDS

ROOT = Path(__file__).parent.parent
PACKAGES = ("topology", "templates", "tasks", "isolation_checks", "lab", "services")

# Each is a pattern that this very file does not match.
UNWANTED = {
    "a path of somebody's machine": r"(?<![\w.$})-])/(?:w[o]rk|r[o]ot|h[o]me|Us[e]rs|opt/wh[e]els)/",
    "the host of a package registry": r"py[p]i\.org|python[h]osted\.|registry\.np[m]js|crates\.i[o]\b|mav[e]n\.org|deb[i]an\.org",
    "unfinished work": r"\b(?:TO[D]O|FIX[M]E|XX[X])\b",
    "a key or a password": r"BEGIN (?:[A-Z]+ )?PRIV[A]TE KEY",
}
LOCKS = ("requirements.lock", "requirements-dev.lock")
BINARY = {".png", ".mo"}


@cache
def repository_files() -> list[Path]:
    """Everything that is or would be committed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return [ROOT / name for name in sorted(set(listed.stdout.split("\0"))) if name and (ROOT / name).is_file()]


def pinned(lock: str) -> list[str]:
    """What pyproject.toml asks of ``lock``, as name==version."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    direct, groups = table["project"]["dependencies"], table["dependency-groups"]
    development = [entry for entry in groups["dev"] if isinstance(entry, str)] if lock == LOCKS[1] else []
    return [*direct, *groups["build"], *development]


def locked(name: str) -> dict[str, tuple[str, int]]:
    """Package -> (version, number of hashes) of a lock file."""
    entries = re.split(r"\n(?=[a-z0-9])", (ROOT / name).read_text(encoding="utf-8"))
    pins = [(re.match(r"([a-z0-9._-]+)==(\S+)", entry), entry.count("--hash=sha256:")) for entry in entries]
    return {pin[1]: (pin[2], hashes) for pin, hashes in pins if pin}


def test_nothing_in_the_repository_belongs_to_one_machine() -> None:
    found = []
    for path in repository_files():
        if path.suffix in BINARY:
            continue
        text = path.read_bytes().decode("utf-8", errors="ignore")
        for what, pattern in UNWANTED.items():
            found += [
                f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}: {what}: {match[0]}"
                for match in re.finditer(pattern, text)
            ]
    assert not found, "\n".join(found)


def test_patterns_of_unwanted_text_match() -> None:
    samples = ["cd /wo" + "rk/main", "https://pyp" + "i.org/simple", "# TO" + "DO", "-----BEGIN RSA PRIV" + "ATE KEY-----"]
    for pattern, sample in zip(UNWANTED.values(), samples, strict=True):
        assert re.search(pattern, sample), sample


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_holds_what_pyproject_pins(lock: str) -> None:
    pins = locked(lock)
    for requirement in pinned(lock):
        name, _, version = requirement.partition("==")
        assert pins.get(name, ("nothing", 0))[0] == version, f"{lock} and pyproject.toml differ on {name}: run  make lock"
    assert all(hashes for _, hashes in pins.values()), f"{lock} has packages without hash"


def test_development_installs_the_versions_that_operators_get() -> None:
    development = locked(LOCKS[1])
    assert {name: development.get(name) for name in locked(LOCKS[0])} == locked(LOCKS[0])


@pytest.mark.parametrize("name", PACKAGES)
def test_package_imports(name: str) -> None:
    assert importlib.import_module(name).__name__ == name


@pytest.mark.parametrize("name", COMMANDS)
def test_command_exists(name: str) -> None:
    assert importlib.import_module(f"tasks.commands.{COMMANDS[name].module}").command.name == name
