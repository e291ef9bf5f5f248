"""Which entries of an ordered filter never decide anything, and why.

Later fragments are left out of it, except where an entry asks for them: ports say nothing about them, and no one writes a second entry for
their sake. Whether one entry covers another is decided field by field; several entries together, by exact sets, and only where a packet at
the corner of the entry is taken by an earlier one: else it cannot be covered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence, Set
from enum import Enum
from typing import NamedTuple, TypeAlias

from isolation_checks.packets.fields import ICMP, WITH_PORTS
from isolation_checks.packets.space import PacketSpace
from isolation_checks.rules.acl_shape import FULL, Shapes
from isolation_checks.snapshot import Action, AddressSet, DeviceConfig, Fragment, Match, Ranges, Ref, Rule


class Kind(Enum):
    SHADOWED = "shadowed"  # all of it is taken by earlier entries that do the same
    CONTRADICTED = "contradicted"  # all of it is taken by earlier entries, of which some do the opposite
    REDUNDANT = "redundant"  # a later entry does the same for all of it, and nothing in between says otherwise


class Corner(NamedTuple):
    """What a packet has beside addresses."""

    protocol: int
    sport: int
    dport: int
    flags: int
    fragment: int


class Superfluous(NamedTuple):
    """An entry of a device's filter, or of its policy between zones, that never decides anything, because of ``by`` (or of several)."""

    device: str
    filter: str
    kind: Kind
    rule: Rule
    by: Rule | None


class Overlap(NamedTuple):
    """The same by numbers: entry ``number`` because of entry ``by``."""

    kind: Kind
    number: int
    by: int | None


Zones: TypeAlias = tuple[tuple[str, ...] | None, tuple[str, ...] | None]
"""From and to; None for any."""

POLICY = "policy"
"""What the rules between the zones of a firewall are called in findings."""

_STOPPING = (Action.PERMIT, Action.DENY, Action.RETURN, Action.GOTO)
_ANY = Match()


def superfluous(configs: Iterable[DeviceConfig]) -> tuple[Superfluous, ...]:
    """All superfluous entries of all filters. Filters of equal shape are looked at once."""
    look, shapes = Look(), Shapes()
    known: dict[Hashable, list[Overlap]] = {}
    found = []
    for config in configs:
        platform = implied(config)
        for name, rules, zones, total in _lists(config):
            shape = shapes.key(rules, zones, total)
            overlaps = known.get(shape)
            if overlaps is None:
                overlaps = known[shape] = look.overlaps(rules, zones, total)
            for kind, number, by in overlaps:
                if rules[number].ref not in platform:
                    found.append(Superfluous(config.folder, name, kind, rules[number], None if by is None else rules[by]))
    return tuple(found)


def implied(config: DeviceConfig) -> frozenset[Ref]:
    """Where the rules stand that nobody wrote: a platform's own for a zone, shown at the zone's line."""
    return frozenset(zone.ref for zone in config.firewall.zones) if config.firewall else frozenset()


def _lists(config: DeviceConfig) -> Iterator[tuple[str, tuple[Rule, ...], tuple[Zones, ...] | None, set[str]]]:
    """Every ordered list of a device: its name, rules, their zones, and the chains from which no packet comes back."""
    total = {item.name for item in config.filters if item.default is not Action.RETURN or any(map(_unconditional, item.rules))}
    users = set()
    if config.platform == "frr":  # sshd's list of users and places is no ordered filter: the model does not hold the users
        users = {use.filter for service in config.management.services for use in service.filters if use.filter.endswith("AllowUsers")}
    for item in config.filters:
        if item.name not in users:
            yield item.name, item.rules, None, total
    if config.firewall is not None:
        policy = config.firewall.rules
        yield POLICY, tuple(rule.rule for rule in policy), tuple((rule.from_zones, rule.to_zones) for rule in policy), total


def _unconditional(rule: Rule) -> bool:
    return rule.action in (Action.PERMIT, Action.DENY) and not rule.conditional and _ANY in rule.matches


class Look:
    """One run over many filters, with what it learnt about the headers that they have in common."""

    def __init__(self) -> None:
        self._headers: dict[tuple[object, ...], int] = {}
        self._matches: list[Match] = []  # one with each header
        self._hits: dict[tuple[int, int], bool] = {}
        self._space: PacketSpace | None = None

    def overlaps(self, rules: Sequence[Rule], zones: Sequence[Zones] | None = None, total: Set[str] = frozenset()) -> list[Overlap]:
        """What is superfluous among the rules, in their order. ``total``: the chains from which no packet comes back."""
        entries = _List(rules, zones, total)
        near = self._near(entries)
        found = []
        for number, hits in near.items():
            overlap = self._earlier(entries, number, hits) or _later(entries, number, hits)
            if overlap:
                found.append(overlap)
        return found

    def _near(self, entries: _List) -> dict[int, list[int]]:
        """The entries whose first match has a packet at its corner that others take, too; and which, in order.

        Left out are later ones that do something else: they neither cover an entry nor make it redundant.
        """
        rules = entries.rules
        rows = []
        src: dict[AddressSet | None, int] = {}
        dst: dict[AddressSet | None, int] = {}
        table: dict[int, dict[int, list[tuple[int, int]]]] = defaultdict(dict)
        last = len(rules) - 1
        for number, rule in enumerate(rules):
            if rule.action is Action.CONTINUE:
                continue
            first = True
            for match in rule.matches:
                if () in match:
                    continue  # nothing matches it
                header = self._header(match)
                one, other = src.setdefault(match.src, len(src)), dst.setdefault(match.dst, len(dst))
                if first:
                    rows.append((number, rule.action, header, one, other))
                    first = False
                if number != last or not _ends(rule):  # a last entry for everything covers nothing and makes nothing superfluous
                    table[one].setdefault(other, []).append((number, header))
        holding_src, holding_dst = _holding(src), _holding(dst)
        found: dict[int, list[int]] = {}
        for number, action, header, one, other in rows:
            hits = []
            for holder in holding_src[one]:
                row = table[holder]
                for bucket in [row[end] for end in holding_dst[other] if end in row]:
                    for candidate, theirs in bucket:
                        counts = candidate < number or (candidate != number and rules[candidate].action is action)
                        if counts and self._hit(header, theirs):
                            hits.append(candidate)
            if hits:
                found[number] = sorted(set(hits))
        return found

    def _header(self, match: Match) -> int:
        key = match[2:8]
        number = self._headers.get(key)
        if number is None:
            number = self._headers[key] = len(self._matches)
            self._matches.append(match)
        return number

    def _hit(self, mine: int, theirs: int) -> bool:
        """Whether a packet at the corner of one header is of the other."""
        if mine == theirs:
            return True
        known = self._hits.get((mine, theirs))
        if known is None:
            known = self._hits[mine, theirs] = _holds(self._matches[theirs], _corner(self._matches[mine]))
        return known

    def _earlier(self, entries: _List, number: int, hits: list[int]) -> Overlap | None:
        """Whether earlier entries take all of this one."""
        hits = [other for other in hits if other < number and entries.stops(other)]
        if not hits:
            return None
        action = entries.rules[number].action
        covering = [other for other in hits if entries.contains(other, number)]
        same = next((other for other in covering if entries.rules[other].action == action), None)
        if same is not None:
            return Overlap(Kind.SHADOWED, number, same)
        if covering:
            return Overlap(entries.kind(number, covering[:1]), number, covering[0])
        parts = [
            other
            for other in range(number)
            if entries.stops(other) and entries.meet(other, number) and entries.context_contains(other, number)
        ]
        if len(parts) > 1 and self._covered([entries.rules[other] for other in parts], entries.rules[number]):
            return Overlap(entries.kind(number, parts), number, None)
        return None

    def _covered(self, parts: Sequence[Rule], rule: Rule) -> bool:
        """Exactly: whether the parts together take all of a rule (whole packets, where it does not ask for fragments)."""
        space = self._space = self._space or PacketSpace()
        first = space.equal_to("fragment", Fragment.WHOLE)
        rest = space.false
        for match in rule.matches:
            rest |= space.match(match, unsure=False) & (space.true if match.fragments else first)
        for part in parts:
            for match in part.matches:
                rest &= ~space.match(match, unsure=False)
            if rest == space.false:
                return True
        return False


def _later(entries: _List, number: int, hits: list[int]) -> Overlap | None:
    """Whether a later entry does the same for all of this one. A last entry for everything makes none before it redundant."""
    rule = entries.rules[number]
    if rule.action not in (Action.PERMIT, Action.DENY) or rule.conditional:
        return None
    for other in hits:
        later = entries.rules[other]
        if other < number or later.action != rule.action or not entries.stops(other) or _ends(later):
            continue
        if any(number < step < other and entries.meet(step, number) for step in entries.unlike(rule.action)):
            return None  # from there on, what comes later does not count
        if entries.contains(other, number) and not entries.contains(number, other):  # of two equal ones, the second is shadowed
            return Overlap(Kind.REDUNDANT, number, other)
    return None


class _List:
    """An ordered list of rules, and how two of them lie to each other."""

    def __init__(self, rules: Sequence[Rule], zones: Sequence[Zones] | None, total: Set[str]) -> None:
        self.rules = rules
        self._zones = zones
        self._total = total
        self._unlike: dict[Action, list[int]] = {}

    def unlike(self, action: Action) -> list[int]:
        """The rules that do something else, in order."""
        found = self._unlike.get(action)
        if found is None:
            found = [number for number, rule in enumerate(self.rules) if rule.action not in (action, Action.CONTINUE)]
            self._unlike[action] = found
        return found

    def stops(self, number: int) -> bool:
        """Whether nothing that matches gets past the rule."""
        rule = self.rules[number]
        return not rule.conditional and (rule.action in _STOPPING or (rule.action is Action.JUMP and rule.target in self._total))

    def kind(self, number: int, by: Sequence[int]) -> Kind:
        opposite = {Action.PERMIT: Action.DENY, Action.DENY: Action.PERMIT}.get(self.rules[number].action)
        return Kind.CONTRADICTED if any(self.rules[other].action == opposite for other in by) else Kind.SHADOWED

    def contains(self, outer: int, inner: int) -> bool:
        """Whether one rule matches all that another one does; may say no where several conditions together would."""
        return self._zones_contain(outer, inner) and all(
            any(_wider(wide, narrow) for wide in self.rules[outer].matches) for narrow in self.rules[inner].matches
        )

    def context_contains(self, outer: int, inner: int) -> bool:
        """Whether one rule holds wherever the other does, as far as zones, VRFs, interfaces and states say."""
        return self._zones_contain(outer, inner) and all(
            _same_context(wide, narrow) for wide in self.rules[outer].matches for narrow in self.rules[inner].matches
        )

    def meet(self, one: int, other: int) -> bool:
        """Whether some packet may match both; yes where that is not plain."""
        for a, b in self._pairs(one, other):
            if a is not None and b is not None and not set(a) & set(b):
                return False
        return any(_share(a, b) for a in self.rules[one].matches for b in self.rules[other].matches)

    def _zones_contain(self, outer: int, inner: int) -> bool:
        return all(wide is None or (narrow is not None and set(narrow) <= set(wide)) for wide, narrow in self._pairs(outer, inner))

    def _pairs(self, one: int, other: int) -> Iterable[tuple[tuple[str, ...] | None, tuple[str, ...] | None]]:
        return () if self._zones is None else zip(self._zones[one], self._zones[other], strict=True)


def _holding(sets: dict[AddressSet | None, int]) -> list[list[int]]:
    """For each set, by number, the sets that hold its last address."""
    tables: dict[int, dict[int, list[int]]] = {}
    for addresses, number in sets.items():
        for value, mask in ((0, 0),) if addresses is None else addresses:
            tables.setdefault(mask, {}).setdefault(value, []).append(number)
    found = []
    for addresses in sets:
        end = _end(addresses)
        found.append(list({number for mask, values in tables.items() for number in values.get(end & mask, ())}))
    return found


def _corner(match: Match) -> Corner:
    """A packet of the match's header that few others take: the highest numbers, an unused protocol where any is meant."""
    protocol = match.protocols[-1][1] if match.protocols else 253
    ports = protocol in WITH_PORTS
    sport = match.sports[-1][1] if ports and match.sports else 0
    dport = match.dports[-1][1] if ports and match.dports else 0
    if protocol == ICMP:
        dport = match.icmp[-1][1] if match.icmp else 0xFFFF
    flags = match.flags[0][1] if match.flags else 0
    return Corner(protocol, sport, dport, flags, match.fragments[0] if match.fragments else Fragment.WHOLE)


def _end(addresses: AddressSet | None) -> int:
    return addresses[-1].value | FULL ^ addresses[-1].mask if addresses else FULL


def is_everything(rule: Rule, vrf: str = "") -> bool:
    """Whether the rule matches every packet of a VRF."""
    for match in rule.matches:
        if whole(match.src) and whole(match.dst) and match.vrf in (None, vrf) and match[2:9] == _ANY[2:9] and match[10:] == _ANY[10:]:
            return True
    return False


def _ends(rule: Rule) -> bool:
    """Whether the rule matches everything of some VRF or interface: what a filter ends with."""
    return any(match[2:9] == _ANY[2:9] and whole(match.src) and whole(match.dst) for match in rule.matches)


def whole(addresses: AddressSet | None) -> bool:
    """Whether these are all addresses there are."""
    return addresses is None or any(mask == 0 for _, mask in addresses)


def _holds(match: Match, corner: Corner) -> bool:
    """Whether the packet is of the match's header."""
    if not _among(match.protocols, corner.protocol):
        return False
    if match.fragments is not None and corner.fragment not in match.fragments:
        return False
    if corner.fragment == Fragment.LATER:
        return match[3:7] == Match()[3:7]
    if corner.protocol == ICMP:
        return match.sports is None and match.dports is None and _among(match.icmp, corner.dport)
    if not (_among(match.sports, corner.sport) and _among(match.dports, corner.dport)) or match.icmp is not None:
        return False
    return match.flags is None or any(corner.flags & mask == value for mask, value in match.flags)


def _among(ranges: Ranges | None, number: int) -> bool:
    return ranges is None or any(first <= number <= last for first, last in ranges)


def _same_context(wide: Match, narrow: Match) -> bool:
    return (
        wide.vrf in (None, "", narrow.vrf)  # a deny that names no VRF is meant for all, whatever a device makes of it
        and wide.in_interfaces in (None, narrow.in_interfaces)
        and wide.out_interfaces in (None, narrow.out_interfaces)
        and (wide.states is None or (narrow.states is not None and set(narrow.states) <= set(wide.states)))
    )


def _wider(wide: Match, narrow: Match) -> bool:
    if narrow.fragments is not None and Fragment.LATER in narrow.fragments and wide[3:7] != Match()[3:7]:
        return False
    return (
        all(_ranges_contain(a, b) for a, b in zip(wide[2:6], narrow[2:6], strict=True))
        and _addresses_contain(wide.src, narrow.src)
        and _addresses_contain(wide.dst, narrow.dst)
        and _flags_contain(wide.flags, narrow.flags)
        and (wide.fragments is None or (narrow.fragments is not None and set(narrow.fragments) <= set(wide.fragments)))
        and _same_context(wide, narrow)
    )


def _addresses_contain(wide: AddressSet | None, narrow: AddressSet | None) -> bool:
    if wide is None or wide == narrow:
        return True
    inner = narrow if narrow is not None else ((0, 0),)
    return all(any(mask & other == other and value & other == base for base, other in wide) for value, mask in inner)


def _ranges_contain(wide: Ranges | None, narrow: Ranges | None) -> bool:
    if wide is None or wide == narrow:
        return True
    return narrow is not None and all(any(low <= first and last <= high for low, high in wide) for first, last in narrow)


def _flags_contain(wide: tuple[tuple[int, int], ...] | None, narrow: tuple[tuple[int, int], ...] | None) -> bool:
    if wide is None:
        return True
    return narrow is not None and all(
        any(mask & other == other and value & other == base for other, base in wide) for mask, value in narrow
    )


def _share(one: Match, other: Match) -> bool:
    ranges = all(
        a is None or b is None or any(max(x[0], y[0]) <= min(x[1], y[1]) for x in a for y in b)
        for a, b in zip(one[2:6], other[2:6], strict=True)
    )
    return ranges and all(
        a is None or b is None or any(not (v ^ w) & m & n for v, m in a for w, n in b)
        for a, b in ((one.src, other.src), (one.dst, other.dst))
    )
