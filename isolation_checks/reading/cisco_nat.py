"""NAT of IOS: `ip nat inside|outside source …`, between the interfaces marked inside and outside."""

from __future__ import annotations

from isolation_checks.reading import cisco_names
from isolation_checks.reading.cisco_acl import port as port_number
from isolation_checks.reading.cisco_model import NatRule, NatStatic, RouteMap
from isolation_checks.reading.cisco_sets import meet, permitted, subtract
from isolation_checks.reading.cisco_state import State
from isolation_checks.reading.cisco_views import Line, View, table
from isolation_checks.reading.values import host, ip, mask_length, mask_of, prefix
from isolation_checks.snapshot import Action, AddressSet, DestinationNat, FeatureKind, Filter, Match, Names, Range, SourceNat, VrfLeak

_TRAILING = {"extendable", "no-alias", "no-payload", "add-route", "reversible", "forced", "match-in-vrf", "oer", "portmap"}
_PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "esp": 50}


def pool(state: State, line: Line) -> bool:
    """``ip nat pool P A B {netmask M|prefix-length N}``, or its view with several ``address A B``."""
    words = line.args
    if not words:
        return False
    name = words[0]
    if line.negated:
        state.nat.pools.pop(name, None)
        return True
    ranges, _ = state.nat.pools.setdefault(name, ([], line.ref))
    rest = words[1:]
    if len(rest) >= 2 and ip(rest[0]) is not None:
        first, last = ip(rest[0]), ip(rest[1])
        if first is None or last is None:
            return False
        ranges.append((first, last))
        rest = rest[2:]
    lowered = [word.lower() for word in rest]
    if "rotary" in lowered or "match-host" in lowered:
        return state.feature(line, FeatureKind.NAT)
    if lowered[:1] not in ([], ["netmask"], ["prefix-length"]) or lowered[2:] not in ([], ["add-route"], ["accounting"]):
        return False
    state.now.pool = name
    return state.enter(POOL_VIEW, f"ip nat pool {name}")


def pool_address(state: State, line: Line) -> bool:
    held = state.nat.pools.get(state.now.pool)
    words = line.args
    first, last = (ip(words[0]), ip(words[1])) if len(words) == 2 else (None, None)
    if held is None or first is None or last is None:
        return False
    if line.negated:
        held[0][:] = [item for item in held[0] if item != (first, last)]
    else:
        held[0].append((first, last))
    return True


POOL_VIEW = View("ip nat pool", table({"address": pool_address}))


def inside_source(state: State, line: Line) -> bool:
    """``list L|route-map M {pool P|interface IF} [vrf V] [overload]`` and ``static …``."""
    words = line.args
    kind = words[0].lower() if words else ""
    if kind == "static":
        return _static(state, line, words[1:], inside=True)
    if kind not in {"list", "route-map"} or len(words) < 2:
        return False
    selector, rest = words[1], words[2:]
    held: dict[str, str | None] = {"pool": None, "interface": None, "vrf": None}
    overload = False
    while rest:
        word = rest[0].lower()
        if word == "interface":
            found = cisco_names.leading(rest[1:])
            if found is None:
                return False
            held["interface"], rest = found[0], rest[1 + found[1] :]
        elif word in {"pool", "vrf"} and len(rest) > 1:
            held[word], rest = rest[1], rest[2:]
        elif word in {"overload", *_TRAILING}:
            overload |= word == "overload"
            rest = rest[1:]
        elif word in {"redundancy", "mapping-id", "egress-interface"} and len(rest) > 1:
            rest = rest[2:]
        else:
            return False
    if held["pool"] is None and held["interface"] is None and not line.negated:
        return False
    made = NatRule(kind, selector, held["pool"], held["interface"], overload or held["pool"] is None, held["vrf"], line.ref)
    state.nat.rules = [item for item in state.nat.rules if not line.negated or item[:3] != made[:3]]
    if not line.negated:
        state.nat.rules.append(made)
    return True


def outside_source(state: State, line: Line) -> bool:
    """``static OUTSIDE LOCAL``; with a list it is not modelled."""
    if line.args[:1] == ["static"]:
        return _static(state, line, line.args[1:], inside=False)
    if line.args[:1] and line.args[0].lower() in {"list", "route-map"}:
        return state.feature(line, FeatureKind.NAT)
    return False


def _static(state: State, line: Line, words: list[str], inside: bool) -> bool:
    made = _static_rule(line, words, inside)
    if made is None:
        return False
    state.nat.statics = [item for item in state.nat.statics if not line.negated or item[:7] != made[:7]]
    if not line.negated:
        state.nat.statics.append(made)
    return True


def _static_rule(line: Line, words: list[str], inside: bool) -> NatStatic | None:
    """``[tcp|udp] LOCAL [PORT] {GLOBAL|interface IF} [PORT]``, ``network LOCAL GLOBAL MASK``."""
    rest = list(words)
    protocol = _PROTOCOLS.get(rest[0].lower()) if rest else None
    network = bool(rest) and rest[0].lower() == "network"
    if protocol is not None or network:
        rest.pop(0)
    local = _taken_address(rest)
    local_port = _taken_port(rest) if protocol in {6, 17} else None
    own = None
    outer: Range | None = None
    if rest and rest[0].lower() == "interface":
        found = cisco_names.leading(rest[1:])
        if found is None:
            return None
        own, rest = found[0], rest[1 + found[1] :]
    else:
        address = _taken_address(rest)
        outer = None if address is None else (address, address)
    outer_port = _taken_port(rest) if protocol in {6, 17} else None
    if local is None or (outer is None and own is None) or (protocol in {6, 17} and (local_port is None or outer_port is None)):
        return None
    inner: Range = (local, local)
    if network:
        length = mask_length(rest.pop(0).removeprefix("/")) if rest else None
        if length is None or outer is None:
            return None
        size = (1 << 32 - length) - 1
        inner, outer = (
            (local & mask_of(length), local & mask_of(length) | size),
            (outer[0] & mask_of(length), outer[0] & mask_of(length) | size),
        )
    options = _static_options(rest)
    if options is None:
        return None
    return NatStatic(inside, protocol, inner, local_port, outer, outer_port, own, options.get("vrf"), options.get("route-map"), line.ref)


def _taken_address(words: list[str]) -> int | None:
    value = ip(words[0]) if words else None
    if value is not None:
        words.pop(0)
    return value


def _taken_port(words: list[str]) -> int | None:
    value = port_number(words[0]) if words else None
    if value is not None:
        words.pop(0)
    return value


def _static_options(words: list[str]) -> dict[str, str] | None:
    options: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0).lower()
        if word in {"vrf", "route-map", "redundancy", "mapping-id"} and rest:
            options[word] = rest.pop(0)
        elif word not in _TRAILING:
            return None
    return options


class Translations:
    """NAT rules made of what was gathered, with the access lists at hand."""

    def __init__(self, state: State, lists: dict[str, Filter]) -> None:
        self._state = state
        self._lists = lists
        self._inside = Names(tuple(port.name for port in state.ports.values() if port.nat == "inside"))
        self._outside = tuple(port for port in state.ports.values() if port.nat == "outside")

    def source(self) -> tuple[SourceNat, ...]:
        found: list[SourceNat] = []
        if not self._inside.names:
            return ()
        for rule in self._state.nat.rules:
            matches, conditional, leaving = self._chosen(rule)
            for outside in self._outside:
                if leaving and outside.name not in leaving:
                    continue
                found.append(self._dynamic(rule, matches, conditional, outside.name))
        found.extend(self._outside_sources())
        return tuple(found)

    def _dynamic(self, rule: NatRule, matches: tuple[Match, ...], conditional: bool, leaving: str) -> SourceNat:
        ranges: list[Range] = []
        if rule.pool is not None:
            ranges = self._state.nat.pools.get(rule.pool, ([], rule.ref))[0]
        elif rule.interface != leaving and rule.interface in self._state.ports:
            ranges = [(item.ip, item.ip) for item in self._state.ports[rule.interface].addresses]
        own = rule.interface is not None and not ranges
        selected = tuple(item._replace(in_interfaces=self._inside, vrf=rule.vrf if rule.vrf else item.vrf) for item in matches)
        return SourceNat(
            name=f"{rule.kind} {rule.selector}",
            action="translate",
            matches=selected,
            interface=leaving,
            from_zones=None,
            to_zones=None,
            pool=tuple(ranges),
            own_address=own,
            ports=rule.overload,
            conditional=conditional,
            ref=rule.ref,
        )

    def _outside_sources(self) -> list[SourceNat]:
        names = Names(tuple(port.name for port in self._outside))
        return [
            SourceNat(
                name="outside static",
                action="translate",
                matches=(Match(src=_addresses(item.local), in_interfaces=names, vrf=item.vrf),),
                interface=None,
                from_zones=None,
                to_zones=None,
                pool=(item.outer,) if item.outer else (),
                own_address=False,
                ports=False,
                conditional=item.route_map is not None,
                ref=item.ref,
            )
            for item in self._state.nat.statics
            if not item.inside and names.names and item.protocol is None
        ]

    def destination(self) -> tuple[DestinationNat, ...]:
        if not self._inside.names and not self._outside:
            return ()
        return tuple(made for item in self._state.nat.statics for made in self._static(item))

    def _static(self, item: NatStatic) -> list[DestinationNat]:
        sides = [port.name for port in self._outside] if item.inside else list(self._inside.names)
        outer, inner = item.outer, item.local
        ports = None if item.outer_port is None else ((item.outer_port, item.outer_port),)
        protocols = None if item.protocol is None else ((item.protocol, item.protocol),)
        match = Match(dst=None if outer is None else _addresses(outer), protocols=protocols, dports=ports)
        return [
            DestinationNat(
                name="inside static" if item.inside else "outside static",
                matches=(match,),
                interface=name,
                from_zones=None,
                inside=inner,
                inside_ports=None if item.local_port is None else (item.local_port, item.local_port),
                reverse=item.inside and item.protocol is None,
                own_address=item.own is not None,
                conditional=item.route_map is not None,
                ref=item.ref,
            )
            for name in sides
            if item.own in {None, name}
        ]

    def leaks(self) -> tuple[VrfLeak, ...]:
        """Translation out of a VRF into none, where the packets of an outside interface are."""
        named = [(rule.vrf, rule.ref) for rule in self._state.nat.rules] + [(item.vrf, item.ref) for item in self._state.nat.statics]
        outer = {port.vrf or "" for port in self._outside}
        pairs = [(vrf, other, ref) for vrf, ref in named if vrf for other in sorted(outer) if other != vrf]
        return tuple(item for vrf, other, ref in pairs for item in (VrfLeak(vrf, other, ref), VrfLeak(other, vrf, ref)))

    def _chosen(self, rule: NatRule) -> tuple[tuple[Match, ...], bool, set[str]]:
        """The matches that a rule translates, whether that is more than it really does, and the interfaces it is bound to."""
        if rule.kind == "list":
            matches, more = self._listed(rule.selector)
            return matches, more, set()
        held = self._state.routing.maps.get(rule.selector)
        if held is None:
            return (Match(),), True, set()
        return self._mapped(held)

    def _listed(self, name: str) -> tuple[tuple[Match, ...], bool]:
        listed = self._lists.get(name)
        if listed is None:
            return (Match(),), True
        matches, more = permitted(listed.rules)
        return ((Match(),), True) if not listed.rules else (matches, more)

    def _mapped(self, held: RouteMap) -> tuple[tuple[Match, ...], bool, set[str]]:
        denied: list[Match] = []
        found: list[Match] = []
        more = False
        leaving: set[str] = set()
        for _, entry in sorted(held.entries.items()):
            chosen: tuple[Match, ...] = (Match(),)
            for what, values in entry.matches:
                if what == "acl":
                    parts = [self._listed(name) for name in values]
                    union = tuple(match for part, _ in parts for match in part)
                    more |= any(rough for _, rough in parts)
                    chosen = tuple(both for one in chosen for other in union if (both := meet(one, other)) is not None)
                elif what == "interface":
                    leaving |= {name for value in values if (name := cisco_names.name([value])) is not None}
                else:
                    more = True
            if entry.action == Action.DENY:
                denied.extend(() if more else chosen)
                continue
            rest, rough = subtract(chosen, denied)
            more |= rough
            found.extend(rest)
        single = len(held.entries) == 1
        return tuple(found), more or bool(leaving and not single), leaving if single else set()


def _addresses(pair: Range) -> AddressSet:
    first, last = pair
    return (host(first),) if first == last else (prefix(first, 32 - (last - first).bit_length()),)
