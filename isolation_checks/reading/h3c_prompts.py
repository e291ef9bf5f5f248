"""Prompts in pasted sessions: ``[SW1-GigabitEthernet1/0/1]shutdown``. They say which device and which view a command was given in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from isolation_checks.reading.h3c_names import dotted_area, interface_name

_PROMPT = re.compile(r"^\s*(?:RBM_\w+)?(?:\[([^\[\]]{1,90})\]|<([^<>]{1,90})>)\s*(.*)$")
_SUFFIX = re.compile(
    r"-(acl-\S+|ospf-\d+\S*|vlan\d+|if-range|line-\S+|ui-\S+|luser-\S+|irf-port\S+|dhcp-pool-\S+|bgp\S*|route-policy\S*|pbr-\S+|nat-\S+"
    r"|address-group-\S+|security-\S+|object-\S+|classifier-\S+|behavior-\S+|qospolicy-\S+|radius-\S+|hwtacacs-\S+|isp-\S+|zone-pair\S*"
    r"|(?:m-|ge|ten-|vlan-|bridge-|route-|hundred|forty|giga|ether|loop|tunnel|serial|fast|twenty)[a-z-]*\s*\d[\d/.]*)$",
    re.IGNORECASE,
)
_ACL = re.compile(r"acl-(?:ipv4-)?(?:basic|adv|advanced)-(\d+)")
_AREA = re.compile(r"ospf-(\d+)(?:-area-(\S+))?")
_VLAN = re.compile(r"vlan(\d+)")


class Prompt(NamedTuple):
    """``views``: the commands that lead there, lower case; None where the prompt does not tell. ``user``: at ``<>``, no config."""

    device: str
    views: tuple[str, ...] | None
    command: str
    user: bool


class Session:
    """``typing``: most lines carry prompts, so whatever has none is output."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.device: str | None = None
        self.names: set[str] = set()
        prompts = filled = 0
        for line in lines:
            if line and line != "#":
                filled += 1
                prompts += line.lstrip()[:1] in ("[", "<")
        self.typing = prompts * 2 > filled

    def prompt(self, line: str) -> Prompt | None:
        match = _PROMPT.match(line)
        if match is None:
            return None
        inside = (match[1] or match[2]).strip().replace(":", "-", 1).rstrip(":")
        if self.device and (inside == self.device or inside.startswith(f"{self.device}-")):
            device, suffix = self.device, inside[len(self.device) + 1 :]
        else:
            found = _SUFFIX.search(inside)
            device, suffix = (inside[: found.start()], found[1]) if found else (inside, "")
        return Prompt(device, _views(suffix), match[3].strip(), match[2] is not None)

    def known(self, prompt: Prompt, name: str) -> bool:
        """Whether it is the device that the file began with. ``name``: what `sysname` called it."""
        if self.device is None:
            self.device = name or prompt.device
        return prompt.device in (self.device, name)

    def renamed(self, name: str) -> None:
        self.device = name


def _views(suffix: str) -> tuple[str, ...] | None:
    lowered = suffix.lower()
    if not lowered:
        return ()
    if match := _ACL.fullmatch(lowered):
        return (f"acl number {match[1]}",)
    if match := _AREA.fullmatch(lowered):
        area = dotted_area(match[2]) if match[2] else None
        return (f"ospf {match[1]}",) if not match[2] else ((f"ospf {match[1]}", f"area {area}") if area else None)
    if match := _VLAN.fullmatch(lowered):
        return (f"vlan {match[1]}",)
    name = interface_name(suffix)
    return (f"interface {name.lower()}",) if name else None
