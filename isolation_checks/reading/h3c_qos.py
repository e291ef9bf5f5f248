"""Modular QoS where it filters or redirects: classifiers, behaviours, policies, and where they are applied."""

from __future__ import annotations

from isolation_checks.reading.h3c_acl import NOTE, V6_ONLY
from isolation_checks.reading.h3c_draft import BehaviorDraft, ClassifierDraft, Draft, QosDraft
from isolation_checks.reading.h3c_names import Words, vlan_list
from isolation_checks.reading.h3c_tables import LOGS, RATES
from isolation_checks.reading.h3c_views import Handler, Past, Reader, View, nothing
from isolation_checks.snapshot import Action, Applied, FeatureKind, Filter, Match, PolicyEntry, RoutePolicy, Rule


def policy_name(name: str) -> str:
    """How filters call a QoS policy, so that it cannot be taken for an ACL."""
    return f"qos policy {name}"


def _open_classifier(reader: Reader, words: Words) -> bool:
    """``traffic classifier C [operator and|or]``."""
    lowered = [word.lower() for word in words]
    if not words or lowered[1:] not in ([], ["operator", "and"], ["operator", "or"]):
        return False
    classifier = reader.draft.classifiers.setdefault(words[0], ClassifierDraft(reader.ref))
    classifier.conjunction = lowered[-1] != "or" if len(words) > 1 else classifier.conjunction
    reader.push(CLASSIFIER, classifier, f"traffic classifier {words[0]}")
    return True


def _classifier(reader: Reader) -> ClassifierDraft:
    data = reader.frame.data
    assert isinstance(data, ClassifierDraft)
    return data


def _match_acl(reader: Reader, words: Words) -> bool:
    if words[:1] and words[0].lower() == "ipv6":
        return True
    if words[:1] and words[0].lower() in ("name", "mac", "user-defined"):
        words = words[1:]
    if len(words) != 1:
        return False
    _classifier(reader).acls.append(words[0])
    return True


def _match_any(reader: Reader, _words: Words) -> bool:
    _classifier(reader).any = True
    return True


def _match_other(reader: Reader, words: Words) -> bool:
    _classifier(reader).narrow = True
    return bool(words)


def _undo_match(reader: Reader, words: Words) -> bool:
    classifier = _classifier(reader)
    if words[:1] and words[0].lower() == "acl":
        classifier.acls[:] = [name for name in classifier.acls if name != words[-1]]
        return True
    return False


CLASSIFIER = View(
    "traffic classifier",
    {
        "if-match acl": _match_acl,
        "if-match any": _match_any,
        "if-match protocol ip": _match_any,
        "if-match protocol ipv6": V6_ONLY,
        "if-match": _match_other,
        "undo if-match": _undo_match,
        "description": NOTE,
    },
)


def _open_behavior(reader: Reader, words: Words) -> bool:
    if len(words) != 1:
        return False
    behavior = reader.draft.behaviors.setdefault(words[0], BehaviorDraft(reader.ref))
    reader.push(BEHAVIOR, behavior, f"traffic behavior {words[0]}")
    return True


def _behavior(reader: Reader) -> BehaviorDraft:
    data = reader.frame.data
    assert isinstance(data, BehaviorDraft)
    return data


def _filter(reader: Reader, words: Words) -> bool:
    if len(words) != 1 or words[0].lower() not in ("permit", "deny"):
        return False
    _behavior(reader).filter = Action(words[0].lower())
    return True


def _undo_filter(reader: Reader, _words: Words) -> bool:
    _behavior(reader).filter = None
    return True


def _next_hop(reader: Reader, words: Words) -> bool:
    """``redirect next-hop [vpn-instance V] A [A2] [fail-action …]``."""
    behavior = _behavior(reader)
    if words[:1] and words[0].lower() == "vpn-instance" and len(words) > 1:
        behavior.vrf, words = words[1], words[2:]
    behavior.sets.append(("next-hop", words))
    return bool(words)


def _undo_redirect(reader: Reader, _words: Words) -> bool:
    _behavior(reader).sets.clear()
    _behavior(reader).vrf = None
    return True


def _access_vpn(reader: Reader, words: Words) -> bool:
    behavior = _behavior(reader)
    behavior.vrf = words[-1] if words else None
    behavior.sets.append(("vrf", words[-1:]))
    return bool(words)


BEHAVIOR = View(
    "traffic behavior",
    {
        "filter": _filter,
        "undo filter": _undo_filter,
        "redirect next-hop": _next_hop,
        "redirect access-vpn": _access_vpn,
        "undo redirect": _undo_redirect,
        "redirect": Past(FeatureKind.POLICY_ROUTE),
        "redirect cpu": LOGS,
        "mirror-to": Past(FeatureKind.MIRROR),
        "nest": Past(FeatureKind.BRIDGING),
        "remark customer-vlan-id": Past(FeatureKind.BRIDGING),
        "remark service-vlan-id": Past(FeatureKind.BRIDGING),
        "primap": RATES,
        "remark": RATES,
        "car": RATES,
        "packet-rate": RATES,
        "queue": RATES,
        "gts": RATES,
        "wred": RATES,
        "accounting": LOGS,
        "traffic-policy": Past(FeatureKind.FILTER),
        "description": NOTE,
    },
)


def _open_policy(reader: Reader, words: Words) -> bool:
    if len(words) != 1:
        return False
    policy = reader.draft.qos_policies.setdefault(words[0], QosDraft(words[0], reader.ref))
    reader.push(POLICY, policy, f"qos policy {words[0]}")
    return True


def _pair(reader: Reader, words: Words) -> bool:
    """``classifier C behavior B [mode …] [insert-before C2]``."""
    policy = reader.frame.data
    assert isinstance(policy, QosDraft)
    if len(words) < 3 or words[1].lower() != "behavior" or "insert-before" in words:
        return False
    policy.pairs[words[0]] = words[2], reader.ref
    return True


def _undo_pair(reader: Reader, words: Words) -> bool:
    policy = reader.frame.data
    assert isinstance(policy, QosDraft)
    policy.pairs.pop(words[0] if words else "", None)
    return len(words) == 1


POLICY = View("qos policy", {"classifier": _pair, "undo classifier": _undo_pair, "description": NOTE})


def _vlan_policy(reader: Reader, words: Words) -> bool:
    """``qos vlan-policy P vlan LIST inbound|outbound``."""
    direction = words[-1].lower() if words else ""
    vlans = vlan_list(words[2:-1]) if len(words) > 3 and words[1].lower() == "vlan" else None
    if vlans is None or direction not in ("inbound", "outbound"):
        return False
    reader.draft.vlan_qos.append((words[0], vlans, direction == "inbound", reader.ref))
    return True


def _global_policy(reader: Reader, words: Words) -> bool:
    """``qos apply policy P global inbound|outbound``."""
    lowered = [word.lower() for word in words]
    if len(words) != 3 or lowered[1] != "global" or lowered[2] not in ("inbound", "outbound"):
        return False
    (reader.draft.global_qos_in if lowered[2] == "inbound" else reader.draft.global_qos_out).append(Applied(words[0], reader.ref))
    return True


def _control_plane(reader: Reader, _words: Words) -> bool:
    reader.push(CONTROL_PLANE, None, "control-plane")
    return True


CONTROL_PLANE = View(
    "control-plane", {"qos apply policy": RATES, "undo qos apply policy": RATES, "packet-filter": nothing, "aspf apply": RATES}
)


def _undo_named(field: str) -> Handler:
    def run(reader: Reader, words: Words) -> bool:
        getattr(reader.draft, field).pop(words[0] if words else "", None)
        return len(words) == 1

    return run


SYSTEM: dict[str, Handler] = {
    "traffic classifier": _open_classifier,
    "undo traffic classifier": _undo_named("classifiers"),
    "traffic behavior": _open_behavior,
    "undo traffic behavior": _undo_named("behaviors"),
    "qos policy": _open_policy,
    "undo qos policy": _undo_named("qos_policies"),
    "qos vlan-policy": _vlan_policy,
    "qos apply policy": _global_policy,
    "control-plane": _control_plane,
}


def policy_filters(draft: Draft, filters: dict[str, Filter]) -> list[Filter]:
    """A policy as a filter that jumps to one chain a class.

    In the chain an ACL's permit is the behaviour's verdict, and its deny leaves the class, so that a deny in an ACL never drops anything
    here: the manuals leave open whether it would. A class that several conditions must match together may match less than its chain does.
    """
    found: list[Filter] = []
    for policy in draft.qos_policies.values():
        rules = []
        for name, (behavior_name, ref) in policy.pairs.items():
            behavior = draft.behaviors.get(behavior_name)
            classifier = draft.classifiers.get(name)
            if behavior is None or classifier is None:
                continue
            chain = f"{policy_name(policy.name)} class {name}"
            found.append(Filter(chain, "chain", _class_rules(draft, classifier, behavior, filters), Action.RETURN, classifier.ref))
            rules.append(Rule(Action.JUMP, (Match(),), ref, name, target=chain))
        found.append(Filter(policy_name(policy.name), "policy", tuple(rules), Action.PERMIT, policy.ref))
    return found


def _class_rules(draft: Draft, classifier: ClassifierDraft, behavior: BehaviorDraft, filters: dict[str, Filter]) -> tuple[Rule, ...]:
    verdict = behavior.filter or Action.PERMIT
    several = len(classifier.acls) + classifier.any + classifier.narrow > 1
    unsure = several and classifier.conjunction
    rules: list[Rule] = []
    for name in classifier.acls:
        acl = filters.get(draft.acl_key(name))
        for rule in acl.rules if acl else ():
            permits = rule.action is Action.PERMIT
            action = verdict if permits else Action.RETURN
            matches = tuple(_widened(match, drops=permits and verdict is Action.DENY, leaves=not permits) for match in rule.matches)
            rules.append(Rule(action, matches, rule.ref, rule.name, rule.conditional or unsure))
    if classifier.any or classifier.narrow:
        rules.append(Rule(verdict, (Match(),), classifier.ref, "", classifier.narrow or unsure))
    return tuple(rules)


def _widened(match: Match, drops: bool, leaves: bool) -> Match:
    """The instance that an ACL's rule leaves open, read so that less is dropped."""
    if drops and match.vrf is None:
        return match._replace(vrf="")
    return match._replace(vrf=None) if leaves and match.vrf == "" else match


def policy_routes(draft: Draft) -> list[RoutePolicy]:
    """Policies that send packets to a next hop, whatever the routes say."""
    found = []
    for policy in draft.qos_policies.values():
        entries = []
        for number, (name, (behavior_name, ref)) in enumerate(policy.pairs.items()):
            behavior = draft.behaviors.get(behavior_name)
            classifier = draft.classifiers.get(name)
            if behavior is not None and behavior.sets:
                matches = tuple(("acl", (acl,)) for acl in classifier.acls) if classifier else ()
                entries.append(PolicyEntry(number, Action.PERMIT, matches, tuple(behavior.sets), ref))
        if entries:
            found.append(RoutePolicy(policy_name(policy.name), "policy-route", tuple(entries), policy.ref))
    return found
