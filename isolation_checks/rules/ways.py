"""What the rules that follow packets share: subjects, and findings from what the reachability proof found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from isolation_checks.case import Case
from isolation_checks.reach.reach import Excess, Kind
from isolation_checks.rules.base import Rule
from isolation_checks.snapshot import Ref
from isolation_checks.verdicts import Finding, Outcome, PacketWitness, Scope, Severity
from topology.i18n import T, Text

ASSUMED = ("peers-agreed-prefixes", "circuits-private", "terminals-do-not-bridge")


def deciding(witness: PacketWitness) -> tuple[Ref, ...]:
    """The lines that let the packet through: rules and translations; where none decides, the interfaces that have no filter."""
    rules = tuple(dict.fromkeys(step.ref for step in witness.steps if step.ref and "interface" not in dict(step.what.params)))
    return rules or tuple(dict.fromkeys(step.ref for step in witness.steps if step.ref))


class NoExcess(Rule):
    """A rule that forbids one kind of undeclared packet. Its subjects are the receivers that a packet of this kind could have."""

    kinds: ClassVar[tuple[Kind, ...]]
    severity = Severity.HIGH
    scope = Scope.ANY_ROUTE

    def check(self, case: Case) -> Outcome:
        listed = [item for item in case.reach.excess if item.kind in self.kinds and self.concerns(case, item)]
        findings = tuple(self._finding(case, item) for item in listed)
        return Outcome(self.subjects(case), findings, (), known(case, ASSUMED))

    def concerns(self, case: Case, item: Excess) -> bool:
        return True

    def subjects(self, case: Case) -> tuple[str, ...]:
        raise NotImplementedError

    def _finding(self, case: Case, item: Excess) -> Finding:
        witness = case.witnesses.excess(item)
        more = T("; {count} others can do the same", count=item.senders - 1) if item.senders > 1 else Text("")
        what = T("{target} gets {packet} from {source}, which no flow declares{more}", target=item.receiver.name,
                 packet=witness.packet.text(), source=item.sender.name, more=more)  # fmt: skip
        return Finding(item.receiver.name, what, self.fix(), deciding(witness), witness)

    def fix(self) -> Text:
        return T(
            "Take the permission out of the named lines, put back the filter that is missing there, or declare the flow and have it "
            "approved."
        )


def known(case: Case, slugs: Iterable[str]) -> tuple[str, ...]:
    """Those assumptions that the city has written down."""
    recorded = {assumption.slug for assumption in case.facts.assumptions}
    return tuple(slug for slug in slugs if slug in recorded)


def receivers(case: Case, kinds: Iterable[Kind]) -> tuple[str, ...]:
    """Everybody who could get a packet of these kinds from somebody."""
    wanted = set(kinds)
    return tuple(sorted(name for name, found in case.reach.kinds_into.items() if wanted & found))
