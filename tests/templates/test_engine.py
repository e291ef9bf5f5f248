"""The engine: marks and line map, what it refuses and how it says so, and that equal inputs give equal bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from ipaddress import IPv4Interface, IPv4Network
from pathlib import Path

import pytest

from templates.engine import Renderer, TemplateFailure
from templates.features import features_of, refusals
from templates.filters import length, mask, secret, wildcard
from templates.linemap import LineMap
from templates.names import InterfaceNames
from templates.platforms import FEATURES, PlatformError, Platforms, load_platform
from tests.templates import samples
from topology.design import Kind, Ref
from topology.problems import InventoryError

FACTS = """
platform: demo
title: {zh: 演示, en: Demo}
vendor: nobody
comment: "#"
files: [{template: demo/main.j2, name: "{hostname}.cfg"}]
names: {vlan: "Vlanif{number}", loopback: "LoopBack{number}", lag: "Eth-Trunk{number}", lag_routed: "Route-Trunk{number}"}
limits: {hostname: 8, filter_name: 31}
owns:
  "": ["sysname ", "interface "]
  "interface ": ["description "]
  "interface Vlanif": ["ip address ", "sub "]
  "sub ": ["leaf"]
"""


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """A folder of templates with one platform."""
    folder = tmp_path / "platforms"
    (folder / "demo").mkdir(parents=True)
    features = "".join(f"  {name}: {{yes: true, source: somewhere}}\n" for name in FEATURES if name != "bgp")
    no = "  bgp: {no: {zh: 没有路由协议, en: no routing protocol}, instead: {zh: 换一台路由器, en: take a router}}\n"
    (folder / "demo" / "platform.yaml").write_text(FACTS + "features:\n" + features + no, encoding="utf-8")
    return folder


def text_of(folder: Path, template: str, **others: str) -> str:
    (folder / "demo" / "main.j2").write_text(template, encoding="utf-8")
    for name, source in others.items():
        (folder / "demo" / f"{name}.j2").write_text(source, encoding="utf-8")
    (file,) = Renderer(Platforms(folder)).render(samples.router(), "demo").files
    assert len(file.lines) == file.text.count("\n")
    return file.text


def failure_of(folder: Path, template: str, **others: str) -> str:
    with pytest.raises(TemplateFailure) as caught:
        text_of(folder, template, **others)
    return str(caught.value)


LINES = [
    ("plain\n", "sysname a\nsysname b\n", "sysname a\nsysname b\n"),
    ("a missing newline at the end", "sysname a", "sysname a\n"),
    ("a line that ends in a tag keeps its newline", "sysname a{% if 1 %} b{% endif %}\nsysname c\n", "sysname a b\nsysname c\n"),
    ("an indented line that begins with a tag", "interface x\n {% if 1 %}description y{% endif %}\n", "interface x\n description y\n"),
    ("a line that comes to nothing is left out", "sysname a\n {% if 0 %}description y{% endif %}\nsysname b\n", "sysname a\nsysname b\n"),
    ("an empty line stays", "sysname a\n\nsysname b\n", "sysname a\n\nsysname b\n"),
    ("trailing blanks go", "sysname a  \n", "sysname a\n"),
    ("comments print nothing", "{# one\n two #}\nsysname a\n", "sysname a\n"),
    ("a tag over two lines", "{% if 1 and\n 1 %}\nsysname a\n{% endif %}\n", "sysname a\n"),
    ("loops", "{% for n in [1, 2] %}\nsysname {{ n }}\n{% endfor %}\n", "sysname 1\nsysname 2\n"),
    ("at() on a line of its own", "{{ at(d) }}\nsysname a\n", "sysname a\n"),
]


@pytest.mark.parametrize(("template", "expected"), [row[1:] for row in LINES], ids=[row[0] for row in LINES])
def test_lines(demo: Path, template: str, expected: str) -> None:
    assert text_of(demo, template) == expected


def test_line_map_names_the_template_line_and_the_inventory_line(demo: Path) -> None:
    (demo / "demo" / "main.j2").write_text(
        "{# head #}\nsysname {{ d.hostname }}\n{% for i in d.interfaces[:2] %}\n{% include 'demo/part.j2' %}\n"
        "{% endfor %}\n{{ at(d) }}sysname end\n"
    )
    (demo / "demo" / "part.j2").write_text(
        "{{ at(i) }}interface {{ i.ref | ifname }}\n {{ macro if 0 else '' }}description {{ i.description }}\n"
    )
    design = samples.router()
    rendered = Renderer(Platforms(demo)).render(design, "demo")
    (file,) = rendered.files
    first, second = (interface.origin for interface in design.interfaces[:2])
    assert file.lines == (
        ("demo/main.j2", 2, design.origin),
        ("demo/part.j2", 1, first),
        ("demo/part.j2", 2, first),
        ("demo/part.j2", 1, second),
        ("demo/part.j2", 2, second),
        ("demo/main.j2", 6, design.origin),
    )
    line_map = LineMap.of(rendered)
    assert LineMap.loads(line_map.dumps()) == line_map
    assert line_map.lookup(4) == ("demo/part.j2", 1, second)
    assert line_map.lookup(4, "gy-core-1.cfg") == line_map.lookup(4)
    assert line_map.lookup(0) is line_map.lookup(7) is line_map.lookup(1, "other") is None
    assert line_map.dumps().startswith('{"files":{"gy-core-1.cfg":{"templates":["demo/main.j2","demo/part.j2"],"origins":[["outer/')


def test_macros_keep_the_line_map_whole(demo: Path) -> None:
    macro = "{% macro name(x) %}n{{ x }}{% endmacro %}\n{% macro both() %}\nsysname 1\nsysname 2\n{% endmacro %}\n"
    assert text_of(demo, "{% from 'demo/lib.j2' import name, both %}\nsysname {{ name(7) }}!\n{{ both() }}\n", lib=macro) == (
        "sysname n7!\nsysname 1\nsysname 2\n"
    )


FAILURES = [
    ("sysname {{ nobody }}\n", ":1: gy-core-1 as demo: undefined: 'nobody' is undefined"),
    (
        "sysname a\nsysname {{ d.hostnam }}\n",
        ":2: gy-core-1 as demo: undefined: 'topology.design.DeviceDesign object' has no attribute 'hostnam'",
    ),
    ("\nsysname {{ d.management.vrf }}\n", ":2: gy-core-1 as demo: prints None: test for it, or spell it out"),
    ("sysname {{ d.interfaces[0].shutdown }}\n", ":1: gy-core-1 as demo: prints False: test for it, or spell it out"),
    ("sysname {{ 1 // 0 }}\n", ":1: gy-core-1 as demo: ZeroDivisionError: integer division or modulo by zero"),
    ("sysname a\n{% if %}\n", ":2: gy-core-1 as demo: syntax: Expected an expression, got 'end of statement block'"),
    ("{% include 'demo/none.j2' %}\n", ":1: gy-core-1 as demo: no template 'demo/none.j2'"),
    ("sysname a\nsysname {{ 'x\ny' }}\n", ":2: gy-core-1 as demo: a value with a line break in it: 'sysname x'"),
    ("sysname 贵阳\n", ":1: gy-core-1 as demo: a line that is not ASCII: 'sysname 贵阳'"),
    ("sysname {{ '\\x1b[2J' }}\n", ":1: gy-core-1 as demo: a control character: 'sysname \\x1b[2J'"),
    ("{% if 0 %}\nsysname a\n{% endif %}\n", ":1: gy-core-1 as demo: prints nothing"),
    ("sysname a\nrouter x\n", ":2: gy-core-1 as demo: a line that platform.yaml does not own at the top: 'router x'"),
    ("interface x\n shut\n", ":2: gy-core-1 as demo: a line that platform.yaml does not own in the section 'interface x': ' shut'"),
    (
        "interface Vlanif1\n description x\n",
        ":2: gy-core-1 as demo: a line that platform.yaml does not own in the section 'interface Vlanif1': ",
    ),
    ("sysname a\n sub\n", ":2: gy-core-1 as demo: a line that platform.yaml does not own in the section 'sysname a': ' sub'"),
    ("sysname {{ 'GE9' | ifname }}\n", ":1: gy-core-1 as demo: the chassis has no port 'GE9'"),
    ("sysname {{ 'two words' | secret }}\n", ":1: gy-core-1 as demo: not a secret reference: 'two words'"),
]


@pytest.mark.parametrize(("template", "message"), FAILURES)
def test_failures_name_the_template_line_and_the_device(demo: Path, template: str, message: str) -> None:
    assert failure_of(demo, template).startswith(f"templates/demo/main.j2{message}")


def test_a_failure_in_an_included_template_names_that_one(demo: Path) -> None:
    assert failure_of(demo, "{% include 'demo/part.j2' %}\n", part="\n{{ x.y }}\n").startswith("templates/demo/part.j2:2: gy-core-1")


def test_a_failure_is_a_problem(demo: Path) -> None:
    (demo / "demo" / "main.j2").write_text("sysname {{ nobody }}\n")
    with pytest.raises(TemplateFailure) as caught:
        Renderer(Platforms(demo)).render(samples.router(), "demo")
    assert caught.value.problem.render("en") == (
        "templates/demo/main.j2:1:1: device gy-core-1 cannot be rendered as demo: undefined: 'nobody' is undefined · mend the template"
    )


def test_sections_nest(demo: Path) -> None:
    good = "interface Vlanif1\n sub a\n  leaf\n #\n  # remark\n ip address x\n#\ninterface y\n description z\n"
    assert text_of(demo, good) == good
    assert "does not own in the section 'interface Vlanif1'" in failure_of(demo, "interface Vlanif1\n sub a\n  leaf\n leaf\n")


def test_an_unknown_platform_is_the_inventory_s_problem() -> None:
    with pytest.raises(InventoryError) as caught:
        Renderer(Platforms()).render(samples.router(), "huawei_vrb")
    assert "unknown platform 'huawei_vrb'" in caught.value.render("en")
    assert "did you mean 'huawei_vrp'?" in caught.value.render("en")


def test_refusals_name_device_feature_and_way_out(demo: Path) -> None:
    platform = Platforms(demo)["demo"]
    problems = refusals(samples.router(), platform)
    assert [problem.render("en") for problem in problems] == [
        "outer/core.yaml:28:1: device gy-core-1: Demo cannot do bgp: no routing protocol · take a router",
        (
            "outer/counties/qingzhen.yaml:3:1: device gy-core-1: hostname 'gy-core-1' is too long for Demo"
            " · allowed: at most 8 characters · shorten it"
        ),
    ]
    assert "没有路由协议 · 换一台路由器" in problems[0].render("zh")
    assert not refusals(replace(samples.l3_switch(), hostname="short"), platform)


def test_limits_of_linux() -> None:
    design = samples.router()
    twice = replace(design, ospf=(*design.ospf, design.ospf[0]), vrfs=(replace(design.vrfs[0], name="A-VERY-LONG-NAME"),))
    found = [problem.render("en").split(" · ")[0] for problem in refusals(twice, Platforms()["frr"])]
    assert found == [
        "verticals.yaml:8:1: device gy-core-1: vrf 'A-VERY-LONG-NAME' is too long for Linux router (FRR + nftables)",
        "outer/realm.yaml:61:1: device gy-core-1: Linux router (FRR + nftables) runs at most 1 OSPF processes in a VRF",
        "outer/realm.yaml:61:1: device gy-core-1: Linux router (FRR + nftables) runs at most 1 OSPF processes in a VRF",
    ]


def test_features_of_the_samples_are_features() -> None:
    asked = {feature for make in samples.SAMPLES.values() for feature in features_of(make())}
    assert asked == set(FEATURES) - {"dhcp"}


@pytest.mark.parametrize("platform", sorted(Platforms()))
def test_facts_of_every_platform_are_whole(platform: str) -> None:
    facts = load_platform(platform)
    assert all(answer.source or answer.no for answer in facts.features.values())
    assert all(default.source for default in facts.defaults.values())


def test_wrong_facts_name_their_file(demo: Path) -> None:
    path = demo / "demo" / "platform.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("vendor: nobody", "vendr: nobody"), encoding="utf-8")
    with pytest.raises(PlatformError, match=r"demo/platform.yaml: 2 validation errors(.|\n)*vendr"):
        load_platform("demo", demo)


def test_interface_names(demo: Path) -> None:
    design = samples.router()
    names = InterfaceNames(design, Platforms(demo)["demo"])
    assert names(Ref(Kind.LAG, number=1)) == "Route-Trunk1"
    assert names(Ref(Kind.SUBINTERFACE, lag=1, number=20)) == "Route-Trunk1.20"
    assert names(Ref(Kind.VLAN, number=20)) == "Vlanif20"
    assert names("GigabitEthernet0/0/2") == "GigabitEthernet0/0/2"
    stand_in = InterfaceNames(design, Platforms()["frr"], stand_in=True)
    refs = [interface.ref for interface in design.interfaces]
    assert [stand_in(ref) for ref in refs] == [
        "lo", "eth1", "eth2", "eth3", "eth3.101", "eth3.102", "eth4", "eth5", "eth6", "bond1", "eth7", "eth8", "mgmt0",
    ]  # fmt: skip


def test_values() -> None:
    assert mask(IPv4Network("10.0.0.0/10")) == "255.192.0.0"
    assert wildcard(IPv4Interface("10.0.0.1/30")) == "0.0.0.3"
    assert length(IPv4Network("0.0.0.0/0")) == 0
    assert length([1, 2]) == 2  # as Jinja's own filter
    assert secret("vault:outer/ospf") == "@@vault:outer/ospf@@"


def test_compiled_templates_are_used_and_never_trusted(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert text_of(demo, "sysname a\n") == "sysname a\n"
    (compiled,) = (demo / "__pycache__").iterdir()
    monkeypatch.setattr("jinja2.environment.Environment.compile", None)  # whoever compiles now fails
    assert text_of(demo, "sysname a\n") == "sysname a\n"
    monkeypatch.undo()
    assert text_of(demo, "sysname b\n") == "sysname b\n"
    compiled.write_bytes(compiled.read_bytes()[:-20])
    assert text_of(demo, "sysname b\n") == "sysname b\n"


def test_a_folder_that_cannot_be_written_is_no_hindrance(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (demo / "__pycache__").write_text("in the way")
    assert text_of(demo, "sysname a\n") == "sysname a\n"


SCRIPT = """
import hashlib
from tests.templates import samples
from templates.engine import Renderer
from templates.platforms import Platforms
renderer = Renderer(Platforms())
for make in samples.SAMPLES.values():
    for design, platform in ((make("frr"), "frr"), (make("frr"), None), (samples.host_unit(), None)):
        for file in renderer.render(design, platform).files:
            print(file.name, hashlib.sha256((file.text + repr(file.lines)).encode()).hexdigest())
"""


def test_equal_designs_give_equal_bytes_in_any_surroundings(tmp_path: Path) -> None:
    outputs = set()
    for seed, locale, timezone, bytecode in (
        ("0", "C", "UTC", ""),
        ("1", "zh_CN.GB18030", "Asia/Shanghai", "1"),
        ("2", "C.UTF-8", "Etc/GMT+9", ""),
    ):
        variables = {"PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": timezone, "PYTHONDONTWRITEBYTECODE": bytecode}
        environment = os.environ | variables | {"PYTHONPATH": str(Path(__file__).parents[2])}
        done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, cwd=tmp_path, capture_output=True, check=True)
        outputs.add(done.stdout)
    assert len(outputs) == 1
