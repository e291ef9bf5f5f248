"""What the rules on exact forwarding share: findings about demands that are not met, with the walk of one packet as witness."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from isolation_checks.case import Case
from isolation_checks.forwarding.course import Loss
from isolation_checks.forwarding.model import ARRIVED, Branch, Fate, Trace
from isolation_checks.forwarding.trace import Tracer
from isolation_checks.forwarding.work import Met, Work
from isolation_checks.packets.fields import ICMP, TCP, Packet
from isolation_checks.snapshot import TcpFlag
from isolation_checks.verdicts import Doubt, Finding, PacketWitness, Place
from topology.facts import Flow
from topology.i18n import T, Text

ASSUMED = ("peers-agreed-prefixes", "circuits-private")

WHY: dict[Fate, Text] = {
    Fate.NO_START: T("its sender is plugged in nowhere that is up"),
    Fate.NO_GATEWAY: T("nobody answers as its gateway"),
    Fate.NO_ROUTE: T("there is no route"),
    Fate.DISCARDED: T("a route discards it"),
    Fate.FILTERED: T("a filter drops it"),
    Fate.POLICY: T("no policy permits it"),
    Fate.REVERSE_PATH: T("a reverse-path check refuses its source"),
    Fate.NO_SESSION: T("it comes by another way than what it answers, and no session is open for it"),
    Fate.LOOP: T("it goes round in circles"),
    Fate.UNREACHABLE: T("the next hop does not answer"),
    Fate.NOBODY: T("nobody is recorded at its destination"),
    Fate.NOT_FORWARDING: T("the device forwards nothing"),
    Fate.ELSEWHERE: T("it arrives at somebody else"),
}
FIX: dict[Fate, Text] = {
    Fate.FILTERED: T("Permit the flow in the filter named last, in both directions, or delete the flow."),
    Fate.POLICY: T("Permit the flow in the policy named last, or delete the flow."),
    Fate.NO_SESSION: T("Lead both directions through the same firewall and the same zones."),
    Fate.REVERSE_PATH: T("Route the source over the interface that it comes in by, or check loosely there."),
    Fate.LOOP: T("Give one of the devices a route that leads on, or discard there what nobody has."),
}
OTHERWISE = T("Give the device named last a route that leads to the destination, or delete the flow.")


class Group(NamedTuple):
    """Losses at one place for one reason, of demands to or from it."""

    at: str
    fate: Fate
    answers: bool
    rows: tuple[tuple[Met, Loss], ...]


def groups(met: Iterable[Met], *, doubtful: bool) -> list[Group]:
    found: dict[tuple[str, Fate, bool], list[tuple[Met, Loss]]] = defaultdict(list)
    for item in met:
        for answers, losses in ((False, item.losses), (True, item.answers)):
            for loss in losses:
                if loss.doubtful is doubtful:
                    found[loss.at, loss.fate, answers].append((item, loss))
    return [Group(*key, tuple(rows)) for key, rows in sorted(found.items())]


def doubts(case: Case, met: Iterable[Met]) -> Iterator[Doubt]:
    """Of demands that pass in one reading only, and of the routes themselves."""
    yield from case.engine.base.doubts
    for group in groups(met, doubtful=True):
        item = group.rows[0][0]
        what = T(
            "whether packets of {source} to {target} pass {at} depends on something not known: {why}",
            source=name(item), target=item.demand.target.party, at=group.at, why=WHY[group.fate],
        )  # fmt: skip
        yield Doubt(what, _place(case, group.at))
    for flow, party in case.exact.demands.missing:
        what = T("flow {flow} cannot be followed: {party} has no address or is plugged in nowhere", flow=flow.id, party=party)
        yield Doubt(what, flow.origin)


def _place(case: Case, at: str) -> Place | None:
    return case.devices[at].origin if at in case.devices else None


def name(met: Met) -> str:
    return met.demand.source.device or met.demand.source.name


def findings(case: Case, work: Work, met: Iterable[Met], because: Text | None = None) -> Iterator[Finding]:
    """One finding for each place and reason. ``because``: what has failed."""
    tracer = Tracer(work.plane)
    for group in groups(met, doubtful=False):
        item, loss = group.rows[0]
        demand = item.demand
        hurt = touched(work, item, loss, answers=group.answers)
        flows = ", ".join(flow.id for flow in hurt[:3]) + (" …" if len(hurt) > 3 else "")
        others = len({(name(row), row.demand.target.party) for row, _ in group.rows}) - 1
        more = T("; the same holds for {count} others", count=others) if others else Text("")
        values = {"flows": flows, "source": name(item), "target": demand.target.party, "at": group.at, "why": WHY[group.fate],
                  "more": more}  # fmt: skip
        there = T("{flows} from {source} to {target} does not pass: at {at}, {why}{more}", **values)
        back = T("the answers of {flows} from {target} to {source} do not pass: at {at}, {why}{more}", **values)
        what = back if group.answers else there
        witness = witnessed(work, tracer, item, loss, answers=group.answers)
        places = (*deciding(witness, group.at), *(flow.origin for flow in hurt[:1]))
        said = what if because is None else T("when {failure}: {what}", failure=because, what=what)
        yield Finding(f"{demand.source.party} -> {demand.target.party}", said, FIX.get(group.fate, OTHERWISE), places, witness)


def touched(work: Work, met: Met, loss: Loss, *, answers: bool) -> tuple[Flow, ...]:
    """The flows that a loss takes packets of; where they were translated before, all of the demand's."""
    demands = work.demands
    found = []
    for flow in met.demand.flows:
        alone = met.demand._replace(flows=(flow,))
        own = demands.answers(alone) if answers else demands.packets(alone)
        if own & loss.packets != work.gates.space.false:
            found.append(flow)
    return tuple(found) or met.demand.flows


def deciding(witness: PacketWitness | None, at: str) -> tuple[Place, ...]:
    """The lines of the device where it ends."""
    steps = witness.steps if witness is not None else ()
    return tuple(dict.fromkeys(step.ref for step in steps if step.ref is not None and step.at == at))[-3:]


def witnessed(work: Work, tracer: Tracer, met: Met, loss: Loss, *, answers: bool) -> PacketWitness | None:
    """A packet of a loss, walked step by step by what shares no code with the sets; ``replayed`` says whether both agree."""
    space, demand = work.gates.space, met.demand
    if loss.packets == space.false:
        return None
    packet = space.pick(loss.packets)[1]
    sent = opener(packet) if answers else packet
    own = work.demands.packets(demand)
    if not space.contains(own, 0, sent):
        sent = space.pick(own)[1]
    trace = tracer.trace(demand.source.device or demand.source.name, sent)
    branch = _failing(trace, loss.at)
    if branch is None:
        return None
    replayed = branch.fate not in ARRIVED and branch.fate is loss.fate
    return PacketWitness(name(met), demand.target.party, branch.packet, space.count(loss.packets), branch.steps(), replayed, arrives=False)


def _failing(trace: Trace, at: str) -> Branch | None:
    branches = (*trace.forward, *trace.back)
    lost = [branch for branch in branches if not branch.arrived]
    return next((branch for branch in lost if branch.end == at), lost[0] if lost else (branches[-1] if branches else None))


def opener(answer: Packet) -> Packet:
    """The packet that an answer answers, as a client sends it first."""
    asked = answer._replace(src=answer.dst, dst=answer.src)
    if answer.protocol == ICMP:
        return asked._replace(dport=8 << 8 | answer.dport & 255)
    return asked._replace(sport=answer.dport, dport=answer.sport, flags=int(TcpFlag.SYN) if answer.protocol == TCP else 0)
