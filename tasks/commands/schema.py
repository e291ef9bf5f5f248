"""``govnet schema``: JSON Schema, by which an editor completes keys, shows what they are for, and underlines slips while they are typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from tasks.localized import command as localized_command
from tasks.localized import option
from tasks.settings import ExitCode, Settings
from topology.i18n import T, Text
from topology.problems import nearest

if TYPE_CHECKING:
    from topology.node import Node

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Kind(NamedTuple):
    """A kind of file: what it is called, and which files it is."""

    title: Text
    files: str


KINDS = {
    "common": Kind(T("The city: what both networks may know"), "inventory/*/*.yaml"),
    "outer": Kind(T("The outer network"), "inventory/*/outer/**/*.yaml"),
    "inner": Kind(T("The inner network"), "inventory/*/inner/**/*.yaml"),
    "gatekeeper": Kind(T("Gatekeepers and their channels"), "inventory/*/gatekeeper/**/*.yaml"),
    "service": Kind(T("What a system is"), "services/*/service.yaml"),
    "model": Kind(T("Chassis models"), "topology/models/*.yaml"),
}


@localized_command(
    "schema",
    help=T(
        "Write JSON Schema (2020-12) for editors of the inventory.\n\n"
        "KIND is one of: common, outer, inner, gatekeeper, service, model. With --out the files go into a folder, all kinds where none is "
        "named, and the setting for VS Code is shown; without it the schema of KIND is written to standard output."
    ),
)
@click.argument("kind", metavar="[KIND]", default="")
@option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help=T("Folder to write into; it is made if need be."))
@click.pass_obj
def command(settings: Settings, /, kind: str, *, out: Path | None) -> int:
    if kind not in KINDS and (kind or out is None):
        raise click.UsageError(_which(kind).render(settings.lang), click.get_current_context(silent=True))
    if out is None:
        from tasks.commands.show import write_out  # noqa: PLC0415

        write_out(_text(schema(kind, settings.lang)).encode())
        return ExitCode.GOOD
    out.mkdir(parents=True, exist_ok=True)
    kinds = [kind] if kind else list(KINDS)
    for name in kinds:
        (out / f"{name}.schema.json").write_text(_text(schema(name, settings.lang)), encoding="utf-8")
    click.echo(T("For VS Code with the YAML extension, in .vscode/settings.json:").render(settings.lang), err=True)
    click.echo(_text({"yaml.schemas": {(out / f"{name}.schema.json").as_posix(): KINDS[name].files for name in kinds}}), nl=False)
    return ExitCode.GOOD


def _which(kind: str) -> Text:
    allowed = ", ".join(KINDS)
    if not kind:
        return T("Name a kind, or a folder with --out · kinds: {allowed}", allowed=allowed)
    near = nearest(kind, KINDS)
    hint = T(" · did you mean '{name}'?", name=near) if near else ""
    return T("unknown kind '{kind}' · allowed: {allowed}{hint}", kind=kind, allowed=allowed, hint=hint)


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


# ----------------------------------------------------------------------------------------------------------- the schema


def schema(kind: str, lang: str) -> dict[str, Any]:
    """The JSON Schema of one kind of file, with its descriptions in ``lang``."""
    from tasks.constructs import entry, reachable  # noqa: PLC0415 - imports every intent model
    from topology.catalogue import ModelIntent, load_models  # noqa: PLC0415
    from topology.intent.document import CommonDocument, GatekeeperDocument, RealmDocument  # noqa: PLC0415
    from topology.intent.services import ServiceIntent  # noqa: PLC0415

    roots: dict[str, type[Node]] = {
        "common": CommonDocument,
        "outer": RealmDocument,
        "inner": RealmDocument,
        "gatekeeper": GatekeeperDocument,
        "service": ServiceIntent,
        "model": ModelIntent,
    }
    root = roots[kind]
    made = root.model_json_schema()
    definitions = made.pop("$defs", {})
    entries = {model.__name__: entry(model) for model in reachable([root])}
    for name, definition in (*definitions.items(), (root.__name__, made)):
        if name in entries:
            _describe(definition, entries[name], lang)
    if "model" in definitions.get("DeviceIntent", {}).get("properties", {}):
        definitions["DeviceIntent"]["properties"]["model"]["enum"] = sorted(load_models([]))
    _close({"made": made, "definitions": definitions})
    head: dict[str, Any] = {"$schema": DIALECT, "title": KINDS[kind].title.render(lang)}
    if root is ModelIntent:  # a file holds many, by their slugs
        return {**head, "type": "object", "additionalProperties": made, "$defs": definitions}
    return {**head, **{key: value for key, value in made.items() if key not in ("title", "description")}, "$defs": definitions}


def _describe(definition: dict[str, Any], entry: str, lang: str) -> None:
    """Titles and descriptions as people read them, instead of those that pydantic makes from the code."""
    from tasks.tables.keys import meaning  # noqa: PLC0415

    definition["title"] = entry
    definition.pop("description", None)
    about = meaning(entry)
    if about is not None:
        definition["description"] = about.render(lang)
    for key, value in definition.get("properties", {}).items():
        about = meaning(f"{entry}.{key.replace('_', '-')}")
        value["title"] = key
        if about is not None:
            value["description"] = about.render(lang)


def _close(schema: Any) -> None:
    """A mapping whose keys have to look a certain way has no others."""
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            schema.setdefault("additionalProperties", False)
        for value in schema.values():
            _close(value)
    elif isinstance(schema, list):
        for value in schema:
            _close(value)
