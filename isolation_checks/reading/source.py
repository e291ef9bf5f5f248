"""The bytes of a config file as lines that keep the numbers an editor shows."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PAGER = re.compile(r"\s*-{2,}\s*\(?\s*more\s*(?:\([^)]*\))?\s*\)?\s*-{2,}[ \x08]*", re.IGNORECASE)
_BACKSPACE = re.compile(r"[^\x08]?\x08")


@dataclass(frozen=True, slots=True)
class Source:
    """One file: ``name`` relative to the folder that was read; ``lines`` without line ends, trailing blanks and what a pager left.

    ``odd`` are lines that held bytes which no text has; ``encoding`` is what the bytes were decoded with.
    """

    name: str
    lines: tuple[str, ...]
    encoding: str
    odd: tuple[int, ...]


class NotTextError(ValueError):
    """The bytes are no config at all."""


def read_source(name: str, data: bytes) -> Source:
    """Decode UTF-8 (with or without BOM), UTF-16 with BOM, else GB18030. Raises NotTextError for bytes that are no text."""
    text, encoding = _decoded(data)
    text = text.rstrip("\x00\x1a").replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        raise NotTextError(name)
    raw = text.removesuffix("\n").split("\n") if text else []
    odd = tuple(number for number, line in enumerate(raw, 1) if "\ufffd" in line)
    if "\x1b" in text or "\x08" in text or "ore" in text or "ORE" in text:
        raw = [_unpaged(line) for line in raw]
    return Source(name, tuple(line.rstrip() for line in raw), encoding, odd)


def _decoded(data: bytes) -> tuple[str, str]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace"), "utf-16"
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        text = data.decode("gb18030", "replace")
    controls = sum(character < " " and character not in "\t\n\r\x1b\x08\x00\x1a" for character in text)
    if controls > len(text) // 200 + 2:
        raise NotTextError
    return text, "gb18030"


def _unpaged(line: str) -> str:
    """Without escape sequences, erased characters and the pager's own prompt, which stands glued before the next line."""
    line = _ANSI.sub("", line)
    while "\x08" in line:
        line = _BACKSPACE.sub("", line, count=1)
    return _PAGER.sub("", line, count=1) if _PAGER.match(line) else line


def is_flat(lines: tuple[str, ...]) -> bool:
    """Whether a text with ``#`` between its blocks has no indentation: hardly a line stands to the right of the one that opens its view."""
    indented = total = 0
    before = "#"
    for line in lines[:3000]:
        if line and line[0] != "#":
            total += 1
            indented += line[0] in " \t" and before[:1] != "#"
        before = line or before
    return indented * 20 < total
