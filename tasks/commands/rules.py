"""``govnet rules``: what is proved, why, and from what."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tasks.commands.show import write_out
from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.settings import ExitCode, Settings
from topology.i18n import T

if TYPE_CHECKING:
    from isolation_checks.verdicts import RuleInfo


@localized_command(
    "rules",
    help=T("List the rules that govnet prove judges, or explain one: what it demands, where that comes from, how far its proof reaches."),
)
@click.argument("rule", metavar="[RULE]", required=False)
@option("--json", "as_json", is_flag=True, help=T("Print the result as JSON."))
@click.pass_obj
def command(settings: Settings, rule: str | None, as_json: bool) -> int:
    from isolation_checks.report.json import rule_data  # noqa: PLC0415 - not for --help
    from isolation_checks.rules.registry import UnknownRuleError, rules, select  # noqa: PLC0415

    try:
        chosen = [one.info() for one in (select([rule]) if rule else rules())]
    except UnknownRuleError as error:
        raise click.UsageError(error.message.render(settings.lang), click.get_current_context(silent=True)) from None
    if as_json:
        data = [rule_data(one) for one in chosen]
        write_out((json.dumps(data, ensure_ascii=False, indent=2) + "\n").encode())
    elif rule and len(chosen) == 1:
        _explain(settings, chosen[0])
    else:
        _list(settings, chosen)
    return ExitCode.GOOD


def _list(settings: Settings, chosen: Sequence[RuleInfo]) -> None:
    from isolation_checks.report.terminal import table  # noqa: PLC0415
    from isolation_checks.report.words import SCOPE, SEVERITY  # noqa: PLC0415

    titles = (T("Rule"), T("Severity"), T("Scope"), T("What it demands"))
    lang = settings.lang
    rows = [(one.id, SEVERITY[one.severity].render(lang), SCOPE[one.scope].render(lang), one.title.render(lang)) for one in chosen]
    table(settings.out, titles, rows, lang)


def _explain(settings: Settings, rule: RuleInfo) -> None:
    from isolation_checks.report.words import SCOPE, SCOPE_MEANS, SEVERITY  # noqa: PLC0415

    lang = settings.lang
    lines = (
        f"{rule.id}  {rule.title.render(lang)}",
        "",
        rule.description.render(lang),
        "",
        T("Severity: {severity}", severity=SEVERITY[rule.severity]).render(lang),
        T("Scope: {scope}; it {meaning}", scope=SCOPE[rule.scope], meaning=SCOPE_MEANS[rule.scope]).render(lang),
        T("Source: {sources}", sources="; ".join(source.render(lang) for source in rule.source)).render(lang),
    )
    for line in lines:
        click.echo(line)
