"""click that speaks the reader's language: help as ``Text``, worded when it is shown."""

import gettext
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from topology.i18n import Text, detect_language

LANGUAGES = ("zh", "en")
_META_KEY = "govnet.language"


def language(ctx: click.Context) -> str:
    """The language of this invocation, known before anything is parsed: "zh" or "en"."""
    chosen = ctx.meta.get(_META_KEY)
    return chosen if isinstance(chosen, str) else detect_language(None, os.environ)


def speak(ctx: click.Context, option: str | None) -> None:
    """Settle the language: ``option``, else that of the environment.

    click asks the standard gettext for its own words, and that knows no way but its text domain and LANGUAGE; their Chinese is in
    tasks/locale/zh/LC_MESSAGES/click.po.
    """
    ctx.meta[_META_KEY] = os.environ["LANGUAGE"] = detect_language(option, os.environ)
    gettext.bindtextdomain("click", Path(__file__).parent / "locale")
    gettext.textdomain("click")


class LocalizedOption(click.Option):
    """An option whose help is a ``Text``."""

    def __init__(self, param_decls: Sequence[str] | None = None, *, help: Text, **attributes: Any) -> None:  # noqa: A002 - click's name
        super().__init__(param_decls, help=help.msgid, **attributes)
        self._text = help

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        self.help = self._text.render(language(ctx))
        return super().get_help_record(ctx)


class LocalizedCommand(click.Command):
    """A command whose help is a ``Text``: its first sentence is the summary."""

    def __init__(self, name: str | None, *, help: Text, **attributes: Any) -> None:  # noqa: A002 - click's name
        super().__init__(name, help=help.msgid, **attributes)
        self._text = help

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """click keeps the option with the words of whoever asked first; the next one may read another language."""
        self._help_option = None
        return super().get_help_option(ctx)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.help = self._text.render(language(ctx))
        super().format_help_text(ctx, formatter)


def command(name: str, *, help: Text, **attributes: Any) -> Callable[[Callable[..., Any]], LocalizedCommand]:  # noqa: A002
    """``@command("check", help=T("…"))``: a sub-command of govnet. The function returns its exit code, or None for 0."""
    return click.command(name, cls=LocalizedCommand, help=help, **attributes)


def option(*names: str, help: Text, **attributes: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # noqa: A002
    """``@option("--county", help=T("…"))``."""
    return click.option(*names, cls=LocalizedOption, help=help, **attributes)
