"""The matrix of groups: a flow between neighbours on one segment passes, though no device lets it through."""

from __future__ import annotations

from isolation_checks.reach.matrix import zone_matrix
from isolation_checks.verdicts import Cell
from tests.isolation_checks.networks import Network, filtered


def lans() -> Network:
    build = Network()
    build.device("r1", filtered("out", []), filtered("in", []))
    build.party("one", "10.1.0.0/24", build.port("r1", "10.1.0.1/24", "in", "out"))
    build.party("two", "10.2.0.0/24", build.port("r1", "10.2.0.1/24", "in", "out"))
    return build


def cells(build: Network) -> tuple[Cell, ...]:
    return zone_matrix(build.case().reach).cells


def test_a_flow_between_neighbours_on_one_segment_passes() -> None:
    build = lans()
    build.flow("one", "one", "tcp", 80)
    (cell,) = cells(build)
    assert (cell.flows, cell.passes, cell.excess) == (1, True, 0)


def test_a_flow_that_a_filter_stops_does_not_pass() -> None:
    build = lans()
    build.flow("one", "two", "tcp", 80)
    (cell,) = cells(build)
    assert (cell.flows, cell.passes, cell.excess) == (1, False, 0)
