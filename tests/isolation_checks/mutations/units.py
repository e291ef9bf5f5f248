"""The gatekeepers' host units: what they forward, and the tasks of their ferry."""

from __future__ import annotations

from collections.abc import Callable

from isolation_checks.verdicts import Verdict
from tests.isolation_checks.mutations.harness import Draft, Operator

UNITS = {"host_unit": "vrp"}


def unit(draft: Draft, name: str) -> str:
    gatekeeper = draft.facts.gatekeepers[0]
    return f"{gatekeeper.outer_unit}/{name}"


def forwards(draft: Draft) -> None:
    """The last line of a file of settings counts."""
    draft.append(unit(draft, "sysctl.conf"), "net.ipv4.ip_forward = 1")


def forwards_by_interface(draft: Draft) -> None:
    draft.append(unit(draft, "sysctl.conf"), "net.ipv4.conf.eth1.forwarding = 1")


def chain_accepts(draft: Draft) -> None:
    file = unit(draft, "nftables.conf")
    draft.insert(file, draft.find(file, "hook forward") + 1, "    accept")


def chain_policy(draft: Draft) -> None:
    file = unit(draft, "nftables.conf")
    draft.edit(file, draft.find(file, "hook forward"), "policy drop", "policy accept")


def route_across(draft: Draft) -> None:
    draft.append(unit(draft, "interfaces"), "route add 10.98.0.0/16 dev eth1")


def address_on_the_arc(draft: Draft) -> None:
    draft.append(unit(draft, "interfaces"), "address add 169.254.7.1/30 dev eth1")


def tunnel_across(draft: Draft) -> None:
    draft.append(
        unit(draft, "interfaces"),
        "link add dev br0 type bridge",
        "link set dev eth0 master br0",
        "link set dev eth1 master br0",
        "link set dev br0 up",
    )


TASK = '''  - task_id: 77
    channel: "private"
    name: {zh: "私自", en: "Private"}
    enabled: true
    kind: file_exchange
    direction: inner-to-outer
    mode: receive
    service: "exchange"
    role: "hub"
    server: 172.18.1.20
    listens: []
    connects: []
    interval_s: 300
    allow: ["*"]
    max_mb: 50
    virus_scan: full
    log: true
    level: internal
    owner: "info-center"
    approval: "channel"'''


def task_added(draft: Draft) -> None:
    draft.append(unit(draft, "tasks.yaml"), *TASK.split("\n"))


def task_removed(draft: Draft) -> None:
    file = unit(draft, "tasks.yaml")
    low, high = draft.find_all(file, r"^  - task_id:")[:2]
    draft.drop(file, *range(low, high))


def task_field(name: str, value: str) -> Callable[[Draft], None]:
    def change(draft: Draft) -> None:
        file = unit(draft, "tasks.yaml")
        draft.edit(file, draft.find(file, rf"^    {name}: "), r": .*", f": {value}")

    return change


def at_unit(file: str, *lines: str) -> Callable[[Draft], None]:
    """These lines at the end of a file of the outer unit."""

    def change(draft: Draft) -> None:
        draft.append(unit(draft, file), *lines)

    return change


def dropped(file: str) -> Callable[[Draft], None]:
    """The outer unit without one of its files."""

    def change(draft: Draft) -> None:
        draft.gone.add(unit(draft, file))

    return change


def unit_gone(draft: Draft) -> None:
    draft.gone.add(unit(draft, "x").partition("/")[0])


def changed_sides(draft: Draft) -> None:
    """The files of the inner unit in the outer one's folder."""
    gatekeeper = draft.facts.gatekeepers[0]
    for path in (draft.base.folder / str(gatekeeper.inner_unit)).iterdir():
        draft.raw[f"{gatekeeper.outer_unit}/{path.name}"] = path.read_bytes()


def copied_out(draft: Draft) -> None:
    """Every packet of the service port is copied to the exchange port by a filter."""
    lines = ["table netdev copies {", "  chain out {", '    type filter hook ingress device "eth0" priority 0; policy accept;',
             '    dup to "eth1"', "  }", "}"]  # fmt: skip
    draft.append(unit(draft, "nftables.conf"), *lines)


def task_disabled(draft: Draft) -> None:
    task_field("enabled", "false")(draft)


BOND = ("link add dev bond0 type bond", "link set dev eth1 down", "link set dev eth1 master bond0", "link set dev eth1 up",
        "link set dev bond0 up", "address add 169.254.9.1/30 dev bond0")  # fmt: skip
VLAN = ("link add link eth1 name eth1.7 type vlan id 7", "address add 169.254.9.1/30 dev eth1.7", "link set dev eth1.7 up")
GRE = ("link add dev gre7 type gre local 172.18.2.11 remote 172.18.2.12", "link set dev gre7 up")
INCOMPLETE = Verdict.INCOMPLETE

OPERATORS = (
    Operator("unit-bond", "the exchange port in a bond with an address", ("GAP-FORWARD",), UNITS, at_unit("interfaces", *BOND)),
    Operator("unit-vlan", "a VLAN with an address on the exchange port", ("GAP-FORWARD",), UNITS, at_unit("interfaces", *VLAN)),
    Operator("unit-tunnel", "a tunnel of a host unit", ("GAP-FORWARD",), UNITS, at_unit("interfaces", *GRE)),
    Operator("unit-copies", "a filter copies packets to the exchange port", ("GAP-FORWARD", "COV-FEATURE"), UNITS, copied_out, INCOMPLETE),
    Operator("unit-gone", "no config of a host unit", ("GAP-FORWARD", "GAP-CHANNEL"), UNITS, unit_gone, INCOMPLETE, near=True),
    Operator("unit-no-sysctl", "a host unit without kernel settings", ("GAP-FORWARD",), UNITS, dropped("sysctl.conf"), near=True),
    Operator("unit-no-tasks", "a host unit without tasks", ("GAP-CHANNEL",), UNITS, dropped("tasks.yaml"), INCOMPLETE, near=True),
    Operator("unit-no-interfaces", "a host unit without interfaces", ("GAP-FORWARD",), UNITS, dropped("interfaces"), INCOMPLETE, near=True),
    Operator("unit-of-the-other-side", "the files of the inner unit in the outer one", ("GAP-CHANNEL",), UNITS, changed_sides, near=True),
    Operator("task-off", "a task that is switched off", ("GAP-CHANNEL",), UNITS, task_disabled, near=True),
    Operator("task-scan", "a task that lets viruses through", ("GAP-CHANNEL",), UNITS, task_field("virus_scan", "none"), INCOMPLETE),
    Operator("task-log", "a task without log", ("GAP-CHANNEL",), UNITS, task_field("log", "false"), INCOMPLETE),
    Operator("task-size", "a task for larger files", ("GAP-CHANNEL",), UNITS, task_field("max_mb", "5000"), near=True),
    Operator("task-kind", "a task of another kind", ("GAP-CHANNEL",), UNITS, task_field("kind", "file_exchange"), near=True),
    Operator("task-mode", "a task that sends what it should receive", ("GAP-CHANNEL",), UNITS, task_field("mode", "receive"), near=True),
    Operator("unit-forwards", "ip_forward on in a host unit", ("GAP-FORWARD",), UNITS, forwards),
    Operator("unit-forwards-one", "forwarding on for one interface of a host unit", ("GAP-FORWARD",), UNITS, forwards_by_interface),
    Operator("unit-chain", "a host unit's forward chain accepts", ("GAP-FORWARD",), UNITS, chain_accepts),
    Operator("unit-policy", "a host unit's forward chain accepts by default", ("GAP-FORWARD",), UNITS, chain_policy),
    Operator("unit-route", "a route of a host unit over the exchange arc", ("GAP-FORWARD",), UNITS, route_across),
    Operator("unit-address", "an address on the exchange port", ("GAP-FORWARD",), UNITS, address_on_the_arc),
    Operator("unit-bridge", "a bridge from the service port to the exchange port", ("GAP-FORWARD",), UNITS, tunnel_across),
    Operator("task-added", "a task that no channel declares", ("GAP-CHANNEL",), UNITS, task_added),
    Operator("task-removed", "a declared channel without task", ("GAP-CHANNEL",), UNITS, task_removed, near=True),
    Operator("task-direction", "a task in the other direction", ("GAP-CHANNEL",), UNITS, task_field("direction", "inner-to-outer"),
             near=True),
    Operator("task-owner", "a task of another owner", ("GAP-CHANNEL",), UNITS, task_field("owner", '"nobody"'), near=True),
    Operator("task-level", "a task of another level", ("GAP-CHANNEL",), UNITS, task_field("level", "secret"), near=True),
    Operator("task-approval", "a task by another approval", ("GAP-CHANNEL",), UNITS, task_field("approval", '"none"'), near=True),
    Operator("task-server", "a task with another server", ("GAP-CHANNEL",), UNITS, task_field("server", "172.18.1.99"), near=True),
    Operator("task-allow", "a task that lets every file through", ("GAP-CHANNEL",), UNITS, task_field("allow", '["*"]'), near=True),
)  # fmt: skip
