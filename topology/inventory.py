"""The folder of an inventory -> Intent: which file belongs to which root, sections of several files added up, nothing resolved yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from topology.facts import Realm
from topology.i18n import T
from topology.intent.document import CommonDocument, GatekeeperDocument, NetworkIntent, PoolsIntent, RealmDocument
from topology.intent.sites import CountyIntent, MunicipalIntent
from topology.node import Node
from topology.origin import Origin
from topology.problems import InventoryError, Problem
from topology.source import find_files, read_yaml
from topology.validation import validate

ROOTS: dict[str, type[Node]] = {"outer": RealmDocument, "inner": RealmDocument, "gatekeeper": GatekeeperDocument}


@dataclass(frozen=True, slots=True)
class RealmIntent:
    """One side: everything below `outer/` or `inner/`."""

    realm: Realm
    document: RealmDocument  # all sections but `county`, merged
    counties: tuple[CountyIntent, ...]  # by number

    @property
    def network(self) -> NetworkIntent:
        """Present in every side that `load_intent` returns, like the two below."""
        assert self.document.network is not None
        return self.document.network

    @property
    def pools(self) -> PoolsIntent:
        assert self.document.pools is not None
        return self.document.pools

    @property
    def municipal(self) -> MunicipalIntent:
        assert self.document.municipal is not None
        return self.document.municipal


@dataclass(frozen=True, slots=True)
class Intent:
    """What people decided, of the sides that are present."""

    root: Path
    common: CommonDocument
    realms: tuple[RealmIntent, ...]
    gatekeeper: GatekeeperDocument


def load_intent(root: Path) -> Intent:
    """Reads and validates every file below `root`.

    Raises InventoryError with every problem of every file. Missing sections are told when every file could be read: they may stand in
    one that could not. For the same reason references between files are followed only after this.
    """
    problems: list[Problem] = []
    documents: dict[str, list[Any]] = {"": [], **{name: [] for name in ROOTS}}
    for path in find_files(root, problems):
        parts = path.relative_to(root).parts
        side = parts[0] if len(parts) > 1 else ""
        if side not in documents:
            problems.append(_stray(path.relative_to(root)))
            continue
        data = read_yaml(path, root, problems)
        node = validate(ROOTS.get(side, CommonDocument), data, problems) if data is not None else None
        if node is not None:
            documents[side].append(node)
    broken = bool(problems)
    common = _merge(CommonDocument, documents[""], problems)
    realms = tuple(_realm(Realm(name), documents[name], problems) for name in ("outer", "inner") if documents[name])
    gatekeeper = _merge(GatekeeperDocument, documents["gatekeeper"], problems)
    if not broken:
        _check_present(common, realms, root, problems)
    if problems:
        raise InventoryError(problems)
    return Intent(root, common, realms, gatekeeper)


def _stray(path: Path) -> Problem:
    return Problem(
        Origin(path.as_posix(), 1, 1),
        T("a folder '{name}' is not part of an inventory", name=path.parts[0]),
        T("files beside city.yaml, and the folders outer/, inner/ and gatekeeper/"),
        T("move the file into the folder of its network"),
    )


def _realm(realm: Realm, documents: list[RealmDocument], problems: list[Problem]) -> RealmIntent:
    counties = [document.county for document in documents if document.county is not None]
    rest = [document for document in documents if document.county is None or document.model_fields_set - {"county"}]
    merged = _merge(RealmDocument, rest, problems, skip=("county",))
    return RealmIntent(realm, merged, tuple(sorted(counties, key=lambda county: (county.number, county.slug))))


def _merge(model: type[Any], documents: Iterable[Any], problems: list[Problem], skip: tuple[str, ...] = ()) -> Any:
    """One document with the sections of all: mappings and lists add up, anything else may stand only once."""
    values: dict[str, Any] = {}
    places: dict[Any, Origin] = {}
    for document in documents:
        for name in document.model_fields_set:
            value = getattr(document, name)
            if name in skip or value is None:
                continue
            if isinstance(value, tuple):
                values[name] = (*values.get(name, ()), *value)
            elif isinstance(value, dict):
                for key, item in value.items():
                    _once(places, (name, key), document.key_at(name, key), f"{name}.{key}", problems)
                    values.setdefault(name, {}).setdefault(key, item)
            else:
                _once(places, name, document.key_at(name), name, problems)
                values.setdefault(name, value)
    return model.model_construct(**values)


def _once(places: dict[Any, Origin], key: Any, origin: Origin, title: str, problems: list[Problem]) -> None:
    if key in places:
        problems.append(
            Problem(
                origin,
                T("'{name}' stands here and at {other}", name=title, other=str(places[key])),
                T("once in all files of a root"),
                T("delete one of the two, or give it another name"),
            )
        )
    places.setdefault(key, origin)


def _check_present(common: CommonDocument, realms: tuple[RealmIntent, ...], root: Path, problems: list[Problem]) -> None:
    """Sections without which nothing can be built."""

    def need(owner: Node, names: tuple[str, ...], place: str) -> None:
        problems.extend(
            Problem(
                Origin(place, 1, 1),
                T("the section '{name}' is missing", name=name),
                hint=T("write it in a file of this folder; 'govnet init' writes a small city to look at"),
            )
            for name in names
            if getattr(owner, name) is None
        )

    need(common, ("city", "policy"), ".")
    if not realms:
        problems.append(
            Problem(
                Origin(".", 1, 1), T("there is neither outer/ nor inner/"), T("at least one of them"), T("check the path of the inventory")
            )
        )
    for side in realms:
        need(side.document, ("network", "pools", "municipal"), side.realm.value)
