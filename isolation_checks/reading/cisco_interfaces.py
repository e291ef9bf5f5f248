"""The interface view of IOS: addresses, filters, VRF, virtual gateways, OSPF on the interface."""

from __future__ import annotations

from isolation_checks.reading import cisco_names
from isolation_checks.reading.cisco_model import Port, PortOspf, VirtualGroup
from isolation_checks.reading.cisco_state import State
from isolation_checks.reading.cisco_switching import built as switching
from isolation_checks.reading.cisco_switching import per_port
from isolation_checks.reading.cisco_views import Handler, Line
from isolation_checks.reading.values import ip, mask_length
from isolation_checks.snapshot import (
    Applied,
    FeatureKind,
    Interface,
    InterfaceAddress,
    InterfaceKind,
    OspfInterface,
    Server,
    VirtualAddress,
    VrfLeak,
)

_CARRIERS = {
    "Dialer": FeatureKind.DIALUP, "Async": FeatureKind.DIALUP, "Group-Async": FeatureKind.DIALUP, "BRI": FeatureKind.DIALUP,
    "Cellular": FeatureKind.DIALUP, "Virtual-Template": FeatureKind.DIALUP, "Virtual-PPP": FeatureKind.DIALUP,
    "nve": FeatureKind.VXLAN, "LISP": FeatureKind.TUNNEL, "pseudowire": FeatureKind.L2VPN, "overlay": FeatureKind.L2VPN,
    "BVI": FeatureKind.BRIDGING, "BDI": FeatureKind.BRIDGING,
}  # fmt: skip


def carrier(port: Port) -> FeatureKind | None:
    """What an interface of this type carries past the model."""
    if port.kind == InterfaceKind.TUNNEL and port.name.startswith("Tunnel"):
        return FeatureKind.TUNNEL
    return _CARRIERS.get(port.name.rstrip("0123456789/.:"))


def opened(state: State, text: str, line: Line) -> list[Port] | None:
    """The ports that ``interface …`` names, made where they are new; None for a name that cannot be read."""
    words = text.split()
    if words and "range".startswith(words[0].lower()) and words[0].lower().startswith("r") and len(words) > 1:
        names = cisco_names.spans(" ".join(words[1:]))
    else:
        if len(words) > 1 and words[-1] in {"point-to-point", "multipoint", "l2transport"}:
            words = words[:-1]
        elif len(words) > 2 and words[-2] == "type":
            words = words[:-2]
        found = cisco_names.interface(" ".join(words))
        names = [found[0]] if found else None
    if not names:
        return None
    ports = []
    for name in names:
        known = cisco_names.interface(name)
        if known is None:
            return None
        port = state.ports.get(name)
        if port is None:
            port = state.ports[name] = Port(name, known[1], line.ref)
            if known[1] == InterfaceKind.SVI:
                number = name.removeprefix("Vlan")
                if number.isdigit() and 1 <= int(number) <= 4094:
                    port.vlans = ((int(number), int(number)),)
        ports.append(port)
    return ports


@per_port
def description(_state: State, line: Line, port: Port) -> bool:
    port.description = "" if line.negated else line.rest()
    return True


@per_port
def shutdown(_state: State, line: Line, port: Port) -> bool:
    if line.default or line.args:
        return False
    port.shutdown = None if line.negated else line.ref
    return True


@per_port
def address(_state: State, line: Line, port: Port) -> bool:
    """``ip address A M [secondary]``, ``dhcp``, ``negotiated``; `no ip address` takes all away."""
    port.routed = True
    words = [word.lower() for word in line.args]
    if not words:
        if line.negated:
            port.addresses.clear()
            port.dynamic = None
        return line.negated
    if words[0] in {"dhcp", "negotiated", "pppoe"}:
        port.dynamic = None if line.negated else line.ref
        return True
    value, length = ip(words[0]), mask_length(words[1]) if len(words) > 1 and "." in words[1] else None
    if value is None or length is None or words[2:] not in ([], ["secondary"]):
        return False
    secondary = len(words) > 2
    if line.negated:
        port.addresses = [item for item in port.addresses if (item.ip, item.length) != (value, length)]
        return True
    kept = [item for item in port.addresses if (item.secondary or secondary) and item.ip != value]
    port.addresses = [*kept, InterfaceAddress(value, length, line.ref, secondary)]
    port.addresses.sort(key=lambda item: item.secondary)
    return True


@per_port
def unnumbered(_state: State, line: Line, port: Port) -> bool:
    port.routed = True
    port.unnumbered = None if line.negated else cisco_names.name(line.args[:1] if len(line.args) < 2 else line.args)
    return line.negated or port.unnumbered is not None


@per_port
def vrf(_state: State, line: Line, port: Port) -> bool:
    """``[ip] vrf forwarding V``: takes away the addresses that stand there already."""
    if not line.negated and len(line.args) != 1:
        return False
    wanted = None if line.negated else line.args[0]
    if wanted != port.vrf:
        port.addresses.clear()
        port.groups.clear()
        port.dynamic = port.ipv6 = None
    port.vrf = wanted
    return True


@per_port
def vrf_receive(state: State, line: Line, port: Port) -> bool:
    """Its addresses show in another VRF; with it comes a choice of the VRF by policy."""
    if len(line.args) != 1:
        return False
    if not line.negated:
        state.leaks.append(VrfLeak(line.args[0], port.vrf or "", line.ref))
    return True


@per_port
def access_group(_state: State, line: Line, port: Port) -> bool:
    if len(line.args) != 2 or line.args[1].lower() not in {"in", "out"}:
        return line.negated and not line.args
    applied = None if line.negated else Applied(line.args[0], line.ref)
    if line.args[1].lower() == "in":
        port.filters_in = applied
    else:
        port.filters_out = applied
    return True


@per_port
def policy_route(_state: State, line: Line, port: Port) -> bool:
    if not line.negated and len(line.args) != 1:
        return False
    port.policy_route = None if line.negated else Applied(line.args[0], line.ref)
    return True


@per_port
def urpf(state: State, line: Line, port: Port) -> bool:
    """``ip verify unicast source reachable-via {rx|any} [allow-default] [LIST]``; a list exempts what it permits."""
    words = [word.lower() for word in line.args]
    old = line.words[3].lower().startswith("rev") if len(line.words) > 3 else False
    if line.negated:
        port.urpf = port.urpf_ref = None
        return True
    if not old and (not words or words[0] not in {"rx", "any"}):
        return False
    port.urpf = "loose" if not old and words[0] == "any" else "strict"
    port.urpf_default = old or "allow-default" in words
    port.urpf_ref = line.ref
    rest = [word for word in (words if old else words[1:]) if word not in {"allow-default", "allow-self-ping", "l2-src"}]
    if rest:
        port.urpf = port.urpf_ref = None
        state.feature(line, FeatureKind.FILTER)
    return len(rest) <= 1


@per_port
def nat_side(_state: State, line: Line, port: Port) -> bool:
    side = line.words[2].lower()
    if line.args or side not in {"inside", "outside"}:
        return False
    if not line.negated:
        port.nat = side
    elif port.nat == side:
        port.nat = None
    return True


@per_port
def zone(_state: State, line: Line, port: Port) -> bool:
    if not line.negated and len(line.args) != 1:
        return False
    port.zone = None if line.negated else Applied(line.args[0], line.ref)
    return True


@per_port
def encapsulation(state: State, line: Line, port: Port) -> bool:
    """``encapsulation dot1Q N [native] [second-dot1q M]``."""
    words = [word.lower() for word in line.args]
    if line.negated:
        port.vlans = ()
        return True
    if not words or not words[0].isdigit() or not 1 <= int(words[0]) <= 4094 or words[1:] not in ([], ["native"]):
        if len(words) == 3 and words[1] == "second-dot1q" and words[0].isdigit():
            port.vlans = ((int(words[0]), int(words[0])),)
            return state.feature(line, FeatureKind.OTHER)
        return False
    port.vlans = ((int(words[0]), int(words[0])),)
    if words[1:]:
        port.flags.add("native-vlan")
    return True


@per_port
def channel_group(_state: State, line: Line, port: Port) -> bool:
    if not line.negated and (not line.args or not line.args[0].isdigit()):
        return False
    port.aggregate = None if line.negated else f"Port-channel{int(line.args[0])}"
    return True


@per_port
def multilink_group(_state: State, line: Line, port: Port) -> bool:
    """``ppp multilink group N``: the line is one of several of an interface Multilink."""
    if not line.negated and (len(line.args) != 1 or not line.args[0].isdigit()):
        return False
    port.aggregate = None if line.negated else f"Multilink{int(line.args[0])}"
    return True


@per_port
def ipv6(state: State, line: Line, port: Port) -> bool:
    port.ipv6 = None if line.negated else line.ref
    return state.feature(line, FeatureKind.IPV6)


@per_port
def mtu(_state: State, line: Line, port: Port) -> bool:
    if line.negated:
        port.mtu = None
    elif len(line.args) == 1 and line.args[0].isdigit():
        port.mtu = int(line.args[0])
    else:
        return False
    return True


@per_port
def helper(state: State, line: Line, _port: Port) -> bool:
    """``ip helper-address [vrf V|global] A``: where broadcasts of DHCP and its kind are sent on to."""
    words = line.args
    other = None
    if words[:1] == ["global"]:
        words = words[1:]
    elif len(words) == 3 and words[0] == "vrf":
        other, words = words[1], words[2:]
    if not words or ip(words[0]) is None or (len(words) > 1 and words[1:] != ["redundancy"]):
        return line.negated and not words
    if not line.negated:
        state.plane.servers.append(Server("dhcp", words[0], other, False, line.ref))
    return True


def on_by_default(flag: str) -> Handler:
    """A handler for what is on unless the config says no."""

    @per_port
    def handler(_state: State, line: Line, port: Port) -> bool:
        if line.negated and not line.default:
            port.off.add(flag)
        else:
            port.off.discard(flag)
        return True

    return handler


def flag(name: str) -> Handler:
    """A handler for a small fact that is off unless the config turns it on (last word ``disable`` turns it off too)."""

    @per_port
    def handler(_state: State, line: Line, port: Port) -> bool:
        if line.negated or line.args[-1:] == ["disable"]:
            port.flags.discard(name)
        else:
            port.flags.add(name)
        return True

    return handler


@per_port
def gateway(_state: State, line: Line, port: Port) -> bool:
    """``vrrp 1 …``, ``standby [1] …``, ``glbp 1 …``."""
    protocol = {"v": "vrrp", "s": "hsrp", "g": "glbp"}[line.words[0][0].lower()]
    words = line.args
    number = 0
    if words and words[0].isdigit():
        number, words = int(words[0]), words[1:]
    if not words:
        if line.negated:
            port.groups.pop((protocol, number), None)
        return line.negated
    key = protocol, number
    known = port.groups.get(key)
    what = words[0].lower()
    if what == "ip":
        group = known or VirtualGroup(protocol, number, line.ref)
        port.groups[key] = group
        return _gateway_ip(group, line, words[1:])
    if what == "priority":
        group = port.groups.setdefault(key, VirtualGroup(protocol, number, line.ref))
        group.priority = None if line.negated or len(words) < 2 or not words[1].isdigit() else int(words[1])
        return line.negated or group.priority is not None
    return what in _GATEWAY_WORDS


_GATEWAY_WORDS = {
    "authentication", "bfd", "delay", "description", "follow", "forwarder", "load-balancing", "mac-address", "mac-refresh", "name",
    "preempt", "redirect", "redirects", "shutdown", "timers", "track", "use-bia", "version", "weighting", "client-cache",
}  # fmt: skip


def _gateway_ip(group: VirtualGroup, line: Line, words: list[str]) -> bool:
    if line.negated:
        group.ips = [item for item in group.ips if words and item[0] != ip(words[0])]
        return True
    value = ip(words[0]) if words else None
    if value is None or words[1:] not in ([], ["secondary"], ["primary"]):
        return not words  # without an address it is learnt from the other gateways
    group.ips.append((value, line.ref))
    return True


def gateway_address(state: State, line: Line) -> bool:
    """``address A [primary|secondary]`` in the view of a VRRPv3 group."""
    done = [_gateway_ip(group, line, line.args) for group in state.now.gateways]
    return all(done)


def gateway_priority(state: State, line: Line) -> bool:
    value = int(line.args[0]) if len(line.args) == 1 and line.args[0].isdigit() else None
    for group in state.now.gateways:
        group.priority = None if line.negated else value
    return line.negated or value is not None


def ospf(port: Port, line: Line) -> PortOspf:
    if port.ospf is None:
        port.ospf = PortOspf(line.ref)
    return port.ospf


def interfaces(state: State) -> tuple[Interface, ...]:
    switch = state.switch_marks > 0
    slotted = any(name.count("/") == 2 for name, port in state.ports.items() if port.kind == InterfaceKind.PHYSICAL)
    return tuple(_built(state, port, switch, slotted) for port in state.ports.values())


def _built(state: State, port: Port, switch: bool, slotted: bool) -> Interface:
    routed = bool(port.addresses or port.unnumbered or port.dynamic)
    flags = set(port.flags)
    if routed and port.kind not in {InterfaceKind.LOOPBACK, InterfaceKind.NULL}:
        flags |= {"proxy-arp", "redirects"} - port.off
    parent = port.name.partition(".")[0] if port.kind == InterfaceKind.SUBINTERFACE else None
    virtual = tuple(
        VirtualAddress(value, group.number, group.priority, "", ref) for group in port.groups.values() for value, ref in group.ips
    )
    return Interface(
        name=port.name,
        kind=_kind(port, switch, slotted),
        ref=port.ref,
        description=port.description,
        shutdown=port.shutdown,
        vrf=port.vrf,
        parent=parent,
        aggregate=port.aggregate,
        vlans=port.vlans,
        switching=switching(state, port, switch),
        addresses=tuple(port.addresses),
        unnumbered=port.unnumbered,
        dynamic_address=port.dynamic,
        virtual=virtual,
        filters_in=(port.filters_in,) if port.filters_in else (),
        filters_out=(port.filters_out,) if port.filters_out else (),
        policy_route=port.policy_route,
        urpf=port.urpf,
        urpf_default=port.urpf_default and port.urpf is not None,
        urpf_ref=port.urpf_ref,
        ospf=_ospf(port),
        mtu=port.mtu,
        ipv6=port.ipv6,
        flags=tuple(sorted(flags)),
    )


def _kind(port: Port, switch: bool, slotted: bool) -> InterfaceKind:
    """Out-of-band Ethernet: the one port without a slot on a modular router or switch, and 0/0 of a stackable switch."""
    alone = port.name in {"GigabitEthernet0", "FastEthernet0"} or (port.name == "GigabitEthernet0/0" and switch)
    if port.kind == InterfaceKind.PHYSICAL and slotted and alone and port.switchport is None and not port.layer2:
        return InterfaceKind.MANAGEMENT
    return port.kind


def _ospf(port: Port) -> OspfInterface | None:
    held = port.ospf
    if held is None:
        return None
    return OspfInterface(
        held.process, held.area, held.cost, held.network_type, held.authentication or "none", held.hello, held.dead, held.priority, None,
        held.ref,
    )  # fmt: skip
