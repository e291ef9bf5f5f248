"""The spelling of values that is the same on every platform: addresses, masks, secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Sized
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from socket import inet_ntoa
from typing import Any, TypeAlias

Net: TypeAlias = IPv4Network | IPv4Interface

_MASKS = [inet_ntoa(((0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF).to_bytes(4, "big")) for length in range(33)]
_WILDCARDS = [inet_ntoa((0xFFFFFFFF >> length).to_bytes(4, "big")) for length in range(33)]


def address(value: IPv4Network | IPv4Interface | IPv4Address) -> str:
    """The address without its length: of a network the network's, of an interface the host's."""
    return dotted(int(value.network_address if isinstance(value, IPv4Network) else value))


def length(value: Net | Sized) -> int:
    """The prefix length of a network or interface; of anything else how many it holds, as Jinja's own filter of this name does."""
    if isinstance(value, IPv4Network):
        return value.prefixlen
    return value.network.prefixlen if isinstance(value, IPv4Interface) else len(value)


def mask(value: Net) -> str:
    return _MASKS[length(value)]


def wildcard(value: Net) -> str:
    return _WILDCARDS[length(value)]


def dotted(value: int) -> str:
    """An int as a dotted quad (OSPF area ids)."""
    return inet_ntoa(value.to_bytes(4, "big"))


def secret(reference: str) -> str:
    """The placeholder of a secret: one token, filled in memory when the config is deployed."""
    if not reference or not reference.isascii() or "@@" in reference or any(character.isspace() for character in reference):
        raise ValueError(f"not a secret reference: {reference!r}")
    return f"@@{reference}@@"


def host(value: IPv4Network) -> str:
    """A network in prefix notation; a single host without its length, as Linux lists it."""
    return dotted(int(value.network_address)) if value.prefixlen == 32 else str(value)


def quoted(value: str) -> str:
    """In double quotes, for files of Linux that know no escape inside them and take at most 127 characters."""
    if len(value) > 127 or '"' in value or "\\" in value:
        raise ValueError(f"cannot be quoted: {value!r}")
    return f'"{value}"'


def as_json(value: Any) -> str:
    """A value as JSON, which is YAML too; characters stay as they are."""
    return json.dumps(value, ensure_ascii=False)


def refuse_nothing(value: Any) -> Any:
    """None and truth values never print: a line that says `None` or `True` is a mistake of the template."""
    if value is None or value is True or value is False:
        raise ValueError(f"prints {value}: test for it, or spell it out")
    return value


FILTERS: dict[str, Callable[..., Any]] = {
    "address": address,
    "length": length,
    "mask": mask,
    "wildcard": wildcard,
    "dotted": dotted,
    "secret": secret,
    "host": host,
    "quoted": quoted,
    "json": as_json,
}
