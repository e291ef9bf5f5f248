"""BGP of H3C devices. Comware 7 exchanges nothing with a peer before `peer X enable` in an address family; older releases do."""

from __future__ import annotations

from collections.abc import Callable

from isolation_checks.reading import values
from isolation_checks.reading.h3c_acl import NOTE, V6_ONLY
from isolation_checks.reading.h3c_draft import BgpDraft, PeerDraft
from isolation_checks.reading.h3c_names import Words, integer, whole_interface
from isolation_checks.reading.h3c_routing import PACE, redistribution
from isolation_checks.reading.h3c_views import Handler, Past, Reader, View, alike, nothing
from isolation_checks.snapshot import Action, Applied, BgpNeighbor, BgpProcess, FeatureKind


def _bgp(reader: Reader) -> BgpDraft:
    data = reader.frame.data
    assert isinstance(data, BgpDraft)
    return data


def _process(reader: Reader, asn: str, vrf: str | None) -> BgpDraft:
    found = reader.draft.bgp.get((asn, vrf))
    if found is None:
        found = reader.draft.bgp[asn, vrf] = BgpDraft(asn, vrf, reader.ref)
    return found


def _open(reader: Reader, words: Words) -> bool:
    if not words or not words[0].replace(".", "").isdigit() or (len(words) > 1 and words[1].lower() != "instance"):
        return False
    reader.push(BGP, _process(reader, words[0], None), f"bgp {words[0]}")
    return True


def _undo_open(reader: Reader, words: Words) -> bool:
    for key in [key for key in reader.draft.bgp if not words or key[0] == words[0]]:
        del reader.draft.bgp[key]
    return True


def _open_vrf(reader: Reader, words: Words) -> bool:
    if len(words) != 1:
        return False
    reader.push(BGP, _process(reader, _bgp(reader).asn, words[0]), f"ip vpn-instance {words[0]}")
    return True


def _family(reader: Reader, words: Words) -> bool:
    """``address-family ipv4 [unicast]``; of Comware 5 ``ipv4-family vpn-instance V``."""
    words = tuple(word.lower() if index == 0 else word for index, word in enumerate(words))
    bgp = _bgp(reader)
    if words[:1] == ("ipv4",) and words[1:] in ((), ("unicast",)):
        bgp.families = True
        reader.push(BGP, bgp, "address-family ipv4 unicast")
        return True
    if words[:1] == ("ipv6",):
        reader.push(IPV6, None, "address-family ipv6")
        reader.feature(FeatureKind.IPV6)
        return True
    kind = FeatureKind.MULTICAST if words[1:] == ("multicast",) else FeatureKind.VXLAN if "evpn" in words else FeatureKind.MPLS
    reader.push(OTHER, None, f"address-family {' '.join(words)}")
    reader.feature(kind)
    return bool(words)


def _old_family(reader: Reader, words: Words) -> bool:
    if len(words) == 2 and words[0].lower() == "vpn-instance":
        reader.push(BGP, _process(reader, _bgp(reader).asn, words[1]), f"ipv4-family vpn-instance {words[1]}")
        return True
    reader.push(BGP, _bgp(reader), "ipv4-family")
    return words in ((), ("unicast",))


def _router_id(reader: Reader, words: Words) -> bool:
    bgp = _bgp(reader)
    bgp.router_id = values.ip(words[0]) if words else None
    return bgp.router_id is not None


def _network(reader: Reader, words: Words) -> bool:
    """``network A [M|L] [route-policy P]``; without mask the class's."""
    address = values.ip(words[0]) if words else None
    if address is None:
        return False
    rest = words[1:]
    length = values.mask_length(rest[0]) if rest else None
    if length is None:
        length = 8 if address >> 31 == 0 else 16 if address >> 30 == 2 else 24
    else:
        rest = rest[1:]
    policy = None
    if len(rest) == 2 and rest[0].lower() == "route-policy":
        policy, rest = rest[1], ()
    if rest and rest != ("short-cut",):
        return False
    bgp = _bgp(reader)
    bgp.networks.append((address & values.mask_of(length), length, policy, reader.ref))
    return True


def _undo_network(reader: Reader, words: Words) -> bool:
    address = values.ip(words[0]) if words else None
    length = values.mask_length(words[1]) if len(words) > 1 else None
    if address is None or length is None:
        return False
    bgp = _bgp(reader)
    bgp.networks[:] = [item for item in bgp.networks if item[:2] != (address & values.mask_of(length), length)]
    return True


def _aggregate(reader: Reader, words: Words) -> bool:
    address = values.ip(words[0]) if len(words) > 1 else None
    length = values.mask_length(words[1]) if len(words) > 1 else None
    if address is None or length is None:
        return False
    only = "detail-suppressed" in {word.lower() for word in words}
    _bgp(reader).aggregates.append((address & values.mask_of(length), length, only, reader.ref))
    return True


def _import(reader: Reader, words: Words) -> bool:
    found = redistribution(reader, words)
    if found is not None:
        _bgp(reader).redistributions.append(found)
    return found is not None


def _undo_import(reader: Reader, words: Words) -> bool:
    found = redistribution(reader, words)
    items = _bgp(reader).redistributions
    items[:] = [item for item in items if found is None or (item.source, item.process) != (found.source, found.process)]
    return found is not None


def _default_route(reader: Reader, _words: Words) -> bool:
    _bgp(reader).default_route = reader.ref
    return True


def _undo_default_route(reader: Reader, _words: Words) -> bool:
    _bgp(reader).default_route = None
    return True


def _preference(reader: Reader, words: Words) -> bool:
    numbers = [integer(word) for word in words]
    if len(numbers) == 3 and None not in numbers:
        _bgp(reader).distances.update(
            {name: number for name, number in zip(("external", "internal", "local"), numbers, strict=True) if number is not None}
        )
        return True
    return len(words) == 2 and words[0].lower() == "route-policy"


def _balance(reader: Reader, words: Words) -> bool:
    """``balance [ebgp|ibgp] N``."""
    number = integer(words[-1]) if words else None
    _bgp(reader).maximum_paths = number
    return number is not None


def _group(reader: Reader, words: Words) -> bool:
    if not words or (words[1:2] and words[1].lower() not in ("internal", "external")):
        return False
    bgp = _bgp(reader)
    peer = bgp.peers.setdefault(words[0], PeerDraft(words[0], reader.ref))
    peer.is_group = True
    peer.internal = words[1:2] in ((), ("internal",))
    return True


def _undo_group(reader: Reader, words: Words) -> bool:
    _bgp(reader).peers.pop(words[0] if words else "", None)
    return len(words) == 1


def _peer(reader: Reader, words: Words) -> bool:
    """``peer X WHAT …``: X is an address or a group."""
    if len(words) < 2:
        return False
    name = words[0]
    if values.ip(name) is not None and len(words) > 2 and integer(words[1]) is not None and words[2].lower() == "as-number":
        words = (name, *words[2:])  # a dynamic peer: an address with a length
    if ":" in name:
        return True
    run = _PEER.get(words[1].lower()) or _abbreviated(words[1].lower())
    if run is None:
        return False
    peers = _bgp(reader).peers
    peer = peers.get(name)
    if peer is None:
        peer = peers[name] = PeerDraft(name, reader.ref, is_group=values.ip(name) is None)
    return run(reader, peer, words[2:])


def _undo_peer(reader: Reader, words: Words) -> bool:
    if not words:
        return False
    peers = _bgp(reader).peers
    if len(words) == 1:
        peers.pop(words[0], None)
        return True
    peer = peers.get(words[0])
    what = words[1].lower()
    if peer is None:
        return what in _PEER
    if what in _UNDO:
        setattr(peer, *_UNDO[what])
        return True
    if what in ("route-policy", "prefix-list", "filter-policy", "as-path-acl"):
        direction = words[-1].lower()
        (peer.in_policies if direction == "import" else peer.out_policies).pop(what, None)
        return direction in ("import", "export")
    peer.flags.pop(what, None)
    return what in _PEER


_UNDO: dict[str, tuple[str, object]] = {
    "enable": ("enabled", False),
    "ignore": ("shutdown", None),
    "shutdown": ("shutdown", None),
    "password": ("password", None),
    "group": ("group", None),
    "connect-interface": ("source", None),
    "ebgp-max-hop": ("multihop", None),
    "ttl-security": ("ttl_security", None),
    "route-limit": ("maximum_prefixes", None),
    "next-hop-local": ("next_hop_self", None),
    "reflect-client": ("reflector_client", None),
    "default-route-advertise": ("default_originate", None),
    "as-number": ("remote_as", None),
    "description": ("description", None),
}

_Peer = Callable[[Reader, PeerDraft, Words], bool]


def _as_number(_reader: Reader, peer: PeerDraft, words: Words) -> bool:
    peer.remote_as = words[0] if words else None
    return len(words) == 1


def _in_group(reader: Reader, peer: PeerDraft, words: Words) -> bool:
    del reader
    peer.group = words[0] if words else None
    return len(words) in (1, 3)


def _description(_reader: Reader, peer: PeerDraft, words: Words) -> bool:
    peer.description = " ".join(words)
    return True


def _source(_reader: Reader, peer: PeerDraft, words: Words) -> bool:
    peer.source = whole_interface(words)
    return peer.source is not None


def _source_address(_reader: Reader, peer: PeerDraft, words: Words) -> bool:
    peer.source = words[0] if words else None
    return len(words) == 1


def _said(field: str) -> _Peer:
    def run(_reader: Reader, peer: PeerDraft, _words: Words) -> bool:
        setattr(peer, field, True)
        return True

    return run


def _number(field: str, default: int) -> _Peer:
    """The last word may be a number; others are options."""

    def run(_reader: Reader, peer: PeerDraft, words: Words) -> bool:
        numbers = [number for word in words if (number := integer(word)) is not None]
        setattr(peer, field, numbers[0] if numbers else default)
        return True

    return run


def _policy(what: str) -> _Peer:
    def run(reader: Reader, peer: PeerDraft, words: Words) -> bool:
        if len(words) != 2 or words[1].lower() not in ("import", "export"):
            return False
        (peer.in_policies if words[1].lower() == "import" else peer.out_policies)[what] = Applied(words[0], reader.ref)
        return True

    return run


def _originate(reader: Reader, peer: PeerDraft, _words: Words) -> bool:
    peer.default_originate = reader.ref
    return True


def _remember(reader: Reader, peer: PeerDraft, words: Words) -> bool:
    del reader, words, peer
    return True


def _flag(name: str) -> _Peer:
    def run(_reader: Reader, peer: PeerDraft, _words: Words) -> bool:
        peer.flags[name] = None
        return True

    return run


_IRRELEVANT = (
    "timer",
    "bfd",
    "keep-all-routes",
    "capability-advertise",
    "route-update-interval",
    "log-change",
    "tracking",
    "low-memory-exempt",
    "graceful-restart",
    "preferred-value",
    "fake-as",
    "substitute-as",
    "next-hop-invariable",
    "dampening",
    "local-as",
    "soo",
    "additional-paths",
    "advertise",
    "as-loop",
    "fast-reroute",
    "upe",
    "substitute",
)

_PEER: dict[str, _Peer] = {
    "as-number": _as_number,
    "group": _in_group,
    "description": _description,
    "connect-interface": _source,
    "source-address": _source_address,
    "password": _said("password"),
    "ignore": _said("shutdown"),
    "shutdown": _said("shutdown"),
    "enable": _said("enabled"),
    "next-hop-local": _said("next_hop_self"),
    "reflect-client": _said("reflector_client"),
    "ebgp-max-hop": _number("multihop", 64),
    "ttl-security": _number("ttl_security", 1),
    "route-limit": _number("maximum_prefixes", 0),
    "route-policy": _policy("route-policy"),
    "prefix-list": _policy("prefix-list"),
    "ip-prefix": _policy("prefix-list"),
    "filter-policy": _policy("filter-policy"),
    "as-path-acl": _policy("as-path-acl"),
    "default-route-advertise": _originate,
    "keychain": _said("password"),
    "allow-as-loop": _flag("allow-as-loop"),
    "public-as-only": _flag("public-as-only"),
    "advertise-community": _flag("advertise-community"),
    "advertise-ext-community": _flag("advertise-ext-community"),
    **dict.fromkeys(_IRRELEVANT, _remember),
}


def _abbreviated(word: str) -> _Peer | None:
    near = [name for name in _PEER if name.startswith(word)]
    return _PEER[near[0]] if len(near) == 1 and len(word) > 2 else None


IPV6 = View("address-family ipv6", {}, rest=V6_ONLY)
OTHER = View(
    "address-family",
    alike(
        nothing,
        """
        peer; policy vpn-target; undo policy vpn-target; reflector; rr-filter; network; import-route; balance; group;
        undo peer; nexthop; default; rr; advertise; timer; preference
        """,
    ),
)

BGP = View(
    "bgp",
    {
        "ip vpn-instance": _open_vrf,
        "address-family": _family,
        "ipv4-family": _old_family,
        "ipv6-family": lambda reader, words: _family(reader, ("ipv6", *words)),
        "router-id": _router_id,
        "undo router-id": nothing,
        "network": _network,
        "undo network": _undo_network,
        "aggregate": _aggregate,
        "import-route": _import,
        "undo import-route": _undo_import,
        "default-route imported": _default_route,
        "undo default-route imported": _undo_default_route,
        "preference": _preference,
        "undo preference": nothing,
        "balance": _balance,
        "undo balance": nothing,
        "group": _group,
        "undo group": _undo_group,
        "peer": _peer,
        "undo peer": _undo_peer,
        "undo synchronization": nothing,
        "synchronization": nothing,
        "summary automatic": nothing,
        "undo summary automatic": nothing,
        "timer": PACE,
        "log-peer-change": PACE,
        "graceful-restart": PACE,
        "non-stop-routing": PACE,
        "reflector cluster-id": nothing,
        "reflect between-clients": nothing,
        "undo reflect between-clients": nothing,
        "undo default ipv4-unicast": nothing,
        "default ipv4-unicast": nothing,
        "ebgp-interface-sensitive": PACE,
        "undo ebgp-interface-sensitive": PACE,
        "check-first-as": nothing,
        "bestroute": nothing,
        "undo bestroute": nothing,
        "default local-preference": nothing,
        "default med": nothing,
        "compare-different-as-med": nothing,
        "ignore-first-as": nothing,
        "dampening": PACE,
        "confederation": nothing,
        "filter-policy": Past(FeatureKind.ROUTING),
        "advertise-rib-active": nothing,
        "policy vpn-target": nothing,
        "pic": PACE,
        "nexthop": nothing,
        "tcp": PACE,
        "session": PACE,
        "slow-peer": PACE,
        "ignore all-peers": nothing,
        "primary-path-detect": PACE,
        "fast-reroute": Past(FeatureKind.ROUTING),
        "description": NOTE,
        "export": Past(FeatureKind.ROUTING),
        "mpls": Past(FeatureKind.MPLS),
    },
)

SYSTEM: dict[str, Handler] = {"bgp": _open, "undo bgp": _undo_open}


def processes(drafts: dict[tuple[str, str | None], BgpDraft], old: bool) -> tuple[BgpProcess, ...]:
    """``old``: a release whose base view is the IPv4 family, with peers that take part unless said otherwise."""
    return tuple(_frozen(draft, old) for draft in drafts.values())


def _frozen(draft: BgpDraft, old: bool) -> BgpProcess:
    return BgpProcess(
        draft.asn,
        draft.vrf,
        draft.router_id,
        tuple(_neighbor(peer, draft, old) for peer in draft.peers.values()),
        tuple(draft.networks),
        tuple(draft.aggregates),
        tuple(draft.redistributions),
        draft.default_route,
        tuple(draft.distances.items()),
        draft.maximum_paths,
        draft.ref,
    )


def _neighbor(peer: PeerDraft, bgp: BgpDraft, old: bool) -> BgpNeighbor:
    group = bgp.peers.get(peer.group or "")
    chain = [peer] + ([group] if group is not None and group is not peer else [])

    def first(field: str) -> object:
        return next((value for item in chain if (value := getattr(item, field)) is not None), None)

    inside = next((bgp.asn for item in chain if item.is_group and item.internal), "")
    flags = {flag: None for item in chain for flag in item.flags}
    active = first("enabled")
    return BgpNeighbor(
        address=peer.name,
        remote_as=str(first("remote_as") or inside),
        group=peer.group,
        description=str(first("description") or ""),
        source=_text(first("source")),
        password=bool(first("password")),
        shutdown=bool(first("shutdown")),
        active=old if active is None else bool(active),
        in_policies=tuple({**(group.in_policies if group else {}), **peer.in_policies}.values()),
        out_policies=tuple({**(group.out_policies if group else {}), **peer.out_policies}.values()),
        in_default=Action.PERMIT,
        out_default=Action.PERMIT,
        multihop=_int(first("multihop")),
        ttl_security=_int(first("ttl_security")),
        maximum_prefixes=_int(first("maximum_prefixes")),
        next_hop_self=bool(first("next_hop_self")),
        reflector_client=bool(first("reflector_client")),
        default_originate=next((item.default_originate for item in chain if item.default_originate), None),
        ref=peer.ref,
        flags=tuple(flags),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _int(value: object) -> int | None:
    return value if isinstance(value, int) else None
