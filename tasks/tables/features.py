"""Constructs that no key or value shows: what follows from how things are put together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tasks.tables.city import City
from tasks.tables.decrees import state_of
from topology.design import DeviceDesign, Interface, OspfArea, OspfProcess
from topology.facts import Circuit, PartyKind, Realm, Tier
from topology.i18n import T, Text
from topology.origin import Origin

Found = Iterable[tuple[str, Origin]]


@dataclass(frozen=True, slots=True)
class Feature:
    id: str
    meaning: Text
    find: Callable[[City], Found]


def _circuits(is_one: Callable[[Circuit], bool]) -> Callable[[City], Found]:
    return lambda city: ((circuit.id, circuit.origin) for circuit in city.facts.circuits if is_one(circuit))


def _interfaces(is_one: Callable[[Interface], object]) -> Callable[[City], Found]:
    return lambda city: (
        (f"{name} {interface.description}".strip(), interface.origin)
        for name, design in city.designs()
        for interface in design.interfaces
        if is_one(interface)
    )


def _designs(origins: Callable[[DeviceDesign], Iterable[Origin]]) -> Callable[[City], Found]:
    return lambda city: ((name, origin) for name, design in city.designs() for origin in origins(design))


def _ospf(is_one: Callable[[OspfProcess], object]) -> Callable[[City], Found]:
    return _designs(lambda design: (process.origin for process in design.ospf if is_one(process)))


def _areas(is_one: Callable[[OspfArea], object]) -> Callable[[City], Found]:
    return _ospf(lambda process: any(is_one(area) for area in process.areas))


def _survives(failures: int) -> Callable[[City], Found]:
    return lambda city: ((site.key, site.origin) for site in city.facts.sites if site.survives == failures)


def _uplinks(city: City) -> dict[str, list[Circuit]]:
    uplinks: dict[str, list[Circuit]] = defaultdict(list)
    for circuit in city.facts.circuits:
        uplinks[city.devices[circuit.a.device].site].append(circuit)
    return uplinks


def _townships(uplinks: int) -> Callable[[City], Found]:
    def find(city: City) -> Iterator[tuple[str, Origin]]:
        circuits = _uplinks(city)
        for site in city.facts.sites:
            if site.tier is Tier.TOWNSHIP and len(circuits[site.key]) == uplinks:
                yield site.key, site.origin

    return find


def _risk_in_common(city: City) -> Iterator[tuple[str, Origin]]:
    """Two circuits of a site that one digger or one fire takes away together."""
    for site, circuits in _uplinks(city).items():
        groups = Counter(group for circuit in circuits for group in circuit.risk)
        if any(count > 1 for count in groups.values()):
            yield site, circuits[0].origin


def _shared_port(city: City) -> Iterator[tuple[str, Origin]]:
    ports = Counter((circuit.b.device, circuit.b.port) for circuit in city.facts.circuits if circuit.b)
    for circuit in city.facts.circuits:
        if circuit.b and ports[circuit.b.device, circuit.b.port] > 1:
            yield str(circuit.b), circuit.origin


def _split_agency(city: City) -> Iterator[tuple[str, Origin]]:
    for party in city.facts.parties:
        if party.kind is PartyKind.AGENCY and len({(end.device, end.port) for end in party.attachments}) > 1:
            yield party.id, party.origin


def _shared_enclosure(city: City) -> Iterator[tuple[str, Origin]]:
    units = Counter(device.enclosure for device in city.facts.devices)
    return ((device.name, device.origin) for device in city.facts.devices if units[device.enclosure] > 1)


def _overlap(city: City) -> Iterator[tuple[str, Origin]]:
    inner = {prefix for party in city.facts.parties if party.realm is Realm.INNER for prefix in party.prefixes}
    for party in city.facts.parties:
        if party.realm is Realm.OUTER and inner.intersection(party.prefixes):
            yield party.id, party.origin


def _surveyed(kind: str, state: str) -> Callable[[City], Found]:
    return lambda city: (
        (str(getattr(thing, "id", getattr(thing, "name", ""))), thing.origin)
        for thing in getattr(city.facts, kind)
        if thing.survey.state == state
    )


def _approvals(state: str) -> Callable[[City], Found]:
    def find(city: City) -> Iterator[tuple[str, Origin]]:
        for approval in city.facts.approvals:
            found = state_of(approval, city.as_of)
            if found is not None and found.slug == state:
                yield approval.slug, approval.origin

    return find


def _bgp(kind: str) -> Callable[[City], Found]:
    def find(city: City) -> Iterator[tuple[str, Origin]]:
        kinds = {peer.asn: peer.kind for peer in city.facts.peers}
        for name, design in city.designs():
            for neighbor in design.bgp.neighbors if design.bgp else ():
                if kind == ("internal" if design.bgp and neighbor.asn == design.bgp.asn else kinds.get(neighbor.asn)):
                    yield f"{name} {neighbor.address}", neighbor.origin

    return find


def _flows(protocol: str) -> Callable[[City], Found]:
    return lambda city: ((flow.id, flow.origin) for flow in city.facts.flows if flow.protocol == protocol)


def _channels(what: str, value: str) -> Callable[[City], Found]:
    return lambda city: ((channel.id, channel.origin) for channel in city.facts.channels if getattr(channel, what) == value)


FEATURES = (
    *(
        Feature(f"{kind}: {state}", T("{kind} whose survey state is '{state}'", kind=kind, state=state), _surveyed(kind, state))
        for kind in ("devices", "cables", "circuits")
        for state in ("planned", "surveyed")
    ),
    *(
        Feature(f"approval: {state}", T("an approval that is '{state}' on the day asked for", state=state), _approvals(state))
        for state in ("valid", "expires-soon")
    ),
    *(
        Feature(f"survives {count}", T("a site whose connection survives {count} failures", count=count), _survives(count))
        for count in range(3)
    ),
    Feature("single-homed township", T("one circuit only"), _townships(1)),
    Feature("dual-homed township", T("a circuit to each county router"), _townships(2)),
    Feature("risk group in common", T("two circuits of a site that fail together"), _risk_in_common),
    Feature("VLAN handoff", T("a circuit that arrives on a VLAN of the carrier's port"), _circuits(lambda one: bool(one.b and one.b.vlan))),
    Feature(
        "timeslot handoff",
        T("a circuit that arrives in a timeslot of the carrier's port"),
        _circuits(lambda one: bool(one.b and one.b.timeslot)),
    ),
    Feature("shared carrier port", T("several circuits on one port"), _shared_port),
    Feature("circuit to a peer", T("the far end is not ours"), _circuits(lambda one: one.b is None)),
    Feature("split agency", T("an agency in two buildings, at two ports"), _split_agency),
    Feature("shared enclosure", T("two host units in one chassis"), _shared_enclosure),
    Feature("overlapping addresses", T("the same prefix in both networks"), _overlap),
    Feature(
        "legacy addresses",
        T("a range from before the plan"),
        lambda city: ((one.id, one.origin) for one in city.facts.parties if one.legacy),
    ),
    Feature(
        "Internet allowed", T("may use the Internet"), lambda city: ((one.id, one.origin) for one in city.facts.parties if one.internet)
    ),
    Feature("access port", T("one VLAN, untagged"), _interfaces(lambda one: one.l2 and one.l2.mode == "access")),
    Feature("trunk port", T("VLANs, tagged"), _interfaces(lambda one: one.l2 and one.l2.mode == "trunk")),
    Feature("edge port", T("spanning tree edge with BPDU guard"), _interfaces(lambda one: one.l2 and one.l2.edge)),
    Feature("unused port", T("shut down"), _interfaces(lambda one: one.unused)),
    Feature("LAG", T("ports bundled into one"), _interfaces(lambda one: one.members)),
    Feature("VRRP", T("two gateways with one address"), _interfaces(lambda one: one.vrrp)),
    Feature("filter in", T("packets from a party"), _interfaces(lambda one: one.filter_in)),
    Feature("filter out", T("packets to a party"), _interfaces(lambda one: one.filter_out)),
    Feature("reverse path check", T("sources that do not belong here are dropped"), _interfaces(lambda one: one.urpf)),
    Feature("zone interface", T("an interface in a firewall zone"), _interfaces(lambda one: one.zone)),
    Feature("VRF interface", T("an interface in a VRF"), _interfaces(lambda one: one.vrf)),
    Feature("OSPF point-to-point", T("an adjacency on a link"), _interfaces(lambda one: one.ospf and one.ospf.point_to_point)),
    Feature("OSPF passive", T("announced without adjacencies"), _interfaces(lambda one: one.ospf and one.ospf.passive)),
    Feature("backbone area", T("area 0"), _areas(lambda area: area.number == 0)),
    Feature("stub area", T("no external routes"), _areas(lambda area: area.stub)),
    Feature("totally stubby area", T("the ABR sends a default only"), _areas(lambda area: area.no_summary)),
    Feature("summary", T("an area's range towards the others"), _areas(lambda area: area.ranges)),
    Feature("VRF-lite process", T("provider-edge checks are off"), _ospf(lambda one: one.vrf_lite)),
    Feature("default originated", T("announces the default that it has"), _ospf(lambda one: one.default_originate)),
    *(
        Feature(
            f"redistribution of {source}",
            T("routes of '{source}' into OSPF", source=source),
            _ospf(lambda one, source=source: any(each.source == source for each in one.redistribute)),  # type: ignore[misc]
        )
        for source in ("static", "bgp")
    ),
    Feature(
        "discard route",
        T("unused addresses of a block end here"),
        _designs(lambda one: (each.origin for each in one.statics if not each.next_hop)),
    ),
    Feature("static route", T("to a next hop"), _designs(lambda one: (each.origin for each in one.statics if each.next_hop))),
    Feature("BGP to the province", T("external, with prefix filters"), _bgp("province")),
    Feature("BGP to a carrier", T("external, default in, own block out"), _bgp("isp")),
    Feature("BGP internal", T("between our own border devices"), _bgp("internal")),
    Feature("prefix list", T("which routes pass"), _designs(lambda one: (each.origin for each in one.prefix_lists))),
    Feature("route policy", T("what is done with routes"), _designs(lambda one: (each.origin for each in one.route_policies))),
    Feature("HA pair active", T("the member that works"), _designs(lambda one: (one.ha.origin,) if one.ha and one.ha.active else ())),
    Feature("HA pair standby", T("the member that waits"), _designs(lambda one: (one.ha.origin,) if one.ha and not one.ha.active else ())),
    Feature(
        "zone policy",
        T("stateful rules between zones"),
        _designs(lambda one: (each.origin for each in one.firewall.rules) if one.firewall else ()),
    ),
    Feature(
        "NAT pool",
        T("addresses that the inside takes outside"),
        _designs(lambda one: (each.origin for each in one.firewall.pools) if one.firewall else ()),
    ),
    Feature(
        "NAT exemption",
        T("sources that keep their address"),
        _designs(lambda one: (each.origin for each in one.firewall.source_nat if each.pool is None) if one.firewall else ()),
    ),
    Feature(
        "published service",
        T("a server that the Internet reaches"),
        lambda city: ((one.flow, one.origin) for one in city.facts.publications),
    ),
    Feature(
        "retained exit", T("a unit with an Internet exit of its own"), lambda city: ((one.slug, one.origin) for one in city.facts.exits)
    ),
    Feature("host unit", T("half of a gatekeeper"), _designs(lambda one: (one.origin,) if one.host_unit else ())),
    *(
        Feature(f"flow over {protocol}", T("a permission for {protocol}", protocol=protocol), _flows(protocol))
        for protocol in ("tcp", "udp", "icmp")
    ),
    Feature(
        "flow with a port range",
        T("more than one port in a row"),
        lambda city: ((one.id, one.origin) for one in city.facts.flows if any(ports.first != ports.last for ports in one.ports)),
    ),
    Feature("flow in a VRF", T("inside one vertical network"), lambda city: ((one.id, one.origin) for one in city.facts.flows if one.vrf)),
    *(
        Feature(
            f"channel {direction}", T("a gatekeeper moves something {direction}", direction=direction), _channels("direction", direction)
        )
        for direction in ("outer-to-inner", "inner-to-outer")
    ),
    *(
        Feature(f"channel of {kind}", T("a gatekeeper moves '{kind}'", kind=kind), _channels("kind", kind))
        for kind in ("file", "db", "mail")
    ),
    *(
        Feature(
            f"management {mode}",
            T("devices managed '{mode}'", mode=mode),
            lambda city, mode=mode: ((one.name, one.origin) for one in city.facts.devices if one.management == mode),  # type: ignore[misc]
        )
        for mode in ("inband", "oob")
    ),
)
