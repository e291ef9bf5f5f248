"""Small networks for tests of the reachability proof: facts and configs by hand, and a slow oracle that floods single packets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from ipaddress import IPv4Address, IPv4Network

from isolation_checks.case import Case
from isolation_checks.packets.fields import Packet
from isolation_checks.snapshot import (
    Action,
    Applied,
    DestinationNat,
    DeviceConfig,
    Filter,
    Firewall,
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

    def device(self, name: str, *filters: Filter, role: f.Role = f.Role.CORE, **fields: object) -> None:
        self.configs[name] = replace(DeviceConfig(name, name, "huawei_vrp", (f"{name}.cfg",), filters=filters), **fields)  # type: ignore[arg-type]
        self.roles[name] = role

    def port(self, device: str, address: str = "", into: str = "", out: str = "", **fields: object) -> f.Attachment:
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
        self.configs[device] = replace(config, interfaces=(*config.interfaces, replace(item, **fields)))  # type: ignore[arg-type]
        return f.Attachment(device, item.name)

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
            )  # fmt: skip
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
                        if outward.vrf != inward.vrf:
                            continue
                        pair = name, zone.get(inward.interface.name, ""), zone.get(outward.interface.name, "")
                        for new in _new(config, pair[1], pair[2], packet):
                            sessions.setdefault(pair, set()).add((packet, new))
                            if _allowed(config, outward.interface.filters_out, new):
                                at[outward.segment].add((label, new))
                        if config.firewall:
                            for original, changed in sessions.get((name, pair[2], pair[1]), ()):
                                if _mirror(packet) and (packet.src, packet.dst, packet.sport, packet.dport, packet.protocol) == (
                                    changed.dst, changed.src, changed.dport, changed.sport, changed.protocol,
                                ):  # fmt: skip
                                    back = packet._replace(src=original.dst, dst=original.src, sport=original.dport, dport=original.sport)
                                    if _allowed(config, outward.interface.filters_out, back):
                                        at[outward.segment].add((label, back))
    return at


def _mirror(packet: Packet) -> bool:
    return packet.protocol != 6 or bool(packet.flags & (16 | 4))


def _new(config: DeviceConfig, source: str, target: str, packet: Packet) -> list[Packet]:
    for nat in config.destination_nat:
        if nat.from_zones is None or source in nat.from_zones:
            if any(_fits(match, packet) for match in nat.matches):
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
        if (entry.from_zones is None or source in entry.from_zones) and (entry.to_zones is None or target in entry.to_zones):
            if any(_fits(match, packet) for match in entry.rule.matches):
                return entry.rule.action == Action.PERMIT
    return policy.between == Action.PERMIT


def _allowed(config: DeviceConfig, applied: tuple[Applied, ...], packet: Packet) -> bool:
    for reference in applied:
        found = next((item for item in config.filters if item.name == reference.filter), None)
        if found is None:
            continue
        for entry in found.rules:
            if any(_fits(match, packet) for match in entry.matches):
                if entry.action == Action.DENY:
                    return False
                break
        else:
            if found.default == Action.DENY:
                return False
    return True


def _fits(match: Match, packet: Packet) -> bool:
    return (
        (match.src is None or any(packet.src & t.mask == t.value for t in match.src))
        and (match.dst is None or any(packet.dst & t.mask == t.value for t in match.dst))
        and (match.protocols is None or any(a <= packet.protocol <= b for a, b in match.protocols))
        and (match.sports is None or any(a <= packet.sport <= b for a, b in match.sports))
        and (match.dports is None or any(a <= packet.dport <= b for a, b in match.dports))
        and (match.flags is None or any(packet.flags & mask == value for mask, value in match.flags))
    )
