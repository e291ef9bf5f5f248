"""Values of a file -> a model, or every reason against it, each at the place of the value that is wrong."""

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from topology import wording
from topology.i18n import T, Text
from topology.node import Invalid, Node
from topology.origin import Origin
from topology.problems import Problem, names, nearest
from topology.yaml_tree import SourceList, SourceMap

__all__ = ["Invalid", "validate"]

N = TypeVar("N", bound=Node)
Owners = dict[int, list[type[Node]]]
Location = tuple[int | str, ...]


def validate(model: type[N], data: SourceMap, problems: list[Problem]) -> N | None:
    """The ``model`` that ``data`` holds, or None and at least one problem."""
    owners: Owners = {}
    try:
        return model.model_validate(data, context=owners)
    except ValidationError as error:
        found = [_problem(details, data, owners) for details in error.errors(include_url=False)]
        problems.extend(_merged(found))
        return None
    except RecursionError:
        problems.append(Problem(data.origin, T("nested too deeply")))
        return None


def _problem(error: ErrorDetails, data: SourceMap, owners: Owners) -> Problem:
    context = error.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, Invalid):
        return Problem(_Place(error, data, cause.at).origin, cause.what, cause.allowed, cause.hint)
    place = _Place(error, data)
    if error["type"] == "missing":
        return Problem(place.origin, T("the key '{key}' is missing", key=str(error["loc"][-1])), hint=T("add it here"))
    if error["type"] == "extra_forbidden":
        return _unknown_key(place, owners)
    value = context["tag"] if error["type"] == "union_tag_invalid" else error["input"]
    allowed = wording.allowed(error["type"], context)
    near = nearest(value, wording.listed(error["type"], context)) if isinstance(value, str) else None
    hint = T("did you mean '{name}'?", name=near) if near else wording.hint(error["type"], value)
    if place.is_key:
        return Problem(place.key_origin, T("{value} is not allowed as a key", value=wording.quoted(value)), allowed, hint)
    return Problem(place.origin, _what(error, context, place.name, is_worded=allowed is not None), allowed, hint)


def _what(error: ErrorDetails, context: dict[str, Any], key: str, *, is_worded: bool) -> Text:
    value, kind = error["input"], error["type"]
    if kind == "union_tag_invalid":
        value, key = context["tag"], str(context["discriminator"]).strip("'")
    if kind in ("too_short", "too_long"):
        return T("the number of entries of '{key}' is {count}", count=context.get("actual_length") or len(value), key=key)
    if is_worded:
        return T("{value} is not allowed for '{key}'", value=wording.quoted(value), key=key)
    reason = str(context["error"]) if kind in ("value_error", "assertion_error") else error["msg"]
    if isinstance(value, dict | list):  # a check of the whole: its reason says it all
        return Text("{reason}", (("reason", reason),))
    return T("{value} is not allowed for '{key}': {reason}", value=wording.quoted(value), key=key, reason=reason)


def _unknown_key(place: "_Place", owners: Owners) -> Problem:
    key = place.name
    fields = [alias for owner in owners.get(id(place.owner), ()) for alias in _keys(owner)]
    free = [name for name in fields if not (isinstance(place.owner, dict) and name in place.owner)]
    near = nearest(key, free)
    allowed = names(free) if free else T("no further key: all are given")
    hint = T("did you mean '{name}'?", name=near) if near else T("delete it, or check the indentation")
    return Problem(place.key_origin, T("unknown key '{key}'", key=key), allowed if fields else None, hint)


def _keys(model: type[Node]) -> Iterator[str]:
    for name, info in model.model_fields.items():
        yield info.validation_alias if isinstance(info.validation_alias, str) else name


def _merged(found: list[Problem]) -> Iterator[Problem]:
    """A union fails once for each of its members: one problem that allows any of them."""
    groups: dict[tuple[Origin, Text], list[Problem]] = {}
    for problem in found:
        groups.setdefault((problem.origin, problem.what), []).append(problem)
    for (origin, what), group in groups.items():
        choices = list(dict.fromkeys(problem.allowed for problem in group if problem.allowed))
        allowed = choices[0] if choices else None
        for choice in choices[1:]:
            allowed = T("{this} or {that}", this=allowed, that=choice)
        yield Problem(origin, what, allowed, next((problem.hint for problem in group if problem.hint), None))


class _Place:
    """Where in the file a pydantic error belongs.

    Pydantic's location also holds steps that are no keys: tags and names of union members, "[key]". So every way of taking a step as a key
    or passing over it is open; the way that ends at the very value that pydantic complains about is the right one, else the longest.
    """

    def __init__(self, error: ErrorDetails, data: SourceMap, inner: Location = ()) -> None:
        location = error["loc"]
        self.is_key = bool(location) and location[-1] == "[key]"
        best: list[tuple[Any, int | str]] = []
        for way in _ways(data, location):
            end = way[-1][0][way[-1][1]] if way else data
            if end is error["input"] and error["input"] is not None:
                best = way
                break
            best = max(best, way, key=len)
        best = [*best, *_steps(best[-1][0][best[-1][1]] if best else data, inner)]
        self.owner: Any = best[-1][0] if best else data
        self.key_origin = _key_origin(best[-1]) if best else data.origin
        self.origin = _value_origin(best[-1]) if best else data.origin
        self.name = str(next((key for owner, key in reversed(best) if isinstance(owner, SourceMap)), ""))


def _ways(data: Any, location: Location) -> Iterator[list[tuple[Any, int | str]]]:
    """Every list of (collection, key) that ``location`` can mean, those with most keys first."""
    if not location:
        yield []
        return
    step, *rest = location
    if _has(data, step):
        for way in _ways(data[step], tuple(rest)):
            yield [(data, step), *way]
    yield from _ways(data, tuple(rest))


def _steps(data: Any, path: Location) -> Iterator[tuple[Any, int | str]]:
    """The part of ``path`` that is in the file."""
    for step in path:
        if not _has(data, step):
            return
        yield data, step
        data = data[step]


def _has(data: Any, step: int | str) -> bool:
    if isinstance(data, SourceList):
        return isinstance(step, int) and 0 <= step < len(data)
    return isinstance(data, SourceMap) and step in data


def _key_origin(step: tuple[Any, int | str]) -> Origin:
    owner, key = step
    return owner.key_at(key) if isinstance(owner, SourceMap) else _value_origin(step)


def _value_origin(step: tuple[Any, int | str]) -> Origin:
    owner, key = step
    origin: Origin = owner.at(key)
    return origin
