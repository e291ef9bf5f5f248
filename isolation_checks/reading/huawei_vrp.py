"""Huawei VRP: routers and switches of the series S, AR, NE and CE."""

from __future__ import annotations

from isolation_checks.reading.huawei_acl import open_acl, undo_acl
from isolation_checks.reading.huawei_bgp import BGP_TOP
from isolation_checks.reading.huawei_device import device
from isolation_checks.reading.huawei_filters import FILTERS_TOP
from isolation_checks.reading.huawei_interfaces import open_interface, undo_interface
from isolation_checks.reading.huawei_irrelevant import TIMERS, WIRELESS, top_reasons
from isolation_checks.reading.huawei_likeness import firewall_marks, likeness
from isolation_checks.reading.huawei_management import MANAGEMENT_TOP
from isolation_checks.reading.huawei_nat import TOP_NAT
from isolation_checks.reading.huawei_ospf import OSPF_TOP
from isolation_checks.reading.huawei_routing import ROUTING_TOP
from isolation_checks.reading.huawei_switching import interface_of, port_names
from isolation_checks.reading.huawei_users import USERS_TOP
from isolation_checks.reading.huawei_views import Entry, Handler, Reading, View, done, feature, feature_view
from isolation_checks.reading.ledger import Ledger
from isolation_checks.reading.source import Source
from isolation_checks.snapshot import DeviceConfig, FeatureKind
from topology.i18n import T

_OF_FEATURE = T("part of a view that is a feature as a whole").msgid


def _sysname(r: Reading, words: list[str]) -> None:
    name = r.text.split(None, 1)[1].strip() if words else ""
    if r.draft.name and r.draft.name != name:
        r.another_device()
        return
    r.draft.name, r.draft.name_ref = name, r.ref


def _lldp(on: bool) -> Handler:
    def handler(r: Reading, _words: list[str]) -> None:
        r.draft.lldp = on

    return handler


def _batch(on: bool) -> Handler:
    """``undo portswitch batch 10GE 1/0/2 to 1/0/4``"""

    def handler(r: Reading, words: list[str]) -> None:
        for name in port_names(words):
            interface_of(r, name).port.portswitch = on

    return handler


def _protocol(r: Reading, _words: list[str]) -> None:
    r.feature(FeatureKind.ROUTING)
    r.open(_PROTOCOL, None)


def _into_vlan(r: Reading, words: list[str]) -> None:
    """A definition of a profile opens a view; ``vap-profile X wlan N`` puts it to use on a radio."""
    if "wlan" in words:
        r.feature(FeatureKind.BRIDGING)
    else:
        r.irrelevant(WIRELESS)


def _wireless(r: Reading, _words: list[str]) -> None:
    """The radio side is none of ours; where it lets hosts into a VLAN it is a feature."""
    r.open(_WIRELESS_VIEW, None)


_WIRELESS_VIEW = View(
    "wlan",
    {
        "service-vlan": feature(FeatureKind.BRIDGING), "vap-profile": _into_vlan, "forward-mode": feature(FeatureKind.TUNNEL),
        "capwap source": feature(FeatureKind.TUNNEL),
    },
    swallow=WIRELESS,
)  # fmt: skip
_PROTOCOL = View("routing protocol", {}, swallow=_OF_FEATURE)

_FEATURES: dict[FeatureKind, tuple[str, ...]] = {
    FeatureKind.IPV6: ("ipv6", "ipv6 unicast-forwarding"),
    FeatureKind.MPLS: ("mpls lsr-id", "mpls te", "mpls rsvp-te", "segment-routing", "tunnel-policy", "explicit-path", "static-lsp"),
    FeatureKind.L2VPN: ("mpls l2vpn", "pw-template", "mpls switch-l2vc", "l2vpn"),
    FeatureKind.MIRROR: ("observe-port", "observing-port", "port-mirroring", "mirror", "undo observe", "sflow"),
    FeatureKind.MULTICAST: ("multicast routing-enable", "multicast", "pim", "igmp", "msdp", "mld"),
    FeatureKind.DIALUP: ("l2tp enable", "dialer-rule", "pppoe-server", "pppoe-client"),
    FeatureKind.STACKING: ("set css", "irf", "stack slot", "css", "lacp m-lag system-id"),
    FeatureKind.BRIDGING: ("gvrp", "mvrp", "vlan-mapping", "qinq protocol", "bridge", "voice-vlan", "mac-vlan", "ip-subnet-vlan",
    "vlan precedence"),
    FeatureKind.VXLAN: ("evpn-overlay enable", "evpn", "vxlan", "arp broadcast-suppress"),
    FeatureKind.ROUTING: ("ip local policy-based-route",),
    FeatureKind.PROXY: ("dns proxy", "dns snooping", "dns relay", "portal free-rule"),
    FeatureKind.OTHER: ("command-privilege", "cluster enable", "super password", "management-vlan", "pnp", "autoconfig", "ztp"),
    FeatureKind.VIRTUAL_SYSTEM: ("vm-manager",),
}  # fmt: skip
_FEATURE_VIEWS: dict[FeatureKind, tuple[str, ...]] = {
    FeatureKind.MPLS: ("mpls", "mpls ldp", "mpls ldp remote-peer", "sr-te policy", "srv6-te policy"),
    FeatureKind.L2VPN: ("vsi", "mpls l2vpn default", "evpn vpn-instance", "bridge-domain"),
    FeatureKind.STACKING: ("stack", "dfs-group", "vst", "m-lag"),
    FeatureKind.DIALUP: ("l2tp-group",),
    FeatureKind.OTHER: ("sdn agent", "openflow agent", "ops", "cluster", "dcn"),
    FeatureKind.FILTER: ("firewall interzone",),
    FeatureKind.TUNNEL: ("sslvpn", "v-gateway"),
}  # fmt: skip

TOP_TABLE: dict[str, Entry] = {
    **top_reasons(),
    **{key: feature(kind) for kind, keys in _FEATURES.items() for key in keys},
    **{key: feature_view(kind, _OF_FEATURE) for kind, keys in _FEATURE_VIEWS.items() for key in keys},
    **FILTERS_TOP, **MANAGEMENT_TOP,
    **USERS_TOP, **TOP_NAT, **OSPF_TOP, **BGP_TOP, **ROUTING_TOP,
    "wlan": _wireless, "wlan ac": _wireless, "capwap source": feature(FeatureKind.TUNNEL), "undo gvrp": done, "undo dcn": done,
    "undo dns proxy": done,
    "undo portswitch batch": _batch(False), "portswitch batch": _batch(True), "undo cluster enable": done,
    "undo mirror": done, "lacp m-lag priority": TIMERS, "agile-network": feature(FeatureKind.OTHER), "undo super password": done,
    "acl": open_acl, "undo acl": undo_acl, "interface": open_interface, "undo interface": undo_interface, "sysname": _sysname,
    "isis": _protocol, "rip": _protocol, "eigrp": _protocol, "undo mpls": done, "undo multicast routing-enable": done,
    "undo l2tp enable": done,
    "lldp enable": _lldp(True), "undo lldp enable": _lldp(False), "lldp run": _lldp(True),
    "undo ipv6": done, "undo observe-port": done, "undo mpls lsr-id": done, "undo isis": done, "undo rip": done, "undo stack": done,
    "firewall enable": done, "undo firewall enable": feature(FeatureKind.FILTER), "firewall default": done,
    "firewall packet-filter enable": done, "firewall packet-filter default": done,
}  # fmt: skip

RESERVED = frozenset(
    {"interface", "security-policy", "nat-policy", "bgp", "ospf", "user-interface", "nat", "firewall", "acl", "traffic-filter", "aaa"}
)


def _zone(r: Reading, words: list[str]) -> None:
    """Zones of a router do nothing until ``firewall enable`` between two of them, which is a feature."""
    r.open(ZONE, words)


ZONE = View("firewall zone", {"priority": done, "set priority": done, "description": done})
_VRP_TABLE: dict[str, Entry] = {**TOP_TABLE, "firewall zone": _zone}
SYSTEM = View("system", _VRP_TABLE)


def parse(folder: str, sources: tuple[Source, ...]) -> DeviceConfig:
    """The config of one router or switch, which is one file."""
    source = sources[0]
    r = Reading(Ledger(source.name, len(source.lines)), SYSTEM, RESERVED)
    draft = r.run(source.lines)
    return device(r, draft, folder, "huawei_vrp")


def looks_like(source: Source) -> float:
    return likeness(source) * (0.2 if firewall_marks(source) >= 2 else 1.0)
