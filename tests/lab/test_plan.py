"""The plan of a lab: every routing device a node, every wire both its ends, and nothing that the plan does not say."""

from __future__ import annotations

from collections import Counter
from ipaddress import ip_interface
from pathlib import Path

import pytest

from lab.changes import counts, diff
from lab.node_setup import expected_interfaces, wire_lines
from lab.plan import Kernel, Kind, LabPlan
from lab.planning import plan, with_core
from lab.sessions import expected
from lab.state import LabFolder
from tasks.selection import select
from tests.city import write_city
from topology.network import Network, load

BARE = Kernel(vlan=False, vrf=False, dummy=False, bond=False)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return load(write_city(tmp_path_factory.mktemp("city") / "two", counties=2, townships=1, agencies=1, verticals=1))


@pytest.fixture(scope="module")
def whole(network: Network) -> LabPlan:
    return plan(network, "t", network.design.names, BARE)


def test_every_device_that_routes_or_ferries_is_a_node(network: Network, whole: LabPlan) -> None:
    wanted = {d.hostname for d in network.design.devices if d.device.routes or d.host_unit}
    assert {node.name for node in whole.nodes if node.kind in (Kind.ROUTER, Kind.HOST_UNIT) and node.vrf is None} == wanted


def test_a_vrf_is_a_node_where_the_kernel_has_none(network: Network, whole: LabPlan) -> None:
    wanted = {f"{d.hostname}@{vrf.name}" for d in network.design.devices for vrf in d.vrfs}
    assert wanted
    assert {node.name for node in whole.nodes if node.vrf} == wanted
    full = plan(network, "t", network.design.names, Kernel())
    assert not [node for node in full.nodes if node.vrf]
    assert {item.kind for item in full.replaced} <= {"vlan", "bond"}  # these are wires of their own on every kernel


def test_every_wire_has_both_ends_in_the_lab_and_no_interface_twice(whole: LabPlan) -> None:
    ends = Counter((end.node, end.interface) for end in whole.ends)
    assert max(ends.values()) == 1
    namespaces = {node.namespace for node in whole.nodes} | {whole.switch}
    for line in wire_lines(whole):
        words = line.split()
        assert {words[i + 1] for i, word in enumerate(words) if word == "netns"} <= namespaces
        assert words.count("netns") == 2


def test_interfaces_fit_the_kernel_and_stand_in_their_namespaces(whole: LabPlan) -> None:
    for names in expected_interfaces(whole).values():
        assert all(0 < len(name) <= 15 for name in names)


def test_links_agree_with_the_addresses_of_the_design(network: Network, whole: LabPlan) -> None:
    """Two routed interfaces that hear each other have addresses in one subnet: found from the configs, not from the wiring."""
    subnets = {}
    for node in whole.nodes:
        config = node.file("frr.conf")
        name = ""
        for line in config.text.splitlines() if config else ():
            if line.startswith("interface "):
                name = line.split()[1]
            elif line.startswith(" ip address "):
                address = line.split()[2]
                subnets[node.name, name] = ip_interface(address).network
    pairs = [(subnets.get((link.a.node, link.a.interface)), subnets.get((link.b.node, link.b.interface))) for link in whole.links]
    both = [(a, b) for a, b in pairs if a and b]
    assert len(both) > 5
    assert all(a == b for a, b in both)


def test_hosts_sit_in_their_prefix_with_a_gateway_beside_them(network: Network, whole: LabPlan) -> None:
    parties = {party.id: party for party in network.facts.parties}
    taken = Counter((host.node, address) for host in whole.hosts for address in host.addresses)
    assert max(taken.values()) == 1
    for host in whole.hosts:
        assert any(host.address.ip in prefix for prefix in parties[host.party].prefixes)
        assert host.gateway in host.address.network
        assert host.gateway not in {address.ip for address in host.addresses}
    services = {(server.party, server.address) for server in network.facts.hosts}
    here = {(host.party, address.ip) for host in whole.hosts for address in host.addresses}
    assert services & here


def test_a_county_brings_the_municipal_devices_and_unplugs_the_rest(network: Network, whole: LabPlan) -> None:
    county = next(site.county for site in network.facts.sites if site.county)
    only = (f"county={county}",)
    chosen = with_core(network.facts, select(network.facts, only), only)
    part = plan(network, "t", chosen, BARE, only)
    assert set(part.devices) < set(whole.devices)
    far = {item.far for item in part.unplugged}
    assert far
    assert far.isdisjoint(part.devices)
    assert {item.device for item in part.unplugged} <= set(part.devices)
    assert {node.device for node in part.nodes if node.kind is Kind.ROUTER} <= set(part.devices)


def test_peers_announce_what_they_must_not(network: Network, whole: LabPlan) -> None:
    province = next(peer for peer in whole.peers if peer.slug == "province")
    facts = next(peer for peer in network.facts.peers if peer.slug == "province" and peer.realm == province.realm)
    assert "0.0.0.0/0" in map(str, province.hostile)
    assert set(facts.announces) <= set(province.hostile)
    config = whole.node(province.node).file("frr.conf")
    assert config is not None
    assert all(f"network {prefix}" in config.text for prefix in (*province.announces, *province.hostile))


def test_what_differs_from_the_rendered_is_counted_and_shown(whole: LabPlan) -> None:
    changed = counts(whole)
    assert changed["timers"] > 0
    assert changed["secrets"] > 0
    added = [line for line in diff(whole) if line.startswith("+") and not line.startswith("+++")]
    words = ("hello-interval", "dead-interval", "timers ", "md5 lab-", "password lab-", "advertisement-interval 0", "forward_delay", "lsa")
    assert added
    assert all(any(word in line for word in words) for line in added)


def test_sessions_are_expected_at_both_ends(whole: LabPlan) -> None:
    wanted = expected(whole)
    ends = {(node, name) for node, names in wanted.ospf.items() for name in names}
    for link in whole.links:
        assert ((link.a.node, link.a.interface) in ends) == ((link.b.node, link.b.interface) in ends)
    assert any(wanted.bgp.values())


def test_equal_inputs_give_equal_plans_and_a_plan_survives_its_file(network: Network, whole: LabPlan, tmp_path: Path) -> None:
    assert plan(network, "t", network.design.names, BARE) == whole
    folder = LabFolder("t", tmp_path)
    with folder.locked():
        folder.begin(whole, "netns")
    assert folder.plan() == whole
