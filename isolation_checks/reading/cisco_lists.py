"""Access lists and object groups of IOS: their views, and the Filters that come out."""

from __future__ import annotations

from itertools import pairwise

from isolation_checks.reading.cisco_acl import ACTIONS, extended_entry, netmask, port_ranges, standard_entry
from isolation_checks.reading.cisco_acl import port as port_number
from isolation_checks.reading.cisco_model import Acl, Entry, Group, Numbered
from isolation_checks.reading.cisco_state import State
from isolation_checks.reading.cisco_tables import NAMES
from isolation_checks.reading.cisco_views import Line, View, table
from isolation_checks.reading.values import ICMP_TYPES, PROTOCOLS, address_range, host, icmp, ip, mask_length, prefix
from isolation_checks.snapshot import Action, FeatureKind, Filter, Match, Ranges, Ref, Rule, Ternary

_STEP = 10


def standard_number(name: str) -> bool | None:
    """True for the numbers of standard lists, False for those of extended ones, None for all else."""
    if not name.isascii() or not name.isdigit():
        return None
    number = int(name)
    if 1 <= number <= 99 or 1300 <= number <= 1999:
        return True
    return False if 100 <= number <= 199 or 2000 <= number <= 2699 else None


def quick_entry(state: State, number: int, text: str) -> bool:
    """An entry or a remark of the list that is open; False leaves the line to the commands."""
    head, _, body = text.partition(" ")
    acl = state.now.acl
    if acl is None:
        return False
    sequence = 0
    if head.isdigit() and head.isascii():
        sequence = int(head)
        body = body.lstrip()
    elif head == "remark":
        state.ledger.irrelevant(number, NAMES)
        return True
    else:
        body = text
    if body.startswith("remark"):
        state.ledger.irrelevant(number, NAMES)
        return True
    entry = standard_entry(body) if acl.standard else extended_entry(body)
    if entry is None or entry.session:
        return False
    if not add(acl, sequence, entry, body, state.ledger.ref(number)):
        return False
    state.ledger.understood(number)
    return True


def add(acl: Acl, sequence: int, entry: Entry, body: str, ref: Ref) -> bool:
    """Put an entry into its list; False where its number is taken by another, which the device refuses."""
    if sequence:
        if sequence in acl.bodies:
            return acl.bodies[sequence] == body
    else:
        sequence = acl.last + _STEP
    acl.bodies[sequence] = body
    acl.last = max(acl.last, sequence)
    acl.entries.append(Numbered(sequence, entry, body, ref))
    return True


def read_entry(state: State, line: Line) -> bool:
    """The slow way: whatever `quick_entry` left, also removals."""
    acl = state.now.acl
    if acl is None:
        return False
    words = line.words
    sequence = int(words[0]) if words[0].isascii() and words[0].isdigit() else 0
    body = " ".join(words[1:] if sequence else words)
    if line.negated:
        return remove(acl, sequence, body)
    if body.lower().startswith("remark"):
        return state.irrelevant(line, NAMES)
    entry = standard_entry(body) if acl.standard else extended_entry(body)
    if entry is None or not add(acl, sequence, entry, body, line.ref):
        acl.unread = True
        return False
    if entry.session:
        state.feature(line, FeatureKind.FILTER, entry.session)
    return True


def remove(acl: Acl, sequence: int, body: str) -> bool:
    if body.startswith("remark") or (sequence and sequence not in acl.bodies):
        return True
    normal = " ".join(body.split())
    kept = [item for item in acl.entries if not (item.number == sequence if sequence else " ".join(item.body.split()) == normal)]
    if not sequence and (standard_entry(normal) if acl.standard else extended_entry(normal)) is None:
        return False
    acl.entries = kept
    acl.bodies = {item.number: item.body for item in kept}
    return True


def _named(state: State, line: Line, standard: bool) -> bool:
    if len(line.args) != 1:
        return False
    return _open(state, line, line.args[0], standard)


def _open(state: State, line: Line, name: str, standard: bool) -> bool:
    if line.negated:
        state.acls.pop(name, None)
        return True
    acl = state.acls.setdefault(name, Acl(name, standard, line.ref))
    if acl.standard != standard:
        return False
    state.now.acl = acl
    return state.enter(ACL_VIEW, f"ip access-list {name}")


def named_standard(state: State, line: Line) -> bool:
    return _named(state, line, True)


def named_extended(state: State, line: Line) -> bool:
    return _named(state, line, False)


def numbered(state: State, line: Line) -> bool:
    """``access-list 101 permit …``: an entry at the end; `no access-list 101` takes the whole list away."""
    if not line.args:
        return False
    name = line.args[0]
    standard = standard_number(name)
    if standard is None:
        return state.feature(line, FeatureKind.FILTER) if name.isdigit() and _other_list(int(name)) else False
    if line.negated:
        state.acls.pop(name, None)
        return True
    acl = state.acls.setdefault(name, Acl(name, standard, line.ref))
    words = line.args[1:]
    sequence = 0
    if words and words[0].isascii() and words[0].isdigit():
        sequence, words = int(words[0]), words[1:]
    if words and words[0].lower() == "remark":
        return state.irrelevant(line, NAMES)
    body = " ".join(words)
    entry = standard_entry(body) if acl.standard else extended_entry(body)
    if entry is None or not add(acl, sequence, entry, body, line.ref):
        acl.unread = True
        return False
    if entry.session:
        state.feature(line, FeatureKind.FILTER, entry.session)
    return True


def _other_list(number: int) -> bool:
    """Lists of protocol types, MAC addresses and other protocols than IP."""
    return 200 <= number <= 1299


def resequence(state: State, line: Line) -> bool:
    acl = state.acls.get(line.args[0]) if line.args else None
    if acl is None or not all(word.isascii() and word.isdigit() for word in line.args[1:]) or len(line.args) > 3:
        return False
    start, step = (int(word) for word in (line.args[1:] + ["10", "10"][len(line.args) - 1 :]))
    entries = sorted(acl.entries, key=lambda item: item.number)
    acl.entries = [item._replace(number=start + index * step) for index, item in enumerate(entries)]
    acl.bodies = {item.number: item.body for item in acl.entries}
    acl.last = max(acl.bodies, default=0)
    return True


ACL_VIEW = View(
    "access-list",
    table(dict.fromkeys((*ACTIONS, "remark", "evaluate", "dynamic"), read_entry)),
    quick=quick_entry,
    other=read_entry,
)


def network_group(state: State, line: Line) -> bool:
    return _group(state, line, state.networks, NETWORK_VIEW)


def service_group(state: State, line: Line) -> bool:
    return _group(state, line, state.services, SERVICE_VIEW)


def _group(state: State, line: Line, groups: dict[str, Group], view: View) -> bool:
    if len(line.args) != 1:
        return False
    if line.negated:
        groups.pop(line.args[0], None)
        return True
    state.now.group = groups.setdefault(line.args[0], Group(line.args[0], line.ref))
    return state.enter(view, f"object-group {line.args[0]}")


def read_network(state: State, line: Line) -> bool:
    group = state.now.group
    words = line.words[1:] if line.words[0].lower() == "network-object" else line.words
    if group is None:
        return False
    found = network_members(words)
    if found is None:
        return False
    if not line.negated:
        group.addresses.extend(found)
    else:
        group.addresses = [item for item in group.addresses if item not in found]
    return True


def network_members(words: list[str]) -> tuple[Ternary, ...] | None:
    """``host A``, ``A mask``, ``A/len``, ``range A B`` or ``any``."""
    first = words[0].lower() if words else ""
    if first == "any" and len(words) == 1:
        return (Ternary(0, 0),)
    if len(words) == 1 and "/" in first:
        network, _, length = first.partition("/")
        value, bits = ip(network), mask_length(length)
        return None if value is None or bits is None else (prefix(value, bits),)
    if len(words) == 2:
        if first == "host":
            value = ip(words[1])
            return None if value is None else (host(value),)
        item = netmask(words[0], words[1])
        return None if item is None else (item,)
    if len(words) == 3 and first == "range":
        low, high = ip(words[1]), ip(words[2])
        return None if low is None or high is None else address_range(low, high)
    return None


def nested_group(state: State, line: Line) -> bool:
    group = state.now.group
    if group is None or len(line.args) != 1:
        return False
    if not line.negated:
        group.nested.append(line.args[0])
    elif line.args[0] in group.nested:
        group.nested.remove(line.args[0])
    return True


def read_service(state: State, line: Line) -> bool:
    group = state.now.group
    found = service_members(line.words)
    if group is None or not found:
        return False
    if not line.negated:
        group.services.extend(found)
    else:
        group.services = [item for item in group.services if item not in found]
    return True


def service_members(words: list[str]) -> tuple[Match, ...]:
    """``tcp source gt 1023 eq 80``, ``tcp-udp range 1 2``, ``icmp echo``, ``ip``, ``47``; () where it is none of them."""
    name = words[0].lower()
    protocols = (6, 17) if name == "tcp-udp" else tuple(_protocol(name))
    rest = [word.lower() for word in words[1:]]
    if name == "ip" and not rest:
        return (Match(),)
    if not protocols:
        return ()
    if name == "icmp" and rest:
        kind = ICMP_TYPES.get(rest[0]) or ((int(rest[0]), None) if rest[0].isdigit() and int(rest[0]) < 256 else None)
        return () if kind is None or len(rest) > 1 else (Match(protocols=((1, 1),), icmp=icmp(*kind)),)
    sports = dports = None
    if rest[:1] == ["source"]:
        taken, sports = _operator(rest[1:])
        rest = rest[1 + taken :]
        if sports is None:
            return ()
    if rest:
        taken, dports = _operator(rest)
        if dports is None or taken != len(rest):
            return ()
    if (sports or dports) and not {6, 17} >= set(protocols):
        return ()
    return tuple(Match(protocols=((number, number),), sports=sports, dports=dports) for number in protocols)


def _protocol(name: str) -> list[int]:
    if name.isascii() and name.isdigit() and int(name) < 256:
        return [int(name)]
    return [PROTOCOLS[name]] if name in PROTOCOLS else []


def _operator(words: list[str]) -> tuple[int, Ranges | None]:
    """How many words a condition on ports took, and what it says; ``eq`` may be left out."""
    if not words:
        return 0, None
    explicit = words[0] in {"eq", "neq", "gt", "lt", "range"}
    operator = words[0] if explicit else "eq"
    count = 2 if operator == "range" else 1
    start = 1 if explicit else 0
    values = [port_number(word) for word in words[start : start + count]]
    if len(values) != count or None in values:
        return 0, None
    return start + count, port_ranges(operator, [value for value in values if value is not None])


NETWORK_VIEW = View(
    "object-group network",
    table(
        {
            "host": read_network, "range": read_network, "any": read_network, "network-object": read_network,
            "group-object": nested_group, "description": NAMES,
        }
    ),
    other=read_network,
)  # fmt: skip
SERVICE_VIEW = View(
    "object-group service",
    table({"group-object": nested_group, "description": NAMES, **dict.fromkeys(("tcp", "udp", "tcp-udp", "icmp", "ip"), read_service)}),
    other=read_service,
)


class Groups:
    """Object groups with what is nested in them, each resolved once. A cycle or a group that is not defined leaves a doubt."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._networks: dict[str, tuple[tuple[Ternary, ...] | None, bool]] = {}
        self._services: dict[str, tuple[tuple[Match, ...], bool]] = {}

    def networks(self, name: str) -> tuple[tuple[Ternary, ...] | None, bool]:
        """Its addresses (None: any) and whether they are in doubt."""
        if name not in self._networks:
            members, doubt = _flat(self._state.networks, name)
            found = tuple(dict.fromkeys(item for group in members for item in group.addresses))
            anything = doubt or not found or any(not item.mask for item in found)
            self._networks[name] = None if anything else found, doubt or not found
        return self._networks[name]

    def services(self, name: str) -> tuple[tuple[Match, ...], bool]:
        if name not in self._services:
            members, doubt = _flat(self._state.services, name)
            found = tuple(dict.fromkeys(item for group in members for item in group.services))
            doubt = doubt or not found
            self._services[name] = (Match(),) if doubt else found, doubt
        return self._services[name]


def _flat(groups: dict[str, Group], name: str) -> tuple[list[Group], bool]:
    """The group and all in it; True where one is not defined: then its members could be anything."""
    seen: dict[str, Group] = {}
    doubt = False
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        group = groups.get(current)
        if group is None:
            doubt = True
            continue
        seen[current] = group
        waiting.extend(group.nested)
    return list(seen.values()), doubt


def filters(state: State) -> tuple[Filter, ...]:
    groups = Groups(state)
    return tuple(_filter(acl, groups) for acl in state.acls.values())


def _filter(acl: Acl, groups: Groups) -> Filter:
    entries = acl.entries
    if any(one.number > other.number for one, other in pairwise(entries)):
        entries = sorted(entries, key=lambda item: item.number)
    rules = tuple(
        Rule(entry.action, (entry.match,), ref, str(number), entry.conditional)
        if not (entry.source_group or entry.target_group or entry.service_group)
        else _grouped(number, entry, ref, groups)
        for number, entry, _body, ref in entries
        if entry.action != Action.CONTINUE
    )
    empty = not entries and not acl.unread  # a list without entries filters nothing
    return Filter(acl.name, "acl", rules, Action.PERMIT if empty else Action.DENY, acl.ref)


def _grouped(number: int, entry: Entry, ref: Ref, groups: Groups) -> Rule:
    match = entry.match
    conditional = entry.conditional
    if entry.source_group:
        addresses, doubt = groups.networks(entry.source_group)
        match, conditional = match._replace(src=addresses), conditional or doubt
    if entry.target_group:
        addresses, doubt = groups.networks(entry.target_group)
        match, conditional = match._replace(dst=addresses), conditional or doubt
    if not entry.service_group:
        return Rule(entry.action, (match,), ref, str(number), conditional)
    services, doubt = groups.services(entry.service_group)
    matches = tuple(match._replace(protocols=item.protocols, sports=item.sports, dports=item.dports, icmp=item.icmp) for item in services)
    return Rule(entry.action, matches, ref, str(number), conditional or doubt)
