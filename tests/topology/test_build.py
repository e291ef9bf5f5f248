"""What the builder makes of a city: gateways, routing, isolation. Filters and firewall policies are judged packet by packet, by an
evaluator of a few lines that knows the declared flows and nothing of how rules are made."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from random import Random

import pytest

from tests.city import CityPlan, documents, write, write_city
from topology.design import DeviceDesign, Filter, Interface, Kind, Rule, StaticRoute, ZoneRule
from topology.facts import Facts, Flow, Party, PartyKind, PortRange, Realm, Role, Tier
from topology.network import Network, load
from topology.problems import InventoryError

ANY = IPv4Network("0.0.0.0/0")
FLOWS = (
    ("bureau1", "c1/office1", "tcp/8080"),
    ("*/office1", "bureau2", "udp/16384-17407"),
    ("bureau2", "exchange/hub", "icmp"),
    ("c1/office2", "*/office1", "icmp"),
    ("township", "c2/office2", "tcp/1000-1999"),
    ("service:dns/resolver", "internet", "udp/53"),
)
PLAN = CityPlan(counties=3, townships=3, verticals=2, exit=True, gatekeepers=2, seed=2, homing=(True, False), flows=FLOWS)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return load(write_city(tmp_path_factory.mktemp("city"), PLAN))


def device(city: Network, name: str) -> DeviceDesign:
    return next(design for design in city.design.devices if design.hostname == name)


def of_role(city: Network, *roles: Role, realm: Realm = Realm.OUTER) -> list[DeviceDesign]:
    return [design for design in city.design.devices if design.device.role in roles and design.device.realm is realm]


def interface(design: DeviceDesign, kind: Kind, number: int) -> Interface:
    return next(item for item in design.interfaces if item.ref.kind is kind and item.ref.number == number)


# ------------------------------------------------------------------------------------------------------------------ gateways


def test_two_gateways_share_the_first_address(city: Network) -> None:
    for name, own, priority in (("sm-o-agg1", 2, 120), ("sm-o-agg2", 3, 100)):
        found = interface(device(city, name), Kind.VLAN, 102)
        assert str(found.address) == f"172.17.2.{own}/24"
        assert found.vrrp is not None
        assert (str(found.vrrp.address), found.vrrp.priority, found.vrrp.group) == ("172.17.2.1", priority, 1)


def test_a_single_gateway_has_the_first_address_itself(city: Network) -> None:
    found = next(item for item in device(city, "sm-o-c1-t1-r1").interfaces if str(item.address) == "10.1.64.65/27")
    assert found.vrrp is None
    assert found.urpf


@pytest.mark.parametrize("pair", ["efw", "hfw"])
def test_a_firewall_pair_has_a_virtual_address_in_each_of_its_networks(pair: str, city: Network) -> None:
    both = [device(city, f"sm-o-{pair}{number}") for number in (1, 2)]
    virtual = [{item.ref: item.vrrp.address for item in design.interfaces if item.vrrp} for design in both]
    assert set(virtual[0].values()) == set(virtual[1].values())
    assert len(virtual[0]) >= 4
    for own, number in zip(both, (1, 0), strict=True):
        assert own.ha is not None
        assert own.ha.peer == both[number].hostname
        assert own.ha.heartbeats[0][1].ip == both[number].ha.heartbeats[0][2]  # type: ignore[union-attr]
    actives = [design.ha.active for design in both if design.ha]
    assert actives == [True, False]
    assert both[0].firewall is not None
    assert both[0].firewall.rules == both[1].firewall.rules  # type: ignore[union-attr]
    for design in both:
        bound = [ref for zone in design.firewall.zones for ref in zone.interfaces]  # type: ignore[union-attr]
        addressed = [item.ref for item in design.interfaces if item.address]
        assert sorted(map(repr, bound)) == sorted(map(repr, addressed))


# ------------------------------------------------------------------------------------------------------------------- routing


def test_the_cores_are_area_border_routers_of_totally_stubby_counties(city: Network) -> None:
    for name in ("sm-o-core1", "sm-o-core2"):
        process = device(city, name).ospf[0]
        areas = {area.number: area for area in process.areas}
        assert set(areas) == {0, 1, 2, 3}
        assert not areas[0].stub
        for number in (1, 2, 3):
            assert areas[number].stub
            assert areas[number].no_summary
            assert areas[number].ranges == (IPv4Network(f"10.{number}.0.0/16"),)
            assert discard(device(city, name), f"10.{number}.0.0/16")
    for design in of_role(city, Role.COUNTY_ROUTER, Role.TOWNSHIP_ROUTER):
        (area,) = design.ospf[0].areas
        assert (area.stub, area.no_summary, area.ranges) == (True, False, ())


def discard(design: DeviceDesign, prefix: str) -> bool:
    return any(str(route.prefix) == prefix and route.next_hop is None for route in design.statics)


def test_both_county_routers_meet_on_two_media(city: Network) -> None:
    first, second = device(city, "sm-o-c1-r1"), device(city, "sm-o-c1-r2")

    def networks(design: DeviceDesign) -> dict[IPv4Network, Interface]:
        return {item.address.network: item for item in design.interfaces if item.address and item.ospf and item.vrf is None}

    shared = {key for key in networks(first).keys() & networks(second).keys() if not networks(first)[key].ospf.passive}  # type: ignore[union-attr]
    assert len(shared) == 2
    assert {networks(first)[key].ref.kind for key in shared} == {Kind.PORT, Kind.SUBINTERFACE}
    for key in shared:
        ends = [networks(design)[key].ospf for design in (first, second)]
        assert ends[0] == ends[1]


def test_both_ends_of_a_link_agree(city: Network) -> None:
    """Area, cost, timers, network type and key; a link network has exactly two ends, and lies in one realm and VRF."""
    found: dict[tuple[str, str | None, IPv4Network], list[Interface]] = {}
    for design in city.design.devices:
        for item in design.interfaces:
            if item.address is not None and item.ospf is not None and not item.ospf.passive:
                found.setdefault((design.device.realm, item.vrf, item.address.network), []).append(item)
    assert found
    for key, ends in found.items():
        assert len(ends) == 2, key
        assert ends[0].ospf == ends[1].ospf, key
        assert ends[0].mtu == ends[1].mtu
        assert ends[0].ospf is not None
        assert ends[0].ospf.point_to_point
        assert ends[0].ospf.key


def test_everything_that_platforms_default_differently_is_in_the_model(city: Network) -> None:
    for design in city.design.devices:
        for process in design.ospf:
            values = (process.preference, process.preference_external, process.maximum_paths, process.reference_mbps, *process.spf_delay_ms)
            assert all(value > 0 for value in values)
        for item in design.interfaces:
            assert item.ospf is None or (item.ospf.cost > 0 and item.ospf.hello_s < item.ospf.dead_s)
        assert design.bgp is None or 0 < 3 * design.bgp.keepalive_s <= design.bgp.hold_s


def test_only_gateways_of_the_egress_originate_the_default(city: Network) -> None:
    for design in city.design.devices:
        originates = [process.number for process in design.ospf if process.default_originate]
        has_default = any(route.prefix == ANY and route.vrf is None for route in design.statics)
        expected = design.hostname in ("sm-o-agg1", "sm-o-agg2")
        assert originates == ([1] if expected else []), design.hostname
        if design.device.realm is Realm.INNER:
            assert not has_default, design.hostname
    virtual = {item.vrrp.address for item in device(city, "sm-o-efw1").interfaces if item.vrrp}
    hops = [route.next_hop for route in device(city, "sm-o-agg1").statics if route.prefix == ANY and route.vrf is None]
    assert len(hops) == 1
    assert hops[0] in virtual


def test_what_a_default_or_summary_leads_to_ends_where_nothing_is_behind_it(city: Network) -> None:
    for name in ("sm-o-agg1", "sm-o-agg2"):
        own = [route.prefix for route in device(city, name).statics if route.next_hop is None]
        for party in city.facts.parties:
            if party.realm is Realm.OUTER and party.vrf is None and party.kind not in (PartyKind.INTERNET, PartyKind.PROVINCE):
                assert all(any(prefix.subnet_of(discarded) for discarded in own) for prefix in party.prefixes), party.id
    firewall = device(city, "sm-o-efw1")
    for carrier in (101, 102):
        assert discard(firewall, f"198.51.{carrier}.128/25")
        assert discard(device(city, f"sm-o-br{carrier - 100}"), f"198.51.{carrier}.0/24")


def test_a_discard_never_hides_a_learned_route(city: Network) -> None:
    for design in city.design.devices:
        learned = [process.preference_external for process in design.ospf] + [200]
        assert all(route.preference > max(learned) for route in design.statics if route.next_hop is None)


def test_borders_take_the_default_and_announce_only_their_own_block(city: Network) -> None:
    for number in (1, 2):
        design = device(city, f"sm-o-br{number}")
        assert design.bgp is not None
        assert [str(prefix) for prefix in design.bgp.networks] == [f"198.51.{100 + number}.0/24"]
        neighbor, *firewalls = design.bgp.neighbors
        assert neighbor.ttl_security
        lists = {item.name: item for item in design.prefix_lists}
        policies = {item.name: [node.prefix_list for node in item.nodes if node.permit] for item in design.route_policies}
        (into,), (out,) = policies[neighbor.policy_in or ""], policies[neighbor.policy_out or ""]
        entries = {
            name: [(str(entry.prefix), entry.ge, entry.le) for entry in lists[name].entries if entry.permit] for name in (into, out) if name
        }
        assert entries == {into: [("0.0.0.0/0", None, None)], out: [(f"198.51.{100 + number}.0/24", None, None)]}
        assert not design.ospf
        assert [(item.description, item.asn, item.next_hop_self) for item in firewalls] == [
            (f"sm-o-efw{member}", design.bgp.asn, True) for member in (1, 2)
        ]
        assert {(policies[item.policy_in or ""] == [], *policies[item.policy_out or ""]) for item in firewalls} == {
            (True, "EGRESS-DEFAULT")
        }
        assert [str(entry.prefix) for entry in lists["EGRESS-DEFAULT"].entries] == ["0.0.0.0/0"]


def test_the_egress_pair_hears_its_default_routes_from_the_border_routers_and_announces_nothing(city: Network) -> None:
    for member in (1, 2):
        design = device(city, f"sm-o-efw{member}")
        assert design.bgp is not None
        assert not [route for route in design.statics if route.prefix.prefixlen == 0]
        policies = {item.name: item.nodes for item in design.route_policies}
        told = {str(item.address): policies[item.policy_in or ""] for item in design.bgp.neighbors}
        assert [(address, [node.local_preference for node in nodes if node.permit]) for address, nodes in told.items()] == [
            ("198.51.101.1", [239]), ("198.51.102.1", [238])
        ]  # fmt: skip
        assert not any(node.permit for item in design.bgp.neighbors for node in policies[item.policy_out or ""])
        back = {item.zone: str(item.last_hop) for item in design.interfaces if item.last_hop}
        assert sorted(back.values()) == ["198.51.101.1", "198.51.102.1"]
        assert design.firewall is not None
        first = design.firewall.rules[:4]
        assert [(rule.name, rule.permit, str(rule.services[0].ports)) for rule in first if rule.source_zone == "local"] == [
            (f"bgp-out-{zone}", True, "179") for zone in back
        ]


def test_a_vertical_has_its_own_channel_on_every_link_and_meets_no_other(city: Network) -> None:
    routers = of_role(city, Role.CORE, Role.AGGREGATION, Role.COUNTY_ROUTER)
    for number in (1, 2):
        name = f"vertical{number}"
        for design in routers:
            process = next(item for item in design.ospf if item.vrf == name)
            assert process.vrf_lite
            assert process.number == 100 + number
            assert not process.default_originate
            assert not process.redistribute
            links = [item for item in design.interfaces if item.vrf == name and item.ospf and not item.ospf.passive]
            assert {item.ref.number for item in links} == {3000 + number}
            assert {item.ospf.process for item in links if item.ospf} == {100 + number}
        for design in of_role(city, Role.TOWNSHIP_ROUTER, Role.NOC, Role.EGRESS_FIREWALL):
            assert all(vrf.name != name for vrf in design.vrfs)
    assert len({vrf.rd for vrf in routers[0].vrfs}) == len(routers[0].vrfs)
    for design in routers:
        ids = [process.router_id for process in design.ospf]
        assert len(set(ids)) == len(ids)


def test_inner_reaches_neither_townships_nor_the_internet(city: Network) -> None:
    inner = [item for item in city.facts.devices if item.realm is Realm.INNER]
    assert inner
    assert all(item.tier is not Tier.TOWNSHIP for item in inner)
    assert all(flow.to != "internet" and "internet" not in flow.sources for flow in city.facts.flows if flow.realm is Realm.INNER)
    assert all(design.firewall is None and design.bgp is None for design in city.design.devices if design.device.realm is Realm.INNER)


# ---------------------------------------------------------------------------------------------------------------- interfaces


def test_every_port_of_a_chassis_is_told_what_it_is_for(city: Network) -> None:
    for design in city.design.devices:
        physical = {item.ref.port for item in design.interfaces if item.ref.kind in (Kind.PORT, Kind.MANAGEMENT)}
        assert physical == {port.name for port in design.device.model.ports if port.kind != "console"}
        for item in design.interfaces:
            assert item.description.isascii()
            assert item.description or item.ref.kind is Kind.LOOPBACK
            assert item.shutdown == item.unused
            assert not (item.shutdown and (item.address or item.l2))


def test_both_ends_of_a_trunk_carry_the_same_vlans(city: Network) -> None:
    for cable in city.facts.cables:
        if cable.use.value != "trunk":
            continue
        ends = []
        for end in (cable.a, cable.b):
            design = device(city, end.device)
            port = next(item for item in design.interfaces if item.ref.kind is Kind.PORT and item.ref.port == end.port)
            lag = port.lag
            items = [
                item
                for item in design.interfaces
                if (lag and item.ref.kind is Kind.LAG and item.ref.number == lag)
                or (lag and item.ref.lag == lag)
                or (item.ref.port == end.port and lag is None)
            ]
            tagged = {item.ref.number for item in items if item.ref.kind is Kind.SUBINTERFACE}
            ends.append(tagged | {vlan for item in items if item.l2 for vlan in item.l2.vlans})
        assert ends[0] == ends[1] != set(), cable.id


def test_a_vlan_of_an_interface_is_defined_on_its_switch(city: Network) -> None:
    for design in city.design.devices:
        if design.device.model.switching:
            defined = {vlan.id for vlan in design.vlans}
            used = {vlan for item in design.interfaces if item.l2 for vlan in item.l2.vlans}
            used |= {item.ref.number for item in design.interfaces if item.ref.kind is Kind.VLAN}
            assert used == defined, design.hostname


def test_management_listens_to_the_own_networks_centre_only(city: Network) -> None:
    operators = {realm: IPv4Network("172.18.6.0/24") for realm in (Realm.OUTER, Realm.INNER)}
    for design in city.design.devices:
        management = design.management
        assert management.operators == (operators[design.device.realm],)
        permitted = [rule.source for rule in management.vty_filter.rules if rule.permit]
        assert permitted == [operators[design.device.realm]]
        assert not management.vty_filter.rules[-1].permit
        own = [item.address for item in design.interfaces if item.ref == management.source]
        assert own == [management.address]
        assert all(server.key for server in (*management.aaa, *management.ntp))
        assert len(management.aaa) == len(management.ntp) == len(management.syslog) == 1
    county = device(city, "sm-o-c2-t1-r1").management
    assert {str(manager.address) for manager in county.snmp} == {"172.18.5.23", "10.2.1.10"}
    assert {str(manager.address) for manager in device(city, "sm-o-core1").management.snmp} == {"172.18.5.23"}


def test_border_devices_have_no_cable_into_the_management_centre(city: Network) -> None:
    border = {design.hostname for design in of_role(city, Role.BORDER_ROUTER, Role.BORDER_SWITCH)}
    for cable in city.facts.cables:
        ends = {cable.a.device, cable.b.device}
        if ends & border:
            assert all(design in border or design.startswith("sm-o-efw") for design in ends)
    for name in border:
        assert device(city, name).management.mode == "inband"


# ------------------------------------------------------------------------------------------------------ packets and filters


@dataclass(frozen=True)
class Packet:
    protocol: str
    source: IPv4Address
    destination: IPv4Address
    source_port: int = 0
    destination_port: int = 0
    flags: bool = False  # TCP with ACK or RST
    icmp: str = ""


def within(address: IPv4Address, prefixes: Iterable[IPv4Network]) -> bool:
    return any(address in prefix for prefix in prefixes)


def matches(rule: Rule, packet: Packet) -> bool:
    """One line of a stateless filter, as an engineer would read it."""

    def port(wanted: PortRange | None, given: int) -> bool:
        return wanted is None or wanted.first <= given <= wanted.last

    return (
        rule.protocol in ("ip", packet.protocol)
        and (rule.source is None or packet.source in rule.source)
        and (rule.destination is None or packet.destination in rule.destination)
        and port(rule.source_ports, packet.source_port)
        and port(rule.destination_ports, packet.destination_port)
        and (not rule.established or (packet.protocol == "tcp" and packet.flags))
        and (rule.icmp is None or rule.icmp == packet.icmp)
    )


def passes(filter_: Filter, packet: Packet) -> bool:
    return next(rule.permit for rule in filter_.rules if matches(rule, packet))


@dataclass(frozen=True)
class Declared:
    """The flow list, asked about single packets."""

    facts: Facts

    @cached_property
    def parties(self) -> dict[str, Party]:
        return {party.id: party for party in self.facts.parties}

    @cached_property
    def ours(self) -> tuple[IPv4Network, ...]:
        """What is certainly no address of the Internet: private ranges, the carriers' blocks for us, the links to the carriers."""
        blocks = ("198.51.101.0/24", "198.51.102.0/24", "192.0.2.16/28", "192.0.2.32/28", "192.0.2.48/28")
        return tuple(IPv4Network(text) for text in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", *blocks))

    def is_source(self, flow: Flow, address: IPv4Address, party: str | None = None) -> bool:
        """``party``: of the flow's sources only this one."""
        if flow.source_addresses and address not in flow.source_addresses:
            return False
        return any(self._in(name, address) for name in flow.sources if party in (None, name))

    def is_target(self, flow: Flow, address: IPv4Address) -> bool:
        return address in flow.destinations if flow.destinations else self._in(flow.to, address)

    def _in(self, party: str, address: IPv4Address) -> bool:
        return not within(address, self.ours) if party == "internet" else within(address, self.parties[party].prefixes)

    def forward(self, flow: Flow, packet: Packet, party: str | None = None) -> bool:
        if not (self.is_source(flow, packet.source, party) and self.is_target(flow, packet.destination)):
            return False
        if flow.protocol == "icmp":
            return (packet.protocol, packet.icmp) == ("icmp", "echo")
        return packet.protocol == flow.protocol and any(ports.first <= packet.destination_port <= ports.last for ports in flow.ports)

    def reverse(self, flow: Flow, packet: Packet, party: str | None = None) -> bool:
        if packet.protocol == "tcp" and not packet.flags:
            return False
        swapped = replace(packet, source=packet.destination, destination=packet.source)
        swapped = replace(swapped, source_port=packet.destination_port, destination_port=packet.source_port)
        if packet.icmp:
            swapped = replace(swapped, icmp="echo" if packet.icmp == "echo-reply" else "none")
        return self.forward(flow, swapped, party)

    def between(self, flow: Flow, a: IPv4Address, b: IPv4Address, party: str) -> bool:
        """Whether the flow has its source end at ``a`` (of ``party``) and its target end at ``b``."""
        return self.is_source(flow, a, party) and self.is_target(flow, b)

    def leaves(self, party: str, packet: Packet) -> bool:
        """Whether ``packet`` may come out of the party's network."""
        for flow in self.flows(party):
            if party in flow.sources and (self.forward(flow, packet, party) or self._error(flow, packet, party, out=True)):
                return True
            if party == flow.to and (self.reverse(flow, packet) or self._error(flow, packet, None, out=True)):
                return True
        return False

    def enters(self, party: str, packet: Packet) -> bool:
        """Whether ``packet`` may go into the party's network."""
        for flow in self.flows(party):
            if party in flow.sources and (self.reverse(flow, packet, party) or self._error(flow, packet, party, out=False)):
                return True
            if party == flow.to and (self.forward(flow, packet) or self._error(flow, packet, None, out=False)):
                return True
        return False

    def _error(self, flow: Flow, packet: Packet, party: str | None, *, out: bool) -> bool:
        """ICMP errors about a flow. Towards the Internet none are sent: they would tell strangers about the network."""
        if packet.icmp != "unreachable" or (flow.to == "internet" and out):
            return False
        own, far = (packet.source, packet.destination) if out else (packet.destination, packet.source)
        source, target = (own, far) if party else (far, own)
        return self.is_source(flow, source, party) and self.is_target(flow, target)

    def flows(self, party: str) -> Iterator[Flow]:
        for flow in self.facts.flows:
            if flow.realm is self.parties[party].realm and (party == flow.to or party in flow.sources):
                yield flow


class Packets:
    """Random packets near the truth: addresses at and beside the ends of declared flows, ports at and beside theirs."""

    def __init__(self, facts: Facts, realm: Realm, seed: int) -> None:
        self.random = Random(seed)
        self.prefixes = [prefix for party in facts.parties if party.realm is realm for prefix in party.prefixes]
        self.hosts = [host.address for host in facts.hosts]
        self.ports = sorted(
            {edge + step for flow in facts.flows for item in flow.ports for edge in (item.first, item.last) for step in (-1, 0, 1)}
        )

    def address(self, prefixes: tuple[IPv4Network, ...] = ()) -> IPv4Address:
        choice = self.random.random()
        if not prefixes and choice < 0.35:
            return self.random.choice(self.hosts)
        if not prefixes and choice < 0.4:
            return IPv4Address(self.random.choice(("8.8.8.8", "1.2.3.4", "198.51.101.130", "192.0.2.17", "172.16.16.3")))
        prefix = self.random.choice(prefixes or self.prefixes)
        step = self.random.choice((0, 1, 2, 10, 20, 26, prefix.num_addresses - 1, prefix.num_addresses, -1))
        return IPv4Address(max(0, min(int(prefix.network_address) + step, 2**32 - 1)))

    def packet(self, own: tuple[IPv4Network, ...], *, out: bool) -> Packet:
        protocol = self.random.choice(("tcp", "tcp", "udp", "udp", "icmp", "ospf", "gre"))
        near, far = self.address(own if self.random.random() < 0.9 else ()), self.address()
        source, destination = (near, far) if out else (far, near)
        if protocol in ("tcp", "udp"):
            first, second = (self.random.choice((self.random.choice(self.ports), 49152)) for _ in range(2))
            return Packet(protocol, source, destination, first, second, protocol == "tcp" and self.random.random() < 0.5)
        icmp = self.random.choice(("echo", "echo-reply", "unreachable", "redirect", "time-exceeded")) if protocol == "icmp" else ""
        return Packet(protocol, source, destination, icmp=icmp)

    def near(self, flow: Flow, parties: dict[str, Party], party: str) -> Packet:
        """A packet of the flow or its answer, with one end at ``party``; two in five differ from that in one thing."""
        source = self.random.choice(
            flow.source_addresses or (self.address(parties[party if party in flow.sources else flow.sources[0]].prefixes),)
        )
        if flow.to == "internet":
            target = IPv4Address("8.8.8.8")
        else:
            target = self.random.choice(flow.destinations or (self.address(parties[flow.to].prefixes),))
        port = self.random.choice(flow.ports).last if flow.ports else 0
        packet = Packet(flow.protocol, source, target, 49152 if port else 0, port, icmp="" if port else "echo")
        if self.random.random() < 0.5:
            packet = Packet(flow.protocol, target, source, port, packet.source_port, flow.protocol == "tcp", "" if port else "echo-reply")
        change = self.random.randrange(15)
        if change == 0:
            return replace(packet, source=self.address())
        if change == 1:
            return replace(packet, destination=self.address())
        if change in (2, 3) and port:
            return replace(packet, source_port=packet.source_port + 1, destination_port=packet.destination_port + 1)
        if change == 4 and port:
            return replace(packet, protocol="udp" if packet.protocol == "tcp" else "tcp", flags=False)
        return replace(packet, flags=False) if change == 5 else packet


def party_filters(city: Network) -> Iterator[tuple[str, str, Filter, Filter]]:
    """(device, party, filter in, filter out) at every gateway that is no firewall, for parties with a network of their own."""
    by_gateway: dict[str, list[Party]] = {}
    for party in city.facts.parties:
        for gateway in party.gateways:
            by_gateway.setdefault(gateway, []).append(party)
    for design in city.design.devices:
        filters = {item.name: item for item in design.filters}
        for item in design.interfaces:
            if item.filter_in is None or item.filter_out is None or item.address is None:
                continue
            for party in by_gateway.get(design.hostname, ()):
                if item.vrf == party.vrf and item.address.ip in party.prefixes[0]:
                    yield design.hostname, party.id, filters[item.filter_in], filters[item.filter_out]


def test_every_party_has_filters_at_each_of_its_gateways(city: Network) -> None:
    filtered = {(name, party) for name, party, *_ in party_filters(city)}
    firewalls = (Role.EGRESS_FIREWALL, Role.HOSTING_FIREWALL, Role.EXIT_FIREWALL)
    for party in city.facts.parties:
        for gateway in party.gateways:
            if device(city, gateway).device.role not in firewalls and party.kind is not PartyKind.PROVINCE:
                assert (gateway, party.id) in filtered


def test_filters_pass_the_declared_flows_and_their_return_and_nothing_else(city: Network) -> None:
    declared = Declared(city.facts)
    sources = {realm: Packets(city.facts, realm, 7) for realm in (Realm.OUTER, Realm.INNER)}
    verdicts = {(True, "in"): 0, (False, "in"): 0, (True, "out"): 0, (False, "out"): 0}
    for name, party, into, out in party_filters(city):
        own = declared.parties[party]
        packets = sources[own.realm]
        flows = list(declared.flows(party))
        for number in range(40):
            if number % 2 or not flows:
                drawn = [packets.packet(own.prefixes, out=out) for out in (True, False)]
            else:
                drawn = [packets.near(packets.random.choice(flows), declared.parties, party)] * 2
            for packet, filter_, expected, way in (
                (drawn[0], into, declared.leaves(party, drawn[0]), "in"),
                (drawn[1], out, declared.enters(party, drawn[1]), "out"),
            ):
                assert passes(filter_, packet) == expected, (name, party, filter_.name, packet)
                verdicts[expected, way] += 1
    assert min(verdicts.values()) > 100, verdicts


def test_each_flow_passes_at_both_of_its_ends(city: Network) -> None:
    """Directed, since random packets seldom hit a narrow flow: a first packet and its answer, for every source party."""
    filters: dict[str, list[tuple[Filter, Filter]]] = {}
    for _, party, into, out in party_filters(city):
        filters.setdefault(party, []).append((into, out))
    declared = Declared(city.facts)
    seen = 0
    for flow in city.facts.flows:
        for party in flow.sources:
            source = next(iter(flow.source_addresses), None) or declared.parties[party].prefixes[0][20]
            if not declared.is_source(flow, source, party):
                continue
            target = (
                IPv4Address("8.8.8.8")
                if flow.to == "internet"
                else next(iter(flow.destinations), None) or declared.parties[flow.to].prefixes[0][20]
            )
            port = flow.ports[-1].last if flow.ports else 0
            first = Packet(flow.protocol, source, target, 49152 if port else 0, port, icmp="echo" if not port else "")
            answer = Packet(
                flow.protocol, target, source, port, 49152 if port else 0, flow.protocol == "tcp", "echo-reply" if not port else ""
            )
            for into, out in filters.get(party, ()):
                assert passes(into, first), (flow.id, party)
                assert passes(out, answer), (flow.id, party)
                assert not passes(into, replace(first, source=IPv4Address("8.8.4.4"))), "anti-spoofing"
                seen += 1
            for into, out in filters.get(flow.to, ()):
                assert passes(out, first), (flow.id, party)
                assert passes(into, answer), (flow.id, party)
                if flow.protocol == "tcp":
                    assert not passes(into, replace(answer, flags=False)), "a connection the other way round"
    assert seen > 100


# ------------------------------------------------------------------------------------------------------- packets and firewalls


def permitted(rules: Iterable[ZoneRule], source_zone: str, target_zone: str, packet: Packet) -> bool:
    """The first packet of a connection, by first match; no match is dropped."""
    for rule in rules:
        services = any(
            service.protocol == packet.protocol
            and (service.ports is None or service.ports.first <= packet.destination_port <= service.ports.last)
            for service in rule.services
        )
        if (
            (rule.source_zone, rule.destination_zone) == (source_zone, target_zone)
            and (not rule.sources or within(packet.source, rule.sources))
            and (not rule.destinations or within(packet.destination, rule.destinations))
            and (services or not rule.services)
        ):
            return rule.permit
    return False


def zone_of(city: Network, design: DeviceDesign, party: Party) -> str:
    """Where the party is, seen from a firewall, worked out from its cabling alone."""
    if design.hostname in party.gateways:
        own = next(item for item in design.interfaces if item.address and item.address.ip in party.prefixes[0])
        assert own.zone is not None
        return own.zone
    return "outer" if design.device.role is Role.EXIT_FIREWALL else "trust"


@pytest.mark.parametrize("name", ["sm-o-efw1", "sm-o-hfw1", "sm-o-xfw1"])
def test_firewalls_pass_the_declared_flows_and_nothing_else(name: str, city: Network) -> None:
    design = device(city, name)
    assert design.firewall is not None
    declared = Declared(city.facts)
    packets = Packets(city.facts, Realm.OUTER, 11)
    kinds = (PartyKind.DEVICES, PartyKind.PROVINCE, PartyKind.INTERNET)
    parties = [party for party in city.facts.parties if party.realm is Realm.OUTER and party.vrf is None and party.kind not in kinds]
    zones = {party.id: zone_of(city, design, party) for party in parties}
    verdicts = {True: 0, False: 0}
    flows = [
        flow for flow in city.facts.flows if flow.realm is Realm.OUTER and flow.vrf is None and "internet" not in (flow.to, *flow.sources)
    ]
    here = {party.id for party in parties if name in party.gateways}
    near = [flow for flow in flows if flow.to in here or here & set(flow.sources)]
    random = packets.random
    for _ in range(3000):
        flow = random.choice(near)
        a, b = declared.parties[random.choice(flow.sources)], declared.parties[flow.to]
        if random.random() < 0.2:
            a, b = b, a
        if a.id not in zones or b.id not in zones or zones[a.id] == zones[b.id]:
            continue
        packet = packets.packet(a.prefixes, out=True)
        if random.random() < 0.6:
            port = random.choice(flow.ports).first if flow.ports else 0
            packet = Packet(flow.protocol, packet.source, b.prefixes[0][1], packet.source_port, port, icmp="" if port else "echo")
        if random.random() < 0.6 and flow.source_addresses:
            packet = replace(packet, source=random.choice(flow.source_addresses))
        packet = replace(packet, destination=random.choice(flow.destinations) if flow.destinations else packets.address(b.prefixes))
        if not within(packet.source, a.prefixes) or not within(packet.destination, b.prefixes) or packet.icmp not in ("", "echo"):
            continue
        expected = any(declared.forward(other, packet) for other in flows)
        assert permitted(design.firewall.rules, zones[a.id], zones[b.id], packet) == expected, packet
        verdicts[expected] += 1
    assert min(verdicts.values()) > 10, verdicts


def test_the_internet_opens_connections_to_published_servers_only(city: Network) -> None:
    firewall = device(city, "sm-o-efw1").firewall
    assert firewall is not None
    published = {(item.inside, item.inside_port) for item in city.facts.publications}
    assert published
    for rule in firewall.rules:
        if rule.source_zone.startswith("untrust") and rule.permit and rule.destination_zone != "local":
            hosts = [prefix.network_address for prefix in rule.destinations if prefix.prefixlen == 32]
            assert len(hosts) == len(rule.destinations) > 0
            found = {
                (host, port)
                for host in hosts
                for item in rule.services
                if item.ports
                for port in range(item.ports.first, item.ports.last + 1)
            }
            assert found <= published
        assert not (rule.source_zone.startswith("untrust") and rule.destination_zone.startswith("untrust"))
    assert {(server.publication.public, server.publication.public_port) for server in firewall.servers} == {
        (item.public, item.public_port) for item in city.facts.publications
    }
    for pool in firewall.pools:
        assert not [item for item in city.facts.publications if pool.first <= item.public <= pool.last]


def test_nat_translates_just_those_who_may_use_the_internet(city: Network) -> None:
    firewall = device(city, "sm-o-efw1").firewall
    assert firewall is not None
    for party in city.facts.parties:
        if party.realm is not Realm.OUTER or party.vrf or party.kind in (PartyKind.DEVICES, PartyKind.PROVINCE, PartyKind.EXIT):
            continue
        translated = any(party.prefixes[0].subnet_of(source) for nat in firewall.source_nat for source in nat.sources)
        assert translated == party.internet, party.id
    exit_ = device(city, "sm-o-xfw1").firewall
    assert exit_ is not None
    own = next(party for party in city.facts.parties if party.kind is PartyKind.EXIT)
    assert [nat.sources for nat in exit_.source_nat] == [own.prefixes]


# ------------------------------------------------------------------------------------------------------------ single mistakes


def test_flows_to_a_group_are_one_for_each_of_its_members(tmp_path: Path, city: Network) -> None:
    flows = {flow.id: flow for flow in city.facts.flows if flow.id.startswith("extra-4")}
    assert {flow.to for flow in flows.values()} == {f"outer:c{number}/office1" for number in (1, 2, 3)}
    files = copy.deepcopy(documents(PLAN))
    del files["outer/counties/c1.yaml"], files["inner/counties/c1.yaml"]
    for vertical in files["outer/verticals.yaml"]["verticals"].values():
        vertical["attached"] = [item for item in vertical["attached"] if item.get("county") != "c1"]
    kept = ("extra-2", "extra-3", "extra-5", "extra-6")
    files["outer/flows.yaml"]["flows"] = {key: value for key, value in files["outer/flows.yaml"]["flows"].items() if key in kept} | {
        "extra-4": {"from": ["c2/office2"], "to": "*/office1", "ports": ["icmp"], "reason": "试验"}
    }
    fewer = {flow.id for flow in load(write(tmp_path / "city", files)).facts.flows if flow.id.startswith("extra-4")}
    assert fewer == {flow.id for flow in flows.values() if flow.to != "outer:c1/office1"}


def test_a_flow_in_two_files_is_refused_and_not_dropped(tmp_path: Path) -> None:
    files = copy.deepcopy(documents(PLAN))
    files["flows.yaml"] = {"flows": {"extra-1": {"from": ["bureau2"], "to": "bureau1", "ports": ["tcp/2"], "reason": "试验"}}}
    with pytest.raises(InventoryError, match=r"outer/flows\.yaml:3:5: 'flows\.extra-1' stands here and at flows\.yaml:3:5"):
        load(write(tmp_path / "city", files))


def test_two_firewall_pairs_with_one_number_are_refused(tmp_path: Path) -> None:
    files = copy.deepcopy(documents(PLAN))
    files["outer/municipal.yaml"]["municipal"]["pairs"]["hfw"]["number"] = 1
    with pytest.raises(InventoryError, match=r"heartbeat of hfw overlaps 172\.16\.32\.16/30 of heartbeat of efw"):
        load(write(tmp_path / "city", files))


def test_a_gatekeeper_reaches_every_server_of_its_channel(city: Network) -> None:
    for realm in (Realm.OUTER, Realm.INNER):
        hubs = {host.address for host in city.facts.hosts if host.role == "hub" and host.party.startswith(realm.value)}
        assert len(hubs) == 2
        flows = [flow for flow in city.facts.flows if flow.realm is realm and flow.id.startswith("gk1-exchange-in")]
        assert {address for flow in flows for address in flow.destinations} == hubs
        unit = device(city, f"sm-g-gk1-{realm.value}").host_unit
        assert unit is not None
        assert {address for _, address, _ in unit.connects} == hubs


def test_the_arc_of_a_gatekeeper_is_up_and_has_no_address(city: Network) -> None:
    for realm in (Realm.OUTER, Realm.INNER):
        design = device(city, f"sm-g-gk1-{realm.value}")
        assert design.host_unit is not None
        arc = next(item for item in design.interfaces if item.ref == design.host_unit.arc)
        assert (arc.shutdown, arc.unused, arc.address) == (False, False, None)
        other = Realm.INNER if realm is Realm.OUTER else Realm.OUTER
        assert other.value not in repr(design.interfaces).lower().replace("sm-g-gk1-" + realm.value, "").replace("origin(file='outer", "")


def test_statics_of_a_device_are_in_one_stable_order(city: Network) -> None:
    def key(route: StaticRoute) -> tuple[str, IPv4Network, int]:
        return route.vrf or "", route.prefix, route.preference

    for design in city.design.devices:
        assert list(design.statics) == sorted(design.statics, key=key)
