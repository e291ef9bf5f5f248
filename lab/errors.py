"""What goes wrong in a lab, worded for people, with the exit code that it deserves."""

from __future__ import annotations

from topology.i18n import Text


class LabError(Exception):
    """The lab could not do what was asked. ``text`` says what is wrong, where, and what to do."""

    code = 1

    def __init__(self, text: Text, detail: str = "") -> None:
        super().__init__(text.render("en"))
        self.text, self.detail = text, detail


class PrerequisiteError(LabError):
    """Something is missing before anything was made, or the call is wrong: no root, no FRR, an unknown node."""

    code = 2


class IncompleteError(LabError):
    """The lab runs, but did not reach the state that was waited for."""

    code = 3
