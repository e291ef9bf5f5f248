"""``govnet init``: what it writes is a city that every later command takes, and it never writes over anything."""

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

import topology
from tasks import cli
from tasks.commands import init
from templates.engine import Renderer
from templates.features import refusals
from templates.platforms import Platforms
from topology.facts import Gatekeeper, Realm, Tier
from topology.network import Network, load

STARTER = Path(topology.__file__).parent / "starter"
GUIYANG = Path(topology.__file__).parent.parent / "inventory" / "guiyang"


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.setenv("LANGUAGE", "en")


def files(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Network:
    folder = tmp_path_factory.mktemp("init") / "zunhua"
    assert cli.main(["init", str(folder), "--name", "遵化市"]) == 0
    return load(folder)


def test_one_county_two_townships_both_networks_and_a_gatekeeper(city: Network) -> None:
    facts = city.facts
    assert (facts.slug, facts.name.zh, facts.name.en) == ("zunhua", "遵化市", "Zunhua")
    assert facts.realms == (Realm.OUTER, Realm.INNER)
    tiers = [site.tier for site in facts.sites if site.realm is Realm.OUTER]
    assert (tiers.count(Tier.COUNTY), tiers.count(Tier.TOWNSHIP)) == (1, 2)
    (gatekeeper,) = facts.gatekeepers
    assert isinstance(gatekeeper, Gatekeeper)
    assert (gatekeeper.outer_unit, gatekeeper.inner_unit) == ("zu-g-gk1-outer", "zu-g-gk1-inner")
    assert len(facts.channels) == 3
    assert len({device.platform for device in facts.devices}) == 7
    assert all(approval.granted <= date(2026, 12, 1) < approval.expires for approval in facts.approvals)


def test_every_device_renders_and_every_router_stands_in_as_linux(city: Network) -> None:
    platforms = Platforms()
    renderer = Renderer(platforms)
    for design in city.design.devices:
        for platform in (None, "frr") if design.device.routes else (None,):
            assert refusals(design, platforms.of(design, platform)) == ()
            assert all(file.text for file in renderer.render(design, platform).files)


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (["check"], 0),
        (["show", "all"], 0),
        (["show", "constructs"], 0),  # a small city has no example of everything, and the listing says so
        (["render", "--out", "out"], 0),
        (["diagram", "--out", "pictures"], 0),
    ],
)
def test_the_other_commands_take_it(
    args: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["init", "inventory/here"]) == 0
    assert cli.main([*args, "--as-of", "2026-12-01"]) == code, capsys.readouterr().err


def test_each_side_alone_is_a_city_too(tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    assert cli.main(["init", str(whole)]) == 0
    both = {design.hostname: design for design in load(whole).design.devices}
    for absent in ("inner", "outer"):
        part = tmp_path / f"no-{absent}"
        for name, text in files(whole).items():
            if not name.startswith(f"{absent}/"):
                (part / name).parent.mkdir(parents=True, exist_ok=True)
                (part / name).write_text(text, encoding="utf-8")
        alone = load(part)
        assert all(design.interfaces == both[design.hostname].interfaces for design in alone.design.devices)


def test_comments_are_in_both_languages_and_lines_are_whole() -> None:
    for name, text in files(STARTER).items():
        comments = "\n".join(re.findall(r"#.*", text))
        assert re.search(r"[\u4e00-\u9fff]", comments), name
        assert re.search(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}", comments), name
        assert text.endswith("\n"), name
        assert "\t" not in text, name


def test_it_knows_no_name_of_the_reference_city() -> None:
    """Chinese names of places, of three characters and more, and their slugs."""
    network = load(GUIYANG).facts
    names = {site.name.zh for site in network.sites if site.tier is not Tier.MUNICIPAL} | {network.name.zh, "贵阳"}
    words = {site.key.rpartition("/")[2] for site in network.sites if site.tier is not Tier.MUNICIPAL} | {"guiyang"}
    for text in files(STARTER).values():
        assert not [name for name in names if name in text]
        assert not words & set(re.findall(r"[a-z0-9]+", text.lower()))


@pytest.mark.parametrize("name", ["遵化市", "New Town", "No", "0123", "甲:乙 #丙", "{a}", "'", "O'Neill"])
def test_any_name_is_kept_as_it_was_given(name: str, tmp_path: Path) -> None:
    assert cli.main(["init", str(tmp_path / "town"), "--name", name]) == 0
    city = load(tmp_path / "town").facts
    assert city.name.zh == name
    assert city.name.en == (name if name.isascii() else "Town")
    assert "样例市" not in "".join(files(tmp_path / "town").values())


@pytest.mark.parametrize("name", ["", "  ", "a\nb", 'a"b', "a\\b", "x" * 41])
def test_a_name_that_yaml_or_a_table_would_break_is_refused(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["init", str(tmp_path / "town"), "--name", name]) == 2
    assert "printable" in capsys.readouterr().err
    assert not (tmp_path / "town").exists()


@pytest.mark.parametrize("folder", ["Big City", "9", "a--b", "x" * 30, "城市"])
def test_a_folder_that_is_no_slug_is_no_hindrance(folder: str, tmp_path: Path) -> None:
    assert cli.main(["init", str(tmp_path / folder)]) == 0
    assert load(tmp_path / folder).facts.slug == "sample"


def test_an_empty_folder_is_filled_and_stays_the_same_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    inode = tmp_path.stat().st_ino
    assert cli.main(["init", "."]) == 0
    assert tmp_path.stat().st_ino == inode
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "approvals.yaml",
        "city.yaml",
        "gatekeeper",
        "inner",
        "outer",
        "services.yaml",
    ]


def test_what_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".hidden").write_text("mine")
    assert cli.main(["init", str(tmp_path)]) == 2
    assert "is not empty; nothing was written" in capsys.readouterr().err
    assert cli.main(["init", str(tmp_path / ".hidden")]) == 2
    assert files(tmp_path) == {".hidden": "mine"}


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_in_the_middle_leaves_nothing(
    exists: bool, failure: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "town"
    if exists:
        target.mkdir()
    real = Path.rename

    def fail(self: Path, other: Path) -> Path:
        if self.name in ("city.yaml", target.name) or Path(other) == target:
            raise failure
        return real(self, other)

    monkeypatch.setattr(Path, "rename", fail)
    assert cli.main(["init", str(target)]) in (2, 130)
    assert capsys.readouterr().out == ""
    assert list(tmp_path.iterdir()) == ([target] if exists else [])
    assert not exists or list(target.iterdir()) == []


def test_the_files_are_those_of_the_starter(tmp_path: Path) -> None:
    assert cli.main(["init", str(tmp_path / "sample")]) == 0
    written, starter = files(tmp_path / "sample"), files(STARTER)
    assert set(written) == set(starter)
    assert yaml.safe_load(written.pop("city.yaml"))["city"] == {**yaml.safe_load(starter.pop("city.yaml"))["city"], "prefix": "sa"}
    assert written == starter
    assert (tmp_path / "sample").stat().st_mode & 0o777 == 0o777 & ~init._umask()
