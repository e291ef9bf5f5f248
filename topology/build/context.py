"""What one build collects on its way: problems, and the tables that later steps look things up in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network

from topology import facts
from topology.facts import Attachment, Cable, Circuit, Device, Party, Realm, Site
from topology.i18n import T, Text
from topology.intent.common import ApprovalIntent, CityIntent, PolicyIntent
from topology.intent.document import GatekeeperDocument, PlacementIntent
from topology.intent.services import ServiceIntent
from topology.intent.sites import CountyIntent, ProfileIntent
from topology.inventory import Intent, RealmIntent
from topology.origin import Origin
from topology.problems import Problem, names, unknown_name

CODE = {Realm.OUTER: "o", Realm.INNER: "i"}
REPEATED = 3  # a value of a profile can be wrong in every site that uses it: so often it is said

Taken = tuple[IPv4Network, str, Origin, Origin]  # prefix, for what, by which node, and its place in the site's profile where it has one


@dataclass(frozen=True, slots=True)
class Lan:
    """One shared network: a party's, a segment between gateways, or one of device management."""

    key: str
    realm: Realm
    site: str
    kind: str  # party | segment | management | oob | backup
    vlan: int | None  # None: on a routed port
    prefix: IPv4Network
    gateways: tuple[str, ...]  # routers with the (virtual) gateway address, or the two members of a firewall pair
    title: str  # ASCII, for descriptions
    origin: Origin
    vrf: str | None = None
    pair: str | None = None  # key of the firewall pair that is the gateway
    members: tuple[str, ...] = ()  # other devices with a stake in it: layer-2 switches, routers, pair members
    hosts: Mapping[str, int] = field(default_factory=dict)  # device -> host number of members that are no gateway
    virtual: Mapping[str, int] = field(default_factory=dict)  # pair key -> host number of the pair's virtual address here
    ports: tuple[Attachment, ...] = ()  # ports at which its parties are plugged in
    parties: tuple[tuple[str, tuple[IPv4Network, ...]], ...] = ()  # party id and the prefixes that it sends from here
    filter_base: int | None = None  # first number of its two filters; None: not filtered here
    zone: str | None = None  # its zone on the firewall pair
    area: int = 0


@dataclass(frozen=True, slots=True)
class Link:
    """A point-to-point IP network between two routing devices, on a cable or circuit, in one VRF."""

    key: str
    realm: Realm
    vrf: str | None
    a: Attachment
    b: Attachment
    lag: tuple[int, ...]  # members share ports: LAG number, or empty
    prefix: IPv4Network
    area: int
    cost: int
    title: str  # ASCII: cable or circuit reference
    mbps: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class PeerLink:
    """The port of a router towards an external peer."""

    key: str
    realm: Realm
    device: str
    port: str
    peer: str
    prefix: IPv4Network
    own: IPv4Address
    far: IPv4Address
    circuit: str
    number: int
    origin: Origin


@dataclass
class Build:
    """One build in progress. Later steps only read what earlier ones wrote."""

    intent: Intent
    models: Mapping[str, facts.Model]
    services: Mapping[str, ServiceIntent]
    problems: list[Problem] = field(default_factory=list)
    sites: dict[tuple[Realm, str], Site] = field(default_factory=dict)
    devices: dict[str, Device] = field(default_factory=dict)
    local: dict[tuple[Realm, str, str], str] = field(default_factory=dict)  # (realm, site, slug) -> device name
    in_site: dict[tuple[Realm, str], list[str]] = field(default_factory=dict)  # device names of a site
    written: dict[tuple[Realm, str], dict[str, Origin]] = field(
        default_factory=dict
    )  # devices of a site as the files have them, built or not
    changed: dict[str, Origin] = field(default_factory=dict)  # devices that a site has otherwise than its profile
    counties: dict[tuple[Realm, str], CountyIntent] = field(default_factory=dict)
    cables: list[Cable] = field(default_factory=list)
    lags: dict[tuple[str, str], int] = field(default_factory=dict)  # (device, port) -> LAG number
    bundles: dict[tuple[str, int], tuple[str, Origin]] = field(default_factory=dict)  # (device, LAG number) -> far device, first cable
    vlans: dict[tuple[str, int], tuple[str, Origin]] = field(default_factory=dict)  # (device, VLAN) -> network and where it stands
    vrf_cables: set[str] = field(default_factory=set)
    costs: dict[str, int] = field(default_factory=dict)  # cable or circuit id -> OSPF cost
    access_ends: set[Attachment] = field(default_factory=set)  # ports with a drawn access cable, which has claimed them already
    circuits: list[Circuit] = field(default_factory=list)
    plugs: dict[tuple[str, str], list[tuple[Attachment, str, Origin]]] = field(default_factory=dict)
    reserved: list[tuple[Attachment, str, Origin]] = field(default_factory=list)  # ports of agencies that are planned: shut
    lans: list[Lan] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    peer_links: list[PeerLink] = field(default_factory=list)
    parties: dict[str, Party] = field(default_factory=dict)
    zones: dict[tuple[Realm, str], str] = field(default_factory=dict)  # (realm, zone slug) -> party id
    pairs: dict[str, tuple[str, str]] = field(default_factory=dict)  # pair key -> (active, standby)
    hosts: list[facts.Host] = field(default_factory=list)
    placed: dict[tuple[Realm, str], PlacementIntent] = field(default_factory=dict)  # (realm, service) -> its placement
    servers: dict[tuple[Realm, str, str], list[facts.Host]] = field(default_factory=dict)  # (realm, service, role) -> hosts
    flows: dict[str, facts.Flow] = field(default_factory=dict)
    taken: dict[tuple[Realm, str | None], list[Taken]] = field(default_factory=dict)
    _repeated: Counter[tuple[Origin, str]] = field(default_factory=Counter)

    def problem(self, origin: Origin, what: Text, allowed: Text | None = None, hint: Text | None = None) -> None:
        self._repeated[(origin, what.msgid)] += 1
        if self._repeated[(origin, what.msgid)] <= REPEATED:
            self.problems.append(Problem(origin, what, allowed, hint))

    def unknown(self, origin: Origin, kind: Text, word: str, candidates: Iterable[str], written: Container[str] = ()) -> None:
        """``word`` names nothing, unless it is ``written``: then it could not be built, and that is said where it stands."""
        if word not in written:
            self.problems.append(unknown_name(origin, kind, word, candidates))

    @property
    def city(self) -> CityIntent:
        assert self.intent.common.city is not None  # `load_intent` has made sure
        return self.intent.common.city

    @property
    def policy(self) -> PolicyIntent:
        assert self.intent.common.policy is not None
        return self.intent.common.policy

    @property
    def approvals(self) -> dict[str, ApprovalIntent]:
        """All approvals, of the common files and of each side."""
        found = dict(self.intent.common.approvals)
        for side in self.intent.realms:
            found |= side.document.approvals
        return found

    def county_of(self, realm: Realm, site: str) -> CountyIntent | None:
        """The county that a site is, or is in."""
        place = self.sites.get((realm, site))
        return self.counties.get((realm, place.county)) if place and place.county else None

    def side(self, realm: Realm) -> RealmIntent | None:
        return next((side for side in self.intent.realms if side.realm is realm), None)

    @property
    def gatekeeper(self) -> GatekeeperDocument:
        return self.intent.gatekeeper

    def add_host(self, entry: facts.Host) -> None:
        self.hosts.append(entry)
        self.servers.setdefault((self.parties[entry.party].realm, entry.service, entry.role), []).append(entry)

    def profile(self, side: RealmIntent, name: str, origin: Origin, tier: str) -> ProfileIntent | None:
        profiles = side.document.profiles
        if name not in profiles:
            self.unknown(origin, T("profile"), name, profiles)
            return None
        if profiles[name].tier != tier:
            self.problem(
                origin,
                T("the profile '{name}' is for a {tier}", name=name, tier=profiles[name].tier),
                T("a profile of tier {tier}", tier=tier),
                T("choose one of: {names}", names=", ".join(sorted(key for key, value in profiles.items() if value.tier == tier))),
            )
            return None
        return profiles[name]

    def device(self, realm: Realm, site: str, slug: str, origin: Origin) -> str | None:
        """Full name of a device that a file names by its slug within a site; a site whose profile is wrong has no devices to speak of."""
        found = self.local.get((realm, site, slug))
        written = self.written.get((realm, site))
        if found is None and written is not None and slug not in written:
            near = unknown_name(origin, T("device"), slug, written).hint
            allowed = (
                T("{names}, as from {place} on", names=names(written), place=str(next(iter(written.values())))) if written else names(())
            )
            self.problem(origin, T("{site} has no device '{word}'", site=site, word=slug), allowed, near)
        return found

    def plug(self, realm: Realm, site: str, text: str, origin: Origin) -> tuple[str, str] | None:
        """`core1 GigabitEthernet3/0/0` -> (device name, port name); the model must have that port."""
        slug, _, port = text.partition(" ")
        device = self.device(realm, site, slug, origin)
        if device is None:
            return None
        model = self.devices[device].model
        if all(port != known.name for known in model.ports):
            near = unknown_name(origin, T("port"), port, (known.name for known in model.ports)).hint
            what = T("{model} has no port '{port}'", model=model.title, port=port)
            if device in self.changed:
                what = T(
                    "{model} has no port '{port}'; {device} is one by {place}",
                    model=model.title,
                    port=port,
                    device=device,
                    place=str(self.changed[device]),
                )
            self.problem(origin, what, names(known.name for known in model.ports), near)
            return None
        return device, port

    def use(self, attachment: Attachment, what: str, origin: Origin) -> None:
        """Notes that something is plugged in; the same port and channel twice is an error that names both sides."""
        entries = self.plugs.setdefault((attachment.device, attachment.port), [])
        for other, title, place in entries:
            same = attachment == other or None in (attachment.vlan, other.vlan)
            if same:
                self.problem(
                    origin,
                    T("{plug} is used twice: here and for {other} at {place}", plug=str(attachment), other=title, place=str(place)),
                    T("one use for each port and channel"),
                    T("choose a free port, or another VLAN on a port that a carrier shares"),
                )
                break
        entries.append((attachment, what, origin))

    def take(self, realm: Realm, vrf: str | None, prefix: IPv4Network, what: str, origin: Origin, profiled: Origin | None = None) -> None:
        """Notes an allocation; overlaps are found at the end, by `allocation.collisions`. `profiled`: its place in the site's profile."""
        self.taken.setdefault((realm, vrf), []).append((prefix, what, origin, profiled or origin))
