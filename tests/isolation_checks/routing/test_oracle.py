"""The routes of random small networks against a slow simulator that was written from the RFCs alone."""

from __future__ import annotations

import os
from dataclasses import replace
from ipaddress import IPv4Address
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st

from isolation_checks.case import Case
from isolation_checks.routing.engine import Engine
from isolation_checks.routing.model import NOTHING_DOWN, Outage, Protocol, Routing
from isolation_checks.snapshot import DeviceConfig
from tests.isolation_checks.routing.networks import networks, outages
from tests.isolation_checks.routing.oracle import Entry, Simulator

EXAMPLES = int(os.environ.get("GOVNET_ROUTING_EXAMPLES", "0"))
"""How many networks are drawn by chance; without it, the same few each time."""
UNHURRIED = settings(
    max_examples=EXAMPLES or 40,
    derandomize=not EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    verbosity=Verbosity.quiet,
    phases=[Phase.generate],
)
"""Quiet: a network as text is too long to read; the message says what differs."""
RACES = ("come to rest", "who was first decides")
Shown = dict[tuple[str, str, str], tuple[object, ...]]


def configs(case: Case) -> dict[str, DeviceConfig]:
    return {item.name: item for item in case.snapshot.devices}


def prefix(network: int, length: int) -> str:
    return f"{IPv4Address(network)}/{length}"


def expected(case: Case, outage: Outage) -> Shown:
    found = Simulator(case.facts, configs(case), outage).run()
    return {(*place, prefix(*key)): told(entry) for place, table in found.items() for key, entry in table.items()}


def told(route: Entry) -> tuple[object, ...]:
    """The metric of a discard route says nothing."""
    return route.protocol, route.preference, route.metric if route.protocol != Protocol.OSPF_SUMMARY else None, frozenset(route.hops)


def shown(routing: Routing) -> Shown:
    return {
        (*place, prefix(route.network, route.length)): told(Entry(route.protocol, route.preference, route.metric, frozenset(route.hops)))
        for place, table in routing.tables.items()
        for route in table.routes
    }


def same(actual: Shown, wanted: Shown) -> None:
    wrong = {key: (actual.get(key), wanted.get(key)) for key in {*actual, *wanted} if actual.get(key) != wanted.get(key)}
    assert not wrong, "(engine, oracle):\n" + "\n".join(f"{key}: {value}" for key, value in sorted(wrong.items())[:8])


def agree(engine: Engine, case: Case, outage: Outage) -> None:
    """Where a network has more than one state that lasts, the engine must say so; which of them the oracle ends up in is chance."""
    routing = engine.under(outage)
    racing = any(words in doubt.what.msgid for doubt in routing.doubts for words in RACES)
    try:
        wanted = expected(case, outage)
    except RuntimeError:
        assert racing, "the oracle does not come to rest"
        return
    if not racing:
        same(shown(routing), wanted)


@UNHURRIED
@given(networks(bgp=False, vrf=False))
def test_ospf_and_statics(case: Case) -> None:
    agree(Engine(case.facts, configs(case)), case, NOTHING_DOWN)


@UNHURRIED
@given(networks())
def test_bgp_and_vrfs_beside_them(case: Case) -> None:
    agree(Engine(case.facts, configs(case)), case, NOTHING_DOWN)


@UNHURRIED
@given(st.data())
def test_while_something_is_down(data: st.DataObject) -> None:
    """Also by way of a state with something else down: what is reused must not show."""
    case = data.draw(networks())
    engine = Engine(case.facts, configs(case))
    for _ in range(2):
        agree(engine, case, data.draw(outages(case)))


@UNHURRIED
@given(st.data())
def test_what_is_reused_changes_nothing(data: st.DataObject) -> None:
    case = data.draw(networks())
    engine = Engine(case.facts, configs(case))
    first, second = data.draw(outages(case)), data.draw(outages(case))
    engine.under(first)
    reused, fresh = engine.under(second), Engine(case.facts, configs(case)).under(second)
    assert shown(reused) == shown(fresh)
    assert set(reused.owners.values()) == set(fresh.owners.values())
    assert reused.down == fresh.down


@UNHURRIED
@given(networks(), st.integers(0, 10**6))
def test_order_changes_nothing(case: Case, seed: int) -> None:
    """Devices, interfaces, statics and neighbours in another order."""
    random = Random(seed)

    def mixed(items: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(random.sample(items, len(items)))

    other = {
        name: replace(
            config,
            interfaces=mixed(config.interfaces),  # type: ignore[arg-type]
            static_routes=mixed(config.static_routes),  # type: ignore[arg-type]
            bgp=tuple(replace(item, neighbors=mixed(item.neighbors)) for item in config.bgp),  # type: ignore[arg-type]
        )
        for name, config in random.sample(sorted(configs(case).items()), len(case.snapshot.devices))
    }
    facts = replace(case.facts, devices=mixed(case.facts.devices), cables=mixed(case.facts.cables))  # type: ignore[arg-type]
    assert shown(Engine(facts, other).base) == shown(Engine(case.facts, configs(case)).base)


@UNHURRIED
@given(st.data())
def test_who_answers_for_a_virtual_address(data: st.DataObject) -> None:
    case = data.draw(networks(bgp=False, vrf=False))
    outage = data.draw(st.one_of(st.just(NOTHING_DOWN), outages(case)))
    routing = Engine(case.facts, configs(case)).under(outage)
    simulator = Simulator(case.facts, configs(case), outage)
    for config in case.snapshot.devices:
        for item in config.interfaces:
            at = config.name, item.name
            if not item.virtual or config.name in outage.devices or not simulator.links.is_up(*at):
                continue
            segment = routing.layer2.segment_of[next(end for end in routing.layer2.segment_of if tuple(end) == at)]
            address = item.virtual[0].ip
            assert {tuple(end) for end in routing.owners[segment, address]} == simulator.owners(at, address)


def test_the_oracle_can_tell() -> None:
    """A cost that is off by one shows."""
    with pytest.raises(AssertionError, match="engine, oracle"):
        same(
            {("r1", "", "10.0.0.0/8"): (Protocol.OSPF, 10, 2, frozenset())}, {("r1", "", "10.0.0.0/8"): (Protocol.OSPF, 10, 3, frozenset())}
        )
