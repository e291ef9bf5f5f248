"""A plan's wires as containerlab's links: pairs of interfaces, some of which end in the node of the bridges.

The plan gives every VLAN of a port a wire of its own, since not every kernel can tag. A vendor's image knows sockets only and does tag: its
sockets lead into the node of the bridges, which takes the tags off there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lab.images import ImageNode
from lab.plan import End, LabPlan, bridge_port

LinkEnd = tuple[str, str]
"""(node of the plan, or "" for the node of the bridges; interface)"""


@dataclass(frozen=True, slots=True)
class BridgePort:
    """A port of a bridge. With a tag it is made there, on ``parent``; without, it is the end of a link."""

    name: str
    parent: str = ""
    tag: int = 0


@dataclass
class Wiring:
    """What containerlab has to link, and what the node of the bridges does with its ends."""

    links: list[tuple[LinkEnd, LinkEnd]] = field(default_factory=list)
    bridges: dict[str, list[BridgePort]] = field(default_factory=dict)
    trunks: dict[str, LinkEnd] = field(default_factory=dict)  # port of the node of the bridges -> socket of an image
    unconnected: list[End] = field(default_factory=list)  # of images, without a socket that a lab can reach

    @property
    def switch_ports(self) -> list[str]:
        """The interfaces of the node of the bridges that links bring."""
        return list(dict.fromkeys([*self.trunks, *(port.name for ports in self.bridges.values() for port in ports if not port.tag)]))


@dataclass(frozen=True, slots=True)
class _Socket:
    """Where an end is on an image: the container's interface (None: nowhere), and the VLAN tag there."""

    interface: str | None
    tag: int


def wiring(plan: LabPlan, images: Mapping[str, ImageNode]) -> Wiring:
    """The links of a plan, of which the devices in ``images`` run a vendor's image."""
    return _Weaver(plan, images).wiring()


class _Weaver:
    def __init__(self, plan: LabPlan, images: Mapping[str, ImageNode]) -> None:
        self._plan = plan
        self._images = images
        self._wiring = Wiring()
        self._trunks: dict[LinkEnd, str] = {}
        self._tagging = set(self._tagged_sockets())

    def wiring(self) -> Wiring:
        for number, link in enumerate(self._plan.links, 1):
            ends = [end for end in (link.a, link.b) if self._reachable(end)]
            if len(ends) < 2:
                continue
            if any(self._tags(end) for end in ends):
                self._bridge(f"w{number}", [(end, f"q{number}x{index}") for index, end in enumerate(ends)])
            else:
                self._wiring.links.append((self._at(link.a), self._at(link.b)))
        for bridge in self._plan.bridges:
            named = [(end, bridge_port(bridge, index)) for index, end in enumerate(bridge.ends)]
            self._bridge(bridge.name, [(end, name) for end, name in named if self._reachable(end)])
        self._fill()
        return self._wiring

    def _fill(self) -> None:
        """Links for the sockets of images below the last one that is in use: some of them count their ports by the links that they find."""
        used = {end for pair in self._wiring.links for end in pair}
        for device in self._images:
            numbers = [int(interface.removeprefix("eth")) for node, interface in used if node == device]
            for number in range(1, max(numbers, default=0)):
                if (device, f"eth{number}") not in used:
                    self._trunk((device, f"eth{number}"))

    def _bridge(self, name: str, ends: list[tuple[End, str]]) -> None:
        ports = self._wiring.bridges.setdefault(name, [])
        for end, port in ends:
            if not self._tags(end):
                self._wiring.links.append((self._at(end), ("", port)))
                ports.append(BridgePort(port))
                continue
            trunk = self._trunk(self._at(end))
            tag = self._socket(end).tag
            ports.append(BridgePort(f"{trunk}.{tag}", trunk, tag) if tag else BridgePort(trunk))

    def _trunk(self, socket: LinkEnd) -> str:
        """The port of the node of the bridges that an image's socket leads to."""
        if socket not in self._trunks:
            name = self._trunks[socket] = f"t{len(self._trunks) + 1}"
            self._wiring.trunks[name] = socket
            self._wiring.links.append((socket, ("", name)))
        return self._trunks[socket]

    def _tagged_sockets(self) -> Iterator[LinkEnd]:
        for end in self._plan.ends:
            if self._image(end) is not None and self._socket(end).tag:
                yield self._at(end)

    def _tags(self, end: End) -> bool:
        """Whether anything on the end's socket is tagged."""
        return self._image(end) is not None and self._at(end) in self._tagging

    def _reachable(self, end: End) -> bool:
        if self._image(end) is not None and self._socket(end).interface is None:
            self._wiring.unconnected.append(end)
            return False
        return True

    def _at(self, end: End) -> LinkEnd:
        if self._image(end) is None:
            return end.node, end.interface
        return self._plan.node(end.node).device, self._socket(end).interface or ""

    def _image(self, end: End) -> ImageNode | None:
        return self._images.get(self._plan.node(end.node).device)

    def _socket(self, end: End) -> _Socket:
        image = self._image(end)
        assert image is not None
        stand_in, _, tag = end.interface.partition(".")
        return _Socket(image.by_stand_in.get(stand_in), int(tag or 0))
