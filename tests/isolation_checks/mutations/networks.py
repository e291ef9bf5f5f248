"""VRFs, VLANs, routes: ways around the filters."""

from __future__ import annotations

import re
from ipaddress import IPv4Address

from tests.isolation_checks.mutations.harness import ROUTERS, SWITCHES, Draft, Lan, NoSuchLineError, Operator, lans, permit, put_first
from topology.facts import PartyKind, Role

LEAKING = {name: base for name, base in ROUTERS.items() if name != "frr"}
CORES = LEAKING


def members(draft: Draft) -> tuple[Lan, Lan]:
    """The LANs of two vertical networks on one router, with filters that permit everything."""
    device = draft.devices(Role.COUNTY_ROUTER)[0]
    first, second = lans(draft, device, (PartyKind.MEMBER,))[:2]
    assert first.party.vrf != second.party.vrf
    for lan in (first, second):
        put_first(draft, lan, "in", permit(draft.platform))
        put_first(draft, lan, "out", permit(draft.platform, number=1))
    return first, second


def host_of(lan: Lan) -> IPv4Address:
    return lan.prefix.network_address + 10


def imported(draft: Draft) -> None:
    first, second = members(draft)
    export = {
        "huawei_vrp": "  vpn-target 64500:77 export-extcommunity",
        "h3c_comware": " vpn-target 64500:77 export-extcommunity",
        "cisco_ios": "  route-target export 64500:77",
    }[draft.platform]
    head = {"huawei_vrp": "ip vpn-instance {}", "h3c_comware": "ip vpn-instance {}", "cisco_ios": "vrf definition {}"}[draft.platform]
    for lan, line in ((first, export.replace("export", "import")), (second, export)):
        low = draft.find(lan.file, "^" + head.format(lan.party.vrf) + "$")
        at = draft.find(lan.file, r"route-distinguisher|address-family ipv4", low)
        draft.insert(lan.file, at + 1, line)


def static_over(draft: Draft) -> None:
    first, second = members(draft)
    host, net, far = host_of(second), second.prefix, second.party.vrf
    line = {
        "huawei_vrp": f"ip route-static vpn-instance {first.party.vrf} {net.network_address} {net.netmask} vpn-instance {far} {host}",
        "h3c_comware": f"ip route-static vpn-instance {first.party.vrf} {net.network_address} {net.prefixlen} vpn-instance {far} {host}",
        "cisco_ios": f"ip route vrf {first.party.vrf} {net.network_address} {net.netmask} {second.interface} {host}",
    }.get(draft.platform)
    if line:
        draft.append(second.file, line)
    else:
        config = f"{second.device}/frr.conf"
        draft.insert(config, draft.find(config, f"^vrf {first.party.vrf}$") + 1, f" ip route {net} {host} nexthop-vrf {second.party.vrf}")


def static_from_common(draft: Draft) -> None:
    """From the common table into a VRF."""
    _, second = members(draft)
    host, net = host_of(second), second.prefix
    agency = lans(draft, draft.devices(Role.COUNTY_ROUTER)[0])[0]
    put_first(draft, agency, "in", permit(draft.platform))
    line = {
        "huawei_vrp": f"ip route-static {net.network_address} {net.netmask} vpn-instance {second.party.vrf} {host}",
        "h3c_comware": f"ip route-static {net.network_address} {net.prefixlen} vpn-instance {second.party.vrf} {host}",
        "cisco_ios": f"ip route {net.network_address} {net.netmask} {second.interface} {host}",
    }.get(draft.platform)
    if line:
        draft.append(second.file, line)
    else:
        config = f"{second.device}/frr.conf"
        draft.insert(config, draft.find(config, "^router ospf$"), f"ip route {net} {host} nexthop-vrf {second.party.vrf}")


BOUND = {"huawei_vrp": r"^ ip binding vpn-instance", "h3c_comware": r"^ ip binding vpn-instance", "cisco_ios": r"^ vrf forwarding"}


def bound_otherwise(draft: Draft, into: str | None) -> None:
    """A subinterface towards the core in another VRF, or in none."""
    first, second = members(draft)
    into = first.party.vrf if into == "other" else None
    if draft.platform == "frr":
        file = f"{second.device}/links.ip"
        at = draft.find(file, rf"^link set dev eth2\.\d+ master {second.party.vrf}$")
        if into:
            draft.edit(file, at, f"{second.party.vrf}$", into)
        else:
            draft.drop(file, at)
        return
    file = second.file
    at = next(
        number
        for number in draft.find_all(file, rf"{BOUND[draft.platform]} {second.party.vrf}$")
        if not any("filter" in line or "access-group" in line for line in draft.lines(file)[number : number + 16] if line.startswith(" "))
        and "core" in "".join(draft.lines(file)[number - 3 : number])
    )
    if into:
        draft.edit(file, at, rf"{second.party.vrf}$", str(into))
    else:
        draft.drop(file, at)
        agency = lans(draft, draft.devices(Role.COUNTY_ROUTER)[0])[0]
        put_first(draft, agency, "in", permit(draft.platform))


def other_vrf(draft: Draft) -> None:
    bound_otherwise(draft, "other")


def no_vrf(draft: Draft) -> None:
    bound_otherwise(draft, None)


# --- VLANs ---------------------------------------------------------------------------------------------------------------------------

ACCESS = {
    "huawei_vrp": r"^ port default vlan (\d+)",
    "h3c_comware": r"^ port access vlan (\d+)",
    "cisco_ios": r"^ switchport access vlan (\d+)",
}


def access_ports(draft: Draft) -> tuple[str, list[int]]:
    """The access switch of the centre, and the lines that put its ports into the VLANs of two agencies."""
    file = draft.file(draft.devices(Role.ACCESS)[0].name)
    return file, draft.find_all(file, ACCESS[draft.platform])[:2]


def other_vlan(draft: Draft) -> None:
    file, (one, other) = access_ports(draft)
    match = re.match(ACCESS[draft.platform], draft.lines(file)[one])
    assert match
    draft.edit(file, other, r"\d+$", match[1])


def to_trunk(draft: Draft) -> None:
    """An agency's port carries all VLANs."""
    file, (one, _) = access_ports(draft)
    low = max(number for number in draft.find_all(file, "^interface ", 0, one))
    _, high = draft.block(file, "^" + re.escape(draft.lines(file)[low]) + "$")
    new = {
        "huawei_vrp": [" port link-type trunk", " port trunk allow-pass vlan all"],
        "h3c_comware": [" port link-type trunk", " port trunk permit vlan all"],
        "cisco_ios": [" switchport mode trunk"],
    }[draft.platform]
    kept = [line for line in draft.lines(file)[low:high] if not re.match(r" (port |switchport )(link-type|default|access|mode)", line)]
    kept = [line for line in kept if line != " switchport nonegotiate"]
    draft.lines(file)[low:high] = [*kept[:-1], *new, kept[-1]] if draft.platform == "cisco_ios" else [*kept, *new]


def native_joined(draft: Draft) -> None:
    """Untagged frames of one VLAN come out in another one at the other end of a trunk."""
    file = draft.file(draft.devices(Role.ACCESS)[0].name)
    pattern = {
        "huawei_vrp": (r"^ port trunk allow-pass vlan", " port trunk pvid vlan {}"),
        "h3c_comware": (r"^ port trunk permit vlan", " port trunk pvid vlan {}"),
        "cisco_ios": (r"^ switchport trunk allowed vlan", " switchport trunk native vlan {}"),
    }[draft.platform]
    vlans = sorted(int(match[1]) for line in draft.lines(file) if (match := re.match(ACCESS[draft.platform], line)))
    at = draft.find(file, pattern[0])
    draft.insert(file, at + 1, pattern[1].format(vlans[0]))
    low = max(draft.find_all(file, "^interface ", 0, at))
    port = draft.lines(file)[low].split()[1]
    cable = next(
        item
        for item in draft.facts.cables
        if (file.removesuffix(".cfg"), port) in ((item.a.device, item.a.port), (item.b.device, item.b.port))
    )
    far = cable.a if cable.b.device == file.removesuffix(".cfg") else cable.b
    other = draft.file(far.device)
    low, high = draft.block(other, rf"^interface {re.escape(far.port)}$")
    allowed = [number for number in range(low, high) if re.match(pattern[0], draft.lines(other)[number])]
    if not allowed:  # a member of an aggregate
        raise NoSuchLineError(f"{other}: {far.port}")
    draft.insert(other, allowed[0] + 1, pattern[1].format(vlans[1]))


def port_up(draft: Draft) -> None:
    """A port that nobody uses is up, in an agency's VLAN."""
    file, (one, _) = access_ports(draft)
    match = re.match(ACCESS[draft.platform], draft.lines(file)[one])
    assert match
    at = draft.find(file, r"^ description unused")
    new = {
        "huawei_vrp": [" port link-type access", f" port default vlan {match[1]}"],
        "h3c_comware": [f" port access vlan {match[1]}"],
        "cisco_ios": [f" switchport access vlan {match[1]}"],
    }[draft.platform]
    draft.drop(file, draft.find(file, r"^ shutdown$", at))
    draft.insert(file, at + 1, *new)
    if draft.platform == "cisco_ios":
        draft.insert(file, at + 2, " no shutdown")


def routed_port_up(draft: Draft) -> None:
    """A routed port that nobody uses is up, with an address."""
    device = draft.devices(Role.COUNTY_ROUTER)[0].name
    file = draft.file(device, "frr.conf")
    at = draft.find(file, r"^ description unused")
    address = {"frr": " ip address 192.168.77.1/24"}.get(draft.platform, " ip address 192.168.77.1 255.255.255.0")
    down = draft.find(file, r"^ shutdown$", at)
    draft.lines(file)[down : down + 1] = [address, " no shutdown"] if draft.platform == "cisco_ios" else [address]
    if draft.platform == "cisco_ios":
        draft.drop(file, draft.find(file, r"^ no ip address", at))
    if draft.platform == "huawei_vrp":
        draft.insert(file, at + 1, " undo portswitch")
    if draft.platform == "frr":
        port = draft.lines(file)[at - 1].split()[1]
        draft.append(f"{device}/links.ip", f"link set dev {port} up")


# --- routes --------------------------------------------------------------------------------------------------------------------------

DEFAULT = {
    "huawei_vrp": "ip route-static 0.0.0.0 0.0.0.0 {}",
    "h3c_comware": "ip route-static 0.0.0.0 0 {}",
    "cisco_ios": "ip route 0.0.0.0 0.0.0.0 {}",
}


def core(draft: Draft) -> str:
    return draft.file(draft.devices(Role.CORE)[0].name)


def default_elsewhere(draft: Draft) -> None:
    """A default route of a core towards the province."""
    peer = re.search(r"(?:peer|neighbor) (\S+) (?:as-number|remote-as)", "\n".join(draft.lines(core(draft))))
    assert peer
    draft.append(core(draft), DEFAULT[draft.platform].format(peer[1]))


def default_without_owner(draft: Draft) -> None:
    """The default route of the routing switch before the egress points at an address that no device has."""
    file = draft.file(draft.devices(Role.AGGREGATION)[0].name)
    at = draft.find(file, r"^ip route(-static)? 0\.0\.0\.0 (0|0\.0\.0\.0) ")
    draft.edit(file, at, r"(0\.0\.0\.0 (?:0|0\.0\.0\.0) )(\d+\.\d+\.\d+\.)\d+", r"\g<1>\g<2>61")


def default_out_of_nowhere(draft: Draft) -> None:
    file = draft.file(draft.devices(Role.AGGREGATION)[0].name)
    at = draft.find(file, r"^ip route(-static)? 0\.0\.0\.0 (0|0\.0\.0\.0) ")
    draft.edit(file, at, r"(0\.0\.0\.0 0 |0\.0\.0\.0 0\.0\.0\.0 )\d+\.\d+\.\d+\.\d+", r"\g<1>9.9.9.9")


def default_from_province(draft: Draft) -> None:
    file = core(draft)
    pattern = r"^ip (ip-prefix|prefix-list) PROVINCE-IN "
    at = draft.find(file, pattern)
    form = {
        "huawei_vrp": "ip ip-prefix PROVINCE-IN index 1 permit 0.0.0.0 0",
        "h3c_comware": "ip prefix-list PROVINCE-IN index 1 permit 0.0.0.0 0",
        "cisco_ios": "ip prefix-list PROVINCE-IN seq 1 permit 0.0.0.0/0",
    }[draft.platform]
    draft.insert(file, at, form)


def all_from_province(draft: Draft) -> None:
    """The policy is off the peer: everything is accepted."""
    draft.drop(core(draft), draft.find(core(draft), r"^  (peer|neighbor) \S+ (route-policy|route-map) PROVINCE-IN (import|in)"))


OPERATORS = (
    Operator("vrf-import", "a VRF imports the routes of another", ("VPN-LEAK",), LEAKING, imported, near=True),
    Operator("vrf-static", "a static route from one VRF into another", ("VPN-LEAK",), ROUTERS, static_over, near=True),
    Operator("vrf-from-common", "a static route from the common table into a VRF", ("VPN-LEAK",), ROUTERS, static_from_common, near=True),
    Operator("vrf-other", "a subinterface in another VRF", ("VPN-LEAK",), ROUTERS, other_vrf, near=True),
    Operator("vrf-none", "a subinterface in no VRF", ("VPN-LEAK",), ROUTERS, no_vrf, near=True),
    Operator("vlan-other", "an agency's port in another agency's VLAN", ("LOG-AGENCY",), SWITCHES, other_vlan, names=("bureau",)),
    Operator("vlan-trunk", "an agency's port carries all VLANs", ("LOG-AGENCY",), SWITCHES, to_trunk, names=("bureau",)),
    Operator("vlan-native", "two VLANs joined by the untagged frames of a trunk", ("LOG-AGENCY",), SWITCHES, native_joined,
             names=("bureau",)),
    Operator("port-up", "an unused port in an agency's VLAN", ("EGR-INBOUND", "PHY-PORT", "HARD-PORT"), SWITCHES, port_up,
             names=("-acc1", "unrecorded", "bureau")),
    Operator("port-routed", "an unused routed port with an address", ("PHY-PORT", "HARD-PORT"), ROUTERS, routed_port_up, near=True),
    Operator("default-province", "a default route to the province", ("EGR-DEFAULT",), CORES, default_elsewhere),
    Operator("default-nobody", "a default route to an address that nobody has", ("EGR-DEFAULT",), CORES, default_without_owner),
    Operator("default-nowhere", "a default route to an address outside of every network", ("EGR-DEFAULT",), CORES, default_out_of_nowhere),
    Operator("default-accepted", "a default route accepted from the province", ("EGR-DEFAULT",), CORES, default_from_province, near=True),
    Operator("routes-accepted", "everything accepted from the province", ("EGR-DEFAULT",), CORES, all_from_province, near=True),
)  # fmt: skip
