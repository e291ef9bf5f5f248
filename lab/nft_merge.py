"""The rulesets of a device's namespaces as one again: what is bound to the interfaces of a VRF comes from that VRF's namespace."""

from __future__ import annotations

import re
from collections.abc import Collection

_TABLE = re.compile(r"^table (\S+ \S+) \{")
_CHAIN = re.compile(r"^\tchain (\S+) \{")
_BOUND = re.compile(r'^\t\t[io]ifname (?:"([^"]+)"|\{([^}]*)\}) ')

Chains = dict[tuple[str, str], list[str]]
"""(table, chain) -> its lines, as `nft list ruleset` prints them."""


def merged(main: str, others: Collection[tuple[str, Collection[str]]]) -> str:
    """``main`` with the chains and rules of ``others`` (text, interfaces) in the place of its own about the same interfaces."""
    for text, names in others:
        main = _with(main, _chains(text), names)
    return main


def _chains(text: str) -> Chains:
    found: Chains = {}
    table = chain = ""
    for line in text.splitlines():
        if head := _TABLE.match(line):
            table, chain = head[1], ""
        elif head := _CHAIN.match(line):
            chain = head[1]
            found[table, chain] = []
        elif line == "\t}":
            chain = ""
        elif chain:
            found[table, chain].append(line)
    return found


def _with(main: str, other: Chains, names: Collection[str]) -> str:
    out: list[str] = []
    table = chain = ""
    body: list[str] = []
    for line in main.splitlines():
        if head := _TABLE.match(line):
            table, chain = head[1], ""
        elif head := _CHAIN.match(line):
            chain, body = head[1], []
        elif chain and line == "\t}":
            out += _body(body, other.get((table, chain)), names)
            chain = ""
        elif chain:
            body.append(line)
            continue
        out.append(line)
    return "\n".join(out) + "\n"


def _body(mine: list[str], theirs: list[str] | None, names: Collection[str]) -> list[str]:
    """A chain that is jumped to is theirs as a whole; of one at a hook, the rules bound to their interfaces."""
    if theirs is None:
        return mine
    if not any(line.startswith("\t\ttype ") for line in theirs):
        return theirs
    kept = [line for line in mine if not _about(line, names)]
    place = next((number for number, line in enumerate(mine) if _about(line, names)), len(kept))
    place = min(place, len(kept))
    return [*kept[:place], *(line for line in theirs if _about(line, names)), *kept[place:]]


def _about(line: str, names: Collection[str]) -> bool:
    bound = _BOUND.match(line)
    if bound is None:
        return False
    listed = [bound[1]] if bound[1] else [word.strip(' "') for word in bound[2].split(",")]
    return any(name in names for name in listed)
