"""Filters at the LANs of agencies and servers, on routers and routing switches.

Two filters stand between any two LANs, so that most of these change both: what one of them still holds back is no breach.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network

from tests.isolation_checks.mutations.harness import (
    HEADS,
    ROUTERS,
    Draft,
    Lan,
    Operator,
    lans,
    permit,
    put_first,
    rules_of,
    unfilter,
)
from topology.facts import PartyKind, Role

SPELLED = {"huawei_vrp": r"\bdeny\b", "h3c_comware": r"\bdeny\b", "cisco_ios": r"\bdeny\b", "frr": r"\bdrop\b"}
ALLOWED = {"huawei_vrp": "permit", "h3c_comware": "permit", "cisco_ios": "permit", "frr": "accept"}
PLAIN = {
    "huawei_vrp": r"^ rule \d+ (permit|deny)",
    "h3c_comware": r"^ rule \d+ (permit|deny)",
    "cisco_ios": r"^ \d+ (permit|deny)",
    "frr": r" (accept|drop)\b",
}
EMPTY = IPv4Network("10.255.0.0/24")


def pair(draft: Draft) -> tuple[Lan, Lan]:
    """Two agencies on one router."""
    first, second = lans(draft, draft.devices(Role.COUNTY_ROUTER)[0])[:2]
    return first, second


def open_both(draft: Draft) -> None:
    one, other = pair(draft)
    put_first(draft, one, "in", permit(draft.platform))
    put_first(draft, other, "out", permit(draft.platform))


def undeclared_port(draft: Draft) -> None:
    one, other = pair(draft)
    line = permit(draft.platform, "tcp", one.prefix, other.prefix, port="22")
    put_first(draft, one, "in", line)
    put_first(draft, other, "out", line)


def established_only(draft: Draft) -> None:
    one, other = pair(draft)
    line = permit(draft.platform, "tcp", one.prefix, other.prefix, established=True)
    put_first(draft, one, "in", line)
    put_first(draft, other, "out", line)


def open_alone(draft: Draft) -> None:
    put_first(draft, pair(draft)[0], "in", permit(draft.platform))


def filters_off(draft: Draft) -> None:
    one, other = pair(draft)
    unfilter(draft, one, "in")
    unfilter(draft, other, "out")


def filter_gone(draft: Draft) -> None:
    one, other = pair(draft)
    for lan, name in ((one, one.filter_in), (other, other.filter_out)):
        pattern = HEADS[draft.platform].format(name=re.escape(name))
        low, high = draft.block(lan.file, pattern)
        extra = 1 if draft.platform == "frr" else 0  # the closing brace
        draft.drop(lan.file, *range(low, high + extra))


def other_filter(draft: Draft) -> None:
    """Both LANs get a filter that another place has, and which is wide."""
    one, other = pair(draft)
    head = {
        "huawei_vrp": "acl name lab 3990",
        "h3c_comware": "acl advanced name lab",
        "cisco_ios": "ip access-list extended lab",
        "frr": "  chain lab {",
    }
    closing = ["  }"] if draft.platform == "frr" else []
    for lan, _, name in ((one, "in", one.filter_in), (other, "out", other.filter_out)):
        new = "lab" if draft.platform != "h3c_comware" else "name lab"
        pattern = rf'"{re.escape(lan.interface)}".* jump {name}$' if draft.platform == "frr" else rf"(filter|access-group).*\b{name}\b"
        draft.edit(lan.file, draft.find(lan.file, pattern), rf"{name}\b", new)
    at = draft.find(one.file, HEADS[draft.platform].format(name=re.escape(one.filter_in)))
    draft.insert(one.file, at, head[draft.platform], permit(draft.platform), *closing)


def denies_to_permits(draft: Draft) -> None:
    for lan, name in both(draft):
        low, high = rules_of(draft, draft.platform, lan.file, name)
        at = (
            draft.find(lan.file, SPELLED[draft.platform] + (" ip .*10.0.0.0" if draft.platform != "frr" else ""), low, high)
            if draft.platform != "frr"
            else draft.find(lan.file, r"10\.0\.0\.0/8 drop", low, high)
        )
        draft.edit(lan.file, at, SPELLED[draft.platform], ALLOWED[draft.platform])


def final_deny_to_permit(draft: Draft) -> None:
    for lan, name in both(draft):
        low, high = rules_of(draft, draft.platform, lan.file, name)
        at = draft.find_all(lan.file, PLAIN[draft.platform], low, high)[-1]
        draft.edit(lan.file, at, SPELLED[draft.platform], ALLOWED[draft.platform])
    denies_off(draft, keep_last=True)


def denies_gone(draft: Draft) -> None:
    denies_off(draft)


def denies_off(draft: Draft, *, keep_last: bool = False) -> None:
    for lan, name in both(draft):
        low, high = rules_of(draft, draft.platform, lan.file, name)
        draft.drop(
            lan.file,
            *(
                at
                for at in draft.find_all(lan.file, PLAIN[draft.platform], low, high)
                if re.search(SPELLED[draft.platform], draft.lines(lan.file)[at])
            ),
        )


def both(draft: Draft) -> tuple[tuple[Lan, str], tuple[Lan, str]]:
    one, other = pair(draft)
    return (one, one.filter_in), (other, other.filter_out)


def order_swapped(draft: Draft) -> None:
    """What is permitted to anywhere (the Internet) goes in front of what is denied to our own networks."""
    for lan, name in both(draft):
        low, high = rules_of(draft, draft.platform, lan.file, name)
        lines = draft.lines(lan.file)
        at = next(
            number
            for number in draft.find_all(lan.file, r"(destination-port|source-port|[ds]port|any) (eq )?80\b.*", low, high)
            if "172.18" not in lines[number]
        )
        moved = re.sub(r"^( rule | )\d+ ", r"\g<1>1 ", lines[at]) if draft.platform != "frr" else lines[at]
        draft.drop(lan.file, at)
        draft.insert(lan.file, low, moved)


def number_lowered(draft: Draft) -> None:
    """Stands where it stood, but is evaluated first: what counts is the number."""
    for lan, name in both(draft):
        low, high = rules_of(draft, draft.platform, lan.file, name)
        lines = draft.lines(lan.file)
        at = next(
            number
            for number in draft.find_all(lan.file, r"(destination-port|source-port|any) (eq )?80\b.*", low, high)
            if "172.18" not in lines[number]
        )
        old = re.match(r" rule (\d+)|^ (\d+)", lines[at])
        draft.edit(lan.file, at, r"\d+", "1")
        if old and re.match(rf" rule {old[1]} (description|comment)", lines[at + 1]):
            draft.drop(lan.file, at + 1)


def servers(draft: Draft) -> tuple[Lan, Lan]:
    """An agency, and servers behind filters without sessions: those of the management centre."""
    noc = next(item for item in draft.facts.devices if item.role == Role.NOC and item.realm == "outer")
    behind = next(
        lan
        for lan in lans(draft, noc, (PartyKind.ZONE,))
        if any(flow.to == lan.party.id and flow.service == "dns" for flow in draft.facts.flows)
    )
    return pair(draft)[0], behind


def platform_of(draft: Draft, lan: Lan) -> str:
    return next(item.platform for item in draft.facts.devices if item.name == lan.device)


def dns_rules(draft: Draft, lan: Lan, name: str, pattern: str) -> list[int]:
    low, high = rules_of(draft, platform_of(draft, lan), lan.file, name)
    return [at for at in draft.find_all(lan.file, r"\b(tcp|udp)\b", low, high) if re.search(pattern, draft.lines(lan.file)[at])]


def port_widened(draft: Draft) -> None:
    agency, zone = servers(draft)
    for lan, name in ((agency, agency.filter_in), (zone, zone.filter_out)):
        for at in dns_rules(draft, lan, name, r"(destination-port eq|dport| eq) 53( |$)"):
            line = draft.lines(lan.file)[at]
            if "sport" not in line and "source-port" not in line:
                draft.edit(
                    lan.file,
                    at,
                    r"(destination-port )?(eq|dport) 53",
                    lambda m: "dport 1-1024" if "dport" in m[0] else f"{m[1] or ''}range 1 1024",
                )


def port_operator(draft: Draft) -> None:
    """``eq 53`` becomes "greater than 52"."""
    agency, zone = servers(draft)
    for lan, name in ((agency, agency.filter_in), (zone, zone.filter_out)):
        for at in dns_rules(draft, lan, name, r"(destination-port eq|dport| eq) 53( |$)"):
            line = draft.lines(lan.file)[at]
            if "sport" not in line and "source-port" not in line:
                draft.edit(
                    lan.file, at, r"(destination-port )?(eq|dport) 53", lambda m: "dport > 52" if "dport" in m[0] else f"{m[1] or ''}gt 52"
                )


def target_widened(draft: Draft) -> None:
    """The wildcard of a host becomes that of its network."""
    agency, zone = servers(draft)
    host = next(str(flow.destinations[0]) for flow in draft.facts.flows if flow.service == "dns")
    wide = str(IPv4Network(f"{host}/24", strict=False).network_address)
    for lan, name in ((agency, agency.filter_in), (zone, zone.filter_out)):
        for at in dns_rules(draft, lan, name, rf"(destination {host} 0|host {host} eq|daddr {host} ).*53"):
            draft.edit(
                lan.file,
                at,
                rf"destination {host} 0|host {host} eq|daddr {host} ",
                lambda m: (
                    f"destination {wide} 0.0.0.255"
                    if m[0].startswith("dest")
                    else f"{wide} 0.0.0.255 eq"
                    if m[0].startswith("host")
                    else f"daddr {wide}/24 "
                ),
            )


def holes_in_the_wildcard(draft: Draft) -> None:
    """A wildcard that is no prefix: one bit more of the host's address does not count."""
    agency, zone = servers(draft)
    host = next(str(flow.destinations[0]) for flow in draft.facts.flows if flow.service == "dns")
    bit = str(IPv4Network(f"{host}/32").network_address + 0)
    for lan, name in ((agency, agency.filter_in), (zone, zone.filter_out)):
        for at in dns_rules(draft, lan, name, rf"(destination {host} 0|host {host} eq|daddr {host} ).*53"):
            draft.edit(
                lan.file,
                at,
                rf"destination {host} 0|host {host} eq|daddr {host} ",
                lambda m: (
                    f"destination {bit} 0.0.0.64"
                    if m[0].startswith("dest")
                    else f"{bit} 0.0.0.64 eq"
                    if m[0].startswith("host")
                    else f"daddr & 255.255.255.191 == {bit} "
                ),
            )


def answers_open(draft: Draft) -> None:
    """The answers of a server lose ``established``: from its port it may open anything."""
    agency, zone = servers(draft)
    for lan, name in ((agency, agency.filter_out), (zone, zone.filter_in)):
        low, high = rules_of(draft, platform_of(draft, lan), lan.file, name)
        for at in draft.find_all(lan.file, r"53\b.*(established|ack)", low, high):
            draft.edit(lan.file, at, r" (tcp-flag )?established| tcp flags & \(ack \| rst\) != 0", "")


def false_sources(draft: Draft) -> None:
    """The reverse-path check is gone, and the filter takes any source."""
    lan = pair(draft)[0]
    put_first(draft, lan, "in", permit(draft.platform, "tcp", None, None, port="443"))
    if draft.platform == "frr":
        draft.drop(lan.file, draft.find(lan.file, rf'"{re.escape(lan.interface)}".*reverse path'))
        return
    low, high = draft.block(lan.file, rf"^interface {re.escape(lan.interface)}$")
    draft.drop(lan.file, draft.find(lan.file, r"urpf strict|verify unicast", low, high))


def border_sources(draft: Draft) -> None:
    """The filter towards a carrier is off the interface: packets with our own addresses come in."""
    router = draft.devices(Role.BORDER_ROUTER)[0]
    file = draft.file(router.name)
    pattern = {
        "huawei_vrp": r"^ traffic-(filter|policy) .*inbound|^ traffic-filter inbound",
        "h3c_comware": r"^ packet-filter \S+ .*inbound",
        "cisco_ios": r"^ ip access-group \S+ in$",
        "frr": r"iifname .* jump .*-in$",
    }[draft.platform]
    draft.drop(file, *draft.find_all(file, pattern))
    urpf = {"frr": r"reverse path"}.get(draft.platform, r"^ (ip )?urpf|^ ip verify unicast")
    found = [number for number, line in enumerate(draft.lines(file)) if re.search(urpf, line)]
    draft.drop(file, *found)


def management_open(draft: Draft) -> None:
    """The agency may open SSH to its router: in its filter, and in that of the service."""
    lan = pair(draft)[0]
    put_first(draft, lan, "in", permit(draft.platform, "tcp", lan.prefix, None, port="22"))
    if draft.platform == "frr":
        at = draft.find(lan.file, r'dport 22 accept comment "management"')
        draft.insert(lan.file, at, f"    ip saddr {lan.prefix} tcp dport 22 accept")
        daemon = f"{lan.device}/sshd_config"
        draft.edit(daemon, draft.find(daemon, "^AllowUsers"), r"AllowUsers", f"AllowUsers netadmin@{lan.prefix}")
        return
    vty = {"huawei_vrp": r"^acl name vty-in", "h3c_comware": r"^acl basic 2000", "cisco_ios": r"^ip access-list standard vty-in"}[
        draft.platform
    ]
    first, _ = draft.block(lan.file, vty)
    line = {"cisco_ios": f" 1 permit {lan.prefix.network_address} {lan.prefix.hostmask}"}.get(
        draft.platform, f" rule 1 permit source {lan.prefix.network_address} {lan.prefix.hostmask}"
    )
    draft.insert(lan.file, first + 2, line)


def later_fragments(draft: Draft) -> None:
    """Only later fragments pass: they have no ports, and a host puts them together."""
    one, other = pair(draft)
    line = permit(draft.platform, "ip", one.prefix, other.prefix)
    more = {"huawei_vrp": " fragment", "h3c_comware": " fragment", "cisco_ios": " fragments"}
    if draft.platform == "frr":
        line = line.replace(" accept", " ip frag-off & 8191 != 0 accept")
    line += more.get(draft.platform, "")
    put_first(draft, one, "in", line)
    put_first(draft, other, "out", line)


NUMBERED = {name: base for name, base in ROUTERS.items() if name != "frr"}

OPERATORS = (
    Operator("permit-any-first", "permit any first, at one agency's entry and another's exit", ("LOG-AGENCY",), ROUTERS, open_both),
    Operator("permit-any-alone", "permit any first at one agency's entry", ("ACL-ANY",), ROUTERS, open_alone),
    Operator("flow-undeclared", "a flow between two agencies in both filters that nobody declared", ("LOG-AGENCY",), ROUTERS,
             undeclared_port),
    Operator("established-for-all", "established between two agencies that have no flow", ("LOG-AGENCY",), ROUTERS, established_only),
    Operator("fragments-for-all", "later fragments between two agencies", ("LOG-AGENCY",), ROUTERS, later_fragments),
    Operator("filter-off", "filters taken off two interfaces", ("LOG-AGENCY",), ROUTERS, filters_off, near=True),
    Operator("filter-deleted", "filters deleted, references kept", ("LOG-AGENCY", "ACL-DANGLING"), NUMBERED, filter_gone, near=True),
    Operator("chain-deleted", "the chains deleted, the jumps kept", ("LOG-AGENCY",), {"frr": "frr"}, filter_gone, near=True),
    Operator("filter-wrong", "another, wide filter applied", ("LOG-AGENCY",), ROUTERS, other_filter),
    Operator("deny-to-permit", "a deny of our own networks becomes a permit, in two filters", ("LOG-AGENCY",), ROUTERS, denies_to_permits),
    Operator("last-deny-to-permit", "no denies but the last one, which permits", ("LOG-AGENCY",), ROUTERS, final_deny_to_permit),
    Operator("denies-deleted", "all denies deleted: by default VRP, Comware and nft permit; IOS still passes the Internet's ports",
             ("LOG-AGENCY",), ROUTERS,
             denies_gone, near=True),
    Operator("order-swapped", "the Internet's permit in front of the denies of our own networks", ("LOG-AGENCY",), ROUTERS, order_swapped),
    Operator("number-lowered", "the same by number alone", ("LOG-AGENCY",), NUMBERED, number_lowered),
    Operator("port-widened", "one port becomes a range", ("SVC-EXCESS",), ROUTERS, port_widened),
    Operator("port-greater", "eq becomes gt", ("SVC-EXCESS",), ROUTERS, port_operator),
    Operator("target-widened", "a host becomes its network", ("SVC-EXCESS",), ROUTERS, target_widened),
    Operator("wildcard-with-hole", "one bit of a wildcard more", ("SVC-EXCESS",), ROUTERS, holes_in_the_wildcard),
    Operator("answers-open", "established taken off a server's answers", ("SVC-EXCESS",), ROUTERS, answers_open),
    Operator("false-sources", "no reverse-path check, and a permit without source", ("LOG-SPOOF",), ROUTERS, false_sources, near=True),
    Operator("border-sources", "no filter towards the carrier: our own addresses come in", ("LOG-SPOOF",), ROUTERS, border_sources,
             near=True),
    Operator("management-open", "SSH from an agency to its router", ("LOG-MANAGE",), ROUTERS, management_open),
)  # fmt: skip
