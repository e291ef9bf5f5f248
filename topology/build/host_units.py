"""The two halves of a gatekeeper as end hosts: an address in a zone, the channels that they serve, nothing forwarded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address

from topology.build.addresses import gateway_of
from topology.build.context import Build
from topology.build.interfaces import Draft
from topology.build.servers import by_protocol, hosts_of
from topology.design import HostUnit, Kind, Ref, Service
from topology.facts import Facts, FerryChannel, Realm, Role
from topology.intent.document import HostUnitIntent
from topology.prefixes import interface


def place_units(build: Build, drafts: dict[str, Draft]) -> None:
    """Gives each host unit its address; it is managed on the port by which it works, since it has no other network."""
    for draft in drafts.values():
        if draft.device.role is not Role.HOST_UNIT:
            continue
        slug, intent = _intent(build, draft)
        zone = build.zones.get((draft.side.realm, intent.zone))
        lan = next((lan for lan in build.lans if lan.key == zone), None)
        own = hosts_of(build, draft.side.realm, slug, "unit")
        if lan is None or not own:
            continue
        ref = Ref(Kind.PORT, intent.port)
        address = interface(own[0].address, lan.prefix.prefixlen)
        draft.set(ref, intent.origin, address=address, routed=True, shutdown=False, unused=False, description=f"zone {intent.zone}")
        draft.lans.append((replace(lan, kind="management"), ref))
        # The arc is up without an address, and the same whether the other side's files are here or not.
        arc = Ref(Kind.PORT, intent.arc)
        draft.set(arc, intent.origin, description=f"exchange arc of {slug}", shutdown=False, unused=False)
        draft.values[arc]["origin"] = intent.origin


def _intent(build: Build, draft: Draft) -> tuple[str, HostUnitIntent]:
    realm = draft.side.realm
    slug = next(name for (r, _, name), device in build.local.items() if device == draft.device.name and r is realm)
    gatekeeper = build.gatekeeper.gatekeepers[slug]
    return slug, gatekeeper.outer if realm is Realm.OUTER else gatekeeper.inner


def build_host_unit(build: Build, draft: Draft, facts: Facts) -> HostUnit | None:
    """What one unit has to know: its own side of each channel, and nothing of the other side's network."""
    if draft.device.role is not Role.HOST_UNIT:
        return None
    slug, intent = _intent(build, draft)
    realm = draft.side.realm
    gatekeeper = next(item for item in facts.gatekeepers if item.slug == slug)
    carried = (channel for channel in facts.channels if channel.id in gatekeeper.channels)
    channels = tuple(replace(channel, inner=None) if realm is Realm.OUTER else replace(channel, outer=None) for channel in carried)
    lan, ref = draft.lans[-1]
    return HostUnit(
        gatekeeper=slug,
        side=realm.value,
        service=ref,
        arc=Ref(Kind.PORT, intent.arc),
        address=draft.address(ref),
        gateway=gateway_of(lan),
        channels=channels,
        listens=(),
        connects=tuple(connection for channel in channels for connection in _connections(build, realm, channel)),
    )


def _connections(build: Build, realm: Realm, channel: FerryChannel) -> Iterator[tuple[Service, IPv4Address, str]]:
    """A unit fetches from its side's server, or delivers to it; it never listens."""
    role = channel.outer_role if realm is Realm.OUTER else channel.inner_role
    for server in hosts_of(build, realm, channel.service, role):
        for protocol, ports in by_protocol(build.services[channel.service].roles[role].ports):
            for item in ports:
                yield Service(protocol, item), server.address, channel.id
