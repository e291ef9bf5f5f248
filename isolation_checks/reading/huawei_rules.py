"""One rule of a VRP ACL: what stands after its number."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from isolation_checks.reading.huawei_views import UnreadError, keyword
from isolation_checks.reading.values import FULL, ICMP, ICMP_TYPES, PORTS, PROTOCOLS, TCP, UDP, icmp, ip, wildcard
from isolation_checks.snapshot import ESTABLISHED, Action, Fragment, Match, Ranges, TcpFlag, Ternary

_VRP_PORTS = {**PORTS, "mobilip-mn": 435, "dnsix": 195, "rip": 520, "chargen": 19, "dns": 53, "login": 513, "netbios-ssn": 139}
_ACTIONS = {"permit": Action.PERMIT, "deny": Action.DENY}
_FRAGMENTS = {
    "fragment": (Fragment.FIRST, Fragment.LATER), "non-fragment": (Fragment.WHOLE,), "first-fragment": (Fragment.FIRST,),
    "fragment-subseq": (Fragment.LATER,), "none-first-fragment": (Fragment.LATER,), "non-first-fragment": (Fragment.LATER,),
    "non-subseq": (Fragment.WHOLE, Fragment.FIRST), "fragment-spe-first": (Fragment.FIRST,),
}  # fmt: skip
_NARROWING = {  # conditions that the model does not hold, and how many words follow
    "dscp": 1, "precedence": 1, "tos": 1, "igmp-type": 1, "vlan": 1, "vlan-id": 1, "cvlan-id": 1, "ttl-expired": 0, "time-range": 1,
    "source-mac": 2, "destination-mac": 2, "8021p": 1, "ether-ii": 0, "802.3": 0, "snap": 0, "double-tag": 0, "vni": 1, "traffic-class": 1,
    "user-group": 1, "source-pool": 1, "destination-pool": 1, "source-port-pool": 1, "destination-port-pool": 1, "cvlan-8021p": 1,
}  # fmt: skip
_SILENT = {"logging": 0, "log": 0, "vpn-instance-any": 0, "counting": 0}


class Body(NamedTuple):
    """What a rule says after its number."""

    action: Action
    matches: tuple[Match, ...]
    conditional: bool


@lru_cache(maxsize=1 << 16)
def rule_body(text: str, kind: str) -> Body | None:
    """``permit tcp source A W ...`` in an ACL of a kind (basic, advanced, other); None where it is not understood."""
    try:
        words = text.split()
        try:
            plain = _plain(words, kind)
        except (UnreadError, IndexError):
            plain = None
        return plain or _Rule(words, kind).read()
    except (UnreadError, LookupError, ValueError):
        return None


def _plain(words: list[str], kind: str) -> Body | None:
    """A rule of the commonest forms, at speed: protocol, addresses with wildcards, ports. None for any other."""
    action = _ACTIONS.get(words[0])
    protocols = _COMMON.get(words[1]) if len(words) > 1 else None
    if action is None or kind != "advanced" or protocols is None:
        return None
    src = dst = sports = dports = flags = None
    at, end = 2, len(words)
    while at < end:
        word = words[at]
        if word == "source" and src is None:
            src = _pair(words[at + 1], words[at + 2])
        elif word == "destination" and dst is None:
            dst = _pair(words[at + 1], words[at + 2])
        elif word == "destination-port" and dports is None and protocols in _WITH_PORTS:
            dports, at = _range(words[at + 1], words[at + 2], words[at + 3 : at + 4]), at + (words[at + 1] == "range")
        elif word == "source-port" and sports is None and protocols in _WITH_PORTS:
            sports, at = _range(words[at + 1], words[at + 2], words[at + 3 : at + 4]), at + (words[at + 1] == "range")
        elif word == "tcp-flag" and words[at + 1 :] == ["established"] and protocols == ((TCP, TCP),):
            flags, at = _ESTABLISHED, at - 1
        else:
            return None
        at += 3
    match = Match(None if src is None else (src,), None if dst is None else (dst,), protocols or None, sports, dports, None, flags)
    return Body(action, (match,), False)


_COMMON: dict[str, Ranges] = {"ip": (), "tcp": ((TCP, TCP),), "udp": ((UDP, UDP),), "icmp": ((ICMP, ICMP),), "ospf": ((89, 89),)}
_WITH_PORTS = (((TCP, TCP),), ((UDP, UDP),))
_ESTABLISHED = tuple((int(mask), int(value)) for mask, value in ESTABLISHED)


def _range(operator: str, first: str, last: list[str]) -> Ranges:
    if operator == "eq":
        return _single(first)
    if operator != "range":
        raise UnreadError
    one, other = port(first), port(last[0])
    return ((min(one, other), max(one, other)),)


@lru_cache(maxsize=1 << 16)
def _pair(address: str, inverse: str) -> Ternary:
    one, other = ip(address), 0 if inverse == "0" else ip(inverse)
    if one is None or other is None:
        raise UnreadError
    return wildcard(one, other)


@lru_cache(maxsize=4096)
def _single(word: str) -> Ranges:
    number = port(word)
    return ((number, number),)


class _Rule:
    """One rule's words, read from left to right."""

    def __init__(self, words: list[str], kind: str) -> None:
        self.words = words
        self.at = 0
        self.kind = kind
        self.src: Ternary | None = None
        self.dst: Ternary | None = None
        self.protocols: Ranges | None = None
        self.sports: Ranges | None = None
        self.dports: Ranges | None = None
        self.icmp: Ranges | None = None
        self.flags: tuple[tuple[int, int], ...] | None = None
        self.fragments: tuple[Fragment, ...] | None = None
        self.vrf: str | None = None
        self.conditional = False
        self.loose_flags = False

    def take(self) -> str:
        self.at += 1
        return self.words[self.at - 1]

    def read(self) -> Body:
        action = _ACTIONS[keyword(self.take(), "permit", "deny")]
        if self.kind == "other":
            return self._other(action)
        if self.kind == "advanced" and self.at < len(self.words) and (self.words[self.at] != "vpn-instance"):
            self.protocols = _protocol(self.take())
        while self.at < len(self.words):
            word = self.take().lower()
            handler = _CONDITIONS.get(word)
            if handler is not None:
                handler(self)
            elif word in _FRAGMENTS:
                self.fragments = _FRAGMENTS[word]
            elif word in _SILENT:
                self.at += _SILENT[word]
            elif word in _NARROWING:
                self._narrow(_NARROWING[word])
            else:
                self._abbreviated(word)
        conditional = self.conditional or (self.loose_flags and action == Action.DENY)
        match = Match(
            None if self.src is None else (self.src,), None if self.dst is None else (self.dst,), self.protocols, self.sports, self.dports,
            self.icmp, self.flags, self.fragments, None, self.vrf,
        )  # fmt: skip
        return Body(action, (match,), conditional)

    def _abbreviated(self, word: str) -> None:
        near = [name for name in _CONDITIONS if name.startswith(word)]
        if len(near) != 1:
            raise UnreadError
        _CONDITIONS[near[0]](self)

    def _narrow(self, count: int) -> None:
        self.at += count
        if self.at > len(self.words):
            raise UnreadError
        self.conditional = True

    def _other(self, action: Action) -> Body:
        """Of an ACL on frames or on raw bytes: anything that it names narrows; a frame that carries no IPv4 is none of ours."""
        rest = self.words[1:]
        if "l2-protocol" in rest:
            carried = rest[rest.index("l2-protocol") + 1].lower()
            if carried in ("arp", "0x0806", "rarp", "0x8035", "ipv6", "0x86dd", "mpls", "0x8847"):
                return Body(action, (), False)
            if rest[:2] in (["l2-protocol", "ip"], ["l2-protocol", "0x0800"]) and len(rest) == 2:
                return Body(action, (Match(),), False)
        return Body(action, (Match(),), bool(rest))

    def source(self) -> None:
        self.src = self._address()

    def destination(self) -> None:
        self.dst = self._address()

    def _address(self) -> Ternary | None:
        word = self.take()
        if word == "any":
            return None
        address = ip(word)
        if address is None:
            raise UnreadError
        if self.at >= len(self.words):
            return Ternary(address, FULL)
        inverse = self.words[self.at]
        if inverse == "0":
            self.at += 1
            return Ternary(address, FULL)
        value = ip(inverse)
        if value is None:
            raise UnreadError
        self.at += 1
        return wildcard(address, value)

    def source_port(self) -> None:
        self._ported()
        self.sports = self._ports()

    def destination_port(self) -> None:
        self._ported()
        self.dports = self._ports()

    def _ported(self) -> None:
        if self.protocols not in (((TCP, TCP),), ((UDP, UDP),), ((132, 132),)):
            raise UnreadError

    def _ports(self) -> Ranges:
        operator = self.take()
        first = port(self.take())
        if operator == "eq":
            return ((first, first),)
        if operator == "range":
            last = port(self.take())
            return ((min(first, last), max(first, last)),)
        if operator == "gt":
            return ((first + 1, 65535),) if first < 65535 else ()
        if operator == "lt":
            return ((0, first - 1),) if first else ()
        if operator == "neq":
            return tuple(pair for pair in ((0, first - 1), (first + 1, 65535)) if pair[0] <= pair[1])
        raise UnreadError

    def icmp_type(self) -> None:
        if self.protocols != ((ICMP, ICMP),):
            raise UnreadError
        word = self.take().lower()
        if word.isdigit():
            code = int(self.take()) if self.at < len(self.words) and self.words[self.at].isdigit() else None
            if int(word) > 255 or (code or 0) > 255:
                raise UnreadError
            self.icmp = icmp(int(word), code)
        elif word in ICMP_TYPES:
            kind, code = ICMP_TYPES[word]
            # A name means one code (`echo` is type 8 code 0); a permit of the whole type is the wider reading where releases differ.
            self.icmp = icmp(kind, 0 if code is None and self.words[0] == "deny" else code)
        else:
            raise UnreadError

    def tcp_flag(self) -> None:
        if self.protocols != ((TCP, TCP),):
            raise UnreadError
        flags: list[tuple[int, int]] = []
        while self.at < len(self.words):
            word = self.words[self.at].lower()
            if word == "established":
                flags += ESTABLISHED
            elif word.upper() in TcpFlag.__members__:
                flag = TcpFlag[word.upper()]
                flags.append((flag, flag))
            elif word.isdigit():
                flags.append((int(word), int(word)))
                self.loose_flags = True
            elif word == "mask":
                self.at += 1
                self.loose_flags = True
            else:
                break
            self.at += 1
        if not flags:
            raise UnreadError
        named = [pair for pair in flags if pair not in ESTABLISHED]
        if named and len(flags) > 1:  # whether all or any of them must be set: the wider for a permit, no effect for a deny
            self.loose_flags = True
        self.flags = tuple((int(mask), int(value)) for mask, value in dict.fromkeys(flags))

    def established(self) -> None:
        if self.protocols != ((TCP, TCP),):
            raise UnreadError
        self.flags = tuple((int(mask), int(value)) for mask, value in ESTABLISHED)

    def fragment_type(self) -> None:
        word = self.take().lower()
        if word not in _FRAGMENTS:
            raise UnreadError
        self.fragments = _FRAGMENTS[word]

    def vpn_instance(self) -> None:
        self.vrf = self.take()

    def ttl(self) -> None:
        operator = self.take()
        self._narrow(2 if operator == "range" else 1)


_CONDITIONS: dict[str, Callable[[_Rule], None]] = {
    "source": _Rule.source, "destination": _Rule.destination, "source-port": _Rule.source_port, "destination-port": _Rule.destination_port,
    "icmp-type": _Rule.icmp_type, "tcp-flag": _Rule.tcp_flag, "established": _Rule.established, "fragment-type": _Rule.fragment_type,
    "vpn-instance": _Rule.vpn_instance, "ttl": _Rule.ttl, "packet-length": _Rule.ttl,
}  # fmt: skip


@lru_cache(maxsize=1024)
def _protocol(word: str) -> Ranges | None:
    lowered = word.lower()
    if lowered == "ip":
        return None
    if lowered.isdigit():
        if int(lowered) > 255:
            raise UnreadError
        return ((int(lowered), int(lowered)),)
    number = PROTOCOLS.get(lowered)
    if number is None:
        raise UnreadError
    return ((number, number),)


def port(word: str) -> int:
    if word.isascii() and word.isdigit():
        if int(word) > 65535:
            raise UnreadError
        return int(word)
    number = _VRP_PORTS.get(word.lower())
    if number is None:
        raise UnreadError
    return number
