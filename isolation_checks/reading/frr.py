"""FRR: frr.conf, the older file a daemon (zebra.conf, ospfd.conf, bgpd.conf …), and what ``show running-config`` prints."""

from __future__ import annotations

from typing import Any

from isolation_checks.reading import frr_bgp, frr_interface, frr_ospf, frr_policy, linux_last_hops, values
from isolation_checks.reading.commands import Commands
from isolation_checks.reading.frr_state import (
    DETECTION,
    IPV6_ROUTES,
    LABELS,
    LIMITS,
    LOADING,
    LOGGING,
    MONITORING,
    QUEUES,
    SECRETS,
    FrrState,
    Handler,
    Line,
    network,
    number,
)
from isolation_checks.reading.ledger import Ledger
from isolation_checks.reading.linux_draft import Beside, LinuxDraft, finished, implied_parents
from isolation_checks.reading.source import Source
from isolation_checks.snapshot import (
    Applied,
    DeviceConfig,
    FeatureKind,
    LineCode,
    StaticRoute,
    TerminalLine,
    User,
    VrfLeak,
)

_HEADERS = ("Building configuration", "Current configuration")


def parse(folder: str, sources: tuple[Source, ...]) -> DeviceConfig:
    """What the files of one FRR router say. Never raises."""
    draft, ledgers = LinuxDraft(), []
    state = FrrState(draft)
    for source in sources:
        ledger = Ledger(source.name, len(source.lines))
        ledgers.append((source, ledger))
        read(state, source, ledger)
    routing = conclude(state)
    implied_parents(draft)
    linux_last_hops.conclude(draft, ())
    features, unknown, coverage = finished(ledgers)
    return DeviceConfig(
        name=draft.name or folder, folder=folder, platform="frr", files=tuple(source.name for source in sources), name_ref=draft.name_ref,
        version=draft.version, interfaces=tuple(item.built() for item in draft.interfaces.values()), vrfs=tuple(draft.vrfs.values()),
        leaks=tuple(draft.leaks), filters=tuple(draft.filters), static_routes=tuple(draft.routes), forwarding=draft.forwarding,
        forwarding_ref=draft.forwarding_ref, management=draft.management(), features=features, unknown=unknown, coverage=coverage,
        facts=tuple(draft.facts.items()), **routing,
    )  # fmt: skip


def looks_like(source: Source) -> float:
    """How sure it is that this is FRR: by its own header lines, else by commands that only FRR writes like this."""
    score = 0.0
    for line in source.lines[:400]:
        words = line.split()
        if len(words) < 2 or words[0] in ("!", "#"):
            continue
        start = " ".join(words[:2])
        if start in ("frr version", "frr defaults"):
            return 1.0
        if (
            start in _TELLING
            or (words[0] == "route-map" and len(words) == 4)
            or (words[0] == "no" and words[1:3] == ["ipv6", "forwarding"])
        ):
            score += 0.2
        elif words[0] in ("ip", "network", "redistribute", "neighbor", "vrf", "interface", "int") and _telling(words):
            score += 0.15
        elif words[0] in ("acl", "sysname", "undo", "rule", "table", "chain", "vlan", "aaa") or words[0].startswith("switchport"):
            score -= 0.2
    return max(0.0, min(0.9, score))


_TELLING = {
    "service integrated-vtysh-config", "log syslog", "router ospf", "router bgp", "ip forwarding", "ipv6 forwarding", "line vty",
    "bgp router-id", "ospf router-id", "no bgp", "bgp community-list", "debug zebra", "debug ospf", "debug bgp", "log file", "log stdout",
}  # fmt: skip


def _telling(words: list[str]) -> bool:
    """Whether a line has a prefix with its length where IOS has a mask, or names a Linux interface."""
    if words[0] in ("interface", "int"):
        name = words[1]
        return (name == "lo" or name[:3] in ("eth", "ens", "enp", "eno", "swp", "br-") or "-eth" in name) and name.islower()
    if words[0] == "ip" and words[1] in ("address", "addr", "route", "prefix-list"):
        return words[1] == "prefix-list" or (len(words) > 2 and network(words[2]) is not None)
    return words[0] == "network" and network(words[1]) is not None


def conclude(state: FrrState) -> dict[str, Any]:
    """The routing of all files, once they are read."""
    frr_bgp.leaks(state)
    state.draft.filters.extend(frr_policy.access_filters(state))
    options = [option for process in state.bgp.values() for option in process.options]
    if options:
        state.draft.facts["bgp-options"] = "; ".join(dict.fromkeys(options))
    return {
        "ospf": tuple(process.built() for process in state.ospf.values()),
        "bgp": tuple(process.built(state) for process in state.bgp.values()),
        "prefix_lists": state.lists(),
        "route_policies": tuple(state.policies.values()),
    }


def read(state: FrrState, source: Source, ledger: Ledger) -> None:
    """Read one file into the state."""
    _Reader(state, ledger).run(source)


class _Reader:
    """Goes through the lines as vtysh does: what a view does not know is tried in the views around it, which closes the inner ones."""

    def __init__(self, state: FrrState, ledger: Ledger) -> None:
        self.state, self.ledger = state, ledger
        self.views: list[tuple[str, object]] = [("", None)]
        self.opaque_indent: int | None = None
        self.titles: list[str] = [""]
        self.hostname = ""
        self.ended = False

    def run(self, source: Source) -> None:
        for number_, text in enumerate(source.lines, 1):
            words = text.split()
            if not words or words[0][0] in "!#":
                self.ledger.blank(number_)
            elif " ".join(words[:2]).rstrip(".").startswith(_HEADERS):
                self.ledger.blank(number_)
                self.ended = False
            elif self.state.draft.facts.get("several-devices"):
                self.ledger.not_understood(number_, text)
            else:
                self._line(number_, text, words)
        header = any(line.startswith(_HEADERS) for line in source.lines[:10])
        if header and not self.ended:
            self.state.draft.facts["truncated"] = "yes"

    def _line(self, number_: int, text: str, words: list[str]) -> None:
        if self._inside_opaque(number_, text, words):
            return
        if words[0] in ("exit", "quit") or words[0].startswith("exit-"):
            self.ledger.understood(number_)
            self._leave()
        elif words == ["end"]:
            self.ledger.understood(number_)
            self._leave_to(0)
            self.ended = True
        elif words[0] in ("configure", "conf") and len(words) < 3:
            self.ledger.understood(number_)
        else:
            self._command(number_, text, words)

    def _inside_opaque(self, number_: int, text: str, words: list[str]) -> bool:
        """Lines of a view that is not modelled, which ends at ``exit`` or where the indentation does."""
        view = self.views[-1][0]
        if not view.startswith("opaque"):
            return False
        indent = len(text) - len(text.lstrip())
        closing = words[0] in ("exit", "quit", "end", "exit-link-params") or (view == "opaque-family" and words[0] == "exit-address-family")
        header = self.opaque_indent or 0
        if not closing and (indent > header or (indent == header and _GLOBAL.find(words) is None)):
            code = self.ledger.codes[self._opened_at - 1]
            self.ledger.codes[number_ - 1] = code
            return True
        if closing and indent > header:
            self.ledger.codes[number_ - 1] = self.ledger.codes[self._opened_at - 1]
            return True
        self._leave()
        if closing and words[0] != "end":
            self.ledger.understood(number_)
            return True
        return False

    def _leave(self) -> None:
        if len(self.views) > 1:
            self.views.pop()
            self.titles.pop()

    def _leave_to(self, depth: int) -> None:
        del self.views[depth + 1 :], self.titles[depth + 1 :]

    def _command(self, number_: int, text: str, words: list[str]) -> None:
        negated = words[0] == "no" and len(words) > 1
        body = words[1:] if negated else words
        for depth in range(len(self.views) - 1, -1, -1):
            name, data = self.views[depth]
            found = _VIEWS[name].find(body)
            if found is None:
                continue
            line = Line(number_, text, body, negated, self.ledger, self.state, data)
            if not self._apply(line, *found):
                break
            self._leave_to(depth)
            self._open(line, text)
            return
        self.ledger.not_understood(number_, text, tuple(self.titles[1:]))

    def _apply(self, line: Line, handler: Handler, taken: int) -> bool:
        if isinstance(handler, FeatureKind):
            return line.feature(handler)
        if isinstance(handler, str):
            self.ledger.irrelevant(line.number, handler)
            return True
        if not handler(line, line.words[taken:]):
            return False
        if self.ledger.codes[line.number - 1] == LineCode.UNKNOWN and not any(
            item.ref.line == line.number for item in self.ledger.unknown[-1:]
        ):
            self.ledger.understood(line.number)
        return True

    def _open(self, line: Line, text: str) -> None:
        if line.opened is not None:
            self.views.append(line.opened)
            self.titles.append(text.strip())
            self.opaque_indent = len(text) - len(text.lstrip())
            self._opened_at = line.number

    _opened_at = 1


# --- the outermost view ----------------------------------------------------------------------------------------------------------------


def _hostname(line: Line, rest: list[str]) -> bool:
    draft = line.state.draft
    if line.no or len(rest) != 1:
        return line.no
    if draft.name_ref is not None and draft.name_ref.file == line.ref.file and draft.name != rest[0]:
        draft.facts["several-devices"] = "yes"
        return False
    if draft.name_ref is None:
        draft.name, draft.name_ref = rest[0], line.ref
    return True


def _version(line: Line, rest: list[str]) -> bool:
    line.state.draft.version = " ".join(rest)
    return bool(rest)


def _defaults(line: Line, rest: list[str]) -> bool:
    line.state.defaults = rest[0] if rest else ""
    return len(rest) == 1


def _forwarding(line: Line, rest: list[str]) -> bool:
    line.state.draft.forwarding, line.state.draft.forwarding_ref = not line.no, line.ref
    line.state.draft.facts["frr-forwarding"] = "no" if line.no else "yes"
    return not rest


def _ipv6_forwarding(line: Line, rest: list[str]) -> bool:
    return line.feature(FeatureKind.IPV6)


def _through_default(line: Line, rest: list[str]) -> bool:
    """Next hops may be found by the default route."""
    line.state.draft.facts["next-hop-by-default"] = "no" if line.no else "yes"
    return not rest


def _vrf(line: Line, rest: list[str]) -> bool:
    if len(rest) != 1:
        return False
    if line.no:
        line.state.draft.vrfs.pop(rest[0], None)
        return True
    line.state.draft.vrf(rest[0], line.ref)
    line.opened = "vrf", rest[0]
    return True


def _route(line: Line, rest: list[str]) -> bool:
    """``ip route P/L {NH|IF|Null0|blackhole|reject} [IF] [tag T] [AD] [vrf V] [nexthop-vrf V] [track …|bfd …]``."""
    if len(rest) > 1 and network(rest[0]) is None and (mask := values.mask_length(rest[1])) is not None and "." in rest[1]:
        rest = [f"{rest[0]}/{mask}", *rest[2:]]
    target = network(rest[0]) if rest else None
    if target is None or len(rest) < 2:
        return False
    vrf = line.data if isinstance(line.data, str) else None
    route = _hop(line, target, vrf, rest[1:])
    if route is None:
        return False
    if line.state.draft.beside and line.state.draft.beside[-1].route is route:
        return True  # of another table
    routes = line.state.draft.routes
    same = (route.vrf, route.network, route.length, route.next_hop, route.interface)
    routes[:] = [old for old in routes if (old.vrf, old.network, old.length, old.next_hop, old.interface) != same]
    if not line.no:
        routes.append(route)
        if route.next_vrf is not None and route.next_vrf != (route.vrf or ""):
            line.state.draft.leaks[VrfLeak(route.vrf or "", route.next_vrf, line.ref)] = None
    return True


def _hop(line: Line, target: tuple[int, int], vrf: str | None, words: list[str]) -> StaticRoute | None:
    hop: int | None = None
    interface: str | None = None
    next_vrf: str | None = None
    tag: int | None = None
    discard, preference, conditional, table = False, 1, False, ""
    words = list(words)
    first = words.pop(0)
    if first.lower() in ("null0", "blackhole", "reject"):
        discard = True
    elif (hop := values.ip(first)) is None:
        if ":" in first:
            return None
        interface = first
    while words:
        word = words.pop(0)
        value = words[0] if words else ""
        if word.isdigit():
            preference = int(word)
        elif word in ("tag", "vrf", "nexthop-vrf", "label", "table", "color", "segments", "metric") and words:
            words.pop(0)
            if word == "tag":
                tag = number(value)
            elif word == "vrf":
                vrf = None if value == "default" else value
            elif word == "nexthop-vrf":
                next_vrf = "" if value == "default" else value
            elif word in ("label", "segments"):
                line.ledger.feature(line.number, FeatureKind.MPLS, line.text.strip())
            elif word == "table":
                table = value
        elif word == "bfd":
            conditional, words = True, []
        elif word == "onlink":
            continue
        elif interface is None and hop is not None and not word.startswith("-"):
            interface = word
        else:
            return None
    route = StaticRoute(vrf, *target, hop, interface, next_vrf, discard, preference, tag, conditional, line.ref)
    if table and not line.no:
        line.state.draft.beside.append(Beside(table, route, line.ledger, line.number, line.text))
    return route


def _user(line: Line, rest: list[str]) -> bool:
    """``username NAME nopassword`` of vtysh, which only those reach who are on the host already."""
    if rest:
        line.state.draft.users[rest[0]] = User(rest[0], "", "none", False, ("vtysh",), line.ref)
    return len(rest) == 2 and rest[1] == "nopassword"


def _line_vty(line: Line, rest: list[str]) -> bool:
    if rest or line.no:
        return False
    line.state.draft.lines.append(TerminalLine("vty", 0, 0, ("telnet",), (), "password", 600, line.ref))
    line.opened = "line", None
    return True


def _access_class(line: Line, rest: list[str]) -> bool:
    if not line.state.draft.lines or (not rest and not line.no):
        return False
    old = line.state.draft.lines[-1]
    _replace(line, old, () if line.no else (Applied(rest[0], line.ref),), old.idle_s)
    return True


def _idle(line: Line, rest: list[str]) -> bool:
    if not line.state.draft.lines or not all(word.isdigit() for word in rest):
        return False
    old = line.state.draft.lines[-1]
    seconds = int(rest[0]) * 60 + int(rest[1] if len(rest) > 1 else 0) if rest else 600
    _replace(line, old, old.filters, 600 if line.no else seconds)
    return True


def _replace(line: Line, old: TerminalLine, filters: tuple[Applied, ...], idle: int | None) -> None:
    line.state.draft.lines[-1] = TerminalLine(old.kind, old.first, old.last, old.protocols, filters, old.authentication, idle, old.ref)


def _login(line: Line, rest: list[str]) -> bool:
    lines = line.state.draft.lines
    if lines and line.no:
        old = lines[-1]
        lines[-1] = TerminalLine(old.kind, old.first, old.last, old.protocols, old.filters, "none", old.idle_s, old.ref)
    return bool(lines) and not rest


def _opaque(kind: FeatureKind | str) -> Handler:
    """A view whose lines all go the way of its first."""

    def handler(line: Line, rest: list[str]) -> bool:
        if isinstance(kind, FeatureKind):
            line.feature(kind)
        else:
            line.ledger.irrelevant(line.number, kind)
        if not line.no:
            line.opened = "opaque", None
        return True

    return handler


_GLOBAL_TABLE: dict[str, Handler] = {
    "frr version": _version,
    "frr defaults": _defaults,
    "hostname": _hostname,
    "domainname": LABELS,
    "interface": frr_interface.enter,
    "router ospf": frr_ospf.enter,
    "router bgp": frr_bgp.enter,
    "vrf": _vrf,
    "ip route": _route,
    "ip prefix-list": frr_policy.prefix_list,
    "ip access-list": frr_policy.access_list,
    "access-list": frr_policy.access_list,
    "route-map": frr_policy.enter_route_map,
    "pbr-map": frr_policy.enter_pbr_map,
    "bgp community-list": frr_policy.value_list("community-list"),
    "bgp large-community-list": frr_policy.value_list("large-community-list"),
    "bgp extcommunity-list": frr_policy.value_list("extcommunity-list"),
    "bgp as-path access-list": frr_policy.value_list("as-path-list"),
    "ip community-list": frr_policy.value_list("community-list"),
    "ip large-community-list": frr_policy.value_list("large-community-list"),
    "ip extcommunity-list": frr_policy.value_list("extcommunity-list"),
    "ip as-path access-list": frr_policy.value_list("as-path-list"),
    "ip forwarding": _forwarding,
    "ipv6 forwarding": _ipv6_forwarding,
    "ipv6 route": FeatureKind.IPV6,
    "ipv6 prefix-list": IPV6_ROUTES,
    "ipv6 access-list": IPV6_ROUTES,
    "ipv6 protocol": IPV6_ROUTES,
    "ipv6 nht": IPV6_ROUTES,
    "ip router-id": LABELS,
    "router-id": LABELS,
    "ip nht resolve-via-default": _through_default,
    "ip protocol": FeatureKind.ROUTING,
    "zebra import-table": FeatureKind.ROUTING,
    "zebra nexthop": LIMITS,
    "zebra work-queue": LIMITS,
    "zebra zapi-packets": LIMITS,
    "zebra protodown": DETECTION,
    "zebra route-map": LIMITS,
    "ip table": FeatureKind.POLICY_ROUTE,
    "ip import-table": FeatureKind.ROUTING,
    "ip mroute": FeatureKind.MULTICAST,
    "ip multicast": FeatureKind.MULTICAST,
    "ip multicast-routing": FeatureKind.MULTICAST,
    "ip pim": FeatureKind.MULTICAST,
    "ip igmp": FeatureKind.MULTICAST,
    "ip ssmpingd": FeatureKind.MULTICAST,
    "ipv6 pim": FeatureKind.MULTICAST,
    "router pim": _opaque(FeatureKind.MULTICAST),
    "router pim6": _opaque(FeatureKind.MULTICAST),
    "router ospf6": _opaque(FeatureKind.IPV6),
    "router ripng": _opaque(FeatureKind.IPV6),
    "router rip": _opaque(FeatureKind.ROUTING),
    "router isis": _opaque(FeatureKind.ROUTING),
    "router openfabric": _opaque(FeatureKind.ROUTING),
    "router eigrp": _opaque(FeatureKind.ROUTING),
    "router babel": _opaque(FeatureKind.ROUTING),
    "mpls ldp": _opaque(FeatureKind.MPLS),
    "mpls": FeatureKind.MPLS,
    "segment-routing": _opaque(FeatureKind.MPLS),
    "l2vpn": _opaque(FeatureKind.L2VPN),
    "pseudowire": FeatureKind.L2VPN,
    "nexthop-group": _opaque(FeatureKind.POLICY_ROUTE),
    "pbr table": FeatureKind.POLICY_ROUTE,
    "pbr nexthop-group": FeatureKind.POLICY_ROUTE,
    "rpki": _opaque(FeatureKind.ROUTING),
    "nhrp": FeatureKind.TUNNEL,
    "vni": FeatureKind.VXLAN,
    "evpn": FeatureKind.VXLAN,
    "bmp": FeatureKind.OTHER,
    "bfd": _opaque(DETECTION),
    "key chain": _opaque(SECRETS),
    "bgp route-map delay-timer": LIMITS,
    "bgp graceful-restart": DETECTION,
    "bgp suppress-fib-pending": LIMITS,
    "bgp update-delay": LIMITS,
    "bgp input-queue-limit": LIMITS,
    "bgp output-queue-limit": LIMITS,
    "bgp session-dscp": QUEUES,
    "line vty": _line_vty,
    "username": _user,
    "password": SECRETS,
    "enable password": SECRETS,
    "service integrated-vtysh-config": LOADING,
    "service advanced-vty": LOADING,
    "service password-encryption": LOADING,
    "service terminal-length": LOADING,
    "service cputime-stats": LOGGING,
    "service cputime-warning": LOGGING,
    "service walltime-warning": LOGGING,
    "allow-reserved-ranges": LIMITS,
    "zebra nexthop kernel enable": LOADING,
    "agentx": MONITORING,
    "log": LOGGING,
    "debug": LOGGING,
    "banner": LABELS,
    "fpm": LOADING,
    "watchfrr": LOADING,
    "mgmt": LOADING,
    "affinity-map": QUEUES,
    "netns": FeatureKind.VIRTUAL_SYSTEM,
}
_GLOBAL = Commands(_GLOBAL_TABLE)

_VRF_TABLE: dict[str, Handler] = {
    "ip route": _route,
    "ipv6 route": FeatureKind.IPV6,
    "vni": FeatureKind.VXLAN,
    "netns": FeatureKind.VIRTUAL_SYSTEM,
    "ip router-id": LABELS,
    "ip nht resolve-via-default": _through_default,
    "ip protocol": FeatureKind.ROUTING,
    "ipv6 nht": IPV6_ROUTES,
    "ipv6 protocol": IPV6_ROUTES,
    "ip pim": FeatureKind.MULTICAST,
    "ip mroute": FeatureKind.MULTICAST,
    "ip table": FeatureKind.POLICY_ROUTE,
}
_VRF = Commands(_VRF_TABLE)

_LINE_TABLE: dict[str, Handler] = {
    "exec-timeout": _idle,
    "access-class": _access_class,
    "ipv6 access-class": IPV6_ROUTES,
    "login": _login,
}
_LINE = Commands(_LINE_TABLE)

_VIEWS: dict[str, Commands[Handler]] = {
    "": _GLOBAL,
    "interface": frr_interface.VIEW,
    "ospf": frr_ospf.VIEW,
    "bgp": frr_bgp.VIEW,
    "bgp-ipv4": frr_bgp.IPV4_VIEW,
    "vrf": _VRF,
    "route-map": frr_policy.ROUTE_MAP_VIEW,
    "pbr-map": frr_policy.PBR_VIEW,
    "line": _LINE,
}
