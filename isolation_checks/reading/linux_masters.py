"""What a Linux interface's master makes of it: part of a VRF, member of a bond, port of a bridge.

A bridge whose tagged members all carry one VLAN is what others call a VLAN with its interface: its members' ports become switch ports, and
the bridge the interface of that VLAN. Any other bridge stays a bridge, with its members listed in it.
"""

from __future__ import annotations

from isolation_checks.reading import values
from isolation_checks.reading.linux_draft import InterfaceDraft, LinuxDraft
from isolation_checks.snapshot import FeatureKind, InterfaceKind, Ranges, Switching, Vlan


def masters(draft: LinuxDraft) -> None:
    links = draft.interfaces
    for link in links.values():
        above = links.get(link.master or "")
        if above is not None and above.link == "vrf":
            link.vrf, link.master = above.name, None
        elif link.master in draft.vrfs and above is None:
            link.vrf, link.master = link.master, None
    _shared(draft)
    _switch_ports(draft)


def _shared(draft: LinuxDraft) -> None:
    """A macvlan that only holds the address of a VRRP group is that group's; any other is a second host on its parent's wire."""
    for ledger, at, name in draft.shared:
        link = draft.interfaces.get(name)
        parent = draft.interfaces.get(link.parent or "") if link is not None else None
        if link is None:
            continue
        if parent is not None and link.vrf is None:
            link.vrf = parent.vrf
        virtual = {address for group in parent.vrrp.values() for address in group.addresses} if parent is not None else set()
        if link.link != "macvlan" or not link.addresses or any(ip not in virtual for ip, _ in link.addresses):
            ledger.feature(at, FeatureKind.BRIDGING, f"{link.link} {name}", name)


def _switch_ports(draft: LinuxDraft) -> None:
    bridges = [link for link in draft.interfaces.values() if link.link == "bridge"]
    members = {bridge.name: [link for link in draft.interfaces.values() if link.master == bridge.name] for bridge in bridges}
    tags: dict[str, int] = {}
    used = {link.tag for link in draft.interfaces.values() if link.tag is not None}
    for bridge in bridges:
        found = {link.tag for link in members[bridge.name] if link.tag is not None}
        if len(found) > 1 or (found and found & set(tags.values())):
            continue  # VLANs are translated, or one VLAN is bridged twice: no switch does that
        tags[bridge.name] = found.pop() if found else _free(bridge.name, used)
        used.add(tags[bridge.name])
    ports: dict[str, tuple[set[int], set[int]]] = {}
    for name, tag in tags.items():
        for link in members[name]:
            port = link.parent if link.tag is not None else link.name
            tagged, untagged = ports.setdefault(port or "", (set(), set()))
            (tagged if link.tag is not None else untagged).add(tag)
    if any(len(untagged) > 1 or port not in draft.interfaces for port, (_, untagged) in ports.items()):
        return
    _apply(draft, tags, members, ports)


def _free(name: str, used: set[int]) -> int:
    """A VLAN for a bridge without tags: what its name ends in, where that is free, so that people find it again."""
    digits = name[len(name.rstrip("0123456789")) :]
    wanted = int(digits) if digits and len(digits) < 5 else 0
    return wanted if 0 < wanted < 4095 and wanted not in used else next(number for number in range(4094, 0, -1) if number not in used)


def _apply(
    draft: LinuxDraft, tags: dict[str, int], members: dict[str, list[InterfaceDraft]], ports: dict[str, tuple[set[int], set[int]]]
) -> None:
    for port, (tagged, untagged) in ports.items():
        link = draft.interfaces[port]
        mode = "hybrid" if tagged and untagged else "trunk" if tagged else "access"
        link.switching = Switching(mode, min(untagged, default=0), _single(untagged), _single(tagged))
        link.master = None if draft.interfaces.get(link.master or "", link).link == "bridge" else link.master
    for name, tag in tags.items():
        bridge = draft.interfaces[name]
        bridge.kind, bridge.vlans = InterfaceKind.SVI, ((tag, tag),)
        draft.vlans.append(Vlan(tag, bridge.description or name, bridge.ref))
        for link in members[name]:
            if link.tag is not None and not link.addresses:
                del draft.interfaces[link.name]


def _single(tags: set[int]) -> Ranges:
    return values.normalized((tag, tag) for tag in tags)
