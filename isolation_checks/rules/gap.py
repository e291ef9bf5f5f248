"""GAP: gatekeepers move what is declared and approved, and forward nothing."""

from __future__ import annotations

from collections.abc import Iterator

from isolation_checks.approvals import why_invalid
from isolation_checks.case import Case
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.gap_forward import ForwardNothing
from isolation_checks.rules.gap_tasks import DeclaredChannels
from isolation_checks.rules.sides import REALMS, absent
from isolation_checks.rules.words import DIRECTION, LEVEL, ROLE, SIDE
from isolation_checks.verdicts import Doubt, Finding, Outcome, Scope, Severity
from topology.facts import Cable, Device, FerryChannel, Gatekeeper, Level, Medium, Realm, Role, Use
from topology.i18n import T, Text
from topology.origin import Origin

GATEKEEPER_STANDARD = T("GB/T 20279-2024")
SECRETS = T("Law on guarding state secrets")
APPROVAL_KIND = "channel"
_BOTH = (Realm.OUTER, Realm.INNER)


class ChannelOwner(Rule):
    id = "GAP-OWNER"
    title = T("Every channel of a gatekeeper has an owner and an approval that holds")
    description = T(
        "Every ferry channel names an organisation that owns it, what passes, and an approval of the kind channel that holds on the"
        " day. What may pass is listed, never everything."
    )
    source = (PLAN, GATEKEEPER_STANDARD)
    severity = Severity.HIGH
    scope = Scope.DECREED

    def check(self, case: Case) -> Outcome:
        owners = {organisation.slug for organisation in case.facts.organisations}
        findings = [finding for channel in case.facts.channels for finding in _decreed(case, channel, owners)]
        return Outcome(tuple(channel.id for channel in case.facts.channels), tuple(findings))


def _decreed(case: Case, channel: FerryChannel, owners: set[str]) -> Iterator[Finding]:
    if channel.owner not in owners:
        what = T("channel {channel} is owned by '{owner}', which is no organisation of the city", channel=channel.id, owner=channel.owner)
        yield _about(channel, what, T("name the organisation that answers for the channel"))
    why = why_invalid(case.approvals, channel.approval, APPROVAL_KIND, case.as_of)
    if why is not None:
        approval = case.approvals.get(channel.approval)
        what = T("channel {channel} is not approved: {why}", channel=channel.id, why=why)
        yield _about(channel, what, T("renew the approval, or close the channel"), *((approval.origin,) if approval else ()))
    if not channel.content.zh.strip() and not channel.content.en.strip():
        yield _about(channel, T("channel {channel} does not say what passes", channel=channel.id), T("say what passes"))
    if not channel.allow or any(not pattern.strip("*%.? ") for pattern in channel.allow):
        what = T("channel {channel} lets everything pass", channel=channel.id)
        yield _about(channel, what, T("list the files, tables or domains that may pass"))


def _about(channel: FerryChannel, what: Text, fix: Text, *places: Origin) -> Finding:
    return Finding(channel.id, what, fix, (channel.origin, *places))


class Levels(Rule):
    id = "GAP-LEVEL"
    title = T("Nothing flows from a higher to a lower level")
    description = T(
        "No channel of a gatekeeper moves secret data to or through the outer network, nor data of a higher level than the party that"
        " receives it may hold. No declared flow is of a higher level than the party that it leads to."
    )
    source = (PLAN, SECRETS)
    severity = Severity.CRITICAL
    scope = Scope.DECREED

    def check(self, case: Case) -> Outcome:
        findings: list[Finding] = []
        doubts: list[Doubt] = []
        for channel in case.facts.channels:
            if channel.level is Level.SECRET:
                what = T(
                    "channel {channel} holds secret data on the outer network ({direction})",
                    channel=channel.id,
                    direction=DIRECTION.get(channel.direction, channel.direction),
                )
                findings.append(_about(channel, what, T("secret data stays on the inner network: close the channel")))
            held = _receiver(case, channel)
            if isinstance(held, Doubt):
                doubts.append(held)
            elif channel.level.rank > held.rank:
                what = T(
                    "channel {channel} moves {level} data to servers of the level {held}",
                    channel=channel.id,
                    level=LEVEL[channel.level],
                    held=LEVEL[held],
                )
                findings.append(_about(channel, what, T("lower the level of the content, or deliver it to servers that may hold it")))
        for flow in case.facts.flows:
            party = case.parties.get(flow.to)
            if party is None:
                doubts.append(Doubt(T("flow {flow} leads to {party}, which is recorded nowhere", flow=flow.id, party=flow.to), flow.origin))
            elif flow.level.rank > party.level.rank:
                what = T(
                    "flow {flow} of the level {level} leads to {party} of the level {held}",
                    flow=flow.id,
                    level=LEVEL[flow.level],
                    party=party.id,
                    held=LEVEL[party.level],
                )
                fix = T("lower the level of the flow, or lead it to a party that may hold it")
                findings.append(Finding(flow.id, what, fix, (flow.origin, party.origin)))
        subjects = (*(channel.id for channel in case.facts.channels), *(flow.id for flow in case.facts.flows))
        return Outcome(subjects, tuple(findings), (*doubts, *absent(case, *_BOTH)))


def _receiver(case: Case, channel: FerryChannel) -> Level | Doubt:
    """The level that the servers may hold to which a channel delivers."""
    outward = channel.direction == "inner-to-outer"
    realm, role, address = (Realm.OUTER, channel.outer_role, channel.outer) if outward else (Realm.INNER, channel.inner_role, channel.inner)
    for host in case.facts.hosts:
        party = case.parties.get(host.party)
        if party and (host.service, host.role, host.address, party.realm) == (channel.service, role, address, realm):
            return party.level
    return Doubt(
        T("nobody knows the server in {realm} that channel {channel} delivers to", realm=REALMS[realm], channel=channel.id), channel.origin
    )


class Units(Rule):
    id = "GAP-UNIT"
    title = T("A gatekeeper is one enclosure with an outer and an inner host unit and an arc between them")
    description = T(
        "Each gatekeeper has one host unit on each network. Both are in one enclosure that holds nothing else, so that they fail as"
        " one; exactly one exchange arc, in the enclosure's own backplane, joins them, and no cable does. Neither passes packets"
        " without power. Every host unit belongs to a gatekeeper."
    )
    source = (PLAN, GATEKEEPER_STANDARD)
    severity = Severity.CRITICAL
    scope = Scope.PHYSICAL

    def check(self, case: Case) -> Outcome:
        findings: list[Finding] = []
        doubts: list[Doubt] = []
        owned: list[str] = []
        for gatekeeper in case.facts.gatekeepers:
            names = {Realm.OUTER: gatekeeper.outer_unit, Realm.INNER: gatekeeper.inner_unit}
            present: list[Device] = []
            for realm, name in names.items():
                device = case.devices.get(name) if name else None
                owned += [name] if name else []
                if device is not None:
                    present.append(device)
                    findings += _unit(gatekeeper, realm, device)
                elif not case.present(realm):
                    what = T("the {side} unit of gatekeeper {gatekeeper} is not here", side=SIDE[realm], gatekeeper=gatekeeper.slug)
                    doubts.append(Doubt(what, gatekeeper.origin))
                else:
                    what = T("gatekeeper {gatekeeper} has no {side} unit", gatekeeper=gatekeeper.slug, side=SIDE[realm])
                    findings.append(_wrong(gatekeeper, what))
            if len(present) == 2:
                findings += _pair(case, gatekeeper, present[0], present[1])
        findings += _homeless(case, owned)
        return Outcome(tuple(gatekeeper.slug for gatekeeper in case.facts.gatekeepers), tuple(findings), tuple(doubts))


def _wrong(gatekeeper: Gatekeeper, what: Text, *places: Origin) -> Finding:
    fix = T("build the gatekeeper as one enclosure: two host units and the exchange arc between them")
    return Finding(gatekeeper.slug, what, fix, (gatekeeper.origin, *places))


def _unit(gatekeeper: Gatekeeper, realm: Realm, device: Device) -> Iterator[Finding]:
    if device.role is not Role.HOST_UNIT or device.realm is not realm:
        what = T(
            "the {side} unit of gatekeeper {gatekeeper} is {device}, with the role {role} in {realm}",
            side=SIDE[realm],
            gatekeeper=gatekeeper.slug,
            device=device.name,
            role=ROLE[device.role],
            realm=REALMS[device.realm],
        )
        yield _wrong(gatekeeper, what, device.origin)
    if device.model.fail_open:
        what = T("host unit {device} passes packets without power", device=device.name)
        yield _wrong(gatekeeper, what, device.origin)


def _pair(case: Case, gatekeeper: Gatekeeper, outer: Device, inner: Device) -> Iterator[Finding]:
    if outer.enclosure != inner.enclosure:
        what = T(
            "the units of gatekeeper {gatekeeper} are in two enclosures: {a} and {b}",
            gatekeeper=gatekeeper.slug,
            a=outer.enclosure,
            b=inner.enclosure,
        )
        yield _wrong(gatekeeper, what, outer.origin, inner.origin)
    others = [
        device for device in case.facts.devices if device.enclosure in (outer.enclosure, inner.enclosure) and device not in (outer, inner)
    ]
    if others:
        names = ", ".join(device.name for device in others)
        what = T("the enclosure of gatekeeper {gatekeeper} also holds {names}", gatekeeper=gatekeeper.slug, names=names)
        yield _wrong(gatekeeper, what, *(device.origin for device in others))
    between = [cable for cable in case.facts.cables if {cable.a.device, cable.b.device} == {outer.name, inner.name}]
    arcs = [cable for cable in between if _is_arc(cable)]
    if len(arcs) != 1:
        what = T("gatekeeper {gatekeeper} has {count} exchange arcs, not one", gatekeeper=gatekeeper.slug, count=len(arcs))
        yield _wrong(gatekeeper, what, *(cable.origin for cable in arcs))
    for cable in between:
        if not _is_arc(cable):
            what = T("cable {id} joins the units of gatekeeper {gatekeeper} past the exchange arc", id=cable.id, gatekeeper=gatekeeper.slug)
            yield _wrong(gatekeeper, what, cable.origin)


def _is_arc(cable: Cable) -> bool:
    return cable.use is Use.ARC and cable.medium is Medium.BACKPLANE


def _homeless(case: Case, owned: list[str]) -> Iterator[Finding]:
    """Host units of no gatekeeper, or of more than one; arcs elsewhere than between two units."""
    for device in case.facts.devices:
        if device.role is Role.HOST_UNIT and owned.count(device.name) != 1:
            what = T("host unit {device} belongs to {count} gatekeepers", device=device.name, count=owned.count(device.name))
            yield Finding(device.name, what, T("record the gatekeeper that it is one half of"), (device.origin,))
    pairs = {frozenset((gatekeeper.outer_unit, gatekeeper.inner_unit)) for gatekeeper in case.facts.gatekeepers}
    for cable in case.facts.cables:
        if cable.use is Use.ARC and frozenset((cable.a.device, cable.b.device)) not in pairs:
            what = T("{id} is recorded as an exchange arc and joins no two units of one gatekeeper", id=cable.id)
            yield Finding(cable.id, what, T("record it as the cable that it is"), (cable.origin,))


RULES: tuple[type[Rule], ...] = (DeclaredChannels, ForwardNothing, ChannelOwner, Levels, Units)
