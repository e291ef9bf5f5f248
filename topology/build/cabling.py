"""Cables and circuits: what is plugged in where, each port and channel once, no circuit in two realms."""

from __future__ import annotations

from typing import Any

from topology.build.allocation import from_pool, from_slice, host
from topology.build.context import Build, Link, PeerLink
from topology.facts import Attachment, Cable, Circuit, Device, Medium, Realm, Survey, Use
from topology.i18n import T
from topology.intent.document import PoolsIntent
from topology.intent.sites import CableIntent, CircuitIntent, CountyIntent, HandoffIntent, PeerIntent, ProfileIntent, TownshipIntent
from topology.inventory import RealmIntent
from topology.origin import Origin

UPLINKS = "abcd"
COUNTY_LINKS = 4000  # core-county circuits take the municipal link pool from here on: 4 a county
TOWNSHIP_LINKS = 16  # and township circuits the county's: 4 a township
DIRECT_COST, CIRCUIT_COST = 10, 100
LONGEST_LINK = 30


def build_cabling(build: Build) -> None:
    """Fills `cables`, `circuits`, `links`, `peer_links`, `plugs`, `lags`."""
    for side in build.intent.realms:
        municipal = side.municipal
        pools = side.pools
        for cable in municipal.cables:
            _cable(build, side, municipal.slug, cable, None, cable.origin)
        for county in side.counties:
            _county(build, side, county)
        _peers(build, side, pools)
    for slug, gatekeeper in build.gatekeeper.gatekeepers.items():
        _gatekeeper_cables(build, slug, gatekeeper)
    _check_circuits(build)


def area_of(device: Device, build: Build) -> int:
    """A county's routers are in the area with its number; the municipal centre is the backbone."""
    site = build.sites[(device.realm, device.site)]
    county = build.sites.get((device.realm, site.county)) if site.county else None
    return county.number if county else 0


def _ends(build: Build, realm: Realm, site: str, item: Any, origin: Origin) -> tuple[tuple[str, str], tuple[str, str]] | None:
    a = build.plug(realm, site, item.a, item.at("a"))
    b = build.plug(realm, site, item.b, item.at("b"))
    if a is None or b is None:
        return None
    if a[0] == b[0]:
        build.problem(
            origin, T("both ends of this cable are on {device}", device=a[0]), T("two devices"), T("name the device at the other end")
        )
        return None
    return a, b


def _cable(build: Build, side: RealmIntent, site: str, intent: CableIntent, county: CountyIntent | None, place: Origin) -> None:
    ends = _ends(build, side.realm, site, intent, intent.origin)
    if ends is None:
        return
    (a, a_port), (b, b_port) = ends
    id_ = f"{a}:{a_port}"
    cable = Cable(
        id_,
        side.realm,
        intent.use,
        intent.medium,
        Attachment(a, a_port),
        Attachment(b, b_port),
        intent.survey or Survey(),
        place,
        intent.number,
        intent.risk,
    )
    build.cables.append(cable)
    if cable.use is Use.ACCESS:
        build.access_ends |= {cable.a, cable.b}
    for end, other in ((cable.a, b), (cable.b, a)):
        build.use(end, other, intent.origin)
        _check_kind(build, end, intent)
        if intent.lag is not None:
            build.lags[(end.device, end.port)] = intent.lag
            _check_lag(build, end.device, other, intent)
    if intent.vrfs:
        build.vrf_cables.add(id_)
    if intent.use is Use.ROUTED:
        _routed(build, side, cable, intent, county)


def _check_lag(build: Build, device: str, far: str, intent: CableIntent) -> None:
    first, place = build.bundles.setdefault((device, intent.lag or 0), (far, intent.origin))
    if first != far:
        build.problem(
            intent.at("lag"),
            T(
                "the bundle {number} of {device} leads to {far} here and to {other} at {place}",
                number=intent.lag,
                device=device,
                far=far,
                other=first,
                place=str(place),
            ),
            T("all cables of a bundle between the same two devices"),
            T("give one of the two bundles another number"),
        )


def _check_kind(build: Build, end: Attachment, intent: CableIntent) -> None:
    """A management or console socket takes only the cable that is meant for it."""
    kind = next(port.kind for port in build.devices[end.device].model.ports if port.name == end.port)
    special = {"management": Use.MANAGEMENT, "console": Use.CONSOLE}.get(kind)
    if special is not None and intent.use is not special:
        build.problem(
            intent.origin,
            T("{plug} is a {kind} socket", plug=str(end), kind=kind),
            T("a cable with use: {use}", use=special.value),
            T("choose a data port for this cable"),
        )


def _routed(build: Build, side: RealmIntent, cable: Cable, intent: CableIntent, county: CountyIntent | None) -> None:
    lag = build.lags.get((cable.a.device, cable.a.port))
    if lag is not None and any(
        link.lag == (lag,) and {link.a.device, link.b.device} == {cable.a.device, cable.b.device} for link in build.links
    ):
        return  # a further cable of a bundle that has its address already
    for end in (cable.a, cable.b):
        if not build.devices[end.device].routes:
            build.problem(
                intent.origin,
                T("{device} does not route, so it cannot hold the end of a routed cable", device=end.device),
                T("use: trunk or access for a switch"),
                T("change 'use', or plug the cable into a router"),
            )
            return
    if intent.number is None:
        build.problem(
            intent.origin, T("a routed cable needs a number"), T("a number of its own"), T("add 'number:'; its addresses follow from it")
        )
        return
    pools = side.pools
    title = f"link {cable.a.device} - {cable.b.device}"
    block = county_block(build, side, county)
    prefix = (
        from_pool(build, pools.link, intent.number, title, intent.at("number"))
        if county is None
        else from_slice(build, block, pools.county_layout.link if pools.county_layout else None, intent.number, title, intent.at("number"))
    )
    area = area_of(build.devices[cable.a.device], build)
    _link(
        build,
        side,
        None,
        cable.a,
        cable.b,
        (lag,) if lag else (),
        prefix,
        area,
        intent.cost or DIRECT_COST,
        cable.id,
        10_000,
        cable.origin,
        intent.origin,
    )
    if intent.vrfs:
        slot = intent.number if county is None else vertical_county_slot(county) + 3 + intent.number
        _vrf_links(build, side, cable.a, cable.b, (lag,) if lag else (), slot, intent.cost or DIRECT_COST, cable.id, cable.origin)


def vertical_county_slot(county: CountyIntent) -> int:
    """First link number of a county in each vertical's block: 4 core uplinks, then its own cables."""
    return 256 + 8 * county.number


def _vrf_links(
    build: Build, side: RealmIntent, a: Attachment, b: Attachment, lag: tuple[int, ...], slot: int, cost: int, title: str, origin: Origin
) -> None:
    """One VLAN and one link network for each VRF vertical that runs over a link (VRF-lite)."""
    municipal, pools = side.municipal, side.pools
    for slug, vertical in side.document.verticals.items():
        if vertical.mode != "vrf":
            continue
        block = from_pool(build, pools.vertical, vertical.number, f"vertical {slug}", vertical.at("number"))
        part = pools.vertical_layout.link if pools.vertical_layout else None
        prefix = from_slice(build, block, part, slot, f"vertical {slug}, link {title}", vertical.origin)
        vlan = municipal.vertical_vlan_base + vertical.number
        ends = (Attachment(a.device, a.port, vlan), Attachment(b.device, b.port, vlan))
        _link(build, side, slug, *ends, lag, prefix, 0, cost, title, 1000, origin)


def _link(
    build: Build,
    side: RealmIntent,
    vrf: str | None,
    a: Attachment,
    b: Attachment,
    lag: tuple[int, ...],
    prefix: Any,
    area: int,
    cost: int,
    title: str,
    mbps: int,
    origin: Origin,
    profiled: Origin | None = None,
) -> None:
    if prefix is None or prefix.prefixlen > LONGEST_LINK:  # the latter is said where the pool stands
        return
    key = f"{a}|{b}"
    build.links.append(Link(key, side.realm, vrf, a, b, lag, prefix, area, cost, title, mbps, origin))
    build.take(side.realm, vrf, prefix, f"link {a.device} - {b.device}", origin, profiled)


def county_block(build: Build, side: RealmIntent, county: CountyIntent | None) -> Any:
    """The address block of a county."""
    pools = side.pools
    return from_pool(build, pools.county, county.number, f"county {county.slug}", county.at("number")) if county else None


def _county(build: Build, side: RealmIntent, county: CountyIntent) -> None:
    profile = side.document.profiles.get(county.profile)
    if profile is None or profile.tier != "county":
        return
    for cable in profile.cables:
        _cable(build, side, county.slug, cable, county, county.origin)
    for key, circuit in county.uplinks.items():
        _county_uplink(build, side, county, profile, key, circuit)
    handoffs = {
        slug: plug
        for slug, handoff in county.handoffs.items()
        if (plug := build.plug(side.realm, county.slug, handoff.port, handoff.at("port")))
    }
    for township in county.townships:
        local = side.document.profiles.get(township.profile)
        for cable in local.cables if local and local.tier == "township" else ():
            _cable(build, side, f"{county.slug}/{township.slug}", cable, county, township.origin)
        for key, circuit in township.uplinks.items():
            _township_uplink(build, side, county, township, key, circuit, handoffs)


def _county_uplink(build: Build, side: RealmIntent, county: CountyIntent, profile: ProfileIntent, key: str, circuit: CircuitIntent) -> None:
    if key not in profile.uplinks:
        return
    municipal, pools = side.municipal, side.pools
    near = build.plug(side.realm, county.slug, profile.uplinks[key], profile.at("uplinks", key))
    if circuit.to is None:
        build.problem(
            circuit.origin, T("the circuit does not say where it ends"), T("to: DEVICE PORT of the municipal centre"), T("add 'to:'")
        )
        return
    far = build.plug(side.realm, municipal.slug, circuit.to, circuit.at("to"))
    if near is None or far is None:
        return
    a, b = Attachment(*near), Attachment(*far)
    made = _circuit(build, side.realm, f"{county.slug}/{key}", circuit, a, b, None, None)
    number = COUNTY_LINKS + 4 * county.number + UPLINKS.index(key)
    prefix = from_pool(build, pools.link, number, f"uplink {key} of {county.slug}", circuit.origin)
    cost = circuit.cost or CIRCUIT_COST * (UPLINKS.index(key) + 1)
    _link(build, side, None, a, b, (), prefix, county.number, cost, made.reference, made.mbps, circuit.origin)
    slot = vertical_county_slot(county) + UPLINKS.index(key)
    _vrf_links(build, side, a, b, (), slot, cost, made.reference, circuit.origin)


def _township_uplink(
    build: Build,
    side: RealmIntent,
    county: CountyIntent,
    township: TownshipIntent,
    key: str,
    circuit: CircuitIntent,
    handoffs: dict[str, tuple[str, str]],
) -> None:
    profile = side.document.profiles.get(township.profile)
    if profile is None or key not in profile.uplinks:
        return
    site = f"{county.slug}/{township.slug}"
    near = build.plug(side.realm, site, profile.uplinks[key], profile.at("uplinks", key))
    far = _far_end(build, side, county, township, circuit, handoffs)
    if near is None or far is None:
        return
    handoff = county.handoffs.get(circuit.via) if circuit.via else None
    made = _circuit(build, side.realm, f"{site}/{key}", circuit, Attachment(*near), far, None, handoff)
    pools = side.pools
    layout = pools.county_layout.link if pools.county_layout else None
    number = TOWNSHIP_LINKS + 4 * township.number + UPLINKS.index(key)
    prefix = from_slice(build, county_block(build, side, county), layout, number, f"uplink {key} of {site}", circuit.origin)
    cost = circuit.cost or CIRCUIT_COST * (UPLINKS.index(key) + 1)
    _link(build, side, None, made.a, far, (), prefix, county.number, cost, made.reference, made.mbps, circuit.origin)


def _far_end(
    build: Build,
    side: RealmIntent,
    county: CountyIntent,
    township: TownshipIntent,
    circuit: CircuitIntent,
    handoffs: dict[str, tuple[str, str]],
) -> Attachment | None:
    if (circuit.via is None) == (circuit.to is None):
        build.problem(
            circuit.origin,
            T("the circuit must say where it arrives in the county"),
            T("either 'via' (a carrier port) or 'to' (a port of its own)"),
            T("carrier ports of this county: {names}", names=", ".join(sorted(county.handoffs)) or "-"),
        )
        return None
    if circuit.to is not None:
        far = build.plug(side.realm, county.slug, circuit.to, circuit.at("to"))
        return Attachment(*far, circuit.vlan) if far else None
    assert circuit.via is not None
    if circuit.via not in county.handoffs:
        build.unknown(circuit.at("via"), T("carrier port"), circuit.via, county.handoffs)
        return None
    if circuit.via not in handoffs:
        return None
    vlan = circuit.vlan or county.handoffs[circuit.via].base + township.number
    return Attachment(*handoffs[circuit.via], vlan, circuit.timeslot)


def _circuit(
    build: Build,
    realm: Realm,
    id_: str,
    intent: CircuitIntent,
    a: Attachment,
    b: Attachment | None,
    peer: str | None,
    handoff: HandoffIntent | None,
) -> Circuit:
    carrier = intent.carrier or (handoff.carrier if handoff else None)
    if carrier is None:
        build.problem(intent.origin, T("the circuit has no carrier"), T("the carrier's name, for example telecom"), T("add 'carrier:'"))
    if realm is Realm.INNER and (intent.separation is None or intent.encryption is None):
        build.problem(
            intent.origin,
            T("an inner circuit must say how it is separated and encrypted"),
            T("separation: dedicated-fibre, wavelength or timeslot; encryption: the device"),
            T("add both; the plan wants the inner network physically isolated (§7.1.1)"),
        )
    circuit = Circuit(
        id=f"{realm.value}:{id_}",
        realm=realm,
        carrier=carrier or "?",
        reference=intent.ref,
        medium=intent.medium or (handoff.medium if handoff else Medium.FIBRE),
        position=intent.position,
        mbps=intent.mbps,
        risk=tuple(sorted({*intent.risk, *(handoff.risk if handoff else ())})),
        a=a,
        b=b,
        peer=peer,
        separation=intent.separation,
        encryption=intent.encryption,
        survey=intent.survey or (handoff.survey if handoff and handoff.survey else Survey()),
        origin=intent.origin,
    )
    build.circuits.append(circuit)
    build.costs[circuit.id] = intent.cost or 0
    for end in (a, b):
        if end is not None:
            build.use(end, f"circuit {intent.ref}", intent.origin)
    return circuit


def _peers(build: Build, side: RealmIntent, pools: PoolsIntent) -> None:
    municipal = side.municipal
    for slug, peer in side.document.peers.items():
        for key, link in peer.links.items():
            device = build.device(side.realm, municipal.slug, link.device, link.at("device"))
            if device is not None:
                plug = build.plug(side.realm, municipal.slug, f"{link.device} {link.plug}", link.at("plug"))
                if plug is not None:
                    peer_link(build, side, slug, peer, f"{slug}/{key}", link.number, plug, link.uplink)
    carriers = municipal.egress.carriers if municipal.egress else {}
    for key, carrier in carriers.items():
        isp = side.document.peers.get(carrier.peer)
        if isp is None:
            build.unknown(carrier.at("peer"), T("peer"), carrier.peer, side.document.peers)
            continue
        plug = build.plug(side.realm, municipal.slug, carrier.plug, carrier.at("plug"))
        if plug is not None:
            peer_link(build, side, carrier.peer, isp, key, carrier.number, plug, carrier.uplink)
    for key, exit_ in municipal.exits.items():
        isp = side.document.peers.get(exit_.peer)
        if isp is None:
            build.unknown(exit_.at("peer"), T("peer"), exit_.peer, side.document.peers)
            continue
        plug = build.plug(side.realm, municipal.slug, f"{exit_.device} {exit_.internet}", exit_.at("internet"))
        if plug is not None:
            peer_link(build, side, exit_.peer, isp, f"exit-{key}", exit_.number, plug, exit_.uplink)


def peer_link(
    build: Build, side: RealmIntent, slug: str, peer: PeerIntent, key: str, number: int, plug: tuple[str, str], circuit: CircuitIntent
) -> None:
    """The peer assigns the addresses: its own is host 1 of the link's /30, ours host 2. A carrier has one link; the province's are numbered."""
    made = _circuit(build, side.realm, f"peer/{key}", circuit, Attachment(*plug), None, slug, None)
    if peer.link_prefix is None:
        build.problem(
            peer.origin,
            T("the peer '{peer}' has no 'link_prefix'", peer=slug),
            T("the prefix that the peer assigned to its links"),
            T("add it"),
        )
        return
    base = int(peer.link_prefix.network_address) + (4 * (number - 1) if peer.kind == "province" else 0)
    if base + 3 > int(peer.link_prefix.broadcast_address):
        build.problem(
            circuit.origin,
            T("link number {number} does not fit into {prefix}", number=number, prefix=str(peer.link_prefix)),
            T("numbers up to {count}, for /30 each", count=peer.link_prefix.num_addresses // 4),
            T("choose a smaller number, or widen 'link_prefix' at {place}", place=str(peer.at("link_prefix"))),
        )
        return
    prefix = type(peer.link_prefix)((base, 30))
    own = host(build, prefix, 2, f"link to {slug}", circuit.origin)
    build.take(side.realm, None, prefix, f"link {plug[0]} - {slug}", circuit.origin)
    build.peer_links.append(PeerLink(key, plug[0], plug[1], slug, prefix, own, prefix[1], made.id, number, circuit.origin))


def _gatekeeper_cables(build: Build, slug: str, gatekeeper: Any) -> None:
    """Each unit's cable to the switch of its zone, and the arc inside the enclosure where both sides are present."""
    for realm, unit in ((Realm.OUTER, gatekeeper.outer), (Realm.INNER, gatekeeper.inner)):
        side = build.side(realm)
        name = build.local.get((realm, side.municipal.slug, slug)) if side else None
        if side is None or name is None:
            continue
        own = build.plug(realm, side.municipal.slug, f"{slug} {unit.port}", unit.at("port"))
        arc = build.plug(realm, side.municipal.slug, f"{slug} {unit.arc}", unit.at("arc"))
        far = build.plug(realm, side.municipal.slug, unit.to, unit.at("to"))
        if own is None or arc is None or far is None:
            continue
        a, b = Attachment(*own), Attachment(*far)
        build.use(Attachment(*arc), f"gatekeeper {slug}, arc", unit.origin)
        build.cables.append(Cable(f"{name}:{unit.port}", realm, Use.ACCESS, Medium.COPPER, a, b, Survey(), unit.origin))
        build.use(a, far[0], unit.origin)
        build.use(b, own[0], unit.origin)
    units = [build.devices.get(f"{build.city.prefix}-g-{slug}-{realm.value}") for realm in (Realm.OUTER, Realm.INNER)]
    if units[0] and units[1]:
        a, b = Attachment(units[0].name, gatekeeper.outer.arc), Attachment(units[1].name, gatekeeper.inner.arc)
        build.cables.append(Cable(f"{slug}:arc", Realm.OUTER, Use.ARC, Medium.BACKPLANE, a, b, Survey(), gatekeeper.origin))


def _check_circuits(build: Build) -> None:
    """One carrier reference is one circuit: twice in a realm is a slip, in two realms a breach of the physical isolation."""
    seen: dict[tuple[str, str], Circuit] = {}
    for circuit in build.circuits:
        other = seen.setdefault((circuit.carrier, circuit.reference), circuit)
        if other is circuit:
            continue
        if other.realm is not circuit.realm:
            build.problem(
                circuit.origin,
                T(
                    "the circuit {ref} of {carrier} is in the inner and in the outer network (also at {place})",
                    ref=circuit.reference,
                    carrier=circuit.carrier,
                    place=str(other.origin),
                ),
                T("a circuit of its own for each network (plan §7.1.1: physically isolated)"),
                T("order another circuit, or correct the reference"),
            )
        else:
            build.problem(
                circuit.origin,
                T(
                    "the circuit {ref} of {carrier} is used twice, also at {place}",
                    ref=circuit.reference,
                    carrier=circuit.carrier,
                    place=str(other.origin),
                ),
                T("one use of each reference"),
                T("correct the reference"),
            )
