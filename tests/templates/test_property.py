"""Cities at random on every platform: each device renders, or is refused with a reason; its text says nothing that its model does not;
and whatever platforms default differently is written out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cache
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from templates.engine import Rendered, Renderer
from templates.features import refusals
from templates.platforms import Platforms
from tests.city import CityPlan, small_cities, write_city
from topology.design import DeviceDesign, OspfProcess
from topology.facts import Role
from topology.network import Network, load

PLATFORMS = Platforms()
RENDERER = Renderer(PLATFORMS)
ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
DEVICE_NAME = re.compile(r"\bsm-[oig]-[a-z0-9-]+")
VLAN = re.compile(r"(?i)\b(?:vlan(?:if|-interface)?(?:[ -](?:batch|id|add|vid))?|dot1q(?: termination vid)?)[ ]?((?:\d+(?: to |[-, ])?)+)")
WELL_KNOWN = {"0.0.0.0", "255.255.255.255", "127.0.0.1", "224.0.0.5", "224.0.0.6", "224.0.0.18"}  # noqa: S104 - text, not a socket


def ways(design: DeviceDesign) -> Iterator[str | None]:
    """The platforms to render a device for: its own, and Linux in its place where it routes or filters."""
    yield None
    if design.device.routes and design.device.platform != "frr":
        yield "frr"


def rendered(city: Network) -> Iterator[tuple[DeviceDesign, Rendered]]:
    """Everything of the city that its platforms can do; what they cannot is refused with a reason and a way out."""
    for design in city.design.devices:
        for platform in ways(design):
            refused = refusals(design, PLATFORMS.of(design, platform))
            for problem in refused:
                for lang in ("zh", "en"):
                    assert design.hostname in problem.render(lang)
                assert problem.hint is not None
            if not refused:
                yield design, RENDERER.render(design, platform)


# --------------------------------------------------------------------------------------------------------- what a model holds


def values(value: Any) -> Iterator[Any]:
    """Every leaf of a design but the places."""
    if is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            if item.name != "origin":
                yield from values(getattr(value, item.name))
    elif isinstance(value, tuple) and not hasattr(value, "_fields"):
        for item in value:
            yield from values(item)
    else:
        yield value


class Known:
    """What may stand in the text of a device: the addresses, VLANs and device names of its design."""

    def __init__(self, design: DeviceDesign) -> None:
        self.design = design
        leaves = set(values(design))
        texts = [leaf for leaf in leaves if isinstance(leaf, str)]
        self.addresses = set(WELL_KNOWN)
        for leaf in leaves:
            if isinstance(leaf, IPv4Interface):
                self.addresses |= {str(leaf.ip), *_forms(leaf.network)}
            elif isinstance(leaf, IPv4Network):
                self.addresses |= _forms(leaf)
            elif isinstance(leaf, IPv4Address):
                self.addresses.add(str(leaf))
        self.addresses |= {address for text in texts for address in ADDRESS.findall(text)}
        self.addresses |= {str(IPv4Address(area.number)) for process in design.ospf for area in process.areas}
        self.vlans = {1, *(vlan.id for vlan in design.vlans)}
        for item in design.interfaces:
            self.vlans |= {item.ref.number, *(item.l2.vlans if item.l2 else ())}
        self.vlans |= {int(number) for text in texts for number in re.findall(r"vlan(\d+)", text)}
        self.names = {name for text in texts for name in DEVICE_NAME.findall(text)}

    def check(self, of: Rendered) -> None:
        for file in of.files:
            assert file.text.endswith("\n")
            assert "None" not in file.text
            strangers = set(ADDRESS.findall(file.text)) - self.addresses
            strangers |= set(DEVICE_NAME.findall(file.text)) - self.names
            strangers |= {f"vlan {number}" for number in set(said_vlans(file.text)) - self.vlans}
            assert not strangers, (self.design.hostname, of.platform, file.name, strangers)


@cache
def _forms(network: IPv4Network) -> frozenset[str]:
    """A prefix as its first address, mask and wildcard, and as first and last address."""
    return frozenset(map(str, (network.network_address, network.netmask, network.hostmask, network.broadcast_address)))


def said_vlans(text: str) -> Iterator[int]:
    for found in VLAN.findall(text):
        for first, last in re.findall(r"(\d+)(?:(?: to |-)(\d+))?", found):
            yield from range(int(first), int(last or first) + 1)


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(plan=small_cities())
def test_any_city_renders_and_says_only_what_its_model_holds(plan: CityPlan, tmp_path_factory: pytest.TempPathFactory) -> None:
    city = load(write_city(tmp_path_factory.mktemp("city"), plan))
    last = None
    for design, result in rendered(city):
        if last is None or last.design is not design:
            last = Known(design)
        last.check(result)
    assert last is not None


def test_the_check_notices_a_stranger(city: Network) -> None:
    design = next(design for design in city.design.devices if design.device.role is Role.CORE)
    for addition in ("ip address 9.9.9.9 255.255.255.0", "description to sm-o-nobody", "vlan batch 77 to 79", " vlan-type dot1q 77"):
        result = RENDERER.render(design)
        file = result.files[0]
        tampered = Rendered(result.device, result.platform, (type(file)(file.name, file.text + addition + "\n", file.lines),))
        with pytest.raises(AssertionError):
            Known(design).check(tampered)


# --------------------------------------------------------------------------- what platforms default differently is written out


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Network:
    plan = CityPlan(counties=2, townships=2, verticals=1, seed=3, picks={"core": 1})
    return load(write_city(tmp_path_factory.mktemp("city"), plan))


EXPLICIT = {
    "huawei_vrp": {
        "OSPF preference": "preference 10",
        "external preference": "preference ase 150",
        "maximum paths": "maximum load-balancing 4",
        "reference bandwidth": "bandwidth-reference 100000",
        "SPF timer": "spf-schedule-interval intelligent-timer 5000 50 200",
        "cost": "ospf cost {cost}",
        "network type": "ospf network-type p2p",
        "hello": "ospf timer hello 10",
        "dead": "ospf timer dead 40",
        "static preference": "preference 60",
        "discard preference": "NULL0 preference 254",
        "VRRP priority": "vrrp vrid 1 priority 120",
        "VRRP delay": "vrrp vrid 1 preempt-mode timer delay 60",
    },
    "h3c_comware": {
        "OSPF preference": "preference 10",
        "external preference": "preference ase 150",
        "maximum paths": "maximum load-balancing 4",
        "reference bandwidth": "bandwidth-reference 100000",
        "SPF timer": "spf-schedule-interval",
        "cost": "ospf cost {cost}",
        "network type": "ospf network-type p2p",
        "hello": "ospf timer hello 10",
        "dead": "ospf timer dead 40",
        "static preference": "preference 60",
        "discard preference": "NULL0 preference 254",
        "VRRP priority": "vrrp vrid 1 priority 120",
        "VRRP delay": "vrrp vrid 1 preempt-mode delay",
    },
    "cisco_ios": {
        "OSPF preference": "distance ospf intra-area 10 inter-area 10 external 150",
        "maximum paths": "maximum-paths 4",
        "reference bandwidth": "auto-cost reference-bandwidth 100000",
        "SPF timer": "timers throttle spf 50 200 5000",
        "cost": "ip ospf cost {cost}",
        "network type": "ip ospf network point-to-point",
        "hello": "ip ospf hello-interval 10",
        "dead": "ip ospf dead-interval 40",
        "static preference": " 60 name",
        "discard preference": "Null0 254",
        "VRRP priority": "priority 120",
        "VRRP delay": "preempt delay minimum 60",
    },
    "frr": {
        "OSPF preference": "distance ospf intra-area 10 inter-area 10 external 150",
        "maximum paths": "maximum-paths 4",
        "reference bandwidth": "auto-cost reference-bandwidth 100000",
        "SPF timer": "timers throttle spf 50 200 5000",
        "cost": "ip ospf cost {cost}",
        "network type": "ip ospf network point-to-point",
        "hello": "ip ospf hello-interval 10",
        "dead": "ip ospf dead-interval 40",
        "static preference": " 60",
        "discard preference": "254",
        "VRRP priority": "vrrp 1 priority 120",
    },
}
BGP = {
    "huawei_vrp": ("preference 20 200 200", "timer keepalive 30 hold 90", "maximum load-balancing"),
    "h3c_comware": ("preference 20 200 200", "timer keepalive 30 hold 90", "balance"),
    "cisco_ios": ("distance bgp 20 200 200", "timers bgp 30 90", "maximum-paths"),
    "frr": ("distance bgp 20 200 200", "timers bgp 30 90", "maximum-paths"),
}


def texts(city: Network, platform: str) -> Iterator[tuple[DeviceDesign, str]]:
    """Devices as a platform prints them, each rendered as if it were of that platform and without what it refuses."""
    for design in city.design.devices:
        if design.device.platform == platform and not refusals(design, PLATFORMS.of(design)):
            yield design, "\n".join(file.text for file in RENDERER.render(design).files)


@pytest.fixture(scope="module", params=sorted(EXPLICIT))
def platform_city(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Network]:
    """A city that is of one platform wherever that makes such chassis."""
    plan = CityPlan(counties=1, townships=1, platform=request.param, inner=False, agencies=2)
    return request.param, load(write_city(tmp_path_factory.mktemp(request.param), plan))


def test_preferences_costs_types_paths_and_timers_are_written_out(platform_city: tuple[str, Network]) -> None:
    platform, city = platform_city
    found = dict(texts(city, platform))
    table = EXPLICIT[platform]
    asked = set()
    for design, text in found.items():
        for what, line in expected(design, table):
            assert line in text, (design.hostname, design.device.model.name, what, line)
            asked.add(what)
    unasked = set(table) - asked
    assert unasked <= ({"VRRP priority", "VRRP delay"} if platform == "frr" else set()), unasked


def expected(design: DeviceDesign, table: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The lines that a design asks for, of the table of its platform."""
    processes: tuple[OspfProcess, ...] = design.ospf
    if processes:
        for what in ("OSPF preference", "external preference", "maximum paths", "reference bandwidth", "SPF timer"):
            if what in table:
                yield what, table[what]
    for item in design.interfaces:
        if item.ospf is not None and not item.ospf.passive:
            for what in ("cost", "network type", "hello", "dead"):
                yield what, table[what].format(cost=item.ospf.cost)
        if item.vrrp is not None and item.vrrp.priority == 120 and item.vrrp.group == 1:
            for what in ("VRRP priority", "VRRP delay"):
                if what in table:
                    yield what, table[what]
    for route in design.statics:
        if route.next_hop is None:
            yield "discard preference", table["discard preference"]
        elif route.preference == 60:
            yield "static preference", table["static preference"]


def test_bgp_preferences_timers_and_paths_are_written_out(platform_city: tuple[str, Network]) -> None:
    platform, city = platform_city
    seen = 0
    for design, text in texts(city, platform):
        if design.bgp is not None:
            for line in BGP[platform]:
                assert line in text, (design.hostname, line)
            seen += 1
    assert seen
