"""BGP on VRP: peers and groups in the base view, what they take part in and by which policies in the address families."""

from __future__ import annotations

from isolation_checks.reading.huawei_draft import BgpDraft, Draft, PeerDraft
from isolation_checks.reading.huawei_irrelevant import IPV6_ONLY, PEOPLE, TIMERS
from isolation_checks.reading.huawei_names import take_interface
from isolation_checks.reading.huawei_ospf import redistribution, undo_import
from isolation_checks.reading.huawei_views import Entry, Reading, UnreadError, View, done, feature
from isolation_checks.reading.values import ip, mask_length
from isolation_checks.snapshot import Action, Applied, BgpNeighbor, BgpProcess, FeatureKind
from topology.i18n import T

_QUIET = {
    "timer", "advertise-community", "advertise-ext-community", "route-update-interval", "keep-all-routes", "capability-advertise",
    "log-change",
    "bfd", "tcp-mss", "allow-as-loop", "preferred-value", "public-as-only", "substitute-as", "fake-as", "connect-retry", "path-mtu",
    "advertise", "soo",
    "fallback", "listen-only", "graceful-restart", "out-delay", "tracking", "description-only", "route-refresh", "session",
    "local-graceful-restart",
    "discard", "label-route-capability", "ignore-bit-error", "additional-paths", "upe", "timer-connect-retry",
}  # fmt: skip


def open_bgp(r: Reading, words: list[str]) -> None:
    if len(words) != 1 or not words[0].replace(".", "").isdigit():
        raise UnreadError
    found = r.draft.bgp.get(None) or BgpDraft(words[0], r.ref)
    r.draft.bgp[None] = found
    r.open(BGP, found)


def undo_bgp(r: Reading, _words: list[str]) -> None:
    r.draft.bgp.clear()


def _here(r: Reading) -> BgpDraft:
    subject = r.here
    if not isinstance(subject, BgpDraft):
        raise UnreadError
    return subject


def _family(r: Reading, words: list[str]) -> None:
    base = r.draft.bgp[None]
    if not words or words[0] == "unicast":
        r.open(FAMILY, base)
    elif words[0] == "vpn-instance":
        found = r.draft.bgp.get(words[1]) or BgpDraft(base.asn, r.ref, words[1])
        r.draft.bgp[words[1]] = found
        r.open(FAMILY, found)
    elif words[0] == "multicast":
        r.feature(FeatureKind.MULTICAST)
        r.open(_OTHER, base)
    else:  # labelled, VPN, flow specification ... routes
        r.feature(FeatureKind.MPLS)
        r.open(_OTHER, base)


def _vpn_family(r: Reading, _words: list[str]) -> None:
    r.feature(FeatureKind.VXLAN if "evpn" in r.text else FeatureKind.L2VPN)
    r.open(_OTHER, _here(r))


def _six(r: Reading, _words: list[str]) -> None:
    r.irrelevant(IPV6_ONLY)
    r.open(_SIX, None)


def _router_id(r: Reading, words: list[str]) -> None:
    _here(r).router_id = ip(words[0])


def _group(r: Reading, words: list[str]) -> None:
    process = _here(r)
    found = process.peers.setdefault(words[0], PeerDraft(words[0], r.ref))
    found.is_group = True
    kind = words[1] if len(words) > 1 else "internal"
    if kind not in ("internal", "external", "listen"):
        raise UnreadError
    if kind == "internal":
        found.remote_as = found.remote_as or process.asn


def _undo_peer(r: Reading, words: list[str]) -> None:
    process = _here(r)
    peer = process.peers.get(words[0])
    if len(words) == 1:
        process.peers.pop(words[0], None)
    elif peer is None:
        raise UnreadError
    elif words[1] == "enable":
        peer.active = False
    elif words[1] in ("route-policy", "ip-prefix", "filter-policy", "as-path-filter"):
        entries = peer.in_policies if words[-1] == "import" else peer.out_policies
        entries.clear()
    elif words[1] == "ignore":
        peer.shutdown = False
    elif words[1] not in _QUIET and words[1] != "description":
        raise UnreadError


def _peer(r: Reading, words: list[str]) -> None:
    process = _here(r)
    name, what, rest = words[0], words[1], words[2:]
    if ":" in name:
        r.irrelevant(IPV6_ONLY)
        return
    peer = process.peers.get(name)
    if peer is None:
        peer = process.peers[name] = PeerDraft(name, r.ref)
    if what == "description":
        peer.description = r.text.split("description", 1)[1].strip()
    elif what == "default-route-advertise":
        peer.default_originate = r.ref
    elif what in _POLICIES:
        _policy(r, peer, what, rest)
    elif what in _SIMPLE:
        setattr(peer, _SIMPLE[what], True)
    elif what == "bfd" or what in _QUIET:
        if what not in peer.flags:
            peer.flags.append(what)
    else:
        _peer_value(r, peer, what, rest)


_SIMPLE = {
    "password": "password", "ignore": "shutdown", "enable": "active", "next-hop-local": "next_hop_self",
    "reflect-client": "reflector_client",
    "keychain": "password",
}  # fmt: skip
_POLICIES = ("route-policy", "ip-prefix", "filter-policy", "as-path-filter", "route-filter")


def _policy(r: Reading, peer: PeerDraft, what: str, rest: list[str]) -> None:
    name = rest[1] if rest[0] in ("acl-name", "ip-prefix") else rest[0]
    if rest[-1] not in ("import", "export") or len(rest) < 2:
        raise UnreadError
    entries = peer.in_policies if rest[-1] == "import" else peer.out_policies
    if all(entry.filter != name for entry in entries):
        entries.append(Applied(name, r.ref))


def _peer_value(r: Reading, peer: PeerDraft, what: str, rest: list[str]) -> None:
    if what == "as-number":
        peer.remote_as = rest[0]
    elif what == "group":
        peer.group = rest[0]
    elif what == "connect-interface":
        name, _ = take_interface(rest)
        peer.source = name or rest[0]
    elif what == "ebgp-max-hop":
        peer.multihop = int(rest[0]) if rest else 255
    elif what == "valid-ttl-hops":
        peer.ttl_security = int(rest[0]) if rest else 255
    elif what == "route-limit":
        peer.maximum_prefixes = int(rest[0])
    else:
        raise UnreadError


def _network(r: Reading, words: list[str]) -> None:
    network = ip(words[0])
    rest = words[1:]
    length = mask_length(rest[0]) if rest else _classful(network or 0)
    if rest and length is not None:
        rest = rest[1:]
    policy = rest[1] if rest[:1] == ["route-policy"] else None
    if network is None or length is None or (rest and policy is None):
        raise UnreadError
    _here(r).networks.append((network, length, policy, r.ref))


def _classful(network: int) -> int:
    return 8 if network >> 31 == 0 else 16 if network >> 30 == 2 else 24


def _undo_network(r: Reading, words: list[str]) -> None:
    process = _here(r)
    network = ip(words[0])
    process.networks = [entry for entry in process.networks if entry[0] != network]


def _aggregate(r: Reading, words: list[str]) -> None:
    network, length = ip(words[0]), mask_length(words[1])
    if network is None or length is None:
        raise UnreadError
    _here(r).aggregates.append((network, length, "detail-suppressed" in words, r.ref))


def _automatic(r: Reading, _words: list[str]) -> None:
    r.feature(FeatureKind.ROUTING)


def _import(r: Reading, words: list[str]) -> None:
    _here(r).redistributions.append(redistribution(r, words))


def _undo_import(r: Reading, words: list[str]) -> None:
    process = _here(r)
    process.redistributions = undo_import(process.redistributions, words)


def _default(r: Reading, _words: list[str]) -> None:
    _here(r).default_route = r.ref


def _undo_default(r: Reading, _words: list[str]) -> None:
    _here(r).default_route = None


def _preference(r: Reading, words: list[str]) -> None:
    for kind, word in zip(("external", "internal", "local"), words, strict=False):
        _here(r).distances[kind] = int(word)


def _paths(r: Reading, words: list[str]) -> None:
    words = [word for word in words if word.isdigit()]
    _here(r).maximum_paths = int(words[0])


def _inactive(r: Reading, _words: list[str]) -> None:
    _here(r).default_active = False


def _active(r: Reading, _words: list[str]) -> None:
    _here(r).default_active = True


def _filter_policy(r: Reading, _words: list[str]) -> None:
    r.feature(FeatureKind.ROUTING)


_TIMERS = (
    "timer", "graceful-restart", "log-peer-change", "undo synchronization", "synchronization", "reflector cluster-id",
    "reflect between-clients",
    "undo reflect between-clients", "undo check-first-as", "check-first-as",

    "nexthop recursive-lookup delay", "peer-tracking", "undo peer-tracking", "auto-frr", "undo auto-frr",
    "undo summary automatic",
    "ebgp-interface-sensitive", "undo ebgp-interface-sensitive",
    "undo supernet", "undo timer", "undo default local-preference", "prefix-limit", "slow-peer",
    "undo graceful-restart",
    "nexthop", "advertise", "undo bestroute", "shutdown-peer", "snmp-agent", "lsp-mtu",
    "router-id-change",
)  # fmt: skip
_PATHS = (
    "dampening", "bestroute", "compare-different-as-med", "default local-preference", "default med", "deterministic-med", "as-path-limit",
    "routing-table rib-only", "active-route-advertise", "rd-filter", "rr-filter",
)  # fmt: skip
_PROCESS: dict[str, Entry] = {
    **dict.fromkeys(_PATHS, feature(FeatureKind.ROUTING)),
    **dict.fromkeys(_TIMERS, TIMERS),
    "router-id": _router_id, "group": _group, "peer": _peer, "undo peer": _undo_peer, "network": _network, "undo network": _undo_network,
    "aggregate": _aggregate, "summary automatic": _automatic, "import-route": _import, "undo import-route": _undo_import,
    "default-route imported": _default, "undo default-route imported": _undo_default, "preference": _preference, "undo preference": done,
    "maximum load-balancing": _paths, "undo maximum load-balancing": done, "undo default ipv4-unicast": _inactive,
    "default ipv4-unicast": _active,
    "filter-policy": _filter_policy, "undo filter-policy": done, "description": PEOPLE, "confederation": feature(FeatureKind.ROUTING),
    "import-rib": feature(FeatureKind.ROUTING), "undo policy vpn-target": done, "policy vpn-target": done, "undo group": done,
    "advertise l2vpn evpn": feature(FeatureKind.VXLAN), "segment-routing": feature(FeatureKind.MPLS),
    "apply-label": feature(FeatureKind.MPLS),
}  # fmt: skip
_FAMILIES: dict[str, Entry] = {
    "ipv4-family": _family, "ipv6-family": _six, "l2vpn-family": _vpn_family, "vpls-family": _vpn_family, "l2vpn-ad-family": _vpn_family,
    "link-state-family": _vpn_family, "undo ipv6-family": IPV6_ONLY, "vpn-instance": feature(FeatureKind.ROUTING),
}  # fmt: skip
BGP = View("bgp", _PROCESS | _FAMILIES)
FAMILY = View("bgp family", _PROCESS)
_OF_OTHERS = T("part of an address family that is a feature as a whole").msgid
_OTHER = View("bgp other family", {}, swallow=_OF_OTHERS)
_SIX = View("bgp ipv6 family", {}, swallow=IPV6_ONLY)
BGP_TOP: dict[str, Entry] = {"bgp": open_bgp, "undo bgp": undo_bgp}


def processes(draft: Draft) -> tuple[BgpProcess, ...]:
    return tuple(
        BgpProcess(
            item.asn, item.vrf, item.router_id if item.router_id is not None else draft.router_id, _neighbors(item), tuple(item.networks),
            tuple(item.aggregates), tuple(item.redistributions), item.default_route, tuple(item.distances.items()), item.maximum_paths,
            item.ref,
        )
        for item in draft.bgp.values()
    )  # fmt: skip


def _neighbors(process: BgpDraft) -> tuple[BgpNeighbor, ...]:
    default = process.default_active or process.vrf is not None
    return tuple(_neighbor(peer, process.peers.get(peer.group or ""), default) for peer in process.peers.values())


def _neighbor(peer: PeerDraft, group: PeerDraft | None, default: bool) -> BgpNeighbor:
    """With what the group gives. Without a policy VRP accepts and announces everything."""
    parent = group or PeerDraft("", peer.ref)
    active = peer.active if peer.active is not None else parent.active if parent.active is not None else default
    return BgpNeighbor(
        peer.address, peer.remote_as or parent.remote_as, peer.group, peer.description or parent.description, peer.source or parent.source,
        peer.password or parent.password, peer.shutdown or parent.shutdown, active, tuple(peer.in_policies or parent.in_policies),
        tuple(peer.out_policies or parent.out_policies), Action.PERMIT, Action.PERMIT,
        peer.multihop if peer.multihop is not None else parent.multihop,
        peer.ttl_security if peer.ttl_security is not None else parent.ttl_security,
        peer.maximum_prefixes if peer.maximum_prefixes is not None else parent.maximum_prefixes,
        peer.next_hop_self or parent.next_hop_self, peer.reflector_client or parent.reflector_client,
        peer.default_originate or parent.default_originate, peer.ref,
        tuple(dict.fromkeys((*peer.flags, *parent.flags, *(("group",) if peer.is_group else ())))),
    )  # fmt: skip
