"""Object groups: named sets of addresses, services and ports, which may hold each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from isolation_checks.reading import values
from isolation_checks.reading.h3c_draft import AddressGroup, RuleDraft, ServiceGroup
from isolation_checks.reading.h3c_names import Words, icmp_condition, integer, port_condition, protocol
from isolation_checks.reading.h3c_views import Handler, Reader, View
from isolation_checks.snapshot import AddressSet, Match, Ranges, Ternary
from topology.i18n import T

V6_ONLY = T("concerns IPv6 packets only; a line that turns IPv6 on is reported by itself").msgid
NOTE = T("a name or remark for people").msgid


def addresses_of(names: list[str], groups: Mapping[str, AddressGroup]) -> tuple[list[Ternary], bool]:
    """The addresses of all the groups (names in lower case), and whether something in them cannot be resolved.

    A group that is not defined or empty may match nothing or everything: it counts as not resolved.
    """
    found: list[Ternary] = []
    unresolved = False
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        group = groups.get(name)
        if group is None or group.open or not (group.addresses or group.groups):
            unresolved = True
        if group is not None:
            found += group.addresses
            waiting += group.groups
    return found, unresolved


def services_of(names: list[str], groups: Mapping[str, ServiceGroup]) -> tuple[list[Match], bool]:
    """The same for services, with those that the system defines."""
    found: list[Match] = []
    unresolved = False
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in seen or name == "any":
            found += [Match()] if name == "any" else []
            continue
        seen.add(name)
        group = groups.get(name)
        if group is None:
            known = PREDEFINED.get(name)
            unresolved = unresolved or known is None
            found += known or ()
            continue
        unresolved = unresolved or group.open or not (group.matches or group.groups)
        found += group.matches
        waiting += group.groups
    return found, unresolved


def resolve_rule(
    rule: RuleDraft, groups: Mapping[str, AddressGroup], ports: Mapping[str, list[tuple[int, int]]]
) -> tuple[tuple[Match, ...], bool]:
    """The match of a rule with its groups filled in. What cannot be resolved is left open, and the rule is conditional."""
    match, conditional = rule.match, rule.conditional
    for field, name in rule.groups:
        if field in ("src", "dst"):
            found, unresolved = addresses_of([name], groups)
            value: AddressSet | Ranges | None = None if unresolved else tuple(found)
        else:
            unresolved = name not in ports
            value = None if unresolved else values.normalized(ports[name])
        conditional = conditional or unresolved
        match = match._replace(**{field: value})  # type: ignore[arg-type]
    return (match,), conditional


def service_match(words: Words) -> Match | None:
    """``tcp [source eq P] [destination range P Q]``, ``icmp [type code]``, ``50``: one service."""
    number = protocol(words[0]) if words else None
    if number is None:
        return None
    if number < 0:
        return Match() if len(words) == 1 else None
    match = Match(protocols=((number, number),))
    at = 1
    if number == values.ICMP and len(words) > 1:
        found = icmp_condition(words, 1)
        return None if found is None or found[1] != len(words) else match._replace(icmp=found[0])
    while at < len(words):
        side = words[at].lower()
        ports = _service_ports(words, at + 1)
        if side not in ("source", "destination") or ports is None or number not in (6, 17, 132):
            return None
        match = match._replace(sports=ports[0]) if side == "source" else match._replace(dports=ports[0])
        at = ports[1]
    return match


def _service_ports(words: Words, at: int) -> tuple[Ranges, int] | None:
    """A condition on ports; also a list of numbers after ``eq``, and a bare number."""
    return port_condition(words, at)


def _tcp(*ports: int) -> tuple[Match, ...]:
    return (Match(protocols=((6, 6),), dports=tuple((port, port) for port in ports)),)


def _udp(*ports: int) -> tuple[Match, ...]:
    return (Match(protocols=((17, 17),), dports=tuple((port, port) for port in ports)),)


def _ip(*numbers: int) -> tuple[Match, ...]:
    return (Match(protocols=tuple((number, number) for number in numbers)),)


PREDEFINED: dict[str, tuple[Match, ...]] = {
    "http": _tcp(80), "https": _tcp(443), "ftp": _tcp(21), "ftp-get": _tcp(21), "ftp-put": _tcp(21), "ssh": _tcp(22), "telnet": _tcp(23),
    "smtp": _tcp(25), "pop3": _tcp(110), "imap": _tcp(143), "ldap": _tcp(389), "ldaps": _tcp(636), "bgp": _tcp(179),
    "dns-tcp": _tcp(53), "dns-udp": _udp(53), "ntp": _udp(123), "snmp-request": _udp(161), "snmp-trap": _udp(162), "tftp": _udp(69),
    "syslog": _udp(514), "dhcp-server": _udp(67), "dhcp-client": _udp(68), "dhcp-relay": _udp(67), "ike": _udp(500), "nat-t": _udp(4500),
    "l2tp": _udp(1701), "rip": _udp(520), "netbios-ns": _udp(137), "netbios-dgm": _udp(138), "netbios-ssn": _tcp(139),
    "ping": (Match(protocols=((1, 1),), icmp=values.icmp(8)),), "icmp": _ip(1), "tcp": _ip(6), "udp": _ip(17), "gre": _ip(47),
    "ospf": _ip(89), "vrrp": _ip(112), "esp": _ip(50), "ah": _ip(51), "igmp": _ip(2),
}  # fmt: skip
"""The system's own services whose meaning is beyond doubt; another name counts as not resolved."""


def _address_object(reader: Reader, words: Words) -> bool:
    """``[N] network host|subnet|range|group-object|exclude …``."""
    group = reader.frame.data
    assert isinstance(group, AddressGroup)
    if words and integer(words[0]) is not None:
        words = words[1:]
    if len(words) < 2 or words[0].lower() != "network":
        return words[:1] == ("security-zone",) and _open(group)
    kind, rest = words[1].lower(), words[2:]
    if kind == "group-object" and len(rest) == 1:
        group.groups.append(rest[0].lower())
        return True
    if kind == "exclude" or (kind == "host" and rest[:1] and rest[0].lower() == "name"):
        return _open(group)
    if kind == "host" and len(rest) == 2 and rest[0].lower() == "address":
        rest = rest[1:]
    found = address_words(kind, rest)
    group.addresses += found or ()
    return found is not None


def _open(group: AddressGroup) -> bool:
    group.open = True
    return True


def address_words(kind: str, words: Words) -> AddressSet | None:
    """``host A``, ``subnet A M|L|wildcard W``, ``range A B``."""
    first = values.ip(words[0]) if words else None
    if first is None:
        return None
    if kind == "host":
        return (values.host(first),) if len(words) == 1 else None
    if kind == "subnet" and len(words) == 2:
        length = values.mask_length(words[1])
        if length is not None:
            return (values.prefix(first, length),)
        mask = values.ip(words[1])
        return None if mask is None else (values.wildcard(first, values.FULL ^ mask),)
    if kind == "subnet" and len(words) == 3 and words[1].lower() == "wildcard":
        inverse = values.ip(words[2])
        return None if inverse is None else (values.wildcard(first, inverse),)
    if kind == "range" and len(words) == 2:
        last = values.ip(words[1])
        return None if last is None or last < first else values.address_range(first, last)
    return None


def _service_object(reader: Reader, words: Words) -> bool:
    group = reader.frame.data
    assert isinstance(group, ServiceGroup)
    if words and integer(words[0]) is not None:
        words = words[1:]
    if len(words) < 2 or words[0].lower() != "service":
        return False
    if words[1].lower() == "group-object" and len(words) == 3:
        group.groups.append(words[2].lower())
        return True
    if words[1].lower() == "icmpv6":
        return True
    found = service_match(words[1:])
    if found is not None:
        group.matches.append(found)
    return found is not None


def _port_object(reader: Reader, words: Words) -> bool:
    ports = reader.frame.data
    assert isinstance(ports, list)
    if words and integer(words[0]) is not None:
        words = words[1:]
    if not words or words[0].lower() != "port":
        return False
    if words[1:2] == ("group-object",) and len(words) == 3:
        ports += reader.draft.port_groups.get(words[2].lower(), [(0, 65535)])
        return True
    found = port_condition(words, 1)
    if found is None or found[1] != len(words):
        return False
    ports += found[0]
    return True


class _NumberedView(View):
    """A view whose commands begin with a number."""

    __slots__ = ("run",)

    def __init__(self, name: str, run: Handler) -> None:
        super().__init__(name, {"description": NOTE, "network": _not_here, "service": _not_here, "port": _not_here}, quick=self._numbered)
        self.run = run

    def _numbered(self, reader: Reader, text: str) -> bool:
        words = tuple(text.split())
        first = words[0].lower()
        if (not first.isdigit() and first not in ("network", "service", "port", "security-zone")) or not callable(self.run):
            return False
        if not self.run(reader, words):
            return False
        reader.ledger.understood(reader.number)
        return True


def _not_here(_reader: Reader, _words: Words) -> bool:
    return False


ADDRESSES = _NumberedView("object-group ip address", _address_object)
SERVICES = _NumberedView("object-group service", _service_object)
PORTS = _NumberedView("object-group port", _port_object)
V6 = View("object-group ipv6", {}, rest=V6_ONLY)


def _open_addresses(reader: Reader, words: Words) -> bool:
    if len(words) != 1:
        return False
    group = reader.draft.address_groups.setdefault(words[0].lower(), AddressGroup())
    reader.push(ADDRESSES, group, f"object-group ip address {words[0]}")
    return True


def _open_services(reader: Reader, words: Words) -> bool:
    if len(words) != 1:
        return False
    group = reader.draft.service_groups.setdefault(words[0].lower(), ServiceGroup())
    reader.push(SERVICES, group, f"object-group service {words[0]}")
    return True


def _open_ports(reader: Reader, words: Words) -> bool:
    if len(words) != 1:
        return False
    ports = reader.draft.port_groups.setdefault(words[0].lower(), [])
    reader.push(PORTS, ports, f"object-group port {words[0]}")
    return True


def _open_v6(reader: Reader, _words: Words) -> bool:
    reader.push(V6, None, "object-group ipv6")
    return True


def _forget(reader: Reader, words: Words) -> bool:
    kinds: Iterator[dict[str, AddressGroup] | dict[str, ServiceGroup] | dict[str, list[tuple[int, int]]]] = iter(
        (reader.draft.address_groups, reader.draft.service_groups, reader.draft.port_groups)
    )
    for kind in kinds:
        kind.pop(words[-1].lower() if words else "", None)
    return bool(words)


SYSTEM: dict[str, Handler] = {
    "object-group ip address": _open_addresses,
    "object-group ipv6 address": _open_v6,
    "object-group service": _open_services,
    "object-group port": _open_ports,
    "undo object-group": _forget,
    "object-group rename": _not_here,
}
