"""Who should have found whom: neighbours of OSPF and BGP, and one master for each virtual address, of what is plugged in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface
from pathlib import Path

from lab.frr import socket_of
from lab.frr_text import BGP, OSPF, VRRP, blocks
from lab.plan import Kind, LabPlan, Node
from lab.vty import VtyError, ask_json
from topology.facts import Realm

FULL = ("Full", "2-Way")


@dataclass(frozen=True, slots=True)
class Missing:
    """A session that is not there. ``far`` is an interface, a neighbour's address or a virtual address."""

    node: str
    protocol: str  # OSPF | BGP | VRRP
    far: str


@dataclass(frozen=True)
class Expected:
    """By node: interfaces with a neighbour, addresses with a session, virtual addresses."""

    ospf: Mapping[str, tuple[str, ...]]
    bgp: Mapping[str, tuple[str, ...]]
    vrrp: Mapping[str, tuple[tuple[str, str], ...]]  # (interface, virtual address)

    @property
    def count(self) -> int:
        return sum(len(names) for kind in (self.ospf, self.bgp, self.vrrp) for names in kind.values())


def expected(plan: LabPlan) -> Expected:
    """What follows from the configs and the wires of the lab."""
    speaking = {node.name: frozenset(_active(node)) for node in plan.nodes}
    ospf: dict[str, list[str]] = {}
    for ends in (*((link.a, link.b) for link in plan.links), *(bridge.ends for bridge in plan.bridges)):
        speakers = [end for end in ends if end.interface in speaking[end.node]]
        for end in speakers if len(speakers) > 1 else ():
            ospf.setdefault(end.node, []).append(end.interface)
    there = {(realm, address) for node in plan.nodes for realm in _realms(plan, node) for address in _addresses(node)}
    bgp = {node.name: tuple(far for far in _neighbors(node) if (node.realm, far) in there) for node in plan.nodes}
    return Expected({name: tuple(names) for name, names in ospf.items()}, bgp, {node.name: tuple(_virtual(node)) for node in plan.nodes})


def missing(plan: LabPlan, wanted: Expected, folders: Mapping[str, Path]) -> Iterator[Missing]:
    """What is not (yet) there; a daemon that does not answer lacks everything."""
    masters: dict[tuple[Realm, str | None, str], list[str]] = {}
    for node in plan.nodes:
        folder = folders[node.name]
        if wanted.ospf.get(node.name):
            found = _ospf(folder)
            yield from (Missing(node.name, "OSPF", name) for name in wanted.ospf[node.name] if name not in found)
        if wanted.bgp.get(node.name):
            found = _bgp(folder)
            yield from (Missing(node.name, "BGP", far) for far in wanted.bgp[node.name] if far not in found)
        if wanted.vrrp.get(node.name):
            mine = _masters(folder)
            for interface, address in wanted.vrrp[node.name]:
                masters.setdefault((node.realm, node.vrf, address), []).extend([node.name] if interface in mine else [])
    for (_, _, address), names in masters.items():
        if len(names) != 1:
            yield Missing(" ".join(names), "VRRP", address)


def _ospf(folder: Path) -> frozenset[str]:
    """Interfaces with a neighbour."""
    try:
        reply = ask_json(socket_of(folder, OSPF), "show ip ospf neighbor json")
    except VtyError:
        return frozenset()
    neighbors = [neighbor for found in reply.get("neighbors", {}).values() for neighbor in found]
    states = [(str(n.get("nbrState") or n.get("state")), str(n.get("ifaceName") or n.get("interfaceName"))) for n in neighbors]
    return frozenset(name.partition(":")[0] for state, name in states if state.startswith(FULL))


def _bgp(folder: Path) -> frozenset[str]:
    try:
        reply = ask_json(socket_of(folder, BGP), "show bgp summary json")
    except VtyError:
        return frozenset()
    found = reply.get("ipv4Unicast", {}).get("peers", {})
    return frozenset(address for address, peer in found.items() if peer.get("state") == "Established")


def _masters(folder: Path) -> frozenset[str]:
    """Interfaces on which this node has a virtual address."""
    try:
        reply = ask_json(socket_of(folder, VRRP), "show vrrp json")
    except VtyError:
        return frozenset()
    return frozenset(group["interface"] for group in reply if group.get("v4", {}).get("status") == "Master")


# ----------------------------------------------------------------------------------------------------- from the configs


def _active(node: Node) -> Iterator[str]:
    """Interfaces that look for OSPF neighbours."""
    for name, body in _interfaces(node):
        if any(line.startswith("ip ospf area ") for line in body) and "ip ospf passive" not in body and name in node.interfaces:
            yield name


def _virtual(node: Node) -> Iterator[tuple[str, str]]:
    for name, body in _interfaces(node):
        if any(line.startswith("vrrp ") for line in body) and (name in node.interfaces or not name.startswith("eth")):
            yield from ((name, line.split()[3]) for line in body if line.startswith("vrrp ") and line.split()[2] == "ip")


def _addresses(node: Node) -> Iterator[str]:
    for name, body in _interfaces(node):
        if name == "lo" or name in node.interfaces:
            yield from (str(IPv4Interface(line.split()[2]).ip) for line in body if line.startswith("ip address "))


def _neighbors(node: Node) -> Iterator[str]:
    config = node.file("frr.conf")
    for block in blocks(config.text) if config is not None else ():
        if block.words[:2] == ["router", "bgp"]:
            yield from (line.split()[1] for line in block.body if line.split()[:1] == ["neighbor"] and line.split()[2] == "remote-as")


def _interfaces(node: Node) -> Iterator[tuple[str, list[str]]]:
    config = node.file("frr.conf")
    for block in blocks(config.text) if config is not None else ():
        if block.words[0] == "interface":
            yield block.words[1], [line.strip() for line in block.body]


def _realms(plan: LabPlan, node: Node) -> tuple[Realm, ...]:
    """Where a node's addresses can be spoken to: a carrier's, on every realm that may have a circuit to it."""
    return tuple(Realm) if node.kind is Kind.PEER and node.realm is Realm.INTERNET else (node.realm, *(
        (Realm.INTERNET,) if any(peer.realm is Realm.INTERNET for peer in plan.peers) else ()))  # fmt: skip
