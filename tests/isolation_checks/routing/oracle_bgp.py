"""BGP by update messages: every speaker sends its best paths to its peers until nobody changes anything (RFC 4271, RFC 4456).

Part of the oracle.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from isolation_checks.snapshot import Action, Applied, BgpNeighbor, BgpProcess, DeviceConfig
from tests.isolation_checks.routing.oracle_policy import Carried, through

Prefix = tuple[int, int]


class Path(NamedTuple):
    """``kind``: local | aggregate | ebgp | ibgp. ``next_hop`` 0: this speaker itself."""

    network: int
    length: int
    kind: str
    next_hop: int = 0
    as_path: tuple[str, ...] = ()
    origin: int = 0  # igp 0, incomplete 2
    metric: int | None = None
    local_preference: int = 100
    weight: int = 0
    from_id: int = 0
    from_address: int = 0
    originator: int = 0
    clusters: tuple[int, ...] = ()
    from_client: bool = False


@dataclass
class Session:
    """One direction: what ``sender`` says to ``receiver``. ``given``: routes of an external network that is no device of ours."""

    sender: Speaker | None
    receiver: Speaker | None
    out_side: BgpNeighbor | None  # the sender's configuration of the receiver
    in_side: BgpNeighbor | None
    sender_address: int
    receiver_address: int
    external: bool
    given: tuple[Path, ...] = ()


@dataclass
class Speaker:
    """A process. ``local``: what it brings in itself; ``heard``: by session, what peers said, as accepted."""

    name: tuple[str, str]
    config: DeviceConfig
    process: BgpProcess
    id: int
    local: dict[Prefix, Path]
    cost: Callable[[int], int | None]  # to a next hop; None: it cannot be reached
    heard: dict[int, dict[Prefix, Path]] = field(default_factory=lambda: defaultdict(dict))
    best: dict[Prefix, Path] = field(default_factory=dict)

    def choose(self) -> None:
        """The best path of every prefix (section 9.1.2, with the weight and the local origin that all platforms put in front)."""
        found: dict[Prefix, list[Path]] = defaultdict(list)
        for prefix, path in self.local.items():
            found[prefix].append(path)
        for paths in self.heard.values():
            for prefix, path in paths.items():
                if self.cost(path.next_hop) is not None:
                    found[prefix].append(path)
        for network, length, _, _ in self.process.aggregates:
            inner = [prefix for prefix in found if prefix[1] > length and prefix[0] >> (32 - length) == network >> (32 - length)]
            if inner:
                found[network, length].append(Path(network, length, "aggregate", weight=32768))
        self.best = {prefix: self._best(paths) for prefix, paths in found.items()}

    def _best(self, paths: list[Path]) -> Path:
        def first(item: Path) -> tuple[object, ...]:
            return (-item.weight, -item.local_preference, item.kind not in ("local", "aggregate"), len(item.as_path), item.origin)

        least = min(map(first, paths))
        left = [item for item in paths if first(item) == least]
        left = [
            item
            for item in left
            if not any(other.as_path[:1] == item.as_path[:1] and (other.metric or 0) < (item.metric or 0) for other in left)
        ]
        return min(
            left,
            key=lambda item: (
                item.kind == "ibgp",
                self.cost(item.next_hop) if item.next_hop else 0,
                item.originator or item.from_id,
                len(item.clusters),
                item.from_address,
            ),
        )

    def hidden(self, prefix: Prefix) -> bool:
        """Whether an aggregate that speaks for its parts covers the prefix."""
        return any(
            only and prefix[1] > length and prefix[0] >> (32 - length) == network >> (32 - length) and (network, length) in self.best
            for network, length, only, _ in self.process.aggregates
        )


def settle(speakers: list[Speaker], sessions: list[Session]) -> None:
    """Send until nothing changes. Raises RuntimeError if that does not happen."""
    for _ in range(100):
        for speaker in speakers:
            speaker.choose()
        said = {number: _told(session) for number, session in enumerate(sessions)}
        changed = False
        for number, session in enumerate(sessions):
            if session.receiver is not None and session.receiver.heard.get(number, {}) != said[number]:
                session.receiver.heard[number] = said[number]
                changed = True
        if not changed:
            return
    raise RuntimeError("BGP does not settle")


def _told(session: Session) -> dict[Prefix, Path]:
    sent = {(path.network, path.length): path for path in session.given} if session.sender is None else _sent(session)
    accepted = {}
    for prefix, path in sent.items():
        taken = _accepted(session, path)
        if taken is not None:
            accepted[prefix] = taken
    return accepted


def _sent(session: Session) -> dict[Prefix, Path]:
    sender, side = session.sender, session.out_side
    assert sender is not None
    assert side is not None
    sent = {}
    for prefix, path in sender.best.items():
        if sender.hidden(prefix) or not _may(session, path):
            continue
        carried = _policies(sender.config, side.out_policies, side.out_default, path)
        if carried is None:
            continue
        keeps = not session.external or path.kind in ("local", "aggregate")
        metric = carried.metric if keeps or carried.metric != path.metric else None
        new = path._replace(metric=metric, weight=0, from_client=False)
        if session.external:
            new = new._replace(
                as_path=(sender.process.asn, *path.as_path), next_hop=session.sender_address, originator=0, clusters=(), kind="ebgp"
            )
        else:
            if carried.local_preference is not None:
                new = new._replace(local_preference=carried.local_preference)
            reflected = path.kind == "ibgp"
            if not path.next_hop or (side.next_hop_self and not reflected):
                new = new._replace(next_hop=session.sender_address)
            if reflected:
                new = new._replace(originator=path.originator or path.from_id, clusters=(sender.id, *path.clusters))
            new = new._replace(kind="ibgp")
        sent[prefix] = new._replace(from_id=sender.id, from_address=session.sender_address)
    if side.default_originate:
        asns = (sender.process.asn,) if session.external else ()
        kind = "ebgp" if session.external else "ibgp"
        sent[0, 0] = Path(0, 0, kind, session.sender_address, asns, from_id=sender.id, from_address=session.sender_address)
    return sent


def _may(session: Session, path: Path) -> bool:
    """Whether a path goes to this peer at all: not back to where it came from, and between internal peers only over a reflector."""
    assert session.out_side is not None
    if path.from_address == session.receiver_address and path.kind in ("ebgp", "ibgp"):
        return False
    return session.external or path.kind != "ibgp" or path.from_client or session.out_side.reflector_client


def _accepted(session: Session, path: Path) -> Path | None:
    receiver, side = session.receiver, session.in_side
    if receiver is None or side is None:
        return None
    if receiver.process.asn in path.as_path or path.originator == receiver.id or receiver.id in path.clusters:
        return None
    new = path._replace(from_client=side.reflector_client)
    if session.external:
        new = new._replace(local_preference=100)
    carried = _policies(receiver.config, side.in_policies, side.in_default, new)
    if carried is None:
        return None
    preference = carried.local_preference if carried.local_preference is not None else new.local_preference
    return new._replace(metric=carried.metric, local_preference=preference, weight=carried.weight)


def _policies(config: DeviceConfig, policies: tuple[Applied, ...], default: Action, path: Path) -> Carried | None:
    carried: Carried | None = Carried(path.network, path.length, path.metric, local_preference=path.local_preference, weight=path.weight)
    if not policies:
        return carried if default == Action.PERMIT else None
    for applied in policies:
        if carried is not None:
            carried = through(config, applied.filter, carried)
    return carried
