"""What a lab consists of, before anything is made: nodes, wires, bridges, peers, hosts, and what differs from the rendered stand-ins.

A plan is data. It follows from a Network, a choice of devices and what the kernel can do; a backend (network namespaces, containerlab)
carries it out. Equal inputs give equal plans.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from topology.facts import FerryChannel, Realm

PREFIX = "govnet"
"""Every namespace, folder and container of a lab begins with this word and the lab's name."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """Which device types a kernel has; what it lacks is replaced. veth, bridge and macvlan every lab needs."""

    vlan: bool = True
    vrf: bool = True
    dummy: bool = True
    bond: bool = True


class Kind(StrEnum):
    ROUTER = "router"  # a device, or one VRF of it, that routes or filters
    HOST_UNIT = "host-unit"  # one half of a gatekeeper
    PEER = "peer"  # the province or a carrier: FRR that also announces what it must not
    HOST = "host"  # the terminals or servers of one party: a namespace without daemons


@dataclass(frozen=True, slots=True)
class File:
    """A config file of a node as it is used. ``rendered`` is the stand-in's own text, or None where the lab made the file up (peers)."""

    name: str  # frr.conf, nftables.conf, sysctl.conf, links.ip, interfaces
    text: str
    rendered: str | None


@dataclass(frozen=True, slots=True)
class Node:
    """One network namespace with its daemons, or one container.

    ``device`` is the device's name (the peer's slug, the party's id). ``vrf`` is set where a VRF of the device is a node of its own,
    because the kernel has none. ``interfaces`` are those that the lab plugs in, by the name that the configs use.
    """

    name: str  # the device's name; DEVICE@VRF; peer.REALM.SLUG; host.PARTY
    kind: Kind
    device: str
    realm: Realm
    vrf: str | None
    namespace: str
    interfaces: tuple[str, ...]
    files: tuple[File, ...]
    daemons: tuple[str, ...]  # zebra first

    def file(self, name: str) -> File | None:
        return next((file for file in self.files if file.name == name), None)


@dataclass(frozen=True, slots=True)
class End:
    """One end of a wire: an interface of a node. ``wires`` are the cables or circuits in its socket: it is cut when all of them are."""

    node: str
    interface: str
    wires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Two interfaces that hear each other and nobody else: a veth pair."""

    id: str
    a: End
    b: End


@dataclass(frozen=True, slots=True)
class Bridge:
    """One broadcast segment with three ends or more, or with pure layer 2 in between: a bridge of the lab's switch namespace."""

    id: str
    name: str  # in the switch namespace: b1, b2 …
    ends: tuple[End, ...]  # the bridge's port of end i is p<bridge>x<i>
    through: tuple[str, ...]  # the layer 2 devices that it stands for


@dataclass(frozen=True, slots=True)
class Peer:
    """The province or a carrier at the far end of our circuits."""

    node: str
    slug: str
    realm: Realm
    asn: int
    circuits: tuple[str, ...]
    announces: tuple[IPv4Network, ...]  # what it may announce
    hostile: tuple[IPv4Network, ...]  # what it announces all the same: a default, bogons, our own prefixes


@dataclass(frozen=True, slots=True)
class Host:
    """Where a party's packets come from. ``addresses`` begins with ``address``; the rest are the service addresses in that zone."""

    party: str
    node: str
    namespace: str
    interface: str
    address: IPv4Interface
    gateway: IPv4Address
    addresses: tuple[IPv4Interface, ...]
    peer: str | None = None  # node of the peer behind which it is: one host a carrier speaks for the Internet


@dataclass(frozen=True, slots=True)
class Replaced:
    """A device type that the kernel lacks, and where something else stands for it."""

    kind: str  # vlan | vrf | dummy | bond
    device: str
    interfaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unplugged:
    """A socket whose cable leads out of the lab."""

    device: str
    port: str
    wire: str
    far: str  # device, peer or party at the other end


@dataclass(frozen=True, slots=True)
class Ferry:
    """A gatekeeper with both units in the lab, and the channels that its process pair moves."""

    gatekeeper: str
    outer: str  # node
    inner: str  # node
    channels: tuple[FerryChannel, ...]


@dataclass(frozen=True)
class LabPlan:
    """A lab. ``only`` is the choice of devices that made it, ``devices`` all that are in it, layer 2 included."""

    name: str
    city: str
    only: tuple[str, ...]
    kernel: Kernel
    devices: tuple[str, ...]
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    bridges: tuple[Bridge, ...]
    peers: tuple[Peer, ...]
    hosts: tuple[Host, ...]
    ferries: tuple[Ferry, ...]
    replaced: tuple[Replaced, ...]
    unplugged: tuple[Unplugged, ...]
    without_host: tuple[str, ...]  # parties of the slice that no host speaks for: nothing of ours is their first hop

    @property
    def prefix(self) -> str:
        """What the names of the lab's namespaces begin with; no other lab's do."""
        return namespace_prefix(self.name)

    @property
    def switch(self) -> str:
        """The namespace of the bridges."""
        return f"{self.prefix}switch"

    @cached_property
    def by_name(self) -> dict[str, Node]:
        return {node.name: node for node in self.nodes}

    def node(self, name: str) -> Node:
        """Raises KeyError for a name that is no node's."""
        return self.by_name[name]

    @cached_property
    def wires(self) -> dict[str, tuple[End, ...]]:
        """Cable or circuit -> the ends that are in it."""
        found: dict[str, list[End]] = {}
        for end in self.ends:
            for wire in end.wires:
                found.setdefault(wire, []).append(end)
        return {wire: tuple(ends) for wire, ends in sorted(found.items())}

    @property
    def ends(self) -> tuple[End, ...]:
        links = [end for link in self.links for end in (link.a, link.b)]
        return (*links, *(end for bridge in self.bridges for end in bridge.ends))


def namespace_prefix(lab: str) -> str:
    return f"{PREFIX}.{lab}."


def bridge_port(bridge: Bridge, index: int) -> str:
    """The switch namespace's end of the veth pair to ``bridge.ends[index]``."""
    return f"p{bridge.name[1:]}x{index}"
