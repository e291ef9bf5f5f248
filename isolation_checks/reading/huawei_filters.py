"""Traffic policies (classifier, behavior, policy), filters on VLANs and on everything, and VLANs themselves."""

from __future__ import annotations

from isolation_checks.reading.huawei_acl import acl_name
from isolation_checks.reading.huawei_draft import BehaviorDraft, ClassifierDraft, Draft, TrafficPolicyDraft, VlanDraft
from isolation_checks.reading.huawei_interfaces import filter_of, policy_filter
from isolation_checks.reading.huawei_irrelevant import IPV6_ONLY, LOGS, LOOPS, ONLY_DROPS, PEOPLE, RATES, TIMERS
from isolation_checks.reading.huawei_switching import interface_of, port_names, vlan_list, vlan_of
from isolation_checks.reading.huawei_views import Entry, Handler, Reading, UnreadError, View, done, feature, keyword, only
from isolation_checks.snapshot import Action, Applied, FeatureKind, Filter, Match, Rule

# --- classifiers


def _open_classifier(r: Reading, words: list[str]) -> None:
    """``traffic classifier NAME [operator and|or] [precedence N]``"""
    found = r.draft.classifiers.setdefault(words[0], ClassifierDraft(r.ref))
    rest = words[1:]
    while rest:
        if rest[0] == "operator":
            found.operator = keyword(rest[1], "and", "or")
        elif rest[0] not in ("precedence", "type"):
            raise UnreadError
        rest = rest[2:]
    r.open(CLASSIFIER, found)


def _classifier(r: Reading) -> ClassifierDraft:
    subject = r.here
    if not isinstance(subject, ClassifierDraft):
        raise UnreadError
    return subject


def _if_match(r: Reading, words: list[str]) -> None:
    found = _classifier(r)
    if words[0] == "any":
        found.any = r.ref
    elif words[0] == "acl":
        rest = words[1:]
        if rest[0] == "ipv6":
            r.irrelevant(IPV6_ONLY)
            return
        found.acls.append(Applied(filter_of(r, rest), r.ref))
    elif words[0] == "ipv6":
        r.irrelevant(IPV6_ONLY)
    elif words[:2] in (["protocol", "ip"], ["l2-protocol", "ip"]):
        found.any = r.ref
    elif words[0] in _NARROW:
        found.narrowed = True
    else:
        raise UnreadError


_NARROW = {
    "dscp", "ip-precedence", "8021p", "vlan-id", "cvlan-id", "cvlan-8021p", "source-mac", "destination-mac", "inbound-interface",
    "outbound-interface", "tcp", "protocol", "l2-protocol", "rtp", "mpls-exp", "qos-group", "discard", "double-tag", "user-set",
    "app-protocol",
    "flow-id", "dlci", "fr-de", "atm", "pvc", "vxlan", "packet-length", "fragment", "qos-local-id", "protocol-group", "application",
    "category", "te-class",
}  # fmt: skip


def _undo_if_match(r: Reading, words: list[str]) -> None:
    found = _classifier(r)
    if words[0] == "acl":
        name = filter_of(r, words[1:])
        found.acls = [entry for entry in found.acls if entry.filter != name]
    elif words[0] == "any":
        found.any = None
    else:
        raise UnreadError


CLASSIFIER = View("traffic classifier", {"if-match": _if_match, "undo if-match": _undo_if_match, "description": PEOPLE})


# --- behaviors


def _open_behavior(r: Reading, words: list[str]) -> None:
    only(words, 1)
    r.open(BEHAVIOR, r.draft.behaviors.setdefault(words[0], BehaviorDraft(r.ref)))


def _behavior(r: Reading) -> BehaviorDraft:
    subject = r.here
    if not isinstance(subject, BehaviorDraft):
        raise UnreadError
    return subject


def _sets(deny: bool) -> Handler:
    def handler(r: Reading, words: list[str]) -> None:
        only(words, 0)
        _behavior(r).deny = deny

    return handler


def _beside(reason: str) -> Handler:
    """An action that neither drops nor moves packets; whether an ACL's deny still drops with it differs."""

    def handler(r: Reading, _words: list[str]) -> None:
        _behavior(r).plain = False
        r.irrelevant(reason)

    return handler


def _moves(kind: FeatureKind) -> Handler:
    def handler(r: Reading, _words: list[str]) -> None:
        _behavior(r).plain = False
        r.feature(kind)

    return handler


BEHAVIOR = View(
    "traffic behavior",
    {
        "permit": _sets(False), "deny": _sets(True), "undo deny": _sets(False), "undo permit": done,
        "redirect": _moves(FeatureKind.POLICY_ROUTE), "mirroring": _moves(FeatureKind.MIRROR), "nest": _moves(FeatureKind.BRIDGING),
        "add-tag": _moves(FeatureKind.BRIDGING), "remark vlan-id": _moves(FeatureKind.BRIDGING),
        "remark cvlan-id": _moves(FeatureKind.BRIDGING),
        "remark destination-mac": _moves(FeatureKind.BRIDGING), "vlan-mapping": _moves(FeatureKind.BRIDGING),
        "nat": _moves(FeatureKind.NAT),
        "port-mirroring": _moves(FeatureKind.MIRROR), "sac": _moves(FeatureKind.OTHER), "remark": _beside(RATES), "car": _beside(RATES),
        "queue": _beside(RATES), "statistic": _beside(LOGS), "statistics": _beside(LOGS), "counter": _beside(LOGS), "gts": _beside(RATES),
        "service-class": _beside(RATES), "user-queue": _beside(RATES), "traffic-policy": _moves(FeatureKind.FILTER), "ip": _beside(LOGS),
        "mac-address": _beside(ONLY_DROPS), "user-defined": _beside(RATES), "description": PEOPLE, "drop-profile": _beside(RATES),
        "wred": _beside(RATES), "af": _beside(RATES), "ef": _beside(RATES), "llq": _beside(RATES),
        "http-redirect": _moves(FeatureKind.PROXY),
    },
)  # fmt: skip


# --- policies


def _open_policy(r: Reading, words: list[str]) -> None:
    found = r.draft.policies.setdefault(words[0], TrafficPolicyDraft(r.ref))
    rest = words[1:]
    if rest[:1] == ["match-order"]:
        found.auto = keyword(rest[1], "auto", "config") == "auto"
        rest = rest[2:]
    if rest not in ([], ["atomic"]):
        raise UnreadError
    r.open(POLICY, found)


def _policy(r: Reading) -> TrafficPolicyDraft:
    subject = r.here
    if not isinstance(subject, TrafficPolicyDraft):
        raise UnreadError
    return subject


def _pair(r: Reading, words: list[str]) -> None:
    """``classifier C behavior B [precedence N]``"""
    found = _policy(r)
    if words[1] != "behavior":
        raise UnreadError
    rest = words[3:]
    precedence = int(rest[1]) if rest[:1] == ["precedence"] else -1
    found.pairs = [pair for pair in found.pairs if pair[0] != words[0]]
    found.pairs.append((words[0], words[2], precedence, r.ref))


def _undo_pair(r: Reading, words: list[str]) -> None:
    found = _policy(r)
    found.pairs = [pair for pair in found.pairs if pair[0] != words[0]]


POLICY = View(
    "traffic policy",
    {
        "classifier": _pair, "undo classifier": _undo_pair, "share-mode": RATES, "undo share-mode": RATES, "statistics enable": LOGS,
        "statistic enable": LOGS, "description": PEOPLE, "step": done, "match-type": TIMERS, "undo statistics enable": LOGS,
    },
)  # fmt: skip


def policy_filters(r: Reading, acls: dict[str, Filter]) -> tuple[Filter, ...]:
    """What traffic policies do to packets: an ACL's deny drops, its permit does what the behavior says, no match passes."""
    return tuple(_resolved(r, name, policy, acls) for name, policy in r.draft.policies.items())


def _resolved(r: Reading, name: str, policy: TrafficPolicyDraft, acls: dict[str, Filter]) -> Filter:
    rules: tuple[Rule, ...] = ()
    pairs = policy.pairs
    if any(pair[2] >= 0 for pair in pairs):
        pairs = sorted(pairs, key=lambda pair: pair[2])
    for classifier_name, behavior_name, _, ref in pairs:
        classifier, behavior = r.draft.classifiers.get(classifier_name), r.draft.behaviors.get(behavior_name)
        if classifier is None or behavior is None:
            r.ledger.feature(ref.line, FeatureKind.FILTER, f"{classifier_name} {behavior_name}")
            continue
        rules += _class_rules(r, classifier, behavior, acls, doubtful=policy.auto and len(pairs) > 1)
    return Filter(policy_filter(name), "policy", rules, Action.PERMIT, policy.ref)


def _class_rules(
    r: Reading, classifier: ClassifierDraft, behavior: BehaviorDraft, acls: dict[str, Filter], doubtful: bool
) -> tuple[Rule, ...]:
    """``doubtful``: where releases read a combination differently, what drops does not count."""
    names = [acl_name(r.draft, item.filter) for item in classifier.acls]
    both = classifier.operator != "or" and (len(names) > 1 or bool(names and classifier.any))
    narrowed = classifier.narrowed and (classifier.operator != "or" or not names)
    if len(names) == 1 and not (both or narrowed or doubtful or behavior.deny or classifier.any) and behavior.plain:
        found = acls.get(names[0])
        if found is not None:
            return found.rules
    rules: list[Rule] = []
    for name, applied in zip(names, classifier.acls, strict=True):
        found = acls.get(name)
        if found is None:
            r.ledger.feature(applied.ref.line, FeatureKind.FILTER, name)
            continue
        rules += [_under(rule, behavior, narrowed or both or doubtful) for rule in found.rules]
    if classifier.any is not None and not (both or (classifier.operator != "or" and names)):
        rules.append(Rule(Action.DENY if behavior.deny else Action.PERMIT, (Match(),), classifier.any, "any", doubtful or narrowed))
    elif classifier.narrowed and not names:
        rules.append(Rule(Action.DENY if behavior.deny else Action.PERMIT, (Match(),), classifier.ref, "", True))
    return tuple(rules)


def _under(rule: Rule, behavior: BehaviorDraft, doubtful: bool) -> Rule:
    """An ACL's rule as the behavior makes it."""
    if rule.action == Action.DENY:
        return rule if behavior.plain and not doubtful else rule._replace(conditional=True)
    if behavior.deny:
        rule = rule._replace(action=Action.DENY)
    return rule._replace(conditional=True) if doubtful else rule


# --- filters put to use in the system view


def _traffic_filter(r: Reading, words: list[str]) -> None:
    """``traffic-filter [vlan V] inbound acl 3000``"""
    vlan: int | None = None
    if words[0] == "vlan":
        vlan, words = int(words[1]), words[2:]
    direction = keyword(words[0], "inbound", "outbound")
    if words[1:3] == ["acl", "ipv6"]:
        r.irrelevant(IPV6_ONLY)
        return
    _put(r, vlan, direction, Applied(filter_of(r, words[1:]), r.ref))


def _put(r: Reading, vlan: int | None, direction: str, applied: Applied) -> None:
    if vlan is None:
        (r.draft.global_in if direction == "inbound" else r.draft.global_out).append(applied)
    else:
        found = vlan_of(r.draft, vlan, r)
        (found.filters_in if direction == "inbound" else found.filters_out).append(applied)


def _undo_traffic_filter(r: Reading, words: list[str]) -> None:
    vlan: int | None = None
    if words[0] == "vlan":
        vlan, words = int(words[1]), words[2:]
    direction = keyword(words[0], "inbound", "outbound")
    name = filter_of(r, words[1:]) if len(words) > 1 else None
    place = r.draft if vlan is None else vlan_of(r.draft, vlan, r)
    if isinstance(place, Draft):
        entries = place.global_in if direction == "inbound" else place.global_out
    else:
        entries = place.filters_in if direction == "inbound" else place.filters_out
    entries[:] = [entry for entry in entries if name is not None and entry.filter != name]


def _global_policy(r: Reading, words: list[str]) -> None:
    """``traffic-policy P global inbound [slot N]``: on one slot only it does not hold everywhere."""
    if words[1] != "global" or len(words) not in (3, 5):
        raise UnreadError
    if len(words) == 5:
        r.feature(FeatureKind.FILTER)
        return
    _put(r, None, keyword(words[2], "inbound", "outbound"), Applied(policy_filter(words[0]), r.ref))


# --- VLANs


def _vlan(r: Reading, words: list[str]) -> None:
    if words[0] == "batch":
        for number in vlan_list(words[1:]):
            vlan_of(r.draft, number, r)
        return
    only(words, 1)
    r.open(VLAN, vlan_of(r.draft, min(vlan_list(words)), r))


def _undo_vlan(r: Reading, words: list[str]) -> None:
    for number in vlan_list([word for word in words if word != "batch"]):
        r.draft.vlans.pop(number, None)


def _here_vlan(r: Reading) -> VlanDraft:
    subject = r.here
    if not isinstance(subject, VlanDraft):
        raise UnreadError
    return subject


def _vlan_name(r: Reading, words: list[str]) -> None:
    _here_vlan(r).name = " ".join(words)


def _vlan_ports(r: Reading, words: list[str]) -> None:
    """``port GigabitEthernet0/0/1 to 0/0/4``: access ports, named in the VLAN's own view."""
    vlan = _here_vlan(r)
    for name in port_names(words):
        port = interface_of(r, name).port
        port.link_type = port.link_type or "access"
        port.default_vlan = vlan.id


def _vlan_policy(r: Reading, words: list[str]) -> None:
    vlan = _here_vlan(r)
    only(words, 2)
    _put(r, vlan.id, keyword(words[1], "inbound", "outbound"), Applied(policy_filter(words[0]), r.ref))


def _vlan_filter(r: Reading, words: list[str]) -> None:
    vlan = _here_vlan(r)
    _put(r, vlan.id, keyword(words[0], "inbound", "outbound"), Applied(filter_of(r, words[1:]), r.ref))


VLAN = View(
    "vlan",
    {
        "name": _vlan_name, "description": PEOPLE, "port": _vlan_ports, "traffic-policy": _vlan_policy,
        "traffic-filter": _vlan_filter,
        "undo name": PEOPLE, "statistic": LOGS, "statistics": LOGS, "broadcast-suppression": RATES, "unicast-suppression": RATES,
        "multicast-suppression": RATES, "igmp-snooping": ONLY_DROPS, "mac-address": ONLY_DROPS, "dhcp snooping": ONLY_DROPS,
        "arp anti-attack": ONLY_DROPS,
        "ip source check": ONLY_DROPS, "stp": LOOPS, "aggregate-vlan": feature(FeatureKind.BRIDGING),
        "access-vlan": feature(FeatureKind.BRIDGING),
        "mux-vlan": feature(FeatureKind.BRIDGING), "subordinate": feature(FeatureKind.BRIDGING), "mac-vlan": feature(FeatureKind.BRIDGING),
        "ip-subnet-vlan": feature(FeatureKind.BRIDGING), "protocol-vlan": feature(FeatureKind.BRIDGING),
        "vxlan": feature(FeatureKind.VXLAN),
        "management-vlan": done, "undo mac-address": ONLY_DROPS, "loop-detect": LOOPS, "car": RATES,
        "service-vlan": feature(FeatureKind.BRIDGING),
        "l2protocol-tunnel": feature(FeatureKind.BRIDGING), "unknown-unicast": RATES, "nd": IPV6_ONLY, "mld-snooping": IPV6_ONLY,
        "arp": TIMERS,
        "undo statistic": LOGS, "multicast-vlan": feature(FeatureKind.MULTICAST), "smart-link": LOOPS, "undo description": PEOPLE,
    },
)  # fmt: skip

FILTERS_TOP: dict[str, Entry] = {
    "traffic classifier": _open_classifier, "traffic behavior": _open_behavior, "traffic policy": _open_policy,
    "traffic-policy": _global_policy, "traffic-filter": _traffic_filter, "undo traffic-filter": _undo_traffic_filter,
    "traffic-secure": _traffic_filter, "undo traffic-secure": _undo_traffic_filter, "vlan": _vlan, "undo vlan": _undo_vlan,
}  # fmt: skip
