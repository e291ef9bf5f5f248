"""The city as a Nornir inventory, for our own tasks and for anybody's script:

    nornir = InitNornir(inventory={"plugin": "GovnetInventory", "options": {"path": "inventory/guiyang"}})
    nornir.filter(F(realm="outer") & F(county="qingzhen")).run(task=…)

A host's ``hostname`` is its management address, ``platform`` what netmiko calls it (NAPALM's name stands in its connection options). Data:
realm, tier, role, county, site, model, platform, management, name_zh and name_en (of the site), city, and ``design``, everything that the
device has to be told, worked out when it is asked for. Groups: ``realm_outer``, ``tier_township``, ``county_qingzhen``, ``role_core`` …
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from nornir.core.inventory import ConnectionOptions, Defaults, Group, Groups, Host, Hosts, Inventory, ParentGroups

from topology.design import Design, DeviceDesign
from topology.facts import Device, Facts, Site
from topology.network import directory, load

_NETMIKO = {
    "huawei_vrp": "huawei",
    "huawei_usg": "huawei",
    "h3c_comware": "hp_comware",
    "h3c_secpath": "hp_comware",
    "cisco_ios": "cisco_ios",
    "frr": "linux",
    "host_unit": "linux",
}
_NAPALM = {"huawei_vrp": "huawei_vrp", "h3c_comware": "h3c_comware", "cisco_ios": "ios"}
_GROUPED = ("realm", "tier", "county", "role", "platform")


class HostData(dict[str, Any]):
    """A host's data; ``design`` joins it when it is first asked for."""

    __slots__ = ("_design",)

    def __init__(self, values: Mapping[str, Any], design: Callable[[], DeviceDesign]) -> None:
        super().__init__(values)
        self._design = design

    def __missing__(self, key: str) -> DeviceDesign:
        if key != "design":
            raise KeyError(key)
        design = self["design"] = self._design()
        return design


class GovnetInventory:
    """The inventory plugin. Raises InventoryError with every problem of the folder."""

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)

    def load(self) -> Inventory:
        """All configured devices. The designs are not looked into before one is asked for; then what is wrong in them is raised."""
        known = directory(self._path)

        @cache
        def design() -> Design:
            return load(self._path).design

        return inventory(known.facts, known.managed_at, lambda name: design().device(name), known.managed_at)


def inventory(
    facts: Facts, managed_at: Mapping[str, IPv4Address], design: Callable[[str], DeviceDesign], devices: Iterable[str]
) -> Inventory:
    """The named devices as hosts, with their groups."""
    known = {device.name: device for device in facts.devices}
    sites = {(site.realm, site.key): site for site in facts.sites}
    defaults = Defaults(data={"city": facts.slug})
    hosts, groups = Hosts(), Groups()
    for name in devices:
        data = HostData(_values(known[name], sites[known[name].realm, known[name].site]), partial(design, name))
        parents = ParentGroups(_group(groups, f"{key}_{data[key]}", defaults) for key in _GROUPED if data[key])
        hosts[name] = _host(known[name], managed_at[name], data, parents, defaults)
    return Inventory(hosts, groups, defaults)


def _values(device: Device, site: Site) -> dict[str, Any]:
    return {
        "realm": device.realm.value,
        "tier": device.tier.value,
        "role": device.role.value,
        "county": site.county,
        "site": device.site,
        "model": device.model.name,
        "platform": device.platform,
        "management": device.management,
        "name_zh": site.name.zh,
        "name_en": site.name.en,
    }


def _host(device: Device, address: IPv4Address, data: HostData, parents: ParentGroups, defaults: Defaults) -> Host:
    napalm = _NAPALM.get(device.platform)
    return Host(
        device.name,
        hostname=str(address),
        platform=_NETMIKO.get(device.platform),
        groups=parents,
        data=data,
        connection_options={"napalm": ConnectionOptions(platform=napalm)} if napalm else {},
        defaults=defaults,
    )


def _group(groups: Groups, name: str, defaults: Defaults) -> Group:
    if name not in groups:
        groups[name] = Group(name, defaults=defaults)
    return groups[name]
