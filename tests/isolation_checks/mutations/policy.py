"""Changes to what people declared while the configs stay as they are: what nobody declares any more, the configs still let through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

from tests.isolation_checks.mutations.decreed import cable, circuit, device, free_port
from tests.isolation_checks.mutations.harness import Draft, Operator
from topology.facts import Attachment, Medium, Party, PartyKind, PortRange, Realm, Role, Use

SMALL = {"facts": "vrp"}


def without(draft: Draft, kind: str, number: int) -> None:
    listed = getattr(draft.facts, kind)
    draft.facts_with(**{kind: (*listed[:number], *listed[number + 1 :])})


def flow(draft: Draft, service: str, realm: Realm = Realm.OUTER) -> int:
    return next(at for at, item in enumerate(draft.facts.flows) if item.service == service and item.realm == realm)


def agency(draft: Draft, tier: str = "county") -> Party:
    return next(
        item for item in draft.facts.parties if item.kind == PartyKind.AGENCY and item.realm == Realm.OUTER and item.tier.value == tier
    )


def flow_withdrawn(service: str) -> Callable[[Draft], None]:
    def change(draft: Draft) -> None:
        draft.facts_with(flows=tuple(item for item in draft.facts.flows if item.service != service))

    return change


def flow_narrowed(draft: Draft) -> None:
    found = draft.facts.flows[flow(draft, "portal")]
    draft.swap("flows", found, ports=(PortRange(80, 80),))


def flow_to_one(draft: Draft) -> None:
    """Of two servers, one may be asked."""
    found = next(item for item in draft.facts.flows if item.service == "dns" and item.realm == Realm.OUTER and len(item.destinations) > 1)
    for item in [other for other in draft.facts.flows if other.service == "dns" and other.destinations == found.destinations]:
        draft.swap("flows", item, destinations=item.destinations[:1])


def flow_of_others(draft: Draft) -> None:
    """One agency of several may no longer ask."""
    out = agency(draft).id
    for item in [other for other in draft.facts.flows if out in other.sources and other.service == "exchange"]:
        draft.swap("flows", item, sources=tuple(source for source in item.sources if source != out))


def no_internet(draft: Draft) -> None:
    """An agency may not use the Internet any more."""
    found = agency(draft)
    for item in [other for other in draft.facts.flows if found.id in other.sources and other.to == "internet"]:
        draft.swap("flows", item, sources=tuple(source for source in item.sources if source != found.id))
    draft.swap("parties", found, internet=False)


def unpublished(draft: Draft) -> None:
    names = {item.flow for item in draft.facts.publications}
    draft.facts_with(publications=(), flows=tuple(item for item in draft.facts.flows if item.id not in names))


def published_elsewhere(draft: Draft) -> None:
    names = {item.flow for item in draft.facts.publications}
    for item in draft.facts.publications:
        draft.swap("publications", item, inside=item.inside + 7)
    for flow in [item for item in draft.facts.flows if item.id in names]:
        draft.swap("flows", flow, destinations=tuple(address + 7 for address in flow.destinations))


def accepted_less(draft: Draft) -> None:
    """The carrier's block is another: what is translated no longer bears its addresses."""
    for peer in [item for item in draft.facts.peers if item.kind == "isp"]:
        draft.swap("peers", peer, announces=(IPv4Network("203.0.113.0/28"),))


def prefix_narrowed(draft: Draft) -> None:
    found = agency(draft)
    draft.swap("parties", found, prefixes=tuple(next(net.subnets()) for net in found.prefixes))


def prefix_other(draft: Draft) -> None:
    draft.swap("parties", agency(draft), prefixes=(IPv4Network("10.213.0.0/24"),))


def cable_unrecorded(draft: Draft) -> None:
    found = next(at for at, item in enumerate(draft.facts.cables) if item.use == Use.TRUNK and item.realm == Realm.OUTER)
    without(draft, "cables", found)


def circuit_unrecorded(draft: Draft) -> None:
    without(draft, "circuits", next(at for at, item in enumerate(draft.facts.circuits) if item.realm == Realm.OUTER and item.peer is None))


def party_unrecorded(draft: Draft) -> None:
    found = agency(draft)
    draft.facts_with(
        parties=tuple(item for item in draft.facts.parties if item is not found),
        flows=tuple(item for item in draft.facts.flows if item.to != found.id),
    )


def device_unrecorded(draft: Draft) -> None:
    found = device(draft, Role.DISTRIBUTION)
    draft.facts_with(devices=tuple(item for item in draft.facts.devices if item is not found))


def modem(draft: Draft) -> None:
    like = next(item for item in draft.facts.circuits if item.peer and item.peer.startswith("isp"))
    router = device(draft, Role.COUNTY_ROUTER)
    draft.add("circuits", replace(like, id="new:modem", reference="NEW-3", position=None, a=free_port(router, "console")))


def management_shared(draft: Draft) -> None:
    cable(draft, free_port(device(draft, Role.NOC, Realm.INNER)), free_port(device(draft, Role.NOC)), Use.MANAGEMENT)


def border_managed(draft: Draft) -> None:
    """A cable past the firewalls, from a border router into the management centre."""
    cable(draft, free_port(device(draft, Role.BORDER_ROUTER)), free_port(device(draft, Role.NOC)), Use.MANAGEMENT)


def socket_twice(draft: Draft) -> None:
    """One socket of an outer switch for an inner cable too."""
    inner = next(item for item in draft.facts.cables if item.realm == Realm.INNER and item.use == Use.TRUNK)
    outer = next(item for item in draft.facts.cables if item.realm == Realm.OUTER and item.use == Use.TRUNK)
    draft.add("cables", replace(inner, id="new:cable", a=outer.a, b=free_port(device(draft, Role.CORE, Realm.INNER))))


def exit_inside(draft: Draft) -> None:
    """The firewall of a retained exit is plugged into the inner network."""
    cable(draft, free_port(device(draft, Role.EXIT_FIREWALL)), free_port(device(draft, Role.ACCESS, Realm.INNER)))


def exit_of_another(draft: Draft) -> None:
    draft.swap("exits", draft.facts.exits[0], party=agency(draft, "municipal").id)


def exit_gone(draft: Draft) -> None:
    draft.facts_with(exits=())


def vertical_back_door(draft: Draft) -> None:
    """A line to the Internet behind a member of a vertical network."""
    like = next(item for item in draft.facts.circuits if item.peer and item.peer.startswith("isp"))
    member = next(
        item for item in draft.facts.parties if item.kind == PartyKind.MEMBER and item.attachments and item.tier.value == "county"
    )
    switch = next(item for item in draft.facts.devices if item.name == member.attachments[0].device)
    draft.add("circuits", replace(like, id="new:back-door", realm=Realm.OUTER, reference="NEW-4", position=None, a=free_port(switch)))


def shared_fibre(draft: Draft) -> None:
    """A county's inner circuit is led in the outer one's position of another medium that policy does not allow to share."""
    outer, inner = circuit(draft), circuit(draft, Realm.INNER)
    draft.facts_with(policy=replace(draft.facts.policy, shared_transport=()))
    draft.swap("circuits", inner, carrier=outer.carrier, risk=outer.risk, medium=Medium.FIBRE, position=None)


def carrier_port(draft: Draft) -> None:
    """An inner and an outer circuit are handed over on one port."""
    outer, inner = circuit(draft), circuit(draft, Realm.INNER)
    draft.swap("circuits", inner, a=Attachment(outer.a.device, outer.a.port, vlan=4001))


def channel_to_another(draft: Draft) -> None:
    draft.swap("channels", draft.facts.channels[0], outer=IPv4Address("172.18.1.77"), inner=IPv4Address("172.18.1.77"))


def channel_wider(draft: Draft) -> None:
    draft.swap("channels", draft.facts.channels[0], max_mb=1, allow=("table.two",))


def twin_units(draft: Draft) -> None:
    """Both units of a gatekeeper are said to be of the other side."""
    found = draft.facts.gatekeepers[0]
    draft.swap("gatekeepers", found, outer_unit=found.inner_unit, inner_unit=found.outer_unit)


Row = tuple[str, str, tuple[str, ...], Callable[[Draft], None], tuple[str, ...]]
_ROWS: tuple[Row, ...] = (
    ("flow-withdrawn", "a service is withdrawn that filters still permit", ("SVC-EXCESS",), flow_withdrawn("exchange"), ("exchange",)),
    ("flow-ports", "a flow is declared for one port of two", ("SVC-EXCESS",), flow_narrowed, (":443",)),
    ("flow-server", "a flow is declared for one server of two", ("SVC-EXCESS",), flow_to_one, (":53",)),
    ("flow-source", "a flow is declared for one agency less", ("SVC-EXCESS",), flow_of_others, ("exchange",)),
    ("internet-withdrawn", "an agency may not use the Internet any more", ("EGR-OUTBOUND",), no_internet, ("county", "c1")),
    ("publication-withdrawn", "nothing is published any more", ("EGR-INBOUND",), unpublished, ("dmz",)),
    ("publication-server", "another server is published", ("EGR-INBOUND",), published_elsewhere, ("dmz",)),
    ("block-other", "a carrier assigned another block", ("EGR-OUTBOUND",), accepted_less, ("isp",)),
    ("prefix-narrowed", "a party has half of its addresses", ("COV-PREFIX",), prefix_narrowed, ("c1",)),
    ("prefix-other", "a party has other addresses", ("COV-PREFIX",), prefix_other, ("c1",)),
    ("cable-unrecorded", "a cable that nobody recorded", ("PHY-PORT",), cable_unrecorded, ("port",)),
    ("circuit-unrecorded", "a circuit that nobody recorded", ("PHY-PORT",), circuit_unrecorded, ("port",)),
    ("party-unrecorded", "a party that nobody recorded", ("PHY-PORT",), party_unrecorded, ("port",)),
    ("device-unrecorded", "a device that nobody recorded", ("COV-DEVICE",), device_unrecorded, ("sw1",)),
    ("modem", "a line of a carrier at a console", ("PHY-CONSOLE",), modem, ("new:modem",)),
    ("management-shared", "a cable between two management centres", ("PHY-MANAGEMENT", "PHY-APART"), management_shared, ("noc1",)),
    ("border-managed", "a cable from the border into the management centre", ("PHY-MANAGEMENT", "EGR-CUT"), border_managed, ("br1",)),
    ("socket-twice", "one socket for cables of two networks", ("PHY-CABLE",), socket_twice, ("new:cable",)),
    ("exit-inside", "a retained exit's firewall plugged into the inner network", ("PHY-EXIT", "PHY-CABLE"), exit_inside, ("xfw1",)),
    ("exit-of-another", "a retained exit that belongs to another unit", ("EGR-TRANSIT",), exit_of_another, ("harbour",)),
    ("exit-unrecorded", "an exit that nobody retained", ("EGR-CUT",), exit_gone, ("xfw1",)),
    ("back-door", "a carrier's line behind a member of a vertical network", ("EGR-COUNTY", "EGR-CUT"), vertical_back_door, ("isp",)),
    ("transport-shared", "an inner circuit in a fibre that policy does not let it share", ("PHY-CIRCUIT",), shared_fibre, ("inner",)),
    ("carrier-port", "an inner and an outer circuit on one port", ("PHY-CIRCUIT", "PHY-APART"), carrier_port, ("inner",)),
    ("channel-server", "a channel for another server", ("GAP-CHANNEL",), channel_to_another, ("server",)),
    ("channel-content", "a channel for less than the task lets through", ("GAP-CHANNEL",), channel_wider, ("what may pass",)),
    ("units-changed", "the two units of a gatekeeper change sides", ("GAP-CHANNEL", "GAP-UNIT"), twin_units, ("gk1",)),
)  # fmt: skip

OPERATORS = tuple(Operator(id_, what, rules, SMALL, change, names=names) for id_, what, rules, change, names in _ROWS)
