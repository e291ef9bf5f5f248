"""What a filter decides about one packet, rule by rule. It shares no code with the packet sets, so that each can check the other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple, TypeAlias

from isolation_checks.packets.fields import ICMP, TCP, WITH_PORTS, Context, Packet
from isolation_checks.snapshot import Action, AddressSet, Filter, Fragment, Match, Names, Ranges, Rule


class Decision(NamedTuple):
    """PERMIT or DENY, and the rule that says so in the filter ``within``; no rule: its default, or an undecided end."""

    action: Action
    rule: Rule | None
    within: Filter | None


Way: TypeAlias = Callable[[], Decision]
"""How a packet's way goes on."""


class Outcome(NamedTuple):
    """Whether a condition may hold for a packet, and whether it surely does."""

    may: bool
    sure: bool


_NO, _PERHAPS, _YES = Outcome(may=False, sure=False), Outcome(may=True, sure=False), Outcome(may=True, sure=True)


def decide(lookup: Mapping[str, Filter], filter_: Filter, packet: Packet, context: Context, *, strict: bool = False) -> Decision:
    """The decision on a packet: permissive, so that what is undecided goes the way that lets it through; ``strict`` the other way.

    A chain that ends in RETURN, a jump to nowhere and a jump around in circles are undecided.
    """
    return _Walk(lookup, packet, context, strict).top(filter_)


class _Walk:
    def __init__(self, lookup: Mapping[str, Filter], packet: Packet, context: Context, strict: bool) -> None:
        self.lookup = lookup
        self.packet = packet
        self.context = context
        self.preferred = Action.DENY if strict else Action.PERMIT

    def top(self, filter_: Filter) -> Decision:
        def end() -> Decision:
            action = filter_.default if filter_.default in (Action.PERMIT, Action.DENY) else self.preferred
            return Decision(action, None, filter_)

        return self._from(filter_, 0, end, (filter_.name,))

    def _from(self, filter_: Filter, index: int, back: Way, inside: tuple[str, ...]) -> Decision:
        """The decision from a rule on; ``back`` is how it goes on after the filter, ``inside`` the filters that the packet is in."""
        for place in range(index, len(filter_.rules)):
            rule = filter_.rules[place]
            outcome = applies(rule, self.packet, self.context)
            if rule.action == Action.CONTINUE or not outcome.may:
                continue
            found = self._take(filter_, place, back, inside)
            if outcome.sure or found.action == self.preferred:
                return found
        if filter_.default in (Action.PERMIT, Action.DENY):
            return Decision(filter_.default, None, filter_)
        return back()

    def _take(self, filter_: Filter, place: int, back: Way, inside: tuple[str, ...]) -> Decision:
        """The decision if the rule applies."""
        rule = filter_.rules[place]
        if rule.action in (Action.PERMIT, Action.DENY):
            return Decision(rule.action, rule, filter_)
        if rule.action == Action.RETURN:
            return back()
        target = self.lookup.get(rule.target)
        if target is None or rule.target in inside:
            return Decision(self.preferred, rule, filter_)
        if rule.action == Action.GOTO:
            return self._from(target, 0, back, (*inside, rule.target))
        return self._from(target, 0, lambda: self._from(filter_, place + 1, back, inside), (*inside, rule.target))


def applies(rule: Rule, packet: Packet, context: Context) -> Outcome:
    """Whether a rule applies to a packet."""
    may = False
    for match in rule.matches:
        outcome = matches(match, packet, context)
        if outcome.sure and not rule.conditional:
            return _YES
        may = may or outcome.may
    return _PERHAPS if may else _NO


def matches(match: Match, packet: Packet, context: Context) -> Outcome:
    """Whether a match holds for a packet. Most do not, mostly for an address or an interface: those are looked at first."""
    if not (
        _known(match.in_interfaces, context.in_interface).may
        and _address(match.src, packet.src)
        and _address(match.dst, packet.dst)
        and _known(match.out_interfaces, context.out_interface).may
        and _number(match.protocols, packet.protocol)
    ):
        return _NO
    if match.states == () or (match.fragments is not None and packet.fragment not in match.fragments):
        return _NO
    doubtful = False
    for outcome in (
        _header(match, packet),
        _equal(match.vrf is None, context.vrf, match.vrf or ""),
        _known(match.in_interfaces, context.in_interface),
        _known(match.out_interfaces, context.out_interface),
        _among(match.states, context.state),
    ):
        if not outcome.may:
            return _NO
        doubtful = doubtful or not outcome.sure
    return _PERHAPS if doubtful else _YES


def _address(wanted: AddressSet | None, address: int) -> bool:
    if wanted is None:
        return True
    for value, mask in wanted:  # noqa: SIM110 - any() with a generator takes three times as long, and this is asked millions of times
        if address & mask == value:
            return True
    return False


def _number(wanted: Ranges | None, number: int) -> bool:
    if wanted is None:
        return True
    for low, high in wanted:  # noqa: SIM110 - as above
        if low <= number <= high:
            return True
    return False


def _equal(anything: bool, value: str | None, wanted: str) -> Outcome:
    if anything:
        return _YES
    if value is None:
        return _PERHAPS
    return _YES if value == wanted else _NO


def _among(wanted: Collection[str] | None, value: str | None) -> Outcome:
    if wanted is None:
        return _YES
    if value is None:
        return _PERHAPS
    return _YES if value in wanted else _NO


def _known(names: Names | None, interface: str | None) -> Outcome:
    if names is None:
        return _YES
    if interface is None:
        return _PERHAPS
    return _YES if _interface(names, interface) else _NO


def _interface(names: Names, interface: str) -> bool:
    for name in names.names:
        if name == interface or (name[-1:] == "*" and interface[: len(name) - 1] == name[:-1]):
            return not names.negated
    return names.negated


def _header(match: Match, packet: Packet) -> Outcome:
    """Ports, ICMP type and flags. A later fragment shows none of them; a protocol that the model has no ports for may have some."""
    ports = match.sports is not None or match.dports is not None
    if (
        (ports and packet.protocol == ICMP)
        or (match.icmp is not None and packet.protocol != ICMP)
        or (match.flags is not None and packet.protocol != TCP)
    ):
        return _NO
    if packet.fragment == Fragment.LATER:
        asked = ports or match.icmp is not None or match.flags is not None
        named = match.fragments is not None and Fragment.LATER in match.fragments
        return Outcome(may=True, sure=named or not asked)
    if ports and packet.protocol not in WITH_PORTS:
        return _PERHAPS
    found = _number(match.sports, packet.sport) and _number(match.dports, packet.dport) and _number(match.icmp, packet.dport)
    if match.flags is not None:
        found = found and any(packet.flags & mask == value for mask, value in match.flags)
    return _YES if found else _NO
