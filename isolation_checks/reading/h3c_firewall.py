"""Security zones of H3C devices and what passes between them: the security policy, or zone pairs with object policies and filters."""

from __future__ import annotations

from collections.abc import Callable

from isolation_checks.reading.h3c_acl import NOTE, V6_ONLY
from isolation_checks.reading.h3c_draft import SecurityRule, ZoneDraft, ZonePairDraft
from isolation_checks.reading.h3c_groups import address_words, service_match
from isolation_checks.reading.h3c_names import Words, integer, take_interface
from isolation_checks.reading.h3c_tables import LIMITS, LOGS, PROTECTION, SESSIONS
from isolation_checks.reading.h3c_views import Handler, Past, Reader, View, alike, nothing
from isolation_checks.snapshot import Applied, FeatureKind

PREDEFINED_ZONES = ("Local", "Trust", "DMZ", "Untrust", "Management")


# --- zones ---


def _open_zone(reader: Reader, words: Words) -> bool:
    """``security-zone name X``; ``security-zone intra-zone default permit`` is another command."""
    if len(words) not in (1, 3):
        return False
    key = words[0].lower()
    zone = reader.draft.zones.get(key)
    if zone is None:
        known = next((name for name in PREDEFINED_ZONES if name.lower() == key), words[0])
        zone = reader.draft.zones[key] = ZoneDraft(known, reader.ref)
    reader.push(ZONE, zone, f"security-zone name {words[0]}")
    return len(words) == 1 or words[1].lower() == "id"


def _undo_zone(reader: Reader, words: Words) -> bool:
    reader.draft.zones.pop(words[0].lower() if words else "", None)
    return len(words) == 1


def _zone(reader: Reader) -> ZoneDraft:
    data = reader.frame.data
    assert isinstance(data, ZoneDraft)
    return data


def _import_interface(reader: Reader, words: Words) -> bool:
    """``import interface X [vlan LIST]``: with VLANs only what the port carries in them, which counts for the whole port."""
    found = take_interface(words)
    if found is None or (found[1] != len(words) and words[found[1]].lower() != "vlan"):
        return False
    members = _zone(reader).interfaces
    if all(member.filter != found[0] for member in members):
        members.append(Applied(found[0], reader.ref))
    if found[1] != len(words):
        reader.feature(FeatureKind.FILTER)
    return True


def _undo_import(reader: Reader, words: Words) -> bool:
    found = take_interface(words)
    members = _zone(reader).interfaces
    members[:] = [member for member in members if found is None or member.filter != found[0]]
    return found is not None


def _priority(reader: Reader, words: Words) -> bool:
    _zone(reader).priority = integer(words[0]) if words else None
    return _zone(reader).priority is not None


ZONE = View(
    "security-zone",
    {
        "import interface": _import_interface,
        "undo import interface": _undo_import,
        "import vlan": Past(FeatureKind.FILTER),
        "import ip": Past(FeatureKind.FILTER),
        "import ipv6": V6_ONLY,
        "import service-chain": Past(FeatureKind.OTHER),
        "set priority": _priority,
        "priority": _priority,
        "description": NOTE,
        "attack-defense": PROTECTION,
        "blacklist": PROTECTION,
        "ip urpf": Past(FeatureKind.FILTER),
        "threat-intelligence": PROTECTION,
    },
)


def _intra_permit(reader: Reader, words: Words) -> bool:
    reader.draft.intra_zone = reader.ref
    return not words


def _undo_intra_permit(reader: Reader, _words: Words) -> bool:
    reader.draft.intra_zone = None
    return True


# --- security policy ---


def _open_policy(reader: Reader, words: Words) -> bool:
    reader.draft.security_policy = reader.draft.security_policy or reader.ref
    reader.push(POLICY, reader.draft.security_rules, "security-policy ip")
    return not words


def _open_policy6(reader: Reader, _words: Words) -> bool:
    reader.push(POLICY6, None, "security-policy ipv6")
    return True


def _rules(reader: Reader) -> list[SecurityRule]:
    data = reader.frame.data
    assert isinstance(data, list)
    return data


def _open_rule(reader: Reader, words: Words) -> bool:
    """``rule [N] name X`` or ``rule N``; a new rule goes to the end."""
    number = integer(words[0]) if words else None
    rest = words[1:] if number is not None else words
    name = rest[1] if len(rest) == 2 and rest[0].lower() == "name" else ""
    rules = _rules(reader)
    if (number is None and not name) or (rest and not name):
        return False
    found = next((rule for rule in rules if (number is not None and rule.number == number) or (number is None and rule.name == name)), None)
    if found is None:
        number = number if number is not None else max((rule.number for rule in rules), default=-1) + 1
        found = SecurityRule(name or str(number), reader.ref, number)
        rules.append(found)
    reader.push(RULE, found, f"rule {found.name}")
    return True


def _undo_rule(reader: Reader, words: Words) -> bool:
    rules = _rules(reader)
    number = integer(words[-1]) if words else None
    rules[:] = [rule for rule in rules if rule.name != words[-1] and rule.number != number]
    return len(words) in (1, 2)


def _move(reader: Reader, words: Words) -> bool:
    """``move rule A before|after B``, ``move rule name A before|after name B``, ``move rule A up|down|top|bottom`` is not known."""
    rest = [word for word in words if word.lower() not in ("rule", "name")]
    rules = _rules(reader)
    if len(rest) not in (2, 3):
        return False
    moved = _named(rules, rest[0])
    where = rest[1].lower()
    target = _named(rules, rest[2]) if len(rest) == 3 else None
    if moved is None or where not in ("before", "after", "head", "tail") or (where in ("before", "after") and target is None):
        return False
    if moved is target:
        return True
    rules.remove(moved)
    if target is None:
        rules.insert(0 if where == "head" else len(rules), moved)
    else:
        rules.insert(rules.index(target) + (where == "after"), moved)
    return True


def _named(rules: list[SecurityRule], word: str) -> SecurityRule | None:
    number = integer(word)
    return next((rule for rule in rules if rule.name == word), None) or next((rule for rule in rules if rule.number == number), None)


POLICY = View(
    "security-policy",
    {
        "rule": _open_rule,
        "undo rule": _undo_rule,
        "move rule": _move,
        "group": NOTE,
        "accelerate": LIMITS,
        "description": NOTE,
        "default": Past(FeatureKind.FILTER),
        "config-logging": LOGS,
    },
)
POLICY6 = View("security-policy ipv6", {"rule": V6_ONLY, "move": V6_ONLY, "accelerate": V6_ONLY}, rest=V6_ONLY)


def _rule(reader: Reader) -> SecurityRule:
    data = reader.frame.data
    assert isinstance(data, SecurityRule)
    return data


def rule_action(reader: Reader, words: Words) -> bool:
    rule = _rule(reader)
    kind = words[0].lower() if words else ""
    if kind in ("snat", "dnat", "source-nat", "destination-nat"):
        if kind in ("snat", "source-nat"):
            rule.snat = words[1:]
        else:
            rule.dnat = words[1:]
        return len(words) > 1
    rule.action = kind
    return kind in ("pass", "drop") and len(words) == 1


def _undo_action(reader: Reader, _words: Words) -> bool:
    _rule(reader).action = ""
    return True


def _names(field: str, lower: bool = True) -> Handler:
    def run(reader: Reader, words: Words) -> bool:
        items = getattr(_rule(reader), field)
        items += [word.lower() if lower else word for word in words]
        return len(words) == 1

    return run


def _undo_names(field: str) -> Handler:
    def run(reader: Reader, words: Words) -> bool:
        items = getattr(_rule(reader), field)
        gone = {word.lower() for word in words}
        items[:] = [item for item in items if words and item.lower() not in gone]
        return True

    return run


def _addresses(field: str, kind: str) -> Handler:
    def run(reader: Reader, words: Words) -> bool:
        found = address_words(kind, words)
        getattr(_rule(reader), field).extend(found or ())
        return found is not None

    return run


def _undo_addresses(field: str, kind: str) -> Handler:
    def run(reader: Reader, words: Words) -> bool:
        found = address_words(kind, words) or ()
        items = getattr(_rule(reader), field)
        items[:] = [item for item in items if item not in found]
        return bool(found)

    return run


def _service_port(reader: Reader, words: Words) -> bool:
    found = service_match(words)
    if found is not None:
        _rule(reader).service_matches.append(found)
    return found is not None


def _undo_service_port(reader: Reader, words: Words) -> bool:
    found = service_match(words)
    items = _rule(reader).service_matches
    items[:] = [item for item in items if item != found]
    return found is not None


def _narrowed(reader: Reader, _words: Words) -> bool:
    """A condition that the model does not hold and that only narrows the rule."""
    _rule(reader).conditional = True
    return True


def _disable(reader: Reader, words: Words) -> bool:
    _rule(reader).disabled = True
    return not words


def _undo_disable(reader: Reader, _words: Words) -> bool:
    _rule(reader).disabled = False
    return True


def _vrf(reader: Reader, words: Words) -> bool:
    _rule(reader).vrf = words[-1] if words else None
    return bool(words)


_SIDES = (("source", "source_groups", "sources"), ("destination", "destination_groups", "destinations"))

MATCHES: dict[str, Handler] = {
    "source-zone": _names("from_zones", lower=False),
    "destination-zone": _names("to_zones", lower=False),
    "undo source-zone": _undo_names("from_zones"),
    "undo destination-zone": _undo_names("to_zones"),
    **{f"{side}-ip": _names(groups) for side, groups, _ in _SIDES},
    **{f"undo {side}-ip": _undo_names(groups) for side, groups, _ in _SIDES},
    **{f"{side}-ip-{kind}": _addresses(field, kind) for side, _, field in _SIDES for kind in ("host", "subnet", "range")},
    **{f"undo {side}-ip-{kind}": _undo_addresses(field, kind) for side, _, field in _SIDES for kind in ("host", "subnet", "range")},
    "service": _names("services"),
    "undo service": _undo_names("services"),
    "service-port": _service_port,
    "undo service-port": _undo_service_port,
    "description": NOTE,
    "disable": _disable,
    "undo disable": _undo_disable,
    "vrf": _vrf,
    "counting": LOGS,
    "logging": LOGS,
}

RULE = View(
    "security-policy rule",
    {
        **MATCHES,
        "action": rule_action,
        "undo action": _undo_action,
        **alike(
            _narrowed,
            """
        application; app-group; user; user-group; url-category; time-range; track; terminal; terminal-group; source-mac;
        source-location; destination-location; source-ip-host-name; destination-ip-host-name; source-mac-group;
        uapp-control; dscp; device-group; security-group
        """,
        ),
        "profile": PROTECTION,
        "session": SESSIONS,
        "parent-group": NOTE,
    },
)


def _disable_policy(reader: Reader, _words: Words) -> bool:
    reader.draft.security_disabled = True
    return True


def _undo_disable_policy(reader: Reader, _words: Words) -> bool:
    reader.draft.security_disabled = False
    return True


# --- zone pairs and object policies ---


def _open_pair(reader: Reader, words: Words) -> bool:
    """``zone-pair security source A destination B``."""
    lowered = [word.lower() for word in words]
    if len(words) != 4 or lowered[0] != "source" or lowered[2] != "destination":
        return False
    key = lowered[1], lowered[3]
    pair = reader.draft.zone_pairs.get(key)
    if pair is None:
        pair = reader.draft.zone_pairs[key] = ZonePairDraft(words[1], words[3], reader.ref)
    reader.push(PAIR, pair, f"zone-pair security source {words[1]} destination {words[3]}")
    return True


def _undo_pair(reader: Reader, words: Words) -> bool:
    lowered = [word.lower() for word in words]
    if len(words) != 4:
        return False
    reader.draft.zone_pairs.pop((lowered[1], lowered[3]), None)
    return True


def _pair(reader: Reader) -> ZonePairDraft:
    data = reader.frame.data
    assert isinstance(data, ZonePairDraft)
    return data


def _pair_filter(reader: Reader, words: Words) -> bool:
    if words[:1] and words[0].lower() in ("name", "ip"):
        words = words[1:]
    if len(words) != 1:
        return False
    _pair(reader).policies.append(("acl", words[0], reader.ref))
    return True


def _pair_policy(reader: Reader, words: Words) -> bool:
    if len(words) != 1:
        return False
    _pair(reader).policies.append(("object-policy", words[0], reader.ref))
    return True


def _undo_pair_policy(reader: Reader, words: Words) -> bool:
    policies = _pair(reader).policies
    policies[:] = [item for item in policies if not words or item[1].lower() != words[-1].lower()]
    return True


PAIR = View(
    "zone-pair security",
    {
        "packet-filter": _pair_filter,
        "packet-filter ipv6": V6_ONLY,
        "undo packet-filter": _undo_pair_policy,
        "object-policy apply ip": _pair_policy,
        "object-policy apply ipv6": V6_ONLY,
        "undo object-policy apply ip": _undo_pair_policy,
        "aspf apply policy": SESSIONS,
        "description": NOTE,
        "firewall": nothing,
    },
)


def _open_object_policy(reader: Reader, words: Words) -> bool:
    if len(words) != 1:
        return False
    rules = reader.draft.object_policies.setdefault(words[0].lower(), [])
    reader.push(OBJECT_POLICY, rules, f"object-policy ip {words[0]}")
    return True


def _open_object_policy6(reader: Reader, _words: Words) -> bool:
    reader.push(POLICY6, None, "object-policy ipv6")
    return True


def _undo_object_policy(reader: Reader, words: Words) -> bool:
    reader.draft.object_policies.pop(words[-1].lower() if words else "", None)
    return len(words) == 1


def _object_rule(reader: Reader, words: Words) -> bool:
    """``rule [N] pass|drop|inspect [source-ip G] [destination-ip G] [service S] [vrf V] …``; ``rule N append …`` adds to one."""
    rules = _rules(reader)
    number = integer(words[0]) if words else None
    rest = words[1:] if number is not None else words
    kind = rest[0].lower() if rest else ""
    if kind == "comment":
        return True
    old = next((rule for rule in rules if rule.number == number), None)
    if kind == "append":
        return old is not None and _object_options(old, rest[1:])
    if kind not in ("pass", "drop", "inspect"):
        return False
    number = number if number is not None else max((rule.number for rule in rules), default=-1) + 1
    rule = SecurityRule(str(number), reader.ref, number, "drop" if kind == "drop" else "pass")
    if not _object_options(rule, rest[1:] if kind != "inspect" else rest[2:]):
        return False
    if old is not None:
        rules.remove(old)
    rules.append(rule)
    rules.sort(key=lambda item: item.number)
    return True


def _object_options(rule: SecurityRule, words: Words) -> bool:
    at = 0
    fields: dict[str, Callable[[str], None]] = {
        "source-ip": lambda word: rule.source_groups.append(word.lower()),
        "destination-ip": lambda word: rule.destination_groups.append(word.lower()),
        "service": lambda word: rule.services.append(word.lower()),
    }
    while at < len(words):
        word = words[at].lower()
        after = words[at + 1] if at + 1 < len(words) else None
        if word in fields and after:
            if after.lower() != "any":
                fields[word](after)
        elif word == "vrf" and after:
            rule.vrf = after
        elif word in ("time-range", "track", "application", "app-group", "user", "user-group") and after:
            rule.conditional = True
            if word == "track" and after.lower() in ("negative", "positive"):
                at += 1
        elif word == "disable":
            rule.disabled = True
            at -= 1
        elif word in ("logging", "counting"):
            at -= 1
        else:
            return False
        at += 2
    return True


def _move_object_rule(reader: Reader, words: Words) -> bool:
    return _move(reader, words)


OBJECT_POLICY = View(
    "object-policy",
    {
        "rule": _object_rule,
        "undo rule": _undo_rule,
        "move rule": _move_object_rule,
        "description": NOTE,
        "accelerate": LIMITS,
    },
)

# --- the pair of firewalls ---


def _open_rbm(reader: Reader, _words: Words) -> bool:
    reader.draft.facts["rbm"] = "yes"
    reader.push(RBM, None, "remote-backup group")
    return True


RBM = View(
    "remote-backup group",
    alike(
        nothing,
        """
        data-channel; configuration; undo configuration; device-role; local-ip; remote-ip; hot-backup; backup-mode; undo
        backup-mode; delay-time; adjust-cost; undo adjust-cost; track; keepalive; switchover; undo hot-backup;
        transparent-mode; silent-backup-interface; undo delay-time; nat; heartbeat
        """,
    ),
)


def _open_redundancy(reader: Reader, _words: Words) -> bool:
    reader.draft.facts["redundancy-group"] = "yes"
    reader.push(REDUNDANCY, None, "redundancy group")
    return True


def _redundancy_node(reader: Reader, _words: Words) -> bool:
    reader.push(REDUNDANCY, None, "node")
    return True


REDUNDANCY = View(
    "redundancy group",
    {
        "node": _redundancy_node,
        **alike(
            nothing,
            """
        member; bind; priority; track; preempt; preempt-delay; node-member; hold-down-interval; switchover; undo preempt
        """,
        ),
    },
)


def _old_zone(reader: Reader, words: Words) -> bool:
    """``zone name X [id N]`` of Comware 5, where priorities may decide between zones: not modelled, so nothing is dropped."""
    reader.draft.facts["zones-by-priority"] = "yes"
    if not _open_zone(reader, words):
        return False
    reader.feature(FeatureKind.FILTER)
    return True


SYSTEM: dict[str, Handler] = {
    "zone name": _old_zone,
    "zone": Past(FeatureKind.FILTER),
    "interzone": Past(FeatureKind.FILTER),
    "security-zone name": _open_zone,
    "undo security-zone name": _undo_zone,
    "security-zone intra-zone default permit": _intra_permit,
    "undo security-zone intra-zone default permit": _undo_intra_permit,
    "security-policy ip": _open_policy,
    "security-policy ipv6": _open_policy6,
    "security-policy disable": _disable_policy,
    "undo security-policy disable": _undo_disable_policy,
    "security-policy": SESSIONS,
    "zone-pair security": _open_pair,
    "undo zone-pair security": _undo_pair,
    "object-policy ip": _open_object_policy,
    "object-policy ipv6": _open_object_policy6,
    "undo object-policy ip": _undo_object_policy,
    "remote-backup group": _open_rbm,
    "redundancy group": _open_redundancy,
    "hot-backup": SESSIONS,
    "session synchronization": SESSIONS,
}
