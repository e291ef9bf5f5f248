"""BGP: which paths each speaker hears, which it takes, which it passes on (RFC 4271 9), repeated until nothing changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from isolation_checks.routing.bgp_setup import Session, Speaker
from isolation_checks.routing.model import Hop, Protocol, Route
from isolation_checks.routing.policies import Policies, Subject
from isolation_checks.routing.prefixes import Key, covers, key
from isolation_checks.routing.rib import Rib, resolve
from isolation_checks.snapshot import Action, Ref

ROUNDS = 40
ORIGINS = {"igp": 0, "egp": 1, "incomplete": 2}
NO_EXPORT = frozenset(("no-export", "no-advertise"))


class Path(NamedTuple):
    """A route as a speaker holds it. ``session`` None: its own. ``next_hop`` None: what the own table says."""

    prefix: Key
    next_hop: int | None
    path: tuple[str, ...]
    local_preference: int
    med: int
    origin: int
    weight: int
    session: int | None
    external: bool
    router_id: int
    address: int
    communities: frozenset[str]
    preference: int | None
    refs: tuple[Ref, ...]


class Bgp:
    """All speakers of a city."""

    def __init__(self, found: Sequence[Speaker], sessions: Sequence[Session], policies: Mapping[str, Policies]) -> None:
        self.speakers = found
        self.sessions = sessions
        self.policies = policies
        self._of: dict[int, list[Session]] = {speaker.id: [] for speaker in found}
        for session in sessions:
            self._of[session.speaker].append(session)

    def routes(self, live: Collection[int], ribs: Mapping[int, Rib], ways: Mapping[int, Rib], dead: frozenset[str]
    ) -> tuple[dict[int, dict[Key, Route]], bool]:  # fmt: skip
        """What each speaker puts into its table, and whether the exchange settled.

        ``live``: the sessions that are up. By speaker: ``ribs`` without BGP's own routes, from which it tells; ``ways`` with them, by which
        next hops are found.
        """
        alive = [speaker for speaker in self.speakers if speaker.device not in dead]
        own = {speaker.id: self._own(speaker, ribs[speaker.id]) for speaker in alive}
        heard: dict[int, dict[Key, list[Path]]] = {speaker.id: self._from_peers(speaker, live) for speaker in alive}
        best: dict[int, dict[Key, list[Path]]] = {}
        settled = False
        for _ in range(ROUNDS):
            fresh = {speaker.id: self._best(speaker, own[speaker.id], heard[speaker.id], ways[speaker.id]) for speaker in alive}
            if fresh == best:
                settled = True
                break
            best = fresh
            heard = {speaker.id: self._from_peers(speaker, live) for speaker in alive}
            for speaker in alive:
                for session in self._of[speaker.id]:
                    if session.id in live and session.remote is not None and session.remote in heard:
                        self._send(speaker, session, best[speaker.id], heard[session.remote])
        return {speaker.id: self._installed(speaker, best.get(speaker.id, {}), ways[speaker.id]) for speaker in alive}, settled

    def _own(self, speaker: Speaker, rib: Rib) -> dict[Key, Path]:
        """Network statements whose prefix is in the table, and what is redistributed."""
        found: dict[Key, Path] = {}
        policies = self.policies[speaker.device]
        for item in speaker.process.redistributions:
            wanted = _SOURCES.get(item.source, ())
            for prefix, route in rib.best.items():
                if route.protocol in wanted and (
                    prefix & 63 or speaker.platform.redistributes_default_to_bgp or speaker.process.default_route
                ):
                    if route.protocol == Protocol.CONNECTED and route.length == 32 and _host(rib, route):
                        continue
                    made = _local(speaker, prefix, item.metric if item.metric is not None else route.metric, 2, (item.ref, *route.refs[:1]))
                    kept = _through(policies, (item.policy,) if item.policy else (), made, route)
                    if kept is not None:
                        found[prefix] = kept
        for network, length, policy, ref in speaker.process.networks:
            prefix = key(network, length)
            held = rib.best.get(prefix)
            if held is not None:
                made = _local(speaker, prefix, held.metric, 0, (ref, *held.refs[:1]))
                kept = _through(policies, (policy,) if policy else (), made, held)
                if kept is not None:
                    found[prefix] = kept
        return found

    def _from_peers(self, speaker: Speaker, live: Collection[int]) -> dict[Key, list[Path]]:
        found: dict[Key, list[Path]] = {}
        for session in self._of[speaker.id]:
            if session.id in live and session.peer is not None:
                for network in session.peer.accepts:
                    prefix = key(int(network.network_address), network.prefixlen)
                    made = self.announced(session, prefix, (str(session.peer.asn),))
                    if made is not None:
                        found.setdefault(prefix, []).append(made)
        return found

    def announced(self, session: Session, prefix: Key, path: tuple[str, ...]) -> Path | None:
        """What a speaker makes of an announcement by an external peer: None where it does not take it."""
        return self._taken(
            session, Path(prefix, session.address, path, 100, 0, 0, 0, None, True, 0, session.address, frozenset(), None, ())
        )

    def _taken(self, session: Session, made: Path) -> Path | None:
        speaker = self.speakers[session.speaker]
        if speaker.process.asn in made.path:
            return None
        made = made._replace(session=session.id, external=session.external, refs=(session.neighbor.ref,), weight=0)
        names = [item.filter for item in session.neighbor.in_policies]
        if not names and session.neighbor.in_default == Action.DENY:
            return None
        kept = _through(self.policies[speaker.device], names, made, None)
        return None if kept is None else kept._replace(refs=(*kept.refs, *made.refs[1:]))

    def _best(self, speaker: Speaker, own: Mapping[Key, Path], heard: Mapping[Key, list[Path]], rib: Rib) -> dict[Key, list[Path]]:
        """By prefix: the paths in use, the best one first (more where several are used at once)."""
        found: dict[Key, list[Path]] = {}
        for prefix in own.keys() | heard.keys():
            candidates = [*([own[prefix]] if prefix in own else []), *heard.get(prefix, ())]
            ranked = _ranked(speaker, candidates, rib)
            if ranked:
                first = ranked[0]
                most = speaker.process.maximum_paths or speaker.platform.bgp_paths
                equal = [path for rank, path in ranked if rank[:8] == first[0][:8] and path.path == first[1].path]
                found[prefix] = equal[:most] if first[1].session is not None else [first[1]]
        for network, length, _, ref in speaker.process.aggregates:
            outer = key(network, length)
            if any(prefix != outer and covers(outer, prefix) for prefix in found):
                found.setdefault(outer, [_local(speaker, outer, 0, 0, (ref,))])
        return found

    def _send(self, speaker: Speaker, session: Session, best: Mapping[Key, list[Path]], into: dict[Key, list[Path]]) -> None:
        neighbor = session.neighbor
        assert session.remote is not None
        back = next(item for item in self._of[session.remote] if item.remote == speaker.id and item.address == session.local)
        hidden = [key(network, length) for network, length, only, _ in speaker.process.aggregates if only]
        for prefix, paths in best.items():
            path = paths[0]
            if not self._passes_on(session, path) or any(prefix != outer and covers(outer, prefix) for outer in hidden):
                continue
            made = self._sent(speaker, session, path)
            if made is not None and (taken := self._taken(back, made)) is not None:
                into.setdefault(prefix, []).append(taken)
        if neighbor.default_originate is not None:
            made = _local(speaker, 0, 0, 0, (neighbor.default_originate,))
            sent = self._sent(speaker, session, made)
            if sent is not None and (taken := self._taken(back, sent)) is not None:
                into.setdefault(0, []).append(taken)

    def _passes_on(self, session: Session, path: Path) -> bool:
        if path.session is not None:
            source = self.sessions[path.session]
            if source.id == session.id or source.address == session.address:
                return False
            if not path.external and not session.external:  # between internal peers: only a reflector
                return session.neighbor.reflector_client or source.neighbor.reflector_client
        if "no-advertise" in path.communities:
            return False
        return not (session.external and "no-export" in path.communities)

    def _sent(self, speaker: Speaker, session: Session, path: Path) -> Path | None:
        neighbor = session.neighbor
        names = [item.filter for item in neighbor.out_policies]
        if not names and neighbor.out_default == Action.DENY:
            return None
        kept = _through(self.policies[speaker.device], names, path, None)
        if kept is None:
            return None
        mine = path.session is None or session.external or (neighbor.next_hop_self and path.external)
        forced = kept.next_hop is not None and kept.next_hop != path.next_hop
        hop = kept.next_hop if forced else session.local if mine or path.next_hop is None else path.next_hop
        kept = kept._replace(next_hop=hop, router_id=speaker.router_id, address=session.local, weight=0, preference=None)
        if session.external:
            return kept._replace(path=(speaker.process.asn, *kept.path), local_preference=100, med=kept.med if path.session is None else 0)
        return kept

    def _installed(self, speaker: Speaker, best: Mapping[Key, list[Path]], rib: Rib) -> dict[Key, Route]:
        found: dict[Key, Route] = {}
        aggregates = {key(network, length): ref for network, length, _, ref in speaker.process.aggregates}
        for prefix, paths in best.items():
            path = paths[0]
            if path.session is None:
                if prefix in aggregates and path.refs[0] == aggregates[prefix]:
                    found[prefix] = Route(
                        prefix >> 6, prefix & 63, Protocol.BGP_LOCAL, speaker.distance("local"), 0, (), (aggregates[prefix],)
                    )
                continue
            hops: dict[Hop, None] = {}
            far = True
            for item in paths:
                way = _way(speaker, rib, item)
                hops.update(dict.fromkeys(way[0] if way else ()))
                far &= way is None or way[1].protocol != Protocol.CONNECTED
            protocol = Protocol.EBGP if path.external else Protocol.IBGP
            preference = path.preference or speaker.distance("external" if path.external else "internal")
            refs = tuple(dict.fromkeys(ref for item in paths for ref in item.refs))
            found[prefix] = Route(prefix >> 6, prefix & 63, protocol, preference, path.med, tuple(sorted(hops, key=_order)), refs, far)
        return found


_SOURCES: Mapping[str, tuple[Protocol, ...]] = {
    "connected": (Protocol.CONNECTED,), "direct": (Protocol.CONNECTED,), "static": (Protocol.STATIC,),
    "ospf": (Protocol.OSPF, Protocol.OSPF_INTER, Protocol.OSPF_EXTERNAL),
}  # fmt: skip


def _order(hop: Hop) -> tuple[str, int]:
    return hop.interface, -1 if hop.gateway is None else hop.gateway


def _host(rib: Rib, route: Route) -> bool:
    """Whether a host route is the device's own address on a longer network."""
    return any((route.network >> (32 - length) << (32 - length)) << 6 | length in rib.best for length in range(31, 7, -1) if any(
        found.protocol == Protocol.CONNECTED for found in [rib.best.get((route.network >> (32 - length) << (32 - length)) << 6 | length)]
        if found is not None
    ))  # fmt: skip


def _local(speaker: Speaker, prefix: Key, med: int, origin: int, refs: tuple[Ref, ...]) -> Path:
    return Path(prefix, None, (), 100, med, origin, 32768, None, False, speaker.router_id, 0, frozenset(), None, refs)


def _ranked(speaker: Speaker, candidates: Iterable[Path], rib: Rib) -> list[tuple[tuple[int, ...], Path]]:
    """The best first. A MED compares paths through one neighbouring AS alone (9.1.2.2 c): of each AS only those with its best count."""
    ranked = sorted((rank, path) for path in candidates if (rank := _rank(speaker, path, rib)) is not None)
    least: dict[str, tuple[int, ...]] = {}
    for rank, path in ranked:
        least.setdefault(path.path[0] if path.path else "", rank[:6])
    kept = [(rank, path) for rank, path in ranked if rank[:6] == least[path.path[0] if path.path else ""]]
    return sorted(((*rank[:5], 0, *rank[6:]), path) for rank, path in kept)


def _way(speaker: Speaker, rib: Rib, path: Path) -> tuple[tuple[Hop, ...], Route] | None:
    """How the next hop of a path is reached, not by way of BGP's own route to the same prefix."""
    held = rib.best.get(path.prefix)
    itself = path.prefix if held is not None and held.protocol in (Protocol.EBGP, Protocol.IBGP) else -1
    return resolve(rib.best, path.next_hop or 0, speaker.vrf, speaker.platform.resolves_by_default, itself)


def _rank(speaker: Speaker, path: Path, rib: Rib) -> tuple[int, ...] | None:
    """Smaller is better; None where the next hop cannot be reached."""
    cost = 0
    if path.next_hop is not None and path.session is not None:
        way = _way(speaker, rib, path)
        if way is None:
            return None
        cost = way[1].metric
    return (
        -path.weight, -path.local_preference, path.session is not None, len(path.path), path.origin, path.med, not path.external, cost,
        path.router_id, path.address,
    )  # fmt: skip


def _through(policies: Policies, names: Iterable[str], path: Path, route: Route | None) -> Path | None:
    """The path after policies and prefix lists, all of which must permit."""
    for name in names:
        subject = Subject(
            path.prefix, route.protocol.value if route else "bgp", path.med, None, None, None, path.next_hop, path.local_preference,
            path.weight, path.path, None, path.communities, path.preference, path.refs,
        )  # fmt: skip
        if name in policies.lists and name not in policies.policies:
            if not policies.in_list(name, path.prefix):
                return None
            continue
        done = policies.apply(name, subject)
        if done is None:
            return None
        path = path._replace(
            med=done.metric if done.metric is not None else path.med,
            local_preference=100 if done.local_preference is None else done.local_preference, weight=done.weight or 0, path=done.path,
            next_hop=done.next_hop, communities=done.communities, preference=done.preference, refs=done.refs,
            origin=ORIGINS.get(done.origin or "", path.origin),
        )  # fmt: skip
    return path
