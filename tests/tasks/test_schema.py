"""govnet schema: what an editor is told about the inventory's files."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tasks import cli
from tasks.commands.schema import KINDS, schema

REPOSITORY = Path(__file__).parents[2]
CITY_FILES = {kind: about.files.replace("inventory/*", "inventory/guiyang") for kind, about in KINDS.items()}


class EditorLoader(yaml.CSafeLoader):
    """YAML as editors read it: days are text."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def read(text: str) -> Any:
    return yaml.load(text, EditorLoader)  # noqa: S506 - a safe loader with fewer types


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANGUAGE", "en")


@pytest.mark.parametrize("kind", KINDS)
def test_files_of_the_reference_city_are_valid(kind: str) -> None:
    made = schema(kind, "en")
    Draft202012Validator.check_schema(made)
    files = sorted(REPOSITORY.glob(CITY_FILES[kind]))
    assert files
    for file in files:
        problems = [
            f"{file}: {error.json_path}: {error.message}"
            for error in Draft202012Validator(made).iter_errors(read(file.read_text(encoding="utf-8")))
        ]
        assert problems == []


@pytest.mark.parametrize(
    ("kind", "text", "where"),
    [
        ("common", "city: {slug: x}", "$.city"),
        ("common", "citi: {}", "$"),
        ("common", "approvals: {a b: {}}", "$.approvals"),
        ("common", "policy: {plan_year: 2006, phases: {}, internet: [http]}", "$.policy.internet[0]"),
        ("outer", "pools: {management: 10.0.0.0}", "$.pools.management"),
        ("outer", "county: {handoffs: {a: {survey: yesterday}}}", "$.county.handoffs.a.survey"),
        ("outer", "municipal: {devices: {r1: {model: huawei-s0815, role: core, number: 1}}}", "$.municipal.devices.r1.model"),
        ("outer", "municipal: {devices: {r1: {model: huawei-s7706, role: kore, number: 1}}}", "$.municipal.devices.r1.role"),
        ("gatekeeper", "channels: {a: {level: top}}", "$.channels.a.level"),
        ("service", "status: old", "$.status"),
        ("model", "x: {title: X, switching: maybe, ports: []}", "$.x.switching"),
    ],
)
def test_slips_are_underlined(kind: str, text: str, where: str) -> None:
    assert where in paths(Draft202012Validator(schema(kind, "en")).iter_errors(read(text)))


def paths(errors: Any) -> set[str]:
    """Places of the errors and of those inside them (a union says only that none of its members fits)."""
    return {place for error in errors for place in ({error.json_path} | paths(error.context or ()))}


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_says_what_it_is_for(kind: str) -> None:
    made = schema(kind, "en")
    definitions = [definition for definition in made["$defs"].values() if "properties" in definition]
    assert all(definition.get("title") and definition.get("description") for definition in definitions)
    silent = [
        f"{definition['title']}.{key}"
        for definition in (*definitions, made)
        for key, value in definition.get("properties", {}).items()
        if not value.get("description") or not value.get("title")
    ]
    assert silent == []


def test_descriptions_speak_the_readers_language() -> None:
    assert schema("outer", "zh")["$defs"]["AgencyIntent"]["properties"]["legacy"]["description"] == "规划之前的旧地址段，暂时保留"


def test_one_kind_goes_to_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert cli.main(["schema", "gatekeeper"]) == 0
    assert json.loads(capfdbinary.readouterr().out) == schema("gatekeeper", "en")


def test_a_folder_gets_all_kinds_and_the_editor_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "schema"
    assert cli.main(["schema", "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == sorted(f"{kind}.schema.json" for kind in KINDS)
    mapping = json.loads(capsys.readouterr().out)["yaml.schemas"]
    assert mapping == {f"{out}/{kind}.schema.json": about.files for kind, about in KINDS.items()}
    first = {path: path.read_bytes() for path in out.iterdir()}
    assert cli.main(["schema", "--out", str(out)]) == 0
    assert {path: path.read_bytes() for path in out.iterdir()} == first


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["outr"], "unknown kind 'outr' · allowed: common, outer, inner, gatekeeper, service, model · did you mean 'outer'?"),
        ([], "Name a kind, or a folder with --out · kinds: common, outer"),
    ],
)
def test_bad_usage(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["schema", *args]) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_folder_that_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "schema").write_text("")
    assert cli.main(["schema", "--out", str(tmp_path / "schema")]) == 2
    assert capsys.readouterr().err
