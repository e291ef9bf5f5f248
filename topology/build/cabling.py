"""Cables: what is plugged in where, each port and channel once."""

from __future__ import annotations

from typing import Any

from topology.build.allocation import from_pool, from_slice
from topology.build.circuits import check_circuits, county_uplink, peer_links, township_uplink
from topology.build.context import Build
from topology.build.links import add_link, area_of, county_block, vertical_county_slot, vrf_links
from topology.facts import Attachment, Cable, Medium, Realm, Survey, Use
from topology.i18n import T
from topology.intent.sites import CableIntent, CountyIntent
from topology.inventory import RealmIntent
from topology.origin import Origin

DIRECT_COST = 10


def build_cabling(build: Build) -> None:
    """Fills `cables`, `circuits`, `links`, `peer_links`, `plugs`, `lags`."""
    for side in build.intent.realms:
        municipal = side.municipal
        pools = side.pools
        for cable in municipal.cables:
            _cable(build, side, municipal.slug, cable, None, cable.origin)
        for county in side.counties:
            _county(build, side, county)
        peer_links(build, side, pools)
    for slug, gatekeeper in build.gatekeeper.gatekeepers.items():
        _gatekeeper_cables(build, slug, gatekeeper)
    check_circuits(build)


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
    add_link(
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
        vrf_links(build, side, cable.a, cable.b, (lag,) if lag else (), slot, intent.cost or DIRECT_COST, cable.id, cable.origin)


def _county(build: Build, side: RealmIntent, county: CountyIntent) -> None:
    profile = side.document.profiles.get(county.profile)
    if profile is None or profile.tier != "county":
        return
    for cable in profile.cables:
        _cable(build, side, county.slug, cable, county, county.origin)
    for key, circuit in county.uplinks.items():
        county_uplink(build, side, county, profile, key, circuit)
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
            township_uplink(build, side, county, township, key, circuit, handoffs)


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
