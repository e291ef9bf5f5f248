"""The interface view of VRP: ports, subinterfaces, aggregates, VLAN interfaces."""

from __future__ import annotations

from isolation_checks.reading.huawei_acl import acl_name
from isolation_checks.reading.huawei_draft import InterfaceDraft, OspfPortDraft
from isolation_checks.reading.huawei_irrelevant import INTERFACE_REASONS, IPV6_ONLY, PEOPLE, TIMERS
from isolation_checks.reading.huawei_names import kind_of, take_interface
from isolation_checks.reading.huawei_nat import INTERFACE_NAT
from isolation_checks.reading.huawei_switching import SWITCHING, here, interface_of
from isolation_checks.reading.huawei_views import Entry, Handler, Reading, UnreadError, View, done, keyword, only, swallow
from isolation_checks.reading.values import ip, mask_length
from isolation_checks.snapshot import Applied, FeatureKind, InterfaceAddress, InterfaceKind, LastHop, Server, VirtualAddress

_SERVICES = ("all", "http", "https", "ping", "ssh", "telnet", "snmp", "netconf", "enable")


def open_interface(r: Reading, words: list[str]) -> None:
    name, taken = take_interface(words)
    if name is None:
        raise UnreadError
    rest = [word.lower() for word in words[taken:]]
    found = interface_of(r, name)
    if rest == ["mode", "l2"]:
        r.feature(FeatureKind.BRIDGING, name)
    elif kind_of(name) == InterfaceKind.TUNNEL and name.startswith("Nve"):
        r.feature(FeatureKind.VXLAN, name)
    elif rest and rest not in (["p2p"], ["p2mp"]):
        raise UnreadError
    number = name[6:]
    if name.startswith("Vlanif") and number.isdigit():
        found.vlans = ((int(number), int(number)),)
    r.open(INTERFACE, found)


def undo_interface(r: Reading, words: list[str]) -> None:
    name, _ = take_interface(words)
    if name is None:
        raise UnreadError
    r.draft.interfaces.pop(name, None)


# --- addresses


def _address(r: Reading, words: list[str]) -> None:
    item = here(r)
    address, length = ip(words[0]), mask_length(words[1])
    secondary = len(words) > 2
    if address is None or length is None or words[2:] not in ([], ["sub"], ["secondary"]):
        raise UnreadError
    if not secondary:
        item.addresses = [entry for entry in item.addresses if entry.secondary]
        item.addresses.insert(0, InterfaceAddress(address, length, r.ref))
    else:
        item.addresses.append(InterfaceAddress(address, length, r.ref, True))


def _undo_address(r: Reading, words: list[str]) -> None:
    item = here(r)
    if not words:
        item.addresses = []
        return
    address = ip(words[0])
    if address is None:
        raise UnreadError
    item.addresses = [entry for entry in item.addresses if entry.ip != address]


def _dynamic(r: Reading, _words: list[str]) -> None:
    here(r).dynamic_address = r.ref


def _undo_dynamic(r: Reading, _words: list[str]) -> None:
    here(r).dynamic_address = None


def _unnumbered(r: Reading, words: list[str]) -> None:
    if words and words[0] == "interface":
        words = words[1:]
    name, _ = take_interface(words)
    if name is None:
        raise UnreadError
    here(r).unnumbered = name


def _bind(r: Reading, words: list[str]) -> None:
    """Binding erases the addresses that are there."""
    item = here(r)
    only(words, 1)
    item.vrf = words[0]
    item.addresses, item.virtual, item.ospf, item.unnumbered, item.dynamic_address = [], [], None, None, None


def _undo_bind(r: Reading, words: list[str]) -> None:
    item = here(r)
    item.vrf = None
    item.addresses, item.virtual, item.ospf, item.unnumbered, item.dynamic_address = [], [], None, None, None


def _vrrp(r: Reading, words: list[str]) -> None:
    item = here(r)
    group = int(words[0])
    what = words[1]
    if what in ("virtual-ip", "virtual-i"):
        address = ip(words[2])
        rest = words[3:]
        if rest and mask_length(rest[0]) is not None:
            rest = rest[1:]
        role = {"master": "active", "slave": "standby"}.get(rest[0], rest[0]) if rest else ""
        if address is None or role not in ("", "active", "standby") or len(rest) > 1:
            raise UnreadError
        item.virtual.append(VirtualAddress(address, group, None, role, r.ref))
    elif what == "priority":
        item.priorities[group] = int(words[2])
    elif what in ("timer", "preempt-mode", "track", "authentication-mode", "version-3", "description", "holding-multiplier", "preempt"):
        r.irrelevant(TIMERS)
    else:
        raise UnreadError


def _undo_vrrp(r: Reading, words: list[str]) -> None:
    item = here(r)
    group = int(words[0])
    if len(words) == 1:
        item.virtual = [entry for entry in item.virtual if entry.group != group]
    elif words[1] == "virtual-ip":
        gone = ip(words[2]) if len(words) > 2 else None
        item.virtual = [entry for entry in item.virtual if entry.group != group or (gone is not None and entry.ip != gone)]
    elif words[1] == "priority":
        item.priorities.pop(group, None)
    elif words[1] in ("timer", "preempt-mode", "track", "authentication-mode"):
        r.irrelevant(TIMERS)
    else:
        raise UnreadError


# --- state


def _description(r: Reading, words: list[str]) -> None:
    here(r).description = r.text.split(None, 1)[1] if words else ""


def _shutdown(r: Reading, words: list[str]) -> None:
    only(words, 0)
    here(r).shutdown = r.ref


def _undo_shutdown(r: Reading, words: list[str]) -> None:
    only(words, 0)
    here(r).shutdown = None


def _mtu(r: Reading, words: list[str]) -> None:
    here(r).mtu = int(words[0])


def _ipv6(r: Reading, _words: list[str]) -> None:
    item = here(r)
    item.ipv6 = item.ipv6 or r.ref
    r.feature(FeatureKind.IPV6, item.name)


def _undo_ipv6(r: Reading, _words: list[str]) -> None:
    here(r).ipv6 = None


def _feature(kind: FeatureKind) -> Handler:
    def handler(r: Reading, _words: list[str]) -> None:
        r.feature(kind, here(r).name)

    return handler


def _flag(name: str, on: bool = True) -> Handler:
    def handler(r: Reading, _words: list[str]) -> None:
        flags = here(r).flags
        if on and name not in flags:
            flags.append(name)
        elif not on and name in flags:
            flags.remove(name)

    return handler


def _no_lldp(r: Reading, _words: list[str]) -> None:
    here(r).no_lldp = True


def _lldp(r: Reading, _words: list[str]) -> None:
    here(r).no_lldp = False


def _urpf(r: Reading, words: list[str]) -> None:
    item = here(r)
    if words and words[0] == "enable":
        words = words[1:] or ["strict"]
    item.urpf = keyword(words[0], "strict", "loose")
    rest = [word for word in words[1:] if word not in ("allow-default-route", "allow-default")]
    if rest:
        raise UnreadError
    item.urpf_default = len(words) > 1
    item.urpf_ref = r.ref


def _undo_urpf(r: Reading, _words: list[str]) -> None:
    item = here(r)
    item.urpf, item.urpf_default, item.urpf_ref = None, False, None


def _redirect_reverse(r: Reading, words: list[str]) -> None:
    """``redirect-reverse next-hop A``: answers to what came in here go back to A."""
    if len(words) != 2 or words[0] not in ("next-hop", "nexthop"):
        raise UnreadError
    address = ip(words[1])
    if address is None:
        raise UnreadError
    here(r).last_hop = LastHop(address, r.ref)


def _undo_redirect_reverse(r: Reading, _words: list[str]) -> None:
    here(r).last_hop = None


def _service_manage(r: Reading, words: list[str]) -> None:
    item = here(r)
    service = keyword(words[0], *_SERVICES)
    if service == "enable":
        item.services_off = False
        return
    if keyword(words[1], "permit", "deny") == "permit":
        item.services += [name for name in (_SERVICES[1:-1] if service == "all" else (service,)) if name not in item.services]
    else:
        item.services = [] if service == "all" else [name for name in item.services if name != service]


def _undo_service_manage(r: Reading, words: list[str]) -> None:
    item = here(r)
    if words and words[0] != "enable":
        service = keyword(words[0], *_SERVICES)
        item.services = [] if service == "all" else [name for name in item.services if name != service]
        return
    item.services_off = True


# --- OSPF on the interface


def _ospf(r: Reading, item: InterfaceDraft) -> OspfPortDraft:
    if item.ospf is None:
        item.ospf = OspfPortDraft(r.ref)
    return item.ospf


def area_id(word: str) -> str:
    number = int(word) if word.isdigit() else ip(word)
    if number is None or number > 0xFFFFFFFF:
        raise UnreadError
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def _ospf_enable(r: Reading, words: list[str]) -> None:
    ospf = _ospf(r, here(r))
    if words and words[0].isdigit():
        ospf.process = words[0]
        words = words[1:]
    if words:
        if words[0] != "area":
            raise UnreadError
        ospf.area = area_id(words[1])


def _undo_ospf_enable(r: Reading, _words: list[str]) -> None:
    ospf = _ospf(r, here(r))
    ospf.process = ospf.area = None


def _ospf_cost(r: Reading, words: list[str]) -> None:
    _ospf(r, here(r)).cost = int(words[0])


def _ospf_type(r: Reading, words: list[str]) -> None:
    kind = keyword(words[0], "p2p", "broadcast", "nbma", "p2mp")
    _ospf(r, here(r)).network_type = kind


def authentication_of(words: list[str]) -> str:
    kind = keyword(words[0], "simple", "md5", "hmac-md5", "hmac-sha256", "keychain", "null")
    return {"null": "none"}.get(kind, kind)


def _ospf_authentication(r: Reading, words: list[str]) -> None:
    _ospf(r, here(r)).authentication = authentication_of(words)


def _ospf_timer(r: Reading, words: list[str]) -> None:
    ospf = _ospf(r, here(r))
    if words[0] == "hello":
        ospf.hello = int(words[1])
    elif words[0] == "dead":
        ospf.dead = int(words[1])
    else:
        r.irrelevant(TIMERS)


def _ospf_priority(r: Reading, words: list[str]) -> None:
    _ospf(r, here(r)).priority = int(words[0])


def _ospf_default(attribute: str, value: object) -> Handler:
    def handler(r: Reading, _words: list[str]) -> None:
        ospf = here(r).ospf
        if ospf is not None:
            setattr(ospf, attribute, value)

    return handler


# --- what is put to use here


def _policy_route(r: Reading, words: list[str]) -> None:
    only(words, 1)
    here(r).policy_route = Applied(words[0], r.ref)


def _undo_policy_route(r: Reading, _words: list[str]) -> None:
    here(r).policy_route = None


def filter_of(r: Reading, words: list[str]) -> str:
    """The filter that ``acl 3000``, ``acl name X``, ``acl 3000 rule 5`` names."""
    if words[0] == "acl":
        words = words[1:]
    if words[0] in ("name", "number"):
        words = words[1:]
    if words[0] in ("ipv6", "l2"):
        raise UnreadError
    name = acl_name(r.draft, words[0].strip('"'))
    rest = words[1:]
    if rest[:1] == ["rule"]:
        key = f"{name} rule {rest[2] if rest[1] == 'id' else rest[1]}"
        r.draft.single_rules[key] = (name, int(key.rsplit(" ", 1)[1]))
        rest = rest[3 if rest[1] == "id" else 2 :]
        name = key
    if rest and rest not in (["logging"], ["logging-hit"]):
        raise UnreadError
    return name


def _traffic_filter(r: Reading, words: list[str]) -> None:
    item = here(r)
    direction = keyword(words[0], "inbound", "outbound")
    if words[1:3] == ["acl", "ipv6"] or words[1:2] == ["ipv6"]:
        r.irrelevant(IPV6_ONLY)
        return
    applied = Applied(filter_of(r, words[1:]), r.ref)
    (item.filters_in if direction == "inbound" else item.filters_out).append(applied)


def _packet_filter(r: Reading, words: list[str]) -> None:
    """The old form names the ACL before the direction."""
    if words[-1] in ("inbound", "outbound"):
        words = [words[-1], *words[:-1]]
    _traffic_filter(r, words)


def _undo_traffic_filter(r: Reading, words: list[str]) -> None:
    item = here(r)
    words = [words[-1], *words[:-1]] if words[-1] in ("inbound", "outbound") else words
    direction = keyword(words[0], "inbound", "outbound")
    entries = item.filters_in if direction == "inbound" else item.filters_out
    name = filter_of(r, words[1:]) if len(words) > 1 else None
    entries[:] = [entry for entry in entries if name is not None and entry.filter != name]


def policy_filter(name: str) -> str:
    """The filter that a traffic policy becomes. ACLs and policies have names of their own, hence the blank, which no name has."""
    return f"traffic-policy {name}"


def _traffic_policy(r: Reading, words: list[str]) -> None:
    item = here(r)
    only(words, 2)
    direction = keyword(words[1], "inbound", "outbound")
    (item.filters_in if direction == "inbound" else item.filters_out).append(Applied(policy_filter(words[0].strip('"')), r.ref))


def _undo_traffic_policy(r: Reading, words: list[str]) -> None:
    item = here(r)
    direction = keyword(words[-1], "inbound", "outbound")
    entries = item.filters_in if direction == "inbound" else item.filters_out
    entries[:] = [entry for entry in entries if not entry.filter.startswith(policy_filter(""))]


def _relay(r: Reading, words: list[str]) -> None:
    for word in words:
        if ip(word) is not None:
            r.draft.servers.append(Server("dhcp", word, here(r).vrf, False, r.ref))
            return
    raise UnreadError


def _zone(r: Reading, words: list[str]) -> None:
    here(r).zone = words[0]


def _undo_zone(r: Reading, _words: list[str]) -> None:
    here(r).zone = None


def _tunnel_protocol(r: Reading, words: list[str]) -> None:
    if words[0] != "none":
        r.feature(FeatureKind.IPSEC if words[0] == "ipsec" else FeatureKind.TUNNEL, here(r).name)


def _link_protocol(r: Reading, words: list[str]) -> None:
    if words[0] not in ("ppp", "hdlc"):  # frame relay, LAPB, ATM: other circuits on the same port
        r.feature(FeatureKind.OTHER, here(r).name)


_BY_KIND: dict[FeatureKind, tuple[str, ...]] = {
    FeatureKind.MPLS: ("mpls", "mpls ldp", "mpls te", "mpls rsvp-te"),
    FeatureKind.L2VPN: ("l2 binding", "mpls l2vc", "mpls static-l2vc", "vsi", "l2vpn"),
    FeatureKind.IPSEC: ("ipsec policy", "ipsec profile", "ipsec policy-template"),
    FeatureKind.MIRROR: ("port-mirroring", "mirroring", "port-observing", "netstream inbound", "netstream outbound", "sflow"),
    FeatureKind.MULTICAST: ("pim", "igmp enable", "igmp static-group", "multicast"),
    FeatureKind.DIALUP: (
        "pppoe-client", "pppoe-server", "dialer", "ppp authentication-mode", "ppp pap", "ppp chap", "ppp ipcp", "remote address", "bas",
        "dialer-group", "l2tp",
    ),
    FeatureKind.ROUTING: ("isis enable", "isis ipv6", "rip version", "rip authentication-mode", "eigrp"),
    FeatureKind.BRIDGING: (
        "qinq", "port vlan-stacking", "port vlan-mapping", "vlan-mapping", "vlan-stacking", "port protocol-vlan", "bridge", "control-vid",
        "port hybrid vlan-mapping", "mac-vlan", "ip-subnet-vlan", "l2protocol-tunnel", "bridge-domain", "encapsulation", "rewrite",
        "loopback", "voice-vlan", "gvrp", "mvrp", "port bridge enable",
    ),
    FeatureKind.STACKING: ("peer-link", "stack", "dfs-group"),
    FeatureKind.VXLAN: ("vni", "vxlan"),
    FeatureKind.PROXY: ("authentication-profile", "portal", "web-auth-server", "dot1x", "mac-authen", "authentication"),
    FeatureKind.OTHER: ("wlan", "gre key", "service-set"),
}  # fmt: skip


def _table() -> dict[str, Entry]:
    table: dict[str, Entry] = dict(INTERFACE_REASONS)
    for kind, keys in _BY_KIND.items():
        for key in keys:
            table[key] = _feature(kind)
            table.setdefault(f"undo {key}", done)
    table.update(INTERFACE_NAT)
    table.update(SWITCHING)
    table.update(_HANDLERS)
    return table


_HANDLERS: dict[str, Entry] = {
    "ip address": _address, "undo ip address": _undo_address, "ip address dhcp-alloc": _dynamic, "ip address ppp-negotiate": _dynamic,
    "undo ip address dhcp-alloc": _undo_dynamic, "undo ip address ppp-negotiate": _undo_dynamic, "ip address bootp-alloc": _dynamic,
    "ip address unnumbered": _unnumbered, "ip binding vpn-instance": _bind, "undo ip binding vpn-instance": _undo_bind,
    "vrrp vrid": _vrrp, "undo vrrp vrid": _undo_vrrp, "description": _description, "undo description": PEOPLE,
    "shutdown": _shutdown, "undo shutdown": _undo_shutdown, "mtu": _mtu, "undo mtu": done,
    "ipv6": _ipv6, "ospfv3": _ipv6, "vrrp6": _ipv6, "undo ipv6": _undo_ipv6, "undo ipv6 enable": _undo_ipv6,
    "undo ipv6 nd ra halt": IPV6_ONLY,
    "undo ipv6 address": IPV6_ONLY, "ipv6 nd": IPV6_ONLY, "undo ipv6 nd": IPV6_ONLY, "ipv6 mtu": IPV6_ONLY, "undo ospfv3": IPV6_ONLY,
    "dhcpv6": IPV6_ONLY, "undo dhcpv6": IPV6_ONLY, "isis ipv6 enable": _ipv6, "ripng": _ipv6, "ipv6 address auto link-local": _ipv6,
    "urpf": _urpf, "ip urpf": _urpf, "redirect-reverse": _redirect_reverse,
    "undo redirect-reverse": _undo_redirect_reverse, "undo urpf": _undo_urpf, "undo ip urpf": _undo_urpf,
    "service-manage": _service_manage, "undo service-manage": _undo_service_manage,
"ospf enable": _ospf_enable, "undo ospf enable": _undo_ospf_enable, "ospf cost": _ospf_cost,
    "undo ospf cost": _ospf_default("cost", None), "ospf network-type": _ospf_type, "undo ospf network-type": _ospf_default("network_type",
    ""),
    "ospf authentication-mode": _ospf_authentication, "undo ospf authentication-mode": _ospf_default("authentication", "none"),
    "ospf timer": _ospf_timer, "undo ospf timer": TIMERS, "ospf dr-priority": _ospf_priority,
    "undo ospf dr-priority": _ospf_default("priority", None), "ospf mtu-enable": TIMERS, "ospf bfd": TIMERS, "ospf trans-delay": TIMERS,
    "ospf ldp-sync": TIMERS, "ospf smart-discover": TIMERS, "ospf suppress-reachability": TIMERS,
    "ospf prefix-sid": _feature(FeatureKind.MPLS),
    "ip policy-based-route": _policy_route, "undo ip policy-based-route": _undo_policy_route,
    "traffic-filter": _traffic_filter, "undo traffic-filter": _undo_traffic_filter, "traffic-secure": _traffic_filter,
    "undo traffic-secure": _undo_traffic_filter, "packet-filter": _packet_filter, "undo packet-filter": _undo_traffic_filter,
    "firewall packet-filter": _packet_filter, "undo firewall packet-filter": _undo_traffic_filter,
    "traffic-policy": _traffic_policy, "undo traffic-policy": _undo_traffic_policy,
    "dhcp relay server-ip": _relay, "ip relay address": _relay, "dhcp relay server-select": done, "undo dhcp relay": done,
    "lldp enable": _lldp, "undo lldp enable": _no_lldp, "lldp disable": _no_lldp,
    "stp edged-port enable": _flag("stp-edge"), "undo stp edged-port": _flag("stp-edge", False),
    "stp edged-port disable": _flag("stp-edge", False),
    "stp bpdu-filter enable": _flag("bpdu-filter"), "stp root-protection": _flag("root-guard"),
    "dhcp snooping trusted": _flag("dhcp-snooping-trust"), "dhcp snooping enable": _flag("dhcp-snooping"),
    "undo dhcp snooping trusted": _flag("dhcp-snooping-trust", False), "undo dhcp snooping enable": _flag("dhcp-snooping", False),
    "port-security enable": _flag("port-security"), "undo port-security enable": _flag("port-security", False),
    "arp-proxy enable": _flag("proxy-arp"), "undo arp-proxy enable": _flag("proxy-arp", False), "arp proxy enable": _flag("proxy-arp"),
    "arp-proxy inner-sub-vlan-proxy enable": _flag("proxy-arp"), "arp-proxy inter-sub-vlan-proxy enable": _flag("proxy-arp"),
    "arp proxy inter-sub-vlan-proxy enable": _flag("proxy-arp"),
    "ip source check user-bind enable": _flag("source-guard"), "arp anti-attack check user-bind enable": _flag("arp-inspection"),
    "ip forward-broadcast": _flag("directed-broadcast"), "undo ip forward-broadcast": _flag("directed-broadcast", False),
    "icmp redirect send": _flag("redirects"), "undo icmp redirect send": _flag("redirects", False),
    "zone": _zone, "undo zone": _undo_zone, "tunnel-protocol": _tunnel_protocol, "link-protocol": _link_protocol,
    "source": done, "destination": done, "undo tunnel-protocol": done,
    "isis enable": _feature(FeatureKind.ROUTING), "service-type": swallow(TIMERS), "smart-link": _feature(FeatureKind.BRIDGING),
}  # fmt: skip

INTERFACE = View("interface", _table())
