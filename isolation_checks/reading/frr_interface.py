"""The interface view of FRR's configuration."""

from __future__ import annotations

from isolation_checks.reading import values
from isolation_checks.reading.commands import Commands
from isolation_checks.reading.frr_state import (
    DETECTION,
    LABELS,
    LIMITS,
    LOGGING,
    QUEUES,
    TIMERS,
    Handler,
    Line,
    area_id,
    number,
    prefix,
)
from isolation_checks.reading.linux_draft import InterfaceDraft, OspfDraft, VrrpDraft, ipv6_seen, kind_of
from isolation_checks.snapshot import Applied, FeatureKind, InterfaceAddress, InterfaceKind

_TUNNELS = "a device that is a tunnel by its name"


def enter(line: Line, rest: list[str]) -> bool:
    """``interface NAME [vrf V]``."""
    if len(rest) not in (1, 3) or (len(rest) == 3 and rest[1] != "vrf"):
        return False
    draft = line.state.draft
    if line.no:
        draft.interfaces.pop(rest[0], None)
        return True
    interface = draft.interface(rest[0], line.ref)
    if len(rest) == 3 and rest[2] != "default":
        draft.vrf(rest[2], line.ref)
        interface.vrf = rest[2]
        if rest[0] == rest[2]:
            interface.kind = InterfaceKind.LOOPBACK  # the device that is the VRF itself
    line.opened = "interface", interface
    if interface.kind is None and kind_of(rest[0]) == InterfaceKind.TUNNEL:
        line.ledger.feature(line.number, FeatureKind.TUNNEL, f"{_TUNNELS}: {rest[0]}", rest[0])
    return True


def _interface(line: Line) -> InterfaceDraft:
    assert isinstance(line.data, InterfaceDraft)
    return line.data


def _ospf(line: Line) -> OspfDraft:
    interface = _interface(line)
    if interface.ospf is None:
        interface.ospf = OspfDraft(line.ref)
    return interface.ospf


def _description(line: Line, rest: list[str]) -> bool:
    _interface(line).description = "" if line.no else line.text.strip().split(None, 1)[-1]
    return True


def _shutdown(line: Line, rest: list[str]) -> bool:
    _interface(line).shutdown = None if line.no else line.ref
    return not rest


def _address(line: Line, rest: list[str]) -> bool:
    interface = _interface(line)
    found = prefix(rest[0]) if rest else None
    rest = rest[1:]
    if found is None:
        return False
    if rest[:1] == ["peer"] and len(rest) > 1:
        peer = prefix(rest[1])
        if peer is None:
            return False
        found, rest = (found[0], peer[1]), rest[2:]
    if rest[:1] == ["label"]:
        rest = rest[2:]
    if rest not in ([], ["secondary"]):
        return False
    if line.no:
        interface.addresses.pop(found, None)
    else:
        interface.add_address(InterfaceAddress(*found, line.ref, bool(rest)))
    return True


def _ipv6_address(line: Line, rest: list[str]) -> bool:
    if not line.no:
        ipv6_seen(line.ledger, line.number, line.text.strip(), _interface(line))
    return True


def _ipv6(line: Line, rest: list[str]) -> bool:
    if line.no and rest != ["suppress-ra"]:
        return True
    if not line.no and rest == ["suppress-ra"]:
        return True
    ipv6_seen(line.ledger, line.number, line.text.strip(), _interface(line))
    return True


# --- OSPF ------------------------------------------------------------------------------------------------------------------------------


def _ospf_area(line: Line, rest: list[str]) -> bool:
    if rest[:1] == ["area"]:  # the instance stood in front
        rest = rest[1:]
    area = area_id(rest[0]) if rest else None
    _ospf(line).area = None if line.no else area
    return area is not None or line.no


def _ospf_number(name: str) -> Handler:
    def handler(line: Line, rest: list[str]) -> bool:
        value = number(rest[0]) if rest else None
        setattr(_ospf(line), name, None if line.no else value)
        return line.no or value is not None or rest[:1] == ["minimal"]

    return handler


def _ospf_type(line: Line, rest: list[str]) -> bool:
    _ospf(line).network_type = "" if line.no or not rest else rest[0]
    return bool(rest) or line.no


def _ospf_passive(line: Line, rest: list[str]) -> bool:
    _ospf(line).passive = not line.no
    return len(rest) <= 1


def _ospf_authentication(line: Line, rest: list[str]) -> bool:
    ospf = _ospf(line)
    kinds = {"": "simple", "message-digest": "md5", "null": "none", "key-chain": "keychain"}
    kind = kinds.get(rest[0] if rest and values.ip(rest[0]) is None else "")
    ospf.authentication = "none" if line.no else kind or "none"
    return kind is not None


def _ospf_key(line: Line, rest: list[str]) -> bool:
    return bool(rest) or line.no


# --- VRRP, and the rest ----------------------------------------------------------------------------------------------------------------


def _vrrp(line: Line, rest: list[str]) -> bool:
    group = number(rest[0]) if rest else None
    if group is None:
        return False
    groups = _interface(line).vrrp
    if line.no and (len(rest) == 1 or rest[1] == "version"):
        groups.pop(group, None)
        return True
    vrrp = groups.setdefault(group, VrrpDraft(line.ref))
    what, value = (rest[1] if len(rest) > 1 else "version"), rest[2:]
    if what == "ip":
        address = values.ip(value[0]) if value else None
        if address is None:
            return False
        if line.no:
            vrrp.addresses.pop(address, None)
        else:
            vrrp.addresses[address] = line.ref
    elif what == "priority":
        vrrp.priority = None if line.no or not value else number(value[0])
    elif what == "shutdown":
        vrrp.shutdown = not line.no
    elif what == "ipv6":
        return _ipv6_address(line, rest)
    return what in ("ip", "priority", "shutdown", "version", "advertisement-interval", "preempt", "checksum-with-ipv4-pseudoheader")


def _policy(line: Line, rest: list[str]) -> bool:
    _interface(line).policy_route = None if line.no or not rest else Applied(rest[0], line.ref)
    return len(rest) == 1 or line.no


def _here(kind: FeatureKind) -> Handler:
    def handler(line: Line, rest: list[str]) -> bool:
        return line.feature(kind, _interface(line).name)

    return handler


def _link_params(line: Line, rest: list[str]) -> bool:
    line.ledger.irrelevant(line.number, QUEUES)
    line.opened = "opaque-link-params", None
    return not rest


def _description_of_links(line: Line, rest: list[str]) -> bool:
    return True


VIEW = Commands[Handler](
    {
        "description": _description,
        "shutdown": _shutdown,
        "ip address": _address,
        "ipv6 address": _ipv6_address,
        "ipv6 nd": _ipv6,
        "ipv6": _ipv6,
        "ip ospf": _ospf_area,  # an instance's number, then "area"
        "ip ospf area": _ospf_area,
        "ip ospf cost": _ospf_number("cost"),
        "ip ospf hello-interval": _ospf_number("hello"),
        "ip ospf dead-interval": _ospf_number("dead"),
        "ip ospf priority": _ospf_number("priority"),
        "ip ospf network": _ospf_type,
        "ip ospf passive": _ospf_passive,
        "ip ospf authentication": _ospf_authentication,
        "ip ospf authentication-key": _ospf_key,
        "ip ospf message-digest-key": _ospf_key,
        "ip ospf mtu-ignore": LIMITS,
        "ip ospf retransmit-interval": TIMERS,
        "ip ospf retransmit-window": TIMERS,
        "ip ospf transmit-delay": TIMERS,
        "ip ospf graceful-restart": DETECTION,
        "ip ospf bfd": DETECTION,
        "ip ospf prefix-suppression": _description_of_links,
        "ip ospf neighbor-filter": _description_of_links,
        "ip ospf capability opaque": LIMITS,
        "ospf cost": _ospf_number("cost"),
        "vrrp": _vrrp,
        "pbr-policy": _policy,
        "bandwidth": QUEUES,
        "link-detect": DETECTION,
        "link-params": _link_params,
        "multicast": LIMITS,
        "mpls": _here(FeatureKind.MPLS),
        "ip pim": _here(FeatureKind.MULTICAST),
        "ip igmp": _here(FeatureKind.MULTICAST),
        "ip mroute": _here(FeatureKind.MULTICAST),
        "ip multicast": _here(FeatureKind.MULTICAST),
        "ip rip": _here(FeatureKind.ROUTING),
        "ip router": _here(FeatureKind.ROUTING),
        "ip eigrp": _here(FeatureKind.ROUTING),
        "ip nhrp": _here(FeatureKind.TUNNEL),
        "tunnel": _here(FeatureKind.TUNNEL),
        "isis": _here(FeatureKind.ROUTING),
        "openfabric": _here(FeatureKind.ROUTING),
        "babel": _here(FeatureKind.ROUTING),
        "eigrp": _here(FeatureKind.ROUTING),
        "evpn": _here(FeatureKind.VXLAN),
        "bfd": DETECTION,
        "debug": LOGGING,
        "alias": LABELS,
    }
)
