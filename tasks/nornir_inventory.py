"""The city as a Nornir inventory, for our own tasks and for anybody's script:

    nornir = InitNornir(inventory={"plugin": "GovnetInventory", "options": {"path": "inventory/guiyang"}})
    nornir.filter(F(realm="outer") & F(county="qingzhen")).run(task=…)

A host's ``hostname`` is its management address, ``platform`` what netmiko calls it (NAPALM's name stands in its connection options). Data:
realm, tier, role, county, site, model, platform, management, name_zh and name_en (of the site), city, and ``design``, everything that the
device has to be told, worked out when it is asked for. Groups: ``realm_outer``, ``tier_township``, ``county_qingzhen``, ``role_core`` …
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from nornir.core.inventory import ConnectionOptions, Defaults, Group, Groups, Host, Hosts, Inventory, ParentGroups

from topology.design import DeviceDesign
from topology.facts import Device, Site
from topology.network import Network, load

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
        network = load(self._path)
        return inventory(network, network.design.names)


def inventory(network: Network, devices: Iterable[str]) -> Inventory:
    """The named devices as hosts, with their groups."""
    facts = network.facts
    defaults = Defaults(data={"city": facts.slug})
    groups: dict[str, Group] = {}
    known = {device.name: device for device in facts.devices}
    sites = {(site.realm, site.key): site for site in facts.sites}
    hosts = Hosts()
    for name in devices:
        device = known[name]
        hosts[name] = _host(network, device, sites[device.realm, device.site], groups, defaults)
    return Inventory(hosts, Groups(groups), defaults)


def _host(network: Network, device: Device, site: Site, groups: dict[str, Group], defaults: Defaults) -> Host:
    values = {
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
    parents = ParentGroups(_group(groups, f"{key}_{values[key]}", defaults) for key in _GROUPED if values[key])
    napalm = _NAPALM.get(device.platform)
    return Host(
        device.name,
        hostname=str(network.design.managed_at[device.name].ip),
        platform=_NETMIKO.get(device.platform),
        groups=parents,
        data=HostData(values, lambda: network.design.device(device.name)),
        connection_options={"napalm": ConnectionOptions(platform=napalm)} if napalm else {},
        defaults=defaults,
    )


def _group(groups: dict[str, Group], name: str, defaults: Defaults) -> Group:
    if name not in groups:
        groups[name] = Group(name, defaults=defaults)
    return groups[name]
