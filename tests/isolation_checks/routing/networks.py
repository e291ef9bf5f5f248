"""Random small networks, as Hypothesis strategies: areas, redistribution, BGP, VRFs and switches between 2 to 7 routers."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from isolation_checks.case import Case
from isolation_checks.routing.model import Outage
from isolation_checks.snapshot import Action, VirtualAddress
from tests.isolation_checks.networks import ip
from tests.isolation_checks.routing.networks_builder import PLATFORMS, City, Draft, area_id
from topology import facts as f

COSTS = st.sampled_from((1, 1, 2, 5, 10, 10))
PERMIT, DENY = Action.PERMIT, Action.DENY


@dataclass
class Plan:
    """A network while it is drawn. ``home``: the area of each router that is no border router (0 the backbone)."""

    draw: st.DrawFn
    city: City = field(default_factory=City)
    home: dict[str, int] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)
    links: list[tuple[str, str, str, str]] = field(default_factory=list)  # device, address, device, address
    subnets: dict[int, int] = field(default_factory=dict)

    def subnet(self, area: int, bits: int) -> tuple[str, str, str]:
        """The first three addresses of a fresh subnet of an area's block 10.<area>.0.0/16."""
        number = self.subnets[area] = self.subnets.get(area, 0) + 1
        base = f"10.{area}.{number}"
        return f"{base}.1/{bits}", f"{base}.2/{bits}", f"{base}.3/{bits}"

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(1, 100)) <= percent


@st.composite
def networks(draw: st.DrawFn, *, routers: int = 6, bgp: bool = True, vrf: bool = True, nssa: bool = True) -> Case:
    """Any network of up to ``routers`` routers."""
    plan = Plan(draw)
    _routers(plan, draw(st.integers(2, routers)), nssa)
    _links(plan)
    for name in plan.home:
        _leaves(plan, plan.city.drafts[name])
    _areas(plan)
    _statics(plan)
    _imports(plan)
    if bgp and plan.chance(50):
        _bgp(plan)
    if vrf and plan.chance(30):
        _vrf(plan)
    return plan.city.case()


@st.composite
def outages(draw: st.DrawFn, case: Case) -> Outage:
    """One or two things down."""
    choices = [("cable", item.id) for item in case.facts.cables]
    choices += [("circuit", item.id) for item in case.facts.circuits]
    choices += [("device", item.name) for item in case.facts.devices]
    chosen = draw(st.lists(st.sampled_from(choices), min_size=1, max_size=2, unique=True))
    of = {kind: frozenset(name for what, name in chosen if what == kind) for kind in ("cable", "circuit", "device")}
    return Outage(of["device"], of["cable"], of["circuit"], draw(st.integers(1, 4)) == 1)


def _routers(plan: Plan, number: int, nssa: bool) -> None:
    """Some in the backbone, the others each in an area of their own kind."""
    kinds = ("normal", "stub", "totally-stub", "nssa", "totally-nssa")
    areas = plan.draw(st.integers(0, 2))
    for area in range(1, areas + 1):
        plan.kinds[area] = plan.draw(st.sampled_from(kinds if nssa else kinds[:3]))
    for position in range(number):
        draft = plan.city.router(plan.draw(st.sampled_from(PLATFORMS)), plan.draw(st.booleans()))
        if draft.platform == "frr":
            draft.by_network = False
        plan.home[draft.name] = plan.draw(st.integers(0, areas)) if position else 0


def _links(plan: Plan) -> None:
    """A tree, and some links more."""
    names = list(plan.home)
    pairs = [(names[plan.draw(st.integers(0, at - 1))], names[at]) for at in range(1, len(names))]
    pairs += [
        (a, b)
        for a, b in plan.draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=3))
        if a != b
    ]  # fmt: skip
    for a, b in pairs:
        _link(plan, a, b)
    if len(names) > 2 and plan.chance(40):
        _shared(plan, names)


def _area_between(plan: Plan, a: str, b: str) -> int | None:
    one, other = plan.home[a], plan.home[b]
    if one == other or not one or not other:
        return one or other
    return None


def _link(plan: Plan, a: str, b: str) -> None:
    """A cable or a circuit between two routers, in an area where they share one, with an error now and then."""
    city, draw = plan.city, plan.draw
    area = _area_between(plan, a, b)
    one, other, _ = plan.subnet(area if area is not None else 90, 30)
    p2p = plan.chance(60)
    wrong = plan.chance(6)
    ends = []
    for name, address in ((a, one), (b, other)):
        hello = 7 if wrong and name == b else None
        if area is None:
            ends.append(city.port(city.drafts[name], address))
        else:
            ends.append(city.port(city.drafts[name], address, area=area, cost=draw(COSTS), p2p=p2p, hello=hello))
    if plan.chance(30):
        city.net.circuit(*ends)
    else:
        city.net.link(ends[0], ends[1])
    plan.links.append((a, one.partition("/")[0], b, other.partition("/")[0]))


def _shared(plan: Plan, names: list[str]) -> None:
    """A switch with up to three routers in a VLAN: on an access port, or by subinterface on a trunk, or through an SVI."""
    city, draw = plan.city, plan.draw
    chosen = draw(st.lists(st.sampled_from(names), min_size=2, max_size=3, unique=True))
    areas = {plan.home[name] for name in chosen}
    if len(areas) > 1:
        chosen = [name for name in chosen if plan.home[name] == plan.home[chosen[0]]]
    city.switch("sw")
    addresses = plan.subnet(plan.home[chosen[0]], 29)
    for name, address in zip(chosen, addresses, strict=False):
        draft = city.drafts[name]
        how = draw(st.sampled_from(("port", "subinterface", "svi")))
        ospf: dict[str, Any] = {"area": plan.home[name], "cost": draw(COSTS), "priority": draw(st.sampled_from((None, 5)))}
        if how == "port":
            city.net.link(city.port(draft, address, **ospf), city.switch_port("sw", 20))
        elif how == "subinterface":
            parent = city.bare_port(draft)
            city.port(draft, address, parent=parent, vlans=((20, 20),), **ospf)
            city.net.link(f.Attachment(name, parent), city.switch_port("sw", 1, (20, 30)))
        else:
            ports = city.vlan_interface(draft, 33, address, 1, **ospf)
            city.net.link(ports[0], city.switch_port("sw", 20))


def _leaves(plan: Plan, draft: Draft) -> None:
    """A loopback, a network of users, a second address, a pair with a virtual one."""
    city, draw = plan.city, plan.draw
    area = plan.home[draft.name]
    city.loopback(draft, f"10.{area}.200.{draft.number}", area=area, cost=1)
    if plan.chance(60):
        own = f"10.{area}.{100 + draft.number}.1/24"
        second = f"10.{area}.{150 + draft.number}.1/24" if plan.chance(15) else ""
        enters = plan.chance(80)
        at = city.port(draft, own, area=area if enters else None, cost=draw(COSTS), passive=plan.chance(70), secondary=second)
        if plan.chance(30):
            city.net.party(f"party-{draft.name}", f"10.{area}.{100 + draft.number}.0/24", at)
    if plan.chance(25) and draft.number > 1:
        _pair(plan, city.drafts[f"r{draft.number - 1}"], draft)


def _pair(plan: Plan, a: Draft, b: Draft) -> None:
    """Two routers with a virtual address on a cable between them."""
    net = f"172.16.{b.number}"
    group = 7
    ends = []
    for number, draft in ((1, a), (2, b)):
        priority = plan.draw(st.sampled_from((None, 100, 120)))
        virtual = (VirtualAddress(ip(f"{net}.254"), group, priority, "", draft.ref()),)
        ends.append(plan.city.port(draft, f"{net}.{number}/24", virtual=virtual))
    plan.city.net.link(ends[0], ends[1])


def _areas(plan: Plan) -> None:
    """Kinds and ranges; the border routers of an area say whether it is a total one, the others may."""
    for draft in plan.city.drafts.values():
        mine = {area for area in range(3) if ("", area_id(area)) in draft.networks}
        for area in mine:
            kind = plan.kinds.get(area, "normal")
            border = len(mine) > 1
            if kind.startswith("totally") and not border and plan.chance(50):
                kind = kind.removeprefix("totally-")
            ranges = []
            if border and plan.chance(40):
                ranges.append((f"10.{area}.0.0/{plan.draw(st.sampled_from((16, 17, 18)))}", plan.chance(80)))
            cost = plan.draw(st.sampled_from((None, None, 10))) if kind != "normal" else None
            plan.city.area(draft, area, kind, ranges, cost)


def _statics(plan: Plan) -> None:
    """Discards, routes to a neighbour, over an interface, by another route, and spare ones."""
    draw, city = plan.draw, plan.city
    prefixes = st.sampled_from(("192.168.1.0/24", "192.168.2.0/24", "192.168.0.0/16", "0.0.0.0/0", "10.1.0.0/16"))
    for _ in range(draw(st.integers(0, 4))):
        a, near, b, far = draw(st.sampled_from(plan.links))
        here, there = (a, far) if plan.chance(50) else (b, near)
        draft = city.drafts[here]
        preference = draw(st.sampled_from((60, 60, 1, 200)))
        kind = draw(st.sampled_from(("near", "near", "far", "discard", "interface", "tracked")))
        prefix = draw(prefixes)
        if kind == "discard":
            city.static(draft, prefix if prefix != "0.0.0.0/0" else "192.168.2.0/24", preference=preference)
        elif kind == "far":
            other = city.drafts[draw(st.sampled_from(list(plan.home)))]
            if other is not draft and prefix.startswith("192"):
                city.static(draft, prefix, f"10.{plan.home[other.name]}.200.{other.number}", preference)
        elif kind == "interface":
            name = next(item.name for item in city.net.configs[here].interfaces if any(_near(own.ip, there) for own in item.addresses))
            city.static(draft, prefix, there, preference, interface=name)
        else:
            city.static(draft, prefix, there, preference, conditional=kind == "tracked")


def _near(address: int, other: str) -> bool:
    return address >> 2 == ip(other) >> 2


def _imports(plan: Plan) -> None:
    """Routes that OSPF brings in, through a policy or not."""
    for draft in plan.city.drafts.values():
        if not plan.chance(35):
            continue
        kinds = plan.draw(st.lists(st.sampled_from(("static", "connected")), min_size=1, max_size=2, unique=True))
        for source in kinds:
            policy = None
            if plan.chance(50):
                policy = f"TO-OSPF-{source}"
                plan.city.prefixes(draft, f"P-{source}", (PERMIT, "192.168.0.0/16", 16, 24), (DENY, "10.0.0.0/8", 8, 32))
                sets = (("metric", "77"),) if plan.chance(30) else ()
                last = (PERMIT, None, (("tag", "9"),)) if plan.chance(40) else (DENY, None, ())
                plan.city.policy(draft, policy, (PERMIT, f"P-{source}", sets), last)
            metric = plan.draw(st.sampled_from((None, 5, 100)))
            plan.city.redistribute(draft, source, metric, plan.draw(st.sampled_from((None, 1, 2))), policy)
        if plan.chance(30):
            draft.default_route = plan.draw(st.sampled_from(("always", "conditional")))


def _bgp(plan: Plan) -> None:
    """One system with internal peers by loopback, perhaps an external network, perhaps another system of ours over a link."""
    city, draw = plan.city, plan.draw
    names = list(plan.home)
    inner = draw(st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True))
    for name in inner:
        city.drafts[name].asn = "64601"
    for name in inner:
        draft = city.drafts[name]
        for other in inner:
            if other != name:
                peer = city.drafts[other]
                address = f"10.{plan.home[other]}.200.{peer.number}"
                source = next(item.name for item in city.net.configs[name].interfaces if item.addresses and item.addresses[0].length == 32)
                city.neighbor(draft, address, "64601", source=source, next_hop_self=True)
        _external(plan, draft)
        if plan.chance(50):
            city.prefixes(draft, "BGP-IN-OSPF", (PERMIT, "100.64.0.0/10", 10, 24))
            city.policy(draft, "BGP-TO-OSPF", (PERMIT, "BGP-IN-OSPF", ()))
            city.redistribute(draft, "bgp", draw(st.sampled_from((None, 100))), draw(st.sampled_from((1, 2))), "BGP-TO-OSPF")
        if plan.chance(40):
            draft.announced.append((ip(f"10.{plan.home[name]}.{100 + draft.number}.0"), 24, None, draft.ref()))
    outer = [(a, x, b, y) for a, x, b, y in plan.links if (a in inner) != (b in inner)]
    if outer and plan.chance(50):
        _other_system(plan, *draw(st.sampled_from(outer)), set(inner))


def _filters(plan: Plan, draft: Draft, name: str) -> tuple[str, str]:
    """What comes in and goes out: a policy, or a prefix list, or nothing where the platform lets that pass."""
    city = plan.city
    city.prefixes(draft, f"{name}-LIST", (DENY, "100.66.0.0/16", 16, 32), (PERMIT, "0.0.0.0/0", 0, 24))
    sets = plan.draw(st.sampled_from(((), (("local-preference", "200"),), (("metric", "50"),))))
    city.policy(draft, f"{name}-IN", (PERMIT, f"{name}-LIST", sets))
    city.policy(draft, f"{name}-OUT", (PERMIT, f"{name}-LIST", ()))
    plain = plan.chance(30)
    return (f"{name}-LIST" if plain else f"{name}-IN"), f"{name}-OUT"


def _external(plan: Plan, draft: Draft) -> None:
    if not plan.chance(60):
        return
    city = plan.city
    net = f"10.99.{draft.number}"
    accepts = plan.draw(
        st.lists(st.sampled_from(("100.64.0.0/16", "100.65.0.0/16", "100.66.0.0/16", "0.0.0.0/0")), min_size=1, unique=True)
    )
    asn = plan.draw(st.sampled_from((64700, 64701)))
    city.peer(draft, f"{net}.1/30", f"peer{draft.number}", asn, accepts)
    into, out = _filters(plan, draft, "EXT")
    city.neighbor(draft, f"{net}.2", str(asn), into, out)


def _other_system(plan: Plan, a: str, x: str, b: str, y: str, inner: set[str]) -> None:
    city = plan.city
    here, mine, there, theirs = (a, x, b, y) if a in inner else (b, y, a, x)
    one, other = city.drafts[here], city.drafts[there]
    other.asn = "64602"
    city.neighbor(one, theirs, "64602", *_filters(plan, one, "SYS"))
    city.neighbor(other, mine, "64601", *_filters(plan, other, "SYS"))
    other.announced.append((ip(f"10.{plan.home[there]}.{100 + other.number}.0"), 24, None, other.ref()))
    if plan.chance(40):
        one.aggregates.append((ip("100.64.0.0"), 10, plan.chance(50), one.ref()))


def _vrf(plan: Plan) -> None:
    """A VRF over two or three routers in a row: subinterfaces with VLAN 300 on cables of their own."""
    city = plan.city
    names = list(plan.home)[:3]
    for number, (a, b) in enumerate(pairwise(names), 1):
        ends = []
        for side, name in enumerate((a, b), 1):
            draft = city.drafts[name]
            if "v" not in draft.vrfs:
                draft.vrfs.append("v")
                city.port(draft, f"10.0.{100 + draft.number}.1/24", area=0, passive=True, vrf="v", process="2")
            parent = city.bare_port(draft)
            city.port(draft, f"10.0.{number}.{side}/30", area=0, p2p=True, vrf="v", process="2", parent=parent, vlans=((300, 300),))
            ends.append(f.Attachment(name, parent))
        city.net.link(ends[0], ends[1])
    if plan.chance(50):
        city.static(city.drafts[names[0]], "192.168.9.0/24", None, vrf="v")
        city.redistribute(city.drafts[names[0]], "static", 5, 1, vrf="v")
