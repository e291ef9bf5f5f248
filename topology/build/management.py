"""How each device is run: from its realm's own network management centre only (plan §7.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from topology.build.addresses import gateway_of, in_lan, loopback
from topology.build.context import Build, Lan
from topology.build.filters import sources_filter
from topology.build.firewalls import INSIDE
from topology.build.interfaces import OOB_VRF, OSPF_ROLES, Draft
from topology.build.lans import COUNTY_STATION, party_id
from topology.build.servers import hosts_of
from topology.design import Kind, Management, Ref, Server, SnmpManager, User
from topology.facts import Role
from topology.i18n import T
from topology.inventory import RealmIntent
from topology.origin import Origin

VTY_FILTER, SNMP_FILTER = 2000, 2001


@dataclass(frozen=True, slots=True)
class Own:
    """Where a device is managed: interface, address, gateway of a device that does not route."""

    mode: str
    vrf: str | None
    ref: Ref
    address: IPv4Interface
    gateway: IPv4Address | None


def build_management(build: Build, draft: Draft) -> Management | None:
    """The management plane of one device; a device without an address for it is reported."""
    own = _own(draft)
    if own is None:
        build.problem(
            draft.device.origin,
            T("{device} has no management address", device=draft.device.name),
            T("a loopback, a management network of its site, or an out-of-band socket"),
            T("give its profile a 'management_vlan' and a trunk, or set 'management: oob' and cable the socket"),
        )
        return None
    side, device = draft.side, draft.device
    realm = side.realm.value
    network, city = side.network, build.city
    operators = operator_networks(build, side)
    managers = _managers(build, draft)
    names = (network.management.administrator, network.management.auditor)
    return Management(
        mode=own.mode,
        vrf=own.vrf,
        source=own.ref,
        address=own.address,
        gateway=own.gateway,
        operators=tuple(prefix for prefix, _ in operators),
        vty_filter=sources_filter("vty-in", VTY_FILTER, operators, "operators", network.management.origin),
        snmp_filter=sources_filter(
            "snmp-in", SNMP_FILTER, [(IPv4Network(item.address), where) for item, where in managers], "managers", network.management.origin
        ),
        users=tuple(User(name, level, f"vault:{realm}/user/{name}") for name, level in zip(names, (15, 1), strict=True)),
        aaa=_servers(build, draft, "aaa", "server", f"vault:{realm}/aaa"),
        ntp=_servers(build, draft, "ntp", "server", f"vault:{realm}/ntp"),
        syslog=_servers(build, draft, "syslog", "collector", None),
        snmp=tuple(item for item, _ in managers),
        location=f"{city.slug} {device.site}",
        contact=network.management.contact,
        banner=network.management.banner,
        timezone_hours=city.timezone_hours,
    )


def operator_networks(build: Build, side: RealmIntent) -> list[tuple[IPv4Network, Origin]]:
    """Networks of the terminals that may open sessions on devices."""
    zones = (build.zones.get((side.realm, slug)) for slug, zone in side.municipal.zones.items() if zone.kind == "operators")
    parties = (build.parties[zone] for zone in zones if zone is not None)
    return [(prefix, party.origin) for party in parties for prefix in party.prefixes]


def _own(draft: Draft) -> Own | None:
    """Out of band where there is a socket, else the loopback, else the inside or management network."""
    for lan, ref in draft.lans:
        if ref.kind is Kind.MANAGEMENT:
            return Own("oob", OOB_VRF, ref, draft.address(ref), gateway_of(lan))
    if draft.loopback is not None:
        return Own("inband", None, Ref(Kind.LOOPBACK), draft.loopback, None)
    choices = [(lan, ref) for lan, ref in draft.lans if _is_management(lan)]
    if not choices:
        return None
    lan, ref = choices[0]
    routes = draft.device.routes
    return Own("inband", None, ref, draft.address(ref), None if routes else gateway_of(lan))


def managed_at(build: Build) -> dict[str, IPv4Address]:
    """Device -> the address at which `build_management` has it managed, straight from the networks: without a single interface. By name.

    Devices without one are left out; what is wrong with them is found when they are designed.
    """
    sockets: dict[str, Lan] = {}
    networks: dict[str, Lan] = {}
    for lan in filter(_is_management, build.lans):
        for name in (*lan.gateways, *lan.hosts):
            out_of_band = lan.kind == "oob" and build.devices[name].management == "oob"
            (sockets if out_of_band else networks).setdefault(name, lan)
    units = {name: hosts_of(build, realm, slug, "unit") for (realm, _, slug), name in build.local.items()}
    found: dict[str, IPv4Address] = {}
    for name, device in sorted(build.devices.items()):
        side = build.side(device.realm)
        where = sockets.get(name) or networks.get(name)
        if device.role is Role.HOST_UNIT:
            found.update((name, unit.address) for unit in units[name][:1])
        elif device.role in OSPF_ROLES and name not in sockets and side is not None:
            address = loopback(build, side, device)
            found.update({name: address.ip} if address else {})
        elif where is not None and device.rendered:
            found[name] = in_lan(build, where, name).ip
    return found


def _is_management(lan: Lan) -> bool:
    """A network for devices, the inside of a firewall, or a management segment behind it; never one towards a carrier."""
    if lan.kind in ("management", "oob"):
        return True
    return lan.kind == "segment" and (lan.zone in INSIDE or not str(lan.zone).startswith("untrust"))


def _servers(build: Build, draft: Draft, service: str, role: str, key: str | None) -> tuple[Server, ...]:
    return tuple(Server(entry.address, key, number) for number, entry in enumerate(hosts_of(build, draft.side.realm, service, role), 1))


def _managers(build: Build, draft: Draft) -> list[tuple[SnmpManager, Origin]]:
    """The NOC's managers, and for a county's devices the county's own station, which only reads."""
    realm = draft.side.realm
    found = [(_manager(entry.address, realm.value, "nms", traps=True), entry.origin) for entry in hosts_of(build, realm, "nms", "manager")]
    county = build.county_of(realm, draft.device.site)
    for agency in county.agencies if county else ():
        party = build.parties.get(party_id(realm, county.slug, agency.slug)) if county else None
        if agency.noc and party is not None:
            found.append((_manager(party.prefixes[0][COUNTY_STATION], realm.value, "countynoc", traps=False), party.origin))
    return found


def _manager(address: IPv4Address, realm: str, user: str, *, traps: bool) -> SnmpManager:
    key = f"vault:{realm}/snmp/{user}"
    return SnmpManager(address, user, f"{key}/auth", f"{key}/priv", traps)
