"""Gatekeepers: the tasks of their host units, that these forward nothing, and what was decreed about channels and levels."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from isolation_checks.judge import judge
from isolation_checks.rules.base import Rule
from isolation_checks.rules.gap import RULES, ChannelOwner, Levels, Units
from isolation_checks.rules.gap_forward import ForwardNothing
from isolation_checks.rules.gap_tasks import DeclaredChannels
from isolation_checks.snapshot import (
    Action,
    BgpProcess,
    DeviceConfig,
    FerryTask,
    Filter,
    Hook,
    HostUnit,
    Interface,
    InterfaceAddress,
    InterfaceKind,
    Match,
    Ref,
    StaticRoute,
    VirtualAddress,
)
from isolation_checks.snapshot import Rule as Entry
from isolation_checks.verdicts import Verdict
from tests.isolation_checks.rules.physical_case import (
    HERE,
    INNER,
    OUTER,
    approval,
    cable,
    case,
    check,
    city,
    config,
    device,
    edited,
    interface,
    new_cable,
    one,
    party,
    plug,
    texts,
    without,
)
from topology import facts as f

UNITS = ("gy-g-gk1-outer", "gy-g-gk1-inner", "gy-g-gk2-outer", "gy-g-gk2-inner")
UNIT = UNITS[0]
CHANNELS = {channel.id: channel for channel in city().channels}
KINDS = {"file": "file_exchange", "db": "db_sync", "mail": "mail"}


def task(unit: str, channel: f.FerryChannel, line: int) -> FerryTask:
    inner = unit.endswith("inner")
    sends = (channel.direction == "inner-to-outer") is inner
    return FerryTask(
        channel.number, channel.id, KINDS[channel.kind], channel.direction, "sends" if sends else "receives",
        str(channel.inner if inner else channel.outer), channel.owner, channel.level.value, channel.approval, channel.allow,
        channel.max_mb, True,
        Ref(f"{unit}/tasks.yaml", line),
    )  # fmt: skip


def unit_config(unit: str, **changes: Any) -> DeviceConfig:
    """A host unit as it should be."""
    gatekeeper, side = unit.split("-")[2:]
    tasks = tuple(task(unit, channel, 10 * number) for number, channel in enumerate(city().channels, 1))
    chain = Filter("ip filter forward", "chain", (), Action.DENY, Ref(f"{unit}/nftables.conf", 23))
    address = InterfaceAddress(0x0A62020B, 24, Ref(f"{unit}/interfaces", 3))
    made = config(
        unit, "host_unit", interface(unit, "eth0", 2, addresses=(address,)), interface(unit, "eth1", 5), forwarding=False,
        forwarding_ref=Ref(f"{unit}/sysctl.conf", 1), filters=(chain,), hooks=(Hook("forward", 0, chain.name, chain.ref),),
        static_routes=(route("eth0", 0x0A620201),), host_unit=HostUnit(gatekeeper, side, tasks, Ref(f"{unit}/tasks.yaml", 1)),
    )  # fmt: skip
    return replace(made, **changes)


def route(port: str | None, hop: int | None) -> StaticRoute:
    return StaticRoute(None, 0, 0, hop, port, None, False, 0, None, False, Ref(f"{UNIT}/interfaces", 8))


def all_units(**changes: Any) -> tuple[DeviceConfig, ...]:
    """All units as they should be, but for the changes to the first one."""
    return (unit_config(UNIT, **changes), *(unit_config(unit) for unit in UNITS[1:]))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_reference_city_breaks_no_rule(rule: type[Rule]) -> None:
    outcome = check(rule, city(), *all_units())
    assert outcome.subjects
    assert not outcome.findings
    assert not outcome.doubts


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
@pytest.mark.parametrize("realm", [INNER, OUTER])
def test_without_one_side_what_needs_it_is_in_doubt(rule: type[Rule], realm: f.Realm) -> None:
    outcome = check(rule, without(realm), *(unit for unit in all_units() if not unit.name.endswith(realm.value)))
    assert not outcome.findings
    assert bool(outcome.doubts) is (rule is not ChannelOwner)


@pytest.mark.parametrize("rule", [DeclaredChannels, ForwardNothing])
def test_without_configs_nothing_is_proved(rule: type[Rule]) -> None:
    outcome = check(rule, city())
    assert len(outcome.doubts) == len(UNITS)
    (result,) = judge(case(city()), [rule]).results
    assert result.verdict is Verdict.INCOMPLETE


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_city_without_gatekeepers_has_nothing_to_prove(rule: type[Rule]) -> None:
    devices = tuple(item for item in city().devices if item.role is not f.Role.HOST_UNIT)
    cables = tuple(item for item in city().cables if item.use is not f.Use.ARC)
    bare = replace(city(), gatekeepers=(), channels=(), flows=(), devices=devices, cables=cables)
    outcome = check(rule, bare)
    assert (outcome.subjects, outcome.findings, outcome.doubts) == ((), (), ())


# GAP-CHANNEL


def with_tasks(**changes: Any) -> tuple[DeviceConfig, ...]:
    """All units, with the changes made to the first task of the first unit."""
    unit = unit_config(UNIT).host_unit
    assert unit is not None
    first, *others = unit.tasks
    return all_units(host_unit=replace(unit, tasks=(replace(first, **changes), *others)))


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"direction": "inner-to-outer"}, "the direction is inner-to-outer, declared is outer-to-inner"),
        ({"role": "receives"}, "the half is receives, declared is sends"),
        ({"kind": "mail"}, "the kind is mail, declared is file"),
        ({"name": "anything"}, "the content is anything, declared is 外网上报的非涉密公文"),
        (
            {"allow": ("*.exe", "*.gd", "*.pdf", "*.xml")},
            "the list of what may pass is *.exe, *.gd, *.pdf, *.xml, declared is *.gd, *.pdf, *.xml",
        ),
        ({"max_mb": 5000}, "the largest size in MB is 5000, declared is 50"),
        ({"max_mb": None}, "the largest size in MB is -, declared is 50"),
        ({"server": "10.98.5.25"}, "the server is 10.98.5.25, declared is 10.98.5.24"),
        ({"server": "server"}, "the server is server, declared is 10.98.5.24"),
        ({"owner": "info-center"}, "the owner is info-center, declared is gov-office-imc"),
        ({"level": "secret"}, "the level is secret, declared is internal"),
        ({"approval": "channel-mail"}, "the approval is channel-mail, declared is channel-documents"),
        ({"enabled": False}, "the state is disabled, declared is enabled"),
    ],
)
def test_a_task_that_is_not_as_declared(changes: dict[str, Any], what: str) -> None:
    found = one(DeclaredChannels, city(), *with_tasks(**changes))
    assert found.subject == "documents-in"
    assert found.what.render("en") == f"task 1 of {UNIT} for channel documents-in: {what}"
    assert found.places == (Ref(f"{UNIT}/tasks.yaml", 10), CHANNELS["documents-in"].origin)


@pytest.mark.parametrize(
    "changes", [{"kind": "file"}, {"role": "send"}, {"direction": "outer_to_inner"}, {"allow": ("*.xml", "*.gd", "*.pdf")}]
)
def test_what_says_the_same_in_other_words_is_no_finding(changes: dict[str, Any]) -> None:
    assert not check(DeclaredChannels, city(), *with_tasks(**changes)).findings


def test_an_undeclared_task_and_one_that_is_switched_off() -> None:
    unit = unit_config(UNIT).host_unit
    assert unit is not None
    extra = replace(unit.tasks[0], number=77, name="leak", ref=Ref(f"{UNIT}/tasks.yaml", 200))
    found = one(DeclaredChannels, city(), *all_units(host_unit=replace(unit, tasks=(*unit.tasks, extra))))
    assert (found.subject, found.places[0]) == (f"{UNIT}:77", Ref(f"{UNIT}/tasks.yaml", 200))
    assert found.what.render("en") == f"{UNIT} has the task 77 (leak), which no channel of gatekeeper gk1 declares"
    off = replace(extra, enabled=False)
    assert not check(DeclaredChannels, city(), *all_units(host_unit=replace(unit, tasks=(*unit.tasks, off)))).findings


def test_a_missing_half_and_a_number_twice() -> None:
    unit = unit_config(UNIT).host_unit
    assert unit is not None
    found = one(DeclaredChannels, city(), *all_units(host_unit=replace(unit, tasks=unit.tasks[1:])))
    assert found.subject == "documents-in"
    assert found.what.render("en") == f"{UNIT} has no task for its half of channel documents-in (number 1)"
    again = replace(unit.tasks[0], ref=Ref(f"{UNIT}/tasks.yaml", 300))
    found = one(DeclaredChannels, city(), *all_units(host_unit=replace(unit, tasks=(*unit.tasks, again))))
    assert found.subject == f"{UNIT}:1"
    assert found.places == (Ref(f"{UNIT}/tasks.yaml", 10), Ref(f"{UNIT}/tasks.yaml", 300))


def test_the_tasks_of_another_unit() -> None:
    unit = unit_config(UNIT).host_unit
    assert unit is not None
    found = one(DeclaredChannels, city(), *all_units(host_unit=replace(unit, gatekeeper="gk2")))
    assert found.what.render("en") == f"{UNIT} calls itself the outer unit of gatekeeper gk2; it is the outer unit of gk1"


def test_tasks_elsewhere_than_on_a_gatekeeper() -> None:
    unit = unit_config(UNIT).host_unit
    found = one(DeclaredChannels, city(), *all_units(), config("gy-o-core1", "frr", host_unit=unit))
    assert (found.subject, found.what.render("en")) == ("gy-o-core1", "gy-o-core1 has ferry tasks and is no host unit of a gatekeeper")


def test_a_channel_that_no_gatekeeper_carries_and_a_config_without_tasks() -> None:
    facts = replace(city(), gatekeepers=tuple(replace(item, channels=item.channels[1:]) for item in city().gatekeepers))
    gone = city().gatekeepers[0].channels[0]
    found = check(DeclaredChannels, facts, *all_units()).findings
    assert f"no gatekeeper carries channel {gone}" in texts(found)
    outcome = check(DeclaredChannels, city(), *all_units(host_unit=None))
    assert texts(outcome.doubts) == [f"no tasks of host unit {UNIT} are here"]


# GAP-FORWARD

FORWARD = Ref(f"{UNIT}/nftables.conf", 23)


def chain(name: str, *rules: Entry, default: Action = Action.DENY) -> Filter:
    return Filter(name, "chain", rules, default, FORWARD)


def entry(action: Action, line: int, target: str = "", matches: tuple[Match, ...] = (Match(),)) -> Entry:
    return Entry(action, matches, Ref(f"{UNIT}/nftables.conf", line), target=target)


HOOK = Hook("forward", 0, "f", FORWARD)


def test_a_unit_that_forwards() -> None:
    found = one(ForwardNothing, city(), *all_units(forwarding=True))
    assert (found.subject, found.places) == (UNIT, (Ref(f"{UNIT}/sysctl.conf", 1),))
    assert found.what.render("en") == f"host unit {UNIT} forwards packets"
    found = one(ForwardNothing, city(), *all_units(forwarding=True, forwarding_ref=None))
    assert found.places == (Ref(f"{UNIT}.cfg", 1),)


@pytest.mark.parametrize(
    ("filters", "line"),
    [
        ((chain("f", default=Action.PERMIT),), 23),
        ((chain("f", entry(Action.PERMIT, 24)),), 24),
        ((chain("f", entry(Action.JUMP, 24, "g")), chain("g", entry(Action.PERMIT, 30), default=Action.RETURN)), 30),
        ((chain("f", entry(Action.GOTO, 24, "g")), chain("g", default=Action.PERMIT)), 23),
    ],
)
def test_a_forward_chain_that_lets_something_pass(filters: tuple[Filter, ...], line: int) -> None:
    found = one(ForwardNothing, city(), *all_units(filters=filters, hooks=(HOOK,)))
    assert found.what.render("en") == f"the forward chain f of host unit {UNIT} lets packets pass"
    assert found.places == (Ref(f"{UNIT}/nftables.conf", line),)


@pytest.mark.parametrize(
    ("filters", "hooks"),
    [
        ((), ()),
        ((chain("f", entry(Action.DENY, 24), entry(Action.CONTINUE, 25), entry(Action.PERMIT, 26, matches=())),), (HOOK,)),
        ((chain("f", entry(Action.JUMP, 24, "f")),), (HOOK,)),
        ((chain("f"), chain("g", default=Action.PERMIT)), (HOOK, replace(HOOK, filter="g"))),  # one that drops all is enough
        ((chain("f"), chain("g", default=Action.PERMIT)), (HOOK, Hook("input", 0, "g", FORWARD))),
    ],
)
def test_chains_that_let_nothing_pass(filters: tuple[Filter, ...], hooks: tuple[Hook, ...]) -> None:
    outcome = check(ForwardNothing, city(), *all_units(filters=filters, hooks=hooks))
    assert not outcome.findings
    assert not outcome.doubts


def test_chains_that_are_not_defined_are_doubts() -> None:
    outcome = check(
        ForwardNothing, city(), *all_units(filters=(chain("f", entry(Action.JUMP, 24, "x")),), hooks=(HOOK, replace(HOOK, filter="y")))
    )
    assert texts(outcome.doubts) == ["the forward chain y is not defined", "chain f goes on in x, which is not defined"]


def ports(*more: Interface) -> dict[str, Any]:
    return {"interfaces": (*unit_config(UNIT).interfaces, *more)}


def exchange(**changes: Any) -> dict[str, Any]:
    """The unit's interfaces with the exchange port changed."""
    first, port = unit_config(UNIT).interfaces
    return {"interfaces": (first, replace(port, **changes))}


ADDRESS = InterfaceAddress(0xC0A80001, 30, Ref(f"{UNIT}/interfaces", 6))


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        (ports(interface(UNIT, "br0", 9, kind=InterfaceKind.BRIDGE)), f"host unit {UNIT} has the bridge br0"),
        (ports(interface(UNIT, "gre1", 9, kind=InterfaceKind.TUNNEL)), f"host unit {UNIT} has the tunnel gre1"),
        (
            {"bgp": (BgpProcess("65000", None, None, (), (), (), (), None, (), None, FORWARD),)},
            f"host unit {UNIT} runs a routing protocol",
        ),
        (exchange(addresses=(ADDRESS,)), f"the exchange port eth1 of host unit {UNIT} has an address: the units may share a subnet"),
        (exchange(dynamic_address=FORWARD), f"the exchange port eth1 of host unit {UNIT} has an address: the units may share a subnet"),
        (exchange(unnumbered="eth0"), f"the exchange port eth1 of host unit {UNIT} has an address: the units may share a subnet"),
        (exchange(ipv6=FORWARD), f"the exchange port eth1 of host unit {UNIT} has an address: the units may share a subnet"),
        (
            exchange(virtual=(VirtualAddress(1, 1, None, "", FORWARD),)),
            f"the exchange port eth1 of host unit {UNIT} has an address: the units may share a subnet",
        ),
        (
            ports(interface(UNIT, "eth1.5", 9, kind=InterfaceKind.SUBINTERFACE, parent="eth1", addresses=(ADDRESS,))),
            f"the exchange port eth1.5 of host unit {UNIT} has an address: the units may share a subnet",
        ),
        (
            ports(interface(UNIT, "eth2", 9, addresses=(ADDRESS,))),  # up, and nothing recorded in it
            f"the exchange port eth2 of host unit {UNIT} has an address: the units may share a subnet",
        ),
        (
            {"static_routes": (route("eth1", None),)},
            f"a route of host unit {UNIT} leads out of its exchange port to the other unit",
        ),
    ],
)  # fmt: skip
def test_whatever_joins_the_units_is_found(changes: dict[str, Any], what: str) -> None:
    found = one(ForwardNothing, city(), *all_units(**changes))
    assert found.what.render("en") == what
    assert len(found.places) == 1


def test_a_route_by_an_address_on_the_exchange_port() -> None:
    changes = {**exchange(addresses=(ADDRESS,)), "static_routes": (route(None, 0xC0A80002), route(None, 0x0A620201))}
    found = texts(check(ForwardNothing, city(), *all_units(**changes)).findings)
    assert found[1:] == [f"a route of host unit {UNIT} leads out of its exchange port to the other unit"]


# GAP-OWNER


def with_channel(**changes: Any) -> f.Facts:
    return replace(city(), channels=edited(city().channels, lambda item: item.id == "mail-in", **changes))


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        (with_channel(owner="nobody"), "channel mail-in is owned by 'nobody', which is no organisation of the city"),
        (with_channel(approval="none"), "channel mail-in is not approved: there is no approval 'none'"),
        (
            with_channel(approval="exit-customs"),
            "channel mail-in is not approved: approval 'exit-customs' is of the kind retained-exit, not channel",
        ),
        (with_channel(content=f.Name(" ", "")), "channel mail-in does not say what passes"),
        (with_channel(allow=()), "channel mail-in lets everything pass"),
        (with_channel(allow=("gov.cn", "*.*")), "channel mail-in lets everything pass"),
    ],
)  # fmt: skip
def test_what_a_channel_lacks(facts: f.Facts, what: str) -> None:
    found = one(ChannelOwner, facts)
    assert (found.subject, found.what.render("en")) == ("mail-in", what)
    assert found.places[0] == CHANNELS["mail-in"].origin


def test_an_approval_counts_from_its_first_to_its_last_day() -> None:
    last = approval("channel-mail", expires=date(2026, 12, 1), granted=date(2026, 12, 1))
    assert not check(ChannelOwner, last).findings
    late = check(ChannelOwner, last, as_of=date(2026, 12, 2)).findings
    assert texts(late) == [
        f"channel {name} is not approved: approval 'channel-mail' expired on 2026-12-01" for name in ("mail-in", "mail-out")
    ]
    assert len(late[0].places) == 2
    early = check(ChannelOwner, last, as_of=date(2026, 11, 30)).findings
    assert texts(early)[0] == "channel mail-in is not approved: approval 'channel-mail' holds from 2026-12-01 only"


# GAP-LEVEL


def test_a_secret_channel_touches_the_outer_network_whichever_way_it_goes() -> None:
    found = check(Levels, with_channel(level=f.Level.SECRET)).findings
    assert "channel mail-in holds secret data on the outer network (from the outer to the inner network)" in texts(found)


def test_a_channel_to_servers_that_may_not_hold_it() -> None:
    host = next(item for item in city().hosts if (item.service, item.role) == ("mail", "relay") and item.party.startswith("outer"))
    facts = party(host.party, level=f.Level.PUBLIC)
    found = check(Levels, facts).findings
    assert "channel mail-out moves internal data to servers of the level public" in texts(found)
    assert not [item for item in found if item.subject == "mail-in"]


def test_a_channel_to_a_server_that_nobody_knows() -> None:
    outcome = check(Levels, with_channel(service="nothing"))
    assert texts(outcome.doubts) == ["nobody knows the server in the inner network that channel mail-in delivers to"]


def test_a_flow_to_a_party_that_may_not_hold_it() -> None:
    flow = replace(city().flows[0], id="spill", level=f.Level.SECRET, origin=HERE)
    found = one(Levels, replace(city(), flows=(*city().flows, flow)))
    assert (found.subject, found.places[0]) == ("spill", HERE)
    target = next(item for item in city().parties if item.id == flow.to)
    assert found.what.render("en") == f"flow spill of the level secret leads to {flow.to} of the level {target.level.value}"
    lost = check(Levels, replace(city(), flows=(*city().flows, replace(flow, to="nobody"))))
    assert texts(lost.doubts) == ["flow spill leads to nobody, which is recorded nowhere"]


# GAP-UNIT

GK1 = next(item for item in city().gatekeepers if item.slug == "gk1")
MODEL = next(item.model for item in city().devices if item.name == UNIT)


def gatekeeper(**changes: Any) -> f.Facts:
    return replace(city(), gatekeepers=edited(city().gatekeepers, lambda item: item.slug == "gk1", **changes))


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        (device(UNIT, enclosure="elsewhere"), "the units of gatekeeper gk1 are in two enclosures: elsewhere and gk1"),
        (device("gy-o-core1", enclosure="gk1"), "the enclosure of gatekeeper gk1 also holds gy-o-core1"),
        (device(UNIT, model=replace(MODEL, fail_open=True)), f"host unit {UNIT} passes packets without power"),
        (cable("gk1:arc", medium=f.Medium.COPPER), "gatekeeper gk1 has 0 exchange arcs, not one"),
        (
            replace(city(), cables=(*city().cables, new_cable("slip", plug(UNIT, "eth2"), plug("gy-g-gk1-inner", "eth2")))),
            "cable slip joins the units of gatekeeper gk1 past the exchange arc",
        ),
        (
            replace(city(), cables=tuple(item for item in city().cables if item.id != "gk1:arc")),
            "gatekeeper gk1 has 0 exchange arcs, not one",
        ),
        (gatekeeper(inner_unit=None), "gatekeeper gk1 has no inner unit"),
        (gatekeeper(inner_unit="nobody"), "gatekeeper gk1 has no inner unit"),
        (
            device(UNIT, role=f.Role.ACCESS),
            f"the outer unit of gatekeeper gk1 is {UNIT}, with the role access switch in the outer network",
        ),
        (
            device(UNIT, realm=INNER),
            f"the outer unit of gatekeeper gk1 is {UNIT}, with the role gatekeeper host unit in the inner network",
        ),
    ],
)  # fmt: skip
def test_a_gatekeeper_that_is_not_built_as_one(facts: f.Facts, what: str) -> None:
    found = check(Units, facts).findings
    assert what in texts(found)
    wrong = next(item for item in found if item.what.render("en") == what)
    assert wrong.subject == "gk1"
    assert wrong.places[0] == GK1.origin


def test_host_units_and_arcs_elsewhere() -> None:
    found = one(Units, device("gy-o-core1", role=f.Role.HOST_UNIT))
    assert (found.subject, found.what.render("en")) == ("gy-o-core1", "host unit gy-o-core1 belongs to 0 gatekeepers")
    shared = gatekeeper(inner_unit="gy-g-gk2-inner")
    assert "host unit gy-g-gk2-inner belongs to 2 gatekeepers" in texts(check(Units, shared).findings)
    loose = replace(city(), cables=(*city().cables, new_cable("arc9", plug("gy-o-core1", "x"), plug("gy-i-icore1", "x"), use=f.Use.ARC)))
    assert texts(check(Units, loose).findings) == ["arc9 is recorded as an exchange arc and joins no two units of one gatekeeper"]
