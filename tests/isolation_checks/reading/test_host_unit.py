"""Host units of gatekeepers read as Snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isolation_checks.reading import host_unit, values
from isolation_checks.reading.source import Source, read_source
from isolation_checks.snapshot import Action, DeviceConfig, FerryTask, LineCode, Ref

HERE = Path(__file__).parent / "host_unit"


def unit(name: str, **changed: str) -> DeviceConfig:
    """A unit's folder, with the text of some files changed; "" leaves a file out."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in sorted((HERE / name).iterdir())}
    texts.update({key.replace("__", "."): text for key, text in changed.items()})
    return host_unit.parse(name, tuple(read_source(f"{name}/{key}", text.encode()) for key, text in texts.items() if text))


def test_a_whole_unit() -> None:
    config = unit("unit-a")
    assert config.unknown == ()
    assert config.features == ()
    assert (config.name, config.platform, config.forwarding, config.forwarding_ref) == (
        "unit-a",
        "host_unit",
        False,
        Ref("unit-a/sysctl.conf", 1),
    )
    assert dict(config.facts)["ipv6"] == "disabled"
    assert [(item.name, item.mtu, item.flags, item.urpf) for item in config.interfaces] == [
        ("eth0", 1400, (), "strict"),
        ("eth1", None, ("no-arp",), "strict"),
    ]
    route = config.static_routes[0]
    assert (route.network, route.length, route.next_hop, route.interface) == (0, 0, values.ip("192.0.2.1"), "eth0")
    assert [(item.name, item.default) for item in config.filters] == [("inet guard in", Action.DENY), ("inet guard through", Action.DENY)]
    found = config.host_unit
    assert found is not None
    assert (found.gatekeeper, found.side, found.ref) == ("gate-a", "outer", Ref("unit-a/tasks.yaml", 1))
    assert found.tasks == (
        FerryTask(4, "reports", "file_exchange", "outer-to-inner", "sends", "192.0.2.5", "somebody", "public", "paper-1",
        ("*.xml", "*.pdf"),
                  20, True, Ref("unit-a/tasks.yaml", 9)),
        FerryTask(5, "letters", "mail", "inner-to-outer", "receives", "192.0.2.6", "somebody", "internal", "", (), 1, False,
                  Ref("unit-a/tasks.yaml", 31)),
    )  # fmt: skip


def test_sheets_for_people_are_irrelevant_and_strange_files_unknown() -> None:
    config = unit("unit-a", strange="what is this\n")
    codes = {item.file: item for item in config.coverage}
    assert set(codes["unit-a/tasks.en.md"].codes) == {LineCode.BLANK, LineCode.IRRELEVANT}
    assert codes["unit-a/tasks.en.md"].reasons == (host_unit.SHEETS,)
    assert [item.ref for item in config.unknown] == [Ref("unit-a/strange", 1)]


@pytest.mark.parametrize(
    ("sysctl", "forwards"),
    [
        ("net.ipv4.ip_forward = 1", True),
        ("net.ipv4.ip_forward = 0\nnet.ipv4.conf.eth1.forwarding = 1", True),
        ("net.ipv4.conf.eth1.forwarding = 1\nnet.ipv4.ip_forward = 0", False),
        ("net.ipv4.conf.all.forwarding = 0", False),
        ("net.ipv4.conf.default.forwarding = 0", True),
        ("kernel.panic = 1", True),
    ],
)
def test_forwarding_is_off_only_where_the_kernel_is_told(sysctl: str, forwards: bool) -> None:
    assert unit("unit-a", sysctl__conf=sysctl).forwarding is forwards


def _tasks() -> str:
    return (HERE / "unit-a" / "tasks.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "unknown", "tasks"),
    [
        ("gateway: 192.0.2.1", "gateway: 192.0.2.1\nproxy: yes", [7], 2),
        ("    max_mb: 20", "    max_mb: 20\n    tunnel: true", [26], 2),
        ("direction: inner-to-outer", "direction: both", list(range(31, 44)), 1),
        ("enabled: false", "enabled: maybe", list(range(31, 44)), 1),
        ("side: outer", "side: middle", [2, 3], 2),
    ],
)
def test_tasks_with_something_else_in_them(old: str, new: str, unknown: list[int], tasks: int) -> None:
    config = unit("unit-a", tasks__yaml=_tasks().replace(old, new, 1))
    assert [item.ref.line for item in config.unknown] == unknown
    assert config.host_unit is not None
    assert len(config.host_unit.tasks) == tasks


@pytest.mark.parametrize("text", ["[1, 2", "- a\n- b", "&a [*a]", "a: {b: }}", "plain words", "tasks: 5", "? [x]\n: y"])
def test_tasks_that_are_none(text: str) -> None:
    config = unit("unit-a", tasks__yaml=text)
    assert {item.ref.file for item in config.unknown} == {"unit-a/tasks.yaml"}


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 1200), st.text(max_size=40))
def test_any_tasks_are_accounted_for(cut: int, noise: str) -> None:
    text = _tasks()
    for candidate in (text[:cut], noise, text[:cut] + noise + text[cut:]):
        source = Source("u/tasks.yaml", tuple(candidate.split("\n")), "utf-8", ())
        config = host_unit.parse("u", (source,))
        unknown = {item.ref.line for item in config.unknown}
        for number, code in enumerate(config.coverage[0].codes, 1):
            assert (code == LineCode.UNKNOWN) == (number in unknown)
