"""The words of closed sets within a finding's sentence: what a reader sees is never the spelling of a file."""

from __future__ import annotations

from isolation_checks.snapshot import Action, FeatureKind, InterfaceKind
from topology.facts import Level, Medium, PartyKind, Realm, Role, System, Tier
from topology.i18n import T

SIDE = {Realm.INNER: T("inner"), Realm.OUTER: T("outer"), Realm.INTERNET: T("outside")}
TIER = {Tier.PROVINCE: T("province"), Tier.MUNICIPAL: T("municipal"), Tier.COUNTY: T("county"), Tier.TOWNSHIP: T("township")}
LEVEL = {Level.PUBLIC: T("public"), Level.INTERNAL: T("internal"), Level.SECRET: T("secret")}
ACTION = {Action.PERMIT: T("permit"), Action.DENY: T("deny")}
ROLE = {
    Role.CORE: T("core router"),
    Role.AGGREGATION: T("aggregation switch"),
    Role.ACCESS: T("access switch"),
    Role.NOC: T("management centre switch"),
    Role.OOB: T("out-of-band management switch"),
    Role.BORDER_ROUTER: T("border router"),
    Role.BORDER_SWITCH: T("border switch"),
    Role.EGRESS_FIREWALL: T("egress firewall"),
    Role.DMZ_SWITCH: T("DMZ switch"),
    Role.HOSTING_SWITCH: T("hosting switch"),
    Role.HOSTING_FIREWALL: T("hosting firewall"),
    Role.COUNTY_ROUTER: T("county router"),
    Role.DISTRIBUTION: T("distribution switch"),
    Role.TOWNSHIP_ROUTER: T("township router"),
    Role.EXIT_FIREWALL: T("retained exit firewall"),
    Role.HOST_UNIT: T("gatekeeper host unit"),
    Role.CONSOLE_SERVER: T("console server"),
    Role.CLOCK: T("clock"),
}
MEDIUM = {
    Medium.COPPER: T("copper"),
    Medium.FIBRE: T("fibre"),
    Medium.WAVELENGTH: T("wavelength"),
    Medium.TIMESLOT: T("timeslot"),
    Medium.ETHERNET: T("carrier Ethernet"),
    Medium.BACKPLANE: T("backplane"),
}
SEPARATION = {"dedicated-fibre": T("dedicated fibre"), "wavelength": T("wavelength"), "timeslot": T("timeslot")}
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
SYSTEM = {
    System.PARTY: T("Party committee"),
    System.CONGRESS: T("People's Congress"),
    System.GOVERNMENT: T("government"),
    System.CPPCC: T("CPPCC"),
    System.COURT: T("court"),
    System.PROCURATORATE: T("procuratorate"),
    System.MILITARY: T("military"),
}
DIRECTION = {"inner-to-outer": T("from the inner to the outer network"), "outer-to-inner": T("from the outer to the inner network")}
JOINING = {InterfaceKind.BRIDGE: T("bridge"), InterfaceKind.TUNNEL: T("tunnel")}
"""Interfaces that join what a host unit keeps apart."""

FEATURE = {
    FeatureKind.IPV6: T("IPv6"),
    FeatureKind.TUNNEL: T("tunnel"),
    FeatureKind.IPSEC: T("IPsec"),
    FeatureKind.MPLS: T("MPLS"),
    FeatureKind.VXLAN: T("VXLAN"),
    FeatureKind.L2VPN: T("layer 2 VPN"),
    FeatureKind.MIRROR: T("port mirroring"),
    FeatureKind.MULTICAST: T("multicast"),
    FeatureKind.DIALUP: T("dial-up"),
    FeatureKind.POLICY_ROUTE: T("policy routing"),
    FeatureKind.VIRTUAL_SYSTEM: T("virtual system"),
    FeatureKind.BRIDGING: T("bridging"),
    FeatureKind.PROXY: T("proxy"),
    FeatureKind.NAT: T("NAT"),
    FeatureKind.FILTER: T("filter"),
    FeatureKind.ROUTING: T("routing protocol"),
    FeatureKind.STACKING: T("stacking"),
    FeatureKind.OTHER: T("other"),
}
