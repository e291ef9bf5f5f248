"""Allocation: addresses are functions of pool and number, never of order; two allocations never meet; deleted numbers stay deleted."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.city import CityPlan, Documents, documents, small_cities, write
from topology.design import DeviceDesign
from topology.facts import Realm
from topology.network import Network, load
from topology.prefixes import collapse
from topology.problems import InventoryError

PLAN = CityPlan(counties=2, townships=3, verticals=2, seed=11, exit=True, homing=(True, False))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Network:
    return load(write(tmp_path_factory.mktemp("city"), documents(PLAN)))


def reload(folder: Path, change: Callable[[Documents], object]) -> Network:
    files = copy.deepcopy(documents(PLAN))
    change(files)
    return load(write(folder / "changed", files))


def problems(folder: Path, change: Callable[[Documents], object]) -> list[str]:
    with pytest.raises(InventoryError) as caught:
        reload(folder, change)
    return str(caught.value).splitlines()


def outer_county(files: Documents, number: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = files[f"outer/counties/c{number}.yaml"]["county"]
    return found


def municipal(files: Documents) -> dict[str, Any]:
    found: dict[str, Any] = files["outer/municipal.yaml"]["municipal"]
    return found


def device(city: Network, name: str) -> DeviceDesign:
    return next(design for design in city.design.devices if design.hostname == name)


def prefixes(city: Network) -> dict[str, tuple[str, ...]]:
    return {party.id: tuple(map(str, party.prefixes)) for party in city.facts.parties}


# ------------------------------------------------------------------------------------------------------- addresses by number


def test_parties_have_the_prefix_that_follows_from_their_number(city: Network) -> None:
    found = prefixes(city)
    expected = {
        "outer:municipal/bureau3": "172.17.3.0/24",
        "outer:c2/office3": "10.2.3.0/24",
        "outer:c2/node": "10.2.56.0/24",
        "outer:c1/t3/office": "10.1.64.192/27",
        "outer:c1/t3/node": "10.1.64.224/27",
        "outer:municipal/pki": "172.18.3.0/24",
        "inner:municipal/bureau2": "172.17.2.0/24",
        "inner:c1/party-office": "10.1.1.0/24",
        "outer:municipal/bureau1@vertical2": "172.24.128.0/27",
        "outer:c2/office1@vertical2": "172.24.128.64/27",
        "outer:municipal/harbour": "172.17.4.0/24",
    }
    assert {key: found[key] for key in expected} == {key: (value,) for key, value in expected.items()}


def test_links_and_loopbacks_follow_from_numbers(city: Network) -> None:
    def addresses(name: str) -> set[str]:
        return {str(item.address) for item in device(city, name).interfaces if item.address}

    # County c2: uplink a is number 4000 + 4 * 2 of the municipal links, township t3's uplink a number 16 + 4 * 3 of its county's.
    assert str(IPv4Address("172.20.0.0") + 4 * 4008 + 1) + "/30" in addresses("sm-o-c2-r1")
    assert "10.1.224.113/30" in addresses("sm-o-c1-t3-r1")
    assert "10.1.252.22/32" in addresses("sm-o-c1-t3-r1")
    assert "10.2.252.2/32" in addresses("sm-o-c2-r2")


def in_own_pool(city: Network) -> Iterator[tuple[str, IPv4Network]]:
    """Every routed network of every interface, by realm and VRF."""
    for design in city.design.devices:
        for item in design.interfaces:
            if item.address is not None and item.zone != "heartbeat":
                yield f"{design.device.realm}/{item.vrf}", item.address.network


def test_networks_are_equal_or_apart_and_no_address_is_held_twice(city: Network) -> None:
    networks: dict[str, set[IPv4Network]] = {}
    for key, network in in_own_pool(city):
        networks.setdefault(key.replace("MGMT", "None"), set()).add(network)
    for found in networks.values():
        assert not [(a, b) for a, b in pairwise(sorted(found)) if a.overlaps(b)]
    held: dict[tuple[str, str | None, IPv4Address], str] = {}
    for design in city.design.devices:
        for item in design.interfaces:
            if item.address is not None:
                place = (design.device.realm.value, item.vrf, item.address.ip)
                assert held.setdefault(place, design.hostname) == design.hostname, place
                assert item.vrrp is None or item.vrrp.address != item.address.ip


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(plan=small_cities())
def test_no_two_addresses_meet_in_any_city(plan: CityPlan, tmp_path_factory: pytest.TempPathFactory) -> None:
    test_networks_are_equal_or_apart_and_no_address_is_held_twice(load(write(tmp_path_factory.mktemp("any"), documents(plan))))


# ------------------------------------------------------------------------------------------------------------ order and time


def shuffled(value: Any, random: Random) -> Any:
    """The same with every mapping, and every list of sites, in another order."""
    if isinstance(value, dict):
        items = [(key, shuffled(item, random)) for key, item in value.items()]
        random.shuffle(items)
        return dict(items)
    if isinstance(value, list) and value and isinstance(value[0], dict) and "slug" in value[0]:
        items = [shuffled(item, random) for item in value]
        random.shuffle(items)
        return items
    return value


def test_the_order_of_entries_decides_no_address(city: Network, tmp_path: Path) -> None:
    files = {name: shuffled(content, Random(4)) for name, content in documents(PLAN).items()}
    other = load(write(tmp_path / "city", files))
    assert {key: set(found) for key, found in prefixes(other).items()} == {key: set(found) for key, found in prefixes(city).items()}
    for design in city.design.devices:
        changed = device(other, design.hostname)
        assert {item.ref: item.address for item in changed.interfaces} == {item.ref: item.address for item in design.interfaces}
        assert {(item.name, item.number) for item in changed.filters} == {(item.name, item.number) for item in design.filters}
        assert {vlan.id for vlan in changed.vlans} == {vlan.id for vlan in design.vlans}


def test_equal_files_give_equal_networks_whatever_the_hash_seed(tmp_path: Path) -> None:
    folder = write(tmp_path / "city", documents(PLAN))
    code = (
        "import sys, hashlib; from pathlib import Path; from topology.network import load; "
        "city = load(Path(sys.argv[1])); print(hashlib.sha256(repr((city.facts, city.design.devices)).encode()).hexdigest())"
    )
    environment = [os.environ | {"PYTHONHASHSEED": seed} for seed in ("1", "2")]
    found = [subprocess.run([sys.executable, "-c", code, folder], env=env, capture_output=True, check=True).stdout for env in environment]
    assert found[0] == found[1]


# ------------------------------------------------------------------------------------------------------- pins and collisions


def test_a_pin_overrides_and_moves_nobody(city: Network, tmp_path: Path) -> None:
    def pin(files: Documents) -> None:
        municipal(files)["agencies"][1]["prefix"] = "172.17.200.0/23"
        outer_county(files)["townships"][0]["prefix"] = "10.1.100.0/26"
        municipal(files)["zones"]["pki"]["prefix"] = "172.18.77.0/24"

    changed = prefixes(reload(tmp_path, pin))
    pinned = {
        "outer:municipal/bureau2": ("172.17.200.0/23",),
        "outer:c1/t1/office": ("10.1.100.0/27",),
        "outer:c1/t1/node": ("10.1.100.32/27",),
        "outer:municipal/pki": ("172.18.77.0/24",),
    }
    assert changed == prefixes(city) | pinned


def test_a_legacy_range_stands_beside_the_new_one(tmp_path: Path) -> None:
    def legacy(files: Documents) -> None:
        municipal(files)["agencies"][1]["legacy"] = "192.168.40.0/22"

    city = reload(tmp_path, legacy)
    assert prefixes(city)["outer:municipal/bureau2"] == ("172.17.2.0/24", "192.168.40.0/22")
    for name in ("sm-o-agg1", "sm-o-agg2"):
        assert any(str(route.prefix) == "192.168.40.0/22" and str(route.next_hop) == "172.17.2.254" for route in device(city, name).statics)


def set_in(path: str, value: Any) -> Callable[[Documents], None]:
    """``file|key|key`` -> value."""

    def change(files: Documents) -> None:
        name, *keys, last = path.split("|")
        owner = files[name]
        for key in keys:
            owner = owner[int(key) if key.isdecimal() and isinstance(owner, list) else key]
        owner[int(last) if last.isdecimal() and isinstance(owner, list) else last] = value

    return change


COUNTY, CENTRE = "outer/counties/c1.yaml", "outer/municipal.yaml"


@pytest.mark.parametrize(
    ("path", "value", "file", "message"),
    [
        (f"{CENTRE}|municipal|agencies|1|prefix", "172.17.3.0/24", CENTRE, "overlaps 172.17.3.0/24"),
        (f"{CENTRE}|municipal|agencies|1|legacy", "172.18.0.0/16", CENTRE, "overlaps"),
        (f"{COUNTY}|county|townships|1|prefix", "10.1.64.64/26", COUNTY, "overlaps 10.1.64.64/27"),
        (f"{COUNTY}|county|agencies|1|prefix", "172.17.1.128/25", CENTRE, "overlaps 172.17.1.128/25"),
        (f"{COUNTY}|county|townships|1|number", 1, COUNTY, "'t2' is also that of 't1'"),
        (f"{COUNTY}|county|agencies|1|number", 1, COUNTY, "overlaps 10.1.1.0/24"),
        (f"{COUNTY}|county|number", 2, "outer/counties/c2.yaml", "is also that of"),
        (f"{COUNTY}|county|retired", [2], COUNTY, "the number 2 is retired"),
        (f"{COUNTY}|county|retired_agencies", [2], COUNTY, "the number 2 is retired"),
        (f"{CENTRE}|municipal|agencies|0|number", 254, None, None),
        ("outer/network.yaml|pools|county|prefix", "10.0.0.0/15", COUNTY.replace("c1", "c2"), "is too small"),
        ("outer/network.yaml|pools|county_layout|township|each", 19, COUNTY, "is too small"),
        ("outer/network.yaml|pools|township_layout|lan", 26, COUNTY, "no part number 1"),
        (f"{CENTRE}|municipal|segments|egress-inside|prefix", "172.16.16.0/30", CENTRE, "is too small"),
    ],
)
def test_a_collision_names_both_sides_at_the_place_of_one(
    path: str, value: Any, file: str | None, message: str | None, tmp_path: Path
) -> None:
    if message is None:
        reload(tmp_path, set_in(path, value))
        return
    found = problems(tmp_path, set_in(path, value))
    assert any(line.startswith(f"{file}:") and message in line for line in found), found
    if "overlaps" in message or "is also that of" in message:
        assert all(line.count(".yaml:") >= 2 for line in found if message in line)


# ------------------------------------------------------------------------------------------------------------ sets of prefixes


@given(st.lists(st.tuples(st.integers(0, 255), st.integers(24, 32)), max_size=12))
def test_collapse_holds_the_same_addresses_in_fewer_prefixes(drawn: list[tuple[int, int]]) -> None:
    given_prefixes = [IPv4Network((f"10.0.0.{last}", length), strict=False) for last, length in drawn]
    found = collapse(given_prefixes)
    assert {address for prefix in found for address in prefix} == {address for prefix in given_prefixes for address in prefix}
    assert list(found) == sorted(found)
    assert len(found) <= len(given_prefixes)
    assert not [(a, b) for a, b in pairwise(found) if a.overlaps(b)]


def test_a_realm_is_no_party_of_the_other(city: Network) -> None:
    """INNER uses OUTER's addresses, and nothing of it collides."""
    own = {realm: {prefix for party in city.facts.parties if party.realm is realm for prefix in party.prefixes} for realm in Realm}
    assert own[Realm.INNER] & own[Realm.OUTER]
