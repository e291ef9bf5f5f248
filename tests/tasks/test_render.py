"""``govnet render``: what it writes and removes, what it refuses, and that it leaves nothing half-written."""

import errno
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks import cli
from tasks import render as rendering
from tasks.output import OutputFolder, State
from tasks.render import render_city
from templates.engine import Renderer
from templates.linemap import LineMap
from templates.platforms import Platforms
from topology.network import load

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "inventory" / "guiyang"
Tree = dict[str, bytes]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "GOVNET_CITY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANGUAGE", "en")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The city that ``govnet init`` writes: every role, about thirty devices."""
    folder = tmp_path_factory.mktemp("small") / "city"
    assert cli.main(["init", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def rendered(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "build"
    render_city(small, out, stand_in=True)
    return out


@pytest.fixture
def city(small: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(small, tmp_path / "city"))


@pytest.fixture
def out(rendered: Path, tmp_path: Path) -> Path:
    """A rendered folder that a test may change."""
    return Path(shutil.copytree(rendered, tmp_path / "build"))


@pytest.fixture
def render(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(city: Path, out: Path, *args: str) -> tuple[int, str, str]:
        code = cli.main(["--city", str(city), "render", "--out", str(out), *args])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


Render = Callable[..., tuple[int, str, str]]


def tree(root: Path) -> Tree:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def edit(path: Path, pattern: str, replacement: str) -> None:
    text = path.read_text(encoding="utf-8")
    changed = re.sub(pattern, replacement, text, count=1)
    assert changed != text
    path.write_text(changed, encoding="utf-8")


def county_file(city: Path) -> Path:
    return next((city / "outer" / "counties").glob("*.yaml"))


def test_every_device_has_a_config_and_a_line_map_for_each_of_its_lines(small: Path, rendered: Path) -> None:
    names = load(small).design.names
    assert {rendering.device_of(path) for path in tree(rendered) if path.startswith("configs/")} == set(names)
    for name in names:
        line_map = LineMap.loads((rendered / f"linemaps/{name}.json").read_text(encoding="utf-8"))
        for file, lines in line_map.files.items():
            text = (rendered / "configs" / file).read_text(encoding="utf-8")
            assert text.count("\n") == len(lines)
            assert all(where.template.endswith(".j2") and where.template_line > 0 for where in lines)


def test_stand_ins_of_what_routes_or_filters(small: Path, rendered: Path) -> None:
    routing = {device.name for device in load(small).facts.devices if device.routes and device.rendered}
    assert {path.name for path in (rendered / "stand-in").iterdir()} == routing
    assert all((rendered / "stand-in" / name / "frr.conf").exists() for name in routing)


def test_the_manifest_names_every_file_with_its_hash(rendered: Path) -> None:
    files = json.loads((rendered / "manifest.json").read_text(encoding="utf-8"))["files"]
    found = tree(rendered)
    assert found.keys() - files.keys() == {"manifest.json"}
    assert all(hashlib.sha256(found[path]).hexdigest() == digest for path, digest in files.items())


def test_secrets_are_placeholders(rendered: Path) -> None:
    keys = re.compile(r"(?i)\b(password|cipher|secret|key|md5|simple|plain|hash|community|authentication-mode|privacy-mode)\b")
    holders = re.compile(r"@@(vault|env):[^@\s]+@@")
    texts = [data.decode() for path, data in tree(rendered).items() if path.startswith(("configs/", "stand-in/"))]
    assert sum(len(holders.findall(text)) for text in texts) > 100
    assert not any("vault:" in holders.sub("", text) or "env:" in holders.sub("", text) for text in texts)
    hashes = re.compile(r"\b[0-9a-fA-F]{32,}\b|\$[0-9a-z]+\$\S+")
    assert not [line for text in texts for line in text.splitlines() if keys.search(line) and hashes.search(line)]


def test_nothing_is_rewritten_where_nothing_changes(small: Path, out: Path, render: Render) -> None:
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    code, text, err = render(small, out, "--stand-in")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"(\d+) devices, [\d,]+ lines in \S+/configs/: 0 new, 0 changed, \1 unchanged, 0 removed\n", text)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == before


def test_stand_ins_that_are_not_written_any_more_are_removed_and_said_so(small: Path, out: Path, render: Render) -> None:
    count = sum(1 for _ in (out / "stand-in").iterdir())
    code, text, _ = render(small, out)
    assert code == 0
    assert f"Removed: {count} stand-ins of an earlier run; --stand-in writes them anew.\n" in text
    assert not (out / "stand-in").exists()


def test_a_change_reaches_the_devices_that_it_concerns(city: Path, out: Path, render: Render) -> None:
    before = tree(out)
    edit(county_file(city), r"ref: (\S+?),", "ref: XX-NEW-REF,")
    code, text, _ = render(city, out, "--stand-in")
    changed = {path for path, data in tree(out).items() if path.startswith("configs/") and before[path] != data}
    assert code == 0
    assert 0 < len(changed) <= 4
    assert f"0 new, {len(changed)} changed" in text


def test_a_deleted_site_takes_its_files_along_and_nobody_elses(city: Path, out: Path, render: Render) -> None:
    (out / "configs" / "notes.txt").write_text("mine")
    gone = remove_last_township(city)
    before = {path for path in tree(out) if rendering.device_of(path).startswith(gone)}
    assert len(before) > 4
    code, text, _ = render(city, out, "--stand-in")
    after = tree(out)
    assert code == 0
    assert not before & after.keys()
    assert after["configs/notes.txt"] == b"mine"
    assert f"Removed: {gone}-r1 is no longer in the inventory." in text
    assert ", 2 removed" in text


def test_a_file_that_somebody_changed_is_left(city: Path, out: Path, render: Render) -> None:
    gone = remove_last_township(city)
    (out / f"configs/{gone}-s1.cfg").write_text("my own")
    code, text, _ = render(city, out, "--stand-in")
    assert code == 0
    assert (out / f"configs/{gone}-s1.cfg").read_text() == "my own"
    assert f"Left in place: {out}/configs/{gone}-s1.cfg is no longer needed, but somebody has changed it." in text


def remove_last_township(city: Path) -> str:
    """Deletes the last township of the county; what its devices' names begin with."""
    path = county_file(city)
    head, _, last = path.read_text(encoding="utf-8").rpartition("    - number:")
    slug = re.search(r"slug: (\S+)", last)
    county = re.search(r"^  slug: (\S+)", head, re.MULTILINE)
    prefix = re.search(r"prefix: (\S+?)[,}\s]", (city / "city.yaml").read_text(encoding="utf-8"))
    assert slug
    assert county
    assert prefix
    path.write_text(head, encoding="utf-8")
    for other in city.rglob("*.yaml"):  # whoever names it elsewhere
        text = other.read_text(encoding="utf-8")
        assert slug[1] not in text or other == path, f"{other} names {slug[1]}"
    return f"{prefix[1]}-o-{county[1]}-{slug[1]}"


def test_only_writes_what_it_selects(small: Path, rendered: Path, tmp_path: Path, render: Render) -> None:
    code, _, _ = render(small, tmp_path / "b", "--only", "role=county-router", "--only", "realm=outer")
    found = {rendering.device_of(path) for path in tree(tmp_path / "b") if "/" in path}
    assert (code, len(found)) == (0, 2)
    assert all((tmp_path / "b/configs" / f"{name}.cfg").read_bytes() == (rendered / f"configs/{name}.cfg").read_bytes() for name in found)


def test_only_leaves_all_others_as_they_are(small: Path, out: Path, render: Render) -> None:
    before = tree(out)
    assert render(small, out, "--only", "*-core1", "--stand-in")[0] == 0
    assert tree(out) == before


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (["county=dongshn"], "unknown county 'dongshn' · allowed: dongshan · did you mean 'dongshan'?"),
        (
            ["countty=dongshan"],
            "unknown key 'countty' · allowed: county, realm, tier, role, site, platform, device · did you mean 'county'?",
        ),
        (["sm-o-core9"], "unknown device 'sm-o-core9'"),
        (["realm=inner", "tier=township"], "no device is all of this at once: realm=inner, tier=township"),
        ([""], "unknown device ''"),
    ],
)
def test_only_that_matches_nothing(small: Path, tmp_path: Path, render: Render, terms: list[str], words: str) -> None:
    code, out, err = render(small, tmp_path / "b", *(part for term in terms for part in ("--only", term)))
    assert (code, out) == (2, "")
    assert words in err
    assert not (tmp_path / "b").exists()


def test_a_device_without_a_config(tmp_path: Path, render: Render) -> None:
    clock = next(device.name for device in load(REFERENCE).facts.devices if not device.rendered)
    code, _, err = render(REFERENCE, tmp_path / "b", "--only", clock)
    assert code == 2
    assert f"--only {clock}: this device is not configured by govnet." in err


def test_json(small: Path, tmp_path: Path, render: Render) -> None:
    code, text, _ = render(small, tmp_path / "b", "--json", "--only", "role=core")
    answer = json.loads(text)
    assert code == 0
    assert answer["counts"] == {"new": len(answer["devices"]), "changed": 0, "unchanged": 0, "removed": 0}
    assert answer["devices"][0]["configs"][0].keys() == {"path", "sha256", "state"}


def test_bad_input_writes_nothing(city: Path, out: Path, render: Render) -> None:
    before = tree(out)
    edit(county_file(city), r"number:", "nummer:")
    code, _, err = render(city, out)
    assert code == 2
    assert "nummer" in err
    assert tree(out) == before


def test_an_output_folder_that_is_a_file(small: Path, tmp_path: Path, render: Render) -> None:
    (tmp_path / "b").write_text("x")
    code, _, err = render(small, tmp_path / "b")
    assert code == 2
    assert err == f"Cannot read or write {tmp_path}/b: it is a file where a folder is needed\n"


def test_an_output_folder_that_is_not_writable(small: Path, tmp_path: Path, render: Render, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "b").mkdir()
    mkdir = Path.mkdir

    def refuse(self: Path, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        """As the system does it for everybody but root."""
        if self.parent == tmp_path / "b":
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        mkdir(self, mode, parents, exist_ok)

    monkeypatch.setattr(Path, "mkdir", refuse)
    code, _, err = render(small, tmp_path / "b")
    assert code == 2
    assert err == f"Cannot read or write {tmp_path}/b/.rendering: permission denied\n"
    assert tree(tmp_path / "b") == {}


def test_a_folder_that_another_process_writes(small: Path, tmp_path: Path, render: Render) -> None:
    with OutputFolder(tmp_path / "b"):
        code, _, err = render(small, tmp_path / "b")
    assert code == 2
    assert "another govnet is writing" in err


@pytest.mark.parametrize("text", ["{", "[]", '{"govnet": 1, "files": {"../../etc/passwd": "0"}}', '{"files": {}}'])
def test_a_manifest_that_is_none(small: Path, tmp_path: Path, render: Render, text: str) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "manifest.json").write_text(text)
    code, _, err = render(small, tmp_path / "b")
    assert code == 2
    assert "does not tell which files govnet wrote" in err
    assert tree(tmp_path / "b") == {"manifest.json": text.encode()}


def test_a_full_disk_changes_nothing(city: Path, out: Path, render: Render, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(out)
    edit(county_file(city), r"ref: (\S+?),", "ref: XX-NEW-REF,")

    def full(self: OutputFolder, path: str, text: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", f"{self.root}/{path}")

    monkeypatch.setattr(OutputFolder, "put", full)
    code, _, err = render(city, out)
    assert code == 2
    assert err.endswith("the disk is full\n")
    assert tree(out) == before


def test_a_full_disk_while_the_moves_are_prepared(city: Path, out: Path, render: Render, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(out)
    edit(county_file(city), r"ref: (\S+?),", "ref: XX-NEW-REF,")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "manifest")

    monkeypatch.setattr(OutputFolder, "_write_manifest", full)
    assert render(city, out)[0] == 2
    assert tree(out) == before


def test_a_template_that_fails_is_named_with_line_and_device(
    small: Path, out: Path, render: Render, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = tree(out)
    templates = Path(shutil.copytree(ROOT / "templates", tmp_path / "templates", ignore=shutil.ignore_patterns("__pycache__")))
    path = templates / "cisco_ios" / "main.j2"
    path.write_text(path.read_text(encoding="utf-8") + "snmp-server {{ d.nonsense }}\n", encoding="utf-8")
    monkeypatch.setattr("templates.bench.Platforms", lambda: Platforms(templates))
    code, _, err = render(small, out)
    line = path.read_text(encoding="utf-8").count("\n")
    assert code == 2
    assert re.search(
        rf"templates/cisco_ios/main\.j2:{line}:1: device \S+-o-\S+ cannot be rendered as cisco_ios: undefined: .*nonsense", err
    )
    assert "Traceback" not in err
    assert tree(out) == before


def test_what_a_platform_cannot_do_is_refused_for_all_devices_at_once(
    small: Path, out: Path, render: Render, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = tree(out)
    templates = Path(shutil.copytree(ROOT / "templates", tmp_path / "templates", ignore=shutil.ignore_patterns("__pycache__")))
    path = templates / "cisco_ios" / "platform.yaml"
    edit(path, r"(?m)^  ntp_auth: .*$", '  ntp_auth: {no: "an old release", instead: "choose another model"}')
    monkeypatch.setattr("templates.bench.Platforms", lambda: Platforms(templates))
    code, _, err = render(small, out)
    devices = [device.name for device in load(small).facts.devices if device.platform == "cisco_ios" and device.rendered]
    assert code == 2
    assert devices
    assert all(f"device {name}: " in err and "cannot do ntp_auth: an old release · choose another model" in err for name in devices)
    assert tree(out) == before


def test_a_programming_error_is_not_hidden(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Renderer, *_: object) -> None:
        raise ZeroDivisionError("a slip")

    monkeypatch.setattr(Renderer, "render", broken)
    with pytest.raises(ZeroDivisionError):
        render_city(small, tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_progress_counts_every_device(small: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    report = render_city(small, tmp_path / "b", ["role=core", "role=access"], on_device=lambda done, total: seen.append((done, total)))
    assert seen == [(number, len(report.devices)) for number in range(1, len(report.devices) + 1)]
    assert report.count(State.NEW) == len(report.devices)


def test_ctrl_c_leaves_nothing_behind(city: Path, out: Path) -> None:
    before = tree(out)
    edit(county_file(city), r"ref: (\S+?),", "ref: XX-NEW-REF,")
    command = [sys.executable, "-c", SLOW, str(city), str(out)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 60
    while not any((out / ".rendering").rglob("*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert tree(out) == before
    assert not (out / ".rendering").exists()


SLOW = """
import sys, time
from tasks import cli
from tasks.output import OutputFolder
put = OutputFolder.put
def slow(self, path, text):
    time.sleep(0.5)
    return put(self, path, text)
OutputFolder.put = slow
sys.exit(cli.main(["--city", sys.argv[1], "render", "--out", sys.argv[2]]))
"""


def test_leftovers_of_a_killed_run_are_cleared(small: Path, out: Path, render: Render) -> None:
    (out / ".rendering" / "configs").mkdir(parents=True)
    (out / ".rendering" / "configs" / "half").write_text("x")
    assert render(small, out, "--stand-in")[0] == 0
    assert not (out / ".rendering").exists()
    assert not (out / "configs" / "half").exists()


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "zh_CN.UTF-8", "TZ": "Asia/Shanghai", "PYTHONHASHSEED": "1"},
        {"LC_ALL": "C", "TZ": "America/New_York", "PYTHONHASHSEED": "4711"},
    ],
)
def test_the_same_bytes_wherever_and_whenever(small: Path, rendered: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    code = "import sys; from tasks.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "--city", os.path.relpath(small, tmp_path), "render", "--out", "b", "--stand-in"]
    subprocess.run(command, check=True, cwd=tmp_path, capture_output=True, env={**os.environ, **environment, "PYTHONPATH": str(ROOT)})
    assert tree(tmp_path / "b") == tree(rendered)


@pytest.mark.parametrize(("reference", "absent"), [(False, "inner"), (False, "outer"), (True, "inner")])
def test_one_side_alone_renders_the_same(small: Path, tmp_path: Path, reference: bool, absent: str) -> None:
    whole = REFERENCE if reference else small
    alone = Path(shutil.copytree(whole, tmp_path / "alone"))
    shutil.rmtree(alone / absent)
    render_city(alone, tmp_path / "one")
    render_city(whole, tmp_path / "both")
    one, both = (tree(tmp_path / name / "configs") for name in ("one", "both"))
    assert len(one) > 10
    assert {path for path in one if one[path] != both.get(path)} == set()
    realm = {"inner": "outer", "outer": "inner"}[absent]
    expected = {device.name for device in load(whole).facts.devices if device.realm.value == realm and device.rendered}
    assert {path.partition("/")[0].removesuffix(".cfg") for path in one} == expected
