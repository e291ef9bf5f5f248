"""Small networks for tests of the reachability proof: facts and configs by hand, and a slow oracle that floods single packets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from isolation_checks.case import Case
from isolation_checks.packets.fields import Packet
from isolation_checks.snapshot import (
    Action,
    Applied,
    DestinationNat,
    DeviceConfig,
    Filter,
    Firewall,
    Hook,
    Interface,
    InterfaceAddress,
    InterfaceKind,
    Match,
    PolicyRule,
    Ref,
    Rule,
    Snapshot,
    SourceNat,
    Ternary,
    Zone,
)
from topology import facts as f
from topology.origin import Origin

HERE = Origin("city.yaml", 1, 1)
NAME = f.Name("名", "name")
ANY = Match()


def ip(text: str) -> int:
    return int(IPv4Address(text))


def net(text: str) -> Ternary:
    network = IPv4Network(text)
    return Ternary(int(network.network_address), int(network.netmask))


def rule(action: Action, number: int, *matches: Match) -> Rule:
    return Rule(action, matches or (ANY,), Ref("x.cfg", number), str(number))


def filtered(name: str, rules: Iterable[Rule], default: Action = Action.DENY) -> Filter:
    return Filter(name, "acl", tuple(rules), default, Ref("x.cfg", 1))


def chain(name: str, rules: Iterable[Rule], default: Action = Action.DENY) -> Filter:
    return Filter(name, "chain", tuple(rules), default, Ref("x.cfg", 1))


def hook(stage: str, name: str, priority: int = 0) -> Hook:
    return Hook(stage, priority, name, Ref("x.cfg", 2))


@dataclass
class Network:
    """Collects devices, cables and parties. Ports are p1, p2, … in the order of use."""

    configs: dict[str, DeviceConfig] = field(default_factory=dict)
    cables: list[f.Cable] = field(default_factory=list)
    circuits: list[f.Circuit] = field(default_factory=list)
    parties: list[f.Party] = field(default_factory=list)
    peers: list[f.Peer] = field(default_factory=list)
    flows: list[f.Flow] = field(default_factory=list)
    exits: list[f.RetainedExit] = field(default_factory=list)
    roles: dict[str, f.Role] = field(default_factory=dict)

    def device(self, name: str, *filters: Filter, role: f.Role = f.Role.CORE, **fields: Any) -> None:
        self.configs[name] = replace(DeviceConfig(name, name, "huawei_vrp", (f"{name}.cfg",), filters=filters), **fields)
        self.roles[name] = role

    def port(self, device: str, address: str = "", into: str = "", out: str = "", **fields: Any) -> f.Attachment:
        config = self.configs[device]
        number = len(config.interfaces) + 1
        host, _, length = address.partition("/")
        item = Interface(
            f"p{number}",
            InterfaceKind.PHYSICAL,
            Ref(f"{device}.cfg", number),
            addresses=(InterfaceAddress(ip(host), int(length), Ref(f"{device}.cfg", number)),) if address else (),
            filters_in=(Applied(into, Ref(f"{device}.cfg", number)),) if into else (),
            filters_out=(Applied(out, Ref(f"{device}.cfg", number)),) if out else (),
        )
        self.configs[device] = replace(config, interfaces=(*config.interfaces, replace(item, **fields)))
        return f.Attachment(device, item.name)

    def interface(self, device: str, name: str, kind: InterfaceKind, address: str = "", **fields: Any) -> f.Attachment:
        """An interface that is no numbered port: a subinterface, an SVI, an aggregate."""
        at = self.port(device, address, **fields)
        config = self.configs[device]
        named = replace(config.interfaces[-1], name=name, kind=kind)
        self.configs[device] = replace(config, interfaces=(*config.interfaces[:-1], named))
        return f.Attachment(at.device, name)

    def circuit(self, a: f.Attachment, b: f.Attachment) -> None:
        number = f"circuit{len(self.circuits)}"
        self.circuits.append(
            f.Circuit(number, f.Realm.OUTER, "telecom", number, f.Medium.FIBRE, None, 100, (), a, b, None, None, None, f.Survey(), HERE)
        )

    def exit(self, party: str, device: str, peer: str) -> None:
        self.exits.append(f.RetainedExit(f"exit{len(self.exits)}", party, device, peer, "approval", HERE))

    def link(self, a: f.Attachment, b: f.Attachment, realm: f.Realm = f.Realm.OUTER) -> None:
        self.cables.append(f.Cable(f"c{len(self.cables)}", realm, f.Use.ROUTED, f.Medium.FIBRE, a, b, f.Survey(), HERE))

    def party(self, name: str, prefix: str, *at: f.Attachment, kind: f.PartyKind = f.PartyKind.AGENCY, realm: f.Realm = f.Realm.OUTER,
              vrf: str | None = None) -> str:  # fmt: skip
        prefixes = (IPv4Network(prefix),)
        party = f.Party(
            name, kind, realm, vrf, NAME, None, f.Tier.MUNICIPAL, prefixes, at, (), None, f.Level.INTERNAL, 1, "connected", HERE
        )
        self.parties.append(party)
        return name

    def internet(self, at: f.Attachment, slug: str = "isp", public: str = "203.0.113.0/24") -> None:
        if not self.peers:
            self.party("internet", "0.0.0.0/0", kind=f.PartyKind.INTERNET, realm=f.Realm.INTERNET)
        blocks = (IPv4Network(public),) if public else ()
        self.peers.append(f.Peer(slug, f.Realm.INTERNET, "isp", NAME, 64500, (IPv4Network("0.0.0.0/0"),), blocks, HERE))
        self.circuits.append(
            f.Circuit(slug, f.Realm.OUTER, "telecom", slug, f.Medium.FIBRE, None, 100, (), at, None, slug, None, None, f.Survey(), HERE)
        )

    def flow(self, source: str, to: str, protocol: str = "tcp", *ports: int) -> None:
        spans = tuple(f.PortRange(port, port) for port in ports)
        number = f"flow{len(self.flows)}"
        self.flows.append(f.Flow(number, f.Realm.OUTER, None, "s", "r", protocol, spans, (source,), (), to, (), f.Level.INTERNAL, (), HERE))

    def case(self) -> Case:
        model = f.Model("m", "m", "huawei_vrp", (), switching=False)
        devices = tuple(
            f.Device(
                name,
                "municipal",
                f.Realm.OUTER,
                f.Tier.MUNICIPAL,
                self.roles[name],
                model,
                1,
                "inband",
                True,
                True,
                name,
                None,
                None,
                f.Survey(),
                HERE,
            )
            for name in self.configs
        )
        policy = f.Policy((), (), (), 2006, (), HERE)
        facts = f.Facts("city", NAME, (f.Realm.OUTER,), (), (), (), (), policy, (), devices, tuple(self.cables), tuple(self.circuits),
                        tuple(self.peers), tuple(self.parties), (), tuple(self.flows), (), (), (), (), tuple(self.exits))  # fmt: skip
        return Case(facts, Snapshot(tuple(self.configs.values())), date(2026, 12, 1))


def firewall(zones: dict[str, list[str]], *rules: tuple[Action, str | None, str | None, Match]) -> Firewall:
    here = Ref("fw.cfg", 1)
    return Firewall(
        tuple(Zone(name, None, tuple(Applied(member, here) for member in members), here) for name, members in zones.items()),
        tuple(
            PolicyRule(rule(action, number, match), (source,) if source else None, (target,) if target else None)
            for number, (action, source, target, match) in enumerate(rules, 10)
        ),
        Action.DENY,
        Action.PERMIT,
        Action.DENY,
        Action.PERMIT,
        Action.DENY,
        None,
    )


def translated(name: str, source: str, to: str) -> SourceNat:
    """Source ``source`` becomes the one address ``to``, ports kept."""
    return SourceNat(
        name, "translate", (Match(src=(net(source),)),), None, None, None, ((ip(to), ip(to)),), False, False, False, Ref("fw.cfg", 2)
    )


def served(name: str, public: str, inside: str) -> DestinationNat:
    return DestinationNat(
        name,
        (Match(dst=(net(f"{public}/32"),)),),
        None,
        ("outside",),
        (ip(inside), ip(inside)),
        None,
        False,
        False,
        False,
        Ref("fw.cfg", 3),
    )


# -------------------------------------------------------------------------------------------------------------- the oracle


def flood(case: Case, packets: Iterable[Packet]) -> dict[int, set[tuple[int, Packet]]]:
    """By segment, every (label, packet) that comes there, if every sender sends each of ``packets``; sessions and translations included.

    Written from the definitions, with single packets and repeated passes over everything until nothing new comes.
    """
    reach = case.reach
    at: dict[int, set[tuple[int, Packet]]] = {segment.number: set() for segment in reach.layer2.segments}
    sessions: dict[tuple[str, str, str], set[tuple[Packet, Packet]]] = {}
    for sender in reach.senders.all:
        for segment in sender.segments:
            at[segment] |= {(sender.label, packet) for packet in packets}
    before = -1
    while before != (before := sum(map(len, at.values())) + sum(map(len, sessions.values()))):
        for name, forwarder in reach.forwarders.items():
            config = forwarder.config
            zone = {member.filter: item.name for item in config.firewall.zones for member in item.interfaces} if config.firewall else {}
            for inward in forwarder.doors:
                for label, packet in list(at[inward.segment]):
                    if not _allowed(config, inward.interface.filters_in, packet):
                        continue
                    for outward in forwarder.doors:
                        ends = inward.interface.name, outward.interface.name
                        pair = name, zone.get(ends[0], ends[0]), zone.get(ends[1], ends[1])
                        if outward.vrf in _led(config, inward.vrf):
                            for new in _new(config, pair[1], pair[2], packet):
                                if any(_forwards(config, new, (*ends, state)) for state in ("new", "invalid")):
                                    sessions.setdefault(pair, set()).add((packet, new))
                                    if _allowed(config, outward.interface.filters_out, new):
                                        at[outward.segment].add((label, new))
                        if config.firewall or any(
                            match.states for item in config.filters for entry in item.rules for match in entry.matches
                        ):
                            for original, changed in sessions.get((name, pair[2], pair[1]), ()):
                                if _mirror(packet) and (packet.src, packet.dst, packet.sport, packet.dport, packet.protocol) == (
                                    changed.dst, changed.src, changed.dport, changed.sport, changed.protocol,
                                ):  # fmt: skip
                                    back = packet._replace(src=original.dst, dst=original.src, sport=original.dport, dport=original.sport)
                                    passes = _forwards(config, back, (*ends, "established"))
                                    if passes and _allowed(config, outward.interface.filters_out, back):
                                        at[outward.segment].add((label, back))
    return at


def _led(config: DeviceConfig, vrf: str) -> set[str]:
    found = {vrf}
    for _ in config.leaks:
        found |= {leak.target for leak in config.leaks if leak.source in found}
    return found


def _forwards(config: DeviceConfig, packet: Packet, place: tuple[str, str, str]) -> bool:
    """Whether the forward chains of a host take a packet: in interface, out interface, state of connection tracking."""
    return all(_decides(config, item.filter, packet, place) for item in config.hooks if item.stage == "forward")


def _mirror(packet: Packet) -> bool:
    return packet.protocol != 6 or bool(packet.flags & (16 | 4))


def _new(config: DeviceConfig, source: str, target: str, packet: Packet) -> list[Packet]:
    for nat in config.destination_nat:
        if (nat.from_zones is None or source in nat.from_zones) and any(_fits(match, packet) for match in nat.matches):
            packet = packet._replace(dst=nat.inside[0])
            break
    if config.firewall and not _passes(config.firewall, source, target, packet):
        return []
    for item in config.source_nat:
        if any(_fits(match, packet) for match in item.matches):
            return [packet._replace(src=item.pool[0][0])]
    return [packet]


def _passes(policy: Firewall, source: str, target: str, packet: Packet) -> bool:
    if source == target:
        return policy.within == Action.PERMIT
    for entry in policy.rules:
        zones = (entry.from_zones is None or source in entry.from_zones) and (entry.to_zones is None or target in entry.to_zones)
        if zones and any(_fits(match, packet) for match in entry.rule.matches):
            return entry.rule.action == Action.PERMIT
    return policy.between == Action.PERMIT


def _allowed(config: DeviceConfig, applied: tuple[Applied, ...], packet: Packet) -> bool:
    return all(_decides(config, reference.filter, packet, None) for reference in applied)


def _decides(config: DeviceConfig, name: str, packet: Packet, place: tuple[str, str, str] | None) -> bool:
    found = next((item for item in config.filters if item.name == name), None)
    if found is None:
        return True
    for entry in found.rules:
        if any(_fits(match, packet) and (place is None or _there(match, place)) for match in entry.matches):
            return entry.action == Action.PERMIT
    return found.default == Action.PERMIT


def _there(match: Match, place: tuple[str, str, str]) -> bool:
    came, went, state = place
    return (
        (match.in_interfaces is None or (came in match.in_interfaces.names) is not match.in_interfaces.negated)
        and (match.out_interfaces is None or (went in match.out_interfaces.names) is not match.out_interfaces.negated)
        and (match.states is None or state in match.states)
    )


def _fits(match: Match, packet: Packet) -> bool:
    return (
        (match.src is None or any(packet.src & t.mask == t.value for t in match.src))
        and (match.dst is None or any(packet.dst & t.mask == t.value for t in match.dst))
        and (match.protocols is None or any(a <= packet.protocol <= b for a, b in match.protocols))
        and (match.sports is None or any(a <= packet.sport <= b for a, b in match.sports))
        and (match.dports is None or any(a <= packet.dport <= b for a, b in match.dports))
        and (match.flags is None or any(packet.flags & mask == value for mask, value in match.flags))
    )
