"""What a failure changes is worked out again, and nothing else; the result is that of working out everything."""

from __future__ import annotations

from isolation_checks.forwarding.failures import Failure, failures
from isolation_checks.forwarding.gates import Gates
from isolation_checks.forwarding.work import Met, Work, work
from isolation_checks.packets.space import PacketSpace
from isolation_checks.routing.engine import Engine
from isolation_checks.routing.model import NOTHING_DOWN
from tests.isolation_checks.forwarding.hand import city_of
from tests.isolation_checks.networks import Network
from tests.isolation_checks.rules.exact_case import line, routed


def spare() -> Network:
    """Two ways between a and b, the second over r3; and c beside r3, whom nothing of that concerns."""
    network = line()
    network.device("r3")
    network.link(network.port("r1", "10.8.0.1/30"), network.port("r3", "10.8.0.2/30"))
    network.link(network.port("r3", "10.6.0.1/30"), network.port("r2", "10.6.0.2/30"))
    network.party("c", "10.3.0.0/24", network.port("r3", "10.3.0.1/24"))
    network.flow("c", "b", "tcp", 443)
    routed(network, "r1", "10.2.0.0/24 10.9.0.2", "10.2.0.0/16 10.8.0.2")
    routed(network, "r2", "10.1.0.0/24 10.9.0.1", "10.1.0.0/16 10.6.0.1", "10.3.0.0/24 10.6.0.1")
    routed(network, "r3", "10.2.0.0/24 10.6.0.2", "10.1.0.0/24 10.8.0.1")
    return network


def told(met: Met) -> object:
    parts = tuple(sorted({(loss.at, loss.fate, loss.doubtful) for loss in losses}) for losses in (met.losses, met.answers))
    return met.demand.source.name, met.demand.target.party, parts


def states() -> tuple[Work, Engine, list[Failure]]:
    case = spare().case()
    engine = Engine(case.facts, case.configs)
    return work(city_of(case), engine.base, Gates(PacketSpace())), engine, failures(case.facts, 2)


def test_a_state_from_the_base_is_the_state_from_nothing() -> None:
    base, engine, found = states()
    assert all(met.passes for met in base.met)
    for failure in found:
        routing = engine.under(failure.outage)
        again = work(base.city, routing, base.gates)
        assert list(map(told, base.under(routing).met)) == list(map(told, again.met)), failure.id


def test_what_a_failure_does_not_touch_is_taken_over() -> None:
    base, engine, found = states()
    link = next(item for item in found if item.id == "cable c0")
    after = base.under(engine.under(link.outage))
    by_source = {met.demand.source.name: (old, met) for old, met in zip(base.met, after.met, strict=True)}
    old, new = by_source["c"]
    assert old is new
    old, new = by_source["a"]
    assert old is not new
    assert new.passes
    assert base.under(engine.under(NOTHING_DOWN)).met == base.met
