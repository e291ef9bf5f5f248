"""The parts of a run of failures that need no lab: the schedule, what counts as silence, the capture, and how results are told."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import dpkt
import pytest

from isolation_checks.packets.fields import TCP, Packet
from lab.failing.capture import capture
from lab.failing.page import page
from lab.failing.report import as_data, as_junit
from lab.failing.run import Happened, Result
from lab.failing.schedule import Failure, What, schedule
from lab.failing.watch import Arrival, Silence
from lab.plan import Kernel, LabPlan
from lab.planning import plan
from lab.probes.choose import Aim, Chosen
from lab.probes.wire import Probe, Sighting
from tasks.cli import main
from tests.city import write_city
from topology.network import load

SYN = Packet(0x0A000001, 0x0A000102, TCP, 40000, 443, 2)
CHOSEN = Chosen(Aim.DECLARED, "outer:a", "outer:b", Probe(1, "host.outer:a", SYN))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> LabPlan:
    network = load(write_city(tmp_path_factory.mktemp("city") / "small", counties=1, townships=1, agencies=1, verticals=1))
    return plan(network, "t", network.design.names, Kernel(vlan=False, vrf=False, dummy=False, bond=False))


@pytest.fixture
def result(small: LabPlan) -> Result:
    failure = Happened(2.0, 6.0, Failure(What.KILL, ("r1", "ospfd"), 2.0, 6.0))
    silence = Silence(0, 3.0, 7.5, 9)
    return Result(small, 1, 10.0, (CHOSEN,), (CHOSEN,), (50, 60), 41, frozenset(), (failure,), (), {}, (silence,), 1.5)


def arrived(result: Result) -> Result:
    way = [Sighting("r1", "eth1", False, SYN, 64, 5.0), Sighting("host.outer:b", "eth0", False, SYN, 62, 5.1)]
    return replace(result, arrivals=(Arrival(7, CHOSEN, 4.2, "host.outer:b", SYN),), evidence={7: way})


def test_a_schedule_repeats_ends_in_time_and_never_hits_a_thing_twice_at_once(small: LabPlan) -> None:
    made = schedule(small, 60, 5)
    assert made == schedule(small, 60, 5) != schedule(small, 60, 6)
    assert {item.what for item in made} == set(What)
    assert all(2.0 <= item.begin < item.end <= 60 for item in made)
    for item in made:
        going_on = [other for other in made if other is not item and other.begin <= item.begin < other.end]
        assert len(going_on) < 3
        assert not {thing for other in going_on for thing in _things(other)} & _things(item)


def _things(item: Failure) -> set[str]:
    return set(item.names if item.what is What.CUT else item.names[:1])


def test_wires_that_were_cut_before_are_left_alone(small: LabPlan) -> None:
    spared = sorted(small.wires)[1:]
    cut = {name for item in schedule(small, 120, 1, spared) if item.what is What.CUT for name in item.names}
    assert cut == {sorted(small.wires)[0]}


def test_a_capture_tells_when_and_where_a_packet_was(result: Result) -> None:
    data = capture(arrived(result).evidence)
    packets = [dpkt.ip.IP(bytes(packet)) for _, packet in dpkt.pcapng.Reader(io.BytesIO(data))]
    assert [(packet.ttl, packet.dst, packet.data.dport) for packet in packets] == [
        (64, b"\x0a\0\x01\x02", 443),
        (62, b"\x0a\0\x01\x02", 443),
    ]
    assert b"r1 eth1" in data
    assert b"host.outer:b eth0" in data


def test_a_good_run_is_complete_and_a_mute_one_is_not(result: Result) -> None:
    data = as_data(result, date(2026, 12, 1), None)
    assert data["good"]
    assert data["complete"]
    assert data["flows"][0] == {
        "source": "outer:a",
        "target": "outer:b",
        "packet": SYN.text(),
        "lost": 9,
        "silent": 4.5,
        "longest": 4.5,
        "silences": [{"begin": 3.0, "end": 7.5, "lost": 9}],
    }
    assert not replace(result, mute=frozenset([0])).complete, "who never hears anything proves nothing by silence"
    assert not replace(result, recovered=None).complete
    assert not replace(result, sent=(50, 0)).complete


def test_a_forbidden_packet_fails_with_its_way(result: Result) -> None:
    data = as_data(arrived(result), date(2026, 12, 1), "x.pcapng")
    assert not data["good"]
    assert [step["where"] for step in data["arrivals"][0]["way"]] == ["r1", "host.outer:b"]
    assert json.loads(json.dumps(data))["capture"] == "x.pcapng"
    failures = _failures(arrived(result))
    assert len(failures) == 1
    assert "host.outer:b" in (failures[0].text or "")
    assert not _failures(result)


def _failures(result: Result) -> list[ElementTree.Element]:
    return ElementTree.fromstring(as_junit(result, "en")).findall(".//failure")  # noqa: S314 - our own


def test_the_page_shows_both_languages_and_needs_nothing_else(result: Result) -> None:
    html = page(arrived(result))
    assert html.count("<svg") == 2
    assert 'lang="zh"' in html
    assert 'lang="en"' in html
    assert "ospfd" in html
    assert "<script" not in html
    assert "src=" not in html


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--report", "x.txt"], "ends in .json, .xml or .html"),
        (["--cut", "x"], "takes no --cut"),
        (["--seconds", "1"], "5"),
    ],
)
def test_bad_calls(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    city = str(Path(__file__).parents[2] / "topology" / "starter")
    assert main(["--lang", "en", "--city", city, "lab", "fail", "--random", *arguments]) == 2
    assert said in capsys.readouterr().err
