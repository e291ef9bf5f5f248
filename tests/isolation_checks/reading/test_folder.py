"""Folders of configs: every file becomes a device, or a problem with its reason."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from isolation_checks.reading import folder as folder_module
from isolation_checks.reading.detect import MODULES, detect
from isolation_checks.reading.folder import read_file, read_folder
from isolation_checks.reading.source import read_source
from isolation_checks.snapshot import DeviceConfig, ReadProblem, Snapshot
from topology.i18n import Text

REAL = Path(__file__).parents[4] / "shared" / "data" / "configs"
FRR = "frr version 8.4\nfrr defaults traditional\nhostname {}\ninterface eth0\n ip address 10.0.0.1/24\n"
NFT = "#!/usr/sbin/nft -f\ntable inet t {\n  chain c {\n    type filter hook forward priority 0; policy drop;\n  }\n}\n"


def put(root: Path, **texts: str | bytes) -> Path:
    """Files by name; two underscores stand for a dot, three for a slash."""
    for key, text in texts.items():
        path = root / key.replace("___", "/").replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return root


def problems(snapshot: Snapshot) -> list[tuple[str, str]]:
    found = []
    for problem in snapshot.problems:
        assert isinstance(problem.message, Text)
        found.append((problem.file, problem.message.render("en")))
    return found


def test_files_and_folders_become_devices_by_name(tmp_path: Path) -> None:
    put(tmp_path, b__cfg=FRR.format("zeta"), a___frr__conf=FRR.format("alpha"), c__TXT=NFT, d___nftables__conf=NFT)
    snapshot = read_folder(tmp_path)
    assert problems(snapshot) == []
    assert [(item.name, item.folder, item.platform, item.files) for item in snapshot.devices] == [
        ("alpha", "a", "frr", ("a/frr.conf",)),
        ("c", "c", "nftables", ("c.TXT",)),
        ("d", "d", "nftables", ("d/nftables.conf",)),
        ("zeta", "b", "frr", ("b.cfg",)),
    ]


def test_nothing_is_passed_over(tmp_path: Path) -> None:
    put(
        tmp_path, empty__cfg="", blank__cfg="\n  \n", noise__cfg=bytes(random.Random(5).randbytes(4000)), binary__cfg=b"\x00\x01\x02" * 50,
        words__txt="dear all,\nthe router is fine.\n", notes__md="# notes", good__cfg=FRR.format("good"), half___readme="hello",
        junos__conf="system {\n    host-name mx;\n}\ninterfaces {\n    ge-0/0/0 {\n        unit 0;\n    }\n}\n",
        deep___inner___frr__conf=FRR.format("deep"),
    )  # fmt: skip
    (tmp_path / "hollow").mkdir()
    os.mkfifo(tmp_path / "pipe.cfg")
    (tmp_path / "gone.cfg").symlink_to(tmp_path / "nowhere")
    (tmp_path / ".gitkeep").touch()
    snapshot = read_folder(tmp_path)
    assert [item.name for item in snapshot.devices] == ["deep", "good"]
    found = dict(problems(snapshot))
    unknown = f"no config of a platform that can be read: {', '.join(MODULES)}"
    assert found == {
        "binary.cfg": "these bytes are no text",
        "blank.cfg": "the file is empty",
        "empty.cfg": "the file is empty",
        "gone.cfg": "cannot be read: No such file or directory",
        "half": "no file in this folder says what kind of host it is",
        "hollow": "the folder holds no configs",
        "junos.conf": unknown,
        "noise.cfg": "these bytes are no text",
        "notes.md": "not read: the name of a config ends in .cfg, .conf, .txt",
        "pipe.cfg": "not a regular file",
        "words.txt": unknown,
    }


@pytest.mark.parametrize("missing", [True, False])
def test_a_folder_without_configs_is_a_problem(tmp_path: Path, missing: bool) -> None:
    snapshot = read_folder(tmp_path / "none" if missing else tmp_path)
    assert snapshot.devices == ()
    assert len(snapshot.problems) == 1


def test_a_file_in_place_of_the_folder_is_a_problem(tmp_path: Path) -> None:
    put(tmp_path, a__cfg=FRR.format("a"))
    assert problems(read_folder(tmp_path / "a.cfg"))[0][1].startswith("cannot be read")


def test_two_that_name_one_device_are_both_refused(tmp_path: Path) -> None:
    put(tmp_path, r1__cfg=FRR.format("one"), r1___frr__conf=FRR.format("two"), R2__cfg=FRR.format("r2"), r2__conf=FRR.format("x2"),
        r3__cfg=FRR.format("three"), r4__cfg=FRR.format("THREE"), r5__cfg=FRR.format("five"))  # fmt: skip
    snapshot = read_folder(tmp_path)
    assert [item.name for item in snapshot.devices] == ["five"]
    assert [file for file, _ in problems(snapshot)] == ["R2.cfg", "r1", "r1.cfg", "r2.conf", "r3.cfg", "r4.cfg"]
    assert problems(snapshot)[-1] == ("r4.cfg", "r3, r4 are all called THREE; none was used")


def test_a_file_that_is_called_like_another_s_device_is_refused_with_it(tmp_path: Path) -> None:
    put(tmp_path, a__cfg=FRR.format("b"), b__cfg=NFT)
    snapshot = read_folder(tmp_path)
    assert snapshot.devices == ()
    assert [file for file, _ in problems(snapshot)] == ["a.cfg", "b.cfg"]


def test_several_devices_in_a_file_and_a_cut_one_are_told(tmp_path: Path) -> None:
    put(tmp_path, two__cfg=FRR.format("one") + FRR.format("other"), cut__cfg="Current configuration:\n!\n" + FRR.format("cut"))
    snapshot = read_folder(tmp_path)
    assert [item.name for item in snapshot.devices] == ["cut", "one"]
    assert problems(snapshot) == [
        ("cut.cfg", "the config of cut ends in the middle"),
        ("two.cfg", "more than one device in one file; only one was read"),
    ]


def test_a_binary_file_in_a_host_s_folder_spoils_the_host(tmp_path: Path) -> None:
    put(tmp_path, a___frr__conf=FRR.format("a"), a___core=b"\x7fELF\x00\x00\x01")
    assert problems(read_folder(tmp_path)) == [("a/core", "these bytes are no text")]


def test_two_processes_read_what_one_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "WORTH_FORKING", 0)
    for number in range(9):
        put(tmp_path, **{f"r{number}__cfg": FRR.format(f"n{number}") * (1 if number % 2 else 3)})
    put(tmp_path, bad__cfg=b"\x00\x01")
    assert read_folder(tmp_path, jobs=2) == read_folder(tmp_path, jobs=1) == read_folder(tmp_path, jobs=5)


def test_a_process_that_dies_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "WORTH_FORKING", 0)
    monkeypatch.setattr(folder_module, "_child", lambda connection, paths, root: os._exit(3))
    put(tmp_path, a__cfg=FRR.format("a"), b__cfg=FRR.format("b"))
    assert [item.name for item in read_folder(tmp_path, jobs=2).devices] == ["a", "b"]


def test_a_parser_that_fails_spoils_its_own_file_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(folder: str, sources: object) -> DeviceConfig:
        raise ZeroDivisionError("no")

    monkeypatch.setattr("isolation_checks.reading.linux.parse", broken)
    put(tmp_path, a__cfg=FRR.format("a"), b___frr__conf=FRR.format("b"))
    snapshot = read_folder(tmp_path)
    assert [item.name for item in snapshot.devices] == ["a"]
    assert problems(snapshot) == [("b/frr.conf", "reading failed: ZeroDivisionError: no")]


def test_one_file_alone(tmp_path: Path) -> None:
    put(tmp_path, a__cfg=FRR.format("alpha"), b__cfg="")
    assert isinstance(read_file(tmp_path / "a.cfg", tmp_path), DeviceConfig)
    found = read_file(tmp_path / "b.cfg", tmp_path)
    assert isinstance(found, ReadProblem)
    assert isinstance(read_file(tmp_path / "nowhere.cfg", tmp_path), ReadProblem)


@pytest.mark.skipif(not REAL.is_dir(), reason="the collection of real configs is not here")
@pytest.mark.parametrize("platform", list(MODULES))
def test_the_platform_of_real_configs(platform: str) -> None:
    wrong = []
    for path in sorted((REAL / platform).glob("*")):
        found = detect(read_source(path.name, path.read_bytes()))
        if found.parser is None or found.parser.platform != platform:
            wrong.append((path.name, found.candidates))
    assert wrong == []
