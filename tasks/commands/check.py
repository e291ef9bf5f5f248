"""``govnet check``: is the inventory good, and what is in it?"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from tasks.commands.show import print_table, write_out
from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.settings import ExitCode, Settings
from topology.facts import Realm
from topology.i18n import T, Text

if TYPE_CHECKING:
    from tasks.listing import Cell, Table
    from tasks.tables.city import City
    from topology.problems import InventoryError


@localized_command(
    "check",
    help=T(
        "Check the whole inventory.\n\n"
        "Every problem is named by file, line and column, with what is allowed and what to do (exit code 2). A good inventory is "
        "summed up; approvals that end within a year are mentioned, but are no problem of the inventory."
    ),
)
@option("--json", "as_json", is_flag=True, help=T("Write JSON: the problems, or the summary."))
@click.pass_obj
def command(settings: Settings, *, as_json: bool) -> int:
    from tasks.tables.city import City  # noqa: PLC0415 - not for --help
    from topology.problems import InventoryError  # noqa: PLC0415

    city = City(settings.city, settings.as_of)
    try:
        counts = _counts(city)
    except InventoryError as error:
        if not as_json:
            raise
        _write(_problems(error, settings.lang))
        return ExitCode.BAD_INPUT
    if as_json:
        _write(_summary(city, counts))
    else:
        _print(settings, city, counts)
    return ExitCode.GOOD


Counts = dict[str, dict[str, Counter[str]]]
"""What -> which kind of it ("" where there are no kinds) -> how many in each network."""


def _counts(city: City) -> Counts:
    facts = city.facts
    counts: Counts = {name: {} for name in ("sites", "devices", "cables", "circuits", "parties", "flows")}

    def count(what: str, kind: str, realm: str) -> None:
        counts[what].setdefault(kind, Counter())[realm] += 1

    for site in facts.sites:
        count("sites", site.tier.value, site.realm.value)
    for device in sorted(facts.devices, key=lambda device: device.platform):
        count("devices", device.platform, device.realm.value)
    for what, things in (("cables", facts.cables), ("circuits", facts.circuits), ("parties", facts.parties), ("flows", facts.flows)):
        for thing in things:
            count(what, "", thing.realm.value)
    return counts


# ------------------------------------------------------------------------------------------------------------ for people


def _print(settings: Settings, city: City, counts: Counts) -> None:
    print_table(settings, _table(city, counts))
    for warning in _warnings(city):
        click.echo(_worded(warning).render(settings.lang), err=True)


_TITLES = {
    "sites": T("Sites"),
    "devices": T("Devices"),
    "cables": T("Cables"),
    "circuits": T("Carriers' circuits"),
    "parties": T("Parties"),
    "flows": T("Flows"),
}


def _table(city: City, counts: Counts) -> Table:
    from tasks.listing import Column, Row, Table  # noqa: PLC0415
    from tasks.tables.words import REALM, TIER, word  # noqa: PLC0415

    realms = [realm.value for realm in city.facts.realms]
    others = sorted({realm for kinds in counts.values() for count in kinds.values() for realm in count} - set(realms))
    columns = [Column("what", T("What")), Column("kind", T("Kind"))]
    columns += [Column(realm, REALM[Realm(realm)]) for realm in (*realms, *others)]
    rows = []
    for what, kinds in counts.items():
        title: Text | None = _TITLES[what]
        for kind, count in kinds.items():
            cells: list[Cell] = [title, word({tier.value: text for tier, text in TIER.items()}, kind)]
            rows.append(Row((*cells, *(count[realm] for realm in (*realms, *others)), count.total()), {}))
            title = None
    return Table("check", Text("{city}", (("city", city.facts.slug),)), (*columns, Column("all", T("Total"))), tuple(rows))


# ---------------------------------------------------------------------------------------------------------- for programs


def _write(value: dict[str, Any]) -> None:
    write_out((json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode())


def _problems(error: InventoryError, lang: str) -> dict[str, Any]:
    def text(part: Text | None) -> str | None:
        return part.render(lang) if part else None

    problems = [
        {
            "file": problem.origin.file,
            "line": problem.origin.line,
            "column": problem.origin.column,
            "what": text(problem.what),
            "allowed": text(problem.allowed),
            "hint": text(problem.hint),
        }
        for problem in error.problems
    ]
    return {"ok": False, "count": len(problems), "problems": problems}


def _summary(city: City, counts: Counts) -> dict[str, Any]:
    facts = city.facts
    plain = {
        what: dict(kinds[""]) if set(kinds) == {""} else {kind: dict(count) for kind, count in kinds.items()}
        for what, kinds in counts.items()
    }
    return {
        "ok": True,
        "city": facts.slug,
        "name": {"zh": facts.name.zh, "en": facts.name.en},
        "as_of": city.as_of.isoformat(),
        "realms": [realm.value for realm in facts.realms],
        **plain,
        "approvals": len(facts.approvals),
        "warnings": _warnings(city),
    }


def _warnings(city: City) -> list[dict[str, Any]]:
    """Approvals that have ended or end within a year of the day that is asked for, the next first."""
    from tasks.tables.decrees import state_of  # noqa: PLC0415

    found = []
    for approval in sorted(city.facts.approvals, key=lambda approval: (approval.expires, approval.slug)):
        state = state_of(approval, city.as_of)
        if state is not None and state.slug in ("expired", "expires-soon"):
            days = (approval.expires - city.as_of).days
            found.append(
                {
                    "approval": approval.slug,
                    "reference": approval.reference,
                    "expires": approval.expires.isoformat(),
                    "days": days,
                    "file": approval.origin.file,
                    "line": approval.origin.line,
                }
            )
    return found


def _worded(warning: dict[str, Any]) -> Text:
    values = {name: warning[name] for name in ("approval", "reference", "expires", "file", "line")}
    if warning["days"] < 0:
        return T("{file}:{line}: approval '{approval}' ({reference}) ended on {expires}", **values)
    return T("{file}:{line}: approval '{approval}' ({reference}) ends on {expires}, in {days} days", days=warning["days"], **values)
