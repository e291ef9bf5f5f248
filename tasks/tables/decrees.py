"""What people decided: vertical networks, approvals, exceptions, numbers that are never used again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from tasks.listing import Cell, Column, Listing, Row, Word
from tasks.tables.city import REALMS, City, place, union
from tasks.tables.words import APPROVAL, MODE, REALM, STATE, word
from topology.facts import Approval
from topology.i18n import T

WARN_DAYS = 365
"""An approval that ends within a year is worth a word: a new one takes months."""


def state_of(approval: Approval, as_of: date) -> Word | None:
    """valid | expires-soon | expired | not-yet-valid. The day of expiry itself is still good."""
    if approval.expires < as_of:
        return word(STATE, "expired")
    if approval.granted > as_of:
        return word(STATE, "not-yet-valid")
    return word(STATE, "expires-soon" if (approval.expires - as_of).days <= WARN_DAYS else "valid")


def _approvals(city: City) -> Iterator[Row]:
    used = _used(city)
    for approval in sorted(city.facts.approvals, key=lambda approval: (approval.expires, approval.slug)):
        by = city.organisations.get(approval.by)
        cells: tuple[Cell, ...] = (
            approval.slug,
            word(APPROVAL, approval.kind),
            by.name if by else approval.by,
            approval.reference,
            approval.granted,
            approval.expires,
            state_of(approval, city.as_of),
            (approval.expires - city.as_of).days,
            tuple(used[approval.slug]),
            place(approval.origin),
        )
        yield Row(cells, {})


def _used(city: City) -> dict[str, list[str]]:
    used: dict[str, list[str]] = defaultdict(list)
    for exception in city.facts.exceptions:
        used[exception.approval].append(f"{exception.rule} {exception.subject}")
    for vertical in city.facts.verticals:
        used[vertical.approval or ""].append(f"{vertical.realm.value}:{vertical.slug}")
    for way_out in city.facts.exits:
        used[way_out.approval].append(f"exit {way_out.slug}")
    for channel in city.facts.channels:
        used[channel.approval].append(f"channel {channel.id}")
    return used


APPROVALS = Listing(
    "approvals",
    T("Approvals"),
    (),
    (
        Column("approval", T("Approval")),
        Column("kind", T("Kind")),
        Column("by", T("By")),
        Column("reference", T("Document")),
        Column("granted", T("Granted")),
        Column("expires", T("Expires")),
        Column("state", T("State")),
        Column("days_left", T("Days left")),
        Column("used_by", T("Used by")),
        Column("place", T("Inventory")),
    ),
    _approvals,
)


def _exceptions(city: City) -> Iterator[Row]:
    approvals = {approval.slug: approval for approval in city.facts.approvals}
    for exception in sorted(city.facts.exceptions, key=lambda exception: (exception.rule, exception.subject)):
        approval = approvals.get(exception.approval)
        cells: tuple[Cell, ...] = (
            exception.rule,
            exception.subject,
            exception.reason,
            exception.approval,
            approval.expires if approval else None,
            state_of(approval, city.as_of) if approval else None,
            place(exception.origin),
        )
        yield Row(cells, {})


EXCEPTIONS = Listing(
    "exceptions",
    T("Exceptions"),
    (),
    (
        Column("rule", T("Rule")),
        Column("subject", T("Subject")),
        Column("reason", T("Reason")),
        Column("approval", T("Approval")),
        Column("expires", T("Expires")),
        Column("state", T("State of the approval")),
        Column("place", T("Inventory")),
    ),
    _exceptions,
)


def _verticals(city: City) -> Iterator[Row]:
    approvals = {approval.slug: approval for approval in city.facts.approvals}
    for vertical in sorted(city.facts.verticals, key=lambda vertical: (REALMS.index(vertical.realm), vertical.number)):
        approval = approvals.get(vertical.approval) if vertical.approval else None
        owner = city.parties.get(vertical.owner)
        cells: tuple[Cell, ...] = (
            vertical.slug,
            vertical.name,
            word(REALM, vertical.realm),
            vertical.number,
            word(STATE, vertical.state),
            word(MODE, vertical.mode),
            owner.name if owner else vertical.owner,
            len(vertical.members),
            vertical.members,
            vertical.since,
            vertical.approval,
            approval.expires if approval else None,
            place(vertical.origin),
        )
        facets = union(*(city.of_party(member) for member in vertical.members if member in city.parties))
        vrf = frozenset({vertical.slug} if vertical.mode == "vrf" else ())
        yield Row(cells, {**facets, "realm": frozenset({vertical.realm.value}), "vrf": vrf})


VERTICALS = Listing(
    "verticals",
    T("Vertical networks"),
    ("county", "realm", "tier", "site", "vrf"),
    (
        Column("vertical", T("Vertical network")),
        Column("name", T("Name")),
        Column("realm", T("Network")),
        Column("number", T("No.")),
        Column("state", T("State")),
        Column("mode", T("Mode")),
        Column("owner", T("Owner")),
        Column("member_count", T("Member parties")),
        Column("members", T("Members"), most=3),
        Column("since", T("Since")),
        Column("approval", T("Approval")),
        Column("expires", T("Expires")),
        Column("place", T("Inventory")),
    ),
    _verticals,
)


def _retired(city: City) -> Iterator[Row]:
    for side in city.intent.realms:
        centre = (side.document.municipal,) if side.document.municipal else ()
        for site in (*centre, *side.counties):
            for field, what in (("retired", T("township")), ("retired_agencies", T("agency"))):
                for index, number in enumerate(getattr(site, field, ())):
                    cells: tuple[Cell, ...] = (
                        site.slug,
                        word(REALM, side.realm),
                        Word(what.msgid, what),
                        number,
                        place(site.at(field, index)),
                    )
                    yield Row(cells, city.of_site(side.realm, site.slug))


RETIRED = Listing(
    "retired",
    T("Retired numbers"),
    ("county", "realm", "tier", "site"),
    (
        Column("site", T("Site")),
        Column("realm", T("Network")),
        Column("kind", T("Kind")),
        Column("number", T("No.")),
        Column("place", T("Inventory")),
    ),
    _retired,
)
