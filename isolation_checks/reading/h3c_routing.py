"""Routing of H3C devices: instances, static routes, OSPF, prefix lists, route policies and policy-based routes."""

from __future__ import annotations

from dataclasses import replace

from isolation_checks.reading import values
from isolation_checks.reading.h3c_acl import NOTE, V6_ONLY
from isolation_checks.reading.h3c_draft import AreaDraft, OspfDraft, PolicyDraft, PolicyNode
from isolation_checks.reading.h3c_interfaces import authentication
from isolation_checks.reading.h3c_names import Words, dotted_area, integer, take_interface, whole_interface, wildcard_word
from isolation_checks.reading.h3c_views import Handler, Past, Reader, View, alike, nothing
from isolation_checks.snapshot import Action, FeatureKind, PrefixEntry, Redistribution, StaticRoute, Vrf
from topology.i18n import T

PACE = T("how fast and how often routing messages are sent; which routes there are does not depend on it").msgid


# --- VPN instances ---


def _open_vrf(reader: Reader, words: Words) -> bool:
    if len(words) != 1:
        return False
    name = words[0]
    if name not in reader.draft.vrfs:
        reader.draft.vrfs[name] = Vrf(name, "", (), (), reader.ref)
    reader.push(VRF, name, f"ip vpn-instance {name}")
    return True


def _undo_vrf(reader: Reader, words: Words) -> bool:
    reader.draft.vrfs.pop(words[0] if words else "", None)
    return len(words) == 1


def _vrf(reader: Reader) -> Vrf:
    name = reader.frame.data
    assert isinstance(name, str)
    return reader.draft.vrfs.get(name) or Vrf(name, "", (), (), reader.ref)


def _distinguisher(reader: Reader, words: Words) -> bool:
    vrf = _vrf(reader)
    reader.draft.vrfs[vrf.name] = replace(vrf, distinguisher=words[0] if words else "")
    return len(words) == 1


def _target(reader: Reader, words: Words) -> bool:
    """``vpn-target T… [both|import-extcommunity|export-extcommunity]``."""
    kind = words[-1].lower() if words else ""
    named = kind in ("both", "import-extcommunity", "export-extcommunity")
    targets = words[:-1] if named else words
    vrf = _vrf(reader)
    imports = vrf.imports if kind == "export-extcommunity" else tuple(dict.fromkeys(vrf.imports + targets))
    exports = vrf.exports if kind == "import-extcommunity" else tuple(dict.fromkeys(vrf.exports + targets))
    reader.draft.vrfs[vrf.name] = replace(vrf, imports=imports, exports=exports)
    return bool(targets)


def _undo_target(reader: Reader, words: Words) -> bool:
    kind = words[-1].lower() if words else ""
    vrf = _vrf(reader)
    gone = set(vrf.imports + vrf.exports) if words[:1] == ("all",) else set(words)
    imports = vrf.imports if kind == "export-extcommunity" else tuple(item for item in vrf.imports if item not in gone)
    exports = vrf.exports if kind == "import-extcommunity" else tuple(item for item in vrf.exports if item not in gone)
    reader.draft.vrfs[vrf.name] = replace(vrf, imports=imports, exports=exports)
    return bool(words)


def _vrf_family(reader: Reader, words: Words) -> bool:
    family = words[0].lower() if words else ""
    if family == "ipv4":
        reader.push(VRF, reader.frame.data, "address-family ipv4")
        return True
    if family == "evpn":
        reader.feature(FeatureKind.VXLAN)
        reader.push(VRF, reader.frame.data, "address-family evpn")
        return True
    reader.push(View("vpn-instance ipv6", {}, rest=V6_ONLY), None, "address-family ipv6")
    return family == "ipv6"


VRF = View(
    "ip vpn-instance",
    {
        "route-distinguisher": _distinguisher,
        "undo route-distinguisher": nothing,
        "vpn-target": _target,
        "undo vpn-target": _undo_target,
        "description": NOTE,
        "address-family": _vrf_family,
        "ipv4-family": nothing,
        "vpn-id": NOTE,
        "routing-table limit": PACE,
        "import route-policy": nothing,
        "export route-policy": nothing,
        "tnl-policy": Past(FeatureKind.MPLS),
        "l3vni": Past(FeatureKind.VXLAN),
        "apply-label": Past(FeatureKind.MPLS),
        "route-replicate": Past(FeatureKind.ROUTING),
    },
)

# --- static routes ---


def _static(reader: Reader, words: Words) -> bool:
    """``[vpn-instance V] D M|L {[IF] NH | IF | NULL0 | vpn-instance V2 NH} [bfd …] [track N] [preference P] [tag T] …``."""
    found = static_route(reader, words)
    if found is None:
        return False
    reader.draft.statics[static_key(found)] = found
    return True


def static_key(route: StaticRoute) -> tuple[object, ...]:
    return route.vrf, route.network, route.length, route.next_hop, route.interface, route.next_vrf


def static_route(reader: Reader, words: Words) -> StaticRoute | None:
    vrf = None
    if words and words[0].lower() == "vpn-instance" and len(words) > 1:
        vrf, words = words[1], words[2:]
    if len(words) < 3:
        return None
    address, length = values.ip(words[0]), values.mask_length(words[1])
    if address is None or length is None:
        return None
    at = 2
    interface: str | None = None
    next_vrf: str | None = None
    hop: int | None = None
    found = take_interface(words, at)
    if found is not None:
        interface, at = found
    if at + 1 < len(words) and words[at].lower() == "vpn-instance":
        next_vrf, at = words[at + 1], at + 2
    if at < len(words) and (hop := values.ip(words[at])) is not None:
        at += 1
    if interface is None and hop is None:
        return None
    if at < len(words) and words[at].lower() == "public":
        next_vrf, at = "", at + 1
    options = _static_options(words[at:])
    if options is None:
        return None
    preference, tag, conditional = options
    discard = interface is not None and interface.startswith("NULL")
    network = address & values.mask_of(length)
    chosen = reader.draft.static_preference if preference is None else preference
    return StaticRoute(vrf, network, length, hop, interface, next_vrf, discard, chosen, tag, conditional, reader.ref)


def _static_options(words: Words) -> tuple[int | None, int | None, bool] | None:
    """Preference, tag, whether conditional."""
    preference: int | None = None
    tag: int | None = None
    conditional = False
    at = 0
    while at < len(words):
        word = words[at].lower()
        number = integer(words[at + 1]) if at + 1 < len(words) else None
        if word == "description":
            break
        if word in ("preference", "tag") and number is not None:
            preference, tag = (number, tag) if word == "preference" else (preference, number)
            at += 2
        elif word == "track" and number is not None:
            conditional, at = True, at + 2
        elif word == "bfd":
            conditional = True
            at += 1
            while at < len(words) and (
                words[at].lower() in ("control-packet", "echo-packet", "bfd-source") or values.ip(words[at]) is not None
            ):
                at += 1
        elif word in ("permanent", "recursive-lookup", "inherit-cost"):
            at += 1
        else:
            return None
    return preference, tag, conditional


def _undo_static(reader: Reader, words: Words) -> bool:
    """Without a next hop all routes to the prefix go."""
    statics = reader.draft.statics
    if words[:1] and words[0].lower() == "all":
        statics.clear()
        return True
    found = static_route(reader, words)
    if found is not None:
        statics.pop(static_key(found), None)
        return True
    vrf = None
    if words[:1] == ("vpn-instance",) and len(words) > 1:
        vrf, words = words[1], words[2:]
    address = values.ip(words[0]) if len(words) == 2 else None
    length = values.mask_length(words[1]) if len(words) == 2 else None
    if address is None or length is None:
        return False
    gone = (vrf, address & values.mask_of(length), length)
    for key in [key for key in statics if key[:3] == gone]:
        del statics[key]
    return True


def _static_default(reader: Reader, words: Words) -> bool:
    """A default that holds for routes configured afterwards."""
    number = integer(words[0]) if len(words) == 1 else None
    reader.draft.static_preference = number if number is not None else 60
    return number is not None


# --- OSPF ---


def _open_ospf(reader: Reader, words: Words) -> bool:
    """``ospf [N] [router-id R] [vpn-instance V]``; ``ospf N area A`` is a command of interfaces."""
    number = "1"
    if words and integer(words[0]) is not None:
        number, words = words[0], words[1:]
    vrf: str | None = None
    router: int | None = None
    while len(words) >= 2:
        key = words[0].lower()
        if key == "vpn-instance":
            vrf = words[1]
        elif key == "router-id":
            router = values.ip(words[1])
        if key not in ("vpn-instance", "router-id") or (key == "router-id" and router is None):
            return False
        words = words[2:]
    if words:
        return False
    process = reader.draft.ospf.get(number)
    if process is None:
        process = reader.draft.ospf[number] = OspfDraft(number, reader.ref)
    process.vrf = vrf if vrf is not None else process.vrf
    process.router_id = router if router is not None else process.router_id
    reader.push(OSPF, process, f"ospf {number}")
    return True


def _undo_open_ospf(reader: Reader, words: Words) -> bool:
    reader.draft.ospf.pop(words[0] if words else "1", None)
    return len(words) <= 1


def _process(reader: Reader) -> OspfDraft:
    data = reader.frame.data
    assert isinstance(data, OspfDraft)
    return data


def _area_of(reader: Reader) -> AreaDraft:
    data = reader.frame.data
    assert isinstance(data, AreaDraft)
    return data


def _open_area(reader: Reader, words: Words) -> bool:
    name = dotted_area(words[0]) if len(words) == 1 else None
    if name is None:
        return False
    areas = _process(reader).areas
    if name not in areas:
        areas[name] = AreaDraft(name, reader.ref)
    reader.push(AREA, areas[name], f"area {name}")
    return True


def _undo_area(reader: Reader, words: Words) -> bool:
    name = dotted_area(words[0]) if len(words) == 1 else None
    _process(reader).areas.pop(name or "", None)
    return name is not None


def _network(reader: Reader, words: Words) -> bool:
    address = values.ip(words[0]) if len(words) >= 2 else None
    inverse = wildcard_word(words[1]) if len(words) >= 2 else None
    if address is None or inverse is None or (len(words) > 2 and words[2].lower() != "description"):
        return False
    _area_of(reader).networks[values.wildcard(address, inverse)] = reader.ref
    return True


def _undo_network(reader: Reader, words: Words) -> bool:
    address = values.ip(words[0]) if len(words) == 2 else None
    inverse = wildcard_word(words[1]) if len(words) == 2 else None
    if address is None or inverse is None:
        return False
    _area_of(reader).networks.pop(values.wildcard(address, inverse), None)
    return True


def _kind(name: str) -> Handler:
    def run(reader: Reader, words: Words) -> bool:
        lowered = {word.lower() for word in words}
        area = _area_of(reader)
        area.kind = f"totally-{name}" if "no-summary" in lowered else name
        return True

    return run


def _undo_kind(reader: Reader, _words: Words) -> bool:
    _area_of(reader).kind = "normal"
    return True


def _default_cost(reader: Reader, words: Words) -> bool:
    _area_of(reader).default_cost = integer(words[0]) if words else None
    return len(words) == 1


def _abr_summary(reader: Reader, words: Words) -> bool:
    found = _summary(words)
    if found is None:
        return False
    _area_of(reader).ranges.append((*found, reader.ref))
    return True


def _summary(words: Words) -> tuple[int, int, bool] | None:
    """``A M|L [advertise|not-advertise] [cost N] [tag N]``."""
    address = values.ip(words[0]) if len(words) >= 2 else None
    length = values.mask_length(words[1]) if len(words) >= 2 else None
    if address is None or length is None:
        return None
    rest = [word.lower() for word in words[2:]]
    known = {"advertise", "not-advertise", "cost", "tag", "nssa-only", "hello"}
    if any(word not in known and not word.isdigit() for word in rest):
        return None
    return address & values.mask_of(length), length, "not-advertise" not in rest


def _undo_abr_summary(reader: Reader, words: Words) -> bool:
    found = _summary(words)
    area = _area_of(reader)
    area.ranges[:] = [item for item in area.ranges if found is None or item[:2] != found[:2]]
    return found is not None


def _area_auth(reader: Reader, words: Words) -> bool:
    kind = authentication(words)
    _area_of(reader).authentication = kind or "none"
    return kind is not None


def _undo_area_auth(reader: Reader, _words: Words) -> bool:
    _area_of(reader).authentication = "none"
    return True


def _area_filter(reader: Reader, words: Words) -> bool:
    """``filter {ACL|prefix-list P|route-policy R} import|export``."""
    direction = words[-1].lower() if words else ""
    if direction not in ("import", "export") or len(words) < 2:
        return False
    _area_of(reader).filters.append((direction, words[-2], reader.ref))
    return True


AREA = View(
    "ospf area",
    {
        "network": _network,
        "undo network": _undo_network,
        "stub": _kind("stub"),
        "undo stub": _undo_kind,
        "nssa": _kind("nssa"),
        "undo nssa": _undo_kind,
        "default-cost": _default_cost,
        "undo default-cost": nothing,
        "abr-summary": _abr_summary,
        "undo abr-summary": _undo_abr_summary,
        "authentication-mode": _area_auth,
        "undo authentication-mode": _undo_area_auth,
        "filter": _area_filter,
        "description": NOTE,
        "vlink-peer": Past(FeatureKind.ROUTING),
        "sham-link": Past(FeatureKind.MPLS),
        "mpls": Past(FeatureKind.MPLS),
        "host-advertise": nothing,
    },
)


def _silent(reader: Reader, words: Words) -> bool:
    process = _process(reader)
    if [word.lower() for word in words] == ["all"]:
        process.passive_default = True
        return True
    name = whole_interface(words)
    if name is not None:
        process.passive[name] = None
        process.active.pop(name, None)
    return name is not None


def _undo_silent(reader: Reader, words: Words) -> bool:
    process = _process(reader)
    if [word.lower() for word in words] == ["all"]:
        process.passive_default = False
        return True
    name = whole_interface(words)
    if name is not None:
        process.active[name] = None
        process.passive.pop(name, None)
    return name is not None


def _ospf_default(reader: Reader, words: Words) -> bool:
    process = _process(reader)
    lowered = [word.lower() for word in words]
    process.default_route = "always" if "always" in lowered else "conditional"
    if "route-policy" in lowered[:-1]:
        process.default_policy = words[lowered.index("route-policy") + 1]
    if "cost" in lowered[:-1]:
        process.default_route_metric = integer(words[lowered.index("cost") + 1])
    if "type" in lowered[:-1]:
        process.default_route_type = integer(words[lowered.index("type") + 1])
    return True


def _undo_ospf_default(reader: Reader, _words: Words) -> bool:
    process = _process(reader)
    process.default_route, process.default_policy = "", None
    process.default_route_metric = process.default_route_type = None
    return True


_SOURCES = {
    "direct": "connected",
    "static": "static",
    "ospf": "ospf",
    "bgp": "bgp",
    "rip": "rip",
    "isis": "isis",
    "unr": "unr",
    "guard": "unr",
    "eigrp": "eigrp",
    "bgp4+": "bgp",
}


def redistribution(reader: Reader, words: Words) -> Redistribution | None:
    """``P [N|all-processes] [allow-ibgp] [allow-direct] [cost C] [type T] [tag T] [route-policy R]``."""
    source = _SOURCES.get(words[0].lower()) if words else None
    if source is None:
        return None
    process, policy, metric, kind = "", None, None, None
    at = 1
    if at < len(words) and (integer(words[at]) is not None or words[at].lower() == "all-processes"):
        process, at = words[at], at + 1
    while at < len(words):
        word = words[at].lower()
        after = words[at + 1] if at + 1 < len(words) else ""
        if word in ("allow-ibgp", "allow-direct", "nssa-only", "inherit-cost"):
            at += 1
            continue
        if word == "route-policy" and after:
            policy = after
        elif word in ("cost", "med") and integer(after) is not None:
            metric = integer(after)
        elif word == "type" and integer(after) is not None:
            kind = integer(after)
        elif word not in ("tag", "vpn-instance") or not after:
            return None
        at += 2
    internal = "allow-ibgp" in [word.lower() for word in words]
    return Redistribution(source, process, policy, metric, kind, reader.ref, internal)


def _import(reader: Reader, words: Words) -> bool:
    found = redistribution(reader, words)
    if found is not None:
        _process(reader).redistributions.append(found)
    return found is not None


def _undo_import(reader: Reader, words: Words) -> bool:
    found = redistribution(reader, words)
    items = _process(reader).redistributions
    items[:] = [item for item in items if found is None or (item.source, item.process) != (found.source, found.process)]
    return found is not None


def _preference(reader: Reader, words: Words) -> bool:
    """``preference [ase] [route-policy R] N``."""
    process = _process(reader)
    kind = "external" if words and words[0].lower() == "ase" else "internal"
    number = integer(words[-1]) if words else None
    if number is not None:
        process.distances[kind] = number
    return number is not None


def _ospf_filter(reader: Reader, words: Words) -> bool:
    """``filter-policy {ACL|prefix-list P|route-policy R} import|export [protocol]``."""
    lowered = [word.lower() for word in words]
    direction = next((word for word in lowered if word in ("import", "export")), None)
    if direction is None or lowered.index(direction) < 1:
        return False
    _process(reader).distribute.append((direction, words[lowered.index(direction) - 1], reader.ref))
    return True


def _undo_ospf_filter(reader: Reader, words: Words) -> bool:
    process = _process(reader)
    lowered = [word.lower() for word in words]
    process.distribute[:] = [item for item in process.distribute if item[0] not in lowered]
    return "import" in lowered or "export" in lowered


def _asbr_summary(reader: Reader, words: Words) -> bool:
    found = _summary(words)
    if found is not None:
        _process(reader).summaries.append((*found, reader.ref))
    return found is not None


def _process_number(field: str) -> Handler:
    def run(reader: Reader, words: Words) -> bool:
        number = integer(words[0]) if len(words) == 1 else None
        setattr(_process(reader), field, number)
        return number is not None

    return run


def _undo_process_number(field: str) -> Handler:
    def run(reader: Reader, _words: Words) -> bool:
        setattr(_process(reader), field, None)
        return True

    return run


def _pe_checks(reader: Reader, words: Words) -> bool:
    _process(reader).pe_checks_off = True
    return words in ((), ("simple",))


def _undo_pe_checks(reader: Reader, _words: Words) -> bool:
    _process(reader).pe_checks_off = False
    return True


OSPF = View(
    "ospf",
    {
        "area": _open_area,
        "undo area": _undo_area,
        "silent-interface": _silent,
        "undo silent-interface": _undo_silent,
        "default-route-advertise": _ospf_default,
        "undo default-route-advertise": _undo_ospf_default,
        "import-route": _import,
        "undo import-route": _undo_import,
        "preference": _preference,
        "undo preference": nothing,
        "filter-policy": _ospf_filter,
        "undo filter-policy": _undo_ospf_filter,
        "asbr-summary": _asbr_summary,
        "maximum load-balancing": _process_number("maximum_paths"),
        "undo maximum load-balancing": _undo_process_number("maximum_paths"),
        "bandwidth-reference": _process_number("bandwidth_reference"),
        "undo bandwidth-reference": _undo_process_number("bandwidth_reference"),
        "vpn-instance-capability": _pe_checks,
        "undo vpn-instance-capability": _undo_pe_checks,
        "description": NOTE,
        "log-peer-change": PACE,
        "spf-schedule-interval": PACE,
        "lsa-arrival-interval": PACE,
        "lsa-generation-interval": PACE,
        "lsdb-overflow-limit": PACE,
        "lsdb-overflow-interval": PACE,
        "transmit-pacing": PACE,
        "enable log": PACE,
        "enable link-local-signaling": PACE,
        "enable out-of-band-resynchronization": PACE,
        "graceful-restart": PACE,
        "non-stop-routing": PACE,
        "bfd": PACE,
        "opaque-capability": PACE,
        "event-log": PACE,
        "snmp-agent": PACE,
        "ttl-security": PACE,
        "pic": PACE,
        "prefix-priority": PACE,
        "prefix-suppression": nothing,
        "default cost": nothing,
        "default tag": nothing,
        "default type": nothing,
        "default limit": nothing,
        "stub-router": nothing,
        "discard-route": nothing,
        "undo discard-route": nothing,
        "rfc1583 compatible": nothing,
        "host-advertise": nothing,
        "ispf enable": PACE,
        "domain-id": nothing,
        "route-tag": nothing,
        "mpls": Past(FeatureKind.MPLS),
        "fast-reroute": Past(FeatureKind.ROUTING),
        "dn-bit-check": nothing,
    },
)

# --- prefix lists and policies ---


def _prefix_list(reader: Reader, words: Words) -> bool:
    """``N [index I] permit|deny A L [greater-equal G] [less-equal L]``."""
    if len(words) < 4:
        return False
    name, rest = words[0], words[1:]
    entries = reader.draft.prefix_lists.setdefault(name, {})
    reader.draft.prefix_refs.setdefault(name, reader.ref)
    number = (max(entries) // 10 + 1) * 10 if entries else 10
    if rest[0].lower() == "index":
        given = integer(rest[1])
        if given is None:
            return False
        number, rest = given, rest[2:]
    found = _prefix_entry(reader, number, rest)
    if found is None:
        return False
    entries[number] = found
    return True


def _prefix_entry(reader: Reader, number: int, words: Words) -> PrefixEntry | None:
    if len(words) < 3 or words[0].lower() not in ("permit", "deny"):
        return None
    address, length = values.ip(words[1]), values.mask_length(words[2])
    if address is None or length is None:
        return None
    low: int | None = None
    high: int | None = None
    rest = words[3:]
    while len(rest) >= 2 and (value := values.mask_length(rest[1])) is not None:
        if rest[0].lower() == "greater-equal":
            low = value
        elif rest[0].lower() == "less-equal":
            high = value
        else:
            return None
        rest = rest[2:]
    if rest:
        return None
    ge = length if low is None else low
    le = high if high is not None else (length if low is None else 32)
    return PrefixEntry(number, Action(words[0].lower()), address & values.mask_of(length), length, ge, le, reader.ref)


def _undo_prefix_list(reader: Reader, words: Words) -> bool:
    lists = reader.draft.prefix_lists
    if len(words) == 1:
        lists.pop(words[0], None)
        return True
    number = integer(words[2]) if len(words) == 3 and words[1].lower() == "index" else None
    if number is None:
        return False
    lists.get(words[0], {}).pop(number, None)
    return True


def open_node(kind: str, view: View) -> Handler:
    """``NAME [permit|deny] node N``; Comware lets a policy-based route leave out the mode."""

    def run(reader: Reader, words: Words) -> bool:
        lowered = [word.lower() for word in words]
        if "node" not in lowered or lowered.index("node") not in (1, 2) or len(words) != lowered.index("node") + 2:
            return False
        at = lowered.index("node")
        number = integer(words[at + 1])
        mode = lowered[1] if at == 2 else "permit"
        if number is None or mode not in ("permit", "deny"):
            return False
        policy = reader.draft.policies.get((kind, words[0]))
        if policy is None:
            policy = reader.draft.policies[kind, words[0]] = PolicyDraft(words[0], kind, reader.ref)
        node = policy.nodes.get(number)
        if node is None or node.action != mode:
            node = policy.nodes[number] = PolicyNode(number, Action(mode), reader.ref)
        reader.push(view, (policy, node), f"{kind} {words[0]} node {number}")
        return True

    return run


def undo_node(kind: str) -> Handler:
    def run(reader: Reader, words: Words) -> bool:
        policies = reader.draft.policies
        if len(words) == 1:
            policies.pop((kind, words[0]), None)
            return True
        number = integer(words[-1])
        policy = policies.get((kind, words[0]))
        if policy is not None and number is not None:
            policy.nodes.pop(number, None)
        return number is not None

    return run


def _node(reader: Reader) -> tuple[PolicyDraft, PolicyNode]:
    data = reader.frame.data
    assert isinstance(data, tuple)
    policy, node = data
    assert isinstance(policy, PolicyDraft)
    assert isinstance(node, PolicyNode)
    return policy, node


def _if_match(what: str) -> Handler:
    def run(reader: Reader, words: Words) -> bool:
        values_ = words[1:] if words[:1] == ("name",) else words
        _node(reader)[1].matches.append((what, tuple(values_)))
        return bool(words)

    return run


def _undo_if_match(reader: Reader, words: Words) -> bool:
    del words, reader
    return False


def _apply(what: str) -> Handler:
    def run(reader: Reader, words: Words) -> bool:
        _node(reader)[1].sets.append((what, words))
        return True

    return run


ROUTE_POLICY = View(
    "route-policy",
    {
        "if-match ip address prefix-list": _if_match("prefix-list"),
        "if-match ip address acl": _if_match("acl"),
        "if-match ip next-hop prefix-list": _if_match("next-hop-prefix-list"),
        "if-match ip next-hop acl": _if_match("next-hop-acl"),
        "if-match ip route-source": _if_match("route-source"),
        "if-match ip-prefix": _if_match("prefix-list"),
        "if-match acl": _if_match("acl"),
        "if-match prefix-list": _if_match("prefix-list"),
        "if-match as-path": _if_match("as-path"),
        "if-match community": _if_match("community"),
        "if-match extcommunity": _if_match("extcommunity"),
        "if-match cost": _if_match("cost"),
        "if-match tag": _if_match("tag"),
        "if-match interface": _if_match("interface"),
        "if-match route-type": _if_match("route-type"),
        "if-match local-preference": _if_match("local-preference"),
        "if-match mpls-label": _if_match("mpls-label"),
        "if-match ipv6": V6_ONLY,
        "apply local-preference": _apply("local-preference"),
        "apply cost": _apply("metric"),
        "apply cost-type": _apply("metric-type"),
        "apply tag": _apply("tag"),
        "apply preference": _apply("preference"),
        "apply preferred-value": _apply("weight"),
        "apply as-path": _apply("as-path"),
        "apply community": _apply("community"),
        "apply comm-list": _apply("community-delete"),
        "apply extcommunity": _apply("extcommunity"),
        "apply origin": _apply("origin"),
        "apply ip-address next-hop": _apply("next-hop"),
        "apply mpls-label": _apply("mpls-label"),
        "apply ip-precedence": _apply("ip-precedence"),
        "apply qos-local-id": _apply("qos-local-id"),
        "apply traffic-index": _apply("traffic-index"),
        "apply isis": _apply("isis"),
        "apply ipv6": V6_ONLY,
        "continue": _apply("continue"),
        "description": NOTE,
    },
)


def _access_vpn(reader: Reader, words: Words) -> bool:
    """``apply access-vpn vpn-instance V…``: packets are forwarded in other instances."""
    names = words[1:] if words[:1] == ("vpn-instance",) else words
    policy, node = _node(reader)
    policy.vrfs += names
    node.sets.append(("vrf", names))
    return bool(names)


def _next_hop(what: str) -> Handler:
    def run(reader: Reader, words: Words) -> bool:
        policy, node = _node(reader)
        if words[:1] == ("vpn-instance",) and len(words) > 2:
            policy.vrfs.append(words[1])
        node.sets.append((what, words))
        return any(values.ip(word) is not None for word in words)

    return run


PBR = View(
    "policy-based-route",
    {
        "if-match acl": _if_match("acl"),
        "if-match packet-length": _if_match("packet-length"),
        "if-match app-group": _if_match("app-group"),
        "if-match service": _if_match("service"),
        "if-match object-group": _if_match("object-group"),
        "if-match source-ip": _if_match("source-ip"),
        "if-match destination-ip": _if_match("destination-ip"),
        "undo if-match": _undo_if_match,
        "apply next-hop": _next_hop("next-hop"),
        "apply ip-address next-hop": _next_hop("next-hop"),
        "apply default-next-hop": _next_hop("default-next-hop"),
        "apply ip-address default next-hop": _next_hop("default-next-hop"),
        "apply output-interface": _apply("interface"),
        "apply default-output-interface": _apply("default-interface"),
        "apply access-vpn": _access_vpn,
        "apply precedence": "queues and markings: how fast packets pass, not which",
        "apply ip-precedence": "queues and markings: how fast packets pass, not which",
        "apply dscp": "queues and markings: how fast packets pass, not which",
        "apply ip-df": "queues and markings: how fast packets pass, not which",
        "apply loadshare": _apply("loadshare"),
        "apply continue": _apply("continue"),
        "apply fail-action-drop": _apply("fail-action-drop"),
        "apply statistics": PACE,
        "description": NOTE,
    },
)


def _router_id(reader: Reader, words: Words) -> bool:
    reader.draft.router_id = values.ip(words[0]) if words else None
    return reader.draft.router_id is not None


def _local_policy_route(reader: Reader, words: Words) -> bool:
    """Packets of the device itself only."""
    del reader
    return len(words) == 1


def _other_protocol(reader: Reader, words: Words) -> bool:
    """A routing protocol that the model does not hold: its lines are part of that."""
    reader.feature(FeatureKind.ROUTING)
    reader.push(OTHER_ROUTING, None, "routing protocol")
    del words
    return True


OTHER_ROUTING = View(
    "routing protocol",
    alike(
        nothing,
        """
        network; version; import-route; silent-interface; undo summary; summary; preference; default-route;
        filter-policy; network-entity; is-level; cost-style; is-name; address-family; undo silent-interface; peer;
        timers; maximum; timer; area-authentication-mode; domain-authentication-mode; undo network; default cost;
        host-route; checkzero; validate-source-address; bandwidth-reference; auto-cost; log-peer-change;
        graceful-restart; summary-address; description; ipv6; default
        """,
    ),
)

SYSTEM: dict[str, Handler] = {
    "ip vpn-instance": _open_vrf,
    "undo ip vpn-instance": _undo_vrf,
    "ip route-static": _static,
    "undo ip route-static": _undo_static,
    "delete static-routes all": _undo_static,
    "ip route-static default-preference": _static_default,
    "ip route-static fast-reroute": PACE,
    "ip route-static-group": Past(FeatureKind.ROUTING),
    "ipv6 route-static": V6_ONLY,
    "ospf": _open_ospf,
    "undo ospf": _undo_open_ospf,
    "ip prefix-list": _prefix_list,
    "undo ip prefix-list": _undo_prefix_list,
    "ip ip-prefix": _prefix_list,
    "undo ip ip-prefix": _undo_prefix_list,
    "ipv6 prefix-list": V6_ONLY,
    "ip as-path": nothing,
    "undo ip as-path": nothing,
    "ip as-path-acl": nothing,
    "ip community-list": nothing,
    "undo ip community-list": nothing,
    "ip extcommunity-list": nothing,
    "route-policy": open_node("route-policy", ROUTE_POLICY),
    "undo route-policy": undo_node("route-policy"),
    "policy-based-route": open_node("policy-route", PBR),
    "undo policy-based-route": undo_node("policy-route"),
    "ip policy-based-route": open_node("policy-route", PBR),
    "ip local policy-based-route": _local_policy_route,
    "undo ip local policy-based-route": nothing,
    "ipv6 policy-based-route": V6_ONLY,
    "router id": _router_id,
    "undo router id": nothing,
    "rip": _other_protocol,
    "isis": _other_protocol,
    "ripng": Past(FeatureKind.IPV6),
}
