"""nftables: rulesets as ``nft -f`` reads them and ``nft list ruleset`` prints them, as filters, hooks and translations."""

from __future__ import annotations

import re
from typing import NamedTuple

from isolation_checks.reading.ledger import Ledger
from isolation_checks.reading.linux_draft import LinuxDraft, finished
from isolation_checks.reading.nft_lexer import Blocks, Marks, RawChain, RawRule, RawTable
from isolation_checks.reading.nft_match import NotUnderstoodError, Scope
from isolation_checks.reading.nft_nat import NatChain, translations
from isolation_checks.reading.nft_rule import Parsed, parse_rule
from isolation_checks.reading.nft_values import covers
from isolation_checks.reading.source import Source
from isolation_checks.snapshot import (
    Action,
    DestinationNat,
    DeviceConfig,
    FeatureKind,
    Filter,
    Hook,
    Match,
    Names,
    Ref,
    Rule,
    SourceNat,
)
from topology.i18n import T

ONLY_IPV6 = T("says what happens to IPv6 packets only").msgid
ONLY_ARP = T("says what happens to ARP packets only").msgid
_PRIORITIES = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100, "out": 100}
_BRIDGE_PRIORITIES = {"dstnat": -300, "filter": -200, "out": 100, "srcnat": 300}
_CONNECTIONS = -200  # where packets are put into their sessions
_MARKS_SESSION = re.compile(
    r'iifname (?:(?P<one>"[^"]+"|[^\s{]+)|\{ (?P<many>[^}]+) \}) ct state new ct mark set (?P<mark>0x[0-9a-fA-F]+|\d+)( comment .*)?'
)
_MARKS_ANSWER = re.compile(r"ct direction reply (meta )?mark set ct mark( comment .*)?")
_STAGES = ("ingress", "prerouting", "input", "forward", "output", "postrouting")


class ReversePath(NamedTuple):
    """A rule that drops what does not come from where an answer would go."""

    interfaces: tuple[str, ...] | None  # None: on all
    mode: str
    ref: Ref


class SessionMark(NamedTuple):
    """A rule that marks the sessions that come in by some interfaces, for the way back of their answers."""

    mark: int
    interfaces: frozenset[str]
    ref: Ref


class Ruleset(NamedTuple):
    filters: tuple[Filter, ...]
    hooks: tuple[Hook, ...]
    source_nat: tuple[SourceNat, ...]
    destination_nat: tuple[DestinationNat, ...]
    reverse_paths: tuple[ReversePath, ...]
    truncated: bool = False
    session_marks: tuple[SessionMark, ...] = ()  # that answers of the sessions carry too


def parse(folder: str, sources: tuple[Source, ...]) -> DeviceConfig:
    """A host of which only the rulesets are known. Never raises."""
    files = [(source, Ledger(source.name, len(source.lines))) for source in sources]
    ruleset = read(files)
    draft = LinuxDraft()
    reverse_paths(ruleset, draft)
    features, unknown, coverage = finished(files)
    return DeviceConfig(
        name=folder, folder=folder, platform="nftables", files=tuple(source.name for source in sources), filters=ruleset.filters,
        hooks=ruleset.hooks, source_nat=ruleset.source_nat, destination_nat=ruleset.destination_nat,
        interfaces=tuple(item.built() for item in draft.interfaces.values()), features=features, unknown=unknown, coverage=coverage,
        facts=(("truncated", "yes"),) if ruleset.truncated else (),
    )  # fmt: skip


def looks_like(source: Source) -> float:
    """By the words that open tables, chains and rules."""
    score = 0.0
    for line in source.lines[:300]:
        words = line.split()
        if not words:
            continue
        if line.startswith("#!") and "nft" in line:
            return 1.0
        if words[:2] == ["flush", "ruleset"] or (words[0] == "table" and len(words) > 2 and words[-1] == "{" and len(words) < 5):
            score += 0.5
        elif words[0] == "chain" and words[-1] == "{" and len(words) == 3:
            score += 0.3
        elif words[0] == "type" and "hook" in words:
            score += 0.5
        elif (words[0] in ("nft", "add") and words[1:2] and words[1] in ("add", "table", "chain", "rule", "set")) or (
            words[0] == "define" and words[2:3] == ["="]
        ):
            score += 0.3
    return min(1.0, score)


def reverse_paths(ruleset: Ruleset, draft: LinuxDraft) -> None:
    """Put the reverse path checks onto the interfaces that they are for."""
    for check in ruleset.reverse_paths:
        names = list(draft.interfaces) if check.interfaces is None else []
        for pattern in check.interfaces or ():
            named = [name for name in draft.interfaces if covers(pattern, name)]
            names.extend(named or ([] if pattern.endswith("*") else [pattern]))
        for name in names:
            link = draft.interface(name, check.ref)
            if link.urpf != "strict":
                link.urpf, link.urpf_ref = check.mode, check.ref


def read(files: list[tuple[Source, Ledger]]) -> Ruleset:
    """Read all files as one ruleset."""
    marks = Marks()
    blocks = Blocks(files, marks)
    blocks.read()
    reader = _Reader(marks)
    for table in blocks.tables.values():
        reader.table(table)
    return Ruleset(
        tuple(reader.filters), tuple(sorted(reader.hooks, key=lambda hook: (_STAGES.index(hook.stage), hook.priority))),
        tuple(reader.source_nat), tuple(reader.destination_nat), tuple(reader.reverse_paths), blocks.truncated, tuple(reader.session_marks),
    )  # fmt: skip


class _Reader:
    def __init__(self, marks: Marks) -> None:
        self.marks = marks
        self.filters: list[Filter] = []
        self.hooks: list[Hook] = []
        self.source_nat: list[SourceNat] = []
        self.destination_nat: list[DestinationNat] = []
        self.reverse_paths: list[ReversePath] = []
        self.session_marks: list[SessionMark] = []
        self.entries: dict[int, list[Rule]] = {}  # of a parsed rule, by its identity; all of them live as long as their table is read

    def table(self, table: RawTable) -> None:
        if table.family in ("ip6", "arp"):
            self._other_packets(table, ONLY_IPV6 if table.family == "ip6" else ONLY_ARP)
            return
        if table.sets:
            for chain in table.chains.values():  # a set that any rule fills is filled for all
                for rule in chain.rules:
                    self._filled(table, rule.words)
        scope = Scope(table.family, table.sets)
        parsed = {chain.name: self._rules(table, chain, scope) for chain in table.chains.values()}
        nat: list[NatChain] = []
        for chain in table.chains.values():
            hook = _Hook.of(chain, table.family) if chain.hook else None
            if chain.hook and hook is None:
                self.marks.unknown(chain.place, "type " + " ".join(chain.hook), (f"chain {chain.name}",))
            elif hook is not None and hook.type == "nat":
                nat.append(NatChain(chain.name, hook.stage, hook.priority, chain.place.ref))
            elif table.family == "bridge" or (hook is not None and hook.stage == "egress"):
                self.marks.feature(chain.place, FeatureKind.FILTER, f"{table.family} {table.name} {chain.name}")
            else:
                self._filter(table, chain, hook, parsed[chain.name])
                if hook is not None and hook.stage == "prerouting" and hook.priority > _CONNECTIONS:
                    self.session_marks += _session_marks(chain)
        self._translations(table, nat, parsed)
        self.entries.clear()

    def _other_packets(self, table: RawTable, reason: str) -> None:
        for chain in table.chains.values():
            self.marks.irrelevant(chain.place, reason)
            for rule in chain.rules:
                self.marks.irrelevant(rule.place, reason)

    def _filled(self, table: RawTable, words: list[str]) -> None:
        for index, word in enumerate(words):
            if word[0] == "@" and word[1:] in table.sets and index and words[index - 1] in ("add", "update"):
                table.sets[word[1:]].dynamic = True
        if "set" in words and ("add" in words or "update" in words):
            for word in words:
                if word[0] == "@" and word[1:] in table.sets:
                    table.sets[word[1:]].dynamic = True

    def _rules(self, table: RawTable, chain: RawChain, scope: Scope) -> list[tuple[Parsed, RawRule]]:
        found: list[tuple[Parsed, RawRule]] = []
        names = frozenset(table.chains)
        for rule in chain.rules:
            try:
                parsed = parse_rule(rule.words, scope, names)
                rules = parsed.rules(rule.place.ref) if table.family != "bridge" else []
            except NotUnderstoodError:
                self.marks.unknown(rule.place, " ".join(rule.words), (f"table {table.family} {table.name}", f"chain {chain.name}"))
                continue
            if parsed.features or table.family == "bridge":
                for kind in parsed.features or [FeatureKind.FILTER]:
                    self.marks.feature(rule.place, kind, " ".join(rule.words))
            elif parsed.only_ipv6:
                self.marks.irrelevant(rule.place, ONLY_IPV6)
            else:
                self.marks.understood(rule.place)
            if parsed.reverse_path and len(rules) == 1 and rules[0].action == Action.DENY:
                self._reverse_path(chain, parsed, rules[0], found)
            self.entries[id(parsed)] = rules
            found.append((parsed, rule))
        return found

    def _reverse_path(self, chain: RawChain, parsed: Parsed, rule: Rule, before: list[tuple[Parsed, RawRule]]) -> None:
        """Only where every packet of the interface comes by: in a base chain, before anything that accepts or leads away."""
        hook = _Hook.of(chain, "ip") if chain.hook else None
        names = rule.matches[0].in_interfaces
        if hook is None or hook.stage != "prerouting" or not parsed.plain or (names is not None and names.negated) or len(rule.matches) > 1:
            return
        mode = parsed.reverse_path
        if mode.startswith("oifname"):
            if names is None or set(mode.split()[1:]) != set(names.names):
                return
            mode = "strict"
        passed = [item for earlier, raw in before for item in earlier.rules(raw.place.ref)]
        free = None if names is None else tuple(name for name in names.names if not any(_lets_by(item, name) for item in passed))
        if free != () and not (names is None and any(item.action not in (Action.DENY, Action.CONTINUE) for item in passed)):
            self.reverse_paths.append(ReversePath(free, mode, rule.ref))

    # --- filters -------------------------------------------------------------------------------------------------------------------

    def _filter(self, table: RawTable, chain: RawChain, hook: _Hook | None, parsed: list[tuple[Parsed, RawRule]]) -> None:
        prefix = f"{table.family} {table.name}"
        name = f"{prefix} {chain.name}"
        rules: list[Rule] = []
        for item, raw in parsed:
            found = self.entries.get(id(item)) or item.rules(raw.place.ref)
            rules.extend(rule._replace(target=f"{prefix} {rule.target}") if rule.target else rule for rule in found if rule.matches)
        default = Action.RETURN if hook is None else Action.DENY if hook.policy == "drop" else Action.PERMIT
        self.filters.append(Filter(name, "chain", tuple(rules), default, chain.place.ref))
        if hook is None:
            return
        self.marks.understood(chain.place)
        if hook.devices:
            here = Match(in_interfaces=Names(hook.devices))
            entry = Rule(Action.GOTO, (here,), chain.place.ref, target=name)
            name += " on its devices"
            self.filters.append(Filter(name, "chain", (entry,), Action.PERMIT, chain.place.ref))
        self.hooks.append(Hook(hook.stage, hook.priority, name, chain.place.ref))

    def _translations(self, table: RawTable, chains: list[NatChain], parsed: dict[str, list[tuple[Parsed, RawRule]]]) -> None:
        found = translations(table, chains, parsed)
        self.source_nat.extend(found.source)
        self.destination_nat.extend(found.destination)
        for place, kind, text in found.features:
            self.marks.feature(place, kind, text)


def _session_marks(chain: RawChain) -> list[SessionMark]:
    """The marks of a chain that does nothing but mark new sessions by where they come in, and give answers the mark of their session."""
    found: list[SessionMark] = []
    restored = False
    for rule in chain.rules:
        text = " ".join(rule.words)
        mark = _MARKS_SESSION.fullmatch(text)
        if mark is not None:
            names = frozenset(name.strip('"') for name in (mark["one"] or mark["many"]).replace(",", " ").split())
            found.append(SessionMark(int(mark["mark"], 0), names, rule.place.ref))
        elif _MARKS_ANSWER.fullmatch(text) is not None:
            restored = True
        else:
            return []
    return found if restored else []


def _lets_by(rule: Rule, name: str) -> bool:
    """Whether a rule before may take a packet of this interface past the check."""
    if rule.action in (Action.DENY, Action.CONTINUE):
        return False
    for match in rule.matches:
        names = match.in_interfaces
        if names is None or any(covers(pattern, name) for pattern in names.names) != names.negated:
            return True
    return False


class _Hook(NamedTuple):
    type: str
    stage: str
    priority: int
    policy: str
    devices: tuple[str, ...]

    @classmethod
    def of(cls, chain: RawChain, family: str) -> _Hook | None:
        """``type filter hook forward [device D|devices = { D, … }] priority P``; None where it is not understood."""
        words = list(chain.hook)
        if len(words) < 5 or words[1] != "hook" or words[0] not in ("filter", "nat", "route") or words[2] not in (*_STAGES, "egress"):
            return None
        kind, stage, rest = words[0], words[2], words[3:]
        devices: tuple[str, ...] = ()
        if rest[0] == "device":
            devices, rest = (rest[1].strip('"'),), rest[2:]
        elif rest[0] == "devices" and "}" in rest:
            end = rest.index("}")
            devices, rest = tuple(word.strip('"') for word in rest[3:end] if word != ","), rest[end + 1 :]
        if rest[:1] != ["priority"]:
            return None
        priority = _priority("".join(rest[1:]), family)
        return None if priority is None else cls(kind, stage, priority, chain.policy, devices)


def _priority(text: str, family: str) -> int | None:
    """``0``, ``-150``, ``filter``, ``filter+10``."""
    names = _BRIDGE_PRIORITIES if family == "bridge" else _PRIORITIES
    text = text.strip('"')
    for name, value in names.items():
        if text.startswith(name):
            rest = text[len(name) :]
            return value if not rest else value + int(rest) if rest[0] in "+-" and rest[1:].isdigit() else None
    return int(text) if text.removeprefix("-").isdigit() and text.isascii() else None
