"""Who stands above whom in the picture of one place (left of whom, where it runs sideways): smaller numbers come first."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from topology.diagram.city import GATEKEEPER, City, place_of
from topology.facts import Device, Realm, Role, Tier

ONE_SIDE = 6
"""More access switches than this stand on both sides of what they hang on, half of them on each."""

# From the Internet down to the terminals.
_LEVEL: dict[str, int] = {
    Role.BORDER_ROUTER: 10,
    Role.BORDER_SWITCH: 20,
    Role.EGRESS_FIREWALL: 30,
    Role.EXIT_FIREWALL: 30,
    Role.CORE: 40,
    Role.AGGREGATION: 46,
    Role.DMZ_SWITCH: 47,
    Role.HOSTING_FIREWALL: 50,
    Role.HOSTING_SWITCH: 60,
    Role.ACCESS: 60,
    Role.NOC: 60,
    Role.COUNTY_ROUTER: 60,
    Role.HOST_UNIT: 70,
    Role.DISTRIBUTION: 70,
    Role.TOWNSHIP_ROUTER: 70,
    Role.OOB: 70,
    Role.CONSOLE_SERVER: 75,
    Role.CLOCK: 80,
}
_PEER, _PARTY = 0, 100

# A pair in two columns, and what both of them lead to between them: so the two lines of a township or a county leave it on two sides,
# and none crosses another. Before the first column stand agencies and their switch.
_DISTRIBUTED, _DISTRIBUTION, _BEFORE, _FIRST, _BETWEEN, _SECOND, _BEYOND, _LAST = 20, 30, 50, 60, 70, 80, 90, 100

_PAIRS = {
    "core": (Role.CORE, Role.AGGREGATION),
    "hosting": (Role.HOSTING_SWITCH, Role.HOSTING_FIREWALL),
}


class Levels:
    """The levels of one place. ``sideways``: its picture runs from left to right; ``framed``: its own devices have a frame around them;
    ``paired``: neighbours stand on both sides of it."""

    def __init__(self, city: City, place: str, home: dict[str, Device], tier: Tier) -> None:
        self._city, self._home, self._tier = city, home, tier
        self._gatekeeper = place == GATEKEEPER
        self._part = place.partition(".")[2]
        self._second = frozenset(self._seconds())
        access = [d.name for d in home.values() if d.role is Role.ACCESS] if self._part == "access" else []
        self._left = frozenset(access[: len(access) // 2]) if len(access) > ONE_SIDE else frozenset()
        self.sideways = tier is Tier.COUNTY or self._part in ("core", "hosting", "access")
        self.paired = tier is Tier.COUNTY or self._part in _PAIRS
        self.framed = self._part not in _PAIRS and not self._left

    def _seconds(self) -> Iterable[str]:
        """The second of each pair. A county's only inner router is no pair."""
        roles = (Role.COUNTY_ROUTER,) if self._tier is Tier.COUNTY else _PAIRS.get(self._part, ())
        for role in roles:
            yield from [
                d.name for d in self._home.values() if d.role is role and (role is not Role.COUNTY_ROUTER or d.realm is Realm.OUTER)
            ][1::2]

    def device(self, device: Device) -> int:
        """Of a device at home or next to it."""
        if self._gatekeeper and device.realm is Realm.INNER:
            return _SECOND if device.role is Role.HOST_UNIT else _BEYOND
        if self._tier is Tier.TOWNSHIP and device.role is Role.ACCESS:
            return _SECOND
        if self._tier is Tier.COUNTY:
            return self._in_county(device)
        if self._part in _PAIRS:
            return self._in_pairs(device)
        return _DISTRIBUTION if device.name in self._left else _LEVEL.get(device.role, _FIRST)

    def _in_county(self, device: Device) -> int:
        if device.name in self._second:
            return _SECOND
        if device.name in self._home:
            return _DISTRIBUTION if device.role is Role.DISTRIBUTION else _FIRST
        return _BEYOND if self._is_second(device) else _DISTRIBUTION

    def _in_pairs(self, device: Device) -> int:
        """Switches or routers around what they serve, firewalls outside of them, what is above outside of these."""
        outside = device.role is Role.HOSTING_FIREWALL
        if device.name in self._second:
            return _BEYOND if outside else _SECOND
        if device.name in self._home:
            return _BEFORE if outside else _FIRST
        if device.role is Role.HOST_UNIT:
            return _BETWEEN
        return _LAST if self._is_second(device) else _DISTRIBUTION

    def _is_second(self, neighbour: Device) -> bool:
        """Whether a neighbour belongs on the second's side: it leads only there, or to both and is itself the second of two."""
        if self._leads_only_to(neighbour, self._second):
            return True
        if self._leads_only_to(neighbour, set(self._home) - self._second):
            return False
        alike = [d.name for d in self._city.residents[place_of(neighbour)] if d.role is neighbour.role]
        return bool(alike.index(neighbour.name) % 2)

    def _leads_only_to(self, device: Device, names: Collection[str]) -> bool:
        ours = {end.device for line in self._city.lines_of[device.name] for end in line.ends()} & set(self._home)
        return bool(ours) and ours <= set(names)

    def box(self) -> int:
        """Of a neighbouring place that is drawn as one box."""
        return _LEVEL[Role.CORE] if self._part == "noc" else _BETWEEN

    def party(self, at: Iterable[Device]) -> int:
        """Of a party that enters at these devices."""
        devices = list(at)
        if devices[0].name in self._left or (self._tier is Tier.COUNTY and any(d.role is Role.DISTRIBUTION for d in devices)):
            return _DISTRIBUTED
        return _BETWEEN if self._part in _PAIRS else _PARTY

    def peer(self, at: Collection[str]) -> int:
        """Of a peer whose lines end at the devices ``at``: before everything, or beyond the second of a pair."""
        return _LAST if at and set(at) <= self._second else _PEER
