"""govnet show, from the command line to what a person, a spreadsheet or a program gets."""

import csv
import io
import json
import shutil
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from rich.console import Console

import topology.inventory
import topology.network
from tasks import cli, constructs
from tasks.listing import Column, NoMatchError, Row, Table, Word, as_csv, as_rich, as_text, as_xlsx, narrow, shown
from tasks.tables.registry import LISTINGS
from topology import facts
from topology.facts import Name
from topology.i18n import T

GUIYANG = Path(__file__).parents[2] / "inventory" / "guiyang"
Run = Callable[..., tuple[int, str, str]]


@cache
def intent_of(path: Path) -> topology.inventory.Intent:
    return REALLY_LOAD_INTENT(path)


@cache
def network_of(path: Path) -> topology.network.Network:
    return topology.network.build(intent_of(path))


REALLY_LOAD_INTENT = topology.inventory.load_intent


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "GOVNET_CITY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANGUAGE", "en")


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Run:
    """``govnet show …`` on the reference city, which is read once for all tests."""
    monkeypatch.setattr(topology.inventory, "load_intent", intent_of)
    monkeypatch.setattr(topology.network, "load", network_of)

    def show(*args: str, city: Path = GUIYANG) -> tuple[int, str, str]:
        code = cli.main(["show", *args, "--city", str(city), "--as-of", "2026-12-01"])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return show


def flat(text: str) -> str:
    return " ".join(text.split())


# ------------------------------------------------------------------------------------------------------ every listing


@pytest.mark.parametrize("name", [name for name in LISTINGS if name != "constructs"])
def test_every_listing_of_a_county_has_rows_with_every_column(name: str, run: Run) -> None:
    listing = LISTINGS[name]
    code, out, _ = run(name, "--json", *(("--county", "qingzhen") if "county" in listing.filters and name != "retired" else ()))
    rows = json.loads(out)
    assert code == 0
    assert rows
    assert all(list(row) == [column.key for column in listing.columns] for row in rows)


def test_no_column_of_the_whole_city_is_empty(run: Run) -> None:
    later = {"a_channel"}  # today the near end of a circuit is a port of its own
    for name, rows in json.loads(run("all", "--json")[1]).items():
        empty = [key for key in rows[0].keys() - later if all(row[key] in (None, [], "") for row in rows)]
        assert empty == [], name


def test_sites_of_a_county(run: Run) -> None:
    rows = json.loads(run("sites", "--county", "qingzhen", "--tier", "county", "--json")[1])
    assert [(row["site"], row["realm"], row["name"]["zh"], row["code"], row["devices"]) for row in rows] == [
        ("qingzhen", "outer", "清镇市", "520181", 3),
        ("qingzhen", "inner", "清镇市", "520181", 1),
    ]


def test_circuits_of_a_township(run: Run) -> None:
    keys = ("circuit", "carrier", "reference", "medium", "mbps", "a_device", "b_device", "b_port", "b_channel")
    rows = json.loads(run("circuits", "--site", "qingzhen/hongfenghu", "--json")[1])
    router, county = "gy-o-qingzhen-hongfenghu-r1", "gy-o-qingzhen"
    assert [tuple(row[key] for key in keys) for row in rows] == [
        ("outer:qingzhen/hongfenghu/a", "telecom", "CT-QZ-041", "ethernet", 20, router, f"{county}-r1", "GigabitEthernet6/1", "vlan 1004"),
        ("outer:qingzhen/hongfenghu/b", "mobile", "CM-QZ-042", "fibre", 100, router, f"{county}-r2", "GigabitEthernet6/2", "vlan 3004"),
    ]


def test_links_have_the_addresses_of_both_ends(run: Run) -> None:
    rows = json.loads(run("links", "--site", "qingzhen/hongfenghu", "--json")[1])
    link = next(row for row in rows if row["link"] == "outer:qingzhen/hongfenghu/a")
    near, far = link["a_address"], link["b_address"]
    assert near != far
    assert near.endswith("/30")
    assert far.rpartition(".")[0] == near.rpartition(".")[0]
    assert link["area"] == 10


def test_addresses_say_what_they_are_for(run: Run) -> None:
    rows = json.loads(run("addresses", "--site", "qingzhen/hongfenghu", "--json")[1])
    assert {row["purpose"] for row in rows} >= {"loopback", "link", "gateway", "party"}
    assert all(row["place"].startswith("outer/") for row in rows)


def test_approvals_are_judged_on_the_day_that_is_asked_for(run: Run) -> None:
    rows = {row["approval"]: row for row in json.loads(run("approvals", "--json")[1])}
    assert rows["exit-customs"]["state"] == "expires-soon"
    assert rows["exit-customs"]["days_left"] == 89
    assert rows["exit-customs"]["used_by"] == ["exit customs"]
    assert rows["exit-tourism"]["state"] == "valid"


def test_services_name_their_servers_and_count_their_users(run: Run) -> None:
    rows = json.loads(run("services", "--service", "dns", "--json")[1])
    assert [row["realm"] for row in rows] == ["outer", "inner"]
    assert all(row["hosts"] and row["user_count"] == len(row["users"]) > 50 for row in rows)


# ------------------------------------------------------------------------------------------------------------- filters


def test_several_values_of_one_filter_add_up_and_filters_narrow(run: Run) -> None:
    both = json.loads(run("devices", "--county", "qingzhen", "--county", "baiyun", "--role", "county-router", "--json")[1])
    assert {row["site"] for row in both} == {"qingzhen", "baiyun"}
    assert {row["role"] for row in both} == {"county-router"}


@pytest.mark.parametrize("name", ["清镇市", "清镇"])
def test_a_county_may_be_named_in_chinese(name: str, run: Run) -> None:
    assert run("sites", "--county", name, "--json") == run("sites", "--county", "qingzhen", "--json")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("circuits", "--county", "qingzen"), "nothing in 'circuits' has --county qingzen · allowed: baiyun, guanshanhu, huaxi"),
        (("circuits", "--county", "qingzen"), "· did you mean 'qingzhen'?"),
        (
            ("devices", "--county", "qingzhen", "--role", "core"),
            "with --county qingzhen has --role core · allowed: access, county-router, distribution",
        ),
        (("vrfs", "--platform", "frr"), "nothing in 'vrfs' has --platform frr · allowed: "),
        (("approvals", "--role", "core"), "--role does not apply to 'approvals' · allowed: nothing"),
        (("sites", "--vrf", "jinbao"), "--vrf does not apply to 'sites' · allowed: --county, --realm, --tier, --site"),
        (("circuts",), "unknown listing 'circuts' · allowed: sites, devices"),
        (("circuts",), "· did you mean 'circuits'?"),
        ((), "Which listing? sites, devices"),
        (("sites", "--csv", "--json"), "Choose one of --json, --csv and --xlsx."),
        (("all", "--csv"), "CSV holds one listing; take --xlsx or --json for all of them."),
        (("all", "--service", "dns", "--role", "kore"), "nothing in 'addresses' has --role kore · allowed: access, aggregation"),
        (("all", "--service", "dns", "--role", "kore"), "· did you mean 'core'?"),
        (("sites", "--xlsx", "sites.xls"), "sites.xls does not end in .xlsx"),
    ],
)
def test_bad_usage_names_what_is_allowed(args: tuple[str, ...], message: str, run: Run) -> None:
    code, out, err = run(*args)
    assert (code, out) == (2, "")
    assert message in flat(err)


def test_all_takes_the_listings_to_which_the_filter_applies(run: Run) -> None:
    tables = json.loads(run("all", "--service", "dns", "--json")[1])
    assert set(tables) == {"addresses", "hosts", "services", "flows"}
    assert all(tables.values())


# ------------------------------------------------------------------------------------------------------------- outputs


def test_piped_output_is_one_line_a_row(run: Run) -> None:
    code, out, err = run("devices", "--site", "qingzhen/hongfenghu")
    header, *lines = out.splitlines()
    assert (code, err) == (0, "")
    assert header.split()[:3] == ["Device", "Site", "Name"]
    assert [line.split()[0] for line in lines] == ["gy-o-qingzhen-hongfenghu-r1", "gy-o-qingzhen-hongfenghu-s1"]
    assert out.isascii()


def test_csv_opens_in_excel_and_holds_the_same_rows_as_json(run: Run) -> None:
    out = run("sites", "--county", "qingzhen", "--csv")[1]
    assert out.startswith("\ufeff")
    header, *rows = csv.reader(io.StringIO(out.removeprefix("\ufeff")))
    assert header[0] == "Site"
    assert [row[0] for row in rows] == [row["site"] for row in json.loads(run("sites", "--county", "qingzhen", "--json")[1])]
    assert "\r\n" in out


def test_workbook_with_a_sheet_a_listing_in_chinese(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "清镇.xlsx"
    code, out, err = run("all", "--county", "qingzhen", "--xlsx", str(file), "--lang", "zh")
    assert (code, out) == (0, "")
    assert str(file) in err
    book = load_workbook(file)
    assert book.sheetnames[:3] == ["站点", "设备", "端口"]
    for sheet in book:
        header = [str(cell.value) for cell in sheet[1]]
        assert all(not text.isascii() or text in {"VLAN", "VRF", "Mbit/s"} for text in header), header
        assert sheet.freeze_panes == "B2"
        assert sheet.auto_filter.ref == sheet.dimensions
    sites = book["站点"]
    assert [cell.value for cell in sites["B"]][:2] == ["名称", "清镇市"]
    assert sites.column_dimensions["B"].width >= 2 * len("流长苗族乡")
    assert isinstance(sites["F2"].value, int)
    first = file.read_bytes()
    run("all", "--county", "qingzhen", "--xlsx", str(file), "--lang", "zh")
    assert file.read_bytes() == first


def test_workbook_that_cannot_be_written_leaves_nothing(run: Run, tmp_path: Path) -> None:
    code, _, err = run("sites", "--xlsx", str(tmp_path / "no" / "sites.xlsx"))
    assert code == 2
    assert err == f"Cannot read or write {tmp_path}/no/sites.xlsx: there is no such file or folder\n"
    (tmp_path / "taken.xlsx").mkdir()
    assert run("sites", "--xlsx", str(tmp_path / "taken.xlsx"))[0] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["taken.xlsx"]


COLUMNS = (Column("a", T("Name")), Column("b", T("Since")), Column("c", T("Ports"), most=2), Column("d", T("Count")), Column("e", T("Yes")))
TABLE = Table(
    "things",
    T("Things"),
    COLUMNS,
    (
        Row((Name("红枫湖镇", "Hongfenghu"), date(2026, 3, 1), ("x", "y", "z"), 3, True), {"realm": frozenset({"outer"})}),
        Row(("=1+1", None, (), 12, Word("no", T("no"))), {"realm": frozenset({"inner"})}),
    ),
)


def test_text_is_aligned_where_chinese_is_twice_as_wide() -> None:
    assert as_text(TABLE, "zh").splitlines()[1].startswith("红枫湖镇  2026-03-01  x, y, … ")
    header, first, second = as_text(TABLE, "en").splitlines()
    assert header.index("Count") + len("Count") == first.index(" 3  yes") + 2 == second.index("12  no") + 2


def test_no_cell_of_a_csv_is_a_formula() -> None:
    assert as_csv(TABLE, "en").decode("utf-8-sig").splitlines()[2] == "'=1+1,,,12,no"


def test_workbook_keeps_numbers_dates_and_text() -> None:
    sheet = load_workbook(io.BytesIO(as_xlsx([TABLE], "en", date(2026, 12, 1)))).worksheets[0]
    values: list[list[Any]] = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert values == [["Hongfenghu", datetime(2026, 3, 1), "x, y, … (3 in all)", 3, "yes"], ["=1+1", None, None, 12, "no"]]  # noqa: DTZ001
    assert sheet["A3"].data_type == "s"


def test_terminal_table_folds_and_loses_nothing() -> None:
    console = Console(width=60, file=io.StringIO(), record=True)
    console.print(as_rich(TABLE, "en", console.width))
    text = console.export_text()
    assert all(part in text for part in ("Things", "Hongfenghu", "2026-03-01", "12"))


def test_narrowing_by_an_unknown_value_tells_it_from_the_remaining_rows() -> None:
    assert [row.cells[3] for row in narrow(TABLE, {"realm": ["inner"]}).rows] == [12]
    with pytest.raises(NoMatchError, match=r"has --realm iner · allowed: inner, outer · did you mean 'inner'\?"):
        narrow(TABLE, {"realm": ["iner"]})


def test_words_are_slugs_in_english() -> None:
    assert shown(Word("county-router", T("county router")), "en") == "county-router"


# ---------------------------------------------------------------------------------------------------------- constructs


def test_every_construct_has_an_example_in_the_reference_city(run: Run) -> None:
    code, out, _ = run("constructs", "--json")
    rows = {row["construct"]: row for row in json.loads(out)}
    assert code == 0
    assert not [name for name, row in rows.items() if row["state"] == "missing"]
    for construct in ("agency.legacy", "role = county-router", "platform = h3c_secpath", "survives 2", "split agency", "zone.kind = pki"):
        row = rows[construct]
        assert row["state"] == "found", construct
        file, line = row["place"].rsplit(":", 1)
        assert len((GUIYANG / file).read_text(encoding="utf-8").splitlines()) >= int(line)
    assert rows["agency.legacy"]["place"].startswith("outer/")
    assert all((row["place"] is None) == (row["count"] == 0) for row in rows.values())


def test_construct_without_an_example_is_missing(run: Run, tmp_path: Path) -> None:
    city = tmp_path / "city"
    shutil.copytree(GUIYANG, city)
    (city / "outer" / "exceptions.yaml").unlink()
    code, out, _ = run("constructs", "--json", city=city)
    rows = {row["construct"]: row for row in json.loads(out)}
    assert code == 0
    assert (rows["exception"]["state"], rows["exception"]["place"]) == ("missing", None)


def test_new_member_of_an_enumeration_is_a_construct(monkeypatch: pytest.MonkeyPatch) -> None:
    members = {member.name: member.value for member in facts.Medium}
    medium = StrEnum("Medium", {**members, "RADIO": "radio"}, module=facts.__name__)  # type: ignore[misc]
    monkeypatch.setattr(facts, "Medium", medium)
    assert "medium = radio" in dict(constructs._declared())


def test_one_side_alone_can_be_listed(run: Run, tmp_path: Path) -> None:
    city = tmp_path / "city"
    shutil.copytree(GUIYANG, city, ignore=shutil.ignore_patterns("inner"))
    tables = json.loads(run("all", "--county", "qingzhen", "--json", city=city)[1])
    assert {row["realm"] for name in ("sites", "devices", "circuits", "parties") for row in tables[name]} == {"outer"}


def test_a_narrow_terminal_gets_the_columns_that_fit_and_the_names_of_the_others() -> None:
    columns = tuple(Column(name, T("{name}", name=name)) for name in ("first", "second", "third"))
    table = Table("sample", T("Sample"), columns, (Row(("x" * 30, "y" * 30, "z" * 30), {}),))
    console = Console(width=72, file=io.StringIO(), record=True)
    console.print(as_rich(table, "en", console.width))
    text = console.export_text()
    assert "x" * 30 in text
    assert "y" * 30 in text
    assert "zzz" not in text
    assert "Not shown: third." in text
