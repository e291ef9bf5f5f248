"""Answers that leave by the interface that their session came in by, as Linux does it.

New sessions are marked by where they come in, answers carry the mark of their session, and a rule looks marked packets up in a table of its
own (nft(8), "ct mark"; ip-rule(8), "fwmark"). What is not wholly of that form is a feature that nobody models.
"""

from __future__ import annotations

from collections.abc import Sequence

from isolation_checks.reading.linux_draft import Beside, LinuxDraft, MarkRule
from isolation_checks.reading.nft import SessionMark
from isolation_checks.snapshot import FeatureKind, LastHop


def conclude(draft: LinuxDraft, marks: Sequence[SessionMark]) -> None:
    """Puts last hops onto their interfaces, once all files are read."""
    used: set[int] = set()
    for rule in draft.mark_rules:
        routes = [item for item in draft.beside if item.table == rule.table]
        interface = _interface(rule, routes, marks)
        if interface is None:
            rule.ledger.feature(rule.number, FeatureKind.POLICY_ROUTE, rule.text.strip())
            continue
        used.update(id(item) for item in routes)
        ref = rule.ledger.ref(rule.number)
        draft.interface(interface, ref).last_hop = LastHop(routes[0].route.next_hop, ref)
    for item in draft.beside:
        if id(item) not in used:
            item.ledger.feature(item.number, FeatureKind.POLICY_ROUTE, item.text.strip())


def _interface(rule: MarkRule, routes: list[Beside], marks: Sequence[SessionMark]) -> str | None:
    """The interface whose sessions a rule leads back; None where the parts do not fit together."""
    named = [item for item in marks if item.mark == rule.mark]
    if len(named) != 1 or len(routes) != 1:
        return None
    route = routes[0].route
    whole = (route.network, route.length) == (0, 0) and route.next_hop is not None and route.vrf is None and not route.discard
    return route.interface if whole and route.interface in named[0].interfaces else None
