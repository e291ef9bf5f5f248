"""Stateful policy, NAT and the pair of firewalls: one rule a flow that crosses, everything else dropped."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from ipaddress import IPv4Network, collapse_addresses

from topology.build.context import Build, Lan
from topology.build.filters import FlowIndex
from topology.build.interfaces import Draft
from topology.design import Firewall, HaPair, Kind, NatPool, NatServer, Ref, Service, SourceNat, Zone, ZoneRule
from topology.facts import Flow, PartyKind, Publication, Role
from topology.origin import Origin

FIREWALLS = frozenset({Role.EGRESS_FIREWALL, Role.HOSTING_FIREWALL, Role.EXIT_FIREWALL})
INSIDE = frozenset({"trust", "outer"})  # zones towards the rest of the network: of a pair, and of an exit firewall
LONGEST_NAME = 31


def build_firewall(build: Build, draft: Draft, index: FlowIndex, published: tuple[Publication, ...]) -> Firewall | None:
    """Zones, rules and NAT of one firewall; both members of a pair get the same."""
    if draft.device.role not in FIREWALLS:
        return None
    zones = _zones(build, draft)
    names = {zone.name for zone in zones}
    rules = [rule for flow in _flows(build) for rule in _rules(build, draft, flow, index, names)]
    pools, source_nat, servers = _nat(build, draft, index, published)
    return Firewall(zones, tuple(sorted(rules, key=lambda rule: rule.name)), pools, source_nat, servers)


def _flows(build: Build) -> Iterator[Flow]:
    for key in sorted(build.flows):
        yield build.flows[key]


def _zones(build: Build, draft: Draft) -> tuple[Zone, ...]:
    members: dict[str, list[Ref]] = {}
    origins: dict[str, Origin] = {}
    for ref, values in draft.values.items():
        if values.get("zone"):
            members.setdefault(values["zone"], []).append(ref)
            origins.setdefault(values["zone"], values["origin"])
    if draft.device.role is Role.EXIT_FIREWALL:
        for peer in build.peer_links:
            if peer.device == draft.device.name:
                ref = Ref(Kind.PORT, peer.port)
                draft.set(ref, peer.origin, zone="untrust")
                members["untrust"], origins["untrust"] = [ref], peer.origin
    return tuple(Zone(name, _priority(build, draft, name), tuple(members[name]), origins[name]) for name in sorted(members))


def _priority(build: Build, draft: Draft, name: str) -> int:
    """A number of its own for each zone, for platforms that order them; it decides nothing, since every rule names both zones."""
    fixed = {"trust": 85, "outer": 84, "heartbeat": 83, "untrust": 5}
    if name in fixed:
        return fixed[name]
    municipal = draft.side.document.municipal
    assert municipal is not None
    if municipal.egress is not None and name.startswith("untrust-"):
        return 5 + municipal.egress.carriers[name.removeprefix("untrust-")].number
    if name in municipal.zones:
        return 30 + municipal.zones[name].number % 50
    return 15 + municipal.segments[name].number % 15


def _rules(build: Build, draft: Draft, flow: Flow, index: FlowIndex, zones: set[str]) -> Iterator[ZoneRule]:
    """The flow from each zone that it enters by to the one that it leaves by."""
    if flow.realm is not draft.side.realm or flow.vrf is not None:
        return
    if flow.service == "exit" and flow.role != _exit_key(draft):
        return
    services = tuple(Service(flow.protocol, ports) for ports in flow.ports) or (Service(flow.protocol, None),)
    targets = _ends(build, draft, flow, (flow.to,), index.destinations(flow), zones)
    for source_zone, sources in _ends(build, draft, flow, flow.sources, flow.source_addresses and index.sources(flow), zones).items():
        for target_zone, targets_ in targets.items():
            if source_zone == target_zone or not _is_own_way(flow, source_zone, target_zone, draft):
                continue
            name = rule_name(flow.id, source_zone, target_zone, many=len(targets) > 1 or _spread(flow, build, draft))
            yield ZoneRule(name, source_zone, target_zone, sources, targets_, services, permit=True, log="internet" in (flow.to, *flow.sources), flow=flow.id, origin=flow.origin)


def _spread(flow: Flow, build: Build, draft: Draft) -> bool:
    """Whether rules of one flow differ by their source zone, so that the name has to say it."""
    return len({zone for party in flow.sources for zone in _zones_of(build, draft, party)}) > 1


def _exit_key(draft: Draft) -> str | None:
    municipal = draft.side.document.municipal
    assert municipal is not None
    for key, exit_ in municipal.exits.items():
        if draft.device.name.endswith(f"-{exit_.device}"):
            return key
    return None


def _is_own_way(flow: Flow, source: str, target: str, draft: Draft) -> bool:
    """The Internet lies beyond the egress and, for a unit with an exit, beyond its own; a transit flow between two outer zones is nobody's."""
    if draft.device.role is Role.EXIT_FIREWALL and flow.to == "internet":
        return flow.service == "exit"
    if draft.device.role is Role.EGRESS_FIREWALL and flow.service == "exit":
        return False
    return not (source.startswith("untrust") and target.startswith("untrust"))


def _ends(
    build: Build, draft: Draft, flow: Flow, parties: tuple[str, ...], addresses: tuple[IPv4Network, ...], zones: set[str]
) -> dict[str, tuple[IPv4Network, ...]]:
    """Zone -> the flow's prefixes there (empty: any address, of the Internet)."""
    found: dict[str, list[IPv4Network]] = {}
    for party in parties:
        prefixes = build.parties[party].prefixes
        own = [item for item in addresses if any(item.subnet_of(prefix) for prefix in prefixes)] if addresses else list(prefixes)
        for zone, part in _zones_of(build, draft, party).items():
            if zone in zones or zone == "local":
                known = [] if party == "internet" else own if part is None else [item for item in part if not addresses or item in addresses] or list(part)
                found.setdefault(zone, []).extend(known)
    return {zone: tuple(collapse_addresses(prefixes)) for zone, prefixes in sorted(found.items())}


def _zones_of(build: Build, draft: Draft, party: str) -> dict[str, tuple[IPv4Network, ...] | None]:
    """Zones behind which a party is, seen from this firewall, with the part of its prefixes there (None: all)."""
    behind = {pid: lan.zone for lan, _ in draft.lans if lan.kind == "party" and draft.device.name in lan.gateways for pid, _ in lan.parties}
    if party in behind:
        return {behind[party] or "trust": None}
    home = "outer" if draft.device.role is Role.EXIT_FIREWALL else "trust"
    kind = build.parties[party].kind
    if kind is PartyKind.INTERNET:
        outside = [values["zone"] for values in draft.values.values() if str(values.get("zone", "")).startswith("untrust")]
        return dict.fromkeys(outside) if outside else {home: None}
    if kind is PartyKind.DEVICES:
        return _device_zones(build, draft, party, home)
    return {home: None}


def _device_zones(build: Build, draft: Draft, party: str, home: str) -> dict[str, tuple[IPv4Network, ...] | None]:
    """Devices are everywhere: this firewall itself, those in management segments behind it, and all the others."""
    if build.parties[party].site != draft.device.site:
        return {home: None}
    found: dict[str, tuple[IPv4Network, ...] | None] = {home: None}
    for lan, ref in draft.lans:
        if lan.kind == "segment" and lan.zone is not None and lan.zone not in INSIDE and not lan.zone.startswith("untrust"):
            found[lan.zone] = (lan.prefix,)
        if lan.zone == home:
            found["local"] = (IPv4Network(draft.address(ref).ip),)
    return found


def rule_name(flow: str, source: str, target: str, *, many: bool) -> str:
    """The flow's id, with its zones where it has several rules; shortened with a checksum so that it stays unique."""
    name = f"{flow}:{source}>{target}" if many else flow
    name = "".join(char if char.isalnum() or char in "-._" else "-" for char in name)
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 7]}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def _nat(build: Build, draft: Draft, index: FlowIndex, published: tuple[Publication, ...]) -> tuple[tuple[NatPool, ...], tuple[SourceNat, ...], tuple[NatServer, ...]]:
    if draft.device.role is Role.EXIT_FIREWALL:
        return (), _exit_nat(build, draft, index), ()
    municipal = draft.side.document.municipal
    assert municipal is not None
    if draft.device.role is not Role.EGRESS_FIREWALL or municipal.egress is None:
        return (), (), ()
    pools, rules, servers = [], [], []
    for key, carrier in municipal.egress.carriers.items():
        zone = f"untrust-{key}"
        out = next(ref for ref, values in draft.values.items() if values.get("zone") == zone)
        pools.append(NatPool(key, carrier.number, carrier.translated[carrier.pool[0]], carrier.translated[carrier.pool[1]], carrier.origin))
        for source_zone, sources in _internet_sources(build, draft, index).items():
            rules.append(SourceNat(f"{key}-{source_zone}", source_zone, zone, sources, (), key, out, carrier.origin))
        servers += [
            NatServer(item, rule_name(f"{key}-{item.flow.removeprefix('public-')}-{item.public_port}", "", "", many=False), zone, out)
            for item in published
            if item.carrier == key
        ]
    return tuple(pools), tuple(rules), tuple(servers)


def _internet_sources(build: Build, draft: Draft, index: FlowIndex) -> dict[str, tuple[IPv4Network, ...]]:
    """Who may open connections to the Internet here, by zone."""
    found: dict[str, list[IPv4Network]] = {}
    zones = {values["zone"] for values in draft.values.values() if values.get("zone")}
    for flow in _flows(build):
        if flow.to == "internet" and flow.service != "exit" and flow.realm is draft.side.realm:
            for zone, prefixes in _ends(build, draft, flow, flow.sources, flow.source_addresses and index.sources(flow), zones).items():
                found.setdefault(zone, []).extend(prefixes)
    return {zone: tuple(collapse_addresses(prefixes)) for zone, prefixes in sorted(found.items())}


def _exit_nat(build: Build, draft: Draft, index: FlowIndex) -> tuple[SourceNat, ...]:
    """A retained exit hides its unit behind the address of its own port."""
    key = _exit_key(draft)
    flow = next((flow for flow in _flows(build) if flow.service == "exit" and flow.role == key), None)
    out = next((ref for ref, values in draft.values.items() if values.get("zone") == "untrust"), None)
    if flow is None or out is None:
        return ()
    return (SourceNat("own-unit", "trust", "untrust", index.sources(flow), (), "easy-ip", out, flow.origin),)


def build_pair(build: Build, draft: Draft) -> HaPair | None:
    """The pair as one object: heartbeats, what is tracked, which member is active."""
    for key, pair in build.pairs.items():
        if draft.device.name not in pair:
            continue
        municipal = draft.side.document.municipal
        assert municipal is not None
        slug = key.partition(":")[2]
        active = pair[0] == draft.device.name
        track = tuple(dict.fromkeys(_carrier_of(ref) for ref, values in draft.values.items() if values.get("vrrp")))
        return HaPair(slug, pair[1] if active else pair[0], active, tuple(draft.heartbeats), track, f"vault:{draft.side.realm.value}/ha/{slug}", municipal.pairs[slug].origin)
    return None


def _carrier_of(ref: Ref) -> Ref:
    """The port or LAG below a subinterface: what can lose its link."""
    if ref.kind is Kind.SUBINTERFACE:
        return Ref(Kind.LAG, number=ref.lag) if ref.lag else Ref(Kind.PORT, ref.port)
    return ref


def inside_lan(draft: Draft) -> Lan | None:
    """The network by which a firewall reaches the rest of its side."""
    return next((lan for lan, _ in draft.lans if lan.zone in INSIDE and lan.kind == "segment"), None)
