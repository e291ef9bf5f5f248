"""Carriers' circuits: uplinks of counties and townships, links to the province and to carriers."""

from __future__ import annotations

from topology.build.allocation import from_pool, from_slice, host
from topology.build.context import Build, PeerLink
from topology.build.links import add_link, county_block, vertical_county_slot, vrf_links
from topology.facts import Attachment, Circuit, Medium, Realm, Survey
from topology.i18n import T
from topology.intent.document import PoolsIntent
from topology.intent.sites import CircuitIntent, CountyIntent, HandoffIntent, PeerIntent, ProfileIntent, TownshipIntent
from topology.inventory import RealmIntent

UPLINKS = "abcd"
COUNTY_LINKS = 4000  # core-county circuits take the municipal link pool from here on: 4 a county
TOWNSHIP_LINKS = 16  # and township circuits the county's: 4 a township
CIRCUIT_COST = 100


def county_uplink(build: Build, side: RealmIntent, county: CountyIntent, profile: ProfileIntent, key: str, circuit: CircuitIntent) -> None:
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
    made = add_circuit(build, side.realm, f"{county.slug}/{key}", circuit, a, b, None, None)
    number = COUNTY_LINKS + 4 * county.number + UPLINKS.index(key)
    prefix = from_pool(build, pools.link, number, f"uplink {key} of {county.slug}", circuit.origin)
    cost = circuit.cost or CIRCUIT_COST * (UPLINKS.index(key) + 1)
    add_link(build, side, None, a, b, (), prefix, county.number, cost, made.reference, made.mbps, circuit.origin)
    slot = vertical_county_slot(county) + UPLINKS.index(key)
    vrf_links(build, side, a, b, (), slot, cost, made.reference, circuit.origin)


def township_uplink(
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
    made = add_circuit(build, side.realm, f"{site}/{key}", circuit, Attachment(*near), far, None, handoff)
    pools = side.pools
    layout = pools.county_layout.link if pools.county_layout else None
    number = TOWNSHIP_LINKS + 4 * township.number + UPLINKS.index(key)
    prefix = from_slice(build, county_block(build, side, county), layout, number, f"uplink {key} of {site}", circuit.origin)
    cost = circuit.cost or CIRCUIT_COST * (UPLINKS.index(key) + 1)
    add_link(build, side, None, made.a, far, (), prefix, county.number, cost, made.reference, made.mbps, circuit.origin)


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


def add_circuit(
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


def peer_links(build: Build, side: RealmIntent, pools: PoolsIntent) -> None:
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
    """The peer assigns addresses: its own is host 1 of the link's /30, ours host 2. A carrier has one link, the province's are numbered."""
    made = add_circuit(build, side.realm, f"peer/{key}", circuit, Attachment(*plug), None, slug, None)
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
    build.peer_links.append(PeerLink(key, side.realm, plug[0], plug[1], slug, prefix, own, prefix[1], made.id, number, circuit.origin))


def check_circuits(build: Build) -> None:
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
