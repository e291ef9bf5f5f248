"""Sites and chassis: the municipal centre, counties with their townships, the host units of gatekeepers."""

from __future__ import annotations

from collections.abc import Mapping

from topology.build.context import CODE, Build
from topology.facts import Device, Realm, Role, Site, Survey, Tier
from topology.i18n import T
from topology.intent.common import name_of
from topology.intent.document import GatekeeperIntent
from topology.intent.sites import CountyIntent, DeviceIntent, ProfileIntent, TownshipIntent
from topology.inventory import RealmIntent
from topology.origin import Origin

PASSIVE = {Role.CONSOLE_SERVER, Role.CLOCK}
ROLES = {
    Tier.MUNICIPAL: frozenset(Role) - {Role.COUNTY_ROUTER, Role.DISTRIBUTION, Role.TOWNSHIP_ROUTER, Role.HOST_UNIT},
    Tier.COUNTY: frozenset({Role.COUNTY_ROUTER, Role.DISTRIBUTION, Role.ACCESS, Role.CONSOLE_SERVER, Role.CLOCK}),
    Tier.TOWNSHIP: frozenset({Role.TOWNSHIP_ROUTER, Role.ACCESS}),
}
SWITCHES = {Role.ACCESS, Role.BORDER_SWITCH, Role.DMZ_SWITCH, Role.HOSTING_SWITCH, Role.DISTRIBUTION, Role.OOB}


def build_places(build: Build) -> None:
    """Fills `sites`, `devices` and `local`."""
    for side in build.intent.realms:
        _municipal(build, side)
        numbers: dict[tuple[str, int], tuple[str, Origin]] = {}
        codes: dict[str, tuple[str, Origin]] = {}
        slugs = {side.municipal.slug: (side.municipal.slug, side.municipal.at("slug"))}
        for county in side.counties:
            _county(build, side, county)
            _unique(build, numbers, ("county", county.number), county.slug, county.at("number"), T("number"))
            _unique(build, codes, county.code, county.slug, county.at("code"), T("code"))
            _unique(build, slugs, county.slug, county.slug, county.at("slug"), T("slug"))
            local: dict[str, Origin] = {}
            for township in county.townships:
                _township(build, side, county, township)
                _unique(build, numbers, (county.slug, township.number), township.slug, township.at("number"), T("number"))
                _unique(build, codes, township.code, f"{county.slug}/{township.slug}", township.at("code"), T("code"))
                _unique(build, local, township.slug, township.slug, township.at("slug"), T("slug"))
                _check_township(build, county, township)
    for slug, gatekeeper in build.gatekeeper.gatekeepers.items():
        _gatekeeper(build, slug, gatekeeper)


def _unique(build: Build, seen: dict, key: object, title: str, origin: Origin, kind: object) -> None:  # type: ignore[type-arg]
    entry = seen.get(key)
    if entry is not None:
        other, place = entry if isinstance(entry, tuple) and not isinstance(entry, Origin) else (title, entry)
        build.problem(
            origin,
            T("the {kind} of '{title}' is also that of '{other}' at {place}", kind=kind, title=title, other=other, place=str(place)),
            T("a {kind} of its own", kind=kind),
            T("choose one that nobody has, and none that stands under 'retired'"),
        )
    seen.setdefault(key, (title, origin))


def _check_township(build: Build, county: CountyIntent, township: TownshipIntent) -> None:
    if township.number in county.retired:
        build.problem(
            township.at("number"),
            T("the number {number} is retired: its addresses belonged to a site that was deleted", number=township.number),
            T("a number that is not in 'retired' at {place}", place=str(county.at("retired"))),
            T("choose a new number"),
        )
    if not township.code.startswith(county.code):
        build.problem(
            township.at("code"),
            T("the code {code} is not of {county} ({prefix})", code=township.code, county=county.slug, prefix=county.code),
            T("9 digits that begin with the county's 6"),
            T("move the township to its county's file, or correct the code"),
        )


def _site(build: Build, site: Site) -> None:
    build.sites[(site.realm, site.key)] = site


def _municipal(build: Build, side: RealmIntent) -> None:
    municipal = side.municipal
    name = name_of(municipal.name, municipal.slug)
    _site(build, Site(municipal.slug, side.realm, Tier.MUNICIPAL, name, municipal.code, 0, None, 1, municipal.origin))
    _devices(build, side, municipal.slug, "", Tier.MUNICIPAL, municipal.devices, {}, municipal.origin)


def _county(build: Build, side: RealmIntent, county: CountyIntent) -> None:
    build.counties.setdefault((side.realm, county.slug), county)
    profile = build.profile(side, county.profile, county.at("profile"), "county")
    survives = county.survives if county.survives is not None else profile.survives if profile else 0
    name = name_of(county.name, county.slug)
    _site(build, Site(county.slug, side.realm, Tier.COUNTY, name, county.code, county.number, county.slug, survives, county.origin))
    if profile:
        _devices(build, side, county.slug, county.slug, Tier.COUNTY, profile.devices, county.devices, county.origin)
        _check_uplinks(build, profile, county)


def _township(build: Build, side: RealmIntent, county: CountyIntent, township: TownshipIntent) -> None:
    profile = build.profile(side, township.profile, township.at("profile"), "township")
    key = f"{county.slug}/{township.slug}"
    survives = township.survives if township.survives is not None else profile.survives if profile else 0
    name = name_of(township.name, township.slug)
    _site(build, Site(key, side.realm, Tier.TOWNSHIP, name, township.code, township.number, county.slug, survives, township.origin))
    if profile:
        _devices(build, side, key, f"{county.slug}-{township.slug}", Tier.TOWNSHIP, profile.devices, township.devices, township.origin)
        _check_uplinks(build, profile, township)


def _check_uplinks(build: Build, profile: ProfileIntent, site: CountyIntent | TownshipIntent) -> None:
    allowed = T(
        "one circuit for each uplink of the profile: {names} ({place})",
        names=", ".join(sorted(profile.uplinks)),
        place=str(profile.at("uplinks")),
    )
    for key in site.uplinks:
        if key not in profile.uplinks:
            what = T("the profile '{profile}' has no uplink '{key}'", profile=site.profile, key=key)
            build.problem(site.key_at("uplinks", key), what, allowed, T("delete the circuit, or choose a profile with more uplinks"))
    for key in profile.uplinks:
        if key not in site.uplinks:
            what = T("the profile '{profile}' has an uplink '{key}', the site has not", profile=site.profile, key=key)
            build.problem(site.at("uplinks"), what, allowed, T("add the circuit, or choose a profile with fewer uplinks"))


def _devices(
    build: Build,
    side: RealmIntent,
    site: str,
    middle: str,
    tier: Tier,
    given: Mapping[str, DeviceIntent],
    overrides: Mapping[str, DeviceIntent],
    place: Origin,
) -> None:
    build.written[(side.realm, site)] = {slug: overrides.get(slug, profiled).origin for slug, profiled in given.items()}
    for slug, override in overrides.items():
        build.device(side.realm, site, slug, override.origin)
    numbers: dict[int, tuple[str, Origin]] = {}
    for slug, profiled in given.items():
        intent = overrides.get(slug, profiled)
        _unique(build, numbers, intent.number, slug, intent.at("number"), T("number"))
        name = "-".join(part for part in (_prefix(build), CODE[side.realm], middle, slug) if part)
        origin = intent.origin if tier is Tier.MUNICIPAL or slug in overrides else place
        if intent.role not in ROLES[tier]:
            build.problem(
                intent.at("role"),
                T("a device of the role '{role}' does not stand at {tier} level", role=intent.role.value, tier=tier.value),
                T("{names}", names=", ".join(role.value for role in Role if role in ROLES[tier])),
                T("choose another role"),
            )
            continue
        _device(build, name, slug, site, side.realm, tier, intent, origin)
        if slug in overrides:
            build.changed[name] = origin


def _prefix(build: Build) -> str:
    city = build.city
    return city.prefix


def _device(build: Build, name: str, slug: str, site: str, realm: Realm, tier: Tier, intent: DeviceIntent, origin: Origin) -> None:
    model = build.models.get(intent.model)
    if model is None:
        build.unknown(intent.at("model"), T("chassis model"), intent.model, build.models)
        return
    if name in build.devices:
        if build.devices[name].site == site:
            return  # two sites of one slug, which has been said
        build.problem(
            origin,
            T("the device would be called {name}, as the one at {place}", name=name, place=str(build.devices[name].origin)),
            T("slugs of site and device that make a name of its own"),
            T("rename the device or the site"),
        )
        return
    routes = intent.role not in SWITCHES and intent.role not in PASSIVE
    build.devices[name] = Device(
        name=name,
        site=site,
        realm=realm,
        tier=tier,
        role=intent.role,
        model=model,
        number=intent.number,
        management=intent.management,
        routes=routes,
        rendered=intent.role not in PASSIVE,
        enclosure=name,
        room=intent.room,
        rack=intent.rack,
        survey=intent.survey or Survey(),
        origin=origin,
    )
    build.local[(realm, site, slug)] = name
    build.in_site.setdefault((realm, site), []).append(name)


def _gatekeeper(build: Build, slug: str, gatekeeper: GatekeeperIntent) -> None:
    for realm, unit in ((Realm.OUTER, gatekeeper.outer), (Realm.INNER, gatekeeper.inner)):
        side = build.side(realm)
        model = build.models.get(unit.model)
        if model is None:
            build.unknown(unit.at("model"), T("chassis model"), unit.model, build.models)
        if side is None or model is None:
            continue
        municipal = side.municipal
        name = f"{_prefix(build)}-g-{slug}-{realm.value}"
        other = build.written[(realm, municipal.slug)].setdefault(slug, unit.origin)
        if other != unit.origin:
            build.problem(
                gatekeeper.origin,
                T("the gatekeeper '{slug}' is called as the device at {place}", slug=slug, place=str(other)),
                T("a slug of its own"),
                T("rename one of the two"),
            )
            continue
        build.devices[name] = Device(
            name=name,
            site=municipal.slug,
            realm=realm,
            tier=Tier.MUNICIPAL,
            role=Role.HOST_UNIT,
            model=model,
            number=unit.number,
            management="inband",
            routes=False,
            rendered=True,
            enclosure=gatekeeper.enclosure,
            room=gatekeeper.room,
            rack=gatekeeper.rack,
            survey=Survey(),
            origin=unit.origin,
        )
        build.local[(realm, municipal.slug, slug)] = name
        build.in_site.setdefault((realm, municipal.slug), []).append(name)
