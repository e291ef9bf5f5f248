"""Devices with their ports: where few enough lines leave a device, each of them gets a cell with the port's name and address."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from topology.diagram.city import City, natural
from topology.diagram.scene import Edge, Kind, Node, Port
from topology.diagram.words import short_port
from topology.facts import Attachment
from topology.i18n import T

PORTS = 10
DEVICES = 12
"""Up to so many lines a device, and so many devices, a view shows the ports themselves."""

Ends: TypeAlias = "tuple[Attachment | None, Attachment | None]"


def strips(city: City, nodes: list[Node], edges: list[tuple[Edge, Ends]], lang: str) -> tuple[list[Node], list[Edge]]:
    """The same nodes and edges, with ports; unchanged where that would be too many."""
    home = {n.id for n in nodes if n.kind is Kind.DEVICE and not n.away}
    cells: dict[str, dict[Attachment, Port]] = {node: {} for node in home}
    for edge, (tail, head) in edges:
        for node, end, upper in ((edge.tail, tail, edge.level), (edge.head, head, True)):
            if end and node in home:
                cells[node].setdefault(end, _cell(city, end, upper, edge.planned))
    if len(home) > DEVICES or any(len(of) > PORTS for of in cells.values()):
        return nodes, [edge for edge, _ in edges]
    cells = {node: dict(sorted(of.items(), key=lambda cell: natural(str(cell[0])))) for node, of in cells.items()}
    order = {node: {end: n for n, end in enumerate(of)} for node, of in cells.items()}
    with_ports = [_with_ports(city, n, tuple(cells[n.id].values()), lang) if cells.get(n.id) else n for n in nodes]
    return with_ports, [_attached(edge, ends, order) for edge, ends in edges]


def _with_ports(city: City, node: Node, ports: tuple[Port, ...], lang: str) -> Node:
    device = city.devices[node.id.removeprefix("device:")]
    total = sum(port.kind == "data" for port in device.model.ports)
    note = T("ports: {used} of {total} in use", used=len(city.used_ports(device.name)), total=total).render(lang)
    return replace(node, kind=Kind.STRIP, ports=ports, notes=(*node.notes, note))


def _cell(city: City, end: Attachment, upper: bool, planned: bool) -> Port:
    channel = f".{end.vlan}" if end.vlan is not None else f":{end.timeslot}" if end.timeslot is not None else ""
    return Port(short_port(end.port) + channel, city.interface_at(end), upper, planned)


def _attached(edge: Edge, ends: Ends, order: dict[str, dict[Attachment, int]]) -> Edge:
    tail, head = (order.get(node, {}).get(end) if end else None for node, end in zip((edge.tail, edge.head), ends, strict=True))
    return replace(edge, tail_port=tail, head_port=head)
