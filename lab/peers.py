"""The province and the carriers: FRR at the far end of our circuits, which announces what it may and what it must not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from lab.changes import adapted
from lab.plan import File
from topology.design import BgpNeighbor, DeviceDesign, Interface
from topology.design import Kind as PortKind
from topology.facts import Circuit, Facts, PartyKind, Peer

BOGONS = tuple(map(IPv4Network, ("100.64.0.0/10", "169.254.0.0/16", "192.0.2.0/24", "198.18.0.0/15", "224.0.0.0/5")))
"""Prefixes that nobody may announce (RFC 6890); the last one FRR itself does not send on, which is as good."""

DEFAULT = IPv4Network("0.0.0.0/0")
PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
INSIDE = "hosts0"
"""The peer's interface towards the host that speaks for everybody behind it."""

_PLACES = tuple(map(IPv4Network, ("9.9.9.0/24", "1.1.1.0/24", "8.8.8.0/24", "4.4.4.0/24")))
"""Where the host of the Internet may sit: addresses that no city numbers its own with; the first free one is taken."""


@dataclass(frozen=True, slots=True)
class Uplink:
    """One circuit of a peer: its interface there, both addresses, and the session where there is one."""

    circuit: Circuit
    interface: str
    address: IPv4Interface
    ours: IPv4Address
    neighbor: BgpNeighbor | None
    asn: int  # ours


@dataclass(frozen=True, slots=True)
class PeerNode:
    """A peer with at least one circuit into the lab. ``inside`` is the subnet of its host; the peer has its first address."""

    peer: Peer
    uplinks: tuple[Uplink, ...]
    party: str | None
    inside: IPv4Network | None
    announces: tuple[IPv4Network, ...]
    hostile: tuple[IPv4Network, ...]

    @property
    def name(self) -> str:
        return f"peer.{self.peer.realm.value}.{self.peer.slug}"


def peers(facts: Facts, designs: Mapping[str, DeviceDesign]) -> Iterator[PeerNode]:
    """The peers whose circuits end on devices of the lab, in the order of the facts."""
    for peer in facts.peers:
        circuits = [circuit for circuit in facts.circuits if circuit.peer == peer.slug and _leads_to(peer, circuit)]
        inside = [circuit for circuit in circuits if circuit.a.device in designs]
        uplinks = tuple(uplink for number, circuit in enumerate(inside) if (uplink := _uplink(designs, circuit, number)))
        if uplinks:
            yield _node(facts, peer, uplinks)


def _leads_to(peer: Peer, circuit: Circuit) -> bool:
    return peer.kind != "province" or circuit.realm == peer.realm


def _uplink(designs: Mapping[str, DeviceDesign], circuit: Circuit, number: int) -> Uplink | None:
    design = designs[circuit.a.device]
    interface = next((found for found in design.interfaces if _at(found, circuit)), None)
    if interface is None or interface.address is None:
        return None
    network, ours = interface.address.network, interface.address.ip
    neighbor = next((n for n in (design.bgp.neighbors if design.bgp else ()) if n.address in network), None)
    gateway = next((r.next_hop for r in design.statics if r.next_hop is not None and r.next_hop in network and r.next_hop != ours), None)
    far = neighbor.address if neighbor else gateway or next(address for address in network.hosts() if address != ours)
    address = IPv4Interface((int(far), network.prefixlen))
    return Uplink(circuit, f"c{number}", address, ours, neighbor, design.bgp.asn if design.bgp else 0)


def _at(interface: Interface, circuit: Circuit) -> bool:
    ref = interface.ref
    kind = PortKind.SUBINTERFACE if circuit.a.vlan is not None else PortKind.PORT
    return ref.kind is kind and ref.port == circuit.a.port and (circuit.a.vlan or 0) == ref.number


def _node(facts: Facts, peer: Peer, uplinks: tuple[Uplink, ...]) -> PeerNode:
    if peer.kind == "province":
        party = next((p.id for p in facts.parties if p.kind is PartyKind.PROVINCE and p.realm == peer.realm), None)
        inside = next((prefix.supernet(new_prefix=24) if prefix.prefixlen > 24 else next(prefix.subnets(new_prefix=24))
                       for prefix in peer.accepts if prefix != DEFAULT), None)  # fmt: skip
    else:
        party = next((p.id for p in facts.parties if p.kind is PartyKind.INTERNET), None)
        inside = _internet(facts, peer)
    ours = tuple(dict.fromkeys((*peer.announces, *(half for prefix in peer.announces for half in prefix.subnets()))))
    hostile = dict.fromkeys((DEFAULT, *BOGONS, *PRIVATE, *ours))
    return PeerNode(peer, uplinks, party, inside, peer.accepts, tuple(prefix for prefix in hostile if prefix not in peer.accepts))


def _internet(facts: Facts, peer: Peer) -> IPv4Network | None:
    """A subnet of the Internet of its own for each carrier's host."""
    ours = [prefix for party in facts.parties if party.kind is not PartyKind.INTERNET for prefix in party.prefixes]
    carriers = [other.slug for other in facts.peers if other.kind != "province"]
    free = (place for place in _PLACES if not any(place.overlaps(prefix) for prefix in ours))
    place = next(free, None)
    if place is None or len(carriers) > 64:
        return None
    return list(place.subnets(new_prefix=30))[carriers.index(peer.slug)]


# ----------------------------------------------------------------------------------------------------------- its config


def files(node: PeerNode) -> tuple[File, ...]:
    return (File("frr.conf", adapted(_frr(node)), None), File("sysctl.conf", _SYSCTL, None))


_SYSCTL = """\
net.ipv4.ip_forward = 1
net.ipv6.conf.all.disable_ipv6 = 1
net.ipv6.conf.default.disable_ipv6 = 1
net.ipv4.conf.all.rp_filter = 0
net.ipv4.conf.default.rp_filter = 0
net.ipv4.conf.all.send_redirects = 0
net.ipv4.conf.default.send_redirects = 0
net.ipv4.fib_multipath_hash_policy = 1
"""


def _frr(node: PeerNode) -> str:
    lines = ["frr version 8.4", "frr defaults traditional", f"hostname {node.peer.slug}"]
    lines += [f"ip route {prefix} {uplink.ours}" for prefix in _towards_us(node) for uplink in node.uplinks]
    lines += [f"ip route {prefix} blackhole" for prefix in node.announces if prefix != DEFAULT]
    for uplink in node.uplinks:
        lines += [f"interface {uplink.interface}", f" ip address {uplink.address}", "exit"]
    if node.inside is not None:
        lines += [f"interface {INSIDE}", f" ip address {next(node.inside.hosts())}/{node.inside.prefixlen}", "exit"]
    if any(uplink.neighbor for uplink in node.uplinks):
        lines += _bgp(node)
    return "\n".join([*lines, "end", ""])


def _towards_us(node: PeerNode) -> Iterator[IPv4Network]:
    """A hostile neighbour sends us whatever could be ours, announced or not: it must be stopped here, not for want of a route there."""
    yield from node.peer.announces
    for prefix in PRIVATE:
        if not any(prefix.subnet_of(ours) for ours in node.peer.announces):
            yield prefix


def _bgp(node: PeerNode) -> Iterator[str]:
    sessions = [(uplink, uplink.neighbor) for uplink in node.uplinks if uplink.neighbor is not None]
    yield f"router bgp {node.peer.asn}"
    yield f" bgp router-id {sessions[0][0].address.ip}"
    yield " no bgp ebgp-requires-policy"
    yield " no bgp network import-check"
    yield " timers bgp 30 90"
    for uplink, neighbor in sessions:
        yield f" neighbor {uplink.ours} remote-as {uplink.asn}"
        yield f" neighbor {uplink.ours} password @@{neighbor.key}@@"
        if neighbor.ttl_security:
            yield f" neighbor {uplink.ours} ttl-security hops 1"
    yield " address-family ipv4 unicast"
    yield from (f"  network {prefix}" for prefix in (*node.announces, *node.hostile))
    yield " exit-address-family"
    yield "exit"
