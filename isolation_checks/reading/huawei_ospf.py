"""OSPF on VRP."""

from __future__ import annotations

from isolation_checks.reading.huawei_draft import AreaDraft, Draft, InterfaceDraft, OspfDraft
from isolation_checks.reading.huawei_interfaces import area_id, authentication_of
from isolation_checks.reading.huawei_irrelevant import PEOPLE, TIMERS
from isolation_checks.reading.huawei_names import take_interface
from isolation_checks.reading.huawei_views import Entry, Reading, UnreadError, View, done, feature, keyword
from isolation_checks.reading.values import ip, mask_length, wildcard
from isolation_checks.snapshot import FeatureKind, OspfInterface, OspfProcess, Redistribution

SOURCES = {
    "direct": "connected",
    "static": "static",
    "ospf": "ospf",
    "bgp": "bgp",
    "isis": "isis",
    "rip": "rip",
    "unr": "user",
    "limit": "limit",
}


def _here(r: Reading) -> OspfDraft:
    subject = r.here
    if not isinstance(subject, OspfDraft):
        raise UnreadError
    return subject


def _area(r: Reading) -> AreaDraft:
    subject = r.here
    if not isinstance(subject, AreaDraft):
        raise UnreadError
    return subject


def open_ospf(r: Reading, words: list[str]) -> None:
    """``ospf [1] [router-id R] [vpn-instance V]``."""
    number = "1"
    if words and words[0].isdigit():
        number, words = words[0], words[1:]
    found = r.draft.ospf.get(number) or OspfDraft(number, r.ref)
    while words:
        if words[0] == "router-id":
            found.router_id = ip(words[1])
            if found.router_id is None:
                raise UnreadError
        elif words[0] == "vpn-instance":
            found.vrf = words[1]
        else:
            raise UnreadError
        words = words[2:]
    r.draft.ospf[number] = found
    r.open(OSPF, found)


def undo_ospf(r: Reading, words: list[str]) -> None:
    r.draft.ospf.pop(words[0], None)


def _open_area(r: Reading, words: list[str]) -> None:
    process = _here(r)
    name = area_id(words[0])
    found = process.areas.setdefault(name, AreaDraft(name, r.ref))
    r.open(AREA, found)


def _undo_area(r: Reading, words: list[str]) -> None:
    _here(r).areas.pop(area_id(words[0]), None)


def _router_id(r: Reading, words: list[str]) -> None:
    _here(r).router_id = ip(words[0])


def redistribution(r: Reading, words: list[str]) -> Redistribution:
    """``import-route static [P] [cost N] [type N] [route-policy R] ...``"""
    source = SOURCES[keyword(words[0], *SOURCES)]
    words = words[1:]
    process = ""
    if words and words[0].isdigit():
        process, words = words[0], words[1:]
    values: dict[str, str] = {}
    internal = "permit-ibgp" in words
    while words:
        if words[0] in ("permit-ibgp", "tag", "inherit-cost", "level-1", "level-2", "level-1-2", "non-relay-tunnel", "valid-route"):
            words = words[2 if words[0] == "tag" else 1 :]
        elif words[0] in ("cost", "med", "type", "route-policy", "cost-type", "route-filter"):
            values[words[0]], words = words[1], words[2:]
        else:
            raise UnreadError
    cost = values.get("cost", values.get("med"))
    kind = values.get("type")
    return Redistribution(
        source, process, values.get("route-policy"), None if cost is None else int(cost), None if kind is None else int(kind), r.ref,
        internal,
    )  # fmt: skip


def _import(r: Reading, words: list[str]) -> None:
    if words[0] == "limit":
        r.irrelevant(TIMERS)
        return
    _here(r).redistributions.append(redistribution(r, words))


def undo_import(entries: list[Redistribution], words: list[str]) -> list[Redistribution]:
    source = SOURCES[keyword(words[0], *SOURCES)]
    process = words[1] if len(words) > 1 else ""
    return [entry for entry in entries if (entry.source, entry.process) != (source, process)]


def _undo_import(r: Reading, words: list[str]) -> None:
    process = _here(r)
    process.redistributions = undo_import(process.redistributions, words)


def _default(r: Reading, words: list[str]) -> None:
    process = _here(r)
    state = "conditional"
    metric = policy = kind = None
    while words:
        if words[0] == "always":
            state, words = "always", words[1:]
        elif words[0] in ("permit-calculate-other", "permit-ibgp", "match-any", "distribute-delay"):
            words = words[1:]
        elif words[0] == "cost":
            metric, words = int(words[1]), words[2:]
        elif words[0] == "type":
            kind, words = int(words[1]), words[2:]
        elif words[0] == "route-policy":
            policy, words = words[1], words[2:]
        else:
            raise UnreadError
    process.default_route, process.default_policy = state, policy
    process.default_route_metric, process.default_route_type = metric, kind


def _undo_default(r: Reading, _words: list[str]) -> None:
    process = _here(r)
    process.default_route, process.default_policy = "", None
    process.default_route_metric = process.default_route_type = None


def _silent(r: Reading, words: list[str]) -> None:
    process = _here(r)
    if words == ["all"]:
        process.passive_default = True
        return
    name, _ = take_interface(words)
    if name is None:
        raise UnreadError
    process.passive.append(name)


def _undo_silent(r: Reading, words: list[str]) -> None:
    process = _here(r)
    if words == ["all"]:
        process.passive_default, process.passive = False, []
        return
    name, _ = take_interface(words)
    if name is None:
        raise UnreadError
    process.passive = [entry for entry in process.passive if entry != name]
    process.active.append(name)


def _preference(r: Reading, words: list[str]) -> None:
    kind = "external" if words[0] == "ase" else "internal"
    words = words[1:] if words[0] == "ase" else words
    if "route-policy" in words:
        r.feature(FeatureKind.ROUTING)
        words = [word for word in words if word.isdigit()]
    if words:
        _here(r).distances[kind] = int(words[0])


def _bandwidth(r: Reading, words: list[str]) -> None:
    _here(r).bandwidth_reference = int(words[0])


def _paths(r: Reading, words: list[str]) -> None:
    _here(r).maximum_paths = int(words[0])


def _simple(r: Reading, _words: list[str]) -> None:
    _here(r).pe_checks_off = True


def _undo_simple(r: Reading, _words: list[str]) -> None:
    _here(r).pe_checks_off = False


def filter_policy(r: Reading, words: list[str]) -> tuple[str, str, Redistribution | None]:
    """Direction and list of ``filter-policy {2000 | acl-name X | ip-prefix X | route-policy X} import|export``."""
    if words[0] in ("acl-name", "ip-prefix", "route-policy"):
        name, words = words[1], words[2:]
    else:
        name, words = words[0], words[1:]
    return keyword(words[0], "import", "export"), name, None


def _filter_policy(r: Reading, words: list[str]) -> None:
    direction, name, _ = filter_policy(r, words)
    _here(r).distribute_lists.append((direction, name, r.ref))


def _undo_filter_policy(r: Reading, words: list[str]) -> None:
    process = _here(r)
    direction = "import" if "import" in words else "export"
    process.distribute_lists = [entry for entry in process.distribute_lists if entry[0] != direction]


def _summary(r: Reading, words: list[str]) -> None:
    network, length = ip(words[0]), mask_length(words[1])
    if network is None or length is None:
        raise UnreadError
    _here(r).summaries.append((network, length, "not-advertise" not in words, r.ref))


def _undo_summary(r: Reading, words: list[str]) -> None:
    process = _here(r)
    gone = (ip(words[0]), mask_length(words[1]))
    process.summaries = [entry for entry in process.summaries if entry[:2] != gone]


# --- the area view


def _network(r: Reading, words: list[str]) -> None:
    address = ip(words[0])
    inverse = 0 if words[1] == "0" else ip(words[1])
    if address is None or inverse is None or (len(words) > 2 and words[2] != "description"):
        raise UnreadError
    _area(r).networks.append((wildcard(address, inverse), r.ref))


def _undo_network(r: Reading, words: list[str]) -> None:
    area = _area(r)
    address, inverse = ip(words[0]), 0 if words[1] == "0" else ip(words[1])
    if address is None or inverse is None:
        raise UnreadError
    area.networks = [entry for entry in area.networks if entry[0] != wildcard(address, inverse)]


def _stub(r: Reading, words: list[str]) -> None:
    _area(r).kind = "totally-stub" if "no-summary" in words else "stub"


def _nssa(r: Reading, words: list[str]) -> None:
    """Its default route into the area and the choice of the translator are as good as always there."""
    _area(r).kind = "totally-nssa" if "no-summary" in words else "nssa"


def _normal(r: Reading, _words: list[str]) -> None:
    _area(r).kind = "normal"


def _default_cost(r: Reading, words: list[str]) -> None:
    _area(r).default_cost = int(words[0])


def _range(r: Reading, words: list[str]) -> None:
    network, length = ip(words[0]), mask_length(words[1])
    if network is None or length is None:
        raise UnreadError
    _area(r).ranges.append((network, length, "not-advertise" not in words, r.ref))


def _undo_range(r: Reading, words: list[str]) -> None:
    area = _area(r)
    gone = (ip(words[0]), mask_length(words[1]))
    area.ranges = [entry for entry in area.ranges if entry[:2] != gone]


def _authentication(r: Reading, words: list[str]) -> None:
    _area(r).authentication = authentication_of(words)


def _undo_authentication(r: Reading, _words: list[str]) -> None:
    _area(r).authentication = "none"


def _filter(r: Reading, words: list[str]) -> None:
    direction, name, _ = filter_policy(r, words)
    _area(r).filters.append((direction, name, r.ref))


def _undo_filter(r: Reading, words: list[str]) -> None:
    area = _area(r)
    direction = "import" if "import" in words else "export"
    area.filters = [entry for entry in area.filters if entry[0] != direction]


_ROUTING = feature(FeatureKind.ROUTING)
_TIMERS = (
    "spf-schedule-interval", "bfd", "bfd all-interfaces", "lsa-arrival-interval", "lsa-originate-interval", "lsdb-overflow-limit",
    "retransmission-limit",
    "graceful-restart", "opaque-capability", "log-peer-change", "flooding-control", "undo stub-router", "undo bfd",
    "rfc1583 compatible",
    "undo rfc1583 compatible", "prefix-priority", "frr", "loop-free-alternate", "snmp-agent", "maximum-routes",
    "undo snmp-agent",
    "nexthop", "timer", "undo spf-schedule-interval", "undo lsa-originate-interval", "undo lsa-arrival-interval", "advertise",
    "eca-route-type",
    "undo frr", "ospf-ls-scheduled", "peer hold-max-cost", "undo opaque-capability", "advertise mpls-lsr-id",
)  # fmt: skip

_OSPF_TABLE: dict[str, Entry] = {
    **dict.fromkeys(_TIMERS, TIMERS),
    "area": _open_area, "undo area": _undo_area, "router-id": _router_id, "import-route": _import, "undo import-route": _undo_import,
    "default-route-advertise": _default, "undo default-route-advertise": _undo_default, "silent-interface": _silent,
    "undo silent-interface": _undo_silent, "preference": _preference, "undo preference": done, "bandwidth-reference": _bandwidth,
    "undo bandwidth-reference": done, "maximum load-balancing": _paths, "undo maximum load-balancing": done,
    "vpn-instance-capability simple": _simple, "undo vpn-instance-capability": _undo_simple, "filter-policy": _filter_policy,
    "undo filter-policy": _undo_filter_policy, "asbr-summary": _summary, "undo asbr-summary": _undo_summary,
    "description": PEOPLE, "enable traffic-adjustment": _ROUTING, "stub-router": _ROUTING, "default": _ROUTING,
    "suppress-reachability": _ROUTING, "enable log": TIMERS, "domain-id": _ROUTING,
    "route-tag": TIMERS,
    "sham-hello enable": TIMERS, "mpls-te": feature(FeatureKind.MPLS), "segment-routing": feature(FeatureKind.MPLS), "peer": _ROUTING,
    "gateway": _ROUTING, "undo vlink-peer": done, "import-rib": _ROUTING, "undo domain-id": done, "dn-bit-check": _ROUTING,
}  # fmt: skip
OSPF = View("ospf", _OSPF_TABLE)
AREA = View(
    "area",
    {
        "network": _network, "undo network": _undo_network, "stub": _stub, "undo stub": _normal, "nssa": _nssa, "undo nssa": _normal,
        "default-cost": _default_cost, "undo default-cost": done, "abr-summary": _range, "undo abr-summary": _undo_range,
        "authentication-mode": _authentication, "undo authentication-mode": _undo_authentication, "filter": _filter,
        "undo filter": _undo_filter,
        "vlink-peer": _ROUTING, "sham-link": _ROUTING, "mpls-te enable": feature(FeatureKind.MPLS), "description": PEOPLE,
    },
)  # fmt: skip


def processes(draft: Draft) -> tuple[OspfProcess, ...]:
    return tuple(
        OspfProcess(
            item.id, item.vrf, item.router_id if item.router_id is not None else draft.router_id,
            tuple(area.done() for area in item.areas.values()), tuple(item.redistributions), item.default_route, item.passive_default,
            tuple(item.passive), tuple(item.active), item.bandwidth_reference, tuple(item.distances.items()), tuple(item.distribute_lists),
            item.maximum_paths, item.pe_checks_off, item.ref, item.default_metric, item.default_policy, tuple(item.summaries),
            item.default_route_metric, item.default_route_type,
        )
        for item in draft.ospf.values()
    )  # fmt: skip


def on_interface(item: InterfaceDraft, passive: frozenset[str]) -> OspfInterface | None:
    ospf = item.ospf
    if ospf is None:
        return None
    return OspfInterface(
        ospf.process, ospf.area, ospf.cost, ospf.network_type, ospf.authentication, ospf.hello, ospf.dead, ospf.priority,
        True if item.name in passive else None, ospf.ref,
    )  # fmt: skip


OSPF_TOP: dict[str, Entry] = {"ospf": open_ospf, "undo ospf": undo_ospf}
