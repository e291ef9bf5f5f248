"""Blocks of free text inside H3C configs: banners and keys."""

from __future__ import annotations

from collections.abc import Sequence

from isolation_checks.reading.h3c_names import Words


def banner_end(lines: Sequence[str], number: int, words: Words) -> int | None:
    """The line where the banner that begins in line ``number`` ends; None where it has no end.

    ``words``: the kind, then the text. The text begins with a delimiter, and ends where a line ends with it. A block that holds a separator
    of the config is taken for a banner that somebody cut off, so that nothing after it is lost.
    """
    text = lines[number - 1].split(words[0], 1)[-1].strip() if words else ""
    if not text:
        return None
    delimiter = text[0]
    if len(text) > 1 and text[1:].rstrip().endswith(delimiter):
        return number
    if delimiter.isalnum():
        return number
    for index in range(number, len(lines)):
        line = lines[index].rstrip()
        if line.endswith(delimiter):
            return index + 1
        if line == "#":
            break
    return None if len(text) == 1 else number


def key_block_end(lines: Sequence[str], number: int) -> int:
    """The last line of a public key: ``peer-public-key end``, or the line before the next separator."""
    for index in range(number, len(lines)):
        text = lines[index].strip().lower()
        if text.startswith("peer-public-key end"):
            return index + 1
        if text == "#":
            return index
    return number
