"""The words of the pictures for roles, uses, media and states."""

from __future__ import annotations

from topology.facts import Level, Medium, PartyKind, Realm, System, Tier
from topology.i18n import T

REALM = {Realm.INNER: T("Inner network"), Realm.OUTER: T("Outer network"), Realm.INTERNET: T("Internet")}

TIER = {Tier.PROVINCE: T("Province"), Tier.MUNICIPAL: T("Municipal"), Tier.COUNTY: T("County"), Tier.TOWNSHIP: T("Township")}

# Roles and uses stand here by their values.
ROLE = {
    "core": T("core router"),
    "aggregation": T("aggregation switch"),
    "access": T("access switch"),
    "noc": T("management centre switch"),
    "oob": T("out-of-band management switch"),
    "border-router": T("border router"),
    "border-switch": T("border switch"),
    "egress-firewall": T("egress firewall"),
    "dmz-switch": T("DMZ switch"),
    "hosting-switch": T("hosting switch"),
    "hosting-firewall": T("hosting firewall"),
    "county-router": T("county router"),
    "distribution": T("distribution switch"),
    "township-router": T("township router"),
    "exit-firewall": T("retained exit firewall"),
    "host-unit": T("gatekeeper host unit"),
    "console-server": T("console server"),
    "clock": T("clock"),
    "encryptor": T("link encryptor"),
}

ICON = {
    "core": "core",
    "aggregation": "switch",
    "access": "switch",
    "noc": "switch",
    "oob": "switch",
    "border-router": "router",
    "border-switch": "switch",
    "egress-firewall": "firewall",
    "dmz-switch": "switch",
    "hosting-switch": "switch",
    "hosting-firewall": "firewall",
    "county-router": "router",
    "distribution": "switch",
    "township-router": "router",
    "exit-firewall": "firewall",
    "host-unit": "gatekeeper",
    "console-server": "console",
    "clock": "clock",
    "encryptor": "lock",
}

USE = {
    "routed": T("routed link"),
    "trunk": T("trunk"),
    "heartbeat": T("heartbeat"),
    "arc": T("exchange arc"),
    "management": T("management cable"),
    "console": T("console cable"),
    "access": T("access cable"),
    "circuit": T("carrier's circuit"),
}

MEDIUM = {
    Medium.COPPER: T("copper"),
    Medium.FIBRE: T("dedicated fibre"),
    Medium.WAVELENGTH: T("wavelength"),
    Medium.TIMESLOT: T("timeslot"),
    Medium.ETHERNET: T("carrier Ethernet"),
    Medium.BACKPLANE: T("backplane"),
}

PARTY = {
    PartyKind.AGENCY: T("agency"),
    PartyKind.TOWNSHIP: T("township government"),
    PartyKind.ZONE: T("server zone"),
    PartyKind.OPERATORS: T("operators' terminals"),
    PartyKind.TERMINALS: T("inner terminals"),
    PartyKind.NODE: T("distance-education node"),
    PartyKind.MEMBER: T("member of a vertical network"),
    PartyKind.EXIT: T("network behind a retained exit"),
    PartyKind.DEVICES: T("network devices"),
    PartyKind.PROVINCE: T("province"),
    PartyKind.INTERNET: T("Internet"),
}

PARTY_ICON = {
    PartyKind.AGENCY: "agency",
    PartyKind.TOWNSHIP: "township",
    PartyKind.ZONE: "servers",
    PartyKind.OPERATORS: "terminal",
    PartyKind.TERMINALS: "terminal",
    PartyKind.NODE: "education",
    PartyKind.MEMBER: "member",
    PartyKind.EXIT: "agency",
}
"""Kinds of party that have a node of their own; the others are drawn as what they are: peers and devices."""

SYSTEM = {
    System.PARTY: T("Party committee"),
    System.CONGRESS: T("People's Congress"),
    System.GOVERNMENT: T("government"),
    System.CPPCC: T("CPPCC"),
    System.COURT: T("court"),
    System.PROCURATORATE: T("procuratorate"),
    System.MILITARY: T("military"),
}

LEVEL = {Level.PUBLIC: T("public"), Level.INTERNAL: T("internal"), Level.SECRET: T("secret")}

STATE = {
    "planned": T("planned"),
    "surveyed": T("surveyed"),
    "connected": T("connected"),
    "building": T("being built"),
}

MANAGEMENT = {"inband": T("in-band"), "oob": T("out-of-band"), "none": T("none")}

PEER = {"province": T("provincial network"), "isp": T("Internet carrier")}

PART = {
    "core": T("Core"),
    "access": T("Municipal agencies"),
    "egress": T("Internet egress"),
    "hosting": T("Hosting centre"),
    "noc": T("Network management centre"),
    "exits": T("Retained exits"),
    "gatekeeper": T("Gatekeepers"),
}
"""The parts of the municipal centre, each a view of its own."""

PART_ICON = {
    "core": "core",
    "access": "agency",
    "egress": "firewall",
    "hosting": "servers",
    "noc": "terminal",
    "exits": "exit",
    "gatekeeper": "gatekeeper",
}

PART_OF = {
    "core": "core",
    "aggregation": "core",
    "encryptor": "core",
    "access": "access",
    "noc": "noc",
    "oob": "noc",
    "console-server": "noc",
    "clock": "noc",
    "border-router": "egress",
    "border-switch": "egress",
    "egress-firewall": "egress",
    "dmz-switch": "egress",
    "hosting-switch": "hosting",
    "hosting-firewall": "hosting",
    "exit-firewall": "exits",
    "host-unit": "gatekeeper",
}


def rate(mbps: int) -> str:
    """A circuit's bandwidth as it stands on a line: ``155M``, ``2.5G``."""
    return f"{mbps / 1000:g}G" if mbps >= 1000 else f"{mbps}M"


_SHORT_PORTS = (
    ("Ten-GigabitEthernet", "XGE"),
    ("TenGigabitEthernet", "Te"),
    ("XGigabitEthernet", "XGE"),
    ("GigabitEthernet", "GE"),
    ("FastEthernet", "Fa"),
    ("Ethernet", "Eth"),
    ("Serial", "S"),
)


def short_port(name: str) -> str:
    """A port's name as engineers write it: ``GE0/0/1`` for GigabitEthernet0/0/1."""
    for long, short in _SHORT_PORTS:
        if name.startswith(long):
            return short + name.removeprefix(long)
    return name
