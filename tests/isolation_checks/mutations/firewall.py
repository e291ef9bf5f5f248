"""Firewalls: policies between zones, zones, translations, sessions."""

from __future__ import annotations

import re

from tests.isolation_checks.mutations.filters import pair
from tests.isolation_checks.mutations.harness import FIREWALLS, Draft, Lan, Operator, permit, put_first
from topology.facts import Party, Role

ZONED = {name: base for name, base in FIREWALLS.items() if name != "frr"}
AGENCIES = {"huawei_usg": "huawei_vrp", "h3c_secpath": "h3c_comware", "frr": "frr"}
"""Firewalls' platform -> that of the routers in the same base."""


def egress(draft: Draft) -> str:
    return draft.file(draft.devices(Role.EGRESS_FIREWALL)[0].name)


def exit_(draft: Draft) -> str:
    return draft.file(draft.devices(Role.EXIT_FIREWALL)[0].name)


def hosting(draft: Draft) -> str:
    return draft.file(draft.devices(Role.HOSTING_FIREWALL)[0].name)


def rule_first(draft: Draft, file: str, source: str | None, target: str | None, *, host: str = "", port: int = 0) -> None:
    """A permit in front of the whole policy. Zones by the beginning of their name in small letters; None for any."""
    if draft.platform == "frr":
        zones = [f"{which} @{_zone(draft, file, zone)}" for which, zone in (("iifname", source), ("oifname", target)) if zone]
        text = " ".join([*zones, *([f"ip daddr {host}"] if host else []), *([f"tcp dport {port}"] if port else []), "accept"])
        draft.insert(file, draft.find(file, r"type filter hook forward") + 1, f"    {text}")
        return
    usg = draft.platform == "huawei_usg"
    lines = [" rule name opened"] if usg else [" rule 9000 name opened", "  action pass"]
    lines += [f"  {which}-zone {_zone(draft, file, zone)}" for which, zone in (("source", source), ("destination", target)) if zone]
    if host:
        lines.append(f"  destination-address {host} mask 255.255.255.255" if usg else f"  destination-ip-host {host}")
    if port:
        lines.append(f"  service protocol tcp destination-port {port}" if usg else f"  service-port tcp destination eq {port}")
    lines += ["  action permit"] if usg else []
    at = draft.find(file, r"^security-policy") + 1
    draft.insert(file, at + ("default action" in draft.lines(file)[at]), *lines)


def _zone(draft: Draft, file: str, start: str) -> str:
    pattern = {
        "huawei_usg": r"^firewall zone (?:name )?(\S+)$",
        "h3c_secpath": r"^security-zone name (\S+)$",
        "frr": r"^  set (zone-\S+) ",
    }[draft.platform]
    for line in draft.lines(file):
        match = re.match(pattern, line)
        if match and match[1].lower().removeprefix("zone-").startswith(start):
            return match[1]
    raise AssertionError(f"{file}: no zone {start}")


def any_any(draft: Draft) -> None:
    rule_first(draft, egress(draft), None, None)


def any_between_two(draft: Draft) -> None:
    rule_first(draft, egress(draft), "trust", "untrust")


def inbound_open(draft: Draft) -> None:
    rule_first(draft, exit_(draft), "untrust", "trust")


def transit(draft: Draft) -> None:
    rule_first(draft, exit_(draft), "outer", "untrust")


def backwards(draft: Draft) -> None:
    """The retained exit's carrier reaches the outer network."""
    rule_first(draft, exit_(draft), "untrust", "outer")


def default_permit(draft: Draft) -> None:
    file = egress(draft)
    if draft.platform == "frr":
        draft.edit(file, draft.find(file, "type filter hook forward"), "policy drop", "policy accept")
    else:
        draft.edit(file, draft.find(file, "^ default action deny"), "deny", "permit")


def port_opened(draft: Draft) -> None:
    """One more port towards the Internet, at the agency and in the firewall's rule."""
    file = egress(draft)
    first, _ = pair_of(draft)
    put_first(draft, first, "in", permit(AGENCIES[draft.platform], "tcp", first.prefix, None, port="22"), AGENCIES[draft.platform])
    if draft.platform == "huawei_usg":
        at = draft.find(file, r"^ rule name internet-tcp")
        draft.insert(file, draft.find(file, r"^  service ", at), "  service protocol tcp destination-port 22")
    elif draft.platform == "h3c_secpath":
        at = draft.find(file, r"^ rule \d+ name internet-tcp")
        draft.insert(file, draft.find(file, r"^  service-port", at), "  service-port tcp destination eq 22")
    else:
        at = draft.find(file, r"tcp dport 443 .*internet-tcp")
        draft.edit(file, at, "tcp dport 443", "tcp dport { 22, 443 }")


def pair_of(draft: Draft) -> tuple[Lan, Lan]:
    own, draft.platform = draft.platform, AGENCIES[draft.platform]
    try:
        return pair(draft)
    finally:
        draft.platform = own


def server_mapped(draft: Draft) -> None:
    """A server that is not published becomes reachable: translation and rule."""
    file = egress(draft)
    pattern = r"^ ?nat server .*\b443 inside|dport 443 dnat to"
    at = draft.find(file, pattern)
    new = draft.lines(file)[at]
    new = re.sub(r"172\.18\.4\.20([: ])443", r"172.18.4.21\g<1>22", new)
    new = re.sub(r"(198\.51\.101\.)129( tcp dport | )443", r"\g<1>130\g<2>22", new)
    new = re.sub(r"-443", "-22", new)
    draft.insert(file, at + 1, new)
    rule_first(draft, file, "untrust", "dmz-web", host="172.18.4.21", port=22)


def mapped_port_changed(draft: Draft) -> None:
    """The published port leads to another port of the server."""
    file = egress(draft)
    draft.edit(file, draft.find(file, r"^ ?nat server .*\b443 inside|dport 443 dnat to"), r"172\.18\.4\.20([: ])443", r"172.18.4.20\g<1>22")
    rule_first(draft, file, "untrust", "dmz-web", host="172.18.4.20", port=22)


def translation_gone(draft: Draft) -> None:
    file = exit_(draft)
    if draft.platform == "huawei_usg":
        draft.drop_block(file, r"^ rule name own-unit")
    else:
        draft.drop(file, draft.find(file, r"^ nat outbound|masquerade"))


def translation_exempt(draft: Draft) -> None:
    """Something of the unit is left untranslated by a rule in front."""
    file = exit_(draft)
    if draft.platform == "huawei_usg":
        at = draft.find(file, r"^nat-policy") + 1
        draft.insert(
            file,
            at,
            " rule name server",
            "  source-zone trust",
            "  destination-zone untrust",
            "  source-address 172.17.3.0 mask 255.255.255.128",
            "  action no-nat",
        )
    elif draft.platform == "h3c_secpath":
        at = draft.find(file, r"^acl advanced name nat-own-unit")
        draft.insert(file, draft.find(file, r"^ rule ", at), " rule 0 deny ip source 172.17.3.0 0.0.0.127")
        draft.edit(file, draft.find(file, r"^ rule 0 permit", at), "rule 0", "rule 1")
    else:
        draft.insert(file, draft.find(file, "masquerade"), '    oifname "eth2" ip saddr 172.17.3.0/25 accept')


def pool_wrong(draft: Draft) -> None:
    """The pool holds addresses that no carrier assigned."""
    file = exit_(draft)
    if draft.platform == "huawei_usg":
        at = draft.find(file, r"^nat-policy")
        draft.insert(file, at, "nat address-group other 9", " mode pat", " section 0 100.64.9.1 100.64.9.9", "#")
        draft.edit(file, draft.find(file, "action source-nat easy-ip"), "easy-ip", "address-group other")
    elif draft.platform == "h3c_secpath":
        draft.edit(file, draft.find(file, r"^ nat outbound"), "$", " address-group 9")
        draft.insert(
            file, draft.find(file, r"^acl advanced name nat-own-unit"), "nat address-group 9", " address 100.64.9.1 100.64.9.9", "#"
        )
    else:
        draft.edit(file, draft.find(file, "masquerade"), "masquerade", "snat to 100.64.9.1-100.64.9.9")


def zone_moved(draft: Draft) -> None:
    """The carrier's interface becomes part of the unit's own zone, inside of which everything passes."""
    file = exit_(draft)
    if draft.platform == "huawei_usg":
        at = draft.find(file, r"^firewall zone untrust")
        member = draft.find(file, r"^ add interface", at)
        line = draft.lines(file)[member]
        draft.drop(file, member)
        draft.insert(file, draft.find(file, r"^ add interface", draft.find(file, r"^firewall zone trust")) + 1, line)
    else:
        at = draft.find(file, r"^security-zone name Untrust")
        line = draft.lines(file)[at + 1]
        draft.drop(file, at + 1)
        draft.insert(file, draft.find(file, r"^security-zone name Trust") + 1, line)
        draft.edit(file, draft.find(file, r"^undo security-zone intra-zone default permit"), "^undo ", "")


def zone_missing(draft: Draft) -> None:
    file = egress(draft)
    pattern = r"^firewall zone name untrust" if draft.platform == "huawei_usg" else r"^security-zone name untrust"
    draft.drop(file, draft.find(file, r"^ (add|import) interface", draft.find(file, pattern)))


def any_state(draft: Draft) -> None:
    """What comes first also lets new connections through."""
    file = egress(draft)
    at = draft.find(file, "ct state established,related accept", draft.find(file, "type filter hook forward"))
    draft.edit(file, at, "established,related", "established,related,new")


def tracking_gone(draft: Draft) -> None:
    """The firewall of the border keeps no sessions."""
    file = egress(draft)
    draft.drop(file, *draft.find_all(file, "ct state"))


def admitted(draft: Draft) -> None:
    """The interface towards the carrier admits SSH by itself, and the terminal lines have no filter."""
    file = exit_(draft)
    at = draft.find(file, r"^interface GigabitEthernet1/0/2$")
    number = draft.find(file, r"undo service-manage enable", at)
    draft.lines(file)[number : number + 1] = [" service-manage enable", " service-manage ssh permit"]
    draft.drop(file, *draft.find_all(file, r"^ acl 2000 inbound"))


def hosted_widened(draft: Draft) -> None:
    """The rule for one server takes its whole network, and so does the filter at the agency."""
    file = hosting(draft)
    first, _ = pair_of(draft)
    zone: Party = next(item for item in draft.facts.parties if item.id.endswith("/exchange"))
    put_first(
        draft, first, "in", permit(AGENCIES[draft.platform], "tcp", first.prefix, zone.prefixes[0], port="1414"), AGENCIES[draft.platform]
    )
    at = draft.find(
        file, r"^ rule name exchange.hub$|^ rule \d+ name exchange.hub$|iifname @zone-trust oifname @zone-exchange .*dport 1414"
    )
    pattern = {
        "huawei_usg": (r"172\.18\.1\.20 mask 255\.255\.255\.254", "172.18.1.0 mask 255.255.255.0"),
        "h3c_secpath": (r"172\.18\.1\.20 255\.255\.255\.254", "172.18.1.0 255.255.255.0"),
        "frr": (r"172\.18\.1\.20/31", "172.18.1.0/24"),
    }[draft.platform]
    draft.edit(file, draft.find(file, pattern[0], at), *pattern)


def session_backwards(draft: Draft) -> None:
    """A rule lets answers in as new connections: servers may open what they should only answer."""
    rule_first(draft, hosting(draft), "exchange", "trust", port=22)


def rule_moved_up(draft: Draft) -> None:
    """A broad deny, behind which a rule lay dead, is moved behind it: what it held back passes."""
    file = exit_(draft)
    if draft.platform == "huawei_usg":
        draft.append(
            file,
            "security-policy",
            " rule name late",
            "  source-zone outer",
            "  destination-zone untrust",
            "  action permit",
            " rule move late top",
        )
    elif draft.platform == "h3c_secpath":
        draft.append(
            file,
            "security-policy ip",
            " rule 8000 name late",
            "  action pass",
            "  source-zone outer",
            "  destination-zone Untrust",
            " move rule 8000 before 0",
        )


OPERATORS = (
    Operator("policy-any-any", "a rule from any zone to any zone", ("EGR-OUTBOUND", "ACL-ANY"), FIREWALLS, any_any),
    Operator("policy-any-session", "the same opens sessions that nobody declared", ("SVC-SESSION",), ZONED, any_any),
    Operator("policy-zone-zone", "a rule without conditions from inside to a carrier", ("EGR-OUTBOUND",), FIREWALLS, any_between_two),
    Operator("default-permit", "the policy's default permits", ("EGR-OUTBOUND", "LOG-STATEFUL"), {"huawei_usg": "vrp", "frr": "frr"},
             default_permit),
    Operator("exit-inbound", "a retained exit lets the Internet in", ("EGR-INBOUND",), FIREWALLS, inbound_open),
    Operator("exit-transit", "a retained exit carries others to the Internet", ("EGR-TRANSIT",), FIREWALLS, transit),
    Operator("exit-backwards", "a retained exit lets the Internet into the outer network", ("EGR-INBOUND",), FIREWALLS, backwards),
    Operator("rule-moved", "a rule written last is moved to the top", ("EGR-TRANSIT",), ZONED, rule_moved_up),
    Operator("internet-port", "one more port towards the Internet", ("EGR-OUTBOUND",), FIREWALLS, port_opened),
    Operator("nat-server", "a server that is not published is translated", ("EGR-INBOUND",), FIREWALLS, server_mapped),
    Operator("nat-server-port", "a published port leads to another port", ("EGR-INBOUND",), FIREWALLS, mapped_port_changed),
    Operator("nat-removed", "what leaves is not translated", ("EGR-TRANSIT",), FIREWALLS, translation_gone, near=True),
    Operator("nat-exempt", "half of what leaves is exempt from translation", ("EGR-TRANSIT",), FIREWALLS, translation_exempt, near=True),
    Operator("nat-pool", "translated to addresses that no carrier assigned", ("EGR-TRANSIT",), FIREWALLS, pool_wrong, near=True),
    Operator("zone-moved", "the carrier's interface in the zone of the LAN", ("EGR-INBOUND",), ZONED, zone_moved, near=True),
    Operator("zone-missing", "an interface without zone", ("LOG-STATEFUL",), ZONED, zone_missing, near=True),
    Operator("state-new", "new connections pass with the established ones", ("EGR-OUTBOUND",), {"frr": "frr"}, any_state),
    Operator("state-gone", "no sessions at the border", ("LOG-STATEFUL",), {"frr": "frr"}, tracking_gone, near=True),
    Operator("service-manage", "an interface towards a carrier admits SSH", ("LOG-MANAGE",), {"huawei_usg": "vrp"}, admitted, near=True),
    Operator("hosted-widened", "a rule for one server takes its whole network", ("SVC-EXCESS",), FIREWALLS, hosted_widened),
    Operator("session-backwards", "servers may open sessions towards the agencies' side", ("SVC-SESSION",), ZONED, session_backwards),
)  # fmt: skip
