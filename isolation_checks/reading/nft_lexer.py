"""nftables rulesets as blocks: tables with their chains, rules, sets and maps, still as words; variables and includes are resolved here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NamedTuple

from isolation_checks.reading.ledger import Ledger
from isolation_checks.reading.source import Source
from isolation_checks.snapshot import FeatureKind, LineCode, Ref

_TOKEN = re.compile(r'"[^"]*"|#.*|[{}();,]|!=|==|<=|>=|<<|>>|[<>=!&|^~]|[^\s{}();,<>=!&|^~"#]+')
FAMILIES = ("ip", "ip6", "inet", "arp", "bridge", "netdev")
_DEEPEST = 40
_OBJECTS = ("counter", "quota", "limit", "ct", "secmark", "synproxy", "tunnel")


class Place(NamedTuple):
    """Lines of one file."""

    ledger: Ledger
    first: int
    last: int

    @property
    def ref(self) -> Ref:
        return Ref(self.ledger.file, self.first)


class Marks:
    """How lines were read, where several statements may share one: what was not understood outweighs the rest."""

    def __init__(self) -> None:
        self.bad: set[tuple[str, int]] = set()

    def understood(self, place: Place) -> None:
        for line in range(place.first, place.last + 1):
            if self._free(place, line):
                place.ledger.codes[line - 1] = LineCode.UNDERSTOOD

    def irrelevant(self, place: Place, reason: str) -> None:
        for line in range(place.first, place.last + 1):
            if self._free(place, line) and place.ledger.codes[line - 1] != LineCode.UNDERSTOOD:
                place.ledger.irrelevant(line, reason)

    def feature(self, place: Place, kind: FeatureKind, text: str) -> None:
        self.understood(place)
        if (place.ledger.file, place.first) not in self.bad:
            place.ledger.feature(place.first, kind, text)

    def unknown(self, place: Place, text: str, context: tuple[str, ...] = ()) -> None:
        for line in range(place.first, place.last + 1):
            if (place.ledger.file, line) not in self.bad:
                self.bad.add((place.ledger.file, line))
                place.ledger.not_understood(line, text, context)

    def _free(self, place: Place, line: int) -> bool:
        return (place.ledger.file, line) not in self.bad and place.ledger.codes[line - 1] != LineCode.UNMODELLED


@dataclass(slots=True)
class RawRule:
    words: list[str]
    place: Place


@dataclass(slots=True)
class RawChain:
    name: str
    place: Place
    hook: list[str] = field(default_factory=list)  # what follows ``type``
    policy: str = "accept"
    rules: list[RawRule] = field(default_factory=list)


@dataclass(slots=True)
class RawSet:
    name: str
    place: Place
    is_map: bool
    keys: list[str] = field(default_factory=list)  # after ``type`` or ``typeof``
    flags: set[str] = field(default_factory=set)
    elements: list[str] = field(default_factory=list)
    dynamic: bool = False  # filled while the host runs


@dataclass(slots=True)
class RawTable:
    family: str
    name: str
    place: Place
    chains: dict[str, RawChain] = field(default_factory=dict)
    sets: dict[str, RawSet] = field(default_factory=dict)
    objects: set[str] = field(default_factory=set)


Token = tuple[str, int]


def tokens(source: Source, ledger: Ledger) -> tuple[list[Token], dict[int, list[str]]]:
    """Words with their lines; a line end is a word of its own, unless a backslash stands before it.

    Beside them, by the index of their first word, the lines that are a statement as they stand.
    """
    found: list[Token] = []
    plain: dict[int, list[str]] = {}
    whole = True  # the line before did not end in a backslash
    for at, text in enumerate(source.lines, 1):
        words = _TOKEN.findall(text)
        if words and words[-1][0] == "#":
            words.pop()
        if not words:
            ledger.blank(at)
        elif words[-1] == "\\" or words[-1].endswith("\\"):
            last = words.pop().removesuffix("\\")
            found.extend((word, at) for word in (*words, last) if word)
            whole = False
            continue
        if whole and not ("{" in text or "}" in text or ";" in text or "$" in text) and text.count("(") == text.count(")"):
            plain[len(found)] = words
        whole = True
        found.extend([(word, at) for word in words])
        found.append(("\n", at))
    return found, plain


class Blocks:
    """Reads the files into ``tables``. What is not understood is marked at once."""

    def __init__(self, files: list[tuple[Source, Ledger]], marks: Marks) -> None:
        self.files, self.marks = files, marks
        self.tables: dict[tuple[str, str], RawTable] = {}
        self.variables: dict[str, list[str]] = {}
        self.done: set[str] = set()
        self.truncated = False

    def read(self) -> None:
        included = {item for source, _ in self.files for item in self._included(source)}
        for source, ledger in sorted(self.files, key=lambda item: item[0].name in included):
            if source.name not in self.done:
                self._file(source, ledger, 0)

    def _included(self, source: Source) -> Iterator[str]:
        for line in source.lines:
            words = line.split()
            if words[:1] == ["include"] and len(words) == 2:
                yield from (found.name for found, _ in self._matching(words[1].strip('"')))

    def _matching(self, pattern: str) -> list[tuple[Source, Ledger]]:
        """The files that an include means: by as much of their path as both have, since the folder may stand for /etc."""
        return [(source, ledger) for source, ledger in self.files if _same_path(source.name, pattern)]

    def _file(self, source: Source, ledger: Ledger, depth: int) -> None:
        self.done.add(source.name)
        _File(self, *tokens(source, ledger), ledger, depth).statements()

    def include(self, pattern: str, depth: int) -> bool:
        found = self._matching(pattern)
        for source, ledger in found:
            if source.name not in self.done and depth < _DEEPEST:
                self._file(source, ledger, depth + 1)
        return bool(found)

    def table(self, family: str, name: str, place: Place) -> RawTable:
        return self.tables.setdefault((family, name), RawTable(family, name, place))


def _same_path(name: str, pattern: str) -> bool:
    one, other = name.split("/")[1:] or [name], pattern.lstrip("./").split("/")
    length = min(len(one), len(other))
    return bool(length) and all(fnmatchcase(a, b) for a, b in zip(one[-length:], other[-length:], strict=True))


class _File:
    def __init__(self, blocks: Blocks, words: list[Token], plain: dict[int, list[str]], ledger: Ledger, depth: int) -> None:
        self.blocks, self.words, self.plain, self.ledger, self.depth = blocks, words, plain, ledger, depth
        self.marks = blocks.marks
        self.at = 0

    # --- words ---------------------------------------------------------------------------------------------------------------------

    def peek(self) -> str:
        return self.words[self.at][0] if self.at < len(self.words) else ""

    def skip_blank(self) -> None:
        while self.at < len(self.words) and self.words[self.at][0] in ("\n", ";"):
            self.at += 1

    def statement(self) -> tuple[list[str], Place]:
        """Up to the end of the line, or a semicolon; line ends inside braces do not count. Stands before an unmatched brace."""
        plain = self.plain.get(self.at)
        if plain is not None:
            line = self.words[self.at][1]
            self.at += len(plain)
            return plain, Place(self.ledger, line, line)
        start, depth, found = self.at, 0, []
        size, items = len(self.words), self.words
        while self.at < size:
            word = items[self.at][0]
            if word in ("{", "("):
                depth += 1
            elif word in ("}", ")"):
                if not depth and word == "}":
                    break
                depth -= 1
            elif depth <= 0 and word in ("\n", ";"):
                break
            if word != "\n":
                found.append(word)
            self.at += 1
        if depth > 0:
            self.blocks.truncated = True
        last = items[max(start, self.at - 1)][1] if items else 1
        place = Place(self.ledger, items[start][1] if start < size else last, last)
        return self.resolved(found), place

    def resolved(self, found: list[str]) -> list[str]:
        """With variables replaced; one that nobody defined stays, and whoever reads it does not understand it."""
        if not any(word[0] == "$" for word in found):
            return found
        result: list[str] = []
        for word in found:
            result.extend(self.blocks.variables.get(word[1:], [word]) if word[0] == "$" else [word])
        return result

    def opens_block(self) -> bool:
        """Whether a block's brace follows before the statement ends (and not a set within a rule)."""
        index = self.at
        while index < len(self.words) and self.words[index][0] not in ("\n", ";", "}"):
            if self.words[index][0] == "{":
                return True
            index += 1
        return False

    def until_brace(self) -> tuple[list[str], Place]:
        start, found = self.at, []
        while self.peek() != "{":
            found.append(self.peek())
            self.at += 1
        line = self.words[start][1]
        self.at += 1
        return found, Place(self.ledger, line, self.words[self.at - 1][1])

    def close(self) -> Place | None:
        """The brace that ends a block; None at the end of the file."""
        if self.at >= len(self.words):
            self.blocks.truncated = True
            return None
        line = self.words[self.at][1]
        self.at += 1
        return Place(self.ledger, line, line)

    # --- statements ----------------------------------------------------------------------------------------------------------------

    def statements(self) -> None:
        while True:
            self.skip_blank()
            if self.at >= len(self.words):
                return
            if self.peek() == "}":
                place = self.close()
                assert place is not None
                self.marks.unknown(place, "}")
                continue
            before = self.at
            if self.peek() == "nft":
                self.at += 1
            verb = self.peek() if self.peek() in ("add", "create", "insert", "replace") else ""
            self.at += bool(verb)
            if not self._statement(verb):
                words, place = self.statement()
                first = self.words[min(before, len(self.words) - 1)][1]
                self.marks.unknown(Place(self.ledger, first, place.last), " ".join(words))
                if self.at == before:
                    self.at += 1

    def _statement(self, verb: str) -> bool:
        head = self.peek()
        if head == "table" and verb in ("", "add", "create"):
            return self._table()
        if head == "chain" and verb in ("", "add", "create"):
            return self._top_chain()
        if head in ("set", "map") and verb in ("", "add", "create"):
            return self._top_set()
        if head in ("rule", "element") and (verb or head == "rule"):
            return self._top_rule(verb) if head == "rule" else self._top_element()
        if verb:
            return False
        if head in ("define", "redefine", "undefine"):
            return self._define()
        if head == "include":
            words, place = self.statement()
            known = len(words) == 2 and self.blocks.include(words[1].strip('"'), self.depth)
            if known:
                self.marks.understood(place)
            else:
                self.marks.unknown(place, " ".join(words))
            return True
        if head in ("flush", "delete", "destroy"):
            return self._flush()
        return False

    def _define(self) -> bool:
        words, place = self.statement()
        if words[0] == "undefine" and len(words) == 2:
            self.blocks.variables.pop(words[1], None)
        elif len(words) > 3 and words[2] == "=":
            self.blocks.variables[words[1]] = words[3:]
        elif words[2:3] == ["="]:
            self.marks.unknown(place, " ".join(words))
            return True
        else:
            self.marks.unknown(place, " ".join(words))
            return True
        if any(word[0] == "$" for word in words[2:]):
            self.marks.unknown(place, " ".join(words))
        self.marks.understood(place)
        return True

    def _flush(self) -> bool:
        before = self.at
        words, place = self.statement()
        tables, verb = self.blocks.tables, words[0]
        rest = words[2:]
        if words[1:2] == ["ruleset"] and verb == "flush":
            for key in [key for key in tables if not rest or key[0] == rest[0]]:
                self._forget(tables.pop(key).chains.values())
        elif words[1:2] in (["table"], ["chain"], ["set"], ["map"]) and rest and "handle" not in rest:
            family = rest.pop(0) if rest[0] in FAMILIES else "ip"
            table = tables.get((family, rest[0])) if rest else None
            if words[1] == "table" and table is not None:
                self._forget(table.chains.values())
                if verb != "flush":
                    del tables[family, rest[0]]
            elif words[1] == "chain" and table is not None and len(rest) > 1 and rest[1] in table.chains:
                self._forget([table.chains[rest[1]]])
                if verb != "flush":
                    del table.chains[rest[1]]
            elif words[1] in ("set", "map") and table is not None and len(rest) > 1 and rest[1] in table.sets:
                table.sets[rest[1]].elements.clear()
        else:
            self.at = before
            return False
        self.marks.understood(place)
        return True

    def _forget(self, chains: Iterable[RawChain]) -> None:
        """Rules that a later statement takes away: their lines say nothing any more."""
        for chain in chains:
            for rule in chain.rules:
                self.marks.understood(rule.place)
            chain.rules.clear()

    # --- tables --------------------------------------------------------------------------------------------------------------------

    def _table(self) -> bool:
        if not self.opens_block():
            words, place = self.statement()
            named = _named(words[1:])
            if named is None or len(named[1]) != 1:
                self.marks.unknown(place, " ".join(words))
            else:
                self.blocks.table(named[0], named[1][0], place)
                self.marks.understood(place)
            return True
        words, place = self.until_brace()
        named = _named(words[1:])
        if named is None or len(named[1]) != 1:
            self._skip_block(place, " ".join(words))
            return True
        table = self.blocks.table(named[0], named[1][0], place)
        self.marks.understood(place)
        while True:
            self.skip_blank()
            if not self.peek() or self.peek() == "}":
                break
            self._in_table(table)
        end = self.close()
        if end is not None:
            self.marks.understood(end)
        return True

    def _in_table(self, table: RawTable) -> None:
        head = self.peek()
        if head == "chain" and self.opens_block():
            words, place = self.until_brace()
            self._chain(table, words[1] if len(words) == 2 else "", place, " ".join(words))
        elif head in ("set", "map") and self.opens_block():
            words, place = self.until_brace()
            self._set(table, words[1] if len(words) == 2 else "", head == "map", place)
        elif head == "flowtable" and self.opens_block():
            words, place = self.until_brace()
            self.marks.feature(place, FeatureKind.OTHER, " ".join(words))
            self._swallow(place)
        elif head in _OBJECTS and self.opens_block():
            words, place = self.until_brace()
            table.objects.add(words[-1])
            self.marks.understood(place)
            self._swallow(place)
        elif head in ("define", "redefine", "undefine"):
            self._define()
        elif head == "include":
            self._statement("")
        else:
            words, place = self.statement()
            if words[:1] in (["comment"], ["flags"]) or (words[:1] and words[0] in ("counter", "quota") and len(words) == 2):
                self.marks.understood(place)
                if words[:2] == ["flags", "dormant"]:
                    self.marks.unknown(place, " ".join(words))
            else:
                self.marks.unknown(place, " ".join(words), (f"table {table.family} {table.name}",))

    def _swallow(self, place: Place) -> None:
        """The rest of a block, which is read as its first line was."""
        first, depth = place.last, 1
        while self.at < len(self.words) and depth:
            word = self.words[self.at][0]
            depth += (word == "{") - (word == "}")
            self.at += 1
        if depth:
            self.blocks.truncated = True
        self.marks.understood(Place(self.ledger, first, self.words[self.at - 1][1]))

    def _skip_block(self, place: Place, text: str) -> None:
        start, depth = place.first, 1
        while self.at < len(self.words) and depth:
            word = self.words[self.at][0]
            depth += (word == "{") - (word == "}")
            self.at += 1
        self.marks.unknown(Place(self.ledger, start, self.words[self.at - 1][1]), text)

    # --- chains --------------------------------------------------------------------------------------------------------------------

    def _chain(self, table: RawTable, name: str, place: Place, text: str) -> None:
        if not name:
            self._skip_block(place, text)
            return
        chain = table.chains.setdefault(name.strip('"'), RawChain(name.strip('"'), place))
        self.marks.understood(place)
        while True:
            self.skip_blank()
            if not self.peek() or self.peek() == "}":
                break
            if self.peek() in ("define", "redefine", "undefine"):
                self._define()
                continue
            words, where = self.statement()
            self._in_chain(chain, words, where)
        end = self.close()
        if end is not None:
            self.marks.understood(end)

    def _in_chain(self, chain: RawChain, words: list[str], place: Place) -> None:
        if words[0] == "type" and len(words) > 3:
            chain.hook, chain.place = words[1:], place
            self.marks.understood(place)
        elif words[0] == "policy" and len(words) == 2 and words[1] in ("accept", "drop"):
            chain.policy = words[1]
            self.marks.understood(place)
        elif words[0] == "comment" and len(words) == 2:
            self.marks.understood(place)
        elif words[0] in ("policy", "devices", "device", "flags") or (words[0] == "include" and len(words) == 2):
            self.marks.unknown(place, " ".join(words), (f"chain {chain.name}",))
        else:
            chain.rules.append(RawRule(words, place))

    def _top_chain(self) -> bool:
        """``add chain [family] TABLE CHAIN [{ type …; policy …; }]``."""
        block = self.opens_block()
        words, place = self.until_brace() if block else self.statement()
        named = _named(words[1:])
        table = self.blocks.tables.get((named[0], named[1][0])) if named and len(named[1]) == 2 else None
        if table is None or named is None:
            if block:
                self._skip_block(place, " ".join(words))
            else:
                self.marks.unknown(place, " ".join(words))
        elif block:
            self._chain(table, named[1][1], place, " ".join(words))
        else:
            table.chains.setdefault(named[1][1], RawChain(named[1][1], place))
            self.marks.understood(place)
        return True

    def _top_rule(self, verb: str) -> bool:
        """``add rule [family] TABLE CHAIN …``, ``insert rule …``."""
        words, place = self.statement()
        named = _named(words[1:])
        table = self.blocks.tables.get((named[0], named[1][0])) if named and len(named[1]) > 2 else None
        chain = table.chains.get(named[1][1]) if table and named else None
        if chain is None or named is None or verb == "replace" or named[1][2] in ("position", "handle", "index"):
            self.marks.unknown(place, " ".join(words))
            return True
        rule = RawRule(named[1][2:], place)
        if verb == "insert":
            chain.rules.insert(0, rule)
        else:
            chain.rules.append(rule)
        return True

    # --- sets and maps -------------------------------------------------------------------------------------------------------------

    def _set(self, table: RawTable, name: str, is_map: bool, place: Place) -> None:
        if not name:
            self._skip_block(place, "set")
            return
        found = table.sets.setdefault(name, RawSet(name, place, is_map))
        self.marks.understood(place)
        while True:
            self.skip_blank()
            if not self.peek() or self.peek() == "}":
                break
            words, where = self.statement()
            if self._in_set(found, words):
                self.marks.understood(where)
            else:
                self.marks.unknown(where, " ".join(words), (f"set {name}",))
                found.dynamic = True
        end = self.close()
        if end is not None:
            self.marks.understood(end)

    def _in_set(self, found: RawSet, words: list[str]) -> bool:
        head, rest = words[0], words[1:]
        if head in ("type", "typeof"):
            found.keys = rest
        elif head == "flags":
            found.flags.update(word for word in rest if word != ",")
            found.dynamic = found.dynamic or bool({"dynamic", "timeout"} & found.flags)
        elif head == "elements" and rest[:1] == ["="]:
            if any(word[0] == "$" for word in rest):
                return False
            found.elements.extend([*([","] if found.elements else []), *_inside(rest[1:])])
        elif head in ("timeout", "gc-interval"):
            found.dynamic = True
        else:
            return head in ("size", "policy", "auto-merge", "comment", "counter")
        return True

    def _top_set(self) -> bool:
        if not self.opens_block():
            return False
        is_map = self.peek() == "map"
        words, place = self.until_brace()
        named = _named(words[1:])
        table = self.blocks.tables.get((named[0], named[1][0])) if named and len(named[1]) == 2 else None
        if table is None or named is None:
            self._skip_block(place, " ".join(words))
        else:
            self._set(table, named[1][1], is_map, place)
        return True

    def _top_element(self) -> bool:
        words, place = self.statement()
        named = _named(words[1:])
        table = self.blocks.tables.get((named[0], named[1][0])) if named and len(named[1]) > 2 else None
        found = table.sets.get(named[1][1]) if table and named else None
        if found is None or named is None or any(word[0] == "$" for word in words):
            self.marks.unknown(place, " ".join(words))
            return True
        found.elements.extend([*([","] if found.elements else []), *_inside(named[1][2:])])
        self.marks.understood(place)
        return True


def _named(words: list[str]) -> tuple[str, list[str]] | None:
    """The family, which is ip where none stands, and the rest."""
    if not words:
        return None
    if words[0] in FAMILIES and len(words) > 1:
        return words[0], words[1:]
    return "ip", words


def _inside(words: list[str]) -> list[str]:
    """Without the braces around."""
    return words[1:-1] if words[:1] == ["{"] and words[-1:] == ["}"] else words
