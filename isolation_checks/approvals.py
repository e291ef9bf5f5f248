"""Whether an approval holds on a day, for what it is used for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from topology.facts import Approval
from topology.i18n import T, Text


def why_invalid(approvals: Mapping[str, Approval], slug: str | None, kind: str, as_of: date) -> Text | None:
    """Why the approval called ``slug`` does not hold on that day for something of ``kind``; None where it does."""
    if not slug:
        return T("there is no approval")
    approval = approvals.get(slug)
    if approval is None:
        return T("there is no approval '{name}'", name=slug)
    if approval.kind != kind:
        return T("approval '{name}' is of the kind {kind}, not {needed}", name=slug, kind=approval.kind, needed=kind)
    if approval.granted > as_of:
        return T("approval '{name}' holds from {date} only", name=slug, date=approval.granted)
    if approval.expires < as_of:
        return T("approval '{name}' expired on {date}", name=slug, date=approval.expires)
    return None
