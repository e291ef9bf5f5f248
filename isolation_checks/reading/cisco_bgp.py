"""BGP of IOS: the process, its neighbors, peer groups, templates and address families."""

from __future__ import annotations

from isolation_checks.reading import cisco_names
from isolation_checks.reading.cisco_model import Bgp, Peer
from isolation_checks.reading.cisco_routes import redistribution
from isolation_checks.reading.cisco_state import State
from isolation_checks.reading.cisco_tables import LOGS, PATHS, ROUTING
from isolation_checks.reading.cisco_views import Action as Handle
from isolation_checks.reading.cisco_views import Line, View, table
from isolation_checks.reading.values import ip, mask_length, mask_of
from isolation_checks.snapshot import Action, Applied, BgpNeighbor, BgpProcess, FeatureKind, Ref

_FLAGS = {
    "send-community", "soft-reconfiguration", "remove-private-as", "allowas-in", "as-override", "next-hop-unchanged", "soo",
    "disable-connected-check", "local-as", "capability", "fall-over", "default-originate", "unsuppress-map", "dmzlink-bw", "soft",
    "additional-paths", "advertise", "cluster-id", "enforce-first-as", "remove-private-AS", "transport", "ha-mode", "version",
    "advertise-map",
    "path-attribute", "accept-route-policy-rt", "internal-vpn-client", "slow-peer", "log-neighbor-changes", "translate-update",
    "aigp", "validation", "dont-capability-negotiate", "prefix-length-size", "advertisement-interval", "timers", "weight", "send-label",
}  # fmt: skip
_SILENT = {"advertisement-interval", "timers", "weight", "version", "log-neighbor-changes", "slow-peer", "transport", "additional-paths"}


def process(state: State, line: Line) -> bool:
    """``router bgp AS``."""
    if len(line.args) != 1 or not line.args[0].replace(".", "").isdigit():
        return False
    routing = state.routing
    if line.negated:
        routing.bgp.clear()
        return True
    held = routing.bgp.get(None)
    if held is not None and held.asn != line.args[0]:
        return False
    state.now.bgp = routing.bgp.setdefault(None, Bgp(line.args[0], None, line.ref))
    return state.enter(BGP_VIEW, f"router bgp {line.args[0]}")


def _family(state: State, line: Line) -> bool:
    """``address-family ipv4 [unicast|vrf V]``; the other families are features."""
    words = [word.lower() for word in line.args]
    base = state.routing.bgp.get(None)
    if base is None or not words:
        return False
    title = f"address-family {' '.join(line.args)}"
    if words in (["ipv4"], ["ipv4", "unicast"]):
        state.now.bgp = base
        return line.negated or state.enter(FAMILY_VIEW, title)
    if words[0] == "ipv4" and words[-2:-1] == ["vrf"] and words[1:-2] in ([], ["unicast"]):
        name = line.args[-1]
        if line.negated:
            state.routing.bgp.pop(name, None)
            return True
        state.now.bgp = state.routing.bgp.setdefault(name, Bgp(base.asn, name, line.ref))
        return state.enter(FAMILY_VIEW, title)
    kinds = {"ipv6": FeatureKind.IPV6, "vpnv4": FeatureKind.MPLS, "vpnv6": FeatureKind.MPLS, "l2vpn": FeatureKind.L2VPN,
             "ipv4": FeatureKind.MULTICAST, "nsap": FeatureKind.ROUTING, "rtfilter": FeatureKind.MPLS,
             "link-state": FeatureKind.ROUTING}  # fmt: skip
    kind = kinds.get(words[0])
    if kind is None:
        return False
    state.feature(line, kind)
    return line.negated or state.enter(OTHER_FAMILY_VIEW, title)


def _peer_of(held: Bgp, name: str, line: Line) -> Peer:
    return held.peers.setdefault(name, Peer(name, line.ref))


def _neighbor(state: State, line: Line) -> bool:
    held = state.now.bgp
    if held is None or not line.args:
        return False
    name, words = line.args[0], line.args[1:]
    if ":" in name:
        return state.feature(line, FeatureKind.IPV6)
    if not words:
        if line.negated:
            held.peers.pop(name, None)
        return line.negated
    if line.negated and words[0].lower() in {"remote-as", "peer-group"} and (words[0].lower() == "remote-as" or name in held.peers):
        if words[0].lower() == "remote-as" or held.peers[name].is_group:
            held.peers.pop(name, None)
        else:
            held.peers[name].group = None
        return True
    return clause(_peer_of(held, name, line), line, words)


def clause(peer: Peer, line: Line, words: list[str]) -> bool:
    """What a line says about a neighbor or template; ``words`` begin with the keyword."""
    what = words[0].lower()
    values = words[1:]
    on = not line.negated
    if what == "peer-group":
        peer.is_group = not values
        peer.group = values[0] if values else None
        return len(values) <= 1
    if what == "inherit" and len(values) == 2:
        peer.inherits = [name for name in peer.inherits if name != values[1]] + ([values[1]] if on else [])
        return values[0] in {"peer-session", "peer-policy"}
    if what == "activate":
        peer.active = on
        return not values
    if what in _POLICIES:
        return _policy(peer, line, what, values)
    if what == "maximum-prefix":
        limit = values[0] if values else ""
        return _put(peer, what, int(limit) if limit.isdigit() else None, on)
    if what in {"ebgp-multihop", "ttl-security"}:
        number = values[-1] if values else "255"
        return _put(peer, what, int(number) if number.isdigit() else None, on)
    if what == "update-source":
        return _put(peer, what, cisco_names.name(values), on)
    if what in {"remote-as", "description"}:
        return _put(peer, what, " ".join(values) or None, on)
    if what == "default-originate":
        return _put(peer, what, line.ref, on)
    if what in {"password", "shutdown", "next-hop-self", "route-reflector-client", "bfd"}:
        return _put(peer, what, True, on)
    return _flag(peer, what, values, on)


def _flag(peer: Peer, what: str, values: list[str], on: bool) -> bool:
    if what == "fall-over" and values[:1] == ["bfd"]:
        what = "bfd"
    if what not in _FLAGS and what != "bfd":
        return False
    if what not in _SILENT:
        (peer.flags.add if on else peer.flags.discard)(what.lower())
    return True


_POLICIES = {"route-map", "prefix-list", "distribute-list", "filter-list"}


def _policy(peer: Peer, line: Line, what: str, values: list[str]) -> bool:
    if len(values) != 2 or values[1].lower() not in {"in", "out"}:
        return False
    name = f"as-path {values[0]}" if what == "filter-list" else values[0]
    held = peer.in_policies if values[1].lower() == "in" else peer.out_policies
    held[:] = [item for item in held if item.filter != name]
    if not line.negated:
        held.append(Applied(name, line.ref))
    return True


def _put(peer: Peer, what: str, value: object, on: bool) -> bool:
    if not on:
        peer.values.pop(what, None)
        return True
    peer.values[what] = value
    return value is not None


def _template(state: State, line: Line) -> bool:
    """``template peer-session T`` and ``template peer-policy T``."""
    if len(line.args) != 2 or line.args[0].lower() not in {"peer-session", "peer-policy"}:
        return False
    held = state.routing.sessions if line.args[0].lower() == "peer-session" else state.routing.policies
    if line.negated:
        held.pop(line.args[1], None)
        return True
    state.now.peer = held.setdefault(line.args[1], Peer(line.args[1], line.ref))
    return state.enter(TEMPLATE_VIEW, f"template {' '.join(line.args)}")


def _template_line(state: State, line: Line) -> bool:
    peer = state.now.peer
    if peer is None:
        return False
    words = line.words
    if words[0].lower().startswith("exit-peer"):
        return True
    return clause(peer, line, words)


def _network(state: State, line: Line) -> bool:
    """``network A [mask M] [route-map P]``; without a mask the class of the address says how long it is."""
    held = state.now.bgp
    words = list(line.args)
    value = ip(words[0]) if words else None
    if held is None or value is None:
        return False
    words = words[1:]
    length: int | None = 8 if value < 1 << 31 else 16 if value < 3 << 30 else 24
    policy = None
    while words:
        word = words.pop(0).lower()
        if word == "mask" and words:
            length = mask_length(words.pop(0))
        elif word == "route-map" and words:
            policy = words.pop(0)
        elif word not in {"backdoor", "nlri", "unicast", "evpn"}:
            return False
    if length is None:
        return False
    block = value & mask_of(length), length
    held.networks = [item for item in held.networks if item[:2] != block]
    if not line.negated:
        held.networks.append((*block, policy, line.ref))
    return True


def _aggregate(state: State, line: Line) -> bool:
    held = state.now.bgp
    words = line.args
    value, length = (ip(words[0]), mask_length(words[1])) if len(words) > 1 else (None, None)
    if held is None or value is None or length is None:
        return False
    block = value & mask_of(length), length
    held.aggregates = [item for item in held.aggregates if item[:2] != block]
    if not line.negated:
        held.aggregates.append((*block, "summary-only" in words, line.ref))
    return True


def _redistribute(state: State, line: Line) -> bool:
    held = state.now.bgp
    made = redistribution(line)
    if held is None or made is None:
        return False
    held.redistributions = [item for item in held.redistributions if (item.source, item.process) != (made.source, made.process)]
    if not line.negated:
        held.redistributions.append(made)
    return True


def _router_id(state: State, line: Line) -> bool:
    held = state.now.bgp
    if held is None:
        return False
    if line.negated or line.args[:1] == ["vrf"]:
        return True
    if len(line.args) == 2 and line.args[0] == "interface":
        return True
    value = ip(line.args[0]) if len(line.args) == 1 else None
    held.router_id = value
    return value is not None


def _ipv4_default(state: State, line: Line) -> bool:
    state.routing.ipv4_default = not line.negated
    return not line.args


def _distance(state: State, line: Line) -> bool:
    held = state.now.bgp
    words = line.args
    if held is None:
        return False
    if line.negated:
        held.distances.clear()
    elif len(words) == 3 and all(word.isdigit() for word in words):
        held.distances = dict(zip(("external", "internal", "local"), map(int, words), strict=True))
    else:
        return False
    return True


def _maximum_paths(state: State, line: Line) -> bool:
    held = state.now.bgp
    words = [word for word in line.args if word.lower() not in {"ibgp", "eibgp", "import"}]
    if held is None or (not line.negated and (not words or not words[0].isdigit())):
        return False
    if len(words) == len(line.args):
        held.maximum_paths = None if line.negated else int(words[0])
    return True


def _default_route(state: State, line: Line) -> bool:
    if state.now.bgp is None:
        return False
    state.now.bgp.default_route = None if line.negated else line.ref
    return not line.args


_SHARED: dict[str, Handle] = {
    "neighbor": _neighbor, "network": _network, "aggregate-address": _aggregate, "redistribute": _redistribute,
    "maximum-paths": _maximum_paths, "distance bgp": _distance, "default-information originate": _default_route,
    "bgp dampening": PATHS, "bgp additional-paths": PATHS, "bgp bestpath": PATHS, "bgp nexthop": ROUTING, "bgp scan-time": ROUTING,
    "bgp redistribute-internal": PATHS, "bgp aggregate-timer": ROUTING, "bgp suppress-inactive": PATHS, "bgp recursion": PATHS,
    "bgp dmzlink-bw": PATHS, "bgp soft-reconfig-backup": PATHS, "bgp router-id": _router_id, "default-metric": PATHS,
    "auto-summary": PATHS, "synchronization": PATHS,
    "table-map": FeatureKind.ROUTING, "distribute-list": FeatureKind.ROUTING, "exit-address-family": LOGS, "exit": LOGS,
    "bgp route-map": PATHS, "snmp context": LOGS, "import path": PATHS, "bgp advertise-best-external": PATHS,
    "bgp inject-map": FeatureKind.ROUTING,
}  # fmt: skip
FAMILY_VIEW = View("address-family", table(_SHARED))
BGP_VIEW = View(
    "router bgp",
    table(
        {
            **_SHARED, "address-family": _family, "template": _template, "bgp default ipv4-unicast": _ipv4_default,
            "bgp log-neighbor-changes": LOGS, "timers bgp": ROUTING, "bgp graceful-restart": ROUTING, "bgp graceful-shutdown": ROUTING,
            "bgp update-delay": ROUTING, "bgp fast-external-fallover": ROUTING, "bgp maxas-limit": PATHS, "bgp always-compare-med": PATHS,
            "bgp deterministic-med": PATHS, "bgp enforce-first-as": PATHS, "bgp cluster-id": PATHS, "bgp default": PATHS,
            "bgp transport": ROUTING, "bgp upgrade-cli": LOGS, "bgp asnotation": LOGS, "bgp client-to-client": PATHS,
            "bgp confederation": PATHS, "bgp listen": FeatureKind.ROUTING, "bgp regexp": LOGS, "bgp consistency-checker": LOGS,
            "bgp rpki": PATHS, "bgp nopeerup-delay": ROUTING, "bgp refresh": ROUTING, "bgp mpls-local-label": FeatureKind.MPLS,
            "no-synchronization": LOGS, "scope": FeatureKind.ROUTING, "description": LOGS, "bgp sourced-paths": PATHS,
        }
    ),
)  # fmt: skip
OTHER_FAMILY_VIEW = View("address-family", rest=FeatureKind.ROUTING)
TEMPLATE_VIEW = View("template", other=_template_line)


def processes(state: State) -> tuple[BgpProcess, ...]:
    return tuple(_built(state, held) for held in state.routing.bgp.values())


def _built(state: State, held: Bgp) -> BgpProcess:
    return BgpProcess(
        asn=held.asn,
        vrf=held.vrf,
        router_id=held.router_id,
        neighbors=tuple(_built_neighbor(state, held, peer) for peer in held.peers.values()),
        networks=tuple(held.networks),
        aggregates=tuple(held.aggregates),
        redistributions=tuple(held.redistributions),
        default_route=held.default_route,
        distances=tuple(held.distances.items()),
        maximum_paths=held.maximum_paths,
        ref=held.ref,
    )


def _sources(state: State, held: Bgp, peer: Peer) -> list[Peer]:
    """The neighbor, then what it inherits from: its group, its templates and theirs, nearest first; a cycle ends."""
    found: list[Peer] = []
    waiting = [peer]
    while waiting:
        item = waiting.pop(0)
        if item in found:
            continue
        found.append(item)
        names = ([item.group] if item.group else []) + item.inherits
        for name in names:
            tables = ([held.peers] if name == item.group else []) + [state.routing.sessions, state.routing.policies]
            waiting.extend(known[name] for known in tables if name in known)
    return found


def _built_neighbor(state: State, held: Bgp, peer: Peer) -> BgpNeighbor:
    sources = _sources(state, held, peer)
    values: dict[str, object] = {}
    flags: set[str] = set()
    for source in reversed(sources):
        values.update(source.values)
        flags |= source.flags
    active = peer.active
    if active is None:
        inherited = [source.active for source in sources if source.active is not None]
        active = inherited[0] if inherited else held.vrf is None and state.routing.ipv4_default
    if values.get("bfd"):
        flags.add("bfd")
    return BgpNeighbor(
        address=peer.name,
        remote_as=_text(values.get("remote-as")),
        group=peer.group,
        description=_text(values.get("description")),
        source=_text(values.get("update-source")) or None,
        password=bool(values.get("password")),
        shutdown=bool(values.get("shutdown")),
        active=active,
        in_policies=tuple(next((source.in_policies for source in sources if source.in_policies), ())),
        out_policies=tuple(next((source.out_policies for source in sources if source.out_policies), ())),
        in_default=Action.PERMIT,
        out_default=Action.PERMIT,
        multihop=_number(values.get("ebgp-multihop")),
        ttl_security=_number(values.get("ttl-security")),
        maximum_prefixes=_number(values.get("maximum-prefix")),
        next_hop_self=bool(values.get("next-hop-self")),
        reflector_client=bool(values.get("route-reflector-client")),
        default_originate=_ref(values.get("default-originate")),
        ref=peer.ref,
        flags=tuple(sorted(flags)),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _ref(value: object) -> Ref | None:
    return value if isinstance(value, Ref) else None
