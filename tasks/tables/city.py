"""The city as listings read it: facts, design and catalogue, each loaded when first asked for, and what a filter sees of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.listing import Facets
from topology.facts import Attachment, Device, Facts, Name, Organisation, Party, Realm, Site, Tier
from topology.origin import Origin

if TYPE_CHECKING:
    from topology.design import Design, DeviceDesign, Interface
    from topology.intent.services import ServiceIntent
    from topology.inventory import Intent
    from topology.network import Network

REALMS = (Realm.OUTER, Realm.INNER, Realm.INTERNET)
"""The order in which people read them."""

_OF_A_DEVICE = ("county", "realm", "tier", "role", "platform", "site")
_NUMBER = re.compile(r"(\d+)")


def natural(text: str) -> tuple[Any, ...]:
    """A sort key by which acc2 comes before acc10."""
    return (*((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in _NUMBER.split(text)), (2, 0, text))


def place(origin: Origin) -> str:
    """``file:line`` in the inventory."""
    return f"{origin.file}:{origin.line}"


def union(*facets: Facets) -> Facets:
    """What a filter sees of something that belongs to several."""
    keys = sorted({key for each in facets for key in each})
    return {key: frozenset().union(*(each.get(key, frozenset()) for each in facets)) for key in keys}


class City:
    """Raises InventoryError where the inventory cannot be used, when a part that needs it is first asked for."""

    def __init__(self, path: Path, as_of: date) -> None:
        self.path = path
        self.as_of = as_of
        self._wanted: dict[str, frozenset[str]] = {}

    @cached_property
    def intent(self) -> Intent:
        from topology.inventory import load_intent  # noqa: PLC0415 - slow to import, and not needed for --help

        return load_intent(self.path)

    @cached_property
    def network(self) -> Network:
        from topology.network import build, load  # noqa: PLC0415

        return build(self.intent) if "intent" in self.__dict__ else load(self.path)

    @property
    def facts(self) -> Facts:
        return self.network.facts

    @property
    def design(self) -> Design:
        return self.network.design

    @cached_property
    def services(self) -> dict[str, ServiceIntent]:
        """What systems there are; the network was built from the same files, so that they hold no problem any more."""
        from topology.catalogue import load_services  # noqa: PLC0415

        return load_services([])

    # ------------------------------------------------------------------------------------------------------- by name

    @cached_property
    def sites(self) -> dict[tuple[Realm, str], Site]:
        return {(site.realm, site.key): site for site in self.facts.sites}

    @cached_property
    def devices(self) -> dict[str, Device]:
        return {device.name: device for device in self.facts.devices}

    @cached_property
    def rendered(self) -> frozenset[str]:
        return frozenset(self.design.names)

    @cache  # noqa: B019 - a city lives as long as the command
    def designed(self, name: str) -> DeviceDesign | None:
        """What the device is told, worked out when it is first asked for; None for one that is not rendered."""
        return self.design.device(name) if name in self.rendered else None

    def designs(self) -> Iterator[tuple[str, DeviceDesign]]:
        """The devices in focus that are told something, in order."""
        for name in self.shown():
            design = self.designed(name)
            if design is not None:
                yield name, design

    @cache  # noqa: B019
    def interfaces(self, name: str) -> dict[tuple[str, int], Interface]:
        """(port, VLAN tag or 0) -> interface, of the device's ports and their subinterfaces."""
        kinds = ("port", "subinterface", "management")
        design = self.designed(name)
        found = design.interfaces if design else ()
        return {(interface.ref.port, interface.ref.number): interface for interface in found if interface.ref.kind in kinds}

    @cached_property
    def parties(self) -> dict[str, Party]:
        return {party.id: party for party in self.facts.parties}

    @cached_property
    def organisations(self) -> dict[str, Organisation]:
        return {organisation.slug: organisation for organisation in self.facts.organisations}

    def service_name(self, slug: str) -> Name | None:
        service = self.services.get(slug)
        return service.name.name() if service else None

    def interface(self, end: Attachment) -> Interface | None:
        """The layer-3 interface where a cable or circuit ends, if there is one."""
        return self.interfaces(end.device).get((end.port, end.vlan or 0))

    # ------------------------------------------------------------------------------------------------------- sorting

    def site_order(self, realm: Realm, key: str | None) -> tuple[int, int, int, str]:
        """OUTER before INNER; the centre, then counties by number, each before its townships by number."""
        site = self.sites.get((realm, key)) if key else None
        if site is None:
            return REALMS.index(realm), -1, 0, key or ""
        county = self.sites.get((realm, site.county)) if site.county else None
        return REALMS.index(realm), county.number if county else 0, site.number if site.tier is Tier.TOWNSHIP else 0, site.key

    def device_order(self, name: str) -> tuple[Any, ...]:
        device = self.devices[name]
        return (*self.site_order(device.realm, device.site), natural(name))

    # --------------------------------------------------------------------------------------------------------- focus

    def focus(self, wanted: Mapping[str, Sequence[str]]) -> None:
        """Listings of devices and lines may leave out what these filters drop anyway: a county does not pay for the city.

        Filters that no device as a whole passes change nothing, so that what is wrong with them can be told from all rows.
        """
        self._wanted = {}
        wanted = {name: values for name, values in wanted.items() if name in _OF_A_DEVICE}
        known = union(*(self.of_device(name) for name in self.devices))
        if all(set(values) <= known[name] for name, values in wanted.items()):
            self._wanted = {name: frozenset(values) for name, values in wanted.items()}
            if not self.shown():
                self._wanted = {}

    def wants(self, facets: Facets) -> bool:
        return all(not facets.get(name, frozenset()).isdisjoint(values) for name, values in self._wanted.items())

    def shown(self) -> list[str]:
        """The devices in focus, in order."""
        return sorted((name for name in self.devices if self.wants(self.of_device(name))), key=self.device_order)

    # ------------------------------------------------------------------------------------------------ what filters see

    @cache  # noqa: B019
    def of_site(self, realm: Realm, key: str | None) -> Facets:
        site = self.sites.get((realm, key)) if key else None
        facets = {"realm": frozenset({realm.value})}
        if site is not None:
            facets |= {"site": frozenset({site.key}), "tier": frozenset({site.tier.value})}
            facets |= {"county": frozenset({site.county})} if site.county else {}
        return facets

    @cache  # noqa: B019
    def of_device(self, name: str) -> Facets:
        device = self.devices[name]
        own = {
            "role": frozenset({device.role.value}),
            "platform": frozenset({device.platform}),
            "tier": frozenset({device.tier.value}),
            "realm": frozenset({device.realm.value}),
        }
        return {**self.of_site(device.realm, device.site), **own}

    def of_devices(self, names: Iterable[str]) -> Facets:
        return union(*(self.of_device(name) for name in names))

    @cache  # noqa: B019
    def of_party(self, party_id: str) -> Facets:
        party = self.parties[party_id]
        own = {"tier": frozenset({party.tier.value}), "realm": frozenset({party.realm.value})}
        vrf = {"vrf": frozenset({party.vrf})} if party.vrf else {}
        return {**self.of_site(party.realm, party.site), **own, **vrf}

    def slug_of(self, option: str, value: str) -> str:
        """Filters take the Chinese name of a county or site too, or how it begins: its slug, else ``value`` itself."""
        if option not in ("county", "site") or value.isascii():
            return value
        sites = [site for site in self.facts.sites if option == "site" or site.tier is Tier.COUNTY]
        exact = {site.key for site in sites if site.name.zh == value}
        begun = exact or {site.key for site in sites if site.name.zh.startswith(value)}
        return begun.pop() if len(begun) == 1 else value
