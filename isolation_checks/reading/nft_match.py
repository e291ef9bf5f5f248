"""The conditions of nftables' rules: selectors, comparisons, sets, concatenations.

A condition becomes alternatives (a Match, and whether it narrows by something that the model does not hold). A packet of IPv4 is what is
asked about: what only IPv6 has leaves no alternative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from isolation_checks.reading import values
from isolation_checks.reading.nft_lexer import RawSet
from isolation_checks.reading.nft_values import (
    ANY,
    FLAGS,
    MODELLED,
    STATES,
    addresses,
    any_flag,
    conjoined,
    flag_set,
    is_ipv6,
    name,
    not_flags,
    numbers,
)
from isolation_checks.snapshot import AddressSet, Match, Names, Ranges

Alternative: TypeAlias = tuple[Match, bool]
LIMIT = 20_000
"""Alternatives of one rule; a rule with more is not understood."""

_PROTOCOL = {"tcp": 6, "udp": 17, "sctp": 132, "dccp": 33, "udplite": 136, "ah": 51, "esp": 50, "comp": 108, "igmp": 2, "gre": 47}
_PORTED = ((6, 6), (17, 17), (132, 132))
_TCP = ((6, 6),)
_ICMP = ((1, 1),)


class NotUnderstoodError(Exception):
    """The statement is none that is known here."""


class Selector(NamedTuple):
    """What is compared: a field of Match, or something else (``other``); ``protocols`` are implied by looking at it."""

    field: str
    protocols: Ranges | None = None


@dataclass(slots=True)
class Words:
    """The words of a statement, read from the left."""

    items: list[str]
    at: int = 0

    def peek(self, ahead: int = 0) -> str:
        index = self.at + ahead
        return self.items[index] if index < len(self.items) else ""

    def take(self) -> str:
        if self.at >= len(self.items):
            raise NotUnderstoodError
        self.at += 1
        return self.items[self.at - 1]

    def took(self, *options: str) -> bool:
        if self.peek() in options and self.at < len(self.items):
            self.at += 1
            return True
        return False


@dataclass(slots=True)
class Scope:
    """Where a rule stands: the family of its table, and the sets of that."""

    family: str
    sets: dict[str, RawSet]
    parsed: dict[str, list[Element] | None] = field(default_factory=dict)


# --- selectors -------------------------------------------------------------------------------------------------------------------------

_IP = {"saddr": Selector("src"), "daddr": Selector("dst"), "protocol": Selector("protocols"), "version": Selector("version")}
_META = {
    "iif": Selector("in"), "iifname": Selector("in"), "oif": Selector("out"), "oifname": Selector("out"), "l4proto": Selector("protocols"),
    "nfproto": Selector("nfproto"), "protocol": Selector("ethertype"),
}  # fmt: skip
_META_OTHER = frozenset({
    "mark", "length", "priority", "skuid", "skgid", "cpu", "iifgroup", "oifgroup", "iiftype", "oiftype", "pkttype", "rtclassid", "cgroup",
    "secpath", "ipsec", "day", "hour", "time", "random", "nftrace", "ibrname", "obrname", "ibriport", "obriport", "sdif", "sdifname",
    "iifkind", "oifkind", "broute", "ibrpvid", "ibrvproto",
})  # fmt: skip
_CT_OTHER = frozenset({
    "status", "mark", "expiration", "helper", "label", "zone", "direction", "bytes", "packets", "avgpkt", "id", "l3proto", "protocol",
    "proto-src", "proto-dst", "saddr", "daddr", "count", "event", "secmark",
})  # fmt: skip
OTHER = Selector("other")
SIX = Selector("six")


def selector(words: Words, family: str) -> Selector | None:
    """The selector that begins here, or None."""
    found = _SELECTORS.get(words.peek())
    start = words.at
    if found is not None:
        words.at += 1
        result = found(words, family)
        if result is not None:
            return result
    words.at = start
    return None


def _ip(words: Words, family: str) -> Selector | None:
    if words.peek() in ("option",):
        words.at += 1
        words.take()
        if words.peek().isalpha():
            words.at += 1
        return OTHER
    found = _IP.get(words.peek())
    if found is None and words.peek() not in ("dscp", "ttl", "length", "id", "frag-off", "checksum", "hdrlength", "ecn", "tos"):
        return None
    words.at += 1
    return found or OTHER


def _ip6(words: Words, family: str) -> Selector | None:
    words.take()
    return SIX


def _icmp(words: Words, family: str) -> Selector | None:
    kind = words.take()
    if kind in ("type", "code"):
        return Selector(f"icmp-{kind}", _ICMP)
    return Selector("other", _ICMP) if kind in ("checksum", "id", "sequence", "mtu", "gateway") else None


def _icmpv6(words: Words, family: str) -> Selector | None:
    """Of an `ip` table it means the number of ICMPv6 inside IPv4, which nobody sends but which passes."""
    words.take()
    return Selector("other", ((58, 58),)) if family == "ip" else SIX


def _transport(protocol: str) -> Callable[[Words, str], Selector | None]:
    number = _PROTOCOL[protocol]

    def found(words: Words, family: str) -> Selector | None:
        what = words.take()
        implied = ((number, number),)
        if what in ("sport", "dport"):
            return Selector(f"{what}s", implied) if number in (6, 17, 132) else Selector("other", implied)
        if what == "flags" and number == 6:
            return Selector("flags", implied)
        if what == "option":
            words.take()
            if words.peek() in ("kind", "length", "size", "count", "tsval", "tsecr", "left", "right"):
                words.at += 1
        elif what not in ("sequence", "ackseq", "doff", "reserved", "window", "checksum", "urgptr", "length", "vtag", "type", "spi", "cpi",
                          "nexthdr", "hdrlength", "flags", "csumcov", "chunk", "mrt", "group"):  # fmt: skip
            return None
        return Selector("other", implied)

    return found


def _any_transport(words: Words, family: str) -> Selector | None:
    what = words.take()
    return Selector(f"th-{what}s") if what in ("sport", "dport") else None


def _meta(words: Words, family: str) -> Selector | None:
    what = words.take()
    return _META.get(what) or (OTHER if what in _META_OTHER else None)


def _unqualified(words: Words, family: str) -> Selector | None:
    words.at -= 1
    what = words.take()
    return _META.get(what) or OTHER


def _ct(words: Words, family: str) -> Selector | None:
    what = words.take()
    if what == "state":
        return Selector("states")
    if what in ("original", "reply"):
        if words.peek() in ("ip", "ip6"):
            words.at += 1
        what = words.take()
    return OTHER if what in _CT_OTHER else None


def _ether(words: Words, family: str) -> Selector | None:
    return Selector("ethertype-link") if words.take() == "type" else OTHER


def _fib(words: Words, family: str) -> Selector | None:
    """``fib saddr . iif oif …``: the tuple, then the result."""
    words.take()
    while words.took("."):
        words.take()
    return OTHER if words.take() in ("oif", "oifname", "type", "check") else None


def _raw(words: Words, family: str) -> Selector | None:
    """``@nh,128,32``."""
    if words.peek() != ",":
        return None
    for _ in range(4):
        words.take()
    return OTHER


def _two(words: Words, family: str) -> Selector | None:
    """Selectors of two words or one: ``rt classid``, ``socket transparent``, ``osf name``, ``exthdr hbh``."""
    while words.peek().replace("-", "").isalpha() and words.peek() not in ("exists", "missing", "vmap", "set", "unknown"):
        words.at += 1
        break
    return OTHER


_SELECTORS: dict[str, Callable[[Words, str], Selector | None]] = {
    "ip": _ip, "ip6": _ip6, "icmp": _icmp, "icmpv6": _icmpv6, **{name_: _transport(name_) for name_ in _PROTOCOL}, "th": _any_transport,
    "meta": _meta, "ct": _ct, "ether": _ether, "vlan": _ether, "arp": _ip6, "fib": _fib, "@nh": _raw, "@th": _raw, "@ll": _raw, "@ih": _raw,
    "rt": _two, "socket": _two, "osf": _two, "exthdr": _two, "ipsec": _two, "hbh": _ip6, "frag": _ip6, "dst": _ip6, "mh": _ip6, "rt0": _ip6,
    **dict.fromkeys((*_META, *_META_OTHER), _unqualified),
}  # fmt: skip
for _ambiguous in ("protocol", "l4proto", "nfproto", "length", "random", "time", "ipsec", "broute", "secpath"):
    _SELECTORS.pop(_ambiguous, None)
_SELECTORS["ipsec"] = _two
_SELECTORS["vlan"] = lambda words, family: OTHER if words.take() else None


# --- values ----------------------------------------------------------------------------------------------------------------------------


class Element(NamedTuple):
    """One element of a set or map: a list of words for each selector of its key, and those of what it maps to."""

    key: tuple[tuple[str, ...], ...]
    data: tuple[str, ...]


def elements(words: list[str]) -> list[Element]:
    """The elements between the braces of a set. Raises NotUnderstoodError."""
    current: list[str] = []
    items: list[list[str]] = []
    depth = 0
    for word in _split_pairs(words):
        if word in ("{", "("):
            depth += word == "("
            if word == "{":
                continue  # a variable that was a set itself
        elif word == "}":
            continue
        elif word == ")":
            depth -= 1
        if word == "," and not depth:
            items.append(current)
            current = []
        else:
            current.append(word)
    items.append(current)
    return [_element(item) for item in items if item]


_OPTIONS = frozenset({"timeout", "expires", "comment", "counter", "limit", "quota", "last", "ct"})


def _split_pairs(words: list[str]) -> list[str]:
    """``80:drop`` without blanks as three words; addresses of IPv6 and of Ethernet stay whole."""
    result: list[str] = []
    for word in words:
        if ":" in word and word != ":" and word[0] != '"' and not is_ipv6(word):
            left, _, right = word.partition(":")
            result.extend(part for part in (left, ":", right) if part)
        else:
            result.append(word)
    return result


def _element(words: list[str]) -> Element:
    key, data = words, []
    if ":" in words:
        at = words.index(":")
        key, data = words[:at], words[at + 1 :]
    for index, word in enumerate(key):
        if word in _OPTIONS and index:
            key = key[:index]
            break
    for index, word in enumerate(data):
        if word in ("comment", "timeout", "counter") and index:
            data = data[:index]
            break
    parts: list[list[str]] = [[]]
    for word in key:
        if word == ".":
            parts.append([])
        else:
            parts[-1].append(word)
    if not all(parts) or any(word[0] == "$" for word in words):
        raise NotUnderstoodError
    return Element(tuple(tuple(part) for part in parts), tuple(data))


def of_set(scope: Scope, set_name: str) -> list[Element] | None:
    """The elements of a named set; None where they are filled in while the host runs."""
    if set_name not in scope.sets:
        raise NotUnderstoodError
    if set_name not in scope.parsed:
        raw = scope.sets[set_name]
        found = elements(raw.elements)
        if not raw.elements and "constant" not in raw.flags:
            raw.dynamic = True
        scope.parsed[set_name] = None if raw.dynamic else found
    return scope.parsed[set_name]


# --- one field compared ----------------------------------------------------------------------------------------------------------------


def compared(what: Selector, operator: str, items: list[tuple[str, ...]], family: str) -> list[Alternative]:
    """A selector against values of which any may hold (an element of a set, or the one that stands there). ``!=`` negates all of them."""
    negated = operator == "!="
    implied = Match(protocols=what.protocols) if what.protocols is not None else ANY
    reader = _FIELDS.get(what.field)
    if reader is None:  # six
        return [(ANY, False)] if negated and what.field == "never" else []
    found = reader(what, negated, items)
    if implied is ANY:
        return found
    return [(both, narrow) for match, narrow in found if (both := conjoined(implied, match)) is not None]


def _joined(items: list[tuple[str, ...]]) -> list[str]:
    """Each value as one word: ``80 - 90`` as ``80-90``."""
    joined = ["".join(item) if len(item) > 1 and set(item) & {"-", "/"} else " ".join(item) for item in items]
    return [item for word in joined for item in (word.split(" , ") if " , " in word else (word,))]


def _addresses(what: Selector, negated: bool, items: list[tuple[str, ...]]) -> list[Alternative]:
    found: list = []  # type: ignore[type-arg]
    for word in _joined(items):
        one = addresses(word)
        if one is None:
            raise NotUnderstoodError
        found.extend(one)
    result: AddressSet = values.complement_addresses(tuple(found)) if negated else tuple(dict.fromkeys(found))
    return [(Match(src=result) if what.field == "src" else Match(dst=result), False)] if result else []


def _ranges(kind: str, top: int, items: list[tuple[str, ...]], negated: bool) -> Ranges:
    found = [numbers(kind, word) for word in _joined(items)]
    if any(one is None for one in found):
        raise NotUnderstoodError
    result = values.normalized(pair for one in found if one for pair in one)
    return values.complement(result, top) if negated else result


def _protocols(what: Selector, negated: bool, items: list[tuple[str, ...]]) -> list[Alternative]:
    result = _ranges("protocols", 255, items, negated)
    return [(Match(protocols=result), False)] if result else []


def _ports(what: Selector, negated: bool, items: list[tuple[str, ...]]) -> list[Alternative]:
    result = _ranges("ports", 65535, items, negated)
    if not result:
        return []
    return [
        (
            Match(protocols=what.protocols, sports=result) if what.field == "sports" else Match(protocols=what.protocols, dports=result),
            False,
        )
    ]


def _th_ports(what: Selector, negated: bool, items: list[tuple[str, ...]]) -> list[Alternative]:
    """The same bytes of any protocol: of those with ports exactly, of others it is whatever stands there."""
    plain = Selector(what.field.removeprefix("th-"), _PORTED)
    rest = values.complement(_PORTED, 255)
    return [*_ports(plain, negated, items), (Match(protocols=rest), True)]


def _icmp_types(what: Selector, negated: bool, items: list[tuple[str, ...]]) -> list[Alternative]:
    result = _ranges("icmp-type", 255, items, negated)
    found = tuple((low * 256, high * 256 + 255) for low, high in result)
    return [(Match(protocols=_ICMP, icmp=values.normalized(found)), False)] if found else []


def _icmp_codes(what: Selector, negated: bool, items: list[tuple[str, ...]]) -> list[Alternative]:
    result = _ranges("icmp-code", 255, items, negated)
    found = values.normalized((kind * 256 + low, kind * 256 + high) for kind in range(256) for low, high in result)
    return [(Match(protocols=_ICMP, icmp=found), False)] if found else []


def _states(what: Selector, negated: bool, items: list[tuple[str, ...]]) -> list[Alternative]:
    wanted = {word for item in items for word in item if word not in (",", "|", "(", ")")}
    if not wanted <= set(STATES):
        raise NotUnderstoodError
    result = tuple(state for state in STATES if (state in wanted) != negated)
    return [(Match(states=result) if len(result) < len(STATES) else ANY, False)] if result else []


def _interfaces(what: Selector, negated: bool, items: list[tuple[str, ...]]) -> list[Alternative]:
    found = [name(word) for word in _joined(items)]
    if any(not word or word.isdigit() for word in found):
        return [(ANY, True)]  # by the number that the kernel gave
    names = Names(tuple(dict.fromkeys(found)), negated)
    return [(Match(in_interfaces=names) if what.field == "in" else Match(out_interfaces=names), False)]


def _flag_values(what: Selector, negated: bool, items: list[tuple[str, ...]]) -> list[Alternative]:
    """All eight flags against a value. The two of congestion notification are not in the model: equal narrows, unequal may hold by them."""
    wanted = [flag_set(list(item)) for item in items]
    if any(value is None for value in wanted):
        raise NotUnderstoodError
    found = [value & MODELLED for value in wanted if value is not None]
    if not negated:
        flags = tuple(dict.fromkeys((MODELLED, value) for value in found))
        return [(Match(protocols=_TCP, flags=flags), True)] if flags else []
    exact: Match | None = ANY
    for value in found:
        exact = conjoined(exact, Match(flags=not_flags(MODELLED, value))) if exact is not None else None
    result: list[Alternative] = [(Match(protocols=_TCP), True)]
    if exact is not None:
        result.insert(0, (exact._replace(protocols=_TCP), False))
    return result


def _families(what: Selector, negated: bool, items: list[tuple[str, ...]]) -> list[Alternative]:
    words = {name(word).lower() for word in _joined(items)}
    four = {"ip", "ipv4", "4", "2", "0x0800", "0x800"}
    holds = bool(words & four) != negated
    return [(ANY, what.field == "ethertype-link")] if holds else []


def _narrowing(what: Selector, negated: bool, items: list[tuple[str, ...]]) -> list[Alternative]:
    return [(ANY, True)]


_FIELDS: dict[str, Callable[[Selector, bool, list[tuple[str, ...]]], list[Alternative]]] = {
    "src": _addresses, "dst": _addresses, "protocols": _protocols, "sports": _ports, "dports": _ports, "th-sports": _th_ports,
    "th-dports": _th_ports, "icmp-type": _icmp_types, "icmp-code": _icmp_codes, "states": _states, "in": _interfaces, "out": _interfaces,
    "flags": _flag_values, "nfproto": _families, "ethertype": _families, "ethertype-link": _families, "version": _families,
    "other": _narrowing,
}  # fmt: skip


def masked_flags(mask: int, operator: str, value: int) -> list[Alternative]:
    """``tcp flags & mask == value``."""
    narrow = bool((mask | value) & ~MODELLED)
    if value & ~mask:  # never equal
        return [(Match(protocols=_TCP), False)] if operator == "!=" else []
    low, wanted = mask & MODELLED, value & MODELLED
    if operator != "!=":
        return [(Match(protocols=_TCP, flags=((low, wanted),)), narrow)]
    flags = any_flag(low) if not wanted else not_flags(low, wanted)
    found: list[Alternative] = [(Match(protocols=_TCP, flags=flags), False)] if flags else []
    return [*found, (Match(protocols=_TCP), True)] if narrow else found


FLAG_WORDS = frozenset(FLAGS)
