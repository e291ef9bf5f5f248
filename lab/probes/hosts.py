"""Hosts made ready for probes: each stands for its whole prefix, its kernel keeps silent, and carriers pass on whatever they get."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from ipaddress import IPv4Address

from isolation_checks.forwarding.plane import City
from lab.errors import LabError
from lab.namespaces import in_parallel, inside, run
from lab.peers import INSIDE
from lab.plan import Host, Kind, LabPlan, Node
from lab.probes.conntrack import forget_sessions
from lab.probes.wire import Station
from topology.facts import Realm

_SILENT = """
table ip govnet_probe
delete table ip govnet_probe
table ip govnet_probe {
  chain input {
    type filter hook input priority 0; policy accept;
    @th,64,64 0x676f766e65742121 drop
    @th,160,64 0x676f766e65742121 drop
    @th,0,64 0x676f766e65742121 drop
  }
}
"""
"""A host's kernel must not answer for the prober: it would reset the connections that it knows nothing of. What carries the mark (of ICMP
and UDP, of TCP, of protocols without ports) is dropped after the ear has heard it; all else, such as a ping by hand, is answered.
"""
_WORKERS = 3
_GATEWAY = re.compile(r"^ip route \S+ ([\d.]+)$", re.MULTILINE)
_TABLE = 100
"""A routing table of the carriers' own: whatever their hosts send goes to us, also what is routed elsewhere in the real Internet."""

Taken = Mapping[Realm, frozenset[int]]
"""By realm, the addresses that devices have."""


def stations(plan: LabPlan) -> list[Station]:
    """Every node of the lab; hosts send and answer."""
    return [Station(node.name, node.namespace, node.kind is Kind.HOST) for node in plan.nodes]


def taken(plan: LabPlan, city: City) -> Taken:
    """The addresses of the lab's devices, virtual ones included."""
    realms = {node.device: node.realm for node in plan.nodes}
    found: dict[Realm, set[int]] = {}
    for table in (city.own, city.shared):
        for (device, _), addresses in table.items():
            if device in realms:
                found.setdefault(realms[device], set()).update(addresses)
    return {realm: frozenset(addresses) for realm, addresses in found.items()}


def speaking(plan: LabPlan, of_devices: Taken) -> tuple[Host, ...]:
    """The hosts without the addresses that are a device's (a gatekeeper's own unit answers for those)."""
    found = []
    for host in plan.hosts:
        mine = of_devices.get(plan.node(host.node).realm, frozenset())
        left = tuple(address for address in host.addresses if int(address.ip) not in mine)
        if left:
            found.append(replace(host, address=left[0], addresses=left))
    return tuple(found)


def prepare(plan: LabPlan, of_devices: Taken) -> None:
    """Every host answers for each address of its prefix but the devices', kernels keep silent about probes and forget all sessions, and
    carriers send us whatever their hosts send. Raises LabError, OSError.
    """
    hosts = {host.node: host for host in plan.hosts}

    def one(name: str) -> None:
        node = plan.node(name)
        with inside(node.namespace):
            if node.kind is Kind.HOST:
                mine = of_devices.get(node.realm, frozenset())
                _told(_borrowed(hosts[name], mine), gone=True)
                _told(_whole_prefix(hosts[name], mine))
                run(["nft", "-f", "-"], text=_SILENT)
            elif node.kind is Kind.PEER:
                _told([f"rule del iif {INSIDE} lookup {_TABLE}"], gone=True)
                _told(_passing_on(node))
        if node.kind is not Kind.HOST:
            forget_sessions(node.namespace)

    in_parallel(one, [node.name for node in plan.nodes], _WORKERS)


def _told(lines: Iterable[str], *, gone: bool = False) -> None:
    """What `ip` is told in the calling thread's namespace; ``gone``: it may be done already."""
    for line in lines if gone else ["\n".join(lines)]:
        with suppress(LabError) if gone else nullcontext():
            run(["ip", "-batch", "-"], text=f"{line}\n")


def _borrowed(host: Host, of_devices: frozenset[int]) -> Iterator[str]:
    """What is a device's own stays on the link."""
    for address in host.addresses:
        if int(address.ip) in of_devices:
            yield f"address del {address} dev {host.interface}"


def _whole_prefix(host: Host, of_devices: frozenset[int]) -> Iterator[str]:
    """Two halves as local routes, which win over the connected one; what is a device's own stays on the link."""
    for network in sorted({address.network for address in host.addresses}):
        for half in network.subnets() if network.prefixlen < 31 else ():
            yield f"route replace local {half} dev lo table main"
        first, last = int(network.network_address), int(network.broadcast_address)
        for number in sorted({*(item for item in of_devices if first <= item <= last), int(host.gateway)}):
            yield f"route replace {IPv4Address(number)} dev {host.interface}"


def _passing_on(peer: Node) -> Iterator[str]:
    """Its hosts' packets by a table of their own, evenly over all circuits."""
    file = peer.file("frr.conf")
    gateways = dict.fromkeys(_GATEWAY.findall(file.text if file is not None else ""))
    if gateways:
        ways = " ".join(f"nexthop via {gateway}" for gateway in gateways)
        yield f"route replace default table {_TABLE} {ways}"
        yield f"rule add iif {INSIDE} lookup {_TABLE}"
