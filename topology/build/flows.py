"""Flows: what the service descriptions and their placements permit, and nothing else."""

from __future__ import annotations

from topology.build.context import Build
from topology.build.declared import declared_flow
from topology.build.flow_parts import ends_of, to_hosts
from topology.build.selectors import select
from topology.build.servers import hosts_of, is_placed, place_hosts, placements_of
from topology.build.standing_flows import internet_flows, management_flows, publications
from topology.facts import Publication, Realm
from topology.i18n import T
from topology.intent.document import PlacementIntent


def build_flows(build: Build) -> tuple[Publication, ...]:
    """Fills `hosts` and `flows`; returns what is published to the Internet."""
    placements = list(placements_of(build))
    for realm, slug, placement in placements:
        other = build.placed.setdefault((realm, slug), placement)
        if other is not placement:
            build.problem(
                placement.origin,
                T("'{slug}' is placed in the {realm} network here and at {place}", slug=slug, realm=realm.value, place=str(other.origin)),
                T("one placement of a service in each network"),
                T("join the two"),
            )
    placements = [(realm, slug, placement) for (realm, slug), placement in build.placed.items()]
    for _, slug, placement in placements:
        place_hosts(build, slug, placement)
    for realm, slug, placement in placements:
        _service_flows(build, realm, slug, placement)
    for side in build.intent.realms:
        common = build.intent.common.flows if side.realm is Realm.OUTER else {}
        for slug in common.keys() & side.document.flows.keys():
            build.problem(
                side.document.flows[slug].origin,
                T("'{name}' stands here and at {other}", name=f"flows.{slug}", other=str(common[slug].origin)),
                T("once in all files of a root"),
                T("delete one of the two, or give it another name"),
            )
        for slug, flow in {**common, **side.document.flows}.items():
            declared_flow(build, side.realm, slug, flow)
        management_flows(build, side)
        internet_flows(build, side)
    return tuple(publications(build, placements))


def _service_flows(build: Build, realm: Realm, slug: str, placement: PlacementIntent) -> None:
    service = build.services[slug]
    for role in placement.users:
        if role not in service.roles:
            build.unknown(placement.key_at("users", role), T("role"), role, service.roles)
        elif role not in service.users:
            build.problem(
                placement.key_at("users", role),
                T("the role '{role}' of '{slug}' is not for users", role=role, slug=slug),
                T("roles for users: {names}", names=", ".join(service.users) or "-"),
                T("change the role, or the service's 'users'"),
            )
        else:
            _user_flow(build, realm, slug, role, placement)
    for need in service.needs:
        callers, called = hosts_of(build, realm, slug, need.source), hosts_of(build, realm, need.service, need.role)
        if not callers:
            continue
        if not called and is_placed(build, realm, need.service, need.role):
            continue
        if not called:
            build.problem(
                placement.origin,
                T(
                    "'{slug}' needs {service}/{role}, which runs nowhere in the {realm} network",
                    slug=slug,
                    service=need.service,
                    role=need.role,
                    realm=realm.value,
                ),
                T("a placement of '{service}' with hosts for '{role}'", service=need.service, role=need.role),
                T("place it in the services file of that network"),
            )
            continue
        to_hosts(
            build,
            f"{slug}.{need.source}-{need.service}.{need.role}",
            need.service,
            need.role,
            realm,
            ends_of(callers),
            called,
            service.sections,
            placement.roles[need.source].origin,
        )


def _user_flow(build: Build, realm: Realm, slug: str, role: str, placement: PlacementIntent) -> None:
    called = hosts_of(build, realm, slug, role)
    parties: set[str] = set()
    for index, selector in enumerate(placement.users[role]):
        parties |= set(select(build, realm, selector, placement.at("users", role, index)))
    if parties and called:
        service = build.services[slug]
        to_hosts(
            build, f"{slug}.{role}", slug, role, realm, (tuple(sorted(parties)), ()), called, service.sections, placement.at("users", role)
        )
