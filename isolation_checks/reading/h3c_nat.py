"""Address translation of H3C devices: on interfaces, static mappings, pools, and the global policy of firewalls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from isolation_checks.reading import values
from isolation_checks.reading.h3c_draft import (
    Draft,
    InterfaceDraft,
    NatOutboundDraft,
    NatServerDraft,
    StaticNatDraft,
)
from isolation_checks.reading.h3c_names import Words, integer, port, protocol, take_interface
from isolation_checks.reading.h3c_views import Handler, Past, Reader, View, nothing
from isolation_checks.snapshot import (
    Action,
    DestinationNat,
    FeatureKind,
    Match,
    Range,
    Ranges,
    Rule,
    SourceNat,
)
from topology.i18n import T

MAPPING_ONLY = T("how translated ports are chosen, logged or kept; what is translated stands elsewhere").msgid


def _interface(reader: Reader) -> InterfaceDraft:
    data = reader.frame.data
    assert isinstance(data, InterfaceDraft)
    return data


def _outbound(reader: Reader, words: Words) -> bool:
    """``[ACL|name X] [address-group G [no-pat] [reversible]] [port-preserved] …``."""
    draft = _parse_outbound(reader, words)
    if draft is None:
        return False
    if draft.group != "disable":
        _interface(reader).nat_outbound.append(draft)
        _between_instances(reader, words)
    return True


def _between_instances(reader: Reader, words: Words) -> None:
    """Translation that names VPN instances moves packets between them, which is not modelled."""
    if "vpn-instance" in {word.lower() for word in words}:
        reader.feature(FeatureKind.NAT)


def _parse_outbound(reader: Reader, words: Words) -> NatOutboundDraft | None:
    draft = NatOutboundDraft(None, None, False, reader.ref)
    at = 0
    while at < len(words):
        word = words[at].lower()
        after = words[at + 1] if at + 1 < len(words) else ""
        if at == 0 and integer(word) is not None:
            draft.acl = word
            at += 1
        elif at == 0 and word in ("name", "acl") and after:
            draft.acl = after
            at += 2
        elif word in ("address-group", "interface") and after:
            draft.group = after if word == "address-group" else None
            at += 2
            if word == "address-group" and at < len(words) and words[at].lower() == "name":
                draft.group, at = words[at + 1] if at + 1 < len(words) else None, at + 2
        elif word == "no-pat":
            draft.no_pat = True
            at += 1
        elif word in ("reversible", "port-preserved", "easy-ip", "counting"):
            at += 1
        elif word in ("vpn-instance", "rule", "priority", "track", "vrrp") and after:
            at += 2
        elif word == "description":
            break
        elif word == "disable":
            draft.group = "disable"
            return draft
        else:
            return None
    return draft


def _undo_outbound(reader: Reader, words: Words) -> bool:
    gone = _parse_outbound(reader, words)
    if gone is None:
        return False
    rules = _interface(reader).nat_outbound
    rules[:] = [rule for rule in rules if rule.acl != gone.acl]
    return True


class _Server(NamedTuple):
    """One side of ``nat server``: addresses and ports."""

    addresses: Range | None
    own: bool
    ports: Range | None
    next: int


def _server_side(words: Words, at: int) -> _Server | None:
    """``A [A2] [port [port2]]`` or ``current-interface|interface X`` in place of the addresses."""
    own = False
    addresses: Range | None = None
    word = words[at].lower() if at < len(words) else ""
    first = values.ip(word)
    if word == "current-interface":
        own, at = True, at + 1
    elif word == "interface":
        found = take_interface(words, at + 1)
        if found is None:
            return None
        own, at = True, found[1]
    elif first is not None:
        last = values.ip(words[at + 1]) if at + 1 < len(words) else None
        addresses, at = (first, first if last is None else last), at + (1 if last is None else 2)
    else:
        return None
    ports: Range | None = None
    low = port(words[at]) if at < len(words) else None
    if low is not None:
        high = port(words[at + 1]) if at + 1 < len(words) else None
        ports, at = (low, low if high is None else high), at + (1 if high is None else 2)
    if at + 1 < len(words) and words[at].lower() == "vpn-instance":
        at += 2
    return _Server(addresses, own, ports, at)


def _server(reader: Reader, words: Words) -> bool:
    """``[N] [protocol P] global SIDE inside SIDE [acl N] [reversible] [rule R] [disable]``."""
    draft = _parse_server(reader, words)
    if draft is None:
        return False
    if draft.name != "disable":
        _interface(reader).nat_servers.append(draft)
        _between_instances(reader, words)
    return True


def _parse_server(reader: Reader, words: Words) -> NatServerDraft | None:
    at = 1 if words and integer(words[0]) is not None else 0
    number: int | None = None
    if at + 1 < len(words) and words[at].lower() == "protocol":
        number = protocol(words[at + 1])
        if number is None:
            return None
        at += 2
    if at >= len(words) or words[at].lower() != "global":
        return None
    acl = None
    if (at + 2 < len(words) and words[at + 1].lower() in ("acl", "name")) or (at + 2 < len(words) and words[at + 1].isdigit()):
        named = words[at + 1].lower() in ("acl", "name")
        acl = words[at + 2] if named else words[at + 1]
        outside: _Server | None = _Server(None, False, None, at + 3 if named else at + 2)
    else:
        outside = _server_side(words, at + 1)
    if outside is None or outside.next >= len(words) or words[outside.next].lower() != "inside":
        return None
    inside = _server_side(words, outside.next + 1)
    if inside is None or inside.addresses is None:
        return None
    return _server_rest(reader, words, outside, inside, number, acl)


def _server_rest(
    reader: Reader, words: Words, outside: _Server, inside: _Server, number: int | None, acl: str | None
) -> NatServerDraft | None:
    name, reversible = "", reader.draft.version.startswith("5")
    at = inside.next
    while at < len(words):
        word = words[at].lower()
        after = words[at + 1] if at + 1 < len(words) else ""
        if word == "reversible":
            reversible, at = True, at + 1
        elif word == "acl" and after:
            acl, at = (words[at + 2], at + 3) if after.lower() == "name" and at + 2 < len(words) else (after, at + 2)
        elif word in ("rule", "priority", "vrrp", "track") and after:
            name, at = (after if word == "rule" else name), at + 2
        elif word in ("description", "weight"):
            break
        elif word == "disable":
            name = "disable"
            break
        elif word == "counting":
            at += 1
        else:
            return None
    protocols: Ranges | None = None if number is None or number < 0 else ((number, number),)
    if number is None and outside.ports is not None:
        return None
    dst = None if outside.addresses is None else values.address_range(*outside.addresses)
    ports = (outside.ports,) if outside.ports is not None and number in (6, 17) else None
    match = Match(dst=dst, protocols=protocols, dports=ports)
    assert inside.addresses is not None
    return NatServerDraft(name, match, outside.own, inside.addresses, inside.ports, acl, reversible, reader.ref)


def _undo_server(reader: Reader, words: Words) -> bool:
    """``undo nat server protocol P global A [port] …``: what it names goes, with or without the inner side."""
    servers = _interface(reader).nat_servers
    lowered = tuple(word.lower() for word in words)
    at = lowered.index("global") if "global" in lowered else -1
    side = _server_side(words, at + 1) if at >= 0 else None
    if side is None:
        return False
    number = protocol(words[lowered.index("protocol") + 1]) if "protocol" in lowered[:-1] else None
    dst = None if side.addresses is None else values.address_range(*side.addresses)
    ports = (side.ports,) if side.ports is not None and number in (6, 17) else None
    gone = Match(dst=dst, protocols=((number, number),) if number is not None and number >= 0 else None, dports=ports)
    servers[:] = [server for server in servers if server.match != gone]
    return True


def _static_enable(reader: Reader, _words: Words) -> bool:
    _interface(reader).nat_static = True
    return True


def _undo_static_enable(reader: Reader, _words: Words) -> bool:
    _interface(reader).nat_static = False
    return True


INTERFACE: dict[str, Handler] = {
    "nat outbound": _outbound,
    "undo nat outbound": _undo_outbound,
    "nat server": _server,
    "undo nat server": _undo_server,
    "nat static enable": _static_enable,
    "undo nat static enable": _undo_static_enable,
    "nat outbound static": _static_enable,
    "nat hairpin enable": nothing,
    "undo nat hairpin enable": nothing,
    "nat inbound": Past(FeatureKind.NAT),
    "nat outbound port-block-group": Past(FeatureKind.NAT),
    "nat outbound ds-lite-b4": Past(FeatureKind.NAT),
    "nat service": MAPPING_ONLY,
}


def _group(reader: Reader, words: Words) -> bool:
    """``nat address-group N [name X]`` opens a view; Comware 5 writes the range behind the number."""
    if not words:
        return False
    name = words[0]
    pool = reader.draft.nat_groups.setdefault(name, [])
    if len(words) >= 3 and values.ip(words[1]) is not None:
        return _add_range(pool, words[1:3])
    if len(words) == 3 and words[1].lower() == "name":
        reader.draft.nat_groups[words[2]] = pool
    elif len(words) != 1:
        return False
    reader.push(GROUP, pool, f"nat address-group {name}")
    return True


def _undo_group(reader: Reader, words: Words) -> bool:
    reader.draft.nat_groups.pop(words[0] if words else "", None)
    return len(words) in (1, 3)


def _add_range(pool: list[Range], words: Words) -> bool:
    first, last = (values.ip(word) for word in words[:2]) if len(words) >= 2 else (None, None)
    if first is None or last is None or last < first:
        return False
    pool.append((first, last))
    return True


def _pool_address(reader: Reader, words: Words) -> bool:
    pool = reader.frame.data
    assert isinstance(pool, list)
    if words and words[0].lower() == "interface":
        reader.feature(FeatureKind.NAT)
        return True
    return _add_range(pool, words)


def _undo_pool_address(reader: Reader, words: Words) -> bool:
    pool = reader.frame.data
    assert isinstance(pool, list)
    gone = [values.ip(word) for word in words]
    pool[:] = [item for item in pool if list(item) != gone]
    return True


GROUP = View(
    "nat address-group",
    {
        "address": _pool_address,
        "undo address": _undo_pool_address,
        "port-range": MAPPING_ONLY,
        "port-block": MAPPING_ONLY,
        "port-limit": MAPPING_ONLY,
        "exclude-ip": MAPPING_ONLY,
        "failover-group": MAPPING_ONLY,
        "vrrp vrid": MAPPING_ONLY,
        "probe": MAPPING_ONLY,
    },
)


def _static(outbound: bool) -> Handler:
    """``nat static outbound LOCAL GLOBAL``, ``inbound GLOBAL LOCAL``; in both the first is what the inside calls it."""

    def run(reader: Reader, words: Words) -> bool:
        found = _parse_static(reader, words, outbound)
        if found is None:
            return False
        reader.draft.nat_statics.append(found)
        _between_instances(reader, words)
        return True

    return run


def _parse_static(reader: Reader, words: Words, outbound: bool) -> StaticNatDraft | None:
    words = _without_vrfs(words)
    net = bool(words) and words[0].lower() == "net-to-net"
    words = words[1:] if net else words
    first = values.ip(words[0]) if words else None
    second = values.ip(words[1]) if len(words) > 1 else None
    if first is None or second is None:
        return None
    if not net:
        inside, outside, rest = (first, first), (second, second), words[2:]
    else:
        network = values.ip(words[3]) if len(words) > 4 and words[2].lower() in ("global", "local") else None
        length = values.mask_length(words[4]) if network is not None else None
        if network is None or length is None:
            return None
        base = network & values.mask_of(length)
        inside, outside, rest = (first, second), (base + (first & ~values.mask_of(length) & values.FULL), 0), words[5:]
        outside = (outside[0], outside[0] + second - first)
    acl, reversible = None, False
    while rest:
        word = rest[0].lower()
        if word == "acl" and len(rest) > 1:
            skip = 2 if rest[1].lower() == "name" and len(rest) > 2 else 1
            acl, rest = rest[skip], rest[skip + 1 :]
        elif word == "reversible":
            reversible, rest = True, rest[1:]
        elif word in ("rule", "priority", "description") and len(rest) > 1:
            rest = rest[2:]
        else:
            return None
    return StaticNatDraft(inside, outside, acl, reversible or acl is None, outbound, reader.ref)


def _without_vrfs(words: Words) -> Words:
    found = list(words)
    while "vpn-instance" in found:
        at = found.index("vpn-instance")
        del found[at : at + 2]
    return tuple(found)


def _undo_static(reader: Reader, words: Words) -> bool:
    gone = _parse_static(reader, words[1:] if words[:1] in (("outbound",), ("inbound",)) else words, True)
    if gone is None:
        return False
    statics = reader.draft.nat_statics
    statics[:] = [item for item in statics if item.inside != gone.inside]
    return True


SYSTEM: dict[str, Handler] = {
    "nat address-group": _group,
    "undo nat address-group": _undo_group,
    "nat static outbound": _static(outbound=True),
    "nat static inbound": _static(outbound=False),
    "nat static": _static(outbound=True),
    "undo nat static": _undo_static,
    "nat alg": MAPPING_ONLY,
    "nat log": MAPPING_ONLY,
    "nat mapping-behavior": MAPPING_ONLY,
    "nat dns-map": MAPPING_ONLY,
    "nat icmp-error": MAPPING_ONLY,
    "nat aging-time": MAPPING_ONLY,
    "nat session": MAPPING_ONLY,
    "nat port-load-balance": MAPPING_ONLY,
    "nat link-switch": MAPPING_ONLY,
    "nat periodic-statistics": MAPPING_ONLY,
    "nat redirect": MAPPING_ONLY,
    "nat timestamp": MAPPING_ONLY,
    "nat configuration-for-new-connection": MAPPING_ONLY,
    "nat gratuitous-arp": MAPPING_ONLY,
    "nat server-group": Past(FeatureKind.NAT),
    "nat port-block-group": Past(FeatureKind.NAT),
}

_Rules = Mapping[str, tuple[Rule, ...]]


def source_nat(draft: Draft, rules: _Rules) -> list[SourceNat]:
    """What interfaces translate. ``rules`` of the ACLs by key: a permit translates, a deny exempts.

    The device tries rules with an ACL before those without, named before numbered ACLs, and higher numbers first.
    """
    found: list[SourceNat] = []
    for interface in draft.interfaces.values():
        if interface.nat_static:
            found += _static_sources(draft, interface.name, rules)
        for rule in sorted(interface.nat_outbound, key=_outbound_order):
            found += _outbound_nat(draft, interface.name, rule, rules)
    return found


def _outbound_order(rule: NatOutboundDraft) -> tuple[bool, bool, int]:
    number = integer(rule.acl) if rule.acl else None
    return rule.acl is None, number is not None, -(number or 0)


def _outbound_nat(draft: Draft, interface: str, rule: NatOutboundDraft, rules: _Rules) -> Iterable[SourceNat]:
    pool: Ranges = values.normalized(draft.nat_groups.get(rule.group, [])) if rule.group else ()
    own = rule.group is None
    name = f"nat outbound {rule.acl or ''}".rstrip()
    if rule.acl is None:
        yield SourceNat(name, "translate", (Match(),), interface, None, None, pool, own, not rule.no_pat, False, rule.ref)
        return
    for entry in rules.get(draft.acl_key(rule.acl), ()):
        action = "translate" if entry.action is Action.PERMIT else "exempt"
        yield SourceNat(
            name, action, entry.matches, interface, None, None, pool if action == "translate" else (), own and action == "translate",
            action == "translate" and not rule.no_pat, entry.conditional, rule.ref,
        )  # fmt: skip


def _static_sources(draft: Draft, interface: str, rules: _Rules) -> Iterable[SourceNat]:
    for static in draft.nat_statics:
        src = values.address_range(*static.inside)
        for match, conditional in _static_matches(draft, static, rules, Match(src=src)):
            yield SourceNat(
                "nat static", "translate", (match,), interface, None, None, (static.outside,), False, False, conditional, static.ref
            )


def _static_matches(draft: Draft, static: StaticNatDraft, rules: _Rules, base: Match) -> Iterable[tuple[Match, bool]]:
    """An ACL on a static mapping narrows it by destination."""
    if static.acl is None:
        yield base, False
        return
    for entry in rules.get(draft.acl_key(static.acl), ()):
        for match in entry.matches:
            if entry.action is Action.PERMIT:
                yield match._replace(src=base.src), True


def destination_nat(draft: Draft, rules: _Rules) -> list[DestinationNat]:
    found: list[DestinationNat] = []
    for interface in draft.interfaces.values():
        found += [_server_nat(draft, interface.name, server, rules) for server in interface.nat_servers]
        if interface.nat_static:
            found += [_static_destination(interface.name, static) for static in draft.nat_statics if static.reversible]
    return found


def _static_destination(interface: str, static: StaticNatDraft) -> DestinationNat:
    match = Match(dst=values.address_range(*static.outside))
    narrowed = static.acl is not None
    return DestinationNat("nat static", (match,), interface, None, static.inside, None, True, False, narrowed, static.ref)


def _server_nat(draft: Draft, interface: str, server: NatServerDraft, rules: _Rules) -> DestinationNat:
    match, conditional = server.match, False
    matches: tuple[Match, ...] = (match,)
    if server.acl is not None:
        conditional = True
        entries = [entry for entry in rules.get(draft.acl_key(server.acl), ()) if entry.action is Action.PERMIT]
        narrowed = [one for entry in entries for one in entry.matches]
        if match.dst is None and not server.own_address:
            matches = tuple(narrowed)
        elif narrowed:
            matches = tuple(match._replace(src=one.src) for one in narrowed)
    return DestinationNat(
        server.name or "nat server", matches, interface, None, server.inside, server.inside_ports, server.reversible, server.own_address,
        conditional, server.ref,
    )  # fmt: skip
