"""The routing engine on small networks made by hand."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Network

from isolation_checks.case import Case
from isolation_checks.routing.announcements import accepted
from isolation_checks.routing.engine import Engine
from isolation_checks.routing.model import Outage, Protocol, Routing
from isolation_checks.snapshot import Action, Ref, VirtualAddress
from tests.isolation_checks.networks import ip
from tests.isolation_checks.routing.networks_builder import City, Draft
from topology.facts import Attachment


def engine(case: Case) -> Engine:
    return Engine(case.facts, {item.name: item for item in case.snapshot.devices})


def ways(found: Routing, device: str, to: str, vrf: str = "") -> tuple[str, list[str]] | None:
    """Protocol and interfaces of the route to an address."""
    route = found.tables[device, vrf].lookup(ip(to))
    return None if route is None else (route.protocol.value, [hop.interface for hop in route.hops])


def cable(city: City, a: Attachment, b: Attachment) -> str:
    """The cable's id."""
    city.net.link(a, b)
    return city.net.cables[-1].id


def link(city: City, one: Draft, other: Draft, net: str, *, cost: int = 1, area: int = 0, **more: object) -> str:
    """A point-to-point OSPF link; the cable's id."""
    a = city.port(one, f"{net}.1/30", area=area, cost=cost, p2p=True, **more)  # type: ignore[arg-type]
    b = city.port(other, f"{net}.2/30", area=area, cost=cost, p2p=True)
    return cable(city, a, b)


def square() -> tuple[City, dict[str, str]]:
    """r1 - r2 - r4 and r1 - r3 - r4, with a network behind r4."""
    city = City()
    r1, r2, r3, r4 = (city.router(platform) for platform in ("huawei_vrp", "h3c_comware", "cisco_ios", "frr"))
    ids = {
        "12": link(city, r1, r2, "10.0.1"), "13": link(city, r1, r3, "10.0.2"),
        "24": link(city, r2, r4, "10.0.3"), "34": link(city, r3, r4, "10.0.4"),
    }  # fmt: skip
    city.loopback(r4, "10.9.9.9", area=0)
    return city, ids


def test_equal_ways_are_used_together_and_a_cut_leaves_the_other() -> None:
    city, ids = square()
    found = engine(city.case())
    assert ways(found.base, "r1", "10.9.9.9") == ("ospf", ["p1", "p2"])
    cut = found.under(Outage(cables=frozenset({ids["24"]})))
    assert ways(cut, "r1", "10.9.9.9") == ("ospf", ["p2"])
    assert ways(cut, "r1", "10.0.3.1") is None  # a cable that is cut takes its network with it
    silent = found.under(Outage(cables=frozenset({ids["24"]}), silent=True))
    assert ways(silent, "r2", "10.0.3.2") == ("connected", ["p2"])  # the port stays up
    assert ways(silent, "r2", "10.9.9.9") == ("ospf", ["p1"])


def test_tables_that_an_outage_does_not_change_are_the_same_objects() -> None:
    city, ids = square()
    far = city.router("frr")
    city.port(far, "172.16.0.1/24")
    found = engine(city.case())
    cut = found.under(Outage(cables=frozenset({ids["12"]})))
    assert cut.tables["r5", ""] is found.base.tables["r5", ""]
    assert cut.tables["r1", ""] is not found.base.tables["r1", ""]
    assert found.under(Outage()) is found.base


def test_a_dead_device_has_no_tables_and_its_neighbours_lose_the_link() -> None:
    city, _ = square()
    dead = engine(city.case()).under(Outage(devices=frozenset({"r2"})))
    assert ("r2", "") not in dead.tables
    assert ways(dead, "r1", "10.9.9.9") == ("ospf", ["p2"])
    assert ways(dead, "r1", "10.0.1.1") is None


def test_what_keeps_neighbours_apart_is_told() -> None:
    city = City()
    one, other = city.router("cisco_ios"), city.router("frr")
    link(city, one, other, "10.0.1", hello=5)
    found = engine(city.case()).base
    assert [item.reason.render("en") for item in found.unformed] == [
        "the timers differ: hello 5 s, dead 20 s against hello 10 s, dead 40 s"
    ]
    assert {len(item.refs) for item in found.unformed} == {2}


def test_a_border_router_sums_up_and_gives_a_stub_area_a_default() -> None:
    city = City()
    core, border, branch = city.router("huawei_vrp"), city.router("huawei_vrp"), city.router("h3c_comware")
    link(city, core, border, "10.0.1")
    uplink = link(city, border, branch, "10.1.1", area=1)
    city.loopback(branch, "10.1.2.3", area=1)
    city.area(border, 1, "totally-stub", [("10.1.0.0/16", True)], cost=7)
    city.area(branch, 1, "stub")
    found = engine(city.case())
    summary = found.base.tables["r1", ""].lookup(ip("10.1.2.3"))
    assert summary is not None
    assert (summary.length, summary.protocol) == (16, Protocol.OSPF_INTER)
    assert ways(found.base, "r3", "8.8.8.8") == ("ospf inter-area", ["p1"])
    assert ways(found.under(Outage(cables=frozenset({uplink}))), "r1", "10.1.2.3") is None


def test_without_a_neighbour_in_the_backbone_huawei_gives_no_default_and_cisco_does() -> None:
    for platform, expected in (("huawei_vrp", None), ("cisco_ios", ("ospf inter-area", ["p1"]))):
        city = City()
        core, border, branch = city.router(platform), city.router(platform), city.router(platform)
        uplink = link(city, core, border, "10.0.1")
        link(city, border, branch, "10.1.1", area=1)
        city.loopback(border, "10.0.9.9", area=0)
        city.area(border, 1, "stub")
        city.area(branch, 1, "stub")
        cut = engine(city.case()).under(Outage(cables=frozenset({uplink})))
        assert ways(cut, "r3", "8.8.8.8") == expected


def test_a_floating_route_takes_over_when_the_port_goes_down_but_not_in_silence() -> None:
    city = City()
    site, one, other = (city.router("huawei_vrp") for _ in range(3))
    first = cable(city, city.port(site, "10.0.1.1/30"), city.port(one, "10.0.1.2/30"))
    cable(city, city.port(site, "10.0.2.1/30"), city.port(other, "10.0.2.2/30"))
    city.static(site, "0.0.0.0/0", "10.0.1.2")
    city.static(site, "0.0.0.0/0", "10.0.2.2", 70)
    found = engine(city.case())
    assert ways(found.base, "r1", "8.8.8.8") == ("static", ["p1"])
    assert ways(found.under(Outage(cables=frozenset({first}))), "r1", "8.8.8.8") == ("static", ["p2"])
    assert ways(found.under(Outage(cables=frozenset({first}), silent=True)), "r1", "8.8.8.8") == ("static", ["p1"])


def test_a_tracked_route_notices_silence() -> None:
    city = City()
    site, one, other = (city.router("huawei_vrp") for _ in range(3))
    first = cable(city, city.port(site, "10.0.1.1/30"), city.port(one, "10.0.1.2/30"))
    cable(city, city.port(site, "10.0.2.1/30"), city.port(other, "10.0.2.2/30"))
    city.static(site, "0.0.0.0/0", "10.0.1.2", conditional=True)
    city.static(site, "0.0.0.0/0", "10.0.2.2", 70)
    found = engine(city.case())
    assert ways(found.base, "r1", "8.8.8.8") == ("static", ["p1"])
    assert ways(found.under(Outage(cables=frozenset({first}), silent=True)), "r1", "8.8.8.8") == ("static", ["p2"])


def test_a_route_does_not_hold_itself_up() -> None:
    city = City()
    lone = city.router("cisco_ios")
    city.port(lone, "10.0.1.1/30")
    city.static(lone, "172.16.0.0/16", "172.16.1.1")
    assert ways(engine(city.case()).base, "r1", "172.16.1.1") is None


def test_the_virtual_address_follows_priority_and_life() -> None:
    city = City()
    city.switch("sw")
    drafts = [city.router("huawei_vrp") for _ in range(2)]
    cables = []
    for draft, priority, address in zip(drafts, (120, 100), ("10.0.1.2/24", "10.0.1.3/24"), strict=True):
        at = city.port(draft, address, virtual=(VirtualAddress(ip("10.0.1.1"), 1, priority, "", Ref("x", 1)),))
        cables.append(cable(city, at, city.switch_port("sw", 10)))
    found = engine(city.case())

    def masters(routing: Routing) -> set[str]:
        return {end.device for (_, address), ends in routing.owners.items() if address == ip("10.0.1.1") for end in ends}

    assert masters(found.base) == {"r1"}
    assert masters(found.under(Outage(cables=frozenset({cables[0]})))) == {"r2"}
    assert masters(found.under(Outage(cables=frozenset({cables[0]}), silent=True))) == {"r1", "r2"}  # neither hears the other


def border(*allowed: str) -> City:
    city = City()
    edge = city.router("huawei_vrp")
    edge.asn = "65001"
    city.peer(edge, "192.0.2.2/30", "carrier", 65010, ["0.0.0.0/0"])
    city.prefixes(edge, "IN", *((Action.PERMIT, text, IPv4Network(text).prefixlen, 24) for text in allowed))
    city.neighbor(edge, "192.0.2.1", "65010", into="IN")
    return city


def test_a_peer_announces_what_was_agreed_and_policy_decides() -> None:
    base = engine(border("0.0.0.0/0").case()).base
    assert ways(base, "r1", "8.8.8.8") == ("ebgp", ["p1"])
    assert ways(engine(border("100.64.0.0/10").case()).base, "r1", "8.8.8.8") is None


def test_hostile_announcements_are_answered_one_by_one() -> None:
    found = engine(border("100.64.0.0/10").case())
    (peer,) = border().case().facts.peers
    hostile = [IPv4Network(text) for text in ("0.0.0.0/0", "10.0.0.0/8", "100.65.0.0/16", "100.65.1.0/25")]
    taken = accepted(found, peer, hostile)
    assert [str(item.prefix) for item in taken] == ["100.65.0.0/16"]
    assert all(item.device == "r1" and item.refs for item in taken)
    assert not accepted(found, peer, hostile, ("65001",))  # a path with the own AS is a loop


def test_two_networks_with_the_same_addresses_do_not_meet() -> None:
    city = City()
    drafts = [city.router("huawei_vrp") for _ in range(4)]
    for one, other in (drafts[:2], drafts[2:]):
        for draft in (one, other):
            draft.asn = "65001"
        cable(city, city.port(one, "10.0.1.1/30"), city.port(other, "10.0.1.2/30"))
        city.neighbor(one, "10.0.1.2", "65001")
        city.neighbor(other, "10.0.1.1", "65001")
    city.static(drafts[1], "172.16.0.0/16")
    drafts[1].announced.append((ip("172.16.0.0"), 16, None, Ref("x", 1)))
    base = engine(city.case()).base
    assert ways(base, "r1", "172.16.0.1") == ("ibgp", ["p1"])
    assert ways(base, "r3", "172.16.0.1") is None


def test_a_shut_interface_has_no_route() -> None:
    city, _ = square()
    case = city.case()
    found = {item.name: item for item in case.snapshot.devices}
    ports = found["r1"].interfaces
    found["r1"] = replace(found["r1"], interfaces=(replace(ports[0], shutdown=Ref("x", 1)), *ports[1:]))
    assert ways(Engine(case.facts, found).base, "r1", "10.9.9.9") == ("ospf", ["p2"])


def test_a_next_hop_that_only_a_discard_route_covers_is_discarded_with_it() -> None:
    """What remotely triggered black holes live by: the route stays, and hides a worse one."""
    city = City()
    edge, other = city.router("frr"), city.router("frr")
    cut = cable(city, city.port(edge, "10.64.0.1/30"), city.port(other, "10.64.0.2/30"))
    city.static(edge, "10.64.0.0/11", preference=254)
    city.static(edge, "192.168.0.0/16", "10.64.0.2")
    found = engine(city.case())
    assert ways(found.base, "r1", "192.168.1.1") == ("static", ["p1"])
    assert ways(found.under(Outage(cables=frozenset({cut}))), "r1", "192.168.1.1") == ("static", [])


def test_a_session_goes_by_the_routes_that_bgp_itself_brings() -> None:
    """A default route of an external network leads packets to an internal neighbour astray: the session does not come up."""
    city = City()
    one, two = (city.router("cisco_ios") for _ in range(2))
    city.net.link(city.port(one, "10.0.1.1/30"), city.port(two, "10.0.1.2/30"))
    for draft, own in ((one, "10.9.9.1"), (two, "10.9.9.2")):
        city.loopback(draft, own)
    city.static(one, "10.9.9.2/32", "10.0.1.2")
    city.static(two, "0.0.0.0/0", "10.0.1.1", 60)
    for draft, other in ((one, "10.9.9.2"), (two, "10.9.9.1")):
        draft.asn = "64601"
        source = next(item.name for item in city.net.configs[draft.name].interfaces if item.addresses[0].length == 32)
        city.neighbor(draft, other, "64601", source=source, next_hop_self=True)
    city.static(one, "10.50.0.0/24")
    one.announced.append((ip("10.50.0.0"), 24, None, one.ref()))
    assert ways(engine(city.case()).base, "r2", "10.50.0.1") == ("ibgp", ["p1"])
    city.peer(two, "10.99.2.1/30", "peer2", 64700, ["0.0.0.0/0"])
    city.neighbor(two, "10.99.2.2", "64700")
    assert ways(engine(city.case()).base, "r2", "10.50.0.1") == ("ebgp", ["p3"])


def test_two_that_would_each_believe_the_other_are_a_doubt() -> None:
    """Both have a spare route that OSPF's external one beats: whoever was first keeps telling."""
    city = City()
    one, two, hears = (city.router("frr") for _ in range(3))
    link(city, one, hears, "10.0.1")
    link(city, two, hears, "10.0.2")
    city.static(one, "192.168.0.0/16", preference=200)
    city.redistribute(one, "static", None, None)
    assert not engine(city.case()).base.doubts
    city.static(two, "192.168.0.0/16", preference=200)
    city.redistribute(two, "static", None, None)
    assert engine(city.case()).base.doubts


def test_an_external_route_whose_gateway_is_the_router_itself_is_no_route() -> None:
    city = City()
    one, two = (city.router("frr") for _ in range(2))
    city.net.link(city.port(one, "10.0.1.1/24", area=0, cost=1), city.port(two, "10.0.1.2/24", area=0, cost=1))
    city.static(two, "192.168.0.0/16", "10.0.1.1")
    city.redistribute(two, "static", None, None)
    assert ways(engine(city.case()).base, "r1", "192.168.1.1") is None
