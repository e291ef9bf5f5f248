"""Every format of a report against what was looked at and found good.

After a change that is meant, write them anew with ``GOLDEN_UPDATE=1`` and read the difference. They hold English only: Chinese wordings
are the catalogue's.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from rich.console import Console

from isolation_checks.report import FORMATS, picture
from isolation_checks.report.fingerprint import fingerprints
from isolation_checks.report.json import as_json
from isolation_checks.report.junit import as_junit
from isolation_checks.report.markdown import as_markdown, escaped
from isolation_checks.report.places import Places, quoting
from isolation_checks.report.sarif import MOST, ROOT, as_sarif
from isolation_checks.report.terminal import aligned, show
from isolation_checks.report.words import count_of
from isolation_checks.snapshot import Ref
from isolation_checks.verdicts import Doubt, Finding, Report, Verdict
from tests.isolation_checks.report import samples
from topology.i18n import T, Text
from topology.origin import Origin

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = json.loads((Path(__file__).parents[3] / "isolation_checks/report/report.schema.json").read_text(encoding="utf-8"))
ZH = re.compile(r'<span class="zh" lang="zh-CN">.*?</span>|<text class="\w+ zh"[^>]*>[^<]*</text>', re.DOTALL)
EN = re.compile(r'<span class="en" lang="en">(.*?)</span>', re.DOTALL)


def without_chinese(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: without_chinese(value) for key, value in data.items() if not (key == "zh" and "en" in data)}
    return [without_chinese(item) for item in data] if isinstance(data, list) else data


def in_english(page: str) -> str:
    """Without Chinese and without the marks of English, which stand only where the two differ."""
    return re.sub(r' class="(\w+) en"', r' class="\1"', EN.sub(r"\1", ZH.sub("", page)))


def shown(report: Report, lang: str = "en", *, terminal: bool = False, places: Places = samples.PLACES) -> str:
    out = StringIO()
    show(
        Console(file=out, width=240, force_terminal=terminal, color_system=None, markup=False, emoji=False, highlight=False),
        report,
        places,
        lang,
    )
    return out.getvalue()


def written(name: str, suffix: str) -> str:
    report = samples.ALL[name]()
    if suffix == ".txt":
        return shown(report)
    text = FORMATS[suffix](report, samples.PLACES, "en")
    if suffix == ".json":
        return json.dumps(without_chinese(json.loads(text)), indent=2, ensure_ascii=False) + "\n"
    return in_english(text.partition("<main>")[2].partition("<script>")[0]) if suffix == ".html" else text


@pytest.mark.parametrize("suffix", [*FORMATS, ".txt"])
@pytest.mark.parametrize("name", samples.ALL)
def test_report_is_as_it_was_found_good(name: str, suffix: str) -> None:
    text, file = written(name, suffix), GOLDEN / f"{name}{suffix}"
    if os.environ.get("GOLDEN_UPDATE"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    assert text == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("name", samples.ALL)
def test_equal_reports_are_equal_files(name: str, suffix: str) -> None:
    first, second = (FORMATS[suffix](samples.ALL[name](), samples.PLACES, "zh") for _ in range(2))
    assert first == second


# ------------------------------------------------------------------------------------------------------------ JSON


@pytest.mark.parametrize("name", samples.ALL)
def test_json_follows_the_published_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    data = json.loads(as_json(samples.ALL[name](), replace(samples.PLACES, omitted=("GAP-CHANNEL",))))
    jsonschema.validate(data, SCHEMA, cls=jsonschema.Draft202012Validator, format_checker=jsonschema.FormatChecker())
    assert data["verdict"] == samples.ALL[name]().verdict.value


def test_schema_refuses_what_is_no_report() -> None:
    data = json.loads(as_json(samples.proved(), samples.PLACES))
    data["results"][0]["verdict"] = "FINE"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, SCHEMA, cls=jsonschema.Draft202012Validator)


# ------------------------------------------------------------------------------------------------------------ SARIF


def sarif(report: Report, places: Places = samples.PLACES) -> dict[str, Any]:
    log = json.loads(as_sarif(report, places, "en"))
    assert log["version"] == "2.1.0"
    run: dict[str, Any] = log["runs"][0]
    return run


def test_sarif_has_what_code_hosts_ask_for() -> None:
    run = sarif(samples.violated())
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        assert result["partialFingerprints"]["govnet/v1"]
        physical = result["locations"][0]["physicalLocation"]
        assert physical["region"]["startLine"] >= 1
        assert physical["artifactLocation"]["uriBaseId"] == ROOT
        assert not physical["artifactLocation"]["uri"].startswith("/")
    names = [result["partialFingerprints"]["govnet/v1"] for result in run["results"]]
    assert len(set(names)) == len(names)


def test_sarif_shows_a_finding_on_the_line_of_the_inventory_first() -> None:
    result = next(one for one in sarif(samples.violated())["results"] if one["ruleId"] == "EGR-ONE")
    uris = [place["physicalLocation"]["artifactLocation"]["uri"] for place in result["locations"]]
    assert uris == ["inventory/dongshan/outer/counties/dongshan.yaml", "build/configs/ds-r1.cfg", "build/configs/ds-fw.cfg"]
    flow = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert flow[0]["location"]["physicalLocation"]["region"]["startLine"] == 31


def test_sarif_suppresses_what_is_excepted_and_keeps_doubts() -> None:
    results = sarif(samples.violated())["results"]
    assert [one["ruleId"] for one in results if one.get("suppressions")] == ["HARD-SSH"]
    assert [one["message"]["text"] for one in results if one["ruleId"] == "ACL-SHADOWED"] == [
        "Not decided: line not understood (leaves open: ACL-SHADOWED)"
    ]


def test_sarif_says_how_many_results_it_leaves_out() -> None:
    many = samples.result(samples.EGRESS, Verdict.VIOLATED, findings=tuple(samples.finding(f"party-{n}") for n in range(MOST + 3)))
    run = sarif(samples.report((many,)))
    assert len(run["results"]) == MOST
    assert "3 more results" in run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_outside_the_working_folder_is_absolute() -> None:
    run = sarif(samples.violated(), replace(samples.PLACES, inventory="/srv/我 city", configs="/srv/configs"))
    artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "file:///srv/%E6%88%91%20city/outer/counties/dongshan.yaml"}


def test_fingerprints_stay_when_lines_and_numbers_move() -> None:
    def names(findings: tuple[Finding, ...]) -> list[str]:
        return list(fingerprints(samples.result(samples.EGRESS, Verdict.VIOLATED, findings=findings)).values())

    before = samples.finding("health", 1)
    moved = replace(samples.finding("health", 7), places=(Ref("ds-r1.cfg", 99),))
    assert names((before,)) == names((moved,))
    assert len(set(names((before, moved)))) == 2
    assert names((before,)) != names((samples.finding("police", 1),))


# ------------------------------------------------------------------------------------------------------------ JUnit


def test_junit_takes_nothing_undecided_for_a_pass() -> None:
    root = ElementTree.fromstring(as_junit(samples.violated(), samples.PLACES, "en"))  # noqa: S314 - our own
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == ("6", "3", "1", "1")
    kinds = {str(case.get("name")).split()[0]: [child.tag for child in case] for case in root.iter("testcase")}
    assert kinds["HARD-SSH"] == []
    assert kinds["ACL-SHADOWED"] == ["error"]
    assert kinds["VPN-AGE"] == ["skipped"]


def test_junit_holds_whatever_bytes_a_config_had() -> None:
    odd = samples.result(samples.SSH, Verdict.INCOMPLETE, doubts=(Doubt(Text("{x}", (("x", "a\x00\x1b]]> \ud800 <b>&"),)), None),))
    root = ElementTree.fromstring(as_junit(samples.report((odd,)), samples.PLACES, "en"))  # noqa: S314 - our own
    assert "<b>&" in str(next(root.iter("error")).text)


# ------------------------------------------------------------------------------------------------------------ Markdown


def test_markdown_leaves_nothing_for_a_host_to_interpret() -> None:
    assert escaped("<img> @all #1 a|b *c* [x](y) `d`\n# e") == r"\<img\> @" + "\u200b" + r"all \#1 a\|b \*c\* \[x\](y) \`d\` \# e"
    subject = "a|b <script> @everyone ```"
    text = as_markdown(
        samples.report((samples.result(samples.EGRESS, Verdict.VIOLATED, findings=(samples.finding(subject),)),)), samples.PLACES
    )
    assert "<script>" not in text
    assert "@everyone" not in text


def test_markdown_fits_into_a_comment() -> None:
    many = tuple(
        samples.result(replaced, Verdict.VIOLATED, findings=tuple(samples.finding(f"party-{n}") for n in range(30)))
        for replaced in (samples.EGRESS._replace(id=f"EGR-{n}") for n in range(40))
    )
    text = as_markdown(samples.report(many), samples.PLACES, "en")
    assert len(text) < 65_536
    assert "more sections do not fit here" in text
    assert "and 20 more" in text


def test_a_partial_report_says_so_everywhere() -> None:
    places = replace(samples.PLACES, omitted=("GAP-CHANNEL", "GAP-FORWARD"))
    said = "2 other rules were not judged"
    report = samples.proved()
    assert json.loads(as_json(report, places))["omitted"] == ["GAP-CHANNEL", "GAP-FORWARD"]
    assert said in shown(report, places=places)
    for suffix in (".md", ".html", ".xml"):
        assert said in FORMATS[suffix](report, places, "en")


# ------------------------------------------------------------------------------------------------------------ terminal


def test_terminal_is_short_when_all_is_well() -> None:
    assert shown(samples.proved()).count("\n") <= 6


def test_terminal_shows_everything_that_is_wrong() -> None:
    for terminal in (False, True):
        text = shown(samples.violated(), terminal=terminal)
        for part in (
            "PHY-REALMS",
            "build/configs/ds-r1.cfg:31",
            "203.0.113.5",
            "inventory/dongshan/outer/counties/dongshan.yaml:12",
            "NOT replayed",
        ):
            assert part in text


def test_columns_stand_under_each_other_with_chinese_too() -> None:
    assert aligned([("规则", "1"), ("ab", "22")], (1,)) == ["规则   1", "ab    22"]


def test_where_nothing_applies_nothing_is_proved() -> None:
    text = shown(samples.report((samples.result(samples.OLD, Verdict.NOT_APPLICABLE, subjects=()),)))
    assert "INCOMPLETE" in text
    assert "nothing was proved" in text


def test_numbers_that_nobody_reads_are_rounded() -> None:
    assert [count_of(number) for number in (0, 65_536, 10**12)] == ["0", "65,536", "≈ 1.0 × 10^12"]


# ------------------------------------------------------------------------------------------------------------ HTML, pictures


def test_page_asks_nobody_and_escapes_what_configs_say() -> None:
    page = FORMATS[".html"](samples.violated(), samples.PLACES, "zh")
    assert not re.search(r"""(?:src|href)=["'](?!#)""", page)
    assert "url(" not in page
    assert "rule name &lt;any&gt; &amp; `all`" in page
    assert 'data-lang="zh"' in page


def test_picture_marks_where_a_packet_stops() -> None:
    assert 'class="edge cut"' in picture.picture(samples.stopped_witness())
    assert 'class="node unreached"' in picture.picture(samples.stopped_witness())
    assert 'class="node end"' in picture.picture(samples.packet_witness())
    odd = replace(samples.stopped_witness(), source="<&>", target="x" * 300)
    ElementTree.fromstring(picture.picture(odd))  # noqa: S314 - our own


# ------------------------------------------------------------------------------------------------------------ places


def test_lines_are_quoted_without_secrets(tmp_path: Path) -> None:
    (tmp_path / "a.cfg").write_text("sysname a\n snmp-agent community read cipher s3cret\n" + "x" * 999 + "\n", encoding="utf-8")
    quote = quoting(tmp_path, tmp_path)
    assert quote(Ref("a.cfg", 1)) == "sysname a"
    assert "s3cret" not in str(quote(Ref("a.cfg", 2)))
    assert len(str(quote(Ref("a.cfg", 3)))) < 300
    assert [quote(Ref("a.cfg", 9)), quote(Ref("b.cfg", 1)), quote(Ref("a.cfg", 0))] == [None, None, None]


def test_a_whole_file_is_shown_without_a_line() -> None:
    assert samples.PLACES.shown(Ref("a.cfg", 0)) == "build/configs/a.cfg"
    assert samples.PLACES.shown(Origin("b.yaml", 3, 1)) == "inventory/dongshan/b.yaml:3"


def test_words_of_the_template_stand_where_the_extraction_finds_them() -> None:
    from isolation_checks.report.html import say  # noqa: PLC0415

    assert say("None.")
    with pytest.raises(KeyError):
        say(T("no word of the page").msgid)
