"""A device's config as JSON that people can read: what was understood, in the words of the model.

Addresses are dotted, with a prefix length or a wildcard; ranges read ``80`` or ``1024-65535``; lines read ``file:line``. Empty things are
left out, and the order is that of the model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from isolation_checks.reading import values
from isolation_checks.snapshot import (
    BgpProcess,
    DestinationNat,
    DeviceConfig,
    FileCoverage,
    Interface,
    InterfaceAddress,
    LineCode,
    Match,
    OspfArea,
    OspfProcess,
    PrefixEntry,
    Ref,
    SourceNat,
    StaticRoute,
    Switching,
    TcpFlag,
    Ternary,
    VirtualAddress,
)


def as_json(config: DeviceConfig) -> dict[str, Any]:
    """The device as nested dicts and lists of JSON's own types."""
    result = _plain(config)
    assert isinstance(result, dict)
    return result


def _plain(value: Any) -> Any:
    """``value`` in JSON's types; None where there is nothing to say."""
    if value is None or (isinstance(value, bool | int | float) and not isinstance(value, Enum)):
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return value or None
    if isinstance(value, Ref):
        return str(value)
    special = _SPECIAL.get(type(value))
    if special is not None:
        return special(value)
    names = _names_of(value)
    if names:
        return _record(value, names)
    return [item for item in (_plain(item) for item in value) if not _empty(item)]


def _names_of(value: Any) -> tuple[str, ...]:
    kind: Any = type(value)
    return _names(kind)


@lru_cache(maxsize=128)
def _names(kind: Any) -> tuple[str, ...]:
    if is_dataclass(kind):
        return tuple(field.name for field in fields(kind))
    return tuple(getattr(kind, "_fields", ()))


def _record(value: Any, names: tuple[str, ...], **forms: Callable[[Any], Any]) -> dict[str, Any]:
    result = {}
    for name in names:
        item = getattr(value, name)
        if item is not None:
            shown = forms[name](item) if name in forms else _plain(item)
            if not _empty(shown) and not (shown is False and name in _DEFAULT_FALSE):
                result[name] = shown
    return result


_DEFAULT_FALSE = frozenset({
    "conditional", "secondary", "doubt", "negated", "urpf_default", "within_checked", "reverse", "own_address", "discard",
    "passive_default",
    "pe_checks_off", "password", "next_hop_self", "reflector_client", "default", "shutdown",
})  # fmt: skip


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


# --- forms -----------------------------------------------------------------------------------------------------------------------------


def ternary(item: Ternary) -> str:
    """``10.0.0.0/8``, or address/wildcard where the wildcard is no prefix's."""
    length = bin(item.mask).count("1")
    if item.mask == values.mask_of(length):
        return f"{values.dotted(item.value)}/{length}"
    return f"{values.dotted(item.value)}/{values.dotted(values.FULL ^ item.mask)}"


def number_range(pair: tuple[int, int]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}-{pair[1]}"


def address_range(pair: tuple[int, int]) -> str:
    return values.dotted(pair[0]) if pair[0] == pair[1] else f"{values.dotted(pair[0])}-{values.dotted(pair[1])}"


def _several(form: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Each in its form. A condition that nothing can meet says so; one that is not there is left out before."""
    return lambda items: [form(item) for item in items] or "nothing"


def _listed(form: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda items: [form(item) for item in items]


def _icmp(pair: tuple[int, int]) -> str:
    """``3/4``, ``8`` for all codes of a type, ``0/0-255/255``."""
    first, last = pair
    if not first & 255 and last & 255 == 255:
        return number_range((first >> 8, last >> 8))
    return f"{first >> 8}/{first & 255}" + ("" if first == last else f"-{last >> 8}/{last & 255}")


def _flags(pair: tuple[int, int]) -> str:
    """``+ack -syn``: set, and not set."""
    mask, value = pair
    return " ".join(("+" if value & flag else "-") + (flag.name or "").lower() for flag in TcpFlag if mask & flag)


def _match(value: Match) -> dict[str, Any]:
    result = _record(
        value, Match._fields, src=_several(ternary), dst=_several(ternary), protocols=_several(number_range), sports=_several(number_range),
        dports=_several(number_range), icmp=_several(_icmp), flags=_several(_flags), states=_several(str),
        fragments=_several(lambda item: item.name.lower()), vrf=lambda name: name or "public",
    )  # fmt: skip
    return result or {"any": True}


def _prefix(network: int, length: int) -> str:
    return f"{values.dotted(network)}/{length}"


def _with_prefix(value: Any, names: tuple[str, ...], **forms: Callable[[Any], Any]) -> dict[str, Any]:
    """A record that has a network and a length, as one prefix."""
    first, length = ("ip", "length") if "ip" in names else ("network", "length")
    shown = _record(value, tuple(name for name in names if name not in (first, length)), **forms)
    key = "address" if first == "ip" else "network"
    return {key: _prefix(getattr(value, first), value.length), **shown}


def _listed_prefix(item: tuple[Any, ...]) -> dict[str, Any]:
    """(network, length, something, line)."""
    network, length, more, ref = item
    shown = {} if more is None else {"policy": more} if isinstance(more, str) else {"on": more}
    return {"network": _prefix(network, length), **shown, "ref": str(ref)}


def _area(value: OspfArea) -> dict[str, Any]:
    return _record(
        value, _names(OspfArea), networks=_listed(lambda item: {"network": ternary(item[0]), "ref": str(item[1])}),
        ranges=_listed(_listed_prefix),
    )  # fmt: skip


def _coverage(value: FileCoverage) -> dict[str, Any]:
    """How many lines of a file were read how."""
    counts: dict[str, Any] = {"file": value.file, "lines": len(value.codes)}
    for code in (LineCode.BLANK, LineCode.UNDERSTOOD, LineCode.UNMODELLED, LineCode.UNKNOWN):
        if found := value.codes.count(code):
            counts[code.name.lower()] = found
    irrelevant = {reason: value.codes.count(LineCode.IRRELEVANT + number) for number, reason in enumerate(value.reasons)}
    return {**counts, **({"irrelevant": irrelevant} if irrelevant else {})}


def _pairs(items: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in items}


_RANGES = _listed(number_range)
_SPECIAL: dict[type, Callable[[Any], Any]] = {
    Match: _match,
    Ternary: ternary,
    FileCoverage: _coverage,
    InterfaceAddress: lambda value: _with_prefix(value, InterfaceAddress._fields),
    VirtualAddress: lambda value: _record(value, VirtualAddress._fields, ip=values.dotted),
    StaticRoute: lambda value: _with_prefix(value, _names(StaticRoute), next_hop=values.dotted),
    PrefixEntry: lambda value: _with_prefix(value, PrefixEntry._fields),
    SourceNat: lambda value: _record(value, _names(SourceNat), pool=_listed(address_range)),
    DestinationNat: lambda value: _record(value, _names(DestinationNat), inside=address_range, inside_ports=number_range),
    OspfArea: _area,
    OspfProcess: lambda value: _record(
        value, _names(OspfProcess), router_id=values.dotted, distances=_pairs, summaries=_listed(_listed_prefix)
    ),
    BgpProcess: lambda value: _record(
        value, _names(BgpProcess), router_id=values.dotted, distances=_pairs, networks=_listed(_listed_prefix),
        aggregates=_listed(_listed_prefix),
    ),
}  # fmt: skip


def _device(value: DeviceConfig) -> dict[str, Any]:
    return _record(value, _names(DeviceConfig), facts=_pairs)


def _by_vlans(kind: type) -> Callable[[Any], Any]:
    return lambda value: _record(value, _names(kind), vlans=_RANGES, untagged=_RANGES, tagged=_RANGES)


_SPECIAL.update({DeviceConfig: _device, Interface: _by_vlans(Interface), Switching: _by_vlans(Switching)})
