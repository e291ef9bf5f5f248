"""What is not known, and which rules that touches. The safe side is to touch too much: a doubt less may be a wrong PROVED.

| Rules                          | are touched by                                                                                    |
|--------------------------------|---------------------------------------------------------------------------------------------------|
| every rule not named below:    | all lines, features, missing configs and unread files                                             |
| LOG, SVC, ACL, EGR by packets, |                                                                                                   |
| GAP-PACKET, VPN-LEAK …         |                                                                                                   |
| GAP-CHANNEL, GAP-FORWARD       | those of the gatekeepers' host units                                                              |
| HARD                           | missing configs, unread files, lines of management views and of unknown views; and `_HARD`        |
| PHY-PORT, COV-PREFIX           | missing configs, unread files, lines of interfaces, VLANs and unknown views, features that join ports |
| PHY-CONSOLE                    | missing configs, unread files, lines of management views and of unknown views                     |
| `_READ_NO_CONFIG`              | nothing: they read facts only, or ask for the doubts of PHY-PORT themselves                       |
| `_SAY_THEMSELVES`              | nothing: what is missing is what they are about                                                   |
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from isolation_checks.rules.words import FEATURE
from isolation_checks.snapshot import DeviceConfig, FeatureKind, Ref, UnknownLine
from isolation_checks.verdicts import Doubt
from topology.facts import Role
from topology.i18n import T, Text

if TYPE_CHECKING:
    from isolation_checks.case import Case


class GapKind(Enum):
    CONFIG = "config"  # a device of which no config is here
    FILE = "file"  # a file that could not be read, wholly or to its end
    LINE = "line"
    FEATURE = "feature"


class Area(Enum):
    """What a view of a config is about. OTHER: any view that is not named here, and the outermost one."""

    INTERFACE = "interface"
    LAN = "lan"
    FILTER = "filter"
    ROUTING = "routing"
    MANAGEMENT = "management"
    OTHER = "other"


class Gap(NamedTuple):
    """One thing that is not known. ``host_unit``: of a gatekeeper's host unit, None where nobody knows of which device."""

    kind: GapKind
    doubt: Doubt
    host_unit: bool | None
    area: Area = Area.OTHER
    feature: FeatureKind | None = None


_AREAS = {
    Area.INTERFACE: ("interface", "port-group"),
    Area.LAN: ("vlan", "stp", "spanning-tree"),
    Area.FILTER: (
        "acl", "ip access-list", "access-list", "mac access-list", "time-range", "object-group", "object", "object-policy",
        "ip address-set", "ip service-set", "security-policy", "policy", "policy interzone", "nat-policy", "nat address-group",
        "firewall zone", "firewall interzone", "security-zone", "zone", "zone-pair", "traffic", "class-map", "policy-map", "qos",
        "table", "chain",
    ),
    Area.ROUTING: (
        "ospf", "bgp", "isis", "rip", "eigrp", "router", "route-policy", "route-map", "ip vpn-instance", "vrf", "ip vrf", "ip prefix-list",
    ),
    Area.MANAGEMENT: (
        "aaa", "user-interface", "line", "local-user", "manager-user", "domain", "hwtacacs", "hwtacacs-server", "radius", "radius-server",
        "tacacs", "archive", "snmp-agent", "snmp-server", "ntp", "info-center", "role", "user-group",
    ),
}  # fmt: skip
_AREA_OF = {head: area for area, heads in _AREAS.items() for head in heads}

_JOINING = frozenset(
    {FeatureKind.BRIDGING, FeatureKind.L2VPN, FeatureKind.VXLAN, FeatureKind.STACKING, FeatureKind.VIRTUAL_SYSTEM, FeatureKind.OTHER}
)
_ELSEWHERE = frozenset({FeatureKind.VIRTUAL_SYSTEM, FeatureKind.OTHER})  # behind which a whole config may hide

_ON_PORTS = frozenset({Area.INTERFACE, Area.LAN, Area.OTHER})
_ON_MANAGEMENT = frozenset({Area.MANAGEMENT, Area.OTHER})
_HARD = {  # what else than management a rule of HARD reads
    "HARD-SSH": (frozenset({Area.INTERFACE, Area.FILTER}), frozenset[FeatureKind]()),
    "HARD-SNMP": (frozenset({Area.FILTER}), frozenset[FeatureKind]()),
    "HARD-ROUTING-AUTH": (frozenset({Area.INTERFACE, Area.ROUTING}), frozenset({FeatureKind.ROUTING})),
    "HARD-PORT": (frozenset({Area.INTERFACE}), frozenset({FeatureKind.STACKING})),
    "HARD-IPV6": (frozenset({Area.INTERFACE, Area.ROUTING}), frozenset[FeatureKind]()),
}
_NOT_MANAGEMENT = frozenset({"HARD-ROUTING-AUTH", "HARD-PORT", "HARD-IPV6"})  # lines of a management view cannot touch these
_PORT_RULES = frozenset({"PHY-PORT", "COV-PREFIX"})
_UNIT_RULES = frozenset({"GAP-CHANNEL", "GAP-FORWARD"})
_READ_NO_CONFIG = frozenset(
    {
        "PHY-APART", "PHY-CHASSIS", "PHY-CABLE", "PHY-CIRCUIT", "PHY-MANAGEMENT", "PHY-LAN", "PHY-EXIT",
        "GAP-OWNER", "GAP-LEVEL", "GAP-UNIT", "EGR-CUT", "EGR-COUNTY", "EGR-INNER", "EGR-EXIT",
        "TIER-TOWNSHIP", "TIER-COUNTY", "TIER-ADJACENT", "TIER-SYSTEMS", "VPN-MERGED", "VPN-NEW", "VPN-REALM", "RES-APART",
    }
)  # fmt: skip
_SAY_THEMSELVES = frozenset({"COV-DEVICE", "COV-NAME", "COV-LINE", "COV-FEATURE", "COV-READ"})


def doubts_for(case: Case, rule_id: str) -> tuple[Doubt, ...]:
    """What nobody knows and what may change that rule's verdict; the rule's own doubts come on top."""
    return tuple(gap.doubt for gap in case.gaps if touches(gap, rule_id))


def touches(gap: Gap, rule_id: str) -> bool:
    """Whether a rule could come to another verdict if the gap were closed."""
    if rule_id in _PORT_RULES:
        return gap.feature in _JOINING if gap.feature is not None else _whole(gap) or gap.area in _ON_PORTS
    if rule_id in _UNIT_RULES:
        return gap.host_unit is not False
    if rule_id == "PHY-CONSOLE":
        return gap.feature in _ELSEWHERE if gap.feature is not None else _whole(gap) or gap.area in _ON_MANAGEMENT
    if rule_id.startswith("HARD-"):
        return _touches_hardening(gap, rule_id)
    return rule_id not in _READ_NO_CONFIG and rule_id not in _SAY_THEMSELVES


def _touches_hardening(gap: Gap, rule_id: str) -> bool:
    areas, features = _HARD.get(rule_id, (frozenset[Area](), frozenset[FeatureKind]()))
    if gap.feature is not None:
        return gap.feature in _ELSEWHERE or gap.feature in features
    base = _ON_MANAGEMENT - {Area.MANAGEMENT} if rule_id in _NOT_MANAGEMENT else _ON_MANAGEMENT
    return _whole(gap) or gap.area in base or gap.area in areas


def _whole(gap: Gap) -> bool:
    return gap.kind in (GapKind.CONFIG, GapKind.FILE)


def gaps(case: Case) -> tuple[Gap, ...]:
    """All that is not known: missing configs, unread files, lines not understood, features not modelled."""
    return (*_missing(case), *_unread(case), *(gap for config in case.snapshot.devices for gap in _of_config(case, config)))


def _missing(case: Case) -> Iterator[Gap]:
    for device in case.facts.devices:
        if device.rendered and device.name not in case.configs:
            doubt = Doubt(T("there is no config of {device}", device=device.name), device.origin)
            yield Gap(GapKind.CONFIG, doubt, device.role == Role.HOST_UNIT)


def _unread(case: Case) -> Iterator[Gap]:
    for problem in case.snapshot.problems:
        name = problem.file.partition("/")[0]
        device = case.devices.get(name) or case.devices.get(name.rpartition(".")[0])
        message = problem.message if isinstance(problem.message, Text) else str(problem.message)
        doubt = Doubt(T("{file} could not be read: {why}", file=problem.file, why=message), Ref(problem.file, problem.line))
        yield Gap(GapKind.FILE, doubt, device.role == Role.HOST_UNIT if device else None)


_CUT = {
    "truncated": T("the config ends in the middle"),
    "several-devices": T("the file holds the configs of more than one device"),
}


def _of_config(case: Case, config: DeviceConfig) -> Iterator[Gap]:
    device = case.devices.get(config.folder)
    host_unit = config.platform == "host_unit" if device is None else device.role == Role.HOST_UNIT
    for name, value in config.facts:
        if name in _CUT and value and not any(problem.file in config.files for problem in case.snapshot.problems):
            yield Gap(GapKind.FILE, Doubt(_CUT[name], Ref(config.files[0], 1) if config.files else None), host_unit)
    for line in config.unknown:
        yield Gap(GapKind.LINE, Doubt(T("line not understood: {line}", line=line.text), line.ref), host_unit, area(line))
    for feature in config.features:
        doubt = Doubt(T("not modelled ({kind}): {line}", kind=FEATURE[feature.kind], line=feature.detail), feature.ref)
        yield Gap(GapKind.FEATURE, doubt, host_unit, Area.OTHER, feature.kind)


def area(line: UnknownLine) -> Area:
    """What the view is about that a line stands in; the innermost view that says so counts."""
    for view in reversed(line.context):
        words = view.lower().split()
        for length in (2, 1):
            found = _AREA_OF.get(" ".join(words[:length])) if len(words) >= length else None
            if found is not None:
                return found
    return Area.OTHER
