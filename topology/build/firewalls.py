"""Stateful policy, NAT and the pair of firewalls: one rule a flow that crosses, everything else dropped."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import IPv4Network

from topology.build.addresses import gateway_of, in_lan
from topology.build.context import Build, Lan
from topology.build.filters import BGP, VRRP_GROUP, FlowIndex, inside
from topology.build.interfaces import FIREWALLS, Draft
from topology.design import Firewall, HaPair, Kind, NatPool, NatServer, Ref, Service, SourceNat, Zone, ZoneRule
from topology.facts import Flow, PartyKind, Publication, Role
from topology.origin import Origin
from topology.prefixes import collapse, within

INSIDE = frozenset({"trust", "outer"})  # zones towards the rest of the network: of a pair, and of an exit firewall
LONGEST_NAME = 31


@dataclass(frozen=True)
class View:
    """The network as one firewall (or pair) sees it: who is behind which zone. Both members see the same."""

    build: Build
    draft: Draft
    index: FlowIndex
    members: tuple[str, ...]
    zones: frozenset[str]

    @cached_property
    def home(self) -> str:
        """The zone towards the rest of the network."""
        return "outer" if self.draft.device.role is Role.EXIT_FIREWALL else "trust"

    @cached_property
    def behind(self) -> dict[str, str]:
        """Party -> its zone, of those whose gateway this firewall is."""
        own = self.draft.device.name
        return {
            party: lan.zone or "trust"
            for lan, _ in self.draft.lans
            if lan.kind == "party" and own in lan.gateways
            for party, _ in lan.parties
        }

    @cached_property
    def outside(self) -> tuple[str, ...]:
        return tuple(sorted(zone for zone in self.zones if zone.startswith("untrust")))

    @cached_property
    def own_addresses(self) -> tuple[IPv4Network, ...]:
        """Of both members towards the network's centre: what management talks to."""
        lan = inside_lan(self.draft)
        return tuple(IPv4Network(in_lan(self.build, lan, name).ip) for name in self.members) if lan else ()

    @cached_property
    def managed(self) -> dict[str, tuple[IPv4Network, ...]]:
        """Zones of device management behind this firewall."""
        lans = [lan for lan, _ in self.draft.lans if lan.kind == "segment" and lan.zone is not None]
        return {str(lan.zone): (lan.prefix,) for lan in lans if lan.zone not in INSIDE and not str(lan.zone).startswith("untrust")}

    def zones_of(self, party: str) -> dict[str, tuple[IPv4Network, ...] | None]:
        """Zones behind which a party is, with the part of its prefixes there (None: all)."""
        if party in self.behind:
            return {self.behind[party]: None}
        kind = self.build.parties[party].kind
        if kind is PartyKind.INTERNET:
            return dict.fromkeys(self.outside) if self.outside else {self.home: None}
        if kind is PartyKind.DEVICES and self.build.parties[party].site == self.draft.device.site:
            return {self.home: None, **self.managed, "local": self.own_addresses}
        return {self.home: None}

    def sources(self, flow: Flow) -> dict[str, tuple[IPv4Network, ...]]:
        return self.ends(flow.sources, self.index.sources(flow) if flow.source_addresses else ())

    def targets(self, flow: Flow) -> dict[str, tuple[IPv4Network, ...]]:
        return self.ends((flow.to,), self.index.destinations(flow) if flow.destinations else ())

    def ends(self, parties: tuple[str, ...], addresses: tuple[IPv4Network, ...]) -> dict[str, tuple[IPv4Network, ...]]:
        """Zone -> the addresses of the parties there; no prefix at all means any, of the Internet."""
        found: dict[str, list[IPv4Network]] = {}
        for party in parties:
            prefixes = self.build.parties[party].prefixes
            own = [item for item in addresses if any(within(item, prefix) for prefix in prefixes)] if addresses else prefixes
            for zone, part in self.zones_of(party).items():
                found.setdefault(zone, []).extend(() if party == "internet" else own if part is None else part)
        return {zone: collapse(found[zone]) for zone in sorted(found)}


def build_firewall(build: Build, draft: Draft, index: FlowIndex, published: tuple[Publication, ...]) -> Firewall | None:
    """Zones, rules and NAT of one firewall; both members of a pair get the same, since the pair copies its policy itself."""
    if draft.device.role not in FIREWALLS:
        return None
    zones = _zones(draft)
    members = next((pair for pair in build.pairs.values() if draft.device.name in pair), (draft.device.name,))
    view = View(build, draft, index, members, frozenset(zone.name for zone in zones))
    rules = [rule for key in sorted(build.flows) for rule in _rules(view, build.flows[key])]
    rules += [*_heartbeat_rules(view), *_vrrp_rules(view)]
    pools, source_nat, servers = _nat(view, published)
    permits = tuple(_once(sorted(rules, key=lambda rule: rule.name)))
    return Firewall(zones, (*_bgp_rules(view), *_private_rules(view, permits), *permits), pools, source_nat, servers)


def _once(rules: Iterable[ZoneRule]) -> Iterator[ZoneRule]:
    """Two flows may ask for the same packets, as both directions of a ferry do: one rule lets them through."""
    seen = set()
    for rule in rules:
        meaning = replace(rule, name="", flow=None, origin=Origin("", 0, 0), log=False)
        if meaning not in seen:
            seen.add(meaning)
            yield rule


def _private_rules(view: View, permits: tuple[ZoneRule, ...]) -> Iterator[ZoneRule]:
    """The Internet has no private address: a packet for one must not leave by a default route while its own way is down."""
    for source, target in sorted({(rule.source_zone, rule.destination_zone) for rule in permits if rule.destination_zone in view.outside}):
        origin = next(rule.origin for rule in permits if (rule.source_zone, rule.destination_zone) == (source, target))
        private = inside(view.build, view.draft.side)
        name = shortened(f"private:{source}-{target}")
        yield ZoneRule(name, source, target, (), private, (), permit=False, log=True, flow=None, origin=origin)


def _heartbeat_rules(view: View) -> Iterator[ZoneRule]:
    """The two members of a pair speak to each other over the heartbeat cables."""
    heartbeats = view.draft.heartbeats
    both = collapse(IPv4Network(item) for _, address, far in heartbeats for item in (address.ip, far))
    if both:
        origin = view.draft.values[heartbeats[0][0]]["origin"]
        for way, source, target in (("in", "heartbeat", "local"), ("out", "local", "heartbeat")):
            yield ZoneRule(f"heartbeat-{way}", source, target, both, both, (), permit=True, log=False, flow=None, origin=origin)


def _vrrp_rules(view: View) -> Iterator[ZoneRule]:
    """Virtual addresses are negotiated in every network that has one."""
    for lan, ref in view.draft.lans:
        if view.draft.values[ref].get("vrrp") is None or lan.zone is None:
            continue
        both = collapse(IPv4Network(in_lan(view.build, lan, name).ip) for name in view.members)
        service = (Service("vrrp", None),)
        for way, source, target in (("in", lan.zone, "local"), ("out", "local", lan.zone)):
            name = shortened(f"vrrp-{way}-{lan.zone}")
            yield ZoneRule(name, source, target, both, (VRRP_GROUP,), service, permit=True, log=False, flow=None, origin=lan.origin)


def _bgp_rules(view: View) -> Iterator[ZoneRule]:
    """The sessions with the border routers, from whom the egress pair hears the way to the Internet; either side may open one."""
    egress = view.draft.side.municipal.egress
    if view.draft.device.role is not Role.EGRESS_FIREWALL or egress is None:
        return
    service = (Service("tcp", BGP),)
    for key, carrier in egress.carriers.items():
        lan = next((lan for lan, _ in view.draft.lans if lan.zone == f"untrust-{key}"), None)
        if lan is None:
            continue
        own = collapse(IPv4Network(in_lan(view.build, lan, name).ip) for name in view.members)
        router = (IPv4Network(gateway_of(lan)),)
        for way, source, target, sources, targets in (("in", lan.zone, "local", router, own), ("out", "local", lan.zone, own, router)):
            name = shortened(f"bgp-{way}-{lan.zone}")
            yield ZoneRule(name, str(source), str(target), sources, targets, service, True, False, None, carrier.origin)


def _zones(draft: Draft) -> tuple[Zone, ...]:
    members: dict[str, list[Ref]] = {}
    origins: dict[str, Origin] = {}
    for ref, values in draft.values.items():
        if values.get("zone"):
            members.setdefault(values["zone"], []).append(ref)
            origins.setdefault(values["zone"], values["origin"])
    return tuple(Zone(name, _priority(draft, name), tuple(members[name]), origins[name]) for name in sorted(members))


def _priority(draft: Draft, name: str) -> int:
    """A number of its own for each zone, for platforms that order them; it decides nothing, since every rule names both zones."""
    fixed = {"trust": 85, "outer": 84, "heartbeat": 83, "dmz": 50, "untrust": 5}
    if name in fixed:
        return fixed[name]
    municipal = draft.side.municipal
    if municipal.egress is not None and name.startswith("untrust-"):
        return 5 + municipal.egress.carriers[name.removeprefix("untrust-")].number
    if name in municipal.zones:
        return 51 + municipal.zones[name].number % 32
    return 15 + municipal.segments[name].number % 35


def _rules(view: View, flow: Flow) -> Iterator[ZoneRule]:
    """The flow from each zone that it enters by to the one that it leaves by."""
    if flow.realm is not view.draft.side.realm or flow.vrf is not None or not _is_own_way(view, flow):
        return
    services = tuple(Service(flow.protocol, ports) for ports in flow.ports) or (Service(flow.protocol, None),)
    sources = view.sources(flow)
    targets = view.targets(flow)
    ways = [
        (source, target)
        for source in sources
        for target in targets
        if source != target and not (source in view.outside and target in view.outside)
    ]
    for source, target in ways:
        name = shortened(f"{flow.id}:{source}-{target}" if len(ways) > 1 else flow.id)
        log = "internet" in (flow.to, *flow.sources)
        yield ZoneRule(
            name, source, target, sources[source], targets[target], services, permit=True, log=log, flow=flow.id, origin=flow.origin
        )


def _is_own_way(view: View, flow: Flow) -> bool:
    """The Internet lies beyond the egress and, for a unit with an exit, beyond its own."""
    if view.draft.device.role is Role.EXIT_FIREWALL:
        return flow.service == "exit" and flow.role == _exit_key(view.draft) if "internet" in (flow.to, *flow.sources) else True
    return flow.service != "exit"


def _exit_key(draft: Draft) -> str | None:
    return next((key for key, exit_ in draft.side.municipal.exits.items() if exit_.device == draft.slug), None)


def shortened(text: str) -> str:
    """A name that every platform takes; a long one is cut and gets a checksum so that it stays unique."""
    name = "".join(char if char.isalnum() or char in "-._" else "-" for char in text)
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 7]}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def _nat(view: View, published: tuple[Publication, ...]) -> tuple[tuple[NatPool, ...], tuple[SourceNat, ...], tuple[NatServer, ...]]:
    draft = view.draft
    if draft.device.role is Role.EXIT_FIREWALL:
        return (), _exit_nat(view), ()
    municipal = draft.side.municipal
    if draft.device.role is not Role.EGRESS_FIREWALL or municipal.egress is None:
        return (), (), ()
    pools, rules, servers = [], [], []
    for key, carrier in municipal.egress.carriers.items():
        zone = f"untrust-{key}"
        out = next(ref for ref, values in draft.values.items() if values.get("zone") == zone)
        pools.append(NatPool(key, carrier.number, carrier.translated[carrier.pool[0]], carrier.translated[carrier.pool[1]], carrier.origin))
        for source_zone, sources in _internet_sources(view).items():
            rules.append(SourceNat(f"{key}-{source_zone}", source_zone, zone, sources, (), key, out, carrier.origin))
        mine = [item for item in published if item.carrier == key]
        servers += [NatServer(item, shortened(f"{key}-{item.flow.removeprefix('public-')}-{item.public_port}"), zone, out) for item in mine]
    return tuple(pools), tuple(rules), tuple(servers)


def _internet_sources(view: View) -> dict[str, tuple[IPv4Network, ...]]:
    """Who may open connections to the Internet here, by zone."""
    found: dict[str, list[IPv4Network]] = {}
    for flow in view.index.incoming.get("internet", ()):
        if flow.service != "exit" and flow.realm is view.draft.side.realm:
            for zone, prefixes in view.sources(flow).items():
                found.setdefault(zone, []).extend(prefixes)
    return {zone: collapse(found[zone]) for zone in sorted(found)}


def _exit_nat(view: View) -> tuple[SourceNat, ...]:
    """A retained exit hides its unit behind the address of its own port."""
    key = _exit_key(view.draft)
    flow = next((flow for flow in view.index.incoming.get("internet", ()) if flow.service == "exit" and flow.role == key), None)
    out = next((ref for ref, values in view.draft.values.items() if values.get("zone") == "untrust"), None)
    if flow is None or out is None:
        return ()
    return (SourceNat("own-unit", "trust", "untrust", view.index.sources(flow), (), None, out, flow.origin, easy=True),)


def build_pair(build: Build, draft: Draft) -> HaPair | None:
    """The pair as one object: heartbeats, what is tracked, which member is active."""
    for key, pair in build.pairs.items():
        if draft.device.name not in pair:
            continue
        municipal = draft.side.municipal
        slug = key.partition(":")[2]
        active = pair[0] == draft.device.name
        track = tuple(dict.fromkeys(_carrier_of(ref) for ref, values in draft.values.items() if values.get("vrrp")))
        return HaPair(
            slug,
            pair[1] if active else pair[0],
            active,
            tuple(draft.heartbeats),
            track,
            f"vault:{draft.side.realm.value}/ha/{slug}",
            municipal.pairs[slug].origin,
        )
    return None


def _carrier_of(ref: Ref) -> Ref:
    """The port or LAG below a subinterface: what can lose its link."""
    if ref.kind is Kind.SUBINTERFACE:
        return Ref(Kind.LAG, number=ref.lag) if ref.lag else Ref(Kind.PORT, ref.port)
    return ref


def inside_lan(draft: Draft) -> Lan | None:
    """The network by which a firewall reaches the rest of its side."""
    return next((lan for lan, _ in draft.lans if lan.zone in INSIDE and lan.kind == "segment"), None)
