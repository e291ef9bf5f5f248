"""Switch ports and VLANs of H3C devices, and what opens the views of interfaces and VLANs."""

from __future__ import annotations

from isolation_checks.reading import h3c_interfaces, h3c_management, h3c_nat, values
from isolation_checks.reading.h3c_acl import NOTE, applied_filter
from isolation_checks.reading.h3c_draft import VlanDraft
from isolation_checks.reading.h3c_interfaces import interface_of
from isolation_checks.reading.h3c_names import Words, integer, interface_range, vlan_id, vlan_list
from isolation_checks.reading.h3c_tables import INTERFACE_PAST, INTERFACE_REASONS, VLAN_REASONS
from isolation_checks.reading.h3c_views import Handler, Past, Reader, View, nothing
from isolation_checks.snapshot import FeatureKind, Ranges
from topology.i18n import T


def _link_mode(reader: Reader, words: Words) -> bool:
    mode = words[0].lower() if words else ""
    interface_of(reader).routed = mode == "route"
    return mode in ("route", "bridge") and len(words) == 1


def _link_type(reader: Reader, words: Words) -> bool:
    """Changing the type puts the port back to VLAN 1."""
    interface = interface_of(reader)
    mode = words[0].lower() if words else ""
    full = next((name for name in ("access", "trunk", "hybrid") if mode and name.startswith(mode)), None)
    if full is None or len(words) != 1:
        return False
    interface.layer2 = True
    interface.link_type = full
    return True


def _undo_link_type(reader: Reader, _words: Words) -> bool:
    interface_of(reader).link_type = "access"
    return True


def _access(reader: Reader, words: Words) -> bool:
    vlan = vlan_id(words[0]) if len(words) == 1 else None
    if vlan is None:
        return False
    interface = interface_of(reader)
    interface.access_vlan, interface.layer2 = vlan, True
    return True


def _undo_access(reader: Reader, _words: Words) -> bool:
    interface_of(reader).access_vlan = 1
    return True


def _trunk_pvid(reader: Reader, words: Words) -> bool:
    vlan = vlan_id(words[-1]) if words else None
    if vlan is None:
        return False
    interface_of(reader).trunk_pvid = vlan
    return words[:-1] in (("vlan",), ())


def _undo_trunk_pvid(reader: Reader, _words: Words) -> bool:
    interface_of(reader).trunk_pvid = 1
    return True


def _trunk_permit(reader: Reader, words: Words) -> bool:
    found = vlan_list(words)
    if found is None:
        return False
    interface = interface_of(reader)
    interface.layer2 = True
    interface.trunk_permit = values.normalized(interface.trunk_permit + found)
    return True


def without(ranges: Ranges, taken: Ranges) -> Ranges:
    return values.intersection(ranges, values.complement(taken, 4095))


def _undo_trunk_permit(reader: Reader, words: Words) -> bool:
    found = vlan_list(words)
    if found is None:
        return False
    interface = interface_of(reader)
    interface.trunk_permit = without(interface.trunk_permit, found)
    return True


def _hybrid_pvid(reader: Reader, words: Words) -> bool:
    vlan = vlan_id(words[-1]) if words else None
    if vlan is None:
        return False
    interface_of(reader).hybrid_pvid = vlan
    return words[:-1] in (("vlan",), ())


def _undo_hybrid_pvid(reader: Reader, _words: Words) -> bool:
    interface_of(reader).hybrid_pvid = 1
    return True


def _hybrid_vlan(reader: Reader, words: Words) -> bool:
    kind = words[-1].lower() if words else ""
    found = vlan_list(words[:-1])
    if found is None or kind not in ("tagged", "untagged"):
        return False
    interface = interface_of(reader)
    interface.layer2 = True
    added, other = ("hybrid_tagged", "hybrid_untagged") if kind == "tagged" else ("hybrid_untagged", "hybrid_tagged")
    setattr(interface, added, values.normalized(getattr(interface, added) + found))
    setattr(interface, other, without(getattr(interface, other), found))
    return True


def _undo_hybrid_vlan(reader: Reader, words: Words) -> bool:
    found = vlan_list(words)
    if found is None:
        return False
    interface = interface_of(reader)
    interface.hybrid_tagged = without(interface.hybrid_tagged, found)
    interface.hybrid_untagged = without(interface.hybrid_untagged, found)
    return True


def _aggregation(reader: Reader, words: Words) -> bool:
    number = integer(words[0]) if words else None
    interface_of(reader).group = number
    return number is not None and words[1:] in ((), ("force",))


def _undo_aggregation(reader: Reader, _words: Words) -> bool:
    interface_of(reader).group = None
    return True


def _isolate(reader: Reader, words: Words) -> bool:
    """``port-isolate enable [group N]``; the old form has no group."""
    interface = interface_of(reader)
    name = words[-1] if words else "1"
    if name not in interface.isolation:
        interface.isolation.append(name)
    return words in ((), ("group", name), (name,))


def _undo_isolate(reader: Reader, _words: Words) -> bool:
    interface_of(reader).isolation.clear()
    return True


PORT_TABLE: dict[str, Handler] = {
    "port link-mode": _link_mode,
    "undo port link-mode": nothing,
    "port link-type": _link_type,
    "undo port link-type": _undo_link_type,
    "port access vlan": _access,
    "undo port access vlan": _undo_access,
    "port trunk pvid": _trunk_pvid,
    "undo port trunk pvid": _undo_trunk_pvid,
    "port trunk permit vlan": _trunk_permit,
    "undo port trunk permit vlan": _undo_trunk_permit,
    "port hybrid pvid": _hybrid_pvid,
    "undo port hybrid pvid": _undo_hybrid_pvid,
    "port hybrid vlan": _hybrid_vlan,
    "undo port hybrid vlan": _undo_hybrid_vlan,
    "port link-aggregation group": _aggregation,
    "undo port link-aggregation group": _undo_aggregation,
    "port-isolate enable": _isolate,
    "undo port-isolate enable": _undo_isolate,
    "port isolate": _isolate,
    "port-isolate": _isolate,
}

INTERFACE = View(
    "interface",
    {**INTERFACE_REASONS, **INTERFACE_PAST, **h3c_interfaces.TABLE, **PORT_TABLE, **h3c_nat.INTERFACE, **h3c_management.INTERFACE},
)


def _open_interface(reader: Reader, words: Words) -> bool:
    names = h3c_interfaces.names_of(words)
    if names is None:
        return False
    drafts = tuple(h3c_interfaces.opened(reader, name) for name in names)
    label = f"interface {names[0]}" if len(names) == 1 else "interface range"
    reader.push(INTERFACE, drafts[0], label, drafts if len(drafts) > 1 else ())
    kind = next((kind for head, kind in _CARRIERS.items() if names[0].startswith(head)), None)
    if kind is not None:
        reader.ledger.feature(reader.number, kind, f"interface {names[0]}", names[0])
    return True


_CARRIERS = {
    "Tunnel": FeatureKind.TUNNEL,
    "Virtual-Template": FeatureKind.DIALUP,
    "Virtual-PPP": FeatureKind.DIALUP,
    "Dialer": FeatureKind.DIALUP,
    "Cellular": FeatureKind.DIALUP,
    "SSLVPN-AC": FeatureKind.TUNNEL,
    "Vsi-interface": FeatureKind.VXLAN,
    "VE-": FeatureKind.L2VPN,
    "WLAN-": FeatureKind.OTHER,
}


def _undo_interface(reader: Reader, words: Words) -> bool:
    names = h3c_interfaces.names_of(words)
    for name in names or ():
        reader.draft.interfaces.pop(name, None)
    return names is not None


def _vlan_of(reader: Reader) -> VlanDraft:
    data = reader.frame.data
    assert isinstance(data, VlanDraft)
    return data


def _vlan_name(reader: Reader, words: Words) -> bool:
    _vlan_of(reader).name = " ".join(words)
    return True


def _vlan_ports(reader: Reader, words: Words) -> bool:
    """``port G1/0/1 to G1/0/4``: access ports of this VLAN."""
    names = interface_range(words)
    for name in names or ():
        port = h3c_interfaces.opened(reader, name)
        port.access_vlan, port.layer2 = _vlan_of(reader).id, True
    return names is not None


def _undo_vlan_ports(reader: Reader, words: Words) -> bool:
    names = interface_range(words)
    for name in names or ():
        h3c_interfaces.opened(reader, name).access_vlan = 1
    return names is not None


def _vlan_filter(reader: Reader, words: Words) -> bool:
    found = applied_filter(reader, words)
    if found is None:
        return False
    vlan = _vlan_of(reader)
    (vlan.filters_in if found[1] else vlan.filters_out).append(found[0])
    return True


VLAN = View(
    "vlan",
    {
        **VLAN_REASONS,
        "name": _vlan_name,
        "undo name": nothing,
        "port": _vlan_ports,
        "undo port": _undo_vlan_ports,
        "packet-filter": _vlan_filter,
    },
)


def _open_vlan(reader: Reader, words: Words) -> bool:
    found = vlan_list(words)
    if found is None:
        return False
    vlans = reader.draft.vlans
    single = len(words) == 1 and found[0][0] == found[0][1]
    for first, last in found:
        for number in range(first, last + 1):
            if number not in vlans:
                vlans[number] = VlanDraft(number, reader.ref)
    if single:
        reader.push(VLAN, vlans[found[0][0]], f"vlan {found[0][0]}")
    return True


def _undo_vlan(reader: Reader, words: Words) -> bool:
    found = vlan_list(words)
    for first, last in found or ():
        for number in range(first, last + 1):
            reader.draft.vlans.pop(number, None)
    return found is not None


def _urpf(reader: Reader, words: Words) -> bool:
    found = h3c_interfaces.urpf_words(reader, words)
    if found is not None and found[0] is not None:
        reader.draft.urpf = (found[0], found[1], reader.ref)
    return found is not None


def _undo_urpf(reader: Reader, _words: Words) -> bool:
    reader.draft.urpf = None
    return True


def _irf(reader: Reader, _words: Words) -> bool:
    """Members of a stack are one device; what it runs on is a fact, no doubt."""
    reader.draft.facts["irf"] = "yes"
    return True


def _irf_ports(reader: Reader, _words: Words) -> bool:
    reader.draft.facts["irf"] = "yes"
    reader.push(IRF_PORT, None, "irf-port")
    return True


def _irf_member(reader: Reader, words: Words) -> bool:
    """A port of the stack carries no traffic of its own."""
    names = interface_range(words[:-2] if words[-2:-1] == ("mode",) else words)
    for name in names or ():
        h3c_interfaces.opened(reader, name).flags["irf-port"] = None
    return names is not None


def _undo_irf_member(reader: Reader, words: Words) -> bool:
    names = interface_range(words)
    for name in names or ():
        h3c_interfaces.opened(reader, name).flags.pop("irf-port", None)
    return names is not None


IRF_PORT = View(
    "irf-port",
    {"port group interface": _irf_member, "port group mdc": nothing, "undo port group interface": _undo_irf_member, "description": NOTE},
)

SYSTEM: dict[str, Handler] = {
    "interface": _open_interface,
    **dict.fromkeys(("int", "inte", "inter"), _open_interface),  # not what begins "interzone" too
    "undo interface": _undo_interface,
    "vlan": _open_vlan,
    "undo vlan": _undo_vlan,
    "ip urpf": _urpf,
    "undo ip urpf": _undo_urpf,
    "irf-port": _irf_ports,
    "irf member": _irf,
    "irf domain": nothing,
    "irf mode": nothing,
    "irf mac-address": T("timers and addresses of the stack itself").msgid,
    "irf auto-update": T("timers and addresses of the stack itself").msgid,
    "irf link-delay": T("timers and addresses of the stack itself").msgid,
    "irf auto-merge": T("timers and addresses of the stack itself").msgid,
    "irf-port-configuration active": _irf,
    "irf-port global load-sharing": T("timers and addresses of the stack itself").msgid,
    "chassis convert": Past(FeatureKind.STACKING),
    "irf-fabric": _irf,
}
