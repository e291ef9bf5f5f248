"""The routes of a whole city, with everything working and while something is down.

``Engine(facts, configs)`` computes once what no outage changes; ``under(outage)`` then redoes only what the outage touches, and whatever
comes out as it was is the same object as without the outage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from isolation_checks.reach.layer2 import Endpoint
from isolation_checks.routing.arrival import arrives
from isolation_checks.routing.bgp import Bgp, Path
from isolation_checks.routing.bgp_setup import Session, Sessions, speakers
from isolation_checks.routing.doubts import lasting_doubts
from isolation_checks.routing.model import NOTHING_DOWN, Outage, Route, Routing, Table
from isolation_checks.routing.ospf import Ospf, OspfState
from isolation_checks.routing.ospf_external import Known, brought_in, external_routes
from isolation_checks.routing.ospf_nssa import External, translate
from isolation_checks.routing.ospf_setup import Instance
from isolation_checks.routing.owners import Owners
from isolation_checks.routing.policies import Policies
from isolation_checks.routing.prefixes import Key
from isolation_checks.routing.rib import Local, Rib, Routes, again, build, local
from isolation_checks.routing.rivals import Alone, rivals
from isolation_checks.routing.watch import Watch
from isolation_checks.routing.wiring import Plan, Wiring
from isolation_checks.snapshot import DeviceConfig
from isolation_checks.verdicts import Doubt
from topology.facts import Facts
from topology.i18n import T

ROUNDS = 30
NO_ROUTES: dict[Key, Route] = {}


@dataclass(frozen=True)
class _State:
    """Everything that a next state may take over."""

    wiring: Wiring
    ospf: OspfState
    locals: Mapping[str, Local]
    told: Mapping[int, tuple[External, ...]]  # by domain
    external: tuple[Routes, ...]  # by instance
    bgp: Mapping[int, Routes]  # by speaker
    ribs: Mapping[str, Mapping[str, Rib]]
    doubts: tuple[Doubt, ...]


class Engine:
    """The routing of a city. ``base`` is its state with everything working."""

    def __init__(self, facts: Facts, configs: Mapping[str, DeviceConfig]) -> None:
        self._plan = Plan(facts, configs)
        self.configs = self._plan.configs
        self._policies = {name: Policies(config) for name, config in self.configs.items()}
        wiring = self._plan.base
        self._ospf = Ospf(self.configs, wiring, self._policies)
        self._instances: dict[str, list[Instance]] = defaultdict(list)
        for instance in self._ospf.instances:
            self._instances[instance.device].append(instance)
        found = speakers(self.configs)
        sessions = Sessions(facts, found, wiring.layer2)
        self._bgp = Bgp(found, sessions.sessions, self._policies)
        self.sessions = sessions.sessions
        self._speaking: dict[str, list[int]] = defaultdict(list)
        for speaker in found:
            self._speaking[speaker.device].append(speaker.id)
        self._owners = Owners(self.configs, wiring)
        self._tracking = frozenset(name for name, config in self.configs.items() if any(item.conditional for item in config.static_routes))
        importing = {self._ospf.instances[number].device for number in self._ospf.importers}
        self._joints = tuple(name for name in self.configs if name in importing or name in self._speaking)
        self._vrfs = {
            Endpoint(name, item.name): item.vrf for name, config in self.configs.items() for item in config.interfaces if item.vrf
        }
        self._unformed = (*self._ospf.unformed, *sessions.unformed)
        self._first = self._state(wiring, None)
        self._watch = Watch(self._joints, self.configs, self._ospf, self._bgp, self._first.told)
        self._lasting = lasting_doubts(self.configs, self._ospf, self._policies)
        self.base = self._routing(NOTHING_DOWN, self._first, None)

    def under(self, outage: Outage) -> Routing:
        """The routes while something is down; what is not in the facts is ignored."""
        wiring = self._plan.under(outage)
        if wiring is self._plan.base:
            return self.base
        return self._routing(outage, self._state(wiring, self._first), self._first)

    def announced(self, session: Session, prefix: Key, path: tuple[str, ...]) -> Path | None:
        """What a speaker makes of an announcement by an external peer; None where it does not take it."""
        return self._bgp.announced(session, prefix, path)

    # -- one state

    def _state(self, wiring: Wiring, before: _State | None) -> _State:
        ospf = self._ospf.base if before is None else self._ospf.under(wiring)
        alive = [name for name in self.configs if name not in wiring.dead]
        if before is None:
            fallen = set(alive)
            locals_: dict[str, Local] = {}
        else:
            fallen = {endpoint.device for endpoint in wiring.down - before.wiring.down}
            locals_ = dict(before.locals)
        for name in fallen:
            locals_[name] = local(self.configs[name], lambda item, name=name: wiring.up(Endpoint(name, item)))  # type: ignore[misc]
        owners = self._owners.under(wiring)
        if before is not None and self._watch.quiet(wiring, before.ospf, ospf, before.locals, locals_, self._tracking):
            told, bgp, doubts = dict(before.told), dict(before.bgp), before.doubts
        else:
            told, bgp, doubts = self._joined(wiring, ospf, locals_, owners)
        if before is not None:
            told = {domain: before.told[domain] if before.told.get(domain) == items else items for domain, items in told.items()}
            bgp = {number: before.bgp[number] if before.bgp.get(number) == routes else routes for number, routes in bgp.items()}
        external = tuple(self._external(instance, ospf, told, before) for instance in self._ospf.instances)
        ribs: dict[str, Mapping[str, Rib]] = {}
        news = None if before is None else self._news(before, ospf, external, bgp)
        for name in alive:
            if before is None or news is None or name in fallen or name in self._tracking:
                ribs[name] = self._rib(name, wiring, locals_[name], self._learned(name, ospf, external, bgp), owners)
            elif name in news:
                former = self._learned(name, before.ospf, before.external, before.bgp)
                learned = self._learned(name, ospf, external, bgp)
                ribs[name] = self._rib_again(name, wiring, locals_[name], learned, former, before.ribs[name], owners)
            else:
                ribs[name] = before.ribs[name]
        return _State(wiring, ospf, locals_, told, external, bgp, ribs, doubts)

    def _news(self, before: _State, ospf: OspfState, external: Sequence[Routes], bgp: Mapping[int, Routes]) -> set[str]:
        """Devices that learned something else than before."""
        found = {
            instance.device
            for instance in self._ospf.instances
            if ospf.internal[instance.id] is not before.ospf.internal[instance.id]
            or external[instance.id] is not before.external[instance.id]
        }
        return found | {speaker.device for speaker in self._bgp.speakers if bgp.get(speaker.id) is not before.bgp.get(speaker.id)}

    def _joined(
        self, wiring: Wiring, ospf: OspfState, locals_: Mapping[str, Local], owners: Mapping[tuple[int, int], tuple[Endpoint, ...]]
    ) -> tuple[dict[int, tuple[External, ...]], dict[int, Routes], tuple[Doubt, ...]]:
        """What importers and BGP speakers tell each other, from nothing until it settles: so that no route is its own reason."""
        joints = [name for name in self._joints if name not in wiring.dead]
        told: dict[int, tuple[External, ...]] = {}
        bgp: dict[int, Routes] = {}
        for _ in range(ROUNDS):
            fresh: dict[int, list[External]] = defaultdict(list)
            full: dict[str, Mapping[str, Rib]] = {}
            for name in joints:
                external = self._externals(name, ospf, told)
                rib = full[name] = self._rib(name, wiring, locals_[name], self._learned(name, ospf, external, bgp), owners)
                self._import(name, ospf, external, rib, locals_[name], fresh)
            translate(self._ospf, ospf, fresh, wiring.dead)
            spoken, settled = self._spoken(wiring, ospf, locals_, owners, told, full)
            now = {domain: tuple(items) for domain, items in fresh.items()}
            if now == told and spoken == bgp and settled:
                return told, bgp, self._rivals(wiring, ospf, locals_, owners, told, bgp)
            told, bgp = now, spoken
        return told, bgp, (Doubt(T("the routing protocols do not come to rest: routes that depend on each other keep changing"), None),)

    def _rivals(
        self, wiring: Wiring, ospf: OspfState, locals_: Mapping[str, Local], owners: Mapping[tuple[int, int], tuple[Endpoint, ...]],
        told: Mapping[int, tuple[External, ...]], bgp: Mapping[int, Routes],
    ) -> tuple[Doubt, ...]:  # fmt: skip
        nothing: list[Routes] = [NO_ROUTES] * len(self._ospf.instances)
        ribs: dict[str, Mapping[str, Rib]] = {}

        @cache
        def alone(number: int) -> Alone:
            instance = self._ospf.instances[number]
            name = instance.device
            if name in wiring.dead or not ospf.attached[number]:
                return Alone(NO_ROUTES, {})
            if name not in ribs:
                ribs[name] = self._rib(name, wiring, locals_[name], self._learned(name, ospf, nothing, bgp), owners)
            made = self._brought(instance, ospf, nothing, ribs[name], locals_[name])
            return Alone(ribs[name][instance.vrf].best, {item.prefix: item for item in made})

        return tuple(dict.fromkeys(rivals(self._ospf, told, alone)))

    def _externals(self, name: str, ospf: OspfState, told: Mapping[int, tuple[External, ...]]) -> dict[int, Routes]:
        return {
            instance.id: external_routes(self._ospf, ospf, instance, told.get(self._ospf.domain[instance.id], ()))
            for instance in self._instances.get(name, ())
        }

    def _spoken(
        self,
        wiring: Wiring,
        ospf: OspfState,
        locals_: Mapping[str, Local],
        owners: Mapping[tuple[int, int], tuple[Endpoint, ...]],
        told: Mapping[int, tuple[External, ...]],
        full: Mapping[str, Mapping[str, Rib]],
    ) -> tuple[dict[int, Routes], bool]:
        """What BGP makes of tables that hold everything but its own routes; packets and next hops go by ``full`` ones."""
        plain: dict[str, Mapping[str, Rib]] = {}

        def table(name: str) -> Mapping[str, Rib]:
            if name not in plain:
                learned = self._learned(name, ospf, self._externals(name, ospf, told), {})
                plain[name] = self._rib(name, wiring, locals_[name], learned, owners)
            return plain[name]

        def whole(name: str) -> Mapping[str, Rib]:
            return full[name] if name in full else table(name)

        living = [speaker for speaker in self._bgp.speakers if speaker.device not in wiring.dead]
        ribs = {speaker.id: table(speaker.device).get(speaker.vrf, Rib({}, {})) for speaker in living}
        ways = {speaker.id: whole(speaker.device).get(speaker.vrf, Rib({}, {})) for speaker in living}
        live = {session.id for session in self._bgp.sessions if self._session_up(wiring, session, whole, owners)} if ribs else set()
        made, settled = self._bgp.routes(live, ribs, ways, wiring.dead) if ribs else ({}, True)
        return dict(made), settled

    def _import(
        self,
        name: str,
        ospf: OspfState,
        external: Mapping[int, Routes],
        rib: Mapping[str, Rib],
        here: Local,
        into: dict[int, list[External]],
    ) -> None:
        for instance in self._instances.get(name, ()):
            if instance.id in self._ospf.importers and ospf.attached[instance.id]:
                into[self._ospf.domain[instance.id]] += self._brought(instance, ospf, external, rib, here)

    def _brought(
        self, instance: Instance, ospf: OspfState, external: Mapping[int, Routes] | Sequence[Routes], rib: Mapping[str, Rib], here: Local
    ) -> tuple[External, ...]:
        mine = [other for other in self._instances[instance.device] if other.vrf == instance.vrf]
        processes = {other.process.id: (ospf.internal[other.id], external[other.id]) for other in mine}
        known = Known(rib[instance.vrf], here.connected[instance.vrf], processes)
        return brought_in(self._ospf, ospf, instance, known, self._policies[instance.device])

    def _session_up(
        self,
        wiring: Wiring,
        session: Session,
        table: Callable[[str], Mapping[str, Rib]],
        owners: Mapping[tuple[int, int], tuple[Endpoint, ...]],
    ) -> bool:
        if not wiring.up(session.here) or (session.there is not None and not wiring.up(session.there)):
            return False
        segment = wiring.layer2.segment_of.get(session.here)
        if session.peer is not None:
            return segment is not None and (session.peer.realm, session.peer.slug) in wiring.layer2.segments[segment].peers
        assert session.there is not None
        assert session.remote is not None
        if session.direct:
            return segment is not None and segment == wiring.layer2.segment_of.get(session.there)
        one, two = self._bgp.speakers[session.speaker], self._bgp.speakers[session.remote]
        return all(
            arrives((start.device, start.vrf), to, target.device, wiring, owners, table, self._vrf_of)
            for start, to, target in ((one, session.address, two), (two, session.local, one))
        )

    def _vrf_of(self, endpoint: Endpoint) -> str:
        return self._vrfs.get(endpoint, "")

    def _external(self, instance: Instance, ospf: OspfState, told: Mapping[int, tuple[External, ...]], before: _State | None) -> Routes:
        items = told.get(self._ospf.domain[instance.id], ())
        if before is not None:
            same = items is before.told.get(self._ospf.domain[instance.id], ()) and instance.id not in ospf.touched
            if same and ospf.internal[instance.id] is before.ospf.internal[instance.id]:
                return before.external[instance.id]
        made = external_routes(self._ospf, ospf, instance, items) if items else NO_ROUTES
        if before is not None and made == before.external[instance.id]:
            return before.external[instance.id]
        return made

    def _learned(
        self, name: str, ospf: OspfState, external: Mapping[int, Routes] | Sequence[Routes], bgp: Mapping[int, Routes]
    ) -> dict[str, list[Routes]]:
        """By VRF, what routing protocols told a device."""
        found: dict[str, list[Routes]] = defaultdict(list)
        for instance in self._instances.get(name, ()):
            found[instance.vrf] += (
                self._screened(instance, ospf.internal[instance.id]),
                self._screened(instance, external[instance.id]),
            )
        for number in self._speaking.get(name, ()):
            found[self._bgp.speakers[number].vrf].append(bgp.get(number, NO_ROUTES))
        return found

    def _screened(self, instance: Instance, routes: Routes) -> Routes:
        """Of what OSPF found, what its distribute lists let into the table."""
        names = [name for direction, name, _ in instance.process.distribute_lists if direction in ("in", "import")]
        if not names:
            return routes
        policies = self._policies[instance.device]
        return {
            prefix: item for prefix, item in routes.items() if prefix < 0 or all(policies.permits_prefix(name, prefix) for name in names)
        }

    def _rib(
        self, name: str, wiring: Wiring, here: Local, learned: Mapping[str, Sequence[Routes]],
        owners: Mapping[tuple[int, int], tuple[Endpoint, ...]],
    ) -> dict[str, Rib]:  # fmt: skip
        def up(interface: str) -> bool:
            return wiring.up(Endpoint(name, interface))

        def reachable(interface: str, gateway: int | None) -> bool:
            segment = wiring.layer2.segment_of.get(Endpoint(name, interface))
            if segment is None:
                return False
            return gateway is None or (segment, gateway) in owners or bool(wiring.layer2.segments[segment].peers)

        return build(self.configs[name], here, learned, up, reachable)

    def _rib_again(
        self, name: str, wiring: Wiring, here: Local, learned: Mapping[str, Sequence[Routes]], former: Mapping[str, Sequence[Routes]],
        old: Mapping[str, Rib], owners: Mapping[tuple[int, int], tuple[Endpoint, ...]],
    ) -> Mapping[str, Rib]:  # fmt: skip
        """As before where nothing it learned is new."""
        changed: dict[str, set[Key]] = {}
        for vrf, routes in learned.items():
            keys: set[Key] = set()
            for new, was in zip(routes, former.get(vrf, ()), strict=True):
                if new is not was:
                    keys.update(prefix for prefix in new.keys() | was.keys() if prefix >= 0 and new.get(prefix) is not was.get(prefix))
            if keys:
                changed[vrf] = keys
        if not changed:
            return old
        if not all(rib.settled for rib in old.values()):
            return self._rib(name, wiring, here, learned, owners)
        made = dict(old)
        for vrf, keys in changed.items():
            made[vrf] = again(old[vrf], here.connected[vrf], here.own[vrf], learned[vrf], keys)
        return made

    # -- what is handed out

    def _routing(self, outage: Outage, state: _State, before: _State | None) -> Routing:
        tables = {} if before is None else self._tables_of_the_living(state)
        for name, ribs in state.ribs.items():
            old = before.ribs.get(name) if before is not None else None
            if ribs is old:
                continue
            for vrf, rib in ribs.items():
                former = old.get(vrf) if old is not None else None
                if former is None or not (rib is former or rib.best == former.best):
                    tables[name, vrf] = Table(name, vrf, tuple(rib.best[prefix] for prefix in sorted(rib.best)))
        doubts = (*self._lasting, *state.doubts)
        return Routing(outage, tables, self._owners.under(state.wiring), doubts, state.wiring.layer2, state.wiring.down, self._unformed)

    def _tables_of_the_living(self, state: _State) -> dict[tuple[str, str], Table]:
        tables = dict(self.base.tables)
        for device in state.wiring.dead:
            for vrf in self._first.ribs.get(device, ()):
                del tables[device, vrf]
        return tables


def routing(facts: Facts, configs: Mapping[str, DeviceConfig], outage: Outage = NOTHING_DOWN, previous: Engine | None = None) -> Routing:
    """The routes in one state; ``previous``: an engine for the same facts and configs, whose work is used."""
    return (previous or Engine(facts, configs)).under(outage)
