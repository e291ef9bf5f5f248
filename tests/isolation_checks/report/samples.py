"""Reports made by hand, with everything that a report can hold."""

from __future__ import annotations

from datetime import date

from isolation_checks.packets.fields import Packet
from isolation_checks.report.places import Places
from isolation_checks.snapshot import Fragment, Ref, TcpFlag
from isolation_checks.verdicts import (
    Cell,
    ChainWitness,
    CoverageRow,
    Doubt,
    Excepted,
    ExceptionState,
    ExceptionUse,
    Finding,
    Link,
    Note,
    PacketWitness,
    Place,
    Report,
    Result,
    RuleInfo,
    Scope,
    Severity,
    Step,
    Verdict,
    ZoneMatrix,
)
from topology.facts import Approval, Assumption, Name, RuleException
from topology.i18n import Text
from topology.origin import Origin

DAY = date(2026, 12, 1)


class Both(Text):
    """A wording in both languages that no catalogue has to know."""

    __slots__ = ()

    def render(self, lang: str) -> str:
        return str(dict(self.params)["zh"]) if lang == "zh" else self.msgid


def say(en: str, zh: str) -> Both:
    return Both(en, (("zh", zh),))


def ip(text: str) -> int:
    a, b, c, d = map(int, text.split("."))
    return a << 24 | b << 16 | c << 8 | d


PLAN = say("plan §7.1.1", "规划 §7.1.1")


def rule(name: str, en: str, zh: str, severity: Severity, scope: Scope) -> RuleInfo:
    about = say(f"{en}. A violation means that somebody can reach what is not theirs.", f"{zh}。违反即意味着有人能到达不属于自己的地方。")
    return RuleInfo(
        name, name.partition("-")[0], say(en, zh), about, (PLAN, say("GB/T 22239-2019 (S)", "GB/T 22239-2019（S）")), severity, scope
    )


REALMS = rule("PHY-REALMS", "Inner and outer share no cable", "内网与外网不共用任何线缆", Severity.CRITICAL, Scope.PHYSICAL)
EGRESS = rule("EGR-ONE", "One egress for all", "全市只有一个互联网出口", Severity.CRITICAL, Scope.ANY_ROUTE)
EXCESS = rule("SVC-EXCESS", "Nothing passes that nobody declared", "未登记的流量一律不通", Severity.HIGH, Scope.ANY_ROUTE)
SSH = rule("HARD-SSH", "Devices are managed by SSH only", "设备只允许通过 SSH 管理", Severity.MEDIUM, Scope.AS_WRITTEN)
KEPT = rule("RES-SITE", "Sites keep what they are promised", "站点保持所承诺的", Severity.HIGH, Scope.FAILURES)
OLD = rule("VPN-AGE", "No vertical network is newer than the plan", "规划之后不再新建纵向网", Severity.LOW, Scope.DECREED)
HIDDEN = rule("ACL-SHADOWED", "No entry of a filter is hidden by others", "过滤规则中没有被遮蔽的条目", Severity.LOW, Scope.AS_WRITTEN)

YAML = Origin("outer/counties/dongshan.yaml", 12, 5)
CITY = Origin("city.yaml", 40, 3)
LINES: dict[tuple[str, int], str] = {
    ("ds-r1.cfg", 31): "rule 15 permit tcp source 10.32.4.0 0.0.3.255",
    ("ds-fw.cfg", 77): "rule name <any> & `all`",
    ("ds-fw.cfg", 90): "nat source rule 1 pool EGRESS",
    ("ds-r2.cfg", 8): "frobnicate | enable",
    ("outer/counties/dongshan.yaml", 12): "uplinks: {b: {carrier: unicom, reference: 山电 0017}}",
    ("city.yaml", 40): "terminals-do-not-bridge:",
}
ASSUMPTIONS = (
    Assumption(
        "terminals-do-not-bridge", Name("终端不同时接入两个网络，也不私接上网卡", "Terminals do not bridge two networks"), "secrecy", CITY
    ),
    Assumption(
        "circuits-private", Name("运营商电路是专用的", "Circuits of carriers are private to the city"), "bureau", Origin("city.yaml", 44, 3)
    ),
)
APPROVAL = Approval(
    "old-switch", "exception", "bureau", "山信通〔2026〕3号", date(2026, 1, 1), date(2027, 1, 31), Origin("approvals.yaml", 4, 3)
)
ENDED = Approval(
    "old-exit", "exception", "bureau", "山信通〔2024〕9号", date(2024, 1, 1), date(2026, 6, 30), Origin("approvals.yaml", 9, 3)
)


def exception(rule_id: str, subject: str, approval: str, line: int) -> RuleException:
    return RuleException(
        rule_id, subject, approval, Name("设备年内更换", "The device is replaced this year"), Origin("exceptions.yaml", line, 5)
    )


def quote(place: Place) -> str | None:
    return LINES.get((place.file, place.line))


PLACES = Places(
    configs="build/configs",
    inventory="inventory/dongshan",
    quote=quote,
    mend=lambda ref: YAML if ref == Ref("ds-r1.cfg", 31) else None,
    names={"secrecy": Name("市国家保密局", "Municipal Secrecy Bureau")},
    version="1.2.3",
)


def packet_witness() -> PacketWitness:
    """Through a county's router and a firewall that translates."""
    packet = Packet(ip("10.32.4.7"), ip("198.51.100.9"), 6, 1024, 443, TcpFlag.SYN)
    seen = packet._replace(src=ip("203.0.113.5"))
    return PacketWitness(
        "finance-dongshan",
        "internet",
        packet,
        70_368_744_177_664,
        (
            Step(
                "finance-dongshan",
                say("sends tcp 10.32.4.7:1024 -> 198.51.100.9:443 [SYN]", "发出 tcp 10.32.4.7:1024 -> 198.51.100.9:443 [SYN]"),
            ),
            Step("ds-r1", say("permitted by rule 15 of ACL 3001 on the way in", "入方向 ACL 3001 的规则 15 允许"), Ref("ds-r1.cfg", 31)),
            Step("ds-r1", say("leaves by GigabitEthernet0/0/4", "由 GigabitEthernet0/0/4 发出")),
            Step("ds-distribution-switch-long-name", say("switched in VLAN 30", "在 VLAN 30 内转发")),
            Step(
                "ds-fw", say("permitted by the policy between trust and untrust", "trust 到 untrust 的安全策略允许"), Ref("ds-fw.cfg", 77)
            ),
            Step("ds-fw", say("translated to the egress pool", "源地址转换为出口地址池"), Ref("ds-fw.cfg", 90), seen),
            Step("unicom", say("leads to the Internet", "通向互联网")),
            Step("internet", say("arrives", "到达")),
        ),
        replayed=True,
    )


def answer_witness() -> PacketWitness:
    opener = packet_witness()
    back = Packet(ip("198.51.100.9"), ip("203.0.113.5"), 6, 443, 1024, TcpFlag.ACK)
    steps = (
        Step("ds-fw", say("belongs to a session that was let through", "属于已放行的会话"), None, back._replace(dst=opener.packet.src)),
        Step("ds-r1", say("no filter in this direction", "此方向没有过滤规则")),
    )
    return PacketWitness("internet", "finance-dongshan", back, 12, steps, replayed=False, opened_by=opener)


def stopped_witness() -> PacketWitness:
    packet = Packet(ip("10.32.4.7"), ip("10.40.0.1"), 17, 0, 0, 0, Fragment.LATER)
    steps = (Step("ds-r1", say("denied: no rule permits it", "没有规则允许，拒绝"), Ref("ds-r1.cfg", 40)),)
    return PacketWitness("finance-dongshan", "police-dongshan", packet, 65_536, steps, replayed=True, arrives=False)


def chain() -> ChainWitness:
    return ChainWitness(
        (
            Link("in-core1", "in-noc", say("cable c-17", "线缆 c-17"), Origin("inner/network.yaml", 20, 5)),
            Link("in-noc", "odf-3", say("circuit unicom 山电 0017, fibre 4", "电路 unicom 山电 0017，第 4 芯"), None),
            Link("odf-3", "console-server-1", say("management cable", "管理线缆"), YAML),
            Link("console-server-1", "ds-r1", say("console", "控制口"), None),
            Link("ds-r1", "core2", say("circuit", "电路"), None),
        )
    )


def finding(subject: str = "finance-dongshan", number: int = 0) -> Finding:
    return Finding(
        subject,
        Text("{party} reaches {target} past the egress", (("party", subject), ("target", "the Internet"), ("number", number))),
        say("Remove the rule, or lead the county's default route to the egress.", "删除该规则，或让该县的默认路由指向统一出口。"),
        (Ref("ds-r1.cfg", 31), Ref("ds-fw.cfg", 77)),
        packet_witness(),
    )


def result(info: RuleInfo, verdict: Verdict, **rest: object) -> Result:
    values: dict[str, object] = {"subjects": ("a", "b", "c"), "findings": (), "excepted": (), "doubts": (), "assumptions": ()}
    return Result(info, verdict, **(values | rest))  # type: ignore[arg-type] # by name


def report(
    results: tuple[Result, ...], exceptions: tuple[ExceptionUse, ...] = (), *, unknown: int = 0, matrix: bool = True, failures: int = 0
) -> Report:
    coverage = (
        CoverageRow("ds-fw", "huawei_usg", 210, 150, 20, 0, 0),
        CoverageRow("ds-r1", "h3c_comware", 120, 80, 10, 2 if unknown else 0, 0),
        CoverageRow("ds-r2", "h3c_comware", 118, 80, 10, 0, unknown),
    )
    groups = (
        ("agencies", say("Agencies", "部门")),
        ("townships", say("Townships", "乡镇")),
        ("hosting", say("Hosting centre", "托管中心")),
        ("dmz", say("DMZ", "DMZ")),
        ("internet", say("Internet", "互联网")),
    )
    cells = (
        Cell("agencies", "hosting", 12, True, 0),
        Cell("agencies", "internet", 1, True, 0),
        Cell("townships", "hosting", 4, False, 0),
        Cell("townships", "internet", 0, True, 2),
        Cell("internet", "dmz", 3, True, 0),
        Cell("hosting", "agencies", 0, True, 0),
    )
    return Report(
        "dongshan", "东山市", "Dongshan", DAY, "5f2c" * 16, 3, 448, results, exceptions, ASSUMPTIONS, coverage,
        ZoneMatrix(groups, cells) if matrix else None, (("reading", 0.5), ("PHY-REALMS", 0.25)), failures,
    )  # fmt: skip


def proved() -> Report:
    single = Note("ds-r2", say("when circuit c-9 is cut: 4 flows are lost", "当电路 c-9 断开时：失去 4 条流量"), (YAML,))
    return report(
        (
            result(REALMS, Verdict.PROVED, assumptions=("terminals-do-not-bridge",)),
            result(EGRESS, Verdict.PROVED, assumptions=("circuits-private", "terminals-do-not-bridge")),
            result(SSH, Verdict.PROVED),
            result(KEPT, Verdict.PROVED, notes=(single,)),
            result(OLD, Verdict.NOT_APPLICABLE, subjects=()),
        ),
        matrix=False,
        failures=1,
    )


def violated() -> Report:
    bridged = Finding(
        "in-core1",
        say("The inner network is connected to the outer one", "内网与外网之间有物理连接"),
        say("Take the console cable out.", "拔掉控制线。"),
        (YAML,),
        chain(),
    )
    answered = Finding(
        "internet", say("An answer passes to nobody's question", "无请求的应答通过"), say("Drop it.", "丢弃。"), (), answer_witness()
    )
    kept = Finding("ds-r2", say("telnet is open", "开放了 telnet"), say("Close it.", "关闭它。"), (Ref("ds-r2.cfg", 5),))
    stopped = Finding("police", say("A declared flow does not pass", "登记的流量不通"), say("Permit it.", "放行。"), (), stopped_witness())
    return report(
        (
            result(REALMS, Verdict.VIOLATED, findings=(bridged,)),
            result(EGRESS, Verdict.VIOLATED, findings=(finding(), finding("health-dongshan", 1), finding("health-dongshan", 2))),
            result(EXCESS, Verdict.VIOLATED, findings=(answered, stopped)),
            result(SSH, Verdict.PROVED, excepted=(Excepted(kept, exception("HARD-SSH", "ds-r2", "old-switch", 4), APPROVAL),)),
            result(OLD, Verdict.NOT_APPLICABLE, subjects=()),
            result(HIDDEN, Verdict.INCOMPLETE, doubts=(Doubt(say("line not understood", "该行未能理解"), Ref("ds-r2.cfg", 8)),)),
        ),
        uses(),
        unknown=1,
    )


def uses() -> tuple[ExceptionUse, ...]:
    """One in every state."""
    return (
        ExceptionUse(exception("HARD-SSH", "ds-r2", "old-switch", 4), APPROVAL, ExceptionState.USED, 1),
        ExceptionUse(exception("HARD-SSH", "ds-r9", "old-switch", 8), APPROVAL, ExceptionState.UNUSED, 0),
        ExceptionUse(exception("EGR-ONE", "customs", "old-exit", 12), ENDED, ExceptionState.EXPIRED, 2),
        ExceptionUse(exception("EGR-ONE", "tax", "never-given", 16), None, ExceptionState.INVALID, 1),
    )


def incomplete() -> Report:
    unknown = Doubt(say("line not understood: frobnicate | enable", "该行未能理解：frobnicate | enable"), Ref("ds-r2.cfg", 8))
    missing = Doubt(say("no config of ds-r3 was found", "没有找到 ds-r3 的配置"), None)
    return report(
        (
            result(REALMS, Verdict.PROVED),
            result(EGRESS, Verdict.INCOMPLETE, doubts=(missing, unknown)),
            result(SSH, Verdict.INCOMPLETE, doubts=(unknown,)),
        ),
        unknown=1,
        matrix=False,
    )


ALL = {"proved": proved, "violated": violated, "incomplete": incomplete}
