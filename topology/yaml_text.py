"""A file's bytes -> text that is worth parsing: size, encoding, and characters that cannot be seen.

What a parser would report late and in its own words is found here first and said plainly.
"""

import re
import stat
from pathlib import Path

from topology.i18n import T, Text
from topology.origin import Origin
from topology.problems import Problem

MAX_BYTES = 4 * 1024 * 1024

_BOMS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
# Also what YAML or an editor takes as a line break and the other does not (a lone CR, NEL, U+2028): line numbers would part.
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xa0\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]|\r(?!\n)")
_FULL_WIDTH = re.compile("[：，｛｝［］“”‘’＃]")
_INDENT = re.compile(r"^ *([\t\u3000])[ \t\u3000]*[^\s#]", re.MULTILINE)


def read_text(path: Path, file: str, problems: list[Problem]) -> str | None:
    """The text of ``path``, or None and at least one problem. ``file`` is the name that problems carry. Never raises OSError."""
    begin = Origin(file, 1, 1)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            problems.append(Problem(begin, T("not a regular file"), T("a text file")))
            return None
        if status.st_size > MAX_BYTES:
            problems.append(_too_large(begin, status.st_size))
            return None
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)  # the file may grow between the two looks
    except OSError as error:
        problems.append(
            Problem(begin, T("cannot be read: {reason}", reason=error.strerror or str(error)), hint=T("check the file's permissions"))
        )
        return None
    if len(raw) > MAX_BYTES:
        problems.append(_too_large(begin, len(raw)))
        return None
    text = _decode(raw, file, problems)
    return text if text is not None and _is_clean(text, file, problems) else None


def full_width(text: str) -> Text | None:
    """The hint for a text with a character of a Chinese keyboard that YAML takes for an ordinary letter."""
    found = _FULL_WIDTH.search(text.split(" #", maxsplit=1)[0])
    return T("'{char}' is full-width: type it in half-width, with a space after : and ,", char=found.group()) if found else None


def _too_large(begin: Origin, size: int) -> Problem:
    what = T("the file has {size} MiB", size=f"{size / 1024 / 1024:.1f}")
    return Problem(begin, what, T("at most {limit} MiB", limit=MAX_BYTES // 1024 // 1024), T("split it: one file a county is enough"))


def _decode(raw: bytes, file: str, problems: list[Problem]) -> str | None:
    begin = Origin(file, 1, 1)
    if raw.startswith(b"\xef\xbb\xbf"):
        hint = T("save it as 'UTF-8' instead of 'UTF-8 with BOM'")
        problems.append(Problem(begin, T("the file begins with a byte order mark (BOM)"), T("UTF-8 without BOM"), hint))
        return None
    if raw[:2] in _BOMS:
        problems.append(
            Problem(begin, T("the file is encoded as {encoding}", encoding=_BOMS[raw[:2]]), T("UTF-8 without BOM"), T("save it as 'UTF-8'"))
        )
        return None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8")) + 1
        problems.append(
            Problem(
                Origin(file, line, column),
                _encoding_words(raw),
                T("UTF-8 without BOM"),
                T("open it with its own encoding and save it as 'UTF-8'"),
            )
        )
        return None


def _encoding_words(raw: bytes) -> Text:
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return T("the file is not UTF-8 text")
    return T("the file is not UTF-8 text: it looks like GBK (GB 18030)")


def _is_clean(text: str, file: str, problems: list[Problem]) -> bool:
    """Whether every character can be seen and lines are indented by spaces. Reports the first of each kind."""
    unseen = _UNSEEN.search(text)
    if unseen:
        code = f"U+{ord(unseen.group()[0]):04X}"
        what = T("a character that cannot be seen: {code}", code=code)
        problems.append(Problem(_origin(text, unseen.start(), file), what, hint=T("delete it and type the space or line break anew")))
    indent = _INDENT.search(text)
    if indent:
        is_tab = indent.group(1) == "\t"
        what = T("the line is indented by a tab") if is_tab else T("the line is indented by a full-width space")
        hint = T("let the editor replace tabs by spaces") if is_tab else T("type ordinary spaces instead")
        problems.append(Problem(_origin(text, indent.start(1), file), what, T("spaces"), hint))
    return not (unseen or indent)


def _origin(text: str, index: int, file: str) -> Origin:
    return Origin(file, text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))
