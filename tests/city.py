"""Cities that nobody drew: a generator for property tests (small, of every platform) and for benchmarks (up to 100,000 devices).

``documents(CityPlan(…))`` is the inventory as plain values, file by file, so that a test can change one thing and write it again.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import yaml
from hypothesis import strategies as st

from topology.catalogue import load_models
from topology.facts import Model
from topology.problems import Problem

Documents: TypeAlias = dict[str, Any]
"""File name -> what stands in it."""

ROUTERS = ("huawei_vrp", "h3c_comware", "cisco_ios", "frr")
SWITCHES = ("huawei_vrp", "h3c_comware", "cisco_ios")
FIREWALLS = ("huawei_usg", "h3c_secpath", "frr")
SLOTS = (
    "core", "aggregation", "access", "noc", "oob", "border-router-1", "border-router-2", "border-switch", "egress-firewall", "dmz-switch",
    "hosting-firewall", "hosting-switch", "exit-firewall", "county-router-0", "county-router-1", "distribution-0", "distribution-1",
    "township-router-0", "township-router-1", "township-access-0", "township-access-1", "inner-core", "inner-access", "inner-hosting",
    "inner-noc", "inner-county-router",
)  # fmt: skip
"""What a model is chosen for."""

UPLINKS_OF_FIRST_CORES, UPLINKS_OF_CORES = 20, 38
MOST_TOWNSHIPS = 250
VERTICAL_SERVICES = ("social-insurance", "tax", "family-planning")


@dataclass(frozen=True, slots=True)
class CityPlan:
    """How a city is made. Equal plans give equal files.

    ``picks`` chooses the model of a slot by its place in the list of those that fit; every other slot is chosen by ``seed``, from
    ``platform`` where that has a model that fits.
    """

    counties: int = 1
    townships: int = 2  # of each county
    agencies: int = 3  # of each county, and as many at city level
    seed: int = 0
    picks: Mapping[str, int] = field(default_factory=dict)
    platform: str | None = None
    homing: tuple[bool, ...] = (True, True, True, True, False)  # whether township n has two uplinks: entry n modulo the length
    county_routers: int = 2
    carriers: int = 2
    province: bool = True
    oob: bool = True
    hosting: bool = True  # servers behind a firewall pair of their own, else behind the egress
    verticals: int = 0  # VRFs across all counties
    exit: bool = False
    inner: bool = True
    gatekeepers: int = 1
    flows: tuple[tuple[str, str, str], ...] = ()  # from, to, port: declared one by one


def write_city(folder: Path, plan: CityPlan | None = None, **values: Any) -> Path:
    """The city of ``plan`` (or of ``CityPlan(**values)``) as YAML files below ``folder``."""
    return write(folder, documents(plan or CityPlan(**values)))


def write(folder: Path, files: Documents) -> Path:
    """``files`` below ``folder``, and nothing else there."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, document in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            yaml.dump(document, file, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=200)
    return folder


class _Dumper(yaml.CSafeDumper):
    """Without anchors: the loader counts aliases as an attack."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


@cache
def models() -> dict[str, Model]:
    problems: list[Problem] = []
    found = load_models(problems)
    assert not problems
    return found


class _Chassis:
    """A device whose data ports are given out one after the other; ``last`` takes from the other end."""

    def __init__(self, slug: str, model: str, role: str, number: int, **more: Any) -> None:
        self.slug, self.model = slug, models()[model]
        self.intent = {"model": model, "role": role, "number": number, **more}
        self._free = [port.name for port in self.model.ports if port.kind == "data"]

    def port(self) -> str:
        return self._free.pop(0)

    def last(self) -> str:
        return self._free.pop()

    def plug(self) -> str:
        return f"{self.slug} {self.port()}"

    def plugs(self, count: int) -> list[str]:
        return [self.plug() for _ in range(count)]

    @property
    def socket(self) -> str | None:
        return next((port.name for port in self.model.ports if port.kind == "management"), None)


class _Site:
    """Chassis and cables of one place."""

    def __init__(self, maker: _Maker) -> None:
        self.maker = maker
        self.chassis: dict[str, _Chassis] = {}
        self.cables: list[dict[str, Any]] = []
        self._link = 0

    def add(self, slug: str, slot: str, platforms: tuple[str, ...], role: str, ports: int, **more: Any) -> _Chassis:
        """``slot``: routers and firewalls may not be switches, and the other way round."""
        model = self.maker.model(slot, platforms, ports, switching=platforms is SWITCHES)
        if model.socket_wanted and more.get("management") is None and self.maker.oob_for(role):
            more["management"] = "oob"
        made = self.chassis[slug] = _Chassis(slug, model.name, role, len(self.chassis) + 1, **more)
        return made

    def cable(self, a: _Chassis, b: _Chassis, use: str, **more: Any) -> None:
        self.cables.append({"a": a.plug(), "b": b.plug(), "use": use, **more})

    def routed(self, a: _Chassis, b: _Chassis, **more: Any) -> None:
        self._link += 1
        self.cable(a, b, "routed", number=self._link, **more)

    def devices(self) -> dict[str, Any]:
        return {slug: chassis.intent for slug, chassis in self.chassis.items()}


@dataclass(frozen=True, slots=True)
class _Choice:
    name: str
    socket_wanted: bool


class _Maker:
    """One city in the making."""

    def __init__(self, plan: CityPlan) -> None:
        self.plan = plan
        self.circuits = 0

    def model(self, slot: str, platforms: tuple[str, ...], ports: int, *, switching: bool) -> _Choice:
        fitting = [
            model
            for model in models().values()
            if model.platform in platforms and model.switching is switching and sum(port.kind == "data" for port in model.ports) >= ports
        ]
        preferred = [model for model in fitting if model.platform == self.plan.platform] or fitting
        index = self.plan.picks.get(slot)
        chosen = Random(f"{self.plan.seed}/{slot}").choice(preferred) if index is None else preferred[index % len(preferred)]
        return _Choice(chosen.name, any(port.kind == "management" for port in chosen.ports))

    def oob_for(self, role: str) -> bool:
        """Whether a municipal device with a management socket uses it: those of the centre do, of the Internet's side none."""
        return self.plan.oob and role in ("core", "aggregation", "hosting-switch")

    def circuit(self, mbps: int, carrier: str | None = None, *, inner: bool = False, **more: Any) -> dict[str, Any]:
        self.circuits += 1
        found: dict[str, Any] = {**more}
        if carrier is not None:
            found["carrier"] = carrier
        found |= {"ref": f"{'N' if inner else 'W'}-{self.circuits:06d}", "mbps": mbps}
        if inner:
            found |= {"medium": "timeslot", "separation": "timeslot", "encryption": "链路密码机"}
        return found

    def documents(self) -> Documents:
        files: Documents = {"city.yaml": self._city(), "approvals.yaml": {"approvals": self._approvals()}}
        outer = _Outer(self)
        files |= outer.documents()
        if self.plan.inner:
            inner = _Inner(self)
            files |= inner.documents()
        if self.plan.inner and self.plan.gatekeepers:
            files["gatekeeper/gatekeepers.yaml"] = {
                "gatekeepers": {
                    f"gk{number}": {
                        "number": number,
                        "name": f"{number}号网闸",
                        "enclosure": f"gk{number}",
                        "mode": "standby",
                        **({"peer": f"gk{3 - number}"} if self.plan.gatekeepers == 2 else {}),
                        "outer": self._unit(number, outer.hosting),
                        "inner": self._unit(number, inner.hosting),
                    }
                    for number in range(1, self.plan.gatekeepers + 1)
                },
                "channels": {
                    f"exchange-{way}": {
                        "number": number, "gatekeeper": "gk1", "owner": "info-center", "service": "exchange", "channel": f"exchange-{way}",
                        "approval": "channel", "allow": [pattern],
                    }
                    for number, way, pattern in ((1, "in", "table.one"), (2, "out", "*.xml"))
                },
            }  # fmt: skip
        return files

    @staticmethod
    def _unit(number: int, switch: _Chassis) -> dict[str, Any]:
        return {
            "model": "linux-host-unit", "number": 200 + number, "zone": "gap", "host": 10 + number, "port": "eth0", "arc": "eth1",
            "to": f"{switch.slug} {switch.last()}",
        }  # fmt: skip

    def _city(self) -> dict[str, Any]:
        return {
            "city": {"slug": "sample", "name": {"zh": "样例市", "en": "Sample City"}, "code": "990000", "prefix": "sm"},
            "organisations": {"info-center": {"name": {"zh": "市信息中心", "en": "Information Centre"}, "role": "operator"}},
            "policy": {
                "shared_transport": ["wavelength", "timeslot"],
                "phases": {"1": {"due": date(2026, 6, 30)}, "2": {"due": date(2028, 12, 31)}},
                "plan_year": 2006,
                "internet": ["tcp/80", "tcp/443"],
            },
        }  # fmt: skip

    def _approvals(self) -> dict[str, Any]:
        common = {"by": "info-center", "granted": date(2026, 1, 1), "expires": date(2029, 1, 1)}
        return {
            "channel": {"kind": "channel", "reference": "样审〔2026〕1号", **common},
            "exit": {"kind": "retained-exit", "reference": "样审〔2026〕2号", **common},
        }


class _Outer:
    """`outer/`."""

    def __init__(self, maker: _Maker) -> None:
        self.maker, self.plan = maker, maker.plan
        plan = self.plan
        site = self.site = _Site(maker)
        pairs = 1 + max(0, -(-(plan.counties - UPLINKS_OF_FIRST_CORES) // UPLINKS_OF_CORES))
        need = plan.counties + 7 if pairs == 1 else 44
        # What shares a small segment comes first: its host number there follows from the device's number.
        self.routers = [site.add(f"br{n}", f"border-router-{n}", ROUTERS, "border-router", 3) for n in range(1, plan.carriers + 1)]
        self.border = site.add("bsw1", "border-switch", SWITCHES, "border-switch", 12)
        self.egress = [site.add(f"efw{n}", "egress-firewall", FIREWALLS, "egress-firewall", 4) for n in (1, 2)]
        self.dmz = site.add("dmz1", "dmz-switch", SWITCHES, "dmz-switch", 12)
        self.pair = self.egress
        self.hosting = self.dmz
        if plan.hosting:
            self.pair = [site.add(f"hfw{n}", "hosting-firewall", FIREWALLS, "hosting-firewall", 3) for n in (1, 2)]
            self.hosting = site.add("hsw1", "hosting-switch", SWITCHES, "hosting-switch", 12)
        self.aggregation = [site.add(f"agg{n}", "aggregation", SWITCHES, "aggregation", 24) for n in (1, 2)]
        self.noc = site.add("noc1", "noc", SWITCHES, "noc", 24)
        self.cores = [site.add(f"core{n}", "core", ROUTERS, "core", need) for n in range(1, 2 * pairs + 1)]
        self.access = [
            site.add(f"acc{n}", "access", SWITCHES, "access", 12) for n in range(1, 2 + (plan.agencies + plan.verticals + plan.exit) // 9)
        ]
        self.exit = site.add("xfw1", "exit-firewall", FIREWALLS, "exit-firewall", 3) if plan.exit else None
        self._cables()

    def _cables(self) -> None:
        site = self.site
        first, second = self.cores[:2]
        for n, core in enumerate(self.cores[1:], 1):
            for hub in (first, second)[: 1 if n == 1 else 2]:
                site.routed(hub, core, vrfs=True)
        for core in (first, second):
            for aggregation in self.aggregation:
                site.routed(core, aggregation, vrfs=True)
            site.routed(core, self.noc)
        for lag in (1, 1):
            site.cable(self.aggregation[0], self.aggregation[1], "trunk", lag=lag)
        for switch in self.access:
            for aggregation in self.aggregation:
                site.cable(aggregation, switch, "trunk")
        self._pair(self.egress, [self.border, self.dmz])
        for router in self.routers:
            site.cable(router, self.border, "trunk")
        if self.plan.hosting:
            self._pair(self.pair, [self.hosting])
        if self.plan.oob:
            switch = site.add("oob1", "oob", SWITCHES, "oob", 24)
            site.cable(self.noc, switch, "trunk")
            for chassis in site.chassis.values():
                if chassis.intent.get("management") == "oob":
                    site.cables.append({"a": f"{chassis.slug} {chassis.socket}", "b": switch.plug(), "use": "management"})

    def _pair(self, pair: list[_Chassis], switches: list[_Chassis]) -> None:
        for firewall, aggregation in zip(pair, self.aggregation, strict=True):
            self.site.cable(aggregation, firewall, "trunk")
            for switch in switches:
                self.site.cable(firewall, switch, "trunk")
        self.site.cable(pair[0], pair[1], "heartbeat")

    def documents(self) -> Documents:
        files: Documents = {"outer/profiles.yaml": {"profiles": dict(self._profiles())}}
        counties = [self._county(number) for number in range(1, self.plan.counties + 1)]
        files |= {f"outer/counties/{county['slug']}.yaml": {"county": county} for county in counties}
        files["outer/network.yaml"] = self._network()
        files["outer/municipal.yaml"] = {"municipal": self._municipal()}
        files["outer/services.yaml"] = {"placements": _placements("dmz-web")}
        if self.plan.verticals:
            files["outer/verticals.yaml"] = {"verticals": dict(self._verticals())}
        if self.plan.flows:
            files["outer/flows.yaml"] = {
                "flows": {
                    f"extra-{number}": {"from": [source], "to": to, "ports": [port], "reason": "试验"}
                    for number, (source, to, port) in enumerate(self.plan.flows, 1)
                }
            }
        return files

    def _network(self) -> dict[str, Any]:
        province = {
            "kind": "province", "name": "省网", "asn": 64610, "accepts": ["172.24.0.0/14"], "announces": ["172.17.0.0/16", "172.18.0.0/16"],
            "link_prefix": "172.30.255.0/28",
            "links": {"a": {"number": 1, "device": "core1", "plug": self.cores[0].port(), "uplink": self.maker.circuit(1000, "telecom")}},
        }  # fmt: skip
        peers = {"province": province} if self.plan.province else {}
        for number in range(1, self.plan.carriers + 1 + self.plan.exit):
            peers[f"isp{number}"] = {
                "kind": "isp", "name": f"运营商{number}", "asn": 64495 + number, "accepts": ["0.0.0.0/0"],
                "link_prefix": f"192.0.2.{16 * number}/28",
            }  # fmt: skip
        return {"network": _network_section("样例市政务外网", 64500), "pools": _pools(), "peers": peers}

    def _municipal(self) -> dict[str, Any]:
        plan = self.plan
        gateways = [chassis.slug for chassis in self.aggregation]
        found: dict[str, Any] = {
            "slug": "municipal", "name": {"zh": "市级中心", "en": "Municipal centre"}, "code": "990000", "gateways": gateways,
            "cores": ["core1", "core2"], "noc": ["noc1"], "management_vlan": 900, "management_gateways": gateways,
            **({"oob_vlan": 950} if plan.oob else {}), "segments": dict(self._segments()), "zones": dict(self._zones()),
            "pairs": {
                "efw": {
                    "number": 1, "active": "efw1", "standby": "efw2", "inside": "egress-inside", "border_management": "border-management",
                }
            },
            "egress": {"pair": "efw", "carriers": dict(self._carriers())},
        }  # fmt: skip
        if plan.hosting:
            found["pairs"]["hfw"] = {"number": 2, "active": "hfw1", "standby": "hfw2", "inside": "hosting-inside"}
        found["agencies"] = list(self._agencies())
        found["exits"] = self._exits()
        return {**found, "devices": self.site.devices(), "cables": self.site.cables}

    def _segments(self) -> Iterator[tuple[str, Any]]:
        gateways = [chassis.slug for chassis in self.aggregation]
        egress = [chassis.slug for chassis in self.egress]
        yield "egress-inside", {"number": 1, "vlan": 801, "members": [*gateways, *egress], "gateways": gateways}
        for number, router in enumerate(self.routers, 1):
            yield f"outside-{number}", {
                "number": 10 + number, "vlan": 900 + number, "members": [router.slug, *egress, "bsw1"], "gateways": [router.slug],
                "prefix": f"198.51.{100 + number}.0/27",
            }  # fmt: skip
        routers = [router.slug for router in self.routers]
        yield "border-management", {"number": 3, "vlan": 910, "members": [*egress, *routers, "bsw1"], "gateways": egress}
        yield "dmz-management", {"number": 4, "vlan": 911, "members": [*egress, "dmz1"], "gateways": egress}
        if self.plan.hosting:
            pair = [chassis.slug for chassis in self.pair]
            yield "hosting-inside", {"number": 2, "vlan": 802, "members": [*gateways, *pair], "gateways": gateways}
            if self.hosting.intent.get("management") != "oob":
                yield "hosting-management", {"number": 5, "vlan": 912, "members": [*pair, "hsw1"], "gateways": pair}

    def _zones(self) -> Iterator[tuple[str, Any]]:
        behind = {"behind": "hfw" if self.plan.hosting else "efw"}
        zones: tuple[tuple[str, str, _Chassis, dict[str, Any]], ...] = (
            ("exchange", "exchange", self.hosting, behind),
            ("gap", "exchange", self.hosting, behind),
            ("pki", "pki", self.hosting, behind),
            ("dmz-web", "public", self.dmz, {"behind": "efw"}),
            ("noc-servers", "management", self.noc, {"gateways": ["noc1"]}),
            ("noc-ops", "operators", self.noc, {"gateways": ["noc1"]}),
        )
        for number, (slug, kind, where, how) in enumerate(zones, 1):
            ports = [where.plug()]
            yield slug, {"number": number, "name": f"分区{number}", "kind": kind, "vlan": 600 + number, **how, "at": ports}

    def _carriers(self) -> Iterator[tuple[str, Any]]:
        for number, router in enumerate(self.routers, 1):
            yield f"carrier{number}", {
                "number": number, "name": f"运营商{number}", "peer": f"isp{number}", "router": router.slug, "plug": router.plug(),
                "uplink": self.maker.circuit(500, "telecom"), "segment": f"outside-{number}", "block": f"198.51.{100 + number}.0/24",
                "translated": f"198.51.{100 + number}.128/25", "pool": [64, 95], "preference": 60 + number,
            }  # fmt: skip

    def _agencies(self) -> Iterator[dict[str, Any]]:
        for number in range(1, self.plan.agencies + 1):
            switch = self.access[number % len(self.access)]
            yield {"number": number, "slug": f"bureau{number}", "name": f"市{number}局", "at": [switch.plug()], "internet": number % 4 != 0}
        if self.exit is not None:
            port = self.access[0].plug()
            self.exit_ports = [self.exit.port() for _ in range(3)]
            self.site.cables.append({"a": f"xfw1 {self.exit_ports[1]}", "b": port, "use": "access"})
            yield {"number": self.plan.agencies + 1, "slug": "harbour", "name": "市口岸局", "at": [port], "internet": False}

    def _exits(self) -> dict[str, Any]:
        if self.exit is None:
            return {}
        lan, outer, internet = self.exit_ports
        return {
            "harbour": {
                "number": 1, "agency": "harbour", "device": "xfw1", "lan": lan, "outer": outer, "internet": internet,
                "peer": f"isp{self.plan.carriers + 1}", "uplink": self.maker.circuit(50, "telecom"), "approval": "exit",
            }
        }  # fmt: skip

    def _verticals(self) -> Iterator[tuple[str, Any]]:
        ports = {0: [self.access[-1].plug() for _ in range(self.plan.verticals)]}
        for number in range(1, self.plan.verticals + 1):
            attached = [{"number": 0, "agency": "bureau1", "at": ports[0][number - 1]}]
            for county in range(1, self.plan.counties + 1):
                port = self.vertical_ports[county % 2][number - 1]
                attached.append({"number": county, "agency": "office1", "county": f"c{county}", "at": f"sw1 {port}"})
            yield f"vertical{number}", {
                "number": number, "name": {"zh": f"{number}号纵向网", "en": f"Vertical {number}"}, "owner": "bureau1", "state": "merged",
                "mode": "vrf", "since": 2003, "services": [VERTICAL_SERVICES[number % 3]], "attached": attached,
            }  # fmt: skip

    def _profiles(self) -> Iterator[tuple[str, Any]]:
        plan = self.plan
        self.handoff_ports: dict[int, list[str]] = {}
        self.vertical_ports: dict[int, list[str]] = {}
        for variant in (0, 1):
            yield f"county{variant}", self._county_profile(variant)
            for uplinks in ("a", "ab"):
                site = _Site(self.maker)
                router = site.add("r1", f"township-router-{variant}", ROUTERS, "township-router", 3)
                switch = site.add("s1", f"township-access-{variant}", SWITCHES, "access", 8)
                for chassis in site.chassis.values():
                    chassis.intent.pop("management", None)
                site.cable(router, switch, "trunk")
                yield f"township{variant}{uplinks}", {
                    "tier": "township", "devices": site.devices(), "cables": site.cables,
                    "uplinks": {key: router.plug() for key in uplinks},
                    "survives": len(uplinks) - 1, "management_vlan": 900,
                    "lans": {
                        "office": {"vlan": 10, "index": 0, "kind": "township", "ports": switch.plugs(2)},
                        "node": {"vlan": 20, "index": 1, "kind": "node", "ports": switch.plugs(1)},
                    },
                }  # fmt: skip
        assert plan.agencies + 3 + plan.verticals <= 52

    def _county_profile(self, variant: int) -> dict[str, Any]:
        plan = self.plan
        site = _Site(self.maker)
        # Room for a few more agencies: tests add some.
        access = max(plan.agencies + 3, 8)
        routers = [site.add(f"r{n}", f"county-router-{variant}", ROUTERS, "county-router", 6) for n in range(1, plan.county_routers + 1)]
        switch = site.add("sw1", f"distribution-{variant}", SWITCHES, "distribution", access + 4 + plan.verticals)
        for chassis in site.chassis.values():
            chassis.intent.pop("management", None)
        if len(routers) == 2:
            site.routed(*routers, vrfs=True)
        for router in routers:
            site.cable(router, switch, "trunk")
        uplinks = {key: routers[n % len(routers)].plug() for n, key in enumerate("ab")}
        self.handoff_ports[variant] = [routers[n % len(routers)].plug() for n in range(2)]
        found = {
            "tier": "county", "devices": site.devices(), "cables": site.cables, "uplinks": uplinks, "survives": 1, "management_vlan": 900,
            "agency_vlan_base": 100, "vertical_vlan_base": 3000,
            "access": {"device": "sw1", "ports": [switch.port() for _ in range(access)]},
            "lans": {"node": {"vlan": 90, "index": 0, "kind": "node", "ports": [switch.plug()]}},
            **({"backup_link": {"vlan": 4000, "number": 2}} if len(routers) == 2 else {}),
        }  # fmt: skip
        self.vertical_ports[variant] = [switch.port() for _ in range(plan.verticals)]
        return found

    def _county(self, number: int) -> dict[str, Any]:
        plan, maker = self.plan, self.maker
        pair = 0 if number <= UPLINKS_OF_FIRST_CORES else 1 + (number - UPLINKS_OF_FIRST_CORES - 1) // UPLINKS_OF_CORES
        cores = self.cores[2 * pair : 2 * pair + 2]
        carriers = ("telecom", "mobile")
        return {
            "number": number, "code": f"99{number:04d}", "name": f"{number}县", "slug": f"c{number}", "profile": f"county{number % 2}",
            "uplinks": {
                key: {"to": core.plug(), **maker.circuit(1000, carrier, risk=[f"duct-c{number}-{key}"])}
                for key, core, carrier in zip("ab", cores, carriers, strict=True)
            },
            "handoffs": {
                carrier: {"port": port, "carrier": carrier, "medium": "ethernet", "ref": f"V-{number}-{carrier}", "base": base}
                for carrier, port, base in zip(carriers, self.handoff_ports[number % 2], (1000, 2000), strict=True)
            },
            "agencies": [
                {"number": n, "slug": f"office{n}", "name": f"{number}县{n}局", **({"noc": True} if n == 1 else {})}
                for n in range(1, plan.agencies + 1)
            ],
            "townships": [self.township(number, n) for n in range(1, plan.townships + 1)],
        }  # fmt: skip

    def township(self, county: int, number: int) -> dict[str, Any]:
        dual = self.plan.homing[number % len(self.plan.homing)]
        uplinks = {"a": {"via": "telecom", **self.maker.circuit(20)}}
        if dual:
            uplinks["b"] = {"via": "mobile", **self.maker.circuit(20)}
        return {
            "number": number, "code": f"99{county:04d}{number:03d}", "name": f"{number}乡", "slug": f"t{number}",
            "profile": f"township{(county + number) % 2}{'ab' if dual else 'a'}", "uplinks": uplinks,
        }  # fmt: skip


class _Inner:
    """`inner/`: its addresses are those of `outer/` on purpose."""

    def __init__(self, maker: _Maker) -> None:
        self.maker, self.plan = maker, maker.plan
        site = self.site = _Site(maker)
        self.cores = [site.add(f"icore{n}", "inner-core", SWITCHES, "core", 16 + maker.plan.counties % 30) for n in (1, 2)]
        self.access = site.add("iacc1", "inner-access", SWITCHES, "access", 12)
        self.hosting = site.add("ihsw1", "inner-hosting", SWITCHES, "hosting-switch", 12, management="inband")
        self.noc = site.add("inoc1", "inner-noc", SWITCHES, "noc", 12)
        site.routed(*self.cores)
        site.cable(self.cores[0], self.cores[1], "trunk")
        for core in self.cores:
            site.routed(core, self.noc)
            site.cable(core, self.access, "trunk")
            site.cable(core, self.hosting, "trunk")
            core.intent.pop("management", None)

    def documents(self) -> Documents:
        plan, maker = self.plan, self.maker
        profile_site = _Site(maker)
        router = profile_site.add("r1", "inner-county-router", ROUTERS, "county-router", 3)
        router.intent.pop("management", None)
        uplink, terminals = router.plug(), router.plug()
        cores = [core.slug for core in self.cores]
        ways = (
            ("exchange", "exchange"),
            ("gap", "exchange"),
            ("pki", "pki"),
            ("office", "office"),
            ("noc-servers", "management"),
            ("noc-ops", "operators"),
        )
        zones = {
            slug: {
                "number": number, "name": f"内网分区{number}", "kind": kind, "vlan": 600 + number,
                "gateways": ["inoc1"] if slug.startswith("noc") else cores,
                "at": [(self.noc if slug.startswith("noc") else self.hosting).plug()],
            }
            for number, (slug, kind) in enumerate(ways, 1)
        }  # fmt: skip
        served = min(plan.counties, 3)  # few counties have inner terminals in these cities
        counties = {
            f"inner/counties/c{number}.yaml": {
                "county": {
                    "number": number, "code": f"99{number:04d}", "name": f"{number}县", "slug": f"c{number}", "profile": "inner-county",
                    "uplinks": {"a": {"to": self.cores[0].plug(), **maker.circuit(34, "unicom", inner=True)}},
                    "terminals": [{"number": 1, "slug": "party-office", "department": "县委办", "level": "internal", "at": terminals}],
                }
            }
            for number in range(1, served + 1)
        }  # fmt: skip
        municipal = {
            "slug": "municipal", "name": "内网中心", "gateways": cores, "cores": cores, "noc": ["inoc1"], "management_vlan": 900,
            "management_gateways": cores, "zones": zones,
            "agencies": [
                {"number": 1, "slug": "bureau1", "name": "市1局", "classified": True, "internet": False, "at": [self.access.plug()]},
                {"number": 2, "slug": "bureau2", "name": "市2局", "classified": True, "internet": False, "at": [self.access.plug()]},
            ],
            "devices": self.site.devices(), "cables": self.site.cables,
        }  # fmt: skip
        return {
            "inner/network.yaml": {"network": _network_section("样例市政务内网", 64700), "pools": _pools()},
            "inner/municipal.yaml": {"municipal": municipal},
            "inner/profiles.yaml": {
                "profiles": {"inner-county": {"tier": "county", "devices": profile_site.devices(), "uplinks": {"a": uplink}}}
            },
            "inner/services.yaml": {"placements": _placements(None)},
            **counties,
        }


def _network_section(name: str, asn: int) -> dict[str, Any]:
    return {
        "name": {"zh": name, "en": "Sample network"},
        "routing": {"asn": asn},
        "management": {"contact": "Sample NOC", "banner": "Authorized use only.", "operators": ["noc-ops"]},
    }


def _pools() -> dict[str, Any]:
    """Room for 250 counties of 250 townships each."""
    return {
        "loopback": {"prefix": "172.16.0.0/24", "each": 32},
        "management": "172.16.4.0/24",
        "oob": "172.16.8.0/24",
        "segment": {"prefix": "172.16.16.0/22", "each": 27},
        "heartbeat": {"prefix": "172.16.32.0/24", "each": 30},
        "exit": {"prefix": "172.16.40.0/23", "each": 28},
        "agency": {"prefix": "172.17.0.0/16", "each": 24},
        "zone": {"prefix": "172.18.0.0/16", "each": 24},
        "link": {"prefix": "172.20.0.0/15", "each": 30},
        "county": {"prefix": "10.0.0.0/8", "each": 16},
        "county_layout": {
            "agency": {"offset": "0.0.0.0/18", "each": 24},
            "township": {"offset": "0.0.64.0/18", "each": 26},
            "link": {"offset": "0.0.224.0/20", "each": 30},
            "management": {"offset": "0.0.240.0/21", "each": 29},
            "loopback": {"offset": "0.0.252.0/22", "each": 32},
        },
        "township_layout": {"lan": 27},
        "vertical": {"prefix": "172.24.0.0/14", "each": 18},
        "vertical_layout": {"member": {"offset": "0.0.0.0/19", "each": 27}, "link": {"offset": "0.0.32.0/19", "each": 30}},
    }


def _placements(public: str | None) -> dict[str, Any]:
    """The services that every network needs, the exchange platform, and a site for the public where there is a zone for it."""

    def placed(zone: str, users: dict[str, list[str]] | None = None, **roles: list[int]) -> dict[str, Any]:
        placement: dict[str, Any] = {
            "operator": "info-center",
            "roles": {role: {"zone": zone, "hosts": hosts} for role, hosts in roles.items()},
        }
        if public is None:
            placement["realm"] = "inner"
        return {**placement, "users": users} if users else placement

    found = {
        "aaa": placed("noc-servers", server=[20]),
        "ntp": placed("noc-servers", {"server": ["all"]}, server=[21]),
        "syslog": placed("noc-servers", collector=[22]),
        "nms": placed("noc-servers", manager=[23], web=[24], db=[25]),
        "dns": placed("noc-servers", {"resolver": ["all", *(["nodes"] if public else [])]}, resolver=[26, 27]),
        "exchange": placed("exchange", {"hub": ["municipal", "county"]}, hub=[20, 21], store=[22]),
        "pki-ocsp": placed("pki", responder=[20], directory=[21]),
    }
    if public is not None:
        found["portal"] = {**placed(public, {"www": ["all"]}, www=[20], cms=[21]), "publish": [{"role": "www", "number": 1}]}
    return found


def documents(plan: CityPlan) -> Documents:
    """The inventory of ``plan``: file name -> content."""
    assert plan.townships <= MOST_TOWNSHIPS
    return _Maker(plan).documents()


def plan_of(devices: int, **values: Any) -> CityPlan:
    """A plan of about ``devices`` devices, all of OUTER's townships dual-homed but one in five, on mixed platforms."""
    townships = 12 if devices < 2_000 else 45 if devices < 50_000 else MOST_TOWNSHIPS
    return CityPlan(counties=max(1, round((devices - 25) / (2 * townships + 4))), townships=townships, agencies=8, **values)


def small_cities(**fixed: Any) -> st.SearchStrategy[CityPlan]:
    """Plans of 1 to 3 counties with 0 to 4 townships each, any platform in any place, any homing, some flows of their own."""
    sources = ("all", "municipal", "county", "township", "nodes", "bureau1", "*/office1", "c1/office2", "operators", "service:dns/resolver")
    targets = ("exchange/hub", "portal/www", "bureau2", "c1/office1", "internet")
    ports = ("tcp/22", "tcp/1000-1999", "udp/514", "icmp", "udp/16384-17407")
    flow = st.tuples(st.sampled_from(sources), st.sampled_from(targets), st.sampled_from(ports)).filter(
        lambda item: (item[0], item[1]) not in (("bureau2", "bureau2"),) and not (item[1] == "internet" and item[2] == "icmp")
    )
    drawn: dict[str, st.SearchStrategy[Any]] = {
        "counties": st.integers(1, 3),
        "townships": st.integers(0, 4),
        "agencies": st.integers(2, 4),
        "picks": st.fixed_dictionaries({slot: st.integers(0, 11) for slot in SLOTS}),
        "homing": st.lists(st.booleans(), min_size=1, max_size=5).map(tuple),
        "county_routers": st.integers(1, 2),
        "carriers": st.integers(1, 2),
        "province": st.booleans(),
        "oob": st.booleans(),
        "hosting": st.booleans(),
        "verticals": st.integers(0, 2),
        "exit": st.booleans(),
        "inner": st.booleans(),
        "gatekeepers": st.integers(0, 2),
        "flows": st.lists(flow, max_size=3, unique=True).map(tuple),
    }
    assert set(drawn) | {"seed", "platform"} == {item.name for item in fields(CityPlan)}
    return st.builds(CityPlan, **(drawn | {name: st.just(value) for name, value in fixed.items()}))
