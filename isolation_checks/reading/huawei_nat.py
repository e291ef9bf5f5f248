"""Address translation on routers: pools, ``nat outbound``, ``nat server``, ``nat static``."""

from __future__ import annotations

from isolation_checks.reading.huawei_acl import acl_name, acl_rules
from isolation_checks.reading.huawei_draft import Draft, InterfaceDraft, OutboundNat, PoolDraft
from isolation_checks.reading.huawei_names import take_interface
from isolation_checks.reading.huawei_rules import port
from isolation_checks.reading.huawei_views import Entry, Reading, UnreadError, done, feature
from isolation_checks.reading.values import PROTOCOLS, address_range, ip, mask_length, mask_of
from isolation_checks.snapshot import Action, DestinationNat, FeatureKind, Match, Range, SourceNat


def address_group(r: Reading, words: list[str]) -> None:
    """``nat address-group 1 A B`` of a router."""
    first, last = ip(words[1]), ip(words[2])
    if first is None or last is None or first > last or len(words) > 3:
        raise UnreadError
    pool = r.draft.pools.setdefault(words[0], PoolDraft(r.ref))
    pool.ranges.append((first, last))


def undo_address_group(r: Reading, words: list[str]) -> None:
    r.draft.pools.pop(words[0], None)


def _interface(r: Reading) -> InterfaceDraft:
    subject = r.here
    if not isinstance(subject, InterfaceDraft):
        raise UnreadError
    return subject


def _outbound(r: Reading, words: list[str]) -> None:
    """``nat outbound ACL [address-group G [no-pat]] [interface X]``; without a group the interface's own address."""
    item = _interface(r)
    acl = words[0]
    rest = words[1:]
    if acl == "static":
        r.feature(FeatureKind.NAT, item.name)
        return
    group: str | None = None
    ports, own = True, True
    while rest:
        if rest[0] == "address-group":
            group, rest = rest[1], rest[2:]
        elif rest[0] == "no-pat":
            ports, rest = False, rest[1:]
        elif rest[0] == "interface":
            name, taken = take_interface(rest[1:])
            if name is None:
                raise UnreadError
            own, rest = False, rest[1 + taken :]
        elif rest[0] == "vrrp":
            rest = rest[2:]
        else:
            raise UnreadError
    r.draft.outbound.append(OutboundNat(item.name, acl, group, ports, r.ref, own and group is None))
    if not own:
        r.feature(FeatureKind.NAT, item.name)  # the address of another interface


def _undo_outbound(r: Reading, words: list[str]) -> None:
    item = _interface(r)
    draft = r.draft
    draft.outbound = [entry for entry in draft.outbound if entry.interface != item.name or (words and entry.acl != words[0])]


class _Words:
    def __init__(self, words: list[str]) -> None:
        self.rest = words

    def next(self, *wanted: str) -> str | None:
        """Takes the next word; where some are wanted, only if it is one of them."""
        if self.rest and (not wanted or self.rest[0] in wanted):
            word, self.rest = self.rest[0], self.rest[1:]
            return word
        return None

    def address(self) -> int | None:
        if self.rest:
            value = ip(self.rest[0])
            if value is not None:
                self.rest = self.rest[1:]
                return value
        return None

    def port(self) -> int | None:
        if self.rest and self.rest[0] not in _AFTER and ip(self.rest[0]) is None:
            value = port(self.rest[0])
            self.rest = self.rest[1:]
            return value
        return None


_AFTER = {
    "inside", "vpn-instance", "acl", "description", "no-reverse", "unr-route", "netmask", "global", "mask", "any", "zone",
    "global-to-inside",
    "inside-to-global", "track", "reversible", "interface",
}  # fmt: skip


def published(r: Reading, words: list[str], name: str, interface: str | None, reverse: bool) -> DestinationNat:
    """``[zone Z] [protocol P] global A [B] [port [port]] inside C [D] [port [port]] ...`` of ``nat server`` and ``nat static``."""
    take = _Words(words)
    zones: tuple[str, ...] | None = None
    protocol: int | None = None
    conditional = own = False
    if take.next("zone"):
        zones = (r_zone(take.next() or ""),)
    if take.next("vpn-instance"):
        take.next()
        r.feature(FeatureKind.NAT, interface)
    if take.next("protocol"):
        word = (take.next() or "").lower()
        protocol = int(word) if word.isdigit() else PROTOCOLS.get(word)
        if protocol is None or protocol > 255:
            raise UnreadError
    if not take.next("global"):
        raise UnreadError
    outside: Range | None = None
    if take.next("current-interface"):
        own = True
    elif take.next("interface"):
        _, taken = take_interface(take.rest)
        take.rest = take.rest[taken:]
        own = True
        r.feature(FeatureKind.NAT, interface)
    else:
        outside = _pair(take)
    ports = _port_pair(take)
    if take.next("vpn-instance"):
        take.next()
        r.feature(FeatureKind.NAT, interface)
    if not take.next("inside"):
        raise UnreadError
    inside = _pair(take)
    inside_ports = _port_pair(take)
    while take.rest:
        word = take.next() or ""
        if word == "no-reverse":
            reverse = False
        elif word in ("netmask", "mask"):
            length = mask_length(take.next() or "")
            if length is None or outside is None:
                raise UnreadError
            size = ~mask_of(length) & 0xFFFFFFFF
            outside, inside = (outside[0] & ~size, outside[0] | size), (inside[0] & ~size, inside[0] | size)
        elif word == "description":
            break
        elif word in ("acl", "track", "global-to-inside", "inside-to-global"):
            if word in ("acl", "track"):
                take.next()
            conditional = True
        elif word == "vpn-instance":
            take.next()
            r.feature(FeatureKind.NAT, interface)
        elif word not in ("unr-route", "reversible"):
            raise UnreadError
    protocols = None if protocol is None else ((protocol, protocol),)
    match = Match(dst=None if outside is None else address_range(*outside), protocols=protocols, dports=ports)
    if ports is not None and protocol not in (6, 17):
        raise UnreadError
    same = inside_ports if inside_ports is not None and ports is not None else None
    return DestinationNat(name, (match,), interface, zones, inside, same[0] if same else None, reverse, own, conditional, r.ref)


def r_zone(name: str) -> str:
    """Zone names as they are, but the device's own in the one spelling."""
    return "local" if name.lower() == "local" else name


def _pair(take: _Words) -> Range:
    first = take.address()
    if first is None:
        raise UnreadError
    last = take.address()
    if last is not None and last < first:
        raise UnreadError
    return first, first if last is None else last


def _port_pair(take: _Words) -> tuple[Range, ...] | None:
    if take.next("any"):
        return None
    first = take.port()
    if first is None:
        return None
    last = take.port()
    return ((first, first if last is None else last),)


def _server(r: Reading, words: list[str]) -> None:
    item = _interface(r)
    r.draft.destination_nat.append(published(r, words, "", item.name, True))


def _undo_server(r: Reading, _words: list[str]) -> None:
    item = _interface(r)
    kept = [entry for entry in r.draft.destination_nat if entry.interface != item.name]
    if len(r.draft.destination_nat) - len(kept) > 1:
        raise UnreadError  # which of them
    r.draft.destination_nat = kept


def _enable_static(r: Reading, _words: list[str]) -> None:
    """The translations of the system view take effect here; without an interface of their own they already count everywhere."""
    _interface(r)


def global_static(r: Reading, words: list[str]) -> None:
    r.draft.destination_nat.append(published(r, words, "", None, True))


INTERFACE_NAT: dict[str, Entry] = {
    "nat outbound": _outbound, "undo nat outbound": _undo_outbound, "nat server": _server, "undo nat server": _undo_server,
    "nat static": _server, "undo nat static": _undo_server, "nat static enable": _enable_static, "undo nat static enable": done,
    "nat": feature(FeatureKind.NAT),
}  # fmt: skip
TOP_NAT: dict[str, Entry] = {
    "nat address-group": address_group, "undo nat address-group": undo_address_group, "nat static": global_static,
    "nat alg": feature(FeatureKind.NAT), "undo nat alg": done, "nat dns-map": feature(FeatureKind.NAT), "nat": feature(FeatureKind.NAT),
    "nat overlap-address": feature(FeatureKind.NAT), "nat filter-mode": feature(FeatureKind.NAT),
    "nat mapping-mode": feature(FeatureKind.NAT),
    "nat session": done, "firewall-nat session": done,
}  # fmt: skip


def source_translations(draft: Draft) -> list[SourceNat]:
    """``nat outbound``: what the ACL permits is translated, what it denies is not; without such an ACL nothing is."""
    found: list[SourceNat] = []
    for entry in draft.outbound:
        pool = draft.pools.get(entry.group) if entry.group is not None else None
        ranges = tuple(pool.ranges) if pool is not None else ()
        acl = draft.acls.get(acl_name(draft, entry.acl or ""))
        for rule in acl_rules(acl) if acl is not None else ():
            action = "translate" if rule.action == Action.PERMIT else "exempt"
            found.append(
                SourceNat(
                    f"{acl_name(draft, entry.acl or '')} {rule.name}", action, rule.matches, entry.interface, None, None, ranges, entry.own,
                    entry.ports, rule.conditional, entry.ref,
                )
            )  # fmt: skip
    return found
