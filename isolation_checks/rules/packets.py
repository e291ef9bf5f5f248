"""Rules of several families that follow packets: between the realms (GAP), to and from the Internet (EGR), between VRFs (VPN)."""

from __future__ import annotations

from isolation_checks.case import Case
from isolation_checks.reach.reach import Excess, Kind
from isolation_checks.rules.base import PLAN, Rule
from isolation_checks.rules.log import CONTROL
from isolation_checks.rules.ways import NoExcess, receivers
from isolation_checks.verdicts import Severity
from topology.i18n import T


class NoPacketBetweenRealms(NoExcess):
    id = "GAP-PACKET"
    title = T("No packet passes between the inner network and the outer one")
    description = T(
        "Whatever cables, VLANs, routes and gatekeepers there are: no party of one realm gets any packet of the other. Data crosses as "
        "files, records and mails that a gatekeeper ferries, never as packets."
    )
    source = (PLAN,)
    severity = Severity.CRITICAL
    kinds = (Kind.REALMS,)

    def subjects(self, case: Case) -> tuple[str, ...]:
        return receivers(case, self.kinds)


class InboundPublishedOnly(NoExcess):
    id = "EGR-INBOUND"
    title = T("From the Internet come only connections to published services, and answers")
    description = T(
        "No party gets a packet from the Internet, over any route, unless it opens a connection to a published service or has the shape of "
        "an answer to a declared flow towards the Internet. A live port of which nobody knows the far end counts as the Internet."
    )
    source = (PLAN, CONTROL)
    severity = Severity.CRITICAL
    kinds = (Kind.INBOUND,)

    def subjects(self, case: Case) -> tuple[str, ...]:
        return receivers(case, self.kinds)


class OutboundDeclaredOnly(NoExcess):
    id = "EGR-OUTBOUND"
    title = T("To the Internet goes only what is declared, from public addresses")
    description = T(
        "Over any route the Internet gets no packet of a party that may not use it, on no port that is not declared, and from no address "
        "that a carrier did not assign: what leaves untranslated is a finding too."
    )
    source = (PLAN, CONTROL)
    kinds = (Kind.OUTBOUND,)

    def subjects(self, case: Case) -> tuple[str, ...]:
        return receivers(case, self.kinds)

    def concerns(self, case: Case, item: Excess) -> bool:
        return item.receiver.peer not in {kept.peer for kept in case.facts.exits}


class ExitIsNoTransit(NoExcess):
    id = "EGR-TRANSIT"
    title = T("A retained exit serves its own unit and is no transit")
    description = T("Over any route, the carrier of a retained exit gets packets of the unit that was approved for it and of nobody else.")
    source = (PLAN,)
    severity = Severity.CRITICAL
    kinds = (Kind.OUTBOUND,)

    def subjects(self, case: Case) -> tuple[str, ...]:
        return tuple(sorted(kept.slug for kept in case.facts.exits))

    def concerns(self, case: Case, item: Excess) -> bool:
        return item.receiver.peer in {kept.peer for kept in case.facts.exits}


class NoLeakBetweenVerticals(NoExcess):
    id = "VPN-LEAK"
    title = T("Vertical networks in VRFs and the common network do not reach each other")
    description = T(
        "Over any route, no party in one VRF gets a packet of a party in another one or in the common table, unless a flow declares it. "
        "Leaks are imported route targets, static routes into another table, policies that switch tables, or a VLAN that two tables share."
    )
    source = (PLAN, CONTROL)
    kinds = (Kind.VERTICALS,)

    def subjects(self, case: Case) -> tuple[str, ...]:
        return receivers(case, self.kinds)


RULES: tuple[type[Rule], ...] = (NoPacketBetweenRealms, InboundPublishedOnly, OutboundDeclaredOnly, ExitIsNoTransit, NoLeakBetweenVerticals)
