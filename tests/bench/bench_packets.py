"""How long the filters of a folder of configs take as packet sets, for several orders of variables from the top of the diagram down.

    python tests/bench/bench_packets.py build/configs [ORDER…]

Seconds of processor time: all sets; the same again (only found again); the 200 largest swapped; the same 200 given a label each, united and
cut 200 times; and the nodes of all diagrams. ``a+b`` are two fields in turns, bit by bit. The reference city, one core of a busy machine:

    258 devices, 2079 filters, 73965 rules
    order                      sets   again    swap  labels     nodes
    default                    0.86    0.15    0.85    0.04    473926
    src+dst service            0.79    0.15    0.82    0.04    473926
    src dst service            0.80    0.15    2.36    0.03    448351
    dst src service            0.93    0.15    1.39    0.05    491339
    src+dst flags sport+       0.97    0.15    0.88    0.05    496439
    src+dst service label      0.88    0.14    0.87    0.25    474589
    service src+dst            1.66    0.15    0.62    0.05    916802
    service src dst            1.39    0.10    1.55    0.03    762639
    service dst src            1.25    0.13    2.08    0.04    724749
    service+ src+dst           1.40    0.09    0.44    0.03    924494
    protocol src+dst ports     1.56    0.13    0.61    0.07    882636
    protocol src dst ports     1.19    0.08    2.40    0.10    742367
    dst service src            1.14    0.15    3.32    0.02    512183
    service dst src label      1.69    0.14    2.54    0.84    725891

With the addresses at the top, sets take half the nodes: most rules of a filter share a few addresses and services. With source and
destination in turns, a swap only touches neighbours. The label stands above all, where a set of one party is as large as it is without.
"""

from __future__ import annotations

import gc
import sys
import time
from itertools import pairwise
from pathlib import Path

from isolation_checks.packets.filters import effective, permits
from isolation_checks.packets.space import DEFAULT_ORDER, Order, PacketSpace
from isolation_checks.reading.folder import read_folder
from isolation_checks.snapshot import DeviceConfig, Filter

PAIR = ("src", "dst")
SERVICE = ("fragment", "protocol", "dport", "sport", "flags")
ORDERS: dict[str, Order] = {
    "default": DEFAULT_ORDER,
    "src+dst service": ("label", PAIR, *SERVICE),
    "src dst service": ("label", "src", "dst", *SERVICE),
    "dst src service": ("label", "dst", "src", *SERVICE),
    "src+dst flags sport+": ("label", PAIR, "fragment", "protocol", "flags", ("sport", "dport")),
    "src+dst service label": (PAIR, *SERVICE, "label"),
    "service src+dst": ("label", *SERVICE, PAIR),
    "service src dst": ("label", *SERVICE, "src", "dst"),
    "service dst src": ("label", *SERVICE, "dst", "src"),
    "service+ src+dst": ("label", "fragment", "protocol", "flags", ("sport", "dport"), PAIR),
    "protocol src+dst ports": ("label", "fragment", "protocol", PAIR, "dport", "sport", "flags"),
    "protocol src dst ports": ("label", "fragment", "protocol", "src", "dst", "dport", "sport", "flags"),
    "dst service src": ("label", "dst", *SERVICE, "src"),
    "service dst src label": (*SERVICE, "dst", "src", "label"),
}


def measure(devices: list[DeviceConfig], order: Order) -> str:
    """One line: seconds for all sets, the same again, swapping the largest, giving them labels and cutting them; diagram nodes."""
    space = PacketSpace(200, order)
    clock = [time.process_time()]
    for _ in range(2):
        nodes = [permits(space, lookup, one) for lookup in map(by_name, devices) for one in lookup.values()]
        clock.append(time.process_time())
    distinct = list(dict.fromkeys(nodes))
    largest = sorted(distinct, key=lambda node: node.dag_size)[-200:]
    clock.append(time.process_time())
    for node in largest:
        space.swap(node)
    clock.append(time.process_time())
    total = space.false
    for number, node in enumerate(largest):
        total |= node & space.label(number)
    for node in largest:
        total &= node | space.label(3)
    clock.append(time.process_time())
    sets, again, _, swap, labels = (after - before for before, after in pairwise(clock))
    nodes_used = sum(node.dag_size for node in distinct)
    return f"{sets:7.2f} {again:7.2f} {swap:7.2f} {labels:7.2f} {nodes_used:9d}"


def measure_rules(devices: list[DeviceConfig]) -> str:
    """Each rule's own set, and what is left for it."""
    space = PacketSpace()
    filters = {tuple(rule[:2] for rule in one.rules): (lookup, one) for lookup in map(by_name, devices) for one in lookup.values()}
    started = time.process_time()
    rows = sum(len(effective(space, lookup, one)) for lookup, one in filters.values())
    return f"rule by rule: {time.process_time() - started:.2f} s for the {rows} rules of {len(filters)} filters of different rules"


def by_name(device: DeviceConfig) -> dict[str, Filter]:
    return {one.name: one for one in device.filters}


def main() -> None:
    devices = list(read_folder(Path(sys.argv[1])).devices)
    gc.freeze()  # the configs stay, and are none of what is measured
    filters = [one for device in devices for one in device.filters]
    print(f"{len(devices)} devices, {len(filters)} filters, {sum(len(one.rules) for one in filters)} rules")
    print(f"{'order':24s}   sets   again    swap  labels     nodes")
    for name in sys.argv[2:] or ORDERS:
        print(f"{name:24s}{measure(devices, ORDERS[name])}", flush=True)
    print(measure_rules(devices))


if __name__ == "__main__":
    main()
