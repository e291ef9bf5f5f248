"""The base of all intent models: pydantic models that know where in the inventory they stand."""

from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

from topology.i18n import Text
from topology.origin import Origin
from topology.yaml_tree import SourceList, SourceMap

NOWHERE = Origin("-", 1, 1)
"""The origin of a node that was not read from a file."""

_STRICT = frozenset({"int", "float", "bool", "date"})
_ADDRESSES = frozenset(
    {
        IPv4Address,
        IPv4Network,
        IPv4Interface,
        IPv6Address,
        IPv6Network,
        IPv6Interface,
    }
)


class Invalid(ValueError):  # noqa: N818 - it reads as the verdict that it is: raise Invalid(…)
    """Raised in a validator of a model: the value is wrong, in words of the model's own.

    ``at`` leads from the validated mapping to the value that is to blame, e.g. ``("uplinks", "a")``; without it, what was validated is.
    """

    def __init__(self, what: Text, allowed: Text | None = None, hint: Text | None = None, at: tuple[str | int, ...] = ()) -> None:
        super().__init__(what.render("en"))
        self.at = at
        self.what = what
        self.allowed = allowed
        self.hint = hint


def _number_as_text(value: Any) -> Any:
    """``10`` is no address, although ``IPv4Address(10)`` is 0.0.0.10."""
    return str(value) if isinstance(value, int | float) else value


def _make_strict(schema: Any, *, top: bool = False) -> None:
    """Nothing is guessed: else pydantic reads ``true`` as 1, '0123' as 123, 20260501 as a day in 1970 and 10 as the address 0.0.0.10.

    Strictness for the whole model would refuse names of enumerations, addresses and tuples too. Nested models did this for themselves.
    """
    if isinstance(schema, dict):
        if not top and schema.get("type") == "model":
            return
        if schema.get("type") in _STRICT:
            schema.setdefault("strict", True)
        if schema.get("type") == "lax-or-strict" and schema["strict_schema"].get("python_schema", {}).get("cls") in _ADDRESSES:
            schema["lax_schema"] = core_schema.no_info_before_validator_function(_number_as_text, schema["lax_schema"])
            return
        for key, value in schema.items():
            if key not in ("metadata", "serialization", "ref"):
                _make_strict(value, top=top and schema.get("type") != "model")
    elif isinstance(schema, list | tuple):
        for item in schema:
            _make_strict(item)


class Node(BaseModel):
    """Frozen, no unknown keys, numbers, truth values and dates not guessed from text, and a place for every value.

    Two nodes are equal when their fields are, wherever they stand.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    _source: SourceMap | None = PrivateAttr(default=None)

    @property
    def origin(self) -> Origin:
        """Where the mapping begins that this node was read from."""
        source = self._place()
        return source.origin if source is not None else NOWHERE

    def _place(self) -> SourceMap | None:
        """The mapping that this was read from; past pydantic's own look-up of private attributes, which is slow and asked very often."""
        private = self.__pydantic_private__
        return private["_source"] if private else None

    def at(self, *path: str | int) -> Origin:
        """Where the value of a field stands, also of nested ones: ``node.at("uplinks", "a", "via")``.

        What is not in the file (a default) stands where the innermost mapping that is in the file does.
        """
        if len(path) == 1:  # by far the most frequent
            source, key = self._place(), path[0]
            if source is not None and key in source:
                return source.at(key)
        return self._walk(path, keys=False)

    def key_at(self, *path: str | int) -> Origin:
        """As ``at``, but where the last key itself stands instead of its value."""
        return self._walk(path, keys=True)

    def _walk(self, path: tuple[str | int, ...], *, keys: bool) -> Origin:
        owner: Any = self
        data: Any = self._place()
        place = self.origin
        for step in path:
            if isinstance(owner, Node):
                data = owner._place() or data
                key: str | int = owner.__class__._key_of(step, data)
            else:
                key = step
            if isinstance(data, SourceMap) and key in data:
                place = data.key_at(key) if keys else data.at(key)
            elif isinstance(data, SourceList) and isinstance(key, int) and key < len(data):
                place = data.at(key)
            else:
                return place
            owner = _child(owner, step)
            data = data[key]
        return place

    @classmethod
    def _key_of(cls, field: str | int, data: Any) -> str | int:
        """The key under which the file has the field: its alias, or its name."""
        info = cls.model_fields.get(field) if isinstance(field, str) else None
        alias = info.validation_alias if info else None
        if isinstance(alias, str) and (not isinstance(data, SourceMap) or alias in data):
            return alias
        return field

    @model_validator(mode="wrap")
    @classmethod
    def _keep_source(cls, data: Any, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        try:
            node = handler(data)
        except ValidationError:
            if info.context is not None:  # so that an unknown key can be told which keys there are
                info.context.setdefault(id(data), []).append(cls)
            raise
        if type(data) is SourceMap:
            node.__pydantic_private__["_source"] = data  # type: ignore[index]
        return node

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        _make_strict(schema, top=True)
        return schema

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        return hash((type(self), *self.__dict__.values()))


def _child(owner: Any, step: str | int) -> Any:
    if isinstance(owner, Node):
        return getattr(owner, str(step), None)
    try:
        return owner[step]
    except (TypeError, LookupError):
        return None
