"""A small city made by hand: facts without inventory, for the tests of what is drawn from them.

``city()`` has two cores, an egress with one carrier, a hosting zone, a gatekeeper, an inner core and, per county, two routers, a
distribution switch, agencies, townships (the last single-homed) and an inner access router. ``counties`` and ``townships`` set its size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from ipaddress import IPv4Network

from topology import facts as f
from topology.origin import Origin

HERE = Origin("city.yaml", 1, 1)
LOOKED = f.Survey(date(2026, 3, 1), "周工")
PLANNED = f.Survey()
MEDIA = (f.Medium.FIBRE, f.Medium.WAVELENGTH, f.Medium.TIMESLOT, f.Medium.ETHERNET, f.Medium.COPPER)
OUTER, INNER, INTERNET = f.Realm.OUTER, f.Realm.INNER, f.Realm.INTERNET
COUNTIES = ("清镇市", "修文县", "开阳县", "息烽县", "南明区", "云岩区", "花溪区", "乌当区", "白云区", "小河区")
TOWNSHIPS = ("红枫湖镇", "站街镇", "卫城镇", "新店镇", "暗流乡", "麦格苗族布依族乡", "王庄布依族苗族乡", "流长苗族乡", "犁倭乡")
AGENCIES = ("公安局", "财政局", "人事局", "民政局", "教育局", "卫生局", "国土资源局", "统计局")


def model(name: str, platform: str, ports: int, *, switching: bool = False) -> f.Model:
    """A chassis with ``ports`` copper ports, a management and a console socket."""
    data = tuple(f.Port(f"GigabitEthernet0/0/{n}", n, "data", "copper") for n in range(1, ports + 1))
    sockets = (f.Port("MEth0/0/1", 0, "management", "copper"), f.Port("CON", 0, "console", "serial"))
    return f.Model(name, name, platform, (*data, *sockets), switching)


ROUTER = model("AR3260", "huawei_vrp", 24)
CORE = model("NE40E-X8", "huawei_vrp", 96)
SWITCH = model("S5720-28P", "h3c_comware", 24, switching=True)
FIREWALL = model("USG6650", "huawei_usg", 12)
UNIT = model("gap-host", "linux", 4)


@dataclass
class Builder:
    """Collects devices, lines and parties; gives every line the next free port of its two devices."""

    sites: list[f.Site] = field(default_factory=list)
    devices: list[f.Device] = field(default_factory=list)
    cables: list[f.Cable] = field(default_factory=list)
    circuits: list[f.Circuit] = field(default_factory=list)
    parties: list[f.Party] = field(default_factory=list)
    peers: list[f.Peer] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=dict)

    def site(self, key: str, realm: f.Realm, tier: f.Tier, zh: str) -> None:
        county, _, township = key.partition("/")
        name, within = f.Name(zh, (township or county).title()), None if tier is f.Tier.MUNICIPAL else county
        self.sites.append(f.Site(key, realm, tier, name, "520181", len(self.sites) + 1, within, 1, HERE))

    def device(self, name: str, site: str, realm: f.Realm, tier: f.Tier, role: f.Role, chassis: f.Model, survey: f.Survey = LOOKED) -> str:
        enclosure = name.rpartition("-")[0] if role is f.Role.HOST_UNIT else name
        self.devices.append(
            f.Device(
                name, site, realm, tier, role, chassis, len(self.devices) + 1, "inband", True, True, enclosure,
                "机房 1", "A-01", survey, HERE,
            )
        )  # fmt: skip
        return name

    def port(self, device: str) -> f.Attachment:
        """The next free data port of ``device``."""
        self.used[device] = self.used.get(device, 0) + 1
        chassis = next(d.model for d in self.devices if d.name == device)
        return f.Attachment(device, chassis.ports[self.used[device] - 1].name)

    def cable(self, realm: f.Realm, use: f.Use, a: str, b: str, survey: f.Survey = LOOKED) -> None:
        medium = f.Medium.BACKPLANE if use is f.Use.ARC else f.Medium.COPPER
        self.cables.append(f.Cable(f"{a}--{b}", realm, use, medium, self.port(a), self.port(b), survey, HERE))

    def circuit(self, realm: f.Realm, a: str, b: str | None, mbps: int, carrier: str = "telecom", peer: str | None = None) -> None:
        number = len(self.circuits) + 1
        medium = MEDIA[number % len(MEDIA)]
        separation, encryption = ("wavelength", "SJJ1010") if realm is INNER else (None, None)
        far = self.port(b) if b else None
        near = self.port(a)
        self.circuits.append(
            f.Circuit(
                f"c{number:03}", realm, carrier, f"黔电 {number:04}", medium, f"λ{number}", mbps, (f"duct-{number % 3}", f"building-{a}"),
                near, far, peer, separation, encryption, LOOKED if number % 4 else PLANNED, HERE,
            )
        )  # fmt: skip

    def party(self, kind: f.PartyKind, realm: f.Realm, zh: str, site: str, tier: f.Tier, prefix: str, *switches: str) -> None:
        slug = f"{site}/{kind}/{len(self.parties)}"
        attachments = tuple(self.port(switch) for switch in switches)
        self.parties.append(
            f.Party(
                slug, kind, realm, None, f.Name(zh, slug), site, tier, (IPv4Network(prefix),), attachments, switches,
                f.System.GOVERNMENT, f.Level.INTERNAL, 1, "connected", HERE, internet=True,
            )
        )  # fmt: skip

    def peer(self, slug: str, realm: f.Realm, kind: str, zh: str) -> None:
        anywhere = (IPv4Network("0.0.0.0/0"),)
        self.peers.append(f.Peer(slug, realm, kind, f.Name(zh, slug), 64512, anywhere, (IPv4Network("203.0.113.0/24"),), HERE))


def _municipal(b: Builder) -> None:
    top, muni = f.Tier.MUNICIPAL, "municipal"
    b.site(muni, OUTER, top, "市级行政中心")
    b.site(muni, INNER, top, "市级行政中心")
    b.peer("telecom", INTERNET, "isp", "中国电信")
    b.peer("province", OUTER, "province", "贵州省政务外网")
    b.peer("province-inner", INNER, "province", "贵州省政务内网")
    for n in (1, 2):
        b.device(f"gy-core-{n}", muni, OUTER, top, f.Role.CORE, CORE)
        b.device(f"gyi-core-{n}", muni, INNER, top, f.Role.CORE, ROUTER)
    b.device("gy-br-1", muni, OUTER, top, f.Role.BORDER_ROUTER, ROUTER)
    b.device("gy-bs-1", muni, OUTER, top, f.Role.BORDER_SWITCH, SWITCH)
    for n in (1, 2):
        b.device(f"gy-fw-{n}", muni, OUTER, top, f.Role.EGRESS_FIREWALL, FIREWALL)
        b.cable(OUTER, f.Use.TRUNK, "gy-bs-1", f"gy-fw-{n}")
        b.cable(OUTER, f.Use.ROUTED, f"gy-core-{n}", f"gy-fw-{n}")
    b.cable(OUTER, f.Use.HEARTBEAT, "gy-fw-1", "gy-fw-2")
    b.cable(OUTER, f.Use.ROUTED, "gy-br-1", "gy-bs-1")
    b.cable(OUTER, f.Use.ROUTED, "gy-core-1", "gy-core-2")
    b.cable(INNER, f.Use.ROUTED, "gyi-core-1", "gyi-core-2")
    b.circuit(OUTER, "gy-br-1", None, 1000, peer="telecom")
    b.circuit(OUTER, "gy-core-1", None, 622, peer="province")
    b.circuit(INNER, "gyi-core-1", None, 155, peer="province-inner")
    _hosting(b)


def _hosting(b: Builder) -> None:
    top, muni = f.Tier.MUNICIPAL, "municipal"
    b.device("gy-host-1", muni, OUTER, top, f.Role.HOSTING_SWITCH, SWITCH)
    b.device("gyi-host-1", muni, INNER, top, f.Role.HOSTING_SWITCH, SWITCH)
    b.device("gy-acc-1", muni, OUTER, top, f.Role.ACCESS, SWITCH, PLANNED)
    b.device("gy-gk-1-outer", muni, OUTER, top, f.Role.HOST_UNIT, UNIT)
    b.device("gy-gk-1-inner", muni, INNER, top, f.Role.HOST_UNIT, UNIT)
    b.cable(OUTER, f.Use.TRUNK, "gy-core-1", "gy-host-1")
    b.cable(OUTER, f.Use.TRUNK, "gy-core-2", "gy-acc-1", PLANNED)
    b.cable(INNER, f.Use.TRUNK, "gyi-core-1", "gyi-host-1")
    b.cable(OUTER, f.Use.ACCESS, "gy-host-1", "gy-gk-1-outer")
    b.cable(INNER, f.Use.ACCESS, "gyi-host-1", "gy-gk-1-inner")
    b.cable(INNER, f.Use.ARC, "gy-gk-1-inner", "gy-gk-1-outer")
    b.party(f.PartyKind.ZONE, OUTER, "数据交换平台区", muni, top, "10.52.250.0/24", "gy-host-1")
    b.party(f.PartyKind.ZONE, INNER, "内网应用区", muni, top, "10.53.250.0/24", "gyi-host-1")
    for n, name in enumerate(AGENCIES):
        b.party(f.PartyKind.AGENCY, OUTER, f"市{name}", muni, top, f"10.52.{200 + n}.0/24", "gy-acc-1")


def _county(b: Builder, number: int, zh: str, townships: int) -> None:
    slug, county = f"county{number}" if number else "qingzhen", f.Tier.COUNTY
    b.site(slug, OUTER, county, zh)
    b.site(slug, INNER, county, zh)
    for n in (1, 2):
        b.device(f"{slug}-r{n}", slug, OUTER, county, f.Role.COUNTY_ROUTER, ROUTER)
        b.circuit(OUTER, f"gy-core-{n}", f"{slug}-r{n}", 155, ("telecom", "unicom")[n - 1])
    b.device(f"{slug}-ds", slug, OUTER, county, f.Role.DISTRIBUTION, SWITCH)
    b.cable(OUTER, f.Use.ROUTED, f"{slug}-r1", f"{slug}-r2")
    b.cable(OUTER, f.Use.TRUNK, f"{slug}-r1", f"{slug}-ds")
    b.cable(OUTER, f.Use.TRUNK, f"{slug}-r2", f"{slug}-ds")
    for n, name in enumerate(AGENCIES):
        b.party(f.PartyKind.AGENCY, OUTER, f"{zh}{name}", slug, county, f"10.{60 + number}.{n}.0/24", f"{slug}-ds")
    b.device(f"{slug}-ir", slug, INNER, county, f.Role.COUNTY_ROUTER, ROUTER)
    b.circuit(INNER, "gyi-core-1", f"{slug}-ir", 8)
    b.party(f.PartyKind.TERMINALS, INNER, f"{zh}机要局终端", slug, county, f"10.53.{number}.0/26", f"{slug}-ir")
    for n in range(townships):
        _township(b, slug, number, n, dual=n < townships - 1)


def _township(b: Builder, county: str, number: int, n: int, *, dual: bool) -> None:
    index = (n + 4 * number) % len(TOWNSHIPS)  # the counties have different ones
    slug, name = f"town{index}" if index else "hongfenghu", TOWNSHIPS[index]
    key, tier = f"{county}/{slug}", f.Tier.TOWNSHIP
    survey = LOOKED if dual else PLANNED
    b.site(key, OUTER, tier, name)
    router = b.device(f"{county}-{slug}-r", key, OUTER, tier, f.Role.TOWNSHIP_ROUTER, ROUTER, survey)
    switch = b.device(f"{county}-{slug}-s", key, OUTER, tier, f.Role.ACCESS, SWITCH, survey)
    for uplink in (1, 2) if dual else (1,):
        b.circuit(OUTER, f"{county}-r{uplink}", router, 10 if n % 2 else 2)
    b.cable(OUTER, f.Use.ROUTED, router, switch, survey)
    b.party(f.PartyKind.TOWNSHIP, OUTER, f"{name}政府", key, tier, f"10.{60 + number}.{100 + n}.0/24", switch)
    b.party(f.PartyKind.NODE, OUTER, "远程教育站点", key, tier, f"10.{60 + number}.{200 + n}.0/26", switch)


def city(counties: int = 1, townships: int = 3) -> f.Facts:
    """A city with ``counties`` (at most 10) of ``townships`` townships each."""
    b = Builder()
    _municipal(b)
    for number, zh in enumerate(COUNTIES[:counties]):
        _county(b, number, zh, townships)
    gatekeeper = f.Gatekeeper("gk-1", 1, f.Name("一号网闸", "Gatekeeper 1"), "standby", "gy-gk-1-outer", "gy-gk-1-inner", (), HERE)
    return f.Facts(
        "guiyang", f.Name("贵阳市", "Guiyang"), (OUTER, INNER), (), (), (), (), f.Policy((), (), (), 2006, (), HERE),
        tuple(b.sites), tuple(b.devices), tuple(b.cables), tuple(b.circuits), tuple(b.peers), tuple(b.parties), (), (), (),
        (gatekeeper,), (), (), (),
    )  # fmt: skip
