"""Each rule of PHY on the reference city, and on the city with one thing wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from isolation_checks.judge import judge
from isolation_checks.rules.base import Rule
from isolation_checks.rules.phy import RULES, Apart, ExitsApart, LivePorts, SharedCable, SharedChassis
from isolation_checks.rules.phy_circuit import SharedCircuit, position, same_position
from isolation_checks.rules.phy_lan import SeparateLans
from isolation_checks.rules.phy_managing import SharedConsole, SharedManagement
from isolation_checks.snapshot import Feature, FeatureKind, InterfaceKind, Ref
from isolation_checks.verdicts import Verdict
from tests.isolation_checks.rules.physical_case import (
    HERE,
    INNER,
    OUTER,
    add_cable,
    add_circuit,
    approval,
    cable,
    case,
    check,
    circuit,
    city,
    config,
    device,
    edited,
    interface,
    links,
    new_cable,
    new_circuit,
    one,
    party,
    plug,
    texts,
    without,
)
from topology import facts as f
from topology.i18n import Text
from topology.origin import Origin

INNER_ABSENT = "the inventory of the inner network is not here"
OUTER_ABSENT = "the inventory of the outer network is not here"


def origin_of(name: str) -> Origin:
    return next(item.origin for item in city().devices if item.name == name)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_reference_city_breaks_no_rule(rule: type[Rule]) -> None:
    outcome = check(rule, city())
    assert not outcome.findings
    assert outcome.subjects or rule is LivePorts  # which speaks of devices whose config is here
    slugs = {assumption.slug for assumption in city().assumptions}
    assert slugs.issuperset(outcome.assumptions)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule not in (Apart, LivePorts, ExitsApart)], ids=lambda rule: rule.id)
def test_rules_that_rest_on_facts_alone_have_no_doubts(rule: type[Rule]) -> None:
    assert not check(rule, city()).doubts


@pytest.mark.parametrize(
    "rule", [Apart, SharedChassis, SharedCable, SharedCircuit, SharedManagement, SeparateLans, ExitsApart], ids=lambda rule: rule.id
)
@pytest.mark.parametrize(("realm", "said"), [(INNER, INNER_ABSENT), (OUTER, OUTER_ABSENT)])
def test_without_one_side_what_needs_it_is_incomplete(rule: type[Rule], realm: f.Realm, said: str) -> None:
    outcome = check(rule, without(realm))
    assert not outcome.findings
    assert said in texts(outcome.doubts)
    (result,) = judge(case(without(realm)), [rule]).results
    assert result.verdict is Verdict.INCOMPLETE


@pytest.mark.parametrize("rule", [SharedConsole], ids=lambda rule: rule.id)
def test_without_one_side_what_does_not_need_it_is_decided(rule: type[Rule]) -> None:
    assert not check(rule, without(INNER)).doubts
    assert not check(rule, without(OUTER)).findings


# PHY-APART


def test_a_cable_between_the_networks_joins_them() -> None:
    facts = add_cable("slip", plug("gy-o-core1", "x"), plug("gy-i-icore2", "y"))
    found = one(Apart, facts)
    assert found.subject == "slip"
    assert found.what.render("en") == "the inner network is joined to the outer network: gy-i-icore2 to gy-o-core1"
    assert found.fix.render("en") == "take out cable slip, or plug it into a device of the same network"
    assert found.places == (HERE,)
    assert links(found) == [("gy-i-icore2", "gy-o-core1", "cable slip")]


@pytest.mark.parametrize(
    ("facts", "subject", "what"),
    [
        (
            add_circuit("back", plug("gy-i-baiyun-r1", "x"), plug("gy-o-baiyun-r1", "y")),
            "back",
            "the inner network is joined to the outer network: gy-i-baiyun-r1 to gy-o-baiyun-r1",
        ),
        (
            add_circuit("isp", plug("gy-i-icore1", "x"), peer="isp-telecom"),
            "isp",
            "the inner network is joined to the Internet: gy-i-icore1 to isp-telecom",
        ),
        (
            add_circuit("dark", plug("gy-i-icore1", "x")),
            "dark",
            "the inner network reaches a far end that nobody recorded, by gy-i-icore1",
        ),
        (
            add_cable("loose", plug("gy-i-iacc1", "x"), plug("a-modem", "y"), use=f.Use.CONSOLE),
            "loose",
            "the inner network reaches a far end that nobody recorded, by gy-i-iacc1",
        ),
        (
            add_cable("shortcut", plug("gy-o-xfw1", "x"), plug("gy-i-iacc1", "y")),
            "shortcut",
            "the inner network is joined to the retained exit customs, by gy-i-iacc1",
        ),
        (
            device("gy-i-icore1", enclosure="gy-o-core1"),
            "gy-o-core1",
            "the inner network is joined to the outer network: gy-i-icore1 to gy-o-core1",
        ),
        (
            party("outer:municipal/audit", attachments=(plug("gy-o-acc4", "x"), plug("gy-i-iacc1", "y"))),
            "outer:municipal/audit",
            "the inner network is joined to the outer network: gy-i-iacc1 to outer:municipal/audit",
        ),
        (
            cable("gy-g-gk1-inner:eth0", b=plug("gy-o-hsw1", "z")),
            "gy-g-gk1-inner:eth0",
            "the inner network is joined to the outer network: gy-g-gk1-inner to gy-o-hsw1",
        ),
        (
            cable("gk1:arc", use=f.Use.TRUNK),  # a cable past the arc
            "gk1:arc",
            "the inner network is joined to the outer network: gy-g-gk1-inner to gy-g-gk1-outer",
        ),
    ],
)  # fmt: skip
def test_whatever_joins_the_inner_network_to_another_is_found(facts: f.Facts, subject: str, what: str) -> None:
    found = one(Apart, facts)
    assert (found.subject, found.what.render("en")) == (subject, what)
    assert found.witness is not None
    assert found.places


def test_a_gatekeeper_that_passes_packets_without_power_is_a_cable() -> None:
    unit = next(item for item in city().devices if item.name == "gy-g-gk1-inner")
    found = check(Apart, device(unit.name, model=replace(unit.model, fail_open=True))).findings
    assert {item.subject for item in found} == {"gk1", "gk1:arc"}
    assert {item.what.render("en") for item in found} == {
        "the inner network is joined to the outer network: gy-g-gk1-inner to gy-g-gk1-outer"
    }


def test_a_third_device_in_a_gatekeeper_makes_it_a_shared_enclosure() -> None:
    found = check(Apart, device("gy-o-core1", enclosure="gk1")).findings
    assert {item.subject for item in found} == {"gk1"}
    assert links(found[0])[0] == ("gy-g-gk1-inner", "gk1", "the shared enclosure gk1")


def test_live_ports_of_inner_devices_reach_the_internet_and_missing_configs_leave_it_open() -> None:
    live = config("gy-i-icore1", "frr", interface("gy-i-icore1", "GigabitEthernet9/9", 7))
    outcome = check(Apart, city(), live)
    assert [(item.subject, item.places) for item in outcome.findings] == [("gy-i-icore1:GigabitEthernet9/9", (Ref("gy-i-icore1.cfg", 7),))]
    assert links(outcome.findings[0]) == [("gy-i-icore1", "?", "port GigabitEthernet9/9, up and recorded nowhere")]
    assert "there is no config of gy-i-icore2" in texts(outcome.doubts)
    assert "there is no config of gy-i-icore1" not in texts(outcome.doubts)
    vague = replace(live, interfaces=(interface("gy-i-icore1", "Cellular0", 7, kind=InterfaceKind.OTHER),))
    outcome = check(Apart, city(), vague)
    assert not outcome.findings
    assert "port Cellular0 of gy-i-icore1 may be live: nobody knows whether it is a socket" in texts(outcome.doubts)


# PHY-CHASSIS


def test_an_enclosure_with_devices_of_both_networks() -> None:
    found = one(SharedChassis, device("gy-i-icore1", enclosure="gy-o-core1"))
    assert found.subject == "gy-o-core1"
    assert found.what.render("en") == "the enclosure gy-o-core1 holds devices of both networks: gy-i-icore1, gy-o-core1"
    assert set(found.places) == {origin_of("gy-i-icore1"), origin_of("gy-o-core1")}


@pytest.mark.parametrize(
    "facts",
    [
        device("gy-o-core1", enclosure="gk1"),
        device("gy-g-gk1-inner", enclosure="gk2"),
        replace(city(), gatekeepers=()),
    ],
)
def test_only_a_gatekeepers_own_units_may_share_an_enclosure(facts: f.Facts) -> None:
    assert {item.subject for item in check(SharedChassis, facts).findings} <= {"gk1", "gk2"}
    assert check(SharedChassis, facts).findings


def test_devices_of_one_network_may_share_an_enclosure() -> None:
    assert not check(SharedChassis, device("gy-o-core1", enclosure="gy-o-core2")).findings


# PHY-CABLE


def test_a_cable_with_ends_in_both_networks() -> None:
    found = one(SharedCable, add_cable("slip", plug("gy-i-icore2", "y"), plug("gy-o-core1", "x")))
    assert found.subject == "slip"
    assert found.what.render("en") == "cable slip joins gy-i-icore2 of the inner and gy-o-core1 of the outer network"
    assert found.places == (HERE,)


def test_a_cable_recorded_for_the_other_network() -> None:
    found = one(SharedCable, add_cable("wrong", plug("gy-i-icore1", "y"), plug("gy-i-icore2", "x")))
    assert found.what.render("en") == "cable wrong is recorded for the outer network but plugged into gy-i-icore1 of the other"


def test_an_arc_elsewhere_than_in_a_gatekeeper_is_a_cable() -> None:
    found = one(SharedCable, add_cable("arc", plug("gy-i-icore1", "y"), plug("gy-o-core1", "x"), use=f.Use.ARC))
    assert found.subject == "arc"
    apart = device("gy-g-gk1-inner", enclosure="elsewhere")
    assert one(SharedCable, apart).subject == "gk1:arc"


def test_a_cable_to_nowhere_is_a_doubt() -> None:
    outcome = check(SharedCable, add_cable("loose", plug("nobody", "x"), plug("gy-o-core1", "y")))
    assert not outcome.findings
    assert texts(outcome.doubts) == ["cable loose leads to nobody, which is recorded nowhere"]
    assert outcome.doubts[0].place == HERE


def test_a_socket_with_cables_of_both_networks_and_a_socket_with_two_plugs() -> None:
    facts = city()
    wire = next(item for item in facts.cables if item.id == "gy-i-icore1:Console0")
    both = replace(facts, cables=(*facts.cables, new_cable("more", wire.a, plug("gy-o-core1", "x"))))
    found = [item for item in check(SharedCable, both).findings if item.subject == "gy-i-icore1:Console0"]
    assert texts(found) == ["port Console0 of gy-i-icore1 holds cables or circuits of both networks: gy-i-icore1:Console0, more"]
    assert found[0].places == (wire.origin, HERE)
    twice = replace(facts, cables=(*facts.cables, new_cable("more", wire.a, plug("gy-i-icore2", "x"), realm=INNER)))
    outcome = check(SharedCable, twice)
    assert not outcome.findings
    assert texts(outcome.doubts) == ["port Console0 of gy-i-icore1 is recorded for more than one plug: gy-i-icore1:Console0, more"]
    line = replace(facts, circuits=(*facts.circuits, new_circuit("more", wire.a, plug("gy-o-core1", "x"))))
    assert [item.subject for item in check(SharedCable, line).findings] == ["gy-i-icore1:Console0"]


# PHY-CIRCUIT

INNER_FIBRE = "inner:baiyun/a"
INNER_SLOT = "inner:kaiyang/a"
DUCT = "duct-kaiyang-ring"  # the reference city shares it, by approval


def outer_like(id_: str, **changes: object) -> f.Facts:
    """An outer circuit that has what the inner one has."""
    facts = city()
    ours = next(item for item in facts.circuits if item.id == id_)
    theirs = replace(ours, id="theirs", realm=OUTER, reference="other", a=plug("gy-o-core1", "x"), b=plug("gy-o-core2", "x"), origin=HERE)
    return replace(facts, circuits=(*facts.circuits, replace(theirs, **changes)))  # type: ignore[arg-type]


def test_one_line_for_both_networks() -> None:
    ours = next(item for item in city().circuits if item.id == INNER_FIBRE)
    facts = outer_like(INNER_FIBRE, reference=f" {ours.reference.lower()}", risk=("elsewhere",), position="第 9 芯")
    found = one(SharedCircuit, facts)
    assert found.subject == INNER_FIBRE
    assert found.what.render("en") == (
        f"circuits {INNER_FIBRE} of the inner and theirs of the outer network are one line: {ours.carrier} {ours.reference}"
    )
    assert found.places == (ours.origin, HERE)
    assert links(found) == [(INNER_FIBRE, "theirs", f"{ours.carrier} {ours.reference}")]


def test_one_fibre_for_both_networks() -> None:
    found = check(SharedCircuit, outer_like(INNER_FIBRE)).findings
    what = f"circuits {INNER_FIBRE} of the inner and theirs of the outer network are on one fibre: 第 1-2 芯"
    assert what in texts(found)
    shared = next(item for item in found if item.what.render("en") == what)
    assert links(shared) == [(INNER_FIBRE, "theirs", "fibre 第 1-2 芯")]
    # the same cable at all is more than policy allows, and no approval covers its groups
    assert sorted({item.subject for item in found}) == ["duct-kaiyang-ring", "duct-nw-baiyun", "fibre-nw-baiyun-01", INNER_FIBRE]


def test_other_fibres_of_one_cable_share_transport_too() -> None:
    found = check(SharedCircuit, outer_like(INNER_FIBRE, position="第 11-12 芯", risk=("fibre-nw-baiyun-01",))).findings
    pair = f"circuits {INNER_FIBRE} of the inner and theirs of the outer network"
    by_policy = f"{pair} share fibre-nw-baiyun-01, and policy lets them share nothing by fibre"
    assert by_policy in texts(found)
    wide = replace(city().policy, shared_transport=("fibre",))
    facts = replace(outer_like(INNER_FIBRE, position="第 11-12 芯", risk=("fibre-nw-baiyun-01",)), policy=wide)
    assert by_policy not in texts(check(SharedCircuit, facts).findings)


@pytest.mark.parametrize(("position_", "certain"), [("VC-3 #7", True), ("vc-3  #6-9", True), ("VC-3 #8", False), ("VC-4 #7", False)])
def test_one_timeslot_for_both_networks(position_: str, certain: bool) -> None:
    found = check(SharedCircuit, outer_like(INNER_SLOT, position=position_)).findings
    assert any("are on one timeslot: VC-3 #7" in text for text in texts(found)) is certain
    assert not [item for item in found if item.subject == DUCT]  # its one group has its one approval


@pytest.mark.parametrize("position_", [None, "slot 7"])
def test_positions_that_nobody_can_compare_are_a_doubt(position_: str | None) -> None:
    outcome = check(SharedCircuit, outer_like(INNER_SLOT, position=position_))
    assert not outcome.findings
    assert texts(outcome.doubts) == [f"nobody can tell from the records whether circuits {INNER_SLOT} and theirs are on one timeslot"]


def test_equal_positions_in_different_systems_are_different() -> None:
    assert not check(SharedCircuit, outer_like(INNER_SLOT, risk=("duct-elsewhere",))).findings
    assert not check(SharedCircuit, outer_like(INNER_FIBRE, risk=("duct-elsewhere",), carrier="another")).findings


def test_positions_are_compared_as_numbers() -> None:
    assert same_position("VC-12 #1-4", "vc-12 #4") is True
    assert same_position("VC-12 #1-4", "VC-12 #5-6") is False
    assert same_position("第 1-2 芯", "第1~2芯") is True
    assert same_position("C43 波", "C43 1543.73 nm") is None
    assert same_position("red", "red") is None
    assert position(None) is None


@pytest.mark.parametrize(
    "changes",
    [{"expires": date(2026, 11, 30)}, {"granted": date(2026, 12, 2)}, {"kind": "exception"}],
)
def test_shared_transport_needs_an_approval_that_holds(changes: dict[str, Any]) -> None:
    found = one(SharedCircuit, approval("transport-kaiyang", **changes))
    assert found.subject == DUCT
    assert found.what.render("en") == (
        f"circuits {INNER_SLOT} of the inner and outer:kaiyang/b of the outer network share {DUCT}; of 1 approvals that shared groups need,"
        " 0 are valid"
    )
    assert links(found) == [(INNER_SLOT, "outer:kaiyang/b", f"risk group {DUCT}")]


def test_one_approval_does_not_cover_two_groups() -> None:
    found = check(SharedCircuit, circuit("outer:qingzhen/a", risk=("duct-nw-qingzhen",))).findings
    assert [item.subject for item in found] == ["duct-kaiyang-ring", "duct-nw-qingzhen"]


def test_policy_may_allow_no_sharing_by_timeslots() -> None:
    policy = replace(city().policy, shared_transport=("wavelength",))
    found = one(SharedCircuit, replace(city(), policy=policy))
    assert found.subject == INNER_SLOT
    assert found.places[-1] == policy.origin


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        (
            {"medium": f.Medium.ETHERNET},
            "inner circuit inner:baiyun/a runs over carrier Ethernet, which the carrier shares out among customers",
        ),
        ({"separation": None}, "inner circuit inner:baiyun/a runs over fibre and is recorded as separated by -"),
        ({"medium": f.Medium.TIMESLOT}, "inner circuit inner:baiyun/a runs over timeslot and is recorded as separated by dedicated fibre"),
        ({"encryption": None}, "inner circuit inner:baiyun/a has no link encryption"),
        ({"encryption": " "}, "inner circuit inner:baiyun/a has no link encryption"),
    ],
)
def test_inner_circuits_are_separated_and_encrypted(changes: dict[str, Any], what: str) -> None:
    found = one(SharedCircuit, circuit(INNER_FIBRE, **changes))
    assert (found.subject, found.what.render("en")) == (INNER_FIBRE, what)


def test_a_carrier_port_for_both_networks() -> None:
    ours = next(item for item in city().circuits if item.id == INNER_FIBRE)
    facts = add_circuit("theirs", replace(ours.a, vlan=7), plug("gy-o-core1", "x"))
    found = check(SharedCircuit, facts).findings
    assert f"circuits of both networks are handed over at port {ours.a.port} of {ours.a.device}: {ours.id}, theirs" in texts(found)
    assert f"circuit theirs of the outer network ends at {ours.a.device} of the inner network" in texts(found)


def test_ways_that_nobody_recorded_are_doubts() -> None:
    assert texts(check(SharedCircuit, circuit(INNER_FIBRE, risk=())).doubts) == [
        "no risk group says by which way circuit inner:baiyun/a is led"
    ]
    facts = circuit("outer:baiyun/a", risk=())
    said = "no risk group says by which way circuit outer:baiyun/a is led, nor 0 others of carriers that lead inner circuits"
    assert texts(check(SharedCircuit, facts).doubts) == [said]


# PHY-MANAGEMENT and PHY-CONSOLE


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        (
            add_cable("mgmt", plug("gy-i-icore1", "x"), plug("gy-o-oob1", "y"), use=f.Use.MANAGEMENT),
            "gy-i-icore1 of the inner network and gy-o-oob1 of the outer network are cabled together",
        ),
        (
            add_cable("trunk", plug("gy-i-inoc1", "x"), plug("gy-o-noc1", "y")),
            "gy-i-inoc1 of the inner network and gy-o-noc1 of the outer network are cabled together",
        ),
        (
            add_cable("mgmt", plug("gy-o-br1", "x"), plug("gy-o-oob1", "y"), use=f.Use.MANAGEMENT),
            None,  # by way of the switch to whatever else is on it
        ),
        (
            add_cable("trunk", plug("gy-o-bsw1", "x"), plug("gy-o-noc1", "y")),
            "gy-o-bsw1 of the Internet and gy-o-noc1 of the outer network are cabled together",
        ),
        (
            add_circuit("dsl", plug("gy-o-noc1", "x"), peer="isp-telecom"),
            "isp-telecom of the Internet and gy-o-noc1 of the outer network are cabled together",
        ),
        (
            add_cable("mgmt", plug("gy-o-core1", "x"), plug("nobody", "y"), use=f.Use.MANAGEMENT),
            "management cable mgmt leads from gy-o-core1 to a far end that nobody recorded",
        ),
        (
            party("inner:municipal/noc-ops", attachments=(plug("gy-o-noc1", "x"),)),
            "inner:municipal/noc-ops of the inner network and gy-o-noc1 of the outer network are cabled together",
        ),
    ],
)  # fmt: skip
def test_shared_management_is_found(facts: f.Facts, what: str | None) -> None:
    found = one(SharedManagement, facts)
    assert found.witness is not None
    if what is not None:
        assert found.what.render("en") == what
    else:
        assert links(found)[0][:2] == ("gy-o-br1", "gy-o-oob1")
        assert found.subject == "mgmt"


def test_border_devices_may_have_a_management_switch_of_their_own() -> None:
    own = next(item for item in city().devices if item.name == "gy-o-oob1")
    facts = replace(city(), devices=(*city().devices, replace(own, name="oob-border", enclosure="oob-border", rendered=False)))
    wires = tuple(new_cable(f"m{n}", plug(f"gy-o-br{n}", "m"), plug("oob-border", f"p{n}"), use=f.Use.MANAGEMENT) for n in (1, 2))
    assert not check(SharedManagement, replace(facts, cables=(*facts.cables, *wires))).findings
    joined = (*wires, new_cable("up", plug("oob-border", "p3"), plug("gy-o-noc1", "x")))
    found = check(SharedManagement, replace(facts, cables=(*facts.cables, *joined))).findings
    assert [item.subject for item in found] == ["m1", "m2"]
    assert all(links(item)[1][:2] == ("oob-border", "gy-o-noc1") for item in found)


@pytest.mark.parametrize(
    ("facts", "what"),
    [
        (
            add_cable("con", plug("gy-o-core1", "x"), plug("gy-i-ics1", "Port40"), use=f.Use.CONSOLE),
            "gy-i-ics1 of the inner network and gy-o-core1 of the outer network are cabled together",
        ),
        (
            cable("gy-i-ics1:NET1", b=plug("gy-o-oob1", "x")),
            "gy-i-ics1 of the inner network and gy-o-oob1 of the outer network are cabled together",
        ),
        (
            add_cable("con", plug("gy-o-core1", "Console9"), plug("a-modem", "y"), use=f.Use.CONSOLE),
            "console cable con leads from gy-o-core1 to a far end that nobody recorded",
        ),
        (
            add_cable("con", plug("gy-o-cs1", "Port40"), plug("a-modem", "y")),
            "cable con leads from gy-o-cs1 to a far end that nobody recorded",
        ),
        (
            add_circuit("dial", plug("gy-o-cs1", "Port40")),
            "the line dial of carrier anycom is at the console Port40 of gy-o-cs1",
        ),
        (
            add_circuit("dial", plug("gy-i-icore1", "console0"), peer="isp-telecom"),
            "the line dial of carrier anycom is at the console console0 of gy-i-icore1",
        ),
    ],
)  # fmt: skip
def test_consoles_that_serve_more_than_one_network_or_lead_outside_are_found(facts: f.Facts, what: str) -> None:
    found = one(SharedConsole, facts)
    assert found.what.render("en") == what
    assert len(links(found)) == 1


def test_a_border_device_at_the_console_server_of_the_outer_network() -> None:
    found = one(SharedConsole, add_cable("con", plug("gy-o-br1", "con 0"), plug("gy-o-cs1", "Port40"), use=f.Use.CONSOLE))
    assert found.subject == "con"
    assert found.what.render("en").startswith("gy-o-br1 of the Internet and ")


def test_a_modem_in_a_config_is_a_way_in_and_other_dialling_is_a_doubt() -> None:
    ref = Ref("gy-o-core1.cfg", 44)
    modem = config("gy-o-core1", "cisco_ios", features=(Feature(FeatureKind.DIALUP, "modem InOut", ref),))
    found = one(SharedConsole, city(), modem)
    assert (found.subject, found.places) == ("gy-o-core1", (ref,))
    assert found.what.render("en") == "the config of gy-o-core1 takes a modem: modem InOut"
    assert links(found) == [("gy-o-core1", "?", "the modem line modem InOut")]
    other = replace(modem, features=(Feature(FeatureKind.DIALUP, "dialer-group 1", ref), Feature(FeatureKind.MPLS, "mpls", ref)))
    outcome = check(SharedConsole, city(), other)
    assert not outcome.findings
    assert texts(outcome.doubts) == ["not modelled (dial-up): dialer-group 1"]


# PHY-PORT


def test_a_live_port_in_which_nothing_is_recorded() -> None:
    name = "gy-i-iacc1"
    wired = config(name, "frr", interface(name, "GigabitEthernet0/0/1", 3), interface(name, "GigabitEthernet0/0/9", 8))
    outcome = check(LivePorts, city(), wired)
    assert outcome.subjects == (name,)
    (found,) = outcome.findings
    assert found.subject == "gy-i-iacc1:GigabitEthernet0/0/9"
    assert (
        found.what.render("en") == "port GigabitEthernet0/0/9 of gy-i-iacc1 is live and nothing is recorded in it: its config leaves it up"
    )
    assert found.places == (Ref("gy-i-iacc1.cfg", 8), origin_of(name))


def test_a_switch_port_that_the_config_does_not_speak_of_is_live() -> None:
    found = check(LivePorts, city(), config("gy-i-iacc1", "huawei_vrp")).findings
    said = "port GigabitEthernet0/0/9 of gy-i-iacc1 is live and nothing is recorded in it:"
    assert f"{said} its config does not speak of it, and a switch port is up by default" in texts(found)
    router = check(LivePorts, city(), config("gy-i-baiyun-r1", "h3c_comware"))
    assert not router.findings
    assert router.doubts


def test_without_configs_there_is_nothing_to_say_about_ports_and_that_is_no_pass() -> None:
    (result,) = judge(case(city()), [LivePorts]).results
    assert (result.subjects, result.verdict) == ((), Verdict.INCOMPLETE)


# PHY-LAN


def drop_party(id_: str) -> f.Facts:
    assert any(item.id == id_ for item in city().parties)
    return replace(city(), parties=tuple(item for item in city().parties if item.id != id_))


ORGANS = tuple(slug for slug in city().policy.organs if slug != "congress-office")
NO_CONGRESS = replace(city(), policy=replace(city().policy, organs=ORGANS))


@pytest.mark.parametrize(
    ("facts", "subject", "what"),
    [
        (drop_party("inner:municipal/cipher"), "cipher", "the classified organ cipher has no LAN on the inner network"),
        (drop_party("outer:municipal/cipher"), "cipher", "the classified organ cipher has no LAN on the outer network"),
        (
            party("inner:municipal/cipher", attachments=()),
            "cipher",
            "the LAN of the classified organ cipher on the inner network is plugged in nowhere",
        ),
        (
            device("gy-i-iacc1", enclosure="gy-o-acc1"),
            "cipher",
            "both LANs of the classified organ cipher are in the enclosure gy-o-acc1",
        ),
        (
            party("inner:municipal/cipher", attachments=(plug("gy-o-acc12", "x"),)),
            "inner:municipal/cipher",
            "the LAN of inner:municipal/cipher is plugged into gy-o-acc12, which is of the outer network",
        ),
        (
            party("outer:municipal/audit", level=f.Level.SECRET),
            "outer:municipal/audit",
            "outer:municipal/audit handles secret information on the outer network",
        ),
        (
            NO_CONGRESS,
            "system:congress",
            "no organ of the system People's Congress has two LANs",
        ),
        (
            NO_CONGRESS,
            "congress-office",
            "congress-office is no classified organ and has a LAN on the inner network",
        ),
        (
            replace(city(), policy=replace(city().policy, organs=(*city().policy.organs, "audit"))),
            "audit",
            "the classified organ audit has no LAN on the inner network",
        ),
    ],
)  # fmt: skip
def test_wrong_lans_are_found(facts: f.Facts, subject: str, what: str) -> None:
    found = [item for item in check(SeparateLans, facts).findings if item.subject == subject]
    assert what in texts(found)
    assert all(item.places for item in found)


def test_an_organ_with_secret_information_is_classified_whatever_policy_says() -> None:
    facts = party("outer:municipal/audit", level=f.Level.SECRET)
    assert "the classified organ audit has no LAN on the inner network" in texts(check(SeparateLans, facts).findings)


# PHY-EXIT


def test_a_retained_exit_joined_to_the_inner_network() -> None:
    facts = add_cable("shortcut", plug("gy-o-xfw1", "x"), plug("gy-i-iacc1", "y"))
    found = check(ExitsApart, facts).findings
    assert [item.subject for item in found] == ["customs", "tourism"]  # over the outer network it reaches the other too
    assert found[0].what.render("en") == "the retained exit customs is joined to the inner network at gy-i-iacc1"
    assert links(found[0]) == [("gy-i-iacc1", "gy-o-xfw1", "cable shortcut")]
    assert found[0].places == (HERE,)
    assert len(links(found[1])) > 1


def test_a_retained_exit_whose_unit_is_on_the_inner_network() -> None:
    facts = party("outer:municipal/customs", realm=INNER)
    assert "the retained exit customs stands on the inner network" in texts(check(ExitsApart, facts).findings)


def test_a_retained_exit_without_device_is_a_doubt() -> None:
    exits = edited(city().exits, lambda item: item.slug == "customs", device="?")
    assert "the device ? of exit customs is recorded nowhere" in texts(check(ExitsApart, replace(city(), exits=exits)).doubts)


def test_without_exits_the_rule_does_not_apply() -> None:
    outcome = check(ExitsApart, replace(city(), exits=()))
    assert (outcome.subjects, outcome.findings, outcome.doubts) == ((), (), ())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_says_what_it_is(rule: type[Rule]) -> None:
    info = rule.info()
    assert info.family == "PHY"
    assert all(isinstance(text, Text) for text in (info.title, info.description, *info.source))
    assert len(info.description.render("en")) > 100
