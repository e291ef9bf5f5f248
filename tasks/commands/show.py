"""``govnet show``: the city as tables."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.settings import ExitCode, Settings
from topology.i18n import T, Text
from topology.problems import names, nearest

if TYPE_CHECKING:
    from tasks.listing import Listing, Table
    from tasks.tables.city import City

_FILTERS = {
    "county": T("Only what belongs to this county: its slug or Chinese name."),
    "realm": T("Only this network: outer, inner or internet."),
    "tier": T("Only this tier: municipal, county, township or province."),
    "role": T("Only devices of this role, and what they are part of."),
    "platform": T("Only devices of this platform, and what they are part of."),
    "site": T("Only this site, such as qingzhen or qingzhen/hongfenghu."),
    "service": T("Only this service."),
    "vrf": T("Only this VRF."),
}
_LARGE = 400
"""A terminal gets longer tables as plain text: laying them out takes seconds."""


def _filters(function: Callable[..., Any]) -> Callable[..., Any]:
    for name, text in reversed(_FILTERS.items()):
        function = option(f"--{name}", multiple=True, metavar=name.upper(), help=text)(function)
    return function


@localized_command(
    "show",
    help=T(
        "Show a listing of the city.\n\n"
        "LISTING is one of: sites, devices, ports, links, cables, circuits, peers, addresses, vlans, vrfs, parties, hosts, services, "
        "flows, channels, verticals, approvals, exceptions, retired, constructs; or all.\n\n"
        "A filter may be given several times, then each value is good; different filters must all hold. A filter that matches "
        "nothing is an error. 'constructs' has a row for everything that can be said, with one example, or that the city has none."
    ),
)
@click.argument("listing", metavar="LISTING", default="")
@_filters
@option("--json", "as_json", is_flag=True, help=T("Write JSON."))
@option("--csv", "as_csv", is_flag=True, help=T("Write CSV that Excel and WPS open well."))
@option(
    "--xlsx", type=click.Path(path_type=Path), metavar="FILE", help=T("Write an Excel workbook; with 'all', a sheet for every listing.")
)
@click.pass_obj
def command(settings: Settings, /, listing: str, *, as_json: bool, as_csv: bool, xlsx: Path | None, **filters: tuple[str, ...]) -> int:
    from tasks.tables.city import City  # noqa: PLC0415 - not for --help
    from tasks.tables.registry import LISTINGS  # noqa: PLC0415

    wanted = {name: values for name, values in filters.items() if values}
    _check_outputs(settings, listing, as_json=as_json, as_csv=as_csv, xlsx=xlsx)
    chosen = _chosen(settings, listing, LISTINGS, wanted)
    city = City(settings.city, settings.as_of)
    if any(one.name in ("constructs", "retired") for one in chosen):
        _ = city.intent  # these two need it, and the network is then built from it instead of being read again
    tables = _narrowed(settings, city, chosen, wanted)
    if as_json:
        write_out(_json(tables, single=listing != "all").encode())
    elif as_csv:
        _csv(settings, tables[0])
    elif xlsx is not None:
        _xlsx(settings, tables, xlsx)
    else:
        for table in tables:
            print_table(settings, table, titled=listing == "all")
        if sys.stdout.isatty():
            click.echo(T("{count} rows", count=sum(len(table.rows) for table in tables)).render(settings.lang), err=True)
    return ExitCode.GOOD


# ------------------------------------------------------------------------------------------------------ what is asked


def _usage(settings: Settings, message: Text) -> click.UsageError:
    return click.UsageError(message.render(settings.lang), click.get_current_context(silent=True))


def _check_outputs(settings: Settings, listing: str, *, as_json: bool, as_csv: bool, xlsx: Path | None) -> None:
    if [as_json, as_csv, xlsx is not None].count(True) > 1:
        raise _usage(settings, T("Choose one of --json, --csv and --xlsx."))
    if as_csv and listing == "all":
        raise _usage(settings, T("CSV holds one listing; take --xlsx or --json for all of them."))
    if xlsx is not None and xlsx.suffix != ".xlsx":
        raise _usage(settings, T("{file} does not end in .xlsx, and then Excel and WPS refuse it.", file=xlsx))


def _chosen(settings: Settings, listing: str, known: dict[str, Listing], wanted: dict[str, tuple[str, ...]]) -> list[Listing]:
    """The listings asked for; of ``all`` those to which every filter applies."""
    if listing == "all":
        chosen = [one for one in known.values() if set(wanted) <= set(one.filters)]
        if not chosen:
            raise _usage(settings, T("No listing has all these filters: {filters}", filters=", ".join(f"--{name}" for name in wanted)))
        return chosen
    if listing not in known:
        allowed = ", ".join([*known, "all"])
        if not listing:
            raise _usage(settings, T("Which listing? {allowed}", allowed=allowed))
        near = nearest(listing, [*known, "all"])
        hint = T(" · did you mean '{name}'?", name=near) if near else ""
        raise _usage(settings, T("unknown listing '{listing}' · allowed: {allowed}{hint}", listing=listing, allowed=allowed, hint=hint))
    for name in wanted:
        if name not in known[listing].filters:
            allowed_filters = names(f"--{allowed}" for allowed in known[listing].filters)
            what = T("--{option} does not apply to '{listing}' · allowed: {allowed}", option=name, listing=listing, allowed=allowed_filters)
            raise _usage(settings, what)
    return [known[listing]]


def _narrowed(settings: Settings, city: City, chosen: Sequence[Listing], wanted: dict[str, tuple[str, ...]]) -> list[Table]:
    """The tables with the rows that the filters let through. One listing has to have some; of ``all`` the others are left out."""
    from tasks.listing import NoMatchError, narrow  # noqa: PLC0415

    slugs = {name: tuple(city.slug_of(name, value) for value in values) for name, values in wanted.items()}
    city.focus(slugs)
    tables = []
    for listing in chosen:
        with suppress(NoMatchError):
            tables.append(narrow(listing.table(city), slugs))
    if not tables:
        city.focus({})  # the error names what all rows have
        try:
            tables = [narrow(chosen[0].table(city), slugs)]
        except NoMatchError as error:
            raise _usage(settings, error.text) from None
    return tables


# ------------------------------------------------------------------------------------------------------ how it is shown


def print_table(settings: Settings, table: Table, *, titled: bool = False) -> None:
    """A ruled table on a terminal, aligned lines elsewhere, where only one of several has a title."""
    from tasks.listing import as_rich, as_text  # noqa: PLC0415

    if sys.stdout.isatty() and len(table.rows) <= _LARGE:
        settings.out.print(as_rich(table, settings.lang, settings.out.width))
    else:
        title = f"# {table.title.render(settings.lang)}\n" if titled else ""
        click.echo(title + as_text(table, settings.lang) + ("\n" if titled else ""), nl=False)


def _json(tables: Sequence[Table], *, single: bool) -> str:
    from tasks.listing import as_json  # noqa: PLC0415

    if single:
        return as_json(tables[0])
    return "{\n" + ",\n".join(f'"{table.name}": {as_json(table).rstrip()}' for table in tables) + "\n}\n"


def _csv(settings: Settings, table: Table) -> None:
    from tasks.listing import as_csv  # noqa: PLC0415

    write_out(as_csv(table, settings.lang))


def _xlsx(settings: Settings, tables: Sequence[Table], file: Path) -> None:
    """Written beside its place first, so that there is never half a workbook."""
    from tasks.listing import as_xlsx  # noqa: PLC0415

    half = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        half.write_bytes(as_xlsx(tables, settings.lang, settings.as_of))
        half.replace(file)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from error
    finally:
        half.unlink(missing_ok=True)
    count = sum(len(table.rows) for table in tables)
    click.echo(T("{file}: {sheets} sheets, {count} rows", file=file, sheets=len(tables), count=count).render(settings.lang), err=True)


def write_out(data: bytes) -> None:
    """JSON and CSV are UTF-8 whatever the terminal speaks."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
