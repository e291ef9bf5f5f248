"""What a platform calls the interfaces of a device."""

from __future__ import annotations

from templates.platforms import Platform
from topology.design import DeviceDesign, Kind, Ref


class InterfaceNames:
    """Names of one device's interfaces on one platform, worked out when asked for. ``stand_in``: in place of the device's own platform."""

    def __init__(self, design: DeviceDesign, platform: Platform, stand_in: bool = False) -> None:
        names = self._patterns = platform.names
        self._port = (stand_in and names.stand_in_port) or names.port
        self._management = (stand_in and names.stand_in_management) or names.management
        self._ports = {port.name: port for port in design.device.model.ports}
        every_lag_routes = not design.device.model.switching
        self._routed = frozenset(i.ref.number for i in design.interfaces if i.ref.kind is Kind.LAG and (i.routed or every_lag_routes))
        longest = platform.limits.get("interface_name")
        self._longest = longest if isinstance(longest, int) else 0
        self._known: dict[Ref, str] = {}

    def __call__(self, ref: Ref | str) -> str:
        """``ref`` as the platform writes it; a plain string is the name of a physical port (members of a LAG)."""
        if isinstance(ref, str):
            return self._physical(ref)
        name = self._known.get(ref)
        if name is None:
            name = self._known[ref] = self._short_enough(self._name(ref))
        return name

    def _short_enough(self, name: str) -> str:
        if self._longest and len(name) > self._longest:
            raise ValueError(f"interface name {name!r} is longer than {self._longest} characters")
        return name

    def _name(self, ref: Ref) -> str:
        patterns = self._patterns
        match ref.kind:
            case Kind.PORT | Kind.MANAGEMENT:
                return self._physical(ref.port)
            case Kind.SUBINTERFACE:
                parent = self._lag(ref.lag) if ref.lag else self._physical(ref.port)
                return patterns.subinterface.format(parent=parent, number=ref.number)
            case Kind.VLAN:
                return patterns.vlan.format(number=ref.number)
            case Kind.LOOPBACK:
                pattern = patterns.loopback if ref.number or not patterns.loopback_first else patterns.loopback_first
                return pattern.format(number=ref.number)
            case Kind.LAG:
                return self._lag(ref.number)

    def _lag(self, number: int) -> str:
        routed = self._patterns.lag_routed if number in self._routed else None
        return (routed or self._patterns.lag).format(number=number)

    def _physical(self, name: str) -> str:
        port = self._ports.get(name)
        if port is None:
            raise ValueError(f"the chassis has no port {name!r}")
        pattern = self._management if port.kind == "management" else self._port
        return pattern.format(port=name, index=port.index)
