"""Address sets and service sets of USG, and the conditions of a rule that name them or stand in the rule itself."""

from __future__ import annotations

from functools import lru_cache

from isolation_checks.reading.huawei_draft import Draft, SetDraft
from isolation_checks.reading.huawei_irrelevant import PEOPLE
from isolation_checks.reading.huawei_rules import port
from isolation_checks.reading.huawei_views import Entry, Reading, UnreadError, View, keyword
from isolation_checks.reading.values import FULL, ICMP, ICMP_TYPES, PROTOCOLS, icmp, ip, mask_length, normalized, prefix, wildcard
from isolation_checks.reading.values import address_range as range_of
from isolation_checks.snapshot import Match, Range, Ranges, Ternary

ANY = (Ternary(0, 0),)


def address(words: tuple[str, ...], bare_length: bool) -> tuple[tuple[Ternary, ...], int]:
    """The addresses at the start of ``words`` and how many words they took.

    ``A mask M``, ``A mask 24``, ``A 0`` or ``A W`` (a wildcard), ``range A B``, ``any``. ``bare_length``: a number after the address is a
    prefix length, as in rules; in sets only 0 may stand there, and means a host.
    """
    if words[0] == "any":
        return ANY, 1
    if words[0] == "range":
        first, last = ip(words[1]), ip(words[2])
        if first is None or last is None or first > last:
            raise UnreadError
        return range_of(first, last), 3
    found = ip(words[0])
    if found is None:
        raise UnreadError
    if len(words) == 1:
        return (Ternary(found, FULL),), 1
    if words[1] == "mask":
        length = mask_length(words[2])
        if length is None:
            raise UnreadError
        return (prefix(found, length),), 3
    if words[1] == "0":
        return (Ternary(found, FULL),) if found or not bare_length else ANY, 2
    if words[1].isdigit() and bare_length:
        length = mask_length(words[1])
        if length is None:
            raise UnreadError
        return (prefix(found, length),), 2
    inverse = ip(words[1])
    if inverse is not None:
        length = mask_length(words[1])
        if length is not None and inverse >> 31:  # a mask where a wildcard belongs
            return (prefix(found, length),), 2
        return (wildcard(found, inverse),), 2
    if words[1] in ("description", "desc"):
        return (Ternary(found, FULL),), 1
    raise UnreadError


@lru_cache(maxsize=1 << 14)
def rule_address(words: tuple[str, ...]) -> tuple[Ternary, ...]:
    """An address in a rule, and nothing after it."""
    found, taken = address(words, True)
    if taken != len(words):
        raise UnreadError
    return found


# --- services


def service(words: list[str]) -> tuple[Match, bool]:
    """``protocol tcp [source-port ...] [destination-port 80 to 90 443] [icmp-type ...]``, and whether it is all that was said."""
    if keyword(words[0], "protocol", "service-set") != "protocol":
        raise UnreadError
    name = words[1].lower()
    words = words[2:]
    if name in ("any", "ip"):
        protocol: Ranges | None = None
    else:
        number = int(name) if name.isdigit() else PROTOCOLS.get(name)
        if number is None or number > 255:
            raise UnreadError
        protocol = ((number, number),)
    source: Ranges | None = None
    target: Ranges | None = None
    kinds: Ranges | None = None
    while words:
        word = keyword(words[0], "source-port", "destination-port", "icmp-type", "icmp6-type", "description", "icmpv6-type")
        if word == "description":
            break
        if word == "source-port":
            source, words = _ports(words[1:])
        elif word == "destination-port":
            target, words = _ports(words[1:])
        elif word == "icmp-type":
            kinds, words = _icmp(words[1:])
        else:
            raise UnreadError
    if (source or target) and protocol not in (((6, 6),), ((17, 17),), ((132, 132),)):
        raise UnreadError
    if kinds is not None and protocol != ((ICMP, ICMP),):
        raise UnreadError
    whole = ((0, 65535),)
    match = Match(protocols=protocol, sports=None if source == whole else source, dports=None if target == whole else target, icmp=kinds)
    return match, True


def _ports(words: list[str]) -> tuple[Ranges, list[str]]:
    ranges: list[Range] = []
    while words and (words[0][:1].isdigit() or not ranges):
        first = port(words[0])
        if words[1:2] == ["to"]:
            ranges.append((first, port(words[2])))
            words = words[3:]
        else:
            ranges.append((first, first))
            words = words[1:]
    return normalized(ranges), words


def _icmp(words: list[str]) -> tuple[Ranges, list[str]]:
    if not words[0].isdigit():
        return icmp(*ICMP_TYPES[words[0]]) if words[0] in ICMP_TYPES else _unread(), words[1:]
    kind = int(words[0])
    if kind > 255:
        raise UnreadError
    words = words[1:]
    if words and words[0] == "code":
        words = words[1:]
    ranges: list[Range] = []
    while words and words[0].isdigit():
        first = last = int(words[0])
        words = words[1:]
        if words[:1] == ["to"]:
            last, words = int(words[1]), words[2:]
        if not first <= last <= 255:
            raise UnreadError
        ranges.append((kind * 256 + first, kind * 256 + last))
    return (normalized(ranges) if ranges else icmp(kind)), words


def _unread() -> Ranges:
    raise UnreadError


def _tcp(*ports: int) -> tuple[Match, ...]:
    return (Match(protocols=((6, 6),), dports=normalized((number, number) for number in ports)),)


def _udp(*ports: int) -> tuple[Match, ...]:
    return (Match(protocols=((17, 17),), dports=normalized((number, number) for number in ports)),)


PREDEFINED: dict[str, tuple[Match, ...]] = {
    "any": (Match(),), "icmp": (Match(protocols=((1, 1),)),), "tcp": (Match(protocols=((6, 6),)),), "udp": (Match(protocols=((17, 17),)),),
    "ping": (Match(protocols=((1, 1),), icmp=icmp(8)),), "http": _tcp(80), "https": _tcp(443), "ftp": _tcp(21), "ssh": _tcp(22),
    "telnet": _tcp(23),
    "smtp": _tcp(25), "pop3": _tcp(110), "imap": _tcp(143), "dns": _udp(53) + _tcp(53), "dns-tcp": _tcp(53), "snmp": _udp(161),
    "snmptrap": _udp(162),
    "ntp": _udp(123), "syslog": _udp(514), "tftp": _udp(69), "radius": _udp(1812, 1645), "radius-accounting": _udp(1813, 1646),
    "ldap": _tcp(389),
    "ldaps": _tcp(636), "bgp": _tcp(179), "ospf": (Match(protocols=((89, 89),)),), "gre": (Match(protocols=((47, 47),)),),
    "esp": (Match(protocols=((50, 50),)),), "ah": (Match(protocols=((51, 51),)),), "vrrp": (Match(protocols=((112, 112),)),),
    "rdp-tcp": _tcp(3389), "mysql": _tcp(3306), "sqlserver": _tcp(1433), "dhcp-server": _udp(67), "dhcp-client": _udp(68),
}  # fmt: skip
"""Services that releases predefine alike. Any other name that is not defined here means anything, and only under a condition."""


# --- the views


def _open_addresses(r: Reading, words: list[str]) -> None:
    """``ip address-set NAME type object|group``"""
    r.open(ADDRESSES, _set(r, words, r.draft.address_sets))


def _open_services(r: Reading, words: list[str]) -> None:
    r.open(SERVICES, _set(r, words, r.draft.service_sets))


def _set(r: Reading, words: list[str], sets: dict[str, SetDraft]) -> SetDraft:
    if words[1:2] not in ([], ["type"]):
        raise UnreadError
    return sets.setdefault(words[0].strip('"'), SetDraft(r.ref))


def _undo_addresses(r: Reading, words: list[str]) -> None:
    r.draft.address_sets.pop(words[0].strip('"'), None)


def _undo_services(r: Reading, words: list[str]) -> None:
    r.draft.service_sets.pop(words[0].strip('"'), None)


def _here(r: Reading) -> SetDraft:
    subject = r.here
    if not isinstance(subject, SetDraft):
        raise UnreadError
    return subject


def _member(r: Reading, words: list[str]) -> None:
    """``address [0] 10.1.0.0 mask 16 [description ...]``, ``address [0] address-set NAME``"""
    found = _here(r)
    if len(words) > 1 and words[0].isdigit():
        words = words[1:]
    if words[0] == "address-set":
        found.nested.append(words[1].strip('"'))
        return
    if ":" in words[0] or words[0] in ("mac", "mac-address", "ipv6"):
        found.inexact = True
        return
    addresses, taken = address(tuple(words), False)
    rest = words[taken:]
    if rest and not "description".startswith(rest[0]):
        raise UnreadError
    found.addresses += addresses


def _service_member(r: Reading, words: list[str]) -> None:
    found = _here(r)
    if words[0].isdigit():
        words = words[1:]
    if words[0] == "service-set":
        found.nested.append(words[1].strip('"'))
        return
    match, _ = service(words)
    found.services.append(match)


def _inexact(r: Reading, _words: list[str]) -> None:
    """Taking a member away again: what is left is not known exactly."""
    _here(r).inexact = True
    raise UnreadError


ADDRESSES = View("address-set", {"address": _member, "description": PEOPLE, "undo address": _inexact, "range": _member})
SERVICES = View("service-set", {"service": _service_member, "description": PEOPLE, "undo service": _inexact})
SETS_TOP: dict[str, Entry] = {
    "ip address-set": _open_addresses, "undo ip address-set": _undo_addresses, "ip service-set": _open_services,
    "undo ip service-set": _undo_services,
}  # fmt: skip


# --- resolution


class Sets:
    """Sets by name with everything nested in them; (members, whether they are exact). Cycles end where they close."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._addresses: dict[str, tuple[tuple[Ternary, ...], bool]] = {}
        self._services: dict[str, tuple[tuple[Match, ...], bool]] = {}

    def addresses(self, name: str) -> tuple[tuple[Ternary, ...], bool]:
        """An undefined set is taken as any address, and not exact."""
        found = self._addresses.get(name)
        if found is None:
            found = self._addresses[name] = self._gather_addresses(name)
        return found

    def _gather_addresses(self, name: str) -> tuple[tuple[Ternary, ...], bool]:
        if name not in self._draft.address_sets:
            return ANY, False
        members: list[Ternary] = []
        exact = True
        for item in self._reached(name, self._draft.address_sets):
            if item is None:
                return ANY, False
            members += item.addresses
            exact = exact and not item.inexact
        return tuple(dict.fromkeys(members)), exact

    def services(self, name: str) -> tuple[tuple[Match, ...], bool]:
        found = self._services.get(name)
        if found is None:
            found = self._services[name] = self._gather_services(name)
        return found

    def _gather_services(self, name: str) -> tuple[tuple[Match, ...], bool]:
        if name not in self._draft.service_sets:
            known = PREDEFINED.get(name.lower())
            return (known, True) if known is not None else ((Match(),), False)
        members: list[Match] = []
        exact = True
        for key, item in self._reached_names(name, self._draft.service_sets):
            if item is None:
                known = PREDEFINED.get(key.lower())
                if known is None:
                    return (Match(),), False
                members += known
            else:
                members += item.services
                exact = exact and not item.inexact
        return tuple(dict.fromkeys(members)), exact

    def _reached(self, name: str, sets: dict[str, SetDraft]) -> list[SetDraft | None]:
        return [item for _, item in self._reached_names(name, sets)]

    def _reached_names(self, name: str, sets: dict[str, SetDraft]) -> list[tuple[str, SetDraft | None]]:
        seen: dict[str, SetDraft | None] = {}
        waiting = [name]
        while waiting:
            key = waiting.pop()
            if key in seen:
                continue
            item = seen[key] = sets.get(key)
            if item is not None:
                waiting += item.nested
        return list(seen.items())
