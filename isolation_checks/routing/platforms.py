"""What each platform does where its configs say nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Defaults:
    """Preferences (lower wins), metrics and limits of one family of platforms.

    ``send_mtu``: database descriptions carry the interface's MTU and it is compared (RFC 2328 10.6). ``abr_by_backbone``: with areas but no
    backbone interface it is no area border router (RFC 3509), and without a neighbour in the backbone it looks at every area's summaries.
    ``stub_default_checks``: into a stub area it sends a default only while it has a neighbour in the backbone. ``redistributes_ibgp``: what
    it imports from BGP includes routes of internal peers. ``forwards_any``: a forwarding address is set whatever the interface's type, and
    on passive ones too. ``discards``: the preference of the discard route of a summary. ``range_lowest``: an area range costs what its
    cheapest member does. ``areas_first``: of several ways to a router that brings routes in, one inside an area other than the backbone
    wins (RFC 2328 16.4.1); the others are compatible with RFC 1583 where nothing says otherwise.
    """

    ospf_internal: int
    ospf_external: int
    ebgp: int
    ibgp: int
    bgp_local: int
    ospf_paths: int
    bgp_paths: int
    loopback_cost: int
    redistributed_metric: int
    default_metric: int
    always_metric: int
    send_mtu: bool
    abr_by_backbone: bool
    stub_default_checks: bool
    redistributes_ibgp: bool
    forwards_any: bool
    discards: int | None
    range_lowest: bool
    resolves_by_default: bool
    redistributes_default_to_bgp: bool
    areas_first: bool = False


VRP = Defaults(
    10, 150, 255, 255, 255, 8, 1, 0, 1, 1, 1, send_mtu=False, abr_by_backbone=False, stub_default_checks=True, redistributes_ibgp=False,
    forwards_any=False, discards=None, range_lowest=False, resolves_by_default=True, redistributes_default_to_bgp=False,
)  # fmt: skip
COMWARE = Defaults(
    10, 150, 255, 255, 130, 8, 1, 0, 1, 1, 1, send_mtu=False, abr_by_backbone=False, stub_default_checks=True, redistributes_ibgp=False,
    forwards_any=False, discards=255, range_lowest=False, resolves_by_default=True, redistributes_default_to_bgp=False,
)  # fmt: skip
IOS = Defaults(
    110, 110, 20, 200, 200, 4, 1, 1, 20, 1, 1, send_mtu=True, abr_by_backbone=True, stub_default_checks=False, redistributes_ibgp=False,
    forwards_any=False, discards=110, range_lowest=True, resolves_by_default=True, redistributes_default_to_bgp=False,
)  # fmt: skip
FRR = Defaults(
    110, 110, 20, 200, 200, 64, 64, 10, 20, 10, 1, send_mtu=True, abr_by_backbone=True, stub_default_checks=False, redistributes_ibgp=True,
    forwards_any=True, discards=110, range_lowest=False, resolves_by_default=False, redistributes_default_to_bgp=True,
    areas_first=True,
)  # fmt: skip


def defaults(platform: str) -> Defaults:
    if platform.startswith("huawei"):
        return VRP
    if platform.startswith("h3c"):
        return COMWARE
    return IOS if platform.startswith("cisco") else FRR
