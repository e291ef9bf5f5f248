"""Static routes, VPN instances, prefix lists, route policies and policy-based routes of VRP."""

from __future__ import annotations

from isolation_checks.reading.huawei_acl import acl_name
from isolation_checks.reading.huawei_draft import Draft, ListDraft, NodeDraft, VrfDraft
from isolation_checks.reading.huawei_irrelevant import IPV6_ONLY, PEOPLE, TIMERS
from isolation_checks.reading.huawei_names import take_interface
from isolation_checks.reading.huawei_views import Entry, Reading, UnreadError, View, done, feature, keyword
from isolation_checks.reading.values import ip, mask_length
from isolation_checks.snapshot import Action, FeatureKind, PolicyEntry, PrefixEntry, PrefixList, RoutePolicy, StaticRoute, Vrf, VrfLeak

_ACTIONS = {"permit": Action.PERMIT, "deny": Action.DENY}


# --- static routes


def static_route(r: Reading, words: list[str]) -> None:
    """``ip route-static [vpn-instance V] D M [IF] [[vpn-instance W] NH] [preference P] ...``"""
    vrf: str | None = None
    if words[0] == "vpn-instance":
        vrf, words = words[1], words[2:]
    network, length = ip(words[0]), mask_length(words[1])
    if network is None or length is None:
        raise UnreadError
    words = words[2:]
    interface, taken = take_interface(words)
    words = words[taken:]
    next_vrf: str | None = None
    if words and words[0] == "vpn-instance":
        next_vrf, words = words[1], words[2:]
    next_hop = ip(words[0]) if words else None
    if next_hop is not None:
        words = words[1:]
    if words and words[0] == "public":
        next_vrf, words = "", words[1:]
    if interface is None and next_hop is None and next_vrf is None:
        raise UnreadError
    preference, tag, conditional = _route_options(words)
    discard = interface == "NULL0"
    route = StaticRoute(
        vrf, network, length, next_hop, None if discard else interface, next_vrf, discard, preference, tag, conditional, r.ref
    )
    r.draft.routes.append(route)


def _route_options(words: list[str]) -> tuple[int, int | None, bool]:
    preference, tag, conditional = 60, None, False
    while words:
        if words[0] == "preference":
            preference, words = int(words[1]), words[2:]
        elif words[0] == "tag":
            tag, words = int(words[1]), words[2:]
        elif words[0] == "description":
            break
        elif words[0] in ("track", "bfd"):
            conditional = True
            if words[0] == "bfd" or words[1] in ("bfd-session", "ip-link", "efm-state", "nqa"):
                words = words[4:] if words[1:2] == ["nqa"] else words[2:] if words[0] == "bfd" else words[3:]
            else:
                words = words[2:]
        elif words[0] in ("permanent", "no-advertise", "no-install", "inherit-cost", "inter-protocol-ecmp", "dhcp"):
            words = words[1:]
        elif words[0] in ("cost", "recursive-lookup", "topology"):
            words = words[2:]
        else:
            raise UnreadError
    return preference, tag, conditional


def undo_static_route(r: Reading, words: list[str]) -> None:
    static_route(r, words)
    gone = r.draft.routes.pop()
    r.draft.routes = [
        route
        for route in r.draft.routes
        if (route.vrf, route.network, route.length, route.next_hop, route.interface, route.discard)
        != (gone.vrf, gone.network, gone.length, gone.next_hop, gone.interface, gone.discard)
    ]


# --- VPN instances


def _open_vrf(r: Reading, words: list[str]) -> None:
    found = r.draft.vrfs.setdefault(words[0], VrfDraft(words[0], r.ref))
    if len(words) > 1:
        raise UnreadError
    r.open(VRF, found)


def _undo_vrf(r: Reading, words: list[str]) -> None:
    r.draft.vrfs.pop(words[0], None)


def _vrf(r: Reading) -> VrfDraft:
    subject = r.here
    if not isinstance(subject, VrfDraft):
        raise UnreadError
    return subject


def _vrf_family(r: Reading, _words: list[str]) -> None:
    r.open(_VRF_FAMILY, _vrf(r))


def _vrf_six(r: Reading, _words: list[str]) -> None:
    r.irrelevant(IPV6_ONLY)
    r.open(_VRF_SIX, None)


def _distinguisher(r: Reading, words: list[str]) -> None:
    _vrf(r).distinguisher = words[0]


def _target(r: Reading, words: list[str]) -> None:
    vrf = _vrf(r)
    words = [word for word in words if word != "evpn"]
    targets = [word for word in words if ":" in word]
    directions = [word for word in words if ":" not in word] or ["both"]
    if not targets or directions[0] not in ("both", "import-extcommunity", "export-extcommunity"):
        raise UnreadError
    if directions[0] != "export-extcommunity":
        vrf.imports += targets
    if directions[0] != "import-extcommunity":
        vrf.exports += targets


def _undo_target(r: Reading, words: list[str]) -> None:
    vrf = _vrf(r)
    gone = {word for word in words if ":" in word}
    if "export-extcommunity" not in words:
        vrf.imports = [target for target in vrf.imports if target not in gone]
    if "import-extcommunity" not in words:
        vrf.exports = [target for target in vrf.exports if target not in gone]


def _import_rib(r: Reading, words: list[str]) -> None:
    """``import-rib public ...`` and ``import-rib vpn-instance V ...``: this instance takes routes of another one."""
    vrf = _vrf(r)
    if words[0] == "public":
        source = ""
    elif words[0] == "vpn-instance":
        source = words[1]
    else:
        raise UnreadError
    r.draft.leaks.append(VrfLeak(vrf.name, source, r.ref))


def _public_import(r: Reading, words: list[str]) -> None:
    r.draft.leaks.append(VrfLeak("", words[0], r.ref))


_VRF_COMMANDS: dict[str, Entry] = {
    "route-distinguisher": _distinguisher, "vpn-target": _target, "undo vpn-target": _undo_target, "description": PEOPLE,
    "import-rib": _import_rib, "apply-label": feature(FeatureKind.MPLS), "import route-policy": feature(FeatureKind.ROUTING),
    "export route-policy": feature(FeatureKind.ROUTING), "tnl-policy": feature(FeatureKind.MPLS), "prefix limit": TIMERS,
    "routing-table limit": TIMERS, "ttl-mode": TIMERS, "service-id": TIMERS, "log": TIMERS, "undo route-distinguisher": done,
    "vxlan": feature(FeatureKind.VXLAN), "evpn": feature(FeatureKind.VXLAN), "segment-routing": feature(FeatureKind.MPLS),
    "transit-vpn": TIMERS, "vpn frr": TIMERS, "prefix-limit": TIMERS,
}  # fmt: skip
VRF = View("vpn-instance", {**_VRF_COMMANDS, "ipv4-family": _vrf_family, "ipv6-family": _vrf_six, "undo ipv6-family": IPV6_ONLY})
_VRF_FAMILY = View("vpn-instance family", _VRF_COMMANDS)
_VRF_SIX = View("vpn-instance ipv6 family", {}, swallow=IPV6_ONLY)


# --- prefix lists


def _prefix(r: Reading, words: list[str]) -> None:
    """``ip ip-prefix N [index I] permit A L [greater-equal x] [less-equal y]``"""
    name, words = words[0], words[1:]
    found = r.draft.prefix_lists.get(name) or ListDraft(r.ref)
    if words[0] == "description":
        r.irrelevant(PEOPLE)
        return
    number = max((entry.number for entry in found.prefixes), default=0) // 10 * 10 + 10
    if words[0] == "index":
        number, words = int(words[1]), words[2:]
    action, network, length = _ACTIONS[words[0]], ip(words[1]), mask_length(words[2])
    rest = words[3:]
    if network is None or length is None:
        raise UnreadError
    bounds: dict[str, int] = {}
    while rest:
        if rest[0] not in ("greater-equal", "less-equal") or not 0 <= int(rest[1]) <= 32:
            raise UnreadError
        bounds[rest[0]], rest = int(rest[1]), rest[2:]
    low = bounds.get("greater-equal", length)
    high = bounds.get("less-equal", 32 if "greater-equal" in bounds else low)
    found.prefixes = [entry for entry in found.prefixes if entry.number != number]
    found.prefixes.append(PrefixEntry(number, action, network, length, low, high, r.ref))
    r.draft.prefix_lists[name] = found


def _undo_prefix(r: Reading, words: list[str]) -> None:
    found = r.draft.prefix_lists.get(words[0])
    if found is not None and len(words) > 2 and words[1] == "index":
        found.prefixes = [entry for entry in found.prefixes if entry.number != int(words[2])]
    else:
        r.draft.prefix_lists.pop(words[0], None)


# --- route policies


def _open_policy(r: Reading, words: list[str]) -> None:
    """``route-policy N permit node 10``"""
    _open_node(r, "route-policy", words)


def _open_based(r: Reading, words: list[str]) -> None:
    """``policy-based-route N permit node 10``"""
    _open_node(r, "policy-route", words)


def _open_node(r: Reading, kind: str, words: list[str]) -> None:
    name = words[0].strip('"')
    action = _ACTIONS[keyword(words[1], "permit", "deny")]
    number = int(words[3] if words[2] == "node" else words[2])
    policy = r.draft.route_policies.setdefault(name, ListDraft(r.ref, kind))
    if policy.kind != kind:
        raise UnreadError
    node = next((item for key, item in r.draft.nodes if key == name and item.number == number), None)
    if node is None:
        node = NodeDraft(policy, number, action, r.ref)
        r.draft.nodes.append((name, node))
    node.action = action
    r.open(NODE, node)


def _undo_policy(r: Reading, words: list[str]) -> None:
    name = words[0]
    number = int(words[-1]) if len(words) > 1 else None
    r.draft.nodes = [(key, node) for key, node in r.draft.nodes if key != name or (number is not None and node.number != number)]
    if number is None:
        r.draft.route_policies.pop(name, None)


def _node(r: Reading) -> NodeDraft:
    subject = r.here
    if not isinstance(subject, NodeDraft):
        raise UnreadError
    return subject


_MATCHES = {
    "ip-prefix": "prefix-list", "acl": "acl", "tag": "tag", "cost": "metric", "interface": "interface",
    "community-filter": "community-list",
    "as-path-filter": "as-path-list", "extcommunity-filter": "extcommunity-list", "route-type": "route-type", "ip": "ip",
    "mpls-label": "mpls-label", "protocol": "protocol", "preference": "preference", "packet-length": "packet-length",
    "rd-filter": "rd-filter",
}  # fmt: skip
_SETS = {
    "cost": "metric", "local-preference": "local-preference", "community": "community", "as-path": "as-path", "preferred-value": "weight",
    "ip-address": "next-hop", "tag": "tag", "cost-type": "metric-type", "origin": "origin", "preference": "preference",
    "extcommunity": "extcommunity",
    "output-interface": "interface", "default": "default", "access-vpn": "vrf", "ip-precedence": "precedence", "ip-dscp": "dscp",
    "dampening": "dampening",
    "comm-filter": "delete-community", "traffic-index": "traffic-index", "qos-local-id": "qos", "ip-next-hop": "next-hop",
    "vpn-instance": "vrf",
    "mpls-label": "mpls-label", "behavior": "qos", "isis": "isis", "ospf": "ospf", "aigp": "aigp",
}  # fmt: skip


def _if_match(r: Reading, words: list[str]) -> None:
    node = _node(r)
    if words[0] == "ipv6":
        node.matches.append(("ipv6", tuple(words[1:])))
        return
    kind = _MATCHES[words[0]]
    values = words[1:]
    if kind == "acl":
        values = [acl_name(r.draft, word) for word in values if word not in ("name", "number")]
    node.matches.append((kind, tuple(values)))


def _apply(r: Reading, words: list[str]) -> None:
    node = _node(r)
    kind = "vrf" if words[:2] == ["access-vpn", "vpn-instance"] else _SETS[words[0]]
    node.sets.append((kind, tuple(word for word in words[1:] if word not in ("vpn-instance", "next-hop", "next-hops"))))


def _undo_if_match(r: Reading, words: list[str]) -> None:
    node = _node(r)
    kind = _MATCHES[words[0]]
    node.matches = [entry for entry in node.matches if entry[0] != kind]


def _undo_apply(r: Reading, words: list[str]) -> None:
    node = _node(r)
    kind = _SETS[words[0]]
    node.sets = [entry for entry in node.sets if entry[0] != kind]


def _goto(r: Reading, words: list[str]) -> None:
    _node(r).sets.append(("continue", tuple(words)))


NODE = View(
    "route-policy",
    {
        "if-match": _if_match, "undo if-match": _undo_if_match, "apply": _apply, "undo apply": _undo_apply, "goto": _goto,
        "description": PEOPLE, "continue": _goto,
    },
)  # fmt: skip


def _community(kind: str) -> Entry:
    """Lists of communities and AS paths: kept beside the route policies that name them."""

    def handler(r: Reading, words: list[str]) -> None:
        words = [word for word in words if word not in ("basic", "advanced")]
        name, words = words[0], words[1:]
        found = r.draft.route_policies.setdefault(f"{kind} {name}", ListDraft(r.ref, kind))
        number = (max((entry.number for entry in found.entries), default=0) // 10 + 1) * 10
        if words[0] == "index":
            number, words = int(words[1]), words[2:]
        action = _ACTIONS[words[0]]
        found.entries.append(PolicyEntry(number, action, ((kind, tuple(words[1:])),), (), r.ref))

    return handler


def _router_id(r: Reading, words: list[str]) -> None:
    r.draft.router_id = ip(words[0])
    if r.draft.router_id is None:
        raise UnreadError


ROUTING_TOP: dict[str, Entry] = {
    "ip route-static": static_route, "undo ip route-static": undo_static_route, "ip vpn-instance": _open_vrf,
    "undo ip vpn-instance": _undo_vrf,
    "ip ip-prefix": _prefix, "undo ip ip-prefix": _undo_prefix, "route-policy": _open_policy, "undo route-policy": _undo_policy,
    "policy-based-route": _open_based, "undo policy-based-route": _undo_policy, "router id": _router_id, "undo router id": done,
    "ip community-filter": _community("community-list"), "ip as-path-filter": _community("as-path-list"),
    "ip extcommunity-filter": _community("extcommunity-list"), "ip import-rib vpn-instance": _public_import,
    "ip local policy-based-route": feature(FeatureKind.POLICY_ROUTE),
}  # fmt: skip


# --- what comes out


def prefix_lists(draft: Draft) -> tuple[PrefixList, ...]:
    return tuple(
        PrefixList(name, tuple(sorted(item.prefixes, key=lambda entry: entry.number)), item.ref)
        for name, item in draft.prefix_lists.items()
    )


def route_policies(draft: Draft) -> tuple[RoutePolicy, ...]:
    nodes: dict[str, list[PolicyEntry]] = {}
    for name, node in draft.nodes:
        nodes.setdefault(name, []).append(PolicyEntry(node.number, node.action, tuple(node.matches), tuple(node.sets), node.ref))
    return tuple(
        RoutePolicy(name, item.kind, tuple(sorted([*item.entries, *nodes.get(name, [])], key=lambda entry: entry.number)), item.ref)
        for name, item in draft.route_policies.items()
    )


def vrfs(draft: Draft) -> tuple[Vrf, ...]:
    return tuple(Vrf(item.name, item.distinguisher, tuple(item.imports), tuple(item.exports), item.ref) for item in draft.vrfs.values())


def leaks(draft: Draft) -> tuple[VrfLeak, ...]:
    """Static routes over, imports by route target, routes out of an interface of another VPN instance, and policies that send into one."""
    found = list(draft.leaks)
    items = list(draft.vrfs.values())
    for one in items:
        targets = set(one.imports)
        found += [VrfLeak(one.name, other.name, one.ref) for other in items if other is not one and targets & set(other.exports)]
    for route in draft.routes:
        if route.next_vrf is not None and route.next_vrf != (route.vrf or ""):
            found.append(VrfLeak(route.vrf or "", route.next_vrf, route.ref))
        out = draft.interfaces.get(route.interface or "")
        if out is not None and route.next_vrf is None and (out.vrf or "") != (route.vrf or ""):
            found.append(VrfLeak(route.vrf or "", out.vrf or "", route.ref))
    return tuple(dict.fromkeys(found + _policy_leaks(draft)))


def _policy_leaks(draft: Draft) -> list[VrfLeak]:
    found = []
    for item in draft.interfaces.values():
        if item.policy_route is None:
            continue
        for name, node in draft.nodes:
            if name == item.policy_route.filter:
                targets = [value for kind, values in node.sets if kind == "vrf" for value in values]
                found += [VrfLeak(item.vrf or "", target, node.ref) for target in targets if target != (item.vrf or "")]
    return found
