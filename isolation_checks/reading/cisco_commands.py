"""The commands of the global view of IOS."""

from __future__ import annotations

from isolation_checks.reading import cisco_bgp as bgp
from isolation_checks.reading import cisco_interfaces as port
from isolation_checks.reading import cisco_lists as lists
from isolation_checks.reading import cisco_management as plane
from isolation_checks.reading import cisco_nat as nat
from isolation_checks.reading import cisco_ospf as ospf
from isolation_checks.reading import cisco_policies as policies
from isolation_checks.reading import cisco_routes as routes
from isolation_checks.reading import cisco_servers as servers
from isolation_checks.reading import cisco_switching as switching
from isolation_checks.reading import cisco_terminal as terminal
from isolation_checks.reading import cisco_zones as zones
from isolation_checks.reading.cisco_model import Port
from isolation_checks.reading.cisco_port_commands import INTERFACE_VIEW
from isolation_checks.reading.cisco_state import State
from isolation_checks.reading.cisco_tables import (
    DHCP,
    DHCP_POOL,
    GLOBAL_BLOCKS,
    GLOBAL_FEATURES,
    GLOBAL_IRRELEVANT,
    RATES,
    SPANNING,
    commands,
    listed,
)
from isolation_checks.reading.cisco_views import Action, Line, View, table
from isolation_checks.reading.values import ip
from isolation_checks.snapshot import FeatureKind


def interface(state: State, line: Line) -> bool:
    """``interface NAME`` or ``interface range …``; `no interface` takes it away, `default interface` all that was said about it."""
    text = line.rest()
    ports = port.opened(state, text, line)
    if ports is None:
        return False
    if line.negated:
        for item in ports:
            state.ports.pop(item.name, None)
            if line.default:
                state.ports[item.name] = Port(item.name, item.kind, item.ref, vlans=item.vlans)
        return True
    state.now.ports = ports
    for item in ports:
        kind = port.carrier(item)
        if kind is not None:
            state.feature(line, kind)
        if item.name.startswith("Vlan"):
            state.switch_marks += 1
    return state.enter(INTERFACE_VIEW, f"interface {text}")


def ip_routing(state: State, line: Line) -> bool:
    state.forwarding = not line.negated
    state.forwarding_ref = line.ref
    return not line.args


def switch_only(reason: str) -> Action:
    """A command without effect on forwarding that only switches have."""

    def handler(state: State, line: Line) -> bool:
        state.switch_marks += 1
        return state.irrelevant(line, reason)

    return handler


def vtp_mode(state: State, line: Line) -> bool:
    """As server or client of VTP, VLANs are made and deleted from other switches."""
    state.switch_marks += 1
    state.facts["vtp"] = "server" if line.negated else " ".join(line.args)
    return bool(line.args) or line.negated


def default_gateway(state: State, line: Line) -> bool:
    """``ip default-gateway A``: for the device's own packets while it forwards none."""
    address = ip(line.args[0]) if len(line.args) == 1 else None
    if line.negated:
        state.routing.gateway = None
    elif address is not None:
        state.routing.gateway = (address, line.ref)
    return line.negated or address is not None


def no_banner(_state: State, line: Line) -> bool:
    """``no banner motd``; a banner itself is read with its text, or its delimiter never comes again and nobody knows where it ends."""
    return line.negated


def policy_map(state: State, line: Line) -> bool:
    """``policy-map P`` of quality of service: only a class that drops decides anything."""
    return bool(line.args) and (line.negated or state.enter(QOS_VIEW, line.text.strip()))


QOS_VIEW = View("policy-map", table({"drop": FeatureKind.FILTER, **dict.fromkeys(("class", "police", "set"), RATES)}), rest=RATES)


def dhcp_pool(state: State, line: Line) -> bool:
    state.irrelevant(line, DHCP)
    return line.negated or state.enter(POOL_VIEW, line.text.strip())


POOL_VIEW = View("ip dhcp pool", table(dict.fromkeys(listed(DHCP_POOL), DHCP)), rest=DHCP)


def other_routing(state: State, line: Line) -> bool:
    """A routing protocol that the model does not hold: its lines are known as such."""
    state.feature(line, FeatureKind.ROUTING)
    return line.negated or state.enter(OTHER_ROUTING_VIEW, line.text.strip())


_PROTOCOL_WORDS = ("network", "passive-interface", "redistribute", "version", "auto-summary", "eigrp", "net", "is-type", "no-summary")
OTHER_ROUTING_VIEW = View(
    "router",
    table(dict.fromkeys(_PROTOCOL_WORDS, State.unmodelled)),
    rest=FeatureKind.ROUTING,
)

_HANDLERS: dict[str, Action] = {
    "interface": interface,
    "ip routing": ip_routing,
    "vlan": switching.vlan,
    "vlan access-map": switching.access_map,
    "vlan filter": switching.vlan_filter,
    "vlan dot1q tag native": switching.native_tag,
    "vlan internal": switch_only(SPANNING),
    "vlan database": switch_only(SPANNING),
    "ip access-list standard": lists.named_standard,
    "ip access-list extended": lists.named_extended,
    "ip access-list resequence": lists.resequence,
    "access-list": lists.numbered,
    "object-group network": lists.network_group,
    "object-group service": lists.service_group,
    "ip route": routes.route,
    "ip vrf": routes.vrf,
    "vrf definition": routes.vrf,
    "ip prefix-list": policies.prefix_list,
    "route-map": policies.route_map,
    "router ospf": ospf.process,
    "router bgp": bgp.process,
    "router eigrp": other_routing,
    "router rip": other_routing,
    "router isis": other_routing,
    "router odr": other_routing,
    "router igrp": other_routing,
    "ip nat pool": nat.pool,
    "ip nat inside source": nat.inside_source,
    "ip nat outside source": nat.outside_source,
    "zone security": zones.zone,
    "zone-pair security": zones.zone_pair,
    "class-map type inspect": zones.class_map,
    "policy-map type inspect": zones.policy_map,
    "policy-map": policy_map,
    "ip default-gateway": default_gateway,
    "ip source-route": plane.flag("source-route"),
    "ip bootp server": plane.service("bootp"),
    "ip finger": plane.service("finger"),
    "ip identd": plane.service("identd"),
    "ip rcmd rsh-enable": plane.service("rsh"),
    "ip rcmd rcp-enable": plane.service("rcp"),
    "banner": no_banner,
    "hostname": plane.hostname,
    "version": plane.version,
    "username": plane.user,
    "enable": plane.enable,
    "line": terminal.terminal,
    "aaa new-model": plane.aaa_model,
    "aaa authentication login": plane.aaa_login,
    "aaa group server": servers.group_server,
    "tacacs-server host": servers.aaa_host,
    "radius-server host": servers.aaa_host,
    "tacacs server": servers.aaa_block,
    "radius server": servers.aaa_block,
    "ip tacacs source-interface": plane.source_interface,
    "ip radius source-interface": plane.source_interface,
    "ntp server": servers.ntp_server,
    "ntp peer": servers.ntp_server,
    "ntp access-group": servers.ntp_access,
    "ntp authenticate": plane.flag("ntp-authentication"),
    "ntp master": plane.service("ntp"),
    "sntp server": servers.ntp_server,
    "logging": servers.logging,
    "logging host": servers.log_host,
    "logging on": plane.flag("logging-off", when_negated=True),
    "ip name-server": servers.name_server,
    "ip domain-lookup": plane.flag("domain-lookup-off", when_negated=True),
    "ip domain lookup": plane.flag("domain-lookup-off", when_negated=True),
    "ip dns server": plane.service("dns"),
    "ip http server": plane.service("http"),
    "ip http secure-server": plane.service("https"),
    "ip http access-class": plane.service_filter("http", "https"),
    "ip http port": plane.service_port("http"),
    "ip http secure-port": plane.service_port("https"),
    "ip ssh version": plane.ssh_version,
    "ip ssh source-interface": plane.source_interface,
    "ip ssh": plane.ssh_other,
    "ip scp server enable": plane.service("scp"),
    "ftp-server enable": plane.service("ftp"),
    "tftp-server": plane.service("tftp"),
    "snmp-server community": servers.community,
    "snmp-server group": servers.snmp_group,
    "snmp-server user": servers.snmp_user,
    "snmp-server host": servers.snmp_host,
    "netconf-yang": plane.service("netconf"),
    "netconf-yang ssh": plane.service_filter("netconf"),
    "netconf ssh": plane.service("netconf-ssh"),
    "restconf": plane.service("restconf"),
    "gnmi-yang": plane.service("gnmi"),
    "gnxi": plane.service("gnmi"),
    "service password-encryption": plane.flag("password-encryption"),
    "service timestamps log": plane.flag("log-timestamps"),
    "service pad": plane.service("pad"),
    "service dhcp": plane.service("dhcp"),
    "service config": plane.service("config"),
    "service tcp-small-servers": plane.service("small-servers"),
    "service udp-small-servers": plane.service("small-servers"),
    "service finger": plane.service("finger"),
    "service password-recovery": plane.flag("no-password-recovery", when_negated=True),
    "vstack": plane.service("vstack"),
    "cdp run": plane.flag("cdp-off", when_negated=True),
    "lldp run": plane.flag("lldp"),
    "login block-for": plane.flag("login-block"),
    "privilege": plane.flag("privilege"),
    "en": plane.enable,
    "snmp-server system-shutdown": plane.flag("snmp-reload"),
    "ip sla responder": plane.service("sla-responder"),
    "ip dns spoofing": plane.service("dns"),
    "ip dhcp pool": dhcp_pool,
    "ip dhcp snooping": plane.flag("dhcp-snooping"),
    "spanning-tree mode": switch_only(SPANNING),
    "vtp": switch_only(SPANNING),
    "vtp mode": vtp_mode,
}

GLOBAL_VIEW = View("global", table(commands(GLOBAL_IRRELEVANT, GLOBAL_FEATURES, _HANDLERS, GLOBAL_BLOCKS)))
