"""The commands of the interface view of IOS."""

from __future__ import annotations

from isolation_checks.reading import cisco_interfaces as port
from isolation_checks.reading import cisco_ospf
from isolation_checks.reading import cisco_switching as switch
from isolation_checks.reading.cisco_model import Port, VirtualGroup
from isolation_checks.reading.cisco_state import State
from isolation_checks.reading.cisco_switching import per_port
from isolation_checks.reading.cisco_tables import GATEWAY, NAMES, PORT_BLOCKS, PORT_FEATURES, PORT_IRRELEVANT, commands
from isolation_checks.reading.cisco_views import Action, Line, View, table
from isolation_checks.snapshot import FeatureKind


def vrrp_family(state: State, line: Line) -> bool:
    """``vrrp N address-family ipv4``: the view of a VRRPv3 group; other lines are of version 2."""
    words = [word.lower() for word in line.args]
    if len(words) == 3 and words[0].isdigit() and words[1] == "address-family":
        if words[2] != "ipv4":
            return state.feature(line, FeatureKind.IPV6) and (line.negated or state.enter(IPV6_GROUP_VIEW, "vrrp ipv6"))
        key = "vrrp", int(words[0])
        for item in state.now.ports:
            if line.negated:
                item.groups.pop(key, None)
        if line.negated:
            return True
        state.now.gateways = [item.groups.setdefault(key, VirtualGroup("vrrp", key[1], line.ref)) for item in state.now.ports]
        return state.enter(GATEWAY_VIEW, f"vrrp {words[0]}")
    return bool(port.gateway(state, line))


GATEWAY_VIEW = View(
    "vrrp",
    table(
        {
            "address": port.gateway_address, "priority": port.gateway_priority, "preempt": GATEWAY, "timers": GATEWAY, "track": GATEWAY,
            "description": NAMES, "vrrpv2": GATEWAY, "exit-vrrp": GATEWAY, "shutdown": GATEWAY, "match-address": GATEWAY, "vrrs": GATEWAY,
            "bfd": GATEWAY, "exit": GATEWAY,
        }
    ),
)  # fmt: skip
IPV6_GROUP_VIEW = View("vrrp ipv6", rest=FeatureKind.IPV6)


def service_instance(state: State, line: Line) -> bool:
    """``service instance N ethernet``: bridging by pseudowires and bridge domains."""
    state.feature(line, FeatureKind.L2VPN)
    return line.negated or state.enter(INSTANCE_VIEW, "service instance")


INSTANCE_VIEW = View("service instance", rest=FeatureKind.L2VPN)


@per_port
def port_security(_state: State, line: Line, item: Port) -> bool:
    if line.negated and not line.args:
        item.flags.discard("port-security")
    elif not line.negated:
        item.flags.add("port-security")
    return True


_HANDLERS: dict[str, Action] = {
    "ip address": port.address,
    "ip unnumbered": port.unnumbered,
    "ip access-group": port.access_group,
    "ip policy route-map": port.policy_route,
    "ip verify unicast source reachable-via": port.urpf,
    "ip verify unicast reverse-path": port.urpf,
    "ip nat inside": port.nat_side,
    "ip nat outside": port.nat_side,
    "ip helper-address": port.helper,
    "ip ospf": cisco_ospf.on_interface,
    "ip vrf forwarding": port.vrf,
    "vrf forwarding": port.vrf,
    "ip vrf receive": port.vrf_receive,
    "vrf receive": port.vrf_receive,
    "ip proxy-arp": port.on_by_default("proxy-arp"),
    "ip redirects": port.on_by_default("redirects"),
    "ip local-proxy-arp": port.flag("local-proxy-arp"),
    "ip directed-broadcast": port.flag("directed-broadcast"),
    "ip mask-reply": port.flag("mask-reply"),
    "ip unreachables": port.on_by_default("unreachables"),
    "ip arp inspection trust": port.flag("arp-inspection-trust"),
    "ip dhcp snooping trust": port.flag("dhcp-snooping-trust"),
    "ip verify source": port.flag("source-guard"),
    "switchport": per_port(switch.bare),
    "switchport mode": per_port(switch.mode),
    "switchport access vlan": per_port(switch.access_vlan),
    "switchport trunk native vlan": per_port(switch.native_vlan),
    "switchport trunk allowed vlan": per_port(switch.allowed),
    "switchport voice vlan": per_port(switch.voice_vlan),
    "switchport protected": per_port(switch.protected),
    "switchport port-security": port_security,
    "channel-group": port.channel_group,
    "ppp multilink group": port.multilink_group,
    "spanning-tree portfast": port.flag("stp-edge"),
    "spanning-tree bpduguard": port.flag("bpdu-guard"),
    "spanning-tree bpdufilter": port.flag("bpdu-filter"),
    "description": port.description,
    "shutdown": port.shutdown,
    "zone-member security": port.zone,
    "encapsulation dot1q": port.encapsulation,
    "encapsulation isl": port.encapsulation,
    "mtu": port.mtu,
    "vrrp": vrrp_family,
    "standby": port.gateway,
    "glbp": port.gateway,
    "service instance": service_instance,
    "ipv6 address": port.ipv6,
    "ipv6 enable": port.ipv6,
    "ipv6 unnumbered": port.ipv6,
    "ipv6 dhcp": port.ipv6,
    "ipv6 ospf": port.ipv6,
    "ipv6 rip": port.ipv6,
    "ipv6 eigrp": port.ipv6,
    "ipv6 router": port.ipv6,
    "ospfv3": port.ipv6,
}

INTERFACE_VIEW = View("interface", table(commands(PORT_IRRELEVANT, PORT_FEATURES, _HANDLERS, PORT_BLOCKS)))
