"""The forwarding tables of real kernels under FRR against those that are worked out from the same text."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

import pytest

from isolation_checks.reading.folder import read_folder
from isolation_checks.routing.engine import Engine
from isolation_checks.routing.model import NOTHING_DOWN, Outage, Protocol, Route
from tests.isolation_checks.networks import Network
from tests.isolation_checks.routing.kernel import Lab, Row, missing
from tests.isolation_checks.routing.kernel_networks import Drawn, draw
from topology import facts as f

SEEDS = (1, 2, 3, 5, 6, 7, 8, 11)
"""Networks that have one state alone; where who was first decides, there is nothing to compare with."""
HOST = 32


@pytest.fixture(scope="session", autouse=True)
def able() -> None:
    reason = missing()
    if reason is not None:
        pytest.skip(reason)


def engine_of(drawn: Drawn, folder: Path) -> Engine:
    """Reads each router's config as text; the links are cables c0, c1, … in order."""
    net = Network()
    for router in drawn.routers:
        path = folder / router.name / "frr.conf"
        path.parent.mkdir(parents=True)
        path.write_text(router.text(), encoding="utf-8")
    snapshot = read_folder(folder)
    assert not snapshot.problems
    unknown = [line for config in snapshot.devices for line in config.unknown]
    assert not unknown
    net.configs = {config.name: config for config in snapshot.devices}
    net.roles = dict.fromkeys(net.configs, f.Role.CORE)
    for a, port, b, other in drawn.links:
        net.link(f.Attachment(a, port), f.Attachment(b, other))
    return Engine(net.case().facts, net.configs)


def expected(engine: Engine, outage: Outage) -> dict[str, dict[str, Row]]:
    """As a kernel shows its main table: without its own addresses."""
    return {
        device: {f"{IPv4Address(route.network)}/{route.length}": row(route) for route in table.routes if not own(route)}
        for (device, vrf), table in engine.under(outage).tables.items()
        if not vrf
    }


def own(route: Route) -> bool:
    return route.protocol == Protocol.CONNECTED and route.length == HOST


def row(route: Route) -> Row:
    hops = frozenset((hop.interface, "" if hop.gateway is None else str(IPv4Address(hop.gateway))) for hop in route.hops)
    return ("" if hops else "discard"), hops


def same(found: dict[str, dict[str, Row]], wanted: dict[str, dict[str, Row]]) -> None:
    wrong = [
        f"{router} {prefix}: kernel {found[router].get(prefix)}, worked out {wanted[router].get(prefix)}"
        for router in sorted(wanted)
        for prefix in sorted({*found[router], *wanted[router]})
        if found[router].get(prefix) != wanted[router].get(prefix)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.netns
@pytest.mark.parametrize("seed", SEEDS)
def test_kernels_forward_as_worked_out(seed: int, tmp_path: Path) -> None:
    drawn = draw(seed)
    engine = engine_of(drawn, tmp_path / "configs")
    assert not engine.base.doubts
    with Lab({router.name: router.parts() for router in drawn.routers}, drawn.links) as lab:
        wanted = expected(engine, NOTHING_DOWN)
        same(lab.wait(wanted, 30), wanted)
        number = seed % len(drawn.links)
        lab.cut(*drawn.links[number][:2])
        wanted = expected(engine, Outage(cables=frozenset({f"c{number}"})))
        same(lab.wait(wanted, 20), wanted)
