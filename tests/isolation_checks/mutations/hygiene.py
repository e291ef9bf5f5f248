"""Filters that say too much or nothing, what cannot be followed, and what cannot be read."""

from __future__ import annotations

from isolation_checks.verdicts import Verdict
from tests.isolation_checks.mutations.filters import pair
from tests.isolation_checks.mutations.hardening import ALL, MANAGED, TYPED, config, family, ipv6_on, one
from tests.isolation_checks.mutations.harness import ROUTERS, SWITCHES, Draft, Operator, permit, rules_of
from topology.facts import Role


def shadowed(draft: Draft) -> None:
    """A rule below one that takes all of it."""
    lan = pair(draft)[0]
    low, _ = rules_of(draft, draft.platform, lan.file, lan.filter_in)
    line = permit(draft.platform, "tcp", lan.prefix, None, port="22", number=5)
    narrow = permit(draft.platform, "tcp", next(lan.prefix.subnets()), None, port="22", number=6)
    draft.insert(lan.file, low, line, narrow)


def contradictory(draft: Draft) -> None:
    """A permit below a deny of the same."""
    lan = pair(draft)[0]
    low, _ = rules_of(draft, draft.platform, lan.file, lan.filter_in)
    line = permit(draft.platform, "tcp", lan.prefix, None, port="22", number=6)
    draft.insert(lan.file, low, permit(draft.platform, "tcp", lan.prefix, None, port="22", number=5, action="deny"), line)


def dangling(draft: Draft) -> None:
    """A reference to a filter that does not exist, at the terminal lines."""
    file = config(draft)
    if family(draft) == "ios":
        draft.edit(file, draft.find(file, "^ access-class vty-in in"), "vty-in", "vty-list")
    else:
        draft.edit(file, draft.find(file, r"^ acl 2000 inbound|^ssh server acl 2000"), "2000", "2099")


def unknown_line(draft: Draft) -> None:
    file = config(draft)
    draft.insert(file, draft.find(file, r"^interface (Gigabit\S+|eth\d)$") + 1, " teleport packets everywhere")


def tunnel(draft: Draft) -> None:
    lines = {
        "huawei": [
            "interface Tunnel0/0/1",
            " ip address 192.168.99.1 255.255.255.252",
            " tunnel-protocol gre",
            " source 10.1.252.1",
            " destination 10.1.252.9",
        ],
        "h3c": ["interface Tunnel1 mode gre", " ip address 192.168.99.1 255.255.255.252", " source 10.1.252.1", " destination 10.1.252.9"],
        "ios": [
            "interface Tunnel1",
            " ip address 192.168.99.1 255.255.255.252",
            " tunnel source Loopback0",
            " tunnel destination 10.1.252.9",
        ],
        "frr": ["link add dev gre7 type gre local 10.1.252.1 remote 10.1.252.9", "link set dev gre7 up"],
    }[family(draft)]
    draft.append(config(draft, "links.ip"), *(["#"] if family(draft) in ("huawei", "h3c") else []), *lines)


def mirror(draft: Draft) -> None:
    file = draft.file(draft.devices(Role.ACCESS)[0].name)
    lines = {
        "huawei": ["observe-port 1 interface GigabitEthernet1/0/7"],
        "h3c": ["mirroring-group 1 local"],
        "ios": ["monitor session 1 source interface GigabitEthernet1/0/3", "monitor session 1 destination interface GigabitEthernet1/0/9"],
    }[family(draft)]
    draft.append(file, *lines)


def labels(draft: Draft) -> None:
    file = config(draft)
    lines = {
        "huawei": ["mpls lsr-id 10.1.252.1", "mpls", "mpls ldp"],
        "h3c": ["mpls lsr-id 10.1.252.1", "mpls ldp"],
        "ios": ["mpls ip", "mpls label protocol ldp"],
    }[family(draft)]
    at = draft.find(file, r"^interface (Gigabit\S+)$")
    draft.insert(file, at + 1, " mpls ip" if family(draft) == "ios" else " mpls enable" if family(draft) == "h3c" else " mpls")
    draft.insert(file, at, *lines)


def policy_route(draft: Draft) -> None:
    file = config(draft)
    lines = {
        "huawei": [
            "policy-based-route detour permit node 10",
            " apply ip-address next-hop 9.9.9.9",
            "#",
            "ip local policy-based-route detour",
        ],
        "h3c": ["policy-based-route detour permit node 10", " apply next-hop 9.9.9.9"],
        "ios": ["route-map DETOUR permit 10", " set ip next-hop 9.9.9.9"],
    }[family(draft)]
    at = draft.find(file, r"^interface (Gigabit\S+)$")
    bind = {"huawei": [], "h3c": [" ip policy-based-route detour"], "ios": [" ip policy route-map DETOUR"]}[family(draft)]
    draft.insert(file, at + 1, *bind)
    draft.insert(file, at, *lines, "!" if family(draft) == "ios" else "#")


def renamed(draft: Draft) -> None:
    file = config(draft)
    draft.edit(file, draft.find(file, r"^(sysname|hostname) "), r" \S+$", " somebody-else")


def missing(draft: Draft) -> None:
    draft.gone.add(config(draft).partition("/")[0])


def halved(draft: Draft) -> None:
    file = config(draft)
    lines = draft.lines(file)
    at = draft.find_all(file, r"^interface ")[2] + 2
    del lines[at:]
    lines[-1] = lines[-1][: max(2, len(lines[-1]) // 2)]


def bytes_(draft: Draft) -> None:
    draft.raw[config(draft)] = bytes(range(256)) * 8


def another(draft: Draft) -> None:
    """A config of a device that nobody has recorded."""
    text = "\n".join(draft.lines(config(draft))).replace(one(draft), "stranger")
    draft.raw["stranger.cfg"] = text.encode()


def two_in_one(draft: Draft) -> None:
    file = config(draft)
    lines = draft.lines(file)
    lines += [line.replace(one(draft), "stranger") for line in lines]


INCOMPLETE = Verdict.INCOMPLETE
WAYS = ("LOG-AGENCY",)
OPERATORS = (
    Operator("ipv6-ways", "IPv6 leaves the ways of packets open", ("COV-FEATURE", "LOG-AGENCY"), ROUTERS, ipv6_on, INCOMPLETE),
    Operator("shadowed", "an entry behind one that takes all of it", ("ACL-SHADOWED",), ROUTERS, shadowed),
    Operator("contradictory", "a permit behind a deny of the same", ("ACL-CONTRADICTORY",), ROUTERS, contradictory),
    Operator("dangling", "a filter that is not defined", ("ACL-DANGLING",), TYPED, dangling),
    Operator("line-unknown", "a line that nobody understands", ("COV-LINE",), ALL, unknown_line, INCOMPLETE),
    Operator("line-unknown-ways", "a line that nobody understands leaves the ways of packets open", WAYS, ALL, unknown_line, INCOMPLETE),
    Operator("tunnel", "a tunnel", ("COV-FEATURE",), ALL, tunnel, INCOMPLETE, near=True),
    Operator("tunnel-ways", "a tunnel leaves the ways of packets open", WAYS, ALL, tunnel, INCOMPLETE, near=True),
    Operator("mirror", "a mirror session", ("COV-FEATURE",), SWITCHES, mirror, INCOMPLETE),
    Operator("mirror-ways", "a mirror session leaves the ways of packets open", WAYS, SWITCHES, mirror, INCOMPLETE),
    Operator("mpls", "MPLS on", ("COV-FEATURE",), MANAGED, labels, INCOMPLETE),
    Operator("policy-route", "policy routing", ("COV-FEATURE",), {"huawei_vrp": "vrp"}, policy_route, INCOMPLETE),
    Operator("renamed", "another name in the config", ("COV-NAME",), ALL, renamed),
    Operator("config-missing", "no config of a device", ("COV-DEVICE",), ALL, missing, INCOMPLETE, near=True),
    Operator("config-missing-ways", "a missing config leaves the ways of packets open", WAYS, ALL, missing, INCOMPLETE, near=True),
    Operator("config-halved", "half a config", ("COV-READ",), TYPED, halved, INCOMPLETE, near=True),
    Operator("config-halved-ways", "half a config leaves the ways of packets open", WAYS, TYPED, halved, INCOMPLETE, near=True),
    Operator("config-bytes", "bytes that are no text", ("COV-READ",), TYPED, bytes_, INCOMPLETE, near=True),
    Operator("config-extra", "a config of a device that nobody recorded", ("COV-DEVICE",), TYPED, another, near=True),
    Operator("config-twice", "two configs in one file", ("COV-READ",), TYPED, two_in_one, INCOMPLETE, near=True),
)  # fmt: skip

UNREADABLE = tuple(item for item in OPERATORS if item.id.startswith("config-") and not item.id.endswith("-ways"))
