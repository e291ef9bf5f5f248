"""The cable plant: components and chains against a union-find that knows no graph library, and what each kind of record becomes."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import combinations, pairwise
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isolation_checks.physical import CHAINS, EdgeKind, NodeKind, Plant, build_plant, chains, components, isolating, units, witness
from isolation_checks.physical_ports import LivePort, live_unrecorded, recorded
from isolation_checks.rules.egr_physical import RULES as EGR
from isolation_checks.rules.gap import RULES as GAP
from isolation_checks.rules.phy import RULES as PHY
from isolation_checks.rules.tier import RULES as TIER
from isolation_checks.rules.vpn import RULES as VPN
from isolation_checks.snapshot import InterfaceKind, Ref
from tests.isolation_checks.rules.physical_case import (
    HERE,
    INNER,
    INTERNET,
    OUTER,
    case,
    city,
    config,
    device,
    interface,
    new_cable,
    new_circuit,
    party,
    plug,
    without,
)
from topology import facts as f
from topology.i18n import T

FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class Random(NamedTuple):
    """A random plant: facts, and the same joins as plain pairs of names with what may be cut."""

    facts: f.Facts
    joins: tuple[tuple[str, str], ...]
    arcs: tuple[tuple[str, str], ...]


def _chassis(name: str, realm: f.Realm, enclosure: str, fail_open: bool) -> f.Device:
    model = f.Model("m", "m", "huawei_vrp", (), False, fail_open)
    return replace(
        city().devices[0], name=name, realm=realm, enclosure=enclosure, model=model, role=f.Role.ACCESS, rendered=False, site="municipal"
    )


@st.composite
def plants(draw: st.DrawFn) -> Random:
    count = draw(st.integers(2, 9))
    names = [f"d{number}" for number in range(count)]
    realms = [draw(st.sampled_from((INNER, OUTER))) for _ in names]
    boxes = [draw(st.sampled_from([f"box{number}" for number in range(count * 2)])) for _ in names]
    open_ = [draw(st.integers(0, 9)) == 0 for _ in names]
    pairs = draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from([*names, "nobody"])), max_size=12))
    uses = [draw(st.sampled_from((f.Use.TRUNK, f.Use.CONSOLE, f.Use.MANAGEMENT, f.Use.ARC))) for _ in pairs]
    lines = draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from([*names, "isp", "province", None])), max_size=6))
    lans = draw(st.lists(st.lists(st.sampled_from(names), min_size=1, max_size=3), max_size=4))
    twins = draw(st.booleans()) and count > 3
    if twins:  # the first two are the units of a gatekeeper, mostly as they should be
        realms[0], realms[1] = OUTER, INNER
        boxes[0], boxes[1] = "gk", draw(st.sampled_from(["gk", "gk", "gk", "other"]))
    gatekeepers = (f.Gatekeeper("gk", 1, f.Name("", ""), "split", "d0", "d1", (), HERE),) if twins else ()

    joins: list[tuple[str, str]] = []
    arcs: list[tuple[str, str]] = []
    isolated = twins and not (open_[0] or open_[1])
    for one, other in combinations(range(count), 2):
        if boxes[one] == boxes[other]:
            sole = [number for number in range(count) if boxes[number] == boxes[one]] == [0, 1]
            (arcs if isolated and sole and (one, other) == (0, 1) else joins).append((names[one], names[other]))
    cables = []
    for number, ((a, b), use) in enumerate(zip(pairs, uses, strict=True)):
        cables.append(new_cable(f"c{number}", plug(a, f"p{number}"), plug(b, f"q{number}"), use=use))
        far = b if b != "nobody" else f"open-c{number}"
        arc = use is f.Use.ARC and {a, b} == {"d0", "d1"} and isolated and boxes[0] == boxes[1]
        (arcs if arc else joins).append((a, far))
    circuits = []
    for number, (near, end) in enumerate(lines):
        peer = end if end in ("isp", "province") else None
        other_end = plug(end, f"l{number}") if end and peer is None else None
        circuits.append(new_circuit(f"l{number}", plug(near, f"k{number}"), other_end, peer=peer))
        realm = realms[names.index(near)]
        joins.append((near, {"isp": "isp", "province": f"province-{realm.value}", None: f"open-l{number}"}.get(end, str(end))))
    parties = []
    for number, ports in enumerate(lans):
        here = replace(
            city().parties[0], id=f"lan{number}", realm=OUTER, kind=f.PartyKind.AGENCY, attachments=tuple(plug(d, "x") for d in ports)
        )
        parties.append(here)
        joins += [(f"lan{number}", name) for name in ports]
    isp = replace(city().peers[0], slug="isp", realm=INTERNET, kind="isp")
    provinces = tuple(replace(isp, slug="province", realm=realm, kind="province") for realm in (INNER, OUTER))
    devices = tuple(_chassis(*values) for values in zip(names, realms, boxes, open_, strict=True))
    facts = replace(
        city(), devices=devices, cables=tuple(cables), circuits=tuple(circuits), parties=tuple(parties), peers=(isp, *provinces),
        gatekeepers=gatekeepers, exits=(), channels=(), verticals=(), flows=(), hosts=(), sites=(), publications=(), approvals=(),
    )  # fmt: skip
    return Random(facts, tuple(joins), tuple(arcs))


def _groups(joins: tuple[tuple[str, str], ...], names: list[str], gone: frozenset[str]) -> list[frozenset[str]]:
    """Union-find without any cleverness: who is joined to whom."""
    root = {name: name for pair in joins for name in pair} | {name: name for name in names}

    def find(name: str) -> str:
        return name if root[name] == name else find(root[name])

    for a, b in joins:
        if not {a, b} & gone:
            root[find(a)] = find(b)
    kept = [name for name in root if name not in gone]
    return [frozenset(name for name in kept if find(name) == top) for top in {find(name) for name in kept}]


def _devices(plant: Plant, group: set[int]) -> frozenset[str]:
    return frozenset(plant.graph[node].name for node in group if plant.graph[node].kind in (NodeKind.DEVICE, NodeKind.PARTY))


@FEW
@given(plants(), st.sets(st.integers(0, 8), max_size=3))
def test_components_are_those_of_a_union_find(random: Random, cut: set[int]) -> None:
    plant = build_plant(random.facts, ())
    names = [item.name for item in random.facts.devices]
    gone = frozenset(name for name in (f"d{number}" for number in cut) if name in names)
    nodes = {node for name in gone if (node := plant.device(name)) is not None}
    seen = sorted(sorted(_devices(plant, group)) for group in components(plant.cut(nodes)) if _devices(plant, group))
    everybody = set(names) | {item.id for item in random.facts.parties}
    wanted = sorted(sorted(group & everybody) for group in _groups(random.joins, names, gone) if group & everybody)
    assert seen == wanted


@FEW
@given(plants())
def test_a_chain_is_found_exactly_where_the_union_find_joins_two_networks(random: Random) -> None:
    plant = build_plant(random.facts, ())
    inner = plant.nodes(lambda node: node.realm is INNER)
    others = plant.nodes(lambda node: node.realm in (OUTER, INTERNET))
    realms = {item.name: item.realm for item in random.facts.devices} | {item.id: item.realm for item in random.facts.parties}
    realms |= {"isp": INTERNET, "province-inner": INNER, "province-outer": OUTER}
    groups = _groups(random.joins, list(realms), frozenset())
    joined = any(len({realms.get(name, INTERNET) is INNER for name in group}) == 2 for group in groups)
    found = chains(plant.cut(), inner, others)
    assert bool(found) is joined
    for chain in found:
        assert chain[0][0].realm is INNER
        assert chain[-1][1].realm in (OUTER, INTERNET)
        assert all(one[1] == other[0] for one, other in pairwise(chain))
        assert all(edge.kind is not EdgeKind.ARC for _, _, edge in chain)
        assert len(witness(chain).links) == len(chain)


@FEW
@given(plants())
def test_taking_out_what_was_found_leaves_the_networks_apart(random: Random) -> None:
    plant = build_plant(random.facts, ())
    inner = plant.nodes(lambda node: node.realm is INNER)
    others = plant.nodes(lambda node: node.realm in (OUTER, INTERNET))
    graph = plant.cut()
    found = chains(graph, inner, others, limit=1000)
    assert not chains(graph, inner, others)
    ids = [chain[0][2] for chain in found]
    again = chains(plant.cut(), inner, others, limit=1000)
    assert [chain[0][2] for chain in again] == ids  # equal inputs show equal chains


def test_not_more_chains_are_shown_than_anybody_reads() -> None:
    facts = city()
    wires = tuple(
        new_cable(f"x{number}", plug("gy-i-icore1", f"p{number}"), plug("gy-o-core1", f"p{number}")) for number in range(CHAINS + 5)
    )
    plant = build_plant(replace(facts, cables=(*facts.cables, *wires)), ())
    found = chains(plant.cut(), plant.nodes(lambda node: node.realm is INNER), plant.nodes(lambda node: node.realm in (OUTER, INTERNET)))
    assert len(found) == CHAINS


def test_the_reference_city_falls_into_two_parts_and_the_exchange_arcs_join_them() -> None:
    plant = case(city()).plant
    parts = components(plant.cut())
    assert len(parts) == 2
    for part in parts:
        realms = {plant.graph[node].realm for node in part}
        assert (INNER in realms) is (len(realms) == 1)
    assert len(components(plant.graph)) == 1


def test_a_far_end_that_nobody_recorded_is_an_end_of_its_own() -> None:
    facts = replace(
        city(),
        cables=(new_cable("loose", plug("gy-i-icore1", "p"), plug("nobody", "q")),),
        circuits=(new_circuit("dark", plug("gy-o-core1", "p")), new_circuit("lost", plug("gy-o-core2", "p"), peer="nobody")),
        parties=(replace(city().parties[0], id="afar", attachments=(plug("nobody", "x"),)),),
    )
    plant = build_plant(facts, ())
    ends = [node for node in plant.graph.node_indices() if plant.graph[node].kind is NodeKind.OPEN]
    assert len(ends) == 4
    assert all(plant.graph[node].realm is INTERNET and len(plant.graph.neighbors(node)) == 1 for node in ends)


def test_a_live_port_counts_as_a_far_end_that_nobody_recorded_and_an_uncertain_one_does_not() -> None:
    sure = LivePort("gy-i-icore1", "GigabitEthernet9/0/1", T("its config leaves it up"), Ref("gy-i-icore1.cfg", 9), True)
    plant = build_plant(city(), (sure, sure._replace(port="other", certain=False), sure._replace(device="nobody")))
    found = chains(plant.cut(), plant.nodes(lambda node: node.realm is INNER), plant.nodes(lambda node: node.realm in (OUTER, INTERNET)))
    assert [(chain[0][2].id, chain[0][2].place) for chain in found] == [("gy-i-icore1:GigabitEthernet9/0/1", Ref("gy-i-icore1.cfg", 9))]


def test_a_circuit_leads_to_the_peer_of_its_own_network() -> None:
    plant = build_plant(city(), ())
    ends = [
        (plant.graph[node].realm, {plant.graph[near].realm for near in plant.graph.neighbors(node)})
        for node in plant.graph.node_indices()
        if plant.graph[node].kind is NodeKind.PEER and plant.graph[node].name == "province"
    ]
    assert sorted(ends, key=str) == [(INNER, {INNER}), (OUTER, {OUTER})]
    only_outer = tuple(peer for peer in city().peers if peer.realm is not INNER)  # then it can only be the outer one
    plant = build_plant(replace(city(), peers=only_outer), ())
    province = next(node for node in plant.graph.node_indices() if plant.graph[node].name == "province")
    assert {plant.graph[near].realm for near in plant.graph.neighbors(province)} == {INNER, OUTER}


def test_only_the_two_units_of_one_gatekeeper_are_isolated_in_their_enclosure() -> None:
    facts = city()
    by_name = {item.name: item for item in facts.devices}
    pairs = units(facts.gatekeepers)
    one, two = by_name["gy-g-gk1-outer"], by_name["gy-g-gk1-inner"]
    assert isolating([one, two], pairs)
    assert not isolating([one, by_name["gy-g-gk2-inner"]], pairs)
    assert not isolating([one, two, by_name["gy-o-core1"]], pairs)
    assert not isolating([one, replace(two, model=replace(two.model, fail_open=True))], pairs)


def test_sockets_are_known_by_cables_circuits_and_parties_but_not_by_peers() -> None:
    used = recorded(city())
    assert "gigabitethernet0/0/2" in used["gy-o-acc4"]  # an agency
    assert "console0" in used["gy-i-icore1"]
    province = next(item for item in city().parties if item.kind is f.PartyKind.PROVINCE and item.realm is OUTER)
    facts = party(province.id, attachments=(plug("gy-o-core1", "Nowhere9/9"),))
    assert "nowhere9/9" not in recorded(facts)["gy-o-core1"]


SOCKETS = (("GE1", 1, "data"), ("GE2", 2, "data"), ("MEth0", 0, "management"), ("Con0", 0, "console"))
MODEL = f.Model("m", "m", "x", tuple(f.Port(name, index, kind, "copper") for name, index, kind in SOCKETS), True)


@pytest.mark.parametrize(
    ("platform", "switching", "sure", "doubtful"),
    [
        ("huawei_vrp", True, ["GE1", "GE2"], ["MEth0"]),
        ("cisco_ios", True, ["GE1", "GE2"], ["MEth0"]),
        ("h3c_comware", False, [], ["GE1", "GE2", "MEth0"]),
        ("cisco_ios", False, [], []),  # a router's ports are shut until somebody opens them
        ("frr", True, [], []),  # a host's ports are down until somebody brings them up
    ],
)
def test_ports_that_a_config_does_not_speak_of_are_as_the_platform_leaves_them(
    platform: str, switching: bool, sure: list[str], doubtful: list[str]
) -> None:
    facts = device("gy-i-iacc1", model=replace(MODEL, switching=switching))
    facts = replace(facts, cables=(), circuits=(), parties=())
    found = live_unrecorded(facts, {"gy-i-iacc1": config("gy-i-iacc1", platform)})
    assert [port.port for port in found if port.certain] == sure
    assert [port.port for port in found if not port.certain] == doubtful


def test_ports_that_a_config_speaks_of_are_live_unless_it_shuts_them() -> None:
    name = "gy-i-iacc1"
    facts = replace(device(name, model=replace(MODEL, ports=())), cables=(), circuits=(), parties=())
    ports = (
        interface(name, "GE1", 5, shut=True), interface(name, "GE2", 9), interface(name, "MEth0", 13, kind=InterfaceKind.MANAGEMENT),
        interface(name, "Vlanif1", 17, kind=InterfaceKind.SVI), interface(name, "Cellular0", 21, kind=InterfaceKind.OTHER),
        interface(name, "LoopBack0", 25, kind=InterfaceKind.LOOPBACK), interface(name, "GE2.5", 29, kind=InterfaceKind.SUBINTERFACE),
    )  # fmt: skip
    found = live_unrecorded(facts, {name: config(name, "huawei_vrp", *ports)})
    assert [(port.port, port.certain) for port in found] == [("GE2", True), ("MEth0", True), ("Cellular0", False)]
    unrendered = replace(facts, devices=tuple(replace(item, rendered=False) for item in facts.devices))
    assert not live_unrecorded(unrendered, {name: config(name, "huawei_vrp", *ports)})


def test_names_of_ports_are_compared_without_capitals_and_blanks() -> None:
    name = "gy-o-acc4"
    wired = config(name, "frr", interface(name, "gigabitethernet 0/0/2", 3))
    assert not live_unrecorded(city(), {name: wired})


def test_the_exchange_port_of_half_a_gatekeeper_is_known() -> None:
    name = "gy-g-gk1-outer"
    half = config(name, "host_unit", interface(name, "eth0", 2), interface(name, "eth1", 5))
    assert not live_unrecorded(city(), {name: half})
    assert not live_unrecorded(without(INNER), {name: half})
    more = replace(half, interfaces=(*half.interfaces, interface(name, "eth2", 8)))
    assert [(port.port, port.certain) for port in live_unrecorded(city(), {name: more})] == [("eth2", True)]
    assert [(port.port, port.certain) for port in live_unrecorded(without(INNER), {name: more})] == [("eth1", False), ("eth2", False)]


RULES = (*PHY, *EGR, *GAP, *TIER, *VPN)


def _times(facts: f.Facts, count: int) -> f.Facts:
    """So many copies of the city side by side, each with names of its own."""
    devices, cables, circuits, parties, sites, flows = [], [], [], [], [], []
    for copy in range(count):

        def end(attachment: f.Attachment, copy: int = copy) -> f.Attachment:
            return replace(attachment, device=f"{attachment.device}.{copy}")

        devices += [replace(item, name=f"{item.name}.{copy}", enclosure=f"{item.enclosure}.{copy}") for item in facts.devices]
        cables += [
            replace(item, id=f"{item.id}.{copy}", a=end(item.a), b=end(item.b)) for item in facts.cables if item.use is not f.Use.ARC
        ]
        circuits += [
            replace(item, id=f"{item.id}.{copy}", reference=f"{item.reference}.{copy}", a=end(item.a), b=end(item.b) if item.b else None,
                    risk=tuple(f"{group}.{copy}" for group in item.risk))
            for item in facts.circuits
        ]  # fmt: skip
        parties += [replace(item, id=f"{item.id}.{copy}", attachments=tuple(end(at) for at in item.attachments)) for item in facts.parties]
        flows += [replace(item, id=f"{item.id}.{copy}", to=f"{item.to}.{copy}") for item in facts.flows]
        sites += list(facts.sites)
    return replace(
        facts, devices=tuple(devices), cables=tuple(cables), circuits=tuple(circuits), parties=tuple(parties), flows=tuple(flows),
        sites=facts.sites, gatekeepers=(), channels=(), exits=(),
    )  # fmt: skip


def test_five_thousand_devices_take_less_than_a_second() -> None:
    """All rules that rest on facts, with a config for every device; measured with room to spare for a slow machine."""
    facts = _times(city(), 20)
    assert len(facts.devices) > 5000
    configs = tuple(config(item.name, "frr") for item in facts.devices)
    trial = case(facts, *configs)
    start = time.process_time()
    for rule in RULES:
        rule().check(trial)
    assert time.process_time() - start < 4
