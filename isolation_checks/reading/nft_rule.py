"""One rule of nftables: its conditions, what it does, and where it sends a packet on."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from isolation_checks.reading import values
from isolation_checks.reading.nft_condition import braces, condition, conjunction, selectors
from isolation_checks.reading.nft_match import (
    Alternative,
    Element,
    NotUnderstoodError,
    Scope,
    Selector,
    Words,
    compared,
    elements,
    of_set,
)
from isolation_checks.reading.nft_values import ANY, addresses, name, numbers
from isolation_checks.snapshot import Action, FeatureKind, Match, Ref, Rule

_VERDICTS = {"accept": Action.PERMIT, "drop": Action.DENY, "reject": Action.DENY, "return": Action.RETURN, "continue": Action.CONTINUE}
_NOBODY = "0.0.0.0"  # noqa: S104 - the source of a host that has no address yet
_MANGLED = {"saddr": FeatureKind.NAT, "daddr": FeatureKind.NAT, "sport": FeatureKind.NAT, "dport": FeatureKind.NAT}


class Nat(NamedTuple):
    """An address translation. ``low`` None: the address of the interface, or the host itself (redirect)."""

    kind: str  # snat | dnat | masquerade | redirect
    low: int | None
    high: int | None
    ports: tuple[int, int] | None
    matches: tuple[Alternative, ...]  # beside the rule's own


@dataclass(slots=True)
class Parsed:
    """What a rule says. ``steps`` are (alternatives beside the rule's own, action, target), in order."""

    alternatives: list[Alternative] = field(default_factory=lambda: [(ANY, False)])
    steps: list[tuple[list[Alternative], Action, str]] = field(default_factory=list)
    nat: list[Nat] = field(default_factory=list)
    features: list[FeatureKind] = field(default_factory=list)
    comment: str = ""
    reverse_path: str = ""  # strict | loose | the interfaces that it must leave by, after "oifname "
    exempt_zero: bool = False
    plain: bool = True  # no other condition than interfaces
    updated: list[str] = field(default_factory=list)  # sets that it fills

    @property
    def only_ipv6(self) -> bool:
        return not self.alternatives

    def rules(self, ref: Ref) -> list[Rule]:
        """As entries of a filter; an entry for what is exact and one for what narrows by something that the model lacks."""
        if len(self.alternatives) == 1 and len(self.steps) == 1 and not self.steps[0][0]:
            (match, narrow), (_, action, target) = self.alternatives[0], self.steps[0]
            return [Rule(action, (match,), ref, self.comment, narrow, target)]
        found = []
        for beside, action, target in self.steps:
            both = conjunction(self.alternatives, beside) if beside else self.alternatives
            for narrow, group in groupby(sorted(both, key=lambda item: item[1]), key=lambda item: item[1]):
                matches = tuple(dict.fromkeys(match for match, _ in group))
                found.append(Rule(action, matches, ref, self.comment, narrow, target))
        return found


def parse_rule(words: list[str], scope: Scope, chains: frozenset[str]) -> Parsed:
    """Raises NotUnderstoodError. ``chains`` are those of the table."""
    quick = _quick(words, scope.family, chains)
    if quick is not None:
        return quick
    for word in words:
        if word[0] == "$":
            raise NotUnderstoodError
    return _Rule(Words(words), scope, chains).read()


# --- the plainest rules ----------------------------------------------------------------------------------------------------------------

_PLAIN = frozenset({
    "ip saddr", "ip daddr", "ip protocol", "tcp sport", "tcp dport", "udp sport", "udp dport", "icmp type", "meta l4proto", "meta iifname",
    "meta oifname",
})  # fmt: skip
_BEGINS = frozenset(
    {"ip", "tcp", "udp", "icmp", "meta", "iifname", "oifname", "iif", "oif", "comment", "counter", "jump", "goto", *_VERDICTS}
)
_ESTABLISHED = ["&", "(", "ack", "|", "rst", ")", "!=", "0"]


def _quick(words: list[str], family: str, chains: frozenset[str]) -> Parsed | None:
    """Rules of single values, one after the other, as nearly all are; None for any other. It says what `_Rule` would."""
    fields: list[object] = [None] * len(ANY)
    at, size, comment, verdict, target, plain = 0, len(words), "", None, "", True
    while at < size:
        word = words[at]
        if word in _VERDICTS or word in ("jump", "goto"):
            if verdict is not None or word == "reject":
                return None
            verdict = _VERDICTS.get(word) or (Action.JUMP if word == "jump" else Action.GOTO)
            if word in ("jump", "goto"):
                at += 1
                target = words[at] if at < size else ""
                if target not in chains:
                    return None
            at += 1
            continue
        if word == "comment" and at + 2 == size:
            comment = name(words[at + 1])
            break
        if verdict is not None:
            return None
        if word in ("iifname", "oifname"):
            found, at = _clause(word, "", words[at + 1], family) if at + 1 < size else None, at + 2
        elif word == "tcp" and words[at + 1 : at + 2] == ["flags"] and words[at + 2 : at + 10] == _ESTABLISHED:
            found, at, plain = _ESTABLISHED_FIELDS, at + 10, False
        elif at + 2 < size and f"{word} {words[at + 1]}" in _PLAIN:
            found, at, plain = _clause(word, words[at + 1], words[at + 2], family), at + 3, False
        else:
            return None
        if found is None or (at < size and words[at] not in _BEGINS):
            return None
        for index, value in found:
            if fields[index] is None or (index == 2 and fields[index] == value):
                fields[index] = value
            else:
                return None
    if verdict is None:
        return None
    match = Match(*fields) if size > 1 else ANY  # type: ignore[arg-type]
    return Parsed([(match, False)], [([], verdict, target)], comment=comment, plain=plain)


_ESTABLISHED_FIELDS = ((2, ((6, 6),)), (6, ((4, 4), (16, 16))))


@lru_cache(maxsize=1 << 16)
def _clause(first: str, second: str, value: str, family: str) -> tuple[tuple[int, object], ...] | None:
    """The fields that one condition on a single value sets; None where it is not that plain."""
    if value[0] in "{@!$(<>=&":
        return None
    words = Words([first, second, value] if second else [first, value])
    scope = Scope(family, {})
    try:
        found = selectors(words, family)
        alternatives = condition(found, words, scope) if found is not None and len(found) == 1 else []
    except NotUnderstoodError:
        return None
    if len(alternatives) != 1 or alternatives[0][1] or words.peek():
        return None
    return tuple((index, field_) for index, field_ in enumerate(alternatives[0][0]) if field_ is not None)


class _Rule:
    def __init__(self, words: Words, scope: Scope, chains: frozenset[str]) -> None:
        self.words, self.scope, self.chains = words, scope, chains
        self.result = Parsed()

    def read(self) -> Parsed:
        words = self.words
        while words.peek():
            if not (self._verdict() or self._statement() or self._condition()):
                raise NotUnderstoodError
        if not self.result.steps and not self.result.nat:
            self.result.steps.append(([], Action.CONTINUE, ""))
        return self.result

    # --- verdicts ------------------------------------------------------------------------------------------------------------------

    def _verdict(self) -> bool:
        word = self.words.peek()
        if word in ("jump", "goto"):
            self.words.at += 1
            if self.words.peek() == "{":
                raise NotUnderstoodError
            self._step([], Action.JUMP if word == "jump" else Action.GOTO, self._chain(self.words.take()))
            return True
        if word not in _VERDICTS:
            return False
        self.words.at += 1
        if word == "reject" and self.words.took("with"):
            while self.words.peek() not in ("", "comment"):
                self.words.at += 1
        self._step([], _VERDICTS[word], "")
        return True

    def _step(self, beside: list[Alternative], action: Action, target: str) -> None:
        self.result.steps.append((beside, action, target))

    def _chain(self, found: str) -> str:
        if name(found) not in self.chains:
            raise NotUnderstoodError
        return name(found)

    def _verdict_words(self, found: tuple[str, ...]) -> tuple[Action, str]:
        if len(found) == 2 and found[0] in ("jump", "goto"):
            return (Action.JUMP if found[0] == "jump" else Action.GOTO), self._chain(found[1])
        if len(found) == 1 and found[0] in ("accept", "drop", "return", "continue"):
            return _VERDICTS[found[0]], ""
        raise NotUnderstoodError

    # --- conditions ----------------------------------------------------------------------------------------------------------------

    def _condition(self) -> bool:
        words = self.words
        start = words.at
        if words.peek() == "fib":
            self._reverse_path()
        found = selectors(words, self.scope.family)
        if found is None:
            return False
        if words.peek() == "set":
            what = words.items[words.at - 1]
            if what in _MANGLED and words.items[start] in ("ip", "tcp", "udp", "th"):
                self.result.features.append(_MANGLED[what])
            elif words.items[start] == "ct" and what in ("helper", "zone"):
                self.result.features.append(FeatureKind.FILTER)
            words.at += 1
            self._set_value()
            return True
        if words.took("vmap"):
            self._verdict_map(found)
            return True
        before = words.at
        alternatives = condition(found, words, self.scope)
        if [what.field for what in found] == ["src"] and words.items[before : words.at] == ["!=", _NOBODY]:
            self.result.exempt_zero = True
        elif any(what.field not in ("in", "nfproto", "ethertype") for what in found) and words.items[start] != "fib":
            self.result.plain = False
        self._narrow(alternatives)
        return True

    def _narrow(self, alternatives: list[Alternative]) -> None:
        self.result.alternatives = conjunction(self.result.alternatives, alternatives)

    def _reverse_path(self) -> None:
        """A check of the source against the routes, in the forms that people write."""
        at = self.words.at
        rest = " ".join(self.words.items[at : at + 9])
        for start, kind in _REVERSE:
            if rest.startswith(start):
                self.result.reverse_path = kind
                return
        if rest.startswith("fib saddr oifname !="):
            names = self.words.items[at + 4 :]
            taken = names[: names.index("}") + 1] if names[:1] == ["{"] and "}" in names else names[:1]
            self.result.reverse_path = " ".join(["oifname", *(name(item) for item in taken if item not in "{},")])

    def _verdict_map(self, found: list[Selector]) -> None:
        words = self.words
        if words.peek() == "{":
            items: list[Element] | None = elements(braces(words))
        elif words.peek().startswith("@"):
            items = of_set(self.scope, words.take()[1:])
        else:
            raise NotUnderstoodError
        if items is None:
            raise NotUnderstoodError  # verdicts that nobody knows
        by_verdict: dict[tuple[Action, str], list[Alternative]] = {}  # keys differ, so their order is free
        for item in items:
            if len(item.key) != len(found):
                raise NotUnderstoodError
            by_verdict.setdefault(self._verdict_words(item.data), []).extend(self._key(found, item))
        for (action, target), beside in by_verdict.items():
            if beside:
                self._step(beside, action, target)
        if not self.result.steps:
            self._step([], Action.CONTINUE, "")

    def _key(self, found: list[Selector], item: Element) -> list[Alternative]:
        """The packets that have this key."""
        beside: list[Alternative] = [(ANY, False)]
        for what, key in zip(found, item.key, strict=True):
            beside = conjunction(beside, compared(what, "==", [key], self.scope.family))
        return beside

    def _set_value(self) -> None:
        """The value that a packet's field is set to; which one does not matter here."""
        words = self.words
        while words.peek() not in ("", "comment", "counter", "accept", "drop", "return", "continue", "jump", "goto", "log"):
            if words.peek() == "{":
                braces(words)
            else:
                words.at += 1

    # --- statements ----------------------------------------------------------------------------------------------------------------

    def _statement(self) -> bool:
        words = self.words
        found = _STATEMENTS.get(words.peek())
        if found is None or (words.peek() == "ct" and words.peek(1) != "count"):
            return False
        found(self)
        return True

    def _counter(self) -> None:
        words = self.words
        words.take()
        if words.peek() == "packets":
            words.at += 4
        elif words.took("name"):
            words.take()

    def _log(self) -> None:
        words = self.words
        words.take()
        while words.peek() in ("prefix", "level", "group", "snaplen", "queue-threshold", "flags"):
            if words.take() == "flags":
                while words.peek() in ("tcp", "sequence", "options", "ip", "skuid", "ether", "all", ",") and words.peek(1) not in (
                    "saddr", "daddr", "protocol", "dport", "sport", "flags",
                ):  # fmt: skip
                    words.at += 1
            else:
                words.take()

    def _comment(self) -> None:
        self.words.take()
        self.result.comment = name(self.words.take())

    def _limit(self) -> None:
        """``limit rate [over] 5/second [burst 10 packets]``: sometimes it holds."""
        words = self.words
        words.take()
        if words.took("name"):
            words.take()
        elif words.took("rate"):
            words.took("over")
            words.take()
            if words.peek().startswith("/") or words.peek() in (
                "bytes",
                "kbytes",
                "mbytes",
                "bytes/second",
                "kbytes/second",
                "mbytes/second",
            ):
                words.at += 1
            if words.took("burst"):
                words.take()
                words.took("packets", "bytes", "kbytes", "mbytes")
        else:
            raise NotUnderstoodError
        self._sometimes()

    def _quota(self) -> None:
        words = self.words
        words.take()
        if words.took("name"):
            words.take()
        else:
            words.took("over", "until")
            words.take()
            words.take()
            if words.took("used"):
                words.at += 2
        self._sometimes()

    def _count(self) -> None:
        self.words.at += 2
        self.words.took("over")
        self.words.take()
        self._sometimes()

    def _sometimes(self) -> None:
        self.result.plain = False
        self._narrow([(ANY, True)])

    def _meter(self) -> None:
        """``meter NAME [size N] { KEY limit rate … }``."""
        words = self.words
        words.take()
        words.take()
        if words.took("size"):
            words.take()
        braces(words)
        self._sometimes()

    def _dynamic(self) -> None:
        """``add @set { ip saddr timeout 1m limit rate over … }``."""
        words = self.words
        words.take()
        if not words.peek().startswith("@"):
            raise NotUnderstoodError
        self.result.updated.append(words.take()[1:])
        inside = braces(words)
        if "limit" in inside or "ct" in inside:
            self._sometimes()

    def _set_first(self) -> None:
        """The older ``set add ip saddr timeout 1m @set``."""
        words = self.words
        words.take()
        if words.take() not in ("add", "update", "delete"):
            raise NotUnderstoodError
        while not words.take().startswith("@"):
            pass
        self.result.updated.append(words.items[words.at - 1][1:])

    def _queue(self) -> None:
        """A program decides; it may let the packet pass."""
        while self.words.peek() not in ("", "comment"):
            self.words.at += 1
        self.result.features.append(FeatureKind.PROXY)
        self._narrow([(ANY, True)])
        self._step([], Action.PERMIT, "")

    def _notrack(self) -> None:
        self.words.take()
        self.result.features.append(FeatureKind.FILTER)

    def _copied(self) -> None:
        """``dup to …``, ``fwd to …``: a packet leaves by a way of its own."""
        self.result.features.append(FeatureKind.MIRROR)
        self._rest_of_clause()

    def _proxied(self) -> None:
        self.result.features.append(FeatureKind.PROXY)
        self._rest_of_clause()

    def _offloaded(self) -> None:
        self.result.features.append(FeatureKind.OTHER)
        self._rest_of_clause()

    def _rest_of_clause(self) -> None:
        self.words.take()
        self._set_value()

    def _last(self) -> None:
        self.words.take()
        while self.words.peek() == "used":
            self.words.at += 2

    # --- address translation -------------------------------------------------------------------------------------------------------

    def _nat(self) -> None:
        words = self.words
        kind = words.take()
        words.took("ip", "ip6", "inet")
        if words.peek() == "prefix":
            self.result.features.append(FeatureKind.NAT)
            self._set_value()
            return
        if words.took("to"):
            self._target(kind)
        elif kind in ("masquerade", "redirect"):
            self.result.nat.append(Nat(kind, None, None, None, ()))
        else:
            raise NotUnderstoodError
        while words.peek() in ("random", "persistent", "fully-random", ","):
            words.at += 1

    def _target(self, kind: str) -> None:
        words = self.words
        found = selectors(words, self.scope.family) if words.peek() not in (":", "numgen", "jhash", "symhash") else None
        if found is not None:
            if not words.took("map"):
                raise NotUnderstoodError
            self._mapped(kind, found)
            return
        if words.peek() in ("numgen", "jhash", "symhash"):
            self.result.features.append(FeatureKind.NAT)
            self._set_value()
            return
        text = words.take()
        while words.peek() in ("-", ":"):
            text += words.take() + words.take()
        if words.peek()[:1] in ("-", ":") and len(words.peek()) > 1 and not words.peek()[1:].isalpha():
            text += words.take()
        self.result.nat.append(_nat_of(kind, text, ()))

    def _mapped(self, kind: str, found: list[Selector]) -> None:
        words = self.words
        if words.peek() == "{":
            items: list[Element] | None = elements(braces(words))
        elif words.peek().startswith("@"):
            items = of_set(self.scope, words.take()[1:])
        else:
            raise NotUnderstoodError
        if items is None:
            self.result.features.append(FeatureKind.NAT)
            return
        for item in items:
            data = [word for word in item.data if word != "."]
            if not data or len(data) > 2:
                raise NotUnderstoodError
            self.result.nat.append(_nat_of(kind, ":".join(data), tuple(self._key(found, item))))


def _nat_of(kind: str, text: str, matches: tuple[Alternative, ...]) -> Nat:
    """``10.0.0.1``, ``10.0.0.1-10.0.0.9``, ``10.0.0.1:80``, ``:1024-65535``."""
    address, colon, port = text.partition(":")
    ports = numbers("ports", port) if colon else None
    if colon and ports is None:
        raise NotUnderstoodError
    low = high = None
    if address:
        found = addresses(address)
        if found is None:
            raise NotUnderstoodError
        low = found[0].value
        high = found[-1].value | (values.FULL ^ found[-1].mask)
    elif kind in ("snat", "dnat"):
        raise NotUnderstoodError
    return Nat(kind, low, high, ports[0] if ports else None, matches)


_REVERSE = (
    ("fib saddr . iif oif missing", "strict"),
    ("fib saddr . iif oif eq 0", "strict"),
    ("fib saddr . iif oif == 0", "strict"),
    ("fib saddr . iif oif 0", "strict"),
    ("fib saddr . iif check missing", "strict"),
    ("fib saddr . iif oif exists == false", "strict"),
    ("fib saddr . mark . iif oif missing", "strict"),
    ("fib saddr . iif . mark oif missing", "strict"),
    ("fib saddr oif missing", "loose"),
    ("fib saddr oif eq 0", "loose"),
    ("fib saddr check missing", "loose"),
)

_STATEMENTS = {
    "counter": _Rule._counter, "log": _Rule._log, "comment": _Rule._comment, "limit": _Rule._limit, "quota": _Rule._quota,
    "ct": _Rule._count,
    "meter": _Rule._meter, "flow": _Rule._offloaded, "add": _Rule._dynamic, "update": _Rule._dynamic, "delete": _Rule._dynamic,
    "set": _Rule._set_first, "queue": _Rule._queue, "notrack": _Rule._notrack, "dup": _Rule._copied, "fwd": _Rule._copied,
    "tproxy": _Rule._proxied, "synproxy": _Rule._proxied, "snat": _Rule._nat, "dnat": _Rule._nat, "masquerade": _Rule._nat,
    "redirect": _Rule._nat, "last": _Rule._last,
}  # fmt: skip
