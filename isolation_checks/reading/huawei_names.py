"""Interface names of VRP: in full, abbreviated, with or without a blank before the number."""

from __future__ import annotations

from functools import lru_cache

from isolation_checks.snapshot import InterfaceKind

_KINDS = {
    "GigabitEthernet": InterfaceKind.PHYSICAL, "XGigabitEthernet": InterfaceKind.PHYSICAL, "Ethernet": InterfaceKind.PHYSICAL,
    "FastEthernet": InterfaceKind.PHYSICAL, "MultiGE": InterfaceKind.PHYSICAL, "GE": InterfaceKind.PHYSICAL, "10GE": InterfaceKind.PHYSICAL,
    "25GE": InterfaceKind.PHYSICAL, "40GE": InterfaceKind.PHYSICAL, "50GE": InterfaceKind.PHYSICAL, "100GE": InterfaceKind.PHYSICAL,
    "200GE": InterfaceKind.PHYSICAL, "400GE": InterfaceKind.PHYSICAL, "50|100GE": InterfaceKind.PHYSICAL, "Pos": InterfaceKind.PHYSICAL,
    "Serial": InterfaceKind.PHYSICAL, "Atm": InterfaceKind.PHYSICAL, "E1": InterfaceKind.PHYSICAL, "Cpos": InterfaceKind.PHYSICAL,
    "Cellular": InterfaceKind.PHYSICAL, "FlexE": InterfaceKind.PHYSICAL, "Async": InterfaceKind.PHYSICAL,
    "MEth": InterfaceKind.MANAGEMENT, "Eth-Trunk": InterfaceKind.AGGREGATE, "Ip-Trunk": InterfaceKind.AGGREGATE,
    "Mp-group": InterfaceKind.AGGREGATE, "Vlanif": InterfaceKind.SVI, "LoopBack": InterfaceKind.LOOPBACK, "NULL": InterfaceKind.NULL,
    "Tunnel": InterfaceKind.TUNNEL, "Nve": InterfaceKind.TUNNEL, "Vbdif": InterfaceKind.BRIDGE, "Bridge-if": InterfaceKind.BRIDGE,
    "Dialer": InterfaceKind.OTHER, "Virtual-Template": InterfaceKind.OTHER, "Virtual-Ethernet": InterfaceKind.OTHER,
    "Global-VE": InterfaceKind.OTHER, "VE": InterfaceKind.OTHER, "Virtual-if": InterfaceKind.OTHER, "Virtual-Serial": InterfaceKind.OTHER,
    "Stack-Port": InterfaceKind.OTHER, "Fabric-Port": InterfaceKind.OTHER, "Wlan-Radio": InterfaceKind.OTHER,
    "Wlan-Ess": InterfaceKind.OTHER,
    "Wlan-Bss": InterfaceKind.OTHER, "WLAN-Capwap": InterfaceKind.OTHER, "Sip": InterfaceKind.CONSOLE, "Gmac": InterfaceKind.OTHER,
    "Aux": InterfaceKind.CONSOLE, "Console": InterfaceKind.CONSOLE, "Ima-group": InterfaceKind.OTHER, "SSLVPN": InterfaceKind.TUNNEL,
}  # fmt: skip
_BY_LOWER = {name.lower(): name for name in _KINDS} | {
    "gigabitethernet": "GigabitEthernet", "gi": "GigabitEthernet", "gig": "GigabitEthernet", "g": "GigabitEthernet",
    "gige": "GigabitEthernet",
    "xge": "XGigabitEthernet", "xg": "XGigabitEthernet", "e": "Ethernet", "et": "Ethernet", "eth": "Ethernet", "vlan": "Vlanif",
    "lo": "LoopBack", "loop": "LoopBack", "s": "Serial", "ser": "Serial", "me": "MEth",
    "ten-gigabitethernet": "XGigabitEthernet",
}  # fmt: skip


@lru_cache(maxsize=1 << 14)
def interface_name(text: str) -> str | None:
    """The canonical name of ``GigabitEthernet0/0/1``, ``gi0/0/1``, ``Vlanif 10``; None for what is no name of an interface."""
    compact = text.replace(" ", "")
    cut = next((index for index in range(1, len(compact)) if compact[index].isdigit() and _typed(compact[:index])), None)
    if cut is None:
        return None
    number = compact[cut:]
    if not number.isascii() or not all(part.isdigit() for part in number.replace(".", "/").replace(":", "/").split("/")):
        return None
    kind = _typed(compact[:cut])
    return f"{kind}{number}" if kind else None


@lru_cache(maxsize=1 << 10)
def _typed(text: str) -> str | None:
    """The full type; a beginning of one counts where only one type has it."""
    lowered = text.lower()
    found = _BY_LOWER.get(lowered)
    if found is None and lowered[:1].isalpha():
        near = {name for key, name in _BY_LOWER.items() if key.startswith(lowered)}
        found = near.pop() if len(near) == 1 else None
    return found


def take_interface(words: list[str]) -> tuple[str | None, int]:
    """An interface's name at the start of ``words`` and how many words it took; (None, 0) where there is none."""
    if not words:
        return None, 0
    name = interface_name(words[0])
    if name is not None:
        return name, 1
    if len(words) > 1 and words[1][:1].isdigit() and _typed(words[0]) is not None:
        name = interface_name(words[0] + words[1])
    return (name, 2) if name is not None else (None, 0)


@lru_cache(maxsize=1 << 14)
def split_name(name: str) -> tuple[str, str]:
    """Type and number of a canonical name."""
    cut = next(index for index in range(1, len(name)) if name[index].isdigit() and name[:index] in _KINDS)
    return name[:cut], name[cut:]


def kind_of(name: str) -> InterfaceKind:
    return InterfaceKind.SUBINTERFACE if "." in name else _KINDS[split_name(name)[0]]
