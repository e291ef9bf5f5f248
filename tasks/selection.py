"""Which devices a command speaks of: ``county=qingzhen``, ``role=core``, names and patterns of names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase

from tasks.output import RefusedError
from topology.facts import Device, Facts
from topology.i18n import T, Text
from topology.problems import names, nearest

KEYS: dict[str, Callable[[Device, str | None], str | None]] = {
    "county": lambda device, county: county,
    "realm": lambda device, county: device.realm.value,
    "tier": lambda device, county: device.tier.value,
    "role": lambda device, county: device.role.value,
    "site": lambda device, county: device.site,
    "platform": lambda device, county: device.platform,
    "device": lambda device, county: device.name,
}


def select(facts: Facts, only: Sequence[str]) -> tuple[str, ...]:
    """The rendered devices that ``only`` speaks of, sorted by name; all of them where it says nothing.

    Terms with the same key widen (``county=qingzhen,xifeng``), different keys narrow. Raises RefusedError, with what is allowed, for a term
    that means nothing, and where no device is left.
    """
    counties = {(site.realm, site.key): site.county for site in facts.sites}
    rows = {
        device.name: {key: value(device, counties[device.realm, device.site]) for key, value in KEYS.items()}
        for device in facts.devices
        if device.rendered
    }
    wanted: dict[str, list[str]] = {}
    for term in only:
        key, words = _parsed(term)
        wanted.setdefault(key, []).extend(words)
    for key, words in wanted.items():
        _check(key, words, sorted({value for row in rows.values() if (value := row[key])}), facts)
    found = tuple(sorted(name for name, row in rows.items() if all(_matches(row[key], words) for key, words in wanted.items())))
    if not found:
        raise RefusedError(T("--only: no device is all of this at once: {terms}", terms=", ".join(only)))
    return found


def _parsed(term: str) -> tuple[str, list[str]]:
    key, equals, value = term.partition("=")
    if not equals:
        key, value = "device", term
    if key not in KEYS:
        raise _unknown(term, T("key"), key, KEYS)
    return key, [word.strip() for word in value.split(",")]


def _matches(value: str | None, words: Iterable[str]) -> bool:
    return value is not None and any(value == word or fnmatchcase(value, word) for word in words)


def _check(key: str, words: Iterable[str], known: Sequence[str], facts: Facts) -> None:
    """Every word means at least one device."""
    for word in words:
        if any(_matches(value, [word]) for value in known):
            continue
        if key == "device" and any(device.name == word for device in facts.devices):
            raise RefusedError(T("--only {term}: this device is not configured by govnet.", term=word))
        raise _unknown(word if key == "device" else f"{key}={word}", key, word, known)


def _unknown(term: str, kind: Text | str, word: str, known: Iterable[str]) -> RefusedError:
    known = list(known)
    near = nearest(word, known)
    text = T("--only {term}: unknown {kind} '{word}' · allowed: {allowed}", term=term, kind=kind, word=word, allowed=names(known))
    return RefusedError(T("{text} · did you mean '{name}'?", text=text, name=near) if near else text)
