"""The account of a file's lines: nothing is read without saying how."""

from __future__ import annotations

import re

from isolation_checks.snapshot import Feature, FeatureKind, FileCoverage, LineCode, Ref, UnknownLine

_SECRET = re.compile(
    r"\b(password|secret|cipher|simple|plain|hash|irreversible-cipher|community|shared-key|pre-shared-key|key|md5|sha\S*|authentication-key|key-string"
    r"|auth|priv|authentication-mode \S+|privacy-mode \S+)(\s+(?:cipher|simple|plain|hash|[0-9]{1,2}))?\s+(\S+)",
    re.IGNORECASE,
)


def without_secrets(text: str) -> str:
    """The line as it may be shown: whatever follows a word that announces a secret becomes ``***``."""
    return _SECRET.sub(lambda match: f"{match[1]}{match[2] or ''} ***", text)


class Ledger:
    """Filled while one file is parsed, line by line (counted from 1); every line that nobody accounts for comes out as UNKNOWN."""

    def __init__(self, file: str, lines: int) -> None:
        self.file = file
        self.codes = bytearray([LineCode.UNKNOWN]) * lines
        self.features: list[Feature] = []
        self.unknown: list[UnknownLine] = []
        self._reasons: dict[str, int] = {}

    def ref(self, line: int) -> Ref:
        return Ref(self.file, line)

    def blank(self, line: int) -> None:
        self.codes[line - 1] = LineCode.BLANK

    def understood(self, line: int) -> None:
        self.codes[line - 1] = LineCode.UNDERSTOOD

    def irrelevant(self, line: int, reason: str) -> None:
        """``reason``: an English msgid that says why the line can touch neither forwarding nor access."""
        number = self._reasons.setdefault(reason, len(self._reasons))
        if number > 255 - LineCode.IRRELEVANT:
            raise ValueError("more reasons than a byte holds")
        self.codes[line - 1] = LineCode.IRRELEVANT + number

    def feature(self, line: int, kind: FeatureKind, detail: str, interface: str | None = None) -> None:
        """The line is understood, and stands for something that the model does not hold."""
        self.codes[line - 1] = LineCode.UNMODELLED
        self.features.append(Feature(kind, without_secrets(detail), self.ref(line), interface))

    def not_understood(self, line: int, text: str, context: tuple[str, ...] = ()) -> None:
        self.codes[line - 1] = LineCode.UNKNOWN
        self.unknown.append(UnknownLine(self.ref(line), without_secrets(text.strip()), context))

    def coverage(self) -> FileCoverage:
        return FileCoverage(self.file, bytes(self.codes), tuple(self._reasons))
