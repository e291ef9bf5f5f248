"""The listing of constructs: what a rule, a template or a plan can speak of, with one example of this city each."""

from __future__ import annotations

from collections.abc import Iterator

from tasks.listing import Column, Listing, Row
from tasks.tables.city import City, place
from tasks.tables.words import GROUP, STATE, word
from topology.i18n import T


def _constructs(city: City) -> Iterator[Row]:
    from tasks.constructs import constructs  # noqa: PLC0415 - imports every intent model

    for construct in constructs(city):
        example = construct.example
        state = "found" if example else "left-out" if construct.left_out else "missing"
        cells = (
            word(GROUP, construct.group),
            construct.id,
            construct.left_out or construct.meaning,
            word(STATE, state),
            construct.count,
            example.what if example else None,
            place(example.origin) if example else None,
        )
        yield Row(cells, {})


CONSTRUCTS = Listing(
    "constructs",
    T("Constructs"),
    (),
    (
        Column("group", T("Group")),
        Column("construct", T("Construct")),
        Column("meaning", T("Meaning")),
        Column("state", T("State")),
        Column("count", T("Count")),
        Column("example", T("Example")),
        Column("place", T("Inventory")),
    ),
    _constructs,
)
