"""govnet prove, from the command line."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import topology.network
from isolation_checks.prove import chosen_rules, coverage_of, digest, prove
from isolation_checks.report.coverage import read_lines
from isolation_checks.report.html import as_html
from isolation_checks.rules.registry import rules
from isolation_checks.snapshot import DeviceConfig, Feature, FeatureKind, FileCoverage, LineCode, ReadProblem, Ref, Snapshot
from isolation_checks.verdicts import Report, Verdict
from tasks import cli
from tasks.line_maps import LineMaps
from tasks.render import render_city
from tests.isolation_checks.report import samples
from topology.facts import Facts
from topology.i18n import T

ROOT = Path(__file__).parents[2]
CITY = ROOT / "topology" / "starter"
SCHEMA = json.loads((ROOT / "isolation_checks/report/report.schema.json").read_text(encoding="utf-8"))
Run = Callable[..., tuple[int, str, str]]

CODES = bytes((LineCode.UNDERSTOOD, LineCode.BLANK, LineCode.IRRELEVANT, LineCode.IRRELEVANT + 1, LineCode.UNMODELLED, LineCode.UNKNOWN))
DEVICE = DeviceConfig(
    "ds-r1",
    "ds-r1",
    "h3c_comware",
    ("ds-r1.cfg",),
    coverage=(FileCoverage("ds-r1.cfg", CODES, ("names the device", "only shows something")),),
    features=(Feature(FeatureKind.TUNNEL, "gre", Ref("ds-r1.cfg", 5)),),
)
SNAPSHOT = Snapshot((DEVICE,))
LINES = "interface 1\n#\nsysname ds-r1\nheader login %x%\ntunnel-protocol gre\nfrobnicate cipher abc\n"


@cache
def facts() -> Facts:
    return topology.network.load(CITY).facts


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Configs of one device, below the working folder; the city is the one that `govnet init` writes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GOVNET_CITY", raising=False)
    configs = tmp_path / "build" / "configs"
    configs.mkdir(parents=True)
    (configs / "ds-r1.cfg").write_text(LINES, encoding="utf-8")
    return configs


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """``report`` stands in for what the rules find, ``snapshot`` for what the parsers read."""

    def call(*args: object, report: Report | None = None, snapshot: Snapshot = SNAPSHOT, lang: str = "en") -> tuple[int, str, str]:
        monkeypatch.setattr("isolation_checks.reading.folder.read_folder", lambda *_: snapshot)
        if report is not None:
            monkeypatch.setattr("isolation_checks.prove.prove", lambda *_, **__: report)
        code = cli.main(["--lang", lang, "--city", str(CITY), "--as-of", "2026-12-01", "prove", *map(str, args)])
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return call


# ------------------------------------------------------------------------------------------------------ what comes back


@pytest.mark.parametrize(("name", "code"), [("proved", 0), ("violated", 1), ("incomplete", 3)])
def test_exit_code_is_the_verdict(run: Run, name: str, code: int) -> None:
    returned, out, err = run(report=samples.ALL[name]())
    assert (returned, err) == (code, "")
    assert name.upper() in out.splitlines()[0]


def test_where_nothing_applies_the_exit_code_is_no_pass(run: Run) -> None:
    code, out, _ = run(report=samples.report((samples.result(samples.OLD, Verdict.NOT_APPLICABLE, subjects=()),)))
    assert code == 3
    assert "nothing was proved" in out


def test_json_on_standard_output_follows_the_schema(run: Run) -> None:
    code, out, _ = run("--json", report=samples.violated())
    assert code == 1
    jsonschema.validate(json.loads(out), SCHEMA, cls=jsonschema.Draft202012Validator)


def test_every_report_that_is_asked_for(run: Run, tmp_path: Path) -> None:
    files = [tmp_path / "out" / f"proof.{suffix}" for suffix in ("json", "xml", "sarif", "md", "html")]
    code, _, err = run(*(part for file in files for part in ("--report", file)), report=samples.violated())
    assert code == 1
    assert err.splitlines() == [f"Report written to {file}" for file in files]
    assert sorted((tmp_path / "out").iterdir()) == sorted(files)
    assert files[4].read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_report_that_cannot_be_written_leaves_the_old_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "proof.md").mkdir()
    code, _, err = run("--report", tmp_path / "proof.md", report=samples.proved())
    assert code == 2
    assert "Cannot read or write" in err
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_without_a_terminal_there_is_no_colour_and_every_run_is_equal(run: Run) -> None:
    first, second = (run(report=samples.violated()) for _ in range(2))
    assert first == second
    assert "\x1b" not in first[1] + first[2]


# ------------------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--only", "COV-REDA"), "did you mean 'COV-READ'?"),
        (("--only", "COV-READ,NOTHING-AT-ALL"), "NOTHING-AT-ALL"),
        (("--configs", "nowhere"), "nowhere is not a folder"),
        (("--report", "proof.pdf"), "proof.pdf: a report's name ends in one of .json, .xml, .sarif, .md, .html"),
        (("--coverage", "ds-r11"), "did you mean 'ds-r1'?"),
    ],
)
def test_bad_input_is_named(run: Run, args: tuple[str, ...], said: str) -> None:
    code, out, err = run(*args, report=samples.proved())
    assert (code, out) == (2, "")
    assert said in err


def test_without_configs_it_says_what_to_run(run: Run, folder: Path) -> None:
    shutil.rmtree(folder)
    code, _, err = run(report=samples.proved())
    assert code == 2
    assert "There are no configs in build/configs: write them with govnet render" in err


def test_a_folder_of_which_nothing_could_be_read(run: Run) -> None:
    problems = tuple(ReadProblem(f"a{number}.cfg", 0, T("the file is empty")) for number in range(30))
    code, out, err = run(snapshot=Snapshot((), problems), report=samples.proved())
    assert (code, out) == (2, "")
    assert "build/configs/a0.cfg: the file is empty" in err
    assert "and 10 more" in err
    assert "holds no config that could be read" in err


def test_a_broken_inventory(run: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(CITY, tmp_path / "city")
    (tmp_path / "city" / "city.yaml").write_text("city: [\n", encoding="utf-8")
    assert cli.main(["--lang", "en", "--city", str(tmp_path / "city"), "prove"]) == 2
    assert "city.yaml:" in capfd.readouterr().err


# ------------------------------------------------------------------------------------------------------ coverage


def test_coverage_of_all_devices_and_of_one(run: Run) -> None:
    _, out, _ = run("--coverage", report=samples.incomplete())
    assert out.splitlines()[-1].split() == ["Total", "448", "310", "40", "2", "1"]
    _, out, _ = run("--coverage", "ds-r1", report=samples.incomplete())
    assert out.splitlines()[-6:] == [
        "ds-r1.cfg:1  understood    interface 1",
        "ds-r1.cfg:2  blank         #",
        "ds-r1.cfg:3  irrelevant    sysname ds-r1  (names the device)",
        "ds-r1.cfg:4  irrelevant    header login %x%  (only shows something)",
        "ds-r1.cfg:5  not modelled  tunnel-protocol gre  (tunnel: gre)",
        "ds-r1.cfg:6  unknown       frobnicate cipher ***",
    ]


def test_coverage_for_programs(run: Run) -> None:
    _, out, _ = run("--coverage", "--json", report=samples.incomplete())
    data = json.loads(out)
    jsonschema.validate(data, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert [line["code"] for line in data["read"]["ds-r1"]] == ["understood", "blank", "irrelevant", "irrelevant", "unmodelled", "unknown"]


def test_every_line_is_counted_once() -> None:
    assert coverage_of(DEVICE)[2:] == (6, 1, 2, 1, 1)
    assert len(list(read_lines(DEVICE))) == 6


# ------------------------------------------------------------------------------------------------------ the run itself


def test_only_some_rules(run: Run) -> None:
    code, out, _ = run("--only", "cov-read", "--json")
    data = json.loads(out)
    assert [result["rule"]["id"] for result in data["results"]] == ["COV-READ"]
    assert set(data["omitted"]) == {rule.id for rule in rules()} - {"COV-READ"}
    assert code == 0


def test_no_choice_of_rules_hides_a_file_that_could_not_be_read(run: Run) -> None:
    snapshot = Snapshot((DEVICE,), (ReadProblem("x.cfg", 3, T("the file is empty")),))
    assert [rule.id for rule in chosen_rules(("COV-NAME",), snapshot)] == ["COV-NAME", "COV-READ"]
    code, out, err = run("--only", "COV-NAME", "--json", snapshot=snapshot)
    assert code == 3 or json.loads(out)["verdict"] == "VIOLATED"
    assert "build/configs/x.cfg:3: the file is empty" in err


def test_report_holds_what_was_read_and_judged() -> None:
    seen = []
    report = prove(
        facts(), SNAPSHOT, date(2026, 12, 1), ("COV",), lambda rule, number, count: seen.append((rule.id, number, count)), inputs="x"
    )
    assert [result.rule.id for result in report.results] == [name for name, _, _ in seen] == [name for name, _ in report.seconds]
    assert seen[-1][1] == seen[-1][2] == len(report.results)
    assert (report.city, report.devices, report.lines, report.inputs) == (facts().slug, 1, 6, "x")
    assert report.verdict is not Verdict.PROVED


def test_digest_says_whether_inputs_are_equal(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        (folder / "sub").mkdir(parents=True)
        (folder / "sub" / "a.cfg").write_text("a\n", encoding="utf-8")
    assert digest(one) == digest(other)
    assert digest(one, other) == digest(other, one)
    (other / "sub" / "a.cfg").rename(other / "a.cfg")
    assert digest(one) != digest(other)


# ------------------------------------------------------------------------------------------------------ back to the YAML


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("rendered") / "build"
    render_city(CITY, out, [])
    return out


def first_line(build: Path) -> Ref:
    file = next(path for path in sorted((build / "configs").rglob("*.cfg")))
    return Ref(file.relative_to(build / "configs").as_posix(), 1)


def test_a_rendered_line_leads_to_the_inventory(rendered: Path) -> None:
    maps = LineMaps(rendered / "configs", CITY)
    ref = first_line(rendered)
    origin = maps.origin(ref)
    assert origin is not None
    assert (CITY / origin.file).is_file()
    for away in (Ref(ref.file, 0), Ref(ref.file, 10**6), Ref("nobody.cfg", 1), Ref("../x", 1)):
        assert maps.origin(away) is None


@pytest.mark.parametrize("what", ["config", "map", "manifest", "inventory", "elsewhere"])
def test_a_line_of_something_that_was_changed_leads_nowhere(rendered: Path, tmp_path: Path, what: str) -> None:
    build, city = tmp_path / "build", tmp_path / "city"
    shutil.copytree(rendered, build)
    shutil.copytree(CITY, city)
    ref = first_line(build)
    origin = LineMaps(rendered / "configs", CITY).origin(ref)
    assert origin is not None
    os.utime(build / "manifest.json")
    assert LineMaps(build / "configs", city).origin(ref) == origin
    match what:
        case "config":
            (build / "configs" / ref.file).write_text("x\n", encoding="utf-8")
        case "map":
            (build / "linemaps" / f"{Path(ref.file).stem}.json").write_text("[]", encoding="utf-8")
        case "manifest":
            (build / "manifest.json").write_text("[]", encoding="utf-8")
        case "inventory":
            later = (build / "manifest.json").stat().st_mtime + 5
            os.utime(city / origin.file, (later, later))
        case "elsewhere":
            (build / "configs").rename(build / "pulled")
    folder = build / ("pulled" if what == "elsewhere" else "configs")
    assert LineMaps(folder, city).origin(ref) is None


@pytest.mark.parametrize(
    "content", [{}, {"files": 1}, {"files": {"A": {"lines": 7}}}, {"files": {"A": {"lines": [[0, 0, 9]], "origins": []}}}]
)
def test_a_map_of_another_form_leads_nowhere(tmp_path: Path, content: dict[str, Any]) -> None:
    build = tmp_path / "build"
    texts = {"configs/a.cfg": "x\n", "linemaps/a.json": json.dumps(content).replace('"A"', '"a.cfg"')}
    for path, text in texts.items():
        (build / path).parent.mkdir(parents=True, exist_ok=True)
        (build / path).write_text(text, encoding="utf-8")
    files = {path: sha256(text.encode()).hexdigest() for path, text in texts.items()}
    (build / "manifest.json").write_text(json.dumps({"govnet": 1, "files": files}), encoding="utf-8")
    assert LineMaps(build / "configs", CITY).origin(Ref("a.cfg", 1)) is None


# ------------------------------------------------------------------------------------------------------ the page


def test_large_page_is_bounded() -> None:
    """A firewall that lets everything through breaks one rule for every pair of parties."""
    findings = tuple(replace(samples.finding(f"party-{number}"), witness=None) for number in range(5_000))
    report = samples.report((samples.result(samples.EGRESS, Verdict.VIOLATED, findings=findings),))
    page = as_html(report, samples.PLACES, "en")
    assert "and 4900 more, in the JSON report" in page
    assert len(page) < 1_000_000
