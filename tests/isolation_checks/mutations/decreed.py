"""Changes to what people decided and plugged: cables, circuits, chassis, gatekeepers, approvals, verticals, tiers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from tests.isolation_checks.mutations.harness import DECREED, Change, Draft, Operator
from topology.facts import Attachment, Circuit, Device, Level, Medium, PartyKind, Realm, Role, System, Tier, Use


def device(draft: Draft, role: Role, realm: Realm = Realm.OUTER) -> Device:
    return next(item for item in draft.facts.devices if item.role == role and item.realm == realm)


def circuit(draft: Draft, realm: Realm = Realm.OUTER, *, peer: bool = False) -> Circuit:
    return next(item for item in draft.facts.circuits if item.realm == realm and (item.peer is not None) is peer)


def cable(draft: Draft, a: Attachment, b: Attachment, use: Use = Use.TRUNK) -> None:
    like = draft.facts.cables[0]
    draft.add("cables", replace(like, id="new:cable", realm=Realm.OUTER, use=use, medium=Medium.COPPER, a=a, b=b))


def free_port(item: Device, kind: str = "data") -> Attachment:
    return Attachment(item.name, [port.name for port in item.model.ports if port.kind == kind][-1])


def cable_between_realms(draft: Draft) -> None:
    cable(draft, free_port(device(draft, Role.CORE, Realm.INNER)), free_port(device(draft, Role.AGGREGATION)))


def back_door_to_the_inside(draft: Draft) -> None:
    cable(draft, free_port(device(draft, Role.BORDER_ROUTER)), free_port(device(draft, Role.AGGREGATION)))


def shared_chassis(draft: Draft) -> None:
    inner = device(draft, Role.ACCESS, Realm.INNER)
    draft.swap("devices", inner, enclosure=device(draft, Role.ACCESS).name)


def shared_position(draft: Draft) -> None:
    outer = next(item for item in draft.facts.circuits if item.realm == Realm.OUTER and item.medium == Medium.WAVELENGTH and item.position)
    inner = next(item for item in draft.facts.circuits if item.realm == Realm.INNER)
    draft.swap(
        "circuits", inner, carrier=outer.carrier, reference=outer.reference, medium=outer.medium, position=outer.position, risk=outer.risk
    )


def console_shared(draft: Draft) -> None:
    server = device(draft, Role.CONSOLE_SERVER, Realm.INNER)
    own = next(item for item in draft.facts.cables if item.use == Use.CONSOLE and item.realm == Realm.OUTER)
    draft.swap("cables", own, b=free_port(server, "console") if any(p.kind == "console" for p in server.model.ports) else free_port(server))


def open_when_dark(role: Role) -> Change:
    def change(draft: Draft) -> None:
        for item in [found for found in draft.facts.devices if found.role == role]:
            draft.swap("devices", item, model=replace(item.model, fail_open=True))

    return change


def carrier_at(role: Role, realm: Realm) -> Change:
    def change(draft: Draft) -> None:
        like = next(item for item in draft.facts.circuits if item.peer and item.peer.startswith("isp"))
        draft.add(
            "circuits", replace(like, id="new:isp", realm=realm, reference="NEW-1", position=None, a=free_port(device(draft, role, realm)))
        )

    return change


def later(draft: Draft) -> None:
    draft.as_of = date(2032, 1, 1)


def channel(**changed: object) -> Change:
    def change(draft: Draft) -> None:
        draft.swap("channels", draft.facts.channels[0], **changed)

    return change


def secret_outwards(draft: Draft) -> None:
    found = next(item for item in draft.facts.channels if item.direction == "inner-to-outer")
    draft.swap("channels", found, level=Level.SECRET)


def channel_dropped(draft: Draft) -> None:
    draft.facts_with(channels=draft.facts.channels[1:])


def unit_missing(draft: Draft) -> None:
    draft.swap("gatekeepers", draft.facts.gatekeepers[0], inner_unit=None)


def vertical(of: str, **changed: object) -> Change:
    def change(draft: Draft) -> None:
        draft.swap("verticals", next(item for item in draft.facts.verticals if item.state == of), **changed)

    return change


def vertical_in_the_other_realm(draft: Draft) -> None:
    found = next(item for item in draft.facts.verticals if item.state == "merged")
    other = Realm.INNER if found.realm == Realm.OUTER else Realm.OUTER
    draft.swap("verticals", found, realm=other)


def inner_in_a_township(draft: Draft) -> None:
    draft.swap(
        "devices", next(item for item in draft.facts.devices if item.realm == Realm.INNER and item.tier == Tier.COUNTY), tier=Tier.TOWNSHIP
    )


def agency_in_the_inner_county(draft: Draft) -> None:
    found = next(item for item in draft.facts.parties if item.kind == PartyKind.TERMINALS)
    draft.facts_with(parties=tuple(replace(item, kind=PartyKind.AGENCY) if item is found else item for item in draft.facts.parties))


def county_to_county(draft: Draft) -> None:
    routers = [item for item in draft.facts.devices if item.role == Role.COUNTY_ROUTER and item.realm == Realm.OUTER]
    one, other = routers[0], next(item for item in routers if item.site != routers[0].site)
    draft.add("circuits", replace(circuit(draft), id="new:cross", reference="NEW-2", position=None, a=free_port(one), b=free_port(other)))


def system_gone(draft: Draft) -> None:
    draft.as_of = date(2029, 6, 1)  # the last phase is over
    for item in [found for found in draft.facts.parties if found.system == System.COURT]:
        draft.swap("parties", item, system=None)


def organ_without_inner_lan(draft: Draft) -> None:
    organ = next(item for item in draft.facts.parties if item.realm == Realm.INNER and item.kind == PartyKind.AGENCY)
    draft.facts_with(parties=tuple(item for item in draft.facts.parties if item is not organ))


def exit_without_approval(draft: Draft) -> None:
    draft.swap("exits", draft.facts.exits[0], approval="nobody-approved-this")


def exception_of_another(draft: Draft) -> None:
    found = next(item for item in draft.facts.exceptions if item.rule == "VPN-MERGED")
    draft.swap("exceptions", found, subject="somebody-else")


def prefix_moved(draft: Draft) -> None:
    """The facts say another port than the config serves."""
    one, other = [item for item in draft.facts.parties if item.kind == PartyKind.AGENCY and item.realm == Realm.OUTER and item.attachments][
        :2
    ]
    draft.swap("parties", one, prefixes=other.prefixes)


Row = tuple[str, str, tuple[str, ...], Callable[[Draft], None], tuple[str, ...]]
_ROWS: tuple[Row, ...] = (
    ("cable-between-realms", "a cable from the inner core to the outer aggregation", ("PHY-APART",),
     cable_between_realms, ("core", "agg")),
    ("way-around-the-firewall", "a cable from a border router past the firewalls", ("EGR-CUT",),
     back_door_to_the_inside, ("br", "agg")),
    ("chassis-shared", "an inner switch built into an outer one", ("PHY-CHASSIS",),
     shared_chassis, ("acc",)),
    ("fibre-shared", "an inner circuit on an outer one's wavelength", ("PHY-CIRCUIT",),
     shared_position, ("inner", "outer")),
    ("console-shared", "an outer device on the inner console server", ("PHY-CONSOLE",),
     console_shared, ("cs",)),
    ("bypass-on-the-egress", "firewalls with a card that passes packets without power", ("EGR-CUT",),
     open_when_dark(Role.EGRESS_FIREWALL), ("fw",)),
    ("bypass-in-the-gatekeeper", "host units that pass packets without power", ("PHY-APART",),
     open_when_dark(Role.HOST_UNIT), ("gk",)),
    ("carrier-at-a-county", "a second Internet circuit at a county", ("EGR-COUNTY",),
     carrier_at(Role.COUNTY_ROUTER, Realm.OUTER), ("r1", "isp")),
    ("carrier-at-a-township", "an Internet circuit at a township", ("EGR-COUNTY",),
     carrier_at(Role.TOWNSHIP_ROUTER, Realm.OUTER), ("r1", "isp")),
    ("carrier-at-the-inner-core", "an Internet circuit at the inner core", ("EGR-INNER",),
     carrier_at(Role.CORE, Realm.INNER), ("core", "isp")),
    ("approvals-expired", "the proof years later", ("GAP-OWNER", "EGR-EXIT", "VPN-MERGED"),
     later, ("expired",)),
    ("channel-owner", "a channel gets another owner", ("GAP-CHANNEL",),
     channel(owner="somebody"), ("owner",)),
    ("channel-direction", "a channel turns round", ("GAP-CHANNEL",),
     channel(direction="inner-to-outer"), ("direction",)),
    ("channel-approval", "a channel without a valid approval", ("GAP-OWNER",),
     channel(approval="nobody"), ("approval",)),
    ("secret-outwards", "secret content moves outwards", ("GAP-LEVEL",),
     secret_outwards, ("secret",)),
    ("channel-undeclared", "a task that no channel declares", ("GAP-CHANNEL",),
     channel_dropped, ("gk",)),
    ("unit-missing", "a gatekeeper without inner unit", ("GAP-UNIT",),
     unit_missing, ("gk",)),
    ("vertical-pending", "a merged vertical network is pending again", ("VPN-MERGED",),
     vertical("merged", state="pending"), ("pending",)),
    ("vertical-unapproved", "a retained one without approval", ("VPN-MERGED",),
     vertical("retained", approval=None), ("approval",)),
    ("vertical-new", "one that was built after the plan", ("VPN-NEW",),
     vertical("merged", since=2009), ("2009",)),
    ("vertical-realm", "one whose members are in the other network", ("VPN-REALM",),
     vertical_in_the_other_realm, ("outer", "inner")),
    ("inner-in-a-township", "an inner device in a township", ("TIER-TOWNSHIP",),
     inner_in_a_township, ("inner", "gy-i")),
    ("inner-agency-in-a-county", "an inner LAN instead of terminals in a county", ("TIER-COUNTY",),
     agency_in_the_inner_county, ("inner",)),
    ("county-to-county", "a circuit between two counties", ("TIER-ADJACENT",),
     county_to_county, ("new:cross",)),
    ("system-missing", "no court is connected", ("TIER-SYSTEMS",),
     system_gone, ("court",)),
    ("organ-one-lan", "an organ without its inner LAN", ("PHY-LAN",),
     organ_without_inner_lan, ("outer", "inner")),
    ("exit-unapproved", "a retained exit without approval", ("EGR-EXIT",),
     exit_without_approval, ("approv",)),
    ("exception-of-another", "an exception that names somebody else", ("VPN-MERGED",),
     exception_of_another, ("pending",)),
    ("prefix-elsewhere", "a party's addresses at another port", ("COV-PREFIX",),
     prefix_moved, ("outer:",)),
)  # fmt: skip

OPERATORS = tuple(Operator(id_, what, rules, DECREED, change, names=names) for id_, what, rules, change, names in _ROWS)
