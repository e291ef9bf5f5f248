"""What plugs into a device, and who may talk routing to it."""

from __future__ import annotations

from collections.abc import Iterator

from isolation_checks.case import Case
from isolation_checks.reading.values import ip
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.hard_base import BORDER, TRANSIT, DeviceRule, Fault, fault
from isolation_checks.snapshot import DeviceConfig, FeatureKind, Interface, InterfaceKind, OspfArea, OspfProcess, Ref
from isolation_checks.verdicts import Doubt, Finding, Outcome, Place, Scope, Severity
from topology.facts import Device
from topology.i18n import T, Text

NO_AUTHENTICATION = frozenset({"", "none", "null"})
CLEAR_TEXT = frozenset({"simple"})
KEYED = frozenset({"md5", "hmac-md5", "message-digest", "keychain", "key-chain", "cryptographic"})

_NO_NEIGHBOUR = (InterfaceKind.LOOPBACK, InterfaceKind.NULL)


class Port(Rule):
    id = "HARD-PORT"
    title = T("Ports that nothing is plugged into are shut")
    description = T(
        "Every port of a chassis that no cable, circuit or attachment in the records uses is shut. A violation is a socket that anybody "
        "can plug into."
    )
    source = (BORDER, PLAN)
    severity = Severity.MEDIUM
    scope = Scope.AS_WRITTEN

    def check(self, case: Case) -> Outcome:
        subjects = tuple(device.name for device in case.facts.devices if device.rendered and device.name in case.configs)
        findings, doubts = [], []
        for port in case.live_ports:
            if port.certain:
                what = T("nothing is recorded at {port}, and it is up: {why}", port=port.port, why=port.why)
                findings.append(_open(port.device, port.port, what, port.place))
            else:
                what = T("whether {device} {port} is up is not known: {why}", device=port.device, port=port.port, why=port.why)
                doubts.append(Doubt(what, port.place))
        return Outcome(subjects, tuple(findings), tuple(doubts))


def _open(device: str, port: str, what: Text, place: Place) -> Finding:
    return fault(f"{device}:{port}", what, T("shut {port}, or record what is plugged into it", port=port), place)


class Ipv6(DeviceRule):
    id = "HARD-IPV6"
    title = T("IPv6 is off")
    description = T(
        "No line turns IPv6 on. Isolation is decreed, filtered and proved for IPv4; a violation opens a second network beside it that no "
        "filter here looks at."
    )
    source = (PLAN, BORDER)
    severity = Severity.HIGH
    bare = True

    def look(self, _case: Case, device: Device, config: DeviceConfig) -> Iterator[Fault]:
        lines: dict[Ref, Text] = {}
        for item in config.interfaces:
            if item.ipv6 is not None:
                lines.setdefault(item.ipv6, T("IPv6 is on at {interface}", interface=item.name))
        for feature in config.features:
            if feature.kind == FeatureKind.IPV6:
                lines.setdefault(feature.ref, T("IPv6 is on: {line}", line=feature.detail))
        for ref in sorted(lines):
            yield fault(device.name, lines[ref], T("remove the line"), ref)


class RoutingAuthentication(DeviceRule):
    id = "HARD-ROUTING-AUTH"
    title = T("Routing neighbours authenticate each other")
    description = T(
        "Every interface on which OSPF looks for neighbours, and every BGP peer, uses a key. Passive interfaces and loopbacks have no "
        "neighbours. A violation lets a stranger's device announce routes, and so draw packets to itself."
    )
    source = (TRANSIT,)
    severity = Severity.HIGH

    def concerns(self, _device: Device, config: DeviceConfig) -> bool:
        return bool(config.ospf or config.bgp)

    def look(self, _case: Case, device: Device, config: DeviceConfig) -> Iterator[Fault]:
        for item in config.interfaces:
            for process in config.ospf:
                if (
                    item.shutdown is None
                    and item.kind not in _NO_NEIGHBOUR
                    and (area := _area(process, item))
                    and not _passive(process, item)
                ):
                    yield from self._ospf(device, item, area)
                    break
        for bgp in config.bgp:
            for peer in bgp.neighbors:
                if peer.password or peer.shutdown or not (ip(peer.address) is not None or set(peer.address) & {":", "/"}):
                    continue  # what is no address is the name of a group
                what = T("BGP peer {peer} is not authenticated", peer=peer.address)
                yield fault(f"{device.name}:{peer.address}", what, T("set a password with the peer"), peer.ref)

    def _ospf(self, device: Device, item: Interface, area: OspfArea | None) -> Iterator[Fault]:
        own = item.ospf.authentication if item.ospf else ""
        kind = own if own not in NO_AUTHENTICATION or area is None else area.authentication
        place = item.ospf.ref if item.ospf else item.ref
        subject = f"{device.name}:{item.name}"
        if kind in NO_AUTHENTICATION:
            what = T("OSPF on {interface} does not authenticate its neighbours", interface=item.name)
            yield fault(subject, what, T("set a key on the interface, or make it passive"), place)
        elif kind in CLEAR_TEXT:
            what = T("OSPF on {interface} sends its password in clear text", interface=item.name)
            yield fault(subject, what, T("use a keyed hash"), place)
        elif kind not in KEYED and not kind.startswith(("hmac-", "sha")):
            what = T(
                "how OSPF authenticates on {interface} of {device} is not known: {kind}", interface=item.name, device=device.name, kind=kind
            )
            yield Doubt(what, place)


def _area(process: OspfProcess, item: Interface) -> OspfArea | None:
    """The area in which a process runs on an interface, or None where it does not run there."""
    by_interface = item.ospf is not None and (item.ospf.process == process.id or (item.ospf.process is None and item.ospf.area is not None))
    if by_interface and item.ospf is not None:
        named = next((area for area in process.areas if area.id == item.ospf.area), None)
        return named or OspfArea(item.ospf.area or "", "normal", (), (), "", item.ospf.ref)
    if item.vrf != process.vrf:
        return None
    for area in process.areas:
        for network, _ in area.networks:
            if any(address.ip & network.mask == network.value for address in item.addresses):
                return area
    return None


def _passive(process: OspfProcess, item: Interface) -> bool:
    if item.ospf is not None and item.ospf.passive is not None:
        return item.ospf.passive
    if process.passive_default:
        return item.name not in process.active
    return item.name in process.passive
