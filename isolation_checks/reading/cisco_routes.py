"""Static routes, VRFs, prefix lists and route maps of IOS."""

from __future__ import annotations

from dataclasses import replace

from isolation_checks.reading import cisco_names
from isolation_checks.reading.cisco_model import VrfEntry
from isolation_checks.reading.cisco_state import State
from isolation_checks.reading.cisco_tables import IPV6, NAMES, NARROWS
from isolation_checks.reading.cisco_views import Line, View, table
from isolation_checks.reading.values import ip, mask_length, mask_of
from isolation_checks.snapshot import (
    FeatureKind,
    Redistribution,
    StaticRoute,
    Vrf,
    VrfLeak,
)

_ROUTE_WORDS = {"name": 1, "tag": 1, "track": 1, "permanent": 0, "multicast": 0, "dhcp": 0, "global": 0}


def route(state: State, line: Line) -> bool:
    """``ip route [vrf V] NETWORK MASK {IF|A|IF A} [AD] [tag T] [name N] [track N] [global]``."""
    words = list(line.args)
    vrf = None
    if words[:1] == ["vrf"] and len(words) > 1:
        vrf, words = words[1], words[2:]
    if len(words) < 2:
        return False
    network, length = ip(words[0]), mask_length(words[1]) if "." in words[1] else None
    if network is None or length is None:
        return False
    rest = words[2:]
    interface = None
    if rest and ip(rest[0]) is None and rest[0].lower() not in _ROUTE_WORDS:
        found = cisco_names.leading(rest)
        if found is None:
            return False
        interface, rest = found[0], rest[found[1] :]
    hop = ip(rest[0]) if rest else None
    if hop is not None:
        rest = rest[1:]
    options = _route_options(rest)
    if options is None or (hop is None and interface is None and "dhcp" not in options and not line.negated):
        return False
    made = StaticRoute(
        vrf=vrf,
        network=network & mask_of(length),
        length=length,
        next_hop=hop,
        interface=interface,
        next_vrf="" if "global" in options and vrf else None,
        discard=interface is not None and interface.startswith("Null"),
        preference=int(options.get("distance", "1")),
        tag=int(options["tag"]) if options.get("tag", "").isdigit() else None,
        conditional="track" in options or "dhcp" in options,
        ref=line.ref,
    )
    if not line.negated:
        state.routing.static.append(made)
    else:
        state.routing.static = [item for item in state.routing.static if not _same(item, made)]
    return True


def _same(item: StaticRoute, pattern: StaticRoute) -> bool:
    if (item.vrf, item.network, item.length) != (pattern.vrf, pattern.network, pattern.length):
        return False
    return pattern.next_hop in {None, item.next_hop} and pattern.interface in {None, item.interface}


def _route_options(words: list[str]) -> dict[str, str] | None:
    options: dict[str, str] = {}
    at = 0
    while at < len(words):
        word = words[at].lower()
        if word.isdigit() and "distance" not in options and 1 <= int(word) <= 255:
            options["distance"] = word
            at += 1
            continue
        taken = _ROUTE_WORDS.get(word)
        if taken is None or at + taken >= len(words):
            return None
        options[word] = words[at + 1] if taken else ""
        at += 1 + taken
        if word == "name" and at < len(words) and words[at].lower() not in _ROUTE_WORDS and not words[at].isdigit():
            return None
    return options


def vrf(state: State, line: Line) -> bool:
    """``vrf definition V`` and ``ip vrf V``."""
    if len(line.args) != 1:
        return False
    name = line.args[0]
    if line.negated:
        state.vrfs.pop(name, None)
        return True
    state.now.vrf = state.vrfs.setdefault(name, VrfEntry(name, line.ref))
    return state.enter(VRF_VIEW, f"vrf {name}")


def distinguisher(state: State, line: Line) -> bool:
    entry = state.now.vrf
    if entry is None or (not line.negated and len(line.args) != 1):
        return False
    entry.distinguisher = "" if line.negated else line.args[0]
    return True


def route_target(state: State, line: Line) -> bool:
    entry = state.now.vrf
    words = line.args
    if entry is None or not words:
        return False
    side = "both"
    if words[0].lower() in {"import", "export", "both"}:
        side, words = words[0].lower(), words[1:]
    if not words or words[1:] not in ([], ["stitching"]):
        return False
    for wanted, targets in (("import", entry.imports), ("export", entry.exports)):
        if side not in {wanted, "both"}:
            continue
        if line.negated:
            targets[:] = [item for item in targets if item != words[0]]
        elif words[0] not in targets:
            targets.append(words[0])
    return True


def family(state: State, line: Line) -> bool:
    words = [word.lower() for word in line.args]
    if words[:1] == ["ipv6"]:
        state.irrelevant(line, IPV6)
        return line.negated or state.enter(VRF_IPV6_VIEW, "address-family ipv6")
    if words not in (["ipv4"], ["ipv4", "unicast"], ["ipv4", "multicast"]):
        return False
    if words[-1] == "multicast":
        state.feature(line, FeatureKind.MULTICAST)
    return line.negated or state.enter(VRF_VIEW, "address-family ipv4")


def leak_in(state: State, line: Line) -> bool:
    """``import ipv4 unicast map M``: routes of the public instance, or of the VRF that ``route-replicate from vrf W`` names."""
    entry = state.now.vrf
    if entry is None:
        return False
    source = ""
    words = [word.lower() for word in line.args]
    if "vrf" in words and words.index("vrf") + 1 < len(words):
        source = line.args[words.index("vrf") + 1]
    if not line.negated:
        state.leaks.append(VrfLeak(entry.name, source, line.ref))
    return True


def leak_out(state: State, line: Line) -> bool:
    if state.now.vrf is None:
        return False
    if not line.negated:
        state.leaks.append(VrfLeak("", state.now.vrf.name, line.ref))
    return True


VRF_VIEW = View(
    "vrf",
    table(
        {
            "rd": distinguisher,
            "route-target": route_target,
            "address-family": family,
            "exit-address-family": NAMES,
            "description": NAMES,
            "import map": NARROWS,
            "export map": FeatureKind.ROUTING,
            "import ipv4": leak_in,
            "import path": NARROWS,
            "export ipv4": leak_out,
            "route-replicate": leak_in,
            "maximum routes": NARROWS,
            "vpn id": NAMES,
            "vnet tag": FeatureKind.OTHER,
            "context": NAMES,
            "mdt": FeatureKind.MULTICAST,
            "inter-as-hybrid": FeatureKind.MPLS,
            "bgp next-hop": NARROWS,
        }
    ),
)
VRF_IPV6_VIEW = View("vrf ipv6", table({"exit-address-family": NAMES}), rest=IPV6)


def redistribution(line: Line) -> Redistribution | None:
    """``redistribute ospf 1 vrf V match … metric 10 metric-type 1 subnets route-map M``; None where it cannot be read."""
    words = list(line.args)
    if not words:
        return None
    source = words.pop(0).lower()
    process = ""
    if source in {"ospf", "bgp", "eigrp", "isis", "lisp", "ospfv3"} and words and words[0].lower() not in _REDISTRIBUTE:
        process = words.pop(0)
    metric = kind = policy = None
    while words:
        word = words.pop(0).lower()
        if word not in _REDISTRIBUTE:
            return None
        if word == "match":
            while words and words[0].lower() in {"internal", "external", "nssa-external", "1", "2"}:
                words.pop(0)
        elif word == "metric":
            values = []
            while words and (words[0].isdigit() or words[0] == "transparent"):
                values.append(words.pop(0))
            if not values:
                return None
            metric = int(values[0]) if values[0].isdigit() else None
        elif word in {"metric-type", "route-map", "tag", "vrf"}:
            if not words:
                return None
            value = words.pop(0)
            policy = value if word == "route-map" else policy
            kind = int(value) if word == "metric-type" and value.isdigit() else kind
    return Redistribution(source, process, policy, metric, kind, line.ref)


_REDISTRIBUTE = {
    "match", "metric", "metric-type", "route-map", "tag", "vrf", "subnets", "nssa-only", "level-1", "level-2", "level-1-2", "ip", "into",
    "clns", "multicast",
}  # fmt: skip


def vrfs(state: State) -> tuple[Vrf, ...]:
    return tuple(
        Vrf(entry.name, entry.distinguisher, tuple(entry.imports), tuple(entry.exports), entry.ref) for entry in state.vrfs.values()
    )


def leaks(state: State) -> tuple[VrfLeak, ...]:
    """Out of one VRF into another on this device: by route targets, static routes, policy routes and what was typed so."""
    found = dict.fromkeys(state.leaks)
    entries = list(state.vrfs.values())
    for entry in entries:
        for other in entries:
            if other is not entry and set(entry.imports) & set(other.exports):
                found[VrfLeak(entry.name, other.name, entry.ref)] = None
    for static in statics(state):
        if static.next_vrf is not None:
            found[VrfLeak(static.vrf or "", static.next_vrf, static.ref)] = None
    for port in state.ports.values():
        held = state.routing.maps.get(port.policy_route.filter) if port.policy_route else None
        for entry_ in held.entries.values() if held else ():
            for (what, values), ref in zip(entry_.sets, entry_.refs, strict=False):
                target = _policy_vrf(what, values)
                if target is not None and target != (port.vrf or ""):
                    found[VrfLeak(port.vrf or "", target, ref)] = None
    return tuple(found)


def _policy_vrf(what: str, values: tuple[str, ...]) -> str | None:
    words = [*what.split(), *values]
    if "vrf" in words and words.index("vrf") + 1 < len(words):
        return words[words.index("vrf") + 1]
    return "" if "global" in words else None


def statics(state: State) -> tuple[StaticRoute, ...]:
    """Static routes; one out of an interface of another VRF leads there. The default gateway of a device that does not route is one."""
    found = []
    for item in state.routing.static:
        port = state.ports.get(item.interface) if item.interface else None
        if port is not None and item.next_vrf is None and (port.vrf or "") != (item.vrf or ""):
            found.append(replace(item, next_vrf=port.vrf or ""))
        else:
            found.append(item)
    # A router, and a switch that routes, ignores its default gateway.
    routes = state.forwarding if state.forwarding_ref is not None else not state.switch_marks
    if state.routing.gateway is not None and not routes:
        address, ref = state.routing.gateway
        found.append(StaticRoute(None, 0, 0, address, None, None, discard=False, preference=1, tag=None, conditional=False, ref=ref))
    return tuple(found)
