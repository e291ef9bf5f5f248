"""What is decreed besides the network itself: organisations, approvals, policy, verticals, retained exits, gatekeepers, channels."""

from __future__ import annotations

from datetime import date
from typing import Any

from topology import facts
from topology.build.allocation import host
from topology.build.context import Build
from topology.build.lans import party_id
from topology.build.selectors import select
from topology.build.servers import FIRST_SERVER, add_server, by_protocol, hosts_of, is_placed, zones_of
from topology.build.standing_flows import manage_host
from topology.facts import FerryChannel, Flow, Gatekeeper, Level, Publication, Realm
from topology.i18n import T
from topology.intent.common import ApprovalIntent, name_of
from topology.intent.document import ChannelIntent
from topology.intent.services import ServiceChannelIntent
from topology.inventory import RealmIntent


def approvals(build: Build) -> dict[str, ApprovalIntent]:
    """All approvals by slug, of the common files and of each side."""
    found = dict(build.intent.common.approvals)
    for side in build.intent.realms:
        for slug, approval in side.document.approvals.items():
            if slug in found:
                build.problem(
                    approval.origin,
                    T("there are two approvals '{slug}', the other is at {place}", slug=slug, place=str(found[slug].origin)),
                    T("a slug of its own"),
                    T("rename one of the two"),
                )
            found[slug] = approval
    for slug, approval in found.items():
        if approval.by not in build.intent.common.organisations:
            build.unknown(approval.at("by"), T("organisation"), approval.by, build.intent.common.organisations)
        if approval.expires <= approval.granted:
            build.problem(
                approval.at("expires"),
                T("the approval '{slug}' ends before it begins", slug=slug),
                T("a date after {granted}", granted=str(approval.granted)),
                T("correct one of the two dates"),
            )
    return found


def need_approval(build: Build, slug: str | None, kind: str, owner: Any, field: str) -> str:
    """The approval that something rests on; it must exist and be of the right kind. Expiry is a finding of the proof, not of this."""
    known = build.approvals
    if slug is None:
        build.problem(
            owner.origin,
            T("an approval is missing here"),
            T("approval: of kind {kind}", kind=kind),
            T("name one of 'approvals', or add it there"),
        )
    elif slug not in known:
        build.unknown(owner.at(field), T("approval"), slug, known)
    elif known[slug].kind != kind:
        build.problem(
            owner.at(field),
            T("the approval '{slug}' is of kind {kind}", slug=slug, kind=known[slug].kind),
            T("one of kind {kind}", kind=kind),
            T("name another approval"),
        )
    return slug or "?"


def _operator_checks(build: Build) -> None:
    for side, placements in [(None, build.intent.common.placements), *((side, side.document.placements) for side in build.intent.realms)]:
        for placement in placements.values():
            where = build.side(placement.realm) if side is None else side
            if where is None or where.municipal is None:
                continue
            known = {agency.slug for agency in where.municipal.agencies} | set(build.intent.common.organisations)
            if placement.operator not in known:
                build.unknown(placement.at("operator"), T("agency or organisation"), placement.operator, known)


def verticals(build: Build) -> tuple[facts.VerticalNetwork, ...]:
    """The departmental vertical networks; flows of those merged as `vrf` come from the servers that their owner names."""
    found = []
    for side in build.intent.realms:
        municipal = side.municipal
        for slug, vertical in side.document.verticals.items():
            owner = party_id(side.realm, municipal.slug, vertical.owner)
            if owner not in build.parties:
                known = [agency.slug for agency in municipal.agencies]
                build.unknown(vertical.at("owner"), T("agency"), vertical.owner, known, known)
            if (vertical.state == "merged") != (vertical.mode is not None):
                build.problem(
                    vertical.at("state"),
                    T("the vertical '{slug}' is {state}", slug=slug, state=vertical.state),
                    T("mode: flows or vrf where it is merged, and no mode where it is not"),
                    T("add or delete 'mode'"),
                )
            approval = (
                need_approval(build, vertical.approval, "retained-vertical", vertical, "approval")
                if vertical.state == "retained"
                else vertical.approval
            )
            members = [party.id for party in build.parties.values() if party.vrf == slug and party.realm is side.realm]
            for index, selector in enumerate(vertical.members):
                if not selector.startswith("vertical:"):
                    members += select(build, side.realm, selector, vertical.at("members", index))
                else:
                    build.problem(
                        vertical.at("members", index), T("a vertical network is no member of another"), T("agencies"), T("list its members")
                    )
            for index, service in enumerate(vertical.services):
                if service not in build.services:
                    build.unknown(vertical.at("services", index), T("service"), service, build.services)
            if vertical.mode == "vrf" and owner in build.parties:
                _vrf_flows(build, side, slug, vertical, tuple(members))
            found.append(
                facts.VerticalNetwork(
                    slug,
                    vertical.number,
                    side.realm,
                    vertical.name.name(),
                    vertical.state,
                    vertical.mode,
                    owner,
                    tuple(sorted(set(members))),
                    vertical.since,
                    approval,
                    vertical.origin,
                )
            )
    return tuple(found)


def _vrf_flows(build: Build, side: RealmIntent, slug: str, vertical: Any, members: tuple[str, ...]) -> None:
    """In a VRF vertical the members reach the owner's servers on the ports of its services; members do not reach each other."""
    municipal = side.municipal
    hub = party_id(side.realm, municipal.slug, f"{vertical.owner}@{slug}")
    spokes = tuple(sorted(member for member in members if member != hub))
    if any(member.agency == vertical.owner and member.county is None for member in vertical.attached) and hub not in build.parties:
        return  # it could not be built, which has been said
    if hub not in build.parties:
        build.problem(
            vertical.at("attached"),
            T("the owner '{owner}' is no member of its own vertical '{slug}'", owner=vertical.owner, slug=slug),
            T("an entry of 'attached' for the owner, without county"),
            T("add it"),
        )
        return
    ports = [
        port
        for service in vertical.services
        if service in build.services
        for role in build.services[service].users
        for port in build.services[service].roles[role].ports
    ]
    for protocol, ranges in by_protocol(ports):
        unique = tuple(dict.fromkeys(ranges))
        flow = Flow(
            id=f"vertical-{slug}-{protocol}",
            realm=side.realm,
            vrf=slug,
            service=vertical.services[0],
            role="member",
            protocol=protocol,
            ports=unique,
            sources=spokes,
            source_addresses=(),
            to=hub,
            destinations=(),
            level=Level.INTERNAL,
            plan=("7.1.1",),
            origin=vertical.origin,
        )
        build.flows[f"{side.realm.value}:{flow.id}"] = flow


def exits(build: Build) -> tuple[facts.RetainedExit, ...]:
    found = []
    for side in build.intent.realms:
        municipal = side.municipal
        for slug, exit_ in municipal.exits.items():
            party = party_id(side.realm, municipal.slug, exit_.agency)
            if party not in build.parties:
                known = [agency.slug for agency in municipal.agencies]
                build.unknown(exit_.at("agency"), T("agency"), exit_.agency, known, known)
            device = build.device(side.realm, municipal.slug, exit_.device, exit_.at("device"))
            approval = need_approval(build, exit_.approval, "retained-exit", exit_, "approval")
            found.append(facts.RetainedExit(slug, party, device or "?", exit_.peer, approval, exit_.origin))
    return tuple(found)


def gatekeepers(build: Build) -> tuple[tuple[Gatekeeper, ...], tuple[FerryChannel, ...]]:
    """Gatekeepers and their channels; the flows between a host unit and the servers of its side are added to `flows`."""
    channels = [channel for slug, intent in build.gatekeeper.channels.items() if (channel := _channel(build, slug, intent)) is not None]
    _unique_channels(build)
    found = []
    city = build.city
    for slug, intent in build.gatekeeper.gatekeepers.items():
        units = {realm: name for realm in (Realm.OUTER, Realm.INNER) if (name := f"{city.prefix}-g-{slug}-{realm.value}") in build.devices}
        carried = tuple(sorted(channel.id for channel in channels if _carries(build, slug, channel.gatekeeper)))
        found.append(
            Gatekeeper(
                slug,
                intent.number,
                name_of(intent.name, slug),
                intent.mode,
                units.get(Realm.OUTER),
                units.get(Realm.INNER),
                carried,
                intent.origin,
            )
        )
        if intent.peer is not None and intent.peer not in build.gatekeeper.gatekeepers:
            build.unknown(intent.at("peer"), T("gatekeeper"), intent.peer, build.gatekeeper.gatekeepers)
        for realm, unit in ((Realm.OUTER, intent.outer), (Realm.INNER, intent.inner)):
            if realm in units:
                _unit(build, slug, realm, unit, [channel for channel in channels if channel.id in carried])
    return tuple(found), tuple(channels)


def _carries(build: Build, slug: str, gatekeeper: str) -> bool:
    """A standby unit is set up with its peer's channels; in `split` each carries its own."""
    own = build.gatekeeper.gatekeepers[slug]
    return gatekeeper == slug or (own.mode == "standby" and own.peer == gatekeeper)


def _unique_channels(build: Build) -> None:
    seen: dict[int, Any] = {}
    for slug, channel in build.gatekeeper.channels.items():
        other = seen.setdefault(channel.number, channel)
        if other is not channel:
            build.problem(
                channel.at("number"),
                T("the channel number {number} of '{slug}' is taken at {place}", number=channel.number, slug=slug, place=str(other.origin)),
                T("a number of its own, the same on both sides of the gatekeeper"),
                T("choose a free number"),
            )


def _channel(build: Build, slug: str, intent: ChannelIntent) -> FerryChannel | None:
    service = build.services.get(intent.service)
    if intent.gatekeeper not in build.gatekeeper.gatekeepers:
        build.unknown(intent.at("gatekeeper"), T("gatekeeper"), intent.gatekeeper, build.gatekeeper.gatekeepers)
        return None
    if service is None:
        build.unknown(intent.at("service"), T("service"), intent.service, build.services)
        return None
    kind = next((item for item in service.channels if item.name == intent.channel), None)
    if kind is None:
        build.unknown(intent.at("channel"), T("kind of data"), intent.channel, (item.name for item in service.channels))
        return None
    _check_level(build, slug, intent, kind)
    if intent.owner not in build.intent.common.organisations:
        build.unknown(intent.at("owner"), T("organisation"), intent.owner, build.intent.common.organisations)
    approval = need_approval(build, intent.approval, "channel", intent, "approval")
    outward = kind.direction == "inner-to-outer"
    outer_role, inner_role = (kind.to, kind.source) if outward else (kind.source, kind.to)
    addresses = {}
    for realm, role in ((Realm.OUTER, outer_role), (Realm.INNER, inner_role)):
        found = hosts_of(build, realm, intent.service, role)
        if not found and build.side(realm) is not None and not is_placed(build, realm, intent.service, role):
            build.problem(
                intent.at("service"),
                T("{service}/{role} runs nowhere in the {realm} network", service=intent.service, role=role, realm=realm.value),
                T("a server on each side of the channel"),
                T("place the service in that network"),
            )
        addresses[realm] = found[0].address if found else None
    return FerryChannel(
        slug,
        intent.number,
        intent.gatekeeper,
        intent.owner,
        kind.direction,
        kind.kind,
        kind.content.name(),
        intent.level,
        approval,
        intent.service,
        outer_role,
        inner_role,
        addresses[Realm.OUTER],
        addresses[Realm.INNER],
        intent.interval_s,
        intent.allow,
        intent.max_mb,
        intent.origin,
    )


def _check_level(build: Build, slug: str, intent: ChannelIntent, kind: ServiceChannelIntent) -> None:
    level = max(intent.level, kind.level, key=lambda item: item.rank)
    if kind.direction == "inner-to-outer" and level.rank > Level.INTERNAL.rank:
        build.problem(
            intent.at("level"),
            T("the channel '{slug}' would move {level} data from the inner to the outer network", slug=slug, level=level.value),
            T("public or internal"),
            T("classified data stays inside (plan §7.1.1); lower the level or drop the channel"),
        )


def _unit(build: Build, slug: str, realm: Realm, unit: Any, channels: list[FerryChannel]) -> None:
    """A unit opens connections to its side's servers (it fetches from one, delivers to the other) and listens to nobody."""
    zone = build.zones.get((realm, unit.zone))
    if zone is None:
        build.unknown(unit.at("zone"), T("zone"), unit.zone, zones_of(build, realm), zones_of(build, realm))
        return
    if unit.host < FIRST_SERVER:
        build.problem(
            unit.at("host"),
            T("host numbers below {first} belong to gateways", first=FIRST_SERVER),
            T("{first} or more", first=FIRST_SERVER),
            T("choose a free number"),
        )
        return
    address = host(build, build.parties[zone].prefixes[0], unit.host, f"gatekeeper {slug}", unit.at("host"))
    add_server(build, facts.Host(slug, "unit", zone, address, unit.at("host")))
    manage_host(build, realm, slug, zone, address, unit.origin)
    for channel in channels:
        role = channel.outer_role if realm is Realm.OUTER else channel.inner_role
        servers = [server for server in hosts_of(build, realm, channel.service, role) if server.party != zone]
        parties = sorted({server.party for server in servers})
        for party in parties:  # all servers of a role in one zone are one flow
            suffix = "" if len(parties) == 1 else f"@{party.rpartition('/')[2]}"
            for protocol, ports in by_protocol(build.services[channel.service].roles[role].ports):
                flow = Flow(
                    id=f"{slug}-{channel.id}-{protocol}{suffix}",
                    realm=realm,
                    vrf=None,
                    service=channel.service,
                    role=role,
                    protocol=protocol,
                    ports=ports,
                    sources=(zone,),
                    source_addresses=(address,),
                    to=party,
                    destinations=tuple(server.address for server in servers if server.party == party),
                    level=channel.level,
                    plan=("7.1.1",),
                    origin=channel.origin,
                )
                build.flows[f"{realm.value}:{flow.id}"] = flow


def assemble(build: Build, published: tuple[Publication, ...]) -> facts.Facts:
    """Everything decreed and built, in a stable order."""
    common = build.intent.common
    city, policy = build.city, build.policy
    known = approvals(build)
    _operator_checks(build)
    found_verticals, found_exits = verticals(build), exits(build)
    found_gatekeepers, channels = gatekeepers(build)
    organs = tuple(sorted({agency.slug for side in build.intent.realms for agency in side.municipal.agencies if agency.classified}))
    exceptions = [*common.exceptions, *(item for side in build.intent.realms for item in side.document.exceptions)]
    return facts.Facts(
        slug=city.slug,
        name=city.name.name(),
        realms=tuple(side.realm for side in build.intent.realms),
        organisations=tuple(
            facts.Organisation(slug, name_of(item.name, slug), item.role, item.origin) for slug, item in common.organisations.items()
        ),
        approvals=tuple(
            facts.Approval(slug, item.kind, item.by, item.reference, item.granted, item.expires, item.origin)
            for slug, item in known.items()
        ),
        exceptions=tuple(
            facts.RuleException(
                item.rule,
                item.subject,
                need_approval(build, item.approval, "exception", item, "approval"),
                name_of(item.reason, item.rule),
                item.origin,
            )
            for item in exceptions
        ),
        assumptions=tuple(_assumption(build, slug, item) for slug, item in common.assumptions.items()),
        policy=facts.Policy(
            tuple(policy.shared_transport),
            tuple((int(number), _due(item)) for number, item in sorted(policy.phases.items())),
            policy.accept_t2,
            policy.plan_year,
            organs,
            policy.origin,
        ),
        sites=tuple(build.sites.values()),
        devices=tuple(sorted(build.devices.values(), key=lambda device: device.name)),
        cables=tuple(sorted(build.cables, key=lambda cable: cable.id)),
        circuits=tuple(sorted(build.circuits, key=lambda circuit: circuit.id)),
        peers=tuple(
            facts.Peer(
                slug,
                Realm.INTERNET if peer.kind == "isp" else side.realm,
                peer.kind,
                name_of(peer.name, slug),
                peer.asn,
                peer.accepts,
                peer.announces,
                peer.origin,
            )
            for side in build.intent.realms
            for slug, peer in sorted(side.document.peers.items())
        ),
        parties=tuple(sorted(build.parties.values(), key=lambda party: party.id)),
        hosts=tuple(sorted(build.hosts, key=lambda entry: (entry.party, entry.address))),
        flows=tuple(build.flows[key] for key in sorted(build.flows)),
        publications=tuple(sorted(published, key=lambda item: (item.carrier, item.public, item.protocol, item.public_port))),
        gatekeepers=found_gatekeepers,
        channels=channels,
        verticals=found_verticals,
        exits=found_exits,
        retired=tuple((county.slug, number) for side in build.intent.realms for county in side.counties for number in county.retired),
    )


def _assumption(build: Build, slug: str, item: Any) -> facts.Assumption:
    if item.owner not in build.intent.common.organisations:
        build.unknown(item.at("owner"), T("organisation"), item.owner, build.intent.common.organisations)
    return facts.Assumption(slug, item.text.name(), item.owner, item.origin)


def _due(item: Any) -> date:
    due: date = item.due
    return due
