"""The wording and the place of what pydantic refuses, and places of what it accepts."""

import os
import pickle
from datetime import date
from enum import StrEnum
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pytest
from pydantic import Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import _pydantic_core

from topology import wording
from topology.i18n import T
from topology.node import NOWHERE, Invalid, Node
from topology.origin import Origin
from topology.problems import InventoryError, Problem
from topology.source import SourceMap, read_yaml
from topology.validation import validate

GOLDEN = Path(__file__).parent / "golden_errors" / "model"


class Medium(StrEnum):
    FIBRE = "fibre"
    MICROWAVE = "microwave"


class Router(Node):
    kind: Literal["router"]
    ports: Annotated[int, Field(ge=1, le=48)]


class Switch(Node):
    kind: Literal["switch"]
    vlans: tuple[int, ...] = ()


class Uplink(Node):
    via: str
    medium: Medium = Medium.FIBRE


class Site(Node):
    number: Annotated[int, Field(ge=1, le=250)]
    slug: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    address: IPv4Network | None = None
    uplinks: dict[str, Uplink] = Field(default_factory=dict)
    chassis: Annotated[Router | Switch, Field(discriminator="kind")] | None = None
    tags: Annotated[tuple[str, ...], Field(min_length=1)] = ("x",)
    shown: bool = False
    surveyed: date | None = None
    channel: int | Literal["all", "none"] = "none"
    start: str | None = Field(None, alias="from")
    pair: tuple[int, str] | None = None

    @model_validator(mode="after")
    def _superstition(self) -> Self:
        if self.number == 13:
            raise Invalid(T("{number} is unlucky", number=13), T("any other"), T("skip it"), at=("uplinks", "a", "via"))
        if self.number == 14:
            raise ValueError("words of a library")
        return self


class City(Node):
    city: str
    sites: dict[str, Site]


def read(text: str, tmp_path: Path) -> SourceMap:
    path = tmp_path / "c.yaml"
    path.write_text(text, encoding="utf-8")
    problems: list[Problem] = []
    data = read_yaml(path, tmp_path, problems)
    assert data is not None, problems
    return data


def test_wording_of_every_kind_of_error() -> None:
    problems: list[Problem] = []
    data = read_yaml(GOLDEN / "city.yaml", GOLDEN, problems)
    assert data is not None
    assert validate(City, data, problems) is None
    error = InventoryError(problems)
    found = f"{error.render('en')}\n\n{error.render('zh')}\n"
    expected = GOLDEN / "city.txt"
    if os.environ.get("GOLDEN_UPDATE"):
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


GOOD = """\
city: guiyang
sites:
  weicheng:
    number: 1
    slug: weicheng
    from: north
    uplinks:
      a: {via: r1}
    chassis:
      kind: switch
      vlans: [10, 20]
    surveyed: 2026-05-01
"""


def test_every_value_keeps_its_place(tmp_path: Path) -> None:
    data, problems = read(GOOD, tmp_path), list[Problem]()
    city = validate(City, data, problems)
    assert not problems
    assert city is not None
    site = city.sites["weicheng"]
    places = {
        city.origin: (1, 1),
        site.origin: (4, 5),
        site.at("number"): (4, 13),
        site.at("start"): (6, 11),
        site.key_at("start"): (6, 5),
        site.at("uplinks", "a", "via"): (8, 16),
        site.uplinks["a"].at("via"): (8, 16),
        site.at("chassis", "vlans", 1): (11, 19),
        city.at("sites", "weicheng", "start"): (6, 11),
        city.key_at("sites", "weicheng"): (3, 3),
        site.at("shown"): (4, 5),  # a default: the mapping's own place
        site.at("uplinks", "b", "via"): (8, 7),  # as far as the file goes
        site.at("chassis", "vlans", 7): (11, 14),
    }
    assert places == {Origin("c.yaml", *place): place for place in places.values()}
    assert isinstance(site.chassis, Switch)
    assert site.chassis.at("kind") == Origin("c.yaml", 10, 13)


def test_places_survive_copies_and_pickle_but_do_not_count_for_equality(tmp_path: Path) -> None:
    data = read(GOOD, tmp_path)
    site = City.model_validate(data).sites["weicheng"]
    assert pickle.loads(pickle.dumps(site)).at("number") == site.at("number")  # noqa: S301 - our own bytes
    assert site.model_copy(update={"number": 2}).at("slug") == site.at("slug")
    elsewhere = City.model_validate(read("# moved\n" + GOOD, tmp_path)).sites["weicheng"]
    assert elsewhere == site
    assert elsewhere.origin != site.origin
    assert hash(elsewhere.uplinks["a"]) == hash(site.uplinks["a"])
    assert Uplink(via="r1") == site.uplinks["a"]
    assert Uplink(via="r1").at("via") == NOWHERE
    assert pickle.loads(pickle.dumps(data)) == data  # noqa: S301


def test_before_validators_may_replace_the_mapping(tmp_path: Path) -> None:
    class Short(Node):
        a: int
        b: int = 0

        @model_validator(mode="before")
        @classmethod
        def _default(cls, data: Any) -> Any:
            return {"b": 1, **data}

    data, problems = read("a: 1\n", tmp_path), list[Problem]()
    short = validate(Short, data, problems)
    assert short is not None
    assert short.at("a") == Origin("c.yaml", 1, 4)
    assert validate(Short, read("x: 1\na: z\n", tmp_path), problems) is None
    assert [(problem.origin.line, problem.origin.column) for problem in problems] == [(2, 4), (1, 1)]


@pytest.mark.parametrize(
    ("annotation", "value"),
    [(int, True), (int, "1"), (int, 1.0), (bool, 1), (bool, "yes"), (float, True), (date, 20260501), (IPv4Network, 10), (str, 12)],
)
def test_nothing_is_guessed(annotation: Any, value: object) -> None:
    model: type[Node] = type("Guess", (Node,), {"__annotations__": {"x": annotation, "many": list[annotation]}, "many": []})
    for data in ({"x": value}, {"many": [value]}):
        with pytest.raises(ValidationError):
            model.model_validate(data)


def test_a_tag_that_is_also_a_key(tmp_path: Path) -> None:
    """Pydantic's location then holds the same word as union tag and as key."""

    class Port(Node):
        kind: Literal["port"]
        port: int

    class Cable(Node):
        end: Annotated[Port | Router, Field(discriminator="kind")]

    problems: list[Problem] = []
    assert validate(Cable, read("end:\n  kind: port\n  port: x\n", tmp_path), problems) is None
    assert [problem.origin for problem in problems] == [Origin("c.yaml", 3, 9)]


CANNOT_HAPPEN = {
    # JSON input, Python objects, function calls, attributes, sentinels and mutable models: none of them come out of a YAML file.
    *("no_such_attribute", "json_invalid", "json_type", "needs_python_object", "recursion_loop", "recursion_depth_exceeded"),
    *("frozen_field", "frozen_instance", "get_attribute_error", "dataclass_exact_type", "default_factory_not_called", "iteration_error"),
    *("counter_type", "bytes_invalid_encoding", "missing_sentinel_error", "ellipsis_error", "is_instance_of", "is_subclass_of"),
    *("callable_type", "arguments_type", "missing_argument", "unexpected_keyword_argument", "missing_keyword_only_argument"),
    *("unexpected_positional_argument", "missing_positional_only_argument", "multiple_argument_values", "complex_type"),
    "complex_str_parsing",
}
WORDED_IN_VALIDATION = {"missing", "extra_forbidden", "invalid_key", "value_error", "assertion_error"}


def test_every_pydantic_error_has_words() -> None:
    for error in _pydantic_core.list_all_errors():
        kind = error["type"]
        if kind not in CANNOT_HAPPEN | WORDED_IN_VALIDATION:
            context = {"expected": "'a' or 'b'", "expected_tags": "'a', 'b'"} | (error["example_context"] or {"pattern": "x"})
            text = wording.allowed(kind, {name: value or 1 for name, value in context.items()})
            assert text is not None, kind
            assert text.render("zh"), kind


@pytest.mark.parametrize("annotation", ["IPv4Address", "IPv4Network", "IPv4Interface", "IPv6Address", "IPv6Network", "IPv6Interface"])
def test_address_errors_have_words(annotation: str) -> None:
    import ipaddress  # noqa: PLC0415

    with pytest.raises(ValidationError) as caught:
        TypeAdapter(getattr(ipaddress, annotation)).validate_python("x")
    assert wording.allowed(caught.value.errors()[0]["type"], {}) is not None


def test_many_errors_stay_quick(tmp_path: Path) -> None:
    sites = "".join(f"  s{number}: {{number: x, slug: S, uplinks: {{a: {{vai: x}}}}}}\n" for number in range(1000))
    data, problems = read("city: x\nsites:\n" + sites, tmp_path), list[Problem]()
    assert validate(City, data, problems) is None
    assert len(problems) == 4000
    assert InventoryError(problems).problems[0].origin.line == 3
