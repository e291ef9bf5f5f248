"""Which announcements of an external network would be taken: the question that a hostile one answers."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import NamedTuple

from isolation_checks.routing.engine import Engine
from isolation_checks.routing.prefixes import key
from isolation_checks.snapshot import Ref
from topology.facts import Peer, Realm


class Accepted(NamedTuple):
    """A prefix that ``device`` would take from a peer, and the lines that let it in: the neighbour's first, then policy entries."""

    device: str
    prefix: IPv4Network
    refs: tuple[Ref, ...]


def accepted(engine: Engine, peer: Peer, prefixes: Iterable[IPv4Network], path: tuple[str, ...] = ()) -> tuple[Accepted, ...]:
    """What would be taken of these announcements, on any session with the peer. ``path``: AS numbers behind the peer's own."""
    wanted = tuple(prefixes)
    known: tuple[Realm, str] = (peer.realm, peer.slug)
    found = []
    for session in engine.sessions:
        if session.peer is None or (session.peer.realm, session.peer.slug) != known:
            continue
        for prefix in wanted:
            made = engine.announced(session, key(int(prefix.network_address), prefix.prefixlen), (str(peer.asn), *path))
            if made is not None:
                found.append(Accepted(session.here.device, prefix, made.refs))
    return tuple(found)
