"""Static routes, OSPF, BGP and their policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from topology.build.addresses import gateway_of, in_lan, virtual_of
from topology.build.context import Build, Lan, PeerLink
from topology.build.filters import aggregates
from topology.build.firewalls import inside_lan
from topology.build.interfaces import FIREWALLS, OSPF_ROLES, VRF_PROCESSES, Draft
from topology.build.links import county_block
from topology.design import (
    Bgp,
    BgpNeighbor,
    Kind,
    OspfArea,
    OspfProcess,
    PolicyNode,
    PrefixEntry,
    PrefixList,
    Redistribution,
    Ref,
    RoutePolicy,
    StaticRoute,
)
from topology.facts import PartyKind, Role
from topology.intent.document import RoutingIntent
from topology.intent.sites import CountyIntent
from topology.origin import Origin
from topology.prefixes import collapse

DISCARD = 254  # last resort: a discard route never hides a route that is learned
SPF_DELAY_MS = (50, 200, 5000)
STUB_DEFAULT_COST = 10
EXTERNAL_METRIC = 100
MAXIMUM_PREFIXES = 1000
BGP_TIMERS = (30, 90)
DEFAULT = IPv4Network("0.0.0.0/0")
NOTHING = "NOTHING"  # the route policy that permits no route
LOCAL_PREFERENCE = 300  # less a carrier's preference: the smallest preference is tried first, the largest local preference wins
LEGACY_ROUTER = 254  # in an agency's network: the host behind which its range from before the plan is


@dataclass(frozen=True, slots=True)
class Routing:
    statics: tuple[StaticRoute, ...]
    ospf: tuple[OspfProcess, ...]
    bgp: Bgp | None
    prefix_lists: tuple[PrefixList, ...]
    policies: tuple[RoutePolicy, ...]


def build_routing(build: Build, drafts: Mapping[str, Draft], draft: Draft) -> Routing:
    """All routing of one device."""
    network = draft.side.network
    values = network.routing
    statics = tuple(_unique(_statics(build, draft, values)))
    lists: list[PrefixList] = []
    policies: list[RoutePolicy] = []
    bgp = _bgp(build, drafts, draft, values, lists, policies)
    ospf = _ospf(build, draft, values, statics, bgp, lists, policies)
    return Routing(statics, ospf, bgp, tuple(lists), tuple(policies))


def _unique(routes: Iterable[StaticRoute]) -> Iterator[StaticRoute]:
    """One route for each prefix and next hop, in a stable order."""
    found: dict[tuple[str | None, IPv4Network, IPv4Address | None], StaticRoute] = {}
    for route in routes:
        found.setdefault((route.vrf, route.prefix, route.next_hop), route)
    yield from sorted(found.values(), key=lambda item: (item.vrf or "", item.prefix, item.preference, item.next_hop or IPv4Address(0)))


def _statics(build: Build, draft: Draft, values: RoutingIntent) -> Iterator[StaticRoute]:
    device, static = draft.device, values.preference_static
    if device.role in FIREWALLS:
        yield from _firewall_statics(build, draft, static)
    elif device.role is Role.BORDER_ROUTER:
        yield from _border_statics(build, draft, static)
    elif device.role in OSPF_ROLES:
        yield from _gateway_statics(build, draft, static)
        yield from _discards(build, draft)


def _to_inside(build: Build, draft: Draft) -> tuple[IPv4Network, ...]:
    """All that lies towards the centre: our own addresses, ranges from before the plan, the province's."""
    kinds = (PartyKind.DEVICES, PartyKind.INTERNET)
    parties = [
        party for party in build.parties.values() if party.realm is draft.side.realm and party.kind not in kinds and party.vrf is None
    ]
    return collapse([*aggregates(draft.side), *(prefix for party in parties for prefix in party.prefixes)])


def _firewall_statics(build: Build, draft: Draft, static: int) -> Iterator[StaticRoute]:
    lan = inside_lan(draft)
    if lan is None:
        return
    if draft.device.role is Role.HOSTING_FIREWALL:
        yield StaticRoute(None, DEFAULT, gateway_of(lan), static, "towards the centre", lan.origin)
        return
    for prefix in _to_inside(build, draft):
        yield StaticRoute(None, prefix, gateway_of(lan), static, "towards the centre", lan.origin)
    if draft.device.role is Role.EXIT_FIREWALL:
        for peer in build.peer_links:
            if peer.device == draft.device.name:
                yield StaticRoute(None, DEFAULT, peer.far, static, f"to {peer.peer}", peer.origin)
        return
    municipal = draft.side.municipal
    assert municipal.egress is not None
    for carrier in municipal.egress.carriers.values():
        yield StaticRoute(None, carrier.translated, None, DISCARD, "unused translated addresses", carrier.origin)


def _segment(build: Build, draft: Draft, slug: str) -> Lan | None:
    key = f"{draft.side.realm.value}:segment/{slug}"
    return next((lan for lan in build.lans if lan.key == key), None)


def _border_statics(build: Build, draft: Draft, static: int) -> Iterator[StaticRoute]:
    municipal = draft.side.municipal
    egress = municipal.egress
    for carrier in egress.carriers.values() if egress else ():
        if draft.slug != carrier.router or egress is None:
            continue
        segment = _segment(build, draft, carrier.segment)
        pair = f"{draft.side.realm.value}:{egress.pair}"
        if segment is not None and pair in segment.virtual:
            yield StaticRoute(None, carrier.translated, virtual_of(segment, pair), static, "translated addresses", carrier.origin)
        yield StaticRoute(None, carrier.block, None, DISCARD, "announced block", carrier.origin)
    for lan, _ in draft.lans:
        if lan.pair is None:
            continue
        for party in build.parties.values():
            managed = party.zone_kind in ("management", "operators") and party.realm is draft.side.realm
            if managed:
                yield StaticRoute(None, party.prefixes[0], gateway_of(lan), static, "network management", lan.origin)


def _gateway_statics(build: Build, draft: Draft, static: int) -> Iterator[StaticRoute]:
    """Towards what is behind firewalls: zones of servers, units with an exit of their own, and the Internet."""
    municipal = draft.side.municipal
    egress = f"{draft.side.realm.value}:{municipal.egress.pair}" if municipal.egress else None
    for lan, _ in draft.lans:
        if draft.device.name not in lan.gateways:
            continue
        for pair in lan.virtual:
            behind = [other for other in build.lans if other.pair == pair]
            for other in behind:
                yield StaticRoute(None, other.prefix, virtual_of(lan, pair), static, other.title, other.origin)
            if pair == egress and municipal.egress is not None:
                yield StaticRoute(None, DEFAULT, virtual_of(lan, pair), static, "the Internet egress", municipal.egress.origin)
        if lan.key.endswith("/transit"):
            party, prefixes = lan.parties[0]
            for prefix in prefixes:
                yield StaticRoute(
                    None, prefix, lan.prefix[lan.hosts[lan.members[-1]]], static, f"unit {party.rpartition('/')[2]}", lan.origin
                )
        elif lan.kind == "party":
            for party, prefixes in lan.parties:
                for prefix in prefixes[1:]:
                    yield StaticRoute(
                        None, prefix, lan.prefix[LEGACY_ROUTER], static, f"legacy range of {party.rpartition('/')[2]}", lan.origin
                    )


def _discards(build: Build, draft: Draft) -> Iterator[StaticRoute]:
    """Where a default or a summary leads here, what no route covers ends here instead of going round in circles."""
    if draft.device.role is Role.AGGREGATION or (draft.device.role is Role.CORE and _originates_default(build, draft)):
        for prefix in aggregates(draft.side):
            yield StaticRoute(None, prefix, None, DISCARD, "unused addresses", draft.side.pools.origin)
    if draft.device.role is not Role.CORE:
        return
    for county in _own_counties(build, draft):
        block = county_block(build, draft.side, county)
        if block is not None:
            yield StaticRoute(None, block, None, DISCARD, f"summary of {county.slug}", county.origin)
    for peer in _peers(build, draft):
        for prefix in draft.side.document.peers[peer.peer].announces:
            yield StaticRoute(None, prefix, None, DISCARD, f"announced to {peer.peer}", peer.origin)


def _originates_default(build: Build, draft: Draft) -> bool:
    return any(route.prefix == DEFAULT and route.vrf is None for route in _gateway_statics(build, draft, 1))


def _own_counties(build: Build, draft: Draft) -> list[CountyIntent]:
    """Counties whose circuits end on this core: it is the area border router of their areas."""
    areas = {link.area for link in build.links if draft.device.name in (link.a.device, link.b.device) and link.area}
    return [county for county in draft.side.counties if county.number in areas]


def _peers(build: Build, draft: Draft) -> list[PeerLink]:
    return [peer for peer in build.peer_links if peer.device == draft.device.name]


def _ospf(
    build: Build,
    draft: Draft,
    values: RoutingIntent,
    statics: tuple[StaticRoute, ...],
    bgp: Bgp | None,
    lists: list[PrefixList],
    policies: list[RoutePolicy],
) -> tuple[OspfProcess, ...]:
    if draft.loopback is None:
        return ()
    used: dict[int, set[int]] = {}
    vrfs: dict[int, str | None] = {}
    for interface in draft.values.values():
        ospf = interface.get("ospf")
        if ospf is not None:
            used.setdefault(ospf.process, set()).add(ospf.area)
            vrfs[ospf.process] = interface.get("vrf")
    redistribute = _redistribution(draft, statics, bgp, lists, policies)
    default = any(route.prefix == DEFAULT and route.vrf is None for route in statics)
    return tuple(
        OspfProcess(
            number=number,
            vrf=vrfs[number],
            router_id=_router_id(draft.loopback.ip, number),
            areas=tuple(_area(build, draft, area) for area in sorted(used[number])),
            redistribute=redistribute if number == 1 else (),
            default_originate=default and number == 1,
            default_metric=EXTERNAL_METRIC,
            vrf_lite=vrfs[number] is not None,
            preference=values.preference,
            preference_external=values.preference_external,
            maximum_paths=values.maximum_paths,
            reference_mbps=values.reference_mbps,
            spf_delay_ms=SPF_DELAY_MS,
            origin=_process_origin(draft, number),
        )
        for number in sorted(used)
    )


def _router_id(loopback: IPv4Address, process: int) -> IPv4Address:
    """The loopback; a process in a VRF has its own number for first octet, since some platforms refuse one id for two processes."""
    return loopback if process == 1 else IPv4Address((process << 24) | (int(loopback) & 0xFFFFFF))


def _process_origin(draft: Draft, number: int) -> Origin:
    network = draft.side.network
    found = next((v.origin for v in draft.side.document.verticals.values() if v.number + VRF_PROCESSES == number), None)
    return found or network.routing.origin


def _area(build: Build, draft: Draft, number: int) -> OspfArea:
    """Area 0 is the municipal centre; each county is a totally stubby area, and only its border routers say `no summary`."""
    if number == 0:
        return OspfArea(0, False, False, 0, ())
    border = draft.device.role is Role.CORE
    ranges: tuple[IPv4Network, ...] = ()
    if border:
        blocks = (county_block(build, draft.side, county) for county in draft.side.counties if county.number == number)
        ranges = tuple(block for block in blocks if block is not None)
    return OspfArea(number, True, border, STUB_DEFAULT_COST, ranges)


def _redistribution(
    draft: Draft, statics: tuple[StaticRoute, ...], bgp: Bgp | None, lists: list[PrefixList], policies: list[RoutePolicy]
) -> tuple[Redistribution, ...]:
    found = []
    own = [route.prefix for route in statics if route.next_hop is not None and route.vrf is None and route.prefix != DEFAULT]
    if own:
        _policy("STATIC-TO-OSPF", own, None, lists, policies, draft.device.origin)
        found.append(Redistribution("static", "STATIC-TO-OSPF", EXTERNAL_METRIC, 1))
    learned = [prefix for peer in draft.side.document.peers.values() if peer.kind == "province" for prefix in peer.accepts]
    if bgp is not None and learned:
        _policy("BGP-TO-OSPF", learned, 24, lists, policies, bgp.origin)
        found.append(Redistribution("bgp", "BGP-TO-OSPF", EXTERNAL_METRIC, 1))
    return tuple(found)


def _policy(
    name: str, prefixes: Iterable[IPv4Network], longest: int | None, lists: list[PrefixList], policies: list[RoutePolicy], origin: Origin
) -> None:
    """A prefix list and the route policy that permits it; a last node refuses everything else in so many words."""
    entries = tuple(
        PrefixEntry(5 * number, True, prefix, None, longest if longest and longest > prefix.prefixlen else None)
        for number, prefix in enumerate(sorted(set(prefixes)), 1)
    )
    lists.append(PrefixList(name, entries, origin))
    policies.append(RoutePolicy(name, (PolicyNode(10, True, name), PolicyNode(1000, False, None)), origin))


def _bgp(
    build: Build, drafts: Mapping[str, Draft], draft: Draft, values: RoutingIntent, lists: list[PrefixList], policies: list[RoutePolicy]
) -> Bgp | None:
    if draft.device.role is Role.EGRESS_FIREWALL:
        return _egress(build, draft, values, lists, policies)
    links = [peer for peer in _peers(build, draft) if draft.device.role in (Role.CORE, Role.BORDER_ROUTER)]
    if not links:
        return None
    border = draft.device.role is Role.BORDER_ROUTER
    router_id = draft.loopback.ip if draft.loopback else links[0].own
    neighbors = [_external(draft, peer, lists, policies, border=border) for peer in links]
    neighbors += _to_egress(build, draft, values, lists, policies) if border else _internal(build, drafts, draft, values)
    announced = tuple(sorted({prefix for peer in links for prefix in _announced(draft, peer)}))
    return _speaker(values, router_id, announced, neighbors, links[0].origin)


def _speaker(
    values: RoutingIntent, router_id: IPv4Address, networks: tuple[IPv4Network, ...], neighbors: list[BgpNeighbor], origin: Origin
) -> Bgp:
    internal = values.preference_ibgp
    return Bgp(values.asn, router_id, networks, tuple(neighbors), values.preference_ebgp, internal, internal, 1, *BGP_TIMERS, origin)


def _announced(draft: Draft, peer: PeerLink) -> tuple[IPv4Network, ...]:
    """A carrier hears of the block that it assigned and of nothing else; the province of what was agreed."""
    municipal = draft.side.municipal
    if draft.device.role is Role.BORDER_ROUTER and municipal.egress is not None:
        return (municipal.egress.carriers[peer.key].block,)
    return draft.side.document.peers[peer.peer].announces


def _external(draft: Draft, peer: PeerLink, lists: list[PrefixList], policies: list[RoutePolicy], *, border: bool) -> BgpNeighbor:
    intent = draft.side.document.peers[peer.peer]
    name = peer.peer.upper()
    _policy(f"{name}-IN", intent.accepts, None if border else 24, lists, policies, intent.origin)
    _policy(f"{name}-OUT", _announced(draft, peer), None, lists, policies, intent.origin)
    return BgpNeighbor(
        peer.far,
        intent.asn,
        f"peer {peer.peer}",
        None,
        f"{name}-IN",
        f"{name}-OUT",
        False,
        MAXIMUM_PREFIXES,
        f"vault:{draft.side.realm.value}/bgp/{peer.peer}",
        True,
        peer.origin,
    )


def _egress(build: Build, draft: Draft, values: RoutingIntent, lists: list[PrefixList], policies: list[RoutePolicy]) -> Bgp | None:
    """The egress pair hears the way to the Internet from the border routers, who have it only while their carrier gives it to them.

    A static route would stay while the circuit behind its next hop is cut, and hide the other carrier.
    """
    egress, lan = draft.side.municipal.egress, inside_lan(draft)
    if egress is None or lan is None:
        return None
    neighbors = []
    for key, carrier in egress.carriers.items():
        segment = _segment(build, draft, carrier.segment)
        if segment is None:
            continue
        name = f"{key.upper()}-DEFAULT"
        entry = PrefixEntry(5, True, DEFAULT, None, None)
        lists.append(PrefixList(name, (entry,), carrier.origin))
        preferred = PolicyNode(10, True, name, local_preference=LOCAL_PREFERENCE - carrier.preference)
        policies.append(RoutePolicy(name, (preferred, PolicyNode(1000, False, None)), carrier.origin))
        neighbors.append(_inside_neighbor(draft, values, gateway_of(segment), f"border router of {key}", name, NOTHING, carrier.origin))
    if not neighbors:
        return None
    policies.append(RoutePolicy(NOTHING, (PolicyNode(1000, False, None),), egress.origin))
    return _speaker(values, in_lan(build, lan, draft.device.name).ip, (), neighbors, egress.origin)


def _to_egress(
    build: Build, draft: Draft, values: RoutingIntent, lists: list[PrefixList], policies: list[RoutePolicy]
) -> list[BgpNeighbor]:
    """A border router's sessions with both members of the egress pair: it announces the default that it learned and accepts nothing."""
    egress = draft.side.municipal.egress
    found: list[BgpNeighbor] = []
    for carrier in egress.carriers.values() if egress else ():
        segment = _segment(build, draft, carrier.segment) if draft.slug == carrier.router else None
        if segment is None or egress is None:
            continue
        for name in build.pairs[f"{draft.side.realm.value}:{egress.pair}"]:
            address = in_lan(build, segment, name).ip
            found.append(_inside_neighbor(draft, values, address, name, NOTHING, "EGRESS-DEFAULT", carrier.origin, next_hop_self=True))
        _policy("EGRESS-DEFAULT", (DEFAULT,), None, lists, policies, carrier.origin)
        policies.append(RoutePolicy(NOTHING, (PolicyNode(1000, False, None),), carrier.origin))
    return found


def _inside_neighbor(
    draft: Draft,
    values: RoutingIntent,
    address: IPv4Address,
    name: str,
    policy_in: str,
    policy_out: str,
    origin: Origin,
    *,
    next_hop_self: bool = False,
) -> BgpNeighbor:
    key = f"vault:{draft.side.realm.value}/bgp/egress"
    return BgpNeighbor(address, values.asn, name, None, policy_in, policy_out, next_hop_self, MAXIMUM_PREFIXES, key, False, origin)


def _internal(build: Build, drafts: Mapping[str, Draft], draft: Draft, values: RoutingIntent) -> list[BgpNeighbor]:
    """iBGP between the cores that have province links, by loopback."""
    found = []
    speakers = {
        peer.device
        for peer in build.peer_links
        if build.devices[peer.device].role is Role.CORE and build.devices[peer.device].realm is draft.side.realm
    }
    for name in sorted(speakers - {draft.device.name}):
        address = drafts[name].loopback
        if address is not None:
            key = f"vault:{draft.side.realm.value}/bgp/internal"
            found.append(
                BgpNeighbor(
                    address.ip,
                    values.asn,
                    name,
                    Ref(Kind.LOOPBACK),
                    None,
                    None,
                    True,
                    MAXIMUM_PREFIXES,
                    key,
                    False,
                    build.devices[name].origin,
                )
            )
    return found
