"""Reading one condition of an nftables rule: a selector or several, an operator, and what stands behind it."""

from __future__ import annotations

from itertools import product

from isolation_checks.reading import values
from isolation_checks.reading.nft_match import (
    FLAG_WORDS,
    LIMIT,
    Alternative,
    Element,
    NotUnderstoodError,
    Scope,
    Selector,
    Words,
    compared,
    elements,
    masked_flags,
    of_set,
    selector,
)
from isolation_checks.reading.nft_values import ANY, conjoined, flag_set
from isolation_checks.snapshot import Match, Ternary

_OPERATORS = {
    "==": "==", "eq": "==", "!=": "!=", "ne": "!=", "<": "<", "lt": "<", ">": ">", "gt": ">", "<=": "<=", "le": "<=", ">=": ">=",
    "ge": ">=",
    "!": "!",
}  # fmt: skip
_JOINTS = frozenset({"-", "/", "|", "&", "^", "<<", ">>"})
Verdicts = list[tuple[list[Alternative], tuple[str, ...]]]


def selectors(words: Words, family: str) -> list[Selector] | None:
    """One selector, or several joined by dots."""
    first = selector(words, family)
    if first is None:
        return None
    found = [first]
    while words.peek() == ".":
        words.at += 1
        another = selector(words, family)
        if another is None:
            raise NotUnderstoodError
        found.append(another)
    return found


def braces(words: Words) -> list[str]:
    """What stands between the braces that open here."""
    if words.take() != "{":
        raise NotUnderstoodError
    depth = 1
    found: list[str] = []
    while True:
        word = words.take()
        depth += (word == "{") - (word == "}")
        if not depth:
            return found
        found.append(word)


def condition(found: list[Selector], words: Words, scope: Scope) -> list[Alternative]:
    """What follows the selectors of a condition, as alternatives."""
    if words.peek() == "&" and len(found) == 1:
        return _masked(found[0], words, scope)
    operator = _OPERATORS.get(words.peek(), "")
    words.at += bool(operator)
    if words.peek() == "{":
        return _any_element(found, operator, elements(braces(words)), scope)
    if words.peek().startswith("@") and words.peek()[1:] not in ("nh", "th", "ll", "ih"):
        known = of_set(scope, words.take()[1:])
        if known is None:
            return _combined([_assumed(what) for what in found])
        return _any_element(found, operator, known, scope)
    if len(found) > 1:
        return _single_concatenation(found, operator, words, scope)
    return _single(found[0], operator, words, scope)


def _assumed(what: Selector) -> list[Alternative]:
    """A comparison with values that nobody knows: it may hold for every packet that has the field at all."""
    if what.field == "six":
        return []
    return [(Match(protocols=what.protocols) if what.protocols is not None else ANY, True)]


def _combined(parts: list[list[Alternative]]) -> list[Alternative]:
    result: list[Alternative] = [(ANY, False)]
    for part in parts:
        result = conjunction(result, part)
    return result


def conjunction(one: list[Alternative], other: list[Alternative]) -> list[Alternative]:
    """Alternatives that hold where one of each does."""
    if len(one) == 1 and len(other) == 1:
        match = conjoined(one[0][0], other[0][0])
        return [] if match is None else [(match, one[0][1] or other[0][1] or _inexact(one[0][0], other[0][0]))]
    if len(one) * len(other) > LIMIT:
        raise NotUnderstoodError
    return [(match, a[1] or b[1] or _inexact(a[0], b[0])) for a, b in product(one, other) if (match := conjoined(a[0], b[0])) is not None]


def _inexact(one: Match, other: Match) -> bool:
    """Names with a wildcard less some of them are no list of names: then the conjunction holds for more than it should."""
    for a, b in ((one.in_interfaces, other.in_interfaces), (one.out_interfaces, other.out_interfaces)):
        if a is not None and b is not None and a.negated != b.negated and any(item.endswith("*") for item in (*a.names, *b.names)):
            return True
    return False


def _any_element(found: list[Selector], operator: str, items: list[Element], scope: Scope) -> list[Alternative]:
    if operator not in ("", "==", "!="):
        raise NotUnderstoodError
    if any(len(item.key) != len(found) for item in items):
        raise NotUnderstoodError
    if len(found) == 1:
        if not items:
            return _nothing(found[0], operator)
        return compared(found[0], "!=" if operator == "!=" else "==", [item.key[0] for item in items], scope.family)
    if operator == "!=":  # not any of the combinations: it holds for nearly everything
        return _combined([_assumed(what) for what in found])
    result: list[Alternative] = []
    for item in items:
        result.extend(_combined([compared(what, "==", [key], scope.family) for what, key in zip(found, item.key, strict=True)]))
        if len(result) > LIMIT:
            raise NotUnderstoodError
    return result


def _nothing(what: Selector, operator: str) -> list[Alternative]:
    """Against a set without elements."""
    if operator != "!=" or what.field == "six":
        return []
    return [(Match(protocols=what.protocols) if what.protocols is not None else ANY, False)]


def _single_concatenation(found: list[Selector], operator: str, words: Words, scope: Scope) -> list[Alternative]:
    keys = [_value(words)]
    while words.took("."):
        keys.append(_value(words))
    return _any_element(found, operator, [Element(tuple(keys), ())], scope)


def _value(words: Words, commas: bool = False) -> tuple[str, ...]:
    """One value: a word, or words joined by signs; a list with commas only where flags are compared."""
    found = _group(words)
    while words.peek() in _JOINTS or (commas and words.peek() == ",") or (words.peek()[:1] == "-" and words.peek(1)[:1] == '"'):
        found += (words.take(), *_group(words))
    return found


def _group(words: Words) -> tuple[str, ...]:
    word = words.take()
    if word == "(":
        found = []
        while (word := words.take()) != ")":
            found.append(word)
        return tuple(found)
    if word in ("{", "}", ",", ";") or word[0] in "$@":
        raise NotUnderstoodError
    return (word,)


def _single(what: Selector, operator: str, words: Words, scope: Scope) -> list[Alternative]:
    value = _value(words, commas=what.field in ("flags", "states", "other"))
    if what.field == "flags":
        return _flags(operator, list(value))
    if what.field == "states":
        return _states(what, operator, value, scope)
    if operator == "!":
        raise NotUnderstoodError
    if operator in ("<", ">", "<=", ">="):
        return _ordered(what, operator, value, scope)
    return compared(what, operator or "==", [value], scope.family)


def _states(what: Selector, operator: str, value: tuple[str, ...], scope: Scope) -> list[Alternative]:
    """Without an operator any of the states; ``==`` and ``!=`` compare with one, since a packet has one."""
    several = len([word for word in value if word not in (",", "|")]) > 1
    if operator == "!":
        operator = "!="
    elif several and operator:
        return [(ANY, False)] if operator == "!=" else []
    return compared(what, operator or "==", [value], scope.family)


def _flags(operator: str, value: list[str]) -> list[Alternative]:
    """``tcp flags syn`` asks whether it is set at all; ``syn / fin,syn`` for this among those; ``==`` for nothing but it."""
    if "/" in value:
        at = value.index("/")
        wanted, mask = flag_set(value[:at]), flag_set(value[at + 1 :])
        if wanted is None or mask is None or operator not in ("", "==", "!="):
            raise NotUnderstoodError
        return masked_flags(mask, operator or "==", wanted)
    found = flag_set(value)
    if found is None or "&" in value:
        raise NotUnderstoodError
    if operator == "":
        return masked_flags(found, "!=", 0)
    if operator == "!":
        return masked_flags(found, "==", 0)
    if operator in ("==", "!="):
        return compared(Selector("flags", ((6, 6),)), operator, [tuple(value)], "")
    raise NotUnderstoodError


def _ordered(what: Selector, operator: str, value: tuple[str, ...], scope: Scope) -> list[Alternative]:
    """Less and greater, as a range."""
    if what.field in ("other", "six"):
        return compared(what, "==", [value], scope.family)
    text = "".join(value)
    if what.field in ("src", "dst"):
        address = values.ip(text)
        if address is None:
            raise NotUnderstoodError
        low, high = _bounds(operator, address, values.FULL)
        found = values.address_range(low, high) if low <= high else ()
        return [(Match(src=found) if what.field == "src" else Match(dst=found), False)] if found else []
    exact = compared(what, "==", [value], scope.family)
    ranges = exact[0][0].dports or exact[0][0].sports or exact[0][0].protocols if exact else None
    if not ranges or what.field not in ("sports", "dports", "protocols", "th-sports", "th-dports"):
        raise NotUnderstoodError
    low, high = _bounds(operator, ranges[0][0], 255 if what.field == "protocols" else 65535)
    if low > high:
        return []
    return compared(what, "==", [(f"{low}-{high}",)], scope.family)


def _bounds(operator: str, value: int, top: int) -> tuple[int, int]:
    return {"<": (0, value - 1), "<=": (0, value), ">": (value + 1, top), ">=": (value, top)}[operator]


def _masked(what: Selector, words: Words, scope: Scope) -> list[Alternative]:
    """``SELECTOR & MASK == VALUE``."""
    words.take()
    mask = _group(words)
    while words.peek() == "," or (words.peek() == "|" and what.field == "other"):
        mask += (words.take(), *_group(words))
    if words.peek() in ("|", "^", "<<", ">>") and what.field != "other":
        raise NotUnderstoodError
    operator = _OPERATORS.get(words.peek(), "")
    words.at += bool(operator)
    if what.field == "six":
        _skip_value(words, scope)
        return []
    if what.field == "flags" and words.peek() == "{":
        return _masked_set(mask, operator, words)
    if what.field not in ("flags", "states", "src", "dst"):
        _skip_value(words, scope)
        return _assumed(what)
    return _masked_value(what, mask, operator, _value(words, commas=True), scope)


def _skip_value(words: Words, scope: Scope) -> None:
    if words.peek() == "{":
        braces(words)
    else:
        _value(words, commas=True)


def _masked_set(mask: tuple[str, ...], operator: str, words: Words) -> list[Alternative]:
    bits = flag_set(list(mask))
    found = [flag_set(list(item.key[0])) for item in elements(braces(words)) if len(item.key) == 1]
    if bits is None or any(value is None for value in found):
        raise NotUnderstoodError
    one_of = [masked_flags(bits, operator or "==", value) for value in found if value is not None]
    if operator == "!=":
        return _combined(one_of)
    return [item for part in one_of for item in part]


def _masked_value(what: Selector, mask: tuple[str, ...], operator: str, value: tuple[str, ...], scope: Scope) -> list[Alternative]:
    if what.field == "flags":
        bits, wanted = flag_set(list(mask)), flag_set(list(value))
        if bits is None or wanted is None or operator not in ("==", "!=", "") or (value[0] not in FLAG_WORDS and not operator):
            raise NotUnderstoodError
        return masked_flags(bits, operator or "==", wanted)
    if what.field == "states":
        if value not in (("0",), ("0x0",)) or operator not in ("==", "!="):
            raise NotUnderstoodError
        return compared(what, "!=" if operator == "==" else "==", [mask], scope.family)
    bits, wanted = values.ip("".join(mask)), values.ip("".join(value))
    if bits is None or wanted is None or operator not in ("", "==", "!="):
        raise NotUnderstoodError
    found = (Ternary(wanted & bits, bits),) if not wanted & ~bits else ()
    result = values.complement_addresses(found) if operator == "!=" else found
    return [(Match(src=result) if what.field == "src" else Match(dst=result), False)] if result else []
