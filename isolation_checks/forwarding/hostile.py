"""What an external network could announce to us that it must not, and whether a router would take it."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import NamedTuple

from isolation_checks.forwarding.pieces import SPECIAL
from isolation_checks.routing.policies import Policies, Subject
from isolation_checks.routing.prefixes import key
from isolation_checks.snapshot import Action, BgpNeighbor, Ref
from topology.facts import Facts, PartyKind, Peer, Realm

DEFAULT = IPv4Network("0.0.0.0/0")


class Taken(NamedTuple):
    """Whether a neighbour's announcement is taken, and the lines that say so."""

    taken: bool
    refs: tuple[Ref, ...]


def accepts(policies: Policies, neighbor: BgpNeighbor, prefix: IPv4Network, path: tuple[str, ...]) -> Taken:
    """Whether a router takes a prefix with this AS path from a neighbour: all of its policies and lists have to permit it."""
    if not neighbor.in_policies:
        return Taken(neighbor.in_default is Action.PERMIT, (neighbor.ref,))
    number = key(int(prefix.network_address), prefix.prefixlen)
    subject = Subject(number, protocol="ebgp", path=path)
    for applied in neighbor.in_policies:
        if applied.filter in policies.lists and applied.filter not in policies.policies:
            if not policies.in_list(applied.filter, number):
                return Taken(taken=False, refs=(applied.ref,))
            continue
        after = policies.apply(applied.filter, subject)
        if after is None:
            return Taken(taken=False, refs=(applied.ref,))
        subject = after
    return Taken(taken=True, refs=(*(applied.ref for applied in neighbor.in_policies), *subject.refs))


def hostile(facts: Facts, peer: Peer) -> Iterator[IPv4Network]:
    """Prefixes that a peer must not be heard with: a default that was not agreed, networks that nobody has, our own and parts of them."""
    agreed = [network for network in peer.accepts if network != DEFAULT]
    if DEFAULT not in peer.accepts:
        yield DEFAULT
        yield IPv4Network("8.0.0.0/8")
    wanted: dict[IPv4Network, None] = {}
    wanted |= dict.fromkeys(IPv4Network(prefix) for prefix in SPECIAL)
    for party in facts.parties:
        if party.kind not in (PartyKind.INTERNET, PartyKind.PROVINCE):
            for own in party.prefixes:
                wanted |= dict.fromkeys((own, *_parts(own)))
    for other in facts.peers:
        if other.realm is Realm.INTERNET or (other.realm, other.slug) == (peer.realm, peer.slug):
            for own in other.announces:
                wanted |= dict.fromkeys((own, *_parts(own)))
    for network in agreed:
        if network.prefixlen > 0:
            wanted[network.supernet()] = None
    yield from (network for network in wanted if not any(network.subnet_of(inside) for inside in agreed))


def _parts(network: IPv4Network) -> Iterator[IPv4Network]:
    """More specific routes take traffic away: the first half, and the first host."""
    if network.prefixlen < 32:
        yield next(network.subnets(prefixlen_diff=1))
        yield IPv4Network((network.network_address, 32))
