"""LOG: logical isolation, between the outer network and the Internet, and between access units (plan §7.1.1, GB/T 22239-2019 8.1.3)."""

from __future__ import annotations

from collections.abc import Iterator

from isolation_checks.case import Case
from isolation_checks.reach.reach import Kind
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.ways import ASSUMED, NoExcess, deciding, known, receivers
from isolation_checks.snapshot import Action, DeviceConfig, Firewall, Ref
from isolation_checks.verdicts import Doubt, Finding, Outcome, Scope, Severity
from topology.facts import Role
from topology.i18n import T, Text

CONTROL = T("GB/T 22239-2019 8.1.3.2, access control")
BORDER = T("GB/T 22239-2019 8.1.3.1, border protection")
AT_THE_BORDER = (Role.EGRESS_FIREWALL, Role.EXIT_FIREWALL)


class AgencyToAgency(NoExcess):
    id = "LOG-AGENCY"
    title = T("Access units reach each other only as declared")
    description = T(
        "Over every route that VRFs, filters and policies allow, an agency, township or node gets no packet of another one that no flow "
        "declares. Answers have the shape of answers: swapped addresses and ports, TCP with ACK or RST."
    )
    source = (PLAN, CONTROL)
    kinds = (Kind.AGENCIES,)

    def subjects(self, case: Case) -> tuple[str, ...]:
        return receivers(case, self.kinds)


class AntiSpoofing(Rule):
    id = "LOG-SPOOF"
    title = T("Nobody gets in with a source address that is not its own")
    description = T(
        "At the first device that forwards for it, a party's packets are dropped unless their source lies in its own prefixes; from the "
        "Internet, packets that claim one of our addresses are dropped at the border. Without this no filter behind it can trust a source."
    )
    source = (BORDER,)
    severity = Severity.HIGH
    scope = Scope.ANY_ROUTE

    def check(self, case: Case) -> Outcome:
        findings = []
        for item in case.reach.spoofs:
            witness = case.witnesses.spoof(item)
            what = T("{source} gets {packet} into {device} by {interface}, with a source that is not its own", source=item.sender.name,
                     packet=witness.packet.text(), device=item.door.endpoint.device, interface=item.door.interface.name)  # fmt: skip
            fix = T("Let the filter or the reverse-path check on this interface pass the party's own prefixes only.")
            place = item.door.interface.ref
            findings.append(
                Finding(f"{item.door.endpoint.device}:{item.door.interface.name}", what, fix, (place, *deciding(witness)), witness)
            )
        subjects = tuple(sorted(sender.name for sender in case.reach.senders.all if sender.segments))
        return Outcome(subjects, tuple(findings), (), known(case, ASSUMED))


class ConfiguredFromTheNoc(Rule):
    id = "LOG-MANAGE"
    title = T("Devices are managed from their own realm's management centre only")
    description = T(
        "Every packet that can reach a service of a device (SSH, SNMP, NETCONF and whatever else it has switched on) at any of its "
        "addresses, past the filters on the way and those of the service, belongs to a flow that is declared towards the devices."
    )
    source = (PLAN, CONTROL)
    severity = Severity.HIGH
    scope = Scope.ANY_ROUTE

    def check(self, case: Case) -> Outcome:
        findings = []
        for item in case.reach.exposures:
            witness = case.witnesses.exposure(item)
            more = T("; {count} others can do the same", count=item.senders - 1) if item.senders > 1 else Text("")
            what = T("{source} reaches {service} of {device} with {packet}{more}", source=item.sender.name, service=item.service.name,
                     device=item.device, packet=witness.packet.text(), more=more)  # fmt: skip
            fix = T(
                "Admit the management centre only: in the filter of the service, in the filters on the way, or by switching the service "
                "off."
            )
            places = tuple(ref for ref in (item.service.ref, *(applied.ref for applied in item.service.filters)) if ref)
            findings.append(Finding(f"{item.device}:{item.service.name}", what, fix, (*places, *deciding(witness)), witness))
        return Outcome(tuple(sorted(case.reach.forwarders)), tuple(findings), (), known(case, ASSUMED))


class StatefulBorder(Rule):
    id = "LOG-STATEFUL"
    title = T("A stateful policy that denies by default stands between the outer network and the Internet")
    description = T(
        "Every firewall of the egress and of a retained exit keeps sessions, drops what no rule between two zones permits, and has no "
        "interface outside of its zones over which packets pass."
    )
    source = (PLAN, CONTROL)
    severity = Severity.CRITICAL
    scope = Scope.AS_WRITTEN

    def check(self, case: Case) -> Outcome:
        subjects = [device.name for device in case.facts.devices if device.role in AT_THE_BORDER and device.rendered]
        findings: list[Finding] = []
        doubts: list[Doubt] = []
        for name in subjects:
            config = case.configs.get(name)
            if config is None:
                doubts.append(Doubt(T("there is no config of {device}", device=name), None))
            else:
                findings += _border(name, config)
        return Outcome(tuple(subjects), tuple(findings), tuple(doubts))


def _border(name: str, config: DeviceConfig) -> Iterator[Finding]:
    if config.firewall is not None:
        yield from _zones(name, config, config.firewall)
        return
    chains = {item.name: item for item in config.filters}
    forward = [chains[hook.filter] for hook in config.hooks if hook.stage == "forward" and hook.filter in chains]
    closed = [chain for chain in forward if chain.default == Action.DENY]
    tracked = any(
        match.states and "established" in match.states for chain in config.filters for rule in chain.rules for match in rule.matches
    )
    if not closed or not tracked:
        place = forward[0].ref if forward else Ref(config.files[0] if config.files else name, 1)
        what = T("{device} has no stateful policy that drops by default what it forwards", device=name)
        yield Finding(name, what, T("Give it one: sessions, and drop as the default."), (place,))


def _zones(name: str, config: DeviceConfig, firewall: Firewall) -> Iterator[Finding]:
    place = (firewall.default_ref or firewall.zones[0].ref if firewall.zones else Ref(config.files[0], 1),)
    if firewall.between != Action.DENY:
        what = T("{device} lets through by default what no rule between two zones decides", device=name)
        yield Finding(name, what, T("Set the default action of the security policy to deny."), place)
    if firewall.unzoned != Action.DENY:
        what = T("{device} lets packets pass over interfaces that are in no zone", device=name)
        yield Finding(name, what, T("Put every interface into a zone and deny what has none."), place)
    stateless = [rule.rule for rule in firewall.rules if not rule.stateful and rule.rule.action == Action.PERMIT]
    if stateless:
        what = T("{device} passes packets without keeping a session: rule {rule}", device=name, rule=stateless[0].name or "–")
        yield Finding(name, what, T("Let the rule inspect sessions."), tuple(rule.ref for rule in stateless))
    members = {member.filter for zone in firewall.zones for member in zone.interfaces}
    for item in config.interfaces:
        if item.addresses and item.shutdown is None and item.name not in members and item.kind not in ("loopback", "null"):
            what = T("interface {interface} of {device} has an address and is in no zone", interface=item.name, device=name)
            yield Finding(f"{name}:{item.name}", what, T("Put the interface into its zone, or shut it."), (item.ref,))


RULES: tuple[type[Rule], ...] = (AgencyToAgency, AntiSpoofing, ConfiguredFromTheNoc, StatefulBorder)
