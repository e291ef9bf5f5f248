"""What `ip` commands (of iproute2) and /etc/network/interfaces make of a Linux host's interfaces and routes."""

from __future__ import annotations

from collections.abc import Callable

from isolation_checks.reading import values
from isolation_checks.reading.frr_state import LABELS, LIMITS, QUEUES, network, number, prefix
from isolation_checks.reading.ledger import Ledger
from isolation_checks.reading.linux_draft import LinuxDraft, MarkRule, ipv6_seen
from isolation_checks.reading.source import Source
from isolation_checks.snapshot import FeatureKind, InterfaceAddress, InterfaceKind, Ref, StaticRoute
from topology.i18n import T

NEIGHBOURS = T("entries of the neighbour table, which change no way").msgid
_TUNNELS = frozenset(
    {"gre", "gretap", "ipip", "sit", "vti", "wireguard", "erspan", "ip6tnl", "ip6gre", "ip6gretap", "geneve", "xfrm", "ppp"}
)
_NEUTRAL = frozenset({"txqueuelen", "txqlen", "numtxqueues", "numrxqueues", "alias", "group", "gso_max_size", "gso_max_segs", "address"})
_SWITCHES = frozenset({"arp", "multicast", "dynamic", "trailers", "carrier", "protodown", "promisc", "allmulticast"})


def _mark(text: str) -> int | None:
    """A number as `ip` takes it: decimal or hexadecimal."""
    try:
        return int(text, 0)
    except ValueError:
        return None


class Links:
    """Reads commands into the draft; used for a file of them, and for those that /etc/network/interfaces runs."""

    def __init__(self, draft: LinuxDraft, ledger: Ledger) -> None:
        self.draft, self.ledger = draft, ledger

    def file(self, source: Source) -> None:
        for at, text in enumerate(source.lines, 1):
            words = text.split()
            if not words or words[0].startswith("#"):
                self.ledger.blank(at)
            elif not self.command(at, text, words):
                self.ledger.not_understood(at, text)

    def command(self, at: int, text: str, words: list[str]) -> bool:
        """One command; False where it was not understood. It sees to the line's code itself where it was."""
        words = list(words)
        if words[0] in ("ip", "/sbin/ip", "/usr/sbin/ip", "/bin/ip"):
            words.pop(0)
        if words[:1] == ["bridge"] or words[:1] == ["/sbin/bridge"]:
            return self._feature(at, FeatureKind.BRIDGING, text)
        while words and words[0].startswith("-"):
            if words.pop(0) in ("-6", "-family", "-n", "-netns", "-batch", "-b"):
                return False
        if len(words) < 2:
            return False
        handlers: dict[str, Callable[[int, str, list[str]], bool]] = {
            "link": self._link, "address": self._address, "addr": self._address, "a": self._address, "route": self._route, "r": self._route,
            "neigh": self._neighbour, "neighbour": self._neighbour, "rule": self._rule, "ru": self._rule,
        }  # fmt: skip
        features = {
            "tunnel": FeatureKind.TUNNEL, "tuntap": FeatureKind.TUNNEL,
            "xfrm": FeatureKind.IPSEC, "mroute": FeatureKind.MULTICAST, "netns": FeatureKind.VIRTUAL_SYSTEM, "nexthop": FeatureKind.ROUTING,
            "l2tp": FeatureKind.TUNNEL, "fou": FeatureKind.TUNNEL, "macsec": FeatureKind.OTHER, "mptcp": FeatureKind.OTHER,
        }  # fmt: skip
        if words[0] in features:
            return self._feature(at, features[words[0]], text)
        handler = handlers.get(words[0])
        if handler is None or not handler(at, text, words[1:]):
            return False
        if self.ledger.codes[at - 1] == 3:
            self.ledger.understood(at)
        return True

    def _feature(self, at: int, kind: FeatureKind, text: str, interface: str | None = None) -> bool:
        self.ledger.feature(at, kind, text.strip(), interface)
        return True

    def _rule(self, at: int, text: str, words: list[str]) -> bool:
        """``rule add fwmark MARK lookup TABLE`` may belong to what leads answers back; any other rule is not modelled."""
        options = dict(zip(words[1::2], words[2::2], strict=False))
        mark = _mark(options.get("fwmark", ""))
        table = options.get("lookup", options.get("table"))
        rest = set(options) - {"fwmark", "lookup", "table", "priority", "pref", "preference", "order"}
        if words[0] != "add" or len(words) % 2 == 0 or mark is None or table is None or rest:
            return self._feature(at, FeatureKind.POLICY_ROUTE, text)
        self.draft.mark_rules.append(MarkRule(mark, table, self.ledger, at, text))
        return True

    def _neighbour(self, at: int, text: str, words: list[str]) -> bool:
        self.ledger.irrelevant(at, NEIGHBOURS)
        return True

    # --- links -----------------------------------------------------------------------------------------------------------------------

    def _link(self, at: int, text: str, words: list[str]) -> bool:
        if words[0] == "add":
            return self._link_add(at, text, words[1:])
        if words[0] in ("set", "s"):
            return self._link_set(at, text, words[1:])
        if words[0] in ("del", "delete") and len(words) > 1:
            self.draft.interfaces.pop(words[-1], None)
            return True
        return False

    def _link_add(self, at: int, text: str, words: list[str]) -> bool:
        name, parent, kind, rest, words = "", None, "", [], list(words)
        while words:
            word = words.pop(0)
            if word == "type" and words:
                kind, rest = words[0], words[1:]
                break
            if word in ("dev", "name") and words:
                name = words.pop(0)
            elif word == "link" and words:
                parent = words.pop(0)
            elif word in ("mtu", *_NEUTRAL) and words:
                words.pop(0)
            elif word in ("up", "down"):
                continue
            elif not name:
                name = word
            else:
                return False
        if not name or not kind:
            return False
        return self._typed(at, text, name, parent, kind, rest)

    def _typed(self, at: int, text: str, name: str, parent: str | None, kind: str, rest: list[str]) -> bool:
        link = self.draft.interface(name, self.ledger.ref(at))
        link.link, link.parent = kind, parent
        options = dict(zip(rest[::2], rest[1::2], strict=False))
        if kind == "vlan":
            link.kind, link.tag = InterfaceKind.SUBINTERFACE, number(options.get("id", ""))
            return link.tag is not None and parent is not None and options.get("protocol", "802.1Q").lower() == "802.1q"
        if kind == "vrf":
            self.draft.vrf(name, self.ledger.ref(at))
            self.draft.tables[options.get("table", "")] = name
            link.kind, link.vrf = InterfaceKind.LOOPBACK, name
        elif kind == "bridge":
            link.kind = InterfaceKind.BRIDGE
            if options.get("vlan_filtering", "0") != "0":
                self._feature(at, FeatureKind.BRIDGING, text, name)
        elif kind in ("bond", "team"):
            link.kind = InterfaceKind.AGGREGATE
        elif kind == "dummy":
            link.kind = InterfaceKind.LOOPBACK
        elif kind in ("macvlan", "macvtap", "ipvlan"):
            link.kind = InterfaceKind.OTHER
            self.draft.shared.append((self.ledger, at, name))
            return parent is not None
        elif kind == "vxlan":
            link.kind = InterfaceKind.TUNNEL
            self._feature(at, FeatureKind.VXLAN, text, name)
        elif kind in _TUNNELS:
            link.kind = InterfaceKind.TUNNEL
            self._feature(at, FeatureKind.TUNNEL, text, name)
        elif kind == "ifb":
            link.kind = InterfaceKind.OTHER
        elif kind == "veth":
            link.kind = InterfaceKind.OTHER
            self._feature(at, FeatureKind.VIRTUAL_SYSTEM, text, name)
        else:
            return False
        return True

    def _link_set(self, at: int, text: str, words: list[str]) -> bool:
        words = list(words)
        if words[:1] == ["dev"]:
            words.pop(0)
        if not words:
            return False
        name = words.pop(0)
        link = self.draft.interface(name, self.ledger.ref(at))
        while words:
            word = words.pop(0)
            if word == "up":
                link.shutdown = None
            elif word == "down":
                link.shutdown = self.ledger.ref(at)
            elif word == "nomaster":
                link.master = link.vrf = None
            elif word == "type":
                return self._port_options(at, text, name, words)
            elif not words:
                return False
            else:
                value = words.pop(0)
                if word == "mtu":
                    link.mtu = number(value)
                elif word in ("master", "vrf"):
                    link.master = value
                    above = self.draft.interfaces.get(value)
                    if above is not None and above.link in ("bond", "team"):
                        link.shutdown = None  # becoming a member opens the port
                elif word == "alias":
                    link.description, words = " ".join([value, *words]).strip('"'), []
                elif word == "arp":
                    link.flags["no-arp"] = None
                    if value == "on":
                        del link.flags["no-arp"]
                elif word == "netns":
                    self._feature(at, FeatureKind.VIRTUAL_SYSTEM, text, name)
                elif word == "name":
                    link.name = value
                    self.draft.interfaces[value] = self.draft.interfaces.pop(name)
                elif word in ("xdp", "xdpgeneric", "xdpdrv", "xdpoffload"):
                    self._feature(at, FeatureKind.FILTER, text, name)
                elif word not in _NEUTRAL and word not in _SWITCHES:
                    return False
        return True

    def _port_options(self, at: int, text: str, name: str, words: list[str]) -> bool:
        """``type bridge_slave guard on …``: how a port of a bridge behaves."""
        link = self.draft.interface(name, self.ledger.ref(at))
        kind, options = (words[0] if words else ""), dict(zip(words[1::2], words[2::2], strict=False))
        if kind == "bridge_slave":
            flags = {
                "guard": "bpdu-guard",
                "isolated": "isolated",
                "root_block": "root-guard",
                "fastleave": "",
                "learning": "",
                "flood": "",
            }
            for option, value in options.items():
                if value == "on" and flags.get(option):
                    link.flags[flags[option]] = None
            known = {*flags, "state", "priority", "cost", "hairpin", "proxy_arp", "mcast_flood", "bcast_flood", "neigh_suppress"}
            return all(option in known for option in options)
        if kind in ("bond", "bridge", "bond_slave"):
            if options.get("vlan_filtering", "0") != "0":
                self._feature(at, FeatureKind.BRIDGING, text, name)
            return True
        return False

    # --- addresses and routes --------------------------------------------------------------------------------------------------------

    def _address(self, at: int, text: str, words: list[str]) -> bool:
        if words[0] in ("flush", "f"):
            for link in self.draft.interfaces.values():
                if words[-1] == link.name:
                    link.addresses.clear()
            return words[-2:-1] == ["dev"] or len(words) == 2
        verb, words = words[0], words[1:]
        if verb not in ("add", "replace", "change", "del", "delete", "a") or "dev" not in words[:-1]:
            return False
        name = words[words.index("dev") + 1]
        link = self.draft.interface(name, self.ledger.ref(at))
        words = words[1:] if words[0] == "local" else words
        if ":" in words[0]:
            if verb[:3] != "del":
                ipv6_seen(self.ledger, at, text.strip(), link)
            return True
        found = prefix(words[0] if "/" in words[0] else f"{words[0]}/32")
        if "peer" in words[:-1] and found is not None:
            peer = prefix(words[words.index("peer") + 1])
            found = (found[0], peer[1]) if peer is not None else found
        if found is None:
            return False
        if verb[:3] == "del":
            link.addresses.pop(found, None)
        else:
            link.add_address(InterfaceAddress(*found, self.ledger.ref(at), "secondary" in words))
        return True

    def _route(self, at: int, text: str, words: list[str]) -> bool:
        if words[0] not in ("add", "append", "replace", "a") or len(words) < 2:
            return False
        route = _route(words[1:], self.ledger.ref(at), self.draft)
        if route is None and any(":" in word and word.count(":") > 1 for word in words):
            ipv6_seen(self.ledger, at, text.strip())
            return True
        if isinstance(route, str):
            return self._feature(at, FeatureKind.POLICY_ROUTE, text)
        if route is not None:
            self.draft.routes.append(route)
        return route is not None


def _route(words: list[str], ref: Ref, draft: LinuxDraft) -> StaticRoute | str | None:
    """A route; "table" where it lies in a table that no VRF uses; None where it is not understood."""
    words = list(words)
    kinds = {"unreachable": True, "blackhole": True, "prohibit": True, "throw": True, "unicast": False}
    vrf, discard, target, hop, interface, metric = None, False, None, None, None, 0
    while words:
        word = words.pop(0)
        if word in kinds:
            discard = kinds[word]
        elif target is None and word in ("default", "all"):
            target = (0, 0)
        elif target is None and (found := network(word if "/" in word else f"{word}/32")) is not None:
            target = found
        elif word == "onlink":
            continue
        elif not words:
            return None
        else:
            value = words.pop(0)
            if word == "via":
                hop = values.ip(words.pop(0) if value == "inet" and words else value)
                if hop is None:
                    return None
            elif word == "dev":
                interface = value
            elif word == "vrf":
                vrf = value
            elif word == "table":
                vrf = None if value in ("main", "254") else draft.tables.get(value, "?")
            elif word in ("metric", "preference", "priority"):
                metric = number(value) or 0
            elif word not in ("proto", "scope", "src", "mtu", "advmss", "realm", "protocol", "tos", "window", "initcwnd"):
                return None
    if vrf == "?":
        return "table"
    if target is None or (hop is None and interface is None and not discard):
        return None
    return StaticRoute(vrf, *target, hop, interface, None, discard, metric, None, False, ref)


# --- /etc/network/interfaces -----------------------------------------------------------------------------------------------------------


def is_ifupdown(source: Source) -> bool:
    words = [line.split()[0] for line in source.lines if line.strip() and not line.lstrip().startswith("#")]
    return any(word in ("auto", "iface", "allow-hotplug", "source", "source-directory", "mapping") for word in words)


class Ifupdown:
    """Debian's /etc/network/interfaces."""

    def __init__(self, draft: LinuxDraft, ledger: Ledger) -> None:
        self.draft, self.ledger, self.links = draft, ledger, Links(draft, ledger)
        self.name, self.method, self.address = "", "", ""
        self.mask: int | None = None

    def file(self, source: Source) -> None:
        for at, text in enumerate(source.lines, 1):
            words = text.split()
            if not words or words[0].startswith("#"):
                self.ledger.blank(at)
            elif not self._line(at, text, words):
                self.ledger.not_understood(at, text, (f"iface {self.name}",) if self.name else ())
            elif self.ledger.codes[at - 1] == 3:
                self.ledger.understood(at)

    def _line(self, at: int, text: str, words: list[str]) -> bool:
        if words[0] in ("auto", "allow-hotplug", "allow-auto"):
            self.name = ""
            for name in words[1:]:
                self.draft.interface(name, self.ledger.ref(at))
            return True
        if words[0] == "iface":
            return self._iface(at, text, words[1:])
        if not self.name:
            return False
        if self.method == "inet6":
            ipv6_seen(self.ledger, at, text.strip(), self.draft.interface(self.name, self.ledger.ref(at)))
            return True
        return self._option(at, text, words[0], words[1:])

    def _iface(self, at: int, text: str, words: list[str]) -> bool:
        if len(words) < 3:
            return False
        self.name, self.method, self.mask, self.address = words[0], words[1], None, ""
        link = self.draft.interface(words[0], self.ledger.ref(at))
        if words[1] == "inet6":
            ipv6_seen(self.ledger, at, text.strip(), link)
            return True
        if words[2] in ("dhcp", "ppp", "bootp"):
            link.dynamic_address = self.ledger.ref(at)
        return words[1] == "inet" and words[2] in ("static", "manual", "loopback", "dhcp", "ppp", "bootp")

    def _option(self, at: int, text: str, option: str, rest: list[str]) -> bool:
        ref = self.ledger.ref(at)
        link = self.draft.interface(self.name, ref)
        value = rest[0] if rest else ""
        option = option.replace("_", "-")
        if option in ("up", "post-up", "pre-up", "down", "pre-down", "post-down"):
            if option in ("down", "pre-down", "post-down"):
                self.ledger.irrelevant(at, LIMITS)
                return True
            return self.links.command(at, text, [link.name if word == "$IFACE" else word for word in rest])
        if option == "address":
            self.address = value
            return self._placed(ref)
        if option == "netmask":
            self.mask = values.mask_length(value)
            return self.mask is not None and self._placed(ref)
        if option == "gateway":
            hop = values.ip(value)
            if hop is not None:
                self.draft.routes.append(StaticRoute(None, 0, 0, hop, self.name, None, False, 0, None, False, ref))
            return hop is not None
        if option == "mtu":
            link.mtu = number(value)
            return link.mtu is not None
        if option == "vlan-raw-device":
            link.kind, link.parent = InterfaceKind.SUBINTERFACE, value
            tag = self.name.rpartition(".")[2].removeprefix("vlan")
            link.tag = number(tag)
            return link.tag is not None
        if option in ("bridge-ports", "bond-slaves", "slaves"):
            link.kind = InterfaceKind.BRIDGE if option == "bridge-ports" else InterfaceKind.AGGREGATE
            for name in rest if rest != ["none"] else ():
                self.draft.interface(name, ref).master = self.name
            return all("regex" not in name and "*" not in name for name in rest)
        if option == "bridge-vlan-aware" and value != "no":
            self.ledger.feature(at, FeatureKind.BRIDGING, text.strip(), self.name)
            return True
        reasons = {
            "network": LABELS,
            "broadcast": LABELS,
            "metric": LIMITS,
            "hwaddress": LABELS,
            "dns-nameservers": LABELS,
            "dns-search": LABELS,
        }
        if option in reasons or option.startswith(("bond-", "bridge-")):
            self.ledger.irrelevant(at, reasons.get(option, QUEUES))
            return True
        return False

    def _placed(self, ref: Ref) -> bool:
        """The address, once the mask is known; the order of the two lines is free."""
        found = prefix(self.address) if "/" in self.address else None
        value = values.ip(self.address)
        if found is None and value is not None and self.mask is not None:
            found = value, self.mask
        if found is not None:
            self.draft.interface(self.name, ref).add_address(InterfaceAddress(*found, ref))
        return found is not None or value is not None or not self.address
