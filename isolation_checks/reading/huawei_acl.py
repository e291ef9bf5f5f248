"""ACLs of VRP: rules become `Rule`s in the order of evaluation."""

from __future__ import annotations

from isolation_checks.reading.huawei_draft import AclDraft, Draft
from isolation_checks.reading.huawei_irrelevant import IPV6_ONLY, PEOPLE
from isolation_checks.reading.huawei_rules import rule_body
from isolation_checks.reading.huawei_views import Reading, UnreadError, View, keyword
from isolation_checks.snapshot import Action, Filter, LineCode, Match, Range, Ref, Rule, Ternary

# --- the view


def acl_kind(number: int | None, word: str | None = None) -> str:
    if word in ("advance", "advanced"):
        return "advanced"
    if word in ("basic", "basic-acl"):
        return "basic"
    if number is None:
        return "advanced" if word is None else "other"
    if 2000 <= number <= 2999 or 42768 <= number <= 59151:
        return "basic"
    if 3000 <= number <= 3999 or 59152 <= number <= 75535:
        return "advanced"
    return "other"


def open_acl(r: Reading, words: list[str]) -> None:
    """``acl [number] 3000 [name X]``, ``acl name X [[number] 3000 | advance | basic]``, each with an optional ``match-order``."""
    words = list(words)
    if words[0] == "ipv6":
        r.irrelevant(IPV6_ONLY)
        r.open(_IPV6_ACL, None)
        return
    auto = False
    if len(words) > 2 and words[-2] == "match-order":
        auto = keyword(words[-1], "auto", "config") == "auto"
        words = words[:-2]
    number: int | None = None
    name = type_word = None
    while words:
        word = words.pop(0)
        if word == "name" and words:
            name = words.pop(0).strip('"')
        elif word == "number" and words:
            number = int(words.pop(0))
        elif word.isdigit() and number is None:
            number = int(word)
        elif number is None and type_word is None and word:
            type_word = keyword(word, "advance", "advanced", "basic", "link", "user", "ucl", "mpls") if word != "advance" else word
        else:
            raise UnreadError
    if name is None and number is None:
        raise UnreadError
    r.open(ACL, _acl(r, name, number, acl_kind(number, type_word), auto))


def _acl(r: Reading, name: str | None, number: int | None, kind: str, auto: bool) -> AclDraft:
    draft = r.draft
    key = name or draft.acl_numbers.get(str(number), str(number))
    known = draft.acls.get(key)
    if known is None:
        known = draft.acls[key] = AclDraft(key, number, kind, r.ref, auto)
    if number is not None:
        draft.acl_numbers[str(number)] = key
        known.number = number
    known.auto = known.auto or auto
    return known


def undo_acl(r: Reading, words: list[str]) -> None:
    words = [word for word in words if word not in ("name", "number")]
    if words and words[0] == "ipv6":
        r.irrelevant(IPV6_ONLY)
        return
    if words == ["all"]:
        r.draft.acls.clear()
        return
    r.draft.acls.pop(acl_name(r.draft, words[0]), None)


def acl_name(draft: Draft, word: str) -> str:
    """The name of the ACL that a number or a name stands for, as far as is known."""
    return draft.acl_numbers.get(word, word)


def _rule(r: Reading, words: list[str]) -> None:
    acl = r.here
    assert isinstance(acl, AclDraft)
    number = int(words[0]) if words[0].isdigit() else None
    rest = words if number is None else words[1:]
    if rest[:1] in (["description"], ["comment"]):
        r.irrelevant(PEOPLE)
        return
    body = rule_body(" ".join(rest), acl.kind)
    if body is None:
        raise UnreadError
    number = acl.next_number() if number is None else number
    rule = Rule(body.action, body.matches, r.ref, str(number), body.conditional)
    old = acl.rules.get(number)
    acl.rules[number] = rule
    if old is not None and old._replace(ref=rule.ref) != rule:  # whether it replaces or merges differs by release
        raise UnreadError


def _fast_rule(r: Reading, text: str) -> bool:
    """``rule N body`` of a new rule, without the general way's detours."""
    head, _, rest = text.partition(" ")
    if head != "rule":
        return False
    number, _, body_text = rest.partition(" ")
    if not number.isdigit():
        return False
    acl = r.here
    assert isinstance(acl, AclDraft)
    body = rule_body(body_text, acl.kind)
    if body is None:
        if body_text.startswith("description "):
            r.irrelevant(PEOPLE)
            return True
        return False
    key = int(number)
    if key in acl.rules:
        return False
    ledger, line = r.ledger, r.number
    ledger.codes[line - 1] = LineCode.UNDERSTOOD
    acl.rules[key] = Rule(body[0], body[1], Ref(ledger.file, line), number, body[2])
    return True


def _undo_rule(r: Reading, words: list[str]) -> None:
    acl = r.here
    assert isinstance(acl, AclDraft)
    if len(words) > 1 and words[1] == "description":
        r.irrelevant(PEOPLE)
        return
    if len(words) > 1:  # takes single conditions off the rule
        raise UnreadError
    acl.rules.pop(int(words[0]), None)


def _step(r: Reading, words: list[str]) -> None:
    acl = r.here
    assert isinstance(acl, AclDraft)
    acl.step = int(words[0]) or 5


def _undo_step(r: Reading, _words: list[str]) -> None:
    acl = r.here
    assert isinstance(acl, AclDraft)
    acl.step = 5


ACL = View("acl", {"rule": _rule, "undo rule": _undo_rule, "step": _step, "undo step": _undo_step, "description": PEOPLE})
ACL.fast = _fast_rule
_IPV6_ACL = View("acl ipv6", {"rule": IPV6_ONLY, "description": IPV6_ONLY, "step": IPV6_ONLY}, swallow=IPV6_ONLY)


# --- what comes out


def acl_rules(acl: AclDraft) -> tuple[Rule, ...]:
    """The rules in the order of evaluation."""
    numbers = sorted(acl.rules)
    rules = [acl.rules[number] for number in numbers]
    if not acl.auto:
        return tuple(rules)
    deep = sorted(rules, key=_depth)  # sorted() keeps the order of equals
    if deep == rules:
        return tuple(rules)
    # The device keeps such rules by depth; a text in another order was typed, and ties may have fallen otherwise.
    return tuple(rule._replace(conditional=True) if rule.action == Action.DENY else rule for rule in deep)


def _depth(rule: Rule) -> tuple[int, int, int, int, int]:
    """Depth first: VPN instance, protocol, fewest sources, fewest destinations, fewest ports."""
    match = rule.matches[0] if rule.matches else Match()
    return (
        0 if match.vrf is not None else 1,
        0 if match.protocols is not None else 1,
        _size(match.src),
        _size(match.dst),
        _width(match.sports) + _width(match.dports),
    )


def _size(addresses: tuple[Ternary, ...] | None) -> int:
    return 32 if addresses is None else min((32 - item.mask.bit_count() for item in addresses), default=0)


def _width(ranges: tuple[Range, ...] | None) -> int:
    return 65536 if ranges is None else sum(last - first + 1 for first, last in ranges)


def acl_filters(draft: Draft) -> tuple[Filter, ...]:
    """ACLs, and the single rules of ACLs that are put to use, as filters of packets."""
    found = {name: Filter(name, "acl", acl_rules(acl), Action.PERMIT, acl.ref) for name, acl in draft.acls.items()}
    for key, (name, number) in draft.single_rules.items():
        whole = found.get(acl_name(draft, name))
        if whole is not None:
            chosen = tuple(rule for rule in whole.rules if rule.name == str(number))
            found[key] = Filter(key, "acl", chosen, Action.PERMIT, whole.ref)
    return tuple(found.values())
