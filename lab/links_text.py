"""links.ip as one namespace runs it: without what the lab plugs in itself, leads out of the lab, or stands in another namespace."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise

from lab.plan import Kernel

_MADE = {"vlan": "vlan", "vrf": "vrf", "dummy": "dummy", "bond": "bond"}


@dataclass(frozen=True, slots=True)
class Place:
    """What is already there, and what belongs elsewhere. ``away``: interfaces (SVIs, VRFs' own) of another namespace of the device."""

    kernel: Kernel
    plugged: frozenset[str]
    away: frozenset[str]


def kept(text: str, place: Place) -> str:
    """The lines that this namespace runs, in order."""
    return "".join(f"{line}\n" for line in _lines(text, place))


def made(text: str) -> dict[str, str]:
    """The interfaces that links.ip makes, with their device types."""
    return {found[0]: found[1] for line in text.splitlines() if (found := _added(line.split()))}


def _lines(text: str, place: Place) -> Iterator[str]:
    here = {*place.plugged, "lo"}
    for line in text.splitlines():
        words = line.split()
        added = _added(words)
        if added is not None:
            name, kind, parent = added
            if name in place.away or not (parent is None or parent in here):
                continue
            if kind in _MADE and not getattr(place.kernel, _MADE[kind]):
                if kind != "dummy":
                    continue
                yield from (f"link add dev {name} type veth peer name x{name}", f"link set dev x{name} up")
            elif name not in here:
                yield line
            here.add(name)
        elif words[:2] == ["route", "add"]:
            if words[2] != "vrf" or words[3] in here:
                yield line
        elif words[:2] == ["rule", "add"]:
            yield line  # by a mark, which only packets of its own namespace have
        elif _about(words) in here and _master(words, here):
            yield line


def _added(words: list[str]) -> tuple[str, str, str | None] | None:
    """(name, type, lower device) of a `link add` line."""
    if words[:2] != ["link", "add"]:
        return None
    value = dict(pairwise(words))
    name = value["name"] if "name" in value and words[2] == "link" else value["dev"]
    return name, value["type"], value.get("link") if "link" in words[2:] else None


def _about(words: list[str]) -> str:
    """The interface that a `link set` or `address add` line is about."""
    return words[words.index("dev") + 1]


def _master(words: list[str], here: Collection[str]) -> bool:
    return "master" not in words or words[words.index("master") + 1] in here
