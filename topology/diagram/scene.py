"""What a picture shows, before anybody knows where: nodes, edges and groups of one view, its words in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from topology.facts import Medium, Realm


class Kind(StrEnum):
    """What a node is drawn as."""

    DEVICE = "device"
    STRIP = "strip"  # a device with its ports as cells on its upper and lower edge
    PLACE = "place"  # a site, or a part of the municipal centre, seen from outside
    PEER = "peer"
    PARTY = "party"


@dataclass(frozen=True, slots=True)
class Port:
    """A cell of a strip. ``upper``: its line leaves upwards."""

    name: str
    note: str  # its address, or nothing
    upper: bool
    planned: bool


@dataclass(frozen=True, slots=True)
class Node:
    """``card`` names what the side panel tells about it; ``opens`` the view that a click leads to, empty where there is none."""

    id: str
    kind: Kind
    icon: str
    realm: Realm | None  # None: between the realms (a gatekeeper)
    title: str
    notes: tuple[str, ...]
    card: str
    opens: str = ""
    group: str = ""
    rank: str = ""  # nodes of one rank stand in one row
    planned: bool = False
    away: bool = False  # belongs to another view
    ports: tuple[Port, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A line, or several of one kind drawn as one. ``tail`` stands above ``head`` unless ``level``."""

    tail: str
    head: str
    realm: Realm | None
    use: str
    medium: Medium | None
    planned: bool
    label: str
    card: str
    title: str  # what it is, for the tooltip and for those who cannot see it
    tail_port: int | None = None  # index into the strip's ports
    head_port: int | None = None
    level: bool = False  # between equals: does not push one below the other
    unseen: bool = False  # only holds the layout together; with `level`, tail is to stand before head


@dataclass(frozen=True, slots=True)
class Group:
    """A frame around nodes."""

    id: str
    title: str
    realm: Realm | None
    away: bool = False
    parent: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """One picture. ``parent`` is the view that it is a part of: the breadcrumb."""

    id: str
    title: str
    parent: str
    card: str
    sideways: bool  # ranks are columns from left to right
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    groups: tuple[Group, ...]
