"""Messages that are worded when they are shown, in the language of the reader.

``T("circuit {ref} is used twice", ref=ref)`` makes a ``Text``; nothing is translated until ``Text.render("zh")``. So a problem found
deep in the model needs to know no language, and there is no global one.

All words of the project are in one gettext catalog, ``topology/locale/zh/LC_MESSAGES/govnet.po``; the compiled ``govnet.mo`` lies beside it
and goes into the wheel. After a change of any ``T("…")``: ``make i18n``, fill in the new entries, ``make i18n`` again.
"""

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["zh", "en"]

_LOCALE = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True)
class Text:
    """A message and its values. ``msgid`` is the English wording, with ``{name}`` where a value goes; a value may itself be a ``Text``."""

    msgid: str
    params: tuple[tuple[str, object], ...] = ()

    def render(self, lang: str) -> str:
        """The wording in ``lang`` ("zh" or "en"); a message without translation stays English."""
        if not self.msgid:  # to gettext the empty message is the catalogue's header
            return ""
        values = {name: value.render(lang) if isinstance(value, Text) else value for name, value in self.params}
        return _catalog(lang).gettext(self.msgid).format(**values)


def T(msgid: str, /, **params: object) -> Text:  # noqa: N802 - the short name that pybabel extracts
    """A translatable message. ``msgid`` must be a literal, else the extraction does not see it."""
    return Text(msgid, tuple(params.items()))


def detect_language(option: str | None, environ: Mapping[str, str]) -> Language:
    """The language to speak: ``option`` where given, else the first that is set of LC_ALL, LC_MESSAGES and LANG, else English.

    Raises ValueError for an ``option`` other than "zh" and "en".
    """
    if option not in (None, "zh", "en"):
        raise ValueError(f"unknown language {option!r}: zh or en")
    if option:
        return "zh" if option == "zh" else "en"
    wanted = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "zh" if wanted.lower().startswith("zh") else "en"


@lru_cache(maxsize=2)
def _catalog(lang: str) -> gettext.NullTranslations:
    if lang == "en":
        return gettext.NullTranslations()
    return gettext.translation("govnet", localedir=_LOCALE, languages=[lang])
