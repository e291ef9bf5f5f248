"""Changes that break nothing: other words, another order, narrower permits. No rule may find anything new in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from isolation_checks.case import Case
from isolation_checks.judge import judge
from isolation_checks.rules.registry import select
from isolation_checks.verdicts import Verdict
from tests.isolation_checks.mutations.harness import FIREWALLS, HEADS, ROUTERS, SWITCHES, Base, Draft, Lan, lans, permit, rules_of, said
from topology.facts import Name, Role, Survey

NUMBERED = {name: base for name, base in ROUTERS.items() if name != "frr"}
TYPED = {"huawei_vrp": "vrp", "huawei_usg": "vrp", "h3c_comware": "comware", "h3c_secpath": "comware", "cisco_ios": "ios"}


@dataclass(frozen=True)
class Harmless:
    """``hygiene``: rules that may call the change superfluous, which it is."""

    id: str
    what: str
    platforms: Mapping[str, str]
    change: Callable[[Draft], None]
    hygiene: tuple[str, ...] = ()


def router(draft: Draft, number: int = 0, linux: str = "frr.conf") -> str:
    return draft.file(draft.devices(Role.COUNTY_ROUTER)[number].name, linux)


def typed(draft: Draft) -> str:
    role = Role.EGRESS_FIREWALL if draft.platform in ("huawei_usg", "h3c_secpath") else Role.COUNTY_ROUTER
    return draft.file(draft.devices(role)[-1].name)


def switch(draft: Draft) -> str:
    return draft.file(draft.devices(Role.ACCESS)[0].name)


def agency(draft: Draft, which: int = 0) -> Lan:
    return lans(draft, draft.devices(Role.COUNTY_ROUTER)[0])[which]


def described(draft: Draft) -> None:
    file = router(draft)
    draft.edit(file, draft.find(file, r"^ description agency"), "description .*", "description permit ip any any, said the cable")


def described_in_chinese(draft: Draft) -> None:
    file = router(draft, 1)
    draft.edit(file, draft.find(file, r"^ description agency"), "description .*", "description 县政府办公室：二楼机房")


def loopback_described(draft: Draft) -> None:
    file = router(draft)
    at = draft.find(file, r"^interface (LoopBack0|Loopback0|lo)$")
    draft.edit(file, draft.find(file, r"^ description", at), "description .*", "description identity of this router")


def remarked(draft: Draft) -> None:
    lan = agency(draft)
    low, _ = rules_of(draft, draft.platform, lan.file, lan.filter_in)
    if draft.platform == "frr":
        draft.edit(lan.file, draft.find(lan.file, 'comment "portal.www"', low), "portal.www", "deny everything 网站")
    else:
        pattern = {
            "huawei_vrp": r"^ rule \d+ description portal",
            "h3c_comware": r"^ rule \d+ comment portal",
            "cisco_ios": "^ remark portal",
        }
        draft.edit(lan.file, draft.find(lan.file, pattern[draft.platform], low), "portal.www", "permit ip any any")


def renumbered(draft: Draft) -> None:
    lan = agency(draft)
    low, high = rules_of(draft, draft.platform, lan.file, lan.filter_in)
    for at in range(low, high):
        match = re.match(r" (?:rule )?(\d+) ", draft.lines(lan.file)[at])
        if match:
            draft.edit(lan.file, at, r"\d+", str(int(match[1]) * 10 + 7))


def reordered(draft: Draft) -> None:
    """Two permits next to each other change places."""
    lan = agency(draft, 1)
    low, high = rules_of(draft, draft.platform, lan.file, lan.filter_in)
    one, other = draft.find_all(lan.file, r"(permit|accept).*(1414)|1414 accept", low, high)[:2]
    lines = draft.lines(lan.file)
    if draft.platform == "frr":
        lines[one], lines[other] = lines[other], lines[one]
        return
    first, second = (re.match(r"( (?:rule )?\d+)(.*)", lines[at]) for at in (one, other))
    assert first
    assert second
    lines[one], lines[other] = first[1] + second[2], second[1] + first[2]


def halves(draft: Draft) -> None:
    """One prefix in two halves."""
    lan = agency(draft)
    low, high = rules_of(draft, draft.platform, lan.file, lan.filter_in)
    at = draft.find(lan.file, r"172\.18\.1\.20.*1414", low, high)
    line, (one, other) = draft.lines(lan.file)[at], lan.prefix.subnets()
    whole = str(lan.prefix) if draft.platform == "frr" else f"{lan.prefix.network_address} {lan.prefix.hostmask}"
    assert whole in line
    parts = [
        line.replace(whole, str(half) if draft.platform == "frr" else f"{half.network_address} {half.hostmask}") for half in (one, other)
    ]
    parts[1] = re.sub(r"^( (?:rule )?)(\d+)", lambda match: f"{match[1]}{int(match[2]) + 1}", parts[1])
    draft.lines(lan.file)[at : at + 1] = parts


def denied_again(draft: Draft) -> None:
    lan = agency(draft)
    low, high = rules_of(draft, draft.platform, lan.file, lan.filter_in)
    at = draft.find(lan.file, r"deny.*10\.0\.0\.0|10\.0\.0\.0/8 drop", low, high)
    number = re.match(r" (?:rule )?(\d+)", draft.lines(lan.file)[at])
    more = {
        "huawei_vrp": " rule {} deny ip destination 10.99.0.0 0.0.255.255",
        "h3c_comware": " rule {} deny ip destination 10.99.0.0 0.0.255.255",
        "cisco_ios": " {} deny ip any 10.99.0.0 0.0.255.255",
        "frr": "    ip daddr 10.99.0.0/16 drop",
    }[draft.platform]
    draft.insert(lan.file, at + 1, more.format(int(number[1]) + 1 if number else 0))


def spelled_out(draft: Draft) -> None:
    lan = agency(draft, 1)
    low, high = rules_of(draft, draft.platform, lan.file, lan.filter_in)
    at = draft.find(lan.file, r"172\.18\.5\.26.*53", low, high)
    old, new = {
        "huawei_vrp": (r"172\.18\.5\.26 0", "172.18.5.26 0.0.0.0"),
        "h3c_comware": (r"172\.18\.5\.26 0", "172.18.5.26 0.0.0.0"),
        "cisco_ios": (r"host 172\.18\.5\.26", "172.18.5.26 0.0.0.0"),
        "frr": (r"172\.18\.5\.26", "172.18.5.26/32"),
    }[draft.platform]
    draft.edit(lan.file, at, old, new)


def port_by_name(draft: Draft) -> None:
    lan = agency(draft, 1)
    low, high = rules_of(draft, draft.platform, lan.file, lan.filter_in)
    at = draft.find(lan.file, r"tcp.*172\.18\.4\.20.* 80\b|172\.18\.4\.20 tcp dport 80", low, high)
    draft.edit(lan.file, at, r" 80\b", " http" if draft.platform == "frr" else " www")


def narrower(draft: Draft) -> None:
    """A permit for half of those that it was for, at the entry and for the answers."""
    lan = agency(draft, 1)
    low, high = rules_of(draft, draft.platform, lan.file, lan.filter_in)
    at = draft.find(lan.file, r"172\.18\.1\.21.*1414", low, high)
    half = next(lan.prefix.subnets())
    whole = str(lan.prefix) if draft.platform == "frr" else f"{lan.prefix.network_address} {lan.prefix.hostmask}"
    draft.edit(lan.file, at, re.escape(whole), str(half) if draft.platform == "frr" else f"{half.network_address} {half.hostmask}")


def bogon_denied(draft: Draft) -> None:
    lan = agency(draft, 1)
    low, _ = rules_of(draft, draft.platform, lan.file, lan.filter_in)
    draft.insert(
        lan.file,
        low,
        {
            "huawei_vrp": " rule 1 deny ip source 127.0.0.0 0.255.255.255",
            "h3c_comware": " rule 1 deny ip source 127.0.0.0 0.255.255.255",
            "cisco_ios": " 1 deny ip 127.0.0.0 0.255.255.255 any",
            "frr": "    ip saddr 127.0.0.0/8 drop",
        }[draft.platform],
    )


def permit_dropped(draft: Draft) -> None:
    """What is not permitted is no breach of isolation."""
    lan = agency(draft)
    low, high = rules_of(draft, draft.platform, lan.file, lan.filter_in)
    draft.drop(lan.file, draft.find(lan.file, r"172\.18\.1\.21.*1414", low, high))


def capitals(draft: Draft) -> None:
    file = router(draft, 1)
    lan = lans(draft, draft.devices(Role.COUNTY_ROUTER)[1])[0]
    low, high = rules_of(draft, draft.platform, file, lan.filter_in)
    draft.edit_all(file, r"\bpermit tcp\b", "PERMIT TCP", low, high)


def abbreviated(draft: Draft) -> None:
    file = router(draft, 1)
    draft.edit_all(file, r"^ description ", " desc ", draft.find(file, "^interface "))
    draft.edit_all(file, r"^ ip address ", " ip addr ")


def left_views(draft: Draft) -> None:
    """Every interface's view is left by a command."""
    file = router(draft, 1)
    word = " exit" if draft.platform == "cisco_ios" else " quit"
    for at in reversed(draft.find_all(file, r"^interface ")):
        _, end = draft.block(file, "^" + re.escape(draft.lines(file)[at]) + "$")
        draft.insert(file, end, word.strip() if draft.platform == "cisco_ios" else word)


def banner(draft: Draft) -> None:
    file = router(draft, 1)
    draft.edit(file, draft.find(file, r"^(header login|banner login)"), "Authorized use only", "Keep out, acl 3000 permit ip")


def logs(draft: Draft) -> None:
    line = {
        "huawei_vrp": "info-center logbuffer size 1024",
        "h3c_comware": "info-center logbuffer size 1024",
        "cisco_ios": "logging buffered 131072 debugging",
        "frr": "log timestamp precision 3",
    }[draft.platform]
    file = router(draft)
    draft.insert(file, draft.find(file, r"^(info-center enable|logging buffered|log syslog)") + 1, line)


def timers(draft: Draft) -> None:
    file = router(draft)
    draft.edit(file, draft.find(file, r"^ (spf-schedule-interval|timers throttle spf)"), "200", "300")


def cost(draft: Draft) -> None:
    file = router(draft)
    draft.edit(file, draft.find(file, r"ospf cost 10$"), "10$", "25")


def mtu(draft: Draft) -> None:
    file = router(draft, 0, "links.ip")
    if draft.platform == "cisco_ios":
        draft.insert(file, draft.find(file, r"^ ip ospf cost 10$"), " ip mtu 1400")
    else:
        draft.edit(file, draft.find(file, r"mtu 1500"), "1500", "1400")


def discard(draft: Draft) -> None:
    line = {
        "huawei_vrp": "ip route-static 192.0.2.0 255.255.255.240 NULL0",
        "h3c_comware": "ip route-static 192.0.2.0 28 NULL0",
        "cisco_ios": "ip route 192.0.2.0 255.255.255.240 Null0",
        "frr": "ip route 192.0.2.0/28 blackhole",
    }[draft.platform]
    file = router(draft)
    if draft.platform == "frr":
        draft.insert(file, draft.find(file, "^router ospf$"), line)
    else:
        draft.append(file, line)


def comments(draft: Draft) -> None:
    file = router(draft)
    mark = "!" if draft.platform in ("cisco_ios", "frr") else "#"
    for at in reversed(draft.find_all(file, r"^interface ")):
        draft.insert(file, at, mark, mark)


def carriage_returns(draft: Draft) -> None:
    file = draft.file(draft.devices(Role.TOWNSHIP_ROUTER)[0].name, "nftables.conf")
    draft.lines(file)[:] = [line + "\r" for line in draft.lines(file)]


def trailing_blanks(draft: Draft) -> None:
    file = draft.file(draft.devices(Role.TOWNSHIP_ROUTER)[1].name, "nftables.conf")
    draft.lines(file)[:] = [line + "  \t" if line and not line.startswith(("header", "banner")) else line for line in draft.lines(file)]


def pager(draft: Draft) -> None:
    file = typed(draft)
    word = " --More-- " if draft.platform == "cisco_ios" else "  ---- More ----"
    for at in reversed(draft.find_all(file, r"^ (rule|\d+ permit|source-zone|description)")[3::40]):
        draft.insert(file, at, word)


def prompts(draft: Draft) -> None:
    """What a terminal shows before and after."""
    file = typed(draft)
    name = file.removesuffix(".cfg")
    if draft.platform == "cisco_ios":
        draft.insert(file, 0, f"{name}#show running-config", "Building configuration...", "", "Current configuration : 23456 bytes")
    else:
        draft.insert(file, 0, f"<{name}>display current-configuration")


def filters_last(draft: Draft) -> None:
    """Interfaces come before the filters that they name."""
    file = router(draft, 1)
    lan = lans(draft, draft.devices(Role.COUNTY_ROUTER)[1])[0]
    pattern = HEADS[draft.platform].format(name=re.escape(lan.filter_in))
    low, high = draft.block(file, pattern)
    moved = draft.lines(file)[low:high]
    del draft.lines(file)[low:high]
    draft.append(file, "!" if draft.platform == "cisco_ios" else "#", *moved)


def lines_swapped(draft: Draft) -> None:
    file = router(draft)
    at = draft.find(file, r"^ description agency")
    low, high = at + 1, at + 2
    lines = draft.lines(file)
    if draft.platform == "huawei_vrp":  # what a view begins with stays
        low, high = draft.find(file, r"^ mtu", at), draft.find(file, r"^ ip address", at)
    if draft.platform in ("h3c_comware", "cisco_ios"):
        low, high = at, at + 1
    lines[low], lines[high] = lines[high], lines[low]


def vlan_named(draft: Draft) -> None:
    file = switch(draft)
    draft.edit(file, draft.find(file, r"^ name agency"), "name .*", "name zhengfu-2F")


def vlan_unused(draft: Draft) -> None:
    file = switch(draft)
    draft.insert(file, draft.find(file, r"^vlan 900"), "vlan 777", " name nobody", "!" if draft.platform == "cisco_ios" else "#")


def filter_unused(draft: Draft) -> None:
    file = router(draft)
    head = {"huawei_vrp": "acl number 3998", "h3c_comware": "acl advanced 3998", "cisco_ios": "ip access-list extended unused"}[
        draft.platform
    ]
    draft.append(file, "!" if draft.platform == "cisco_ios" else "#", head, permit(draft.platform, "tcp", None, None, port="80"))


def contact(draft: Draft) -> None:
    file = router(draft, 0, "snmpd.conf")
    draft.edit(file, draft.find(file, r"sys-info contact|snmp-server contact|sysContact"), "Sample NOC", "noc at example dot net")


def policies_reordered(draft: Draft) -> None:
    """Two rules of a firewall's policy with nothing in common change places."""
    file = draft.file(draft.devices(Role.EGRESS_FIREWALL)[0].name)
    if draft.platform == "frr":
        one, other = draft.find_all(file, r"iifname @zone-(border|dmz)-management oifname @zone-trust")[:2]
        lines = draft.lines(file)
        lines[one], lines[other] = lines[other], lines[one]
        return
    one, other = draft.find_all(file, r"^ rule (\d+ )?name devices-(aaa|nms)-(border|dmz)")[:2]
    end = draft.find(file, r"^ rule ", other + 1)
    lines = draft.lines(file)
    lines[one:end] = [*lines[other:end], *lines[one:other]]


def policy_described(draft: Draft) -> None:
    file = draft.file(draft.devices(Role.EGRESS_FIREWALL)[1].name)
    at = draft.find(file, r"^  description|comment \"portal.www")
    draft.edit(
        file, at, r'description .*|comment "portal.www"', 'comment "any any"' if draft.platform == "frr" else "description any any permit"
    )


def fact(kind: str, number: int = 0, **changed: object) -> Callable[[Draft], None]:
    def change(draft: Draft) -> None:
        draft.swap(kind, getattr(draft.facts, kind)[number], **changed)

    return change


def approval_longer(draft: Draft) -> None:
    draft.swap("approvals", draft.facts.approvals[0], expires=date(2031, 1, 1))


DECREED = {"facts": "vrp"}
HARMLESS = (
    Harmless("description", "another description, which reads like a rule", ROUTERS, described),
    Harmless("description-zh", "a Chinese description", ROUTERS, described_in_chinese),
    Harmless("loopback", "another description of the loopback", ROUTERS, loopback_described),
    Harmless("remark", "another remark", ROUTERS, remarked),
    Harmless("renumbered", "other numbers, in the same order", NUMBERED, renumbered),
    Harmless("reordered", "two permits change places", ROUTERS, reordered),
    Harmless("halves", "one prefix in two halves", ROUTERS, halves),
    Harmless("denied-again", "a deny of what is denied anyway", ROUTERS, denied_again, ("ACL-SHADOWED", "ACL-REDUNDANT")),
    Harmless("spelled-out", "a host by its wildcard or prefix", ROUTERS, spelled_out),
    Harmless("port-name", "a port by its name", ROUTERS, port_by_name),
    Harmless("narrower", "a permit for half as many", ROUTERS, narrower),
    Harmless("permit-dropped", "a permit less", ROUTERS, permit_dropped),
    Harmless("bogon", "a deny of impossible sources first", ROUTERS, bogon_denied),
    Harmless("capitals", "keywords in capitals", NUMBERED, capitals),
    Harmless("abbreviated", "commands abbreviated", NUMBERED, abbreviated),
    Harmless("left", "views left by a command", NUMBERED, left_views),
    Harmless("banner", "another banner, which reads like a rule", NUMBERED, banner),
    Harmless("logs", "another log setting", ROUTERS, logs),
    Harmless("timers", "another timer", ROUTERS, timers),
    Harmless("cost", "another cost", ROUTERS, cost),
    Harmless("mtu", "another MTU", ROUTERS, mtu),
    Harmless("discard", "a discard route more", ROUTERS, discard),
    Harmless("comments", "lines of comment", ROUTERS, comments),
    Harmless("crlf", "lines that end as on Windows", ROUTERS, carriage_returns),
    Harmless("blanks", "blanks at the ends of lines", ROUTERS, trailing_blanks),
    Harmless("pager", "what a pager leaves behind", TYPED, pager),
    Harmless("prompts", "what a terminal shows before a config", TYPED, prompts),
    Harmless("filters-last", "filters behind the interfaces that name them", NUMBERED, filters_last),
    Harmless("lines-swapped", "two lines of an interface change places", ROUTERS, lines_swapped),
    Harmless("vlan-name", "another name of a VLAN", SWITCHES, vlan_named),
    Harmless("vlan-unused", "a VLAN that nobody uses", SWITCHES, vlan_unused),
    Harmless("filter-unused", "a filter that nobody uses", NUMBERED, filter_unused),
    Harmless("contact", "another contact", ROUTERS, contact),
    Harmless("policies-reordered", "two rules of a policy change places", FIREWALLS, policies_reordered),
    Harmless("policy-described", "another description of a policy's rule", FIREWALLS, policy_described),
    Harmless("rack", "a device in another rack", DECREED, fact("devices", rack="Z9")),
    Harmless("survey", "a device looked at", DECREED, fact("devices", survey=Survey(date(2026, 11, 1), "nobody"))),
    Harmless("faster", "a circuit with more bandwidth", DECREED, fact("circuits", mbps=10_000)),
    Harmless("party-name", "another name of a party", DECREED, fact("parties", name=Name("改名局", "Renamed bureau"))),
    Harmless("approval-longer", "an approval that lasts longer", DECREED, approval_longer),
)  # fmt: skip


def objections(base: Base, case: Case, hygiene: tuple[str, ...]) -> list[str]:
    """What any rule says about the changed city that it did not say before."""
    found = []
    for result in judge(case, select([], failures=None)).results:
        name, before = result.rule.id, base.everything[result.rule.id]
        known = {said(item) for item in before.findings}
        doubts = {item.what.render("en") for item in before.doubts}
        if name not in hygiene:
            found += [f"{name}: {item.what.render('en')}" for item in result.findings if said(item) not in known]
        found += [f"{name}: {item.what.render('en')} {item.place}" for item in result.doubts if item.what.render("en") not in doubts]
        if before.verdict == Verdict.PROVED and result.verdict == Verdict.NOT_APPLICABLE:
            found.append(f"{name} has no subjects any more")
    return found


def together(base: Base, changes: list[tuple[Harmless, str]]) -> Draft:
    """Several changes in one draft, those that move whole lines last."""
    draft = Draft(base, "", base.facts)
    for item, platform in sorted(
        changes, key=lambda pair: pair[0].id in ("crlf", "blanks", "capitals", "abbreviated", "pager", "prompts", "renumbered")
    ):
        draft.platform = platform
        item.change(draft)
    return draft


__all__ = ["HARMLESS", "Harmless", "objections", "replace", "together"]
