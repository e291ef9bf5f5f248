"""Filters whose order, time or place is not what it seems, and entries that nobody reads; on both networks."""

from __future__ import annotations

import re
from ipaddress import IPv4Network

from isolation_checks.verdicts import Verdict
from tests.isolation_checks.mutations.decreed import cable, device, free_port
from tests.isolation_checks.mutations.filters import both, pair
from tests.isolation_checks.mutations.harness import HEADS, ROUTERS, Draft, Lan, Operator, lans, permit, put_first, rules_of, unfilter
from topology.facts import PartyKind, Realm, Role

NUMBERED = {name: base for name, base in ROUTERS.items() if name != "frr"}
AUTOMATIC = {name: base for name, base in NUMBERED.items() if name != "cisco_ios"}
SCHEDULES = {
    "huawei_vrp": ("time-range work 08:00 to 18:00 working-day", "#"),
    "h3c_comware": ("time-range work 08:00 to 18:00 working-day", "#"),
    "cisco_ios": ("time-range work", " periodic weekdays 8:00 to 18:00", "!"),
}


def by_depth(draft: Draft) -> None:
    """The narrow permit behind the denies comes first where the device sorts by depth."""
    one, other = pair(draft)
    hosts = [IPv4Network(f"{lan.prefix.network_address + 9}/32") for lan in (one, other)]
    for lan, name in both(draft):
        low, high = rules_of(draft, draft.platform, lan.file, name)
        draft.insert(lan.file, high, permit(draft.platform, "tcp", hosts[0], hosts[1], port="22", number=60000))
        draft.edit(lan.file, draft.find(lan.file, HEADS[draft.platform].format(name=re.escape(name)), 0, low), r"$", " match-order auto")


def by_hours(draft: Draft) -> None:
    """Permitted in working hours only: some of the time it is open."""
    one, other = pair(draft)
    line = permit(draft.platform, "tcp", one.prefix, other.prefix, port="22")
    line += " time-range work"
    put_first(draft, one, "in", line)
    put_first(draft, other, "out", line)
    at = draft.find(one.file, r"^(acl|ip access-list) ")
    draft.insert(one.file, at, *SCHEDULES[draft.platform])


def unread_entry(draft: Draft) -> None:
    """An entry with a condition that nobody knows."""
    one, _ = pair(draft)
    line = permit(draft.platform, "tcp", one.prefix, None, port="22")
    put_first(draft, one, "in", line.replace(" accept", " teleport 7 accept") if draft.platform == "frr" else f"{line} teleport 7")


def encapsulated(draft: Draft) -> None:
    """Whatever is packed into GRE."""
    one, other = pair(draft)
    line = permit(draft.platform, "gre", one.prefix, other.prefix)
    put_first(draft, one, "in", line)
    put_first(draft, other, "out", line)


def from_a_port(draft: Draft) -> None:
    """From a well-known port everything may be opened."""
    one, other = pair(draft)
    for lan, way in ((one, "in"), (other, "out")):
        line = permit(draft.platform, "udp", one.prefix, other.prefix, port="53")
        for old, new in (("destination-port", "source-port"), ("dport", "sport")):
            line = line.replace(old, new)
        if draft.platform == "cisco_ios":
            ends = f"{one.prefix.network_address} {one.prefix.hostmask}"
            line = line.replace(" eq 53", "").replace(f"udp {ends}", f"udp {ends} eq 53")
        put_first(draft, lan, way, line)


def all_filters_off(draft: Draft) -> None:
    """No LAN of a router has a filter any more."""
    for lan in lans(draft, draft.devices(Role.COUNTY_ROUTER)[0]):
        for way in ("in", "out"):
            unfilter(draft, lan, way)


def redundant(draft: Draft) -> None:
    """A narrow permit above a wide one."""
    lan = pair(draft)[0]
    low, _ = rules_of(draft, draft.platform, lan.file, lan.filter_in)
    narrow = permit(draft.platform, "tcp", next(lan.prefix.subnets()), None, port="22", number=5)
    draft.insert(lan.file, low, narrow, permit(draft.platform, "tcp", lan.prefix, None, port="22", number=6))


def inside_opened(draft: Draft) -> None:
    """Terminals of the inner network may send anything, from any address."""
    router = draft.devices(Role.COUNTY_ROUTER, realm=Realm.INNER)[0]
    lan = lans(draft, router, (PartyKind.TERMINALS,))[0]
    put_first(draft, lan, "in", permit(draft.platform))
    unchecked(draft, lan)


def unchecked(draft: Draft, lan: Lan) -> None:
    """The interface does not check where packets come from."""
    if draft.platform == "frr":
        draft.drop(lan.file, draft.find(lan.file, rf'"{re.escape(lan.interface)}".*reverse path'))
        return
    low, high = draft.block(lan.file, rf"^interface {re.escape(lan.interface)}$")
    draft.drop(lan.file, draft.find(lan.file, r"urpf strict|verify unicast", low, high))


def inside_spoofed(draft: Draft) -> None:
    """Terminals of the inner network may use any address."""
    router = draft.devices(Role.COUNTY_ROUTER, realm=Realm.INNER)[0]
    lan = lans(draft, router, (PartyKind.TERMINALS,))[0]
    put_first(draft, lan, "in", permit(draft.platform, "tcp", None, None, port="443"))
    unchecked(draft, lan)


SPARE = {
    "huawei_vrp": (" undo portswitch", " ip address 192.168.88.{} 255.255.255.252"),
    "h3c_comware": (" port link-mode route", " ip address 192.168.88.{} 255.255.255.252"),
    "cisco_ios": (" no switchport", " ip address 192.168.88.{} 255.255.255.252", " no shutdown"),
}


def routed_across(draft: Draft) -> None:
    """A cable from the inner core to the outer aggregation with addresses at both ends, and filters at both edges that let through."""
    inner, outer = device(draft, Role.CORE, Realm.INNER), device(draft, Role.AGGREGATION)
    ends = free_port(inner), free_port(outer)
    cable(draft, *ends)
    for number, end in enumerate(ends, 1):
        file = draft.file(end.device)
        low, high = draft.block(file, rf"^interface {re.escape(end.port)}$")
        lines = [text.format(number) for text in SPARE[draft.platform]]
        kept = [line for line in draft.lines(file)[low:high] if not re.match(r" (shutdown|no ip address|port link-mode|switchport)", line)]
        draft.lines(file)[low:high] = [*kept[:2], *lines, *kept[2:]]
    agency = pair(draft)[0]
    put_first(draft, agency, "in", permit(draft.platform))
    terminals = lans(draft, draft.devices(Role.COUNTY_ROUTER, realm=Realm.INNER)[0], (PartyKind.TERMINALS,))[0]
    put_first(draft, terminals, "out", permit(draft.platform))


OPERATORS = (
    Operator("order-by-depth", "a filter sorted by the device: a narrow permit overtakes", ("LOG-AGENCY",), AUTOMATIC, by_depth),
    Operator("hours", "a permit in working hours", ("LOG-AGENCY",), NUMBERED, by_hours),
    Operator("entry-unread", "an entry with an unknown condition", ("LOG-AGENCY", "COV-LINE"), ROUTERS, unread_entry, Verdict.INCOMPLETE),
    Operator("encapsulated", "GRE between two agencies", ("LOG-AGENCY",), ROUTERS, encapsulated),
    Operator("source-port", "anything from port 53 between two agencies", ("LOG-AGENCY",), ROUTERS, from_a_port),
    Operator("all-filters-off", "no filter at any LAN of a router", ("LOG-AGENCY",), ROUTERS, all_filters_off, near=True),
    Operator("redundant", "an entry that a later one contains", ("ACL-REDUNDANT",), ROUTERS, redundant),
    Operator("inner-opened", "terminals of the inner network may send anything", ("SVC-EXCESS",), ROUTERS, inside_opened),
    Operator("inner-spoofed", "terminals of the inner network may use any address", ("LOG-SPOOF",), ROUTERS, inside_spoofed, near=True),
    Operator("routed-across", "a cable with addresses from the inner to the outer network, and open filters", ("GAP-PACKET", "PHY-APART"),
             NUMBERED, routed_across, names=("c1", "icore1")),
)  # fmt: skip
