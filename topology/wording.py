"""What pydantic refuses, in plain words: error type -> what is allowed there.

Only types that YAML values can cause have words of their own; ``tests/topology/test_validation.py`` holds the list of the others.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from topology.i18n import T, Text
from topology.yaml_text import full_width

Context = Mapping[str, Any]

_QUOTE = T("put it in quotes")

# Error type -> the noun phrase that says what is allowed. Words in {braces} come from the error's context.
_ALLOWED: dict[str, Text] = {
    "string_type": T("a text"),
    "string_unicode": T("a text"),
    "string_not_ascii": T("a text of ASCII characters"),
    "string_too_short": T("a text of at least {min_length} characters"),
    "string_too_long": T("a text of at most {max_length} characters"),
    "string_pattern_mismatch": T("a text of the form {pattern}"),
    "int_type": T("a whole number"),
    "int_parsing": T("a whole number"),
    "int_parsing_size": T("a whole number of at most 19 digits"),
    "int_from_float": T("a whole number"),
    "float_type": T("a number"),
    "float_parsing": T("a number"),
    "finite_number": T("a number"),
    "decimal_type": T("a number"),
    "decimal_parsing": T("a number"),
    "decimal_max_digits": T("a number of at most {max_digits} digits"),
    "decimal_max_places": T("a number with at most {decimal_places} digits after the point"),
    "decimal_whole_digits": T("a number with at most {whole_digits} digits before the point"),
    "fraction_type": T("a number"),
    "fraction_parsing": T("a number"),
    "greater_than": T("a value greater than {gt}"),
    "greater_than_equal": T("a value of at least {ge}"),
    "less_than": T("a value less than {lt}"),
    "less_than_equal": T("a value of at most {le}"),
    "multiple_of": T("a multiple of {multiple_of}"),
    "bool_type": T("true or false"),
    "bool_parsing": T("true or false"),
    "none_required": T("nothing"),
    "too_short": T("at least {min_length} entries"),
    "too_long": T("at most {max_length} entries"),
    "model_type": T("a mapping of 'key: value' lines"),
    "model_attributes_type": T("a mapping of 'key: value' lines"),
    "dataclass_type": T("a mapping of 'key: value' lines"),
    "dict_type": T("a mapping of 'key: value' lines"),
    "frozen_dict_type": T("a mapping of 'key: value' lines"),
    "ordered_dict_type": T("a mapping of 'key: value' lines"),
    "mapping_type": T("a mapping of 'key: value' lines"),
    "union_tag_not_found": T("a mapping with the key '{discriminator}'"),
    "list_type": T("a list"),
    "tuple_type": T("a list"),
    "named_tuple_type": T("a list"),
    "set_type": T("a list"),
    "frozen_set_type": T("a list"),
    "deque_type": T("a list"),
    "iterable_type": T("a list"),
    "set_item_not_hashable": T("a word or a number"),
    "date_type": T("a date as year-month-day, such as 2026-05-01"),
    "date_parsing": T("a date as year-month-day, such as 2026-05-01"),
    "date_from_datetime_parsing": T("a date as year-month-day, such as 2026-05-01"),
    "date_from_datetime_inexact": T("a date as year-month-day, such as 2026-05-01"),
    "date_past": T("a date in the past"),
    "date_future": T("a date in the future"),
    "time_type": T("a time of day, such as 08:30"),
    "time_parsing": T("a time of day, such as 08:30"),
    "datetime_type": T("a date and time, such as 2026-05-01T08:30:00"),
    "datetime_parsing": T("a date and time, such as 2026-05-01T08:30:00"),
    "datetime_object_invalid": T("a date and time, such as 2026-05-01T08:30:00"),
    "datetime_from_date_parsing": T("a date and time, such as 2026-05-01T08:30:00"),
    "datetime_past": T("a date in the past"),
    "datetime_future": T("a date in the future"),
    "timezone_naive": T("a time without time zone"),
    "timezone_aware": T("a time with time zone"),
    "timezone_offset": T("a time with time zone"),
    "time_delta_type": T("a duration, such as 01:30:00"),
    "time_delta_parsing": T("a duration, such as 01:30:00"),
    "bytes_type": T("a text"),
    "bytes_too_short": T("a text of at least {min_length} characters"),
    "bytes_too_long": T("a text of at most {max_length} characters"),
    "url_type": T("a URL"),
    "url_parsing": T("a URL"),
    "url_syntax_violation": T("a URL"),
    "url_scheme": T("a URL that begins with {expected_schemes}"),
    "url_too_long": T("a URL of at most {max_length} characters"),
    "uuid_type": T("a UUID"),
    "uuid_parsing": T("a UUID"),
    "uuid_version": T("a UUID of version {expected_version}"),
    "ip_any_address": T("an IP address, such as 10.1.2.3"),
    "ip_v4_address": T("an IPv4 address, such as 10.1.2.3"),
    "ip_v6_address": T("an IPv6 address, such as 2001:db8::1"),
    "ip_any_network": T("a network without host bits, such as 10.1.2.0/24"),
    "ip_v4_network": T("a network without host bits, such as 10.1.2.0/24"),
    "ip_v6_network": T("a network without host bits, such as 2001:db8::/32"),
    "ip_any_interface": T("an address with prefix length, such as 10.1.2.3/24"),
    "ip_v4_interface": T("an address with prefix length, such as 10.1.2.3/24"),
    "ip_v6_interface": T("an address with prefix length, such as 2001:db8::1/64"),
    "pattern_type": T("a regular expression"),
    "pattern_str_type": T("a regular expression"),
    "pattern_regex": T("a regular expression"),
    "sequence_str": T("a list"),
}
PATTERNS: Mapping[str, Text] = {
    r"^[a-z][a-z0-9-]*$": T("a short name of a-z, 0-9 and -, beginning with a letter"),
}
"""Words for patterns that models use often; any other is shown as it is."""

_LISTS_VALUES = {"enum": "expected", "literal_error": "expected", "union_tag_invalid": "expected_tags"}


# What these would be read as, were they not in quotes.
_UNQUOTED = {
    "int_type": r"[-+]?(0|[1-9][0-9]{0,18})",
    "float_type": r"[-+]?(0|[1-9][0-9]{0,18})(\.[0-9]{1,18})?",
    "bool_type": r"true|false",
    "date_type": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
}


def allowed(kind: str, context: Context) -> Text | None:
    """What is allowed where pydantic reports an error of type ``kind``; None where there are no better words than the error's own."""
    if kind in _LISTS_VALUES:
        return Text("{values}", (("values", ", ".join(listed(kind, context))),))
    words = PATTERNS.get(context.get("pattern", "")) or _ALLOWED.get(kind)
    return Text(words.msgid, tuple((name, _plain(value)) for name, value in context.items())) if words else None


def listed(kind: str, context: Context) -> list[str]:
    """The values that an enumeration, a literal or a discriminator allows. Pydantic offers them only as a sentence: ``'a', 'b' or 3``."""
    sentence = str(context.get(_LISTS_VALUES.get(kind, ""), ""))
    found = re.findall(r"'((?:[^'\\]|\\.)*)'|([^\s,']+)", sentence)
    return [in_quotes or bare for in_quotes, bare in found if bare != "or"]


def quoted(value: object) -> Text:
    """A value of the inventory as an operator would recognise it, shortened."""
    words: dict[type, Callable[[Any], Text]] = {
        type(None): lambda _: T("an empty value"),
        bool: lambda flag: _verbatim("true" if flag else "false"),
        int: _verbatim,
        float: _verbatim,
        date: _verbatim,
    }
    if isinstance(value, dict):
        return T("a mapping")
    if isinstance(value, list | tuple):
        return T("a list")
    return words.get(type(value), _in_quotes)(value)


def _verbatim(value: object) -> Text:
    return Text("{value}", (("value", value),))


def _in_quotes(value: object) -> Text:
    text = "".join(char if char.isprintable() else "�" for char in str(value))
    return T("'{value}'", value=text if len(text) <= 40 else text[:39] + "…")


def hint(kind: str, value: object) -> Text | None:
    """What to do about it, where the words of what is allowed do not say it already."""
    if kind == "string_type" and isinstance(value, bool | int | float | date):
        return _QUOTE
    if kind in _UNQUOTED and isinstance(value, str) and re.fullmatch(_UNQUOTED[kind], value):
        return T("take the quotes away")
    if kind in ("model_type", "model_attributes_type", "dict_type") and isinstance(value, str):
        return full_width(value)
    return None


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return value.strip("'") if isinstance(value, str) else value
