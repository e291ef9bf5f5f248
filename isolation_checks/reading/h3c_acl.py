"""ACLs of H3C devices, old and new forms, and the object groups that rules refer to."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from isolation_checks.reading import values
from isolation_checks.reading.h3c_draft import AclDraft, AddressGroup, RuleDraft
from isolation_checks.reading.h3c_groups import resolve_rule
from isolation_checks.reading.h3c_names import Words, icmp_condition, integer, port, port_condition, protocol, wildcard_word
from isolation_checks.reading.h3c_views import Handler, Reader, View, bare
from isolation_checks.snapshot import (
    ESTABLISHED,
    Action,
    AddressSet,
    Applied,
    Filter,
    Fragment,
    LineCode,
    Match,
    Ranges,
    Ref,
    Rule,
    TcpFlag,
)
from topology.i18n import T

V6_ONLY = T("concerns IPv6 packets only; a line that turns IPv6 on is reported by itself").msgid
NOTE = T("a name or remark for people").msgid
TCP, UDP, ICMP = values.TCP, values.UDP, values.ICMP

_FLAGS = {"ack": TcpFlag.ACK, "fin": TcpFlag.FIN, "psh": TcpFlag.PSH, "rst": TcpFlag.RST, "syn": TcpFlag.SYN, "urg": TcpFlag.URG}
# Options with one word after them that only narrow what a rule matches, and options that change nothing.
_NARROW = frozenset({"time-range", "dscp", "precedence", "tos", "qos-local-id", "app-group", "user-group", "vxlan", "ttl"})
_NO_MATTER = frozenset({"counting", "logging", "flow-logging"})


class Body(NamedTuple):
    """A rule without its number, which many devices share."""

    action: Action
    match: Match
    conditional: bool
    groups: tuple[tuple[str, str], ...]  # field, object group


class _Parts:
    """What the words of a rule have said so far."""

    def __init__(self) -> None:
        self.protocol = -1
        self.values: dict[str, object] = {}
        self.flags: list[tuple[int, int]] | None = None
        self.mask = self.bits = 0
        self.groups: list[tuple[str, str]] = []
        self.conditional = False


@lru_cache(maxsize=1 << 16)
def rule_body(text: str) -> Body | None:
    """``permit tcp source …``: everything after the number. None where a word of it is not understood."""
    words = tuple(text.split())
    return _common(words) or _any_body(words)


_ACTIONS = {"permit": Action.PERMIT, "deny": Action.DENY}


def _common(words: Words) -> Body | None:
    """A shortcut to what `_any_body` reads, for the forms that nearly all rules have: ``[P] [vpn-instance V] [source A W]
    [source-port eq N] [destination A W] [destination-port eq N]``, with or without ``established`` or an ICMP type at the end.
    """
    count = len(words)
    action = _ACTIONS.get(words[0]) if count else None
    if action is None:
        return None
    number = protocol(words[1]) if count > 1 else None
    at = 1 if number is None else 2
    has_ports = number in (TCP, UDP)
    src = dst = sports = dports = icmp = flags = None
    vrf = None if action is Action.PERMIT else ""
    if at + 1 < count and words[at] == "vpn-instance" and words[at + 1] != "any":
        vrf = words[at + 1]
        at += 2
    if at + 2 < count and words[at] == "source" and (src := _subnet(words[at + 1], words[at + 2])):
        at += 3
    if has_ports and at + 2 < count and words[at] == "source-port" and (sports := _one_port(words[at + 1], words[at + 2])):
        at += 3
    if at + 2 < count and words[at] == "destination" and (dst := _subnet(words[at + 1], words[at + 2])):
        at += 3
    if has_ports and at + 2 < count and words[at] == "destination-port" and (dports := _one_port(words[at + 1], words[at + 2])):
        at += 3
    if at + 1 == count and number == TCP and words[at] == "established":
        flags = ESTABLISHED
        at += 1
    elif at + 1 < count and number == ICMP and words[at] == "icmp-type" and (found := icmp_condition(words, at + 1)):
        icmp, at = found
    if at != count:
        return None
    protocols = None if number is None or number < 0 else ((number, number),)
    return Body(action, Match(src, dst, protocols, sports, dports, icmp, flags, None, None, vrf), False, ())


@lru_cache(maxsize=1 << 12)
def _one_port(operator: str, word: str) -> Ranges | None:
    found = port(word) if operator == "eq" else None
    return None if found is None else ((found, found),)


@lru_cache(maxsize=1 << 14)
def _subnet(address: str, inverse: str) -> AddressSet | None:
    value, mask = values.ip(address), wildcard_word(inverse)
    return None if value is None or mask is None else (values.wildcard(value, mask),)


def _any_body(words: Words) -> Body | None:
    kind = words[0].lower() if words else ""
    action = Action.PERMIT if "permit".startswith(kind) else Action.DENY if "deny".startswith(kind) else None
    if action is None or not kind:
        return None
    parts = _Parts()
    at = 1
    if at < len(words) and (number := protocol(words[at])) is not None:
        parts.protocol = number
        at += 1
    while at < len(words):
        following = _option(parts, words, at)
        if following is None:
            return None
        at = following
    match = _match(parts, action)
    return None if match is None else Body(action, match, parts.conditional, tuple(parts.groups))


def _option(parts: _Parts, words: Words, at: int) -> int | None:
    """Read one option; the index of the next."""
    word = words[at].lower()
    if word in ("source", "destination"):
        return _address(parts, "src" if word == "source" else "dst", words, at + 1)
    if word in ("source-port", "destination-port"):
        return _ports(parts, "sports" if word == "source-port" else "dports", words, at + 1)
    if word == "icmp-type":
        found = icmp_condition(words, at + 1)
        if found is None:
            return None
        parts.values["icmp"] = found[0]
        return found[1]
    if word == "established":
        parts.flags = list(ESTABLISHED)
    elif word in _FLAGS:
        return _flag(parts, _FLAGS[word], words, at + 1)
    elif word == "fragment":
        parts.values["fragments"] = (Fragment.LATER,)
    elif word == "vpn-instance" and at + 1 < len(words):
        parts.values["vrf"] = None if words[at + 1].lower() == "any" else words[at + 1]
        return at + 2
    elif word in _NARROW and at + 1 < len(words):
        parts.conditional = True
        return at + 2
    elif word not in _NO_MATTER:
        return None
    return at + 1


def _address(parts: _Parts, field: str, words: Words, at: int) -> int | None:
    if at >= len(words):
        return None
    word = words[at].lower()
    if word == "any":
        return at + 1
    if word in ("object-group", "address-set") and at + 1 < len(words):
        parts.groups.append((field, words[at + 1].lower()))
        return at + 2
    address = values.ip(word)
    inverse = wildcard_word(words[at + 1]) if at + 1 < len(words) else None
    if address is None or inverse is None:
        return None
    parts.values[field] = (values.wildcard(address, inverse),)
    return at + 2


def _ports(parts: _Parts, field: str, words: Words, at: int) -> int | None:
    if at + 1 < len(words) and words[at].lower() in ("object-group", "port-set"):
        parts.groups.append((field, words[at + 1].lower()))
        return at + 2
    found = port_condition(words, at)
    if found is None:
        return None
    parts.values[field] = found[0]
    return found[1]


def _flag(parts: _Parts, flag: TcpFlag, words: Words, at: int) -> int | None:
    value = words[at] if at < len(words) else ""
    if value in ("0", "1"):
        at += 1
    elif value and value[0].isdigit():
        return None
    parts.mask |= flag
    parts.bits |= flag if value != "0" else 0
    return at


def _match(parts: _Parts, action: Action) -> Match | None:
    """The conjunction. A rule of the wrong protocol for its conditions is not understood.

    Without ``vpn-instance`` the manuals let a rule match packets of the public instance only; whether that holds for a filter of an
    interface that is bound to a VPN instance is open. The reading that lets more through: such a permit matches any instance, such a deny
    the public one.
    """
    number = parts.protocol
    found = parts.values
    has_ports = "sports" in found or "dports" in found or any(field in ("sports", "dports") for field, _ in parts.groups)
    flags = _flags(parts)
    if (has_ports and number not in (TCP, UDP, 132)) or (flags and number != TCP) or ("icmp" in found and number != ICMP):
        return None
    protocols: Ranges | None = None if number < 0 else ((number, number),)
    match = Match(protocols=protocols, flags=flags, vrf=None if action is Action.PERMIT else "")
    return match._replace(**found)  # type: ignore[arg-type]


def _flags(parts: _Parts) -> tuple[tuple[int, int], ...] | None:
    if parts.flags is None:
        return ((int(parts.mask), int(parts.bits)),) if parts.mask else None
    both = [(mask | parts.mask, value | parts.bits) for mask, value in parts.flags if not (value ^ parts.bits) & mask & parts.mask]
    return tuple((int(mask), int(value)) for mask, value in both)


def quick_rule(reader: Reader, text: str) -> bool:
    """A rule or its comment, which are most lines of most configs; False leaves the line to the table."""
    if not text.startswith("rule "):
        return False
    _, number, body = (*text.split(" ", 2), "")[:3]
    if not number.isdigit() or not number.isascii():
        return False
    if body.startswith("comment "):
        reader.ledger.irrelevant(reader.number, NOTE)
        return True
    found = rule_body(body)
    acl = reader.frame.data
    if found is None or not isinstance(acl, AclDraft) or acl.layer != 3 or len(number) > 5:
        return False
    place = int(number)
    if place in acl.rules:
        return False
    acl.rules[place] = RuleDraft(found.action, found.match, found.conditional, Ref(reader.source.name, reader.number), found.groups)
    reader.ledger.codes[reader.number - 1] = LineCode.UNDERSTOOD
    return True


def _acl(reader: Reader) -> AclDraft:
    data = reader.frame.data
    assert isinstance(data, AclDraft)
    return data


def _rule(reader: Reader, words: Words) -> bool:
    """Rules that `quick_rule` leaves: without number, typed twice, of layer 2."""
    acl = _acl(reader)
    number = integer(words[0]) if words else None
    body = words[1:] if number is not None else words
    if number is None:
        number = 0 if not acl.rules else (max(acl.rules) // acl.step + 1) * acl.step
    if not body or number > 65534:
        return False
    if body[0].lower() in ("comment", "remark"):
        return True
    if acl.layer != 3:
        return _other_layer(acl, number, body, reader)
    found = rule_body(" ".join(body))
    if found is None:
        return False
    new = RuleDraft(found.action, found.match, found.conditional, reader.ref, found.groups)
    old = acl.rules.get(number)
    acl.rules[number] = _merged(old, new) if old else new
    return True


def _merged(old: RuleDraft, new: RuleDraft) -> RuleDraft:
    """Typing a rule again adds to the old one what it says, and leaves the rest."""
    changed = {name: value for name, value in new.match._asdict().items() if value is not None and name != "vrf"}
    match = old.match._replace(**changed)
    named = new.match.vrf or old.match.vrf
    match = match._replace(vrf=named or (None if new.action is Action.PERMIT else ""))
    fields = {field for field, _ in new.groups} | set(changed)
    groups = tuple(pair for pair in old.groups if pair[0] not in fields) + new.groups
    return RuleDraft(new.action, match, old.conditional or new.conditional, new.ref, groups)


def _other_layer(acl: AclDraft, number: int, body: Words, reader: Reader) -> bool:
    """Rules on frames or raw bytes: what they narrow is not modelled, so a permit counts and a deny does not."""
    kind = body[0].lower()
    if kind not in ("permit", "deny"):
        return False
    acl.rules[number] = RuleDraft(Action(kind), Match(), len(body) > 1, reader.ref)
    return True


def _undo_rule(reader: Reader, words: Words) -> bool:
    """``undo rule N`` takes the rule away; with attributes only those, of which such that only narrow are let go."""
    acl = _acl(reader)
    number = integer(words[0]) if words else None
    if number is None:
        return False
    rest = {word.lower() for word in words[1:]}
    if not rest:
        acl.rules.pop(number, None)
        return True
    return rest <= (_NO_MATTER | {"comment"})


def _step(reader: Reader, words: Words) -> bool:
    number = integer(words[0]) if words else None
    if number is None or not 1 <= number <= 20:
        return False
    _acl(reader).step = number
    return len(words) == 1 or words[1].lower() == "start"


ACL_TABLE: dict[str, Handler] = {
    "rule": _rule,
    "undo rule": _undo_rule,
    "step": _step,
    "description": NOTE,
    "hardware-count enable": "counts packets only",
    "accelerate": "speeds up the lookup of rules only",
}
ACL = View("acl", ACL_TABLE, quick=quick_rule)
ACL6 = View("acl ipv6", {"rule": V6_ONLY, "step": V6_ONLY, "description": NOTE, "hardware-count enable": V6_ONLY})


def _layer(number: int) -> int | None:
    if 1000 <= number <= 3999:
        return 3
    return 2 if 4000 <= number <= 5999 else None


def _open_acl(reader: Reader, words: Words) -> bool:
    """``[number|basic|advanced|mac] N [name X]``, ``basic name X``, ``name X``, with a match order."""
    words = tuple(word if index and words[index - 1].lower() == "name" else word.lower() for index, word in enumerate(words))
    kind = next((name for name in _KINDS if words and len(words[0]) > 1 and name.startswith(words[0])), "")
    kind, rest = (kind, words[1:]) if kind and words[0] != "name" else ("", words)
    layer = _KINDS.get(kind, 3)
    number = integer(rest[0]) if rest else None
    if number is not None:
        rest = rest[1:]
        found = _layer(number)
        if found is None or (kind in ("basic", "advanced", "mac", "user-defined") and number // 1000 != _THOUSANDS[kind]):
            return False
        layer = found
    name = ""
    if len(rest) > 1 and rest[0] == "name":
        name, rest = rest[1], rest[2:]
    if len(rest) > 1 and rest[0] == "match-order":
        if rest[1] not in ("auto", "config"):
            return False
        auto, rest = rest[1] == "auto", rest[2:]
    else:
        auto = None
    if rest or (not name and number is None):
        return False
    _enter(reader, str(number) if number is not None else "", name, layer, auto)
    return True


_KINDS = {"number": 3, "basic": 3, "advanced": 3, "mac": 2, "user-defined": 2, "": 3}
_THOUSANDS = {"basic": 2, "advanced": 3, "mac": 4, "user-defined": 5}


def _enter(reader: Reader, number: str, name: str, layer: int, auto: bool | None) -> None:
    draft = reader.draft
    key = number or draft.acl_names.get(name.lower(), name)
    if name:
        draft.acl_names.setdefault(name.lower(), key)
    acl = draft.acls.get(key)
    if acl is None:
        acl = draft.acls[key] = AclDraft(key, reader.ref, layer=layer)
    if auto is not None:
        acl.auto = auto
    reader.push(ACL, acl, f"acl number {key}" if number else f"acl name {key}")


def _open_acl6(reader: Reader, _words: Words) -> bool:
    reader.push(ACL6, None, "acl ipv6")
    return True


def _undo_acl(reader: Reader, words: Words) -> bool:
    """``undo acl number 3000``, ``undo acl name X``, ``undo acl all``."""
    rest = [word for word in words if word.lower() not in ("number", "basic", "advanced", "mac", "name")]
    if len(rest) != 1:
        return False
    if rest[0].lower() == "all":
        reader.draft.acls.clear()
        reader.draft.acl_names.clear()
        return True
    key = reader.draft.acl_key(rest[0])
    reader.draft.acls.pop(key, None)
    return True


def filter_default(reader: Reader, words: Words) -> bool:
    reader.draft.filter_default = Action.DENY
    return not words


def _undo_filter_default(reader: Reader, _words: Words) -> bool:
    reader.draft.filter_default = Action.PERMIT
    return True


def _old_default(reader: Reader, words: Words) -> bool:
    if not words or words[0].lower() not in ("permit", "deny"):
        return False
    reader.draft.filter_default = Action(words[0].lower())
    return True


def _old_enable(reader: Reader, _words: Words) -> bool:
    reader.draft.old_firewall = reader.ref
    return True


def _undo_old_enable(reader: Reader, _words: Words) -> bool:
    reader.draft.old_firewall = None
    return True


def applied_filter(reader: Reader, words: Words) -> tuple[Applied, bool, Words] | None:
    """``[name] X inbound|outbound …``: the filter, whether inbound, and what follows."""
    if words and words[0].lower() in ("name", "mac", "ip-group", "acl"):
        words = words[1:]
    if len(words) < 2 or words[1].lower() not in ("inbound", "outbound"):
        return None
    return Applied(words[0], reader.ref), words[1].lower() == "inbound", words[2:]


def _global_filter(reader: Reader, words: Words) -> bool:
    """``packet-filter X global inbound``, ``packet-filter X vlan 10 inbound`` in system view."""
    if words and words[0].lower() in ("name", "mac"):
        words = words[1:]
    if len(words) < 3 or words[1].lower() != "global" or words[2].lower() not in ("inbound", "outbound"):
        return False
    (reader.draft.global_in if words[2].lower() == "inbound" else reader.draft.global_out).append(Applied(words[0], reader.ref))
    return set(words[3:]) <= {"hardware-count"}


SYSTEM: dict[str, Handler] = {
    "acl": _open_acl,
    "acl ipv6": _open_acl6,
    "acl logging": "writes log messages only",
    "undo acl": _undo_acl,
    "packet-filter": _global_filter,
    "packet-filter ipv6": V6_ONLY,
    "packet-filter default deny": filter_default,
    "undo packet-filter default deny": _undo_filter_default,
    "undo packet-filter ipv6": V6_ONLY,
    "firewall default": _old_default,
    "firewall enable": _old_enable,
    "undo firewall enable": _undo_old_enable,
    "firewall packet-filter enable": _old_enable,
    "undo firewall packet-filter enable": _undo_old_enable,
    "firewall packet-filter default": _old_default,
    "firewall ipv6": V6_ONLY,
    "undo packet-filter default permit": bare,
}


def filters(
    acls: dict[str, AclDraft], groups: dict[str, AddressGroup], ports: dict[str, list[tuple[int, int]]], default: Action
) -> tuple[Filter, ...]:
    """The ACLs as the snapshot holds them, rules in the order in which the device tries them."""
    return tuple(Filter(acl.name, "acl", acl_rules(acl, groups, ports), default, acl.ref) for acl in acls.values())


def acl_rules(acl: AclDraft, groups: dict[str, AddressGroup], ports: dict[str, list[tuple[int, int]]]) -> tuple[Rule, ...]:
    numbered = sorted(acl.rules.items())
    unsure = False
    if acl.auto:
        unsure = any(rule.groups or (rule.match.sports and rule.match.dports) for rule in acl.rules.values())
        numbered.sort(key=_depth)
    found = []
    for number, rule in numbered:
        matches, conditional = ((rule.match,), rule.conditional) if not rule.groups else resolve_rule(rule, groups, ports)
        if unsure and rule.action is Action.DENY:
            conditional = True
        found.append(Rule(rule.action, matches, rule.ref, str(number), conditional))
    return tuple(found)


def _depth(item: tuple[int, RuleDraft]) -> tuple[bool, bool, int, int, int, int]:
    """Depth first: a VPN instance, a protocol, the longer source, the longer destination, fewer ports, the lower number."""
    number, rule = item
    match = rule.match
    bits = [match_set[0].mask.bit_count() if match_set else 0 for match_set in (match.src, match.dst)]
    ports = sum(last - first + 1 for first, last in (match.sports or ((0, 65535),)) + (match.dports or ((0, 65535),)))
    return not match.vrf, match.protocols is None, -bits[0], -bits[1], ports, number
