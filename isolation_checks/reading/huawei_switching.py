"""How the ports of a VRP device switch: link types, VLANs, aggregates, tags of subinterfaces."""

from __future__ import annotations

from collections.abc import Set
from functools import lru_cache
from typing import Literal

from isolation_checks.reading.huawei_draft import Draft, InterfaceDraft, VlanDraft
from isolation_checks.reading.huawei_names import interface_name, take_interface
from isolation_checks.reading.huawei_views import Entry, Handler, Reading, UnreadError, keyword, only
from isolation_checks.reading.values import normalized
from isolation_checks.snapshot import FeatureKind, Ranges


def here(r: Reading) -> InterfaceDraft:
    subject = r.here
    if not isinstance(subject, InterfaceDraft):
        raise UnreadError
    return subject


def interface_of(r: Reading, name: str) -> InterfaceDraft:
    found = r.draft.interfaces.get(name)
    if found is None:
        found = r.draft.interfaces[name] = InterfaceDraft(name, r.ref)
    return found


def vlan_list(words: list[str]) -> frozenset[int]:
    """``10 20 to 30``, or ``all``."""
    return _vlan_list(tuple(words))


@lru_cache(maxsize=1 << 12)
def _vlan_list(words: tuple[str, ...]) -> frozenset[int]:
    if words == ("all",):
        return frozenset(range(1, 4095))
    numbers: set[int] = set()
    index = 0
    while index < len(words):
        first = last = int(words[index])
        if index + 2 < len(words) and words[index + 1] == "to":
            last = int(words[index + 2])
            index += 2
        if not 1 <= first <= last <= 4094:
            raise UnreadError
        numbers.update(range(first, last + 1))
        index += 1
    if not numbers:
        raise UnreadError
    return frozenset(numbers)


def ranges_of(numbers: Set[int]) -> Ranges:
    return _ranges_of(frozenset(numbers))


@lru_cache(maxsize=1 << 10)
def _ranges_of(numbers: frozenset[int]) -> Ranges:
    return normalized((number, number) for number in numbers)


def _portswitch(on: bool) -> Handler:
    def handler(r: Reading, words: list[str]) -> None:
        only(words, 0)
        here(r).port.portswitch = on

    return handler


def _link_type(r: Reading, words: list[str]) -> None:
    choices = ("access", "trunk", "hybrid", "dot1q-tunnel", "negotiation-auto", "negotiation-desirable", "qinq", "auto", "desirable")
    kind = keyword(words[0], *choices)
    here(r).port.link_type = kind
    if kind in ("dot1q-tunnel", "qinq"):
        r.feature(FeatureKind.BRIDGING, here(r).name)


def _undo_link_type(r: Reading, _words: list[str]) -> None:
    here(r).port.link_type = None


def _default_vlan(r: Reading, words: list[str]) -> None:
    only(words, 1)
    here(r).port.default_vlan = min(vlan_list(words))


def _undo_default_vlan(r: Reading, _words: list[str]) -> None:
    here(r).port.default_vlan = None


def _trunk_pvid(r: Reading, words: list[str]) -> None:
    here(r).port.trunk_pvid = min(vlan_list([words[-1]]))


def _undo_trunk_pvid(r: Reading, _words: list[str]) -> None:
    here(r).port.trunk_pvid = None


def _allow(r: Reading, words: list[str]) -> None:
    port = here(r).port
    numbers = vlan_list(words)
    port.allowed = (port.allowed or set()) | numbers
    if 1 in numbers:
        port.without_one = False


def _undo_allow(r: Reading, words: list[str]) -> None:
    port = here(r).port
    numbers = vlan_list(words)
    port.allowed = (port.allowed or set()) - numbers
    port.without_one = port.without_one or 1 in numbers


def _hybrid_pvid(r: Reading, words: list[str]) -> None:
    here(r).port.hybrid_pvid = min(vlan_list([words[-1]]))


def _undo_hybrid_pvid(r: Reading, _words: list[str]) -> None:
    here(r).port.hybrid_pvid = None


def _hybrid(which: Literal["untagged", "tagged"]) -> Handler:
    def handler(r: Reading, words: list[str]) -> None:
        port = here(r).port
        numbers = vlan_list(words)
        own, other = (port.untagged or set(), port.tagged or set())[:: 1 if which == "untagged" else -1]
        own, other = own | numbers, other - numbers
        port.untagged, port.tagged = (own, other) if which == "untagged" else (other, own)
        port.hybrid_without_one = port.hybrid_without_one or (which == "tagged" and 1 in numbers)

    return handler


def _undo_hybrid(r: Reading, words: list[str]) -> None:
    port = here(r).port
    numbers = vlan_list(words or ["all"])
    port.untagged = (port.untagged or set()) - numbers
    port.tagged = (port.tagged or set()) - numbers
    port.hybrid_without_one = port.hybrid_without_one or 1 in numbers


def _isolate(r: Reading, words: list[str]) -> None:
    group = words[words.index("group") + 1] if "group" in words else "1"
    port = here(r).port
    port.isolation = tuple(dict.fromkeys((*port.isolation, group)))


def _undo_isolate(r: Reading, _words: list[str]) -> None:
    here(r).port.isolation = ()


def _eth_trunk(r: Reading, words: list[str]) -> None:
    if words[1:2] not in ([], ["mode"]):
        raise UnreadError
    here(r).aggregate = f"Eth-Trunk{int(words[0])}"


def _undo_eth_trunk(r: Reading, _words: list[str]) -> None:
    here(r).aggregate = None


def _trunkport(r: Reading, words: list[str]) -> None:
    """Members named in the trunk's own view: ``trunkport GigabitEthernet 0/0/1 [to 0/0/4]``."""
    item = here(r)
    if "mode" in words:
        words = words[: words.index("mode")]
    for name in port_names(words):
        interface_of(r, name).aggregate = item.name


def port_names(words: list[str]) -> list[str]:
    """Ports as ``GigabitEthernet0/0/1 to 0/0/4`` or ``GigabitEthernet0/0/1 GigabitEthernet0/0/2`` name them."""
    found: list[str] = []
    while words:
        name, taken = take_interface(words)
        if name is None:
            raise UnreadError
        words = words[taken:]
        found.append(name)
        if words[:1] == ["to"]:
            last = (
                words[1] if interface_name(words[1]) else words[2] if len(words) > 2 and interface_name("".join(words[1:3])) else words[1]
            )
            words = words[3 if last is not words[1] else 2 :]
            base, _, first_number = name.rpartition("/")
            last_number = last.rpartition("/")[2]
            if int(last_number) - int(first_number) > 512:
                raise UnreadError
            found += [f"{base}/{number}" for number in range(int(first_number) + 1, int(last_number) + 1)]
    return found


def _tag(r: Reading, words: list[str]) -> None:
    item = here(r)
    words = [word for word in words if word not in ("vid", "vlan")]
    if words[0] in ("default", "untag"):
        raise UnreadError
    item.vlans = normalized((*item.vlans, *ranges_of(vlan_list(words))))


def _untag(r: Reading, words: list[str]) -> None:
    here(r).vlans = ()


def _double_tag(r: Reading, words: list[str]) -> None:
    """Two tags: the outer one is kept, and the line stands as a feature."""
    item = here(r)
    item.vlans = normalized((*item.vlans, *ranges_of(vlan_list([words[0]]))))
    r.feature(FeatureKind.BRIDGING, item.name)


def _bridged(r: Reading, _words: list[str]) -> None:
    r.feature(FeatureKind.BRIDGING, here(r).name)


def vlan_of(draft: Draft, number: int, r: Reading) -> VlanDraft:
    found = draft.vlans.get(number)
    if found is None:
        found = draft.vlans[number] = VlanDraft(number, r.ref)
    return found


SWITCHING: dict[str, Entry] = {
    "portswitch": _portswitch(True), "undo portswitch": _portswitch(False), "port link-type": _link_type,
    "undo port link-type": _undo_link_type, "port default vlan": _default_vlan, "undo port default vlan": _undo_default_vlan,
    "port access vlan": _default_vlan, "port trunk pvid": _trunk_pvid, "undo port trunk pvid": _undo_trunk_pvid,
    "port trunk allow-pass vlan": _allow, "port trunk permit vlan": _allow, "undo port trunk allow-pass vlan": _undo_allow,
    "undo port trunk permit vlan": _undo_allow, "port hybrid pvid": _hybrid_pvid, "undo port hybrid pvid": _undo_hybrid_pvid,
    "port hybrid untagged vlan": _hybrid("untagged"), "port hybrid tagged vlan": _hybrid("tagged"),
    "undo port hybrid vlan": _undo_hybrid, "undo port hybrid untagged vlan": _undo_hybrid, "undo port hybrid tagged vlan": _undo_hybrid,
    "port-isolate enable": _isolate, "undo port-isolate enable": _undo_isolate,
    "eth-trunk": _eth_trunk, "undo eth-trunk": _undo_eth_trunk, "trunkport": _trunkport,
    "vlan-type dot1q": _tag, "undo vlan-type dot1q": _untag, "dot1q termination vid": _tag, "undo dot1q termination vid": _untag,
    "encapsulation dot1q": _tag, "qinq termination pe-vid": _double_tag, "qinq stacking": _bridged,
}  # fmt: skip
