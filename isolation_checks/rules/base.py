"""What a rule is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from isolation_checks.verdicts import Outcome, RuleInfo, Scope, Severity
from topology.i18n import T, Text

if TYPE_CHECKING:
    from isolation_checks.case import Case

PLAN = T("plan §7.1.1")
PLAN_345 = T("plan §3.4.5")


class Rule(ABC):
    """Subclasses say what they are in class attributes and do one thing in `check`. ``source`` names plan sections and standards marked S
    only.
    """

    id: ClassVar[str]  # "PHY-REALMS"; the family is what stands before the first hyphen
    title: ClassVar[Text]
    description: ClassVar[Text]  # what exactly is demanded, and what a violation means, in two or three sentences
    source: ClassVar[tuple[Text, ...]]
    severity: ClassVar[Severity]
    scope: ClassVar[Scope]

    @abstractmethod
    def check(self, case: Case) -> Outcome:
        """Look at every subject. Whatever cannot be decided is a doubt, never left out."""

    @classmethod
    def info(cls) -> RuleInfo:
        return RuleInfo(cls.id, cls.id.partition("-")[0], cls.title, cls.description, cls.source, cls.severity, cls.scope)
