"""What the sub-commands of ``govnet lab`` share: the lab's name, and how errors of a lab are told."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

import click

from tasks.localized import option
from tasks.settings import ExitCode, Settings
from topology.i18n import T

_P = ParamSpec("_P")

DEFAULT = "city"
"""The lab that is meant where none is named."""


def lab_option(function: Callable[..., Any]) -> Callable[..., Any]:
    return option(
        "--name",
        "lab",
        default=DEFAULT,
        show_default=True,
        metavar="NAME",
        help=T("The lab's name; labs with different names run side by side."),
    )(function)


def told(function: Callable[Concatenate[Settings, _P], int]) -> Callable[Concatenate[Settings, _P], int]:
    """Whatever a lab raises is one message and an exit code."""

    @functools.wraps(function)
    def wrapper(settings: Settings, /, *args: _P.args, **kwargs: _P.kwargs) -> int:
        from lab.errors import LabError  # noqa: PLC0415 - not for --help

        try:
            return function(settings, *args, **kwargs)
        except LabError as error:
            click.echo(error.text.render(settings.lang), err=True)
            return ExitCode(error.code)

    return wrapper
