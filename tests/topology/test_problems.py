"""Problems: their order, their one line, and the nearest name."""

import pytest

from topology.i18n import T
from topology.origin import Origin
from topology.problems import LISTED, InventoryError, Problem, names, nearest, unknown_name


def test_one_line() -> None:
    place = Origin("outer/a.yaml", 3, 5)
    assert Problem(place, T("the file is empty")).render("en") == "outer/a.yaml:3:5: the file is empty"
    assert Problem(place, T("the file is empty"), hint=T("rename it")).render("zh") == "outer/a.yaml:3:5: 文件为空 · 请改名"
    full = Problem(place, T("the file is empty"), T("a text"), T("rename it"))
    assert full.render("en") == "outer/a.yaml:3:5: the file is empty · allowed: a text · rename it"


def test_problems_are_sorted_by_place_and_said_once() -> None:
    places = [("b", 1, 1), ("a", 10, 1), ("a", 9, 2), ("a", 9, 1), ("a", 9, 1)]
    error = InventoryError(Problem(Origin(*place), T("the file is empty")) for place in places)
    assert [tuple(problem.origin) for problem in error.problems] == [("a", 9, 1), ("a", 9, 2), ("a", 10, 1), ("b", 1, 1)]
    assert str(error).count("\n") == 3
    with pytest.raises(ValueError, match="at least one"):
        InventoryError([])


@pytest.mark.parametrize(
    ("word", "candidates", "found"),
    [
        ("qingzehn", ["qingzhen", "xifeng"], "qingzhen"),
        ("QINGZHEN", ["qingzhen"], "qingzhen"),
        ("qz", ["qingzhen"], None),
        ("zzz", ["qingzhen"], None),
        ("红枫湖", ["红枫湖镇", "站街镇"], "红枫湖镇"),
        ("红凤湖镇", ["红枫湖镇", "站街镇"], "红枫湖镇"),
        ("卫诚镇", ["站街镇", "卫城镇"], "卫城镇"),
        ("云岩区", ["南明区"], None),
        ("市公安局", ["市司法局", "市公安厅"], "市公安厅"),
        ("", ["a"], None),
        ("a", [], None),
    ],
)
def test_nearest(word: str, candidates: list[str], found: str | None) -> None:
    assert nearest(word, candidates) == found


def test_unknown_name() -> None:
    problem = unknown_name(Origin("a", 1, 2), T("a list"), "卫诚镇", ["站街镇", "卫城镇", "卫城镇"])
    assert problem.render("en") == "a:1:2: unknown a list '卫诚镇' · allowed: 卫城镇, 站街镇 · did you mean '卫城镇'?"
    assert problem.render("zh") == "a:1:2: 未定义的列表“卫诚镇” · 允许：卫城镇, 站街镇 · 是否应为“卫城镇”？"
    assert (
        unknown_name(Origin("a", 1, 2), "profile", "x", []).render("en") == "a:1:2: unknown profile 'x' · allowed: nothing: none is defined"
    )


def test_lists_are_cut() -> None:
    assert names(map(str, range(LISTED))).render("en").endswith(", 11")
    assert names(map(str, range(LISTED + 1))).render("en").endswith(", 11, …")
