"""The cache of what was read: it saves time, and nothing else can be told from outside."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from isolation_checks.reading import folder as reading
from isolation_checks.reading.cache import UNUSED_DAYS, ReadingCache
from isolation_checks.reading.folder import read_folder
from isolation_checks.snapshot import DeviceConfig, Snapshot

IOS = "version 15.2\nhostname {name}\n!\ninterface GigabitEthernet0/1\n ip address 10.0.0.{host} 255.255.255.0\n!\nend\n"
NFT = "table inet filter {\n chain forward {\n  type filter hook forward priority 0; policy drop;\n }\n}\n"


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    root = tmp_path / "configs"
    (root / "host1").mkdir(parents=True)
    (root / "host1" / "nftables.conf").write_text(NFT)
    (root / "host1" / "frr.conf").write_text("frr version 8.4\nhostname host1\n!\n")
    for host in (1, 2):
        (root / f"sw{host}.cfg").write_text(IOS.format(name=f"sw{host}", host=host))
    return root


@pytest.fixture
def cache(tmp_path: Path) -> ReadingCache:
    return ReadingCache(tmp_path / "cache", "one")


def entries(cache: ReadingCache) -> list[Path]:
    return sorted(cache.folder.iterdir())


def no_reading(path: Path, root: Path) -> DeviceConfig:
    raise AssertionError(f"{path.relative_to(root)} was read again")


@pytest.mark.parametrize("jobs", [1, 2])
def test_second_reading_is_the_same_without_reading(configs: Path, cache: ReadingCache, jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "WORTH_FORKING", 0)
    plain = read_folder(configs)
    assert read_folder(configs, jobs, cache) == plain
    assert len(entries(cache)) == len(plain.devices) == 3
    monkeypatch.setattr(reading, "read_file", no_reading)
    assert read_folder(configs, jobs, cache) == plain


def test_edited_file_is_read_anew(configs: Path, cache: ReadingCache) -> None:
    read_folder(configs, 1, cache)
    (configs / "sw1.cfg").write_text(IOS.format(name="sw1", host=77))
    (configs / "host1" / "nftables.conf").write_text(NFT.replace("drop", "accept"))
    assert read_folder(configs, 1, cache) == read_folder(configs)


def test_same_text_under_another_name_keeps_its_own_places(configs: Path, cache: ReadingCache) -> None:
    read_folder(configs, 1, cache)
    (configs / "sw1.cfg").rename(configs / "moved.cfg")
    assert read_folder(configs, 1, cache) == read_folder(configs)


def test_another_version_of_the_program_finds_nothing(configs: Path, cache: ReadingCache, monkeypatch: pytest.MonkeyPatch) -> None:
    read_folder(configs, 1, cache)
    monkeypatch.setattr(reading, "read_file", no_reading)
    with pytest.raises(AssertionError, match="was read again"):
        read_folder(configs, 1, ReadingCache(cache.folder, "two"))


def test_what_could_not_be_read_is_tried_every_time(configs: Path, cache: ReadingCache) -> None:
    (configs / "sw2.cfg").write_bytes(b"\x00\x01\x02")
    for _ in range(2):
        snapshot = read_folder(configs, 1, cache)
        assert "sw2.cfg" in [problem.file for problem in snapshot.problems]
    assert len(entries(cache)) == 2


def test_file_that_changes_while_it_is_read_is_not_kept(configs: Path, cache: ReadingCache, monkeypatch: pytest.MonkeyPatch) -> None:
    read = reading.read_file

    def slow(path: Path, root: Path) -> Any:
        if path.name == "sw1.cfg":
            path.write_text(IOS.format(name="sw1", host=99))
        return read(path, root)

    monkeypatch.setattr(reading, "read_file", slow)
    read_folder(configs, 1, cache)
    assert len(entries(cache)) == 2


class _Harm:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("harm",)


@pytest.mark.parametrize("content", [b"", b"\x80\x05garbage", pickle.dumps(Snapshot((), ())), pickle.dumps(_Harm())])
def test_damaged_entry_is_worth_none(
    configs: Path, cache: ReadingCache, content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plain = read_folder(configs, 1, cache)
    for entry in entries(cache):
        entry.write_bytes(content)
    assert read_folder(configs, 1, cache) == plain
    assert not (tmp_path / "harm").exists()


def test_folder_that_others_may_write_is_not_believed(configs: Path, cache: ReadingCache) -> None:
    read_folder(configs, 1, cache)
    one, two = (cache.key(configs / name, name) for name in ("sw1.cfg", "sw2.cfg"))
    assert one
    assert two
    (cache.folder / one).write_bytes((cache.folder / two).read_bytes())
    cache.folder.chmod(0o777)
    assert read_folder(configs, 1, cache) == read_folder(configs)


def test_folder_that_cannot_be_made_costs_nothing_but_time(configs: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert read_folder(configs, 1, ReadingCache(tmp_path / "file" / "cache", "one")) == read_folder(configs)


def test_entry_that_nobody_asks_for_goes(configs: Path, cache: ReadingCache) -> None:
    read_folder(configs, 1, cache)
    old = entries(cache)[0]
    past = old.stat().st_mtime - (UNUSED_DAYS + 1) * 24 * 3600
    os.utime(old, (past, past))
    (configs / "sw1.cfg").write_text(IOS.format(name="sw1", host=5))
    (configs / "sw2.cfg").unlink()
    (configs / "host1" / "nftables.conf").write_text(NFT.replace("drop", "accept"))
    read_folder(configs, 1, cache)
    assert not old.exists()
