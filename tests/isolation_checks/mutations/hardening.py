"""How devices are managed: logins, SNMP, time, logs, neighbours, ports."""

from __future__ import annotations

from tests.isolation_checks.mutations.harness import ROUTERS, Draft, Operator
from topology.facts import Role

ALL = {"huawei_vrp": "vrp", "huawei_usg": "vrp", "h3c_comware": "comware", "h3c_secpath": "comware", "cisco_ios": "ios", "frr": "frr"}
TYPED = {name: base for name, base in ALL.items() if name != "frr"}
MANAGED = {name: base for name, base in ROUTERS.items() if name != "frr"}
FAMILY = {"huawei_vrp": "huawei", "huawei_usg": "huawei", "h3c_comware": "h3c", "h3c_secpath": "h3c", "cisco_ios": "ios", "frr": "frr"}


def one(draft: Draft) -> str:
    """Some device of the platform: a county router, or the egress firewall."""
    role = Role.EGRESS_FIREWALL if draft.platform in ("huawei_usg", "h3c_secpath") else Role.COUNTY_ROUTER
    return draft.devices(role)[0].name


def config(draft: Draft, linux: str = "frr.conf") -> str:
    return draft.file(one(draft), linux)


def family(draft: Draft) -> str:
    return FAMILY[draft.platform]


def telnet(draft: Draft) -> None:
    file = config(draft)
    if family(draft) == "ios":
        draft.edit_all(file, r"^ transport input ssh", r" transport input ssh telnet")
        return
    draft.edit(file, draft.find(file, "^undo telnet server enable"), "undo ", "")
    draft.edit_all(file, r"^ protocol inbound ssh", " protocol inbound all")


def web(draft: Draft) -> None:
    file = config(draft)
    pattern = {
        "huawei_vrp": r"^undo http server enable",
        "huawei_usg": r"^undo web-manager enable",
        "h3c_comware": "^undo ip http enable",
        "h3c_secpath": "^undo ip http enable",
        "cisco_ios": "^no ip http server",
    }[draft.platform]
    draft.edit(file, draft.find(file, pattern), "^(undo|no) ", "")


def old_ssh(draft: Draft) -> None:
    file = config(draft)
    if family(draft) == "ios":
        draft.edit(file, draft.find(file, "^ip ssh version 2"), "2", "1")
    else:
        draft.edit(file, draft.find(file, "^undo ssh server compatible-ssh1x"), "^undo ", "")


def community(draft: Draft) -> None:
    file = config(draft, "snmpd.conf")
    line = {
        "huawei": "snmp-agent community read cipher public",
        "h3c": "snmp-agent community read public",
        "ios": "snmp-server community public RO",
        "frr": "rocommunity public",
    }[family(draft)]
    draft.append(file, line)


def old_snmp(draft: Draft) -> None:
    file = config(draft)
    if family(draft) == "ios":
        draft.append(file, "snmp-server group OLD v2c read ALL")
        draft.append(file, "snmp-server host 172.18.5.23 version 2c watcher", "snmp-server community watcher RO snmp-in")
    else:
        draft.edit(file, draft.find(file, "^snmp-agent sys-info version v3"), "v3", "all")
        draft.drop(file, draft.find(file, "^undo snmp-agent sys-info version"))
        draft.append(
            file,
            "snmp-agent community read cipher watcher acl 2001"
            if family(draft) == "huawei"
            else "snmp-agent community read watcher acl 2001",
        )


def no_privacy(draft: Draft) -> None:
    file = config(draft, "snmpd.conf")
    pattern = {
        "huawei": (r"^snmp-agent group v3 \S+ privacy", "privacy", "authentication"),
        "h3c": (r"^snmp-agent group v3 \S+ privacy", "privacy", "authentication"),
        "ios": (r"^snmp-server group \S+ v3 priv", "priv", "auth"),
        "frr": ("^rouser nms priv", "priv", "auth"),
    }[family(draft)]
    draft.edit(file, draft.find(file, pattern[0]), *pattern[1:])


def vty_open(draft: Draft) -> None:
    """No filter stands before the terminal lines."""
    file = config(draft, "sshd_config")
    pattern = {"huawei": r"^ acl 2000 inbound", "h3c": r"^ssh server acl 2000", "ios": r"^ access-class vty-in in", "frr": "^AllowUsers"}[
        family(draft)
    ]
    draft.drop(file, *draft.find_all(file, pattern))


def local_only(draft: Draft) -> None:
    file = config(draft)
    pattern, new = {
        "huawei": (r"^  authentication-mode hwtacacs local", "  authentication-mode local"),
        "h3c": (r"^ authentication login hwtacacs-scheme noc local", " authentication login local"),
        "ios": (r"^aaa authentication login default group NOC local", "aaa authentication login default local"),
    }[family(draft)]
    draft.edit(file, draft.find(file, pattern), pattern, new)


def no_login(draft: Draft) -> None:
    file = config(draft)
    pattern, new = {
        "huawei": (r"^ authentication-mode aaa", " authentication-mode none"),
        "h3c": (r"^ authentication-mode scheme", " authentication-mode none"),
    }[family(draft)]
    draft.lines(file)[draft.find_all(file, pattern)[-1]] = new


def ntp_open(draft: Draft) -> None:
    file = config(draft, "chrony.conf")
    pattern, old = {
        "huawei": ("^ntp-service unicast-server", " authentication-keyid 1"),
        "h3c": ("^ntp-service unicast-server", " authentication-keyid 1"),
        "ios": ("^ntp server", " key 1"),
        "frr": ("^server", " key 1"),
    }[family(draft)]
    draft.edit(file, draft.find(file, pattern), old, "")


def ntp_gone(draft: Draft) -> None:
    file = config(draft, "chrony.conf")
    draft.drop(file, draft.find(file, r"^ntp-service unicast-server|^ntp server|^server"))


def syslog_gone(draft: Draft) -> None:
    file = config(draft, "rsyslog.conf")
    draft.drop(file, draft.find(file, r"^info-center loghost \d|^logging host|omfwd"))


def maker_password(draft: Draft) -> None:
    file = config(draft)
    if draft.platform == "huawei_usg":
        draft.insert(
            file,
            draft.find(file, "^ manager-user "),
            " manager-user admin",
            "  password cipher Admin@123",
            "  service-type ssh",
            "  level 15",
        )
    elif family(draft) == "huawei":
        draft.insert(
            file,
            draft.find(file, "^ local-user "),
            " local-user admin password simple admin",
            " local-user admin privilege level 15",
            " local-user admin service-type ssh",
        )
    elif family(draft) == "h3c":
        draft.insert(
            file,
            draft.find(file, "^local-user "),
            "local-user admin class manage",
            " password simple admin",
            " service-type ssh",
            " authorization-attribute user-role network-admin",
            "#",
        )
    else:
        draft.insert(file, draft.find(file, "^username "), "username cisco privilege 15 password 0 cisco")


def ospf_open(draft: Draft) -> None:
    file = config(draft)
    pattern = {
        "huawei": r"^ ospf authentication-mode",
        "h3c": r"^ ospf authentication-mode",
        "ios": r"^ ip ospf authentication",
        "frr": r"^ ip ospf authentication",
    }
    draft.drop(file, draft.find(file, pattern[family(draft)]))


def bgp_open(draft: Draft) -> None:
    file = draft.file(draft.devices(Role.BORDER_ROUTER)[0].name, "frr.conf")
    draft.drop(file, draft.find(file, r"^ (peer|neighbor) \S+ password"))


def ipv6_on(draft: Draft) -> None:
    file = config(draft)
    lines = {"huawei": ["ipv6"], "h3c": [], "ios": ["ipv6 unicast-routing"], "frr": []}[family(draft)]
    interface = draft.find(file, r"^interface (Gigabit\S+|eth\d)$")
    new = {
        "huawei": [" ipv6 enable", " ipv6 address 2001:db8::1/64"],
        "h3c": [" ipv6 address 2001:db8::1/64"],
        "ios": [" ipv6 address 2001:db8::1/64"],
        "frr": [" ipv6 address 2001:db8::1/64"],
    }[family(draft)]
    draft.insert(file, interface + 1, *new)
    for line in lines:
        undone = [n for n, text in enumerate(draft.lines(file)) if text in ("undo ipv6", "no ipv6 unicast-routing")]
        if undone:
            draft.lines(file)[undone[0]] = line
        else:
            draft.insert(file, interface, line, "#" if family(draft) != "ios" else "!")


def never_idle(draft: Draft) -> None:
    file = config(draft)
    draft.edit(file, draft.find_all(file, r"^ (idle-timeout|exec-timeout) 5 0")[-1], "5 0", "0 0")


LINED = {name: base for name, base in TYPED.items() if name != "cisco_ios"}
OPERATORS = (
    Operator("telnet", "telnet on", ("HARD-SSH",), TYPED, telnet, near=True),
    Operator("web", "web management on", ("HARD-SSH",), TYPED, web),
    Operator("ssh-version-1", "SSH version 1 admitted", ("HARD-SSH",), TYPED, old_ssh),
    Operator("vty-open", "terminal lines without filter", ("HARD-SSH",), TYPED, vty_open, near=True),
    Operator("community", "the community public", ("HARD-SNMP",), ALL, community),
    Operator("snmp-2c", "SNMP version 2c", ("HARD-SNMP",), TYPED, old_snmp),
    Operator("snmp-clear", "SNMP without privacy", ("HARD-SNMP",), ALL, no_privacy),
    Operator("aaa-local", "logins by local users alone", ("HARD-AAA",), TYPED, local_only, near=True),
    Operator("aaa-none", "no login at the terminal lines", ("HARD-SSH",), LINED, no_login, near=True),
    Operator("ntp-open", "time without authentication", ("HARD-NTP",), ALL, ntp_open, near=True),
    Operator("ntp-gone", "no time server", ("HARD-NTP",), ALL, ntp_gone, near=True),
    Operator("syslog-gone", "no log server", ("HARD-SYSLOG",), ALL, syslog_gone, near=True),
    Operator("maker-password", "a user with the maker's password", ("HARD-SECRET",), TYPED, maker_password, near=True),
    Operator("ospf-open", "OSPF without authentication on a link", ("HARD-ROUTING-AUTH",), ROUTERS, ospf_open, near=True),
    Operator("bgp-open", "BGP without password", ("HARD-ROUTING-AUTH",), ROUTERS, bgp_open, near=True),
    Operator("ipv6-on", "IPv6 on", ("HARD-IPV6",), ROUTERS, ipv6_on),
    Operator("never-idle", "sessions that never end", ("HARD-IDLE",), TYPED, never_idle, near=True),
)  # fmt: skip
