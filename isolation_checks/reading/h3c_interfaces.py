"""Interfaces of H3C devices: addresses, virtual addresses, subinterfaces, filters, OSPF on the interface."""

from __future__ import annotations

from isolation_checks.reading import values
from isolation_checks.reading.h3c_acl import V6_ONLY, applied_filter
from isolation_checks.reading.h3c_draft import InterfaceDraft, OspfInterfaceDraft, VirtualDraft
from isolation_checks.reading.h3c_names import (
    ALL_VLANS,
    Words,
    dotted_area,
    integer,
    interface_kind,
    interface_range,
    take_interface,
    vlan_id,
    vlan_list,
    whole_interface,
)
from isolation_checks.reading.h3c_views import Handler, Past, Reader, nothing
from isolation_checks.snapshot import Applied, FeatureKind, InterfaceAddress, InterfaceKind, LastHop


def interface_of(reader: Reader) -> InterfaceDraft:
    data = reader.frame.data
    assert isinstance(data, InterfaceDraft)
    return data


def _description(reader: Reader, words: Words) -> bool:
    interface_of(reader).description = " ".join(words)
    return True


def _undo_description(reader: Reader, _words: Words) -> bool:
    interface_of(reader).description = ""
    return True


def _shutdown(reader: Reader, words: Words) -> bool:
    interface_of(reader).shutdown = reader.ref
    return not words


def _undo_shutdown(reader: Reader, words: Words) -> bool:
    interface_of(reader).shutdown = None
    return not words


def _ip_address(reader: Reader, words: Words) -> bool:
    """``A M|L [sub]``, ``dhcp-alloc``, ``ppp-negotiate``, ``unnumbered interface X``."""
    interface = interface_of(reader)
    kind = words[0].lower() if words else ""
    if kind in ("dhcp-alloc", "ppp-negotiate", "bootp-alloc", "cellular-alloc"):
        interface.addresses.clear()
        interface.dynamic = reader.ref
        return True
    if kind == "unnumbered":
        rest = words[2:] if words[1:2] and words[1].lower() == "interface" else words[1:]
        interface.unnumbered = whole_interface(rest)
        return interface.unnumbered is not None
    address = values.ip(words[0]) if words else None
    length = values.mask_length(words[1]) if len(words) > 1 else None
    secondary = words[2:3] == ("sub",)
    if address is None or length is None or (len(words) > 2 + secondary and words[2:] not in (("active",), ("standby",), ("irf-member",))):
        return False
    if not secondary:
        interface.dynamic = interface.unnumbered = None
        for old in [key for key, value in interface.addresses.items() if not value.secondary]:
            del interface.addresses[old]
    interface.addresses[address] = InterfaceAddress(address, length, reader.ref, secondary)
    return True


def _undo_ip_address(reader: Reader, words: Words) -> bool:
    interface = interface_of(reader)
    address = values.ip(words[0]) if words else None
    if address is not None:
        interface.addresses.pop(address, None)
        return True
    interface.dynamic = interface.unnumbered = None
    if not words:
        interface.addresses.clear()
    return True


def _binding(reader: Reader, words: Words) -> bool:
    """Binding to an instance erases the addresses that are there."""
    interface = interface_of(reader)
    if len(words) != 1:
        return False
    interface.vrf = words[0]
    interface.addresses.clear()
    interface.dynamic = None
    return True


def _undo_binding(reader: Reader, _words: Words) -> bool:
    interface = interface_of(reader)
    interface.vrf = None
    interface.addresses.clear()
    return True


def _mtu(reader: Reader, words: Words) -> bool:
    interface_of(reader).mtu = integer(words[0]) if words else None
    return len(words) == 1


def _vlan_type(reader: Reader, words: Words) -> bool:
    """``dot1q vid LIST``, ``dot1q untagged``, ``dot1q default|any``; a second tag is not modelled."""
    interface = interface_of(reader)
    lowered = tuple(word.lower() for word in words)
    if "second-dot1q" in lowered:
        reader.feature(FeatureKind.BRIDGING)
        at = lowered.index("second-dot1q")
        lowered = lowered[:at]
    if lowered[:2] == ("dot1q", "vid"):
        lowered = lowered[2:-1] if lowered[-1:] == ("loose",) else lowered[2:]
        found = vlan_list(lowered)
        interface.vlans = found or ()
        return found is not None
    if lowered == ("dot1q", "untagged"):
        interface.vlans = ((0, 0),)
        return True
    if lowered in (("dot1q", "default"), ("dot1q", "any")):
        interface.vlans = (ALL_VLANS,)
        return True
    if len(lowered) == 2 and lowered[0] == "dot1q" and (number := vlan_id(lowered[1])):
        interface.vlans = ((number, number),)
        return True
    return False


def _undo_vlan_type(reader: Reader, _words: Words) -> bool:
    interface_of(reader).vlans = ()
    return True


def _packet_filter(reader: Reader, words: Words) -> bool:
    """``packet-filter X inbound``, ``packet-filter name X inbound``, Comware 3 ``packet-filter inbound ip-group X``."""
    if len(words) >= 3 and words[0].lower() in ("inbound", "outbound") and words[1].lower() == "ip-group":
        if len(words) > 3 and words[3:] != ("not-care-for-interface",):
            reader.feature(FeatureKind.FILTER)
            return True
        words = (words[2], words[0])
    found = applied_filter(reader, words)
    if found is None or set(found[2]) - {"hardware-count", "share-mode", "match-fragments", "normally", "exactly"}:
        return False
    interface = interface_of(reader)
    _set_filter(interface.filters_in if found[1] else interface.filters_out, found[0])
    return True


def _set_filter(filters: list[Applied], new: Applied) -> None:
    filters[:] = [old for old in filters if old.filter != new.filter] + [new]


def _undo_packet_filter(reader: Reader, words: Words) -> bool:
    interface = interface_of(reader)
    found = applied_filter(reader, words)
    if found is None:
        return False
    filters = interface.filters_in if found[1] else interface.filters_out
    gone = {found[0].filter.lower(), reader.draft.acl_key(found[0].filter).lower()}
    filters[:] = [old for old in filters if gone.isdisjoint((old.filter.lower(), reader.draft.acl_key(old.filter).lower()))]
    return True


def _old_filter(reader: Reader, words: Words) -> bool:
    """``firewall packet-filter X inbound`` of Comware 5."""
    found = applied_filter(reader, words)
    if found is None:
        return False
    interface = interface_of(reader)
    _set_filter(interface.old_filters_in if found[1] else interface.old_filters_out, found[0])
    return True


def _undo_old_filter(reader: Reader, words: Words) -> bool:
    found = applied_filter(reader, words)
    interface = interface_of(reader)
    if found is None:
        return False
    filters = interface.old_filters_in if found[1] else interface.old_filters_out
    filters[:] = [old for old in filters if old.filter != found[0].filter]
    return True


def _qos_apply(reader: Reader, words: Words) -> bool:
    """``qos apply policy P inbound|outbound``."""
    if len(words) < 2 or words[1].lower() not in ("inbound", "outbound"):
        return False
    interface = interface_of(reader)
    (interface.qos_in if words[1].lower() == "inbound" else interface.qos_out).append(Applied(words[0], reader.ref))
    return True


def _undo_qos_apply(reader: Reader, words: Words) -> bool:
    interface = interface_of(reader)
    for filters in (interface.qos_in, interface.qos_out):
        filters[:] = [old for old in filters if words and old.filter != words[0]]
    return True


def _policy_route(reader: Reader, words: Words) -> bool:
    interface_of(reader).policy_route = Applied(words[0], reader.ref) if words else None
    return len(words) == 1


def _undo_policy_route(reader: Reader, _words: Words) -> bool:
    interface_of(reader).policy_route = None
    return True


def urpf_words(reader: Reader, words: Words) -> tuple[str | None, bool] | None:
    """``strict|loose [allow-default-route] [link-check] [acl N]``. What an ACL lets past the check is not modelled: no check then."""
    mode = words[0].lower() if words else ""
    if mode not in ("strict", "loose"):
        return None
    rest = {word.lower() for word in words[1:]}
    if "acl" in rest:
        reader.feature(FeatureKind.FILTER)
        return None, False
    return (mode, "allow-default-route" in rest) if rest <= {"allow-default-route", "link-check"} else None


def _urpf(reader: Reader, words: Words) -> bool:
    found = urpf_words(reader, words)
    if found is None:
        return False
    interface = interface_of(reader)
    interface.urpf, interface.urpf_default = found
    interface.urpf_ref = reader.ref
    return True


def _undo_urpf(reader: Reader, _words: Words) -> bool:
    interface = interface_of(reader)
    interface.urpf, interface.urpf_default, interface.urpf_ref = None, False, None
    return True


def _last_hop(reader: Reader, words: Words) -> bool:
    """``ip last-hop hold``: answers to what came in here go back to the neighbour that it came from."""
    if list(words) != ["hold"]:
        return False
    interface_of(reader).last_hop = LastHop(None, reader.ref)
    return True


def _undo_last_hop(reader: Reader, _words: Words) -> bool:
    interface_of(reader).last_hop = None
    return True


def _vrrp(reader: Reader, words: Words) -> bool:
    """``vrrp vrid N virtual-ip A [active|standby]``, ``priority P``; timers, tracking and preemption move nothing past a filter."""
    group = integer(words[0]) if words else None
    if group is None or len(words) < 2:
        return False
    virtual = interface_of(reader).virtual.setdefault(group, VirtualDraft())
    kind = words[1].lower()
    if kind == "priority" and len(words) == 3:
        virtual.priority = integer(words[2])
        return virtual.priority is not None
    if kind == "virtual-ip":
        address = values.ip(words[2]) if len(words) > 2 else None
        rest = words[3:]
        if rest and values.mask_length(rest[0]) is not None:
            rest = rest[1:]
        role = rest[0].lower() if rest else ""
        if address is None or role not in ("", "active", "standby") or len(rest) > 1:
            return False
        virtual.ips.append((address, role, reader.ref))
        return True
    return kind in (
        "preempt-mode",
        "timer",
        "track",
        "authentication-mode",
        "description",
        "weight",
        "source-interface",
        "shutdown",
        "name",
        "follow",
    )


def _undo_vrrp(reader: Reader, words: Words) -> bool:
    group = integer(words[0]) if words else None
    virtual = interface_of(reader).virtual
    if group is None:
        return False
    if len(words) == 1:
        virtual.pop(group, None)
        return True
    kind = words[1].lower()
    if kind == "virtual-ip" and group in virtual:
        address = values.ip(words[2]) if len(words) > 2 else None
        virtual[group].ips = [item for item in virtual[group].ips if address is not None and item[0] != address]
    if kind == "priority" and group in virtual:
        virtual[group].priority = None
    return kind in ("virtual-ip", "priority", "preempt-mode", "timer", "track", "authentication-mode", "weight", "source-interface")


def _ospf(reader: Reader, words: Words) -> bool:
    """``ospf N area A``."""
    area = dotted_area(words[2]) if len(words) == 3 and words[1].lower() == "area" else None
    if area is None or integer(words[0]) is None:
        return False
    ospf = ospf_of(reader)
    ospf.process, ospf.area = words[0], area
    return True


def ospf_of(reader: Reader) -> OspfInterfaceDraft:
    interface = interface_of(reader)
    if interface.ospf is None:
        interface.ospf = OspfInterfaceDraft(reader.ref)
    return interface.ospf


def _undo_ospf(reader: Reader, words: Words) -> bool:
    ospf = interface_of(reader).ospf
    if ospf is not None:
        ospf.process = ospf.area = None
    return len(words) in (1, 3)


def _ospf_number(field: str) -> Handler:
    def run(reader: Reader, words: Words) -> bool:
        number = integer(words[0]) if len(words) == 1 else None
        setattr(ospf_of(reader), field, number)
        return number is not None

    return run


def _undo_ospf_number(field: str) -> Handler:
    def run(reader: Reader, _words: Words) -> bool:
        setattr(ospf_of(reader), field, None)
        return True

    return run


def _network_type(reader: Reader, words: Words) -> bool:
    ospf_of(reader).network_type = words[0].lower() if words else ""
    return bool(words)


def _undo_network_type(reader: Reader, _words: Words) -> bool:
    ospf_of(reader).network_type = ""
    return True


def _ospf_auth(reader: Reader, words: Words) -> bool:
    kind = authentication(words)
    ospf_of(reader).authentication = kind or ""
    return kind is not None


def _undo_ospf_auth(reader: Reader, _words: Words) -> bool:
    ospf_of(reader).authentication = ""
    return True


def authentication(words: Words) -> str | None:
    """The kind that ``authentication-mode`` names; the key is never looked at."""
    kind = words[0].lower() if words else ""
    known = {
        "simple": "simple",
        "md5": "md5",
        "hmac-md5": "md5",
        "hmac-sha-256": "hmac-sha256",
        "hmac-sha256": "hmac-sha256",
        "keychain": "keychain",
    }
    return known.get(kind)


def _flag(name: str) -> Handler:
    def run(reader: Reader, _words: Words) -> bool:
        interface_of(reader).flags[name] = None
        return True

    return run


def _undo_flag(name: str) -> Handler:
    def run(reader: Reader, _words: Words) -> bool:
        interface_of(reader).flags.pop(name, None)
        return True

    return run


def _ipv6(reader: Reader, _words: Words) -> bool:
    interface = interface_of(reader)
    interface.ipv6 = interface.ipv6 or reader.ref
    reader.feature(FeatureKind.IPV6)
    return True


def _undo_ipv6(reader: Reader, _words: Words) -> bool:
    return True


def _manage(reader: Reader, words: Words) -> bool:
    """``manage ping inbound``: what the interface admits to the device itself."""
    if not words:
        return False
    interface_of(reader).services[words[0].lower()] = None
    return words[1:] in (("inbound",), ("outbound",), ())


def _undo_manage(reader: Reader, words: Words) -> bool:
    interface_of(reader).services.pop(words[0].lower() if words else "", None)
    return bool(words)


def _member_interface(reader: Reader, words: Words) -> bool:
    """A redundant Ethernet interface and its members."""
    found = take_interface(words)
    if found is None:
        return False
    member = reader.draft.interfaces.setdefault(found[0], InterfaceDraft(found[0], reader.ref))
    member.aggregate = interface_of(reader).name
    return True


def _default(reader: Reader, words: Words) -> bool:
    """``default`` restores everything."""
    interface = interface_of(reader)
    fresh = InterfaceDraft(interface.name, interface.ref)
    for field in InterfaceDraft.__slots__:
        setattr(interface, field, getattr(fresh, field))
    return not words


TABLE: dict[str, Handler] = {
    "description": _description,
    "undo description": _undo_description,
    "shutdown": _shutdown,
    "undo shutdown": _undo_shutdown,
    "ip address": _ip_address,
    "undo ip address": _undo_ip_address,
    "ip binding vpn-instance": _binding,
    "undo ip binding vpn-instance": _undo_binding,
    "mtu": _mtu,
    "ip mtu": _mtu,
    "undo mtu": nothing,
    "undo ip mtu": nothing,
    "vlan-type": _vlan_type,
    "undo vlan-type": _undo_vlan_type,
    "packet-filter": _packet_filter,
    "undo packet-filter": _undo_packet_filter,
    "packet-filter ipv6": V6_ONLY,
    "undo packet-filter ipv6": V6_ONLY,
    "packet-filter filter": nothing,
    "firewall packet-filter": _old_filter,
    "undo firewall packet-filter": _undo_old_filter,
    "firewall packet-filter ipv6": V6_ONLY,
    "qos apply policy": _qos_apply,
    "undo qos apply policy": _undo_qos_apply,
    "ip policy-based-route": _policy_route,
    "undo ip policy-based-route": _undo_policy_route,
    "ip urpf": _urpf,
    "ip last-hop": _last_hop,
    "undo ip last-hop": _undo_last_hop,
    "undo ip urpf": _undo_urpf,
    "vrrp vrid": _vrrp,
    "undo vrrp vrid": _undo_vrrp,
    "vrrp ipv6": V6_ONLY,
    "vrrp version": nothing,
    "undo vrrp version": nothing,
    "ospf": _ospf,
    "undo ospf": _undo_ospf,
    "ospf cost": _ospf_number("cost"),
    "undo ospf cost": _undo_ospf_number("cost"),
    "ospf timer hello": _ospf_number("hello"),
    "undo ospf timer hello": _undo_ospf_number("hello"),
    "ospf timer dead": _ospf_number("dead"),
    "undo ospf timer dead": _undo_ospf_number("dead"),
    "ospf dr-priority": _ospf_number("priority"),
    "undo ospf dr-priority": _undo_ospf_number("priority"),
    "ospf network-type": _network_type,
    "undo ospf network-type": _undo_network_type,
    "ospf authentication-mode": _ospf_auth,
    "undo ospf authentication-mode": _undo_ospf_auth,
    "proxy-arp enable": _flag("proxy-arp"),
    "undo proxy-arp enable": _undo_flag("proxy-arp"),
    "local-proxy-arp enable": _flag("local-proxy-arp"),
    "undo local-proxy-arp enable": _undo_flag("local-proxy-arp"),
    "ip redirects enable": _flag("redirects"),
    "undo ip redirects enable": _undo_flag("redirects"),
    "ip forward-broadcast": _flag("directed-broadcast"),
    "undo ip forward-broadcast": _undo_flag("directed-broadcast"),
    "ip directed-broadcast enable": _flag("directed-broadcast"),
    "ipv6": _ipv6,
    "undo ipv6": _undo_ipv6,
    "manage": _manage,
    "undo manage": _undo_manage,
    "member interface": _member_interface,
    "default": _default,
    "port-type": nothing,
    "isis": Past(FeatureKind.ROUTING),
    "rip": Past(FeatureKind.ROUTING),
}


def parent_of(name: str) -> str | None:
    head, dot, _ = name.partition(".")
    return head if dot else None


def opened(reader: Reader, name: str) -> InterfaceDraft:
    draft = reader.draft.interfaces.get(name)
    if draft is None:
        draft = reader.draft.interfaces[name] = InterfaceDraft(name, reader.ref)
    return draft


def names_of(words: Words) -> tuple[str, ...] | None:
    """What follows ``interface``: one name, or ``range …`` of several. A tunnel's kind may stand behind: ``Tunnel1 mode gre``."""
    if words and words[0].lower() == "range":
        rest = words[1:]
        if rest[:1] and rest[0].lower() == "name" and len(rest) > 3 and rest[2].lower() == "interface":
            rest = rest[3:]
        return interface_range(rest)
    found = take_interface(words)
    if found is None:
        return None
    name, end = found
    made = interface_kind(name) is InterfaceKind.TUNNEL and words[end : end + 1] and words[end].lower() == "mode"
    return (name,) if made or end == len(words) else None
