"""The judge: verdicts, exceptions, doubts and what they touch, and the registry that finds rules by name."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from isolation_checks.case import Case
from isolation_checks.doubts import Area, Gap, GapKind, area, doubts_for, touches
from isolation_checks.judge import Judgement, judge
from isolation_checks.reading.folder import read_folder
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.registry import UnknownRuleError, rules, select
from isolation_checks.snapshot import Feature, FeatureKind, ReadProblem, Snapshot, UnknownLine
from isolation_checks.verdicts import Doubt, ExceptionState, Finding, Outcome, Scope, Severity, Verdict
from templates.engine import Renderer
from templates.platforms import Platforms
from tests.isolation_checks.rules.small_case import AS_OF, case, config, configs, device, facts, model, ref
from topology import facts as f
from topology.i18n import T
from topology.network import load
from topology.origin import Origin

ROOT = Path(__file__).parents[2]
CITY = ROOT / "inventory" / "guiyang"


class Sample(Rule):
    """A rule that finds what a test wants it to find."""

    id = "EGR-CUT"  # which no doubt about configs touches
    title = T("rule")
    description = T("rule")
    source = (PLAN,)
    severity = Severity.LOW
    scope = Scope.DECREED
    outcome: ClassVar[Outcome] = Outcome(())

    def check(self, case: Case) -> Outcome:
        return self.outcome


def finding(subject: str) -> Finding:
    return Finding(subject, T("wrong"), T("mend it"), (ref("r1", 9),))


DOUBT = Doubt(T("odd"), None)


def sample(subjects: tuple[str, ...], *found: str, doubts: tuple[Doubt, ...] = ()) -> type[Rule]:
    outcome = Outcome(subjects, tuple(map(finding, found)), doubts, ("circuits-private",))
    return type("Made", (Sample,), {"outcome": outcome})


def verdict(rule: type[Rule], given: Case | None = None) -> Verdict:
    (result,) = judge(given or case(), [rule]).results
    return result.verdict


def test_verdicts() -> None:
    assert verdict(sample(())) is Verdict.NOT_APPLICABLE
    assert verdict(sample(("a",))) is Verdict.PROVED
    assert verdict(sample(("a",), doubts=(DOUBT,))) is Verdict.INCOMPLETE
    assert verdict(sample((), doubts=(DOUBT,))) is Verdict.INCOMPLETE
    assert verdict(sample(("a",), "a", doubts=(DOUBT,))) is Verdict.VIOLATED
    assert verdict(sample((), "a")) is Verdict.VIOLATED


def test_findings_and_doubts_are_sorted_and_doubts_are_not_repeated() -> None:
    doubts = (Doubt(T("b"), ref("r2", 1)), Doubt(T("a"), ref("r1", 10)), Doubt(T("a"), ref("r1", 9)), Doubt(T("a"), ref("r1", 10)), DOUBT)
    (result,) = judge(case(), [sample(("a", "b"), "b", "a", doubts=doubts)]).results
    assert [item.subject for item in result.findings] == ["a", "b"]
    assert [str(item.place) for item in result.doubts] == ["None", "r1.cfg:9", "r1.cfg:10", "r2.cfg:1"]
    assert result.assumptions == ("circuits-private",)
    assert result.subjects == ("a", "b")


def test_a_rule_that_raises_ends_the_run() -> None:
    class Broken(Sample):
        def check(self, case: Case) -> Outcome:
            raise KeyError("defect")

    with pytest.raises(KeyError, match="defect"):
        judge(case(), [Broken])


def test_progress_is_told_before_each_rule() -> None:
    told: list[tuple[str, int, int]] = []
    judge(case(), select(["COV"]), lambda info, number, count: told.append((info.id, number, count)))
    assert told == [(rule.id, number, 6) for number, rule in enumerate(select(["COV"]), 1)]


# --- exceptions ------------------------------------------------------------------------------------------------------------------------

AT = Origin("outer/exceptions.yaml", 5, 3)
HERE = Origin("approvals.yaml", 2, 3)
DAY = timedelta(days=1)


def approval(**other: Any) -> f.Approval:
    base = f.Approval("paper", "exception", "bureau", "2026-1", date(2026, 1, 1), date(2027, 1, 1), HERE)
    return replace(base, **other)


def excepted(*exceptions: tuple[str, str, str], approvals: tuple[f.Approval, ...] = (approval(),)) -> Judgement:
    found = tuple(f.RuleException(*item, f.Name("因", "because"), AT) for item in exceptions)
    return judge(case(exceptions=found, approvals=approvals), [sample(("a", "b"), "a", "b")])


def test_an_exception_covers_its_rule_and_subject_only() -> None:
    done = excepted(("EGR-CUT", "a", "paper"))
    (result,) = done.results
    assert result.verdict is Verdict.VIOLATED
    assert [item.subject for item in result.findings] == ["b"]
    assert [(item.finding.subject, item.exception.approval, item.approval.slug) for item in result.excepted] == [("a", "paper", "paper")]
    assert [(item.state, item.findings) for item in done.exceptions] == [(ExceptionState.USED, 1)]
    all_covered = excepted(("EGR-CUT", "a", "paper"), ("EGR-CUT", "b", "paper"))
    assert all_covered.results[0].verdict is Verdict.PROVED
    assert all_covered.results[0].findings == ()


@pytest.mark.parametrize(("failures", "states"), [(1, []), (2, [ExceptionState.UNUSED])])
def test_an_exception_for_more_failures_than_were_looked_at_is_not_called_needless(failures: int, states: list[ExceptionState]) -> None:
    exceptions = (f.RuleException("RES-SITE", "z", "paper", f.Name("因", "because"), AT),)
    given = replace(case(exceptions=exceptions, approvals=(approval(),)), failures=failures)
    done = judge(given, [type("Res", (sample(("a",)),), {"id": "RES-SITE"})])
    assert [item.state for item in done.exceptions] == states


def test_an_exception_does_not_take_doubts_away() -> None:
    exceptions = (f.RuleException("EGR-CUT", "a", "paper", f.Name("因", "because"), AT),)
    given = case(exceptions=exceptions, approvals=(approval(),))
    assert verdict(sample(("a",), "a", doubts=(DOUBT,)), given) is Verdict.INCOMPLETE


@pytest.mark.parametrize(
    ("changes", "why", "state"),
    [
        ({"expires": AS_OF - DAY}, "approval 'paper' expired on 2026-11-30", ExceptionState.EXPIRED),
        ({"kind": "channel"}, "approval 'paper' is of the kind channel, not exception", ExceptionState.INVALID),
        ({"kind": "channel", "expires": AS_OF - DAY}, "approval 'paper' is of the kind channel, not exception", ExceptionState.INVALID),
        ({"granted": AS_OF + DAY}, "approval 'paper' holds from 2026-12-02 only", ExceptionState.INVALID),
        ({"slug": "other"}, "there is no approval 'paper'", ExceptionState.INVALID),
    ],
)
def test_an_exception_that_does_not_hold(changes: dict[str, Any], why: str, state: ExceptionState) -> None:
    done = excepted(("EGR-CUT", "a", "paper"), approvals=(approval(**changes),))
    (result,) = done.results
    assert result.verdict is Verdict.VIOLATED
    assert result.excepted == ()
    assert result.findings[0].what.render("en") == f"wrong; its exception does not hold: {why}"
    assert result.findings[0].places == (ref("r1", 9), AT)
    assert [(item.state, item.findings) for item in done.exceptions] == [(state, 1)]


def test_the_last_day_of_an_approval_counts() -> None:
    last = excepted(("EGR-CUT", "a", "paper"), approvals=(approval(expires=AS_OF, granted=AS_OF),))
    assert [item.state for item in last.exceptions] == [ExceptionState.USED]


def test_one_exception_that_holds_is_enough() -> None:
    old = approval(slug="old", expires=AS_OF - DAY)
    done = excepted(("EGR-CUT", "a", "old"), ("EGR-CUT", "a", "paper"), approvals=(old, approval()))
    assert [item.subject for item in done.results[0].findings] == ["b"]
    assert [item.state for item in done.exceptions] == [ExceptionState.EXPIRED, ExceptionState.USED]


def test_exceptions_that_are_good_for_nothing() -> None:
    done = excepted(
        ("EGR-CUT", "z", "paper"),
        ("EGR-TYPO", "a", "paper"),
        ("EGR-COUNTY", "a", "paper"),
        ("RES-SITE", "a", "paper"),
        ("EGR", "a", "paper"),
    )
    assert [(item.exception.rule, item.state) for item in done.exceptions] == [
        ("EGR-CUT", ExceptionState.UNUSED),
        ("EGR-TYPO", ExceptionState.UNUSED),
        ("EGR", ExceptionState.UNUSED),
    ]
    assert len(done.results[0].findings) == 2


# --- what is not known -----------------------------------------------------------------------------------------------------------------

ALL = {rule.id for rule in rules()}
HARDENING = {rule.id for rule in rules() if rule.id.startswith("HARD-")}
PACKETS = {"EGR-DEFAULT", "EGR-INBOUND", "EGR-OUTBOUND", "EGR-TRANSIT", "GAP-PACKET", "VPN-LEAK"}
WAYS = {rule.id for rule in rules() if rule.id.partition("-")[0] in ("LOG", "SVC", "ACL")} | PACKETS


def touched(given: Case) -> set[str]:
    return {rule_id for rule_id in ALL if doubts_for(given, rule_id)}


def test_nothing_is_touched_where_everything_is_known() -> None:
    assert touched(case()) == set()


def test_a_missing_config_touches_what_reads_configs() -> None:
    given = case()
    missing = replace(given, snapshot=replace(given.snapshot, devices=given.snapshot.devices[1:]))
    assert touched(missing) >= WAYS | HARDENING | {"PHY-PORT", "COV-PREFIX", "PHY-CONSOLE"}
    assert not touched(missing) & {"PHY-APART", "GAP-CHANNEL", "GAP-LEVEL", "TIER-COUNTY", "VPN-NEW", "EGR-CUT", "COV-LINE"}
    assert [item.what.render("en") for item in doubts_for(missing, "LOG-AGENCY")] == ["there is no config of r1"]
    results = {result.rule.id: result.verdict for result in judge(missing, select(["HARD", "ACL", "COV"])).results}
    assert Verdict.PROVED not in {results[rule_id] for rule_id in HARDENING}


def test_an_empty_folder_proves_nothing_that_reads_configs() -> None:
    empty = replace(case(), snapshot=Snapshot(()))
    judged = judge(empty, select(["HARD", "ACL", "COV-DEVICE", "COV-PREFIX"])).results
    assert {result.verdict for result in judged} == {Verdict.INCOMPLETE}


def test_an_unread_file_touches_everything_that_reads_configs() -> None:
    given = case()
    problem = ReadProblem("elsewhere.cfg", 0, T("the file is empty"))
    unread = replace(given, snapshot=replace(given.snapshot, problems=(problem,)))
    assert touched(unread) >= WAYS | HARDENING | {"GAP-FORWARD", "GAP-CHANNEL", "PHY-PORT"}
    known = replace(given, snapshot=replace(given.snapshot, problems=(problem._replace(file="r1.cfg"),)))
    assert "GAP-FORWARD" not in touched(known)


def with_line(*context: str) -> Case:
    return case(config("r1", unknown=(UnknownLine(ref("r1", 300), "frobnicate", context),)))


ON_PORTS = {"PHY-PORT", "COV-PREFIX"}


@pytest.mark.parametrize(
    ("context", "expected", "untouched"),
    [
        ((), HARDENING | ON_PORTS | {"PHY-CONSOLE"}, set()),
        (("frobnication 7",), HARDENING | ON_PORTS | {"PHY-CONSOLE"}, set()),
        (("aaa",), HARDENING - {"HARD-PORT", "HARD-IPV6", "HARD-ROUTING-AUTH"} | {"PHY-CONSOLE"}, {"HARD-PORT", "PHY-PORT", "COV-PREFIX"}),
        (("line vty 0 4",), {"HARD-SSH", "HARD-AAA", "HARD-IDLE"}, {"HARD-IPV6"}),
        (
            ("interface Vlanif1",),
            {"HARD-PORT", "HARD-IPV6", "HARD-ROUTING-AUTH", "HARD-SSH"} | ON_PORTS,
            {"HARD-NTP", "HARD-SECRET", "PHY-CONSOLE"},
        ),
        (("acl number 3000",), {"HARD-SSH", "HARD-SNMP"}, {"HARD-NTP", "HARD-PORT"} | ON_PORTS),
        (("ip access-list extended A",), {"HARD-SSH"}, {"HARD-NTP"}),
        (("ospf 1", "area 0"), {"HARD-ROUTING-AUTH"}, {"HARD-SSH", "HARD-PORT"} | ON_PORTS),
        (("vlan 10",), ON_PORTS, HARDENING),
    ],
)
def test_an_unknown_line_touches_by_the_view_that_it_stands_in(context: tuple[str, ...], expected: set[str], untouched: set[str]) -> None:
    found = touched(with_line(*context))
    assert found >= expected | WAYS
    assert not found & (untouched | {"GAP-FORWARD", "TIER-COUNTY", "PHY-APART", "EGR-INNER", "COV-LINE"})


def test_features_touch_ways_and_what_they_may_hide() -> None:
    def given(kind: FeatureKind) -> set[str]:
        return touched(case(config("r1", features=(Feature(kind, "…", ref("r1", 300)),))))

    assert given(FeatureKind.MPLS) >= WAYS
    assert not given(FeatureKind.MPLS) & (HARDENING | ON_PORTS)
    assert given(FeatureKind.ROUTING) & HARDENING == {"HARD-ROUTING-AUTH"}
    assert given(FeatureKind.VIRTUAL_SYSTEM) >= HARDENING | ON_PORTS
    assert given(FeatureKind.BRIDGING) >= ON_PORTS
    assert "HARD-IPV6" not in given(FeatureKind.IPV6)


def test_rules_of_gatekeepers_look_at_host_units_only() -> None:
    unit = device("u1", f.Role.HOST_UNIT, model("unit", "host_unit", 2, switching=False))
    odd = replace(config("r1", unknown=(UnknownLine(ref("u1", 3), "odd", ()),)), name="u1", folder="u1", platform="host_unit")
    given = case(odd, devices=(*facts().devices, unit))
    assert {"GAP-FORWARD", "GAP-CHANNEL", "LOG-AGENCY"} <= touched(given)
    assert not {"GAP-OWNER", "GAP-LEVEL"} & touched(given)
    missing = case(devices=(*facts().devices, unit))
    assert "GAP-FORWARD" in touched(missing)


def test_a_rule_that_nobody_planned_is_touched_by_everything() -> None:
    for kind in GapKind:
        gap = Gap(kind, DOUBT, False, feature=FeatureKind.MPLS if kind is GapKind.FEATURE else None)
        assert touches(gap, "NEW-RULE")
        assert touches(gap, "VPN-LEAK")


def test_the_rules_that_doubts_leave_alone_exist() -> None:
    """A rule that is renamed must not lose its doubts by the way, nor keep a name here that says nothing."""
    line = Gap(GapKind.LINE, DOUBT, True)
    quiet = {rule_id for rule_id in ALL if not touches(line, rule_id)}
    assert quiet == {
        "PHY-APART", "PHY-CHASSIS", "PHY-CABLE", "PHY-CIRCUIT", "PHY-MANAGEMENT", "PHY-LAN", "PHY-EXIT",
        "GAP-OWNER", "GAP-LEVEL", "GAP-UNIT", "EGR-CUT", "EGR-COUNTY", "EGR-INNER", "EGR-EXIT",
        "TIER-TOWNSHIP", "TIER-COUNTY", "TIER-ADJACENT", "TIER-SYSTEMS", "VPN-MERGED", "VPN-NEW", "VPN-REALM", "RES-APART",
        "COV-DEVICE", "COV-NAME", "COV-LINE", "COV-FEATURE", "COV-READ",
    }  # fmt: skip


def test_the_innermost_view_counts() -> None:
    assert area(UnknownLine(ref("r1", 1), "x", ("aaa", "interface Vlanif1"))) is Area.INTERFACE
    assert area(UnknownLine(ref("r1", 1), "x", ("interface Vlanif1", "something"))) is Area.INTERFACE
    assert area(UnknownLine(ref("r1", 1), "x", ("",))) is Area.OTHER


# --- registry --------------------------------------------------------------------------------------------------------------------------


def test_rules_on_failures_are_among_all_only_where_failures_are_asked_for() -> None:
    assert set(rules()) - set(select([])) == {rule for rule in rules() if rule.scope is Scope.FAILURES} != set()
    assert select([], failures=1) == rules()
    assert [rule.id for rule in select(["RES"])] == ["RES-APART"]
    assert [rule.id for rule in select(["RES"], failures=1)] == ["RES-SITE", "RES-APART"]
    with pytest.raises(UnknownRuleError, match="rule RES-SITE speaks of failures: say of how many with --failures 1 or 2"):
        select(["RES-SITE"])


def test_the_registry_finds_rules_by_id_and_family() -> None:
    assert [rule.id for rule in select(["cov-name", "COV-DEVICE"])] == ["COV-DEVICE", "COV-NAME"]
    assert {rule.info().family for rule in select(["HARD"])} == {"HARD"}
    assert select(["HARD-*"]) == select(["hard"])
    assert len(rules()) == len(ALL)
    families = [rule.info().family for rule in rules()]
    assert list(dict.fromkeys(families)) == ["PHY", "GAP", "EGR", "LOG", "TIER", "VPN", "SVC", "CON", "ROUTE", "RES", "HARD", "ACL", "COV"]
    assert families == sorted(families, key=list(dict.fromkeys(families)).index)
    assert Counter(rule.info().family for rule in rules())["HARD"] == 10


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("HARD-SHH", "there is no rule or family of rules 'HARD-SHH'; did you mean 'HARD-SSH'?"),
        ("HART", "there is no rule or family of rules 'HART'; did you mean 'HARD'?"),
        ("", "there is no rule or family of rules ''; the families are PHY, GAP, EGR, "),
        ("quux", "there is no rule or family of rules 'quux'; the families are PHY, GAP, EGR, "),
    ],
)
def test_a_name_that_no_rule_has(word: str, message: str) -> None:
    with pytest.raises(UnknownRuleError) as caught:
        select(["HARD", word])
    assert caught.value.message.render("en").startswith(message)
    assert str(caught.value) == caught.value.message.render("en")


def test_every_rule_says_what_it_is() -> None:
    for rule in rules():
        info = rule.info()
        assert info.id.startswith(f"{info.family}-")
        assert info.source
        for text in (info.title, info.description):
            assert len(text.render("en")) > 10, info.id


def test_all_rules_can_be_imported_alone() -> None:
    code = "from isolation_checks.rules.registry import rules; print(len(rules()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) == len(rules())


# --- the reference city ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The reference city with its rendered configs."""
    folder = tmp_path_factory.mktemp("configs")
    network, renderer = load(CITY), Renderer(Platforms())
    for design in network.design.devices:
        for file in renderer.render(design, None).files:
            path = folder / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8")
    return Case(network.facts, read_folder(folder), AS_OF)


@pytest.mark.parametrize("rule", select(["HARD", "ACL", "COV"]), ids=lambda rule: rule.id)
def test_the_reference_city_passes(city: Case, rule: type[Rule]) -> None:
    (result,) = judge(city, [rule]).results
    told = [item.what.render("en") for item in result.findings] + [item.what.render("en") for item in result.doubts]
    assert (result.verdict, told) == (Verdict.PROVED, [])


def test_the_small_network_has_configs_of_all_devices() -> None:
    assert [item.name for item in configs()] == [item.name for item in facts().devices]
