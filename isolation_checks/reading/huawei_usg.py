"""Huawei USG firewalls: VRP with zones, security and NAT policies, address and service sets, and pairs."""

from __future__ import annotations

from isolation_checks.reading.huawei_device import device
from isolation_checks.reading.huawei_draft import Draft, PolicyRuleDraft, PoolDraft
from isolation_checks.reading.huawei_irrelevant import PEOPLE, RATES, TIMERS
from isolation_checks.reading.huawei_likeness import firewall_marks, likeness
from isolation_checks.reading.huawei_management import flag, no_flag, switch
from isolation_checks.reading.huawei_names import take_interface
from isolation_checks.reading.huawei_nat import published
from isolation_checks.reading.huawei_sets import SETS_TOP, Sets
from isolation_checks.reading.huawei_views import (
    Entry,
    Handler,
    Reading,
    UnreadError,
    View,
    done,
    feature,
    feature_view,
    only,
    opener,
    swallow,
)
from isolation_checks.reading.huawei_vrp import RESERVED, TOP_TABLE
from isolation_checks.reading.huawei_zones import (
    CONDITIONS,
    ZONES_TOP,
    firewall,
    matches_of,
    move_rule,
    open_rule,
    rule_here,
    undo_rule,
)
from isolation_checks.reading.ledger import Ledger
from isolation_checks.reading.source import Source
from isolation_checks.reading.values import ip
from isolation_checks.snapshot import DeviceConfig, FeatureKind, Range, SourceNat
from topology.i18n import T

_OF_FEATURE = T("part of a view that is a feature as a whole").msgid


# --- pairs


def _fact(name: str, value: str = "yes") -> Handler:
    def handler(r: Reading, _words: list[str]) -> None:
        r.draft.facts[name] = value

    return handler


def _hrp_interface(r: Reading, words: list[str]) -> None:
    name, taken = take_interface(words)
    if name is None or words[taken : taken + 1] not in ([], ["remote"], ["heartbeat-only"], ["high-availability"]):
        raise UnreadError
    before = r.draft.facts.get("hrp-interfaces")
    r.draft.facts["hrp-interfaces"] = f"{before} {name}" if before else name


_PAIRS: dict[str, Entry] = {
    "hrp enable": _fact("hrp"), "undo hrp enable": done, "hrp interface": _hrp_interface, "undo hrp interface": done,
    "hrp standby-device": _fact("hrp-role", "standby"), "hrp active-device": _fact("hrp-role", "active"), "undo hrp standby-device": done,
    "hrp mirror session enable": _fact("hrp-mirror"), "undo hrp mirror": done, "hrp mirror": done, "hrp": done, "undo hrp": done,
    "hrp load balance device": _fact("hrp-role", "balanced"),
}  # fmt: skip


# --- address translation


def _open_pool(r: Reading, words: list[str]) -> None:
    """``nat address-group NAME [id]`` with sections, or ``nat address-group id A B`` of older releases."""
    if len(words) > 2 and ip(words[-1]) is not None and ip(words[-2]) is not None:
        first, last = ip(words[-2]) or 0, ip(words[-1]) or 0
        pool = r.draft.pools.setdefault(words[0], PoolDraft(r.ref))
        if first > last:
            raise UnreadError
        pool.ranges.append((first, last))
        return
    only(words, 2)
    pool = r.draft.pools.setdefault(words[0].strip('"'), PoolDraft(r.ref))
    if len(words) == 2:
        r.draft.pools.setdefault(str(int(words[1])), pool)
    r.open(POOL, pool)


def _undo_pool(r: Reading, words: list[str]) -> None:
    r.draft.pools.pop(words[0], None)


def _pool(r: Reading) -> PoolDraft:
    subject = r.here
    if not isinstance(subject, PoolDraft):
        raise UnreadError
    return subject


def _mode(r: Reading, words: list[str]) -> None:
    if words[0] not in ("pat", "no-pat", "full-cone", "pcp", "triplet"):
        raise UnreadError
    _pool(r).ports = words[0] != "no-pat"


def _section(r: Reading, words: list[str]) -> None:
    """``section [id] A [B]``"""
    words = words[1:] if words[0].isdigit() else words
    first = ip(words[0])
    last = ip(words[1]) if len(words) > 1 else first
    if first is None or last is None or first > last:
        raise UnreadError
    _pool(r).ranges.append((first, last))


POOL = View(
    "nat address-group",
    {
        "mode": _mode, "section": _section, "undo section": feature(FeatureKind.NAT), "route enable": TIMERS, "undo route enable": TIMERS,
        "exclude-ip": done, "exclude-port": done, "smart-nopat": done, "port-block": TIMERS, "description": PEOPLE, "nat-mode": done,
        "srcnat-car": TIMERS, "reserved-port": TIMERS, "status": done, "health-check": TIMERS, "black-list": done,
    },
)  # fmt: skip


def _server(r: Reading, words: list[str]) -> None:
    """``nat server [NAME] [id] [zone Z] protocol P global A inside B ...``; cut-off keywords at the end of a line are refused."""
    name = ""
    while words and words[0] not in ("protocol", "global", "zone", "vpn-instance"):
        name = name or words[0].strip('"')
        words = words[1:]
    r.draft.destination_nat.append(published(r, words, name, None, True))


def _undo_server(r: Reading, words: list[str]) -> None:
    name = words[1] if words[0] == "name" else words[0]
    r.draft.destination_nat = [entry for entry in r.draft.destination_nat if entry.name != name.strip('"')]


def _nat_action(r: Reading, words: list[str]) -> None:
    rule = rule_here(r)
    if words[0] in ("source-nat", "nat"):
        words = words[1:]
    if words[0] == "no-nat":
        rule.action = "exempt"
    elif words[0] == "easy-ip":
        rule.action = "easy-ip"
    elif words[0] == "address-group":
        rule.action, rule.target = "pool", words[1].strip('"')
        rule.ports = "no-pat" not in words[2:]
    elif words[0] in ("static-mapping", "destination-nat") or "destination-nat" in r.text:
        rule.action = "feature"
        r.feature(FeatureKind.NAT)
    else:
        raise UnreadError


def _egress(r: Reading, words: list[str]) -> None:
    name, _ = take_interface(words)
    if name is None:
        raise UnreadError
    rule_here(r).egress = name


NAT_RULE = View(
    "nat rule",
    {**CONDITIONS, "action": _nat_action, "egress-interface": _egress, "nat-type": done, "undo action": feature(FeatureKind.NAT)},
)
NAT_POLICY = View(
    "nat-policy",
    {
        "rule name": open_rule(NAT_RULE, "nat_rules"), "undo rule name": undo_rule("nat_rules"), "rule move": move_rule("nat_rules"),
        "description": PEOPLE, "default action": done, "group name": feature(FeatureKind.NAT),
    },
)  # fmt: skip


def _open_nat(r: Reading, words: list[str]) -> None:
    only(words, 0)
    r.open(NAT_POLICY, r.draft)


def translations(draft: Draft) -> tuple[SourceNat, ...]:
    sets = Sets(draft)
    return tuple(
        _translation(rule, draft, sets) for rule in draft.nat_rules.values() if not rule.disabled and rule.action not in (None, "feature")
    )


def _translation(rule: PolicyRuleDraft, draft: Draft, sets: Sets) -> SourceNat:
    matches, exact = matches_of(rule, sets)
    pool = draft.pools.get(rule.target or "")
    ranges: tuple[Range, ...] = tuple(pool.ranges) if pool is not None else ()
    zones = [tuple(dict.fromkeys(names)) if names and "any" not in names else None for names in (rule.from_zones, rule.to_zones)]
    return SourceNat(
        rule.name, "exempt" if rule.action == "exempt" else "translate", matches, rule.egress, zones[0], zones[1], ranges,
        rule.action == "easy-ip", rule.ports and (pool is None or pool.ports), rule.conditional or not exact, rule.ref,
    )  # fmt: skip


# --- policy-based routing, bandwidth, virtual systems


def _open_routes(r: Reading, words: list[str]) -> None:
    only(words, 0)
    r.open(ROUTE_POLICY, r.draft)


def _open_route_rule(r: Reading, words: list[str]) -> None:
    r.open(ROUTE_RULE, PolicyRuleDraft(" ".join(words), r.ref))


def _route_action(r: Reading, words: list[str]) -> None:
    """``action pbr next-hop A``, ``action pbr vpn-instance V``; ``no-pbr`` leaves the packet to the routes."""
    if words[0] != "no-pbr":
        r.feature(FeatureKind.POLICY_ROUTE)


_ROUTE_CONDITIONS = ("ingress-interface", "track", "egress-interface", "next-hop", "add", "mode", "priority", "quota", "isp", "weight")
ROUTE_RULE = View("pbr rule", {**CONDITIONS, **dict.fromkeys(_ROUTE_CONDITIONS, done), "action": _route_action})
ROUTE_POLICY = View("policy-based-route", {"rule name": _open_route_rule, "undo rule name": done, "rule move": done, "description": PEOPLE})


def _switch_system(r: Reading, words: list[str]) -> None:
    if words[0] != "vsys":
        raise UnreadError
    r.other_system()
    r.feature(FeatureKind.VIRTUAL_SYSTEM)


_SYSTEMS: dict[str, Entry] = {
    "switch": _switch_system, "vsys enable": feature(FeatureKind.VIRTUAL_SYSTEM), "undo vsys enable": done,
    "vsys name": feature_view(FeatureKind.VIRTUAL_SYSTEM, _OF_FEATURE), "vsys": feature_view(FeatureKind.VIRTUAL_SYSTEM, _OF_FEATURE),
}  # fmt: skip
_DETECTED = feature(FeatureKind.FILTER)
_QUIET: dict[str, Entry] = {
    "traffic-policy": swallow(RATES),
    "pcp-policy": opener("pcp-policy", {"rule": feature_view(FeatureKind.NAT, _OF_FEATURE), "description": PEOPLE}),
}


def _dns_policy(r: Reading, words: list[str]) -> None:
    """Answers of name servers rewritten, if a rule or ``dns transparent-proxy enable`` stands in it."""
    only(words, 0)
    r.open(_DNS_POLICY, None)


_DNS_POLICY = View(
    "dns-transparent-policy",
    {"mode": TIMERS, "dns transparent-proxy enable": feature(FeatureKind.PROXY), "rule": feature_view(FeatureKind.PROXY, _OF_FEATURE),
     "dns server": done, "undo dns": done, "description": PEOPLE, "dns": feature(FeatureKind.PROXY)},
)  # fmt: skip


def _open_api(r: Reading, _words: list[str]) -> None:
    r.open(_API, None)


_API = View(
    "api",
    {"api https enable": switch("restconf", True), "api http enable": switch("restconf", True), "api netconf enable": switch("netconf",
    True),
     "undo api https enable": switch("restconf", False), "undo api netconf enable": switch("netconf", False), "api netconf port": done,
     "api https port": done, "api": done, "ipv6": done, "https": done, "security": done, "undo api http enable": done, "user": done},
)  # fmt: skip


def _open_balance(r: Reading, words: list[str]) -> None:
    r.open(_BALANCE, None)


_BALANCE_PART = View("slb part", {}, swallow=_OF_FEATURE)


def _balance_part(r: Reading, _words: list[str]) -> None:
    r.feature(FeatureKind.NAT)
    r.open(_BALANCE_PART, None)


_BALANCE = View("slb", {"group": _balance_part, "vserver": _balance_part, "description": PEOPLE, "health-check": TIMERS})


def _open_proxy(r: Reading, _words: list[str]) -> None:
    r.open(_PROXY, None)


_PROXY = View("proxy-policy", {"rule": feature_view(FeatureKind.PROXY, _OF_FEATURE), "description": PEOPLE})
_L2TP = View("l2tp-group", {}, swallow=_OF_FEATURE)


def _open_l2tp(r: Reading, words: list[str]) -> None:
    """Groups work once ``l2tp enable`` stands at the top, which is a feature; the group of the factory is empty."""
    r.open(_L2TP, None)


_USG_TABLE: dict[str, Entry] = {
    **TOP_TABLE, **ZONES_TOP, **SETS_TOP, **_PAIRS, **_SYSTEMS, **_QUIET,
    "nat address-group": _open_pool, "undo nat address-group": _undo_pool, "nat server": _server, "undo nat server": _undo_server,
    "nat-policy": _open_nat, "policy-based-route": _open_routes, "dns-transparent-policy": _dns_policy, "api": _open_api,
    "proxy-policy": _open_proxy, "l2tp-group": _open_l2tp, "slb enable": feature(FeatureKind.NAT), "slb": _open_balance,
    "undo slb enable": done,
    "destination-nat address-group": feature_view(FeatureKind.NAT, _OF_FEATURE), "nat64": feature_view(FeatureKind.NAT, _OF_FEATURE),
    "firewall detect": _DETECTED, "undo firewall detect": done, "firewall interzone": feature_view(FeatureKind.FILTER, _OF_FEATURE),
    "detect": _DETECTED, "undo detect": done, "web-manager enable": switch("http", True), "undo web-manager enable": switch("http", False),
    "web-manager security enable": switch("https", True), "undo web-manager security enable": switch("https", False), "web-manager": done,
    "web-manager security": done, "undo web-manager": done, "firewall session link-state check": flag("session-state-check"),
    "undo firewall session link-state check": no_flag("session-state-check"), "firewall mode transparent": feature(FeatureKind.BRIDGING),
    "firewall mode": done, "firewall import-flow public": feature(FeatureKind.VIRTUAL_SYSTEM),
    "firewall import-flow": feature(FeatureKind.VIRTUAL_SYSTEM),
    "firewall static-mapping": feature(FeatureKind.NAT), "firewall long-link": TIMERS, "v-gateway": feature_view(FeatureKind.TUNNEL,
    _OF_FEATURE),
    "sslvpn": feature_view(FeatureKind.TUNNEL, _OF_FEATURE), "firewall server-map": feature(FeatureKind.NAT),
    "firewall enable": done, "undo firewall enable": feature(FeatureKind.FILTER), "firewall packet-filter": feature(FeatureKind.FILTER),
}  # fmt: skip
SYSTEM = View("system", _USG_TABLE)


def parse(folder: str, sources: tuple[Source, ...]) -> DeviceConfig:
    """The config of one firewall, which is one file."""
    source = sources[0]
    r = Reading(Ledger(source.name, len(source.lines)), SYSTEM, RESERVED)
    draft = r.run(source.lines)
    return device(r, draft, folder, "huawei_usg", firewall(draft), translations(draft))


def looks_like(source: Source) -> float:
    marks = firewall_marks(source)
    if not marks:
        return 0.0
    score = min(1.0, likeness(source) + 0.1 * marks)
    return score if marks >= 2 else score * 0.3
