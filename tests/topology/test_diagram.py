"""The pictures: what is in them, where it stands, and that nothing of the inventory can do harm in them."""

from __future__ import annotations

import json
import re
import shutil
import time
from dataclasses import fields, replace
from enum import StrEnum
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest

from tasks import cli
from tests.topology import facts_sample
from topology import facts as f
from topology.diagram import drawing, words
from topology.diagram.city import OVERVIEW, City, natural, of_realm, place_of
from topology.diagram.drawing import Pictures, html_page, pictures, svg_files
from topology.diagram.layout import LayoutError, Placed
from topology.diagram.measure import text_width
from topology.diagram.scene import Kind
from topology.diagram.symbols import ICONS, MEDIA
from topology.i18n import T

needs_graphviz = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
EVIL = """<script>alert("1")</script> & '] ]]> </style> \x07"""
MOST_BYTES, MOST_SECONDS = 5_000_000, 10


@pytest.fixture(scope="module")
def city() -> f.Facts:
    return facts_sample.city(counties=2, townships=4)


@pytest.fixture(scope="module")
def drawn(city: f.Facts) -> Pictures:
    return pictures(city, None, "zh")


def _views(drawn: Pictures) -> dict[str, Placed]:
    return {placed.view.id: placed for placed in drawn.placed}


def _data(page: str) -> dict[str, dict[str, object]]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])["cards"]  # type: ignore[no-any-return]


# ------------------------------------------------------------------------------------------------------------ words and signs


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        (words.ROLE, f.Role), (words.ICON, f.Role), (words.USE, f.Use), (words.MEDIUM, f.Medium), (MEDIA, f.Medium),
        (words.PARTY, f.PartyKind), (words.REALM, f.Realm), (words.TIER, f.Tier), (words.SYSTEM, f.System), (words.LEVEL, f.Level),
    ],
)  # fmt: skip
def test_every_value_has_its_word_or_sign(table: dict[str, object], kind: type[StrEnum]) -> None:
    assert {member.value for member in kind} <= {str(key) for key in table}


def test_every_icon_is_drawn() -> None:
    used = {*words.ICON.values(), *words.PARTY_ICON.values(), *words.PART_ICON.values(), "cloud", "globe", "county", "township"}
    assert used <= set(ICONS)


@pytest.mark.parametrize(("mbps", "shown"), [(8, "8M"), (155, "155M"), (1000, "1G"), (2500, "2.5G")])
def test_rates_are_short(mbps: int, shown: str) -> None:
    assert words.rate(mbps) == shown


@pytest.mark.parametrize(
    ("port", "shown"),
    [
        ("GigabitEthernet0/0/1", "GE0/0/1"), ("XGigabitEthernet0/0/1", "XGE0/0/1"), ("Ten-GigabitEthernet1/0/25", "XGE1/0/25"),
        ("TenGigabitEthernet1/1", "Te1/1"), ("FastEthernet0/1", "Fa0/1"), ("eth0", "eth0"), ("Ethernet", "Eth"),
    ],
)  # fmt: skip
def test_ports_are_short(port: str, shown: str) -> None:
    assert words.short_port(port) == shown


def test_names_with_numbers_are_ordered_as_people_count() -> None:
    assert sorted(["acc10", "acc9", "acc1"], key=natural) == ["acc1", "acc9", "acc10"]


def test_chinese_text_is_an_em_a_character() -> None:
    assert text_width("清镇市", 10) == 30
    assert text_width("core", 10) < 30


# ------------------------------------------------------------------------------------------------------------ what is drawn


@needs_graphviz
def test_views_are_the_city_its_centre_its_counties_and_townships(drawn: Pictures) -> None:
    views = list(_views(drawn))
    assert views[0] == OVERVIEW
    assert {"gatekeeper", "outer.core", "outer.egress", "outer.hosting", "outer.access", "inner.core", "inner.hosting"} <= set(views)
    assert views[views.index("qingzhen") + 1 :][:4] == [f"qingzhen/{slug}" for slug in ("hongfenghu", "town1", "town2", "town3")]
    parents = {view: placed.view.parent for view, placed in _views(drawn).items()}
    assert (parents["qingzhen/town1"], parents["qingzhen"], parents["outer.core"], parents[OVERVIEW]) == (
        "qingzhen",
        OVERVIEW,
        OVERVIEW,
        "",
    )


@needs_graphviz
def test_every_device_stands_in_the_picture_of_its_place(city: f.Facts, drawn: Pictures) -> None:
    views = _views(drawn)
    for device in city.devices:
        home = {node.id: node for node in views[place_of(device)].view.nodes}
        assert not home[f"device:{device.name}"].away


@needs_graphviz
def test_every_circuit_is_in_the_pictures_of_both_its_ends(city: f.Facts, drawn: Pictures) -> None:
    shown = {view: {card for edge in placed.view.edges for card in edge.card.split()} for view, placed in _views(drawn).items()}
    devices = {device.name: device for device in city.devices}
    for circuit in city.circuits:
        for end in filter(None, (circuit.a, circuit.b)):
            assert f"circuit:{circuit.id}" in shown[place_of(devices[end.device])]


@needs_graphviz
def test_a_dual_homed_township_has_two_lines_and_the_last_one_only_one(drawn: Pictures) -> None:
    edges = [edge for edge in _views(drawn)["qingzhen"].view.edges if not edge.unseen]
    count = {slug: sum(f"place:qingzhen/{slug}" in (edge.tail, edge.head) for edge in edges) for slug in ("hongfenghu", "town3")}
    assert count == {"hongfenghu": 2, "town3": 1}


@needs_graphviz
def test_townships_stand_in_one_column_in_order_between_the_two_routers(drawn: Pictures) -> None:
    county = _views(drawn)["qingzhen"]
    at = {node.id: point for node, point, _ in county.nodes}
    townships = [at[f"place:qingzhen/{slug}"] for slug in ("hongfenghu", "town1", "town2", "town3")]
    assert len({x for x, _ in townships}) == 1
    assert townships == sorted(townships, key=lambda point: point[1])
    assert at["device:qingzhen-r1"][0] < townships[0][0] < at["device:qingzhen-r2"][0]


@needs_graphviz
def test_a_township_shows_the_ports_of_router_and_switch(drawn: Pictures) -> None:
    township = {node.id: node for node in _views(drawn)["qingzhen/hongfenghu"].view.nodes}
    router = township["device:qingzhen-hongfenghu-r"]
    assert router.kind is Kind.STRIP
    assert [(port.name, port.upper) for port in router.ports] == [("GE0/0/1", True), ("GE0/0/2", True), ("GE0/0/3", False)]
    assert township["device:qingzhen-r1"].opens == "qingzhen"


@needs_graphviz
def test_planned_things_are_told_from_surveyed_ones(drawn: Pictures) -> None:
    county = _views(drawn)["qingzhen"].view
    planned = {node.id: node.planned for node in county.nodes}
    assert planned["place:qingzhen/town3"]
    assert not planned["place:qingzhen/town1"]
    assert {edge.planned for edge in county.edges if edge.use == "circuit"} == {True, False}


@needs_graphviz
def test_nothing_overlaps_and_frames_hold_their_own(drawn: Pictures) -> None:
    for placed in drawn.placed:
        boxes = {node.id: (x - s.width / 2, y - s.height / 2, x + s.width / 2, y + s.height / 2) for node, (x, y), s in placed.nodes}
        for (one, a), (other, b) in combinations(boxes.items(), 2):
            apart = a[2] <= b[0] + 0.5 or b[2] <= a[0] + 0.5 or a[3] <= b[1] + 0.5 or b[3] <= a[1] + 0.5
            assert apart, f"{placed.view.id}: {one} on {other}"
        for group, (left, top), (right, bottom) in placed.groups:
            for node in placed.view.nodes:
                box = boxes[node.id]
                inside = left <= box[0] and top <= box[1] and box[2] <= right and box[3] <= bottom
                assert inside == (node.group == group.id), f"{placed.view.id}: {node.id} and {group.id}"


@needs_graphviz
def test_one_realm_shows_nothing_of_the_other(city: f.Facts) -> None:
    outer = html_page(pictures(city, None, "zh", realm=f.Realm.OUTER))
    assert "gy-core-1" in outer
    assert "gyi-core-1" not in outer
    assert "10.53." not in outer
    inner = html_page(pictures(city, None, "zh", realm=f.Realm.INNER))
    assert "gyi-core-1" in inner
    assert "gy-core-1" not in inner
    assert "中国电信" not in inner


def test_a_realm_alone_loses_lines_to_the_other(city: f.Facts) -> None:
    outer = of_realm(city, f.Realm.OUTER)
    assert {device.realm for device in outer.devices} == {f.Realm.OUTER}
    assert not [cable for cable in outer.cables if cable.use is f.Use.ARC]


@needs_graphviz
def test_one_site_comes_with_what_is_below_it(city: f.Facts) -> None:
    county = pictures(city, None, "zh", site="qingzhen")
    assert list(_views(county)) == ["qingzhen", *(f"qingzhen/{slug}" for slug in ("hongfenghu", "town1", "town2", "town3"))]
    assert not [node for node in county.placed[0].view.nodes if node.opens and node.opens not in _views(county)]
    assert list(_views(pictures(city, None, "zh", site="qingzhen/town1"))) == ["qingzhen/town1"]
    with pytest.raises(KeyError):
        pictures(city, None, "zh", site="atlantis")


def test_peers_of_one_name_in_both_realms_stay_apart(city: f.Facts) -> None:
    twins = tuple(replace(peer, slug="province") if peer.slug == "province-inner" else peer for peer in city.peers)
    circuits = tuple(replace(c, peer="province") if c.peer == "province-inner" else c for c in city.circuits)
    both = City(replace(city, peers=twins, circuits=circuits))
    assert {line.peer for line in both.lines if line.peer} == {"internet.telecom", "inner.province", "outer.province"}


# ------------------------------------------------------------------------------------------------------------ the files


@needs_graphviz
def test_equal_facts_give_equal_bytes_whatever_their_order(city: f.Facts, drawn: Pictures) -> None:
    shuffled = {field.name: getattr(city, field.name)[::-1] for field in fields(city) if isinstance(getattr(city, field.name), tuple)}
    again = pictures(replace(city, **(shuffled | {"realms": city.realms})), None, "zh")
    assert html_page(again) == html_page(drawn)
    assert svg_files(again) == svg_files(drawn)


@needs_graphviz
def test_svg_files_are_well_formed_and_ask_for_nothing(drawn: Pictures) -> None:
    files = svg_files(drawn)
    assert {"city.svg", "qingzhen.svg", "qingzhen-hongfenghu.svg"} <= set(files)
    for svg in files.values():
        root = ET.fromstring(svg)  # noqa: S314 - our own
        assert root.get("aria-label")
        _asks_for_nothing(svg)


@needs_graphviz
def test_the_page_asks_for_nothing_and_runs_only_its_own_script(drawn: Pictures) -> None:
    page = html_page(drawn)
    _asks_for_nothing(page)
    assert "default-src 'none'" in page
    assert len(re.findall(r"<script(?! type=\"application/json\")", page)) == 1
    assert 'lang="zh-CN"' in page


def _asks_for_nothing(text: str) -> None:
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) <= {"http://www.w3.org/2000/svg"}
    assert not re.findall(r"\ssrc=|@import|<link|<iframe|<image", text)
    assert set(re.findall(r"url\(([^)]*)\)", text)) <= {"#hatch"}
    assert {href[0] for href in re.findall(r"<use[^>]* href=\"([^\"]*)\"", text)} <= {"#"}


@needs_graphviz
def test_names_cannot_break_out(city: f.Facts) -> None:
    evil = f.Name(EVIL, EVIL)
    sites = tuple(replace(site, name=evil) for site in city.sites)
    parties = tuple(replace(party, name=evil) for party in city.parties)
    circuits = tuple(replace(circuit, carrier=EVIL, reference=EVIL, risk=(EVIL,)) for circuit in city.circuits)
    drawn = pictures(replace(city, sites=sites, parties=parties, circuits=circuits, name=evil), None, "en")
    page = html_page(drawn)
    assert "<script>alert" not in page
    assert page.count("</style>") == 1
    assert page.count("</script>") == 2
    assert any(EVIL in str(card["r"]) or card["t"] == EVIL for card in _data(page).values())
    for svg in svg_files(drawn).values():
        ET.fromstring(svg)  # noqa: S314 - our own


@needs_graphviz
def test_cards_tell_circuits_ports_addresses_and_states(drawn: Pictures) -> None:
    cards = _data(html_page(drawn))
    told = json.dumps(cards["circuit:c005"], ensure_ascii=False)
    for expected in ("unicom", "黔电 0005", "λ5", "155 Mbit/s", "duct-2", "gy-core-2", "qingzhen-r2", "2026-03-01"):
        assert expected in told
    assert cards["place:qingzhen"]["t"] == "清镇市"
    device = json.dumps(cards["device:qingzhen-hongfenghu-s"], ensure_ascii=False)
    assert "红枫湖镇政府" in device
    assert [card["n"] for card in cards.values() if card["t"] == "红枫湖镇政府"] == [["10.60.100.0/24"]]
    for card in cards.values():
        assert card["v"] in _views(drawn)


@needs_graphviz
def test_a_whole_city_is_small_and_quick() -> None:
    whole = facts_sample.city(counties=10, townships=9)
    begin = time.monotonic()
    page = html_page(pictures(whole, None, "zh"))
    assert time.monotonic() - begin < MOST_SECONDS
    assert len(page.encode()) < MOST_BYTES


# ------------------------------------------------------------------------------------------------------------ without Graphviz


def test_missing_graphviz_says_what_to_install(city: f.Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(LayoutError, match="apt install graphviz"):
        pictures(city, None, "en")


def test_graphviz_that_fails_says_why(city: f.Facts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dot = tmp_path / "dot"
    dot.write_text("#!/bin/sh\necho 'out of memory' >&2\nexit 1\n")
    dot.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda _: str(dot))
    with pytest.raises(LayoutError, match="'city': out of memory"):
        pictures(city, None, "en")


# ------------------------------------------------------------------------------------------------------------ the command


@pytest.fixture
def inventory(city: f.Facts, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that loads as the small city."""
    monkeypatch.setattr("topology.network.load", lambda _: SimpleNamespace(facts=city, design=None))
    monkeypatch.chdir(tmp_path)
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def _run(inventory: Path, *args: str) -> int:
    return cli.main(["--city", str(inventory), "diagram", *args])


@needs_graphviz
def test_the_command_writes_page_and_files_and_removes_what_is_gone(inventory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(inventory, "--out", "out") == 0
    out = inventory / "out"
    assert "out/index.html" in capsys.readouterr().out
    pages = {path.name for path in (out / "svg").iterdir()}
    assert len(pages) == len(drawing.pictures(facts_sample.city(2, 4), None, "en").placed)
    (out / "svg" / "mine.svg").write_text("<svg/>")
    assert _run(inventory, "--out", "out", "--realm", "outer") == 0  # a part of the city removes nothing
    assert {path.name for path in (out / "svg").iterdir()} == pages | {"mine.svg"}


@needs_graphviz
@pytest.mark.parametrize(
    ("args", "begins"),
    [
        (["--out", "a.svg"], "<svg"),
        (["--out", "a.html"], "<!DOCTYPE html>"),
        (["--out", "a.svg", "--format", "svg", "--site", "qingzhen/town1"], "<svg"),
    ],
)
def test_a_path_with_a_suffix_is_one_file(inventory: Path, args: list[str], begins: str) -> None:
    assert _run(inventory, *args) == 0
    assert (inventory / args[1]).read_text().startswith(begins)
    assert [path.name for path in inventory.iterdir()] == [args[1]]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--site", "qingzhem"], "There is no site 'qingzhem'; did you mean 'qingzhen'?"),
        (["--site", "atlantis"], "There is no site 'atlantis'; 'govnet show sites' lists them."),
        (["--format", "svg", "--out", "a.html"], "--out a.html is no svg file."),
        (["--realm", "inner", "--site", "qingzhen/town1"], "Site 'qingzhen/town1' has no devices on that side."),
    ],
)
def test_bad_options_are_named(inventory: Path, args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(inventory, *args) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not list(inventory.iterdir())


def test_missing_graphviz_ends_the_command_with_2(
    inventory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert _run(inventory) == 2
    assert "apt install graphviz" in capsys.readouterr().err


def test_an_absent_realm_is_named(
    inventory: Path, city: f.Facts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = replace(of_realm(city, f.Realm.OUTER), realms=(f.Realm.OUTER,))
    monkeypatch.setattr("topology.network.load", lambda _: SimpleNamespace(facts=alone, design=None))
    assert _run(inventory, "--realm", "inner") == 2
    assert "no inner/ folder" in capsys.readouterr().err


def test_layout_errors_speak_the_readers_language() -> None:
    assert LayoutError(T("nothing found")).text.render("en") == "nothing found"
