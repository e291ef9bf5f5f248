"""The rule of related devices: a change at a site alters that site's own devices, the far ends of its links, and the firewalls,
service gateways and gatekeepers that its flows cross. Every other device keeps its design to the last value, and no address moves.

Places in files are left out of the comparison, since lines move.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.city import CityPlan, Documents, documents, models, small_cities, write
from topology.facts import Device, Facts, Flow, Realm, Role
from topology.network import load
from topology.origin import Origin

Change: TypeAlias = Callable[[Documents, CityPlan], "Touched"]


class Touched(NamedTuple):
    """What a change is about: whole sites (realm, key), and single devices."""

    sites: frozenset[tuple[Realm, str]] = frozenset()
    devices: frozenset[str] = frozenset()


def bare(value: Any) -> Any:
    """The value without the places that it stands at."""
    if isinstance(value, Origin):
        return None
    if isinstance(value, tuple):
        return tuple(map(bare, value))
    if is_dataclass(value) and not isinstance(value, type):
        return (type(value).__name__, *(bare(getattr(value, item.name)) for item in fields(value)))
    return value


# ------------------------------------------------------------------------------------------------------------------- changes

TOWN, OTHER, NEW = "c1/t1", "c1/t2", 77


def county(files: Documents, number: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = files[f"outer/counties/c{number}.yaml"]["county"]
    return found


def township(files: Documents, number: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in county(files)["townships"] if item["number"] == number)
    return found


def site(*keys: str) -> Touched:
    return Touched(frozenset((Realm.OUTER, key) for key in keys))


def new_township(files: Documents, **values: Any) -> dict[str, Any]:
    """One like the first, with circuits of its own."""
    made = copy.deepcopy(township(files)) | {"number": NEW, "code": f"990001{NEW:03d}", "slug": "t77", "name": "77乡"} | values
    for circuit in made["uplinks"].values():
        circuit["ref"] += "-new"
    return made


def add_township(files: Documents, _: CityPlan) -> Touched:
    county(files)["townships"].insert(0, new_township(files))
    return site("c1/t77")


def remove_township(files: Documents, _: CityPlan) -> Touched:
    county(files)["townships"].remove(township(files))
    return site(TOWN)


def retire_township(files: Documents, _: CityPlan) -> Touched:
    county(files)["townships"].remove(township(files))
    county(files)["retired"] = [1]
    return site(TOWN)


def retire_free_number(files: Documents, _: CityPlan) -> Touched:
    county(files)["retired"] = [200]
    county(files)["retired_agencies"] = [60]
    return Touched()


def rename_township(files: Documents, _: CityPlan) -> Touched:
    township(files).update(name="新名镇", slug="t1-new")
    return site(TOWN, "c1/t1-new")


def move_township(files: Documents, plan: CityPlan) -> Touched:
    moved = new_township(files, code="990002077", profile=township(files)["profile"])
    county(files)["townships"].remove(township(files))
    county(files, min(2, plan.counties))["townships"].append(moved if plan.counties > 1 else moved | {"code": "990001077"})
    return site(TOWN, f"c{min(2, plan.counties)}/t77")


def second_uplink(files: Documents, plan: CityPlan) -> Touched:
    """A township of one uplink gets a second one, or loses it where it has two."""
    town = township(files)
    if "b" in town["uplinks"]:
        del town["uplinks"]["b"]
        town["profile"] = town["profile"].removesuffix("b")
    else:
        town["uplinks"]["b"] = {"via": "mobile", "ref": "W-second", "mbps": 20}
        town["profile"] += "b"
    return site(TOWN)


def other_way(files: Documents, _: CityPlan) -> Touched:
    """A township's circuit arrives at another port of the county."""
    township(files)["uplinks"]["a"].update(via="mobile", vlan=3333)
    return site(TOWN)


def bandwidth(files: Documents, _: CityPlan) -> Touched:
    township(files)["uplinks"]["a"]["mbps"] = 155
    return site(TOWN)


def cost(files: Documents, _: CityPlan) -> Touched:
    township(files)["uplinks"]["a"]["cost"] = 444
    return site(TOWN)


def other_model(files: Documents, _: CityPlan) -> Touched:
    """Another chassis in one township, with the same ports."""
    profile = files["outer/profiles.yaml"]["profiles"][township(files)["profile"]]
    township(files)["devices"] = {"r1": profile["devices"]["r1"] | {"rack": "R9", "survey": "surveyed 2026-03-02 李工"}}
    return site(TOWN)


def add_circuit(files: Documents, _: CityPlan) -> Touched:
    """The county gets a third way to a core."""
    profiles, own = files["outer/profiles.yaml"]["profiles"], county(files)
    profile = profiles["more"] = copy.deepcopy(profiles[own["profile"]])
    profile["uplinks"]["c"] = f"r1 {free_port([profile, own], profile['devices']['r1']['model'], 'r1')}"
    core = files["outer/municipal.yaml"]["municipal"]["devices"]["core1"]["model"]
    own["profile"] = "more"
    own["uplinks"]["c"] = {"to": f"core1 {free_port(files, core, 'core1')}", "carrier": "unicom", "ref": "W-third", "mbps": 100}
    return site("c1")


def add_county_agency(files: Documents, plan: CityPlan) -> Touched:
    number = plan.agencies + 1
    county(files)["agencies"].insert(0, {"number": number, "slug": "office-new", "name": "新局"})
    return Touched(devices=frozenset(f"sm-o-c1-{slug}" for slug in ("r1", "r2", "sw1")))


def remove_county_agency(files: Documents, plan: CityPlan) -> Touched:
    county(files)["agencies"].pop()
    county(files)["retired_agencies"] = [plan.agencies]
    return Touched(devices=frozenset(f"sm-o-c1-{slug}" for slug in ("r1", "r2", "sw1")))


def add_municipal_agency(files: Documents, plan: CityPlan) -> Touched:
    municipal = files["outer/municipal.yaml"]["municipal"]
    port = f"acc1 {free_port(files, municipal['devices']['acc1']['model'], 'acc1')}"
    municipal["agencies"].insert(0, {"number": plan.agencies + 5, "slug": "bureau-new", "name": "市新局", "at": [port]})
    return Touched(devices=frozenset({"sm-o-acc1", "sm-o-agg1", "sm-o-agg2"}))


def add_county(files: Documents, plan: CityPlan) -> Touched:
    number = plan.counties + 1
    made = copy.deepcopy(county(files)) | {"number": number, "code": f"99{number:04d}", "slug": f"c{number}", "name": "新县"}
    for key, circuit in made["uplinks"].items():
        core = circuit["to"].partition(" ")[0]
        model = files["outer/municipal.yaml"]["municipal"]["devices"][core]["model"]
        circuit.update(to=f"{core} {free_port(files, model, core)}", ref=f"W-new-{key}")
    for town in made["townships"]:
        town["code"] = f"99{number:04d}{town['number']:03d}"
        for circuit in town["uplinks"].values():
            circuit["ref"] += "-new"
    files[f"outer/counties/c{number}.yaml"] = {"county": made}
    towns = [f"c{number}/{town['slug']}" for town in made["townships"]]
    return site(f"c{number}", *towns)


def add_user(files: Documents, _: CityPlan) -> Touched:
    """One more party may use a service."""
    files["outer/services.yaml"]["placements"]["exchange"]["users"]["hub"] = ["municipal", "county", TOWN + "/office"]
    return Touched()


def add_server(files: Documents, _: CityPlan) -> Touched:
    """A further server of a service."""
    files["outer/services.yaml"]["placements"]["exchange"]["roles"]["hub"]["hosts"].append(77)
    return Touched()


def add_flow(files: Documents, _: CityPlan) -> Touched:
    flow = {"from": ["bureau1"], "to": "c1/office1", "ports": ["tcp/8080"], "reason": "试验"}
    files.setdefault("outer/flows.yaml", {"flows": {}})["flows"]["added"] = flow
    return Touched()


CHANGES: tuple[Change, ...] = (
    add_township, remove_township, retire_township, retire_free_number, rename_township, move_township, second_uplink, other_way, bandwidth,
    cost, other_model, add_circuit, add_county_agency, remove_county_agency, add_municipal_agency, add_county, add_user, add_server,
    add_flow,
)  # fmt: skip


def free_port(within: Any, model: str, device: str) -> str:
    """A data port of the device that nothing in ``within`` names."""
    used = set(_plugs(within))
    return next(port.name for port in models()[model].ports if port.kind == "data" and f"{device} {port.name}" not in used)


def _plugs(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and "plug" in value:
        yield f"{value.get('device')} {value['plug']}"
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _plugs(item)
    elif isinstance(value, str):
        yield value


# ---------------------------------------------------------------------------------------------------------- who may differ


def related(before: Facts, after: Facts, touched: Touched) -> set[str]:
    """Names of the devices that the change may alter."""
    found = set(touched.devices)
    for facts in (before, after):
        own = {device.name for device in facts.devices if (device.realm, device.site) in touched.sites}
        found |= own | _far_ends(facts, own)
    flows = [{(flow.realm, flow.id): flow for flow in facts.flows} for facts in (before, after)]
    parties = [{party.id: bare(party) for party in facts.parties} for facts in (before, after)]
    changed = {key for key in parties[0].keys() | parties[1].keys() if parties[0].get(key) != parties[1].get(key)}
    for key in flows[0].keys() | flows[1].keys():
        both = [by_key.get(key) for by_key in flows]
        ends = _ends_that_notice(both[0], both[1], changed)
        for facts in (before, after):
            found |= _crossed(facts, ends)
    return found | _ferries(before, after)


def _far_ends(facts: Facts, own: set[str]) -> set[str]:
    cables = [(cable.a.device, cable.b.device) for cable in facts.cables]
    circuits = [(circuit.a.device, circuit.b.device) for circuit in facts.circuits if circuit.b is not None]
    return {far for a, b in (*cables, *circuits) for near, far in ((a, b), (b, a)) if near in own}


def _ends_that_notice(old: Flow | None, new: Flow | None, changed: set[str]) -> set[str]:
    """Parties whose gateways have to know of the change of a flow."""
    if old is None or new is None:
        flow = old or new
        assert flow is not None
        return {flow.to, *flow.sources}
    if bare(replace(old, sources=())) != bare(replace(new, sources=())) or new.to in changed:
        return {old.to, new.to, *old.sources, *new.sources}
    moved = (set(old.sources) ^ set(new.sources)) | (changed & set(new.sources))
    return {new.to, *moved} if moved else set()


def _crossed(facts: Facts, ends: set[str]) -> set[str]:
    """The gateways of parties (among them the firewalls in front of servers), and the egress or the province's router."""
    found: set[str] = set()
    for party in facts.parties:
        if party.id in ends:
            found |= set(party.gateways)
    if "internet" in ends:
        found |= {device.name for device in facts.devices if device.role in (Role.EGRESS_FIREWALL, Role.EXIT_FIREWALL)}
    return found


def _ferries(before: Facts, after: Facts) -> set[str]:
    """Host units of the gatekeepers that move data of a service whose servers changed."""
    hosts = [{(host.service, host.role, host.party, host.address) for host in facts.hosts} for facts in (before, after)]
    services = {service for service, *_ in hosts[0] ^ hosts[1]}
    carried = {channel.id for facts in (before, after) for channel in facts.channels if channel.service in services}
    units = {(item.outer_unit, item.inner_unit) for facts in (before, after) for item in facts.gatekeepers if carried & set(item.channels)}
    return {unit for both in units for unit in both if unit}


class City:
    """A network, and its designs without places."""

    def __init__(self, folder: Path, files: Documents) -> None:
        network = load(write(folder, files))
        self.facts = network.facts
        self.designs = {design.hostname: design for design in network.design.devices}
        self.bare = {name: bare(design) for name, design in self.designs.items()}


def check(before: City, after: City, touched: Touched) -> None:
    may = related(before.facts, after.facts, touched)
    old, new = before.designs, after.designs
    strangers = {}
    for name in sorted((old.keys() | new.keys()) - may):
        if before.bare.get(name) != after.bare.get(name):
            strangers[name] = _difference(old.get(name), new.get(name))
    assert not strangers, strangers
    for name in old.keys() & new.keys():
        addresses = [{item.ref: item.address for item in design.interfaces if item.address} for design in (old[name], new[name])]
        moved = {ref for ref in addresses[0].keys() & addresses[1].keys() if addresses[0][ref] != addresses[1][ref]}
        assert not moved, (name, moved)
        assert old[name].management.address == new[name].management.address
    parties = [{party.id: party.prefixes for party in city.facts.parties} for city in (before, after)]
    assert all(parties[0][key] == parties[1][key] for key in parties[0].keys() & parties[1].keys())


def _difference(old: Any, new: Any) -> list[str]:
    if old is None or new is None:
        return ["came" if old is None else "went"]
    return [item.name for item in fields(old) if bare(getattr(old, item.name)) != bare(getattr(new, item.name))]


# --------------------------------------------------------------------------------------------------------------------- tests

PLANS = (
    CityPlan(counties=2, townships=3, verticals=1, seed=5, exit=True, homing=(True, False)),
    CityPlan(counties=1, townships=2, seed=8, carriers=1, county_routers=1, hosting=False, oob=False, homing=(False, True)),
)


@pytest.fixture(scope="module", params=PLANS, ids=["two-counties", "one-county"])
def city(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[CityPlan, Documents, City]:
    plan: CityPlan = request.param
    files = documents(plan)
    return plan, files, City(tmp_path_factory.mktemp("city"), files)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_only_related_devices_change(city: tuple[CityPlan, Documents, City], change: Change, tmp_path: Path) -> None:
    plan, files, before = city
    files = copy.deepcopy(files)
    touched = change(files, plan)
    check(before, City(tmp_path / "after", files), touched)


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(plan=small_cities().filter(lambda plan: plan.townships > 0), change=st.sampled_from(CHANGES))
def test_only_related_devices_change_in_any_city(plan: CityPlan, change: Change, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("any")
    files = documents(plan)
    before = City(folder, files)
    touched = change(files, plan)
    check(before, City(folder, files), touched)


def test_the_check_notices_a_stranger(city: tuple[CityPlan, Documents, City], tmp_path: Path) -> None:
    plan, files, before = city
    files = copy.deepcopy(files)
    touched = add_township(files, plan)
    files["outer/network.yaml"]["network"]["management"]["banner"] = "Changed."
    with pytest.raises(AssertionError, match="sm-o-acc1"):
        check(before, City(tmp_path / "after", files), touched)


def test_nothing_but_places_is_left_out() -> None:
    device = Device.__dataclass_fields__
    assert bare((Origin("a.yaml", 1, 2), "x", (1,))) == (None, "x", (1,))
    assert "origin" in device
