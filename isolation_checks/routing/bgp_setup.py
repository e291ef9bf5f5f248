"""BGP speakers and the sessions between them, or to external networks that the facts know (RFC 4271)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from isolation_checks.reach.layer2 import Endpoint, Layer2
from isolation_checks.routing.model import Unformed
from isolation_checks.routing.ospf_setup import router_id
from isolation_checks.routing.platforms import Defaults, defaults
from isolation_checks.routing.prefixes import address, mask
from isolation_checks.snapshot import BgpNeighbor, BgpProcess, DeviceConfig, Interface
from topology.facts import Facts, Peer
from topology.i18n import T, Text


@dataclass(frozen=True, slots=True)
class Speaker:
    """A BGP process of a device in one VRF."""

    id: int
    device: str
    vrf: str
    process: BgpProcess
    platform: Defaults
    router_id: int
    config: DeviceConfig

    def distance(self, kind: str) -> int:
        """kind: external, internal or local."""
        held = dict(self.process.distances).get(kind)
        default = {"external": self.platform.ebgp, "internal": self.platform.ibgp, "local": self.platform.bgp_local}
        return default[kind] if held is None else held


class Session(NamedTuple):
    """One direction of a session: what ``speaker`` does with ``neighbor``.

    ``remote`` and ``back``: the other speaker and its view, or None for an external ``peer``.

    ``here`` and ``there``: the interfaces whose addresses are used (``there`` None for a peer).
    """

    id: int
    speaker: int
    neighbor: BgpNeighbor
    local: int
    address: int
    external: bool
    direct: bool  # both ends are on one segment
    here: Endpoint
    there: Endpoint | None
    remote: int | None
    back: BgpNeighbor | None
    peer: Peer | None


class _Owned(NamedTuple):
    speaker: int | None
    endpoint: Endpoint
    vrf: str


def speakers(configs: Mapping[str, DeviceConfig]) -> tuple[Speaker, ...]:
    found: list[Speaker] = []
    for name, config in configs.items():
        for process in config.bgp:
            found.append(
                Speaker(len(found), name, process.vrf or "", process, defaults(config.platform),
                        router_id(config, process.router_id, process.vrf), config)
            )  # fmt: skip
    return tuple(found)


class Sessions:
    """All sessions that the configs set up alike at both ends, and those that they do not."""

    def __init__(self, facts: Facts, found: Sequence[Speaker], layer2: Layer2) -> None:
        self._speakers = found
        self._segment = layer2.segment_of.get
        self._layer2 = layer2
        self._island = _islands(layer2)
        self._peers = {(peer.realm, peer.slug): peer for peer in facts.peers}
        self._owned: dict[int, list[_Owned]] = defaultdict(list)
        for speaker in found:
            for item in _interfaces(speaker):
                for one in item.addresses:
                    self._owned[one.ip].append(_Owned(speaker.id, Endpoint(speaker.device, item.name), speaker.vrf))
        self.unformed: list[Unformed] = []
        self.sessions = tuple(self._all())

    def _all(self) -> Iterator[Session]:
        count = 0
        for speaker in self._speakers:
            for neighbor in speaker.process.neighbors:
                to = address(neighbor.address)
                if to is None or neighbor.shutdown or not neighbor.active:
                    continue
                for made in self._sessions(count, speaker, neighbor, to):
                    yield made
                    count += 1

    def _sessions(self, number: int, speaker: Speaker, neighbor: BgpNeighbor, to: int) -> Iterator[Session]:
        source = self._source(speaker, neighbor, to)
        if source is None:
            return
        local, here, on_link = source
        external = neighbor.remote_as not in (speaker.process.asn, "internal")
        segment = self._segment(here)
        for other in self._owned.get(to, ()):
            if other.speaker is None or other.speaker == speaker.id:
                continue
            joined = segment is not None and segment == self._segment(other.endpoint)
            if (on_link and not joined) or self._island.get(here.device) != self._island.get(other.endpoint.device):
                continue  # the same address somewhere else
            remote = self._speakers[other.speaker]
            back, reason = self._back(speaker, neighbor, local, remote, external, joined)
            if back is not None and reason is None:
                yield Session(number, speaker.id, neighbor, local, to, external, joined, here, other.endpoint, remote.id, back, None)
                return
            if speaker.id < remote.id and reason is not None:
                refs = (neighbor.ref,) if back is None else (neighbor.ref, back.ref)
                self.unformed.append(Unformed(here, other.endpoint, reason, refs))
        for known in self._layer2.segments[segment].peers if segment is not None and on_link else ():
            peer = self._peers.get(known)
            if peer is not None and neighbor.remote_as in (str(peer.asn), "external"):
                yield Session(number, speaker.id, neighbor, local, to, external, True, here, None, None, None, peer)
                return
            self.unformed.append(Unformed(here, here, T("the peer {peer} has another AS", peer=known[1]), (neighbor.ref,)))

    def _source(self, speaker: Speaker, neighbor: BgpNeighbor, to: int) -> tuple[int, Endpoint, bool] | None:
        """The own address of a session, its interface, and whether the neighbour is on its network."""
        mine = _interfaces(speaker)
        on_link = next(
            (
                (one.ip, item)
                for item in mine
                for one in item.addresses
                if one.length < 32 and to & mask(one.length) == one.ip & mask(one.length)
            ),
            None,
        )
        if neighbor.source:
            wanted = address(neighbor.source)
            for item in mine:
                for one in item.addresses:
                    if item.name == neighbor.source or one.ip == wanted:
                        return one.ip, Endpoint(speaker.device, item.name), on_link is not None and on_link[1] is item
            return None
        if on_link is not None:
            return on_link[0], Endpoint(speaker.device, on_link[1].name), True
        return None

    def _back(
        self, speaker: Speaker, neighbor: BgpNeighbor, local: int, remote: Speaker, external: bool, joined: bool
    ) -> tuple[BgpNeighbor | None, Text | None]:
        """The other end's view of a session, and why it does not come up."""
        back = next((item for item in remote.process.neighbors if address(item.address) == local), None)
        if back is None:
            return None, T("the other end does not know {address}", address=neighbor.address)
        if back.shutdown or not back.active:
            return back, T("the other end is not activated")
        asn = neighbor.remote_as
        if asn not in (remote.process.asn, "external", "internal") or back.remote_as not in (speaker.process.asn, "external", "internal"):
            return back, T("the AS numbers do not match")
        if (speaker.process.asn == remote.process.asn) is external:
            return back, T("the AS numbers do not match")
        if neighbor.password != back.password:
            return back, T("one end has a password, the other end has none")
        if external and not joined and not (_far(neighbor) and _far(back)):
            return back, T("the neighbour is more than one hop away")
        return back, None


def _islands(layer2: Layer2) -> dict[str, str]:
    """Devices that some chain of segments joins, by one of them: two networks may use the same addresses."""
    parent: dict[str, str] = {}

    def find(item: str) -> str:
        while parent.setdefault(item, item) != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for segment in layer2.segments:
        for endpoint in segment.endpoints[1:]:
            one, two = sorted((find(segment.endpoints[0].device), find(endpoint.device)))
            parent[two] = one
    return {item: find(item) for item in list(parent)}


def _far(neighbor: BgpNeighbor) -> bool:
    return (neighbor.multihop or 1) > 1 or (neighbor.ttl_security or 1) > 1


def _interfaces(speaker: Speaker) -> list[Interface]:
    return [item for item in speaker.config.interfaces if (item.vrf or "") == speaker.vrf and not item.shutdown]
