"""What stands between two ends of a device, as packet sets: surely passes, and may pass where something is not known.

Independent of routing: computed once for all states of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import reduce
from operator import and_, or_
from typing import NamedTuple

from isolation_checks.packets.fields import TCP, Context
from isolation_checks.packets.filters import ANYWHERE, holds, permits
from isolation_checks.packets.space import Node, PacketSpace
from isolation_checks.reach.forwarder import Door, Forwarder, Placed
from isolation_checks.snapshot import Action, Applied, Filter, Fragment, Match, TcpFlag

ITSELF = "\0itself"
"""Stands for a device's own end of a session, where zones and other groups stand for its interfaces."""

ADMITTED: dict[str, Match] = {
    "ping": Match(protocols=((1, 1),), icmp=((8 << 8, (8 << 8) + 255),)),
    "ssh": Match(protocols=((6, 6),), dports=((22, 22),)),
    "telnet": Match(protocols=((6, 6),), dports=((23, 23),)),
    "http": Match(protocols=((6, 6),), dports=((80, 80),)),
    "https": Match(protocols=((6, 6),), dports=((443, 443), (8443, 8443))),
    "snmp": Match(protocols=((17, 17),), dports=((161, 161),)),
    "netconf": Match(protocols=((6, 6),), dports=((830, 830),)),
    "all": Match(),
}
"""What an interface of a firewall admits to the device by itself, by the names that the makers use."""
_SYN = TcpFlag.SYN
_NOT_OPENING = TcpFlag.ACK | TcpFlag.RST
_FIN, _RST, _ACK, _URG = TcpFlag.FIN, TcpFlag.RST, TcpFlag.ACK, TcpFlag.URG
_SENT = (_SYN, _SYN | _URG, _SYN | _ACK, _RST, _RST | _ACK, _FIN | _ACK, _FIN | _ACK | _URG, _ACK, _ACK | _URG)
"""The flags, but for PSH, that a TCP ever sends (RFC 9293); Linux's connection tracking calls all others invalid, as do firewalls."""


class Verdict(NamedTuple):
    """What becomes of a set: ``left`` goes on; ``lost`` is dropped; ``doubtful`` of what goes on does so only in one reading."""

    left: Node
    lost: Node
    doubtful: Node


class Gate:
    """``sure``: what passes whatever is not known. What may pass is worked out when it is asked for, which is rarely."""

    def __init__(self, sure: Node, may: Callable[[], Node]) -> None:
        self.sure = sure
        self._may: Node | None = None
        self._work = may

    @property
    def may(self) -> Node:
        if self._may is None:
            self._may = self._work()
        return self._may


class Gates:
    """``whole``: packets that are no fragments; ``sent``: those of them that hosts send; ``opening``: those that a session begins with."""

    def __init__(self, space: PacketSpace) -> None:
        self.space = space
        self.whole = space.equal_to("fragment", Fragment.WHOLE) & space.normal
        tcp = space.equal_to("protocol", TCP)
        self.sent = self.whole & (~tcp | reduce(or_, (space.equal_to("flags", int(flags), int(~TcpFlag.PSH)) for flags in _SENT)))
        syn = space.equal_to("flags", int(_SYN), int(_SYN | _NOT_OPENING))
        reply = space.equal_to("protocol", 1) & reduce(or_, (space.equal_to("dport", kind << 8, 0xFF00) for kind in (0, 14, 16, 18)))
        self.opening = self.whole & (~tcp | syn) & ~reply
        self._gates: dict[tuple[object, ...], Gate | None] = {}

    def judge(self, gate: Gate | None, packets: Node) -> Verdict | None:
        """None where everything passes for sure."""
        if gate is None or packets <= gate.sure:
            return None
        left = packets & gate.may
        return Verdict(left, packets & ~gate.may, left & ~gate.sure)

    # By place; None where nothing stands there

    def entry(self, forwarder: Forwarder, door: Door) -> Gate | None:
        context = Context(door.vrf, door.interface.name, None, None)
        return self._cached(("entry", door.endpoint), lambda: self._filters(forwarder, entries(forwarder, door), context))

    def exit(self, forwarder: Forwarder, inward: Door, outward: Door) -> Gate | None:
        name = self._named(forwarder, inward)
        context = Context(outward.vrf, name, outward.interface.name, None)
        return self._cached(("exit", outward.endpoint, name), lambda: self._filters(forwarder, forwarder.exit(outward), context))

    def crossing(self, forwarder: Forwarder, inward: Door, outward: Door, state: str) -> Gate | None:
        """Policy between zones (for what opens a session) and chains."""
        name = self._named(forwarder, inward)
        context = Context(outward.vrf, name, outward.interface.name, state)
        key = ("crossing", forwarder.name, inward.group, name, outward.endpoint, state)

        def work() -> Gate | None:
            stops = [*forwarder.after_translation(inward), *forwarder.crossing(), *forwarder.before_source()]
            rules = forwarder.policy(inward.group, outward.group) if state == "new" else None
            return self._filters(forwarder, stops, context, rules)

        return self._cached(key, work)

    def from_local(self, forwarder: Forwarder, outward: Door, state: str) -> Gate | None:
        context = Context(outward.vrf, "", outward.interface.name, state)
        firewall = forwarder.config.firewall

        def work() -> Gate | None:
            rules = forwarder.policy(firewall.local, outward.group) if firewall is not None and state == "new" else None
            return self._filters(forwarder, outputs(forwarder), context, rules)

        return self._cached(("from", outward.endpoint, state), work)

    def to_local(self, forwarder: Forwarder, inward: Door, state: str) -> Gate | None:
        context = Context(inward.vrf, inward.interface.name, "", state)
        firewall = forwarder.config.firewall

        def work() -> Gate | None:
            if firewall is None:
                return self._filters(forwarder, forwarder.to_local(), context)
            gate = self._filters(forwarder, (), context, forwarder.policy(inward.group, firewall.local)) if state == "new" else None
            if gate is None or not inward.interface.services:
                return gate
            admitted = self.matching((ADMITTED[name] for name in inward.interface.services if name in ADMITTED), unsure=False)
            named = all(name in ADMITTED for name in inward.interface.services)
            return Gate(gate.sure | admitted, lambda: gate.may | admitted if named else self.space.normal)

        return self._cached(("to", inward.endpoint, state), work)

    def _named(self, forwarder: Forwarder, inward: Door) -> str | None:
        return inward.interface.name if forwarder.config.firewall is None and forwarder.by_interface else None

    def _cached(self, key: tuple[object, ...], work: Callable[[], Gate | None]) -> Gate | None:
        if key not in self._gates:
            self._gates[key] = work()
        return self._gates[key]

    def _filters(self, forwarder: Forwarder, stops: Iterable[Placed], context: Context, rules: Filter | None = None) -> Gate | None:
        listed = list(stops)
        filters = [stop.filter for stop in listed if stop.filter is not None]
        filters += [rules] if rules is not None else []
        if not listed and not filters:
            return None
        # A reference to no filter is in doubt: nothing passes it for sure.
        sure = self.space.false if any(stop.filter is None for stop in listed) else self._all(forwarder, filters, context, strict=True)
        return Gate(sure, lambda: self._all(forwarder, filters, context, strict=False))

    def _all(self, forwarder: Forwarder, filters: Iterable[Filter], context: Context, *, strict: bool) -> Node:
        sets = (permits(self.space, forwarder.filters, item, context, strict=strict) for item in filters)
        return reduce(and_, sets, self.space.normal)

    def matching(self, matches: Iterable[Match], *, unsure: bool, context: Context = ANYWHERE) -> Node:
        """What any of these may match (``unsure``) or surely does, where packets come in and leave as ``context`` says."""
        there = (match for match in matches if holds(match, context)[0 if unsure else 1])
        return reduce(or_, (self.space.match(match, unsure=unsure) for match in there), self.space.false)

    def listed(self, forwarder: Forwarder, names: Iterable[str], context: Context) -> Node:
        """What any of the named filters surely permits, as the condition of a policy route; everything where none is named."""
        found = [forwarder.filters[name] for name in names if name in forwarder.filters]
        if not found:
            return self.space.normal
        closed = (Filter(item.name, item.kind, item.rules, Action.DENY, item.ref) for item in found)
        return reduce(or_, (permits(self.space, forwarder.filters, item, context, strict=True) for item in closed))


def outputs(forwarder: Forwarder) -> list[Placed]:
    """The filters of a host that what it sends itself meets."""
    hooks = (hook for hook in forwarder.config.hooks if hook.stage == "output")
    return [Placed(forwarder.filters.get(hook.filter), Applied(hook.filter, hook.ref)) for hook in hooks]


def entries(forwarder: Forwarder, door: Door) -> list[Placed]:
    """The filters that a packet meets when it comes in, without the rules that are a reverse-path check: that one goes by the table."""
    checks = {item.urpf_ref for item in forwarder.config.interfaces if item.urpf is not None and item.urpf_ref is not None}
    found = []
    for stop in forwarder.entry(door):
        rules = stop.filter.rules if stop.filter is not None else ()
        kept = tuple(rule for rule in rules if not (rule.conditional and rule.ref in checks))
        found.append(stop if stop.filter is None or len(kept) == len(rules) else stop._replace(filter=replace(stop.filter, rules=kept)))
    return found
