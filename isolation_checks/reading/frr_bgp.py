"""BGP in FRR's configuration, IPv4 unicast; of other address families only that they are there."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from isolation_checks.reading import values
from isolation_checks.reading.commands import Commands
from isolation_checks.reading.frr_state import (
    DETECTION,
    LIMITS,
    LOGGING,
    TIMERS,
    FrrState,
    Handler,
    Line,
    network,
    number,
    redistribution,
)
from isolation_checks.snapshot import (
    Action,
    Applied,
    BgpNeighbor,
    BgpProcess,
    FeatureKind,
    Redistribution,
    Ref,
    Vrf,
    VrfLeak,
)


@dataclass(slots=True)
class PeerDraft:
    """What stands there for one peer or group; None where nothing does."""

    address: str
    ref: Ref
    remote_as: str | None = None
    group: str | None = None
    is_group: bool = False
    description: str | None = None
    source: str | None = None
    password: bool | None = None
    shutdown: bool | None = None
    active: bool | None = None
    multihop: int | None = None
    ttl_security: int | None = None
    maximum_prefixes: int | None = None
    next_hop_self: bool | None = None
    reflector_client: bool | None = None
    default_originate: Ref | None = None
    policies: dict[tuple[str, str], Applied] = field(default_factory=dict)  # (direction, kind)
    flags: dict[str, None] = field(default_factory=dict)

    def inherit(self, group: PeerDraft) -> None:
        for item in fields(self):
            if item.name not in ("address", "ref", "group", "is_group", "policies", "flags") and getattr(self, item.name) is None:
                setattr(self, item.name, getattr(group, item.name))
        self.policies = {**group.policies, **self.policies}
        self.flags = {**group.flags, **self.flags}


@dataclass(slots=True)
class BgpDraft:
    asn: str
    vrf: str | None
    ref: Ref
    router_id: int | None = None
    peers: dict[str, PeerDraft] = field(default_factory=dict)
    networks: dict[tuple[int, int], tuple[str | None, Ref]] = field(default_factory=dict)
    aggregates: dict[tuple[int, int], tuple[bool, Ref]] = field(default_factory=dict)
    redistributions: dict[tuple[str, str], Redistribution] = field(default_factory=dict)
    distances: dict[str, int] = field(default_factory=dict)
    maximum_paths: int | None = None
    ipv4_default: bool = True
    needs_policy: bool | None = None
    confederation: dict[str, None] = field(default_factory=dict)
    imported: dict[str, Ref] = field(default_factory=dict)  # import vrf V
    to_vpn: Ref | None = None
    from_vpn: Ref | None = None
    distinguisher: str = ""
    imports: dict[str, None] = field(default_factory=dict)
    exports: dict[str, None] = field(default_factory=dict)
    options: dict[str, None] = field(default_factory=dict)

    def built(self, state: FrrState) -> BgpProcess:
        for peer in self.peers.values():
            group = self.peers.get(peer.group or "")
            if group is not None and group is not peer:
                peer.inherit(group)
        needs = state.needs_ebgp_policy if self.needs_policy is None else self.needs_policy
        return BgpProcess(
            asn=self.asn, vrf=self.vrf, router_id=self.router_id,
            neighbors=tuple(self._neighbor(peer, needs) for peer in self.peers.values()),
            networks=tuple((*key, policy, ref) for key, (policy, ref) in self.networks.items()),
            aggregates=tuple((*key, only, ref) for key, (only, ref) in self.aggregates.items()),
            redistributions=tuple(self.redistributions.values()), default_route=None, distances=tuple(self.distances.items()),
            maximum_paths=self.maximum_paths, ref=self.ref,
        )  # fmt: skip

    def _neighbor(self, peer: PeerDraft, needs: bool) -> BgpNeighbor:
        external = peer.remote_as not in (self.asn, "internal") and peer.remote_as not in self.confederation
        default = Action.DENY if needs and external else Action.PERMIT
        return BgpNeighbor(
            address=peer.address, remote_as=peer.remote_as or "", group=peer.group, description=peer.description or "", source=peer.source,
            password=bool(peer.password), shutdown=bool(peer.shutdown), active=self.ipv4_default if peer.active is None else peer.active,
            in_policies=tuple(item for (way, _), item in peer.policies.items() if way == "in"),
            out_policies=tuple(item for (way, _), item in peer.policies.items() if way == "out"),
            in_default=default, out_default=default, multihop=peer.multihop, ttl_security=peer.ttl_security,
            maximum_prefixes=peer.maximum_prefixes, next_hop_self=bool(peer.next_hop_self), reflector_client=bool(peer.reflector_client),
            default_originate=peer.default_originate, ref=peer.ref, flags=(*(("group",) if peer.is_group else ()), *peer.flags),
        )  # fmt: skip


def enter(line: Line, rest: list[str]) -> bool:
    """``router bgp ASN [vrf V|view V]``."""
    if not rest or (len(rest) not in (1, 3)) or (len(rest) == 3 and rest[1] not in ("vrf", "view")):
        return False
    vrf = rest[2] if len(rest) == 3 and rest[2] != "default" else None
    key = rest[0], vrf
    if line.no:
        line.state.bgp.pop(key, None)
        return True
    if vrf is not None:
        line.state.draft.vrf(vrf, line.ref)
    line.opened = "bgp", line.state.bgp.setdefault(key, BgpDraft(*key, line.ref))
    return True


def leaks(state: FrrState) -> None:
    """Between the VRFs of this device: ``import vrf``, and route targets that one exports and another imports."""
    by_vrf = {process.vrf or "": process for process in state.bgp.values()}
    for target, process in by_vrf.items():
        for source, ref in process.imported.items():
            state.draft.leaks[VrfLeak("" if source == "default" else source, target, ref)] = None
        for source, other in by_vrf.items():
            if source != target and process.from_vpn and other.to_vpn and process.imports.keys() & other.exports.keys():
                state.draft.leaks[VrfLeak(source, target, process.from_vpn)] = None
        if target and (process.distinguisher or process.imports or process.exports):
            old = state.draft.vrfs[target]
            state.draft.vrfs[target] = Vrf(target, process.distinguisher, tuple(process.imports), tuple(process.exports), old.ref)


def _process(line: Line) -> BgpDraft:
    assert isinstance(line.data, BgpDraft)
    return line.data


def _router_id(line: Line, rest: list[str]) -> bool:
    value = values.ip(rest[0]) if len(rest) == 1 else None
    _process(line).router_id = None if line.no else value
    return value is not None or line.no


def _ipv4_default(line: Line, rest: list[str]) -> bool:
    _process(line).ipv4_default = not line.no
    return not rest


def _needs_policy(line: Line, rest: list[str]) -> bool:
    _process(line).needs_policy = not line.no
    return not rest


def _confederation(line: Line, rest: list[str]) -> bool:
    for asn in rest[1:] if rest[:1] == ["peers"] else ():
        if line.no:
            _process(line).confederation.pop(asn, None)
        else:
            _process(line).confederation[asn] = None
    return rest[:1] in (["peers"], ["identifier"]) and len(rest) > 1


def _option(line: Line, rest: list[str]) -> bool:
    _process(line).options[line.text.strip()] = None
    return True


def _family(line: Line, rest: list[str]) -> bool:
    if line.no:
        return False
    name = tuple(rest)
    if name in (("ipv4",), ("ipv4", "unicast")) or (len(name) == 2 and name[0] == "ipv4" and "unicast".startswith(name[1])):
        line.opened = "bgp-ipv4", line.data
        return True
    kind = {"ipv6": FeatureKind.IPV6, "l2vpn": FeatureKind.VXLAN}.get(rest[0] if rest else "")
    if kind is None and name[:1] == ("ipv4",):
        kind = {"vpn": FeatureKind.MPLS, "labeled-unicast": FeatureKind.MPLS, "multicast": FeatureKind.MULTICAST}.get(rest[1])
        kind = kind or FeatureKind.ROUTING
    if kind is None:
        return False
    line.opened = "opaque-family", None
    return line.feature(kind)


# --- neighbors -------------------------------------------------------------------------------------------------------------------------


def _neighbor(line: Line, rest: list[str]) -> bool:
    if len(rest) < 2:
        return _forget(line, rest) if line.no and rest else False
    process, (name, words) = _process(line), (rest[0], rest[1:])
    if words[0] == "interface":
        words = words[1:] or ["interface"]
        if words[0] == "v6only":
            words = words[1:] or ["interface"]
    if line.no and words[0] in ("remote-as", "peer-group", "interface") and name in process.peers and words[1:2] in ([], ["peer-group"]):
        return _forget(line, rest)
    peer = process.peers.get(name)
    if peer is None:
        peer = process.peers[name] = PeerDraft(name, line.ref)
    found = _PEER.find(words)
    if found is None:
        return False
    handler, taken = found
    if isinstance(handler, FeatureKind):
        return line.feature(handler)
    if isinstance(handler, str):
        line.ledger.irrelevant(line.number, handler)
        return True
    inner = Line(line.number, line.text, words, line.no, line.ledger, line.state, (process, peer))
    return handler(inner, words[taken:])


def _forget(line: Line, rest: list[str]) -> bool:
    return _process(line).peers.pop(rest[0], None) is not None


def _peer(line: Line) -> PeerDraft:
    assert isinstance(line.data, tuple)
    peer = line.data[1]
    assert isinstance(peer, PeerDraft)
    return peer


def _remote_as(line: Line, rest: list[str]) -> bool:
    _peer(line).remote_as = None if line.no else rest[0] if rest else None
    return len(rest) == 1


def _peer_group(line: Line, rest: list[str]) -> bool:
    peer = _peer(line)
    if rest:
        peer.group = None if line.no else rest[0]
    else:
        peer.is_group = not line.no
    return len(rest) < 2


def _text(name: str) -> Handler:
    def handler(line: Line, rest: list[str]) -> bool:
        setattr(_peer(line), name, None if line.no else " ".join(rest))
        return bool(rest) or line.no

    return handler


def _password(line: Line, rest: list[str]) -> bool:
    _peer(line).password = None if line.no else True
    return True


def _shutdown(line: Line, rest: list[str]) -> bool:
    _peer(line).shutdown = not line.no
    return True


def _switch(name: str) -> Handler:
    def handler(line: Line, rest: list[str]) -> bool:
        setattr(_peer(line), name, not line.no)
        return True

    return handler


def _counted(name: str, default: int) -> Handler:
    def handler(line: Line, rest: list[str]) -> bool:
        value = number(rest[0]) if rest else default
        setattr(_peer(line), name, None if line.no else value)
        return value is not None

    return handler


def _default_originate(line: Line, rest: list[str]) -> bool:
    _peer(line).default_originate = None if line.no else line.ref
    return rest[:1] in ([], ["route-map"])


def _policy(line: Line, rest: list[str]) -> bool:
    if len(rest) != 2 or rest[1] not in ("in", "out"):
        return False
    key = rest[1], line.words[0]
    if line.no:
        _peer(line).policies.pop(key, None)
    else:
        _peer(line).policies[key] = Applied(rest[0], line.ref)
    return True


def _flag(line: Line, rest: list[str]) -> bool:
    text = " ".join(line.words)
    if line.no:
        for name in [name for name in _peer(line).flags if name.split()[0] == line.words[0]]:
            del _peer(line).flags[name]
        text = f"no {text}"
    _peer(line).flags[text] = None
    return True


def _only_interface(line: Line, rest: list[str]) -> bool:
    return not rest


_PEER = Commands[Handler](
    {
        "remote-as": _remote_as,
        "peer-group": _peer_group,
        "interface": _only_interface,
        "description": _text("description"),
        "update-source": _text("source"),
        "password": _password,
        "shutdown": _shutdown,
        "activate": _switch("active"),
        "next-hop-self": _switch("next_hop_self"),
        "route-reflector-client": _switch("reflector_client"),
        "ebgp-multihop": _counted("multihop", 255),
        "ttl-security hops": _counted("ttl_security", 1),
        "maximum-prefix": _counted("maximum_prefixes", 0),
        "default-originate": _default_originate,
        "route-map": _policy,
        "prefix-list": _policy,
        "distribute-list": _policy,
        "filter-list": _policy,
        "unsuppress-map": _flag,
        "advertise-map": _flag,
        "allowas-in": _flag,
        "as-override": _flag,
        "remove-private-as": _flag,
        "remove-private-AS": _flag,
        "replace-as": _flag,
        "local-as": _flag,
        "weight": _flag,
        "attribute-unchanged": _flag,
        "send-community": _flag,
        "soft-reconfiguration": _flag,
        "soft-reconfiguration inbound": _flag,
        "enforce-first-as": _flag,
        "disable-connected-check": _flag,
        "addpath-tx-all-paths": _flag,
        "addpath-tx-bestpath-per-as": _flag,
        "addpath-tx-best-selected": _flag,
        "addpath-rx-paths-limit": _flag,
        "disable-addpath-rx": _flag,
        "route-server-client": _flag,
        "soo": _flag,
        "accept-own": _flag,
        "passive": _flag,
        "port": _flag,
        "local-role": _flag,
        "oad": _flag,
        "strict-capability-match": _flag,
        "override-capability": _flag,
        "dont-capability-negotiate": _flag,
        "capability": _flag,
        "solo": _flag,
        "sender-as-path-loop-detection": _flag,
        "aigp": _flag,
        "as-path-loopback": _flag,
        "extended-optional-parameters": LIMITS,
        "graceful-restart": DETECTION,
        "graceful-restart-helper": DETECTION,
        "graceful-restart-disable": DETECTION,
        "graceful-shutdown": _flag,
        "bfd": DETECTION,
        "timers": TIMERS,
        "advertisement-interval": TIMERS,
        "tcp-mss": LIMITS,
        "maximum-prefix-out": LIMITS,
        "encapsulation-srv6": FeatureKind.TUNNEL,
        "rpki strict": _flag,
    }
)  # fmt: skip


# --- what a process announces ----------------------------------------------------------------------------------------------------------


def _network(line: Line, rest: list[str]) -> bool:
    found = network(rest[0]) if rest else None
    rest = rest[1:]
    if found is None and rest[:1] == ["mask"] and len(rest) >= 2:
        found, rest = network(f"{line.words[1]}/{values.mask_length(rest[1])}"), rest[2:]
    if found is None or rest[:1] not in ([], ["route-map"], ["backdoor"], ["label-index"]):
        return False
    if line.no:
        _process(line).networks.pop(found, None)
    else:
        policy = rest[1] if rest[:1] == ["route-map"] and len(rest) > 1 else None
        _process(line).networks[found] = (policy, line.ref)
    return True


def _aggregate(line: Line, rest: list[str]) -> bool:
    found = network(rest[0]) if rest else None
    if found is None:
        return False
    if line.no:
        _process(line).aggregates.pop(found, None)
    else:
        _process(line).aggregates[found] = ("summary-only" in rest, line.ref)
    return True


def _redistribute(line: Line, rest: list[str]) -> bool:
    found = redistribution(line, rest)
    if found is None:
        return False
    if line.no:
        _process(line).redistributions.pop((found.source, found.process), None)
    else:
        _process(line).redistributions[found.source, found.process] = found
    return True


def _distance(line: Line, rest: list[str]) -> bool:
    process = _process(line)
    if line.no:
        process.distances.clear()
        return True
    if rest[:1] == ["bgp"] and len(rest) == 4 and all(word.isdigit() for word in rest[1:]):
        process.distances.update(zip(("external", "internal", "local"), map(int, rest[1:]), strict=True))
        return True
    return False


def _maximum_paths(line: Line, rest: list[str]) -> bool:
    if rest[:1] == ["ibgp"]:
        line.words = rest
        return _option(line, rest)
    value = number(rest[0]) if len(rest) == 1 else None
    _process(line).maximum_paths = None if line.no else value
    return value is not None or line.no


def _import_vrf(line: Line, rest: list[str]) -> bool:
    if rest[:1] == ["route-map"]:
        return _option(line, rest)
    if len(rest) != 1:
        return False
    if line.no:
        _process(line).imported.pop(rest[0], None)
    else:
        _process(line).imported[rest[0]] = line.ref
    return True


def _vpn(name: str) -> Handler:
    def handler(line: Line, rest: list[str]) -> bool:
        setattr(_process(line), name, None if line.no else line.ref)
        return not rest

    return handler


def _route_targets(line: Line, rest: list[str]) -> bool:
    process = _process(line)
    known = {"both": (process.imports, process.exports), "import": (process.imports,), "export": (process.exports,)}
    for place in known.get(rest[0], ()) if rest else ():
        for target in rest[1:]:
            if line.no:
                place.pop(target, None)
            else:
                place[target] = None
    return bool(rest) and rest[0] in known


def _distinguisher(line: Line, rest: list[str]) -> bool:
    _process(line).distinguisher = "" if line.no or not rest else rest[0]
    return True


_SHARED: dict[str, Handler] = {
    "neighbor": _neighbor,
    "network": _network,
    "aggregate-address": _aggregate,
    "redistribute": _redistribute,
    "distance": _distance,
    "maximum-paths": _maximum_paths,
    "table-map": _option,
    "bgp dampening": _option,
}

IPV4_VIEW = Commands[Handler](
    {
        **_SHARED,
        "import vrf": _import_vrf,
        "import vpn": _vpn("from_vpn"),
        "export vpn": _vpn("to_vpn"),
        "rt vpn": _route_targets,
        "route-target vpn": _route_targets,
        "rd vpn export": _distinguisher,
        "label vpn export": FeatureKind.MPLS,
        "nexthop vpn export": FeatureKind.MPLS,
        "route-map vpn": _option,
        "sid vpn": FeatureKind.TUNNEL,
    }
)

VIEW = Commands[Handler](
    {
        **_SHARED,
        "bgp router-id": _router_id,
        "bgp default ipv4-unicast": _ipv4_default,
        "bgp default ipv6-unicast": FeatureKind.IPV6,
        "bgp default local-preference": _option,
        "bgp default show-hostname": LOGGING,
        "bgp default": _option,
        "bgp ebgp-requires-policy": _needs_policy,
        "bgp confederation": _confederation,
        "bgp cluster-id": _option,
        "bgp bestpath": _option,
        "bgp always-compare-med": _option,
        "bgp deterministic-med": _option,
        "bgp client-to-client": _option,
        "bgp enforce-first-as": _option,
        "bgp network import-check": _option,
        "bgp max-med": _option,
        "bgp listen": _option,
        "bgp reject-as-sets": _option,
        "bgp route-reflector": _option,
        "bgp disable-ebgp-connected-route-check": _option,
        "bgp suppress-duplicates": _option,
        "bgp suppress-fib-pending": _option,
        "bgp fast-external-failover": DETECTION,
        "bgp fast-convergence": DETECTION,
        "bgp graceful-restart": DETECTION,
        "bgp graceful-shutdown": _option,
        "bgp shutdown": _option,
        "bgp administrative-reset": DETECTION,
        "bgp hard-administrative-reset": DETECTION,
        "bgp minimum-holdtime": TIMERS,
        "bgp tcp-keepalive": TIMERS,
        "bgp log-neighbor-changes": LOGGING,
        "bgp coalesce-time": LIMITS,
        "bgp update-group-split-horizon": LIMITS,
        "bgp allow-martian-nexthop": _option,
        "bgp session-dscp": LIMITS,
        "bgp long-lived-graceful-restart": DETECTION,
        "timers": TIMERS,
        "update-delay": TIMERS,
        "write-quanta": LIMITS,
        "read-quanta": LIMITS,
        "coalesce-time": LIMITS,
        "bmp": FeatureKind.OTHER,
        "segment-routing": FeatureKind.MPLS,
        "vnc": FeatureKind.VXLAN,
        "address-family": _family,
    }
)
