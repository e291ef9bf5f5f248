"""Stateless filters at gateways: declared flows and their return shape, the Internet through the egress, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from typing import NamedTuple

from topology.build.addresses import in_lan
from topology.build.context import Build, Lan, PeerLink
from topology.build.interfaces import FIREWALLS, Draft
from topology.build.lans import PEER_FILTERS
from topology.design import Filter, Kind, Ref, Rule
from topology.facts import Flow, PortRange, Realm
from topology.inventory import RealmIntent
from topology.origin import Origin
from topology.prefixes import collapse, network, within

STEP = 10
VRRP_GROUP = IPv4Network("224.0.0.18/32")
PRIVATE = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"))
BOGONS = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
    )
)
BGP = PortRange(179, 179)


class Match(NamedTuple):
    """What a rule looks at; numbering and permission come later."""

    protocol: str
    source: IPv4Network | None
    destination: IPv4Network | None
    source_ports: PortRange | None = None
    destination_ports: PortRange | None = None
    established: bool = False
    icmp: str | None = None


@dataclass
class FlowIndex:
    """Flows by the parties at their ends, with both ends as prefixes."""

    build: Build
    outgoing: dict[str, list[Flow]] = field(default_factory=dict)
    incoming: dict[str, list[Flow]] = field(default_factory=dict)
    ends: dict[str, tuple[tuple[IPv4Network, ...], tuple[IPv4Network, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for key in sorted(self.build.flows):
            flow = self.build.flows[key]
            self.ends[f"{flow.realm}:{flow.id}"] = (self._sources(flow), self._destinations(flow))
            for party in flow.sources:
                self.outgoing.setdefault(party, []).append(flow)
            self.incoming.setdefault(flow.to, []).append(flow)

    def _sources(self, flow: Flow) -> tuple[IPv4Network, ...]:
        if flow.source_addresses:
            return tuple(network(int(address), 32) for address in flow.source_addresses)
        return collapse(prefix for party in flow.sources for prefix in self.build.parties[party].prefixes)

    def _destinations(self, flow: Flow) -> tuple[IPv4Network, ...]:
        if flow.destinations:
            return tuple(network(int(address), 32) for address in flow.destinations)
        return self.build.parties[flow.to].prefixes

    def sources(self, flow: Flow) -> tuple[IPv4Network, ...]:
        return self.ends[f"{flow.realm}:{flow.id}"][0]

    def destinations(self, flow: Flow) -> tuple[IPv4Network, ...]:
        return self.ends[f"{flow.realm}:{flow.id}"][1]


def aggregates(side: RealmIntent) -> tuple[IPv4Network, ...]:
    """Every address that this network may use, as few prefixes as possible."""
    pools = side.pools
    named = (pools.loopback, pools.link, pools.segment, pools.agency, pools.zone, pools.exit, pools.county)
    found = [pool.prefix for pool in named if pool is not None] + [pools.management, *([pools.oob] if pools.oob else [])]
    return collapse(found)


def inside(build: Build, side: RealmIntent) -> tuple[IPv4Network, ...]:
    """What the Internet permission must never mean: our own addresses, the province's, and every private range (RFC 1918, RFC 6598)."""
    province = [prefix for peer in side.document.peers.values() if peer.kind == "province" for prefix in (*peer.accepts, *peer.announces)]
    municipal = side.municipal
    blocks = [carrier.block for carrier in municipal.egress.carriers.values()] if municipal.egress else []
    links = [peer.link_prefix for peer in side.document.peers.values() if peer.link_prefix]
    return collapse([*PRIVATE, *aggregates(side), *province, *blocks, *links])


def build_filters(build: Build, draft: Draft, index: FlowIndex) -> tuple[tuple[Filter, ...], dict[Ref, tuple[str, str]]]:
    """The filters of one device by number, and where they stand: interface -> names of the inbound and the outbound one."""
    pairs: list[tuple[Ref, Filter, Filter]] = []
    if draft.device.role in FIREWALLS:
        return (), {}
    for lan, ref in draft.lans:
        if lan.filter_base is not None and draft.device.name in lan.gateways:
            pairs.append((ref, *_lan_filters(build, draft, lan, index)))
    own = (peer for peer in build.peer_links if peer.device == draft.device.name)
    pairs += [(Ref(Kind.PORT, peer.port), *_peer_filters(draft, peer, index)) for peer in own]
    filters = sorted((item for _, *both in pairs for item in both), key=lambda item: item.number)
    return tuple(filters), {ref: (into.name, out.name) for ref, into, out in pairs}


def _lan_filters(build: Build, draft: Draft, lan: Lan, index: FlowIndex) -> tuple[Filter, Filter]:
    others = [IPv4Network(in_lan(build, lan, name).ip) for name in lan.gateways if name != draft.device.name]
    into: Lines = [(True, Match("vrrp", other, VRRP_GROUP), "vrrp of the other gateway", lan.origin) for other in others]
    out: Lines = []
    pairs: list[tuple[tuple[IPv4Network, ...], tuple[IPv4Network, ...]]] = []
    for party, prefixes in lan.parties:
        for flow in index.outgoing.get(party, ()):
            if flow.to == "internet":
                continue
            own = _own_sources(flow, prefixes, index)
            into += _forward(flow, own, index.destinations(flow))
            out += _reverse(flow, own, index.destinations(flow))
            pairs.append((own, index.destinations(flow)))
        for flow in index.incoming.get(party, ()):
            own = tuple(prefix for prefix in index.destinations(flow) if any(within(prefix, mine) for mine in prefixes)) or prefixes
            out += _forward(flow, index.sources(flow), own)
            into += _reverse(flow, index.sources(flow), own)
            pairs.append((own, index.sources(flow)))
    errors = _errors(pairs, lan.origin)
    into += errors
    out += _mirrored(errors)
    internet = [flow for party, _ in lan.parties for flow in index.outgoing.get(party, ()) if flow.to == "internet"]
    into += _internet(build, draft, internet, index, lan, outward=True)
    out += _internet(build, draft, internet, index, lan, outward=False)
    base = lan.filter_base
    assert base is not None
    label = f"vlan{lan.vlan}" if lan.vlan is not None else f"n{base}"
    return (
        _filter(f"{label}-in", base, into, f"from {lan.title}", lan),
        _filter(f"{label}-out", base + 1, out, f"to {lan.title}", lan),
    )


def _own_sources(flow: Flow, prefixes: tuple[IPv4Network, ...], index: FlowIndex) -> tuple[IPv4Network, ...]:
    if flow.source_addresses:
        return tuple(prefix for prefix in index.sources(flow) if any(within(prefix, mine) for mine in prefixes))
    return prefixes


Lines = list[tuple[bool, Match, str, Origin]]


def _forward(flow: Flow, sources: Iterable[IPv4Network], destinations: Iterable[IPv4Network]) -> Lines:
    found: Lines = []
    for source in sources:
        for destination in destinations:
            if flow.protocol == "icmp":
                found.append((True, Match("icmp", source, destination, icmp="echo"), flow.id, flow.origin))
            else:
                found += [(True, Match(flow.protocol, source, destination, None, ports), flow.id, flow.origin) for ports in flow.ports]
    return found


def _reverse(flow: Flow, sources: Iterable[IPv4Network], destinations: Iterable[IPv4Network]) -> Lines:
    found: Lines = []
    for source in sources:
        for destination in destinations:
            if flow.protocol == "icmp":
                found.append((True, Match("icmp", destination, source, icmp="echo-reply"), flow.id, flow.origin))
            else:
                tcp = flow.protocol == "tcp"
                found += [(True, Match(flow.protocol, destination, source, ports, None, tcp), flow.id, flow.origin) for ports in flow.ports]
    return found


def _errors(pairs: Iterable[tuple[tuple[IPv4Network, ...], tuple[IPv4Network, ...]]], origin: Origin) -> Lines:
    """ICMP errors about flows, between just the addresses that have flows; neighbouring ones share a rule."""
    found: Lines = []
    peers: dict[IPv4Network, set[IPv4Network]] = {}
    for own, far in pairs:
        for prefix in own:
            peers.setdefault(prefix, set()).update(far)
    for own_prefix, others in peers.items():
        found += [(True, Match("icmp", own_prefix, other, icmp="unreachable"), "icmp errors", origin) for other in collapse(others)]
    return found


def _mirrored(lines: Lines) -> Lines:
    """The same between the same two ends in the other direction, of rules without ports."""
    return [(permit, Match(m.protocol, m.destination, m.source, icmp=m.icmp), remark, origin) for permit, m, remark, origin in lines]


def _internet(
    build: Build, draft: Draft, flows: list[Flow], index: FlowIndex, lan: Lan, *, outward: bool
) -> Iterator[tuple[bool, Match, str, Origin]]:
    """First everything that is not the Internet is denied, then the permitted services to anywhere."""
    if not flows:
        return
    prefixes = tuple(prefix for _, own in lan.parties for prefix in own)
    for prefix in inside(build, draft.side):
        yield False, Match("ip", None, prefix) if outward else Match("ip", prefix, None), "not the Internet", lan.origin
    for flow in flows:
        for own in _own_sources(flow, prefixes, index):
            for ports in flow.ports:
                tcp = flow.protocol == "tcp"
                yield (
                    True,
                    Match(flow.protocol, own, None, None, ports) if outward else Match(flow.protocol, None, own, ports, None, tcp),
                    flow.id,
                    flow.origin,
                )
            if flow.protocol == "icmp":
                yield (
                    True,
                    Match("icmp", own, None, icmp="echo") if outward else Match("icmp", None, own, icmp="echo-reply"),
                    flow.id,
                    flow.origin,
                )
    if not outward:
        for own in prefixes:
            yield True, Match("icmp", None, own, icmp="unreachable"), "icmp errors", lan.origin


def _filter(name: str, number: int, lines: Iterable[tuple[bool, Match, str, Origin]], purpose: str, lan: Lan) -> Filter:
    return Filter(name, number, _numbered(lines, lan.origin), purpose, lan.origin, lan.vrf)


def _numbered(lines: Iterable[tuple[bool, Match, str, Origin]], origin: Origin) -> tuple[Rule, ...]:
    """Numbered rules without repetitions; the last one denies all else in so many words."""
    unique: dict[tuple[object, ...], tuple[bool, Match, str, Origin]] = {}
    for line in (*lines, (False, Match("ip", None, None), "nothing else", origin)):
        permit, m = line[:2]
        unique.setdefault((permit, m[0], _key(m[1]), _key(m[2]), *m[3:]), line)
    rules: list[Rule] = []
    last = ""
    for number, (permit, match, remark, place) in enumerate(unique.values(), 1):
        rules.append(Rule(number * STEP, permit, *match, "" if remark == last else remark, place))
        last = remark
    return tuple(rules)


def _key(prefix: IPv4Network | None) -> tuple[int, int] | None:
    """What makes a prefix itself; its own hash is slow."""
    return None if prefix is None else (int(prefix.network_address), prefix.prefixlen)


def _peer_filters(draft: Draft, peer: PeerLink, index: FlowIndex) -> tuple[Filter, Filter]:
    kind = draft.side.document.peers[peer.peer].kind
    own, far = IPv4Network(peer.own), IPv4Network(peer.far)
    into: Lines = []
    out: Lines = []
    for ours, theirs in ((BGP, None), (None, BGP)):
        # Whoever opened the session: from port 179 come answers only, else the peer could open anything from there.
        answers_in, answers_out = theirs is not None, ours is not None
        into.append((True, Match("tcp", far, own, theirs, ours, established=answers_in), f"bgp of {peer.peer}", peer.origin))
        out.append((True, Match("tcp", own, far, ours, theirs, established=answers_out), f"bgp of {peer.peer}", peer.origin))
    if kind == "province":
        _province(draft.side.realm, peer, index, into, out)
    else:
        _carrier(draft, peer, into, out)
    base = PEER_FILTERS + 2 * (peer.number % 20)
    return (
        Filter(f"{peer.peer}-in"[:31], base, _numbered(into, peer.origin), f"{peer.peer} in", peer.origin),
        Filter(f"{peer.peer}-out"[:31], base + 1, _numbered(out, peer.origin), f"{peer.peer} out", peer.origin),
    )


def _province(realm: Realm, peer: PeerLink, index: FlowIndex, into: Lines, out: Lines) -> None:
    party = f"{realm.value}:province/{peer.peer}"
    for flow in index.outgoing.get(party, ()):
        own = index.build.parties[party].prefixes
        into += _forward(flow, own, index.destinations(flow))
        out += _reverse(flow, own, index.destinations(flow))
    for flow in index.incoming.get(party, ()):
        out += _forward(flow, index.sources(flow), index.destinations(flow))
        into += _reverse(flow, index.sources(flow), index.destinations(flow))
    pairs = [(index.build.parties[party].prefixes, index.destinations(flow)) for flow in index.outgoing.get(party, ())]
    pairs += [(index.build.parties[party].prefixes, index.sources(flow)) for flow in index.incoming.get(party, ())]
    errors = _errors(pairs, peer.origin)
    into += errors
    out += _mirrored(errors)


def _carrier(draft: Draft, peer: PeerLink, into: Lines, out: Lines) -> None:
    """Only to and from the block that this carrier assigned; nothing from addresses that cannot be on the Internet, nor from our own."""
    municipal = draft.side.municipal
    assert municipal.egress is not None
    carrier = municipal.egress.carriers[peer.key]
    ours = sorted(
        other.block for other in municipal.egress.carriers.values()
    )  # nor may one carrier's Internet pretend to be another's block
    for prefix in (*ours, *BOGONS):
        into.append((False, Match("ip", prefix, None), "spoofed source", carrier.origin))
    into.append((True, Match("ip", None, carrier.translated), "translated addresses", carrier.origin))
    out.append((True, Match("ip", carrier.translated, None), "translated addresses", carrier.origin))


def sources_filter(name: str, number: int, allowed: Iterable[tuple[IPv4Network, Origin]], purpose: str, origin: Origin) -> Filter:
    """A basic filter of sources only, for SSH and SNMP of the device itself."""
    lines: Lines = [(True, Match("ip", prefix, None), purpose, place) for prefix, place in allowed]
    return Filter(name, number, _numbered(lines, origin), purpose, origin)
