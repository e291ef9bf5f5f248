"""nftables.conf as the namespace of one VRF needs it: without what is bound to interfaces that stand in another namespace."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_CHAIN = re.compile(r"^  chain (\S+) \{")
_JUMP = re.compile(r"\bjump (\S+)")
_BOUND = re.compile(r'^    [io]ifname (?:"([^"]+)"|\{([^}]*)\}) ')


def of_interfaces(text: str, names: Collection[str]) -> str:
    """Rules that name none of ``names`` can match nothing there; chains that nothing jumps to any more decide nothing."""
    lines = [line for line in text.splitlines() if _may_match(line, names)]
    wanted = {found[1] for line in lines if (found := _JUMP.search(line))}
    unused = {found[1] for line in text.splitlines() if (found := _JUMP.search(line))} - wanted
    return "".join(f"{line}\n" for line in _without(lines, unused))


def _may_match(line: str, names: Collection[str]) -> bool:
    bound = _BOUND.match(line)
    if bound is None:
        return True
    listed = [bound[1]] if bound[1] else [word.strip(' "') for word in bound[2].split(",")]
    return any(name in names for name in listed)


def _without(lines: list[str], chains: Collection[str]) -> Iterator[str]:
    skipping = False
    for line in lines:
        chain = _CHAIN.match(line)
        if chain is not None:
            skipping = chain[1] in chains
        if not skipping:
            yield line
        elif line == "  }":
            skipping = False
