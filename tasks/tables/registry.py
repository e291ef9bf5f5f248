"""Every listing by its name, in the order in which a workbook has them."""

from __future__ import annotations

from tasks.listing import Listing
from tasks.tables.addressing import ADDRESSES, VLANS, VRFS
from tasks.tables.coverage import CONSTRUCTS
from tasks.tables.decrees import APPROVALS, EXCEPTIONS, RETIRED, VERTICALS
from tasks.tables.lines import CABLES, CIRCUITS, LINKS
from tasks.tables.places import DEVICES, PORTS, SITES
from tasks.tables.traffic import CHANNELS, FLOWS, HOSTS, PARTIES, PEERS, SERVICES

LISTINGS: dict[str, Listing] = {
    listing.name: listing
    for listing in (
        SITES,
        DEVICES,
        PORTS,
        LINKS,
        CABLES,
        CIRCUITS,
        PEERS,
        ADDRESSES,
        VLANS,
        VRFS,
        PARTIES,
        HOSTS,
        SERVICES,
        FLOWS,
        CHANNELS,
        VERTICALS,
        APPROVALS,
        EXCEPTIONS,
        RETIRED,
        CONSTRUCTS,
    )
}
