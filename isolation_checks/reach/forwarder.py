"""A device as the reachability proof sees it: its routed interfaces, the groups that a policy tells apart, and what stands between two
groups.

No packet sets here: the proof computes with sets on this, and the replay of a witness walks it with single packets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from isolation_checks.reach.layer2 import Endpoint, Layer2
from isolation_checks.reading.values import address_range
from isolation_checks.snapshot import (
    Action,
    Applied,
    DestinationNat,
    DeviceConfig,
    Filter,
    Firewall,
    Hook,
    Interface,
    Ref,
    Rule,
    SourceNat,
    Ternary,
    Vlan,
    VrfLeak,
)

DSTNAT, SRCNAT = -100, 100
"""Priorities at which a Linux host translates (nftables)."""


class Door(NamedTuple):
    """A routed interface that is up and has an address. ``group``: its zone, or whatever else policies tell apart; "" where nothing
    does.
    """

    endpoint: Endpoint
    interface: Interface
    segment: int
    vrf: str
    group: str

    @property
    def addresses(self) -> tuple[int, ...]:
        """Its own, virtual ones first: they are what others are told."""
        return (*(item.ip for item in self.interface.virtual), *(item.ip for item in self.interface.addresses))


class Placed(NamedTuple):
    """A filter at a place: None where the reference leads to nothing, which lets everything through until somebody says otherwise."""

    filter: Filter | None
    applied: Applied


@dataclass(frozen=True)
class Forwarder:
    name: str
    config: DeviceConfig
    segment_of: dict[Endpoint, int]

    @cached_property
    def filters(self) -> dict[str, Filter]:
        return {item.name: item for item in self.config.filters}

    @cached_property
    def zone_of(self) -> dict[str, str]:
        firewall = self.config.firewall
        return {member.filter: zone.name for zone in firewall.zones for member in zone.interfaces} if firewall else {}

    @cached_property
    def doors(self) -> tuple[Door, ...]:
        found = []
        for item in self.config.interfaces:
            endpoint = Endpoint(self.name, item.name)
            if endpoint in self.segment_of and (item.addresses or item.unnumbered or item.dynamic_address):
                found.append(Door(endpoint, item, self.segment_of[endpoint], item.vrf or "", self._group(item)))
        return tuple(found)

    def _group(self, item: Interface) -> str:
        if self.config.firewall is not None:
            return self.zone_of.get(item.name, f"?{item.name}")
        return item.name if self.by_interface else ""

    @cached_property
    def by_interface(self) -> bool:
        """Whether what may pass depends on where it came in: some forward chain names in interfaces, or there are sessions or
        translations.
        """
        return bool(
            any(rule_names_in(self.filters, self.filters.get(hook.filter)) for hook in self._hooks("forward", "postrouting"))
            or self.stateful
            or self.config.source_nat
            or self.config.destination_nat
        )

    @cached_property
    def stateful(self) -> bool:
        """Whether the device keeps sessions: by zones, or by connection tracking."""
        firewall = self.config.firewall
        if firewall is not None and any(rule.stateful for rule in firewall.rules):
            return True
        return any(self._tracks(self.filters.get(hook.filter), ()) for hook in self._hooks("forward"))

    @property
    def stray(self) -> str:
        """The state that connection tracking gives a TCP packet that opens nothing and belongs to no session; loosely, unless told not to,
        it is taken for the rest of a session from before.
        """
        return "invalid" if dict(self.config.facts).get("tcp_loose") == "0" else "new"

    def _tracks(self, item: Filter | None, seen: tuple[str, ...]) -> bool:
        if item is None or item.name in seen:
            return False
        return any(
            any(match.states is not None for match in rule.matches) or self._tracks(self.filters.get(rule.target), (*seen, item.name))
            for rule in item.rules
        )

    def _hooks(self, *stages: str) -> list[Hook]:
        return [hook for hook in self._ordered_hooks if hook.stage in stages] if self._ordered_hooks else []

    @cached_property
    def _ordered_hooks(self) -> list[Hook]:
        return sorted(self.config.hooks, key=lambda hook: hook.priority)

    @cached_property
    def _filtered_vlans(self) -> list[Vlan]:
        return [vlan for vlan in self.config.vlans if vlan.filters_in or vlan.filters_out]

    def entries(self, vrf: str, group: str) -> list[Door]:
        """The doors by which packets of a group may come into a VRF. Where VRFs leak, they may have come in by doors of other ones."""
        key = "" if self.leaks else vrf, group
        found = self._entries.get(key)
        if found is None:
            found = self._entries[key] = [door for door in self.doors if door.group == group and (door.vrf == vrf or self.leaks)]
        return found

    @cached_property
    def _entries(self) -> dict[tuple[str, str], list[Door]]:
        return {}

    # ------------------------------------------------------------------------------------------------ filters, in the order of a packet's
    # way

    def entry(self, door: Door) -> list[Placed]:
        """What a packet meets when it comes in, before any translation."""
        return [
            *(self.placed(applied) for applied in (*door.interface.filters_in, *self._vlan(door, "filters_in"), *self.config.global_in)),
            *(self._hooked(hook) for hook in self._hooks("ingress", "prerouting") if hook.stage == "ingress" or hook.priority < DSTNAT),
        ]

    def after_translation(self, door: Door) -> list[Placed]:
        """What it meets after its destination was translated and before a way out is chosen."""
        return [self._hooked(hook) for hook in self._hooks("prerouting") if hook.priority >= DSTNAT]

    def crossing(self) -> list[Placed]:
        return [self._hooked(hook) for hook in self._hooks("forward")]

    def exit(self, door: Door) -> list[Placed]:
        """What it meets on the way out, its source translated already (a Linux host looks before it translates: see `before_source`)."""
        return [
            self.placed(applied) for applied in (*self.config.global_out, *self._vlan(door, "filters_out"), *door.interface.filters_out)
        ]

    def before_source(self) -> list[Placed]:
        return [self._hooked(hook) for hook in self._hooks("postrouting")]

    def to_local(self) -> list[Placed]:
        return [self._hooked(hook) for hook in self._hooks("input")]

    def _vlan(self, door: Door, which: str) -> Iterable[Applied]:
        for vlan in self._filtered_vlans:
            if any(first <= vlan.id <= last for first, last in door.interface.vlans):
                yield from getattr(vlan, which)

    def placed(self, applied: Applied) -> Placed:
        return Placed(self.filters.get(applied.filter), applied)

    def _hooked(self, hook: Hook) -> Placed:
        return Placed(self.filters.get(hook.filter), Applied(hook.filter, hook.ref))

    # ------------------------------------------------------------------------------------------------ policy between zones

    def policy(self, source: str, target: str) -> Filter | None:
        """The rules between two zones (or a zone and the device's own) as one filter; None where nothing stands between."""
        firewall = self.config.firewall
        if firewall is None:
            return None
        found = self._policies.get((source, target))
        if found is None:
            found = self._policies[source, target] = self._between(firewall, source, target)
        return found

    @cached_property
    def _policies(self) -> dict[tuple[str, str], Filter]:
        return {}

    def _between(self, firewall: Firewall, source: str, target: str) -> Filter:
        rules: list[Rule] = []
        if source != target or firewall.within_checked:
            rules = [
                rule.rule
                for rule in firewall.rules
                if (rule.from_zones is None or source in rule.from_zones) and (rule.to_zones is None or target in rule.to_zones)
            ]
        return Filter(f"{source} -> {target}", "policy", tuple(rules), self._default(source, target), firewall.default_ref or self._start)

    def _default(self, source: str, target: str) -> Action:
        firewall = self.config.firewall
        assert firewall is not None
        if source.startswith("?") or target.startswith("?"):
            return firewall.unzoned
        if target == firewall.local:
            return firewall.to_local
        if source == firewall.local:
            return firewall.from_local
        return firewall.within if source == target else firewall.between

    @cached_property
    def _start(self) -> Ref:
        return Ref(self.config.files[0] if self.config.files else self.name, 1)

    @cached_property
    def keeps_sessions(self) -> bool:
        """Whether what passes opens sessions: by policy, by connection tracking, or because a translation has to be undone."""
        return self.stateful or bool(self.config.source_nat or self.config.destination_nat)

    # ------------------------------------------------------------------------------------------------ translations

    def destination_nat(self, door: Door) -> list[DestinationNat]:
        return [
            item
            for item in self.config.destination_nat
            if item.interface in (None, door.interface.name) and (item.from_zones is None or door.group in item.from_zones)
        ]

    def source_nat(self, source: str, door: Door) -> list[SourceNat]:
        """In order; then what one-to-one and reversible server mappings do to connections from inside."""
        listed = [
            item
            for item in self.config.source_nat
            if item.interface in (None, door.interface.name)
            and (item.from_zones is None or source in item.from_zones)
            and (item.to_zones is None or door.group in item.to_zones)
        ]
        return [
            *listed,
            *(item for item in self._reversed if item.interface in (None, door.interface.name)),
        ]

    @cached_property
    def _reversed(self) -> list[SourceNat]:
        return [_reversed(item) for item in self.config.destination_nat if item.reverse]

    def own_addresses(self, vrf: str | None = None) -> dict[int, Interface]:
        """Addresses that the device answers to, virtual ones included, by the interface that holds them."""
        found = self._owned.get(vrf)
        if found is None:
            found = self._owned[vrf] = self._own(vrf)
        return found

    @cached_property
    def _owned(self) -> dict[str | None, dict[int, Interface]]:
        return {}

    def _own(self, vrf: str | None) -> dict[int, Interface]:
        found: dict[int, Interface] = {}
        for item in self.config.interfaces:
            if item.shutdown is None and (vrf is None or (item.vrf or "") == vrf):
                found |= dict.fromkeys((address.ip for address in item.addresses), item)
                found |= dict.fromkeys((address.ip for address in item.virtual), item)
        return found

    @property
    def leaks(self) -> tuple[VrfLeak, ...]:
        return self.config.leaks


def _reversed(item: DestinationNat) -> SourceNat:
    inside = address_range(*item.inside)
    matches = tuple(
        match._replace(src=inside, dst=None, sports=item.inside_ports and (item.inside_ports,), dports=None) for match in item.matches
    )
    pool = tuple(span for match in item.matches for span in (spans(match.dst) if match.dst else ()))
    return SourceNat(item.name, "translate", matches, item.interface, None, None, pool, item.own_address, False, True, item.ref)


def spans(addresses: Iterable[Ternary]) -> Iterable[tuple[int, int]]:
    """Inclusive ranges around each Ternary: exact for prefixes, wider for wildcards with holes."""
    for value, mask in addresses:
        yield value, value | (mask ^ 0xFFFFFFFF)


def rule_names_in(filters: dict[str, Filter], item: Filter | None, seen: tuple[str, ...] = ()) -> bool:
    """Whether any rule of a filter, or of one that it jumps to, asks for the in interface."""
    if item is None or item.name in seen:
        return False
    return any(
        any(match.in_interfaces is not None for match in rule.matches)
        or (rule.target and rule_names_in(filters, filters.get(rule.target), (*seen, item.name)))
        for rule in item.rules
    )


def forwarders(configs: Mapping[str, DeviceConfig], layer2: Layer2) -> dict[str, Forwarder]:
    return {name: Forwarder(name, config, layer2.segment_of) for name, config in sorted(configs.items())}
