"""Kinds of node that containerlab 0.69 knows, and which of them run a platform that govnet writes configs for.

Source: the node registry and the manual of containerlab 0.69.3 (https://containerlab.dev/manual/kinds/). Every image that emulates a device
takes its data ports as eth1, eth2, … in the order of the ports of its own chassis; eth0 is its management socket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

KINDS = frozenset(
    {
        "6wind_vsr", "arista_ceos", "arista_veos", "aruba_aoscx", "border0", "bridge", "checkpoint_cloudguard", "cisco_c8000",
        "cisco_c8000v", "cisco_cat9kv", "cisco_csr1000v", "cisco_ftdv", "cisco_iol", "cisco_n9kv", "cisco_xrd", "cisco_xrv",
        "cisco_xrv9k", "cumulus_cvx", "dell_ftosv", "dell_sonic", "ext-container", "fdio_vpp", "fortinet_fortigate", "freebsd",
        "generic_vm", "host", "huawei_vrp", "ipinfusion_ocnos", "juniper_cjunosevolved", "juniper_crpd", "juniper_vjunosevolved",
        "juniper_vjunosrouter", "juniper_vjunosswitch", "juniper_vmx", "juniper_vqfx", "juniper_vsrx", "k8s-kind",
        "keysight_ixia-c-one", "linux", "mikrotik_ros", "nokia_srlinux", "nokia_sros", "nokia_srsim", "openbsd", "openwrt",
        "ovs-bridge", "paloalto_panos", "rare", "sonic-vm", "sonic-vs", "vyosnetworks_vyos",
    }
)  # fmt: skip
"""Every kind that containerlab takes."""


@dataclass(frozen=True, slots=True)
class ImageKind:
    """What an image of one kind is by itself: the chassis that it emulates, as far as containerlab's manual tells."""

    name: str
    platforms: tuple[str, ...]  # that its config may be written for; the first one is meant where nobody says
    chassis: str  # name of the chassis: its beginning decides which family of the platform it is
    ports: tuple[str, ...]  # of the smallest such image; empty: whoever has the image has to say
    switching: bool
    management: str | None


USABLE: Mapping[str, ImageKind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            ImageKind("huawei_vrp", ("huawei_vrp",), "huawei-ne-image", ("Ethernet1/0/[0-7]",), False, "GigabitEthernet0/0/0"),
            ImageKind("cisco_c8000v", ("cisco_ios",), "cisco-c8000v", ("GigabitEthernet[2-9]",), False, "GigabitEthernet1"),
            ImageKind("cisco_csr1000v", ("cisco_ios",), "cisco-csr1000v", ("GigabitEthernet[2-9]",), False, "GigabitEthernet1"),
            ImageKind("cisco_cat9kv", ("cisco_ios",), "cisco-cat9kv", ("GigabitEthernet1/0/[1-8]",), True, "GigabitEthernet0/0"),
            ImageKind("cisco_iol", ("cisco_ios",), "cisco-iol", ("Ethernet0/[1-3]", "Ethernet[1-9]/[0-3]"), False, "Ethernet0/0"),
            ImageKind("generic_vm", ("huawei_vrp", "huawei_usg", "h3c_comware", "h3c_secpath", "cisco_ios"), "", (), False, None),
        )
    }
)
"""Kinds whose config govnet can write. For a `generic_vm` the file has to say everything."""
