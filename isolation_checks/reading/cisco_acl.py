"""One entry of an IOS access list: its words to an `Entry`. Pure functions, cached, since lists repeat each other."""

from __future__ import annotations

from functools import lru_cache

from isolation_checks.reading.cisco_model import Entry
from isolation_checks.reading.values import ANY_PORT, FULL, ICMP_TYPES, PORTS, PROTOCOLS, complement, icmp, ip, normalized, wildcard
from isolation_checks.snapshot import ESTABLISHED, Action, AddressSet, Fragment, Match, Ranges, TcpFlag, Ternary

_PORTS = PORTS | {
    "cmd": 514,
    "onep-plain": 15001,
    "onep-tls": 15002,
    "ripv6": 521,
    "connectedapps-plain": 15001,
    "connectedapps-tls": 15002,
}
_PROTOCOLS = PROTOCOLS | {"igrp": 9, "udp-lite": 136}
_ICMP = ICMP_TYPES | {
    "alternate-address": (6, None), "conversion-error": (31, None), "dod-host-prohibited": (3, 10), "dod-net-prohibited": (3, 9),
    "general-parameter-problem": (12, 0), "host-isolated": (3, 8), "host-precedence-unreachable": (3, 14),
    "host-tos-unreachable": (3, 12), "net-tos-unreachable": (3, 11), "no-room-for-option": (12, 2), "option-missing": (12, 1),
    "precedence-unreachable": (3, 15), "mobile-redirect": (32, None),
}  # fmt: skip
_FLAGS = {"ack": TcpFlag.ACK, "fin": TcpFlag.FIN, "psh": TcpFlag.PSH, "rst": TcpFlag.RST, "syn": TcpFlag.SYN, "urg": TcpFlag.URG}
_IGMP = {
    "dvmrp",
    "host-query",
    "host-report",
    "membership-query",
    "membership-report",
    "pim",
    "trace",
    "v2-leave",
    "v2-report",
    "v3-report",
}
_WITH_VALUE = {"dscp", "precedence", "tos", "time-range", "option"}  # conditions that only narrow, each with one word
_ICMP_PROTOCOL, _TCP, _UDP, _SCTP, _IGMP_PROTOCOL = 1, 6, 17, 132, 2
ACTIONS = {"permit": Action.PERMIT, "deny": Action.DENY}


class _NoEntryError(ValueError):
    """The words are no entry that IOS has."""


class _Words:
    """The words of an entry and how far they were read."""

    __slots__ = ("at", "words")

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.at = 0

    def peek(self) -> str:
        return self.words[self.at].lower() if self.at < len(self.words) else ""

    def take(self) -> str:
        if self.at >= len(self.words):
            raise _NoEntryError
        self.at += 1
        return self.words[self.at - 1]


@lru_cache(maxsize=1 << 15)
def standard_entry(body: str) -> Entry | None:
    """``permit 10.1.0.0 0.0.255.255 log``; None where it is no entry."""
    words = _Words(body.split())
    try:
        action = _action(words)
        source = _standard_source(words)
        _only_logs(words)
    except _NoEntryError:
        return None
    return Entry(action, Match(src=source))


def _standard_source(words: _Words) -> AddressSet | None:
    first = words.take()
    if first.lower() == "any":
        return None
    if first.lower() == "host":
        return (wildcard(_address(words.take()), 0),)
    address = _address(first)
    inverse = ip(words.peek())
    if inverse is not None:
        words.take()
    return _set(wildcard(address, inverse or 0))


@lru_cache(maxsize=1 << 16)
def extended_entry(body: str) -> Entry | None:
    """``permit tcp host 10.1.1.1 any eq 443 established``; None where it is no entry."""
    words = _Words(body.split())
    try:
        return _extended(words)
    except _NoEntryError:
        return None


def _extended(words: _Words) -> Entry:
    session = ""
    if words.peek() == "evaluate":
        words.take()
        return Entry(Action.CONTINUE, Match(), session=f"evaluate {words.take()}")
    if words.peek() == "dynamic":
        words.take()
        session = f"dynamic {words.take()}"
        if words.peek() == "timeout":
            words.take()
            words.take()
    action = _action(words)
    protocol = words.take().lower()
    service_group = words.take() if protocol == "object-group" else ""
    number = None if service_group else _protocol(protocol)
    source, source_group = _address_part(words)
    sports = _ports(words, number)
    target, target_group = _address_part(words)
    dports = _ports(words, number)
    found = Match(source, target, None if number is None else ((number, number),), sports, dports)
    match, conditional, tail_session = _options(words, found, number)
    return Entry(action, match, conditional, source_group, target_group, service_group, tail_session or session)


def _action(words: _Words) -> Action:
    action = ACTIONS.get(words.take().lower())
    if action is None:
        raise _NoEntryError
    return action


def _protocol(word: str) -> int | None:
    if word in {"ip", "ipv4"}:
        return None
    if word.isascii() and word.isdigit() and int(word) < 256:
        return int(word) or None  # 0 is what `ip` is called by number
    number = _PROTOCOLS.get(word)
    if number is None:
        raise _NoEntryError
    return number


def _address(word: str) -> int:
    value = ip(word)
    if value is None:
        raise _NoEntryError
    return value


def _set(item: Ternary) -> AddressSet | None:
    return (item,) if item.mask else None


def _address_part(words: _Words) -> tuple[AddressSet | None, str]:
    first = words.take()
    lowered = first.lower()
    if lowered == "any":
        return None, ""
    if lowered == "host":
        return (wildcard(_address(words.take()), 0),), ""
    if lowered == "object-group":
        return None, words.take()
    return _set(wildcard(_address(first), _address(words.take()))), ""


def port(word: str) -> int | None:
    if word.isascii() and word.isdigit():
        return int(word) if int(word) <= 65535 else None
    return _PORTS.get(word.lower())


def port_ranges(operator: str, values: list[int]) -> Ranges | None:
    """What ``eq``, ``neq``, ``gt``, ``lt`` and ``range`` say about ports; None where they say nothing that there is."""
    if operator in {"eq", "neq"} and values:
        chosen = normalized((value, value) for value in values)
        return chosen if operator == "eq" else complement(chosen, ANY_PORT[1])
    if operator == "range" and len(values) == 2:
        return ((min(values), max(values)),)
    if operator == "gt" and len(values) == 1:
        return normalized([(values[0] + 1, ANY_PORT[1])])
    if operator == "lt" and len(values) == 1:
        return normalized([(0, values[0] - 1)])
    return None


def _ports(words: _Words, protocol: int | None) -> Ranges | None:
    operator = words.peek()
    if operator not in {"eq", "neq", "gt", "lt", "range"} or protocol not in {_TCP, _UDP, _SCTP}:
        return None
    words.take()
    values: list[int] = []
    wanted = 2 if operator == "range" else 1
    while words.peek():
        value = port(words.peek())
        if value is None or (len(values) >= wanted and operator not in {"eq", "neq"}):
            break
        values.append(value)
        words.take()
    found = port_ranges(operator, values)
    if found is None:
        raise _NoEntryError
    return found


def _options(words: _Words, match: Match, protocol: int | None) -> tuple[Match, bool, str]:
    conditional = False
    session = ""
    if protocol == _ICMP_PROTOCOL:
        match = match._replace(icmp=_icmp(words))
    elif protocol == _IGMP_PROTOCOL and (words.peek() in _IGMP or words.peek().isdigit()):
        words.take()
        conditional = True
    flags: list[tuple[int, int]] = []
    while word := words.peek():
        words.take()
        if word == "established" and protocol == _TCP:
            flags.extend((int(mask), int(value)) for mask, value in ESTABLISHED)
        elif word in _FLAGS and protocol == _TCP:
            flags.append((int(_FLAGS[word]), int(_FLAGS[word])))
        elif word in {"match-any", "match-all"} and protocol == _TCP:
            flags.extend(_flag_list(words, word == "match-all"))
        elif word == "fragments":
            match = match._replace(fragments=(Fragment.LATER,))
        elif word in _WITH_VALUE:
            words.take()
            conditional = True
        elif word == "ttl":
            _ports_like(words)
            conditional = True
        elif word == "reflect":
            session = f"reflect {words.take()}"
            if words.peek() == "timeout":
                words.take()
                words.take()
        elif word in {"log", "log-input"}:
            _cookie(words)
        else:
            raise _NoEntryError
    return match._replace(flags=tuple(flags)) if flags else match, conditional, session


def _icmp(words: _Words) -> Ranges | None:
    word = words.peek()
    if word.isdigit() and int(word) < 256:
        words.take()
        code = words.peek()
        if code.isdigit() and int(code) < 256:
            words.take()
            return icmp(int(word), int(code))
        return icmp(int(word))
    if word in _ICMP:
        words.take()
        return icmp(*_ICMP[word])
    return None


def _flag_list(words: _Words, every: bool) -> list[tuple[int, int]]:
    """``+ack -syn``: alternatives, or one condition on all."""
    found = []
    while (word := words.peek())[:1] in {"+", "-"} and word[1:] in _FLAGS:
        words.take()
        flag = int(_FLAGS[word[1:]])
        found.append((flag, flag if word[0] == "+" else 0))
    if not found:
        raise _NoEntryError
    if not every:
        return found
    mask = value = 0
    for flag, wanted in found:
        mask |= flag
        value |= wanted
    return [(mask, value)]


def _ports_like(words: _Words) -> None:
    operator = words.take().lower()
    if operator not in {"eq", "neq", "gt", "lt", "range"}:
        raise _NoEntryError
    for _ in range(2 if operator == "range" else 1):
        words.take()


def _cookie(words: _Words) -> None:
    """``log`` may carry a word of the operator's, which comes last."""
    if words.at == len(words.words) - 1 and words.peek() not in _WITH_VALUE | {"fragments", "established", "log", "log-input", "reflect"}:
        words.take()


def _only_logs(words: _Words) -> None:
    while words.peek():
        if words.take().lower() not in {"log", "smartlog"}:
            raise _NoEntryError
        _cookie(words)


def netmask(address: str, mask: str) -> Ternary | None:
    """A network of an object group, which has a netmask where ACLs have a wildcard."""
    value, bits = ip(address), ip(mask)
    return None if value is None or bits is None else Ternary(value & bits, bits & FULL)
