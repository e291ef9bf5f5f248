"""frr.conf as blocks: the part that belongs to one VRF, and the part that each daemon reads.

A daemon that reads a whole frr.conf stumbles over the others' sections; given its own part it reads it in a tenth of the time of vtysh.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

ZEBRA, STATIC, OSPF, BGP, VRRP = "zebra", "staticd", "ospfd", "bgpd", "vrrpd"
DAEMONS = (ZEBRA, STATIC, OSPF, BGP, VRRP)
"""In the order of their start."""

_CLOSED_BY = {"interface": "exit", "router": "exit", "vrf": "exit-vrf", "route-map": "exit"}
_EVERYWHERE = ("frr version ", "frr defaults ", "hostname ", "log ")


class UnknownLineError(ValueError):
    """A line that no daemon of the lab reads: ``number`` counts from 1."""

    def __init__(self, number: int, line: str) -> None:
        super().__init__(f"line {number}: {line.strip()!r}")
        self.number, self.line = number, line


@dataclass(frozen=True, slots=True)
class Block:
    """A line at the left margin and what stands under it, without the line that closes it. ``number`` is that of the first line."""

    number: int
    head: str
    body: tuple[str, ...] = ()

    @property
    def words(self) -> list[str]:
        return self.head.split()

    def text(self, head: str | None = None, body: Collection[str] | None = None) -> str:
        lines = [self.head if head is None else head, *(self.body if body is None else body)]
        closing = _CLOSED_BY.get(self.words[0])
        return "\n".join([*lines, closing] if closing else lines) + "\n"


def blocks(text: str) -> Iterator[Block]:
    """The blocks in order; comments and `end` are left out."""
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        if not line.strip(" !") or line == "end":
            continue
        closing = _CLOSED_BY.get(line.split()[0])
        body: list[str] = []
        if closing:
            for _, inner in lines:
                if inner == closing:
                    break
                if inner.strip() != "!":
                    body.append(inner)
        yield Block(number, line, tuple(body))


def of_vrf(text: str, vrf: str | None, interfaces: Collection[str]) -> str:
    """frr.conf of a namespace that stands for one VRF (None: the global table): its interfaces, routes and process, under no VRF's name.

    ``interfaces`` are those of the other VRFs where ``vrf`` is None, else those of the VRF.
    """
    out = []
    for block in blocks(text):
        words = block.words
        if words[0] == "interface":
            if (words[1] in interfaces) == (vrf is not None):
                out.append(block.text())
        elif words[0] == "vrf":
            if words[1] == vrf:
                out += [line.strip() + "\n" for line in block.body]
        elif words[:2] == ["router", "ospf"]:
            if (words[3] if words[2:3] == ["vrf"] else None) == vrf:
                out.append(block.text(head="router ospf"))
        elif words[0] == "router" or words[:2] == ["ip", "route"]:
            if vrf is None:
                out.append(block.text())
        else:
            out.append(block.text())
    return "!\n".join(out) + "!\nend\n"


def of_daemons(text: str) -> dict[str, str]:
    """Daemon -> its part of frr.conf; only those that have something to do, zebra first. Raises UnknownLineError."""
    parts: dict[str, list[str]] = {daemon: [] for daemon in DAEMONS}
    common: list[str] = []
    filters: list[str] = []
    for block in blocks(text):
        words = block.words
        if block.head.startswith(_EVERYWHERE):
            common.append(block.text())
        elif block.head in ("no ipv6 forwarding", "ip forwarding", "no zebra nexthop kernel enable", "service integrated-vtysh-config"):
            parts[ZEBRA] += [block.text()] if words[0] != "service" else []
        elif words[0] == "interface":
            _interface(block, parts)
        elif words[0] == "vrf":
            parts[ZEBRA].append(block.text(body=()))
            parts[STATIC] += [block.text()] if block.body else []
        elif words[:2] == ["ip", "route"]:
            parts[STATIC].append(block.text())
        elif words[:2] in (["router", "ospf"], ["router", "bgp"]):
            parts[OSPF if words[1] == "ospf" else BGP].append(block.text())
        elif words[:2] == ["ip", "prefix-list"] or words[0] == "route-map":
            filters.append(block.text())
        else:
            raise UnknownLineError(block.number, block.head)
    for daemon in (OSPF, BGP):
        parts[daemon] += filters if parts[daemon] else []
    return {daemon: "".join([*common, *lines]) for daemon, lines in parts.items() if lines or daemon == ZEBRA}


def _interface(block: Block, parts: dict[str, list[str]]) -> None:
    owners: dict[str, list[str]] = {}
    for offset, line in enumerate(block.body, 1):
        word = line.strip()
        if word.startswith("ip ospf "):
            owner = OSPF
        elif word.startswith("vrrp "):
            owner = VRRP
        elif word.startswith(("description ", "ip address ", "shutdown", "no shutdown")):
            owner = ZEBRA
        else:
            raise UnknownLineError(block.number + offset, line)
        owners.setdefault(owner, []).append(line)
    for owner, lines in owners.items():
        parts[owner].append(block.text(body=lines))
